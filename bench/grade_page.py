"""The page docs/grading-at-scale.md, made from the numbers of docs/grading-at-scale.json and from nothing else."""

from pathlib import Path
from typing import Any

from toonlens.paths import atomic_write

CLASSES = (30, 300, 3_000, 30_000)
TITLES = {"lab06": "lab 6 (NumPy)", "tensorflow": "a lab in TensorFlow"}

INTRODUCTION = """# Grading at scale

`python bench/grade.py all` measures and writes this page and `grading-at-scale.json`; edit neither.
"""


def write(data: dict[str, Any], path: Path) -> None:
    """Write the page of what has been measured."""
    labs = {key: data[key] for key in TITLES if key in data}
    parts = [INTRODUCTION]
    if labs:
        parts += [_speed(labs)]
    if "memory" in data:
        parts += [_memory(data["memory"])]
    if "cluster" in data:
        parts += [_cluster(data["cluster"])]
    if labs and "memory" in data:
        parts += [_classes(labs, data["memory"])]
    with atomic_write(path) as temporary:
        temporary.write_text("\n".join(parts), encoding="utf-8")


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]) + "\n"


def _machine(part: dict[str, Any]) -> str:
    machine = part["machine"]
    return (
        f"{machine['cores']} cores, Python {machine['python']}; the load (processes that wanted a core) was "
        f"{part['load_before']:.1f} in the minute before, from other programs, and {machine['load']:.1f} in the last"
    )


def _speed(labs: dict[str, Any]) -> str:
    first, again, measured = [], [], []
    for key, lab in labs.items():
        seconds = lab["seconds"]
        submissions = f"{lab['students']} of {TITLES[key]}"
        first.append(
            [
                submissions,
                f"{seconds['ours']:.0f} s ({60 * lab['students'] / seconds['ours']:.0f} a minute)",
                f"{seconds['stock']:.0f} s ({60 * lab['students'] / seconds['stock']:.0f} a minute)",
                f"{seconds['stock'] / seconds['ours']:.1f} x",
            ]
        )
        again.append(
            [
                submissions,
                f"{seconds['unchanged']:.1f} s",
                f"{seconds['ours'] / seconds['unchanged']:.0f} x",
                f"{seconds['stock'] / seconds['unchanged']:.0f} x",
                f"{seconds['stock_unchanged']:.1f} s",
            ]
        )
        measured.append(f"{TITLES[key]}: {_machine(lab)}.")
    jobs = next(iter(labs.values()))["jobs"]
    return (
        f"""## Against stock nbgrader

`toonlens grade` ({jobs} submissions at a time, each in a sandbox) and then `nbgrader autograde` (one at a time, not
sandboxed) of notebooks with the same checks in hidden cells; each starts from nothing, and the marks are the same.

"""
        + _table(["submissions", "ours", "stock", "stock / ours"], first)
        + """
Why: a stock run starts a fresh kernel for every notebook, which imports the lab's packages each time; ours forks a
process that has imported them (`autograder/nursery.py`), and grades as many at a time as there are cores.

The same commands again, on the class as it is:

"""
        + _table(["submissions", "ours again", "ours / ours again", "stock / ours again", "stock again"], again)
        + """
Ours recognises an unchanged submission by a fingerprint of all that its mark depends on: its files, the checks, the
library, the packages. Stock nbgrader goes by the submission's time stamp alone, so its second run is short as well, but
after a change of the checks, or of a notebook without a new time stamp, it leaves the old marks; with `--force` it
takes as long as the first time. Most of what is left of ours is the start of Python with nbgrader, whatever the class.

Measured on: """
        + "\n".join(measured)
        + "\n"
    )


def _memory(memory: dict[str, Any]) -> str:
    fifth = memory["copies"] // 5
    rows = [
        ["the command and its workers", f"the first {fifth}", _megabytes(memory["first"]), ""],
        [
            "the same",
            f"the last {fifth} before the first worker was replaced, after {memory['replaced']}",
            _megabytes(memory["late"]),
            f"{memory['late'] / memory['first']:.2f} x",
        ],
        ["the same", "all", _megabytes(memory["largest"]), f"{memory['largest'] / memory['first']:.2f} x"],
        ["the command alone", f"the first {fifth}", _megabytes(memory["writer_first"]), ""],
        [
            "the same",
            f"the last {fifth}",
            _megabytes(memory["writer_last"]),
            f"{memory['writer_last'] / memory['writer_first']:.2f} x",
        ],
    ]
    return (
        f"""## Memory

Over {memory["copies"]:,} submissions of a short lab, {memory["jobs"]} at a time; the largest that was seen in a look a
second (proportional set size; the sandboxes are not counted, `autograder/limits.toml` bounds those). A worker is
replaced after some hundred submissions, and whatever it hoarded is gone then; so growth is told from the stretch just
before, and for the command, which stays, from the whole run.

"""
        + _table(["processes", "submissions", "memory", "against their first fifth"], rows)
        + f"""
One process writes the gradebook. It needs {1000 * memory["writer_seconds"]:.0f} ms of its processor for a submission.
Measured on {_machine(memory)}.
"""
    )


def _megabytes(memory: float) -> str:
    return f"{memory / 1e6:.0f} MB"


def _cluster(cluster: dict[str, Any]) -> str:
    one = cluster["seconds"]["1"]
    names = {"own": f"none: `--jobs {cluster['jobs']}`"}
    order = ["own", *sorted(name for name in cluster["seconds"] if name != "own")]
    rows = [
        [names.get(name, name), f"{seconds:.0f} s", f"{one / seconds:.2f} x", f"{cluster['busy'][name]:.0%}"]
        for name, seconds in ((name, cluster["seconds"][name]) for name in order)
    ]
    return (
        f"""## On a cluster

`toonlens grade --scheduler ADDRESS` of {cluster["students"]} submissions of {cluster["lab"]} on a local Dask cluster,
one thread a worker. The marks are the same each time, and the same as without a cluster, also when a worker is killed
over a submission: another then grades that. What else runs on the same cores here: the scheduler, the command that
writes the gradebook, and each worker's start. Once the cores are busy, more workers cannot help.

"""
        + _table(["workers", "time", "one worker / this", "cores busy"], rows)
        + f"""
Measured on {_machine(cluster)}.

The scheduler has no password: whoever reaches its port can run code with the grader's rights. Keep it on a network of
its own. Scheduler and workers need this course installed, the workers bubblewrap too, each with the released lab and
its checks at the same place as here; a worker with another version of them says so and grades nothing. They share no
disk: a job carries the submission and brings back the graded notebook. Give each worker one thread
(`dask worker ADDRESS --nthreads 1 --nworkers 4`), because one process grades one submission at a time.
"""
    )


def _classes(labs: dict[str, Any], memory: dict[str, Any]) -> str:
    text = f"""## What a class costs

Worked out from the figures above. A submission takes at most (time of the class - time of a run that grades nothing) x
cores / submissions of processor time (at most, because other programs took their part of the cores); a run adds its own
start; the writer, who cannot be shared out, bounds the rest at {3600 / memory["writer_seconds"]:,.0f} submissions an
hour. "Cores for an hour" is how many finish the class within one. Disk is what lands in `autograded/` and the
gradebook. Multiply core-hours by what a core costs you.

"""
    for key, lab in labs.items():
        cores, seconds = min(lab["machine"]["cores"], lab["jobs"]), lab["seconds"]
        each = (seconds["ours"] - seconds["nothing"]) * cores / lab["students"]
        disk = lab["bytes"] + lab["gradebook_bytes"]
        rows = [
            [
                f"{students:,}",
                _duration(seconds["nothing"] + each * students / cores),
                f"{each * students / 3600:.2g}" if each * students < 36000 else f"{each * students / 3600:.0f}",
                str(max(1, -int(-each * students // 3600))),
                f"{disk * students / 1e6:,.0f} MB",
            ]
            for students in CLASSES
        ]
        text += f"### {TITLES[key][0].upper()}{TITLES[key][1:]}: {each:.1f} s of processor time a submission\n\n"
        head = ["submissions", f"time on {cores} cores", "core-hours", "cores for an hour", "disk"]
        text += _table(head, rows) + "\n"
    return text.rstrip("\n") + "\n"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
