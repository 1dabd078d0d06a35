"""Visible checks: each tests a law on random inputs and never compares with a right answer.

A lab's module (``laws.lab06``) has one ``check_NAME(function)`` per exercise, built from what is here. A broken law
raises `LawBroken`, which a notebook shows as a few lines: the symptom, the law, the next thing to try.
"""

import linecache
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from types import CodeType, FunctionType, TracebackType
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from toonlens.errors import UserError
from toonlens.track import current_track

WIDTH = 100  # characters of a line in a message
RUNS = "the function runs on any input of the shapes in the table"


class LawBroken(AssertionError):
    """A law that a student's function violates. The message is ready to be read; a notebook shows nothing else."""

    def _render_traceback_(self) -> list[str]:  # the hook that IPython asks instead of printing the call stack
        return str(self).splitlines()


class StillAStub(NotImplementedError):
    """The function under check is not written yet."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


StillAStub.__name__ = "NotImplementedError"  # what a reader of the notebook knows it by

_not_passed: dict[str, None] = {}  # functions that were written and whose last check they failed


def broken(name: str, symptom: str, law: str, next_step: str) -> NoReturn:
    """Raise LawBroken with a message of three parts.

    Args:
        name: the function under check.
        symptom: what was seen, in words and sizes.
        law: what has to hold.
        next_step: what to try, in the imperative.
    """
    raise LawBroken(f"{name}: not yet.\n  Seen: {symptom}\n  Law:  {law}\n  Try:  {next_step}") from None


class Checked:
    """A student's function with the checks that every call gets: arguments unchanged, shape, real and finite values.

    ``returns`` is what it returns, in words; ``needed`` whether later parts of the lab use it.
    """

    def __init__(self, name: str, function: Callable[..., Any], returns: str = "an array", needed: bool = True):
        self.name, self.function, self.returns, self.needed = name, function, returns, needed
        self.laws: list[str] = []

    def raw(self, *args: Any, law: str = RUNS, next_step: str = "") -> Any:
        """Call on copies of ``args``; what is raised, None, and a changed argument become messages.

        Args:
            args: handed to the function.
            law: broken if the function raises.
            next_step: what to try then; left out, it depends on what is raised.
        """
        given = deepcopy(args)
        try:
            result = self.function(*given)
        except NotImplementedError as error:
            stub = _innermost(error)
            inside = stub is not None and stub.co_qualname.startswith(f"{self.name}.")
            if stub is not None and not inside and stub is not getattr(self.function, "__code__", None):
                raise StillAStub(
                    f"{self.name}: it calls {stub.co_name}, which is still a stub.\n"
                    f"  Write {stub.co_name} first, run its cell, then run this one again.\n"
                    f"  You can also go on: {self._without()}."
                ) from None
            raise StillAStub(
                f"{self.name}: still a stub.\n"
                "  Write its body in the cell above, run that cell, then run this one again.\n"
                f"  You can also leave it: {self._without()}."
            ) from None
        except Exception as error:
            self.broken(_seen(error), law, next_step or _advice(error))
        if result is None:
            self.broken(
                "it returns None",
                f"the function returns {self.returns}",
                "end with a return statement; mind its indentation, and conditions of which none holds",
            )
        if not _same(given, args):
            self.broken(
                "an argument has other values after the call than before",
                "a function leaves its inputs unchanged",
                "look for +=, *=, out= or an assignment to a slice of an argument; make a new array instead",
            )
        return result

    def __call__(self, *args: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """The result as a float64 array of ``shape``."""
        return self.array(self.raw(*args), shape)

    def array(self, result: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """``result`` as a float64 array, if it has ``shape`` and real, finite values."""
        try:
            array = np.asarray(result)
        except ValueError:
            array = np.empty(0, dtype=object)
        if array.dtype.kind not in "biuf":
            self.broken(
                f"a {type(result).__name__} came back",
                "the result is an array of real numbers",
                "print the result in a new cell and see where it stops being an array",
            )
        if array.shape != shape:
            self.broken(
                f"shape {array.shape} came back, and {shape} is due",
                "shapes are those of the table in the exercise",
                "print the shape after each line; look for a missing .T, or a sum over the batch axis 0",
            )
        values = array.astype(np.float64)
        if not np.isfinite(values).all():
            self.broken(
                f"{int((~np.isfinite(values)).sum())} of {values.size} values are NaN or infinite",
                "every value of a result is finite",
                "find the division, and what its denominator is where it fails",
            )
        return values

    def law(self, name: str, holds: bool | np.bool_, symptom: str, law: str, next_step: str) -> None:
        """Note the law ``name`` as tested; raise if it does not hold."""
        if not holds:
            self.broken(symptom, law, next_step)
        self.laws.append(name)

    def broken(self, symptom: str, law: str, next_step: str) -> NoReturn:
        """Raise LawBroken in the name of this function."""
        _not_passed[self.name] = None
        broken(self.name, symptom, law, next_step)

    def _without(self) -> str:
        return "the next parts load a checkpoint instead of your result" if self.needed else "no later part needs it"

    def passed(self) -> None:
        """Print what was tested."""
        _not_passed.pop(self.name, None)
        laws = ", ".join(dict.fromkeys(self.laws))
        print(textwrap.fill(f"{self.name}: passes. Laws tested: {laws}.", WIDTH, subsequent_indent="  "))


def mine_or(checkpoint: NDArray, name: str, mine: Callable[[], Any]) -> NDArray:
    """Your result if there is a usable one, else the checkpoint's, and one line that says which.

    Checkpoints are those of the small track. On the full one there may be other numbers of pictures, classes and
    channels, so that only the number of axes is compared there.

    Args:
        checkpoint: what the picture or the next step needs, from the lab's checkpoint file; empty where there is none.
        name: of the function, for the message.
        mine: calls your function.
    """
    try:
        result = np.asarray(mine(), dtype=np.float64)
    except NotImplementedError as error:
        stub = _innermost(error)
        inside = stub is not None and stub.co_qualname.startswith(f"{name}.")
        other = stub is not None and not inside and stub.co_name not in (name, "<lambda>")
        calls = f"{name} calls {stub.co_name}, which" if stub is not None and other else name
        return _use_checkpoint(checkpoint, f"{calls} is still a stub")
    except Exception as error:  # anything a student's code may raise: the next part has to go on
        if "read-only" in str(error):
            return _use_checkpoint(checkpoint, f"{name} changed its input in place: look for +=, *=, /= or out=")
        return _use_checkpoint(checkpoint, f"{name} raised {type(error).__name__}: run its check")
    fits = result.ndim == checkpoint.ndim if current_track().name == "full" else result.shape == checkpoint.shape
    if not fits and checkpoint.size:
        return _use_checkpoint(checkpoint, f"{name} returned shape {result.shape} instead of {checkpoint.shape}")
    if not np.isfinite(result).all():
        return _use_checkpoint(checkpoint, f"{name} returned values that are not finite")
    print(f"Made with your {name}.")
    if wrong := [other for other in _not_passed if other in _used_by(mine)]:
        print(f"Mind: {', '.join(wrong)} did not pass the check. What is made with that may be wrong.")
    return result


def _used_by(function: Callable[..., Any]) -> set[str]:
    """The global names that a function uses, and those that its notebook's functions behind them use."""
    found: set[str] = set()
    waiting = [function]
    while waiting:
        current = waiting.pop()
        if isinstance(current, FunctionType) and current.__globals__ is getattr(function, "__globals__", None):
            new = _names(current.__code__) - found
            found |= new
            waiting += [current.__globals__[name] for name in new if name in current.__globals__]
    return found


def _names(code: CodeType) -> set[str]:
    """The global names in a piece of code, and in the functions and comprehensions inside of it."""
    inner = (_names(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*inner)


def _use_checkpoint(checkpoint: NDArray, why: str) -> NDArray:
    if checkpoint.size:
        print(f"Made from the checkpoint, because {why}.")
    else:
        print(f"Nothing to show: there is no checkpoint for this choice, and {why}.")
    return checkpoint


def read_only(*nests: Any) -> None:
    """Lock every array in lists and tuples of arrays, so that no function can change it in place."""
    for nest in nests:
        if isinstance(nest, np.ndarray):
            nest.setflags(write=False)
        else:
            read_only(*nest)


def close(got: NDArray, wanted: NDArray, rtol: float = 1e-4) -> bool:
    """Whether ``got`` is within rtol of the largest magnitude in ``wanted``; loose enough for float32."""
    scale = float(np.max(np.abs(wanted), initial=0.0))
    return bool(np.max(np.abs(got - wanted), initial=0.0) <= rtol * max(scale, 1e-12))


def percent(part: float) -> str:
    """0.1234 as "12 %"; beyond 1000 % the size says nothing more."""
    if abs(part) > 10:
        return "more than 1000 %"
    return f"{100 * part:.0f} %" if abs(part) >= 0.095 else f"{100 * part:.2g} %"


def _same(one: Any, other: Any) -> bool:
    """Whether two nests of lists, dictionaries, arrays and numbers hold the same values."""
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.shape == other.shape and bool(np.array_equal(one, other))
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


def _frames(trace: TracebackType | None) -> Iterator[tuple[CodeType, int]]:
    """Code and line number of the frames below the one that caught the error, innermost last."""
    trace = trace.tb_next if trace else None
    while trace is not None:
        yield trace.tb_frame.f_code, trace.tb_lineno
        trace = trace.tb_next


def _innermost(error: Exception) -> CodeType | None:
    """The code that raised ``error``."""
    return next((code for code, _ in reversed(list(_frames(error.__traceback__)))), None)


def _seen(error: Exception) -> str:
    """What was raised, in which line of the student's own code, and that line."""
    text = (str(error).strip().splitlines() or ["no message"])[-1]
    text = re.sub(r"\{\{[^}]*\}\}\s*", "", text)  # TensorFlow's name of the operation, long and of no use to a reader
    if sizes := re.search(r"matmul:.*\(size (\d+) is different from (\d+)\)", text):
        text = f"in a matrix product, the inner sizes {sizes[2]} and {sizes[1]} do not agree"
    said = f"it raised {type(error).__name__}: {textwrap.shorten(text, WIDTH, placeholder=' ...')}"
    libraries = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[1]))  # the last: what a lab gives
    own = [(code, line) for code, line in _frames(error.__traceback__) if not code.co_filename.startswith(libraries)]
    source = linecache.getline(own[-1][0].co_filename, own[-1][1]).strip() if own else ""
    return f"{said} (line {own[-1][1]}: {textwrap.shorten(source, 60, placeholder=' ...')})" if source else said


def _advice(error: Exception) -> str:
    """What to try after an exception."""
    if isinstance(error, UserError):
        return "the message names what is missing or out of order: mend that, and run this check again"
    if isinstance(error, UnboundLocalError):
        return "the line that sets it was not reached: does no condition above it hold?"
    if isinstance(error, NameError):
        return "check the spelling, or run the cell that defines it"
    if isinstance(error, AttributeError):
        return "check the spelling behind the dot, and print the type of what stands before it"
    if isinstance(error, KeyError):
        return "print the keys that are there; where the text above says that one may be missing, read it with .get"
    if "-dimensional" in str(error):
        return "print the shapes of what goes into this call: one has too few or too many axes"
    if "matmul" in str(error):
        return "print the shapes on both sides of @; one of them may need a .T"
    return "call it yourself in a new cell and print the shape of every intermediate array"
