"""Each attack of the corpus: the marks that its honest part deserves, and harm to nobody."""

import os

import pytest
from lab import FULL, HIDDEN, HONEST, HOST, LAB, LIMITS, PLACES, TRACE, LiveParts, load_corpus

from autograder.limits import load_limits

CORPUS = load_corpus()
SLOW = pytest.mark.slow
# Through stock nbgrader, and through our own command.
ATTACKS = [
    *(pytest.param(attack, "quick_class", id=name) for name, attack in CORPUS.items() if attack.quick),
    *(pytest.param(attack, "other_class", id=name, marks=SLOW) for name, attack in CORPUS.items() if not attack.quick),
    *(pytest.param(attack, "commanded_class", id=f"{name}-commanded", marks=SLOW) for name, attack in CORPUS.items()),
]
CLASSES = ["quick_class", pytest.param("other_class", marks=SLOW), pytest.param("commanded_class", marks=SLOW)]
GROWTH_MB = 400  # of the grader over a whole class; one attack that got through would need more
SLACK_SECONDS = 20  # to stop what would not stop, and to start a kernel on a busy machine


def test_the_corpus_is_large_and_says_what_each_attack_tries():
    assert len(CORPUS) >= 60
    assert all(attack.what.endswith(".") for attack in CORPUS.values())
    assert {name.partition("-")[0] for name in CORPUS} == {"scoring", "structure", "denial", "browser"}


@pytest.mark.parametrize(("attack", "name"), ATTACKS)
def test_marks_are_those_of_the_honest_part(attack, name, request):
    graded = request.getfixturevalue(name).course.graded(attack.name)
    for question, due in attack.due.items():
        assert graded.scores[question] in (due if isinstance(due, tuple) else (due,)), graded.cells_text
    attack.look(graded)


@pytest.mark.parametrize(("attack", "name"), ATTACKS)
def test_feedback_holds_reasons_and_nothing_live_or_hidden(attack, name, request):
    course = request.getfixturevalue(name).course
    graded, honest = course.graded(attack.name), course.graded(HONEST[0])
    assert LiveParts(graded.page).found == LiveParts(honest.page).found
    marking, marked = course.formgrader_page(attack.name), course.formgrader_page(HONEST[0])
    assert LiveParts(marking).found == LiveParts(marked).found
    for question in ("scale", "total", "offset"):
        outputs = next(
            cell for cell in graded.notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == question
        ).outputs
        assert [output.output_type for output in outputs] == ["execute_result", "display_data"]
        assert (
            f"Grader's feedback on {question}: {graded.scores[question]:g} of {FULL[question]:g} points" in graded.page
        )
    for folder in (graded.autograded, course.root / "feedback" / attack.name):
        for path in folder.rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            assert HIDDEN.encode() not in content, path
            assert HOST.encode() not in content, path
            assert len(content) < 3_000_000, path
            assert not path.is_symlink(), path


@pytest.mark.parametrize("name", CLASSES)
def test_others_keep_their_marks_and_nothing_is_written_outside(name, request):
    graded = request.getfixturevalue(name)
    for student in HONEST:
        assert graded.course.scores(student) == FULL
    assert graded.course.own_files() == graded.before
    for place in (*PLACES, graded.course.root, graded.course.root.parent):
        if os.access(place, os.R_OK):
            assert not list(place.glob(TRACE)), place


@pytest.mark.parametrize("name", CLASSES)
def test_the_graders_memory_and_time_are_bounded(name, request):
    graded = request.getfixturevalue(name)
    processes = graded.memory.grown_mb()
    print(processes, max(graded.seconds))
    assert len(processes) >= (3 if name == "commanded_class" else 1)  # the command, what forks for it, its workers
    assert max(processes.values()) < GROWTH_MB
    assert len(graded.seconds) > len(graded.attacks) / 2  # the others could not be read
    limits = load_limits(LAB, graded.course.root / "limits.toml")
    assert max(graded.seconds) < limits.total_seconds + SLACK_SECONDS
    assert max(graded.seconds) > limits.cell_seconds  # some do use their time


def test_limits_of_the_corpus_are_legal(tmp_path):
    (tmp_path / "limits.toml").write_text(LIMITS)
    assert load_limits("tiny", tmp_path / "limits.toml").cell_seconds == 5
