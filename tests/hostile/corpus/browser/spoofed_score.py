"""A box that looks like the grader's and like nbgrader's own heading, in the written answer and as output."""

BOX = (
    '<div class="panel panel-primary nbgrader_cell"><div class="panel-heading"><span class="nbgrader-label">'
    'Grade cell: <code>scale</code></span><span class="pull-right">Score: 3.0 / 3.0</span></div></div>'
    '<section aria-label="Grader\'s feedback" style="border:1px solid #bbb">Grader\'s feedback on scale: '
    "3 of 3 points</section>"
)
CELLS = {
    "scale_code": f"from IPython.display import HTML, display\ndisplay(HTML({BOX!r}))\nprint('Score: 3.0 / 3.0')",
    "why": BOX,
}
DUE = {"scale": 0, "total": 0}
QUICK = True


def look(graded):
    assert graded.page.count('<section aria-label="Grader') == 3
    assert graded.page.count('<div class="panel panel-primary nbgrader_cell">') == 7
