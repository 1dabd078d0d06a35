"""Solutions of ``lrp_maxpool(a, R, k)``."""

import numpy as np

from toonlens.startup import import_keras


def _inside(v, k):
    """(B, h, w, C, k * k), places in reading order."""
    B, H, W, C = v.shape
    return v.reshape(B, H // k, k, W // k, k, C).transpose(0, 1, 3, 5, 2, 4).reshape(B, H // k, W // k, C, k * k)


def _outside(v, k):
    B, h, w, C, _ = v.shape
    return v.reshape(B, h, w, C, k, k).transpose(0, 1, 4, 2, 5, 3).reshape(B, h * k, w * k, C)


def right_one_hot(a, R, k):
    """The first maximum as a row of the unit matrix."""
    return _outside(np.eye(k * k)[_inside(a, k).argmax(axis=-1)] * R[..., None], k)


def right_put_along_axis(a, R, k):
    """np.put_along_axis."""
    inside = _inside(a, k)
    out = np.zeros(inside.shape)
    np.put_along_axis(out, inside.argmax(axis=-1)[..., None], R[..., None], axis=-1)
    return _outside(out, k)


def right_places(a, R, k):
    """Place by place, in reading order; who has won is out."""
    best = _inside(a, k).max(axis=-1)
    out, free = np.zeros(a.shape), np.ones(R.shape, dtype=bool)
    for i in range(k):
        for j in range(k):
            wins = free & (a[:, i::k, j::k] == best)
            out[:, i::k, j::k] = np.where(wins, R, 0)
            free &= ~wins
    return out


def right_loops(a, R, k):
    """Loops over everything."""
    out = np.zeros(a.shape)
    for b, i, j, c in np.ndindex(*R.shape):
        best, where = -np.inf, (0, 0)
        for m in range(k):
            for n in range(k):
                if a[b, i * k + m, j * k + n, c] > best:
                    best, where = a[b, i * k + m, j * k + n, c], (m, n)
        out[b, i * k + where[0], j * k + where[1], c] = R[b, i, j, c]
    return out


def right_tape(a, R, k):
    """TensorFlow's gradient of its max pooling, which takes the first maximum too."""
    import_keras()
    import tensorflow as tf

    image = tf.constant(np.asarray(a, dtype=np.float64))
    with tf.GradientTape() as tape:
        tape.watch(image)
        pooled = tf.nn.max_pool2d(image, int(k), int(k), "VALID")
    return tape.gradient(pooled, image, output_gradients=tf.constant(np.asarray(R, dtype=np.float64)))


def wrong_all_winners(a, R, k):
    """Everybody who ties takes all."""
    inside = _inside(a, k)
    return _outside((inside == inside.max(axis=-1, keepdims=True)) * R[..., None], k)


def wrong_shared_ties(a, R, k):
    """Those who tie share."""
    inside = _inside(a, k)
    wins = inside == inside.max(axis=-1, keepdims=True)
    return _outside(wins / wins.sum(axis=-1, keepdims=True) * R[..., None], k)


def wrong_last_winner(a, R, k):
    """The last of those who tie."""
    inside = _inside(a, k)
    last = k * k - 1 - inside[..., ::-1].argmax(axis=-1)
    return _outside(np.eye(k * k)[last] * R[..., None], k)


def wrong_upper_left(a, R, k):
    """The upper left corner of each window."""
    out = np.zeros(a.shape)
    out[:, ::k, ::k] = R
    return out


def wrong_repeated(a, R, k):
    """R over the whole window."""
    return R.repeat(k, axis=1).repeat(k, axis=2)


def wrong_equal_shares(a, R, k):
    """Equal shares."""
    return wrong_repeated(a, R, k) / (k * k)


def wrong_smallest(a, R, k):
    """argmin."""
    return _outside(np.eye(k * k)[_inside(a, k).argmin(axis=-1)] * R[..., None], k)


def wrong_times_a(a, R, k):
    """Multiplies by the winner's value."""
    return right_one_hot(a, R, k) * a


def wrong_first_channel(a, R, k):
    """The winners of channel 0 for all channels."""
    return right_one_hot(np.repeat(a[..., :1], a.shape[-1], axis=-1), R, k)


def wrong_first_image(a, R, k):
    """The winners of the first image for all images."""
    return right_one_hot(np.repeat(a[:1], len(a), axis=0), R, k)


def wrong_transposed(a, R, k):
    """Rows and columns inside a window exchanged."""
    place = _inside(a, k).argmax(axis=-1)
    return _outside(np.eye(k * k)[place % k * k + place // k] * R[..., None], k)


def wrong_absolute(a, R, k):
    """The largest magnitude wins."""
    return right_one_hot(np.abs(a), R, k)


def wrong_rectified(a, R, k):
    """Cuts negative relevance off."""
    return right_one_hot(a, np.maximum(R, 0), k)


def wrong_positive_only(a, R, k):
    """The winner needs to be positive."""
    return right_one_hot(a, R, k) * (a > 0)


def wrong_two(a, R, k):
    """Windows of two, whatever k."""
    return right_one_hot(a, R, 2)
