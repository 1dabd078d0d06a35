"""Composites: which rule for which operation.

A composite is a sequence of (predicate, rule). For each operation the first predicate that holds decides;
an operation for which none holds is an error that names it. A predicate is any function of an `Op`, a rule anything
that is called as those in `rules` are. Epsilon for the Dense layers, alpha-beta for the convolutions and Flat where
the image comes in, written in full:

    [
        (first, Flat()),
        (dense, Epsilon(0.1)),
        (conv, AlphaBeta(1, 0, bias="full")),
        (activation, Pass()),
        (moves, Gradient()),
        (preprocessing, Pass()),
        (batch_norm, Pass()),  # those that could not be folded
        (is_sum, Epsilon(0)),
        (average, ZPlus()),
    ]

`lrp` adds what LRP does where there are no weights, so this is enough for the same:

    lrp((first, Flat()), (dense, Epsilon(0.1)), (conv, AlphaBeta(1, 0, bias="full")), averages=ZPlus())
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograder.reference.graph import (
    Activation,
    Affine,
    BatchNorm,
    Conv,
    Dense,
    Graph,
    Linear,
    Max,
    Mean,
    Op,
    Route,
    Sum,
)
from autograder.reference.rules import Deconv, Epsilon, Gradient, Guided, Pass, Rule
from toonlens.errors import UserError

Predicate = Callable[[Op], bool]
Composite = Sequence[tuple[Predicate, Rule]]


def first(op: Op) -> bool:
    """The convolutions and Dense layers that the input reaches through padding, reshaping and preprocessing only."""
    return op.first and isinstance(op, Linear)


def conv(op: Op) -> bool:
    """Convolutions."""
    return isinstance(op, Conv)


def dense(op: Op) -> bool:
    """Dense layers."""
    return isinstance(op, Dense)


def kernel(op: Op) -> bool:
    """Convolutions and Dense layers."""
    return isinstance(op, Linear)


def relu(op: Op) -> bool:
    """ReLUs."""
    return op.kind == "relu"


def any_op(op: Op) -> bool:
    """Every operation."""
    return True


def preprocessing(op: Op) -> bool:
    """A scale and an offset per channel in front of the first layer."""
    return op.first and isinstance(op, Affine) and not isinstance(op, BatchNorm)


def batch_norm(op: Op) -> bool:
    """The BatchNorms that could not be folded."""
    return isinstance(op, BatchNorm)


def moves(op: Op) -> bool:
    """Operations that only move values: padding, flattening, concatenating, max-pooling (the winner takes all)."""
    return isinstance(op, Route | Max)


def activation(op: Op) -> bool:
    """Elementwise nonlinearities."""
    return isinstance(op, Activation)


def is_sum(op: Op) -> bool:
    """Sums, such as those of skip connections."""
    return isinstance(op, Sum)


def average(op: Op) -> bool:
    """Average pooling."""
    return isinstance(op, Mean)


def not_activation(op: Op) -> bool:
    """Everything but elementwise nonlinearities."""
    return not isinstance(op, Activation)


GRADIENT: Composite = ((any_op, Gradient()),)
# both are defined by what they do at a ReLU: another nonlinearity is left without a rule
DECONVNET: Composite = ((relu, Deconv()), (not_activation, Gradient()))
GUIDED: Composite = ((relu, Guided()), (not_activation, Gradient()))


def lrp(
    *weighted: tuple[Predicate, Rule],
    batchnorm: Rule = Pass(),
    sums: Rule = Epsilon(0),
    averages: Rule = Epsilon(0),
) -> Composite:
    """The rules `weighted` for convolutions and Dense layers, and what LRP does everywhere else.

    LRP-0 at a sum or an average divides by its z, which may be close to 0, and yet is safe as long as relevance arrives
    in proportion to that z: the rules behind it hand it on in proportion to x, and only ReLUs lie between. It is not
    safe behind Flat and W^2, nor in front of a BatchNorm that relevance passes unchanged: there, give other rules.

    Args:
        weighted: pairs (predicate, rule), asked first.
        batchnorm: rule for a BatchNorm that could not be folded.
        sums: rule for sums.
        averages: rule for average pooling.
    """
    return (
        *weighted,
        (moves, Gradient()),
        (activation, Pass()),
        (preprocessing, Pass()),
        (batch_norm, batchnorm),
        (is_sum, sums),
        (average, averages),
    )


def check_composite(composite: Any) -> Composite:
    """The composite, if it is a sequence of (predicate, rule).

    Raises:
        UserError: it is not; the message says which part.
    """
    try:
        pairs = list(composite)
    except TypeError:
        raise UserError(f"method must be a name or a sequence of (predicate, rule), not {composite!r}") from None
    for i, pair in enumerate(pairs):
        if not isinstance(pair, Sequence) or len(pair) != 2:
            raise UserError(f"entry {i} of the composite must be (predicate, rule), not {pair!r}")
        for part, value in zip(("predicate", "rule"), pair, strict=True):
            if not callable(value):
                raise UserError(f"the {part} in entry {i} of the composite cannot be called: {value!r}")
            if isinstance(value, type):
                raise UserError(f"the {part} in entry {i} of the composite is a class: write {value.__name__}(...)")
    return pairs


def assign(composite: Composite, graph: Graph, method: str) -> list[Rule]:
    """The rule of every operation of `graph`, in its order.

    Raises:
        UserError: an operation that no predicate matches, or on which a predicate fails; the message names it.
    """
    rules = []
    for op in graph.ops:
        rule = next((rule for i, (predicate, rule) in enumerate(composite) if _holds(predicate, op, i)), None)
        if rule is None:
            raise UserError(
                f"{method} has no rule for '{op.name}' ({op.kind}): "
                "replace that layer, or give a composite with a (predicate, rule) for it"
            )
        rules.append(rule)
    return rules


def _holds(predicate: Predicate, op: Op, entry: int) -> bool:
    try:
        return bool(predicate(op))
    except Exception as error:  # a predicate may be the user's
        reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        raise UserError(f"the predicate in entry {entry} of the composite fails on '{op.name}': {reason}") from error
