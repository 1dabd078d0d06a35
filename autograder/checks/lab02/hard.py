"""Hard pictures, released and fresh, that tell who has learnt from the released test pictures.

Both were chosen by the same measure: the margins of three linear heads that learnt from the training pictures only
(``autograder.artefacts.lab02 hard``). So whoever has not seen the test pictures is about as often right on the one kind
as on the other. A classifier that has learnt from them makes no mistake on the released ones, hard as they are, and
goes on making mistakes on the fresh ones, which are in no file of the release.
"""

import functools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autograder.checks.fresh import draw_fresh
from toonlens.data.toons import SPREAD, cast, draw_one, label_of
from toonlens.draw import source
from toonlens.draw.scene import draw_scene

FILE = Path(__file__).with_name("hard.npz")
SIZE = 64
# With no mistake on the released ones and at most this share right of the fresh ones, a classifier has seen the former:
# for one that is right with probability 0.85 on both, no mistake on 35 has a probability of 0.003; at 0.75 of 0.00004.
SUSPICIOUS = 0.85


def random_scenes(rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    """Descriptions (count, 7) of scenes: label, bystander, stranger's number, and four parts of a seed."""
    labels = rng.permutation(np.arange(count) % len(cast()))
    others = (labels + rng.integers(1, len(cast()), count)) % len(cast())
    strangers = source.PEOPLE + 1 + rng.integers(400, size=count)
    return np.column_stack([labels, others, strangers, rng.integers(2**32, size=(count, 4))])


def draw_scenes(scenes: NDArray) -> NDArray[np.uint8]:
    """The pictures (N, 64, 64, 3) of scenes (N, 7)."""
    made = [
        draw_scene(cast()[label], [cast()[other], source.person(stranger)], seed, SIZE, spread=SPREAD)[0]
        for label, other, stranger, *seed in scenes.tolist()
    ]
    return np.stack(made)


@functools.lru_cache(maxsize=32)
def fresh_pictures(seed: int, per_class: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """`draw_fresh` by a seed; kept, because the tests of the checks ask for the same pictures again and again."""
    return draw_fresh(np.random.default_rng(seed), per_class)


@functools.cache
def hard_pictures() -> tuple[NDArray[np.uint8], NDArray[np.int64], int]:
    """Images, labels, and how many of them, the first ones, are released test pictures."""
    with np.load(FILE) as stored:
        released, scenes = stored["released"], stored["scenes"]
    images = np.concatenate([[draw_one(int(k), SIZE, "test")[0] for k in released], draw_scenes(scenes)])
    return images, np.concatenate([[label_of(int(k)) for k in released], scenes[:, 0]]), len(released)
