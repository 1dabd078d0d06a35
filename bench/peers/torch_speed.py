"""zennit's half of `speed.py`: explains when told to, in the environment of `requirements.lock`.

    python torch_speed.py FOLDER THREADS

Reads lines from standard input and answers each with one line: `load CASE METHOD` builds the network of
FOLDER/CASE.npz, explains FOLDER/images.npy (B, H, W, 3) once, writes the map to FOLDER/map.npy and answers `ready`;
`call` explains the images again and answers the seconds it took.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch_networks
from torch import nn
from zennit import composites, rules
from zennit.attribution import Gradient
from zennit.canonizers import SequentialMergeBatchNorm
from zennit.core import Composite
from zennit.types import Convolution, Linear


def preset(alpha: float, beta: float) -> Composite:
    """iNNvestigate's presets with Flat: alpha-beta for convolutions, epsilon 0.1 for Dense layers."""
    return composites.SpecialFirstLayerMapComposite(
        [*composites.layer_map_base(), (Convolution, rules.AlphaBeta(alpha, beta)), (nn.Linear, rules.Epsilon(0.1))],
        [(Linear, rules.Flat())],
        canonizers=[SequentialMergeBatchNorm()],
    )


COMPOSITES = {
    "gradient": Composite,
    "lrp.epsilon_plus_flat": lambda: composites.EpsilonPlusFlat(canonizers=[SequentialMergeBatchNorm()]),
    "lrp.sequential_preset_a_flat": lambda: preset(1, 0),
    "lrp.sequential_preset_b_flat": lambda: preset(2, 1),
}


def main() -> None:
    folder = Path(sys.argv[1])
    torch.set_num_threads(int(sys.argv[2]))
    x = torch.tensor(np.load(folder / "images.npy")).permute(0, 3, 1, 2).contiguous()
    attributor: Gradient | None = None

    def start(scores: torch.Tensor) -> torch.Tensor:
        largest = nn.functional.one_hot(scores.argmax(1), scores.shape[1])
        return largest.to(scores) if method == "gradient" else scores * largest

    for line in sys.stdin:
        match line.split():
            case ["load", case, method]:
                if attributor:
                    attributor.__exit__(None, None, None)
                with np.load(folder / f"{case}.npz") as given:
                    model = torch_networks.build(case.split("-")[0], dict(given), exact_merge=False).float()
                # as zennit's users keep it between calls: hooks and merged BatchNorms stay in place
                attributor = Gradient(model, COMPOSITES[method]()).__enter__()
                map_ = attributor(x, start)[1]
                np.save(folder / "map.npy", map_.permute(0, 2, 3, 1))
                print("ready", flush=True)
            case ["call"] if attributor:
                began = time.perf_counter()
                attributor(x, start)
                print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main()
