"""The visible checks of lab 3. What they compute is the two sides of a law, on inputs that nobody needs to keep secret.

Shapes as in the lab: pictures and maps (B, H, W, C), softmax scores `p` (N, K), classes `y` (N,).
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toonlens.laws import Checked, close, percent
from toonlens.track import current_track

EPSILON = 1.001e-5  # of BatchNorm in keras.applications
DUE = 0.82  # share of fresh pictures that a classifier of exercise 5 has to get right

ALONE = "a picture's result does not depend on what else is in its batch"
STORED = "a frozen BatchNorm uses the stored mean and variance"

Params = dict[str, Any]


# Exercise 1: bottleneck


def _norm(rng: np.random.Generator, channels: int) -> tuple[NDArray, ...]:
    """gamma, beta, mean, var of a BatchNorm with small variances, where the epsilon shows."""
    return (
        0.5 + rng.random(channels),
        0.3 * rng.normal(size=channels),
        0.3 * rng.normal(size=channels),
        0.004 + 0.01 * rng.random(channels),
    )


def _conv_norm(rng: np.random.Generator, shape: tuple[int, int, int, int]) -> tuple[NDArray, ...]:
    """Kernel, bias and BatchNorm: what the BatchNorm gives is of the order of 1."""
    W = 0.1 * rng.normal(size=shape) / np.sqrt(shape[0] * shape[1] * shape[2])
    b = rng.normal(size=shape[3])
    gamma, beta, mean, var = _norm(rng, shape[3])
    return W, b, gamma, beta, b + 0.1 * mean, var


def _bottleneck(seed: int, stride: int, project: bool) -> tuple[NDArray, Params]:
    """x (3, 4, 6, 8) and the parameters of a block with 4 channels inside, or with 12 instead of 8 behind it."""
    rng = np.random.default_rng(seed)
    out = 12 if project else 8
    params: Params = {
        "stride": stride,
        "1": _conv_norm(rng, (1, 1, 8, 4)),
        "2": _conv_norm(rng, (3, 3, 4, 4)),
        "3": _conv_norm(rng, (1, 1, 4, out)),
    }
    if project:
        params["0"] = _conv_norm(rng, (1, 1, 8, out))
    return rng.normal(size=(3, 4, 6, 8)), params


def _changed(params: Params, name: str, **changes: NDArray) -> Params:
    """The same with other arrays in layer ``name``: W, b, gamma, beta, mean or var."""
    keys = ("W", "b", "gamma", "beta", "mean", "var")
    values = dict(zip(keys, params[name], strict=True)) | changes
    return params | {name: tuple(values[key] for key in keys)}


def _through(channels: int) -> tuple[NDArray, ...]:
    """A convolution and BatchNorm that hand everything through as it is."""
    one, zero = np.ones(channels), np.zeros(channels)
    return np.eye(channels)[None, None], zero, one, zero, zero, one - EPSILON


def check_bottleneck(bottleneck: Callable) -> None:
    """Laws of `bottleneck(x, params)`."""
    f = Checked("bottleneck", bottleneck)
    for stride, project in ((1, False), (1, True), (2, True)):
        x, params = _bottleneck(1, stride, project)
        shape = (3, 4 // stride, 6 // stride, 12 if project else 8)
        out = f(x, params, shape=shape)
        f.law(
            "the last step is a ReLU",
            bool((out >= 0).all()) and bool((out == 0).any()),
            f"{int((out < 0).sum())} of {out.size} values are negative, or none is cut off at zero",
            "the block ends with the ReLU of the sum",
            "what comes last, the ReLU or the sum of branch and shortcut?",
        )
        f.law(
            "batch independence",
            close(out[1:2], f(x[1:2], params, shape=(1, *shape[1:]))),
            "a picture alone gets other values than in a batch",
            f"{ALONE}; {STORED}",
            "call batchnorm with the four stored vectors; take no mean over the batch",
        )
        for name in [key for key in params if key != "stride"]:
            _bias_and_scale(f, x, params, name, out)
    _shortcut(f)
    _branch(f)
    _place_of_the_stride(f)
    f.passed()


def _bias_and_scale(f: Checked, x: NDArray, params: Params, name: str, out: NDArray) -> None:
    """A bias moves the mean; a scaled kernel is undone by BatchNorm."""
    W, b, gamma, _, mean, var = params[name]
    moved = _changed(params, name, b=b + 0.5, mean=mean + 0.5)
    f.law(
        "bias and mean",
        close(f(x, moved, shape=out.shape), out),
        f'with 0.5 more in both the bias and the mean of layer "{name}", the result changes',
        "BatchNorm takes the mean away again: the same number more in bias and mean changes nothing",
        "is the bias added, and does BatchNorm stand behind every convolution?",
    )
    scaled = _changed(params, name, W=3 * W, b=3 * b, mean=3 * mean, var=9 * (var + EPSILON) - EPSILON)
    f.law(
        "scale",
        close(f(x, scaled, shape=out.shape), out),
        f'with kernel, bias and mean of layer "{name}" times 3 and its variance to match, the result changes',
        "BatchNorm divides by sqrt(var + epsilon) with the epsilon of keras.applications, so scales cancel",
        "which epsilon do you use? the given batchnorm holds the right one",
    )
    f.law(
        "every layer counts",
        not close(f(x, _changed(params, name, gamma=gamma + 1.0), shape=out.shape), out, 1e-3),
        f'layer "{name}" can be changed without any effect',
        "the result depends on every layer of the block",
        "follow x through the block line by line: is every result used?",
    )


def _shortcut(f: Checked) -> None:
    """Branch silenced: what is left is the shortcut and the last ReLU."""
    x, params = _bottleneck(2, 1, False)
    zero = np.zeros(8)
    silent = _changed(params, "3", gamma=zero, beta=zero)
    f.law(
        "the shortcut hands x on",
        close(f(x, silent, shape=x.shape), np.maximum(x, 0)),
        "with a branch that gives zero, something else than relu(x) comes out",
        "without the branch the block is relu(x): that is what makes it residual",
        "what do you add to the branch where there is no projection?",
    )
    lifted = _changed(params, "3", gamma=zero, beta=zero + 0.7)
    f.law(
        "sum first, then ReLU",
        close(f(x, lifted, shape=x.shape), np.maximum(x + 0.7, 0)),
        "with a branch that gives 0.7 everywhere, something else than relu(x + 0.7) comes out",
        "branch and shortcut are added as they are, with their signs; one ReLU follows",
        "does the shortcut pass a ReLU before the sum?",
    )
    lowered = _changed(params, "3", gamma=zero, beta=zero - 0.7)
    f.law(
        "sum first, then ReLU",
        close(f(x, lowered, shape=x.shape), np.maximum(x - 0.7, 0)),
        "with a branch that gives -0.7 everywhere, something else than relu(x - 0.7) comes out",
        "the branch may be negative: no ReLU stands between its last BatchNorm and the sum",
        "how many ReLUs does your branch have? there are two, and one behind the sum",
    )
    for stride in (1, 2):
        projected = silent | {"stride": stride, "0": _through(8)}
        lifted = _changed(projected, "3", gamma=zero, beta=zero + 0.7)
        out = f(x, lifted, shape=(3, 4 // stride, 6 // stride, 8))
        f.law(
            "a projected shortcut",
            close(out, np.maximum(x[:, ::stride, ::stride] + 0.7, 0)),
            "with a projection that changes nothing, the shortcut does not arrive as x",
            'the projection "0" is a convolution and a BatchNorm of x, with the block\'s stride and without a ReLU',
            'what does layer "0" take as its input, what follows it, and when do you use it?',
        )


def _branch(f: Checked) -> None:
    """The two ReLUs inside, and the 3 x 3 kernel."""
    x, params = _bottleneck(3, 1, False)
    for name in ("1", "2"):
        closed = _changed(params, name, beta=params[name][3] - 500.0)
        other = _changed(closed, name, W=-params[name][0])
        f.law(
            "a ReLU behind 1 and 2",
            close(f(x, closed, shape=x.shape), f(x, other, shape=x.shape)),
            f'with all units of layer "{name}" far below zero, its kernel still matters',
            'a ReLU follows the BatchNorm of layer "1" and that of layer "2"',
            f'convolution, BatchNorm, ReLU: in this order for layer "{name}"?',
        )
    lit = x.copy()
    lit[0, 1, 2] += 3.0
    high = _changed(params, "3", beta=params["3"][3] + 50.0)  # the last ReLU lets everything through
    reached = np.abs(f(lit, high, shape=x.shape) - f(x, high, shape=x.shape)).sum(axis=-1) > 1e-9
    window = np.zeros_like(reached)
    window[0, 0:3, 1:4] = True
    f.law(
        "3 x 3",
        not (reached & ~window).any() and reached[window].sum() > 1,
        "a change of one pixel of x reaches other places than its 3 x 3 neighbours",
        "one 3 x 3 kernel stands in the block, with padding, so a pixel reaches 3 x 3 places",
        "which of the three convolutions is the wide one?",
    )


def _place_of_the_stride(f: Checked) -> None:
    x, params = _bottleneck(4, 2, True)
    high = _changed(params, "3", beta=params["3"][3] + 50.0)
    other = x.copy()
    other[:, 1::2], other[:, :, 1::2] = -other[:, 1::2], 2 * other[:, :, 1::2]
    f.law(
        "the place of the stride",
        close(f(x, high, shape=(3, 2, 3, 12)), f(other, high, shape=(3, 2, 3, 12)), 1e-5),
        "with stride 2, pixels in odd rows or columns of x make a difference",
        "in this ResNet50 the first 1 x 1 convolution strides (and the projection): it sees every second pixel only",
        "which convolution gets the stride? other libraries put it elsewhere",
    )


# Exercise 2: dense_block


def _dense_params(seed: int, layers: int = 3) -> tuple[NDArray, list[Params]]:
    """x (3, 4, 5, 6) and the parameters of layers with growth rate 2."""
    rng = np.random.default_rng(seed)
    params = []
    for l in range(layers):
        channels = 6 + 2 * l
        params.append(
            {
                "bn1": _norm(rng, channels),
                "W1": 0.02 * rng.normal(size=(1, 1, channels, 8)),
                "bn2": _norm(rng, 8),
                "W2": 0.1 * rng.normal(size=(3, 3, 8, 2)),
            }
        )
    return 0.3 * rng.normal(size=(3, 4, 5, 6)), params


def _scaled_norm(norm: Sequence[NDArray], factor: float) -> tuple[NDArray, ...]:
    """A BatchNorm that gives for ``factor`` times the input what ``norm`` gives for the input."""
    gamma, beta, mean, var = norm
    return gamma, beta, factor * mean, factor**2 * (var + EPSILON) - EPSILON


def check_dense_block(dense_block: Callable) -> None:
    """Laws of `dense_block(x, params)`."""
    f = Checked("dense_block", dense_block)
    x, params = _dense_params(1)
    out = f(x, params, shape=(3, 4, 5, 12))
    f.law(
        "old channels first",
        close(out[..., :6], x, 1e-6),
        "the first C channels of the result are not x",
        "a dense block keeps what it is given, unchanged and first, and appends k channels per layer",
        "in which order do you concatenate, and is x changed before?",
    )
    for l in (0, 1, 2):
        f.law(
            "a block is its layers, one after another",
            close(f(f(x, params[:l], shape=(3, 4, 5, 6 + 2 * l)), params[l:], shape=out.shape), out),
            f"{l} layers first and the others on their result give something else than all at once",
            "each layer takes everything that stands before it, x and all new channels",
            "what does the second layer get as its input?",
        )
    f.law(
        "batch independence",
        close(out[1:2], f(x[1:2], params, shape=(1, 4, 5, 12))),
        "a picture alone gets other values than in a batch",
        f"{ALONE}; {STORED}",
        "call batchnorm with the four stored vectors; take no mean over the batch",
    )
    first = params[:1]
    new = f(x, first, shape=(3, 4, 5, 8))[..., 6:]
    layer = params[0]
    scaled = [layer | {"bn1": _scaled_norm(layer["bn1"], 3.0)}]
    f.law(
        "scale of x",
        close(f(3 * x, scaled, shape=(3, 4, 5, 8))[..., 6:], new),
        "with x times 3 and the first BatchNorm to match, the new channels change",
        "the first BatchNorm of a layer acts on its input, with the epsilon of keras.applications",
        "what comes first in a layer, and which epsilon do you use?",
    )
    scaled = [layer | {"W1": 3 * layer["W1"], "bn2": _scaled_norm(layer["bn2"], 3.0)}]
    f.law(
        "scale inside",
        close(f(x, scaled, shape=(3, 4, 5, 8))[..., 6:], new),
        "with W1 times 3 and the second BatchNorm to match, the new channels change",
        "the second BatchNorm stands between the two convolutions",
        "BatchNorm, ReLU, convolution, and the same once more",
    )
    negative = [layer | {"W2": -layer["W2"]}]
    f.law(
        "nothing behind the last convolution",
        close(f(x, negative, shape=(3, 4, 5, 8))[..., 6:], -new),
        "with W2 times -1 the new channels are not -1 times what they were",
        "the new channels leave the 3 x 3 convolution as they are: no ReLU or BatchNorm behind it",
        "what happens in your layer after W2?",
    )
    for bn, kernel in (("bn1", "W1"), ("bn2", "W2")):
        gamma, beta, mean, var = layer[bn]
        closed = layer | {bn: (gamma, beta - 500.0, mean, var)}
        silent = f(x, [closed | {kernel: 5 * layer[kernel]}], shape=(3, 4, 5, 8))
        f.law(
            "a ReLU before each convolution",
            close(f(x, [closed], shape=(3, 4, 5, 8)), silent, 1e-6),
            f"with everything behind {bn} far below zero, {kernel} still matters",
            "the order is BatchNorm, ReLU, convolution, twice: where a ReLU is shut, its convolution gets zeros",
            f"what stands between {bn} and {kernel}?",
        )
    f.passed()


# Exercise 3: unfreeze_from


def probe_unfreeze(
    unfreeze_from: Callable,
    names: Sequence[str],
    blocks: Sequence[Mapping[str, NDArray]],
    x: NDArray,
    target: NDArray,
    calls: Sequence[str],
    rate: float,
    frozen: bool = False,
) -> dict[str, Any]:
    """Build a tiny model, call ``unfreeze_from``, and do one training step.

    The model is a chain of blocks of three layers, NAME_dense, NAME_norm and NAME_relu.

    Args:
        unfreeze_from: the function under check.
        names: of the blocks, bottom first.
        blocks: their arrays "W" (I, J), "b", "gamma", "beta", "mean", "var" (J,).
        x, target: (B, I), (B, J); the loss is the mean over the batch of half the squared distance.
        calls: names handed to ``unfreeze_from``, one call after another.
        rate: of the step of gradient descent.
        frozen: whether ``model.trainable = False`` was said before.

    Returns:
        "returned": whether the last call gave the model back; "trainable": name of layer -> flag; "blocks": the arrays
        after the step.
    """
    from toonlens.startup import import_keras

    keras = import_keras()
    import tensorflow as tf

    inputs = a = keras.Input(x.shape[1:], dtype="float64")
    for name, block in zip(names, blocks, strict=True):
        a = keras.layers.Dense(len(block["b"]), name=f"{name}_dense", dtype="float64")(a)
        a = keras.layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_norm", dtype="float64")(a)
        a = keras.layers.ReLU(name=f"{name}_relu", dtype="float64")(a)
    model = keras.Model(inputs, a)
    for name, block in zip(names, blocks, strict=True):
        model.get_layer(f"{name}_dense").set_weights([block["W"], block["b"]])
        model.get_layer(f"{name}_norm").set_weights([block[key] for key in ("gamma", "beta", "mean", "var")])
    if frozen:
        model.trainable = False
    result = None
    for block_name in calls:
        result = unfreeze_from(model, block_name)
    with tf.GradientTape() as tape:
        loss = 0.5 * tf.reduce_sum((model(x, training=True) - target) ** 2) / len(x)
    learning = model.trainable_variables
    for variable, slope in zip(learning, tape.gradient(loss, [v.value for v in learning]), strict=True):
        if slope is not None:
            variable.assign_sub(rate * slope)
    after = []
    for name in names:
        W, b = model.get_layer(f"{name}_dense").get_weights()
        after.append({"W": W, "b": b} | _norm_arrays(model.get_layer(f"{name}_norm")))
    flags = {layer.name: bool(layer.trainable) for layer in model.layers if layer.weights}
    return {"returned": result is model, "trainable": flags, "blocks": after}


def _norm_arrays(layer: Any) -> dict[str, NDArray]:
    variables = (layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance)
    return {key: np.array(v) for key, v in zip(("gamma", "beta", "mean", "var"), variables, strict=True)}


def _chain(seed: int, sizes: Sequence[int] = (3, 4, 4, 5, 3)) -> tuple[list[dict[str, NDArray]], NDArray, NDArray]:
    """Arrays of a chain of blocks whose ReLUs are on, x and target."""
    rng = np.random.default_rng(seed)
    blocks = []
    for I, J in itertools.pairwise(sizes):
        gamma, beta, mean, var = _norm(rng, J)
        blocks.append({"W": 0.05 * rng.normal(size=(I, J)), "b": 0.1 * rng.normal(size=J), "gamma": gamma,
                       "beta": beta + 15.0, "mean": mean, "var": var + 0.5})  # fmt: skip
    return blocks, rng.normal(size=(6, sizes[0])), rng.normal(size=(6, sizes[-1]))


def check_unfreeze_from(unfreeze_from: Callable) -> None:
    """Laws of `unfreeze_from(model, block)`, on a tiny model and one training step."""
    f = Checked("unfreeze_from", unfreeze_from, "the model")
    names = ["stem", "early", "middle", "late"]
    blocks, x, target = _chain(1)
    for calls, frozen in ((["middle"], False), (["stem"], False), (["late"], True), (["late", "early"], False)):
        start = names.index(calls[-1])
        how = f'unfreeze_from(model, "{calls[-1]}")' + (" on a model frozen as a whole" if frozen else "")
        if len(calls) > 1:
            how += f' after "{calls[0]}"'

        def run(calls: list[str] = calls, frozen: bool = frozen) -> dict[str, Any]:
            return probe_unfreeze(unfreeze_from, names, blocks, x, target, calls, 0.1, frozen)

        found = Checked("unfreeze_from", lambda made: made(), "the model").raw(run)
        f.law(
            "the model comes back",
            found["returned"],
            "what comes back is not the model that went in",
            "the function changes the model's flags and returns the same model",
            "end with: return model",
        )
        flags = found["trainable"]
        norms = [name for name in names if flags[f"{name}_norm"]]
        f.law(
            "BatchNorm is frozen everywhere",
            not norms,
            f"after {how}, BatchNorm layers can be trained: {len(norms)} of {len(names)}",
            "no BatchNorm layer is trainable, neither below nor above the block",
            "isinstance(layer, keras.layers.BatchNormalization) tells; names need not",
        )
        moved = [
            [key for key in block if not np.array_equal(block[key], was[key])]
            for block, was in zip(found["blocks"], blocks, strict=True)
        ]
        f.law(
            "moving statistics stay",
            not any({"mean", "var", "gamma", "beta"} & set(keys) for keys in moved),
            f"after {how}, a training step changes statistics, gamma or beta of a BatchNorm",
            "a frozen BatchNorm stays as it is in training: in Keras, trainable = False also means stored statistics",
            "set trainable of the layer itself",
        )
        below = [name for name, keys in zip(names[:start], moved[:start], strict=True) if {"W", "b"} & set(keys)]
        f.law(
            "what lies below is frozen",
            not below,
            f"after {how}, a training step changes {', '.join(below)}",
            "layers before the named block keep their weights, whatever their flags were before the call",
            "give every layer a flag, also those that should not learn",
        )
        still = [name for name, keys in zip(names[start:], moved[start:], strict=True) if not {"W", "b"} <= set(keys)]
        f.law(
            "the block and all above it learn",
            not still,
            f"after {how}, a training step leaves {', '.join(still)} as it was",
            "the named block and everything after it learns, whatever was frozen before the call",
            "does your flag stay on after the block? say True to each layer that learns, and to the model itself",
        )
    f.passed()


# Exercise 4: warmup_cosine


def check_warmup_cosine(warmup_cosine: Callable) -> None:
    """Laws of `warmup_cosine(t, T, warm, base)`."""
    f = Checked("warmup_cosine", warmup_cosine)
    for T, warm, base in ((24, 4, 0.3), (40, 0, 2.0), (13, 1, 1e-3)):
        t = np.arange(T)
        said = f"T = {T}, warm = {warm}"
        law = f"t may be a whole array of steps, and warm may be 0 (tried: {said})"
        rates = f.array(f.raw(t, T, warm, base, law=law, next_step="choose step by step: hint 2 names a call"), (T,))
        f.law(
            "never above base, never zero",
            bool((rates > 0).all()) and bool((rates <= base * (1 + 1e-6)).all()),
            f"{said}: a rate is zero, negative or above base",
            "every step has a rate above zero and at most base",
            "what comes out at t = 0, and where is the largest rate?",
        )
        f.law(
            "base is reached",
            close(rates[max(warm - 1, 0) : warm + 1], np.full(1 + (warm > 0), base), 1e-6),
            f"{said}: at the end of the warm-up, or right after it, the rate is not base",
            "the last step of the warm-up and the first step after it both have the rate base",
            "put t = warm - 1 and t = warm into your two formulas",
        )
        f.law(
            "equal steps up",
            warm < 2 or close(np.diff(rates[:warm]), np.full(warm - 1, base / max(warm, 1)), 1e-6),
            f"{said}: the warm-up does not rise in equal steps",
            "the warm-up rises from base / warm in steps of base / warm",
            "is t counted from 0, and is the first rate above zero?",
        )
        after = rates[warm:]
        f.law(
            "only down afterwards",
            bool((np.diff(after) < 0).all()),
            f"{said}: after the warm-up the rate rises or stays",
            "after the warm-up every rate is below the one before",
            "what is the argument of your cosine at the first and the last step?",
        )
        u = 2 * after / base - 1
        double = np.arange((len(after) + 1) // 2)
        f.law(
            "half a cosine",
            close(u[2 * double], 2 * u[double] ** 2 - 1, 1e-5),
            f"{said}: the way down is no half cosine",
            "with u = 2 rate / base - 1, u after 2 j steps down is 2 u^2 - 1 of that after j steps: a double angle",
            "the cosine runs over T - warm steps, from angle 0 towards pi, in radians",
        )
        total = (T + (2 if warm else 1)) / 2
        f.law(
            "the sum of all rates",
            close(np.array(rates.sum() / base), np.array(total), 1e-5),
            f"{said}: the rates add up to something else than they should",
            "all rates together: base (T + 2) / 2 with a warm-up, base (T + 1) / 2 without",
            "is the way down as long as what the warm-up leaves?",
        )
        alone = f(int(T // 2), T, warm, base, shape=())
        f.law("numbers and arrays", close(alone, rates[T // 2], 1e-6), "a single t gives another rate than in an array",
              "t may be a number or an array", "np.where works on both")  # fmt: skip
    f.passed()


# Exercise 5: classify


def check_classify(classify: Callable, images: NDArray, labels: NDArray, classes: int = 18) -> None:
    """Laws of `classify(images)`, tried on pictures that it was not trained on."""
    f = Checked("classify", classify, "an array of classes")
    order = np.random.default_rng(5).permutation(len(images))
    raw = f.raw(images[order])
    answers = f.array(raw, (len(images),))
    f.law(
        "whole numbers",
        np.asarray(raw).dtype.kind in "iu" and bool(((answers >= 0) & (answers < classes)).all()),
        "what comes back are not all whole numbers from 0 to K - 1",
        "the answer to a picture is its class, an integer",
        "take argmax over the last axis of the scores",
    )
    few = f.array(f.raw(images[order[:7]]), (7,))
    f.law(
        "batch independence",
        bool((few == answers[:7]).all()),
        "seven pictures get other classes alone than in a large batch",
        ALONE,
        "call the network with training=False, and preprocess each picture on its own",
    )
    right = float((answers == labels[order]).mean())
    due = DUE if current_track().name == "small" else 2 / classes  # other pictures, whose difficulty nobody measured
    f.law(
        "accuracy",
        right >= due,
        f"{percent(right)} of {len(images)} pictures are right, in random order",
        f"at least {percent(due)} have to be, on pictures that were not trained on",
        "compare with the frozen features; is preprocess called once, and on uint8 pictures?",
    )
    f.passed()
    print(f"Right on {percent(right)} of {len(images)} pictures in random order.")


# Exercise 6: ece


def _scores(confidence: ArrayLike, right: ArrayLike, classes: int = 5) -> tuple[NDArray, NDArray]:
    """Scores p (N, K) with these largest entries, and classes y of which these are right."""
    sure = np.asarray(confidence, dtype=np.float64)
    N = len(sure)
    p = np.zeros((N, classes))
    for n, largest in enumerate(sure):
        p[n] = (1 - largest) / (classes - 1)
        p[n, n % classes] = largest
    y = (np.arange(N) + np.where(right, 0, 1)) % classes
    return p, y


def check_ece(ece: Callable) -> None:
    """Laws of `ece(p, y, bins)`."""
    f = Checked("ece", ece, "a number")

    def value(confidence: Sequence[float], right: Sequence[bool], bins: int = 8) -> float:
        return float(f(*_scores(confidence, right), bins, shape=()))

    yes, no = True, False
    f.law(
        "sure and right",
        abs(value([1.0] * 6, [yes] * 6)) < 1e-6,
        "a network that is sure and always right gets an error",
        "confidence 1 with accuracy 1 is perfectly calibrated",
        "does confidence 1.0 fall into a bin? the last bin is closed on the right",
    )
    f.law(
        "sure and wrong",
        abs(value([1.0] * 6, [no] * 6) - 1) < 1e-6,
        "a network that is sure and always wrong does not get the largest error, 1",
        "the error of a bin is the distance of accuracy and mean confidence",
        "does confidence 1.0 fall into a bin? which entry of p is the confidence?",
    )
    rng = np.random.default_rng(6)
    confidence = 0.25 + 0.74 * rng.random(60)
    right = rng.random(60) < confidence**2
    p, y = _scores(confidence, right)
    whole = float(f(p, y, 1, shape=()))
    f.law(
        "one bin",
        abs(whole - abs(confidence.mean() - right.mean())) < 1e-6,
        "with a single bin something else than |accuracy - mean confidence| comes out",
        "with one bin the error is the distance of accuracy and mean confidence of all pictures",
        "is the confidence the largest score of each picture, and is the argument bins used?",
    )
    eight = float(f(p, y, 8, shape=()))
    f.law(
        "order does not count",
        abs(float(f(p[::-1], y[::-1], 8, shape=())) - eight) < 1e-6
        and abs(float(f(np.tile(p, (3, 1)), np.tile(y, 3), 8, shape=())) - eight) < 1e-6,
        "the same pictures in another order, or three times each, give another error",
        "the error is a mean over pictures: order and copies do not change it",
        "divide the number of pictures in a bin by the number of all pictures",
    )
    names = rng.permutation(5)
    f.law(
        "names of the classes do not count",
        abs(float(f(p[:, names], np.argsort(names)[y], 8, shape=())) - eight) < 1e-6
        and abs(float(f(p, np.where(right, y, (y + 1) % 5), 8, shape=())) - eight) < 1e-6,
        "with the classes renamed, or with other true classes for the wrong answers, the error changes",
        "only the largest score counts and whether it is right",
        "confidence: the largest score; not the score of the true class",
    )
    f.law(
        "bins do not cancel",
        value([0.9, 0.9, 0.6, 0.6], [yes, no, yes, yes]) > 0.3,
        "a bin that is too sure and one that is not sure enough cancel",
        "each bin counts with the size of its distance",
        "take the absolute value bin by bin, before you sum",
    )
    alone = value([0.8] * 4, [no] * 4, 4)
    padded = value([0.8] * 4 + [0.5, 0.5] * 6, [no] * 4 + [yes, no] * 6, 4)
    f.law(
        "bins count by their pictures",
        abs(padded - alone / 4) < 1e-6,
        "a bin with a quarter of the pictures does not count a quarter",
        "the error is the mean of the bins' distances, weighted with their numbers of pictures",
        "weight: pictures in the bin over all pictures; neither the largest nor the plain mean of the bins",
    )
    f.law(
        "closed on the right",
        abs(value([0.5, 0.25, 0.25], [yes, no, no], 2)) < 1e-6,
        "a confidence on the edge of two bins falls into the upper one",
        "bins are closed on the right: with two bins, 0.5 belongs to the lower one, with 0.25",
        "mind < and <= on the two sides of a bin; bins have equal width from 0 to 1",
    )
    f.law(
        "equal widths from 0 to 1",
        abs(value([0.375, 0.375, 0.25, 0.5], [yes, no, yes, no], 2) - abs(0.5 - 0.375)) < 1e-6
        and value([0.6, 0.9], [no, yes], 2) < value([0.6, 0.9], [no, yes], 4) - 0.05,
        "pictures are put together that belong apart, or the reverse",
        "bin m of M holds the confidences above (m - 1) / M and up to m / M, whatever the data are",
        "do the edges depend on the data or on K? they must not",
    )
    f.passed()


# Exercise 7: mcnemar


def _outcomes(both: int, only_A: int, only_B: int, neither: int) -> tuple[NDArray, NDArray]:
    counts = (both, only_A, only_B, neither)
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


def check_mcnemar(mcnemar: Callable) -> None:
    """Laws of `mcnemar(okA, okB)`."""
    f = Checked("mcnemar", mcnemar, "a number")

    def p(only_A: int, only_B: int, both: int = 7, neither: int = 3) -> float:
        return float(f(*_outcomes(both, only_A, only_B, neither), shape=()))

    for b, c in ((0, 0), (1, 0), (6, 6), (40, 40)):
        value = p(b, c)
        f.law(
            "no difference, p = 1",
            abs(value - 1) < 1e-6,
            f"with {b} pictures that only A gets right and {c} that only B does, p is not 1",
            "as many on both sides, or one picture in all, is no evidence: p = 1, and never above 1",
            "is it the exact sum, no approximation? is twice the half at most 1? what if nothing differs?",
        )
    f.law(
        "both right or both wrong does not count",
        close(np.array([p(3, 9, 0, 0), p(3, 9, 900, 40)]), np.full(2, p(3, 9)), 1e-6),
        "pictures that both get right, or both get wrong, change p",
        "only pictures on which the two differ carry evidence",
        "count the pictures where exactly one of the two is right",
    )
    f.law(
        "A and B may change places",
        close(np.array(p(9, 3)), np.array(p(3, 9)), 1e-6),
        "with A and B exchanged, p changes",
        "the test is two-sided",
        "start from the smaller of the two counts, and double",
    )
    one = [p(0, n) for n in range(2, 9)]
    f.law(
        "each further picture halves p",
        close(np.array(one[1:]) / np.maximum(one[:-1], 1e-300), np.full(6, 0.5), 1e-5),
        "with all differences on one side, one more of them does not halve p",
        "if A and B are equally good, each such picture is a coin toss",
        "use the binomial distribution with probability 1/2, not an approximation",
    )
    for b, c in ((2, 7), (5, 12), (30, 60), (280, 330)):
        f.law(
            "Pascal's triangle",
            close(np.array(p(b, c)), np.array((p(b - 1, c) + p(b, c - 1)) / 2), 1e-5),
            f"p for {b} and {c} is not the mean of p for {b - 1} and {c} and p for {b} and {c - 1}",
            "probabilities of coin tosses follow Pascal's triangle, for small counts and for large ones",
            "sum the binomial probabilities from 0 to the smaller count, that count included; mind overflow",
        )
    grown = [p(300, 310), p(280, 330), p(250, 360)]
    f.law(
        "evidence grows",
        1 > grown[0] > grown[1] > grown[2] >= 0,
        "with 610 pictures on which the two differ, a more uneven split does not give a smaller p",
        "the more uneven the split, the smaller p",
        "do your numbers overflow? look at a binomial coefficient of 610",
    )
    mixed = np.random.default_rng(7).permutation(42)
    okA, okB = _outcomes(20, 4, 11, 7)
    f.law(
        "pairs stay pairs",
        close(np.array(float(f(okA[mixed], okB[mixed], shape=()))), np.array(p(4, 11)), 1e-6),
        "the same pairs in another order give another p",
        "picture n of A belongs to picture n of B; the order of the pictures does not count",
        "compare okA and okB element by element",
    )
    f.passed()


# The bug hunt


def check_tune_head(tune_head: Callable) -> None:
    """Laws of `tune_head(h, y, norm, W, b, T, warm, base)`."""
    f = Checked("tune_head", tune_head, "W and b")
    rng = np.random.default_rng(8)
    N, D, K = 5, 4, 3
    h, y = rng.normal(size=(N, D)) + 1.0, rng.integers(K, size=N)
    norm = (0.5 + rng.random(D), rng.normal(size=D), rng.normal(size=D), 0.5 + rng.random(D))
    W, b = rng.normal(size=(D, K)), rng.normal(size=K)

    def step(rows: slice | list[int], T: int = 1, warm: int = 0, base: float = 0.1) -> NDArray:
        """How W and b move, (D + 1, K)."""
        got = f.raw(h[rows], y[rows], norm, W, b, T, warm, base)
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            f.broken("no pair came back", "W and b come back, in this order", "return W, b")
        return np.concatenate([f.array(got[0], (D, K)) - W, f.array(got[1], (K,))[None] - b])

    singles = [step([n]) for n in range(N)]
    twice = step([0, 0, 1, 1])
    f.law(
        "copies change nothing",
        close(twice, step([0, 1])),
        "with every picture twice, a step is another one",
        "the loss is a mean over pictures: copies do not change it",
        "how does the number of pictures enter the gradient?",
    )
    f.law(
        "a step is the mean of the pictures' steps",
        close(step(slice(None)), np.mean(singles, axis=0)),
        "a step on a batch is not the mean of the steps on its pictures alone",
        f"the gradient of a mean is the mean of the gradients; {STORED}",
        "what does a picture's feature depend on, besides itself?",
    )
    near = step(slice(None), base=1e-4) / 1e-4
    f.law(
        "downhill",
        close(near, -_slope(h, y, norm, W, b), 1e-2),
        "a tiny step does not go down the measured slope of the mean cross-entropy",
        "a step is minus the rate times the slope of the loss, for every weight and every bias",
        "print how W and b have moved after one tiny step, and whether the loss has fallen",
    )
    for T, warm in ((8, 0), (8, 3), (20, 5)):
        tiny = 1e-7
        far, near = step([0], T, warm, tiny), step([0], 1, 0, tiny)
        total = (T + (2 if warm else 1)) / 2
        f.law(
            "the sum of all rates",
            close(far, total * near, 1e-3),
            f"T = {T}, warm = {warm}, a tiny base: the way of all steps together has another length than it should",
            "all rates together: base (T + 2) / 2 with a warm-up, base (T + 1) / 2 without",
            "compare the schedule in this function with your own, step by step",
        )
    f.passed()


def _slope(h: NDArray, y: NDArray, norm: Sequence[NDArray], W: NDArray, b: NDArray) -> NDArray:
    """The slope of the loss along every entry of W and, last row, b, measured by small moves: (D + 1, K)."""
    gamma, beta, mean, var = norm
    a = np.c_[gamma * (h - mean) / np.sqrt(var + EPSILON) + beta, np.ones(len(h))]

    def loss(V: NDArray) -> float:
        z = a @ V
        return float((np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]).mean())

    V, slope = np.vstack([W, b]), np.zeros((len(W) + 1, len(b)))
    for place in np.ndindex(slope.shape):
        move = np.zeros_like(V)
        move[place] = 1e-5
        slope[place] = (loss(V + move) - loss(V - move)) / 2e-5
    return slope
