"""Fresh labelled pictures of the 18 drawn characters, and the judgement of an accuracy on them.

The pictures are drawn in the grader's process from a secret seed, so that they are in no file, and sent in random order
without their labels, which stay here.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checking import fail
from toonlens.data import toons
from toonlens.draw import source
from toonlens.draw.scene import draw_scene


def draw_fresh(rng: np.random.Generator, per_class: int, size: int = 64) -> tuple[NDArray, NDArray]:
    """New pictures of every character under the nuisances of `toonlens.data.load_toons`, in random order.

    Takes about 4 ms a picture of 64 pixels.

    Returns:
        images uint8 (N, size, size, 3) and labels int64 (N,), N = 18 ``per_class``.
    """
    cast = toons.cast()
    labels = rng.permutation(np.repeat(np.arange(len(cast)), per_class))
    images = np.empty((len(labels), size, size, 3), dtype=np.uint8)
    for k, label in enumerate(labels.tolist()):
        stranger = cast[(label + 1 + int(rng.integers(len(cast) - 1))) % len(cast)]
        unknown = source.person(source.PEOPLE + 1 + int(rng.integers(400)))
        seed = [int(part) for part in rng.integers(2**32, size=4)]
        images[k], _ = draw_scene(cast[label], [stranger, unknown], seed, size, spread=toons.SPREAD)
    return images, labels


def as_classes(answers: Any, count: int, *, what: str, law: str = "", hint: str = "") -> NDArray[np.int64]:
    """A student's answers (count,) as whole numbers from 0 to 17; anything else fails the running check."""
    try:
        given = np.asarray(answers)
    except ValueError:  # rows of different lengths
        given = np.empty(0, dtype=object)
    if given.dtype.kind not in "iu":
        fail(f"{what}: {given.dtype} came back, where whole numbers are due", law, hint)
    if given.shape != (count,):
        fail(f"{what}: shape {given.shape} came back, where {(count,)} is due", law, hint)
    if count and not (int(given.min()) >= 0 and int(given.max()) < len(toons.cast())):
        fail(f"{what}: there are classes outside 0 to {len(toons.cast()) - 1}", law, hint)
    return given.astype(np.int64)


def accuracy_at_least(
    answers: Any, labels: NDArray, least: float, *, what: str, law: str = "", hint: str = ""
) -> float:
    """The accuracy of ``answers``; the running check fails if it is below ``least``."""
    accuracy = float((as_classes(answers, len(labels), what=what, law=law, hint=hint) == labels).mean())
    if accuracy < least:
        fail(f"{what}: {100 * accuracy:.0f} % right of {len(labels)} fresh pictures, where {100 * least:.0f} % are due",
             law, hint)  # fmt: skip
    return accuracy
