"""Solutions of ``dense_block(x, params)``."""

import numpy as np

from bank.lab03.given import EPSILON, batchnorm, conv2d, relu


def right_by_steps(x, params):
    """Line by line."""
    for layer in params:
        a = conv2d(relu(batchnorm(x, *layer["bn1"])), layer["W1"])
        a = conv2d(relu(batchnorm(a, *layer["bn2"])), layer["W2"])
        x = np.concatenate([x, a], axis=-1)
    return x


def right_list(x, params):
    """A list of everything made so far, joined for each layer."""
    made = [x]
    for layer in params:
        a = np.concatenate(made, axis=3)
        for bn, W in (("bn1", "W1"), ("bn2", "W2")):
            a = conv2d(np.maximum(batchnorm(a, *layer[bn]), 0), layer[W])
        made.append(a)
    return np.concatenate(made, axis=3)


def right_recursive(x, params):
    """The first layer, then the block of the others."""
    if len(params) == 0:
        return x
    return right_recursive(right_by_steps(x, params[:1]), params[1:])


def right_numpy(x, params):
    """NumPy alone: matrices and taps."""
    rows, columns = x.shape[1:3]
    for layer in params:
        gamma, beta, mean, var = layer["bn1"]
        scale = gamma / np.sqrt(var + EPSILON)
        a = np.maximum(x * scale + (beta - mean * scale), 0) @ layer["W1"][0, 0]
        gamma, beta, mean, var = layer["bn2"]
        scale = gamma / np.sqrt(var + EPSILON)
        a = np.maximum(a * scale + (beta - mean * scale), 0)
        padded = np.pad(a, ((0, 0), (1, 1), (1, 1), (0, 0)))
        new = sum(padded[:, i : i + rows, j : j + columns] @ layer["W2"][i, j] for i in range(3) for j in range(3))
        x = np.concatenate((x, new), -1)
    return x


def right_tensorflow(x, params):
    """tf.nn, a tensor comes back."""
    import tensorflow as tf

    x = tf.constant(x)
    for layer in params:
        a = x
        for bn, W in (("bn1", "W1"), ("bn2", "W2")):
            gamma, beta, mean, var = layer[bn]
            a = tf.nn.relu(tf.nn.batch_normalization(a, mean, var, beta, gamma, EPSILON))
            a = tf.nn.conv2d(a, layer[W], 1, "SAME")
        x = tf.concat([x, a], 3)
    return x


def right_float32(x, params):
    """Single precision."""
    x = x.astype(np.float32)
    return right_by_steps(
        x, [{k: [np.float32(a) for a in v] if k[0] == "b" else np.float32(v) for k, v in layer.items()}
            for layer in params]
    )  # fmt: skip


def _layer(x, layer, norm=batchnorm, inner=relu, second=True, last=lambda a: a):
    a = conv2d(inner(norm(x, *layer["bn1"])), layer["W1"])
    a = inner(norm(a, *layer["bn2"])) if second else inner(a)
    return last(conv2d(a, layer["W2"]))


def _block(x, params, **options):
    for layer in params:
        x = np.concatenate([x, _layer(x, layer, **options)], axis=-1)
    return x


def wrong_new_first(x, params):
    """New channels in front."""
    for layer in params:
        x = np.concatenate([_layer(x, layer), x], axis=-1)
    return x


def wrong_only_the_latest(x, params):
    """Each layer gets x and the newest channels only, filled up with zeros."""
    made = [x]
    for layer in params:
        whole = np.zeros((*x.shape[:3], len(layer["bn1"][0])))
        whole[..., : x.shape[3]] = x
        if len(made) > 1:
            whole[..., -made[-1].shape[3] :] = made[-1]
        made.append(_layer(whole, layer))
    return np.concatenate(made, axis=-1)


def wrong_only_x(x, params):
    """Each layer sees x; the channels made in between are zeros for it."""
    made = [x]
    for layer in params:
        whole = np.zeros((*x.shape[:3], len(layer["bn1"][0])))
        whole[..., : x.shape[3]] = x
        made.append(_layer(whole, layer))
    return np.concatenate(made, axis=-1)


def wrong_relu_after(x, params):
    """A ReLU behind the last convolution."""
    return _block(x, params, last=relu)


def wrong_no_second_norm(x, params):
    """One BatchNorm per layer."""
    return _block(x, params, second=False)


def wrong_no_relu(x, params):
    """No ReLU at all."""
    return _block(x, params, inner=lambda a: a)


def wrong_default_epsilon(x, params):
    """Keras' own default, 1e-3."""

    def norm(a, gamma, beta, mean, var):
        return gamma * (a - mean) / np.sqrt(var + 1e-3) + beta

    return _block(x, params, norm=norm)


def wrong_batch_statistics(x, params):
    """Mean and variance of the batch."""

    def norm(a, gamma, beta, mean, var):
        return gamma * (a - a.mean(axis=(0, 1, 2))) / np.sqrt(a.var(axis=(0, 1, 2)) + EPSILON) + beta

    return _block(x, params, norm=norm)


def wrong_sum_like_resnet(x, params):
    """Adds the new channels to the first ones and appends copies, so that the shape is right."""
    for layer in params:
        new = _layer(x, layer)
        x = x.copy()
        x[..., : new.shape[3]] += new
        x = np.concatenate([x, new], axis=-1)
    return x


def wrong_normalises_x(x, params):
    """What is kept is the normalised x."""
    for layer in params:
        a = relu(batchnorm(x, *layer["bn1"]))
        x = np.concatenate([a, _layer(x, layer)], axis=-1)
    return x


def wrong_only_new(x, params):
    """Returns the new channels alone."""
    return _block(x, params)[..., x.shape[3] :]


def wrong_last_layer_twice(x, params):
    """The first layer's parameters, cut to size, in every layer."""
    C, k = x.shape[3], params[0]["W2"].shape[3] if len(params) else 0
    out = x
    for l in range(len(params)):
        new = _layer(x, params[0]) if params[0]["W1"].shape[2] == C else np.zeros((*x.shape[:3], k))
        out = np.concatenate([out, new * (1 + 0 * l)], axis=-1)
    return out


def wrong_gamma_beta_swapped(x, params):
    """beta scales and gamma shifts."""
    return _block(x, params, norm=lambda a, gamma, beta, mean, var: batchnorm(a, beta, gamma, mean, var))


def wrong_in_place(x, params):
    """Scales x in place in the first layer."""
    out = _block(x, params)
    x *= 1.5
    return out


def wrong_relu_before_norm(x, params):
    """ReLU, BatchNorm, convolution."""
    return _block(x, params, norm=lambda a, *four: batchnorm(relu(a), *four), inner=lambda a: a)
