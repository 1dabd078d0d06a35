"""Solutions of ``fold_bn(W, b, gamma, beta, mean, var, eps)``."""

import numpy as np


def right_two_lines(W, b, gamma, beta, mean, var, eps):
    """The formula."""
    g = gamma / np.sqrt(var + eps)
    return W * g, g * (b - mean) + beta


def right_channel_by_channel(W, b, gamma, beta, mean, var, eps):
    """A loop over output channels."""
    V, d = np.array(W, dtype=float), np.array(b, dtype=float)
    for j in range(len(b)):
        root = (var[j] + eps) ** 0.5
        V[..., j] = W[..., j] * gamma[j] / root
        d[j] = gamma[j] * (b[j] - mean[j]) / root + beta[j]
    return V, d


def right_by_probing(W, b, gamma, beta, mean, var, eps):
    """What BatchNorm makes of 0 and of 1; returned as a list."""

    def bn(z):
        return gamma * (z - mean) / np.sqrt(var + eps) + beta

    offset = bn(np.zeros_like(b))
    return [np.einsum("...j,j->...j", W, bn(np.ones_like(b)) - offset), bn(b)]


def right_float32(W, b, gamma, beta, mean, var, eps):
    """In float32, by a diagonal matrix."""
    W, b, gamma, beta, mean, var = (np.asarray(v, np.float32) for v in (W, b, gamma, beta, mean, var))
    D = np.diag(gamma / np.sqrt(var + np.float32(eps)))
    return W @ D, (b - mean) @ D + beta


def right_tensorflow(W, b, gamma, beta, mean, var, eps):
    """By TensorFlow, as tensors."""
    import tensorflow as tf

    g = tf.math.rsqrt(tf.constant(var) + eps) * gamma
    return tf.constant(W) * g, g * (b - mean) + beta


def wrong_default_epsilon(W, b, gamma, beta, mean, var, eps):
    """Keras' default epsilon in the place of the layer's own."""
    return right_two_lines(W, b, gamma, beta, mean, var, 1e-3)


def wrong_no_epsilon(W, b, gamma, beta, mean, var, eps):
    """Forgets epsilon."""
    return right_two_lines(W, b, gamma, beta, mean, var, 0.0)


def wrong_input_axis(W, b, gamma, beta, mean, var, eps):
    """Scales the input channels; where shapes do not allow that, the outputs."""
    g = gamma / np.sqrt(var + eps)
    same = W.shape[-2] == W.shape[-1]
    return (W * g[:, None] if same else W * g), g * (b - mean) + beta


def wrong_variance(W, b, gamma, beta, mean, var, eps):
    """Divides by the variance."""
    g = gamma / (var + eps)
    return W * g, g * (b - mean) + beta


def wrong_epsilon_outside(W, b, gamma, beta, mean, var, eps):
    """Adds epsilon to the standard deviation."""
    g = gamma / (np.sqrt(var) + eps)
    return W * g, g * (b - mean) + beta


def wrong_no_gamma(W, b, gamma, beta, mean, var, eps):
    """Normalises and forgets gamma."""
    return right_two_lines(W, b, np.ones_like(gamma), beta, mean, var, eps)


def wrong_positive_gamma(W, b, gamma, beta, mean, var, eps):
    """Takes gamma for a scale that is never negative."""
    return right_two_lines(W, b, np.abs(gamma), beta, mean, var, eps)


def wrong_bias_not_scaled(W, b, gamma, beta, mean, var, eps):
    """The layer's bias as it was."""
    g = gamma / np.sqrt(var + eps)
    return W * g, b - g * mean + beta


def wrong_bias_lost(W, b, gamma, beta, mean, var, eps):
    """Thinks that a layer before a BatchNorm has no bias."""
    g = gamma / np.sqrt(var + eps)
    return W * g, beta - g * mean


def wrong_mean_not_scaled(W, b, gamma, beta, mean, var, eps):
    """The mean as it is."""
    g = gamma / np.sqrt(var + eps)
    return W * g, g * b - mean + beta


def wrong_mean_added(W, b, gamma, beta, mean, var, eps):
    """The sign of the mean."""
    g = gamma / np.sqrt(var + eps)
    return W * g, g * (b + mean) + beta


def wrong_beta_scaled(W, b, gamma, beta, mean, var, eps):
    """Scales beta as well."""
    g = gamma / np.sqrt(var + eps)
    return W * g, g * (b - mean + beta)


def wrong_beta_lost(W, b, gamma, beta, mean, var, eps):
    """Forgets beta."""
    g = gamma / np.sqrt(var + eps)
    return W * g, g * (b - mean)


def wrong_kernel_only(W, b, gamma, beta, mean, var, eps):
    """Returns the kernel alone."""
    return W * gamma / np.sqrt(var + eps)


def wrong_in_place(W, b, gamma, beta, mean, var, eps):
    """Changes the kernel that it was given."""
    g = gamma / np.sqrt(var + eps)
    W *= g
    return W, g * (b - mean) + beta


def wrong_kernel_not_scaled(W, b, gamma, beta, mean, var, eps):
    """Puts everything into the bias."""
    g = gamma / np.sqrt(var + eps)
    return W, g * (b - mean) + beta
