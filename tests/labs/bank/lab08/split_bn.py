"""Solutions of ``split_bn(a, g, d)``."""

import numpy as np


def right_mask(a, g, d):
    """A mask, twice."""
    m = g * a + d > 0
    return m * g * a, m * d


def right_where(a, g, d):
    """np.where; as a list."""
    z = g * a + d
    return [np.where(z > 0, g * a, 0), np.where(z > 0, d, 0)]


def right_difference(a, g, d):
    """What is left of the ReLU's output is the offset's."""
    z = np.maximum(g * a + d, 0)
    u = np.where(z > 0, a, 0) * g
    return u, z - u


def right_loop(a, g, d):
    """Element by element."""
    u, v = np.zeros(a.shape), np.zeros(a.shape)
    for place in np.ndindex(*a.shape):
        k = place[-1]
        if a[place] * g[k] + d[k] > 0:
            u[place], v[place] = a[place] * g[k], d[k]
    return u, v


def right_float32(a, g, d):
    """In float32, with a step function."""
    a, g, d = (np.asarray(v, np.float32) for v in (a, g, d))
    m = np.heaviside(g * a + d, np.float32(0))
    return a * g * m, np.broadcast_to(d, a.shape) * m


def wrong_not_gated(a, g, d):
    """Forgets the ReLU."""
    return g * a, np.zeros(a.shape) + d


def wrong_offset_not_gated(a, g, d):
    """Gates u only."""
    return (g * a + d > 0) * g * a, np.zeros(a.shape) + d


def wrong_input_not_gated(a, g, d):
    """Gates v only."""
    return g * a, (g * a + d > 0) * d


def wrong_gate_of_a(a, g, d):
    """Asks the sign of a."""
    m = a > 0
    return m * g * a, m * d


def wrong_gate_without_offset(a, g, d):
    """Asks the sign of g a."""
    m = g * a > 0
    return m * g * a, m * d


def wrong_two_relus(a, g, d):
    """A ReLU for each part."""
    return np.maximum(g * a, 0), np.maximum(d, 0) + np.zeros(a.shape)


def wrong_all_in_u(a, g, d):
    """Nothing for the offset."""
    return np.maximum(g * a + d, 0), np.zeros(a.shape)


def wrong_no_factor(a, g, d):
    """u without g."""
    m = g * a + d > 0
    return m * a, m * d


def wrong_scaled_twice(a, g, d):
    """g in the offset, too."""
    m = g * a + d > 0
    return m * g * a, m * g * d


def wrong_order(a, g, d):
    """The offset's part first."""
    return right_mask(a, g, d)[::-1]


def wrong_shape(a, g, d):
    """The offset as one number per channel."""
    return (g * a + d > 0) * g * a, d


def wrong_positive_parts(a, g, d):
    """Keeps what is positive of each part behind the mask."""
    m = g * a + d > 0
    return np.maximum(m * g * a, 0), np.maximum(m * d, 0)


def wrong_one_mask_for_the_batch(a, g, d):
    """The first image's mask."""
    m = (g * a + d > 0)[:1]
    return m * g * a, m * d * np.ones(a.shape)


def wrong_in_place(a, g, d):
    """Changes its input."""
    m = g * a + d > 0
    a *= g
    return m * a, m * d
