"""The reference of lab 2 against slow twins and against Keras, and what its checks say of leaks."""

import numpy as np
import pytest
from bank import bank_of

from autograder.checks.lab02 import hard, reference
from autograder.checks.lab02.test_network import network, pictures
from toonlens.laws import LawBroken
from toonlens.laws import lab02 as laws

BANK = bank_of("lab02")
FULL = {"loss": [1.0, 0.5], "accuracy": [0.1, 0.6], "val_loss": [1.0, 0.4], "val_accuracy": [0.2, 0.7]}


@pytest.fixture(params=range(4))
def rng(request):
    return np.random.default_rng(request.param)


def test_loss_is_the_mean_of_minus_log_probabilities(rng):
    logits, y = rng.normal(size=(5, 4)), rng.integers(0, 4, 5)
    by_hand = [-np.log(np.exp(row[k]) / sum(np.exp(value) for value in row)) for row, k in zip(logits, y, strict=True)]
    assert reference.softmax_xent(logits, y) == pytest.approx(np.mean(by_hand))
    assert reference.softmax_xent(logits + 5000, y) == pytest.approx(np.mean(by_hand))


def test_gradient_is_the_slope_of_the_loss(rng):
    logits, y = rng.normal(size=(5, 4)), rng.integers(0, 4, 5)
    slope = np.empty((5, 4))
    for place in np.ndindex(5, 4):
        step = np.zeros((5, 4))
        step[place] = 1e-5
        higher, lower = reference.softmax_xent(logits + step, y), reference.softmax_xent(logits - step, y)
        slope[place] = (higher - lower) / 2e-5
    np.testing.assert_allclose(reference.xent_grad(logits, y), slope, atol=1e-9)


@pytest.mark.parametrize("place", range(4))
def test_a_training_step_is_that_of_keras(rng, place):
    params, names, x, y = network(rng)

    def freeze(model, upto):
        last = model.layers.index(model.get_layer(upto))
        for k, layer in enumerate(model.layers):
            layer.trainable = k > last

    after = laws.probe_freeze(freeze, params, names, [names[place]], x, y, 0.4)
    due = reference.train_step(params, names, names[place], x, y, 0.4)
    for name in names:
        for got, expected in zip(after[name], due[name], strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-4, atol=2e-5)


def test_features_are_those_of_keras(rng):
    params, x, y = pictures(rng)
    given = laws.probe_extract(BANK.right["probe_extract"].args[0], params, x, y, [2, len(y) - 2])
    np.testing.assert_allclose(given["features"], reference.features(x, params), rtol=1e-4, atol=1e-5)


def test_measures_are_those_of_scikit_learn(rng):
    from sklearn.metrics import confusion_matrix, f1_score

    y, yhat = rng.integers(0, 5, 40), rng.integers(0, 5, 40)
    cm = reference.confusion(y, yhat, 6)
    assert (cm == confusion_matrix(y, yhat, labels=range(6))).all()
    expected = f1_score(y, yhat, labels=range(6), average="macro", zero_division=0)
    assert reference.macro_f1(cm) == pytest.approx(expected)


def test_the_interval_is_that_of_the_library(rng):
    from toonlens.stats import bootstrap_ci

    correct = (rng.random(50) < 0.8).astype(float)
    assert reference.bootstrap_ci(correct, 300, 4) == pytest.approx(bootstrap_ci(correct, 300, seed=4)[1:])


def test_hard_pictures_are_as_hard_for_whom_they_are_new():
    """Released and fresh ones, for a head that learnt from the training pictures; and none is left to luck."""
    images, labels, released = hard.hard_pictures()
    assert released >= 30
    assert len(labels) - released >= 80
    right = np.asarray(BANK.right["classify"](images)) == labels
    assert right[:released].mean() < 0.9
    assert abs(right[:released].mean() - right[released:].mean()) < 0.2


def test_learning_from_test_pictures_is_found_out():
    for name in ("wrong_trained_on_all", "wrong_trained_on_test", "wrong_nearest_of_all_features"):
        failed = [r.name for r in BANK.hidden("classify", BANK.solution("classify", name)) if r.outcome == "failed"]
        assert "test_classify_unseen" in failed, name


class History:
    """What Keras's fit returns."""

    history = FULL


@pytest.mark.parametrize(
    ("returned", "hint"),
    [
        (None, "both"),
        ("head", "both"),
        (("head",), "both"),
        (("head", History()), ".history"),
        (("head", list(FULL.values())), ".history"),
        (("head", {"loss": [1.0], "accuracy": [0.5]}), "validation_data"),
        (("head", {**FULL, "loss": [1.0]}), "one call of fit"),
        (("head", {key: [] for key in FULL}), "one call of fit"),
    ],
)
def test_what_train_head_returns_has_a_form(returned, hint):
    with pytest.raises(LawBroken, match=f"Try: .*{hint}"):
        laws.check_trained([returned])


def test_a_head_and_four_lists_are_what_train_head_returns(capsys):
    laws.check_trained([("head", FULL)])
    laws.check_trained([["head", {key: np.array(values) for key, values in FULL.items()}]])
    assert capsys.readouterr().out.count("2 epochs") == 2
    assert laws.head_and_history([("head", FULL)]) == ("head", FULL)
    for nothing in (None, [None], ["head"], [("head",)]):
        assert laws.head_and_history(nothing) == (None, None)
    laws.check_trained(None)  # a stub, or one that raised: what `attempt` said is enough
