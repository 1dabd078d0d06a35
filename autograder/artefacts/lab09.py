"""Make the files beside the notebook of lab 9 again: ``python -m autograder.artefacts.lab09 [WHICH ...]``.

quiz.json         the sealed answers of lab09.toml
head.npz          the head of lab 7 and three of its pictures
library.npz       what iNNvestigate gives for the methods of the lab, run live
traces.npz        and at the input of some layers
checkpoints.npz   what the reference gives for the exercises, so that a failed one never blocks the next

WHICH is quiz, head, library or checkpoints, and all if left out. Everything is seeded. The maps of the library keep 16
bits of their mantissas: enough to tell conventions apart, and easier to pack.
"""

import sys
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.artefacts.files import save_arrays, seal_quiz
from autograder.checks.lab09 import reference
from autograder.course import SOLUTIONS

LAB = "lab09"
TARGET = SOLUTIONS / LAB
SHOWN = (0, 3, 6)  # of lab 7's pictures: two that the network is sure of, a close call
METHODS = tuple(reference.rule_table())
PRESET, TRACED = "lrp.sequential_preset_a_flat", "lrp.sequential_preset_a"
CUTS = ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1", "predictions")
X_BN = np.array([1.0, 2.0])
NORM: dict[str, Any] = {  # of the network with one BatchNorm
    "gamma": np.array([2.0, 0.5]),
    "beta": np.array([0.3, -0.2]),
    "mean": np.array([0.5, -1.0]),
    "var": np.array([4.0, 0.25]),
    "eps": 0.01,
}
IDENTITY: dict[str, Any] = {  # a BatchNorm that changes nothing
    "gamma": np.ones(2), "beta": np.zeros(2), "mean": np.zeros(2), "var": np.ones(2), "eps": 0.0
}  # fmt: skip
PLACES = np.linspace(0, 4, 80)  # of a bias; none is 2
TOP = 10  # an overlap counts one pixel in so many


def make_head() -> None:
    """The classifier of lab 7, with three pictures."""
    stored = dict(np.load(SOLUTIONS / "lab07" / "head.npz"))
    stored |= {name: stored[name][list(SHOWN)] for name in ("images", "labels")}
    save_arrays(LAB, "head.npz", **stored)


@cache
def network() -> tuple[Any, list[dict], NDArray, NDArray]:
    """The model as in the notebook, its plan, the preprocessed pictures and their labels."""
    from toonlens.convnet import read_layers
    from toonlens.models import build, preprocess
    from toonlens.transfer import Head, classifier

    stored = np.load(TARGET / "head.npz")
    model = classifier(build("vgg16", weights="small"), Head(), len(stored["names"]))
    model.layers[-1].set_weights([stored["W"], stored["b"]])
    x = preprocess(stored["images"], "vgg16").astype(np.float64)
    return model, [vars(layer) for layer in read_layers(model, softmax=True)], x, stored["labels"]


def make_library() -> None:
    """Run iNNvestigate on the network, on its upper parts, and on the networks with BatchNorm."""
    from toonlens.innvestigate_worker import analyze
    from toonlens.live import batchnorms, upper_part

    model, plan, x, c = network()
    maps = {method: analyze(model, x, method, c, "float64") for method in METHODS}
    *inputs, _ = reference.lab07.forward(plan, x[:1])
    names = [layer["name"] for layer in plan]
    trace = {}
    for cut in CUTS:
        a = inputs[names.index(cut)]
        part = upper_part(model, cut)
        found = analyze(part, a.reshape(1, *part.input_shape[1:]), TRACED, c[:1], "float64")
        trace[f"trace_{cut}"] = rounded(found)
    norms, x_bn = batchnorms(1, **NORM), X_BN.reshape(1, 1, 1, 2)
    stacks = [batchnorms(n, **IDENTITY) for n in range(5)]
    save_arrays(LAB, "traces.npz", **trace)
    save_arrays(
        LAB,
        "library.npz",
        maps=rounded(np.stack([R.sum(axis=-1) for R in maps.values()])),
        coloured=rounded(maps[PRESET]),
        bn_lib=analyze(norms, x_bn, "lrp.z", dtype="float64").ravel(),
        bn_gradient=analyze(norms, x_bn, "gradient", dtype="float64").ravel(),
        identity=np.array([analyze(part, x_bn, TRACED, dtype="float64").sum() for part in stacks]),
    )


def rounded(values: NDArray, bits: int = 16) -> NDArray[np.float32]:
    """Single precision with ``bits`` bits of the mantissa: the rest are zeros."""
    mantissa, exponent = np.frexp(np.asarray(values, dtype=np.float64))
    return np.ldexp(np.round(mantissa * 2**bits) / 2**bits, exponent).astype(np.float32)


def bach(spec: list) -> list:
    """The same composite with the bias where lab 7 has it."""
    return [(which, (rule, options | ({"bias": "bach"} if rule == "ab" else {}))) for which, (rule, options) in spec]


def make_checkpoints() -> None:
    """What the reference gives where the notebook draws a picture; maps in half precision, good enough to look at."""
    _, plan, x, c = network()
    library, traces = np.load(TARGET / "library.npz"), np.load(TARGET / "traces.npz")
    lib = dict(zip(METHODS, library["maps"].astype(np.float64), strict=True))
    table = reference.rule_table()
    walks = {method: reference.lrp_walk(plan, x, c, spec) for method, spec in table.items()}
    own = reference.lrp_walk(plan, x, c, bach(table[PRESET]))[0]
    seen = library["coloured"] / np.abs(lib[PRESET]).max(axis=(1, 2))[:, None, None, None]
    A, s = reference.align(seen, own)
    k = own[0].size // TOP
    facts = [list(reference.compare(own[0], R[0], k).values()) for R in (lib[PRESET], seen.sum(axis=-1))]
    variants = [_ab(plan, x, c, 2.0, 1.0, bias) for bias in reference.BIASES] + [_ab(plan, x, c, 1.0, 0.0, "full")]
    named = {str(k): R for k, R in enumerate(variants)}
    a, W = np.array([[1.0, 2.0]]), np.array([[3.0], [-1.0]])
    pole = [
        [reference.lrp_ab(a, W, np.array([b]), np.array([[1 + b]]), 2.0, 1.0, bias)[0, 1] for b in PLACES]
        for bias in reference.BIASES
    ]
    names = [layer["name"] for layer in plan]
    theirs = [traces[f"trace_{cut}"].astype(np.float64) for cut in CUTS]
    gaps = []
    for steps in (reference.lrp_walk(plan, x[:1], c[:1], bach(table[TRACED]))[1], walks[TRACED][1]):
        mine = [steps[names.index(cut)][:1].reshape(R.shape) for cut, R in zip(CUTS, theirs, strict=True)]
        gaps.append(reference.trace_gap(mine, theirs, 1e-3)[0])
    save_arrays(
        LAB,
        "checkpoints.npz",
        own=own.astype(np.float16),
        aligned=A.astype(np.float16),
        s=s,
        facts=np.array(facts),
        pole=np.array(pole),
        distances=np.array(list(reference.find_variant(lib["lrp.alpha_2_beta_1"], named, 1e-3)[1].values())),
        table=np.stack([heat for heat, _ in walks.values()]).astype(np.float16),
        gaps=np.array(gaps),
        bn=_bn(NORM),
        guilt=np.array(
            [np.abs(_bn(norm) - library["bn_lib"]).max() / np.abs(library["bn_lib"]).max() for norm in _suspects()]
        ),
        verdicts=np.array([[1, 1, 1, 1, 1, 1, 0, 1], [1, 1, 1, 0, 0, 0, 0, 0]]),  # of the weak test, and a good one
    )


def _ab(plan: list[dict], x: NDArray, c: NDArray, alpha: float, beta: float, bias: str) -> NDArray:
    spec = [
        *reference.rule_table()["lrp.alpha_2_beta_1"][:2],
        ("*", ("ab", {"alpha": alpha, "beta": beta, "bias": bias})),
    ]
    return reference.lrp_walk(plan, x, c, spec)[0]


def _bn(norm: dict[str, Any]) -> NDArray:
    """LRP-0 through a BatchNorm by the formula, with the relevance that arrives at the one of the lab."""
    y = NORM["gamma"] * (X_BN - NORM["mean"]) / np.sqrt(NORM["var"] + NORM["eps"]) + NORM["beta"]
    return reference.lrp_bn(X_BN[None], **norm, R=y)[0]


def _suspects() -> list[dict[str, Any]]:
    """The right arguments, and those that play wrong formulas."""
    var, mean = {"var": NORM["var"] ** 2}, {"mean": NORM["mean"] / NORM["gamma"]}
    return [NORM, NORM | var, NORM | mean, NORM | var | mean, NORM | {"eps": 0.0}]


MAKERS: dict[str, Callable[[], None]] = {
    "quiz": partial(seal_quiz, LAB),
    "head": make_head,
    "library": make_library,
    "checkpoints": make_checkpoints,
}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or MAKERS:
        MAKERS[chosen]()
