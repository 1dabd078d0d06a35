"""A pen that fills and strokes shapes on a canvas, and notes for every pixel which part it belongs to.

Coordinates are real numbers in a local frame. The pen maps them to the unit square (y down), rounds them to a grid of
2^16 steps, and only then to pixels with integer arithmetic: what is drawn does not hang on the last bits of a cosine.
The part number travels in the fourth channel of the canvas, so image and mask come from the same strokes.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]

GRID = 1 << 16
INK: Colour = (40, 28, 36)


def cos_sin(angle: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Cosine and sine rounded to nine decimals, so that every mathematics library gives the same."""
    return np.round(np.cos(angle), 9), np.round(np.sin(angle), 9)


_COS, _SIN = cos_sin(np.arange(24) * (2 * math.pi / 24))
_T = np.arange(5)[:, None] / 5.0
# Catmull-Rom weights of the four neighbouring control points at five steps between two of them
_WEIGHTS = np.concatenate(
    [
        -0.5 * _T + _T**2 - 0.5 * _T**3,
        1 - 2.5 * _T**2 + 1.5 * _T**3,
        0.5 * _T + 2 * _T**2 - 1.5 * _T**3,
        -0.5 * _T**2 + 0.5 * _T**3,
    ],
    axis=1,
)


def smooth(points, closed: bool = True) -> np.ndarray:
    """Catmull-Rom curve through ``points`` (n, 2), five steps between two of them: (5n, 2) or, open, (5(n-1)+1, 2)."""
    p = np.asarray(points, dtype=np.float64)
    q = np.concatenate([p[-1:], p, p[:2]]) if closed else np.concatenate([p[:1], p, p[-1:]])
    n = len(q) - 3
    w = _WEIGHTS
    dense = sum(w[None, :, j, None] * q[j : j + n, None, :] for j in range(4))
    dense = dense.reshape(-1, 2)
    return dense if closed else np.concatenate([dense, p[-1:]])


def ellipse(x: float, y: float, rx: float, ry: float | None = None) -> np.ndarray:
    """(24, 2) points on an ellipse, a circle without ``ry``."""
    return np.stack([x + rx * _COS, y + (rx if ry is None else ry) * _SIN], axis=1)


def box(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """(4, 2) corners of an upright rectangle."""
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def mirrored(half) -> np.ndarray:
    """A closed outline from its right half, listed from the top point to the bottom point, both on the axis."""
    half = np.asarray(half, dtype=np.float64)
    left = half[-2:0:-1] * (-1.0, 1.0)
    return np.concatenate([half, left])


def shade(colour: Colour, percent: int) -> Colour:
    """``colour`` darker (percent < 100) or lighter (percent > 100, towards white)."""
    r, g, b = colour
    if percent <= 100:
        return (r * percent // 100, g * percent // 100, b * percent // 100)
    k = percent - 100
    return (r + (255 - r) * k // 100, g + (255 - g) * k // 100, b + (255 - b) * k // 100)


def mix(a: Colour, b: Colour, percent: int) -> Colour:
    """``percent`` of ``b`` in ``a``."""
    return tuple((p * (100 - percent) + q * percent) // 100 for p, q in zip(a, b, strict=True))  # type: ignore[return-value]


@dataclass(frozen=True)
class Pen:
    """Draws on one canvas through an affine map (a, b, c, d, x, y): (u, v) -> (a u + b v + x, c u + d v + y).

    ``ink`` is the width of outlines in units of the local frame, ``unit`` the length of a local unit in the frame.
    """

    draw: ImageDraw.ImageDraw
    side: int
    matrix: tuple[float, float, float, float, float, float] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    ink: float = 0.008
    part: int | None = None  # overrides the part of everything drawn, for whoever is not the labelled character

    @property
    def unit(self) -> float:
        a, _, c, _, _, _ = self.matrix
        return math.sqrt(a * a + c * c)

    def move(self, x: float = 0.0, y: float = 0.0, scale: float = 1.0, angle: float = 0.0, flip: bool = False) -> "Pen":
        """The pen of a frame that lies at (x, y) of this one, scaled, turned by ``angle`` and perhaps mirrored."""
        a, b, c, d, tx, ty = self.matrix
        cos, sin = cos_sin(angle)
        sx = -scale if flip else scale
        e, f, g, h = float(cos) * sx, -float(sin) * scale, float(sin) * sx, float(cos) * scale
        matrix = (a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h, a * x + b * y + tx, c * x + d * y + ty)
        return replace(self, matrix=matrix, ink=self.ink / scale)

    def pixels(self, points: np.ndarray) -> list[int]:
        """Flat list of canvas pixels of (n, 2) local points."""
        a, b, c, d, tx, ty = self.matrix
        u, v = points[:, 0], points[:, 1]
        flat = np.empty(2 * len(points))
        flat[0::2] = a * u + b * v + tx
        flat[1::2] = c * u + d * v + ty
        return ((np.floor(flat * GRID + 0.5).astype(np.int64) * self.side) >> 16).tolist()

    def fill(self, points: np.ndarray, colour: Colour, part: int) -> None:
        """A filled polygon without outline."""
        self.draw.polygon(self.pixels(points), fill=(*colour, part if self.part is None else self.part))

    def stroke(
        self, points: np.ndarray, colour: Colour, part: int, width: float, closed: bool = False, caps: bool = True
    ) -> None:
        """A line of ``width`` along ``points`` with round joints and, when open, round ends."""
        if closed:
            points = np.concatenate([points, points[:1]])
        flat = self.pixels(points)
        ink = (*colour, part if self.part is None else self.part)
        w = max(1, (int(width * self.unit * GRID + 0.5) * self.side) >> 16)
        self.draw.line(flat, fill=ink, width=w)
        if w < 3:
            return
        steps = points[1:] - points[:-1]
        length = np.sqrt(steps[:, 0] ** 2 + steps[:, 1] ** 2) + 1e-12
        dot = steps[1:, 0] * steps[:-1, 0] + steps[1:, 1] * steps[:-1, 1]
        # a turn by the angle a opens a gap of about a w / 2 on its outside: a round joint where that is a pixel or more
        joints = (np.flatnonzero(dot < (1 - 2 / w**2) * length[1:] * length[:-1]) + 1).tolist()
        if caps or closed:
            joints += [0, len(points) - 1]
        r = w // 2
        for i in joints:
            x, y = flat[2 * i], flat[2 * i + 1]
            self.draw.ellipse((x - r, y - r, x - r + w - 1, y - r + w - 1), fill=ink)

    def shape(self, points: np.ndarray, colour: Colour, part: int, outline: float = 1.0, ink: Colour = INK) -> None:
        """A filled polygon with an outline of ``outline`` times the pen's ink width."""
        self.fill(points, colour, part)
        if outline > 0:
            self.stroke(points, ink, part, outline * self.ink, closed=True)

    def limb(self, points: np.ndarray, colour: Colour, part: int, width: float) -> None:
        """A thick outlined line, an arm or a leg."""
        self.stroke(points, INK, part, width + 2 * self.ink)
        self.stroke(points, colour, part, width)


def canvas(size: int) -> tuple[Image.Image, int]:
    """A blank canvas for a picture of ``size`` pixels, and how many canvas pixels make one of its pixels."""
    factor = max(2, -(-256 // size))
    return Image.new("RGBA", (size * factor, size * factor), (0, 0, 0, 0)), factor


def develop(image: Image.Image, factor: int) -> tuple[np.ndarray, np.ndarray]:
    """Picture (H, W, 3) by an integer box filter and part mask (H, W) by the middle sample, both uint8."""
    picture = np.asarray(image.convert("RGB").reduce(factor))
    parts = np.asarray(image.getchannel("A"))[factor // 2 :: factor, factor // 2 :: factor]
    return picture, np.ascontiguousarray(parts)
