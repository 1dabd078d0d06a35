"""Solutions of ``warmup_cosine(t, T, warm, base)``."""

import math

import numpy as np


def right_where(t, T, warm, base):
    """np.where."""
    t = np.asarray(t)
    down = 0.5 * base * (1 + np.cos(np.pi * (t - warm) / (T - warm)))
    return np.where(t < warm, base * (t + 1) / max(warm, 1), down)


def right_loop(t, T, warm, base):
    """One step at a time."""

    def one(s):
        return base * (s + 1) / warm if s < warm else base * (1 + math.cos(math.pi * (s - warm) / (T - warm))) / 2

    return np.array([one(s) for s in np.ravel(t)]).reshape(np.shape(t))


def right_square(t, T, warm, base):
    """cos² of half the angle, masks."""
    t = np.asarray(t, dtype=float)
    rate = base * np.cos(np.pi * (t - warm) / (T - warm) / 2) ** 2
    if warm:
        rate = np.where(t < warm, base / warm * (t + 1), rate)
    return rate


def right_float32(t, T, warm, base):
    """Single precision."""
    t = np.float32(t)
    angle = np.float32(np.pi) * (t - np.float32(warm)) / np.float32(T - warm)
    down = np.float32(base) * (1 + np.cos(angle)) / 2
    return np.where(t < warm, np.float32(base) * (t + 1) / np.float32(max(warm, 1)), down).astype(np.float32)


def right_tensorflow(t, T, warm, base):
    """TensorFlow."""
    import tensorflow as tf

    t = tf.cast(t, tf.float64)
    down = base / 2 * (1 + tf.cos(math.pi * (t - warm) / (T - warm)))
    return tf.where(t < warm, base * (t + 1) / max(warm, 1), down)


def _make(up=lambda t, T, w, b: b * (t + 1) / max(w, 1), down=None):
    def schedule(t, T, warm, base):
        t = np.asarray(t, dtype=float)
        low = down(t, T, warm, base) if down else 0.5 * base * (1 + np.cos(np.pi * (t - warm) / (T - warm)))
        return np.where(t < warm, up(t, T, warm, base), low)

    return schedule


def wrong_starts_at_zero(t, T, warm, base):
    """t / warm."""
    return _make(up=lambda t, T, w, b: b * t / max(w, 1))(t, T, warm, base)


def wrong_cosine_over_T(t, T, warm, base):
    """The cosine counts from 0 to T."""
    return _make(down=lambda t, T, w, b: 0.5 * b * (1 + np.cos(np.pi * t / T)))(t, T, warm, base)


def wrong_length_T(t, T, warm, base):
    """Starts at the end of the warm-up but is T steps long."""
    return _make(down=lambda t, T, w, b: 0.5 * b * (1 + np.cos(np.pi * (t - w) / T)))(t, T, warm, base)


def wrong_ends_at_zero(t, T, warm, base):
    """Reaches zero at T - 1."""
    return _make(down=lambda t, T, w, b: 0.5 * b * (1 + np.cos(np.pi * (t - w) / (T - w - 1))))(t, T, warm, base)


def wrong_whole_cosine(t, T, warm, base):
    """cos itself, without the shift: negative in the second half."""
    return _make(down=lambda t, T, w, b: b * np.cos(np.pi * (t - w) / (T - w)))(t, T, warm, base)


def wrong_quarter_cosine(t, T, warm, base):
    """A quarter of a cosine."""
    return _make(down=lambda t, T, w, b: b * np.cos(np.pi * (t - w) / (T - w) / 2))(t, T, warm, base)


def wrong_degrees(t, T, warm, base):
    """180 in place of pi."""
    return _make(down=lambda t, T, w, b: 0.5 * b * (1 + np.cos(180 * (t - w) / (T - w))))(t, T, warm, base)


def wrong_linear(t, T, warm, base):
    """A straight line down."""
    return _make(down=lambda t, T, w, b: b * (1 - (t - w) / (T - w)))(t, T, warm, base)


def wrong_no_warmup(t, T, warm, base):
    """The cosine alone."""
    return 0.5 * base * (1 + np.cos(np.pi * np.asarray(t) / T))


def wrong_constant_warmup(t, T, warm, base):
    """base while it warms up."""
    return _make(up=lambda t, T, w, b: b + 0 * t)(t, T, warm, base)


def wrong_product(t, T, warm, base):
    """Warm-up times a cosine over all steps."""
    t = np.asarray(t, dtype=float)
    return base * np.minimum(1, (t + 1) / max(warm, 1)) * 0.5 * (1 + np.cos(np.pi * t / T))


def wrong_numbers_only(t, T, warm, base):
    """Fails on arrays."""
    return base * (t + 1) / warm if t < warm else 0.5 * base * (1 + math.cos(math.pi * (t - warm) / (T - warm)))


def wrong_divides_by_zero(t, T, warm, base):
    """NaN where warm is 0: max of a NaN."""
    t = np.asarray(t, dtype=float)
    with np.errstate(all="ignore"):
        up = base * np.minimum((t + 1) / np.float64(warm), 1) * (np.float64(warm) / np.float64(warm))
    return np.where(t < warm, up, up * 0.5 * (1 + np.cos(np.pi * (t - warm) / (T - warm))))


def wrong_peak_late(t, T, warm, base):
    """The cosine starts one step after the end of the warm-up."""
    return _make(down=lambda t, T, w, b: 0.5 * b * (1 + np.cos(np.pi * (t - w + 1) / (T - w))))(t, T, warm, base)


def wrong_whole_numbers(t, T, warm, base):
    """Whole-number division in the angle."""
    t = np.asarray(t)
    down = 0.5 * base * (1 + np.cos(np.pi * ((t - warm) * 4 // (T - warm)) / 4))
    return np.where(t < warm, base * (t + 1) / max(warm, 1), down)
