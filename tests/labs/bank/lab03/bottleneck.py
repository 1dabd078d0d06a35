"""Solutions of ``bottleneck(x, params)``."""

import numpy as np

from bank.lab03.given import EPSILON, batchnorm, conv2d, relu


def right_by_steps(x, params):
    """Line by line."""
    stride = params["stride"]
    W, b, *norm = params["1"]
    a = relu(batchnorm(conv2d(x, W, b, stride), *norm))
    W, b, *norm = params["2"]
    a = relu(batchnorm(conv2d(a, W, b), *norm))
    W, b, *norm = params["3"]
    a = batchnorm(conv2d(a, W, b), *norm)
    if "0" in params:
        W, b, *norm = params["0"]
        x = batchnorm(conv2d(x, W, b, stride), *norm)
    return relu(x + a)


def right_folded(x, params):
    """BatchNorm folded into the convolutions first, 1 x 1 kernels as matrices."""

    def folded(name):
        W, b, gamma, beta, mean, var = params[name]
        scale = gamma / np.sqrt(var + EPSILON)
        return W * scale, (b - mean) * scale + beta

    s = params["stride"]
    small = x[:, ::s, ::s]
    W, b = folded("1")
    a = np.maximum(small @ W[0, 0] + b, 0)
    W, b = folded("2")
    padded = np.pad(a, ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows, columns = a.shape[1:3]
    z = np.zeros((*a.shape[:3], W.shape[3])) + b
    for i in range(3):
        for j in range(3):
            z += padded[:, i : i + rows, j : j + columns] @ W[i, j]
    W, b = folded("3")
    z = np.maximum(z, 0) @ W[0, 0] + b
    shortcut = x
    if params.get("0") is not None:
        W, b = folded("0")
        shortcut = small @ W[0, 0] + b
    return np.maximum(z + shortcut, 0)


def right_tensorflow(x, params):
    """tf.nn throughout, a tensor comes back."""
    import tensorflow as tf

    def unit(a, name, stride=1):
        W, b, gamma, beta, mean, var = params[name]
        a = tf.nn.bias_add(tf.nn.conv2d(a, W, stride, "SAME"), b)
        return tf.nn.batch_normalization(a, mean, var, beta, gamma, EPSILON)

    s = params["stride"]
    a = unit(tf.nn.relu(unit(tf.nn.relu(unit(tf.constant(x), "1", s)), "2")), "3")
    return tf.nn.relu(a + (unit(tf.constant(x), "0", s) if "0" in params else x))


def right_float32(x, params):
    """Single precision."""
    params = {k: v if k == "stride" else tuple(np.float32(a) for a in v) for k, v in params.items()}
    return right_by_steps(x.astype(np.float32), params)


def right_keras(x, params):
    """Keras layers with these weights."""
    import keras
    from keras import layers

    s = params["stride"]

    def unit(a, name, stride=1):
        W, *_ = params[name]
        conv = layers.Conv2D(W.shape[3], W.shape[:2], strides=stride, padding="same", dtype="float64")
        bn = layers.BatchNormalization(epsilon=EPSILON, dtype="float64")
        out = bn(conv(a), training=False)
        conv.set_weights(list(params[name][:2]))
        bn.set_weights(list(params[name][2:]))
        return bn(conv(a), training=False) if out is not None else out

    a = keras.ops.relu(unit(x, "1", s))
    a = unit(keras.ops.relu(unit(a, "2")), "3")
    return np.asarray(keras.ops.relu(a + (unit(x, "0", s) if "0" in params else x)))


def _variant(x, params, *, strides=(1, 0), eps=None, norm=batchnorm, inner=relu, last=relu, side=lambda a: a,
             branch=lambda a: a, bias=1.0, project=lambda params: "0" in params):  # fmt: skip
    """The block with one thing changed; ``strides``: which layers stride."""

    def unit(a, name):
        W, b, *four = params[name]
        return norm(conv2d(a, W, bias * b, params["stride"] if int(name) in strides else 1), *four)

    a = branch(unit(inner(unit(inner(unit(x, "1")), "2")), "3"))
    return last(side(unit(x, "0") if project(params) else x) + a)


def wrong_stride_in_3x3(x, params):
    """The stride where torchvision has it."""
    return _variant(x, params, strides=(2, 0))


def wrong_no_last_relu(x, params):
    """The sum, without the ReLU."""
    return _variant(x, params, last=lambda a: a)


def wrong_relu_before_sum(x, params):
    """A third ReLU in the branch."""
    return _variant(x, params, branch=relu)


def wrong_relu_on_shortcut(x, params):
    """The shortcut passes a ReLU."""
    return _variant(x, params, side=relu)


def wrong_default_epsilon(x, params):
    """Keras' own default, 1e-3."""

    def norm(a, gamma, beta, mean, var):
        return gamma * (a - mean) / np.sqrt(var + 1e-3) + beta

    return _variant(x, params, norm=norm)


def wrong_batch_statistics(x, params):
    """Mean and variance of the batch."""

    def norm(a, gamma, beta, mean, var):
        return gamma * (a - a.mean(axis=(0, 1, 2))) / np.sqrt(a.var(axis=(0, 1, 2)) + EPSILON) + beta

    return _variant(x, params, norm=norm)


def wrong_picture_statistics(x, params):
    """Mean and variance of each picture."""

    def norm(a, gamma, beta, mean, var):
        m, v = a.mean(axis=(1, 2), keepdims=True), a.var(axis=(1, 2), keepdims=True)
        return gamma * (a - m) / np.sqrt(v + EPSILON) + beta

    return _variant(x, params, norm=norm)


def wrong_no_sqrt(x, params):
    """Divides by the variance."""
    return _variant(x, params, norm=lambda a, gamma, beta, mean, var: gamma * (a - mean) / (var + EPSILON) + beta)


def wrong_gamma_beta_swapped(x, params):
    """beta scales and gamma shifts."""
    return _variant(x, params, norm=lambda a, gamma, beta, mean, var: batchnorm(a, beta, gamma, mean, var))


def wrong_order_of_vectors(x, params):
    """Takes mean and var for gamma and beta: the order of another library."""
    return _variant(x, params, norm=lambda a, mean, var, gamma, beta: batchnorm(a, gamma, beta, mean, np.abs(var)))


def wrong_no_bias(x, params):
    """BatchNorm makes a bias superfluous, but these networks have one."""
    return _variant(x, params, bias=0.0)


def wrong_no_inner_relu(x, params):
    """Only the last ReLU."""
    return _variant(x, params, inner=lambda a: a)


def wrong_no_shortcut(x, params):
    """The branch alone."""
    return _variant(x, params, side=lambda a: 0 * a)


def wrong_projects_when_striding(x, params):
    """Projects only where the stride is 2."""
    if params["stride"] == 1 and "0" in params:
        out = params["3"][0].shape[3]
        x_wide = np.concatenate([x, np.zeros((*x.shape[:3], out))], axis=-1)[..., :out]
        return _variant(x, params, side=lambda a: x_wide, project=lambda params: False) if out != x.shape[3] else (
            _variant(x, params, project=lambda params: False))  # fmt: skip
    return _variant(x, params)


def wrong_preactivation(x, params):
    """BatchNorm and ReLU before the convolutions, as in version 2, where shapes allow it."""

    def unit(a, name, stride=1):
        W, b, gamma, beta, mean, var = params[name]
        return gamma * (conv2d(relu(a), W, b, stride) - mean) / np.sqrt(var + EPSILON) + beta

    s = params["stride"]
    a = unit(unit(unit(x, "1", s), "2"), "3")
    return (unit(x, "0", s) if "0" in params else x) + a


def wrong_in_place(x, params):
    """Adds the branch into x."""
    if "0" in params:
        return _variant(x, params)
    x += _variant(x, params, side=lambda a: 0 * a, last=lambda a: a)
    return relu(x)


def wrong_relu_between_conv_and_norm(x, params):
    """Convolution, ReLU, BatchNorm."""
    return _variant(x, params, norm=lambda a, *four: batchnorm(relu(a), *four), inner=lambda a: a)
