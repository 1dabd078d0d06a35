"""Solutions of exercise 6, ``heat(R)``."""

import numpy as np

from bank.lab05.given import tf


def right_sum(R):
    """Sum over the last axis."""
    return R.sum(axis=-1)


def right_einsum(R):
    """einsum."""
    return np.einsum("ijc->ij", R)


def right_loops(R):
    """Pixel by pixel."""
    return np.array([[sum(pixel) for pixel in row] for row in R])


def right_tensorflow(R):
    """TensorFlow, float32."""
    return tf.reduce_sum(tf.cast(R, tf.float32), axis=2).numpy()


def right_matrix(R):
    """A product with ones."""
    return R @ np.ones(3)


def wrong_magnitudes(R):
    """Sum of magnitudes."""
    return np.abs(R).sum(axis=-1)


def wrong_magnitude_of_sum(R):
    """Magnitude of the sum."""
    return np.abs(R.sum(axis=-1))


def wrong_mean(R):
    """Mean."""
    return R.mean(axis=-1)


def wrong_maximum(R):
    """Maximum."""
    return R.max(axis=-1)


def wrong_largest_magnitude(R):
    """The colour of largest magnitude, with its sign."""
    return np.take_along_axis(R, np.abs(R).argmax(axis=-1)[..., None], axis=-1)[..., 0]


def wrong_length(R):
    """Euclidean length."""
    return np.sqrt((R**2).sum(axis=-1))


def wrong_first_axis(R):
    """Sum over rows."""
    return R.sum(axis=0)


def wrong_kept_axis(R):
    """(H, W, 1)."""
    return R.sum(axis=-1, keepdims=True)


def wrong_green(R):
    """One colour."""
    return R[..., 1]


def wrong_luminance(R):
    """Colours as the eye weighs them."""
    return R @ np.array([0.299, 0.587, 0.114])


def wrong_scaled(R):
    """Scaled to 1."""
    h = R.sum(axis=-1)
    return h / np.abs(h).max()


def wrong_min_max(R):
    """From 0 to 1, which moves zero."""
    h = R.sum(axis=-1)
    return (h - h.min()) / (h.max() - h.min())


def wrong_positive_part(R):
    """Only what argues for it."""
    return np.maximum(R, 0).sum(axis=-1)


def wrong_in_place(R):
    """Adds into the first colour."""
    R[..., 0] += R[..., 1] + R[..., 2]
    return R[..., 0]
