"""The own builders against keras.applications, and what `build` says to bad input."""

import keras
import numpy as np
import pytest

from toonlens.errors import UserError
from toonlens.models import ARCHITECTURES, SMALL_WIDTH, build

APPLICATIONS = {
    "vgg16": keras.applications.VGG16,
    "resnet50": keras.applications.ResNet50,
    "densenet121": keras.applications.DenseNet121,
}


def signature(model):
    """Name, type, output shape and weight shapes of every layer, and what feeds it."""
    skip = "input_layer"
    rows = []
    for layer in model.layers:
        if layer.name.startswith(skip):
            continue
        node = layer._inbound_nodes[0]
        parents = [tensor._keras_history.operation.name for tensor in node.input_tensors]
        parents = ["input" if parent.startswith(skip) else parent for parent in parents]
        rows.append(
            (layer.name, type(layer).__name__, layer.output.shape, [w.shape for w in layer.weights], parents),
        )
    return rows


def randomise(model, seed=0):
    """Weights at which activations neither vanish nor explode, and BatchNorm statistics are not trivial."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        for variable in layer.weights:
            if variable.name == "kernel":
                fan_in = np.prod(variable.shape[:-1])
                value = rng.normal(0, np.sqrt(2 / fan_in), variable.shape)
            elif variable.name in ("gamma", "moving_variance"):
                value = rng.uniform(0.5, 1.5, variable.shape)
            else:
                value = rng.normal(0, 0.1, variable.shape)
            variable.assign(value.astype(np.float32))


@pytest.mark.parametrize(("size", "classes"), [(64, None), (64, 18), (224, None), (96, 10)])
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_full_width_is_keras_applications(arch, size, classes):
    keras.backend.clear_session()
    shape = (size, size, 3)
    theirs = APPLICATIONS[arch](
        include_top=classes is not None, weights=None, input_shape=shape, classes=classes or 1000
    )
    ours = build(arch, None, width=1, input_shape=shape, classes=classes)
    assert signature(ours) == signature(theirs)
    assert ours.count_params() == theirs.count_params()
    randomise(theirs)
    ours.set_weights(theirs.get_weights())
    x = np.random.default_rng(1).normal(0, 1, (2, *shape)).astype(np.float32)
    expected = theirs(x, training=False).numpy()
    assert np.isfinite(expected).all()
    assert expected.std() > 0
    np.testing.assert_allclose(ours(x, training=False).numpy(), expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_default_width_is_a_quarter(arch):
    small, full = build(arch, None), build(arch, None, width=1)
    assert [layer.name for layer in small.layers[1:]] == [layer.name for layer in full.layers[1:]]
    for ours, theirs in zip(small.layers[1:], full.layers[1:], strict=True):
        assert ours.output.shape[3] == pytest.approx(theirs.output.shape[3] * SMALL_WIDTH, rel=0) or (
            "padding" in ours.name or ours.name == "conv1_pad"
        )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"arch": "vgg19"}, "unknown network 'vgg19': there are vgg16, resnet50, densenet121"),
        ({"arch": "vgg16", "weights": "large"}, "there are 'small', 'imagenet' and None"),
        ({"arch": "vgg16", "weights": "small", "width": 1}, "width 0.25 only"),
        ({"arch": "vgg16", "weights": "imagenet", "width": 0.25}, "width 1 only"),
        ({"arch": "vgg16", "weights": None, "width": 0}, "positive factor"),
        ({"arch": "vgg16", "weights": None, "input_shape": (28, 28, 3)}, "at least 32"),
        ({"arch": "vgg16", "weights": None, "input_shape": (64, 64)}, r"\(H, W, 3\)"),
        ({"arch": "vgg16", "weights": None, "classes": 0}, "number of classes"),
    ],
)
def test_bad_input_is_one_clear_line(arguments, says):
    with pytest.raises(UserError, match=says) as caught:
        build(**arguments)
    assert "\n" not in str(caught.value)
