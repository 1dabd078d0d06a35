"""Explain a class score: a walk is one pass forward and one backward, with a rule for every operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
import tensorflow as tf

from autograder.reference.canonise import canonise
from autograder.reference.composite import Composite, assign, check_composite
from autograder.reference.graph import Graph, Tensor, read
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
    a method compiles; later calls, whatever the batch size, the target or the weights by then, do not.

    Args:
        model: functional or Sequential Keras model from images to class scores or probabilities; may nest others.
        x: images (B, H, W, C), preprocessed as the network expects.
        method: a name from `METHODS`, or a composite: a sequence of (predicate, rule), such as
            ``lrp((first, ZBox(low, high)), (conv, AlphaBeta(2, 1)), (dense, Epsilon(0.1)))`` or a list written in full,
            see `composite`.
        target: class to explain; one per image (B,); None for the predicted one; or a `Contrast` of two classes.
        dtype: compute in "float32" or "float64"; default: the type of the model's input.
        params: parameters of the method, such as `epsilon`, `bias` or `batchnorm`, see `methods.method_from_name`.

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
    name, about = _method(method, params)
    if layers and (about.average or isinstance(about.readout, GradCam)):
        raise UserError(f"{name} has no relevance at the operations: it is not one walk down to the image; use explain")
    graph, walk = _compiled(model, name, about, dtype, layers)
    images = check_images(x, graph.input_shape, graph.dtype)
    ends = _ends(target, len(images), graph.classes)
    with _full_precision():
        if about.average:
            return _averaged(walk, images, ends, about.average), {}
        relevance, by_layer, _ = walk(tf.constant(images), tf.constant(ends))
        return relevance.numpy(), {name: r.numpy() for name, r in by_layer.items()}


def _method(method: str | Composite, params: dict[str, Any]) -> tuple[str, Method]:
    """Name and method, from a name or from a composite of one's own."""
    if isinstance(method, str):
        return method, method_from_name(method, params)
    if params:
        raise UserError(f"a composite has no parameters, but {', '.join(params)} was given")
    return "the composite", Method(check_composite(method))


PREDICTED, NOBODY = -2, -1  # among the classes: the predicted one; none (its one-hot row is zero)


def _ends(target: Target | Contrast, images: int, classes: int) -> np.ndarray:
    """The two classes (B, 2) that the walk of every image starts from: the one for, the one against."""
    is_contrast = isinstance(target, Contrast)
    pair = (target.target, target.against) if isinstance(target, Contrast) else (target, None)
    ends = np.tile(np.array([PREDICTED, NOBODY], np.int32), (images, 1))
    for column, (side, value) in enumerate(zip(("target", "against"), pair, strict=True)):
        if is_contrast and value is None:
            raise UserError(f"a Contrast is between two given classes, but its {side} is None")
        try:
            checked = check_targets(value, images, classes)
        except UserError as error:
            raise UserError(f"{side}: {error}" if is_contrast else str(error)) from None
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
_graphs: WeakKeyDictionary[Any, dict[Any, Graph]] = WeakKeyDictionary()
_walks: WeakKeyDictionary[Any, dict[Any, Walk]] = WeakKeyDictionary()


def _compiled(model: keras.Model, name: str, method: Method, dtype: str | None, layers: bool) -> tuple[Graph, Walk]:
    """The graph of a model and the compiled walk of a method, from the cache if they were there.

    A walk is found again by the rules that the composite comes to, whatever its predicates are. The cache holds no
    model alive: graphs and compiled functions refer to the model's variables, not to the model.
    """
    graphs, walks = _graphs.setdefault(model, {}), _walks.setdefault(model, {})
    made_by = (dtype, method.gates)
    if made_by not in graphs:
        graphs[made_by] = canonise(read(model, dtype), method.gates)
    graph = graphs[made_by]
    rules = tuple(assign(method.composite, graph, name))
    key = (made_by, rules, method.start, method.readout, layers)
    try:
        known = key in walks
    except TypeError:
        unhashable = next(rule for rule in rules if type(rule).__hash__ is None)
        raise UserError(f"{type(unhashable).__name__} cannot be a rule: make it a frozen dataclass") from None
    if not known:
        walks[key] = _compile(graph, rules, method.start, method.readout, layers)
    return graph, walks[key]


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
                handed = rule(op, [value(number) for number in op.inputs], tensors[op.output], r)
            if not isinstance(handed, list | tuple) or len(handed) != len(op.inputs):
                raise UserError(f"the rule for '{op.name}' must return a list: the relevance of each input")
            for number, r_in in zip(op.inputs, handed, strict=True):
                arrived[number] = arrived[number] + r_in if number in arrived else r_in
        return readout(x, tensors[last], arrived[last]), found, ends

    return walk.get_concrete_function()


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
