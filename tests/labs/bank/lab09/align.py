"""Solutions of ``align(R_lib, R)``."""

import numpy as np

from autograder.checks.lab09 import reference

right_reference = reference.align


def flat(R_lib, R):
    """Colours summed."""
    R_lib = np.asarray(R_lib, dtype=np.float64)
    if R_lib.ndim == 3:
        return R_lib
    return R_lib.sum(axis=3 if R_lib.shape[1:3] == R.shape[1:3] else 1)


def scaled(found, s):
    return np.asarray(s)[:, None, None] * found, np.asarray(s)


def right_loop(R_lib, R):
    """Image by image, with lstsq."""
    found = flat(R_lib, R)
    s = [np.linalg.lstsq(one.reshape(-1, 1), own.ravel(), rcond=None)[0][0] for one, own in zip(found, R, strict=True)]
    return scaled(found, s)


def right_einsum(R_lib, R):
    """Einsum; 0 / 0 by nan_to_num."""
    found = flat(R_lib, R)
    with np.errstate(invalid="ignore", divide="ignore"):
        s = np.nan_to_num(np.einsum("bhw,bhw->b", found, R) / np.einsum("bhw,bhw->b", found, found))
    return scaled(found, s)


def right_lists(R_lib, R):
    """Factors in a list."""
    found = flat(R_lib, R)
    s = [float((one * own).sum() / (one**2).sum()) if one.any() else 0.0 for one, own in zip(found, R, strict=True)]
    return [factor * one for factor, one in zip(s, found, strict=True)], s


def right_single(R_lib, R):
    """In single precision."""
    A, s = reference.align(R_lib, R)
    return A.astype(np.float32), s.astype(np.float32)


def right_transposed(R_lib, R):
    """The axis of the colours is found by moving it."""
    if R_lib.ndim == 4:
        R_lib = R_lib if R_lib.shape[:3] == R.shape else np.moveaxis(R_lib, 1, -1)
        R_lib = R_lib.sum(axis=-1, dtype=np.float64)
    return reference.align(R_lib, R)


def wrong_whole_batch(R_lib, R):
    """One factor for all."""
    found = flat(R_lib, R)
    s = np.full(len(R), (found * R).sum() / max((found**2).sum(), 1e-300))
    return scaled(found, s)


def wrong_upside_down(R_lib, R):
    """Divides by the square of one's own."""
    found = flat(R_lib, R)
    return scaled(found, (found * R).sum(axis=(1, 2)) / np.maximum((R**2).sum(axis=(1, 2)), 1e-300))


def wrong_maximum(R_lib, R):
    """Equal maxima."""
    found = flat(R_lib, R)
    largest = np.abs(found).max(axis=(1, 2))
    return scaled(found, np.abs(R).max(axis=(1, 2)) / np.where(largest > 0, largest, np.inf))


def wrong_sums(R_lib, R):
    """Equal sums."""
    found = flat(R_lib, R)
    total = found.sum(axis=(1, 2))
    return scaled(found, np.where(total != 0, R.sum(axis=(1, 2)) / np.where(total != 0, total, 1), 0))


def wrong_positive(R_lib, R):
    """No negative factor."""
    A, s = reference.align(R_lib, R)
    return np.sign(s)[:, None, None] * A, np.abs(s)


def wrong_mean_of_colours(R_lib, R):
    """The mean over the colours."""
    R_lib = np.asarray(R_lib, dtype=np.float64)
    if R_lib.ndim == 4:
        R_lib = R_lib.mean(axis=3 if R_lib.shape[1:3] == R.shape[1:3] else 1)
    return reference.align(R_lib, R)


def wrong_last_axis(R_lib, R):
    """Colours are always last."""
    return reference.align(R_lib.sum(axis=-1) if R_lib.ndim == 4 else R_lib, R)


def wrong_first_colour(R_lib, R):
    """One colour of three."""
    if R_lib.ndim == 4:
        R_lib = R_lib[..., 0] if R_lib.shape[1:3] == R.shape[1:3] else R_lib[:, 0]
    return reference.align(R_lib, R)


def wrong_nan(R_lib, R):
    """0 / 0."""
    found = flat(R_lib, R)
    with np.errstate(invalid="ignore"):
        return scaled(found, (found * R).sum(axis=(1, 2)) / (found**2).sum(axis=(1, 2)))


def wrong_one_for_zeros(R_lib, R):
    """A map of zeros gets the factor 1."""
    A, s = reference.align(R_lib, R)
    return A, np.where(flat(R_lib, R).any(axis=(1, 2)), s, 1.0)


def wrong_one_thing(R_lib, R):
    """The maps only."""
    return reference.align(R_lib, R)[0]


def wrong_own_scaled(R_lib, R):
    """Brings one's own maps to the library's."""
    found = flat(R_lib, R)
    s = (found * R).sum(axis=(1, 2)) / np.maximum((R**2).sum(axis=(1, 2)), 1e-300)
    return scaled(R, s)


def wrong_in_place(R_lib, R):
    """Scales the library's maps themselves."""
    A, s = reference.align(R_lib, R)
    R_lib *= s.reshape(-1, *[1] * (R_lib.ndim - 1)).astype(R_lib.dtype)
    return A, s


def wrong_centred(R_lib, R):
    """A regression with an intercept."""
    found = flat(R_lib, R)
    one, own = (v - v.mean(axis=(1, 2), keepdims=True) for v in (found, R))
    square = (one**2).sum(axis=(1, 2))
    return scaled(found, (one * own).sum(axis=(1, 2)) / np.where(square > 0, square, np.inf))


def wrong_lengths(R_lib, R):
    """Equal lengths."""
    found = flat(R_lib, R)
    size = np.sqrt((found**2).sum(axis=(1, 2)))
    return scaled(found, np.sqrt((R**2).sum(axis=(1, 2))) / np.where(size > 0, size, np.inf))
