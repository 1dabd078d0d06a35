"""Solutions of ``dhash_pairs(imgs, thr)``."""

import itertools

import numpy as np
from PIL import Image

from autograder.checks.lab01.reference import dhash_pairs, grey_of, shrink


def _bits(imgs):
    cells = shrink(grey_of(imgs), 8, 9)
    return (cells[..., 1:] > cells[..., :-1]).reshape(len(imgs), -1)


def _from_bits(bits, thr):
    return {(i, j) for i, j in itertools.combinations(range(len(bits)), 2) if (bits[i] != bits[j]).sum() <= thr}


def right_combinations(imgs, thr):
    """itertools.combinations."""
    return _from_bits(_bits(imgs), thr)


def right_table(imgs, thr):
    """A table of distances and its upper triangle."""
    bits = _bits(imgs)
    table = (bits[:, None] ^ bits[None]).sum(axis=-1)
    return {(int(i), int(j)) for i, j in zip(*np.nonzero(np.triu(table <= thr, 1)), strict=True)}


def right_integers(imgs, thr):
    """Hashes as Python integers of 64 bits, picture by picture, in loops."""
    hashes = []
    for picture in imgs.tolist():
        grey = np.array([[(299 * r + 587 * g + 114 * b) // 1000 for r, g, b in row] for row in picture])
        number = 0
        for row in shrink(grey, 8, 9).tolist():
            for left, right in itertools.pairwise(row):
                number = 2 * number + (right > left)
        hashes.append(number)
    found = set()
    for i in range(len(hashes)):
        for j in range(i + 1, len(hashes)):
            if (hashes[i] ^ hashes[j]).bit_count() <= thr:
                found.add((i, j))
    return found


def right_product(imgs, thr):
    """Distances from a matrix product of +1 and -1."""
    signs = np.where(_bits(imgs), 1.0, -1.0)
    distance = (64 - signs @ signs.T) / 2
    return {(i, j) for j in range(len(imgs)) for i in range(j) if distance[i, j] <= thr}


def right_float_grey(imgs, thr):
    """Grey in floats, rounded down."""
    grey = np.floor(imgs @ np.array([0.299, 0.587, 0.114]) + 1e-9)
    cells = np.stack([shrink(picture, 8, 9) for picture in grey])
    return _from_bits((np.diff(cells, axis=-1) > 0).reshape(len(imgs), -1), thr)


def right_numpy_integers(imgs, thr):
    """Pairs of NumPy integers."""
    near = np.triu((_bits(imgs)[:, None] != _bits(imgs)).sum(axis=-1) <= thr, 1)
    return set(map(tuple, np.argwhere(near)))


def wrong_less_than(imgs, thr):
    """Below thr, not at most thr."""
    return right_combinations(imgs, thr - 1)


def wrong_both_orders(imgs, thr):
    """Every pair twice."""
    found = right_combinations(imgs, thr)
    return found | {(j, i) for i, j in found}


def wrong_with_itself(imgs, thr):
    """Each picture is near to itself."""
    return right_combinations(imgs, thr) | {(i, i) for i in range(len(imgs))}


def wrong_list(imgs, thr):
    """A list."""
    return sorted(right_combinations(imgs, thr))


def wrong_along_columns(imgs, thr):
    """Compares with the cell below."""
    cells = shrink(grey_of(imgs), 9, 8)
    return _from_bits((cells[:, 1:] > cells[:, :-1]).reshape(len(imgs), -1), thr)


def wrong_average_hash(imgs, thr):
    """Each cell against the mean of all."""
    cells = shrink(grey_of(imgs), 8, 8).reshape(len(imgs), -1)
    return _from_bits(cells > cells.mean(axis=1, keepdims=True), thr)


def wrong_eight_columns(imgs, thr):
    """Eight columns give seven differences."""
    cells = shrink(grey_of(imgs), 8, 8)
    return _from_bits((cells[..., 1:] > cells[..., :-1]).reshape(len(imgs), -1), thr)


def wrong_rows_and_columns_swapped(imgs, thr):
    """Nine rows, eight columns."""
    cells = shrink(grey_of(imgs), 9, 8)
    return _from_bits((cells[..., 1:] > cells[..., :-1]).reshape(len(imgs), -1), thr)


def wrong_ties_count(imgs, thr):
    """>= in the place of >."""
    cells = shrink(grey_of(imgs), 8, 9)
    return _from_bits((cells[..., 1:] >= cells[..., :-1]).reshape(len(imgs), -1), thr)


def wrong_mean_of_channels(imgs, thr):
    """The plain mean of the channels."""
    return _from_bits(_bits(np.repeat(imgs.mean(axis=-1, keepdims=True).astype(np.uint8), 3, axis=-1)), thr)


def wrong_pillow(imgs, thr):
    """Pillow's grey, and Pillow's resize for shrink."""
    small = [Image.fromarray(picture).convert("L").resize((9, 8)) for picture in imgs]
    cells = np.stack([np.asarray(s, dtype=int) for s in small])
    return _from_bits((cells[..., 1:] > cells[..., :-1]).reshape(len(imgs), -1), thr)


def wrong_pillow_box(imgs, thr):
    """Pillow's grey and its box filter, which weighs pixels that two cells share."""
    small = [Image.fromarray(picture).convert("L").resize((9, 8), Image.Resampling.BOX) for picture in imgs]
    cells = np.stack([np.asarray(s, dtype=int) for s in small])
    return _from_bits((cells[..., 1:] > cells[..., :-1]).reshape(len(imgs), -1), thr)


def wrong_not_rounded(imgs, thr):
    """Divides by 1000 and keeps the rest."""
    cells = shrink(imgs @ np.array([299.0, 587.0, 114.0]) / 1000, 8, 9)
    return _from_bits((cells[..., 1:] > cells[..., :-1]).reshape(len(imgs), -1), thr)


def wrong_rounded_to_nearest(imgs, thr):
    """Rounds grey to the nearest whole number."""
    cells = shrink(np.rint(imgs @ np.array([0.299, 0.587, 0.114])), 8, 9)
    return _from_bits((cells[..., 1:] > cells[..., :-1]).reshape(len(imgs), -1), thr)


def wrong_pillow_grey(imgs, thr):
    """Pillow's grey, which rounds, and shrink."""
    grey = np.stack([np.asarray(Image.fromarray(picture).convert("L"), dtype=int) for picture in imgs])
    cells = shrink(grey, 8, 9)
    return _from_bits((cells[..., 1:] > cells[..., :-1]).reshape(len(imgs), -1), thr)


def wrong_int16(imgs, thr):
    """16 bits, which 587 times 255 does not fit into."""
    red, green, blue = np.moveaxis(imgs.astype(np.int16), -1, 0)
    with np.errstate(over="ignore"):
        cells = shrink((299 * red + 587 * green + 114 * blue) // 1000, 8, 9)
    return _from_bits((cells[..., 1:] > cells[..., :-1]).reshape(len(imgs), -1), thr)


def wrong_wraps(imgs, thr):
    """A sum of uint8 that wraps at 256."""
    grey = imgs[..., 0] + imgs[..., 1] + imgs[..., 2]
    return _from_bits(_bits(np.repeat(grey[..., None], 3, axis=-1)), thr)


def wrong_cast_late(imgs, thr):
    """Multiplies in uint8 and casts after that."""
    weights = np.array([299 % 256, 587 % 256, 114], dtype=np.uint8)
    grey = (imgs * weights).astype(np.int64).sum(axis=-1) // 1000
    cells = shrink(grey, 8, 9)
    return _from_bits((cells[..., 1:] > cells[..., :-1]).reshape(len(imgs), -1), thr)


def wrong_bgr_weights(imgs, thr):
    """The weights in the order of blue, green, red."""
    return right_combinations(imgs[..., ::-1], thr)


def wrong_one_channel(imgs, thr):
    """The green channel for grey."""
    return right_combinations(np.repeat(imgs[..., 1:2], 3, axis=-1), thr)


def wrong_only_the_next(imgs, thr):
    """Compares each picture with the next."""
    return {(i, j) for i, j in right_combinations(imgs, thr) if j == i + 1}


def wrong_only_the_first(imgs, thr):
    """Compares each picture with the first."""
    return {(i, j) for i, j in right_combinations(imgs, thr) if i == 0}


def wrong_inherited(imgs, thr):
    """Near to what is near: whole groups."""
    found = right_combinations(imgs, thr)
    while True:
        more = {(i, k) for i, j in found for m, k in found if j == m} | found
        if more == found:
            return found
        found = more


def wrong_bytes(imgs, thr):
    """Counts bytes that differ, after packing the bits."""
    return _from_bits(np.packbits(_bits(imgs), axis=1), thr)


def wrong_fraction(imgs, thr):
    """thr as a percentage of the bits."""
    return right_combinations(imgs, thr * 64 / 100)


def wrong_pixels(imgs, thr):
    """The mean difference of pixels."""
    flat = imgs.reshape(len(imgs), -1).astype(float)
    return {(i, j) for i, j in itertools.combinations(range(len(imgs)), 2) if np.abs(flat[i] - flat[j]).mean() <= thr}


def wrong_nearest_only(imgs, thr):
    """For each picture only its nearest one."""
    bits = _bits(imgs)
    table = (bits[:, None] != bits).sum(axis=-1) + 99 * np.eye(len(imgs), dtype=int)
    return {tuple(sorted((i, int(row.argmin())))) for i, row in enumerate(table) if row.min() <= thr}


def wrong_in_place(imgs, thr):
    """Brightens the pictures to the full range first, in place."""
    imgs -= imgs.min()
    return dhash_pairs(imgs, thr)


def wrong_no_return(imgs, thr):
    """Forgets to return."""
    right_combinations(imgs, thr)
