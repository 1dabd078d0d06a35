"""Weights of the three networks: the small ones made for this course, and ImageNet's.

A small weights file is a NumPy archive (no pickle) with one array per variable, named ``layer/variable``. Kernels are
float16, which halves the file; vectors (biases, BatchNorm) stay float32, because a variance can exceed float16's 65504.
"""

import os
import zipfile
from pathlib import Path

import keras
import numpy as np

from toonlens.errors import UserError
from toonlens.paths import atomic_write, datasets_dir

IMAGENET_FOLDER = "TOONLENS_IMAGENET_WEIGHTS"
_IMAGENET_FILES = "{arch}_weights_tf_dim_ordering_tf_kernels{notop}.h5"


def small_weights_path(arch: str) -> Path:
    """Where the weights made for the small ``arch`` lie."""
    return datasets_dir() / "weights" / f"{arch}.npz"


def save_weights(model: keras.Model, path: Path) -> None:
    """Write every variable of ``model`` to ``path``, whole or not at all."""
    arrays = {}
    for name, variable in _variables(model).items():
        value = variable.numpy()
        arrays[name] = value.astype(np.float16 if value.ndim > 1 else np.float32)
    with atomic_write(path) as temporary:
        np.savez_compressed(temporary, **arrays)


def load_weights(model: keras.Model, path: Path) -> None:
    """Set the variables of ``model`` from a file of `save_weights`. A layer the file does not know keeps its values.

    Raises:
        UserError: the file is missing or damaged, knows a layer that ``model`` lacks, or has another shape for one.
    """
    if not path.is_file():
        raise UserError(f"no weights file at {path}: run datasets/weights/pretrain.py, or use weights=None")
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = dict(archive)
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise UserError(f"the weights file {path} is damaged ({error}): restore it from the repository") from None
    variables = _variables(model)
    for name, value in arrays.items():
        if name not in variables:
            raise UserError(f"the weights file {path} holds {name}, which {model.name} does not have")
        if tuple(variables[name].shape) != value.shape:
            raise UserError(
                f"{name} is {tuple(variables[name].shape)} in {model.name} but {value.shape} in {path}: "
                "the file was made at another width"
            )
    for name, value in arrays.items():
        variables[name].assign(value.astype(np.float32))


def load_imagenet(model: keras.Model, arch: str, with_top: bool) -> None:
    """Set the variables of a width-1 ``model`` to those that ``keras.applications`` trained on ImageNet.

    Keras downloads them on first use. If the environment variable ``TOONLENS_IMAGENET_WEIGHTS`` names a folder, the
    file in it is used instead; it is called as Keras calls it, for example
    ``vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5``.

    Raises:
        UserError: the folder lacks the file, the file does not fit, or the download failed.
    """
    source = _imagenet_source(arch, with_top)
    network = {
        "vgg16": keras.applications.VGG16,
        "resnet50": keras.applications.ResNet50,
        "densenet121": keras.applications.DenseNet121,
    }[arch]
    try:
        donor = network(include_top=with_top, weights=source, input_shape=model.input_shape[1:])
    # get_file raises a bare Exception where the download fails, and load_weights one of many types
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if source == "imagenet":
            raise UserError(
                f"the ImageNet weights of {arch} could not be fetched ({reason}): connect to a network, or set "
                f"{IMAGENET_FOLDER} to a folder that holds {_imagenet_file(arch, with_top)}"
            ) from None
        raise UserError(f"the weights file {source} does not fit {arch} ({reason})") from None
    for layer in donor.layers:
        if layer.weights:
            model.get_layer(layer.name).set_weights(layer.get_weights())


def _imagenet_file(arch: str, with_top: bool) -> str:
    return _IMAGENET_FILES.format(arch=arch, notop="" if with_top else "_notop")


def _imagenet_source(arch: str, with_top: bool) -> str:
    folder = os.environ.get(IMAGENET_FOLDER)
    if not folder:
        return "imagenet"
    path = Path(folder) / _imagenet_file(arch, with_top)
    if not path.is_file():
        raise UserError(f"no {path.name} in {folder}: put it there, or unset {IMAGENET_FOLDER} to let Keras fetch it")
    return str(path)


def _variables(model: keras.Model) -> dict[str, keras.Variable]:
    return {f"{layer.name}/{weight.name}": weight for layer in model.layers for weight in layer.weights}
