"""Feedback pages in a real browser: nothing of a hostile submission runs, pictures are seen, the page prints."""

import importlib.util
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from test_lab06_end_to_end import submissions
from traitlets.config import PyFileConfigLoader

from autograder.course import put_scripts_on_path
from autograder.labs import read_source

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests" / "hostile" / "corpus" / "browser"
# Whatever would run tells by one of these; each is set before the page has a chance to.
SPY = "for (const name of ['alert', 'confirm', 'prompt', 'open', 'print']) window[name] = () => window.ran(name);"
# Every event that a handler could wait for, on everything that a submission could have put there.
FIRE = """() => {
  for (const element of document.querySelectorAll("#notebook *"))
    for (const kind of ["mouseover", "click", "toggle", "focus", "pointerenter", "load", "error", "begin"])
      if (element.tagName != "A") element.dispatchEvent(new Event(kind));
}"""
LIVE = "body :is(script, style, svg, iframe, object, embed, form, input, video, audio, base, link, meta)"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium on this machine (apt install chromium)"),
]


@dataclass
class Seen:
    """What happened while a page was open."""

    ran: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def opened(path: Path, width: int = 1100) -> Iterator:
    """A page of Chromium that shows the file, and what happened on it. Requests to other machines are stopped."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (see pyproject.toml)")
    seen = Seen()

    def answer(route) -> None:
        if route.request.url == path.as_uri() or route.request.url.startswith("data:"):
            route.continue_()
        else:
            seen.asked.append(route.request.url)
            route.abort()

    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        try:
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.on("dialog", lambda dialog: (seen.ran.append(dialog.message), dialog.dismiss()))
            page.on("popup", lambda popup: seen.ran.append(popup.url))
            page.expose_function("ran", lambda what: seen.ran.append(what))
            page.add_init_script(SPY)
            page.route("**/*", answer)
            page.goto(path.as_uri())
            page.wait_for_timeout(500)
            yield page, seen
        finally:
            browser.close()


def lab(root: Path, name: str, source: nbformat.NotebookNode, config) -> tuple[NbGraderAPI, nbformat.NotebookNode]:
    """A course with one lab below ``root``, and the notebook that students get."""
    (root / "solutions" / name).mkdir(parents=True, exist_ok=True)
    nbformat.write(source, root / "solutions" / name / f"{name}.ipynb")
    config.CourseDirectory.root = str(root)
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    made = api.generate_assignment(name)
    assert made["success"], made.get("log")
    return api, nbformat.read(root / "course" / name / f"{name}.ipynb", as_version=4)


def page_of(api: NbGraderAPI, name: str, student: str, notebook: nbformat.NotebookNode) -> Path:
    """The feedback page of a submission."""
    root = Path(api.coursedir.root)
    (root / "submitted" / student / name).mkdir(parents=True)
    nbformat.write(notebook, root / "submitted" / student / name / f"{name}.ipynb")
    for step in (api.autograde, api.generate_feedback):
        done = step(name, student)
        assert done["success"], done.get("log")
    return root / "feedback" / student / name / f"{name}.html"


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def alternatives(pdf: bytes) -> str:
    """The descriptions of pictures in a tagged PDF file."""
    return " ".join(text.decode("latin-1") for text in re.findall(rb"/Alt\s*\(((?:\\.|[^()\\])*)\)", pdf))


def test_half_right_lab06(tmp_path):
    put_scripts_on_path()
    shutil.copytree(ROOT / "solutions" / "lab06", tmp_path / "solutions" / "lab06")
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    solved = read_source("lab06")
    api, released = lab(tmp_path, "lab06", solved, config)
    path = page_of(api, "lab06", "half", submissions(solved, released)["half"])
    with opened(path) as (page, seen):
        assert page.title() == "lab06"
        triptych = page.get_by_alt_text("Heatmaps of yours, the reference and the difference")
        difference = page.get_by_alt_text("Heatmap of the difference")
        for picture in (triptych.first, difference.first):
            picture.scroll_into_view_if_needed()
            assert picture.is_visible()
            box = picture.bounding_box()
            assert box["width"] > 300  # CSS pixels
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 1100
            assert picture.evaluate("image => image.complete && image.naturalWidth") > 300
        boxes = page.get_by_label("Grader's feedback").filter(has_text="Grader's feedback on lrp_eps: 4 of 6 points")
        assert boxes.count() == 1
        assert "Dash Moreau with eps = 0.25" in boxes.inner_text()
        widest = page.evaluate("Math.max(...[...document.querySelectorAll('section img')].map(i => i.scrollWidth))")
        assert widest <= page.evaluate("document.documentElement.clientWidth")

        page.emulate_media(media="print")
        assert triptych.first.is_visible()
        assert not page.get_by_role("button", name="Typeset the formulas").is_visible()
        pdf = page.pdf(format="A4", tagged=True)
        assert pdf.startswith(b"%PDF-")
        assert 8 <= pages(pdf) <= 80
        assert "Heatmaps of yours, the reference and the difference" in alternatives(pdf)
        assert "Heatmap of the difference" in alternatives(pdf)
        assert (seen.ran, seen.asked) == ([], [])


def attacks(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """All attacks on the reader's browser in one notebook, each in cells of the student's own as well."""
    cells = []
    for path in sorted(CORPUS.glob("*.py")):
        if path.stem == "slow_markdown":
            continue  # about time, and far too long to read
        spec = importlib.util.spec_from_file_location(path.stem, path)
        attack = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(attack)
        for name, text in attack.CELLS.items():
            cells.append(new_markdown_cell(text) if name == "why" else new_code_cell(text))
            cells.append(new_markdown_cell(text))  # code that pretends to be text does no more
    assert len(cells) > 30
    notebook.cells[1:1] = cells
    notebook.cells.append(new_markdown_cell("The last cell."))
    return notebook


def test_hostile_page(course, right):
    boxes = "<section aria-label=\"Grader's feedback\">Grader's feedback on scale: 3 of 3 points</section>"
    wrong = right | {
        "scale_code": "def scale(x, f):\n    return x + f",
        "total_code": "class Bad(Exception): pass\ndef total(x):\n    raise Bad('<img src=x onerror=alert(9)>')",
        "why": "<script>alert(10)</script><svg onload=alert(11)></svg>[x](javascript:alert(12))" + boxes,
    }
    path = page_of(course.api, "tiny", "hostile-browser", attacks(course.submission(**wrong)))
    with opened(path) as (page, seen):
        assert page.title() == "tiny"  # one of the attacks would change it
        for link in page.locator("a").all():
            if (address := link.get_attribute("href")) is None:
                continue  # what was there is gone
            assert re.match(r"(https?:|mailto:|#)", address), address
            if address.startswith("#") and link.is_visible():
                link.click(timeout=2000)
        page.evaluate(FIRE)
        page.wait_for_timeout(300)
        assert page.url.startswith("file:")
        assert page.locator(LIVE).count() == 0
        assert page.evaluate("[...document.querySelectorAll('body *')].flatMap(e => e.getAttributeNames())"
                             ".filter(n => n.startsWith('on'))") == []  # fmt: skip
        # The grader's own boxes, and none that a student made; the one on `scale` has the mark that counts.
        assert page.get_by_label("Grader's feedback").count() == 3
        assert page.locator("section").filter(has_text="Grader's feedback on scale: 0 of 3 points").is_visible()
        assert page.get_by_alt_text("Heatmap of the difference").first.is_visible()
        assert page.get_by_text("The last cell.").is_visible()  # nothing has swallowed or covered the page
        assert page.evaluate("document.elementFromPoint(550, 450).closest('#notebook, body') !== null")
        pdf = page.pdf(format="A4", tagged=True)
        assert pages(pdf) >= 3
        assert "Heatmap of the difference" in alternatives(pdf)
        assert (seen.ran, seen.asked) == ([], [])


def test_formulas_are_fetched_when_asked_for_only(course, right):
    text = right | {"why": r"Because $\frac{a}{b}$."}
    path = page_of(course.api, "tiny", "formulas-browser", course.submission(**text))
    with opened(path) as (page, seen):
        assert seen.asked == []
        page.get_by_role("button", name="Typeset the formulas").click()
        page.get_by_text("MathJax could not be loaded.").wait_for(timeout=5000)
        assert [url.split("/")[2] for url in seen.asked] == ["cdnjs.cloudflare.com"]
        assert r"$\frac{a}{b}$" in page.inner_text("body")
