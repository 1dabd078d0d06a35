"""Make the files beside the notebook of lab 1 again: ``python -m autograder.artefacts.lab01 [WHICH ...]``.

quiz.json         the sealed answers of lab01.toml
files.npz         the bytes of a few picture files, one for each way in which loading goes wrong
album.npz         60 drawn pictures with planted near-duplicates, wrong labels and a leak from training to test part
vgg16.npz         what a linear classifier on a frozen small VGG16 answers after right and wrong preprocessing
checkpoints.npz   what the reference gives for each exercise, so that a failed exercise never blocks the next

WHICH is quiz, files, album, vgg16 or checkpoints, and all five if left out. Everything is seeded.
"""

import io
import sys
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from autograder.artefacts.files import save_arrays, seal_quiz
from autograder.checks.lab01 import reference
from autograder.course import SOLUTIONS
from toonlens.laws.lab01 import file_of
from toonlens.stats import bootstrap_ci

LAB = "lab01"
TARGET = SOLUTIONS / LAB
SEED = 1
SIZE = 64
CAST = {"Hops": 12, "Koko": 9, "Sprout": 8, "Zib": 6, "Biscuit": 4, "Luna Pepper": 3}  # scenes of each in the album
COPIES = {"brighter": 3, "darker": 3, "shifted": 6, "re-encoded": 4, "shifted, brighter": 2}
THR = 8  # bits: what the notebook calls near
SWEEP = 21  # thresholds from 0 that the notebook tries
FRACTIONS = (0.6, 0.2, 0.2)
FRAMES = 3  # of each scene in the experiment on leaks
ARCHS = ("vgg16", "resnet50", "densenet121")
TRAINED_ON = 1800  # pictures from which the classifier on VGG16 learns


# picture files


def make_files() -> None:
    """Eight files of the drawn test pictures, in the modes that a collection from many hands holds."""
    from toonlens.data.toons import draw_one

    def drawn(index: int, size: int) -> tuple[Image.Image, NDArray]:
        image, mask = draw_one(index, size, "test")
        return Image.fromarray(image), mask

    plain, _ = drawn(6, 88)
    wide = Image.fromarray(np.hstack([np.asarray(drawn(index, 80)[0]) for index in (2, 7)]))
    sticker, mask = drawn(15, 96)
    alpha = np.where(mask > 0, 255, 0).astype(np.uint8)
    colours = np.where(alpha[..., None] > 0, np.asarray(sticker), np.array([255, 0, 255], dtype=np.uint8))
    palette = drawn(17, 80)[0].quantize(24)
    ghost, ghost_mask = drawn(13, 80)
    clear = _with_clear_colour(ghost, ghost_mask > 0)
    turned = drawn(1, 96)[0]
    held = Image.fromarray(np.ascontiguousarray(np.rot90(np.asarray(turned))))
    mirrored = Image.fromarray(np.ascontiguousarray(np.asarray(drawn(8, 88)[0])[::-1, ::-1]))
    files = {
        "plain.jpg": file_of(plain, "JPEG", quality=85),
        "grey.png": file_of(drawn(3, 64)[0].convert("L")),
        "palette.png": file_of(palette),
        "two_wide.png": file_of(wide.quantize(64)),
        "sticker.png": file_of(Image.fromarray(np.dstack([colours, alpha]))),
        "clear_palette.png": file_of(clear, transparency=0),
        "turned.jpg": file_of(held, "JPEG", held=6, quality=85),
        "upside_down.jpg": file_of(mirrored, "JPEG", held=3, quality=85),
    }
    save_arrays(LAB, "files.npz", names=np.array(list(files)), **{f"file{k}": v for k, v in enumerate(files.values())})


def _with_clear_colour(picture: Image.Image, kept: NDArray) -> Image.Image:
    """The picture with a palette whose colour 0, a loud green, stands wherever it is not kept."""
    numbers = picture.quantize(24)
    colours = numbers.getpalette()
    assert colours is not None
    out = Image.fromarray(np.where(kept, np.asarray(numbers) + 1, 0).astype(np.uint8), mode="P")
    out.putpalette([0, 255, 0, *colours[: 24 * 3]])
    return out


# the album


def make_album() -> None:
    """Scenes of six characters, copies of some, a few wrong labels, and a split by somebody in a hurry."""
    from toonlens.data import load_toons

    toons = load_toons("test", SIZE)
    rng = np.random.default_rng(SEED)
    names = list(CAST)
    images: list[NDArray] = []
    truth: list[int] = []
    for k, name in enumerate(names):
        chosen = np.flatnonzero(toons.labels == toons.class_names.index(name))[: CAST[name]]
        images += list(toons.images[chosen])
        truth += [k] * len(chosen)
    source, made = list(range(len(images))), ["original"] * len(images)
    kinds = [kind for kind, count in COPIES.items() for _ in range(count)]
    originals = [*rng.permutation(len(images))[: len(kinds) - 3].tolist()]
    originals += originals[:3]  # three scenes have two copies
    for scene, kind in zip(originals, rng.permutation(kinds).tolist(), strict=True):
        images.append(copied(images[scene], kind, rng))
        truth.append(truth[scene])
        source.append(scene)
        made.append(kind)
    order = rng.permutation(len(images))
    true, scenes, kind_of = np.array(truth)[order], np.array(source)[order], np.array(made)[order]
    labels = with_mistakes(true, scenes, kind_of, rng)
    part = np.zeros(len(order), dtype=np.int64)
    part[rng.permutation(len(order))[: round(0.3 * len(order))]] = 1
    save_arrays(
        LAB,
        "album.npz",
        images=np.stack(images)[order],
        labels=labels,
        part=part,
        names=np.array(names),
        scene=scenes,
        made=kind_of,
        true_labels=true,
    )


def copied(image: NDArray, kind: str, rng: np.random.Generator) -> NDArray:
    """A near-duplicate: what an archive collects when somebody crops, corrects or saves again."""
    out = image
    if "shifted" in kind:
        dy, dx = ((1, 0), (0, 1), (-1, 0), (0, -1))[int(rng.integers(4))]
        out = shifted(out, dy, dx)
    if "brighter" in kind:
        out = (out * rng.uniform(1.1, 1.2)).clip(0, 255).astype(np.uint8)
    if "darker" in kind:
        out = (out * rng.uniform(0.75, 0.9)).astype(np.uint8)
    if kind == "re-encoded":
        stream = io.BytesIO()
        Image.fromarray(out).save(stream, "JPEG", quality=35)
        out = np.asarray(Image.open(stream))
    return out


def shifted(image: NDArray, dy: int, dx: int, most: int = 2) -> NDArray:
    """The picture moved by up to ``most`` pixels, its border repeated."""
    H, W = image.shape[:2]
    wide = np.pad(image, ((most, most), (most, most), (0, 0)), mode="edge")
    return wide[most + dy : most + dy + H, most + dx : most + dx + W]


def with_mistakes(true: NDArray, scenes: NDArray, made: NDArray, rng: np.random.Generator) -> NDArray:
    """Labels with five mistakes: three on copies, which their originals give away, and two that nothing betrays."""
    labels = true.copy()
    alone = np.array([(scenes == scene).sum() == 1 for scene in scenes])
    copies = np.flatnonzero(made != "original")
    wrong = [*rng.permutation(copies)[:3], *rng.permutation(np.flatnonzero(alone))[:2]]
    labels[wrong] = (true[wrong] + rng.integers(1, len(CAST), len(wrong))) % len(CAST)
    return labels


# right and wrong preprocessing

VARIANTS = ("right", "red first", "as DenseNet121", "raw", "twice")


def variant(images: NDArray, name: str) -> NDArray:
    """Pictures for VGG16 as ``name`` has it, float32."""
    right = reference.preprocess(images, "vgg16")
    if name == "red first":
        return images - reference.CAFFE_MEAN.astype(np.float32)
    if name == "as DenseNet121":
        return reference.preprocess(images, "densenet121")
    if name == "raw":
        return images.astype(np.float32)
    if name == "twice":
        return right[..., ::-1] - reference.CAFFE_MEAN.astype(np.float32)
    return right


def make_vgg16() -> None:
    """Answers on the test pictures: a head that learned after right preprocessing, and one for each kind of wrong."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from toonlens.data import load_toons
    from toonlens.models import build
    from toonlens.startup import import_keras

    import_keras()
    base = build("vgg16", weights="small")
    train, test = load_toons("train", SIZE), load_toons("test", SIZE)

    def features(images: NDArray, name: str) -> NDArray:
        found = [
            np.asarray(base(variant(images[k : k + 100], name), training=False)).mean(axis=(1, 2))
            for k in range(0, len(images), 100)
        ]
        return np.concatenate(found)

    def head(name: str):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
        return model.fit(features(train.images[:TRAINED_ON], name), train.labels[:TRAINED_ON])

    right = head("right")
    answers = np.zeros((2, len(VARIANTS), len(test)), dtype=np.uint8)
    for k, name in enumerate(VARIANTS):
        there = features(test.images, name)
        answers[0, k] = right.predict(there)
        answers[1, k] = answers[0, k] if name == "right" else head(name).predict(there)
        print(name, [round(bootstrap_ci((answers[m, k] == test.labels).astype(float))[0], 3) for m in range(2)])
    save_arrays(
        LAB, "vgg16.npz", answers=answers, labels=test.labels.astype(np.uint8), variants=np.array(VARIANTS),
        trained_on=np.array(TRAINED_ON),
    )  # fmt: skip


# checkpoints


def make_checkpoints() -> None:
    """What the reference gives where the notebook draws a picture."""
    album = np.load(TARGET / "album.npz")
    images, labels, part = album["images"], album["true_labels"], album["part"]
    bits, distances = reference.dhash(images), reference.hash_distances(images)
    weights = reference.class_weights(labels, len(CAST))
    found = near(reference.dhash_pairs(images, THR), len(images))
    groups = components(found)
    clean = reference.group_split(labels, groups, FRACTIONS, 0)
    c, accuracy = reference.majority_baseline(labels[part == 0], labels[part == 1])
    parts, hits, constant = leak_experiment()
    files = np.load(TARGET / "files.npz")
    loaded = [reference.load_rgb(io.BytesIO(files[f"file{k}"].tobytes()), SIZE) for k in range(len(files["names"]))]
    save_arrays(
        LAB,
        "checkpoints.npz",
        files=np.stack(loaded),
        near=found,
        sweep=sweep(distances, album["scene"]),
        bits=bits.astype(np.uint8),
        cells=reference.shrink(reference.grey_of(images), 8, 9).astype(np.float16),
        distances=distances.astype(np.uint8),
        counts=np.array([[np.sum(labels[p] == k) for k in range(len(CAST))] for p in clean]),
        sides=np.stack([sides(reference.group_split(labels, groups, FRACTIONS, seed)) for seed in range(5)]),
        preprocessed=np.stack([reference.preprocess(images[:1], arch)[0] for arch in ("vgg16", "densenet121")]),
        statistics=np.stack([statistics(images, arch) for arch in ARCHS]),
        bounds=np.stack([np.stack(reference.pixel_bounds(arch)) for arch in ARCHS]),
        weights=weights,
        baseline=np.array([c, accuracy]),
        parts=parts,
        leak=hits,
        constant=np.array(constant),
    )


def near(pairs: set[tuple[int, int]], n: int) -> NDArray:
    """Pairs as a symmetric table of 0 and 1, (n, n)."""
    table = np.zeros((n, n), dtype=np.uint8)
    for i, j in pairs:
        table[i, j] = table[j, i] = 1
    return table


def components(table: NDArray) -> NDArray:
    """The number of each picture's group, (n,); pictures linked by a chain of near pairs share it."""
    group = np.arange(len(table))
    for _ in range(len(table)):
        group = np.minimum(group, np.where(table > 0, group[None], len(table)).min(axis=1))
    return group


def sides(split: reference.Indices) -> NDArray:
    """The part of each picture, 0, 1 or 2."""
    out = np.zeros(sum(len(part) for part in split), dtype=np.uint8)
    for p, chosen in enumerate(split):
        out[chosen] = p
    return out


def sweep(distances: NDArray, scene: NDArray) -> NDArray:
    """For each threshold the pairs found that show one scene, and those that do not, (SWEEP, 2)."""
    upper = np.triu(np.ones_like(distances, dtype=bool), 1)
    same = scene[:, None] == scene
    return np.array(
        [[np.sum((distances <= thr) & upper & kind) for kind in (same, ~same)] for thr in range(SWEEP)], dtype=float
    )


def statistics(images: NDArray, arch: str) -> NDArray:
    """Mean and standard deviation of each channel after preprocessing, (2, 3)."""
    out = reference.preprocess(images, arch).astype(np.float64)
    return np.stack([out.mean(axis=(0, 1, 2)), out.std(axis=(0, 1, 2))])


def frames(scenes: NDArray, count: int, seed: int) -> NDArray:
    """``count`` shifted, brightened and noisy versions of each scene, as in the notebook."""
    rng = np.random.default_rng(seed)
    made = []
    for scene in scenes:
        for _ in range(count):
            dy, dx = rng.integers(-2, 3, 2)
            moved = np.roll(scene, (dy, dx), axis=(0, 1)) * rng.uniform(0.85, 1.15)
            made.append(np.clip(moved + rng.normal(0, 4, scene.shape), 0, 255).astype(np.uint8))
    return np.stack(made)


def leak_experiment() -> tuple[NDArray, NDArray, tuple[int, float]]:
    """Part of each frame by `group_split`; accuracies with intervals, (2 splits, 2 classifiers, 2 test sets, 3); and
    the constant answer with its accuracy on new scenes."""
    from toonlens.data import load_toons

    scenes, fresh = load_toons("validation", SIZE), load_toons("test", SIZE)
    x, y = thumbnails(frames(scenes.images, FRAMES, SEED)), np.repeat(scenes.labels, FRAMES)
    g = np.repeat(np.arange(len(scenes)), FRAMES)
    new = thumbnails(frames(fresh.images, 1, SEED + 1))
    by_chance = np.random.default_rng(SEED).choice(3, len(y), p=FRACTIONS)
    by_group = sides(reference.group_split(y, g, FRACTIONS, SEED))
    out = np.zeros((2, 2, 2, 3))
    for s, side in enumerate((by_chance, by_group)):
        train, test = side == 0, side == 2
        for k, classify in enumerate((nearest, logistic)):
            right = classify(x[train], y[train], x[test]) == y[test]
            per_scene = [right[g[test] == scene].mean() for scene in np.unique(g[test])]
            out[s, k, 0] = bootstrap_ci(per_scene)
            unseen = classify(x[train], y[train], new) == fresh.labels
            out[s, k, 1] = bootstrap_ci(unseen.astype(float))
    print(out.round(3).tolist())
    return by_group, out, reference.majority_baseline(y, fresh.labels)


def thumbnails(images: NDArray) -> NDArray:
    """Pictures as rows of 8 x 8 x 3 means, from 0 to 1."""
    N, H, W, _ = images.shape
    return images.reshape(N, 8, H // 8, 8, W // 8, 3).mean(axis=(2, 4)).reshape(N, -1) / 255


def nearest(x: NDArray, y: NDArray, tested: NDArray) -> NDArray:
    """Labels of the nearest training pictures."""
    distances = (x**2).sum(axis=1) - 2 * tested @ x.T
    return y[distances.argmin(axis=1)]


def logistic(x: NDArray, y: NDArray, tested: NDArray) -> NDArray:
    """Labels by logistic regression."""
    from sklearn.linear_model import LogisticRegression

    mean = x.mean(axis=0)
    return LogisticRegression(max_iter=100).fit(x - mean, y).predict(tested - mean)


MAKERS: dict[str, Callable[[], None]] = {
    "quiz": partial(seal_quiz, LAB),
    "files": make_files,
    "album": make_album,
    "vgg16": make_vgg16,
    "checkpoints": make_checkpoints,
}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or MAKERS:
        MAKERS[chosen]()
