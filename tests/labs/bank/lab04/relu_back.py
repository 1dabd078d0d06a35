"""Solutions of ``relu_back(R, a, mode)``."""

import numpy as np


def right_masks(R, a, mode):
    """A mask for each mode."""
    return R * {"grad": a > 0, "deconv": R > 0, "guided": (R > 0) & (a > 0)}[mode]


def right_where(R, a, mode):
    """np.where, step by step."""
    if mode in ("deconv", "guided"):
        R = np.where(R > 0, R, 0)
    if mode in ("grad", "guided"):
        R = np.where(a > 0, R, 0)
    return R


def right_maximum(R, a, mode):
    """Maximum and the sign of a."""
    if mode == "grad":
        return R * np.sign(a)
    return np.maximum(R, 0) * (np.sign(a) if mode == "guided" else 1)


def right_loop(R, a, mode):
    """One entry after another."""
    out = []
    for r, on in zip(np.ravel(R).tolist(), np.ravel(a).tolist(), strict=True):
        passes = (mode == "deconv" or on > 0) and (mode == "grad" or r > 0)
        out.append(r if passes else 0.0)
    return np.array(out).reshape(np.shape(R))


def right_copy(R, a, mode):
    """A copy with zeros put in."""
    out = R.copy()
    if mode != "deconv":
        out[a <= 0] = 0
    if mode != "grad":
        out[R <= 0] = 0
    return out


def right_float32(R, a, mode):
    """Single precision."""
    return right_masks(R.astype(np.float32), a.astype(np.float32), mode)


def right_tensorflow(R, a, mode):
    """tf.nn.relu and a cast, as Springenberg's figure has it."""
    import tensorflow as tf

    R, gate = tf.convert_to_tensor(R), tf.cast(tf.convert_to_tensor(a) > 0, tf.float64)
    if mode == "grad":
        return gate * R
    return tf.nn.relu(R) * (gate if mode == "guided" else 1.0)


def wrong_deconv_gated(R, a, mode):
    """deconv gated by a, which is guided."""
    return right_masks(R, a, "guided" if mode == "deconv" else mode)


def wrong_deconv_is_grad(R, a, mode):
    """deconv gated by a alone."""
    return right_masks(R, a, "grad" if mode == "deconv" else mode)


def wrong_guided_is_deconv(R, a, mode):
    """guided without the forward gate."""
    return right_masks(R, a, "deconv" if mode == "guided" else mode)


def wrong_swapped(R, a, mode):
    """grad and deconv exchanged."""
    return right_masks(R, a, {"grad": "deconv", "deconv": "grad", "guided": "guided"}[mode])


def wrong_at_least(R, a, mode):
    """a >= 0: open everywhere, since a ReLU gives nothing negative."""
    return R * {"grad": a >= 0, "deconv": R > 0, "guided": (R > 0) & (a >= 0)}[mode]


def wrong_times_a(R, a, mode):
    """Multiplies by the activation."""
    return right_masks(R, a, mode) * (a if mode != "deconv" else 1)


def wrong_name_of_a_mode(R, a, mode):
    """ "gradient" for "grad": no branch matches, and None comes back."""
    if mode == "gradient":
        return R * (a > 0)
    if mode == "deconv":
        return np.maximum(R, 0)
    if mode == "guided":
        return np.maximum(R, 0) * (a > 0)


def wrong_name_of_a_gate(R, a, mode):
    """The same slip, with a variable that no branch sets."""
    if mode == "gradient":
        gate = a > 0
    elif mode == "deconv":
        gate = R > 0
    elif mode == "guided":
        gate = (R > 0) & (a > 0)
    return R * gate


def wrong_deconv_mask(R, a, mode):
    """deconv: the gate in the place of the signal that passes it."""
    return (R > 0) * 1.0 if mode == "deconv" else right_masks(R, a, mode)


def wrong_or(R, a, mode):
    """guided: either gate."""
    return R * {"grad": a > 0, "deconv": R > 0, "guided": (R > 0) | (a > 0)}[mode]


def wrong_absolute(R, a, mode):
    """deconv turns the negative round."""
    return np.abs(R) if mode == "deconv" else right_masks(R, a, mode)


def wrong_returns_gate(R, a, mode):
    """The gate, not what passes it."""
    return (right_masks(R, a, mode) != 0).astype(float)


def wrong_relu_of_a(R, a, mode):
    """deconv takes the ReLU of a."""
    return np.maximum(a, 0) if mode == "deconv" else right_masks(R, a, mode)


def wrong_grad_positive(R, a, mode):
    """Every mode keeps positive values only."""
    return right_masks(R, a, "guided" if mode == "grad" else mode)


def wrong_product(R, a, mode):
    """guided: passes where R and a have a positive product."""
    return R * {"grad": a > 0, "deconv": R > 0, "guided": R * a != 0}[mode]


def wrong_nothing(R, a, mode):
    """A ReLU needs no rule."""
    return R.copy()


def wrong_in_place(R, a, mode):
    """Right values, but R is changed."""
    R *= right_masks(np.ones_like(R), a, "grad") if mode == "grad" else (right_masks(R, a, mode) != 0)
    return R


def wrong_mean(R, a, mode):
    """Open where the activation is above its mean."""
    return right_masks(R, np.maximum(a - a.mean(), 0), mode)


def wrong_negative_gate(R, a, mode):
    """deconv keeps the negative."""
    return np.minimum(R, 0) if mode == "deconv" else right_masks(R, a, mode)
