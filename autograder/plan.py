"""What of a submission is executed, and in which order: the released notebook decides, whatever became of its cells.

The plan holds the released notebook's cells in the released order. A locked cell has the released source; a cell that
students fill in has theirs, found by its ``grade_id``; their extra cells stay after the released cell that precedes
them in the submission. So duplicated, deleted, moved, retyped or edited cells cannot change what is graded.
"""

import base64
from dataclasses import dataclass
from typing import Literal

from nbformat import NotebookNode, from_dict
from nbformat.v4.nbbase import random_cell_id

from autograder.outputs import PICTURES, picture_bytes

Kind = Literal["given", "solution", "extra", "graded", "text"]
MAX_EXTRA = 200  # cells
MAX_SOURCE = 1 << 20  # characters of one cell
MAX_PICTURES = 20  # pasted into one text cell


@dataclass(frozen=True)
class Step:
    """One cell of the notebook that is graded.

    ``kind``: "given" and "solution" (of the released notebook) and "extra" cells are executed; for a "graded" one the
    checks run; "text" is not executed.
    """

    kind: Kind
    grade_id: str
    cell: NotebookNode


def make_plan(submission: NotebookNode, release: NotebookNode) -> list[Step]:
    """The steps for ``submission``, with fresh cells (no outputs, the release's metadata)."""
    released = {grade_id_of(cell): cell for cell in release.cells if grade_id_of(cell)}
    theirs: dict[str, NotebookNode] = {}
    for cell in submission.cells:
        if (grade_id := grade_id_of(cell)) in released:
            theirs[grade_id] = cell  # the last of duplicates, as nbgrader does
    extras: dict[str, list[Step]] = {}
    anchor, count = "", 0
    for cell in submission.cells:
        grade_id = grade_id_of(cell)
        if theirs.get(grade_id) is cell:
            anchor = grade_id
        elif count < MAX_EXTRA and (step := _extra(cell)) is not None:
            extras.setdefault(anchor, []).append(step)
            count += 1
    steps = extras.get("", [])
    for cell in release.cells:
        if grade_id := grade_id_of(cell):
            steps += [_released(cell, theirs.get(grade_id)), *extras.get(grade_id, [])]
    return steps


def grade_id_of(cell: NotebookNode) -> str:
    """The ``grade_id`` of a cell of any notebook; empty if it has none that makes sense."""
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return grade_id if isinstance(grade_id, str) else ""


def graded_cells(release: NotebookNode) -> dict[str, float]:
    """Points of the automatically graded cells, by ``grade_id``."""
    return {grade_id_of(cell): float(cell.metadata.nbgrader.points) for cell in release.cells if is_autograded(cell)}


def is_autograded(cell: NotebookNode) -> bool:
    """Whether a released cell's score comes from checks."""
    nbgrader = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(nbgrader.get("grade")) and not nbgrader.get("solution")


def _released(cell: NotebookNode, theirs: NotebookNode | None) -> Step:
    nbgrader = cell.metadata.nbgrader
    fillable = nbgrader.get("solution") or nbgrader.get("task")
    source = source_of(theirs) if fillable and theirs is not None and not nbgrader.get("task") else cell.source
    pictures = theirs if fillable and theirs is not None else cell
    fresh = _fresh(cell.cell_type, source, cell.metadata, pictures)
    if is_autograded(cell):
        return Step("graded", grade_id_of(cell), fresh)
    if cell.cell_type != "code":
        return Step("text", grade_id_of(cell), fresh)
    return Step("solution" if nbgrader.get("solution") else "given", grade_id_of(cell), fresh)


def _extra(cell: NotebookNode) -> Step | None:
    """A student's own cell, without any metadata that nbgrader or its viewers would act on."""
    if cell.get("cell_type") == "code":
        return Step("extra", "", _fresh("code", source_of(cell), {}))
    if cell.get("cell_type") == "markdown":
        return Step("text", "", _fresh("markdown", source_of(cell), {}, cell))
    return None


def source_of(cell: NotebookNode) -> str:
    """The source of a cell of any notebook, cut to a size; empty if it has none that makes sense."""
    source = cell.get("source")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    # A lone surrogate cannot be written to a file.
    return source[:MAX_SOURCE].encode(errors="replace").decode() if isinstance(source, str) else ""


def _fresh(kind: str, source: str, metadata: dict, pictures: NotebookNode | None = None) -> NotebookNode:
    cell = make_cell(kind, source, metadata)
    if kind != "code" and pictures is not None and (attached := attachments_of(pictures)):
        cell["attachments"] = attached
    return cell


def make_cell(kind: str, source: str, metadata: dict) -> NotebookNode:
    """As nbformat's ``new_code_cell``, without its validation: notebooks are validated once, as a whole."""
    cell = {"id": random_cell_id(), "cell_type": kind, "source": source, "metadata": metadata}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return from_dict(cell)


def attachments_of(cell: NotebookNode) -> dict[str, dict[str, str]]:
    """The pictures that were pasted into a text cell of any notebook: those that are bitmaps, encoded anew."""
    attachments = cell.get("attachments")
    kept: dict[str, dict[str, str]] = {}
    for name, bundle in list(attachments.items())[:MAX_PICTURES] if isinstance(attachments, dict) else []:
        for mime in PICTURES:
            encoded = bundle.get(mime) if isinstance(bundle, dict) else None
            if isinstance(encoded, str) and (raw := picture_bytes(encoded, mime)) is not None:
                kept[name.encode(errors="replace").decode()] = {mime: base64.b64encode(raw).decode("ascii")}
    return kept
