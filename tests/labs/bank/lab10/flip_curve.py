"""Solutions of ``flip_curve(f, x, R, steps, fill)``: x (B, H, W, C), R (B, H, W) -> (B, 1 + len(steps))."""

import numpy as np


def right_incremental(f, x, R, steps, fill):
    """Flips what is new at each step."""
    order = np.argsort(-R.reshape(len(R), -1), axis=1)
    flipped = x.reshape(len(x), -1, x.shape[-1]).copy()
    filling = np.broadcast_to(fill, x.shape).reshape(flipped.shape)
    rows, curve, done = np.arange(len(x))[:, None], [f(x)], 0
    for until in steps:
        new = order[:, done:until]
        flipped[rows, new] = filling[rows, new]
        curve.append(f(flipped.reshape(x.shape)))
        done = until
    return np.stack(curve, axis=1)


def right_ranks(f, x, R, steps, fill):
    """A mask of all pixels with a rank below the step, and np.where."""
    flat = -R.reshape(len(R), -1)
    ranks = flat.argsort(axis=1).argsort(axis=1).reshape(R.shape)
    return np.array([f(np.where(ranks[..., None] < n, fill, x)) for n in [0, *steps]]).T


def right_loops(f, x, R, steps, fill):
    """Pixel by pixel, from a fresh copy at each step."""
    B, _, W, _ = x.shape
    filling = fill + np.zeros(x.shape)
    curve = [f(x.copy())]
    for n in steps:
        flipped = np.array(x, copy=True)
        for b in range(B):
            for place in sorted(range(R[b].size), key=lambda k: R[b].flat[k])[::-1][:n]:
                flipped[b, place // W, place % W] = filling[b, place // W, place % W]
        curve.append(f(flipped))
    return [[float(scores[b]) for scores in curve] for b in range(B)]


def right_thresholds(f, x, R, steps, fill):
    """By the n-th largest relevance, through tensorflow."""
    import tensorflow as tf

    curve = [np.asarray(f(x))]
    levels = np.sort(R.reshape(len(R), -1), axis=1)[:, ::-1]
    for n in steps:
        gone = levels[:, n - 1][:, None, None] <= R
        curve.append(np.asarray(f(tf.where(gone[..., None], tf.constant(np.broadcast_to(fill, x.shape)), x).numpy())))
    return np.stack(curve, axis=-1)


def _flip(f, x, R, steps, fill, *, key=lambda R: -R, whole=None, first=True, fresh=False, channels=slice(None)):
    order = np.argsort(key(R).reshape(len(R), -1), axis=1)
    if whole is not None:
        order = np.repeat(order[whole : whole + 1], len(x), axis=0)
    filling = np.broadcast_to(fill, x.shape).reshape(len(x), -1, x.shape[-1])
    flipped = x.reshape(filling.shape).copy()
    rows, curve, done = np.arange(len(x))[:, None], [np.asarray(f(x))] if first else [], 0
    for until in steps:
        if fresh:
            flipped = x.reshape(filling.shape).copy()
        new = order[:, done:until]
        flipped[rows, new, channels] = filling[rows, new, channels]
        curve.append(np.asarray(f(flipped.reshape(x.shape))))
        done = until
    return np.stack(curve, axis=1)


def wrong_least_first(f, x, R, steps, fill):
    """argsort sorts upwards."""
    return _flip(f, x, R, steps, fill, key=lambda R: R)


def wrong_abs(f, x, R, steps, fill):
    """By size."""
    return _flip(f, x, R, steps, fill, key=lambda R: -np.abs(R))


def wrong_order_of_the_first(f, x, R, steps, fill):
    """One order for all pictures."""
    return _flip(f, x, R, steps, fill, whole=0)


def wrong_without_start(f, x, R, steps, fill):
    """Leaves out f(x)."""
    return _flip(f, x, R, steps, fill, first=False)


def wrong_put_back(f, x, R, steps, fill):
    """Each step starts anew and flips only what is new."""
    return _flip(f, x, R, steps, fill, fresh=True)


def wrong_one_channel(f, x, R, steps, fill):
    """Replaces the first channel."""
    return _flip(f, x, R, steps, fill, channels=0)


def wrong_black(f, x, R, steps, fill):
    """Zeros in the place of the filling."""
    return _flip(f, x, R, steps, np.zeros_like(fill))


def wrong_steps_as_increments(f, x, R, steps, fill):
    """Takes each step as so many more pixels."""
    return _flip(f, x, R, np.minimum(np.cumsum(steps), R[0].size), fill)


def wrong_one_pixel_late(f, x, R, steps, fill):
    """Skips the most relevant pixel."""
    order = np.argsort(-R.reshape(len(R), -1), axis=1)
    shifted = np.roll(order, -1, axis=1)
    ranks = np.argsort(shifted, axis=1).reshape(R.shape)
    return _flip(f, x, -ranks.astype(float), steps, fill)


def wrong_in_place(f, x, R, steps, fill):
    """Writes into its argument."""
    order = np.argsort(-R.reshape(len(R), -1), axis=1)
    filling = np.broadcast_to(fill, x.shape).reshape(len(x), -1, x.shape[-1])
    flat, rows, curve = x.reshape(filling.shape), np.arange(len(x))[:, None], [np.array(f(x))]
    for until in steps:
        flat[rows, order[:, :until]] = filling[rows, order[:, :until]]
        curve.append(np.array(f(x)))
    return np.stack(curve, axis=1)


def wrong_all_pictures_together(f, x, R, steps, fill):
    """Indexes [:, order], so that each picture's pixels are replaced in all pictures."""
    order = np.argsort(-R.reshape(len(R), -1), axis=1)
    filling = np.broadcast_to(fill, x.shape).reshape(len(x), -1, x.shape[-1])
    flipped, curve = x.reshape(filling.shape).copy(), [np.asarray(f(x))]
    for until in steps:
        for row in order[:, :until]:
            flipped[:, row] = filling[:, row]
        curve.append(np.asarray(f(flipped.reshape(x.shape))))
    return np.stack(curve, axis=1)


def wrong_transposed(f, x, R, steps, fill):
    """One row for each step."""
    return _flip(f, x, R, steps, fill).T


def wrong_single_argsort(f, x, R, steps, fill):
    """Takes argsort for ranks."""
    order = np.argsort(-R.reshape(len(R), -1), axis=1).reshape(R.shape)
    return np.stack([f(np.where(order[..., None] < n, fill, x)) for n in [0, *steps]], axis=1)


def wrong_loss(f, x, R, steps, fill):
    """What was lost, in the place of the score."""
    curve = _flip(f, x, R, steps, fill)
    return curve[:, :1] - curve


def wrong_ranked_by_position(f, x, R, steps, fill):
    """Forgets the map: flips row by row."""
    return _flip(f, x, R, steps, fill, key=lambda R: np.broadcast_to(np.arange(R[0].size).reshape(R[0].shape), R.shape))


def wrong_picture_by_picture(f, x, R, steps, fill):
    """Asks f for one picture at a time."""
    curves = []
    for b in range(len(x)):
        order = np.argsort(-R[b].ravel())
        filling = np.broadcast_to(fill, x.shape)[b].reshape(-1, x.shape[-1])
        flat, curve = x[b].reshape(filling.shape).copy(), [float(np.ravel(f(x[b : b + 1]))[0])]
        for until in steps:
            flat[order[:until]] = filling[order[:until]]
            curve.append(float(np.ravel(f(flat.reshape(1, *x.shape[1:])))[0]))
        curves.append(curve)
    return np.array(curves)
