"""The picture helper: scales, alt text, words, and clear errors."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure

from toonlens import show
from toonlens.errors import UserError

IMAGE = np.zeros((8, 8, 3), dtype=np.uint8)


def drawn(figure):
    """The heatmaps of a figure, in order."""
    maps = [artist for axes in figure.axes for artist in axes.images if artist.get_cmap().name != "gray"]
    return [artist for artist in maps if np.ndim(artist.get_array()) == 2 and artist.get_array().shape[1] > 1]


def written(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_signed_maps_have_zero_in_the_middle():
    heat = np.array([[-1.0, 0.0], [2.0, 4.0]])
    (artist,) = drawn(show.draw_maps([heat], ["one"]))
    assert artist.get_cmap().name == "RdBu_r"
    assert (artist.norm.vmin, artist.norm.vmax) == (-4.0, 4.0)
    assert artist.norm(0.0) == 0.5


def test_shared_and_own_scales():
    small, large = np.full((2, 2), 0.5), np.full((2, 2), -8.0)
    assert [a.norm.vmax for a in drawn(show.draw_maps([small, large], ["s", "l"]))] == [0.5, 8.0]
    assert [a.norm.vmax for a in drawn(show.draw_maps([small, large], ["s", "l"], shared=True))] == [8.0, 8.0]


def test_unsigned_maps_start_at_zero():
    (artist,) = drawn(show.draw_maps([np.array([[1.0, 3.0]])], ["u"], signed=False))
    assert artist.get_cmap().name == "cividis"
    assert (artist.norm.vmin, artist.norm.vmax) == (0.0, 3.0)


def test_a_map_of_zeros_is_drawn():
    (artist,) = drawn(show.draw_maps([np.zeros((2, 2))], ["nothing"]))
    assert artist.norm(0.0) == 0.5


def test_colour_bars_name_the_unit():
    figure = show.draw_maps([IMAGE, np.ones((2, 2)), show.Over(np.ones((2, 2)), IMAGE)], list("abc"), unit="logits")
    assert written(figure).count("logits") == 2
    figure.canvas.draw()


def test_colour_bars_say_their_numbers_in_their_places():
    figure = show.draw_maps([np.array([[-2000.0, 1000.0]])], ["large"])
    (bar,) = [artist for axes in figure.axes for artist in axes.images if artist.get_array().shape[1] == 1]
    _, _, bottom, top = bar.get_extent()
    numbers = {text.get_text(): text.get_position()[1] for axes in figure.axes for text in axes.texts}
    assert numbers["0.0"] == pytest.approx((bottom + top) / 2)
    assert numbers["1.6"] == pytest.approx(bottom + (top - bottom) * 3600 / 4000)
    assert "1e3" in numbers


def test_pictures_keep_their_proportions_and_stay_apart():
    figure = show.draw_maps([np.ones((2, 4)), IMAGE, np.ones((4, 2))], ["wide", "square", "tall\nand two lines"])
    boxes = [a.get_extent() for axes in figure.axes for a in axes.images if a.get_array().shape[1] > 1]
    sizes = [(right - left, top - bottom) for left, right, bottom, top in boxes]
    assert [width / height for width, height in sizes] == pytest.approx([2, 1, 0.5])
    assert all(one[1] < other[0] for one, other in pairwise(boxes))
    width, height = figure.get_size_inches()
    assert all(min(left, bottom) > 0 and right < width and top < height for left, right, bottom, top in boxes)


def test_in_a_terminal_the_alt_text_and_the_summary_are_printed(capsys):
    show.maps([IMAGE, np.array([[0.0, 3.0], [0.0, -1.0]])], ["face", "map"], alt="A face and its map.")
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "A face and its map."
    assert said[1] == "In words: map: sum +2, 75 % positive, strongest at the top right."


def test_many_maps_are_described_in_fewer_words(capsys):
    show.maps([np.ones((2, 2)) * [1.0, -3.0]] * 5, list("abcde"), alt="Five maps.")
    said = capsys.readouterr().out
    assert "a: sum -4, 25 % positive; b:" in said
    assert "strongest" not in said


def test_sums_of_scaled_maps_are_left_out(capsys):
    show.maps([np.array([[1.0, -0.25]])], ["a"], alt="A map over its largest magnitude.", sums=False)
    assert "In words: a: 80 % positive, strongest at the middle left." in capsys.readouterr().out


def test_bars_and_lines_in_words(capsys):
    show.bars({"sum": [1.0, -2.0]}, ["low", "high"], alt="Two bars.")
    show.lines([0, 1], {"curve": [0.0, np.nan], "other": [1.0, 2.0]}, alt="Two curves.", x_label="x", y_label="y")
    said = capsys.readouterr().out
    assert "In words: sum: low 1, high -2." in said
    assert "In words: curve: from 0 to 0; other: from 1 to 2." in said


def test_a_curve_in_words_has_a_direction(capsys):
    curves = {"falls": [3.0, 2.0, 1.0], "dips": [1.0, 0.5, 2.0], "peaks": [0.0, 4.0, 1.0]}
    show.lines([0, 1, 2], curves, alt="Three.", x_label="x", y_label="y", upright=("here", 1.5))
    said = capsys.readouterr().out
    assert "falls: from 3 to 1; dips: from 1 to 2, lowest 0.5; peaks: from 0 to 1, highest 4;" in said
    assert "dashed upright line, here: at 1.5." in " ".join(said.split())


def test_lines_may_name_their_places(monkeypatch, capsys):
    figures = []
    monkeypatch.setattr(show, "_emit", lambda figure, alt: figures.append(figure))
    show.lines([0, 1, 3], {"a": [1, 2, 3]}, alt="A curve.", x_label="x", y_label="y", ticks=[1, 2, 8])
    (axes,) = figures[0].axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "8"]
    assert axes.get_xticks().tolist() == [0, 1, 3]


def test_grids_say_how_many_cells_are_marked(capsys):
    table = np.arange(6.0).reshape(2, 3)
    show.grids([table, table], [table > 3, table > 9], ["winners", "none"], alt="Two tables.", mark="winners")
    said = capsys.readouterr().out
    assert "In words: winners: 2 of 6 cells are winners; none: 0 of 6 cells are winners." in said
    show.grids([table], [None], ["all"], alt="One table.", mark="winners")
    assert "In words: all: 0 1 2 / 3 4 5." in capsys.readouterr().out


def test_grids_of_different_sizes_have_cells_of_one_size_and_stay_apart():
    tables = [np.ones((4, 6)), np.ones((1, 3)), np.ones((4, 4)), np.ones((2, 2))]
    figure = show.draw_grids(tables, [None] * 4, ["a", "b", "a title of two\nlines", "d"], columns=3)
    cells = [patch for axes in figure.axes for patch in axes.patches]
    assert {(round(cell.get_width(), 6), round(cell.get_height(), 6)) for cell in cells} == {(0.32, 0.32)}
    assert len({(round(cell.get_x(), 3), round(cell.get_y(), 3)) for cell in cells}) == 24 + 3 + 16 + 4
    width, height = figure.get_size_inches()
    assert all(0 < cell.get_x() < width - 0.32 and 0 < cell.get_y() < height - 0.32 for cell in cells)


def test_pictures_can_be_larger():
    small, large = (show.draw_maps([IMAGE], ["a"], side=side).get_size_inches() for side in (1.8, 2.4))
    assert (large - small).tolist() == pytest.approx([0.6, 0.6])


def test_marked_cells_differ_by_more_than_colour():
    axes = Figure().subplots()
    show._draw_grid(axes, np.array([[1.0, 2.0]]), np.array([[False, True]]))
    plain, marked = axes.patches
    assert marked.get_linewidth() > plain.get_linewidth()
    assert [text.get_fontweight() for text in axes.texts] == ["normal", "bold"]


def test_bars_with_intervals(capsys):
    show.bars({"a": [0.5, 0.2]}, ["x", "y\nz"], alt="Bars.", intervals={"a": [[0.4, 0.6], [0.1, 0.3]]})
    assert "In words: a: x 0.5 (0.4 to 0.6), y z 0.2 (0.1 to 0.3)." in capsys.readouterr().out


def test_bars_of_many_magnitudes_and_a_line(monkeypatch, capsys):
    figures = []
    monkeypatch.setattr(show, "_emit", lambda figure, alt: figures.append(figure))
    show.bars({"a": [6, 2071.0]}, ["x", "y"], alt="Bars.", log=True, line=("picture", 64))
    assert "In words: a: x 6, y 2.07e+03; dashed line, picture: 64." in capsys.readouterr().out
    (axes,) = figures[0].axes
    figures[0].canvas.draw()
    shown = [label.get_text() for label in axes.get_yticklabels()]
    assert axes.get_ylim()[0] == 1
    assert {"1", "10", "100", "1000"} <= set(shown)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["picture", "a"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: show.maps([IMAGE], [], alt="x"), "1 pictures and 0 titles"),
        (lambda: show.maps([], [], alt="x"), "0 pictures"),
        (lambda: show.maps([np.zeros((2, 2, 2))], ["a"], alt="x"), "shape"),
        (lambda: show.maps([-np.ones((2, 2))], ["a"], alt="x", signed=False), "negative"),
        (lambda: show.maps([np.ones((2, 2))], ["a"], alt=" "), "alt text"),
        (lambda: show.grids([np.ones((2, 2))], [], ["a"], alt="x", mark="y"), "one of each"),
        (lambda: show.grids([np.ones((2, 2))], [np.ones(2)], ["a"], alt="x", mark="y"), "give two of"),
        (lambda: show.bars({"a": [1.0]}, ["x", "y"], alt="x"), "one height"),
        (lambda: show.bars({"a": [1.0]}, ["x"], alt="x", intervals={"b": [[0, 1]]}), "intervals 'b'"),
        (lambda: show.bars({"a": [0.0]}, ["x"], alt="x", log=True), "logarithmic"),
        (lambda: show.lines([1, 2], {"a": [1.0]}, alt="x", x_label="", y_label=""), "shape"),
    ],
)
def test_mistakes_are_one_line(call, message):
    with pytest.raises(UserError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_in_a_notebook_the_picture_carries_its_alt_text(monkeypatch):
    from IPython.core.interactiveshell import InteractiveShell

    shown = []
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: InteractiveShell)
    monkeypatch.setattr("IPython.display.display", lambda *bundle, **more: shown.append((bundle[0], more)))
    show.maps([np.ones((2, 2))], ["one"], alt="A map of ones.")
    bundle, more = shown[0]
    assert set(bundle) == {"image/png", "text/plain"}
    assert bundle["text/plain"] == "A map of ones."
    assert more["metadata"] == {"image/png": {"alt": "A map of ones."}}


def test_a_matrix_in_words(capsys):
    show.matrix([[3, 0], [2, 5]], ["cat", "dog"], alt="Two by two.")
    assert "In words: 10 pictures, 8 of them on the diagonal; dog called cat: 2." in capsys.readouterr().out
    with pytest.raises(UserError, match="for 2 names"):
        show.matrix([[1, 2, 3]], ["cat", "dog"], alt="x")
