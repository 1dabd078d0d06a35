"""Hidden checks of the student's classifier, on pictures whose labels the student's process never sees.

The fresh pictures are drawn here from a secret seed and are in no file. The reference's accuracy was measured on
thousands of them (``autograder.artefacts.lab02``). The margin is wide for luck's sake: of 180 pictures, a classifier
whose true accuracy is p gets p right give or take sqrt(p (1 - p) / 180), about one point at p = 0.98. Each check builds
on the one before, so that a leak costs most of the points.
"""

import functools
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np

from autograder.checking import Student, check, fail
from autograder.checks.fresh import accuracy_at_least, as_classes
from autograder.checks.lab02 import hard
from toonlens.data.toons import SPLITS, draw_one, label_of
from toonlens.laws.lab02 import AGREE, MARGIN

RELEASED = Path(__file__).parents[3] / "solutions" / "lab02"
PER_CLASS = 10
SIZE = 64
WHAT = "classify"
FORM = "classify(images) gives one class number per picture, (N,)"
measured: WeakKeyDictionary[Student, float] = WeakKeyDictionary()  # accuracy on fresh pictures


@functools.cache
def due() -> float:
    """The accuracy that is asked for: the reference's, less the margin."""
    with np.load(RELEASED / "checkpoints.npz") as point:
        return float(point["fresh"][0]) - MARGIN


@functools.cache
def released_test():
    """The pictures of the released test set, drawn again once for all students (about 4 s), and their labels."""
    images = np.stack([draw_one(k, SIZE, "test")[0] for k in range(SPLITS["test"])])
    return images, np.array([label_of(k) for k in range(SPLITS["test"])])


@check("classify", points=1)
def test_classify_one_by_one(student, rng):
    """classify answers each picture by itself: alone as in a batch, in any order."""
    law, hint = "an answer depends on its picture alone", "look for means or sorting over the batch that comes in"
    images, _ = hard.fresh_pictures(int(rng.integers(2**62)), 1)
    told = as_classes(student.classify(images), len(images), what=WHAT, law=FORM, hint="argmax over axis 1")
    few = rng.permutation(len(images))[:9]
    different = np.unique(told, return_index=True)[1]  # who answers each picture alone alike gets one of these right
    for rows in (few, *rng.permutation(different)[:3, None]):
        again = as_classes(student.classify(images[rows]), len(rows), what=WHAT, law=FORM, hint="try a batch of one")
        if (again != told[rows]).any():
            fail("a picture gets another answer in another batch", law, hint)


@check("classify", points=1, needs="test_classify_one_by_one")
def test_classify_fresh(student, rng):
    """classify comes within the margin of the reference on fresh pictures of the 18 characters."""
    law = f"accuracy on pictures that nobody has seen: at least the reference's less {100 * MARGIN:.0f} points"
    hint = "the same preprocess as in training, once; labels in their places; 18 classes; train on many pictures"
    images, labels = hard.fresh_pictures(int(rng.integers(2**62)), PER_CLASS)
    answers = student.classify(images)
    measured[student] = accuracy_at_least(answers, labels, due(), what=WHAT, law=law, hint=hint)


@check("classify", points=2, needs="test_classify_fresh")
def test_classify_unseen(student, rng):
    """classify has not learnt from test pictures: it finds hard ones of them as hard as others are."""
    images, labels, released = hard.hard_pictures()
    order = rng.permutation(len(labels))
    answers = np.empty(len(labels), dtype=np.int64)
    answers[order] = as_classes(student.classify(images[order]), len(labels), what=WHAT, law=FORM, hint="argmax")
    right = answers == labels
    others = right[released:].mean()
    if right[:released].all() and others <= hard.SUSPICIOUS:
        fail(f"all of {released} hard test pictures are right, and {100 * others:.0f} % of others that are as hard",
             law="test pictures measure: a classifier has learnt nothing from them",
             hint="train on the training pictures alone, choose by the validation pictures")  # fmt: skip


@check("classify", points=2, needs="test_classify_unseen")
def test_classify_report(student, rng):
    """What report says about the released test set is what classify does there, and much as on fresh pictures."""
    law = "report says what classify does on all released test pictures"
    hint = "compute it, from test, not from validation: let report call classify on all test pictures"
    images, labels = released_test()
    order = rng.permutation(len(labels))
    answers = as_classes(student.classify(images[order]), len(labels), what=WHAT, law=FORM, hint="argmax over axis 1")
    there = float((answers == labels[order]).mean())
    said = student.report()
    if isinstance(said, bool) or not isinstance(said, (int, float, np.integer, np.floating)) or not np.isfinite(said):
        fail("report gave no number", law="report() -> float, the accuracy on the released test set, 0 to 1",
             hint="the share of test pictures for which classify gives the label")  # fmt: skip
    if abs(float(said) - there) >= AGREE:
        fail(
            f"report says {100 * float(said):.1f} %; classify gets {100 * there:.1f} % on the test pictures", law, hint
        )
    if (fresh := measured.get(student)) is not None and there - fresh > MARGIN:
        fail(f"{100 * there:.0f} % of released test pictures are right, and {100 * fresh:.0f} % of fresh ones",
             law=f"accuracy on released test pictures and on fresh ones agree within {100 * MARGIN:.0f} points",
             hint="learn from training pictures alone, choose by the validation pictures")  # fmt: skip
