"""Make the files beside the notebook of lab 4 again: ``python -m autograder.artefacts.lab04 [WHICH ...]``.

quiz.json           the sealed answers of lab04.toml
vgg16_bottom.npz    kernels and biases of blocks 1 to 3 of the small VGG16, and the test images that the lab projects
projections.npz     one channel of block 3 projected back in the three modes, by the reference
checkpoints.npz     what the reference gives for each exercise, so that a failed exercise never blocks the next

WHICH is quiz, network, projections or checkpoints, and all four if left out. Everything is seeded.
"""

import sys
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from autograder.artefacts.files import save_arrays, seal_quiz
from autograder.checks.lab04 import reference
from autograder.course import SOLUTIONS
from toonlens.paths import datasets_dir

LAB = "lab04"
TARGET = SOLUTIONS / LAB
DEPTHS = {1: 2, 2: 2, 3: 3}  # convolutions of each block
NAMES = [f"block{block}_conv{conv}" for block, depth in DEPTHS.items() for conv in range(1, depth + 1)]
POOLED = [f"block{block}_conv{depth}" for block, depth in DEPTHS.items()]
CHARACTERS = ("Dash Moreau", "Rosa Rind", "Sprout", "Otto Bolt", "Hops", "Zib")
SHOWN = 4  # images of the figure at the top of the lab
MEAN = (103.939, 116.779, 123.68)  # of ImageNet's blue, green and red, as keras.applications subtracts it for VGG16
CHANNEL = 8  # of block 3, which the lab projects
BLOCK1 = 8  # channel of block 1, which the toy network projects
FOUR = (2, 3, 6, 8)  # channels of block 1 that stand for all in the pictures of pooling


def make_network() -> None:
    """Copy the weights as they are (half precision) and choose one test image of each character."""
    from toonlens.data import load_toons

    toons = load_toons("test", size=64)
    chosen = [int(np.flatnonzero(toons.labels == toons.class_names.index(name))[1]) for name in CHARACTERS]
    with np.load(datasets_dir() / "weights" / "vgg16.npz", allow_pickle=False) as weights:
        layers = {f"{name}/{part}": weights[f"{name}/{part}"] for name in NAMES for part in ("kernel", "bias")}
    save_arrays(
        LAB,
        "vgg16_bottom.npz",
        images=toons.images[chosen],
        names=np.array(CHARACTERS),
        layers=np.array(NAMES),
        pool=np.array([2 if name in POOLED else 1 for name in NAMES]),
        **layers,
    )


def network() -> tuple[list[reference.Layer], NDArray]:
    """The layers, in double precision, and the images as the network takes them: (N, 64, 64, 3), BGR."""
    with np.load(TARGET / "vgg16_bottom.npz") as stored:
        params = [
            (stored[f"{name}/kernel"].astype(np.float64), stored[f"{name}/bias"].astype(np.float64), int(k))
            for name, k in zip(stored["layers"], stored["pool"], strict=True)
        ]
        return params, stored["images"][..., ::-1] - np.array(MEAN)


def make_projections() -> None:
    """Channel `CHANNEL` of block 3 in the three modes, for the first images, each scaled to a largest value of 1."""
    params, x = network()
    made = {}
    for mode in reference.MODES:
        R = reference.toy_deconvnet(params, x[:SHOWN], CHANNEL, mode)
        made[mode] = (R / np.abs(R).max(axis=(1, 2, 3), keepdims=True)).astype(np.float16)
    save_arrays(LAB, "projections.npz", channel=np.array(CHANNEL), **made)


def make_checkpoints() -> None:
    """What the reference gives where the notebook draws a picture."""
    params, x = network()
    (W1, b1, _), *_ = params
    _, memory = reference.forward(params[:2], x[:1])
    r = memory[1][1][..., FOUR].astype(np.float16).astype(np.float64)
    p, s = reference.pool_switches(r, 2)
    first = reference.conv2d(x[:1], W1, b1, "same", 1)
    plain = reference.conv2d(x[:1], W1, 0 * b1, "same", 1)
    toy = np.concatenate([reference.toy_deconvnet(params[:2], x[:1], BLOCK1, mode) for mode in reference.MODES])
    wrong = {
        "upper_left": reference.unpool(p, 0 * s, 2),
        "nearest": p.repeat(2, axis=1).repeat(2, axis=2),
        "channel_0": reference.unpool(p, np.repeat(s[..., :1], 4, axis=-1), 2),
    }
    R = plain + plain.std() * np.random.default_rng(4).normal(size=plain.shape)
    half = {
        "r": r,
        "pooled": np.concatenate([p, s]),
        "unpooled": reference.unpool(p, s, 2),
        **{name: values[..., -1] for name, values in wrong.items()},
        "first": first[..., FOUR],
        "there_and_back": reference.conv2d_T(plain, W1, x[:1].shape, "same", 1),
        "toy": toy,
    }
    exact = {
        "table": np.concatenate(reference.pool_switches(TABLE[None, ..., None], 2)),
        "relu": np.stack([reference.relu_back(SIGNAL, ACTIVATION, mode) for mode in reference.MODES]),
        "pads": np.array([reference.pads(*case) for case in CASES]),
        "edge": reference.conv2d(STEP, EDGE, np.zeros(1), "valid", 1)[0, :, :, 0],
        "gaps": np.array([gap(x[:1], W1, R, flipped) for flipped in (False, True)]),
        "channels": np.array(FOUR),
        "block1": np.array(BLOCK1),
    }
    save_arrays(LAB, "checkpoints.npz", **{name: v.astype(np.float16) for name, v in half.items()}, **exact)


# What the notebook computes its small pictures from.
TABLE = np.array([[3, 1, 0, 9, 2, 2], [2, 0, 1, 4, 5, 1], [1, 2, 6, 1, 0, 3], [7, 4, 2, 5, 8, 1]], dtype=np.float64)
SIGNAL = np.array([2.0, -1.0, 1.5, -2.0, 0.5, -0.5, 1.0, -1.5])
ACTIVATION = np.array([1.0, 2.0, 0.0, 0.0, 3.0, 0.5, 0.0, 0.0])
CASES = [(5, 3, 1, "valid"), (5, 3, 1, "same"), (5, 2, 1, "same"), (6, 3, 2, "same")]
STEP = np.repeat(np.array([0.0, 0, 0, 1, 1, 1])[None, None, :, None], 4, axis=1)
EDGE = np.array([-1.0, 0.0, 1.0])[None, :, None, None]


def gap(x: NDArray, W: NDArray, R: NDArray, flipped: bool) -> float:
    """|<conv2d(x), R> - <x, conv2d_T(R)>| as a part of the norms' product; optionally with a kernel turned round."""
    up = reference.conv2d(x, W, np.zeros(W.shape[3]), "same", 1)
    down = reference.conv2d_T(R, W[::-1, ::-1] if flipped else W, x.shape, "same", 1)
    return float(abs((up * R).sum() - (x * down).sum()) / np.sqrt((up**2).sum() * (R**2).sum()))


MAKERS: dict[str, Callable[[], None]] = {
    "quiz": partial(seal_quiz, LAB),
    "network": make_network,
    "projections": make_projections,
    "checkpoints": make_checkpoints,
}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or MAKERS:
        MAKERS[chosen]()
