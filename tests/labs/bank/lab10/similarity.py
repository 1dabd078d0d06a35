"""Solutions of ``similarity(R, S)``: (B, H, W) twice -> (B,)."""

import numpy as np


def right_double_argsort(R, S):
    """Ranks by argsort of argsort, then the correlation."""
    p, q = (m.reshape(len(m), -1).argsort(axis=1).argsort(axis=1).astype(float) for m in (R, S))
    p, q = p - p.mean(axis=1, keepdims=True), q - q.mean(axis=1, keepdims=True)
    return (p * q).sum(axis=1) / np.sqrt((p**2).sum(axis=1) * (q**2).sum(axis=1))


def right_scipy(R, S):
    """scipy.stats.spearmanr, picture by picture."""
    from scipy import stats

    return [float(stats.spearmanr(r.ravel(), s.ravel()).statistic) for r, s in zip(R, S, strict=True)]


def right_formula(R, S):
    """1 - 6 sum d^2 / (n (n^2 - 1))."""
    p, q = (m.reshape(len(m), -1).argsort(axis=1).argsort(axis=1).astype(float) for m in (R, S))
    n = p.shape[1]
    return 1 - 6 * ((p - q) ** 2).sum(axis=1) / (n * (n**2 - 1))


def right_corrcoef(R, S):
    """Ranks written by a loop, np.corrcoef, single precision at the end."""
    found = []
    for r, s in zip(R, S, strict=True):
        ranks = []
        for m in (r.ravel(), s.ravel()):
            rank = np.empty(m.size)
            rank[np.argsort(m)] = np.arange(m.size)
            ranks.append(rank)
        found.append(np.corrcoef(*ranks)[0, 1])
    return np.array(found, dtype=np.float32)


def _pearson(p, q):
    p, q = (m.reshape(len(m), -1).astype(float) for m in (p, q))
    p, q = p - p.mean(axis=1, keepdims=True), q - q.mean(axis=1, keepdims=True)
    return (p * q).sum(axis=1) / np.sqrt((p**2).sum(axis=1) * (q**2).sum(axis=1))


def _ranks(R):
    return R.reshape(len(R), -1).argsort(axis=1).argsort(axis=1).astype(float)


def wrong_pearson(R, S):
    """The values in the place of the ranks."""
    return _pearson(R, S)


def wrong_single_argsort(R, S):
    """argsort for ranks."""
    return _pearson(R.reshape(len(R), -1).argsort(axis=1), S.reshape(len(S), -1).argsort(axis=1))


def wrong_abs_values(R, S):
    """Ranks of sizes, as in a well-known paper."""
    return _pearson(_ranks(np.abs(R)), _ranks(np.abs(S)))


def wrong_abs_result(R, S):
    """The size of the correlation."""
    return np.abs(_pearson(_ranks(R), _ranks(S)))


def wrong_not_centred(R, S):
    """The cosine of the ranks."""
    p, q = _ranks(R), _ranks(S)
    return (p * q).sum(axis=1) / np.sqrt((p**2).sum(axis=1) * (q**2).sum(axis=1))


def wrong_whole_batch(R, S):
    """Ranks within the batch."""
    p, q = (m.ravel().argsort().argsort().reshape(m.shape) for m in (R, S))
    return _pearson(p, q)


def wrong_one_number(R, S):
    """The mean over the batch."""
    return _pearson(_ranks(R), _ranks(S)).mean()


def wrong_covariance(R, S):
    """Not divided by both deviations."""
    p, q = _ranks(R), _ranks(S)
    return ((p - p.mean(axis=1, keepdims=True)) * (q - q.mean(axis=1, keepdims=True))).mean(axis=1)


def wrong_squared(R, S):
    """The share of the variance."""
    return _pearson(_ranks(R), _ranks(S)) ** 2


def wrong_rows(R, S):
    """Ranks within each row of pixels."""
    p, q = (m.argsort(axis=2).argsort(axis=2) for m in (R, S))
    return _pearson(p, q)


def wrong_distance(R, S):
    """1 minus the correlation."""
    return 1 - _pearson(_ranks(R), _ranks(S))


def wrong_one_side_ranked(R, S):
    """Ranks of one map only."""
    return _pearson(_ranks(R), S)


def wrong_formula_n(R, S):
    """The formula with n^3 in the place of n (n^2 - 1)."""
    p, q = _ranks(R), _ranks(S)
    return 1 - 6 * ((p - q) ** 2).sum(axis=1) / p.shape[1] ** 3


def wrong_top_overlap(R, S):
    """The overlap of the upper halves."""
    p, q = _ranks(R), _ranks(S)
    half = p.shape[1] // 2
    return 2 * ((p >= half) & (q >= half)).sum(axis=1) / half - 1


def wrong_kendall(R, S):
    """Kendall's tau: pairs in the same order less pairs in the other."""
    from scipy import stats

    return np.array([stats.kendalltau(r, s).statistic for r, s in zip(R, S, strict=True)])
