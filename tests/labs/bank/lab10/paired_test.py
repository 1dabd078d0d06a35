"""Solutions of ``paired_test(u, v, signs)``: u, v (B,), signs (n, B) -> mean difference, p."""

import numpy as np


def right_vectorised(u, v, signs):
    """A matrix product."""
    d = u - v
    turned = signs @ d / len(d)
    return d.mean(), (1 + (np.abs(turned) >= abs(d.mean()) - 1e-9).sum()) / (1 + len(signs))


def right_loop(u, v, signs):
    """Row by row."""
    d = [a - b for a, b in zip(u, v, strict=True)]
    observed = sum(d) / len(d)
    far = 0
    for row in signs:
        mean = sum(s * e for s, e in zip(row, d, strict=True)) / len(d)
        far += abs(mean) >= abs(observed) - 1e-9
    return observed, (1 + far) / (1 + len(signs))


def right_isclose(u, v, signs):
    """Farther, or close to equal; as an array of two."""
    d = u - v
    turned, observed = np.abs((signs * d).mean(axis=1)), np.abs(d.mean())
    far = (turned > observed) | np.isclose(turned, observed)
    return np.array([d.mean(), (far.sum() + 1) / (len(far) + 1)]).tolist()


def right_float32(u, v, signs):
    """Single precision, sums in the place of means."""
    d = (u - v).astype(np.float32)
    turned = np.abs(np.einsum("nb,b->n", signs.astype(np.float32), d))
    return np.float32(d.mean()), float(1 + np.count_nonzero(turned >= np.abs(d.sum()) - 1e-4)) / (1 + len(signs))


def _p(turned, observed, n):
    return float(1 + (turned >= observed - 1e-9).sum()) / (1 + n)


def wrong_one_sided(u, v, signs):
    """Counts rows that are larger, not farther."""
    d = u - v
    return d.mean(), _p(signs @ d / len(d), d.mean(), len(signs))


def wrong_without_ones(u, v, signs):
    """The plain share of the rows."""
    d = u - v
    return d.mean(), float((np.abs(signs @ d / len(d)) >= abs(d.mean()) - 1e-9).mean())


def wrong_one_above_only(u, v, signs):
    """1 + count over n."""
    d = u - v
    return d.mean(), (1 + (np.abs(signs @ d / len(d)) >= abs(d.mean()) - 1e-9).sum()) / len(signs)


def wrong_strictly(u, v, signs):
    """Equal does not count."""
    d = u - v
    return d.mean(), (1 + (np.abs(signs @ d / len(d)) > abs(d.mean()) + 1e-9).sum()) / (1 + len(signs))


def wrong_unpaired(u, v, signs):
    """Turns the signs of u and of v apart from each other."""
    turned = np.abs((signs @ (u - u.mean()) - signs[::-1] @ (v - v.mean())) / len(u))
    return (u - v).mean(), _p(turned, abs((u - v).mean()), len(signs))


def wrong_reversed(u, v, signs):
    """v - u."""
    return -right_vectorised(u, v, signs)[0], right_vectorised(u, v, signs)[1]


def wrong_median(u, v, signs):
    """The median, which is more robust."""
    d = u - v
    return np.median(d), _p(np.abs(np.median(signs * d, axis=1)), abs(np.median(d)), len(signs))


def wrong_sum(u, v, signs):
    """The sum in the place of the mean."""
    return (u - v).sum(), right_vectorised(u, v, signs)[1]


def wrong_t_test(u, v, signs):
    """Student's t test of the pairs."""
    from scipy import stats

    d = u - v
    if not d.any():
        return 0.0, 1.0
    return d.mean(), float(stats.ttest_rel(u, v).pvalue) if np.ptp(d) else 1 / (1 + len(signs))


def wrong_complement(u, v, signs):
    """The share of rows that come less far."""
    difference, p = right_vectorised(u, v, signs)
    return difference, 1 - p


def wrong_absolute_difference(u, v, signs):
    """The size of the difference."""
    difference, p = right_vectorised(u, v, signs)
    return abs(difference), p


def wrong_mean_of_sizes(u, v, signs):
    """Turns the sizes of the differences, and compares with their mean."""
    d = np.abs(u - v)
    return (u - v).mean(), _p(np.abs(signs @ d / len(d)), d.mean(), len(signs))


def wrong_p_only(u, v, signs):
    """Forgets the effect."""
    return right_vectorised(u, v, signs)[1]


def wrong_no_tolerance(u, v, signs):
    """Plain >=, so that rounding decides among rows that come equally far."""
    d = u - v
    turned = np.abs(signs @ d / len(d))
    return d.mean(), (1 + (turned >= abs(d.mean())).sum()) / (1 + len(signs))


def wrong_no_tolerance_by_rows(u, v, signs):
    """The same, with a mean of each row."""
    d = u - v
    turned = np.abs((signs * d).mean(axis=1))
    return d.mean(), (1 + (turned >= abs(d.mean())).sum()) / (1 + len(signs))


def wrong_divided_by_pictures(u, v, signs):
    """1 + number of pictures below the line."""
    d = u - v
    return d.mean(), (1 + (np.abs(signs @ d / len(d)) >= abs(d.mean()) - 1e-9).sum()) / (1 + len(d))
