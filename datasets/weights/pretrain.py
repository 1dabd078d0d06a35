"""Make the weights of the small networks: train each on the drawn source task and keep its base.

    python datasets/weights/pretrain.py train densenet121
    python datasets/weights/pretrain.py curves

``train`` writes ``<arch>.npz`` (read by `toonlens.models.build`) and ``<arch>.json`` (how it was made, and the training
curve) beside this script; ``curves`` draws ``curves.png`` from the latter. Two cores take some 15 minutes a network.
"""

import hashlib
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from toonlens.errors import UserError
from toonlens.models import ARCHITECTURES, build, preprocess
from toonlens.models.names import check_arch
from toonlens.models.weights import save_weights
from toonlens.paths import atomic_write

if TYPE_CHECKING:
    import keras

HERE = Path(__file__).resolve().parent
HELD_OUT = 5  # pictures of each class, the last ones

app = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Schedule:
    """AdamW with a warm-up of one epoch, then a cosine down to zero.

    ``bfloat16`` is faster for some networks on a CPU. ``batchnorm`` puts a BatchNorm behind every convolution while the
    network trains, and folds it away afterwards: plain VGG16 does not leave the chance level within some epochs.
    """

    epochs: int
    learning_rate: float
    weight_decay: float = 0.05
    batch_size: int = 64
    label_smoothing: float = 0.1
    bfloat16: bool = False
    batchnorm: bool = False


SCHEDULES = {
    "vgg16": Schedule(epochs=10, learning_rate=2e-3, bfloat16=True, batchnorm=True),
    "resnet50": Schedule(epochs=12, learning_rate=2e-3),
    "densenet121": Schedule(epochs=10, learning_rate=3e-3),
}


def augment(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A changed copy of raw pictures (B, H, W, 3): mirrored, shifted, tinted, partly covered, each at random."""
    n, height, width, _ = images.shape
    reach = height // 10
    padded = np.pad(images, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="edge")
    changed = np.empty((n, height, width, 3))
    for i, (dy, dx) in enumerate(rng.integers(0, 2 * reach + 1, (n, 2))):
        crop = padded[i, dy : dy + height, dx : dx + width]
        changed[i] = crop[:, ::-1] if rng.random() < 0.5 else crop
    changed = changed * rng.uniform(0.8, 1.2, (n, 1, 1, 3)) + rng.uniform(-20, 20, (n, 1, 1, 1))
    side = height // 4
    for i in np.arange(n)[rng.random(n) < 0.5]:
        y, x = rng.integers(0, height - side), rng.integers(0, width - side)
        changed[i, y : y + side, x : x + side] = rng.uniform(0, 255, 3)
    return np.clip(changed, 0, 255).astype(np.uint8)


def classifier(arch: str, classes: int, batchnorm: bool) -> "keras.Model":
    """The network with random weights, global average pooling and logits (B, classes)."""
    import keras
    from keras import layers

    base = build(arch, None)
    if arch == "resnet50":  # every block starts as the identity, and learns from the first epoch on (Goyal et al. 2017)
        for layer in base.layers:
            if layer.name.endswith("_3_bn"):
                layer.gamma.assign(layer.gamma * 0.0)
    x = base.output
    if batchnorm:
        x = base.input
        for layer in base.layers[1:]:
            config = layer.get_config()
            if not isinstance(layer, layers.Conv2D):
                x = type(layer).from_config(config)(x)
                continue
            x = layers.Conv2D.from_config(config | {"activation": "linear"})(x)
            x = layers.Activation("relu")(layers.BatchNormalization(name=f"{layer.name}_bn")(x))
    x = layers.GlobalAveragePooling2D(name="pooled")(x)
    return keras.Model(base.input, layers.Dense(classes, dtype="float32", name="source")(x))


def fold_into(base: "keras.Model", trained: "keras.Model", x: np.ndarray) -> None:
    """Set the kernels and biases of ``base`` so that it computes what ``trained`` does with its BatchNorms.

    Raises:
        RuntimeError: the features of the pictures ``x`` (B, H, W, 3), preprocessed, are not the same.
    """
    import keras

    from autograder.reference.canonise import canonise
    from autograder.reference.graph import Conv, read

    kernels = {op.name: op for op in canonise(read(trained), gates=False).ops if isinstance(op, Conv)}
    for layer in base.layers:
        if layer.weights:
            op = kernels[layer.name]
            layer.set_weights([np.asarray(w()) for w in (op.weight, op.offset) if w is not None])
    expected = keras.Model(trained.input, trained.get_layer("pooled").output).predict(x, verbose=0)
    got = base.predict(x, verbose=0).mean(axis=(1, 2))
    if not np.abs(got - expected).max() <= 1e-3 * np.abs(expected).max():
        raise RuntimeError("folding the BatchNorms changed what the network computes")


def source_batches(arch: str, images: np.ndarray, labels: np.ndarray, batch_size: int, seed: int):
    """Shuffled, augmented, preprocessed batches as a Keras dataset."""
    import keras

    class Batches(keras.utils.PyDataset):
        def __init__(self):
            super().__init__()
            self.rng = np.random.default_rng(seed)
            self.on_epoch_end()

        def __len__(self):
            return len(images) // batch_size

        def __getitem__(self, index):
            chosen = self.order[index * batch_size : (index + 1) * batch_size]
            return preprocess(augment(images[chosen], self.rng), arch), labels[chosen]

        def on_epoch_end(self):
            self.order = self.rng.permutation(len(images))

    return Batches()


@app.command()
def train(
    arch: Annotated[str, typer.Argument(help=f"one of {', '.join(ARCHITECTURES)}")],
    seed: Annotated[int, typer.Option(help="of weights, order and augmentation")] = 0,
    epochs: Annotated[int | None, typer.Option(help="instead of the schedule's")] = None,
    out: Annotated[Path, typer.Option(help="folder to write to")] = HERE,
) -> None:
    """Train one network on the source task and write its weights and its training curve."""
    check_arch(arch)
    import keras

    from toonlens.draw.source import CLASSES, load_source

    schedule = SCHEDULES[arch]
    total = epochs or schedule.epochs
    images, labels = load_source(64)
    images_checked, labels_checked = images[-HELD_OUT * CLASSES :], labels[-HELD_OUT * CLASSES :]
    images, labels = images[: -HELD_OUT * CLASSES], labels[: -HELD_OUT * CLASSES]

    keras.utils.set_random_seed(seed)
    if schedule.bfloat16:
        keras.config.set_dtype_policy("mixed_bfloat16")
    model = classifier(arch, CLASSES, schedule.batchnorm)

    batches = source_batches(arch, images, labels, schedule.batch_size, seed)
    rate = keras.optimizers.schedules.CosineDecay(
        schedule.learning_rate / 20,
        (total - 1) * len(batches),
        warmup_target=schedule.learning_rate,
        warmup_steps=len(batches),
    )

    def smoothed_cross_entropy(y, logits):
        targets = keras.ops.one_hot(keras.ops.reshape(y, (-1,)), CLASSES) * (1 - schedule.label_smoothing)
        targets = targets + schedule.label_smoothing / CLASSES
        return keras.losses.categorical_crossentropy(targets, logits, from_logits=True)

    optimizer = keras.optimizers.AdamW(rate, weight_decay=schedule.weight_decay, clipnorm=1.0)
    model.compile(optimizer, smoothed_cross_entropy, metrics=["accuracy"])
    start = time.perf_counter()
    history = model.fit(
        batches,
        epochs=total,
        validation_data=(preprocess(images_checked, arch), labels_checked),
        validation_batch_size=115,
        verbose=2,
    ).history
    seconds = time.perf_counter() - start

    keras.config.set_dtype_policy("float32")
    base = build(arch, None)
    if schedule.batchnorm:
        trained = classifier(arch, CLASSES, batchnorm=True)
        trained.set_weights(model.get_weights())
        fold_into(base, trained, preprocess(images_checked[:64], arch))
    else:
        for layer in base.layers:
            layer.set_weights(model.get_layer(layer.name).get_weights() if layer.weights else [])
    save_weights(base, out / f"{arch}.npz")
    minutes = round(seconds / 60, 1)
    curve = {name: [round(float(v), 4) for v in values] for name, values in history.items()}
    record = {
        "arch": arch,
        "seed": seed,
        "classes": CLASSES,
        "pictures": len(images),
        "pictures_held_out": len(images_checked),
        "source_sha256": hashlib.sha256(images.data).hexdigest(),
        "schedule": asdict(schedule) | {"epochs": total},
        "minutes": minutes,
        "curve": curve,
    }
    with atomic_write(out / f"{arch}.json") as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"{arch}: {curve['val_accuracy'][-1]:.1%} of held-out source pictures, {minutes} minutes")


@app.command()
def curves(out: Annotated[Path, typer.Option(help="folder of the JSON files")] = HERE) -> None:
    """Draw the training curves of the networks that have been trained."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    records = [json.loads(p.read_text(encoding="utf-8")) for p in sorted(out.glob("*.json"))]
    if not records:
        raise UserError(f"no training curves in {out}: run the train command first")
    figure, axes = plt.subplots(1, len(records), figsize=(3.6 * len(records), 3.2), sharey=True, squeeze=False)
    for axis, record in zip(axes[0], records, strict=True):
        epochs = np.arange(1, len(record["curve"]["loss"]) + 1)
        axis.plot(epochs, record["curve"]["accuracy"], color="#0072B2", label="training (augmented)")
        axis.plot(epochs, record["curve"]["val_accuracy"], color="#D55E00", linestyle="--", label="held out")
        axis.set_title(f"{record['arch']}, {record['minutes']:.0f} min", fontsize=11)
        axis.set_xlabel("epoch")
        axis.set_ylim(0, 1)
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_ylabel(f"accuracy, {records[0]['classes']} source classes")
    axes[0, 0].legend(loc="lower right", frameon=False, fontsize=9)
    figure.tight_layout()
    with atomic_write(out / "curves.png") as temporary:
        figure.savefig(temporary, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    try:
        app()
    except UserError as error:
        print(f"pretrain: {error}", file=sys.stderr)
        sys.exit(2)
