"""A character as data, and the pose in which it is drawn."""

import math
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np

from toonlens.draw.pen import Colour, cos_sin, mirrored, smooth
from toonlens.errors import UserError

PART_NAMES = ("background", "head", "hair", "eyes", "mouth", "clothes", "accessory", "body", "other", "cue")
BACKGROUND, HEAD, HAIR, EYES, MOUTH, CLOTHES, ACCESSORY, BODY, OTHER, CUE = range(len(PART_NAMES))

# Right halves of the heads, from the crown to the chin.
HEADS: dict[str, list[tuple[float, float]]] = {
    "round": [(0, -1), (0.55, -0.86), (0.92, -0.42), (1, 0.08), (0.86, 0.55), (0.5, 0.88), (0, 1)],
    "egg": [(0, -1.02), (0.42, -0.88), (0.7, -0.45), (0.86, 0.1), (0.92, 0.5), (0.62, 0.9), (0, 1)],
    "pear": [(0, -1), (0.4, -0.9), (0.62, -0.5), (0.68, -0.05), (1.02, 0.42), (0.85, 0.86), (0, 1)],
    "square": [(0, -0.97), (0.66, -0.94), (0.88, -0.7), (0.9, 0), (0.88, 0.72), (0.62, 0.96), (0, 0.98)],
    "heart": [(0, -0.92), (0.58, -0.94), (0.98, -0.5), (0.95, 0), (0.66, 0.5), (0.3, 0.88), (0, 1.04)],
    "long": [(0, -1.15), (0.45, -1.02), (0.66, -0.6), (0.7, 0), (0.66, 0.6), (0.44, 1.05), (0, 1.22)],
    "wide": [(0, -0.8), (0.65, -0.75), (1.1, -0.4), (1.24, 0.08), (1.1, 0.5), (0.65, 0.8), (0, 0.85)],
    "bulb": [(0, -1.06), (0.65, -0.94), (1.04, -0.45), (0.94, 0.02), (0.6, 0.36), (0.54, 0.86), (0, 1)],
    "peanut": [(0, -1.04), (0.55, -0.92), (0.82, -0.5), (0.66, 0.0), (0.92, 0.46), (0.64, 0.92), (0, 1.02)],
    "jaw": [(0, -0.96), (0.48, -0.88), (0.72, -0.5), (0.7, 0), (0.82, 0.5), (0.66, 1.0), (0, 1.12)],
    "block": [
        (0, -0.98),
        (0.4, -0.98),
        (0.74, -0.96),
        (0.8, -0.88),
        (0.8, -0.4),
        (0.8, 0.4),
        (0.8, 0.88),
        (0.74, 0.96),
        (0.4, 0.98),
        (0, 0.98),
    ],
    "triangle": [(0, -1.08), (0.2, -0.98), (0.42, -0.5), (0.66, 0.05), (0.96, 0.58), (0.84, 0.92), (0, 0.96)],
    "turnip": [(0, -0.86), (0.7, -0.8), (1.12, -0.4), (0.98, 0.12), (0.6, 0.52), (0.26, 0.86), (0, 0.98)],
    "bean": [(0, -1.1), (0.5, -1.0), (0.76, -0.6), (0.74, -0.1), (0.78, 0.4), (0.62, 0.88), (0, 1.02)],
}
EARS = ("none", "round", "big", "elf", "cat", "bunny", "bear", "fin", "bolt", "floppy")
HAIR_TOPS = (
    "bald",
    "cap",
    "spikes",
    "crest",
    "curls",
    "flat",
    "quiff",
    "tuft",
    "dome",
    "swirl",
    "tufts",
    "bowl",
    "wisps",
    "horns",
    "leaf",
    "flame",
)
FRINGES = ("straight", "zigzag", "side", "parted", "peak", "high")
BACKS = ("none", "long", "bob", "pigtails", "bun", "buns", "ponytail", "braids", "afro", "wavy", "mane")
EYE_STYLES = ("round", "oval", "dots", "sleepy", "wide", "narrow", "cyclops", "tall", "bug")
BROWS = ("none", "thin", "thick", "uni", "angled", "bushy")
GLASSES = ("none", "round", "square", "shades", "monocle", "goggles", "patch", "cateye")
NOSES = ("none", "ball", "button", "point", "hook", "snout", "beak", "triangle", "drop", "long")
TEETH = ("none", "buck", "fangs", "gap", "grille")
BEARDS = ("none", "moustache", "walrus", "goatee", "full", "stubble", "handlebar", "long", "lips")
CHEEKS = ("none", "blush", "freckles", "mole", "stripes", "spots")
HATS = (
    "none",
    "cap",
    "top",
    "beanie",
    "wizard",
    "crown",
    "chef",
    "cowboy",
    "beret",
    "helmet",
    "band",
    "bow",
    "flower",
    "headphones",
    "antennae",
    "pirate",
    "propeller",
    "halo",
    "bandana",
)
CLOTHES_STYLES = ("tee", "hoodie", "dress", "dungarees", "suit", "coat", "vest", "robe", "turtleneck", "armour")
PATTERNS = ("plain", "stripes", "dots", "zigzag", "emblem", "band", "checks", "buttons")
NECKWEAR = ("none", "scarf", "tie", "bowtie", "necklace", "collar", "ruff", "kerchief")
BUILDS = ("slim", "wide", "round", "tall", "triangle")

CHOICES = {
    "head": tuple(HEADS),
    "ears": EARS,
    "hair": HAIR_TOPS,
    "fringe": FRINGES,
    "back": BACKS,
    "eyes": EYE_STYLES,
    "brows": BROWS,
    "glasses": GLASSES,
    "nose": NOSES,
    "teeth": TEETH,
    "beard": BEARDS,
    "cheeks": CHEEKS,
    "hat": HATS,
    "clothes": CLOTHES_STYLES,
    "pattern": PATTERNS,
    "neckwear": NECKWEAR,
    "build": BUILDS,
}


@dataclass(frozen=True)
class Character:
    """Who it is: one style per part, sizes relative to the head's half height, colours as lists to choose from."""

    name: str
    note: str = ""
    head: str = "round"
    width: float = 1.0
    height: float = 1.0
    ears: str = "round"
    hair: str = "bald"
    fringe: str = "straight"
    back: str = "none"
    hair_size: float = 1.0
    eyes: str = "round"
    eye_size: float = 1.0
    eye_gap: float = 1.0
    eye_y: float = -0.1
    lashes: bool = False
    brows: str = "thin"
    glasses: str = "none"
    nose: str = "ball"
    nose_size: float = 1.0
    mouth_width: float = 1.0
    teeth: str = "none"
    beard: str = "none"
    cheeks: str = "none"
    hat: str = "none"
    clothes: str = "tee"
    pattern: str = "plain"
    neckwear: str = "none"
    build: str = "slim"
    skin: tuple[Colour, ...] = ((250, 205, 165),)
    hair_colours: tuple[Colour, ...] = ((90, 55, 40),)
    outfits: tuple[tuple[Colour, Colour], ...] = (((70, 130, 200), (240, 200, 60)),)

    def __post_init__(self) -> None:
        for key, known in CHOICES.items():
            value = getattr(self, key)
            if value not in known:
                raise UserError(f"character {self.name}: {key} = {value!r} is unknown, choose from {', '.join(known)}")


def _colour(text: str) -> Colour:
    r, g, b = bytes.fromhex(text.removeprefix("#"))
    return r, g, b


def read_character(path: Path) -> Character:
    """One character from its TOML file.

    Raises:
        UserError: the file is no TOML, lacks a name, or has an unknown key, style or colour.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path.name}: cannot be read as a character: {error}") from error
    unknown = set(data) - {f.name for f in fields(Character)}
    if unknown:
        raise UserError(f"{path.name}: unknown key {sorted(unknown)[0]!r}; see datasets/toons/README.md for the keys")
    if "name" not in data:
        raise UserError(f"{path.name}: a character needs a name")
    try:
        for key in ("skin", "hair_colours"):
            if key in data:
                data[key] = tuple(_colour(text) for text in data[key])
        if "outfits" in data:
            data["outfits"] = tuple((_colour(a), _colour(b)) for a, b in data["outfits"])
    except ValueError as error:
        raise UserError(f"{path.name}: colours are written '#rrggbb', outfits as pairs of them: {error}") from error
    return Character(**data)


@dataclass(frozen=True)
class Pose:
    """How a character is drawn this time. Angles in radians; ``turn`` -1 (looks left) to 1 (looks right)."""

    turn: float = 0.0
    tilt: float = 0.0
    lean: float = 0.0
    mouth: str = "smile"  # smile, grin, open, frown, flat, oh
    lids: str = "open"  # open, half, closed, wink
    look: tuple[float, float] = (0.0, 0.0)
    brow: float = 0.0  # -1 cross to 1 surprised
    left_arm: str = "down"  # down, hip, wave, up, out
    right_arm: str = "down"
    skin: int = 0
    hair: int = 0
    outfit: int = 0
    shift: tuple[int, int, int] = (0, 0, 0)  # added to the outfit's colours


MOUTHS = ("smile", "grin", "open", "frown", "flat", "oh")
LIDS = ("open", "half", "closed", "wink")
ARMS = ("down", "hip", "wave", "up", "out")


@dataclass(frozen=True)
class Figure:
    """A character in a pose, with what the parts need to know about its head."""

    who: Character
    pose: Pose
    outline: np.ndarray = field(repr=False)  # (n, 2) of the head, clockwise from the crown
    cos: float
    sin: float

    @property
    def skin(self) -> Colour:
        return self.who.skin[self.pose.skin % len(self.who.skin)]

    @property
    def hair(self) -> Colour:
        return self.who.hair_colours[self.pose.hair % len(self.who.hair_colours)]

    @property
    def outfit(self) -> tuple[Colour, Colour]:
        main, second = self.who.outfits[self.pose.outfit % len(self.who.outfits)]
        return _shifted(main, self.pose.shift), second

    @property
    def crown(self) -> float:
        return float(self.outline[:, 1].min())

    @property
    def chin(self) -> float:
        return float(self.outline[:, 1].max())

    def half_width(self, y: float) -> float:
        """Half the width of the head at height ``y``."""
        near = np.abs(self.outline[:, 1] - y) < 0.12
        return float(np.abs(self.outline[near, 0]).max()) if near.any() else 0.5

    def at(self, x, depth: float = 1.0):
        """Where the turned head shows what lies at ``x``; ``depth`` 1 is the face, -1 the back of the head."""
        return x * self.cos + depth * self.sin

    def face(self, points, depth: float = 1.0) -> np.ndarray:
        """``points`` (n, 2) on the turned face."""
        p = np.array(points, dtype=np.float64)
        p[:, 0] = self.at(p[:, 0], depth)
        return p

    def rim(self, lift: float, below: float) -> np.ndarray:
        """The upper rim of the head from left to right where y < ``below``, lifted outward by the factor ``lift``."""
        n = len(self.outline)
        order = np.concatenate([np.arange(n // 2, n), np.arange(n // 2)])
        ring = self.outline[order]
        return ring[ring[:, 1] < below] * lift


def _shifted(colour: Colour, shift: tuple[int, int, int]) -> Colour:
    r, g, b = (min(255, max(0, c + s)) for c, s in zip(colour, shift, strict=True))
    return r, g, b


def figure(who: Character, pose: Pose) -> Figure:
    """The figure of ``who`` in ``pose``."""
    half = np.array(HEADS[who.head]) * (who.width, who.height)
    cos, sin = cos_sin(0.6 * pose.turn * math.pi / 4)
    return Figure(who, pose, smooth(mirrored(half)), float(cos), float(sin) * 0.75)
