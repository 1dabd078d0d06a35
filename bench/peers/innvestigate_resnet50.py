"""Record the maps of iNNvestigate on the full-width ResNet50 that the tests compare the reference with.

    python bench/peers/innvestigate_resnet50.py [--method NAME ...] [--limit SECONDS]

The network and the pictures are those of `cases.py`. iNNvestigate gets the network with its 53 BatchNorms folded into
the convolutions: its own rule for them is wrong. A name that ends in `@padded` stands for the network without its first
ZeroPadding2D, on images that are padded instead: behind that layer iNNvestigate does not find the first convolution.

Both sides compute in float64. Recorded are a sample of each map, float32, and of the whole map its largest value and
its sums; a method that is run again replaces its record.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cases
import keras
import numpy as np

from autograder.reference.folded import folded
from toonlens.errors import UserError
from toonlens.innvestigate_worker import analyze
from toonlens.models import pixel_bounds, preprocess
from toonlens.paths import atomic_write

RECORDED = Path(__file__).parents[2] / "tests/reference/innvestigate"
ARCH = "resnet50"
PADDED = "@padded"
METHODS = (
    "gradient",
    "input_t_gradient",
    "integrated_gradients",
    "deconvnet",
    "guided_backprop",
    "lrp.z",
    "lrp.epsilon",
    "lrp.alpha_1_beta_0",
    "lrp.alpha_1_beta_0_IB",
    "lrp.alpha_2_beta_1",
    "lrp.alpha_2_beta_1_IB",
    "lrp.z_plus",
    f"lrp.w_square{PADDED}",
    f"lrp.flat{PADDED}",
    "lrp.sequential_preset_a",
    "lrp.sequential_preset_b",
    "lrp.sequential_preset_a_flat",
    f"lrp.sequential_preset_a_flat{PADDED}",
    f"lrp.sequential_preset_b_flat{PADDED}",
    f"lrp.epsilon{PADDED}",  # with iNNvestigate's box rule at the first layer
)


def parameters(name: str) -> dict[str, Any]:
    """What iNNvestigate is given beside the method's name."""
    if name == "integrated_gradients":
        return {"steps": 8}
    if name == f"lrp.epsilon{PADDED}":
        return {"input_layer_rule": [bound.tolist() for bound in pixel_bounds(ARCH)]}
    return {}


def network_and_images(name: str) -> tuple[keras.Model, np.ndarray]:
    """The folded network, and two images (2, 64, 64, 3), or without its first padding and (2, 70, 70, 3)."""
    model = folded(cases.network(f"{ARCH}-1"), "float64")
    images = preprocess(cases.pictures(), ARCH).astype("float64")
    if not name.endswith(PADDED):
        return model, images
    padding = model.layers[1]
    return keras.Model(padding.output, model.output), padding(images).numpy()


def record(name: str, limit: float) -> None:
    """Run one method and add it to the record."""
    model, images = network_and_images(name)
    start = time.perf_counter()
    maps = analyze(
        model, images, name.removesuffix(PADDED), dtype="float64", timeout=limit, quick_setup=True, **parameters(name)
    )
    seconds = time.perf_counter() - start
    archive, about = RECORDED / f"{ARCH}.npz", RECORDED / f"{ARCH}.json"
    samples = dict(np.load(archive, allow_pickle=False)) if archive.exists() else {}
    facts = json.loads(about.read_text()) if about.exists() else {"maps": {}}
    samples[name] = cases.sample(maps).astype(np.float32)
    facts["weights"] = cases.digest(cases.arrays(cases.network(f"{ARCH}-1")))
    facts["maps"][name] = {
        "largest": float(np.abs(maps).max()),
        "sums": cases.sums(maps),
        "seconds": round(seconds, 1),
    }
    RECORDED.mkdir(parents=True, exist_ok=True)
    with atomic_write(archive) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **samples)
    with atomic_write(about) as temporary:
        temporary.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n")
    print(f"{name:36} {seconds:7.1f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", nargs="+", choices=METHODS, default=METHODS, metavar="NAME")
    parser.add_argument("--limit", type=float, default=900, help="seconds per method (default %(default)s)")
    options = parser.parse_args()
    for name in options.method:
        try:
            record(name, options.limit)
        except UserError as error:
            print(f"{name:36} {error}", flush=True)


if __name__ == "__main__":
    main()
