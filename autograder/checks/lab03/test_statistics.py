"""Hidden checks of lab 3's statistics: calibration, the paired test, the bug hunt, and that predictions were made."""

import numpy as np

from autograder.checking import check, compare, fail, prediction, untouched
from autograder.checks.lab03 import reference

RTOL = 2e-4

# ece


def scores(rng, bins, edges=False):
    """Softmax scores p (N, K) and classes y: too sure above, not sure enough below, no confidence near an edge.

    With ``edges``, confidences are multiples of 1/16, so that many lie on the edges of 2, 4 and 8 bins, 1.0 among them.
    """
    N, K = int(rng.integers(80, 160)), int(rng.integers(5, 9))
    if edges:
        confidence = rng.permutation(np.resize(np.arange(4, 17) / 16, N))
    else:
        confidence = rng.uniform(1.5 / K, 1.0, 4 * N)
        confidence = confidence[np.abs(confidence * bins - np.round(confidence * bins)) > 1e-3][:N]
    N = len(confidence)
    chance = np.where(confidence > 0.6, confidence - 0.35, np.minimum(confidence + 0.35, 1.0))
    right = rng.random(N) < chance
    place = rng.integers(K, size=N)
    p = 0.2 * rng.random((N, K)) + 1.0  # so that the confidence is the largest
    p[np.arange(N), place] = 0
    p *= ((1 - confidence) / p.sum(axis=1))[:, None]
    p[np.arange(N), place] = confidence
    y = np.where(right, place, (place + rng.integers(1, K, N)) % K)
    return p, y


@check("ece", points=2)
def test_ece(student, rng):
    """ece on fresh scores, for several numbers of bins."""
    law = "the mean over pictures of |accuracy - mean confidence| of the bin that the picture is in"
    hint = "confidence is the largest score; weight each bin with its share of the pictures"
    for bins in (int(n) for n in rng.permutation([4, 6, 7, 9, 13, 15])[:3]):
        p, y = scores(rng, bins)
        called = student.call("ece", p, y, bins)
        compare(called.value, reference.ece(p, y, bins), what="calibration error", law=law, hint=hint, rtol=RTOL)
        untouched(called)


@check("ece", points=1, needs="test_ece")
def test_ece_edges(student, rng):
    """ece where confidences lie on the edges of bins."""
    law, hint = "bin m holds the confidences above (m - 1) / M and up to m / M", "which side of a bin is closed?"
    for bins in (4, 8):
        p, y = scores(rng, bins, edges=True)
        expected = reference.ece(p, y, bins)
        compare(student.ece(p, y, bins), expected, what="calibration error", law=law, hint=hint, rtol=RTOL)


@check("ece", points=1, needs="test_ece")
def test_ece_extremes(student, rng):
    """ece with one bin, with many empty bins, and for certain answers."""
    law, hint = "empty bins count nothing; confidence 1 belongs to the last bin", "what does the mean of nothing give?"
    p, y = scores(rng, 8)
    for bins in (1, 200):
        q, z = (p, y) if bins == 1 else scores(rng, bins)
        expected = reference.ece(q, z, bins)
        compare(student.ece(q, z, bins), expected, what="calibration error", law=law, hint=hint, rtol=RTOL)
    K = 4
    certain = np.eye(K)[rng.integers(K, size=12)]
    wrong = (certain.argmax(axis=1) + (np.arange(12) % 3 == 0)) % K
    expected = reference.ece(certain, wrong, 5)
    compare(student.ece(certain, wrong, 5), expected, what="calibration error", law=law, hint=hint, rtol=RTOL)


# mcnemar


def outcomes(rng, only_A, only_B, both, neither):
    """Paired outcomes in random order."""
    counts = (both, only_A, only_B, neither)
    order = rng.permutation(sum(counts))
    okA = np.repeat([True, True, False, False], counts)[order]
    okB = np.repeat([True, False, True, False], counts)[order]
    return okA, okB


def same_p(student, rng, only_A, only_B, law, hint):
    both, neither = (int(n) for n in rng.integers(5, 60, 2))
    okA, okB = outcomes(rng, only_A, only_B, both, neither)
    called = student.call("mcnemar", okA, okB)
    compare(called.value, reference.mcnemar(okA, okB), what="p-value", law=law, hint=hint, rtol=1e-3)
    untouched(called)


@check("mcnemar", points=1)
def test_mcnemar_small(student, rng):
    """mcnemar where few pictures differ."""
    law = "twice the probability of at most min(b, c) heads in b + c tosses of a fair coin"
    hint = "count the pictures that exactly one of the two gets right; sum binomial probabilities from 0 to the smaller"
    for _ in range(3):
        only_A = int(rng.integers(2, 6))
        pair = [only_A, only_A + int(rng.integers(2, 9))]
        if rng.random() < 0.5:
            pair.reverse()
        same_p(student, rng, pair[0], pair[1], law, hint)
    same_p(student, rng, 2, 9, law, hint)
    same_p(student, rng, 9, 2, law, hint)


@check("mcnemar", points=1, needs="test_mcnemar_small")
def test_mcnemar_large(student, rng):
    """mcnemar where hundreds of pictures differ."""
    law, hint = "the same sum; for large counts too", "use math.comb, or scipy.stats.binom, and mind overflow"
    only_A = int(rng.integers(250, 400))
    same_p(student, rng, only_A, only_A + int(rng.integers(30, 70)), law, hint)
    same_p(student, rng, only_A + int(rng.integers(30, 70)), only_A, law, hint)


@check("mcnemar", points=1, needs="test_mcnemar_small")
def test_mcnemar_no_difference(student, rng):
    """mcnemar where the two differ equally often, or nowhere."""
    law, hint = "p = 1 is the most there is", "what is twice the half of a symmetric distribution that has a middle?"
    only = int(rng.integers(3, 30))
    for pair in ((only, only), (0, 0), (0, 1), (1, 0)):
        same_p(student, rng, pair[0], pair[1], law, hint)


# The bug hunt. Each check sees one of the three bugs alone.


def problem(rng, N):
    D, K = (int(n) for n in rng.integers([3, 3], [6, 6]))
    h, y = rng.normal(size=(N, D)), rng.permutation(np.resize(np.arange(K), max(N, 1)))[:N]
    W, b = rng.normal(size=(D, K)), rng.normal(size=K)
    signs = rng.permutation(np.resize([1.0, -1.0], D))
    return h, y, (0.5 + rng.random(D), signs * (0.5 + rng.random(D))), W, b


def same_head(student, h, y, norm, W, b, T, warm, base, law, hint):
    expected = np.vstack(reference.tune_head(h, y, norm, W, b, T, warm, base)) - np.vstack([W, b])
    called = student.call("tune_head", h, y, norm, W, b, T, warm, base)
    try:
        got_W, got_b = (np.asarray(part, dtype=np.float64) for part in called.value)
        moved = np.vstack([got_W, got_b]) - np.vstack([W, b])
    except (TypeError, ValueError):
        fail("no pair of a matrix (D, K) and a vector (K,) came back", law, "return W, b")
    compare(moved, expected, what="way of W and b", law=law, hint=hint, rtol=2e-3, picture=True)
    untouched(called)


@check("bug_hunt", points=2)
def test_bug_batchnorm(student, rng):
    """One picture, no warm-up: how features are normalised."""
    law = "a frozen BatchNorm uses the stored mean and variance"
    hint = "which statistics are used? a batch of one picture has a variance of its own"
    for _ in range(2):
        h, y, (gamma, beta), W, b = problem(rng, 1)
        norm = (gamma, beta, h[0] - 0.5 - rng.random(h.shape[1]), 0.3 + rng.random(h.shape[1]))
        same_head(student, h, y, norm, W, b, int(rng.integers(2, 5)), 0, 0.3, law, hint)


@check("bug_hunt", points=2)
def test_bug_mean(student, rng):
    """Several pictures whose statistics are the stored ones, no warm-up: the size of a step."""
    law = "the loss is a mean over pictures, and so is its gradient"
    hint = "does the step grow with the number of pictures?"
    for _ in range(2):
        h, y, (gamma, beta), W, b = problem(rng, int(rng.integers(4, 8)))
        norm = (gamma, beta, h.mean(axis=0), h.var(axis=0))
        same_head(student, h, y, norm, W, b, int(rng.integers(2, 5)), 0, 0.3, law, hint)


@check("bug_hunt", points=2)
def test_bug_schedule(student, rng):
    """One picture that its BatchNorm maps to beta whatever the statistics are: the schedule with a warm-up."""
    law = "after the warm-up the cosine starts at its top and has T - warm steps"
    hint = "print the rates of all steps and compare them with those of exercise 4"
    for _ in range(2):
        h, y, (gamma, beta), W, b = problem(rng, 1)
        T = int(rng.integers(6, 12))
        norm = (gamma, beta, h[0], np.zeros(h.shape[1]))
        same_head(student, h, y, norm, W, b, T, T // 2, 0.1, law, hint)


# predictions, graded for being made

test_prediction_bottleneck = prediction("bottleneck")
test_prediction_dense = prediction("dense")
test_prediction_unfreeze = prediction("unfreeze")
test_prediction_schedule = prediction("schedule")
test_prediction_classify = prediction("classify")
test_prediction_ece = prediction("ece")
test_prediction_mcnemar = prediction("mcnemar")
