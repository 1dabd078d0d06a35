"""Laws that hold for whole networks, whatever their weights. Everything here is computed in float64."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from autograder.reference import explain, explain_layers
from autograder.reference.canonise import canonise
from autograder.reference.composite import kernel, lrp
from autograder.reference.graph import Linear, read
from autograder.reference.rules import AlphaBeta, Epsilon, Gamma, ZBox
from toonlens.models import build

layers = keras.layers
BOX = {"lrp.zbox": {"low": (-4.0,) * 3, "high": (4.0,) * 3}, "lrp.alpha_beta": {"alpha": 2, "beta": 1}}


def close(got, expected, rtol=1e-9):
    """Equal up to `rtol` of the largest value."""
    np.testing.assert_allclose(got, expected, rtol=0, atol=rtol * np.abs(expected).max())


def maps(model, x, method, **kwargs):
    return explain(model, x, method, dtype="float64", **BOX.get(method, {}) | kwargs)


def scores_of(model, x):
    graph = canonise(read(model, "float64"), gates=False)
    return graph.forward(tf.constant(x, "float64"))[graph.output].numpy()


def as_float64(model):
    """The same network built anew in float64."""

    def layer_as_float64(layer):
        return type(layer).from_config(layer.get_config() | {"dtype": "float64"})

    start = keras.Input(model.input_shape[1:], dtype="float64")
    copy = keras.models.clone_model(model, start, clone_function=layer_as_float64)
    copy.set_weights(model.get_weights())
    return copy


def tape_gradient(model, x, target):
    """The gradient of the score before the softmax, by Keras and TensorFlow alone."""
    copy = as_float64(model)
    copy.layers[-1].activation = keras.activations.linear
    x = tf.constant(x, "float64")
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = tf.gather(copy(x, training=False), target, batch_dims=1)
    return tape.gradient(score, x).numpy()


def test_gradient_is_the_gradient(small, images):
    close(maps(small, images, "gradient", target=[3, 1]), tape_gradient(small, images, [3, 1]))


def test_input_t_gradient_is_what_it_says(vgg, images):
    close(maps(vgg, images, "input_t_gradient"), images * maps(vgg, images, "gradient"))


def test_lrp_0_is_input_times_gradient(small, images):
    """On a network of ReLUs the divisions of LRP-0 cancel, through BatchNorm, sums and pooling."""
    close(maps(small, images, "lrp.z"), images * maps(small, images, "gradient"), rtol=1e-7)


def test_lrp_epsilon_tends_to_lrp_0(vgg, images):
    close(maps(vgg, images, "lrp.epsilon", epsilon=1e-13), maps(vgg, images, "lrp.z"), rtol=1e-6)


# -- conservation ------------------------------------------------------------------------------------------------------


def without_biases(model):
    """The same network with every bias and every BatchNorm offset at zero."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for layer in copy.layers:
        if isinstance(layer, layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights([np.abs(gamma), 0 * beta, 0 * mean, variance])
        elif getattr(layer, "use_bias", False):
            layer.bias.assign(0 * layer.bias)
    return copy


CONSERVING = (
    "lrp.z",
    "lrp.gamma",
    "lrp.alpha_1_beta_0",
    "lrp.z_plus",
    "lrp.w_square",
    "lrp.flat",
    "lrp.zbox",
)


@pytest.mark.parametrize("method", CONSERVING)
def test_without_biases_every_layer_of_vgg_hands_on_the_whole_score(images, method):
    model = without_biases(build("vgg16", weights=None, classes=5))
    score = scores_of(model, images).max(-1)
    r, by_layer = explain_layers(model, images, method, dtype="float64", **BOX.get(method, {}))
    for name, relevance in {**by_layer, "input": r}.items():
        sums = relevance.reshape(len(images), -1).sum(1)
        np.testing.assert_allclose(sums, score, rtol=1e-4 if method == "lrp.zbox" else 1e-9, err_msg=name)


@pytest.mark.parametrize(
    ("arch", "method", "rtol"),
    [
        ("resnet50", "lrp.z", 1e-6),
        ("densenet121", "lrp.z", 1e-6),
        ("densenet121", "lrp.z_plus", 1e-6),
        # where every pixel of a window is 0 the padding wins the max-pooling, and what it gets is gone
        ("resnet50", "lrp.flat", 2e-2),
    ],
)
def test_without_biases_forks_and_sums_lose_nothing(images, arch, method, rtol):
    """The relevance of both branches of a skip connection, and of every reader of a concatenation, arrives."""
    keras.utils.set_random_seed(2)
    model = without_biases(build(arch, weights=None, classes=5))
    np.testing.assert_allclose(maps(model, images, method).sum((1, 2, 3)), scores_of(model, images).max(-1), rtol=rtol)


def test_a_bias_takes_exactly_its_share(images, randomise):
    """Epsilon rule: from R at z the inputs get R (z - b) / (z + eps s(z)); the rest is what bias and epsilon keep."""
    model, epsilon = randomise(build("vgg16", weights=None, classes=5)), 0.05
    graph = canonise(read(model, "float64"), gates=False)
    tensors = graph.forward(tf.constant(images, "float64"))
    r, by_layer = explain_layers(model, images, "lrp.epsilon", epsilon=epsilon, dtype="float64")
    made_by = {op.output: op.name for op in graph.ops}
    checked = 0
    for op in graph.ops:
        if isinstance(op, Linear):
            z, b = tensors[op.output].numpy(), op.offset().numpy()
            arrived = by_layer[op.name]
            handed = r if op.inputs == (0,) else by_layer[made_by[op.inputs[0]]]
            share = arrived * (z - b) / (z + epsilon * np.where(z >= 0, 1, -1))
            np.testing.assert_allclose(handed.reshape(2, -1).sum(1), share.reshape(2, -1).sum(1), rtol=1e-8)
            checked += 1
    assert checked == 16


# -- limits of rules ---------------------------------------------------------------------------------------------------


def composite(rule):
    return lrp((kernel, rule))


def test_gamma_runs_from_lrp_0_to_alpha_1_beta_0(images, randomise):
    """Gamma 0 is LRP-0; gamma to infinity is alpha 1, beta 0 where inputs are not negative (so a ReLU comes first)."""
    start = [keras.Input((64, 64, 3)), layers.ReLU()]
    model = keras.Sequential([*start, randomise(build("vgg16", weights=None, classes=5))])
    close(maps(model, images, composite(Gamma(0.0))), maps(model, images, "lrp.z"))
    close(
        maps(model, images, composite(Gamma(1e9))), maps(model, images, composite(AlphaBeta(1, 0, "bach"))), rtol=1e-5
    )


def test_a_box_of_no_size_is_lrp_0_without_bias(images):
    model = without_biases(build("vgg16", weights=None, classes=5))
    box = lrp((lambda op: op.first, ZBox((0.0,) * 3, (0.0,) * 3)), (kernel, Epsilon(0)))
    close(maps(model, images, box), maps(model, images, "lrp.z"))


def test_the_three_bias_conventions_agree_without_biases_and_differ_with_them(images, randomise):
    plain, biased = (f(build("vgg16", weights=None, classes=5)) for f in (without_biases, randomise))
    for bias in ("bach", "none"):
        close(
            maps(plain, images, "lrp.alpha_2_beta_1", bias=bias), maps(plain, images, "lrp.alpha_2_beta_1", bias="full")
        )
        full = maps(biased, images, "lrp.alpha_2_beta_1", bias="full")
        other = maps(biased, images, "lrp.alpha_2_beta_1", bias=bias)
        assert np.linalg.norm(other - full) > 0.01 * np.linalg.norm(full)


# -- deconvnet and guided backpropagation: written again as TensorFlow gradients of another ReLU -----------------------


@tf.custom_gradient
def deconv_relu(x):
    return tf.nn.relu(x), lambda r: tf.nn.relu(r)


@tf.custom_gradient
def guided_relu(x):
    return tf.nn.relu(x), lambda r: tf.nn.relu(r) * tf.cast(x > 0, x.dtype)


@pytest.mark.parametrize(("method", "relu"), [("deconvnet", deconv_relu), ("guided_backprop", guided_relu)])
def test_deconvnet_and_guided_are_gradients_through_another_relu(small, images, method, relu):
    copy = as_float64(small)
    for layer in copy.layers:
        if getattr(layer, "activation", None) is keras.activations.relu:
            layer.activation = relu
    copy.layers[-1].activation = keras.activations.linear
    x = tf.constant(images, "float64")
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = tf.reduce_max(copy(x, training=False), -1)
        half_square = tf.square(score) / 2  # its gradient starts with the score
    close(maps(small, images, method), tape.gradient(half_square, x).numpy())
