"""How much of the score each LRP method hands to the pixels, on the six networks. Writes docs/conservation.md.

    python bench/conservation.py [--pictures 32]

The small networks carry a linear head trained on the drawn characters (recipe `frozen`). The full ones have random
weights, with the BatchNorm statistics of drawn pictures: what they say is about the architecture, not about a trained
network. Everything is computed in float64.
"""

import os
from pathlib import Path
from typing import Annotated, Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import typer

from autograder.reference import METHODS, explain
from toonlens.data import load_toons
from toonlens.models import ARCHITECTURES, build, pixel_bounds, preprocess
from toonlens.paths import atomic_write
from toonlens.transfer import fit

PAGE = Path(__file__).resolve().parents[1] / "docs" / "conservation.md"
LRP = [method for method in METHODS if method.startswith("lrp.")]
BATCHNORM = ("threshold", "epsilon", "pass")

TEXT = """# How much relevance arrives

Written by `python bench/conservation.py`; edit that.

The sum of the map over the score that it starts from, in per cent: the median over {n} drawn test pictures and, in
brackets, its 5th and 95th percentile. 100 means that all of it arrives at the pixels. What is missing, or added, was
handed to biases (epsilon, gamma, z and the "bach" and "full" conventions give them a share, z+, Flat, W² and the box
do not), absorbed by epsilon, or lost where a rule finds nobody to hand it to. A BatchNorm folded into a convolution
brings a bias of its own, so the deep networks keep less. A number far beyond 100 is a method that blows up there.

Small networks: pretrained, with a linear head trained on the drawn characters. Full networks: random weights (seed 0),
biases and BatchNorm offsets drawn from N(0, 0.1²), BatchNorm statistics those of drawn pictures. The full VGG16 takes
pixels of up to 150, beside which such biases vanish: its 100 says that rules alone lose nothing.

{table}

## The BatchNorms of DenseNet121 that do not fold

The same for DenseNet121, with each of the three ways to treat them. The default of every method is in bold: see
`autograder.reference.methods.method_from_name`.

{batchnorm}
"""


def small(arch: str) -> keras.Model:
    """The small network with its head trained on all drawn training pictures."""
    train = load_toons("train")
    return fit(arch, "frozen", (train.images, train.labels), quiet=True).model


def full(arch: str, images: np.ndarray) -> keras.Model:
    """The full network with random weights that behave: BatchNorm statistics as `images` (B, H, W, 3) make them."""
    keras.utils.set_random_seed(0)
    model = build(arch, None, width=1, input_shape=images.shape[1:], classes=18)
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.beta.assign(rng.normal(0, 0.1, layer.beta.shape))
            layer.momentum = 0.0  # one step in training mode then takes the statistics of the batch
        elif getattr(layer, "use_bias", False):
            layer.bias.assign(rng.normal(0, 0.1, layer.bias.shape))
    model(preprocess(images, arch), training=True)
    return model


def parameters(method: str, arch: str) -> dict[str, Any]:
    """What a method cannot do without."""
    low, high = pixel_bounds(arch)
    if method in ("lrp.zbox", "lrp.epsilon_gamma_box"):
        return {"low": tuple(map(float, low)), "high": tuple(map(float, high))}
    return {"alpha": 1.5, "beta": 0.5} if method == "lrp.alpha_beta" else {}


def kept(model: keras.Model, x: np.ndarray, method: str, **params: Any) -> str:
    """Sum of the map over the score of the predicted class."""
    *_, last = model.layers
    scores = keras.Model(model.input, last.input)(x).numpy() @ np.asarray(last.kernel) + np.asarray(last.bias)
    r = np.concatenate([explain(model, x[i : i + 8], method, dtype="float64", **params) for i in range(0, len(x), 8)])
    low, median, high = np.percentile(100 * r.sum(axis=(1, 2, 3)) / scores.max(axis=-1), (5, 50, 95))
    return f"{show(median)} ({show(low)} to {show(high)})"


def show(value: float) -> str:
    """A percentage, short however large it is."""
    return f"{value:.0f}" if abs(value) < 1e4 else f"{value:.0e}".replace("e+0", "e").replace("e+", "e")


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def default(method: str) -> str:
    """What `method_from_name` takes for the BatchNorms that do not fold."""
    from autograder.reference.methods import method_from_name

    return "threshold" if method_from_name(method, parameters(method, "vgg16")).gates else "pass"


def main(pictures: Annotated[int, typer.Option(min=1, help="test pictures per network")] = 32) -> None:
    """Measure and write the page."""
    images = load_toons("test").images
    shown = images[np.linspace(0, len(images) - 1, pictures).astype(int)]
    cells: dict[tuple[str, str, str], str] = {}
    for size in ("small", "full"):
        for arch in ARCHITECTURES:
            model = small(arch) if size == "small" else full(arch, images[::14])
            x = preprocess(shown, arch)
            for method in LRP:
                given = parameters(method, arch)
                for way in BATCHNORM if arch == "densenet121" else (default(method),):
                    cell = cells[size, arch, f"{method} {way}"] = kept(model, x, method, batchnorm=way, **given)
                    print(f"{size:6} {arch:12} {method:32} {way:10} {cell}", flush=True)
    networks = [(size, arch) for size in ("small", "full") for arch in ARCHITECTURES]
    everywhere = [
        [f"`{method}`", *(cells[size, arch, f"{method} {default(method)}"] for size, arch in networks)]
        for method in LRP
    ]
    ways = [(size, way) for size in ("small", "full") for way in BATCHNORM]
    for_densenet = []
    for method in LRP:
        row = [cells[size, "densenet121", f"{method} {way}"] for size, way in ways]
        marked = [f"**{cell}**" if way == default(method) else cell for cell, (_, way) in zip(row, ways, strict=True)]
        for_densenet.append([f"`{method}`", *marked])
    page = TEXT.format(
        n=pictures,
        table=table(["method", *(f"{arch}, {size}" for size, arch in networks)], everywhere),
        batchnorm=table(["method", *(f"{way}, {size}" for size, way in ways)], for_densenet),
    )
    with atomic_write(PAGE) as temporary:
        temporary.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
