"""Hidden checks: pytest functions with points, run in the grader's process against a student's functions.

A check is a plain pytest function under ``autograder/checks/labNN/``::

    @check("lrp_eps", points=2)
    def test_matches_reference(student, rng):
        \"\"\"On fresh inputs, lrp_eps gives the right relevance.\"\"\"
        a, W = rng.random((4, 5)), rng.normal(size=(5, 3))
        compare(student.lrp_eps(a, W, ...), expected, what="relevance", law="...", hint="...")

Its docstring is the line that the student reads, its points add up with those of the other checks to the points of the
cell. ``student`` is a proxy: calls go to another process as raw bytes and what comes back is copied and never believed.
``rng`` is a NumPy generator with a fresh secret seed in every run.
"""

import contextlib
import inspect
import io
import os
import secrets
import zlib
from collections.abc import Callable, Collection, Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar

import numpy as np
import pytest

from toonlens import exchange
from toonlens.errors import UserError

CHECKS = Path(__file__).with_name("checks")
# Parts of pytest that a run of checks has no use for; the first two collect garbage again and again.
UNUSED = ["unraisableexception", "threadexception", "cacheprovider", "faulthandler", "doctest", "junitxml", "pastebin"]
Outcome = Literal["passed", "failed", "skipped", "not run"]
F = TypeVar("F", bound=Callable)


class CheckError(UserError):
    """The checks themselves are wrong (not the student's work)."""


class CheckFailed(Exception):
    """A check's finding against the student's code: what was seen, which law it violates, what to try next."""

    def __init__(
        self, symptom: str, law: str = "", hint: str = "", picture: bytes | None = None, picture_alt: str = ""
    ):
        super().__init__(symptom)
        self.symptom, self.law, self.hint = symptom, law, hint
        self.picture, self.picture_alt = picture, picture_alt


class StudentRaised(CheckFailed):
    """The student's function raised, is missing, or returned something that is no value."""


class NotRun(Exception):
    """The check could not be run, through no finding of its own: the kernel died, time was up."""


@dataclass(frozen=True)
class CheckResult:
    """What one check found. ``tried``: the last call that it made; ``picture``: a PNG of the difference."""

    grade_id: str
    name: str
    message: str
    points: float
    outcome: Outcome
    reason: str = ""
    law: str = ""
    hint: str = ""
    picture: bytes | None = None
    picture_alt: str = ""
    tried: str = ""


def check(grade_id: str, points: float, needs: str | Collection[str] = ()) -> Callable[[F], F]:
    """Make a function a check worth ``points`` of the graded cell ``grade_id``.

    Args:
        needs: names of earlier checks of the same lab; where one of them did not pass, this one is skipped.
    """
    needed = (needs,) if isinstance(needs, str) else tuple(needs)
    return pytest.mark.grade(grade_id=grade_id, points=float(points), needs=needed)


def prediction(name: str) -> Callable[..., None]:
    """The check that ``predict_NAME`` returns a letter. Predictions are graded for being made, right or wrong."""

    def made(student: "Student", rng: np.random.Generator) -> None:
        letter = student.call(f"predict_{name}").value
        if str(letter).strip().upper() not in {"A", "B", "C"}:
            law = "a prediction is one of the letters A, B, C; right or wrong is not graded"
            fail("no letter came back", law, 'write, for example, return "A"')

    made.__name__ = f"test_prediction_{name}"
    made.__doc__ = f"You made the prediction {name}."
    return check("predictions", points=1)(made)


def fail(symptom: str, law: str = "", hint: str = "") -> NoReturn:
    """Fail the running check with what was seen, the law it violates and the next thing to try."""
    raise CheckFailed(symptom, law, hint)


def compare(
    got: Any,
    expected: Any,
    *,
    what: str,
    law: str = "",
    hint: str = "",
    rtol: float = 1e-5,
    atol: float = 0.0,
    picture: bool = False,
    show_reference: bool = False,
) -> None:
    """Fail unless ``got`` has the shape of ``expected``, is real and finite, and is close to it everywhere.

    Close: ``max|got - expected| <= rtol * max|expected| + atol``. The failure never shows an expected value.
    Lists of numbers count as arrays, and any real dtype will do.

    Args:
        what: names the values in the symptom, for example "relevance at the input of the dense layer".
        picture: attach a heatmap of the difference (for two dimensions or more).
        show_reference: put the student's values and the right ones beside it. Only where those give nothing away: they
            say no more than the law does, and no later question asks for them.
    """
    due = np.asarray(expected, dtype=np.float64)
    given = _as_real(got, what, law, hint)
    if given.shape != due.shape:
        raise CheckFailed(f"{what}: shape {given.shape}, where {due.shape} is due", law, hint)
    if not np.isfinite(given).all():
        raise CheckFailed(f"{what}: {_places(~np.isfinite(given))} NaN or infinite", law, hint)
    with np.errstate(over="ignore", invalid="ignore"):
        difference = given - due
        error, scale = float(np.max(np.abs(difference), initial=0.0)), float(np.max(np.abs(due), initial=0.0))
        tolerance = rtol * scale + atol
    if not error <= tolerance:
        size = f"by at most {_percent(error / scale)} of the largest right value" if scale else "where all are zero"
        wrong = ~(np.abs(difference) <= tolerance)
        shown = picture and given.ndim >= 2
        image = comparison_picture(given, due, show_reference) if shown else None
        kind = "Heatmaps of yours, the reference and the difference" if show_reference else "Heatmap of the difference"
        alt = f"{kind} (yours minus right) of the {what}: {_places(wrong)} wrong." if shown else ""
        raise CheckFailed(f"{what}: {_places(wrong)} off, {size}", law, hint, image, alt)


def untouched(called: "Called", law: str = "a function leaves its arguments as they are", hint: str = "") -> None:
    """Fail if a call (see ``Student.call``) changed the arguments that it was given."""
    for sent, after in [(called.sent, called.args), (called.sent_kwargs, called.kwargs)]:
        if exchange.encode(sent) != exchange.encode(after):
            fail(f"{called.name} changed an argument in place", law, hint or "work on a copy, or make a new array")


def _as_real(value: Any, what: str, law: str, hint: str) -> np.ndarray:
    try:
        # A list of texts would become an array in which each takes as much room as the longest.
        array = np.asarray(value) if _has_numbers_only(value) else np.empty(0, dtype=object)
    except ValueError:  # rows of different lengths
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "biuf":
        kind = f"a {type(value).__name__}" if not isinstance(value, np.ndarray) else f"dtype {array.dtype}"
        raise CheckFailed(f"{what}: {kind}, where an array of real numbers is due", law, hint)
    return array.astype(np.float64)


def _has_numbers_only(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_has_numbers_only(item) for item in value)
    return isinstance(value, (bool, int, float, np.generic, np.ndarray))


def _places(wrong: np.ndarray) -> str:
    if wrong.ndim == 0:
        return "the value is"
    bad, of = int(wrong.sum()), wrong.size
    return f"all {of} values are" if bad == of else f"{bad} of {of} values {'is' if bad == 1 else 'are'}"


def _percent(share: float) -> str:
    if not share < 1e4:
        return "more than 1,000,000 %"
    return f"{100 * share:,.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


def comparison_picture(given: np.ndarray, due: np.ndarray, show_reference: bool = False) -> bytes:
    """PNG of the signed difference, zero in the middle; with ``show_reference`` yours and the reference to its left.

    Four dimensions: the image with the largest error; three: at each place the channel with the largest.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, ScalarFormatter

    given, due, difference = _largest_error(given, due)
    limit = float(np.abs(difference).max()) or 1.0
    panels = [("difference: yours minus right", difference, limit)]
    if show_reference:
        scale = float(np.abs(due).max()) or 1.0
        panels = [("yours", given, scale), ("reference", due, scale), ("yours minus reference", difference, limit)]
    figure = Figure(figsize=(3.1 * len(panels), 2.6) if show_reference else (4.6, 3.2), dpi=110)
    FigureCanvasAgg(figure)
    # Margins by hand: matplotlib's layout engines draw everything several times.
    room = {"left": 0.06, "right": 0.95, "wspace": 0.45} if show_reference else {"left": 0.13, "right": 0.83}
    grid = figure.subplots(1, len(panels), squeeze=False, gridspec_kw={"bottom": 0.17, "top": 0.88, **room})
    for axes, (title, values, most) in zip(grid[0], panels, strict=True):
        is_image = min(values.shape) >= 16 and max(values.shape) <= 2 * min(values.shape)
        image = axes.imshow(
            values,
            cmap="RdBu_r",
            vmin=-most,
            vmax=most,
            interpolation="nearest",
            aspect="equal" if is_image else "auto",
        )
        axes.set_title(title, fontsize=10, loc="left")  # the right is for the power of ten
        axes.set_xlabel("axis 1", fontsize=9)
        axes.set_ylabel("axis 0", fontsize=9)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        label = "" if show_reference else "difference (white: none)"
        numbers = ScalarFormatter()
        numbers.set_powerlimits((-2, 3))
        bar = figure.colorbar(image, ax=axes, label=label, fraction=0.05, pad=0.03, format=numbers)
        bar.ax.tick_params(labelsize=8)
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()


def _largest_error(given: np.ndarray, due: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Yours, the reference and the difference, cut down to two dimensions where the error is largest."""
    maps = np.stack([given, due, given - due])
    while maps.ndim > 4:
        largest = np.abs(maps[2]).reshape(maps.shape[1], -1).max(axis=1)
        maps = maps[:, int(np.argmax(largest))]
    if maps.ndim == 4:
        index = np.abs(maps[2]).argmax(axis=-1)[None, ..., None]
        maps = np.take_along_axis(maps, index, axis=-1)[..., 0]
    return maps[0], maps[1], maps[2]


# The student's side, as a check sees it


@dataclass(frozen=True)
class Called:
    """One call of a student's function: its value, the arguments as sent and as they were afterwards."""

    name: str
    value: Any
    sent: list
    sent_kwargs: dict
    args: Any
    kwargs: Any


class Student:
    """Proxy of a student's namespace. ``student.NAME(...)`` calls, ``student.get("NAME")`` reads.

    Subclasses carry a request to the process that answers it. ``tried`` is the last request in words.
    """

    tried = ""

    def _exchange(self, request: bytes) -> bytes:
        """Carry ``request`` over and bring the reply back. Raises NotRun where that is impossible."""
        raise NotImplementedError

    def get(self, name: str) -> Any:
        """The value of a variable. Raises StudentRaised if there is none or it is no tree of values."""
        return self._ask({"do": "get", "name": name})["value"]

    def call(self, name: str, *args: Any, **kwargs: Any) -> Called:
        """Call a function and keep its arguments too, for ``untouched``."""
        sent = [exchange.decode(exchange.encode(arg)) for arg in args]
        reply = self._ask({"do": "call", "name": name, "args": sent, "kwargs": kwargs})
        return Called(name, reply["value"], sent, dict(kwargs), reply.get("args"), reply.get("kwargs"))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self.call(name, *args, **kwargs).value

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["name"]
        self.tried = _in_words(request)
        try:
            reply = exchange.decode(self._exchange(exchange.encode(request)))
        except exchange.ExchangeError as error:
            raise StudentRaised(f"{name} gave no value that could be read: {_tidy(str(error))}") from None
        if not isinstance(reply, dict):
            raise StudentRaised(f"{name} gave no value that could be read")
        if "missing" in reply:
            raise StudentRaised(f"{name} is not defined", hint="did its cell run without an error?")
        if "unsendable" in reply:
            raise StudentRaised(f"{name} gave {_tidy(reply['unsendable'])}")
        if "raised" in reply:
            raise _raised(name, reply)
        if "value" not in reply:
            raise StudentRaised(f"{name} gave no value that could be read")
        return reply


def _in_words(request: dict[str, Any]) -> str:
    """A request as a student may read it: shapes of arrays, not their values."""
    if request["do"] == "get":
        return f"the value of {request['name']}"
    given = [_kind(value) for value in request["args"]]
    given += [f"{name}={_kind(value)}" for name, value in request["kwargs"].items()]
    return f"{request['name']}({', '.join(given)})"


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array {' × '.join(map(str, value.shape))}"
    if isinstance(value, (list, tuple)):
        within = ", ".join(_kind(item) for item in value[:3]) + (", …" if len(value) > 3 else "")
        return f"[{within}]" if isinstance(value, list) else f"({within})"
    if isinstance(value, (float, np.floating)):
        return f"{value:.3g}"
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= 40 else text[:39] + "…"


def _raised(name: str, reply: dict[str, Any]) -> StudentRaised:
    kind, message, where = (
        _tidy(reply["raised"], 60),
        _tidy(reply.get("message", "")),
        _tidy(reply.get("where", ""), 60),
    )
    if kind == "NotImplementedError":
        inner = where.isidentifier() and where != name
        stub = f"{name} calls {where}, which" if inner else name
        return StudentRaised(f"{stub} is not written yet (NotImplementedError)")
    return StudentRaised(f"{name} raised {kind}: {message}" if message else f"{name} raised {kind}")


def _tidy(text: Any, limit: int = 200) -> str:
    """The last line of a text that a student's process sent, printable and short."""
    lines = [line for line in str(text)[-4000:].splitlines() if line.strip()]
    line = "".join(c if c.isprintable() else " " for c in lines[-1]).strip() if lines else ""
    return line if len(line) <= limit else line[: limit - 1] + "…"


class LocalStudent(Student):
    """A namespace in this process, for trying checks on known solutions. Values go through the same encoding."""

    def __init__(self, namespace: Mapping[str, Any]):
        self._namespace = namespace

    def _exchange(self, request: bytes) -> bytes:
        return exchange.answer(self._namespace, request)


# Running checks


@dataclass(frozen=True)
class CheckInfo:
    """A check as it is declared."""

    grade_id: str
    name: str
    message: str
    points: float
    needs: tuple[str, ...]


def run_checks(
    lab: str,
    grade_ids: Collection[str] | None = None,
    *,
    student: Student,
    seed: int | None = None,
    checks_root: Path = CHECKS,
    before: Callable[[str], None] = lambda grade_id: None,
) -> list[CheckResult]:
    """Run the checks of a lab, or of some of its graded cells, against ``student``.

    Args:
        lab: name of the folder under ``checks_root``.
        grade_ids: the cells, in the order in which they are to be checked; None for all as they are declared.
        seed: of the ``rng`` fixture; None draws a fresh secret one.
        before: called with each ``grade_id`` before its first check runs; what it raises ends the run and is raised.

    Raises:
        CheckError: there are no such checks, or they cannot be loaded.
    """
    plugin = _Plugin(student, seed if seed is not None else secrets.randbits(128), grade_ids, before)
    _run_pytest(lab, checks_root, plugin)
    return plugin.results


def list_checks(lab: str, checks_root: Path = CHECKS) -> list[CheckInfo]:
    """The checks of a lab in the order in which they run. Raises CheckError as ``run_checks`` does."""
    plugin = _Plugin(Student(), 0, None, lambda grade_id: None)
    _run_pytest(lab, checks_root, plugin, "--collect-only")
    return plugin.infos


def _run_pytest(lab: str, checks_root: Path, plugin: "_Plugin", *options: str) -> None:
    folder = (checks_root / lab).resolve()
    if not folder.is_dir():
        raise CheckError(f"no checks for {lab}: there is no folder {folder}")
    # No configuration file, no plug-ins from outside, no rewritten asserts (they would print expected values). The root
    # is "/" so that two labs' files with the same name stay two modules.
    arguments = ["-c", os.devnull, "--rootdir=/", f"--confcutdir={folder}", "--import-mode=importlib", "--assert=plain"]
    arguments += [argument for name in UNUSED for argument in ("-p", f"no:{name}")]
    arguments += ["--disable-plugin-autoload", "-s", "-q", "--tb=short", *options, str(folder)]
    log = io.StringIO()
    addopts = os.environ.pop("PYTEST_ADDOPTS", None)
    try:
        with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
            status = pytest.main(arguments, plugins=[plugin])
    finally:
        if addopts is not None:
            os.environ["PYTEST_ADDOPTS"] = addopts
    if plugin.error is not None:
        raise plugin.error
    if plugin.broken or status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        lines = plugin.broken or [line for line in log.getvalue().splitlines() if line.strip()]
        raise CheckError(f"the checks of {lab} could not be loaded: {lines[-1] if lines else status}")


class _Plugin:
    """pytest plug-in of one run: fixtures, selection, dependencies, results."""

    def __init__(
        self, student: Student, seed: int, grade_ids: Collection[str] | None, before: Callable[[str], None]
    ) -> None:
        self._student, self._seed, self._before = student, seed, before
        self._grade_ids = None if grade_ids is None else list(grade_ids)
        self._open = ""  # the grade_id that is being checked
        self._passed: dict[str, bool] = {}
        self._infos: dict[str, CheckInfo] = {}
        self.infos: list[CheckInfo] = []
        self.results: list[CheckResult] = []
        self.broken: list[str] = []
        self._raised: dict[str, BaseException] = {}
        self.error: BaseException | None = None

    @pytest.fixture
    def student(self) -> Student:
        return self._student

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> np.random.Generator:
        return np.random.default_rng([self._seed, zlib.crc32(request.node.name.encode())])

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "grade: set by autograder.checking.check")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            lines = [line for line in str(report.longrepr).splitlines() if line.strip()]
            self.broken.append(f"{report.nodeid}: {lines[-1].removeprefix('E').strip() if lines else 'import failed'}")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        try:
            for item in items:
                info = _info(item)
                if info.name in self._infos:
                    raise CheckError(f"two checks are named {info.name}: names are unique in a lab")
                for needed in info.needs:
                    if needed not in self._infos:
                        raise CheckError(f"check {info.name} needs {needed}, which is no earlier check of the lab")
                self._infos[info.name] = info
            self.infos = list(self._infos.values())
        except CheckError as error:
            self.error = error
            items.clear()
        if self._grade_ids is not None:
            order = {grade_id: place for place, grade_id in enumerate(self._grade_ids)}
            items[:] = [item for item in items if self._infos[item.name].grade_id in order]
            items.sort(key=lambda item: order[self._infos[item.name].grade_id])

    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        if (grade_id := self._infos[item.name].grade_id) != self._open:
            self._open = grade_id
            try:
                self._before(grade_id)
            except BaseException as error:
                self.error = error
                pytest.exit("what has to happen before the checks went wrong")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        missing = [needed for needed in self._infos[item.name].needs if not self._passed.get(needed, True)]
        if missing:
            pytest.skip(f"builds on “{self._infos[missing[0]].message.rstrip('.')}”, which did not pass")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo) -> Generator[None, Any, Any]:
        if call.excinfo is not None:
            self._raised.setdefault(item.name, call.excinfo.value)
        if call.when == "setup":
            self._student.tried = ""
        if call.when == "teardown":
            result = _judge(self._infos[item.name], self._raised.get(item.name))
            if result.outcome != "passed":
                result = replace(result, tried=self._student.tried)
            self._passed[result.name] = result.outcome == "passed"
            self.results.append(result)
        return (yield)


def _judge(info: CheckInfo, raised: BaseException | None) -> CheckResult:
    """The result of a check from what its run raised."""

    def result(outcome: Outcome, reason: str = "", *rest: Any) -> CheckResult:
        return CheckResult(info.grade_id, info.name, info.message, info.points, outcome, reason, *rest)

    match raised:
        case None:
            return result("passed")
        case CheckFailed():
            return result("failed", raised.symptom, raised.law, raised.hint, raised.picture, raised.picture_alt)
        case AssertionError():
            # Where another pytest has rewritten the assert, its text spells out the values that were compared.
            first = str(raised).partition("\n")[0]
            return result("failed", first if first and not first.startswith("assert ") else "the law does not hold")
        case pytest.skip.Exception():
            return result("skipped", str(raised))
        case NotRun():
            return result("not run", str(raised))
    return result("not run", f"the check itself broke ({type(raised).__name__}: {_tidy(raised)})")


def _info(item: pytest.Item) -> CheckInfo:
    mark = item.get_closest_marker("grade")
    function = getattr(item, "function", None)
    if mark is None or function is None:
        raise CheckError(f"{item.name} is not a check: put @check(grade_id, points) above it")
    message = " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())
    if not message:
        raise CheckError(f"check {item.name} has no docstring: the student would not know what was checked")
    points = mark.kwargs["points"]
    if not (points > 0 and np.isfinite(points)):
        raise CheckError(f"check {item.name} is worth {points} points: give it a positive number")
    return CheckInfo(mark.kwargs["grade_id"], item.name, message, points, mark.kwargs["needs"])
