"""Solutions of ``pool_switches(x, k)``."""

import numpy as np


def _windows(x, k):
    """(B, h, w, C, k * k), each window in reading order."""
    B, H, W, C = x.shape
    return x.reshape(B, H // k, k, W // k, k, C).transpose(0, 1, 3, 5, 2, 4).reshape(B, H // k, W // k, C, k * k)


def right_reshape(x, k):
    """Windows as an axis, max and argmax over it."""
    windows = _windows(x, k)
    return windows.max(axis=-1), windows.argmax(axis=-1)


def right_loops(x, k):
    """Four loops and a search by hand."""
    B, H, W, C = x.shape
    p, s = np.zeros((B, H // k, W // k, C)), np.zeros((B, H // k, W // k, C), dtype=int)
    for b in range(B):
        for i in range(H // k):
            for j in range(W // k):
                for c in range(C):
                    best = -np.inf
                    for place in range(k * k):
                        value = x[b, i * k + place // k, j * k + place % k, c]
                        if value > best:
                            best, s[b, i, j, c] = value, place
                    p[b, i, j, c] = best
    return p, s


def right_slices(x, k):
    """One strided slice for each place, stacked."""
    stack = np.stack([x[:, i::k, j::k] for i in range(k) for j in range(k)])
    return stack.max(axis=0), stack.argmax(axis=0)


def right_running(x, k):
    """A running maximum over the places, with np.where."""
    p, s = x[:, ::k, ::k].copy(), np.zeros(x[:, ::k, ::k].shape, dtype=np.int64)
    for place in range(1, k * k):
        value = x[:, place // k :: k, place % k :: k]
        s = np.where(value > p, place, s)
        p = np.maximum(p, value)
    return p, s


def right_tensorflow(x, k):
    """tf.nn.max_pool_with_argmax, in single precision, its places counted anew inside each window."""
    import tensorflow as tf

    _, _, W, C = x.shape
    p, flat = tf.nn.max_pool_with_argmax(x.astype(np.float32), k, k, "VALID")
    pixel = flat.numpy() // C
    return p.numpy(), (pixel // W % k) * k + pixel % W % k


def right_float32(x, k):
    """Single precision."""
    windows = _windows(x.astype(np.float32), k)
    return windows.max(axis=-1), windows.argmax(axis=-1).astype(np.int32)


def wrong_float_switches(x, k):
    """Switches in an array made by np.zeros, which nobody can use as places."""
    p, s = right_reshape(x, k)
    return p, s.astype(float)


def wrong_order(x, k):
    """The switches first."""
    return right_reshape(x, k)[::-1]


def wrong_order_and_floats(x, k):
    """The switches first, and as floats."""
    p, s = right_reshape(x, k)
    return s.astype(float), p


def wrong_last_at_ties(x, k):
    """Searches with >=."""
    windows = _windows(x, k)
    return windows.max(axis=-1), k * k - 1 - windows[..., ::-1].argmax(axis=-1)


def wrong_mask(x, k):
    """A mask of the winners in the place of switches."""
    p = _windows(x, k).max(axis=-1)
    return p, (x == p.repeat(k, axis=1).repeat(k, axis=2)).astype(int)


def wrong_flat_image(x, k):
    """Places counted in the whole image, as TensorFlow gives them."""
    p, s = right_reshape(x, k)
    _, h, w, _ = p.shape
    rows, columns = np.arange(h)[:, None, None] * k + s // k, np.arange(w)[:, None] * k + s % k
    return p, rows * w * k + columns


def wrong_column_order(x, k):
    """Reading down the columns first."""
    B, H, W, C = x.shape
    windows = x.reshape(B, H // k, k, W // k, k, C).transpose(0, 1, 3, 5, 4, 2)
    windows = windows.reshape(B, H // k, W // k, C, k * k)
    return windows.max(axis=-1), windows.argmax(axis=-1)


def wrong_one_switch_for_all(x, k):
    """The switches of channel 0 for every channel."""
    p, s = right_reshape(x, k)
    return p, np.repeat(s[..., :1], s.shape[-1], axis=-1)


def wrong_from_zero(x, k):
    """A running maximum that starts at zero, as after a ReLU."""
    windows = np.maximum(_windows(x, k), 0)
    return windows.max(axis=-1), windows.argmax(axis=-1)


def wrong_absolute(x, k):
    """The largest magnitude wins."""
    windows = _windows(x, k)
    s = np.abs(windows).argmax(axis=-1)
    return np.take_along_axis(windows, s[..., None], axis=-1)[..., 0], s


def wrong_mean(x, k):
    """Average pooling."""
    windows = _windows(x, k)
    return windows.mean(axis=-1), windows.argmax(axis=-1)


def wrong_reshape(x, k):
    """Reshaped without bringing the two window axes together."""
    B, H, W, C = x.shape
    windows = x.reshape(B, H // k, W // k, k * k, C).transpose(0, 1, 2, 4, 3)
    return windows.max(axis=-1), windows.argmax(axis=-1)


def wrong_k_is_two(x, k):
    """Takes 2 x 2 for granted."""
    return right_reshape(x, 2)


def wrong_from_one(x, k):
    """Places counted from 1."""
    p, s = right_reshape(x, k)
    return p, s + 1


def wrong_over_channels(x, k):
    """The maximum over the channels too."""
    p, s = right_reshape(x, k)
    return np.repeat(p.max(axis=-1, keepdims=True), p.shape[-1], axis=-1), s


def wrong_batch_switch(x, k):
    """The switches of the first image for every image."""
    p, s = right_reshape(x, k)
    return p, np.repeat(s[:1], len(s), axis=0)


def wrong_only_p(x, k):
    """Forgets the switches."""
    return right_reshape(x, k)[0]


def wrong_rows_and_columns(x, k):
    """Two numbers for each switch."""
    p, s = right_reshape(x, k)
    return p, np.stack([s // k, s % k], axis=-1)


def wrong_min(x, k):
    """The smallest value."""
    windows = _windows(x, k)
    return windows.min(axis=-1), windows.argmin(axis=-1)
