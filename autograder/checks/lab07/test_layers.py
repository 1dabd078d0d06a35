"""Hidden checks of lab 7, one layer at a time: convolutions by every rule, pooling.

Fresh layers against the reference in `reference`, each property in a check of its own. Tolerances leave room for a
student who computes in float32; layers are drawn until no denominator is small.
"""

import numpy as np

from autograder.checking import check, compare, untouched
from autograder.checks.lab07 import reference

RTOL = 3e-4
WHAT = "relevance at the input of the layer"
SMALLEST = 0.03  # of a denominator


def layer(rng, kernel, size, pad="valid", stride=1, bias=0.0, positive=False):
    """A fresh layer a, W, b, R. No denominator of any rule is small; biases have both signs."""
    kh, kw = kernel
    for _ in range(5000):
        a = rng.random((2, *size, 2)) + 0.05 if positive else rng.normal(size=(2, *size, 2))
        W = rng.normal(size=(kh, kw, 2, 3))
        b = bias * rng.permutation([-1.0, 1.0, 1.0]) * (0.5 + rng.random(3))
        z = reference.conv2d(a, W, pad, stride)
        up, down = (
            reference.conv2d(np.maximum(a, 0), part, pad, stride)
            + reference.conv2d(np.minimum(a, 0), other, pad, stride)
            for part, other in ((np.maximum(W, 0), np.minimum(W, 0)), (np.minimum(W, 0), np.maximum(W, 0)))
        )
        if min(np.abs(z).min(), np.abs(z + b).min(), up.min(), -down.max()) > SMALLEST and (z + b < 0).any():
            return a, W, b, rng.normal(size=z.shape) + 0.3
    raise RuntimeError("no well-conditioned layer found")


def explained(student, given, rule, pad, stride, law, hint):
    a, W, b, R = given
    called = student.call("lrp_conv", a, W, b, R, rule, pad, stride)
    expected = reference.lrp_conv(a, W, b, R, rule, pad, stride)
    compare(called.value, expected, what=WHAT, law=law, hint=hint, rtol=RTOL, picture=True)
    untouched(called)


# lrp_conv

SHAPES = (
    ((3, 2), (5, 4), "valid", 1),
    ((3, 3), (4, 5), "same", 1),
    ((2, 3), (6, 5), "same", 2),
    ((3, 3), (6, 7), "valid", 2),
)


@check("lrp_conv", points=1)
def test_conv_dense(student, rng):
    """lrp_conv by the epsilon rule with a kernel as large as the image: the dense layer of lab 6."""
    law = "z = conv(a, W) + b; R_in = a times what R / (z + eps s(z)) carries back; with one place it is a dense layer"
    hint = "divide before you carry back; the bias is in z; every place divides by its own z"
    for kernel, bias, eps in (((3, 4), 0.0, 1e-9), ((2, 2), 1.0, 1e-9), ((4, 3), 1.0, 0.4)):
        explained(student, layer(rng, kernel, kernel, bias=bias), ("eps", {"eps": eps}), "valid", 1, law, hint)
    a, W = np.ones((1, 1, 2, 1)), np.array([1.0, -1.0]).reshape(1, 2, 1, 1)
    zero = (a, W, np.zeros(1), rng.random((1, 1, 1, 1)) + 0.5)
    explained(student, zero, ("eps", {"eps": 0.5}), "valid", 1, "where z = 0 the denominator is +eps", "s(0) = +1")


@check("lrp_conv", points=2, needs="test_conv_dense")
def test_conv_places(student, rng):
    """lrp_conv by the epsilon rule on images, with padding and strides."""
    law = "every place of the output is that dense layer on its own window; zeros beyond the border receive nothing"
    hint = "hand pad and stride to both directions, and the shape of a to the way back"
    for kernel, size, pad, stride in SHAPES:
        given = layer(rng, kernel, size, pad, stride, bias=1.0)
        explained(student, given, ("eps", {"eps": 0.25}), pad, stride, law, hint)


@check("lrp_conv", points=1)
def test_conv_gamma(student, rng):
    """lrp_conv by the gamma rule, for inputs that are not negative."""
    law = "gamma: the epsilon rule with W + gamma W+ and b + gamma b+, forwards and backwards"
    hint = "only positive weights grow; the bias is treated as a weight; is eps an option with TINY as default?"
    for (kernel, size, pad, stride), options in zip(SHAPES, ({}, {"eps": 0.3}, {}, {"eps": 0.2}), strict=True):
        a, W, b, R = layer(rng, kernel, size, pad, stride, bias=1.0, positive=True)
        for gamma in (0.25, 1.5):
            more = W + gamma * np.maximum(W, 0)
            z = reference.conv2d(a, more, pad, stride) + b + gamma * np.maximum(b, 0)
            R = R * (np.abs(z) > SMALLEST)
            rule = ("gamma", {"gamma": gamma, **options})
            explained(student, (a, W, b, R), rule, pad, stride, law, hint)


@check("lrp_conv", points=2)
def test_conv_ab(student, rng):
    """lrp_conv by the alpha-beta rule, for inputs of both signs, with a bias by the convention "bach"."""
    law = "alpha (a+ W+ and a- W-, with b+) less beta (a+ W- and a- W+, with b-), each with a denominator of its own"
    hint = "two walks; split a as well as W; each walk holds its own part of b; 0 / 0 is 0"
    for kernel, size, pad, stride in SHAPES:
        for alpha, beta in ((1.0, 0.0), (2.0, 1.0)):
            given = layer(rng, kernel, size, pad, stride, bias=1.0)
            explained(student, given, ("ab", {"alpha": alpha, "beta": beta}), pad, stride, law, hint)
    a, W, _, R = layer(rng, (3, 2), (5, 4))
    W[..., 0] = np.abs(W[..., 0])
    explained(student, (np.abs(a), W, np.zeros(3), R), ("ab", {"alpha": 2.0, "beta": 1.0}), "valid", 1, law, hint)


@check("lrp_conv", points=2)
def test_conv_box(student, rng):
    """lrp_conv by the box rule, with bounds of its own for every channel."""
    law = "shares of x W - lo W+ - hi W-, above and below the line the same; no bias; no bounds beyond the border"
    hint = "three pairs, one denominator; lo goes with the positive weights; bounds are images of one colour"
    for kernel, size, pad, stride in SHAPES:
        x, W, b, R = layer(rng, kernel, size, pad, stride, bias=1.0)
        lo, hi = x.min(axis=(0, 1, 2)) - 0.3 - rng.random(2), x.max(axis=(0, 1, 2)) + 0.3 + rng.random(2)
        explained(student, (x, W, b, R), ("zB", {"lo": lo, "hi": hi}), pad, stride, law, hint)


# lrp_w2_conv, lrp_flat_conv


def spread(student, rng, name, pad, stride, law, hint):
    W, shape = rng.normal(size=(3, 2, 2, 3)), (2, 6, 5, 2)
    z = reference.conv2d(np.zeros(shape), W, pad, stride)
    R = rng.normal(size=z.shape) + 0.3
    first = W if name == "lrp_w2_conv" else W.shape
    called = student.call(name, first, R, shape, pad, stride)
    expected = getattr(reference, name)(first, R, shape, pad, stride)
    compare(called.value, expected, what=WHAT, law=law, hint=hint, rtol=RTOL, picture=True)
    untouched(called)


@check("lrp_w2_flat_conv", points=1)
def test_flat_conv(student, rng):
    """lrp_flat_conv without padding: equal shares in every window, with strides too."""
    law, hint = (
        "each of the kh kw Ci inputs of a window gets the same share of its output",
        "input channels count, output channels do not",
    )
    for stride in (1, 2, 3):
        spread(student, rng, "lrp_flat_conv", "valid", stride, law, hint)


@check("lrp_w2_flat_conv", points=1, needs="test_flat_conv")
def test_flat_conv_border(student, rng):
    """lrp_flat_conv with "same": at the border fewer inputs share."""
    law, hint = (
        "an output divides by the number of inputs that it has, not that its kernel has",
        "let a convolution of ones count",
    )
    for stride in (1, 2):
        spread(student, rng, "lrp_flat_conv", "same", stride, law, hint)


@check("lrp_w2_flat_conv", points=1)
def test_w2_conv(student, rng):
    """lrp_w2_conv shares by the squared weights, without padding."""
    law, hint = (
        "shares are W^2 over the sum of W^2 in the window, for each output channel",
        "square the kernel; inputs are ones",
    )
    for stride in (1, 2, 3):
        spread(student, rng, "lrp_w2_conv", "valid", stride, law, hint)


@check("lrp_w2_flat_conv", points=1, needs="test_w2_conv")
def test_w2_conv_border(student, rng):
    """lrp_w2_conv with "same", and where an output channel has no weights."""
    law, hint = (
        "beyond the border are no inputs; a channel without weights hands on nothing",
        "ones on the image only; TINY below the line",
    )
    for stride in (1, 2):
        spread(student, rng, "lrp_w2_conv", "same", stride, law, hint)
    W, shape = rng.normal(size=(2, 2, 2, 3)), (1, 4, 4, 2)
    W[..., 1] = 0.0
    R = rng.random((1, 3, 3, 3)) + 0.5
    expected = reference.lrp_w2_conv(W, R, shape, "valid", 1)
    compare(student.lrp_w2_conv(W, R, shape, "valid", 1), expected, what=WHAT, law=law, hint=hint, rtol=RTOL)


# lrp_maxpool, lrp_avgpool


def pooled(student, name, a, R, k, law, hint):
    called = student.call(name, a, R, k)
    expected = getattr(reference, name)(a, R, k)
    what = "relevance at the input of the pooling"
    compare(called.value, expected, what=what, law=law, hint=hint, rtol=RTOL, picture=True)
    untouched(called)


@check("pools", points=1)
def test_maxpool(student, rng):
    """lrp_maxpool: the winner of each window takes all."""
    law, hint = (
        "R goes to the largest input of its window; all others get zero",
        "one place per window, image and channel",
    )
    for k, (h, w) in ((2, (3, 2)), (3, (1, 2)), (1, (2, 3))):
        a, R = rng.normal(size=(2, k * h, k * w, 3)), rng.normal(size=(2, h, w, 3))
        pooled(student, "lrp_maxpool", a, R, k, law, hint)


@check("pools", points=1, needs="test_maxpool")
def test_maxpool_ties(student, rng):
    """lrp_maxpool where inputs tie, as behind a ReLU: the first in reading order takes all."""
    law, hint = (
        "at a tie the first in reading order takes all",
        "not all that are equal to the maximum, and not the last",
    )
    for k in (2, 3):
        a = rng.integers(0, 3, size=(2, 3 * k, 2 * k, 3)).astype(np.float64)
        a[0, :k, :k] = 0.0
        pooled(student, "lrp_maxpool", a, rng.normal(size=(2, 3, 2, 3)), k, law, hint)


@check("pools", points=2)
def test_avgpool(student, rng):
    """lrp_avgpool shares in proportion to the inputs, which are positive here."""
    law, hint = "share of an input: itself over the sum of its window", "not 1 / k^2 each, and not over the whole map"
    for k, (h, w) in ((2, (3, 2)), (3, (1, 1)), (4, (1, 2))):
        a, R = rng.random((2, k * h, k * w, 3)) + 0.05, rng.normal(size=(2, h, w, 3))
        pooled(student, "lrp_avgpool", a, R, k, law, hint)


@check("pools", points=1, needs="test_avgpool")
def test_avgpool_signs(student, rng):
    """lrp_avgpool with negative inputs, and with windows that are silent."""
    law, hint = "positive inputs share; a window without any hands on nothing", "take a+ above and below; stabilise"
    for k in (2, 3):
        a, R = rng.normal(size=(2, 2 * k, 2 * k, 3)), rng.normal(size=(2, 2, 2, 3))
        a[:, 0, 0] = 1.0 + rng.random((2, 3))
        a[:, k:, k:] = -np.abs(a[:, k:, k:])
        a[1, :k, k:, 0] = 0.0
        floor = (a > 0) & (a < 0.01)
        a[floor] = 0.01
        pooled(student, "lrp_avgpool", a, R, k, law, hint)
