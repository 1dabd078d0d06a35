"""LRP through networks with forks in NumPy, float64, channels last: what lab 8 builds.

It shares no code with `autograder.reference`, which works on Keras graphs in TensorFlow, nor with the student's side;
`tests/labs/test_lab08_reference.py` holds the three against each other. Convolutions are those of lab 7's reference.

A network is a list of nodes as `toonlens.nodes` describes them. Arrays are (B, H, W, C).

Sources: Bach et al. (2015), On pixel-wise explanations for non-linear classifier decisions by LRP, PLoS ONE 10(7),
equations 58 (epsilon) and 60 (alpha-beta); Ioffe and Szegedy (2015), Batch normalization, ICML (BatchNorm); Montavon et
al. (2017), Explaining nonlinear classification decisions with deep Taylor decomposition (z+, z^B); Lapuschkin et al.
(2019), Unmasking Clever Hans predictors, methods (flat). A BatchNorm and its ReLU taken into the layer behind them:
`autograder.reference.graph.Gate`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder.checks.lab07.reference import TINY, Pair, Rule, conv2d, seed, share, stabilise

Node = dict[str, Any]
Entry = tuple[str, str, NDArray, NDArray]


# One BatchNorm


def bn_affine(gamma: NDArray, beta: NDArray, mean: NDArray, var: NDArray, eps: float) -> tuple[NDArray, NDArray]:
    """BatchNorm at inference as g a + d, (C,) each."""
    g = gamma / np.sqrt(var + eps)
    return g, beta - g * mean


def fold_bn(
    W: NDArray, b: NDArray, gamma: NDArray, beta: NDArray, mean: NDArray, var: NDArray, eps: float
) -> tuple[NDArray, NDArray]:
    """g (a W + b) + d = a (W g) + (g b + d): kernel and bias of convolution and BatchNorm in one."""
    g, d = bn_affine(gamma, beta, mean, var, eps)
    return W * g, b * g + d


def lrp_affine(a: NDArray, g: NDArray, d: NDArray, R: NDArray, eps: float) -> NDArray:
    """The epsilon rule for z = g a + d: the offset keeps its share."""
    return g * a * (R / stabilise(g * a + d, eps))


def split_bn(a: NDArray, g: NDArray, d: NDArray) -> tuple[NDArray, NDArray]:
    """relu(g a + d) as u + v: u is linear in a where the ReLU is open, v is what the offset adds there."""
    is_open = g * a + d > 0
    return np.where(is_open, g * a, 0.0), np.where(is_open, np.broadcast_to(d, a.shape), 0.0)


def lrp_merged(a: NDArray, g: NDArray, d: NDArray, W: NDArray, b: NDArray, R: NDArray, rule: Rule) -> NDArray:
    """BatchNorm, ReLU and a 1 x 1 convolution as one layer: relevance of a (B, H, W, Ci)."""
    u, v = split_bn(a, g, d)
    return conv_rule(u, W, b + conv2d(v, W, "valid", 1), R, rule, "valid", 1)


# Where paths meet


def lrp_add(a1: NDArray, a2: NDArray, R: NDArray, eps: float) -> tuple[NDArray, NDArray]:
    """The epsilon rule for z = a1 + a2."""
    s = R / stabilise(a1 + a2, eps)
    return a1 * s, a2 * s


def lrp_concat(sizes: Sequence[int], R: NDArray) -> list[NDArray]:
    """Every input gets back the channels that it brought."""
    ends = np.cumsum([int(size) for size in sizes])
    return [R[..., end - int(size) : end] for size, end in zip(sizes, ends, strict=True)]


# Rules with kernels and windows


def conv_rule(a: NDArray, W: NDArray, b: NDArray, R: NDArray, rule: Rule, pad: Any, stride: int) -> NDArray:
    """Rules eps, ab, zB, w2 and flat for a convolution; ``pad`` may be ((top, bottom), (left, right)), b an image."""
    zeros: Sequence[tuple[int, ...]] = ((0, 0), (0, 0))
    inside = pad
    if not isinstance(pad, str):
        zeros, inside = [tuple(int(n) for n in side) for side in pad], "valid"
    rows, columns = (slice(zeros[k][0], zeros[k][0] + a.shape[k + 1]) for k in (0, 1))
    total = np.zeros(a.shape)
    for factor, (pairs, part) in zip(factors(rule), pairs_of(a, W, b, rule), strict=True):
        wide = [(np.pad(u, ((0, 0), *zeros, (0, 0))), V) for u, V in pairs]
        total += factor * share(wide, part, R, epsilon(rule), inside, stride)[:, rows, columns]
    return total


def epsilon(rule: Rule) -> float:
    """Of the stabiliser."""
    return float(rule[1].get("eps", TINY))


def factors(rule: Rule) -> list[float]:
    """Of the walks of a rule: alpha and -beta, or 1."""
    name, options = rule
    if name != "ab":
        return [1.0]
    return [float(options["alpha"]), *([-float(options["beta"])] if options["beta"] else [])]


def pairs_of(a: NDArray, W: NDArray, b: NDArray, rule: Rule) -> list[tuple[list[Pair], NDArray | float]]:
    """For every walk of a rule its pairs (input part, kernel part) and its part of the bias."""
    name, options = rule
    pos, neg = np.maximum(W, 0), np.minimum(W, 0)
    if name == "eps":
        return [([(a, W)], b)]
    if name == "ab":
        up, down = np.maximum(a, 0), np.minimum(a, 0)
        helped: tuple[list[Pair], NDArray | float] = ([(up, pos), (down, neg)], np.maximum(b, 0))
        harmed: tuple[list[Pair], NDArray | float] = ([(up, neg), (down, pos)], np.minimum(b, 0))
        return [helped, harmed][: len(factors(rule))]
    if name == "zB":
        lo, hi = np.zeros_like(a) + options["lo"], np.zeros_like(a) + options["hi"]
        return [([(a, W), (-lo, pos), (-hi, neg)], 0.0)]
    if name == "w2":
        return [([(np.ones_like(a), W**2)], 0.0)]
    assert name == "flat", name
    return [([(np.ones_like(a), np.ones_like(W))], 0.0)]


def lrp_mean(u: NDArray, v: NDArray | float, R: NDArray, k: int, rule: Rule) -> NDArray:
    """An average over windows of k x k of u + v, v an offset: rule eps for all of u, plus for its positive part."""
    if rule[0] == "plus":
        u, v = np.maximum(u, 0), 0.0
    B, h, w, C = R.shape
    z = (u + v).reshape(B, h, k, w, k, C).mean(axis=(2, 4))
    s = (R / stabilise(z, epsilon(rule))).repeat(k, axis=1).repeat(k, axis=2)
    return u * s / k**2


def lrp_max(a: NDArray, R: NDArray, k: int, stride: int) -> NDArray:
    """The first maximum of each window takes all; windows may overlap."""
    h, w = R.shape[1:3]
    places = [(i, j) for i in range(k) for j in range(k)]
    rows, columns = stride * (h - 1) + 1, stride * (w - 1) + 1
    cut = [(slice(None), slice(i, i + rows, stride), slice(j, j + columns, stride)) for i, j in places]
    winner = np.stack([a[where] for where in cut]).argmax(axis=0)
    R_in = np.zeros(a.shape)
    for n, where in enumerate(cut):
        R_in[where] += R * (winner == n)
    return R_in


# The whole network


def hand_down(node: Node, xs: Sequence[NDArray], R: NDArray) -> list[NDArray]:
    """What a node hands to each of its inputs. The kinds "share" and "pass" are the naive ones that the lab gives."""
    kind, a = node["kind"], xs[0]
    if kind == "share":
        total = sum(sums(np.abs(x)) for x in xs)
        factor = node["keep"] * sums(R) / np.maximum(total, TINY)
        return [np.abs(x) * factor[:, None, None, None] for x in xs]
    if kind in ("relu", "pass"):
        return [R]
    if kind == "pad":
        (top, _), (left, _) = node["amount"]
        return [R[:, top : top + a.shape[1], left : left + a.shape[2]]]
    if kind == "max":
        return [lrp_max(a, R, node["k"], node["stride"])]
    if kind == "add":
        return list(lrp_add(xs[0], xs[1], R, TINY))
    if kind == "concat":
        return lrp_concat([x.shape[-1] for x in xs], R)
    rule = node["rule"]
    if kind == "bn":
        g, d = bn_affine(*(node[name] for name in ("gamma", "beta", "mean", "var", "eps")))
        return [R if rule[0] == "pass" else lrp_affine(a, g, d, R, epsilon(rule))]
    u, v = split_bn(a, node["g"], node["d"]) if "g" in node else (a, np.zeros_like(a))
    if kind == "avg":
        return [lrp_mean(u, v, R, node["k"], rule)]
    if "g" in node:
        return [lrp_merged(a, node["g"], node["d"], node["W"], node["b"], R, rule)]
    return [conv_rule(a, node["W"], node["b"], R, rule, node["pad"], node["stride"])]


def sums(R: NDArray) -> NDArray:
    """Of each image: (B,)."""
    return R.reshape(len(R), -1).sum(axis=1)


def lrp_graph(
    nodes: Sequence[Node],
    acts: Sequence[NDArray],
    R_out: NDArray,
    hand: Callable[[Node, list[NDArray], NDArray], list[NDArray]] = hand_down,
) -> tuple[list[NDArray], list[Entry]]:
    """The relevance at what every node makes, and the books: (name, kind, got, gave), last node first."""
    arrived: list[NDArray] = [np.zeros(np.shape(a)) for a in acts]
    arrived[-1] = np.array(R_out, dtype=np.float64)
    books: list[Entry] = []
    for k in range(len(nodes) - 1, -1, -1):
        node, gave = nodes[k], np.zeros(len(R_out))
        if node["inputs"]:
            parts = hand(node, [acts[i] for i in node["inputs"]], arrived[k])
            for i, part in zip(node["inputs"], parts, strict=True):
                arrived[i] = arrived[i] + part
                gave = gave + sums(part)
        books.append((node["name"], node["kind"], sums(arrived[k]), gave))
    return arrived, books


def explain(
    nodes: Sequence[Node], acts: Sequence[NDArray], c: ArrayLike, hand: Callable = hand_down
) -> tuple[NDArray, list[Entry]]:
    """From the logit of class c[n] of image n down to the pixels: the map (B, H, W), and the books."""
    R, books = lrp_graph(nodes, acts, seed(acts[-1][:, 0, 0], c)[:, None, None], hand)
    return R[0].sum(axis=-1), books


def audit(trace: Sequence[Entry]) -> dict[str, NDArray]:
    """For every kind of node the share of the start that stays there, image by image; "input": what arrives."""
    start = np.asarray(trace[0][2], dtype=np.float64)
    kinds = dict.fromkeys(kind for _, kind, _, _ in trace)
    return {
        kind: np.sum([np.subtract(got, gave) / start for _, other, got, gave in trace if other == kind], axis=0)
        for kind in kinds
    }


def explain_block(a: NDArray, W: NDArray, b: NDArray, bn: dict[str, Any], R: NDArray) -> NDArray:
    """The bug hunt: y = relu(a + BN(a W + b)), a (B, C), LRP-0 from y down to a."""
    V, d = fold_bn(W, b, bn["gamma"], bn["beta"], bn["mean"], bn["var"], bn["eps"])
    branch = a @ V + d
    R_skip, R_branch = lrp_add(a, branch, R, TINY)
    return R_skip + a * ((R_branch / stabilise(branch)) @ V.T)
