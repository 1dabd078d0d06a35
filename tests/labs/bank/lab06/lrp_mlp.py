"""Solutions of ``lrp_mlp(params, x, c, rules)``; the rules themselves are right."""

import numpy as np

from bank.lab06.given import apply_rule


def _up(params, x):
    """Inputs of the layers and logits."""
    inputs = [x]
    for W, b in params[:-1]:
        inputs.append(np.maximum(inputs[-1] @ W + b, 0))
    return inputs, inputs[-1] @ params[-1][0] + params[-1][1]


def _start(logits, c):
    rows = np.arange(len(logits))
    start = np.zeros_like(logits)
    start[rows, c] = logits[rows, c]
    return start


def _down(params, inputs, rules, start):
    trace = [start]
    for a, (W, b), rule in zip(inputs[::-1], params[::-1], rules[::-1], strict=True):
        trace.insert(0, apply_rule(rule, a, W, b, trace[0]))
    return trace


def right_two_loops(params, x, c, rules):
    """Two loops."""
    inputs, logits = _up(params, x)
    return _down(params, inputs, rules, _start(logits, c))


def right_recursion(params, x, c, rules):
    """Recursion over the layers."""
    (W, b), rest = params[0], params[1:]
    z = x @ W + b
    above = right_recursion(rest, np.maximum(z, 0), c, rules[1:]) if rest else [_start(z, c)]
    return [apply_rule(rules[0], x, W, b, above[0]), *above]


def right_one_hot(params, x, c, rules):
    """One-hot times logits, and a preallocated list filled from behind."""
    inputs, logits = _up(params, x)
    L = len(params)
    trace = [None] * (L + 1)
    trace[L] = np.eye(logits.shape[1])[c] * logits
    for l in range(L - 1, -1, -1):
        trace[l] = apply_rule(rules[l], inputs[l], *params[l], trace[l + 1])
    return trace


def right_image_by_image(params, x, c, rules):
    """One image at a time, stacked at the end."""
    single = [right_two_loops(params, x[k : k + 1], np.asarray(c)[k : k + 1], rules) for k in range(len(x))]
    return [np.concatenate(level) for level in zip(*single, strict=True)]


def right_float32(params, x, c, rules):
    """Single precision, returned as a tuple."""
    params = [(np.asarray(W, dtype=np.float32), np.asarray(b, dtype=np.float32)) for W, b in params]
    return tuple(right_two_loops(params, np.asarray(x, dtype=np.float32), c, rules))


def right_tensorflow_forward(params, x, c, rules):
    """The forward pass in TensorFlow."""
    import tensorflow as tf

    inputs = [tf.convert_to_tensor(x)]
    for W, b in params[:-1]:
        inputs.append(tf.nn.relu(inputs[-1] @ W + b))
    logits = (inputs[-1] @ params[-1][0] + params[-1][1]).numpy()
    return _down(params, [a.numpy() for a in inputs], rules, _start(logits, c))


def wrong_softmax_start(params, x, c, rules):
    """Starts from the softmax probability."""
    inputs, logits = _up(params, x)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return _down(params, inputs, rules, _start(odds / odds.sum(axis=1, keepdims=True), c))


def wrong_start_one(params, x, c, rules):
    """Starts from 1."""
    inputs, logits = _up(params, x)
    return _down(params, inputs, rules, _start(np.ones_like(logits), c))


def wrong_all_logits(params, x, c, rules):
    """Starts from all logits: explains no class."""
    inputs, logits = _up(params, x)
    return _down(params, inputs, rules, logits)


def wrong_columns(params, x, c, rules):
    """start[:, c]: every class of the batch in every row."""
    inputs, logits = _up(params, x)
    start = np.zeros_like(logits)
    start[:, c] = logits[:, c]
    return _down(params, inputs, rules, start)


def wrong_argmax(params, x, c, rules):
    """Explains the predicted class, whatever c asks for."""
    inputs, logits = _up(params, x)
    return _down(params, inputs, rules, _start(logits, logits.argmax(axis=1)))


def wrong_first_class(params, x, c, rules):
    """The first image's class for all images."""
    inputs, logits = _up(params, x)
    return _down(params, inputs, rules, _start(logits, np.full(len(x), np.asarray(c)[0])))


def wrong_relu_logits(params, x, c, rules):
    """A ReLU after the last layer."""
    inputs, logits = _up(params, x)
    return _down(params, inputs, rules, _start(np.maximum(logits, 0), c))


def wrong_absolute_logit(params, x, c, rules):
    """The magnitude of the logit."""
    inputs, logits = _up(params, x)
    return _down(params, inputs, rules, _start(np.abs(logits), c))


def wrong_no_relu(params, x, c, rules):
    """Forgets the ReLUs on the way up."""
    inputs = [x]
    for W, b in params:
        inputs.append(inputs[-1] @ W + b)
    return _down(params, inputs[:-1], rules, _start(inputs[-1], c))


def wrong_pre_activations(params, x, c, rules):
    """Keeps z in the place of its ReLU as the next layer's input."""
    inputs, logits = _up(params, x)
    before = [x, *[a @ W + b for a, (W, b) in zip(inputs[:-1], params[:-1], strict=True)]]
    return _down(params, before, rules, _start(logits, c))


def wrong_rules_forwards(params, x, c, rules):
    """The first rule for the last layer."""
    inputs, logits = _up(params, x)
    return _down(params, inputs, rules[::-1], _start(logits, c))


def wrong_one_rule(params, x, c, rules):
    """The first rule for every layer."""
    inputs, logits = _up(params, x)
    return _down(params, inputs, [rules[0]] * len(params), _start(logits, c))


def wrong_options_ignored(params, x, c, rules):
    """Epsilon 0.1 everywhere."""
    inputs, logits = _up(params, x)
    return _down(params, inputs, [("eps", {"eps": 0.1})] * len(params), _start(logits, c))


def wrong_no_start(params, x, c, rules):
    """Returns L arrays: the start is missing."""
    return right_two_loops(params, x, c, rules)[:-1]


def wrong_top_first(params, x, c, rules):
    """The start first, the pixels last."""
    return right_two_loops(params, x, c, rules)[::-1]


def wrong_pixels_only(params, x, c, rules):
    """Returns the map alone."""
    return right_two_loops(params, x, c, rules)[0]


def wrong_gated(params, x, c, rules):
    """Cuts negative relevance off at each ReLU, as a deconvnet does."""
    inputs, logits = _up(params, x)
    trace = [_start(logits, c)]
    for a, (W, b), rule in zip(inputs[::-1], params[::-1], rules[::-1], strict=True):
        trace.insert(0, apply_rule(rule, a, W, b, np.maximum(trace[0], 0)))
    return trace


def wrong_normalised(params, x, c, rules):
    """Divides by the largest value at each level, for the picture."""
    inputs, logits = _up(params, x)
    trace = [_start(logits, c)]
    for a, (W, b), rule in zip(inputs[::-1], params[::-1], rules[::-1], strict=True):
        R = apply_rule(rule, a, W, b, trace[0])
        trace.insert(0, R / np.abs(R).max())
    return trace


def wrong_no_last_bias(params, x, c, rules):
    """Forgets the bias of the last layer."""
    inputs, _ = _up(params, x)
    return _down(params, inputs, rules, _start(inputs[-1] @ params[-1][0], c))


def wrong_in_place(params, x, c, rules):
    """Puts the ReLU into the image itself."""
    trace = right_two_loops(params, x, c, rules)
    np.maximum(x, 0, out=x)
    return trace


def wrong_three_layers(params, x, c, rules):
    """Unpacks three layers."""
    first, second, third = params
    return right_two_loops([first, second, third], x, c, rules)


def wrong_first_three_rules(params, x, c, rules):
    """Walks three layers down, however many there are: two, and the first one comes twice."""
    inputs, logits = _up(params, x)
    trace = [_start(logits, c)]
    for l in (2, 1, 0):
        k = min(l, len(params) - 1)
        trace.insert(0, apply_rule(rules[k], inputs[k], *params[k], trace[0]))
    return trace


def wrong_no_biases_forward(params, x, c, rules):
    """Forgets every bias on the way up."""
    inputs, logits = _up([(W, 0 * b) for W, b in params], x)
    return _down(params, inputs, rules, _start(logits, c))


def wrong_outputs_stored(params, x, c, rules):
    """Keeps what comes out of each layer in the place of what goes in."""
    inputs, logits = _up(params, x)
    return _down(params, [*inputs[1:], logits], rules, _start(logits, c))
