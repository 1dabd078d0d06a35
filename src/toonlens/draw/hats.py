"""What is worn on the head; part ``accessory``."""

import numpy as np

from toonlens.draw.character import ACCESSORY, Figure
from toonlens.draw.pen import INK, Pen, ellipse, shade, smooth


def hat(pen: Pen, f: Figure) -> None:
    """The character's hat, over the hair."""
    style = f.who.hat
    if style == "none":
        return
    second, main = f.outfit
    top, w = f.crown, float(np.abs(f.outline[:, 0]).max())
    brim = top * 0.55
    bw = f.half_width(brim) * 1.12
    m = f.at(0.0, 0.2)
    d = 1 if f.pose.turn >= 0 else -1

    def put(points, colour, closed_curve=False, outline=1.0):
        q = np.asarray(points, dtype=np.float64)
        pen.shape(smooth(q) if closed_curve else q, colour, ACCESSORY, outline)

    if style == "cap":
        put(
            smooth(
                [
                    (-bw, brim),
                    (-bw * 0.95, top * 0.95),
                    (-bw * 0.4, top * 1.3),
                    (bw * 0.4, top * 1.3),
                    (bw * 0.95, top * 0.95),
                    (bw, brim),
                ],
                False,
            ),
            main,
        )
        put(
            [
                (m - d * 0.2, brim - 0.14),
                (m + d * bw * 1.0, brim - 0.16),
                (m + d * bw * 1.6, brim + 0.06),
                (m + d * bw * 1.2, brim + 0.14),
                (m - d * 0.3, brim + 0.08),
            ],
            second,
            True,
        )
        pen.fill(ellipse(m, top * 1.28, 0.1, 0.07), second, ACCESSORY)
    elif style == "top":
        put([(-bw * 0.72, brim), (-bw * 0.8, top * 2.05), (bw * 0.8, top * 2.05), (bw * 0.72, brim)], shade(main, 55))
        put(
            [(-bw * 0.74, brim - 0.3), (bw * 0.74, brim - 0.3), (bw * 0.73, brim - 0.04), (-bw * 0.73, brim - 0.04)],
            second,
        )
        put(ellipse(0, brim, bw * 1.3, 0.14), shade(main, 55))
    elif style == "beanie":
        put(
            smooth(
                [
                    (-bw, brim),
                    (-bw * 0.98, top * 0.98),
                    (-bw * 0.45, top * 1.4),
                    (bw * 0.45, top * 1.4),
                    (bw * 0.98, top * 0.98),
                    (bw, brim),
                ],
                False,
            ),
            main,
        )
        put(
            [(-bw * 1.06, brim - 0.16), (bw * 1.06, brim - 0.16), (bw * 1.06, brim + 0.14), (-bw * 1.06, brim + 0.14)],
            second,
        )
        put(ellipse(m * 0.6, top * 1.48, 0.24), second)
    elif style == "wizard":
        put(
            smooth(
                [
                    (-bw * 0.95, brim),
                    (-bw * 0.5, top * 1.5),
                    (d * 0.35, top * 2.6),
                    (d * 0.3, top * 2.0),
                    (bw * 0.5, top * 1.45),
                    (bw * 0.95, brim),
                ],
                False,
            ),
            main,
        )
        for x, y in ((-0.2, 1.1), (0.22, 1.45), (0.02, 1.85)):
            star = ellipse(m * 0.5 + x, top * y, 0.13)[::3]
            star[1::2] = star[1::2] * 0.4 + np.array([m * 0.5 + x, top * y]) * 0.6
            pen.fill(star, second, ACCESSORY)
        put(ellipse(0, brim, bw * 1.4, 0.17), main)
    elif style == "crown":
        y, h = top * 0.82, top * 1.5
        put(
            [
                (-bw * 0.7, y),
                (-bw * 0.82, h),
                (-bw * 0.38, h * 0.82),
                (m * 0.5, h * 1.08),
                (bw * 0.38, h * 0.82),
                (bw * 0.82, h),
                (bw * 0.7, y),
            ],
            (250, 204, 70),
        )
        for x in (-0.42, 0.0, 0.42):
            pen.fill(ellipse(m * 0.6 + x * bw, top * 0.98, 0.09), second, ACCESSORY)
    elif style == "chef":
        put([(-bw * 0.72, brim), (-bw * 0.76, top * 1.3), (bw * 0.76, top * 1.3), (bw * 0.72, brim)], (250, 250, 246))
        for x, y, r in ((-0.55, 1.5, 0.42), (0.55, 1.5, 0.42), (0.0, 1.72, 0.5)):
            put(ellipse(x * bw, top * y, r), (250, 250, 246))
        pen.fill(ellipse(0, top * 1.42, bw * 0.66, 0.32), (250, 250, 246), ACCESSORY)
    elif style == "cowboy":
        put(
            smooth(
                [
                    (-bw * 0.75, brim),
                    (-bw * 0.68, top * 1.5),
                    (-bw * 0.3, top * 1.72),
                    (0, top * 1.5),
                    (bw * 0.3, top * 1.72),
                    (bw * 0.68, top * 1.5),
                    (bw * 0.75, brim),
                ],
                False,
            ),
            main,
        )
        put(
            [(-bw * 0.76, brim - 0.26), (bw * 0.76, brim - 0.26), (bw * 0.76, brim - 0.06), (-bw * 0.76, brim - 0.06)],
            second,
        )
        put(
            [
                (-bw * 1.75, brim - 0.34),
                (-bw * 0.9, brim - 0.06),
                (0, brim - 0.02),
                (bw * 0.9, brim - 0.06),
                (bw * 1.75, brim - 0.34),
                (bw * 1.1, brim + 0.16),
                (0, brim + 0.2),
                (-bw * 1.1, brim + 0.16),
            ],
            main,
            True,
        )
    elif style == "beret":
        put(
            [
                (-bw * 0.9, brim - 0.05),
                (-bw * 1.2, top * 0.98),
                (-bw * 0.3, top * 1.38),
                (bw * 1.0, top * 1.3),
                (bw * 1.5, top * 0.82),
                (bw * 0.95, brim - 0.05),
            ],
            main,
            True,
        )
        pen.stroke(np.array([(0.1, top * 1.32), (0.18, top * 1.55)]), INK, ACCESSORY, pen.ink * 2)
    elif style == "helmet":
        put(
            smooth(
                [
                    (-bw * 1.06, brim + 0.2),
                    (-bw * 1.08, top * 0.9),
                    (-bw * 0.5, top * 1.36),
                    (bw * 0.5, top * 1.36),
                    (bw * 1.08, top * 0.9),
                    (bw * 1.06, brim + 0.2),
                ],
                False,
            ),
            main,
        )
        put(
            [(-0.16 + m, brim + 0.18), (-0.16 + m, top * 1.46), (0.16 + m, top * 1.46), (0.16 + m, brim + 0.18)], second
        )
        put(
            [(-bw * 1.14, brim + 0.06), (bw * 1.14, brim + 0.06), (bw * 1.14, brim + 0.28), (-bw * 1.14, brim + 0.28)],
            shade(main, 76),
        )
    elif style == "band":
        put(
            [(-bw * 1.02, brim - 0.16), (bw * 1.02, brim - 0.16), (bw * 1.02, brim + 0.12), (-bw * 1.02, brim + 0.12)],
            main,
        )
        pen.fill(ellipse(f.at(0, 0.9), brim - 0.02, 0.12), second, ACCESSORY)
    elif style == "bow":
        x, y = f.at(0.45 * w, 0.3), top * 0.98
        for side in (-1, 1):
            put(
                [(x, y), (x + side * 0.5, y - 0.34), (x + side * 0.62, y + 0.04), (x + side * 0.46, y + 0.3)],
                main,
                True,
            )
        put(ellipse(x, y, 0.14), second)
    elif style == "flower":
        x, y = f.at(-0.5 * w, 0.3), top * 0.78
        for k in range(5):
            p = ellipse(x, y, 0.25)[k * 5 % 24]
            put(ellipse(float(p[0]), float(p[1]), 0.18), main, outline=0.8)
        put(ellipse(x, y, 0.15), second, outline=0.8)
    elif style == "headphones":
        arc = f.rim(1.17, 0.0)
        pen.stroke(arc, INK, ACCESSORY, 0.16 + 2 * pen.ink)
        pen.stroke(arc, main, ACCESSORY, 0.16)
        for side in (-1, 1):
            x = f.at(side * f.half_width(0.0) * 1.08, -0.1)
            put(ellipse(x, 0.05, 0.24, 0.36), second)
    elif style == "antennae":
        for side in (-1, 1):
            q = smooth(
                [(f.at(side * 0.25 * w, 0.1), top * 0.95), (side * 0.3, top - 0.35), (side * 0.62, top - 0.62)], False
            )
            pen.stroke(q, INK, ACCESSORY, pen.ink * 2.2)
            put(ellipse(side * 0.64, top - 0.7, 0.17), main)
    elif style == "pirate":
        put(
            [
                (-bw * 1.5, brim - 0.02),
                (-bw * 1.3, top * 1.1),
                (-bw * 0.5, top * 1.55),
                (0, top * 1.75),
                (bw * 0.5, top * 1.55),
                (bw * 1.3, top * 1.1),
                (bw * 1.5, brim - 0.02),
                (0, brim - 0.22),
            ],
            shade(main, 50),
            True,
        )
        pen.fill(ellipse(m, top * 1.2, 0.19, 0.17), (250, 248, 240), ACCESSORY)
        for side in (-1, 1):
            pen.stroke(
                np.array([(m - 0.3, top * 1.2 + side * 0.2), (m + 0.3, top * 1.2 - side * 0.2)]),
                (250, 248, 240),
                ACCESSORY,
                0.07,
            )
        for side in (-1, 1):
            pen.fill(ellipse(m + side * 0.07, top * 1.2, 0.045), INK, ACCESSORY)
    elif style == "propeller":
        put(
            smooth(
                [
                    (-bw * 0.95, brim),
                    (-bw * 0.9, top * 0.98),
                    (-bw * 0.35, top * 1.24),
                    (bw * 0.35, top * 1.24),
                    (bw * 0.9, top * 0.98),
                    (bw * 0.95, brim),
                ],
                False,
            ),
            main,
        )
        put(
            smooth(
                [(-bw * 0.3, brim), (-bw * 0.3, top * 1.1), (0, top * 1.24), (bw * 0.3, top * 1.1), (bw * 0.3, brim)],
                False,
            ),
            second,
        )
        pen.stroke(np.array([(0, top * 1.22), (0, top * 1.45)]), INK, ACCESSORY, pen.ink * 2)
        for side in (-1, 1):
            put(ellipse(side * 0.3, top * 1.47, 0.3, 0.1), second)
    elif style == "halo":
        q = ellipse(0, top * 1.35, 0.62, 0.17)
        pen.stroke(q, INK, ACCESSORY, 0.12 + 2 * pen.ink, closed=True)
        pen.stroke(q, (252, 220, 90), ACCESSORY, 0.12, closed=True)
    elif style == "bandana":
        put(
            smooth(
                [
                    (-bw * 1.02, brim + 0.1),
                    (-bw * 0.98, top * 0.95),
                    (-bw * 0.4, top * 1.18),
                    (bw * 0.4, top * 1.18),
                    (bw * 0.98, top * 0.95),
                    (bw * 1.02, brim + 0.1),
                    (0, brim - 0.12),
                    (-bw * 1.0, brim + 0.1),
                ],
                False,
            ),
            main,
        )
        for x, y in ((-0.45, 0.86), (0.1, 0.98), (0.55, 0.84), (-0.1, 0.74)):
            pen.fill(ellipse(m * 0.8 + x * bw, top * y, 0.07), second, ACCESSORY)
        for dy in (0.0, 0.3):
            put([(-d * bw, brim), (-d * (bw + 0.5), brim + dy - 0.1), (-d * (bw + 0.42), brim + dy + 0.16)], main)
