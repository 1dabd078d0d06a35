"""A test that somebody wrote, run on an implementation that is somewhere else.

The test calls `f` as it would call any function; each call becomes a message, and the result comes back with the next
one. So whoever wrote the test can learn about an implementation by calling it, and in no other way. Many trials run in
turns: each goes on until it calls `f` or ends, then the next one does, and one message carries all their calls.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

CALLS = 60  # of one test
NUMBERS = 2_000  # in the arguments of one call, all together
SECONDS = 20.0  # for all trials together

_running: dict[str, "_Trial"] = {}
_deadline = [0.0]


class _Over(BaseException):
    """Ends a test from inside of f: nothing that a test catches."""


class _Trial:
    """One test in a thread of its own, which runs only while `advance` waits for it."""

    def __init__(self, test: Callable[[Callable], Any], parameters: Sequence[str]):
        self.said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.heard: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.calls, self.over, self.test = 0, False, test
        f = with_parameters(self._ask, parameters)
        self.thread = threading.Thread(target=self._run, args=(f,), daemon=True)
        self.thread.start()

    def _run(self, f: Callable) -> None:
        try:
            self.test(f)
            end = "accepts"
        except NotImplementedError:
            end = "stub"
        except _Over:
            end = "too many calls"
        except BaseException:  # as in pytest: a test that ends in any error does not pass
            end = "rejects"
        self.said.put({"end": end})

    def _ask(self, *args: Any) -> Any:
        """What f does: send the arguments, wait for the result."""
        given = [np.asarray(arg) for arg in args]
        if any(array.dtype.kind not in "biuf" for array in given):
            raise TypeError("f takes arrays of real numbers")
        if sum(array.size for array in given) > NUMBERS:
            raise ValueError(f"f takes at most {NUMBERS} numbers at a time")
        self.calls += 1
        if self.calls > CALLS or self.over:
            raise _Over
        self.said.put({"asks": [array.copy() for array in given]})
        answer = self.heard.get()
        if answer is None:
            raise _Over
        if "raised" in answer:
            raise RuntimeError("f raised an error")
        for array, after in zip(args, answer["args"] or (), strict=False):  # f may have changed its arguments
            if isinstance(array, np.ndarray):
                np.copyto(array, after, casting="unsafe")
        return answer["value"]

    def advance(self, deadline: float) -> dict[str, Any]:
        """What the test says next: that it asks, or how it ended."""
        try:
            return self.said.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            self.stop()
            return {"end": "too slow"}

    def stop(self) -> None:
        self.over = True
        self.heard.put(None)


def with_parameters(function: Callable[..., Any], parameters: Sequence[str]) -> Callable[..., Any]:
    """``function`` with named parameters, so that a test may call it as the function that it stands for."""
    names = list(parameters)

    def f(*args: Any, **kwargs: Any) -> Any:
        if len(args) + len(kwargs) != len(names) or set(kwargs) != set(names[len(args) :]):
            raise TypeError(f"f takes {', '.join(names)}")
        return function(*args, *(kwargs[name] for name in names[len(args) :]))

    return f


def misfit(args: Sequence[Any], parameters: Sequence[str], axes: Sequence[str]) -> str:
    """Why an implementation cannot be called with ``args``, in words; empty if it can.

    Args:
        parameters: names of the arguments.
        axes: of each argument, a letter per axis; equal letters stand for equal lengths.
    """
    arrays = [np.asarray(arg) for arg in args]
    if any(array.dtype.kind not in "biuf" for array in arrays):
        return "f takes arrays of real numbers"
    if sum(array.size for array in arrays) > NUMBERS:
        return f"f takes at most {NUMBERS} numbers in one call, all arguments together"
    sides: dict[str, int] = {}
    for name, array, letters in zip(parameters, arrays, axes, strict=True):
        fits = array.ndim == len(letters) and all(
            sides.setdefault(letter, side) == side for letter, side in zip(letters, array.shape, strict=True)
        )
        if not fits:
            due = f"({', '.join(letters)}{',' if len(letters) == 1 else ''})" if letters else "a number"
            return f"{name} has shape {array.shape}, and {due} is due"
    return ""


def answer(test: Callable[[Callable], Any], parameters: Sequence[str], message: dict[str, Any]) -> dict[str, Any]:
    """One turn of all trials, from a message to the next.

    Args:
        test: takes a function f, returns if it accepts it, raises if it does not.
        parameters: of f, by name.
        message: ``{"start": n}`` begins n trials and ends those that are still running; ``{"answers": {number: ...}}``
            goes on, each with ``{"value": result, "args": None, or the arguments as the call left them}`` or
            ``{"raised": type}``.

    Returns:
        ``{"asks": {number: arguments}, "ends": {number: how}}``: "accepts", "rejects", "stub", "too many calls" or
        "too slow".
    """
    if "start" in message:
        for trial in _running.values():
            trial.stop()
        _running.clear()
        _deadline[0] = time.monotonic() + SECONDS
        numbers = [str(number) for number in range(int(message["start"]))]
    else:
        numbers = list(message["answers"])
    asks, ends = {}, {}
    for number in numbers:
        if "answers" in message:
            trial = _running.pop(number)
            trial.heard.put(message["answers"][number])
        elif time.monotonic() < _deadline[0]:
            trial = _Trial(test, parameters)
        else:  # one test that does not end is enough
            ends[number] = "too slow"
            continue
        said = trial.advance(_deadline[0])
        if "asks" in said:
            asks[number] = said["asks"]
            _running[number] = trial
        else:
            ends[number] = said["end"]
    return {"asks": asks, "ends": ends}
