"""The pieces of a deconvnet in NumPy, float64, channels last: what lab 4 builds.

Sources: Zeiler & Fergus (2014), Visualizing and understanding convolutional networks, section 2.1 (unpooling with
switches, rectification, transposed filters); Springenberg et al. (2015), Striving for simplicity: the all convolutional
net, figure 1 (the three ways back through a ReLU). Padding as TensorFlow documents it in "Notes on padding", tf.nn.

Shapes: `x` (B, H, W, C); kernels `W` (kh, kw, Ci, Co) with bias `b` (Co,); `R` is the signal on its way back. A network
is a list of layers `(W, b, k)`: convolution ("same", stride 1), ReLU, max pooling k x k (k = 1: none).
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Mode = Literal["grad", "deconv", "guided"]
MODES: tuple[Mode, ...] = ("grad", "deconv", "guided")
Layer = tuple[NDArray, NDArray, int]


def pool_switches(x: NDArray, k: int) -> tuple[NDArray, NDArray]:
    """Max pooling of k x k windows that do not overlap, and its switches, both (B, H / k, W / k, C).

    A switch is the winner's place in its window, 0 to k * k - 1 in reading order; at a tie the first.
    """
    B, H, W, C = x.shape
    windows = x.reshape(B, H // k, k, W // k, k, C).transpose(0, 1, 3, 5, 2, 4).reshape(B, H // k, W // k, C, k * k)
    return windows.max(axis=-1), windows.argmax(axis=-1)


def unpool(R: NDArray, s: NDArray, k: int) -> NDArray:
    """Every value of R (B, h, w, C) at the place that its switch names, zero elsewhere: (B, k h, k w, C)."""
    B, h, w, C = R.shape
    windows = R[..., None] * (s[..., None] == np.arange(k * k))
    return windows.reshape(B, h, w, C, k, k).transpose(0, 1, 4, 2, 5, 3).reshape(B, h * k, w * k, C)


def relu_back(R: NDArray, a: NDArray, mode: Mode) -> NDArray:
    """Back through a ReLU whose output was a: by its slope, by the sign of R, or by both."""
    by_slope, by_sign = a > 0, R > 0
    return R * {"grad": by_slope, "deconv": by_sign, "guided": by_slope & by_sign}[mode]


def pads(size: int, kernel: int, stride: int, pad: str) -> tuple[int, int]:
    """Zeros before and after an axis; of an odd number, "same" puts the larger part after."""
    if pad == "valid":
        return 0, 0
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def conv2d(x: NDArray, W: NDArray, b: NDArray, pad: str, stride: int) -> NDArray:
    """The layer Conv2D of Keras: (B, H, W, Ci) to (B, h, w, Co). It slides the kernel without flipping it."""
    kh, kw = W.shape[:2]
    padded = np.pad(x, ((0, 0), pads(x.shape[1], kh, stride, pad), pads(x.shape[2], kw, stride, pad), (0, 0)))
    h, w = (padded.shape[1] - kh) // stride + 1, (padded.shape[2] - kw) // stride + 1
    z = np.zeros((len(x), h, w, W.shape[3])) + b
    for i in range(kh):
        for j in range(kw):
            z += _tap(padded, i, j, h, w, stride) @ W[i, j]
    return z


def conv2d_T(R: NDArray, W: NDArray, shape: Sequence[int], pad: str, stride: int) -> NDArray:
    """The adjoint of `conv2d` without its bias: R (B, h, w, Co) to `shape`, which is (B, H, W, Ci)."""
    kh, kw = W.shape[:2]
    _, H, width, Ci = (int(n) for n in shape)
    (top, bottom), (left, right) = pads(H, kh, stride, pad), pads(width, kw, stride, pad)
    padded = np.zeros((len(R), H + top + bottom, width + left + right, Ci))
    h, w = R.shape[1:3]
    for i in range(kh):
        for j in range(kw):
            _tap(padded, i, j, h, w, stride)[...] += R @ W[i, j].T
    return padded[:, top : top + H, left : left + width]


def _tap(padded: NDArray, i: int, j: int, h: int, w: int, stride: int) -> NDArray:
    """View (B, h, w, C): what entry (i, j) of the kernel meets at each of its h x w positions."""
    return padded[:, i : i + stride * (h - 1) + 1 : stride, j : j + stride * (w - 1) + 1 : stride]


def forward(params: Sequence[Layer], x: NDArray) -> tuple[NDArray, list[tuple[NDArray, NDArray, NDArray]]]:
    """Output of the last layer, and of each layer its input, its ReLU's output and its switches."""
    memory = []
    for W, b, k in params:
        r = np.maximum(conv2d(x, W, b, "same", 1), 0)
        p, s = pool_switches(r, k)
        memory.append((x, r, s))
        x = p
    return x, memory


def toy_deconvnet(params: Sequence[Layer], x: NDArray, ch: int, mode: Mode) -> NDArray:
    """Channel ch of the last layer, with its activations, projected back to x (B, H, W, Ci).

    In mode "grad" this is the gradient of half the sum of the squares of the channel's activations.
    """
    out, memory = forward(params, x)
    R = np.zeros_like(out)
    R[..., ch] = out[..., ch]
    for (W, _, k), (below, r, s) in zip(params[::-1], memory[::-1], strict=True):
        R = conv2d_T(relu_back(unpool(R, s, k), r, mode), W, below.shape, "same", 1)
    return R


def deconv_walk(params: Sequence[tuple[NDArray, NDArray]], x: NDArray, ch: int) -> NDArray:
    """The bug hunt: the same in mode "deconv" for one signal x (T, Ci), kernels (n, Ci, Co), pairs pooled."""
    flat = [(W[:, None], b) for W, b in params]  # a signal is an image of one column; only rows are pooled
    a, memory = x[None, :, None], []
    for W, b in flat:
        r = np.maximum(conv2d(a, W, b, "same", 1), 0)
        pairs = r.reshape(1, r.shape[1] // 2, 2, r.shape[3])
        memory.append((a.shape, r, pairs.argmax(axis=2)))
        a = pairs.max(axis=2)[:, :, None]
    R = np.zeros_like(a)
    R[..., ch] = a[..., ch]
    for (W, _), (shape, r, s) in zip(flat[::-1], memory[::-1], strict=True):
        up = np.where(s[:, :, None] == np.arange(2)[:, None], R, 0).reshape(r.shape)
        R = conv2d_T(np.maximum(up, 0), W, shape, "same", 1)
    return R[0, :, 0]
