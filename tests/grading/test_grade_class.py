"""A whole class with ``toonlens grade``: as nbgrader marks it, only what changed, past whatever is broken."""

import contextlib
import io
import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import psutil
import pytest
from distributed import Client, LocalCluster
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from rich.console import Console
from traitlets.config import PyFileConfigLoader

from autograder import cluster, grade_command
from autograder.batch import Entry, Summary, find_students, grade_class
from autograder.gradebook import Ledger
from autograder.intake import receive
from autograder.rules import rules_here, rules_of
from autograder.settings import load_lab, load_settings, working_directory
from autograder.worker import OTHER_COURSE, Graded, Job, NotGraded, Outcome, grade_job
from toonlens.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
WRONG_SCALE = "def scale(x, f):\n    return f * f * x"
FULL = {"scale": 3, "total": 2, "offset": 0.5, "why": None}
# All that nbgrader keeps of a submission, with names in place of its random ids.
ROWS = """
SELECT s.student_id, a.name, s.timestamp, s.extension, n.name, sn.late_submission_penalty, c.name,
       g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade
FROM grade g JOIN base_cell c ON g.cell_id = c.id JOIN submitted_notebook sn ON g.notebook_id = sn.id
JOIN notebook n ON sn.notebook_id = n.id JOIN submitted_assignment s ON sn.assignment_id = s.id
JOIN assignment a ON s.assignment_id = a.id ORDER BY 1, 2, 5, 7
"""
COMMENTS = """
SELECT s.student_id, c.name, m.auto_comment, m.manual_comment
FROM comment m JOIN base_cell c ON m.cell_id = c.id JOIN submitted_notebook sn ON m.notebook_id = sn.id
JOIN submitted_assignment s ON sn.assignment_id = s.id ORDER BY 1, 2
"""


class Course:
    """A copy of the tiny course with a configuration file of its own, and the command that grades it."""

    def __init__(self, root: Path):
        self.root = root

    def submission(self, **sources: str) -> nbformat.NotebookNode:
        notebook = nbformat.read(self.root / "course" / "tiny" / "tiny.ipynb", as_version=4)
        for cell in notebook.cells:
            cell.source = sources.get(cell.metadata.nbgrader.grade_id, cell.source)
        return notebook

    def submit(self, student: str, notebook: nbformat.NotebookNode | bytes) -> Path:
        folder = self.root / "submitted" / student / "tiny"
        folder.mkdir(parents=True, exist_ok=True)
        data = notebook if isinstance(notebook, bytes) else nbformat.writes(notebook).encode()
        (folder / "tiny.ipynb").write_bytes(data)
        return folder

    def grade(self, *students: str, jobs: int | None = 2, scheduler: str | None = None, sandbox: bool = True) -> str:
        """What the command prints. In this process, because importing nbgrader takes seconds."""
        with working_directory(self.root), contextlib.redirect_stdout(io.StringIO()) as said:
            grade_command.run("tiny", students, jobs, scheduler, sandbox)
        return " ".join(said.getvalue().split())

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-c", "from toonlens.cli import main; main()", "grade", *arguments]

    def api(self) -> NbGraderAPI:
        config = PyFileConfigLoader("nbgrader_config.py", path=str(self.root)).load_config()
        return NbGraderAPI(CourseDirectory(config=config), config=config)

    def gradebook(self) -> Gradebook:
        return Gradebook(f"sqlite:///{self.root}/gradebook.db", "toonlens")

    def scores(self, student: str) -> dict[str, float | None]:
        with self.gradebook() as book:
            notebooks = book.find_submission("tiny", student).notebooks
            return {grade.name: grade.auto_score for notebook in notebooks for grade in notebook.grades}

    def rows(self) -> list[tuple]:
        with contextlib.closing(sqlite3.connect(self.root / "gradebook.db")) as db:
            return [*db.execute(ROWS), *db.execute(COMMENTS)]

    def files(self, student: str) -> dict[str, object]:
        """What lies in the graded folder, without random ids and without the inputs that a check drew at random."""
        folder, found = self.root / "autograded" / student / "tiny", {}
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            content: object = path.read_bytes()
            if path.suffix == ".ipynb":
                notebook = nbformat.read(path, as_version=4)
                for cell in notebook.cells:
                    cell.id = ""
                    if cell.cell_type == "code" and cell.metadata.nbgrader.grade:
                        score, reasons = cell.outputs
                        cell.outputs = [score, {"first line": reasons.data["text/plain"].splitlines()[0]}]
                content = notebook
            found[str(path.relative_to(folder))] = content, path.stat().st_mode
        return found

    def kept(self, student: str) -> int:
        """When the graded notebook was written, in ns: tells whether a run touched it."""
        return (self.root / "autograded" / student / "tiny" / "tiny.ipynb").stat().st_mtime_ns


@pytest.fixture(scope="session")
def template(course, tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("class")
    for name in ("solutions", "course", "checks"):
        shutil.copytree(course.root / name, root / name)
    (root / "solutions" / "tiny" / "data.txt").write_text("given")
    shutil.copy(course.root / "limits.toml", root)
    settings = (ROOT / "nbgrader_config.py").read_text()
    settings += '\nc.SandboxedExecute.checks_root = str(ROOT / "checks")\n'
    settings += 'c.SandboxedExecute.limits_file = str(ROOT / "limits.toml")\n'
    (root / "nbgrader_config.py").write_text(settings)
    result = Course(root).api().generate_assignment("tiny", force=True)
    assert result["success"], result.get("log") or result.get("error")
    return root


@pytest.fixture
def tiny(template, tmp_path) -> Course:
    shutil.copytree(template, tmp_path / "course")
    return Course(tmp_path / "course")


def test_same_marks_and_files_as_nbgrader_autograde(tiny, right):
    stock = Course(tiny.root.with_name("stock"))
    submissions = {
        "ada": tiny.submission(**right),
        "bob": tiny.submission(**right | {"scale_code": WRONG_SCALE}),
        "cyd x": tiny.submission(),
        "deé": tiny.submission(**right | {"offset_code": "import os; os._exit(1)"}),
    }
    for student, notebook in submissions.items():
        folder = tiny.submit(student, notebook)
        (folder / "timestamp.txt").write_text("2026-11-23 10:00:00 UTC")
        (folder / "extra").mkdir()
        (folder / "extra" / "notes.txt").write_text("mine")
        (folder / "data.txt").write_text("changed by the student")
    with tiny.gradebook() as book:
        book.update_or_create_assignment("tiny", duedate="2026-11-23 09:00:00 UTC")
    shutil.copytree(tiny.root, stock.root)
    assert "graded 4, unchanged 0, not graded 0" in tiny.grade()
    result = stock.api().autograde("tiny", "*")
    assert result["success"], result.get("log") or result.get("error")

    assert tiny.scores("ada") == FULL
    assert tiny.scores("bob") == {**FULL, "scale": 0, "total": 0}
    assert tiny.rows() == stock.rows()
    for student in submissions:
        assert tiny.files(student) == stock.files(student)
        assert {"tiny.ipynb", "data.txt", "timestamp.txt", "extra/notes.txt"} == set(tiny.files(student))


def test_unchanged_submissions_are_left_alone(tiny, right):
    for student in ("ada", "bob"):
        tiny.submit(student, tiny.submission(**right))
    tiny.grade()
    before = tiny.kept("ada"), tiny.kept("bob"), tiny.rows()
    assert "graded 0, unchanged 2" in tiny.grade()
    assert (tiny.kept("ada"), tiny.kept("bob"), tiny.rows()) == before

    tiny.submit("bob", tiny.submission(**right | {"scale_code": WRONG_SCALE}))  # new bytes
    assert "graded 1, unchanged 1" in tiny.grade()
    assert (tiny.kept("ada"), tiny.scores("bob")["scale"]) == (before[0], 0)

    with tiny.gradebook() as book:  # a mark that is gone
        book.find_grade("scale", "tiny", "tiny", "ada").auto_score = None
        book.db.commit()
    assert "graded 1, unchanged 1" in tiny.grade()
    assert tiny.scores("ada") == FULL

    shutil.rmtree(tiny.root / "autograded" / "ada" / "tiny")  # a notebook that is gone
    assert "graded 1, unchanged 1" in tiny.grade()

    checks = tiny.root / "checks" / "tiny" / "test_tiny.py"  # other checks
    checks.write_text(checks.read_text().replace("rtol=1e-9", "rtol=1e-8"))
    assert "graded 2, unchanged 0" in tiny.grade()


def test_manual_marks_and_comments_are_kept(tiny, right):
    tiny.submit("ada", tiny.submission(**right))
    tiny.grade()
    with tiny.gradebook() as book:
        book.find_grade("why", "tiny", "tiny", "ada").manual_score = 3.5
        book.find_grade("scale", "tiny", "tiny", "ada").extra_credit = 1
        book.find_comment("why", "tiny", "tiny", "ada").manual_comment = "good"
        book.db.commit()
    tiny.submit("ada", tiny.submission(**right | {"scale_code": WRONG_SCALE}))
    tiny.grade()
    with tiny.gradebook() as book:
        why, scale = (book.find_grade(name, "tiny", "tiny", "ada") for name in ("why", "scale"))
        assert (why.manual_score, why.score, scale.auto_score, scale.extra_credit) == (3.5, 3.5, 0, 1)
        assert book.find_comment("why", "tiny", "tiny", "ada").manual_comment == "good"


def test_broken_submissions_among_good_ones(tiny, right):
    for student in ("ada", "zoe"):
        tiny.submit(student, tiny.submission(**right))
    tiny.submit("odd [*] name", tiny.submission(**right))
    tiny.submit("broken", b"{")
    tiny.submit("misnamed", tiny.submission(**right)).joinpath("tiny.ipynb").rename(
        tiny.root / "submitted" / "misnamed" / "tiny" / "Untitled.ipynb"
    )
    (tiny.submit("linked", tiny.submission(**right)) / "notes.txt").symlink_to("/etc/passwd")
    tiny.submit("endless", tiny.submission(**right | {"scale_code": "def scale(x, f):\n    while True: pass"}))
    said = tiny.grade()
    assert "4 of them need a look" in said
    for student in ("ada", "zoe", "linked", "odd [*] name"):
        assert tiny.scores(student) == FULL
    assert tiny.scores("endless") == {**FULL, "scale": 0, "total": 0}
    assert "endless" in said
    assert "scale: could not be checked" in said
    assert not (tiny.root / "autograded" / "linked" / "tiny" / "notes.txt").exists()
    for student in ("broken", "misnamed"):
        assert set(tiny.scores(student).values()) == {0}
    assert "Untitled.ipynb" in said
    assert "4 of them need a look" in tiny.grade("broken", "misnamed", "linked", "endless")  # as long as they are so


def test_misplaced_submissions_need_a_look(tiny, right):
    notebook = tiny.submission(**right)
    for student in ("ada", "bob"):
        tiny.submit(student, notebook)
    nbformat.write(notebook, tiny.root / "submitted" / "bob" / "tiny.ipynb")  # beside the folder with another
    for student, name in (("cyd", "tiny"), ("dee", "tiny.ipynb")):
        (tiny.root / "submitted" / student).mkdir()
        nbformat.write(notebook, tiny.root / "submitted" / student / name)
    said = tiny.grade()
    assert "graded 2, unchanged 0, not graded 2; 3 of them need a look" in said
    look = {
        "bob": f"{tiny.root}/submitted/bob/tiny.ipynb is not graded where it is",
        "cyd": f"{tiny.root}/submitted/cyd/tiny is no folder: make it one",
        "dee": f"{tiny.root}/submitted/dee/tiny.ipynb is not graded where it is",
    }
    for student, remark in look.items():
        summary = grade_in_here(tiny, {}, student)
        assert [entry.student for entry in summary.needing_a_look()] == [student]
        assert remark in summary.entries[0].remarks[0]
    assert (tiny.root / "submitted" / "cyd" / "tiny").is_file()  # as it was
    with tiny.gradebook() as book:
        assert sorted(entry.student.id for entry in book.assignment_submissions("tiny")) == ["ada", "bob"]


def test_one_student_of_many(tiny, right):
    for student in ("ada", "bob", "cyd"):
        tiny.submit(student, tiny.submission(**right))
    assert "graded 2" in tiny.grade("ada", "cyd")
    with tiny.gradebook() as book:
        assert sorted(s.student.id for s in book.assignment_submissions("tiny")) == ["ada", "cyd"]


def test_without_a_sandbox_warns_and_is_recorded(tiny, right, capsys):
    tiny.submit("ada", tiny.submission(**right))
    record = tiny.root / "autograded" / "ada" / ".tiny.toonlens.json"
    assert "graded 1" in tiny.grade(sandbox=False)
    assert "WITHOUT a sandbox" in " ".join(capsys.readouterr().err.split())
    assert '"sandbox": "none"' in (tiny.root / "autograded" / "ada" / "tiny" / "tiny.ipynb").read_text()
    assert json.loads(record.read_text())["sandbox"] is False
    assert "unchanged 1" in tiny.grade(sandbox=False)
    assert "WITHOUT a sandbox" in " ".join(capsys.readouterr().err.split())  # each time
    assert "graded 1" in tiny.grade()  # with a sandbox it is another grade
    assert json.loads(record.read_text())["sandbox"] is True


def refused(course: Course, *students: str, **options: object) -> str:
    with pytest.raises(UserError) as said:
        course.grade(*students, **options)
    assert "\n" not in str(said.value)
    return str(said.value)


def test_refusals_are_one_clear_line(tiny, right):
    assert "no submissions" in refused(tiny)
    tiny.submit("ada", tiny.submission(**right))
    assert "no submission of tiny by nobody" in refused(tiny, "nobody")
    assert "no Dask scheduler answers" in refused(tiny, jobs=None, scheduler="tcp://127.0.0.1:9")
    assert "give one of them" in refused(tiny, jobs=1, scheduler="tcp://127.0.0.1:9")
    good = (tiny.root / "gradebook.db").read_bytes()
    (tiny.root / "gradebook.db").write_bytes(b"no database" * 100)
    assert "is damaged" in refused(tiny)
    (tiny.root / "gradebook.db").write_bytes(good[: len(good) // 2])
    assert "is damaged" in refused(tiny)
    (tiny.root / "gradebook.db").unlink()
    assert "does not know tiny: run `nbgrader generate_assignment tiny` first" in refused(tiny)


def test_command_line_says_one_line_and_exits_2(tiny):
    done = subprocess.run(tiny.command("lab99"), cwd=tiny.root, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "toonlens: no lab called 'lab99': released are tiny\n"


@contextlib.contextmanager
def held(path: Path, seconds: float) -> Iterator[None]:
    """Another program writes to the gradebook for ``seconds``."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("BEGIN EXCLUSIVE")
    timer = threading.Timer(seconds, db.close)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def test_waits_for_a_locked_gradebook(tiny, right):
    tiny.submit("ada", tiny.submission(**right))
    start = time.monotonic()
    with held(tiny.root / "gradebook.db", 8):  # SQLite itself would give up after 5 s
        tiny.grade()
        assert time.monotonic() - start > 7
    assert tiny.scores("ada") == FULL


def test_nothing_is_summed_up_where_nothing_was_begun(tiny, right, capsys):
    tiny.submit("ada", tiny.submission(**right))
    with working_directory(tiny.root), pytest.raises(UserError):
        grade_command.run("tiny", ["nobody"], 1, None, True)
    assert capsys.readouterr().out == ""


def test_the_bar_shows_the_time_left_and_who_is_graded():
    now = 0.0
    console = Console(record=True, force_terminal=True, width=120, file=io.StringIO())
    bar = grade_command._Bar(8, console, lambda: now)

    def line() -> str:
        """What the bar's line says now."""
        console.export_text()
        bar._progress.refresh()
        return console.export_text().strip().splitlines()[-1]

    with bar:
        students = ["ada", "bob", "cyd", "dee", "eve", "[b]odd"]
        for student in students:
            bar.started(student)
        bar.started("ada")  # a second time, because its worker died
        shown = line()
        assert "0/8" in shown
        assert "-:--:--" in shown
        assert shown.endswith("ada, bob, cyd, dee and 2 more")
        for number, student in enumerate(students[:4], 1):
            now = 10.0 * number
            bar.ended(Entry(student, "graded", 1.0))
        shown = line()
        assert "4/8" in shown
        assert "0:00:40" in shown
        assert shown.endswith("eve, [b]odd")
        bar.ended(Entry("fay", "unchanged", 1.0))  # never begun
        assert "5/8" in line()
    left = console.export_text().strip().splitlines()[-1]
    assert "5/8" in left
    assert "eve" not in left


def test_one_at_a_time(tiny, right):
    tiny.submit("ada", tiny.submission(**right))
    config, coursedir = load_settings(tiny.root)
    with Ledger(load_lab("tiny", config, coursedir), config, coursedir):
        assert "another `toonlens grade` is at work" in refused(tiny)
    assert "graded 1" in tiny.grade()


# On a cluster


def test_a_worker_with_another_course_refuses(tiny, right):
    lab, _ = lab_and_ledger(tiny)
    job = Job("ada", lab, {"tiny": nbformat.writes(tiny.submission(**right))}, {})
    other = replace(job, lab=replace(lab, rules="of last year"))
    assert grade_job(other) == NotGraded(OTHER_COURSE)
    assert isinstance(grade_job(job), Graded)


def test_rules_are_those_that_a_process_began_with(tiny):
    where = "tiny", tiny.root / "course" / "tiny", tiny.root / "checks"
    before = rules_here(*where)
    assert before == rules_of(*where)
    checks = tiny.root / "checks" / "tiny" / "test_tiny.py"
    checks.write_text(checks.read_text().replace("rtol=1e-9", "rtol=1e-8"))
    assert rules_of(*where) != before
    assert rules_here(*where) == before  # modules that are imported do not change with their files
    assert rules_of("tiny", tiny.root / "nowhere", tiny.root / "checks") != rules_of(*where)


@pytest.mark.slow
def test_a_cluster_gives_the_same_marks(tiny, right):
    """With two workers, one of them killed while it grades; then workers that know only the old checks."""
    wrong = {"scale_code": WRONG_SCALE}, {"offset_code": "offset = 'two'"}, {"total_code": "import os; os._exit(1)"}
    for number, change in enumerate([{}, *wrong, {}, wrong[0]]):
        tiny.submit(f"student{number}", tiny.submission(**right | change))
    tiny.submit("broken", b"{")
    local = Course(tiny.root.with_name("local"))
    shutil.copytree(tiny.root, local.root)
    assert "graded 7, unchanged 0, not graded 0" in local.grade()
    begun, killed = [], []
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as workers,
        Client(workers, set_as_default=False) as client,
    ):
        pids = client.run(os.getpid)

        def hear(event: tuple) -> None:
            begun.append(event[1]["key"])
            if len(begun) == 3:  # it has just begun this job
                worker = psutil.Process(pids[event[1]["worker"]])
                worker.kill()
                killed.append(worker)

        client.subscribe_topic(cluster.TOPIC, hear)
        address = workers.scheduler_address
        assert "graded 7, unchanged 0, not graded 0" in tiny.grade(jobs=None, scheduler=address)
        assert psutil.wait_procs(killed, timeout=20) == (killed, [])
        assert len(killed) == 1
        assert begun.count(begun[2]) == 2  # another worker did it again
        assert tiny.rows() == local.rows()
        assert "graded 0, unchanged 7" in tiny.grade(jobs=None, scheduler=address)

        checks = tiny.root / "checks" / "tiny" / "test_tiny.py"
        checks.write_text(checks.read_text().replace("rtol=1e-9", "rtol=1e-8"))
        said = tiny.grade(jobs=None, scheduler=address)
        assert "not graded 7" in said
        assert "another version of the course" in said
        assert tiny.rows() == local.rows()
        client.restart()
        assert "graded 7, unchanged 0, not graded 0" in tiny.grade(jobs=None, scheduler=address)
        assert tiny.rows() == local.rows()


# Killed


def lab_and_ledger(course: Course):
    config, coursedir = load_settings(course.root)
    lab = load_lab("tiny", config, coursedir)
    return lab, Ledger(lab, config, coursedir)


def grade_in_here(course: Course, outcomes: dict[str, Outcome], *students: str) -> Summary:
    """Grade without workers, with outcomes that are known: what is left is the saving."""
    summary = Summary()
    _, ledger = lab_and_ledger(course)
    with ledger:
        known = lambda jobs, started: ((job, outcomes[job.student]) for job in jobs)  # noqa: E731
        grade_class(ledger, find_students(ledger, students), known, summary)
    return summary


def killed_after(calls: int, work: Callable[[], object]) -> int:
    """Do ``work`` in a process that is killed (-9) at its n-th call of a function; its exit status."""
    if (child := os.fork()) == 0:
        count = itertools.count(1)

        def profile(frame, event, argument):
            if event == "call" and next(count) == calls:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(profile)
        with contextlib.suppress(BaseException):
            work()
        os._exit(0)
    return os.waitpid(child, 0)[1]


def calls_of(work: Callable[[], object]) -> int:
    """How many calls ``work`` makes, in a process such as ``killed_after`` makes."""
    receiver, sender = os.pipe()
    if (child := os.fork()) == 0:
        count = itertools.count()
        sys.setprofile(lambda frame, event, argument: event == "call" and next(count))
        with contextlib.suppress(BaseException):
            work()
        sys.setprofile(None)
        os.write(sender, str(next(count)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    total = int(os.read(receiver, 100))
    os.close(receiver)
    os.close(sender)
    return total


def test_killed_at_any_moment(tiny, right):
    """Ada has an older mark and a manual one, and hands in anew; Bob hands in for the first time."""
    lab, _ = lab_and_ledger(tiny)
    old, new = tiny.submission(**right | {"scale_code": WRONG_SCALE}), tiny.submission(**right)
    tiny.submit("ada", old)
    outcomes = {}
    for name, notebook in (("old", old), ("new", new)):
        tiny.submit("scratch", notebook)
        submission = receive(tiny.root / "submitted" / "scratch" / "tiny", "scratch", lab)
        outcomes[name] = grade_job(Job("scratch", lab, submission.notebooks, submission.refused))
    shutil.rmtree(tiny.root / "submitted" / "scratch")
    grade_in_here(tiny, {"ada": outcomes["old"]})
    with tiny.gradebook() as book:
        book.find_grade("why", "tiny", "tiny", "ada").manual_score = 3.5
        book.find_comment("why", "tiny", "tiny", "ada").manual_comment = "good"
        book.db.commit()
    for student in ("ada", "bob"):
        tiny.submit(student, new)
    rest = {"ada": outcomes["new"], "bob": outcomes["new"]}
    safe = Course(tiny.root.with_name("safe"))
    shutil.copytree(tiny.root, safe.root)
    before = {row[6]: row[7] for row in safe.rows()[:4]}
    total = calls_of(lambda: grade_in_here(safe, rest))
    after, graded = safe.rows(), safe.files("ada")
    assert safe.scores("ada") == FULL
    assert before == {**FULL, "scale": 0, "total": 0}

    seen, courses = set(), []
    late = [total - calls for calls in (2000, 1000, 500, 200, 50)]  # what comes after the gradebook is a small part
    for number, moment in enumerate([*(total * k // 10 for k in range(1, 10)), *late]):
        hurt = Course(tiny.root.with_name(f"hurt{number}"))
        shutil.copytree(tiny.root, hurt.root)
        status = killed_after(moment, lambda: grade_in_here(hurt, rest))  # noqa: B023
        assert os.WIFSIGNALED(status)
        marks = [row for row in hurt.rows() if len(row) == 11]
        ada, bob = ({row[6]: row[7] for row in marks if row[0] == student} for student in ("ada", "bob"))
        assert ada in (before, FULL)  # one or the other, never a mixture
        assert bob in ({}, FULL)
        assert ("ada", "why", None, "good") in hurt.rows()
        assert next(row[8] for row in marks if row[:1] + row[6:7] == ("ada", "why")) == 3.5
        for student in ("ada", "bob"):
            assert hurt.files(student) == {} or set(hurt.files(student)) == set(graded)
        seen.add((ada == FULL, bob == FULL, bool(hurt.files("bob"))))
        courses.append(hurt)
    assert {(ada, bob) for ada, bob, _ in seen} == {
        (False, False),
        (True, False),
        (True, True),
    }  # before, between, after
    for hurt in courses:
        again = grade_in_here(hurt, rest)  # goes on where it was
        assert again.count("graded") + again.count("unchanged") == 2
        assert hurt.rows() == after
        assert hurt.files("ada") == graded
        assert set(hurt.files("bob")) == set(graded)
        assert grade_in_here(hurt, rest).count("unchanged") == 2
        assert [path.name for path in (hurt.root / "autograded").iterdir() if path.is_dir()].count(".toonlens") == 0
    assert {(False, False), (True, False), (True, True)} == {
        (ada, bob) for ada, bob, _ in seen
    }  # before, between, after


@pytest.mark.parametrize("how", ["kill", pytest.param("interrupt", marks=pytest.mark.slow)])
def test_command_is_stopped_and_goes_on(tiny, right, how):
    slow = right | {"offset_code": "import time\ntime.sleep(2)\noffset = 2"}
    for student in ("ada", "bob", "cyd", "dee"):
        tiny.submit(student, tiny.submission(**slow))
    running = subprocess.Popen(tiny.command("tiny", "--jobs", "1"), cwd=tiny.root, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    deadline = time.monotonic() + 120
    while not (tiny.root / "autograded" / "ada" / ".tiny.toonlens.json").exists():
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    family = psutil.Process(running.pid).children(recursive=True)
    first = tiny.kept("ada")
    if how == "kill":
        running.kill()
    else:
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does
    said = running.communicate(timeout=60)[0].decode()
    assert running.returncode == (-signal.SIGKILL if how == "kill" else 130)
    assert how == "kill" or "graded 1" in said
    assert psutil.wait_procs(family, timeout=30)[1] == []  # nobody goes on grading
    said = tiny.grade()
    assert "graded 4" not in said
    assert "not graded 0" in said
    assert tiny.kept("ada") == first
    assert all(tiny.scores(student) == FULL for student in ("ada", "bob", "cyd", "dee"))
