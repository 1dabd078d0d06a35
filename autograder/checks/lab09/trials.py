"""The grader's side of a trial: it has the implementations, and answers what a student's test asks them.

See `toonlens.trial` for the student's side. Nothing that comes back is believed: arguments are bounded and have the
shapes of a dense layer before anything is computed with them.
"""

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from autograder.checking import Student
from autograder.checks.lab09.suspects import Maker
from toonlens import trial
from toonlens.laws.lab09 import AXES, PARAMETERS
from toonlens.trial import CALLS

PROBES = ("test_rule", "test_ab")
# What each argument has: the axes B, I, J of a dense layer.
SHAPES = {f"probe_{name}": tuple(AXES[parameter] for parameter in PARAMETERS[name]) for name in PROBES}
_verdicts: WeakKeyDictionary[Student, dict[str, dict[str, list[str]]]] = WeakKeyDictionary()


def judged(
    student: Student, probe: str, rng: np.random.Generator, groups: dict[str, Sequence[Maker]]
) -> dict[str, list[str]]:
    """How a student's test ends on each implementation of each group: one session, for all checks of a run.

    Args:
        probe: name of the notebook's probe of this test.
        rng: draws the parameters of the implementations and the order in which they are handed over.
    """
    known = _verdicts.setdefault(student, {})
    if probe not in known:
        entries = [(name, make(rng)) for name, makers in groups.items() for make in makers]
        order = rng.permutation(len(entries))
        ends = run(lambda message: student.call(probe, message).value, [entries[k][1] for k in order], SHAPES[probe])
        sorted_ends = dict(zip(order.tolist(), ends, strict=True))
        known[probe] = {group: [sorted_ends[k] for k, (g, _) in enumerate(entries) if g == group] for group in groups}
    return known[probe]


def run(ask: Callable[[dict], Any], implementations: Sequence[Callable], shapes: Sequence[str]) -> list[str]:
    """How a test ends on each implementation: "accepts", "rejects", or why it did not end.

    ``ask`` carries a message to `toonlens.trial.answer`, and its reply back.
    """
    ends = ["nonsense"] * len(implementations)
    reply = ask({"start": len(implementations)})
    for _ in range(CALLS + 2):
        for number, end in _entries(reply, "ends", len(ends)):
            ends[number] = str(end)[:20]
        asked = _entries(reply, "asks", len(ends))
        if not asked:
            break
        reply = ask({"answers": {str(n): perform(implementations[n], args, shapes) for n, args in asked}})
    return ends


def _entries(reply: Any, key: str, count: int) -> list[tuple[int, Any]]:
    """What a reply says under ``key`` of the trials that there are."""
    entries = reply.get(key) if isinstance(reply, dict) else None
    known = {str(number): number for number in range(count)}
    return (
        [(known[name], entry) for name, entry in entries.items() if name in known] if isinstance(entries, dict) else []
    )


def perform(f: Callable[..., Any], args: Any, shapes: Sequence[str]) -> dict[str, Any]:
    """Call an implementation: its result, and the arguments if it changed them."""
    if not _fit(args, shapes):
        return {"raised": "ValueError"}
    given = [np.array(arg) for arg in args]
    try:
        with np.errstate(all="ignore"):
            value = np.array(f(*given))
    except Exception as error:
        return {"raised": type(error).__name__}
    changed = any(not np.array_equal(one, other, equal_nan=True) for one, other in zip(args, given, strict=True))
    return {"value": value, "args": given if changed else None}


def _fit(args: Any, shapes: Sequence[str]) -> bool:
    """Whether the arguments are numbers of the shapes that are due, and not too many."""
    if not isinstance(args, (list, tuple)) or len(args) != len(shapes):
        return False
    if not all(isinstance(arg, (np.ndarray, np.generic, int, float)) for arg in args):
        return False
    return not trial.misfit(args, shapes, shapes)
