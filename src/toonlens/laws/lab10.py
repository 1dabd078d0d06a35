"""The visible checks of lab 10, and the probe that hands a score to `flip_curve`.

What they compute is the two sides of a law, on inputs that nobody needs to keep secret. B pictures of H x W pixels with
C channels; a map is (B, H, W, C) or, its channels summed, (B, H, W); a mask is (B, H, W), true inside.
"""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toonlens.laws import Checked, close, percent

B, H, W, C = 4, 6, 7, 3

PER_IMAGE = "a picture is measured by itself, whatever else is in its batch"
BATCH_STEP = "look for a sum, mean or largest value that runs over the batch too"


def probe_flip(flip_curve: Callable, x: NDArray, R: NDArray, steps: list[int], fill: NDArray, w: NDArray) -> NDArray:
    """`flip_curve` with a score that weighs every pixel: f(images)[b] is the sum of images[b] * w[b]."""
    return flip_curve(lambda images: _weighed(images, w), x, R, steps, fill)


def _weighed(images: NDArray, w: NDArray) -> NDArray:
    images = np.asarray(images, dtype=np.float64)
    if images.shape != w.shape:
        raise ValueError(f"f was given shape {images.shape} where the whole batch, {w.shape}, is due at each step")
    return (images * w).sum(axis=(1, 2, 3))


def _alone(f: Checked, call: Callable[..., NDArray], *arrays: NDArray) -> None:
    """The law that a picture's number does not depend on its batch. ``call(*arrays)`` gives (B,)."""
    together = call(*arrays)
    alone = np.concatenate([call(*[a[k : k + 1] for a in arrays]) for k in range(len(arrays[0]))])
    f.law(
        "batch independence",
        close(together, alone),
        "a picture alone gets another number than the same picture in a batch",
        PER_IMAGE,
        BATCH_STEP,
    )


def _two(f: Checked, value: Any, names: str) -> tuple[Any, Any]:
    """Two results that came back together."""
    f.law(
        "two results",
        isinstance(value, (tuple, list)) and len(value) == 2,
        f"a {type(value).__name__} came back, where two values are due",
        f"the function returns {names}",
        "separate the two by a comma after return",
    )
    return value[0], value[1]


def _masks(seed: int, shape: tuple[int, int, int] = (B, H, W)) -> NDArray[np.bool_]:
    """Masks of different sizes, none empty or full."""
    rng = np.random.default_rng(seed)
    M = np.zeros(shape, dtype=bool)
    for k in range(len(M)):
        M[k, 1 : 3 + k % 3, int(rng.integers(0, 2)) : 3 + k % 3] = True
    return M


def check_mass_in_mask(mass_in_mask: Callable) -> None:
    """Laws of `mass_in_mask(R, M)`: inside and outside add up, scale, sign, area, channels."""
    f = Checked("mass_in_mask", mass_in_mask, "two arrays")

    def measure(R: NDArray, M: NDArray) -> tuple[NDArray, NDArray]:
        mass, area = _two(f, f.raw(R, M), "mass and area")
        return f.array(mass, (len(R),)), f.array(area, (len(R),))

    rng = np.random.default_rng(0)
    R, M = rng.normal(size=(B, H, W, C)), _masks(1)
    mass, area = measure(R, M)
    _alone(f, lambda *a: measure(*a)[0], R, M)
    _alone(f, lambda *a: measure(*a)[1], R, M)
    other, rest = measure(R, ~M)
    f.law(
        "inside and outside add up",
        close(mass + other, np.ones(B)) and close(area + rest, np.ones(B)),
        "the values for a mask and for its complement do not add up to 1",
        "what is inside and what is outside make up all positive relevance, and the whole area",
        "what do you divide by? it has to be the same for both masks",
    )
    f.law(
        "no scale",
        close(measure(5 * R, M)[0], mass),
        "five times the relevance gives another mass",
        "mass is a share: it does not change when all relevance is multiplied by the same positive number",
        "divide by the sum over the same picture",
    )
    spread = rng.normal(size=R.shape)
    f.law(
        "a pixel is one place",
        close(measure(R + spread - spread.mean(axis=-1, keepdims=True), M)[0], mass),
        "relevance was moved between the channels of a pixel, its sum as before, and the mass changed",
        "the channels of a pixel are summed first, with their signs",
        "which comes first in your code, the sum over the channels or the cut at zero?",
    )
    flat = np.repeat(R.sum(axis=-1, keepdims=True), C, axis=-1) / C
    more = np.where(flat < 0, 3 * flat, flat)
    f.law(
        "negative relevance does not count",
        close(measure(more, M)[0], measure(flat, M)[0]),
        "negative relevance was tripled and the mass changed",
        "only positive relevance has mass: what argues against the class is left out, above and below the line",
        "look for abs, a square, or a sum of everything in the denominator",
    )
    f.law(
        "the area is that of a map without aim",
        close(measure(np.ones((B, H, W, C)), M)[0], area),
        "a map that is the same everywhere gets another mass than the area",
        "a map without aim has as much mass in a mask as the mask has of the picture",
        "the area is a share between 0 and 1, not a number of pixels",
    )
    empty = R.copy()
    empty[1] = -np.abs(R[1])
    mass_empty, area_empty = measure(empty, M)
    f.law(
        "no positive relevance, no aim",
        close(mass_empty[1:2], area_empty[1:2]),
        "a map without positive relevance gets another mass than the area",
        "a map without positive relevance has no aim: its mass is the area's",
        "what is 0 / 0 in your code? replace such maps by one that is the same everywhere, or use np.where",
    )
    f.law(
        "the others keep their mass",
        close(np.delete(mass_empty, 1), np.delete(mass, 1)),
        "one map without positive relevance changed the mass of the other pictures in its batch",
        PER_IMAGE,
        "decide picture by picture: a comparison of the (B,) sums gives (B,) answers, and np.where takes them",
    )
    f.passed()


def check_ranking(rank_accuracy: Callable, pointing: Callable) -> None:
    """Laws of `rank_accuracy(R, M)` and `pointing(R, M)`."""
    rng = np.random.default_rng(2)
    R, M = rng.normal(size=(B, H, W)), _masks(3)
    _check_rank(Checked("rank_accuracy", rank_accuracy), R, M)
    _check_pointing(Checked("pointing", pointing), rng.normal(size=(12, H, W)), _masks(14, (12, H, W)))


def _check_rank(f: Checked, R: NDArray, M: NDArray) -> None:
    def rank(R: NDArray, M: NDArray) -> NDArray:
        return f(R, M, shape=(len(R),))

    _alone(f, rank, R, M)
    found, big = rank(R, M), 2 * np.ptp(R)
    counted = found * M.sum(axis=(1, 2))
    f.law(
        "a share of K",
        bool((found >= 0).all() and (found <= 1).all() and np.allclose(counted, np.round(counted), atol=1e-4)),
        "the values are not whole numbers of pixels divided by K",
        "rank accuracy is a number of pixels, divided by the K pixels of the picture's own mask",
        "K is M[b].sum(), another one for each picture",
    )
    f.law(
        "all inside, none inside",
        close(rank(R + big * M, M), np.ones(B)) and bool((np.abs(rank(R - big * M, M)) < 1e-6).all()),
        "a map that is largest inside the mask does not get 1, or one that is smallest inside does not get 0",
        "the K most relevant pixels count, K being the pixels of the mask",
        "do you take the largest values or the smallest? and do you take K of them?",
    )
    first, K = R + big * M, M.sum(axis=(1, 2))
    for k in range(B):
        first[k][tuple(np.argwhere(~M[k])[0])] += 3 * big
    f.law(
        "K places",
        close(rank(first, M), (K - 1) / K),
        "one pixel outside was made the most relevant, all of the mask came next, and the result is not (K - 1) / K",
        "exactly K pixels count, K being the pixels of the picture's own mask",
        "how many pixels do you take?",
    )
    f.law(
        "order alone counts",
        close(rank(np.exp(R), M), found) and close(rank(R - 9.0, M), found),
        "a map with the same order of pixels and other values gets another rank accuracy",
        "rank accuracy looks at the order of the pixels: any rising function of R, a shift too, leaves it as it is",
        "look for an abs, a threshold at zero, or a sum of relevance where pixels are counted",
    )
    shuffle = np.random.default_rng(4).permutation(H * W)
    moved = [a.reshape(B, -1)[:, shuffle].reshape(B, H, W) for a in (R, M)]
    f.law(
        "places do not matter",
        close(rank(*moved), found),
        "map and mask were rearranged in the same way, and the result changed",
        "only the pair (relevance, inside or not) of each pixel counts",
        "is the order that you compute looked up in the mask of the same picture, laid out the same way?",
    )
    f.passed()


def _check_pointing(f: Checked, R: NDArray, M: NDArray) -> None:
    def point(R: NDArray, M: NDArray) -> NDArray:
        return f(R, M, shape=(len(R),))

    _alone(f, point, R, M)
    found = point(R, M)
    f.law(
        "a hit or none",
        bool(np.isin(found, (0.0, 1.0)).all()),
        "there are values other than 0 and 1",
        "each picture is a hit or none",
        "one pixel of each picture is looked up in its mask",
    )
    f.law(
        "inside or outside",
        close(found + point(R, ~M), np.ones(len(R))),
        "a picture is a hit for a mask and for its complement, or for neither",
        "the most relevant pixel lies in the mask or outside it",
        "look up the place of the largest value in M, and nothing else",
    )
    hit, miss = R + 12.0 * ~M, R + 12.0 * M
    for k in range(len(R)):
        inside, outside = np.argwhere(M[k]), np.argwhere(~M[k])
        hit[k][tuple(inside[-1])], hit[k][tuple(outside[0])] = 30.0, -60.0
        miss[k][tuple(outside[-1])], miss[k][tuple(inside[0])] = 30.0, -60.0
    f.law(
        "the largest relevance, not the largest size",
        close(point(hit, M), np.ones(len(R))) and bool((point(miss, M) == 0).all()),
        "the largest relevance is inside, a larger negative one outside, or the reverse, and the answer is wrong",
        "the most relevant pixel has the largest relevance; a strong argument against the class is not relevant",
        "look for an abs; and for argmax over the whole batch instead of over each picture",
    )
    f.law(
        "order alone counts",
        close(point(R - 40.0, M), found) and close(point(R + 40.0, M), found),
        "a map was shifted until it was negative, or positive, everywhere, and the answer changed",
        "the largest value marks the most relevant pixel, be it negative: a shift leaves the order as it is",
        "find its place in the whole map and look that up in M; R * M is 0 outside, and 0 exceeds a negative number",
    )
    f.passed()


def check_paired_test(paired_test: Callable) -> None:
    """Laws of `paired_test(u, v, signs)`: swap, scale, what pictures have in common, bounds, the exact case."""
    f = Checked("paired_test", paired_test, "two numbers")

    def test(u: NDArray, v: NDArray, signs: NDArray) -> tuple[float, float]:
        difference, p = _two(f, f.raw(u, v, signs), "the difference and p")
        return float(f.array(difference, ())), float(f.array(p, ()))

    rng = np.random.default_rng(5)
    u, v = rng.integers(-16, 40, 10) / 8, rng.integers(-16, 24, 10) / 8
    signs = rng.choice([-1.0, 1.0], size=(99, 10))
    difference, p = test(u, v, signs)
    swapped, p_swapped = test(v, u, signs)
    f.law(
        "swap",
        close(np.array([swapped]), np.array([-difference])),
        "u and v were swapped, and the difference did not turn its sign",
        "the difference is the mean of u - v with its sign",
        "magnitudes belong into the comparison only: return the mean itself",
    )
    f.law(
        "swap",
        abs(p - p_swapped) < 1e-9,
        f"u and v were swapped, and p went from {p:.3f} to {p_swapped:.3f}",
        "the test has two sides: it asks whether the two differ, in either direction",
        "compare magnitudes, on both sides of the comparison",
    )
    up = test(u + 1, v, signs)[0] - difference
    f.law(
        "the mean of u - v",
        abs(up - 1) < 1e-6,
        f"u grew by 1 for every picture, and the difference by {up:.3g}",
        "the difference is the mean over the pictures of u - v",
        "a mean, not a sum; u minus v, not the reverse",
    )
    shift = rng.integers(-40, 40, 10)
    paired = test(u + shift, v + shift, signs)
    f.law(
        "what both share cancels",
        abs(paired[0] - difference) < 1e-6 and abs(paired[1] - p) < 1e-9,
        "a number of its own was added to each picture, to u and to v alike, and the result changed",
        "the test is paired: whether a picture is easy or hard cancels in u - v",
        "subtract first; use nothing of u or v afterwards",
    )
    _, p_same = test(u, u, signs)
    _, p_far = test(np.arange(1.0, 11.0), np.zeros(10), signs[(np.abs(signs.sum(axis=1)) < 10)])
    n = len(signs)
    f.law(
        "between 1 / (1 + n) and 1",
        abs(p_same - 1) < 1e-9,
        f"where nothing differs, with {n} rows of signs, p is {p_same:.3f}, and 1 is due",
        "all n rows come as far then, since equal counts: p = (1 + n) / (1 + n)",
        "compare with >=; add both ones; n is the number of rows of signs, not of pictures",
    )
    f.law(
        "between 1 / (1 + n) and 1",
        0 < p_far <= 1,
        f"where hardly a row comes as far as what was observed, p is {p_far:.3f}",
        "the observed signs are one of the possible rows, so p is never 0, and never above 1",
        "add the one above the line and the one below it, inside the fraction",
    )
    d = np.array([1.0, 2.0, 3.0, 4.0])
    every = np.array(list(itertools.product([-1.0, 1.0], repeat=4)))
    _, p_every = test(d, 0 * d, every)
    f.law(
        "all of the same sign",
        abs(p_every * (1 + len(every)) - 3) < 1e-6,
        f"four differences of the same sign, all 16 rows of signs: two rows come as far, and p is {p_every:.3f}",
        "p = (1 + number of rows as far or farther, on either side) / (1 + n), here 3 / 17",
        "print the turned means for this case: which of them are as far from zero as the observed one?",
    )
    _, p_mixed = test(d * [1, 1, -1, 1], 0 * d, every)
    f.law(
        "mixed signs say less",
        p_mixed > p_every + 1e-6,
        "one of four differences turned its sign, so that they disagree, and p did not grow",
        "what was observed is the mean of the differences with their own signs",
        "take the magnitude of the mean, not the mean of the magnitudes",
    )
    one_large = np.array([8.0, 1.0, 1.0, 1.0])
    _, p_large = test(one_large - 3.0, np.full(4, -3.0), every)
    _, p_scaled = test(-4 * one_large, 0 * one_large, every)
    mixed = u - v
    f.law(
        "no scale",
        abs(p_large - p_scaled) < 1e-9 and abs(test(4 * mixed, 0 * mixed, signs)[1] - p) < 1e-9,
        "all differences were multiplied by the same number, and p changed",
        "p depends on the differences relative to each other, not on their unit",
        "is the same mean taken of the observed differences and of the turned ones?",
    )
    for whole, base in _tenths():
        rows = np.array(list(itertools.product([-1.0, 1.0], repeat=len(whole))))
        in_tenths, in_ones = (test((base + whole) / unit, base / unit, rows)[1] for unit in (10, 1))
        f.law(
            "rounding does not decide",
            abs(in_tenths - in_ones) < 1e-6,
            f"whole numbers give p = {in_ones:.3f}; all divided by ten, they give {in_tenths:.3f}",
            "rows that come as far count, also where rounding makes their means a little smaller",
            "compare with a hair less than the observed size: 1e-12 of the largest difference",
        )
    f.passed()


def _tenths() -> list[tuple[NDArray, NDArray]]:
    """Differences in whole numbers, with many rows of signs that come equally far; and what is added to both."""
    rng = np.random.default_rng(15)
    return [(rng.permutation(np.arange(1, 9)) * rng.choice([-1, 1, 1], 8), rng.integers(1, 90, 8)) for _ in range(4)]


def check_flip_curve(flip_curve: Callable, aopc: Callable) -> None:
    """Laws of `flip_curve(f, x, R, steps, fill)` and `aopc(curve)`."""
    f = Checked("flip_curve", flip_curve)
    rng = np.random.default_rng(6)
    x, fill = rng.normal(size=(B, H, W, C)), rng.normal(size=(B, H, W, C))
    R = np.stack([rng.permutation(H * W) - 20.5 for _ in range(B)]).reshape(B, H, W)
    steps = [3, 10, 25, H * W]
    shape = (B, 1 + len(steps))

    given: list[tuple[int, ...]] = []

    def noting(images: NDArray) -> NDArray:
        given.append(np.shape(images))
        return np.zeros(np.shape(images)[:1])

    f.raw(noting, x, R, steps, fill)
    odd = next((found for found in given if found != x.shape), x.shape)
    f.law(
        "the whole batch at each step",
        odd == x.shape,
        f"f was given {odd[0]} of {B} pictures" if odd[1:] == x.shape[1:] else f"f was given an array of shape {odd}",
        "f takes the whole batch, in the shape of x, and scores row b for its own class",
        "hand over all pictures at each step, reshaped to x.shape",
    )

    def changed(images: NDArray) -> NDArray:
        return (np.asarray(images) != x).any(axis=-1).sum(axis=(1, 2)).astype(float)

    counted = f(changed, x, R, steps, fill, shape=shape)
    f.law(
        "starts with the untouched picture",
        bool((counted[:, 0] == 0).all()),
        "the first entry is not the score of the picture as it is",
        "a curve begins before any pixel is replaced",
        "call f(x) first; and does something change x itself?",
    )
    f.law(
        "so many pixels",
        bool((counted[:, 1:] == steps).all()),
        f"with steps {steps}, {', '.join(f'{n:g}' for n in counted[0, 1:])} pixels of the first picture were replaced",
        "after step k exactly steps[k] pixels are replaced in all: steps are totals, and replaced pixels stay replaced",
        "take order[:, :steps[k]] from the start, or add what is new to what is done",
    )
    whole = f(lambda images: np.asarray(images)[..., 0].sum(axis=(1, 2)), x, R, steps, fill, shape=shape)
    f.law(
        "filled with the filling",
        close(whole[:, -1], fill[..., 0].sum(axis=(1, 2))),
        "after all pixels were replaced, the score is not that of the filling",
        "a replaced pixel takes the values of the filling at the same place",
        "reshape x and the filling in the same way, and index both in the same way",
    )
    each = f(lambda images: (np.asarray(images) == fill).sum(axis=(1, 2, 3)), x, R, steps, fill, shape=shape)
    f.law(
        "all channels at once",
        bool((each[:, 1:] == C * np.array(steps)).all()),
        "of replaced pixels some channels stay",
        "a pixel is replaced in all its channels",
        "index the pixels of an array (B, H * W, C), and leave its last axis alone",
    )
    shares = np.stack([rng.permutation(H * W) - 9.5 for _ in range(B)]).reshape(B, H, W)

    def added(images: NDArray) -> NDArray:
        return (np.asarray(images)[..., 0] * shares).sum(axis=(1, 2))

    ones, zero = np.ones((B, H, W, 1)), np.zeros(1)
    few = [1, 5, 20]
    best, worst = (f(added, ones, sign * shares, few, zero, shape=(B, 4)) for sign in (1, -1))
    single = [np.tile(row.reshape(H, W), (B, 1, 1)) for row in np.eye(H * W)]
    noise = [rng.normal(size=(B, H, W)) for _ in range(10)]
    for other in [*single, *noise]:
        order = f(added, ones, other + 0.01 * rng.random((B, H, W)), few, zero, shape=(B, 4))
        f.law(
            "most relevant first",
            bool((best <= order + 1e-6).all() and (worst >= order - 1e-6).all() and (best < worst)[:, 1:].all()),
            "for a sum over pixels and each pixel's share of it as the map, another order makes the score fall faster",
            "the order of true shares takes away the most at every step, and the reverse order the least",
            "the largest relevance comes first, negative last; each picture has its own order",
        )
    colour = np.array([0.5, -2.0, 4.0])
    f.law(
        "a colour is a filling too",
        close(
            f(changed, x, R, steps, colour, shape=shape),
            f(changed, x, R, steps, np.broadcast_to(colour, x.shape).copy(), shape=shape),
        ),
        "a colour (C,) and pictures of that colour give different curves",
        "fill is a colour or pictures like x",
        "np.broadcast_to(fill, x.shape) first",
    )
    f.passed()
    _check_aopc(Checked("aopc", aopc))


def _check_aopc(f: Checked) -> None:
    curve = np.random.default_rng(7).random((B, 5))
    _alone(f, lambda c: f(c, shape=(len(c),)), curve)
    out = f(curve, shape=(B,))
    f.law(
        "a loss",
        close(f(curve + 3.0, shape=(B,)), out) and close(f(-2 * curve, shape=(B,)), -2 * out),
        "when all scores rise by the same amount the result changes, or it does not follow a factor of -2",
        "AOPC measures what the score has lost since the start",
        "subtract the curve from its first column",
    )
    step = np.array([[1.0, 0.0, 0.0, 0.0]])
    f.law(
        "a mean over all entries",
        abs(float(f(step, shape=(1,))[0]) - 0.75) < 1e-6,
        "a score that falls from 1 to 0 at the first of three steps and stays there does not get 3 / 4",
        "the mean is over all entries, the first, where nothing is lost yet, among them",
        "how many terms has your sum, and by how many do you divide? which sign has a loss?",
    )
    f.passed()


def check_cascade(cascade: Callable, similarity: Callable) -> None:
    """Laws of `cascade(params, seed)` and `similarity(R, S)`."""
    _check_cascade(Checked("cascade", cascade, "a list of networks"))
    _check_similarity(Checked("similarity", similarity))


def _network(rng: np.random.Generator) -> list[tuple[NDArray, NDArray]]:
    """A convolution and two dense layers with weights that no initialiser makes, large enough to measure."""
    shapes = [(5, 5, 8, 15), (55, 55), (55, 55)]
    return [(3 * rng.normal(size=s) + 2, 1 + rng.random(s[-1])) for s in shapes]


def _check_cascade(f: Checked) -> None:
    params = _network(np.random.default_rng(8))
    L = len(params)

    def run(seed: int) -> list:
        stages = f.raw(params, seed)
        fits = isinstance(stages, (list, tuple)) and len(stages) == L and all(len(stage) == L for stage in stages)
        f.law(
            "one network per layer",
            fits,
            "no list of L networks with L layers each came back",
            "cascade returns L networks: the last layer random, the last two, and so on down to all",
            "append a copy of the whole list of layers in every round: the layers that stay belong to it too",
        )
        return [[(f.array(W, A.shape), f.array(b, c.shape)) for (W, b), (A, c) in zip(s, params, strict=True)]
                for s in stages]  # fmt: skip

    stages = run(0)
    below = [(stages[k][l], params[l]) for k in range(L) for l in range(L - 1 - k)]
    f.law(
        "below stays as trained",
        all(close(got, due, 1e-6) for layer, kept in below for got, due in zip(layer, kept, strict=True)),
        "a layer below the random ones has changed",
        "network k differs from the trained one in its last k layers only",
        "which end of params is the last layer? is every network in the list a copy of its own?",
    )
    fresh = [(stages[k][L - 1 - k][0], params[L - 1 - k][0]) for k in range(L)]
    f.law(
        "one more each time",
        all(np.abs(new - old).mean() > 0.1 for new, old in fresh),
        "a network has fewer random layers than it should",
        "network k has its last k layers random",
        "the first network of the list has its last layer random already, the last one has no trained layer left",
    )
    again = [(stages[k][l][0], stages[k - 1][l][0]) for k in range(1, L) for l in range(L - k, L)]
    f.law(
        "random stays random",
        all(close(new, before, 1e-6) for new, before in again),
        "a layer that was random already is another one in the next network",
        "each network is the one before with one more random layer: a cascade",
        "draw each layer once and carry it on",
    )
    for (W, b), (old, _) in zip(stages[-1], params, strict=True):
        ratio = W.std() / np.sqrt(2 / (old.size / old.shape[-1]))
        alike = np.corrcoef(W.ravel(), old.ravel())[0, 1] if W.std() > 0 else 0.0
        f.law(
            "drawn anew",
            abs(ratio - 1) < 0.1 and abs(W.mean()) < 0.1 * W.std() and abs(alike) < 0.12,
            f"a kernel of shape {old.shape} has {ratio:.2f} times the due spread, mean {W.mean():.2f}, "
            f"correlation {alike:.2f} with the old one",
            "kernels are normal with mean 0 and standard deviation sqrt(2 / fan-in), nothing of the old ones is left",
            _spread_advice(W, alike, np.sqrt(2 / (old.size / old.shape[-1]))),
        )
        f.law(
            "no bias",
            not b.any(),
            "a bias of a random layer is not zero",
            "biases start at zero, as before any training",
            "zeros in the shape of b",
        )
    same, other = run(0), run(1)
    f.law(
        "the seed decides",
        all(close(s[0], t[0], 1e-9) for s, t in zip(same[-1], stages[-1], strict=True))
        and not any(close(s[0], t[0], 1e-3) for s, t in zip(other[-1], stages[-1], strict=True)),
        "the same seed gave other kernels, or another seed the same",
        "a seed fixes all random numbers",
        "rng = np.random.default_rng(seed), and draw everything from rng",
    )
    f.law(
        "each layer its own",
        abs(np.corrcoef(stages[-1][1][0].ravel(), stages[-1][2][0].ravel())[0, 1]) < 0.12,
        "two layers of the same shape got the same kernel",
        "layers are independent of each other",
        "make the generator once, before the loop",
    )
    f.passed()


def _spread_advice(W: NDArray, alike: float, due: float) -> str:
    """What to try when a kernel is not drawn as it should be, ``due`` being the standard deviation."""
    if abs(alike) > 0.12:
        return "the new kernel still follows the old one: draw it anew, and add nothing to it"
    if abs(W.mean()) > 0.1 * W.std():
        return "its mean is not 0: are the old weights shuffled? that keeps their mean and spread; draw new ones"
    if abs(W.std() / due**2 - 1) < 0.1:
        return "scale takes a standard deviation: the root of the variance 2 / fan-in"
    return "fan-in counts the inputs of one unit: the product of all axes of W but the last"


def _check_similarity(f: Checked) -> None:
    rng = np.random.default_rng(9)
    R = rng.normal(size=(B, H, W))
    S = 0.6 * R + rng.normal(size=R.shape)

    def alike(R: NDArray, S: NDArray) -> NDArray:
        return f(R, S, shape=(len(R),))

    found = alike(R, S)
    _alone(f, alike, R, S)
    f.law(
        "itself and its opposite",
        close(alike(R, R), np.ones(B)),
        "a map and itself do not get 1",
        "a correlation runs from -1, the reverse order, to 1, the same order",
        "divide by the root of the product of both sums of squares, of the ranks less their mean",
    )
    f.law(
        "itself and its opposite",
        close(alike(R, -R), -np.ones(B)),
        "R and R get 1, as is due, but R and -R do not get -1",
        "a correlation runs from -1, the reverse order, to 1, the same order; signs are kept",
        "one argsort lists places; ranks are the argsort of that argsort. Take off their means; no abs anywhere",
    )
    f.law(
        "order alone counts",
        close(alike(np.exp(R), S), found) and close(alike(R, S**3 * 50), found),
        "a map with the same order of pixels and other values gets another similarity",
        "rank correlation looks at the order of the pixels only",
        "replace the values by their ranks before anything else",
    )
    shuffle = rng.permutation(H * W)
    moved = [a.reshape(B, -1)[:, shuffle].reshape(B, H, W) for a in (R, S)]
    f.law(
        "places do not matter",
        close(alike(*moved), found),
        "both maps were rearranged in the same way, and the similarity changed",
        "only the pairs of values at the same pixel count",
        "argsort gives the pixel at each rank; you need the rank of each pixel: argsort once more",
    )
    swapped = S.copy()
    for k in range(B):
        first, third = (np.unravel_index(np.argsort(-S[k], axis=None)[n], (H, W)) for n in (0, 2))
        swapped[k][first], swapped[k][third] = S[k][third], S[k][first]
    f.law(
        "every rank counts",
        bool((np.abs(alike(R, swapped) - found) > 1e-6).all()),
        "two pixels of one map exchanged their values, and the similarity did not change",
        "every pixel enters with its rank",
        "use the ranks as they are: no halves, no top pixels",
    )
    f.law(
        "symmetric",
        close(alike(S, R), found),
        "the two maps were swapped, and the similarity changed",
        "a correlation has no first and second",
        "treat both maps alike, in the denominator too",
    )
    four = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    value = float(alike(four, np.array([[[1.0, 2.0], [4.0, 3.0]]]))[0])
    f.law(
        "four pixels by hand",
        abs(value - 0.8) < 1e-4,
        f"maps with the ranks 1 2 3 4 and 1 2 4 3 get {value:.2f}, and 0.8 is due",
        "the formula sums products of ranks; a measure that counts pairs in the wrong order is another one, Kendall's",
        "do this case by hand with the formula of the exercise, then print the same sums in your code",
    )
    f.passed()


def check_plant_tag(plant_tag: Callable) -> None:
    """Laws of `plant_tag(x, y, cls, rate, tag, seed)`."""
    f = Checked("plant_tag", plant_tag, "two arrays")
    rng = np.random.default_rng(10)
    x = rng.integers(1, 200, (50, 14, 11, 3)).astype(np.uint8)
    y = rng.permutation(np.repeat([0, 1, 2], [10, 21, 19]))
    tag = rng.integers(201, 255, (4, 3, 3)).astype(np.uint8)

    def plant(cls: int, rate: float, seed: int, tag: NDArray = tag) -> tuple[NDArray, NDArray]:
        pictures, masks = _two(f, f.raw(x, y, cls, rate, tag, seed), "the pictures and their masks")
        return f.array(pictures, x.shape), f.array(masks, x.shape[:3])

    pictures, masks = plant(1, 1.0, 0)
    where = (pictures != x).any(axis=-1)
    f.law(
        "only the class",
        not where[y != 1].any(),
        "pictures of other classes were changed",
        "only pictures with y equal to cls get the tag",
        "choose among np.flatnonzero(y == cls)",
    )
    f.law(
        "every picture at rate 1",
        bool(where[y == 1].any(axis=(1, 2)).all()),
        "with rate 1 some pictures of the class have no tag",
        "exactly round(rate * n) of the n pictures of the class get it",
        "draw without replacement",
    )
    f.law(
        "the mask is the tag's",
        bool((where == (masks != 0)).all()),
        "the mask is not true exactly where pixels have changed",
        "a mask is true where the tag stands, and nowhere else",
        "assign to the mask at the same places as to the pictures",
    )
    f.law(
        "in its own colours",
        bool((where.sum(axis=(1, 2))[y == 1] == tag.shape[0] * tag.shape[1]).all())
        and all((np.sort(pictures[k][where[k]], axis=0) == np.sort(tag.reshape(-1, 3), axis=0)).all()
                for k in np.flatnonzero(y == 1)),
        "the pixels of the tag in a picture are not those of the tag",
        "the tag is pasted pixel by pixel, unmixed, in its own size",
        "rows take tag.shape[0], columns take tag.shape[1]",
    )  # fmt: skip
    rows, columns = np.flatnonzero(where.any(axis=(0, 2))), np.flatnonzero(where.any(axis=(0, 1)))
    f.law(
        "lower left, two pixels from the edges",
        rows.max() == x.shape[1] - 3 and columns.min() == 2,
        f"the tag fills rows {rows.min()} to {rows.max()} and columns {columns.min()} to {columns.max()} "
        f"of pictures of {x.shape[1]} x {x.shape[2]}",
        "two rows stay free below the tag and two columns to the left of it",
        "row 0 is the top row of a picture",
    )
    upright = pictures[np.flatnonzero(y == 1)[0]][rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    f.law(
        "upright",
        upright.shape == tag.shape and bool((upright == tag).all()),
        "the tag is turned or mirrored",
        "the tag looks in the picture as it looks by itself",
        "assign the tag to one slice of rows and one of columns",
    )
    for rate in (0.0, 0.3, 0.4, 0.55, 0.6, 0.66, 0.9):
        _, masks = plant(1, rate, 3)
        tagged = int((masks != 0).any(axis=(1, 2)).sum())
        f.law(
            "so many pictures",
            tagged == round(rate * 21),
            f"with rate {rate:g}, {tagged} of the 21 pictures have the tag",
            "exactly round(rate * n) of the n pictures of the class get the tag, each at most once",
            "a draw for each picture by itself gives another number each time; int() cuts off",
        )
    chosen = [(plant(1, 0.5, seed)[1] != 0).any(axis=(1, 2)) for seed in (4, 4, 5, 6)]
    f.law(
        "the seed decides",
        bool((chosen[0] == chosen[1]).all())
        and not (chosen[0] == chosen[2]).all()
        and not (chosen[0] == chosen[3]).all(),
        "the same seed tagged other pictures, or other seeds the same",
        "which pictures get the tag is drawn at random, and the seed fixes the draw",
        "rng = np.random.default_rng(seed), then rng.choice",
    )
    f.passed()


def check_hans_report(hans_report: Callable) -> None:
    """Laws of `hans_report(answers, labels, cls, mass, area)`."""
    f = Checked("hans_report", hans_report, "a dictionary")
    rng = np.random.default_rng(11)
    labels = {"plain": np.repeat([0, 1, 2], [60, 50, 70]), "tagged": np.repeat([0, 1, 2], [90, 40, 30])}
    always = {test: np.full(len(y), 1) for test, y in labels.items()}
    never = {test: np.where(rng.random(len(y)) < 0.5, 0, 2) for test, y in labels.items()}
    right = dict(labels)
    third = {test: np.where(np.arange(len(y)) % 3 == 0, 1, np.where(y == 1, 2, y)) for test, y in labels.items()}
    answers = {"always": always, "never": never, "right": right, "third": third}
    area = rng.uniform(0.1, 0.4, 60)
    mass = {"twice": 2 * area, "flat": area.copy(), "plus": area + 0.1 + 0.01 * rng.normal(size=60)}
    report = f.raw(answers, labels, 1, mass, area)

    def row(*keys: str) -> NDArray:
        place: Any = report
        for key in keys:
            f.law(
                "the keys of the table",
                isinstance(place, Mapping) and key in place,
                f"the report has no entry {' / '.join(keys)}",
                "the report is nested as the table of the exercise says",
                "print the report, and its keys level by level",
            )
            place = place[key]
        return f.array(place, (3,))

    for test in labels:
        for group in ("own", "others"):
            f.law(
                "always and never",
                close(row("answers", "always", test, group), np.ones(3))
                and not row("answers", "never", test, group).any(),
                f"a model that calls everything cls does not get 1, or one that never does not get 0, in {group!r}",
                "both groups ask the same of the answers: how many of them are cls",
                "compare with cls, not with the labels; or is your group's size wrong? select the group first",
            )
        f.law(
            "the right model",
            close(row("answers", "right", test, "own"), np.ones(3))
            and not row("answers", "right", test, "others").any(),
            "a model without mistakes does not get 1 for 'own' and 0 for 'others'",
            "'own' is over the pictures of cls, 'others' over all other pictures",
            "select by the labels of this test, not by the answers",
        )
        for group, member in (("own", labels[test] == 1), ("others", labels[test] != 1)):
            value, low, high = row("answers", "third", test, group)
            f.law(
                "a share of its group",
                abs(value - (third[test][member] == 1).mean()) < 1e-6,
                "a share has the wrong denominator",
                "a share is of the pictures of its own group and test",
                "is it a mean over the selected pictures?",
            )
            f.law(
                "value, low, high",
                low < value < high and 0.05 < high - low < 0.5,
                f"an interval of {member.sum()} pictures is {percent(high - low)} wide, or does not hold its value",
                "an entry is value, low and high, with the interval over the pictures of the group",
                "hand bootstrap_ci one number per picture of the group",
            )
    f.law(
        "mass against area",
        close(row("maps", "flat"), np.zeros(3), 1.0) and not np.abs(row("maps", "flat")).max() > 1e-9,
        "a map whose mass is the area does not get 0",
        "a map's value is the mean of mass - area",
        "subtract the area of each picture",
    )
    value, low, high = row("maps", "twice")
    f.law(
        "mass against area",
        abs(value - area.mean()) < 1e-6,
        "a map with twice the area's mass does not get the mean area",
        "a map's value is the mean of mass - area: a difference, not a ratio",
        "mass minus area, then bootstrap_ci",
    )
    value, low, high = row("maps", "plus")
    f.law(
        "paired",
        low < value < high and high - low < 0.02,
        "masses that exceed the area by nearly the same in every picture get a wide interval, or none",
        "differences are taken picture by picture, and the interval is that of the differences",
        "subtract first, then bootstrap_ci",
    )
    f.passed()


def check_band_mass(band_mass: Callable) -> None:
    """Laws of `band_mass(R, M, width)`, the function of the bug hunt."""
    f = Checked("band_mass", band_mass)
    rng = np.random.default_rng(12)
    R, M = rng.normal(size=(B, 12, 13, C)), _masks(13, (B, 12, 13))
    M = np.roll(M, (4, 4), axis=(1, 2))

    def band(R: NDArray, M: NDArray, width: int) -> NDArray:
        return f(R, M, width, shape=(len(R),))

    found = band(R[:1], M[:1], 1)
    spread = rng.normal(size=R.shape)
    spread -= spread.mean(axis=-1, keepdims=True)
    f.law(
        "a pixel is one place",
        close(band(R[:1] + spread[:1], M[:1], 1), found),
        "relevance was moved between the channels of a pixel, and the result changed",
        "the channels of a pixel are summed first, with their signs",
        "look at the order of sum and maximum",
    )
    flat = R[:1].sum(axis=-1, keepdims=True)
    f.law(
        "negative relevance does not count",
        close(band(np.where(flat < 0, 3 * flat, flat), M[:1], 1), band(flat, M[:1], 1)),
        "negative relevance was tripled and the result changed",
        "only positive relevance has mass",
        "look for an abs, or for a missing cut at zero",
    )
    f.law(
        "no aim, nothing",
        bool((np.abs(band(np.ones_like(R[:1]), M[:1], 2)) < 1e-6).all()),
        "a map that is the same everywhere does not get 0",
        "the band's share of the relevance is compared with its share of the same picture's area",
        "which area is subtracted, and from what?",
    )
    square = np.zeros((1, 12, 13), dtype=bool)
    square[:, 3:9, 3:9] = True

    def counts(row: int, column: int, width: int) -> bool:
        """Whether a single red pixel lies in the band of the square."""
        one = np.zeros((1, 12, 13, 1))
        one[:, row, column] = 1.0
        return bool(band(one, square, width)[0] > 0)

    f.law(
        "on either side",
        [counts(row, 5, 1) for row in (1, 2, 3, 4)] == [False, True, True, False],
        "a pixel beside the outline does not count, or one farther than the width does",
        "the band holds the pixels within width steps of the outline, inside the mask and outside it",
        "grow the mask and shrink it; the band is what lies between the two",
    )
    f.law(
        "a step is a row or a column",
        [counts(2, 2, width) for width in (1, 2)] == [False, True],
        "a pixel diagonally beyond the corner of a square mask counts with width 1, or does not with width 2",
        "a step is one row or one column, so a diagonal neighbour is two steps away",
        "each round grows by the four neighbours of a pixel, not by all eight",
    )
    upper = np.zeros((1, 12, 13), dtype=bool)
    upper[:, :3] = True
    for mask in (upper, np.ascontiguousarray(upper.swapaxes(1, 2))):
        _check_edge(f, band, mask)
    _alone(f, lambda R, M: band(R, M, 1), R, M)
    f.passed()


def _check_edge(f: Checked, band: Callable[..., NDArray], mask: NDArray) -> None:
    """The laws of a mask (1, H, W) that is a strip along the upper or the left edge of the picture."""
    far, near = np.zeros((*mask.shape, 1)), np.zeros((*mask.shape, 1))
    far[:, -1, -1], near[:, 0, 0] = 1.0, 1.0
    f.law(
        "nothing wraps round",
        float(band(far, mask, 2)[0]) < 0,
        "relevance at the far side of the picture counts as near the outline",
        "beyond the picture's edge there is nothing: a band does not go on at the opposite side",
        "draw the band for a mask that touches the edge; what does np.roll do there?",
    )
    f.law(
        "no outline at the picture's edge",
        float(band(near, mask, 2)[0]) < 0,
        "relevance in the picture's corner, inside the mask and far from its outline, counts as near it",
        "where the mask leaves the picture there is no outline",
        "shrinking must not eat the mask from the picture's edge: pad what you grow, and each of the two by itself",
    )
    f.law(
        "a strip for each step",
        bool(np.abs(band(far, mask, 2)[0] - 2 * band(far, mask, 1)[0]) < 1e-6),
        "along a straight outline the band of width 2 does not hold twice as many pixels as that of width 1",
        "each step adds one row of pixels on either side of the outline, and nothing along the picture's edge",
        "draw the band for a mask that touches the edge, with width 1 and 2",
    )
