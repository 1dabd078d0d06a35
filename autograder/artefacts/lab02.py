"""Make the files beside the notebook of lab 2 again: ``python -m autograder.artefacts.lab02 [WHICH ...]``.

quiz.json         the sealed answers of lab02.toml
checkpoints.npz   what the reference gives for each exercise, so that a failed exercise never blocks the next, and the
                  reference's accuracy on fresh pictures, from which the hidden checks take what is due
hard.npz          beside the hidden checks: hard pictures, released and fresh, that tell who has learnt from the former

WHICH is quiz, checkpoints or hard, and all three if left out. Everything is seeded.
"""

import json
import sys
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.artefacts.files import save_arrays, seal_quiz
from autograder.checks.lab02 import hard, reference
from toonlens.data import load_toons
from toonlens.models import build, preprocess
from toonlens.paths import atomic_write, datasets_dir
from toonlens.startup import import_keras
from toonlens.transfer import features

LAB = "lab02"
SEED = 2
FRESH = 3600  # fresh pictures on which the reference is measured, and among which hard ones are looked for
HARD = 0.25  # pictures whose margin is below this part of the usual one are hard
DROPOUT, RATE, EPOCHS = 0.3, 3e-3, 30
SIZES = (1, 2, 5, 10, 20, 50, 100, 200)
SCRATCH = (  # rows of the data card: list in figures.json, name there, pictures a class, name in the figure
    ("networks", "vgg16, frozen", 200, "VGG16\nfrozen\n200"),
    ("networks", "vgg16, frozen", 20, "VGG16\nfrozen\n20"),
    ("networks", "vgg16, scratch", 20, "VGG16\nfrom scratch\n20"),
    ("cnn", "small CNN from scratch", 20, "small CNN\nfrom scratch\n20"),
    ("linear", "logistic regression on raw pixels", 200, "pixels,\nlinear\n200"),
)


@cache
def base() -> Any:
    """The small VGG16 without its classifier."""
    import_keras()
    return build("vgg16", weights="small")


@cache
def maps(split: str) -> tuple[NDArray, NDArray]:
    """Feature maps (N, h, w, C) and labels of a released split."""
    toons = load_toons(split)
    return features(base(), "vgg16", toons.images, "flatten").reshape(-1, *base().output_shape[1:]), toons.labels


@cache
def trained() -> tuple[Any, dict[str, list[float]]]:
    """The head of the lab's solution, trained, and its history."""
    keras = import_keras()
    keras.utils.set_random_seed(SEED)
    layers = keras.layers
    (there, y), (there_validation, y_validation) = maps("train"), maps("validation")
    head = keras.Sequential(
        [keras.Input(there.shape[1:]), layers.GlobalAveragePooling2D(), layers.Dropout(DROPOUT), layers.Dense(18)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    head.compile(keras.optimizers.Adam(RATE), loss, metrics=["accuracy"])
    validation = (there_validation, y_validation)
    history = head.fit(there, y, validation_data=validation, epochs=EPOCHS, batch_size=64, verbose=0).history
    return head, history


def logits_of(there: NDArray) -> NDArray:
    """Logits (N, K) of feature maps."""
    return np.asarray(trained()[0](there, training=False), dtype=np.float64)


def few_pictures(count: int) -> NDArray:
    """As in the lab: answers to the test pictures of a linear head on ``count`` pictures of each class."""
    from sklearn.linear_model import LogisticRegression

    x, y = maps("train")
    chosen = np.concatenate([np.flatnonzero(y == k)[:count] for k in range(18)])
    pooled, asked = x[chosen].mean(axis=(1, 2)), maps("test")[0].mean(axis=(1, 2))
    mean, deviation = pooled.mean(axis=0), pooled.std(axis=0) + 0.1 * pooled.std()
    linear = LogisticRegression(C=0.1, max_iter=500).fit((pooled - mean) / deviation, y[chosen])
    return linear.predict((asked - mean) / deviation)


@cache
def fresh() -> tuple[NDArray, NDArray]:
    """Scenes (N, 7) of fresh pictures, and their feature maps."""
    scenes = hard.random_scenes(np.random.default_rng(SEED), FRESH)
    parts = [
        np.asarray(base()(preprocess(hard.draw_scenes(scenes[k : k + 90]), "vgg16"), training=False))
        for k in range(0, FRESH, 90)
    ]
    return scenes, np.concatenate(parts)


def on_fresh() -> NDArray:
    """Accuracy of the reference on fresh pictures, its interval, and their number."""
    scenes, there = fresh()
    correct = (logits_of(there).argmax(axis=1) == scenes[:, 0]).astype(float)
    low, high = reference.bootstrap_ci(correct, 2000, SEED)
    print(f"reference: {correct.mean():.4f} ({low:.4f} to {high:.4f}) on {len(correct)} fresh pictures")
    return np.array([correct.mean(), low, high, len(correct)])


def make_hard() -> None:
    """Choose the hard pictures: those with a small mean margin of three linear heads, in units of the usual margin."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import LogisticRegression, RidgeClassifier

    def pooled(there: NDArray) -> NDArray:
        return (there.mean(axis=(1, 2)) - mean) / deviation

    mean, deviation = 0.0, 1.0
    there, y = maps("train")
    mean, deviation = pooled(there).mean(axis=0), pooled(there).std(axis=0) + 1e-3
    heads = [
        LogisticRegression(C=0.1, max_iter=300),
        RidgeClassifier(alpha=10),
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1),
    ]
    for head in heads:
        head.fit(pooled(there), y)
    usual = [np.median(margins(head.decision_function(pooled(maps("validation")[0])), maps("validation")[1]))
             for head in heads]  # fmt: skip

    def hardness(there: NDArray, y: NDArray) -> NDArray:
        x = pooled(there)
        return np.mean([margins(head.decision_function(x), y) / unit
                        for head, unit in zip(heads, usual, strict=True)], axis=0)  # fmt: skip

    scenes, there = fresh()
    released = np.flatnonzero(hardness(*maps("test")) < HARD)
    chosen = scenes[hardness(there, scenes[:, 0]) < HARD]
    with atomic_write(hard.FILE) as path:
        np.savez_compressed(path, allow_pickle=False, released=released, scenes=chosen)
    print(f"hard.npz: {len(released)} released, {len(chosen)} fresh pictures")


def margins(scores: NDArray, labels: NDArray) -> NDArray:
    """By how much the right class leads the best other one. (N,)"""
    others = np.where(np.arange(scores.shape[1]) == labels[:, None], -np.inf, scores)
    return scores[np.arange(len(labels)), labels] - others.max(axis=1)


def pick(logits: NDArray, labels: NDArray) -> NDArray:
    """Six test pictures of different classes that are right, and two that are surely wrong."""
    margin = margins(logits, labels)
    right = [int(np.flatnonzero((labels == k) & (margin > 2))[0]) for k in (0, 3, 6, 11, 13, 17)]
    return np.array(right + np.argsort(margin)[:2].tolist())


def moved_by_block() -> list[float]:
    """As in the lab: relative change of each part of VGG16 and its head, in percent, in one training step."""
    keras = import_keras()
    keras.utils.set_random_seed(SEED)
    network = build("vgg16", weights="small")
    logits = keras.layers.Dense(18, name="head")(keras.layers.GlobalAveragePooling2D()(network.output))
    model = keras.Model(network.input, logits)
    last = model.layers.index(model.get_layer("block4_pool"))
    for place, layer in enumerate(model.layers):
        layer.trainable = place > last
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(1e-2), loss, run_eagerly=True)
    train = load_toons("train")
    parts = ["block1", "block2", "block3", "block4", "block5", "head"]

    def arrays() -> list[list[NDArray]]:
        return [[p for layer in model.layers if layer.name.startswith(part) for p in layer.get_weights()]
                for part in parts]  # fmt: skip

    before = arrays()
    model.train_on_batch(preprocess(train.images[:64], "vgg16"), train.labels[:64])
    return [
        100 * sum(np.abs(n - o).sum() for n, o in zip(new, old, strict=True)) / sum(np.abs(o).sum() for o in old)
        for new, old in zip(arrays(), before, strict=True)
    ]


def three_passes() -> NDArray:
    """As in the lab: logits of one picture in inference mode, in a training pass, and the mean of 200 of those."""
    chance = np.random.default_rng(5)
    (there, _), (train, _) = maps("test"), maps("train")
    kernel = chance.normal(size=(there.shape[-1], 18)) / np.sqrt(there.shape[-1])
    pooled = there[0].mean(axis=(0, 1)) / train.std()
    masked = pooled * (chance.random((200, len(pooled))) < 0.5) * 2
    return np.stack([pooled @ kernel, masked[0] @ kernel, (masked @ kernel).mean(axis=0)])


def card_rows() -> tuple[list[str], NDArray]:
    """Names, and accuracy, low and high, of the classifiers of the data card in `SCRATCH`."""
    card = json.loads((datasets_dir() / "toons" / "figures.json").read_text(encoding="utf-8"))
    found = []
    for group, name, count, _ in SCRATCH:
        (row,) = [row for row in card[group] if row["name"] == name and row["images_per_class"] == count]
        found.append([row["accuracy"], row["low"], row["high"]])
    return [shown for *_, shown in SCRATCH], np.array(found)


def make_checkpoints() -> None:
    """What the reference gives where the notebook draws a picture. No weights of the head: they would classify."""
    test = load_toons("test")
    logits, labels = logits_of(maps("test")[0]), test.labels
    answers = logits.argmax(axis=1)
    shown = pick(logits, labels)
    history = trained()[1]
    five = few_pictures(5)
    margins, slopes = np.linspace(-900, 900, 181), np.linspace(-8, 8, 65)
    mixed = np.random.default_rng(8).permutation((few_pictures(1) == labels).astype(float))
    cms = [reference.confusion(labels, yhat, 18) for yhat in (five, answers)]
    rows, scratch = card_rows()

    def with_interval(right: NDArray) -> list[float]:
        return [float(right.mean()), *reference.bootstrap_ci(right, 2000, 9)]

    print(f"test: {(answers == labels).mean():.4f}; five a class: {(five == labels).mean():.4f}")
    save_arrays(
        LAB,
        "checkpoints.npz",
        fresh=on_fresh(),
        shown=shown,
        pictures=test.images[shown],
        labels=labels[shown],
        names=np.array(test.class_names),
        logits=logits[shown].astype(np.float32),
        loss_curve=np.array([reference.softmax_xent(np.array([[0.0, m]]), np.array([0])) for m in margins]),
        pulls=np.concatenate([reference.xent_grad(np.array([[0.0, m, -2.0]]), np.array([0])) for m in slopes]),
        moved=np.array(moved_by_block()),
        passes=three_passes(),
        history=np.array([history[key] for key in ("accuracy", "val_accuracy", "loss", "val_loss")]),
        answers=answers.astype(np.int64),
        few_cm=cms[0],
        scores=np.array([reference.macro_f1(cm) for cm in cms]),
        ends=np.array([reference.bootstrap_ci(mixed[:count], 2000, 8) for count in (50, 100, 200, 400, 800)]),
        curve=np.array([with_interval((few_pictures(size) == labels).astype(float)) for size in SIZES]),
        scratch=scratch,
        scratch_names=np.array(rows),
    )


MAKERS: dict[str, Callable[[], None]] = {
    "quiz": partial(seal_quiz, LAB),
    "checkpoints": make_checkpoints,
    "hard": make_hard,
}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or MAKERS:
        MAKERS[chosen]()
