"""Solutions of ``mcnemar(okA, okB)``."""

import math

import numpy as np


def _counts(okA, okB):
    return int(np.sum(okA & ~okB)), int(np.sum(okB & ~okA))


def right_comb(okA, okB):
    """math.comb."""
    b, c = _counts(okA, okB)
    n = b + c
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n)


def right_scipy_cdf(okA, okB):
    """scipy's distribution."""
    from scipy.stats import binom

    b, c = _counts(okA, okB)
    return min(1.0, 2 * binom.cdf(min(b, c), b + c, 0.5)) if b + c else 1.0


def right_scipy_test(okA, okB):
    """scipy's test."""
    from scipy.stats import binomtest

    b, c = _counts(okA, okB)
    return binomtest(b, b + c, 0.5).pvalue if b + c else 1.0


def right_logarithms(okA, okB):
    """Logarithms of factorials."""
    okA, okB = np.asarray(okA).astype(int), np.asarray(okB).astype(int)
    n, k = int(np.abs(okA - okB).sum()), int(min(((okA - okB) > 0).sum(), ((okB - okA) > 0).sum()))
    logs = [math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) - n * math.log(2) for i in range(k + 1)]
    return min(1.0, 2 * math.fsum(math.exp(value) for value in logs))


def right_products(okA, okB):
    """Terms by recursion, in a loop over pictures."""
    b = c = 0
    for one, other in zip(okA, okB, strict=True):
        b += bool(one) and not bool(other)
        c += bool(other) and not bool(one)
    n, term, tail = b + c, 1, 0
    for k in range(min(b, c) + 1):
        tail += term
        term = term * (n - k) // (k + 1)
    return min(1.0, tail / 2 ** (n - 1)) if n else 1.0


def wrong_chi_squared(okA, okB):
    """The chi-squared approximation."""
    from scipy.stats import chi2

    b, c = _counts(okA, okB)
    return float(chi2.sf((b - c) ** 2 / (b + c), 1)) if b + c else 1.0


def wrong_chi_squared_corrected(okA, okB):
    """With the correction for continuity."""
    from scipy.stats import chi2

    b, c = _counts(okA, okB)
    return float(chi2.sf(max(abs(b - c) - 1, 0) ** 2 / (b + c), 1)) if b + c else 1.0


def wrong_one_sided(okA, okB):
    """Not doubled."""
    b, c = _counts(okA, okB)
    n = b + c
    return sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n


def wrong_above_one(okA, okB):
    """Doubled and not cut off at 1."""
    b, c = _counts(okA, okB)
    n = b + c
    return 2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n


def wrong_only_A(okA, okB):
    """Starts from A's count: one-sided in one direction."""
    b, c = _counts(okA, okB)
    n = b + c
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(b + 1)) / 2**n)


def wrong_all_pictures(okA, okB):
    """n is the number of all pictures."""
    b, c = _counts(okA, okB)
    n = len(okA)
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n)


def wrong_unpaired(okA, okB):
    """A test for two independent samples."""
    from scipy.stats import norm

    pooled = (np.mean(okA) + np.mean(okB)) / 2
    spread = math.sqrt(2 * pooled * (1 - pooled) / len(okA)) or 1.0
    return float(2 * norm.sf(abs(np.mean(okA) - np.mean(okB)) / spread))


def wrong_counts_of_right(okA, okB):
    """Compares how many each gets right."""
    b, c = int(np.sum(okA)), int(np.sum(okB))
    n = b + c
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n)


def wrong_excludes_the_count(okA, okB):
    """Sums up to the smaller count, that count excluded."""
    b, c = _counts(okA, okB)
    n = b + c
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(min(b, c))) / 2**n)


def wrong_mid_p(okA, okB):
    """Counts the observed value by half."""
    b, c = _counts(okA, okB)
    n, k = b + c, min(b, c)
    return min(1.0, 2 * (sum(math.comb(n, i) for i in range(k)) + math.comb(n, k) / 2) / 2**n)


def wrong_point_probability(okA, okB):
    """Only the probability of the observed count."""
    b, c = _counts(okA, okB)
    return min(1.0, 2 * math.comb(b + c, b) / 2 ** (b + c))


def wrong_nothing_differs(okA, okB):
    """0 / 0 where nothing differs."""
    b, c = _counts(okA, okB)
    if b + c == 0:
        return float("nan")
    return right_comb(okA, okB)


def wrong_overflow(okA, okB):
    """Factorials in floating point."""
    b, c = _counts(okA, okB)
    n = b + c

    def factorial(k):
        return float(np.prod(np.arange(1, k + 1, dtype=float)))

    with np.errstate(all="ignore"):
        tail = sum(factorial(n) / factorial(k) / factorial(n - k) for k in range(min(b, c) + 1))
    return min(1.0, 2 * tail / 2.0**n)


def wrong_sorted(okA, okB):
    """Loses the pairs."""
    return right_comb(np.sort(okA), np.sort(okB))


def wrong_zero_is_significant(okA, okB):
    """1 - p."""
    return 1 - right_comb(okA, okB)
