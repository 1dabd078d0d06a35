"""Solutions of ``confusion(y, yhat, K)``."""

from collections import Counter

import numpy as np


def right_add_at(y, yhat, K):
    """np.add.at."""
    cm = np.zeros((K, K), dtype=int)
    np.add.at(cm, (y, yhat), 1)
    return cm


def right_bincount(y, yhat, K):
    """One number per pair, counted."""
    return np.bincount(K * y + yhat, minlength=K * K).reshape(K, K)


def right_loop(y, yhat, K):
    """A loop, a Counter and lists."""
    pairs = Counter(zip(y.tolist(), yhat.tolist(), strict=True))
    return [[pairs[i, j] for j in range(K)] for i in range(K)]


def right_one_hot(y, yhat, K):
    """A product of one-hot tables."""
    return np.eye(K, dtype=np.float32)[y].T @ np.eye(K, dtype=np.float32)[yhat]


def right_sklearn(y, yhat, K):
    """Another library."""
    from sklearn.metrics import confusion_matrix

    return confusion_matrix(y, yhat, labels=range(K))


def wrong_transposed(y, yhat, K):
    """Predictions in rows."""
    return right_add_at(yhat, y, K)


def wrong_counts_once(y, yhat, K):
    """Fancy += counts a pair once."""
    cm = np.zeros((K, K), dtype=int)
    cm[y, yhat] += 1
    return cm


def wrong_shares(y, yhat, K):
    """Rows as shares."""
    cm = right_add_at(y, yhat, K).astype(float)
    return cm / np.maximum(cm.sum(axis=1, keepdims=True), 1)


def wrong_classes_that_occur(y, yhat, K):
    """As many rows as classes that occur."""
    return right_add_at(y, yhat, max(y.max(), yhat.max()) + 1)


def wrong_mistakes_only(y, yhat, K):
    """Leaves out what was right."""
    cm = right_add_at(y, yhat, K)
    np.fill_diagonal(cm, 0)
    return cm


def wrong_right_only(y, yhat, K):
    """Only what was right."""
    return np.diag(np.diag(right_add_at(y, yhat, K)))


def wrong_from_one(y, yhat, K):
    """Classes counted from one."""
    cm = np.zeros((K + 1, K + 1), dtype=int)
    np.add.at(cm, (y + 1, yhat + 1), 1)
    return cm[:K, :K]


def wrong_symmetric(y, yhat, K):
    """Both directions."""
    cm = right_add_at(y, yhat, K)
    return cm + cm.T


def wrong_boolean(y, yhat, K):
    """Whether a pair occurs."""
    return right_add_at(y, yhat, K) > 0


def wrong_product(y, yhat, K):
    """What would be expected if answers had nothing to do with labels."""
    return np.outer(np.bincount(y, minlength=K), np.bincount(yhat, minlength=K)) / len(y)


def wrong_columns_mixed(y, yhat, K):
    """K - 1 in place of K when counting pairs."""
    return np.bincount((K - 1) * y + yhat, minlength=K * K)[: K * K].reshape(K, K)


def wrong_histogram(y, yhat, K):
    """Bins that run from the least to the largest class that occurs."""
    return np.histogram2d(y, yhat, bins=K)[0]


def wrong_flat(y, yhat, K):
    """Not a matrix."""
    return np.bincount(K * y + yhat, minlength=K * K)
