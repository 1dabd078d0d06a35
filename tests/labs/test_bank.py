"""The visible and the hidden checks of every lab against known solutions: wrong ones rejected, right ones accepted."""

import re

import pytest
from bank import bank_of

from autograder.checking import LocalStudent, run_checks
from autograder.labs import lab_names
from toonlens.laws import LawBroken, StillAStub

BANKS = {lab: bank_of(lab) for lab in lab_names()}
RIGHT, WRONG = (
    [(lab, *known) for lab, bank in BANKS.items() for known in bank.known(kind)] for kind in ("right", "wrong")
)
FUNCTIONS = [(lab, function) for lab, bank in BANKS.items() for function in bank.visible]
SEEDS = range(1000, 1012)


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    """Drawing the differences takes longer than finding them, and other tests look at them."""
    monkeypatch.setattr("autograder.checking.comparison_picture", lambda *_: b"")


@pytest.mark.parametrize(("lab", "function", "name"), RIGHT)
def test_right_is_accepted(lab, function, name, capsys):
    solution = BANKS[lab].solution(function, name)
    BANKS[lab].visible[function](solution)
    assert "passes" in capsys.readouterr().out
    failed = [(r.name, r.reason) for r in BANKS[lab].hidden(function, solution) if r.outcome != "passed"]
    assert not failed


@pytest.mark.parametrize(("lab", "function", "name"), WRONG)
def test_wrong_is_rejected(lab, function, name):
    """Also by the hidden checks alone, since the visible ones give no points, and with a message that helps."""
    solution = BANKS[lab].solution(function, name)
    failed = [r for r in BANKS[lab].hidden(function, solution) if r.outcome == "failed"]
    assert failed, "the hidden checks accept it"
    for result in failed:
        raised = " raised " in result.reason or "gave" in result.reason
        assert result.reason
        assert raised or (result.law and result.hint), (result.name, result.reason)


@pytest.mark.parametrize(("lab", "function", "name"), WRONG)
def test_wrong_breaks_a_law(lab, function, name):
    """The visible check rejects it too, in a message of one screen with symptom, law and next step."""
    solution = BANKS[lab].solution(function, name)
    if (function, name) in BANKS[lab].unseen:
        BANKS[lab].visible[function](solution)
        return
    with pytest.raises(LawBroken) as caught:
        BANKS[lab].visible[function](solution)
    lines = caught.value._render_traceback_()
    assert len(lines) == 4
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["Seen", "Law", "Try"]
    assert all(len(line) <= 200 for line in lines)
    assert not re.search(r"\d\.\d{4,}|\barray\(", str(caught.value)), "a message shows values"


@pytest.mark.slow
@pytest.mark.parametrize(("lab", "function"), FUNCTIONS)
def test_the_verdict_is_no_luck(lab, function):
    """The seed of the hidden inputs is the grader's secret; none lets a wrong solution pass or fails a right one."""
    bank = BANKS[lab]
    lucky = []
    for kind in ("right", "wrong"):
        for name in [name for known, name in bank.known(kind) if known == function]:
            for seed in SEEDS:
                outcomes = {r.outcome for r in bank.hidden(function, bank.solution(function, name), seed=seed)}
                if (outcomes == {"passed"}) != (kind == "right"):
                    lucky.append((name, seed))
    assert not lucky


@pytest.mark.parametrize(("lab", "function"), FUNCTIONS)
def test_a_stub_is_called_a_stub(lab, function):
    def stub(*arguments):
        raise NotImplementedError

    with pytest.raises(StillAStub, match="still a stub"):
        BANKS[lab].visible[function](stub)
    assert any(r.outcome == "failed" for r in BANKS[lab].hidden(function, stub))


@pytest.mark.parametrize(("lab", "function"), FUNCTIONS)
def test_the_bank_is_large_enough(lab, function):
    for kind, least in (("right", 4), ("wrong", 10)):
        count = sum(known == function for known, _ in BANKS[lab].known(kind))
        assert count >= least, f"{count} {kind} solutions"


@pytest.mark.parametrize("lab", BANKS)
def test_points(lab):
    results = run_checks(lab, student=LocalStudent(dict(BANKS[lab].right)))
    assert not [(r.name, r.reason) for r in results if r.outcome != "passed"]
    sums = {grade_id: sum(r.points for r in results if r.grade_id == grade_id) for grade_id in BANKS[lab].points}
    assert sums == BANKS[lab].points


@pytest.mark.parametrize("lab", [lab for lab, bank in BANKS.items() if not bank.capstone])
def test_blank_predictions_get_nothing(lab):
    def blank():
        raise NotImplementedError

    names = [name for name in BANKS[lab].right if name.startswith("predict_")]
    answers = [blank, lambda: None, lambda: "", lambda: "E", lambda: 1, lambda: ["A"], lambda: "A or B"]
    for answer in answers:
        results = run_checks(lab, ["predictions"], student=LocalStudent(dict.fromkeys(names, answer)))
        assert results
        assert all(r.outcome == "failed" for r in results)
