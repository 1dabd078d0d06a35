"""Hidden checks of lab 10 that change something: pixels, weights, pictures; and of the report on the planted tag.

Functions do not travel to the grader, so `flip_curve` is called through the lab's probe, which makes scores of weights.
"""

import numpy as np

from autograder.checking import check, compare, fail, untouched
from autograder.checks.lab10 import reference
from autograder.checks.lab10.test_maps import pair

RTOL = 1e-4


# flip_curve, aopc


def score(w, images):
    """The score that the lab's probe makes of weights (B, H, W, C): (B,). Each picture has weights of its own."""
    return (np.asarray(images, dtype=np.float64) * w).sum(axis=(1, 2, 3))


def flips(rng, B=3, C=3, height=6, width=7, few=False):
    """Pictures, maps free of ties, steps that rise, fillings, and weights of a score."""
    x = rng.normal(size=(B, height, width, C))
    pixels = height * width
    R = np.stack([rng.permutation(pixels) for _ in range(B)]).reshape(B, height, width) - pixels // 2 + 0.5
    R = np.sign(R) * np.abs(R) ** 1.5 + 0.01 * rng.random(R.shape)
    steps = sorted(int(n) for n in rng.choice(np.arange(1, pixels), 4, replace=False))
    return x, R, steps if few else [*steps, pixels], rng.normal(size=x.shape), rng.normal(size=x.shape)


def probed(student, case, law, hint):
    """The curve by the student's flip_curve, compared with the right one."""
    x, R, steps, fill, w = case
    called = student.call("probe_flip", x, R, steps, fill, w)
    expected = reference.flip_curve(lambda images: score(w, images), x, R, steps, fill)
    compare(called.value, expected, what="curve", law=law, hint=hint, rtol=RTOL, picture=True)
    return called


@check("flip_curve", points=2)
def test_flip_one_picture(student, rng):
    """flip_curve for one picture with one channel: first the score of the picture itself, then one after each step."""
    law = "entry 0 is f(x); entry k is f with the steps[k - 1] most relevant pixels replaced, counted from the start"
    hint = "largest relevance first, with its sign; steps are totals; replaced pixels stay replaced"
    for _ in range(2):
        probed(student, flips(rng, B=1, C=1), law, hint)


@check("flip_curve", points=2, needs="test_flip_one_picture")
def test_flip_batch(student, rng):
    """flip_curve for several pictures with several channels."""
    law = "each picture has its own order of pixels; a pixel is replaced in all its channels"
    hint = "reshape pictures to (B, H * W, C), and index with the numbers of the pictures in a column beside the order"
    for B, C in ((4, 1), (1, 3), (3, 3)):
        called = probed(student, flips(rng, B, C, few=True), law, hint)
        untouched(called)


@check("flip_curve", points=1, needs="test_flip_one_picture")
def test_flip_colour(student, rng):
    """flip_curve with a single colour as filling, and with a map of one sign."""
    law, hint = "fill is a colour (C,) or pictures like x", "np.broadcast_to(fill, x.shape) makes one out of the other"
    for shift in (100.0, -100.0):
        x, R, steps, _, w = flips(rng)
        probed(student, (x, R * 0.1 + shift, steps, rng.normal(size=3), w), law, hint)


@check("flip_curve", points=2)
def test_aopc(student, rng):
    """aopc is the mean over all entries of what the score has lost."""
    law = "the mean over k = 0 ... L of f(x) - f(x after k steps): the first term, which is 0, counts in the mean"
    hint = "the first column minus the curve, then a mean for each picture"
    for shape in ((1, 4), (5, 7), (3, 2)):
        curve = rng.normal(size=shape) + 2.0
        called = student.call("aopc", curve)
        compare(called.value, reference.aopc(curve), what="AOPC", law=law, hint=hint, rtol=RTOL, atol=1e-9)
        untouched(called)


# cascade, similarity


def network(rng, scale=3.0):
    """Layers (W, b): two convolutions and two dense layers, far from any initialisation, large enough to measure."""
    shapes = [(5, 5, 9, 14), (3, 3, 14, 25), (60, 50), (60, 50)]
    return [(scale * rng.normal(size=s) + 2.0, 1.0 + rng.random(s[-1])) for s in shapes]


def stages_of(student, params, seed):
    """The networks that cascade returns, if their layers are those of params."""
    stages = student.cascade(params, seed)
    law = "cascade returns a list of L networks, and each is a list of L layers (W, b)"
    if not isinstance(stages, (list, tuple)) or len(stages) != len(params):
        fail(f"no list of {len(params)} networks came back", law, "append a copy of the list of layers in every round")
    made = []
    for stage in stages:
        if not isinstance(stage, (list, tuple)) or len(stage) != len(params):
            fail(f"a network does not have {len(params)} layers", law, "the layers that stay belong to it too")
        made.append([pair(layer, "W and b") for layer in stage])
        for (W, b), (W0, b0) in zip(made[-1], params, strict=True):
            for what, got, old in (("W", W, W0), ("b", b, b0)):
                if np.shape(got) != old.shape or not np.isfinite(np.asarray(got, dtype=np.float64)).all():
                    fail(f"a {what} has shape {np.shape(got)}, where {old.shape} is due, or is not finite", law,
                         "each random layer has the shapes of the layer in whose place it stands")  # fmt: skip
    return made


@check("cascade", points=2)
def test_cascade_order(student, rng):
    """cascade randomises from the last layer down and leaves what is below as it was."""
    law = "network k has its last k layers random, those of network k - 1 and one more; the layers below are as trained"
    hint = "one loop from the last layer to the first; keep the random layers of the rounds before"
    params = network(rng)
    stages = stages_of(student, params, int(rng.integers(1000)))
    for k, stage in enumerate(stages, 1):
        for l in range(len(params) - k):
            for got, due in zip(stage[l], params[l], strict=True):
                compare(got, due, what=f"layer {l} of network {k}", law=law, hint=hint, rtol=1e-6)
        fresh = len(params) - k
        if np.abs(np.asarray(stage[fresh][0]) - params[fresh][0]).mean() < 0.1:
            fail(f"network {k} still has the trained kernel of layer {fresh}", law, hint)
        for l in range(fresh + 1, len(params)):
            for got, due in zip(stage[l], stages[k - 2][l], strict=True):
                compare(got, due, what=f"layer {l} of network {k}", law=law, hint=hint, rtol=1e-6)


@check("cascade", points=1, needs="test_cascade_order")
def test_cascade_random(student, rng):
    """cascade draws kernels anew, normal with the right spread, sets biases to zero, and follows its seed."""
    law = "kernels are drawn anew, mean 0 and standard deviation sqrt(2 / fan-in), each layer its own; biases are 0"
    hint = "fan-in is the number of inputs of one unit: all axes of W but the last. One generator for all layers"
    params = network(rng)
    called = student.call("cascade", params, 5)
    untouched(called)
    last = stages_of(student, params, 5)[-1]
    for l, ((W, b), (W0, _)) in enumerate(zip(last, params, strict=True)):
        W = np.asarray(W, dtype=np.float64)
        if not W.std() > 0:
            fail(f"the kernel of layer {l} is the same number everywhere", law, hint)
        due = np.sqrt(2 / np.prod(W0.shape[:-1]))
        odd = abs(W.mean()) > 0.1 * due or abs(W.std() / due - 1) > 0.1
        if odd or abs(np.corrcoef(W.ravel(), W0.ravel())[0, 1]) > 0.12 or np.abs(b).max() > 0:
            fail(f"layer {l}: mean {W.mean():.2g}, spread {W.std() / due:.2g} times the due one, "
                 f"largest bias {np.abs(b).max():.2g}, correlation with the trained kernel "
                 f"{np.corrcoef(W.ravel(), W0.ravel())[0, 1]:.2g}", law, hint)  # fmt: skip
    if abs(np.corrcoef(np.ravel(last[2][0]), np.ravel(last[3][0]))[0, 1]) > 0.12:
        fail("two layers of the same shape have the same random kernel", law, hint)
    again, other = stages_of(student, params, 5)[-1], stages_of(student, params, 6)[-1]
    law, hint = "the same seed gives the same networks, another seed others", "np.random.default_rng(seed), made once"
    for l in range(len(params)):
        compare(again[l][0], last[l][0], what=f"layer {l} in a second call with the same seed", law=law, hint=hint)
        if np.abs(np.asarray(other[l][0]) - last[l][0]).max() < 1e-6:
            fail(f"layer {l} is the same with another seed", law, hint)


@check("cascade", points=2)
def test_similarity(student, rng):
    """similarity is Spearman's rank correlation over the pixels of each picture, with its sign."""
    law = "the correlation of the ranks of the pixels, one number for each picture; signs are kept"
    hint = "the rank of a pixel is its place in the sorted map: argsort of argsort. Then take off the means"
    for B in (1, 5):
        R = rng.normal(size=(B, 9, 7))
        mix = rng.uniform(-1, 1, (B, 1, 1))
        S = np.exp(mix * R + 0.5 * rng.normal(size=R.shape)) * np.exp(2 * rng.normal(size=(B, 1, 1)))
        called = student.call("similarity", R, S)
        compare(called.value, reference.similarity(R, S), what="similarity", law=law, hint=hint, rtol=RTOL, atol=1e-6)
        untouched(called)
        compare(student.similarity(R, -R), -np.ones(B), what="similarity of R and -R", law=law, hint=hint, rtol=RTOL)


# plant_tag


def album(rng, B=60, C=3, height=20, width=17):
    """Pictures of noise, labels in random order, 20 and more of class 2, and a tag that is not square."""
    x = rng.integers(10, 240, (B, height, width, C)).astype(np.uint8)
    y = rng.permutation(np.concatenate([np.full(23, 2), rng.integers(0, 2, B - 23)]))
    tag = rng.integers(0, 256, (4, 3, C)).astype(np.uint8)
    tag[0], tag[-1] = 0, 255
    return x, y, tag


def planted(student, x, y, cls, rate, tag, seed):
    """Pictures and masks that plant_tag returns, as arrays, and the call."""
    called = student.call("plant_tag", x, y, cls, rate, tag, seed)
    pictures, masks = pair(called.value, "pictures and masks")
    if np.shape(pictures) != x.shape or np.shape(masks) != x.shape[:3]:
        fail(f"shapes {np.shape(pictures)} and {np.shape(masks)} came back",
             law="pictures have the shape of x, masks (B, H, W)", hint="start from a copy and from zeros")  # fmt: skip
    return np.asarray(pictures), np.asarray(masks), called


@check("plant_tag", points=2)
def test_tag_everywhere(student, rng):
    """plant_tag with rate 1: the tag's pixels, its place and its mask, in all pictures of the class and in no other."""
    law = "rows H-2-h to H-3 and columns 2 to w+1 show the tag, in pictures of the class; nothing else changes"
    hint = "two slices, one for rows and one for columns; x.copy() first; the mask is true where the tag stands"
    for cls in (2, 0):
        x, y, tag = album(rng)
        pictures, masks, called = planted(student, x, y, cls, 1.0, tag, 3)
        expected = reference.plant_tag(x, y, cls, 1.0, tag, 3)
        compare(pictures, expected[0], what="pictures", law=law, hint=hint, rtol=1e-9)
        compare(masks, expected[1], what="masks", law=law, hint=hint, rtol=1e-9)
        untouched(called)


@check("plant_tag", points=2, needs="test_tag_everywhere")
def test_tag_share(student, rng):
    """plant_tag with other rates: how many pictures, which ones, and that the seed decides."""
    hint = "rng.choice of the class's own numbers, without replacement, with rng = np.random.default_rng(seed)"
    seen = []
    for rate in (0.3, 0.35, 0.38, 0.55, 0.6, 0.64, 0.0):
        x, y, tag = album(rng)
        due = round(rate * 23)
        pictures, masks, _ = planted(student, x, y, 2, rate, tag, 1)
        chosen = np.flatnonzero(masks.astype(bool).any(axis=(1, 2)))
        if len(chosen) != due or (y[chosen] != 2).any():
            fail(f"{len(chosen)} pictures tagged, {int((y[chosen] != 2).sum())} of other classes; rate {rate} of 23",
                 "exactly round(rate * n) of the n pictures of the class are tagged, each once", hint)  # fmt: skip
        expected = x.copy()
        expected[chosen] = reference.plant_tag(x[chosen], y[chosen], 2, 1.0, tag, 0)[0] if due else x[chosen]
        compare(pictures, expected, what="pictures", law="the tag stands where its mask says", hint=hint, rtol=1e-9)
    law = "the same seed tags the same pictures, another seed others"
    x, y, tag = album(rng)
    for seed in (1, 1, 2, 3):
        _, masks, _ = planted(student, x, y, 2, 0.5, tag, seed)
        seen.append(masks.astype(bool).any(axis=(1, 2)))
    if not (seen[0] == seen[1]).all():
        fail("two calls with the same seed tag different pictures", law, hint)
    if (seen[0] == seen[2]).all() and (seen[0] == seen[3]).all():
        fail("three seeds tag the same pictures", law, hint)


# hans_report


def inquiry(rng):
    """Answers of two models on two tests, their labels, and the class."""
    cls, K = int(rng.integers(0, 5)), 5
    labels: dict[str, np.ndarray] = {}
    answers: dict[str, dict[str, np.ndarray]] = {}
    for test, B in (("plain", 200), ("tagged", 160)):
        labels[test] = rng.integers(0, K, B)
        labels[test][: B // 3] = cls
        labels[test] = rng.permutation(labels[test])
    for model in ("relies", "clean"):
        answers[model] = {}
        for test, y in labels.items():
            own, others = rng.permutation([rng.uniform(0.15, 0.4), rng.uniform(0.6, 0.85)])
            called = np.where(y == cls, rng.random(len(y)) < own, rng.random(len(y)) < others)
            elsewhere = (cls + 1 + rng.integers(0, K - 1, len(y))) % K
            right = (rng.random(len(y)) < 0.5) & (y != cls)
            answers[model][test] = np.where(called, cls, np.where(right, y, elsewhere))
    return answers, labels, cls


def masses(rng):
    """Masses of three maps in the tag, picture by picture, and its areas."""
    area = rng.uniform(0.02, 0.3, 150)
    names = ("lrp", "edge filter", "random order")
    return {name: area * rng.uniform(0.6, 2.0) + 0.02 * rng.random(150) for name in names}, area


def row(report, *keys):
    """report[keys[0]][keys[1]]..., if it is there."""
    for key in keys:
        if not isinstance(report, dict) or key not in report:
            fail(f"the report has no entry {' / '.join(map(repr, keys))}", law="the report is nested as in the table",
                 hint="print it, and compare its keys with the table, name by name")  # fmt: skip
        report = report[key]
    return report


@check("hans_report", points=2)
def test_hans_answers(student, rng):
    """hans_report: how often each model calls pictures of the class, and others, by the name of the class."""
    law = '"own": of the pictures of cls the share called cls; "others": of all other pictures the share called cls'
    hint = "select by the labels of the same test, compare the answers with cls, hand the result to bootstrap_ci"
    (answers, labels, cls), area = inquiry(rng), np.full(20, 0.1)
    called = student.call("hans_report", answers, labels, cls, {"lrp": area + 0.01}, area)
    for model, tests in reference.hans_report(answers, labels, cls, {}, area)["answers"].items():
        for test, groups in tests.items():
            for group, interval in groups.items():
                got = row(called.value, "answers", model, test, group)
                compare(got, interval, what=f"{model} / {test} / {group}", law=law, hint=hint, rtol=0.0, atol=0.02)
                compare(got[0], interval[0], what=f"share of {model} / {test} / {group}", law=law, hint=hint, rtol=RTOL)
    untouched(called)


@check("hans_report", points=2)
def test_hans_maps(student, rng):
    """hans_report: by how much each map's mass in the tag exceeds the tag's area, with an interval over pictures."""
    law = "the mean of mass - area, picture by picture, with its interval; every control is in the report"
    hint = "subtract first, then bootstrap_ci of the differences: the interval of a paired difference is narrower"
    cls, (mass, area) = 1, masses(rng)
    labels = {"plain": np.array([1, 1, 0, 2])}
    report = student.hans_report({"relies": {"plain": np.array([1, 0, 1, 2])}}, labels, cls, mass, area)
    for name, interval in reference.hans_report({}, {}, cls, mass, area)["maps"].items():
        got = row(report, "maps", name)
        compare(got, interval, what=f"map {name}", law=law, hint=hint, rtol=0.0, atol=0.002)
        compare(got[0], interval[0], what=f"value of map {name}", law=law, hint=hint, rtol=RTOL, atol=1e-9)
