"""Sample submissions: what three students might hand in, made from the solution, for the tour and for trying a set-up.

``right`` is the solution, ``blank`` the released notebook untouched. ``half`` has some cells solved, some solved with a
mistake that students make (see `HALF`), and the rest left as released.
"""

import re
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode

from autograder.course import COURSE
from autograder.labs import read_source
from autograder.plan import grade_id_of
from toonlens.errors import UserError

KINDS = ("right", "half", "blank")
_MARKERS = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)


@dataclass(frozen=True)
class Half:
    """Which solution cells are right, by grade_id, and which hold a mistake: grade_id -> (right text, wrong text)."""

    solved: tuple[str, ...]
    mistakes: dict[str, tuple[str, str]] = field(default_factory=dict)


HALF = {
    "lab06": Half(
        solved=("predict_stabilise_code", "stabilise_code", "predict_eps_code", "lrp_eps_code", "lrp_w2_flat_code"),
        mistakes={
            # gamma scales all weights: the factor cancels, and the map looks right
            "lrp_gamma_code": ("gamma * np.maximum(W, 0)", "gamma * W"),
            # the bounds are swapped
            "lrp_zB_code": ("lo @ W_pos - hi @ W_neg", "hi @ W_pos - lo @ W_neg"),
        },
    )
}


def sample_submission(lab: str, kind: str) -> NotebookNode:
    """The notebook that a student of this ``kind`` hands in, without outputs.

    Raises:
        UserError: no such kind, or no half-right sample for this lab.
    """
    if kind not in KINDS:
        raise UserError(f"no sample called {kind!r}: there are {', '.join(KINDS)}")
    path = COURSE / lab / f"{lab}.ipynb"
    if not path.is_file():
        raise UserError(f"{lab} is not released: there is no {path}; run `toonlens labs build {lab}`")
    submission = nbformat.read(path, as_version=4)
    if kind == "blank":
        return submission
    if kind == "half" and lab not in HALF:
        raise UserError(f"no half-right sample for {lab}: there are samples for {', '.join(HALF)}")
    solution = {grade_id_of(cell): _MARKERS.sub("", cell.source) for cell in read_source(lab).cells}
    for cell in submission.cells:
        if not cell.metadata.nbgrader.solution:
            continue
        grade_id = grade_id_of(cell)
        if kind == "right" or grade_id in HALF[lab].solved:
            cell.source = solution[grade_id]
        elif grade_id in HALF[lab].mistakes:
            right, wrong = HALF[lab].mistakes[grade_id]
            if right not in solution[grade_id]:
                raise UserError(f"{lab}: {grade_id} does not contain {right!r} any more: update autograder/samples.py")
            cell.source = solution[grade_id].replace(right, wrong)
    return submission
