"""The notebook asks for another kernel, another language and a template of its own."""


def build(folder, notebook):
    notebook.metadata.kernelspec = {"name": "bash", "display_name": "Bash", "language": "bash"}
    notebook.metadata.language_info = {"name": "<script>alert(1)</script>", "pygments_lexer": "html"}
    notebook.metadata.toonlens_unreadable = "spoofed reason"
    notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    notebook.metadata.title = "<script>alert(1)</script>"


def look(graded):
    assert graded.notebook.metadata.kernelspec.name == "python3"
    assert "spoofed" not in graded.page
    assert "widgets" not in graded.notebook.metadata
