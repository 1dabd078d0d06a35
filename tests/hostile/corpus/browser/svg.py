"""SVG pictures, which may hold scripts: as markdown, as output, as a data address, and as an attachment."""

from nbformat.v4 import new_markdown_cell

CELLS = {
    "scale_code": "from IPython.display import SVG, display\n"
    "display(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>'))\n"
    "display({'image/svg+xml': '<svg onload=alert(1)>'}, raw=True)\n"
    "def scale(x, f):\n    return f * x",
    "why": "<svg onload=alert(1)><animate onbegin=alert(2)></svg> "
    "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+) ![y](attachment:x.svg)",
}


def build(folder, notebook):
    cell = new_markdown_cell("![y](attachment:x.svg)")
    cell.attachments = {"x.svg": {"image/svg+xml": "<svg onload=alert(1)>"}}
    notebook.cells.append(cell)


def look(graded):
    assert 'src="data:image/svg' not in graded.page
