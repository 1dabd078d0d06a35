"""Solutions of ``lrp_add(a1, a2, R, eps)``."""

import numpy as np


def _s(z):
    return np.where(z >= 0, 1.0, -1.0)


def right_quotient(a1, a2, R, eps):
    """Divide once, multiply twice."""
    z = a1 + a2
    q = R / (z + eps * _s(z))
    return a1 * q, a2 * q


def right_stacked(a1, a2, R, eps):
    """Both summands in one array; as a list."""
    both = np.stack([a1, a2])
    z = both.sum(axis=0)
    return list(both * R / (z + np.copysign(eps, z + 0.0)))


def right_loop(a1, a2, R, eps):
    """Element by element."""
    R1, R2 = np.zeros(R.shape), np.zeros(R.shape)
    for place in np.ndindex(*R.shape):
        z = a1[place] + a2[place]
        z = z + eps if z >= 0 else z - eps
        R1[place], R2[place] = a1[place] * R[place] / z, a2[place] * R[place] / z
    return R1, R2


def right_as_a_dense_layer(a1, a2, R, eps):
    """Lab 6's rule: two inputs, weights of 1."""
    a = np.stack([a1.ravel(), a2.ravel()], axis=1)
    W = np.ones((2, 1))
    z = a @ W
    shared = a * ((R.reshape(-1, 1) / (z + eps * _s(z))) @ W.T)
    return shared[:, 0].reshape(R.shape), shared[:, 1].reshape(R.shape)


def right_float32(a1, a2, R, eps):
    """In float32."""
    a1, a2, R = (np.asarray(v, np.float32) for v in (a1, a2, R))
    return right_quotient(a1, a2, R, np.float32(eps))


def wrong_halves(a1, a2, R, eps):
    """Half and half."""
    return R / 2, R / 2


def wrong_duplicated(a1, a2, R, eps):
    """All of it to both, as a gradient does."""
    return R.copy(), R.copy()


def wrong_magnitudes(a1, a2, R, eps):
    """Shares by magnitude."""
    total = np.abs(a1) + np.abs(a2) + eps
    return np.abs(a1) / total * R, np.abs(a2) / total * R


def wrong_positive(a1, a2, R, eps):
    """Positive summands only."""
    p1, p2 = np.maximum(a1, 0), np.maximum(a2, 0)
    return p1 * R / (p1 + p2 + eps), p2 * R / (p1 + p2 + eps)


def wrong_winner(a1, a2, R, eps):
    """The larger summand takes all."""
    return np.where(a1 >= a2, R, 0.0), np.where(a1 >= a2, 0.0, R)


def wrong_skip_only(a1, a2, R, eps):
    """All of it over the shortcut."""
    return R.copy(), 0 * R


def wrong_sign_of_zero(a1, a2, R, eps):
    """np.sign, which is 0 at 0."""
    z = a1 + a2
    with np.errstate(all="ignore"):
        q = R / (z + eps * np.sign(z))
        return a1 * q, a2 * q


def wrong_epsilon_added(a1, a2, R, eps):
    """Epsilon whatever the sign of z."""
    with np.errstate(all="ignore"):
        q = R / (a1 + a2 + eps)
        return a1 * q, a2 * q


def wrong_epsilon_ignored(a1, a2, R, eps):
    """A small epsilon of its own."""
    z = a1 + a2
    q = R / (z + 1e-9 * _s(z))
    return a1 * q, a2 * q


def wrong_rest_to_the_branch(a1, a2, R, eps):
    """The second gets what the first leaves, epsilon's share included."""
    z = a1 + a2
    R1 = a1 * R / (z + eps * _s(z))
    return R1, R - R1


def wrong_gradient_times_input(a1, a2, R, eps):
    """Does not divide."""
    return a1 * R, a2 * R


def wrong_exchanged(a1, a2, R, eps):
    """Returns them in the wrong order."""
    return right_quotient(a1, a2, R, eps)[::-1]


def wrong_whole_map(a1, a2, R, eps):
    """Shares by the sums over the map."""
    axes = (1, 2, 3)
    z1, z2 = a1.sum(axis=axes, keepdims=True), a2.sum(axis=axes, keepdims=True)
    z = z1 + z2
    q = R / (z + eps * _s(z))
    return z1 * q, z2 * q


def wrong_softmax(a1, a2, R, eps):
    """Shares by a softmax."""
    p = 1 / (1 + np.exp(a2 - a1))
    return p * R, (1 - p) * R


def wrong_one_array(a1, a2, R, eps):
    """Returns both in one array, along the channels."""
    return np.concatenate(right_quotient(a1, a2, R, eps), axis=-1)


def wrong_in_place(a1, a2, R, eps):
    """Changes R."""
    z = a1 + a2
    R /= z + eps * _s(z)
    return a1 * R, a2 * R
