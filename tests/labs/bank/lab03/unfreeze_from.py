"""Solutions of ``unfreeze_from(model, block)``."""


def _keras():
    import keras

    return keras


def _first(model, block):
    return next(k for k, layer in enumerate(model.layers) if layer.name.startswith(block))


def _is_norm(layer):
    return isinstance(layer, _keras().layers.BatchNormalization)


def right_flag_by_place(model, block):
    """A flag for every layer, by its place."""
    model.trainable = True
    first = _first(model, block)
    for k, layer in enumerate(model.layers):
        layer.trainable = k >= first and not _is_norm(layer)
    return model


def right_running_flag(model, block):
    """A flag that turns on at the block."""
    model.trainable = True
    on = False
    for layer in model.layers:
        on = on or layer.name.startswith(block)
        layer.trainable = on
        if _is_norm(layer):
            layer.trainable = False
    return model


def right_three_passes(model, block):
    """All on, the lower part off, all BatchNorm off."""
    for part in (model, *model.layers):
        part.trainable = True
    for layer in model.layers[: _first(model, block)]:
        layer.trainable = False
    for layer in model.layers:
        if _is_norm(layer):
            layer.trainable = False
    return model


def right_all_off_first(model, block):
    """The whole model off, itself on again, then the upper part."""
    model.trainable = False
    model._trainable = True  # its own flag without the layers'
    started = False
    for layer in model.layers:
        started |= layer.name[: len(block)] == block
        if started and type(layer).__name__ != "BatchNormalization":
            layer.trainable = True
    return model


def right_by_weights(model, block):
    """BatchNorm is known by its moving mean."""
    model.trainable = True
    names = [layer.name for layer in model.layers]
    first = min(names.index(name) for name in names if name.startswith(block))
    for place, layer in enumerate(model.layers):
        layer.trainable = place >= first and not hasattr(layer, "moving_mean")
    return model


def wrong_batchnorm_too(model, block):
    """BatchNorm of the upper part learns."""
    model.trainable = True
    first = _first(model, block)
    for k, layer in enumerate(model.layers):
        layer.trainable = k >= first
    return model


def wrong_lower_batchnorm(model, block):
    """BatchNorm is frozen above the block and learns below it."""
    model.trainable = True
    first = _first(model, block)
    for k, layer in enumerate(model.layers):
        layer.trainable = (k >= first) != _is_norm(layer)
    return model


def wrong_only_upper_part(model, block):
    """Sets flags from the block on and leaves the rest as it was."""
    model.trainable = True
    for layer in model.layers[_first(model, block) :]:
        layer.trainable = not _is_norm(layer)
    return model


def wrong_only_the_block(model, block):
    """The named block and nothing after it."""
    model.trainable = True
    for layer in model.layers:
        layer.trainable = layer.name.startswith(block) and not _is_norm(layer)
    return model


def wrong_after_the_block(model, block):
    """From behind the block on."""
    model.trainable = True
    last = max(k for k, layer in enumerate(model.layers) if layer.name.startswith(block))
    for k, layer in enumerate(model.layers):
        layer.trainable = k > last and not _is_norm(layer)
    return model


def wrong_upside_down(model, block):
    """Freezes the upper part."""
    model.trainable = True
    first = _first(model, block)
    for k, layer in enumerate(model.layers):
        layer.trainable = k < first and not _is_norm(layer)
    return model


def wrong_model_flag_last(model, block):
    """Flags first, then the model's own, which sets them all again if it was off."""
    wrong_model_flag_forgotten(model, block)
    model.trainable = True
    return model


def wrong_flag_that_is_on(model, block):
    """Trusts that model.trainable = True turns all layers on; where it is True already, Keras does nothing."""
    model.trainable = True
    for layer in model.layers[: _first(model, block)]:
        layer.trainable = False
    for layer in model.layers:
        if _is_norm(layer):
            layer.trainable = False
    return model


def wrong_model_flag_forgotten(model, block):
    """Layers only: a model frozen as a whole stays frozen."""
    first = _first(model, block)
    for k, layer in enumerate(model.layers):
        layer.trainable = k >= first and not _is_norm(layer)
    return model


def wrong_by_name_bn(model, block):
    """Looks for "bn" in names."""
    model.trainable = True
    first = _first(model, block)
    for k, layer in enumerate(model.layers):
        layer.trainable = k >= first and "bn" not in layer.name
    return model


def wrong_returns_nothing(model, block):
    """No return."""
    right_flag_by_place(model, block)


def wrong_never_unfreezes(model, block):
    """Freezes what is below and says nothing about what is above."""
    for layer in model.layers[: _first(model, block)]:
        layer.trainable = False
    for layer in model.layers:
        if _is_norm(layer):
            layer.trainable = False
    return model


def wrong_training_attribute(model, block):
    """Sets an attribute that Keras does not know."""
    model.trainable = True
    first = _first(model, block)
    for k, layer in enumerate(model.layers):
        layer.trainable = k >= first
        if _is_norm(layer):
            layer.training = False
    return model


def wrong_momentum_only(model, block):
    """Keeps the moving statistics by momentum 1, but BatchNorm uses the batch and learns."""
    model.trainable = True
    first = _first(model, block)
    for k, layer in enumerate(model.layers):
        layer.trainable = k >= first
        if _is_norm(layer):
            layer.momentum = 1.0
    return model


def wrong_everything_learns(model, block):
    """Only BatchNorm is frozen."""
    model.trainable = True
    for layer in model.layers:
        layer.trainable = not _is_norm(layer)
    return model
