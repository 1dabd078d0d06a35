"""Lab 7's own reference against `autograder.reference`, and the given network in layers against Keras."""

import numpy as np
import pytest

from autograder.checks.lab07 import reference, whole
from autograder.reference import Contrast, dense, explain
from toonlens.convnet import conv2d, conv2d_T, read_layers, run_layer
from toonlens.errors import UserError
from toonlens.laws import LawBroken, mine_or
from toonlens.laws.lab07 import as_spec, check_lrp_conv, check_walk, tiny_network, tiny_plan
from toonlens.startup import import_keras

SIZES = [
    ((6, 7), (3, 2), "same", 2),
    ((7, 7), (3, 3), "valid", 2),
    ((8, 5), (2, 2), "same", 3),
    ((4, 4), (4, 4), "valid", 1),
]


@pytest.mark.parametrize(("size", "kernel", "pad", "stride"), SIZES)
def test_convolutions_are_those_of_tensorflow(size, kernel, pad, stride):
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=(2, *size, 3)), rng.normal(size=(*kernel, 3, 4))
    z = conv2d(x, W, pad, stride)
    np.testing.assert_allclose(z, reference.conv2d(x, W, pad, stride), atol=1e-12)
    R = rng.normal(size=z.shape)
    back = conv2d_T(R, W, x.shape, pad, stride)
    np.testing.assert_allclose(back, reference.conv2d_T(R, W, x.shape, pad, stride), atol=1e-12)


@pytest.mark.parametrize(
    ("rule", "by_hand"),
    [
        (("eps", {"eps": 0.3}), lambda *layer: dense.lrp_eps(*layer, 0.3)),
        (("gamma", {"gamma": 0.5}), lambda *layer: dense.lrp_gamma(*layer, 0.5)),
        (("ab", {"alpha": 2.0, "beta": 1.0}), lambda *layer: dense.lrp_ab(*layer, 2.0, 1.0)),
        (("zB", {"lo": -4.0, "hi": 5.0}), lambda a, W, b, R: dense.lrp_zB(a, W, R, -4.0, 5.0)),
    ],
)
def test_a_kernel_as_large_as_the_image_is_the_dense_layer_of_lab_6(rule, by_hand):
    rng = np.random.default_rng(1)
    a, W, b, R = (rng.normal(size=s) for s in ((2, 3, 4, 2), (3, 4, 2, 5), (5,), (2, 1, 1, 5)))
    flat = by_hand(a.reshape(2, -1), W.reshape(-1, 5), b, R.reshape(2, 5))
    got = reference.lrp_conv(a, W, b, R, rule, "valid", 1)
    np.testing.assert_allclose(got.reshape(2, -1), flat, rtol=1e-6)


@pytest.fixture(scope="module")
def network():
    """Model, plan, preprocessed picture, classes."""
    model, _ = whole._network()
    plan = [vars(layer) for layer in read_layers(model, softmax=True)]
    images, c = whole.pictures(np.random.default_rng(2), 1)
    return plan, images, c


@pytest.mark.parametrize("name", list(whole.cases()))
def test_every_composite_on_vgg16(network, name):
    from toonlens.models import preprocess

    plan, images, c = network
    heat, below = whole.explained(images, c, name)
    got, trace = reference.lrp_walk(plan, preprocess(images, "vgg16"), c, as_spec(whole.cases()[name][0]))
    assert np.abs(got - heat).max() < 1e-6 * np.abs(heat).max()
    for R, (_, due) in zip(trace, below, strict=True):
        assert np.abs(R.reshape(due.shape) - due).max() < 1e-6 * np.abs(due).max()


def test_a_contrast_is_one_walk_from_both_logits(network):
    from toonlens.models import preprocess

    plan, images, c = network
    spec, composite = whole.cases()["preset A flat"]
    x = preprocess(images, "vgg16")
    due = explain(whole._network()[0], x, composite, Contrast(c, (c + 5) % 18), dtype="float64").sum(axis=-1)
    got = reference.contrastive(plan, x, c, (c + 5) % 18, spec)
    assert np.abs(got - due).max() < 1e-6 * np.abs(due).max()


@pytest.mark.parametrize("pooled", [True, False])
def test_a_plan_its_model_and_its_layers_compute_the_same(pooled):
    rng = np.random.default_rng(3)
    plan, side = tiny_plan(rng, pooled)
    x = rng.normal(size=(2, side, side, 3))
    a = x
    for layer in read_layers(tiny_network(plan, side), softmax=True):
        a = run_layer(layer, a)
    np.testing.assert_allclose(a, reference.forward(plan, x)[-1], atol=1e-4)


def test_read_layers_refuses_what_it_does_not_cover():
    keras = import_keras()
    plan, side = tiny_plan(np.random.default_rng(4))
    with pytest.raises(UserError, match=r"predictions.*softmax"):
        read_layers(tiny_network(plan, side))
    image = keras.Input((8, 8, 3))
    for layer, why in (
        (keras.layers.BatchNormalization(), "only convolutions"),
        (keras.layers.MaxPooling2D(3, strides=2), "overlap"),
        (keras.layers.Conv2D(2, 3, dilation_rate=2), "only convolutions"),
        (keras.layers.Conv2D(2, 3, activation="tanh"), "tanh"),
    ):
        with pytest.raises(UserError, match=why):
            read_layers(keras.Model(image, layer(image)))


def walk_split(pairs, b, R, eps, pad, stride):
    """A denominator for each pair."""
    return sum(reference.share([pair], b, R, eps, pad, stride) for pair in pairs)


def walk_bias_twice(pairs, b, R, eps, pad, stride):
    return reference.share(pairs, b * len(pairs), R, eps, pad, stride)


def walk_first_kernel(pairs, b, R, eps, pad, stride):
    """Goes back with the first kernel only."""
    z = sum(conv2d(u, V, pad, stride) for u, V in pairs) + b
    q = R / reference.stabilise(z, eps)
    return sum(u * conv2d_T(q, pairs[0][1], u.shape, pad, stride) for u, _ in pairs)


def walk_z_greater(pairs, b, R, eps, pad, stride):
    z = sum(conv2d(u, V, pad, stride) for u, V in pairs) + b
    q = R / (z + eps * np.where(z > 0, 1.0, -1.0))
    return sum(u * conv2d_T(q, V, u.shape, pad, stride) for u, V in pairs)


def walk_without_input(pairs, b, R, eps, pad, stride):
    z = sum(conv2d(u, V, pad, stride) for u, V in pairs) + b
    return sum(conv2d_T(R / reference.stabilise(z, eps), V, u.shape, pad, stride) for u, V in pairs)


def test_the_check_of_walk_accepts_right_ones(capsys):
    check_walk(reference.share)
    check_walk(lambda *given: reference.share(*given).astype(np.float32))
    assert "walk: passes" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong",
    [
        walk_split,
        walk_bias_twice,
        walk_first_kernel,
        walk_z_greater,
        walk_without_input,
        lambda pairs, b, R, eps, pad, stride: reference.share(pairs, 0 * b, R, eps, pad, stride),
        lambda pairs, b, R, eps, pad, stride: reference.share(pairs, b, R, 1e-12, pad, stride),
        lambda pairs, b, R, eps, pad, stride: reference.share(pairs[:1], b, R, eps, pad, stride),
        lambda pairs, b, R, eps, pad, stride: reference.share(pairs, b, abs(R), eps, pad, stride),
    ],
)
def test_the_check_of_walk_rejects(wrong):
    with pytest.raises(LawBroken, match=r"^walk: not yet"):
        check_walk(wrong)


def test_lrp_conv_is_checked_without_walk(capsys):
    def walk(*_):
        raise NotImplementedError

    check_lrp_conv(reference.lrp_conv, walk)
    assert "lrp_conv: passes" in capsys.readouterr().out


def test_values_that_are_not_finite_are_reported_with_their_rule():
    def naive(a, W, b, R, rule, pad, stride):
        out = reference.lrp_conv(a, W, b, R, rule, pad, stride)
        return out / (rule[0] != "ab")

    with np.errstate(all="ignore"), pytest.raises(LawBroken, match=r'rule "ab": .* NaN or infinite'):
        check_lrp_conv(naive)


def test_no_activation_is_a_linear_one():
    """Keras calls a layer whose activation is None without one."""
    plan, side = tiny_plan(np.random.default_rng(3))
    model = tiny_network(plan, side)
    model.layers[-1].activation = None
    assert [layer.name for layer in read_layers(model)] == [layer["name"] for layer in plan]


def test_where_there_is_no_checkpoint_nothing_is_shown(capsys):
    def stub():
        raise NotImplementedError

    assert mine_or(np.empty(0), "lrp_vgg16", stub).size == 0
    assert "no checkpoint for this choice" in capsys.readouterr().out
    assert mine_or(np.empty(0), "lrp_vgg16", lambda: np.ones((2, 2))).shape == (2, 2)


def test_what_tensorflow_says_about_shapes_is_not_cut_off():
    def unspread(a, W, b, R, rule, pad, stride):
        if rule[0] == "zB":
            return conv2d(rule[1]["lo"], W, pad, stride)
        return reference.lrp_conv(a, W, b, R, rule, pad, stride)

    with pytest.raises(LawBroken, match=r"4-dimensional[\s\S]*too few or too many"):
        check_lrp_conv(unspread)
