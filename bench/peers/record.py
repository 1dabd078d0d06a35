"""Record the maps of zennit and Captum that the tests compare the reference with.

    python bench/peers/record.py --torch PYTHON

PYTHON: the interpreter of an environment with the packages of bench/peers/requirements.lock, for example

    python3.11 -m venv peers && peers/bin/pip install --no-deps --require-hashes -r bench/peers/requirements.lock

The networks are built here, in Keras, and handed over as arrays; `torch_maps.py` builds them again in PyTorch, stops
if the scores differ, and explains the predicted classes. Written to tests/reference/peers: the pictures, of each map
a random sample of values (all of them would be megabytes), and of the whole map its largest value and its sums.
"""

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cases
import keras
import numpy as np

from toonlens.models import pixel_bounds, preprocess
from toonlens.paths import atomic_write

# of the full networks, one map of each kind
FULL = ("zennit/epsilon_plus_flat", "zennit/epsilon_alpha2_beta1_flat", "zennit/epsilon_gamma_box", "captum/gradient")


def hand_over(case: str, drawn: np.ndarray, folder: Path) -> str:
    """Write the network, the images and the scores for `torch_maps.py`. Returns the digest of the weights."""
    arch, _ = case.split("-")
    model = cases.network(case)
    weights = cases.arrays(model)
    x = preprocess(drawn, arch)
    model.layers[-1].activation = keras.activations.linear
    low, high = pixel_bounds(arch)
    given: dict[str, Any] = weights | {"images": x, "scores": model(x), "low": low, "high": high}
    np.savez(folder / f"{case}.npz", **given)
    return cases.digest(weights)


def keep(case: str, folder: Path, weights: str) -> dict[str, object]:
    """Write the sampled values of a case, float32, and return what is said about them."""
    about = json.loads((folder / f"{case}.json").read_text())
    with np.load(folder / f"{case}.npz") as archive:
        maps = {name: archive[name] for name in archive.files if case.endswith("0.25") or name in FULL}
    with atomic_write(cases.RECORDED / f"{case}.npz") as temporary:
        sampled: dict[str, Any] = {name: cases.sample(map_).astype(np.float32) for name, map_ in maps.items()}
        np.savez_compressed(temporary, **sampled)
    whole = {name: {"largest": float(np.abs(map_).max()), "sums": cases.sums(map_)} for name, map_ in maps.items()}
    return {"weights": weights, **about, "maps": whole}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch", required=True, type=Path, help="Python with the packages of requirements.lock")
    options = parser.parse_args()

    drawn = cases.pictures()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        digests = {case: hand_over(case, drawn, folder) for case in cases.CASES}
        subprocess.run([options.torch, Path(__file__).with_name("torch_maps.py"), folder], check=True)
        cases.RECORDED.mkdir(exist_ok=True)
        record = {
            "versions": json.loads((folder / "maps/versions.json").read_text()) | {"keras": keras.__version__},
            "seed": cases.SEED,
            "pictures": cases.PICTURES,
            "conventions": "docs/peers.md",
            "cases": {case: keep(case, folder / "maps", digest) for case, digest in digests.items()},
        }
    with atomic_write(cases.RECORDED / "pictures.npz") as file:
        np.savez_compressed(file, pictures=drawn)
    with atomic_write(cases.RECORDED / "record.json") as file:
        file.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
