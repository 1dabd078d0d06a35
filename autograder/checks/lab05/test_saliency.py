"""Hidden checks of lab 5, maps of classes: heat, guided_saliency, similarity, the predictions and the bug hunt."""

import numpy as np

from autograder.checking import check, compare, fail, prediction, untouched
from autograder.checks.lab05 import networks, reference
from toonlens.laws import lab05 as laws

RTOL = 2e-3


# heat and sym_limits


@check("heat_limits", points=1)
def test_heat(student, rng):
    """heat adds the three colours up, with their signs."""
    law, hint = "heat(R)[i, j] = R[i, j, 0] + R[i, j, 1] + R[i, j, 2]", "a sum over the last axis, and nothing else"
    for shape in ((6, 5, 3), (9, 9, 3)):
        R = rng.normal(size=shape)
        called = student.call("heat", R)
        compare(called.value, reference.heat(R), what="map", law=law, hint=hint, picture=True)
        untouched(called)


@check("heat_limits", points=1)
def test_limits(student, rng):
    """sym_limits puts zero in the middle and every value inside."""
    law, hint = "(-m, m) with m the largest magnitude; (-1, 1) if all is zero", "negative values are far from zero too"
    h = rng.normal(size=(6, 5))
    for values in (h + 1, h - 1, 1e-6 * h, np.abs(h), -np.abs(h), 0 * h):
        called = student.call("sym_limits", values)
        compare(called.value, reference.sym_limits(values), what="limits", law=law, hint=hint, rtol=1e-6)
        untouched(called)


# guided_saliency


def explained(student, plan, x, c, hint, mode="guided", function="probe_saliency"):
    law = "from 1 at the logit of class c[i] of image i, down through ReLUs that stop at z <= 0 and at R <= 0"
    if mode == "grad":
        law = 'mode "grad" is the gradient of the logit of class c[i] of image i'
    called = student.call(function, plan, x, c, *([mode] if function == "probe_saliency" else []), reference.lent())
    due = reference.saliency(plan, x, c, mode)
    compare(called.value, due, what="guided map", law=law, hint=hint, rtol=RTOL, picture=True)
    untouched(called)


def visible(rng, make, images=1, classes=None):
    """A network, pictures and classes whose guided maps are not blank."""
    for _ in range(1000):
        plan, x = make(rng, images)
        c = rng.integers(0, 4, images) if classes is None else classes(plan, x)
        if c is not None and np.abs(reference.saliency(plan, x, c)).max(axis=(1, 2, 3)).min() > 1e-3:
            return plan, x, np.asarray(c)
    raise RuntimeError("no network with a map found")


@check("guided_saliency", points=1)
def test_saliency_plain(student, rng):
    """guided_saliency of one image on a plain network."""
    for _ in range(2):
        plan, x, c = visible(rng, networks.plain)
        explained(student, plan, x, c, 'twin(model, "guided"); the logit, not the softmax; the gradient, times nothing')


@check("guided_saliency", points=1)
def test_saliency_grad(student, rng):
    """guided_saliency with mode "grad" is the plain gradient of the logit."""
    for make in (networks.plain, networks.branched):
        plan, x, c = visible(rng, make)
        explained(student, plan, x, c, "hand mode on to twin; the logit, not the softmax", mode="grad")


@check("guided_saliency", points=1, needs="test_saliency_plain")
def test_saliency_branched(student, rng):
    """guided_saliency through BatchNorm, Add and Concatenate."""
    for _ in range(2):
        plan, x, c = visible(rng, networks.branched)
        explained(student, plan, x, c, "BatchNorm at inference: training=False")


@check("guided_saliency", points=1, needs="test_saliency_plain")
def test_saliency_negative(student, rng):
    """guided_saliency of a class whose logit is negative, or whose probability is next to 1 or 0."""
    plan, x, c = visible(rng, networks.plain)
    b = plan["layers"][-1]["b"].copy()
    for shift in (-30.0, 30.0):
        b[c] = shift
        explained(student, laws.with_layer(plan, "predictions", b=b), x, c, "no ReLU, softmax or factor on the logits")


@check("guided_saliency", points=1, needs="test_saliency_plain")
def test_saliency_batch(student, rng):
    """guided_saliency of a batch whose images ask for different classes."""
    plan, x, c = visible(rng, networks.plain, images=4, classes=lambda plan, x: rng.permutation(4))
    explained(student, plan, x, c, "one logit from each row, that of the image's own class")


# similarity


def number(value):
    array = np.asarray(value)
    if array.size == 1 and array.dtype.kind in "fiu":
        return array.reshape(())
    fail(
        f"a value of shape {array.shape} came back, where one number is due", "similarity is a number", "return a float"
    )


@check("similarity", points=1)
def test_similarity_ranks(student, rng):
    """similarity of maps without equal values."""
    law = "the correlation of the ranks"
    hint = "put ranks in the place of values, centre them, divide by both lengths"
    h1 = rng.normal(size=(7, 9))
    for h2 in (np.exp(h1 + 0.5 * rng.normal(size=h1.shape)), rng.normal(size=h1.shape), -(h1**3) + 0.3):
        called = student.call("similarity", h1, h2)
        due = reference.similarity(h1, h2)
        compare(number(called.value), due, what="similarity", law=law, hint=hint, atol=1e-5)
        untouched(called)


@check("similarity", points=1, needs="test_similarity_ranks")
def test_similarity_ties(student, rng):
    """similarity of maps with many equal values, as guided maps have."""
    law = "values that are equal share the mean of the ranks that they take up"
    hint = "scipy.stats.rankdata does it; argsort of argsort does not"
    for keep in (0.0, 0.8):
        h1 = np.maximum(rng.normal(size=(8, 9)) - keep, 0)
        h2 = np.round(np.maximum(h1 + rng.normal(size=h1.shape), 0))
        due = reference.similarity(h1, h2)
        compare(number(student.similarity(h1, h2)), due, what="similarity", law=law, hint=hint, atol=1e-5)


@check("similarity", points=1, needs="test_similarity_ranks")
def test_similarity_constant(student, rng):
    """similarity with a map that is the same everywhere is 0, and is otherwise as before."""
    law, hint = "by definition 0, where a map has no order", "what would you divide by?"
    h = rng.normal(size=(6, 5))
    for flat in (np.zeros((6, 5)), np.full((6, 5), 3.7)):
        for pair in ((h, flat), (flat, h), (flat, flat)):
            compare(number(student.similarity(*pair)), 0.0, what="similarity", law=law, hint=hint, atol=1e-9)
    due = reference.similarity(h, h + 1)
    compare(number(student.similarity(h, h + 1)), due, what="similarity", law=law, hint=hint, atol=1e-5)


# predictions

test_prediction_record = prediction("record")
test_prediction_seed = prediction("seed")
test_prediction_field = prediction("field")
test_prediction_relu = prediction("relu")
test_prediction_project = prediction("project")
test_prediction_heat = prediction("heat")
test_prediction_guided = prediction("guided")
test_prediction_similarity = prediction("similarity")


# The bug hunt. Each check sees one of the three bugs alone.


@check("bug_hunt", points=2)
def test_bug_fused(student, rng):
    """One image, no BatchNorm, every ReLU inside a convolution or dense layer."""
    for _ in range(2):
        plan, x, c = visible(rng, networks.plain)
        explained(
            student, plan, x, c, "list the layers whose ReLU was exchanged; which were left?", function="probe_repaired"
        )


@check("bug_hunt", points=2)
def test_bug_batchnorm(student, rng):
    """One image, BatchNorm, every ReLU in a layer of its own."""
    for _ in range(2):
        plan, x, c = visible(rng, networks.branched)
        explained(student, plan, x, c, "which statistics does BatchNorm use?", function="probe_repaired")


@check("bug_hunt", points=2)
def test_bug_batch(student, rng):
    """A batch whose images ask for different classes; no BatchNorm, every ReLU in a layer of its own."""
    plan, x, c = visible(rng, networks.own_relus, images=4, classes=lambda plan, x: rng.permutation(4))
    explained(
        student, plan, x, c, "print the shape of what the tape starts from, for a batch", function="probe_repaired"
    )
