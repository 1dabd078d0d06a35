"""Solutions of the bug hunt, ``gradient_x_input(params, x, c)``: the supplied code with some of its three bugs left."""

import numpy as np


def _walk(params, x, c, *, columns=False, last_relu=False, gate=False):
    """Gradient x input with each of the seeded bugs switched on or off."""
    (W1, b1), (W2, b2), (W3, b3) = params
    a1 = np.maximum(x @ W1 + b1, 0)
    a2 = np.maximum(a1 @ W2 + b2, 0)
    f = a2 @ W3 + b3
    if last_relu:
        f = np.maximum(f, 0)
    g = np.zeros_like(f)
    if columns:
        g[:, c] = 1.0
    else:
        g[np.arange(len(x)), c] = 1.0
    if last_relu:
        g = g * (f > 0)
    g = (g @ W3.T) * (a2 > 0)
    g = (g @ W2.T) * ((a2 if gate else a1) > 0)
    return x * (g @ W1.T)


def right_repaired(params, x, c):
    """All three repaired."""
    return _walk(params, x, c)


def right_tape(params, x, c):
    """tf.GradientTape."""
    import tensorflow as tf

    image = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(image)
        a = image
        for W, b in params[:-1]:
            a = tf.nn.relu(a @ W + b)
        logits = a @ params[-1][0] + params[-1][1]
        total = tf.reduce_sum(tf.gather(logits, c, axis=1, batch_dims=1))
    return (image * tape.gradient(total, image)).numpy()


def right_lrp_0(params, x, c):
    """By the law: LRP-0 with a tiny epsilon."""
    from autograder.reference.dense import lrp_mlp

    return lrp_mlp(params, x, c, [("eps", {"eps": 1e-12})] * len(params))[0]


def right_image_by_image(params, x, c):
    """One image at a time, through the chain of Jacobians."""
    maps = []
    for image, k in zip(x, c, strict=True):
        a, jacobian = image, np.eye(len(image))
        for W, b in params[:-1]:
            z = a @ W + b
            jacobian = (jacobian @ W) * (z > 0)
            a = np.maximum(z, 0)
        maps.append(image * (jacobian @ params[-1][0])[:, k])
    return np.array(maps)


def right_float32(params, x, c):
    """Single precision."""
    params = [(W.astype(np.float32), b.astype(np.float32)) for W, b in params]
    return _walk(params, x.astype(np.float32), c)


def wrong_as_supplied(params, x, c):
    """Nothing repaired."""
    return _walk(params, x, c, columns=True, last_relu=True, gate=True)


def wrong_columns_left(params, x, c):
    """The indexing is left."""
    return _walk(params, x, c, columns=True)


def wrong_last_relu_left(params, x, c):
    """The ReLU on the logits is left."""
    return _walk(params, x, c, last_relu=True)


def wrong_gate_left(params, x, c):
    """The gate is left."""
    return _walk(params, x, c, gate=True)


def wrong_only_columns_repaired(params, x, c):
    """Only the indexing is repaired."""
    return _walk(params, x, c, last_relu=True, gate=True)


def wrong_only_relu_repaired(params, x, c):
    """Only the logits are repaired."""
    return _walk(params, x, c, columns=True, gate=True)


def wrong_only_gate_repaired(params, x, c):
    """Only the gate is repaired."""
    return _walk(params, x, c, columns=True, last_relu=True)


def wrong_plain_gradient(params, x, c):
    """The gradient, not times the input."""
    return _walk(params, x, c) / np.where(x == 0, 1.0, x)


def wrong_from_the_logit(params, x, c):
    """Starts from the logit in the place of 1."""
    a = x
    for W, b in params[:-1]:
        a = np.maximum(a @ W + b, 0)
    logits = a @ params[-1][0] + params[-1][1]
    return _walk(params, x, c) * logits[np.arange(len(x)), c][:, None]


def wrong_no_gates(params, x, c):
    """Drops both gates."""
    (W1, _), (W2, _), (W3, _) = params
    return x * (np.eye(W3.shape[1])[c] @ W3.T @ W2.T @ W1.T)


def wrong_gates_by_gradient(params, x, c):
    """Gates by the sign of the gradient, as a deconvnet does."""
    (W1, _), (W2, _), (W3, _) = params
    g = np.maximum(np.eye(W3.shape[1])[c] @ W3.T, 0)
    return x * (np.maximum(g @ W2.T, 0) @ W1.T)


def wrong_absolute(params, x, c):
    """The magnitude, since it looks cleaner."""
    return np.abs(_walk(params, x, c))


def wrong_in_place(params, x, c):
    """Multiplies into the image."""
    x *= _walk(params, x, c) / np.where(x == 0, 1.0, x)
    return x
