"""``toonlens tour``: the whole course in a few minutes, offline.

Draws the data, fits a head on each of the three small networks, prints the study's table made anew, saves the study's
figure, grades the sample submissions of lab 6, and says what to open next.
"""

import json
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from toonlens.paths import atomic_write
from toonlens.startup import import_keras

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from toonlens.data import Toons
    from toonlens.transfer import Fitted

NAMES = {"vgg16": "VGG16", "resnet50": "ResNet50", "densenet121": "DenseNet121"}
MAPS = {
    "gradient": "gradient",
    "deconvnet": "deconvnet",
    "LRP preset A flat": "lrp.sequential_preset_a_flat",
}
LAB = "lab06"
ROWS = 6  # characters in the figure


@dataclass(frozen=True)
class Result:
    """One row of the study's table, on the small track. ``seconds`` is training time, features included."""

    network: str
    accuracy: float
    low: float
    high: float
    loss: float
    seconds: float
    epochs: int


def run(out: Path) -> None:
    """Take the tour and leave its table, figure and feedback in ``out``."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # each network and method is traced once, on purpose
    import_keras()
    start = time.perf_counter()
    out.mkdir(parents=True, exist_ok=True)

    from rich.console import Console

    console = Console()
    console.rule("1  Data: 18 drawn characters")
    train, validation, test = draw()
    print(
        f"{len(train.labels):,} images to learn from, {len(validation.labels)} to validate, {len(test.labels)} to test"
    )

    console.rule("2  Transfer: a head on three small networks")
    fitted = {arch: fit_head(arch, train, validation) for arch in NAMES}
    results, scores = measure(fitted, test)
    console.print(table(results))
    with atomic_write(out / "table.json") as path:
        path.write_text(json.dumps([vars(result) for result in results], indent=2) + "\n")

    console.rule("3  Explanations: what did they look at?")
    chosen = choose(test, scores)
    figure = study_figure(fitted, test, scores, chosen)
    with atomic_write(out / "figure.png") as path:
        figure.savefig(path)
    print(f"the study's figure, made anew: {out / 'figure.png'}")

    console.rule("4  Grading: three submissions of lab 6")
    grade(out)

    console.rule(f"done in {time.perf_counter() - start:.0f} s")
    print("Open next: `make lab` for the students' notebooks in JupyterLab, solutions/ for the executed ones,")
    print("README.md for the three ways in.")


def draw() -> "tuple[Toons, Toons, Toons]":
    """The three splits, drawn on first use and cached."""
    from toonlens.data import load_toons

    return load_toons("train"), load_toons("validation"), load_toons("test")


def fit_head(arch: str, train: "Toons", validation: "Toons") -> "Fitted":
    """A linear head on the frozen small ``arch``."""
    from toonlens.transfer import fit

    return fit(arch, "frozen", (train.images, train.labels), (validation.images, validation.labels))


def measure(fitted: "dict[str, Fitted]", test: "Toons") -> tuple[list[Result], dict[str, np.ndarray]]:
    """A row per network, and each network's scores (N, K) on the test images."""
    from toonlens.transfer import evaluate

    results, scores = [], {}
    for arch, fit in fitted.items():
        found = evaluate(fit.model, arch, (test.images, test.labels))
        scores[arch] = found.scores
        results.append(Result(NAMES[arch], found.accuracy, found.low, found.high, found.loss, fit.seconds, fit.epochs))
    return results, scores


def table(results: list[Result]):
    """The study's table, made anew, for the console."""
    from rich.table import Table

    made = Table(title="The study's table, made anew (small networks, 890 test images)")
    for column in ("network", "accuracy", "95 % interval", "loss", "time", "epochs"):
        made.add_column(column, justify="left" if column == "network" else "right")
    for row in results:
        interval = f"{row.low:.1%} to {row.high:.1%}"
        made.add_row(
            row.network, f"{row.accuracy:.1%}", interval, f"{row.loss:.3f}", f"{row.seconds:.0f} s", f"{row.epochs}"
        )
    return made


def choose(test: "Toons", scores: dict[str, np.ndarray], rows: int = ROWS) -> np.ndarray:
    """Indices of ``rows`` test images of different characters that all networks get right.

    The surest one of a class would be its easiest picture, so the median of the right ones is taken.
    """
    right = np.all([s.argmax(axis=1) == test.labels for s in scores.values()], axis=0)
    sure = np.min([s[np.arange(len(s)), test.labels] for s in scores.values()], axis=0)
    chosen = []
    for label in np.linspace(0, len(test.class_names) - 1, rows).round().astype(int):
        candidates = np.flatnonzero(right & (test.labels == label))
        if len(candidates):
            chosen.append(candidates[np.argsort(sure[candidates])[len(candidates) // 2]])
    return np.array(chosen)


def study_figure(
    fitted: "dict[str, Fitted]", test: "Toons", scores: dict[str, np.ndarray], chosen: np.ndarray
) -> "Figure":
    """Rows: images of several characters; columns: input, gradient, deconvnet, LRP; one block per network.

    A map is the sum of its relevance over the channels, drawn in ``RdBu_r`` with zero in the middle; its limits are the
    99th percentile of its magnitude, because one pixel would otherwise bleach the rest.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

    from autograder.reference import explain
    from toonlens.models import preprocess

    columns = 1 + len(MAPS)
    cell, above, below = 1.28, 0.75, 0.65  # inches: side of a picture, margins
    height = cell * len(chosen) + above + below
    figure = Figure(figsize=(16.5, height), dpi=150)
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(1, len(fitted), wspace=0.06, left=0.03, right=0.985)
    grid.update(top=1 - above / height, bottom=below / height)
    for block, (arch, fit) in enumerate(fitted.items()):
        cells = grid[block].subgridspec(len(chosen), columns, wspace=0.04, hspace=0.04)
        x = preprocess(test.images[chosen], arch)
        maps = {name: explain(fit.model, x, method).sum(axis=-1) for name, method in MAPS.items()}
        for row, index in enumerate(chosen):
            for column, name in enumerate(["input", *MAPS]):
                axes = figure.add_subplot(cells[row, column])
                axes.set_xticks([])
                axes.set_yticks([])
                axes.spines[:].set_visible(False)
                if row == 0:
                    axes.set_title(name, fontsize=9.5, pad=4)
                if column:
                    heat = maps[name][row]
                    limit = np.percentile(np.abs(heat), 99) or 1.0
                    axes.imshow(heat, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
                    continue
                axes.imshow(test.images[index], interpolation="nearest")
                if block == 0:
                    axes.set_ylabel(test.class_names[test.labels[index]], fontsize=10)
                sure = scores[arch][index].max()
                box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.0}
                axes.text(0.04, 0.05, f"{sure:.0%}", transform=axes.transAxes, fontsize=7, va="bottom", bbox=box)
        place = grid[block].get_position(figure)
        middle = (place.x0 + place.x1) / 2
        figure.text(middle, 1 - 0.38 / height, NAMES[arch], ha="center", fontsize=15, weight="bold")
    scale = ScalarMappable(Normalize(-1, 1), "RdBu_r")
    bar = figure.colorbar(
        scale, cax=figure.add_axes((0.36, 0.4 / height, 0.3, 0.12 / height)), orientation="horizontal", ticks=[-1, 0, 1]
    )
    bar.ax.set_xticklabels(["speaks against", "0", "speaks for"], fontsize=9)
    return figure


def grade(out: Path) -> None:
    """Grade the three sample submissions of lab 6 in the sandbox; print their marks, keep the graded notebooks.

    Where the sandbox cannot work, say so in one line and go on: nothing else of the tour depends on it.
    """
    import nbformat
    from rich.console import Console
    from rich.table import Table

    from autograder.grade import grade_notebook
    from autograder.samples import KINDS, sample_submission
    from autograder.sandbox import require_bubblewrap
    from toonlens.errors import UserError

    try:
        require_bubblewrap()
    except UserError as error:
        print(f"skipped: {error}")
        return
    reports = {}
    for kind in KINDS:
        with atomic_write(out / f"{LAB}-{kind}.ipynb") as path:
            nbformat.write(sample_submission(LAB, kind), path)
            reports[kind] = grade_notebook(path, LAB)
            nbformat.write(reports[kind].notebook, path)
    made = Table("submission", "points", "time", "first thing to mend", title="Lab 6, graded in the sandbox")
    for kind, report in reports.items():
        failed = [r for question in report.questions for r in question.results if r.outcome == "failed"]
        reason = f"{failed[0].grade_id}: {failed[0].reason}" if failed else "nothing"
        made.add_row(kind, f"{report.score:g} of {report.points:g}", f"{report.seconds:.1f} s", reason)
    Console().print(made)
    print(f"their notebooks with the grader's reasons: {out / LAB}-*.ipynb")
