"""What the lab gives beside the student's functions: the rules by name, the network in layers, and the probes."""

from autograder.checks.lab07 import reference, whole
from toonlens.convnet import read_layers
from toonlens.laws import lab07 as laws
from toonlens.startup import import_keras

share_by_activation = reference.share_by_activation


def apply_rule(rule, layer, a, R):
    """As in the notebook, over the reference's rules."""
    return reference.apply_rule(rule, vars(layer), a, R)


def logits_model(model):
    """A right one."""
    keras = import_keras()
    plain = keras.layers.Dense(model.layers[-1].units, name=model.layers[-1].name)
    made = keras.Model(model.input, plain(model.layers[-1].input))
    plain.set_weights(model.layers[-1].get_weights())
    return made


def layers_of(model):
    return read_layers(logits_model(model))


def vgg16():
    return whole._network()[0]


def pixels(images):
    from toonlens.models import preprocess

    return preprocess(images, "vgg16").astype("float64")


def with_probes(space):
    """The namespace with the probes of the notebook, over the functions in it."""

    def probe_vgg16(images, c, spec):
        found, trace = space["lrp_vgg16"](vgg16(), pixels(images), c, laws.as_spec(spec))
        return {"map": found, "trace": trace}

    return space | {
        "probe_rules": lambda *given: laws.probe_rules(space["assign_rules"], *given),
        "probe_logits": lambda *given: laws.probe_logits(space["logits_model"], *given),
        "probe_lrp": lambda *given: laws.probe_lrp(space["lrp_vgg16"], *given),
        "probe_contrastive": lambda *given: laws.probe_contrastive(space["contrastive"], *given),
        "probe_vgg16": probe_vgg16,
        "probe_contrast16": lambda images, c, c2, spec: space["contrastive"](
            vgg16(), pixels(images), c, c2, laws.as_spec(spec)
        ),
    }
