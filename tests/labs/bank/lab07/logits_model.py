"""Solutions of ``logits_model(model)``, whose last layer is Dense with a softmax."""

from toonlens.startup import import_keras as _keras


def _on_top(model, layer, weights=None):
    """A model that ends in ``layer`` in the place of the last one."""
    made = _keras().Model(model.input, layer(model.layers[-1].input))
    layer.set_weights(model.layers[-1].get_weights() if weights is None else weights)
    return made


def _plain(model, **more):
    return _keras().layers.Dense(model.layers[-1].units, name=model.layers[-1].name, **more)


def right_new_layer(model):
    """A new last layer with the old weights and name."""
    return _on_top(model, _plain(model))


def right_clone(model):
    """A clone, its activation exchanged."""
    copy = _keras().models.clone_model(model)
    copy.set_weights(model.get_weights())
    copy.layers[-1].activation = _keras().activations.linear
    return copy


def right_clone_none(model):
    """A clone, its activation taken away: Keras reads None as no activation."""
    copy = _keras().models.clone_model(model)
    copy.set_weights(model.get_weights())
    copy.layers[-1].activation = None
    return copy


def right_from_config(model):
    """The last layer from its configuration, without activation."""
    about = model.layers[-1].get_config() | {"activation": None}
    return _on_top(model, _keras().layers.Dense.from_config(about))


def right_model_from_config(model):
    """The whole model from its configuration."""
    about = model.get_config()
    about["layers"][-1]["config"]["activation"] = "linear"
    made = _keras().Model.from_config(about)
    made.set_weights(model.get_weights())
    return made


def right_clone_function(model):
    """A clone whose layers are made one by one."""

    def one(layer):
        about = layer.get_config()
        if about.get("activation") == "softmax":
            about["activation"] = None
        return type(layer).from_config(about)

    copy = _keras().models.clone_model(model, clone_function=one)
    copy.set_weights(model.get_weights())
    return copy


def wrong_other_name(model):
    """A new last layer whose name Keras chooses: no composite asks for it."""
    return _on_top(model, _keras().layers.Dense(model.layers[-1].units))


def wrong_nested(model):
    """A model in a model: its layers are not found."""
    below = _keras().Model(model.input, model.layers[-1].input)
    top = _plain(model)
    made = _keras().Sequential([below, top])
    top.set_weights(model.layers[-1].get_weights())
    return made


def wrong_no_layer(model):
    """The product written out: there is no last layer to give a rule."""
    kernel, bias = model.layers[-1].get_weights()
    return _keras().Model(model.input, _keras().ops.matmul(model.layers[-1].input, kernel) + bias)


def wrong_in_place(model):
    """Takes the activation of the given model itself."""
    model.layers[-1].activation = _keras().activations.linear
    return model


def wrong_in_place_none(model):
    """The same, with None."""
    model.layers[-1].activation = None
    return model


def wrong_shared_layer(model):
    """Calls the old layer without softmax: it is the same layer."""
    last = model.layers[-1]
    last.activation = _keras().activations.linear
    return _keras().Model(model.input, last(last.input))


def wrong_log(model):
    """The logarithm of the softmax."""
    return _keras().Model(model.input, _keras().ops.log(model.output + 1e-12))


def wrong_same(model):
    """The model with its softmax."""
    return model


def wrong_features(model):
    """Stops before the last layer."""
    return _keras().Model(model.input, model.layers[-1].input)


def wrong_fresh_weights(model):
    """A new last layer, untrained."""
    return _keras().Model(model.input, _keras().layers.Dense(model.layers[-1].units)(model.layers[-1].input))


def wrong_clone_fresh(model):
    """A clone without the weights."""
    copy = _keras().models.clone_model(model)
    copy.layers[-1].activation = _keras().activations.linear
    return copy


def wrong_no_bias(model):
    """Forgets the bias."""
    layer = _keras().layers.Dense(model.layers[-1].units, use_bias=False)
    return _on_top(model, layer, model.layers[-1].get_weights()[:1])


def wrong_relu(model):
    """A ReLU in the place of the softmax."""
    return _on_top(model, _keras().layers.Dense(model.layers[-1].units, activation="relu"))


def wrong_sigmoid(model):
    """A sigmoid in the place of the softmax."""
    return _on_top(model, _keras().layers.Dense(model.layers[-1].units, activation="sigmoid"))


def wrong_on_the_softmax(model):
    """A plain layer behind the softmax."""
    layer = _keras().layers.Dense(model.layers[-1].units)
    made = _keras().Model(model.input, layer(model.output))
    layer.set_weights([_keras().ops.eye(model.layers[-1].units), model.layers[-1].get_weights()[1]])
    return made


def wrong_centred(model):
    """Takes the mean of the logits away."""
    logits = right_new_layer(model)
    return _keras().Model(logits.input, logits.output - _keras().ops.mean(logits.output, axis=-1, keepdims=True))


def wrong_relative(model):
    """Divides by the largest weight."""
    kernel, bias = model.layers[-1].get_weights()
    scale = abs(kernel).max()
    return _on_top(model, _keras().layers.Dense(model.layers[-1].units), [kernel / scale, bias / scale])


def wrong_softmax_twice(model):
    """A second softmax."""
    return _keras().Model(model.input, _keras().layers.Softmax()(model.output))
