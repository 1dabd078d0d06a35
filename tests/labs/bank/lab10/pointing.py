"""Solutions of ``pointing(R, M)``: R, M (B, H, W) -> (B,)."""

import numpy as np


def right_argmax(R, M):
    """argmax of the flat maps."""
    flat = R.reshape(len(R), -1)
    return M.reshape(len(M), -1)[np.arange(len(R)), flat.argmax(axis=1)].astype(float)


def right_loop(R, M):
    """With unravel_index, as bools."""
    return np.array([mask[np.unravel_index(heat.argmax(), heat.shape)] for heat, mask in zip(R, M, strict=True)])


def right_largest_inside(R, M):
    """Compares the largest inside with the largest outside."""
    inside = np.where(M, R, -np.inf).max(axis=(1, 2))
    return (inside > np.where(M, -np.inf, R).max(axis=(1, 2))).astype(np.float32)


def right_equality(R, M):
    """Where the map reaches its largest value."""
    return ((R.max(axis=(1, 2), keepdims=True) == R) & M).any(axis=(1, 2)) * 1


def _at(key, M):
    return M.reshape(len(M), -1)[np.arange(len(M)), key.reshape(len(M), -1).argmax(axis=1)].astype(float)


def wrong_abs(R, M):
    """The largest magnitude."""
    return _at(np.abs(R), M)


def wrong_square(R, M):
    """The largest square."""
    return _at(R**2, M)


def wrong_smallest(R, M):
    """argmin."""
    return _at(-R, M)


def wrong_whole_batch(R, M):
    """The largest value of the whole batch, at that place in every mask."""
    place = np.unravel_index(R.argmax(), R.shape)[1:]
    return M[(slice(None), *place)].astype(float)


def wrong_positive_share(R, M):
    """Whether most of the positive relevance lies inside."""
    heat = np.maximum(R, 0)
    return ((heat * M).sum(axis=(1, 2)) > 0.5 * heat.sum(axis=(1, 2))).astype(float)


def wrong_masked_map(R, M):
    """The largest value of R times M is always inside, or 0."""
    return _at(R * M, M)


def wrong_mean(R, M):
    """The hit rate of the batch, for every picture."""
    return np.full(len(R), _at(R, M).mean())


def wrong_transposed(R, M):
    """Columns and rows mixed up."""
    return np.array([mask.T.ravel()[heat.argmax()] for heat, mask in zip(R, M, strict=True)]).astype(float)


def wrong_outside(R, M):
    """A miss is a hit."""
    return 1 - _at(R, M)


def wrong_means_compared(R, M):
    """The mean inside against the mean outside."""
    return np.array([h[m].mean() > h[~m].mean() for h, m in zip(R, M, strict=True)]).astype(float)


def wrong_row_maximum(R, M):
    """The largest value of every row: a share of rows."""
    place = R.argmax(axis=2)
    return np.take_along_axis(M, place[..., None], axis=2)[..., 0].mean(axis=1)


def wrong_value_compared(R, M):
    """The largest value of R times M against that of R: wrong where all relevance is negative."""
    return ((R * M).max(axis=(1, 2)) == R.max(axis=(1, 2))).astype(float)


def wrong_positive_needed(R, M):
    """A hit needs positive relevance."""
    return _at(R, M) * (R.max(axis=(1, 2)) > 0)
