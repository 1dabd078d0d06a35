"""Solutions of ``lrp_zB(x, W, R, lo, hi)``."""

import numpy as np

from autograder.reference.dense import stabilise


def _table(x, W, lo, hi):
    """Numerators (B, I, J)."""
    return x[:, :, None] * W - (lo[:, None] * np.maximum(W, 0) + hi[:, None] * np.minimum(W, 0))


def _share(numerator, R):
    return (numerator / stabilise(numerator.sum(axis=1, keepdims=True), 1e-9) * R[:, None, :]).sum(axis=2)


def right_three_terms(x, W, R, lo, hi):
    """Three terms forwards and backwards."""
    Wp, Wn = np.maximum(W, 0), np.minimum(W, 0)
    ratio = R / stabilise(x @ W - lo @ Wp - hi @ Wn, 1e-9)
    return x * (ratio @ W.T) - lo * (ratio @ Wp.T) - hi * (ratio @ Wn.T)


def right_table(x, W, R, lo, hi):
    """The table of numerators."""
    return _share(_table(x, W, lo, hi), R)


def right_distance(x, W, R, lo, hi):
    """Each weight measured from its own bound: (x - bound) W."""
    bound = np.where(W > 0, lo[:, None], hi[:, None])
    return _share((x[:, :, None] - bound) * W, R)


def right_loops(x, W, R, lo, hi):
    """Python loops."""
    out = np.zeros(x.shape)
    for n in range(x.shape[0]):
        for j in range(W.shape[1]):
            parts = [x[n, i] * W[i, j] - lo[i] * max(W[i, j], 0) - hi[i] * min(W[i, j], 0) for i in range(x.shape[1])]
            total = sum(parts)
            total += 1e-9 if total >= 0 else -1e-9
            out[n] += np.array(parts) / total * R[n, j]
    return out


def right_float32(x, W, R, lo, hi):
    """Single precision."""
    return right_three_terms(*(np.asarray(v, dtype=np.float32) for v in (x, W, R, lo, hi))).astype(np.float32)


def right_tape(x, W, R, lo, hi):
    """Three inputs times their gradients, with tf.GradientTape."""
    import tensorflow as tf

    wide = [tf.convert_to_tensor(np.broadcast_to(v, x.shape).copy()) for v in (x, lo, hi)]
    with tf.GradientTape() as tape:
        tape.watch(wide)
        z = wide[0] @ W - wide[1] @ np.maximum(W, 0) - wide[2] @ np.minimum(W, 0)
        total = tf.reduce_sum(z * (R / stabilise(z.numpy(), 1e-9)))
    return sum(v * g for v, g in zip(wide, tape.gradient(total, wide), strict=True)).numpy()


def wrong_bounds_swapped(x, W, R, lo, hi):
    """hi with the positive weights."""
    return _share(_table(x, W, hi, lo), R)


def wrong_arguments_by_value(x, W, R, lo, hi):
    """The batch's own extremes in the place of the bounds."""
    return _share(_table(x, W, x.min(axis=0), x.max(axis=0)), R)


def wrong_image_extremes(x, W, R, lo, hi):
    """One bound for all inputs: the smallest and the largest."""
    return _share(_table(x, W, np.full_like(lo, lo.min()), np.full_like(hi, hi.max())), R)


def wrong_no_bounds(x, W, R, lo, hi):
    """LRP-0: the bounds are not used."""
    return _share(x[:, :, None] * W, R)


def wrong_bounds_below_only(x, W, R, lo, hi):
    """The bounds in the denominator only."""
    z = _table(x, W, lo, hi).sum(axis=1)
    return x * ((R / stabilise(z, 1e-9)) @ W.T)


def wrong_bounds_above_only(x, W, R, lo, hi):
    """The bounds in the numerator only."""
    return (_table(x, W, lo, hi) * (R / stabilise(x @ W, 1e-9))[:, None, :]).sum(axis=2)


def wrong_plus(x, W, R, lo, hi):
    """Adds the bounds."""
    return _share(x[:, :, None] * W + lo[:, None] * np.maximum(W, 0) + hi[:, None] * np.minimum(W, 0), R)


def wrong_lo_only(x, W, R, lo, hi):
    """Measures every weight from lo: negative ones too."""
    return _share((x - lo)[:, :, None] * W, R)


def wrong_hi_only(x, W, R, lo, hi):
    """Measures every weight from hi."""
    return _share((x - hi)[:, :, None] * W, R)


def wrong_scaled_input(x, W, R, lo, hi):
    """Rescales x to 0..1 and uses LRP-0."""
    return _share(((x - lo) / (hi - lo + 1e-12))[:, :, None] * W, R)


def wrong_unit_box(x, W, R, lo, hi):
    """Bounds -1 and 1 whatever the arguments."""
    return _share(_table(x, W, -np.ones_like(lo), np.ones_like(hi)), R)


def wrong_batch_denominator(x, W, R, lo, hi):
    """One denominator for the batch."""
    numerator = _table(x, W, lo, hi)
    total = numerator.sum(axis=1).mean(axis=0)
    return (numerator / stabilise(total, 1e-9) * R[:, None, :]).sum(axis=2)


def wrong_clipped(x, W, R, lo, hi):
    """Cuts negative numerators off before it sums."""
    return _share(np.maximum(_table(x, W, lo, hi) - 0.05, 0), R)


def wrong_in_place(x, W, R, lo, hi):
    """Shifts the image in place."""
    bound = lo.copy()
    x -= bound
    return _share(_table(x, W, lo - bound, hi - bound), R)


def wrong_no_stabiliser(x, W, R, lo, hi):
    """0 / 0 at the bounds."""
    numerator = _table(x, W, lo, hi)
    with np.errstate(all="ignore"):
        return (numerator / numerator.sum(axis=1, keepdims=True) * R[:, None, :]).sum(axis=2)


def wrong_fixed_bounds(x, W, R, lo, hi):
    """Bounds of -1 and 1 in the place of the arguments."""
    return right_three_terms(x, W, R, np.full(x.shape[1], -1.0), np.full(x.shape[1], 1.0))
