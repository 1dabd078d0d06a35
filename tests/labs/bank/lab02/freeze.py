"""Solutions of ``freeze(model, upto)``."""

from toonlens.startup import import_keras


def right_by_place(model, upto):
    """By the place in model.layers."""
    last = model.layers.index(model.get_layer(upto))
    for k, layer in enumerate(model.layers):
        layer.trainable = k > last


def right_flag(model, upto):
    """A flag that turns behind the named layer."""
    named = model.get_layer(upto)
    free = False
    for layer in model.layers:
        layer.trainable = free
        free = free or layer is named


def right_names(model, upto):
    """By the list of names; an unknown one raises there."""
    names = [layer.name for layer in model.layers]
    last = names.index(upto)
    for layer in model.layers[: last + 1]:
        layer.trainable = False
    for layer in model.layers[last + 1 :]:
        layer.trainable = True


def right_all_then_some(model, upto):
    """All open, then shut until the named layer has been shut."""
    if upto not in [layer.name for layer in model.layers]:
        raise ValueError(f"no layer {upto}")
    for layer in model.layers:
        layer.trainable = True
    for layer in model.layers:
        layer.trainable = False
        if layer.name == upto:
            break


def right_returns_model(model, upto):
    """Also hands the model back."""
    last = model.layers.index(model.get_layer(upto))
    for k in range(len(model.layers)):
        model.layers[k].trainable = k > last
    return model


def wrong_exclusive(model, upto):
    """Stops before the named layer."""
    last = model.layers.index(model.get_layer(upto))
    for k, layer in enumerate(model.layers):
        layer.trainable = k >= last


def wrong_everything(model, upto):
    """The whole model."""
    model.get_layer(upto)
    model.trainable = False
    model.layers[-1].trainable = True


def wrong_only_named(model, upto):
    """The named layer alone."""
    model.get_layer(upto).trainable = False


def wrong_other_side(model, upto):
    """The layers after the named one."""
    last = model.layers.index(model.get_layer(upto))
    for k, layer in enumerate(model.layers):
        layer.trainable = k <= last


def wrong_not_batchnorm(model, upto):
    """Leaves BatchNorm layers trainable, since 'they have no kernel'."""
    keras = import_keras()
    last = model.layers.index(model.get_layer(upto))
    for k, layer in enumerate(model.layers):
        layer.trainable = k > last or isinstance(layer, keras.layers.BatchNormalization)


def wrong_all_batchnorm(model, upto):
    """Freezes every BatchNorm, those after the named layer too."""
    keras = import_keras()
    last = model.layers.index(model.get_layer(upto))
    for k, layer in enumerate(model.layers):
        layer.trainable = k > last and not isinstance(layer, keras.layers.BatchNormalization)


def wrong_never_opened(model, upto):
    """Only ever shuts layers: an earlier call stays in force."""
    last = model.layers.index(model.get_layer(upto))
    for layer in model.layers[: last + 1]:
        layer.trainable = False


def wrong_slip_of_the_pen(model, upto):
    """Sets an attribute that nobody reads."""
    last = model.layers.index(model.get_layer(upto))
    for layer in model.layers[: last + 1]:
        layer.trainabel = False


def wrong_alphabet(model, upto):
    """Compares names as text."""
    model.get_layer(upto)
    for layer in model.layers:
        layer.trainable = layer.name > upto


def wrong_no_error(model, upto):
    """A name that is not there shuts everything without a word."""
    free = False
    for layer in model.layers:
        layer.trainable = free
        free = free or layer.name == upto


def wrong_weights_counted(model, upto):
    """Counts layers with weights only, and is off by the input layer."""
    last = model.layers.index(model.get_layer(upto))
    for k, layer in enumerate([layer for layer in model.layers if layer.weights]):
        layer.trainable = k > last


def wrong_key_error(model, upto):
    """An unknown name is a KeyError of a dictionary."""
    last = {layer.name: k for k, layer in enumerate(model.layers)}[upto]
    for k, layer in enumerate(model.layers):
        layer.trainable = k > last


def wrong_dense_only(model, upto):
    """Freezes what has a kernel and forgets that BatchNorm learns too."""
    last = model.layers.index(model.get_layer(upto))
    for k, layer in enumerate(model.layers):
        layer.trainable = not (k <= last and hasattr(layer, "kernel"))


def wrong_nothing(model, upto):
    """Looks the layer up and leaves it there."""
    model.get_layer(upto)


def wrong_two_from_the_end(model, upto):
    """Everything but the last layer, as a tutorial has it."""
    model.get_layer(upto)
    for layer in model.layers[:-1]:
        layer.trainable = False
