"""Draw one character in one pose: the order of its parts, back to front."""

from dataclasses import replace

import numpy as np
from PIL import ImageDraw

from toonlens.draw import body, face, hair, hats
from toonlens.draw.character import BACKGROUND, Character, Pose, figure
from toonlens.draw.pen import Colour, Pen, box, canvas, develop


def draw_character(pen: Pen, who: Character, pose: Pose) -> None:
    """Draw ``who`` in ``pose``. The head's centre is the pen's origin and the head's half height its unit."""
    f = figure(who, pose)
    neck = f.chin - 0.3
    tilted = pen.move(0.0, neck, angle=pose.tilt).move(0.0, -neck)
    hair.back_hair(tilted, f)
    body.body(pen, f)
    face.ears(tilted, f)
    hair.side_hair(tilted, f)
    face.head(tilted, f)
    face.beard(tilted, f)
    face.mouth(tilted, f)
    face.moustache(tilted, f)
    face.eyes(tilted, f)
    face.nose(tilted, f)
    hair.front_hair(tilted, f)
    face.brows(tilted, f)
    face.glasses(tilted, f)
    hats.hat(tilted, f)
    body.raised_arms(pen, f)


def portrait(
    who: Character, pose: Pose, size: int, backdrop: Colour = (224, 224, 214)
) -> tuple[np.ndarray, np.ndarray]:
    """``who`` alone on a plain backdrop: picture (size, size, 3) and part mask (size, size), uint8."""
    image, factor = canvas(size)
    pen = Pen(ImageDraw.Draw(image), size * factor)
    pen.fill(box(0, 0, 1, 1), backdrop, BACKGROUND)
    draw_character(replace(pen.move(0.5, 0.5, 0.19), ink=0.036), who, pose)
    return develop(image, factor)
