"""Bootstrap intervals."""

import numpy as np
import pytest

from toonlens.stats import bootstrap_ci


def test_the_interval_is_that_of_theory_and_the_same_each_time():
    right = np.arange(400) % 10 > 0
    mean, low, high = bootstrap_ci(right)
    assert mean == pytest.approx(0.9)
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(0.9 * 0.1 / 400), rel=0.1)
    assert bootstrap_ci(right) == (mean, low, high) != bootstrap_ci(right, seed=1)


def test_a_lower_level_is_narrower():
    values = np.random.default_rng(0).normal(size=50)
    _, low, high = bootstrap_ci(values)
    _, above, below = bootstrap_ci(values, level=0.5)
    assert low < above < below < high


@pytest.mark.parametrize("values", [[0.25], [1.0] * 7])
def test_equal_values_have_no_spread(values):
    assert bootstrap_ci(values) == (values[0],) * 3


@pytest.mark.parametrize("values", [[], [[1.0, 2.0]], 3.0])
def test_other_shapes_are_refused(values):
    with pytest.raises(ValueError, match="one-dimensional"):
        bootstrap_ci(values)
