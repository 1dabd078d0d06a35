"""Transfer learning: features of a frozen network, heads trained on them, fine-tuning, and training from scratch.

A `Recipe` says how to train, as data; `fit` follows it; `evaluate` measures the result. `RECIPES` holds the named ones.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from toonlens.errors import UserError
from toonlens.models import SMALL_WIDTH, build, preprocess
from toonlens.paths import atomic_write, cached
from toonlens.stats import bootstrap_ci

if TYPE_CHECKING:
    import keras

Pooling = Literal["average", "flatten"]
Pictures = tuple[np.ndarray, np.ndarray]
"""uint8 (N, H, W, 3) and labels int64 (N,)."""


@dataclass(frozen=True)
class Head:
    """What stands on the base: pooling, hidden Dense layers (ReLU) each with dropout, and a softmax layer."""

    pooling: Pooling = "average"
    hidden: tuple[int, ...] = ()
    dropout: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """How to train.

    ``pretrained``: start from given weights, or from random ones.
    ``head_epochs``: epochs of the head alone, on features of the base as it starts, at ``head_learning_rate``.
    ``epochs``: epochs of base and head together, at ``learning_rate``; 0 keeps the base frozen.
    ``train_batchnorm``: whether BatchNorm learns and follows the batch; if not, it stays in inference mode.
    ``schedule``: "cosine" lowers the learning rate to zero over the epochs.
    ``flip``: mirror pictures at random (while base and head train together).
    """

    summary: str
    pretrained: bool
    head: Head = field(default_factory=Head)
    head_epochs: int = 0
    head_learning_rate: float = 3e-3
    epochs: int = 0
    learning_rate: float = 1e-3
    optimizer: Literal["adamw", "rmsprop"] = "adamw"
    weight_decay: float = 0.0
    schedule: Literal["constant", "cosine"] = "cosine"
    batch_size: int = 64
    train_batchnorm: bool = False
    flip: bool = False


RECIPES = {
    "frozen": Recipe(
        "a linear head on the features of the frozen base",
        pretrained=True,
        head_epochs=100,
        weight_decay=1e-2,
    ),
    "finetune": Recipe(
        "the frozen recipe, then base and head together with BatchNorm frozen",
        pretrained=True,
        head_epochs=100,
        weight_decay=1e-2,
        epochs=50,
        batch_size=32,
        flip=True,
    ),
    "scratch": Recipe(
        "all weights random, trained together",
        pretrained=False,
        epochs=50,
        learning_rate=5e-4,
        weight_decay=1e-2,
        batch_size=32,
        train_batchnorm=True,
        flip=True,
    ),
    "study": Recipe(
        "the study's: Flatten, Dense(1024, relu), Dropout(0.5), softmax on a fully trainable base",
        pretrained=True,
        head=Head("flatten", hidden=(1024,), dropout=0.5),
        epochs=20,
        learning_rate=1e-5,
        optimizer="rmsprop",
        schedule="constant",
        batch_size=32,
        train_batchnorm=True,
    ),
}


@dataclass(frozen=True)
class Fitted:
    """A trained classifier. ``model`` maps preprocessed pictures (B, H, W, 3) to softmax scores (B, K).

    ``history`` has one number per epoch, the head's epochs first, under "loss" and "accuracy", and with validation
    pictures under "val_loss" and "val_accuracy" too. ``seconds`` is wall-clock time, features included.
    """

    model: "keras.Model"
    arch: str
    recipe: Recipe
    history: dict[str, list[float]]
    seconds: float
    epochs: int


@dataclass(frozen=True)
class Evaluation:
    """``accuracy`` with its 95 % bootstrap interval (``low``, ``high``), mean cross-entropy, softmax scores (N, K)."""

    accuracy: float
    low: float
    high: float
    loss: float
    scores: np.ndarray


def fit(
    arch: str,
    recipe: Recipe | str,
    train: Pictures,
    validation: Pictures | None = None,
    *,
    weights: str = "small",
    classes: int | None = None,
    seed: int = 0,
    quiet: bool = False,
) -> Fitted:
    """Train a classifier.

    Args:
        arch: "vgg16", "resnet50" or "densenet121".
        recipe: a `Recipe`, or the name of one in `RECIPES`.
        train: pictures to learn from.
        validation: pictures to measure after each epoch; they do not influence the training.
        weights: "small" or "imagenet"; a recipe that starts from random weights takes only the width from it.
        classes: K; by default the largest label plus one.
        seed: of the initial weights, the order of the pictures, flips and dropout. Sets Keras' global seed.
        quiet: no progress bar.

    Raises:
        UserError: an unknown recipe, no pictures, or pictures and labels that do not belong together.
    """
    import keras

    recipe = find_recipe(recipe)
    classes = _check_pictures(train, classes)
    if validation is not None:
        _check_pictures(validation, classes)
    start = time.perf_counter()
    keras.utils.set_random_seed(seed)
    base = build(
        arch,
        weights if recipe.pretrained else None,
        width=SMALL_WIDTH if weights == "small" else 1,
        input_shape=train[0].shape[1:],
    )
    model = classifier(base, recipe.head, classes)
    histories = []
    with _progress(recipe.head_epochs + recipe.epochs, arch, quiet) as bar:
        if recipe.head_epochs:
            on_features = [
                (features(base, arch, images, recipe.head.pooling), labels)
                for images, labels in ((train,) if validation is None else (train, validation))
            ]
            head, head_history = fit_head(recipe, *on_features, classes=classes, callbacks=bar)
            for layer in head.layers:
                if layer.weights:
                    model.get_layer(layer.name).set_weights(layer.get_weights())
            histories.append(head_history)
        if recipe.epochs:
            histories.append(_fit_all(model, arch, recipe, train, validation, seed, bar))
    history = {name: [float(v) for h in histories for v in h[name]] for name in histories[0]} if histories else {}
    return Fitted(model, arch, recipe, history, time.perf_counter() - start, sum(len(h["loss"]) for h in histories))


def fit_head(
    recipe: Recipe | str,
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    *,
    classes: int,
    callbacks: Sequence["keras.callbacks.Callback"] = (),
) -> tuple["keras.Model", dict[str, list[float]]]:
    """Train the head of a recipe on `features` (N, D) and labels (N,).

    The head learns from standardised features; the standardisation is then folded into its first layer.

    Returns:
        a model from features (B, D) to softmax scores (B, ``classes``), and its history as in `Fitted`.
    """
    import keras

    recipe = find_recipe(recipe)
    inputs, labels = train
    mean, variance = inputs.mean(axis=0), inputs.var(axis=0)
    deviation = np.sqrt(variance + 1e-3 * variance.mean() + 1e-12)  # a feature that is silent here may speak later
    x = keras.Input(mean.shape)
    head = keras.Model(x, _dense_layers(x, recipe.head, classes))
    _compile(head, recipe, recipe.head_learning_rate, recipe.head_epochs, len(inputs))
    history = head.fit(
        (inputs - mean) / deviation,
        labels,
        batch_size=recipe.batch_size,
        epochs=recipe.head_epochs,
        validation_data=None if validation is None else ((validation[0] - mean) / deviation, validation[1]),
        validation_batch_size=1024,
        callbacks=list(callbacks),
        verbose=0,
    ).history
    first = head.layers[1]
    kernel, bias = first.get_weights()
    kernel = kernel / deviation[:, None]
    first.set_weights([kernel, bias - mean @ kernel])
    return head, history


def find_recipe(recipe: Recipe | str) -> Recipe:
    """The recipe of that name, or ``recipe`` itself. Raises UserError for an unknown name."""
    if isinstance(recipe, Recipe):
        return recipe
    if recipe not in RECIPES:
        raise UserError(f"unknown recipe {recipe!r}: there are {', '.join(RECIPES)}")
    return RECIPES[recipe]


def evaluate(model: "keras.Model", arch: str, pictures: Pictures, batch_size: int = 128) -> Evaluation:
    """Accuracy with its bootstrap interval over the pictures, and loss, of a classifier that ends in a softmax."""
    images, labels = pictures
    _check_pictures(pictures, model.output_shape[-1])
    return score(_predict(model, arch, images, batch_size), labels)


def score(scores: np.ndarray, labels: np.ndarray) -> Evaluation:
    """The same from softmax scores (N, K) and labels (N,)."""
    accuracy, low, high = bootstrap_ci(scores.argmax(axis=1) == labels)
    loss = float(-np.log(np.maximum(scores[np.arange(len(labels)), labels], 1e-7)).mean())
    return Evaluation(accuracy, low, high, loss, scores)


def features(
    base: "keras.Model", arch: str, images: np.ndarray, pooling: Pooling = "average", batch_size: int = 128
) -> np.ndarray:
    """What ``base`` makes of ``images``: (N, D) float32, from the cache if the same were asked for before.

    D is C for pooling="average" and h * w * C for "flatten". The cache (`toonlens.paths.cached`, folder
    ``features``) is keyed by a hash of weights, images and everything else that enters.
    """
    path = cached(f"features/{_fingerprint(base, arch, images, pooling)}.npy")
    if path.is_file():
        return np.load(path, allow_pickle=False)
    values = _predict(base, arch, images, batch_size)
    values = values.mean(axis=(1, 2)) if pooling == "average" else values.reshape(len(values), -1)
    with atomic_write(path) as temporary:
        np.save(temporary, values)
    return values


def classifier(base: "keras.Model", head: Head, classes: int) -> "keras.Model":
    """``base`` with a fresh ``head`` on it, as one functional model that shares the layers of ``base``."""
    import keras

    x = (
        keras.layers.GlobalAveragePooling2D(name="avg_pool")(base.output)
        if head.pooling == "average"
        else (keras.layers.Flatten(name="flatten")(base.output))
    )
    return keras.Model(base.input, _dense_layers(x, head, classes), name=base.name)


def _dense_layers(x: "keras.KerasTensor", head: Head, classes: int) -> "keras.KerasTensor":
    from keras import layers

    for i, units in enumerate(head.hidden, start=1):
        x = layers.Dense(units, activation="relu", name=f"fc{i}")(x)
        if head.dropout:
            x = layers.Dropout(head.dropout, name=f"dropout{i}")(x)
    return layers.Dense(classes, activation="softmax", name="predictions")(x)


def _fit_all(model, arch, recipe, train, validation, seed, bar) -> dict[str, list[float]]:
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = recipe.train_batchnorm  # not trainable also means inference mode in Keras
    _compile(model, recipe, recipe.learning_rate, recipe.epochs, len(train[1]))
    batches = _batches(arch, train, recipe.batch_size, seed=seed, flip=recipe.flip)
    checked = None if validation is None else _batches(arch, validation, 128)
    return model.fit(batches, epochs=recipe.epochs, validation_data=checked, callbacks=bar, verbose=0).history


def _compile(model, recipe: Recipe, learning_rate: float, epochs: int, n: int) -> None:
    import keras

    steps = epochs * -(-n // recipe.batch_size)
    rate = (
        keras.optimizers.schedules.CosineDecay(learning_rate, steps) if recipe.schedule == "cosine" else learning_rate
    )
    kinds = {"adamw": keras.optimizers.AdamW, "rmsprop": keras.optimizers.RMSprop}
    optimizer = kinds[recipe.optimizer](rate, weight_decay=recipe.weight_decay)
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])


def _batches(arch: str, pictures: Pictures | tuple[np.ndarray, None], batch_size: int, seed=None, flip=False):
    """Preprocessed batches, made one at a time so that a set of large pictures fits into memory.

    With a ``seed`` the pictures come in a new random order in every epoch, else in the order given.
    """
    import keras

    images, labels = pictures

    class Batches(keras.utils.PyDataset):
        def __init__(self):
            super().__init__()
            self.rng = np.random.default_rng(seed)
            self.order = np.arange(len(images))
            self.on_epoch_end()

        def __len__(self):
            return -(-len(images) // batch_size)

        def __getitem__(self, index):
            chosen = self.order[index * batch_size : (index + 1) * batch_size]
            batch = images[chosen]
            if flip:
                mirrored = self.rng.random(len(batch)) < 0.5
                batch[mirrored] = batch[mirrored, :, ::-1]
            x = preprocess(batch, arch)
            return (x,) if labels is None else (x, labels[chosen])

        def on_epoch_end(self):
            if seed is not None:
                self.rng.shuffle(self.order)

    return Batches()


def _predict(model, arch: str, images: np.ndarray, batch_size: int) -> np.ndarray:
    return model.predict(_batches(arch, (images, None), batch_size), verbose=0)


def _fingerprint(base, arch: str, images: np.ndarray, pooling: str) -> str:
    digest = hashlib.sha256(f"{arch} {pooling} {images.shape} {images.dtype}".encode())
    digest.update(np.ascontiguousarray(images).data)
    for weight in base.get_weights():
        digest.update(np.ascontiguousarray(weight).data)
    return digest.hexdigest()


def _check_pictures(pictures: Pictures, classes: int | None) -> int:
    images, labels = pictures
    if len(images) == 0 or len(images) != len(labels):
        raise UserError(f"{len(images)} pictures and {len(labels)} labels: there has to be one label for each picture")
    found = int(labels.max()) + 1
    if labels.min() < 0 or (classes is not None and found > classes):
        raise UserError(f"labels run from {labels.min()} to {found - 1}, but there are {classes} classes")
    return classes or found


@contextmanager
def _progress(epochs: int, title: str, quiet: bool) -> Iterator[list]:
    """Keras callbacks that show a bar over all epochs, with the accuracies of the last."""
    if quiet or not epochs:
        yield []
        return
    import keras
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

    columns: list[str | ProgressColumn] = [
        "{task.description}",
        BarColumn(bar_width=16),
        "epoch {task.completed}/{task.total}",
        TextColumn("{task.fields[now]}"),
    ]
    with Progress(*columns, TimeRemainingColumn()) as progress:
        task = progress.add_task(title, total=epochs, now="")

        def show(epoch, logs):
            shown = {"accuracy": logs["accuracy"], "validation": logs.get("val_accuracy")}
            now = "  ".join(f"{name} {value:.1%}" for name, value in shown.items() if value is not None)
            progress.update(task, advance=1, now=now)

        yield [keras.callbacks.LambdaCallback(on_epoch_end=show)]
