"""Solutions of ``macro_f1(cm)``."""

import numpy as np


def right_vectors(cm):
    """All classes at once."""
    cm = np.asarray(cm, dtype=float)
    total = cm.sum(axis=0) + cm.sum(axis=1)
    return np.mean(np.divide(2 * np.diag(cm), total, out=np.zeros(len(cm)), where=total > 0))


def right_loop(cm):
    """Class by class."""
    scores = []
    for k in range(len(cm)):
        tp = cm[k, k]
        fp, fn = cm[:, k].sum() - tp, cm[k].sum() - tp
        scores.append(2 * tp / (2 * tp + fp + fn) if tp else 0.0)
    return sum(scores) / len(scores)


def right_harmonic(cm):
    """Precision and recall first."""
    with np.errstate(all="ignore"):
        precision, recall = np.diag(cm) / cm.sum(axis=0), np.diag(cm) / cm.sum(axis=1)
        return float(np.nan_to_num(2 * precision * recall / (precision + recall)).mean())


def right_sklearn(cm):
    """Another library, on the pictures that the matrix counts."""
    from sklearn.metrics import f1_score

    y, yhat = np.indices(cm.shape).reshape(2, -1)
    counts = np.asarray(cm).ravel().astype(int)
    return f1_score(
        np.repeat(y, counts), np.repeat(yhat, counts), labels=range(len(cm)), average="macro", zero_division=0
    )


def right_float32(cm):
    """Single precision."""
    cm = np.asarray(cm, dtype=np.float32)
    total = np.maximum(cm.sum(0) + cm.sum(1), 1)
    return np.mean(2 * cm.diagonal() / total)


def scores(cm):
    with np.errstate(all="ignore"):
        precision, recall = np.diag(cm) / cm.sum(axis=0), np.diag(cm) / cm.sum(axis=1)
    return np.nan_to_num(precision), np.nan_to_num(recall)


def wrong_accuracy(cm):
    """The share of right answers."""
    return np.diag(cm).sum() / cm.sum()


def wrong_precision(cm):
    """Mean precision."""
    return scores(cm)[0].mean()


def wrong_recall(cm):
    """Mean recall."""
    return scores(cm)[1].mean()


def wrong_f1_of_means(cm):
    """F1 of mean precision and mean recall."""
    p, r = (part.mean() for part in scores(cm))
    return 2 * p * r / (p + r)


def wrong_plain_mean(cm):
    """The plain mean of precision and recall."""
    return np.mean(scores(cm))


def wrong_weighted(cm):
    """Weighted by the sizes of the classes."""
    return np.average(per_class(cm), weights=cm.sum(axis=1))


def per_class(cm):
    total = cm.sum(axis=0) + cm.sum(axis=1)
    return 2 * np.diag(cm) / np.maximum(total, 1)


def wrong_nan(cm):
    """0 / 0."""
    with np.errstate(all="ignore"):
        return (2 * np.diag(cm) / (cm.sum(axis=0) + cm.sum(axis=1))).mean()


def wrong_present_only(cm):
    """Leaves empty classes out of the mean."""
    total = cm.sum(axis=0) + cm.sum(axis=1)
    return per_class(cm)[total > 0].mean()


def wrong_no_two(cm):
    """TP over TP + FP + FN."""
    union = cm.sum(axis=0) + cm.sum(axis=1) - np.diag(cm)
    return (np.diag(cm) / np.maximum(union, 1)).mean()


def wrong_half(cm):
    """TP over 2 TP + FP + FN."""
    return per_class(cm).mean() / 2


def wrong_geometric(cm):
    """The geometric mean of precision and recall."""
    p, r = scores(cm)
    return np.sqrt(p * r).mean()


def wrong_without_background(cm):
    """Leaves out class 0, as if it were a background."""
    return per_class(cm)[1:].mean()


def wrong_worst_class(cm):
    """The minimum."""
    return per_class(cm).min()


def wrong_per_class(cm):
    """No mean."""
    return per_class(cm)
