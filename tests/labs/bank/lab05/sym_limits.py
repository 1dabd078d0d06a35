"""Solutions of exercise 6, ``sym_limits(h)``."""

import numpy as np


def right_largest(h):
    """The largest magnitude."""
    most = np.abs(h).max()
    return (-most, most) if most > 0 else (-1.0, 1.0)


def right_both_ends(h):
    """The farther end."""
    most = max(float(h.max()), -float(h.min())) or 1.0
    return -most, most


def right_norm(h):
    """The infinity norm, as an array."""
    most = np.linalg.norm(h.ravel(), ord=np.inf)
    return np.array([-1.0, 1.0]) * (most if most else 1.0)


def right_loops(h):
    """Value by value."""
    most = 0.0
    for value in h.ravel().tolist():
        most = max(most, value, -value)
    return [-most, most] if most else [-1, 1]


def wrong_min_max(h):
    """Least and largest."""
    return (h.min(), h.max()) if h.any() else (-1, 1)


def wrong_max_only(h):
    """Negative values are not looked at."""
    most = h.max() if h.any() else 1
    return -most, most


def wrong_from_zero(h):
    """From 0."""
    return 0.0, float(np.abs(h).max()) or 1.0


def wrong_one(h):
    """Always -1 to 1."""
    return -1.0, 1.0


def wrong_zero_map(h):
    """A map of zeros gets no room."""
    most = np.abs(h).max()
    return -most, most


def wrong_percentile(h):
    """The 99th percentile, which leaves values outside."""
    most = np.percentile(np.abs(h), 90) or 1.0
    return -most, most


def wrong_deviation(h):
    """Three standard deviations."""
    most = 3 * h.std() or 1.0
    return -most, most


def wrong_mean(h):
    """Around the mean."""
    if not h.any():
        return -1, 1
    most = np.abs(h - h.mean()).max()
    return h.mean() - most, h.mean() + most


def wrong_exchanged(h):
    """The larger first."""
    lo, hi = right_largest(h)
    return hi, lo


def wrong_sum(h):
    """The largest plus the least."""
    most = h.max() - h.min() if h.any() else 1
    return -most, most


def wrong_one_number(h):
    """One number."""
    return right_largest(h)[1]


def wrong_least(h):
    """The end that is nearer to zero."""
    most = min(abs(h.max()), abs(h.min())) if h.any() else 1
    return -most, most
