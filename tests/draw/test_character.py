import numpy as np
import pytest

from toonlens.draw.character import CHOICES, EYES, HEAD, LIDS, MOUTH, MOUTHS, Character, Pose, read_character
from toonlens.draw.figure import portrait
from toonlens.errors import UserError


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name = ", "cannot be read"),
        ("note = 'nobody'", "needs a name"),
        ("name = 'A'\nhorns = 2", "unknown key 'horns'"),
        ("name = 'A'\nhead = 'cube'", "choose from round"),
        ("name = 'A'\nskin = ['#12']", "#rrggbb"),
        ("name = 'A'\noutfits = [['#123456']]", "pairs"),
    ],
)
def test_a_damaged_character_is_one_clear_line(tmp_path, text, complaint):
    file = tmp_path / "a.toml"
    file.write_text(text)
    with pytest.raises(UserError, match=complaint) as caught:
        read_character(file)
    assert "\n" not in str(caught.value)


def test_a_missing_character_is_one_clear_line(tmp_path):
    with pytest.raises(UserError, match=r"gone\.toml"):
        read_character(tmp_path / "gone.toml")


@pytest.mark.parametrize(("key", "style"), [(key, style) for key, styles in CHOICES.items() for style in styles])
def test_every_style_is_drawn_and_differs_from_its_neighbour(key, style):
    styles = CHOICES[key]
    other = styles[(styles.index(style) + 1) % len(styles)]
    base = {"hair": "cap"} if key == "fringe" else {}
    a, b = (portrait(Character("A", **{**base, key: value}), Pose(mouth="open"), 96)[0] for value in (style, other))
    assert (a != b).any()


@pytest.mark.parametrize("mouth", MOUTHS)
@pytest.mark.parametrize("lids", LIDS)
def test_every_expression_shows_head_eyes_and_mouth(mouth, lids):
    _, mask = portrait(Character("A"), Pose(mouth=mouth, lids=lids), 128)
    assert all((mask == part).any() for part in (HEAD, EYES, MOUTH))


def test_turning_moves_the_face_and_hardly_the_head():
    def centre(turn, part):
        return np.nonzero(portrait(Character("A", ears="none"), Pose(turn=turn), 256)[1] == part)[1].mean()

    face = centre(1, MOUTH) - centre(-1, MOUTH)
    assert face > 20
    assert abs(centre(1, HEAD) - centre(-1, HEAD)) < face / 4
