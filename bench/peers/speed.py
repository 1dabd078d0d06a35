"""How long an explanation takes in zennit (PyTorch) and here, on the same cores, side by side in one run.

    python bench/peers/speed.py --torch PYTHON [--batch 32] [--calls 7] [--case CASE ...]

PYTHON as for `record.py`. Full VGG16 and ResNet50, 64x64, float32, the same weights and images on both sides. Calls of
both alternate, so that other load hits both alike; each side has all cores while the other waits. Setting up (reading
and compiling here, building and hooking there) is not counted. The last column says that both computed the same.
"""

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cases
import numpy as np
import tensorflow as tf
from record import hand_over

from autograder.reference import explain

METHODS: dict[str, dict[str, Any]] = {
    "gradient": {},
    "lrp.epsilon_plus_flat": {},
    "lrp.sequential_preset_a_flat": {"bias": "bach"},
    "lrp.sequential_preset_b_flat": {"bias": "bach"},
}


class Zennit:
    """`torch_speed.py`, waiting for orders."""

    def __init__(self, python: Path, folder: Path) -> None:
        command = [*map(str, (python, Path(__file__).with_name("torch_speed.py"), folder, os.cpu_count()))]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, order: str) -> str:
        """Its answer to one line."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit("zennit's side ended: see its message above")
        return answer.strip()

    def close(self) -> None:
        """Let it end."""
        self.process.communicate()


def compare(zennit: Zennit, folder: Path, case: str, method: str, x: np.ndarray, calls: int) -> str:
    """One row of the table."""
    model, params = cases.network(case), METHODS[method]

    def ours() -> float:
        began = time.perf_counter()
        explain(model, x, method, **params)
        return time.perf_counter() - began

    map_ = explain(model, x, method, **params)
    zennit.ask(f"load {case} {method}")
    theirs = np.load(folder / "map.npy")
    ours(), zennit.ask("call")
    pairs = np.array([(ours(), float(zennit.ask("call"))) for _ in range(calls)])
    seconds, zennit_seconds = np.median(pairs, axis=0)
    ratios = pairs[:, 1] / pairs[:, 0]
    difference = np.abs(map_ - theirs).max() / np.abs(theirs).max()
    return (
        f"{case.replace('-', ', width '):20} {method:30} {seconds:8.3f} {zennit_seconds:9.3f} "
        f"{np.median(ratios):6.2f}x ({ratios.min():.2f} to {ratios.max():.2f}) {difference:9.0e}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch", required=True, type=Path, help="Python with the packages of requirements.lock")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--calls", type=int, default=7)
    parser.add_argument("--case", nargs="+", choices=cases.CASES, default=["vgg16-1", "resnet50-1"])
    options = parser.parse_args()

    x = np.random.default_rng(0).normal(size=(options.batch, cases.SIZE, cases.SIZE, 3)).astype(np.float32)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for case in options.case:
            hand_over(case, cases.pictures(), folder)
        np.save(folder / "images.npy", x)
        zennit = Zennit(options.torch, folder)
        print(f"batch {options.batch}, {os.cpu_count()} cores, TensorFlow {tf.__version__}; seconds are medians")
        print(f"{'network':20} {'method':30} {'here':>8} {'zennit':>9} {'zennit / here':>21} {'difference':>11}")
        for case in options.case:
            for method in METHODS:
                print(compare(zennit, folder, case, method, x, options.calls), flush=True)
        zennit.close()


if __name__ == "__main__":
    main()
