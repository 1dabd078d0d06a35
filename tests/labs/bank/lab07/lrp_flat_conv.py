"""Solutions of ``lrp_flat_conv(W_shape, R, shape, pad, stride)``."""

import numpy as np

from autograder.checks.lab07.reference import conv2d, conv2d_T, pads
from toonlens.startup import import_keras


def right_ones(W_shape, R, shape, pad, stride):
    """A kernel of ones counts and hands out."""
    V = np.ones([int(n) for n in W_shape])
    return conv2d_T(R / conv2d(np.ones(shape), V, pad, stride), V, shape, pad, stride)


def right_one_channel(W_shape, R, shape, pad, stride):
    """Output channels first, then one channel in, repeated."""
    V = np.ones((int(W_shape[0]), int(W_shape[1]), 1, 1))
    one = (*shape[:3], 1)
    taps = conv2d(np.ones(one), V, pad, stride) * int(W_shape[2])
    spread = conv2d_T(R.sum(axis=-1, keepdims=True) / taps, V, one, pad, stride)
    return np.repeat(spread, int(shape[3]), axis=-1)


def right_loops(W_shape, R, shape, pad, stride):
    """Window by window, cut at the border."""
    kh, kw = int(W_shape[0]), int(W_shape[1])
    H, width = int(shape[1]), int(shape[2])
    top, left = pads(H, kh, stride, pad)[0], pads(width, kw, stride, pad)[0]
    out = np.zeros([int(n) for n in shape])
    for i in range(R.shape[1]):
        for j in range(R.shape[2]):
            rows = slice(max(i * stride - top, 0), min(i * stride - top + kh, H))
            columns = slice(max(j * stride - left, 0), min(j * stride - left + kw, width))
            n = out[0, rows, columns].size
            out[:, rows, columns] += R[:, i, j].sum(axis=-1)[:, None, None, None] / n
    return out


def right_tensorflow(W_shape, R, shape, pad, stride):
    """In TensorFlow, single precision."""
    import_keras()
    import tensorflow as tf

    V, shape = tf.ones([int(n) for n in W_shape]), [int(n) for n in shape]
    q = tf.constant(R, tf.float32) / tf.nn.conv2d(tf.ones(shape), V, stride, pad.upper())
    return tf.nn.conv2d_transpose(q, V, shape, stride, pad.upper())


def wrong_constant_taps(W_shape, R, shape, pad, stride):
    """kh kw Ci inputs, also at the border."""
    V = np.ones(W_shape)
    return conv2d_T(R / V[..., 0].size, V, shape, pad, stride)


def wrong_no_channels(W_shape, R, shape, pad, stride):
    """Counts places and forgets the input channels."""
    V = np.ones(W_shape)
    taps = conv2d(np.ones(shape), V, pad, stride) / int(W_shape[2])
    return conv2d_T(R / taps, V, shape, pad, stride)


def wrong_output_channels(W_shape, R, shape, pad, stride):
    """Counts the output channels too."""
    V = np.ones(W_shape)
    taps = conv2d(np.ones(shape), V, pad, stride) * int(W_shape[3])
    return conv2d_T(R / taps, V, shape, pad, stride)


def wrong_no_division(W_shape, R, shape, pad, stride):
    """Hands all of R to each input."""
    return conv2d_T(R, np.ones(W_shape), shape, pad, stride)


def wrong_whole_image(W_shape, R, shape, pad, stride):
    """Flat over the whole image, as in a dense layer."""
    each = R.sum(axis=(1, 2, 3)) / (int(shape[1]) * int(shape[2]) * int(shape[3]))
    return np.zeros([int(n) for n in shape]) + each[:, None, None, None]


def wrong_mean_of_R(W_shape, R, shape, pad, stride):
    """A mean over the output channels in the place of a sum."""
    return (
        right_ones(W_shape, np.repeat(R.mean(axis=-1, keepdims=True), R.shape[-1], axis=-1), shape, pad, stride)
        / (R.shape[-1])
    )


def wrong_border_repaired(W_shape, R, shape, pad, stride):
    """Constant taps, then scaled to the right sum: right in the sum alone."""
    out = wrong_constant_taps(W_shape, R, shape, pad, stride)
    return out * (R.sum(axis=(1, 2, 3)) / out.sum(axis=(1, 2, 3)))[:, None, None, None]


def wrong_centre(W_shape, R, shape, pad, stride):
    """All to the first entry of the window."""
    V = np.zeros(W_shape)
    V[0, 0, 0] = 1.0
    return conv2d_T(R, V, shape, pad, stride)


def wrong_same_always(W_shape, R, shape, pad, stride):
    """Forgets pad."""
    return right_ones(W_shape, R, shape, "same", stride)


def wrong_divided_at_inputs(W_shape, R, shape, pad, stride):
    """Divides at the inputs, by how often each is read."""
    V = np.ones(W_shape)
    out = conv2d_T(R, V, shape, pad, stride)
    read = conv2d_T(np.ones(R.shape), V, shape, pad, stride)
    return out / np.maximum(read, 1)


def wrong_absolute(W_shape, R, shape, pad, stride):
    """The magnitude of R."""
    return right_ones(W_shape, np.abs(R), shape, pad, stride)


def wrong_batch_mean(W_shape, R, shape, pad, stride):
    """The batch's mean for every image."""
    return right_ones(W_shape, R.mean(axis=0, keepdims=True) + 0 * R, shape, pad, stride)
