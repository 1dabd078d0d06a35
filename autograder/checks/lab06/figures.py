"""The lab's own figures as pictures of what a student's function gets wrong: yours, the reference, the difference.

The hidden checks draw fresh inputs, and of those only the difference is ever shown: the reference would be the
answer. The lab's figures are another matter. Their inputs and the reference's maps lie in ``mlp.npz`` and
``checkpoints.npz`` beside the released notebook, and its cells draw them, so a reference map among them gives nothing
away. No mark depends on a figure:

- it is asked for only after the check has failed on its hidden inputs;
- and only by a check after which nothing of its question is left to run (what remains needs it, or nothing remains),
  because a call that ends the kernel would cost whatever comes after it.

Not shown with a reference, therefore: what comes in the middle of a question (``lrp_flat``, ``lrp_ab``'s bias),
``lrp_gamma`` (its figure is curves over hidden units, no map), ``lrp_mlp`` with the student's own rules (there the
student's ``lrp_eps`` is the reference) and the bug hunt (its maps are released nowhere, and what they look like is the
question).
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checking import CheckFailed, NotRun, Student, compare

RELEASED = Path(__file__).parents[3] / "solutions" / "lab06"  # the files beside the source are those that are released
VISIBLE = 0.01  # of the largest value: a difference that can be seen
SIDE = 32


@dataclass(frozen=True)
class Figure:
    """A figure of the lab: its title, what a student's function gives for it, and the released right values."""

    title: str
    call: Callable[[Student], Any]
    due: NDArray
    is_map: bool = True


@contextlib.contextmanager
def shown_on(student: Student, make: Callable[[], Figure]) -> Iterator[None]:
    """Where the values compared inside are wrong, show the figure that ``make`` gives, if it is visibly wrong too."""
    try:
        yield
    except CheckFailed as failed:
        if failed.picture is None:  # nothing came that could be compared
            raise
        tried = student.tried
        shown = _on_figure(student, make)
        student.tried = tried
        if shown is None:
            raise
        title, picture, alt = shown
        symptom = f"{failed.symptom}; the picture is of the lab's own figure, {title}"
        raise CheckFailed(symptom, failed.law, failed.hint, picture, alt) from None


def _on_figure(student: Student, make: Callable[[], Figure]) -> tuple[str, bytes, str] | None:
    try:
        figure = make()
        given = figure.call(student)
        if figure.is_map:
            given = _as_map(given)
        due = _as_map(figure.due) if figure.is_map else figure.due
        compare(given, due, what=f"lab's figure, {figure.title}", rtol=VISIBLE, picture=True, show_reference=True)
    except CheckFailed as failed:
        return (figure.title, failed.picture, failed.picture_alt) if failed.picture is not None else None
    except (NotRun, OSError):  # the kernel died of it; or the lab's files are not here. The difference will do.
        return None
    return None


def _as_map(relevance: Any) -> Any:
    """Relevance of an image's pixels as a map, the three colours summed; what has another shape stays as it is."""
    try:
        return np.asarray(relevance, dtype=np.float64).reshape(SIDE, SIDE, 3).sum(axis=-1)
    except (TypeError, ValueError):
        return relevance


@functools.cache
def _released() -> tuple[list[tuple[NDArray, NDArray]], NDArray, NDArray, list[str], dict[str, NDArray]]:
    """The network, the images as it takes them, their classes, the names of the first's class, and the checkpoints."""
    with np.load(RELEASED / "mlp.npz") as mlp, np.load(RELEASED / "checkpoints.npz") as point:
        params = [(mlp[f"W{k}"].astype(np.float64), mlp[f"b{k}"].astype(np.float64)) for k in (1, 2, 3)]
        x = mlp["images"].reshape(len(mlp["images"]), -1) / 127.5 - 1
        names = [str(mlp["names"][label]) for label in mlp["labels"]]
        return params, x, mlp["labels"], names, {key: point[key].astype(np.float64) for key in point.files}


def eps() -> Figure:
    """The map with eps 0.25 in the layer at the pixels."""
    ((W, b), *_), x, _, names, point = _released()
    return Figure(
        f"{names[0]} with eps = 0.25",
        lambda student: student.lrp_eps(x[:1], W, b, point["above"][:1], 0.25),
        point["eps"][1],
    )


def ab() -> Figure:
    """The map with alpha 2, beta 1 in the layer at the pixels."""
    ((W, b), *_), x, _, names, point = _released()
    return Figure(
        f"{names[0]} with alpha = 2, beta = 1",
        lambda student: student.lrp_ab(x[:1], W, b, point["above"][:1], 2.0, 1.0),
        point["ab"][1],
    )


def zB() -> Figure:
    """The box rule's map of the image with a grey square."""
    ((W, _), *_), x, _, names, point = _released()
    patched = x[:1].copy()
    patched.reshape(1, SIDE, SIDE, 3)[:, 12:20, 12:20] = 0
    lo, hi = np.full(x.shape[1], -1.0), np.full(x.shape[1], 1.0)
    return Figure(
        f"{names[0]} with a grey square, by the box rule",
        lambda student: student.lrp_zB(patched, W, point["above_patched"], lo, hi),
        point["zB"][0],
    )


def w2() -> Figure:
    """The w² rule's map, which is the same for all images."""
    ((W, _), *_), _, _, names, point = _released()
    return Figure(f"{names[0]} by w²", lambda student: student.lrp_w2(W, point["above"][:1]), point["w2"][0])


def start() -> Figure:
    """Where the walk of the eight images starts: rows are images, columns are classes."""
    params, x, c, _, point = _released()
    due = point["start"].copy()
    chosen = c.copy()
    chosen[-1] = due[-1].argmax()  # the last image is explained for the class that the network chose
    rules: list[tuple[str, dict]] = [("activation", {})] * 3
    return Figure(
        "the eight images' start at the logits",
        lambda student: student.lrp_mlp(params, x, chosen, rules)[-1],
        due,
        is_map=False,
    )


def whole() -> Figure:
    """The first image's own class, through the whole network: a map of Integration 1."""
    params, x, c, names, point = _released()
    lo, hi = np.full(x.shape[1], -1.0), np.full(x.shape[1], 1.0)
    rules = [("zB", {"lo": lo, "hi": hi}), ("gamma", {"gamma": 0.25}), ("eps", {"eps": 0.1})]
    return Figure(
        f"{names[0]} in Integration 1",
        lambda student: student.lrp_mlp(params, x[:1], c[:1], rules)[0],
        point["best"][0],
    )
