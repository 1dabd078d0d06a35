"""Hidden checks of lab 1: splits, weights, the baseline, predictions, and the bug hunt."""

import numpy as np

from autograder.checking import check, compare, fail, prediction, untouched
from autograder.checks.lab01 import reference

# group_split


def grouped(rng, K, small, large, many):
    """Labels and groups in random order: per class ``small`` groups of 1 to 3 pictures and ``many`` of ``large``."""
    y, g = [], []
    names = iter(rng.permutation(50_000))
    for k in range(K):
        for size in [*rng.integers(1, 4, small), *[large] * many]:
            y += [k] * int(size)
            g += [next(names)] * int(size)
    order = rng.permutation(len(y))
    return np.array(y)[order], np.array(g)[order]


def parts_of(student, y, g, fractions, seed):
    called = student.call("group_split", y, g, fractions, seed)
    hint = "return train, validation, test: places in y"
    if not isinstance(called.value, (tuple, list)) or len(called.value) != 3:
        fail("no three parts came back", law="group_split returns three index arrays", hint=hint)
    parts = [np.asarray(part) for part in called.value]
    if any(part.ndim != 1 or part.dtype.kind not in "iu" for part in parts):
        fail("a part is no row of whole numbers", law="group_split returns three index arrays", hint=hint)
    untouched(called)
    return parts


def covers(parts, n):
    used = np.sort(np.concatenate(parts))
    if len(used) != n or (used != np.arange(n)).any():
        fail(f"{len(used)} indices for {n} pictures, {len(np.unique(used))} of them different",
             law="every picture is in exactly one part", hint="what is missing, or there twice?")  # fmt: skip


def whole_groups(parts, g):
    sides = np.concatenate([np.unique(g[part]) for part in parts])
    torn = len(sides) - len(np.unique(sides))
    if torn:
        fail(f"{torn} groups too many stand in a second part", law="a group is in one part",
             hint="hand out groups, not pictures")  # fmt: skip


def stratified(parts, y, g, fractions):
    for k in np.unique(y):
        members = y == k
        largest = np.unique(g[members], return_counts=True)[1].max()
        for part, fraction in zip(parts, fractions, strict=True):
            off = abs(members[part].sum() - fraction * members.sum())
            if off > 2 * largest:
                fail(f"a part is off by {off / largest:.1f} of the class's largest groups",
                     law="each part holds its fraction of the pictures of every class, up to two largest groups",
                     hint="class by class; count pictures, not groups; parts in the order of fractions")  # fmt: skip


CASES = (((0.6, 0.2, 0.2), 7, 70, 3, 1), ((0.2, 0.3, 0.5), 6, 90, 4, 1), ((0.5, 0.1, 0.4), 9, 60, 2, 2))


@check("group_split", points=2)
def test_split_covers(student, rng):
    """group_split puts every picture into exactly one part."""
    for fractions, *shape in CASES:
        y, g = grouped(rng, *shape)
        covers(parts_of(student, y, g, fractions, int(rng.integers(1000))), len(y))


@check("group_split", points=2, needs="test_split_covers")
def test_split_keeps_groups(student, rng):
    """group_split tears no group apart."""
    for fractions, *shape in CASES:
        y, g = grouped(rng, *shape)
        whole_groups(parts_of(student, y, g, fractions, int(rng.integers(1000))), g)


@check("group_split", points=2, needs="test_split_covers")
def test_split_is_stratified(student, rng):
    """group_split gives every part its share of every class."""
    for fractions, *shape in CASES:
        for _ in range(2):
            y, g = grouped(rng, *shape)
            stratified(parts_of(student, y, g, fractions, int(rng.integers(1000))), y, g, fractions)


@check("group_split", points=1, needs="test_split_is_stratified")
def test_split_counts_pictures(student, rng):
    """group_split counts pictures, not groups, where a few groups are large."""
    for fractions in ((0.6, 0.2, 0.2), (0.3, 0.3, 0.4)):
        y, g = grouped(rng, 50, 60, 12, 8)
        parts = parts_of(student, y, g, fractions, int(rng.integers(1000)))
        covers(parts, len(y))
        stratified(parts, y, g, fractions)


@check("group_split", points=1, needs="test_split_covers")
def test_split_by_seed(student, rng):
    """group_split gives the same split for the same seed and another one for another seed."""
    y, g = grouped(rng, *CASES[0][1:])
    seed = int(rng.integers(1000))
    one, again, other = (parts_of(student, y, g, (0.6, 0.2, 0.2), s) for s in (seed, seed, seed + 1))
    hint = "make one generator from seed inside the function and draw from nothing else"
    if any(not np.array_equal(np.sort(a), np.sort(b)) for a, b in zip(one, again, strict=True)):
        fail("two calls with one seed give two splits", law="a split is a function of its arguments", hint=hint)
    if np.array_equal(np.sort(one[2]), np.sort(other[2])):
        fail("two seeds give one test part", law="the seed decides which groups go where", hint=hint)


# class_weights, majority_baseline


@check("class_weights", points=1)
def test_weights(student, rng):
    """class_weights where every class is present."""
    law = "w_k = N / (K n_k), with N pictures, n_k of class k"
    hint = "count first; the rarer the class, the larger its weight; the mean over pictures is 1"
    for K in (2, 5, 9):
        y = rng.permutation(np.repeat(np.arange(K), rng.permutation(np.arange(1, K + 1) * 3)))
        called = student.call("class_weights", y, K)
        compare(called.value, reference.class_weights(y, K), what="class weights", law=law, hint=hint)
        untouched(called)


@check("class_weights", points=1, needs="test_weights")
def test_weights_of_absent_classes(student, rng):
    """class_weights where some classes have no picture, the last one among them."""
    law = "an absent class gets 0, and K in the formula counts the classes that are there"
    hint = "np.bincount with minlength; divide only where the count is above 0"
    for _ in range(3):
        counts = np.array([5, 0, 3, 11, 0, 8, 0])
        counts[:6] = rng.permutation(counts[:6])
        y = rng.permutation(np.repeat(np.arange(7), counts))
        compare(student.class_weights(y, 7), reference.class_weights(y, 7), what="class weights", law=law, hint=hint)


def baseline(student, y_train, y_test, law, hint):
    called = student.call("majority_baseline", y_train, y_test)
    if not isinstance(called.value, (tuple, list)) or len(called.value) != 2:
        fail(
            "no pair came back",
            law="majority_baseline returns the class and its accuracy",
            hint="return the class, then the accuracy",
        )
    for got, due, what in zip(
        called.value, reference.majority_baseline(y_train, y_test), ("class", "accuracy"), strict=True
    ):
        compare(got, due, what=f"the baseline's {what}", law=law, hint=hint)
    untouched(called)


def uneven(rng, ties):
    """Labels whose most frequent classes differ in training and test; in training ``ties`` classes share that place."""
    K = 6
    counts = rng.permutation([9] * ties + [6, 4, 3, 2, 1][: K - ties])
    y_train = np.repeat(np.arange(1, K + 1), counts)
    others = np.flatnonzero(counts < 9) + 1
    top = np.flatnonzero(counts == 9) + 1
    y_test = np.concatenate([np.repeat(others[0], 11), np.repeat(top, np.arange(2, 2 + len(top))), others])
    return rng.permutation(y_train), rng.permutation(y_test)


@check("majority_baseline", points=1)
def test_baseline(student, rng):
    """majority_baseline learns from the training labels and is judged on the test labels."""
    law = "the most frequent class of y_train, and the part of y_test that has it, from 0 to 1"
    hint = "count y_train; compare y_test with that one class; take the mean"
    for _ in range(4):
        y_train, y_test = uneven(rng, 1)
        baseline(student, y_train, y_test, law, hint)


@check("majority_baseline", points=1, needs="test_baseline")
def test_baseline_ties(student, rng):
    """majority_baseline takes the smallest of several most frequent classes."""
    law, hint = "of several most frequent classes the smallest", "what does argmax return where several are largest?"
    for ties in (2, 3, 2, 3):
        y_train, y_test = uneven(rng, ties)
        baseline(student, y_train, y_test, law, hint)


# predictions, graded for being made

test_prediction_load = prediction("load")
test_prediction_hash = prediction("hash")
test_prediction_split = prediction("split")
test_prediction_preprocess = prediction("preprocess")
test_prediction_bounds = prediction("bounds")
test_prediction_weights = prediction("weights")
test_prediction_majority = prediction("majority")


# The bug hunt. Each check sees one of the three bugs alone.

PART = 14  # pictures in the training part, and in the test part
MARGIN = 1e-6


def pictures(rng, steps, rising):
    """Pictures uint8 (N, H, W + 1, 3) with these steps along their rows, (N, H, W, 3)."""
    N, H, _, C = steps.shape
    start = rng.integers(5, 60, (N, H, 1, C)) if rising else rng.integers(20, 26, (N, H, 1, C))
    return np.concatenate([start, start + np.cumsum(steps, axis=2)], axis=2).astype(np.uint8)


def steep(rng, steps):
    """``steps`` with first steps up of 70 to 180 and second ones down: no number of 8 bits holds all of them."""
    steps = steps.copy()
    N, H, _, C = steps.shape
    steps[:, :, 0] = rng.integers(70, 181, (N, H, C))
    steps[:, :, 1] = rng.integers(-40, 1, (N, H, C))
    return steps


def shuffled_columns(rng, steps):
    """Other pictures with the same values of every single step, so that means and spreads are the same."""
    flat = steps.reshape(len(steps), -1)
    return rng.permuted(flat, axis=0).reshape(steps.shape)


def bug_case(rng, bug):
    """images, y, train, test on which the two other bugs change no answer, and ``bug`` changes some."""
    others = [name for name in ("wraps", "leaks", "misplaced") if name != bug]
    for _ in range(1000):
        rising = bug != "wraps"
        steps = rng.integers(0 if rising else -24, 25, (PART, 3, 4, 3))
        if bug == "wraps":
            steps = steep(rng, steps)
        tested = shuffled_columns(rng, steps)
        if bug == "leaks":
            loud = rng.random(steps.shape[1:]) < 0.5
            tested = np.where(loud & (rng.random(steps.shape) < 0.3), 48, tested // 2)
            steps[:, 0, 1], tested[:, 0, 1] = 6, rng.integers(12, 16, (PART, 3))  # a step that never varies in training
        images = pictures(rng, np.concatenate([steps, tested]), rising)
        y, train, test = rng.permutation(2 * PART) + 10, np.arange(PART), np.arange(PART, 2 * PART)
        if bug == "misplaced":
            order = rng.permutation(2 * PART)
            images, y = images[order], y[order]
            place = np.argsort(order)
            train, test = place[train], place[test]
        due = reference.nearest_label(images, y, train, test)
        same = all((reference._nearest(images, y, train, test, **{name: True}) == due).all() for name in others)
        changed = (reference._nearest(images, y, train, test, **{bug: True}) != due).sum()
        if bug == "wraps":
            changed = min(changed, (reference._nearest(images.view(np.int8), y, train, test, wraps=True) != due).sum())
        if same and changed >= 3 and _clear(images, train, test):
            return images, y, train, test
    raise RuntimeError(f"no pictures found on which {bug} alone shows")


def _clear(images, train, test):
    """Whether every test picture has one nearest training picture by a margin that rounding does not touch."""
    pixels = images.astype(np.float64)
    steps = (pixels[:, :, 1:] - pixels[:, :, :-1]).reshape(len(images), -1)
    spread = steps[train].std(axis=0)
    steps = steps / np.where(spread > 0, spread, 1.0)
    distances = np.sort(((steps[test][:, None] - steps[train][None]) ** 2).sum(axis=-1), axis=1)
    return bool((distances[:, 1] - distances[:, 0] > 1e-3 * distances[:, 1]).all())


def hunts(student, rng, bug, law, hint):
    for _ in range(2):
        images, y, train, test = bug_case(rng, bug)
        called = student.call("nearest_label", images, y, train, test)
        due = reference.nearest_label(images, y, train, test)
        compare(called.value, due, what="labels of the nearest training pictures", law=law, hint=hint, rtol=MARGIN)
        untouched(called)


@check("bug_hunt", points=2)
def test_bug_wraps(student, rng):
    """Pictures with steps up and down, some large, the training part first, the test part like the training part."""
    hunts(student, rng, "wraps", "a difference of pixels may be negative, and uint8 has no negative numbers",
          "what is 3 - 5 in uint8? and does 200 fit into 8 bits with a sign?")  # fmt: skip


@check("bug_hunt", points=2)
def test_bug_leaks(student, rng):
    """Pictures without steps down, the training part first, the test part unlike the training part."""
    hunts(student, rng, "leaks", "nothing is learned from test pictures, no statistics either",
          "whose standard deviation is it? where it is 0, are the steps left as they are?")  # fmt: skip


@check("bug_hunt", points=2)
def test_bug_misplaced(student, rng):
    """Pictures without steps down, the test part like the training part, the two mixed in the set."""
    hunts(student, rng, "misplaced", "the nearest training picture is a place in the training part",
          "argmin counts from 0 within what it is given: which picture of the whole set is that?")  # fmt: skip
