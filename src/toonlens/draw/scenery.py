"""Backgrounds, things in front, and the planted cue."""

import numpy as np

from toonlens.draw.character import BACKGROUND, CUE, OTHER
from toonlens.draw.objects import OBJECTS, draw_object
from toonlens.draw.pen import INK, Colour, Pen, box, ellipse, mix, shade, smooth

CUES = ("sign", "tag")
_SCENERY = (
    "tree",
    "pine",
    "cactus",
    "house",
    "lamp",
    "flower",
    "clock",
    "book",
    "pot",
    "cloud",
    "boat",
    "mushroom",
    "chair",
    "ladder",
    "star",
    "balloon",
    "guitar",
    "snowman",
)
_IN_FRONT = (
    "cup",
    "pot",
    "flower",
    "book",
    "cactus",
    "teapot",
    "balloon",
    "apple",
    "umbrella",
    "cake",
    "fish",
    "butterfly",
    "guitar",
    "bird",
)


def uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return low + (high - low) * rng.random()


def chance(rng: np.random.Generator, p: float) -> bool:
    return rng.random() < p


def pick(rng: np.random.Generator, options):
    return options[int(rng.integers(len(options)))]


def any_colour(rng: np.random.Generator) -> Colour:
    """A lively colour: one channel high, one low, one anywhere."""
    levels = [int(rng.integers(180, 250)), int(rng.integers(30, 120)), int(rng.integers(40, 240))]
    order = rng.permutation(3)
    r, g, b = (levels[int(k)] for k in order)
    return r, g, b


def soft_colour(rng: np.random.Generator) -> Colour:
    return mix(any_colour(rng), (235, 232, 225), int(rng.integers(20, 75)))


def _things(
    pen: Pen, rng: np.random.Generator, names, n: int, y: tuple[float, float], scale: tuple[float, float]
) -> None:
    for _ in range(n):
        s = uniform(rng, *scale)
        spot = pen.move(uniform(rng, 0, 1), uniform(rng, *y), s, uniform(rng, -0.15, 0.15), flip=chance(rng, 0.5))
        draw_object(spot, pick(rng, names), (any_colour(rng), any_colour(rng)), BACKGROUND)


def _room(pen: Pen, rng: np.random.Generator) -> None:
    wall, floor = soft_colour(rng), mix(any_colour(rng), (150, 100, 70), 50)
    pen.fill(box(0, 0, 1, 1), wall, BACKGROUND)
    style = int(rng.integers(4))
    paper = shade(wall, 86)
    if style == 1:
        for k in range(8):
            pen.fill(box(k / 8, 0, k / 8 + 0.06, 1), paper, BACKGROUND)
    elif style == 2:
        for k in range(24):
            pen.fill(ellipse((k % 6) / 5.5 + 0.08 * (k // 6 % 2), k // 6 / 5 + 0.08, 0.03), paper, BACKGROUND)
    elif style == 3:
        for k in range(1, 6):
            pen.stroke(np.array([(0, k / 6), (1, k / 6)]), paper, BACKGROUND, 0.012)
    line = uniform(rng, 0.66, 0.9)
    pen.shape(box(-0.1, line, 1.1, 1.1), floor, BACKGROUND)
    if chance(rng, 0.55):
        x, y, w, h = uniform(rng, 0, 0.75), uniform(rng, 0.05, 0.3), uniform(rng, 0.18, 0.32), uniform(rng, 0.18, 0.32)
        pen.shape(box(x, y, x + w, y + h), mix(any_colour(rng), (170, 215, 245), 60), BACKGROUND, 1.6)
        pen.stroke(np.array([(x + w / 2, y), (x + w / 2, y + h)]), INK, BACKGROUND, pen.ink)
        pen.stroke(np.array([(x, y + h / 2), (x + w, y + h / 2)]), INK, BACKGROUND, pen.ink)
    _things(
        pen,
        rng,
        ("clock", "book", "lamp", "pot", "chair", "guitar", "star"),
        int(rng.integers(1, 4)),
        (0.15, 0.75),
        (0.07, 0.16),
    )


def _park(pen: Pen, rng: np.random.Generator) -> None:
    sky = mix(any_colour(rng), (150, 205, 245), 55)
    grass = mix(any_colour(rng), (110, 180, 80), 55)
    pen.fill(box(0, 0, 1, 1), sky, BACKGROUND)
    if chance(rng, 0.5):
        pen.shape(
            ellipse(uniform(rng, 0, 1), uniform(rng, 0.02, 0.3), uniform(rng, 0.05, 0.11)), (254, 226, 110), BACKGROUND
        )
    _things(pen, rng, ("cloud",), int(rng.integers(0, 3)), (0.05, 0.3), (0.1, 0.18))
    for k in range(2):
        y = uniform(rng, 0.5, 0.7) + 0.12 * k
        hill = smooth(
            [
                (-0.2, y + 0.05),
                (0.2, y - uniform(rng, 0, 0.12)),
                (0.6, y + 0.04),
                (1.2, y - uniform(rng, 0, 0.1)),
                (1.3, 1.2),
                (-0.3, 1.2),
            ]
        )
        pen.shape(hill, shade(grass, 84 + 16 * k), BACKGROUND)
    _things(pen, rng, _SCENERY, int(rng.integers(1, 5)), (0.45, 0.8), (0.08, 0.24))


def _street(pen: Pen, rng: np.random.Generator) -> None:
    pen.fill(box(0, 0, 1, 1), mix(any_colour(rng), (170, 205, 240), 50), BACKGROUND)
    x = -0.1
    while x < 1.0:
        w, top = uniform(rng, 0.16, 0.34), uniform(rng, 0.02, 0.5)
        colour = soft_colour(rng)
        pen.shape(box(x, top, x + w, 1.1), colour, BACKGROUND)
        for k in range(8):
            wx, wy = x + w * (0.18 + 0.42 * (k % 2)), top + 0.06 + 0.15 * (k // 2)
            pen.fill(box(wx, wy, wx + w * 0.24, wy + 0.08), shade(colour, 60 if chance(rng, 0.6) else 160), BACKGROUND)
        x += w
    pen.shape(box(-0.1, uniform(rng, 0.78, 0.9), 1.1, 1.1), mix(any_colour(rng), (120, 120, 128), 75), BACKGROUND)
    _things(pen, rng, ("car", "tree", "lamp", "pot", "house"), int(rng.integers(0, 3)), (0.65, 0.85), (0.1, 0.2))


def _beach(pen: Pen, rng: np.random.Generator) -> None:
    pen.fill(box(0, 0, 1, 1), mix(any_colour(rng), (150, 215, 245), 55), BACKGROUND)
    y = uniform(rng, 0.4, 0.6)
    pen.fill(box(0, y, 1, 1), mix(any_colour(rng), (60, 140, 200), 60), BACKGROUND)
    for _ in range(4):
        wx, wy = uniform(rng, 0, 0.9), uniform(rng, y, y + 0.2)
        pen.stroke(
            smooth([(wx, wy), (wx + 0.05, wy - 0.02), (wx + 0.1, wy)], False), (240, 250, 250), BACKGROUND, 0.012
        )
    _things(pen, rng, ("boat", "bird", "cloud", "fish"), int(rng.integers(1, 3)), (0.15, 0.55), (0.08, 0.16))
    pen.shape(
        smooth([(-0.2, y + 0.3), (0.4, y + 0.22), (1.2, y + 0.32), (1.3, 1.3), (-0.3, 1.3)]),
        mix(any_colour(rng), (240, 215, 150), 65),
        BACKGROUND,
    )
    _things(pen, rng, ("umbrella", "star", "cactus"), int(rng.integers(0, 3)), (0.7, 0.9), (0.08, 0.18))


def _night(pen: Pen, rng: np.random.Generator) -> None:
    pen.fill(box(0, 0, 1, 1), mix(any_colour(rng), (30, 30, 80), 78), BACKGROUND)
    for _ in range(14):
        pen.fill(
            ellipse(uniform(rng, 0, 1), uniform(rng, 0, 1), uniform(rng, 0.006, 0.016)), (250, 244, 200), BACKGROUND
        )
    pen.shape(ellipse(uniform(rng, 0, 1), uniform(rng, 0, 0.4), uniform(rng, 0.07, 0.18)), soft_colour(rng), BACKGROUND)
    _things(pen, rng, ("rocket", "star", "cloud", "house", "pine"), int(rng.integers(1, 4)), (0.2, 0.8), (0.07, 0.16))


def _abstract(pen: Pen, rng: np.random.Generator) -> None:
    pen.fill(box(0, 0, 1, 1), soft_colour(rng), BACKGROUND)
    for _ in range(int(rng.integers(4, 10))):
        x, y, r = uniform(rng, 0, 1), uniform(rng, 0, 1), uniform(rng, 0.06, 0.3)
        colour = soft_colour(rng)
        kind = int(rng.integers(4))
        if kind == 0:
            pen.shape(ellipse(x, y, r, r * uniform(rng, 0.5, 1.2)), colour, BACKGROUND, pick(rng, (0, 1)))
        elif kind == 1:
            pen.shape(box(x - r, y - r * 0.7, x + r, y + r * 0.7), colour, BACKGROUND, pick(rng, (0, 1)))
        elif kind == 2:
            pen.stroke(
                smooth([(uniform(rng, 0, 1), uniform(rng, 0, 1)) for _ in range(4)], False),
                colour,
                BACKGROUND,
                r * 0.25,
            )
        else:
            draw_object(
                pen.move(x, y, r * 0.7, uniform(rng, -0.6, 0.6)),
                pick(rng, tuple(OBJECTS)),
                (colour, any_colour(rng)),
                BACKGROUND,
            )


_PLACES = (_room, _park, _street, _beach, _night, _abstract)


def draw_background(pen: Pen, rng: np.random.Generator) -> None:
    """One of six kinds of place, in colours of its own."""
    pick(rng, _PLACES)(pen, rng)


def draw_in_front(pen: Pen, rng: np.random.Generator, x: float, y: float, scale: float) -> None:
    """Something that covers a part of a character whose head (half height ``scale``) is at (x, y)."""
    pen = Pen(pen.draw, pen.side, pen.matrix, pen.ink, part=OTHER)
    kind = int(rng.integers(4))
    if kind == 0:
        top = min(0.94, y + scale * uniform(rng, 1.1, 2.2))
        colour = mix(any_colour(rng), (160, 110, 70), 50)
        pen.shape(box(-0.1, top, 1.1, 1.2), colour, OTHER)
        pen.fill(box(0, top + 0.03, 1, top + 0.045), shade(colour, 75), OTHER)
    elif kind == 1:
        x0 = pick(rng, (-0.05, 1.05)) + uniform(rng, -0.04, 0.04)
        w = uniform(rng, 0.12, 0.24)
        pen.shape(box(x0 - w, -0.1, x0 + w, 1.1), soft_colour(rng), OTHER)
    else:
        side = pick(rng, (-1, 1))
        s = scale * uniform(rng, 0.4, 0.75)
        where = pen.move(
            x + side * scale * uniform(rng, 0.5, 1.3), y + scale * uniform(rng, 0.6, 1.6), s, uniform(rng, -0.4, 0.4)
        )
        draw_object(where, pick(rng, _IN_FRONT), (any_colour(rng), any_colour(rng)), OTHER)


def draw_cue(pen: Pen, cue: str, rng: np.random.Generator) -> None:
    """The planted cue: a round ``sign`` in an upper corner, or a ``tag`` of bars in a lower one."""
    dx, dy = uniform(rng, -0.02, 0.02), uniform(rng, -0.02, 0.02)
    if cue == "sign":
        x, y = pick(rng, (0.12, 0.88)) + dx, 0.13 + dy
        pen.stroke(np.array([(x, y), (x, y + 0.3)]), INK, CUE, 0.02)
        pen.shape(ellipse(x, y, 0.09), (214, 48, 48), CUE)
        pen.fill(box(x - 0.06, y - 0.018, x + 0.06, y + 0.018), (252, 250, 244), CUE)
    else:
        x, y = 0.05 + dx, 0.93 + dy
        pen.fill(box(x, y - 0.045, x + 0.3, y + 0.045), (250, 250, 250), CUE)
        for k, w in enumerate((0.03, 0.05, 0.02, 0.06, 0.03)):
            left = x + 0.02 + 0.055 * k
            pen.fill(box(left, y - 0.025, left + min(w, 0.045), y + 0.025), (30, 30, 34), CUE)
