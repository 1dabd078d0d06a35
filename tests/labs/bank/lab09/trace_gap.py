"""Solutions of ``trace_gap(mine, theirs, tol)``."""

import numpy as np

from autograder.checks.lab09 import reference

right_reference = reference.trace_gap


def _gap(R, R_lib):
    return np.abs(R - R_lib).max() / np.abs(R_lib).max()


def _gaps(mine, theirs, gap=_gap):
    return [gap(R, R_lib) for R, R_lib in zip(mine, theirs, strict=True)]


def _last(gaps, tol):
    return max((l for l, gap in enumerate(gaps) if gap > tol), default=None)


def right_backwards(mine, theirs, tol):
    """From the last entry."""
    gaps = _gaps(mine, theirs)
    for l in reversed(range(len(gaps))):
        if gaps[l] > tol:
            return gaps, l
    return gaps, None


def right_array(mine, theirs, tol):
    """With flatnonzero."""
    gaps = np.array(_gaps(mine, theirs))
    beyond = np.flatnonzero(gaps > tol)
    return gaps, int(beyond[-1]) if len(beyond) else None


def right_overwritten(mine, theirs, tol):
    """Upwards, the last one found stays."""
    gaps, place = [], None
    for l in range(len(mine)):
        gaps.append(float(np.max(np.abs(mine[l] - theirs[l]))) / float(np.max(np.abs(theirs[l]))))
        if gaps[-1] > tol:
            place = l
    return gaps, place


def right_next(mine, theirs, tol):
    """With next."""
    gaps = _gaps(mine, theirs)
    return gaps, next((l for l in range(len(gaps) - 1, -1, -1) if gaps[l] > tol), None)


def _with(gap):
    def trace_gap(mine, theirs, tol):
        gaps = _gaps(mine, theirs, gap)
        return gaps, _last(gaps, tol)

    return trace_gap


wrong_signed = _with(lambda R, R_lib: (R - R_lib).max() / np.abs(R_lib).max())
wrong_absolute = _with(lambda R, R_lib: np.abs(R - R_lib).max())
wrong_by_mine = _with(lambda R, R_lib: np.abs(R - R_lib).max() / np.abs(R).max())
wrong_sums = _with(lambda R, R_lib: abs(R.sum() - R_lib.sum()) / np.abs(R_lib).max())
wrong_mean = _with(lambda R, R_lib: np.abs(R - R_lib).mean() / np.abs(R_lib).mean())
wrong_pixel_by_pixel = _with(lambda R, R_lib: np.max(np.abs(R - R_lib) / np.abs(R_lib)))


def wrong_one_scale(mine, theirs, tol):
    """One largest magnitude for all layers."""
    largest = max(np.abs(R).max() for R in theirs)
    gaps = [np.abs(R - R_lib).max() / largest for R, R_lib in zip(mine, theirs, strict=True)]
    return gaps, _last(gaps, tol)


def wrong_upwards(mine, theirs, tol):
    """The first from the pixels."""
    gaps = _gaps(mine, theirs)
    return gaps, next((l for l, gap in enumerate(gaps) if gap > tol), None)


def wrong_largest(mine, theirs, tol):
    """Where the gap is largest."""
    gaps = _gaps(mine, theirs)
    return gaps, int(np.argmax(gaps)) if max(gaps) > tol else None


def wrong_zero_is_false(mine, theirs, tol):
    """``place or None``: 0 is lost."""
    gaps, place = reference.trace_gap(mine, theirs, tol)
    return gaps, place or None


def wrong_minus_one(mine, theirs, tol):
    """-1 where None is due."""
    gaps, place = reference.trace_gap(mine, theirs, tol)
    return gaps, -1 if place is None else place


def wrong_from_the_top(mine, theirs, tol):
    """Counted from the top."""
    gaps, place = reference.trace_gap(mine, theirs, tol)
    return gaps, None if place is None else len(gaps) - 1 - place


def wrong_fixed_tolerance(mine, theirs, tol):
    gaps, _ = reference.trace_gap(mine, theirs, tol)
    return gaps, _last(gaps, 1e-3)


def wrong_reversed(mine, theirs, tol):
    """Gaps from the top down."""
    gaps, place = reference.trace_gap(mine, theirs, tol)
    return gaps[::-1], place


def wrong_below(mine, theirs, tol):
    """The last layer at which they still agree."""
    gaps, place = reference.trace_gap(mine, theirs, tol)
    return gaps, None if place is None else place + 1


def wrong_gaps_only(mine, theirs, tol):
    return reference.trace_gap(mine, theirs, tol)[0]
