"""Every committed notebook is what its percent source makes, and a student's version gives nothing away."""

import json
import re

import nbformat
import pytest

from autograder import labs
from toonlens.errors import UserError

LABS = labs.lab_names()

METADATA = '{{"grade": {}, "grade_id": "{}", "locked": {}, "schema_version": 3, "solution": {}, "task": false{}}}'
HEADER = f"# %% nbgrader={METADATA}"
MINI = f"""\
# %% [markdown]
# # A lab of three cells

{HEADER.format("false", "f_code", "false", "true", "")}
def f(x):
    ### BEGIN SOLUTION
    return x + 1
    ### END SOLUTION


{HEADER.format("true", "f", "true", "false", ', "points": 3')}
print(f(1))
"""


@pytest.fixture
def mini(tmp_path, monkeypatch):
    monkeypatch.setattr(labs, "SOLUTIONS", tmp_path / "solutions")
    source = tmp_path / "solutions" / "lab99.py"
    source.parent.mkdir()
    source.write_text(MINI)
    return source


def test_build_executes_the_solution_and_generates_the_students_version(mini, tmp_path):
    labs.build_solution("lab99")
    labs.build_course("lab99", tmp_path / "course")
    solved = nbformat.read(mini.parent / "lab99" / "lab99.ipynb", as_version=4)
    given = nbformat.read(tmp_path / "course" / "lab99" / "lab99.ipynb", as_version=4)
    assert solved.cells[2].outputs[0].text == "2\n"
    assert "NotImplementedError" in given.cells[1].source
    assert "x + 1" not in json.dumps(given)
    assert [cell.metadata.nbgrader.locked for cell in given.cells] == [True, False, True]
    assert sorted(path.name for path in (tmp_path / "course" / "lab99").iterdir()) == ["lab99.ipynb"]


def test_a_failing_solution_is_one_line_and_keeps_the_old_notebook(mini):
    labs.build_solution("lab99")
    notebook = mini.parent / "lab99" / "lab99.ipynb"
    before = notebook.read_bytes()
    mini.write_text(MINI.replace("print(f(1))", "print(f())"))
    with pytest.raises(UserError, match=r"^solutions/lab99.py: a cell failed: TypeError") as error:
        labs.build_solution("lab99")
    assert "\n" not in str(error.value)
    assert notebook.read_bytes() == before


def test_a_repeated_grade_id_is_named(mini):
    mini.write_text(MINI.replace('"f_code"', '"f"'))
    with pytest.raises(UserError, match="grade_id 'f' is used twice"):
        labs.read_source("lab99")


def test_an_unknown_lab_lists_those_there_are(mini):
    with pytest.raises(UserError, match="no lab called 'lab98': there are lab99"):
        labs.percent_source("lab98")


@pytest.mark.parametrize("lab", LABS)
def test_solution_notebook_is_built_from_its_source(lab):
    path = labs.SOLUTIONS / lab / f"{lab}.ipynb"
    committed = nbformat.read(path, as_version=4)
    source = labs.read_source(lab)
    rebuild = f"rebuild with `toonlens labs build {lab}`"
    assert [(c.cell_type, c.source, c.metadata.nbgrader) for c in committed.cells] == [
        (c.cell_type, c.source, c.metadata.nbgrader) for c in source.cells
    ], rebuild
    assert committed.metadata.toonlens.source_sha256 == source.metadata.toonlens.source_sha256, rebuild
    assert all(cell.execution_count for cell in committed.cells if cell.cell_type == "code"), rebuild
    assert path.stat().st_size < labs.MAX_BYTES


@pytest.mark.parametrize("lab", LABS)
def test_course_is_what_generate_assignment_makes(lab, tmp_path):
    labs.build_course(lab, tmp_path)
    made, committed = tmp_path / lab, labs.COURSE / lab
    names = sorted(str(path.relative_to(made)) for path in made.rglob("*"))
    assert names == sorted(str(path.relative_to(committed)) for path in committed.rglob("*"))
    for name in names:
        if (made / name).is_file():
            assert (made / name).read_bytes() == (committed / name).read_bytes(), (
                f"{name}: run `toonlens labs build {lab}`"
            )


@pytest.mark.parametrize("lab", LABS)
def test_students_version_gives_nothing_away(lab):
    solution = labs.read_source(lab)
    course = nbformat.read(labs.COURSE / lab / f"{lab}.ipynb", as_version=4)
    everything = json.dumps(course)
    assert not re.search(r"BEGIN SOLUTION|END SOLUTION|BEGIN HIDDEN|autograder", everything)
    assert not any(cell.get("outputs") for cell in course.cells)
    solutions = re.findall(
        r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", "\n".join(c.source for c in solution.cells), re.S
    )
    assert solutions
    given = "\n".join(cell.source for cell in course.cells)
    telling = [line.strip() for body in solutions for line in body.splitlines() if len(line.strip()) > 25]
    assert not [line for line in telling if line in given]
    for path in (labs.COURSE / lab).rglob("*"):
        assert path.suffix not in {".py", ".pyc", ".pkl", ".pickle"}, f"{path.name} does not belong into a release"
