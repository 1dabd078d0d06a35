"""Make the files beside the notebook of lab 11 again: ``python -m autograder.artefacts.lab11 [WHICH ...]``.

quiz.json         the sealed answers of lab11.toml
maps.npz          six test pictures and the study's maps of them for three small networks, with the networks' heads;
                  taken from the files of lab 10, where they are made
checkpoints.npz   the table, answers and curves of three networks by the recipe "frozen", for whoever trained none

WHICH is quiz, maps or checkpoints, and all three if left out. Everything is seeded. ``peer_review.md`` is written by
hand, in the lab's folder.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.artefacts.files import save_arrays, seal_quiz
from autograder.course import SOLUTIONS

LAB = "lab11"
NETWORKS = ("vgg16", "resnet50", "densenet121")
METHODS = ("gradient", "deconvnet", "lrp")
SHOWN = 6  # test pictures: one of each of six characters, since classes take turns
PER_CLASS = 100  # training pictures, as in the solution
SEED = 11


def make_maps() -> None:
    """The first pictures with maps of lab 10, for the class that each network names."""
    from toonlens.data import load_toons

    arrays: dict[str, Any] = {"images": load_toons("test").images[:SHOWN]}
    for arch in NETWORKS:
        with np.load(SOLUTIONS / "lab10" / f"maps_{arch}.npz", allow_pickle=False) as stored:
            arrays |= {f"{arch}/{method}": stored[method][:SHOWN] for method in METHODS}
            arrays |= {f"{arch}/c": stored["targets"][:SHOWN], f"{arch}/W": stored["W"], f"{arch}/b": stored["b"]}
    save_arrays(LAB, "maps.npz", **arrays)


def make_checkpoints() -> None:
    """Train linear heads on frozen features, and measure them as the notebook does."""
    from toonlens.data import load_toons
    from toonlens.transfer import evaluate, fit

    train, validation, test = (load_toons(split) for split in ("train", "validation", "test"))
    n = PER_CLASS * len(train.class_names)  # classes take turns
    seen, unseen = (train.images[:n], train.labels[:n]), (test.images, test.labels)
    arrays: dict[str, Any] = {"labels": test.labels.astype(np.uint8)}
    table, answers = [], []
    for arch in NETWORKS:
        made = fit(arch, "frozen", seen, (validation.images, validation.labels), seed=SEED, quiet=True)
        found = evaluate(made.model, arch, unseen)
        learned = evaluate(made.model, arch, seen).accuracy
        table.append([found.accuracy, found.low, found.high, found.loss, learned, made.seconds, made.epochs])
        answers.append(found.scores.argmax(axis=1).astype(np.uint8))
        arrays[f"{arch}/curves"] = np.array([made.history[name] for name in ("loss", "val_loss")], dtype=np.float32)
        print(f"{arch}: {found.accuracy:.3f} ({found.low:.3f} to {found.high:.3f}), {made.seconds:.0f} s")
    save_arrays(LAB, "checkpoints.npz", table=np.array(table), answers=np.array(answers), **arrays)


PARTS: dict[str, Callable[[], None]] = {
    "quiz": lambda: seal_quiz(LAB),
    "maps": make_maps,
    "checkpoints": make_checkpoints,
}


if __name__ == "__main__":
    (SOLUTIONS / LAB).mkdir(exist_ok=True)
    for which in sys.argv[1:] or PARTS:
        PARTS[which]()
