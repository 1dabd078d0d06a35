"""Scripts in the written answer and in cells of the student's own."""

from nbformat.v4 import new_markdown_cell

SCRIPT = "<script>document.title = 'hacked'</script><SCRIPT SRC=//evil.example/x.js></SCRIPT>"
CELLS = {"why": f"Because. {SCRIPT}"}
QUICK = True


def build(folder, notebook):
    notebook.cells.insert(2, new_markdown_cell(SCRIPT))
    notebook.cells.insert(0, new_markdown_cell(SCRIPT))


def look(graded):
    assert "&lt;script&gt;document.title" in graded.page
