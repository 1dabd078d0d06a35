"""Functions carried on from one lab into another."""

import linecache

import numpy as np
import pytest

from toonlens import carry
from toonlens.laws import mine_or

CELL = '''
import math
import numpy as np
from toonlens.laws import close
EPS = 1e-9
table = np.ones(3)

def stabilise(z: np.ndarray, eps: float = EPS) -> np.ndarray:
    """Away from zero."""
    return z + eps * np.where(z >= 0, 1.0, -1.0)

def even(n):
    return n == 0 or odd(n - 1)

def odd(n):
    return n > 0 and even(n - 1)

def inverse(z):
    near = [close(np.array(v), np.zeros(())) for v in z]
    return math.sqrt(4) / stabilise(z) + 0 * len(near)

def unwritten(z):
    """Later."""
    raise NotImplementedError()

def needs_table(z):
    return z * table

def needs_stub(z):
    return unwritten(z)

def needs_nothing_there(z):
    return z * nothing_there

def maker():
    def made(z):
        return z
    return made

made = maker()
again = lambda z: z
'''


@pytest.fixture
def notebook(monkeypatch, tmp_path):
    """The namespace of a notebook in which that cell ran, in a lab's folder."""
    folder = tmp_path / "lab07"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv(carry.VARIABLE, raising=False)
    linecache.cache["<cell>"] = (len(CELL), None, CELL.splitlines(keepends=True), "<cell>")
    namespace = {"__name__": "__main__"}
    exec(compile(CELL, "<cell>", "exec"), namespace)
    return namespace


def test_a_function_comes_back_with_what_it_needs(notebook, capsys):
    carry.save("lab07", notebook, ["inverse"])
    assert "inverse" in capsys.readouterr().out
    inverse = carry.load("lab07", "inverse")
    assert inverse(np.array([4.0, -1.0])) == pytest.approx([0.5, -2.0])
    assert "inverse: yours, from lab07." in capsys.readouterr().out


def test_functions_that_call_each_other(notebook):
    carry.save("lab07", notebook, ["even"])
    assert carry.load("lab07", "even")(4)
    assert not carry.load("lab07", "odd")(4)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("unwritten", "still a stub"),
        ("needs_stub", "still a stub"),
        ("needs_table", "it needs table, a ndarray"),
        ("needs_nothing_there", "it needs nothing_there"),
        ("made", "inside another function"),
        ("again", "no plain function"),
        ("absent", "not defined"),
        ("EPS", "not a function"),
    ],
)
def test_what_stays_behind_and_why(notebook, capsys, name, reason):
    carry.save("lab07", notebook, [name, "stabilise"])
    said = " ".join(capsys.readouterr().out.split())
    assert "stabilise. Not carried" in said
    assert f"{name} (" in said
    assert reason in said
    capsys.readouterr()
    stub = carry.load("lab07", name) if name != "EPS" else None
    if stub is not None:
        with pytest.raises(NotImplementedError):
            stub(1.0)


def test_nothing_to_carry_writes_nothing(notebook, tmp_path, capsys):
    carry.save("lab07", notebook, ["unwritten"])
    assert "Nothing to carry on yet" in capsys.readouterr().out
    assert not (tmp_path / "carried").exists()


def test_a_checkpoint_steps_in_and_says_why(notebook, capsys):
    lrp_conv = carry.load("lab07", "lrp_conv")
    assert "not carried" in capsys.readouterr().out
    point = np.ones(2)
    assert mine_or(point, "lrp_conv", lambda: lrp_conv(1.0, eps=2)) is point
    assert "because lrp_conv is still a stub" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written(notebook, monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(carry.VARIABLE, str(tmp_path / "file"))
    carry.save("lab07", notebook, ["stabilise"])
    assert "cannot be written" in " ".join(capsys.readouterr().out.split())


def test_a_file_that_does_not_run(notebook, tmp_path, capsys):
    (tmp_path / "carried").mkdir()
    (tmp_path / "carried" / "lab07.py").write_text("1 / 0")
    with pytest.raises(NotImplementedError):
        carry.load("lab07", "stabilise")(1)
    assert "ZeroDivisionError" in capsys.readouterr().out


def test_the_file_is_replaced_as_a_whole(notebook, tmp_path):
    carry.save("lab07", notebook, ["stabilise", "even"])
    carry.save("lab07", notebook, ["stabilise"])
    assert [path.name for path in (tmp_path / "carried").iterdir()] == ["lab07.py"]
    with pytest.raises(NotImplementedError):
        carry.load("lab07", "even")(1)
