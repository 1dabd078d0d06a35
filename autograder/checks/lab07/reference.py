"""LRP for convolutions in NumPy, float64, channels last: what lab 7 builds.

It shares no code with `autograder.reference`, which works on Keras graphs in TensorFlow, nor with the student's side;
`tests/labs/test_lab07_reference.py` holds the three against each other.

Shapes: `a` (B, H, W, Ci) input of a layer, kernels `W` (kh, kw, Ci, Co) with bias `b` (Co,), `R` (B, h, w, Co)
relevance at the output. A network is a plan: a list of dicts with a name and a kind: "conv" (W, b, pad,
stride, relu), "max" or "avg" (k). Dense layers are convolutions with a kernel as large as what they read.

Sources: Bach et al. (2015), On pixel-wise explanations for non-linear classifier decisions by LRP, PLoS ONE 10(7),
equations 58 (epsilon) and 60 (alpha-beta); Montavon et al. (2019), Layer-wise relevance propagation: an overview,
section 10.2 (gamma, and the four steps); Montavon et al. (2017), Explaining nonlinear classification decisions with
deep Taylor decomposition (z^B, w2); Lapuschkin et al. (2019), Unmasking Clever Hans predictors, methods (flat).
"""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rule = tuple[str, dict]
Pair = tuple[NDArray, NDArray]
TINY = 1e-12


def stabilise(z: NDArray, eps: float = TINY) -> NDArray:
    """z + eps s(z), s(0) = +1."""
    return z + eps * np.where(z >= 0, 1.0, -1.0)


def pads(size: int, kernel: int, stride: int, pad: str) -> tuple[int, int]:
    """Zeros before and after an axis, as TensorFlow documents them in "Notes on padding"."""
    total = 0 if pad == "valid" else max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def _windows(shape: Sequence[int], W_shape: Sequence[int], pad: str, stride: int) -> tuple[Any, ...]:
    """Pads of rows and columns, and the numbers of positions."""
    rows, columns = (pads(shape[k], W_shape[k - 1], stride, pad) for k in (1, 2))
    h = (shape[1] + sum(rows) - W_shape[0]) // stride + 1
    w = (shape[2] + sum(columns) - W_shape[1]) // stride + 1
    return rows, columns, h, w


def conv2d(x: NDArray, W: NDArray, pad: str, stride: int) -> NDArray:
    """Convolution without bias: (B, H, W, Ci) to (B, h, w, Co)."""
    rows, columns, h, w = _windows(x.shape, W.shape, pad, stride)
    padded = np.pad(x, ((0, 0), rows, columns, (0, 0)))
    z = np.zeros((len(x), h, w, W.shape[3]))
    for i, j in np.ndindex(*W.shape[:2]):
        z += padded[:, i : i + stride * (h - 1) + 1 : stride, j : j + stride * (w - 1) + 1 : stride] @ W[i, j]
    return z


def conv2d_T(R: NDArray, W: NDArray, shape: Sequence[int], pad: str, stride: int) -> NDArray:
    """The adjoint of `conv2d`: (B, h, w, Co) to ``shape``, (B, H, W, Ci)."""
    (top, bottom), (left, right), h, w = _windows(shape, W.shape, pad, stride)
    padded = np.zeros((len(R), shape[1] + top + bottom, shape[2] + left + right, W.shape[2]))
    for i, j in np.ndindex(*W.shape[:2]):
        padded[:, i : i + stride * (h - 1) + 1 : stride, j : j + stride * (w - 1) + 1 : stride] += R @ W[i, j].T
    return padded[:, top : top + shape[1], left : left + shape[2]]


def share(pairs: Sequence[Pair], b: NDArray | float, R: NDArray, eps: float, pad: str, stride: int) -> NDArray:
    """One walk: z = sum of conv(x, V) over the pairs, plus b; the sum of x * conv_T(R / stabilise(z), V)."""
    z = sum((conv2d(x, V, pad, stride) for x, V in pairs), np.zeros(1)) + b
    s = R / stabilise(z, eps)
    return sum((x * conv2d_T(s, V, x.shape, pad, stride) for x, V in pairs), np.zeros(1))


def lrp_conv(a: NDArray, W: NDArray, b: NDArray, R: NDArray, rule: Rule, pad: str, stride: int) -> NDArray:
    """The rules eps, gamma, ab and zB for a convolution: (B, H, W, Ci)."""
    name, options = rule
    pos, neg = np.maximum(W, 0), np.minimum(W, 0)
    if name == "eps":
        return share([(a, W)], b, R, options["eps"], pad, stride)
    if name == "gamma":
        gamma, eps = options["gamma"], options.get("eps", TINY)
        return share([(a, W + gamma * pos)], b + gamma * np.maximum(b, 0), R, eps, pad, stride)
    if name == "ab":
        up, down, eps = np.maximum(a, 0), np.minimum(a, 0), options.get("eps", TINY)
        helped = share([(up, pos), (down, neg)], np.maximum(b, 0), R, eps, pad, stride)
        harmed = share([(up, neg), (down, pos)], np.minimum(b, 0), R, eps, pad, stride)
        return options["alpha"] * helped - options["beta"] * harmed
    assert name == "zB", name
    lo, hi = np.zeros_like(a) + options["lo"], np.zeros_like(a) + options["hi"]
    return share([(a, W), (-lo, pos), (-hi, neg)], 0.0, R, TINY, pad, stride)


def lrp_w2_conv(W: NDArray, R: NDArray, shape: Sequence[int], pad: str, stride: int) -> NDArray:
    """The w2 rule: shares W^2 over the sum of W^2 on the inputs that an output really has. (B, H, W, Ci)"""
    shape = tuple(int(side) for side in shape)
    return share([(np.ones(shape), W**2)], 0.0, R, TINY, pad, stride)


def lrp_flat_conv(W_shape: Sequence[int], R: NDArray, shape: Sequence[int], pad: str, stride: int) -> NDArray:
    """The flat rule: equal shares for the inputs that an output really has. (B, H, W, Ci)"""
    W_shape, shape = (tuple(int(side) for side in sides) for sides in (W_shape, shape))
    return share([(np.ones(shape), np.ones(W_shape))], 0.0, R, 0.0, pad, stride)


def lrp_maxpool(a: NDArray, R: NDArray, k: int) -> NDArray:
    """The winner of each window, the first in reading order at a tie, takes all: (B, H, W, C)."""
    R_in = np.zeros(a.shape)
    for b, i, j, c in np.ndindex(*R.shape):
        window = a[b, i * k : (i + 1) * k, j * k : (j + 1) * k, c]
        m, n = divmod(int(np.argmax(window)), k)
        R_in[b, i * k + m, j * k + n, c] = R[b, i, j, c]
    return R_in


def lrp_avgpool(a: NDArray, R: NDArray, k: int) -> NDArray:
    """The z+ rule: each window shares in proportion to its positive inputs; without any, it hands on nothing."""
    positive = np.maximum(a, 0)
    total = np.zeros(R.shape)
    for i, j in np.ndindex(k, k):
        total += positive[:, i::k, j::k]
    s = np.divide(R, total, out=np.zeros(R.shape), where=total > 0)
    return positive * s.repeat(k, axis=1).repeat(k, axis=2)


def assign_rules(names: Sequence[str], spec: Sequence[tuple[Any, Rule]]) -> list[Rule]:
    """The rule of each layer: the first entry of spec whose pattern or predicate matches its name.

    Raises:
        ValueError: none matches; names the layer.
    """
    found = []
    for name in names:
        rules = [rule for which, rule in spec if (which(name) if callable(which) else fnmatchcase(name, which))]
        if not rules:
            raise ValueError(f"no rule for {name}")
        found.append(rules[0])
    return found


def seed(logits: NDArray, c: ArrayLike) -> NDArray:
    """The logit of class c[n] in column c[n] of row n, zero elsewhere: (B, K)."""
    start = np.zeros(logits.shape)
    rows = np.arange(len(logits))
    start[rows, np.asarray(c)] = logits[rows, np.asarray(c)]
    return start


def share_by_activation(a: NDArray, R: NDArray, keep: float = 1.0) -> NDArray:
    """The naive rule that the lab supplies: an image's relevance is shared by |a|, whatever the layer computes."""
    size = np.abs(a)
    axes = (1, 2, 3)
    total = np.maximum(size.sum(axis=axes, keepdims=True), 1e-12)
    return keep * size / total * R.sum(axis=axes, keepdims=True)


def apply_rule(rule: Rule, layer: dict, a: NDArray, R: NDArray) -> NDArray:
    """Relevance at the input of a layer by any rule of the lab."""
    name, options = rule
    if name == "share":
        return share_by_activation(a, R, **options)
    if name in ("max", "avg"):
        pool: Callable = {"max": lrp_maxpool, "avg": lrp_avgpool}[name]
        return pool(a, R, layer["k"])
    W, pad, stride = layer["W"], layer["pad"], layer["stride"]
    if name == "w2":
        return lrp_w2_conv(W, R, a.shape, pad, stride)
    if name == "flat":
        return lrp_flat_conv(W.shape, R, a.shape, pad, stride)
    return lrp_conv(a, W, layer["b"], R, rule, pad, stride)


def forward(plan: Sequence[dict], x: NDArray) -> list[NDArray]:
    """The input of each layer, and last the logits (B, 1, 1, K)."""
    values = [np.asarray(x, dtype=np.float64)]
    for layer in plan:
        a = values[-1]
        if layer["kind"] == "conv":
            z = conv2d(a, layer["W"], layer["pad"], layer["stride"]) + layer["b"]
            values.append(np.maximum(z, 0) if layer["relu"] else z)
            continue
        k = layer["k"]
        windows = np.stack([a[:, i::k, j::k] for i, j in np.ndindex(k, k)])
        values.append(windows.max(axis=0) if layer["kind"] == "max" else windows.mean(axis=0))
    return values


def lrp_walk(
    plan: Sequence[dict], x: NDArray, c: ArrayLike, spec: Sequence[tuple[Any, Rule]]
) -> tuple[NDArray, list[NDArray]]:
    """The map (B, H, W), and the relevance at the input of every layer, last the start (B, 1, 1, K)."""
    *inputs, logits = forward(plan, x)
    rules = assign_rules([layer["name"] for layer in plan], spec)
    trace = [seed(logits[:, 0, 0], c)[:, None, None]]
    for a, layer, rule in zip(inputs[::-1], plan[::-1], rules[::-1], strict=True):
        trace.insert(0, apply_rule(rule, layer, a, trace[0]))
    return trace[0].sum(axis=-1), trace


def contrastive(plan: Sequence[dict], x: NDArray, c: ArrayLike, c2: ArrayLike, spec: Sequence) -> NDArray:
    """What speaks for class c[n] and not for c2[n]: the difference of the two maps, (B, H, W)."""
    return lrp_walk(plan, x, c, spec)[0] - lrp_walk(plan, x, c2, spec)[0]


def explain_head(a: NDArray, W: NDArray, b: NDArray, c: ArrayLike) -> NDArray:
    """The bug hunt: LRP-0 through a linear head and z+ through a global average: features a (B, h, w, C), a >= 0."""
    pooled = a.mean(axis=(1, 2))
    z = pooled @ W + b
    R = pooled * ((seed(z, c) / stabilise(z)) @ W.T)
    total = a.sum(axis=(1, 2), keepdims=True)
    return np.divide(a, total, out=np.zeros_like(a), where=total > 0) * R[:, None, None]
