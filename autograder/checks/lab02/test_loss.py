"""Hidden checks of the loss and its gradient: fresh logits against the reference."""

import numpy as np

from autograder.checking import check, compare, untouched
from autograder.checks.lab02 import reference

RTOL = 2e-4  # leaves room for float32


def batch(rng, spread=1.5):
    """Fresh logits (B, K), another height in each row, and labels in which classes repeat and none is the row's best.

    That no label is the row's largest logit keeps the loss well away from 0.
    """
    B, K = int(rng.integers(7, 10)), int(rng.integers(3, 7))  # never as many pictures as classes
    logits = spread * rng.normal(size=(B, K)) + rng.normal(size=(B, 1))
    y = logits.argsort(axis=1)[np.arange(B), rng.integers(0, K - 1, B)]
    y[1:3] = (logits[1:3].argmax(axis=1) + 1) % K
    return logits, y


@check("softmax_xent", points=2)
def test_xent_matches(student, rng):
    """softmax_xent on fresh logits of a common size."""
    law = "the mean over pictures of -log softmax(logits)[y], natural logarithm"
    hint = "one softmax, over the classes of a row; y picks one column per row; mean, not sum"
    for _ in range(3):
        logits, y = batch(rng)
        called = student.call("softmax_xent", logits, y)
        compare(called.value, reference.softmax_xent(logits, y), what="loss", law=law, hint=hint, rtol=RTOL)
        untouched(called)


@check("softmax_xent", points=2, needs="test_xent_matches")
def test_xent_stable(student, rng):
    """softmax_xent stays exact for logits in the thousands, of another height in each row."""
    law = "the loss is finite and exact for logits of any size: exp may neither overflow nor vanish"
    hint = "subtract each row's own maximum; keep log(sum(exp)) as it is, with nothing added inside the log"
    for size in (40.0, 900.0):
        logits, y = batch(rng, size)
        logits += rng.choice([-3000.0, 0.0, 3000.0], size=(len(y), 1))
        logits[:2] += [[3000.0], [-3000.0]]
        expected = reference.softmax_xent(logits, y)
        compare(student.softmax_xent(logits, y), expected, what="loss", law=law, hint=hint, rtol=RTOL)


@check("xent_grad", points=2)
def test_grad_matches(student, rng):
    """xent_grad on fresh logits."""
    law = "how much the mean loss changes with each logit: (softmax - one-hot) / B"
    hint = "rows add up to 0; the mean of the loss leaves its 1 / B in every entry"
    for _ in range(3):
        logits, y = batch(rng)
        called = student.call("xent_grad", logits, y)
        expected = reference.xent_grad(logits, y)
        compare(called.value, expected, what="gradient", law=law, hint=hint, rtol=RTOL, picture=True)
        untouched(called)


@check("xent_grad", points=1, needs="test_grad_matches")
def test_grad_stable(student, rng):
    """xent_grad for logits in the thousands."""
    law, hint = "the gradient is finite for logits of any size", "shift each row by its own maximum before exp"
    logits, y = batch(rng)
    logits += rng.choice([-3000.0, 3000.0], size=(len(y), 1))
    logits[:2] += [[6000.0], [-6000.0]]
    expected = reference.xent_grad(logits, y)
    compare(student.xent_grad(logits, y), expected, what="gradient", law=law, hint=hint, rtol=2e-3)
