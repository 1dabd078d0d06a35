"""Solutions of exercise 8, ``similarity(h1, h2)``."""

import warnings

import numpy as np
from scipy import stats


def _correlation(r1, r2):
    r1, r2 = r1 - r1.mean(), r2 - r2.mean()
    scale = np.sqrt((r1**2).sum() * (r2**2).sum())
    return float((r1 * r2).sum() / scale) if scale > 0 else 0.0


def _ranked(h1, h2, method="average"):
    return _correlation(stats.rankdata(h1.ravel(), method), stats.rankdata(h2.ravel(), method))


def right_rankdata(h1, h2):
    """SciPy's ranks."""
    return _ranked(h1, h2)


def right_spearmanr(h1, h2):
    """SciPy's correlation."""
    if np.ptp(h1) == 0 or np.ptp(h2) == 0:
        return 0.0
    return stats.spearmanr(h1.ravel(), h2.ravel())[0]


def right_unique(h1, h2):
    """Ranks from np.unique."""

    def ranks(h):
        _, group, counts = np.unique(h.ravel(), return_inverse=True, return_counts=True)
        below = np.concatenate([[0], np.cumsum(counts)[:-1]])
        return (below + (counts - 1) / 2)[group.ravel()]

    return _correlation(ranks(h1), ranks(h2))


def right_comparisons(h1, h2):
    """A rank is how many values are below, and half of those that are equal."""

    def ranks(h):
        v = h.ravel()
        return np.array([(v < value).sum() + (v == value).sum() / 2 for value in v])

    return np.float64(_correlation(ranks(h1), ranks(h2)))


def right_corrcoef(h1, h2):
    """np.corrcoef of ranks, in an array of shape ()."""
    r1, r2 = (stats.rankdata(h.ravel()) for h in (h1, h2))
    if r1.std() == 0 or r2.std() == 0:
        return np.zeros(())
    return np.corrcoef(r1, r2)[0, 1]


def wrong_pearson(h1, h2):
    """Correlates the values."""
    return _correlation(h1.ravel(), h2.ravel())


def wrong_argsort_twice(h1, h2):
    """Equal values get ranks by their place."""
    if np.ptp(h1) == 0 or np.ptp(h2) == 0:
        return 0.0
    return _correlation(h1.ravel().argsort().argsort(), h2.ravel().argsort().argsort())


def wrong_argsort_once(h1, h2):
    """argsort is not the rank."""
    if np.ptp(h1) == 0 or np.ptp(h2) == 0:
        return 0.0
    return _correlation(h1.ravel().argsort(kind="stable"), h2.ravel().argsort(kind="stable"))


def wrong_least_rank(h1, h2):
    """Tied values get the least of their ranks."""
    return _ranked(h1, h2, "min")


def wrong_largest_rank(h1, h2):
    """Tied values get the largest of their ranks."""
    return _ranked(h1, h2, "max")


def wrong_dense_rank(h1, h2):
    """Tied values count as one."""
    return _ranked(h1, h2, "dense")


def wrong_kendall(h1, h2):
    """Counts pairs."""
    tau = stats.kendalltau(h1.ravel(), h2.ravel())[0]
    return 0.0 if np.isnan(tau) else tau


def wrong_nan(h1, h2):
    """A constant map gives NaN."""
    r1, r2 = (stats.rankdata(h.ravel()) for h in (h1, h2))
    with np.errstate(all="ignore"):
        return np.corrcoef(r1, r2)[0, 1]


def wrong_spearmanr(h1, h2):
    """SciPy's correlation as it is, NaN for a constant map."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return stats.spearmanr(h1.ravel(), h2.ravel())[0]


def wrong_constant_is_one(h1, h2):
    """Two constant maps agree."""
    return 1.0 if np.ptp(h1) == 0 or np.ptp(h2) == 0 else _ranked(h1, h2)


def wrong_magnitudes(h1, h2):
    """Ranks of the magnitudes."""
    return _ranked(np.abs(h1), np.abs(h2))


def wrong_not_centred(h1, h2):
    """The cosine of the ranks."""
    r1, r2 = (stats.rankdata(h.ravel()) for h in (h1, h2))
    return float(r1 @ r2 / np.sqrt((r1 @ r1) * (r2 @ r2)))


def wrong_no_scale(h1, h2):
    """The covariance of the ranks."""
    r1, r2 = (stats.rankdata(h.ravel()) for h in (h1, h2))
    return float(np.mean((r1 - r1.mean()) * (r2 - r2.mean())))


def wrong_magnitude_of_result(h1, h2):
    """Between 0 and 1."""
    return abs(_ranked(h1, h2))


def wrong_short_formula(h1, h2):
    """1 - 6 sum d^2 / (n (n^2 - 1)), which is wrong with ties."""
    if np.ptp(h1) == 0 or np.ptp(h2) == 0:
        return 0.0
    r1, r2 = (stats.rankdata(h.ravel()) for h in (h1, h2))
    n = len(r1)
    return float(1 - 6 * ((r1 - r2) ** 2).sum() / (n * (n * n - 1)))


def wrong_row_by_row(h1, h2):
    """The mean over rows."""
    return float(np.mean([_ranked(a, b) for a, b in zip(h1, h2, strict=True)]))


def wrong_squared(h1, h2):
    """The share of explained variance."""
    return _ranked(h1, h2) ** 2
