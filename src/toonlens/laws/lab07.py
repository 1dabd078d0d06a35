"""The visible checks of lab 7. What they compute is the two sides of a law, on inputs that nobody needs to keep secret.

Shapes as in the lab: `a` (B, H, W, Ci), kernels `W` (kh, kw, Ci, Co), `b` (Co,), `R` (B, h, w, Co). A network is
described by a *plan*, a list of dicts, each with a name and a kind: "conv" (W, b, pad, stride, relu), "max" or "avg"
(k); the last one is the classifier. `tiny_network` makes a Keras model of it, which ends in a softmax.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toonlens.convnet import conv2d_T, read_layers, run_layer
from toonlens.errors import UserError
from toonlens.laws import Checked, StillAStub, close
from toonlens.startup import import_keras

Plan = list[dict[str, Any]]
Rule = tuple[str, dict[str, Any]]
TINY = 1e-12
ALONE = "an image is explained by itself, whatever else is in its batch"
LINEAR = "a rule is linear in R: twice the relevance above gives twice the relevance below"
WINDOW = "an output reads one window of the input, and hands relevance to that window alone"


# Small networks, and what the grader asks for: arrays in, arrays out


def tiny_network(plan: Sequence[dict[str, Any]], side: int) -> Any:
    """The Keras model of a plan for images (side, side, 3); its last layer is dense, with a softmax."""
    layers = import_keras().layers
    image = x = import_keras().Input((int(side), int(side), 3))
    weights = []
    for place, about in enumerate(plan):
        name = str(about["name"])
        if about["kind"] != "conv":
            k = int(about["k"])
            pools = {"max": layers.MaxPooling2D, "avg": layers.AveragePooling2D}
            whole = about["kind"] == "avg" and x.shape[1] == k
            x = (layers.GlobalAveragePooling2D(name=name) if whole else pools[about["kind"]](k, name=name))(x)
            continue
        W, b = about["W"], about["b"]
        if place == len(plan) - 1:
            x = layers.Flatten()(x) if len(x.shape) == 4 else x
            layer, W = layers.Dense(W.shape[3], activation="softmax", name=name), W.reshape(-1, W.shape[3])
        else:
            options = {"strides": int(about["stride"]), "padding": str(about["pad"]), "name": name}
            layer = layers.Conv2D(W.shape[3], W.shape[:2], activation="relu" if about["relu"] else None, **options)
        x = layer(x)
        weights.append((layer, [W, b]))
    for layer, values in weights:
        layer.set_weights(values)
    return import_keras().Model(image, x)


def tiny_plan(rng: np.random.Generator, pooled: bool = True, bias: float = 0.3) -> tuple[Plan, int]:
    """Two convolutions, a max pooling, a third convolution, and a classifier of 4 classes; and the image's side."""

    def conv(name: str, k: int, Ci: int, Co: int, relu: bool = True, pad: str = "same") -> dict[str, Any]:
        W = rng.normal(size=(k, k, Ci, Co)) / np.sqrt(k * k * Ci / 2)
        b = bias * rng.choice([-1.0, 1.0], Co) * (0.5 + rng.random(Co))
        return {"name": name, "kind": "conv", "W": W, "b": b, "pad": pad, "stride": 1, "relu": relu}

    plan = [
        conv("block1_conv1", 3, 3, 4),
        conv("block1_conv2", 3, 4, 5),
        {"name": "block1_pool", "kind": "max", "k": 2},
        conv("block2_conv1", 3, 5, 6),
        {"name": "avg_pool", "kind": "avg", "k": 3},
        conv("predictions", 1, 6, 4, relu=False, pad="valid"),
    ]
    if not pooled:
        plan[4:] = [conv("predictions", 3, 6, 4, relu=False, pad="valid")]
    return plan, 6


@cache
def _model(which: int) -> tuple[Any, Plan, NDArray, NDArray]:
    """A tiny network, its plan, images, and classes whose logits have both signs and are not near zero."""
    rng = np.random.default_rng(70 + which)
    while True:
        plan, side = tiny_plan(rng, pooled=which == 0)
        model, x, c = tiny_network(plan, side), rng.normal(size=(4, side, side, 3)), np.array([2, 0, 3, 1])
        values = _values(model, x)
        chosen = values[-1][np.arange(4), 0, 0, c]
        alive = all((a != 0).any(axis=(1, 2, 3)).all() for a in values)
        if alive and np.abs(chosen).min() > 0.1 and (chosen > 0).any() and (chosen < 0).any():
            return model, plan, x, c


def _values(model: Any, x: NDArray) -> list[NDArray]:
    """The input of each layer of a model with a softmax, and last its logits."""
    values = [np.asarray(x, dtype=np.float64)]
    for layer in read_layers(model, softmax=True):
        values.append(run_layer(layer, values[-1]))
    return values


def probe_logits(logits_model: Callable, plan: Plan, side: int, x: NDArray) -> dict[str, Any]:
    """Output and layers' names of ``logits_model(model)`` for x, and the model's own output before and after."""
    model, images = tiny_network(plan, side), np.asarray(x, np.float32)
    before = np.asarray(model(images, training=False))
    made = logits_model(model)
    out = np.asarray(made(images, training=False))
    try:
        names = [layer.name for layer in read_layers(made)]
    except UserError:
        names = []
    return {"logits": out, "names": names, "before": before, "after": np.asarray(model(images, training=False))}


def probe_rules(assign_rules: Callable, names: Sequence[str], spec: Sequence[Any]) -> dict[str, Any]:
    """What ``assign_rules`` gives or raises. In spec ``{"with": text}`` stands for a predicate: text is in the name."""
    try:
        return {"rules": assign_rules([str(name) for name in names], as_spec(spec))}
    except NotImplementedError:
        raise
    except Exception as error:
        return {"raised": type(error).__name__, "message": str(error)}


def as_spec(spec: Sequence[Any]) -> list[tuple[Any, Rule]]:
    """A spec with its predicates made: ``{"with": text}`` becomes a function of a name."""

    def which(entry: Any) -> Any:
        return (lambda name: entry["with"] in name) if isinstance(entry, dict) else str(entry)

    return [(which(entry), rule) for entry, rule in spec]


def probe_lrp(lrp_vgg16: Callable, plan: Plan, side: int, x: NDArray, c: NDArray, spec: Sequence[Any]) -> Any:
    """``lrp_vgg16`` on the network of a plan."""
    return lrp_vgg16(tiny_network(plan, side), np.asarray(x, np.float64), np.asarray(c), as_spec(spec))


def probe_contrastive(
    contrastive: Callable, plan: Plan, side: int, x: NDArray, c: NDArray, c2: NDArray, spec: Sequence[Any]
) -> Any:
    """``contrastive`` on the network of a plan."""
    model, images = tiny_network(plan, side), np.asarray(x, np.float64)
    return contrastive(model, images, np.asarray(c), np.asarray(c2), as_spec(spec))


@dataclass(frozen=True)
class Through:
    """A student's function, called by a number in place of a model, because models cannot be copied."""

    function: Callable[..., Any]
    call: Callable[..., Any]

    def __call__(self, *args: Any) -> Any:
        return self.call(self.function, *args)

    @property
    def __code__(self) -> Any:
        return getattr(self.function, "__code__", None)


# Exercise 1


def _layer(seed: int, kernel: tuple[int, int], bias: float = 0.0, positive: bool = False) -> tuple[NDArray, ...]:
    """A layer whose kernel is as large as its image: a, W, b, R. Contributions of both signs, no z near zero."""
    rng = np.random.default_rng(seed)
    kh, kw = kernel
    while True:
        a = rng.random((3, kh, kw, 2)) + 0.05 if positive else rng.normal(size=(3, kh, kw, 2))
        W = rng.normal(size=(kh, kw, 2, 4))
        b = bias * rng.choice([-1.0, 1.0], 4) * (0.5 + rng.random(4))
        parts = a[..., None] * W
        z = parts.sum(axis=(1, 2, 3))
        mixed = parts.max(axis=(1, 2, 3)).min() > 0.1 and parts.min(axis=(1, 2, 3)).max() < -0.1
        if mixed and min(np.abs(z).min(), np.abs(z + b).min()) > 0.2 and (z + b < 0).any() and (z + b > 0).any():
            return a, W, b, rng.random((3, 1, 1, 4)) + 0.1


LO, HI = np.array([-3.5, -4.0]), np.array([4.5, 3.0])  # of two channels
RULES: tuple[Rule, ...] = (
    ("eps", {"eps": 0.2}),
    ("gamma", {"gamma": 0.5}),
    ("ab", {"alpha": 2.0, "beta": 1.0}),
    ("zB", {"lo": LO, "hi": HI}),
)


def check_walk(walk: Callable) -> None:
    """Laws of `walk(pairs, b, R, eps, pad, stride)`."""
    f = Checked("walk", walk)

    def call(pairs: list, b: NDArray | float, R: NDArray, eps: float, pad: str = "valid", stride: int = 1) -> NDArray:
        return f(pairs, b, R, eps, pad, stride, shape=pairs[0][0].shape)

    a, W, b, R = _layer(13, (3, 2), bias=1.0)
    for bias in (0.0, b):
        z = (a[..., None] * W).sum(axis=(1, 2, 3)) + bias
        for eps in (TINY, 0.5):
            due = (R[:, 0, 0] * (z - bias) / (z + np.copysign(eps, z))).sum(axis=1)
            f.law(
                "the bias's and the stabiliser's exact share",
                close(_sums(call([(a, W)], bias, R, eps)), due),
                f"one pair, {'a bias' if np.ndim(bias) else 'b = 0.0'}, eps = {eps:g}: the sum is not what is due",
                "z is the pair's forward result plus b; each R is divided by its own z, moved away from 0 by eps",
                "is b in z? does eps have the sign of z? the input part multiplies last",
            )
    _zero_law(f, call([(_ONES, _AGAINST)], 0.0, _ABOVE, 0.5), "walk, z = 0, eps = 0.5")
    rng = np.random.default_rng(14)
    x, V, part = rng.normal(size=(2, 6, 5, 2)), rng.normal(size=(3, 3, 2, 3)), -0.7
    for pad, stride, size in (("valid", 1, (4, 3)), ("same", 1, (6, 5)), ("same", 2, (3, 3))):
        shape = (2, *size, 3)
        got = call([(x, V)], 0.0, part * _linear(x, V, shape, pad, stride), TINY, pad, stride)
        f.law(
            "LRP-0 = gradient x input",
            close(got, part * x * conv2d_T(np.ones(shape), V, x.shape, pad, stride), 1e-3),
            f'one pair, "{pad}", stride {stride}, R in proportion to z: not the input times a gradient',
            "forward, divide, back with the same kernel, times the input; pad and stride go both ways",
            "are pad and stride handed to both directions? divide before you carry back",
        )
    a, W, b, R = _layer(15, (2, 3), bias=1.0)
    whole = call([(a, W)], b, R, TINY)
    for name, pairs in (
        ("kernel", [(a, np.maximum(W, 0)), (a, np.minimum(W, 0))]),
        ("input", [(np.maximum(a, 0), W), (np.minimum(a, 0), W)]),
    ):
        f.law(
            "one denominator for all pairs",
            close(call(pairs, b, R, TINY), whole),
            f"one pair, its {name} split into two that add up to it: the result changes",
            "all pairs add up to one z, with b in it once; then each goes back alone, and the results add up",
            "add up before you divide; on the way back each pair uses its own kernel and its own input part",
        )
    f.law(
        "linearity in R",
        close(call([(a, W)], b, -2 * R, TINY), -2 * whole),
        "when R is doubled and its sign turned, the result does not do the same",
        LINEAR,
        "R enters once, as a factor",
    )
    f.passed()


# A window in which what speaks for the output and what speaks against it cancel
_ONES, _AGAINST = np.ones((1, 1, 2, 1)), np.array([2.0, -2.0]).reshape(1, 2, 1, 1)
_ABOVE = np.full((1, 1, 1, 1), 3.0)


def _zero_law(f: Checked, got: NDArray, where: str) -> None:
    f.law(
        "at z = 0 the denominator is +eps",
        bool(got[0, 0, 0, 0] > 0 > got[0, 0, 1, 0]),
        f"{where}, R > 0: a positive contribution does not get positive relevance, or a negative one not negative",
        "s(0) = +1: where contributions cancel, the denominator is +eps",
        "what is s(z) where z is exactly 0? look it up in the table of symbols",
    )


def check_lrp_conv(lrp_conv: Callable, walk: Callable | None = None) -> None:
    """Laws of `lrp_conv(a, W, b, R, rule, pad, stride)`; before them those of `walk`, if it is written."""
    if walk is not None:
        try:
            check_walk(walk)
        except StillAStub:
            print("walk: still a stub; lrp_conv is checked without it.")
    f = Checked("lrp_conv", lrp_conv)

    def call(
        a: NDArray, W: NDArray, b: NDArray, R: NDArray, rule: Rule, pad: str = "valid", stride: int = 1
    ) -> NDArray:
        got = f.raw(a, W, b, R, rule, pad, stride)
        _finite(f, got, rule)
        return f.array(got, a.shape)

    _eps_laws(f, call)
    _gamma_laws(f, call)
    _ab_laws(f, call)
    _box_laws(f, call)
    for rule in RULES:
        _window_laws(f, call, rule)
    f.passed()


def _finite(f: Checked, got: Any, rule: Rule) -> None:
    """As `Checked.array` does, and with the rule's name."""
    try:
        values = np.asarray(got)
    except ValueError:  # no array: the next check says so
        return
    if values.dtype.kind == "f" and (odd := int((~np.isfinite(values)).sum())):
        f.broken(
            f'rule "{rule[0]}": {odd} of {values.size} values are NaN or infinite',
            "every value of a result is finite: 0 / 0 is 0, because nobody contributed",
            "which denominator of this rule may be 0? what is s(0)? where the rule names no eps, it is TINY",
        )


def _sums(values: NDArray) -> NDArray:
    return values.sum(axis=(1, 2, 3))


def _eps_laws(f: Checked, call: Callable) -> None:
    a, W, b, R = _layer(1, (3, 2))
    f.law(
        "conservation where b = 0",
        close(_sums(call(a, W, b, R, ("eps", {"eps": TINY}))), _sums(R)),
        'rule "eps", b = 0, tiny eps: the sum over the inputs is not that over the outputs',
        "with b = 0 a layer hands on all its relevance, as in lab 6",
        "each output's R is divided by that output's own z; the input multiplies last",
    )
    for pad, stride in (("valid", 1), ("same", 1), ("same", 2)):
        rng = np.random.default_rng(2)
        x, V = rng.normal(size=(2, 6, 5, 2)), rng.normal(size=(3, 3, 2, 3))
        ones = np.ones((2, *((4, 3) if pad == "valid" else (-(-6 // stride), -(-5 // stride))), 3))
        flat = np.zeros(3)
        above = _linear(x, V, ones.shape, pad, stride)
        got = call(x, V, flat, above, ("eps", {"eps": TINY}), pad, stride)
        f.law(
            "LRP-0 = gradient x input",
            close(got, x * conv2d_T(ones, V, x.shape, pad, stride), 1e-3),
            f'rule "eps", "{pad}", stride {stride}, b = 0, R = z: not the input times the gradient of the sum of z',
            "LRP-0 of a linear layer is gradient x input, whatever the padding and the stride",
            "are pad and stride handed on, forwards and backwards? divide, carry back, then multiply by a",
        )
    a, W, b, R = _layer(3, (2, 3), bias=1.0)
    z = (a[..., None] * W).sum(axis=(1, 2, 3)) + b
    for eps in (TINY, 0.5):
        due = (R[:, 0, 0] * (1 - b / z) * np.abs(z) / (np.abs(z) + eps)).sum(axis=1)
        f.law(
            "the bias's and the stabiliser's exact share",
            close(_sums(call(a, W, b, R, ("eps", {"eps": eps}))), due),
            f'rule "eps" with a bias and eps = {eps:g}: the sum over the inputs is not what should be left',
            "the bias is an input that is always 1 and takes its share b / z; eps takes its own",
            "is b in z? is the rule's own eps used, with the sign of z? does anything put back what is lost?",
        )
    a, W, b, R = _layer(3, (2, 3))
    dead = call(0 * a, W, b, R, ("eps", {"eps": 0.1}))
    f.law(
        "z = 0",
        not dead.any(),
        "inputs that are all zero receive relevance",
        "an input of 0 receives nothing",
        "is the input a factor of the result?",
    )
    _zero_law(f, call(_ONES, _AGAINST, np.zeros(1), _ABOVE, ("eps", {"eps": 0.5})), 'rule "eps", z = 0, eps = 0.5')


def _linear(x: NDArray, W: NDArray, shape: tuple[int, ...], pad: str, stride: int) -> NDArray:
    """Output of a convolution, from its adjoint alone: <conv(x), e> = <x, adjoint(e)> for every unit vector e."""
    z = np.zeros(shape)
    for place in np.ndindex(*shape[1:]):
        unit = np.zeros(shape)
        unit[(slice(None), *place)] = 1.0
        z[(slice(None), *place)] = _sums(x * conv2d_T(unit, W, x.shape, pad, stride))
    return z


def _gamma_laws(f: Checked, call: Callable) -> None:
    one, two = np.array([1.0, 2.0]).reshape(1, 1, 2, 1), np.array([3.0, -1.0]).reshape(1, 2, 1, 1)
    zero, R = np.zeros(1), np.ones((1, 1, 1, 1))
    shares = {g: call(one, two, zero, R, ("gamma", {"gamma": g, "eps": TINY})).ravel() for g in (0.0, 0.25, 4.0)}
    for g in (0.25, 4.0):
        before, after = shares[0.0][0] / shares[0.0][1], shares[g][0] / (shares[g][1] or 1e-30)
        f.law(
            "a positive weight counts 1 + gamma times",
            abs(after / before - 1 - g) < 1e-4 * (1 + g),
            f'rule "gamma": against a negative contribution, a positive one counts {after / before:.3g} times as much',
            "positive contributions count 1 + gamma times, negative ones once",
            "which weights does gamma touch? is it the rule's own gamma?",
        )
    a, W, b, R = _layer(4, (2, 2), bias=0.7, positive=True)
    for gamma in (0.0, 0.7):
        W_b = [W + gamma * np.maximum(W, 0), b + gamma * np.maximum(b, 0)]
        z = (a[..., None] * W_b[0]).sum(axis=(1, 2, 3)) + W_b[1]
        for eps in (TINY, 0.5):
            due = (R[:, 0, 0] * (z - W_b[1]) / (z + np.copysign(eps, z))).sum(axis=1)
            f.law(
                "gamma: the bias's and the stabiliser's exact share",
                close(_sums(call(a, W, b, R, ("gamma", {"gamma": gamma, "eps": eps}))), due),
                f'rule "gamma" with a bias, gamma = {gamma:g} and eps = {eps:g}: the sum is not what should be left',
                "the bias is treated as a weight; forwards and backwards the same layer is used",
                "do z and the way back have the same changed kernel? what happens to b, and to eps?",
            )
        z_only = call(a, W, 0 * b, R, ("gamma", {"gamma": gamma}))
        f.law(
            "gamma: conservation where b = 0",
            close(_sums(z_only), _sums(R)),
            'rule "gamma", b = 0: relevance is lost',
            "with b = 0 all is handed on, for every gamma; without eps among the options it is tiny",
            "do z and the way back have the same changed kernel?",
        )


def _ab_laws(f: Checked, call: Callable) -> None:
    a, W, b, R = _layer(5, (2, 2))
    for alpha, beta in ((1.0, 0.0), (2.0, 1.0), (3.0, 1.0)):
        out = call(a, W, b, R, ("ab", {"alpha": alpha, "beta": beta}))
        f.law(
            "ab: the sum is (alpha - beta) times the sum above",
            close(_sums(out), (alpha - beta) * _sums(R)),
            f'rule "ab", alpha {alpha:g}, beta {beta:g}, b = 0: the sum is not (alpha - beta) times that above',
            "positive contributions share alpha R, negative ones -beta R, each with a denominator of its own",
            "how many denominators do you have, and of which parts? mind the sign of the second",
        )
    out = call(a, W, b, R, ("ab", {"alpha": 1.0, "beta": 0.0}))
    f.law(
        "ab: alpha 1, beta 0 gives nothing negative",
        bool((out >= -1e-9).all()),
        "negative values for R > 0",
        "alpha 1, beta 0 hands relevance on along positive contributions only",
        "a contribution is a x W: its sign is that of the product; inputs have two signs too",
    )
    rule = ("ab", {"alpha": 2.0, "beta": 1.0})
    f.law(
        "ab: only the products count",
        close(call(-a, -W, b, R, rule), call(a, W, b, R, rule)),
        "with the signs of a and W both flipped the result changes",
        "contributions are products: (-a)(-W) = aW",
        "which parts of a meet which parts of W?",
    )
    out = call(np.abs(a), np.abs(W), b, R, rule)
    f.law(
        "ab: one-sided outputs",
        close(_sums(out), 2 * _sums(R)),
        "an output without negative contributions does not hand on alpha R",
        "no part, no relevance: 0 / 0 is 0, and nothing is put back",
        "stabilise each denominator",
    )
    a, W, b, R = _layer(6, (2, 2), bias=1.0)
    parts = a[..., None] * W
    up, down = np.maximum(parts, 0).sum(axis=(1, 2, 3)), np.minimum(parts, 0).sum(axis=(1, 2, 3))
    due = R[:, 0, 0] * (2 * up / (up + np.maximum(b, 0)) - down / (down + np.minimum(b, 0)))
    f.law(
        'ab: the bias\'s exact share, by the convention "bach"',
        close(_sums(call(a, W, b, R, rule)), due.sum(axis=1)),
        'rule "ab" with a bias: the sum over the inputs is not what should be left',
        "a positive bias belongs to the positive side, a negative one to the negative side",
        "look at each denominator: which part of b is in it?",
    )


def _box_laws(f: Checked, call: Callable) -> None:
    rng = np.random.default_rng(7)
    x, W, b = rng.uniform(LO, HI, (2, 5, 4, 2)), rng.normal(size=(3, 3, 2, 3)), rng.normal(size=3)
    for pad, R in (("same", rng.random((2, 5, 4, 3)) + 0.1), ("valid", rng.random((2, 3, 2, 3)) + 0.1)):
        out = call(x, W, b, R, ("zB", {"lo": LO, "hi": HI}), pad)
        f.law(
            "zB: conservation",
            close(_sums(out), _sums(R)),
            f'rule "zB", "{pad}": the sum over the inputs is not that over the outputs',
            "the box rule has no bias and conserves, at a padded border too",
            "the denominator is the numerator summed: the same three terms, forwards and backwards, and no b",
        )
        f.law(
            "zB: nothing negative inside the box",
            bool((out >= -1e-9).all()),
            f'rule "zB", "{pad}": negative values for R > 0',
            "inside the box every numerator is at least 0",
            "which bound goes with the positive weights? does each channel have its own?",
        )
    one = rng.normal(size=(2, 2, 2, 1))
    edge = np.where(one[..., 0] > 0, LO, HI)[None]
    at_bound = call(edge, one, np.zeros(1), np.ones((1, 1, 1, 1)), ("zB", {"lo": LO, "hi": HI}))
    f.law(
        "zB: nothing at the bound",
        bool(np.abs(at_bound).max() < 1e-3),
        "an image at the bound of every pixel receives relevance",
        "a pixel at the bound that its weight is measured from contributes nothing",
        "put x = lo with a positive weight into your numerator",
    )
    z = _linear(x, W, (2, 3, 2, 3), "valid", 1)
    none = np.zeros(2)
    got = call(x, W, b, z, ("zB", {"lo": none, "hi": none}))
    f.law(
        "zB: lo = hi = 0 is LRP-0 without bias",
        close(got, x * conv2d_T(np.ones_like(z), W, x.shape, "valid", 1), 1e-3),
        "with lo = hi = 0 and R = z the result is not input times gradient",
        "a box of no size at zero gives LRP-0",
        "which of the three terms is left? is there a bias in your z?",
    )


def _window_laws(f: Checked, call: Callable, rule: Rule) -> None:
    """A convolution is one dense layer at every place; batch independence; linearity."""
    name = rule[0]
    rng = np.random.default_rng(8)
    W, b = rng.normal(size=(3, 2, 2, 3)), rng.normal(size=3)
    a = rng.random((2, 7, 6, 2)) + 0.05 if name == "gamma" else rng.uniform(-2, 2, (2, 7, 6, 2))
    for stride, (h, w) in ((1, (5, 5)), (2, (3, 3))):
        R = np.zeros((2, h, w, 3))
        i, j = 1, 2
        R[:, i, j] = rng.random((2, 3)) + 0.1
        out = call(a, W, b, R, rule, "valid", stride)
        rows, columns = slice(i * stride, i * stride + 3), slice(j * stride, j * stride + 2)
        inside = np.zeros(a.shape, dtype=bool)
        inside[:, rows, columns] = True
        f.law(
            "relevance stays in the window",
            not out[~inside].any(),
            f'rule "{name}", stride {stride}: R at one place; relevance lands outside of what that place reads',
            WINDOW,
            "is the stride handed to both directions? do you divide before you carry back?",
        )
        alone = call(a[:, rows, columns], W, b, R[:, i : i + 1, j : j + 1], rule, "valid", 1)
        f.law(
            "each place is a dense layer",
            close(out[:, rows, columns], alone),
            f'rule "{name}", stride {stride}: a window cut out of the image gets another result than inside it',
            "a kernel as large as the image is a dense layer; a convolution is that layer at every place",
            "every place of the output divides by its own denominator, which its own window made",
        )
    small, V = a[:, :4, :4], rng.normal(size=(3, 3, 2, 3))
    R = rng.normal(size=(2, 4, 4, 3))
    same = call(small, V, b, R, rule, "same")
    # Zeros around the image and "valid" are "same", but not for a box, whose bounds would have to be zero there
    if name != "zB":
        padded = np.pad(small, ((0, 0), (1, 1), (1, 1), (0, 0)))
        f.law(
            "zeros around the image",
            close(same, call(padded, V, b, R, rule, "valid")[:, 1:-1, 1:-1]),
            f'rule "{name}": "same" differs from "valid" on an image with a border of zeros',
            '"same" reads zeros beyond the border, and zeros receive nothing',
            "is pad handed to both directions?",
        )
    together = call(a, W, b, R2 := rng.normal(size=(2, 5, 5, 3)), rule)
    apart = np.concatenate([call(a[k : k + 1], W, b, R2[k : k + 1], rule) for k in range(2)])
    f.law(
        "batch independence",
        close(together, apart),
        f'rule "{name}": an image alone gets another map',
        ALONE,
        "look for a sum or mean over axis 0",
    )
    f.law(
        "linearity in R",
        close(call(a, W, b, -2 * R2, rule), -2 * together),
        f'rule "{name}": when R is doubled and its sign turned, the result does not do the same',
        LINEAR,
        "R enters once, as a factor",
    )


# Exercise 2


def check_lrp_w2_flat_conv(lrp_w2_conv: Callable, lrp_flat_conv: Callable) -> None:
    """Laws of `lrp_w2_conv(W, R, shape, pad, stride)` and `lrp_flat_conv(W_shape, R, shape, pad, stride)`."""
    rng = np.random.default_rng(9)
    for name, function in (("lrp_w2_conv", lrp_w2_conv), ("lrp_flat_conv", lrp_flat_conv)):
        f = Checked(name, function)
        flat = name == "lrp_flat_conv"

        def call(
            W: NDArray, R: NDArray, shape: tuple, pad: str, stride: int, f: Checked = f, flat: bool = flat
        ) -> NDArray:
            return f(W.shape if flat else W, R, shape, pad, stride, shape=shape)

        for pad, stride, (h, w) in (
            ("valid", 1, (5, 4)),
            ("same", 1, (7, 6)),
            ("valid", 2, (3, 2)),
            ("same", 2, (4, 3)),
        ):
            W, shape = rng.normal(size=(3, 3, 2, 4)), (2, 7, 6, 2)
            R = rng.random((2, h, w, 4)) + 0.1
            out = call(W, R, shape, pad, stride)
            corner = np.zeros_like(R)
            corner[:, 0, 0, 1] = 1.0
            at_corner = call(W, corner, shape, pad, stride)
            f.law(
                "linearity in R",
                close(call(W, R + 5 * corner, shape, pad, stride), out + 5 * at_corner),
                f'"{pad}", stride {stride}: R in two parts, explained apart and added, is not R explained at once',
                "every output hands on its own relevance, whatever the others have",
                "does anything scale the result to a sum? which number does each output divide by?",
            )
            count = "how many inputs does one output read, all input channels? who counts them for you?"
            if pad == "same":
                count = "at a corner, how many of the kernel's places lie on the image? who counts them for you?"
            f.law(
                "conservation, also at the border",
                close(_sums(at_corner), _sums(corner)) and close(_sums(out), _sums(R)),
                f'"{pad}", stride {stride}: the shares of one output do not add up to 1',
                "an output shares among the inputs that it really has; beyond the border there are none",
                f"{count} are output channels added up in the denominator?",
            )
            f.law(
                "nothing negative",
                bool((out >= 0).all()),
                "negative relevance for R > 0",
                "shares are never negative",
                "make every share from something that has no sign",
            )
            f.law(
                "the sign of W does not count",
                close(call(-W, R, shape, pad, stride), out),
                "flipping all weights changes the result",
                "shares do not depend on the weights' signs",
                "where does a weight enter with its sign?",
            )
            factors = np.array([0.5, 2.0, 3.0, 4.0])
            f.law(
                "the scale of an output's weights does not count",
                close(call(W * factors, R, shape, pad, stride), out),
                "scaling all weights of one output channel changes the result",
                "shares are relative",
                "does each output channel divide by its own total?",
            )
            f.law(
                "linearity in R",
                close(call(W, -2 * R, shape, pad, stride), -2 * out),
                "the result is not linear in R",
                LINEAR,
                "R enters once, as a factor",
            )
            alone = np.concatenate([call(W, R[k : k + 1], (1, *shape[1:]), pad, stride) for k in range(2)])
            f.law(
                "batch independence",
                close(out, alone),
                "an image alone gets another map",
                ALONE,
                "look for a sum over axis 0",
            )
        W = rng.normal(size=(3, 2, 2, 3))
        R = np.zeros((1, 4, 4, 3))
        R[0, 1, 2, 0] = 1.0
        out = call(W, R, (1, 6, 5, 2), "valid", 1)
        inside = out[:, 1:4, 2:4]
        f.law(
            "relevance stays in the window",
            np.count_nonzero(out) == np.count_nonzero(inside) == 12,
            "R at one place; relevance lands outside of what that place reads, or not everywhere in it",
            WINDOW,
            "carry back with a kernel of the same size",
        )
        if flat:
            f.law(
                "equal shares",
                close(inside, np.full(inside.shape, inside.mean())),
                "R at one place; two inputs of its window get different relevance",
                "every input that an output has gets the same share, all input channels alike",
                "which kernel treats all places and channels alike?",
            )
        else:
            double = W.copy()
            double[0, 1, 1, 0] *= 2
            after = call(double, R, (1, 6, 5, 2), "valid", 1)
            grown = (after[0, 1, 3, 1] / after[0, 2, 2, 0]) / (out[0, 1, 3, 1] / out[0, 2, 2, 0])
            f.law(
                "twice the weight, four times the share",
                abs(grown - 4) < 1e-3,
                f"doubling a weight makes its share {grown:.3g} times as large against another input's",
                "shares go with the square of the weight",
                "which power of W do you share by?",
            )
            W[..., 1] = 0
            with np.errstate(all="ignore"):
                out = call(W, np.ones((1, 4, 4, 3)), (1, 6, 5, 2), "valid", 1)
            f.law(
                "an output without weights hands on nothing",
                close(out.sum(keepdims=True), np.full((1, 1, 1, 1), 32.0)),
                "an output channel whose weights are all zero changes what the others hand on",
                "an output without weights hands on nothing",
                "stabilise the denominator",
            )
        f.passed()


# Exercise 3


def check_pools(lrp_maxpool: Callable, lrp_avgpool: Callable) -> None:
    """Laws of `lrp_maxpool(a, R, k)` and `lrp_avgpool(a, R, k)`."""
    rng = np.random.default_rng(10)
    for name, function in (("lrp_maxpool", lrp_maxpool), ("lrp_avgpool", lrp_avgpool)):
        f = Checked(name, function)

        def call(a: NDArray, R: NDArray, k: int, f: Checked = f) -> NDArray:
            return f(a, R, k, shape=a.shape)

        for k in (1, 2, 3):
            a, R = rng.random((2, 2 * k, 3 * k, 3)) + 0.1, rng.normal(size=(2, 2, 3, 3))
            out = call(a, R, k)
            windows = out.reshape(2, 2, k, 3, k, 3).sum(axis=(2, 4))
            f.law(
                "every window keeps its relevance",
                close(windows, R),
                f"k = {k}: a window's sum is not its R",
                "a window hands its own R to its own inputs, all of it",
                "is k used, for rows and columns? are the axes back in their old order?",
            )
            f.law(
                "linearity in R",
                close(call(a, -2 * R, k), -2 * out),
                "the result is not linear in R",
                LINEAR,
                "R is moved or shared, not judged",
            )
            f.law(
                "only proportions count",
                close(call(5 * a, R, k), out),
                "with a five times as large the result changes",
                "shares are relative",
                "what do you divide by?",
            )
            for c in range(3):
                f.law(
                    "channels are separate",
                    close(call(a[..., c : c + 1], R[..., c : c + 1], k), out[..., c : c + 1]),
                    "a channel alone gets another result",
                    "every channel is pooled by itself",
                    "is the channel among the axes that you search or add up?",
                )
            alone = np.concatenate([call(a[n : n + 1], R[n : n + 1], k) for n in range(2)])
            f.law(
                "batch independence",
                close(out, alone),
                "an image alone gets another result",
                ALONE,
                "image n belongs to R[n]",
            )
        a = np.array([3.0, 1.0, 4.0, 2.0]).reshape(1, 2, 2, 1)
        R = np.full((1, 1, 1, 1), 20.0)
        out = call(a, R, 2).ravel()
        if name == "lrp_maxpool":
            _max_laws(f, call, out)
        else:
            _avg_laws(f, call, out)
        f.passed()


def _max_laws(f: Checked, call: Callable, out: NDArray) -> None:
    f.law(
        "the winner takes all",
        np.count_nonzero(out) == 1 and out.argmax() == 2,
        "one window: relevance is not at the largest input alone",
        "the output is the largest input of its window, so that input takes all",
        "where does the maximum stand? everything else gets zero",
    )
    R = np.full((3, 1, 1, 1), 2.0)
    tied = np.zeros((3, 2, 2, 1))
    tied[1, 0, 1], tied[1, 1, 0], tied[2, 1] = 5.0, 5.0, 7.0
    places = call(tied, R, 2).reshape(3, 4)
    f.law(
        "ties",
        bool((places.argmax(axis=1) == [0, 1, 2]).all() and (np.count_nonzero(places, axis=1) == 1).all()),
        "where several inputs tie, relevance does not go to the first of them alone",
        "at a tie the first in reading order takes all, also where all are zero",
        "does your mask mark one place per window? np.argmax gives the first",
    )
    below = call(np.array([-3.0, -1.0, -4.0, -2.0]).reshape(1, 2, 2, 1), R[:1], 2).ravel()
    f.law(
        "negative inputs",
        below.argmax() == 1 and np.count_nonzero(below) == 1,
        "where all inputs are negative, relevance does not go to the largest",
        "the largest wins, whatever its sign",
        "does anything start from 0?",
    )


def _avg_laws(f: Checked, call: Callable, out: NDArray) -> None:
    f.law(
        "shares go with the inputs",
        out[1] > 0 and abs(out[2] - 4 * out[1]) < 1e-4 and abs(out[0] - 3 * out[1]) < 1e-4,
        "an input four times as large does not get four times as much",
        "an average is a sum of contributions, and each input's is proportional to it",
        "equal shares are the flat rule; here inputs count",
    )
    R = np.full((1, 1, 1, 1), 2.0)
    mixed = call(np.array([3.0, -1.0, 1.0, -2.0]).reshape(1, 2, 2, 1), R, 2).ravel()
    f.law(
        "negative inputs get nothing",
        not mixed[[1, 3]].any() and abs(mixed[0] / (mixed[2] or 1) - 3) < 1e-6,
        "an input below zero gets relevance, or changes the others' proportions",
        "the z+ rule shares among positive inputs only",
        "which part of a do you share by?",
    )
    f.law(
        "and the sum stays",
        abs(mixed.sum() - 2) < 1e-6,
        "with negative inputs in the window its sum is not R",
        "positive inputs share all of R",
        "is the denominator the sum of what you share by?",
    )
    with np.errstate(all="ignore"):
        silent = np.asarray(f.raw(np.zeros((1, 2, 2, 1)), R, 2), dtype=np.float64)
    f.law(
        "a silent window hands on nothing",
        not silent.any(),
        "a window of zeros gives NaN, or hands relevance on",
        "0 / 0 is 0: nobody contributed",
        "stabilise the denominator",
    )


# Exercise 4

NAMES = ["block1_conv1", "block1_conv2", "block1_pool", "block2_conv1", "avg_pool", "predictions"]


def check_assign_rules(assign_rules: Callable) -> None:
    """Laws of `assign_rules(names, spec)`."""
    f = Checked("assign_rules", assign_rules, returns="a list of rules")

    def call(names: Sequence[str], spec: list) -> list[Any]:
        found = f.raw(list(names), list(spec))
        if not isinstance(found, (list, tuple)) or len(found) != len(names):
            f.broken(
                f"{len(found) if hasattr(found, '__len__') else 'no'} entries in a {type(found).__name__}",
                "assign_rules returns a list with one rule for each name, in the order of the names",
                "one rule per name; a layer that no entry matches is an error, not a gap",
            )
        return [tuple(rule) if isinstance(rule, (list, tuple)) else rule for rule in found]

    one, two, three = (("eps", {"eps": float(k)}) for k in (1, 2, 3))
    f.law(
        "one rule for all",
        call(NAMES, [("*", one)]) == [one] * 6,
        'with [("*", rule)] not every layer gets that rule',
        '"*" matches every name',
        "fnmatchcase(name, pattern) says whether a pattern matches",
    )
    spec = [("block1_conv1", one), ("*_pool", two), ("*", three)]
    due = [one, three, two, three, two, three]
    f.law(
        "names and patterns",
        call(NAMES, spec) == due,
        "a layer got another rule than its pattern says",
        "a pattern is compared with the whole name; * stands for any text, ? for one character",
        "do two entries match? the first decides. Else print name, pattern and match for one layer",
    )
    f.law(
        "the first that matches decides",
        call(NAMES, [("*", three), *spec[:2]]) == [three] * 6,
        'with ("*", rule) at the top, an entry below it still decided',
        "the first entry that matches decides",
        "stop at the first match; in which order do your loops run?",
    )
    f.law(
        "the order of the names",
        call(NAMES[::-1], spec) == due[::-1],
        "names in another order get other rules",
        "rules come in the order of the names, each from its own name",
        "one rule per name, in that order",
    )
    f.law(
        "whole names",
        call(["conv1", "block1_conv1"], [("conv1", one), ("*", two)]) == [one, two]
        and call(["block1", "block1_conv1"], [("block1", one), ("*", two)]) == [one, two],
        "a pattern without * matched a part of a name: its beginning or its end",
        "a pattern is compared with the whole name, from its first character to its last",
        "substrings and re.match are not enough; fnmatchcase compares the whole name",
    )
    f.law(
        "?",
        call(["block1_pool", "avg_pool"], [("block?_pool", one), ("*", two)]) == [one, two],
        "? does not stand for one character",
        "patterns are those of the module fnmatch",
        "use fnmatchcase",
    )
    by_function: list[tuple[Any, Rule]] = [(lambda name: "conv" in name, one), ("*", two)]
    f.law(
        "predicates",
        call(NAMES, by_function) == [one, one, two, one, two, two],
        "an entry with a function in place of a pattern does not decide as it should",
        "an entry's first part is a pattern or a function of the name",
        "callable(which) tells them apart",
    )
    f.law(
        "no layers, no rules",
        call([], [("*", one)]) == [],
        "for no names something came back",
        "one rule per name",
        "start from an empty list",
    )
    for odd, names, spec in (
        ("predictions", NAMES, [("block*", one), ("*_pool", two)]),
        ("odd_one", ["a", "odd_one", "a"], [("a", one)]),
        ("x", ["x"], []),
    ):
        _no_rule(f, odd, names, spec)
    f.passed()


def _no_rule(f: Checked, odd: str, names: list[str], spec: list) -> None:
    probed = Checked("assign_rules", Through(f.function, probe_rules)).raw(names, spec)
    law, try_ = "a layer that no entry matches is a ValueError that names it", "raise ValueError(f'... {name} ...')"
    if "raised" not in probed:
        f.broken(f"no entry matches the layer {odd}, and nothing was raised", law, try_)
    f.law(
        "an error where none matches", probed["raised"] == "ValueError", f"a {probed['raised']} was raised", law, try_
    )
    f.law("the error names the layer", odd in probed["message"], "the message does not name the layer", law, try_)


# Exercise 5


def check_logits_seed(logits_model: Callable, seed: Callable) -> None:
    """Laws of `logits_model(model)` and `seed(logits, c)`."""
    check_logits_model(logits_model)
    check_seed(seed)


def check_logits_model(logits_model: Callable) -> None:
    """Laws of `logits_model(model)`."""
    f = Checked("logits_model", Through(logits_model, _probe_numbered), returns="a model")
    for which in (0, 1):
        x = _model(which)[2]
        got = f.raw(which, np.zeros(4))
        logits = f.array(got["logits"], (len(x), 4))
        f.law(
            "the model stays as it is",
            close(got["after"], got["before"]),
            "the model that was handed in gives another output after the call",
            "logits_model makes a new model; the old one keeps its softmax",
            "make a copy, or a new last layer, before you change anything",
        )
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        odds /= odds.sum(axis=1, keepdims=True)
        f.law(
            "softmax(logits) is the old output",
            close(odds, got["before"], 1e-3),
            "the softmax of the new model's output is not the old model's output",
            "the softmax is all that is missing; weights and biases are the same",
            "did the new last layer get the old one's weights, kernel and bias?",
        )
        raised = f.array(f.raw(which, np.full(4, 3.0))["logits"], (len(x), 4))
        f.law(
            "3 more in every bias, 3 more in every logit",
            close(raised, logits + 3, 1e-3),
            "adding 3 to each bias of the last layer does not add 3 to each output",
            "a logit is the last layer's own sum; a logarithm of the softmax has forgotten what all share",
            "take the sum before the softmax; you cannot get it back from after it",
        )
        names = [layer["name"] for layer in _model(which)[1]]
        f.law(
            "the layers keep their names",
            list(got["names"]) == names,
            "read_layers cannot read the new model, or its layers have other names than the old one's",
            "the new model has the same layers by the same names; the last one too is a Dense layer of its old name",
            "give the new layer the old one's name; composites ask for layers by their names",
        )
    f.passed()


def _probe_numbered(logits_model: Callable, which: int, more: NDArray) -> dict[str, Any]:
    _, plan, x, _ = _model(which)
    last = plan[-1] | {"b": plan[-1]["b"] + more}
    return probe_logits(logits_model, [*plan[:-1], last], 6, x)


def check_seed(seed: Callable) -> None:
    """Laws of `seed(logits, c)`."""
    f = Checked("seed", seed)
    rng = np.random.default_rng(11)
    logits, c = rng.normal(size=(5, 4)) * 3, np.array([2, 0, 3, 2, 1])
    logits[0, 2], logits[1, 0] = -2.5, 7.0
    out = f(logits, c, shape=logits.shape)
    f.law(
        "one entry per row",
        bool((np.count_nonzero(out, axis=1) == 1).all()),
        f"rows with {np.count_nonzero(out, axis=1).min()} to {np.count_nonzero(out, axis=1).max()} entries not zero",
        "image n starts from its own class c[n] and nothing else",
        "does your index take one column per row, or all columns of the batch in every row?",
    )
    f.law(
        "at the class asked for",
        bool((np.abs(out).argmax(axis=1) == c).all()),
        "the entry is not in column c[n]",
        "c says which class is explained; it need not be the largest logit",
        "where do rows and columns meet?",
    )
    rows = np.arange(5)
    f.law(
        "with the logit's value and sign",
        close(out[rows, c], logits[rows, c], 1e-6),
        "the entry is not that logit",
        "LRP starts from the logit itself, negative ones included",
        "not 1, not a probability, no ReLU and no abs",
    )
    same = f(logits, np.full(5, 1), shape=logits.shape)
    f.law(
        "one class for all",
        close(same[:, 1], logits[:, 1], 1e-6),
        "with one class for all images a row is wrong",
        "row n holds its own logit",
        "use the row's number, not the class's",
    )
    alone = np.concatenate([f(logits[k : k + 1], c[k : k + 1], shape=(1, 4)) for k in range(5)])
    f.law("batch independence", close(out, alone), "an image alone starts otherwise", ALONE, "mind axis 0")
    f.passed()


# Exercise 6


def _explained(f: Checked, which: int, rows: slice, spec: list) -> tuple[NDArray, list[NDArray]]:
    """Map and trace of ``lrp_vgg16`` on a tiny network, if they have the right shapes."""
    model, _, x, c = _model(which)
    both = f.raw(which, x[rows], c[rows], spec)
    if not isinstance(both, (list, tuple)) or len(both) != 2:
        f.broken(
            f"a {type(both).__name__} came back",
            "lrp_vgg16 returns two things: the map and the trace",
            "end with: return map, trace",
        )
    values = _values(model, x[rows])
    trace = both[1]
    if not isinstance(trace, (list, tuple)) or len(trace) != len(values):
        size = f"a list of {len(trace)}" if isinstance(trace, (list, tuple)) else f"a {type(trace).__name__}"
        f.broken(
            f"the trace is {size}, for {len(values) - 1} layers",
            "the trace has L + 1 entries: one for the input of each layer, and last the start",
            "keep every relevance on the way down, the start included",
        )
    return f.array(both[0], values[0].shape[:3]), [f.array(R, v.shape) for R, v in zip(trace, values, strict=True)]


def check_lrp_vgg16(lrp_vgg16: Callable) -> None:
    """Laws of `lrp_vgg16(model, x, c, spec)`, on tiny networks of the same kinds of layers."""

    def call(function: Callable, which: int, x: NDArray, c: NDArray, spec: list) -> Any:
        return function(_model(which)[0], x, c, spec)

    f = Checked("lrp_vgg16", Through(lrp_vgg16, call), returns="the map and the trace")
    everyone = slice(None)
    for which in (0, 1):
        model, plan, x, c = _model(which)
        values = _values(model, x)
        keeps = [0.5 + 0.07 * k for k in range(len(plan))]
        spec = [(layer["name"], ("share", {"keep": keep})) for layer, keep in zip(plan, keeps, strict=True)]
        heat, trace = _explained(f, which, everyone, spec)
        start = trace[-1][:, 0, 0]
        chosen = values[-1][np.arange(4), 0, 0, c]
        f.law(
            "the start",
            close(start[np.arange(4), c], chosen, 1e-3) and bool((np.count_nonzero(start, axis=1) <= 1).all()),
            "the last entry of the trace is not the logit of class c[n] in column c[n], and zeros",
            "the walk starts from the logit of the class asked for, its sign included",
            "logits, not probabilities; your seed; no ReLU behind the last layer",
        )
        for l in range(len(plan) - 1, -1, -1):
            above, below = _sums(trace[l + 1]), _sums(trace[l])
            f.law(
                "each layer's own rule",
                close(below, keeps[l] * above, 1e-3),
                f"with the rule share, {plan[l]['name']} does not keep the part of the relevance that its rule says",
                "trace[l] is what rules[l] makes of trace[l + 1]",
                "layers, inputs and rules run backwards together, pools too; is anything scaled or clipped between?",
            )
            size = np.abs(values[l])
            due = size / size.sum(axis=(1, 2, 3), keepdims=True) * below[:, None, None, None]
            f.law(
                "each layer's own input",
                close(trace[l], due, 1e-3),
                f"with the rule share, relevance at the input of {plan[l]['name']} does not follow that input",
                "the rule of a layer gets what went into that layer on the way up",
                "keep what goes in, after the ReLU of the layer before",
            )
        f.law(
            "the map",
            close(heat, trace[0].sum(axis=-1), 1e-3),
            "the map is not trace[0] with its colours summed",
            "a map shows for each pixel the sum over its three colours, signs included",
            "sum over the last axis, nothing else",
        )
        one, _ = _explained(f, which, slice(2, 3), spec)
        f.law(
            "batch independence",
            close(one, heat[2:3], 1e-3),
            "an image alone gets another map",
            ALONE,
            "does each image use its own class?",
        )
        heat, _ = _explained(
            f, which, everyone, [("avg*", ("avg", {})), ("*pool", ("max", {})), ("*", ("eps", {"eps": TINY}))]
        )
        f.law(
            "LRP-0 = gradient x input",
            close(heat, (x * _gradient(model, x, c)).sum(axis=-1), 2e-3),
            "epsilon tiny in every layer, max and avg at the pools: the map is not gradient x input",
            "in a network of ReLUs, max and average pooling LRP-0 is gradient x input, biases or not",
            "do lrp_conv, lrp_maxpool, lrp_avgpool pass their checks? then follow the sums of the trace",
        )
    f.passed()


def _gradient(model: Any, x: NDArray, c: NDArray) -> NDArray:
    """Gradient of the logit of class c[n] of image n with respect to x, by TensorFlow."""
    import tensorflow as tf

    below = import_keras().Model(model.input, model.layers[-1].input)
    kernel = tf.constant(model.layers[-1].get_weights()[0])
    image = tf.constant(np.asarray(x, np.float32))
    with tf.GradientTape() as tape:
        tape.watch(image)
        h = below(image, training=False)
    return np.asarray(tape.gradient(h, image, output_gradients=tf.gather(tf.transpose(kernel), c)))


# Exercise 7


def check_contrastive(contrastive: Callable) -> None:
    """Laws of `contrastive(model, x, c, c2, spec)`."""

    def call(function: Callable, which: int, x: NDArray, c: NDArray, c2: NDArray, spec: list) -> Any:
        return function(_model(which)[0], x, c, c2, spec)

    f = Checked("contrastive", Through(contrastive, call))
    for which in (0, 1):
        model, plan, x, c = _model(which)
        values, rows = _values(model, x), np.arange(4)
        c2, c3 = (c + 1) % 4, (c + 2) % 4
        keep = 0.9
        spec = [("*", ("share", {"keep": keep}))]

        def heat(one: NDArray, other: NDArray, part: slice = slice(None), which=which, x=x, spec=spec) -> NDArray:
            images = x[part]
            return f(which, images, one[part], other[part], spec, shape=images.shape[:3])

        for other in (c2, c3):
            out = heat(c, other)
            f.law(
                "against itself, nothing",
                not np.abs(heat(other, other)).max() > 1e-9,
                "a class against itself does not give zero everywhere",
                "what speaks for both cancels",
                "both maps belong to the same image",
            )
            due = keep ** len(plan) * (values[-1][rows, 0, 0, c] - values[-1][rows, 0, 0, other])
            f.law(
                "the sum is the difference of the logits",
                close(out.sum(axis=(1, 2)), due, 1e-3),
                "with the rule share, the map does not add up to what is left of f_c - f_c2",
                "the map explains the difference of two logits: both start with their own value",
                "logits, each with its sign; nothing clipped and nothing normalised",
            )
            f.law(
                "exchanging the classes turns the sign",
                close(heat(other, c), -out, 1e-3),
                "c and c2 exchanged: the map does not turn its sign",
                "what speaks for c speaks against c2",
                "no abs, no ReLU; each class is treated alike",
            )
            size = np.abs(x).sum(axis=-1)
            follows = out.sum(axis=(1, 2), keepdims=True) * size / size.sum(axis=(1, 2), keepdims=True)
            f.law(
                "a map of this image",
                close(out, follows, 1e-3),
                "with the rule share, the map does not follow the image",
                "both maps are maps of the same image, down to x",
                "subtract the maps, pixel by pixel",
            )
            f.law(
                "batch independence",
                close(heat(c, other, slice(1, 2)), out[1:2], 1e-3),
                "an image alone gets another map",
                ALONE,
                "each image has its own two classes",
            )
    f.passed()


# The bug hunt


def check_explain_head(explain_head: Callable) -> None:
    """Laws of `explain_head(a, W, b, c)`: LRP-0 through a linear head, z+ through a global average."""
    f = Checked("explain_head", explain_head, needed=False)
    rng = np.random.default_rng(12)
    a, W, b = rng.random((4, 3, 3, 5)) + 0.05, rng.normal(size=(5, 4)), rng.normal(size=4)
    a[:, :, :, 2] = 0.0
    answer = _largest(a, W, 0 * b)
    probes = [  # where, images, bias, classes: the first three meet one bug each
        ("one image, no bias, a class that is not the largest", slice(0, 1), 0 * b, (answer + 1) % 4),
        ("one image, a bias, the class with the largest logit", slice(0, 1), b, _largest(a, W, b)),
        ("four images, no bias, the classes with the largest logits", slice(0, 4), 0 * b, answer),
    ]
    for turn in (1, 2, 3):
        for bias in (b, -2 * b):
            probes.append(("four images, a bias, any classes", slice(0, 4), bias, (answer + turn) % 4))
    for where, images, bias, classes in probes:
        own, c = a[images], classes[images]
        out = f(own, W, bias, c, shape=own.shape)
        f.law(
            "gradient x input",
            close(out, own / 9 * W.T[c][:, None, None]),
            f"{where}: the result is not the input times the gradient of the logit of class c[n]",
            "LRP-0 through a linear head and an average is gradient x input, whatever class, bias and batch",
            "what is different in this case from one that works? follow it through the lines",
        )
        alone = [f(own[n : n + 1], W, bias, c[n : n + 1], shape=(1, 3, 3, 5)) for n in range(len(own))]
        f.law(
            "batch independence",
            close(out, np.concatenate(alone)),
            "an image alone gets another map",
            ALONE,
            "look for a sum that runs over the images too",
        )
    f.passed()


def _largest(a: NDArray, W: NDArray, b: NDArray) -> NDArray:
    """The class with the largest logit, for each image."""
    return (a.mean(axis=(1, 2)) @ W + b).argmax(axis=1)
