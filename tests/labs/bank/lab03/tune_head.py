"""Solutions of the bug hunt, ``tune_head(h, y, norm, W, b, T, warm, base)``."""

import numpy as np

from bank.lab03.given import EPSILON, batchnorm


def _rate(t, T, warm, base):
    return base * (t + 1) / warm if t < warm else 0.5 * base * (1 + np.cos(np.pi * (t - warm) / (T - warm)))


def _softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _tune(h, y, norm, W, b, T, warm, base, *, batch=False, mean=True, rate=_rate, forget=False, index=None, bias=True,
          scores=_softmax, sign=1.0):  # fmt: skip
    gamma, beta, m, v = norm
    if batch:
        m, v = h.mean(axis=0), h.var(axis=0)
    a = gamma * (h - m) / np.sqrt(v + EPSILON) + beta
    start = W, b
    for t in range(T):
        g = scores(a @ W + b)
        if index is None:
            g[np.arange(len(y)), y] -= 1
        else:
            g[:, y] -= 1
        if mean:
            g = g / len(y)
        r = sign * rate(t, T, warm, base)
        W = W - r * (a.T @ g)
        b = b - r * g.sum(axis=0) if bias else b
    return start if forget else (W, b)


def right_repaired(h, y, norm, W, b, T, warm, base):
    """The colleague's code, repaired."""
    return _tune(h, y, norm, W, b, T, warm, base)


def right_loop(h, y, norm, W, b, T, warm, base):
    """Picture by picture."""
    W, b = W.copy(), b.copy()
    for t in range(T):
        dW, db = np.zeros_like(W), np.zeros_like(b)
        for x, label in zip(h, y, strict=True):
            a = batchnorm(x, *norm)
            g = _softmax((a @ W + b)[None])[0]
            g[label] -= 1
            dW += np.outer(a, g) / len(h)
            db += g / len(h)
        W -= _rate(t, T, warm, base) * dW
        b -= _rate(t, T, warm, base) * db
    return W, b


def right_tape(h, y, norm, W, b, T, warm, base):
    """TensorFlow's gradient."""
    import tensorflow as tf

    a = tf.constant(batchnorm(h, *norm))
    W, b = tf.Variable(W), tf.Variable(b)
    for t in range(T):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, a @ W + b))
        dW, db = tape.gradient(loss, [W, b])
        W.assign_sub(_rate(t, T, warm, base) * dW)
        b.assign_sub(_rate(t, T, warm, base) * db)
    return W.numpy(), b.numpy()


def right_one_matrix(h, y, norm, W, b, T, warm, base):
    """Bias as a last row; one-hot classes."""
    a = np.c_[batchnorm(h, *norm), np.ones(len(h))]
    target = np.eye(len(b))[y]
    V = np.vstack([W, b])
    for t in range(T):
        V = V - _rate(t, T, warm, base) / len(h) * a.T @ (_softmax(a @ V) - target)
    return V[:-1], V[-1]


def right_float32(h, y, norm, W, b, T, warm, base):
    """Features and gradients in single precision, weights in double, as mixed precision does."""
    a = batchnorm(h, *norm).astype(np.float32)
    for t in range(T):
        g = _softmax((a @ W + b).astype(np.float32))
        g[np.arange(len(y)), y] -= 1
        g /= len(y)
        W, b = W - _rate(t, T, warm, base) * (a.T @ g), b - _rate(t, T, warm, base) * g.sum(axis=0)
    return W, b


def _late(t, T, warm, base):
    return base * (t + 1) / warm if t < warm else 0.5 * base * (1 + np.cos(np.pi * t / T))


def wrong_as_supplied(h, y, norm, W, b, T, warm, base):
    """All three bugs."""
    return _tune(h, y, norm, W, b, T, warm, base, batch=True, mean=False, rate=_late)


def wrong_batch_statistics_left(h, y, norm, W, b, T, warm, base):
    """Two repaired, BatchNorm not."""
    return _tune(h, y, norm, W, b, T, warm, base, batch=True)


def wrong_sum_left(h, y, norm, W, b, T, warm, base):
    """Two repaired, the mean not."""
    return _tune(h, y, norm, W, b, T, warm, base, mean=False)


def wrong_schedule_left(h, y, norm, W, b, T, warm, base):
    """Two repaired, the schedule not."""
    return _tune(h, y, norm, W, b, T, warm, base, rate=_late)


def wrong_only_batchnorm_repaired(h, y, norm, W, b, T, warm, base):
    return _tune(h, y, norm, W, b, T, warm, base, mean=False, rate=_late)


def wrong_only_mean_repaired(h, y, norm, W, b, T, warm, base):
    return _tune(h, y, norm, W, b, T, warm, base, batch=True, rate=_late)


def wrong_only_schedule_repaired(h, y, norm, W, b, T, warm, base):
    return _tune(h, y, norm, W, b, T, warm, base, batch=True, mean=False)


def wrong_length_T(h, y, norm, W, b, T, warm, base):
    """The cosine starts where it should and is T steps long."""

    def rate(t, T, warm, base):
        return base * (t + 1) / warm if t < warm else 0.5 * base * (1 + np.cos(np.pi * (t - warm) / T))

    return _tune(h, y, norm, W, b, T, warm, base, rate=rate)


def wrong_mean_over_classes(h, y, norm, W, b, T, warm, base):
    """Divides by the number of classes."""
    return _tune(h, y, norm, W, b, T, warm, base, mean=False, rate=lambda *a: _rate(*a) / len(b))


def wrong_half_and_half(h, y, norm, W, b, T, warm, base):
    """The stored mean, the batch's variance."""
    gamma, beta, m, _ = norm
    return _tune(h, y, (gamma, beta, m, h.var(axis=0)), W, b, T, warm, base)


def wrong_uphill(h, y, norm, W, b, T, warm, base):
    """Adds the gradient."""
    return _tune(h, y, norm, W, b, T, warm, base, sign=-1.0)


def wrong_frozen_bias(h, y, norm, W, b, T, warm, base):
    """The bias stays."""
    return _tune(h, y, norm, W, b, T, warm, base, bias=False)


def wrong_returns_the_start(h, y, norm, W, b, T, warm, base):
    """Returns what it started from."""
    return _tune(h, y, norm, W, b, T, warm, base, forget=True)


def wrong_no_statistics(h, y, norm, W, b, T, warm, base):
    """Leaves BatchNorm out."""
    zero = np.zeros(h.shape[1])
    return _tune(h, y, (zero + 1, zero, zero, zero + 1), W, b, T, warm, base)
