"""Lab 3 beyond the bank: its reference against Keras and scipy, the accuracy that is due, reports, stored runs."""

import json
from pathlib import Path

import numpy as np
import pytest
from bank import bank_of

from autograder.checking import CHECKS, LocalStudent, run_checks
from autograder.checks import fresh
from autograder.checks.lab03 import reference
from toonlens.laws.lab03 import DUE

ROOT = Path(__file__).resolve().parents[2]
BANK = bank_of("lab03")
RECORD = json.loads((CHECKS / "lab03" / "accuracy.json").read_text())


def arrays(network, *layers):
    return [w.astype(np.float64) for layer in layers for w in network.get_layer(layer).get_weights()]


def at(network, layers, images):
    import keras

    from toonlens.models import preprocess

    look = keras.Model(network.input, [network.get_layer(layer).output for layer in layers])
    return [np.asarray(a, dtype=np.float64) for a in look(preprocess(images, network.name), training=False)]


@pytest.fixture
def pictures():
    return fresh.draw_fresh(np.random.default_rng(1), 1)[0][:2]


@pytest.mark.parametrize(
    ("block", "before"), [("conv3_block1", "conv2_block3_out"), ("conv3_block2", "conv3_block1_out")]
)
def test_bottleneck_is_that_of_keras(pictures, block, before):
    from toonlens.models import build

    network = build("resnet50", "small")
    x, due = at(network, [before, f"{block}_out"], pictures)
    parts = "0123" if block.endswith("block1") else "123"
    params = {part: arrays(network, f"{block}_{part}_conv", f"{block}_{part}_bn") for part in parts}
    params["stride"] = 2 if "0" in params else 1
    np.testing.assert_allclose(reference.bottleneck(x, params), due, atol=1e-5 * due.max())


def test_dense_block_is_that_of_keras(pictures):
    from toonlens.models import build

    network = build("densenet121", "small")
    x, due = at(network, ["pool1", "conv2_block6_concat"], pictures)
    params = [
        {
            "bn1": arrays(network, f"conv2_block{l}_0_bn"),
            "W1": arrays(network, f"conv2_block{l}_1_conv")[0],
            "bn2": arrays(network, f"conv2_block{l}_1_bn"),
            "W2": arrays(network, f"conv2_block{l}_2_conv")[0],
        }
        for l in range(1, 7)
    ]
    np.testing.assert_allclose(reference.dense_block(x, params), due, atol=1e-5 * np.abs(due).max())


@pytest.mark.parametrize("counts", [(0, 0), (0, 1), (3, 9), (40, 40), (300, 351)])
def test_mcnemar_is_a_binomial_test(counts):
    from scipy.stats import binomtest

    okA = np.repeat([True, False, True], [counts[0], counts[1], 50])
    okB = np.repeat([False, True, True], [counts[0], counts[1], 50])
    due = binomtest(counts[0], sum(counts)).pvalue if sum(counts) else 1.0
    assert reference.mcnemar(okA, okB) == pytest.approx(due, rel=1e-9)


def test_the_rates_add_up():
    for T, warm in ((100, 10), (17, 1), (50, 0)):
        total = reference.warmup_cosine(np.arange(T), T, warm, 1.0).sum()
        assert total == pytest.approx((T + (2 if warm else 1)) / 2)


def test_the_accuracy_that_is_due_leaves_room_for_luck():
    """The reference's accuracy, minus a margin of at least four standard errors of the hidden check's sample."""
    from autograder.checks.lab03 import test_networks

    accuracy, count = RECORD["accuracy"], 18 * test_networks.PER_CLASS
    assert RECORD["pictures"] >= 3000
    assert accuracy - DUE > 4 * np.sqrt(accuracy * (1 - accuracy) / count)
    assert abs(RECORD["reported"] - accuracy) < test_networks.AGREES / 2


def test_the_page_states_what_is_due_and_what_the_reference_gets():
    text = (ROOT / "solutions" / "lab03.py").read_text(encoding="utf-8")
    assert f"At least **{100 * DUE:.0f} %**" in text
    assert f"the reference gets {100 * RECORD['accuracy']:.0f} %" in text


@pytest.mark.parametrize(
    "said", [lambda: 1.0 if BANK.right["report"]() < 0.89 else 0.8, lambda: 0.5, lambda: 97.0, lambda: True,
             lambda: "0.93", lambda: None, lambda: float("nan"), lambda: np.array([0.93, 0.93])]
)  # fmt: skip
def test_a_report_that_does_not_hold_costs_two_points(said):
    results = run_checks("lab03", ["classify"], student=LocalStudent({**BANK.right, "report": said}))
    assert [r.name for r in results if r.outcome != "passed"] == ["test_classify_report"]


def test_fresh_pictures_are_fresh_and_balanced():
    images, labels = fresh.draw_fresh(np.random.default_rng(2), 2)
    again, _ = fresh.draw_fresh(np.random.default_rng(3), 2)
    assert (np.bincount(labels) == 2).all()
    assert (labels != np.sort(labels)).any()
    assert not {image.tobytes() for image in images} & {image.tobytes() for image in again}


def test_the_probe_is_there_when_its_check_runs():
    """Checks run where their cell stands: what they call has to be defined above it."""
    text = (ROOT / "solutions" / "lab03.py").read_text(encoding="utf-8")
    for name, grade_id in (("probe_unfreeze", "unfreeze_from"), ("report", "classify"), ("classify", "classify")):
        assert text.index(f"def {name}(") < text.index(f'"grade": true, "grade_id": "{grade_id}"')


def test_what_is_stored_about_the_runs():
    with np.load(ROOT / "solutions" / "lab03" / "runs.npz") as runs:
        for arch in runs["networks"]:
            for recipe in runs["recipes"]:
                scores = runs[f"{arch}_{recipe}_scores"].astype(np.float64)
                assert scores.shape == (890, 18)
                np.testing.assert_allclose(scores.sum(axis=1), 1, atol=5e-3)
                assert runs[f"{arch}_{recipe}_curves"].shape[0] == 4
