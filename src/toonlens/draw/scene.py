"""A whole picture: scenery, a character in a pose, who else is there, what covers it, light."""

from collections.abc import Sequence

import numpy as np
from PIL import ImageDraw

from toonlens.draw.character import ARMS, LIDS, MOUTHS, OTHER, Character, Pose
from toonlens.draw.figure import draw_character
from toonlens.draw.pen import Pen, canvas, develop
from toonlens.draw.scenery import chance, draw_background, draw_cue, draw_in_front, pick, uniform


def random_pose(rng: np.random.Generator) -> Pose:
    """Any expression, turn, tilt, arms and outfit."""
    return Pose(
        turn=uniform(rng, -1, 1),
        tilt=uniform(rng, -0.3, 0.3),
        lean=uniform(rng, -0.25, 0.25),
        mouth=pick(rng, MOUTHS),
        lids=pick(rng, LIDS) if chance(rng, 0.35) else "open",
        look=(uniform(rng, -1, 1), uniform(rng, -1, 1)),
        brow=uniform(rng, -1, 1),
        left_arm=pick(rng, ARMS),
        right_arm=pick(rng, ARMS),
        skin=int(rng.integers(60)),
        hair=int(rng.integers(60)),
        outfit=int(rng.integers(60)),
        shift=(int(rng.integers(-24, 25)), int(rng.integers(-24, 25)), int(rng.integers(-24, 25))),
    )


def light(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Brightness, tint and a gradient across the picture, in whole numbers. (H, W, 3) uint8 to the same."""
    size = len(picture)
    level = int(rng.integers(165, 300))
    tint = [level * int(rng.integers(215, 298)) // 256 for _ in range(3)]
    gx, gy = int(rng.integers(-70, 71)), int(rng.integers(-70, 71))
    lift = int(rng.integers(-14, 22))
    steps = 2 * np.arange(size, dtype=np.int32) + 1 - size  # -size to size at pixel centres
    slope = (gx * steps[None, :] + gy * steps[:, None]) // size
    gain = 256 + slope[:, :, None]
    lit = (picture.astype(np.int32) * np.array(tint, dtype=np.int32) // 256) * gain // 256 + lift
    return np.clip(lit, 0, 255).astype(np.uint8)


def draw_scene(
    who: Character,
    strangers: Sequence[Character],
    seed: Sequence[int],
    size: int,
    cue: str | None = None,
    spread: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """One picture of ``who`` under all nuisances.

    Args:
        who: the labelled character.
        strangers: who may stand in part of the frame.
        seed: entropy of the scene; the same seed is the same scene at every size, with and without a cue.
        size: side of the picture in pixels.
        cue: a planted cue, see ``toonlens.draw.scenery.CUES``.
        spread: how far the place of the character varies; 1 is the source task's.

    Returns:
        picture (size, size, 3) and part mask (size, size), uint8.
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(list(seed))))
    image, factor = canvas(size)
    width = uniform(rng, 0.55, 1.5)
    pen = Pen(ImageDraw.Draw(image), size * factor, ink=0.006 * width)
    draw_background(pen, rng)
    if cue == "sign":
        draw_cue(pen, cue, _cue_rng(seed))

    # three shots: the whole figure, head and shoulders, close up; each with its scale and height of the head
    shot = rng.random()
    (scale, ds), (y, dy) = ((0.14, 0.02), (0.35, 0.07)) if shot < 0.2 else ((0.21, 0.04), (0.44, 0.08))
    if shot >= 0.8:
        (scale, ds), (y, dy) = (0.30, 0.04), (0.50, 0.08)
    scale += uniform(rng, -ds, ds)
    y += spread * uniform(rng, -dy, dy)
    x = 0.5 + spread * uniform(rng, -0.16, 0.16)
    lean = uniform(rng, -0.14, 0.14)
    flip = chance(rng, 0.5)
    pose = random_pose(rng)

    if chance(rng, 0.3):
        other, side = pick(rng, strangers), pick(rng, (-1, 1))
        small = scale * uniform(rng, 0.6, 0.85)
        where = pen.move(
            x + side * (scale * 1.3 + small), y + scale * uniform(rng, -0.4, 0.8), small, flip=chance(rng, 0.5)
        )
        behind = Pen(where.draw, where.side, where.matrix, 0.028 * width, part=OTHER)
        draw_character(behind, other, random_pose(rng))
    where = pen.move(x, y, scale, lean, flip)
    draw_character(Pen(where.draw, where.side, where.matrix, 0.036 * width), who, pose)
    if chance(rng, 0.4):
        draw_in_front(pen, rng, x, y, scale)
    if cue == "tag":
        draw_cue(pen, cue, _cue_rng(seed))
    picture, parts = develop(image, factor)
    return light(picture, rng), parts


def _cue_rng(seed: Sequence[int]) -> np.random.Generator:
    """A stream of its own, so that the cue changes nothing else in the scene."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([*seed, 1])))
