"""What a sandbox may not reach, and what damage to a notebook may not change. The attacks are in tests/hostile."""

import os
import socket
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
    "host of the virtual machine": "import socket; socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)",
    "memory without an owner": "import os; os.memfd_create('x')",
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
def test_no_other_socket_is_spoken_to(course, tmp_path):
    """A link in the place of a kernel's socket would lead the grader's next connection to another program."""
    with socket.socket(socket.AF_UNIX) as other, Kernel(load_limits("tiny", course.root / "limits.toml")) as kernel:
        other.bind(str(tmp_path / "other"))
        other.listen()
        other.setblocking(False)
        kernel._sockets[0].unlink()
        kernel._sockets[0].symlink_to(tmp_path / "other")
        kernel._deaf = True
        with pytest.raises(KernelDied, match="replaced the sockets"):
            kernel.run("1", 20)
        with pytest.raises(BlockingIOError):
            other.accept()


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
