"""A canonised network as a flat Keras model, so that other libraries can be asked about the very same network.

Peers such as iNNvestigate and zennit have rules for convolutions and Dense layers, and either none or a wrong one for
BatchNorm. What is compared with them is therefore the network that `canonise` makes, written out again as Keras layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from autograder.reference.canonise import canonise
from autograder.reference.graph import Activation, BatchNorm, Conv, Dense, Linear, Op, Sum, read
from toonlens.errors import UserError
from toonlens.keras_graph import call_graph

layers = keras.layers


def folded(model: keras.Model, dtype: str = "float32") -> keras.Model:
    """The network as `explain` sees it: flat, its softmax off, every BatchNorm folded that a neighbour can take in.

    The graph is that of `canonise` without gates, so that the BatchNorms of DenseNet in front of a ReLU stay; each
    operation becomes one layer, named after the one it comes from, a convolution with padding of its own two. Every
    activation is a layer of its own.

    Args:
        model: functional or Sequential Keras model from images to class scores or probabilities; may nest others.
        dtype: type of the weights and of the computation, "float32" or "float64".

    Returns:
        A functional model from images (B, H, W, C) to scores (B, classes), with weights of its own.

    Raises:
        UserError: the model cannot be read, or has an operation that is neither a layer nor a sum.
    """
    graph = canonise(read(model, dtype), gates=False)
    origin = {call.name: call.operation for call in call_graph(model).calls}
    start = keras.Input(graph.input_shape[1:], dtype=dtype)
    tensors = {0: start}
    for op in graph.ops:
        tensor = [tensors[number] for number in op.inputs]
        for layer, weights in _layers(op, origin, dtype):
            tensor = layer(tensor if isinstance(layer, layers.Concatenate | layers.Add) else tensor[0])
            layer.set_weights(weights)
            tensor = [tensor]
        (tensors[op.output],) = tensor
    return keras.Model(start, tensors[graph.output], name=f"{model.name}_folded")


def _layers(op: Op, origin: Mapping[str, Any], dtype: str) -> list[tuple[keras.Layer, list[Any]]]:
    """The layers that do what `op` does, one feeding the next, each with its weights."""
    about: dict[str, Any] = {"name": op.name.replace("/", "_").replace(":", "_"), "dtype": dtype}
    if isinstance(op, Linear):
        weights = [w().numpy() for w in (op.weight, op.offset) if w]
        about["use_bias"] = op.offset is not None
        if isinstance(op, Dense):
            return [(layers.Dense(weights[0].shape[-1], **about), weights)]
        assert isinstance(op, Conv)
        *size, _, filters = weights[0].shape
        if isinstance(op.padding, str):
            return [(layers.Conv2D(filters, size, op.strides, op.padding.lower(), **about), weights)]
        pad = layers.ZeroPadding2D(op.padding[1:3], name=f"{about['name']}_pad", dtype=dtype)
        return [(pad, []), (layers.Conv2D(filters, size, op.strides, "valid", **about), weights)]
    if isinstance(op, BatchNorm):  # g x + c, with nothing left to normalise
        ones, shift = keras.ops.ones_like(op.scale()), op.shift()
        weights = [array.numpy() for array in (op.scale(), shift, 0 * ones, ones)]
        return [(layers.BatchNormalization(epsilon=0.0, **about), weights)]
    if isinstance(op, Activation) and not op.kind.startswith("custom"):
        source = origin.get(op.name)
        if source is None or op.kind == "relu":
            return [(layers.Activation(op.kind, **about), [])]
    if isinstance(op, Sum):
        return [(layers.Add(**about), [])]
    source = origin.get(op.name)
    if not isinstance(source, keras.Layer):
        raise UserError(f"'{op.name}' ({op.kind}) cannot be written as a layer: use the layer of that name instead")
    return [(type(source).from_config(source.get_config() | about), source.get_weights())]
