"""Make the files beside the notebook of lab 8 again: ``python -m autograder.artefacts.lab08 [WHICH ...]``.

quiz.json         the sealed answers of lab08.toml
heads.npz         linear heads for the small ResNet50 and DenseNet121 (those of lab 5), the test pictures of the lab,
                  and one picture of each character
checkpoints.npz   what the reference gives for exercises 1 to 5, so that a failed exercise never blocks the next
maps.npz          the same for the whole networks: maps, audits, and two ways to get them wrong

WHICH is quiz, heads or checkpoints, and all three if left out. Everything is seeded.
"""

import sys
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.artefacts.files import save_arrays, seal_quiz
from autograder.checks.lab08 import reference, whole
from autograder.checks.lab08.reference import Entry, Node
from autograder.course import SOLUTIONS
from toonlens.nodes import fold_all, give_rules, merge_all, read_nodes, run_nodes

LAB = "lab08"
TARGET = SOLUTIONS / LAB
SIDE = 64
ARCHS = ("resnet50", "densenet121")
SURE, CLOSE = 4, 1  # test pictures that the lab explains: sure answers, a close call; and a mistake
SOME = slice(0, SURE)
COMPOSITES = {"epsilon": whole.MERGE, "alpha 2, beta 1": whole.PASS, "preset A flat": whole.PASS}
KINDS = ("dense", "avg", "conv", "bn", "add", "max", "input")
AUDITED = (("resnet50", "preset A flat"), ("densenet121", "preset A flat"), ("resnet50", "epsilon"))
BN, BEHIND = "conv2_block2_0_bn", "conv2_block2_1_conv"
ADD = "conv3_block2_add"
PERCENTILES = (10, 25, 50, 75, 90, 95, 99, 100)
TINY = reference.TINY


def make_heads() -> None:
    """Take lab 5's heads for the two networks, and choose the pictures."""
    from toonlens.data import load_toons
    from toonlens.models import build, preprocess

    heads, test = np.load(SOLUTIONS / "lab05" / "heads.npz"), load_toons("test", SIDE)
    kept: dict[str, NDArray] = {}
    own, right = np.ones(len(test)), np.ones(len(test), dtype=bool)
    for arch in ARCHS:
        kept |= {f"{name}_{arch}": heads[f"{name}_{arch}"] for name in ("W", "b", "accuracy")}
        base = build(arch, weights="small", input_shape=(SIDE, SIDE, 3))
        h = base.predict(preprocess(test.images, arch), verbose=0, batch_size=64).mean(axis=(1, 2))
        logits = h @ heads[f"W_{arch}"].astype(np.float64) + heads[f"b_{arch}"]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        odds /= odds.sum(axis=1, keepdims=True)
        own = np.minimum(own, odds[np.arange(len(test)), test.labels])
        right &= odds.argmax(axis=1) == test.labels
    best = [np.flatnonzero(test.labels == k)[own[test.labels == k].argmax()] for k in range(len(test.class_names))]
    shown = sorted(best, key=lambda k: -own[k])[:SURE]
    close = [k for k in np.argsort(np.where(right, own, np.inf)) if test.labels[k] not in test.labels[shown]][:CLOSE]
    shown += [*close, int(own.argmin())]
    save_arrays(
        LAB,
        "heads.npz",
        **kept,
        images=test.images[shown],
        labels=test.labels[shown],
        names=np.array(test.class_names),
        examples=test.images[best],
    )


@cache
def network(arch: str) -> tuple[list[Node], NDArray, NDArray]:
    """The nodes as they are read, the preprocessed pictures, their labels."""
    stored = np.load(TARGET / "heads.npz")
    return read_nodes(whole.model_of(arch)), whole.pixels(stored["images"], arch), stored["labels"]


def prepared(arch: str, rules: dict) -> list[Node]:
    """Folded, merged if the rules say so, with rules."""
    nodes = fold_all(network(arch)[0], reference.fold_bn)
    nodes = merge_all(nodes, reference.bn_affine) if rules["bn"][0] == "merge" else nodes
    return give_rules(nodes, rules)


def explained(
    arch: str,
    name: str,
    some: slice = SOME,
    bn: tuple[str, dict] | None = None,
    c: NDArray | None = None,
    hand: Callable = reference.hand_down,
) -> tuple[NDArray, list[Entry]]:
    """Map and books of some of the pictures by a composite of the lab."""
    _, x, labels = network(arch)
    nodes = prepared(arch, whole.rules_of(name, bn or COMPOSITES[name]))
    return reference.explain(nodes, run_nodes(nodes, x[some]), (labels if c is None else c)[some], hand)


def relevance(arch: str, name: str, picture: int) -> tuple[list[Node], list[NDArray], list[NDArray]]:
    """Nodes, what they make, and the relevance at each, for one picture."""
    _, x, labels = network(arch)
    nodes = prepared(arch, whole.rules_of(name, COMPOSITES[name]))
    some = slice(picture, picture + 1)
    acts = run_nodes(nodes, x[some])
    start = reference.seed(acts[-1][:, 0, 0], labels[some])[:, None, None]
    return nodes, acts, reference.lrp_graph(nodes, acts, start)[0]


def doubled(node: Node, xs: list[NDArray], R: NDArray) -> list[NDArray]:
    """The wrong way at sums: all to both, as a gradient does."""
    return [R, R] if node["kind"] == "add" else reference.hand_down(node, xs, R)


def overwritten(nodes: list[Node], acts: list[NDArray], R_out: NDArray) -> list[float]:
    """The wrong way at forks: the last part is all there is. The sums at the nodes."""
    R = [np.zeros(a.shape) for a in acts]
    R[-1] = R_out
    for k in range(len(nodes) - 1, 0, -1):
        inputs = nodes[k]["inputs"]
        for i, part in zip(inputs, reference.hand_down(nodes[k], [acts[i] for i in inputs], R[k]), strict=True):
            R[i] = part
    return [float(r.sum()) for r in R]


def half(values: NDArray) -> NDArray:
    """Rounded to half precision, as the notebook reads them."""
    return values.astype(np.float16).astype(np.float64)


def relative(maps: NDArray) -> tuple[NDArray, NDArray]:
    """Maps (..., H, W) over their largest magnitude, and that, (...,)."""
    size = np.abs(maps).max(axis=(-2, -1))
    return (maps / size[..., None, None]).astype(np.float16), size


def make_checkpoints() -> None:
    """What the reference gives where the notebook draws a picture; maps in half precision, good enough to look at."""
    plain, x, _ = network("resnet50")
    fold = reference.fold_bn
    by_epsilon = [fold_all(plain, fold), fold_all(plain, with_default_epsilon)]
    folded = np.stack([run_nodes(nodes, x[:1])[-1][0, 0, 0] for nodes in by_epsilon])
    save_arrays(
        LAB, "checkpoints.npz", folded=folded, biases=mean_biases(by_epsilon[0]), **_batchnorm(), **_sum(), **_toy()
    )
    _make_maps()


def with_default_epsilon(
    W: NDArray, b: NDArray, gamma: NDArray, beta: NDArray, mean: NDArray, var: NDArray, eps: float
) -> tuple[NDArray, NDArray]:
    """Folded with the epsilon that Keras' layer has by default, whatever the layer's own is."""
    return reference.fold_bn(W, b, gamma, beta, mean, var, 1e-3)


def mean_biases(nodes: list[Node]) -> NDArray:
    """Mean size of the biases of the convolutions in each stage of ResNet50."""
    found = []
    for stage in range(1, 6):
        convs = [node for node in nodes if node["kind"] == "conv" and node["name"].startswith(f"conv{stage}")]
        found.append(np.mean([np.abs(node["b"]).mean() for node in convs]))
    return np.array(found)


def _batchnorm() -> dict[str, NDArray]:
    """Exercises 2 and 3: one BatchNorm of DenseNet121 that stays, and the convolution behind it."""
    nodes, acts, R = relevance("densenet121", "preset A flat", 0)
    place = {node["name"]: k for k, node in enumerate(nodes)}
    bn, conv = nodes[place[BN]], nodes[place[BEHIND]]
    a, above = half(acts[bn["inputs"][0]]), half(R[place[BEHIND]])
    g, d = reference.bn_affine(*(bn[name] for name in ("gamma", "beta", "mean", "var", "eps")))
    shares = np.abs(reference.lrp_affine(a, g, d, np.ones(a.shape), 1e-6))
    ways = []
    for rule in (("eps", {"eps": 1e-9}), whole.AB1):
        u = np.maximum(g * a + d, 0)
        passed = reference.conv_rule(u, conv["W"], conv["b"], above, rule, "valid", 1)
        merged = reference.lrp_merged(a, g, d, conv["W"], conv["b"], above, rule)
        ways += [passed, reference.lrp_affine(a, g, d, passed, 1e-9), merged]
    return {
        "bn": np.stack([bn[name] for name in ("gamma", "beta", "mean", "var")]),
        "bn_a": a.astype(np.float16),
        "shares": np.percentile(shares, PERCENTILES),
        "conv_W": conv["W"],
        "conv_b": conv["b"],
        "conv_R": above.astype(np.float16),
        "ways": np.stack([way[0].sum(axis=-1) for way in ways]),
    }


def _sum() -> dict[str, NDArray]:
    """Exercise 4: one sum of ResNet50."""
    nodes, acts, R = relevance("resnet50", "preset A flat", 0)
    k = next(k for k, node in enumerate(nodes) if node["name"] == ADD)
    one, two = (half(acts[i]) for i in nodes[k]["inputs"])
    above = half(R[k])
    sides = np.stack(reference.lrp_add(one, two, above, TINY))
    given = {"add_1": one, "add_2": two, "add_R": above}
    return {name: values.astype(np.float16) for name, values in given.items()} | {"sides": sides.astype(np.float32)}


def _toy() -> dict[str, NDArray]:
    """Exercise 5: the small network with two skips."""
    inputs: list[list[int]] = [[], [0], [1], [1, 2], [3], [3, 4], [5]]
    nodes = [{"name": str(k), "kind": "share", "keep": 1.0, "inputs": read} for k, read in enumerate(inputs)]
    nodes[0]["kind"] = "input"
    acts, start = [np.ones((1, 2, 2, 1)) for _ in nodes], np.full((1, 2, 2, 1), 0.25)
    R, _ = reference.lrp_graph(nodes, acts, start)
    sums = np.array([r.sum() for r in R])
    return {"toy": sums, "toy_overwritten": np.array(overwritten(nodes, acts, start))}


def _make_maps() -> None:
    few = slice(0, 3)
    found = {(arch, name): explained(arch, name) for arch in ARCHS for name in COMPOSITES}
    wrong = explained("resnet50", "preset A flat", few, hand=doubled)[0]
    blown = explained("densenet121", "epsilon", few, bn=whole.PASS)[0]
    columns = [found["resnet50", "preset A flat"][0][few], wrong, found["densenet121", "preset A flat"][0][few], blown]
    first, first_size = relative(np.stack(columns))
    audits = [reference.audit(found[case][1]) for case in AUDITED]
    curves = [left(found[case][1])[0] for case in AUDITED]
    last: dict[str, NDArray] = {}
    for arch in ARCHS:
        _, x, labels = network(arch)
        nodes = prepared(arch, whole.rules_of("epsilon", whole.MERGE))
        answer = run_nodes(nodes, x)[-1][:, 0, 0].argmax(axis=1)
        ends = [explained(arch, "preset A flat", slice(-1, None), c=c)[0][0] for c in (labels, answer)]
        last[f"last_{arch}"] = np.stack(ends).astype(np.float16)
    save_arrays(
        LAB,
        "maps.npz",
        first=first,
        first_size=first_size,
        blown=relative(blown)[0],
        blown_size=relative(blown)[1],
        audit=np.array([[np.mean(kept.get(kind, 0.0)) for kind in KINDS] for kept in audits]),
        curves=np.stack([np.interp(np.linspace(0, 1, 41), np.linspace(0, 1, len(curve)), curve) for curve in curves]),
        **{
            f"maps_{arch}": np.stack([found[arch, name][0] for name in COMPOSITES]).astype(np.float16) for arch in ARCHS
        },
        **last,
    )


def left(books: list[Entry]) -> NDArray:
    """What has not stayed anywhere yet, as a share of the start, after each node: (B, nodes + 1)."""
    kept = np.stack([np.zeros_like(books[0][2]), *[got - gave for _, kind, got, gave in books if kind != "input"]])
    return (1 - np.cumsum(kept, axis=0) / books[0][2]).T


MAKERS: dict[str, Callable[[], Any]] = {
    "quiz": partial(seal_quiz, LAB),
    "heads": make_heads,
    "checkpoints": make_checkpoints,
}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or MAKERS:
        MAKERS[chosen]()
