"""The rules: how an operation hands the relevance of its output to its inputs.

A rule is called as `rule(op, xs, z, r)`: the operation, its inputs, its output z (before the activation, which is an
operation of its own) and the relevance r of the output. It returns the relevance of each input.

In the formulas x is the input, W the kernel, b the bias, z = x W + b; x+ = max(x, 0), x- = min(x, 0), the same for W
and b; x W stands for any linear map and s W^T for its transpose; / is elementwise, and 0 / 0 = 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Literal, get_args

import tensorflow as tf

from autograder.reference.graph import Linear, Mean, Op, Tensor
from toonlens.errors import UserError

Bias = Literal["bach", "full", "none"]
Rule = Callable[[Any, list[Tensor], Tensor, Tensor], list[Tensor]]


def divide(r: Tensor, z: Tensor) -> Tensor:
    """r / z, and 0 where z = 0: a unit to which nothing contributed has nothing to hand on."""
    return tf.math.divide_no_nan(r, z)


@dataclass(frozen=True)
class Gradient:
    """The chain rule: R_in = (dz/dx)^T R. For operations that only move values (padding, max-pooling: winner takes all)
    it is also what LRP does."""

    def __call__(self, op: Op, xs: list[Tensor], z: Tensor, r: Tensor) -> list[Tensor]:
        return op.pull(xs, r)


@dataclass(frozen=True)
class Deconv:
    """R_in = max(R, 0): the ReLU of the deconvnet, which forgets the forward pass.

    Zeiler & Fergus 2014, Visualizing and understanding convolutional networks, section 2.1.
    """

    def __call__(self, op: Op, xs: list[Tensor], z: Tensor, r: Tensor) -> list[Tensor]:
        return [tf.nn.relu(r)]


@dataclass(frozen=True)
class Guided:
    """R_in = max(R, 0) 1[x > 0]: the ReLU of guided backpropagation, which uses both gates.

    Springenberg et al. 2015, Striving for simplicity: the all convolutional net.
    """

    def __call__(self, op: Op, xs: list[Tensor], z: Tensor, r: Tensor) -> list[Tensor]:
        return op.pull(xs, tf.nn.relu(r))


@dataclass(frozen=True)
class Pass:
    """R_in = R, for elementwise operations: LRP lets relevance through an activation unchanged (Bach et al. 2015)."""

    def __call__(self, op: Op, xs: list[Tensor], z: Tensor, r: Tensor) -> list[Tensor]:
        return [r for _ in xs]


@dataclass(frozen=True)
class Epsilon:
    """R_in = x * (R / (z + epsilon s(z))) W^T, with s(z) = 1 for z >= 0, else -1. Epsilon 0 is the rule LRP-0.

    For every linear operation, with weights or without (sums, average pooling). The bias keeps its share b R / z.
    Bach et al. 2015, On pixel-wise explanations for non-linear classifier decisions by layer-wise relevance
    propagation, equations 56 (LRP-0) and 58.

    Raises:
        UserError: epsilon is negative or not a number.
    """

    epsilon: float = 0.0

    def __post_init__(self) -> None:
        check_number("epsilon", self.epsilon, at_least=0)

    def __call__(self, op: Op, xs: list[Tensor], z: Tensor, r: Tensor) -> list[Tensor]:
        if self.epsilon:
            epsilon = tf.constant(self.epsilon, z.dtype)
            s = r / (z + tf.where(z >= 0, epsilon, -epsilon))
        else:
            s = divide(r, z)
        return [x * g for x, g in zip(xs, op.pull(xs, s), strict=True)]


@dataclass(frozen=True)
class AlphaBeta:
    """R_in = alpha (x+ (R / z_a) W+^T + x- (R / z_a) W-^T) - beta (x+ (R / z_b) W-^T + x- (R / z_b) W+^T)

    with z_a = x+ W+ + x- W- + b_a and z_b = x+ W- + x- W+ + b_b, alpha - beta = 1. Three conventions for the bias:
    "bach": b_a = b+, b_b = b- (Bach et al. 2015, equation 60); "full": the whole b in both (iNNvestigate); "none".
    Where nothing inhibits, z_b = 0 and alpha R is handed on: with beta > 0, R is conserved only where both terms exist.

    Raises:
        UserError: beta < 0, alpha - beta is not 1, or no such bias convention.
    """

    alpha: float = 1.0
    beta: float = 0.0
    bias: Bias = "bach"

    def __post_init__(self) -> None:
        check_number("alpha", self.alpha, at_least=1)
        check_number("beta", self.beta, at_least=0)
        if abs(self.alpha - self.beta - 1) > 1e-6:
            raise UserError(f"alpha - beta must be 1, alpha is {self.alpha} and beta {self.beta}")
        check_bias(self.bias)

    def __call__(self, op: Linear, xs: list[Tensor], z: Tensor, r: Tensor) -> list[Tensor]:
        parts = inputs_by_sign(op, xs[0])
        plus, minus = by_sign(op.kernel())
        b = op.bias(xs[0], z)
        b_a, b_b = {"bach": by_sign(b), "full": (b, b), "none": (0, 0)}[self.bias]
        if self.beta == 0:
            return [_share(op, parts, (plus, minus), b_a, r)]
        activating = list(zip(parts, (plus, minus), strict=False))  # a missing x- is zero
        inhibiting = list(zip(parts, (minus, plus), strict=False))
        inhibited = _made(op, inhibiting)
        # with the whole bias z less what inhibits is the same as the sum, a convolution less; and as good where z >= 0
        z_a = z - inhibited if self.bias == "full" else _made(op, activating) + b_a
        to_activating = _handed(op, activating, divide(self.alpha * r, z_a))
        return [to_activating - _handed(op, inhibiting, divide(self.beta * r, inhibited + b_b))]


@dataclass(frozen=True)
class ZPlus:
    """R_in = x+ (R / z_a) W+^T + x- (R / z_a) W-^T with z_a = x+ W+ + x- W-: alpha-beta with alpha 1, beta 0, no bias.

    Sums and averages have positive weights: their positive inputs share in proportion.
    Montavon et al. 2017, Explaining nonlinear classification decisions with deep Taylor decomposition (for x >= 0).
    """

    def __call__(self, op: Op, xs: list[Tensor], z: Tensor, r: Tensor) -> list[Tensor]:
        if isinstance(op, Linear):
            return AlphaBeta(alpha=1, beta=0, bias="none")(op, xs, z, r)
        op, xs = _ungated(op, xs)
        positive = [tf.nn.relu(x) for x in xs]
        return Epsilon(0)(op, positive, op.forward(*positive), r)


@dataclass(frozen=True)
class Gamma:
    """R_in = x+ (R / z') W'^T + x- (R / z') W"^T with z' = x+ W' + x- W" + b': a contribution that has the sign of z
    counts 1 + gamma times.

    For z >= 0, W' = W + gamma W+ and W" = W + gamma W-; for z < 0 the other way round. Three conventions for the bias:
    "bach": b' = b + gamma b+ for z >= 0, b + gamma b- for z < 0, as if b were one more weight (zennit); "full": b' = b;
    "none": b' = 0, and the sign is that of z - b.

    Montavon et al. 2019, Layer-wise relevance propagation: an overview, section 10.2, is the case x >= 0, z >= 0; their
    W + gamma W+ is not used for z < 0, where a skip connection may bring relevance: z' would pass through 0.
    Andéol et al. 2021, Learning domain invariant representations by joint Wasserstein distance minimization, has the
    general form.

    Raises:
        UserError: gamma is negative or not a number, or no such bias convention.
    """

    gamma: float = 0.25
    bias: Bias = "bach"

    def __post_init__(self) -> None:
        check_number("gamma", self.gamma, at_least=0)
        check_bias(self.bias)

    def __call__(self, op: Linear, xs: list[Tensor], z: Tensor, r: Tensor) -> list[Tensor]:
        parts = inputs_by_sign(op, xs[0])
        w, b = op.kernel(), op.bias(xs[0], z)
        plus, minus = (w + self.gamma * part for part in by_sign(w))
        if self.bias == "none":
            z, b = z - b, tf.zeros((), z.dtype)
        b_plus, b_minus = (b + self.gamma * part for part in by_sign(b)) if self.bias == "bach" else (b, b)
        up = tf.cast(z >= 0, z.dtype)
        return [
            _share(op, parts, (plus, minus), b_plus, r * up) + _share(op, parts, (minus, plus), b_minus, r * (1 - up))
        ]


@dataclass(frozen=True)
class WSquare:
    """R_in = (R / sum of W^2) (W^2)^T, the sum running over the inputs of each output; no bias.

    Sums and averages, whose weights are all the same, share equally.
    Montavon et al. 2017, Explaining nonlinear classification decisions with deep Taylor decomposition.
    """

    def __call__(self, op: Op, xs: list[Tensor], z: Tensor, r: Tensor) -> list[Tensor]:
        if not isinstance(op, Linear):
            return _equally(op, xs, r)
        x, squared = xs[0], tf.square(op.kernel())
        total = op.linear(tf.ones_like(x[:1]), squared)
        return [op.transpose(divide(r, total), squared, x)]


@dataclass(frozen=True)
class Flat:
    """R_in = (R / n) 1^T: equal shares for the n inputs of each output, whatever the weights; fewer at a padded border.

    Lapuschkin et al. 2019, Unmasking Clever Hans predictors and assessing what machines really learn, methods.
    """

    def __call__(self, op: Op, xs: list[Tensor], z: Tensor, r: Tensor) -> list[Tensor]:
        if not isinstance(op, Linear):
            return _equally(op, xs, r)
        x, kernel = xs[0], op.kernel()
        # all output channels share alike, so they are summed first and one channel of ones does for the kernel
        window = tf.ones((*kernel.shape[:-2], 1, 1), x.dtype)
        taps = op.linear(tf.ones_like(x[:1, ..., :1]), window) * kernel.shape[-2]
        r_in = op.transpose(tf.reduce_sum(r, -1, keepdims=True) / taps, window, x)
        return [tf.broadcast_to(r_in, tf.shape(x))]


@dataclass(frozen=True)
class ZBox:
    """R_in = x * s W^T - l * s W+^T - h * s W-^T with s = R / (x W - l W+ - h W-), for l <= x <= h; no bias.

    `low` and `high`: l and h for every channel, of the image as the network sees it, after preprocessing.
    Montavon et al. 2017, Explaining nonlinear classification decisions with deep Taylor decomposition.

    Raises:
        UserError: not a number for every channel, or low above high.
    """

    low: Sequence[float]
    high: Sequence[float]

    def __post_init__(self) -> None:
        try:
            bounds = {name: tuple(map(float, getattr(self, name))) for name in ("low", "high")}
        except (TypeError, ValueError):
            raise UserError(
                f"low and high must hold a number for every channel, not {self.low!r} and {self.high!r}"
            ) from None
        for name, bound in bounds.items():
            object.__setattr__(self, name, bound)  # a tuple, so that equal rules are found again
        for low, high in zip(self.low, self.high, strict=False):
            check_number("low", low)
            check_number("high", high, at_least=low)

    def __call__(self, op: Linear, xs: list[Tensor], z: Tensor, r: Tensor) -> list[Tensor]:
        x, w = op.seen(xs[0]), op.kernel()
        if {len(self.low), len(self.high)} != {w.shape[-2]}:
            raise UserError(
                f"low and high hold {len(self.low)} and {len(self.high)} numbers for {w.shape[-2]} channels"
            )
        plus, minus = by_sign(w)
        low, high = (tf.ones_like(x[:1]) * tf.constant(bound, x.dtype) for bound in (self.low, self.high))
        s = divide(r, op.linear(x, w) - op.linear(low, plus) - op.linear(high, minus))
        return [x * op.transpose(s, w, x) - low * op.transpose(s, plus, x) - high * op.transpose(s, minus, x)]


def _equally(op: Op, xs: list[Tensor], r: Tensor) -> list[Tensor]:
    """Equal shares for all that a sum or an average reads."""
    op, xs = _ungated(op, xs)
    return op.pull(xs, r / op.forward(*(tf.ones_like(x) for x in xs)))


def _ungated(op: Op, xs: list[Tensor]) -> tuple[Op, list[Tensor]]:
    """A gated average as the plain average of what its gate lets through, g (m x); anything else as it is."""
    if not isinstance(op, Mean) or op.gate is None:
        return op, xs
    return replace(op, gate=None), [x * op.gate.open(x) * op.gate.scale() for x in xs]


def by_sign(a: Tensor) -> tuple[Tensor, Tensor]:
    """a+ and a-."""
    return tf.nn.relu(a), tf.minimum(a, 0)


def inputs_by_sign(op: Linear, x: Tensor) -> tuple[Tensor, ...]:
    """x+ and x- of what the kernel multiplies, or only x where the graph says that it is never negative."""
    return (x,) if op.positive else by_sign(op.seen(x))


def _share(op: Linear, xs: Sequence[Tensor], ws: Sequence[Tensor], b: Tensor, r: Tensor) -> Tensor:
    """Sum of x (R / z) W^T over the pairs (x, W), with z = sum of x W, plus b: every pair by the same denominator."""
    pairs = list(zip(xs, ws, strict=False))  # a missing x- is zero
    return _handed(op, pairs, divide(r, _made(op, pairs) + b))


def _made(op: Linear, pairs: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """Sum of x W over the pairs (x, W)."""
    return sum(op.linear(x, w) for x, w in pairs)


def _handed(op: Linear, pairs: Sequence[tuple[Tensor, Tensor]], s: Tensor) -> Tensor:
    """Sum of x (s W^T) over the pairs (x, W)."""
    return sum(x * op.transpose(s, w, x) for x, w in pairs)


def check_bias(bias: str) -> None:
    """Raise a `UserError` unless `bias` is a bias convention."""
    if bias not in get_args(Bias):
        raise UserError(f"bias must be one of {', '.join(get_args(Bias))}, not {bias!r}")


def check_number(name: str, value: float, at_least: float = -math.inf) -> None:
    """Raise a `UserError` unless `value` is a finite number of at least `at_least`."""
    if isinstance(value, bool) or not isinstance(value, Real) or not at_least <= value < math.inf:
        least = "" if at_least == -math.inf else f" of at least {at_least:g}"
        raise UserError(f"{name} must be a number{least}, not {value!r}")
