"""Hidden checks of lab 8: the walk through a graph, the two networks, the audit, the predictions and the bug hunt.

Graphs of the lab's naive kinds travel as they are, as lists of dicts; the two networks are the notebook's own, reached
through probes, and explained here by `reference`, which shares no code with the student's side.
"""

from typing import Any

import numpy as np

from autograder.checking import check, compare, fail, prediction, untouched
from autograder.checks.lab08 import reference, whole

RTOL = 1e-4  # on graphs of the naive kinds
EXACT = 1e-5  # on the networks, of the largest relevance
ENTRY = "an entry of the trace is (name, kind, got, gave), got and gave being (B,)"


# lrp_graph


def graph(rng, forks):
    """A fresh graph of the naive kinds, what its nodes make, and the relevance at its last node."""
    shapes = [(2, 3, 3, 2), (2, 2, 2, 3), (2, 1, 4, 2)]
    nodes: list[dict[str, Any]] = [{"name": "input", "kind": "input", "inputs": []}]
    acts = [rng.normal(size=shapes[0])]
    count = int(rng.integers(6, 9))
    names = [f"{word}{rng.integers(100)}" for word in ("stem", "left", "right", "mid", "join", "neck", "head", "top")]
    for k in range(1, count):
        inputs = [k - 1]
        if forks and k > 1:
            more = rng.integers(0, k, int(rng.integers(1, 3))).tolist()
            inputs = [int(i) for i in rng.permutation([k - 1, *more])]
        if len(inputs) == 1 and rng.random() < 0.4:
            node: dict[str, Any] = {"kind": "pass"}
            made = rng.normal(size=acts[inputs[0]].shape)
        else:
            node = {"kind": "share", "keep": float(rng.uniform(0.5, 1.1))}
            made = rng.normal(size=shapes[int(rng.integers(3))])
        nodes.append({"name": names[k - 1], **node, "inputs": inputs})
        acts.append(made)
    sign = rng.permutation([-1.0, 1.0])[:, None, None, None]  # of each image
    return nodes, acts, sign * (rng.random(acts[-1].shape) + 0.1)


def side_by_side():
    """A graph in which two nodes pass on to the same one, and that one to a third: who adds in place breaks it."""
    about = [("input", "input", []), ("stem", "pass", [0]), ("a", "share", [1]), ("b", "pass", [1]),
             ("c", "pass", [3]), ("join", "share", [2, 4, 4])]  # fmt: skip
    return [{"name": name, "kind": kind, "inputs": inputs, "keep": 0.8} for name, kind, inputs in about]


def entries(trace, nodes, law, hint):
    """The trace, if it has an entry of the right form for each node, last node first."""
    if not isinstance(trace, (tuple, list)) or len(trace) != len(nodes):
        fail(f"the trace has not one entry for each of {len(nodes)} nodes", law, hint)
    if any(not isinstance(entry, (tuple, list)) or len(entry) != 4 for entry in trace):
        fail("an entry of the trace has not four parts", ENTRY, hint)
    if [(str(name), str(kind)) for name, kind, _, _ in trace] != [(n["name"], n["kind"]) for n in nodes[::-1]]:
        fail("names or kinds in the trace are not those of the nodes, last node first", ENTRY, hint)
    return trace


def walked(student, nodes, acts, R_out, law, hint):
    called = student.call("lrp_graph", nodes, acts, R_out)
    got = called.value
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        fail(f"R and the trace are due, and a {type(got).__name__} came back", law, hint)
    R, trace = got
    if not isinstance(R, (tuple, list)) or len(R) != len(nodes):
        fail(f"R has not one array for each of {len(nodes)} nodes", "R is a list, in the order of the nodes", hint)
    due, books = reference.lrp_graph(nodes, acts, R_out)
    for k in range(len(nodes) - 1, -1, -1):
        compare(R[k], due[k], what=f"relevance at node {k} of {len(nodes)}", law=law, hint=hint, rtol=RTOL)
    found = entries(trace, nodes, law, hint)
    for (name, _, got, gave), (_, _, due_got, due_gave) in zip(found, books, strict=True):
        largest = float(np.abs(due_got).max())
        compare(got, due_got, what=f"got of {name}", law=ENTRY, hint=hint, rtol=RTOL)
        compare(gave, due_gave, what=f"gave of {name}", law=ENTRY, hint=hint, rtol=RTOL, atol=1e-9 + RTOL * largest)
    untouched(called)


@check("lrp_graph", points=1)
def test_graph_chain(student, rng):
    """lrp_graph on chains: no forks yet."""
    law, hint = (
        "each node hands on what arrived at it, by hand_down, to what it reads",
        "from the last node to the first",
    )
    for _ in range(2):
        nodes, acts, R_out = graph(rng, False)
        walked(student, nodes, acts, R_out, law, hint)


@check("lrp_graph", points=2, needs="test_graph_chain")
def test_graph_forks(student, rng):
    """lrp_graph on graphs with forks: what arrives from several readers is added."""
    law = "a node gets the sum of what all its readers hand to it"
    hint = "add to what is there already; do not overwrite, and serve an input as often as it is listed"
    for _ in range(4):
        nodes, acts, R_out = graph(rng, True)
        walked(student, nodes, acts, R_out, law, hint)


@check("lrp_graph", points=2, needs="test_graph_chain")
def test_graph_in_place(student, rng):
    """lrp_graph where nodes pass relevance on as it is: every node keeps its own."""
    law = "the relevance at one node does not change when more arrives at another"
    hint = "hand_down may return the very array that it was given: R[i] = R[i] + part, and not +="
    for _ in range(3):
        nodes, shape = side_by_side(), (2, 3, 2, 2)
        walked(student, nodes, [rng.normal(size=shape) for _ in nodes], rng.random(shape) + 0.1, law, hint)


# lrp_resnet50, lrp_densenet121


def explained(student, rng, arch, name, bn, hint):
    law = "map and trace equal those of a reference that shares no code with yours"
    images, c = whole.pictures(rng, arch)
    rules = whole.rules_of(name, bn)
    heat, books = whole.explained(arch, images, c, rules)
    got = getattr(student, f"probe_{arch}")(images, c, rules)
    if not isinstance(got, dict) or {"map", "trace"} - set(got):
        fail("the map and the trace are due, and something else came", law, "return two things: map, trace")
    trace = got["trace"]
    if not isinstance(trace, (tuple, list)) or any(not isinstance(e, (tuple, list)) or len(e) != 4 for e in trace):
        fail("the trace is not a list of entries", ENTRY, "return the trace of lrp_graph as it is")
    if len(trace) != len(books):
        fail(f"{name}: the trace has {len(trace)} entries, where {len(books)} nodes are left",
             "fold what folds left; merge the others if the rule for bn asks for it", hint)  # fmt: skip
    largest = max(float(np.abs(entry[2]).max()) for entry in books)
    for (_, _, given, _), (node, _, due, _) in zip(trace, books, strict=True):
        compare(given, due, what=f"{name}: sum at {node}", law=law, hint=hint, rtol=0.0, atol=EXACT * largest)
    compare(got["map"], heat, what=f"{name}: map", law=law, hint=hint, rtol=EXACT, picture=True)


@check("networks", points=1)
def test_resnet_epsilon(student, rng):
    """lrp_resnet50 on the lab's network and a fresh picture: epsilon everywhere, to 1e-5 of the largest relevance."""
    hint = "which node is the first that is off, from the top? a sum: lrp_add; a convolution: fold_bn"
    explained(student, rng, "resnet50", "epsilon", whole.MERGE, hint)


@check("networks", points=1)
def test_resnet_composites(student, rng):
    """lrp_resnet50: preset A flat and alpha 2, beta 1, to 1e-5 of the largest relevance."""
    hint = "which node is the first that is off, from the top? do the nodes have the rules of the composite?"
    explained(student, rng, "resnet50", "preset A flat", whole.PASS, hint)
    explained(student, rng, "resnet50", "alpha 2, beta 1", whole.PASS, hint)


@check("networks", points=1)
def test_densenet_pass(student, rng):
    """lrp_densenet121: preset A flat, BatchNorms that stay are passed, to 1e-5 of the largest relevance."""
    hint = "which node is the first that is off, from the top? a concat: lrp_concat"
    explained(student, rng, "densenet121", "preset A flat", whole.PASS, hint)


@check("networks", points=1)
def test_densenet_merged(student, rng):
    """lrp_densenet121: epsilon, and BatchNorms that stay are merged with what follows, to 1e-5 of the largest."""
    hint = "which node is the first that is off, from the top? lrp_merged; merge_all after fold_all"
    explained(student, rng, "densenet121", "epsilon and flat", whole.MERGE, hint)


@check("networks", points=1)
def test_densenet_affine(student, rng):
    """lrp_densenet121: alpha 2, beta 1, and BatchNorms that stay have the epsilon rule, to 1e-5 of the largest."""
    hint = "which node is the first that is off, from the top? a bn: bn_affine, lrp_affine"
    explained(student, rng, "densenet121", "alpha 2, beta 1", whole.EPS, hint)


# audit


def books_of(rng, B, kinds):
    """A trace with made-up numbers of both signs; every node gives what it likes."""
    start = rng.permutation(np.resize([-1.0, 1.0], B)) * rng.uniform(1.0, 5.0, B)
    trace, got = [], start
    for k, kind in enumerate(kinds):
        gave = np.zeros(B) if kind == "input" else got * rng.uniform(0.4, 1.4, B)
        trace.append((f"{kind}_{k}_{rng.integers(100)}", kind, got, gave))
        got = gave
    return trace


def audited(student, trace, law, hint):
    called = student.call("audit", trace)
    due = reference.audit(trace)
    if not isinstance(called.value, dict) or set(called.value) != set(due):
        fail("a dictionary with one entry for each kind in the trace is due", "kind -> (B,)", hint)
    for kind, values in due.items():
        compare(called.value[kind], values, what=f"share of {kind}", law=law, hint=hint, rtol=0.0, atol=1e-4)
    untouched(called)


@check("audit", points=1)
def test_audit_single(student, rng):
    """audit, one node of each kind: what each keeps, relative to the start."""
    law, hint = "a node keeps got - gave; shares are relative to the start, image by image", "signs stay"
    for B in (1, 3):
        audited(student, books_of(rng, B, ["dense", "avg", "conv", "bn", "input"]), law, hint)


@check("audit", points=2, needs="test_audit_single")
def test_audit_kinds(student, rng):
    """audit, many nodes of few kinds: all shares add up to 1."""
    law, hint = "the nodes of a kind are added up", "a kind that comes again adds to what is there"
    kinds = ["dense", *[str(kind) for kind in rng.permutation(["conv", "relu", "add", "conv", "bn", "conv", "add"])]]
    for B in (1, 4):
        audited(student, books_of(rng, B, [*kinds, "input"]), law, hint)


# predictions, graded for being made

test_prediction_fold = prediction("fold")
test_prediction_affine = prediction("affine")
test_prediction_merged = prediction("merged")
test_prediction_add = prediction("add")
test_prediction_graph = prediction("graph")
test_prediction_networks = prediction("networks")
test_prediction_audit = prediction("audit")


# The bug hunt. Each check sees one of the three bugs alone.


def block(rng, B, gamma, var, b, positive):
    """a, W, b, bn, R for a residual block: nothing near zero; R only where z > 0, or everywhere."""
    C = 4
    bn = {"gamma": gamma, "beta": np.zeros(C), "mean": np.zeros(C), "var": var, "eps": 0.01}
    for _ in range(5000):
        a, W = rng.normal(size=(B, C)), rng.normal(size=(C, C))
        V, d = reference.fold_bn(W, b, **bn)
        branch = a @ V + d
        z = a + branch
        if min(np.abs(z).min(), np.abs(branch).min()) > 0.05 and (z > 0).any() and (z < 0).sum() > 1:
            R = rng.random(z.shape) + 0.2
            return a, W, b, bn, np.where(z > 0, R, 0.0) if positive else R
    raise RuntimeError("no well-conditioned block found")


def repaired(student, given, law, hint):
    called = student.call("explain_block", *given)
    due = reference.explain_block(*given)
    compare(called.value, due, what="relevance at the input of the block", law=law, hint=hint, rtol=3e-4, picture=True)
    untouched(called)


@check("bug_hunt", points=2)
def test_bug_axis(student, rng):
    """Scales that differ from channel to channel, no bias, no relevance where the ReLU is closed."""
    law, hint = "a BatchNorm scales output channels", "which axis of a square kernel is that of the outputs?"
    for _ in range(3):
        gamma, var = rng.permutation([0.5, 1.0, 2.0, 4.0]), rng.permutation([0.2, 0.7, 1.5, 3.0])
        repaired(student, block(rng, 3, gamma, var, np.zeros(4), True), law, hint)


@check("bug_hunt", points=2)
def test_bug_bias(student, rng):
    """One scale for all channels, a layer with a bias, no relevance where the ReLU is closed."""
    law, hint = "the layer's bias goes through the BatchNorm, too", "multiply g (aW + b) out"
    for _ in range(3):
        gamma, var = np.full(4, rng.uniform(2, 4)), np.full(4, rng.uniform(0.3, 0.8))
        repaired(student, block(rng, 3, gamma, var, rng.choice([-1.0, 1.0], 4) * rng.uniform(1, 3, 4), True), law, hint)


@check("bug_hunt", points=2)
def test_bug_gate(student, rng):
    """One scale for all channels, no bias, relevance everywhere."""
    law, hint = (
        "a ReLU hands relevance through, whatever its gate",
        "LRP is not the gradient: what happens where z < 0?",
    )
    for _ in range(3):
        gamma, var = np.full(4, rng.uniform(0.5, 2)), np.full(4, rng.uniform(0.5, 2))
        repaired(student, block(rng, 3, gamma, var, np.zeros(4), False), law, hint)
