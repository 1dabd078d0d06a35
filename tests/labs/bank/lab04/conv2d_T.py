"""Solutions of ``conv2d_T(R, W, shape, pad, stride)``."""

import numpy as np

from bank.lab04.pads import right_integers as pads


def _back(R, W, shape, pad, stride, pads=pads):
    """By the kernel's entries."""
    kh, kw = W.shape[:2]
    (top, bottom), (left, right) = pads(shape[1], kh, stride, pad), pads(shape[2], kw, stride, pad)
    out = np.zeros((len(R), shape[1] + top + bottom, shape[2] + left + right, shape[3]), dtype=R.dtype)
    h, w = R.shape[1:3]
    for m in range(kh):
        for n in range(kw):
            out[:, m : m + stride * h : stride, n : n + stride * w : stride][:, :h, :w] += R @ W[m, n].T
    return out[:, top : top + shape[1], left : left + shape[2]]


def right_taps(R, W, shape, pad, stride):
    """A loop over the kernel's entries."""
    return _back(R, W, shape, pad, stride)


def right_positions(R, W, shape, pad, stride):
    """A loop over the positions: each adds a window."""
    kh, kw = W.shape[:2]
    (top, bottom), (left, right) = pads(shape[1], kh, stride, pad), pads(shape[2], kw, stride, pad)
    out = np.zeros((shape[0], shape[1] + top + bottom, shape[2] + left + right, shape[3]))
    for i in range(R.shape[1]):
        for j in range(R.shape[2]):
            window = np.einsum("bo,mnco->bmnc", R[:, i, j], W)
            out[:, i * stride : i * stride + kh, j * stride : j * stride + kw] += window
    return out[:, top : top + shape[1], left : left + shape[2]]


def right_full_convolution(R, W, shape, pad, stride):
    """Zeros between the entries of R, padding all round, and a convolution with the flipped kernel."""
    kh, kw = W.shape[:2]
    h, w = R.shape[1:3]
    apart = np.zeros((len(R), (h - 1) * stride + 1, (w - 1) * stride + 1, R.shape[3]))
    apart[:, ::stride, ::stride] = R
    apart = np.pad(apart, ((0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(apart, (kh, kw), axis=(1, 2))
    full = np.einsum("bijomn,mnco->bijc", windows, W[::-1, ::-1])
    (top, bottom), (left, right) = pads(shape[1], kh, stride, pad), pads(shape[2], kw, stride, pad)
    out = np.zeros((shape[0], shape[1] + top + bottom + stride, shape[2] + left + right + stride, shape[3]))
    out[:, : full.shape[1], : full.shape[2]] = full
    return out[:, top : top + shape[1], left : left + shape[2]]


def right_matrix(R, W, shape, pad, stride):
    """The matrix of the convolution, column by column, transposed."""
    from bank.lab04.conv2d import right_einsum

    size = int(np.prod(shape[1:]))
    units = np.eye(size).reshape(size, *shape[1:])
    matrix = right_einsum(units, W, np.zeros(W.shape[3]), pad, stride).reshape(size, -1)
    return (R.reshape(len(R), -1) @ matrix.T).reshape(shape)


def right_tensorflow(R, W, shape, pad, stride):
    """tf.nn.conv2d_transpose, in single precision."""
    import tensorflow as tf

    R, W = R.astype(np.float32), W.astype(np.float32)
    return tf.nn.conv2d_transpose(R, W, shape, stride, pad.upper()).numpy()


def right_float32(R, W, shape, pad, stride):
    """Single precision."""
    return _back(R.astype(np.float32), W.astype(np.float32), shape, pad, stride)


def wrong_not_flipped(R, W, shape, pad, stride):
    """A convolution of R with the same kernel, channels exchanged, in the forward orientation."""
    return _back(R, W[::-1, ::-1], shape, pad, stride)


def wrong_flipped_once(R, W, shape, pad, stride):
    """Flipped in rows only."""
    return _back(R, W[:, ::-1], shape, pad, stride)


def wrong_transposed_kernel(R, W, shape, pad, stride):
    """ "Transposed" taken for rows and columns of the kernel."""
    return _back(R, W.transpose(1, 0, 2, 3) if W.shape[0] == W.shape[1] else W[::-1], shape, pad, stride)


def wrong_bias(R, W, shape, pad, stride):
    """Adds something like a bias on the way back."""
    return _back(R, W, shape, pad, stride) + W.mean()


def wrong_asymmetry(R, W, shape, pad, stride):
    """Cuts the larger part off before."""
    return _back(R, W, shape, pad, stride, lambda *case: pads(*case)[::-1])


def wrong_ignores_stride(R, W, shape, pad, stride):
    """Writes the positions side by side."""
    out = _back(R, W, (shape[0], R.shape[1] + W.shape[0] - 1, R.shape[2] + W.shape[1] - 1, shape[3]), "valid", 1)
    result = np.zeros(shape)
    h, w = min(shape[1], out.shape[1]), min(shape[2], out.shape[2])
    result[:, :h, :w] = out[:, :h, :w]
    return result if stride > 1 else _back(R, W, shape, pad, 1)


def wrong_overwrites(R, W, shape, pad, stride):
    """= in the place of +=, so that the last entry of the kernel wins."""
    kh, kw = W.shape[:2]
    (top, bottom), (left, right) = pads(shape[1], kh, stride, pad), pads(shape[2], kw, stride, pad)
    out = np.zeros((len(R), shape[1] + top + bottom, shape[2] + left + right, shape[3]))
    h, w = R.shape[1:3]
    for m in range(kh):
        for n in range(kw):
            out[:, m : m + stride * h : stride, n : n + stride * w : stride][:, :h, :w] = R @ W[m, n].T
    return out[:, top : top + shape[1], left : left + shape[2]]


def wrong_keeps_padding(R, W, shape, pad, stride):
    """Returns the padded image."""
    kh, kw = W.shape[:2]
    rows, columns = pads(shape[1], kh, stride, pad), pads(shape[2], kw, stride, pad)
    return _back(R, W, (shape[0], shape[1] + sum(rows), shape[2] + sum(columns), shape[3]), "valid", stride)


def wrong_crops_corner(R, W, shape, pad, stride):
    """Cuts everything off after."""
    return wrong_keeps_padding(R, W, shape, pad, stride)[:, : shape[1], : shape[2]]


def wrong_minus_zero(R, W, shape, pad, stride):
    """Cuts with [before:-after], which is empty where nothing stands after."""
    (top, bottom), (left, right) = pads(shape[1], W.shape[0], stride, pad), pads(shape[2], W.shape[1], stride, pad)
    return wrong_keeps_padding(R, W, shape, pad, stride)[:, top:-bottom, left:-right]


def wrong_no_step(R, W, shape, pad, stride):
    """Adds to slices of the right size without their step."""
    kh, kw = W.shape[:2]
    (top, bottom), (left, right) = pads(shape[1], kh, stride, pad), pads(shape[2], kw, stride, pad)
    out = np.zeros((len(R), shape[1] + top + bottom, shape[2] + left + right, shape[3]))
    h, w = R.shape[1:3]
    for m in range(kh):
        for n in range(kw):
            out[:, m : m + h, n : n + w] += R @ W[m, n].T
    return out[:, top : top + shape[1], left : left + shape[2]]


def wrong_no_step_and_no_size(R, W, shape, pad, stride):
    """Slices that end where they should and forget their step: shapes that do not fit."""
    kh, kw = W.shape[:2]
    (top, bottom), (left, right) = pads(shape[1], kh, stride, pad), pads(shape[2], kw, stride, pad)
    out = np.zeros((len(R), shape[1] + top + bottom, shape[2] + left + right, shape[3]))
    h, w = R.shape[1:3]
    for m in range(kh):
        for n in range(kw):
            out[:, m : m + stride * h, n : n + stride * w] += R @ W[m, n].T
    return out[:, top : top + shape[1], left : left + shape[2]]


def wrong_pads_exchanged(R, W, shape, pad, stride):
    """Rows cut by the kernel's columns, and the reverse."""
    return _back(R, W, shape, pad, stride, _exchanged(shape, W))


def _exchanged(shape, W):
    """`pads`, given the other axis' kernel: the first call is for the rows."""
    kernels = iter((W.shape[1], W.shape[0]))
    return lambda size, kernel, stride, pad: pads(size, next(kernels), stride, pad)


def wrong_relu(R, W, shape, pad, stride):
    """A ReLU at the end."""
    return np.maximum(_back(R, W, shape, pad, stride), 0)


def wrong_normalised(R, W, shape, pad, stride):
    """Divides by how often each pixel was read."""
    counts = _back(np.ones_like(R[..., :1]), np.ones((*W.shape[:2], 1, 1)), (*shape[:3], 1), pad, stride)
    return _back(R, W, shape, pad, stride) / np.maximum(counts, 1)


def wrong_inverse(R, W, shape, pad, stride):
    """Divides by the weights' squares: an inverse in the place of the adjoint."""
    return _back(R, W, shape, pad, stride) / (W**2).sum()


def wrong_rows_and_columns_of_pads(R, W, shape, pad, stride):
    """Takes one pair of pads for both axes."""
    kh = W.shape[0]
    top, _ = pads(shape[1], kh, stride, pad)
    padded = wrong_keeps_padding(R, W, shape, pad, stride)
    cut = padded[:, top : top + shape[1], top : top + shape[2]]
    out = np.zeros(shape)
    out[:, : cut.shape[1], : cut.shape[2]] = cut
    return out


def wrong_kernel_reshaped(R, W, shape, pad, stride):
    """W[m, n] reshaped in the place of transposed."""
    return _back(R, W.reshape(*W.shape[:2], W.shape[3], W.shape[2]).transpose(0, 1, 3, 2), shape, pad, stride)


def wrong_batch_sum(R, W, shape, pad, stride):
    """Sums over the images."""
    out = _back(R, W, shape, pad, stride)
    return np.repeat(out.sum(axis=0, keepdims=True), len(R), axis=0)
