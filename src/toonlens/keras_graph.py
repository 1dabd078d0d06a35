"""The calls that make up a Keras 3 functional model, in forward order, nested models flattened.

Keras offers no public way to ask a model which layer was called on which tensors. The private attributes that answer
it (`_nodes_by_depth`, `Node.arguments`, `Sequential._functional`) are used in this module and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from toonlens.errors import UserError

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Input:
    """Stands for the tensor number `inputs[position]` among the arguments of a `Call`."""

    position: int


@dataclass(frozen=True)
class Call:
    """One call of a layer or of a `keras.ops` function: a layer used twice makes two calls.

    Attributes:
        name: the layer's name after those of the models around it (``base/conv1``), unique in the model.
        kind: class name (``Conv2D``) for what Keras ships, ``module.Class`` for anything else.
        operation: the layer or operation itself, for its configuration and weights.
        inputs: numbers of the tensors it reads.
        output: number of the tensor it makes.
        args, kwargs: its arguments, with an `Input` in place of every tensor.
    """

    name: str
    kind: str
    operation: Any
    inputs: tuple[int, ...]
    output: int
    args: tuple
    kwargs: dict[str, Any]

    def arguments(self, tensors: Sequence[Any]) -> tuple[tuple, dict[str, Any]]:
        """The arguments of this call for other tensors, given in the order of `inputs`."""

        def fill(value: Any) -> Any:
            if isinstance(value, Input):
                return tensors[value.position]
            if type(value) in (list, tuple):
                return type(value)(fill(item) for item in value)
            return value

        return fill(self.args), {key: fill(value) for key, value in self.kwargs.items()}


@dataclass(frozen=True)
class CallGraph:
    """All calls of a model in an order in which they can be computed; tensor 0 is the model's input."""

    calls: tuple[Call, ...]
    output: int
    input_shape: tuple[int | None, ...]
    output_shape: tuple[int | None, ...]
    dtype: str


def call_graph(model: keras.Model) -> CallGraph:
    """List the calls of a functional or Sequential model with one input and one output.

    Raises:
        UserError: not such a model, or not built.
    """
    model = _functional(model)
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise UserError(
            f"model '{model.name}' has {len(model.inputs)} inputs and {len(model.outputs)} outputs: "
            "only models with one of each are covered"
        )
    calls: list[Call] = []
    numbers = count(1)
    (output,) = _walk(model, (0,), "", calls, lambda: next(numbers))
    tensor_in, tensor_out = model.inputs[0], model.outputs[0]
    return CallGraph(tuple(calls), output, tuple(tensor_in.shape), tuple(tensor_out.shape), tensor_in.dtype)


def _walk(
    model: Any, inputs: tuple[int, ...], prefix: str, calls: list[Call], new_number: Callable[[], int]
) -> list[int]:
    """Append the calls of `model`, fed with the tensors `inputs`; return the numbers of its outputs."""
    import keras

    numbers = {id(tensor): number for tensor, number in zip(model.inputs, inputs, strict=True)}
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            operation = node.operation
            if node.is_input or any(id(tensor) not in numbers for tensor in node.input_tensors):
                continue
            read = tuple(numbers[id(tensor)] for tensor in node.input_tensors)
            name = f"{prefix}{operation.name}"
            if isinstance(operation, keras.Model):
                made = _walk(_functional(operation), read, f"{name}/", calls, new_number)
            else:
                made = [new_number() for _ in node.outputs]
                if len(made) != 1:
                    raise UserError(
                        f"layer '{name}' ({_kind(operation)}) makes {len(made)} tensors: only one is covered"
                    )
                args, kwargs = node.arguments.convert(_placeholders())
                calls.append(Call(_unique(name, calls), _kind(operation), operation, read, made[0], args, kwargs))
            numbers |= {id(tensor): number for tensor, number in zip(node.outputs, made, strict=True)}
    return [numbers[id(tensor)] for tensor in model.outputs]


def _placeholders() -> Callable[[Any], Any]:
    """A function that puts an `Input` in place of every symbolic tensor it meets and leaves all else as it is."""
    import keras

    positions = count()
    return lambda value: Input(next(positions)) if isinstance(value, keras.KerasTensor) else value


def _functional(model: Any) -> Any:
    """The functional model inside `model`."""
    import keras

    if isinstance(model, keras.Sequential):
        if not model.built:
            raise UserError(f"Sequential model '{model.name}' has no input shape yet: start it with keras.Input(shape)")
        model = model._functional
    if not hasattr(model, "_nodes_by_depth"):
        what = f"model '{model.name}' is subclassed" if isinstance(model, keras.Model) else f"{model!r} is not a model"
        raise UserError(f"{what}: only functional and Sequential Keras models can be read")
    return model


def _kind(operation: Any) -> str:
    cls = type(operation)
    return cls.__name__ if cls.__module__.startswith("keras.src.") else f"{cls.__module__}.{cls.__name__}"


def _unique(name: str, calls: list[Call]) -> str:
    taken = {call.name for call in calls}
    if name not in taken:
        return name
    return next(f"{name}:{i}" for i in count(2) if f"{name}:{i}" not in taken)
