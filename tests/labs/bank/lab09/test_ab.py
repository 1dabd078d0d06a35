"""Solutions of ``test_ab(f)``: the colleague's test, repaired altogether or in part."""

import numpy as np

from autograder.checks.lab09 import reference

right_reference = reference.test_ab
SETTINGS = ((1.0, 0.0), (2.0, 0.5))


def draw(rng):
    return rng.normal(size=(3, 20)), rng.normal(size=(20, 4)), rng.random((3, 4)) + 0.1


def hunted(judge, settings=SETTINGS):
    """The colleague's test with another judgement of what f gives and what is due."""

    def test(f):
        rng = np.random.default_rng(0)
        for alpha, beta in settings:
            a, W, R = draw(rng)
            assert judge(np.asarray(f(a, W, R, alpha, beta)), R, alpha - beta)

    return test


def _off(below, R, factor):
    return below.sum(axis=1) - factor * R.sum(axis=1)


right_relative = hunted(lambda *given: (np.abs(_off(*given)) < 1e-3 * given[1].sum(axis=1)).all())
right_allclose = hunted(lambda below, R, f: np.allclose(below.sum(axis=1), f * R.sum(axis=1), rtol=1e-3, atol=1e-4))
right_two_sides = hunted(lambda *given: bool(_off(*given).min() > -1e-3 and _off(*given).max() < 1e-3))


def right_loop(f):
    """Image by image."""
    rng = np.random.default_rng(3)
    for alpha, beta in ((1.0, 0.0), (2.0, 0.5), (3.0, 1.0)):
        a, W, R = draw(rng)
        below = f(a, W, R, alpha, beta)
        for k in range(len(a)):
            assert abs(below[k].sum() - (alpha - beta) * R[k].sum()) < 1e-3


def right_named(f):
    """By names, with a fresh layer each time."""
    for alpha, beta in SETTINGS:
        a, W, R = draw(np.random.default_rng())
        below = f(a=a, W=W, R=R, alpha=alpha, beta=beta)
        np.testing.assert_allclose(below.sum(axis=1), (alpha - beta) * R.sum(axis=1), rtol=1e-3, atol=1e-3)


def right_alone(f):
    """Each image is handed over alone, too."""
    reference.test_ab(f)
    a, W, R = draw(np.random.default_rng(2))
    for k in range(3):
        assert abs(f(a[k : k + 1], W, R[k : k + 1], 2.0, 1.0).sum() - R[k].sum()) < 1e-3


# The values' magnitudes are added up: a right rule with a beta has values of both signs.
wrong_magnitudes = hunted(lambda below, R, f: (np.abs(np.abs(below).sum(axis=1) - f * R.sum(axis=1)) < 1e-3).all())
wrong_any = hunted(lambda *given: bool((np.abs(_off(*given)) < 1e-4).any()))
wrong_median = hunted(lambda *given: np.median(np.abs(_off(*given))) < 1e-3)
wrong_least = hunted(lambda *given: np.abs(_off(*given)).min() < 1e-3)
wrong_first_only = hunted(lambda *given: abs(_off(*given)[0]) < 1e-3)
wrong_last_two = hunted(lambda *given: np.abs(_off(*given)[1:]).max() < 1e-3)
# Both differences of alpha and beta are 1: LRP-0 passes.
wrong_difference_one = hunted(lambda *given: np.abs(_off(*given)).max() < 1e-3, ((1.0, 0.0), (2.0, 1.0)))
wrong_half = hunted(lambda *given: np.abs(_off(*given)).max() < 0.5)
wrong_unrepaired = hunted(lambda below, R, f: below.sum() - f * R.sum() < 1e-12)
wrong_batch = hunted(lambda below, R, f: abs(below.sum() - f * R.sum()) < 1e-3)
wrong_one_sided = hunted(lambda *given: _off(*given).max() < 1e-3)
wrong_exact = hunted(lambda *given: np.abs(_off(*given)).max() < 1e-12)
wrong_axis_only = hunted(lambda *given: _off(*given).max() < 1e-12)
wrong_tolerance_only = hunted(lambda below, R, f: below.sum() - f * R.sum() < 1e-3)
wrong_sign_only = hunted(lambda below, R, f: abs(below.sum() - f * R.sum()) < 1e-12)
wrong_over_inputs = hunted(lambda below, R, f: np.abs(below.sum(axis=0).sum() - f * R.sum()) < 1e-3)
wrong_mean = hunted(lambda *given: abs(_off(*given).mean()) < 1e-3)
wrong_generous = hunted(lambda *given: np.abs(_off(*given)).max() < 10)
wrong_equal = hunted(lambda below, R, f: bool((below.sum(axis=1) == f * R.sum(axis=1)).all()))
wrong_abs_inside = hunted(lambda below, R, f: bool((np.abs(below.sum(axis=1)) - f * R.sum(axis=1) < 1e-3).all()))
wrong_other_way = hunted(lambda *given: (-_off(*given)).max() < 1e-3)


def wrong_axis(f):
    """Sums over the images."""
    for alpha, beta in SETTINGS:
        a, W, R = draw(np.random.default_rng(0))
        assert np.abs(f(a, W, R, alpha, beta).sum(axis=0) - (alpha - beta) * R.sum(axis=0)).max() < 1e-3


def wrong_accepts(f):
    f(*draw(np.random.default_rng(0)), 1.0, 0.0)


def wrong_refuses(f):
    f(*draw(np.random.default_rng(0)), 1.0, 0.0)
    raise AssertionError


def wrong_first_image(f):
    """Looks at the first image of each batch, which is alone."""
    rng = np.random.default_rng(0)
    for alpha, beta in SETTINGS:
        a, W, R = draw(rng)
        below = f(a[:1], W, R[:1], alpha, beta)
        assert np.abs(_off(below, R[:1], alpha - beta)).max() < 1e-3
