"""Hidden checks of lab 7: composites, the start, the whole walk, the predictions and the bug hunt.

Models and predicates cannot travel, so probes in the notebook make them of arrays and words that a check sends; see
``toonlens.laws.lab07``. The lab's own VGG16 is explained here, in the grader's process, by `autograder.reference`.
"""

import numpy as np

from autograder.checking import check, compare, fail, prediction, untouched
from autograder.checks.lab07 import reference, whole
from toonlens.laws.lab07 import as_spec, tiny_plan

RTOL = 1e-3  # on small networks, whose weights are float32
EXACT = 1e-5  # on VGG16, of the largest relevance


# assign_rules


def assigned(student, names, spec, law, hint):
    got = student.probe_rules(names, spec)
    if not isinstance(got, dict) or "rules" not in got:
        kind = str(got.get("raised", "nothing")) if isinstance(got, dict) else type(got).__name__
        fail(f"every layer has an entry that matches, and {kind[:60]} came", law, hint)
    found = got["rules"]
    due = reference.assign_rules(names, as_spec(spec))
    if not isinstance(found, (list, tuple)) or len(found) != len(due):
        fail(f"not one rule for each of {len(due)} layers", "one rule per name, in the order of the names", hint)
    as_pairs = [tuple(rule) if isinstance(rule, (list, tuple)) else rule for rule in found]
    if as_pairs != due:
        fail("a layer got another rule than the first entry that matches it", law, hint)


def fresh_names(rng):
    """Layers' names in a random order, and rules that can be told apart."""
    blocks = [f"block{b}_conv{k}" for b in rng.permutation(9)[:3] + 1 for k in (1, 2)]
    names = [str(name) for name in rng.permutation([*blocks, f"block{rng.integers(1, 9)}_pool", "avg_pool", "top"])]
    return names, [("eps", {"eps": float(k)}) for k in rng.permutation(20)[:5]]


@check("assign_rules", points=1)
def test_rules_patterns(student, rng):
    """assign_rules with names and patterns that do not overlap, and with functions of a name."""
    law, hint = "an entry matches by its pattern on the whole name, or by its function", "fnmatchcase, and callable"
    for _ in range(3):
        names, rules = fresh_names(rng)
        spec = [("block?_conv1", rules[0]), ("block*2", rules[1]), ("*_pool", rules[2]), ("top", rules[3])]
        assigned(student, names, spec, law, hint)
        assigned(student, [*names, "stop", "topmost", "block1_conv11"], [*spec, ("*", rules[4])], law, hint)
        by_function = [({"with": "conv"}, rules[0]), ({"with": "pool"}, rules[1]), ({"with": "o"}, rules[2])]
        assigned(student, names, by_function, law, hint)


@check("assign_rules", points=1, needs="test_rules_patterns")
def test_rules_first(student, rng):
    """assign_rules where several entries match: the first decides."""
    law, hint = "the first entry that matches decides, whatever else matches", "stop at the first match"
    for _ in range(3):
        names, rules = fresh_names(rng)
        spec = [
            (names[0], rules[0]),
            ("block*", rules[1]),
            ({"with": "pool"}, rules[2]),
            ("*", rules[3]),
            ("*", rules[4]),
        ]
        assigned(student, names, spec, law, hint)
        order = rng.permutation(3)
        assigned(student, names, [*[spec[k] for k in order], *spec[3:]], law, hint)
        assigned(student, names, [spec[3], *spec[:3]], law, hint)


@check("assign_rules", points=1)
def test_rules_missing(student, rng):
    """assign_rules where no entry matches a layer: a ValueError that names it."""
    law, hint = "a layer that no entry matches is a ValueError that names it", "raise it when the entries are used up"
    names, rules = fresh_names(rng)
    odd = f"odd{rng.integers(100, 999)}"
    for place in (0, len(names) // 2, len(names)):
        got = student.probe_rules(
            [*names[:place], odd, *names[place:]], [("block*", rules[0]), ("*_pool", rules[1]), ("top", rules[2])]
        )
        if not isinstance(got, dict) or "raised" not in got:
            fail("no entry matches one of the layers, and nothing was raised", law, hint)
        if got["raised"] != "ValueError":
            fail("another kind of error was raised", law, hint)
        if odd not in str(got.get("message")):
            fail("the message does not name the layer", law, hint)


# logits_model, seed


def tiny(rng, bias=0.3):
    """A fresh small network and three images; chosen classes have logits of both signs, none near zero."""
    for _ in range(1000):
        plan, side = tiny_plan(rng, pooled=bool(rng.integers(2)), bias=bias)
        x = rng.normal(size=(3, side, side, 3))
        *inputs, logits = reference.forward(plan, x)
        logits = logits[:, 0, 0]
        c = np.array([int(logits[0].argmax()), int(logits[1].argmin()), int(rng.integers(4))])
        chosen = logits[np.arange(3), c]
        alive = all((a != 0).any(axis=(1, 2, 3)).all() for a in inputs)
        apart = np.diff(np.sort(logits, axis=1), axis=1).min() > 0.05 and np.abs(chosen).min() > 0.3
        mixed = chosen[0] > 0 > chosen[1] and len(set(c.tolist())) > 1 and c[2] != logits[2].argmax()
        if alive and apart and mixed:
            return plan, side, x, c
    raise RuntimeError("no well-conditioned network found")


@check("logits_seed", points=1)
def test_logits(student, rng):
    """logits_model gives the sums before the softmax."""
    law, hint = (
        "logits are h W + b of the last layer, before its softmax",
        "the old kernel and bias; no softmax, no log of one",
    )
    for _ in range(2):
        plan, side, x, _ = tiny(rng)
        got = student.probe_logits(plan, side, x)
        due = reference.forward(plan, x)[-1][:, 0, 0]
        compare(_entry(got, "logits", law, hint), due, what="logits", law=law, hint=hint, rtol=RTOL)


@check("logits_seed", points=1, needs="test_logits")
def test_logits_model_kept(student, rng):
    """logits_model leaves the given model as it is, and the new one's layers have the same names."""
    law, hint = (
        "the given model keeps its softmax and its weights",
        "make a new layer or a copy before you change anything",
    )
    plan, side, x, _ = tiny(rng)
    got = student.probe_logits(plan, side, x)
    logits = reference.forward(plan, x)[-1][:, 0, 0]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    odds /= odds.sum(axis=1, keepdims=True)
    compare(_entry(got, "after", law, hint), odds, what="output of the given model", law=law, hint=hint, rtol=RTOL)
    names = _entry(got, "names", law, hint)
    if not isinstance(names, (list, tuple)) or list(names) != [layer["name"] for layer in plan]:
        law = "the new model has the same layers by the same names, a Dense layer the last of them"
        fail("read_layers finds other layers in the new model", law, "give the new layer the old one's name")


def _entry(got, key, law, hint):
    if not isinstance(got, dict) or key not in got:
        fail("the probe gave no such value", law, hint)
    return got[key]


@check("logits_seed", points=2)
def test_seed(student, rng):
    """seed gives the logit of each image's own class, in its column."""
    law, hint = (
        "row n holds the logit of class c[n] in column c[n], and zeros",
        "pair row numbers with c; values and signs stay",
    )
    for B, K in ((5, 4), (1, 6), (6, 3)):
        logits = rng.normal(size=(B, K)) * 4
        logits += np.where(logits >= 0, 0.2, -0.2)
        c = rng.integers(0, K, B)
        c[0] = logits[0].argmin()
        logits[0, c[0]] -= 1.0 + max(0.0, logits[0, c[0]])
        called = student.call("seed", logits, c)
        compare(called.value, reference.seed(logits, c), what="start", law=law, hint=hint, rtol=1e-6, picture=True)
        untouched(called)


# lrp_vgg16


def pair(got, layers, law, hint):
    """Map and trace, if they are there."""
    if isinstance(got, dict):
        got = (got.get("map"), got.get("trace"))
    if not isinstance(got, (list, tuple)) or len(got) != 2:
        fail("not two things, a map and a trace", law, hint)
    found, trace = got
    if not isinstance(trace, (list, tuple)) or len(trace) != layers + 1:
        size = f"{len(trace)} entries" if isinstance(trace, (list, tuple)) else "no list"
        fail(f"the trace: {size} for {layers} layers", "L + 1 entries, the start included", hint)
    return found, trace


@check("lrp_vgg16", points=2)
def test_walk_share(student, rng):
    """lrp_vgg16 on small networks with the supplied rule "share": start, inputs, rules and trace."""
    law = (
        "trace[l] is what rule l makes of the input of layer l and of trace[l + 1]; trace[L] is the logit of class c[n]"
    )
    hint = (
        "what goes into each layer, after the ReLU before it; three lists backwards together; the pools have rules too"
    )
    for _ in range(2):
        plan, side, x, c = tiny(rng)
        spec = [(layer["name"], ("share", {"keep": float(rng.uniform(0.4, 1.0))})) for layer in plan]
        heat, trace = reference.lrp_walk(plan, x, c, spec)
        got, steps = pair(student.probe_lrp(plan, side, x, c, spec), len(plan), law, hint)
        for l in range(len(plan), -1, -1):
            what = "start at the logits" if l == len(plan) else f"relevance at the input of {plan[l]['name']}"
            compare(steps[l], trace[l], what=what, law=law, hint=hint, rtol=RTOL, picture=True)
        compare(
            got, heat, what="map", law="the map is trace[0], its colours summed", hint=hint, rtol=RTOL, picture=True
        )


@check("lrp_vgg16", points=1, needs="test_walk_share")
def test_walk_gradient(student, rng):
    """lrp_vgg16 by LRP-0 on a small network: your own rules give gradient x input."""
    law, hint = "LRP-0, winner takes all and z+ give gradient x input", "do lrp_conv, lrp_maxpool and lrp_avgpool pass?"
    plan, side, x, c = tiny(rng)
    spec = [("avg*", ("avg", {})), ("*pool", ("max", {})), ("*", ("eps", {"eps": 1e-12}))]
    heat, _ = reference.lrp_walk(plan, x, c, spec)
    got, _ = pair(student.probe_lrp(plan, side, x, c, spec), len(plan), law, hint)
    compare(got, heat, what="map", law=law, hint=hint, rtol=5e-3, picture=True)


def on_vgg16(student, rng, names, law, hint):
    for name in names:
        images, c = whole.pictures(rng, 1)
        heat, below = whole.explained(images, c, name)
        got, steps = pair(student.probe_vgg16(images, c, whole.cases()[name][0]), len(below) - 1, law, hint)
        for l in range(len(below) - 1, -1, -1):
            layer, due = below[l]
            where = (
                f"{name}: relevance at {layer}" if l == len(below) - 1 else f"{name}: relevance at the input of {layer}"
            )
            step = steps[l] if np.ndim(steps[l]) != 4 or due.ndim == 4 else np.reshape(steps[l], due.shape)
            compare(step, due, what=where, law=law, hint=hint, rtol=EXACT)
        compare(got, heat, what=f"{name}: map", law=law, hint=hint, rtol=EXACT, picture=True)


@check("lrp_vgg16", points=2, needs="test_walk_share")
def test_vgg16_rules(student, rng):
    """lrp_vgg16 on the lab's VGG16 and fresh pictures: every rule, at every layer, to 1e-5 of the largest relevance."""
    law = "map and trace equal those of a reference that shares no code with yours, layer by layer"
    hint = "which layer is the first that is off, from the top? look at that layer's rule; stay in float64"
    names = ["epsilon everywhere", "alpha-beta, gamma and box in turn", "w² and flat in some layers"]
    on_vgg16(student, rng, names, law, hint)


@check("lrp_vgg16", points=2, needs="test_walk_share")
def test_vgg16_composites(student, rng):
    """lrp_vgg16 on the lab's VGG16 and fresh pictures: the composites, to 1e-5 of the largest relevance."""
    law = "map and trace equal those of a reference that shares no code with yours, layer by layer"
    hint = "which layer is the first that is off, from the top? which entry of the composite decides there?"
    on_vgg16(student, rng, ["preset A flat", "gamma and box"], law, hint)


# contrastive


@check("contrastive", points=1)
def test_contrast_share(student, rng):
    """contrastive on small networks with the supplied rule "share"."""
    law, hint = "map(c) - map(c2), image by image", "two explanations of the same images, subtracted as they are"
    for _ in range(2):
        plan, side, x, c = tiny(rng)
        logits = reference.forward(plan, x)[-1][:, 0, 0]
        c2 = (c + rng.integers(1, 4, 3)) % 4
        gap = logits[np.arange(3), c] - logits[np.arange(3), c2]
        assert np.abs(gap).min() > 0.04
        spec = [("*pool", ("share", {"keep": 0.8})), ("*", ("share", {"keep": 0.9}))]
        due = reference.contrastive(plan, x, c, c2, spec)
        got = student.probe_contrastive(plan, side, x, c, c2, spec)
        compare(got, due, what="contrastive map", law=law, hint=hint, rtol=RTOL, picture=True)


@check("contrastive", points=1, needs="test_contrast_share")
def test_contrast_vgg16(student, rng):
    """contrastive on the lab's VGG16 and a fresh picture equals a walk that starts from both logits."""
    from autograder.reference import Contrast

    law, hint = "LRP is linear in its start: f_c and -f_c2 together", "does lrp_vgg16 pass its checks?"
    images, c = whole.pictures(rng, 1)
    c2 = (c + rng.integers(1, 18, 1)) % 18
    heat, _ = whole.explained(images, Contrast(c, c2), "preset A flat")
    got = student.probe_contrast16(images, c, c2, whole.cases()["preset A flat"][0])
    compare(got, heat, what="contrastive map", law=law, hint=hint, rtol=EXACT, picture=True)


# predictions, graded for being made

test_prediction_conv = prediction("conv")
test_prediction_flat = prediction("flat")
test_prediction_pool = prediction("pool")
test_prediction_rules = prediction("rules")
test_prediction_logits = prediction("logits")
test_prediction_vgg = prediction("vgg")
test_prediction_contrast = prediction("contrast")


# The bug hunt. Each check sees one of the three bugs alone.


def head(rng, B, bias):
    """Features, a head, and logits of which none is near zero; one channel is silent."""
    for _ in range(1000):
        a, W = rng.random((B, 3, 3, 6)) + 0.05, rng.normal(size=(6, 5))
        b = bias * rng.permutation([-1.5, -1.0, 1.0, 1.5, 2.0])
        a[..., int(rng.integers(6))] = 0.0
        z = a.mean(axis=(1, 2)) @ W
        if min(np.abs(z).min(), np.abs(z + b).min()) > 0.1 and np.diff(np.sort(z + b, axis=1), axis=1).min() > 0.02:
            return a, W, b, (z + b).argmax(axis=1)
    raise RuntimeError("no well-conditioned head found")


def repaired(student, a, W, b, c, law, hint):
    called = student.call("explain_head", a, W, b, c)
    due = reference.explain_head(a, W, b, c)
    compare(called.value, due, what="relevance of the features", law=law, hint=hint, rtol=3e-4, picture=True)
    untouched(called)


@check("bug_hunt", points=2)
def test_bug_class(student, rng):
    """One image, no bias: a class that the network did not choose."""
    law, hint = "the map explains the class that was asked for", "where does c enter?"
    for _ in range(3):
        a, W, b, answer = head(rng, 1, 0.0)
        repaired(student, a, W, b, (answer + rng.integers(1, 5)) % 5, law, hint)


@check("bug_hunt", points=2)
def test_bug_bias(student, rng):
    """One image, the class that the network chose, a head with a bias."""
    law, hint = (
        "the bias is a part of z, and keeps its share of the logit",
        "what is the denominator, and what is missing in it?",
    )
    for _ in range(3):
        a, W, b, answer = head(rng, 1, 1.0)
        repaired(student, a, W, b, answer, law, hint)


@check("bug_hunt", points=2)
def test_bug_batch(student, rng):
    """A batch, no bias, the classes that the network chose."""
    law, hint = "an image's map does not depend on its batch", "over which axes is an average shared out?"
    a, W, b, answer = head(rng, 4, 0.0)
    repaired(student, a, W, b, answer, law, hint)
