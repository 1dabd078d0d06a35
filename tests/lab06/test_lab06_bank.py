"""The visible and the hidden checks of lab 6 against known solutions: wrong ones rejected, right ones accepted."""

import importlib
import re

import numpy as np
import pytest
from bank import given

from autograder.checking import LocalStudent, run_checks
from autograder.reference import dense
from toonlens.laws import LawBroken, StillAStub, mine_or, read_only
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
    monkeypatch.setattr("autograder.checking.comparison_picture", lambda *_: b"")


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


def test_a_stub_below_is_named():
    def helper(*arguments):
        raise NotImplementedError

    def lrp_eps(a, W, b, R, eps):
        return helper(a, W)

    with pytest.raises(StillAStub, match="lrp_eps: it calls helper, which is still a stub"):
        laws.check_lrp_eps(lrp_eps)


def test_an_error_is_shown_with_its_line():
    def spelled(a, W, b, R, eps):
        return a @ WW  # noqa: F821

    def transposed(a, W, b, R, eps):
        return a * ((R / (a @ W + b)) @ W)

    for function, parts in [
        (spelled, ("NameError", ": return a @ WW", "check the spelling")),
        (transposed, ("do not agree", "return a * ((R / (a @ W + b)) @ W)", "need a .T")),
    ]:
        with pytest.raises(LawBroken) as caught:
            laws.check_lrp_eps(function)
        assert all(part in str(caught.value) for part in parts)
        assert all(len(line) <= 200 for line in str(caught.value).splitlines())


@pytest.mark.parametrize(
    ("exercise", "name", "said"),
    [
        ("lrp_eps", "wrong_eps_ignored", "is your eps argument used"),
        ("lrp_eps", "wrong_no_division", "last step a times the carried quotients"),
        ("lrp_zB", "wrong_fixed_bounds", "do you use the arguments lo and hi"),
        ("lrp_w2", "wrong_no_stabiliser", "an output without weights hands on nothing"),
        ("lrp_mlp", "wrong_three_layers", "params may have any length"),
        ("lrp_mlp", "wrong_top_first", "trace[0] has shape (5, 4), due (5, 7)"),
        ("lrp_mlp", "wrong_outputs_stored", "trace[0] has shape (5, 8), due (5, 7)"),
        ("lrp_mlp", "wrong_no_biases_forward", "is b in every z?"),
    ],
)
def test_the_message_points_at_the_cause(exercise, name, said):
    with pytest.raises(LawBroken) as caught:
        VISIBLE[exercise](solution(exercise, name))
    assert said in str(caught.value)


def test_a_right_function_with_a_wrong_helper_is_not_blamed_alone():
    def lrp_gamma(a, W, b, R, gamma, eps=1e-9):
        wrong = solution("lrp_eps", "wrong_no_bias")
        return wrong(a, W + gamma * np.maximum(W, 0), b + gamma * np.maximum(b, 0), R, eps)

    with pytest.raises(LawBroken, match="does lrp_eps pass its own check"):
        laws.check_lrp_gamma(lrp_gamma)


def test_the_checkpoint_steps_in_and_says_why(capsys):
    stored, locked = np.ones(3), np.zeros(3)
    read_only([(locked,)])

    def in_place():
        nonlocal locked
        locked += 1
        return locked

    def lrp_gamma():
        raise NotImplementedError

    def lrp_mlp():
        return lrp_gamma()

    for name, mine, said in [
        ("lrp_eps", in_place, "because lrp_eps changed its input in place"),
        ("lrp_gamma", lambda: lrp_gamma(), "because lrp_gamma is still a stub"),
        ("lrp_mlp", lambda: lrp_mlp(), "because lrp_mlp calls lrp_gamma, which is still a stub"),
        ("lrp_mlp", lambda: 1 / 0, "because lrp_mlp raised ZeroDivisionError"),
        ("lrp_mlp", lambda: [1.0], "instead of (3,)"),
    ]:
        assert mine_or(stored, name, mine) is stored
        assert said in capsys.readouterr().out
    assert not locked.any()
    assert mine_or(stored, "lrp_eps", lambda: [1, 2, 3]).sum() == 6


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
