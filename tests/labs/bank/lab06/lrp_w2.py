"""Solutions of ``lrp_w2(W, R)``."""

import numpy as np

from autograder.reference.dense import stabilise


def right_shares(W, R):
    """The table of shares."""
    shares = W**2 / (np.sum(W**2, axis=0) + 1e-9)
    return R @ shares.T


def right_quotient(W, R):
    """Divide R first."""
    squared = np.square(W)
    return (R / stabilise(squared.sum(axis=0), 1e-9)) @ squared.T


def right_loops(W, R):
    """Python loops."""
    out = np.zeros((len(R), W.shape[0]))
    for j in range(W.shape[1]):
        total = float((W[:, j] ** 2).sum())
        for i in range(W.shape[0]):
            if total > 0:
                out[:, i] += W[i, j] ** 2 / total * R[:, j]
    return out


def right_einsum32(W, R):
    """einsum in single precision."""
    W, R = W.astype(np.float32), R.astype(np.float32)
    return np.einsum("ij,nj->ni", W * W, R / (np.einsum("ij,ij->j", W, W) + np.float32(1e-9)))


def right_tensorflow(W, R):
    """TensorFlow."""
    import tensorflow as tf

    squared = tf.square(tf.convert_to_tensor(W))
    return tf.matmul(R / (tf.reduce_sum(squared, axis=0) + 1e-9), squared, transpose_b=True).numpy()


def wrong_absolute(W, R):
    """Magnitudes in the place of squares."""
    return (R / (np.abs(W).sum(axis=0) + 1e-9)) @ np.abs(W).T


def wrong_plain(W, R):
    """The weights themselves."""
    return (R / stabilise(W.sum(axis=0), 1e-9)) @ W.T


def wrong_axis(W, R):
    """Divides by the total of each input."""
    return R @ (W**2 / ((W**2).sum(axis=1, keepdims=True) + 1e-9)).T


def wrong_total(W, R):
    """Divides by the total of the whole kernel."""
    return R @ (W**2 / (W**2).sum()).T


def wrong_square_of_sum(W, R):
    """The square of the sum."""
    return R @ (W**2 / (W.sum(axis=0) ** 2 + 1e-9)).T


def wrong_no_division(W, R):
    """No division."""
    return R @ (W**2).T


def wrong_uniform(W, R):
    """Equal shares: that is flat."""
    return np.repeat(R.mean(axis=1, keepdims=True), W.shape[0], axis=1) * W.shape[1] / W.shape[0]


def wrong_norm(W, R):
    """Divides by the norm, not by its square."""
    return R @ (W**2 / (np.linalg.norm(W, axis=0) + 1e-9)).T


def wrong_fourth_power(W, R):
    """Squares twice."""
    return R @ (W**4 / ((W**4).sum(axis=0) + 1e-9)).T


def wrong_positive_only(W, R):
    """Squares of the positive weights only."""
    positive = np.maximum(W, 0) ** 2
    return R @ (positive / (positive.sum(axis=0) + 1e-9)).T


def wrong_no_stabiliser(W, R):
    """0 / 0 for an output without weights."""
    with np.errstate(all="ignore"):
        return R @ (W**2 / (W**2).sum(axis=0)).T


def wrong_absolute_relevance(W, R):
    """The magnitude of R."""
    return np.abs(R) @ (W**2 / ((W**2).sum(axis=0) + 1e-9)).T


def wrong_in_place(W, R):
    """Squares the network's kernel in place."""
    W *= W
    return R @ (W / (W.sum(axis=0) + 1e-9)).T


def wrong_large_eps(W, R):
    """A stabiliser that is far too large."""
    return R @ (W**2 / ((W**2).sum(axis=0) + 0.1)).T
