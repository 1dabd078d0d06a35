"""nbgrader's configuration. It works from any folder: everything is relative to this file."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:  # where the course is not installed in editable form
    sys.path.insert(0, str(ROOT))

import nbgrader  # noqa: E402

from autograder.course import put_scripts_on_path  # noqa: E402
from autograder.release import STEPS  # noqa: E402

put_scripts_on_path()
c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.CourseDirectory.course_id = "toonlens"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "course"

c.GenerateAssignment.preprocessors = STEPS
# How a submission is executed and how a score comes about is ours (see autograder/execute.py); the rest is nbgrader's.
c.Autograde.exporter_class = "autograder.execute.SubmissionExporter"
c.Autograde.sanitize_preprocessors = ["autograder.execute.Prepare"]
c.Autograde.autograde_preprocessors = [
    "autograder.execute.SandboxedExecute",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# What students write is shown in formgrader and in feedback without anything live in it.
c.HTMLExporter.filters = {"markdown2html": "autograder.pages.markdown2html"}
# Feedback pages fetch nothing from other machines. (formgrader sets folders of its own.)
theirs = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"
c.HTMLExporter.extra_template_basedirs = [str(ROOT / "autograder" / "templates"), str(theirs)]
