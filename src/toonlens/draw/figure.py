"""Draw one character in one pose: the order of its parts, back to front."""

from toonlens.draw import body, face, hair, hats
from toonlens.draw.character import Character, Pose, figure
from toonlens.draw.pen import Pen


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
