"""Hidden checks against known right and wrong functions, without a kernel."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autograder.checking import (
    CheckError,
    CheckFailed,
    CheckResult,
    LocalStudent,
    compare,
    comparison_picture,
    list_checks,
    run_checks,
)

CHECKS = '''
import numpy as np
from autograder.checking import NotRun, check, compare, fail, untouched

@check("scale", points=2)
def test_scale(student, rng):
    """scale multiplies by the factor."""
    x = rng.normal(size=(3, 4))
    compare(student.scale(x, 2.0), 2.0 * x, what="the scaled array", law="y = f x", hint="look at f", picture=True)

@check("scale", points=1, needs="test_scale")
def test_scale_leaves_x(student, rng):
    """scale leaves its argument as it is."""
    untouched(student.call("scale", rng.normal(size=5), 3.0))

@check("guess", points=0.5)
def test_guess(student):
    """The guess is one of the three words."""
    if student.get("guess") not in ("more", "less", "same"):
        fail("guess is none of the words", hint="set it in the cell above")

@check("other", points=1)
def test_other(student):
    """Something that cannot be run here."""
    raise NotRun("no network")

@check("other", points=1)
def test_plain_assert(student):
    """A bare assert fails without showing values."""
    secret = 12345
    assert student.get("value") == secret
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "labx").mkdir()
    (tmp_path / "labx" / "test_labx.py").write_text(CHECKS)
    return tmp_path


def run(root: Path, **namespace) -> dict[str, CheckResult]:
    return {result.name: result for result in run_checks("labx", student=LocalStudent(namespace), checks_root=root)}


def outcomes(results: dict[str, CheckResult]) -> list[str]:
    return [result.outcome for result in results.values()]


def test_right_wrong_and_not_run(root):
    results = run(root, scale=lambda x, f: f * x, guess="more", value=12345)
    assert outcomes(results) == ["passed", "passed", "passed", "not run", "passed"]
    assert results["test_other"].reason == "no network"
    results = run(root, scale=lambda x, f: x, value=1)
    assert outcomes(results) == ["failed", "skipped", "failed", "not run", "failed"]
    wrong = results["test_scale"]
    assert (wrong.law, wrong.hint, wrong.points, wrong.grade_id) == ("y = f x", "look at f", 2.0, "scale")
    assert wrong.reason == "the scaled array: all 12 values are off, by at most 50 % of the largest right value"
    assert wrong.picture is not None
    assert wrong.picture.startswith(b"\x89PNG")
    assert "scale multiplies by the factor" in results["test_scale_leaves_x"].reason
    assert results["test_guess"].reason == "guess is not defined"
    assert "12345" not in results["test_plain_assert"].reason


def test_some_cells_and_earlier_results(root):
    student = LocalStudent({"scale": lambda x, f: f * x})
    first = run_checks("labx", ["scale"], student=student, checks_root=root)
    assert [result.grade_id for result in first] == ["scale", "scale"]
    declared = [(info.name, info.points, info.needs) for info in list_checks("labx", root)]
    assert declared[:2] == [("test_scale", 2.0, ()), ("test_scale_leaves_x", 1.0, ("test_scale",))]


def test_seed_is_fresh_unless_given(root):
    seen = []
    for seed in (None, None, 7, 7):
        run_checks("labx", ["scale"], student=LocalStudent({"scale": lambda x, f: seen.append(x) or f * x}),
                   checks_root=root, seed=seed)  # fmt: skip
    a, b, c, d = seen[::2]
    assert not np.array_equal(a, b)
    assert not np.array_equal(a, c)
    assert np.array_equal(c, d)


def in_place(x, f):
    x *= f
    return x


class Subclass(np.ndarray):
    def __eq__(self, other):
        return True

    def __le__(self, other):
        return True

    def __sub__(self, other):
        return np.zeros(self.shape)


class Yes:
    def __eq__(self, other):
        return True

    def __array__(self, dtype=None, copy=None):
        return np.zeros((3, 4))


@pytest.mark.parametrize(
    ("scale", "reason"),
    [
        (lambda x, f: np.full_like(x, np.nan), "NaN or infinite"),
        (lambda x, f: (f * x).astype(object), "dtype object"),
        (lambda x, f: (f * x) + 0j, "dtype complex128"),
        (lambda x, f: (f * x)[:2], "shape (2, 4), where (3, 4) is due"),
        (lambda x, f: None, "NoneType"),
        (lambda x, f: [[1.0], [1.0, 2.0]], "a list"),
        (lambda x, f: "2", "a str"),
        (lambda x, f: (x + 1).view(Subclass), "off, by at most"),
        (lambda x, f: Yes(), "off, by at most"),
        (lambda x, f: object(), "a object"),
        (lambda x, f: 1 / 0, "scale raised ZeroDivisionError: division by zero"),
        (lambda x: x, "scale raised TypeError"),
        (lambda x, f: exit(), "scale raised SystemExit"),
    ],
)
def test_bad_values_fail_with_a_reason(root, scale, reason):
    result = run(root, scale=scale)["test_scale"]
    assert (result.outcome, reason in result.reason) == ("failed", True), result.reason


@pytest.mark.parametrize(
    "scale",
    [lambda x, f: (f * x).tolist(), lambda x, f: (f * x).astype(np.float32), lambda x, f: (f * x).view(Subclass),
     lambda x, f: np.asfortranarray(f * x), lambda x, f: (f * x).astype(">f8")],
)  # fmt: skip
def test_honest_variants_pass(root, scale):
    assert run(root, scale=scale)["test_scale"].outcome == "passed"


def test_change_in_place_is_found(root):
    results = run(root, scale=in_place)
    assert (results["test_scale"].outcome, results["test_scale_leaves_x"].outcome) == ("passed", "failed")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def test_x():\n    'doc'\n", "not a check"),
        (CHECKS.replace('"""scale multiplies by the factor."""', ""), "no docstring"),
        (CHECKS.replace("points=2", "points=-2"), "positive"),
        (CHECKS.replace('needs="test_scale"', 'needs="test_guess"'), "no earlier check"),
        ("import nowhere", "nowhere"),
        ("", "could not be loaded"),
    ],
)
def test_broken_checks_are_the_graders_error(root, source, message):
    (root / "labx" / "test_labx.py").write_text(source)
    with pytest.raises(CheckError, match=message):
        run(root)


def test_unknown_lab(root):
    with pytest.raises(CheckError, match="no checks for lab99"):
        list_checks("lab99", root)


def test_compare_boundary_and_zero():
    compare(1.0 + 1e-6, 1.0, what="x", rtol=1e-6 * 1.001)
    compare(np.zeros((2, 0)), np.zeros((2, 0)), what="x")
    with pytest.raises(Exception, match="where all are zero"):
        compare([1e-9], [0.0], what="x")
    compare([1e-9], [0.0], what="x", atol=1e-8)


def test_picture_of_any_dimension():
    for shape in [(3, 4), (5, 6, 3), (2, 5, 6, 3)]:
        given, due = np.random.default_rng(0).normal(size=(2, *shape))
        for show_reference in (False, True):
            assert comparison_picture(given, due, show_reference).startswith(b"\x89PNG")


def test_the_reference_is_shown_only_where_a_check_says_so():
    given, due = np.zeros((4, 4)), np.eye(4)
    with pytest.raises(CheckFailed) as plain:
        compare(given, due, what="x", picture=True)
    with pytest.raises(CheckFailed) as shown:
        compare(given, due, what="x", picture=True, show_reference=True)
    widths = [Image.open(io.BytesIO(found.value.picture)).width for found in (plain, shown)]
    assert widths[1] > 1.5 * widths[0]
    assert plain.value.picture_alt.startswith("Heatmap of the difference")
    assert shown.value.picture_alt.startswith("Heatmaps of yours, the reference and the difference")


def test_what_was_tried_is_said_without_values(root):
    results = run(root, scale=lambda x, f: x, guess="none")
    assert results["test_scale"].tried == "scale(array 3 × 4, 2)"
    assert results["test_guess"].tried == "the value of guess"
    assert results["test_other"].tried == ""
    assert run(root, scale=lambda x, f: f * x)["test_scale"].tried == ""


def test_a_stub_that_a_function_calls_is_named(root):
    def stabilise(x):
        raise NotImplementedError

    def scale(x, f):
        return f * stabilise(x)

    results = run(root, scale=scale)
    assert results["test_scale"].reason == "scale calls stabilise, which is not written yet (NotImplementedError)"
    alone = lambda x, f: (_ for _ in ()).throw(NotImplementedError)  # noqa: E731 - where it was raised has no name
    assert run(root, scale=alone)["test_scale"].reason == "scale is not written yet (NotImplementedError)"
