"""Hidden checks of what a student does with a Keras network, by the lab's probes on tiny networks.

The probes run in the student's process, so nothing that they return is believed: it has to be what a right function
gives on fresh weights and pictures, computed here in NumPy.
"""

import numpy as np

from autograder.checking import check, compare, fail
from autograder.checks.lab02 import reference

RTOL = 1e-3  # the networks compute in float32


def field(given, name, what, law, hint):
    """An entry of what a probe returned."""
    if not isinstance(given, dict) or name not in given:
        fail(f"{what}: nothing came back that could be read", law, hint)
    return given[name]


# freeze


def network(rng):
    """Arrays, names in their order, a batch and labels of the tiny network that ``reference.train_step`` knows."""
    names = [f"{letter}{k}" for letter, k in zip(rng.permutation(list("abcde")), rng.permutation(5), strict=True)]
    sizes = [int(n) for n in rng.integers(4, 8, 4)]
    sizes[3] = 3
    params = {}
    for k in range(3):
        params[names[2 * k]] = [rng.normal(size=(sizes[k], sizes[k + 1])), rng.normal(size=sizes[k + 1])]
    for k in (0, 1):
        units = sizes[k + 1]
        params[names[2 * k + 1]] = [
            rng.uniform(0.5, 1.5, units),
            rng.uniform(1.0, 2.0, units),
            rng.uniform(-0.5, 0.5, units),
            rng.uniform(0.5, 2.0, units),
        ]
    return params, names, rng.normal(size=(16, sizes[0])) + 1.0, rng.permutation(np.arange(16) % 3)


def stepped(student, rng, upto, law, hint):
    """Run probe_freeze with ``upto`` (places in the network) and compare every array with the reference."""
    params, names, x, y = network(rng)
    rate = float(rng.uniform(0.3, 0.6))
    given = student.probe_freeze(params, names, [names[k] for k in upto], x, y, rate)
    last = upto[-1]
    expected = reference.train_step(params, names, names[last], x, y, rate)
    for k, name in enumerate(names):
        what = f"layer {k + 1} of 5, with layer {last + 1} named"
        arrays = field(given, name, what, law, hint)
        if not isinstance(arrays, list) or len(arrays) != len(params[name]):
            fail(f"{what}: other arrays than it has", law, hint)
        kind = "frozen" if k <= last else "free"
        for array, due in zip(arrays, expected[name], strict=True):
            compare(array, due, what=f"{kind} {what}, after a training step", law=law, hint=hint, rtol=RTOL, atol=1e-4)


@check("freeze", points=2)
def test_freeze_dense(student, rng):
    """A training step changes no layer up to and including the named one, and every one after it."""
    law = "layers up to and including the named one keep all their arrays, and the others learn"
    hint = "find the named layer's place in model.layers; mind BatchNorm layers before it"
    for place in (2, 0):
        stepped(student, rng, [place], law, hint)


@check("freeze", points=1, needs="test_freeze_dense")
def test_freeze_batchnorm(student, rng):
    """A frozen BatchNorm runs in inference mode: its moving statistics stand still."""
    law = "a frozen BatchNorm neither learns nor follows the batch"
    hint = "a BatchNorm is a layer like any other here: trainable = False does both"
    for place in (3, 1):
        stepped(student, rng, [place], law, hint)


@check("freeze", points=1, needs="test_freeze_dense")
def test_freeze_again(student, rng):
    """A second call counts alone, and an unknown name is an error."""
    law, hint = "after freeze, every layer is what this call says", "set trainable for all layers, True or False"
    stepped(student, rng, [3, 1], law, hint)
    if student.probe_unknown() != "ValueError":
        fail("a name that no layer has raises no ValueError", law="an unknown name is an error, not a silent choice",
             hint="model.get_layer(name) raises it for you")  # fmt: skip


# extract


def pictures(rng):
    """Arrays of the tiny network, pictures and labels without repetition."""
    n, C = int(rng.integers(9, 13)), int(rng.integers(3, 6))
    x = rng.normal(size=(n, int(rng.integers(1, 4)), 2, 3))
    params = {
        "mix": [rng.normal(size=(3, C)), rng.normal(size=C)],
        "norm": [rng.uniform(0.5, 1.5, C), rng.uniform(0.5, 1.5, C), rng.normal(size=C), rng.uniform(0.5, 3.0, C)],
    }
    return params, x, rng.permutation(1000)[:n]


def sizes_of(rng, n):
    """Sizes of batches, not all the same, n in all."""
    first = int(rng.integers(2, 5))
    return [first, 1, n - first - 1]


@check("extract", points=2)
def test_extract_features(student, rng):
    """extract gives the network's outputs in inference mode, a row for each picture in order, and its labels."""
    law = "features are what the network gives with training=False, laid out flat, in the order of the data set"
    hint = "no dropout, no statistics of the batch; reshape each batch to (its pictures, -1), then concatenate"
    for _ in range(2):
        params, x, y = pictures(rng)
        given = student.probe_extract(params, x, y, sizes_of(rng, len(y)))
        features = field(given, "features", "features", law, hint)
        compare(features, reference.features(x, params), what="features", law=law, hint=hint, rtol=RTOL)
        compare(field(given, "labels", "labels", law, hint), y, what="labels", law=law, hint=hint)


@check("extract", points=1, needs="test_extract_features")
def test_extract_leaves_the_network(student, rng):
    """extract leaves the BatchNorm's moving statistics as they are."""
    law, hint = "looking does not change the network", "model(x, training=False), or model.predict"
    params, x, y = pictures(rng)
    norm = field(student.probe_extract(params, x, y, sizes_of(rng, len(y))), "norm", "network", law, hint)
    for array, due in zip(norm if isinstance(norm, list) else [], params["norm"], strict=True):
        compare(array, due, what="BatchNorm of the network after extract", law=law, hint=hint, rtol=1e-5)


@check("extract", points=1, needs="test_extract_features")
def test_extract_one_pass(student, rng):
    """extract takes features and labels from the same pass over a data set that is shuffled at each pass."""
    law, hint = "row i of features and label i are of the same picture", "one loop over ds, both from each batch"
    params, x, y = pictures(rng)
    given = student.probe_extract(params, x, y, sizes_of(rng, len(y)), True)
    labels = field(given, "labels", "labels", law, hint)
    compare(np.sort(np.ravel(labels)), np.sort(y), what="labels, sorted", law=law, hint=hint)
    place = {int(label): k for k, label in enumerate(y)}
    due = reference.features(x, params)[[place[int(label)] for label in np.ravel(labels)]]
    compare(field(given, "features", "features", law, hint), due, what="features", law=law, hint=hint, rtol=RTOL)


# build_head


def head_case(rng, side=None):
    """Shape, maps and weights of a head."""
    side = side or tuple(int(n) for n in rng.integers(1, 4, 2))
    C, K = int(rng.integers(4, 9)), int(rng.integers(3, 9))
    maps = rng.random((7, *side, C)) * rng.uniform(0.2, 3.0, (7, 1, 1, C))
    return (*side, C), K, maps, rng.normal(size=(C, K)), rng.normal(size=K)


def shapes_due(given, shape, K, law, hint):
    """Fail unless the head has one kernel (C, K) and one bias (K,)."""
    shapes = field(given, "shapes", "head", law, hint)
    if shapes != [[shape[-1], K], [K]]:
        fail(f"maps {shape}, {K} classes: the head has {len(shapes)} arrays of other shapes than a kernel and a bias",
             law, hint)  # fmt: skip


@check("build_head", points=2)
def test_head_logits(student, rng):
    """In inference mode the head gives the mean over the places through one dense layer, without softmax."""
    law = "logits = mean over the h x w places, times the kernel, plus the bias"
    hint = "GlobalAveragePooling2D, Dropout, Dense(K) without activation"
    for side in ((2, 3), None):
        shape, K, maps, kernel, bias = head_case(rng, side)
        given = student.probe_head(list(shape), K, 0.4, maps, kernel, bias)
        shapes_due(given, shape, K, law, hint)
        due = reference.head_logits(maps, kernel, bias)
        compare(field(given, "logits", "logits", law, hint), due, what="logits", law=law, hint=hint, rtol=RTOL)


@check("build_head", points=2, needs="test_head_logits")
def test_head_dropout(student, rng):
    """In training mode the head drops pooled features with the probability that was asked for."""
    law = "in training a pooled feature is 0 with probability dropout, else divided by 1 - dropout"
    hint = "one Dropout(dropout), after the pooling and before the dense layer"
    C, rows = 24, 400
    maps = rng.uniform(0.5, 1.0, (rows, 2, 2, C))
    maps[:, 1] *= 0.2
    pooled = maps.mean(axis=(1, 2))
    for rate in (float(rng.uniform(0.15, 0.3)), float(rng.uniform(0.55, 0.75)), 0.0):
        shift = rng.uniform(2.0, 4.0, C)
        given = student.probe_head([2, 2, C], C, rate, maps, np.eye(C), shift)
        shapes_due(given, (2, 2, C), C, law, hint)
        dropped = np.asarray(field(given, "training", "logits in training mode", law, hint))
        if dropped.shape != pooled.shape or dropped.dtype.kind != "f":
            fail("logits in training mode: other shapes than in inference mode", law, hint)
        dropped = dropped - shift
        off = np.abs(dropped) < 1e-3
        due = np.where(off, 0.0, pooled / (1 - rate))
        compare(dropped, due, what="logits in training mode", law=law, hint=hint, rtol=RTOL, atol=1e-4)
        if abs(float(off.mean()) - rate) > 0.05:
            fail(f"dropout {rate:.2f}: {100 * off.mean():.0f} % of the pooled features are dropped", law, hint)
