import numpy as np

from toonlens.data.toons import cast
from toonlens.draw import source
from toonlens.draw.character import CHOICES
from toonlens.draw.source import CLASSES, PEOPLE, draw_one, load_source, person


def test_no_character_in_common_with_the_toons():
    people = [person(number) for number in [*range(PEOPLE), *range(PEOPLE + 1, PEOPLE + 401)]]
    alike = [sum(getattr(p, key) == getattr(who, key) for key in CHOICES) for p in people for who in cast()]
    assert max(alike) <= 10  # of 17 styles


def test_classes_differ_from_each_other():
    styles = [tuple(getattr(person(number), key) for key in CHOICES) for number in range(PEOPLE)]
    assert len(set(styles)) == PEOPLE


def test_load_source(tmp_path, monkeypatch):
    monkeypatch.setenv("TOONLENS_CACHE", str(tmp_path))
    images, labels = load_source(16, per_class=1)
    assert images.shape == (CLASSES, 16, 16, 3)
    assert images.dtype == np.uint8
    assert labels.tolist() == list(range(CLASSES))
    assert np.array_equal(images[PEOPLE + 3], draw_one(PEOPLE + 3, 16)[0])


def test_classes_recur_and_pictures_do_not():
    first, second = draw_one(5, 32)[0], draw_one(5 + CLASSES, 32)[0]
    assert not np.array_equal(first, second)
    assert source.person(5) is source.person(5)
