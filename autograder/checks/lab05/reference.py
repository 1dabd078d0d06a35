"""The functions of lab 5, in NumPy and float64, on networks that are described by a *plan*.

A plan is what `toonlens.laws.lab05.tiny_network` makes a Keras model of: ``{"shape": [H, W, 3], "layers": [...]}``,
each layer a dict with ``name``, ``kind``, ``inputs`` (names, "image" for the picture) and its arrays. It can travel to
a student's process, and it can be computed here without TensorFlow.

Sources: Zeiler & Fergus 2014, Visualizing and understanding convolutional networks, section 2.1 (the deconvnet);
Springenberg et al. 2015, Striving for simplicity, figure 1 (guided backpropagation, and the three backward passes side
by side); Araujo et al. 2019, Computing receptive fields of convolutional neural networks, Distill.
"""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from toonlens.paths import datasets_dir

Plan = dict[str, Any]
Layer = dict[str, Any]
BATCHNORM_EPSILON = 1.001e-5
MODES = ("grad", "deconv", "guided")


# Forward


def forward(plan: Plan, x: NDArray) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    """Output of every layer by name, and what went into its own activation (before ReLU or softmax)."""
    out, before = {"image": np.asarray(x, dtype=np.float64)}, {}
    for layer in plan["layers"]:
        z = _apply(layer, [out[name] for name in layer["inputs"]])
        before[layer["name"]] = z
        out[layer["name"]] = _activate(z, layer.get("activation", "linear"))
    return out, before


def _apply(layer: Layer, xs: list[NDArray]) -> NDArray:
    kind, x = layer["kind"], xs[0]
    if kind == "conv":
        windows = _windows(_padded(layer, x), layer["W"].shape[0], layer["stride"])
        return np.tensordot(windows, layer["W"], axes=([4, 5, 3], [0, 1, 2])) + layer["b"]
    if kind == "pool":
        return _windows(x, layer["size"], layer["stride"]).max(axis=(4, 5))
    if kind == "batchnorm":
        scale = layer["gamma"] / np.sqrt(layer["variance"] + BATCHNORM_EPSILON)
        return (x - layer["mean"]) * scale + layer["beta"]
    if kind == "add":
        return np.sum(xs, axis=0)
    if kind == "concatenate":
        return np.concatenate(xs, axis=-1)
    if kind == "average":
        return x.mean(axis=(1, 2))
    if kind == "dense":
        return x @ layer["W"] + layer["b"]
    return x  # an activation alone


def _activate(z: NDArray, activation: str) -> NDArray:
    if activation == "relu":
        return np.maximum(z, 0)
    if activation == "softmax":
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)
    return z


def _margin(layer: Layer) -> int:
    return (layer["W"].shape[0] - 1) // 2 if layer["padding"] == "same" else 0


def _padded(layer: Layer, x: NDArray) -> NDArray:
    margin = _margin(layer)
    return np.pad(x, ((0, 0), (margin, margin), (margin, margin), (0, 0)))


def _windows(x: NDArray, kernel: int, stride: int) -> NDArray:
    """(B, h, w, C, kernel, kernel)"""
    return sliding_window_view(x, (kernel, kernel), axis=(1, 2))[:, ::stride, ::stride]


# Backward


def relu_back(z: NDArray, R: NDArray, mode: str) -> NDArray:
    """What a ReLU hands on of R, which arrives at its output; z went into it."""
    if mode == "grad":
        return R * (z > 0)
    if mode == "deconv":
        return np.maximum(R, 0)
    if mode == "guided":
        return np.maximum(R, 0) * (z > 0)
    raise ValueError(mode)


# What a ReLU hands on of R, as numbers: rows for a unit off and on, columns for R not positive and positive.
GATES = {
    "grad": [[0.0, 0.0], [1.0, 1.0]],
    "deconv": [[0.0, 1.0], [0.0, 1.0]],
    "guided": [[0.0, 0.0], [0.0, 1.0]],
}


def lent(A: NDArray | None = None, ch: int = 0) -> dict[str, Any]:
    """What the grader lends for `relu_with` and, for channel ch of A (1, h, w, C), for `seed_unit`."""
    if A is None:
        return {"gates": GATES}
    place = np.unravel_index(int(A[0, :, :, ch].argmax()), A.shape[1:3])
    return {"gates": GATES, "place": [int(side) for side in place]}


def backward(
    plan: Plan, out: dict[str, NDArray], before: dict[str, NDArray], start: str, R: NDArray, mode: str
) -> NDArray:
    """R at the output of layer ``start``, carried down to the image; a softmax at the start is left out."""
    layers = plan["layers"]
    last = next(k for k, layer in enumerate(layers) if layer["name"] == start)
    arrived = {start: np.asarray(R, dtype=np.float64)}
    for layer in reversed(layers[: last + 1]):
        if layer["name"] not in arrived:
            continue  # a branch that the start does not see
        R = arrived.pop(layer["name"])
        if layer.get("activation") == "relu":
            R = relu_back(before[layer["name"]], R, mode)
        xs = [out[name] for name in layer["inputs"]]
        for name, handed in zip(layer["inputs"], _pull(layer, xs, R), strict=True):
            arrived[name] = arrived[name] + handed if name in arrived else handed
    return arrived["image"]


def _pull(layer: Layer, xs: list[NDArray], R: NDArray) -> list[NDArray]:
    """The adjoint of a layer (for a pool: at these inputs), applied to R."""
    kind, x = layer["kind"], xs[0]
    if kind == "conv":
        back = np.zeros_like(_padded(layer, x))
        _, h, w, _ = R.shape
        stride, margin, size = layer["stride"], _margin(layer), layer["W"].shape[0]
        for i in range(size):
            for j in range(size):
                back[:, i : i + stride * h : stride, j : j + stride * w : stride] += R @ layer["W"][i, j].T
        return [back[:, margin : back.shape[1] - margin, margin : back.shape[2] - margin]]
    if kind == "pool":
        return [_unpool(layer, x, R)]
    if kind == "batchnorm":
        return [R * layer["gamma"] / np.sqrt(layer["variance"] + BATCHNORM_EPSILON)]
    if kind == "add":
        return [R for _ in xs]
    if kind == "concatenate":
        return np.split(R, np.cumsum([x.shape[-1] for x in xs])[:-1], axis=-1)
    if kind == "average":
        return [np.broadcast_to(R[:, None, None], x.shape) / (x.shape[1] * x.shape[2])]
    if kind == "dense":
        return [R @ layer["W"].T]
    return [R]


def _unpool(layer: Layer, x: NDArray, R: NDArray) -> NDArray:
    """Each value of R goes to where its window's maximum was."""
    size, stride = layer["size"], layer["stride"]
    windows = _windows(x, size, stride)
    where = windows.reshape(*windows.shape[:4], size * size).argmax(axis=-1)
    back = np.zeros_like(x)
    b, h, w, c = np.indices(where.shape)
    np.add.at(back, (b, h * stride + where // size, w * stride + where % size, c), R)
    return back


# The exercises


def record(plan: Plan, x: NDArray) -> dict[str, NDArray]:
    """Layer name -> output, the image's own included."""
    return forward(plan, x)[0]


def seed_unit(A: NDArray, ch: int) -> NDArray:
    """The strongest activation of channel ch, zeros elsewhere."""
    seed = np.zeros_like(A)
    i, j = np.unravel_index(int(A[0, :, :, ch].argmax()), A.shape[1:3])
    seed[0, i, j, ch] = A[0, i, j, ch]
    return seed


def project(plan: Plan, x: NDArray, layer: str, ch: int, mode: str) -> NDArray:
    """The strongest unit of a channel, carried down to the image. (1, H, W, 3)"""
    out, before = forward(plan, x)
    return backward(plan, out, before, layer, seed_unit(out[layer], ch), mode)


def saliency(plan: Plan, x: NDArray, c: NDArray, mode: str = "guided") -> NDArray:
    """From 1 at the logit of class c[i] of image i. (B, H, W, 3)"""
    out, before = forward(plan, x)
    last = plan["layers"][-1]["name"]
    return backward(plan, out, before, last, np.eye(out[last].shape[1])[np.asarray(c)], mode)


def receptive_field(specs: list[tuple[int, int, int]]) -> tuple[int, int, int]:
    """Pixels that a unit sees (its side), pixels between the windows of two neighbours, first pixel of unit 0."""
    size, jump, start = 1, 1, 0
    for kernel, stride, padding in specs:
        size += (kernel - 1) * jump
        start -= padding * jump
        jump *= stride
    return size, jump, start


def unit_box(specs: list[tuple[int, int, int]], u: int, side: int) -> tuple[int, int]:
    """First pixel that unit u sees and the first beyond, within 0 to side."""
    size, jump, start = receptive_field(specs)
    first = start + u * jump
    return max(first, 0), min(first + size, side)


def heat(R: NDArray) -> NDArray:
    """(H, W, 3) -> (H, W), the colours summed."""
    return np.asarray(R).sum(axis=-1)


def sym_limits(h: NDArray) -> tuple[float, float]:
    """Limits of the colour scale: zero in the middle, everything inside."""
    most = float(np.abs(h).max()) or 1.0
    return -most, most


def similarity(h1: NDArray, h2: NDArray) -> float:
    """Spearman's rank correlation; values that are equal share the mean of their ranks; 0 if a map is constant."""
    r1, r2 = ranks(h1), ranks(h2)
    r1, r2 = r1 - r1.mean(), r2 - r2.mean()
    scale = np.sqrt((r1**2).sum() * (r2**2).sum())
    return float((r1 * r2).sum() / scale) if scale > 0 else 0.0


def ranks(h: NDArray) -> NDArray:
    """Mean ranks from 0, flat."""
    _, group, counts = np.unique(np.ravel(h), return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts + 1) / 2)[group.ravel()]


# The small VGG16 as a plan


def vgg16_plan(upto: str) -> Plan:
    """The course's small VGG16, from its file of weights, up to a layer."""
    layers: list[Layer] = []
    below = "image"
    with np.load(datasets_dir() / "weights" / "vgg16.npz", allow_pickle=False) as weights:
        for block, depth in enumerate((2, 2, 3, 3, 3), start=1):
            names = [f"block{block}_conv{k}" for k in range(1, depth + 1)] + [f"block{block}_pool"]
            for name in names:
                layer: Layer = {"name": name, "kind": "pool", "size": 2, "stride": 2, "inputs": [below]}
                if "conv" in name:
                    W, b = weights[f"{name}/kernel"].astype(np.float64), weights[f"{name}/bias"].astype(np.float64)
                    layer = {"name": name, "kind": "conv", "W": W, "b": b, "stride": 1, "padding": "same"}
                    layer |= {"activation": "relu", "inputs": [below]}
                layers.append(layer)
                if name == upto:
                    return {"shape": [64, 64, 3], "layers": layers}
                below = name
    raise ValueError(upto)
