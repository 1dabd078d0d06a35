"""Uses nbgrader's own interface, and SQLite, on the path of the gradebook that it is graded with."""


def build(folder, notebook):
    path = folder.parents[2] / "gradebook.db"
    for cell in notebook.cells:
        if cell.metadata.nbgrader.grade_id == "scale_code":
            cell.source = (
                "import os, sqlite3\n"
                "from nbgrader.api import Gradebook\n"
                "def through_nbgrader(path):\n"
                "    with Gradebook(f'sqlite:///{path}') as book:\n"
                "        for submission in book.assignment_submissions('tiny'):\n"
                "            for grade in submission.notebooks[0].grades: grade.auto_score = 200\n"
                "        book.db.commit()\n"
                "def through_sqlite(path):\n"
                "    with sqlite3.connect(path) as book: book.execute('update grade set auto_score = 200')\n"
                f"for way in (through_nbgrader, through_sqlite, os.stat):\n"
                f"    try: way({str(path)!r}); print('reached')\n"
                "    except Exception as error: print('not reached', type(error).__name__)\n"
                "def scale(x, f):\n    return f * x"
            )


def look(graded):
    assert (graded.submitted.parents[2] / "gradebook.db").exists()
    lines = graded.text("scale_code").split("\n")
    assert [line for line in lines if "reached" in line] == [
        "not reached OperationalError",
        "not reached OperationalError",
        "not reached FileNotFoundError",
    ]
