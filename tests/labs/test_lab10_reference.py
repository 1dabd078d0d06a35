"""The reference of lab 10 against the evaluation's measures, scipy, and slow twins."""

import itertools

import numpy as np
import pytest
from scipy import stats

from autograder.checks.lab10 import reference
from autograder.reference import evaluate


@pytest.fixture(params=range(3))
def rng(request):
    return np.random.default_rng(request.param)


def test_the_paired_test_is_scipys_with_all_signs(rng):
    u, v = rng.normal(size=8), rng.normal(size=8) + 0.4
    every = np.array(list(itertools.product([-1.0, 1.0], repeat=8)))
    difference, p = reference.paired_test(u, v, every)
    exact = stats.permutation_test((u - v,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert difference == pytest.approx(exact.statistic)
    assert p * (1 + len(every)) - 1 == pytest.approx(exact.pvalue * len(every))


def test_flipping_is_that_of_the_evaluation(rng):
    x, R, w = rng.normal(size=(4, 6, 5, 3)), rng.normal(size=(4, 6, 5)), rng.normal(size=(4, 6, 5, 3))
    steps, fill = [1, 7, 30], rng.normal(size=3)

    def f(images):
        return np.tanh((images * w).sum(axis=(1, 2, 3)))

    for sign, first in ((1, "most"), (-1, "least")):
        expected = evaluate.flip_curve(f, x, R, steps, fill, first)
        assert np.allclose(reference.flip_curve(f, x, sign * R, steps, fill), expected)


def test_the_band_is_what_lies_within_so_many_steps(rng):
    M = np.stack([reference.blob(rng, 9, 8) for _ in range(3)])
    R = rng.normal(size=(3, 9, 8, 2))
    for width in (1, 2):
        expected = []
        for heat, mask in zip(np.maximum(R.sum(axis=-1), 0), M, strict=True):
            places = list(np.ndindex(mask.shape))
            band = np.array(
                [
                    any(abs(a - c) + abs(b - d) <= width for c, d in places if mask[c, d] != mask[a, b])
                    for a, b in places
                ]
            ).reshape(mask.shape)
            expected.append((heat * band).sum() / heat.sum() - band.mean())
        assert np.allclose(reference.band_mass(R, M, width), expected)


def test_every_stage_of_the_cascade_has_one_more_random_layer(rng):
    params = [(rng.normal(size=s), rng.normal(size=s[-1])) for s in ((3, 3, 2, 4), (4, 5), (5, 6))]
    stages = reference.cascade(params, 0)
    for k, stage in enumerate(stages, 1):
        same = [np.array_equal(W, old) for (W, _), (old, _) in zip(stage, params, strict=True)]
        assert same == [True] * (3 - k) + [False] * k


def test_a_tag_is_pasted_where_its_mask_says(rng):
    x = rng.integers(0, 255, (30, 12, 11, 3)).astype(np.uint8)
    y, tag = np.repeat([0, 1], 15), np.full((3, 4, 3), 255, dtype=np.uint8)
    tagged, masks = reference.plant_tag(x, y, 1, 0.6, tag, 0)
    assert masks.any(axis=(1, 2)).sum() == 9
    assert not masks[y == 0].any()
    assert np.array_equal(tagged[masks], np.full((9 * 12, 3), 255))
    assert np.array_equal(tagged[~masks], x[~masks])
    assert masks[:, 7:10, 2:6].sum() == masks.sum()
