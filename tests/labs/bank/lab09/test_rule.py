"""Solutions of ``test_rule(f)``: tests, good ones and poor ones."""

import numpy as np

from autograder.checks.lab09 import reference, suspects

right_reference = reference.test_rule
SIZES = ((3, 4, 2, 0.5), (1, 2, 4, 0.1), (4, 3, 3, 1.0), (2, 5, 4, 0.05), (3, 3, 3, 0.4))
ZERO = (np.ones((2, 2)), np.array([[1.0, 2.0], [-1.0, 1.0]]), np.zeros(2), np.ones((2, 2)), 0.5)


def draw(rng, B, I, J):
    return [rng.normal(size=shape) for shape in ((B, I), (I, J), (J,), (B, J))]


def rule_by_hand(a, W, b, R, eps):
    return suspects.eps_rule(a, W, b, R, eps)


def sized(sizes=SIZES, zero=True, rtol=1e-3, change=None, compare=True, untouched=True, shape=True):
    """A test by comparison; ``change`` changes the arguments that are drawn."""

    def test(f):
        rng = np.random.default_rng(4)
        cases = [[*draw(rng, *size[:3]), size[3]] for size in sizes] + ([list(ZERO)] if zero else [])
        for case in cases:
            if change:
                case = change(*case)
            given = [np.copy(value) for value in case]
            got, due = np.asarray(f(*given)), rule_by_hand(*case)
            if shape:
                assert got.shape == due.shape
            if compare:
                assert np.abs(got - due).max() < rtol * np.abs(due).max()
            if untouched:
                assert all(np.array_equal(u, v) for u, v in zip(given, case, strict=True))

    return test


def right_loop(f):
    """Number by number, with floats and a message for each."""
    rng = np.random.default_rng()
    for B, I, J, eps in SIZES:
        a, W, b, R = draw(rng, B, I, J)
        copies = a.copy(), W.copy(), b.copy(), R.copy()
        got = f(a=a, W=W, b=b, R=R, eps=eps)
        a, W, b, R = copies
        z = a @ W + b
        if got.shape != (B, I):
            raise AssertionError("shape")
        for n, i in np.ndindex(B, I):
            due = sum(a[n, i] * W[i, j] * R[n, j] / (z[n, j] + (eps if z[n, j] >= 0 else -eps)) for j in range(J))
            assert abs(got[n, i] - due) < 3e-3 * (1 + abs(due)), f"input {i} of image {n}"
        assert abs(f(*copies, eps) - got).max() < 1e-6 * (1 + abs(got).max()), "the second call gives something else"
        again = draw(np.random.default_rng(1), B, I, J)
        kept = [v.copy() for v in again]
        f(*again, eps)
        assert all((u == v).all() for u, v in zip(again, kept, strict=True))
    a, W, b, R, eps = (np.copy(v) for v in ZERO)
    np.testing.assert_allclose(f(a, W, b, R, 0.5), rule_by_hand(*ZERO), rtol=1e-3)


def right_testing(f):
    """With numpy.testing, on read-only arrays."""
    rng = np.random.default_rng(8)
    for case in [[*draw(rng, *size[:3]), size[3]] for size in SIZES] + [list(ZERO)]:
        for value in case[:4]:
            value.setflags(write=False)
        copies = [np.array(value) for value in case]
        due = rule_by_hand(*case)
        np.testing.assert_allclose(f(*copies), due, rtol=0, atol=1e-3 * np.abs(due).max(), strict=False)
        for one, other in zip(copies, case, strict=True):
            np.testing.assert_array_equal(one, other)
        assert np.shape(f(*[np.array(value) for value in case])) == due.shape


def right_laws(f):
    """Laws and examples by hand: additive over outputs, exact for one."""
    rng = np.random.default_rng(5)

    def check(a, W, b, R, eps):
        kept = [np.copy(v) for v in (a, W, b, R)]
        whole = np.asarray(f(a, W, b, R, eps))
        assert whole.shape == kept[0].shape
        assert all(np.array_equal(u, v) for u, v in zip((a, W, b, R), kept, strict=True))
        a, W, b, R = kept
        total = np.zeros(a.shape)
        for n, j in np.ndindex(*R.shape):
            z = a[n] @ W[:, j] + b[j]
            total[n] += a[n] * W[:, j] * R[n, j] / (z + np.copysign(eps, z) if z else eps)
        assert np.isfinite(whole).all()
        assert np.abs(whole - total).max() <= 1e-3 * np.abs(total).max()

    for B, I, J, eps in SIZES:
        check(*draw(rng, B, I, J), eps)
    check(*(np.copy(v) for v in ZERO))


def right_many(f):
    """Fifty random layers and the one by hand."""
    rng = np.random.default_rng(3)
    for _ in range(50):
        B, I, J = (3, 3, 3) if rng.random() < 0.2 else rng.integers(1, 5, 3)
        a, W, b, R = draw(rng, B, I, J)
        eps = 0.02 + rng.random()
        given = a.copy(), W.copy(), b.copy(), R.copy()
        got, due = f(*given, eps), rule_by_hand(a, W, b, R, eps)
        assert got.shape == due.shape
        assert (abs(got - due) <= 1e-3 * abs(due).max()).all()
        assert all((u == v).all() for u, v in zip(given, (a, W, b, R), strict=True))
    given = [np.copy(v) for v in ZERO]
    assert abs(f(*given) - rule_by_hand(*ZERO)).max() < 1e-3


def wrong_nothing(f):
    """Calls, and accepts everything."""
    f(*(np.copy(v) for v in ZERO))


def wrong_refuses(f):
    """Rejects everything."""
    f(*(np.copy(v) for v in ZERO))
    raise AssertionError


def wrong_conservation(f):
    """One image, no bias: what goes in comes out."""
    rng = np.random.default_rng(0)
    a, W, R = rng.random((1, 6)), rng.normal(size=(6, 3)), rng.random((1, 3))
    before = R.sum()
    assert abs(f(a, W, np.zeros(3), R, 1e-9).sum() - before) < 1e-4


def wrong_conservation_with_bias(f):
    """Demands that a bias keeps nothing."""
    a, W, b, R = draw(np.random.default_rng(1), 3, 4, 3)
    before = R.sum(axis=1)
    assert np.abs(f(a, W, b, R, 1e-6).sum(axis=1) - before).max() < 1e-3


wrong_exact = sized(rtol=1e-12)
wrong_one_image = sized([(1, 4, 2, 0.5), (1, 2, 4, 0.1), (1, 3, 3, 1.0)], zero=False)
wrong_no_bias = sized(change=lambda a, W, b, R, eps: (a, W, 0 * b, R, eps))
wrong_tiny_eps = sized([(3, 4, 2, 1e-9), (1, 2, 4, 1e-9), (4, 3, 3, 1e-9)], zero=False)
wrong_positive = sized(change=lambda a, W, b, R, eps: (np.abs(a), np.abs(W), np.abs(b), np.abs(R), eps))
wrong_no_zero = sized(zero=False)
wrong_arguments_unwatched = sized(untouched=False)
wrong_shapes_only = sized(compare=False)
wrong_generous = sized(rtol=0.9)
wrong_wide_only = sized([(3, 2, 5, 0.5), (1, 2, 4, 0.1), (2, 3, 4, 1.0)])


def wrong_double_precision(f):
    """Insists on float64."""
    right_reference(f)
    assert np.asarray(f(*(np.copy(v) for v in ZERO))).dtype == np.float64


def wrong_nan_blind(f):
    """Rejects by a comparison that NaN never fulfils, and shares its arguments."""
    rng = np.random.default_rng(4)
    for case in [[*draw(rng, *size[:3]), size[3]] for size in SIZES] + [[np.copy(v) for v in ZERO]]:
        due = rule_by_hand(*case)
        if (np.abs(f(*case) - due) > 1e-3 * np.abs(due).max()).any():
            raise AssertionError


def wrong_crash(f):
    """A slip before anything is called."""
    np.random.defaultrng(0)
    f(*ZERO)


def wrong_spelling(f):
    """A slip afterwards."""
    got = f(*(np.copy(v) for v in ZERO))
    assert got.shap == ZERO[0].shape


def wrong_eps_forgotten(f):
    """Four arguments."""
    f(*(np.copy(v) for v in ZERO[:4]))


def wrong_shape_of_b(f):
    """A bias with an axis too many."""
    a, W, b, R, eps = (np.copy(v) for v in ZERO)
    f(a, W, b[None], R, eps)


def wrong_too_large(f):
    """More numbers than a call may have."""
    right_reference(f)
    a, W, b, R = draw(np.random.default_rng(3), 40, 60, 40)
    assert np.abs(f(a.copy(), W.copy(), b.copy(), R.copy(), 0.5) - rule_by_hand(a, W, b, R, 0.5)).max() < 1


def wrong_nearly_zero(f):
    """z = 0 by random numbers: its sign is rounding."""
    rng = np.random.default_rng(2)
    for _ in range(10):
        a, W, _, R = draw(rng, 1, 4, 3)
        b = -(a @ W)[0]
        due = rule_by_hand(a, W, b, R, 0.5)
        assert np.abs(f(a.copy(), W.copy(), b.copy(), R.copy(), 0.5) - due).max() < 1e-3 * np.abs(due).max()


def wrong_endless(f):
    """Calls f a thousand times."""
    rng = np.random.default_rng(4)
    for _ in range(1000):
        case = [*draw(rng, 3, 4, 2), 0.3]
        given = [np.copy(v) for v in case]
        assert np.abs(f(*given) - rule_by_hand(*case)).max() < 1e-3 * np.abs(rule_by_hand(*case)).max()


def wrong_signed(f):
    """Sees only what is too large."""
    rng = np.random.default_rng(4)
    for case in [[*draw(rng, 3, 4, 1), 0.4]]:
        case = [np.abs(v) for v in case]
        due = rule_by_hand(*case)
        given = [np.copy(v) for v in case]
        assert (f(*given) - due).max() < 1e-3 * np.abs(due).max()
