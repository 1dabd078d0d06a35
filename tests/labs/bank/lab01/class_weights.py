"""Solutions of ``class_weights(y, K)``."""

import collections

import numpy as np


def right_bincount(y, K):
    """np.bincount and a mask."""
    counts = np.bincount(y, minlength=K)
    weights = np.zeros(K)
    present = counts > 0
    weights[present] = len(y) / present.sum() / counts[present]
    return weights


def right_loop(y, K):
    """A dictionary of counts."""
    counts = collections.Counter(y.tolist())
    return np.array([len(y) / (len(counts) * counts[k]) if counts[k] else 0.0 for k in range(K)])


def right_normalised(y, K):
    """One over the count, divided by its mean over the pictures."""
    counts = (np.arange(K)[:, None] == y).sum(axis=1)
    inverse = np.where(counts > 0, 1 / np.maximum(counts, 1), 0.0)
    return inverse / inverse[y].mean()


def right_sklearn(y, K):
    """scikit-learn's balanced weights, at the classes that are there."""
    from sklearn.utils.class_weight import compute_class_weight

    weights = np.zeros(K)
    classes = np.unique(y)
    weights[classes] = compute_class_weight("balanced", classes=classes, y=y)
    return weights


def right_float32(y, K):
    """Single precision, as a list."""
    return [float(np.float32(w)) for w in right_bincount(y, K)]


def _inverse(y, K):
    counts = np.bincount(y, minlength=K)
    return np.divide(1.0, counts, out=np.zeros(K), where=counts > 0)


def wrong_all_classes_counted(y, K):
    """K in the formula counts absent classes."""
    return _inverse(y, K) * len(y) / K


def wrong_infinite(y, K):
    """Divides by zero."""
    with np.errstate(all="ignore"):
        counts = np.bincount(y, minlength=K)
        return len(y) / ((counts > 0).sum() * counts)


def wrong_one_for_absent(y, K):
    """An absent class gets 1."""
    weights = right_bincount(y, K)
    return np.where(weights == 0, 1.0, weights)


def wrong_plus_one(y, K):
    """Counts one more of everything, against the division by zero."""
    counts = np.bincount(y, minlength=K) + 1
    return counts.sum() / (K * counts)


def wrong_not_normalised(y, K):
    """One over the count."""
    return _inverse(y, K)


def wrong_sum_one(y, K):
    """The weights add up to 1."""
    return _inverse(y, K) / _inverse(y, K).sum()


def wrong_mean_over_classes(y, K):
    """The mean over classes is 1."""
    inverse = _inverse(y, K)
    return inverse / inverse[inverse > 0].mean()


def wrong_frequencies(y, K):
    """The wrong way up."""
    return np.bincount(y, minlength=K) / len(y)


def wrong_complement(y, K):
    """One minus the frequency."""
    return 1 - np.bincount(y, minlength=K) / len(y)


def wrong_square_root(y, K):
    """Softened by a square root."""
    return np.sqrt(right_bincount(y, K))


def wrong_relative_to_the_largest(y, K):
    """The most frequent class weighs 1."""
    counts = np.bincount(y, minlength=K)
    return np.divide(counts.max(), counts, out=np.zeros(K), where=counts > 0)


def wrong_per_picture(y, K):
    """One weight for each picture."""
    return right_bincount(y, K)[y]


def wrong_present_only(y, K):
    """As many weights as there are classes."""
    weights = right_bincount(y, K)
    return weights[weights > 0][: K - 1]


def wrong_no_minlength(y, K):
    """As many weights as the largest label plus one, less one."""
    return right_bincount(y, K)[: int(y.max())]


def wrong_bincount_alone(y, K):
    """No minlength, so that the last classes are missing where they have no picture."""
    counts = np.bincount(y)
    return np.divide(len(y), (counts > 0).sum() * counts, out=np.zeros(len(counts)), where=counts > 0)


def wrong_integer_zeros(y, K):
    """Zeros of an integer dtype, which cut what is written into them."""
    weights = np.zeros(K, dtype=int)
    for k in np.unique(y):
        weights[k] = len(y) / (len(np.unique(y)) * np.sum(y == k))
    return weights


def wrong_whole_numbers(y, K):
    """Integer division."""
    counts = np.bincount(y, minlength=K)
    return np.array([len(y) // (np.sum(counts > 0) * n) if n else 0 for n in counts])


def wrong_by_name(y, K):
    """Weights by the order of appearance of the labels."""
    seen = list(dict.fromkeys(y[np.argsort(-np.bincount(y, minlength=K)[y], kind="stable")].tolist()))
    weights = right_bincount(y, K)
    return np.array([weights[seen[k]] if k < len(seen) else 0.0 for k in range(K)][::-1])


def wrong_in_place(y, K):
    """Sorts the labels in place."""
    y.sort()
    return right_bincount(y, K)


def wrong_no_return(y, K):
    """Forgets to return."""
    right_bincount(y, K)
