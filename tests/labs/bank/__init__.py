"""Known solutions, right and wrong: a package for each lab, in it a module for each function of its exercises.

Solutions are functions named ``right_...`` and ``wrong_...``; a docstring says what one is, or what its author
believed.
The package of a lab has its `Bank`.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.checking import CheckResult, LocalStudent, run_checks


@dataclass(frozen=True)
class Bank:
    """What the tests have to know of a lab.

    ``visible``: the check that the notebook runs, of each function; ``right``: a namespace in which all is right, with
    all that the hidden checks ask for; ``points``: of each graded cell; ``grade_ids``: the cell, where it has another
    name than the function; ``stops``: the cells that raise in a blank notebook, in order; ``files``: what is released
    beside the notebook; ``unseen``: (function, solution) that a visible check cannot reject, as a reader of the lab
    can tell why; ``capstone``: a lab of open steps, graded by hand for the most part: it has no coded exercises (so
    ``visible`` is empty), no predictions of letters, and other parts of the template.
    """

    lab: str
    visible: Mapping[str, Callable[[Any], None]]
    right: Mapping[str, Any]
    points: Mapping[str, float]
    stops: tuple[str, ...]
    files: frozenset[str]
    grade_ids: Mapping[str, str] = field(default_factory=dict)
    unseen: frozenset[tuple[str, str]] = frozenset()
    capstone: bool = False

    def known(self, kind: str) -> Iterator[tuple[str, str]]:
        """(function, solution) of every known solution of a kind, "right" or "wrong"."""
        for function in self.visible:
            module = importlib.import_module(f"bank.{self.lab}.{function}")
            yield from ((function, name) for name in vars(module) if name.startswith(f"{kind}_"))

    def solution(self, function: str, name: str) -> Any:
        return getattr(importlib.import_module(f"bank.{self.lab}.{function}"), name)

    def hidden(self, function: str, solution: Any, seed: int | None = None) -> list[CheckResult]:
        """Results of the hidden checks of a function's cell; everything but this function is right."""
        grade_id = self.grade_ids.get(function, function)
        return run_checks(self.lab, [grade_id], student=LocalStudent({**self.right, function: solution}), seed=seed)


def bank_of(lab: str) -> Bank:
    return importlib.import_module(f"bank.{lab}").BANK
