"""The little network in NumPy against Keras and finite differences."""

import numpy as np
import pytest

from toonlens import little


@pytest.fixture
def network():
    rng = np.random.default_rng(0)
    shapes = [(5, 5, 3, 4), (4, 4, 4, 6), (3, 3, 6, 5), (5, 7)]
    params = [(rng.normal(scale=0.3, size=s), rng.normal(scale=0.3, size=s[-1])) for s in shapes]
    return params, rng.normal(size=(3, 40, 37, 3))


def test_pictures_are_scaled_to_one():
    images = np.array([[[[0, 255, 51]]]], dtype=np.uint8)
    assert np.allclose(little.scaled(images), [-1, 1, -0.6])
    assert little.scaled(images).dtype == np.float32


def test_logits_are_those_of_keras(network):
    from toonlens.startup import import_keras

    keras = import_keras()
    params, x = network
    made = [keras.Input(x.shape[1:])]
    made += [
        keras.layers.Conv2D(W.shape[-1], W.shape[0], little.STRIDE, activation="relu", dtype="float64")
        for W, _ in params[:-1]
    ]
    made += [keras.layers.GlobalAveragePooling2D(dtype="float64"), keras.layers.Dense(7, dtype="float64")]
    model = keras.Sequential(made)
    model.set_weights([array for layer in params for array in layer])
    assert np.allclose(little.logits(params, x), model(x), rtol=1e-6)


def test_gradient_is_the_slope(network):
    params, x = network
    c = np.array([2, 0, 6])
    rng = np.random.default_rng(1)
    direction, step = rng.normal(size=x.shape), 1e-6
    rows = np.arange(3)
    slope = [little.logits(params, x + sign * step * direction)[rows, c] for sign in (1, -1)]
    expected = (slope[0] - slope[1]) / (2 * step)
    assert np.allclose((little.gradient(params, x, c) * direction).sum(axis=(1, 2, 3)), expected, rtol=1e-5, atol=1e-7)


def test_single_precision_stays(network):
    params, x = network
    single = [(W.astype(np.float32), b.astype(np.float32)) for W, b in params]
    x = x.astype(np.float32)
    assert little.logits(single, x).dtype == np.float32
    assert little.gradient(single, x, np.zeros(3, int)).dtype == np.float32
