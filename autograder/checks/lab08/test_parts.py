"""Hidden checks of lab 8, one piece at a time: BatchNorms, sums, concatenations.

Fresh inputs against the reference in `reference`, each property in a check of its own. Tolerances leave room for a
student who computes in float32; inputs are drawn until no denominator is small.
"""

import numpy as np

from autograder.checking import check, compare, fail, untouched
from autograder.checks.lab08 import reference

RTOL = 3e-4
SMALLEST = 0.1  # of a denominator
PLAIN = {"beta": 0.0, "mean": 0.0}


def normed(rng, C, **fixed):
    """gamma, beta, mean, var of a BatchNorm, (C,) each, as a dictionary; some are fixed."""
    drawn = {
        "gamma": rng.choice([-1.0, 1.0], C) * rng.uniform(0.5, 2.0, C),
        "beta": rng.choice([-1.0, 1.0], C) * rng.uniform(0.3, 2.0, C),
        "mean": rng.choice([-1.0, 1.0], C) * rng.uniform(0.3, 2.0, C),
        "var": rng.permutation(np.linspace(0.2, 3.0, C)),
    }
    return {name: np.full(C, fixed[name]) if name in fixed else values for name, values in drawn.items()}


def two_of(value, what, law, hint):
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        fail(f"not two arrays came back, but a {type(value).__name__}", f"{what} are returned, in this order", hint)
    return value


# fold_bn


def folded(student, rng, law, hint, bias, eps, kernel=(3, 2, 4, 4), **fixed):
    W, b, bn = rng.normal(size=kernel), bias * rng.normal(size=kernel[-1]), normed(rng, kernel[-1], **fixed)
    called = student.call("fold_bn", W, b, *bn.values(), eps)
    got = two_of(called.value, "kernel and bias", law, hint)
    due = reference.fold_bn(W, b, **bn, eps=eps)
    compare(got[0], due[0], what="folded kernel", law=law, hint=hint, rtol=RTOL)
    compare(got[1], due[1], what="folded bias", law=law, hint=hint, rtol=RTOL, atol=1e-9)
    untouched(called)


@check("fold_bn", points=2)
def test_fold_scale(student, rng):
    """fold_bn scales the kernel by output channels: variance and gamma, no offsets yet."""
    law, hint = "every output channel of the kernel is scaled by gamma / sqrt(var + eps)", "which axis is last?"
    for kernel in ((3, 2, 4, 4), (1, 1, 3, 5), (5, 5)):
        folded(student, rng, law, hint, 0.0, 1e-5, kernel, **PLAIN)


@check("fold_bn", points=1)
def test_fold_epsilon(student, rng):
    """fold_bn uses the epsilon that it is given, inside of the root."""
    law, hint = "epsilon is added to the variance, under the root", "the layer's own epsilon, not a default"
    for eps in (0.3, 2.0, 1e-3):
        folded(student, rng, law, hint, 0.0, eps, **PLAIN, var=0.004 if eps < 0.1 else 1.0)


@check("fold_bn", points=2, needs="test_fold_scale")
def test_fold_offsets(student, rng):
    """fold_bn moves beta, mean and the layer's own bias into the new bias."""
    law = "g (aW + b) + d = a (gW) + (g b + d), with d = beta - g mean"
    hint = "which of the three is scaled? the layer's own bias goes through the BatchNorm, too"
    for bias, fixed in ((0.0, {"mean": 0.0}), (0.0, {"beta": 0.0}), (1.0, PLAIN), (1.0, {})):
        for kernel in ((3, 2, 4, 4), (4, 4)):
            folded(student, rng, law, hint, bias, 1e-5, kernel, **fixed)


# bn_affine, lrp_affine


@check("affine", points=1)
def test_affine_factor(student, rng):
    """bn_affine gives the factor of each channel."""
    law, hint = "g = gamma / sqrt(var + eps)", "the epsilon that was given, under the root"
    for eps in (1e-5, 0.5):
        bn = normed(rng, 5, **PLAIN)
        got = two_of(student.bn_affine(*bn.values(), eps), "g and d", law, hint)
        compare(got[0], reference.bn_affine(**bn, eps=eps)[0], what="factor g", law=law, hint=hint, rtol=RTOL)


@check("affine", points=1, needs="test_affine_factor")
def test_affine_offset(student, rng):
    """bn_affine gives the offset of each channel."""
    law, hint = "d = beta - g mean", "what does the BatchNorm make of a = 0?"
    for eps in (1e-5, 0.5):
        bn = normed(rng, 5)
        called = student.call("bn_affine", *bn.values(), eps)
        got = two_of(called.value, "g and d", law, hint)
        compare(got[1], reference.bn_affine(**bn, eps=eps)[1], what="offset d", law=law, hint=hint, rtol=RTOL)
        untouched(called)


def element(rng, C, offset):
    """a, g, d, R for an affine layer; no z is small."""
    g, d = rng.choice([-1.0, 1.0], C) * rng.uniform(0.5, 2.0, C), offset * rng.choice([-1.0, 1.0], C)
    while True:
        a = rng.normal(size=(2, 3, 2, C)) * 2
        if np.abs(g * a + d).min() > 0.02 and (g * a + d < 0).any():
            return a, g, d * np.ones(C), rng.normal(size=a.shape) + 0.3


@check("affine", points=2)
def test_affine_rule(student, rng):
    """lrp_affine: the contribution g a over z, and the offset's share stays behind."""
    law, hint = "R_in = g a R / (z + eps s(z)) with z = g a + d", "d stands in z and nowhere else"
    for offset, eps in ((0.0, 1e-9), (0.7, 1e-9), (1.5, 1e-6)):
        a, g, d, R = element(rng, 4, offset)
        called = student.call("lrp_affine", a, g, d, R, eps)
        due = reference.lrp_affine(a, g, d, R, eps)
        compare(called.value, due, what="relevance of a", law=law, hint=hint, rtol=RTOL, picture=True)
        untouched(called)


@check("affine", points=1)
def test_affine_stabiliser(student, rng):
    """lrp_affine with a large epsilon, and where z is zero."""
    law, hint = "the denominator is z + eps s(z), with s(0) = +1", "the sign of z; np.sign(0) is 0"
    for eps in (0.3, 2.0):
        a, g, d, R = element(rng, 3, 0.6)
        a[0, 0, 0], d[1:] = [0.0, 2.0, -1.0], [-2.0 * g[1], g[2]]  # two z that are zero
        got = student.lrp_affine(a, g, d, R, eps)
        due = reference.lrp_affine(a, g, d, R, eps)
        compare(got, due, what="relevance of a", law=law, hint=hint, rtol=RTOL, picture=True)


# split_bn, lrp_merged


def gated(rng, Ci=4, Co=3):
    """a, g, d, W, b, R: BatchNorm, ReLU, 1 x 1 convolution; no denominator is small, by any rule."""
    for _ in range(100):
        g, d = rng.choice([-1.0, 1.0], Ci) * rng.uniform(0.5, 2.0, Ci), rng.normal(size=Ci)
        W, b = rng.normal(size=(1, 1, Ci, Co)), rng.normal(size=Co)
        places = rng.normal(size=(2000, Ci)) * 1.5  # each is a place of its own: keep those that will do
        u, v = reference.split_bn(places, g, d)
        parts, offset = u[..., None] * W[0, 0], v @ W[0, 0] + b
        up, down = np.maximum(parts, 0).sum(axis=1), np.minimum(parts, 0).sum(axis=1)
        denominators = [up + down + offset, up + np.maximum(offset, 0), down + np.minimum(offset, 0)]
        least = np.min([np.abs(part).min(axis=1) for part in denominators], axis=0)
        good = (least > SMALLEST) & (np.abs(g * places + d).min(axis=1) > 1e-3) & (u == 0).any(axis=1)
        if good.sum() >= 12:
            a = places[good][:12].reshape(2, 3, 2, Ci)
            return a, g, d, W, b, rng.normal(size=(2, 3, 2, Co)) + 0.3
    raise RuntimeError("no well-conditioned layer found")


@check("merged", points=2)
def test_split(student, rng):
    """split_bn: u is what the image contributes where the ReLU is open, v what the offset does."""
    law, hint = "where g a + d > 0: u = g a and v = d; elsewhere both are 0", "one mask, of g a + d"
    for _ in range(2):
        a, g, d, *_ = gated(rng)
        called = student.call("split_bn", a, g, d)
        got = two_of(called.value, "u and v", law, hint)
        for part, due, name in zip(got, reference.split_bn(a, g, d), "uv", strict=True):
            compare(part, due, what=f"part {name}", law=law, hint=hint, rtol=RTOL, picture=True)
        untouched(called)


@check("merged", points=2)
def test_merged_epsilon(student, rng):
    """lrp_merged by the epsilon rule."""
    law, hint = "the convolution reads u, and its bias is b + (v * W)", "closed ReLUs get nothing; offsets keep theirs"
    for eps in (1e-9, 0.4):
        a, g, d, W, b, R = gated(rng)
        called = student.call("lrp_merged", a, g, d, W, b, R, ("eps", {"eps": eps}))
        due = reference.lrp_merged(a, g, d, W, b, R, ("eps", {"eps": eps}))
        compare(called.value, due, what="relevance of a", law=law, hint=hint, rtol=RTOL, picture=True)
        untouched(called)


@check("merged", points=2)
def test_merged_ab(student, rng):
    """lrp_merged by the alpha-beta rule."""
    law, hint = "the rule is that of a convolution with input u and bias b + (v * W)", "is the rule handed on?"
    for alpha, beta in ((1.0, 0.0), (2.0, 1.0)):
        a, g, d, W, b, R = gated(rng)
        rule = ("ab", {"alpha": alpha, "beta": beta})
        got, due = student.lrp_merged(a, g, d, W, b, R, rule), reference.lrp_merged(a, g, d, W, b, R, rule)
        compare(got, due, what="relevance of a", law=law, hint=hint, rtol=RTOL, picture=True)


# lrp_add, lrp_concat


def summands(rng):
    """a1, a2 and R; some pairs nearly cancel, none entirely."""
    shape = (2, 3, 4, 3)
    a1, a2 = rng.normal(size=shape), rng.normal(size=shape)
    z = a1 + a2
    return a1, np.where(np.abs(z) < 0.05, a2 + 0.2, a2), rng.normal(size=shape) + 0.3


@check("routes", points=2)
def test_add_shares(student, rng):
    """lrp_add shares in proportion to the summands, signs included."""
    law, hint = "R1 = a1 R / (z + eps s(z)), R2 = a2 R / (z + eps s(z)), with z = a1 + a2", "element by element"
    for eps in (1e-9, 1e-6):
        a1, a2, R = summands(rng)
        called = student.call("lrp_add", a1, a2, R, eps)
        got = two_of(called.value, "R1 and R2", law, hint)
        for k, due in enumerate(reference.lrp_add(a1, a2, R, eps)):
            compare(got[k], due, what=f"relevance of summand {k + 1}", law=law, hint=hint, rtol=RTOL, picture=True)
        untouched(called)


@check("routes", points=1)
def test_add_stabiliser(student, rng):
    """lrp_add with a large epsilon, and where the summands cancel."""
    law, hint = "the denominator is z + eps s(z), with s(0) = +1", "the sign of z; np.sign(0) is 0; put nothing back"
    for eps in (0.3, 2.0):
        a1, a2, R = summands(rng)
        a2[0, 1], a1[1, 0, 0], a2[1, 0, 0] = -a1[0, 1], 0.0, 0.0
        got = two_of(student.lrp_add(a1, a2, R, eps), "R1 and R2", law, hint)
        for k, due in enumerate(reference.lrp_add(a1, a2, R, eps)):
            compare(got[k], due, what=f"relevance of summand {k + 1}", law=law, hint=hint, rtol=RTOL, picture=True)


@check("routes", points=1)
def test_concat(student, rng):
    """lrp_concat cuts R where the inputs were put together."""
    law, hint = "each input gets the channels that it brought, as they are", "where does each begin?"
    for count in (1, 2, 3, 4):
        sizes = [int(n) for n in rng.permutation([1, 2, 3, 5])[:count]]
        R = rng.normal(size=(2, 4, 4, sum(sizes)))
        called = student.call("lrp_concat", sizes, R)
        got = called.value
        if not isinstance(got, (tuple, list)) or len(got) != count:
            fail(f"not {count} arrays came back", "one array for each input, in a list", hint)
        for part, due in zip(got, reference.lrp_concat(sizes, R), strict=True):
            compare(part, due, what="relevance of an input", law=law, hint=hint, rtol=1e-5)
        untouched(called)
