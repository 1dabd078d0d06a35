"""Measure transfer: small networks with pretrained features against the same networks from scratch.

    python datasets/toons/transfer_table.py toons
    python datasets/toons/transfer_table.py simpsons FOLDER

Both write ``transfer.json`` beside this script, row by row, each its own section; rows that are there are not measured
again (``--again`` does). Every row is one network, one recipe and one number of training pictures: test accuracies of
three seeds, and for the median seed the 95 % bootstrap interval over the test pictures. A seed also draws which
training pictures are used where not all are.
"""

import json
import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from toonlens.errors import UserError
from toonlens.models import ARCHITECTURES
from toonlens.paths import atomic_write
from toonlens.transfer import Pictures, evaluate, fit

TABLE = Path(__file__).resolve().parent / "transfer.json"
SEEDS = (0, 1, 2)

app = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_enable=False)
Again = Annotated[bool, typer.Option("--again", help="measure rows that are already there")]


def subset(pictures: Pictures, per_class: int | None, seed: int) -> Pictures:
    """``per_class`` pictures of each class drawn at random, or all for None."""
    images, labels = pictures
    if per_class is None:
        return pictures
    rng = np.random.default_rng(seed)
    places = [rng.permutation(np.flatnonzero(labels == label))[:per_class] for label in np.unique(labels)]
    chosen = np.concatenate(places)
    return images[chosen], labels[chosen]


def measure(arch: str, recipe: str, per_class: int | None, train: Pictures, test: Pictures) -> dict:
    """One row of the table."""
    runs = []
    for seed in SEEDS:
        chosen = subset(train, per_class, seed)
        fitted = fit(arch, recipe, chosen, seed=seed, classes=int(train[1].max()) + 1)
        measured = evaluate(fitted.model, arch, test)
        runs.append((measured, fitted.seconds))
    median, seconds = sorted(runs, key=lambda run: run[0].accuracy)[len(runs) // 2]
    return {
        "arch": arch,
        "recipe": recipe,
        "per_class": per_class,
        "training_pictures": len(chosen[1]),
        "test_pictures": len(test[1]),
        "accuracies": [round(run.accuracy, 4) for run, _ in runs],
        "median": round(median.accuracy, 4),
        "low": round(median.low, 4),
        "high": round(median.high, 4),
        "loss": round(median.loss, 3),
        "seconds": round(seconds, 1),
    }


def fill(section: str, jobs: list[tuple[str, str, int | None]], train: Pictures, test: Pictures, again: bool) -> None:
    """Measure the rows of one section that are missing, and write the file after each."""
    for arch, recipe, per_class in jobs:
        table = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.is_file() else {}
        rows = {(r["arch"], r["recipe"], r["per_class"]): r for r in table.get(section, [])}
        if (arch, recipe, per_class) in rows and not again:
            continue
        row = rows[arch, recipe, per_class] = measure(arch, recipe, per_class, train, test)
        table[section] = [rows[job] for job in jobs if job in rows]
        with atomic_write(TABLE) as temporary:
            temporary.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
        print(
            f"{section}: {arch} {recipe} {per_class or 'all'}: "
            f"{row['median']:.1%} [{row['low']:.1%}, {row['high']:.1%}]"
        )


@app.command()
def toons(again: Again = False) -> None:
    """The drawn characters: 20 training pictures a class, frozen and from scratch, and all of them."""
    from toonlens.data import load_toons

    train, test = load_toons("train"), load_toons("test")
    jobs: list[tuple[str, str, int | None]] = [
        (arch, recipe, per_class)
        for recipe, per_class in (("frozen", 20), ("frozen", None), ("finetune", None), ("scratch", 20))
        for arch in ARCHITECTURES
    ]
    fill("toons", jobs, (train.images, train.labels), (test.images, test.labels), again)


@app.command()
def simpsons(
    folder: Annotated[Path, typer.Argument(help="pictures of the Simpsons, in Kaggle's layout")], again: Again = False
) -> None:
    """Real pictures: 50 training pictures a class, transferred and from scratch."""
    from toonlens.data import load_simpsons

    pictures = load_simpsons(folder)
    jobs: list[tuple[str, str, int | None]] = [
        (arch, recipe, 50) for recipe in ("frozen", "finetune", "scratch") for arch in ARCHITECTURES
    ]
    fill("simpsons", jobs, pictures.train, pictures.test, again)


if __name__ == "__main__":
    try:
        app()
    except UserError as error:
        print(f"transfer_table: {error}", file=sys.stderr)
        sys.exit(2)
