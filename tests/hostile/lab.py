"""A tiny lab, a class of attackers and honest students, and what is to come out of grading it."""

import hashlib
import html.parser
import importlib.util
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import nbformat
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.server_extensions.formgrader.handlers import template_path
from traitlets.config import Config, PyFileConfigLoader

import toonlens
from autograder import grade_command
from autograder.collect import collect
from autograder.limits import load_limits
from autograder.settings import working_directory
from toonlens.paths import datasets_dir

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(__file__).with_name("corpus")
LAB = "tiny"
HIDDEN = "hidden-canary"  # in the checks: may appear in nothing that a student sees
HOST = "host-canary"  # in files of the host that no submission may reach
FULL = {"scale": 3.0, "total": 2.0, "offset": 0.5, "why": None}  # the written answer waits for a person
NOTHING = {"scale": 0.0, "total": 0.0, "offset": 0.0, "why": 0.0}
# Where an attack leaves a file of this name if it can.
TRACE = "toonlens-attack*"
PLACES = [
    *map(
        Path,
        ("/", "/usr", "/etc", "/run", "/home", "/tmp", "/var/tmp", "/dev", "/dev/shm", "/root", "/proc/sys/kernel"),
    ),
    Path(sys.prefix),
    Path(toonlens.__file__).parent,
    datasets_dir(),
    Path.home(),
    Path.cwd(),
]
HONEST = ("aa-honest", "zz-honest")  # graded before and after the attackers

RIGHT = {
    "scale_code": "def scale(x, f):\n    return f * x",
    "total_code": "def total(x):\n    return scale(x, factor).sum()",
    "offset_code": "offset = 2",
    "why": "Because a product is linear in each of its factors.",
}

CHECKS = f'''
import numpy as np
from autograder.checking import check, compare, fail, untouched

SECRET = "{HIDDEN}"

@check("scale", points=2)
def test_scale(student, rng):
    """scale multiplies every value by the factor."""
    arrays = [rng.normal(size=(n, 4)) for n in (3, 5, 3)]
    for index in rng.permutation([0, 1, 2, 0, 1]):  # {HIDDEN}: repeated and shuffled
        x, f = arrays[index], float(rng.uniform(2, 3))
        compare(student.scale(x, f), f * x, what="the scaled array", law="y = f x",
                hint="is the factor applied once?", picture=True)

@check("scale", points=1, needs="test_scale")
def test_scale_leaves_its_argument(student, rng):
    """scale leaves its argument as it is."""
    untouched(student.call("scale", rng.normal(size=5), 3.0))

@check("total", points=2)
def test_total(student, rng):
    """total is the sum of all values, by way of scale."""
    for n in (7, 9, 7):
        x = rng.normal(size=n)
        compare(student.total(x), 3.0 * x.sum(), what="the total", law="t = 3 (x1 + ... + xn)", atol=1e-5)

@check("offset", points=0.5)
def test_offset(student):
    """offset is a number."""
    if not isinstance(student.get("offset"), (int, float)):
        fail("offset is not a number", hint="write a plain number")
'''

LIMITS = """
[default]
cell_seconds = 5
total_seconds = 35
memory_mb = 1024
processes = 64
open_files = 256
file_mb = 16
disk_mb = 64
output_kb = 64
reply_mb = 4
notebook_mb = 2
extra_files = 20
extra_mb = 4
"""


def released_cell(source: str, grade_id: str, points: float | None = None, solution: bool = False) -> NotebookNode:
    nbgrader = {"grade_id": grade_id, "grade": points is not None, "solution": solution, "locked": not solution,
                "task": False, "schema_version": 3}  # fmt: skip
    return new_code_cell(source, metadata={"nbgrader": nbgrader | ({} if points is None else {"points": points})})


def source_notebook() -> NotebookNode:
    """Instructor's version of the lab."""
    written = new_markdown_cell(
        "=== BEGIN MARK SCHEME ===\nwords\n=== END MARK SCHEME ===",
        metadata={"nbgrader": {"grade_id": "why", "grade": True, "solution": True, "locked": False, "task": False,
                               "points": 4, "schema_version": 3}},
    )  # fmt: skip
    cells = [released_cell("import numpy as np", "given-01")]
    for name, points, given in (("scale", 3, "factor = 3.0"), ("total", 2, "pass"), ("offset", 0.5, "pass")):
        solved = f"### BEGIN SOLUTION\n{RIGHT[f'{name}_code']}\n### END SOLUTION"
        cells += [
            released_cell(solved, f"{name}_code", solution=True),
            released_cell(f"# graded: {name}", name, points=points),
            released_cell(given, f"given-after-{name}"),
        ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return new_notebook(cells=[*cells, written], metadata=kernel)


@dataclass(frozen=True)
class Attack:
    """One file of the corpus.

    Its docstring says what it tries. ``CELLS``: sources of cells that differ from the right ones. ``build(folder,
    notebook)``: changes the notebook, or writes what is to be submitted itself and returns True. ``pack(archive, name,
    notebook)``: writes what is then collected from a zip file instead. ``DUE``: the marks that must come out, where
    they differ from full ones (several, where the attack decides how much of it works). ``look(graded)``: what else
    must hold. ``QUICK``: in the default run.
    """

    name: str
    what: str
    cells: dict[str, str]
    due: dict[str, float | tuple[float, ...] | None]
    build: Callable[[Path, NotebookNode], bool | None]
    pack: Callable[[zipfile.ZipFile, str, str], None] | None
    look: Callable[["Graded"], None]
    quick: bool


def load_corpus() -> dict[str, Attack]:
    """All attacks, by name: the family and the file's name."""
    found = {}
    for path in sorted(CORPUS.glob("*/*.py")):
        module = _import(path)
        name = f"{path.parent.name}-{path.stem}".replace("_", "-")
        found[name] = Attack(
            name,
            " ".join((module.__doc__ or "").split()),
            getattr(module, "CELLS", {}),
            {**FULL, **getattr(module, "DUE", {})},
            getattr(module, "build", lambda folder, notebook: None),
            getattr(module, "pack", None),
            getattr(module, "look", lambda graded: None),
            getattr(module, "QUICK", False),
        )
    return found


def _import(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"hostile_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Graded:
    """What became of one submission."""

    submitted: Path
    autograded: Path
    scores: dict[str, float | None]
    notebook: NotebookNode
    page: str

    def text(self, grade_id: str) -> str:
        """All text under a cell."""
        parts = []
        for cell in self.notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
                for output in cell.get("outputs", []):
                    parts += [output.get("text", ""), output.get("evalue", ""), *output.get("data", {}).values()]
        return "\n".join(parts)

    @property
    def cells_text(self) -> str:
        """All text under all cells."""
        texts = [self.text(cell.metadata.get("nbgrader", {}).get("grade_id", "")) for cell in self.notebook.cells]
        return "\n".join(dict.fromkeys(texts))


@dataclass
class Course:
    """A course in a folder, with nbgrader configured as in the repository."""

    root: Path
    config: Config = field(init=False)
    api: NbGraderAPI = field(init=False)

    def __post_init__(self) -> None:
        (self.root / "solutions" / LAB).mkdir(parents=True)
        nbformat.write(source_notebook(), self.root / "solutions" / LAB / f"{LAB}.ipynb")
        (self.root / "solutions" / LAB / "data.txt").write_text("given\n")
        (self.root / "checks" / LAB).mkdir(parents=True)
        (self.root / "checks" / LAB / "test_tiny.py").write_text(CHECKS)
        (self.root / "limits.toml").write_text(LIMITS)
        (self.root / "secret.txt").write_text(HOST)
        (self.root / "nbgrader_config.py").write_text(
            f"load_subconfig({str(ROOT / 'nbgrader_config.py')!r})\nc = get_config()\n"
            f"c.CourseDirectory.root = {str(self.root)!r}\n"
            f"c.SandboxedExecute.checks_root = {str(self.root / 'checks')!r}\n"
            f"c.SandboxedExecute.limits_file = {str(self.root / 'limits.toml')!r}\n"
        )
        self.config = PyFileConfigLoader("nbgrader_config.py", path=str(self.root)).load_config()
        self.api = NbGraderAPI(CourseDirectory(config=self.config), config=self.config)
        self._done(self.api.generate_assignment(LAB))

    def folder(self, student: str) -> Path:
        folder = self.root / "submitted" / student / LAB
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def released(self, cells: dict[str, str]) -> NotebookNode:
        """The released notebook with some cells filled in."""
        notebook = nbformat.read(self.root / "course" / LAB / f"{LAB}.ipynb", as_version=4)
        for cell in notebook.cells:
            cell.source = cells.get(cell.metadata.nbgrader.grade_id, cell.source)
        return notebook

    def submit(self, student: str, cells: dict[str, str]) -> Path:
        path = self.folder(student) / f"{LAB}.ipynb"
        nbformat.write(self.released(cells), path)
        return path

    def submit_attack(self, attack: Attack) -> None:
        notebook = self.released(RIGHT | attack.cells)
        if attack.pack is not None:
            source = self.root / f"{attack.name}.zip"
            with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
                attack.pack(archive, attack.name, nbformat.writes(notebook))
            collect(source, LAB, [LAB], self.root / "submitted", load_limits(LAB, self.root / "limits.toml"))
            return
        folder = self.folder(attack.name)
        if not attack.build(folder, notebook):
            nbformat.write(notebook, folder / f"{LAB}.ipynb")

    def autograde(self, force: bool = True) -> None:
        """Grade all, as nbgrader does."""
        self._done(self.api.autograde(LAB, "*", force=force))

    def grade(self) -> None:
        """Grade all, as ``toonlens grade`` does: two workers, kernels from a nursery."""
        with working_directory(self.root):
            grade_command.run(LAB, [], 2, None, True)

    def feedback(self) -> None:
        self._done(self.api.generate_feedback(LAB, force=True))

    @staticmethod
    def _done(result: dict) -> None:
        assert result["success"], result.get("log") or result.get("error")

    def graded(self, student: str) -> Graded:
        autograded = self.root / "autograded" / student / LAB
        page = self.root / "feedback" / student / LAB / f"{LAB}.html"
        return Graded(
            self.root / "submitted" / student / LAB,
            autograded,
            self.scores(student),
            nbformat.read(autograded / f"{LAB}.ipynb", as_version=4),
            page.read_text() if page.exists() else "",
        )

    def scores(self, student: str) -> dict[str, float | None]:
        with Gradebook(self.api.coursedir.db_url) as gradebook:
            submission = gradebook.find_submission(LAB, student)
            return {grade.name: grade.auto_score for notebook in submission.notebooks for grade in notebook.grades}

    def formgrader_page(self, student: str) -> str:
        """The page on which the instructor marks a submission, as formgrader's handler makes it."""
        config = Config(self.config)
        config.HTMLExporter.template_name = "formgrade"
        config.HTMLExporter.extra_template_basedirs = [template_path]
        names = ("assignment_id", "notebook_id", "submission_id", "base_url", "student", "notebook_path")
        resources = dict.fromkeys(names, "x") | {"index": 0, "total": 1, "last_name": None, "first_name": None}
        path = self.root / "autograded" / student / LAB / f"{LAB}.ipynb"
        return HTMLExporter(config=config).from_filename(str(path), resources=resources)[0]

    def own_files(self) -> dict[str, str]:
        """Digests of the files that grading has no business to change."""
        kept = [path for name in ("solutions", "course", "checks") for path in (self.root / name).rglob("*")]
        kept += [self.root / "limits.toml", self.root / "secret.txt"]
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept if path.is_file()}


class LiveParts(html.parser.HTMLParser):
    """What of a page could run, fetch, hide or replace something: its tags and attributes, for comparison."""

    TAGS = ("script", "style", "svg", "math", "iframe", "object", "embed", "form", "input", "link", "meta", "base",
            "video", "audio", "textarea", "template", "button", "animate")  # fmt: skip

    def __init__(self, page: str):
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.TAGS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            address = "".join((value or "").split()).lower()
            if name.startswith("on") or (name in ("href", "src", "action", "srcset") and not _harmless(tag, address)):
                self.found.append(f"<{tag} {name}={address[:60]}>")

    def handle_comment(self, data: str) -> None:
        self.found.append("<!--")


def _harmless(tag: str, address: str) -> bool:
    if tag == "a":
        return address.startswith(("#", "http://", "https://", "mailto:")) or not address
    return tag == "script" or (
        tag == "img" and address.startswith(("data:image/png;base64,", "data:image/jpeg;base64,"))
    )
