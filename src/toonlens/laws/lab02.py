"""The visible checks of lab 2, and the probes that run a student's function on a tiny Keras network.

Shapes as in the lab: logits (B, K), labels `y` (B,) integers, feature maps (B, h, w, C), features (N, D).
A probe takes and gives plain arrays, because networks do not travel to the grader.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toonlens.laws import Checked, broken, close, percent
from toonlens.startup import import_keras

B, K = 6, 5
BATCH = 128  # pictures that go through a network at once
SOME = 120  # test pictures that a check mirrors
AGREE = 0.001  # by how much a report may differ from what is measured
CURVES = ("loss", "accuracy", "val_loss", "val_accuracy")
MARGIN = 0.08  # by how much a classifier may fall short of the reference

Params = Mapping[str, Sequence[NDArray]]


# Probes


class Probe:
    """A call through one of the probes below, which passes for the student's function where that is asked for."""

    def __init__(self, probe: Callable[..., Any], function: Callable[..., Any]):
        self.probe, self.function = probe, function
        self.__code__ = getattr(function, "__code__", None)

    def __call__(self, *args: Any) -> Any:
        return self.probe(self.function, *args)


def probe_head(
    build_head: Callable, shape: Sequence[int], classes: int, dropout: float, x: NDArray, kernel: NDArray, bias: NDArray
) -> dict[str, Any]:
    """Build a head, put weights into it and run it.

    Args:
        shape: (h, w, C) of the feature maps.
        x: (B, h, w, C).
        kernel, bias: what the weights of the head become, if they have these shapes.

    Returns:
        "shapes" of its weights; if they are those of kernel and bias also "logits" in inference mode and "training",
        the same with dropout on.
    """
    keras = import_keras()
    head = build_head(tuple(int(side) for side in shape), int(classes), float(dropout))
    if not isinstance(head, keras.Model):
        raise TypeError(f"build_head returned a {type(head).__name__}, where a keras.Model is due")
    shapes = [list(weight.shape) for weight in head.get_weights()]
    if shapes != [list(kernel.shape), list(bias.shape)]:
        return {"shapes": shapes}
    head.set_weights([kernel, bias])
    x = x.astype(np.float32)
    return {
        "shapes": shapes,
        "logits": np.asarray(head(x, training=False)),
        "training": np.asarray(head(x, training=True)),
    }


def probe_freeze(
    freeze: Callable, params: Params, names: Sequence[str], upto: Sequence[str], x: NDArray, y: NDArray, rate: float
) -> dict[str, list[NDArray]]:
    """Freeze a tiny network and take one training step.

    Args:
        params: layer name -> its arrays.
        names: the layers in their order: dense, BatchNorm (a ReLU behind it), dense, BatchNorm, dense to logits.
        upto: what freeze is called with, one call after the other.
        x, y: the batch (B, I) and its labels.
        rate: learning rate of the step, plain gradient descent.

    Returns:
        layer name -> its arrays after the step.
    """
    keras = import_keras()
    layers = keras.layers
    a = image = keras.Input((x.shape[1],))
    for name in names:
        dense = len(params[name]) == 2
        layer = layers.Dense(len(params[name][1]), name=name) if dense else layers.BatchNormalization(name=name)
        a = layer(a) if dense else layers.ReLU()(layer(a))
    model = keras.Model(image, a)
    for name in names:
        model.get_layer(name).set_weights(list(params[name]))
    for name in upto:
        freeze(model, name)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(rate), loss, run_eagerly=True)
    model.train_on_batch(x.astype(np.float32), y)
    return {name: model.get_layer(name).get_weights() for name in names}


class Reshuffled:
    """Batches that come in another order each time they are gone through, as a shuffled data set's do."""

    def __init__(self, batches: Sequence[tuple[NDArray, NDArray]]):
        self.batches, self.passes = list(batches), 0

    def __iter__(self) -> Iterator[tuple[NDArray, NDArray]]:
        self.passes += 1
        turn = self.passes % len(self.batches)
        yield from self.batches[turn:] + self.batches[:turn]


def probe_extract(
    extract: Callable, params: Params, x: NDArray, y: NDArray, sizes: Sequence[int], shuffled: bool = False
) -> dict[str, Any]:
    """Run extract on a tiny network with BatchNorm and dropout.

    Args:
        params: "mix", kernel (3, C) and bias (C,), and "norm", the four vectors of a BatchNorm.
        x, y: pictures (N, h, w, 3) and labels (N,).
        sizes: of the batches, N in all.
        shuffled: the batches come in another order at each pass.

    Returns:
        "features", "labels", and "norm", the BatchNorm's vectors afterwards.
    """
    keras = import_keras()
    layers = keras.layers
    image = keras.Input(x.shape[1:])
    a = layers.Dense(len(params["mix"][1]), name="mix")(image)
    a = layers.ReLU()(layers.BatchNormalization(name="norm")(a))
    model = keras.Model(image, layers.Dropout(0.5)(a))
    for name in ("mix", "norm"):
        model.get_layer(name).set_weights(list(params[name]))
    ends = np.cumsum(sizes)
    x = x.astype(np.float32)
    batches = [(x[end - size : end], y[end - size : end]) for size, end in zip(sizes, ends, strict=True)]
    found = extract(model, Reshuffled(batches) if shuffled else batches)
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise TypeError(f"extract returned a {type(found).__name__}, where two arrays are due")
    features, labels = (np.asarray(part) for part in found)
    return {"features": features, "labels": labels, "norm": model.get_layer("norm").get_weights()}


# What the notebook uses beside the checks


class Batches:
    """Preprocessed batches (images, labels) of pictures, from first to last; may be gone through again and again."""

    def __init__(self, images: NDArray, labels: NDArray, arch: str = "vgg16"):
        self.images, self.labels, self.arch = images, labels, arch

    def __len__(self) -> int:
        return -(-len(self.images) // BATCH)

    def __iter__(self) -> Iterator[tuple[NDArray, NDArray]]:
        from toonlens.models import preprocess

        for start in range(0, len(self.images), BATCH):
            rows = slice(start, start + BATCH)
            yield preprocess(self.images[rows], self.arch), self.labels[rows]


def attempt(name: str, mine: Callable[[], Any]) -> Any:
    """What your function gives, or None and one line that says why there is nothing."""
    try:
        return mine()
    except NotImplementedError:
        print(f"{name} is still a stub, or calls one.")
    except Exception as error:  # anything a student's code may raise: the next part has to go on
        print(f"{name} raised {type(error).__name__}: {(str(error).strip().splitlines() or ['no message'])[-1]}")
    return None


def head_and_history(made: Sequence[Any] | None) -> tuple[Any, Any]:
    """What train_head returned, the only item of ``made``, as two; two times None where it is no pair."""
    pair = made[0] if made else None
    return (pair[0], pair[1]) if isinstance(pair, (tuple, list)) and len(pair) == 2 else (None, None)


def features_or(extract: Callable, base: Any, images: NDArray, labels: NDArray, arch: str = "vgg16") -> NDArray:
    """Features (N, D) by your `extract`, or by the library if yours gives none that fit."""
    found = attempt("extract", lambda: extract(base, Batches(images, labels, arch)))
    if found is not None and len(found) == 2:
        features, given = (np.asarray(part) for part in found)
        if features.shape == (len(images), int(np.prod(base.output_shape[1:]))) and np.array_equal(given, labels):
            print(f"Made with your extract: {features.shape[0]} rows of {features.shape[1]}.")
            return features
        print("Your extract gave other shapes, or other labels, than the table asks for: run its check.")
    from toonlens import transfer

    print("Made with toonlens.transfer.features instead.")
    return transfer.features(base, arch, images, "flatten")


# Checks


def _from_logits(f: Checked, logits: NDArray, y: NDArray, shape: tuple[int, ...]) -> NDArray:
    """What a function of logits and labels gives; that it is not finite has a message of its own."""
    result = f.raw(logits, y)
    value = np.asarray(result) if isinstance(result, (float, np.floating, np.ndarray)) else np.zeros(0)
    if value.shape == shape and not np.isfinite(value).all():
        f.broken(
            f"NaN or infinity, for logits from {logits.min():.0f} to {logits.max():.0f}",
            "exp overflows above 709, and a sum of exps that all vanish is 0: neither may happen in any row",
            "subtract something from each row before exp, that row's own; no log or division of what may be 0",
        )
    return f.array(result, shape)


def check_softmax_xent(softmax_xent: Callable) -> None:
    """Laws of `softmax_xent(logits, y)`."""
    f = Checked("softmax_xent", softmax_xent, "a number")

    def loss(logits: NDArray, y: NDArray) -> float:
        return float(_from_logits(f, logits, y, ()))

    rng = np.random.default_rng(1)
    logits, y = rng.normal(size=(B, K)), rng.permutation(np.arange(B) % K)
    for classes in (2, K, 18):
        f.law(
            "equal logits cost log K",
            abs(loss(np.full((3, classes), 0.7), np.array([0, 1, 1])) - np.log(classes)) < 1e-5,
            f"with {classes} equal logits the loss is not the natural logarithm of {classes}",
            "who knows nothing gives each class 1 / K and pays log K, in natural logarithms, on average",
            "one row first: its probabilities, then minus the logarithm of one of them; then the mean over pictures",
        )
    sure = np.zeros((1, K))
    sure[0, 2] = 40.0
    f.law(
        "certainty that is right costs nothing",
        abs(loss(sure, np.array([2]))) < 1e-5,
        f"a logit that is 40 above all others, for the right class, still costs {loss(sure, np.array([2])):.2g}",
        "as the logit of the right class grows, the loss tends to 0",
        "count the softmaxes: one. Does y choose the column?",
    )
    f.law(
        "only differences count",
        abs(loss(logits + rng.normal(size=(B, 1)), y) - loss(logits, y)) < 1e-5,
        "a number added to all logits of a picture changes the loss",
        "softmax does not notice a number that is added to all logits of one picture",
        "the sum below the fraction runs over the classes of one picture: axis 1",
    )
    grown = np.zeros((2, K))
    grown[:, 0] = [90.0, 1000.0]
    for row, margin in enumerate((90.0, 1000.0)):
        f.law(
            "a margin costs itself",
            abs(loss(grown[row : row + 1], np.array([1])) - margin) < 1e-3 * margin,
            f"a wrong class leads by {margin:g}, and the loss is {loss(grown[row : row + 1], np.array([1])):.3g}",
            "far on the wrong side the loss grows as the margin does, without a bound",
            "stay with logarithms: log of a quotient is a difference; no clipping, no small number inside the log",
        )
    far = logits + np.array([0, 3000, -3000, 500, -800, 10.0])[:, None]
    f.law(
        "stable for large logits",
        abs(loss(far, y) - loss(logits, y)) < 1e-3,
        "pictures with logits of very different heights get another loss",
        "exp overflows above 709, and a sum of exps that all vanish is 0: neither may happen in any row",
        "subtract something from each row before exp, that row's own",
    )
    alone = [loss(logits[k : k + 1], y[k : k + 1]) for k in range(B)]
    f.law(
        "the mean over pictures",
        abs(np.mean(alone) - loss(logits, y)) < 1e-5,
        "the loss of a batch is not the mean of its pictures' losses",
        "a mean over B pictures, so that the size of a batch does not matter",
        "print the shape before the last step: one number per picture, then their mean",
    )
    f.passed()


def check_xent_grad(xent_grad: Callable, softmax_xent: Callable) -> None:
    """Laws of `xent_grad(logits, y)`; slopes are measured on `softmax_xent`."""
    f = Checked("xent_grad", xent_grad)
    rng = np.random.default_rng(2)
    logits, y = rng.normal(size=(B, K)), rng.permutation(np.arange(B) % K)
    out = f(logits, y, shape=(B, K))
    f.law(
        "each picture's slopes add up to 0",
        bool(np.abs(out.sum(axis=1)).max() < 1e-6),
        "a row of the gradient does not add up to 0",
        "a number added to all logits of a picture changes nothing, so the slopes of a row add up to 0",
        "which one number of each row is different from the probabilities?",
    )
    right = np.arange(K) == y[:, None]
    f.law(
        "the right class is pushed up",
        bool((out[right] < 0).all() and (out[~right] > 0).all()),
        "not each row has one negative slope, at its own label",
        "more logit for the right class lowers the loss, more for any other raises it",
        "mind the sign, and that each picture has a label of its own: row and column together",
    )

    def slope() -> NDArray:
        step, found = 1e-2, np.empty((B, K))
        for place in np.ndindex(B, K):
            shift = np.zeros((B, K))
            shift[place] = step
            found[place] = (softmax_xent(logits + shift, y) - softmax_xent(logits - shift, y)) / (2 * step)
        return found

    measured = Checked("xent_grad", Probe(lambda _: slope(), softmax_xent)).raw(
        law="the slope is measured on softmax_xent", next_step="does softmax_xent pass its own check?"
    )
    times = float(np.abs(out).max() / max(np.abs(measured).max(), 1e-9))
    seen = (
        f"your slopes are {times:.2g} times those measured on softmax_xent, and this batch has {B} pictures"
        if close(out, times * measured, 5e-3)
        else "the slopes are not those measured on softmax_xent, and not a multiple of them"
    )
    f.law(
        "the slope of the loss",
        close(out, measured, 5e-3),
        seen,
        "the gradient is how much the loss moves when one logit does, the mean over B included",
        "does softmax_xent pass its own check? then: the 1/B of the mean? compare one row on paper",
    )
    far = logits + np.array([0, 3000, -3000, 500, -800, 10.0])[:, None]
    f.law(
        "stable for large logits",
        close(_from_logits(f, far, y, (B, K)), out, 2e-3),
        "pictures with logits of very different heights get another gradient",
        "a number added to all logits of a picture changes nothing",
        "the trick of softmax_xent is needed here too",
    )
    alone = np.concatenate([f(logits[k : k + 1], y[k : k + 1], shape=(1, K)) for k in range(B)])
    f.law(
        "each picture by itself",
        close(out * B, alone, 1e-6),
        "a picture's row, times the number of pictures, changes with the batch",
        "the loss is a mean: a row is that picture's own gradient, divided by B",
        "look for sums over axis 0, and for what you divide by",
    )
    f.passed()


def _network(seed: int) -> tuple[dict[str, list[NDArray]], list[str], NDArray, NDArray]:
    """Arrays, names, batch and labels for `probe_freeze`."""
    rng = np.random.default_rng(seed)
    names = ["stem", "stem_norm", "middle", "middle_norm", "logits"]
    sizes = {"stem": (4, 5), "middle": (5, 6), "logits": (6, 3)}
    params: dict[str, list[NDArray]] = {name: [rng.normal(size=s), rng.normal(size=s[1])] for name, s in sizes.items()}
    for name, units in (("stem_norm", 5), ("middle_norm", 6)):
        params[name] = [rng.uniform(0.5, 1.5, units), rng.normal(size=units) + 1, *rng.uniform(0.5, 2, (2, units))]
    return params, names, rng.normal(size=(12, 4)) + 1, np.arange(12) % 3


def check_freeze(freeze: Callable) -> None:
    """Laws of `freeze(model, upto)`: what a training step changes, and what not."""
    f = Checked("freeze", Probe(probe_freeze, freeze))
    params, names, x, y = _network(3)

    def moved(*upto: str) -> dict[str, list[bool]]:
        after = f.raw(params, names, list(upto), x, y, 0.5)
        return {
            name: [not close(np.asarray(new), old, 1e-6) for new, old in zip(after[name], params[name], strict=True)]
            for name in names
        }

    for calls in (["middle"], ["stem"], ["middle_norm"], ["stem_norm"], ["middle_norm", "stem"]):
        changed = moved(*calls)
        last = names.index(calls[-1])
        frozen, free = names[: last + 1], names[last + 1 :]
        said = " and then ".join(f'freeze(model, "{name}")' for name in calls)
        norms = [name for name in frozen if name.endswith("norm")]
        f.law(
            "moving statistics stand still",
            not any(any(changed[name][2:]) for name in norms),
            f"after {said}, a training step changes moving statistics of a frozen BatchNorm",
            "a frozen BatchNorm runs in inference mode: its moving mean and variance stay as they are",
            "which layers are left out? In Keras, trainable = False on a BatchNorm stops its statistics too",
        )
        f.law(
            "frozen layers stand still",
            not any(any(changed[name]) for name in frozen),
            f"after {said}, a training step changes {', '.join(n for n in frozen if any(changed[n]))}",
            "all layers up to and including the named one stay as they are",
            "is the named layer itself among them? and every layer before it?",
        )
        f.law(
            "the others learn",
            all(changed[name][0] and all(changed[name][2:]) for name in free),
            f"after {said}, a training step leaves {', '.join(n for n in free if not changed[n][0])} as before",
            "layers after the named one learn, also if an earlier call had frozen them",
            "say for every layer of the model what it is, True or False",
        )
    raised = Checked("freeze", Probe(probe_unknown, freeze)).raw()
    f.law(
        "an unknown name is an error",
        raised == "ValueError",
        f"for a name that no layer has, it raises {raised}",
        "an unknown name raises ValueError: a slip must not freeze everything, or nothing",
        "look the layer up before you change anything; model.get_layer(name) raises for you",
    )
    f.passed()


def _named_network() -> Any:
    keras = import_keras()
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, name="stem"), keras.layers.Dense(2, name="end")])


def probe_unknown(freeze: Callable) -> str:
    """The type of what freeze raises for a layer that is not there, or "nothing"."""
    try:
        freeze(_named_network(), "middel")
    except Exception as error:
        return type(error).__name__
    return "nothing"


def check_extract(extract: Callable) -> None:
    """Laws of `extract(model, ds)`."""
    f = Checked("extract", Probe(probe_extract, extract))
    rng = np.random.default_rng(4)
    n, side, C = 11, 2, 4
    x, y = rng.normal(size=(n, side, side, 3)), rng.permutation(n) + 20
    params = {
        "mix": [rng.normal(size=(3, C)), rng.normal(size=C)],
        "norm": [rng.uniform(0.5, 1.5, C), rng.normal(size=C) + 1, rng.normal(size=C), rng.uniform(0.5, 3, C)],
    }

    def run(rows: NDArray, sizes: list[int], shuffled: bool = False) -> tuple[NDArray, NDArray]:
        found = f.raw(params, x[rows], y[rows], sizes, shuffled)
        made = np.asarray(found["features"])
        if made.shape != (len(rows), side * side * C):
            f.broken(
                f"features of shape {made.shape} came back, and {(len(rows), side * side * C)} is due",
                f"a row per picture, with all h x w x C = {side * side * C} numbers of its map",
                "lay each picture's map out flat, reshape(len, -1); no pooling yet",
            )
        made = f.array(made, made.shape)
        labels = f.array(found["labels"], (len(rows),))
        f.law(
            "the network stays as it is",
            all(close(new, old, 1e-6) for new, old in zip(found["norm"], params["norm"], strict=True)),
            "the BatchNorm's moving statistics differ after the extraction",
            "looking must not change the network: inference mode, training=False",
            "how do you call the model? model(x, training=False)",
        )
        return made, labels

    every = np.arange(n)
    made, labels = run(every, [4, 1, 6])
    f.law(
        "labels in the order of the data set",
        np.array_equal(labels, y),
        "the labels came back in another order, or others",
        "row i of both results belongs to picture i of the data set",
        "append labels batch by batch, then concatenate along axis 0; no sorting, no shuffling",
    )
    again, _ = run(every, [4, 1, 6])
    f.law(
        "twice the same",
        close(made, again, 1e-6),
        "a second extraction gives other features",
        "in inference mode nothing is random: dropout is off",
        "training=False",
    )
    alone = np.concatenate([run(every[k : k + 1], [1])[0] for k in (0, 4, 10)])
    f.law(
        "a picture by itself",
        close(made[[0, 4, 10]], alone, 1e-4),
        "a picture alone gets other features than in a batch",
        "features depend on the picture, not on its neighbours in the batch, and rows keep the order of the pictures",
        "in training mode BatchNorm uses the batch's statistics: training=False. Is each picture one row?",
    )
    x[0, 1, 0] += 1.5
    moved = np.abs(run(every, [4, 1, 6])[0] - made) > 1e-6
    own = np.zeros((n, side, side, C), dtype=bool)
    own[0, 1, 0] = True
    f.law(
        "places in order, channels last",
        bool(moved.any()) and not (moved & ~own.reshape(n, -1)).any(),
        "one place of one picture changed (row 1, column 0), and other features than its own changed with it",
        "features are what the model gives, laid out as reshape does: place by place, the C channels of each together",
        "reshape each batch to (its pictures, -1); no other axis moved, nothing divided by",
    )
    x[0, 1, 0] -= 1.5
    paired, names = run(every, [4, 1, 6], shuffled=True)
    place = {label: k for k, label in enumerate(y.tolist())}
    f.law(
        "features and labels from one pass",
        all(label in place for label in names.tolist())
        and close(paired, made[[place[label] for label in names.tolist()]], 1e-4),
        "with a data set that comes in a new order each time, features and labels do not belong together",
        "go through ds once, and take both from the same batch",
        "one loop over ds; a second loop is a second pass, in another order",
    )
    f.passed()


def check_build_head(build_head: Callable) -> None:
    """Laws of `build_head(shape, K, dropout)`."""
    f = Checked("build_head", Probe(probe_head, build_head))
    rng = np.random.default_rng(5)
    for side, C, classes in (((2, 3), 7, 4), ((1, 1), 3, 18)):
        x = rng.random((9, *side, C)).astype(np.float32)
        kernel, bias = rng.normal(size=(C, classes)), rng.normal(size=classes) + 2
        given = f.raw((*side, C), classes, 0.5, x, kernel, bias)
        f.law(
            "C x K weights and K biases",
            given["shapes"] == [[C, classes], [classes]],
            f"maps with {C} channels, {classes} classes, and arrays of weights {given['shapes']}",
            "a head that averages over the places needs one weight per channel and class, and one bias per class",
            "pooling to C numbers first, then one Dense layer with K outputs and its bias",
        )
        out = f.array(given["logits"], (9, classes))
        places = x.reshape(9, -1, C)[:, rng.permutation(side[0] * side[1])].reshape(x.shape)
        moved = f.array(f.raw((*side, C), classes, 0.5, places, kernel, bias)["logits"], (9, classes))
        f.law(
            "places do not count",
            close(moved, out, 1e-4),
            "features that trade places change the logits",
            "an average over all places does not know where a feature was",
            "GlobalAveragePooling2D",
        )
        again = f.array(f.raw((*side, C), classes, 0.5, 3 * x, kernel, 0 * bias)["logits"], (9, classes))
        first = f.array(f.raw((*side, C), classes, 0.5, x, kernel, 0 * bias)["logits"], (9, classes))
        f.law(
            "logits, without softmax",
            close(again, 3 * first, 1e-4) and bool((first < 0).any()),
            "without biases, three times the features do not give three times the logits",
            "the head ends in logits: linear, of any sign, no softmax",
            "what is the activation of your last layer?",
        )
        half = f.array(f.raw((*side, C), classes, 0.5, x + x[::-1], kernel, 0 * bias)["logits"], (9, classes))
        f.law(
            "linear in the maps",
            close(half, first + first[::-1], 1e-4),
            "the logits of a sum of maps are not the sum of their logits",
            "average, then a linear layer: nothing else in inference mode",
            "an average, not a maximum; no activation, no BatchNorm",
        )
        one = f.array(f.raw((*side, C), classes, 0.5, np.ones_like(x), kernel, 0 * bias)["logits"], (9, classes))
        f.law(
            "an average",
            close(one, np.repeat(kernel.sum(axis=0)[None], 9, axis=0), 1e-4),
            "maps of ones do not give the sums of the weights",
            "the average of ones is one",
            "a mean over the places, not a sum",
        )
    _check_dropout(f, rng)
    f.passed()


def _check_dropout(f: Checked, rng: np.random.Generator) -> None:
    C, rows = 20, 300
    maps = np.repeat(rng.uniform(0.5, 1.0, (rows, 1, 2, C)), 2, axis=1)
    maps[:, :, 1] *= 0.3
    pooled = maps.mean(axis=(1, 2))
    for rate in (0.2, 0.6):
        given = f.raw((2, 2, C), C, rate, maps, np.eye(C), np.full(C, -5.0))
        dropped = f.array(given["training"], (rows, C)) + 5.0
        f.law(
            "the bias is not dropped",
            bool(dropped.min() > -1e-3),
            "in training, biases go missing",
            "dropout acts on the pooled features, before the dense layer",
            "what stands between the pooling and the Dense layer?",
        )
        off = dropped < 1e-3
        f.law(
            "drops the share that was asked for",
            abs(float(off.mean()) - rate) < 0.05,
            f"with dropout {rate:g}, training mode silences {percent(float(off.mean()))} of the pooled features",
            "in training mode each feature is set to 0 with the probability dropout",
            "is there a Dropout layer after the pooling, and does it get your argument as it is?",
        )
        f.law(
            "what is left is scaled up",
            close(dropped[~off], (pooled / (1 - rate))[~off], 1e-3),
            "in training, features that stay are not the pooled ones divided by 1 - dropout",
            "dropout keeps the mean: what stays is divided by 1 - dropout, and it drops whole pooled features",
            "keras.layers.Dropout does the scaling; it belongs after the pooling, and there is one",
        )
    given = f.raw((2, 2, C), C, 0.0, maps, np.eye(C), np.zeros(C))
    f.law(
        "dropout 0 drops nothing",
        close(f.array(given["training"], (rows, C)), pooled, 1e-4),
        "with dropout 0, training mode differs from inference mode",
        "dropout is your argument: 0 is off",
        "hand the argument on",
    )


def check_classify(classify: Callable, report: Callable, images: NDArray, labels: NDArray, least: float) -> None:
    """Laws of `classify(images)` and `report()` on test pictures, their ``labels`` and the accuracy that is due."""
    f = Checked("classify", classify, "one class per picture")
    classes, rng = int(labels.max()) + 1, np.random.default_rng(6)
    some = rng.choice(len(images), SOME, replace=False)

    def answers(pictures: NDArray) -> NDArray:
        found = f.array(f.raw(pictures), (len(pictures),))
        f.law(
            "one class per picture",
            bool(((found == np.round(found)) & (found >= 0) & (found < classes)).all()),
            f"there are answers that are no whole numbers from 0 to {classes - 1}",
            "an answer is the number of a class",
            "the place of the largest logit: argmax over axis 1",
        )
        return found

    told = answers(images)
    few = some[:40]
    f.law(
        "a picture by itself",
        np.array_equal(answers(images[few]), told[few])
        and all(answers(images[k : k + 1])[0] == told[k] for k in few[:3]),
        "a picture gets another answer alone, or in another order, than in its batch",
        "the answer to a picture depends on that picture alone",
        "look for means, deviations or sorting over the batch that was handed in",
    )
    accuracy = float((told == labels).mean())
    f.law(
        f"at least {percent(least)} of the test pictures",
        accuracy >= least,
        f"{percent(accuracy)} of the {len(labels)} test pictures are right, and {percent(least)} are due",
        "what happened to the training pictures happens to new ones, step by step",
        "look at the last val_accuracy in history. High: classify treats pictures differently (preprocess?). "
        "Low: the training is wrong (from_logits=True?)",
    )
    mirrored = float((answers(np.ascontiguousarray(images[some][:, :, ::-1])) == labels[some]).mean())
    f.law(
        f"at least {percent(least)} of mirrored test pictures",
        mirrored >= least,
        f"{percent(mirrored)} of {SOME} mirrored test pictures are right, and {percent(accuracy)} of all as they are",
        "a character is the same in a mirror, and a mirrored picture is one that nobody has looked up",
        "learn from features of the training pictures; nothing may come from the test pictures themselves",
    )
    g = Checked("report", report, "a number")
    said = float(g.array(g.raw(), ()))
    g.law(
        "report agrees with classify",
        abs(said - accuracy) < AGREE,
        f"report says {100 * said:.1f} %, classify gets {100 * accuracy:.1f} % on the test pictures",
        "an accuracy is measured: the share of all test pictures for which classify gives the label, from 0 to 1",
        "compute it, from test, not from validation: let report call classify",
    )
    f.laws += g.laws
    f.passed()


def check_trained(made: Sequence[Any] | None) -> None:
    """The form of what `train_head` returned, the only item of ``made``: a head and a dictionary of four lists."""
    if not made:
        return
    law = "train_head returns two: the trained head, and a dictionary of four lists, one number per epoch"
    if not isinstance(made[0], (tuple, list)) or len(made[0]) != 2:
        broken("train_head", f"a {type(made[0]).__name__} came back", law, "return head, history: both, in this order")
    history = made[0][1]
    if not isinstance(history, Mapping):
        broken(
            "train_head",
            f"the history is a {type(history).__name__}, no dictionary",
            law,
            "fit returns an object; its .history is the dictionary",
        )
    if missing := [key for key in CURVES if key not in history]:
        broken(
            "train_head",
            f"the history has no {', '.join(missing)}",
            law,
            'metrics=["accuracy"] in compile gives the accuracies, validation_data in fit gives what starts with val_',
        )
    lengths = [int(np.size(history[key])) for key in CURVES]
    if min(lengths) == 0 or len(set(lengths)) > 1:
        broken("train_head", f"the four lists have lengths {lengths}", law, "one call of fit fills all four alike")
    print(f"train_head gives a head and a history of {lengths[0]} epochs.")


def check_confusion(confusion: Callable, macro_f1: Callable) -> None:
    """Laws of `confusion(y, yhat, K)` and of `macro_f1(cm)`."""
    f = Checked("confusion", confusion)
    rng = np.random.default_rng(7)
    y, yhat = rng.integers(0, 4, 60), rng.integers(0, 4, 60)
    cm = f(y, yhat, 6, shape=(6, 6))
    f.law(
        "each picture counts once",
        cm.sum() == 60 and bool((cm >= 0).all()),
        f"60 pictures, and entries that add up to {cm.sum():g}",
        "each picture is counted in one entry, several times the same entry if need be",
        "cm[y, yhat] += 1 counts a pair once however often it comes: use np.add.at, bincount or a loop",
    )
    f.law(
        "rows are true classes",
        np.array_equal(cm.sum(axis=1), np.bincount(y, minlength=6)),
        "a row does not add up to the number of pictures of its class",
        "rows are true classes, columns are predicted ones",
        "which index comes first?",
    )
    f.law(
        "columns are predictions",
        np.array_equal(cm.sum(axis=0), np.bincount(yhat, minlength=6)),
        "a column does not add up to how often its class was predicted",
        "rows are true classes, columns are predicted ones",
        "which index comes second?",
    )
    one = f(np.array([2]), np.array([0]), 3, shape=(3, 3))
    f.law("one picture, one entry", one[2, 0] == 1, "class 2 taken for class 0 is not in row 2, column 0",
          "rows are true classes, columns are predicted ones", "try one picture on paper")  # fmt: skip
    parts = f(y[:20], yhat[:20], 6, shape=(6, 6)) + f(y[20:], yhat[20:], 6, shape=(6, 6))
    f.law("parts add up", np.array_equal(parts, cm), "the matrices of two parts do not add up to that of the whole",
          "counts of parts add up", "counts, no shares; no dependence on the order")  # fmt: skip
    f.passed()
    _check_macro_f1(macro_f1, rng)


def _check_macro_f1(macro_f1: Callable, rng: np.random.Generator) -> None:
    f = Checked("macro_f1", macro_f1, "a number")

    def score(cm: NDArray) -> float:
        return float(f(cm, shape=()))

    f.law("1 for no mistakes", abs(score(np.diag([5, 2, 9])) - 1) < 1e-6, "without a mistake the score is not 1",
          "right everywhere gives 1", "F1 of one class on paper: precision and recall are both 1")  # fmt: skip
    cm = rng.integers(1, 9, (4, 4))
    f.law("rows and columns may trade places", abs(score(cm) - score(cm.T)) < 1e-6,
          "the transposed matrix scores differently", "F1 treats precision and recall alike",
          "does each class use its row and its column?")  # fmt: skip
    order = rng.permutation(4)
    f.law("all classes alike", abs(score(cm) - score(cm[order][:, order])) < 1e-6,
          "classes in another order score differently", "macro: the plain mean over classes",
          "no class is special, the first neither")  # fmt: skip
    large = np.array([[90, 0, 0], [0, 0, 1], [0, 1, 0]])
    f.law(
        "small classes count as much",
        abs(score(large) - 1 / 3) < 1e-6,
        "one class of 90 all right, two of one picture each all wrong, and the score is not a third",
        "macro: the plain mean over the classes, whatever their sizes; a class without hits has F1 = 0",
        "F1 class by class first, then the mean; is it the mean of F1, not F1 of means?",
    )
    f.law(
        "F1 before the mean",
        abs(score(np.array([[2, 2], [0, 2]])) - 2 / 3) < 1e-6,
        "two classes, one of precision 1 and recall 1/2, the other the reverse: the score is not 2/3",
        "each class has its own F1, here 2/3 both; macro F1 is their mean",
        "F1 of one class on paper; then: is it the mean of F1, or F1 of mean precision and mean recall?",
    )
    half = np.array([[1, 3], [0, 0]])
    f.law(
        "the harmonic mean",
        abs(score(half) - 0.2) < 1e-6,
        "one class with precision 1 and recall 1/4, another without pictures: the score is not a fifth",
        "F1 is the harmonic mean of precision and recall, here 2/5, and 0 for the class without hits",
        "twice the hits over (twice the hits plus false alarms plus misses)",
    )
    f.law("0 / 0 is 0", abs(score(np.diag([4, 4, 0])) - 2 / 3) < 1e-6,
          "a class that neither occurs nor is predicted does not count as 0",
          "of K classes each counts; where 2 TP + FP + FN = 0, F1 is 0",
          "guard the division; keep the class in the mean")  # fmt: skip
    f.passed()


def check_bootstrap_ci(bootstrap_ci: Callable) -> None:
    """Laws of `bootstrap_ci(correct, n, seed)`."""
    f = Checked("bootstrap_ci", bootstrap_ci, "low and high")
    rng = np.random.default_rng(8)

    def interval(correct: NDArray, n: int = 2000, seed: int = 1) -> tuple[float, float]:
        low, high = f(correct, n, seed, shape=(2,)).tolist()
        return low, high

    for share, N in ((0.9, 200), (0.5, 800)):
        correct = rng.permutation((np.arange(N) < share * N).astype(float))
        low, high = interval(correct)
        width, due = high - low, 2 * 1.96 * np.sqrt(share * (1 - share) / N)
        f.law("low, then high, around the mean", low < share < high, "low < mean < high does not hold",
              "the interval is (low, high) and the mean lies inside",
              "which quantile comes first? np.percentile takes 2.5, np.quantile takes 0.025")  # fmt: skip
        f.law(
            "the width that theory expects",
            abs(width - due) < 0.1 * due,
            f"{N} pictures, {percent(share)} right: the interval is {percent(width / due)} as wide as it should be",
            "for many pictures the 95 % interval is close to 2 x 1.96 sqrt(p (1 - p) / N) wide",
            "N draws with replacement each; 2.5 % left out at each end: np.percentile takes 2.5, np.quantile 0.025",
        )
    f.law("reproducible", interval(correct) == interval(correct), "the same seed gives two intervals",
          "the same seed gives the same interval", "make the generator inside the function, from seed")  # fmt: skip
    f.law("the seed counts", interval(correct, 50, 1) != interval(correct, 50, 2),
          "two seeds give the same interval", "another seed draws other resamples",
          "np.random.default_rng(seed)")  # fmt: skip
    ends = [np.array(interval(correct, n, 3)) for n in (1, 2000)]
    f.law("n resamples", bool(ends[0][0] == ends[0][1] and ends[1][0] < ends[1][1]),
          "with one resample, low and high differ", "n resamples, and quantiles of their n means",
          "how many means do you take quantiles of?")  # fmt: skip
    sure = interval(np.ones(40))
    f.law("no doubt, no width", sure == (1.0, 1.0), "all right, and the interval is no point at 1",
          "resamples of ones are ones", "quantiles of the resamples' means, and nothing added")  # fmt: skip
    _check_draws(f)
    f.passed()


def _check_draws(f: Checked) -> None:
    """With n = 1 the interval is one resample's mean: which rows it drew shows in powers of two."""
    N, seed = 12, 5
    one = np.array([float(f(np.eye(N)[k], 1, seed, shape=(2,))[0]) * N for k in range(N)])
    drawn = np.bincount(np.random.default_rng(seed).integers(0, N, N), minlength=N)
    f.law(
        "the draws that the lab prescribes",
        close(one, drawn.astype(float), 1e-6),
        "the first resample holds other pictures than the prescribed generator draws",
        "default_rng(seed), then integers from 0 to N - 1: N for the first resample, N for the next, and so on",
        "size=(n, N) in one call, or N at a time; nothing else drawn before",
    )


def check_nearest_mean(nearest_mean: Callable) -> None:
    """Laws of the bug hunt's `nearest_mean(train_x, train_y, x)`."""
    f = Checked("nearest_mean", nearest_mean, "one class per picture", needed=False)
    rng = np.random.default_rng(9)
    train_y = np.repeat(np.arange(4), 9)
    centre = 9 * np.eye(4, 5)
    centre[3] = centre[:3].mean(axis=0)  # a class in the middle of the others
    train_x = centre[train_y] + rng.normal(size=(36, 5))
    x = centre[np.repeat(np.arange(4), 5)] + rng.normal(size=(20, 5))

    def answers(*given: NDArray) -> NDArray:
        return f(*given, shape=(len(given[-1]),))

    told = answers(train_x, train_y, x)
    alone = np.concatenate([answers(train_x, train_y, x[k : k + 1]) for k in range(len(x))])
    f.law("a picture by itself", np.array_equal(told, alone), "a picture alone gets another class than in a batch",
          "the answer to a picture depends on it and on the training set, not on other new pictures",
          "what of x as a whole enters?")  # fmt: skip
    units = np.array([1000.0, 1, 1, 0.001, 1])
    f.law("units do not count", np.array_equal(answers(train_x * units, train_y, x * units), told),
          "a feature in other units (metres in place of millimetres) changes the answers",
          "each feature counts in units of its own deviation in training",
          "how many deviations do you have? one for each feature?")  # fmt: skip
    names = np.array([7, 3, 9, 5])
    f.law("names do not count", np.array_equal(answers(train_x, names[train_y], x), names[told.astype(int)]),
          "classes with other numbers are not answered with these numbers",
          "the answer is a class that occurs in train_y, by its number",
          "is what argmin gives a class, or a place in a list of classes?")  # fmt: skip
    f.passed()
