"""Solutions of ``ece(p, y, bins)``."""

import numpy as np


def right_loop(p, y, bins):
    """A loop over bins."""
    confidence, right = p.max(axis=1), p.argmax(axis=1) == y
    total = 0.0
    for m in range(bins):
        inside = (confidence > m / bins) & (confidence <= (m + 1) / bins)
        if inside.any():
            total += inside.sum() * abs(right[inside].mean() - confidence[inside].mean())
    return total / len(y)


def right_bincount(p, y, bins):
    """Counting: the gap of sums."""
    confidence, right = np.max(p, 1), (np.argmax(p, 1) == y).astype(float)
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return np.abs(np.bincount(place, right - confidence, bins)).sum() / len(y)


def right_digitize(p, y, bins):
    """np.digitize, closed on the right."""
    confidence, right = p.max(axis=1), p.argmax(axis=1) == y
    place = np.digitize(confidence, np.arange(bins + 1) / bins, right=True)
    gaps = [abs((right[place == m] - confidence[place == m]).mean()) * (place == m).mean() for m in np.unique(place)]
    return float(np.sum(gaps))


def right_pictures(p, y, bins):
    """Picture by picture, in dictionaries."""
    sums = {}
    for row, label in zip(p.tolist(), y.tolist(), strict=True):
        c = max(row)
        m = next(m for m in range(bins) if c <= (m + 1) / bins)
        sums[m] = sums.get(m, 0.0) + (row.index(c) == label) - c
    return sum(abs(s) for s in sums.values()) / len(y)


def right_float32(p, y, bins):
    """Single precision."""
    return np.float32(right_bincount(p.astype(np.float32), y, bins))


def right_onehot(p, y, bins):
    """A matrix of bins."""
    confidence, right = p.max(axis=1), p.argmax(axis=1) == y
    edges = np.arange(bins) / bins
    inside = (confidence[:, None] > edges) & (confidence[:, None] <= edges + 1 / bins + 1e-12)
    return float(np.abs((right - confidence) @ inside).sum() / len(p))


def _bins(confidence, right, place):
    for m in np.unique(place):
        inside = place == m
        yield inside.mean(), right[inside].mean(), confidence[inside].mean()


def _parts(p, y):
    return p.max(axis=1), (p.argmax(axis=1) == y).astype(float)


def _place(confidence, bins):
    return np.ceil(confidence * bins).astype(int)


def wrong_closed_left(p, y, bins):
    """Bins closed on the left."""
    confidence, right = _parts(p, y)
    place = np.minimum(np.floor(confidence * bins), bins - 1)
    return sum(share * abs(a - c) for share, a, c in _bins(confidence, right, place))


def wrong_loses_one(p, y, bins):
    """Closed on the left, and confidence 1.0 in no bin."""
    confidence, right = _parts(p, y)
    total = 0.0
    for m in range(bins):
        inside = (confidence >= m / bins) & (confidence < (m + 1) / bins)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return total


def wrong_signed(p, y, bins):
    """Signed gaps."""
    confidence, right = _parts(p, y)
    return abs(sum(share * (a - c) for share, a, c in _bins(confidence, right, _place(confidence, bins))))


def wrong_plain_mean(p, y, bins):
    """All bins count the same."""
    confidence, right = _parts(p, y)
    return np.mean([abs(a - c) for _, a, c in _bins(confidence, right, _place(confidence, bins))])


def wrong_largest(p, y, bins):
    """The largest gap, MCE."""
    confidence, right = _parts(p, y)
    return max(abs(a - c) for _, a, c in _bins(confidence, right, _place(confidence, bins)))


def wrong_true_class(p, y, bins):
    """The score of the true class as confidence."""
    confidence, right = p[np.arange(len(y)), y], (p.argmax(axis=1) == y).astype(float)
    return sum(share * abs(a - c) for share, a, c in _bins(confidence, right, _place(confidence, bins)))


def wrong_fifteen(p, y, bins):
    """Fifteen bins whatever is asked, sixteen if fifteen are."""
    return right_loop(p, y, 15 if bins != 15 else 16)


def wrong_no_bins(p, y, bins):
    """Picture by picture: |right - confidence|."""
    confidence, right = _parts(p, y)
    return np.abs(right - confidence).mean()


def wrong_squared(p, y, bins):
    """Squared gaps."""
    confidence, right = _parts(p, y)
    return sum(share * (a - c) ** 2 for share, a, c in _bins(confidence, right, _place(confidence, bins)))


def wrong_equal_counts(p, y, bins):
    """Bins with equally many pictures."""
    confidence, right = _parts(p, y)
    place = np.empty(len(y), dtype=int)
    place[np.argsort(confidence)] = np.arange(len(y)) * bins // len(y)
    return sum(share * abs(a - c) for share, a, c in _bins(confidence, right, place))


def wrong_range_of_the_data(p, y, bins):
    """Edges from the smallest to the largest confidence, as np.histogram."""
    confidence, right = _parts(p, y)
    edges = np.histogram_bin_edges(confidence, bins)
    place = np.clip(np.digitize(confidence, edges), 1, bins)
    return sum(share * abs(a - c) for share, a, c in _bins(confidence, right, place))


def wrong_from_chance(p, y, bins):
    """Edges from 1 / K to 1."""
    confidence, right = _parts(p, y)
    place = np.ceil((confidence - 1 / p.shape[1]) / (1 - 1 / p.shape[1]) * bins)
    return sum(share * abs(a - c) for share, a, c in _bins(confidence, right, place))


def wrong_middle_of_the_bin(p, y, bins):
    """The bin's middle as its confidence."""
    confidence, right = _parts(p, y)
    place = _place(confidence, bins)
    return sum((place == m).mean() * abs(right[place == m].mean() - (m - 0.5) / bins) for m in np.unique(place))


def wrong_all_classes(p, y, bins):
    """Every score of every class, not the largest."""
    flat, right = p.ravel(), (np.arange(p.shape[1])[None] == y[:, None]).astype(float).ravel()
    return sum(share * abs(a - c) for share, a, c in _bins(flat, right, _place(flat, bins)))


def wrong_empty_bins(p, y, bins):
    """NaN for empty bins."""
    confidence, right = _parts(p, y)
    total = 0.0
    with np.errstate(all="ignore"):
        for m in range(bins):
            inside = (confidence > m / bins) & (confidence <= (m + 1) / bins)
            n = np.float64(inside.sum())
            total += inside.mean() * abs(right[inside].sum() / n - confidence[inside].sum() / n)
    return total


def wrong_sum_of_counts(p, y, bins):
    """Not divided by the number of pictures."""
    return len(y) * right_loop(p, y, bins)
