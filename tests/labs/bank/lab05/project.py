"""Solutions of exercise 5, ``project(model, x, layer, ch, mode)``."""

import numpy as np

from bank.lab05.given import keras, relu_with, seed_unit, tf, twin


def _project(copy, x, layer, seed_of, training=False):
    part = keras.Model(copy.input, copy.get_layer(layer).output)
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        A = part(x, training=training)
    return tape.gradient(A, x, output_gradients=tf.cast(seed_of(A.numpy()), A.dtype)).numpy()


def right_output_gradients(model, x, layer, ch, mode):
    """The seed as the tape's output gradient."""
    return _project(twin(model, mode), x, layer, lambda A: seed_unit(A, ch))


def right_weighted_sum(model, x, layer, ch, mode):
    """The gradient of the sum of seed times activation."""
    copy = twin(model, mode)
    part = keras.Model(copy.input, copy.get_layer(layer).output)
    x = tf.Variable(x)
    with tf.GradientTape() as tape:
        A = part(x, training=False)
        total = tf.reduce_sum(A * tf.constant(seed_unit(A.numpy(), ch)))
    return np.asarray(tape.gradient(total, x))


def right_one_number(model, x, layer, ch, mode):
    """Half the square of the strongest activation."""
    copy = twin(model, mode)
    part = keras.Model(copy.input, copy.get_layer(layer).output)
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        strongest = tf.reduce_max(part(x, training=False)[0, :, :, ch])
        signed = strongest * tf.stop_gradient(strongest)
    return tape.gradient(signed, x).numpy().astype(np.float64)


def right_exchanged_for_a_moment(model, x, layer, ch, mode):
    """Without a twin: the model's own ReLUs are exchanged and put back."""
    own = [m for m in model.layers if getattr(m, "activation", None) is keras.activations.relu]
    relu = relu_with(mode)
    for m in own:
        m.activation = relu
    try:
        return _project(model, x, layer, lambda A: seed_unit(A, ch))
    finally:
        for m in own:
            m.activation = keras.activations.relu


def right_own_twin(model, x, layer, ch, mode):
    """Clones with a clone_function."""
    relu = relu_with(mode)

    def same(old):
        new = type(old).from_config(old.get_config())
        if getattr(new, "activation", None) is keras.activations.relu:
            new.activation = relu
        return new

    copy = keras.models.clone_model(model, clone_function=same)
    copy.set_weights(model.get_weights())
    return _project(copy, x, layer, lambda A: seed_unit(A, ch))


def wrong_from_one(model, x, layer, ch, mode):
    """Starts from 1."""
    return _project(twin(model, mode), x, layer, lambda A: (seed_unit(A, ch) != 0).astype(float))


def wrong_whole_channel(model, x, layer, ch, mode):
    """Starts from all units of the channel."""
    return _project(twin(model, mode), x, layer, lambda A: A * (np.arange(A.shape[-1]) == ch))


def wrong_whole_layer(model, x, layer, ch, mode):
    """No seed: starts from everything."""
    return _project(twin(model, mode), x, layer, lambda A: A)


def wrong_mode_ignored(model, x, layer, ch, mode):
    """The model in the place of its twin."""
    return _project(model, x, layer, lambda A: seed_unit(A, ch))


def wrong_always_guided(model, x, layer, ch, mode):
    """The mode is not handed on."""
    return _project(twin(model, "guided"), x, layer, lambda A: seed_unit(A, ch))


def wrong_deconv_for_guided(model, x, layer, ch, mode):
    """Two modes exchanged."""
    other = {"grad": "grad", "deconv": "guided", "guided": "deconv"}[mode]
    return _project(twin(model, other), x, layer, lambda A: seed_unit(A, ch))


def wrong_fresh_weights(model, x, layer, ch, mode):
    """A copy of the network without its weights."""
    keras.utils.set_random_seed(3)
    return _project(keras.models.clone_model(model), x, layer, lambda A: seed_unit(A, ch))


def wrong_kernels_of_others(model, x, layer, ch, mode):
    """The way back with another channel's kernels."""
    copy = keras.models.clone_model(twin(model, mode))
    copy.set_weights([np.roll(w, 1, axis=-1) if w.ndim == 4 else w for w in model.get_weights()])
    A = keras.Model(model.input, model.get_layer(layer).output)(x, training=False).numpy()
    return _project(copy, x, layer, lambda _: seed_unit(A, ch))


def wrong_stale_switches(model, x, layer, ch, mode):
    """Gates and switches of a picture seen before."""
    stale = np.random.default_rng(0).normal(size=x.shape).astype(np.float32)
    A = keras.Model(model.input, model.get_layer(layer).output)(x, training=False).numpy()
    return _project(twin(model, mode), stale, layer, lambda _: seed_unit(A, ch))


def wrong_times_input(model, x, layer, ch, mode):
    """Gradient times input."""
    return x * right_output_gradients(model, x, layer, ch, mode)


def wrong_magnitude(model, x, layer, ch, mode):
    """abs at the end."""
    return np.abs(right_output_gradients(model, x, layer, ch, mode))


def wrong_relu_at_the_end(model, x, layer, ch, mode):
    """A ReLU at the pixels."""
    return np.maximum(right_output_gradients(model, x, layer, ch, mode), 0)


def wrong_only_a_relu_at_the_end(model, x, layer, ch, mode):
    """The modes differ by a ReLU at the pixels alone."""
    R = right_output_gradients(model, x, layer, ch, "grad")
    return R if mode == "grad" else np.maximum(R, 0)


def wrong_training(model, x, layer, ch, mode):
    """BatchNorm with the batch's statistics, which it then stores."""
    copy = twin(model, mode)
    kept = copy.get_weights()
    R = _project(copy, x, layer, lambda A: seed_unit(A, ch), training=True)
    copy.set_weights(kept)
    return R


def wrong_no_batch_axis(model, x, layer, ch, mode):
    """(H, W, 3)."""
    return right_output_gradients(model, x, layer, ch, mode)[0]


def wrong_summed_colours(model, x, layer, ch, mode):
    """The colours summed already."""
    return right_output_gradients(model, x, layer, ch, mode).sum(axis=-1)


def wrong_channel_ignored(model, x, layer, ch, mode):
    """Always channel 0."""
    return right_output_gradients(model, x, layer, 0, mode)


def wrong_scaled(model, x, layer, ch, mode):
    """Scaled to 1."""
    R = right_output_gradients(model, x, layer, ch, mode)
    return R / max(np.abs(R).max(), 1e-12)


def wrong_next_layer(model, x, layer, ch, mode):
    """The layer's input in the place of its output."""
    copy = twin(model, mode)
    part = keras.Model(copy.input, copy.get_layer(layer).output)
    below = copy.get_layer(layer).input
    below = below[0] if isinstance(below, list) else below
    if below is copy.input:
        return x * seed_unit(part(x).numpy(), ch).max()
    names = {id(m.output): m.name for m in copy.layers}
    return _project(copy, x, names[id(below)], lambda A: seed_unit(A, min(ch, A.shape[-1] - 1)))
