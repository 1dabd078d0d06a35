"""Solutions of ``xent_grad(logits, y)``."""

import numpy as np


def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def right_one_hot(logits, y):
    """Probabilities minus one-hot, over B."""
    return (softmax(logits) - np.eye(logits.shape[1])[y]) / len(y)


def right_subtract(logits, y):
    """One subtracted in place of a fresh array."""
    g = softmax(logits)
    g[np.arange(len(y)), y] -= 1
    return g / len(y)


def right_loops(logits, y):
    """Entry by entry."""
    B, K = logits.shape
    out = np.zeros((B, K))
    for b in range(B):
        e = [np.exp(v - max(logits[b])) for v in logits[b]]
        for k in range(K):
            out[b, k] = (e[k] / sum(e) - (1.0 if k == y[b] else 0.0)) / B
    return out


def right_tape(logits, y):
    """TensorFlow's gradient of its own loss."""
    import tensorflow as tf

    z = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(z)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=z))
    return tape.gradient(loss, z).numpy()


def right_float32(logits, y):
    """Single precision."""
    g = softmax((logits - logits.max(axis=1, keepdims=True)).astype(np.float32))
    return (g - np.eye(logits.shape[1], dtype=np.float32)[y]) / np.float32(len(y))


def right_jacobian(logits, y):
    """The chain rule with the softmax's Jacobian, where the probability is not 0; log p differentiated."""
    p = softmax(logits)
    out = np.empty(p.shape)
    for b in range(len(y)):
        out[b] = [p[b, k] - (k == y[b]) for k in range(p.shape[1])]
    return out / p.shape[0]


def wrong_sum(logits, y):
    """The gradient of the sum over pictures."""
    return softmax(logits) - np.eye(logits.shape[1])[y]


def wrong_sign(logits, y):
    """One-hot minus probabilities."""
    return (np.eye(logits.shape[1])[y] - softmax(logits)) / len(y)


def wrong_only_softmax(logits, y):
    """Forgets the label."""
    return softmax(logits) / len(y)


def wrong_all_rows(logits, y):
    """g[:, y] -= 1."""
    g = softmax(logits)
    g[:, y] -= 1
    return g / len(y)


def wrong_only_own(logits, y):
    """A slope for the right class only."""
    hot = np.eye(logits.shape[1])[y]
    return hot * (softmax(logits) - 1) / len(y)


def wrong_double_softmax(logits, y):
    """Softmax of the softmax."""
    return (softmax(softmax(logits)) - np.eye(logits.shape[1])[y]) / len(y)


def wrong_overflow(logits, y):
    """No shift."""
    with np.errstate(all="ignore"):
        e = np.exp(logits)
        return (e / e.sum(axis=1, keepdims=True) - np.eye(logits.shape[1])[y]) / len(y)


def wrong_one_maximum(logits, y):
    """One shift for the whole batch."""
    with np.errstate(all="ignore"):
        e = np.exp(logits - logits.max())
        return (e / e.sum(axis=1, keepdims=True) - np.eye(logits.shape[1])[y]) / len(y)


def wrong_over_pictures(logits, y):
    """Softmax over axis 0."""
    e = np.exp(logits - logits.max(axis=0))
    return (e / e.sum(axis=0) - np.eye(logits.shape[1])[y]) / len(y)


def wrong_over_entries(logits, y):
    """Divided by B x K."""
    return (softmax(logits) - np.eye(logits.shape[1])[y]) / logits.size


def wrong_squared_error(logits, y):
    """The gradient of half the squared error of the probabilities."""
    p = softmax(logits)
    d = p - np.eye(logits.shape[1])[y]
    return p * (d - (d * p).sum(axis=1, keepdims=True)) / len(y)


def wrong_sigmoid(logits, y):
    """Sigmoids in place of softmax."""
    with np.errstate(all="ignore"):
        return (1 / (1 + np.exp(-logits)) - np.eye(logits.shape[1])[y]) / len(y)


def wrong_in_place(logits, y):
    """Works on the argument."""
    logits -= logits.max(axis=1, keepdims=True)
    return (softmax(logits) - np.eye(logits.shape[1])[y]) / len(y)


def wrong_with_respect_to_p(logits, y):
    """The gradient with respect to the probabilities: the chain ends too early."""
    p = softmax(logits)
    with np.errstate(all="ignore"):
        return -np.eye(logits.shape[1])[y] / p / len(y)


def wrong_mean_over_batch(logits, y):
    """One row, the mean over the pictures."""
    return (softmax(logits) - np.eye(logits.shape[1])[y]).mean(axis=0)


def wrong_classes_for_pictures(logits, y):
    """Divided by the number of classes."""
    return (softmax(logits) - np.eye(logits.shape[1])[y]) / logits.shape[1]
