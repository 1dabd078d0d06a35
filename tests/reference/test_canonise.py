"""Canonised networks give the same scores, and no BatchNorm is left where it can be taken in."""

from collections import Counter

import keras
import numpy as np
import pytest
import tensorflow as tf

from autograder.reference.canonise import canonise, strip_softmax
from autograder.reference.graph import BatchNorm, Conv, Gate, Linear, Pad, read
from toonlens.models import ARCHITECTURES, build

layers = keras.layers


def logits(graph, x):
    return graph.forward(tf.constant(x, graph.dtype))[graph.output].numpy()


def as_scores(model):
    """The same model without its softmax."""
    calls = keras.models.clone_model(model)
    calls.set_weights(model.get_weights())
    calls.layers[-1].activation = keras.activations.linear
    return calls


def assert_same_scores(model, x, gates, rtol=1e-10):
    """The canonised graph gives the scores of the original one: in float64 exactly, and to 1e-4 as Keras runs it."""
    graph = read(model, "float64")
    new = canonise(graph, gates)
    scores = logits(new, x)
    original = logits(strip_softmax(graph), x)
    np.testing.assert_allclose(scores, original, rtol=0, atol=rtol * np.abs(original).max())
    by_keras = as_scores(model)(x, training=False).numpy()
    np.testing.assert_allclose(scores, by_keras, rtol=0, atol=1e-4 * np.abs(by_keras).max())
    return new


def kinds(graph, cls):
    return sum(isinstance(op, cls) for op in graph.ops)


@pytest.mark.parametrize("gates", [False, True])
def test_small_networks(small, images, gates):
    new = assert_same_scores(small, images, gates)
    unfoldable = {"vgg16": 0, "resnet50": 0, "densenet121": 62}[small.name]
    assert kinds(new, BatchNorm) == (0 if gates else unfoldable)
    # one gate is part of the global average pooling, the others of convolutions
    assert sum(isinstance(op, Linear) and op.gate is not None for op in new.ops) == (
        unfoldable - 1 if gates and unfoldable else 0
    )


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_full_networks(arch, images, randomise):
    model = randomise(build(arch, weights=None, width=1, classes=3))
    unfoldable = {"vgg16": 0, "resnet50": 0, "densenet121": 62}[arch]
    for gates in (False, True):
        new = assert_same_scores(model, images[:1], gates)
        assert kinds(new, BatchNorm) == (0 if gates else unfoldable)


def head_on(base, *head):
    return keras.Sequential([keras.Input(base.input_shape[1:]), base, *head])


def test_densenet_with_the_flatten_head_of_the_study(images, randomise):
    """BatchNorm, ReLU, Flatten, Dense: the gate moves behind the Flatten, its values repeated for every position."""
    base = build("densenet121", weights=None)
    model = randomise(
        head_on(base, layers.Flatten(), layers.Dense(8, "relu"), layers.Dropout(0.5), layers.Dense(4, "softmax"))
    )
    assert kinds(assert_same_scores(model, images, gates=True), BatchNorm) == 0


SHAPE = (8, 8, 3)
SMALL_CHAINS = {
    "conv, batchnorm, batchnorm": [layers.Conv2D(4, 3), layers.BatchNormalization(), layers.BatchNormalization()],
    "batchnorm, valid conv": [layers.MaxPooling2D(2), layers.BatchNormalization(), layers.Conv2D(4, 3)],
    "batchnorm, flatten, dense": [layers.BatchNormalization(), layers.Flatten(), layers.Dense(4)],
    "dense, batchnorm, dense": [layers.Flatten(), layers.Dense(4), layers.BatchNormalization(), layers.Dense(4)],
    "batchnorm, relu, same conv": [layers.BatchNormalization(), layers.ReLU(), layers.Conv2D(4, 3, padding="same")],
    "without scale and offset": [layers.Conv2D(4, 3), layers.BatchNormalization(scale=False, center=False)],
}


@pytest.mark.parametrize("name", SMALL_CHAINS)
def test_chains_that_fold(name):
    model = keras.Sequential([keras.Input(SHAPE), *SMALL_CHAINS[name], layers.Flatten(), layers.Dense(3, "softmax")])
    rng = np.random.default_rng(0)
    for layer in model.layers:
        layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    x = rng.normal(size=(2, *SHAPE)).astype("float32")
    assert kinds(assert_same_scores(model, x, gates=True), BatchNorm) == 0


def test_a_batchnorm_with_padding_behind_it_or_two_readers_stays(randomise):
    """Padding adds zeros after the offset, and a kernel cannot absorb what somebody else reads too: left alone."""
    x = keras.Input(SHAPE)
    padded = layers.Conv2D(4, 3, padding="same")(layers.BatchNormalization()(layers.MaxPooling2D(1)(x)))
    normed = layers.BatchNormalization()(layers.Add()([padded, padded]))
    y = layers.Concatenate()([layers.Conv2D(2, 1)(normed), layers.Conv2D(2, 1)(normed)])
    model = randomise(keras.Model(x, layers.Dense(3, "softmax")(layers.Flatten()(y))))
    images = np.random.default_rng(0).normal(size=(2, *SHAPE)).astype("float32")
    assert kinds(assert_same_scores(model, images, gates=True), BatchNorm) == 2


def test_padding_layers_become_the_padding_of_the_convolution(images):
    graph = canonise(read(build("resnet50", weights=None, classes=3)), gates=False)
    assert kinds(graph, Pad) == 1  # the one in front of the max-pooling
    (stem,) = [op for op in graph.ops if op.first]
    assert (stem.name, stem.padding) == ("conv1_conv", [[0, 0], [3, 3], [3, 3], [0, 0]])


def test_canonise_is_pure(small, images):
    """Neither the model nor the graph that was read changes."""
    before = [w.copy() for w in small.get_weights()]
    graph = read(small)
    ops = graph.ops
    new = canonise(graph, gates=True)
    new.forward(tf.constant(images))
    assert graph.ops is ops
    assert all(np.array_equal(a, b) for a, b in zip(before, small.get_weights(), strict=True))


def test_names_stay_unique(small):
    names = Counter(op.name for op in canonise(read(small), gates=True).ops)
    assert max(names.values()) == 1


def test_a_batchnorm_whose_scale_is_zero():
    """Nothing divides by the scale: a channel switched off by gamma = 0 is no special case."""
    norm = layers.BatchNormalization()
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.MaxPooling2D(1),
            norm,
            layers.ReLU(),
            layers.Conv2D(4, 1),
            layers.Flatten(),
            layers.Dense(3, "softmax"),
        ]
    )
    norm.set_weights([np.array([0.0, 1.0, -1.0]), np.array([1.0, 0.5, 0.2]), np.zeros(3), np.ones(3)])
    x = np.random.default_rng(0).normal(size=(2, *SHAPE)).astype("float32")
    graph = assert_same_scores(model, x, gates=True)
    (conv,) = [op for op in graph.ops if isinstance(op, Conv)]
    assert isinstance(conv.gate, Gate)
