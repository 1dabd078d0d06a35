"""The visible checks of lab 5. What they compute is the two sides of a law, on small networks made for it.

A network is described by a *plan*: ``{"shape": [H, W, 3], "layers": [...]}``, each layer a dict with its ``name``,
``kind``, ``inputs`` (names, "image" for the picture) and arrays. `tiny_network` makes a Keras model of it.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toonlens.laws import Checked, close
from toonlens.startup import import_keras

Plan = dict[str, Any]
BATCHNORM_EPSILON = 1.001e-5
MODES = ("grad", "deconv", "guided")
ALONE = "an image is explained by itself, whatever else is in its batch"


# Small networks


def tiny_network(plan: Plan) -> Any:
    """The Keras model that a plan describes, from preprocessed pictures to its last layer."""
    keras = import_keras()
    tensors = {"image": keras.Input([int(side) for side in plan["shape"]], name="image")}
    for described in plan["layers"]:
        layer, weights = _keras_layer(keras, described)
        inputs = [tensors[name] for name in described["inputs"]]
        tensors[described["name"]] = layer(inputs if len(inputs) > 1 else inputs[0])
        layer.set_weights(weights)
    return keras.Model(tensors["image"], tensors[plan["layers"][-1]["name"]])


def _keras_layer(keras: Any, about: dict[str, Any]) -> tuple[Any, list[NDArray]]:
    layers, name, kind = keras.layers, about["name"], about["kind"]
    activation = about.get("activation", "linear")
    if kind == "conv":
        size, _, _, channels = about["W"].shape
        options = {"strides": int(about["stride"]), "padding": about["padding"], "activation": activation}
        return layers.Conv2D(channels, size, name=name, **options), [about["W"], about["b"]]
    if kind == "dense":
        return layers.Dense(about["W"].shape[1], activation=activation, name=name), [about["W"], about["b"]]
    if kind == "batchnorm":
        norm = layers.BatchNormalization(epsilon=BATCHNORM_EPSILON, name=name)
        return norm, [about[part] for part in ("gamma", "beta", "mean", "variance")]
    made = {
        "activation": lambda: layers.Activation(activation, name=name),
        "pool": lambda: layers.MaxPooling2D(int(about["size"]), int(about["stride"]), name=name),
        "add": lambda: layers.Add(name=name),
        "concatenate": lambda: layers.Concatenate(name=name),
        "average": lambda: layers.GlobalAveragePooling2D(name=name),
    }
    return made[kind](), []


def conv(rng: np.random.Generator, name: str, below: str, sizes: Sequence[int], **more: Any) -> dict[str, Any]:
    """A random convolution; sizes: kernel, channels in, channels out."""
    size, inputs, outputs = sizes
    W = rng.normal(size=(size, size, inputs, outputs)) * np.sqrt(2 / (size * size * inputs))
    made = {"name": name, "kind": "conv", "inputs": [below], "W": W, "b": 0.2 * rng.normal(size=outputs)}
    return made | {"stride": 1, "padding": "same", "activation": "linear"} | more


def dense(rng: np.random.Generator, name: str, below: str, sizes: Sequence[int], **more: Any) -> dict[str, Any]:
    """A random dense layer; sizes: inputs, outputs."""
    W, b = rng.normal(size=sizes) * np.sqrt(2 / sizes[0]), 0.2 * rng.normal(size=sizes[1])
    return {"name": name, "kind": "dense", "inputs": [below], "W": W, "b": b, "activation": "linear"} | more


def batchnorm(rng: np.random.Generator, name: str, below: str, channels: int) -> dict[str, Any]:
    """A BatchNorm with scales of both signs and statistics that no batch has."""
    gamma = (0.6 + rng.random(channels)) * rng.permutation(np.resize([1.0, 1.0, -1.0], channels))
    beta, mean = 0.3 * rng.normal(size=channels), 0.5 * rng.normal(size=channels)
    variance = 0.5 + rng.random(channels)
    made = {"name": name, "kind": "batchnorm", "inputs": [below], "gamma": gamma, "beta": beta}
    return made | {"mean": mean, "variance": variance}


def relu(name: str, below: str) -> dict[str, Any]:
    """A ReLU in a layer of its own."""
    return {"name": name, "kind": "activation", "inputs": [below], "activation": "relu"}


def plain_plan(rng: np.random.Generator, side: int = 8) -> Plan:
    """A little VGG: convolutions with fused ReLUs, max-pooling, two dense layers, softmax."""
    layers = [
        conv(rng, "conv1", "image", (3, 3, 6), activation="relu"),
        conv(rng, "conv2", "conv1", (3, 6, 6), activation="relu"),
        {"name": "pool", "kind": "pool", "inputs": ["conv2"], "size": 2, "stride": 2},
        conv(rng, "conv3", "pool", (3, 6, 8), activation="relu"),
        {"name": "average", "kind": "average", "inputs": ["conv3"]},
        dense(rng, "fc", "average", (8, 7), activation="relu"),
        dense(rng, "predictions", "fc", (7, 4), activation="softmax"),
    ]
    return {"shape": [side, side, 3], "layers": layers}


def branched_plan(rng: np.random.Generator, side: int = 8) -> Plan:
    """A little of ResNet and of DenseNet: BatchNorm, ReLUs of their own, Add and Concatenate, softmax."""
    layers = [
        conv(rng, "conv1", "image", (3, 3, 6)),
        batchnorm(rng, "norm1", "conv1", 6),
        relu("relu1", "norm1"),
        {"name": "pool1", "kind": "pool", "inputs": ["relu1"], "size": 2, "stride": 2},
        conv(rng, "conv2", "pool1", (3, 6, 6)),
        {"name": "add", "kind": "add", "inputs": ["pool1", "conv2"]},
        relu("relu2", "add"),
        batchnorm(rng, "norm3", "relu2", 6),
        relu("relu3", "norm3"),
        conv(rng, "conv3", "relu3", (1, 6, 4)),
        {"name": "concat", "kind": "concatenate", "inputs": ["relu2", "conv3"]},
        relu("relu4", "concat"),
        {"name": "average", "kind": "average", "inputs": ["relu4"]},
        dense(rng, "predictions", "average", (10, 4), activation="softmax"),
    ]
    return {"shape": [side, side, 3], "layers": layers}


def positive(plan: Plan) -> Plan:
    """The same network with no negative weight, so that every unit is on where the picture is positive."""
    made = []
    for layer in plan["layers"]:
        changed = {key: np.abs(layer[key]) for key in ("W", "b", "gamma", "beta") if key in layer}
        if layer["kind"] == "batchnorm":
            changed["mean"] = -np.abs(layer["mean"])
        made.append(layer | changed)
    return {**plan, "layers": made}


def with_layer(plan: Plan, name: str, **changed: NDArray) -> Plan:
    """The same network with other arrays in one layer."""
    return {**plan, "layers": [{**layer, **changed} if layer["name"] == name else layer for layer in plan["layers"]]}


class Through:
    """``run(function, *args)``, looking to a check like the student's function itself.

    Models cannot be copied or compared, so a check hands over arrays and ``run`` knows the model.
    """

    def __init__(self, function: Callable[..., Any], run: Callable[..., Any]):
        self.function, self.run = function, run
        self.__code__ = getattr(function, "__code__", None)

    def __call__(self, *args: Any) -> Any:
        return self.run(self.function, *args)


@cache
def _tensorflow() -> Any:
    import_keras()
    import tensorflow

    return tensorflow


def _intact(f: Checked, model: Any, before: list[NDArray]) -> None:
    same = all(np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True))
    f.law(
        "the model stays as it is",
        same,
        "the model has other weights after the call than before",
        "looking at a network does not change it; BatchNorm's statistics stay too",
        "do you call it with training=True, or set its weights?",
    )


def _part(model: Any, layer: str) -> Any:
    return import_keras().Model(model.input, model.get_layer(layer).output)


# No exercise waits for another: the grader lends what earlier exercises make, as numbers

Lent = Mapping[str, Any]  # "gates": mode -> what a ReLU hands on of R; "place": row and column of the unit


def _made_of(lent: Lent) -> dict[str, Callable[..., Any]]:
    """Functions that do what the numbers say, in the place of `relu_with` and `seed_unit`."""
    tf = _tensorflow()

    def relu_with(mode: str) -> Any:
        table = tf.constant(lent["gates"][mode], tf.float32)  # rows: unit off, on; columns: R not positive, positive

        @tf.custom_gradient
        def relu(z: Any) -> Any:
            def back(R: Any) -> Any:
                return R * tf.gather_nd(table, tf.cast(tf.stack([z > 0, R > 0], axis=-1), tf.int32))

            return tf.nn.relu(z), back

        return relu

    def seed_unit(A: Any, ch: int) -> NDArray:
        A = np.asarray(A)
        unit = (0, *lent["place"], ch)
        seed = np.zeros_like(A)
        seed[unit] = A[unit]
        return seed

    return {"relu_with": relu_with} | ({"seed_unit": seed_unit} if "place" in lent else {})


@contextmanager
def _lending(function: Callable[..., Any], lent: Lent | None) -> Iterator[None]:
    """Lent functions in the place of the notebook's own, for as long as this lasts; None lends nothing."""
    made = _made_of(lent) if lent is not None else {}
    names = getattr(inspect.unwrap(function), "__globals__", {})
    own = {name: names[name] for name in made if name in names}
    names.update(made)
    try:
        yield
    finally:
        for name in made:
            del names[name]
        names.update(own)


# What the grader asks for: arrays in, arrays out


def probe_record(record: Callable, plan: Plan, x: NDArray) -> Any:
    """``record`` on the network of a plan."""
    return record(tiny_network(plan), np.asarray(x, np.float32))


def probe_relu(relu_with: Callable, mode: str, z: NDArray, R: NDArray) -> dict[str, Any]:
    """What ``relu_with(mode)`` gives for z, and what it hands back of R."""
    tf = _tensorflow()
    relu_of_mode = relu_with(mode)
    inputs = tf.constant(z, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = relu_of_mode(inputs)
    handed = tape.gradient(outputs, inputs, output_gradients=tf.constant(R, tf.float32))
    return {"forward": np.asarray(outputs), "backward": None if handed is None else np.asarray(handed)}


def probe_project(
    project: Callable, plan: Plan | Any, x: NDArray, layer: str, ch: int, mode: str, lent: Lent | None = None
) -> Any:
    """``project`` on a model, or on the network of a plan."""
    model = tiny_network(plan) if isinstance(plan, dict) else plan
    with _lending(project, lent):
        return project(model, np.asarray(x, np.float32), layer, int(ch), mode)


def probe_saliency(guided: Callable, plan: Plan, x: NDArray, c: NDArray, *mode: str, lent: Lent | None = None) -> Any:
    """``guided_saliency``, or a function like it, on the network of a plan."""
    with _lending(guided, lent):
        return guided(tiny_network(plan), np.asarray(x, np.float32), np.asarray(c), *mode)


# Exercise 1

AT_ONCE = (
    "does that line call layers one by one? not each reads the one before it, and an input layer cannot be called: "
    "ask one model for all outputs"
)


def check_record(record: Callable) -> None:
    """Laws of `record(model, x)`: every layer, and each record follows from those below it."""
    f = Checked("record", Through(record, lambda own, which, x: own(models[which], x)), returns="a dict")
    plans = [branched_plan(np.random.default_rng(51)), plain_plan(np.random.default_rng(52), side=6)]
    models = [tiny_network(plan) for plan in plans]
    for which, (plan, model) in enumerate(zip(plans, models, strict=True)):
        before = model.get_weights()
        x = np.random.default_rng(53).normal(size=(2, *plan["shape"])).astype(np.float32)
        found = _entries(f, f.raw(which, x, next_step=AT_ONCE), model, 2)
        f.law(
            "the image comes first",
            close(found["image"], x),
            "the entry of the input layer is not the picture that went in",
            "record[name] is what layer `name` gave for this x; an input layer gives x itself",
            "look at what you hand to the model",
        )
        for layer in plan["layers"]:
            inputs = [np.float32(found[name]) for name in layer["inputs"]]
            given = model.get_layer(layer["name"])(inputs if len(inputs) > 1 else inputs[0], training=False)
            f.law(
                "each record follows from those below",
                close(found[layer["name"]], np.asarray(given)),
                f"running layer '{layer['name']}' ({layer['kind']}) on the records below it gives something else",
                "a record is the layer's output at inference, after the activation that the layer has itself",
                "does BatchNorm use its stored statistics? call the model with training=False"
                if layer["kind"] == "batchnorm"
                else "is each layer fed with its own inputs? they need not come from the layer before it in the list",
            )
        single = _entries(f, f.raw(which, x[1:]), model, 1)
        f.law(
            "batch independence",
            all(close(single[name], found[name][1:], 1e-3) for name in found),
            "an image alone gives other activations than the same image in a batch",
            "at inference no image knows of the others",
            "BatchNorm must run with its stored statistics: training=False",
        )
        _intact(f, model, before)
    f.passed()


def _entries(f: Checked, result: Any, model: Any, batch: int) -> dict[str, NDArray]:
    if not isinstance(result, dict):
        f.broken(
            f"a {type(result).__name__} came back",
            "record returns a dict: layer name -> activations",
            "pair names and outputs; dict(zip(names, outputs)) makes a dict of two lists",
        )
    names = [layer.name for layer in model.layers]
    missing, more = [n for n in names if n not in result], [str(n) for n in result if n not in names]
    if missing or more:
        what = f"'{missing[0]}' is missing" if missing else f"'{more[0]}' is no layer"
        f.broken(
            f"of {len(names)} layers {len(names) - len(missing)} have an entry; {what}",
            "one entry for every layer, under its name, the input layer included",
            "compare your keys with [layer.name for layer in model.layers]",
        )
    for layer in model.layers:
        given, due = np.shape(result[layer.name]), (batch, *layer.output.shape[1:])
        if given != due:
            f.broken(
                f"the entry '{layer.name}' has shape {given}, and {due} is due",
                "a record has the shape of its layer's output, one row per image",
                "is it the output of another layer, or is the batch axis missing?",
            )
    return {layer.name: f.array(result[layer.name], (batch, *layer.output.shape[1:])) for layer in model.layers}


# Exercise 2


def check_seed_unit(seed_unit: Callable) -> None:
    """Laws of `seed_unit(A, ch)`: one place, one channel, the value that is there."""
    f = Checked("seed_unit", seed_unit)
    rng = np.random.default_rng(54)
    relus = np.maximum(rng.normal(size=(1, 5, 7, 4)), 0)
    relus[..., 2] *= 0.2  # the channel that is asked for is not the loudest
    signed = rng.normal(size=(1, 6, 4, 3)) - 0.4
    signed[0, 1, 1, 1] = -9.0  # the largest magnitude is not the strongest activation
    below_zero = -1 - rng.random((1, 3, 4, 2))
    for A, ch in ((relus, 2), (signed, 1), (below_zero, 0), (relus, 0)):
        seed = f(A, ch, shape=A.shape)
        kept = np.argwhere(seed != 0)
        f.law(
            "one unit",
            len(kept) == 1,
            f"{len(kept)} of {seed.size} values are not zero",
            "a seed holds one unit: one place in one channel",
            "where is the maximum taken: over the places of one channel, or over more?",
        )
        f.law(
            "of the channel asked for",
            bool((kept[:, 3] == ch).all()),
            "the value that was kept belongs to another channel",
            "the seed lies in channel ch",
            "which axis is the channel's?",
        )
        f.law(
            "with its value",
            close(seed[tuple(kept[0])], A[tuple(kept[0])], 1e-6),
            "what stands at the kept place is not the activation there",
            "the seed keeps the activation itself, at its own place",
            "do you put 1 there, or the value of another place?",
        )
        f.law(
            "the strongest",
            bool((A[..., ch] <= A[tuple(kept[0])] + 1e-6).all()),
            "some place of the channel has a larger activation than the one that was kept",
            "strongest: the largest value of the channel, which is not the largest magnitude",
            "is there an abs? and does the place that you compute belong to this channel alone?",
        )
    silent = np.zeros((1, 3, 3, 2))
    f.law(
        "a silent channel gives nothing",
        not f(silent, 1, shape=silent.shape).any(),
        "a channel of zeros gave a seed that is not zero",
        "the seed keeps an activation; where there is none it stays zero",
        "copy the value from A in place of writing one",
    )
    f.passed()


# Exercise 3


def check_receptive_field(receptive_field: Callable, unit_box: Callable) -> None:
    """Laws of `receptive_field(specs)` and `unit_box(specs, u, side)`: what changes nothing lies outside."""
    f = Checked("receptive_field", receptive_field, returns="three whole numbers")
    cases = [
        [(3, 1, 1)],
        [(3, 1, 1), (3, 1, 1), (2, 2, 0), (3, 1, 1)],
        [(1, 1, 3), (7, 2, 0), (1, 1, 1), (3, 2, 0), (3, 1, 1)],
        [(5, 2, 2), (2, 2, 0), (3, 1, 1)],
        [(3, 1, 1), (1, 2, 0), (3, 1, 1)],
        [(3, 2, 1), (3, 2, 1), (3, 1, 1)],
    ]
    side = 96
    for specs in cases:
        size, jump, start = f.array(f.raw(specs), (3,))
        seen = _seen_by(specs, side)
        u = len(seen) // 2
        first, past = _span(seen[u])
        f.law(
            "changes outside change nothing, those at both ends do",
            size == past - first,
            f"with {len(specs)} layers the size is {'too small' if size < past - first else 'too large'}",
            "the window runs from the first pixel that can change the unit to the last",
            "by how many pixels does a kernel reach further, if its inputs are several pixels apart?"
            if size < past - first
            else "was the jump already multiplied by this layer's own stride? a kernel reads units of the layer below",
        )
        f.law(
            "neighbours are one jump apart",
            jump == _span(seen[u + 1])[0] - first,
            f"with {len(specs)} layers the windows of two neighbours are not jump pixels apart",
            "from one unit to the next the window moves by the jump",
            "which number of a layer moves its windows further apart, and how do several such layers combine?",
        )
        f.law(
            "the first window starts at start",
            start + u * jump == first,
            f"with {len(specs)} layers, unit {u} does not start at start + {u} jump",
            "padding moves the first window to the left, by zeros of its own layer's grid",
            "how many pixels is one padding zero worth, above layers with strides? is the jump changed last?",
        )
    g = Checked("unit_box", unit_box, returns="two whole numbers")
    for specs in cases:
        seen = _seen_by(specs, side)
        for u in (0, 1, len(seen) // 2, len(seen) - 1):
            box = g.array(g.raw(specs, u, side), (2,))
            g.law(
                "the box lies in the image",
                0 <= box[0] < box[1] <= side,
                f"the box of unit {u} of {len(seen)} leaves the image",
                "0 <= first < past <= side: there is nothing to see in the padding",
                "cut both ends",
            )
            g.law(
                "it holds what the unit sees",
                tuple(box) == _span(seen[u]),
                f"for unit {u} of {len(seen)}, pixels outside the box change it, or its first or last pixel does not",
                "the box runs from the first pixel that the unit sees up to, and without, the first beyond",
                "cut last: is the size added to a start that was cut to 0 already? is past the first pixel not seen?",
            )
    f.passed()
    g.passed()


def _seen_by(specs: Sequence[Sequence[int]], side: int) -> NDArray[np.bool_]:
    """Which of the pixels in a row (side,) can change which unit: (units, side). Tried out, pixel by pixel."""
    rows = np.eye(side, dtype=bool)  # row k: the units that pixel k changes
    for kernel, stride, padding in specs:
        padded = np.pad(rows, ((0, 0), (padding, padding)))
        ends = range(kernel, padded.shape[1] + 1, stride)
        rows = np.stack([padded[:, end - kernel : end].any(axis=1) for end in ends], axis=1)
    return rows.T


def _span(seen: NDArray[np.bool_]) -> tuple[int, int]:
    places = np.flatnonzero(seen)
    return int(places[0]), int(places[-1]) + 1


# Exercise 4


def check_relu_with(relu_with: Callable) -> None:
    """Laws of `relu_with(mode)`: forward a ReLU, backward three rules."""
    f = Checked("relu_with", Through(relu_with, probe_relu), returns="a function")
    rng = np.random.default_rng(55)
    z, R = rng.normal(size=(2, 6, 5, 3)), rng.normal(size=(2, 6, 5, 3))
    on, for_it = z > 0, R > 0
    back = {}
    for mode in MODES:
        got = f.raw(mode, z, R)
        forward = f.array(got["forward"], z.shape)
        f.law(
            "forward it is a ReLU",
            close(forward[on], z[on]) and not forward[~on].any(),
            f'with mode "{mode}" the forward pass is not max(z, 0)',
            "all three modes have the same forward pass; only the way back differs",
            "what does your function return as its value?",
        )
        if got["backward"] is None:
            f.broken(
                f'with mode "{mode}" no gradient comes back',
                "the tape has to find a way from the output back to z",
                "stay within TensorFlow: no .numpy() and no NumPy function inside",
            )
        back[mode] = f.array(got["backward"], z.shape)
        kept = np.isclose(back[mode], R, atol=1e-5)
        f.law(
            "a gate is open or closed",
            bool((kept | (back[mode] == 0)).all()),
            f'with mode "{mode}" some values came back that are neither R nor 0',
            "a ReLU's way back is a gate: at each place R passes as it is, or nothing does",
            "do you multiply by z, or scale R?",
        )
    open_for = {mode: back[mode] != 0 for mode in MODES}
    f.law(
        "grad looks at z",
        np.array_equal(open_for["grad"], on),
        'mode "grad" lets R pass where its unit was off, or stops it where it was on',
        "the gradient of max(z, 0) is 1 where z > 0 and 0 elsewhere, whatever R is",
        "which array decides: what went in on the way up, or what comes down?",
    )
    f.law(
        "deconv looks at R",
        np.array_equal(open_for["deconv"], for_it),
        'mode "deconv" lets a negative R pass, or stops a positive one',
        "the deconvnet uses a ReLU on the way back: it looks at R, and not at z",
        "which array decides in a ReLU that R itself goes through?",
    )
    f.law(
        "guided looks at both",
        np.array_equal(open_for["guided"], on & for_it),
        _guided_slip(open_for["guided"], on, for_it),
        "guided backpropagation is closed where grad is closed or deconv is closed, and open elsewhere",
        "two gates, one after the other: one made by z, one by R",
    )
    f.passed()


def _guided_slip(is_open: NDArray, on: NDArray, for_it: NDArray) -> str:
    if (is_open & ~on).any():
        return 'mode "guided" handed on R where the unit was off'
    if (is_open & ~for_it).any():
        return 'mode "guided" handed on a negative R'
    return 'mode "guided" stopped a positive R where the unit was on'


# Exercise 5


def check_project(project: Callable) -> None:
    """Laws of `project(model, x, layer, ch, mode)`."""
    plans = [plain_plan(np.random.default_rng(56)), branched_plan(np.random.default_rng(57))]
    plans += [branched_plan(np.random.default_rng(58)), *[positive(plan) for plan in plans], _open_and_closed()]
    models = [tiny_network(plan) for plan in plans]
    f = Checked("project", Through(project, lambda own, which, *more: own(models[which], *more)))
    rng = np.random.default_rng(59)
    pictures = [rng.normal(size=(1, *plan["shape"])).astype(np.float32) for plan in plans]
    for which, layers in ((0, ("conv1", "conv3")), (1, ("conv2", "relu4")), (2, ("concat",))):
        before = models[which].get_weights()
        for layer in layers:
            ch = 1 if layer != "relu4" else 7
            _has_the_slope(f, models[which], pictures[which], layer, ch, which)
        _intact(f, models[which], before)
    first = f(0, pictures[0], "conv3", 2, "grad", shape=pictures[0].shape)
    f(0, -pictures[0], "conv3", 2, "guided", shape=pictures[0].shape)
    f.law(
        "nothing is kept between calls",
        close(f(0, pictures[0], "conv3", 2, "grad", shape=pictures[0].shape), first),
        "after a call with another picture, the first picture gets another map",
        "gates and switches belong to this picture",
        "compute the forward pass anew in every call",
    )
    for which, layer in ((3, "conv3"), (4, "relu4")):
        x = np.abs(pictures[which])
        maps = [f(which, x, layer, 1, mode, shape=x.shape) for mode in MODES]
        f.law(
            "without negative weights the modes agree",
            close(maps[1], maps[0], 1e-3) and close(maps[2], maps[0], 1e-3),
            "in a network whose weights are all positive, with all units on, the modes give different maps",
            "the modes differ in what a ReLU stops; here no ReLU has a reason to stop anything",
            "does the forward pass, or the seed, depend on the mode?",
        )
    _gates(f, pictures[5], lambda x, mode: f(5, x, "top", 0, mode, shape=x.shape), MODES)
    f.passed()


def _has_the_slope(f: Checked, model: Any, x: NDArray, layer: str, ch: int, which: int) -> None:
    """In mode "grad" the map is the unit's activation times its slope, which is measured by differences."""
    part = _part(model, layer)
    A = np.asarray(part(x, training=False))[0, :, :, ch]
    place = np.unravel_index(int(A.argmax()), A.shape)
    R = f(which, x, layer, ch, "grad", shape=x.shape)
    for way in np.random.default_rng(60).normal(size=(4, *x.shape)).astype(np.float32):
        step = 2e-3
        up, down = (np.asarray(part(x + sign * step * way, training=False))[(0, *place, ch)] for sign in (1, -1))
        slope = float(up - down) / (2 * step) * float(A[place])
        f.law(
            "grad: activation times slope",
            abs(float((R * way).sum()) - slope) <= 0.02 * abs(float(A[place])) * max(_length(R, A[place]), 0.1),
            f"layer '{layer}': the map does not tell how the unit answers to small changes of the picture",
            'in mode "grad" the map is the gradient of the strongest unit, times its activation',
            "is it this layer's output, at inference? is the seed made of it, and is that where the way back starts?",
        )


def _length(R: NDArray, activation: float) -> float:
    return float(np.sqrt((R**2).sum()) / abs(activation))


def _open_and_closed() -> Plan:
    """One hidden layer; its units are off at one pixel, (0, 0), and argue against the top at another, (1, 1)."""
    rng = np.random.default_rng(61)
    hidden = conv(rng, "hidden", "image", (1, 3, 5), activation="relu")
    hidden = hidden | {"W": np.abs(hidden["W"]) + 0.1, "b": np.full(5, -0.3)}
    top = conv(rng, "top", "hidden", (4, 5, 2), padding="valid")
    W = np.abs(top["W"]) + 0.05
    W[1, 1] *= -1
    return {"shape": [4, 4, 3], "layers": [hidden, top | {"W": W, "b": np.full(2, 3.0)}]}


def _gates(f: Checked, x: NDArray, call: Callable[[NDArray, str], NDArray], modes: Sequence[str]) -> None:
    """What each mode lets through on `_open_and_closed`."""
    x = np.abs(x) + 0.5
    x[:, 0, 0] = 0.0
    for mode in modes:
        there = np.abs(call(x, mode)).sum(axis=(0, 3))
        f.law(
            f"{mode}: its gates",
            (there[0, 0] > 0) == (mode == "deconv") and (there[1, 1] > 0) == (mode == "grad") and there[2, 2] > 0,
            f'with mode "{mode}" a pixel has a value that should have none, or none that should have one',
            "grad stops at units that were off, deconv at negative R, guided at both",
            "is the argument mode handed on to twin? are the input and the layer those of the twin?",
        )


# Exercise 6


def check_heat_limits(heat: Callable, sym_limits: Callable) -> None:
    """Laws of `heat(R)` and `sym_limits(h)`."""
    f = Checked("heat", heat)
    rng = np.random.default_rng(62)
    R, S = rng.normal(size=(5, 7, 3)), rng.normal(size=(5, 7, 3))
    h = f(R, shape=(5, 7))
    f.law(
        "nothing gets lost",
        close(h.sum(), R.sum()),
        "the map has another sum than R",
        "the colours are added up: the sum of the map is the sum of R",
        "is it a mean, a maximum, or a sum of magnitudes?",
    )
    f.law(
        "maps add up",
        close(f(R + S, shape=(5, 7)), h + f(S, shape=(5, 7))) and close(f(-R, shape=(5, 7)), -h),
        "the map of a sum is not the sum of the maps, or signs are lost",
        "heat is linear: heat(R + S) = heat(R) + heat(S), and heat(-R) = -heat(R)",
        "is there an abs, a square, a maximum or a scale that depends on R?",
    )
    other = R.copy()
    other[2, 3] = rng.normal(size=3)
    changed = np.argwhere(~np.isclose(f(other, shape=(5, 7)), h))
    f.law(
        "each pixel by itself, all colours alike",
        changed.tolist() == [[2, 3]] and close(f(R[..., ::-1], shape=(5, 7)), h),
        "a pixel's value depends on another pixel, or the colours count differently",
        "pixel (i, j) of the map is made of the three colours of pixel (i, j), all with the same weight",
        "over which axis do you add?",
    )
    g = Checked("sym_limits", sym_limits, returns="two numbers")
    for values in (h, np.abs(h), -np.abs(h), 1e-3 * h):
        lo, hi = g.array(g.raw(values), (2,))
        g.law(
            "zero in the middle",
            lo < 0 < hi and abs(lo + hi) < 1e-9 * hi,
            "zero is not in the middle of the limits",
            "lo = -hi: no value of the map decides where zero lies",
            "one number decides both limits",
        )
        g.law(
            "everything inside, and no room left",
            np.isclose(hi, max(float(values.max()), float(-values.min()))),
            "the limits leave values outside, or are wider than the map needs",
            "the value that is farthest from zero, on either side, has the deepest colour",
            "negative values are far from zero too",
        )
    lo, hi = g.array(g.raw(np.zeros((3, 3))), (2,))
    g.law(
        "a blank map has limits",
        lo == -1 and hi == 1,
        "for a map of zeros the limits are not -1 and 1",
        "a colour scale needs room: for a map of zeros the limits are (-1, 1)",
        "treat the case in which the largest magnitude is 0",
    )
    f.passed()
    g.passed()


# Exercise 7


def _classifier_plan(rng: np.random.Generator, fused: bool) -> Plan:
    """One hidden layer under average pooling and a softmax; hidden unit 0 argues against every class."""
    hidden = conv(rng, "hidden", "image", (1, 3, 5), activation="relu" if fused else "linear", b=np.full(5, -0.3))
    head = dense(rng, "predictions", "average", (5, 4), activation="softmax")
    against = np.where(np.arange(5) == 0, -1, 1)[:, None]
    average = {"name": "average", "kind": "average", "inputs": ["hidden" if fused else "own"]}
    layers = [
        hidden | {"W": np.abs(hidden["W"]) + 0.1},
        *([] if fused else [relu("own", "hidden")]),
        average,
        head | {"W": against * (np.abs(head["W"]) + 0.1)},
    ]
    return {"shape": [4, 4, 3], "layers": layers}


def _linear_plan(rng: np.random.Generator) -> Plan:
    """Two convolutions and a softmax, without any ReLU."""
    layers = [
        conv(rng, "conv1", "image", (3, 3, 4)),
        conv(rng, "conv2", "conv1", (3, 4, 5)),
        {"name": "average", "kind": "average", "inputs": ["conv2"]},
        dense(rng, "predictions", "average", (5, 4), activation="softmax"),
    ]
    return {"shape": [8, 8, 3], "layers": layers}


def check_guided_saliency(guided_saliency: Callable) -> None:
    """Laws of `guided_saliency(model, x, c)`: of a logit, class by class, with both gates closed."""
    _check_guided("guided_saliency", guided_saliency, grad=True)


def check_guided_repaired(guided_repaired: Callable) -> None:
    """Laws of the bug hunt's `guided_repaired(model, x, c)`, which are those of `guided_saliency`."""
    _check_guided("guided_repaired", guided_repaired)


def _check_guided(name: str, function: Callable, grad: bool = False) -> None:
    rng = np.random.default_rng(63)
    plans = {"plain": plain_plan(rng), "branched": branched_plan(rng)}
    gates = {"fused": _classifier_plan(rng, fused=True), "own": _classifier_plan(rng, fused=False)}
    plans["linear"] = _linear_plan(rng)
    plans["plain, positive"] = positive(plans["plain"])
    plans["branched, positive"] = positive(plans["branched"])
    for kind in ("plain", "branched"):
        head = plans[kind]["layers"][-1]
        W = head["W"].copy()
        W[:, 1:] += 3 * rng.normal(size=W[:, 1:].shape)
        plans[f"{kind}, other classes changed"] = with_layer(plans[kind], "predictions", W=W)
        plans[f"{kind}, lower"] = with_layer(plans[kind], "predictions", b=head["b"] - 20)
    for kind, plan in gates.items():
        W = plan["layers"][0]["W"]
        plans[kind] = plan
        plans[f"{kind}, other unit 0"] = with_layer(
            plan, "hidden", W=np.where(np.arange(5) == 0, 3 * W[..., ::-1, :], W)
        )
    models = {kind: tiny_network(plan) for kind, plan in plans.items()}
    run = Through(function, lambda own, kind, x, c, *mode: own(models[kind], x, c, *mode))
    f = Checked(name, run, needed=name == "guided_saliency")
    x = rng.normal(size=(4, 8, 8, 3)).astype(np.float32)
    none = np.zeros(1, dtype=np.int64)
    for kind in ("plain", "branched"):
        before = models[kind].get_weights()
        one = f(kind, x[:1], none, shape=(1, 8, 8, 3))
        f.law(
            "of this class alone",
            close(f(f"{kind}, other classes changed", x[:1], none, shape=one.shape), one, 1e-3),
            "with other weights for the other classes, the map of this class changes",
            "a logit depends on its own class's weights alone; a softmax makes classes compete",
            "where does the tape start: before the softmax or after it?",
        )
        f.law(
            "the offset of the logits does not count",
            close(f(f"{kind}, lower", x[:1], none, shape=one.shape), one, 1e-3) and bool(one.any()),
            "with lower biases in the last layer the map changes, or the map is zero",
            "the way back starts from 1 at the logit, whatever the logit's size and sign",
            "is there a ReLU after the logits, or a factor?",
        )
        _intact(f, models[kind], before)
    _logit_slope(f, models["linear"], "linear", x[:1])
    _logit_slope(f, models["plain, positive"], "plain, positive", np.abs(x[:1]))
    _logit_slope(f, models["branched, positive"], "branched, positive", np.abs(x[:1]))
    for kind in ("plain", "branched") if grad else ():
        _logit_slope(f, models[kind], kind, x[:1], "grad")
    y = np.abs(rng.normal(size=(1, 4, 4, 3))).astype(np.float32) + 0.5
    y[:, 0, 0] = 0.0
    for kind in gates:
        place = "inside Conv2D" if kind == "fused" else "in a layer of its own"
        found = f(kind, y, none, shape=y.shape)
        f.law(
            "closed where a unit was off",
            not found[:, 0, 0].any() and bool((np.abs(found[:, 1:]).sum(axis=-1) > 0).all()),
            f"ReLU {place}: a pixel where all hidden units were off has a value, or one where they were on has none",
            "guided backpropagation hands on nothing through a unit that was off",
            "which mode is the copy made with, and do all its ReLUs follow it, fused ones and layers of their own?",
        )
        f.law(
            "closed where R is negative",
            close(f(f"{kind}, other unit 0", y, none, shape=y.shape), found, 1e-3),
            f"ReLU {place}: a hidden unit that argues against the class leaves a trace in the map",
            "guided backpropagation hands on nothing negative",
            "which mode is the copy made with, and do all its ReLUs follow it, fused ones and layers of their own?",
        )
    c = np.array([2, 0, 3, 0])
    for kind in ("plain", "branched"):
        together = f(kind, x, c, shape=x.shape)
        single = np.concatenate([f(kind, x[k : k + 1], c[k : k + 1], shape=(1, 8, 8, 3)) for k in range(len(x))])
        f.law(
            "batch independence",
            close(together, single, 1e-3),
            "an image alone gets another map than the same image in a batch with other classes",
            ALONE,
            "c[i] belongs to image i: pick one logit from each row; BatchNorm runs at inference",
        )
    f.passed()


def _logit_slope(f: Checked, model: Any, kind: str, x: NDArray, *mode: str) -> None:
    """The map is the slope of the logit: in mode "grad", and in networks in which no gate is ever closed."""
    below = import_keras().Model(model.input, model.layers[-1].input)
    W, b = model.layers[-1].get_weights()
    R = f(kind, x, np.array([1]), *mode, shape=x.shape)
    step, right = 5e-4 if mode else 1e-2, 0
    for way in np.random.default_rng(64).normal(size=(5, *x.shape)).astype(np.float32):
        up, down = ((np.asarray(below(x + sign * step * way, training=False)) @ W + b)[0, 1] for sign in (1, -1))
        right += abs(float((R * way).sum()) - float(up - down) / (2 * step)) <= 0.02 * float(np.linalg.norm(R))
    if mode:
        f.law(
            "grad: the slope of the logit",
            right > 2 and bool(R.any()),  # a step may cross a ReLU's kink, but not along most ways
            'with mode "grad" the map is not the slope of the logit',
            "the plain gradient says how the logit answers to small changes of the picture",
            "is the argument mode handed on to twin, or is it always guided?",
        )
        return
    what = "without ReLUs" if kind == "linear" else "whose weights are all positive, with all units on,"
    f.law(
        "where no gate is closed: the slope of the logit",
        right > 2 and bool(R.any()),
        f"in a network {what} the map is not the slope of the logit",
        "where no gate is closed, guided backpropagation is the gradient, and of the logit, not of the softmax",
        "does the tape start at the logit, with 1? are ReLUs exchanged, and nothing else? is BatchNorm at inference?",
    )


# Exercise 8


def check_similarity(similarity: Callable) -> None:
    """Laws of `similarity(h1, h2)`: Spearman's rank correlation."""
    f = Checked("similarity", similarity, returns="a number")
    rng = np.random.default_rng(65)
    h1, h2 = rng.normal(size=(6, 8)), rng.normal(size=(6, 8))

    def of(one: NDArray, two: NDArray) -> float:
        return float(f.array(f.raw(one, two), ()))

    def flat(one: NDArray, two: NDArray) -> bool:
        return np.asarray(f.raw(one, two)).tolist() == 0

    def same(one: float, two: float) -> bool:
        return abs(one - two) < 1e-6

    f.law(
        "1 for a map with itself, -1 with its negative",
        same(of(h1, h1), 1) and same(of(h1, -h1), -1),
        "a map with itself does not give 1, or with its negative not -1",
        "a rank correlation runs from -1 to 1",
        "are both sets of ranks centred, and is the sum divided by the product of their lengths?",
    )
    f.law(
        "symmetric",
        same(of(h1, h2), of(h2, h1)),
        "similarity(h1, h2) is not similarity(h2, h1)",
        "both maps are treated alike",
        "do both go through the same steps?",
    )
    f.law(
        "the order counts, the values do not",
        same(of(np.exp(h1), h2), of(h1, h2)) and same(of(h1, 5 * h2**3 + 1), of(h1, h2)),
        "stretching the values of a map, in the same order, changes the result",
        "only ranks count: a growing function of a map has the same similarity",
        "put ranks in the place of values before anything else; is the sign kept?",
    )
    order = rng.permutation(48)
    tied1, tied2 = np.maximum(h1, 0), np.round(h2)
    f.law(
        "the order of the pixels does not count",
        all(
            same(of(a.ravel()[order].reshape(6, 8), b.ravel()[order].reshape(6, 8)), of(a, b))
            for a, b in ((h1, h2), (tied1, tied2))
        ),
        "shuffling the pixels of both maps in the same way changes the result",
        "pixels with the same value share a rank: the mean of the ranks they take up; no place in the map counts",
        "argsort of argsort gives equal values different ranks, by their place; guided maps are full of equal values",
    )
    f.law(
        "1 for a map with itself, -1 with its negative",
        same(of(tied1, tied1), 1) and same(of(tied1, -tied1), -1),
        "with equal values in the map, it does not give 1 with itself, or not -1 with its negative",
        "pixels with the same value share the mean of the ranks they take up",
        "the least, or the last, of the tied ranks is not their mean",
    )
    base = np.arange(12.0)
    near, far = base.copy(), base.copy()
    near[[4, 5]], far[[3, 6]] = near[[5, 4]], far[[6, 3]]
    loss_near, loss_far = 1 - of(base.reshape(3, 4), near.reshape(3, 4)), 1 - of(base.reshape(3, 4), far.reshape(3, 4))
    f.law(
        "a swap three ranks apart costs nine times a swap of neighbours",
        loss_near > 0 and abs(loss_far / loss_near - 9) < 1e-3,
        "swapping two values three ranks apart does not cost nine times what swapping neighbours costs",
        "Spearman's correlation is the ordinary correlation of the ranks: costs go with the square of the distance",
        "do you correlate ranks, or count pairs?",
    )
    f.law(
        "0 for a map without contrast",
        flat(np.zeros((6, 8)), h2) and flat(h1, np.full((6, 8), 2.0)),
        "a map that is the same everywhere does not give 0",
        "a constant map has no order; by definition its similarity is 0 here, not NaN",
        "return 0 for a constant map before you divide, or before a library's function does",
    )
    f.passed()
