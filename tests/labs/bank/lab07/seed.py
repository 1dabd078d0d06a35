"""Solutions of ``seed(logits, c)``."""

import numpy as np

from toonlens.startup import import_keras


def right_indices(logits, c):
    """Row and column numbers."""
    start = np.zeros_like(logits)
    rows = np.arange(len(logits))
    start[rows, c] = logits[rows, c]
    return start


def right_one_hot(logits, c):
    """Times a row of the unit matrix."""
    return logits * np.eye(logits.shape[1])[c]


def right_loop(logits, c):
    """Image by image."""
    start = np.zeros(logits.shape)
    for i, k in enumerate(c):
        start[i, k] = logits[i, k]
    return start


def right_where(logits, c):
    """A comparison of columns."""
    return np.where(np.arange(logits.shape[1]) == np.asarray(c)[:, None], logits, 0)


def right_tensorflow(logits, c):
    """tf.one_hot, single precision."""
    import_keras()
    import tensorflow as tf

    logits = tf.constant(logits, tf.float32)
    return tf.one_hot(c, logits.shape[1]) * logits


def wrong_columns(logits, c):
    """start[:, c]: every class of the batch in every row."""
    start = np.zeros_like(logits)
    start[:, c] = logits[:, c]
    return start


def wrong_ones(logits, c):
    """1 in the place of the logit."""
    return np.eye(logits.shape[1])[c]


def wrong_softmax(logits, c):
    """The probability."""
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return right_indices(odds / odds.sum(axis=1, keepdims=True), c)


def wrong_all(logits, c):
    """All logits."""
    return logits.copy()


def wrong_strongest(logits, c):
    """The class that the network chose."""
    return right_indices(logits, logits.argmax(axis=1))


def wrong_relu(logits, c):
    """A negative logit becomes 0."""
    return right_indices(np.maximum(logits, 0), c)


def wrong_absolute(logits, c):
    """The magnitude."""
    return right_indices(np.abs(logits), c)


def wrong_sign(logits, c):
    """The sign."""
    return right_indices(np.sign(logits), c)


def wrong_first_class(logits, c):
    """The first image's class for all."""
    return right_indices(logits, np.full(len(logits), np.asarray(c)[0]))


def wrong_contrast(logits, c):
    """Minus the other logits."""
    return 2 * right_indices(logits, c) - logits


def wrong_row_of_class(logits, c):
    """The logit of row c[i]."""
    start = np.zeros_like(logits)
    for i, k in enumerate(c):
        start[i, k] = logits[k % len(logits), k]
    return start


def wrong_in_place(logits, c):
    """Zeros in the logits themselves."""
    keep = right_indices(logits, c)
    logits[:] = keep
    return logits


def wrong_values_only(logits, c):
    """One number per image."""
    return logits[np.arange(len(logits)), c]


def wrong_relative(logits, c):
    """Relative to the largest logit of the batch."""
    return right_indices(logits / np.abs(logits).max(), c)
