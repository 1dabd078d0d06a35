"""Solutions of ``bn_affine(gamma, beta, mean, var, eps)``."""

import numpy as np


def right_two_lines(gamma, beta, mean, var, eps):
    """The formula."""
    g = gamma / np.sqrt(var + eps)
    return g, beta - g * mean


def right_by_probing(gamma, beta, mean, var, eps):
    """What BatchNorm makes of 0 and of 1; as a list."""

    def bn(a):
        return gamma * (a - mean) / np.sqrt(var + eps) + beta

    return [bn(1.0) - bn(0.0), bn(0.0)]


def right_loop(gamma, beta, mean, var, eps):
    """Channel by channel, as lists of numbers."""
    g = [gamma[k] * (var[k] + eps) ** -0.5 for k in range(len(gamma))]
    return g, [beta[k] - g[k] * mean[k] for k in range(len(gamma))]


def right_float32(gamma, beta, mean, var, eps):
    """In float32."""
    gamma, beta, mean, var = (np.asarray(v, np.float32) for v in (gamma, beta, mean, var))
    return right_two_lines(gamma, beta, mean, var, np.float32(eps))


def wrong_default_epsilon(gamma, beta, mean, var, eps):
    """Keras' default epsilon."""
    return right_two_lines(gamma, beta, mean, var, 1e-3)


def wrong_variance(gamma, beta, mean, var, eps):
    """Divides by the variance."""
    g = gamma / (var + eps)
    return g, beta - g * mean


def wrong_epsilon_outside(gamma, beta, mean, var, eps):
    """Adds epsilon to the standard deviation."""
    g = gamma / (np.sqrt(var) + eps)
    return g, beta - g * mean


def wrong_root_twice(gamma, beta, mean, var, eps):
    """The root of the root."""
    g = gamma / (var + eps) ** 0.25
    return g, beta - g * mean


def wrong_no_gamma(gamma, beta, mean, var, eps):
    """Forgets gamma."""
    return right_two_lines(np.ones_like(gamma), beta, mean, var, eps)


def wrong_positive_gamma(gamma, beta, mean, var, eps):
    """Takes the magnitude of gamma."""
    return right_two_lines(np.abs(gamma), beta, mean, var, eps)


def wrong_gamma_in_factor_only(gamma, beta, mean, var, eps):
    """Forgets gamma in the offset."""
    return gamma / np.sqrt(var + eps), beta - mean / np.sqrt(var + eps)


def wrong_mean_not_scaled(gamma, beta, mean, var, eps):
    """Subtracts the mean as it is."""
    return gamma / np.sqrt(var + eps), beta - mean


def wrong_mean_added(gamma, beta, mean, var, eps):
    """The sign of the mean."""
    g = gamma / np.sqrt(var + eps)
    return g, beta + g * mean


def wrong_no_mean(gamma, beta, mean, var, eps):
    """Forgets the mean."""
    return gamma / np.sqrt(var + eps), beta


def wrong_no_beta(gamma, beta, mean, var, eps):
    """Forgets beta."""
    g = gamma / np.sqrt(var + eps)
    return g, -g * mean


def wrong_beta_scaled(gamma, beta, mean, var, eps):
    """Scales beta as well."""
    g = gamma / np.sqrt(var + eps)
    return g, g * (beta - mean)


def wrong_order(gamma, beta, mean, var, eps):
    """Offset first."""
    return right_two_lines(gamma, beta, mean, var, eps)[::-1]


def wrong_one_array(gamma, beta, mean, var, eps):
    """Returns the factor alone."""
    return gamma / np.sqrt(var + eps)
