"""The face: ears, head, cheeks, eyes, brows, nose, mouth, beard, glasses."""

import numpy as np

from toonlens.draw.character import ACCESSORY, EYES, HAIR, HEAD, MOUTH, Figure
from toonlens.draw.pen import INK, Pen, ellipse, mirrored, mix, shade, smooth

WHITE = (255, 253, 246)
DARK_MOUTH = (110, 32, 42)
TONGUE = (236, 110, 112)


def ears(pen: Pen, f: Figure) -> None:
    """Ears, drawn before the head."""
    style, skin = f.who.ears, f.skin
    inner = shade(skin, 80)
    for side in (-1, 1):
        x = f.at(side * f.half_width(0.05) * 0.98, -0.15)
        wx = f.at(side * float(np.abs(f.outline[:, 0]).max()) * 0.6, -0.1)
        top = f.crown
        if style in ("round", "big"):
            r = 0.22 if style == "round" else 0.42
            pen.shape(ellipse(x + side * r * 0.45, 0.08, r, r * 1.15), skin, HEAD)
            pen.stroke(ellipse(x + side * r * 0.5, 0.1, r * 0.5, r * 0.6)[14:24], inner, HEAD, pen.ink * 0.9)
        elif style == "elf":
            q = np.array(
                [(x - side * 0.1, -0.16), (x + side * 0.62, -0.62), (x + side * 0.42, 0.02), (x - side * 0.05, 0.34)]
            )
            pen.shape(np.array(q), skin, HEAD)
            pen.fill(
                np.array([(x + side * 0.08, -0.08), (x + side * 0.45, -0.42), (x + side * 0.26, 0.0)]), inner, HEAD
            )
        elif style == "cat":
            q = np.array(
                [(wx - side * 0.32, top * 0.78), (wx + side * 0.28, top - 0.52), (wx + side * 0.42, top * 0.45)]
            )
            pen.shape(q, skin, HEAD)
            pen.fill(q * 0.62 + q.mean(axis=0) * 0.38, inner, HEAD)
        elif style == "bunny":
            q = ellipse(wx + side * 0.02, top - 0.5, 0.25, 0.82)
            q[:, 0] += side * 0.22 * (top - 0.1 - q[:, 1])
            pen.shape(q, skin, HEAD)
            pen.fill(q * (0.5, 0.72) + q.mean(axis=0) * (0.5, 0.28), inner, HEAD)
        elif style == "bear":
            pen.shape(ellipse(wx + side * 0.2, top * 0.86, 0.38), skin, HEAD)
            pen.fill(ellipse(wx + side * 0.22, top * 0.86, 0.2), inner, HEAD)
        elif style == "fin":
            q = np.array(
                [
                    (x - side * 0.1, -0.25),
                    (x + side * 0.55, -0.45),
                    (x + side * 0.38, -0.12),
                    (x + side * 0.6, 0.08),
                    (x + side * 0.35, 0.2),
                    (x + side * 0.42, 0.5),
                    (x - side * 0.1, 0.4),
                ]
            )
            pen.shape(q, mix(skin, f.hair, 50), HEAD)
        elif style == "bolt":
            for a, b, h in ((0.0, 0.2, 0.14), (0.2, 0.36, 0.26)):
                q = np.array([(x + side * a, -h), (x + side * b, -h), (x + side * b, h), (x + side * a, h)])
                pen.shape(np.array(q), shade(skin, 82), HEAD)
        elif style == "floppy":
            q = np.array(
                [
                    (wx, top * 0.9),
                    (wx + side * 0.55, top * 0.85),
                    (wx + side * 0.85, -0.1),
                    (wx + side * 0.72, 0.5),
                    (wx + side * 0.42, 0.3),
                    (wx + side * 0.35, -0.4),
                ]
            )
            pen.shape(smooth(q), shade(skin, 78), HEAD)


def head(pen: Pen, f: Figure) -> None:
    """The head itself, with a shaded side, and its cheeks."""
    skin = f.skin
    pen.fill(f.outline, shade(skin, 87), HEAD)
    pen.fill(f.outline * (0.93, 0.95) + (-0.06, -0.045), skin, HEAD)
    pen.stroke(f.outline, INK, HEAD, pen.ink, closed=True)
    style = f.who.cheeks
    y = f.who.eye_y + 0.42
    for side in (-1, 1):
        x = f.at(side * 0.56 * f.half_width(y), 0.85)
        if style == "blush":
            pen.fill(ellipse(x, y, 0.17, 0.11), mix(skin, (240, 90, 90), 42), HEAD)
        elif style == "freckles":
            for dx, dy in ((-0.1, -0.03), (0.02, 0.05), (0.12, -0.04)):
                pen.fill(ellipse(x + dx, y + dy, 0.038), mix(skin, (120, 60, 20), 62), HEAD)
        elif style == "stripes":
            for dy in (-0.1, 0.08):
                q = np.array([(x - 0.12, y + dy), (x + side * 0.3, y + dy * 2.0)])
                pen.stroke(q, shade(skin, 45), HEAD, pen.ink * 1.2)
        elif style == "spots":
            pen.fill(ellipse(x + side * 0.1, y + 0.12, 0.12), shade(skin, 66), HEAD)
            pen.fill(
                ellipse(f.at(side * 0.36 * f.half_width(f.crown * 0.6), 0.6), f.crown * 0.62, 0.15, 0.12),
                shade(skin, 66),
                HEAD,
            )
    if style == "mole":
        pen.fill(ellipse(f.at(0.42 * f.half_width(y), 0.9), y + 0.16, 0.055), shade(skin, 35), HEAD)


def eyes(pen: Pen, f: Figure) -> None:
    """Eyes with lids and pupils, one (cyclops) or two."""
    who, pose = f.who, f.pose
    style, y = who.eyes, who.eye_y
    shapes = {
        "round": (0.3, 0.3, 0.31),
        "oval": (0.23, 0.32, 0.34),
        "dots": (0.085, 0.12, 0.34),
        "sleepy": (0.27, 0.25, 0.33),
        "wide": (0.38, 0.38, 0.38),
        "narrow": (0.3, 0.15, 0.37),
        "cyclops": (0.46, 0.44, 0.0),
        "tall": (0.2, 0.44, 0.24),
        "bug": (0.36, 0.36, 0.62),
    }
    rx, ry, gap = shapes[style]
    rx, ry, gap = rx * who.eye_size, ry * who.eye_size, gap * who.eye_gap
    for side in (0,) if style == "cyclops" else (-1, 1):
        x = f.at(side * gap, 0.92)
        squeeze = rx * (1 - 0.25 * max(0.0, side * f.pose.turn))
        shut = pose.lids == "closed" or (pose.lids == "wink" and side == 1)
        if shut:
            arc = ellipse(x, y - 0.05, squeeze, ry * 0.4 + 0.06)[:13]
            pen.stroke(arc, INK, EYES, pen.ink * 1.5)
            if who.lashes:
                pen.stroke(
                    np.array([(x + side * squeeze, y - 0.02), (x + side * (squeeze + 0.12), y - 0.1)]),
                    INK,
                    EYES,
                    pen.ink,
                )
            continue
        if style == "dots":
            pen.fill(ellipse(x, y, rx, ry), INK, EYES)
            pen.fill(ellipse(x - 0.03 * who.eye_size, y - 0.05 * who.eye_size, rx * 0.34), WHITE, EYES)
        else:
            white = ellipse(x, y, squeeze, ry)
            pen.shape(white, WHITE, EYES)
            pupil = 0.115 if style != "cyclops" else 0.2
            pupil *= who.eye_size
            px = x + pose.look[0] * (squeeze - pupil) * 0.72 + 0.25 * f.sin * rx
            py = y + pose.look[1] * max(0.0, ry - pupil) * 0.6
            pen.fill(ellipse(px, py, pupil, min(pupil * 1.15, ry * 0.9)), INK, EYES)
            pen.fill(ellipse(px - pupil * 0.32, py - pupil * 0.4, pupil * 0.36), WHITE, EYES)
            drop = {"sleepy": 0.15, "narrow": 0.35}.get(style, 1.0)
            if pose.lids == "half":
                drop = min(drop, 0.3)
            if drop < 1.0:
                upper = white[12:] if drop > 0.5 else white[11:]
                lid = np.concatenate([upper, white[:2]])
                edge = y - ry * drop * 0.35
                lid = np.minimum(lid, [10.0, edge])
                pen.shape(lid, shade(f.skin, 84), EYES)
        if who.lashes:
            for a in (0.15, 0.6):
                ex, ey = x + side * squeeze * (0.95 - 0.3 * a), y - ry * (0.35 + 0.6 * a)
                tip = np.array([(ex, ey), (ex + side * 0.16, ey - 0.12)])
                pen.stroke(tip, INK, EYES, pen.ink * 1.1)


def brows(pen: Pen, f: Figure) -> None:
    """Eyebrows; they carry much of the expression."""
    style, who = f.who.brows, f.who
    if style == "none":
        return
    lift = who.eye_y - 0.36 * who.eye_size - 0.12 - 0.08 * f.pose.brow
    slant = -0.13 * f.pose.brow + (0.12 if style == "angled" else 0.0)
    colour = shade(f.hair, 62) if style != "bushy" else f.hair
    gap = 0.0 if who.eyes == "cyclops" else {"bug": 0.62, "tall": 0.24}.get(who.eyes, 0.34) * who.eye_gap
    if style == "uni" or gap == 0.0:
        q = smooth(
            f.face(
                [
                    (-0.58, lift + 0.06),
                    (-0.3, lift - 0.05),
                    (0, lift + 0.1 * slant + 0.04),
                    (0.3, lift - 0.05),
                    (0.58, lift + 0.06),
                ]
            ),
            False,
        )
        pen.stroke(q, colour, HEAD, 0.14)
        return
    width = {"thin": 0.07, "thick": 0.15, "angled": 0.11, "bushy": 0.2}[style]
    for side in (-1, 1):
        q = f.face(
            [
                (side * (gap - 0.2), lift + slant * 0.9),
                (side * (gap + 0.02), lift - 0.06),
                (side * (gap + 0.24), lift - slant * 0.5),
            ]
        )
        pen.stroke(smooth(q, False), colour, HEAD, width)


def nose(pen: Pen, f: Figure) -> None:
    """The nose; it moves most when the head turns."""
    style, s = f.who.nose, f.who.nose_size
    x, y = f.at(0.0, 1.25), f.who.eye_y + 0.34
    skin, d = f.skin, 1 if f.pose.turn >= 0 else -1
    if style == "ball":
        pen.shape(ellipse(x, y, 0.22 * s, 0.2 * s), mix(skin, (235, 100, 80), 26), HEAD)
        pen.fill(ellipse(x - 0.07 * s, y - 0.07 * s, 0.055 * s), shade(skin, 150), HEAD)
    elif style == "button":
        pen.stroke(ellipse(x, y, 0.11 * s, 0.09 * s)[1:12], INK, HEAD, pen.ink)
    elif style == "point":
        q = np.array(
            [(x - d * 0.1 * s, y - 0.24 * s), (x + d * 0.42 * s, y + 0.08 * s), (x - d * 0.1 * s, y + 0.16 * s)]
        )
        pen.shape(q, skin, HEAD)
    elif style == "hook":
        q = np.array(
            [
                (x - d * 0.08, y - 0.36 * s),
                (x + d * 0.3 * s, y - 0.1 * s),
                (x + d * 0.3 * s, y + 0.22 * s),
                (x, y + 0.12 * s),
                (x - d * 0.16 * s, y + 0.1 * s),
            ]
        )
        pen.shape(smooth(q), skin, HEAD)
    elif style == "snout":
        pen.shape(ellipse(x, y + 0.14 * s, 0.44 * s, 0.3 * s), shade(skin, 118), HEAD)
        pen.shape(ellipse(x, y + 0.0, 0.17 * s, 0.12 * s), (70, 46, 52), HEAD)
    elif style == "beak":
        q = np.array([(x - 0.34 * s, y), (x, y - 0.24 * s), (x + 0.34 * s, y), (x + d * 0.12 * s, y + 0.42 * s)])
        pen.shape(q, (248, 176, 54), HEAD)
        pen.stroke(q[[0, 2]], INK, HEAD, pen.ink * 0.8)
    elif style == "triangle":
        q = np.array([(x - 0.17 * s, y - 0.06), (x + 0.17 * s, y - 0.06), (x, y + 0.16 * s)])
        pen.shape(q, (222, 106, 120), HEAD)
    elif style == "drop":
        q = np.array(
            [
                (x, y - 0.5 * s),
                (x + 0.12 * s, y - 0.1 * s),
                (x + 0.24 * s, y + 0.2 * s),
                (x, y + 0.38 * s),
                (x - 0.24 * s, y + 0.2 * s),
                (x - 0.12 * s, y - 0.1 * s),
            ]
        )
        pen.shape(smooth(q), mix(skin, (235, 100, 80), 14), HEAD)
    elif style == "long":
        q = np.array(
            [
                (x, y - 0.14 * s),
                (x + d * 0.5 * s, y - 0.1 * s),
                (x + d * 0.86 * s, y + 0.02),
                (x + d * 0.5 * s, y + 0.14 * s),
                (x, y + 0.16 * s),
            ]
        )
        pen.shape(smooth(q), mix(skin, (235, 100, 80), 18), HEAD)


def _mouth_y(f: Figure) -> float:
    low = f.who.eye_y + 0.34 + (0.3 if f.who.nose in ("snout", "beak", "drop") else 0.2) * f.who.nose_size
    return min(0.5 * (low + f.chin) + 0.0, f.chin - 0.24)


def mouth(pen: Pen, f: Figure) -> None:
    """The mouth in the pose's expression, with teeth."""
    y, w, teeth = _mouth_y(f), 0.42 * f.who.mouth_width, f.who.teeth
    style = f.pose.mouth
    room = min(1.0, max(0.45, (f.chin - y) / 0.42))

    def face(points):
        return f.face(points, 0.95)

    if style in ("grin", "open"):
        deep = (0.3 if style == "grin" else 0.42) * room
        upper = smooth(face([(-w, y - 0.08), (-w * 0.4, y), (w * 0.4, y), (w, y - 0.08)]), False)
        lower = smooth(
            face(
                [(w, y - 0.08), (w * 0.6, y + deep * 0.75), (0, y + deep), (-w * 0.6, y + deep * 0.75), (-w, y - 0.08)]
            ),
            False,
        )
        pen.fill(np.concatenate([upper, lower]), WHITE if style == "grin" or teeth == "grille" else DARK_MOUTH, MOUTH)
        if style == "open":
            pen.fill(ellipse(f.at(0, 0.95), y + deep * 0.72, w * 0.5, deep * 0.24), TONGUE, MOUTH)
            pen.fill(
                face([(-w * 0.62, y - 0.01), (w * 0.62, y - 0.01), (w * 0.56, y + 0.09), (-w * 0.56, y + 0.09)]),
                WHITE,
                MOUTH,
            )
        if teeth == "grille" or (style == "grin" and teeth == "none"):
            for k in (-0.5, 0.0, 0.5):
                pen.stroke(
                    face([(k * w, y - 0.02), (k * w, y + deep * (0.9 - 0.5 * abs(k)))]),
                    (150, 140, 140),
                    MOUTH,
                    pen.ink * 0.6,
                )
        pen.stroke(np.concatenate([upper, lower]), INK, MOUTH, pen.ink, closed=True)
        base = y
    elif style == "oh":
        pen.shape(ellipse(f.at(0, 0.95), y + 0.08, 0.15 * f.who.mouth_width, 0.19 * room), DARK_MOUTH, MOUTH)
        base = y - 0.06
    else:
        bend = {"smile": 0.17, "frown": -0.16, "flat": 0.0}[style]
        lip = np.array(
            [
                (-w, y - bend * 0.6),
                (-w * 0.5, y + bend * 0.35),
                (0, y + bend * 0.65),
                (w * 0.5, y + bend * 0.35),
                (w, y - bend * 0.6),
            ]
        )
        pen.stroke(smooth(face(lip), False), INK, MOUTH, pen.ink * 1.5)
        if style == "smile":
            for side in (-1, 1):
                pen.stroke(face([(side * w - 0.05, y - 0.16), (side * w + 0.05, y - 0.07)]), INK, MOUTH, pen.ink * 1.1)
        base = y + bend * 0.5
    if teeth == "buck":
        pen.shape(face([(-0.13, base), (0.13, base), (0.12, base + 0.2), (-0.12, base + 0.2)]), WHITE, MOUTH, 0.8)
        pen.stroke(face([(0, base), (0, base + 0.18)]), INK, MOUTH, pen.ink * 0.6)
    elif teeth == "fangs":
        for side in (-1, 1):
            pen.shape(
                face([(side * w * 0.62, base), (side * w * 0.3, base), (side * w * 0.46, base + 0.24)]),
                WHITE,
                MOUTH,
                0.7,
            )
    elif teeth == "gap":
        for side in (-1, 1):
            pen.shape(
                face(
                    [(side * 0.05, base), (side * 0.19, base), (side * 0.18, base + 0.14), (side * 0.05, base + 0.14)]
                ),
                WHITE,
                MOUTH,
                0.7,
            )


def beard(pen: Pen, f: Figure) -> None:
    """Beards and moustaches (drawn before the mouth where the mouth shows through)."""
    style, colour = f.who.beard, f.hair
    y, chin = _mouth_y(f), f.chin
    if style in ("full", "long"):
        low = chin + (0.22 if style == "full" else 0.95)
        w = f.half_width(0.3)
        outer = [
            (-w * 1.03, -0.05),
            (-w * 1.02, 0.5),
            (-w * 0.62, chin),
            (0, low),
            (w * 0.62, chin),
            (w * 1.02, 0.5),
            (w * 1.03, -0.05),
        ]
        inner = f.face(
            [(w * 0.72, 0.25), (w * 0.5, y - 0.22), (0, y - 0.26), (-w * 0.5, y - 0.22), (-w * 0.72, 0.25)], 0.6
        )
        pen.shape(np.concatenate([smooth(outer, False), smooth(inner, False)]), colour, HAIR)
        if style == "long":
            for k in (-0.28, 0.0, 0.28):
                pen.stroke(np.array([(k, chin * 0.95), (k * 0.6, low - 0.25)]), shade(colour, 76), HAIR, pen.ink * 0.8)
    elif style == "stubble":
        w = f.half_width(y) * 0.78
        q = f.face(
            [
                (-w, y - 0.26),
                (w, y - 0.26),
                (w * 0.95, y + 0.12),
                (w * 0.5, chin * 0.97),
                (-w * 0.5, chin * 0.97),
                (-w * 0.95, y + 0.12),
            ],
            0.5,
        )
        pen.fill(smooth(q), mix(f.skin, shade(f.hair, 50), 34), HEAD)
    elif style == "goatee":
        q = f.face([(-0.2, y + 0.24), (0.2, y + 0.24), (0.16, chin + 0.02), (0, chin + 0.3), (-0.16, chin + 0.02)], 0.7)
        pen.shape(smooth(q), colour, HAIR)
    elif style == "lips":
        q = f.face(
            [
                (-0.3, y),
                (-0.12, y - 0.13),
                (0, y - 0.08),
                (0.12, y - 0.13),
                (0.3, y),
                (0.14, y + 0.17),
                (-0.14, y + 0.17),
            ],
            0.95,
        )
        pen.shape(smooth(q), (206, 52, 72), MOUTH, 0.7)


def moustache(pen: Pen, f: Figure) -> None:
    """Moustaches, drawn over the mouth."""
    style, colour = f.who.beard, f.hair
    y = _mouth_y(f) - 0.1
    if style not in ("moustache", "walrus", "handlebar", "full", "long"):
        return
    half = {
        "moustache": [(0, -0.12), (0.26, -0.12), (0.52, 0.08), (0.24, 0.08), (0, 0.02)],
        "walrus": [(0, -0.16), (0.34, -0.12), (0.62, 0.34), (0.36, 0.24), (0.12, 0.14), (0, 0.08)],
        "handlebar": [(0, -0.08), (0.28, -0.06), (0.58, -0.08), (0.78, -0.36), (0.76, 0.02), (0.46, 0.16), (0, 0.05)],
        "full": [(0, -0.12), (0.26, -0.12), (0.5, 0.06), (0.24, 0.08), (0, 0.02)],
        "long": [(0, -0.12), (0.3, -0.12), (0.62, 0.2), (0.24, 0.1), (0, 0.02)],
    }[style]
    q = np.array(half)
    outline = smooth(mirrored(q) + np.array((0.0, y)))
    pen.shape(f.face(outline, 1.05), shade(colour, 108) if style in ("full", "long") else colour, HAIR)


def glasses(pen: Pen, f: Figure) -> None:
    """Glasses and the like; an accessory."""
    style, who = f.who.glasses, f.who
    if style == "none":
        return
    y, g = who.eye_y, max(0.36, 0.36 * who.eye_gap)
    frame = f.outfit[1] if style in ("cateye", "goggles") else INK
    r = 0.33 * max(0.85, min(1.2, who.eye_size))
    if style == "patch":
        x = f.at(-g, 0.92)
        pen.stroke(
            np.array([(-f.half_width(y), y), (x, y - 0.1), (f.half_width(f.crown * 0.6), f.crown * 0.6)]),
            INK,
            ACCESSORY,
            pen.ink * 1.4,
        )
        pen.fill(ellipse(x, y, r * 1.02, r * 1.05), INK, ACCESSORY)
        return
    if style == "goggles":
        w = f.half_width(y)
        for side in (-1, 1):
            inner = f.at(side * g, 0.98) + side * r
            strap = np.array(
                [(inner, y - 0.12), (side * w * 1.03, y - 0.12), (side * w * 1.03, y + 0.12), (inner, y + 0.12)]
            )
            if side * (side * w * 1.03 - inner) > 0:
                pen.shape(strap, shade(frame, 60), ACCESSORY)
    for side in (1,) if style == "monocle" else (-1, 1):
        x = f.at(side * g, 0.98)
        if style in ("round", "monocle"):
            pen.stroke(ellipse(x, y, r), frame, ACCESSORY, pen.ink * 1.7, closed=True)
        elif style == "goggles":
            pen.stroke(ellipse(x, y, r * 1.05), frame, ACCESSORY, pen.ink * 3.4, closed=True)
            pen.stroke(ellipse(x, y, r * 1.28), INK, ACCESSORY, pen.ink, closed=True)
        elif style == "square":
            q = np.array([(x - r, y - r * 0.8), (x + r, y - r * 0.8), (x + r, y + r * 0.8), (x - r, y + r * 0.8)])
            pen.stroke(q, frame, ACCESSORY, pen.ink * 1.9, closed=True)
        elif style == "cateye":
            q = np.array(
                [
                    (x - side * r, y - r * 0.55),
                    (x + side * r * 1.5, y - r * 1.15),
                    (x + side * r, y + r * 0.5),
                    (x - side * r * 0.6, y + r * 0.75),
                ]
            )
            pen.stroke(q, INK, ACCESSORY, pen.ink * 3.2, closed=True)
            pen.stroke(q, frame, ACCESSORY, pen.ink * 1.6, closed=True)
        elif style == "shades":
            q = np.array(
                [
                    (x - r * 1.05, y - r * 0.62),
                    (x + r * 1.05, y - r * 0.62),
                    (x + r * 0.8, y + r * 0.7),
                    (x - r * 0.8, y + r * 0.7),
                ]
            )
            pen.shape(q, (36, 34, 48), ACCESSORY)
            pen.stroke(
                np.array([(x - r * 0.6, y - r * 0.25), (x - r * 0.2, y + r * 0.35)]),
                (150, 160, 190),
                ACCESSORY,
                pen.ink,
            )
        if style != "monocle":
            edge = f.at(side * f.half_width(y), 0.0)
            pen.stroke(np.array([(x + side * r, y - 0.05), (edge, y - 0.08)]), frame, ACCESSORY, pen.ink * 1.2)
    if style == "monocle":
        x = f.at(g, 0.98)
        pen.stroke(
            smooth([(x + r, y), (x + r + 0.1, y + 0.5), (x + r - 0.05, y + 1.0)], False), frame, ACCESSORY, pen.ink
        )
    else:
        a, b = f.at(-g, 0.98) + r, f.at(g, 0.98) - r
        if b > a:
            pen.stroke(np.array([(a, y - 0.05), (b, y - 0.05)]), frame, ACCESSORY, pen.ink * 1.5)
