"""Reference of lab 3, in NumPy and float64: the two blocks, the schedule, calibration, the paired test, the bug hunt.

Pictures are (B, H, W, C), kernels (h, w, C in, C out), BatchNorm's four vectors (gamma, beta, mean, var) each (C,).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

EPSILON = 1.001e-5  # of the BatchNorm layers in keras.applications
Norm = Sequence[NDArray]


def batchnorm(x: NDArray, norm: Norm) -> NDArray:
    """BatchNorm in inference mode, (..., C) to the same.

    Source: Ioffe & Szegedy (2015), Batch Normalization, algorithm 2, line 11.
    """
    gamma, beta, mean, var = norm
    return (x - mean) / np.sqrt(var + EPSILON) * gamma + beta


def convolve(x: NDArray, W: NDArray, stride: int = 1) -> NDArray:
    """Convolution with an odd kernel and "same" padding, as a sum over taps: (B, H, W, C) to (B, H', W', C out).

    Keras pads so that output (i, j) is centred at ``stride`` (i, j), up to half a stride; for 1 x 1 kernels, and
    for stride 1, there is nothing to choose. Other strides are not needed here.
    """
    height, width = W.shape[:2]
    if stride != 1 and (height, width) != (1, 1):
        raise ValueError("only 1 x 1 kernels may stride")
    rows, columns = x.shape[1:3]
    padded = np.pad(x, ((0, 0), (height // 2, height // 2), (width // 2, width // 2), (0, 0)))
    z = sum(
        np.einsum("bhwc,cd->bhwd", padded[:, i : i + rows, j : j + columns], W[i, j])
        for i in range(height)
        for j in range(width)
    )
    return np.asarray(z)[:, ::stride, ::stride]


def relu(x: NDArray) -> NDArray:
    """max(x, 0)."""
    return np.maximum(x, 0)


def bottleneck(x: NDArray, params: Mapping[str, Any]) -> NDArray:
    """A bottleneck block of ResNet50 as keras.applications builds it (version 1; the stride is in the first layer).

    Args:
        x: (B, H, W, C).
        params: "stride", an integer; "1", "2", "3", and where the shortcut is projected "0": each a tuple
            (W, b, gamma, beta, mean, var) of a convolution and the BatchNorm behind it.

    Source: He et al. (2016), Deep Residual Learning, figure 5 right and equations 1 and 2.
    """

    def conv_bn(a: NDArray, name: str, stride: int = 1) -> NDArray:
        W, b, *norm = params[name]
        return batchnorm(convolve(a, W, stride) + b, norm)

    stride = params["stride"]
    a = relu(conv_bn(x, "1", stride))
    a = relu(conv_bn(a, "2"))
    shortcut = conv_bn(x, "0", stride) if "0" in params else x
    return relu(shortcut + conv_bn(a, "3"))


def dense_block(x: NDArray, params: Sequence[Mapping[str, Any]]) -> NDArray:
    """A dense block of DenseNet121: (B, H, W, C) to (B, H, W, C + L k), old channels first.

    Args:
        params: L layers, each with "bn1" (gamma, beta, mean, var), "W1" (1, 1, C_l, 4 k), "bn2", "W2" (3, 3, 4 k, k).

    Source: Huang et al. (2017), Densely Connected Convolutional Networks, equation 2 and section 3 (DenseNet-B).
    """
    for layer in params:
        a = convolve(relu(batchnorm(x, layer["bn1"])), layer["W1"])
        a = convolve(relu(batchnorm(a, layer["bn2"])), layer["W2"])
        x = np.concatenate([x, a], axis=-1)
    return x


def warmup_cosine(t: Any, T: int, warm: int, base: float) -> NDArray:
    """Learning rate of step t = 0 ... T - 1: up in equal steps to ``base``, then down along half a cosine.

    Source: Loshchilov & Hutter (2017), SGDR, equation 5, with the lower rate 0 and without restarts; warm-up as in
    Goyal et al. (2017), Accurate, Large Minibatch SGD, section 2.2.
    """
    t = np.asarray(t, dtype=np.float64)
    up = base * (t + 1) / max(warm, 1)
    down = base * 0.5 * (1 + np.cos(np.pi * (t - warm) / (T - warm)))
    return np.where(t < warm, up, down)


def ece(p: NDArray, y: NDArray, bins: int) -> float:
    """Expected calibration error of softmax scores p (N, K), in ``bins`` bins of equal width, closed on the right.

    Source: Guo et al. (2017), On Calibration of Modern Neural Networks, equation 3.
    """
    confidence, right = p.max(axis=1), p.argmax(axis=1) == y
    total = 0.0
    for m in range(bins):
        inside = (confidence > m / bins) & (confidence <= (m + 1) / bins)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return total


def mcnemar(okA: NDArray, okB: NDArray) -> float:
    """Exact two-sided p-value of the hypothesis that A and B err equally often, from paired outcomes (N,).

    Source: McNemar (1947), Psychometrika 12; the test for classifiers: Dietterich (1998), Neural Computation 10,
    section 3.1 (there with the chi-squared approximation; here the binomial distribution itself).
    """
    okA, okB = np.asarray(okA, dtype=bool), np.asarray(okB, dtype=bool)
    only_A, only_B = int((okA & ~okB).sum()), int((okB & ~okA).sum())
    n = only_A + only_B
    tail = sum(math.comb(n, k) for k in range(min(only_A, only_B) + 1))
    return min(1.0, float(2 * tail / 2**n))


def softmax(logits: NDArray) -> NDArray:
    """Softmax over the last axis."""
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def tune_head(
    h: NDArray, y: NDArray, norm: Norm, W: NDArray, b: NDArray, T: int, warm: int, base: float
) -> tuple[NDArray, NDArray]:
    """T steps of gradient descent on the mean cross-entropy of a dense layer behind a frozen BatchNorm.

    Args:
        h, y: features (N, D) and classes (N,).
        norm: gamma, beta, mean, var, each (D,).
        W, b: (D, K), (K,): where to start.
    """
    a = batchnorm(h, norm)
    for t in range(T):
        gradient = softmax(a @ W + b)
        gradient[np.arange(len(y)), y] -= 1
        gradient /= len(y)
        rate = float(warmup_cosine(t, T, warm, base))
        W, b = W - rate * (a.T @ gradient), b - rate * gradient.sum(axis=0)
    return W, b


def tiny_step(
    blocks: Sequence[Mapping[str, NDArray]], x: NDArray, target: NDArray, start: int, rate: float
) -> list[dict[str, NDArray]]:
    """One step of gradient descent on a chain of blocks relu(BatchNorm(a W + b)), BatchNorm frozen throughout.

    The loss is the mean over the batch of half the squared distance to ``target``; kernels and biases of the blocks
    from number ``start`` on are trained. It is what `toonlens.laws.lab03.probe_unfreeze` does with Keras.

    Args:
        blocks: each "W" (I, J), "b", "gamma", "beta", "mean", "var" (J,).
        x, target: (B, I), (B, J).

    Returns:
        the blocks after the step.
    """
    inputs, a = [], x
    for block in blocks:
        inputs.append(a)
        a = relu(batchnorm(a @ block["W"] + block["b"], [block[key] for key in ("gamma", "beta", "mean", "var")]))
    outputs = [*inputs[1:], a]
    after = [dict(block) for block in blocks]
    R = (a - target) / len(x)
    for k in range(len(blocks) - 1, start - 1, -1):
        block = blocks[k]
        R = R * (outputs[k] > 0) * block["gamma"] / np.sqrt(block["var"] + EPSILON)
        after[k]["W"] = block["W"] - rate * inputs[k].T @ R
        after[k]["b"] = block["b"] - rate * R.sum(axis=0)
        R = R @ block["W"].T
    return after
