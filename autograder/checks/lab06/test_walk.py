"""Hidden checks of lab 6's walk through a whole network, and of its bug hunt.

Pictures are of the difference alone, except on the lab's own figures: which ones, and why, is said in ``figures``.
"""

import numpy as np

from autograder.checking import check, compare, fail, untouched
from autograder.checks.lab06 import figures
from autograder.checks.lab06.figures import shown_on
from autograder.reference import dense

RTOL = 2e-4


def network(rng, depth=3, equal=False):
    """Fresh params, x, c: no pre-activation near zero, chosen logits of both signs, classes in mixed order."""
    for _ in range(10_000):
        sizes = [5, 7, 7, 4] if equal else [int(n) for n in rng.integers(4, 9, depth + 1)]
        params = [
            (rng.normal(size=(sizes[k], sizes[k + 1])), 0.5 * rng.normal(size=sizes[k + 1]))
            for k in range(len(sizes) - 1)
        ]
        x = rng.normal(size=(5, sizes[0]))
        c = rng.permutation(np.arange(5) % sizes[-1])
        *inputs, logits = dense.mlp_forward(params, x)
        before = [a @ W + b for a, (W, b) in zip(inputs, params, strict=True)]
        chosen = logits[np.arange(5), c]
        alive = all((a != 0).any(axis=1).all() for a in inputs)
        apart = min(np.abs(z).min() for z in before) > 0.02
        if alive and apart and np.abs(chosen).min() > 0.2 and (chosen > 0).sum() > 1 and (chosen < 0).sum() > 1:
            return params, x, c
    raise RuntimeError("no well-conditioned network found")


def keeping(rng, depth):
    """The supplied naive rule in every layer, each with another part handed on: it shows which rule was used where."""
    return [("activation", {"keep": float(part)}) for part in rng.uniform(0.3, 1.0, depth)]


def entry(trace, index, layers):
    """trace[index], if the trace is a list of the right length."""
    if not isinstance(trace, (list, tuple)) or len(trace) != layers + 1:
        size = f"a list of {len(trace)}" if isinstance(trace, (list, tuple)) else "no list"
        fail(f"{size} came back for {layers} layers", law="lrp_mlp returns L + 1 arrays, the start included",
             hint="keep every relevance on the way down")  # fmt: skip
    return trace[index]


@check("lrp_mlp", points=2)
def test_mlp_start(student, rng):
    """lrp_mlp starts from the logit of each image's own class."""
    law = "row i of the start holds the logit of class c[i] in column c[i], and zeros"
    hint = "no softmax, no 1, no ReLU on the logits; b in every z; row and column together; params of any length"
    for depth in (2, 3):
        params, x, c = network(rng, depth)
        rules = keeping(rng, depth)
        called = student.call("lrp_mlp", params, x, c, rules)
        expected = dense.lrp_mlp(params, x, c, rules)[-1]
        got = entry(called.value, -1, depth)
        with shown_on(student, figures.start):
            compare(got, expected, what="start at the logits", law=law, hint=hint, rtol=RTOL, picture=True)
        untouched(called)


@check("lrp_mlp", points=3, needs="test_mlp_start")
def test_mlp_walk(student, rng):
    """lrp_mlp walks down with each layer's own input and own rule (tried with the supplied rule "activation")."""
    law = "trace[l] = rules[l] applied to the input of layer l, params[l] and trace[l + 1]"
    hint = "the input of layer l is taken after the ReLU before it; params, inputs and rules run backwards together"
    for depth in (2, 3, 4):
        params, x, c = network(rng, depth)
        rules = keeping(rng, depth)
        trace = student.lrp_mlp(params, x, c, rules)
        for l, expected in enumerate(dense.lrp_mlp(params, x, c, rules)):
            what = f"trace[{l}], the relevance below params[{l}] of {depth}" if l < depth else "start at the logits"
            with shown_on(student, figures.whole):
                compare(entry(trace, l, depth), expected, what=what, law=law, hint=hint, rtol=RTOL, picture=True)


@check("lrp_mlp", points=2, needs="test_mlp_walk")
def test_mlp_your_rules(student, rng):
    """lrp_mlp with your own lrp_eps gives what your lrp_eps gives, layer by layer."""
    params, x, c = network(rng, 2)
    rules = [("eps", {"eps": 0.3}), ("eps", {"eps": 0.8})]
    *inputs, _ = dense.mlp_forward(params, x)
    trace = student.lrp_mlp(params, x, c, rules)
    expected = dense.lrp_mlp(params, x, c, keeping(rng, 2))[-1]
    law = "each layer's rule gets a, W, b, R and its own options"
    hint = "call apply_rule(rules[l], a, W, b, R) and let it choose the rule"
    for l in (1, 0):
        expected = student.lrp_eps(inputs[l], *params[l], expected, rules[l][1]["eps"])
        what = f"trace[{l}], by your own lrp_eps"
        compare(entry(trace, l, 2), expected, what=what, law=law, hint=hint, rtol=RTOL, picture=True)


@check("lrp_mlp", points=1, needs="test_mlp_your_rules")
def test_mlp_gradient(student, rng):
    """LRP-0 in every layer gives gradient x input."""
    params, x, c = network(rng, 3)
    trace = student.lrp_mlp(params, x, c, [("eps", {"eps": 1e-12})] * 3)
    law, hint = "LRP-0 = gradient x input in a ReLU network", "does lrp_eps pass its own checks?"
    expected = dense.gradient_x_input(params, x, c)
    got = entry(trace, 0, 3)
    with shown_on(student, figures.whole):
        compare(got, expected, what="relevance at the pixels", law=law, hint=hint, rtol=1e-3, picture=True)


# The bug hunt. Each check sees one of the three bugs alone.


def open_network(rng):
    """A network of which every ReLU is on; two classes at least are positive, and one negative, for every image."""
    for _ in range(10_000):
        params, x, _ = network(rng, equal=True)
        (W1, b1), (W2, b2), (W3, b3) = params
        params = [(W1, b1 + 12.0), (np.abs(W2) * 0.1, b2 + 3.0), (W3, b3)]
        inputs = dense.mlp_forward(params, x)
        positive, negative = (inputs[-1] > 0.2).all(axis=0), (inputs[-1] < -0.2).all(axis=0)
        if all((a > 0).all() for a in inputs[1:3]) and positive.sum() >= 2 and negative.any():
            return params, x, np.flatnonzero(positive), np.flatnonzero(negative)
    raise RuntimeError("no open network found")


@check("bug_hunt", points=2)
def test_bug_gate(student, rng):
    """One image at a time, positive logit: the ReLUs in the middle."""
    law = "a ReLU passes the gradient of a unit where that unit was on"
    hint = "follow the chain rule down and write beside each line which units it belongs to"
    for _ in range(3):
        params, x, c = network(rng, equal=True)
        logits = dense.mlp_forward(params, x)[-1]
        for k in np.flatnonzero(logits[np.arange(len(c)), c] > 0):
            expected = dense.gradient_x_input(params, x[[k]], c[[k]])
            got = student.gradient_x_input(params, x[[k]], c[[k]])
            compare(got, expected, what="gradient x input", law=law, hint=hint, rtol=RTOL, picture=True)


@check("bug_hunt", points=2)
def test_bug_negative_logit(student, rng):
    """One image at a time, a negative logit, all ReLUs on: the last layer."""
    params, x, _, negative = open_network(rng)
    law, hint = "a negative logit has a gradient too", "which layers are followed by a ReLU, and which is not?"
    for k in range(len(x)):
        c = rng.choice(negative, 1)
        expected = dense.gradient_x_input(params, x[[k]], c)
        got = student.gradient_x_input(params, x[[k]], c)
        compare(got, expected, what="gradient x input", law=law, hint=hint, rtol=RTOL, picture=True)


@check("bug_hunt", points=2)
def test_bug_batch(student, rng):
    """A batch whose images ask for different classes, positive logits, all ReLUs on."""
    params, x, positive, _ = open_network(rng)
    c = rng.permutation(np.resize(positive, len(x)))
    law, hint = "an image's map does not depend on its batch", "print the gradient where it starts, for two images"
    called = student.call("gradient_x_input", params, x, c)
    expected = dense.gradient_x_input(params, x, c)
    compare(called.value, expected, what="gradient x input", law=law, hint=hint, rtol=RTOL, picture=True)
    untouched(called)
