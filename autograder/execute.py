"""Our place in ``nbgrader autograde``: its two passes over a submission, replaced by configuration.

``Prepare`` stands in for the stock sanitizing pass, ``SandboxedExecute`` for the one that runs the notebook. Both keep
to the released notebook, so the marks that nbgrader then reads are the grader's and nobody else's.
"""

import os
from pathlib import Path

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute as StockExecute
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Unicode, default

from autograder import checking, limits
from autograder.grade import grade, lab_files, read_notebook
from autograder.plan import make_plan
from toonlens.errors import UserError


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
        return new_notebook(cells=cells, metadata=release.metadata), resources


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
