"""The class is graded once for the attacks of the default run, and once more for all others when one of them is asked
for."""

import resource
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from lab import HONEST, RIGHT, Attack, Course, load_corpus


@dataclass
class Class:
    """Attackers and honest students, graded and given feedback by stock nbgrader with the course's configuration."""

    course: Course
    attacks: list[Attack]
    before: dict[str, str] = field(default_factory=dict)
    grown_mb: float = 0.0  # by how much the grader's memory had grown at its peak

    def grade(self) -> None:
        for student in HONEST:
            self.course.submit(student, RIGHT)
        for attack in self.attacks:
            self.course.submit_attack(attack)
        self.before = self.course.own_files()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.course.autograde()
        self.course.feedback()
        self.grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) / 1024


def graded_class(root: Path, quick: bool) -> Class:
    attacks = [attack for attack in load_corpus().values() if attack.quick == quick]
    graded = Class(Course(root), attacks)
    graded.grade()
    return graded


@pytest.fixture(scope="session")
def quick_class(tmp_path_factory) -> Class:
    return graded_class(tmp_path_factory.mktemp("quick"), True)


@pytest.fixture(scope="session")
def other_class(tmp_path_factory) -> Class:
    return graded_class(tmp_path_factory.mktemp("others"), False)


@pytest.fixture
def graded_as(request):
    """The class in which an attack was graded."""
    return lambda attack: request.getfixturevalue("quick_class" if attack.quick else "other_class")
