"""Solutions of ``compare(R1, R2, k)``."""

import numpy as np
import scipy.stats

from autograder.checks.lab09 import reference

right_reference = reference.compare


def right_scipy(R1, R2, k):
    """Ranks by scipy."""
    u, v = R1.ravel(), R2.ravel()
    found = reference.compare(R1, R2, k)
    flat = np.ptp(u) == 0 or np.ptp(v) == 0
    found["spearman"] = 0.0 if flat else np.corrcoef(scipy.stats.rankdata(u), scipy.stats.rankdata(v))[0, 1]
    return found


def right_counting(R1, R2, k):
    """Ranks by counting, masks for the overlap."""
    u, v = R1.ravel(), R2.ravel()

    def ranks(w):
        return (w[:, None] > w).sum(axis=1) + 0.5 * (w[:, None] == w).sum(axis=1) - 0.5 * len(w)

    def cos(p, q):
        return p @ q / max(np.linalg.norm(p) * np.linalg.norm(q), 1e-300)

    masks = [np.isin(np.arange(len(w)), np.argsort(-w, kind="stable")[:k]) for w in (u, v)]
    return {
        "scale": u @ v / max(v @ v, 1e-300),
        "overlap": (masks[0] & masks[1]).mean() * len(u) / k,
        "cosine": cos(u, v),
        "spearman": cos(ranks(u), ranks(v)),
    }


def right_sorted(R1, R2, k):
    """Places by sorted, with a key that keeps the reading order."""
    found = reference.compare(R1, R2, k)
    places = [sorted(range(R.size), key=lambda i, R=R: (-R.flat[i], i))[:k] for R in (R1, R2)]
    return found | {"overlap": len(set(places[0]).intersection(places[1])) / k}


def right_arrays(R1, R2, k):
    """Values as arrays without axes, single precision."""
    return {name: np.float32(value) for name, value in reference.compare(R1, R2, k).items()}


def with_(name, function):
    """All right but one measure, by ``function(u, v, k)``."""

    def compare(R1, R2, k):
        return reference.compare(R1, R2, k) | {name: function(R1.ravel(), R2.ravel(), k)}

    return compare


def _corr(u, v):
    u, v = u - u.mean(), v - v.mean()
    return u @ v / max(np.sqrt((u @ u) * (v @ v)), 1e-300)


def _overlap(u, v, k):
    return len(set(np.argsort(-u, kind="stable")[:k]) & set(np.argsort(-v, kind="stable")[:k]))


wrong_pearson = with_("cosine", lambda u, v, k: _corr(u, v))
wrong_nan = with_("cosine", lambda u, v, k: u @ v / np.sqrt((u @ u) * (v @ v)) if u.any() and v.any() else np.nan)
wrong_absolute_cosine = with_("cosine", lambda u, v, k: abs(u @ v) / max(np.sqrt((u @ u) * (v @ v)), 1e-300))
wrong_undivided = with_("cosine", lambda u, v, k: float(u @ v))
wrong_argsort_twice = with_("spearman", lambda u, v, k: _corr(*(w.argsort().argsort().astype(float) for w in (u, v))))
wrong_argsort_once = with_("spearman", lambda u, v, k: _corr(*(w.argsort(kind="stable").astype(float) for w in (u, v))))
wrong_ranks_of_magnitude = with_(
    "spearman", lambda u, v, k: _corr(scipy.stats.rankdata(np.abs(u)), scipy.stats.rankdata(np.abs(v)))
)
wrong_pearson_for_spearman = with_("spearman", lambda u, v, k: _corr(u, v))
wrong_lowest_rank = with_(
    "spearman", lambda u, v, k: _corr(scipy.stats.rankdata(u, "min"), scipy.stats.rankdata(v, "min"))
)
wrong_dense_rank = with_(
    "spearman", lambda u, v, k: _corr(scipy.stats.rankdata(u, "dense"), scipy.stats.rankdata(v, "dense"))
)
wrong_overlap_of_magnitude = with_("overlap", lambda u, v, k: _overlap(np.abs(u), np.abs(v), k) / k)
wrong_union = with_("overlap", lambda u, v, k: _overlap(u, v, k) / (2 * k - _overlap(u, v, k)))
wrong_count = with_("overlap", lambda u, v, k: _overlap(u, v, k))
wrong_of_all = with_("overlap", lambda u, v, k: _overlap(u, v, k) / len(u))
wrong_smallest = with_("overlap", lambda u, v, k: _overlap(-u, -v, k) / k)
wrong_last_at_ties = with_(
    "overlap", lambda u, v, k: len(set(np.argsort(u, kind="stable")[-k:]) & set(np.argsort(v, kind="stable")[-k:])) / k
)
wrong_same_place = with_(
    "overlap", lambda u, v, k: np.mean(np.argsort(-u, kind="stable")[:k] == np.argsort(-v, kind="stable")[:k])
)
wrong_scale_upside_down = with_("scale", lambda u, v, k: u @ v / (u @ u) if u.any() else 0.0)
wrong_ratio_of_sums = with_("scale", lambda u, v, k: u.sum() / v.sum() if v.any() else 0.0)
wrong_ratio_of_lengths = with_("scale", lambda u, v, k: np.sqrt(u @ u) / np.sqrt(v @ v) if v.any() else 0.0)
wrong_ratio_of_maxima = with_("scale", lambda u, v, k: np.abs(u).max() / np.abs(v).max() if v.any() else 0.0)


def wrong_tuple(R1, R2, k):
    """Four numbers without names."""
    return tuple(reference.compare(R1, R2, k).values())
