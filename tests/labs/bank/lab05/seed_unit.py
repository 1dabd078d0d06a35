"""Solutions of exercise 2, ``seed_unit(A, ch)``."""

import numpy as np

from bank.lab05.given import tf


def right_unravel(A, ch):
    """argmax and unravel_index."""
    seed = np.zeros_like(A)
    row, column = np.unravel_index(A[0, :, :, ch].argmax(), A.shape[1:3])
    seed[0, row, column, ch] = A[0, row, column, ch]
    return seed


def right_loops(A, ch):
    """Looks at every place."""
    best = (0, 0)
    for i in range(A.shape[1]):
        for j in range(A.shape[2]):
            if A[0, i, j, ch] > A[0, best[0], best[1], ch]:
                best = (i, j)
    seed = np.zeros(A.shape)
    seed[0, best[0], best[1], ch] = A[0, best[0], best[1], ch]
    return seed


def right_mask(A, ch):
    """A mask where the channel has its maximum."""
    mask = np.zeros(A.shape, dtype=bool)
    mask[..., ch] = A[..., ch] == A[..., ch].max()
    return np.where(mask, A, 0)


def right_flat(A, ch):
    """Flat places."""
    seed = np.zeros(A.shape).reshape(-1, A.shape[-1])
    flat = A.reshape(-1, A.shape[-1])
    k = int(np.argmax(flat[:, ch]))
    seed[k, ch] = flat[k, ch]
    return seed.reshape(A.shape)


def right_tensorflow(A, ch):
    """one_hot of the place, float32."""
    flat = tf.reshape(tf.cast(A, tf.float32)[0, :, :, ch], [-1])
    place = tf.one_hot(tf.argmax(flat), tf.size(flat))
    channel = tf.one_hot(ch, A.shape[-1])
    return tf.reshape((place * flat)[:, None] * channel[None], A.shape).numpy()


def _at(A, index, value):
    seed = np.zeros(A.shape)
    seed[index] = value
    return seed


def _place(values):
    return np.unravel_index(values.argmax(), values.shape)


def wrong_magnitude(A, ch):
    """Strongest by magnitude."""
    place = (0, *_place(np.abs(A[0, :, :, ch])), ch)
    return _at(A, place, A[place])


def wrong_one(A, ch):
    """1 in the place of the activation."""
    return _at(A, (0, *_place(A[0, :, :, ch]), ch), 1.0)


def wrong_all_channels(A, ch):
    """The strongest place of each channel."""
    seed = np.zeros(A.shape)
    for k in range(A.shape[-1]):
        place = (0, *_place(A[0, :, :, k]), k)
        seed[place] = A[place]
    return seed


def wrong_whole_channel(A, ch):
    """The whole channel."""
    seed = np.zeros(A.shape)
    seed[..., ch] = A[..., ch]
    return seed


def wrong_whole_column(A, ch):
    """All channels at the strongest place of this one."""
    row, column = _place(A[0, :, :, ch])
    seed = np.zeros(A.shape)
    seed[0, row, column] = A[0, row, column]
    return seed


def wrong_strongest_of_all(A, ch):
    """The strongest unit of the layer."""
    place = (0, *_place(A[0]))
    return _at(A, place, A[place])


def wrong_place_of_all(A, ch):
    """The place where the layer is strongest, in channel ch."""
    row, column, _ = _place(A[0])
    return _at(A, (0, row, column, ch), A[0, row, column, ch])


def wrong_rows_and_columns(A, ch):
    """Row and column exchanged."""
    row, column = _place(A[0, :, :, ch].T)
    row, column = min(row, A.shape[1] - 1), min(column, A.shape[2] - 1)
    return _at(A, (0, row, column, ch), A[0, :, :, ch].max())


def wrong_mean(A, ch):
    """The mean of the channel at the strongest place."""
    return _at(A, (0, *_place(A[0, :, :, ch]), ch), A[..., ch].mean() + 0.1)


def wrong_not_negative(A, ch):
    """A ReLU first."""
    return right_unravel(np.maximum(A, 0), ch)


def wrong_two_dimensional(A, ch):
    """Only the channel's plane comes back."""
    return right_unravel(A, ch)[0, :, :, ch]


def wrong_in_place(A, ch):
    """Sets the rest of A to zero."""
    kept = right_unravel(A, ch)
    A[...] = kept
    return A


def wrong_first_axis(A, ch):
    """Takes the channel from the wrong axis."""
    return right_unravel(A, (ch + 1) % A.shape[-1])


def wrong_last_image_row(A, ch):
    """The strongest of each row."""
    seed = np.zeros(A.shape)
    for i in range(A.shape[1]):
        j = A[0, i, :, ch].argmax()
        seed[0, i, j, ch] = A[0, i, j, ch]
    return seed


def wrong_weakest(A, ch):
    """argmin."""
    place = (0, *_place(-A[0, :, :, ch]), ch)
    return _at(A, place, A[place])
