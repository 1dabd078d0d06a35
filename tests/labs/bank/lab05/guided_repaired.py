"""Solutions of the bug hunt, ``guided_repaired(model, x, c)``: the supplied code with some of its three bugs left."""

import numpy as np

from bank.lab05.given import keras, relu_with, tf, twin


def _walk(model, x, c, *, activation_layers_only=False, training=False, every_class=False, mode="guided"):
    """Guided backpropagation with each of the seeded bugs switched on or off."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for layer in copy.layers:
        own = isinstance(layer, keras.layers.Activation)
        fused = getattr(layer, "activation", None) is keras.activations.relu and not activation_layers_only
        if own or fused:
            layer.activation = relu_with(mode)
    copy.layers[-1].activation = keras.activations.linear
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = copy(x, training=training)
        chosen = tf.gather(logits, c, axis=1, batch_dims=0 if every_class else 1)
    return tape.gradient(chosen, x).numpy()


def right_repaired(model, x, c):
    """All three repaired."""
    return _walk(model, x, c)


def right_by_saliency(model, x, c):
    """The function of exercise 7."""
    from bank.lab05.guided_saliency import right_below_the_head

    return right_below_the_head(model, x, c)


def right_image_by_image(model, x, c):
    """One image at a time."""
    return np.concatenate([_walk(model, x[k : k + 1], c[k : k + 1]) for k in range(len(x))])


def right_one_hot(model, x, c):
    """A mask of classes, from the twin of the lab."""
    copy = twin(model, "guided")
    copy.layers[-1].activation = keras.activations.linear
    x = tf.Variable(x)
    with tf.GradientTape() as tape:
        logits = copy(x, training=False)
        chosen = tf.reduce_sum(logits * tf.one_hot(c, logits.shape[1]))
    return np.asarray(tape.gradient(chosen, x))


def wrong_as_supplied(model, x, c):
    """Nothing repaired."""
    return _walk(model, x, c, activation_layers_only=True, training=True, every_class=True)


def wrong_fused_left(model, x, c):
    """Fused ReLUs are left."""
    return _walk(model, x, c, activation_layers_only=True)


def wrong_training_left(model, x, c):
    """BatchNorm takes the batch's statistics."""
    return _walk(model, x, c, training=True)


def wrong_classes_left(model, x, c):
    """Every class of the batch."""
    return _walk(model, x, c, every_class=True)


def wrong_only_fused_repaired(model, x, c):
    """Only the ReLUs are repaired."""
    return _walk(model, x, c, training=True, every_class=True)


def wrong_only_training_repaired(model, x, c):
    """Only BatchNorm is repaired."""
    return _walk(model, x, c, activation_layers_only=True, every_class=True)


def wrong_only_classes_repaired(model, x, c):
    """Only the classes are repaired."""
    return _walk(model, x, c, activation_layers_only=True, training=True)


def wrong_grad(model, x, c):
    """The plain gradient."""
    return _walk(model, x, c, mode="grad")


def wrong_deconv(model, x, c):
    """The deconvnet."""
    return _walk(model, x, c, mode="deconv")


def wrong_fused_only(model, x, c):
    """Now the layers of their own are left."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for layer in copy.layers:
        if not isinstance(layer, keras.layers.Activation) and hasattr(layer, "activation"):
            layer.activation = relu_with("guided") if layer is not copy.layers[-1] else keras.activations.linear
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        chosen = tf.gather(copy(x, training=False), c, axis=1, batch_dims=1)
    return tape.gradient(chosen, x).numpy()


def wrong_first_class(model, x, c):
    """The first image's class for all."""
    return _walk(model, x, np.full(len(x), c[0]))


def wrong_relus_on_every_layer(model, x, c):
    """A guided ReLU in every layer that has an activation, linear ones too."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for layer in copy.layers:
        if hasattr(layer, "activation"):
            layer.activation = relu_with("guided")
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        chosen = tf.gather(copy(x, training=False), c, axis=1, batch_dims=1)
    return tape.gradient(chosen, x).numpy()


def wrong_no_weights(model, x, c):
    """The copy keeps its own random weights."""
    keras.utils.set_random_seed(5)
    return _walk(keras.models.clone_model(model), x, c)


def wrong_softmax(model, x, c):
    """The softmax is back."""
    copy = twin(keras.models.clone_model(model), "guided")
    copy.set_weights(model.get_weights())
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        chosen = tf.gather(copy(x, training=False), c, axis=1, batch_dims=1)
    return tape.gradient(chosen, x).numpy()
