"""What `explain` promises beside the formulas: batches, targets, models of every make, memory, and clear errors."""

import gc
import sys
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

from autograder.reference import METHODS, explain, explain_layers
from autograder.reference.composite import activation, any_op, kernel, lrp
from autograder.reference.rules import Epsilon, Gradient, Pass
from toonlens.errors import UserError
from toonlens.models import ARCHITECTURES, build

layers = keras.layers
BOX = {"low": (-4.0,) * 3, "high": (4.0,) * 3}
NEEDED = {"lrp.zbox": BOX, "lrp.epsilon_gamma_box": BOX, "lrp.alpha_beta": {"alpha": 2, "beta": 1}}
FIRST_CUT = ("gradient", "deconvnet", "lrp.epsilon", "lrp.sequential_preset_a_flat")  # the figure of the study, and one


def close(got, expected, rtol=1e-9):
    np.testing.assert_allclose(got, expected, rtol=0, atol=rtol * np.abs(expected).max())


# -- every method on every network -------------------------------------------------------------------------------------


def assert_a_map(r, x):
    assert r.shape == x.shape
    assert r.dtype == np.float32
    assert np.isfinite(r).all()
    assert np.abs(r).max() > 0


@pytest.mark.parametrize("method", METHODS)
def test_every_method_on_vgg(vgg, images, method):
    assert_a_map(explain(vgg, images, method, **NEEDED.get(method, {})), images)


@pytest.mark.parametrize("method", FIRST_CUT)
def test_the_first_methods_on_the_small_networks(small, images, method):
    assert_a_map(explain(small, images, method), images)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_every_method_on_the_small_networks(small, images, method):
    assert_a_map(explain(small, images, method, **NEEDED.get(method, {})), images)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_the_full_networks_with_a_head(arch, images, randomise):
    """Full width, the study's head on top of a nested base."""
    base = build(arch, weights=None, width=1)
    head = [layers.Flatten(), layers.Dense(64, "relu"), layers.Dropout(0.5), layers.Dense(18, "softmax")]
    model = randomise(keras.Sequential([keras.Input((64, 64, 3)), base, *head]))
    for method in ("deconvnet", "lrp.sequential_preset_a_flat"):
        assert_a_map(explain(model, images, method), images)


@pytest.mark.slow
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_method_on_the_full_networks(arch, images, randomise):
    model = randomise(build(arch, weights=None, width=1, classes=5))
    for method in METHODS:
        assert_a_map(explain(model, images, method, **NEEDED.get(method, {})), images)


@pytest.mark.parametrize("method", METHODS)
def test_the_map_of_an_image_does_not_depend_on_its_batch(vgg, images, method):
    together = explain(vgg, images, method, dtype="float64", **NEEDED.get(method, {}))
    for i in range(len(images)):
        alone = explain(vgg, images[i : i + 1], method, dtype="float64", **NEEDED.get(method, {}))
        close(alone[0], together[i])


# -- how a model is written makes no difference ------------------------------------------------------------------------


def head_of(model, *extra):
    return [*extra, *(layer for layer in model.layers if layer.name in ("flatten", "fc1", "fc2", "predictions"))]


def test_nested_sequential_and_flat_models_get_the_same_map(vgg, images):
    base = keras.Model(vgg.input, vgg.get_layer("block5_pool").output, name="base")
    sequential = keras.Sequential([keras.Input((64, 64, 3)), base, *head_of(vgg, layers.Dropout(0.5))])
    start = keras.Input((64, 64, 3))
    functional = keras.Model(start, sequential(layers.RandomFlip("horizontal")(start)))
    for method in FIRST_CUT:
        expected = explain(vgg, images, method)
        for model in (sequential, functional):
            np.testing.assert_array_equal(explain(model, images, method), expected)


def test_a_model_that_ends_in_scores_gets_the_map_of_the_one_with_softmax(vgg, images):
    scores = keras.models.clone_model(vgg)
    scores.set_weights(vgg.get_weights())
    scores.layers[-1].activation = keras.activations.linear
    last = layers.Dense(5, name="scores")
    x = vgg.layers[-2].output
    apart = keras.Model(vgg.input, layers.Softmax()(last(x)))
    last.set_weights(vgg.layers[-1].get_weights())
    for method in FIRST_CUT:
        for model in (scores, apart):
            np.testing.assert_array_equal(explain(model, images, method), explain(vgg, images, method))


def test_preprocessing_inside_the_model(vgg, images):
    """Relevance passes a scale and an offset per channel; the gradient obeys the chain rule; Flat is not lost."""
    pixels = np.clip(images * 50 + 120, 0, 255)
    start = keras.Input((64, 64, 3))
    model = keras.Model(start, vgg(layers.Rescaling(1 / 50, -2.4)(start)))
    by_operators = keras.Model(start, vgg((start - 120.0) / 50.0))
    seen = (pixels / 50 - 2.4).astype("float32")
    for inside in (model, by_operators):
        for method in ("lrp.epsilon", "lrp.sequential_preset_a_flat"):
            close(explain(inside, pixels, method), explain(vgg, seen, method), rtol=1e-3)
        close(explain(inside, pixels, "gradient"), explain(vgg, seen, "gradient") / 50, rtol=1e-3)


def test_caffe_preprocessing_as_keras_writes_it(vgg, images):
    """`preprocess_input` on a symbolic tensor: channels picked and stacked in reverse, the mean subtracted."""
    start = keras.Input((64, 64, 3))
    model = keras.Model(start, vgg(keras.applications.vgg16.preprocess_input(start)))
    pixels = np.clip(images * 50 + 120, 0, 255)
    seen = keras.applications.vgg16.preprocess_input(pixels.copy())
    for method in ("gradient", "lrp.sequential_preset_a_flat"):
        close(explain(model, pixels, method)[..., ::-1], explain(vgg, seen, method), rtol=1e-3)


def test_a_layer_used_twice_and_a_tensor_used_twice():
    """Each call has its own inputs; what arrives from several readers is summed."""
    rng = np.random.default_rng(2)
    start = keras.Input((6, 6, 3), dtype="float64")
    conv = layers.Conv2D(3, 3, padding="same", activation="relu", dtype="float64")
    x = conv(conv(start))
    x = layers.Add(dtype="float64")([x, x, conv(x)]) + x
    x = layers.Concatenate(dtype="float64")([x, x])
    model = keras.Model(start, layers.Dense(3, dtype="float64")(layers.Flatten(dtype="float64")(x)))
    images = rng.normal(size=(2, 6, 6, 3))
    with tf.GradientTape() as tape:
        x = tf.constant(images)
        tape.watch(x)
        score = model(x)[:, 1]
    gradient = tape.gradient(score, x).numpy()
    close(explain(model, images, "gradient", target=1), gradient)
    close(explain(model, images, "lrp.z", target=1), images * gradient)


def test_free_image_size():
    start = keras.Input((None, None, 3))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(start))
    model = keras.Model(start, layers.Dense(3)(x))
    for size in (8, 11):
        x = np.random.default_rng(0).normal(size=(1, size, size, 3)).astype("float32")
        close(explain(model, x, "lrp.z"), explain(model, x, "input_t_gradient"), rtol=1e-4)


# -- targets, weights, memory ------------------------------------------------------------------------------------------


def test_targets(vgg, images):
    predicted = vgg.predict(images, verbose=0).argmax(-1)
    for_class = [explain(vgg, images, "lrp.epsilon", target=k) for k in range(5)]
    each = explain(vgg, images, "lrp.epsilon", target=np.array([4, 0]))
    np.testing.assert_array_equal(each, [for_class[4][0], for_class[0][1]])
    expected = [for_class[k][i] for i, k in enumerate(predicted)]
    np.testing.assert_array_equal(explain(vgg, images, "lrp.epsilon"), expected)


def test_explain_layers_starts_at_the_target_and_ends_at_the_map(vgg, images):
    r, by_layer = explain_layers(vgg, images, "lrp.epsilon", target=2)
    np.testing.assert_array_equal(r, explain(vgg, images, "lrp.epsilon", target=2))
    assert next(iter(by_layer)) == "predictions"
    assert list(by_layer)[-1] == "block1_conv1"
    assert by_layer["block3_pool"].shape == (2, 8, 8, 64)
    assert (by_layer["predictions"][:, [0, 1, 3, 4]] == 0).all()


def test_a_model_trained_further_is_explained_as_it_is_then(images):
    model = build("vgg16", weights=None, classes=5)
    before = explain(model, images, "lrp.epsilon", target=0)
    layer = model.get_layer("block1_conv1")
    layer.set_weights([w * -1 for w in layer.get_weights()])
    after = explain(model, images, "lrp.epsilon", target=0)
    fresh = build("vgg16", weights=None, classes=5)
    fresh.set_weights(model.get_weights())
    assert not np.allclose(before, after, rtol=1e-3, atol=0)
    np.testing.assert_array_equal(after, explain(fresh, images, "lrp.epsilon", target=0))


def test_the_cache_keeps_no_model_alive(images):
    model = build("vgg16", weights=None, classes=5)
    explain(model, images, "lrp.sequential_preset_a_flat")
    model_gone = weakref.ref(model)
    weights_gone = weakref.ref(model.get_layer("fc1"))
    del model
    gc.collect()
    gc.collect()  # what the cache held becomes garbage only when the model is gone
    assert model_gone() is None
    assert weights_gone() is None


def test_a_second_call_does_not_compile_again(vgg, images, monkeypatch):
    expected = explain(vgg, images, "lrp.alpha_2_beta_1")
    monkeypatch.setattr(sys.modules["autograder.reference.engine"], "read", None)  # would be called to compile
    close(explain(vgg, images[:1], "lrp.alpha_2_beta_1")[0], expected[0], rtol=1e-4)
    explain(vgg, images, "lrp.alpha_2_beta_1", target=1)


# -- a composite of one's own ------------------------------------------------------------------------------------------


def test_a_composite_by_hand(vgg, images):
    by_hand = [(kernel, Epsilon(0.1)), (activation, Pass()), (any_op, Gradient())]
    np.testing.assert_array_equal(explain(vgg, images, by_hand), explain(vgg, images, "lrp.epsilon", epsilon=0.1))


class Halve(layers.Layer):
    """A layer that nobody has a rule for."""

    def call(self, x):
        return x / 2


def test_a_custom_layer_needs_a_rule_for_lrp_only(images):
    start = keras.Input((64, 64, 3))
    x = layers.Conv2D(4, 3, strides=4, activation="relu")(start)
    model = keras.Model(start, layers.Dense(3)(layers.Flatten()(Halve(name="halve")(x))))
    explain(model, images, "gradient")
    with pytest.raises(UserError, match=r"lrp\.z has no rule for 'halve' \(.*Halve\)"):
        explain(model, images, "lrp.z")
    own = lrp((kernel, Epsilon(0)), (lambda op: op.name == "halve", Pass()))
    close(explain(model, images, own), explain(model, images, "input_t_gradient"), rtol=1e-4)


# -- errors ------------------------------------------------------------------------------------------------------------

SHAPE = (2, 64, 64, 3)
BROKEN = np.ones(SHAPE, "float32")
BROKEN[1, 3, 4, 0] = np.nan

ERRORS = {
    "unknown method": (
        {"method": "lrp.zz"},
        r"no method called 'lrp\.zz'; there are: gradient, .*lrp\.sequential_preset_b",
    ),
    "unknown parameter": (
        {"method": "lrp.epsilon", "gamma": 1},
        "lrp.epsilon has no parameter 'gamma'; it has: epsilon, batchnorm",
    ),
    "parameter of a gradient": (
        {"method": "gradient", "epsilon": 1},
        "gradient has no parameter 'epsilon'; it has: none",
    ),
    "missing parameter": ({"method": "lrp.zbox"}, "lrp.zbox needs low and high"),
    "negative epsilon": ({"method": "lrp.epsilon", "epsilon": -1}, "epsilon must be a number of at least 0, not -1"),
    "epsilon not a number": (
        {"method": "lrp.sequential_preset_a", "epsilon": float("nan")},
        "epsilon must be a number of at least 0, not nan",
    ),
    "epsilon a word": (
        {"method": "lrp.epsilon", "epsilon": "big"},
        "epsilon must be a number of at least 0, not 'big'",
    ),
    "negative gamma": ({"method": "lrp.gamma", "gamma": -0.5}, "gamma must be a number of at least 0"),
    "alpha without beta": ({"method": "lrp.alpha_beta", "alpha": 2, "beta": 2}, "alpha - beta must be 1"),
    "bias": ({"method": "lrp.alpha_1_beta_0", "bias": "half"}, "bias must be one of bach, full, none, not 'half'"),
    "batchnorm": (
        {"method": "lrp.z", "batchnorm": "fold"},
        "batchnorm must be one of pass, epsilon, threshold, not 'fold'",
    ),
    "box upside down": (
        {"method": "lrp.zbox", "low": (1,) * 3, "high": (0,) * 3},
        "high must be a number of at least 1",
    ),
    "box of another size": (
        {"method": "lrp.zbox", "low": (0,), "high": (1,)},
        "low and high hold 1 and 1 numbers for 3 channels",
    ),
    "composite with parameters": (
        {"method": [(any_op, Gradient())], "epsilon": 1},
        "a composite has no parameters, but epsilon",
    ),
    "composite with a gap": (
        {"method": [(kernel, Gradient())]},
        "the composite has no rule for 'block1_conv1/activation' ",
    ),
    "not a method": ({"method": 3}, "method must be a name or a sequence of \\(predicate, rule\\), not 3"),
    "single image": ({"x": BROKEN[0]}, r"x has shape \(64, 64, 3\), the model takes \(B, 64, 64, 3\): .* x\[None\]"),
    "other size": ({"x": np.ones((1, 32, 32, 3))}, r"x has shape \(1, 32, 32, 3\), the model takes \(B, 64, 64, 3\)"),
    "no image": ({"x": np.ones((0, 64, 64, 3))}, r"x has shape \(0, 64, 64, 3\)"),
    "not finite": ({"x": BROKEN}, "x has values that are not finite, first in image 1"),
    "not numbers": ({"x": np.full(SHAPE, "a")}, "x has type <U1, not numbers"),
    "class too large": ({"target": 5}, "there is no class 5: the model has classes 0 to 4"),
    "class too small": ({"target": [0, -1]}, "there is no class -1"),
    "class not a number": ({"target": 1.5}, "target must be a class number, one per image, or None, not 1.5"),
    "too many classes": (
        {"target": [1, 2, 3]},
        r"target has shape \(3,\): give one class, or one for each of the 2 images",
    ),
    "dtype": ({"dtype": "float16"}, "dtype must be float32 or float64, not 'float16'"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_name_the_culprit(vgg, name):
    arguments, message = ERRORS[name]
    with pytest.raises(UserError, match=message) as error:
        explain(vgg, **({"x": np.ones(SHAPE, "float32"), "method": "gradient"} | arguments))
    assert "\n" not in str(error.value)


class Subclassed(keras.Model):
    def call(self, x):
        return x


def two_outputs():
    start = keras.Input((8, 8, 3))
    x = layers.Flatten()(start)
    return keras.Model(start, [layers.Dense(2)(x), layers.Dense(2)(x)])


MODELS = {
    "subclassed": (lambda: Subclassed(name="mine"), "model 'mine' is subclassed"),
    "not a model": (lambda: 3, "3 is not a Keras model"),
    "not built": (
        lambda: keras.Sequential([layers.Dense(3)], name="seq"),
        "Sequential model 'seq' has no input shape yet",
    ),
    "without a head": (lambda: build("vgg16", weights=None), "ends in shape .* give it a head"),
    "two outputs": (two_outputs, "1 inputs and 2 outputs"),
}


@pytest.mark.parametrize("name", MODELS)
def test_models_that_cannot_be_explained(name):
    make, message = MODELS[name]
    with pytest.raises(UserError, match=message):
        explain(make(), np.ones((1, 8, 8, 3), "float32"), "gradient")
