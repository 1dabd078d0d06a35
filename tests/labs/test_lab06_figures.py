"""Pictures of lab 6's feedback: the reference only where it is released, and never at the cost of a mark."""

import ast
import io

import numpy as np
import pytest
from bank.lab06 import given
from PIL import Image

from autograder.checking import CHECKS, CheckResult, LocalStudent, NotRun, list_checks, run_checks
from autograder.checks.lab06 import figures
from autograder.reference import dense

ROOT = CHECKS.parents[1]
NAMES = ("stabilise", "lrp_eps", "lrp_gamma", "lrp_ab", "lrp_zB", "lrp_w2", "lrp_flat", "lrp_mlp", "gradient_x_input")
FIGURES = (figures.eps, figures.ab, figures.zB, figures.w2, figures.start, figures.whole)


def namespace(**wrong) -> dict:
    return {name: getattr(dense, name) for name in NAMES} | {"apply_rule": given.apply_rule} | wrong


def failed(grade_id: str, **wrong) -> dict[str, CheckResult]:
    results = run_checks("lab06", [grade_id], student=LocalStudent(namespace(**wrong)), seed=3)
    return {result.name: result for result in results if result.outcome == "failed"}


def scaled(function):
    return lambda *args: 1.5 * function(*args)


def biasless(a, W, b, R, eps):
    return dense.lrp_eps(a, W, 0 * b, R, eps)


def from_output(params, x, c, rules):
    """Right up to the start, then every layer gets relevance that is half as large."""
    *lower, start = dense.lrp_mlp(params, x, c, rules)
    return [*(0.5 * R for R in lower), start]


def softmax_start(params, x, c, rules):
    return [1.0 * (R != 0) for R in dense.lrp_mlp(params, x, c, rules)]


def test_the_files_are_those_that_students_have():
    for name in ("mlp.npz", "checkpoints.npz"):
        assert (figures.RELEASED / name).read_bytes() == (ROOT / "course" / "lab06" / name).read_bytes()


@pytest.mark.parametrize("make", FIGURES)
def test_the_reference_is_the_released_one(make):
    """What is shown as right is in the file beside the notebook, and a right function gives it."""
    figure = make()
    with np.load(ROOT / "course" / "lab06" / "checkpoints.npz") as point:
        assert any(
            np.array_equal(figure.due, values) or any(np.array_equal(figure.due, row) for row in values)
            for values in (point[key].astype(np.float64) for key in point.files)
        )
    got = np.asarray(figure.call(LocalStudent(namespace())))
    np.testing.assert_allclose(got.reshape(figure.due.shape), figure.due, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("grade_id", "check", "wrong", "title"),
    [
        ("lrp_eps", "test_eps_without_bias", {"lrp_eps": scaled(dense.lrp_eps)}, "with eps = 0.25"),
        ("lrp_eps", "test_eps_with_bias", {"lrp_eps": biasless}, "with eps = 0.25"),
        ("lrp_ab", "test_ab_positive_inputs", {"lrp_ab": scaled(dense.lrp_ab)}, "alpha = 2"),
        ("lrp_zB", "test_zB_matches", {"lrp_zB": scaled(dense.lrp_zB)}, "by the box rule"),
        ("lrp_w2_flat", "test_w2", {"lrp_w2": scaled(dense.lrp_w2)}, "by w²"),
        ("lrp_mlp", "test_mlp_start", {"lrp_mlp": softmax_start}, "start at the logits"),
        ("lrp_mlp", "test_mlp_walk", {"lrp_mlp": from_output}, "in Integration 1"),
    ],
)
def test_triptych_on_the_labs_own_figure(grade_id, check, wrong, title):
    result = failed(grade_id, **wrong)[check]
    assert "; the picture is of the lab's own figure, " in result.reason
    assert title in result.reason
    assert result.picture_alt.startswith("Heatmaps of yours, the reference and the difference")
    width, height = Image.open(io.BytesIO(result.picture)).size
    assert width > 2 * height  # three panels
    assert "3072" not in result.tried  # still about the inputs on which it failed


@pytest.mark.parametrize(
    ("grade_id", "check", "wrong"),
    [
        ("lrp_gamma", "test_gamma_without_bias", {"lrp_gamma": scaled(dense.lrp_gamma)}),
        ("lrp_w2_flat", "test_flat", {"lrp_flat": scaled(dense.lrp_flat)}),
        ("bug_hunt", "test_bug_gate", {"gradient_x_input": scaled(dense.gradient_x_input)}),
        # wrong only where a layer is small: nothing to see on the lab's figure
        ("lrp_eps", "test_eps_without_bias",
         {"lrp_eps": lambda a, *rest: dense.lrp_eps(a, *rest) * (1.5 if a.shape[1] < 100 else 1)}),
    ],
)  # fmt: skip
def test_else_the_difference_alone(grade_id, check, wrong):
    result = failed(grade_id, **wrong)[check]
    assert "own figure" not in result.reason
    assert result.picture_alt.startswith("Heatmap of the difference")


class DiesOfTheFigure(LocalStudent):
    def _exchange(self, request: bytes) -> bytes:
        if len(request) > 1 << 20:
            raise NotRun("a call of your function ended the kernel")
        return super()._exchange(request)


def test_a_figure_that_ends_the_kernel_costs_nothing():
    results = run_checks("lab06", ["lrp_eps"], student=DiesOfTheFigure(namespace(lrp_eps=biasless)), seed=3)
    assert [(r.name, r.outcome) for r in results if r.outcome != "passed"] == [("test_eps_with_bias", "failed")]
    result = results[-1]
    assert result.picture_alt.startswith("Heatmap of the difference")


def test_missing_files_cost_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(figures, "RELEASED", tmp_path)
    figures._released.cache_clear()
    result = failed("lrp_eps", lrp_eps=biasless)["test_eps_with_bias"]
    assert result.picture_alt.startswith("Heatmap of the difference")
    figures._released.cache_clear()


def test_nothing_of_a_question_is_left_after_a_figure():
    """A call for a picture may end the kernel; only checks that would be skipped anyway may come after it."""
    with_figure = set()
    for path in (CHECKS / "lab06").glob("test_*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and "shown_on" in ast.dump(node):
                with_figure.add(node.name)
    assert len(with_figure) >= 8
    infos = list_checks("lab06")
    for place, info in enumerate(infos):
        if info.name in with_figure:
            gone = {info.name}
            for later in infos[place + 1 :]:
                if later.grade_id == info.grade_id:
                    assert gone.intersection(later.needs), f"{later.name} would be left after {info.name}"
                    gone.add(later.name)


def test_reference_is_shown_by_figures_only():
    for path in (CHECKS / "lab06").glob("*.py"):
        assert ("show_reference" in path.read_text()) == (path.name == "figures.py")
