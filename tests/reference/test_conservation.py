"""Operation by operation, what a rule hands on is what arrived less the share of the bias (and of epsilon): exactly.

`kept` has the formulas: for each rule, the relevance that may be handed on, from sums only, without any transpose.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from autograder.reference.canonise import canonise
from autograder.reference.composite import assign
from autograder.reference.graph import BatchNorm, Linear, Mean, Pad, read
from autograder.reference.methods import method_from_name
from autograder.reference.rules import AlphaBeta, Epsilon, Flat, Gamma, Gradient, Pass, WSquare, ZBox, ZPlus
from toonlens.models import ARCHITECTURES, build

BOX = {"low": (-6.0,) * 3, "high": (6.0,) * 3}
CASES = {
    "lrp.z": {},
    "lrp.epsilon": {"epsilon": 0.1},
    "lrp.gamma": {"bias": "bach"},
    "lrp.gamma, full": {"bias": "full"},
    "lrp.gamma, none": {"bias": "none"},
    "lrp.alpha_1_beta_0": {"bias": "bach"},
    "lrp.alpha_2_beta_1": {"bias": "full"},
    "lrp.alpha_2_beta_1, bach": {"bias": "bach"},
    "lrp.alpha_2_beta_1, none": {"bias": "none"},
    "lrp.z_plus": {},
    "lrp.w_square": {},
    "lrp.flat": {},
    "lrp.zbox": BOX,
    "lrp.sequential_preset_a_flat": {},
    "lrp.sequential_preset_b": {},
    "lrp.epsilon_plus_flat": {},
    "lrp.epsilon_alpha2_beta1_flat": {},
    "lrp.epsilon_gamma_box": BOX,
}


def share(r, part, total):
    """r part / total, 0 where total is 0."""
    return np.divide(r * part, total, out=np.zeros(np.broadcast_shapes(r.shape, part.shape)), where=total != 0)


def signed(a):
    return np.maximum(a, 0), np.minimum(a, 0)


def linear(op, *pairs):
    """Sum of x W over pairs."""
    return sum(op.linear(tf.constant(x), tf.constant(w)).numpy() for x, w in pairs)


def kept_by_weights(op, rule, x, z, r):
    """What a rule for an operation with weights may hand on."""
    seen, w = op.seen(tf.constant(x)).numpy(), op.kernel().numpy()
    bias = np.broadcast_to(op.bias(tf.constant(x), tf.constant(z)).numpy(), z.shape)
    (x_plus, x_minus), (w_plus, w_minus), (b_plus, b_minus) = signed(seen), signed(w), signed(bias)
    excited = linear(op, (x_plus, w_plus), (x_minus, w_minus))
    inhibited = linear(op, (x_plus, w_minus), (x_minus, w_plus))
    match rule:
        case ZPlus():
            return share(r, excited, excited)
        case AlphaBeta(alpha, beta, convention):
            b_a, b_b = {"bach": (b_plus, b_minus), "full": (bias, bias), "none": (0 * bias, 0 * bias)}[convention]
            return alpha * share(r, excited, excited + b_a) - beta * share(r, inhibited, inhibited + b_b)
        case Gamma(gamma, convention):
            sign_of = z if convention != "none" else z - bias
            made = excited + inhibited + gamma * np.where(sign_of >= 0, excited, inhibited)
            b = {"bach": bias + gamma * np.where(sign_of >= 0, b_plus, b_minus), "full": bias, "none": 0 * bias}
            return share(r, made, made + b[convention])
        case Epsilon(epsilon):
            return share(r, z - bias, z + np.where(z >= 0, epsilon, -epsilon))
        case ZBox() | Flat() | WSquare():
            return r
    raise AssertionError(rule)


def kept(op, rule, xs, z, r):
    """What may be handed on, one number per image."""
    if isinstance(op, Linear):
        handed = kept_by_weights(op, rule, xs[0], z, r)
    elif isinstance(op, BatchNorm) and isinstance(rule, Epsilon):
        handed = share(r, z - op.shift().numpy(), z + np.where(z >= 0, rule.epsilon, -rule.epsilon))
    elif isinstance(op, Mean) and isinstance(rule, ZPlus | Epsilon):
        let_through = xs[0]
        if op.gate:
            let_through = xs[0] * (op.gate.open(tf.constant(xs[0])) * op.gate.scale()).numpy()
        if isinstance(rule, ZPlus):
            let_through = np.maximum(let_through, 0)
        part = op.function(tf.constant(let_through)).numpy()
        handed = share(r, part, part if isinstance(rule, ZPlus) else z)
    elif isinstance(rule, Epsilon):
        handed = share(r, z, z)
    elif isinstance(op, Pad):  # what lies on the padding is outside of the image
        handed = op.pull([tf.constant(x) for x in xs], tf.constant(r))[0].numpy()
    else:
        assert isinstance(rule, Pass | Gradient | Flat | WSquare), rule
        handed = r
    return handed.reshape(len(handed), -1).sum(1)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def network(request, randomise):
    keras.utils.set_random_seed(6)
    return randomise(build(request.param, weights=None, classes=5, input_shape=(32, 32, 3)))


@pytest.mark.parametrize("batchnorm", ["pass", "epsilon", "threshold"])
@pytest.mark.parametrize("case", CASES)
def test_every_operation_hands_on_all_but_the_share_of_its_bias(network, case, batchnorm):
    if network.name != "densenet121" and batchnorm != "pass":
        pytest.skip("all its BatchNorms are folded")
    method = method_from_name(case.partition(",")[0], CASES[case] | {"batchnorm": batchnorm})
    graph = canonise(read(network, "float64"), method.gates)
    rng = np.random.default_rng(7)
    tensors = graph.forward(tf.constant(rng.normal(size=(2, 32, 32, 3))))
    for op, rule in zip(graph.ops, assign(method.composite, graph, case), strict=True):
        xs, z = [tensors[number] for number in op.inputs], tensors[op.output]
        r = rng.normal(size=z.shape)  # any relevance: the law does not depend on where it comes from
        handed = rule(op, xs, z, tf.constant(r))
        arrived = sum(a.numpy().reshape(2, -1).sum(1) for a in handed)
        size = max(
            np.abs(r).reshape(2, -1).sum(1).max(), *(np.abs(a.numpy()).reshape(2, -1).sum(1).max() for a in handed)
        )
        np.testing.assert_allclose(
            arrived, kept(op, rule, [x.numpy() for x in xs], z.numpy(), r), rtol=0, atol=1e-10 * size, err_msg=op.name
        )
