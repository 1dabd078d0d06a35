"""The one writer: nbgrader's own converter puts a graded submission into ``autograded/`` and the gradebook.

The notebooks come graded from the workers, so the converter has nothing left to execute: it copies the files, saves
scores and comments, takes off late penalties and writes the notebook, as in ``nbgrader autograde``. Around it, the
gradebook changes in one transaction per submission, and the folder is made aside and then takes its place, so that
neither is ever half-written.
"""

import contextlib
import hashlib
import importlib
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy
from nbconvert.exporters import NotebookExporter
from nbconvert.writers import FilesWriter
from nbgrader import api
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import CheckCellMetadata, Execute
from sqlalchemy.exc import DatabaseError, OperationalError, SAWarning
from traitlets import import_item
from traitlets.config import Config

from autograder.alone import alone_in
from autograder.grade import read_notebook
from autograder.intake import Submission
from autograder.plan import graded_cells
from autograder.settings import working_directory
from autograder.worker import Graded, Lab
from toonlens.errors import UserError

LOCK_SECONDS = 60  # how long another program may hold the gradebook
STAGING = ".toonlens"  # below autograded/: a rename out of it stays on one file system
# Where nbgrader opens the gradebook while it autogrades.
OPENS = (
    "nbgrader.converters.autograde",
    "nbgrader.preprocessors.saveautogrades",
    "nbgrader.preprocessors.latesubmissions",
)
# What a graded notebook needs no more: it has been executed, and its cells' metadata are those of the release, which
# nbgrader checked when it was made.
DONE = (Execute, CheckCellMetadata)


@dataclass(frozen=True)
class Standing:
    """What the gradebook holds of one submission. ``scores``: notebook -> grade_id -> automatic score."""

    scores: dict[str, dict[str, float | None]]
    extension: str


class Ledger:
    """The gradebook and ``autograded/`` of one lab. Use as a context manager; one process at a time."""

    def __init__(self, lab: Lab, config: Config, coursedir: CourseDirectory):
        self.lab, self.coursedir, self._config = lab, coursedir, config
        self.root = Path(coursedir.root)
        self.autograded = Path(coursedir.format_path(coursedir.autograded_directory, ".", ".")).parent
        self._staging = self.autograded / STAGING

    def __enter__(self) -> "Ledger":
        """Open the gradebook.

        Raises:
            UserError: it is no gradebook, is locked, or does not know the lab as it is released.
        """
        with contextlib.ExitStack() as stack:
            stack.enter_context(alone_in(self.autograded, "`toonlens grade`"))
            shutil.rmtree(self._staging, ignore_errors=True)  # what a killed run left
            self._staging.mkdir()
            stack.callback(shutil.rmtree, self._staging, ignore_errors=True)
            self._open(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _open(self, stack: contextlib.ExitStack) -> None:
        with self._explained():
            self._book = _OneTransaction(_patient(self.coursedir.db_url), self.coursedir.course_id)
            stack.callback(self._book.drop)
            if self._book.engine.dialect.name == "sqlite":
                found = self._book.db.execute(sqlalchemy.text("PRAGMA quick_check(1)")).scalar()
                if found != "ok":
                    raise UserError(f"{self._where} is damaged ({found}): put back a copy of it")
            self._verify()
            self._book.keep()

    @property
    def _where(self) -> str:
        return f"the gradebook {sqlalchemy.make_url(self.coursedir.db_url).database}"

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            if "locked" in str(error.orig):
                raise UserError(
                    f"{self._where} has been locked by another program for {LOCK_SECONDS} s: close that program and "
                    "run the same command again; what was graded is kept"
                ) from None
            raise UserError(f"cannot use {self._where}: {error.orig}") from None
        except DatabaseError as error:
            raise UserError(f"{self._where} is damaged ({error.orig}): put back a copy of it") from None

    def _verify(self) -> None:
        """The gradebook's cells are those of the release, with the same points."""
        again = f"run `nbgrader generate_assignment {self.lab.name}` first"
        try:
            assignment = self._book.find_assignment(self.lab.name)
        except api.MissingEntry:
            raise UserError(f"{self._where} does not know {self.lab.name}: {again}") from None
        known = {
            notebook.name: {cell.name: cell.max_score for cell in notebook.grade_cells if cell.cell_type == "code"}
            for notebook in assignment.notebooks
        }
        for name in self.lab.notebooks:
            due = graded_cells(read_notebook(self.lab.release / f"{name}.ipynb"))
            if {cell: known.get(name, {}).get(cell) for cell in due} != due:
                raise UserError(f"{self._where} holds another version of {self.lab.name}: {again}")
        self.due = str(assignment.duedate)

    def standings(self) -> dict[str, Standing]:
        """What the gradebook holds of the lab's submissions, by student."""
        query = (
            sqlalchemy.select(
                api.SubmittedAssignment.student_id, api.SubmittedAssignment.extension,
                api.Notebook.name, api.BaseCell.name, api.Grade.auto_score,
            )
            .join(api.Assignment, api.SubmittedAssignment.assignment_id == api.Assignment.id)
            .join(api.SubmittedNotebook, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
            .join(api.Notebook, api.SubmittedNotebook.notebook_id == api.Notebook.id)
            .join(api.Grade, api.Grade.notebook_id == api.SubmittedNotebook.id)
            .join(api.BaseCell, api.Grade.cell_id == api.BaseCell.id)
            .where(api.Assignment.name == self.lab.name)
        )  # fmt: skip
        found: dict[str, Standing] = {}
        with self._explained():
            for student, extension, notebook, cell, score in self._book.db.execute(query):
                standing = found.setdefault(student, Standing({}, str(extension)))
                standing.scores.setdefault(notebook, {})[cell] = score
            self._book.keep()
        return found

    def folder(self, student: str) -> Path:
        """Where the graded submission of ``student`` lies."""
        return Path(self.coursedir.format_path(self.coursedir.autograded_directory, student, self.lab.name))

    def save(self, submission: Submission, graded: Graded) -> dict[str, dict[str, float | None]]:
        """Put a graded submission into the gradebook and ``autograded/``; the automatic scores as saved.

        Raises:
            UserError: the gradebook is locked or damaged. Nothing has changed then.
        """
        student, lab = submission.student, self.lab.name
        shutil.rmtree(self._staging / "work", ignore_errors=True)
        source = self._staging / "work" / "submitted" / student / lab
        source.mkdir(parents=True)
        for name, path in submission.files.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, source / name)
        for name, text in graded.notebooks.items():
            (source / f"{name}.ipynb").write_text(text, encoding="utf-8")
        with self._explained(), self._book.lent(), working_directory(self.root), warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # nbgrader builds objects in an order that autoflush remarks on
            try:
                _convert(self._config, self._work_directory(student))
                self._book.keep()
            except BaseException:
                self._book.forget()
                raise
        self._swap(self._staging / "work" / "autograded" / student / lab, self.folder(student))
        with self._explained():
            scores = self._scores(student)
            self._book.forget()
        return scores

    def _scores(self, student: str) -> dict[str, dict[str, float | None]]:
        entry = self._book.find_submission(self.lab.name, student)
        return {notebook.name: {g.name: g.auto_score for g in notebook.grades} for notebook in entry.notebooks}

    def _work_directory(self, student: str) -> CourseDirectory:
        """The course's folders, but one submission aside."""
        config = Config(self._config)
        work = self._staging / "work"
        config.CourseDirectory.submitted_directory = str(work / "submitted")
        config.CourseDirectory.autograded_directory = str(work / "autograded")
        config.CourseDirectory.root = str(self.root)
        config.CourseDirectory.assignment_id = self.lab.name
        config.CourseDirectory.student_id = student
        config.CourseDirectory.db_url = self.coursedir.db_url
        return CourseDirectory(config=config)

    def _swap(self, made: Path, place: Path) -> None:
        """Let ``made`` take the place of the folder ``place``."""
        old = self._staging / "old"
        shutil.rmtree(old, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_symlink():
            place.unlink()
        elif place.exists():
            place.rename(old)
        made.rename(place)
        shutil.rmtree(old, ignore_errors=True)


def digest_of(folder: Path, notebooks: tuple[str, ...]) -> str:
    """SHA-256 of the notebooks in ``folder``; empty where one is missing."""
    try:
        return hashlib.sha256(b"".join((folder / f"{name}.ipynb").read_bytes() for name in notebooks)).hexdigest()
    except OSError:
        return ""


class _Converter(Autograde):
    """nbgrader's autograding of a submission that is graded already."""

    def convert_single_notebook(self, notebook_filename: str) -> None:
        self.exporter._preprocessors = []
        for step in self.autograde_preprocessors:
            found = import_item(step) if isinstance(step, str) else step
            if not (isinstance(found, type) and issubclass(found, DONE)):
                self.exporter.register_preprocessor(found)
        BaseConverter.convert_single_notebook(self, notebook_filename)

    def convert_one(self) -> None:
        """Convert the only submission; unlike ``start``, let errors through."""
        lab, student = self.coursedir.assignment_id, self.coursedir.student_id
        self.writer = FilesWriter(parent=self, config=self.config)
        self.exporter = NotebookExporter(parent=self, config=self.config)
        self.notebooks = sorted(str(path) for path in Path(self._format_source(lab, student)).glob("*.ipynb"))
        self.run_pre_convert_hook()
        self.init_assignment(lab, student)
        for notebook in self.notebooks:
            self.convert_single_notebook(notebook)
        self.set_permissions(lab, student)
        self.run_post_convert_hook()


def _convert(config: Config, coursedir: CourseDirectory) -> None:
    converter = _Converter(coursedir=coursedir, config=config)
    converter.log.setLevel("ERROR")
    converter.convert_one()


class _OneTransaction(api.Gradebook):
    """A gradebook that stays open, and whose changes are kept or dropped together."""

    def __init__(self, db_url: str, course_id: str):
        self._own_course = course_id
        super().__init__(db_url, course_id)
        self._commit = self.db.commit
        self.db.commit = self.db.flush  # nbgrader's API commits after each small step

    def close(self) -> None:
        """Nothing: those who think they opened it are done, and it stays open."""

    def keep(self) -> None:
        """Make all changes since the last time permanent, at once."""
        self._commit()
        self.db.remove()

    def forget(self) -> None:
        """Drop them."""
        self.db.rollback()
        self.db.remove()

    def drop(self) -> None:
        """Close the connection."""
        self.forget()
        self.engine.dispose()

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """Whoever of nbgrader opens the gradebook gets this one."""

        def opened(db_url: str, course_id: str = "default_course", authenticator: Any = None) -> "_OneTransaction":
            self.check_course(course_id=course_id)  # nbgrader makes the course's row whenever it opens a gradebook
            self.course_id = course_id
            return self

        modules = [importlib.import_module(name) for name in OPENS]
        try:
            for module in modules:
                module.Gradebook = opened  # type: ignore[attr-defined]
            yield
        finally:
            for module in modules:
                module.Gradebook = api.Gradebook  # type: ignore[attr-defined]
            self.course_id = self._own_course


def _patient(db_url: str) -> str:
    """The address with a longer wait for a lock (SQLite's default is 5 s)."""
    url = sqlalchemy.make_url(db_url)
    if url.get_backend_name() == "sqlite" and "timeout" not in url.query:
        url = url.update_query_dict({"timeout": str(LOCK_SECONDS)})
    return url.render_as_string(hide_password=False)
