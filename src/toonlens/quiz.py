"""Multiple-choice questions and predictions: a widget where there is one, a function call everywhere.

The question and its options stand in the notebook as text. The right letter and the comment on each letter are *sealed*
in the lab's ``quiz.json``: nobody reads them by accident, and whoever answers a letter reads that letter's comment.
(It is no secret from a determined reader, who could answer every letter in turn; nothing here is graded.)
"""

import base64
import hashlib
import html
import json
import textwrap
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toonlens.errors import UserError

Sealed = dict[str, str]  # letter -> sealed comment
RIGHT, WRONG = "+", "-"
WIDTH = 110  # characters in a line of text


@dataclass(frozen=True)
class Verdict:
    """What a letter is answered with."""

    letter: str
    right: bool
    comment: str

    def __str__(self) -> str:
        return f"{self.letter}: {'right' if self.right else 'not that one'}. {self.comment}"


def seal(key: str, right: str, comments: Mapping[str, str]) -> Sealed:
    """Seal the comments on the letters of question ``key``.

    Args:
        key: names the question within its lab.
        right: the right letter.
        comments: letter -> what to tell whoever chose it; for a wrong one, the misconception.

    Raises:
        UserError: the right letter has no comment.
    """
    if right not in comments:
        raise UserError(f"question {key}: the right answer {right!r} is not among {', '.join(comments)}")
    return {
        letter: base64.b64encode(_mix((RIGHT if letter == right else WRONG) + comment, key, letter)).decode("ascii")
        for letter, comment in comments.items()
    }


def unseal(key: str, sealed: Sealed, letter: str) -> Verdict:
    """The verdict on one letter.

    Raises:
        UserError: there is no such letter.
    """
    letter = str(letter).strip().upper()
    if letter not in sealed:
        raise UserError(f"question {key} has the options {', '.join(sealed)}, not {letter!r}")
    text = _unmix(base64.b64decode(sealed[letter]), key, letter)
    return Verdict(letter, text[0] == RIGHT, text[1:])


def load(path: Path | str = "quiz.json") -> "Quiz":
    """The sealed questions of a lab.

    Raises:
        UserError: the file is missing or is none of ours.
    """
    path = Path(path)
    try:
        sealed = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"no {path.name} beside the notebook: download the lab's folder again") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name} cannot be read ({error}): download the lab's folder again") from None
    return Quiz(sealed)


class Quiz:
    """The questions of one lab."""

    def __init__(self, sealed: dict[str, Sealed]):
        self._sealed = sealed

    def ask(self, key: str) -> None:
        """Show a button for each letter of question ``key``; without widgets, say how to answer."""
        options = self._options(key)
        print(f"Choose a button, or run quiz.answer({key!r}, {next(iter(options))!r}) with your letter in a new cell.")
        _show_buttons(list(options), lambda letter: str(unseal(key, options, letter)))

    def answer(self, key: str, letter: str) -> None:
        """Print the verdict on ``letter``, or what is wrong with it: the answer to a question without widgets."""
        try:
            said = str(unseal(key, self._options(key), letter))
        except UserError as error:  # a slip in a cell: one line, no call stack
            said = str(error)
        print(textwrap.fill(said, WIDTH))

    def compare(self, key: str, prediction: Callable[[], Any]) -> None:
        """Compare a prediction, a function that returns a letter, with what the picture has shown."""
        try:
            letter = prediction()
        except NotImplementedError:
            print("You made no prediction. Make one before you run on: it is graded for being there, right or wrong.")
            return
        except Exception as error:
            missing = error.name if isinstance(error, NameError) else None
            if missing and missing.startswith("predict_"):
                print(f"There is no {missing} yet: run the cell above that defines it, then this one again.")
            else:
                print(f"Your prediction raised {type(error).__name__}: it only has to return a letter.")
            return
        options = self._options(key)
        if str(letter).strip().upper() not in options:
            print(f"Your prediction returns {letter!r}: return one of the letters {', '.join(options)}, in quotes.")
            return
        verdict = unseal(key, options, letter)
        found = "So it is." if verdict.right else "Not so."
        print(textwrap.fill(f"You predicted {verdict.letter}. {found} {verdict.comment}", WIDTH))

    def count(self, namespace: Mapping[str, Any], keys: Sequence[str]) -> None:
        """Print how many of the functions ``predict_KEY`` in a namespace return an offered letter: predictions made."""
        missing = [key for key in keys if not _is_letter(namespace.get(f"predict_{key}"), self._options(key))]
        print(f"{len(keys) - len(missing)} of {len(keys)} predictions made.")
        if missing:
            print(f"Still missing: {', '.join(missing)}. Each has to return one of its letters in quotes.")

    def _options(self, key: str) -> Sealed:
        if key not in self._sealed:
            raise UserError(f"no question {key!r} in this lab: there are {', '.join(self._sealed)}")
        return self._sealed[key]


def _is_letter(prediction: Any, options: Collection[str]) -> bool:
    """Whether calling ``prediction`` gives one of the letters of its question."""
    try:
        return str(prediction()).strip().upper() in options
    except Exception:  # not defined, not written yet, or not a function: not made
        return False


def _show_buttons(letters: list[str], verdict: Callable[[str], str]) -> None:
    from IPython.core.getipython import get_ipython

    if get_ipython() is None:
        return
    import ipywidgets
    from IPython.display import display

    said = ipywidgets.HTML(value="", layout=ipywidgets.Layout(max_width="60em"))
    buttons = [ipywidgets.Button(description=letter, tooltip=f"Answer {letter}") for letter in letters]
    for button in buttons:
        button.layout.width = "4em"
        button.on_click(lambda pressed: setattr(said, "value", html.escape(verdict(pressed.description))))
    display(ipywidgets.VBox([ipywidgets.HBox(buttons), said]))


def _stream(key: str, letter: str, length: int) -> bytes:
    blocks = -(-length // 32)
    return b"".join(hashlib.sha256(f"toonlens:{key}:{letter}:{k}".encode()).digest() for k in range(blocks))[:length]


def _mix(text: str, key: str, letter: str) -> bytes:
    plain = text.encode("utf-8")
    return bytes(a ^ b for a, b in zip(plain, _stream(key, letter, len(plain)), strict=True))


def _unmix(sealed: bytes, key: str, letter: str) -> str:
    return bytes(a ^ b for a, b in zip(sealed, _stream(key, letter, len(sealed)), strict=True)).decode("utf-8")
