"""The visible check of the capstone: whether a table is about the networks that it names. It has no exercises."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from toonlens.laws import Checked, percent
from toonlens.models import ARCHITECTURES

COLUMNS = 7  # accuracy, low, high, loss, accuracy on the training pictures, seconds, epochs
SOME = 100  # test pictures that are asked again, in another order
TIES = 0.02  # share of pictures whose two best classes may be so close that single precision decides
OWN = "the accuracy in the table is that of `classify` on all test pictures"


def check_table(
    classify: Callable, table: Callable, answers: NDArray, images: NDArray, labels: NDArray, classes: int
) -> None:
    """Laws of ``classify(arch, images)`` and of the rows that ``table()`` gives, on the test pictures.

    Args:
        classify: classes of pictures, uint8 (N, H, W, 3), by a trained network.
        table: gives (3, 7), a row for each network; raises NotImplementedError while there is none.
        answers: what ``classify`` gave for all test pictures, (3, N).
        images, labels: the test pictures (N, H, W, 3) and their classes (N,).
        classes: K.
    """
    f, g = Checked("classify", classify, "an array of classes"), Checked("row", table, "7 numbers")
    order = np.random.default_rng(11).permutation(len(images))[:SOME]
    for arch, all_answers in zip(ARCHITECTURES, answers, strict=True):
        raw = f.raw(arch, images[order])
        some = f.array(raw, (len(order),))
        f.law(
            "whole numbers",
            np.asarray(raw).dtype.kind in "iu" and bool(((some >= 0) & (some < classes)).all()),
            f"for {arch}, what comes back are not all whole numbers from 0 to K - 1",
            "the answer to a picture is its class, an integer",
            "take argmax over the last axis of the scores",
        )
        f.law(
            "batch independence",
            bool((some != all_answers[order]).mean() <= TIES),
            f"for {arch}, {len(order)} pictures in another order get other classes than among all test pictures",
            "a picture's result does not depend on what else is in its batch",
            "call the network with training=False, preprocess each picture on its own; was a network trained again?",
        )
    f.passed()
    rows = g.array(g.raw(), (len(ARCHITECTURES), COLUMNS))
    right = (np.asarray(answers) == labels).mean(axis=1)
    for arch, measured, (accuracy, low, high, loss, learned, seconds, epochs) in zip(
        ARCHITECTURES, right, rows, strict=True
    ):
        g.law(
            "shares",
            0 <= accuracy <= 1 and 0 <= learned <= 1,
            f"for {arch}, an accuracy of the row is no share from 0 to 1",
            "accuracies are shares: 0.5 is one half of the pictures",
            "divide percentages by 100; mind the order of the seven numbers",
        )
        g.law(
            "its own network",
            abs(accuracy - measured) <= TIES,
            f"for {arch}, the row says {percent(accuracy)} and classify is right on {percent(measured)}",
            OWN,
            "measure the network in `trained[arch]`, on data.test as it is; was something trained again since?",
        )
        g.law(
            "interval",
            low <= accuracy <= high and high - low < 0.5,
            f"for {arch}, the accuracy lies outside of its interval, or the interval is as wide as half the scale",
            "an interval holds its own mean",
            "the row has accuracy, low end, high end, in this order",
        )
        g.law(
            "loss, time and epochs",
            loss >= 0 and seconds > 0 and epochs >= 1,
            f"for {arch}, the loss is negative, or time or epochs are none",
            "a cross-entropy is at least 0; training takes time",
            "mind the order of the seven numbers",
        )
    g.passed()
