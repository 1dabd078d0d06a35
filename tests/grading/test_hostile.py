"""Submissions that attack the grader: the honest part gets what it deserves, no more, and the rest is graded."""

import os
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from autograder.kernel import Kernel, KernelDied
from autograder.limits import load_limits
from autograder.plan import make_plan


def outcomes(report) -> dict[str, list[str]]:
    return {question.grade_id: [result.outcome for result in question.results] for question in report.questions}


def scores(report) -> dict[str, float]:
    return {question.grade_id: question.score for question in report.questions}


FULL = {"scale": 3.0, "total": 2.0, "offset": 0.5}

# Code of the cell for `scale` (or of another cell where one is named), and the marks that must come out.
IN_CELLS = {
    "endless loop": ({"scale_code": "while True: pass"}, {"scale": 0, "total": 0, "offset": 0.5}),
    "endless loop that ignores interrupts": (
        {"total_code": "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"},
        {"scale": 3, "total": 0, "offset": 0.5},
    ),
    "endless function": (
        {"total_code": "def total(x):\n    while True: pass"},
        {"scale": 3, "total": 0, "offset": 0.5},
    ),
    "os._exit in a cell": ({"total_code": "import os\nos._exit(0)"}, {"scale": 3, "total": 0, "offset": 0.5}),
    "os._exit in a function": (
        {"total_code": "def total(x):\n    import os\n    os._exit(0)"},
        {"scale": 3, "total": 0, "offset": 0.5},
    ),
    "segfault": ({"total_code": "import ctypes\nctypes.string_at(0)"}, {"scale": 3, "total": 0, "offset": 0.5}),
    "exit()": ({"total_code": "exit()"}, {"scale": 3, "total": 0, "offset": 0.5}),
    "equality that says yes": (
        {
            "scale_code": "class Yes(np.ndarray):\n    __eq__ = __le__ = __lt__ = lambda *a: True\n"
            "    __sub__ = __rsub__ = lambda s, o: np.zeros(s.shape)\n"
            "def scale(x, f):\n    return (x + 1).view(Yes)",
            "total_code": "class Any(float):\n    __eq__ = lambda *a: True\ndef total(x):\n    return Any(1.0)",
        },
        {"scale": 0, "total": 0, "offset": 0.5},
    ),
    "NaN everywhere": (
        {"scale_code": "def scale(x, f):\n    return x * np.nan", "total_code": "def total(x):\n    return np.nan"},
        {"scale": 0, "total": 0, "offset": 0.5},
    ),
    "patched NumPy and pytest": (
        {
            "scale_code": "import sys, types\nnp.max = np.abs = np.isfinite = lambda *a, **k: np.array(True)\n"
            "sys.modules['pytest'] = types.ModuleType('pytest')\ndef scale(x, f):\n    return x",
        },
        {"scale": 0, "total": 0, "offset": 0.5},
    ),
    "forged replies": (
        {
            "scale_code": "import toonlens.exchange as e\n"
            "e.answer = lambda namespace, request: e.encode({'value': True, 'args': [], 'kwargs': {}})",
        },
        {"scale": 0, "total": 0, "offset": 0.5},  # a true value counts as a number; arrays have to be right
    ),
    "replies that are no messages": (
        {"scale_code": "import toonlens.exchange as e\ne.answer = lambda namespace, request: b'TOON' + b'\\xff' * 64"},
        {"scale": 0, "total": 0, "offset": 0},
    ),
    "a reply without end": (
        {
            "total_code": "import toonlens.exchange as e, os\n"
            "def total(x):\n"
            "    fd = [int(f) for f in os.listdir('/proc/self/fd') if 'socket' in os.readlink('/proc/self/fd/' + f)"
            " if os.path.exists('/proc/self/fd/' + f)]\n"
            "    for f in fd:\n"
            "        try: os.write(f, b'\\xff' * 64)\n"
            "        except OSError: pass\n"
        },
        {"scale": 3, "total": 0, "offset": 0.5},
    ),
    "patched session": (
        {
            "scale_code": "kernel = get_ipython().kernel\nsend = kernel.session.send\n"
            "def lie(stream, msg, content=None, *a, **k):\n"
            "    if msg == 'execute_result': content = {'data': {'text/plain': '3.0'}, 'metadata': {}}\n"
            "    return send(stream, msg, content, *a, **k)\nkernel.session.send = lie\n3.0",
        },
        {"scale": 0, "total": 0, "offset": 0.5},
    ),
    "asserts dropped": (
        {
            "scale_code": "import ast\nclass Drop(ast.NodeTransformer):\n    visit_Assert = lambda s, n: ast.Pass()\n"
            "get_ipython().ast_transformers.append(Drop())",
        },
        {"scale": 0, "total": 0, "offset": 0.5},
    ),
    "huge output": (
        {"scale_code": "for i in range(300): print('x' * 100_000)\ndef scale(x, f):\n    return f * x"},
        FULL,
    ),
    "warnings and stderr": (
        {
            "scale_code": "import sys, warnings\ndef scale(x, f):\n    warnings.warn('w')\n"
            "    print('e', file=sys.stderr)\n    return f * x"
        },
        FULL,
    ),
    "memory": (
        {"total_code": "def total(x):\n    return len(bytearray(64 << 30))"},
        {"scale": 3, "total": 0, "offset": 0.5},
    ),
    "object array": (
        {"total_code": "def total(x):\n    return np.array([print], dtype=object)"},
        {"scale": 3, "total": 0, "offset": 0.5},
    ),
}
QUICK = {"endless function", "os._exit in a cell", "equality that says yes", "NaN everywhere", "forged replies",
         "patched session"}  # fmt: skip


@pytest.mark.parametrize(
    "attack", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in IN_CELLS]
)
def test_attack_in_a_cell(course, right, attack):
    cells, due = IN_CELLS[attack]
    report = course.grade(course.submission(**right | cells))
    assert scores(report) == due, outcomes(report)
    for cell in report.notebook.cells:
        kinds = [output.output_type for output in cell.get("outputs", [])]
        assert ("execute_result" in kinds) == (cell.metadata.nbgrader.get("grade") and cell.cell_type == "code")
        assert sum(len(str(output)) for output in cell.get("outputs", [])) < 200_000


def test_states_are_kept_apart(course, right):
    dead = "def total(x):\n    import os\n    os._exit(0)"
    report = course.grade(course.submission(**right | {"scale_code": "pass", "total_code": dead}))
    assert outcomes(report) == {"scale": ["failed", "skipped"], "total": ["not run"], "offset": ["passed"]}
    assert report.questions[1].results[0].reason == "a call of your function ended the kernel"


# What a cell may not reach; each ends with the value of `reached`.
REACHES = {
    "autograder": "import autograder",
    "innvestigate": "import innvestigate",
    "solutions": f"open({str(Path(__file__).resolve().parents[2] / 'pyproject.toml')!r})",
    "checks": f"open({str(Path(__file__).resolve().parents[2] / 'autograder' / 'checking.py')!r})",
    "tests": f"open({str(Path(__file__).resolve())!r})",
    "home": f"import os; os.listdir({str(Path.home() / '.cache')!r})",
    "host name": "open('/etc/hostname')",
    "accounts": "open('/etc/passwd')",
    "network": "import socket; socket.create_connection(('127.0.0.1', 22), 2)",
    "interfaces": "import socket; assert [n for _, n in socket.if_nameindex()] != ['lo']",
    "other processes": "import os; assert len([p for p in os.listdir('/proc') if p.isdigit()]) > 20",
    "environment": "import os; os.environ['SECRET_OF_THE_GRADER']",
    "new namespaces": "import ctypes; assert ctypes.CDLL(None).unshare(0x10000000) == 0",
    "system": "open('/usr/x', 'w')",
    "sockets' directory": "open('/run/kernel/x', 'w')",
    "released files": "open('data.txt', 'w')",
    "root": "import os; os.setuid(0)",
    "full disk": "import os\nfor i in range(200): open(f'/tmp/{i}', 'wb').write(b'0' * (1 << 20))",
    "large file": "open('/tmp/large', 'wb').write(b'0' * (17 << 20))",
}


def test_sandbox_reaches_nothing(course, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_GRADER", "42")
    (tmp_path / "data.txt").write_text("given")
    with Kernel(load_limits("tiny", course.root / "limits.toml"), [tmp_path / "data.txt"]) as kernel:
        reached = {name for name, source in REACHES.items() if kernel.run(source, 20).status == "ok"}
        # Where the grader is no other user than the student, the directory of the sockets stays writable.
        assert reached - ({"sockets' directory"} if os.geteuid() else set()) == set()
        given = kernel.run("print(open('data.txt').read())\nopen('own.txt', 'w').write('x')", 20)
        assert (given.status, given.outputs[0].text) == ("ok", "given\n")


@pytest.mark.slow
def test_fork_bomb_is_bounded_and_gone(course):
    started = time.monotonic()
    limits = load_limits("tiny", course.root / "limits.toml")
    with Kernel(limits) as kernel:
        bomb = "import os\nchildren = 0\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
        with pytest.raises(KernelDied):
            kernel.run(bomb, 2)
        assert not kernel.alive
    with Kernel(limits) as kernel:
        assert kernel.run("print(1)", 20).status == "ok"
    assert time.monotonic() - started < 120  # a hang, not slowness, would make this fail


# Damage to the notebook's structure; the marks are those of the cells that are left.


def duplicated(notebook):
    notebook.cells += [nbformat.from_dict(cell) for cell in notebook.cells]


def without_graded_cells(notebook):
    notebook.cells = [cell for cell in notebook.cells if not cell.metadata.nbgrader.get("points")]


def forged_results(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata["tags"] = ["skip-execution"]
            data = {"text/plain": "np.float64(3.0)"}
            cell.outputs = [nbformat.v4.new_output("execute_result", data=data, execution_count=1)]
            cell.source = "np.float64(3.0)" if cell.metadata.nbgrader.get("points") else cell.source


def wrong_metadata(notebook):
    for cell in notebook.cells:
        cell.metadata.nbgrader.update(
            schema_version=99, points=100, locked=False, solution=True, checksum="x", task=True
        )


def retyped(notebook):
    notebook.cells = [
        nbformat.v4.new_markdown_cell(cell.source, metadata=cell.metadata) if cell.cell_type == "code" else cell
        for cell in notebook.cells
    ]


def edited_given(notebook):
    for cell in notebook.cells:
        if cell.metadata.nbgrader.grade_id == "given-02":
            cell.source = "factor = 5.0"


def extra_between(notebook):
    notebook.cells.insert(3, new_code_cell("offset = 'text'\nimport pandas_does_not_exist"))
    notebook.cells.insert(5, new_code_cell("import os; os._exit(3)"))
    notebook.cells.append(new_code_cell("scale = total = None"))


def odd_metadata(notebook):
    for value in ([], "x", {"nbgrader": 3}, {"nbgrader": {"grade_id": ["scale"]}}, {"nbgrader": {"grade_id": "nope"}}):
        cell = new_code_cell("pass")
        cell["metadata"] = value
        notebook.cells.append(cell)


DAMAGES = [duplicated, without_graded_cells, forged_results, wrong_metadata, retyped, edited_given]


@pytest.mark.parametrize("damage", [*DAMAGES, odd_metadata, extra_between])
def test_damage_does_not_change_the_plan(course, right, damage):
    release = course.submission()
    intact, notebook = course.submission(**right), course.submission(**right)
    damage(notebook)

    def plan(submission):
        steps = [step for step in make_plan(submission, release) if step.grade_id]
        return [(step.kind, step.grade_id, step.cell.source, step.cell.metadata) for step in steps]

    left_out = {"why"} if damage is without_graded_cells else set()
    compared = [[step for step in plan(nb) if step[1] not in left_out] for nb in (notebook, intact)]
    assert compared[0] == compared[1]


def test_extra_cells_stay_where_they_were(course, right):
    notebook = course.submission(**right)
    extra_between(notebook)
    report = course.grade(notebook)
    # The one before `total` makes offset a text, which the student's own cell puts right again further down.
    assert scores(report) == FULL, outcomes(report)
    order = [step.grade_id or step.cell.source[:6] for step in make_plan(notebook, course.submission())]
    assert order == ["given-01", "scale_code", "scale", "offset", "given-02", "import", "total_code", "total",
                     "offset_code", "offset", "why", "scale "]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_structure_keeps_honest_marks(course, right, damage):
    notebook = course.submission(**right)
    damage(notebook)
    report = course.grade(notebook)
    assert scores(report) == FULL, outcomes(report)


def test_forged_results_earn_nothing(course):
    notebook = course.submission()
    forged_results(notebook)
    assert course.grade(notebook).score == 0


def test_damaged_notebooks_through_nbgrader(course, right):
    for damage, why in ((wrong_metadata, None), (without_graded_cells, 0)):
        notebook = course.submission(**right)
        damage(notebook)
        duplicated(notebook)
        course.submit(damage.__name__, notebook)
        course.autograde(damage.__name__)
        assert course.scores(damage.__name__) == {**FULL, "why": why}


def test_nothing_of_a_student_is_live_in_the_feedback(course, right):
    script = "<script>alert(1)</script>"
    sources = {
        "scale_code": f"def scale(x, f):\n    raise ValueError('{script}')",
        "total_code": f"from IPython.display import HTML, Javascript, display\ndisplay(HTML('{script}'))\n"
        "display(Javascript('alert(2)'))\nprint('shown')",
    }
    course.submit("script", course.submission(**right | sources))
    course.autograde("script")
    result = course.api.generate_feedback("tiny", "script", force=True)
    assert result["success"], result.get("log")
    graded = nbformat.read(course.root / "autograded" / "script" / "tiny" / "tiny.ipynb", as_version=4)
    mimes = {mime for cell in graded.cells for output in cell.get("outputs", []) for mime in output.get("data", {})}
    assert mimes <= {"text/plain", "text/html", "image/png"}
    html = [
        output.data["text/html"]
        for cell in graded.cells for output in cell.get("outputs", []) if "text/html" in output.get("data", {})
    ]  # fmt: skip
    assert len(html) == 3  # the grader's own, one per graded cell
    assert all("<script" not in page for page in html)
    assert any("&lt;script&gt;" in page for page in html)
