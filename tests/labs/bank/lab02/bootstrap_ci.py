"""Solutions of ``bootstrap_ci(correct, n, seed)``."""

import numpy as np


def right_table(correct, n, seed):
    """One table of rows."""
    rng = np.random.default_rng(seed)
    means = correct[rng.integers(0, len(correct), size=(n, len(correct)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def right_loop(correct, n, seed):
    """Resample by resample."""
    rng = np.random.default_rng(seed)
    N = len(correct)
    means = [correct[rng.integers(0, N, N)].mean() for _ in range(n)]
    return np.percentile(means, 2.5), np.percentile(means, 97.5)


def right_choice(correct, n, seed):
    """choice draws the same numbers."""
    rng = np.random.default_rng(seed)
    means = rng.choice(correct, size=(n, len(correct))).mean(axis=1)
    return np.quantile(means, (0.025, 0.975))


def right_sorted(correct, n, seed):
    """Quantiles by hand: between two of the sorted means."""
    rng = np.random.default_rng(seed)
    means = np.sort(np.take(correct, rng.integers(len(correct), size=(n, len(correct)))).sum(axis=1) / len(correct))

    def quantile(q):
        place = q * (n - 1)
        below = int(place)
        above = min(below + 1, n - 1)
        return means[below] + (place - below) * (means[above] - means[below])

    return [quantile(0.025), quantile(0.975)]


def right_float32(correct, n, seed):
    """Single precision."""
    rows = np.random.default_rng(seed).integers(0, len(correct), size=(n, len(correct)))
    return np.quantile(np.asarray(correct, dtype=np.float32)[rows].mean(axis=1), [0.025, 0.975])


def means_of(correct, n, seed):
    rng = np.random.default_rng(seed)
    return correct[rng.integers(0, len(correct), size=(n, len(correct)))].mean(axis=1)


def wrong_ninety(correct, n, seed):
    """5 % at each end."""
    return np.quantile(means_of(correct, n, seed), [0.05, 0.95])


def wrong_order(correct, n, seed):
    """High first."""
    return np.quantile(means_of(correct, n, seed), [0.975, 0.025])


def wrong_without_replacement(correct, n, seed):
    """Permutations: every mean is the same."""
    rng = np.random.default_rng(seed)
    means = [rng.permutation(correct).mean() for _ in range(n)]
    return np.quantile(means, [0.025, 0.975])


def wrong_normal(correct, n, seed):
    """Mean plus or minus 1.96 standard errors."""
    half = 1.96 * correct.std() / np.sqrt(len(correct))
    return correct.mean() - half, correct.mean() + half


def wrong_deviation_of_means(correct, n, seed):
    """Mean plus or minus 1.96 deviations of the resampled means."""
    half = 1.96 * means_of(correct, n, seed).std()
    return correct.mean() - half, correct.mean() + half


def wrong_seed_ignored(correct, n, seed):
    """A seed of its own."""
    return np.quantile(means_of(correct, n, 0), [0.025, 0.975])


def wrong_no_seed(correct, n, seed):
    """Another interval at each call."""
    return np.quantile(means_of(correct, n, None), [0.025, 0.975])


def wrong_n_ignored(correct, n, seed):
    """Always 1000 resamples."""
    return np.quantile(means_of(correct, 1000, seed), [0.025, 0.975])


def wrong_sizes_swapped(correct, n, seed):
    """N resamples of n pictures."""
    rng = np.random.default_rng(seed)
    means = correct[rng.integers(0, len(correct), size=(len(correct), n))].mean(axis=1)
    return np.quantile(means, [0.025, 0.975])


def wrong_quantiles_of_pictures(correct, n, seed):
    """Quantiles of the pictures, not of means."""
    rng = np.random.default_rng(seed)
    return np.quantile(correct[rng.integers(0, len(correct), size=(n, len(correct)))], [0.025, 0.975])


def wrong_last_never_drawn(correct, n, seed):
    """integers(0, N - 1): the last picture is never drawn."""
    rng = np.random.default_rng(seed)
    means = correct[rng.integers(0, len(correct) - 1, size=(n, len(correct)))].mean(axis=1)
    return np.quantile(means, [0.025, 0.975])


def wrong_old_generator(correct, n, seed):
    """NumPy's old generator."""
    rng = np.random.RandomState(seed)
    means = correct[rng.randint(0, len(correct), size=(n, len(correct)))].mean(axis=1)
    return np.quantile(means, [0.025, 0.975])


def wrong_seed_in_the_loop(correct, n, seed):
    """A new generator for every resample, all alike."""
    means = [means_of(correct, 1, seed)[0] for _ in range(n)]
    return np.quantile(means, [0.025, 0.975])


def wrong_extremes(correct, n, seed):
    """Least and largest mean."""
    means = means_of(correct, n, seed)
    return means.min(), means.max()


def wrong_percent(correct, n, seed):
    """In percent."""
    return 100 * np.quantile(means_of(correct, n, seed), [0.025, 0.975])


def wrong_half_the_pictures(correct, n, seed):
    """Half as many pictures in a resample."""
    rng = np.random.default_rng(seed)
    means = correct[rng.integers(0, len(correct), size=(n, len(correct) // 2))].mean(axis=1)
    return np.quantile(means, [0.025, 0.975])


def wrong_percentile_of_fractions(correct, n, seed):
    """np.percentile takes per cent."""
    rows = np.random.default_rng(seed).integers(0, len(correct), size=(n, len(correct)))
    means = correct[rows].mean(axis=1)
    return float(np.percentile(means, 0.025)), float(np.percentile(means, 0.975))
