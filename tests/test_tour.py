"""The tour's parts by themselves, and (slow) the whole of it."""

import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from autograder import samples, tour
from autograder.plan import grade_id_of
from toonlens.errors import UserError


def toons(n=60, classes=6):
    labels = np.arange(n) % classes
    return SimpleNamespace(labels=labels, class_names=[f"toon {k}" for k in range(classes)])


def scores(labels, wrong=()):
    sure = np.full((len(labels), labels.max() + 1), 0.01)
    sure[np.arange(len(labels)), labels] = 0.9
    sure[list(wrong)] = np.roll(sure[list(wrong)], 1, axis=1)
    return sure


def test_the_figure_shows_different_characters_that_every_network_gets_right():
    test = toons()
    chosen = tour.choose(
        test, {"a": scores(test.labels, wrong=range(0, 30)), "b": scores(test.labels, [33, 34])}, rows=4
    )
    assert len(set(test.labels[chosen])) == len(chosen) == 4
    assert not set(chosen) & {*range(30), 33, 34}


def test_a_character_that_some_network_never_gets_right_is_left_out():
    test = toons()
    never = np.flatnonzero(test.labels == 0)
    chosen = tour.choose(test, {"a": scores(test.labels, wrong=never)}, rows=6)
    assert sorted(test.labels[chosen]) == [1, 2, 3, 4, 5]


def test_the_table_shows_every_network_with_its_interval(capsys):
    from rich.console import Console

    Console(width=100).print(tour.table([tour.Result("VGG16", 0.983, 0.971, 0.99, 0.083, 12.3, 20)]))
    printed = capsys.readouterr().out
    for part in ("VGG16", "98.3%", "97.1% to 99.0%", "0.083", "12 s", "20"):
        assert part in printed


def test_samples_are_what_they_say():
    cells = {
        kind: {grade_id_of(c): c.source for c in samples.sample_submission("lab06", kind).cells}
        for kind in samples.KINDS
    }
    solved = [key for key, source in cells["blank"].items() if cells["right"][key] != source]
    assert len(solved) > 10
    half = samples.HALF["lab06"]
    assert all(cells["half"][key] == cells["right"][key] for key in half.solved)
    for key in half.mistakes:
        assert cells["half"][key] not in (cells["right"][key], cells["blank"][key])
    untouched = set(solved) - {*half.solved, *half.mistakes}
    assert all(cells["half"][key] == cells["blank"][key] for key in untouched)


@pytest.mark.parametrize(("lab", "kind"), [("lab06", "perfect"), ("lab99", "right")])
def test_a_sample_that_does_not_exist_is_one_line(lab, kind):
    with pytest.raises(UserError) as error:
        samples.sample_submission(lab, kind)
    assert "\n" not in str(error.value)


@pytest.mark.slow
def test_the_whole_tour(tmp_path):
    command = [sys.executable, "-c", "from toonlens.cli import main; main()", "tour", "--out", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert result.returncode == 0, result.stderr[-2000:]
    rows = json.loads((tmp_path / "table.json").read_text())
    assert [row["network"] for row in rows] == ["VGG16", "ResNet50", "DenseNet121"]
    assert all(row["low"] <= row["accuracy"] <= row["high"] and row["accuracy"] > 0.9 for row in rows)
    assert (tmp_path / "figure.png").stat().st_size > 100_000
    assert "right" in result.stdout
    assert sorted(p.name for p in tmp_path.glob("*.ipynb")) == [
        f"lab06-{kind}.ipynb" for kind in ("blank", "half", "right")
    ]
