"""What grading a class costs, side by side in one run: ours, sandboxed, against stock `nbgrader autograde`.

    python bench/grade.py all [--lab06 30] [--tensorflow 12] [--copies 500] [--dask 48]
    python bench/grade.py speed|memory|cluster ...
    python bench/grade.py page

`speed`: submissions per minute of lab 6 (NumPy) and of a small lab in TensorFlow that is made here, graded by
`toonlens grade` and by stock nbgrader from a notebook with the same checks in hidden cells; the marks have to be the
same. Then both again on the unchanged class. `cluster`: the time, and the same marks as on this machine alone, on a
local Dask cluster of 1, 2 and 4 workers of one thread, and with a worker killed over a submission. `memory`: resident
memory of the grader's processes over many copies of a short submission, until its workers are replaced and over all.
Numbers go to docs/grading-at-scale.json, and `page` makes
docs/grading-at-scale.md of them.
"""

import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import grade_page
import nbformat
import psutil
import typer
from nbformat.v4 import new_code_cell, new_notebook

from autograder import cluster as dask
from autograder.checking import CHECKS
from autograder.course import ROOT, SOLUTIONS
from autograder.labs import read_source
from autograder.plan import grade_id_of, is_autograded
from autograder.samples import sample_submission
from toonlens.paths import atomic_write

NUMBERS = ROOT / "docs" / "grading-at-scale.json"
KINDS = ("right", "half", "right")  # of lab 6, in turn
TENSORFLOW, SHORT = "tflab", "shortlab"
ENVIRONMENT = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}

app = typer.Typer(add_completion=False)


# -- labs --------------------------------------------------------------------------------------------------------------

MODEL = """
def network():
    rng = np.random.default_rng(3)
    image = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(8, 3, activation="relu")(image)
    x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Conv2D(16, 3, activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(image, keras.layers.Dense(5)(x))
    model.set_weights([rng.normal(0, 0.3, w.shape).astype("float32") for w in model.get_weights()])
    return model
"""
GRADIENT = """
def gradient(x, c):
    x = tf.convert_to_tensor(x, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = model(x)[:, c]
    return tape.gradient(score, x).numpy()
"""
SMOOTH = """
def smooth(x, c, noise):
    return sum(gradient(x + n, c) for n in noise) / len(noise)
"""
TF_CHECKS = f'''
import numpy as np
import keras
import tensorflow as tf
from autograder.checking import check, compare
{MODEL}
model = network()
{GRADIENT}

@check("gradient", points=3)
def test_gradient(student, rng):
    """gradient is that of the class score."""
    for c in (0, 3):
        x = rng.random((2, 32, 32, 3)).astype("float32")
        compare(student.gradient(x, c), gradient(x, c), what="the gradient", law="d f_c / d x", rtol=1e-3)

@check("smooth", points=2)
def test_smooth(student, rng):
    """smooth averages the gradient over noisy inputs."""
    x, noise = rng.random((1, 32, 32, 3)).astype("float32"), rng.normal(0, 0.1, (4, 1, 32, 32, 3)).astype("float32")
    expected = np.mean([gradient(x + n, 1) for n in noise], axis=0)
    compare(student.smooth(x, 1, noise), expected, what="the smoothed map", law="mean over noise", rtol=1e-3)
'''
SHORT_CHECKS = '''
from autograder.checking import check, compare

@check("double", points=1)
def test_double(student, rng):
    """double gives twice its argument."""
    x = rng.normal(size=5)
    compare(student.double(x), 2 * x, what="the doubled array")
'''


def _cell(source: str, grade_id: str, points: float | None = None, solution: bool = False) -> Any:
    nbgrader = {"grade_id": grade_id, "grade": points is not None, "solution": solution, "locked": not solution,
                "task": False, "schema_version": 3}  # fmt: skip
    return new_code_cell(source, metadata={"nbgrader": nbgrader | ({} if points is None else {"points": points})})


def _solved(source: str) -> str:
    return f"### BEGIN SOLUTION\n{source.strip()}\n### END SOLUTION"


def source_of(lab: str) -> nbformat.NotebookNode:
    """The instructor's notebook of a lab."""
    if lab == "lab06":
        return read_source(lab)
    cells = {
        TENSORFLOW: [
            _cell("import numpy as np\nimport keras\nimport tensorflow as tf", "given-1"),
            _cell(MODEL.strip() + "\nmodel = network()", "given-2"),
            _cell(_solved(GRADIENT), "gradient_code", solution=True),
            _cell("# graded: gradient", "gradient", 3),
            _cell(_solved(SMOOTH), "smooth_code", solution=True),
            _cell("# graded: smooth", "smooth", 2),
        ],
        SHORT: [
            _cell(_solved("def double(x):\n    return 2 * x"), "double_code", solution=True),
            _cell("# graded: double", "double", 1),
        ],
    }[lab]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return new_notebook(cells=cells, metadata=metadata)


def checks_of(lab: str, folder: Path) -> None:
    """Put the hidden checks of a lab into ``folder``."""
    folder.mkdir(parents=True)
    if lab == "lab06":
        for path in (CHECKS / lab).glob("*.py"):
            shutil.copy(path, folder)
    else:
        (folder / f"test_{lab}.py").write_text(TF_CHECKS if lab == TENSORFLOW else SHORT_CHECKS)


def submission(lab: str, number: int) -> nbformat.NotebookNode:
    """What the student of this number hands in."""
    if lab == "lab06":
        return sample_submission(lab, KINDS[number % len(KINDS)])
    notebook = source_of(lab)
    if lab == TENSORFLOW and number % 3 == 1:
        notebook.cells[4].source = notebook.cells[4].source.replace("/ len(noise)", "")
    for cell in notebook.cells:
        cell.source = cell.source.replace("### BEGIN SOLUTION\n", "").replace("\n### END SOLUTION", "")
    return notebook


# -- courses -----------------------------------------------------------------------------------------------------------

# The same checks, run by the student's own kernel as nbgrader has it: no pytest run, no sandbox, no fresh process.
STOCK_CHECKS = """
import importlib.util
import inspect
import zlib
from pathlib import Path

import numpy as np
from autograder.checking import CheckFailed, LocalStudent

CHECKS = []
for path in sorted((Path(__file__).parent / "hidden").glob("*.py")):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    CHECKS += [f for name, f in vars(module).items() if name.startswith("test_")]

def score(grade_id, namespace):
    student, passed, total = LocalStudent(namespace), {}, 0.0
    for function in CHECKS:
        mark = next(m for m in function.pytestmark if m.name == "grade").kwargs
        if mark["grade_id"] == grade_id and all(passed.get(name, True) for name in mark["needs"]):
            rng = np.random.default_rng(zlib.crc32(function.__name__.encode()))
            values = {"student": student, "rng": rng}
            try:
                function(**{name: values[name] for name in inspect.signature(function).parameters})
            except (CheckFailed, AssertionError):
                passed[function.__name__] = False
            else:
                passed[function.__name__] = True
                total += mark["points"]
    return total
"""


def make_course(root: Path, lab: str, students: int, stock: bool) -> None:
    """A course with one released lab and its submissions, for us or for stock nbgrader."""
    source = source_of(lab)
    folder = root / "solutions" / lab
    folder.mkdir(parents=True)
    if (SOLUTIONS / lab).is_dir():
        for path in (SOLUTIONS / lab).iterdir():
            if path.is_file() and path.suffix != ".ipynb":
                shutil.copy(path, folder)
    if stock:
        checks_of(lab, folder / "hidden")
        (folder / "hidden_checks.py").write_text(STOCK_CHECKS)
        for cell in source.cells:
            if is_autograded(cell):
                call = f"import hidden_checks\nhidden_checks.score({grade_id_of(cell)!r}, globals())"
                cell.source += f"\n### BEGIN HIDDEN TESTS\n{call}\n### END HIDDEN TESTS"
        settings = 'c = get_config()\nc.CourseDirectory.source_directory = "solutions"\n'
        settings += 'c.CourseDirectory.release_directory = "course"\nc.CourseDirectory.course_id = "toonlens"\n'
        settings += "c.Execute.timeout = 300\n"
    else:
        checks_of(lab, root / "checks" / lab)
        settings = (ROOT / "nbgrader_config.py").read_text()
        settings += '\nc.SandboxedExecute.checks_root = str(ROOT / "checks")\n'
    nbformat.write(source, folder / f"{lab}.ipynb")
    (root / "nbgrader_config.py").write_text(settings)
    run(root, "-m", "nbgrader", "generate_assignment", lab)
    for number in range(students):
        place = root / "submitted" / f"student{number:05}" / lab
        place.mkdir(parents=True)
        nbformat.write(submission(lab, number), place / f"{lab}.ipynb")


OURS = "from toonlens.cli import main; main()"


def run(root: Path, *arguments: str, says: str = "") -> float:
    """Run Python in a course, and make sure of what it says; the seconds it took."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], cwd=root, env=ENVIRONMENT, capture_output=True, text=True,
                          check=False)  # fmt: skip
    seconds = time.perf_counter() - start
    if done.returncode != 0 or says not in done.stdout:
        raise SystemExit(f"{' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-4000:]}")
    return seconds


def grade(root: Path, lab: str, *options: str, graded: int = 0, unchanged: int = 0) -> float:
    """Our command, which has to do so much; the seconds it took."""
    says = f"graded {graded}, unchanged {unchanged}, not graded 0;"
    return run(root, "-c", OURS, "grade", lab, *options, says=says)


def marks(root: Path, lab: str) -> dict[str, dict[str, float | None]]:
    """Automatic scores of all students."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{root}/gradebook.db", "toonlens") as book:
        return {
            entry.student.id: {g.name: g.auto_score for n in entry.notebooks for g in n.grades if g.cell_type == "code"}
            for entry in book.assignment_submissions(lab)
        }


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="toonlens-bench-") as folder:
        yield Path(folder)


# -- measurements ------------------------------------------------------------------------------------------------------


def load() -> float:
    """Processes that wanted a core during the last minute, on average."""
    return os.getloadavg()[0]


def measure_speed(lab: str, students: int, jobs: int) -> dict[str, Any]:
    """Ours and stock, one after the other in the same minutes; then both again on the unchanged class."""
    before = load()
    with scratch() as folder:
        ours, stock = folder / "ours", folder / "stock"
        make_course(ours, lab, students, stock=False)
        make_course(stock, lab, students, stock=True)
        seconds = {"ours": grade(ours, lab, "--jobs", str(jobs), graded=students)}
        seconds["stock"] = run(stock, "-m", "nbgrader", "autograde", lab)
        same = marks(ours, lab) == marks(stock, lab)
        if not same or len(marks(ours, lab)) != students:
            raise SystemExit(f"{lab}: the marks differ: {marks(ours, lab)} and {marks(stock, lab)}")
        seconds["unchanged"] = grade(ours, lab, "--jobs", str(jobs), unchanged=students)
        seconds["stock_unchanged"] = run(stock, "-m", "nbgrader", "autograde", lab)
        size = sum(path.stat().st_size for path in (ours / "autograded").rglob("*") if path.is_file()) / students
        seconds["nothing"] = grade(ours, lab, "--student", "student00000", unchanged=1)
        book = (ours / "gradebook.db").stat().st_size / students
    print(
        f"{lab}: {students} submissions, {jobs} at a time: ours {seconds['ours']:.1f} s, stock "
        f"{seconds['stock']:.1f} s: {seconds['stock'] / seconds['ours']:.2f} times as many per minute; unchanged "
        f"{seconds['unchanged']:.1f} s: {seconds['stock'] / seconds['unchanged']:.1f} times as fast as stock grading, "
        f"{seconds['ours'] / seconds['unchanged']:.1f} times as fast as ours; stock, unchanged "
        f"{seconds['stock_unchanged']:.1f} s",
        flush=True,
    )
    return {
        "lab": lab, "students": students, "jobs": jobs, "seconds": seconds, "same_marks": same,
        "bytes": size, "gradebook_bytes": book, "load_before": before,
    }  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """Memory at one moment, in bytes. ``done``: submissions graded by then; ``workers``: process numbers."""

    done: int
    writer: float
    all: float
    workers: frozenset[int]


def measure_memory(copies: int, jobs: int) -> dict[str, Any]:
    """Resident memory of the command and its workers, without the sandboxes, while it grades many copies.

    Workers are replaced after many submissions, and what they hoarded is gone then. So their growth is told from the
    stretch just before that; the writer, who stays, from the whole run.
    """
    before = load()
    samples: list[Sample] = []
    with scratch() as root:
        make_course(root, SHORT, copies, stock=False)
        start = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-c", OURS, "grade", SHORT, "--jobs", str(jobs)], cwd=root,
                                   env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        try:
            grader = psutil.Process(process.pid)
            spent = 0.0
            while process.poll() is None:
                with contextlib.suppress(psutil.Error):
                    done = sum(1 for _ in root.glob(f"autograded/*/.{SHORT}.toonlens.json"))
                    samples.append(_sample(done, grader))
                    times = grader.cpu_times()
                    spent = times.user + times.system
                time.sleep(1)
        finally:
            process.kill()
            process.wait()
        seconds = time.perf_counter() - start
        if process.returncode or len(marks(root, SHORT)) != copies:
            raise SystemExit("not all copies were graded")
    numbers = {"copies": copies, "jobs": jobs, "seconds": seconds, "writer_seconds": spent / copies,
               "load_before": before} | _stretches(samples, copies)  # fmt: skip
    print(
        f"memory over {copies} submissions: at most {numbers['first'] / 1e6:.0f} MB in the first fifth, "
        f"{numbers['late'] / 1e6:.0f} MB in the fifth up to {numbers['replaced']}, when the first worker is replaced: "
        f"{numbers['late'] / numbers['first']:.2f} times; {numbers['largest'] / 1e6:.0f} MB over all; the writer "
        f"{numbers['writer_first'] / 1e6:.0f} MB and {numbers['writer_last'] / 1e6:.0f} MB in the first and last fifth "
        f"and {numbers['writer_seconds']:.3f} s of its processor for each",
        flush=True,
    )
    return numbers


def _stretches(samples: list[Sample], copies: int) -> dict[str, Any]:
    """The largest memory in stretches of a fifth of the run: the first, the last with the first workers, the last."""
    fifth = copies / 5
    old = next(s.workers for s in samples if s.done)
    kept = [s for s in samples if s.done and old <= s.workers] or samples
    replaced = max(s.done for s in kept)
    return {
        "first": max(s.all for s in samples if s.done <= fifth),
        "late": max(s.all for s in kept if s.done >= replaced - fifth),
        "replaced": replaced,
        "largest": max(s.all for s in samples),
        "writer_first": max(s.writer for s in samples if s.done <= fifth),
        "writer_last": max(s.writer for s in samples if s.done >= copies - fifth),
    }


def _sample(done: int, grader: psutil.Process) -> Sample:
    """Proportional set sizes of the grader's own processes: pages that they share count once."""
    writer = total = grader.memory_full_info().pss
    workers = set()
    for child in grader.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "multiprocessing" in " ".join(child.cmdline()):
                total += child.memory_full_info().pss
                if child.ppid() != grader.pid:  # the server that forks them, and what tidies after it, are its own
                    workers.add(child.pid)
    return Sample(done, writer, total, frozenset(workers))


def measure_cluster(lab: str, students: int, jobs: int) -> dict[str, Any]:
    """This machine's own workers; a local Dask cluster of 1, 2 and 4 with one thread each; one of 2 that loses one."""
    before = load()
    found: dict[str, Any] = {
        "lab": lab, "students": students, "jobs": jobs, "seconds": {}, "busy": {}, "load_before": before,
    }  # fmt: skip
    with scratch() as root:
        make_course(root, lab, students, stock=False)
        psutil.cpu_percent()
        found["seconds"]["own"] = grade(root, lab, "--jobs", str(jobs), graded=students)
        found["busy"]["own"] = psutil.cpu_percent() / 100  # of all cores, since the call before
        expected = marks(root, lab)
    for workers, kills in ((1, False), (2, False), (4, False), (2, True)):
        name = "2, one killed" if kills else str(workers)
        found["seconds"][name], found["busy"][name], graded = _on_dask(lab, students, workers, kills)
        if graded != expected or len(graded) != students:
            raise SystemExit(f"workers: {name}: other marks")
        busy = f"{found['busy'][name]:.0%} of the cores' time"
        print(f"Dask, workers: {name}: {found['seconds'][name]:.1f} s, {busy}, same marks", flush=True)
    print(f"this machine, --jobs {jobs}: {found['seconds']['own']:.1f} s", flush=True)
    return found


def _on_dask(
    lab: str, students: int, workers: int, kills: bool
) -> tuple[float, float, dict[str, dict[str, float | None]]]:
    """Seconds, part of the cores' time, and marks of a class on a local cluster; one worker is killed, or none."""
    from distributed import Client, LocalCluster

    begun: list[str] = []
    killed: list[psutil.Process] = []
    with (
        scratch() as root,
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        make_course(root, lab, students, stock=False)
        client.run(_warm)  # a worker imports when its first job comes; that is not what is measured
        processes = {worker: psutil.Process(pid) for worker, pid in client.run(os.getpid).items()}

        def hear(event: tuple[Any, dict[str, str]]) -> None:
            begun.append(event[1]["key"])
            if kills and len(begun) == students // 3:
                process = processes[event[1]["worker"]]  # it has just begun this submission
                process.kill()
                killed.append(process)

        client.subscribe_topic(dask.TOPIC, hear)
        psutil.cpu_percent()
        seconds = grade(root, lab, "--scheduler", cluster.scheduler_address, graded=students)
        busy = psutil.cpu_percent() / 100
        if kills:
            alive = psutil.wait_procs(killed, timeout=10)[1]
            if len(killed) != 1 or alive or begun.count(begun[students // 3 - 1]) != 2:
                raise SystemExit("no worker was killed over a submission that another then graded")
        return seconds, busy, marks(root, lab)


def _warm() -> None:
    import matplotlib.figure  # noqa: F401  # for pictures of differences

    import autograder.worker  # noqa: F401


def save(**parts: Any) -> None:
    """Add measurements to what is known, and make the page anew."""
    known = json.loads(NUMBERS.read_text()) if NUMBERS.is_file() else {}
    machine = {"cores": len(os.sched_getaffinity(0)), "load": load(), "python": platform.python_version()}
    for name, values in parts.items():
        known[name] = values | {"machine": machine}
    with atomic_write(NUMBERS) as path:
        path.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
    page()


@app.command()
def speed(
    lab06: Annotated[int, typer.Option(help="submissions of lab 6")] = 30,
    tensorflow: Annotated[int, typer.Option(help="submissions of the TensorFlow lab")] = 12,
    jobs: Annotated[int, typer.Option(help="at the same time")] = 2,
) -> None:
    """Ours against stock nbgrader."""
    if lab06:
        save(lab06=measure_speed("lab06", lab06, jobs))
    if tensorflow:
        save(tensorflow=measure_speed(TENSORFLOW, tensorflow, jobs))


@app.command()
def memory(
    copies: Annotated[int, typer.Option(help="submissions")] = 500,
    jobs: Annotated[int, typer.Option(help="at the same time")] = 2,
) -> None:
    """Memory of the grader over many submissions."""
    save(memory=measure_memory(copies, jobs))


@app.command()
def cluster(
    students: Annotated[int, typer.Option(help="submissions of lab 6")] = 48,
    jobs: Annotated[int, typer.Option(help="at the same time without a cluster")] = 2,
) -> None:
    """Dask workers."""
    save(cluster=measure_cluster("lab06", students, jobs))


@app.command("all")
def everything(lab06: int = 30, tensorflow: int = 12, copies: int = 500, dask: int = 48, jobs: int = 2) -> None:
    """All measurements."""
    speed(lab06, tensorflow, jobs)
    cluster(dask, jobs)
    memory(copies, jobs)


@app.command()
def page() -> None:
    """Make docs/grading-at-scale.md of the numbers."""
    grade_page.write(json.loads(NUMBERS.read_text()), ROOT / "docs" / "grading-at-scale.md")


if __name__ == "__main__":
    app()
