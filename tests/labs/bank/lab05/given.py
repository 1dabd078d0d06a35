"""What the lab gives beside the student's functions: `twin`, the network of its probes, and the probes themselves."""

from functools import cache, lru_cache

from toonlens.laws import lab05 as laws
from toonlens.models import build, preprocess
from toonlens.startup import import_keras

keras = import_keras()
import tensorflow as tf  # noqa: E402


def relu_with(mode):
    """A right one."""

    @tf.custom_gradient
    def relu(z):
        def back(R):
            passed = R if mode == "grad" else tf.nn.relu(R)
            return passed if mode == "deconv" else passed * tf.cast(z > 0, R.dtype)

        return tf.nn.relu(z), back

    return relu


@lru_cache(maxsize=12)
def _copy(model, relu_maker, mode):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    relu = tf.nn.relu if mode == "grad" else relu_maker(mode)
    for layer in copy.layers:
        if getattr(layer, "activation", None) is keras.activations.relu:
            layer.activation = relu
    return copy


def twin(model, mode):
    """As in the notebook, over a right `relu_with`."""
    return _copy(model, relu_with, mode)


def seed_unit(A, ch):
    """A right one."""
    import numpy as np

    A = np.asarray(A)
    seed = np.zeros_like(A)
    place = (*np.unravel_index(A[..., ch].argmax(), A.shape[:3]), ch)
    seed[place] = A[place]
    return seed


@cache
def vgg16():
    """The network of the last check of `project`."""
    return build("vgg16")


def with_probes(functions):
    """The functions, and the notebook's probes on top of them."""
    own = dict(functions)
    own["probe_record"] = lambda plan, x: laws.probe_record(own["record"], plan, x)
    own["probe_relu"] = lambda mode, z, R: laws.probe_relu(own["relu_with"], mode, z, R)
    own["probe_project"] = lambda *sent: laws.probe_project(own["project"], *sent)
    own["probe_vgg16"] = lambda images, *sent: laws.probe_project(
        own["project"], vgg16(), preprocess(images, "vgg16"), *sent
    )
    own["probe_saliency"] = lambda *sent: laws.probe_saliency(own["guided_saliency"], *sent[:4], lent=sent[4])
    own["probe_repaired"] = lambda *sent: laws.probe_saliency(own["guided_repaired"], *sent[:3], lent=sent[3])
    return own
