"""Explain a class score: a walk is one pass forward and one backward, with a rule for every operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
import tensorflow as tf

from autograder.reference.canonise import canonise
from autograder.reference.composite import Composite, assign, check_composite
from autograder.reference.graph import Graph, Op, Tensor, read
from autograder.reference.maps import Arrived, GradCam, Noise, Path
from autograder.reference.methods import Method, method_from_name
from autograder.reference.rules import Rule
from toonlens.arguments import Target, check_images, check_targets
from toonlens.errors import UserError


def explain(
    model: keras.Model,
    x: np.ndarray,
    method: str | Composite,
    target: Target | Contrast = None,
    dtype: str | None = None,
    **params: Any,
) -> np.ndarray:
    """The contribution of every pixel to a class score.

    The network is run as at inference, and its softmax, if it ends in one, is left out. The first call for a model and
    a method compiles; later calls, whatever the batch size, the target or the weights by then, do not, unless a layer
    or an activation of the model was exchanged. Write rules of your own as frozen dataclasses: equal ones are found
    again, while a new lambda compiles anew, and one that holds the model keeps it in memory.

    Args:
        model: functional or Sequential Keras model from images to class scores or probabilities; may nest others.
        x: images (B, H, W, C), preprocessed as the network expects.
        method: a name from `METHODS`, or a composite: a sequence of (predicate, rule), such as
            ``lrp((first, ZBox(low, high)), (conv, AlphaBeta(2, 1)), (dense, Epsilon(0.1)))`` or a list written in full,
            see `composite`.
        target: class to explain; one per image (B,); None for the predicted one; or a `Contrast` of two classes.
        dtype: compute in "float32" or "float64"; default: the type of the model's input.
        params: parameters of the method, such as `epsilon`, `bias` or `batchnorm`, see `methods.method_from_name`.
            For a composite only ``batchnorm="threshold"``: take BatchNorm and ReLU into the operation that follows,
            which a rule that divides by z needs on DenseNet.

    Returns:
        The map (B, H, W, C). Gradients (Grad-CAM among them) start from 1, all other methods from the score of the
        target.

    Raises:
        UserError: unknown method or parameter, an operation without a rule, a wrong shape, values that are not finite,
            no such class, a model that cannot be read.
    """
    return _run(model, x, method, target, dtype, params, layers=False)[0]


def explain_layers(
    model: keras.Model,
    x: np.ndarray,
    method: str | Composite,
    target: Target | Contrast = None,
    dtype: str | None = None,
    **params: Any,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The map, and the relevance at the output of every operation, from the last to the first.

    Arguments and errors as for `explain`, and an error for smoothgrad, integrated_gradients and grad_cam, which are not
    one walk down to the image. The operations are those that remain after BatchNorm is folded and the softmax left
    out, under their layers' names; an activation fused into a layer is called `layer/activation`.

    Returns:
        The map (B, H, W, C), and for every operation the relevance of what it makes, in that shape.
    """
    return _run(model, x, method, target, dtype, params, layers=True)


@dataclass(frozen=True)
class Contrast:
    """Explain the score of `target` against that of `against`: what speaks for the one and not for the other.

    The walk starts from both: the score of `target` and minus the score of `against` (1 and -1 for gradients). For a
    method that is linear in its start (gradients, LRP) this is the map of `target` minus the map of `against`; it is
    not for the deconvnet, guided backpropagation and Grad-CAM, which cut negative values off.

    Attributes:
        target: a class, or one per image (B,).
        against: a class, or one per image (B,), nowhere the same as `target`.
    """

    target: int | Sequence[int] | np.ndarray
    against: int | Sequence[int] | np.ndarray


def _run(
    model: keras.Model,
    x: np.ndarray,
    method: str | Composite,
    target: Target | Contrast,
    dtype: str | None,
    params: dict[str, Any],
    layers: bool,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    if not isinstance(model, keras.Model):
        raise UserError(f"{model!r} is not a Keras model")
    if dtype not in (None, "float32", "float64"):
        raise UserError(f"dtype must be float32 or float64, not {dtype!r}")
    name, fixed = _method(method, params)
    if layers and (fixed.average or isinstance(fixed.readout, GradCam)):
        raise UserError(f"{name} has no relevance at the operations: it is not one walk down to the image; use explain")
    cache = _cache(model)
    graph = cache.graph(model, dtype, fixed.gates)
    images = check_images(x, graph.input_shape, graph.dtype)
    ends = _ends(target, len(images), graph.classes)
    walk = cache.walk(graph, name, fixed, layers)
    with _full_precision():
        if fixed.average:
            return _averaged(walk, images, ends, fixed.average), {}
        relevance, by_layer, _ = walk(tf.constant(images), tf.constant(ends))
        return relevance.numpy(), {name: r.numpy() for name, r in by_layer.items()}


def _method(method: str | Composite, params: dict[str, Any]) -> tuple[str, Method]:
    """Name and method, from a name or from a composite of one's own."""
    if isinstance(method, str):
        return method, method_from_name(method, params)
    composite = check_composite(method)
    if params not in ({}, {"batchnorm": "threshold"}):
        given = ", ".join(f"{key}={value!r}" for key, value in params.items())
        raise UserError(f'a composite has no parameter but batchnorm="threshold", and {given} was given')
    return "the composite", Method(composite, gates=bool(params))


PREDICTED, NOBODY = -2, -1  # among the classes: the predicted one; none (its one-hot row is zero)


def _ends(target: Target | Contrast, images: int, classes: int) -> np.ndarray:
    """The two classes (B, 2) that the walk of every image starts from: the one for, the one against."""
    is_contrast = isinstance(target, Contrast)
    pair = (target.target, target.against) if isinstance(target, Contrast) else (target, None)
    ends = np.tile(np.array([PREDICTED, NOBODY], np.int32), (images, 1))
    for column, (side, value) in enumerate(zip(("target", "against"), pair, strict=True)):
        if is_contrast and value is None:
            raise UserError(f"a Contrast is between two given classes, but its {side} is None")
        checked = check_targets(value, images, classes, name=side)
        if checked is not None:
            ends[:, column] = checked
    same = ends[:, 0] == ends[:, 1]
    if same.any():
        raise UserError(f"a Contrast of class {ends[same][0, 0]} with itself, first for image {same.argmax()}")
    return ends


AT_ONCE = 32  # images in one walk, where a method averages over many; memory does not grow with their number


def _averaged(walk: Walk, images: np.ndarray, ends: np.ndarray, average: Path | Noise) -> np.ndarray:
    """The map of a method that averages over walks from other images than its own."""
    if (ends == PREDICTED).any():  # predicted for the image itself, not for what is walked from
        ends = walk(tf.constant(images), tf.constant(ends))[2].numpy()
    total = np.zeros(images.shape)
    together = max(1, AT_ONCE // len(images))
    for start in range(0, average.walks, together):
        walks = range(start, min(start + together, average.walks))
        points = np.concatenate([average.images(images, k) for k in walks])
        maps = walk(tf.constant(points), tf.constant(np.tile(ends, (len(walks), 1))))[0].numpy()
        total += maps.reshape(len(walks), *images.shape).sum(0)
    return average.map(images, (total / average.walks).astype(images.dtype))


Walk = Callable[[Tensor, Tensor], tuple[Tensor, dict[str, Tensor], Tensor]]  # the map, by layer, the classes


@dataclass
class _Cache:
    """What was compiled for a model, as long as it has the same layers, activations and variables.

    It holds no model alive: graphs and compiled functions refer to the model's variables, not to the model.
    """

    parts: list[Any]
    graphs: dict[Any, Graph] = field(default_factory=dict)
    walks: dict[Any, Walk] = field(default_factory=dict)

    def graph(self, model: keras.Model, dtype: str | None, gates: bool) -> Graph:
        """The canonised graph of the model."""
        if (dtype, gates) not in self.graphs:
            self.graphs[dtype, gates] = canonise(read(model, dtype), gates)
        return self.graphs[dtype, gates]

    def walk(self, graph: Graph, name: str, method: Method, layers: bool) -> Walk:
        """The compiled walk of a method. It is found again by the rules that the composite comes to."""
        rules = tuple(assign(method.composite, graph, name))
        for rule in rules:
            try:
                hash(rule)
            except TypeError:
                raise UserError(f"{type(rule).__name__} cannot be a rule: make it a frozen dataclass") from None
        key = (graph, rules, method.start, method.readout, layers)
        if key not in self.walks:
            self.walks[key] = _compile(graph, rules, method.start, method.readout, layers)
        return self.walks[key]


_caches: WeakKeyDictionary[Any, _Cache] = WeakKeyDictionary()


def _cache(model: keras.Model) -> _Cache:
    """The cache of a model, a new one if something in the model was exchanged."""
    parts = list(_parts(model))
    if model not in _caches or _caches[model].parts != parts:
        _caches[model] = _Cache(parts)
    return _caches[model]


def _parts(model: keras.Model) -> Iterator[Any]:
    """What the cache must notice: the numbers of layers, activations and variables, nested models included."""
    for layer in model.layers:
        yield id(layer), id(getattr(layer, "activation", None)), *map(id, layer.weights)
        if isinstance(layer, keras.Model):
            yield from _parts(layer)


def _compile(graph: Graph, rules: Sequence[Rule], start: str, readout: Arrived, layers: bool) -> Walk:
    """The walk as one function, traced here and once, for any number of images."""
    relus = {op.output: op for op in graph.ops if op.kind == "relu"}

    @tf.function(
        input_signature=[tf.TensorSpec(graph.input_shape, graph.dtype), tf.TensorSpec([None, 2], tf.int32)],
        autograph=False,
    )
    def walk(x: Tensor, ends: Tensor) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        tensors = graph.forward(x)
        scores = tensors[graph.output]
        ends = tf.where(ends == PREDICTED, tf.argmax(scores, -1, tf.int32)[:, None], ends)
        for_it, against = tf.unstack(tf.one_hot(ends, graph.classes, dtype=scores.dtype), axis=1)
        arrived = {graph.output: (for_it - against) * (scores if start == "score" else 1)}
        last = readout.end(graph, tensors)
        found = {}

        def value(number: int) -> Tensor:
            """A tensor that a rule reads. A ReLU's output is computed again, so as not to keep it beside its input."""
            relu = relus.get(number)
            return relu.forward(tensors[relu.inputs[0]]) if relu else tensors[number]

        for op, rule in zip(reversed(graph.ops), reversed(rules), strict=True):
            if op.output == last:
                break
            r = arrived.pop(op.output)
            if layers:
                found[op.name] = r
            with tf.control_dependencies([r]):  # nothing of a rule is computed, and kept, before its turn
                handed = _apply(rule, op, [value(number) for number in op.inputs], tensors[op.output], r)
            for number, r_in in zip(op.inputs, handed, strict=True):
                arrived[number] = arrived[number] + r_in if number in arrived else r_in
        return readout(x, tensors[last], arrived[last]), found, ends

    return walk.get_concrete_function()


def _apply(rule: Rule, op: Op, xs: list[Tensor], z: Tensor, r: Tensor) -> list[Tensor]:
    """What the rule hands on.

    Raises:
        UserError: the rule fails on this operation, or returns something else than the relevance of each input.
    """
    who = f"the rule {getattr(rule, '__name__', type(rule).__name__)} for '{op.name}' ({op.kind})"
    try:
        handed = rule(op, xs, z, r)
    except UserError:
        raise
    except Exception as error:  # a rule may be the user's
        reason = str(error).partition("\n")[0]
        raise UserError(f"{who} fails: {type(error).__name__}: {reason}") from error
    shapes = [x.shape for x in xs]
    try:
        fits = len(handed) == len(xs) and all(
            tf.convert_to_tensor(r_in, x.dtype).shape.is_compatible_with(x.shape)
            for r_in, x in zip(handed, xs, strict=True)
        )
    except (TypeError, ValueError):
        fits = False
    if not fits or not isinstance(handed, list | tuple):
        raise UserError(f"{who} must return a list, the relevance of each input, of shapes {_shapes(shapes)}")
    return list(handed)


def _shapes(shapes: Sequence[Any]) -> str:
    return ", ".join(f"({', '.join('B' if n is None else str(n) for n in shape)})" for shape in shapes)


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
