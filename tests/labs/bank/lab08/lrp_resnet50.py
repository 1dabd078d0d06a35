"""Solutions of ``lrp_resnet50(model, x, c, rules)``; the pieces are right."""

import numpy as np

from autograder.checks.lab08.reference import fold_bn, lrp_graph, seed
from bank.lab08.given import fold_all, give_rules, read_nodes, run_nodes


def _down(nodes, x, c, rules, change=lambda start: start):
    nodes = give_rules(nodes, rules)
    acts = run_nodes(nodes, x)
    start = change(seed(acts[-1][:, 0, 0], c))
    return lrp_graph(nodes, acts, start[:, None, None])


def right_four_lines(model, x, c, rules):
    """As in the lab."""
    R, trace = _down(fold_all(read_nodes(model), fold_bn), x, c, rules)
    return R[0].sum(axis=-1), trace


def right_image_by_image(model, x, c, rules):
    """One image at a time, stacked."""
    each = [right_four_lines(model, x[k : k + 1], c[k : k + 1], rules) for k in range(len(x))]
    trace = [
        (*one[0][:2], np.concatenate([entry[2] for entry in one]), np.concatenate([entry[3] for entry in one]))
        for one in zip(*(books for _, books in each), strict=True)
    ]
    return np.concatenate([heat for heat, _ in each]), trace


def right_seed_by_one_hot(model, x, c, rules):
    """The start by a one-hot product; the map by einsum; as a list."""
    nodes = give_rules(fold_all(read_nodes(model), fold_bn), rules)
    acts = run_nodes(nodes, x)
    start = acts[-1] * np.eye(acts[-1].shape[-1])[np.asarray(c)][:, None, None]
    R, trace = lrp_graph(nodes, acts, start)
    return [np.einsum("bijc->bij", R[0]), trace]


def right_rules_first(model, x, c, rules):
    """Rules before folding: nodes keep what they were given."""
    nodes = fold_all(give_rules(read_nodes(model), rules), fold_bn)
    acts = run_nodes(nodes, np.asarray(x))
    start = np.zeros(acts[-1].shape)
    for k, target in enumerate(c):
        start[k, 0, 0, target] = acts[-1][k, 0, 0, target]
    R, trace = lrp_graph(nodes, acts, start)
    return R[0][..., 0] + R[0][..., 1] + R[0][..., 2], tuple(trace)


def wrong_start_one(model, x, c, rules):
    """Starts from 1."""
    R, trace = _down(fold_all(read_nodes(model), fold_bn), x, c, rules, lambda start: (start != 0) * 1.0)
    return R[0].sum(axis=-1), trace


def wrong_softmax(model, x, c, rules):
    """Starts from the probability."""
    nodes = give_rules(fold_all(read_nodes(model), fold_bn), rules)
    acts = run_nodes(nodes, x)
    odds = np.exp(acts[-1] - acts[-1].max(axis=-1, keepdims=True))
    odds /= odds.sum(axis=-1, keepdims=True)
    R, trace = lrp_graph(nodes, acts, seed(odds[:, 0, 0], c)[:, None, None])
    return R[0].sum(axis=-1), trace


def wrong_all_logits(model, x, c, rules):
    """Starts from all logits."""
    nodes = give_rules(fold_all(read_nodes(model), fold_bn), rules)
    acts = run_nodes(nodes, x)
    R, trace = lrp_graph(nodes, acts, acts[-1])
    return R[0].sum(axis=-1), trace


def wrong_strongest(model, x, c, rules):
    """Explains the class that the network chose."""
    nodes = fold_all(read_nodes(model), fold_bn)
    best = run_nodes(nodes, x)[-1][:, 0, 0].argmin(axis=1) if len(x) == 1 else None
    if best is None or (best == c).all():
        best = (np.asarray(c) + 1) % 4
    return right_four_lines(model, x, best, rules)


def wrong_first_class(model, x, c, rules):
    """The first image's class for all, counted from 1."""
    return right_four_lines(model, x, np.full(len(x), c[0] - 1), rules)


def wrong_not_folded(model, x, c, rules):
    """Leaves the BatchNorms where they are."""
    R, trace = _down(read_nodes(model), x, c, rules)
    return R[0].sum(axis=-1), trace


def wrong_folded_without_offsets(model, x, c, rules):
    """Folds the scale and drops the offset."""

    def scale_only(W, b, *bn):
        V, _ = fold_bn(W, b, *bn)
        return V, b

    R, trace = _down(fold_all(read_nodes(model), scale_only), x, c, rules)
    return R[0].sum(axis=-1), trace


def wrong_default_epsilon(model, x, c, rules):
    """Folds with Keras' default epsilon."""

    def folded(W, b, gamma, beta, mean, var, eps):
        return fold_bn(W, b, gamma, beta, mean, var, 1e-3)

    R, trace = _down(fold_all(read_nodes(model), folded), x, c, rules)
    return R[0].sum(axis=-1), trace


def wrong_acts_of_the_unfolded(model, x, c, rules):
    """Activations of the image with another sign."""
    nodes = give_rules(fold_all(read_nodes(model), fold_bn), rules)
    acts = run_nodes(nodes, -x)
    R, trace = lrp_graph(nodes, acts, seed(acts[-1][:, 0, 0], c)[:, None, None])
    return R[0].sum(axis=-1), trace


def wrong_own_rules(model, x, c, rules):
    """Its own rules, whatever it was asked for."""
    own = {"conv": ("ab", {"alpha": 1.0, "beta": 0.0}), "dense": ("eps", {"eps": 0.1}), "avg": ("plus", {})}
    return right_four_lines(model, x, c, {**own, "bn": ("pass", {})})


def wrong_no_first(model, x, c, rules):
    """Drops the rule for the pixels, and uses the epsilon rule at convolutions."""
    return right_four_lines(model, x, c, {**rules, "first": ("eps", {"eps": 1.0})})


def wrong_absolute(model, x, c, rules):
    """The magnitude of the map."""
    heat, trace = right_four_lines(model, x, c, rules)
    return np.abs(heat), trace


def wrong_mean_of_colours(model, x, c, rules):
    """The mean of the colours."""
    heat, trace = right_four_lines(model, x, c, rules)
    return heat / 3, trace


def wrong_largest_colour(model, x, c, rules):
    """The largest colour."""
    R, trace = _down(fold_all(read_nodes(model), fold_bn), x, c, rules)
    return R[0].max(axis=-1), trace


def wrong_normalised(model, x, c, rules):
    """Divides the map by its largest value."""
    heat, trace = right_four_lines(model, x, c, rules)
    return heat / np.abs(heat).max(), trace


def wrong_map_only(model, x, c, rules):
    """No trace."""
    return right_four_lines(model, x, c, rules)[0]


def wrong_last_node(model, x, c, rules):
    """The map of the first convolution's output."""
    R, trace = _down(fold_all(read_nodes(model), fold_bn), x, c, rules)
    return R[1].sum(axis=-1), trace
