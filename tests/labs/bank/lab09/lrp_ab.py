"""Solutions of ``lrp_ab(a, W, b, R, alpha, beta, bias)``."""

import numpy as np

from autograder.checks.lab09 import reference
from toonlens.startup import import_keras

right_reference = reference.lrp_ab


def _held(b, bias):
    return {"bach": (np.maximum(b, 0), np.minimum(b, 0)), "full": (b, b), "none": (0 * b, 0 * b)}[bias]


def _push(z, tiny=1e-12):
    return z + tiny * np.where(z >= 0, 1.0, -1.0)


def right_parts(a, W, b, R, alpha, beta, bias):
    """All contributions at once."""
    parts = a[:, :, None] * W
    b_a, b_b = _held(b, bias)
    out = 0
    for sign, factor, held in ((1, alpha, b_a), (-1, -beta, b_b)):
        own = parts * (sign * parts > 0)
        out = out + factor * (own / _push(own.sum(axis=1) + held)[:, None] * R[:, None]).sum(axis=2)
    return out


def right_loops(a, W, b, R, alpha, beta, bias):
    """Number by number."""
    out = np.zeros(a.shape)
    b_a, b_b = _held(b, bias)
    for n, j in np.ndindex(*R.shape):
        parts = a[n] * W[:, j]
        for kept, factor, held in ((np.maximum(parts, 0), alpha, b_a[j]), (np.minimum(parts, 0), -beta, b_b[j])):
            z = kept.sum() + held
            if z != 0:
                out[n] += factor * kept / z * R[n, j]
    return out


def right_einsum(a, W, b, R, alpha, beta, bias):
    """Einsum over the two books."""
    parts = np.einsum("bi,ij->bij", a, W)
    books = [np.maximum(parts, 0), np.minimum(parts, 0)]
    sums = [_push(book.sum(axis=1) + held) for book, held in zip(books, _held(b, bias), strict=True)]
    up, down = (np.einsum("bij,bj->bi", book, R / z) for book, z in zip(books, sums, strict=True))
    return alpha * up - beta * down


def right_tensorflow(a, W, b, R, alpha, beta, bias):
    """In TensorFlow, single precision."""
    import_keras()
    import tensorflow as tf

    a, W, b, R = (tf.constant(v, tf.float32) for v in (a, W, b, R))
    parts = a[:, :, None] * W
    out = 0.0
    held = {"bach": (tf.nn.relu(b), -tf.nn.relu(-b)), "full": (b, b), "none": (0 * b, 0 * b)}[bias]
    for kept, factor, h in zip((tf.nn.relu(parts), -tf.nn.relu(-parts)), (alpha, -beta), held, strict=True):
        shares = tf.math.divide_no_nan(kept, (tf.reduce_sum(kept, axis=1) + h)[:, None])
        out += factor * tf.reduce_sum(shares * R[:, None], axis=2)
    return out


def right_single(a, W, b, R, alpha, beta, bias):
    """In single precision."""
    a, W, b, R = (np.asarray(v, np.float32) for v in (a, W, b, R))
    return reference.lrp_ab(a, W, b, R, alpha, beta, bias).astype(np.float32)


def _books(a, W, R, held, alpha, beta, tiny=1e-12):
    """By two denominators' biases."""
    parts = a[:, :, None] * W
    up, down = np.maximum(parts, 0), np.minimum(parts, 0)
    z_a, z_b = up.sum(axis=1) + held[0], down.sum(axis=1) + held[1]
    first = (up / _push(z_a, tiny)[:, None] * R[:, None]).sum(axis=2)
    return alpha * first - beta * (down / _push(z_b, tiny)[:, None] * R[:, None]).sum(axis=2)


def wrong_always_bach(a, W, b, R, alpha, beta, bias):
    """Never looks at the word."""
    return reference.lrp_ab(a, W, b, R, alpha, beta, "bach")


def wrong_always_full(a, W, b, R, alpha, beta, bias):
    return reference.lrp_ab(a, W, b, R, alpha, beta, "full")


def wrong_always_none(a, W, b, R, alpha, beta, bias):
    return reference.lrp_ab(a, W, b, R, alpha, beta, "none")


def wrong_exchanged(a, W, b, R, alpha, beta, bias):
    """The negative part of b in the positive book."""
    b_a, b_b = _held(b, bias)
    return _books(a, W, R, (b_b, b_a), alpha, beta)


def wrong_full_in_one(a, W, b, R, alpha, beta, bias):
    """The whole bias in the first book only."""
    held = (b, 0 * b) if bias == "full" else _held(b, bias)
    return _books(a, W, R, held, alpha, beta)


def wrong_halves(a, W, b, R, alpha, beta, bias):
    """Half of the bias in each book."""
    held = (b / 2, b / 2) if bias == "full" else _held(b, bias)
    return _books(a, W, R, held, alpha, beta)


def wrong_plus_beta(a, W, b, R, alpha, beta, bias):
    """The second book is added."""
    return reference.lrp_ab(a, W, b, R, alpha, -beta, bias)


def wrong_joint(a, W, b, R, alpha, beta, bias):
    """One denominator for both books."""
    parts = a[:, :, None] * W
    z = parts.sum(axis=1) + (0 if bias == "none" else b)
    up, down = np.maximum(parts, 0), np.minimum(parts, 0)
    return ((alpha * up + beta * down) / _push(z)[:, None] * R[:, None]).sum(axis=2)


def wrong_positive_inputs(a, W, b, R, alpha, beta, bias):
    """Splits the weights only."""
    W_pos, W_neg = np.maximum(W, 0), np.minimum(W, 0)
    b_a, b_b = _held(b, bias)
    first, second = ((R / _push(a @ V + held)) @ V.T for V, held in ((W_pos, b_a), (W_neg, b_b)))
    return a * (alpha * first - beta * second)


def wrong_drops_negative_inputs(a, W, b, R, alpha, beta, bias):
    """a+ only."""
    return reference.lrp_ab(np.maximum(a, 0), W, b, R, alpha, beta, bias)


def wrong_nan(a, W, b, R, alpha, beta, bias):
    """Bare denominators."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return _books(a, W, R, _held(b, bias), alpha, beta, tiny=0.0)


def wrong_stabiliser(a, W, b, R, alpha, beta, bias):
    """A stabiliser of 0.1."""
    return _books(a, W, R, _held(b, bias), alpha, beta, tiny=0.1)


def wrong_absolute_denominator(a, W, b, R, alpha, beta, bias):
    """The second denominator is made positive."""
    parts = a[:, :, None] * W
    up, down = np.maximum(parts, 0), np.minimum(parts, 0)
    b_a, b_b = _held(b, bias)
    z_a, z_b = np.abs(up.sum(axis=1) + b_a) + 1e-12, np.abs(down.sum(axis=1) + b_b) + 1e-12
    return ((alpha * up / z_a[:, None] - beta * down / z_b[:, None]) * R[:, None]).sum(axis=2)


def wrong_clipped(a, W, b, R, alpha, beta, bias):
    """Denominators are kept on their own side of 0."""
    parts = a[:, :, None] * W
    up, down = np.maximum(parts, 0), np.minimum(parts, 0)
    b_a, b_b = _held(b, bias)
    z_a, z_b = np.maximum(up.sum(axis=1) + b_a, 1e-12), np.minimum(down.sum(axis=1) + b_b, -1e-12)
    return ((alpha * up / z_a[:, None] - beta * down / z_b[:, None]) * R[:, None]).sum(axis=2)


def wrong_handed_back(a, W, b, R, alpha, beta, bias):
    """The bias's share is spread over the inputs."""
    out = reference.lrp_ab(a, W, b, R, alpha, beta, bias)
    return out + (((alpha - beta) * R).sum(axis=1) - out.sum(axis=1))[:, None] / a.shape[1]


def wrong_in_place(a, W, b, R, alpha, beta, bias):
    """Changes R."""
    out = reference.lrp_ab(a, W, b, R, alpha, beta, bias)
    R *= alpha
    return out


def wrong_batch(a, W, b, R, alpha, beta, bias):
    """Denominators summed over the batch."""
    parts = a[:, :, None] * W
    up, down = np.maximum(parts, 0), np.minimum(parts, 0)
    b_a, b_b = _held(b, bias)
    z_a, z_b = up.sum(axis=(0, 1)) + b_a, down.sum(axis=(0, 1)) + b_b
    return ((alpha * up / _push(z_a) - beta * down / _push(z_b)) * R[:, None]).sum(axis=2)
