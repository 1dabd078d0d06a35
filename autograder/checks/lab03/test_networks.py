"""Hidden checks of lab 3's networks: the two blocks, what is frozen, the schedule, the student's classifier.

Tolerances leave room for a student who computes in float32.
"""

import itertools
from weakref import WeakKeyDictionary

import numpy as np

from autograder.checking import Student, check, compare, fail, untouched
from autograder.checks import fresh
from autograder.checks.lab03 import reference
from toonlens.laws.lab03 import DUE

RTOL = 2e-4
OUT = "what the block returns"


def norm(rng, channels):
    """gamma, beta, mean, var: variances so small that the epsilon shows, gammas of both signs."""
    sign = rng.permutation(np.resize([1.0, 1.0, -1.0], channels))
    return (
        sign * (0.5 + rng.random(channels)),
        rng.normal(size=channels),
        rng.normal(size=channels),
        0.004 + 0.01 * rng.random(channels),
    )


def conv_norm(rng, shape):
    """Kernel, bias and the BatchNorm behind them, scaled so that nothing saturates."""
    fan = shape[0] * shape[1] * shape[2]
    W = 0.1 * rng.normal(size=shape) / np.sqrt(fan)
    b = rng.normal(size=shape[3])
    gamma, beta, mean, var = norm(rng, shape[3])
    return W, b, gamma, 0.5 * beta, b + 0.1 * mean, var


def bottleneck_params(rng, stride, project):
    """Fresh x and params: sides that differ, odd and even."""
    B, C, inside = (int(n) for n in rng.integers([2, 5, 2], [4, 9, 5]))
    H, W = (int(n) for n in rng.permutation([4, 5, 6, 7])[:2])
    out = C + 3 if project else C
    params = {
        "stride": stride,
        "1": conv_norm(rng, (1, 1, C, inside)),
        "2": conv_norm(rng, (3, 3, inside, inside)),
        "3": conv_norm(rng, (1, 1, inside, out)),
    }
    if project:
        params["0"] = conv_norm(rng, (1, 1, C, out))
    return rng.normal(size=(B, H, W, C)), params


def check_bottleneck(student, rng, stride, project, law, hint):
    for _ in range(2):
        x, params = bottleneck_params(rng, stride, project)
        called = student.call("bottleneck", x, params)
        expected = reference.bottleneck(x, params)
        compare(called.value, expected, what=OUT, law=law, hint=hint, rtol=RTOL, picture=True)
        untouched(called)


@check("bottleneck", points=2)
def test_bottleneck_identity(student, rng):
    """bottleneck without a projection: three convolutions and the shortcut."""
    law = "relu(x + branch); branch: convolution and BatchNorm three times, a ReLU after the first two"
    hint = "go through the visible check; then write the shape and the sign of every intermediate array beside its line"
    check_bottleneck(student, rng, 1, False, law, hint)


@check("bottleneck", points=2, needs="test_bottleneck_identity")
def test_bottleneck_projection(student, rng):
    """bottleneck with a projected shortcut and stride 1, as in the first block of the first stage."""
    law = 'where there are parameters "0", the shortcut is BatchNorm(convolution(x)), without a ReLU'
    check_bottleneck(student, rng, 1, True, law, 'ask whether "0" is there, not whether the stride is 2')


@check("bottleneck", points=1, needs="test_bottleneck_projection")
def test_bottleneck_stride(student, rng):
    """bottleneck with stride 2: which convolutions stride."""
    law = "the first 1 x 1 convolution and the projection stride, the 3 x 3 convolution does not"
    check_bottleneck(student, rng, 2, True, law, "in Keras's ResNet50 the stride is in layer 1 and in layer 0")


@check("bottleneck", points=1, needs="test_bottleneck_identity")
def test_bottleneck_batch(student, rng):
    """bottleneck treats each picture of a batch as if it were alone."""
    x, params = bottleneck_params(rng, 1, False)
    law, hint = "a frozen BatchNorm uses the stored mean and variance", "take no mean over the batch"
    expected = reference.bottleneck(x[1:2], params)
    compare(student.bottleneck(x[1:2], params), expected, what=f"{OUT}, one picture", law=law, hint=hint, rtol=RTOL)


# dense_block


def dense_params(rng, layers):
    B, C, k = (int(n) for n in rng.integers([2, 3, 2], [4, 7, 4]))
    H, W = (int(n) for n in rng.permutation([3, 4, 5, 6])[:2])
    params = []
    for l in range(layers):
        channels = C + l * k
        gamma, beta, mean, var = norm(rng, channels)
        inner = norm(rng, 4 * k)
        params.append(
            {
                "bn1": (gamma, 0.5 * beta, 0.1 * mean, var),
                "W1": 0.1 * rng.normal(size=(1, 1, channels, 4 * k)) / np.sqrt(channels),
                "bn2": (inner[0], 0.5 * inner[1], 0.1 * inner[2], inner[3]),
                "W2": rng.normal(size=(3, 3, 4 * k, k)) / np.sqrt(36 * k),
            }
        )
    return rng.normal(size=(B, H, W, C)), params


@check("dense_block", points=2)
def test_dense_one_layer(student, rng):
    """dense_block with a single layer: BatchNorm, ReLU, convolution, twice, and the old channels first."""
    law = "result: x, then W2 * relu(BN2(W1 * relu(BN1(x))))"
    hint = "normalise before you convolve, and concatenate the new channels behind the old ones"
    for _ in range(2):
        x, params = dense_params(rng, 1)
        called = student.call("dense_block", x, params)
        expected = reference.dense_block(x, params)
        compare(called.value, expected, what=OUT, law=law, hint=hint, rtol=RTOL, picture=True)
        untouched(called)


@check("dense_block", points=2, needs="test_dense_one_layer")
def test_dense_layers(student, rng):
    """dense_block with several layers: each one sees all that was made before."""
    law = "layer l takes x and the new channels of all layers before it, in the order in which they were made"
    for layers in (3, 2, 5):
        x, params = dense_params(rng, layers)
        expected = reference.dense_block(x, params)
        compare(student.dense_block(x, params), expected, what=OUT, law=law,
                hint="let one array grow, and hand it to every layer", rtol=RTOL, picture=True)  # fmt: skip


@check("dense_block", points=1, needs="test_dense_one_layer")
def test_dense_batch(student, rng):
    """dense_block treats each picture of a batch as if it were alone."""
    x, params = dense_params(rng, 2)
    law, hint = "a frozen BatchNorm uses the stored mean and variance", "take no mean over the batch"
    expected = reference.dense_block(x[1:2], params)
    compare(student.dense_block(x[1:2], params), expected, what=f"{OUT}, one picture", law=law, hint=hint, rtol=RTOL)


# unfreeze_from, through the notebook's probe


def chain(rng):
    """Names, blocks, x and target of a tiny network: its ReLUs are on, and every slope is far from zero."""
    names = [str(name) for name in rng.permutation(["stem", "body", "neck", "tail", "crown"])[: rng.integers(3, 6)]]
    sizes = [int(n) for n in rng.integers(3, 6, len(names) + 1)]
    blocks = []
    for I, J in itertools.pairwise(sizes):
        gamma, beta, mean, var = norm(rng, J)
        blocks.append({"W": 0.05 * rng.normal(size=(I, J)), "b": rng.normal(size=J), "gamma": gamma,
                       "beta": beta + 20.0, "mean": mean, "var": var + 0.5})  # fmt: skip
    return names, blocks, rng.normal(size=(6, sizes[0])), 20 + rng.normal(size=(6, sizes[-1]))


def trained(student, names, blocks, x, target, calls, rate, frozen, law, hint):
    """The blocks after a step, as the student's process says."""
    found = student.call("probe_unfreeze", names, blocks, x, target, calls, rate, frozen).value
    if frozen and isinstance(found, dict) and found.get("returned") is not True:
        fail("unfreeze_from gives something else back than the model", "the same model comes back", "return model")
    after = found.get("blocks") if isinstance(found, dict) else None
    keys = ("W", "b", "gamma", "beta", "mean", "var")
    found_blocks = after if isinstance(after, list) else []
    whole = [block for block in found_blocks if isinstance(block, dict) and set(keys) <= set(block)]
    if len(found_blocks) != len(blocks) or len(whole) != len(blocks):
        fail("the given cell with probe_unfreeze gives something else than it should", law, "leave that cell as it is")
    return whole


def step_is_right(student, rng, frozen, earlier, law, hint, start=None):
    names, blocks, x, target = chain(rng)
    start = int(rng.integers(1, len(names))) if start is None else start
    calls = [*[names[k] for k in earlier], names[start]]
    after = trained(student, names, blocks, x, target, calls, 0.05, frozen, law, hint)
    expected = reference.tiny_step(blocks, x, target, start, 0.05)
    for name, got, due in zip(names, after, expected, strict=True):
        for key in due:
            what = f"{key} of block {name} after a step, block {names[start]} being named"
            compare(got[key], due[key], what=what, law=law, hint=hint, rtol=1e-5, atol=1e-9)


@check("unfreeze_from", points=2)
def test_unfreeze_weights(student, rng):
    """After unfreeze_from, a training step moves the kernels of the named block and of all above it, and no others."""
    law = "the layers before the named block keep their weights; the block and everything after it learns"
    hint = "find the first layer whose name starts with the block's; compare places in model.layers"
    for _ in range(2):
        names, blocks, x, target = chain(rng)
        start = int(rng.integers(1, len(names)))
        after = trained(student, names, blocks, x, target, [names[start]], 0.05, False, law, hint)
        for k, (name, got, was) in enumerate(zip(names, after, blocks, strict=True)):
            for key in ("W", "b"):
                value = np.asarray(got[key], dtype=np.float64)
                same = value.shape == was[key].shape and np.array_equal(value, was[key])
                if same != (k < start):
                    fail(f"{key} of block {name} {'stayed' if same else 'moved'}, block {names[start]} being named",
                         law, hint)  # fmt: skip


@check("unfreeze_from", points=2)
def test_unfreeze_batchnorm(student, rng):
    """After unfreeze_from, a training step uses the stored statistics of every BatchNorm and changes nothing in it."""
    law = "BatchNorm is frozen everywhere: gamma, beta and statistics stay, and the stored statistics are used"
    hint = "trainable = False on each BatchNormalization layer, below and above the block, is enough in Keras"
    for start in (None, 0):
        step_is_right(student, rng, False, [], law, hint, start)


@check("unfreeze_from", points=1, needs=["test_unfreeze_weights", "test_unfreeze_batchnorm"])
def test_unfreeze_again(student, rng):
    """unfreeze_from does not depend on what was frozen before the call."""
    law = "what can learn depends on the named block only"
    hint = "give every layer its flag; and mind the model's own flag, which a model.trainable = False has set"
    step_is_right(student, rng, True, [], law, hint)
    step_is_right(student, rng, False, [-1], law, hint, start=1)
    step_is_right(student, rng, False, [0], law, hint, start=2)


# warmup_cosine


def schedules(rng):
    for _ in range(3):
        T = int(rng.integers(20, 200))
        yield T, int(rng.integers(3, T // 3)), float(10 ** rng.uniform(-4, 0))


@check("warmup_cosine", points=1)
def test_schedule_up(student, rng):
    """warmup_cosine while it warms up."""
    law, hint = "the warm-up rises in steps of base / warm to base", "the first rate, at t = 0, is base / warm"
    for T, warm, base in schedules(rng):
        t = np.arange(warm)
        called = student.call("warmup_cosine", t, T, warm, base)
        compare(called.value, reference.warmup_cosine(t, T, warm, base), what="rates", law=law, hint=hint, rtol=RTOL)
        untouched(called)


@check("warmup_cosine", points=1)
def test_schedule_down(student, rng):
    """warmup_cosine after the warm-up."""
    law = "base (1 + cos(pi (t - warm) / (T - warm))) / 2"
    hint = "count the steps from the end of the warm-up, and divide by how many there are"
    for T, warm, base in schedules(rng):
        t = np.arange(warm, T)
        expected = reference.warmup_cosine(t, T, warm, base)
        compare(student.warmup_cosine(t, T, warm, base), expected, what="rates", law=law, hint=hint, rtol=RTOL)


@check("warmup_cosine", points=1, needs=["test_schedule_up", "test_schedule_down"])
def test_schedule_edges(student, rng):
    """warmup_cosine without a warm-up, and for single steps."""
    law = "t may be a number or an array, and warm may be 0"
    hint = "np.where works on both; a division by warm must not fail where warm is 0"
    for T, warm, base in schedules(rng):
        t = np.arange(T)
        got = student.warmup_cosine(t, T, 0, base)
        compare(got, reference.warmup_cosine(t, T, 0, base), what="rates with warm = 0", law=law, hint=hint, rtol=RTOL)
        for one in (0, warm - 1, warm, T - 1):
            expected = reference.warmup_cosine(one, T, warm, base)
            compare(student.warmup_cosine(one, T, warm, base), expected, what="one rate", law=law, hint=hint, rtol=RTOL)


# classify: fresh pictures, drawn here, whose labels stay here

PER_CLASS = 14
AGREES = 0.10  # how far the reported accuracy may be from that on the fresh pictures
_measured: WeakKeyDictionary[Student, float] = WeakKeyDictionary()  # accuracy on the fresh pictures


@check("classify", points=4)
def test_classify_accuracy(student, rng):
    """classify on fresh pictures of the 18 characters, in random order."""
    images, labels = fresh.draw_fresh(rng, PER_CLASS)
    called = student.call("classify", images)
    law = f"at least {100 * DUE:.0f} % of pictures that nobody has seen before are right"
    hint = "what is your accuracy on the validation pictures? if it is much higher, what did you train on?"
    _measured[student] = fresh.accuracy_at_least(called.value, labels, DUE, what="classify", law=law, hint=hint)
    untouched(called)


@check("classify", points=1, needs="test_classify_accuracy")
def test_classify_alone(student, rng):
    """classify gives a picture the same class whatever else is in the batch."""
    images, _ = fresh.draw_fresh(rng, 2)
    law, hint = "a picture's class does not depend on its batch", "training=False; no statistics of the batch"
    together = fresh.as_classes(student.classify(images), len(images), what="classify", law=law, hint=hint)
    for rows in (slice(0, 1), slice(1, 8)):
        part = images[rows]
        alone = fresh.as_classes(student.classify(part), len(part), what="classify", law=law, hint=hint)
        if (alone != together[rows]).any():
            fail(f"{int((alone != together[rows]).sum())} of {len(part)} pictures get another class in a smaller batch",
                 law, hint)  # fmt: skip


@check("classify", points=2, needs="test_classify_accuracy")
def test_classify_report(student, rng):
    """The test accuracy that report() gives agrees with the accuracy on fresh pictures."""
    law = f"an honest test accuracy is within {100 * AGREES:.0f} points of that on pictures that nobody has seen"
    hint = "the test pictures may choose nothing and train nothing; report a share from 0 to 1"
    said = student.call("report").value
    if isinstance(said, bool) or not isinstance(said, (int, float, np.integer, np.floating)) or not 0 <= said <= 1:
        fail("report() gives something else than a number from 0 to 1", law, hint)
    right = _measured[student]
    if abs(right - float(said)) > AGREES:
        fail(f"report() says {100 * float(said):.0f} %, and {100 * right:.0f} % of fresh pictures are right", law, hint)
