"""Solutions of exercise 7, ``guided_saliency(model, x, c)``."""

import numpy as np

from bank.lab05.given import keras, tf, twin


def _logits(copy, x, training=False):
    below = keras.Model(copy.input, copy.layers[-1].input)
    W, b = copy.layers[-1].get_weights()
    return below(x, training=training) @ tf.constant(W) + tf.constant(b)


def _saliency(model, x, c, start, mode, training=False):
    copy = twin(model, mode)
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = start(_logits(copy, x, training), np.asarray(c))
    return tape.gradient(total, x).numpy()


def _own(logits, c):
    return tf.gather(logits, c, axis=1, batch_dims=1)


def right_below_the_head(model, x, c, mode="guided"):
    """The last layer by hand, without its softmax."""
    return _saliency(model, x, c, _own, mode)


def right_linear_head(model, x, c, mode="guided"):
    """The twin's last activation exchanged."""
    copy = twin(model, mode)
    copy.layers[-1].activation = keras.activations.linear
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = copy(x, training=False)
    return tape.gradient(logits, x, output_gradients=tf.one_hot(c, logits.shape[1])).numpy()


def right_one_hot(model, x, c, mode="guided"):
    """A mask of classes."""
    return _saliency(model, x, c, lambda f, c: tf.reduce_sum(f * tf.one_hot(c, f.shape[1])), mode)


def right_image_by_image(model, x, c, mode="guided"):
    """One image at a time, double precision at the end."""
    maps = [_saliency(model, x[k : k + 1], c[k : k + 1], lambda f, c: f[0, int(c[0])], mode) for k in range(len(x))]
    return np.concatenate(maps).astype(np.float64)


def right_by_the_start(model, x, c, mode="guided"):
    """The head's column is where the way back starts below the head."""
    copy = twin(model, mode)
    below = keras.Model(copy.input, copy.layers[-1].input)
    W = copy.layers[-1].get_weights()[0]
    x = tf.Variable(x)
    with tf.GradientTape() as tape:
        h = below(x, training=False)
    return np.asarray(tape.gradient(h, x, output_gradients=tf.constant(W.T[np.asarray(c)])))


def wrong_softmax(model, x, c, mode="guided"):
    """From the probability."""
    return _saliency(model, x, c, lambda f, c: _own(tf.nn.softmax(f), c), mode)


def wrong_log_softmax(model, x, c, mode="guided"):
    """From the logarithm of the probability."""
    return _saliency(model, x, c, lambda f, c: _own(tf.nn.log_softmax(f), c), mode)


def wrong_predicted_class(model, x, c, mode="guided"):
    """The class with the largest logit, whatever was asked."""
    return _saliency(model, x, c, lambda f, c: tf.reduce_max(f, axis=1), mode)


def wrong_all_logits(model, x, c, mode="guided"):
    """The sum of all logits."""
    return _saliency(model, x, c, lambda f, c: tf.reduce_sum(f), mode)


def wrong_every_class_of_the_batch(model, x, c, mode="guided"):
    """gather without batch_dims."""
    return _saliency(model, x, c, lambda f, c: tf.gather(f, c, axis=1), mode)


def wrong_first_class(model, x, c, mode="guided"):
    """The first image's class for all."""
    return _saliency(model, x, c, lambda f, c: f[:, int(c[0])], mode)


def wrong_mean_of_batch(model, x, c, mode="guided"):
    """The mean over the batch."""
    return _saliency(model, x, c, lambda f, c: tf.reduce_mean(_own(f, c)), mode)


def wrong_from_the_logit(model, x, c, mode="guided"):
    """Starts from the logit in the place of 1."""
    return _saliency(model, x, c, lambda f, c: 0.5 * _own(f, c) ** 2, mode)


def wrong_relu_on_logits(model, x, c, mode="guided"):
    """A ReLU on the logits."""
    return _saliency(model, x, c, lambda f, c: tf.nn.relu(_own(f, c)), mode)


def wrong_grad(model, x, c, mode="guided"):
    """The plain gradient."""
    return _saliency(model, x, c, _own, "grad")


def wrong_deconv(model, x, c, mode="guided"):
    """The deconvnet."""
    return _saliency(model, x, c, _own, "grad" if mode == "grad" else "deconv")


def wrong_training(model, x, c, mode="guided"):
    """BatchNorm with the batch's statistics."""
    copy = twin(model, mode)
    kept = copy.get_weights()
    R = _saliency(model, x, c, _own, mode, training=True)
    copy.set_weights(kept)
    return R


def wrong_magnitude(model, x, c, mode="guided"):
    """abs."""
    return np.abs(_saliency(model, x, c, _own, mode))


def wrong_times_input(model, x, c, mode="guided"):
    """Times the input."""
    return x * _saliency(model, x, c, _own, mode)


def wrong_positive_gradient(model, x, c, mode="guided"):
    """The gradient's positive part."""
    return np.maximum(_saliency(model, x, c, _own, "grad"), 0)


def wrong_summed_colours(model, x, c, mode="guided"):
    """(B, H, W)."""
    return _saliency(model, x, c, _own, mode).sum(axis=-1)


def wrong_scaled(model, x, c, mode="guided"):
    """Each map scaled to 1."""
    R = _saliency(model, x, c, _own, mode)
    return R / np.maximum(np.abs(R).max(axis=(1, 2, 3), keepdims=True), 1e-12)


def wrong_one_against_all(model, x, c, mode="guided"):
    """The logit minus the mean of all."""
    return _saliency(model, x, c, lambda f, c: _own(f, c) - tf.reduce_mean(f, axis=1), mode)


def wrong_mode_ignored(model, x, c, mode="guided"):
    """Always guided."""
    return _saliency(model, x, c, _own, "guided")
