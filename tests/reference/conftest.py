"""Networks with nothing special about their numbers: random weights, biases and BatchNorm statistics."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from toonlens.models import ARCHITECTURES, build


def _randomise(model: keras.Model, seed: int = 0) -> keras.Model:
    """Give every bias and every BatchNorm of a network values that a mistake would show in; scales of both signs."""
    rng = np.random.default_rng(seed)
    for layer in model._flatten_layers(include_self=False, recursive=True):
        if isinstance(layer, keras.layers.BatchNormalization):
            n = layer.moving_mean.shape[0]
            sign = rng.choice([1, 1, 1, -1], n)
            layer.set_weights(
                [
                    sign * rng.uniform(0.7, 1.3, n),
                    rng.normal(0, 0.2, n),
                    rng.normal(0, 0.2, n),
                    rng.uniform(0.5, 1.5, n),
                ]
            )
        elif getattr(layer, "use_bias", False):
            layer.bias.assign(rng.normal(0, 0.1, layer.bias.shape))
    return model


@pytest.fixture(scope="session")
def randomise() -> Callable[[keras.Model], keras.Model]:
    """The function that gives a network random biases and BatchNorm statistics."""
    return _randomise


@pytest.fixture(scope="session", params=ARCHITECTURES)
def small(request) -> keras.Model:
    """Each of the three small networks with its classifier (softmax over 5 classes), for images (B, 64, 64, 3)."""
    keras.utils.set_random_seed(1)
    return _randomise(build(request.param, weights=None, classes=5))


@pytest.fixture(scope="session")
def vgg() -> keras.Model:
    """The small VGG16 with its classifier, where one network is as good as three."""
    keras.utils.set_random_seed(4)
    return _randomise(build("vgg16", weights=None, classes=5))


@pytest.fixture(scope="session")
def images() -> np.ndarray:
    """Two preprocessed images (2, 64, 64, 3)."""
    return np.random.default_rng(5).normal(size=(2, 64, 64, 3)).astype("float32")
