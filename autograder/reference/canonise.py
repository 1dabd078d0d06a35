"""Rewrite a graph into one with the same logits that the relevance rules can treat: a pure function, graph to graph.

Why: a BatchNorm right after a convolution is part of that convolution, and relevance must not be split at a border that
is only an accident of how the network is written. Every rewriting here is exact: the logits stay the same.
"""

from __future__ import annotations

from dataclasses import replace

import tensorflow as tf

from autograder.reference.graph import BatchNorm, Conv, Dense, Gate, Graph, Linear, Mean, Op, Pad, Weight, finish, once


def strip_softmax(graph: Graph) -> Graph:
    """Let the graph end at the score: a probability would bring the other classes in."""
    last = graph.ops[-1]
    return finish(replace(graph, output=last.inputs[0])) if last.kind == "softmax" else graph


def canonise(graph: Graph, gates: bool) -> Graph:
    """Strip the softmax and take every BatchNorm into a neighbour where that is exact.

    - Conv or Dense, then BatchNorm: folded into that kernel (all 53 of ResNet50, 59 of the 121 of DenseNet121);
    - BatchNorm, then Dense or a convolution without padding: folded into that kernel;
    - BatchNorm, ReLU, then Conv, Dense or average pooling (the 62 others of DenseNet121): with `gates`,
      BatchNorm and ReLU become part of that operation, see `Gate`;
    - zero padding, then a convolution without padding: the convolution pads.

    Args:
        graph: as read from the model.
        gates: without, a BatchNorm before a ReLU stays as it is, and the composite needs a rule for it.
    """
    ops = list(strip_softmax(graph).ops)
    output = ops[-1].output
    for rewriting in (_fold_left, _fold_right, _gate, _pad) if gates else (_fold_left, _fold_right, _pad):
        i = 0
        while i < len(ops):
            chain = _chain(ops, i, output)
            rewritten = rewriting(chain)
            if rewritten:
                taken, new = rewritten
                ops = [op for op in ops if op not in chain[:taken]]
                ops[i:i] = new
            else:
                i += 1
    return finish(replace(graph, ops=tuple(ops), output=output))


def _chain(ops: list[Op], i: int, output: int) -> list[Op]:
    """`ops[i]` and, as long as nothing else reads what they make, the operations that follow, at most four."""
    chain = [ops[i]]
    while len(chain) < 4 and chain[-1].output != output:
        readers = [op for op in ops[i + 1 :] if chain[-1].output in op.inputs]
        if len(readers) != 1 or len(readers[0].inputs) != 1:
            break
        chain += readers
    return chain


Rewritten = tuple[int, list[Op]] | None  # how many of the chain go, and what stands in their place


def _fold_left(chain: list[Op]) -> Rewritten:
    """g (x W + b) + c = x (W g) + (b g + c)"""
    match chain:
        case [Linear() as op, BatchNorm(scale=g, shift=c) as norm, *_]:
            return 2, [
                replace(
                    op,
                    weight=lambda: op.weight() * g(),
                    offset=once(lambda: op.offset() * g() + c() if op.offset else c()),
                    output=norm.output,
                )
            ]
    return None


def _fold_right(chain: list[Op]) -> Rewritten:
    """(g x + c) W + b = x (g W) + (c W + b), if every tap of the kernel is there everywhere"""
    norm, flatten, op = _split(chain, relu=False)
    if norm is None or not (isinstance(op, Dense) or (isinstance(op, Conv) and op.padding == "VALID")):
        return None
    g, c = _tiled(norm.scale, op), _tiled(norm.shift, op)

    def offset():
        added = tf.reduce_sum(op.weight() * c()[:, None], tf.range(tf.rank(op.weight()) - 1))
        return added + op.offset() if op.offset else added

    folded = replace(op, weight=lambda: op.weight() * g()[:, None], offset=once(offset))
    return 2 + len(flatten), _rewire(norm, [*flatten, folded])


def _gate(chain: list[Op]) -> Rewritten:
    """max(g x + c, 0) W + b as one operation: see `Gate`"""
    norm, flatten, op = _split(chain, relu=True)
    if norm is None:
        return None
    if isinstance(op, Mean) and not flatten:
        return 3, _rewire(norm, [replace(op, gate=Gate(scale=norm.scale, shift=norm.shift))])
    if isinstance(op, Linear):
        gate = Gate(scale=_tiled(norm.scale, op), shift=_tiled(norm.shift, op))
        return 3 + len(flatten), _rewire(norm, [*flatten, replace(op, gate=gate)])
    return None


def _pad(chain: list[Op]) -> Rewritten:
    """The rules that count taps must not count those on the padding."""
    match chain:
        case [Pad() as pad, Conv(padding="VALID") as op, *_]:
            return 2, [replace(op, inputs=pad.inputs, padding=[[0, 0], *map(list, pad.amount), [0, 0]])]
    return None


def _split(chain: list[Op], relu: bool) -> tuple[BatchNorm | None, list[Op], Op | None]:
    """The BatchNorm, the Flatten if there is one, and the operation behind them, if the chain is of that form."""
    norm, rest = chain[0], chain[1:]
    if not isinstance(norm, BatchNorm):
        return None, [], None
    if relu:
        if not rest or rest[0].kind != "relu":
            return None, [], None
        rest = rest[1:]
    flatten = rest[:1] if rest and rest[0].kind == "Flatten" else []
    rest = rest[len(flatten) :]
    return (norm, flatten, rest[0]) if rest else (None, [], None)


def _tiled(weight: Weight, op: Op) -> Weight:
    """One value per channel, repeated for each position if the operation reads a flattened image."""

    def tiled():
        values = weight()
        positions = op.weight().shape[-2] // values.shape[0] if isinstance(op, Linear) else 1
        return tf.tile(values, [positions])

    return once(tiled)


def _rewire(first: Op, ops: list[Op]) -> list[Op]:
    """`ops` reading what `first` read, one after the other."""
    return [replace(op, inputs=first.inputs if i == 0 else (ops[i - 1].output,)) for i, op in enumerate(ops)]
