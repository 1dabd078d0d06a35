"""Solutions of ``softmax_xent(logits, y)``."""

import numpy as np


def right_log_sum_exp(logits, y):
    """Log-sum-exp with each row's maximum taken out."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return (np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]).mean()


def right_loops(logits, y):
    """Picture by picture."""
    total = 0.0
    for row, label in zip(logits, y, strict=True):
        top = max(row)
        total += top + np.log(sum(np.exp(value - top) for value in row)) - row[label]
    return total / len(y)


def right_logaddexp(logits, y):
    """NumPy's own stable sum."""
    return float(np.mean(np.logaddexp.reduce(logits, axis=1) - np.take_along_axis(logits, y[:, None], axis=1)[:, 0]))


def right_keras(logits, y):
    """The loss of Keras, from logits."""
    from toonlens.startup import import_keras

    keras = import_keras()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return float(loss(y, np.asarray(logits, dtype=np.float64)))


def right_differences(logits, y):
    """Only differences to the right class's logit."""
    d = logits - logits[np.arange(len(y)), y][:, None]
    top = d.max(axis=1)
    return np.mean(top + np.log(np.exp(d - top[:, None]).sum(axis=1)))


def right_float32(logits, y):
    """Single precision."""
    shifted = (logits - logits.max(axis=1, keepdims=True)).astype(np.float32)
    return np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y])


def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def wrong_overflow(logits, y):
    """The formula as it stands."""
    with np.errstate(all="ignore"):
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return -np.log(p[np.arange(len(y)), y]).mean()


def wrong_double_softmax(logits, y):
    """Softmax, then a loss that takes softmax again."""
    p = softmax(softmax(logits))
    return -np.log(p[np.arange(len(y)), y]).mean()


def wrong_vanishing(logits, y):
    """Stable against overflow; the logarithm of a probability that is 0."""
    with np.errstate(all="ignore"):
        return -np.log(softmax(logits)[np.arange(len(y)), y]).mean()


def wrong_small_number(logits, y):
    """A small number in the logarithm, so that nothing is infinite."""
    return -np.log(softmax(logits)[np.arange(len(y)), y] + 1e-7).mean()


def wrong_clipped(logits, y):
    """Probabilities clipped, as Keras does from probabilities."""
    return -np.log(np.clip(softmax(logits), 1e-7, 1)[np.arange(len(y)), y]).mean()


def wrong_sum(logits, y):
    """The sum over the pictures."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return (np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]).sum()


def wrong_log2(logits, y):
    """Bits."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return (np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]).mean() / np.log(2)


def wrong_over_pictures(logits, y):
    """Softmax over axis 0."""
    shifted = logits - logits.max(axis=0, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=0, keepdims=True))
    return -logs[np.arange(len(y)), y].mean()


def wrong_all_rows(logits, y):
    """logits[:, y]: every picture's label in every row."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logs[:, y].mean()


def wrong_one_maximum(logits, y):
    """The largest logit of the batch taken out of all rows."""
    with np.errstate(all="ignore"):
        shifted = logits - logits.max()
        return (np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]).mean()


def wrong_mean_over_entries(logits, y):
    """One-hot times logarithm, and the mean over all B x K entries."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(np.eye(logits.shape[1])[y] * logs).mean()


def wrong_sign(logits, y):
    """The mean log-likelihood, without the minus."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return (shifted[np.arange(len(y)), y] - np.log(np.exp(shifted).sum(axis=1))).mean()


def wrong_best_class(logits, y):
    """The class that the network chose, in place of the label."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.log(np.exp(shifted).sum(axis=1)).mean() - 0 * y.sum()


def wrong_in_place(logits, y):
    """Shifts the logits in place."""
    logits -= logits.max(axis=1, keepdims=True)
    return (np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(y)), y]).mean()


def wrong_per_picture(logits, y):
    """A loss for each picture, no mean."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]


def wrong_binary(logits, y):
    """A sigmoid for each class, as for labels that may be several."""
    target = np.eye(logits.shape[1])[y]
    return np.mean((np.logaddexp(0, logits) - target * logits).sum(axis=1))
