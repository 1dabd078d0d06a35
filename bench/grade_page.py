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
    return f"{machine['cores']} cores, Python {machine['python']}"


def _speed(labs: dict[str, Any]) -> str:
    rows = []
    for key, lab in labs.items():
        seconds = lab["seconds"]
        rows.append(
            [
                f"{lab['students']} of {TITLES[key]}",
                f"{seconds['ours']:.0f} s ({60 * lab['students'] / seconds['ours']:.0f} a minute)",
                f"{seconds['stock']:.0f} s ({60 * lab['students'] / seconds['stock']:.0f} a minute)",
                f"{lab['ratio']:.1f} x",
                f"{seconds['unchanged']:.1f} s",
                f"{lab['unchanged_ratio']:.0f} x",
            ]
        )
    jobs = next(iter(labs.values()))["jobs"]
    return (
        f"""## Against stock nbgrader

`toonlens grade` ({jobs} submissions at a time, each in a sandbox) and then `nbgrader autograde` (one at a time, not
sandboxed) of notebooks with the same checks in hidden cells; each starts from nothing, and the marks are the same.
Measured on {_machine(next(iter(labs.values())))}.

"""
        + _table(
            ["submissions", "ours", "stock", "stock / ours", "ours again, nothing changed", "stock / ours again"], rows
        )
        + """
Most of the difference: a stock run starts a fresh kernel for every notebook, which imports the lab's packages each
time; ours forks a process that has imported them (`autograder/nursery.py`), and an unchanged submission is recognised
by the fingerprint of all that its mark depends on.
"""
    )


def _memory(memory: dict[str, Any]) -> str:
    return f"""## Memory

Over {memory["copies"]:,} submissions of a short lab, {memory["jobs"]} at a time, the command and its workers held at
most {memory["first"] / 1e6:.0f} MB during the first fifth and {memory["last"] / 1e6:.0f} MB during the last
({memory["last"] / memory["first"]:.2f} times; proportional set size, sandboxes not counted: `autograder/limits.toml`
bounds those). One process writes the gradebook; it needs {1000 * memory["writer_seconds"]:.0f} ms of its processor for
a submission.
"""


def _cluster(cluster: dict[str, Any]) -> str:
    one = cluster["seconds"]["1"]
    rows = [[name, f"{seconds:.0f} s", f"{one / seconds:.2f} x"] for name, seconds in cluster["seconds"].items()]
    return (
        f"""## On a cluster

`toonlens grade --scheduler ADDRESS` of {cluster["students"]} submissions of {cluster["lab"]} on a local Dask cluster,
one thread a worker, on {_machine(cluster)}: the marks are the same each time, also when a worker is killed in the
middle. More workers than cores cannot help here.

"""
        + _table(["workers", "time", "against one worker"], rows)
        + """
The scheduler has no password: whoever reaches its port can run code with the grader's rights. Keep it on a network of
its own. Workers need this course installed and bubblewrap, and no shared disk: a job carries the submission and brings
back the graded notebook.
"""
    )


def _classes(labs: dict[str, Any], memory: dict[str, Any]) -> str:
    text = f"""## What a class costs

Worked out from the figures above. A submission takes (time of the class - time of a run that grades nothing) x cores
/ submissions of processor time; a run adds its own start; the writer, who cannot be shared out, bounds the rest at
{3600 / memory["writer_seconds"]:,.0f} submissions an hour. "Cores for an hour" is how many finish the class within
one. Disk is what lands in `autograded/` and the gradebook. Multiply core-hours by what a core costs you.

"""
    for key, lab in labs.items():
        cores, seconds = lab["machine"]["cores"], lab["seconds"]
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
