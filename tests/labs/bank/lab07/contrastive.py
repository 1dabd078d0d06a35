"""Solutions of ``contrastive(model, x, c, c2, spec)``; the walk is right."""

import numpy as np

from autograder.checks.lab07.reference import assign_rules
from bank.lab07.given import apply_rule, layers_of
from bank.lab07.lrp_vgg16 import _up
from bank.lab07.lrp_vgg16 import right_two_loops as _explain


def _maps(model, x, c, c2, spec):
    return _explain(model, x, c, spec)[0], _explain(model, x, c2, spec)[0]


def right_two_maps(model, x, c, c2, spec):
    """Two maps, subtracted."""
    one, other = _maps(model, x, c, c2, spec)
    return one - other


def right_one_batch(model, x, c, c2, spec):
    """Both classes in one batch."""
    both = _explain(model, np.concatenate([x, x]), np.concatenate([c, c2]), spec)[0]
    return both[: len(x)] - both[len(x) :]


def right_traces(model, x, c, c2, spec):
    """The difference of the traces' first entries."""
    first = [_explain(model, x, k, spec)[1][0] for k in (c, c2)]
    return (first[0] - first[1]).sum(axis=-1)


def right_one_walk(model, x, c, c2, spec):
    """One walk that starts from both logits."""
    layers = layers_of(model)
    rules = assign_rules([layer.name for layer in layers], spec)
    inputs, logits = _up(layers, x)
    hot = np.eye(logits.shape[1])
    R = (logits * (hot[c] - hot[c2]))[:, None, None]
    for layer, rule, a in zip(layers[::-1], rules[::-1], inputs[::-1], strict=True):
        R = apply_rule(rule, layer, a, R)
    return R.sum(axis=-1)


def right_image_by_image(model, x, c, c2, spec):
    """One image at a time."""
    rows = [slice(k, k + 1) for k in range(len(x))]
    return np.concatenate([right_two_maps(model, x[r], c[r], c2[r], spec) for r in rows])


def wrong_exchanged(model, x, c, c2, spec):
    """The second minus the first."""
    return -right_two_maps(model, x, c, c2, spec)


def wrong_sum(model, x, c, c2, spec):
    """Adds the maps."""
    one, other = _maps(model, x, c, c2, spec)
    return one + other


def wrong_absolute(model, x, c, c2, spec):
    """The magnitude of the difference."""
    return np.abs(right_two_maps(model, x, c, c2, spec))


def wrong_positive(model, x, c, c2, spec):
    """The positive part of the difference."""
    return np.maximum(right_two_maps(model, x, c, c2, spec), 0)


def wrong_positive_maps(model, x, c, c2, spec):
    """The difference of the positive parts."""
    one, other = _maps(model, x, c, c2, spec)
    return np.maximum(one, 0) - np.maximum(other, 0)


def wrong_magnitudes(model, x, c, c2, spec):
    """The difference of the magnitudes."""
    one, other = _maps(model, x, c, c2, spec)
    return np.abs(one) - np.abs(other)


def wrong_first_only(model, x, c, c2, spec):
    """The first map."""
    return _maps(model, x, c, c2, spec)[0]


def wrong_scaled(model, x, c, c2, spec):
    """Each map divided by its largest value."""
    one, other = (heat / np.abs(heat).max() for heat in _maps(model, x, c, c2, spec))
    return one - other


def wrong_same_sum(model, x, c, c2, spec):
    """Each map divided by its sum."""
    one, other = (heat / heat.sum(axis=(1, 2), keepdims=True) for heat in _maps(model, x, c, c2, spec))
    return one - other


def wrong_product(model, x, c, c2, spec):
    """The product of the maps."""
    one, other = _maps(model, x, c, c2, spec)
    return one * other


def wrong_half(model, x, c, c2, spec):
    """Half the difference."""
    return right_two_maps(model, x, c, c2, spec) / 2


def wrong_first_rival(model, x, c, c2, spec):
    """The first image's rival for all."""
    return right_two_maps(model, x, c, np.full(len(x), c2[0]), spec)


def wrong_first_class(model, x, c, c2, spec):
    """The first image's class for all."""
    return right_two_maps(model, x, np.full(len(x), c[0]), c2, spec)


def wrong_strongest_rival(model, x, c, c2, spec):
    """The strongest class as the rival, whatever was asked."""
    strongest = _up(layers_of(model), x)[1].argmax(axis=1)
    return right_two_maps(model, x, c, strongest, spec)


def wrong_colours_kept(model, x, c, c2, spec):
    """The colours are not summed."""
    first = [_explain(model, x, k, spec)[1][0] for k in (c, c2)]
    return first[0] - first[1]


def wrong_whole_results(model, x, c, c2, spec):
    """Subtracts what lrp_vgg16 returns, a pair."""
    return _explain(model, x, c, spec) - _explain(model, x, c2, spec)


def wrong_mean_of_others(model, x, c, c2, spec):
    """Against the mean of all classes."""
    K = _up(layers_of(model), x)[1].shape[1]
    others = [_explain(model, x, np.full(len(x), k), spec)[0] for k in range(K)]
    return _explain(model, x, c, spec)[0] - np.mean(others, axis=0)
