"""Solutions of ``lrp_vgg16(model, x, c, spec)``; the rules and the pieces are right."""

import numpy as np

from autograder.checks.lab07.reference import assign_rules, seed
from bank.lab07.given import apply_rule, layers_of
from toonlens.convnet import run_layer


def _up(layers, x):
    """Inputs of the layers, and the logits (B, K)."""
    inputs, a = [], x
    for layer in layers:
        inputs.append(a)
        a = run_layer(layer, a)
    return inputs, a[:, 0, 0]


def _down(layers, rules, inputs, start, change=lambda R: R):
    trace = [start[:, None, None]]
    for layer, rule, a in zip(layers[::-1], rules[::-1], inputs[::-1], strict=True):
        trace.insert(0, apply_rule(rule, layer, a, change(trace[0])))
    return trace[0].sum(axis=-1), trace


def _parts(model, x, spec):
    layers = layers_of(model)
    return layers, assign_rules([layer.name for layer in layers], spec), *_up(layers, x)


def right_two_loops(model, x, c, spec):
    """Two loops."""
    layers, rules, inputs, logits = _parts(model, x, spec)
    return _down(layers, rules, inputs, seed(logits, c))


def right_recursion(model, x, c, spec):
    """Recursion over the layers."""
    layers = layers_of(model)
    rules = assign_rules([layer.name for layer in layers], spec)

    def below(l, a):
        if l == len(layers):
            return [seed(a[:, 0, 0], c)[:, None, None]]
        rest = below(l + 1, run_layer(layers[l], a))
        return [apply_rule(rules[l], layers[l], a, rest[0]), *rest]

    trace = below(0, x)
    return trace[0].sum(axis=-1), trace


def right_image_by_image(model, x, c, spec):
    """One image at a time, stacked."""
    single = [right_two_loops(model, x[k : k + 1], c[k : k + 1], spec) for k in range(len(x))]
    trace = [np.concatenate(level) for level in zip(*(steps for _, steps in single), strict=True)]
    return np.concatenate([heat for heat, _ in single]), trace


def right_preallocated(model, x, c, spec):
    """A list filled from behind; the map by einsum; returned as a list."""
    layers, rules, inputs, logits = _parts(model, x, spec)
    trace = [None] * (len(layers) + 1)
    trace[-1] = (np.eye(logits.shape[1])[c] * logits).reshape(len(x), 1, 1, -1)
    for l in range(len(layers) - 1, -1, -1):
        trace[l] = apply_rule(rules[l], layers[l], inputs[l], trace[l + 1])
    return [np.einsum("bijc->bij", trace[0]), tuple(trace)]


def wrong_start_one(model, x, c, spec):
    """Starts from 1."""
    layers, rules, inputs, logits = _parts(model, x, spec)
    return _down(layers, rules, inputs, seed(np.ones_like(logits), c))


def wrong_softmax(model, x, c, spec):
    """Starts from the probability."""
    layers, rules, inputs, logits = _parts(model, x, spec)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return _down(layers, rules, inputs, seed(odds / odds.sum(axis=1, keepdims=True), c))


def wrong_strongest(model, x, c, spec):
    """Explains the class that the network chose."""
    layers, rules, inputs, logits = _parts(model, x, spec)
    return _down(layers, rules, inputs, seed(logits, logits.argmax(axis=1)))


def wrong_first_class(model, x, c, spec):
    """The first image's class for all."""
    return right_two_loops(model, x, np.full(len(x), c[0]), spec)


def wrong_relu_logits(model, x, c, spec):
    """A ReLU on the logits."""
    layers, rules, inputs, logits = _parts(model, x, spec)
    return _down(layers, rules, inputs, seed(np.maximum(logits, 0), c))


def wrong_outputs_stored(model, x, c, spec):
    """What comes out of a layer, where its shape allows it, in the place of what goes in."""
    layers, rules, inputs, logits = _parts(model, x, spec)
    outputs = [*inputs[1:], logits[:, None, None]]
    mixed = [out if out.shape == a.shape else a for a, out in zip(inputs, outputs, strict=True)]
    if all(one is other for one, other in zip(mixed, inputs, strict=True)):
        mixed = [np.maximum(a - 0.1, 0) for a in inputs]
    return _down(layers, rules, mixed, seed(logits, c))


def wrong_no_relu(model, x, c, spec):
    """Forgets the ReLUs on the way up."""
    from dataclasses import replace

    layers = layers_of(model)
    rules = assign_rules([layer.name for layer in layers], spec)
    inputs, logits = _up([replace(layer, relu=False) for layer in layers], x)
    return _down(layers, rules, inputs, seed(logits, c))


def wrong_rules_forwards(model, x, c, spec):
    """The first rule for the last layer."""
    layers, rules, inputs, logits = _parts(model, x, spec)
    return _down(layers, rules[::-1], inputs, seed(logits, c))


def wrong_one_rule(model, x, c, spec):
    """The first layer's rule everywhere."""
    layers, rules, inputs, logits = _parts(model, x, spec)
    return _down(layers, [rules[0]] * len(layers), inputs, seed(logits, c))


def wrong_gated(model, x, c, spec):
    """Cuts negative relevance off at each layer."""
    layers, rules, inputs, logits = _parts(model, x, spec)
    return _down(layers, rules, inputs, seed(logits, c), lambda R: np.maximum(R, 0))


def wrong_normalised(model, x, c, spec):
    """Divides by the largest value at each layer."""
    layers, rules, inputs, logits = _parts(model, x, spec)
    return _down(layers, rules, inputs, seed(logits, c), lambda R: R / np.abs(R).max())


def wrong_conserved(model, x, c, spec):
    """Puts back at each layer what it has lost."""
    layers, rules, inputs, logits = _parts(model, x, spec)
    start = seed(logits, c)
    axes = (1, 2, 3)

    def back(R):
        return R * start.sum(axis=1)[:, None, None, None] / R.sum(axis=axes, keepdims=True)

    _, trace = _down(layers, rules, inputs, start, back)
    trace = [*[back(R) for R in trace[:-1]], trace[-1]]
    return trace[0].sum(axis=-1), trace


def wrong_no_start(model, x, c, spec):
    """The start is missing in the trace."""
    heat, trace = right_two_loops(model, x, c, spec)
    return heat, trace[:-1]


def wrong_top_first(model, x, c, spec):
    """The trace from the top to the pixels."""
    heat, trace = right_two_loops(model, x, c, spec)
    return heat, trace[::-1]


def wrong_map_only(model, x, c, spec):
    """No trace."""
    return right_two_loops(model, x, c, spec)[0]


def wrong_map_absolute(model, x, c, spec):
    """The magnitude of the map."""
    heat, trace = right_two_loops(model, x, c, spec)
    return np.abs(heat), trace


def wrong_map_mean(model, x, c, spec):
    """The mean of the colours."""
    heat, trace = right_two_loops(model, x, c, spec)
    return heat / 3, trace


def wrong_map_largest(model, x, c, spec):
    """The largest colour."""
    _, trace = right_two_loops(model, x, c, spec)
    return trace[0].max(axis=-1), trace


def wrong_pools_skipped(model, x, c, spec):
    """Spreads relevance evenly at the pools, whatever the composite says."""
    layers, rules, inputs, logits = _parts(model, x, spec)
    trace = [seed(logits, c)[:, None, None]]
    for layer, rule, a in zip(layers[::-1], rules[::-1], inputs[::-1], strict=True):
        if layer.kind == "conv":
            trace.insert(0, apply_rule(rule, layer, a, trace[0]))
        else:
            trace.insert(0, trace[0].repeat(layer.k, axis=1).repeat(layer.k, axis=2) / layer.k**2)
    return trace[0].sum(axis=-1), trace
