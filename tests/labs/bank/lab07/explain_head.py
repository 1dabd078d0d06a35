"""Solutions of ``explain_head(a, W, b, c)``, the bug hunt."""

import numpy as np

from toonlens.startup import import_keras


def _head(a, W, b, c, chosen=False, bias=True, batch=False):
    pooled = a.mean(axis=(1, 2))
    f = pooled @ W + b
    c = f.argmax(axis=1) if chosen else np.asarray(c)
    logit = f[np.arange(len(a)), c][:, None]
    z = logit if bias else (pooled * W.T[c]).sum(axis=1, keepdims=True)
    R = pooled * W.T[c] * logit / np.where(np.abs(z) < 1e-12, 1e-12, z)
    total = a.sum(axis=(0, 1, 2) if batch else (1, 2), keepdims=True)
    return a / np.maximum(total, 1e-12) * R[:, None, None]


def right_repaired(a, W, b, c):
    """All three repaired."""
    return _head(a, W, b, c)


def right_gradient(a, W, b, c):
    """Gradient times input, in one line."""
    return a * W.T[np.asarray(c)][:, None, None] / (a.shape[1] * a.shape[2])


def right_einsum(a, W, b, c):
    """Einsum, by classes as one-hot rows."""
    hot = np.eye(W.shape[1])[c]
    return np.einsum("bijc,ck,bk->bijc", a, W, hot) / (a.shape[1] * a.shape[2])


def right_image_by_image(a, W, b, c):
    """One image at a time."""
    return np.concatenate([_head(a[k : k + 1], W, b, np.asarray(c)[k : k + 1]) for k in range(len(a))])


def right_tape(a, W, b, c):
    """TensorFlow's tape, single precision."""
    import_keras()
    import tensorflow as tf

    features = tf.constant(a, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(features)
        f = tf.reduce_mean(features, axis=(1, 2)) @ tf.constant(W, tf.float32) + tf.constant(b, tf.float32)
        chosen = tf.reduce_sum(f * tf.one_hot(c, W.shape[1]))
    return features * tape.gradient(chosen, features)


def wrong_as_given(a, W, b, c):
    """Nothing repaired."""
    return _head(a, W, b, c, chosen=True, bias=False, batch=True)


def wrong_class_left(a, W, b, c):
    """The class that the network chose."""
    return _head(a, W, b, c, chosen=True)


def wrong_bias_left(a, W, b, c):
    """The bias is missing in z."""
    return _head(a, W, b, c, bias=False)


def wrong_batch_left(a, W, b, c):
    """The average is shared out over the batch."""
    return _head(a, W, b, c, batch=True)


def wrong_class_only(a, W, b, c):
    """Only the class repaired."""
    return _head(a, W, b, c, bias=False, batch=True)


def wrong_bias_only(a, W, b, c):
    """Only the bias repaired."""
    return _head(a, W, b, c, chosen=True, batch=True)


def wrong_batch_only(a, W, b, c):
    """Only the batch repaired."""
    return _head(a, W, b, c, chosen=True, bias=False)


def wrong_all_columns(a, W, b, c):
    """Sums the kernels of all classes of the batch."""
    pooled = a.mean(axis=(1, 2))
    R = (pooled @ W[:, c] * 0 + 1) @ W[:, c].T * pooled
    return a / np.maximum(a.sum(axis=(1, 2), keepdims=True), 1e-12) * R[:, None, None]


def wrong_bias_shared(a, W, b, c):
    """Shares the bias among the features, so that all is conserved."""
    out = _head(a, W, b, c)
    f = (a.mean(axis=(1, 2)) @ W + b)[np.arange(len(a)), c]
    return out * (f / out.sum(axis=(1, 2, 3)))[:, None, None, None]


def wrong_total_over_channels(a, W, b, c):
    """Shares over places and channels."""
    R = _head(a, W, b, c).sum(axis=(1, 2, 3), keepdims=True)
    return a / a.sum(axis=(1, 2, 3), keepdims=True) * R


def wrong_equal_shares(a, W, b, c):
    """Equal shares at the average."""
    out = _head(a, W, b, c)
    return np.zeros_like(out) + out.mean(axis=(1, 2), keepdims=True)


def wrong_not_stabilised(a, W, b, c):
    """0 / 0 at a silent channel."""
    R = _head(a, W, b, c).sum(axis=(1, 2))
    with np.errstate(all="ignore"):
        return a / a.sum(axis=(1, 2), keepdims=True) * R[:, None, None]


def wrong_logit_absolute(a, W, b, c):
    """The magnitude of the logit."""
    f = (a.mean(axis=(1, 2)) @ W + b)[np.arange(len(a)), c]
    return _head(a, W, b, c) * np.sign(f)[:, None, None, None]
