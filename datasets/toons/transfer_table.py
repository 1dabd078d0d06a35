"""Measure transfer: small networks with pretrained features against the same networks from scratch.

    python datasets/toons/transfer_table.py toons
    python datasets/toons/transfer_table.py simpsons FOLDER
    python datasets/toons/card.py render

The first two put rows into ``figures.json``, one at a time; a row that is there is not measured again (``--again``
does). A row is one network, one recipe and one number of training pictures. ``accuracy`` is the median of three seeds,
``low`` and ``high`` the 95 % bootstrap interval over the test pictures at that seed. A seed also draws which training
pictures are used where not all are.
"""

import json
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Annotated

import card
import numpy as np
import typer

from toonlens.errors import UserError
from toonlens.models import ARCHITECTURES, build
from toonlens.transfer import Evaluation, Pictures, evaluate, features, fit, fit_head, score

SEEDS = (0, 1, 2)

app = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_enable=False)
Again = Annotated[bool, typer.Option("--again", help="measure rows that are already there")]


def choose(labels: np.ndarray, per_class: int, seed: int) -> np.ndarray:
    """Places of ``per_class`` pictures of each class, drawn at random; all of them where there are no more."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.permutation(np.flatnonzero(labels == label))[:per_class] for label in np.unique(labels)])


@cache
def small_base(arch: str):
    """The pretrained base, read once."""
    return build(arch, "small")


def run(arch: str, recipe: str, per_class: int, train: Pictures, test: Pictures, seed: int) -> tuple[Evaluation, float]:
    """Train and test once; seconds of training, the features of a frozen base not among them."""
    import keras

    (images, labels), classes = train, int(train[1].max()) + 1
    chosen = choose(labels, per_class, seed)
    if recipe == "frozen":
        learned, tested = (features(small_base(arch), arch, pictures[0]) for pictures in (train, test))
        start = time.perf_counter()
        keras.utils.set_random_seed(seed)
        head, _ = fit_head(recipe, (learned[chosen], labels[chosen]), classes=classes)
        seconds = time.perf_counter() - start
        return score(head.predict(tested, verbose=0), test[1]), seconds
    fitted = fit(arch, recipe, (images[chosen], labels[chosen]), seed=seed, classes=classes)
    return evaluate(fitted.model, arch, test), fitted.seconds


def measure(arch: str, recipe: str, per_class: int, train: Pictures, test: Pictures) -> dict:
    """One row of the table."""
    runs = sorted((run(arch, recipe, per_class, train, test, seed) for seed in SEEDS), key=lambda r: r[0].accuracy)
    median, seconds = runs[len(runs) // 2]
    lowest, highest = (f"{100 * runs[i][0].accuracy:.1f}" for i in (0, -1))
    return {
        "name": f"{arch}, {recipe}",
        "arch": arch,
        "recipe": recipe,
        "images_per_class": per_class,
        "accuracy": median.accuracy,
        "low": median.low,
        "high": median.high,
        "loss": median.loss,
        "seconds": seconds,
        "note": f"median of {len(SEEDS)} seeds, which gave {lowest} to {highest}",
    }


def fill(section: str, jobs: list[tuple[str, str, int]], train: Pictures, test: Pictures, again: bool) -> None:
    """Measure the rows of one section that are missing, and keep each at once."""
    for job in jobs:
        figures = json.loads(card.FIGURES.read_text(encoding="utf-8")) if card.FIGURES.is_file() else {}
        rows = {(r["arch"], r["recipe"], r["images_per_class"]): r for r in figures.get(section, [])}
        if job in rows and not again:
            continue
        row = rows[job] = measure(*job, train, test)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump([rows[job] for job in jobs if job in rows], file)
            file.flush()
            card.main(["record", section, file.name])
        print(f"{section}: {row['name']}, {row['images_per_class']} a class: {row['accuracy']:.1%}, {row['note']}")


@app.command()
def toons(again: Again = False) -> None:
    """The drawn characters: 20 training pictures a class, frozen and from scratch; and all of them, frozen."""
    from toonlens.data import load_toons

    train, test = load_toons("train"), load_toons("test")
    every = int(np.bincount(train.labels).max())
    jobs = [
        (arch, recipe, per_class)
        for recipe, per_class in (("frozen", 20), ("scratch", 20), ("frozen", every))
        for arch in ARCHITECTURES
    ]
    fill("networks", jobs, (train.images, train.labels), (test.images, test.labels), again)


@app.command()
def simpsons(
    folder: Annotated[Path, typer.Argument(help="pictures of the Simpsons, in Kaggle's layout")], again: Again = False
) -> None:
    """Real pictures: 50 training pictures a class, frozen, fine-tuned and from scratch."""
    from toonlens.data import load_simpsons

    pictures = load_simpsons(folder)
    jobs = [(arch, recipe, 50) for recipe in ("frozen", "finetune", "scratch") for arch in ARCHITECTURES]
    fill("simpsons", jobs, pictures.train, pictures.test, again)


if __name__ == "__main__":
    try:
        app()
    except UserError as error:
        print(f"transfer_table: {error}", file=sys.stderr)
        sys.exit(2)
