"""The maps of lab 5 on whole Keras models, in TensorFlow: what its artefacts are made with.

`tests/labs/test_lab05_reference.py` compares them with `autograder.reference.explain` and with the NumPy twin.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.lab05.reference import seed_unit
from toonlens.startup import import_keras

keras = import_keras()
import tensorflow as tf  # noqa: E402  isort: skip


def relu_with(mode: str) -> Any:
    """A ReLU whose way back follows the mode: R 1[z > 0], max(R, 0), or max(R, 0) 1[z > 0]."""

    @tf.custom_gradient
    def relu(z):
        def back(R):
            passed = R if mode == "grad" else tf.nn.relu(R)
            return passed if mode == "deconv" else passed * tf.cast(z > 0, R.dtype)

        return tf.nn.relu(z), back

    return relu


@lru_cache(maxsize=12)
def twin(model: Any, mode: str) -> Any:
    """A copy of the model whose ReLUs follow the mode on the way back."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for layer in copy.layers:
        if getattr(layer, "activation", None) is keras.activations.relu:
            layer.activation = relu_with(mode)
    return copy


def project(model: Any, x: NDArray, layer: str, ch: int, mode: str) -> NDArray:
    """The strongest unit of a channel, carried down to the image. (1, H, W, 3)"""
    copy = twin(model, mode)
    part = keras.Model(copy.input, copy.get_layer(layer).output)
    image = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(image)
        A = part(image, training=False)
    return np.asarray(tape.gradient(A, image, output_gradients=seed_unit(A.numpy(), ch)))


def saliency(model: Any, x: NDArray, c: NDArray, mode: str = "guided") -> NDArray:
    """From 1 at the logit of class c[i] of image i; the model ends in a softmax. (B, H, W, 3)"""
    copy = twin(model, mode)
    below = keras.Model(copy.input, copy.layers[-1].input)
    W = copy.layers[-1].get_weights()[0]
    image = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(image)
        h = below(image, training=False)
    return np.asarray(tape.gradient(h, image, output_gradients=tf.constant(W.T[np.asarray(c)])))


def randomised(model: Any, prefix: str, seed: int) -> Any:
    """A copy with random weights from the first layer whose name starts with ``prefix`` up to the logits."""
    keras.utils.set_random_seed(seed)
    copy = keras.models.clone_model(model)
    first = next(k for k, layer in enumerate(model.layers) if layer.name.startswith(prefix))
    for old, new in zip(model.layers[:first], copy.layers[:first], strict=True):
        new.set_weights(old.get_weights())
    return copy
