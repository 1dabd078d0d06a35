"""The operations of a network, as the rules see them.

A Keras model becomes a `Graph`: a list of operations in forward order. An activation fused into a layer is an
operation of its own here, so that the output of a `Conv` or `Dense` is always the pre-activation z. Weights are
functions that read the model's variables when called: a model trained further is explained as it is by then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import tensorflow as tf

from toonlens.errors import UserError
from toonlens.keras_graph import Call, Input, call_graph

Tensor = Any
Weight = Callable[[], Tensor]


def once(weight: Weight) -> Weight:
    """The same weight, computed once in a compiled function, however often it is asked for."""
    computed: dict[int, tuple[Any, Tensor]] = {}

    def value() -> Tensor:
        if tf.executing_eagerly():
            return weight()
        trace = tf.compat.v1.get_default_graph()
        if id(trace) not in computed:
            computed[id(trace)] = trace, weight()  # holding the trace keeps its id from being given again
        return computed[id(trace)][1]

    return value


@dataclass(frozen=True, kw_only=True, eq=False)
class Op:
    """One operation: reads the tensors numbered `inputs`, makes the tensor numbered `output`.

    Attributes:
        name: the Keras layer's name (``layer/activation`` for a fused activation).
        kind: its Keras class.
        first: True if the input reaches it through padding, reshaping and preprocessing only.
        positive: True if no input can be negative, whatever the image.
    """

    name: str
    kind: str
    inputs: tuple[int, ...]
    output: int
    function: Callable[..., Tensor] = tf.identity
    first: bool = False
    positive: bool = False

    def forward(self, *xs: Tensor) -> Tensor:
        """The output for the inputs `xs`."""
        return self.function(*xs)

    def pull(self, xs: list[Tensor], r: Tensor) -> list[Tensor]:
        """Vector-Jacobian product: the gradient at the output, `r`, pulled back to each input."""
        xs = [tf.identity(x) for x in xs]  # a tensor that comes in twice is two inputs
        with tf.GradientTape() as tape:
            tape.watch(xs)
            y = self.forward(*xs)
        return tape.gradient(y, xs, r, unconnected_gradients="zero")


class Activation(Op):
    """Elementwise and nonlinear; `kind` says which."""


class Route(Op):
    """Moves values without changing them: padding, flattening, concatenating, picking channels."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pad(Route):
    """Zero padding: ((top, bottom), (left, right)) pixels."""

    amount: tuple[tuple[int, int], tuple[int, int]]


class Max(Op):
    """Max-pooling: each output is one of its inputs."""


class Sum(Op):
    """Adds its inputs."""


class Other(Op):
    """Whatever has no place above. Gradients pass through it, a relevance rule must be given for it."""


class Affine(Op):
    """One factor and one offset per channel: preprocessing inside the model, or a `BatchNorm`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class BatchNorm(Affine):
    """At inference: x * scale + shift, each (C,)."""

    scale: Weight
    shift: Weight

    def forward(self, *xs: Tensor) -> Tensor:
        return xs[0] * self.scale() + self.shift()

    def pull(self, xs: list[Tensor], r: Tensor) -> list[Tensor]:
        return [r * self.scale()]


@dataclass(frozen=True, kw_only=True, eq=False)
class Gate:
    """A ReLU after an affine map, taken into the linear operation that follows: u = max(g x + c, 0).

    With m = 1[g x + c > 0], u = g (m x) + c m: what is linear in the image goes through the kernel scaled by g,
    and what the offset c adds counts as bias.
    """

    scale: Weight
    shift: Weight

    def output(self, x: Tensor) -> Tensor:
        """u."""
        return tf.nn.relu(x * self.scale() + self.shift())

    def open(self, x: Tensor) -> Tensor:
        """m, the mask of the units that are on, in the type of `x`."""
        return tf.cast(x * self.scale() + self.shift() > 0, x.dtype)


@dataclass(frozen=True, kw_only=True, eq=False)
class Mean(Op):
    """Average pooling: linear, no weights. With a `gate` it reads the tensor before BatchNorm and ReLU."""

    gate: Gate | None = None

    def forward(self, *xs: Tensor) -> Tensor:
        return self.function(*(self.gate.output(x) for x in xs) if self.gate else xs)


@dataclass(frozen=True, kw_only=True, eq=False)
class Linear(Op):
    """z = L(x) + b, L linear: what the relevance rules with weights are about.

    Subclasses give `linear` (L with any kernel) and `transpose` (its adjoint). With a `gate` the operation reads
    the tensor before BatchNorm and ReLU.
    """

    weight: Weight
    offset: Weight | None = None
    gate: Gate | None = None

    def linear(self, x: Tensor, kernel: Tensor) -> Tensor:
        raise NotImplementedError

    def transpose(self, s: Tensor, kernel: Tensor, x: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, *xs: Tensor) -> Tensor:
        (x,) = xs
        z = self.linear(self.gate.output(x) if self.gate else x, self.weight())
        return z if self.offset is None else z + self.offset()

    def pull(self, xs: list[Tensor], r: Tensor) -> list[Tensor]:
        pulled = self.transpose(r, self.kernel(), xs[0])
        return [pulled * self.gate.open(xs[0]) if self.gate else pulled]

    def seen(self, x: Tensor) -> Tensor:
        """What the kernel multiplies: `x`, or m x behind a gate."""
        return x * self.gate.open(x) if self.gate else x

    def kernel(self) -> Tensor:
        """The kernel that multiplies `seen(x)`."""
        return self.weight() * self.gate.scale()[:, None] if self.gate else self.weight()

    def bias(self, x: Tensor, z: Tensor) -> Tensor:
        """z minus what the kernel makes of `seen(x)`: the layer's bias, and behind a gate what the offsets add."""
        if self.gate:
            return z - self.linear(self.seen(x), self.kernel())
        return tf.zeros((), z.dtype) if self.offset is None else self.offset()


@dataclass(frozen=True, kw_only=True, eq=False)
class Dense(Linear):
    """Kernel (inputs, outputs), applied to the last axis."""

    def linear(self, x: Tensor, kernel: Tensor) -> Tensor:
        return tf.linalg.matmul(x, kernel)

    def transpose(self, s: Tensor, kernel: Tensor, x: Tensor) -> Tensor:
        return tf.linalg.matmul(s, kernel, transpose_b=True)


@dataclass(frozen=True, kw_only=True, eq=False)
class Conv(Linear):
    """2-D convolution, kernel (height, width, inputs, outputs); `padding` as in `tf.nn.conv2d`."""

    strides: tuple[int, int]
    padding: Any

    def linear(self, x: Tensor, kernel: Tensor) -> Tensor:
        return tf.nn.conv2d(x, kernel, self.strides, self.padding)

    def transpose(self, s: Tensor, kernel: Tensor, x: Tensor) -> Tensor:
        shape = tf.concat([tf.shape(s)[:1], tf.shape(x)[1:3], [kernel.shape[2]]], 0)
        return tf.nn.conv2d_transpose(s, kernel, shape, self.strides, self.padding)


@dataclass(frozen=True)
class Graph:
    """A network as operations in forward order. Tensor 0 is the input.

    Attributes:
        ops: every operation that the output needs.
        output: number of the output tensor.
        input_shape: with None where it is free.
        classes: number of scores that the network gives.
        dtype: of the input.
    """

    ops: tuple[Op, ...]
    output: int
    input_shape: tuple[int | None, ...]
    classes: int
    dtype: str

    def forward(self, x: Tensor) -> dict[int, Tensor]:
        """Every tensor of the network for an input `x` (B, H, W, C), by number."""
        tensors = {0: x}
        for op in self.ops:
            xs = [tensors[number] for number in op.inputs]
            with tf.control_dependencies(xs):  # no folded kernel is computed, and kept, before its turn
                tensors[op.output] = op.forward(*xs)
        return tensors


_ROUTES = "Cropping2D Flatten Reshape Permute Concatenate GetItem Stack Squeeze ExpandDims Transpose"
_MAXIMA = "MaxPooling2D GlobalMaxPooling2D"
_MEANS = "AveragePooling2D GlobalAveragePooling2D"
_AFFINE = "Rescaling Normalization TrueDivide Divide Subtract Multiply Add Negative"
_ACTIVATIONS = "ReLU LeakyReLU PReLU ELU Softmax Relu Relu6 Sigmoid Tanh Silu Gelu Softplus Elu"
_IDENTITIES = (
    "Dropout SpatialDropout2D GaussianDropout GaussianNoise AlphaDropout ActivityRegularization Identity "
    "RandomFlip RandomRotation RandomTranslation RandomZoom RandomContrast RandomBrightness"
)
_PLAIN: dict[str, type[Op]] = {
    **dict.fromkeys(_ROUTES.split(), Route),
    **dict.fromkeys(_MAXIMA.split(), Max),
    **dict.fromkeys(_MEANS.split(), Mean),
    **dict.fromkeys(_AFFINE.split(), Affine),
    **dict.fromkeys(_ACTIVATIONS.split(), Activation),
}


def read(model: Any, dtype: str | None = None) -> Graph:
    """Read a functional or Sequential Keras model (nested models flattened) as a graph.

    Args:
        model: Keras 3 model with one input and one output.
        dtype: compute in this type; default: the type of the model's input.

    Raises:
        UserError: subclassed or unbuilt model, several inputs or outputs, an output that is not one score per class.
    """
    calls = call_graph(model)
    if len(calls.output_shape) != 2 or calls.output_shape[1] is None:
        raise UserError(f"the model ends in shape {calls.output_shape}, not in scores (None, classes): give it a head")
    dtype = dtype or calls.dtype
    ops: list[Op] = []
    same = {0: 0}  # number of a tensor -> number of the tensor that it equals
    for call in calls.calls:
        inputs = tuple(same[number] for number in call.inputs)
        for op in _translate(call, dtype):
            ops.append(replace(op, inputs=inputs))
            inputs = (op.output,)
        same[call.output] = inputs[0]
    return finish(Graph(tuple(ops), same[calls.output], calls.input_shape, calls.output_shape[1], dtype))


def _translate(call: Call, dtype: str) -> list[Op]:
    """The operations that a call stands for, one feeding the next; none for a call that changes nothing."""
    layer, kind = call.operation, call.kind
    about: dict[str, Any] = {"name": call.name, "kind": kind, "inputs": call.inputs, "output": call.output}

    def function(*xs: Tensor) -> Tensor:
        args, kwargs = call.arguments(xs)
        # `call`, not `__call__`, which would cast float64 to the layer's own type
        return tf.cast(layer.call(*args, **kwargs), xs[0].dtype)

    def weight(variable: Any) -> Weight:
        return once(lambda: tf.cast(variable.value, dtype))

    if kind in _IDENTITIES.split():
        return []
    if kind == "Activation":
        return _activation(layer.activation, call.name, call.output)
    if kind == "Dense" or (kind == "Conv2D" and _is_plain(layer)):
        about |= {"weight": weight(layer.kernel), "offset": weight(layer.bias) if layer.use_bias else None}
        activation = _activation(layer.activation, f"{call.name}/activation", call.output)
        if activation:
            about["output"] = -call.output  # every other tensor has a positive number
        if kind == "Dense":
            return [Dense(**about), *activation]
        return [Conv(**about, strides=layer.strides, padding=layer.padding.upper()), *activation]
    if kind == "BatchNormalization" and layer.axis in (-1, layer.input_spec.ndim - 1):
        scale, shift = _batchnorm(layer, weight)
        return [BatchNorm(**about, scale=scale, shift=shift)]
    if kind == "ZeroPadding2D" and layer.data_format == "channels_last":
        return [Pad(**about, function=function, amount=layer.padding)]
    if kind == "ReLU" and layer.max_value is None and layer.negative_slope == layer.threshold == 0:
        return _activation(keras.activations.relu, call.name, call.output)
    if kind in ("Relu", "Softmax") and getattr(layer, "axis", -1) == -1:
        return _activation(keras.activations.get(kind.lower()), call.name, call.output)
    cls = _PLAIN.get(kind, Other)
    if cls is Affine and (len(call.inputs) > 1 or (kind.endswith("Divide") and not isinstance(call.args[0], Input))):
        cls = Sum if kind == "Add" else Other  # a product or quotient of two tensors is not linear
    return [cls(**about, function=function)]


def _is_plain(conv: Any) -> bool:
    """Not grouped, not dilated (TensorFlow has no transpose of that on a CPU), channels last."""
    return conv.groups == 1 and set(conv.dilation_rate) == {1} and conv.data_format == "channels_last"


def _activation(function: Any, name: str, output: int) -> list[Op]:
    """An activation as an operation, of kind `relu`, `softmax` or the name of the function; none if it is linear."""
    if function is None or function is keras.activations.linear:
        return []
    kind = getattr(function, "__name__", type(function).__name__)
    if function is not getattr(keras.activations, kind, None):
        kind = f"custom {kind}"
    return [Activation(name=name, kind=kind, inputs=(), output=output, function=function)]


def _batchnorm(layer: Any, weight: Callable[[Any], Weight]) -> tuple[Weight, Weight]:
    """Scale g = gamma / sqrt(variance + epsilon) and shift c = beta - g mean of a BatchNorm at inference, each (C,)."""
    mean, variance = weight(layer.moving_mean), weight(layer.moving_variance)
    gamma = weight(layer.gamma) if layer.scale else None
    beta = weight(layer.beta) if layer.center else None

    @once
    def scale() -> Tensor:
        g = tf.math.rsqrt(variance() + layer.epsilon)
        return g * gamma() if gamma else g

    @once
    def shift() -> Tensor:
        c = -scale() * mean()
        return c + beta() if beta else c

    return scale, shift


def finish(graph: Graph) -> Graph:
    """Drop the operations that the output does not need and work out, for the others, `first` and `positive`."""
    needed = {graph.output}
    ops: list[Op] = []
    for op in reversed(graph.ops):
        if op.output in needed:
            needed.update(op.inputs)
            ops.insert(0, op)
    near_input, positive = {0}, set[int]()
    for i, op in enumerate(ops):
        fed_by_input = near_input.issuperset(op.inputs)
        all_positive = positive.issuperset(op.inputs)
        gated = isinstance(op, Linear) and op.gate is not None
        ops[i] = replace(op, first=fed_by_input, positive=all_positive and not gated)
        if fed_by_input and isinstance(op, Route | Affine):
            near_input.add(op.output)
        if op.kind == "relu" or (all_positive and isinstance(op, Route | Max | Mean | Sum)):
            positive.add(op.output)
    return replace(graph, ops=tuple(ops))
