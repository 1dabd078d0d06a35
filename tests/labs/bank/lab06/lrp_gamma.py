"""Solutions of ``lrp_gamma(a, W, b, R, gamma, eps)``."""

import numpy as np

from autograder.reference.dense import lrp_eps, stabilise


def right_by_epsilon(a, W, b, R, gamma, eps=1e-9):
    """The epsilon rule on the changed layer."""
    return lrp_eps(a, W + gamma * np.maximum(W, 0), b + gamma * np.maximum(b, 0), R, eps)


def right_where(a, W, b, R, gamma, eps=1e-9):
    """(1 + gamma) where positive, by np.where, all four steps written out."""
    W = np.where(W > 0, (1 + gamma) * W, W)
    b = np.where(b > 0, (1 + gamma) * b, b)
    z = a @ W + b
    return a * ((R / np.where(z >= 0, z + eps, z - eps)) @ W.T)


def right_loops(a, W, b, R, gamma, eps=1e-9):
    """Python loops."""
    out = np.zeros(a.shape)
    for n in range(a.shape[0]):
        for j in range(W.shape[1]):
            parts = [a[n, i] * (W[i, j] + gamma * max(W[i, j], 0)) for i in range(a.shape[1])]
            z = sum(parts) + b[j] + gamma * max(b[j], 0)
            z += eps if z >= 0 else -eps
            for i, part in enumerate(parts):
                out[n, i] += part / z * R[n, j]
    return out


def right_einsum32(a, W, b, R, gamma, eps=1e-9):
    """einsum in single precision."""
    a, W, b, R = (np.asarray(v, dtype=np.float32) for v in (a, W, b, R))
    W, b = W + np.float32(gamma) * W.clip(0), b + np.float32(gamma) * b.clip(0)
    z = np.einsum("ni,ij->nj", a, W) + b
    return np.einsum("ni,ij,nj->ni", a, W, R / stabilise(z, eps))


def right_tape(a, W, b, R, gamma, eps=1e-9):
    """Input times gradient with tf.GradientTape on the changed layer."""
    import tensorflow as tf

    W, b = W + gamma * np.maximum(W, 0), b + gamma * np.maximum(b, 0)
    x = tf.convert_to_tensor(a)
    with tf.GradientTape() as tape:
        tape.watch(x)
        z = x @ W + b
        total = tf.reduce_sum(z * (R / stabilise(z.numpy(), eps)))
    return x * tape.gradient(total, x)


def wrong_scales_all(a, W, b, R, gamma, eps=1e-9):
    """gamma on all weights: looks right, changes nothing."""
    return lrp_eps(a, W * (1 + gamma), b * (1 + gamma), R, eps)


def wrong_plain_numerator(a, W, b, R, gamma, eps=1e-9):
    """The changed layer in the denominator only."""
    z = a @ (W + gamma * np.maximum(W, 0)) + b + gamma * np.maximum(b, 0)
    return a * ((R / stabilise(z, eps)) @ W.T)


def wrong_plain_denominator(a, W, b, R, gamma, eps=1e-9):
    """The changed layer in the numerator only."""
    more = W + gamma * np.maximum(W, 0)
    return a * ((R / stabilise(a @ W + b, eps)) @ more.T)


def wrong_bias_unchanged(a, W, b, R, gamma, eps=1e-9):
    """Forgets the bias."""
    return lrp_eps(a, W + gamma * np.maximum(W, 0), b, R, eps)


def wrong_bias_all(a, W, b, R, gamma, eps=1e-9):
    """Scales negative biases too."""
    return lrp_eps(a, W + gamma * np.maximum(W, 0), b * (1 + gamma), R, eps)


def wrong_no_bias(a, W, b, R, gamma, eps=1e-9):
    """No bias at all."""
    return lrp_eps(a, W + gamma * np.maximum(W, 0), 0 * b, R, eps)


def wrong_negative_part(a, W, b, R, gamma, eps=1e-9):
    """Favours the negative weights."""
    return lrp_eps(a, W + gamma * np.minimum(W, 0), b + gamma * np.minimum(b, 0), R, eps)


def wrong_absolute(a, W, b, R, gamma, eps=1e-9):
    """W + gamma |W|: negative weights shrink or turn."""
    return lrp_eps(a, W + gamma * np.abs(W), b + gamma * np.abs(b), R, eps)


def wrong_replaces(a, W, b, R, gamma, eps=1e-9):
    """gamma W+ in the place of W + gamma W+."""
    return lrp_eps(a, gamma * np.maximum(W, 0) + 1e-12, gamma * np.maximum(b, 0), R, eps)


def wrong_factor_gamma(a, W, b, R, gamma, eps=1e-9):
    """Positive weights times gamma, not times 1 + gamma."""
    return lrp_eps(a, np.where(W > 0, gamma * W, W), np.where(b > 0, gamma * b, b), R, eps)


def wrong_always_quarter(a, W, b, R, gamma, eps=1e-9):
    """gamma is 0.25 whatever the argument says."""
    return lrp_eps(a, W + 0.25 * np.maximum(W, 0), b + 0.25 * np.maximum(b, 0), R, eps)


def wrong_is_epsilon(a, W, b, R, gamma, eps=1e-9):
    """The epsilon rule, gamma ignored."""
    return lrp_eps(a, W, b, R, eps)


def wrong_positive_relevance(a, W, b, R, gamma, eps=1e-9):
    """Favours positive relevance in the place of positive weights."""
    return lrp_eps(a, W, b, R + gamma * np.maximum(R, 0), eps)


def wrong_eps_ignored(a, W, b, R, gamma, eps=1e-9):
    """Divides by the modified z as it is."""
    return lrp_eps(a, W + gamma * np.maximum(W, 0), b + gamma * np.maximum(b, 0), R, 1e-12)


def wrong_in_place(a, W, b, R, gamma, eps=1e-9):
    """Changes the network's own kernel."""
    W += gamma * np.maximum(W, 0)
    return lrp_eps(a, W, b + gamma * np.maximum(b, 0), R, eps)


def wrong_renormalised(a, W, b, R, gamma, eps=1e-9):
    """Puts back what the bias took."""
    out = lrp_eps(a, W + gamma * np.maximum(W, 0), b + gamma * np.maximum(b, 0), R, eps)
    return out * R.sum(axis=1, keepdims=True) / out.sum(axis=1, keepdims=True)
