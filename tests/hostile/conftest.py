"""The class is graded once for the attacks of the default run, once more for all others, and once for all by our own
command, each when one of them is asked for."""

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from autograder import execute

sys.path.insert(0, str(Path(__file__).parent))
from graders_memory import GradersMemory
from lab import HONEST, LAB, RIGHT, Attack, Course, load_corpus


@dataclass
class Class:
    """Attackers and honest students, graded and given feedback."""

    course: Course
    attacks: list[Attack]
    before: dict[str, str] = field(default_factory=dict)
    memory: GradersMemory = field(default_factory=lambda: GradersMemory(os.getpid()))
    seconds: list[float] = field(default_factory=list)  # of each submission that was run

    def grade(self, by_command: bool) -> None:
        for student in HONEST:
            self.course.submit(student, RIGHT)
        for attack in self.attacks:
            self.course.submit_attack(attack)
        self.before = self.course.own_files()
        with self.memory:
            if by_command:
                self.course.grade()
                records = self.course.root.glob(f"autograded/*/.{LAB}.toonlens.json")
                self.seconds = [json.loads(record.read_text())["seconds"] for record in records]
            else:
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(execute, "grade", self._timed(execute.grade))
                    self.course.autograde()
            self.course.feedback()

    def _timed(self, grade):
        def timed(*arguments, **options):
            report = grade(*arguments, **options)
            self.seconds.append(report.seconds)
            return report

        return timed


def graded_class(root: Path, attacks: list[Attack], by_command: bool = False) -> Class:
    graded = Class(Course(root), attacks)
    graded.grade(by_command)
    return graded


@pytest.fixture(scope="session")
def quick_class(tmp_path_factory) -> Class:
    """The attacks of the default run, graded by stock nbgrader with the course's configuration."""
    return graded_class(tmp_path_factory.mktemp("quick"), [a for a in load_corpus().values() if a.quick])


@pytest.fixture(scope="session")
def other_class(tmp_path_factory) -> Class:
    """All others, likewise."""
    return graded_class(tmp_path_factory.mktemp("others"), [a for a in load_corpus().values() if not a.quick])


@pytest.fixture(scope="session")
def commanded_class(tmp_path_factory) -> Class:
    """All attacks, graded by ``toonlens grade``."""
    return graded_class(tmp_path_factory.mktemp("commanded"), list(load_corpus().values()), by_command=True)
