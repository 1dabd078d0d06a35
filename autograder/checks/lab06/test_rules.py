"""Hidden checks of the rules of lab 6: fresh layers against the reference, each property in a check of its own.

Tolerances leave room for a student who computes in float32; layers are drawn until no denominator is small. Pictures
are of the difference alone, except on the lab's own figures: which ones, and why, is said in ``figures``.
"""

import numpy as np

from autograder.checking import check, compare, prediction, untouched
from autograder.checks.lab06 import figures
from autograder.checks.lab06.figures import shown_on
from autograder.reference import dense

RTOL = 2e-4
TINY = 1e-9
WHAT = "relevance at the input of the layer"


def layer(rng, bias=0.0, positive=False):
    """A fresh layer a (B, I), W (I, J), b (J,), R (B, J): no z near zero, contributions and biases of both signs."""
    B, I, J = (int(n) for n in rng.integers([3, 6, 3], [6, 10, 7]))
    for _ in range(10_000):
        a = rng.random((B, I)) + 0.05 if positive else rng.normal(size=(B, I))
        W = rng.normal(size=(I, J))
        b = bias * rng.permutation(np.resize([-1.0, 1.0], J)) * (0.5 + rng.random(J))
        parts = a[:, :, None] * W
        z = parts.sum(axis=1)
        mixed = parts.max(axis=1).min() > 0.1 and parts.min(axis=1).max() < -0.1
        if mixed and min(np.abs(z).min(), np.abs(z + b).min()) > 0.15 and (z + b < 0).any() and (z + b > 0).any():
            return a, W, b, rng.normal(size=(B, J)) + 0.3
    raise RuntimeError("no well-conditioned layer found")


# stabilise


@check("stabilise", points=1)
def test_stabilise_pushes(student, rng):
    """stabilise moves every value away from zero by eps, and keeps its sign."""
    law, hint = "stabilise(z, eps) = z + eps s(z)", "a positive value grows by eps; what happens to a negative one?"
    z = rng.normal(size=(4, 6)) * rng.choice([0.01, 1.0, 100.0], size=(4, 6))
    eps = float(rng.uniform(0.1, 2.0))
    called = student.call("stabilise", z, eps)
    compare(called.value, dense.stabilise(z, eps), what="stabilised z", law=law, hint=hint, rtol=1e-6)
    small = z * 1e-3
    compare(student.stabilise(small, 0.5), dense.stabilise(small, 0.5), what="stabilised small z", law=law, hint=hint)
    untouched(called)


@check("stabilise", points=1, needs="test_stabilise_pushes")
def test_stabilise_zero(student, rng):
    """At z = 0, stabilise gives +eps, and eps = 0 changes nothing."""
    eps = float(rng.uniform(0.1, 2.0))
    z = rng.normal(size=8)
    z[rng.permutation(8)[:4]] = [0.0, 0.0, -0.0, -0.0]
    law, hint = "s(0) = +1, and -0.0 is a zero too", "what does your sign function give at exactly 0, and at -0.0?"
    compare(student.stabilise(z, eps), dense.stabilise(z, eps), what="stabilised z with zeros", law=law, hint=hint)
    compare(student.stabilise(z, 0.0), z, what="stabilise(z, 0)", law="stabilise(z, 0) = z", hint="use eps once")


# lrp_eps


@check("lrp_eps", points=2)
def test_eps_without_bias(student, rng):
    """lrp_eps on layers without bias and with a tiny eps: LRP-0, where nothing is lost."""
    law = "R_in = a * ((R / s(z)) W^T), s(z) the stabilised z; with b = 0 the sum is kept"
    hint = "divide R by z before you go back through W, and multiply by a last"
    for _ in range(2):
        a, W, b, R = layer(rng)
        called = student.call("lrp_eps", a, W, b, R, TINY)
        expected = dense.lrp_eps(a, W, b, R, TINY)
        with shown_on(student, figures.eps):
            compare(called.value, expected, what=WHAT, law=law, hint=hint, rtol=RTOL, picture=True)
        untouched(called)


@check("lrp_eps", points=1, needs="test_eps_without_bias")
def test_eps_stabilises(student, rng):
    """lrp_eps with a large eps, and where z is exactly zero."""
    law, hint = "the denominator is z + eps s(z), s(0) = +1", "use stabilise(z, eps); does a negative z move down?"
    for eps in (0.3, 1.7):
        a, W, b, R = layer(rng)
        expected = dense.lrp_eps(a, W, b, R, eps)
        compare(student.lrp_eps(a, W, b, R, eps), expected, what=WHAT, law=law, hint=hint, rtol=RTOL, picture=True)
    a, W, b = np.array([[1.0, 1.0]]), np.array([[1.0], [-1.0]]), np.zeros(1)
    R = rng.random((1, 1)) + 0.5
    expected = dense.lrp_eps(a, W, b, R, 0.5)
    compare(student.lrp_eps(a, W, b, R, 0.5), expected, what=f"{WHAT} where z = 0", law=law, hint=hint, rtol=RTOL)


@check("lrp_eps", points=1, needs="test_eps_without_bias")
def test_eps_batch(student, rng):
    """lrp_eps treats each image of a batch as if it were alone, whatever the sizes."""
    a, W, b, R = layer(rng)
    law, hint = "an image's map does not depend on its batch", "look for sums or means over axis 0"
    for rows in (slice(0, 1), slice(1, 3)):
        expected = dense.lrp_eps(a[rows], W, b, R[rows], 0.1)
        got = student.lrp_eps(a[rows], W, b, R[rows], 0.1)
        compare(got, expected, what=f"{WHAT}, part of a batch", law=law, hint=hint, rtol=RTOL)


@check("lrp_eps", points=2, needs="test_eps_without_bias")
def test_eps_with_bias(student, rng):
    """lrp_eps on layers with a bias: the bias takes its exact share."""
    law = "z holds the bias; the share b/z of each output stays with it and nothing puts it back"
    hint = "is b in z? do you renormalise anything?"
    for _ in range(2):
        a, W, b, R = layer(rng, bias=1.0)
        got, expected = student.lrp_eps(a, W, b, R, TINY), dense.lrp_eps(a, W, b, R, TINY)
        with shown_on(student, figures.eps):
            compare(got, expected, what=WHAT, law=law, hint=hint, rtol=RTOL, picture=True)


# lrp_gamma


def gamma_expected(student, rng, bias, gamma, eps, law, hint):
    a, W, b, R = layer(rng, bias=bias, positive=True)
    expected = dense.lrp_gamma(a, W, b, R, gamma, eps)
    called = student.call("lrp_gamma", a, W, b, R, gamma, eps)
    compare(called.value, expected, what=WHAT, law=law, hint=hint, rtol=RTOL, picture=True)
    untouched(called)


@check("lrp_gamma", points=2)
def test_gamma_without_bias(student, rng):
    """lrp_gamma on layers without bias: positive weights count 1 + gamma times."""
    law = "LRP-0 with W + gamma W+ in the place of W, above and below the fraction"
    hint = "is W+ the positive part of W? gamma on all weights changes nothing"
    for gamma in (0.25, float(rng.uniform(0.5, 3.0))):
        gamma_expected(student, rng, 0.0, gamma, TINY, law, hint)


@check("lrp_gamma", points=1, needs="test_gamma_without_bias")
def test_gamma_with_bias(student, rng):
    """lrp_gamma on layers with a bias, which is treated as the weights are."""
    law, hint = "z = a (W + gamma W+) + (b + gamma b+)", "what happens to a positive b, and to a negative one?"
    for gamma in (0.0, 0.8):
        gamma_expected(student, rng, 1.0, gamma, TINY, law, hint)


@check("lrp_gamma", points=1, needs="test_gamma_without_bias")
def test_gamma_stabilises(student, rng):
    """lrp_gamma stabilises the modified z by eps."""
    law, hint = "the denominator is z + eps s(z), z of the modified layer", "pass eps on; stabilise after W has changed"
    gamma_expected(student, rng, 0.0, 0.5, 0.7, law, hint)


# lrp_ab


def ab_expected(student, a, W, b, R, alpha, beta, law, hint, eps=TINY):
    expected = dense.lrp_ab(a, W, b, R, alpha, beta, eps)
    called = student.call("lrp_ab", a, W, b, R, alpha, beta, eps)
    compare(called.value, expected, what=WHAT, law=law, hint=hint, rtol=RTOL, picture=True)
    untouched(called)


@check("lrp_ab", points=1)
def test_ab_positive_inputs(student, rng):
    """lrp_ab with alpha 1, beta 0 and with alpha 2, beta 1, for inputs that are not negative."""
    law = "alpha (positive parts) / (their sum) - beta (negative parts) / (their sum)"
    hint = "two denominators, each the sum of its own parts; the negative parts enter with a minus"
    for alpha, beta in ((1.0, 0.0), (2.0, 1.0)):
        a, W, b, R = layer(rng, positive=True)
        with shown_on(student, figures.ab):
            ab_expected(student, a, W, b, R, alpha, beta, law, hint)


@check("lrp_ab", points=1, needs="test_ab_positive_inputs")
def test_ab_bias(student, rng):
    """lrp_ab with a bias, by the convention "bach"."""
    law = "z_a holds b+ and z_b holds b-"
    hint = "neither the whole b in both, nor none: the positive part here, the negative there"
    for alpha, beta in ((1.0, 0.0), (2.0, 1.0)):
        a, W, b, R = layer(rng, bias=1.0, positive=True)
        ab_expected(student, a, W, b, R, alpha, beta, law, hint)


@check("lrp_ab", points=1, needs="test_ab_positive_inputs")
def test_ab_one_sided(student, rng):
    """lrp_ab where an output has contributions of one sign only, and with a large eps."""
    law = "no part, no relevance: 0 / 0 is 0, and what is missing stays missing"
    hint = "stabilise each denominator; do not renormalise"
    a, W, b, R = layer(rng, positive=True)
    W[:, 0], W[:, 1] = np.abs(W[:, 0]), -np.abs(W[:, 1])
    ab_expected(student, a, W, b, R, 2.0, 1.0, law, hint)
    ab_expected(student, a, W, b, R, 2.0, 1.0, law, "each denominator is pushed away from zero on its side", eps=0.5)


@check("lrp_ab", points=2, needs="test_ab_positive_inputs")
def test_ab_signed_inputs(student, rng):
    """lrp_ab for inputs of both signs."""
    law = "a contribution is positive where a and W have the same sign: a+ W+ + a- W-"
    hint = "split a and W both: four products, two for each side"
    for alpha, beta in ((1.0, 0.0), (2.0, 1.0)):
        a, W, b, R = layer(rng)
        with shown_on(student, figures.ab):
            ab_expected(student, a, W, b, R, alpha, beta, law, hint)


# lrp_zB


def box(rng):
    x, W, _, R = layer(rng)
    lo, hi = x.min(axis=0) - 0.2 - rng.random(x.shape[1]), x.max(axis=0) + 0.2 + rng.random(x.shape[1])
    return x, W, R, lo, hi


@check("lrp_zB", points=2)
def test_zB_matches(student, rng):
    """lrp_zB on fresh layers, with bounds of its own for every input."""
    law = "shares of x W - lo W+ - hi W-, divided by the same summed over the inputs; no bias"
    hint = "lo goes with the positive weights, hi with the negative ones; all three terms stand above and below"
    for _ in range(2):
        x, W, R, lo, hi = box(rng)
        called = student.call("lrp_zB", x, W, R, lo, hi)
        with shown_on(student, figures.zB):
            compare(called.value, dense.lrp_zB(x, W, R, lo, hi), what=WHAT, law=law, hint=hint, rtol=RTOL, picture=True)
        untouched(called)


@check("lrp_zB", points=1, needs="test_zB_matches")
def test_zB_point_box(student, rng):
    """lrp_zB with lo = hi = 0 is LRP-0 without bias."""
    x, W, b, R = layer(rng)
    zero = np.zeros(x.shape[1])
    law, hint = (
        "a box that is one point at zero gives LRP-0",
        "which terms are left when lo = hi = 0? is z negative there?",
    )
    expected = dense.lrp_eps(x, W, 0 * b, R, TINY)
    compare(student.lrp_zB(x, W, R, zero, zero), expected, what=WHAT, law=law, hint=hint, rtol=RTOL)


@check("lrp_zB", points=1, needs="test_zB_matches")
def test_zB_batch(student, rng):
    """lrp_zB treats each image as if it were alone, and gives nothing at the bounds."""
    x, W, R, lo, hi = box(rng)
    law, hint = (
        "an image's map does not depend on its batch",
        "the bounds are one per input, not per image or per batch",
    )
    expected = dense.lrp_zB(x[1:2], W, R[1:2], lo, hi)
    compare(student.lrp_zB(x[1:2], W, R[1:2], lo, hi), expected, what=WHAT, law=law, hint=hint, rtol=RTOL)
    edge = np.where(W[:, :1].T > 0, lo, hi)
    expected = np.zeros_like(edge)
    got = student.lrp_zB(edge, W[:, :1], R[:1, :1], lo, hi)
    compare(got, expected, what=f"{WHAT}, every input at its bound", law="0 / 0 is 0", hint="stabilise", atol=1e-5)


# lrp_w2, lrp_flat


@check("lrp_w2_flat", points=1)
def test_flat(student, rng):
    """lrp_flat gives every input the same share, for any number of inputs and outputs."""
    law = "each of the I inputs gets 1 / I of every output's relevance"
    hint = "divide by the number of inputs, and sum over the outputs"
    for shape in ((9, 3), (3, 9), (1, 4)):
        W, R = rng.normal(size=shape), rng.normal(size=(4, shape[1]))
        called = student.call("lrp_flat", W, R)
        compare(called.value, dense.lrp_flat(W, R), what=WHAT, law=law, hint=hint, rtol=RTOL, picture=True)
        untouched(called)


@check("lrp_w2_flat", points=2)
def test_w2(student, rng):
    """lrp_w2 shares by the square of the weights."""
    law, hint = "share of input i in output j: W_ij^2 / sum over i of W_ij^2", "over which axis do you sum? (inputs)"
    for _ in range(2):
        _, W, _, R = layer(rng)
        called = student.call("lrp_w2", W, R)
        with shown_on(student, figures.w2):
            compare(called.value, dense.lrp_w2(W, R), what=WHAT, law=law, hint=hint, rtol=RTOL, picture=True)
        untouched(called)


@check("lrp_w2_flat", points=1, needs="test_w2")
def test_w2_dead_output(student, rng):
    """lrp_w2 stays finite where all weights of an output are zero."""
    _, W, _, R = layer(rng)
    W[:, 1] = 0.0
    law, hint = "an output with no weights hands nothing on: 0 / 0 is 0", "stabilise the denominator with a tiny eps"
    compare(student.lrp_w2(W, R), dense.lrp_w2(W, R), what=WHAT, law=law, hint=hint, rtol=RTOL)


# predictions, graded for being made

test_prediction_stabilise = prediction("stabilise")
test_prediction_eps = prediction("eps")
test_prediction_gamma = prediction("gamma")
test_prediction_ab = prediction("ab")
test_prediction_zB = prediction("zB")
test_prediction_w2_flat = prediction("w2_flat")
test_prediction_mlp = prediction("mlp")
