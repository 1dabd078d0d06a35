"""Reference of lab 10, in NumPy and float64: measures of maps against masks, scores and weights, and the planted tag.

B pictures of H x W pixels with C channels. Where maps are (B, H, W), relevance has been summed over the channels. The
measures follow `autograder.reference.evaluate`; the inputs of the lab are free of ties, so that none has to be broken.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, stats

from autograder.reference import evaluate
from toonlens.stats import bootstrap_ci

Layer = tuple[NDArray, NDArray]
Interval = tuple[float, float, float]  # value, low, high
MARGIN = 2  # pixels between a tag and the edges of its picture


def mass_in_mask(R: NDArray, M: NDArray) -> tuple[NDArray, NDArray]:
    """Share (B,) of the positive relevance of R (B, H, W, C) inside M (B, H, W), and the mask's share of the area (B,).

    The channels are summed first. A map without positive relevance gets the area. Source: Arras et al. (2022), eq. 1.
    """
    return evaluate.mass_in_mask(R, M)


def rank_accuracy(R: NDArray, M: NDArray) -> NDArray:
    """Of the K most relevant pixels of R (B, H, W) the share inside M (B, H, W) with K pixels: (B,).

    Source: Arras et al. (2022), eq. 2.
    """
    return evaluate.rank_accuracy(R, M)


def pointing(R: NDArray, M: NDArray) -> NDArray:
    """1 where the most relevant pixel of R (B, H, W) lies in M, else 0: (B,). Source: Zhang et al. (2018), sec. 4.2."""
    return evaluate.pointing(R, M)


def paired_test(u: NDArray, v: NDArray, signs: NDArray) -> tuple[float, float]:
    """Mean of u - v (B,) and the p-value of the sign-flip test, two-sided, for given signs (n, B) of -1 and +1.

    p = (1 + number of rows whose mean is as far from 0 as the observed one, or farther) / (1 + n). Means that differ by
    rounding alone count as equal. Source: Phipson & Smyth (2010), SAGMB 9(1), 39, on the two ones.
    """
    d = np.asarray(u, dtype=np.float64) - v
    observed = float(d.mean())
    turned = np.abs(np.asarray(signs, dtype=np.float64) @ d) / len(d)
    far = turned >= abs(observed) - 1e-12 * float(np.abs(d).max(initial=0.0))
    return observed, float(1 + far.sum()) / (1 + len(signs))


def flip_curve(f: Callable[[NDArray], NDArray], x: NDArray, R: NDArray, steps: Sequence[int], fill: NDArray) -> NDArray:
    """Scores (B, 1 + number of steps) while ever more pixels of x (B, H, W, C), most relevant first, become ``fill``.

    Source: Samek et al. (2017), section III, here with single pixels.
    """
    order = np.argsort(-R.reshape(len(R), -1), axis=1, kind="stable")
    flipped = x.reshape(len(x), order.shape[1], -1).copy()
    filling = np.broadcast_to(fill, x.shape).reshape(flipped.shape)
    rows = np.arange(len(x))[:, None]
    curve = [np.asarray(f(x), dtype=np.float64)]
    for done, until in pairwise([0, *steps]):
        chosen = order[:, done:until]
        flipped[rows, chosen] = filling[rows, chosen]
        curve.append(np.asarray(f(flipped.reshape(x.shape)), dtype=np.float64))
    return np.stack(curve, axis=1)


def aopc(curve: NDArray) -> NDArray:
    """Mean over all entries of f(x) - f(flipped x), the first included: (B,). Source: Samek et al. (2017), eq. 12."""
    return evaluate.aopc(curve)


def similarity(R: NDArray, S: NDArray) -> NDArray:
    """Spearman's rank correlation (B,) of the pixels of two maps (B, H, W), with its sign."""
    return evaluate.similarity(R, S)


def cascade(params: Sequence[Layer], seed: int) -> list[list[Layer]]:
    """L networks: with the last layer random, the last two, ..., all. A layer once random stays as it is.

    Kernels are normal with standard deviation sqrt(2 / fan-in), biases zero. Source: Adebayo et al. (2018), sec. 3.1.
    """
    rng = np.random.default_rng(seed)
    network, stages = list(params), []
    for l in range(len(params) - 1, -1, -1):
        W, b = params[l]
        fan_in = W.size // W.shape[-1]
        network[l] = (rng.normal(scale=np.sqrt(2 / fan_in), size=W.shape), np.zeros_like(b))
        stages.append(list(network))
    return stages


def plant_tag(
    x: NDArray, y: NDArray, cls: int, rate: float, tag: NDArray, seed: int
) -> tuple[NDArray, NDArray[np.bool_]]:
    """Paste ``tag`` into the lower left of a share of the pictures x (B, H, W, C) of class ``cls``; and masks of it.

    Exactly round(rate * n) of the n pictures, drawn without replacement. Source of the idea: Lapuschkin et al. (2019).
    """
    rng = np.random.default_rng(seed)
    own = np.flatnonzero(y == cls)
    chosen = rng.choice(own, round(rate * len(own)), replace=False)
    rows = slice(x.shape[1] - MARGIN - tag.shape[0], x.shape[1] - MARGIN)
    columns = slice(MARGIN, MARGIN + tag.shape[1])
    tagged, masks = x.copy(), np.zeros(x.shape[:3], dtype=bool)
    tagged[chosen, rows, columns] = tag
    masks[chosen, rows, columns] = True
    return tagged, masks


def hans_report(
    answers: Mapping[str, Mapping[str, NDArray]],
    labels: Mapping[str, NDArray],
    cls: int,
    mass: Mapping[str, NDArray],
    area: NDArray,
) -> dict[str, dict]:
    """How often each model calls pictures ``cls``, test by test, and by how much maps favour the tag over its area.

    Returns:
        {"answers": {model: {test: {"own": interval, "others": interval}}}, "maps": {map: interval}}, an interval being
        value, low and high. "own" is over the pictures of ``cls``, "others" over the rest, both the share called
        ``cls``; a map's value is the mean of mass - area, picture by picture.
    """
    said: dict[str, dict] = {
        model: {
            test: {
                "own": bootstrap_ci(found[labels[test] == cls] == cls),
                "others": bootstrap_ci(found[labels[test] != cls] == cls),
            }
            for test, found in tests.items()
        }
        for model, tests in answers.items()
    }
    return {"answers": said, "maps": {name: bootstrap_ci(inside - area) for name, inside in mass.items()}}


def band_mass(R: NDArray, M: NDArray, width: int) -> NDArray:
    """Share of positive relevance within ``width`` pixels of the outline of M (B, H, W), less the band's area: (B,).

    R is (B, H, W, C). Where the mask leaves the picture there is no outline. The repaired function of the bug hunt.
    """
    mass, area = evaluate.mass_in_mask(R, evaluate.outline(M, width))
    return mass - area


# Beside the student's functions


def ranks(R: NDArray) -> NDArray:
    """Ranks of the pixels of each map, (B, H * W)."""
    return stats.rankdata(R.reshape(len(R), -1), axis=1)


def blob(rng: np.random.Generator, height: int, width: int) -> NDArray[np.bool_]:
    """A random connected-looking mask (height, width) that holds neither nothing nor everything."""
    while True:
        smooth = ndimage.gaussian_filter(rng.normal(size=(height, width)), 1.5)
        mask = smooth > np.quantile(smooth, rng.uniform(0.5, 0.8))
        if 3 <= mask.sum() <= mask.size - 3:
            return mask
