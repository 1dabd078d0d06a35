"""Whose folder is which: the names under ``submitted/``, the same in every collection.

A folder has its student's name, as nbgrader wants it; the gradebook then knows one person in all labs. Two people can
have one name, and Moodle's participant numbers, which tell them apart, are new in every assignment. So what is known of
the owners of a lab's folders is kept in ``submitted/.LAB.owners.json``: a folder never changes hands, whoever else is
in the next zip file. (Canvas's user numbers hold for all assignments and are part of the name, see ``collect.owner``.)
"""

import json
import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from toonlens.errors import UserError
from toonlens.paths import atomic_write

MAX_NAME = 200  # bytes of a student's name; a folder's name has at most 255
FORBIDDEN = '/\\:*?"<>|+[]{}'


def student_name(text: str) -> str:
    """A student's name as nbgrader's folders can hold it; empty if nothing is left."""
    composed = unicodedata.normalize("NFC", text)
    kept = "".join(c if c.isprintable() and c not in FORBIDDEN else "_" for c in composed)
    return cut(kept.strip().lstrip(".").strip(), MAX_NAME).strip()


def cut(text: str, most: int) -> str:
    """The beginning of a text, at most so many bytes of it in UTF-8."""
    return text.encode()[:most].decode(errors="ignore")


class Places:
    """The folders of a lab's students. What ``assign`` has to say about them is in ``notes`` and ``refused``."""

    def __init__(self, submitted: Path, lab: str):
        self._submitted, self._lab = submitted, lab
        self._record = submitted / f".{lab}.owners.json"
        self._folder_of = _read(self._record)
        self._owned = set(self._folder_of.values())
        self.notes: list[tuple[str, str]] = []
        self.refused: list[tuple[str, str]] = []

    def assign(self, people: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """A folder for each person, given by name and id ("" where the name says all).

        Whoever has a folder keeps it. Others get the one with their name if nobody else has a claim to it, else, where
        they have a number, the name with the number behind it; without a number they are refused.
        """
        namesakes = Counter(name for name, _ in people)
        found: dict[tuple[str, str], str] = {}
        for name, id_ in people:
            if id_:
                if (folder := self._folder_of.get(_key(name, id_))) is not None:
                    found[name, id_] = folder
            elif name in self._owned:
                self.refused.append(
                    (name, "this folder is somebody else's, by the number that came with an earlier one")
                )
            else:
                found[name, id_] = name
        taken = set(found.values()) | self._owned
        new = {}
        for name, id_ in people:
            if not id_ or (name, id_) in found:
                continue
            free = (f for f in _candidates(name, id_, namesakes[name] > 1) if f not in taken and not self._is_used(f))
            if (folder := next(free, None)) is None:
                self.refused.append((name, "another's submission is there, whose name looks the same"))
                continue
            taken.add(folder)
            found[name, id_] = new[_key(name, id_)] = folder
            if folder != name:
                self.notes.append((name, f"there is another of this name: collected as {folder}"))
        if new:  # before any submission is put there, so that a killed collection leaves no folder without an owner
            with atomic_write(self._record) as path:
                path.write_text(json.dumps(self._folder_of | new, indent=0, sort_keys=True) + "\n", encoding="utf-8")
        return found

    def _is_used(self, folder: str) -> bool:
        """Whether a submission lies there that came without a number, from a folder for example."""
        return os.path.lexists(self._submitted / folder / self._lab)


def _key(name: str, id_: str) -> str:
    return f"{name}|{id_}"  # no name has a bar


def _candidates(name: str, id_: str, namesakes: bool) -> Iterator[str]:
    if not namesakes or not id_.isdecimal():
        yield name
    if id_.isdecimal():
        for behind in (f"_{id_}", *(f"_{id_}-{k}" for k in range(2, 100))):
            behind = behind[-MAX_NAME // 2 :]
            yield cut(name, MAX_NAME - len(behind.encode())) + behind


def _read(record: Path) -> dict[str, str]:
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UserError(f"{record} says whose folder is which and cannot be read ({error})") from None
    if not isinstance(known, dict) or not all(isinstance(folder, str) for folder in known.values()):
        raise UserError(f"{record} says whose folder is which and holds something else: restore it from a backup")
    return known
