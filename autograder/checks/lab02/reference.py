"""Reference of lab 2, in NumPy and float64: loss and gradient, the tiny networks of the probes, measures, the bug hunt.

Logits are (B, K), labels (B,) integers. The tiny networks are dense layers, so that a training step fits on a page.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

EPSILON = 1e-3  # of keras.layers.BatchNormalization
MOMENTUM = 0.99  # likewise
TINY = 1e-9  # added to deviations in the bug hunt

Params = Mapping[str, list[NDArray]]  # layer name -> its arrays, in the order of Keras


def log_softmax(logits: NDArray) -> NDArray:
    """Logarithms of the softmax probabilities, (B, K), stable for logits of any size.

    Source: Goodfellow, Bengio & Courville (2016), Deep Learning, section 4.1 (the shift by the maximum).
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def softmax_xent(logits: NDArray, y: NDArray) -> float:
    """Mean cross-entropy of the labels, from logits."""
    return float(-log_softmax(logits)[np.arange(len(y)), y].mean())


def xent_grad(logits: NDArray, y: NDArray) -> NDArray:
    """Gradient (B, K) of `softmax_xent` with respect to the logits: (softmax - one-hot) / B."""
    gradient = np.exp(log_softmax(logits))
    gradient[np.arange(len(y)), y] -= 1.0
    return gradient / len(y)


# What the probes of ``toonlens.laws.lab02`` have to give


def head_logits(maps: NDArray, kernel: NDArray, bias: NDArray) -> NDArray:
    """Global average pooling and a dense layer: (B, h, w, C) to (B, K)."""
    return maps.mean(axis=(1, 2)) @ kernel + bias


def features(x: NDArray, params: Params) -> NDArray:
    """The tiny network of ``probe_extract`` in inference mode, its output laid out flat: (N, h, w, 3) to (N, h w C)."""
    kernel, bias = params["mix"]
    gamma, beta, mean, variance = params["norm"]
    z = (x @ kernel + bias - mean) / np.sqrt(variance + EPSILON) * gamma + beta
    return np.maximum(z, 0).reshape(len(x), -1)


def train_step(params: Params, names: list[str], upto: str, x: NDArray, y: NDArray, rate: float) -> dict[str, Any]:
    """Arrays of every layer after one step of gradient descent on the tiny network of ``probe_freeze``.

    ``names`` are a dense layer, a BatchNorm (ReLU behind it), another such pair, and a dense layer to logits. Layers up
    to ``upto`` stay as they are, and a BatchNorm among them uses its moving statistics.

    Source: Ioffe & Szegedy (2015), Batch Normalization, algorithm 1 and the chain rule below it.
    """
    frozen = names[: names.index(upto) + 1]
    a = x
    kept: dict[str, Any] = {}
    for k, name in enumerate(names):
        if k % 2 == 0:
            kernel, bias = params[name]
            kept[name] = a
            a = a @ kernel + bias
            continue
        gamma, beta, mean, variance = params[name]
        if name not in frozen:
            mean, variance = a.mean(axis=0), a.var(axis=0)
        unit = (a - mean) / np.sqrt(variance + EPSILON)
        z = unit * gamma + beta
        kept[name] = (unit, mean, variance, z > 0)
        a = np.maximum(z, 0)
    after = {name: [array.copy() for array in arrays] for name, arrays in params.items()}
    g = xent_grad(a, y)
    for k, name in reversed(list(enumerate(names))):
        if name in frozen:
            break
        if k % 2 == 0:
            kernel, bias = params[name]
            after[name] = [kernel - rate * kept[name].T @ g, bias - rate * g.sum(axis=0)]
            g = g @ kernel.T
            continue
        gamma, beta, moving_mean, moving_variance = params[name]
        unit, mean, variance, on = kept[name]
        g = g * on
        after[name] = [
            gamma - rate * (g * unit).sum(axis=0),
            beta - rate * g.sum(axis=0),
            MOMENTUM * moving_mean + (1 - MOMENTUM) * mean,
            MOMENTUM * moving_variance + (1 - MOMENTUM) * variance,
        ]
        down = g * gamma
        g = (down - down.mean(axis=0) - unit * (down * unit).mean(axis=0)) / np.sqrt(variance + EPSILON)
    return after


# Measures


def confusion(y: NDArray, yhat: NDArray, K: int) -> NDArray:
    """Pictures of class i that were called j: (K, K) integers."""
    cm = np.zeros((K, K), dtype=np.int64)
    np.add.at(cm, (y, yhat), 1)
    return cm


def macro_f1(cm: NDArray) -> float:
    """Mean over classes of F1 = 2 TP / (2 TP + FP + FN), 0 where that is 0 / 0.

    Source: Sokolova & Lapalme (2009), A systematic analysis of performance measures for classification tasks.
    """
    hits = np.diag(cm)
    total = cm.sum(axis=0) + cm.sum(axis=1)
    return float((2 * hits / np.where(total == 0, 1, total)).mean())


def bootstrap_ci(correct: NDArray, n: int, seed: int) -> tuple[float, float]:
    """95 % percentile interval of the mean, by the generator and the draws that the lab prescribes.

    Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, section 13.3.
    """
    rows = np.random.default_rng(seed).integers(0, len(correct), size=(n, len(correct)))
    low, high = np.quantile(np.asarray(correct, dtype=np.float64)[rows].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


# The bug hunt


def nearest_mean(train_x: NDArray, train_y: NDArray, x: NDArray) -> NDArray:
    """Class of the nearest class mean, features in units of their deviation in training: (N, D) to (N,)."""
    mean, deviation = train_x.mean(axis=0), train_x.std(axis=0) + TINY
    known, z = (train_x - mean) / deviation, (x - mean) / deviation
    present = np.unique(train_y)
    means = np.stack([known[train_y == k].mean(axis=0) for k in present])
    return present[((z[:, None] - means[None]) ** 2).sum(axis=2).argmin(axis=1)]
