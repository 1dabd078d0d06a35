"""The image base, the reference of lab 1: loading, near-duplicates, splits, preprocessing, weights, the baseline.

B batch, N pictures of a set, H and W their sides, K classes. Pictures are uint8, RGB, channels last.

Sources: Krawetz (2013), Kind of like that, hackerfactor.com (the difference hash); ITU-R BT.601 (the weights of grey);
``keras.applications.imagenet_utils`` (preprocessing "caffe" and "torch"); King and Zeng (2001), Logistic regression in
rare events data, Political Analysis 9 (balanced weights).
"""

from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

CAFFE_MEAN = np.array([103.939, 116.779, 123.68])  # blue, green, red
TORCH_MEAN, TORCH_STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])  # red, green, blue
CAFFE, TORCH = ("vgg16", "resnet50"), ("densenet121",)
ROWS, COLUMNS = 8, 9  # cells of the difference hash

Indices = tuple[NDArray, NDArray, NDArray]


def load_rgb(path: str | Path | IO[bytes], size: int) -> NDArray:
    """The picture in a file of any mode: turned upright, over white, squashed to uint8 (size, size, 3)."""
    with Image.open(path) as file:
        upright = ImageOps.exif_transpose(file).convert("RGBA")
    white = Image.new("RGBA", upright.size, "white")
    flat = Image.alpha_composite(white, upright).convert("RGB")
    return np.asarray(flat.resize((size, size), Image.Resampling.BILINEAR))


def shrink(grey: NDArray, rows: int, columns: int) -> NDArray:
    """Means over a grid of cells of about equal size: (..., H, W) -> (..., rows, columns). Given in the notebook."""
    H, W = grey.shape[-2:]
    down, across = np.arange(rows) * H // rows, np.arange(columns) * W // columns
    sums = np.add.reduceat(np.add.reduceat(np.asarray(grey, dtype=np.float64), down, axis=-2), across, axis=-1)
    areas = np.diff(np.append(down, H))[:, None] * np.diff(np.append(across, W))
    return sums / areas


def grey_of(imgs: NDArray) -> NDArray:
    """Grey levels (..., H, W), whole numbers: (299 R + 587 G + 114 B) // 1000."""
    red, green, blue = np.moveaxis(imgs.astype(np.int64), -1, 0)
    return (299 * red + 587 * green + 114 * blue) // 1000


def dhash(imgs: NDArray) -> NDArray:
    """Difference hashes, bool (N, 8, 8): whether the next cell to the right is brighter."""
    cells = shrink(grey_of(imgs), ROWS, COLUMNS)
    return cells[..., 1:] > cells[..., :-1]


def hash_distances(imgs: NDArray) -> NDArray:
    """In how many bits the hashes of two pictures differ, (N, N)."""
    bits = dhash(imgs).reshape(len(imgs), -1)
    return (bits[:, None] != bits[None]).sum(axis=-1)


def dhash_pairs(imgs: NDArray, thr: int) -> set[tuple[int, int]]:
    """Pairs (i, j), i < j, of pictures uint8 (N, H, W, 3) whose difference hashes differ in at most thr of 64 bits."""
    close = np.triu(hash_distances(imgs) <= thr, k=1)
    return {(int(i), int(j)) for i, j in np.argwhere(close)}


def group_split(y: NDArray, g: NDArray, fractions: tuple[float, float, float], seed: int) -> Indices:
    """Indices of three parts: whole groups, class by class in random order, cut where the fractions say.

    Every part has its share of each class, off by less than the class's largest group.
    """
    rng = np.random.default_rng(seed)
    part = np.empty(len(y), dtype=int)
    cuts = np.cumsum(fractions)[:-1]
    for label in np.unique(y):
        groups = rng.permutation(np.unique(g[y == label]))
        sizes = np.array([(g == group).sum() for group in groups])
        before = (np.cumsum(sizes) - sizes) / sizes.sum()
        for group, place in zip(groups, np.searchsorted(cuts, before, side="right"), strict=True):
            part[g == group] = place
    train, validation, test = (np.flatnonzero(part == p) for p in range(3))
    return train, validation, test


def preprocess(x: NDArray, arch: str) -> NDArray:
    """Raw pictures uint8 (B, H, W, 3) as ``arch`` expects them, float32 of the same shape.

    Raises:
        ValueError: x is not uint8, or arch is unknown.
    """
    if x.dtype != np.uint8:
        raise ValueError(f"raw pictures are uint8, these are {x.dtype}: preprocessed already?")
    if arch in CAFFE:
        return (x[..., ::-1] - CAFFE_MEAN).astype(np.float32)
    if arch in TORCH:
        return ((x / 255.0 - TORCH_MEAN) / TORCH_STD).astype(np.float32)
    raise ValueError(f"unknown network {arch!r}")


def pixel_bounds(arch: str) -> tuple[NDArray, NDArray]:
    """Smallest and largest value of a preprocessed pixel, channel by channel: lo (3,), hi (3,)."""
    extremes = np.array([0, 255], dtype=np.uint8).reshape(2, 1, 1, 1).repeat(3, axis=3)
    lo, hi = preprocess(extremes, arch)[:, 0, 0]
    return lo, hi


def class_weights(y: NDArray, K: int) -> NDArray:
    """Weights (K,): N / (number of present classes x pictures of the class); 0 for an absent class."""
    counts = np.bincount(y, minlength=K)
    present = counts > 0
    weights = np.zeros(K)
    weights[present] = len(y) / (present.sum() * counts[present])
    return weights


def majority_baseline(y_train: NDArray, y_test: NDArray) -> tuple[int, float]:
    """The most frequent training class, the smallest of several, and the share of test pictures that it gets right."""
    c = int(np.bincount(y_train).argmax())
    return c, float(np.mean(y_test == c))


def nearest_label(images: NDArray, y: NDArray, train: NDArray, test: NDArray) -> NDArray:
    """The bug hunt's function: the label of the nearest training picture for each test picture, (len(test),).

    Pictures are compared by the steps from pixel to pixel along a row, each divided by its standard deviation over the
    training part (a step that is the same in all of that part is left as it is).
    """
    return _nearest(images, y, train, test)


def _nearest(
    images: NDArray,
    y: NDArray,
    train: NDArray,
    test: NDArray,
    *,
    wraps: bool = False,
    leaks: bool = False,
    misplaced: bool = False,
) -> NDArray:
    """`nearest_label` with each of the seeded bugs switched on or off."""
    pixels = images if wraps else images.astype(np.float64)
    steps = (pixels[:, :, 1:] - pixels[:, :, :-1]).reshape(len(images), -1).astype(np.float64)
    spread = (steps if leaks else steps[train]).std(axis=0)
    steps = steps / np.where(spread > 0, spread, 1.0)
    distances = ((steps[test][:, None] - steps[train][None]) ** 2).sum(axis=-1)
    nearest = distances.argmin(axis=1)
    return y[nearest] if misplaced else y[train][nearest]
