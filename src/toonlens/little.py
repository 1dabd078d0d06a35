"""A little convolutional network in NumPy, for experiments that ask a network hundreds of times.

Its convolutions have a stride of 2, no padding and a ReLU each; then come the mean over all places and a dense layer.
"""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Layer = tuple[NDArray, NDArray]
"""Kernel and bias: (k, k, Ci, Co) and (Co,) of a convolution, (C, K) and (K,) of the dense layer, which is the last."""

STRIDE = 2


def scaled(images: NDArray) -> NDArray[np.float32]:
    """Pictures, uint8 (B, H, W, 3), as the network takes them: from -1 to 1."""
    return images.astype(np.float32) / np.float32(127.5) - np.float32(1)


def logits(params: Sequence[Layer], x: NDArray) -> NDArray:
    """The network's answer to x (B, H, W, C): (B, K)."""
    return _forward(params, x)[-1]


def gradient(params: Sequence[Layer], x: NDArray, c: NDArray) -> NDArray:
    """Gradient of the logit of class c[b] of picture b with respect to x (B, H, W, C), in the shape of x."""
    *inputs, answers = _forward(params, x)
    W = params[-1][0]
    rows, columns = inputs[-1].shape[1:3]
    R = np.eye(answers.shape[1], dtype=x.dtype)[c] @ W.T / (rows * columns)
    R = np.broadcast_to(R[:, None, None, :], inputs[-1].shape)
    for (W, _), a, above in zip(params[-2::-1], inputs[-2::-1], inputs[:0:-1], strict=True):
        R = _back(R * (above > 0), W, a.shape)
    return R


def _forward(params: Sequence[Layer], x: NDArray) -> list[NDArray]:
    """The input of every layer, and last the logits."""
    found = [x]
    for W, b in params[:-1]:
        found.append(np.maximum(_conv(found[-1], W) + b, 0))
    W, b = params[-1]
    return [*found, found[-1].mean(axis=(1, 2)) @ W + b]


def _conv(a: NDArray, W: NDArray) -> NDArray:
    """(B, H, W, Ci) to (B, h, w, Co)."""
    windows = sliding_window_view(a, W.shape[:2], axis=(1, 2))[:, ::STRIDE, ::STRIDE]  # (B, h, w, Ci, k, k)
    return np.tensordot(windows, W.transpose(2, 0, 1, 3), axes=3)


def _back(R: NDArray, W: NDArray, shape: tuple[int, ...]) -> NDArray:
    """The transpose of `_conv`: (B, h, w, Co) to ``shape``."""
    made = np.zeros(shape, dtype=R.dtype)
    rows, columns = STRIDE * R.shape[1], STRIDE * R.shape[2]
    for m, n in np.ndindex(W.shape[:2]):
        made[:, m : m + rows : STRIDE, n : n + columns : STRIDE] += R @ W[m, n].T
    return made
