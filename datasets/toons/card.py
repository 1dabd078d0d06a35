"""Measure the drawn dataset and write its data card.

    python datasets/toons/card.py measure [SECTION ...]   measure all sections, or some, into figures.json
    python datasets/toons/card.py record SECTION FILE     put rows that another script measured into figures.json
    python datasets/toons/card.py pictures                draw cast.png and sheet.png
    python datasets/toons/card.py render                  write README.md from card.md and figures.json

Rows are objects with the keys name, images_per_class, accuracy, low, high (95 % bootstrap interval) and note.
"""

import json
import resource
import sys
import time
from pathlib import Path
from string import Template

import numpy as np
from PIL import Image

from toonlens.data import load_toons
from toonlens.data.toons import SPLITS, Toons, cast, digest, draw_one
from toonlens.draw.batch import draw_many, workers
from toonlens.draw.character import PART_NAMES, Pose
from toonlens.draw.figure import portrait
from toonlens.paths import atomic_write
from toonlens.stats import bootstrap_ci

HERE = Path(__file__).parent
FIGURES = HERE / "figures.json"
SEEDS = (0, 1, 2)
FEW = 20  # images a class for the network from scratch


def _row(name: str, images_per_class: int, right: np.ndarray, note: str) -> dict:
    mean, low, high = bootstrap_ci(right)
    row = {"name": name, "images_per_class": images_per_class, "accuracy": mean, "low": low, "high": high, "note": note}
    print(row, flush=True)
    return row


def _few(toons: Toons, per_class: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    classes = range(len(toons.class_names))
    return np.concatenate([rng.permutation(np.flatnonzero(toons.labels == c))[:per_class] for c in classes])


def measure_hashes() -> dict:
    """SHA-256 of each split at 64 pixels, also written to sha256.json, which the tests read."""
    hashes = {split: digest(load_toons(split)) for split in SPLITS}
    with atomic_write(HERE / "sha256.json") as file:
        file.write_text(json.dumps(hashes, indent=1) + "\n")
    return hashes


def measure_drawing() -> dict:
    """Seconds, by the clock and of the processors, to draw all three splits at 64 pixels, nothing cached."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    for split, n in SPLITS.items():
        draw_many("toons", {"split": split, "confound": None}, n, 64)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    counts = {"images": sum(SPLITS.values()), "processes": workers()}
    return counts | {"seconds": round(seconds, 1), "processor_seconds": round(busy, 1)}


def measure_parts() -> dict:
    """Of the test pictures: share of the area that each part covers, and share of the pictures it is seen in."""
    test = load_toons("test")
    return {
        name: {"area": float((test.masks == k).mean()), "seen": float((test.masks == k).any(axis=(1, 2)).mean())}
        for k, name in enumerate(test.part_names)
    }


def measure_linear() -> list[dict]:
    """Logistic regression on raw pixels; the penalty is chosen on the validation split."""
    from sklearn.linear_model import LogisticRegression

    train, validation, test = (load_toons(split) for split in SPLITS)
    x, v, t = (s.images.reshape(len(s), -1) / 255.0 - 0.5 for s in (train, validation, test))
    # the penalised solution lies in the span of the training images, so it is found there: 3,600 unknowns, not 12,288
    axes = np.linalg.svd(x, full_matrices=False)[2].T
    x, v, t = x @ axes, v @ axes, t @ axes
    models = [LogisticRegression(C=c, max_iter=300).fit(x, train.labels) for c in (1e-4, 1e-3, 1e-2)]
    best = max(models, key=lambda m: m.score(v, validation.labels))
    right = best.predict(t) == test.labels
    return [_row("logistic regression on raw pixels", 200, right, f"C = {best.C:g}, chosen on the validation split")]


def _histograms(images: np.ndarray, bins: int) -> np.ndarray:
    level = images.astype(np.int64) * bins // 256
    code = (level[..., 0] * bins + level[..., 1]) * bins + level[..., 2]
    counts = np.stack([np.bincount(c.ravel(), minlength=bins**3) for c in code])
    return counts / counts.sum(axis=1, keepdims=True)


def measure_histogram() -> list[dict]:
    """Nearest neighbour on RGB colour histograms by histogram intersection."""
    train, test = load_toons("train"), load_toons("test")
    a, b = _histograms(train.images, 8), _histograms(test.images, 8)
    nearest = np.array([np.minimum(a, h).sum(axis=1).argmax() for h in b])
    right = train.labels[nearest] == test.labels
    return [_row("nearest neighbour on colour histograms", 200, right, "8 x 8 x 8 bins, histogram intersection")]


def measure_cnn() -> list[dict]:
    """A small CNN from scratch; the weights of the epoch that is best on the validation split are kept."""
    import keras

    train, validation, test = (load_toons(split) for split in SPLITS)
    outcomes = []
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        layers = [keras.Input((64, 64, 3)), keras.layers.Rescaling(1 / 127.5, -1)]
        for width in (32, 64, 128):
            layers += [keras.layers.Conv2D(width, 3, padding="same", activation="relu"), keras.layers.MaxPooling2D()]
        layers += [keras.layers.Flatten(), keras.layers.Dropout(0.5), keras.layers.Dense(128, activation="relu")]
        model = keras.Sequential([*layers, keras.layers.Dense(18, activation="softmax")])
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        rows = _few(train, FEW, seed)
        stop = keras.callbacks.EarlyStopping("val_accuracy", patience=10, restore_best_weights=True)
        held = (validation.images, validation.labels)
        model.fit(train.images[rows], train.labels[rows], 32, 40, verbose=0, validation_data=held, callbacks=[stop])
        outcomes.append(model.predict(test.images, verbose=0).argmax(axis=1) == test.labels)
    right = sorted(outcomes, key=np.mean)[len(SEEDS) // 2]
    every = ", ".join(f"{100 * o.mean():.1f} %" for o in outcomes)
    return [_row("small CNN from scratch", FEW, right, f"median of three seeds ({every})")]


SECTIONS = {
    "hashes": measure_hashes,
    "drawing": measure_drawing,
    "parts": measure_parts,
    "linear": measure_linear,
    "histogram": measure_histogram,
    "cnn": measure_cnn,
}


def _figures() -> dict:
    return json.loads(FIGURES.read_text()) if FIGURES.exists() else {}


def _keep(section: str, value) -> None:
    figures = _figures() | {section: value}
    with atomic_write(FIGURES) as file:
        file.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")


def _table(rows: list[dict]) -> str:
    lines = ["| classifier | images a class | accuracy on test (95 % interval) | |", "|---|---|---|---|"]
    for r in rows:
        interval = f"{100 * r['accuracy']:.1f} % ({100 * r['low']:.1f} to {100 * r['high']:.1f})"
        lines.append(f"| {r['name']} | {r['images_per_class']} | {interval} | {r['note']} |")
    return "\n".join(lines)


def render() -> None:
    """README.md from the prose of card.md and the figures."""
    figures = _figures()
    missing = [section for section in SECTIONS if section not in figures]
    if missing:
        raise SystemExit(f"figures.json lacks {', '.join(missing)}: run `card.py measure {' '.join(missing)}` first")
    baselines = figures["linear"] + figures["histogram"] + figures["cnn"]
    parts = ["| part | share of the area | seen in |", "|---|---|---|"]
    measured = [(name, figures["parts"][name]) for name in PART_NAMES]
    parts += [f"| {name} | {100 * v['area']:.1f} % | {100 * v['seen']:.1f} % |" for name, v in measured]
    drawing = figures["drawing"]
    text = Template((HERE / "card.md").read_text()).substitute(
        cast="\n".join(f"| {who.name} | {who.note} |" for who in cast()),
        parts="\n".join(parts),
        baselines=_table(baselines + figures.get("networks", [])),
        simpsons=_table(figures["simpsons"]) if "simpsons" in figures else "Not measured yet.",
        hashes="\n".join(f"| {split} | {SPLITS[split]:,} | `{figures['hashes'][split]}` |" for split in SPLITS),
        drawing=f"{drawing['images']:,} pictures in {drawing['seconds']} s with {drawing['processes']} processes "
        f"({drawing['processor_seconds']} s of processor time)",
    )
    with atomic_write(HERE / "README.md") as file:
        file.write_text(text)


POSES = (
    Pose(mouth="smile"),
    Pose(turn=0.9, tilt=0.15, mouth="grin", right_arm="wave", outfit=1),
    Pose(turn=-0.9, tilt=-0.12, mouth="open", left_arm="up", right_arm="hip", brow=0.8, outfit=2),
    Pose(mouth="frown", brow=-0.9, lids="half", left_arm="hip", right_arm="hip", outfit=3),
)


def _save(tiles: list[np.ndarray], columns: int, file: Path, dither: Image.Dither) -> None:
    size, rows = len(tiles[0]), len(tiles) // columns
    grid = np.array(tiles).reshape(rows, columns, size, size, 3).transpose(0, 2, 1, 3, 4)
    picture = Image.fromarray(grid.reshape(rows * size, columns * size, 3))
    with atomic_write(file) as temporary:
        picture.quantize(palette=picture.quantize(256), dither=dither).save(temporary, optimize=True)


def pictures() -> None:
    """cast.png: every character in four poses. sheet.png: pictures of the test split, four of each character."""
    backdrops = ((238, 226, 204), (206, 222, 232), (226, 214, 232))
    people, tiles = cast(), []
    for row in range(0, len(people), 3):
        for k in range(3):
            tiles += [portrait(people[row + k], pose, 128, backdrops[(row // 3 + k) % 3])[0] for pose in POSES]
    _save(tiles, 12, HERE / "cast.png", Image.Dither.NONE)
    _save([draw_one(k, 96, "test")[0] for k in range(72)], 12, HERE / "sheet.png", Image.Dither.FLOYDSTEINBERG)


def main(arguments: list[str]) -> None:
    match arguments:
        case ["measure", *sections] if set(sections) <= set(SECTIONS):
            for section in sections or SECTIONS:
                _keep(section, SECTIONS[section]())
        case ["record", section, file]:
            _keep(section, json.loads(Path(file).read_text()))
        case ["pictures"]:
            pictures()
        case ["render"]:
            render()
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
