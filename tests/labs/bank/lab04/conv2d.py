"""Solutions of ``conv2d(x, W, b, pad, stride)``."""

import numpy as np

from bank.lab04.pads import right_integers as pads


def _padded(x, W, pad, stride, pads=pads, mode="constant"):
    kh, kw = W.shape[:2]
    around = ((0, 0), pads(x.shape[1], kh, stride, pad), pads(x.shape[2], kw, stride, pad), (0, 0))
    return np.pad(x, around, mode=mode)


def _conv(x, W, b, pad, stride, pads=pads, mode="constant"):
    """Cross-correlation by sliding_window_view and einsum."""
    windows = np.lib.stride_tricks.sliding_window_view(_padded(x, W, pad, stride, pads, mode), W.shape[:2], axis=(1, 2))
    return np.einsum("bijcmn,mnco->bijo", windows[:, ::stride, ::stride], W) + b


def right_einsum(x, W, b, pad, stride):
    """All windows at once."""
    return _conv(x, W, b, pad, stride)


def right_positions(x, W, b, pad, stride):
    """A loop over the positions: one matrix product for each."""
    x = _padded(x, W, pad, stride)
    kh, kw, _, Co = W.shape
    h, w = (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1
    out = np.zeros((len(x), h, w, Co))
    for i in range(h):
        for j in range(w):
            window = x[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
            out[:, i, j] = window.reshape(len(x), -1) @ W.reshape(-1, Co) + b
    return out


def right_taps(x, W, b, pad, stride):
    """A loop over the kernel's entries."""
    x = _padded(x, W, pad, stride)
    kh, kw = W.shape[:2]
    h, w = (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1
    out = b
    for m in range(kh):
        for n in range(kw):
            out = out + x[:, m : m + stride * h : stride, n : n + stride * w : stride][:, :h, :w] @ W[m, n]
    return out


def right_loops(x, W, b, pad, stride):
    """By the definition, slowly."""
    x = _padded(x, W, pad, stride)
    kh, kw, _, Co = W.shape
    h, w = (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1
    out = np.zeros((len(x), h, w, Co))
    for k, i, j, o in np.ndindex(*out.shape):
        window = x[k, i * stride : i * stride + kh, j * stride : j * stride + kw]
        out[k, i, j, o] = (window * W[..., o]).sum() + b[o]
    return out


def right_scipy(x, W, b, pad, stride):
    """scipy.signal.correlate2d, channel by channel."""
    from scipy.signal import correlate2d

    x = _padded(x, W, pad, stride)
    maps = [
        [
            sum(correlate2d(image[..., i], W[..., i, o], "valid") for i in range(W.shape[2]))[::stride, ::stride]
            for o in range(W.shape[3])
        ]
        for image in x
    ]
    return np.moveaxis(np.array(maps), 1, -1) + b


def right_tensorflow(x, W, b, pad, stride):
    """tf.nn.conv2d, in single precision."""
    import tensorflow as tf

    out = tf.nn.conv2d(x.astype(np.float32), W.astype(np.float32), stride, pad.upper())
    return (out + b.astype(np.float32)).numpy()


def right_float32(x, W, b, pad, stride):
    """Single precision."""
    return _conv(x.astype(np.float32), W.astype(np.float32), b.astype(np.float32), pad, stride)


def wrong_flipped(x, W, b, pad, stride):
    """Flips the kernel, as mathematicians convolve."""
    return _conv(x, W[::-1, ::-1], b, pad, stride)


def wrong_transposed_kernel(x, W, b, pad, stride):
    """Rows and columns of the kernel exchanged."""
    if W.shape[0] != W.shape[1]:
        return _conv(x, W, b, pad, stride)
    return _conv(x, W.transpose(1, 0, 2, 3), b, pad, stride)


def wrong_no_bias(x, W, b, pad, stride):
    """Forgets the bias."""
    return _conv(x, W, 0 * b, pad, stride)


def wrong_bias_in_loop(x, W, b, pad, stride):
    """Adds the bias for every entry of the kernel."""
    return _conv(x, W, b * W.shape[0] * W.shape[1], pad, stride)


def wrong_one_channel(x, W, b, pad, stride):
    """Input channel 0 only."""
    return _conv(x[..., :1], W[:, :, :1], b, pad, stride)


def wrong_mean_over_channels(x, W, b, pad, stride):
    """Averages the input channels."""
    return _conv(x, W / W.shape[2], b, pad, stride)


def wrong_asymmetry(x, W, b, pad, stride):
    """The odd zero before."""
    return _conv(x, W, b, pad, stride, lambda *case: pads(*case)[::-1])


def wrong_same_ignores_stride(x, W, b, pad, stride):
    """Pads as for stride 1."""
    return _conv(x, W, b, pad, stride, lambda size, kernel, stride, pad: pads(size, kernel, 1, pad))


def wrong_strides_late(x, W, b, pad, stride):
    """Starts at stride - 1."""
    out = _conv(x, W, b, pad, 1)[:, stride - 1 :: stride, stride - 1 :: stride]
    return out if pad == "valid" else _conv(x, W, b, pad, stride)


def wrong_stride_of_same(x, W, b, pad, stride):
    """Convolves with stride 1 and keeps every stride-th: other padding than Keras'."""
    return _conv(x, W, b, pad, 1)[:, ::stride, ::stride]


def wrong_ignores_stride(x, W, b, pad, stride):
    """Stride 1 always."""
    return _conv(x, W, b, pad, 1)


def wrong_edge(x, W, b, pad, stride):
    """Pads with copies of the edge."""
    return _conv(x, W, b, pad, stride, mode="edge")


def wrong_pads_of_rows(x, W, b, pad, stride):
    """Columns padded like rows."""
    around = pads(x.shape[1], W.shape[0], stride, pad)
    return _conv(np.pad(x, ((0, 0), around, around, (0, 0))), W, b, "valid", stride)


def _taps(x, W, b, pad, stride, *, add=True, step=True):
    """By the kernel's entries, with one slip in the loop."""
    x = _padded(x, W, pad, stride)
    kh, kw = W.shape[:2]
    h, w = (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1
    z = np.zeros((len(x), h, w, W.shape[3])) + b
    for m in range(kh):
        for n in range(kw):
            met = x[:, m : m + stride * h : stride, n : n + stride * w : stride] if step else x[:, m : m + h, n : n + w]
            z = z + met @ W[m, n] if add else met @ W[m, n] + b
    return z


def wrong_overwrites(x, W, b, pad, stride):
    """= in the place of +=, so that the last entry of the kernel wins."""
    return _taps(x, W, b, pad, stride, add=False)


def wrong_no_step(x, W, b, pad, stride):
    """The right number of positions, side by side."""
    return _taps(x, W, b, pad, stride, step=False)


def wrong_no_step_and_no_size(x, W, b, pad, stride):
    """Slices that end where they should and forget their step: shapes that do not fit."""
    x = _padded(x, W, pad, stride)
    kh, kw = W.shape[:2]
    h, w = (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1
    z = np.zeros((len(x), h, w, W.shape[3])) + b
    for m in range(kh):
        for n in range(kw):
            z += x[:, m : m + stride * h, n : n + stride * w] @ W[m, n]
    return z


def wrong_relu(x, W, b, pad, stride):
    """The ReLU inside."""
    return np.maximum(_conv(x, W, b, pad, stride), 0)


def wrong_pad_ignored(x, W, b, pad, stride):
    """Valid always."""
    return _conv(x, W, b, "valid", stride)


def wrong_pads_exchanged(x, W, b, pad, stride):
    """Rows padded by the kernel's columns, and the reverse."""
    kh, kw = W.shape[:2]
    around = ((0, 0), pads(x.shape[1], kw, stride, pad), pads(x.shape[2], kh, stride, pad), (0, 0))
    return _conv(np.pad(x, around), W, b, "valid", stride)


def wrong_batch_sum(x, W, b, pad, stride):
    """Sums over the images."""
    out = _conv(x, W, b, pad, stride)
    return np.repeat(out.sum(axis=0, keepdims=True), len(x), axis=0)


def wrong_channels_axis(x, W, b, pad, stride):
    """W read as (kh, kw, Co, Ci) where that fits."""
    if W.shape[2] == W.shape[3]:
        return _conv(x, W.transpose(0, 1, 3, 2), b, pad, stride)
    return _conv(x, W.reshape(*W.shape[:2], W.shape[3], W.shape[2]).transpose(0, 1, 3, 2), b, pad, stride)


def wrong_in_place(x, W, b, pad, stride):
    """Right values, but W is flipped in place and back, rounded."""
    out = _conv(x, W, b, pad, stride)
    x += 1
    return out
