"""Solutions of ``stabilise(z, eps)``."""

import numpy as np


def right_where(z, eps):
    """np.where."""
    return z + eps * np.where(z >= 0, 1.0, -1.0)


def right_comparison(z, eps):
    """Arithmetic on a comparison."""
    return z + eps * (2.0 * (z >= 0) - 1.0)


def right_loop(z, eps):
    """A Python loop over all entries."""
    flat = [value + eps if value >= 0 else value - eps for value in np.ravel(z).tolist()]
    return np.array(flat).reshape(np.shape(z))


def right_copy_and_mask(z, eps):
    """A copy, changed in two masked assignments."""
    out = np.array(z, dtype=float)
    positive = out >= 0
    out[positive] += eps
    out[~positive] -= eps
    return out


def right_float32(z, eps):
    """Computed in single precision."""
    z = np.asarray(z, dtype=np.float32)
    return z + np.float32(eps) * np.where(z >= 0, np.float32(1), np.float32(-1))


def right_tensorflow(z, eps):
    """TensorFlow, returned as a tensor."""
    import tensorflow as tf

    z = tf.convert_to_tensor(z)
    return tf.where(z >= 0, z + eps, z - eps)


def wrong_np_sign(z, eps):
    """np.sign is 0 at 0."""
    return z + eps * np.sign(z)


def wrong_plus_eps(z, eps):
    """Adds eps whatever the sign."""
    return z + eps


def wrong_strict(z, eps):
    """s(0) = -1."""
    return z + eps * np.where(z > 0, 1.0, -1.0)


def wrong_absolute(z, eps):
    """Loses the sign."""
    return np.abs(z) + eps


def wrong_clip(z, eps):
    """Moves only the small values, up to eps."""
    return np.where(z >= 0, np.maximum(z, eps), np.minimum(z, -eps))


def wrong_maximum(z, eps):
    """No value below eps."""
    return np.maximum(z, eps)


def wrong_only_small(z, eps):
    """Adds eps only where z is smaller than eps."""
    return np.where(np.abs(z) < eps, z + eps * np.where(z >= 0, 1.0, -1.0), z)


def wrong_towards_zero(z, eps):
    """Pushes the wrong way."""
    return z - eps * np.where(z >= 0, 1.0, -1.0)


def wrong_proportional(z, eps):
    """eps times z in the place of eps times the sign."""
    return z * (1 + eps)


def wrong_one_sign_for_all(z, eps):
    """One sign, that of the sum, for the whole array."""
    return z + eps * (1.0 if np.sum(z) >= 0 else -1.0)


def wrong_in_place(z, eps):
    """Writes into its argument."""
    z += eps * np.where(z >= 0, 1.0, -1.0)
    return z


def wrong_zero_only(z, eps):
    """Replaces exact zeros and leaves the rest."""
    return np.where(z == 0, eps, z)


def wrong_half_at_zero(z, eps):
    """np.heaviside with a half at zero: no push there."""
    return z + eps * (2 * np.heaviside(z, 0.5) - 1)


def wrong_no_return(z, eps):
    """Forgets to return."""
    z + eps * np.where(z >= 0, 1.0, -1.0)


def wrong_copysign(z, eps):
    """The sign bit: -0.0 goes down."""
    return z + np.copysign(eps, z)
