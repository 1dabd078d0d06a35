"""Solutions of ``lrp_flat(W, R)``."""

import numpy as np


def right_repeat(W, R):
    """Sum, divide, repeat."""
    return np.repeat(R.sum(axis=1, keepdims=True) / W.shape[0], W.shape[0], axis=1)


def right_ones(W, R):
    """A kernel of ones, divided by its column sums."""
    ones = np.ones_like(W)
    return R @ (ones / ones.sum(axis=0)).T


def right_loop(W, R):
    """Python loops."""
    return np.array([[sum(row) / W.shape[0]] * W.shape[0] for row in R.tolist()])


def right_broadcast32(W, R):
    """Broadcasting in single precision."""
    return (R.astype(np.float32).sum(axis=1)[:, None] / np.float32(len(W))) * np.ones(len(W), dtype=np.float32)


def right_full(W, R):
    """np.full row by row."""
    return np.stack([np.full(W.shape[0], row.sum() / W.shape[0]) for row in R])


def wrong_outputs(W, R):
    """Divides by the number of outputs: the mean of R."""
    return np.repeat(R.mean(axis=1, keepdims=True), W.shape[0], axis=1)


def wrong_no_division(W, R):
    """Everyone gets everything."""
    return np.repeat(R.sum(axis=1, keepdims=True), W.shape[0], axis=1)


def wrong_both(W, R):
    """Divides by all weights."""
    return np.repeat(R.sum(axis=1, keepdims=True) / W.size, W.shape[0], axis=1)


def wrong_ignores_batch(W, R):
    """One value for the batch."""
    return np.full((len(R), W.shape[0]), R.sum() / W.shape[0] / len(R))


def wrong_squares(W, R):
    """The w2 rule."""
    return R @ (W**2 / ((W**2).sum(axis=0) + 1e-9)).T


def wrong_magnitudes(W, R):
    """Shares by magnitude of the weight."""
    return R @ (np.abs(W) / np.abs(W).sum(axis=0)).T


def wrong_nonzero_only(W, R):
    """Equal shares among positive weights only."""
    taps = (W > 0).astype(float)
    return R @ (taps / np.maximum(taps.sum(axis=0), 1)).T


def wrong_signs(W, R):
    """Ones with the weights' signs."""
    return R @ (np.sign(W) / W.shape[0]).T


def wrong_absolute(W, R):
    """Magnitudes of R."""
    return np.repeat(np.abs(R).sum(axis=1, keepdims=True) / W.shape[0], W.shape[0], axis=1)


def wrong_shape(W, R):
    """One value per image, not one per input."""
    return R.sum(axis=1, keepdims=True) / W.shape[0]


def wrong_constant_count(W, R):
    """The number of inputs of the visible check, written down."""
    return np.repeat(R.sum(axis=1, keepdims=True) / 7, W.shape[0], axis=1)


def wrong_in_place(W, R):
    """Divides R in place."""
    R /= W.shape[0]
    return np.repeat(R.sum(axis=1, keepdims=True), W.shape[0], axis=1)
