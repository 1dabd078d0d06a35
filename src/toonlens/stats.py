"""Intervals: no accuracy is shown without one."""

import numpy as np

BATCH = 100  # resamples in memory at a time


def bootstrap_ci(values, n: int = 2000, level: float = 0.95, seed: int = 0) -> tuple[float, float, float]:
    """Mean of ``values`` with its percentile bootstrap interval.

    Args:
        values: (N,) one number per image, for example 1.0 where the prediction was right.
        n: bootstrap resamples.
        level: coverage of the interval.
        seed: of the resampling, so that a figure can be reproduced.

    Returns:
        mean, low, high.

    Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, section 13.3.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(f"bootstrap_ci needs a non-empty one-dimensional array, got shape {values.shape}")
    if len(values) == 1:  # whatever is drawn from it
        return (float(values[0]),) * 3
    from scipy.stats import bootstrap

    rng = np.random.default_rng(seed)
    found = bootstrap(
        (values,), np.mean, n_resamples=n, batch=BATCH, confidence_level=level, method="percentile", rng=rng
    )
    low, high = found.confidence_interval
    return float(values.mean()), float(low), float(high)
