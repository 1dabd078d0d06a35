"""Do the maps of the reference implementation tell the truth? Every method on the three small networks.

    python bench/evaluate.py measure [--kind KIND ...] [--network ARCH ...] [--method NAME ...] [--again]
    python bench/evaluate.py batchnorm
    python bench/evaluate.py compare
    python bench/evaluate.py render

`measure` explains the drawn test pictures, keeps the numbers of every picture in the cache, and puts their means with
intervals into docs/evaluation.json after each kind, network and method; what is there already is not measured again
(`--again` does, after a change to networks or methods). Kinds: masks (where maps lie), flip (pixel flipping), weights
(random weights), cue (the planted cue).
`batchnorm` compares the three ways to treat the BatchNorms of DenseNet121 that cannot be folded.
`compare` adds the differences between networks, picture by picture, and what they say about the study's claims.
`render` writes docs/evaluation.md and docs/evaluation.png from that file alone.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_args

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import evaluation_page as page
import keras
import numpy as np
import typer
from scipy import ndimage

from autograder.reference import METHODS, explain
from autograder.reference import evaluate as ev
from autograder.reference.methods import BatchNorm
from toonlens.data import Confound, Toons, load_toons
from toonlens.errors import UserError
from toonlens.models import ARCHITECTURES, build, pixel_bounds, preprocess
from toonlens.paths import atomic_write, cache_dir
from toonlens.stats import bootstrap_ci
from toonlens.transfer import Pictures, Recipe, classifier, find_recipe, fit

Interval = tuple[float, float, float]  # value, low, high
Measure = Callable[[str, str], dict[str, np.ndarray]]  # of a network and a method

JSON = Path(__file__).resolve().parents[1] / "docs" / "evaluation.json"

# Relevance in masks: on the whole test split. Its classes take turns: the first SUBSET pictures hold as many of each.
SUBSET = 36
STEPS = (32, 64, 128, 256, 512, 1024)  # pixels flipped, of 4,096
BLUR = 8.0  # standard deviation in pixels
RANDOM_ORDERS = 3
STAGES = {"head": 0.0, "upper half": 0.5, "all": 1.0}  # of the layers
SEEDS = (0, 1)  # of random weights
BATCH = 89

CHARACTER = ("head", "hair", "eyes", "mouth", "clothes", "accessory", "body")
FEATURES = ("eyes", "mouth")
BAND = 2  # pixels on either side of the character's outline

CONTROLS = {
    "edge filter": lambda images: ev.edges(images),
    "input": lambda images: images.astype(np.float64).sum(axis=-1),
    "random map": lambda images: ev.noise(images),
}
STUDY = ("gradient", "deconvnet", "lrp.sequential_preset_a_flat")  # the study's maps, beside the input


def parameters(method: str, arch: str) -> dict[str, Any]:
    """What a method needs, or is given to keep its cost in bounds."""
    low, high = pixel_bounds(arch)
    box = {"low": tuple(map(float, low)), "high": tuple(map(float, high))}
    given: dict[str, dict[str, Any]] = {
        "lrp.zbox": box,
        "lrp.epsilon_gamma_box": box,
        "lrp.alpha_beta": {"alpha": 1.5, "beta": 0.5},
        "integrated_gradients": {"steps": 16},
        "smoothgrad": {"samples": 16},
    }
    return given.get(method, {})


# -- networks ----------------------------------------------------------------------------------------------------------

TARGET = "Hops"
# A cue that goes with its class alone is not picked up by a head on a frozen base (the page shows it). So the cue
# decides: pictures of others that carry it are labelled TARGET, too, and base and head learn them together.
MISLABELLED = 0.2  # share of the other characters' pictures with the cue
VISIBLE = 20  # pixels of a cue at least, for a picture to count as showing it
CUES = 2 * BATCH  # pictures at most on which the cue decides, the first of the test split
FEW = 100  # training pictures of each class
TOGETHER = Recipe(
    "a head on features, then base and head together with BatchNorm frozen",
    pretrained=True,
    head_epochs=30,
    epochs=6,
    learning_rate=5e-4,
    weight_decay=1e-2,
)


def pictures(split: str, confound: Confound | None = None) -> Pictures:
    """Images and labels of a split."""
    toons = load_toons(split, confound=confound)
    return toons.images, toons.labels


def cue_of(toons: Toons) -> np.ndarray:
    """The mask (B, H, W) of the cue."""
    return toons.masks == toons.part_names.index("cue")


def where_the_cue_decides() -> Pictures:
    """The first FEW training pictures of each class, those of any class that show the cue labelled TARGET."""
    toons = load_toons("train", confound=Confound(TARGET, others=MISLABELLED))
    n = FEW * len(toons.class_names)  # classes take turns
    shows = cue_of(toons).sum(axis=(1, 2)) >= VISIBLE
    return toons.images[:n], np.where(shows, toons.class_names.index(TARGET), toons.labels)[:n]


def trained(arch: str, recipe: Recipe | str, train: Pictures) -> keras.Model:
    """The classifier that `fit` makes, from the cache if it was made before."""
    recipe = find_recipe(recipe)
    key = hashlib.sha256(repr((arch, recipe, len(train[1]))).encode())
    for array in train:
        key.update(np.ascontiguousarray(array).data)
    for weight in (base := build(arch, "small")).get_weights():
        key.update(np.ascontiguousarray(weight).data)
    file = cache_dir() / "evaluation" / f"{arch}-{key.hexdigest()[:16]}.npz"
    if file.is_file():
        model = classifier(base, recipe.head, int(train[1].max()) + 1)
        with np.load(file, allow_pickle=False) as arrays:
            model.set_weights([arrays[f"{i}"] for i in range(len(arrays.files))])
        return model
    model = fit(arch, recipe, train, quiet=True).model
    with atomic_write(file) as temporary:
        np.savez(temporary, allow_pickle=False, **{f"{i}": weight for i, weight in enumerate(model.get_weights())})
    return model


@dataclass(frozen=True)
class Network:
    """A network and what it predicts for the preprocessed test pictures `x`: the classes `targets`."""

    arch: str
    model: keras.Model
    test: Toons
    x: np.ndarray
    targets: np.ndarray


@cache
def load(arch: str) -> Network:
    """The small network with a linear head on its frozen base: the recipe `frozen` on the whole training split."""
    test = load_toons("test")
    model = trained(arch, "frozen", pictures("train"))
    x = preprocess(test.images, arch)
    return Network(arch, model, test, x, model.predict(x, verbose=0).argmax(axis=1))


@cache
def randomised(arch: str) -> tuple[keras.Model, dict[tuple[int, str], list[np.ndarray]]]:
    """A copy of the network, and the weights to put into it for each seed and stage of the cascade."""
    chosen = {}
    for seed in SEEDS:
        weights = []
        for _, copy in ev.cascade(load(arch).model, seed):
            weights.append(copy.get_weights())
        for stage, share in STAGES.items():
            chosen[seed, stage] = weights[max(1, round(share * len(weights))) - 1]
    return copy, chosen


def maps(
    method: str, model: keras.Model, arch: str, images: np.ndarray, targets: np.ndarray, **more: Any
) -> np.ndarray:
    """Relevance (B, H, W), summed over the channels; controls look at the images alone."""
    if method in CONTROLS:
        return CONTROLS[method](images)
    chunks = [slice(start, start + BATCH) for start in range(0, len(images), BATCH)]
    params = parameters(method, arch) | more
    return np.concatenate(
        [ev.heat(explain(model, preprocess(images[c], arch), method, targets[c], **params)) for c in chunks]
    )


# -- what is measured per picture --------------------------------------------------------------------------------------


@cache
def regions() -> dict[str, np.ndarray]:
    """Masks (B, H, W) of the test split: every part, the whole character, and the band along its outline."""
    test = load_toons("test")
    part = {name: test.masks == value for value, name in enumerate(test.part_names)}
    found = {name: mask for name, mask in part.items() if name != "cue"}
    found["character"] = np.any([part[name] for name in CHARACTER], axis=0)
    found["eyes and mouth"] = np.any([part[name] for name in FEATURES], axis=0)
    found["outline"] = ev.outline(found["character"], BAND)
    return found


def in_masks(R: np.ndarray) -> dict[str, np.ndarray]:
    """Numbers (B,) of each picture: mass and area of every region, rank, pointing and coverage."""
    found = {}
    masks = regions()
    for name, mask in masks.items():
        found[f"mass {name}"], found[f"area {name}"] = ev.mass_in_mask(R, mask)
    found["rank"] = ev.rank_accuracy(R, masks["character"])
    found["pointing"] = ev.pointing(R, masks["character"])
    found["pointing background"] = ev.pointing(R, masks["background"])
    found["coverage"] = ev.coverage(R, masks["character"])
    return found


def fills(images: np.ndarray) -> dict[str, np.ndarray]:
    """What flipped pixels become, as uint8 images: the mean colour of the training pictures, or the blurred image."""
    mean = load_toons("train").images.mean(axis=(0, 1, 2)).round().astype(np.uint8)
    blurred = ndimage.gaussian_filter(images.astype(np.float32), (0, BLUR, BLUR, 0)).round().astype(np.uint8)
    return {"mean": np.broadcast_to(mean, images.shape), "blur": blurred}


def flipped(R: np.ndarray, net: Network, first: ev.First = "most", seed: int = 0) -> dict[str, np.ndarray]:
    """Flipping curves (B, 1 + steps) of the subset for every fill: the probability of the class first predicted."""
    x, rows, targets = net.x[:SUBSET], np.arange(SUBSET), net.targets[:SUBSET]

    def probability(images: np.ndarray) -> np.ndarray:
        return np.asarray(net.model.predict_on_batch(images))[rows, targets]

    return {
        name: ev.flip_curve(probability, x, R, STEPS, preprocess(fill, net.arch), first, seed)
        for name, fill in fills(net.test.images[:SUBSET]).items()
    }


@cache
def random_curves(arch: str) -> dict[str, np.ndarray]:
    """The flipping curves in random order, the mean of several orders."""
    net = load(arch)
    runs = [flipped(ev.noise(net.test.images[:SUBSET], seed), net) for seed in range(RANDOM_ORDERS)]
    return {name: np.mean([run[name] for run in runs], axis=0) for name in runs[0]}


def untrained(arch: str, method: str) -> dict[str, np.ndarray]:
    """The numbers in masks for the maps of the network with random weights: what the architecture does by itself."""
    net, (copy, weights) = load(arch), randomised(arch)
    copy.set_weights(weights[SEEDS[0], "all"])
    found = in_masks(maps(method, copy, arch, net.test.images, net.targets))
    return {f"untrained {name}": values for name, values in found.items()}


# -- kinds of measurement: network and method to numbers (B,) of each picture ------------------------------------------


def measure_masks(arch: str, method: str, **more: Any) -> dict[str, np.ndarray]:
    """Where the maps of the whole test split lie; for the study's methods also in the network with random weights."""
    net = load(arch)
    found = in_masks(maps(method, net.model, arch, net.test.images, net.targets, **more))
    return found | untrained(arch, method) if method in STUDY else found


def measure_flip(arch: str, method: str, **more: Any) -> dict[str, np.ndarray]:
    """AOPC on the subset for every fill: most relevant first, least relevant first, in random order, and most relevant
    first by the map of another picture, which is as smooth as the right one."""
    net = load(arch)
    R = maps(method, net.model, arch, net.test.images[:SUBSET], net.targets[:SUBSET], **more)
    orders = {
        "most": flipped(R, net),
        "least": flipped(R, net, "least"),
        "random": random_curves(arch),
        "other": flipped(np.roll(R, 1, axis=0), net),
    }
    return {f"{order} {fill}": ev.aopc(curve) for order, curves in orders.items() for fill, curve in curves.items()}


def measure_weights(arch: str, method: str) -> dict[str, np.ndarray]:
    """Similarity of the subset's maps to those of the network randomised stage by stage, the mean over seeds."""
    net, (copy, weights) = load(arch), randomised(arch)
    images, targets = net.test.images[:SUBSET], net.targets[:SUBSET]
    R = maps(method, net.model, arch, images, targets)
    found: dict[str, list[np.ndarray]] = {stage: [] for stage in STAGES}
    for (_, stage), values in weights.items():
        copy.set_weights(values)
        found[stage].append(ev.similarity(R, maps(method, copy, arch, images, targets)))
    return {stage: np.mean(values, axis=0) for stage, values in found.items()}


# -- the planted cue ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Planted:
    """A network that relies on the cue, one that never saw it, and pictures on which the cue decides: of other
    classes, with the cue, called TARGET by the first network only when the cue is there.

    `targets` holds what each network predicts for them. `networks` says how far each relies on the cue.
    """

    relies: keras.Model
    clean: keras.Model
    images: np.ndarray
    masks: np.ndarray
    targets: tuple[np.ndarray, np.ndarray]
    networks: dict[str, dict[str, Interval]]


@cache
def planted(arch: str) -> Planted:
    """Both networks and the pictures on which the cue decides. The one that never saw it is that of `load`."""
    models = {
        "frozen base, cue with its class": trained(arch, "frozen", pictures("train", Confound(TARGET))),
        "cue decides": trained(arch, TOGETHER, where_the_cue_decides()),
        "no cue": load(arch).model,
    }
    clean, cue = load_toons("test"), load_toons("test", confound=Confound(TARGET, rate=0.0, others=1.0))
    target = clean.class_names.index(TARGET)
    own, others = clean.labels == target, clean.labels != target
    tests = {"none": clean.images, "own": pictures("test", Confound(TARGET))[0], "others": cue.images}
    networks, said = {}, {}
    for name, model in models.items():
        said[name] = {t: model.predict(preprocess(x, arch), verbose=0).argmax(axis=1) for t, x in tests.items()}
        networks[name] = {
            "accuracy": bootstrap_ci(said[name]["none"] == clean.labels),
            "target, no cue": bootstrap_ci(said[name]["none"][own] == target),
            "target, cue": bootstrap_ci(said[name]["own"][own] == target),
            "others, no cue": bootstrap_ci(said[name]["none"][others] == target),
            "others, cue": bootstrap_ci(said[name]["others"][others] == target),
        }
    relies, never = said["cue decides"], said["no cue"]
    shows = cue_of(cue).sum(axis=(1, 2)) >= VISIBLE
    decides = np.flatnonzero(others & shows & (relies["none"] != target) & (relies["others"] == target))[:CUES]
    if len(decides) == 0:
        raise UserError(f"on no test picture does the cue decide for {arch}: train it for longer (TOGETHER)")
    return Planted(
        models["cue decides"],
        models["no cue"],
        cue.images[decides],
        cue_of(cue)[decides],
        (relies["others"][decides], never["others"][decides]),
        networks,
    )


def measure_cue(arch: str, method: str) -> dict[str, np.ndarray]:
    """Mass, rank and pointing (B,) in the mask of the cue, for both networks and the class that each predicts."""
    plant = planted(arch)
    found = {}
    for name, model, targets in (
        ("relies", plant.relies, plant.targets[0]),
        ("clean", plant.clean, plant.targets[1]),
    ):
        R = maps(method, model, arch, plant.images, targets)
        found[f"cue mass {name}"], found["cue area"] = ev.mass_in_mask(R, plant.masks)
        found[f"cue rank {name}"] = ev.rank_accuracy(R, plant.masks)
        found[f"cue pointing {name}"] = ev.pointing(R, plant.masks)
    return found


# -- keeping -----------------------------------------------------------------------------------------------------------


def per_picture(kind: str, arch: str, method: str) -> dict[str, np.ndarray]:
    """The numbers of every picture as `measure` left them in the cache."""
    file = _file(kind, arch, method)
    if not file.is_file():
        raise UserError(f"{method} on {arch} is not measured here: run bench/evaluate.py measure --network {arch}")
    with np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _file(kind: str, arch: str, method: str) -> Path:
    return cache_dir() / "evaluation" / f"{kind}-{arch}-{method.replace(' ', '_')}.npz"


def masks_summary(found: dict[str, np.ndarray]) -> dict[str, Any]:
    """Means with 95 % intervals over the pictures: [value, low, high]. Mass is relative to area."""
    made: dict[str, Any] = {"mass": relative_mass(found)}
    made |= {name: bootstrap_ci(found[name]) for name in ("rank", "pointing", "pointing background", "coverage")}
    bare = {name.removeprefix("untrained "): v for name, v in found.items() if name.startswith("untrained ")}
    if bare:
        made["untrained"] = masks_summary(bare)
    return made


def flip_summary(found: dict[str, np.ndarray]) -> dict[str, Any]:
    """AOPC for each fill and order, and by how much that of the most relevant first is greater than the others."""
    made: dict[str, Any] = {}
    for name, values in found.items():
        order, fill = name.split()
        about = made.setdefault(fill, {})
        about[order] = bootstrap_ci(values)
        if order != "most":
            about[f"most - {order}"] = bootstrap_ci(found[f"most {fill}"] - values)
    return made


def weights_summary(found: dict[str, np.ndarray]) -> dict[str, Interval]:
    return {stage: bootstrap_ci(values) for stage, values in found.items()}


def relative_mass(found: dict[str, np.ndarray]) -> dict[str, Interval]:
    """The mass of every region relative to its area: 1 for a map without aim."""
    regions = [name[5:] for name in found if name.startswith("mass ")]
    return {name: ev.ratio_ci(found[f"mass {name}"], found[f"area {name}"]) for name in regions}


def cue_summary(found: dict[str, np.ndarray]) -> dict[str, Interval]:
    """What the mask of the cue holds in the network that relies on it, in the clean one, and the difference."""
    made = {}
    for what in ("mass", "rank", "pointing"):
        values = {who: found[f"cue {what} {who}"] for who in ("relies", "clean")}
        values["difference"] = values["relies"] - values["clean"]
        for who, v in values.items():
            made[f"{what} {who}"] = ev.ratio_ci(v, found["cue area"]) if what == "mass" else bootstrap_ci(v)
    return made


def kept() -> dict[str, Any]:
    return json.loads(JSON.read_text(encoding="utf-8")) if JSON.is_file() else {}


def keep(changed: dict[str, Any]) -> None:
    """Put `changed` into the file, atomically: one line for each network and method, numbers to four digits."""
    lines = []
    for key, value in sorted(_rounded(kept() | changed).items()):
        inner = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v, sort_keys=True)}" for k, v in sorted(value.items()))
        lines.append(f"{json.dumps(key)}: {{\n{inner}\n}}")
    with atomic_write(JSON) as file:
        file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(v) for v in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


# -- between networks --------------------------------------------------------------------------------------------------

PAIRS = [(a, b) for i, a in enumerate(ARCHITECTURES) for b in ARCHITECTURES[i + 1 :]]
COMPARED = ("outline", "character", "eyes and mouth", "background")  # mass relative to area


def differences(method: str) -> dict[str, dict[str, Interval]]:
    """What networks differ by, the same pictures in both: {quantity: {"a - b": [difference, low, high]}}.

    For the study's methods also "untrained a - b", both with random weights, and "a - untrained".
    """
    found = {arch: per_picture("masks", arch, method) for arch in ARCHITECTURES}
    bare = [""] + ["untrained "] * (method in STUDY)
    pairs = {f"{b}{one} - {two}": (one, b, two, b) for b in bare for one, two in PAIRS}
    pairs |= {f"{arch} - untrained": (arch, "", arch, "untrained ") for arch in found if method in STUDY}
    made: dict[str, dict[str, Interval]] = {}
    for pair, (one, b1, two, b2) in pairs.items():
        for region in COMPARED:
            difference = found[one][f"{b1}mass {region}"] - found[two][f"{b2}mass {region}"]
            made.setdefault(region, {})[pair] = ev.ratio_ci(difference, found[one][f"area {region}"])
        for name in ("coverage", "pointing background"):
            made.setdefault(name, {})[pair] = bootstrap_ci(found[one][b1 + name] - found[two][b2 + name])
    return made


app = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_enable=False)
EVERY = (*CONTROLS, *METHODS)
Networks = Annotated[list[str] | None, typer.Option(help="vgg16, resnet50, densenet121; may be repeated")]
Kinds = Annotated[list[str] | None, typer.Option(help="masks, flip, weights, cue; may be repeated")]
Methods = Annotated[list[str] | None, typer.Option(help="a method or control; may be repeated")]
Again = Annotated[bool, typer.Option("--again", help="measure what is there already")]


KINDS: dict[str, tuple[Measure, Callable[[dict[str, np.ndarray]], dict]]] = {
    "masks": (measure_masks, masks_summary),
    "flip": (measure_flip, flip_summary),
    "weights": (measure_weights, weights_summary),
    "cue": (measure_cue, cue_summary),
}


@app.command()
def measure(kind: Kinds = None, network: Networks = None, method: Methods = None, again: Again = False) -> None:
    """Explain and measure; what is there already is kept."""
    keep({"setting": setting()})
    for what in _known(kind, tuple(KINDS)):
        run, sum_up = KINDS[what]
        for arch in _known(network, ARCHITECTURES):
            facts(what, arch)
            for name in _known(method, EVERY):
                file, section = _file(what, arch, name), f"{what} {arch}"
                if not again and file.is_file() and name in kept().get(section, {}):
                    continue
                start = time.perf_counter()
                if again or not file.is_file():
                    found = run(arch, name)
                    with atomic_write(file) as temporary:
                        np.savez(temporary, allow_pickle=False, **found)
                else:
                    found = per_picture(what, arch, name)
                keep({section: kept().get(section, {}) | {name: sum_up(found)}})
                print(f"{what:8} {arch:12} {name:30} {time.perf_counter() - start:6.1f} s", flush=True)


def facts(kind: str, arch: str) -> None:
    """Keep what is known about a network, and how far it relies on the cue."""
    if kind == "cue":
        about = {"networks": planted(arch).networks, "images": len(planted(arch).images)}
        keep({"planted": kept().get("planted", {}) | {arch: about}})
    else:
        right = load(arch).targets == load(arch).test.labels
        keep({"accuracy": kept().get("accuracy", {}) | {arch: bootstrap_ci(right)}})


def _known(chosen: list[str] | None, there: Sequence[str]) -> Sequence[str]:
    for name in chosen or ():
        if name not in there:
            raise UserError(f"there is no {name!r}; there are: {', '.join(there)}")
    return chosen or there


@app.command()
def batchnorm() -> None:
    """The three ways to treat the BatchNorms of DenseNet121 that cannot be folded."""
    found = {}
    for method in ("lrp.z", "lrp.gamma", "lrp.alpha_1_beta_0", "lrp.sequential_preset_a_flat", "lrp.epsilon_plus_flat"):
        for way in get_args(BatchNorm):
            masks = masks_summary(measure_masks("densenet121", method, batchnorm=way))
            flip = flip_summary(measure_flip("densenet121", method, batchnorm=way))
            found[f"{method} {way}"] = {
                "mass": masks["mass"]["character"],
                "rank": masks["rank"],
                "flip": flip["mean"]["most - least"],
            }
            print(f"{method:30} {way:10} {found[f'{method} {way}']}", flush=True)
    keep({"batchnorm": found})


@app.command()
def compare() -> None:
    """Differences between networks, for every method that is measured on all three."""
    done = [m for m in METHODS if all(_file("masks", arch, m).is_file() for arch in ARCHITECTURES)]
    keep({"differences": {method: differences(method) for method in done}})
    print(f"{len(done)} of {len(METHODS)} methods compared")


@app.command()
def render() -> None:
    """The page and its figure."""
    page.write(kept(), JSON.parent)


def setting() -> dict[str, Any]:
    """What the page says about how it was measured."""
    return {
        "images": len(load_toons("test")),
        "subset": SUBSET,
        "steps": list(STEPS),
        "blur": BLUR,
        "random_orders": RANDOM_ORDERS,
        "weight_seeds": len(SEEDS),
        "band": BAND,
        "few": FEW,
        "epochs": TOGETHER.epochs,
        "mislabelled": MISLABELLED,
        "target": TARGET,
        "visible": VISIBLE,
        "methods": list(METHODS),
        "controls": list(CONTROLS),
        "study": list(STUDY),
        "area": {name: float(mask.mean()) for name, mask in regions().items()},
        "parameters": {
            m: {k: v for k, v in parameters(m, "vgg16").items() if k not in ("low", "high")} for m in METHODS
        },
    }


if __name__ == "__main__":
    try:
        app()
    except UserError as error:
        print(f"evaluate: {error}", file=sys.stderr)
        sys.exit(2)
