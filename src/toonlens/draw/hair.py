"""Hair: what lies behind the head and what lies on it."""

import numpy as np

from toonlens.draw.character import HAIR, Figure
from toonlens.draw.pen import Pen, cos_sin, ellipse, shade, smooth


def _hairline(f: Figure, left: np.ndarray, right: np.ndarray, fringe: str) -> np.ndarray:
    """Lower edge of the hair on the forehead, from right to left."""
    top = f.crown
    ends = (left[0], right[0])
    y = 0.5 * (left[1] + right[1])
    middle = f.at(0.0, 0.45)

    def across(ts, ys):
        ts = np.asarray(ts, dtype=np.float64)
        x = np.where(ts < 0, middle + ts * (middle - ends[0]), middle + ts * (ends[1] - middle))
        return np.stack([x, ys], axis=1)

    if fringe == "straight":
        return smooth(across([0.96, 0.5, 0.0, -0.5, -0.96], [y, y - 0.06, y - 0.08, y - 0.06, y]), closed=False)
    if fringe == "zigzag":
        ts = np.linspace(0.96, -0.96, 9)
        ys = np.where(np.arange(9) % 2 == 0, y + 0.04, y - 0.28)
        return across(ts, ys)
    if fringe == "side":
        return smooth(
            across([0.97, 0.8, 0.4, -0.1, -0.5, -0.86, -0.97], [y, y - 0.1, y - 0.3, y - 0.5, y - 0.4, y - 0.02, y]),
            False,
        )
    if fringe == "parted":
        ys = [y, y - 0.12, y - 0.42, top * 0.78, y - 0.42, y - 0.12, y]
        return smooth(across([0.97, 0.86, 0.5, 0.0, -0.5, -0.86, -0.97], ys), closed=False)
    if fringe == "peak":
        ys = [y, y - 0.42, y - 0.46, y - 0.12, y - 0.46, y - 0.42, y]
        return smooth(across([0.97, 0.8, 0.45, 0.0, -0.45, -0.8, -0.97], ys), closed=False)
    ys = [y, y - 0.3, top * 0.72, top * 0.74, top * 0.72, y - 0.3, y]
    return smooth(across([0.97, 0.82, 0.45, 0.0, -0.45, -0.82, -0.97], ys), closed=False)


def _blobs(pen: Pen, f: Figure, centres: np.ndarray, radius: float) -> None:
    """A cloud of overlapping discs with one common outline."""
    colour = f.hair
    for x, y in centres.tolist():
        pen.fill(ellipse(x, y, radius + pen.ink * 0.9), (40, 28, 36), HAIR)
    for x, y in centres.tolist():
        pen.fill(ellipse(x, y, radius), colour, HAIR)
    light = shade(colour, 122)
    for x, y in centres[::2].tolist():
        pen.stroke(ellipse(x, y, radius * 0.62)[15:20], light, HAIR, pen.ink * 0.9)


def back_hair(pen: Pen, f: Figure) -> None:
    """Hair behind head and body."""
    style, colour, s = f.who.back, shade(f.hair, 86), f.who.hair_size
    w = float(np.abs(f.outline[:, 0]).max())
    top = f.crown
    dx = f.at(0.0, -0.35)
    if style == "none":
        return
    if style in ("long", "wavy", "bob", "mane"):
        low = {"long": 1.9 * s, "wavy": 1.7 * s, "bob": 0.85, "mane": 0.95}[style]
        flare = {"long": 1.1, "wavy": 1.28, "bob": 1.32, "mane": 1.45}[style]
        right = [(0, top * 1.12), (w * 0.8, top * 0.9), (w * 1.16, -0.25), (w * flare, 0.35 * low + 0.1)]
        if style == "wavy":
            right += [(w * 1.08, 0.55 * low), (w * 1.36, 0.78 * low), (w * 1.1, low), (w * 0.5, low * 0.93)]
        elif style == "long":
            right += [(w * 1.14, 0.75 * low), (w * 1.02, low), (w * 0.55, low * 1.02)]
        elif style == "bob":
            right += [(w * 1.4, low), (w * 0.9, low * 1.12)]
        p = np.array(right)
        if style == "mane":
            angle = np.linspace(0, np.pi, 15)
            c, sn = cos_sin(angle)
            reach = np.where(np.arange(15) % 2 == 0, 1.42, 1.18) * s
            p = np.stack([sn * reach * w, -c * reach * max(1.0, -top)], axis=1)
            outline = np.concatenate([p, p[-2:0:-1] * (-1.0, 1.0)])
        else:
            outline = smooth(np.concatenate([p, p[:0:-1] * (-1.0, 1.0)]))
        pen.shape(outline + np.array((dx, 0.0)), colour, HAIR)
    elif style == "afro":
        angle = np.linspace(0, 2 * np.pi, 15)[:-1]
        c, sn = cos_sin(angle)
        r = 1.08 * s
        _blobs(pen, f, np.stack([dx + c * r * w, -0.3 + sn * r * 0.95], axis=1), 0.46 * s)
        pen.fill(ellipse(dx, -0.3, 1.05 * s * w, 1.05 * s), f.hair, HAIR)
    elif style == "pigtails":
        for side in (-1, 1):
            x = f.at(side * w * 1.02, -0.25)
            p = np.array([(0, -0.2), (0.42, -0.32), (0.72, 0.1), (0.56, 0.75), (0.3, 1.05), (0.22, 0.6), (0.02, 0.2)])
            q = np.array(p) * (side * s, s) + (x, -0.35)
            pen.shape(smooth(q), f.hair, HAIR)
            pen.stroke(smooth(q[[1, 2, 3]] * (0.93, 1.0) + (0, 0.1), False), shade(f.hair, 70), HAIR, pen.ink * 0.8)
    elif style == "bun":
        pen.shape(ellipse(dx, top * 1.1 - 0.3 * s, 0.52 * s, 0.46 * s), f.hair, HAIR)
        pen.stroke(ellipse(dx, top * 1.1 - 0.3 * s, 0.3 * s, 0.26 * s)[2:16], shade(f.hair, 68), HAIR, pen.ink * 0.8)
    elif style == "buns":
        for side in (-1, 1):
            x, y = f.at(side * w * 0.78, -0.2), top * 0.92
            pen.shape(ellipse(x, y, 0.44 * s), f.hair, HAIR)
            pen.stroke(ellipse(x, y, 0.25 * s)[2:16], shade(f.hair, 68), HAIR, pen.ink * 0.8)
    elif style == "ponytail":
        x = f.at(0.0, -1.1)
        p = np.array(
            [(0, 0.1), (-0.2, -0.5), (0.3, -0.72), (0.85, -0.4), (1.05, 0.35), (0.8, 1.15), (0.66, 0.5), (0.4, 0.05)]
        )
        q = np.array(p) * s + (w * 0.55 + x * 0.5, top * 0.78)
        pen.shape(smooth(q), f.hair, HAIR)
        pen.stroke(smooth(q[[2, 3, 4, 5]] * (0.94, 1.0), False), shade(f.hair, 70), HAIR, pen.ink * 0.8)
    elif style == "braids":
        for side in (-1, 1):
            x = f.at(side * w * 0.98, -0.2)
            for k in range(4):
                q = ellipse(x + side * 0.06 * k * s, 0.3 + 0.36 * k * s, (0.27 - 0.03 * k) * s, 0.24 * s)
                pen.shape(q, f.hair, HAIR)


def side_hair(pen: Pen, f: Figure) -> None:
    """Tufts over the ears, drawn before the head so that a turned face stays free."""
    if f.who.hair != "tufts":
        return
    for side in (-1, 1):
        x = f.at(side * f.half_width(-0.1), -0.1)
        _blobs(
            pen,
            f,
            np.array([(x + side * dx, y) for dx, y in ((0.06, -0.48), (0.2, -0.18), (0.12, 0.14))]),
            0.24 * f.who.hair_size,
        )


def front_hair(pen: Pen, f: Figure) -> None:
    """Hair on the head."""
    style, colour, s = f.who.hair, f.hair, f.who.hair_size
    if style in ("bald", "tufts"):
        return
    dark, light = shade(colour, 72), shade(colour, 124)
    top = f.crown
    w = float(np.abs(f.outline[:, 0]).max())
    mid = f.at(0.0, 0.3)
    if style in ("cap", "bowl", "spikes", "curls", "flat", "quiff", "dome", "flame"):
        below = {"bowl": 0.12, "cap": -0.15, "curls": -0.3, "dome": -0.3}.get(style, -0.35)
        rim = f.rim(1.07 if style != "bowl" else 1.14, below)
        left, right = rim[0], rim[-1]
        line = _hairline(f, left, right, f.who.fringe)
        if style == "spikes":
            n = 7
            k = np.linspace(0, len(rim) - 1, n * 2 + 1).astype(int)
            tips = rim[k].copy()
            reach = np.where(np.arange(n) % 2 == 0, 1.36, 1.52)[:, None]
            tips[1::2] = tips[1::2] * (1 + (reach - 1) * s) + (0.1 * f.sin, 0)
            rim = tips
        elif style == "flame":
            tips = np.array(
                [
                    left,
                    (left[0] * 1.15, top * 0.8),
                    (left[0] * 0.72, top * 0.95),
                    (left[0] * 0.62, top * (1.05 + 0.35 * s)),
                    (left[0] * 0.1, top * 1.08),
                    (0.22 * w, top * (1.1 + 0.6 * s)),
                    (right[0] * 0.5, top * 1.02),
                    (right[0] * 0.98, top * (1.0 + 0.35 * s)),
                    (right[0] * 0.96, top * 0.7),
                    right,
                ]
            )
            rim = np.array(tips)
        elif style == "flat":
            y = top * (1.0 + 0.3 * s)
            rim = np.array([left, (left[0] * 1.04, y), (right[0] * 1.04, y), right])
        elif style == "dome":
            y = top * (1.0 + 0.85 * s)
            tips = np.array(
                [
                    left,
                    (left[0] * 1.16, top * 0.9),
                    (left[0] * 0.98, 0.5 * (top + y)),
                    (left[0] * 0.5, y),
                    (right[0] * 0.5, y),
                    (right[0] * 0.98, 0.5 * (top + y)),
                    (right[0] * 1.16, top * 0.9),
                    right,
                ]
            )
            rim = smooth(tips, closed=False)
        elif style == "quiff":
            tips = np.array(
                [
                    left,
                    (left[0] * 1.0, top * 0.86),
                    (left[0] * 0.55, top * 1.12),
                    (0.1, top * (1.12 + 0.2 * s)),
                    (right[0] * 0.9, top * (1.15 + 0.4 * s)),
                    (right[0] * 1.3, top * (0.95 + 0.3 * s)),
                    (right[0] * 0.98, top * 0.88),
                    right,
                ]
            )
            rim = smooth(tips, closed=False)
        if style == "curls":
            k = np.linspace(0, len(rim) - 1, 9).astype(int)
            inner = rim[k] * 0.93
            inner[:, 0] += 0.15 * f.sin
            row = np.stack(
                [np.linspace(left[0] * 0.7, right[0] * 0.7, 5) + 0.4 * f.sin, np.full(5, top * 0.72)], axis=1
            )
            _blobs(pen, f, np.concatenate([inner, row]), 0.27 * s)
            return
        pen.shape(np.concatenate([rim, line]), colour, HAIR)
        if style == "dome":
            for part in (0.25, 0.6):
                y = top * (1.0 + 0.85 * s * part)
                pen.stroke(
                    smooth([(left[0] * 0.8, y), (mid, y + 0.1), (right[0] * 0.8, y)], False), dark, HAIR, pen.ink * 0.9
                )
        elif style in ("cap", "bowl", "quiff"):
            arc = f.rim(0.97, top * 0.35)
            n = len(arc)
            pen.stroke(arc[n // 5 : n // 2], light, HAIR, pen.ink * 1.5)
        elif style == "flat":
            y = top * (1.0 + 0.14 * s)
            pen.stroke(np.array([(left[0] * 0.8, y), (left[0] * 0.1, y)]), light, HAIR, pen.ink * 1.5)
    elif style == "crest":
        h = top * (1.0 + 0.62 * s)
        m = f.at(0.0, 0.15)
        half = np.array(
            [
                (-0.34, top * 0.62),
                (-0.42, top * 1.0),
                (-0.5, h * 0.98),
                (-0.2, top * 1.25),
                (-0.14, h * 1.1),
                (0.08, top * 1.28),
                (0.2, h * 1.12),
                (0.24, top * 1.22),
                (0.52, h * 0.96),
                (0.4, top * 0.98),
                (0.34, top * 0.6),
                (0.0, top * 0.5),
            ]
        )
        pen.shape(half * (w, 1.0) + (m, 0.0), colour, HAIR)
    elif style == "tuft":
        m = f.at(0.0, 0.1)
        for x, h, bend in ((-0.18, 0.5, -0.32), (0.2, 0.48, 0.34), (0.02, 0.72, 0.08)):
            q = np.array(
                [
                    (m + x - 0.12, top * 0.93),
                    (m + x - 0.1 + bend * 0.4, top - h * 0.55 * s),
                    (m + x + bend, top - h * s),
                    (m + x + 0.12 + bend * 0.45, top - h * 0.45 * s),
                    (m + x + 0.13, top * 0.93),
                ]
            )
            pen.shape(np.concatenate([smooth(q[:3], False), smooth(q[2:], False)]), colour, HAIR)
    elif style == "wisps":
        for x, bend in ((-0.42, -1), (-0.08, -0.4), (0.28, 1)):
            m = f.at(x * w, 0.1)
            curl = np.array(
                [
                    (m, top * 0.9),
                    (m + 0.12 * bend, top - 0.28 * s),
                    (m + 0.42 * bend, top - 0.46 * s),
                    (m + 0.6 * bend, top - 0.26 * s),
                ]
            )
            pen.limb(smooth(curl, False), colour, HAIR, 0.06)
    elif style == "swirl":
        m = f.at(0.0, 0.1)
        for turn, (r, h) in enumerate(((0.82, 0.3), (0.6, 0.28), (0.38, 0.26), (0.16, 0.26))):
            y = top * 0.92 - 0.3 * turn * s
            pen.shape(ellipse(m + 0.05 * turn, y, r * w * min(s, 1.2), h * s * 0.85), colour, HAIR)
            pen.stroke(ellipse(m + 0.05 * turn, y, r * w * 0.72, h * 0.5)[13:19], light, HAIR, pen.ink)
    elif style == "horns":
        for side in (-1, 1):
            x = f.at(side * w * 0.55, 0.0)
            q = np.array(
                [
                    (x - side * 0.2, top * 0.86),
                    (x + side * 0.12, top - 0.42 * s),
                    (x + side * 0.02, top - 0.82 * s),
                    (x + side * 0.46, top - 0.36 * s),
                    (x + side * 0.3, top * 0.7),
                ]
            )
            pen.shape(np.concatenate([smooth(q[:3], False), smooth(q[2:], False)]), colour, HAIR)
    elif style == "leaf":
        m = f.at(0.0, 0.1)
        for side in (-1, 1):
            q = np.array(
                [
                    (m, top * 0.95),
                    (m + side * 0.28, top - 0.5 * s),
                    (m + side * 0.95 * s, top - 0.62 * s),
                    (m + side * 0.7 * s, top - 0.12),
                ]
            )
            pen.shape(smooth(q), colour, HAIR)
            pen.stroke(np.array([q[0], (m + side * 0.66 * s, top - 0.42 * s)]), dark, HAIR, pen.ink * 0.9)
        pen.stroke(np.array([(m, top * 0.98), (m, top - 0.22)]), dark, HAIR, pen.ink * 2)
