"""Visible checks: each tests a law on random inputs and never compares with a right answer.

A lab's module (``laws.lab06``) has one ``check_NAME(function)`` per exercise, built from what is here. A broken law
raises `LawBroken`, which a notebook shows as a few lines: the symptom, the law, the next thing to try.
"""

import textwrap
from collections.abc import Callable
from copy import deepcopy
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

WIDTH = 100  # characters of a line in a message


class LawBroken(AssertionError):
    """A law that a student's function violates. The message is ready to be read; a notebook shows nothing else."""

    def _render_traceback_(self) -> list[str]:  # the hook that IPython asks instead of printing the call stack
        return str(self).splitlines()


class StillAStub(NotImplementedError):
    """The function under check is not written yet."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


StillAStub.__name__ = "NotImplementedError"  # what a reader of the notebook knows it by


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
    """A student's function with the checks that every call gets: arguments unchanged, shape, real and finite values."""

    def __init__(self, name: str, function: Callable[..., Any]):
        self.name, self.function = name, function
        self.laws: list[str] = []

    def raw(self, *args: Any) -> Any:
        """Call on copies of ``args``; what is raised, None, and a changed argument become messages."""
        given = deepcopy(args)
        try:
            result = self.function(*given)
        except NotImplementedError:
            raise StillAStub(
                f"{self.name}: still a stub.\n"
                "  Write its body in the cell above, run that cell, then run this one again.\n"
                "  You can also leave it: the next parts load a checkpoint instead of your result."
            ) from None
        except Exception as error:
            last = (str(error).strip().splitlines() or ["no message"])[-1][:WIDTH]
            self.broken(
                f"it raised {type(error).__name__}: {last}",
                "the function runs on any input of the shapes in the table",
                "call it yourself in a new cell and print the shape of every intermediate array",
            )
        if result is None:
            self.broken(
                "it returns None", "the function returns an array", "end with a return statement; mind its indentation"
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
                "shapes are those of the table: one row per image",
                "print the shape after each line; look for a missing .T, or a sum over the batch axis 0",
            )
        values = array.astype(np.float64)
        if not np.isfinite(values).all():
            self.broken(
                f"{int((~np.isfinite(values)).sum())} of {values.size} values are NaN or infinite",
                "relevance is finite",
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
        broken(self.name, symptom, law, next_step)

    def passed(self) -> None:
        """Print what was tested."""
        laws = ", ".join(dict.fromkeys(self.laws))
        print(textwrap.fill(f"{self.name}: passes. Laws tested: {laws}.", WIDTH, subsequent_indent="  "))


def mine_or(checkpoint: NDArray, name: str, mine: Callable[[], Any]) -> NDArray:
    """Your result if there is a usable one, else the checkpoint's, and one line that says which.

    Args:
        checkpoint: what the picture or the next step needs, from the lab's checkpoint file.
        name: of the function, for the message.
        mine: calls your function.
    """
    try:
        result = np.asarray(mine(), dtype=np.float64)
    except Exception as error:  # anything a student's code may raise: the next part has to go on
        return _use_checkpoint(checkpoint, f"{name} raised {type(error).__name__}")
    if result.shape != checkpoint.shape:
        return _use_checkpoint(checkpoint, f"{name} returned shape {result.shape} instead of {checkpoint.shape}")
    if not np.isfinite(result).all():
        return _use_checkpoint(checkpoint, f"{name} returned values that are not finite")
    print(f"Made with your {name}.")
    return result


def _use_checkpoint(checkpoint: NDArray, why: str) -> NDArray:
    print(f"Made from the checkpoint, because {why}.")
    return checkpoint


def close(got: NDArray, wanted: NDArray, rtol: float = 1e-4) -> bool:
    """Whether ``got`` is within rtol of the largest magnitude in ``wanted``; loose enough for float32."""
    scale = float(np.max(np.abs(wanted), initial=0.0))
    return bool(np.max(np.abs(got - wanted), initial=0.0) <= rtol * max(scale, 1e-12))


def percent(part: float) -> str:
    """0.1234 as "12 %"."""
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
