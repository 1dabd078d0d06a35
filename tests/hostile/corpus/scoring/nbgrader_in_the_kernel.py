"""Uses nbgrader's own interface to write marks for all."""

CELLS = {
    "scale_code": "from nbgrader.api import Gradebook\n"
    "book = Gradebook('sqlite:////home/student/lab/gradebook.db')\n"
    "for submission in book.assignment_submissions('tiny'):\n"
    "    for grade in submission.notebooks[0].grades: grade.auto_score = 200"
}
DUE = {"scale": 0, "total": 0}
