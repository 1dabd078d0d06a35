"""Weights in and out: the small files, ImageNet from a local file, and what goes wrong with either."""

import h5py
import keras
import numpy as np
import pytest

from toonlens.errors import UserError
from toonlens.models import build
from toonlens.models.weights import load_weights, save_weights


@pytest.fixture
def tiny():
    """The smallest VGG16: one channel in most layers."""
    return build("vgg16", None, width=1 / 64)


def test_small_weights_survive_the_file(tiny, tmp_path):
    path = tmp_path / "tiny.npz"
    save_weights(tiny, path)
    again = build("vgg16", None, width=1 / 64)
    load_weights(again, path)
    for ours, theirs in zip(again.weights, tiny.weights, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=2**-11, atol=1e-7)
    assert [p.name for p in tmp_path.iterdir()] == ["tiny.npz"]


def test_batchnorm_variance_beyond_float16_survives(tmp_path):
    model = build("resnet50", None, width=1 / 32)
    model.get_layer("conv1_bn").moving_variance.assign([1e6, 3e-9])
    save_weights(model, tmp_path / "w.npz")
    again = build("resnet50", None, width=1 / 32)
    load_weights(again, tmp_path / "w.npz")
    np.testing.assert_array_equal(again.get_layer("conv1_bn").moving_variance.numpy(), np.float32([1e6, 3e-9]))


def test_a_fresh_top_keeps_its_values(tiny, tmp_path):
    save_weights(tiny, tmp_path / "w.npz")
    classifier = build("vgg16", None, width=1 / 64, classes=5)
    before = classifier.get_layer("predictions").kernel.numpy()
    load_weights(classifier, tmp_path / "w.npz")
    np.testing.assert_array_equal(classifier.get_layer("predictions").kernel.numpy(), before)
    np.testing.assert_allclose(
        classifier.get_layer("block5_conv3").kernel.numpy(), tiny.get_layer("block5_conv3").kernel.numpy(), rtol=1e-3
    )


def test_weights_that_do_not_fit(tiny, tmp_path):
    save_weights(tiny, tmp_path / "w.npz")
    with pytest.raises(UserError, match="made at another width"):
        load_weights(build("vgg16", None, width=1 / 16), tmp_path / "w.npz")
    with pytest.raises(UserError, match="which resnet50 does not have"):
        load_weights(build("resnet50", None, width=1 / 32), tmp_path / "w.npz")


def test_missing_or_damaged_file(tiny, tmp_path):
    with pytest.raises(UserError, match="no weights file at"):
        load_weights(tiny, tmp_path / "none.npz")
    save_weights(tiny, tmp_path / "w.npz")
    data = (tmp_path / "w.npz").read_bytes()
    (tmp_path / "w.npz").write_bytes(data[: len(data) // 2])
    with pytest.raises(UserError, match="damaged"):
        load_weights(tiny, tmp_path / "w.npz")


def write_keras_h5(model, path):
    """A weights file in the layout in which keras.applications offers its own."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{weight.name}:0" for weight in layer.weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, layer.weights, strict=True):
                group[name] = weight.numpy()


@pytest.mark.parametrize("arch", ["resnet50", "densenet121"])
def test_imagenet_from_a_local_file(arch, tmp_path, monkeypatch):
    keras.utils.set_random_seed(3)
    trained = build(arch, None, width=1)
    write_keras_h5(trained, tmp_path / f"{arch}_weights_tf_dim_ordering_tf_kernels_notop.h5")
    monkeypatch.setenv("TOONLENS_IMAGENET_WEIGHTS", str(tmp_path))
    loaded = build(arch, "imagenet", classes=18)
    assert loaded.output.shape == (None, 18)
    for layer in trained.layers:
        for ours, theirs in zip(
            loaded.get_layer(layer.name).weights if layer.weights else [], layer.weights, strict=True
        ):
            np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_imagenet_with_its_own_thousand_classes(tmp_path, monkeypatch):
    keras.utils.set_random_seed(4)
    trained = build("densenet121", None, width=1, input_shape=(224, 224, 3), classes=1000)
    write_keras_h5(trained, tmp_path / "densenet121_weights_tf_dim_ordering_tf_kernels.h5")
    monkeypatch.setenv("TOONLENS_IMAGENET_WEIGHTS", str(tmp_path))
    loaded = build("densenet121", "imagenet", input_shape=(224, 224, 3), classes=1000)
    np.testing.assert_array_equal(
        loaded.get_layer("predictions").kernel.numpy(), trained.get_layer("predictions").kernel.numpy()
    )


def test_imagenet_folder_without_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("TOONLENS_IMAGENET_WEIGHTS", str(tmp_path))
    with pytest.raises(UserError, match=r"no vgg16_weights_tf_dim_ordering_tf_kernels_notop\.h5 in"):
        build("vgg16", "imagenet")


def test_imagenet_file_of_another_network(tmp_path, monkeypatch):
    wrong = tmp_path / "densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5"
    write_keras_h5(build("resnet50", None, width=1 / 32), wrong)
    monkeypatch.setenv("TOONLENS_IMAGENET_WEIGHTS", str(tmp_path))
    with pytest.raises(UserError, match="does not fit densenet121") as caught:
        build("densenet121", "imagenet")
    assert "\n" not in str(caught.value)


def test_imagenet_without_network(monkeypatch):
    def get_file(*_, **__):
        raise Exception("URL fetch failure on https://example.org: None -- no route\nmore")

    monkeypatch.delenv("TOONLENS_IMAGENET_WEIGHTS", raising=False)
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", get_file)
    with pytest.raises(UserError, match="connect to a network, or set TOONLENS_IMAGENET_WEIGHTS") as caught:
        build("resnet50", "imagenet")
    assert "\n" not in str(caught.value)
