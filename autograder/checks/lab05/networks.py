"""Fresh small networks and pictures for the hidden checks of lab 5, on which float32 and float64 agree."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from autograder.checks.lab05 import reference
from autograder.checks.lab05.reference import Plan
from toonlens.laws import lab05 as laws

NEAR = 1e-4  # nothing that decides a gate or a switch is closer than this to a tie


def plain(rng: np.random.Generator, images: int = 1) -> tuple[Plan, NDArray]:
    """Convolutions with fused ReLUs, max-pooling, dense layers, softmax; and pictures (images, 8, 8, 3)."""
    return _drawn(rng, lambda: _lifted(laws.plain_plan(rng), "conv2"), images)


def branched(rng: np.random.Generator, images: int = 1) -> tuple[Plan, NDArray]:
    """BatchNorm, ReLUs in layers of their own, Add and Concatenate, softmax; and pictures."""
    return _drawn(rng, lambda: _lifted(laws.branched_plan(rng), "norm1"), images)


def own_relus(rng: np.random.Generator, images: int = 1) -> tuple[Plan, NDArray]:
    """ReLUs in layers of their own, no BatchNorm."""

    def make() -> Plan:
        layers = [
            laws.conv(rng, "conv1", "image", (3, 3, 6)),
            laws.relu("relu1", "conv1"),
            laws.conv(rng, "conv2", "relu1", (3, 6, 6)),
            laws.relu("relu2", "conv2"),
            {"name": "average", "kind": "average", "inputs": ["relu2"]},
            laws.dense(rng, "predictions", "average", (6, 4), activation="softmax"),
        ]
        return {"shape": [8, 8, 3], "layers": layers}

    return _drawn(rng, make, images)


def _lifted(plan: Plan, name: str) -> Plan:
    """With most units of a layer below a pool on, so that no window is all zeros, which would be a tie."""
    layer = next(layer for layer in plan["layers"] if layer["name"] == name)
    part = "beta" if layer["kind"] == "batchnorm" else "b"
    return laws.with_layer(plan, name, **{part: np.abs(layer[part]) + 1.5})


def _drawn(rng: np.random.Generator, make, images: int) -> tuple[Plan, NDArray]:
    for _ in range(10_000):
        plan = make()
        x = rng.normal(size=(images, *plan["shape"])).astype(np.float32)
        if _decided(plan, x):
            return plan, x
    raise RuntimeError("no well-conditioned network found")


def _decided(plan: Plan, x: NDArray) -> bool:
    out, before = reference.forward(plan, x)
    for layer in plan["layers"]:
        z = before[layer["name"]]
        size = np.abs(z[z != 0])  # exact zeros come from a ReLU below, in single precision too
        if layer.get("activation") == "relu" and (size.min(initial=1) < NEAR or not 0.1 < (z > 0).mean() < 0.99):
            return False
        if layer["kind"] == "pool":
            below = out[layer["inputs"][0]]
            windows = sliding_window_view(below, (2, 2), axis=(1, 2))[:, ::2, ::2]
            two = np.sort(windows.reshape(*windows.shape[:4], 4), axis=-1)[..., -2:]
            if (two[..., 1] - two[..., 0]).min() < NEAR:
                return False
    return True


def unit(rng: np.random.Generator, plan: Plan, x: NDArray, layer: str) -> int:
    """A channel of a layer with one strongest place, positive, whose map is not blank in any mode."""
    A = reference.forward(plan, x)[0][layer]
    for ch in rng.permutation(A.shape[-1]).tolist():
        two = np.sort(A[..., ch].ravel())[-2:]
        maps = [reference.project(plan, x, layer, ch, mode) for mode in reference.MODES]
        if two[1] > 0.1 and two[1] - two[0] > 10 * NEAR and all(np.abs(R).max() > 1e-3 for R in maps):
            return int(ch)
    return -1


def with_unit(rng: np.random.Generator, make, layer: str) -> tuple[Plan, NDArray, int]:
    """A network of ``make``, a picture and a channel of ``layer`` whose strongest unit can be projected."""
    for _ in range(1000):
        plan, x = make(rng)
        if (ch := unit(rng, plan, x, layer)) >= 0:
            return plan, x, ch
    raise RuntimeError("no unit found")
