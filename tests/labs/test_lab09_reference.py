"""Lab 9's own reference against `autograder.reference` and the recorded library, and the implementations for tests."""

import numpy as np
import pytest

from autograder.checks.lab09 import reference, suspects, trials
from autograder.course import SOLUTIONS
from autograder.reference import dense, explain
from toonlens import live, trial
from toonlens.laws import LawBroken
from toonlens.laws import lab09 as laws
from toonlens.laws.lab07 import tiny_network, tiny_plan

RNG = np.random.default_rng(0)
LAYER = [RNG.normal(size=shape) for shape in ((3, 5), (5, 4), (4,), (3, 4))]


def test_bach_is_the_rule_of_lab_6():
    for alpha, beta in ((1.0, 0.0), (2.0, 1.0)):
        due = dense.lrp_ab(*LAYER, alpha, beta)
        np.testing.assert_allclose(reference.lrp_ab(*LAYER, alpha, beta, "bach"), due, rtol=1e-6)


@pytest.mark.parametrize("bias", reference.BIASES)
def test_every_convention_on_a_network(bias):
    plan, side = tiny_plan(np.random.default_rng(1), bias=0.2)
    model, x, c = tiny_network(plan, side), RNG.normal(size=(2, side, side, 3)), np.array([1, 2])
    spec = [("avg*", ("avg", {})), ("*pool", ("max", {})), ("*", ("ab", {"alpha": 2.0, "beta": 1.0, "bias": bias}))]
    due = explain(model, x.astype(np.float32), "lrp.alpha_2_beta_1", c, dtype="float64", bias=bias).sum(axis=-1)
    x32 = x.astype(np.float32).astype(np.float64)
    heat, _ = reference.lrp_walk([_single(layer) for layer in plan], x32, c, spec)
    assert np.abs(heat - due).max() < 1e-5 * np.abs(due).max()


def _single(layer):
    """A layer with the weights that Keras has, in single precision."""
    return {k: v.astype(np.float32).astype(np.float64) if k in ("W", "b") else v for k, v in layer.items()}


def test_the_table_is_the_library_s():
    """Under iNNvestigate's names `autograder.reference` has its methods: other tests compare the two live."""
    plan, side = tiny_plan(np.random.default_rng(2), bias=0.2)
    plan = [_single(layer) for layer in plan]
    model, x, c = tiny_network(plan, side), RNG.normal(size=(2, side, side, 3)).astype(np.float32), np.array([0, 3])
    for method, spec in reference.rule_table().items():
        heat, _ = reference.lrp_walk(plan, x.astype(np.float64), c, spec)
        due = explain(model, x, method, c, dtype="float64").sum(axis=-1)
        assert np.abs(heat - due).max() < 1e-5 * np.abs(due).max(), method


def test_recorded_maps_are_told_apart():
    """What stands in for a live library is exact enough to find the convention."""
    stored = np.load(SOLUTIONS / "lab09" / "checkpoints.npz")
    assert stored["distances"][1] < 1e-3 < stored["distances"][[0, 2, 3]].min()
    assert stored["gaps"][1].max() < 1e-3 < stored["gaps"][0][:-1].min()
    assert stored["guilt"].argmin() == 3
    assert stored["guilt"][3] < 1e-6 < np.delete(stored["guilt"], 3).min()


def test_batchnorm_by_the_formula_is_input_times_gradient():
    norm = {"gamma": [2.0, 0.5], "beta": [0.3, -0.2], "mean": [0.5, -1.0], "var": [4.0, 0.25], "eps": 0.01}
    values = {name: np.asarray(value) for name, value in norm.items()}
    x = np.array([[1.0, 2.0]])
    g = values["gamma"] / np.sqrt(values["var"] + 0.01)
    got = reference.lrp_bn(x, **values, R=g * (x - values["mean"]) + values["beta"])
    np.testing.assert_allclose(got, x * g)
    due = explain(live.batchnorms(1, **norm), x.reshape(1, 1, 1, 2), "lrp.z", dtype="float64")
    np.testing.assert_allclose(got.ravel(), due.ravel(), rtol=1e-5)


def ends(test, makers, seed=0):
    rng = np.random.default_rng(seed)
    names = ("a", "W", "b", "R", "eps")
    implementations = [make(rng) for make in makers]
    return trials.run(lambda m: trial.answer(test, names, m), implementations, trials.SHAPES["probe_test_rule"])


@pytest.mark.parametrize("seed", range(5))
def test_a_good_test_tells_all_of_them_apart(seed):
    right = (*suspects.BASIC, *suspects.UNUSUAL)
    wrong = [make for makers in suspects.WRONG.values() for make in makers]
    assert len(right) >= 3
    assert len(wrong) >= 12
    assert ends(reference.test_rule, right, seed) == ["accepts"] * len(right)
    assert ends(reference.test_rule, wrong, seed) == ["rejects"] * len(wrong)


def test_wrong_ones_are_wrong_in_one_thing():
    """Each kind is missed by a test that is good but for the inputs that show it."""
    from bank.lab09 import test_rule as bank

    blind = {"zero": bank.wrong_no_zero, "arguments": bank.wrong_arguments_unwatched}
    for group, test in blind.items():
        for other, makers in suspects.WRONG.items():
            due = "accepts" if other == group else "rejects"
            found = ends(test, makers)
            assert found == [due] * len(makers) or (other == group and "accepts" in found), (group, other, found)


def test_nonsense_from_a_student_s_process():
    plain = [suspects.plain(np.random.default_rng(0))]
    shapes = trials.SHAPES["probe_test_rule"]
    for reply in (None, [], {}, {"asks": 3}, {"ends": {"7": "accepts"}}, {"asks": {"0": None}, "ends": []}):
        assert trials.run(lambda m, reply=reply: reply, plain, shapes) == ["nonsense"]
    huge = np.zeros((3000, 1))
    for args in ([huge, np.zeros((1, 1)), np.zeros(1), huge, 0.1], [1, 2, 3], "abc", [LAYER[0]] * 5):
        assert trials.perform(plain[0], args, shapes) == {"raised": "ValueError"}


def test_a_visible_check_ends_a_test_that_calls_too_often():
    from bank.lab09 import given
    from bank.lab09 import test_rule as bank

    with pytest.raises(LawBroken, match="more than 60 times"):
        given.check_test_rule(bank.wrong_endless)


def test_counting_the_trials_does_not_help():
    """Where right ones always came first, a test could accept the first three."""
    from bank.lab09 import given

    def passes():
        tried = []

        def first_three(f):
            tried.append(f)
            f(*LAYER, 0.5)
            assert len(tried) <= 3

        try:
            given.check_test_rule(first_three)
        except LawBroken:
            return False
        return True

    assert not all(passes() for _ in range(6))


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("wrong_crash", r"on right_matrix it raised AttributeError: .*defaultrng.* \(line \d+: "),
        ("wrong_spelling", r"on right_matrix it raised AttributeError: .*shap.* \(line \d+: "),
        ("wrong_eps_forgotten", r"on right_matrix it raised TypeError: f takes a, W, b, R, eps \(line \d+: "),
        ("wrong_shape_of_b", r"b has shape \(1, 2\), and \(J,\) is due"),
        ("wrong_too_large", "at most 2000 numbers in one call, all arguments together"),
        ("wrong_nearly_zero", "some z of yours is nearly 0"),
    ],
)
def test_a_visible_check_names_a_slip_in_the_test_itself(name, seen):
    from bank.lab09 import given
    from bank.lab09 import test_rule as bank

    with pytest.raises(LawBroken, match=seen):
        given.check_test_rule(getattr(bank, name))


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("wrong_half", "is the tolerance too wide"),
        ("wrong_any", "all or any"),
        ("wrong_axis", "it raised ValueError: operands could not be broadcast"),
        ("wrong_magnitudes", "which axis is summed"),
        ("wrong_difference_one", "alpha - beta other than 1"),
    ],
)
def test_what_the_bug_hunt_suggests(name, seen):
    from bank.lab09 import test_ab as bank

    with pytest.raises(LawBroken, match=seen):
        laws.check_test_ab(getattr(bank, name))


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("wrong_batch_statistics", "not those of the batch"),
        ("wrong_no_root", "what is g"),
        ("wrong_variance_squared", "what is g"),
        ("wrong_eps_outside", "right for eps = 0, and not"),
        ("wrong_default_eps", "right for eps = 0, and not"),
        ("wrong_mean_without_gamma", "g is right"),
        ("wrong_centred_input", "g is right"),
        ("wrong_first_axis", "handed over as rows"),
    ],
)
def test_each_slip_with_a_batchnorm_has_its_message(name, seen):
    from bank.lab09 import lrp_bn as bank

    with pytest.raises(LawBroken, match=seen):
        laws.check_lrp_bn(getattr(bank, name))
