"""Hidden checks of lab 10 that look at maps and masks, of its paired test, and of its bug hunt.

All maps are free of ties. Pictures are of the difference alone.
"""

import itertools

import numpy as np

from autograder.checking import check, compare, fail, prediction, untouched
from autograder.checks.lab10 import reference

RTOL = 1e-4


def maps(rng, B=5, C=3, height=11, width=9):
    """Fresh maps R (B, H, W, C) and masks M (B, H, W) that share less with each other than chance would give."""
    R = rng.normal(size=(B, height, width, C))
    R += 0.7 * rng.normal(size=(B, height, width, 1))
    R *= np.exp(rng.normal(size=(B, 1, 1, 1)))
    M = np.stack([reference.blob(rng, height, width) for _ in range(B)])
    return R, M


def pair(value, names):
    """Two results, if two came back."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        fail(f"one value came back, where two are due: {names}", law=f"the function returns {names}",
             hint="separate the two by a comma after return")  # fmt: skip
    return value


# mass_in_mask


@check("mass_in_mask", points=1)
def test_mass_area(student, rng):
    """mass_in_mask gives the mask's share of the area, picture by picture."""
    law, hint = (
        "the area is the share of the pixels that lie inside, for each mask",
        "a mean over rows and columns of M",
    )
    for B in (1, 5):
        R, M = maps(rng, B)
        called = student.call("mass_in_mask", R, M)
        _, area = pair(called.value, "mass and area")
        compare(area, reference.mass_in_mask(R, M)[1], what="area", law=law, hint=hint, rtol=RTOL)
        untouched(called)


@check("mass_in_mask", points=3)
def test_mass_share(student, rng):
    """mass_in_mask gives the share of the positive relevance inside the mask, for maps of both signs."""
    law = "sum the channels; keep what is positive; the part inside, divided by all of it, for each picture"
    hint = "which comes first, the sum over the channels or the cut at zero? over which axes is each sum taken?"
    for B, C in ((1, 1), (1, 3), (5, 1), (5, 3)):
        R, M = maps(rng, B, C)
        got, _ = pair(student.mass_in_mask(R, M), "mass and area")
        compare(got, reference.mass_in_mask(R, M)[0], what="mass", law=law, hint=hint, rtol=RTOL)


@check("mass_in_mask", points=1, needs="test_mass_share")
def test_mass_without_aim(student, rng):
    """mass_in_mask where a map of the batch has no positive relevance, or the mask holds all or nothing."""
    law, hint = "a map without positive relevance has no aim: its mass is the area's", "what is divided by zero there?"
    R, M = maps(rng)
    R[1], R[3] = -np.abs(R[1]), 0.0
    got, _ = pair(student.mass_in_mask(R, M), "mass and area")
    compare(got, reference.mass_in_mask(R, M)[0], what="mass", law=law, hint=hint, rtol=RTOL)
    M[0], M[2] = True, False
    got, _ = pair(student.mass_in_mask(R, M), "mass and area")
    law = "a mask that holds every pixel has mass 1, an empty one has mass 0"
    compare(got, reference.mass_in_mask(R, M)[0], what="mass", law=law, hint=hint, rtol=RTOL)


# rank_accuracy, pointing


@check("ranking", points=2)
def test_rank(student, rng):
    """rank_accuracy counts how many of the K most relevant pixels lie in a mask of K pixels."""
    law = "K is the number of pixels of this picture's own mask; the K largest values count, with their signs"
    hint = "sort the pixels of one map from the largest down, take K of them and look up each in the mask"
    for B in (1, 4, 6):
        R, M = maps(rng, B, height=8, width=12)
        R = R.sum(axis=-1)
        called = student.call("rank_accuracy", R, M)
        compare(called.value, reference.rank_accuracy(R, M), what="rank accuracy", law=law, hint=hint, rtol=RTOL)
        untouched(called)


@check("ranking", points=1, needs="test_rank")
def test_rank_bounds(student, rng):
    """rank_accuracy is 1 for a map that is largest inside, 0 for one that is smallest there, and knows no scale."""
    law, hint = "only the order of the pixels counts, and negative relevance comes last", "is there an abs or a square?"
    R, M = maps(rng, 4)
    R = R.sum(axis=-1) - 3.0
    spread = np.ptp(R) + 1
    M[:2] = R[:2] > np.median(R[:2], axis=(1, 2), keepdims=True)
    for shown in (R, R + spread * M, R - spread * M, np.exp(R)):
        got = student.rank_accuracy(shown, M)
        compare(got, reference.rank_accuracy(shown, M), what="rank accuracy", law=law, hint=hint, rtol=RTOL, atol=1e-9)


@check("ranking", points=1)
def test_pointing(student, rng):
    """pointing is 1 where the most relevant pixel lies inside and 0 where it does not."""
    law = "only the pixel with the largest relevance counts; sign kept, one answer for each picture"
    hint = "argmax over the pixels of each map; then look that place up in the mask of the same picture"
    for B in (1, 12):
        R, M = maps(rng, B, height=7, width=13)
        inside, where = rng.permutation(np.arange(B) % 2 == 0), M.reshape(B, -1)
        R = 0.1 * rng.random(M.shape)
        for k in range(B):  # the largest value on a chosen side; more in all on the other, and a larger negative one
            R[k][M[k] != inside[k]] += 6.0
            flat = R[k].reshape(-1)
            flat[rng.choice(np.flatnonzero(where[k] == inside[k]))] = 20.0 + k
            flat[rng.choice(np.flatnonzero(where[k] != inside[k]))] = -50.0 - k
        for shift in (0.0, -100.0):  # the second map is negative everywhere
            called = student.call("pointing", R + shift, M)
            compare(called.value, reference.pointing(R, M), what="pointing", law=law, hint=hint, rtol=RTOL, atol=1e-9)
            untouched(called)


# paired_test


def measured(rng, B=12, n=199, effect=1.0):
    """Numbers (B,) of the same pictures in two networks, eighths, so that every sum is exact; and signs (n, B)."""
    while True:
        picture = rng.integers(-80, 81, B)
        u = (picture + rng.integers(-9, 10, B) + round(9 * effect)) / 8
        v = (picture + rng.integers(-9, 10, B)) / 8
        signs = rng.choice([-1.0, 1.0], size=(n, B))
        difference, p = reference.paired_test(u, v, signs)
        counts = np.abs(signs @ (u - v)) == abs((u - v).sum())
        if difference != 0 and 0.02 < p < 0.7 and counts.any() and abs(np.median(u - v) - difference) > 1 / 16:
            return u, v, signs


def tenths(rng, B=8):
    """Numbers (B,) in tenths and all rows of signs (2 ** B, B), of which many are equally far but for rounding."""
    signs = np.array(list(itertools.product([-1.0, 1.0], repeat=B)))
    while True:
        whole = rng.permutation(np.arange(1, B + 1)) * rng.choice([-1, 1, 1], B)
        base = rng.integers(1, 90, B)
        u, v = (base + whole) / 10, base / 10
        d, count = u - v, (1 + len(signs)) * reference.paired_test(u, v, signs)[1] - 1
        sums = np.array([sum(row) for row in (signs * d).tolist()])
        plain = [
            (np.abs(signs @ d / B), abs(d.mean())),
            (np.abs(signs @ d), abs(d.sum())),
            (np.abs((signs * d).mean(axis=1)), abs(d.mean())),
            (np.abs(sums), abs(sum(d.tolist()))),
            (np.abs(sums / B), abs(d.mean())),
            (np.abs(signs @ d / B), abs(u.mean() - v.mean())),
        ]
        if abs(whole.sum()) > 3 and all((turned >= observed).sum() < count - 0.5 for turned, observed in plain):
            return u, v, signs


@check("paired_test", points=1)
def test_paired_difference(student, rng):
    """paired_test gives the mean of u - v."""
    law, hint = "the effect is the mean of u - v over the pictures, with its sign", "a mean, and which minus which?"
    for effect in (1.0, -1.0):
        u, v, signs = measured(rng, effect=effect)
        called = student.call("paired_test", u, v, signs)
        difference, _ = pair(called.value, "difference and p")
        compare(difference, reference.paired_test(u, v, signs)[0], what="difference", law=law, hint=hint, rtol=RTOL)
        untouched(called)


@check("paired_test", points=2, needs="test_paired_difference")
def test_paired_p(student, rng):
    """paired_test counts the rows of signs whose mean is as far from zero as the observed one, or farther."""
    law = "p = (1 + rows at least as far from 0, on either side) / (1 + n); equal counts"
    hint = "turn the differences by a row of signs, take the mean, compare magnitudes with >="
    for effect in (0.5, -0.5, 0.3, -0.3):
        u, v, signs = measured(rng, effect=effect)
        for a, b in ((u, v), (v, u)):
            _, p = pair(student.paired_test(a, b, signs), "difference and p")
            compare(p, reference.paired_test(a, b, signs)[1], what="p", law=law, hint=hint, rtol=RTOL)


@check("paired_test", points=1, needs="test_paired_p")
def test_paired_extremes(student, rng):
    """paired_test where nothing differs, where no row comes as far, and where rounding parts rows equally far."""
    law, hint = (
        "p lies between 1 / (1 + n) and 1: the observed signs are one of the possible rows",
        "both ones in the formula",
    )
    u = rng.integers(-40, 41, 40) / 8
    signs = rng.choice([-1.0, 1.0], size=(50, 40))
    for v in (u, u - 2.0, u + 2.0):
        _, p = pair(student.paired_test(u, v, signs), "difference and p")
        compare(p, reference.paired_test(u, v, signs)[1], what="p", law=law, hint=hint, rtol=RTOL)
    u, v, signs = tenths(rng)
    _, p = pair(student.paired_test(u, v, signs), "difference and p")
    law, hint = "means that differ by rounding alone count as equal", "compare with a hair less than the observed size"
    compare(p, reference.paired_test(u, v, signs)[1], what="p", law=law, hint=hint, rtol=RTOL)


# The bug hunt. Each check sees one of the three bugs alone.


def band_case(rng, B=1, C=1, at_border=False):
    """Maps (B, 14, 12, C) and masks (B, 14, 12), in the middle or up to the picture's edge."""
    R, M = maps(rng, B, C, 14, 12)
    if at_border:
        M = np.zeros_like(M)
        for k in range(B):
            M[k, : 4 + k % 3, 3 : 7 + k % 2] = True
    else:
        inner = np.zeros_like(M)
        for k in range(B):  # of different sizes, at least 4 pixels from every edge
            inner[k, 4 : 6 + 2 * (k % 3), 4 : 6 + k % 3] = True
        M = inner
    return R, M


@check("bug_hunt", points=2)
def test_bug_edge(student, rng):
    """One map with one channel, and a mask that reaches the picture's edge: the band."""
    law = "a band lies within the picture: it does not go on at the opposite edge"
    hint = "what does np.roll do with the last row?"
    for width in (1, 2, 3):
        R, M = band_case(rng, at_border=True)
        for turned in (M, M[:, ::-1]):
            got = student.band_mass(R, turned, width)
            compare(got, reference.band_mass(R, turned, width), what="band mass", law=law, hint=hint, rtol=RTOL)
        R, M = (np.ascontiguousarray(a.swapaxes(1, 2)) for a in (R, M))
        for turned in (M, M[:, :, ::-1]):
            got = student.band_mass(R, turned, width)
            compare(got, reference.band_mass(R, turned, width), what="band mass", law=law, hint=hint, rtol=RTOL)


@check("bug_hunt", points=2)
def test_bug_channels(student, rng):
    """One map with three channels of both signs, a mask in the middle: the relevance of a pixel."""
    law, hint = "a pixel is one place: its channels are summed, then comes the cut at zero", "in which order?"
    for width in (1, 2, 3):
        R, M = band_case(rng, C=3)
        got = student.band_mass(R, M, width)
        compare(got, reference.band_mass(R, M, width), what="band mass", law=law, hint=hint, rtol=RTOL)


@check("bug_hunt", points=2)
def test_bug_batch(student, rng):
    """Several maps with one channel, masks in the middle: one number for each picture."""
    law, hint = "a picture's number does not depend on its batch", "print what a sum without axis gives"
    for width in (1, 2, 3):
        R, M = band_case(rng, B=4)
        called = student.call("band_mass", R, M, width)
        compare(called.value, reference.band_mass(R, M, width), what="band mass", law=law, hint=hint, rtol=RTOL)
        untouched(called)


# predictions, graded for being made

test_prediction_mass = prediction("mass")
test_prediction_ranking = prediction("ranking")
test_prediction_paired = prediction("paired")
test_prediction_flip = prediction("flip")
test_prediction_cascade = prediction("cascade")
test_prediction_tag = prediction("tag")
test_prediction_hans = prediction("hans")
