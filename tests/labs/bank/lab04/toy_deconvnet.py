"""Solutions of ``toy_deconvnet(params, x, ch, mode)``, over the reference's pieces."""

import numpy as np

from autograder.checks.lab04.reference import conv2d, conv2d_T, pool_switches, relu_back, unpool


def _walk(params, x, ch, mode, *, start=None, step=None, shape_of=None):
    """The walk, with its start and one step down exchangeable."""
    a, memory = x, []
    for W, b, k in params:
        r = np.maximum(conv2d(a, W, b, "same", 1), 0)
        p, s = pool_switches(r, k)
        memory.append((a, r, p, s))
        a = p
    if start is None:
        R = np.zeros_like(a)
        R[..., ch] = a[..., ch]
    else:
        R = start(a, ch)
    for l in range(len(params) - 1, -1, -1):
        W, b, k = params[l]
        below, r, p, s = memory[l]
        if step is None:
            R = conv2d_T(relu_back(unpool(R, s, k), r, mode), W, below.shape, "same", 1)
        else:
            R = step(R, W, b, k, below, r, p, s, mode, l)
    return R


def right_walk(params, x, ch, mode):
    """Two loops."""
    return _walk(params, x, ch, mode)


def right_recursion(params, x, ch, mode):
    """A function that calls itself for the layers above."""

    def down(layers, a):
        if not layers:
            R = np.zeros_like(a)
            R[..., ch] = a[..., ch]
            return R
        (W, b, k), *above = layers
        r = np.maximum(conv2d(a, W, b, "same", 1), 0)
        p, s = pool_switches(r, k)
        return conv2d_T(relu_back(unpool(down(above, p), s, k), r, mode), W, a.shape, "same", 1)

    return down(list(params), x)


def right_relu_before_unpooling(params, x, ch, mode):
    """The ReLU of the pooled values: the winners are the same numbers."""

    def step(R, W, b, k, below, r, p, s, mode, l):
        return conv2d_T(unpool(relu_back(R, p, mode), s, k), W, below.shape, "same", 1)

    return _walk(params, x, ch, mode, step=step)


def right_image_by_image(params, x, ch, mode):
    """One image at a time."""
    return np.concatenate([_walk(params, x[b : b + 1], ch, mode) for b in range(len(x))])


def right_tape(params, x, ch, mode):
    """TensorFlow with a gradient of its own for the ReLU."""
    import tensorflow as tf

    @tf.custom_gradient
    def relu(z):
        def back(R):
            R = tf.convert_to_tensor(R)
            gate = tf.cast(z > 0, R.dtype)
            return {"grad": R * gate, "deconv": tf.nn.relu(R), "guided": tf.nn.relu(R) * gate}[mode]

        return tf.nn.relu(z), back

    image = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(image)
        a = image
        for W, b, k in params:
            a = relu(tf.nn.conv2d(a, W, 1, "SAME") + b)
            a = tf.nn.max_pool2d(a, k, k, "VALID") if k > 1 else a
        energy = 0.5 * tf.reduce_sum(a[..., ch] ** 2)
    return tape.gradient(energy, image).numpy()


def right_float32(params, x, ch, mode):
    """Single precision."""
    params = [(W.astype(np.float32), b.astype(np.float32), k) for W, b, k in params]
    return _walk(params, x.astype(np.float32), ch, mode).astype(np.float32)


def wrong_start_ones(params, x, ch, mode):
    """Starts from ones: the gradient of the channel's sum."""

    def start(a, ch):
        R = np.zeros_like(a)
        R[..., ch] = 1.0
        return R

    return _walk(params, x, ch, mode, start=start)


def wrong_all_channels(params, x, ch, mode):
    """Starts from all channels."""
    return _walk(params, x, ch, mode, start=lambda a, ch: a.copy())


def wrong_strongest_only(params, x, ch, mode):
    """Keeps the strongest unit of the channel only."""

    def start(a, ch):
        R = np.zeros_like(a)
        top = a[..., ch].max(axis=(1, 2), keepdims=True)
        R[..., ch] = np.where(a[..., ch] == top, a[..., ch], 0)
        return R

    return _walk(params, x, ch, mode, start=start)


def wrong_start_from_relu(params, x, ch, mode):
    """Starts from the last ReLU's output, which is not pooled yet."""
    a = x
    for W, b, k in params:
        r = np.maximum(conv2d(a, W, b, "same", 1), 0)
        a = pool_switches(r, k)[0]

    def start(a, ch):
        R = np.zeros_like(r)
        R[..., ch] = r[..., ch]
        return R

    return _walk(params, x, ch, mode, start=start)


def wrong_valid_down(params, x, ch, mode):
    """ "valid" on the way down."""

    def step(R, W, b, k, below, r, p, s, mode, l):
        return conv2d_T(relu_back(unpool(R, s, k), r, mode), W, below.shape, "valid", 1)

    return _walk(params, x, ch, mode, step=step)


def wrong_valid(params, x, ch, mode):
    """ "valid" both ways."""
    a, memory = x, []
    for W, b, k in params:
        r = np.maximum(conv2d(a, W, b, "valid", 1), 0)
        p, s = pool_switches(r, k)
        memory.append((a, r, s))
        a = p
    R = np.zeros_like(a)
    R[..., ch] = a[..., ch]
    for (W, _, k), (below, r, s) in zip(params[::-1], memory[::-1], strict=True):
        R = conv2d_T(relu_back(unpool(R, s, k), r, mode), W, below.shape, "valid", 1)
    return R


def wrong_lists_not_reversed(params, x, ch, mode):
    """Comes down through the first layer first, wherever shapes let it."""
    a, memory = x, []
    for W, b, k in params:
        r = np.maximum(conv2d(a, W, b, "same", 1), 0)
        p, s = pool_switches(r, k)
        memory.append((a, r, s))
        a = p
    R = np.zeros_like(a)
    R[..., ch] = a[..., ch]
    for (W, _, k), (below, r, s) in zip(params, memory, strict=True):
        R = conv2d_T(relu_back(unpool(R, s, k), r, mode), W, below.shape, "same", 1)
    return R


def wrong_batch_start(params, x, ch, mode):
    """Every image starts from the first image's channel."""

    def start(a, ch):
        R = np.zeros_like(a)
        R[..., ch] = a[:1, ..., ch]
        return R

    return _walk(params, x, ch, mode, start=start)


def wrong_ch_zero(params, x, ch, mode):
    """Always channel 0, or 1 where 0 is asked for."""
    return _walk(params, x, 0 if ch else 1, mode)


def wrong_always_grad(params, x, ch, mode):
    """The mode is not handed on."""
    return _walk(params, x, ch, "grad")


def wrong_deconv_gated(params, x, ch, mode):
    """deconv gated by a."""
    return _walk(params, x, ch, "guided" if mode == "deconv" else mode)


def wrong_relu_at_pixels(params, x, ch, mode):
    """A ReLU after the last filter, in deconv and guided."""
    R = _walk(params, x, ch, mode)
    return R if mode == "grad" else np.maximum(R, 0)


def wrong_relu_after_filter(params, x, ch, mode):
    """Filters first and rectifies then."""

    def step(R, W, b, k, below, r, p, s, mode, l):
        R = conv2d_T(unpool(R, s, k), W, below.shape, "same", 1)
        return relu_back(R, np.maximum(below, 0), mode)

    return _walk(params, x, ch, mode, step=step)


def wrong_not_flipped(params, x, ch, mode):
    """A filter that is not flipped."""

    def step(R, W, b, k, below, r, p, s, mode, l):
        return conv2d_T(relu_back(unpool(R, s, k), r, mode), W[::-1, ::-1], below.shape, "same", 1)

    return _walk(params, x, ch, mode, step=step)


def wrong_bias_back(params, x, ch, mode):
    """Takes the bias away before filtering."""

    def step(R, W, b, k, below, r, p, s, mode, l):
        return conv2d_T(relu_back(unpool(R, s, k), r, mode) - b, W, below.shape, "same", 1)

    return _walk(params, x, ch, mode, step=step)


def wrong_upper_left(params, x, ch, mode):
    """Unpools without switches."""

    def step(R, W, b, k, below, r, p, s, mode, l):
        return conv2d_T(relu_back(unpool(R, 0 * s, k), r, mode), W, below.shape, "same", 1)

    return _walk(params, x, ch, mode, step=step)


def wrong_channel_0_switches(params, x, ch, mode):
    """The switches of channel 0."""

    def step(R, W, b, k, below, r, p, s, mode, l):
        s = np.repeat(s[..., :1], s.shape[-1], axis=-1)
        return conv2d_T(relu_back(unpool(R, s, k), r, mode), W, below.shape, "same", 1)

    return _walk(params, x, ch, mode, step=step)


def wrong_gate_by_signal(params, x, ch, mode):
    """Hands the signal to relu_back in the place of a."""

    def step(R, W, b, k, below, r, p, s, mode, l):
        R = unpool(R, s, k)
        return conv2d_T(relu_back(R, R, mode), W, below.shape, "same", 1)

    return _walk(params, x, ch, mode, step=step)


def wrong_no_relu_on_top(params, x, ch, mode):
    """No ReLU on the way up after the last convolution."""
    a, memory = x, []
    for l, (W, b, k) in enumerate(params):
        z = conv2d(a, W, b, "same", 1)
        r = z if l == len(params) - 1 else np.maximum(z, 0)
        p, s = pool_switches(r, k)
        memory.append((a, r, s))
        a = p
    R = np.zeros_like(a)
    R[..., ch] = a[..., ch]
    for (W, _, k), (below, r, s) in zip(params[::-1], memory[::-1], strict=True):
        R = conv2d_T(relu_back(unpool(R, s, k), np.maximum(r, 0) if r is not memory[-1][1] else np.ones_like(r), mode),
                     W, below.shape, "same", 1)  # fmt: skip
    return R


def wrong_no_bias(params, x, ch, mode):
    """Forgets the biases on the way up."""
    return _walk([(W, 0 * b, k) for W, b, k in params], x, ch, mode)


def wrong_one_layer(params, x, ch, mode):
    """Comes back through the last layer only, and repeats the channels to the shape of x."""
    a = x
    for W, b, k in params[:-1]:
        a = pool_switches(np.maximum(conv2d(a, W, b, "same", 1), 0), k)[0]
    R = _walk(params[-1:], a, ch, mode).sum(axis=-1, keepdims=True)
    rows, columns = x.shape[1] // R.shape[1], x.shape[2] // R.shape[2]
    return np.repeat(R.repeat(rows, axis=1).repeat(columns, axis=2), x.shape[3], axis=3)


def wrong_times_input(params, x, ch, mode):
    """Multiplies by the image."""
    return x * _walk(params, x, ch, mode)


def wrong_normalised(params, x, ch, mode):
    """Divides by the largest value."""
    R = _walk(params, x, ch, mode)
    return R / np.abs(R).max()
