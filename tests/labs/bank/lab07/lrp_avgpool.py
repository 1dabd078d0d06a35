"""Solutions of ``lrp_avgpool(a, R, k)``."""

import numpy as np

from toonlens.startup import import_keras

TINY = 1e-12


def _wide(v, k):
    return v.repeat(k, axis=1).repeat(k, axis=2)


def _total(v, k):
    B, H, W, C = v.shape
    return v.reshape(B, H // k, k, W // k, k, C).sum(axis=(2, 4))


def right_reshaped(a, R, k):
    """Six axes."""
    B, H, W, C = a.shape
    inside = np.maximum(a, 0).reshape(B, H // k, k, W // k, k, C)
    total = inside.sum(axis=(2, 4), keepdims=True)
    return (inside / (total + TINY) * R[:, :, None, :, None]).reshape(a.shape)


def right_repeated(a, R, k):
    """Quotients repeated over their windows."""
    positive = a * (a > 0)
    return positive * _wide(R / (_total(positive, k) + TINY), k)


def right_loops(a, R, k):
    """Window by window."""
    out = np.zeros(a.shape)
    for i in range(R.shape[1]):
        for j in range(R.shape[2]):
            where = (slice(None), slice(i * k, i * k + k), slice(j * k, j * k + k))
            part = np.clip(a[where], 0, None)
            total = part.sum(axis=(1, 2), keepdims=True)
            out[where] = np.where(total > 0, part / np.where(total > 0, total, 1), 0) * R[:, i : i + 1, j : j + 1]
    return out


def right_tensorflow(a, R, k):
    """LRP-0 of TensorFlow's average of the positive part, single precision."""
    import_keras()
    import tensorflow as tf

    k = int(k)
    positive = tf.nn.relu(tf.constant(a, tf.float32))
    with tf.GradientTape() as tape:
        tape.watch(positive)
        mean = tf.nn.avg_pool2d(positive, k, k, "VALID")
    q = tf.math.divide_no_nan(tf.constant(R, tf.float32), mean)
    return positive * tape.gradient(mean, positive, output_gradients=q)


def wrong_equal(a, R, k):
    """1 / k^2 each."""
    return _wide(R, k) / (k * k) + 0 * a


def wrong_repeated_R(a, R, k):
    """All of R to each."""
    return _wide(R, k) + 0 * a


def wrong_not_positive(a, R, k):
    """Shares by a, negative inputs included."""
    total = _total(a, k)
    return a * _wide(R / (total + np.where(total >= 0, TINY, -TINY)), k)


def wrong_absolute(a, R, k):
    """Shares by the magnitude."""
    return np.abs(a) * _wide(R / (_total(np.abs(a), k) + TINY), k)


def wrong_mixed(a, R, k):
    """The positive part above the line, all below it."""
    total = _total(a, k)
    return np.maximum(a, 0) * _wide(R / (total + np.where(total >= 0, TINY, -TINY)), k)


def wrong_mean(a, R, k):
    """Divides by the mean: k^2 too much."""
    positive = np.maximum(a, 0)
    return positive * _wide(R / (_total(positive, k) / (k * k) + TINY), k)


def wrong_not_stabilised(a, R, k):
    """0 / 0."""
    positive = np.maximum(a, 0)
    with np.errstate(all="ignore"):
        return positive * _wide(R / _total(positive, k), k)


def wrong_squared(a, R, k):
    """Shares by the square."""
    return right_repeated(np.maximum(a, 0) ** 2, R, k)


def wrong_winner(a, R, k):
    """The winner takes all."""
    B, H, W, C = a.shape
    inside = a.reshape(B, H // k, k, W // k, k, C)
    return ((inside == inside.max(axis=(2, 4), keepdims=True)) * R[:, :, None, :, None]).reshape(a.shape)


def wrong_whole_map(a, R, k):
    """Shares over the whole map."""
    positive = np.maximum(a, 0)
    return positive / (positive.sum(axis=(1, 2), keepdims=True) + TINY) * R.sum(axis=(1, 2), keepdims=True)


def wrong_channels(a, R, k):
    """The denominator runs over the channels too."""
    positive = np.maximum(a, 0)
    total = _total(positive, k).sum(axis=-1, keepdims=True)
    return positive * _wide(R.sum(axis=-1, keepdims=True) / (total + TINY), k)


def wrong_batch(a, R, k):
    """The denominator runs over the batch too."""
    positive = np.maximum(a, 0)
    return positive * _wide(R / (_total(positive, k).mean(axis=0, keepdims=True) + TINY), k)


def wrong_large_eps(a, R, k):
    """Stabilises with 0.1."""
    positive = np.maximum(a, 0)
    return positive * _wide(R / (_total(positive, k) + 0.1), k)


def wrong_silent_shares(a, R, k):
    """A silent window shares equally."""
    positive = np.maximum(a, 0)
    silent = _wide(_total(positive, k) == 0, k)
    return np.where(silent, _wide(R, k) / (k * k), right_repeated(a, R, k))
