"""The visible and the hidden checks of lab 6 against known solutions: wrong ones rejected, right ones accepted."""

import importlib
import re

import numpy as np
import pytest
from bank import given

from autograder.checking import LocalStudent, run_checks
from autograder.reference import dense
from toonlens.laws import LawBroken, StillAStub
from toonlens.laws import lab06 as laws

VISIBLE = {
    "stabilise": laws.check_stabilise,
    "lrp_eps": laws.check_lrp_eps,
    "lrp_gamma": laws.check_lrp_gamma,
    "lrp_ab": laws.check_lrp_ab,
    "lrp_zB": laws.check_lrp_zB,
    "lrp_w2": lambda f: laws.check_lrp_w2_flat(f, dense.lrp_flat),
    "lrp_flat": lambda f: laws.check_lrp_w2_flat(dense.lrp_w2, f),
    "lrp_mlp": laws.check_lrp_mlp,
    "gradient_x_input": laws.check_gradient_x_input,
}
GRADE_ID = {"lrp_w2": "lrp_w2_flat", "lrp_flat": "lrp_w2_flat", "gradient_x_input": "bug_hunt"}
POINTS = {
    "stabilise": 2,
    "lrp_eps": 6,
    "lrp_gamma": 4,
    "lrp_ab": 5,
    "lrp_zB": 4,
    "lrp_w2_flat": 4,
    "lrp_mlp": 8,
    "bug_hunt": 6,
    "predictions": 7,
}
EXERCISES = tuple(VISIBLE)


def known(kind):
    """(exercise, name) of every known solution of a kind, "right" or "wrong"."""
    for exercise in EXERCISES:
        module = importlib.import_module(f"bank.{exercise}")
        yield from ((exercise, name) for name in vars(module) if name.startswith(f"{kind}_"))


def solution(exercise, name):
    return getattr(importlib.import_module(f"bank.{exercise}"), name)


def hidden(exercise, function, seed=None):
    """Results of the exercise's hidden checks; everything but this function is right."""
    namespace = {name: getattr(dense, name) for name in EXERCISES} | {"apply_rule": given.apply_rule}
    grade_id = GRADE_ID.get(exercise, exercise)
    return run_checks("lab06", [grade_id], student=LocalStudent(namespace | {exercise: function}), seed=seed)


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    """Drawing the differences takes longer than finding them, and other tests look at them."""
    monkeypatch.setattr("autograder.checking.difference_picture", lambda difference: b"")


@pytest.mark.parametrize(("exercise", "name"), known("right"))
def test_right_is_accepted(exercise, name, capsys):
    function = solution(exercise, name)
    VISIBLE[exercise](function)
    assert "passes" in capsys.readouterr().out
    failed = [(r.name, r.reason) for r in hidden(exercise, function) if r.outcome != "passed"]
    assert not failed


@pytest.mark.parametrize(("exercise", "name"), known("wrong"))
def test_wrong_is_rejected(exercise, name):
    """Also by the hidden checks alone, since the visible ones give no points, and with a message that helps."""
    function = solution(exercise, name)
    failed = [r for r in hidden(exercise, function) if r.outcome == "failed"]
    assert failed, "the hidden checks accept it"
    for result in failed:
        raised = " raised " in result.reason or "gave" in result.reason
        assert result.reason
        assert raised or (result.law and result.hint), (result.name, result.reason)


VISIBLE_CANNOT_SEE = {
    ("lrp_flat", "wrong_constant_count"),  # one size of layer in the visible check: the hidden ones vary it
    ("lrp_w2", "wrong_no_stabiliser"),  # no dead output there
}


@pytest.mark.parametrize(("exercise", "name"), known("wrong"))
def test_wrong_breaks_a_law(exercise, name):
    """The visible check rejects it too, in a message of one screen with symptom, law and next step."""
    if (exercise, name) in VISIBLE_CANNOT_SEE:
        VISIBLE[exercise](solution(exercise, name))
        return
    with pytest.raises(LawBroken) as caught:
        VISIBLE[exercise](solution(exercise, name))
    lines = caught.value._render_traceback_()
    assert len(lines) == 4
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["Seen", "Law", "Try"]
    assert all(len(line) <= 200 for line in lines)
    assert not re.search(r"\d\.\d{4,}|\barray\(", str(caught.value)), "a message shows values"


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_stub_is_called_a_stub(exercise):
    def stub(*arguments):
        raise NotImplementedError

    with pytest.raises(StillAStub, match="still a stub"):
        VISIBLE[exercise](stub)
    assert all(
        r.outcome in {"failed", "skipped"} for r in hidden(exercise, stub) if exercise in r.name or "bug" in r.name
    )


def test_the_bank_is_large_enough():
    for exercise in EXERCISES:
        for kind, least in (("right", 4), ("wrong", 10)):
            count = sum(e == exercise for e, _ in known(kind))
            assert count >= least, f"{exercise}: {count} {kind} solutions"


def test_points():
    everything = {name: getattr(dense, name) for name in EXERCISES} | {"apply_rule": given.apply_rule}
    letters = {f"predict_{name}": lambda: "b" for name in ("stabilise", "eps", "gamma", "ab", "zB", "w2_flat", "mlp")}
    results = run_checks("lab06", student=LocalStudent(everything | letters))
    assert all(r.outcome == "passed" for r in results)
    sums = {grade_id: sum(r.points for r in results if r.grade_id == grade_id) for grade_id in POINTS}
    assert sums == POINTS


def test_blank_predictions_get_nothing():
    def blank():
        raise NotImplementedError

    names = ("stabilise", "eps", "gamma", "ab", "zB", "w2_flat", "mlp")
    answers = [blank, lambda: None, lambda: "", lambda: "D", lambda: 1, lambda: ["A"], lambda: "A or B"]
    student = LocalStudent({f"predict_{name}": answer for name, answer in zip(names, answers, strict=True)})
    assert all(r.outcome == "failed" for r in run_checks("lab06", ["predictions"], student=student))


def test_a_wrong_rule_costs_the_walk_little():
    """A student whose lrp_eps is wrong keeps the points of a right walk that are about the walk."""
    wrong = solution("lrp_eps", "wrong_no_division")
    rules = {**dense.RULES, "eps": wrong}

    def lrp_mlp(params, x, c, chosen):
        *inputs, logits = dense.mlp_forward(params, x)
        rows = np.arange(len(x))
        start = np.zeros_like(logits)
        start[rows, c] = logits[rows, c]
        trace = [start]
        for a, (W, b), (name, options) in zip(inputs[::-1], params[::-1], chosen[::-1], strict=True):
            trace.insert(0, rules[name](a, W, b, trace[0], **options))
        return trace

    results = run_checks("lab06", ["lrp_mlp"], student=LocalStudent({"lrp_eps": wrong, "lrp_mlp": lrp_mlp}))
    assert sum(r.points for r in results if r.outcome == "passed") == 7
