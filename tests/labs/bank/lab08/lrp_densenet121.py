"""Solutions of ``lrp_densenet121(model, x, c, rules)``; the pieces are right."""

import numpy as np

from autograder.checks.lab08.reference import bn_affine, fold_bn, lrp_graph, seed
from bank.lab08.given import fold_all, give_rules, merge_all, read_nodes, run_nodes


def _nodes(model, rules):
    nodes = fold_all(read_nodes(model), fold_bn)
    return merge_all(nodes, bn_affine) if rules["bn"][0] == "merge" else nodes


def _down(nodes, x, c, rules):
    nodes = give_rules(nodes, rules)
    acts = run_nodes(nodes, x)
    R, trace = lrp_graph(nodes, acts, seed(acts[-1][:, 0, 0], c)[:, None, None])
    return R[0].sum(axis=-1), trace


def right_if(model, x, c, rules):
    """As in the lab."""
    return _down(_nodes(model, rules), x, c, rules)


def right_image_by_image(model, x, c, rules):
    """One image at a time, stacked."""
    each = [right_if(model, x[k : k + 1], c[k : k + 1], rules) for k in range(len(x))]
    trace = [
        (*one[0][:2], np.concatenate([entry[2] for entry in one]), np.concatenate([entry[3] for entry in one]))
        for one in zip(*(books for _, books in each), strict=True)
    ]
    return np.concatenate([heat for heat, _ in each]), trace


def right_rules_first(model, x, c, rules):
    """Rules before folding and merging."""
    nodes = fold_all(give_rules(read_nodes(model), rules), fold_bn)
    if tuple(rules["bn"]) == ("merge", {}):
        nodes = merge_all(nodes, bn_affine)
    acts = run_nodes(nodes, x)
    R, trace = lrp_graph(nodes, acts, seed(acts[-1][:, 0, 0], c)[:, None, None])
    return [np.einsum("bijc->bij", R[0]), tuple(trace)]


def right_merge_before_fold(model, x, c, rules):
    """Merges, if asked for, only what cannot fold: in this order folding comes first by hand."""
    name, _ = rules["bn"]
    nodes = fold_all(read_nodes(model), lambda *values: list(fold_bn(*values)))
    nodes = nodes if name in ("pass", "eps") else merge_all(nodes, lambda *values: list(bn_affine(*values)))
    return _down(nodes, np.asarray(x), c, dict(rules))


def wrong_never_merged(model, x, c, rules):
    """Passes where it should merge."""
    rest = rules if rules["bn"][0] != "merge" else {**rules, "bn": ("pass", {})}
    return _down(fold_all(read_nodes(model), fold_bn), x, c, rest)


def wrong_always_merged(model, x, c, rules):
    """Merges whatever the rule."""
    return _down(merge_all(fold_all(read_nodes(model), fold_bn), bn_affine), x, c, rules)


def wrong_merged_before_folded(model, x, c, rules):
    """Merges every BatchNorm with what follows, and folds what is left."""
    nodes = read_nodes(model)
    nodes = merge_all(nodes, bn_affine) if rules["bn"][0] == "merge" else nodes
    return _down(fold_all(nodes, fold_bn), x, c, rules)


def wrong_not_folded(model, x, c, rules):
    """Leaves the BatchNorms where they are."""
    return _down(read_nodes(model), x, c, rules)


def wrong_eps_for_all(model, x, c, rules):
    """The epsilon rule at BatchNorms, whatever the composite says."""
    return right_if(model, x, c, {**rules, "bn": ("eps", {"eps": 1e-3})})


def wrong_offsets_lost(model, x, c, rules):
    """Merges the factor and forgets the offset."""

    def factor_only(*values):
        g, c = bn_affine(*values)
        return g, 0 * c

    nodes = fold_all(read_nodes(model), lambda W, b, *bn: (fold_bn(W, b, *bn)[0], b))
    return _down(merge_all(nodes, factor_only) if rules["bn"][0] == "merge" else nodes, x, c, rules)


def wrong_start_one(model, x, c, rules):
    """Starts from 1."""
    nodes = give_rules(_nodes(model, rules), rules)
    acts = run_nodes(nodes, x)
    start = seed(np.ones_like(acts[-1][:, 0, 0]), c)
    R, trace = lrp_graph(nodes, acts, start[:, None, None])
    return R[0].sum(axis=-1), trace


def wrong_next_class(model, x, c, rules):
    """Counts classes from 1."""
    return right_if(model, x, np.asarray(c) - 1, rules)


def wrong_own_rules(model, x, c, rules):
    """Its own rules for convolutions."""
    return right_if(model, x, c, {**rules, "conv": ("ab", {"alpha": 1.5, "beta": 0.5}), "first": ("flat", {})})


def wrong_no_first(model, x, c, rules):
    """Another rule at the pixels."""
    return right_if(model, x, c, {**rules, "first": ("eps", {"eps": 1.0})})


def wrong_absolute(model, x, c, rules):
    """The magnitude of the map."""
    heat, trace = right_if(model, x, c, rules)
    return np.abs(heat), trace


def wrong_mean_of_colours(model, x, c, rules):
    """The mean of the colours."""
    heat, trace = right_if(model, x, c, rules)
    return heat / 3, trace


def wrong_map_only(model, x, c, rules):
    """No trace."""
    return right_if(model, x, c, rules)[0]


def wrong_colours_kept(model, x, c, rules):
    """A map with colours."""
    nodes = give_rules(_nodes(model, rules), rules)
    acts = run_nodes(nodes, x)
    R, trace = lrp_graph(nodes, acts, seed(acts[-1][:, 0, 0], c)[:, None, None])
    return R[0], trace
