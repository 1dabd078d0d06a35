"""Hidden checks of the measures, the predictions and the bug hunt. Each check of the hunt sees one bug alone."""

import numpy as np

from autograder.checking import check, compare, prediction, untouched
from autograder.checks.lab02 import reference

# confusion, macro_f1


def answers(rng, K, n):
    """Labels and predictions of n pictures: every pair of classes may come often; the last class never occurs."""
    return rng.integers(0, K - 1, n), rng.integers(0, K - 1, n)


@check("confusion", points=2)
def test_confusion(student, rng):
    """confusion counts pictures of class i that were called j."""
    law = "entry (i, j) counts the pictures of class i that were called j, for K classes, those without pictures too"
    hint = "rows are true classes; a pair that comes twice counts twice; the shape is (K, K) whatever occurs"
    for n in (90, 7):
        K = int(rng.integers(4, 8))
        y, yhat = answers(rng, K, n)
        y[:2], yhat[:2] = [0, 0], [1, 1]
        called = student.call("confusion", y, yhat, K)
        due = reference.confusion(y, yhat, K)
        compare(called.value, due, what="confusion matrix", law=law, hint=hint, picture=True)
        untouched(called)


@check("confusion", points=1)
def test_macro_f1(student, rng):
    """macro_f1 on fresh confusion matrices with classes of very different sizes."""
    law, hint = "the mean over classes of 2 TP / (2 TP + FP + FN)", "F1 class by class, then the plain mean"
    for _ in range(3):
        K = int(rng.integers(3, 7))
        cm = rng.integers(0, 9, (K, K)) + np.diag(rng.integers(1, 40, K))
        cm[0] *= 7
        called = student.call("macro_f1", cm)
        compare(called.value, reference.macro_f1(cm), what="macro F1", law=law, hint=hint, rtol=1e-4)
        untouched(called)


@check("confusion", points=1, needs="test_macro_f1")
def test_macro_f1_empty(student, rng):
    """macro_f1 where a class has neither pictures nor predictions, and where one is never right."""
    law, hint = "F1 is 0 where 2 TP + FP + FN is 0, and the class stays in the mean", "guard the division"
    cm = rng.integers(1, 9, (5, 5))
    cm[3], cm[:, 3] = 0, 0
    cm[1, 1] = 0
    compare(student.macro_f1(cm), reference.macro_f1(cm), what="macro F1", law=law, hint=hint, rtol=1e-4)


# bootstrap_ci


@check("bootstrap_ci", points=2)
def test_bootstrap_matches(student, rng):
    """bootstrap_ci gives the interval of the prescribed draws."""
    law = "2.5 % and 97.5 % quantiles of n means; default_rng(seed).integers(0, N) draws N rows for each of them"
    hint = "draw with that generator and nothing else, N rows per resample, resample after resample"
    for share in (0.8, 0.5):
        N, n, seed = int(rng.integers(20, 60)), int(rng.integers(150, 400)), int(rng.integers(1, 10_000))
        correct = rng.permutation((np.arange(N) < share * N).astype(float))
        called = student.call("bootstrap_ci", correct, n, seed)
        due = np.array(reference.bootstrap_ci(correct, n, seed))
        compare(called.value, due, what="interval", law=law, hint=hint, rtol=1e-5)
        untouched(called)


@check("bootstrap_ci", points=1, needs="test_bootstrap_matches")
def test_bootstrap_small(student, rng):
    """bootstrap_ci with few resamples, and where every picture is right."""
    law, hint = "quantiles of n means, whatever n; all right gives (1, 1)", "nothing is added to the quantiles"
    correct = rng.permutation((np.arange(30) < 20).astype(float))
    for n in (1, 3):
        due = np.array(reference.bootstrap_ci(correct, n, 7))
        compare(student.bootstrap_ci(correct, n, 7), due, what="interval", law=law, hint=hint, rtol=1e-5)
    compare(student.bootstrap_ci(np.ones(25), 50, 3), np.ones(2), what="interval", law=law, hint=hint)


# the bug hunt


def cloud(rng, classes=5, each=12, D=6):
    """Separated classes, the first in the middle; over all pictures each feature has exactly mean 0 and deviation 1."""
    y = rng.permutation(np.repeat(np.arange(classes), each))
    corners = rng.permutation(np.vstack([np.eye(D), -np.eye(D)]))[:classes]
    corners[0], corners[1:3] = 0.0, [np.ones(D) * 0.6, -np.ones(D) * 0.6]
    x = 4 * corners[y] + 0.3 * rng.normal(size=(len(y), D))
    return (x - x.mean(axis=0)) / x.std(axis=0), y


def classes_due(called, due, law, hint):
    compare(called.value, due, what="classes", law=law, hint=hint)
    untouched(called)


@check("bug_hunt", points=2)
def test_bug_own_mean(student, rng):
    """New pictures of one class, and one alone; all features of mean 0 and deviation 1 in training, classes 0 to 4."""
    law, hint = "new pictures are measured from the mean of the training set", "try one new picture alone"
    x, y = cloud(rng)
    for k in range(5):
        for new in (x[y == k], x[y == k][:1]):
            classes_due(student.call("nearest_mean", x, y, new), reference.nearest_mean(x, y, new), law, hint)


@check("bug_hunt", points=2)
def test_bug_one_deviation(student, rng):
    """Features in very different units; the new pictures are the training set itself, classes 0 to 4."""
    law, hint = "every feature counts in units of its own deviation", "print the shape of the deviation"
    for _ in range(3):
        x, y = cloud(rng)
        loud = 1e4 * (x[rng.permutation(len(x)), :2])  # two features that say nothing, in small units
        wide = np.concatenate([loud - loud.mean(axis=0), x], axis=1)
        classes_due(student.call("nearest_mean", wide, y, wide), reference.nearest_mean(wide, y, wide), law, hint)


@check("bug_hunt", points=2)
def test_bug_names(student, rng):
    """Classes with gaps in their numbers; the new pictures are the training set itself, of mean 0 and deviation 1."""
    law, hint = "the answer is the number of a class in train_y", "what does argmin count?"
    x, y = cloud(rng)
    numbers = np.sort(rng.permutation(20)[:5]) + 1
    y = numbers[y]
    classes_due(student.call("nearest_mean", x, y, x), reference.nearest_mean(x, y, x), law, hint)


# predictions, graded for being made

test_prediction_xent = prediction("xent")
test_prediction_grad = prediction("grad")
test_prediction_freeze = prediction("freeze")
test_prediction_extract = prediction("extract")
test_prediction_head = prediction("head")
test_prediction_classify = prediction("classify")
test_prediction_confusion = prediction("confusion")
test_prediction_ci = prediction("ci")
