"""The networks and pictures of a lab: the small track, offline, or the full one with ``TOONLENS_TRACK=full``."""

import os
from dataclasses import dataclass
from typing import Literal

from toonlens.data import load_simpsons, load_toons
from toonlens.data.simpsons import Pictures
from toonlens.errors import UserError

VARIABLE = "TOONLENS_TRACK"
SIMPSONS = "TOONLENS_SIMPSONS"  # a local folder of the Simpsons pictures; without it they are downloaded


@dataclass(frozen=True)
class Dataset:
    """Three parts of a set of pictures, and the names of the K classes. ``title`` says whose pictures they are."""

    title: str
    train: Pictures
    validation: Pictures
    test: Pictures
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class Track:
    """``weights`` is what `toonlens.models.build` takes, ``size`` the side of the pictures in pixels."""

    name: Literal["small", "full"]
    weights: Literal["small", "imagenet"]
    size: int = 64

    def load(self) -> Dataset:
        """The drawn characters on the small track, the Simpsons' 18 on the full one.

        Raises:
            UserError: the Simpsons pictures cannot be had.
        """
        if self.name == "full":
            simpsons = load_simpsons(os.environ.get(SIMPSONS), self.size)
            return Dataset("Simpsons", simpsons.train, simpsons.validation, simpsons.test, simpsons.class_names)
        parts = {split: load_toons(split, self.size) for split in ("train", "validation", "test")}
        pictures = {split: Pictures(toons.images, toons.labels) for split, toons in parts.items()}
        return Dataset("drawn characters", **pictures, class_names=parts["train"].class_names)


TRACKS = {"small": Track("small", "small"), "full": Track("full", "imagenet")}


def current_track() -> Track:
    """The track that ``TOONLENS_TRACK`` names, the small one by default.

    Raises:
        UserError: it names neither.
    """
    name = os.environ.get(VARIABLE, "small")
    if name not in TRACKS:
        raise UserError(f"{VARIABLE}={name}: there are the tracks {' and '.join(TRACKS)}")
    return TRACKS[name]
