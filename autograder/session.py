"""The steps of one submission in a kernel that may die: what is run again, and whose fault a death was."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from nbformat import NotebookNode

from autograder.checking import NotRun, Student
from autograder.kernel import CellRun, Kernel, KernelDied
from autograder.limits import Limits
from autograder.outputs import OutputCollector
from autograder.plan import Step

SETTLE_SECONDS = 1.0  # what a death may come later by in a replay than it came the first time
T = TypeVar("T")


@dataclass
class Session:
    """Runs steps in a kernel; a kernel that dies is replaced, and the earlier steps run again without the culprit.

    A death is not always the fault of what was running: a cell can leave a thread or a timer behind that ends the
    kernel while something honest runs. So after a death the earlier cells are replayed alone for as long as the kernel
    had lived; where it dies again, one of them is the culprit, and loses its place instead.
    """

    kernel: Kernel
    limits: Limits
    deadline: float
    steps: list[Step]
    position: int = 0
    done: list[Step] = field(default_factory=list)
    lost: str = ""  # why the open question cannot be checked
    _down: bool = False  # the kernel is dead, and it is known why
    _since: float = field(default_factory=time.monotonic)  # when the present kernel ran its first cell

    def advance(self, grade_id: str) -> None:
        """Run the cells before the graded cell ``grade_id``."""
        self.lost = ""
        while self.position < len(self.steps):
            step = self.steps[self.position]
            self.position += 1
            if step.kind == "graded" and step.grade_id == grade_id:
                return
            if step.kind not in ("graded", "text"):
                self._execute(step)

    def finish(self) -> None:
        """Run the cells after the last graded one."""
        self.advance("")

    def ask(self, request: bytes) -> bytes:
        """Have the kernel answer a check's request. Raises NotRun where it cannot."""
        if self.lost:
            raise NotRun(self.lost)
        try:
            return self._act(lambda seconds: self.kernel.ask(request, seconds))
        except KernelDied as death:
            self.lost = f"a call of your function {death}"
            raise NotRun(self.lost) from None

    def _execute(self, step: Step) -> None:
        """Run a cell and keep its outputs."""
        try:
            run = self._act(lambda seconds: self.kernel.run(step.cell.source, seconds))
        except KernelDied as death:
            run = CellRun("error", _note(f"This cell {death}. Later cells run without it."))
            if step.kind == "solution":
                self.lost = f"the question's cell {death}"
        except NotRun as reason:
            run = CellRun("error", _note(f"Not run: {reason}."))
        else:
            if run.status != "timeout":
                self.done.append(step)
        step.cell.outputs = run.outputs

    def _act(self, action: Callable[[float], T]) -> T:
        """Do ``action`` with the seconds that it may take, in a kernel that has run the earlier steps.

        Raises:
            KernelDied: through the action's own fault.
            NotRun: the submission's time is up, or the open question's own cell turned out to end the kernel.
        """
        for _ in range(len(self.done) + 1):
            before = self._ready()
            if not before:
                try:
                    return action(self._seconds())
                except KernelDied as death:
                    if death.killed or not self._blame(certain=death.before):
                        self._down = True
                        raise
            if self.lost:
                raise NotRun(self.lost)
        raise NotRun("the kernel ended again and again")

    def _ready(self) -> bool:
        """Have a kernel that has run the earlier steps. True where it had died between two actions."""
        if self.kernel.alive:
            return False
        if not self._down:
            self._blame(certain=True)
            return True
        self._restart(self.done)
        return False

    def _blame(self, certain: bool) -> bool:
        """After a death, take the earlier cell out that caused it. False where none of them did.

        Args:
            certain: the kernel died before the action began, so it was one of them.
        """
        self._down = True
        theirs = [step for step in self.done if step.kind != "given"]
        lived = time.monotonic() - self._since + SETTLE_SECONDS
        if not theirs or (not certain and self._survives(self.done, lived)):
            return False
        for culprit in reversed(theirs):
            rest = [step for step in self.done if step is not culprit]
            if self._survives(rest, lived):
                self._take_out(culprit)
                return True
        for step in theirs:  # more than one of them
            self._take_out(step)
        return True

    def _take_out(self, culprit: Step) -> None:
        self.done = [step for step in self.done if step is not culprit]
        note = _note("This cell left something behind that ended the kernel. Later cells run without it.")
        culprit.cell.outputs = [*culprit.cell.get("outputs", []), *note]
        place = next(index for index, step in enumerate(self.steps) if step is culprit)
        between = self.steps[place : self.position - 1]
        if culprit.kind == "solution" and not any(step.kind == "graded" for step in between):
            self.lost = "the question's cell left something behind that ended the kernel"

    def _survives(self, steps: list[Step], seconds: float) -> bool:
        """Whether a fresh kernel that runs ``steps`` is still alive ``seconds`` after its first one."""
        if not self._restart(steps):
            return False
        now = time.monotonic()
        until = min(self._since + seconds, now + (self.deadline - now) / 4)  # leaves time to grade the rest
        while self.kernel.alive and time.monotonic() < until:
            time.sleep(0.05)
        return self.kernel.alive

    def _restart(self, steps: list[Step]) -> bool:
        """Replace the kernel by a fresh one that has run ``steps``. False if it died at that."""
        self._seconds()
        self.kernel.close()
        self.kernel.start()
        self._down, self._since = False, time.monotonic()
        try:
            for step in steps:
                self.kernel.run(step.cell.source, self._seconds())
        except KernelDied:
            self._down = True
        return not self._down

    def _seconds(self) -> float:
        """What the next action may take. Raises NotRun when the submission has used up its time."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise NotRun(f"the submission had used up its {self.limits.total_seconds:g} s")
        return min(self.limits.cell_seconds, left)


class KernelStudent(Student):
    """The proxy whose functions live in a sandboxed kernel."""

    def __init__(self, session: Session):
        self._session = session

    def _exchange(self, request: bytes) -> bytes:
        return self._session.ask(request)


def _note(text: str) -> list[NotebookNode]:
    collector = OutputCollector(0)
    collector.note(text)
    return collector.outputs
