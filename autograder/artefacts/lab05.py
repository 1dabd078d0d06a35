"""Make the files beside the notebook of lab 5 again: ``python -m autograder.artefacts.lab05 [WHICH ...]``.

quiz.json         the sealed answers of lab05.toml
heads.npz         a linear head for each of the three small networks, and its accuracy on the test pictures
pictures.npz      the test pictures that the lab explains, and for each unit the validation pictures that excite it most
checkpoints.npz   what the reference gives for each exercise, so that a failed exercise never blocks the next

WHICH is quiz, heads, pictures or checkpoints, and all four if left out. ``suggest`` prints channels for `UNITS`.
Everything is seeded.
"""

import sys
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.artefacts.files import save_arrays, seal_quiz
from autograder.checks.lab05 import reference
from autograder.course import SOLUTIONS

LAB = "lab05"
TARGET = SOLUTIONS / LAB
SEED = 5
SIDE = 64
ARCHS = ("vgg16", "resnet50", "densenet121")
SHOWN = 8  # test pictures that the lab explains
COUNT = 4  # pictures for each unit
PREFIXES = ("predictions", "block5", "block4", "block3", "block2", "block1")
ALL_OF_IT = {"vgg16": "block1", "resnet50": "conv1", "densenet121": "conv1"}
DEPTHS = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3")
STAGES = {
    "vgg16": [f"block{k}_pool" for k in range(1, 6)],
    "resnet50": ["conv1_relu", "conv2_block3_out", "conv3_block4_out", "conv4_block6_out", "conv5_block3_out"],
    "densenet121": ["conv1_relu", "pool2_pool", "pool3_pool", "pool4_pool", "relu"],
}
# As in the notebook: for each network two layers, and channels of each.
UNITS: dict[str, tuple[tuple[str, tuple[int, ...]], ...]] = {
    "vgg16": (("block2_conv2", (26, 12)), ("block3_conv3", (2,))),
    "resnet50": (("conv2_block3_out", (32, 53)), ("conv3_block2_out", (2,))),
    "densenet121": (("conv2_block4_0_relu", (11, 23)), ("conv3_block2_0_relu", (35,))),
}
PAIR_LAYER = "block1_conv2"


def make_heads() -> None:
    """Train a linear head on each network's pooled features, by the recipe "frozen", and test it."""
    from toonlens.data import load_toons
    from toonlens.transfer import evaluate, fit

    train, test = load_toons("train", SIDE), load_toons("test", SIDE)
    made: dict[str, NDArray] = {}
    for arch in ARCHS:
        model = fit(arch, "frozen", (train.images, train.labels), seed=SEED, quiet=True).model
        W, b = (w.astype(np.float16) for w in model.layers[-1].get_weights())
        model.layers[-1].set_weights([W, b])
        found = evaluate(model, arch, (test.images, test.labels))
        print(f"{arch}: test accuracy {found.accuracy:.3f} ({found.low:.3f} to {found.high:.3f})")
        made |= {f"W_{arch}": W, f"b_{arch}": b}
        made[f"accuracy_{arch}"] = np.array([found.accuracy, found.low, found.high, len(test)])
    save_arrays(LAB, "heads.npz", **made)


@cache
def models() -> dict[str, Any]:
    """The three networks with the heads of heads.npz, as in the notebook."""
    from toonlens.models import build
    from toonlens.startup import import_keras

    keras = import_keras()
    heads, made = np.load(TARGET / "heads.npz"), {}
    for arch in ARCHS:
        base = build(arch, weights="small", input_shape=(SIDE, SIDE, 3))
        h = keras.layers.GlobalAveragePooling2D(name="avg_pool")(base.output)
        head = keras.layers.Dense(len(heads[f"b_{arch}"]), activation="softmax", name="predictions")
        made[arch] = keras.Model(base.input, head(h), name=arch)
        head.set_weights([heads[f"W_{arch}"], heads[f"b_{arch}"]])
    return made


def suggest() -> None:
    """Print, for every layer of `UNITS`, channels that few pictures excite, and those strongly."""
    from toonlens.data import load_toons
    from toonlens.units import channel_peaks

    images = load_toons("validation", SIDE).images
    for arch in ARCHS:
        for layer, _ in UNITS[arch]:
            peaks = channel_peaks(models()[arch], arch, images, layer)
            rank = np.sort(peaks, axis=0)
            picky = rank[-COUNT] / np.maximum(np.median(peaks, axis=0), 0.1 * rank[-1].mean())
            print(arch, layer, [(int(k), round(float(picky[k]), 1)) for k in np.argsort(-picky)[:8]])


def make_pictures() -> None:
    """Choose the pictures."""
    from toonlens.data import load_toons
    from toonlens.models import preprocess
    from toonlens.units import strongest

    test, validation = load_toons("test", SIDE), load_toons("validation", SIDE)
    sure = np.ones(len(test))
    for arch in ARCHS:
        scores = models()[arch].predict(preprocess(test.images, arch), verbose=0, batch_size=64)
        sure = np.minimum(sure, scores[np.arange(len(test)), test.labels])
    best = [np.flatnonzero(test.labels == k)[sure[test.labels == k].argmax()] for k in range(len(test.class_names))]
    shown = sorted(best, key=lambda k: -sure[k])[:SHOWN]
    chosen = {
        arch: np.concatenate(
            [strongest(models()[arch], arch, validation.images, layer, pair, COUNT) for layer, pair in UNITS[arch]]
        )
        for arch in ARCHS
    }
    pair, _ = find_pair(validation.images)
    used = np.unique(np.concatenate([top.ravel() for top in chosen.values()]))
    save_arrays(
        LAB,
        "pictures.npz",
        images=test.images[shown],
        labels=test.labels[shown],
        names=np.array(test.class_names),
        gallery=validation.images[used],
        pair=validation.images[pair],
        **{f"tops_{arch}": np.searchsorted(used, top) for arch, top in chosen.items()},
    )


def find_pair(images: NDArray) -> tuple[NDArray, int]:
    """Two pictures and a channel of block1_conv2 that show best that the deconvnet forgets the gates."""
    from toonlens.models import preprocess

    plan = reference.vgg16_plan(PAIR_LAYER)
    some = np.arange(0, len(images), 9)[:40]
    found = []
    for k in some.tolist():
        out, before = reference.forward(plan, preprocess(images[k : k + 1], "vgg16"))
        A = out[PAIR_LAYER]
        for ch in range(A.shape[-1]):
            i, j = np.unravel_index(A[0, :, :, ch].argmax(), A.shape[1:3])
            if A[0, i, j, ch] > 0 and min(i, j) >= 4 and max(i, j) < SIDE - 4:
                seed = reference.seed_unit(A, ch)
                R = [reference.backward(plan, out, before, PAIR_LAYER, seed, mode) for mode in ("guided", "deconv")]
                cut = [(r / np.linalg.norm(r))[0, i - 2 : i + 3, j - 2 : j + 3].ravel() for r in R]
                found.append((k, ch, *cut))
    best, answer = 1.0, (some[:2], 0)
    for a, (k, ch, guided, deconv) in enumerate(found):
        for other, ch2, guided2, _ in found[a + 1 :]:
            if ch2 == ch and min(guided @ deconv, guided2 @ deconv) > 0.3 and guided @ guided2 < best:
                best, answer = float(guided @ guided2), (np.array([k, other]), ch)
    return answer


def make_checkpoints() -> None:
    """What the reference gives where the notebook draws a picture."""
    from autograder.checks.lab05 import whole
    from toonlens.data import load_toons
    from toonlens.models import preprocess
    from toonlens.units import path_specs

    keras = whole.keras
    stored, vgg16 = np.load(TARGET / "pictures.npz"), models()["vgg16"]
    images, labels, gallery = stored["images"], stored["labels"], stored["gallery"]
    x = {arch: preprocess(images, arch) for arch in ARCHS}

    def activations(arch: str, layer: str, z: NDArray) -> NDArray:
        part = keras.Model(models()[arch].input, models()[arch].get_layer(layer).output)
        return np.asarray(part(z, training=False))

    def box(arch: str, layer: str, ch: int, z: NDArray) -> list[int]:
        A = activations(arch, layer, z)[0, :, :, ch]
        specs = path_specs(models()[arch], layer)
        return [side for u in np.unravel_index(A.argmax(), A.shape) for side in reference.unit_box(specs, int(u), SIDE)]

    def maps(model: Any, arch: str, mode: str, count: int = 4) -> NDArray:
        return whole.saliency(model, x[arch][:count], labels[:count], mode).sum(axis=-1)

    def mean_similarity(one: NDArray, two: NDArray) -> float:
        return float(np.mean([reference.similarity(a, b) for a, b in zip(one, two, strict=True)]))

    made: dict[str, Any] = {
        "record": [float((activations("vgg16", layer, x["vgg16"][:1]) > 0).mean()) for layer in DEPTHS],
        "windows": [window(path_specs(vgg16, layer), vgg16.get_layer(layer).output.shape[1]) for layer in DEPTHS],
        "sizes": [
            [reference.receptive_field(path_specs(models()[arch], layer))[0] for layer in STAGES[arch]]
            for arch in ARCHS
        ],
        "relu": [
            reference.relu_back(np.array([1.0, 1, -1, -1]), np.array([2.0, -2, 2, -2]), m) for m in reference.MODES
        ],
    }
    layer, (ch, *_) = UNITS["vgg16"][1]
    A = activations("vgg16", layer, preprocess(gallery[stored["tops_vgg16"][2][:1]], "vgg16"))
    made["seed"] = reference.seed_unit(A, ch)[0, :, :, ch]

    pair = preprocess(stored["pair"], "vgg16")
    _, ch = find_pair(load_toons("validation", SIDE).images)
    made["pair_channel"] = ch
    made["pair_boxes"] = [box("vgg16", PAIR_LAYER, ch, z[None]) for z in pair]
    made["pair"] = [
        [
            whole.project(vgg16, z[None], PAIR_LAYER, ch, m)[0, top:bottom, left:right].astype(np.float32)
            for m in reference.MODES
        ]
        for z, (top, bottom, left, right) in zip(pair, made["pair_boxes"], strict=True)
    ]
    for arch in ARCHS:
        rows = [(layer, ch) for layer, chosen in UNITS[arch] for ch in chosen]
        units = [
            (layer, ch, preprocess(gallery[k : k + 1], arch))
            for (layer, ch), best in zip(rows, stored[f"tops_{arch}"], strict=True)
            for k in best.tolist()
        ]
        made[f"boxes_{arch}"] = [box(arch, *unit) for unit in units]
        made[f"projections_{arch}"] = [
            as_picture(whole.project(models()[arch], z, layer, ch, "deconv")[0], arch) for layer, ch, z in units
        ]
    layer, (ch, *_) = UNITS["vgg16"][0]
    made["widget"] = whole.project(vgg16, x["vgg16"][:1], layer, ch, "deconv")[0]

    R = whole.saliency(vgg16, x["vgg16"][:1], labels[:1])[0]
    made |= {"guided_R": R, "heat": R.sum(axis=-1)}
    rival = np.argsort(np.asarray(vgg16(x["vgg16"], training=False)), axis=1)[:, -2]
    made["classes"] = [
        whole.saliency(vgg16, x["vgg16"][:1], c[:1], mode)[0].sum(axis=-1)
        for mode in ("guided", "grad")
        for c in (labels, rival)
    ]
    before = {mode: maps(vgg16, "vgg16", mode) for mode in ("guided", "grad")}
    copies = [whole.randomised(vgg16, prefix, SEED) for prefix in PREFIXES]
    made["cascade"] = [
        [mean_similarity(before[mode], maps(copy, "vgg16", mode)) for copy in copies] for mode in ("guided", "grad")
    ]
    both, numbers = [], []
    for arch in ARCHS:
        random = whole.randomised(models()[arch], ALL_OF_IT[arch], SEED)
        found = {mode: (maps(models()[arch], arch, mode), maps(random, arch, mode)) for mode in ("guided", "grad")}
        both.append([found["guided"][0][0], found["guided"][1][0]])
        others = [
            reference.similarity(a, b)
            for k, a in enumerate(found["guided"][0])
            for m, b in enumerate(found["guided"][1])
            if k != m
        ]
        numbers.append([*(mean_similarity(*found[mode]) for mode in ("guided", "grad")), np.mean(others)])
    made |= {"both": both, "numbers": np.array(numbers).T}
    made["rhos"] = [reference.similarity(*pair_of_maps) for pair_of_maps in both]
    save_arrays(LAB, "checkpoints.npz", **{key: smaller(np.asarray(value)) for key, value in made.items()})
    for key in ("record", "sizes", "cascade", "numbers"):
        print(key, np.round(np.asarray(made[key]), 3).tolist())


def window(specs: list[tuple[int, int, int]], places: int) -> NDArray:
    """1 on the pixels that the unit in the middle sees. (SIDE, SIDE)"""
    first, past = reference.unit_box(specs, places // 2, SIDE)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[first:past, first:past] = 1
    return mask


def as_picture(R: NDArray, arch: str) -> NDArray:
    """A map as a picture (H, W, 3) uint8: grey is zero; the colours in the order red, green, blue."""
    R = R if arch == "densenet121" else R[..., ::-1]
    return np.round(127.5 + 127.5 * R / max(np.abs(R).max(), 1e-12)).astype(np.uint8)


def smaller(array: NDArray) -> NDArray:
    """Maps in half precision, scaled into its range; few numbers in single."""
    if array.dtype.kind != "f":
        return array
    return array.astype(np.float32 if array.size < 30_000 else np.float16)


MAKERS: dict[str, Callable[[], None]] = {
    "quiz": partial(seal_quiz, LAB),
    "heads": make_heads,
    "pictures": make_pictures,
    "checkpoints": make_checkpoints,
}

if __name__ == "__main__":
    for wanted in sys.argv[1:] or MAKERS:
        {**MAKERS, "suggest": suggest}[wanted]()
