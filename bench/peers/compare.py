"""The recorded maps of zennit and Captum, against the reference: what the tests hold to and docs/peers.md reports.

    python bench/peers/compare.py [--case CASE ...]

Prints, for every recorded map, the largest difference over the largest value, computed in float64 and in float32. The
record is rounded to float32: 6e-8 is as good as equal.
"""

import argparse
import json
import os
from functools import cache
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cases
import keras
import numpy as np

from autograder.reference import explain
from autograder.reference.composite import Composite, conv, dense, first, kernel, lrp
from autograder.reference.rules import AlphaBeta, Epsilon, WSquare
from toonlens.errors import UserError
from toonlens.models import pixel_bounds, preprocess

RECORD = json.loads((cases.RECORDED / "record.json").read_text())
PLUS = AlphaBeta(1, 0, "bach")
CAPTUM = Epsilon(1e-9)

# recorded name -> method of the reference, its parameters; BOX stands for the bounds of a pixel
BOX: dict[str, Any] = {"low": None, "high": None}
SAME: dict[str, tuple[str | Composite, dict[str, Any]]] = {
    "zennit/epsilon_plus": ("lrp.epsilon_plus", {}),
    "zennit/epsilon_plus_flat": ("lrp.epsilon_plus_flat", {}),
    "zennit/epsilon_alpha2_beta1": ("lrp.epsilon_alpha2_beta1", {}),
    "zennit/epsilon_alpha2_beta1_flat": ("lrp.epsilon_alpha2_beta1_flat", {}),
    "zennit/epsilon_gamma_box": ("lrp.epsilon_gamma_box", BOX),
    "zennit/z": ("lrp.z", {}),
    "zennit/epsilon": ("lrp.epsilon", {"epsilon": 0.01}),
    "zennit/gamma": ("lrp.gamma", {"gamma": 0.25}),
    "zennit/alpha_1_beta_0": ("lrp.alpha_1_beta_0", {"bias": "bach"}),
    "zennit/alpha_2_beta_1": ("lrp.alpha_2_beta_1", {"bias": "bach"}),
    "zennit/z_plus": ("lrp.z_plus", {}),
    "zennit/w_square": ("lrp.w_square", {}),
    "zennit/flat": ("lrp.flat", {}),
    "zennit/zbox": ("lrp.zbox", BOX),
    "zennit/w_square_then_plus": (lrp((first, WSquare()), (kernel, PLUS)), {}),
    "zennit/deconvnet": ("deconvnet", {}),
    "zennit/guided_backprop": ("guided_backprop", {}),
    "captum/gradient": ("gradient", {}),
    "captum/input_t_gradient": ("input_t_gradient", {}),
    "captum/integrated_gradients": ("integrated_gradients", {"steps": 32}),
    "captum/deconvnet": ("deconvnet", {}),
    "captum/guided_backprop": ("guided_backprop", {}),
    "captum/grad_cam": ("grad_cam", {}),
    "captum/lrp_epsilon": ("lrp.epsilon", {"epsilon": 1e-9}),
    "captum/lrp_alpha_1_beta_0": (lrp((first, CAPTUM), (conv, AlphaBeta(1, 0, "full")), (dense, CAPTUM)), {}),
}


@cache
def network(case: str) -> keras.Model:
    """The network of a case, if it is the one that the maps were recorded for."""
    model = cases.network(case)
    if cases.digest(cases.arrays(model)) != RECORD["cases"][case]["weights"]:
        raise UserError(f"{case} has other weights than when the maps were recorded: run bench/peers/record.py")
    return model


@cache
def images(arch: str) -> np.ndarray:
    """The recorded pictures as `arch` expects them, (2, 64, 64, 3) float32."""
    with np.load(cases.RECORDED / "pictures.npz") as archive:
        return preprocess(archive["pictures"], arch)


def ours(
    case: str,
    method: str | Composite,
    params: dict[str, Any] | None = None,
    model: keras.Model | None = None,
    dtype: str = "float64",
) -> np.ndarray:
    """Maps (2, 64, 64, 3) of the reference, of the classes that were recorded."""
    arch, _ = case.split("-")
    params = dict(zip(("low", "high"), pixel_bounds(arch), strict=True)) if params is BOX else params or {}
    model = model or network(case)
    return explain(model, images(arch), method, target=RECORD["cases"][case]["targets"], dtype=dtype, **params)


def difference(case: str, name: str, maps: np.ndarray) -> float:
    """Largest difference to the values recorded under `name`, over the largest of the recorded maps."""
    with np.load(cases.RECORDED / f"{case}.npz") as archive:
        recorded = archive[name]
    return float(np.abs(cases.sample(maps) - recorded).max() / RECORD["cases"][case]["maps"][name]["largest"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", nargs="+", choices=cases.CASES, default=cases.CASES)
    options = parser.parse_args()
    print("| network, width | map | float64 | float32 |\n|---|---|---|---|")
    for case in options.case:
        for name in RECORD["cases"][case]["maps"]:
            if name in SAME:
                method, params = SAME[name]
                found = [difference(case, name, ours(case, method, params, dtype=f"float{bits}")) for bits in (64, 32)]
                print(f"| {case.replace('-', ', ')} | {name} | {found[0]:.0e} | {found[1]:.0e} |", flush=True)


if __name__ == "__main__":
    main()
