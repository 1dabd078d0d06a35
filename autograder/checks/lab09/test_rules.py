"""Hidden checks of lab 9: alpha-beta by three conventions of the bias, BatchNorm, and the predictions."""

import numpy as np

from autograder.checking import check, compare, prediction, untouched
from autograder.checks.lab09 import reference

RTOL = 3e-4
SMALLEST = 0.05  # of a denominator


def layer(rng, bias=1.0):
    """A fresh layer a, W, b, R: contributions and biases of both signs, no denominator of any convention small."""
    for _ in range(5000):
        B, I, J = rng.integers(2, 5), rng.integers(4, 8), rng.integers(3, 6)
        a, W = rng.normal(size=(B, I)), rng.normal(size=(I, J))
        b = bias * rng.permutation([-1.0, *rng.choice([-1.0, 1.0], J - 2), 1.0]) * (0.5 + rng.random(J))
        parts = a[:, :, None] * W
        up, down = np.maximum(parts, 0).sum(axis=1), np.minimum(parts, 0).sum(axis=1)
        if min(up.min(), -down.max(), np.abs(up + b).min(), np.abs(down + b).min()) > SMALLEST:
            return a, W, b, rng.normal(size=(B, J)) + 0.3
    raise RuntimeError("no well-conditioned layer found")


def explained(student, given, alpha, beta, bias, law, hint):
    called = student.call("lrp_ab", *given, alpha, beta, bias)
    a, W, b, R = given
    due = reference.lrp_ab(a, W, b, R, alpha, beta, bias)
    compare(called.value, due, what=f'relevance below, bias "{bias}"', law=law, hint=hint, rtol=RTOL, picture=True)
    untouched(called)


SETTINGS = ((1.0, 0.0), (2.0, 1.0), (3.0, 2.0))


@check("lrp_ab", points=1)
def test_ab_none(student, rng):
    """lrp_ab without bias in the denominators: a+ W+ and a- W- share alpha R, the mixed products -beta R."""
    law = "two books, each with a denominator of its own, which is the sum of its contributions"
    hint = "split a as well as W; subtract the second book; 0 / 0 is 0"
    for alpha, beta in SETTINGS:
        explained(student, layer(rng), alpha, beta, "none", law, hint)
    a, W, b, R = layer(rng)
    W[:, 0] = np.abs(W[:, 0])
    W[:, 1] = -np.abs(W[:, 1])
    for alpha, beta in SETTINGS:
        explained(student, (np.abs(a), W, b, R), alpha, beta, "none", law, hint)


@check("lrp_ab", points=1, needs="test_ab_none")
def test_ab_bach(student, rng):
    """lrp_ab by the convention "bach"."""
    law, hint = "b+ stands in the one denominator and b- in the other", "the bias is in denominators only"
    for alpha, beta in SETTINGS:
        explained(student, layer(rng), alpha, beta, "bach", law, hint)


@check("lrp_ab", points=1, needs="test_ab_none")
def test_ab_full(student, rng):
    """lrp_ab by the convention "full"."""
    law, hint = "the whole b stands in both denominators", "a denominator may have either sign: nothing is cut off at 0"
    for alpha, beta in SETTINGS:
        explained(student, layer(rng), alpha, beta, "full", law, hint)
        explained(student, layer(rng, 3.0), alpha, beta, "full", law, hint)


@check("lrp_ab", points=1, needs="test_ab_none")
def test_ab_silent(student, rng):
    """lrp_ab where a book is empty: no input of one sign, no bias, or a bias alone."""
    law, hint = (
        "no contribution, no relevance; what the bias takes stays with it",
        "stabilise; never divide by a bare sum",
    )
    for bias in reference.BIASES:
        a, W, b, R = layer(rng)
        a[0] = 0.0
        W[:, 0] = 0.0
        b[1] = 0.0
        W[:, 2] = np.abs(W[:, 2])
        explained(student, (np.abs(a), W, b, R), 2.0, 1.0, bias, law, hint)


# lrp_bn


def norm(rng, shape, eps):
    """A fresh BatchNorm and its input: x, gamma, beta, mean, var, eps; no output is near 0."""
    C = shape[-1]
    for _ in range(5000):
        gamma = rng.choice([-1, 1], C) * (0.3 + rng.random(C))
        beta, mean, var = rng.normal(size=C), rng.normal(size=C), rng.random(C) * 3 + 0.2
        x = rng.normal(size=shape) * 2
        if np.abs(gamma * (x - mean) / np.sqrt(var + eps) + beta).min() > 0.02:
            return x, gamma, beta, mean, var, eps
    raise RuntimeError("no well-conditioned BatchNorm found")


def normed(student, given, R, law, hint):
    called = student.call("lrp_bn", *given, R)
    x, gamma, beta, mean, var, eps = given
    due = reference.lrp_bn(x, gamma, beta, mean, var, eps, R)
    compare(
        called.value, due, what="relevance at the input of the BatchNorm", law=law, hint=hint, rtol=RTOL, picture=True
    )
    untouched(called)


@check("lrp_bn", points=1)
def test_bn_gradient(student, rng):
    """lrp_bn hands R = y on as input times gradient."""
    law, hint = "LRP-0 of a linear layer is input x gradient", "y = g x + h, g = gamma / sqrt(var + eps)"
    for _ in range(2):
        given = norm(rng, (3, 4), 1e-3)
        x, gamma, beta, mean, var, eps = given
        normed(student, given, gamma * (x - mean) / np.sqrt(var + eps) + beta, law, hint)


@check("lrp_bn", points=1, needs="test_bn_gradient")
def test_bn_relevance(student, rng):
    """lrp_bn for any R, of both signs."""
    law, hint = "R g x / y: the offset h keeps its share", "h holds beta and the mean's part; divide by all of y"
    for shape in ((3, 4), (1, 5)):
        given = norm(rng, shape, 1e-3)
        normed(student, given, rng.normal(size=shape), law, hint)


@check("lrp_bn", points=1, needs="test_bn_gradient")
def test_bn_images(student, rng):
    """lrp_bn for maps of channels (B, H, W, C), with an eps that counts."""
    law, hint = "channels are the last axis; eps stands under the root, beside the variance", "is the given eps used?"
    for shape, eps in (((2, 3, 4, 3), 0.5), ((3, 2, 2, 2), 2.0), ((4, 4, 4, 4), 0.1)):
        given = norm(rng, shape, eps)
        normed(student, given, rng.normal(size=shape), law, hint)


@check("lrp_bn", points=1, needs="test_bn_gradient")
def test_bn_zero(student, rng):
    """lrp_bn where the output is 0, and where the variance is small."""
    law, hint = "0 / 0 is 0, and no value is lost elsewhere", "push y away from 0 by TINY, on its own side"
    C = 3
    x = rng.normal(size=(2, C))
    x[0, 1] = 0.0
    flat = np.zeros(C)
    normed(student, (x, np.ones(C), flat, flat, rng.random(C) + 0.5, 1e-3), rng.normal(size=(2, C)), law, hint)
    x, gamma, beta, mean, var, _ = norm(rng, (3, 4), 1e-3)
    var[0] = 0.0
    y = gamma * (x - mean) / np.sqrt(var + 1e-3) + beta
    normed(student, (x, gamma, beta, mean, var, 1e-3), rng.normal(size=(3, 4)) * (np.abs(y) > 0.02), law, hint)


# predictions, graded for being made

test_prediction_measure = prediction("measure")
test_prediction_pole = prediction("pole")
test_prediction_variant = prediction("variant")
test_prediction_table = prediction("table")
test_prediction_gap = prediction("gap")
test_prediction_bn = prediction("bn")
test_prediction_weak = prediction("weak")
