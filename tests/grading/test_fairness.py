"""Honest submissions get what they deserve, whatever their style, and the same again."""

import base64
import io

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from PIL import Image

from autograder.course import COURSE
from autograder.grade import grade_notebook
from autograder.labs import read_source
from autograder.pages import safe_html
from autograder.plan import grade_id_of


def png() -> str:
    file = io.BytesIO()
    Image.new("1", (3, 2)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


PNG = png()
FULL = {"scale": 3.0, "total": 2.0, "offset": 0.5}

# Cells that differ from the right ones, but are as right.
STYLES = {
    "prints, warnings and errors that are caught": {
        "scale_code": "import sys, warnings\n"
        "def scale(x, f):\n    warnings.warn('careful')\n    print('scaling', x)\n    print('odd', file=sys.stderr)\n"
        "    np.log(np.array([-1.0]))\n    return f * x",
        "total_code": "def total(x):\n    try: raise ValueError\n    except ValueError: return scale(x, factor).sum()",
        "offset_code": "import logging\nlogging.warning('set')\noffset = 2\noffset",
    },
    "lists for arrays, Python's numbers for NumPy's": {
        "scale_code": "def scale(x, f):\n    return (f * x).tolist()",
        "total_code": "def total(x):\n    return float(sum(scale(x, factor)))",
        "offset_code": "offset = 2.5",
    },
    "single precision, another order in memory, a view, a subclass": {
        "scale_code": "def scale(x, f):\n    y = np.asfortranarray((f * x).astype(np.float32))\n"
        "    return np.ma.masked_array(y[::-1][::-1])",
        "total_code": "def total(x):\n    return np.array([factor * x.sum()], '>f8')[0]",
    },
    "a slow but right loop": {
        "scale_code": "import time\n"
        "def scale(x, f):\n    out = []\n    for value in x.ravel():\n        time.sleep(0.02)\n"
        "        out.append(f * value)\n    return np.array(out).reshape(x.shape)",
    },
    "another name imported again, helpers, a class": {
        "scale_code": "import numpy as xp\n"
        "class Scaler:\n    def __init__(self, f): self.f = f\n"
        "    def __call__(self, x): return xp.multiply(self.f, x)\n"
        "scale = lambda x, f: Scaler(f)(x)",
    },
}  # fmt: skip

TENSORS = {
    "scale_code": "import keras\nimport tensorflow as tf\n"
    "kinds = [tf.constant, tf.Variable, keras.Variable, keras.ops.convert_to_tensor]\n"
    "def scale(x, f):\n    kinds.append(kinds.pop(0))\n    return kinds[-1](f * x)",
    "total_code": "def total(x):\n    return tf.reduce_sum(scale(tf.convert_to_tensor(x), 3.0))",
}


def scores(report) -> dict[str, float]:
    return {question.grade_id: question.score for question in report.questions}


@pytest.mark.parametrize("style", STYLES)
def test_right_in_its_own_style(course, right, style):
    report = course.grade(course.submission(**right | STYLES[style]))
    assert scores(report) == FULL, [result for question in report.questions for result in question.results]


def test_extra_cells_and_text_of_ones_own(course, right):
    notebook = course.submission(**right)
    notebook.cells.insert(0, new_code_cell("import math\nmath.pi"))
    notebook.cells.insert(3, new_markdown_cell("# My notes\n\n$a < b$"))
    notebook.cells.insert(4, new_code_cell("scale(np.ones(3), 2.0)"))
    notebook.cells.append(new_code_cell("raise RuntimeError('an experiment')"))
    notebook.cells.append(new_markdown_cell("![map](attachment:map.png)", attachments={"map.png": {"image/png": PNG}}))
    report = course.grade(notebook)
    assert scores(report) == FULL
    texts = [cell.source for cell in report.notebook.cells]
    assert "# My notes\n\n$a < b$" in texts
    pasted = report.notebook.cells[-1]
    assert pasted.attachments == {"map.png": {"image/png": PNG}}
    assert f'<img src="data:image/png;base64,{PNG}" alt="map">' in safe_html(pasted.source, pasted.attachments)
    shown = next(cell for cell in report.notebook.cells if cell.source == "scale(np.ones(3), 2.0)")
    assert shown.outputs[0].data["text/plain"] == "array([2., 2., 2.])"


@pytest.mark.slow
def test_tensors_and_variables_for_arrays(course, right):
    (course.root / "long.toml").write_text("[default]\ncell_seconds = 60\n")
    path = course.submit("tensors", course.submission(**right | TENSORS))
    report = grade_notebook(path, "tiny", release=course.root / "course" / "tiny" / "tiny.ipynb",
                            checks_root=course.root / "checks", limits=course.root / "long.toml")  # fmt: skip
    assert scores(report) == FULL, [result for question in report.questions for result in question.results]


@pytest.mark.slow
@pytest.mark.parametrize("lab", ["lab06"])
def test_marks_are_the_same_in_ten_runs(lab, tmp_path):
    """A right submission, and one in which a few right cells and the stubs of the rest stand side by side."""
    released = nbformat.read(COURSE / lab / f"{lab}.ipynb", as_version=4)
    solved = {grade_id_of(cell): cell.source for cell in read_source(lab).cells}
    fillable = [cell for cell in released.cells if cell.metadata.nbgrader.solution and cell.cell_type == "code"]
    for keep in (1, 2):  # every answer; every second one
        for number, cell in enumerate(fillable):
            if number % keep == 0:
                cell.source = solved[grade_id_of(cell)]
        nbformat.write(released, tmp_path / f"{keep}.ipynb")
        released = nbformat.read(COURSE / lab / f"{lab}.ipynb", as_version=4)
        fillable = [cell for cell in released.cells if cell.metadata.nbgrader.solution and cell.cell_type == "code"]
    for keep in (1, 2):
        runs = [scores(grade_notebook(tmp_path / f"{keep}.ipynb", lab)) for _ in range(10)]
        assert runs == runs[:1] * 10
        assert sum(runs[0].values()) > 0
