"""Make the files beside the notebook of lab 3 again: ``python -m autograder.artefacts.lab03 [WHICH ...]``.

quiz.json         the sealed answers of lab03.toml
runs.npz          three small networks trained by two recipes: curves, softmax scores on the test pictures, seconds
checkpoints.npz   what the reference gives for each exercise, so that a failed exercise never blocks the next

and ``autograder/checks/lab03/accuracy.json``, the accuracy of the solution's own classifier on thousands of fresh
pictures, from which the accuracy that is due was chosen.

WHICH is quiz, runs, checkpoints or accuracy, and the first three if left out: the last needs the finished solution.
Everything is seeded; the runs take about ten minutes on two cores.
"""

import hashlib
import json
import os
import runpy
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autograder.artefacts.files import save_arrays, seal_quiz
from autograder.checking import CHECKS
from autograder.checks import fresh
from autograder.checks.lab03 import reference
from autograder.course import SOLUTIONS
from toonlens.data import load_toons
from toonlens.models import ARCHITECTURES, build
from toonlens.paths import atomic_write, cached
from toonlens.startup import import_keras
from toonlens.transfer import RECIPES, evaluate, fit

LAB = "lab03"
TARGET = SOLUTIONS / LAB
SEED = 3
PER_CLASS = 20  # training pictures of each character
# Fewer epochs than the named recipes have (20, and 100 and 50), and a smaller rate than that of fine-tuning, which was
# chosen on other pictures: with 0.001, VGG16 forgot what it knew (14.9 % of the test pictures right).
RECIPES_HERE = {
    "study": replace(RECIPES["study"], epochs=12),
    "finetune": replace(RECIPES["finetune"], head_epochs=30, epochs=6, learning_rate=1e-4),
}
FRESH = 200  # fresh pictures of each character on which the solution's classifier is measured


def make_runs() -> None:
    """Train each network by each recipe on the same pictures, and keep curves and test scores."""
    test = load_toons("test")
    arrays: dict[str, NDArray] = {
        "networks": np.array(ARCHITECTURES),
        "recipes": np.array(list(RECIPES_HERE)),
        "per_class": np.array(PER_CLASS),
        "labels": test.labels.astype(np.uint8),
        "names": np.array(test.class_names),
    }
    for arch in ARCHITECTURES:
        for name in RECIPES_HERE:
            with np.load(run(arch, name)) as made:
                arrays |= {f"{arch}_{name}_{key}": made[key] for key in made.files}
    save_arrays(LAB, "runs.npz", **arrays)


def run(arch: str, name: str) -> Path:
    """Train one network by one recipe, once; later calls find the file in the cache."""
    recipe = RECIPES_HERE[name]
    path = cached(f"lab03/{arch}-{hashlib.sha256(f'{recipe} {PER_CLASS} {SEED}'.encode()).hexdigest()[:16]}.npz")
    if path.is_file():
        return path
    train, validation, test = (load_toons(split) for split in ("train", "validation", "test"))
    chosen = first_of_each(train.labels, PER_CLASS)
    learned = train.images[chosen], train.labels[chosen]
    checked = validation.images, validation.labels
    start = time.process_time()  # of all cores together: wall-clock time depends on what else the machine does
    fitted = fit(arch, recipe, learned, checked, classes=len(test.class_names), seed=SEED, quiet=True)
    seconds = time.process_time() - start
    own, found = (evaluate(fitted.model, arch, pictures) for pictures in (learned, (test.images, test.labels)))
    print(f"{arch}, {name}: test {found.accuracy:.3f} ({found.low:.3f} to {found.high:.3f}), loss {found.loss:.3f}, "
          f"training {own.accuracy:.3f}, loss {own.loss:.3f}, {seconds:.0f} CPU seconds", flush=True)  # fmt: skip
    with atomic_write(path) as temporary:
        np.savez_compressed(
            temporary,
            allow_pickle=False,
            curves=np.array([fitted.history[k] for k in ("loss", "val_loss", "accuracy", "val_accuracy")], np.float32),
            scores=found.scores.astype(np.float16),
            train=np.array([own.accuracy, own.loss]),
            seconds=np.array(seconds),
        )
    return path


def first_of_each(labels: NDArray, count: int) -> NDArray:
    """Places of the first ``count`` pictures of each class."""
    return np.sort(np.concatenate([np.flatnonzero(labels == label)[:count] for label in np.unique(labels)]))


def make_checkpoints() -> None:
    """What the reference gives where the notebook draws a picture."""
    keras = import_keras()
    made: dict[str, NDArray] = {}

    made["trainable"] = trainable_by_stage(keras)
    made["rates"] = np.stack([reference.warmup_cosine(np.arange(100), 100, warm, 1e-3) for warm in (0, 10, 30)])

    runs = np.load(TARGET / "runs.npz")
    labels = runs["labels"]
    scores = [runs[f"{arch}_{name}_scores"].astype(np.float64) for name in RECIPES_HERE for arch in ARCHITECTURES]
    made["ece"] = np.array([reference.ece(p, labels, 10) for p in scores]).reshape(len(RECIPES_HERE), -1)
    right = [p.argmax(axis=1) == labels for p in scores]
    pairs = [(0, 1), (0, 2), (1, 2)]
    made["p"] = np.array([[reference.mcnemar(right[3 * r + i], right[3 * r + j]) for i, j in pairs] for r in (0, 1)])
    small = {k: v.astype(np.float32) if v.dtype == np.float64 and k != "p" else v for k, v in made.items()}
    save_arrays(LAB, "checkpoints.npz", **small)


STAGES = ("conv1", "conv2", "conv3", "conv4", "conv5")


def trainable_by_stage(keras) -> NDArray:
    """Numbers that can learn in each stage of ResNet50, from conv5, conv4 and conv3 on, in thousands: (3, 5)."""
    network = build("resnet50", "small")
    counts = np.zeros((3, len(STAGES)))
    for row, first in enumerate(("conv5_block1", "conv4_block1", "conv3_block1")):
        begins = next(k for k, layer in enumerate(network.layers) if layer.name.startswith(first))
        for k, layer in enumerate(network.layers):
            if k >= begins and layer.weights and not isinstance(layer, keras.layers.BatchNormalization):
                counts[row, STAGES.index(layer.name[:5])] += layer.count_params() / 1e3
    return counts


def make_accuracy() -> None:
    """Run the solution and measure its classifier on fresh pictures."""
    os.chdir(TARGET)
    solution = runpy.run_path(str(SOLUTIONS / f"{LAB}.py"))
    images, labels = fresh.draw_fresh(np.random.default_rng(SEED), FRESH)
    answers = np.concatenate([solution["classify"](images[k : k + 300]) for k in range(0, len(images), 300)])
    record = {"accuracy": round(float((answers == labels).mean()), 4), "pictures": len(labels),
              "reported": round(float(solution["report"]()), 4)}  # fmt: skip
    with atomic_write(CHECKS / LAB / "accuracy.json") as path:
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(record)


MAKERS: dict[str, Callable[[], None]] = {
    "quiz": partial(seal_quiz, LAB),
    "runs": make_runs,
    "checkpoints": make_checkpoints,
    "accuracy": make_accuracy,
}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or ("quiz", "runs", "checkpoints"):
        MAKERS[chosen]()
