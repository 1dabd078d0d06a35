"""Solutions of ``audit(trace)``."""

from collections import defaultdict

import numpy as np


def right_dictionary(trace):
    """A dictionary that grows."""
    start, kept = trace[0][2], {}
    for _, kind, got, gave in trace:
        kept[kind] = kept.get(kind, 0) + (got - gave) / start
    return kept


def right_default(trace):
    """A defaultdict, divided at the end."""
    kept = defaultdict(float)
    for _, kind, got, gave in trace:
        kept[kind] += np.asarray(got) - np.asarray(gave)
    return {kind: values / trace[0][2] for kind, values in kept.items()}


def right_by_kind(trace):
    """A comprehension for each kind."""
    start = np.asarray(trace[0][2])
    kinds = sorted({entry[1] for entry in trace})
    return {k: sum((e[2] - e[3]) / start for e in trace if e[1] == k) for k in kinds}


def right_float32(trace):
    """Lists of float32."""
    start = np.asarray(trace[0][2], np.float32)
    kept = {}
    for _, kind, got, gave in trace:
        part = np.asarray(got, np.float32) - np.asarray(gave, np.float32)
        kept[kind] = kept[kind] + part if kind in kept else part
    return {kind: list(part / start) for kind, part in kept.items()}


def wrong_overwrites(trace):
    """The last node of a kind is all there is."""
    return {kind: (got - gave) / trace[0][2] for _, kind, got, gave in trace}


def wrong_first_only(trace):
    """The first node of a kind is all there is."""
    kept = {}
    for _, kind, got, gave in trace:
        kept.setdefault(kind, (got - gave) / trace[0][2])
    return kept


def wrong_relative_to_the_node(trace):
    """What a node keeps of what it got."""
    kept = {}
    for _, kind, got, gave in trace:
        kept[kind] = kept.get(kind, 0) + (got - gave) / got
    return kept


def wrong_magnitude(trace):
    """The magnitude of each loss."""
    kept = {}
    for _, kind, got, gave in trace:
        kept[kind] = kept.get(kind, 0) + np.abs(got - gave) / np.abs(trace[0][2])
    return kept


def wrong_losses_only(trace):
    """Cuts off what a node added."""
    kept = {}
    for _, kind, got, gave in trace:
        kept[kind] = kept.get(kind, 0) + np.maximum((got - gave) / trace[0][2], 0)
    return kept


def wrong_sign(trace):
    """gave less got."""
    return {kind: -values for kind, values in right_dictionary(trace).items()}


def wrong_size_of_start(trace):
    """Divides by the magnitude of the start."""
    kept = {}
    for _, kind, got, gave in trace:
        kept[kind] = kept.get(kind, 0) + (got - gave) / np.abs(trace[0][2])
    return kept


def wrong_not_relative(trace):
    """Sums, not shares."""
    kept = {}
    for _, kind, got, gave in trace:
        kept[kind] = kept.get(kind, 0) + got - gave
    return kept


def wrong_got_only(trace):
    """What arrived at the nodes of a kind."""
    kept = {}
    for _, kind, got, _ in trace:
        kept[kind] = kept.get(kind, 0) + got / trace[0][2]
    return kept


def wrong_mean_of_kind(trace):
    """The mean over the nodes of a kind."""
    counts = defaultdict(int)
    for entry in trace:
        counts[entry[1]] += 1
    return {kind: values / counts[kind] for kind, values in right_dictionary(trace).items()}


def wrong_relative_to_the_image(trace):
    """Divides by what arrives."""
    start, end = trace[0][2], trace[-1][2]
    return {kind: values * start / end for kind, values in right_dictionary(trace).items()}


def wrong_batch_total(trace):
    """One share for the whole batch."""
    total = trace[0][2].sum() + 1e-3
    kept = {}
    for _, kind, got, gave in trace:
        kept[kind] = kept.get(kind, 0) + (got - gave).sum() / total + 0 * got
    return kept


def wrong_by_name(trace):
    """Adds up by name."""
    kept = {}
    for name, _, got, gave in trace:
        kept[name] = kept.get(name, 0) + (got - gave) / trace[0][2]
    return kept


def wrong_no_image(trace):
    """Leaves the image out."""
    return {kind: values for kind, values in right_dictionary(trace).items() if kind != "input"}


def wrong_normalised(trace):
    """Makes the shares of what is lost add up to 1."""
    kept = right_dictionary(trace)
    lost = sum(values for kind, values in kept.items() if kind != "input")
    return {kind: values if kind == "input" else values / (lost + 1e-9) for kind, values in kept.items()}


def wrong_in_place(trace):
    """Changes the trace."""
    start, kept = trace[0][2].copy(), {}
    for _, kind, got, gave in trace:
        got -= gave
        kept[kind] = kept.get(kind, 0) + got / start
    return kept
