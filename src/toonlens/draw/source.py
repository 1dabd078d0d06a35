"""The source task on which the small backbones are pretrained: made-up people and things, none of them among the 18.

Identities are random combinations of the same parts; the nuisances are the same as in the toons.
"""

from functools import cache

import numpy as np
from PIL import ImageDraw

from toonlens.draw import character as c
from toonlens.draw.batch import draw_cached
from toonlens.draw.character import OTHER, Character
from toonlens.draw.objects import OBJECTS, draw_object
from toonlens.draw.pen import Colour, Pen, canvas, develop, mix
from toonlens.draw.scene import draw_scene, light
from toonlens.draw.scenery import any_colour, chance, draw_background, draw_in_front, pick, uniform

PEOPLE = 200
IMAGES_PER_CLASS = 100
SEED = 7919

SKINS: tuple[Colour, ...] = (
    (250, 208, 170),
    (238, 180, 132),
    (205, 142, 98),
    (158, 100, 66),
    (112, 70, 50),
    (253, 221, 110),
    (166, 212, 128),
    (140, 190, 232),
    (214, 168, 226),
    (190, 194, 204),
    (244, 168, 150),
    (226, 190, 140),
)
HAIRS: tuple[Colour, ...] = (
    (60, 42, 40),
    (106, 64, 40),
    (168, 96, 48),
    (226, 170, 74),
    (214, 84, 40),
    (150, 146, 150),
    (240, 236, 226),
    (88, 60, 140),
    (50, 110, 160),
    (226, 96, 150),
    (70, 140, 84),
)


def _some(rng: np.random.Generator, options, rare: str = "none", p: float = 0.5):
    """One of ``options``; with probability ``p`` the plain one."""
    return rare if chance(rng, p) else pick(rng, options)


@cache
def person(number: int) -> Character:
    """The made-up person of this number: always the same."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([SEED, 1, number])))
    hair = _some(rng, c.HAIR_TOPS, "cap", 0.15)
    return Character(
        name=f"person {number}",
        head=pick(rng, tuple(c.HEADS)),
        width=uniform(rng, 0.85, 1.12),
        height=uniform(rng, 0.9, 1.1),
        ears=_some(rng, c.EARS, "round", 0.3),
        hair=hair,
        fringe=pick(rng, c.FRINGES),
        back=_some(rng, c.BACKS, "none", 0.4),
        hair_size=uniform(rng, 0.8, 1.25),
        eyes=pick(rng, c.EYE_STYLES),
        eye_size=uniform(rng, 0.8, 1.2),
        eye_gap=uniform(rng, 0.9, 1.15),
        eye_y=uniform(rng, -0.22, 0.04),
        lashes=chance(rng, 0.3),
        brows=pick(rng, c.BROWS),
        glasses=_some(rng, c.GLASSES, "none", 0.6),
        nose=pick(rng, c.NOSES),
        nose_size=uniform(rng, 0.8, 1.35),
        mouth_width=uniform(rng, 0.75, 1.25),
        teeth=_some(rng, c.TEETH, "none", 0.6),
        beard=_some(rng, c.BEARDS, "none", 0.6),
        cheeks=_some(rng, c.CHEEKS, "none", 0.5),
        hat=_some(rng, c.HATS, "none", 0.45),
        clothes=pick(rng, c.CLOTHES_STYLES),
        pattern=pick(rng, c.PATTERNS),
        neckwear=_some(rng, c.NECKWEAR, "none", 0.45),
        build=pick(rng, c.BUILDS),
        skin=(pick(rng, SKINS),),
        hair_colours=(pick(rng, HAIRS),),
        outfits=tuple((any_colour(rng), any_colour(rng)) for _ in range(5)),
    )


def _draw_thing(name: str, seed: list[int], size: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    image, factor = canvas(size)
    width = uniform(rng, 0.55, 1.5)
    pen = Pen(ImageDraw.Draw(image), size * factor, ink=0.006 * width)
    draw_background(pen, rng)
    scale, x, y = uniform(rng, 0.2, 0.42), 0.5 + uniform(rng, -0.15, 0.15), 0.5 + uniform(rng, -0.15, 0.15)
    where = pen.move(x, y, scale, uniform(rng, -0.5, 0.5), chance(rng, 0.5))
    colours = (mix(any_colour(rng), any_colour(rng), 25), any_colour(rng))
    draw_object(Pen(where.draw, where.side, where.matrix, 0.036 * width), name, colours, OTHER)
    if chance(rng, 0.3):
        draw_in_front(pen, rng, x, y, scale)
    picture, parts = develop(image, factor)
    return light(picture, rng), parts


CLASSES = PEOPLE + len(OBJECTS)


def draw_one(index: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Picture and mask number ``index`` of the source task; its class is ``index % CLASSES``."""
    label = index % CLASSES
    seed = [SEED, 2, index]
    if label >= PEOPLE:
        return _draw_thing(tuple(OBJECTS)[label - PEOPLE], seed, size)
    stranger = person((label * 31 + index * 17 + 1) % PEOPLE)
    return draw_scene(person(label), [stranger], seed, size)


def load_source(size: int = 64, per_class: int = IMAGES_PER_CLASS) -> tuple[np.ndarray, np.ndarray]:
    """The source task, drawn on first use and then read from the cache.

    Args:
        size: side of the pictures in pixels.
        per_class: pictures of each class; a smaller number gives the first of them.

    Returns:
        images (N, size, size, 3) uint8 and labels (N,) int64 with N = ``CLASSES * per_class``, classes interleaved.
    """
    n = CLASSES * per_class
    images, _ = draw_cached("source", {}, n, size, f"source-{size}-{per_class}")
    return images, np.arange(n, dtype=np.int64) % CLASSES
