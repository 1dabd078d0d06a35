"""The measures obey their laws, agree with slow twins, and find what was planted."""

import keras
import numpy as np
import pytest
from scipy import stats

from autograder.reference import explain
from autograder.reference.evaluate import (
    aopc,
    cascade,
    coverage,
    edges,
    flip_curve,
    flip_order,
    heat,
    mass_in_mask,
    noise,
    outline,
    pointing,
    rank_accuracy,
    ratio_ci,
    similarity,
)
from toonlens.errors import UserError

H = W = 6


def maps(b=5, seed=0, levels=None):
    """Random maps (b, H, W, 3) of both signs; with `levels`, only so many different values, so that pixels tie."""
    rng = np.random.default_rng(seed)
    r = rng.normal(size=(b, H, W, 3))
    return np.round(r.sum(-1) * levels / 4) / levels if levels else r


def masks(b=5, seed=1):
    mask = np.random.default_rng(seed).random((b, H, W)) < 0.3
    mask[:, 2, 2] = True
    return mask


# -- slow twins, pixel by pixel ----------------------------------------------------------------------------------------


def slow_mass(r, m):
    inside = total = 0.0
    for i in range(H):
        for j in range(W):
            relevance = max(float(r[i, j].sum()), 0.0)
            total += relevance
            inside += relevance if m[i, j] else 0.0
    return inside / total


def in_random_orders(measure, r, m, times=4000):
    """The mean of a measure over random orders among equal pixels."""
    rng = np.random.default_rng(3)
    flat, mask = r.ravel(), m.ravel()
    found = []
    for _ in range(times):
        order = rng.permutation(len(flat))
        order = order[np.argsort(-flat[order], kind="stable")]
        found.append(measure(mask[order], mask.sum()))
    return np.mean(found)


def test_mass_equals_the_slow_one():
    r, m = maps(), masks()
    mass, area = mass_in_mask(r, m)
    np.testing.assert_allclose(mass, [slow_mass(a, b) for a, b in zip(r, m, strict=True)], atol=1e-12)
    np.testing.assert_allclose(area, [b.sum() / (H * W) for b in m])


@pytest.mark.parametrize("levels", [None, 2])
def test_rank_and_pointing_equal_the_slow_ones_ties_in_random_order(levels):
    r, m = maps(levels=levels), masks()
    for i in range(len(r)):
        slow = in_random_orders(lambda hit, k: hit[:k].mean(), heat(r)[i], m[i])
        assert rank_accuracy(r, m)[i] == pytest.approx(slow, abs=0.01)
        slow = in_random_orders(lambda hit, k: hit[0], heat(r)[i], m[i])
        assert pointing(r, m)[i] == pytest.approx(slow, abs=0.03)


def test_similarity_is_spearmans_rank_correlation():
    for levels in (None, 2):
        a, b = maps(seed=1, levels=levels), maps(seed=2, levels=levels)
        expected = [stats.spearmanr(p.ravel(), q.ravel()).statistic for p, q in zip(heat(a), heat(b), strict=True)]
        np.testing.assert_allclose(similarity(a, b), expected, atol=1e-12)


# -- planted maps, whose scores are known ------------------------------------------------------------------------------


def test_a_map_that_is_the_mask_scores_one_and_its_complement_zero():
    m = masks()
    inside, outside = m.astype(float)[..., None], 1.0 - m[..., None]
    for measure in (lambda r: mass_in_mask(r, m)[0], lambda r: rank_accuracy(r, m), lambda r: pointing(r, m)):
        np.testing.assert_allclose(measure(inside), 1)
        np.testing.assert_allclose(measure(outside), 0)


def test_a_planted_share_is_found():
    m = np.zeros((1, H, W), bool)
    m[0, 0, :2] = True
    r = np.zeros((1, H, W))
    r[0, 0, 0], r[0, 3, 3], r[0, 3, 4], r[0, 5, 5] = 3.0, 4.0, 2.0, -100.0
    assert mass_in_mask(r, m)[0] == pytest.approx(3 / 9)  # the negative pixel takes no part
    assert mass_in_mask(r, m)[1] == pytest.approx(2 / 36)
    assert rank_accuracy(r, m) == 0.5  # of the two most relevant pixels, one is inside
    assert pointing(r, m) == 0


def test_channels_are_summed_before_the_sign_is_looked_at():
    r = np.zeros((1, H, W, 3))
    r[0, 0, 0] = [5, -4, -2]  # -1 in all
    r[0, 1, 1] = [1, 0, 0]
    m = np.zeros((1, H, W), bool)
    m[0, 0, 0] = True
    assert mass_in_mask(r, m)[0] == 0
    assert pointing(r, m) == 0


def test_coverage_counts_the_pixels_that_carry_relevance():
    m = np.ones((1, H, W), bool)
    r = np.zeros((1, H, W))
    assert coverage(r, m) == 0
    r[0, :3] = 7
    assert coverage(r, m) == pytest.approx(0.5)
    r[0] = -1
    r[0, 0, 0] = 1
    assert coverage(r, m) == pytest.approx(1 / 36)


@pytest.mark.parametrize("method", ["gradient", "lrp.epsilon", "lrp.alpha_1_beta_0", "smoothgrad"])
def test_a_network_that_sees_a_patch_only_is_found_out(method):
    """The whole chain: a network whose weights are zero outside a patch, its maps, and their measures."""
    patch = np.zeros((8, 8), bool)
    patch[2:5, 3:6] = True
    rng = np.random.default_rng(0)
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(inputs)))
    model.set_weights([(rng.normal(size=(8, 8, 3, 2)) * patch[..., None, None]).reshape(192, 2), np.zeros(2)])
    x = rng.uniform(0.1, 1, (4, 8, 8, 3)).astype("float32")
    r, there = explain(model, x, method), np.repeat(patch[None], 4, axis=0)
    mass, area = mass_in_mask(r, there)
    np.testing.assert_allclose(mass, 1)
    np.testing.assert_allclose(area, 9 / 64)
    np.testing.assert_array_equal(pointing(r, there), 1)
    np.testing.assert_array_equal(pointing(r, ~there), 0)


# -- maps and masks at the edge ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0.0, -2.0])
def test_a_map_without_aim_scores_chance(value):
    r, m = np.full((5, H, W, 3), value), masks()
    mass, area = mass_in_mask(r, m)
    np.testing.assert_allclose(mass, area)
    np.testing.assert_allclose(rank_accuracy(r, m), area)
    np.testing.assert_allclose(pointing(r, m), area)
    np.testing.assert_array_equal(similarity(r, maps()), 0)


def test_a_map_of_noise_scores_chance_on_average():
    m = np.zeros((400, 16, 16), bool)
    m[:, 3:9, 4:12] = True
    r = noise(m)
    for scores in (mass_in_mask(r, m)[0], rank_accuracy(r, m), pointing(r, m)):
        assert scores.mean() == pytest.approx(m[0].mean(), abs=4 * scores.std() / 20)


def test_an_all_negative_map_still_has_an_order():
    m = masks()
    r = np.where(m, -1.0, -2.0)
    np.testing.assert_array_equal(rank_accuracy(r, m), 1)
    np.testing.assert_array_equal(pointing(r, m), 1)


def test_an_empty_mask_has_no_mass_and_no_rank():
    m = masks()
    m[3] = False
    mass, area = mass_in_mask(maps(), m)
    assert mass[3] == area[3] == 0
    for measure in (rank_accuracy, coverage):
        with pytest.raises(UserError, match="mask of image 3 is empty"):
            measure(maps(), m)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_mass_does_not_depend_on_the_scale(scale):
    np.testing.assert_allclose(mass_in_mask(heat(maps()) * scale, masks())[0], mass_in_mask(maps(), masks())[0])


def test_mass_of_parts_adds_up():
    parts = np.random.default_rng(0).integers(0, 4, (5, H, W))
    total = sum(mass_in_mask(maps(), parts == part)[0] for part in range(4))
    np.testing.assert_allclose(total, 1)


def test_measures_leave_their_arguments_alone():
    r, m = maps(levels=2), masks()
    before = r.copy(), m.copy()
    for measure in (mass_in_mask, rank_accuracy, pointing, coverage):
        measure(r, m)
    flip_curve(lambda x: x.sum((1, 2, 3)), r[..., None], r, [9, 36], 0.0)
    np.testing.assert_array_equal(r, before[0])
    np.testing.assert_array_equal(m, before[1])


@pytest.mark.parametrize(
    ("r", "m", "message"),
    [
        (np.full((2, H, W), np.nan), np.ones((2, H, W), bool), "map of image 0 has values that are not finite"),
        (np.ones((H, W)), np.ones((H, W), bool), r"needs a batch axis"),
        (np.ones((2, H, W)), np.ones((2, H, W)), "true inside and false outside"),
        (np.ones((2, H, W)), np.ones((2, H, W - 1), bool), r"the mask is \(2, 6, 5\), the map \(2, 6, 6\)"),
        (np.ones((0, H, W)), np.ones((0, H, W), bool), "a map is"),
    ],
)
def test_bad_maps_and_masks_are_clear_errors(r, m, message):
    for measure in (mass_in_mask, rank_accuracy, pointing, coverage):
        with pytest.raises(UserError, match=message):
            measure(r, m)


# -- outline -----------------------------------------------------------------------------------------------------------


def test_the_outline_is_a_band_on_both_sides_of_the_border():
    m = np.zeros((1, 12, 12), bool)
    m[0, 3:10, 3:10] = True
    band = outline(m, width=1)
    expected = np.zeros((12, 12), bool)
    expected[2:11, 3:10] = expected[3:10, 2:11] = True
    expected[4:9, 4:9] = False
    np.testing.assert_array_equal(band[0], expected)


@pytest.mark.parametrize(("shape", "width"), [((H, W), 1), ((2, H, W), 0)])
def test_an_outline_that_does_not_exist_is_a_clear_error(shape, width):
    with pytest.raises(UserError, match="outline needs masks"):
        outline(np.ones(shape, bool), width)


def test_the_frame_of_the_picture_is_no_outline():
    m = np.zeros((1, 12, 12), bool)
    m[0, 6:] = True
    band = outline(m, width=2)[0]
    np.testing.assert_array_equal(band, np.isin(np.arange(12), [4, 5, 6, 7])[:, None] & np.ones(12, bool))
    assert not outline(np.ones((1, 12, 12), bool)).any()
    assert not outline(np.zeros((1, 12, 12), bool)).any()


# -- intervals of ratios -----------------------------------------------------------------------------------------------


def test_the_ratio_is_that_of_the_means_and_its_interval_holds_it():
    rng = np.random.default_rng(0)
    area = rng.uniform(0.01, 0.5, 300)
    ratio, low, high = ratio_ci(2 * area, area)
    assert (ratio, low, high) == pytest.approx((2, 2, 2))
    mass = np.clip(2 * area + rng.normal(0, 0.1, 300), 0, 1)
    ratio, low, high = ratio_ci(mass, area)
    assert ratio == pytest.approx(mass.mean() / area.mean())
    assert low < ratio < high
    assert ratio_ci(mass, area) == (ratio, low, high)


def test_the_interval_of_a_ratio_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    hits = 0
    for seed in range(200):
        area = rng.exponential(0.1, 60)
        _, low, high = ratio_ci(3 * area * rng.uniform(0, 2, 60), area, n=300, seed=seed)
        hits += low <= 3 <= high
    assert 0.86 <= hits / 200 <= 0.99


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (([], []), r"numerators are \(0,\), denominators \(0,\): give one of each"),
        (([[1.0]], [[1.0]]), r"numerators are \(1, 1\)"),
        (([1.0, 2.0], [1.0]), r"numerators are \(2,\), denominators \(1,\)"),
        (([1.0], [0.0]), "denominators whose mean is positive"),
        (([np.nan], [1.0]), "finite numbers"),
    ],
)
def test_ratios_that_do_not_exist_are_clear_errors(pair, message):
    with pytest.raises(UserError, match=message):
        ratio_ci(*pair)


# -- pixel flipping ----------------------------------------------------------------------------------------------------


def linear(x):
    """A score whose contributions are known: the sum over all values."""
    return x.sum(axis=(1, 2, 3))


def test_the_order_is_by_relevance_and_ties_by_seed():
    r = maps(levels=2)
    for first, sign in (("most", -1), ("least", 1)):
        order = flip_order(r, first)
        np.testing.assert_array_equal(np.sort(order, axis=1), np.tile(np.arange(H * W), (5, 1)))
        assert (np.diff(sign * np.take_along_axis(heat(r).reshape(5, -1), order, 1), axis=1) >= 0).all()
    np.testing.assert_array_equal(flip_order(r, seed=1), flip_order(r, seed=1))
    assert (flip_order(r, seed=1) != flip_order(r, seed=2)).any()
    ties = flip_order(np.zeros((1, 40, 40)))
    assert abs(stats.spearmanr(ties[0], np.arange(1600)).statistic) < 0.1  # not row by row


def test_the_curve_equals_the_slow_one():
    x = np.random.default_rng(0).normal(size=(2, H, W, 3))
    r, fill, steps = maps(2), np.array([1.0, 2.0, 3.0]), [1, 2, 5, 20, 36]
    curve = flip_curve(linear, x, r, steps, fill)
    for b in range(2):
        by_relevance = np.argsort(-heat(r)[b].ravel())
        for k, flipped in enumerate([0, *steps]):
            image = x[b].copy()
            for pixel in by_relevance[:flipped]:
                image[pixel // W, pixel % W] = fill
            assert curve[b, k] == pytest.approx(image.sum())


def test_both_orders_start_at_the_image_and_end_at_the_fill():
    x = np.random.default_rng(0).normal(size=(3, H, W, 3)).astype("float32")
    fill = np.random.default_rng(1).normal(size=x.shape).astype("float32")
    for first in ("most", "least"):
        curve = flip_curve(linear, x, maps(3), [7, 30, 36], fill, first)
        assert curve.shape == (3, 4)
        np.testing.assert_allclose(curve[:, 0], linear(x), rtol=1e-5)
        np.testing.assert_allclose(curve[:, -1], linear(fill), rtol=1e-4)


def test_of_all_orders_the_true_one_falls_fastest():
    """For a linear score and a black fill, contribution is the image itself: its order is the best, its inverse the
    worst, and random orders lie between."""
    x = np.random.default_rng(0).normal(size=(4, H, W, 3))
    best = aopc(flip_curve(linear, x, x, range(3, 37, 3), 0.0, "most"))
    worst = aopc(flip_curve(linear, x, x, range(3, 37, 3), 0.0, "least"))
    for seed in range(20):
        random = aopc(flip_curve(linear, x, noise(x, seed), range(3, 37, 3), 0.0))
        assert (worst < random).all()
        assert (random < best).all()


def test_least_first_is_most_first_of_the_negative_map():
    x = np.random.default_rng(0).normal(size=(4, H, W, 3))
    r = maps(4)
    least = flip_curve(linear, x, r, [4, 30], 0.0, "least")
    np.testing.assert_allclose(least, flip_curve(linear, x, -r, [4, 30], 0.0, "most"))


def test_aopc_of_known_curves():
    np.testing.assert_allclose(aopc([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.5, 0.0]]), [0, 2 / 3, 0.5])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": []}, "steps must rise"),
        ({"steps": [0, 4]}, "steps must rise"),
        ({"steps": [4, 4]}, "steps must rise"),
        ({"steps": [4, 37]}, "steps must rise from at least 1 to at most the 36 pixels"),
        ({"first": "best"}, "first must be 'most' or 'least'"),
        ({"R": np.ones((2, 5, 5))}, r"the map is \(2, 5, 5\), the images are \(2, 6, 6, 3\)"),
        ({"R": np.full((2, H, W), np.inf)}, "not finite"),
        ({"fill": np.zeros((1, 2))}, r"fill is \(1, 2\): give a colour"),
    ],
)
def test_bad_flips_are_clear_errors(change, message):
    right = {"f": linear, "x": np.ones((2, H, W, 3)), "R": maps(2), "steps": [4, 36], "fill": 0.0}
    with pytest.raises(UserError, match=message):
        flip_curve(**right | change)


# -- weight randomisation ----------------------------------------------------------------------------------------------


@pytest.fixture
def network():
    """Two convolutions with BatchNorm in a nested model, and a Dense layer; trained-looking weights."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    base = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="one"), layers.BatchNormalization(name="norm"),
         layers.ReLU(), layers.Conv2D(4, 3, name="two")], name="base"
    )  # fmt: skip
    model = keras.Sequential([keras.Input((8, 8, 3)), base, layers.Flatten(), layers.Dense(3, name="three")])
    model.set_weights([w + 0.5 for w in model.get_weights()])
    return model


def test_the_cascade_runs_from_the_top_to_the_bottom_and_leaves_the_model_alone(network):
    before = network.get_weights()
    changed = []
    for name, copy in cascade(network, seed=0):
        changed.append((name, sum((a != b).any() for a, b in zip(before, copy.get_weights(), strict=True))))
    assert changed == [("three", 2), ("two", 4), ("norm", 8), ("one", 10)]
    for a, b in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_cascade_is_as_deterministic_as_its_seed(network):
    def last(seed):
        keras.utils.set_random_seed(int(np.random.default_rng().integers(1000)))  # no hidden state takes part
        *_, (_, copy) = cascade(network, seed)
        return copy.get_weights()

    assert all((a == b).all() for a, b in zip(last(1), last(1), strict=True))
    assert any((a != b).any() for a, b in zip(last(1), last(2), strict=True))


def test_the_cascade_draws_what_the_layers_drew_before_training(network):
    *_, (_, copy) = cascade(network, 0)
    kernel, bias = copy.get_layer("base").get_layer("two").get_weights()
    assert (bias == 0).all()
    assert np.abs(kernel).max() <= np.sqrt(6 / (3 * 3 * 4 * 2))  # Glorot uniform
    gamma, beta, mean, variance = copy.get_layer("base").get_layer("norm").get_weights()
    assert (gamma == 1).all()
    assert (beta == 0).all()
    assert (mean == 0).all()
    assert (variance == 1).all()
    one = copy.get_layer("base").get_layer("one").get_weights()[0]
    assert not np.array_equal(one[:, :, :3], kernel[:, :, :3])  # every layer has numbers of its own


def test_a_layer_that_cannot_be_randomised_is_named():
    class Scale(keras.layers.Layer):
        def build(self, shape):
            self.factor = self.add_weight(shape=(), name="factor")

        def call(self, x):
            return x * self.factor

    model = keras.Sequential([keras.Input((4,)), Scale(name="strange")])
    with pytest.raises(UserError, match="layer 'strange' has no initialiser for its factor"):
        list(cascade(model, 0))


def test_similarity_is_one_with_itself_whatever_the_scale_and_minus_one_with_the_opposite():
    r = maps()
    np.testing.assert_allclose(similarity(r, 3 * r + 1), 1)
    np.testing.assert_allclose(similarity(r, -r), -1)
    with pytest.raises(UserError, match="compare maps of the same images"):
        similarity(r, r[:2])


# -- controls ----------------------------------------------------------------------------------------------------------


def test_edges_lie_where_the_picture_changes_and_nowhere_else():
    images = np.zeros((1, 10, 10, 3), np.uint8)
    images[0, :, 5:] = 200
    found = edges(images)
    assert (found[0, :, 4:6] > 0).all()
    assert (np.delete(found[0], [4, 5], axis=1) == 0).all()
    np.testing.assert_allclose(edges(images.transpose(0, 2, 1, 3))[0], found[0].T)


def test_controls_look_at_each_image_alone():
    images = np.random.default_rng(0).integers(0, 256, (3, 10, 10, 3), np.uint8)
    np.testing.assert_allclose(edges(images)[1], edges(images[1:2])[0])


def test_noise_is_the_same_for_the_same_seed():
    images = np.zeros((2, 10, 10, 3), np.uint8)
    np.testing.assert_array_equal(noise(images, 4), noise(images, 4))
    assert (noise(images, 4) != noise(images, 5)).all()
