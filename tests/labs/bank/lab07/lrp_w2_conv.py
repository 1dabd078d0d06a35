"""Solutions of ``lrp_w2_conv(W, R, shape, pad, stride)``."""

import numpy as np

from autograder.checks.lab07.reference import conv2d, conv2d_T, pads
from toonlens.startup import import_keras

TINY = 1e-12


def right_walk(W, R, shape, pad, stride):
    """An input of ones and the squared kernel."""
    V = W**2
    return conv2d_T(R / (conv2d(np.ones(shape), V, pad, stride) + TINY), V, shape, pad, stride)


def right_one_image(W, R, shape, pad, stride):
    """The denominators once for all images, which share them."""
    V = np.square(W)
    total = conv2d(np.ones((1, *shape[1:])), V, pad, stride)
    return conv2d_T(np.divide(R, total, out=np.zeros(R.shape), where=total > 0), V, shape, pad, stride)


def right_loops(W, R, shape, pad, stride):
    """Window by window, cut at the border."""
    _, H, width, _ = (int(n) for n in shape)
    kh, kw, _, Co = W.shape
    top, left = pads(H, kh, stride, pad)[0], pads(width, kw, stride, pad)[0]
    out = np.zeros([int(n) for n in shape])
    for i in range(R.shape[1]):
        for j in range(R.shape[2]):
            y, x = i * stride - top, j * stride - left
            rows, columns = slice(max(y, 0), min(y + kh, H)), slice(max(x, 0), min(x + kw, width))
            V = W[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x] ** 2
            for o in range(Co):
                if V[..., o].any():
                    out[:, rows, columns] += R[:, i, j, o, None, None, None] * V[..., o] / V[..., o].sum()
    return out


def right_tensorflow(W, R, shape, pad, stride):
    """In TensorFlow, single precision."""
    import_keras()
    import tensorflow as tf

    V = tf.constant(np.square(W), tf.float32)
    shape = [int(n) for n in shape]
    total = tf.nn.conv2d(tf.ones(shape), V, stride, pad.upper())
    q = tf.math.divide_no_nan(tf.constant(R, tf.float32), total)
    return tf.nn.conv2d_transpose(q, V, shape, stride, pad.upper())


def wrong_constant_total(W, R, shape, pad, stride):
    """The sum over the whole kernel, also at the border."""
    V = W**2
    return conv2d_T(R / (V.sum(axis=(0, 1, 2)) + TINY), V, shape, pad, stride)


def wrong_not_squared(W, R, shape, pad, stride):
    """Shares by the weight."""
    z = conv2d(np.ones(shape), W, pad, stride)
    return conv2d_T(R / (z + TINY), W, shape, pad, stride)


def wrong_absolute(W, R, shape, pad, stride):
    """Shares by the magnitude."""
    V = np.abs(W)
    return conv2d_T(R / (conv2d(np.ones(shape), V, pad, stride) + TINY), V, shape, pad, stride)


def wrong_positive_weights(W, R, shape, pad, stride):
    """Shares by the squares of the positive weights."""
    V = np.maximum(W, 0) ** 2
    return conv2d_T(R / (conv2d(np.ones(shape), V, pad, stride) + TINY), V, shape, pad, stride)


def wrong_square_of_sum(W, R, shape, pad, stride):
    """The square of the sum below the line."""
    z = conv2d(np.ones(shape), W, pad, stride) ** 2
    return conv2d_T(R / (z + TINY), W**2, shape, pad, stride)


def wrong_over_outputs(W, R, shape, pad, stride):
    """One total for all output channels."""
    V = W**2
    total = conv2d(np.ones(shape), V, pad, stride).sum(axis=-1, keepdims=True)
    return conv2d_T(R / (total + TINY), V, shape, pad, stride)


def wrong_no_division(W, R, shape, pad, stride):
    """No denominator."""
    return conv2d_T(R, W**2, shape, pad, stride)


def wrong_norm(W, R, shape, pad, stride):
    """Divides by the root of the sum."""
    V = W**2
    return conv2d_T(R / np.sqrt(conv2d(np.ones(shape), V, pad, stride) + TINY), V, shape, pad, stride)


def wrong_flat(W, R, shape, pad, stride):
    """The flat rule."""
    V = np.ones(W.shape)
    return conv2d_T(R / conv2d(np.ones(shape), V, pad, stride), V, shape, pad, stride)


def wrong_flipped(W, R, shape, pad, stride):
    """The flipped kernel on the way back."""
    V = W**2
    return conv2d_T(R / (conv2d(np.ones(shape), V, pad, stride) + TINY), V[::-1, ::-1], shape, pad, stride)


def wrong_not_stabilised(W, R, shape, pad, stride):
    """0 / 0 where a channel has no weights."""
    V = W**2
    with np.errstate(all="ignore"):
        return conv2d_T(R / conv2d(np.ones(shape), V, pad, stride), V, shape, pad, stride)


def wrong_large_eps(W, R, shape, pad, stride):
    """Stabilises with 0.1."""
    V = W**2
    return conv2d_T(R / (conv2d(np.ones(shape), V, pad, stride) + 0.1), V, shape, pad, stride)


def wrong_same_always(W, R, shape, pad, stride):
    """Forgets pad."""
    return right_walk(W, R, shape, "same", stride)
