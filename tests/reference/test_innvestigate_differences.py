"""Where iNNvestigate gives another map than the reference: on the smallest network that shows it, worked out by hand.

Each test works out from the formula what the rule says and what iNNvestigate does instead. docs/innvestigate.md has the
same list as a table, with who is right and why.
"""

import math

import keras
import numpy as np
import pytest

from autograder.reference import explain
from toonlens import innvestigate_worker
from toonlens.errors import UserError
from toonlens.innvestigate_worker import analyze

layers = keras.layers


@pytest.fixture(scope="module", autouse=True)
def end_the_worker():
    yield
    innvestigate_worker.shutdown()


def theirs(model, x, method, **params):
    return analyze(model, x, method, dtype="float64", **params)


def ours(model, x, method, **params):
    return explain(model, x, method, dtype="float64", **params)


def close(got, expected, rtol=1e-6):
    np.testing.assert_allclose(np.ravel(got), np.ravel(expected), rtol=0, atol=rtol * np.abs(expected).max())


def one_pixel(*stack):
    """The network `stack` on an image of one pixel, whose channels are what the formulas call x."""
    return keras.Sequential([keras.Input((1, 1, 2)), *stack])


def image(*values):
    return np.array(values, "float64").reshape(1, 1, 1, -1)


# -- BatchNorm ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def normed():
    """BatchNorm g x + c of two channels, g = gamma / sqrt(variance + epsilon), c = beta - g mean; then their sum."""
    norm = layers.BatchNormalization(epsilon=0.01)
    model = one_pixel(norm, layers.Flatten(), layers.Dense(1, use_bias=False, kernel_initializer="ones"))
    norm.set_weights([np.array([2.0, 0.5]), np.array([0.3, -0.2]), np.array([0.5, -1.0]), np.array([4.0, 0.25])])
    return model


X = image(1.0, 2.0)
GAMMA, BETA, MEAN, VARIANCE = np.array([[2.0, 0.5], [0.3, -0.2], [0.5, -1.0], [4.0, 0.25]])
G = GAMMA / np.sqrt(VARIANCE + 0.01)


def test_batchnorm_with_lrp_z(normed):
    """On a linear network LRP-0 is input times gradient, x g. Theirs: variance squared, mean without gamma."""
    gradient = theirs(normed, X, "gradient")
    close(gradient, G)  # its gradient is right
    close(ours(normed, X, "lrp.z"), X.ravel() * G)
    z = G * (X.ravel() - MEAN) + BETA  # the relevance that arrives
    g = GAMMA / np.sqrt(VARIANCE**2 + 0.01)
    c = BETA - MEAN / np.sqrt(VARIANCE**2 + 0.01)
    got = theirs(normed, X, "lrp.z")
    close(got, X.ravel() * g / (X.ravel() * g + c) * z)
    assert np.all(np.abs(got.ravel() / (X.ravel() * G) - 1) > 0.25)  # 0.59 and 1.41 instead of 1.00 and 1.96


def test_batchnorm_doubles_relevance_in_every_preset():
    """A BatchNorm that changes nothing: the presets take alpha 2 for it, and nothing inhibits, so R becomes 2 R.

    One after the other they multiply: four make 16 R.
    """
    norm = layers.BatchNormalization(epsilon=0.0)
    model = one_pixel(norm, layers.Flatten(), layers.Dense(1, use_bias=False, kernel_initializer="ones"))
    for method in ("lrp.sequential_preset_a", "lrp.sequential_preset_b"):
        without = ours(model, X, method)
        close(without, X * 3 / 3.1)  # the score is 3, epsilon 0.1
        close(theirs(model, X, method), 2 * without)
    x4 = one_pixel(norm, norm, norm, norm, *model.layers[1:])
    close(theirs(x4, X, "lrp.sequential_preset_a"), 16 * X * 3 / 3.1)


# -- the first layer ---------------------------------------------------------------------------------------------------


def test_flat_is_lost_behind_padding():
    """One channel, 2 x 2 pixels, padded to 4 x 4, a 3 x 3 kernel: each of the four outputs sees all four pixels."""
    conv = layers.Conv2D(1, 3, use_bias=False)
    head = [conv, layers.Flatten(), layers.Dense(1, use_bias=False, kernel_initializer="ones")]
    padded = keras.Sequential([keras.Input((2, 2, 1)), layers.ZeroPadding2D(1), *head])
    inside = keras.Sequential([keras.Input((4, 4, 1)), *head])
    conv.set_weights([np.arange(1.0, 10).reshape(3, 3, 1, 1)])
    x = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    # z of output (i, j): the taps of the kernel that fall on the image are kernel[1 - i:3 - i, 1 - j:3 - j]
    taps = [conv.kernel.numpy()[1 - i : 3 - i, 1 - j : 3 - j, 0, 0] for i in (0, 1) for j in (0, 1)]
    z = [np.sum(tap * x[0, :, :, 0]) for tap in taps]
    r = np.array(z) * sum(z) / (sum(z) + 0.1)  # epsilon 0.1 at the Dense layer
    flat = np.full((2, 2), r.sum() / 4)
    plus = sum(tap * x[0, :, :, 0] * share / total for tap, share, total in zip(taps, r, z, strict=True))

    close(ours(padded, x, "lrp.sequential_preset_a_flat"), flat)
    close(theirs(padded, x, "lrp.sequential_preset_a_flat"), plus)  # not Flat, but the rule of the other convolutions
    close(theirs(padded, x, "lrp.sequential_preset_a"), plus)
    wide = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    outside = theirs(inside, wide, "lrp.sequential_preset_a_flat")  # no padding layer: Flat, on the padding, too
    close(outside, ours(inside, wide, "lrp.sequential_preset_a_flat"))
    assert outside[0, 1:-1, 1:-1].sum() == pytest.approx(r.sum() * 4 / 9)


# -- sums and averages -------------------------------------------------------------------------------------------------

NEARLY = np.array([1.0, -0.999]).reshape(1, 1, 2, 1)  # two pixels


def one_class(x):
    return layers.Dense(1, use_bias=False, kernel_initializer="ones")(layers.Flatten()(x))


@pytest.mark.parametrize("method", ["lrp.flat", "lrp.w_square"])
def test_flat_and_w_square_at_a_sum(method):
    """The two pixels are added. Equal weights are equal shares of R = 0.001; iNNvestigate: 1000 R and -999 R."""
    start = keras.Input((1, 2, 1))
    left, right = layers.Cropping2D(((0, 0), (0, 1))), layers.Cropping2D(((0, 0), (1, 0)))
    model = keras.Model(start, one_class(layers.Add()([left(start), right(start)])))
    r = NEARLY.sum()
    close(ours(model, NEARLY, method), [r / 2, r / 2])
    close(theirs(model, NEARLY, method), NEARLY / NEARLY.sum() * r)


@pytest.mark.parametrize("method", ["lrp.flat", "lrp.w_square"])
def test_flat_and_w_square_at_an_average(method):
    start = keras.Input((1, 2, 1))
    model = keras.Model(start, one_class(layers.GlobalAveragePooling2D()(start)))
    r = NEARLY.mean()
    close(ours(model, NEARLY, method), [r / 2, r / 2])
    close(theirs(model, NEARLY, method), NEARLY / NEARLY.sum() * r)


@pytest.mark.parametrize("method", ["lrp.alpha_1_beta_0", "lrp.z_plus", "lrp.sequential_preset_a"])
def test_alpha_beta_at_an_average_of_both_signs(method):
    """As behind the transitions of DenseNet. Ours takes z+ there, too: no pixel gets more than R."""
    start = keras.Input((1, 2, 1))
    model = keras.Model(start, one_class(layers.GlobalAveragePooling2D()(start)))
    score = NEARLY.mean()
    r = score * score / (score + 0.1) if "preset" in method else score  # epsilon 0.1 at the Dense layer
    close(ours(model, NEARLY, method), [r, 0])
    close(theirs(model, NEARLY, method), NEARLY / NEARLY.sum() * r)


def test_averages_of_one_sign_are_no_difference():
    x = np.array([1.0, 3.0]).reshape(1, 1, 2, 1)
    start = keras.Input((1, 2, 1))
    model = keras.Model(start, one_class(layers.GlobalAveragePooling2D()(start)))
    close(ours(model, x, "lrp.z_plus"), x / 2)
    close(theirs(model, x, "lrp.z_plus"), x / 2)


# -- the bias in alpha-beta --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bias", [0.5, 1.999])
def test_the_whole_bias_in_both_denominators(bias):
    """x = (1, 2), W = (3, -1): Bach et al. divide by 3 + b and by -2; with the whole b it is -2 + b, and may vanish."""
    dense = layers.Dense(1)
    model = one_pixel(layers.Flatten(), dense)
    dense.set_weights([np.array([[3.0], [-1.0]]), np.array([bias])])
    b = float(dense.bias.numpy()[0])
    score = 1 + b
    bach = score * np.array([2 * 3 / (3 + b), -1 * -2 / -2])
    full = score * np.array([2 * 3 / (3 + b), -1 * -2 / (-2 + b)])
    close(theirs(model, X, "lrp.alpha_2_beta_1"), full)
    close(ours(model, X, "lrp.alpha_2_beta_1"), full)  # under iNNvestigate's name, its convention
    close(ours(model, X, "lrp.alpha_2_beta_1", bias="bach"), bach)
    assert np.abs(bach).max() <= 2 * score
    assert np.abs(full).max() > (1000 if b > 1.9 else 0) * score


# -- SmoothGrad --------------------------------------------------------------------------------------------------------


def test_smoothgrad_ignores_the_scale_of_its_noise():
    """The score is max(x1, 0) + max(x2, 0), so SmoothGrad tends to Phi(x / sigma), Phi the normal distribution.

    iNNvestigate's `noise_scale` reaches nothing: sigma is 1 whatever it says, 0 included. Random: with 10,000 draws the
    standard error is below 0.005.
    """
    model = one_pixel(layers.Flatten(), layers.Dense(2, "relu", use_bias=False), layers.Dense(1, use_bias=False))
    model.layers[1].set_weights([np.eye(2)])
    model.layers[2].set_weights([np.ones((2, 1))])
    x = image(0.5, -0.5)  # a range of 1, so that our noise_level is sigma
    draws = 10_000

    def expected(sigma):
        return [(1 + math.erf(value / sigma / math.sqrt(2))) / 2 for value in (0.5, -0.5)]

    for scale in (0.0, 0.25, 1.0):
        got = theirs(model, x, "smoothgrad", augment_by_n=draws, noise_scale=scale, target=0)
        np.testing.assert_allclose(got.ravel(), expected(1.0), rtol=0, atol=0.03)
    for sigma in (0.25, 1.0):
        got = ours(model, x, "smoothgrad", samples=draws // 10, noise_level=sigma)
        np.testing.assert_allclose(got.ravel(), expected(sigma), rtol=0, atol=0.09)
    close(ours(model, x, "smoothgrad", samples=3, noise_level=0.0), [1, 0])


# -- what it refuses ---------------------------------------------------------------------------------------------------


def test_a_warning_is_an_error():
    """Its presets mean to warn of activations other than ReLU, then raise; `disable_model_checks` lets them run."""
    model = one_pixel(layers.Flatten(), layers.Dense(2, "tanh"), layers.Dense(1))
    with pytest.raises(UserError, match=r"cannot run lrp\.sequential_preset_a: NotImplementedError"):
        theirs(model, X, "lrp.sequential_preset_a")
    close(
        theirs(model, X, "lrp.sequential_preset_a", disable_model_checks=True),
        ours(model, X, "lrp.sequential_preset_a"),
    )
