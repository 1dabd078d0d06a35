"""Outputs that are HTML, JavaScript, Markdown, LaTeX, frames and widgets."""

CELLS = {
    "scale_code": "from IPython.display import HTML, IFrame, Javascript, Latex, Markdown, display\n"
    "display(HTML('<script>alert(1)</script><b>bold</b>'), Javascript('alert(2)'))\n"
    "display(Markdown('<script>alert(3)</script>'), Latex(r'$\\href{javascript:alert(4)}{x}$'))\n"
    "display(IFrame('https://evil.example', 10, 10))\n"
    "for kind in ('text/html', 'application/javascript', 'application/vnd.jupyter.widget-view+json', 'image/gif',\n"
    "             'text/vnd.mermaid', 'application/vnd.vega.v5+json', 'application/pdf', 'text/html; charset=utf-8'):\n"
    "    display({kind: '<script>alert(5)</script>'}, raw=True)\n"
    "def scale(x, f):\n    return f * x"
}
QUICK = True


def look(graded):
    outputs = [output for cell in graded.notebook.cells for output in cell.get("outputs", [])]
    assert {kind for output in outputs for kind in output.get("data", {})} <= {"text/plain", "text/html", "image/png"}
    cells = [
        cell for cell in graded.notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "scale_code"
    ]
    assert all(set(output.data) == {"text/plain"} for output in cells[0].outputs)
