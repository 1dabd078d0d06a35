"""The reference of lab 4 against TensorFlow, finite differences, and the reference for whole networks."""

import numpy as np
import pytest

from autograder.checks.lab04 import reference

SIZES = [
    (size, kernel, stride, pad)
    for size in ((5, 6), (8, 7), (9, 9))
    for kernel in ((1, 1), (2, 3), (3, 3), (4, 2), (5, 5))
    for stride in (1, 2, 3)
    for pad in ("same", "valid")
]


@pytest.fixture
def rng():
    return np.random.default_rng(4)


@pytest.mark.parametrize(("size", "kernel", "stride", "pad"), SIZES)
def test_conv2d_and_its_adjoint_are_those_of_tensorflow(rng, size, kernel, stride, pad):
    import tensorflow as tf

    x, W, b = rng.normal(size=(2, *size, 3)), rng.normal(size=(*kernel, 3, 4)), rng.normal(size=4)
    z = reference.conv2d(x, W, b, pad, stride)
    np.testing.assert_allclose(z, tf.nn.conv2d(x, W, stride, pad.upper()) + b, atol=1e-10)
    R = rng.normal(size=z.shape)
    due = tf.nn.conv2d_transpose(R, W, x.shape, stride, pad.upper())
    np.testing.assert_allclose(reference.conv2d_T(R, W, x.shape, pad, stride), due, atol=1e-10)


@pytest.mark.parametrize(("size", "kernel", "stride", "pad"), SIZES)
def test_the_adjoint_identity(rng, size, kernel, stride, pad):
    x, W = rng.normal(size=(2, *size, 3)), rng.normal(size=(*kernel, 3, 4))
    z = reference.conv2d(x, W, np.zeros(4), pad, stride)
    R = rng.normal(size=z.shape)
    np.testing.assert_allclose((z * R).sum(), (x * reference.conv2d_T(R, W, x.shape, pad, stride)).sum())


@pytest.mark.parametrize("k", [1, 2, 3])
def test_pooling_and_unpooling_are_tensorflows_and_its_gradient(rng, k):
    import tensorflow as tf

    x = rng.normal(size=(2, 2 * k, 3 * k, 4))
    p, s = reference.pool_switches(x, k)
    image = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(image)
        pooled = tf.nn.max_pool2d(image, k, k, "VALID")
    R = rng.normal(size=p.shape)
    np.testing.assert_array_equal(p, pooled)
    np.testing.assert_array_equal(reference.unpool(R, s, k), tape.gradient(pooled, image, tf.constant(R)))
    np.testing.assert_allclose((reference.unpool(R, s, k) * x).sum(), (R * p).sum())


def test_ties_go_to_the_first_in_reading_order():
    x = np.zeros((1, 2, 4, 1))
    x[0, 0, 3], x[0, 1, 2] = 1.0, 1.0
    assert reference.pool_switches(x, 2)[1].ravel().tolist() == [0, 1]


def test_relu_back():
    R, a = np.array([1.0, -1.0, 1.0, -1.0]), np.array([2.0, 2.0, 0.0, 0.0])
    came = {mode: reference.relu_back(R, a, mode).tolist() for mode in reference.MODES}
    assert came == {"grad": [1, -1, 0, 0], "deconv": [1, 0, 1, 0], "guided": [1, 0, 0, 0]}


def random_network(rng, pools=(1, 2, 2)):
    C = [3, *[4] * len(pools)]
    return [
        (rng.normal(size=(3, 3, C[l], C[l + 1])) / 3, 0.1 * rng.normal(size=C[l + 1]), k) for l, k in enumerate(pools)
    ]


def test_grad_mode_is_the_tape(rng):
    import tensorflow as tf

    params, x = random_network(rng), rng.normal(size=(2, 8, 12, 3))
    for ch in range(4):
        image = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(image)
            a = image
            for W, b, k in params:
                a = tf.nn.max_pool2d(tf.nn.relu(tf.nn.conv2d(a, W, 1, "SAME") + b), k, k, "VALID")
            energy = 0.5 * tf.reduce_sum(a[..., ch] ** 2)
        np.testing.assert_allclose(
            reference.toy_deconvnet(params, x, ch, "grad"), tape.gradient(energy, image), atol=1e-12
        )


@pytest.mark.parametrize(("mode", "method"), [("deconv", "deconvnet"), ("guided", "guided_backprop")])
def test_the_modes_are_those_of_the_reference_for_whole_networks(rng, mode, method):
    """On a Keras model whose output is one unit, which starts with its value."""
    import keras

    from autograder.reference import explain

    W1, b1 = rng.normal(size=(3, 3, 3, 4)) / 3, 0.1 * rng.normal(size=4)
    W2, b2 = rng.normal(size=(3, 3, 4, 2)) / 3, 0.1 + 0.1 * rng.random(2)
    for seed in range(100):
        x = np.random.default_rng(seed).normal(size=(1, 4, 4, 3))
        params = [(W1, b1, 2), (W2, b2, 2)]
        out, _ = reference.forward(params, x)
        if (out > 0.1).all():
            break
    image = keras.Input((4, 4, 3), dtype="float64")
    a = image
    for k in (1, 2):
        a = keras.layers.Conv2D((4, 2)[k - 1], 3, padding="same", activation="relu", dtype="float64", name=f"c{k}")(a)
        a = keras.layers.MaxPooling2D(2, dtype="float64")(a)
    model = keras.Model(image, keras.layers.Flatten(dtype="float64")(a))
    model.get_layer("c1").set_weights([W1, b1])
    model.get_layer("c2").set_weights([W2, b2])
    for ch in (0, 1):
        due = explain(model, x, method, ch, dtype="float64")
        np.testing.assert_allclose(reference.toy_deconvnet(params, x, ch, mode), due, rtol=1e-6, atol=1e-9)


def test_the_bug_hunts_walk_on_signals(rng):
    """Where all units are on and all kernels positive it is the gradient, measured by differences."""
    params = [(rng.random((3, 2, 3)), rng.random(3)), (rng.random((3, 3, 2)), rng.random(2))]
    x, way = rng.random((16, 2)), rng.normal(size=(16, 2))

    def energy(x):
        for W, b in params:
            z = [sum(np.correlate(x[:, i], W[:, i, o], "same") for i in range(W.shape[1])) for o in range(W.shape[2])]
            x = np.maximum(np.stack(z, axis=1) + b, 0).reshape(len(x) // 2, 2, -1).max(axis=1)
        return 0.5 * (x[:, 1] ** 2).sum()

    slope = (energy(x + 1e-6 * way) - energy(x - 1e-6 * way)) / 2e-6
    np.testing.assert_allclose((reference.deconv_walk(params, x, 1) * way).sum(), slope, rtol=1e-5)


def test_the_stored_network_is_the_bottom_of_the_small_vgg16():
    from autograder.artefacts.lab04 import NAMES, TARGET
    from toonlens.paths import datasets_dir

    with np.load(datasets_dir() / "weights" / "vgg16.npz") as weights, np.load(TARGET / "vgg16_bottom.npz") as stored:
        assert [str(name) for name in stored["layers"]] == NAMES
        for name in NAMES:
            np.testing.assert_array_equal(stored[f"{name}/kernel"], weights[f"{name}/kernel"])
            np.testing.assert_array_equal(stored[f"{name}/bias"], weights[f"{name}/bias"])


def test_the_pictures_are_preprocessed_as_keras_does():
    from autograder.artefacts.lab04 import TARGET, network
    from toonlens.models import preprocess

    with np.load(TARGET / "vgg16_bottom.npz") as stored:
        np.testing.assert_allclose(network()[1], preprocess(stored["images"], "vgg16"), atol=1e-4)
