"""Solutions of exercise 4, ``relu_with(mode)``."""

import numpy as np

from bank.lab05.given import tf


def _made(back, forward=tf.nn.relu):
    @tf.custom_gradient
    def relu(z):
        return forward(z), lambda R: back(z, R)

    return relu


def _on(z):
    return tf.cast(z > 0, z.dtype)


RULES = {
    "grad": lambda z, R: R * _on(z),
    "deconv": lambda z, R: tf.nn.relu(R),
    "guided": lambda z, R: tf.nn.relu(R) * _on(z),
}


def right_rules(mode):
    """A rule for each mode."""
    return _made(RULES[mode])


def right_gates(mode):
    """Gate by gate."""

    @tf.custom_gradient
    def relu(z):
        def back(R):
            if mode in ("grad", "guided"):
                R = tf.where(z > 0, R, 0.0)
            if mode in ("deconv", "guided"):
                R = tf.maximum(R, 0.0)
            return R

        return tf.maximum(z, 0.0), back

    return relu


def right_where(mode):
    """One condition."""
    chosen = {
        "grad": lambda z, R: z > 0,
        "deconv": lambda z, R: R > 0,
        "guided": lambda z, R: tf.logical_and(z > 0, R > 0),
    }[mode]
    return _made(lambda z, R: tf.where(chosen(z, R), R, tf.zeros_like(R)))


def right_plain_grad(mode):
    """TensorFlow's own ReLU where it will do; elsewhere its gradient is asked for."""
    if mode == "grad":
        return tf.nn.relu

    @tf.custom_gradient
    def relu(z):
        a = tf.nn.relu(z)

        def back(R):
            R = tf.nn.relu(R)
            return R if mode == "deconv" else R * tf.sign(a)

        return a, back

    return relu


def right_straight_through(mode):
    """Without custom_gradient at the ReLU: stop_gradient for the forward pass, a gate for R."""

    @tf.custom_gradient
    def only_positive(z):
        return tf.identity(z), lambda R: tf.nn.relu(R)

    def relu(z):
        if mode == "deconv":
            through = only_positive(z)
            return through + tf.stop_gradient(tf.nn.relu(z) - through)
        return only_positive(tf.nn.relu(z)) if mode == "guided" else tf.nn.relu(z)

    return relu


def wrong_always_grad(mode):
    """The mode is not used."""
    return _made(RULES["grad"])


def wrong_always_guided(mode):
    """Both gates in every mode."""
    return _made(RULES["guided"])


def wrong_deconv_and_guided_exchanged(mode):
    """Two modes exchanged."""
    return _made(RULES[{"grad": "grad", "deconv": "guided", "guided": "deconv"}[mode]])


def wrong_deconv_gated_by_z(mode):
    """deconv looks at z too."""
    return _made(RULES["guided" if mode == "deconv" else mode])


def wrong_guided_ignores_z(mode):
    """guided forgets its first gate."""
    return _made(RULES["deconv" if mode == "guided" else mode])


def wrong_guided_ignores_R(mode):
    """guided forgets its second gate."""
    return _made(RULES["grad" if mode == "guided" else mode])


def wrong_magnitude(mode):
    """abs in the place of a gate."""
    return _made(lambda z, R: tf.abs(R) if mode == "deconv" else RULES[mode](z, R))


def wrong_times_z(mode):
    """Multiplies by the activation."""
    return _made(lambda z, R: RULES[mode](z, R) * (tf.nn.relu(z) if mode != "deconv" else 1.0))


def wrong_sign_of_z(mode):
    """The gate is open where the unit was off."""
    return _made(lambda z, R: RULES[mode](-z, R))


def wrong_sign_of_R(mode):
    """deconv and guided keep the negative part."""
    return _made(lambda z, R: -RULES[mode](z, -R) if mode != "grad" else RULES[mode](z, R))


def wrong_forward_identity(mode):
    """Forward, z passes as it is."""
    return _made(RULES[mode], forward=tf.identity)


def wrong_forward_by_mode(mode):
    """In mode deconv the forward pass has no ReLU."""
    return _made(RULES[mode], forward=tf.identity if mode == "deconv" else tf.nn.relu)


def wrong_numpy(mode):
    """NumPy inside: the tape sees nothing."""
    return lambda z: tf.constant(np.maximum(z.numpy(), 0))


def wrong_no_custom_gradient(mode):
    """Returns a pair: the decorator is missing."""
    return lambda z: (tf.nn.relu(z), lambda R: RULES[mode](z, R))


def wrong_passes_everything(mode):
    """Straight through."""
    return _made(lambda z, R: R)


def wrong_half_open(mode):
    """A leak, so that nothing dies."""
    return _made(lambda z, R: tf.where(RULES[mode](z, R) == 0, 0.1 * R, R))


def wrong_gate_at_one(mode):
    """Compares with 1 in the place of 0."""
    return _made(lambda z, R: RULES[mode](z - 1, R))


def wrong_mode_of_R_by_sum(mode):
    """Looks at the sign of R's sum over channels."""
    return _made(
        lambda z, R: RULES[mode](z, tf.where(tf.reduce_sum(R, axis=-1, keepdims=True) > 0, R, tf.zeros_like(R)))
    )
