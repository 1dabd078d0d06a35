"""Solutions of ``lrp_conv(a, W, b, R, rule, pad, stride)``."""

import numpy as np

from autograder.checks.lab07.reference import conv2d, conv2d_T, pads
from toonlens.startup import import_keras

TINY = 1e-12


def _away(z, eps=TINY):
    return z + eps * np.where(z >= 0, 1.0, -1.0)


def _walk(pairs, b, R, eps, pad, stride):
    z = sum(conv2d(u, V, pad, stride) for u, V in pairs) + b
    q = R / _away(z, eps)
    return sum(u * conv2d_T(q, V, u.shape, pad, stride) for u, V in pairs)


def _pos(v):
    return np.maximum(v, 0)


def _neg(v):
    return np.minimum(v, 0)


def _like(a, bound):
    return np.zeros(a.shape) + bound


def right_one_walk(a, W, b, R, rule, pad, stride):
    """Pairs, and one walk for each denominator."""
    name, options = rule
    eps = options.get("eps", TINY)
    if name == "eps":
        return _walk([(a, W)], b, R, eps, pad, stride)
    if name == "gamma":
        g = options["gamma"]
        return _walk([(a, W + g * _pos(W))], b + g * _pos(b), R, eps, pad, stride)
    if name == "zB":
        pairs = [(a, W), (-_like(a, options["lo"]), _pos(W)), (-_like(a, options["hi"]), _neg(W))]
        return _walk(pairs, 0.0, R, eps, pad, stride)
    up = _walk([(_pos(a), _pos(W)), (_neg(a), _neg(W))], _pos(b), R, eps, pad, stride)
    down = _walk([(_pos(a), _neg(W)), (_neg(a), _pos(W))], _neg(b), R, eps, pad, stride)
    return options["alpha"] * up - options["beta"] * down


def right_dense_windows(a, W, b, R, rule, pad, stride):
    """Cuts every window out and treats it as a dense layer; adds up."""
    (top, bottom), (left, right) = (pads(a.shape[k], W.shape[k - 1], stride, pad) for k in (1, 2))
    frame = ((0, 0), (top, bottom), (left, right), (0, 0))
    padded = np.pad(a, frame)
    name, options = rule
    eps = options.get("eps", TINY)
    if name == "zB":
        lows, highs = (np.pad(_like(a, options[key]), frame) for key in ("lo", "hi"))
    out = np.zeros(padded.shape)
    kh, kw = W.shape[:2]
    for i in range(R.shape[1]):
        for j in range(R.shape[2]):
            where = (slice(None), slice(i * stride, i * stride + kh), slice(j * stride, j * stride + kw))
            parts = padded[where][..., None] * W
            r = R[:, i, j][:, None, None, None]
            if name == "gamma":
                parts = parts + options["gamma"] * padded[where][..., None] * _pos(W)
                bias = b + options["gamma"] * _pos(b)
            else:
                bias = b
            if name == "zB":
                parts = parts - lows[where][..., None] * _pos(W) - highs[where][..., None] * _neg(W)
                bias = 0.0
            if name == "ab":
                up, down = _pos(parts), _neg(parts)
                z_up = _away(up.sum(axis=(1, 2, 3), keepdims=True) + _pos(b), eps)
                z_down = _away(down.sum(axis=(1, 2, 3), keepdims=True) + _neg(b), eps)
                shares = options["alpha"] * up / z_up - options["beta"] * down / z_down
            else:
                shares = parts / _away(parts.sum(axis=(1, 2, 3), keepdims=True) + bias, eps)
            out[where] += (shares * r).sum(axis=-1)
    return out[:, top : top + a.shape[1], left : left + a.shape[2]]


def right_tensorflow(a, W, b, R, rule, pad, stride):
    """TensorFlow's convolutions, the way back by the tape."""
    import_keras()
    import tensorflow as tf

    def walk(pairs, bias, eps):
        pairs = [(tf.constant(np.asarray(u, dtype=np.float64)), tf.constant(V)) for u, V in pairs]
        with tf.GradientTape() as tape:
            tape.watch([u for u, _ in pairs])
            z = tf.add_n([tf.nn.conv2d(u, V, stride, pad.upper()) for u, V in pairs])
        full = z + bias
        q = R / (full + tf.where(full >= 0, eps, -eps))
        back = tape.gradient(z, [u for u, _ in pairs], output_gradients=q)
        return tf.add_n([u * g for (u, _), g in zip(pairs, back, strict=True)])

    name, options = rule
    eps = tf.constant(options.get("eps", TINY), tf.float64)
    if name == "eps":
        return walk([(a, W)], b, eps)
    if name == "gamma":
        return walk([(a, W + options["gamma"] * _pos(W))], b + options["gamma"] * _pos(b), eps)
    if name == "zB":
        return walk([(a, W), (-_like(a, options["lo"]), _pos(W)), (-_like(a, options["hi"]), _neg(W))], 0.0, eps)
    up = walk([(_pos(a), _pos(W)), (_neg(a), _neg(W))], _pos(b), eps)
    down = walk([(_pos(a), _neg(W)), (_neg(a), _pos(W))], _neg(b), eps)
    return options["alpha"] * up - options["beta"] * down


def right_float32(a, W, b, R, rule, pad, stride):
    """Single precision."""
    a, W, b, R = (np.asarray(v, dtype=np.float32) for v in (a, W, b, R))
    return right_one_walk(a, W, b, R, rule, pad, stride).astype(np.float32)


def right_image_by_image(a, W, b, R, rule, pad, stride):
    """One image at a time."""
    single = [right_one_walk(a[k : k + 1], W, b, R[k : k + 1], rule, pad, stride) for k in range(len(a))]
    return np.concatenate(single)


def wrong_no_division(a, W, b, R, rule, pad, stride):
    """Carries R back as it is."""
    return a * conv2d_T(R, W, a.shape, pad, stride)


def wrong_no_input(a, W, b, R, rule, pad, stride):
    """Forgets the last step, the product with the input."""
    q = R / _away(conv2d(a, W, pad, stride) + b, rule[1].get("eps", TINY))
    return conv2d_T(q, W, a.shape, pad, stride)


def wrong_no_bias(a, W, b, R, rule, pad, stride):
    """conv2d has no bias, and nobody adds it."""
    return right_one_walk(a, W, 0 * b, R, rule, pad, stride)


def wrong_renormalised(a, W, b, R, rule, pad, stride):
    """Puts back what is lost."""
    out = right_one_walk(a, W, b, R, rule, pad, stride)
    return out * (R.sum(axis=(1, 2, 3)) / out.sum(axis=(1, 2, 3)))[:, None, None, None]


def wrong_always_epsilon(a, W, b, R, rule, pad, stride):
    """The epsilon rule, whatever the name."""
    return _walk([(a, W)], b, R, rule[1].get("eps", TINY), pad, stride)


def wrong_eps_ignored(a, W, b, R, rule, pad, stride):
    """A tiny epsilon, whatever the rule says."""
    options = {key: value for key, value in rule[1].items() if key != "eps"}
    return right_one_walk(a, W, b, R, (rule[0], options), pad, stride)


def wrong_eps_positive(a, W, b, R, rule, pad, stride):
    """Adds epsilon to negative z too."""
    if rule[0] != "eps":
        return right_one_walk(a, W, b, R, rule, pad, stride)
    q = R / (conv2d(a, W, pad, stride) + b + rule[1]["eps"])
    return a * conv2d_T(q, W, a.shape, pad, stride)


def wrong_np_sign(a, W, b, R, rule, pad, stride):
    """z + eps sign(z): zero stays zero."""
    if rule[0] != "eps":
        return right_one_walk(a, W, b, R, rule, pad, stride)
    z = conv2d(a, W, pad, stride) + b
    with np.errstate(all="ignore"):
        q = R / (z + rule[1]["eps"] * np.sign(z))
        return a * conv2d_T(q, W, a.shape, pad, stride)


def wrong_z_greater(a, W, b, R, rule, pad, stride):
    """s(0) = -1: z > 0 in the place of z >= 0."""
    if rule[0] != "eps":
        return right_one_walk(a, W, b, R, rule, pad, stride)
    z = conv2d(a, W, pad, stride) + b
    return a * conv2d_T(R / (z + rule[1]["eps"] * np.where(z > 0, 1.0, -1.0)), W, a.shape, pad, stride)


def wrong_always_same(a, W, b, R, rule, pad, stride):
    """Forgets pad."""
    return right_one_walk(a, W, b, R, rule, "same", stride)


def wrong_stride_forwards_only(a, W, b, R, rule, pad, stride):
    """Spreads what came back by repeating it, in the place of a stride on the way back."""
    if stride == 1:
        return right_one_walk(a, W, b, R, rule, pad, stride)
    q = R / _away(conv2d(a, W, pad, stride) + b)
    wide = q.repeat(stride, axis=1).repeat(stride, axis=2)
    h, w = a.shape[1] - (W.shape[0] - 1) * (pad == "valid"), a.shape[2] - (W.shape[1] - 1) * (pad == "valid")
    grown = np.zeros((len(a), h, w, q.shape[3]))
    grown[:, : wide.shape[1], : wide.shape[2]] = wide[:, :h, :w]
    return a * conv2d_T(grown, W, a.shape, pad, 1)


def wrong_one_z_per_image(a, W, b, R, rule, pad, stride):
    """One denominator for all places of an image."""
    z = (conv2d(a, W, pad, stride) + b).sum(axis=(1, 2), keepdims=True)
    return a * conv2d_T(R / _away(z), W, a.shape, pad, stride)


def wrong_batch_mean(a, W, b, R, rule, pad, stride):
    """The denominator is a mean over the batch."""
    z = (conv2d(a, W, pad, stride) + b).mean(axis=0, keepdims=True)
    return a * conv2d_T(R / _away(z), W, a.shape, pad, stride)


def wrong_flipped_kernel(a, W, b, R, rule, pad, stride):
    """Flips the kernel on the way back, although the adjoint does what is needed."""
    q = R / _away(conv2d(a, W, pad, stride) + b, rule[1].get("eps", TINY))
    return a * conv2d_T(q, W[::-1, ::-1], a.shape, pad, stride)


def wrong_gamma_all_weights(a, W, b, R, rule, pad, stride):
    """Scales every weight by 1 + gamma: the factor cancels."""
    if rule[0] != "gamma":
        return right_one_walk(a, W, b, R, rule, pad, stride)
    g = 1 + rule[1]["gamma"]
    return _walk([(a, g * W)], g * b, R, rule[1].get("eps", TINY), pad, stride)


def wrong_gamma_back_by_W(a, W, b, R, rule, pad, stride):
    """Gamma forwards, the old kernel backwards."""
    if rule[0] != "gamma":
        return right_one_walk(a, W, b, R, rule, pad, stride)
    g = rule[1]["gamma"]
    z = conv2d(a, W + g * _pos(W), pad, stride) + b + g * _pos(b)
    return a * conv2d_T(R / _away(z, rule[1].get("eps", TINY)), W, a.shape, pad, stride)


def wrong_gamma_bias(a, W, b, R, rule, pad, stride):
    """The bias stays as it is."""
    if rule[0] != "gamma":
        return right_one_walk(a, W, b, R, rule, pad, stride)
    more = W + rule[1]["gamma"] * _pos(W)
    return _walk([(a, more)], b, R, rule[1].get("eps", TINY), pad, stride)


def wrong_ab_joint(a, W, b, R, rule, pad, stride):
    """One denominator for both signs."""
    if rule[0] != "ab":
        return right_one_walk(a, W, b, R, rule, pad, stride)
    q = R / _away(conv2d(a, W, pad, stride) + b)

    def back(V):
        return conv2d_T(q, V, a.shape, pad, stride)

    up = _pos(a) * back(_pos(W)) + _neg(a) * back(_neg(W))
    down = _pos(a) * back(_neg(W)) + _neg(a) * back(_pos(W))
    return rule[1]["alpha"] * up - rule[1]["beta"] * down


def wrong_ab_input_not_split(a, W, b, R, rule, pad, stride):
    """Splits the kernel only."""
    if rule[0] != "ab":
        return right_one_walk(a, W, b, R, rule, pad, stride)
    up = _walk([(a, _pos(W))], _pos(b), R, TINY, pad, stride)
    down = _walk([(a, _neg(W))], _neg(b), R, TINY, pad, stride)
    return rule[1]["alpha"] * up - rule[1]["beta"] * down


def wrong_ab_plus(a, W, b, R, rule, pad, stride):
    """Adds the negative side."""
    if rule[0] == "ab":
        rule = ("ab", rule[1] | {"beta": -rule[1]["beta"]})
    return right_one_walk(a, W, b, R, rule, pad, stride)


def wrong_ab_full_bias(a, W, b, R, rule, pad, stride):
    """The whole bias in both denominators."""
    if rule[0] != "ab":
        return right_one_walk(a, W, b, R, rule, pad, stride)
    up = _walk([(_pos(a), _pos(W)), (_neg(a), _neg(W))], b, R, TINY, pad, stride)
    down = _walk([(_pos(a), _neg(W)), (_neg(a), _pos(W))], b, R, TINY, pad, stride)
    return rule[1]["alpha"] * up - rule[1]["beta"] * down


def wrong_box_swapped(a, W, b, R, rule, pad, stride):
    """lo with the negative weights, hi with the positive ones."""
    if rule[0] == "zB":
        rule = ("zB", {"lo": rule[1]["hi"], "hi": rule[1]["lo"]})
    return right_one_walk(a, W, b, R, rule, pad, stride)


def wrong_box_bias(a, W, b, R, rule, pad, stride):
    """Keeps the bias in the box rule."""
    if rule[0] != "zB":
        return right_one_walk(a, W, b, R, rule, pad, stride)
    pairs = [(a, W), (-_like(a, rule[1]["lo"]), _pos(W)), (-_like(a, rule[1]["hi"]), _neg(W))]
    return _walk(pairs, b, R, TINY, pad, stride)


def wrong_box_numerator(a, W, b, R, rule, pad, stride):
    """The bounds in the denominator only."""
    if rule[0] != "zB":
        return right_one_walk(a, W, b, R, rule, pad, stride)
    lo, hi = _like(a, rule[1]["lo"]), _like(a, rule[1]["hi"])
    z = conv2d(a, W, pad, stride) - conv2d(lo, _pos(W), pad, stride) - conv2d(hi, _neg(W), pad, stride)
    return a * conv2d_T(R / _away(z), W, a.shape, pad, stride)


def wrong_box_one_bound(a, W, b, R, rule, pad, stride):
    """The lowest bound and the highest for all channels."""
    if rule[0] == "zB":
        rule = ("zB", {"lo": np.min(rule[1]["lo"]), "hi": np.max(rule[1]["hi"])})
    return right_one_walk(a, W, b, R, rule, pad, stride)


def wrong_box_beyond_the_border(a, W, b, R, rule, pad, stride):
    """Pads the bounds with themselves: a box where there is no image."""
    if rule[0] != "zB" or pad == "valid":
        return right_one_walk(a, W, b, R, rule, pad, stride)
    lo, hi = _like(a, rule[1]["lo"]), _like(a, rule[1]["hi"])
    (top, bottom), (left, right) = (pads(a.shape[k], W.shape[k - 1], stride, pad) for k in (1, 2))
    frame = ((0, 0), (top, bottom), (left, right), (0, 0))
    pairs = [(np.pad(a, frame), W), (-np.pad(lo, frame, "edge"), _pos(W)), (-np.pad(hi, frame, "edge"), _neg(W))]
    out = _walk(pairs, 0.0, R, TINY, "valid", stride)
    return out[:, top : top + a.shape[1], left : left + a.shape[2]]


def wrong_positive_R(a, W, b, R, rule, pad, stride):
    """Cuts negative relevance off."""
    return right_one_walk(a, W, b, np.maximum(R, 0), rule, pad, stride)


def wrong_in_place(a, W, b, R, rule, pad, stride):
    """Divides R in the place where it is."""
    out = right_one_walk(a, W, b, R, rule, pad, stride)
    R /= _away(conv2d(a, W, pad, stride) + b)
    return out
