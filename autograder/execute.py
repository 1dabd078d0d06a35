"""Our place in ``nbgrader autograde``: its two passes over a submission, replaced by configuration.

``SubmissionExporter`` reads the submissions, ``Prepare`` stands in for the stock sanitizing pass, ``SandboxedExecute``
for the one that runs the notebook. All keep to the released notebook, so the marks that nbgrader then reads are the
grader's and nobody else's.
"""

import glob
import os
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute as StockExecute
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Unicode, default
from traitlets.config import LoggingConfigurable

from autograder import checking, limits
from autograder.grade import grade, lab_files, read_notebook, refuse
from autograder.plan import make_plan
from autograder.submission import Unreadable, read_submission, tidy
from toonlens.errors import UserError

UNREADABLE = "toonlens_unreadable"  # in the metadata of a rebuilt notebook: why there was nothing to rebuild it from


class SubmissionExporter(NotebookExporter):
    """Reads notebooks for nbgrader: submitted ones with care, those that it has rebuilt as usual.

    nbgrader makes its exporter before it touches a submission; so this is also where the submissions are tidied, and
    where those without the released notebook are noted, so that they are graded (with zero) and keep no older score.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.refusal = ""  # why the notebook at hand could not be read
        if isinstance(self.parent, Autograde):
            self._receive(self.parent)

    def _receive(self, autograde: Autograde) -> None:
        course = autograde.coursedir
        lab, student = course.assignment_id, course.student_id
        released = Path(course.format_path(course.release_directory, ".", lab))
        names = [path.name for path in released.glob(f"{course.notebook_id}.ipynb")]
        for folder in glob.glob(course.format_path(course.submitted_directory, student, lab)):  # noqa: PTH207
            try:
                moved = tidy(Path(folder), _limits(autograde, lab), released)
            except OSError as error:  # what is in it must not be copied, then
                self.log.error("%s: not graded, because it could not be tidied: %s", folder, error)
                autograde.assignments.pop(folder, None)
                continue
            for line in moved:
                self.log.warning("%s: moved aside: %s", folder, line)
            notebooks = autograde.assignments.setdefault(folder, [])
            notebooks += [path for name in names if (path := f"{folder}{os.sep}{name}") not in notebooks]

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[NotebookNode, dict[str, Any]]:
        if not any(isinstance(preprocessor, Prepare) for preprocessor in self._preprocessors):
            return super().from_filename(filename, resources, **kw)
        path = Path(filename)
        self.refusal = ""
        try:
            notebook = read_submission(path, _limits(self, path.parent.name))
        except Unreadable as error:
            self.refusal = str(error)
            self.log.error("%s: %s", filename, error)
            notebook = new_notebook()
        resources = resources if resources is not None else ResourcesDict()
        resources["metadata"] = ResourcesDict(name=path.stem, path=str(path.parent))
        return self.from_notebook_node(notebook, resources, **kw)


def _limits(configurable: LoggingConfigurable, lab: str) -> limits.Limits:
    chosen = configurable.config.SandboxedExecute.get("limits_file", limits.LIMITS)
    return limits.load_limits(lab, Path(chosen))


def _release_path(preprocessor: NbGraderPreprocessor, resources: ResourcesDict) -> Path:
    course = CourseDirectory(parent=preprocessor)
    names = resources["nbgrader"]
    folder = course.format_path(course.release_directory, ".", names["assignment"])
    return Path(folder) / f"{names['notebook']}.ipynb"


class Prepare(NbGraderPreprocessor):
    """Rebuilds a submission from the released notebook and the cells that students fill in, without any outputs."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        release = read_notebook(_release_path(self, resources))
        cells = [step.cell for step in make_plan(nb, release)]
        metadata = dict(release.metadata) | {UNREADABLE: getattr(self.parent, "refusal", "")}
        return new_notebook(cells=cells, metadata=metadata), resources


class SandboxedExecute(StockExecute):
    """Runs a submission in the sandbox, its checks outside of it, and writes scores and reasons into the notebook."""

    sandbox = Bool(help="Run students' code in bubblewrap. False (or TOONLENS_NO_SANDBOX=1) warns each time.").tag(
        config=True
    )
    checks_root = Unicode(str(checking.CHECKS), help="Folder with a folder of checks per assignment.").tag(config=True)
    limits_file = Unicode(str(limits.LIMITS), help="TOML file with the limits per assignment.").tag(config=True)

    @default("sandbox")
    def _sandbox_default(self) -> bool:
        return os.environ.get("TOONLENS_NO_SANDBOX", "") in ("", "0")

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict | None = None, km: object = None
    ) -> tuple[NotebookNode, ResourcesDict]:
        assert resources is not None
        lab = resources["nbgrader"]["assignment"]
        release = _release_path(self, resources)
        if reason := nb.metadata.get(UNREADABLE):
            return refuse(read_notebook(release), lab, reason, checks_root=Path(self.checks_root)).notebook, resources
        try:
            report = grade(
                nb,
                read_notebook(release),
                lab,
                files=lab_files(release.parent),
                limits=limits.load_limits(lab, Path(self.limits_file)),
                checks_root=Path(self.checks_root),
                sandbox=self.sandbox,
            )
        except UserError as error:
            self.log.error("%s", error)  # nbgrader goes on to log the traceback, and to the next submission
            raise
        for question in report.questions:
            self.log.info("%s: %g of %g", question.grade_id, question.score, question.points)
        return report.notebook, resources
