"""A network with forks as a plain list of nodes, in float64: what lab 8 walks through.

A node is a dict: ``name``, ``kind``, ``inputs`` (the numbers of the nodes that it reads) and what its kind needs:

- "input": the image, node 0;
- "pad": ``amount``, ((top, bottom), (left, right));
- "conv" and "dense": ``W`` (kh, kw, Ci, Co), ``b`` (Co,), ``pad``, ``stride``; dense layers are convolutions of 1 x 1;
- "bn": ``gamma``, ``beta``, ``mean``, ``var`` (C,) each, and ``eps``;
- "max": ``k``, ``stride``; "avg": ``k``, windows that do not overlap;
- "relu", "add", "concat": nothing.

A "conv", "dense" or "avg" with ``g`` and ``d`` (C,) reads relu(g a + d) in the place of its input a, see `merge_all`.
Arrays are (B, H, W, C) everywhere; what a dense layer makes is (B, 1, 1, K).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from toonlens.convnet import conv2d, tensorflow
from toonlens.errors import UserError
from toonlens.keras_graph import Call, call_graph

if TYPE_CHECKING:
    import keras

Node = dict[str, Any]
KERNELS = ("conv", "dense")


def read_nodes(model: keras.Model) -> list[Node]:
    """The nodes of a Keras model from images to logits or to a softmax, which is left out; each after all it reads.

    A zero padding that only one convolution reads becomes a part of that convolution.

    Raises:
        UserError: a layer of another kind; the message names it.
    """
    graph = call_graph(model)
    nodes: list[Node] = [{"name": "input", "kind": "input", "inputs": []}]
    number = {0: 0}  # of a tensor -> of the node that makes it
    for call in graph.calls:
        about = _read(call)
        if about is None:
            raise UserError(f"layer {call.name!r} ({call.kind}) is none of the kinds that are covered")
        inputs = [number[tensor] for tensor in call.inputs]
        if not about:  # it changes nothing
            number[call.output] = inputs[0]
            continue
        activation = about.pop("activation", "linear")
        nodes.append({"name": call.name, **about, "inputs": inputs})
        if activation == "relu":
            nodes.append({"name": f"{call.name}/relu", "kind": "relu", "inputs": [len(nodes) - 1]})
        elif activation not in ("linear", "softmax") or (activation == "softmax" and call.output != graph.output):
            raise UserError(f"layer {call.name!r} has the activation {activation}, which is not covered")
        number[call.output] = len(nodes) - 1
    pads: dict[int, Node] = {}
    read_by = readers(nodes)
    for node in nodes:
        before = nodes[node["inputs"][0]] if node["inputs"] else node
        if node["kind"] == "conv" and node["pad"] == "valid" and before["kind"] == "pad":
            place = node["inputs"][0]
            if len(read_by[place]) == 1:
                node["pad"], pads[place] = before["amount"], nodes[before["inputs"][0]]
    return _without(nodes, pads)


def readers(nodes: Sequence[Node]) -> list[list[int]]:
    """For each node the numbers of the nodes that read it; one that reads it twice stands there twice."""
    found: list[list[int]] = [[] for _ in nodes]
    for k, node in enumerate(nodes):
        for i in node["inputs"]:
            found[i].append(k)
    return found


def foldable(nodes: Sequence[Node]) -> list[int]:
    """The numbers of the BatchNorms that read a convolution (or dense layer) which nobody else reads."""
    read_by = readers(nodes)
    return [
        k
        for k, node in enumerate(nodes)
        if node["kind"] == "bn" and nodes[node["inputs"][0]]["kind"] in KERNELS and len(read_by[node["inputs"][0]]) == 1
    ]


def fold_all(nodes: Sequence[Node], fold_bn: Callable[..., tuple[NDArray, NDArray]]) -> list[Node]:
    """The same network without the BatchNorms that fold left, see `foldable`.

    Args:
        fold_bn: called as ``fold_bn(W, b, gamma, beta, mean, var, eps)``, gives kernel and bias of the folded layer.
    """
    made: list[Node] = [dict(node) for node in nodes]
    gone: dict[int, Node] = {}
    for k in foldable(nodes):
        bn, before = nodes[k], made[nodes[k]["inputs"][0]]
        W, b = fold_bn(before["W"], before["b"], *(bn[name] for name in ("gamma", "beta", "mean", "var", "eps")))
        before["W"], before["b"] = np.asarray(W, dtype=np.float64), np.asarray(b, dtype=np.float64)
        gone[k] = before
    return _without(made, gone)


def merge_all(nodes: Sequence[Node], bn_affine: Callable[..., tuple[NDArray, NDArray]]) -> list[Node]:
    """The same network in which every chain BatchNorm, ReLU, convolution (or dense layer or average) is one node.

    Only where nobody else reads the two that go; the third gets their ``g`` and ``d``.

    Args:
        bn_affine: called as ``bn_affine(gamma, beta, mean, var, eps)``, gives g and d, (C,) each.

    Raises:
        UserError: one of these BatchNorms folds left; the message names it.
    """
    made: list[Node] = [dict(node) for node in nodes]
    gone: dict[int, Node] = {}
    read_by, folds = readers(nodes), set(foldable(nodes))
    for k, bn in enumerate(nodes):
        chain = [k]
        while len(chain) < 3 and len(read_by[chain[-1]]) == 1:
            chain += read_by[chain[-1]]
        kinds = [nodes[place]["kind"] for place in chain]
        if kinds[:2] == ["bn", "relu"] and kinds[-1] in (*KERNELS, "avg") and len(chain) == 3:
            if k in folds:
                raise UserError(f"{bn['name']} folds left and was to be merged: fold_all comes before merge_all")
            g, d = bn_affine(*(bn[name] for name in ("gamma", "beta", "mean", "var", "eps")))
            made[chain[2]] |= {"g": np.asarray(g, dtype=np.float64), "d": np.asarray(d, dtype=np.float64)}
            gone |= dict.fromkeys(chain[:2], made[bn["inputs"][0]])
    return _without(made, gone)


def give_rules(nodes: Sequence[Node], rules: Mapping[str, tuple[str, dict]]) -> list[Node]:
    """The nodes with a ``rule`` each where one is needed: "conv", "dense", "avg" and "bn" by their kind.

    "first" among ``rules`` is for the kernels that the image reaches through nothing but padding.

    Raises:
        UserError: a kind without a rule; the message names the node.
    """
    made: list[Node] = []
    for node in nodes:
        kind = node["kind"]
        if kind in KERNELS and "first" in rules and _from_image(nodes, node):
            kind = "first"
        if kind in ("first", *KERNELS, "avg", "bn"):
            if kind not in rules:
                raise UserError(f"no rule for {node['name']!r}: add one for the kind {kind!r}")
            node = node | {"rule": rules[kind]}
        made.append(dict(node))
    return made


def check_ready(node: Node) -> None:
    """Raise if there is nothing that a node could hand to its inputs.

    Raises:
        UserError: it is the image, or a BatchNorm that was to be merged and was not.
    """
    if not node["inputs"]:
        raise UserError("the image reads nothing: do not ask hand_down about it")
    if node["kind"] == "bn" and node.get("rule", ("",))[0] == "merge":
        raise UserError(f"{node['name']} is left with the rule merge: merge_all was not called on these nodes")


def run_nodes(nodes: Sequence[Node], x: NDArray) -> list[NDArray[np.float64]]:
    """What every node makes, for images ``x`` (B, H, W, 3); the last are the logits, (B, 1, 1, K)."""
    acts: list[NDArray[np.float64]] = []
    for node in nodes:
        xs = [acts[i] for i in node["inputs"]]
        acts.append(run_node(node, xs) if xs else np.asarray(x, dtype=np.float64))
    return acts


def run_node(node: Node, xs: Sequence[NDArray]) -> NDArray[np.float64]:
    """What a node makes of its inputs."""
    kind, a = node["kind"], xs[0]
    if "g" in node:
        a = np.maximum(a * node["g"] + node["d"], 0)
    if kind in KERNELS:
        return conv2d(a, node["W"], node["pad"], node["stride"]) + node["b"]
    if kind == "bn":
        return (a - node["mean"]) / np.sqrt(node["var"] + node["eps"]) * node["gamma"] + node["beta"]
    if kind == "relu":
        return np.maximum(a, 0)
    if kind == "pad":
        return np.pad(a, ((0, 0), *node["amount"], (0, 0)))
    if kind == "max":
        return max_pool(a, node["k"], node["stride"])
    if kind == "avg":
        return avg_pool(a, node["k"])
    if kind == "add":
        return np.sum(np.stack(xs), axis=0)
    if kind == "concat":
        return np.concatenate(xs, axis=-1)
    raise UserError(f"node {node['name']!r}: there is no kind {kind!r}")


def max_pool(a: NDArray, k: int, stride: int) -> NDArray[np.float64]:
    """The maximum of every window of k x k: (B, H, W, C) -> (B, h, w, C)."""
    return tensorflow().nn.max_pool2d(np.asarray(a, dtype=np.float64), k, stride, "VALID").numpy()


def max_pool_T(R: NDArray, a: NDArray, k: int, stride: int) -> NDArray[np.float64]:
    """Winner takes all: R (B, h, w, C) goes to the first maximum of each window of ``a``; what meets is added."""
    tf = tensorflow()
    inputs, largest, above = (tf.constant(np.asarray(v, dtype=np.float64)) for v in (a, max_pool(a, k, stride), R))
    about = {"ksize": [1, k, k, 1], "strides": [1, stride, stride, 1], "padding": "VALID"}
    return tf.raw_ops.MaxPoolGrad(orig_input=inputs, orig_output=largest, grad=above, **about).numpy()


def avg_pool(a: NDArray, k: int) -> NDArray[np.float64]:
    """The mean of every window of k x k, windows side by side: (B, H, W, C) -> (B, H / k, W / k, C)."""
    B, H, W, C = a.shape
    return np.asarray(a, dtype=np.float64).reshape(B, H // k, k, W // k, k, C).mean(axis=(2, 4))


def avg_pool_T(q: NDArray, k: int) -> NDArray[np.float64]:
    """The adjoint of `avg_pool`: each place of a window gets 1 / k^2 of what the window's mean has."""
    return np.asarray(q, dtype=np.float64).repeat(k, axis=1).repeat(k, axis=2) / k**2


def _from_image(nodes: Sequence[Node], node: Node) -> bool:
    below = nodes[node["inputs"][0]]
    while below["kind"] == "pad":
        below = nodes[below["inputs"][0]]
    return below["kind"] == "input"


def _without(nodes: Sequence[Node], gone: Mapping[int, Node]) -> list[Node]:
    """The nodes but those numbered in ``gone``; who read one of these reads the node that stands there in its place."""
    kept = [node for k, node in enumerate(nodes) if k not in gone]
    place = {id(node): k for k, node in enumerate(kept)}

    def number(k: int) -> int:
        node = nodes[k]
        while id(node) not in place:
            node = gone[next(i for i, other in enumerate(nodes) if other is node)]
        return place[id(node)]

    return [node | {"inputs": [number(i) for i in node["inputs"]]} for node in kept]


def _read(call: Call) -> Node | None:
    """What a layer needs; nothing for one that changes nothing, None for one that is not covered."""
    layer, kind = call.operation, call.kind

    def weights(*names: str) -> list[NDArray[np.float64]]:
        return [np.asarray(getattr(layer, name), dtype=np.float64) for name in names]

    if kind in ("Conv2D", "Dense"):
        (W,), b = weights("kernel"), weights("bias")[0] if layer.use_bias else np.zeros(layer.kernel.shape[-1])
        about = {"W": W, "b": b, "activation": layer.activation.__name__}
        if kind == "Dense":
            return {"kind": "dense", **about, "W": W[None, None], "pad": "valid", "stride": 1}
        plain = layer.dilation_rate == (1, 1) and layer.groups == 1 and layer.strides[0] == layer.strides[1]
        return {"kind": "conv", **about, "pad": layer.padding, "stride": int(layer.strides[0])} if plain else None
    if kind == "BatchNormalization" and layer.scale and layer.center:
        gamma, beta, mean, var = weights("gamma", "beta", "moving_mean", "moving_variance")
        return {"kind": "bn", "gamma": gamma, "beta": beta, "mean": mean, "var": var, "eps": float(layer.epsilon)}
    if kind == "Activation" and layer.activation.__name__ == "relu":
        return {"kind": "relu"}
    if kind == "ZeroPadding2D":
        (top, bottom), (left, right) = layer.padding
        return {"kind": "pad", "amount": ((top, bottom), (left, right))}
    if kind == "Add":
        return {"kind": "add"}
    if kind == "Concatenate" and layer.axis in (-1, 3):
        return {"kind": "concat"}
    return {} if kind in ("InputLayer", "Dropout") else _read_pool(call)


def _read_pool(call: Call) -> Node | None:
    layer, kind = call.operation, call.kind
    H, W = layer.input.shape[1:3] if len(layer.input.shape) == 4 else (None, None)
    if kind == "GlobalAveragePooling2D" and H is not None and H == W:
        return {"kind": "avg", "k": int(H)}
    if kind in ("MaxPooling2D", "AveragePooling2D") and layer.padding == "valid" and H is not None:
        (k, other), (stride, _) = layer.pool_size, layer.strides
        if k != other or (kind[0] == "A" and (stride != k or H % k or W % k)):
            return None
        about = {"kind": "max", "k": int(k), "stride": int(stride)}
        return about if kind[0] == "M" else {"kind": "avg", "k": int(k)}
    return None
