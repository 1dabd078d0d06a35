"""Do maps tell the truth? Measures of relevance against masks, against the network's score and against its weights.

B images of H x W pixels with C channels. A map `R` is (B, H, W, C), as `explain` returns it, or (B, H, W). Relevance is
always **summed over the channels first**: a pixel is one place. A mask `M` is (B, H, W), true inside. Every measure
gives one number per image, for `toonlens.stats.bootstrap_ci`; two maps of the same images are compared by the interval
of the difference image by image.

Equal relevance counts as if put into a random order, so that a map that says nothing scores what chance scores.

Sources: Arras, Osman & Samek (2022), CLEVR-XAI, Information Fusion 81 (relevance mass and rank accuracy); Zhang et al.
(2018), Top-down neural attention by excitation backprop, IJCV 126 (pointing game); Samek et al. (2017), Evaluating the
visualization of what a deep neural network has learned, IEEE TNNLS 28 (pixel flipping, AOPC); Adebayo et al. (2018),
Sanity checks for saliency maps, NeurIPS (weight randomisation).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage, stats

from toonlens.errors import UserError

if TYPE_CHECKING:
    import keras

Array = NDArray[np.float64]


# -- maps and masks ----------------------------------------------------------------------------------------------------


def heat(R: ArrayLike) -> Array:
    """Relevance of each pixel (B, H, W): the sum over the channels, with its sign.

    Raises:
        UserError: another number of axes, no image, or values that are not finite.
    """
    maps = np.asarray(R, dtype=np.float64)
    if maps.ndim not in (3, 4) or maps.size == 0:
        raise UserError(
            f"a map is (B, H, W, C) or (B, H, W), not {maps.shape}: a single one needs a batch axis, R[None]"
        )
    broken = ~np.isfinite(maps).reshape(len(maps), -1).all(axis=1)
    if broken.any():
        raise UserError(
            f"the map of image {broken.argmax()} has values that are not finite: explain it anew, or leave it out"
        )
    return maps.sum(axis=-1) if maps.ndim == 4 else maps


def _heat_and_mask(R: ArrayLike, M: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    """Both with the pixels in one axis: (B, H * W)."""
    maps, mask = heat(R), np.asarray(M)
    if mask.dtype != bool:
        raise UserError(
            f"a mask is true inside and false outside, not {mask.dtype}: compare it, for example masks == 3"
        )
    if mask.shape != maps.shape:
        raise UserError(f"the mask is {mask.shape}, the map {maps.shape}: give one mask (H, W) for each map")
    return maps.reshape(len(maps), -1), mask.reshape(len(maps), -1)


def _check_not_empty(mask: NDArray[np.bool_]) -> None:
    empty = ~mask.any(axis=1)
    if empty.any():
        raise UserError(f"the mask of image {empty.argmax()} is empty: leave out images without the part")


def outline(M: ArrayLike, width: int = 2) -> NDArray[np.bool_]:
    """The band (B, H, W) of all pixels within `width` pixels of the border of the mask, on either side of it.

    Where the mask leaves the picture there is no border. Distance counts steps to the four neighbours.

    Raises:
        UserError: not (B, H, W), or not even one pixel wide.
    """
    mask = np.asarray(M, dtype=bool)
    if mask.ndim != 3 or width < 1:
        raise UserError(f"outline needs masks (B, H, W) and a width of 1 or more, not {mask.shape} and {width}")
    bands = [
        ndimage.binary_dilation(m, iterations=width) & ~ndimage.binary_erosion(m, iterations=width, border_value=1)
        for m in mask
    ]
    return np.array(bands).reshape(mask.shape)


# -- relevance in masks ------------------------------------------------------------------------------------------------


def mass_in_mask(R: ArrayLike, M: ArrayLike) -> tuple[Array, Array]:
    """Relevance mass accuracy: the share of the positive relevance that lies inside, (B,); and the mask's share of the
    area, (B,), which is what a map without aim gets.

    A map without positive relevance has no aim: its mass is the area's. An empty mask has mass 0 and area 0.
    Source: Arras et al. (2022), equation 1, for positive relevance.
    """
    maps, mask = _heat_and_mask(R, M)
    positive = np.maximum(maps, 0)
    positive[positive.sum(axis=1) == 0] = 1
    positive /= positive.max(axis=1, keepdims=True)  # so that no sum overflows
    return (positive * mask).sum(axis=1) / positive.sum(axis=1), mask.mean(axis=1)


def rank_accuracy(R: ArrayLike, M: ArrayLike) -> Array:
    """Relevance rank accuracy (B,): of the K most relevant pixels the share inside, K being the pixels of the mask.

    Source: Arras et al. (2022), equation 2.

    Raises:
        UserError: an empty mask, for which there is no K.
    """
    maps, mask = _heat_and_mask(R, M)
    _check_not_empty(mask)
    k = mask.sum(axis=1)
    least = np.take_along_axis(-np.sort(-maps, axis=1), k[:, None] - 1, axis=1)  # relevance of the K-th pixel
    above, equal = maps > least, maps == least
    chosen = (k - above.sum(axis=1)) / equal.sum(axis=1)  # chance of a pixel with the K-th relevance to be among the K
    return ((above & mask).sum(axis=1) + chosen * (equal & mask).sum(axis=1)) / k


def pointing(R: ArrayLike, M: ArrayLike) -> Array:
    """Pointing game (B,): 1 where the most relevant pixel lies inside, 0 where not; no tolerance around the mask.

    Source: Zhang et al. (2018), section 4.2.
    """
    maps, mask = _heat_and_mask(R, M)
    top = maps == maps.max(axis=1, keepdims=True)
    return (top & mask).sum(axis=1) / top.sum(axis=1)


def coverage(R: ArrayLike, M: ArrayLike) -> Array:
    """How widely positive relevance is spread inside the mask (B,): 1 if evenly, 1 / K if all is on one of K pixels.

    The effective number of pixels, (sum of r)^2 / sum of r^2, divided by K. A mask without positive relevance has 0.

    Raises:
        UserError: an empty mask.
    """
    maps, mask = _heat_and_mask(R, M)
    _check_not_empty(mask)
    inside = np.maximum(maps, 0) * mask
    peak = inside.max(axis=1, keepdims=True)
    inside = inside / np.where(peak > 0, peak, 1)
    effective = inside.sum(axis=1) ** 2 / np.where(peak[:, 0] > 0, (inside**2).sum(axis=1), 1)
    return effective / mask.sum(axis=1)


def ratio_ci(
    numerators: ArrayLike, denominators: ArrayLike, n: int = 2000, level: float = 0.95, seed: int = 0
) -> tuple[float, float, float]:
    """Mean of the numerators (B,) over mean of the denominators (B,), with its percentile bootstrap interval.

    For relevance mass relative to area: the mean of mass / area image by image would be ruled by the smallest masks.

    Raises:
        UserError: not one numerator for each denominator, or denominators that are not positive on average.
    """
    above, below = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    if above.shape != below.shape or above.ndim != 1 or above.size == 0:
        raise UserError(f"numerators are {above.shape}, denominators {below.shape}: give one of each per image, (B,)")
    pairs = np.stack([above, below])
    if not np.isfinite(pairs).all() or not below.mean() > 0:
        raise UserError("ratio_ci needs finite numbers, and denominators whose mean is positive")
    rng = np.random.default_rng(seed)
    count = pairs.shape[1]
    resampled = np.stack([pairs[:, rng.integers(0, count, count)].mean(axis=1) for _ in range(n)], axis=1)
    tail = (1 - level) / 2
    low, high = np.quantile(resampled[0] / resampled[1], [tail, 1 - tail])
    return float(pairs[0].mean() / pairs[1].mean()), float(low), float(high)


# -- pixel flipping ----------------------------------------------------------------------------------------------------

First = Literal["most", "least"]


def flip_order(R: ArrayLike, first: First = "most", seed: int = 0) -> NDArray[np.int64]:
    """The pixels of each map (B, H * W) as numbers from 0, row by row, in the order in which they are flipped."""
    if first not in ("most", "least"):
        raise UserError(f"first must be 'most' or 'least' (relevant), not {first!r}")
    maps = heat(R)
    maps = maps.reshape(len(maps), -1)
    shuffled = np.random.default_rng(seed).permuted(np.tile(np.arange(maps.shape[1]), (len(maps), 1)), axis=1)
    keys = np.take_along_axis(-maps if first == "most" else maps, shuffled, axis=1)
    return np.take_along_axis(shuffled, np.argsort(keys, axis=1, kind="stable"), axis=1)


def flip_curve(
    f: Callable[[NDArray], ArrayLike],
    x: NDArray,
    R: ArrayLike,
    steps: Sequence[int],
    fill: ArrayLike,
    first: First = "most",
    seed: int = 0,
) -> Array:
    """Pixel flipping: the score while ever more pixels, most or least relevant first, are replaced.

    Whole pixels, all channels at once. With a map from `noise`, this is the control in random order.

    Args:
        f: images (B, H, W, C) to scores (B,).
        x: images (B, H, W, C), as f takes them; left unchanged.
        R: their maps.
        steps: how many pixels are replaced after each step, rising.
        fill: what replaces them: a colour (C,) or images (B, H, W, C), in the units of x.
        first: "most" or "least" relevant first (MoRF or LeRF).
        seed: of the order among pixels of equal relevance.

    Returns:
        Scores (B, 1 + number of steps), that of the untouched image first.
        Source: Samek et al. (2017), section III; there regions of 9 x 9 pixels, here single ones.

    Raises:
        UserError: map and images of different sizes, a fill that fits neither, or steps that do not rise from 1 to the
            number of pixels at most.
    """
    order = flip_order(R, first, seed)
    if heat(R).shape != x.shape[:3]:
        raise UserError(f"the map is {heat(R).shape}, the images are {x.shape}: give one map (H, W) for each image")
    pixels, bounds = order.shape[1], [0, *steps]
    if len(bounds) < 2 or any(a >= b for a, b in pairwise(bounds)) or bounds[-1] > pixels:
        raise UserError(f"steps must rise from at least 1 to at most the {pixels} pixels of an image, not {steps}")
    flipped = x.reshape(len(x), pixels, -1).copy()
    try:
        filling = np.broadcast_to(np.asarray(fill, dtype=x.dtype), x.shape).reshape(flipped.shape)
    except ValueError:
        raise UserError(f"fill is {np.shape(fill)}: give a colour (C,) or images like x, {x.shape}") from None
    image = np.arange(len(x))[:, None]
    curve = [np.asarray(f(x), dtype=np.float64)]
    for done, until in pairwise(bounds):
        todo = order[:, done:until]
        flipped[image, todo] = filling[image, todo]
        curve.append(np.asarray(f(flipped.reshape(x.shape)), dtype=np.float64))
    return np.stack(curve, axis=1)


def aopc(curve: ArrayLike) -> Array:
    """Area over the perturbation curve (B,): the mean over all steps of f(x) - f(flipped x). High is good for the most
    relevant first, low for the least relevant first.

    Source: Samek et al. (2017), equation 12, for one image.
    """
    scores = np.asarray(curve, dtype=np.float64)
    return (scores[:, :1] - scores).mean(axis=1)


# -- weight randomisation ----------------------------------------------------------------------------------------------


def cascade(model: keras.Model, seed: int) -> Iterator[tuple[str, keras.Model]]:
    """Cascading randomisation: the network with its last layer random, then its last two, and so on down to the first.

    Each layer's weights are drawn anew from its own initialisers, as they were before training.

    Args:
        model: a Keras model; stays as it is.
        seed: the same seed gives the same random weights.

    Yields:
        the name of the layer just randomised, and the network: one copy, randomised further at every step.
        Source: Adebayo et al. (2018), section 3.1.

    Raises:
        UserError: a layer whose weights have no known initialiser.
    """
    import keras

    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    seeds = np.random.SeedSequence(seed)
    for layer in reversed(list(_layers(copy))):
        for variable in layer.weights:
            initializer = getattr(layer, f"{variable.name}_initializer", None)
            if initializer is None:
                raise UserError(
                    f"layer {layer.name!r} has no initialiser for its {variable.name}: it cannot be randomised"
                )
            config = initializer.get_config()
            if "seed" in config:
                config["seed"] = int(seeds.spawn(1)[0].generate_state(1)[0])
            variable.assign(type(initializer).from_config(config)(variable.shape, variable.dtype))
        yield layer.name, copy


def _layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """The layers that have weights, from the first to the last, those of nested models among them."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _layers(layer)
        elif layer.weights:
            yield layer


def similarity(R: ArrayLike, S: ArrayLike) -> Array:
    """Spearman's rank correlation (B,) between the pixels of two maps, signed; 0 if one of them is constant.

    Raises:
        UserError: maps of different shapes.
    """
    a, b = heat(R), heat(S)
    if a.shape != b.shape:
        raise UserError(f"the maps are {a.shape} and {b.shape}: compare maps of the same images")
    ranks = [stats.rankdata(maps.reshape(len(maps), -1), axis=1) for maps in (a, b)]
    p, q = (r - r.mean(axis=1, keepdims=True) for r in ranks)
    norm = np.sqrt((p**2).sum(axis=1) * (q**2).sum(axis=1))
    return (p * q).sum(axis=1) / np.where(norm > 0, norm, 1)


# -- controls: maps that no network had a part in ----------------------------------------------------------------------


def edges(images: NDArray) -> Array:
    """An edge filter (B, H, W): the size of the Sobel gradient of the grey image, from raw pictures (B, H, W, 3)."""
    grey = np.asarray(images, dtype=np.float64).mean(axis=-1)
    return np.stack([np.hypot(ndimage.sobel(image, axis=0), ndimage.sobel(image, axis=1)) for image in grey])


def noise(images: NDArray, seed: int = 0) -> Array:
    """Random maps (B, H, W) for these images, normally distributed: half of the relevance negative."""
    return np.random.default_rng(seed).normal(size=images.shape[:3])
