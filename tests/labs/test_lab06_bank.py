"""What the checks of lab 6 say, beyond their verdict on the bank of solutions."""

import numpy as np
import pytest
from bank import bank_of

from autograder.checking import LocalStudent, run_checks
from autograder.reference import dense
from toonlens.laws import LawBroken, StillAStub, mine_or, read_only
from toonlens.laws import lab06 as laws

BANK = bank_of("lab06")


def test_a_stub_below_is_named():
    def helper(*arguments):
        raise NotImplementedError

    def lrp_eps(a, W, b, R, eps):
        return helper(a, W)

    with pytest.raises(StillAStub, match="lrp_eps: it calls helper, which is still a stub"):
        laws.check_lrp_eps(lrp_eps)


def test_a_picture_made_with_a_wrong_function_says_so(capsys, monkeypatch):
    monkeypatch.setattr("toonlens.laws._not_passed", {})  # other tests leave theirs
    with pytest.raises(LawBroken):
        laws.check_lrp_eps(BANK.solution("lrp_eps", "wrong_no_bias"))
    notebook: dict = {}
    exec(
        "def lrp_eps(): return [1, 2]\ndef lrp_mlp(): return [x for x in lrp_eps()]\ndef other(): return [1, 2]",
        notebook,
    )
    mine = eval("lambda: lrp_mlp()", notebook)
    mine_or(np.ones(2), "lrp_mlp", mine)
    assert "Mind: lrp_eps did not pass the check." in capsys.readouterr().out
    mine_or(np.ones(2), "other", eval("lambda: other()", notebook))
    assert "Mind" not in capsys.readouterr().out
    laws.check_lrp_eps(dense.lrp_eps)
    mine_or(np.ones(2), "lrp_mlp", mine)
    assert "Mind" not in capsys.readouterr().out


def test_what_no_later_part_needs_is_not_promised_a_checkpoint():
    def gradient_x_input(params, x, c):
        raise NotImplementedError

    with pytest.raises(StillAStub, match="You can also leave it: no later part needs it"):
        laws.check_gradient_x_input(gradient_x_input)


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
        BANK.visible[exercise](BANK.solution(exercise, name))
    assert said in str(caught.value)


def test_a_right_function_with_a_wrong_helper_is_not_blamed_alone():
    def lrp_gamma(a, W, b, R, gamma, eps=1e-9):
        wrong = BANK.solution("lrp_eps", "wrong_no_bias")
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


def test_on_the_full_track_sizes_may_differ_from_the_checkpoint(monkeypatch, capsys):
    monkeypatch.setenv("TOONLENS_TRACK", "full")
    assert mine_or(np.zeros((2, 3)), "lrp_mlp", lambda: np.ones((5, 7))).shape == (5, 7)
    assert mine_or(np.zeros((2, 3)), "lrp_mlp", lambda: np.ones(7)).shape == (2, 3)
    assert "instead of (2, 3)" in capsys.readouterr().out


def test_a_wrong_rule_costs_the_walk_little():
    """A student whose lrp_eps is wrong keeps the points of a right walk that are about the walk."""
    wrong = BANK.solution("lrp_eps", "wrong_no_division")
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
