"""Solutions of exercise 1, ``record(model, x)``."""

import numpy as np

from bank.lab05.given import keras, tf


def _all(model, x, training=False):
    outputs = keras.Model(model.input, [layer.output for layer in model.layers])(x, training=training)
    return {layer.name: np.asarray(output) for layer, output in zip(model.layers, outputs, strict=True)}


def right_one_model(model, x):
    """One model with all outputs."""
    return _all(model, x)


def right_model_by_model(model, x):
    """A model for each layer, slow."""
    return {layer.name: keras.Model(model.input, layer.output)(x, training=False).numpy() for layer in model.layers}


def right_named_outputs(model, x):
    """Keras keeps the names."""
    every = keras.Model(model.input, {layer.name: layer.output for layer in model.layers})
    return {name: np.asarray(A, dtype=np.float64) for name, A in every(x, training=False).items()}


def right_tensors(model, x):
    """Leaves tensors in the dict."""
    names = [layer.name for layer in model.layers]
    outputs = [layer.output for layer in model.layers]
    return dict(zip(names, keras.Model(model.inputs, outputs)(tf.constant(x), training=False), strict=True))


def right_predict(model, x):
    """model.predict, in which BatchNorm is at inference."""
    found = keras.Model(model.input, [layer.output for layer in model.layers]).predict(x, verbose=0)
    return {layer.name: A for layer, A in zip(model.layers, found, strict=True)}


def wrong_layer_after_layer(model, x):
    """Feeds each layer with the one before it in the list: no branches."""
    found, a = {}, x
    for layer in model.layers:
        if not isinstance(layer, keras.layers.InputLayer):
            a = layer(a, training=False)
        found[layer.name] = np.asarray(a)
    return found


def wrong_called_in_a_chain(model, x):
    """Calls every layer, the input layer included, on what the one before it gave."""
    found, a = {}, x
    for layer in model.layers:
        a = layer(a)
        found[layer.name] = np.asarray(a)
    return found


def wrong_training(model, x):
    """BatchNorm takes the batch's statistics."""
    return _all(model, x, training=True)


def wrong_no_input(model, x):
    """Leaves the input layer out."""
    return {name: A for name, A in _all(model, x).items() if name != "image"}


def wrong_only_kernels(model, x):
    """Only layers with weights."""
    found = _all(model, x)
    return {layer.name: found[layer.name] for layer in model.layers if layer.weights}


def wrong_by_number(model, x):
    """Numbers in the place of names."""
    return {str(k): A for k, A in enumerate(_all(model, x).values())}


def wrong_shifted(model, x):
    """Each name with the input of its layer."""
    names, found = [layer.name for layer in model.layers], list(_all(model, x).values())
    return dict(zip(names, [found[0], *found[:-1]], strict=True))


def wrong_first_image(model, x):
    """Drops the batch."""
    return {name: A[0] for name, A in _all(model, x).items()}


def wrong_relu_everywhere(model, x):
    """A ReLU on everything, since activations are positive."""
    return {name: np.maximum(A, 0) for name, A in _all(model, x).items()}


def wrong_before_activation(model, x):
    """Pre-activations of fused layers."""
    found = _all(model, x)
    for layer in model.layers:
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense)):
            below = keras.Model(model.input, layer.input)(x, training=False)
            activation, layer.activation = layer.activation, keras.activations.linear
            found[layer.name] = np.asarray(layer(below))
            layer.activation = activation
    return found


def wrong_symbols(model, x):
    """The layers' symbolic outputs: nothing was computed."""
    return {layer.name: layer.output for layer in model.layers}


def wrong_a_list(model, x):
    """A list of arrays."""
    return list(_all(model, x).values())


def wrong_last_only(model, x):
    """The network's answer."""
    return {model.layers[-1].name: np.asarray(model(x, training=False))}


def wrong_fresh_copy(model, x):
    """A copy of the network without its weights."""
    return _all(keras.models.clone_model(model), x)


def wrong_scaled(model, x):
    """Each layer scaled to 1 for the pictures."""
    return {name: A / np.abs(A).max() for name, A in _all(model, x).items()}
