"""Solutions of ``aopc(curve)``: (B, 1 + L) -> (B,)."""

import numpy as np


def right_vectorised(curve):
    """First column less the curve, then the mean."""
    return (curve[:, :1] - curve).mean(axis=1)


def right_loop(curve):
    """Picture by picture."""
    return [sum(row[0] - score for score in row) / len(row) for row in curve.tolist()]


def right_rearranged(curve):
    """The mean taken apart."""
    return curve[:, 0] - np.mean(curve, axis=-1)


def right_einsum(curve):
    """A product with weights, single precision."""
    n = curve.shape[1]
    weights = np.full(n, -1 / n, dtype=np.float32)
    weights[0] += 1
    return np.einsum("bk,k->b", curve.astype(np.float32), weights)


def wrong_without_the_first(curve):
    """The mean of the steps, without the start."""
    return (curve[:, :1] - curve[:, 1:]).mean(axis=1)


def wrong_sum(curve):
    """The sum of the losses."""
    return (curve[:, :1] - curve).sum(axis=1)


def wrong_sign(curve):
    """The scores less the start."""
    return (curve - curve[:, :1]).mean(axis=1)


def wrong_mean_of_curve(curve):
    """The mean score."""
    return curve.mean(axis=1)


def wrong_batch_mean(curve):
    """One number for the batch."""
    return (curve[:, :1] - curve).mean()


def wrong_last_only(curve):
    """What was lost in the end."""
    return curve[:, 0] - curve[:, -1]


def wrong_absolute(curve):
    """Sizes of the changes."""
    return np.abs(curve[:, :1] - curve).mean(axis=1)


def wrong_relative(curve):
    """Relative to the start."""
    return (1 - curve / curve[:, :1]).mean(axis=1)


def wrong_start_of_first_picture(curve):
    """One start for all."""
    return (curve[0, 0] - curve).mean(axis=1)


def wrong_trapezia(curve):
    """The area by the trapezium rule."""
    loss = curve[:, :1] - curve
    return ((loss[:, 1:] + loss[:, :-1]) / 2).mean(axis=1)


def wrong_steps(curve):
    """The mean of what each step takes."""
    return (curve[:, :-1] - curve[:, 1:]).mean(axis=1)


def wrong_over_pictures(curve):
    """The mean over the pictures."""
    return (curve[:, :1] - curve).mean(axis=0)
