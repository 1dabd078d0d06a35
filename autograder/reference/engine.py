"""Explain a class score: one pass forward, one pass backward, a rule for every operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
import tensorflow as tf

from autograder.reference.canonise import canonise
from autograder.reference.composite import Composite, assign
from autograder.reference.graph import Graph, Tensor, read
from autograder.reference.methods import Method, method_from_name
from toonlens.arguments import Target, check_images, check_targets
from toonlens.errors import UserError

PREDICTED = -1  # stands for "the predicted class" among the targets


def explain(
    model: keras.Model,
    x: np.ndarray,
    method: str | Composite,
    target: Target = None,
    dtype: str | None = None,
    **params: Any,
) -> np.ndarray:
    """The contribution of every pixel to a class score.

    The network is run as at inference, and its softmax, if it ends in one, is left out. The first call for a model and
    a method compiles; later calls, whatever the batch size, the target or the weights by then, do not.

    Args:
        model: functional or Sequential Keras model from images to class scores or probabilities; may nest others.
        x: images (B, H, W, C), preprocessed as the network expects.
        method: a name from `METHODS`, or a composite: a sequence of (predicate, rule).
        target: class to explain; one per image (B,); None for the predicted one.
        dtype: compute in "float32" or "float64"; default: the type of the model's input.
        params: parameters of the method, such as `epsilon`, `bias` or `batchnorm`, see `methods.method_from_name`.

    Returns:
        The map (B, H, W, C). Gradients start from 1, all other methods from the score of the target.

    Raises:
        UserError: unknown method or parameter, an operation without a rule, a wrong shape, values that are not finite,
            no such class, a model that cannot be read.
    """
    return _run(model, x, method, target, dtype, params, layers=False)["input"]


def explain_layers(
    model: keras.Model,
    x: np.ndarray,
    method: str | Composite,
    target: Target = None,
    dtype: str | None = None,
    **params: Any,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The map, and the relevance at the output of every operation, from the last to the first.

    Arguments and errors as for `explain`. The operations are those that remain after BatchNorm is folded and the
    softmax left out, under their layers' names; an activation fused into a layer is called `layer/activation`.

    Returns:
        The map (B, H, W, C), and for every operation the relevance of what it makes, in that shape.
    """
    layers = _run(model, x, method, target, dtype, params, layers=True)
    return layers.pop("input"), layers


def _run(
    model: keras.Model,
    x: np.ndarray,
    method: str | Composite,
    target: Target,
    dtype: str | None,
    params: dict[str, Any],
    layers: bool,
) -> dict[str, np.ndarray]:
    graph, compiled = _compiled(model, method, dtype, params, layers)
    images = check_images(x, graph.input_shape, graph.dtype)
    targets = check_targets(target, len(images), graph.classes)
    if targets is None:
        targets = np.full(len(images), PREDICTED, np.int32)
    with _full_precision():
        relevance = compiled(tf.constant(images), tf.constant(targets))
    return {name: r.numpy() for name, r in relevance.items()}


_cache: WeakKeyDictionary[Any, dict[Any, tuple[Graph, Callable]]] = WeakKeyDictionary()


def _compiled(
    model: keras.Model, method: str | Composite, dtype: str | None, params: dict[str, Any], layers: bool
) -> tuple[Graph, Callable]:
    """The compiled function of a model and a method, from the cache if it was there.

    The cache holds no model alive: a compiled function refers to the model's variables, not to the model.
    """
    if not isinstance(model, keras.Model):
        raise UserError(f"{model!r} is not a Keras model")
    if isinstance(method, str):
        name, about = method, method_from_name(method, params)
    elif params:
        raise UserError(f"a composite has no parameters, but {', '.join(params)} was given")
    else:
        try:
            name, about = "the composite", Method(tuple((predicate, rule) for predicate, rule in method))
        except TypeError:
            raise UserError(f"method must be a name or a sequence of (predicate, rule), not {method!r}") from None
    if dtype not in (None, "float32", "float64"):
        raise UserError(f"dtype must be float32 or float64, not {dtype!r}")
    key = (about, dtype, layers)
    functions = _cache.setdefault(model, {})
    if key not in functions:
        functions[key] = _compile(model, about, name, dtype, layers)
    return functions[key]


def _compile(model: keras.Model, method: Method, name: str, dtype: str | None, layers: bool) -> tuple[Graph, Callable]:
    graph = read(model, dtype)
    graph = canonise(graph, method.gates)
    rules = assign(method.composite, graph, name)

    @tf.function(
        input_signature=[tf.TensorSpec(graph.input_shape, graph.dtype), tf.TensorSpec([None], tf.int32)],
        autograph=False,
    )
    def relevance(x: Tensor, target: Tensor) -> dict[str, Tensor]:
        tensors = graph.forward(x)
        scores = tensors[graph.output]
        target = tf.where(target == PREDICTED, tf.argmax(scores, -1, tf.int32), target)
        start = tf.one_hot(target, graph.classes, dtype=scores.dtype)
        arrived = {graph.output: start if method.start == "one" else start * scores}
        found = {}
        for op, rule in zip(reversed(graph.ops), reversed(rules), strict=True):
            r = arrived.pop(op.output)
            if layers:
                found[op.name] = r
            handed = rule(op, [tensors[number] for number in op.inputs], tensors[op.output], r)
            for number, r_in in zip(op.inputs, handed, strict=True):
                arrived[number] = arrived[number] + r_in if number in arrived else r_in
        return found | {"input": arrived[0] * x if method.times_input else arrived[0]}

    return graph, relevance


@contextmanager
def _full_precision() -> Iterator[None]:
    """On a GPU, multiply in float32 and not in TF32, whose ten bits show in the map."""
    config = tf.config.experimental
    before = config.tensor_float_32_execution_enabled()
    config.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        config.enable_tensor_float_32_execution(before)
