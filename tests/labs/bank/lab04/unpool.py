"""Solutions of ``unpool(p, s, k)``."""

import numpy as np


def _join(windows, k):
    """(B, h, w, C, k * k) to (B, k h, k w, C)."""
    B, h, w, C, _ = windows.shape
    return windows.reshape(B, h, w, C, k, k).transpose(0, 1, 4, 2, 5, 3).reshape(B, h * k, w * k, C)


def right_one_hot(p, s, k):
    """Compare the switch with every place of a window."""
    return _join(p[..., None] * (s[..., None] == np.arange(k * k)), k)


def right_loops(p, s, k):
    """Four loops."""
    B, h, w, C = p.shape
    out = np.zeros((B, h * k, w * k, C))
    for b, i, j, c in np.ndindex(*p.shape):
        out[b, i * k + s[b, i, j, c] // k, j * k + s[b, i, j, c] % k, c] = p[b, i, j, c]
    return out


def right_slices(p, s, k):
    """One strided slice for each place."""
    B, h, w, C = p.shape
    out = np.zeros((B, h * k, w * k, C))
    for place in range(k * k):
        out[:, place // k :: k, place % k :: k] = np.where(s == place, p, 0.0)
    return out


def right_fancy(p, s, k):
    """Index arrays that broadcast."""
    B, h, w, C = p.shape
    b, i, j, c = np.ogrid[:B, :h, :w, :C]
    out = np.zeros((B, h * k, w * k, C))
    out[b, i * k + s // k, j * k + s % k, c] = p
    return out


def right_put_along_axis(p, s, k):
    """np.put_along_axis on windows."""
    windows = np.zeros((*p.shape, k * k))
    np.put_along_axis(windows, s[..., None], p[..., None], axis=-1)
    return _join(windows, k)


def right_repeat(p, s, k):
    """Everything enlarged, then masked by the place of each pixel."""

    def large(array):
        return array.repeat(k, axis=1).repeat(k, axis=2)

    rows, columns = np.arange(k * p.shape[1])[:, None, None] % k, np.arange(k * p.shape[2])[:, None] % k
    return large(p) * (large(s) == rows * k + columns)


def right_float32(p, s, k):
    """Single precision."""
    return right_one_hot(p.astype(np.float32), s, k)


def right_tensorflow(p, s, k):
    """tf.one_hot and depth_to_space, channel by channel."""
    import tensorflow as tf

    hot = tf.one_hot(s, k * k, dtype=tf.float64) * p[..., None]
    if k == 1:
        return hot.numpy()[..., 0]
    return np.concatenate([tf.nn.depth_to_space(hot[..., c, :], k).numpy() for c in range(p.shape[-1])], axis=-1)


def wrong_upper_left(p, s, k):
    """Every value at the upper left of its window."""
    return right_slices(p, np.zeros_like(s), k)


def wrong_nearest(p, s, k):
    """Nearest neighbour: the value fills its window."""
    return p.repeat(k, axis=1).repeat(k, axis=2)


def wrong_spread(p, s, k):
    """The value shared out over its window."""
    return p.repeat(k, axis=1).repeat(k, axis=2) / k**2


def wrong_channel_0(p, s, k):
    """The switches of channel 0 for all."""
    return right_slices(p, np.repeat(s[..., :1], p.shape[-1], axis=-1), k)


def wrong_image_0(p, s, k):
    """The switches of the first image for all."""
    return right_slices(p, np.repeat(s[:1], len(p), axis=0), k)


def wrong_transposed(p, s, k):
    """Row and column inside the window exchanged."""
    return right_slices(p, s % k * k + s // k, k)


def wrong_last_place(p, s, k):
    """Counted from the end."""
    return right_slices(p, k * k - 1 - s, k)


def wrong_relu(p, s, k):
    """Keeps positive values only."""
    return right_slices(np.maximum(p, 0), s, k)


def wrong_absolute(p, s, k):
    """Loses the sign."""
    return right_slices(np.abs(p), s, k)


def wrong_k_is_two(p, s, k):
    """Takes 2 x 2 for granted."""
    return right_slices(p, s, 2)


def wrong_join(p, s, k):
    """Windows reshaped into an image without bringing the axes together."""
    B, h, w, C = p.shape
    windows = p[..., None] * (s[..., None] == np.arange(k * k))
    return windows.transpose(0, 1, 2, 4, 3).reshape(B, h * k, w * k, C)


def wrong_added(p, s, k):
    """The values on top of the enlarged image."""
    return right_slices(p, s, k) + 0.1 * wrong_nearest(p, s, k)


def wrong_one_row_off(p, s, k):
    """Tiles in the place of windows: strides of h and w."""
    B, h, w, C = p.shape
    out = np.zeros((B, h * k, w * k, C))
    for place in range(k * k):
        row, column = place // k, place % k
        out[:, row * h : (row + 1) * h, column * w : (column + 1) * w] = np.where(s == place, p, 0.0)
    return out


def wrong_normalised(p, s, k):
    """Divides by the largest value."""
    return right_slices(p / np.abs(p).max(), s, k)


def wrong_in_place(p, s, k):
    """Right values, but p is changed."""
    out = right_slices(p, s, k)
    p *= 0
    return out


def wrong_integer_zeros(p, s, k):
    """np.zeros_like the switches, filled by index."""
    B, h, w, C = p.shape
    b, i, j, c = np.ogrid[:B, :h, :w, :C]
    out = np.zeros((B, h * k, w * k, C), dtype=int)
    out[b, i * k + s // k, j * k + s % k, c] = p
    return out


def wrong_from_one(p, s, k):
    """Believes that places are counted from 1."""
    return right_slices(p, s - 1, k)
