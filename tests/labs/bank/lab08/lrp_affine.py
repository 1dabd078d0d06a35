"""Solutions of ``lrp_affine(a, g, d, R, eps)``."""

import numpy as np


def _s(z):
    return np.where(z >= 0, 1.0, -1.0)


def right_two_lines(a, g, d, R, eps):
    """The formula."""
    z = g * a + d
    return g * a * R / (z + eps * _s(z))


def right_loop(a, g, d, R, eps):
    """Element by element."""
    found = np.zeros(a.shape)
    for place in np.ndindex(*a.shape):
        k = place[-1]
        z = g[k] * a[place] + d[k]
        found[place] = a[place] * g[k] * R[place] / (z + eps if z >= 0 else z - eps)
    return found


def right_as_a_dense_layer(a, g, d, R, eps):
    """Lab 6's rule with a diagonal kernel."""
    flat, above = a.reshape(-1, a.shape[-1]), R.reshape(-1, a.shape[-1])
    W = np.diag(g)
    z = flat @ W + d
    return (flat * ((above / (z + eps * _s(z))) @ W.T)).reshape(a.shape)


def right_float32(a, g, d, R, eps):
    """In float32."""
    a, g, d, R = (np.asarray(v, np.float32) for v in (a, g, d, R))
    z = g * a + d
    return g * a * (R / (z + np.float32(eps) * _s(z).astype(np.float32)))


def wrong_pass(a, g, d, R, eps):
    """Hands relevance through."""
    return R.copy()


def wrong_no_offset(a, g, d, R, eps):
    """Forgets the offset in z."""
    z = g * a
    return g * a * R / (z + eps * _s(z))


def wrong_gradient(a, g, d, R, eps):
    """Multiplies by the factor, as a gradient does."""
    return g * R


def wrong_gradient_times_input(a, g, d, R, eps):
    """Does not divide by z."""
    return a * g * R


def wrong_sign_of_zero(a, g, d, R, eps):
    """np.sign, which is 0 at 0."""
    z = g * a + d
    with np.errstate(all="ignore"):
        return g * a * R / (z + eps * np.sign(z))


def wrong_epsilon_added(a, g, d, R, eps):
    """Adds epsilon whatever the sign of z."""
    z = g * a + d
    with np.errstate(all="ignore"):
        return g * a * R / (z + eps)


def wrong_magnitude(a, g, d, R, eps):
    """The magnitude of z."""
    return g * a * R / (np.abs(g * a + d) + eps)


def wrong_epsilon_ignored(a, g, d, R, eps):
    """A small epsilon of its own."""
    z = g * a + d
    return g * a * R / (z + 1e-9 * _s(z))


def wrong_no_factor(a, g, d, R, eps):
    """Forgets g in the numerator."""
    z = g * a + d
    return a * R / (z + eps * _s(z))


def wrong_no_input(a, g, d, R, eps):
    """Forgets a in the numerator."""
    z = g * a + d
    return g * R / (z + eps * _s(z))


def wrong_put_back(a, g, d, R, eps):
    """Puts back, image by image, what was lost."""
    kept = right_two_lines(a, g, d, R, eps)
    axes = (1, 2, 3)
    return kept * R.sum(axis=axes, keepdims=True) / (kept.sum(axis=axes, keepdims=True) + 1e-12)


def wrong_clipped(a, g, d, R, eps):
    """Allows no share above 1."""
    z = g * a + d
    return np.clip(g * a / (z + eps * _s(z)), -1, 1) * R


def wrong_positive(a, g, d, R, eps):
    """Positive contributions only."""
    z = g * a + d
    return np.maximum(g * a, 0) * R / (z + eps * _s(z))


def wrong_offset_shared(a, g, d, R, eps):
    """Counts the offset as a contribution of the input."""
    z = g * a + d
    return z * R / (z + eps * _s(z))


def wrong_batch_mean(a, g, d, R, eps):
    """The mean of z over the batch."""
    z = (g * a + d).mean(axis=0, keepdims=True)
    return g * a * R / (z + eps * _s(z))


def wrong_in_place(a, g, d, R, eps):
    """Changes R."""
    z = g * a + d
    R *= g * a / (z + eps * _s(z))
    return R
