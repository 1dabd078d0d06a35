"""The folded Keras model gives the scores of the model it was made from, and is one that a peer can read."""

import keras
import numpy as np
import pytest

from autograder.reference import explain
from autograder.reference.folded import folded
from toonlens.errors import UserError
from toonlens.models import ARCHITECTURES, build

layers = keras.layers


def scores(model, x):
    """The scores that the model's softmax sees."""
    logits = keras.models.clone_model(model)
    logits.set_weights(model.get_weights())
    logits.layers[-1].activation = keras.activations.linear
    return logits.predict(x, verbose=0)


def assert_same_scores(model, x, batchnorms, dtypes=("float64",)):
    expected = scores(model, x)
    for dtype in dtypes:
        made = folded(model, dtype)
        assert {w.dtype for w in made.weights} == {dtype}
        assert sum(isinstance(layer, layers.BatchNormalization) for layer in made.layers) == batchnorms
        assert not any(isinstance(layer, keras.Model | layers.ReLU | layers.Softmax) for layer in made.layers)
        got = made.predict(x.astype(dtype), verbose=0)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_small_networks(small, images):
    """All 53 BatchNorms of ResNet50 are gone, and 59 of the 121 of DenseNet121."""
    assert_same_scores(small, images, {"vgg16": 0, "resnet50": 0, "densenet121": 62}[small.name])


@pytest.mark.slow
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_full_networks(arch, images, randomise):
    model = randomise(build(arch, weights=None, width=1, classes=5))
    assert_same_scores(model, images, 62 if arch == "densenet121" else 0)


def test_nested_shared_and_dropped_layers(randomise):
    """A base inside a model, a convolution used twice, Dropout, Flatten, a fused activation that is not a ReLU."""
    start = keras.Input((8, 8, 3))
    conv = layers.Conv2D(3, 3, padding="same", activation="tanh")
    x = layers.BatchNormalization()(conv(conv(start)))
    x = layers.Concatenate()([layers.ReLU()(x), layers.AveragePooling2D(3, 1, "same")(x)])
    base = keras.Model(start, layers.Conv2D(4, 3, 2)(layers.ZeroPadding2D(((0, 1), (2, 1)))(x)))
    head = [layers.BatchNormalization(), layers.LeakyReLU(), layers.Dropout(0.5), layers.Flatten()]
    model = randomise(keras.Sequential([keras.Input((8, 8, 3)), base, *head, layers.Dense(3, "softmax")]))
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    assert_same_scores(model, x, 1, ("float32", "float64"))  # left: the BatchNorm that two operations read


def test_the_reference_explains_both_alike(images, randomise):
    model = randomise(build("resnet50", weights=None, classes=5))
    ours = explain(model, images, "lrp.sequential_preset_b_flat", dtype="float64")
    again = explain(folded(model, "float64"), images, "lrp.sequential_preset_b_flat")
    np.testing.assert_allclose(again, ours, rtol=0, atol=1e-8 * np.abs(ours).max())


def test_new_weights_of_the_model_do_not_reach_the_copy(vgg, images):
    made = folded(vgg)
    before = made.predict(images, verbose=0)
    kernel = vgg.layers[1].kernel
    value = kernel.numpy()
    kernel.assign(-value)
    after = made.predict(images, verbose=0)
    kernel.assign(value)
    np.testing.assert_array_equal(before, after)


def test_an_operation_that_is_no_layer_is_named():
    start = keras.Input((8, 8, 3))
    model = keras.Model(start, layers.Dense(2)(layers.Flatten()(start / 2)))
    with pytest.raises(UserError, match=r"'true_divide.*' \(TrueDivide\) cannot be written as a layer") as error:
        folded(model)
    assert "\n" not in str(error.value)
