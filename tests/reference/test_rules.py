"""Every rule against its slow twin: the formula of the paper on the operation's dense matrix, in float64.

For one image, a linear operation is z = x A + b with a matrix A (inputs, outputs), found by feeding it unit vectors.
`c[i, j] = x[i] A[i, j]` is what input i contributes to output j; every rule is a way of sharing R[j] among the c[:, j].
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from autograder.reference import explain
from autograder.reference.graph import Conv, Dense, Gate, Linear, read
from autograder.reference.rules import AlphaBeta, Epsilon, Flat, Gamma, Gradient, Pass, WSquare, ZBox, ZPlus

RTOL = 1e-10
RNG = np.random.default_rng(3)


def conv(strides=(1, 1), padding="VALID", bias=True, gate=False):
    return Conv(
        name="conv",
        kind="Conv2D",
        inputs=(0,),
        output=1,
        weight=constant(RNG.normal(size=(3, 2, 2, 3))),
        offset=constant(RNG.normal(size=3)) if bias else None,
        gate=Gate(scale=constant(RNG.normal(size=2)), shift=constant(RNG.normal(size=2))) if gate else None,
        strides=strides,
        padding=padding,
    )


def dense(bias=True, gate=False):
    return Dense(
        name="dense",
        kind="Dense",
        inputs=(0,),
        output=1,
        weight=constant(RNG.normal(size=(6, 5))),
        offset=constant(RNG.normal(size=5)) if bias else None,
        gate=Gate(scale=constant(RNG.normal(size=6)), shift=constant(RNG.normal(size=6))) if gate else None,
    )


def constant(values):
    return lambda: tf.constant(values)


IMAGE = (5, 6, 2)
OPS = {
    "conv valid": (conv(), IMAGE),
    "conv valid, no bias": (conv(bias=False), IMAGE),
    "conv same": (conv(padding="SAME"), IMAGE),
    "conv same, strides": (conv(strides=(2, 3), padding="SAME"), IMAGE),
    "conv valid, strides": (conv(strides=(2, 1)), IMAGE),
    "conv padded by itself": (conv(strides=(2, 2), padding=[[0, 0], [1, 2], [0, 1], [0, 0]]), IMAGE),
    "conv behind a gate": (conv(padding="SAME", gate=True), IMAGE),
    "dense": (dense(), (6,)),
    "dense, no bias": (dense(bias=False), (6,)),
    "dense on an image": (dense(), (2, 2, 6)),
    "dense behind a gate": (dense(gate=True), (6,)),
}


def matrix(function, shape, outputs):
    """The matrix A (inputs, outputs) of a linear function of tensors of one shape."""
    n = int(np.prod(shape))
    return function(tf.reshape(tf.eye(n, dtype="float64"), (n, *shape))).numpy().reshape(n, outputs)


class Case:
    """One operation, one image, one relevance, and their dense form."""

    def __init__(self, name, positive):
        op, shape = OPS[name]
        self.op = type(op)(**{**vars(op), "positive": positive and op.gate is None})
        x = RNG.normal(size=(1, *shape))
        self.x = tf.constant(np.abs(x) if positive else x)
        self.z = self.op.forward(self.x)
        self.r = tf.constant(RNG.normal(size=self.z.shape))
        self.R = self.r.numpy().ravel()

        kernel, seen, outputs = self.op.kernel(), self.op.seen(self.x), self.R.size
        self.a = seen.numpy().ravel()
        self.A = matrix(lambda e: self.op.linear(e, kernel), shape, outputs)
        self.taps = matrix(lambda e: self.op.linear(e, tf.ones_like(kernel)), shape, outputs)
        self.c = self.a[:, None] * self.A
        self.b = self.z.numpy().ravel() - self.c.sum(0)

    def check(self, rule, expected):
        (got,) = rule(self.op, [self.x], self.z, self.r)
        np.testing.assert_allclose(got.numpy().ravel(), expected, rtol=0, atol=RTOL * np.abs(expected).max())


@pytest.fixture(params=[(name, positive) for name in OPS for positive in (False, True)], ids=str)
def case(request):
    return Case(*request.param)


def shares(c, b, R):
    """Hand R[j] to the inputs in proportion to c[:, j]; what goes to b stays there. 0 / 0 is 0."""
    z = c.sum(0) + b
    return (c * np.divide(R, z, out=np.zeros_like(R), where=z != 0)).sum(1)


def test_gradient(case):
    gate = case.op.gate.open(case.x).numpy().ravel() if case.op.gate else 1
    case.check(Gradient(), (case.A @ case.R) * gate)


@pytest.mark.parametrize("epsilon", [0, 0.1, 3.0])
def test_epsilon(case, epsilon):
    z = case.c.sum(0) + case.b
    case.check(Epsilon(epsilon), (case.c * (case.R / (z + epsilon * np.where(z >= 0, 1, -1)))).sum(1))


@pytest.mark.parametrize("bias", ["bach", "full", "none"])
@pytest.mark.parametrize("alpha", [1, 2, 1.5])
def test_alpha_beta(case, alpha, bias):
    activating, inhibiting = np.maximum(case.c, 0), np.minimum(case.c, 0)
    b_a, b_b = {
        "bach": (np.maximum(case.b, 0), np.minimum(case.b, 0)),
        "full": (case.b, case.b),
        "none": (np.zeros_like(case.b), np.zeros_like(case.b)),
    }[bias]
    beta = alpha - 1
    expected = alpha * shares(activating, b_a, case.R) - beta * shares(inhibiting, b_b, case.R)
    case.check(AlphaBeta(alpha, beta, bias), expected)


def test_z_plus(case):
    case.check(ZPlus(), shares(np.maximum(case.c, 0), 0, case.R))


@pytest.mark.parametrize("bias", ["bach", "full", "none"])
@pytest.mark.parametrize("gamma", [0.0, 0.25, 10.0])
def test_gamma(case, gamma, bias):
    b, weight_of_b = (0 * case.b if bias == "none" else case.b), (gamma if bias == "bach" else 0)

    def favouring(side, R):
        return shares(case.c + gamma * side(case.c, 0), b + weight_of_b * side(b, 0), R)

    z = case.c.sum(0) + b
    case.check(Gamma(gamma, bias), favouring(np.maximum, case.R * (z >= 0)) + favouring(np.minimum, case.R * (z < 0)))


def test_w_square(case):
    case.check(WSquare(), shares(case.A**2, 0, case.R))


def test_flat(case):
    case.check(Flat(), shares(case.taps, 0, case.R))


def test_z_box(case):
    channels = case.x.shape[-1]
    low, high = RNG.uniform(-3, -2, channels), RNG.uniform(2, 3, channels)
    positions = case.a.size // channels
    l, h = np.tile(low, positions)[:, None], np.tile(high, positions)[:, None]
    c = case.c - l * np.maximum(case.A, 0) - h * np.minimum(case.A, 0)
    case.check(ZBox(tuple(low), tuple(high)), shares(c, 0, case.R))


# -- operations without weights: built by Keras, read by `graph` -------------------------------------------------------


def only_op(layer, shape, inputs=1):
    """The operation that a Keras layer becomes, and images for it in float64."""
    xs = [keras.Input(shape, dtype="float64") for _ in range(inputs)]
    start = keras.Input(shape, dtype="float64")
    xs = [start * (i + 1.0) for i in range(inputs)] if inputs > 1 else [start]
    y = layer(xs if inputs > 1 else xs[0])
    scores = keras.layers.Dense(2, dtype="float64")(keras.layers.Flatten(dtype="float64")(y))
    graph = read(keras.Model(start, scores))
    (op,) = [op for op in graph.ops if op.name == layer.name]
    return op, [tf.constant(RNG.normal(size=(1, *shape))) for _ in range(inputs)]


LAYERS = keras.layers
UNWEIGHTED = {
    "average pooling": (LAYERS.AveragePooling2D(2, dtype="float64"), 1),
    "average pooling, same": (LAYERS.AveragePooling2D(3, 2, padding="same", dtype="float64"), 1),
    "global average pooling": (LAYERS.GlobalAveragePooling2D(dtype="float64"), 1),
    "add": (LAYERS.Add(dtype="float64"), 3),
    "concatenate": (LAYERS.Concatenate(dtype="float64"), 2),
    "zero padding": (LAYERS.ZeroPadding2D(((1, 2), (0, 1)), dtype="float64"), 1),
    "flatten": (LAYERS.Flatten(dtype="float64"), 1),
    "batch normalization": (LAYERS.BatchNormalization(dtype="float64"), 1),
}


@pytest.mark.parametrize("name", UNWEIGHTED)
@pytest.mark.parametrize("rule", [Epsilon(0), Epsilon(0.3), Gradient()], ids=str)
def test_operations_without_a_kernel(name, rule):
    """Sums, averages, BatchNorm: the epsilon rule and the gradient against the dense matrix of all inputs together."""
    layer, inputs = UNWEIGHTED[name]
    op, xs = only_op(layer, (4, 5, 2), inputs)
    if name == "batch normalization":
        layer.set_weights(
            [RNG.uniform(0.5, 2, 2) * [1, -1], RNG.normal(size=2), RNG.normal(size=2), RNG.uniform(1, 2, 2)]
        )
    z = op.forward(*xs)
    r = tf.constant(RNG.normal(size=z.shape))
    zeros = [tf.zeros_like(x) for x in xs]
    b = op.forward(*zeros).numpy().ravel()
    for i, (x, got) in enumerate(zip(xs, rule(op, xs, z, r), strict=True)):

        def from_input_i(e, i=i):
            others = [tf.zeros((len(e), *zero.shape[1:]), "float64") for zero in zeros]
            return op.forward(*others[:i], e, *others[i + 1 :])

        A = matrix(from_input_i, x.shape[1:], b.size) - b
        s, values = r.numpy().ravel(), z.numpy().ravel()
        if isinstance(rule, Epsilon):
            divisor = values + rule.epsilon * np.where(values >= 0, 1, -1)
            s = np.divide(s, divisor, out=np.zeros_like(s), where=divisor != 0)  # a padded pixel is 0 / 0
        expected = (A @ s) * (x.numpy().ravel() if isinstance(rule, Epsilon) else 1)
        np.testing.assert_allclose(got.numpy().ravel(), expected, rtol=0, atol=RTOL * np.abs(expected).max())


@pytest.mark.parametrize("name", ["average pooling", "average pooling, same", "add"])
def test_sums_and_averages_without_z_in_the_denominator(name):
    """Z+: the positive inputs share in proportion; Flat and W^2: all share equally."""
    layer, inputs = UNWEIGHTED[name]
    op, xs = only_op(layer, (4, 5, 2), inputs)
    z = op.forward(*xs)
    r = tf.constant(RNG.normal(size=z.shape))
    if name == "add":
        A = np.tile(np.eye(z[0].numpy().size), (inputs, 1))
    else:
        A = matrix(op.forward, (4, 5, 2), z.numpy().size)
    x, R = np.concatenate([x.numpy().ravel() for x in xs]), r.numpy().ravel()
    for rule, c in [(ZPlus(), np.maximum(x, 0)[:, None] * A), (Flat(), A), (WSquare(), A)]:
        got = np.concatenate([part.numpy().ravel() for part in rule(op, xs, z, r)])
        np.testing.assert_allclose(got, shares(c, 0, R), rtol=0, atol=RTOL * np.abs(R).max())


POOLINGS = {"valid": (7, 7, [0, 0]), "same": (6, 7, [0, 1])}  # height and width; padding above and on the left


@pytest.mark.parametrize("padding", POOLINGS)
@pytest.mark.parametrize("zeros", [False, True])
def test_max_pooling_gives_all_to_the_winner(padding, zeros):
    """Written as loops: windows overlap, so one pixel may win several times, and what it wins adds up.

    Of several largest pixels the first wins, and never the padding: a window that a ReLU left at 0 loses nothing.
    """
    height, width, (above, left) = POOLINGS[padding]
    op, (x,) = only_op(LAYERS.MaxPooling2D(3, 2, padding=padding, dtype="float64"), (height, width, 2))
    if zeros:
        x = tf.nn.relu(x) * (np.arange(width) > 3)[:, None]
    z = op.forward(x)
    r = RNG.normal(size=z.shape)
    expected = np.zeros(x.shape)
    for i, j, channel in np.ndindex(*z.shape[1:]):
        rows, columns = (
            range(max(2 * k - before, 0), min(2 * k - before + 3, size))
            for k, before, size in ((i, above, height), (j, left, width))
        )
        window = [(x[0, row, column, channel].numpy(), -row, -column) for row in rows for column in columns]
        _, row, column = max(window)
        expected[0, -row, -column, channel] += r[0, i, j, channel]
    (got,) = Gradient()(op, [x], z, tf.constant(r))
    np.testing.assert_allclose(got, expected, rtol=RTOL)


@pytest.mark.parametrize(
    "pooling", [LAYERS.AveragePooling2D(2), LAYERS.AveragePooling2D(3, 2, padding="same")], ids=str
)
@pytest.mark.parametrize("bias", ["bach", "full", "none"])
def test_alpha_beta_through_average_pooling_in_a_whole_network(pooling, bias):
    """Convolution, average of both signs, ReLU, Dense: layer by layer on dense matrices. The average shares by z+."""
    model = keras.Sequential(
        [
            keras.Input((5, 6, 2)),
            LAYERS.Conv2D(3, 3, padding="same", strides=(1, 2)),
            type(pooling).from_config(pooling.get_config()),
            LAYERS.ReLU(),
            LAYERS.Flatten(),
            LAYERS.Dense(4),
        ]
    )
    for weight in model.weights:
        weight.assign(RNG.normal(size=weight.shape))
    x = RNG.normal(size=(1, 5, 6, 2))
    graph = read(model, "float64")
    tensors = graph.forward(tf.constant(x))
    R = np.array([0, 0, tensors[graph.output][0, 2], 0])
    for op in reversed(graph.ops):
        a, z = (tensors[number].numpy().ravel() for number in (op.inputs[0], op.output))
        shape = tensors[op.inputs[0]].shape[1:]
        if isinstance(op, Linear):
            c = a[:, None] * matrix(lambda e, op=op: op.linear(e, op.weight()), shape, z.size)
            b = z - c.sum(0)
            plus, minus = {"bach": (np.maximum(b, 0), np.minimum(b, 0)), "full": (b, b), "none": (0 * b, 0 * b)}[bias]
            R = 2 * shares(np.maximum(c, 0), plus, R) - shares(np.minimum(c, 0), minus, R)
        elif op.kind == "AveragePooling2D":
            R = shares(np.maximum(a, 0)[:, None] * matrix(op.forward, shape, z.size), 0, R)
    got = explain(model, x, "lrp.alpha_2_beta_1", target=2, dtype="float64", bias=bias)
    np.testing.assert_allclose(got.ravel(), R, rtol=0, atol=RTOL * np.abs(R).max())


def test_pass_hands_on_what_arrived():
    r = tf.constant(RNG.normal(size=(1, 3)))
    assert Pass()(None, [r], r, r) == [r]


def test_a_gated_operation_is_batchnorm_then_relu_then_the_operation():
    """`forward` equals the three in a row, and kernel, seen input and bias add up to it."""
    for name in ("conv behind a gate", "dense behind a gate"):
        op: Linear = OPS[name][0]
        x = tf.constant(RNG.normal(size=(2, *OPS[name][1])))
        three = op.linear(tf.nn.relu(x * op.gate.scale() + op.gate.shift()), op.weight()) + op.offset()
        z = op.forward(x)
        np.testing.assert_allclose(z, three, rtol=RTOL)
        np.testing.assert_allclose(op.linear(op.seen(x), op.kernel()) + op.bias(x, z), z, rtol=RTOL)


@pytest.mark.parametrize("bias", ["bach", "full", "none"])
@pytest.mark.parametrize("small", [1e-3, 1e-5, 1e-7])
def test_alpha_beta_in_float32_where_little_inhibits(bias, small):
    """No difference of large numbers where a sum of small ones of the same sign is meant."""
    rng = np.random.default_rng(5)
    weight = rng.normal(size=(20, 50)).astype("float32")
    weight[weight < 0] *= small
    offset, x = np.abs(rng.normal(size=50)).astype("float32"), np.abs(rng.normal(size=(1, 20))).astype("float32")

    def handed(dtype):
        op = Dense(
            name="dense",
            kind="Dense",
            inputs=(0,),
            output=1,
            positive=True,
            weight=lambda: tf.constant(weight, dtype),
            offset=lambda: tf.constant(offset, dtype),
        )
        x_, r = tf.constant(x, dtype), tf.ones((1, 50), dtype)
        return AlphaBeta(2, 1, bias)(op, [x_], op.forward(x_), r)[0].numpy()

    exact = handed("float64")
    np.testing.assert_allclose(handed("float32"), exact, rtol=0, atol=2e-6 * np.abs(exact).max())
