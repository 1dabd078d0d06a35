"""Hidden checks of lab 5, units: record, seed_unit, receptive_field, relu_with and project on fresh networks.

Models cannot travel, so a probe in the notebook makes a small one of arrays that a check sends; see ``reference``.
Functions that build on ``relu_with`` and ``seed_unit`` are lent what right ones make, as numbers (``reference.lent``):
no exercise costs points for another, and nothing of it stands where students can read it.
"""

import numpy as np

from autograder.checking import check, compare, fail, untouched
from autograder.checks.fresh import draw_fresh
from autograder.checks.lab05 import networks, reference

RTOL = 2e-3


# record


def entries(value, due):
    """What record returned, if it is a dict with one entry for each layer."""
    law = "one entry for every layer, under the layer's name, the input layer included"
    hint = "pair [layer.name for layer in model.layers] with the outputs"
    if not isinstance(value, dict):
        fail(f"a {type(value).__name__} came back, where a dict is due", law, hint)
    if missing := [name for name in due if name not in value]:
        fail(f"{len(missing)} of {len(due)} layers have no entry, among them '{missing[0]}'", law, hint)
    if len(value) > len(due):
        fail(f"{len(value)} entries came back for {len(due)} layers", law, hint)
    return value


@check("record", points=1)
def test_record_names(student, rng):
    """record has one entry for every layer, with the shape of its output."""
    for make in (networks.branched, networks.plain):
        plan, x = make(rng, images=2)
        due = reference.record(plan, x)
        found = entries(student.probe_record(plan, x), due)
        for name, value in due.items():
            if np.shape(found[name]) != value.shape:
                fail(
                    f"'{name}' has shape {np.shape(found[name])}, where {value.shape} is due",
                    "the record of a layer has the shape of its output",
                    "is a batch axis missing, or another layer's output stored?",
                )


@check("record", points=2, needs="test_record_names")
def test_record_values(student, rng):
    """record holds every layer's own output at inference, with branches and BatchNorm too."""
    law = "record[name] is the output of that layer at inference, after the activation that it has itself"
    hint = "keras.Model(model.input, [layer.output for layer in model.layers]) follows all branches; training=False"
    for make, images in ((networks.plain, 2), (networks.branched, 1), (networks.branched, 3)):
        plan, x = make(rng, images)
        called = student.call("probe_record", plan, x)
        due = reference.record(plan, x)
        for name, value in entries(called.value, due).items():
            compare(value, due[name], what=f"record of '{name}'", law=law, hint=hint, rtol=RTOL)
        untouched(called)


# seed_unit


@check("seed_unit", points=2)
def test_seed_place(student, rng):
    """seed_unit keeps the strongest activation of one channel at its place, and zeros elsewhere."""
    law = "one value is kept: the largest of channel ch, where it is"
    hint = "find the place in A[0, :, :, ch]; copy the value from there"
    for loud in (5.0, 0.2):
        h, w, C = (int(n) for n in rng.integers([3, 6, 2], [6, 9, 6]))
        A = np.maximum(rng.normal(size=(1, h, w, C)) + 0.3, 0)
        ch = int(rng.integers(C))
        A[..., np.arange(C) != ch] *= loud
        A[0, int(rng.integers(h)), int(rng.integers(w)), ch] += 1.0
        called = student.call("seed_unit", A, ch)
        due = reference.seed_unit(A, ch)
        compare(called.value, due, what="seed", law=law, hint=hint, picture=True)
        untouched(called)


@check("seed_unit", points=1, needs="test_seed_place")
def test_seed_signed(student, rng):
    """seed_unit where activations are negative: strongest is largest, not largest in magnitude."""
    law, hint = "strongest means largest", "is there an abs, or a maximum with 0?"
    A = rng.normal(size=(1, 5, 4, 3))
    ch = int(rng.integers(3))
    A[0, int(rng.integers(5)), int(rng.integers(4)), ch] = -8.0
    compare(student.seed_unit(A, ch), reference.seed_unit(A, ch), what="seed", law=law, hint=hint, picture=True)
    A = -0.5 - rng.random((1, 4, 4, 3))
    due = reference.seed_unit(A, ch)
    compare(student.seed_unit(A, ch), due, what="seed of a channel below zero", law=law, hint=hint, picture=True)


# receptive_field


def windows(rng, padded=True):
    """Three to six layers, some with strides; jumps stay below 16."""
    specs, jump = [], 1
    for k in range(int(rng.integers(3, 7))):
        stride = 2 if jump < 8 and (k == 1 or rng.random() < 0.5) else 1
        kernel = int(rng.choice([2, 3, 5, 7]))
        specs.append((kernel, stride, int(rng.integers(0, kernel // 2 + 1)) if padded else 0))
        jump *= stride
    return [*specs, (3, 1, 1 if padded else 0)]


@check("receptive_field", points=2)
def test_field_size(student, rng):
    """receptive_field gives the side of a unit's window and the jump from one window to the next."""
    law = "a kernel adds (kernel - 1) jumps of the layers below it; the jump is the product of the strides below"
    hint = "update size before jump; start from size 1, jump 1; go from the image upwards"
    for specs in [windows(rng) for _ in range(4)] + [[(3, 1, 1)], []]:
        called = student.call("receptive_field", specs)
        given = np.asarray(called.value)
        if given.shape != (3,):
            fail(f"shape {given.shape} came back, where three numbers are due", law, "return size, jump, start")
        due = reference.receptive_field(specs)[:2]
        compare(given[:2], due, what=f"size and jump of {len(specs)} layers", law=law, hint=hint, rtol=1e-9)
        untouched(called)


@check("receptive_field", points=1, needs="test_field_size")
def test_field_start(student, rng):
    """receptive_field gives the first pixel of unit 0, negative where it lies in the padding."""
    law = "a padding zero moves the first window by one jump of the layers below"
    hint = "start begins at 0 and falls; is the jump that you use the one before this layer's stride?"
    for specs in [windows(rng) for _ in range(4)]:
        due = reference.receptive_field(specs)
        compare(student.receptive_field(specs), due, what="size, jump, start", law=law, hint=hint, rtol=1e-9)


@check("receptive_field", points=2, needs="test_field_start")
def test_unit_box(student, rng):
    """unit_box gives the pixels that a unit sees, cut at the border of the image."""
    law = "from start + u jump to size pixels further, within 0 and side; past is the first pixel that is not seen"
    hint = "which end is cut with max, and which with min?"
    for _ in range(3):
        specs, side = windows(rng), int(rng.integers(60, 90))
        _, jump, start = reference.receptive_field(specs)
        last = (side - 1 - start) // jump - 1
        for u in (0, 1, last // 2, max(last, 1)):
            due = reference.unit_box(specs, u, side)
            if due[0] < due[1]:
                got = student.unit_box(specs, u, side)
                compare(got, due, what=f"box of unit {u}", law=law, hint=hint, rtol=1e-9)


# relu_with


def part_of(value, name, mode, law, hint):
    if not isinstance(value, dict) or value.get(name) is None:
        fail(f'with mode "{mode}" no gradient comes back', law, hint)
    return value[name]


def signals(rng):
    """What goes in and what comes down, both signs together in all four ways."""
    signs = np.array([[1, 1, -1, -1], [1, -1, 1, -1]])[:, rng.permutation(np.resize(np.arange(4), 60))]
    return ((0.05 + np.abs(rng.normal(size=(2, 60)))) * signs).reshape(2, 3, 4, 5).astype(np.float32)


@check("relu_with", points=1)
def test_relu_forward(student, rng):
    """relu_with: in every mode the forward pass is max(z, 0)."""
    law, hint = "modes differ on the way back alone", "the first thing that the inner function returns is its value"
    for mode in reference.MODES:
        z, R = signals(rng)
        got = student.probe_relu(mode, z, R)
        compare(part_of(got, "forward", mode, law, hint), np.maximum(z, 0), what=f'ReLU of mode "{mode}"',
                law=law, hint=hint)  # fmt: skip


def way_back(student, rng, mode, law, hint):
    for _ in range(2):
        z, R = signals(rng)
        called = student.call("probe_relu", mode, z, R)
        got = part_of(called.value, "backward", mode, law, hint)
        due = reference.relu_back(z, R, mode)
        compare(got, due, what=f'what comes back in mode "{mode}"', law=law, hint=hint, picture=True)
        untouched(called)


@check("relu_with", points=1)
def test_relu_grad(student, rng):
    """relu_with("grad") lets R pass where z was positive."""
    way_back(student, rng, "grad", "R where z > 0, else 0", "the gate is made on the way up, and R's sign is free")


@check("relu_with", points=1)
def test_relu_deconv(student, rng):
    """relu_with("deconv") lets R pass where R is positive."""
    way_back(student, rng, "deconv", "R where R > 0, else 0", "a ReLU of R; z has no say in it")


@check("relu_with", points=1)
def test_relu_guided(student, rng):
    """relu_with("guided") lets R pass where both are positive."""
    way_back(student, rng, "guided", "R where z > 0 and R > 0, else 0", "both gates, one after the other")


# project


def projected(student, rng, make, layer, mode, law, hint):
    plan, x, ch = networks.with_unit(rng, make, layer)
    A = reference.forward(plan, x)[0][layer]
    called = student.call("probe_project", plan, x, layer, ch, mode, reference.lent(A, ch))
    due = reference.project(plan, x, layer, ch, mode)
    what = f'map of a unit in {layer}, mode "{mode}"'
    compare(called.value, due, what=what, law=law, hint=hint, rtol=RTOL, picture=True)
    untouched(called)


SLOPE = 'in mode "grad" the map is the gradient of the unit, times its activation'


@check("project", points=1)
def test_project_grad(student, rng):
    """project in mode "grad" on a plain network: activation times gradient."""
    hint = "the tape watches the picture, and its gradient starts from the seed at this layer's output"
    for layer in ("conv1", "conv3", "pool"):
        projected(student, rng, networks.plain, layer, "grad", SLOPE, hint)


@check("project", points=2, needs="test_project_grad")
def test_project_branches(student, rng):
    """project in mode "grad" through BatchNorm, Add and Concatenate."""
    hint = "a model from the input to this layer's output follows all branches; BatchNorm at inference: training=False"
    for layer in ("add", "conv3", "concat", "relu4"):
        projected(student, rng, networks.branched, layer, "grad", SLOPE, hint)


@check("project", points=3, needs="test_project_branches")
def test_project_modes(student, rng):
    """project in modes "deconv" and "guided"; what relu_with makes is lent."""
    law = "every ReLU on the way follows the mode, fused or in a layer of its own; all else is the gradient"
    hint = "is the mode handed on to twin? are the input and the layer those of the twin?"
    for make, layers in ((networks.plain, ("conv2", "conv3")), (networks.branched, ("relu2", "concat", "relu4"))):
        for layer in layers:
            for mode in ("deconv", "guided"):
                projected(student, rng, make, layer, mode, law, hint)


@check("project", points=1, needs="test_project_grad")
def test_project_vgg16(student, rng):
    """project on the small VGG16: fresh drawn characters, units of block2_conv2 and block3_conv3, mode "grad"."""
    images, _ = draw_fresh(rng, 1)
    x = images[..., ::-1].astype(np.float64) - np.array([103.939, 116.779, 123.68])
    plan = reference.vgg16_plan("block3_conv3")
    out, before = reference.forward(plan, x[:1])
    for layer in ("block2_conv2", "block3_conv3"):
        A = out[layer]
        sure = A.max(axis=(0, 1, 2)) - np.sort(A.reshape(-1, A.shape[-1]), axis=0)[-2]
        ch = int(rng.choice(np.argsort(-sure)[:8]))
        due = reference.backward(plan, out, before, layer, reference.seed_unit(A, ch), "grad")
        got = np.asarray(student.probe_vgg16(images[:1], layer, ch, "grad", reference.lent(A, ch)))
        if got.shape != due.shape or got.dtype.kind not in "fiu" or not np.isfinite(got).all():
            fail(
                f"shape {got.shape}, {got.dtype}, where finite numbers of shape {due.shape} are due", SLOPE, "x's shape"
            )
        # Among 100,000 units some are so close to a tie that single precision decides otherwise.
        off = float(np.linalg.norm(got - due) / np.linalg.norm(due))
        if off > 0.05:
            fail(f"the map of a unit in {layer} is off by {min(off, 99):.0%} of its length", SLOPE,
                 "on a small network it was right: is anything kept from another network or picture?")  # fmt: skip
