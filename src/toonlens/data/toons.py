"""The drawn dataset: 18 characters that are nobody's property, with an exact mask of their parts in every picture."""

import hashlib
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np

from toonlens.draw import source
from toonlens.draw.batch import draw_cached
from toonlens.draw.character import PART_NAMES, Character, read_character
from toonlens.draw.scene import draw_scene
from toonlens.draw.scenery import CUES
from toonlens.errors import UserError
from toonlens.paths import datasets_dir

SPLITS = {"train": 3600, "validation": 540, "test": 890}  # 890 as in the study of the Simpsons characters
SIZES = (16, 512)  # smallest and largest side in pixels
SEED = 20_000
SPREAD = 1.3  # places vary more than in the source task, or a linear classifier would see through them
_SPLIT_SEEDS = {"train": 1, "validation": 2, "test": 3}


@dataclass(frozen=True)
class Toons:
    """One split of the drawn dataset.

    Attributes:
        images: (N, H, W, 3) uint8, RGB.
        labels: (N,) int64, places in ``class_names``.
        masks: (N, H, W) uint8, places in ``part_names``; 0 is the background.
        part_names: what the values of the masks mean.
        class_names: the characters.
    """

    images: np.ndarray
    labels: np.ndarray
    masks: np.ndarray
    part_names: tuple[str, ...]
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True)
class Confound:
    """A planted background cue, for the question whether a network looks at the character or at the cue.

    Attributes:
        target: name of the class the cue goes with.
        cue: ``"sign"`` (a round sign behind the character) or ``"tag"`` (a white tag in a lower corner).
        rate: share of the target's pictures that carry the cue, 0 to 1.
        others: share of the other classes' pictures that carry it, 0 to 1.

    ``Confound("Hops")`` plants the cue with the class, ``Confound("Hops", rate=0.0, others=1.0)`` everywhere but with
    the class. Apart from the cue, every picture is the one of ``confound=None``.
    Source: Lapuschkin et al. (2019), Unmasking Clever Hans predictors, Nature Communications 10, 1096.
    """

    target: str
    cue: str = "sign"
    rate: float = 1.0
    others: float = 0.0


@cache
def cast() -> tuple[Character, ...]:
    """The 18 characters, in the order of their names.

    Raises:
        UserError: the folder ``datasets/toons`` holds no characters, or a file of it is damaged.
    """
    folder = datasets_dir() / "toons"
    characters = sorted((read_character(file) for file in folder.glob("*.toml")), key=lambda who: who.name)
    if len(characters) < 2:
        raise UserError(f"no characters in {folder}: restore its TOML files from the repository")
    return tuple(characters)


def label_of(index: int) -> int:
    """Classes take turns, so that counts differ by one at most."""
    return index % len(cast())


def draw_one(index: int, size: int, split: str, confound: dict | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Picture (size, size, 3) and part mask (size, size) number ``index`` of a split, uint8."""
    characters = cast()
    label = label_of(index)
    seed = [SEED, _SPLIT_SEEDS[split], index]
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([*seed, 2])))
    others = [k for k in range(len(characters)) if k != label]
    stranger = characters[others[int(rng.integers(len(others)))]]
    # half of the bystanders are people of the source task's kind, drawn from numbers that it does not use
    unknown = source.person(source.PEOPLE + 1 + int(rng.integers(400)))
    draw = rng.random()
    cue = None
    if confound is not None:
        rate = confound["rate"] if characters[label].name == confound["target"] else confound["others"]
        cue = confound["cue"] if draw < rate else None
    return draw_scene(characters[label], [stranger, unknown], seed, size, cue, SPREAD)


def _checked(split: str, size: int, confound: Confound | None) -> None:
    if split not in SPLITS:
        raise UserError(f"load_toons: no split {split!r}; there are {', '.join(SPLITS)}")
    if isinstance(size, bool) or not isinstance(size, int | np.integer) or not SIZES[0] <= size <= SIZES[1]:
        raise UserError(f"load_toons: size = {size!r}; give a whole number of pixels from {SIZES[0]} to {SIZES[1]}")
    names = [who.name for who in cast()]
    if confound is None:
        return
    if not isinstance(confound, Confound):
        raise UserError(
            f"load_toons: confound = {confound!r}; give None or toonlens.data.Confound(target, cue, rate, others)"
        )
    if confound.target not in names:
        raise UserError(f"load_toons: no class {confound.target!r} for the cue; there are {', '.join(names)}")
    if confound.cue not in CUES:
        raise UserError(f"load_toons: no cue {confound.cue!r}; there are {', '.join(CUES)}")
    for key in ("rate", "others"):
        value = getattr(confound, key)
        if not isinstance(value, int | float) or not 0 <= value <= 1:
            raise UserError(f"load_toons: confound.{key} = {value!r}; give a share from 0 to 1")


def digest(toons: Toons) -> str:
    """SHA-256 of a split's images, masks and labels; ``datasets/toons/sha256.json`` records what it must be."""
    sha = hashlib.sha256()
    for array in (toons.images, toons.masks, toons.labels.astype("<i8")):
        sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()


def load_toons(split: str, size: int = 64, confound: Confound | None = None) -> Toons:
    """A split of the drawn dataset, drawn on first use (with a progress bar) and then read from the cache.

    Args:
        split: ``"train"`` (3,600), ``"validation"`` (540) or ``"test"`` (890).
        size: side of the pictures in pixels; the scenes are the same at every size.
        confound: a planted cue, see :class:`Confound`.

    Raises:
        UserError: no such split, size or confound.
    """
    _checked(split, size, confound)
    size, n = int(size), SPLITS[split]
    plan = None if confound is None else asdict(confound)
    title = f"toons-{split}-{size}"
    if plan is not None:
        title += "-" + "-".join(str(value).lower().replace(" ", "_") for value in plan.values())
    images, masks = draw_cached("toons", {"split": split, "confound": plan}, n, size, title)
    labels = np.array([label_of(index) for index in range(n)], dtype=np.int64)
    return Toons(images, labels, masks, PART_NAMES, tuple(who.name for who in cast()))
