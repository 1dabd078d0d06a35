"""Lab 11: whether the table that is handed in is about the networks that were trained. All else is graded by hand."""

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from autograder.checking import Student, check, fail, untouched
from autograder.checks import fresh

NETWORKS = ("vgg16", "resnet50", "densenet121")
PER_CLASS = 20  # 360 fresh pictures
COLUMNS = 7
AGREES = 0.12  # four standard errors of a difference between 360 fresh and 890 test pictures, at one half
LEAST = 0.25  # right answers; guessing gets 1 in 18
LAW = f"the accuracy in the table is within {100 * AGREES:.0f} points of that on pictures that nobody has seen"
HINT = "test pictures train nothing and choose nothing; classify uses the network that the row is about"

_drawn: WeakKeyDictionary[Student, tuple[NDArray, NDArray]] = WeakKeyDictionary()  # one set for the three checks


def judge(student: Student, rng: np.random.Generator, arch: str) -> None:
    """Fail unless the reported accuracy of a network agrees with its answers to fresh pictures."""
    if student not in _drawn:
        _drawn[student] = fresh.draw_fresh(rng, PER_CLASS)
    images, labels = _drawn[student]
    called = student.call("classify", arch, images)
    law = f"a trained network is right on at least {100 * LEAST:.0f} % of fresh pictures"
    measured = fresh.accuracy_at_least(called.value, labels, LEAST, what=f"classify, {arch}", law=law, hint=HINT)
    untouched(called)
    said = reported(student, arch)
    if not abs(said - measured) <= AGREES:
        fail(
            f"the table says {100 * said:.0f} % for {arch}, and {100 * measured:.0f} % of {len(labels)} fresh "
            "pictures are right",
            LAW,
            HINT,
        )


def reported(student: Student, arch: str) -> float:
    """The accuracy of a network in the student's table."""
    try:
        table = np.asarray(student.call("table_for_the_grader").value)
    except ValueError:  # rows of different lengths
        table = np.empty(0, dtype=object)
    law = "the table has a row for each network and 7 numbers in a row, accuracy, low and high end first"
    if table.dtype.kind not in "iuf" or table.shape != (len(NETWORKS), COLUMNS):
        fail("the table is something else than 3 rows of 7 numbers", law, "return 7 numbers from row")
    accuracy, low, high = (float(value) for value in table[NETWORKS.index(arch), :3])
    if not (0 <= accuracy <= 1 and low <= accuracy <= high):
        fail(f"the row of {arch} has no share from 0 to 1 inside of its interval", law, "accuracies are shares")
    return accuracy


@check("table", points=2)
def test_vgg16(student, rng):
    """The table's accuracy of VGG16 agrees with its answers to fresh pictures."""
    judge(student, rng, "vgg16")


@check("table", points=2)
def test_resnet50(student, rng):
    """The table's accuracy of ResNet50 agrees with its answers to fresh pictures."""
    judge(student, rng, "resnet50")


@check("table", points=2)
def test_densenet121(student, rng):
    """The table's accuracy of DenseNet121 agrees with its answers to fresh pictures."""
    judge(student, rng, "densenet121")
