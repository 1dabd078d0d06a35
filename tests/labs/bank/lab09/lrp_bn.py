"""Solutions of ``lrp_bn(x, gamma, beta, mean, var, eps, R)``."""

import numpy as np

from autograder.checks.lab09 import reference

right_reference = reference.lrp_bn


def _push(z, tiny=1e-12):
    return z + tiny * np.where(z >= 0, 1.0, -1.0)


def _share(x, g, h, R):
    return g * x * R / _push(g * x + h)


def right_definition(x, gamma, beta, mean, var, eps, R):
    """y by its definition."""
    root = np.sqrt(var + eps)
    y = gamma * (x - mean) / root + beta
    return x * (gamma / root) * (R / _push(y))


def right_channels(x, gamma, beta, mean, var, eps, R):
    """Channel by channel."""
    out = np.zeros(x.shape)
    for k in range(x.shape[-1]):
        g = gamma[k] / (var[k] + eps) ** 0.5
        out[..., k] = _share(x[..., k], g, beta[k] - g * mean[k], R[..., k])
    return out


def right_less_offset(x, gamma, beta, mean, var, eps, R):
    """R less the share of the offset, where there is one."""
    g = gamma / np.sqrt(var + eps)
    h = beta - g * mean
    y = g * x + h
    safe = np.abs(y) > 1e-10
    return np.where(safe, R * (1 - h / np.where(safe, y, 1)), g * x * R / _push(y))


def right_single(x, gamma, beta, mean, var, eps, R):
    """In single precision."""
    x, gamma, beta, mean, var, R = (np.asarray(v, np.float32) for v in (x, gamma, beta, mean, var, R))
    g = gamma / np.sqrt(var + np.float32(eps))
    return _share(x, g, beta - g * mean, R).astype(np.float32)


def right_rows(x, gamma, beta, mean, var, eps, R):
    """All places as rows."""
    rows, above = x.reshape(-1, x.shape[-1]), R.reshape(-1, x.shape[-1])
    return reference.lrp_bn(rows, gamma, beta, mean, var, eps, above).reshape(x.shape)


def wrong_innvestigate(x, gamma, beta, mean, var, eps, R):
    """As in the library."""
    root = np.sqrt(var**2 + eps)
    return _share(x, gamma / root, beta - mean / root, R)


def wrong_variance_squared(x, gamma, beta, mean, var, eps, R):
    g = gamma / np.sqrt(var**2 + eps)
    return _share(x, g, beta - g * mean, R)


def wrong_mean_without_gamma(x, gamma, beta, mean, var, eps, R):
    root = np.sqrt(var + eps)
    return _share(x, gamma / root, beta - mean / root, R)


def wrong_no_root(x, gamma, beta, mean, var, eps, R):
    g = gamma / (var + eps)
    return _share(x, g, beta - g * mean, R)


def wrong_eps_outside(x, gamma, beta, mean, var, eps, R):
    """Epsilon beside the root."""
    g = gamma / (np.sqrt(var) + eps)
    return _share(x, g, beta - g * mean, R)


def wrong_default_eps(x, gamma, beta, mean, var, eps, R):
    """Keras' default, whatever the argument says."""
    return reference.lrp_bn(x, gamma, beta, mean, var, 1e-3, R)


def wrong_no_beta(x, gamma, beta, mean, var, eps, R):
    return reference.lrp_bn(x, gamma, 0 * beta, mean, var, eps, R)


def wrong_no_mean(x, gamma, beta, mean, var, eps, R):
    return reference.lrp_bn(x, gamma, beta, 0 * mean, var, eps, R)


def wrong_pass(x, gamma, beta, mean, var, eps, R):
    """Passes everything on."""
    return R.copy()


def wrong_centred_input(x, gamma, beta, mean, var, eps, R):
    """The contribution is that of x - mean."""
    g = gamma / np.sqrt(var + eps)
    return g * (x - mean) * R / _push(g * (x - mean) + beta)


def wrong_gradient(x, gamma, beta, mean, var, eps, R):
    """R times the slope."""
    return R * gamma / np.sqrt(var + eps)


def wrong_batch_statistics(x, gamma, beta, mean, var, eps, R):
    """As in training."""
    axes = tuple(range(x.ndim - 1))
    return reference.lrp_bn(x, gamma, beta, x.mean(axis=axes), x.var(axis=axes), eps, R)


def wrong_first_axis(x, gamma, beta, mean, var, eps, R):
    """Channels first where that fits."""
    if x.ndim == 4 and x.shape[1] == len(gamma):
        turned = reference.lrp_bn(np.moveaxis(x, 1, -1), gamma, beta, mean, var, eps, np.moveaxis(R, 1, -1))
        return np.moveaxis(turned, -1, 1)
    return reference.lrp_bn(x, gamma, beta, mean, var, eps, R)


def wrong_nan(x, gamma, beta, mean, var, eps, R):
    """A bare division."""
    g = gamma / np.sqrt(var + eps)
    with np.errstate(invalid="ignore", divide="ignore"):
        return g * x * R / (g * (x - mean) + beta)


def wrong_renormalised(x, gamma, beta, mean, var, eps, R):
    """Made to sum up to what arrived."""
    out = reference.lrp_bn(x, gamma, beta, mean, var, eps, R)
    axes = tuple(range(1, x.ndim))
    return out * R.sum(axis=axes, keepdims=True) / _push(out.sum(axis=axes, keepdims=True))


def wrong_in_place(x, gamma, beta, mean, var, eps, R):
    """Adds eps to the variance itself."""
    var += eps
    g = gamma / np.sqrt(var)
    return _share(x, g, beta - g * mean, R)


def wrong_sign_of_stabiliser(x, gamma, beta, mean, var, eps, R):
    """A stabiliser of 0.01 with one sign."""
    g = gamma / np.sqrt(var + eps)
    return g * x * R / (g * (x - mean) + beta + 0.01)
