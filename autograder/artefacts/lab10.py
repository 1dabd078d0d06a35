"""Make the files beside the notebook of lab 10 again: ``python -m autograder.artefacts.lab10 [WHICH ...]``.

quiz.json            the sealed answers of lab10.toml
little.npz           two little networks (`toonlens.little`), one of which learnt with a planted tag, and the tag
maps_ARCH.npz        maps of the first test pictures by the study's three methods, for each of the three small networks
numbers.npz          the same measured on all test pictures, with trained and with random weights, as docs/evaluation.md
cue.npz              the networks that learnt with and without the sign: their answers, masses in the sign, some maps
checkpoints.npz      what the reference gives for each exercise, so that a failed exercise never blocks the next

WHICH is quiz, little, maps, numbers, cue or checkpoints, and all if left out. The networks, methods and masks of maps,
numbers and cue are those of bench/evaluate.py, and come from its cache where it has run. Everything is seeded.
"""

import importlib
import sys
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from autograder.artefacts.files import save_arrays, seal_quiz
from autograder.checks.lab10 import reference
from autograder.course import SOLUTIONS
from toonlens import little
from toonlens.data import Confound, load_toons
from toonlens.stats import bootstrap_ci

LAB = "lab10"
TARGET_FOLDER = SOLUTIONS / LAB
SEED = 10
CHARACTERS = ("Dash Moreau", "Hops", "Nell Thistle", "Rosa Rind", "Sprout", "Zib")
TAGGED = CHARACTERS.index("Hops")
LAYERS = ((12, 5), (24, 4), (32, 4))  # channels and kernel of the little network's convolutions
EPOCHS = 30
SHOWN = 18  # test pictures with maps: one of each class
CUED = 3  # pictures with the sign, with maps
FLIPPED = [16, 64, 128, 256, 512, 1024, 2048]  # pixels
METHODS = {"gradient": "gradient", "deconvnet": "deconvnet", "lrp": "lrp.sequential_preset_a_flat"}
ARCHITECTURES = ("vgg16", "resnet50", "densenet121")
QUANTITIES = ("mass outline", "mass character", "mass eyes and mouth", "coverage", "pointing background")


@cache
def bench() -> Any:
    """The module bench/evaluate.py, which is no part of a package."""
    sys.path.insert(0, str(SOLUTIONS.parent / "bench"))
    return importlib.import_module("evaluate")


def coarse(R: NDArray) -> NDArray[np.float16]:
    """Maps (B, H, W) with the largest magnitude 1, and three binary digits after the leading one, which pack well."""
    R = R / np.abs(R).max(axis=(1, 2), keepdims=True)
    mantissa, exponent = np.frexp(R)
    return np.ldexp(np.round(mantissa * 16) / 16, exponent).astype(np.float16)


# The little networks


def the_tag() -> NDArray[np.uint8]:
    """A magenta tag with a white frame, 10 x 10."""
    tag = np.full((10, 10, 3), 255, dtype=np.uint8)
    tag[1:-1, 1:-1] = (230, 0, 200)
    return tag


def chosen(split: str) -> tuple[NDArray, NDArray]:
    """Pictures of `CHARACTERS`, and their labels as places in that list."""
    toons = load_toons(split)
    places = {toons.class_names.index(name): k for k, name in enumerate(CHARACTERS)}
    keep = np.isin(toons.labels, list(places))
    return toons.images[keep], np.array([places[label] for label in toons.labels[keep].tolist()])


def train(images: NDArray, labels: NDArray) -> list[NDArray]:
    """Weights of the little network: kernels and biases in turn."""
    from toonlens.startup import import_keras

    keras = import_keras()
    keras.utils.set_random_seed(SEED)
    layers = [keras.layers.Conv2D(channels, k, little.STRIDE, activation="relu") for channels, k in LAYERS]
    network = keras.Sequential(
        [
            keras.Input(images.shape[1:]),
            *layers,
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(len(CHARACTERS)),
        ]
    )
    steps = EPOCHS * -(-len(labels) // 64)
    network.compile(
        keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(4e-3, steps), weight_decay=1e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    network.fit(little.scaled(images), labels, batch_size=64, epochs=EPOCHS, verbose=0)
    return network.get_weights()


def make_little() -> None:
    """One network on the training pictures as they are, one on the same with the tag in every picture of one class."""
    images, labels = chosen("train")
    tagged, _ = reference.plant_tag(images, labels, TAGGED, 1.0, the_tag(), SEED)
    arrays = {}
    for name, pictures in (("clean", images), ("tagged", tagged)):
        for k, weight in enumerate(train(pictures, labels)):
            arrays[f"{name}_{'Wb'[k % 2]}{k // 2 + 1}"] = weight.astype(np.float16)
    save_arrays(LAB, "little.npz", tag=the_tag(), names=np.array(CHARACTERS), **arrays)


# The three small networks


def make_maps() -> None:
    """The study's maps of the first test pictures, for the class that the network predicts, and the network's head."""
    for arch in ARCHITECTURES:
        net = bench().load(arch)
        images, targets = net.test.images[:SHOWN], net.targets[:SHOWN]
        found = {name: coarse(bench().maps(m, net.model, arch, images, targets)) for name, m in METHODS.items()}
        W, b = net.model.layers[-1].get_weights()
        save_arrays(LAB, f"maps_{arch}.npz", targets=targets, W=W.astype(np.float16), b=b.astype(np.float16), **found)


def make_numbers() -> None:
    """Per picture of the test split: the quantities that the study's claims speak of, and the areas of the masks."""
    arrays = {}
    for arch in ARCHITECTURES:
        for name, method in METHODS.items():
            found = bench().per_picture("masks", arch, method)
            for quantity in QUANTITIES:
                for weights, prefix in (("trained", ""), ("random", "untrained ")):
                    values = found[prefix + quantity]
                    if quantity.startswith("pointing"):
                        values = np.floor(values)  # a hit or none: the few exact ties of the bench are shares
                    arrays[f"{arch}/{name}/{weights}/{quantity}"] = values.astype(np.float16)
            drawn = bench().per_picture("weights", arch, method)
            arrays |= {f"{arch}/{name}/similarity/{stage}": v.astype(np.float16) for stage, v in drawn.items()}
    areas = {q.replace("mass", "area"): found[q.replace("mass", "area")] for q in QUANTITIES if q.startswith("mass")}
    save_arrays(LAB, "numbers.npz", **arrays, **{name: area.astype(np.float16) for name, area in areas.items()})


def make_cue() -> None:
    """What the networks that learnt with and without the sign answer, and how much of their maps lies in the sign."""
    plan = bench()
    target = plan.TARGET
    tests = {
        "no sign": load_toons("test"),
        "sign on Hops": load_toons("test", confound=Confound(target)),
        "sign on the others": load_toons("test", confound=Confound(target, rate=0.0, others=1.0)),
    }
    arrays: dict[str, NDArray] = {"cls": np.array(tests["no sign"].class_names.index(target))}
    for arch in ARCHITECTURES:
        planted = plan.planted(arch)
        for name, model in (("sign decides", planted.relies), ("no sign", planted.clean)):
            for test, toons in tests.items():
                x = plan.preprocess(toons.images, arch)
                arrays[f"answers/{arch}/{name}/{test}"] = model.predict(x, verbose=0).argmax(axis=1).astype(np.uint8)
        for name in ("edge filter", "random map", *METHODS.values()):
            found = plan.per_picture("cue", arch, name)
            short = next((k for k, method in METHODS.items() if method == name), name)
            for who in ("relies", "clean"):
                arrays[f"mass/{arch}/{who}/{short}"] = found[f"cue mass {who}"].astype(np.float32)
        arrays[f"area/{arch}"] = found["cue area"].astype(np.float32)
        if arch != "densenet121":
            images = planted.images[:CUED]
            arrays[f"images/{arch}"], arrays[f"masks/{arch}"] = images, planted.masks[:CUED]
            for k, (who, model) in enumerate((("relies", planted.relies), ("clean", planted.clean))):
                for short, method in METHODS.items():
                    R = plan.maps(method, model, arch, images, planted.targets[k][:CUED])
                    arrays[f"maps/{arch}/{who}/{short}"] = coarse(R)
    save_arrays(LAB, "cue.npz", **arrays)


# Checkpoints


def untied(R: NDArray) -> NDArray:
    """The notebook's maps (B, H, W): no two pixels of the same value, the order of equals drawn by lot."""
    return R - 1e-9 * np.random.default_rng(0).random(R.shape)


def edges(pictures: NDArray) -> NDArray:
    """The notebook's edge filter, (B, H, W), its largest value 1."""
    grey = pictures.astype(np.float64).mean(axis=-1)
    size = np.hypot(ndimage.sobel(grey, axis=1), ndimage.sobel(grey, axis=2))
    return untied(size / size.max(axis=(1, 2), keepdims=True))


def noise(pictures: NDArray) -> NDArray:
    """The notebook's random map, (B, H, W)."""
    return np.random.default_rng(0).normal(size=pictures.shape[:3])


def make_checkpoints() -> None:
    """What the reference gives where the notebook draws a picture, in single precision."""
    made = masks_checkpoints() | little_checkpoints() | sign_checkpoints() | verdict_checkpoints()
    save_arrays(LAB, "checkpoints.npz", **{name: np.asarray(values, dtype=np.float32) for name, values in made.items()})


def stored_maps(arch: str) -> dict[str, NDArray]:
    """The maps of a network as the notebook loads them."""
    with np.load(TARGET_FOLDER / f"maps_{arch}.npz", allow_pickle=False) as file:
        return {name: untied(file[name].astype(np.float64)) for name in METHODS}


def shown_masks() -> dict[str, NDArray]:
    """Masks of the pictures with maps."""
    return {name: mask[:SHOWN] for name, mask in bench().regions().items()}


def masks_checkpoints() -> dict[str, Any]:
    """Exercises 1 to 3: five maps of VGG16 against the mask of the character."""
    images, character = load_toons("test").images[:SHOWN], shown_masks()["character"]
    five = [*stored_maps("vgg16").values(), edges(images), noise(images)]
    found = [reference.mass_in_mask(R[..., None], character) for R in five]
    signs = np.random.default_rng(3).choice([-1.0, 1.0], size=(4999, SHOWN))
    return {
        "in_character": [[*bootstrap_ci(mass), area.mean()] for mass, area in found],
        "rank": [bootstrap_ci(reference.rank_accuracy(R, character)) for R in five],
        "pointing": [bootstrap_ci(reference.pointing(R, character)) for R in five],
        "mass_lrp": found[2][0],
        "mass_edges": found[3][0],
        "paired": reference.paired_test(found[2][0], found[3][0], signs),
    }


def little_checkpoints() -> dict[str, Any]:
    """Exercises 4 to 7: the little networks."""
    with np.load(TARGET_FOLDER / "little.npz", allow_pickle=False) as z:
        nets = {
            name: [(z[f"{name}_W{k}"].astype(np.float32), z[f"{name}_b{k}"].astype(np.float32)) for k in (1, 2, 3, 4)]
            for name in ("clean", "tagged")
        }
    params = nets["clean"]
    album, labels = chosen("test")
    answers = little.logits(params, little.scaled(album)).argmax(axis=1)
    right = [np.flatnonzero((labels == k) & (answers == k))[:4] for k in range(len(CHARACTERS))]
    pictures = album[np.concatenate(right)]
    x, c = little.scaled(pictures), np.repeat(np.arange(len(CHARACTERS)), 4)

    def probability(images: NDArray) -> NDArray:
        logits = little.logits(params, images)
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        return e[np.arange(len(c)), c] / e.sum(axis=1)

    def maps_of(layers: list[reference.Layer]) -> list[NDArray]:
        single = [(W.astype(np.float32), b.astype(np.float32)) for W, b in layers]
        g = little.gradient(single, x, c)
        return [g.sum(axis=-1), (g * x).sum(axis=-1), np.abs(g).sum(axis=-1)]

    trained = maps_of(params)
    R = trained[1]
    orders = [R, -R, noise(pictures), np.roll(R, 4, axis=0), edges(pictures)]
    curves = [reference.flip_curve(probability, x, order, FLIPPED, x.mean(axis=(0, 1, 2))) for order in orders]
    stages = [trained, *[maps_of(layers) for layers in reference.cascade(params, 1)]]
    tag, others = the_tag(), np.flatnonzero(labels != TAGGED)
    tagged, _ = reference.plant_tag(album, labels, TAGGED, 1.0, tag, 0)
    elsewhere, _ = reference.plant_tag(album, labels != TAGGED, True, 1.0, tag, 0)
    asked = [
        [little.logits(net, little.scaled(shown)).argmax(axis=1) for shown in (album, tagged, elsewhere)]
        for net in nets.values()
    ]
    shown, masks = reference.plant_tag(album[others[:60]], np.zeros(60), 0, 1.0, tag, 0)
    inputs = little.scaled(shown)
    explained = [little.gradient(net, inputs, np.full(60, TAGGED)) * inputs for net in nets.values()]
    found = [*explained, edges(shown)[..., None], noise(shown)[..., None]]
    in_tag = [*[reference.mass_in_mask(R, masks)[0] for R in found], masks.mean(axis=(1, 2))]
    tests = ("no tag", "tag on Hops", "tag on the others")
    report = reference.hans_report(
        {str(m): dict(zip(tests, a, strict=True)) for m, a in enumerate(asked)},
        dict.fromkeys(tests, labels),
        TAGGED,
        {str(m): mass for m, mass in enumerate(in_tag[:4])},
        in_tag[4],
    )
    said = [report["answers"][m][t] for m in ("0", "1") for t in tests]
    return {
        "curves": curves,
        "aopc": [reference.aopc(curve) for curve in curves],
        "similar": [[reference.similarity(trained[k], stage[k]) for stage in stages] for k in range(3)],
        "tagged": reference.plant_tag(album[np.flatnonzero(labels == TAGGED)[:2]], np.zeros(2), 0, 1.0, tag, 0)[0],
        "asked": asked,
        "in_tag": in_tag,
        "report": [*[r["own"] for r in said], *[r["others"] for r in said], *report["maps"].values()],
    }


def sign_checkpoints() -> dict[str, Any]:
    """Integration 1: others with the sign that are called by its class, and mass in the sign, for each network."""
    labels, called, inside = load_toons("test").labels, [], []
    with np.load(TARGET_FOLDER / "cue.npz", allow_pickle=False) as cue:
        for arch in ARCHITECTURES:
            said = {who: {"t": cue[f"answers/{arch}/{who}/sign on the others"]} for who in ("sign decides", "no sign")}
            mass = {f"relies {m}": cue[f"mass/{arch}/relies/{m}"] for m in METHODS}
            mass |= {f"clean {m}": cue[f"mass/{arch}/clean/{m}"] for m in METHODS}
            mass |= {m: cue[f"mass/{arch}/relies/{m}"] for m in ("edge filter", "random map")}
            report = reference.hans_report(said, {"t": labels}, int(cue["cls"]), mass, cue[f"area/{arch}"])
            called.append([report["answers"][who]["t"]["others"] for who in said])
            inside.append(list(report["maps"].values()))
    return {"sign_answers": called, "sign_maps": inside}


def verdict_checkpoints() -> dict[str, Any]:
    """The verdict: what the notebook's quantities are for each network and method, and the outline's masks."""
    masks = shown_masks()
    made: dict[str, Any] = {"outline": masks["outline"]}
    for arch in ARCHITECTURES:
        for name, R in stored_maps(arch).items():
            found = [
                reference.mass_in_mask(R[..., None], masks[m])[0] for m in ("outline", "character", "eyes and mouth")
            ]
            made[f"verdict/{arch}/{name}"] = [*found, reference.pointing(R, masks["background"])]
    return made


MAKERS: dict[str, Callable[[], None]] = {
    "quiz": partial(seal_quiz, LAB),
    "little": make_little,
    "maps": make_maps,
    "numbers": make_numbers,
    "cue": make_cue,
    "checkpoints": make_checkpoints,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or MAKERS:
        MAKERS[name]()
