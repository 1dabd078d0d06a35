"""Body and clothes. The body hangs below the head; its neck is the point about which the head tilts."""

import numpy as np

from toonlens.draw.character import ACCESSORY, BODY, CLOTHES, Figure
from toonlens.draw.pen import INK, Colour, Pen, ellipse, shade, smooth

# half widths of the torso at shoulder, middle and hem, and its height
BUILDS = {
    "slim": (0.78, 0.66, 0.74, 1.75),
    "wide": (1.12, 1.0, 0.98, 1.7),
    "round": (0.82, 1.25, 1.0, 1.65),
    "tall": (0.74, 0.6, 0.62, 2.2),
    "triangle": (1.25, 0.82, 0.66, 1.75),
}
WHITE = (250, 248, 240)


class _Torso:
    """The torso's outline as a function: left and right edge at a height 0 (neck) to 1 (hem)."""

    def __init__(self, f: Figure):
        self.top = f.chin - 0.08
        shoulder, middle, hem, self.height = BUILDS[f.who.build]
        style = f.who.clothes
        if style in ("dress", "robe"):
            hem *= 1.55
        if style in ("coat",):
            hem *= 1.2
        self.neck = 0.34
        self.widths = (shoulder, middle, hem)
        self.lean = f.pose.lean

    def half(self, t: float) -> float:
        a, b, c = self.widths
        if t < 0.16:
            k = t / 0.16
            return self.neck + (a - self.neck) * (1 - (1 - k) * (1 - k))
        u = (t - 0.16) / 0.84
        return a * (1 - u) * (1 - 2 * u) + 4 * b * u * (1 - u) + c * u * (2 * u - 1)

    def y(self, t: float) -> float:
        return self.top + t * self.height

    def x(self, side: float, t: float) -> float:
        return side * self.half(t) + self.lean * t

    def outline(self) -> np.ndarray:
        ts = (0.0, 0.04, 0.1, 0.16, 0.3, 0.45, 0.6, 0.75, 0.88, 1.0)
        right = [(self.x(1, t), self.y(t)) for t in ts]
        left = [(self.x(-1, t), self.y(t)) for t in reversed(ts)]
        return np.array(right + left)

    def belt(self, t0: float, t1: float, inset: float = 1.0) -> np.ndarray:
        ts = (t0, 0.5 * (t0 + t1), t1)
        right = [(self.x(inset, t), self.y(t)) for t in ts]
        left = [(self.x(-inset, t), self.y(t)) for t in reversed(ts)]
        return np.array(right + left)

    def at(self, u: float, t: float) -> tuple[float, float]:
        return self.x(u, t), self.y(t)


def _arm(pen: Pen, f: Figure, torso: _Torso, side: int, how: str, sleeve: Colour) -> None:
    sx, sy = torso.at(side * 0.86, 0.2)
    belly = side * max(0.0, torso.half(0.5) - torso.half(0.2))  # arms hang outside a round belly
    joints = {
        "down": ((sx + side * 0.32 + belly, sy + 0.62), (sx + side * 0.22 + belly, sy + 1.25)),
        "hip": ((sx + side * 0.62 + belly, sy + 0.52), (sx + side * 0.1 + belly, sy + 0.95)),
        "wave": ((sx + side * 0.7, sy + 0.22), (sx + side * 1.08, sy - 0.62)),
        "up": ((sx + side * 0.72, sy - 0.4), (sx + side * 0.86, sy - 1.3)),
        "out": ((sx + side * 0.6, sy + 0.15), (sx + side * 1.25, sy + 0.1)),
    }[how]
    path = smooth([(sx, sy), joints[0], joints[1]], False)
    pen.limb(path, f.skin, BODY, 0.24)
    cut = {"tee": 4, "dungarees": 4, "vest": 0, "dress": 4, "armour": 6}.get(f.who.clothes, 9)
    if cut:
        pen.limb(path[: cut + 1], sleeve, CLOTHES, 0.32)
    hx, hy = joints[1]
    if how in ("wave", "up"):
        for a in (-0.2, 0.0, 0.2):
            pen.limb(np.array([(hx, hy), (hx + a * 1.2, hy - 0.32)]), f.skin, BODY, 0.11)
        pen.limb(np.array([(hx, hy), (hx - side * 0.28, hy - 0.06)]), f.skin, BODY, 0.11)
        pen.fill(ellipse(hx, hy, 0.19), f.skin, BODY)
    else:
        pen.shape(ellipse(hx, hy, 0.2), f.skin, BODY)


def _pattern(pen: Pen, f: Figure, torso: _Torso, main: Colour, second: Colour) -> None:
    style = f.who.pattern
    if style == "stripes":
        for t in (0.24, 0.46, 0.68, 0.88):
            pen.fill(torso.belt(t, t + 0.1, 0.97), second, CLOTHES)
    elif style == "band":
        pen.fill(torso.belt(0.36, 0.58, 0.97), second, CLOTHES)
    elif style == "dots":
        for k, t in enumerate((0.26, 0.44, 0.62, 0.8, 0.95)):
            for u in (-0.6, 0.0, 0.6) if k % 2 else (-0.8, -0.3, 0.3, 0.8):
                x, y = torso.at(u, t)
                pen.fill(ellipse(x, y, 0.1), second, CLOTHES)
    elif style == "zigzag":
        us = np.linspace(-0.97, 0.97, 9)
        upper = [torso.at(float(u), 0.46 if k % 2 else 0.34) for k, u in enumerate(us)]
        lower = [(x, y + 0.24) for x, y in reversed(upper)]
        pen.fill(np.array(upper + lower), second, CLOTHES)
    elif style == "emblem":
        open_front = f.who.clothes in ("vest", "suit", "coat")
        x, y = torso.at(0.56, 0.36) if open_front else torso.at(0.0, 0.44)
        star = ellipse(x, y, 0.26 if open_front else 0.38)[np.array([18, 21, 23, 1, 4, 6, 9, 12, 14, 16])]
        star[1::2] = star[1::2] * 0.5 + np.array([x, y]) * 0.5
        pen.shape(star, second, CLOTHES, 0.7)
    elif style == "checks":
        for k, t in enumerate((0.2, 0.38, 0.56, 0.74, 0.9)):
            for u in (-0.72, -0.08, 0.52) if k % 2 else (-0.4, 0.22, 0.8):
                a, b = torso.at(u - 0.16, t), torso.at(u + 0.16, t + 0.1)
                pen.fill(np.array([a, (b[0], a[1]), b, (a[0], b[1])]), second, CLOTHES)
    elif style == "buttons":
        for t in (0.3, 0.48, 0.66, 0.84):
            x, y = torso.at(0.0, t)
            pen.shape(ellipse(x, y, 0.09), second, CLOTHES, 0.6)


def _cut(pen: Pen, f: Figure, torso: _Torso, main: Colour, second: Colour) -> None:
    """What makes the garment: lapels, straps, pocket, hood."""
    style = f.who.clothes
    x0, y0 = torso.at(0.0, 0.0)
    if style == "suit":
        x, y = torso.at(0.0, 0.6)
        pen.shape(np.array([(x0 - 0.3, y0), (x0 + 0.3, y0), (x, y)]), WHITE, CLOTHES, 0.8)
        for side in (-1, 1):
            q = np.array([(x0 + side * 0.3, y0), torso.at(side * 0.62, 0.18), torso.at(side * 0.4, 0.34), (x, y)])
            pen.shape(q, shade(main, 78), CLOTHES, 0.8)
        pen.stroke(np.array([(x, y), torso.at(0.0, 1.0)]), INK, CLOTHES, pen.ink)
    elif style == "coat":
        for side in (-1, 1):
            pen.shape(
                np.array(
                    [
                        (x0, y0 + 0.35),
                        (x0 + side * 0.28, y0 - 0.1),
                        torso.at(side * 0.7, 0.2),
                        torso.at(side * 0.28, 0.3),
                    ]
                ),
                second,
                CLOTHES,
                0.9,
            )
        pen.stroke(np.array([(x0, y0 + 0.35), torso.at(0.0, 1.0)]), INK, CLOTHES, pen.ink)
        for t in (0.45, 0.65):
            for side in (-1, 1):
                x, y = torso.at(side * 0.25, t)
                pen.fill(ellipse(x, y, 0.07), second, CLOTHES)
    elif style == "dungarees":
        bib = [
            torso.at(-0.56, 0.42),
            torso.at(0.56, 0.42),
            torso.at(0.97, 0.72),
            torso.at(1.0, 1.0),
            torso.at(-1.0, 1.0),
            torso.at(-0.97, 0.72),
        ]
        pen.shape(np.array(bib), second, CLOTHES)
        for side in (-1, 1):
            pen.limb(np.array([torso.at(side * 0.5, 0.46), torso.at(side * 0.62, 0.1)]), second, CLOTHES, 0.12)
            x, y = torso.at(side * 0.46, 0.48)
            pen.fill(ellipse(x, y, 0.07), (252, 214, 90), CLOTHES)
        pen.shape(
            np.array([torso.at(-0.3, 0.6), torso.at(0.3, 0.6), torso.at(0.26, 0.8), torso.at(-0.26, 0.8)]),
            shade(second, 88),
            CLOTHES,
            0.7,
        )
    elif style == "hoodie":
        pen.shape(
            smooth([torso.at(-0.72, 0.1), (x0, y0 - 0.12), torso.at(0.72, 0.1), (x0, y0 + 0.5)]),
            shade(main, 80),
            CLOTHES,
        )
        for side in (-1, 1):
            pen.stroke(
                np.array([(x0 + side * 0.14, y0 + 0.42), (x0 + side * 0.16, y0 + 0.85)]), WHITE, CLOTHES, pen.ink * 1.2
            )
        pen.stroke(
            np.array([torso.at(-0.5, 0.9), torso.at(-0.36, 0.68), torso.at(0.36, 0.68), torso.at(0.5, 0.9)]),
            INK,
            CLOTHES,
            pen.ink,
        )
    elif style == "vest":
        for side in (-1, 1):
            pen.stroke(
                np.array([(x0 + side * 0.3, y0), torso.at(side * 0.12, 0.5), torso.at(side * 0.2, 1.0)]),
                INK,
                CLOTHES,
                pen.ink,
            )
        pen.fill(
            np.array(
                [
                    (x0 - 0.28, y0),
                    (x0 + 0.28, y0),
                    torso.at(0.1, 0.5),
                    torso.at(0.17, 1.0),
                    torso.at(-0.17, 1.0),
                    torso.at(-0.1, 0.5),
                ]
            ),
            second,
            CLOTHES,
        )
    elif style == "robe":
        pen.stroke(np.array([(x0 - 0.3, y0), torso.at(0.3, 0.6), torso.at(0.36, 1.0)]), second, CLOTHES, 0.16)
        pen.fill(torso.belt(0.55, 0.66, 0.97), second, CLOTHES)
    elif style == "turtleneck":
        pen.shape(
            np.array([(x0 - 0.36, y0 - 0.22), (x0 + 0.36, y0 - 0.22), (x0 + 0.42, y0 + 0.16), (x0 - 0.42, y0 + 0.16)]),
            shade(main, 85),
            CLOTHES,
        )
    elif style == "armour":
        pen.shape(
            np.array([torso.at(-0.62, 0.22), torso.at(0.62, 0.22), torso.at(0.5, 0.62), torso.at(-0.5, 0.62)]),
            second,
            CLOTHES,
        )
        for k, u in enumerate((-0.3, 0.0, 0.3)):
            x, y = torso.at(u, 0.4)
            pen.fill(ellipse(x, y, 0.09), ((236, 80, 70), (250, 214, 80), (90, 200, 120))[k], CLOTHES)
    elif style == "dress":
        pen.fill(torso.belt(0.52, 0.6, 0.97), second, CLOTHES)


def _neckwear(pen: Pen, f: Figure, torso: _Torso, second: Colour) -> None:
    style = f.who.neckwear
    x, y = torso.at(0.0, 0.03)
    if style == "scarf":
        q = [
            (x - 0.52, y - 0.14),
            (x, y - 0.04),
            (x + 0.52, y - 0.14),
            (x + 0.6, y + 0.16),
            (x, y + 0.32),
            (x - 0.6, y + 0.16),
        ]
        tail = np.array([(x + 0.2, y + 0.14), (x + 0.5, y + 0.1), (x + 0.62, y + 0.95), (x + 0.28, y + 1.0)])
        pen.shape(tail, shade(second, 88), ACCESSORY)
        pen.shape(smooth(q), second, ACCESSORY)
    elif style == "tie":
        pen.shape(
            np.array(
                [(x - 0.12, y + 0.1), (x + 0.12, y + 0.1), (x + 0.2, y + 0.85), (x, y + 1.08), (x - 0.2, y + 0.85)]
            ),
            second,
            ACCESSORY,
        )
        pen.shape(
            np.array([(x - 0.17, y - 0.04), (x + 0.17, y - 0.04), (x + 0.09, y + 0.14), (x - 0.09, y + 0.14)]),
            second,
            ACCESSORY,
        )
    elif style == "bowtie":
        for side in (-1, 1):
            pen.shape(
                np.array([(x, y + 0.12), (x + side * 0.44, y - 0.12), (x + side * 0.44, y + 0.36)]), second, ACCESSORY
            )
        pen.shape(ellipse(x, y + 0.12, 0.11), second, ACCESSORY)
    elif style == "necklace":
        for k in range(-3, 4):
            pen.shape(ellipse(x + 0.17 * k, y + 0.3 - 0.028 * k * k, 0.1), WHITE, ACCESSORY, 0.8)
    elif style == "collar":
        for side in (-1, 1):
            pen.shape(
                np.array(
                    [(x, y + 0.1), (x + side * 0.34, y - 0.12), (x + side * 0.52, y + 0.16), (x + side * 0.22, y + 0.4)]
                ),
                WHITE,
                ACCESSORY,
            )
    elif style == "ruff":
        for k in range(-4, 5):
            pen.shape(ellipse(x + 0.17 * k, y + 0.14 - 0.012 * k * k, 0.17), second if k % 2 else WHITE, ACCESSORY, 0.8)
    elif style == "kerchief":
        pen.shape(np.array([(x - 0.56, y - 0.06), (x + 0.56, y - 0.06), (x, y + 0.66)]), second, ACCESSORY)
        pen.shape(ellipse(x, y - 0.02, 0.56, 0.13), second, ACCESSORY)


def body(pen: Pen, f: Figure) -> None:
    """Legs, arms behind the torso, neck, torso with its clothes."""
    torso = _Torso(f)
    main, second = f.outfit
    x, y = torso.at(0.0, 1.0)
    trousers = shade(second if f.who.clothes == "dungarees" else main, 62)
    for side in (-1, 1):
        leg = np.array([(x + side * 0.36, y - 0.15), (x + side * 0.4, y + 1.0)])
        bare = f.who.clothes in ("dress",)
        pen.limb(leg, f.skin if bare else trousers, BODY if bare else CLOTHES, 0.38)
        pen.shape(ellipse(x + side * 0.5, y + 1.12, 0.36, 0.2), shade(INK, 130), CLOTHES)
    for side, how in ((-1, f.pose.left_arm), (1, f.pose.right_arm)):
        if how in ("down", "hip", "out"):
            _arm(pen, f, torso, side, how, main)
    pen.shape(
        np.array([(-0.24, f.chin - 0.4), (0.24, f.chin - 0.4), (0.28, torso.top + 0.2), (-0.28, torso.top + 0.2)]),
        shade(f.skin, 84),
        BODY,
    )
    outline = torso.outline()
    pen.fill(outline, main, CLOTHES)
    drawings = [_pattern, _cut] if f.who.pattern != "emblem" else [_cut, _pattern]
    for draw in drawings:
        draw(pen, f, torso, main, second)
    right = np.array([torso.at(0.97, t) for t in (0.2, 0.5, 0.8, 1.0)] + [torso.at(0.8, t) for t in (1.0, 0.6, 0.3)])
    if f.who.pattern == "plain":
        pen.fill(right, shade(main, 82), CLOTHES)
    pen.stroke(outline, INK, CLOTHES, pen.ink, closed=True)
    _neckwear(pen, f, torso, second)


def raised_arms(pen: Pen, f: Figure) -> None:
    """Arms in front of everything."""
    torso = _Torso(f)
    for side, how in ((-1, f.pose.left_arm), (1, f.pose.right_arm)):
        if how in ("wave", "up"):
            _arm(pen, f, torso, side, how, f.outfit[0])
