"""Intervals: no accuracy is shown without one."""

import numpy as np


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
    rng = np.random.default_rng(seed)
    means = np.array([values[rng.integers(0, len(values), len(values))].mean() for _ in range(n)])
    tail = (1 - level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(values.mean()), float(low), float(high)
