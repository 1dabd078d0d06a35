"""Lab 8's own reference against `autograder.reference`, and the given networks in nodes against Keras."""

import numpy as np
import pytest

from autograder.checks.lab07 import reference as convolutions
from autograder.checks.lab08 import reference, whole
from autograder.reference import dense, explain
from autograder.reference.composite import conv, first, lrp
from autograder.reference.composite import dense as is_dense
from autograder.reference.rules import AlphaBeta, Epsilon, Flat, Pass, ZPlus
from toonlens.errors import UserError
from toonlens.laws import lab08 as laws
from toonlens.nodes import (
    avg_pool,
    avg_pool_T,
    check_ready,
    fold_all,
    foldable,
    give_rules,
    max_pool,
    max_pool_T,
    merge_all,
    read_nodes,
    run_nodes,
)
from toonlens.startup import import_keras

SMALL = 1e-6
THEIRS = {
    "epsilon": (((conv, Epsilon(SMALL)), (is_dense, Epsilon(SMALL))), Epsilon(SMALL)),
    "epsilon and flat": (((first, Flat()), (conv, Epsilon(SMALL)), (is_dense, Epsilon(SMALL))), Epsilon(SMALL)),
    "alpha 2, beta 1": (((conv, AlphaBeta(2, 1)), (is_dense, Epsilon(0.1))), ZPlus()),
    "preset A flat": (((first, Flat()), (conv, AlphaBeta(1, 0)), (is_dense, Epsilon(0.1))), ZPlus()),
}
CASES = [
    ("resnet50", "epsilon", whole.MERGE),
    ("resnet50", "preset A flat", whole.PASS),
    ("resnet50", "alpha 2, beta 1", whole.PASS),
    ("densenet121", "preset A flat", whole.PASS),
    ("densenet121", "epsilon and flat", whole.MERGE),
    ("densenet121", "preset A flat", whole.MERGE),
    ("densenet121", "alpha 2, beta 1", whole.EPS),
]


@pytest.mark.parametrize(("arch", "name", "bn"), CASES)
def test_every_composite_on_both_networks(arch, name, bn):
    images, c = whole.pictures(np.random.default_rng(1), arch)
    got, books = whole.explained(arch, images, c, whole.rules_of(name, bn))
    weighted, averages = THEIRS[name]
    composite = lrp(*weighted, batchnorm=Epsilon(SMALL) if bn == whole.EPS else Pass(), averages=averages)
    more = {"batchnorm": "threshold"} if bn == whole.MERGE else {}
    x = whole.pixels(images, arch)
    due = explain(whole.model_of(arch), x, composite, c, dtype="float64", **more).sum(axis=-1)
    assert np.abs(got - due).max() < 1e-6 * np.abs(due).max()
    np.testing.assert_allclose(sum(reference.audit(books).values()), 1.0)


def test_folding_is_what_the_canonised_graph_has():
    assert len(foldable(read_nodes(whole.model_of("resnet50")))) == 53
    assert len(foldable(read_nodes(whole.model_of("densenet121")))) == 59
    kinds = [node["kind"] for node in whole.nodes_of("densenet121", True)]
    assert "bn" not in kinds
    assert sum("g" in node for node in whole.nodes_of("densenet121", True)) == 62


@pytest.mark.parametrize("arch", ["resnet50", "densenet121"])
def test_nodes_compute_what_keras_does(arch):
    images, _ = whole.pictures(np.random.default_rng(2), arch)
    x, model = whole.pixels(images, arch), whole.model_of(arch)
    odds = np.asarray(model(x.astype(np.float32), training=False), dtype=np.float64)
    for nodes in (read_nodes(model), whole.nodes_of(arch, False), whole.nodes_of(arch, True)):
        logits = run_nodes(nodes, x)[-1][:, 0, 0]
        found = np.exp(logits - logits.max())
        np.testing.assert_allclose(found / found.sum(), odds, atol=1e-5)


@pytest.mark.parametrize("make", [laws.tiny_resnet, laws.tiny_densenet])
def test_tiny_networks_too(make):
    model = make(3)
    x = np.random.default_rng(3).normal(size=(2, *model.input_shape[1:]))
    nodes = give_rules(merge_all(fold_all(read_nodes(model), reference.fold_bn), reference.bn_affine), laws.LRP_0)
    acts = run_nodes(nodes, x)
    heat, _ = reference.explain(nodes, acts, np.array([1, 3]))
    due = explain(model, x, "input_t_gradient", np.array([1, 3]), dtype="float64")
    logits = acts[-1][:, 0, 0]
    np.testing.assert_allclose(heat, due.sum(axis=-1), rtol=0, atol=1e-6 * np.abs(due).max())
    assert logits.shape == (2, 4)


def test_slips_on_the_way_to_a_walk_have_a_message():
    nodes = give_rules(read_nodes(laws.tiny_densenet(3)), laws.LRP_0)
    with pytest.raises(UserError, match="block1_1_bn folds left"):
        merge_all(nodes, reference.bn_affine)
    folded = fold_all(nodes, reference.fold_bn)
    with pytest.raises(UserError, match="block1_0_bn is left with the rule merge"):
        check_ready(next(node for node in folded if node["kind"] == "bn"))
    with pytest.raises(UserError, match="do not ask hand_down"):
        check_ready(folded[0])
    for node in merge_all(folded, reference.bn_affine)[1:]:
        check_ready(node)


def test_an_affine_layer_and_a_sum_are_dense_layers():
    rng = np.random.default_rng(4)
    a, g, d, R = rng.normal(size=(2, 1, 1, 5)), rng.normal(size=5), rng.normal(size=5), rng.normal(size=(2, 1, 1, 5))
    due = dense.lrp_eps(a[:, 0, 0], np.diag(g), d, R[:, 0, 0], 0.3)
    np.testing.assert_allclose(reference.lrp_affine(a, g, d, R, 0.3)[:, 0, 0], due)
    both, W = np.stack([a.ravel(), R.ravel()], axis=1), np.ones((2, 1))
    due = dense.lrp_eps(both, W, np.zeros(1), np.ones((10, 1)), 0.3)
    got = reference.lrp_add(a.ravel(), R.ravel(), np.ones(10), 0.3)
    np.testing.assert_allclose(np.stack(got, axis=1), due)


def test_zeros_around_the_image_are_no_inputs():
    """An explicit padding that is "same" in numbers gives what "same" gives, for rules that count inputs, too."""
    rng = np.random.default_rng(5)
    a, W, b = rng.normal(size=(2, 5, 6, 2)), rng.normal(size=(3, 3, 2, 4)), rng.normal(size=4)
    R, zeros = rng.normal(size=(2, 5, 6, 4)), ((1, 1), (1, 1))
    for rule in (("flat", {}), ("w2", {}), ("eps", {"eps": 0.1}), ("ab", {"alpha": 2.0, "beta": 1.0})):
        due = reference.conv_rule(a, W, b, R, rule, "same", 1)
        np.testing.assert_allclose(reference.conv_rule(a, W, b, R, rule, zeros, 1), due)
    due = convolutions.lrp_conv(a, W, b, R, ("zB", {"lo": -4.0, "hi": 5.0}), "same", 1)
    got = reference.conv_rule(a, W, b, R, ("zB", {"lo": -4.0, "hi": 5.0}), zeros, 1)
    np.testing.assert_allclose(got, due)


def test_pools_and_their_ways_back():
    rng = np.random.default_rng(6)
    a, R = rng.normal(size=(2, 7, 9, 3)), rng.normal(size=(2, 3, 4, 3))
    np.testing.assert_allclose(max_pool_T(R, a, 3, 2), reference.lrp_max(a, R, 3, 2))
    np.testing.assert_allclose((max_pool_T(max_pool(a, 3, 2) * R, a, 3, 2)).sum(), (max_pool(a, 3, 2) * R).sum())
    a, R = rng.normal(size=(2, 6, 8, 3)), rng.normal(size=(2, 3, 4, 3))
    np.testing.assert_allclose((avg_pool(a, 2) * R).sum(), (avg_pool_T(R, 2) * a).sum())
    ones = np.zeros((1, 3, 3, 1))
    np.testing.assert_allclose(
        max_pool_T(np.ones((1, 1, 1, 1)), ones, 3, 2), reference.lrp_max(ones, ones[:, :1, :1] + 1, 3, 2)
    )


def test_read_nodes_refuses_what_it_does_not_cover():
    keras = import_keras()
    image = keras.Input((8, 8, 3))

    def model(x):
        return keras.Model(image, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x)))

    for layer in (
        keras.layers.Conv2D(2, 3, dilation_rate=2, name="odd"),
        keras.layers.Conv2D(2, 3, activation="tanh", name="odd"),
        keras.layers.AveragePooling2D(3, strides=2, name="odd"),
        keras.layers.MaxPooling2D(2, padding="same", name="odd"),
        keras.layers.LayerNormalization(name="odd"),
    ):
        with pytest.raises(UserError, match="odd"):
            read_nodes(model(layer(image)))


def test_a_missing_rule_is_an_error_that_names_the_node():
    with pytest.raises(UserError, match="predictions"):
        give_rules(whole.nodes_of("resnet50", False), {"conv": whole.AB1, "avg": whole.PLUS})


def test_a_fused_relu_is_a_node():
    keras = import_keras()
    image = keras.Input((4, 4, 3))
    h = keras.layers.Conv2D(2, 3, padding="same", activation="relu", name="fused")(image)
    model = keras.Model(image, keras.layers.Dense(2, name="top")(keras.layers.GlobalAveragePooling2D()(h)))
    kinds = [node["kind"] for node in read_nodes(model)]
    assert kinds == ["input", "conv", "relu", "avg", "dense"]


CARRIED = """
import numpy as np
from autograder.checks.lab08.reference import conv_rule

def lrp_conv(a, W, b, R, rule, pad, stride):
    return {factor} * conv_rule(a, W, b, R, rule, pad, stride)
"""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (CARRIED.format(factor=1), "your own"),
        (CARRIED.format(factor=2), "other values"),
        ("def lrp_conv(*a):\n    return None\n", "raised"),
        ("", "not there"),
    ],
)
def test_a_carried_rule_is_used_only_if_it_agrees(source, said, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TOONLENS_CARRIED", str(tmp_path))
    (tmp_path / "lab07.py").write_text(source, encoding="utf-8")
    chosen = laws.carried_or(reference.conv_rule)
    assert said in capsys.readouterr().out
    assert (chosen is not reference.conv_rule) == (said == "your own")
