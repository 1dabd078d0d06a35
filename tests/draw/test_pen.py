import numpy as np
import pytest
from PIL import ImageDraw

from toonlens.draw.pen import Pen, box, canvas, develop, ellipse, mirrored, mix, shade, smooth


def blank(size=64):
    image, factor = canvas(size)
    return image, factor, Pen(ImageDraw.Draw(image), size * factor)


def test_fill_covers_its_area_in_picture_and_mask():
    image, factor, pen = blank()
    pen.fill(box(0.25, 0.25, 0.75, 0.5), (200, 100, 50), 3)
    picture, mask = develop(image, factor)
    assert picture.shape == (64, 64, 3)
    assert mask.shape == (64, 64)
    assert (picture[20, 32] == (200, 100, 50)).all()
    assert (mask == 3).mean() == pytest.approx(0.125, rel=0.05)


@pytest.mark.parametrize("size", [64, 100, 224, 256])
def test_the_same_share_is_covered_at_every_size(size):
    image, factor, pen = blank(size)
    pen.fill(ellipse(0.5, 0.5, 0.3), (255, 255, 255), 1)
    _, mask = develop(image, factor)
    area = 12 * np.sin(2 * np.pi / 24) * 0.3**2  # of the polygon of 24 corners
    assert (mask == 1).mean() == pytest.approx(area, rel=0.04)


def test_frames_nest():
    _, _, pen = blank()
    inner = pen.move(0.5, 0.5, 0.1, np.pi / 2).move(1.0, 0.0, 2.0)
    assert inner.unit == pytest.approx(0.2)
    # one to the right in a frame turned a quarter clockwise is one down
    assert inner.pixels(np.array([(0.0, 0.0)])) == [128, 153]
    mirror = pen.move(0.5, 0.5, 0.1, flip=True)
    assert mirror.pixels(np.array([(1.0, 0.0)]))[0] < 128


def test_a_wide_stroke_has_no_gaps_at_its_joints():
    image, factor, pen = blank(256)
    pen.stroke(ellipse(0.5, 0.5, 0.25), (255, 255, 255), 1, 0.12, closed=True)
    _, mask = develop(image, factor)
    y, x = np.mgrid[:256, :256]
    radius = np.hypot(x + 0.5 - 128, y + 0.5 - 128) / 256
    assert (mask[(radius > 0.2) & (radius < 0.295)] == 1).all()
    assert (mask[(radius < 0.18) | (radius > 0.32)] == 0).all()


def test_part_of_the_pen_overrides():
    image, factor, pen = blank()
    Pen(pen.draw, pen.side, part=8).shape(box(0, 0, 1, 1), (1, 2, 3), 1)
    assert (develop(image, factor)[1] == 8).all()


def test_smooth_passes_through_its_points():
    points = np.array([(0.0, 0.0), (1.0, 0.5), (2.0, 0.0), (1.0, -1.0)])
    assert np.allclose(smooth(points)[::5], points)
    assert np.allclose(smooth(points, closed=False)[::5], points)


def test_mirrored_is_symmetric():
    outline = mirrored([(0, -1), (0.5, -0.5), (0.7, 0.3), (0, 1)])
    assert len(outline) == 6
    assert {(x, y) for x, y in outline} == {(-x, y) for x, y in outline}


def test_colours_stay_colours():
    assert shade((200, 100, 0), 50) == (100, 50, 0)
    assert shade((200, 100, 0), 200) == (255, 255, 255)
    assert mix((0, 0, 0), (255, 255, 255), 40) == (102, 102, 102)
