"""A network in the manner of VGG16 as a plain list of layers, in float64: what lab 7 walks through.

Convolutions here have no bias of their own and their adjoint is the way back, so a rule of LRP is written with two
calls. Shapes: `x` (B, H, W, Ci), kernels `W` (kh, kw, Ci, Co), `R` (B, h, w, Co). ``pad`` is "same" or "valid", or
the zeros around the image, ((top, bottom), (left, right)).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toonlens.errors import UserError

if TYPE_CHECKING:
    import keras

Pad = Literal["same", "valid"]
Zeros = Sequence[Sequence[int]]


@cache
def tensorflow() -> Any:
    """The module, imported when it is needed first and with nothing printed."""
    from toonlens.startup import import_keras

    import_keras()
    import tensorflow

    return tensorflow


def conv2d(x: ArrayLike, W: ArrayLike, pad: str | Zeros, stride: int) -> NDArray[np.float64]:
    """Convolution without bias, as in Keras: x (B, H, W, Ci), W (kh, kw, Ci, Co) -> (B, h, w, Co)."""
    x, W = np.asarray(x, dtype=np.float64), np.asarray(W, dtype=np.float64)
    return tensorflow().nn.conv2d(x, W, int(stride), _padding(pad)).numpy()


def conv2d_T(R: ArrayLike, W: ArrayLike, shape: Sequence[int], pad: str | Zeros, stride: int) -> NDArray[np.float64]:
    """The adjoint of `conv2d`: R (B, h, w, Co), W (kh, kw, Ci, Co) -> ``shape``, which is (B, H, W, Ci)."""
    R, W = np.asarray(R, dtype=np.float64), np.asarray(W, dtype=np.float64)
    shape = [int(side) for side in shape]
    return tensorflow().nn.conv2d_transpose(R, W, shape, int(stride), _padding(pad)).numpy()


def _padding(pad: str | Zeros) -> Any:
    """As TensorFlow wants it."""
    return pad.upper() if isinstance(pad, str) else [[0, 0], *([int(n) for n in side] for side in pad), [0, 0]]


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes:
        name: as in the Keras model.
        kind: "conv" (dense layers too: their kernel is as large as what they read), "max" or "avg".
        W: kernel (kh, kw, Ci, Co) of a "conv".
        b: its bias (Co,).
        pad: "same" or "valid".
        stride: step of the kernel.
        k: side of the windows of a pooling layer; they do not overlap.
        relu: whether a ReLU follows.
    """

    name: str
    kind: Literal["conv", "max", "avg"]
    W: NDArray[np.float64] | None = None
    b: NDArray[np.float64] | None = None
    pad: Pad = "valid"
    stride: int = 1
    k: int = 1
    relu: bool = False


def run_layer(layer: Layer, a: NDArray) -> NDArray[np.float64]:
    """What a layer makes of its input ``a`` (B, H, W, C), its ReLU included."""
    if layer.kind == "conv":
        assert layer.W is not None
        assert layer.b is not None
        z = conv2d(a, layer.W, layer.pad, layer.stride) + layer.b
        return np.maximum(z, 0) if layer.relu else z
    nn = tensorflow().nn
    pool = nn.max_pool2d if layer.kind == "max" else nn.avg_pool2d
    return pool(np.asarray(a, dtype=np.float64), layer.k, layer.k, "VALID").numpy()


def read_layers(model: keras.Model, softmax: bool = False) -> list[Layer]:
    """The layers of a Keras model that is one chain from images to logits, first layer first.

    Args:
        model: of convolutions and dense layers with a ReLU or nothing behind them, and poolings whose windows do not
            overlap. Its output is one number per class: no softmax.
        softmax: the last layer may have a softmax, which is left out; for tests.

    Raises:
        UserError: a layer of another kind, or a softmax; the message names it.
    """
    found: list[Layer] = []
    shape = tuple(model.input_shape[1:])
    for layer in model.layers:
        kind = type(layer).__name__
        if kind in ("InputLayer", "Flatten", "Dropout"):
            continue
        last = softmax and layer is model.layers[-1]
        if (made := _read(layer, kind, shape, last)) is None:
            raise UserError(f"layer {layer.name!r} ({kind}): only convolutions, dense layers and poolings are covered")
        if isinstance(made, str):
            raise UserError(f"layer {layer.name!r}: {made}")
        found.append(made)
        shape = tuple(layer.output.shape[1:])
        shape = shape if len(shape) == 3 else (1, 1, shape[-1])
    return found


def _read(layer: Any, kind: str, shape: tuple[int, ...], softmax: bool) -> Layer | str | None:
    """The layer, or why it is not covered. ``shape`` (H, W, C) is what it reads; ``softmax``: it may have one."""
    if kind in ("Conv2D", "Dense"):
        activation = getattr(layer.activation, "__name__", "linear")  # Keras takes None for linear
        if activation not in ("relu", "linear") and not (softmax and activation == "softmax"):
            return f"a {activation} follows it; give a model that ends in logits"
        weights = [np.asarray(weight, dtype=np.float64) for weight in layer.get_weights()]
        W, b = weights[0], weights[1] if layer.use_bias else np.zeros(weights[0].shape[-1])
        if kind == "Dense":
            flat = len(layer.input.shape) == 2 and W.shape[0] == math.prod(shape)
            return Layer(layer.name, "conv", W.reshape(*shape, -1), b, relu=activation == "relu") if flat else None
        plain = layer.dilation_rate == (1, 1) and layer.groups == 1 and layer.strides[0] == layer.strides[1]
        found = Layer(layer.name, "conv", W, b, layer.padding, int(layer.strides[0]), relu=activation == "relu")
        return found if plain and layer.padding in ("same", "valid") else None
    if kind == "GlobalAveragePooling2D":
        return Layer(layer.name, "avg", k=shape[0]) if shape[0] == shape[1] else "its windows are not square"
    if kind in ("MaxPooling2D", "AveragePooling2D"):
        k = layer.pool_size[0]
        plain = layer.pool_size == layer.strides == (k, k) and shape[0] % k == shape[1] % k == 0
        return Layer(layer.name, "max" if kind[0] == "M" else "avg", k=int(k)) if plain else "its windows overlap"
    return None
