"""Tests that somebody wrote, run on implementations that are somewhere else."""

import time

import numpy as np
import pytest

from toonlens import exchange, trial

NAMES = ("x", "k")


def run(test, implementations):
    """The session as a grader has it, with messages encoded on both ways: how each trial ended."""
    ends = {}
    message = {"start": len(implementations)}
    for _ in range(200):
        reply = trial.answer(test, NAMES, exchange.decode(exchange.encode(message)))
        reply = exchange.decode(exchange.encode(reply))
        ends |= {int(number): end for number, end in reply["ends"].items()}
        if not reply["asks"]:
            return [ends[number] for number in range(len(implementations))]
        message = {"answers": {number: perform(implementations[int(number)], a) for number, a in reply["asks"].items()}}
    raise AssertionError("no end")


def perform(f, args):
    given = [np.array(arg) for arg in args]
    try:
        value = f(*given)
    except ValueError:
        return {"raised": "ValueError"}
    return {"value": np.asarray(value), "args": given}


def times(x, k):
    return k * x


def test_each_trial_has_its_own_verdict():
    def test(f):
        for k in (2.0, 3.0):
            assert np.array_equal(f(np.arange(3.0), k), k * np.arange(3.0))

    wrong = [lambda x, k: k + x, lambda x, k: 2 * x, lambda x, k: x[:2]]
    assert run(test, [wrong[0], times, wrong[1], times, wrong[2]]) == [
        "rejects",
        "accepts",
        "rejects",
        "accepts",
        "rejects",
    ]


def test_names_and_numbers_of_arguments():
    assert run(lambda f: f(k=2.0, x=np.ones(2)), [times]) == ["accepts"]
    for call in (lambda f: f(1.0), lambda f: f(1.0, 2.0, 3.0), lambda f: f(1.0, x=2.0), lambda f: f(1.0, "two")):
        assert run(call, [times]) == ["rejects"]


def test_an_implementation_that_changes_its_argument_changes_it_here():
    def overwrites(x, k):
        x *= k
        return x

    def test(f):
        x = np.ones(3)
        f(x, 2.0)
        assert (x == 1).all()

    assert run(test, [overwrites, times]) == ["rejects", "accepts"]


def test_an_implementation_that_raises():
    def raises(x, k):
        raise ValueError

    def patient(f):
        with pytest.raises(RuntimeError):
            f(1.0, 2.0)

    assert run(lambda f: f(1.0, 2.0), [raises]) == ["rejects"]
    assert run(patient, [raises]) == ["accepts"]


def test_stubs_endless_tests_and_large_arguments(monkeypatch):
    def stub(f):
        raise NotImplementedError

    def endless(f):
        while True:
            try:
                f(1.0, 2.0)
            except Exception:
                continue

    assert run(stub, [times]) == ["stub"]
    assert run(endless, [times, times]) == ["too many calls"] * 2
    assert run(lambda f: f(np.ones(trial.NUMBERS + 1), 2.0), [times]) == ["rejects"]
    monkeypatch.setattr(trial, "SECONDS", 0.2)

    started = []

    def slow(f):
        started.append(True)
        time.sleep(0.5)

    assert run(slow, [times] * 3) == ["too slow"] * 3
    assert len(started) == 1


def test_a_new_session_ends_the_old_one():
    ended = []

    def test(f):
        try:
            f(1.0, 2.0)
        except BaseException:
            ended.append(True)
            raise

    assert trial.answer(test, NAMES, {"start": 2})["asks"].keys() == {"0", "1"}
    assert run(test, [times]) == ["accepts"]
    for _ in range(100):
        if len(ended) == 2:
            break
        time.sleep(0.01)
    assert len(ended) == 2


def test_what_an_implementation_cannot_be_called_with():
    names, axes = ("a", "W", "eps"), ("BI", "IJ", "")
    a, W = np.ones((2, 3)), np.ones((3, 4))
    assert trial.misfit((a, W, 0.5), names, axes) == ""
    assert "real numbers" in trial.misfit((a, W, "x"), names, axes)
    assert "all arguments together" in trial.misfit((np.ones((500, 3)), np.ones((3, 300)), 0.5), names, axes)
    assert trial.misfit((a, W.T, 0.5), names, axes) == "W has shape (4, 3), and (I, J) is due"
    assert trial.misfit((a[0], W, 0.5), names, axes) == "a has shape (3,), and (B, I) is due"
    assert trial.misfit((a, W, np.ones(1)), names, axes) == "eps has shape (1,), and a number is due"
