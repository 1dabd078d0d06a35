"""What lab 9 builds, in NumPy, float64; the walk over a network is that of lab 7, with a rule more.

Shapes: maps `R` (B, H, W); of a dense layer `a` (B, I), `W` (I, J), `b` (J,), relevance `R` (B, J) above and (B, I)
below. A network is a plan, as in `autograder.checks.lab07.reference`.

Sources: Bach et al. (2015), On pixel-wise explanations for non-linear classifier decisions by LRP, PLoS ONE 10(7),
equations 58 (epsilon) and 60 (alpha-beta, with its biases); Alber et al. (2019), iNNvestigate neural networks!, JMLR
20, and iNNvestigate 2.1.2 for what its rules do; docs/innvestigate.md for who is right where they differ. Ranks with
ties: Spearman (1904), as in every textbook.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder.checks.lab07 import reference as lab07

Rule = tuple[str, dict]
Spec = Sequence[tuple[str, Rule]]
TINY = 1e-12
BIASES = ("bach", "full", "none")


def align(R_lib: NDArray, R: NDArray) -> tuple[NDArray, NDArray]:
    """A library's maps, colours summed, each times the one factor that brings it closest to R: (B, H, W), (B,)."""
    found = np.asarray(R_lib, dtype=np.float64)
    if found.ndim == 4:
        found = found.sum(axis=3 if found.shape[1:3] == R.shape[1:] else 1)
    across, square = ((found * other).sum(axis=(1, 2)) for other in (np.asarray(R, dtype=np.float64), found))
    s = np.divide(across, square, out=np.zeros(len(found)), where=square > 0)
    return s[:, None, None] * found, s


def ranks(values: ArrayLike) -> NDArray:
    """Ranks 0, 1, ...; equal values share the mean of their ranks."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    _, group, counts = np.unique(flat, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts + 1) / 2)[group]


def cosine(one: NDArray, other: NDArray) -> float:
    size = np.sqrt((one**2).sum() * (other**2).sum())
    return float((one * other).sum() / size) if size > 0 else 0.0


def compare(R1: NDArray, R2: NDArray, k: int) -> dict[str, float]:
    """Cosine, Spearman's rank correlation, overlap of the k largest, and the factor of R2 that comes closest to R1."""
    one, other = (np.asarray(R, dtype=np.float64).ravel() for R in (R1, R2))
    centred = [r - r.mean() for r in (ranks(one), ranks(other))]
    first, second = (set(np.argsort(-R, kind="stable")[:k].tolist()) for R in (one, other))
    square = float((other**2).sum())
    return {
        "cosine": cosine(one, other),
        "spearman": cosine(*centred),
        "overlap": len(first & second) / k,
        "scale": float((one * other).sum()) / square if square > 0 else 0.0,
    }


def lrp_ab(
    a: NDArray, W: NDArray, b: NDArray, R: NDArray, alpha: float, beta: float, bias: str, tiny: float = TINY
) -> NDArray:
    """Alpha-beta of a dense layer: (B, I). ``bias``: what of b is in the two denominators."""
    up, down = np.maximum(a, 0), np.minimum(a, 0)
    pos, neg = np.maximum(W, 0), np.minimum(W, 0)
    b_a, b_b = {"bach": (np.maximum(b, 0), np.minimum(b, 0)), "full": (b, b), "none": (0 * b, 0 * b)}[bias]
    s_a = R / lab07.stabilise(up @ pos + down @ neg + b_a, tiny)
    s_b = R / lab07.stabilise(up @ neg + down @ pos + b_b, tiny)
    return alpha * (up * (s_a @ pos.T) + down * (s_a @ neg.T)) - beta * (up * (s_b @ neg.T) + down * (s_b @ pos.T))


def find_variant(R_lib: NDArray, variants: Mapping[str, NDArray], tol: float) -> tuple[str | None, dict[str, float]]:
    """The variant that R_lib equals within tol of its largest magnitude, if one does; and all distances."""
    largest = float(np.abs(R_lib).max())
    distances = {name: float(np.abs(R - R_lib).max()) / largest for name, R in variants.items()}
    best = min(distances, key=lambda name: distances[name])
    return (best if distances[best] <= tol else None), distances


def trace_gap(mine: Sequence[NDArray], theirs: Sequence[NDArray], tol: float) -> tuple[list[float], int | None]:
    """How far two traces are apart at each layer, and the first place, from the top, where that is beyond tol."""
    gaps = [float(np.abs(one - other).max() / np.abs(other).max()) for one, other in zip(mine, theirs, strict=True)]
    beyond = [place for place, gap in enumerate(gaps) if gap > tol]
    return gaps, max(beyond, default=None)


def lrp_bn(x: NDArray, gamma: NDArray, beta: NDArray, mean: NDArray, var: NDArray, eps: float, R: NDArray) -> NDArray:
    """LRP-0 through y = gamma (x - mean) / sqrt(var + eps) + beta, channels last: the shape of x."""
    g = gamma / np.sqrt(var + eps)
    return x * g * R / lab07.stabilise(g * (x - mean) + beta, TINY)


def rule_table() -> dict[str, list[tuple[str, Rule]]]:
    """iNNvestigate's methods as composites for VGG16, special cases first."""
    pools: list[tuple[str, Rule]] = [("avg_pool", ("avg", {})), ("block?_pool", ("max", {}))]
    dense: tuple[str, Rule] = ("predictions", ("eps", {"eps": 0.1}))
    first: tuple[str, Rule] = ("block1_conv1", ("flat", {}))

    def ab(alpha: float, beta: float) -> tuple[str, Rule]:
        return "*", ("ab", {"alpha": alpha, "beta": beta, "bias": "full"})

    return {
        "lrp.epsilon": [*pools, ("*", ("eps", {"eps": 1e-7}))],
        "lrp.alpha_2_beta_1": [*pools, ab(2.0, 1.0)],
        "lrp.sequential_preset_a": [*pools, dense, ab(1.0, 0.0)],
        "lrp.sequential_preset_a_flat": [*pools, dense, first, ab(1.0, 0.0)],
        "lrp.sequential_preset_b_flat": [*pools, dense, first, ab(2.0, 1.0)],
    }


# The walk over a network


def window_kernel(W_shape: Sequence[int]) -> NDArray:
    """The kernel of a convolution that copies what each place reads: (kh, kw, Ci, kh kw Ci)."""
    kh, kw, Ci = W_shape[:3]
    return np.eye(kh * kw * Ci).reshape(kh, kw, Ci, -1)


def apply_rule(rule: Rule, layer: Mapping[str, Any], a: NDArray, R: NDArray) -> NDArray:
    """Relevance at the input of a layer: the rules of lab 7, and alpha-beta by any convention of the bias."""
    name, options = rule
    if name != "ab" or "bias" not in options:
        return lab07.apply_rule(rule, dict(layer), a, R)
    pad, stride, J = layer["pad"], layer["stride"], layer["W"].shape[3]
    W, kernel = layer["W"].reshape(-1, J), window_kernel(layer["W"].shape)
    read = lab07.conv2d(a, kernel, pad, stride)
    below = lrp_ab(read.reshape(-1, len(W)), W, layer["b"], R.reshape(-1, J), **options)
    return lab07.conv2d_T(below.reshape(read.shape), kernel, a.shape, pad, stride)


def lrp_walk(plan: Sequence[dict], x: NDArray, c: ArrayLike, spec: Spec) -> tuple[NDArray, list[NDArray]]:
    """The map (B, H, W), and the relevance at the input of every layer, last the start (B, 1, 1, K)."""
    *inputs, logits = lab07.forward(plan, x)
    rules = lab07.assign_rules([layer["name"] for layer in plan], spec)
    trace = [lab07.seed(logits[:, 0, 0], c)[:, None, None]]
    for a, layer, rule in zip(inputs[::-1], plan[::-1], rules[::-1], strict=True):
        trace.insert(0, apply_rule(rule, layer, a, trace[0]))
    return trace[0].sum(axis=-1), trace


# What the tests of the lab are tried on


def lrp_eps(a: NDArray, W: NDArray, b: NDArray, R: NDArray, eps: float) -> NDArray:
    """The epsilon rule of a dense layer: (B, I)."""
    return a * ((R / lab07.stabilise(a @ W + b, eps)) @ W.T)


def as_test(right: Any, draw: Any, rtol: float = 1e-3) -> Any:
    """A test: an implementation agrees with ``right`` on everything that ``draw`` yields, and changes no argument."""

    def test(f: Any) -> None:
        for args in draw():
            given = [np.array(arg) if isinstance(arg, np.ndarray) else arg for arg in args]
            got, due = np.asarray(f(*given)), right(*args)
            assert got.shape == due.shape
            assert np.isfinite(got).all()
            assert np.abs(got - due).max() <= rtol * np.abs(due).max()
            assert all(np.array_equal(one, other) for one, other in zip(given, args, strict=True))

    return test


def _layers() -> Any:
    """Layers of every kind that an epsilon rule may get wrong."""
    rng = np.random.default_rng(9)
    for B, I, J, eps in ((3, 4, 2, 0.5), (1, 2, 4, 0.1), (4, 3, 3, 1.0), (2, 5, 4, 0.02), (3, 3, 3, 0.3)):
        a, W, b, R = (rng.normal(size=shape) for shape in ((B, I), (I, J), (J,), (B, J)))
        yield a, W, 2 * b, R, eps
    yield np.ones((2, 2)), np.array([[1.0, 2.0], [-1.0, 1.0]]), np.zeros(2), np.ones((2, 2)), 0.5


test_rule = as_test(lrp_eps, _layers)


def test_ab(f: Any) -> None:
    """The bug hunt: without bias alpha-beta hands on (alpha - beta) R, image by image."""
    rng = np.random.default_rng(0)
    for alpha, beta in ((1.0, 0.0), (2.0, 0.5)):
        a, W, R = rng.normal(size=(3, 20)), rng.normal(size=(20, 4)), rng.random((3, 4)) + 0.1
        off = np.asarray(f(a, W, R, alpha, beta)).sum(axis=1) - (alpha - beta) * R.sum(axis=1)
        assert np.abs(off).max() < 1e-3
