"""Solutions of ``lrp_ab(a, W, b, R, alpha, beta, eps)``."""

import numpy as np

from autograder.reference.dense import stabilise


def _books(a, W):
    """Positive and negative contributions (B, I, J)."""
    contributions = a[:, :, None] * W[None]
    return np.maximum(contributions, 0), np.minimum(contributions, 0)


def _ab(a, W, R, alpha, beta, eps, bias_a, bias_b):
    """Alpha-beta with the given biases in its denominators."""
    positive, negative = _books(a, W)
    up = R / stabilise(positive.sum(axis=1) + bias_a, eps)
    down = R / stabilise(negative.sum(axis=1) + bias_b, eps)
    return np.einsum("nij,nj->ni", positive, alpha * up) - np.einsum("nij,nj->ni", negative, beta * down)


def right_four_products(a, W, b, R, alpha, beta, eps=1e-9):
    """Four matrix products for each side."""
    ap, an, Wp, Wn = np.maximum(a, 0), np.minimum(a, 0), np.maximum(W, 0), np.minimum(W, 0)
    up = R / stabilise(ap @ Wp + an @ Wn + np.maximum(b, 0), eps)
    down = R / stabilise(ap @ Wn + an @ Wp + np.minimum(b, 0), eps)
    return alpha * (ap * (up @ Wp.T) + an * (up @ Wn.T)) - beta * (ap * (down @ Wn.T) + an * (down @ Wp.T))


def right_table(a, W, b, R, alpha, beta, eps=1e-9):
    """The table of contributions, split by sign."""
    return _ab(a, W, R, alpha, beta, eps, np.maximum(b, 0), np.minimum(b, 0))


def right_loops(a, W, b, R, alpha, beta, eps=1e-9):
    """Python loops; zero over zero is left out by an if."""
    out = np.zeros(a.shape)
    for n in range(a.shape[0]):
        for j in range(W.shape[1]):
            parts = a[n] * W[:, j]
            up = sum(p for p in parts if p > 0) + max(b[j], 0) + eps
            down = sum(p for p in parts if p < 0) + min(b[j], 0) - eps
            for i, p in enumerate(parts):
                out[n, i] += (alpha * p / up if p > 0 else -beta * p / down) * R[n, j]
    return out


def right_float32(a, W, b, R, alpha, beta, eps=1e-9):
    """Single precision."""
    a, W, b, R = (np.asarray(v, dtype=np.float32) for v in (a, W, b, R))
    return right_four_products(a, W, b, R, alpha, beta, eps).astype(np.float32)


def right_minus_eps_below(a, W, b, R, alpha, beta, eps=1e-9):
    """Pushes the lower denominator down always, also at 0, where the numerator is 0 anyway."""
    positive, negative = _books(a, W)
    up = R / (positive.sum(axis=1) + np.maximum(b, 0) + eps)
    down = R / (negative.sum(axis=1) + np.minimum(b, 0) - eps)
    return (alpha * positive * up[:, None] - beta * negative * down[:, None]).sum(axis=2)


def wrong_joint_denominator(a, W, b, R, alpha, beta, eps=1e-9):
    """One denominator z for both sides."""
    positive, negative = _books(a, W)
    quotient = R / stabilise(a @ W + b, eps)
    return np.einsum("nij,nj->ni", alpha * positive - beta * negative, quotient)


def wrong_plus_beta(a, W, b, R, alpha, beta, eps=1e-9):
    """Adds the negative side."""
    positive, negative = _books(a, W)
    up = R / stabilise(positive.sum(axis=1) + np.maximum(b, 0), eps)
    down = R / stabilise(negative.sum(axis=1) + np.minimum(b, 0), eps)
    return np.einsum("nij,nj->ni", positive, alpha * up) + np.einsum("nij,nj->ni", negative, beta * down)


def wrong_weights_only(a, W, b, R, alpha, beta, eps=1e-9):
    """Splits the weights and not the input: right for a >= 0 only."""
    Wp, Wn = np.maximum(W, 0), np.minimum(W, 0)
    up = R / stabilise(a @ Wp + np.maximum(b, 0), eps)
    down = R / stabilise(a @ Wn + np.minimum(b, 0), eps)
    return a * (alpha * (up @ Wp.T) - beta * (down @ Wn.T))


def wrong_drops_negative_inputs(a, W, b, R, alpha, beta, eps=1e-9):
    """Leaves negative inputs out."""
    return _ab(np.maximum(a, 0), W, R, alpha, beta, eps, np.maximum(b, 0), np.minimum(b, 0))


def wrong_absolute_inputs(a, W, b, R, alpha, beta, eps=1e-9):
    """Takes the magnitude of the inputs."""
    return _ab(np.abs(a), W, R, alpha, beta, eps, np.maximum(b, 0), np.minimum(b, 0))


def wrong_full_bias(a, W, b, R, alpha, beta, eps=1e-9):
    """The whole bias in both denominators."""
    return _ab(a, W, R, alpha, beta, eps, b, b)


def wrong_no_bias(a, W, b, R, alpha, beta, eps=1e-9):
    """No bias at all."""
    return _ab(a, W, R, alpha, beta, eps, 0, 0)


def wrong_bias_above_only(a, W, b, R, alpha, beta, eps=1e-9):
    """The positive bias above, nothing below."""
    return _ab(a, W, R, alpha, beta, eps, np.maximum(b, 0), 0)


def wrong_bias_swapped(a, W, b, R, alpha, beta, eps=1e-9):
    """The negative bias in the positive denominator and the reverse."""
    return _ab(a, W, R, alpha, beta, eps, np.minimum(b, 0), np.maximum(b, 0))


def wrong_alpha_beta_swapped(a, W, b, R, alpha, beta, eps=1e-9):
    """alpha with the negative side."""
    return _ab(a, W, R, beta, alpha, eps, np.maximum(b, 0), np.minimum(b, 0))


def wrong_renormalised(a, W, b, R, alpha, beta, eps=1e-9):
    """Makes the sum that of R, always."""
    out = right_table(a, W, b, R, alpha, beta, eps)
    return out * R.sum(axis=1, keepdims=True) / out.sum(axis=1, keepdims=True)


def wrong_one_sided_fixed(a, W, b, R, alpha, beta, eps=1e-9):
    """Uses alpha 1, beta 0 where an output has positive contributions only, to conserve."""
    positive, negative = _books(a, W)
    lonely = (negative.sum(axis=1) + np.minimum(b, 0) == 0)[:, None, :]
    up = R / stabilise(positive.sum(axis=1) + np.maximum(b, 0), eps)
    down = R / stabilise(negative.sum(axis=1) + np.minimum(b, 0), eps)
    first = np.where(lonely, 1.0, alpha)
    return (first * positive * up[:, None] - beta * negative * down[:, None]).sum(axis=2)


def wrong_no_stabiliser(a, W, b, R, alpha, beta, eps=1e-9):
    """0 / 0 where an output has one sign only."""
    with np.errstate(all="ignore"):
        return _ab(a, W, R, alpha, beta, 0.0, np.maximum(b, 0), np.minimum(b, 0))


def wrong_plus_eps_below(a, W, b, R, alpha, beta, eps=1e-9):
    """eps pushes the negative denominator towards zero."""
    positive, negative = _books(a, W)
    up = R / (positive.sum(axis=1) + np.maximum(b, 0) + eps)
    down = R / (negative.sum(axis=1) + np.minimum(b, 0) + eps)
    return (alpha * positive * up[:, None] - beta * negative * down[:, None]).sum(axis=2)


def wrong_alpha_one(a, W, b, R, alpha, beta, eps=1e-9):
    """The z+ rule whatever alpha and beta."""
    return _ab(a, W, R, 1.0, 0.0, eps, np.maximum(b, 0), np.minimum(b, 0))


def wrong_splits_relevance(a, W, b, R, alpha, beta, eps=1e-9):
    """Splits R by its sign as well."""
    return _ab(a, W, np.maximum(R, 0), alpha, beta, eps, np.maximum(b, 0), np.minimum(b, 0))


def wrong_in_place(a, W, b, R, alpha, beta, eps=1e-9):
    """Clips the bias in place."""
    Wp, Wn = np.minimum(b, 0), np.maximum(b, 0, out=b)
    return _ab(a, W, R, alpha, beta, eps, Wn, Wp)
