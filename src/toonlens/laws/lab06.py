"""The visible checks of lab 6. What they compute is the two sides of a law, on inputs that nobody needs to keep secret.

Shapes as in the lab: `a` (B, I), `W` (I, J), `b` (J,), `R` (B, J) -> relevance at the input (B, I).
"""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from toonlens.laws import Checked, close, percent

B, I, J = 5, 7, 4
TINY = 1e-9

PER_IMAGE = "an image is explained by itself, whatever else is in its batch"
LINEAR = "a rule is linear in R: twice the relevance above gives twice the relevance below"


def _layer(seed: int, bias: float = 0.0, positive: bool = False) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """A random layer a, W, b, R: z of both signs and none near zero, contributions of both signs in every output."""
    rng = np.random.default_rng(seed)
    while True:
        a = rng.random((B, I)) + 0.05 if positive else rng.normal(size=(B, I))
        W = rng.normal(size=(I, J))
        b = bias * rng.normal(size=J)
        z, contributions = a @ W + b, a[:, :, None] * W
        both_signs = contributions.max(axis=1).min() > 0.1 and contributions.min(axis=1).max() < -0.1
        if both_signs and np.abs(z).min() > 0.2 and np.abs(a @ W).min() > 0.2 and (z > 0).any() and (z < 0).any():
            return a, W, b, rng.random((B, J)) + 0.1


def _batch_and_linear(f: Checked, call: Callable[[NDArray, NDArray], NDArray], x: NDArray, R: NDArray) -> None:
    """Two laws of every rule: batch independence and linearity in R. ``call(x, R)`` runs the function on a batch."""
    together = call(x, R)
    alone = np.concatenate([call(x[k : k + 1], R[k : k + 1]) for k in range(len(x))])
    f.law(
        "batch independence",
        close(together, alone),
        "an image alone gets another map than the same image in a batch",
        PER_IMAGE,
        "look for a sum or mean over axis 0, or a division by something that all images share",
    )
    f.law(
        "linearity in R",
        close(call(x, -2 * R), -2 * together),
        "when R is doubled and its sign turned, the result does not do the same",
        LINEAR,
        "look for where R enters: once, as a factor, and through nothing like abs, max or softmax",
    )


def check_stabilise(stabilise: Callable) -> None:
    """Laws of `stabilise(z, eps)`: pushed by eps, sign kept, never zero, s(0) = +1."""
    f = Checked("stabilise", stabilise)
    z = np.array([[3.0, -2.0, 0.25], [-0.01, 1e-6, -40.0]])
    out = f(z, 0.5, shape=z.shape)
    f.law(
        "keeps the sign",
        bool((np.sign(out) == np.sign(z)).all()),
        f"{int((np.sign(out) != np.sign(z)).sum())} of {z.size} values changed their sign or became zero",
        "a positive z stays positive and a negative z stays negative",
        "which way do you push a negative z?",
    )
    pushed = np.abs(out) - np.abs(z)
    f.law(
        "pushes by eps",
        close(pushed, np.full(z.shape, 0.5), 1e-6),
        f"with eps = 0.5, magnitudes grew by {pushed.min():.3g} to {pushed.max():.3g}",
        "every value moves away from zero by exactly eps, large ones too",
        "try z = 3 and z = -2 on paper, then print what you get",
    )
    zeros = f(np.array([0.0, 1.0, 0.0]), 0.5, shape=(3,))
    f.law(
        "leaves no zero",
        bool((zeros != 0).all()),
        "a z of exactly 0 stayed 0, so that the division it was made for fails",
        "the result is never zero when eps > 0",
        "print what your sign function gives for 0.0",
    )
    f.law(
        "s(0) = +1",
        bool((zeros > 0).all()),
        "a z of exactly 0 was pushed to the negative side",
        "the convention of this course: s(0) = +1",
        "compare with >= instead of >, or with < instead of <=",
    )
    minus = f(np.array([-0.0]), 0.5, shape=(1,))
    f.law(
        "s(0) = +1",
        bool((minus > 0).all()),
        "-0.0, a zero too, was pushed to the negative side",
        "the convention of this course: s(0) = +1, and -0.0 equals 0",
        "decide by a comparison with 0, not by the sign bit",
    )
    same = f(z, 0.0, shape=z.shape)
    f.law(
        "eps = 0 changes nothing",
        close(same, z, 1e-9),
        "with eps = 0 the result differs from z",
        "stabilise(z, 0) = z",
        "eps should enter once, as a factor of the sign",
    )
    scalars = f(np.array(-1.5), 0.25, shape=())
    f.law("any shape", bool(scalars < -1.5), "a single number is pushed the wrong way", "any shape of z will do",
          "use NumPy functions that work element by element")  # fmt: skip
    f.passed()


def check_lrp_eps(lrp_eps: Callable) -> None:
    """Laws of `lrp_eps(a, W, b, R, eps)`."""
    f = Checked("lrp_eps", lrp_eps)
    a, W, b, R = _layer(1)
    out = f(a, W, b, R, TINY, shape=a.shape)
    f.law(
        "conservation where b = 0",
        close(out.sum(axis=1), R.sum(axis=1)),
        f"with b = 0 and a tiny eps, {_gap(out, R)} of an image's relevance is lost or made",
        "with b = 0 a layer hands on all its relevance: the sum over inputs equals the sum over outputs",
        "is each output's R divided by that output's own z, and is the last step a times the carried quotients?",
    )
    z = a @ W
    by_gradient = a * W.sum(axis=1)
    f.law(
        "LRP-0 = gradient x input",
        close(f(a, W, b, z, TINY, shape=a.shape), by_gradient),
        "with R = z and b = 0 the result differs from input times gradient of the sum of z",
        "LRP-0 of a linear layer is gradient x input",
        "divide first (one number per output), then carry back through the weights, then multiply by the input",
    )
    a, W, b, R = _layer(2, bias=1.0)
    z = a @ W + b
    for eps in (TINY, 0.5):
        out = f(a, W, b, R, eps, shape=a.shape)
        due = (R * (1 - b / z) * np.abs(z) / (np.abs(z) + eps)).sum(axis=1)
        f.law(
            "the bias's exact share" if eps == TINY else "the stabiliser's exact share",
            close(out.sum(axis=1), due),
            f"with {'a bias' if eps == TINY else 'eps = 0.5'}, the sum over the inputs is not what should be left",
            "the bias is an input that is always 1: it takes its share b / z of R"
            if eps == TINY
            else "the stabiliser takes its share of R, eps s / (z + eps s)",
            "is the bias inside z? does anything put the lost relevance back?"
            if eps == TINY
            else "is your eps argument used, on the whole z, bias included? has a negative z its own sign of eps?",
        )
    dead = f(np.zeros((2, I)), W, np.zeros(J), R[:2], 0.1, shape=(2, I))
    f.law(
        "z = 0",
        not dead.any(),
        "inputs that are all zero receive relevance",
        "an input of 0 contributes nothing and receives nothing",
        "is the input a factor of the result?",
    )
    _batch_and_linear(f, lambda x, S: f(x, W, b, S, 0.1, shape=(len(x), I)), a, R)
    f.passed()


def check_lrp_gamma(lrp_gamma: Callable) -> None:
    """Laws of `lrp_gamma(a, W, b, R, gamma, eps)` for a >= 0."""
    f = Checked("lrp_gamma", lrp_gamma)
    a, W, b, _ = _layer(3, positive=True)
    z = a @ W
    f.law(
        "gamma = 0 is LRP-0",
        close(f(a, W, b, z, 0.0, TINY, shape=a.shape), a * W.sum(axis=1)),
        "with gamma = 0, R = z and b = 0 the result differs from input times gradient",
        "gamma = 0 favours nothing: the rule is LRP-0",
        "does lrp_eps pass its own check? if so, what is the modified W when gamma is 0?",
    )
    one, two = np.array([[1.0, 2.0]]), np.array([[3.0], [-1.0]])  # one output, a positive and a negative contribution
    shares = {g: f(one, two, np.zeros(1), np.ones((1, 1)), g, TINY, shape=(1, 2))[0] for g in (0.0, 0.25, 4.0)}
    for g in (0.25, 4.0):
        grown = (shares[g][0] / shares[g][1]) / (shares[0.0][0] / shares[0.0][1]) if shares[g][1] else np.inf
        f.law(
            "a positive weight counts 1 + gamma times",
            abs(grown - (1 + g)) < 1e-4 * (1 + g),
            f"against a negative contribution, a positive one counts {grown:.3g} times as much as in LRP-0",
            "positive contributions count 1 + gamma times, negative ones once",
            "which weights does gamma touch? all of them is as good as none",
        )
    out = f(a, W, b, R := np.ones((B, J)), 0.7, TINY, shape=a.shape)
    f.law(
        "conservation where b = 0",
        close(out.sum(axis=1), R.sum(axis=1)),
        f"with b = 0, {_gap(out, R)} of an image's relevance is lost or made",
        "with b = 0 the sum over inputs equals the sum over outputs, for every gamma",
        "do numerator and denominator use the same modified weights? does lrp_eps pass its own check?",
    )
    a, W, b, R = _layer(4, bias=1.0, positive=True)
    gamma = 0.5
    plus = a @ W + b + gamma * (a @ np.maximum(W, 0) + np.maximum(b, 0))
    taken = (b + gamma * np.maximum(b, 0)) / plus
    for eps in (TINY, 0.5):
        out = f(a, W, b, R, gamma, eps, shape=a.shape)
        due = (R * (1 - taken) * np.abs(plus) / (np.abs(plus) + eps)).sum(axis=1)
        f.law(
            "the bias's exact share" if eps == TINY else "the stabiliser's exact share",
            close(out.sum(axis=1), due),
            f"with {'a bias' if eps == TINY else 'eps = 0.5'}, the sum over the inputs is not what should be left",
            "the bias is treated as a weight: a positive one counts 1 + gamma times, in the denominator"
            if eps == TINY
            else "the stabiliser takes its share of R, eps s / (z' + eps s)",
            "does lrp_eps pass its own check? if so, what happens to b in the modified layer?"
            if eps == TINY
            else "does lrp_eps pass its own check? if so, is your eps argument handed on, to the modified z?",
        )
    _batch_and_linear(f, lambda x, S: f(x, W, b, S, gamma, 0.1, shape=(len(x), I)), a, R)
    f.passed()


def check_lrp_ab(lrp_ab: Callable) -> None:
    """Laws of `lrp_ab(a, W, b, R, alpha, beta, eps)`, bias convention "bach"."""
    f = Checked("lrp_ab", lrp_ab)
    a, W, b, R = _layer(5)
    for alpha, beta in ((1.0, 0.0), (2.0, 1.0), (3.0, 1.0)):
        out = f(a, W, b, R, alpha, beta, TINY, shape=a.shape)
        f.law(
            "the sum is (alpha - beta) times the sum above",
            close(out.sum(axis=1), (alpha - beta) * R.sum(axis=1)),
            f"alpha {alpha:g}, beta {beta:g}, b = 0: the sum over inputs is not (alpha - beta) times that over outputs",
            "where an output has contributions of both signs, positive ones share alpha R and negative ones -beta R",
            "each sign has its own denominator, made of its own contributions; mind the sign of the second",
        )
    out = f(a, W, b, R, 1.0, 0.0, TINY, shape=a.shape)
    f.law(
        "alpha 1, beta 0 gives no negative relevance",
        bool((out >= -1e-9).all()),
        f"{int((out < -1e-9).sum())} of {out.size} values are negative, though R is positive",
        "alpha 1, beta 0 hands positive relevance on along positive contributions only",
        "a contribution is a x W: its sign is that of the product",
    )
    flipped = f(-a, -W, b, R, 2.0, 1.0, TINY, shape=a.shape)
    f.law(
        "only the products count",
        close(flipped, f(a, W, b, R, 2.0, 1.0, TINY, shape=a.shape)),
        "with the signs of a and W both flipped the result changes",
        "contributions are products: (-a)(-W) = aW",
        "a negative input times a negative weight is a positive contribution",
    )
    a, W, b, R = np.abs(a), np.abs(W), np.zeros(J), R
    out = f(a, W, b, R, 2.0, 1.0, TINY, shape=a.shape)
    f.law(
        "one-sided outputs",
        close(out.sum(axis=1), 2 * R.sum(axis=1)),
        "an output without negative contributions does not hand on alpha R",
        "alpha-beta conserves only where an output has both signs; without negatives it hands on alpha R",
        "0 / 0 has to become 0 here: stabilise each denominator, and renormalise nothing",
    )
    a, W, b, R = _layer(6, bias=1.0)
    contributions = a[:, :, None] * W
    up, down = np.maximum(contributions, 0).sum(axis=1), np.minimum(contributions, 0).sum(axis=1)
    for alpha, beta, eps in ((1.0, 0.0, TINY), (2.0, 1.0, TINY), (2.0, 1.0, 0.5)):
        out = f(a, W, b, R, alpha, beta, eps, shape=a.shape)
        due = R * (alpha * up / (up + np.maximum(b, 0) + eps) - beta * down / (down + np.minimum(b, 0) - eps))
        small = eps == TINY
        f.law(
            "the bias's exact share" if small else "the stabiliser's exact share",
            close(out.sum(axis=1), due.sum(axis=1)),
            f"with {'a bias' if small else 'eps = 0.5'}, the sum over the inputs is not what should be left",
            'convention "bach": a positive bias belongs to the positive side, a negative one to the negative side'
            if small
            else "each denominator is pushed away from zero on its own side",
            "look at each denominator: which part of b is in it, which is not, and which way does eps push?",
        )
    _batch_and_linear(f, lambda x, S: f(x, W, b, S, 2.0, 1.0, TINY, shape=(len(x), I)), a, R)
    f.passed()


def check_lrp_zB(lrp_zB: Callable) -> None:
    """Laws of `lrp_zB(x, W, R, lo, hi)` for lo <= x <= hi."""
    f = Checked("lrp_zB", lrp_zB)
    x, W, _, R = _layer(7)
    lo, hi = x.min(axis=0) - 0.3, x.max(axis=0) + 0.4
    out = f(x, W, R, lo, hi, shape=x.shape)
    f.law(
        "conservation",
        close(out.sum(axis=1), R.sum(axis=1)),
        f"{_gap(out, R)} of an image's relevance is lost or made",
        "the box rule has no bias and conserves: the sum over inputs equals the sum over outputs",
        "the denominator is the numerator summed over the inputs: build both from the same three terms",
    )
    f.law(
        "no negative relevance inside the box",
        bool((out >= -1e-9).all()),
        f"{int((out < -1e-9).sum())} of {out.size} values are negative, though R is positive",
        "for lo <= x <= hi each numerator is at least 0: x is measured from the bound that hurts the output most",
        "which bound goes with the positive weights? do you use the arguments lo and hi, input by input?",
    )
    positive = W > 0
    edge = np.where(positive[:, 0], lo, hi)[None]
    inner = f(edge, W[:, :1], R[:1, :1], lo, hi, shape=(1, I))
    f.law(
        "nothing at the bound",
        bool(np.abs(inner).max() <= 1e-6 * max(1.0, float(R[0, 0]))),
        "an image at the bound of every pixel still receives relevance",
        "a pixel at the bound that its weight is measured from contributes nothing",
        "put x = lo with a positive weight into your numerator; do you use the arguments lo and hi, input by input?",
    )
    zero = np.zeros(I)
    f.law(
        "lo = hi = 0 is LRP-0",
        close(f(x, W, x @ W, zero, zero, shape=x.shape), x * W.sum(axis=1)),
        "with lo = hi = 0 and R = xW the result differs from input times gradient",
        "a box that is one point at zero gives LRP-0 without bias",
        "with lo = hi = 0 only one of the three terms is left: which?",
    )
    shift = np.linspace(0.1, 0.9, I)
    f.law(
        "a shift of the pixels changes nothing",
        close(f(x + shift, W, R, lo + shift, hi + shift, shape=x.shape), out),
        "adding a constant to a pixel and to both its bounds changes the result",
        "only the distance to the bounds counts, and each pixel has its own bounds",
        "are lo and hi used for their own pixel i, row i of W?",
    )
    _batch_and_linear(f, lambda y, S: f(y, W, S, lo, hi, shape=(len(y), I)), x, R)
    f.passed()


def check_lrp_w2_flat(lrp_w2: Callable, lrp_flat: Callable) -> None:
    """Laws of `lrp_w2(W, R)` and `lrp_flat(W, R)`."""
    _, W, _, R = _layer(8)
    for name, function in (("lrp_w2", lrp_w2), ("lrp_flat", lrp_flat)):
        f = Checked(name, function)
        out = f(W, R, shape=(B, I))
        f.law(
            "conservation",
            close(out.sum(axis=1), R.sum(axis=1)),
            f"{_gap(out, R)} of an image's relevance is lost or made",
            "the shares of one output add up to 1 over its inputs",
            "shares of one output are a column of I numbers: over which axis do they add up?",
        )
        f.law(
            "the sign of R stays",
            bool((f(W, -R, shape=(B, I)) <= 0).all() and (out >= 0).all()),
            "positive relevance arrives as negative, or the reverse",
            "shares are never negative",
            "make every share from something that has no sign",
        )
        f.law(
            "the sign of W does not count",
            close(f(-W, R, shape=(B, I)), out),
            "flipping the sign of all weights changes the result",
            "the shares do not depend on the weights' signs",
            "where does a weight enter with its sign?",
        )
        f.law(
            "the scale of an output's weights does not count",
            close(f(W * np.array([0.5, 2.0, 3.0, 4.0]), R, shape=(B, I)), out),
            "scaling all weights of one output changes the result",
            "shares are relative: scaling a column of W changes nothing",
            "does each output divide by its own total?",
        )
        if name == "lrp_flat":
            f.law(
                "equal shares",
                close(out, np.repeat(out.mean(axis=1, keepdims=True), I, axis=1)),
                "two inputs of the same image get different relevance",
                "every input gets the same share of every output",
                "the weights give you the number of inputs, and nothing else",
            )
        else:
            dead = W.copy()
            dead[2] = 0.0
            out = f(dead, R, shape=(B, I))
            f.law(
                "no weight, no share",
                not out[:, 2].any() and bool((out[:, [0, 1, 3]] > 0).all()),
                "an input whose weights are all zero gets relevance, or one with weights gets none",
                "an input's share grows with its squared weight: none without a weight",
                "the share of input i in output j is made of W[i, j] and of column j",
            )
            silent = W.copy()
            silent[:, 1] = 0.0
            with np.errstate(all="ignore"):  # 0 / 0 is what this looks for
                out = np.asarray(f.raw(silent, R), dtype=np.float64)
            f.law(
                "an output without weights hands on nothing",
                bool(np.isfinite(out).all()) and close(out.sum(axis=1), np.delete(R, 1, axis=1).sum(axis=1)),
                "where all weights of one output are zero, the result is not finite, or its sums are wrong",
                "an output without weights hands on nothing, and the others all they have",
                "what is its total, and what do you divide by? stabilise that denominator",
            )
            double = W[:, :1] * np.where(np.arange(I) == 0, 2.0, 1.0)[:, None]
            before, after = f(W[:, :1], R[:, :1], shape=(B, I)), f(double, R[:, :1], shape=(B, I))
            grown = (after[0, 0] / after[0, 1]) / (before[0, 0] / before[0, 1])
            f.law(
                "twice the weight, four times the share",
                abs(grown - 4) < 1e-3,
                f"doubling a weight makes its share {grown:.3g} times as large against another input's",
                "shares go with the square of the weight",
                "which power of W do you share by?",
            )
        _batch_and_linear(f, lambda x, S, f=f: f(W, S, shape=(len(S), I)), R, R)  # type: ignore[misc]
        f.passed()


def _mlp(
    seed: int, bias: float = 0.5, hidden: Sequence[int] = (8, 8)
) -> tuple[list[tuple[NDArray, NDArray]], NDArray, NDArray]:
    """A random MLP, a batch, and classes whose logits have both signs and are not near zero."""
    rng = np.random.default_rng(seed)
    sizes = (I, *hidden, J)
    while True:
        params = [
            (rng.normal(size=(i, j)) / np.sqrt(i) * 1.5, bias * rng.normal(size=j))
            for i, j in itertools.pairwise(sizes)
        ]
        x, c = rng.normal(size=(B, I)), np.arange(B) % J
        values, before = _logits(params, x)
        chosen = values[np.arange(B), c]
        alive = all((z > 0).any(axis=1).all() for z in before[:-1])
        apart = all(np.abs(z).min() > 1e-3 for z in before)
        if alive and apart and np.abs(chosen).min() > 0.1 and (chosen > 0).any() and (chosen < 0).any():
            return params, x, c


def _logits(params: Sequence[tuple[NDArray, NDArray]], x: NDArray) -> tuple[NDArray, list[NDArray]]:
    """Logits (B, K) and the pre-activations of every layer."""
    before: list[NDArray] = []
    for W, b in params:
        before.append((np.maximum(before[-1], 0) if before else x) @ W + b)
    return before[-1], before


def _slope(params: Sequence[tuple[NDArray, NDArray]], x: NDArray, c: NDArray, way: NDArray) -> NDArray:
    """Directional derivative (B,) of each image's logit of class c along ``way`` (B, I), by differences."""
    step = 1e-7
    rows = np.arange(len(x))
    up, down = _logits(params, x + step * way)[0], _logits(params, x - step * way)[0]
    return (up[rows, c] - down[rows, c]) / (2 * step)


def check_lrp_mlp(lrp_mlp: Callable) -> None:
    """Laws of `lrp_mlp(params, x, c, rules)`: the start, the walk, and LRP-0 = gradient x input through all layers."""
    f = Checked("lrp_mlp", lrp_mlp, returns="a list of arrays")
    params, x, c = _mlp(9)
    logits, _ = _logits(params, x)
    rows = np.arange(B)
    rules = [("activation", {"keep": 0.5}), ("activation", {"keep": 0.9}), ("activation", {"keep": 1.0})]
    trace = _trace(f, f.raw(params, x, c, rules), params)
    start = trace[-1]
    others = start.copy()
    others[rows, c] = 0
    f.law(
        "starts at one class",
        not others.any(),
        "the start has relevance in columns other than the class to explain",
        "row i starts with class c[i] alone; images of one batch may ask for different classes",
        "pick row and column together, image by image; print the start for two images",
    )
    f.law(
        "starts from the logit",
        close(start[rows, c], logits[rows, c]),
        "the start is not the logit of the class",
        "LRP explains the logit: f_c(x), neither a probability nor 1, and with its own sign",
        "is there a ReLU or a softmax after the last layer (there should be none)? is b in every z?",
    )
    for k, (part, below, above) in enumerate(zip((0.5, 0.9, 1.0), trace, trace[1:], strict=False)):
        f.law(
            f"uses rules[{k}] for params[{k}]",
            close(below.sum(axis=1), part * above.sum(axis=1)),
            f"trace[{k}] is not what rules[{k}] makes of trace[{k + 1}]",
            "rules[l] belongs to params[l]: rules[0] to the layer next to the pixels",
            "you walk from the last layer to the first: do params, inputs and rules all walk that way?",
        )
    inputs = [x, *[np.maximum(z, 0) for z in _logits(params, x)[1][:-1]]]
    for k, (R, a) in enumerate(zip(trace, inputs, strict=False)):
        shape_of_a = np.abs(a) / np.abs(a).sum(axis=1, keepdims=True)
        f.law(
            f"gives rules[{k}] the input of its layer",
            close(R, shape_of_a * R.sum(axis=1, keepdims=True)),
            f"rules[{k}] was called with something else than the input of its layer",
            "a rule needs its layer's input a, after the ReLU of the layer before; for rules[0] that is the image",
            "store what goes into each layer on the way up, before you multiply by W; is b in every z?",
        )
    short, y, d = _mlp(13, hidden=(8,))
    length = ("params may have any length: one rule for each layer", "where does your code assume three layers?")
    trace = _trace(f, f.raw(short, y, d, rules[:2], law=length[0], next_step=length[1]), short)
    f.law(
        "any number of layers",
        close(trace[0].sum(axis=1), 0.45 * _logits(short, y)[0][rows, d]),
        "on a network of two layers the sums are wrong",
        *length,
    )
    zero = f.raw(params, x, c, [("eps", {"eps": 1e-12})] * 3)
    bottom = f.array(zero[0], x.shape)
    way = np.random.default_rng(10).normal(size=x.shape)
    f.law(
        "LRP-0 = gradient x input",
        close((bottom / x * way).sum(axis=1), _slope(params, x, c, way), 1e-3),
        "with LRP-0 in every layer, relevance / input is not the slope of the logit",
        "in a network of dense layers and ReLUs, LRP-0 is gradient x input",
        "does lrp_eps pass its own check? then look at which a, W, b and R each call gets",
    )
    f.passed()


def _trace(f: Checked, trace: object, params: Sequence[tuple[NDArray, NDArray]]) -> list[NDArray]:
    """What lrp_mlp returned for a network, if it is a list with one array per level, each of its level's shape."""
    if not isinstance(trace, (list, tuple)) or len(trace) != len(params) + 1:
        size = f"{len(trace)} of them" if isinstance(trace, (list, tuple)) else f"a {type(trace).__name__}"
        f.broken(
            f"{size} came back for a network of {len(params)} layers",
            "lrp_mlp returns a list of L + 1 arrays: one at the input of each layer, and the start at the logits",
            "keep every relevance on the way down, the start included, not only the last",
        )
    for l, (R, due) in enumerate(zip(trace, [I, *[len(b) for _, b in params]], strict=True)):
        if np.shape(R) != (B, due):
            f.broken(
                f"trace[{l}] has shape {np.shape(R)}, due {(B, due)}",
                "trace[l] is the relevance at the input of layer l, and trace[L] the start",
                "is the list the other way round, or was an output stored in place of an input?",
            )
    return [f.array(R, np.shape(R)) for R in trace]


def check_gradient_x_input(gradient_x_input: Callable) -> None:
    """Laws of the bug hunt's `gradient_x_input(params, x, c)`."""
    f = Checked("gradient_x_input", gradient_x_input, needed=False)
    params, x, c = _mlp(11)
    logits, _ = _logits(params, x)
    way = np.random.default_rng(12).normal(size=x.shape)
    slope = _slope(params, x, c, way)
    alone = np.concatenate([f(params, x[k : k + 1], c[k : k + 1], shape=(1, I)) for k in range(B)])
    along = (alone / x * way).sum(axis=1)
    positive = logits[np.arange(B), c] > 0
    f.law(
        "one image, positive logit",
        close(along[positive], slope[positive], 1e-3),
        "one image at a time, positive logit: result / input is not the slope of the logit",
        "gradient x input is x times the slope, and the slope can be measured: (f(x + h) - f(x - h)) / 2h",
        "follow the chain rule by hand: each ReLU passes the gradient where its own unit was on",
    )
    f.law(
        "one image, negative logit",
        close(along[~positive], slope[~positive], 1e-3),
        "one image at a time, negative logit: result / input is not the slope of the logit",
        "a negative logit has a gradient too",
        "list the layers that are followed by a ReLU",
    )
    f.law(
        "batch independence",
        close(f(params, x, c, shape=x.shape), alone),
        "an image alone gets another map than the same image in a batch with other classes",
        PER_IMAGE,
        "print the gradient where it starts, for two images of different classes",
    )
    f.passed()


def _gap(below: NDArray, above: NDArray) -> str:
    """Largest relative difference between an image's sums below and above, in words."""
    sums = above.sum(axis=1)
    gap = percent(float(np.max(np.abs(below.sum(axis=1) - sums) / np.abs(sums))))
    return gap if gap.startswith("more") else f"up to {gap}"
