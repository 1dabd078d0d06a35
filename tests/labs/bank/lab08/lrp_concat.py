"""Solutions of ``lrp_concat(sizes, R)``."""

import numpy as np


def right_split(sizes, R):
    """np.split at the places between the inputs."""
    return np.split(R, np.cumsum(sizes)[:-1], axis=-1)


def right_loop(sizes, R):
    """A running start."""
    parts, start = [], 0
    for size in sizes:
        parts.append(R[..., start : start + size])
        start += size
    return parts


def right_from_behind(sizes, R):
    """Cuts from behind; as a tuple of copies."""
    parts = []
    for size in reversed(sizes):
        parts.insert(0, R[..., R.shape[-1] - size :].copy())
        R = R[..., : R.shape[-1] - size]
    return tuple(parts)


def right_tensorflow(sizes, R):
    """By TensorFlow."""
    import tensorflow as tf

    return [np.asarray(part) for part in tf.split(tf.constant(R), list(sizes), axis=-1)]


def right_selection(sizes, R):
    """By a matrix that picks channels; in float32."""
    owner = np.repeat(np.arange(len(sizes)), sizes)
    return [(R @ np.eye(R.shape[-1])[:, owner == k]).astype(np.float32) for k in range(len(sizes))]


def wrong_sizes_as_places(sizes, R):
    """Takes the sizes for the places where to cut."""
    return np.split(R, list(sizes)[:-1], axis=-1)


def wrong_equal_parts(sizes, R):
    """Parts of equal size."""
    return np.array_split(R, len(sizes), axis=-1)


def wrong_rows(sizes, R):
    """Cuts along the rows."""
    return np.array_split(R, len(sizes), axis=1)


def wrong_reversed(sizes, R):
    """The last input first."""
    return right_split(sizes, R)[::-1]


def wrong_order_of_sizes(sizes, R):
    """Cuts sizes from behind, but lists them from the front."""
    return right_split(list(sizes)[::-1], R)


def wrong_all_to_all(sizes, R):
    """Everything to every input."""
    return [R.copy() for _ in sizes]


def wrong_scaled(sizes, R):
    """In proportion to the number of channels."""
    return [part * size / sum(sizes) for part, size in zip(right_split(sizes, R), sizes, strict=True)]


def wrong_divided(sizes, R):
    """Divided by the number of inputs, also where there is one."""
    return [part / (len(sizes) + 1) for part in right_split(sizes, R)]


def wrong_last_missing(sizes, R):
    """Leaves the last part out."""
    return np.split(R, np.cumsum(sizes), axis=-1)[: max(len(sizes) - 1, 1)][:-1] or [0 * R]


def wrong_one_too_many(sizes, R):
    """np.split with an empty part at the end."""
    return np.split(R, np.cumsum(sizes), axis=-1)


def wrong_off_by_one(sizes, R):
    """Begins one channel late."""
    return right_split(sizes, np.roll(R, -1, axis=-1))


def wrong_mean(sizes, R):
    """The mean over an input's channels."""
    return [part.mean(axis=-1, keepdims=True) + 0 * part for part in right_split(sizes, R)]


def wrong_positive(sizes, R):
    """Only what is positive."""
    return [np.maximum(part, 0) for part in right_split(sizes, R)]
