"""When grading refuses, it says so in one line; without a sandbox it warns each time and leaves a record."""

import logging
import shutil
import sys

import pytest

from autograder import sandbox
from autograder.checking import CheckError
from autograder.grade import grade_notebook, verify_points
from autograder.kernel import Kernel
from autograder.limits import load_limits
from toonlens.errors import UserError


def test_this_machine_can_grade():
    if sys.platform != "linux":
        pytest.skip("the sandbox needs Linux")
    sandbox.require_bubblewrap.cache_clear()
    sandbox.require_bubblewrap()  # fails with its one line where bubblewrap is absent: install it


def test_no_bubblewrap_is_one_clear_line(course, right, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    sandbox.require_bubblewrap.cache_clear()
    with pytest.raises(UserError, match=r"needs bubblewrap.*install it.*TOONLENS_NO_SANDBOX=1") as refused:
        course.grade(course.submission(**right))
    assert "\n" not in str(refused.value)
    sandbox.require_bubblewrap.cache_clear()


def test_bubblewrap_that_does_not_work_is_one_clear_line(monkeypatch):
    monkeypatch.setattr(sandbox, "_isolation", lambda: ["--bind", "/nowhere", "/nowhere"])
    sandbox.require_bubblewrap.cache_clear()
    with pytest.raises(UserError, match=r"does not work on this machine \(bwrap: .*nowhere"):
        sandbox.require_bubblewrap()
    sandbox.require_bubblewrap.cache_clear()


def test_without_a_sandbox_warns_and_leaves_a_record(course, right, monkeypatch, caplog):
    monkeypatch.setenv("TOONLENS_NO_SANDBOX", "1")
    course.submit("bare", course.submission(**right | {"scale_code": "def scale(x, f):\n    return x"}))
    with caplog.at_level(logging.WARNING):
        course.autograde("bare")
    assert "WITHOUT a sandbox" in caplog.text
    assert course.scores("bare") == {"scale": 0, "total": 0, "offset": 0.5, "why": None}
    graded = (course.root / "autograded" / "bare" / "tiny" / "tiny.ipynb").read_text()
    assert '"sandbox": "none"' in graded
    assert "Graded without a sandbox." in graded


def test_without_a_sandbox_the_labs_files_are_there_too(course, tmp_path):
    (tmp_path / "data.txt").write_text("given")
    with Kernel(load_limits("tiny", course.root / "limits.toml"), [tmp_path / "data.txt"], sandbox=False) as kernel:
        read = kernel.run("print(open('data.txt').read())", 20)
    assert (read.status, read.outputs[0].text) == ("ok", "given\n")


def test_points_that_do_not_add_up(course):
    release = course.submission()
    next(cell for cell in release.cells if cell.metadata.nbgrader.grade_id == "scale").metadata.nbgrader.points = 4
    with pytest.raises(CheckError, match="checks of scale add up to 3, its cell to 4"):
        verify_points(release, "tiny", course.root / "checks")
    release.cells = release.cells[:3]
    with pytest.raises(CheckError, match="no graded cell"):
        verify_points(release, "tiny", course.root / "checks")


def test_notebook_that_is_none(course, tmp_path):
    for text in ("", "{}", "[1]", '{"cells": 3, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "\xff"):
        path = tmp_path / "broken.ipynb"
        path.write_text(text)
        with pytest.raises(UserError, match=r"is no notebook") as refused:
            grade_notebook(path, "tiny", release=path)
        assert "\n" not in str(refused.value)
    with pytest.raises(UserError, match="there is no notebook"):
        grade_notebook(tmp_path / "none.ipynb", "tiny", release=path.with_name("none.ipynb"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[default", "cannot read"),
        ("[default]\ncell_second = 5", "unknown"),
        ("DEFAULT\n[tiny]\nspeed = 1", "speed"),
        ("DEFAULT\n[tiny]\nmemory_mb = 0", "positive"),
        ("DEFAULT\n[tiny]\nhide = [3]", "package names"),
    ],
)
def test_limits_that_make_no_sense(course, tmp_path, text, message):
    path = tmp_path / "limits.toml"
    path.write_text(text.replace("DEFAULT", (course.root / "limits.toml").read_text()))
    with pytest.raises(UserError, match=message):
        load_limits("tiny", path)


def test_limits_of_one_lab(course, tmp_path):
    path = tmp_path / "limits.toml"
    path.write_text((course.root / "limits.toml").read_text() + "\n[tiny]\ncell_seconds = 7\n")
    assert load_limits("tiny", path).cell_seconds == 7
    assert load_limits("other", path).cell_seconds == 5
    assert load_limits("lab06").hide == ("innvestigate",)
    assert load_limits("lab09").hide == ()
