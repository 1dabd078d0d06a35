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
LIMITS = {"low": (-4.0,) * 3, "high": (4.0,) * 3}
BOX = {"lrp.zbox": LIMITS, "lrp.epsilon_gamma_box": LIMITS, "lrp.alpha_beta": {"alpha": 2, "beta": 1}}


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


# -- integrated gradients, SmoothGrad, Grad-CAM ------------------------------------------------------------------------


def test_integrated_gradients_are_complete(vgg, images):
    """The map sums to the score at x less the score at the reference; the error of the Riemann sum falls as 1 / n."""
    reference = np.linspace(-1, 1, 3)
    there, at_reference = (scores_of(vgg, x)[:, 2] for x in (images, np.broadcast_to(reference, images.shape)))
    errors = {}
    for steps in (16, 256):
        r = maps(vgg, images, "integrated_gradients", target=2, steps=steps, reference=reference)
        errors[steps] = np.abs(r.sum((1, 2, 3)) - (there - at_reference)) / np.abs(there - at_reference)
    assert (errors[256] < 0.01).all()
    assert errors[256].max() < errors[16].max() / 4


def test_integrated_gradients_are_the_mean_of_gradients_on_the_path(vgg, images):
    """iNNvestigate's sum, from the reference to one step before the image; the predicted class is that of the image."""
    steps, reference, images = 5, 0.25, images.astype("float64")
    predicted = scores_of(vgg, images).argmax(-1)
    path = [reference + k / steps * (images - reference) for k in range(steps)]
    gradients = [tape_gradient(vgg, point, predicted) for point in path]
    r = maps(vgg, images, "integrated_gradients", steps=steps, reference=reference)
    close(r, (images - reference) * np.mean(gradients, 0))


def test_integrated_gradients_of_a_linear_model_are_input_times_gradient():
    model = keras.Sequential([keras.Input((4, 4, 2)), layers.Flatten(), layers.Dense(3)])
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 2))
    close(maps(model, x, "integrated_gradients", steps=3), maps(model, x, "input_t_gradient"))


def test_smoothgrad_without_noise_is_the_gradient(vgg, images):
    close(maps(vgg, images, "smoothgrad", noise_level=0, samples=3), maps(vgg, images, "gradient"))


def test_smoothgrad_is_the_mean_of_gradients_under_noise(vgg, images):
    """The noise of a sample is drawn once for all images, in units of each image's own range."""
    x = np.concatenate([images, images[:1] / 10]).astype("float64")
    ranges = [image.max() - image.min() for image in x]
    draws = [np.random.default_rng([7, k]).normal(size=(64, 64, 3)) for k in range(4)]
    noisy = [x + 0.2 * np.array(ranges)[:, None, None, None] * draw for draw in draws]
    predicted = scores_of(vgg, x).argmax(-1)
    expected = np.mean([tape_gradient(vgg, point, predicted) for point in noisy], 0)
    close(maps(vgg, x, "smoothgrad", samples=4, noise_level=0.2, seed=7), expected)
    again = maps(vgg, x, "smoothgrad", samples=4, noise_level=0.2, seed=7)
    np.testing.assert_array_equal(maps(vgg, x, "smoothgrad", samples=4, noise_level=0.2, seed=7), again)
    assert not np.allclose(maps(vgg, x, "smoothgrad", samples=4, noise_level=0.2, seed=8), expected)


@pytest.mark.parametrize("layer", [None, "early"])
def test_grad_cam_by_keras_and_tensorflow_alone(small, images, layer):
    """Selvaraju et al. with the model cut in two, a tape on its second part, TensorFlow's own bilinear enlargement."""
    last = {"vgg16": "block5_conv3", "resnet50": "conv5_block3_out", "densenet121": "relu"}
    early = {"vgg16": "block3_pool", "resnet50": "conv3_block2_out", "densenet121": "pool2_pool"}
    name = (last if layer is None else early)[small.name]
    copy = as_float64(small)
    copy.layers[-1].activation = keras.activations.linear
    cut = copy.get_layer(name).output
    features = keras.Model(copy.input, cut)(tf.constant(images, "float64"), training=False)
    rest = keras.Model(cut, copy.output)
    with tf.GradientTape() as tape:
        tape.watch(features)
        score = tf.gather(rest(features, training=False), [1, 3], batch_dims=1)
    weights = tf.reduce_mean(tape.gradient(score, features), (1, 2), keepdims=True)
    cam = tf.nn.relu(tf.reduce_sum(weights * features, -1, keepdims=True))
    expected = tf.image.resize(cam, (64, 64), "bilinear").numpy()
    r = maps(small, images, "grad_cam", target=[1, 3], **({} if layer is None else {"layer": name}))
    close(r.sum(-1, keepdims=True), expected, rtol=1e-6)
    np.testing.assert_array_equal(r[..., 0], r[..., 2])


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


@pytest.mark.parametrize("method", ["lrp.z", "lrp.z_plus", "lrp.flat", "lrp.w_square"])
def test_an_average_behind_batchnorm_and_relu(images, randomise, method):
    """By hand: what the gate lets through is shared in proportion, in proportion to its positive part, or equally."""
    image = keras.Input((64, 64, 3))
    both = [layers.Conv2D(4, 3, name=f"conv{i}")(image) for i in range(2)]
    x = layers.ReLU()(layers.BatchNormalization(name="bn")(layers.Concatenate(name="cat")(both)))
    x = layers.AveragePooling2D(2, name="pool")(x)
    model = randomise(keras.Model(image, layers.Dense(3)(layers.Flatten()(x))))
    _, found = explain_layers(model, images, method, dtype="float64", batchnorm="threshold")

    cat = as_float64(keras.Model(image, model.get_layer("cat").output))(images.astype("float64")).numpy()
    gamma, beta, mean, variance = (np.float64(w) for w in model.get_layer("bn").get_weights())
    scale = gamma / np.sqrt(variance + model.get_layer("bn").epsilon)
    let_through = cat * scale * (cat * scale + beta - mean * scale > 0)
    contributions = {"lrp.z": let_through, "lrp.z_plus": np.maximum(let_through, 0)}.get(method, np.ones_like(cat))
    windows = contributions.reshape(2, 31, 2, 31, 2, 8)
    if method == "lrp.z":  # the offset of the gate has its share
        gated = np.maximum(cat * scale + beta - mean * scale, 0)
        total = gated.reshape(windows.shape).sum((2, 4), keepdims=True)
    else:
        total = windows.sum((2, 4), keepdims=True)
    r = found["pool"][:, :, None, :, None, :]
    expected = np.divide(windows * r, total, out=np.zeros_like(windows), where=total != 0)
    close(found["cat"], expected.reshape(cat.shape))
