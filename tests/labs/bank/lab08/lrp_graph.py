"""Solutions of ``lrp_graph(nodes, acts, R_out)``; hand_down is right."""

import numpy as np

from bank.lab08.given import hand_down, sums


def _walk(nodes, acts, R_out, arrive, hand=hand_down):
    """The walk, where ``arrive(old, part)`` gives what is at a node when ``part`` arrives."""
    R = [np.zeros(a.shape) for a in acts]
    R[-1] = R_out
    trace = []
    for k in range(len(nodes) - 1, -1, -1):
        inputs, gave = nodes[k]["inputs"], np.zeros(len(R_out))
        parts = hand(nodes[k], [acts[i] for i in inputs], R[k]) if inputs else []
        for i, part in zip(inputs, parts, strict=True):
            R[i] = arrive(R[i], part)
            gave = gave + sums(part)
        trace.append((nodes[k]["name"], nodes[k]["kind"], sums(R[k]), gave))
    return R, trace


def _plus(old, part):
    return old + part


def right_backwards(nodes, acts, R_out):
    """As in the lab."""
    return _walk(nodes, acts, R_out, _plus)


def right_gather(nodes, acts, R_out):
    """Each node collects from those who read it."""
    R, handed, trace = [None] * len(nodes), [None] * len(nodes), []
    for k in reversed(range(len(nodes))):
        got = [
            part
            for n in range(k + 1, len(nodes))
            for i, part in zip(nodes[n]["inputs"], handed[n], strict=True)
            if i == k
        ]
        R[k] = np.array(R_out) if k == len(nodes) - 1 else np.sum([np.zeros(acts[k].shape), *got], axis=0)
        inputs = nodes[k]["inputs"]
        handed[k] = hand_down(nodes[k], [acts[i] for i in inputs], R[k]) if inputs else []
        gave = np.sum([np.zeros(len(R_out)), *[part.sum(axis=(1, 2, 3)) for part in handed[k]]], axis=0)
        trace.append([nodes[k]["name"], nodes[k]["kind"], R[k].sum(axis=(1, 2, 3)), gave])
    return R, trace


def right_dictionary(nodes, acts, R_out):
    """Relevance in a dictionary, filled when it arrives."""
    arrived, trace = {len(nodes) - 1: R_out}, []
    for k, node in reversed(list(enumerate(nodes))):
        mine = arrived.setdefault(k, np.zeros_like(acts[k]))
        gave = 0 * sums(R_out)
        if node["kind"] != "input":
            for i, part in zip(node["inputs"], hand_down(node, [acts[i] for i in node["inputs"]], mine), strict=True):
                arrived[i] = part if i not in arrived else np.add(arrived[i], part)
                gave = gave + sums(part)
        trace.append((node["name"], node["kind"], sums(mine), gave))
    return [arrived[k] for k in range(len(nodes))], tuple(trace)


def right_in_place_on_copies(nodes, acts, R_out):
    """Adds in place, to arrays of its own."""
    R = [np.zeros(a.shape) for a in acts]
    R[-1] += R_out
    trace = []
    for k in range(len(nodes))[::-1]:
        gave = np.zeros(len(R_out))
        if nodes[k]["inputs"]:
            parts = hand_down(nodes[k], [acts[i] for i in nodes[k]["inputs"]], R[k].copy())
            for i, part in zip(nodes[k]["inputs"], parts, strict=True):
                R[i] += part
                gave += np.einsum("bhwc->b", part)
        trace.append((nodes[k]["name"], nodes[k]["kind"], np.einsum("bhwc->b", R[k]), gave))
    return R, trace


def wrong_overwrites(nodes, acts, R_out):
    """The last reader's part is all there is."""
    return _walk(nodes, acts, R_out, lambda old, part: part)


def wrong_first_reader(nodes, acts, R_out):
    """Only the first part that arrives counts."""
    return _walk(nodes, acts, R_out, lambda old, part: old if old.any() else part)


def wrong_mean_at_forks(nodes, acts, R_out):
    """The mean of what was there and what arrives."""
    return _walk(nodes, acts, R_out, lambda old, part: (old + part) / 2 if old.any() else part)


def wrong_largest(nodes, acts, R_out):
    """The maximum of the parts."""
    return _walk(nodes, acts, R_out, lambda old, part: np.maximum(old, part) if old.any() else part)


def wrong_in_place(nodes, acts, R_out):
    """Stores what arrives first and adds to it in place."""
    R = [None] * len(nodes)
    R[-1] = R_out
    trace = []
    for k in range(len(nodes) - 1, -1, -1):
        R[k] = np.zeros(acts[k].shape) if R[k] is None else R[k]
        inputs, gave = nodes[k]["inputs"], np.zeros(len(R_out))
        parts = hand_down(nodes[k], [acts[i] for i in inputs], R[k]) if inputs else []
        for i, part in zip(inputs, parts, strict=True):
            if R[i] is None:
                R[i] = part
            else:
                R[i] += part
            gave = gave + sums(part)
        trace.append((nodes[k]["name"], nodes[k]["kind"], sums(R[k]), gave))
    return R, trace


def wrong_first_input_only(nodes, acts, R_out):
    """Serves the first input of each node."""
    return right_backwards([node | {"inputs": node["inputs"][:1]} for node in nodes], acts, R_out)


def wrong_each_input_once(nodes, acts, R_out):
    """An input that is listed twice gets one part."""
    R = [np.zeros(a.shape) for a in acts]
    R[-1] = R_out
    trace = []
    for k in range(len(nodes) - 1, -1, -1):
        inputs = nodes[k]["inputs"]
        parts = hand_down(nodes[k], [acts[i] for i in inputs], R[k]) if inputs else []
        last = dict(zip(inputs, parts, strict=True))
        for i, part in last.items():
            R[i] = R[i] + part
        gave = sum((sums(part) for part in last.values()), np.zeros(len(R_out)))
        trace.append((nodes[k]["name"], nodes[k]["kind"], sums(R[k]), gave))
    return R, trace


def wrong_order_of_inputs(nodes, acts, R_out):
    """Sorts the inputs, and not what belongs to them."""
    return _walk(
        nodes,
        acts,
        R_out,
        _plus,
        lambda node, xs, R: hand_down(node, xs, R)[::-1] if len({x.shape for x in xs}) == 1 else hand_down(node, xs, R),
    )


def wrong_forwards(nodes, acts, R_out):
    """From the first node to the last."""
    R = [np.zeros(a.shape) for a in acts]
    R[-1] = R_out
    trace = []
    for k, node in enumerate(nodes):
        gave = np.zeros(len(R_out))
        if node["inputs"]:
            for i, part in zip(node["inputs"], hand_down(node, [acts[i] for i in node["inputs"]], R[k]), strict=True):
                R[i] = R[i] + part
                gave = gave + sums(part)
        trace.insert(0, (node["name"], node["kind"], sums(R[k]), gave))
    return R, trace


def wrong_own_output(nodes, acts, R_out):
    """Shares by the node's own output where the shapes allow it."""

    def hand(node, xs, R):
        k = next(k for k, other in enumerate(nodes) if other is node)
        return hand_down(node, [acts[k] if acts[k].shape == x.shape else np.ones_like(x) for x in xs], R)

    return _walk(nodes, acts, R_out, _plus, hand)


def wrong_divided_by_readers(nodes, acts, R_out):
    """Divides what arrives by the number of readers."""
    R, trace = right_backwards(nodes, acts, R_out)
    count = [max(1, sum(node["inputs"].count(k) for node in nodes)) for k in range(len(nodes))]
    return [r / n for r, n in zip(R, count, strict=True)], trace


def wrong_gated(nodes, acts, R_out):
    """Cuts negative relevance off."""
    return _walk(nodes, acts, R_out, lambda old, part: np.maximum(old + part, 0))


def wrong_top_last(nodes, acts, R_out):
    """The trace in the order of the nodes."""
    R, trace = right_backwards(nodes, acts, R_out)
    return R, trace[::-1]


def wrong_got_and_gave_exchanged(nodes, acts, R_out):
    """gave before got."""
    R, trace = right_backwards(nodes, acts, R_out)
    return R, [(name, kind, gave, got) for name, kind, got, gave in trace]


def wrong_gave_last_part(nodes, acts, R_out):
    """gave counts the last part only."""
    R, trace = right_backwards(nodes, acts, R_out)
    found = []
    for (name, kind, got, gave), k in zip(trace, reversed(range(len(nodes))), strict=True):
        inputs = nodes[k]["inputs"]
        last = sums(hand_down(nodes[k], [acts[i] for i in inputs], R[k])[-1]) if inputs else gave
        found.append((name, kind, got, last))
    return R, found


def wrong_batch_sum(nodes, acts, R_out):
    """Adds up over the batch."""
    R, trace = right_backwards(nodes, acts, R_out)
    return R, [(name, kind, got.sum() + 0 * got, gave.sum() + 0 * gave) for name, kind, got, gave in trace]


def wrong_magnitudes(nodes, acts, R_out):
    """Adds up magnitudes."""
    R, trace = right_backwards(nodes, acts, R_out)
    return R, [(name, kind, np.abs(got), np.abs(gave) + 1e-3) for name, kind, got, gave in trace]


def wrong_no_image(nodes, acts, R_out):
    """The trace ends before the image."""
    R, trace = right_backwards(nodes, acts, R_out)
    return R, trace[:-1]


def wrong_map_only(nodes, acts, R_out):
    """Returns R alone."""
    return right_backwards(nodes, acts, R_out)[0]
