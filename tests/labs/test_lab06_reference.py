"""The dense reference against slow twins: each rule written again from its paper, share by share, on the Jacobian."""

import numpy as np
import pytest

from autograder.reference import dense

TOLERANCE = 1e-10


@pytest.fixture(params=range(5))
def layer(request):
    """a, W, b, R with both signs everywhere, and one output whose contributions are all positive."""
    rng = np.random.default_rng(request.param)
    a, W, b, R = rng.normal(size=(4, 6)), rng.normal(size=(6, 5)), rng.normal(size=5), rng.normal(size=(4, 5))
    W[:, 0] = np.abs(W[:, 0]) * np.sign(a[0])
    return a, W, b, R


def jacobian(a, W):
    """dz_j / da_i of the linear layer by central differences: (I, J), without using W as such."""
    step, I = 0.5, a.shape[1]
    unit = np.eye(I) * step
    return np.stack([((a[0] + unit[i]) @ W - (a[0] - unit[i]) @ W) / (2 * step) for i in range(I)])


def s(value):
    return 1.0 if value >= 0 else -1.0


def shared(a, R, numerators, denominator):
    """Relevance by explicit shares: numerators(n, i, j) / denominator(n, j) * R[n, j], summed over j."""
    out = np.zeros(a.shape)
    for n in range(a.shape[0]):
        for j in range(R.shape[1]):
            for i in range(a.shape[1]):
                out[n, i] += numerators(n, i, j) / denominator(n, j) * R[n, j]
    return out


def agrees(got, expected):
    np.testing.assert_allclose(got, expected, rtol=0, atol=TOLERANCE * max(1.0, np.abs(expected).max()))


@pytest.mark.parametrize("eps", [1e-6, 0.3])
def test_eps(layer, eps):
    a, W, b, R = layer
    J = jacobian(a, W)

    def z(n, j):
        value = sum(a[n, i] * J[i, j] for i in range(6)) + b[j]
        return value + eps * s(value)

    agrees(dense.lrp_eps(a, W, b, R, eps), shared(a, R, lambda n, i, j: a[n, i] * J[i, j], z))


@pytest.mark.parametrize("gamma", [0.0, 0.25, 10.0])
def test_gamma(layer, gamma):
    a, W, b, R = layer
    a, J = np.abs(a), jacobian(a, W)

    def part(n, i, j):
        return a[n, i] * (J[i, j] * (1 + gamma) if J[i, j] > 0 else J[i, j])

    def z(n, j):
        value = sum(part(n, i, j) for i in range(6)) + (b[j] * (1 + gamma) if b[j] > 0 else b[j])
        return value + 1e-6 * s(value)

    agrees(dense.lrp_gamma(a, W, b, R, gamma, 1e-6), shared(a, R, part, z))


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.0), (2.0, 1.0), (0.5, -0.5)])
def test_ab(layer, alpha, beta):
    a, W, b, R = layer
    J, eps = jacobian(a, W), 1e-6
    expected = np.zeros(a.shape)
    for n in range(4):
        for j in range(5):
            parts = [a[n, i] * J[i, j] for i in range(6)]
            up = sum(p for p in parts if p > 0) + (b[j] if b[j] > 0 else 0)
            down = sum(p for p in parts if p < 0) + (b[j] if b[j] < 0 else 0)
            for i, p in enumerate(parts):
                book = alpha * p / (up + eps) if p > 0 else -beta * p / (down - eps)
                expected[n, i] += book * R[n, j]
    agrees(dense.lrp_ab(a, W, b, R, alpha, beta, eps), expected)


def test_zB(layer):
    a, W, _, R = layer
    J, lo, hi = jacobian(a, W), a.min(axis=0) - 0.5, a.max(axis=0) + 0.25

    def part(n, i, j):
        return (a[n, i] - (lo[i] if J[i, j] > 0 else hi[i])) * J[i, j]

    def z(n, j):
        value = sum(part(n, i, j) for i in range(6))
        return value + 1e-9 * s(value)

    agrees(dense.lrp_zB(a, W, R, lo, hi), shared(a, R, part, z))


def test_w2_and_flat(layer):
    a, W, _, R = layer
    J = jacobian(a, W)
    totals = [sum(J[i, j] ** 2 for i in range(6)) + 1e-9 for j in range(5)]
    agrees(dense.lrp_w2(W, R), shared(a, R, lambda n, i, j: J[i, j] ** 2, lambda n, j: totals[j]))
    agrees(dense.lrp_flat(W, R), shared(a, R, lambda n, i, j: 1.0, lambda n, j: 6.0))


def test_an_output_without_weights_hands_nothing_on(layer):
    _, W, _, R = layer
    W[:, 2] = 0
    others = np.delete(np.arange(5), 2)
    agrees(dense.lrp_w2(W, R), dense.lrp_w2(W[:, others], R[:, others]))


def test_stabilise():
    z = np.array([-2.0, -0.0, 0.0, 3.0])
    np.testing.assert_array_equal(dense.stabilise(z, 0.5), [-2.5, 0.5, 0.5, 3.5])


# Whole networks


@pytest.fixture
def network():
    rng = np.random.default_rng(1)
    sizes = (6, 8, 7, 4)
    params = [(rng.normal(size=(sizes[k], sizes[k + 1])), rng.normal(size=sizes[k + 1])) for k in range(3)]
    return params, rng.normal(size=(5, 6)), np.array([0, 3, 1, 1, 2])


def brute_gradient(params, x, c):
    """Gradient of each chosen logit by central differences on the piecewise linear network."""
    step, rows, out = 1e-6, np.arange(len(x)), np.zeros(x.shape)
    for i in range(x.shape[1]):
        move = step * np.eye(x.shape[1])[i]
        up, down = (dense.mlp_forward(params, x + sign * move)[-1][rows, c] for sign in (1, -1))
        out[:, i] = (up - down) / (2 * step)
    return out


def test_gradient_x_input(network):
    params, x, c = network
    np.testing.assert_allclose(dense.gradient_x_input(params, x, c), x * brute_gradient(params, x, c), atol=1e-7)


def test_lrp_0_is_gradient_x_input_also_with_biases(network):
    params, x, c = network
    trace = dense.lrp_mlp(params, x, c, [("eps", {"eps": 1e-13})] * 3)
    np.testing.assert_allclose(trace[0], dense.gradient_x_input(params, x, c), rtol=1e-8, atol=1e-9)


def test_conservation_and_the_exact_share_of_the_bias(network):
    params, x, c = network
    plain = [(W, 0 * b) for W, b in params]
    for R in (trace := dense.lrp_mlp(plain, x, c, [("eps", {"eps": 1e-13})] * 3)):
        np.testing.assert_allclose(R.sum(axis=1), trace[-1].sum(axis=1), rtol=1e-8)
    *inputs, _ = dense.mlp_forward(params, x)
    trace = dense.lrp_mlp(params, x, c, [("eps", {"eps": 0.2})] * 3)
    for a, (W, b), below, above in zip(inputs, params, trace, trace[1:], strict=False):
        z = a @ W + b
        taken = above * (b + 0.2 * np.where(z >= 0, 1, -1)) / dense.stabilise(z, 0.2)
        np.testing.assert_allclose(below.sum(axis=1), (above - taken).sum(axis=1), rtol=1e-10)


def test_alpha_beta_conserves_only_where_an_output_has_both_signs(layer):
    a, W, b, R = layer
    out = dense.lrp_ab(a, W, 0 * b, R, 2.0, 1.0)
    parts = a[:, :, None] * W
    up, down = (parts > 0).any(axis=1), (parts < 0).any(axis=1)
    assert up[0, 0]
    assert not down[0, 0]
    np.testing.assert_allclose(out.sum(axis=1), (R * (2.0 * up - 1.0 * down)).sum(axis=1), rtol=1e-6)


def test_gamma_tends_to_alpha_1_beta_0(layer):
    a, W, b, R = layer
    a = np.abs(a)
    W[0], W[1] = np.abs(W[0]), -np.abs(W[1])  # an output without positive contributions has another limit: LRP-0
    limit = dense.lrp_ab(a, W, 0 * b, R, 1.0, 0.0)
    errors = [np.abs(dense.lrp_gamma(a, W, 0 * b, R, gamma) - limit).max() for gamma in (1e2, 1e4, 1e6)]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-4 * np.abs(limit).max()


def test_zB_with_a_point_box_is_lrp_0(layer):
    a, W, b, R = layer
    agrees(dense.lrp_zB(a, W, R, 0.0, 0.0), dense.lrp_eps(a, W, 0 * b, R, 1e-9))


def test_batch_independence(network):
    params, x, c = network
    lo, hi = np.full(6, -4.0), np.full(6, 4.0)
    rules = [("zB", {"lo": lo, "hi": hi}), ("gamma", {"gamma": 0.25}), ("ab", {"alpha": 2.0, "beta": 1.0})]
    together = dense.lrp_mlp(params, x, c, rules)[0]
    alone = np.concatenate([dense.lrp_mlp(params, x[[k]], c[[k]], rules)[0] for k in range(len(x))])
    np.testing.assert_allclose(together, alone, rtol=1e-12, atol=1e-12)
