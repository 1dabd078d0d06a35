"""Functions that a student wrote in one lab, carried on into later ones.

`save`, in a cell at the end of a lab, writes the *source* of the functions into a file beside the labs' folders;
`load`, in a later lab, gives the student's own function from there, or a stub that raises `NotImplementedError`, so
that `toonlens.laws.mine_or` uses a checkpoint instead. Nothing but the student's own code is run, in the student's own
kernel. No mark depends on a carried file: where work is graded, there is none.
"""

import ast
import builtins
import inspect
import os
import textwrap
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from toonlens.paths import atomic_write

VARIABLE = "TOONLENS_CARRIED"  # the folder, where it is not beside the labs'
WIDTH = 110


def carried_dir() -> Path:
    """The folder of carried functions: ``TOONLENS_CARRIED``, or ``carried`` beside the lab's own folder."""
    return Path(os.environ.get(VARIABLE) or Path("..") / "carried")


class _NotCarried(Exception):
    """A function that cannot be carried, and why."""


def save(lab: str, namespace: Mapping[str, Any], names: Sequence[str]) -> None:
    """Write the source of functions, with what they need, to ``carried/LAB.py``; print what was done, or why not.

    A function may use modules, what was imported from modules, numbers and texts, and functions of the same notebook:
    all that goes with it. One that is still a stub, or needs something else, stays behind; what an earlier call had
    written of it then stays behind too.

    Args:
        lab: for example "lab07".
        namespace: of the notebook, ``globals()``.
        names: of the functions.
    """
    lines: dict[str, str] = {}  # name -> source, in the order in which it has to run
    kept, left = [], []
    for name in names:
        wanted = dict(lines)
        try:
            _collect(name, namespace, wanted, ())
        except _NotCarried as reason:
            left.append(f"{name} ({reason})")
            continue
        lines = wanted
        kept.append(name)
    file = carried_dir() / f"{lab}.py"
    said = f"Not carried: {', '.join(left)}." if left else ""
    if not kept:
        _say(f"Nothing to carry on yet. {said}")
        return
    head = (
        f'"""Functions of {lab}, written by its cell `carry.save`: run that cell again and this file is made anew."""'
    )
    try:
        with atomic_write(file) as path:
            path.write_text("\n\n".join([head, *lines.values()]) + "\n", encoding="utf-8")
    except OSError as error:
        _say(f"Nothing was carried on: {file} cannot be written ({error.strerror or error}).")
        return
    _say(f"Carried on for later labs, in {file}: {', '.join(kept)}. {said}")


def load(lab: str, name: str) -> Callable[..., Any]:
    """The student's own function ``name`` of ``lab``, or a stub that raises NotImplementedError; prints which.

    The function is the file's own: it does not see the notebook's variables.
    """
    file = carried_dir() / f"{lab}.py"
    try:
        source = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return _stub(name, f"{file} is not there: run the last cells of {lab}, or go on without")
    except (OSError, UnicodeDecodeError) as error:
        return _stub(name, f"{file} cannot be read ({error})")
    namespace: dict[str, Any] = {"__name__": f"carried_{lab}"}
    try:
        exec(compile(source, str(file), "exec"), namespace)  # the student's own file, as its notebook ran it
    except Exception as error:
        return _stub(name, f"{file} raised {type(error).__name__}: run the last cells of {lab} again")
    if not callable(namespace.get(name)):
        return _stub(name, f"{file} does not hold it: it was not written when {lab} was run last")
    print(f"{name}: yours, from {lab}.")
    return namespace[name]


def _stub(name: str, reason: str) -> Callable[..., Any]:
    _say(f"{name}: not carried, because {reason}.")

    def stub(*_: Any, **__: Any) -> Any:
        raise NotImplementedError

    stub.__name__ = stub.__qualname__ = name
    stub.__code__ = stub.__code__.replace(co_name=name)  # messages about stubs name the code that raised
    return stub


def _collect(name: str, namespace: Mapping[str, Any], lines: dict[str, str], above: tuple[str, ...]) -> None:
    """Add the source of ``name`` to ``lines``, after the source of all that it reads.

    Raises:
        _NotCarried: it cannot go.
    """
    if name in lines or name in above:
        return
    value = namespace.get(name)
    if not above and not isinstance(value, types.FunctionType):
        raise _NotCarried("not defined" if value is None else "not a function")
    if isinstance(value, types.FunctionType) and value.__module__ == "__main__":
        source, tree = _source(value)
        for needed in _reads(tree):
            if needed in namespace:
                _collect(needed, namespace, lines, (*above, name))
            elif not hasattr(builtins, needed):
                raise _NotCarried(f"it needs {needed}, which is not defined")
        lines[name] = source
    else:
        lines[name] = _definition(name, value)


def _source(function: types.FunctionType) -> tuple[str, ast.FunctionDef]:
    try:
        source = textwrap.dedent(inspect.getsource(function))
        (tree,) = ast.parse(source).body
    except (OSError, TypeError, SyntaxError, ValueError):
        raise _NotCarried("its source was not found: run its cell again") from None
    if not isinstance(tree, ast.FunctionDef):
        raise _NotCarried("it is no plain function: write it with def")
    if function.__closure__ or "<locals>" in function.__qualname__ or function.__name__ != tree.name:
        raise _NotCarried("it was made inside another function")
    if any(_raises_not_implemented(node) for node in tree.body):
        raise _NotCarried("still a stub")
    return source.rstrip(), tree


def _raises_not_implemented(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Raise) or node.exc is None:
        return False
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def _reads(tree: ast.FunctionDef) -> Iterator[str]:
    """Names that a function may take from outside, annotations and defaults included."""
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    stored |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    stored |= {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            stored |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ExceptHandler) and node.name:
            stored.add(node.name)
    read = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    return iter(dict.fromkeys(name for name in read if name not in stored))


def _definition(name: str, value: Any) -> str:
    """A line of code that makes ``value`` again under ``name``."""
    if isinstance(value, types.ModuleType):
        return f"import {value.__name__}" if value.__name__ == name else f"import {value.__name__} as {name}"
    if _is_plain(value):
        return f"{name} = {value!r}"
    module, own = getattr(value, "__module__", None), getattr(value, "__qualname__", "")
    if isinstance(module, str) and module != "__main__" and own.isidentifier():
        return f"from {module} import {own}" if own == name else f"from {module} import {own} as {name}"
    raise _NotCarried(f"it needs {name}, a {type(value).__name__}: make that an argument")


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_is_plain(item) for item in value)
    if isinstance(value, dict):
        return all(_is_plain(key) and _is_plain(item) for key, item in value.items())
    return value is None or isinstance(value, (bool, int, float, complex, str, bytes))


def _say(text: str) -> None:
    print(textwrap.fill(text.strip(), WIDTH, break_long_words=False, break_on_hyphens=False))
