"""What `explain` promises beside the formulas: batches, targets, models of every make, memory, and clear errors."""

import gc
import sys
import weakref
from dataclasses import dataclass

import keras
import numpy as np
import pytest
import tensorflow as tf

from autograder.reference import METHODS, Contrast, explain, explain_layers
from autograder.reference.composite import (
    activation,
    any_op,
    average,
    batch_norm,
    conv,
    dense,
    first,
    is_sum,
    kernel,
    lrp,
    moves,
)
from autograder.reference.engine import AT_ONCE
from autograder.reference.graph import Graph
from autograder.reference.rules import AlphaBeta, Epsilon, Flat, Gamma, Gradient, Pass, ZBox, ZPlus
from toonlens.errors import UserError
from toonlens.models import ARCHITECTURES, build

layers = keras.layers
BOX = {"low": (-4.0,) * 3, "high": (4.0,) * 3}
NEEDED = {"lrp.zbox": BOX, "lrp.epsilon_gamma_box": BOX, "lrp.alpha_beta": {"alpha": 2, "beta": 1}}
MANY_WALKS = ("smoothgrad", "integrated_gradients", "grad_cam")  # or none down to the image
NOT_LINEAR = ("deconvnet", "guided_backprop", "grad_cam")
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


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_nor_does_it_on_the_other_networks(small, images, method):
    if small.name == "vgg16":
        pytest.skip("tried above")
    together = explain(small, images, method, dtype="float64", **NEEDED.get(method, {}))
    alone = explain(small, images[1:], method, dtype="float64", **NEEDED.get(method, {}))
    close(alone[0], together[1])


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


LINEAR = ("gradient", "integrated_gradients", "smoothgrad", "lrp.gamma", "lrp.sequential_preset_b_flat")


@pytest.mark.parametrize(
    "method",
    [m if m in LINEAR else pytest.param(m, marks=pytest.mark.slow) for m in METHODS if m not in NOT_LINEAR],
)
def test_a_contrast_is_the_difference_of_two_maps(vgg, images, method):
    """For every method that is linear in its start; classes given once, or one per image."""
    maps = [explain(vgg, images, method, k, dtype="float64", **NEEDED.get(method, {})) for k in (3, [0, 1])]
    contrast = Contrast(target=3, against=[0, 1])
    close(explain(vgg, images, method, contrast, dtype="float64", **NEEDED.get(method, {})), maps[0] - maps[1])


@pytest.mark.parametrize("method", NOT_LINEAR)
def test_a_contrast_where_negative_values_are_cut_off(vgg, images, method):
    """The map of one output more, the weighted difference of the two scores, up to a positive factor."""
    scores = keras.models.clone_model(vgg)
    scores.set_weights(vgg.get_weights())
    scores.layers[-1].activation = keras.activations.linear
    values = scores.predict(images[:1], verbose=0)[0]
    against, target = np.abs(values).argsort()[-2:]  # so that the weighted difference is positive
    weights = np.zeros((5, 1), "float32")
    weights[[target, against], 0] = (1, -1) if method == "grad_cam" else (values[target], -values[against])
    difference = layers.Dense(1, use_bias=False)
    model = keras.Model(scores.input, difference(scores.output))
    difference.set_weights([weights])
    maps = [explain(model, images[:1], method), explain(vgg, images[:1], method, Contrast(target, against))]
    expected, got = (r / np.abs(r).max() for r in maps)
    close(got, expected, rtol=1e-4)
    apart = [explain(vgg, images[:1], method, k) for k in (target, against)]
    assert not np.allclose(maps[1], apart[0] - apart[1], rtol=1e-2)


@pytest.mark.parametrize("method", MANY_WALKS)
def test_no_layers_where_there_is_not_one_walk_to_the_image(vgg, images, method):
    with pytest.raises(UserError, match=f"{method} has no relevance at the operations"):
        explain_layers(vgg, images, method)


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


@pytest.mark.parametrize("method", METHODS)
def test_one_tracing_for_all_batches_targets_and_contrasts(images, method, monkeypatch):
    """The network's forward pass is written down once, while the function is traced."""
    traced = []
    forward = Graph.forward
    monkeypatch.setattr(Graph, "forward", lambda graph, x: traced.append(graph) or forward(graph, x))
    model = keras.Sequential(
        [keras.Input((64, 64, 3)), layers.Conv2D(2, 3, activation="relu"), layers.Flatten(), layers.Dense(3)]
    )
    batch = np.concatenate([images, images])
    for target in (None, 1, [0, 1, 2, 0], Contrast(0, 2)):
        explain(model, batch, method, target, **NEEDED.get(method, {}))
    explain(model, batch[:1], method, **NEEDED.get(method, {}))
    explain(model, batch[:3], method, **NEEDED.get(method, {}))
    assert len(traced) == 1


def test_methods_that_average_gradients_share_the_gradient_that_was_compiled(vgg, images, monkeypatch):
    explain(vgg, images, "gradient")
    monkeypatch.setattr(Graph, "forward", None)  # would be called to compile
    for method, params in {"smoothgrad": {"samples": 3}, "integrated_gradients": {"steps": 2}}.items():
        assert_a_map(explain(vgg, images, method, **params), images)


@pytest.mark.parametrize("count", [1, 3, AT_ONCE + 1])
def test_no_walk_holds_more_images_than_the_batch_or_a_fixed_number(count, monkeypatch):
    """So that memory does not grow with steps times batch."""
    cache = sys.modules["autograder.reference.engine"]._Cache
    compiled, sizes = cache.walk, []

    def spying(*args):
        walk = compiled(*args)
        return lambda x, ends: sizes.append(len(x)) or walk(x, ends)

    monkeypatch.setattr(cache, "walk", spying)
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(2)])
    explain(model, np.ones((count, 4, 4, 1), "float32"), "integrated_gradients", target=0, steps=70)
    assert sum(sizes) == 70 * count
    assert max(sizes) <= max(count, AT_ONCE)


# -- a composite of one's own ------------------------------------------------------------------------------------------


def test_a_composite_by_hand(vgg, images):
    by_hand = [(kernel, Epsilon(0.1)), (activation, Pass()), (any_op, Gradient())]
    np.testing.assert_array_equal(explain(vgg, images, by_hand), explain(vgg, images, "lrp.epsilon", epsilon=0.1))


REST = [
    (activation, Pass()),
    (moves, Gradient()),
    (is_sum, Epsilon(0)),
    (average, ZPlus()),
    (batch_norm, Pass()),
]
ZPLUS, TWO_ONE = AlphaBeta(1, 0, "bach"), AlphaBeta(2, 1, "bach")
BY_HAND = {
    "lrp.epsilon_plus": [(dense, Epsilon(1e-6)), (conv, ZPLUS), *REST],
    "lrp.epsilon_plus_flat": [(first, Flat()), (dense, Epsilon(1e-6)), (conv, ZPLUS), *REST],
    "lrp.epsilon_alpha2_beta1": [(dense, Epsilon(1e-6)), (conv, TWO_ONE), *REST],
    "lrp.epsilon_alpha2_beta1_flat": [(first, Flat()), (dense, Epsilon(1e-6)), (conv, TWO_ONE), *REST],
    "lrp.sequential_preset_a": [(dense, Epsilon(0.1)), (conv, AlphaBeta(1, 0, "full")), *REST],
    "lrp.sequential_preset_b_flat": [
        (first, Flat()),
        (dense, Epsilon(0.1)),
        (conv, AlphaBeta(2, 1, "full")),
        *REST,
    ],
}


@pytest.mark.parametrize("method", BY_HAND)
def test_the_composites_are_what_they_say(small, images, method):
    np.testing.assert_array_equal(explain(small, images, method), explain(small, images, BY_HAND[method]))


def test_epsilon_gamma_box_is_what_it_says(vgg, images):
    """Where there is no BatchNorm to take in: that is not a matter of rules."""
    by_hand = [(first, ZBox(**BOX)), (dense, Epsilon(1e-6)), (conv, Gamma(0.25)), *REST]
    np.testing.assert_array_equal(explain(vgg, images, "lrp.epsilon_gamma_box", **BOX), explain(vgg, images, by_hand))


def test_an_equal_composite_is_not_compiled_again(vgg, images, monkeypatch):
    """What counts is the rule of every operation; the predicates may be written anew."""
    explain(vgg, images, [(lambda op: op.kind == "Conv2D", Epsilon(0.2)), *lrp((dense, Epsilon(0.3)))])
    monkeypatch.setattr(Graph, "forward", None)  # would be called to compile
    explain(vgg, images, [(conv, Epsilon(0.2)), *lrp((kernel, Epsilon(0.3)))])


def test_a_predicate_that_holds_the_model_does_not_keep_it_alive(images):
    model = keras.Sequential([keras.Input((64, 64, 3)), layers.Flatten(), layers.Dense(2)])
    names = [(lambda op, model=model: op.name in [layer.name for layer in model.layers], Gradient())]
    explain(model, images, names)
    gone = weakref.ref(model)
    del model, names
    gc.collect()
    gc.collect()
    assert gone() is None


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


@dataclass
class Mutable:
    """A rule that the cache could not tell from another."""

    def __call__(self, op, xs, z, r):
        return [r]


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
    "box of no channels": (
        {"method": "lrp.zbox", "low": -1, "high": 1},
        "low and high must hold a number for every channel, not -1 and 1",
    ),
    "box of another size": (
        {"method": "lrp.zbox", "low": (0,), "high": (1,)},
        "low and high hold 1 and 1 numbers for 3 channels",
    ),
    "composite with parameters": (
        {"method": [(any_op, Gradient())], "epsilon": 1},
        'a composite has no parameter but batchnorm="threshold", and epsilon=1 was given',
    ),
    "composite with a gap": (
        {"method": [(kernel, Gradient())]},
        "the composite has no rule for 'block1_conv1/activation' ",
    ),
    "no pair": (
        {"method": [(any_op, Gradient()), any_op]},
        r"entry 1 of the composite must be \(predicate, rule\), not <function any_op",
    ),
    "predicate": (
        {"method": [("Conv2D", Epsilon(0))]},
        "the predicate in entry 0 of the composite cannot be called: 'Conv2D'",
    ),
    "rule": ({"method": [(any_op, "epsilon")]}, "the rule in entry 0 of the composite cannot be called: 'epsilon'"),
    "rule as a class": (
        {"method": [(any_op, Gradient)]},
        r"the rule in entry 0 of the composite is a class: write Gradient\(\.\.\.\)",
    ),
    "rule that cannot be hashed": ({"method": [(any_op, Mutable())]}, "Mutable cannot be a rule: make it a frozen"),
    "rule that returns no list": (
        {"method": [(activation, Pass()), (any_op, lambda op, xs, z, r: r)]},
        r"the rule <lambda> for 'predictions' \(Dense\) must return a list, .* of shapes \(B, ",
    ),
    "rule that returns the relevance of the output": (
        {"method": [(any_op, Pass())]},
        r"the rule Pass for 'predictions' \(Dense\) must return a list, .* of shapes \(B, 1024\)",
    ),
    "rule that returns None": (
        {"method": [(any_op, lambda op, xs, z, r: [None])]},
        "the rule <lambda> for 'predictions' .* must return a list",
    ),
    "rule with a kernel where there is none": (
        {"method": [(conv, AlphaBeta()), (dense, Epsilon()), (any_op, AlphaBeta())]},
        r"the rule AlphaBeta for 'fc2/activation' \(relu\) fails: AttributeError: ",
    ),
    "rule that takes other arguments": (
        {"method": [(any_op, lambda op: op)]},
        "the rule <lambda> for 'predictions' .* fails: TypeError: ",
    ),
    "predicate that fails": (
        {"method": [(lambda op: op.strides == (1, 1), Gradient())]},
        "the predicate in entry 0 of the composite fails on 'block1_conv1/activation': AttributeError",
    ),
    "layer that is no name": ({"method": "grad_cam", "layer": ["fc1"]}, "layer must be the name of a layer, not "),
    "gamma's bias": ({"method": "lrp.gamma", "bias": 1}, "bias must be one of bach, full, none, not 1"),
    "steps": (
        {"method": "integrated_gradients", "steps": 0},
        "steps must be a whole number of at least 1, not 0",
    ),
    "reference of another shape": (
        {"method": "integrated_gradients", "reference": np.zeros((3, 3, 3))},
        r"reference must be a number, or an array that fits an image \(64, 64, 3\)",
    ),
    "reference not finite": (
        {"method": "integrated_gradients", "reference": float("inf")},
        "reference has values that are not finite",
    ),
    "samples": ({"method": "smoothgrad", "samples": 2.5}, "samples must be a whole number of at least 1, not 2.5"),
    "noise": ({"method": "smoothgrad", "noise_level": -1}, "noise_level must be a number of at least 0, not -1"),
    "seed": ({"method": "smoothgrad", "seed": None}, "seed must be a whole number of at least 0, not None"),
    "layer": (
        {"method": "grad_cam", "layer": "block9"},
        r"grad_cam: no operation 'block9' with an output \(B, h, w, c\); there are: block1_conv1, ",
    ),
    "layer without positions": ({"method": "grad_cam", "layer": "fc1"}, "grad_cam: no operation 'fc1' with an output"),
    "contrast of a class with itself": (
        {"target": Contrast(1, [0, 1])},
        "a Contrast of class 1 with itself, first for image 1",
    ),
    "contrast with no class": (
        {"target": Contrast(None, 1)},
        "a Contrast is between two given classes, but its target is None",
    ),
    "contrast out of range": (
        {"target": Contrast(1, 9)},
        "against 9 is no class: the model has classes 0 to 4",
    ),
    "not a method": ({"method": 3}, "method must be a name or a sequence of \\(predicate, rule\\), not 3"),
    "single image": ({"x": BROKEN[0]}, r"x has shape \(64, 64, 3\), the model takes \(B, 64, 64, 3\): .* x\[None\]"),
    "other size": ({"x": np.ones((1, 32, 32, 3))}, r"x has shape \(1, 32, 32, 3\), the model takes \(B, 64, 64, 3\)"),
    "no image": ({"x": np.ones((0, 64, 64, 3))}, r"x has shape \(0, 64, 64, 3\)"),
    "not finite": ({"x": BROKEN}, "x has values that are not finite, first in image 1"),
    "not numbers": ({"x": np.full(SHAPE, "a")}, "x has type <U1, not real numbers"),
    "not real": ({"x": np.full(SHAPE, 1j)}, "x has type complex128, not real numbers"),
    "ragged": ({"x": [np.ones((64, 64, 3)), np.ones((32, 32, 3))]}, "x is no array: its images are not all of one"),
    "too large": ({"x": np.full(SHAPE, 1e39)}, "x has values that are too large for float32, first in image 0"),
    "contrast not a number": (
        {"target": Contrast(1, "x")},
        "^against must be a class number, one per image, or None, not 'x'",
    ),
    "class too large": ({"target": 5}, "target 5 is no class: the model has classes 0 to 4"),
    "class too small": ({"target": [0, -1]}, "target -1 is no class"),
    "class not a number": ({"target": 1.5}, "target must be a class number, one per image, or None, not 1.5"),
    "too many classes": (
        {"target": [1, 2, 3]},
        r"target has shape \(3,\): give one class, or one for each of the 2 images",
    ),
    "dtype": ({"dtype": "float16"}, "dtype must be float32 or float64, not 'float16'"),
}


def test_a_box_written_as_a_list_or_an_array(vgg, images):
    low, high = np.array(BOX["low"]), list(BOX["high"])
    by_hand = lrp((first, ZBox(low, high)), (kernel, Epsilon(1e-7)))
    np.testing.assert_array_equal(explain(vgg, images, by_hand), explain(vgg, images, "lrp.zbox", **BOX))


def test_a_model_that_was_rebuilt_is_read_again(images):
    keras.utils.set_random_seed(0)  # some of the 32 ReLUs are off, whatever the images
    model = keras.Sequential(
        [keras.Input((64, 64, 3)), layers.Flatten(), layers.Dense(32, activation="relu"), layers.Dense(2)]
    )
    before = explain(model, images, "gradient", target=1)
    model.pop()
    model.add(layers.Dense(7))
    after = explain(model, images, "gradient", target=6)
    np.testing.assert_array_equal(
        after, explain(keras.Sequential([keras.Input((64, 64, 3)), *model.layers]), images, "gradient", target=6)
    )
    model.layers[1].activation = keras.activations.linear
    linear = explain(model, images, "gradient", target=6)
    kernels = [np.asarray(layer.kernel) for layer in model.layers[1:]]
    np.testing.assert_allclose(linear[0].ravel(), kernels[0] @ kernels[1][:, 6], rtol=1e-4, atol=1e-6)
    assert not np.array_equal(before, after)
    assert not np.array_equal(after, linear)


def test_a_composite_on_gates_as_the_named_method(images, small):
    composite = lrp((kernel, Epsilon(0)))
    np.testing.assert_array_equal(
        explain(small, images, composite, batchnorm="threshold"), explain(small, images, "lrp.z")
    )


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
