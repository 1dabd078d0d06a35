"""What a student reads under a graded cell: a score that nbgrader understands, then the grader's reasons.

Everything that comes from a student's process is escaped; expected values appear nowhere.
"""

import base64
from collections.abc import Sequence
from html import escape

from nbformat import NotebookNode

from autograder.checking import CheckResult
from autograder.outputs import make_output

WORDS = {"passed": "passed", "failed": "not passed", "skipped": "skipped", "not run": "could not be run"}
MARKS = {"passed": "✓", "failed": "✗", "skipped": "–", "not run": "!"}
COLOURS = {"passed": "#0b5394", "failed": "#a64d00", "skipped": "#555555", "not run": "#555555"}
BOX = "border:1px solid #bbb;border-left:4px solid #0b5394;padding:0.6em 1em;margin:0.4em 0;color:#222;background:#fff"


def score_of(results: Sequence[CheckResult], points: float) -> float:
    """Sum of the points of the checks that passed: a plain float between 0 and ``points``."""
    earned = sum(result.points for result in results if result.outcome == "passed")
    return min(max(float(earned), 0.0), float(points))


def graded_outputs(grade_id: str, results: Sequence[CheckResult], points: float, sandboxed: bool) -> list[NotebookNode]:
    """A graded cell's outputs: the score as ``execute_result`` (nbgrader reads the first one), then the reasons."""
    score = score_of(results, points)
    return [
        make_output("execute_result", data={"text/plain": repr(score)}, metadata={}, execution_count=None),
        make_output(
            "display_data",
            metadata={},
            data={
                "text/html": feedback_html(grade_id, results, points, sandboxed),
                "text/plain": feedback_text(grade_id, results, points, sandboxed),
            },
        ),
    ]


def feedback_html(grade_id: str, results: Sequence[CheckResult], points: float, sandboxed: bool) -> str:
    """The reasons as HTML, one item per check."""
    head = f"Grader's feedback on {escape(grade_id)}: {_number(score_of(results, points))} of {_number(points)} points"
    items = "".join(_item(result) for result in results)
    note = "" if sandboxed else '<p style="margin:0.4em 0">Graded without a sandbox.</p>'
    return (
        f'<section aria-label="Grader\'s feedback" style="{BOX}"><p style="margin:0.2em 0"><strong>{head}</strong></p>'
        f'{note}<ul style="list-style:none;margin:0;padding:0">{items}</ul></section>'
    )


def _item(result: CheckResult) -> str:
    earned = result.points if result.outcome == "passed" else 0.0
    lines = [
        f'<span style="color:{COLOURS[result.outcome]};font-weight:bold">{MARKS[result.outcome]} '
        f"{WORDS[result.outcome]}</span> · {escape(result.message)} "
        f"<span>({_number(earned)} of {_number(result.points)})</span>"
    ]
    for label, text in _reasons(result):
        lines.append(f"<strong>{label}:</strong> {escape(text)}")
    body = "<br>".join(lines)
    if result.picture:
        encoded = base64.b64encode(result.picture).decode("ascii")
        alt = escape(result.picture_alt or "Heatmap of the difference", quote=True)
        body += f'<br><img src="data:image/png;base64,{encoded}" alt="{alt}" style="max-width:100%;border:0">'
    return f'<li style="margin:0.5em 0;break-inside:avoid">{body}</li>'


def feedback_text(grade_id: str, results: Sequence[CheckResult], points: float, sandboxed: bool) -> str:
    """The reasons as plain text, for readers without HTML."""
    lines = [f"Grader's feedback on {grade_id}: {_number(score_of(results, points))} of {_number(points)} points"]
    if not sandboxed:
        lines.append("Graded without a sandbox.")
    for result in results:
        lines.append(f"{MARKS[result.outcome]} {WORDS[result.outcome]} · {result.message}")
        lines += [f"    {label}: {text}" for label, text in _reasons(result)]
        if result.picture:
            lines.append(f"    [{result.picture_alt or 'heatmap of the difference'}]")
    return "\n".join(lines)


def _reasons(result: CheckResult) -> list[tuple[str, str]]:
    labels = [("Tried", result.tried), ("What came out" if result.outcome == "failed" else "Why", result.reason)]
    labels += [("The law", result.law), ("Try next", result.hint)]
    return [(label, text) for label, text in labels if text]


def _number(value: float) -> str:
    return f"{value:g}"
