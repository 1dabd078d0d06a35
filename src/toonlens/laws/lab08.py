"""The visible checks of lab 8. What they compute is the two sides of a law, on inputs that nobody needs to keep secret.

Shapes as in the lab: `a` (B, H, W, C), `g`, `d` and what a BatchNorm holds (C,), kernels `W` (kh, kw, Ci, Co), `b`
(Co,). Networks are lists of nodes as in `toonlens.nodes`; a trace has an entry (name, kind, got, gave) for each node,
from the last node to the image.
"""

import contextlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toonlens import carry
from toonlens.laws import Checked, close
from toonlens.nodes import Node, read_nodes, run_nodes
from toonlens.startup import import_keras

TINY = 1e-12
ALONE = "an image is explained by itself, whatever else is in its batch"
LINEAR = "a rule is linear in R: twice the relevance above gives twice the relevance below"
SEVEN = ("W", "b", "gamma", "beta", "mean", "var", "eps")


def batchnorm(z: NDArray, gamma: NDArray, beta: NDArray, mean: NDArray, var: NDArray, eps: float) -> NDArray:
    """BatchNorm at inference, as the lab writes it down."""
    return gamma * (z - mean) / np.sqrt(var + eps) + beta


def _sums(values: NDArray) -> NDArray:
    return values.reshape(len(values), -1).sum(axis=1)


def _pair(f: Checked, result: Any, shapes: Sequence[tuple[int, ...]], what: str) -> list[NDArray]:
    """The arrays of a tuple (or list) that a function returned."""
    if not isinstance(result, (tuple, list)):
        f.broken(
            f"a {type(result).__name__} came back",
            f"{f.name} returns {what}",
            "end with return one, two; in the order of the table",
        )
    if len(result) != len(shapes):
        f.broken(
            f"{len(result)} things came back, and {len(shapes)} are due",
            f"{f.name} returns {what}",
            "end with return one, two; in the order of the table",
        )
    return [f.array(part, shape) for part, shape in zip(result, shapes, strict=True)]


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


# Rules of lab 7


def carried_or(given: Callable) -> Callable:
    """The student's own `lrp_conv` of lab 7 if it was carried on and agrees with the given one, else the given one."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):  # it would name a folder
        mine = carry.load("lab07", "lrp_conv")
    rng = np.random.default_rng(70)
    a, W = rng.normal(size=(2, 6, 5, 2)), rng.normal(size=(3, 3, 2, 3))
    bias_image, zeros = rng.normal(size=(2, 4, 3, 3)), ((1, 2), (1, 1))
    try:
        for rule in (("eps", {"eps": 0.1}), ("ab", {"alpha": 2.0, "beta": 1.0})):
            for b, pad, stride in ((bias_image[0, 0, 0], zeros, 2), (bias_image, "valid", 1)):
                R = rng.normal(size=(2, *_places(pad, stride), 3))
                if not close(
                    np.asarray(mine(a, W, b, R, rule, pad, stride)), given(a, W, b, R, rule, pad, stride), 1e-9
                ):
                    print(
                        "Rules of lab 7: the given ones (your lrp_conv gives other values for some layers of this lab)."
                    )
                    return given
    except NotImplementedError:
        print("Rules of lab 7: the given ones (yours are not there).")
        return given
    except Exception as error:
        print(f"Rules of lab 7: the given ones (your lrp_conv raised {type(error).__name__} on a layer of this lab).")
        return given
    print("Rules of lab 7: your own lrp_conv.")
    return mine


def _places(pad: Any, stride: int) -> tuple[int, int]:
    """Of the output, for images of 6 x 5 and a kernel of 3 x 3."""
    sides = ((0, 0), (0, 0)) if pad == "valid" else pad
    return (6 + sum(sides[0]) - 3) // stride + 1, (5 + sum(sides[1]) - 3) // stride + 1


# Exercise 1


def check_fold_bn(fold_bn: Callable) -> None:
    """Laws of `fold_bn(W, b, gamma, beta, mean, var, eps)`."""
    f = Checked("fold_bn", fold_bn, returns="kernel and bias")
    rng = np.random.default_rng(1)
    zero, one = np.zeros(4), np.ones(4)
    wild = {
        "gamma": np.array([0.6, -1.4, 2.0, 0.9]),
        "beta": np.array([0.5, -2.0, 1.0, 0.0]),
        "mean": np.array([1.0, 0.3, -0.8, 2.0]),
        "var": np.array([0.4, 2.5, 0.02, 1.3]),
    }
    plain = {"gamma": one, "beta": zero, "mean": zero, "var": one}
    b = np.array([0.7, -0.4, 1.1, -1.5])
    cases = [
        ("a BatchNorm that changes nothing", plain, b, 0.0, "what should come back then?"),
        (
            "a scale for each channel, gamma > 0 and nothing else",
            plain | {"gamma": np.abs(wild["gamma"])},
            zero,
            0.0,
            "each output channel has its own gamma: which axis of the kernel is the one of the output channels?",
        ),
        ("gamma of both signs", plain | {"gamma": wild["gamma"]}, zero, 0.0, "gamma keeps its sign"),
        ("the variance alone", plain | {"var": wild["var"]}, zero, 0.0, "what does a BatchNorm do with the variance?"),
        (
            "a large epsilon",
            plain | {"var": wild["var"]},
            zero,
            0.5,
            "where does epsilon stand, and is it the argument?",
        ),
        ("beta alone", plain | {"beta": wild["beta"]}, zero, 0.0, "where does beta go?"),
        (
            "mean and gamma",
            plain | {"mean": wild["mean"], "gamma": wild["gamma"]},
            zero,
            0.0,
            "what is the mean scaled by?",
        ),
        ("a layer with a bias", plain | {"gamma": wild["gamma"]}, b, 0.0, "the bias goes through the BatchNorm, too"),
        ("everything at once", wild, b, 0.03, "write g (aW + b) + d and multiply out"),
    ]
    for kernel in ((3, 2, 4, 4), (4, 4), (1, 1, 4, 4)):
        W = rng.normal(size=kernel)
        windows = rng.normal(size=(20, *kernel[:-1]))  # what 20 places of the output read
        z = np.tensordot(windows, W, axes=len(kernel) - 1)
        for about, bn, bias, eps, advice in cases:
            values = (W, bias, *bn.values(), eps)
            folded, offset = _pair(f, f.raw(*values), (W.shape, (4,)), "kernel and bias, (..., Co) and (Co,)")
            made = np.tensordot(windows, folded, axes=len(kernel) - 1) + offset
            f.law(
                "one layer does the work of two",
                close(made, batchnorm(z + bias, **bn, eps=eps), 1e-4),
                f"{about}, kernel {kernel}: the folded layer gives another output than the two after each other",
                "the folded layer makes of every input what the layer and the BatchNorm make of it",
                advice,
            )
    f.passed()


# Exercise 2


def check_affine(bn_affine: Callable, lrp_affine: Callable) -> None:
    """Laws of `bn_affine(gamma, beta, mean, var, eps)` and `lrp_affine(a, g, d, R, eps)`."""
    check_bn_affine(bn_affine)
    check_lrp_affine(lrp_affine)


def check_bn_affine(bn_affine: Callable) -> None:
    """Laws of `bn_affine(gamma, beta, mean, var, eps)`."""
    f = Checked("bn_affine", bn_affine, returns="two arrays")
    rng = np.random.default_rng(2)
    zero, one = np.zeros(3), np.ones(3)
    gamma, beta, mean = np.array([0.5, -1.5, 2.0]), np.array([1.0, -0.5, 0.0]), np.array([-2.0, 0.4, 1.2])
    var = np.array([0.01, 2.0, 0.6])
    for about, values in {
        "nothing but a variance": (one, zero, zero, var, 0.0),
        "variance and epsilon": (one, zero, zero, var, 0.25),
        "gamma": (gamma, zero, zero, one, 0.0),
        "beta": (one, beta, zero, one, 0.0),
        "mean and gamma": (gamma, zero, mean, one, 0.0),
        "everything": (gamma, beta, mean, var, 0.02),
    }.items():
        g, d = _pair(f, f.raw(*values), ((3,), (3,)), "g and d, (C,) each")
        a = rng.normal(size=(5, 2, 2, 3))
        f.law(
            "g a + d is the BatchNorm",
            close(g * a + d, batchnorm(a, *values), 1e-4),
            f"with {about}: g a + d is not what the BatchNorm makes of a",
            "at inference a BatchNorm is one factor and one offset per channel",
            "collect what multiplies a, and then all the rest; epsilon stands inside the root",
        )
    f.passed()


def check_lrp_affine(lrp_affine: Callable) -> None:
    """Laws of `lrp_affine(a, g, d, R, eps)`."""
    f = Checked("lrp_affine", lrp_affine)
    rng = np.random.default_rng(3)
    a, R = rng.uniform(0.2, 2.0, (2, 3, 2, 4)) * rng.choice([-1, 1], (2, 3, 2, 4)), rng.normal(size=(2, 3, 2, 4))
    g, d, zero = np.array([0.5, -2.0, 1.5, 3.0]), np.array([0.3, 1.0, -0.7, 0.0]), np.zeros(4)
    d = np.where(np.abs(g * a + d).min(axis=(0, 1, 2)) < 0.05, d + 0.11, d)

    def call(a: NDArray, g: NDArray, d: NDArray, R: NDArray, eps: float) -> NDArray:
        return f(a, g, d, R, eps, shape=a.shape)

    f.law(
        "without an offset all is handed on",
        close(call(a, g, zero, R, TINY), R),
        "d = 0 and a tiny eps: what arrives at an element is not what it had",
        "without an offset an element has one contributor and hands on everything",
        "what is the contribution of a, and what is the whole z?",
    )
    z = g * a + d
    f.law(
        "LRP-0 = gradient x input",
        close(call(a, g, d, z, TINY), a * ((g * (a + 1) + d) - z), 1e-3),
        "R = z and a tiny eps: the result is not the input times the gradient of z",
        "LRP-0 of z = g a + d is gradient x input; the offset keeps the rest",
        "is d in the denominator, and only there?",
    )
    for eps in (0.4, 2.0):
        left = (R - call(a, g, d, R, eps)) * (np.abs(z) + eps) / np.abs(z)
        due = R * (d * np.sign(z) + eps) / np.abs(z)
        f.law(
            "offset and stabiliser keep their exact share",
            close(left, due),
            f"with d and eps = {eps:g}, what is left behind is not the share of d and eps",
            "the offset is an input that is always 1: it keeps d / (z + eps s(z)), and eps keeps its own",
            "push z away from zero on its own side, by the eps that was given; put nothing back",
        )
    at_zero = call(np.ones((1, 1, 1, 2)), np.array([1.0, -1.0]), np.array([-1.0, 1.0]), np.ones((1, 1, 1, 2)), 0.5)
    f.law(
        "s(0) = +1",
        close(at_zero.ravel() * 0.5, np.array([1.0, -1.0])),
        "where z is exactly 0 the result is not g a R / eps",
        "s(0) = +1: at z = 0 the denominator is eps",
        "np.sign(0) is 0",
    )
    f.law(
        "nothing from nothing",
        not call(0 * a, g, d + 1, R, 0.1).any(),
        "inputs of 0 receive relevance",
        "an input of 0 contributed nothing",
        "is a a factor of the result?",
    )
    together = call(a, g, d, R, 0.1)
    f.law(
        "linearity in R", close(call(a, g, d, -3 * R, 0.1), -3 * together), "not linear in R", LINEAR, "R is a factor"
    )
    one = call(a[1:, :1], g, d, R[1:, :1], 0.1)
    f.law(
        "every element by itself",
        close(one, together[1:, :1]),
        "a part of an image gets another result than inside it",
        "a BatchNorm at inference treats every element by itself",
        "look for a sum, a mean or a maximum",
    )
    f.passed()


# Exercise 3


def check_merged(split_bn: Callable, lrp_merged: Callable) -> None:
    """Laws of `split_bn(a, g, d)` and `lrp_merged(a, g, d, W, b, R, rule)`."""
    check_split_bn(split_bn)
    check_lrp_merged(lrp_merged)


def check_split_bn(split_bn: Callable) -> None:
    """Laws of `split_bn(a, g, d)`."""
    f = Checked("split_bn", split_bn, returns="two arrays")
    rng = np.random.default_rng(4)
    g, d = np.array([0.5, -2.0, 1.5]), np.array([0.3, 1.0, -0.7])
    for size in ((2, 3, 4, 3), (1, 1, 1, 3)):
        a = rng.normal(size=size) * 1.5
        u, v = _pair(f, f.raw(a, g, d), (size, size), "u and v, in the shape of a")
        y = np.maximum(g * a + d, 0)
        f.law(
            "u + v is the output of the ReLU",
            close(u + v, y),
            "u + v is not relu(g a + d)",
            "the split takes the ReLU's output apart and changes nothing about it",
            "where the ReLU is closed both parts are zero",
        )
        f.law(
            "closed is closed",
            not np.abs(np.where(y > 0, 0, u)).max() > 1e-9 and not np.abs(np.where(y > 0, 0, v)).max() > 1e-9,
            "where the ReLU is closed, u or v is not zero",
            "behind a closed ReLU neither the image nor the offset gets through",
            "one mask for both; it asks g a + d, not a",
        )
        rise = np.where(np.maximum(g * (a + 1e-6) + d, 0) > 0, np.maximum(g * (a + 1e-6) + d, 0) - y, 0) / 1e-6
        f.law(
            "u is input times gradient",
            close(u, a * rise, 1e-3),
            "u is not a times the gradient of relu(g a + d)",
            "u is the part that is linear in a: where the ReLU is open, a times its slope",
            "what is the slope there, and what is left at a = 0?",
        )
    f.passed()


def check_lrp_merged(lrp_merged: Callable) -> None:
    """Laws of `lrp_merged(a, g, d, W, b, R, rule)`."""
    f = Checked("lrp_merged", lrp_merged)
    rng = np.random.default_rng(5)
    g, d, zero = np.array([0.5, -2.0, 1.5, 1.0]), np.array([0.6, 1.0, -0.7, 0.4]), np.zeros(4)
    a, W, b = _well_merged(rng, g, d)
    R = rng.random((2, 3, 2, 3)) + 0.1

    def call(a: NDArray, d: NDArray, b: NDArray, R: NDArray, rule: tuple[str, dict]) -> NDArray:
        return f(a, g, d, W, b, R, rule, shape=a.shape)

    tiny, helped = ("eps", {"eps": TINY}), ("ab", {"alpha": 1.0, "beta": 0.0})
    is_open = g * a + d > 0
    y = np.maximum(g * a + d, 0)
    z = y @ W[0, 0] + b
    f.law(
        "LRP-0 = gradient x input",
        close(call(a, d, b, z, tiny), a * is_open * g * W[0, 0].sum(axis=1), 1e-3),
        "R = z, a tiny eps: the result is not a times the gradient of the sum of z",
        "BatchNorm, ReLU and convolution are one linear layer where the ReLU is open: LRP-0 is gradient x input",
        "the convolution reads u; v counts as bias, beside b; the relevance of u is a's: multiply by nothing more",
    )
    f.law(
        "conservation without offsets",
        close(_sums(call(a, zero, np.zeros(3), R, tiny)), _sums(R)),
        "d = 0, b = 0, a tiny eps: the sum over a is not that over the outputs",
        "without offsets everything is handed on",
        "is the relevance of u the relevance of a? does anything gate or scale it?",
    )
    parts = (is_open * g * a)[..., None] * W[0, 0]  # (B, H, W, Ci, Co): the contributions
    offset = z - parts.sum(axis=3)
    for rule, due in (
        (("eps", {"eps": 0.3}), R * (z - offset) / (z + np.where(z >= 0, 0.3, -0.3))),
        (helped, R * np.maximum(parts, 0).sum(axis=3) / (np.maximum(parts, 0).sum(axis=3) + np.maximum(offset, 0))),
    ):
        f.law(
            "the offsets' exact share",
            close(_sums(call(a, d, b, R, rule)), _sums(due)),
            f'rule "{rule[0]}": the sum over a is not what the offsets leave',
            "all that d and b add to an output is one offset, and it takes its share as a bias does",
            "v goes through the convolution and then counts as bias; hand the rule on",
        )
    f.law(
        "alpha 1, beta 0 gives nothing negative",
        bool((call(a, d, b, R, helped) >= -1e-9).all()),
        "negative values for R > 0",
        "alpha 1, beta 0 hands relevance on along positive contributions only",
        "contributions are u times W; is the rule handed on?",
    )
    f.law(
        "closed is closed",
        not call(a, d, b, R, tiny)[~is_open].any(),
        "where the ReLU is closed, relevance arrives",
        "what does not get through has contributed nothing",
        "use u as the input of the rule",
    )
    together = call(a, d, b, R, helped)
    f.law(
        "linearity in R",
        close(call(a, d, b, -2 * R, helped), -2 * together),
        "not linear in R",
        LINEAR,
        "R is a factor",
    )
    alone = call(a[1:], d, b, R[1:], helped)
    f.law("batch independence", close(alone, together[1:]), "an image alone gets another map", ALONE, "mind axis 0")
    f.passed()


def _well_merged(rng: np.random.Generator, g: NDArray, d: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """a (2, 3, 2, 4), W (1, 1, 4, 3), b (3,): no z and no sum of positive contributions near zero."""
    while True:
        W, b = rng.normal(size=(1, 1, 4, 3)), rng.normal(size=3)
        places = rng.normal(size=(2000, 4)) * 1.5
        u = (g * places + d > 0) * g * places
        z, plain = np.maximum(g * places + d, 0) @ W[0, 0], np.maximum(g * places, 0) @ W[0, 0]
        up = np.maximum(u[..., None] * W[0, 0], 0).sum(axis=1)
        least = np.min([np.abs(part).min(axis=1) for part in (z + b, z, plain, u @ W[0, 0], up)], axis=0)
        good = (least > 0.1) & (np.abs(g * places + d).min(axis=1) > 1e-3) & (u == 0).any(axis=1)
        if good.sum() >= 12:
            return places[good][:12].reshape(2, 3, 2, 4), W, b


# Exercise 4


def check_routes(lrp_add: Callable, lrp_concat: Callable) -> None:
    """Laws of `lrp_add(a1, a2, R, eps)` and `lrp_concat(sizes, R)`."""
    check_lrp_add(lrp_add)
    check_lrp_concat(lrp_concat)


def check_lrp_add(lrp_add: Callable) -> None:
    """Laws of `lrp_add(a1, a2, R, eps)`."""
    f = Checked("lrp_add", lrp_add, returns="two arrays")
    rng = np.random.default_rng(6)
    shape = (2, 3, 2, 4)

    def call(a1: NDArray, a2: NDArray, R: NDArray, eps: float) -> list[NDArray]:
        return _pair(f, f.raw(a1, a2, R, eps), (a1.shape, a1.shape), "two arrays, one for each summand")

    a1, a2, R = rng.random(shape) + 0.1, rng.random(shape) + 0.1, rng.normal(size=shape)
    a2[rng.random(shape) < 0.5] *= -3
    a2 = np.where(np.abs(a1 + a2) < 0.1, a2 + 0.3, a2)
    z = a1 + a2
    R1, R2 = call(a1, a2, R, TINY)
    f.law(
        "conservation, element by element",
        close(R1 + R2, R),
        "R1 + R2 is not R",
        "a sum has no bias: what arrives at an element goes to its two summands, all of it and no more",
        "is it shared, or handed out twice?",
    )
    f.law(
        "in proportion to the summands",
        close(R1 * a2, R2 * a1, 1e-3),
        "R1 : R2 is not a1 : a2, element by element",
        "each summand gets what it contributed: a1 over z, and a2 over z, signs included",
        "no halves, no magnitudes, no maximum",
    )
    by_z = call(a1, a2, z, TINY)
    f.law(
        "LRP-0 = gradient x input",
        close(by_z[0], a1) and close(by_z[1], a2),
        "with R = z the summands do not get themselves",
        "LRP-0 of a sum is gradient x input, and the gradient is 1",
        "divide by z = a1 + a2",
    )
    for eps in (0.2, 3.0):
        two = call(a1, a2, R, eps)
        f.law(
            "the stabiliser's exact share",
            close((two[0] + two[1]) * (np.abs(z) + eps), R * np.abs(z)),
            f"eps = {eps:g}: the sum of both is not what the stabiliser leaves",
            "eps pushes z away from zero on z's own side, and keeps its share",
            "is it the eps that was given, with the sign of z? put nothing back",
        )
    ones = np.ones((1, 1, 1, 2))
    apart = call(ones, -ones, ones, 0.5)
    f.law(
        "s(0) = +1",
        close(apart[0] * 0.5, ones) and close(apart[1] * 0.5, -ones),
        "where a1 = -a2 the result is not a R / eps",
        "s(0) = +1: at z = 0 the denominator is eps",
        "np.sign(0) is 0",
    )
    f.law(
        "an empty branch gets nothing",
        not call(a1, 0 * a1, R, TINY)[1].any(),
        "a summand of 0 receives relevance",
        "who contributed nothing receives nothing",
        "is a2 a factor of R2?",
    )
    swapped = call(a2, a1, R, TINY)
    f.law("the summands can change places", close(swapped[0], R2), "a1 and a2 exchanged give something else",
          "a sum does not know which summand came first", "treat both alike")  # fmt: skip
    f.law("linearity in R", close(call(a1, a2, -2 * R, 0.2)[0], -2 * call(a1, a2, R, 0.2)[0]), "not linear in R",
          LINEAR, "R is a factor")  # fmt: skip
    alone = call(a1[1:, :2], a2[1:, :2], R[1:, :2], 0.2)
    f.law(
        "every element by itself",
        close(alone[0], call(a1, a2, R, 0.2)[0][1:, :2]),
        "a part of an image gets another result than inside it",
        "every element of a sum is a sum of its own",
        "look for a sum, a mean or a maximum over an array",
    )
    f.passed()


def check_lrp_concat(lrp_concat: Callable) -> None:
    """Laws of `lrp_concat(sizes, R)`."""
    f = Checked("lrp_concat", lrp_concat, returns="a list of arrays")
    rng = np.random.default_rng(7)
    for sizes in ([2, 3], [3, 1, 2], [4], [1, 1, 1, 3], [5, 2]):
        shape = (2, 3, 3, sum(sizes))
        parts = [rng.normal(size=(*shape[:3], size)) for size in sizes]
        shapes = [part.shape for part in parts]
        result = f.raw(list(sizes), np.concatenate(parts, axis=-1))
        if not isinstance(result, (tuple, list)):
            f.broken(
                f"a {type(result).__name__} came back",
                "lrp_concat returns a list, one array for each input",
                "cut R into parts, and return the list of them",
            )
        if len(result) != len(sizes):
            f.broken(
                f"sizes {sizes}: {len(result)} arrays came back for {len(sizes)} inputs",
                "one array comes back for each input",
                "np.split cuts at places, not into sizes, and needs no cut at the very end",
            )
        out = _pair(f, result, shapes, "one array for each input")
        f.law(
            "back to where it came from",
            all(close(got, part, 1e-6) for got, part in zip(out, parts, strict=True)),
            f"sizes {sizes}: R was put together from parts, and other parts came back",
            "a Concatenate moves values and computes nothing: what it put together goes back as it was",
            "where do each input's channels begin, and where do they end?",
        )
    f.passed()


# Exercise 5

Plan = list[Node]


def _shared(inputs: list[int], keep: float, name: str) -> Node:
    return {"name": name, "kind": "share", "inputs": inputs, "keep": keep}


def _passed_on(inputs: list[int], name: str) -> Node:
    return {"name": name, "kind": "pass", "inputs": inputs}


def _graphs() -> list[tuple[str, Plan, list[tuple[int, ...]]]]:
    """Graphs of the naive kinds, and the shape of what each node makes."""
    image, mid = (2, 2, 3, 3), (2, 2, 2, 4)
    start: Node = {"name": "input", "kind": "input", "inputs": []}
    chain = [start, _shared([0], 0.9, "one"), _shared([1], 0.8, "two"), _shared([2], 0.7, "three")]
    fork = [start, _shared([0], 0.9, "stem"), _shared([1], 0.5, "left"), _passed_on([1], "right"),
            _shared([2, 3], 0.8, "join")]  # fmt: skip
    skip = [start, _shared([0], 0.9, "stem"), _passed_on([1], "a"), _shared([2, 1], 0.7, "b"),
            _passed_on([3], "c"), _shared([4, 1, 3], 0.8, "d")]  # fmt: skip
    twice = [start, _shared([0], 1.0, "stem"), _shared([1, 1], 0.6, "doubled")]
    dense = [start, _shared([0], 0.9, "stem"), _shared([1], 0.6, "one"), _shared([2, 1], 0.7, "two"),
             _shared([3, 2, 1], 0.8, "three"), _passed_on([4], "top")]  # fmt: skip
    return [
        ("a chain", chain, [image, mid, image, mid]),
        ("a fork and a join", fork, [image, mid, mid, mid, image]),
        ("forks over forks", skip, [image, mid, mid, mid, mid, mid]),
        ("one node read twice by another", twice, [image, mid, mid]),
        ("every node read by all behind it", dense, [image, mid, mid, mid, mid, mid]),
    ]


def check_lrp_graph(lrp_graph: Callable) -> None:
    """Laws of `lrp_graph(nodes, acts, R_out)`, on small graphs of the naive kinds "share" and "pass"."""
    f = Checked("lrp_graph", lrp_graph, returns="R and the trace")
    rng = np.random.default_rng(8)
    for about, nodes, shapes in _graphs():
        acts = [rng.normal(size=shape) for shape in shapes]
        R_out = rng.random(shapes[-1]) + 0.1

        def call(part: slice, R_out: NDArray = R_out, nodes: Plan = nodes, acts: list = acts) -> tuple[list, list]:
            return _walked(f, f.raw(nodes, [a[part] for a in acts], R_out[part]), nodes, [a[part] for a in acts])

        R, trace = call(slice(None))
        f.law(
            "the start",
            close(R[-1], R_out, 1e-9),
            f"{about}: R[-1] is not R_out",
            "relevance starts at the last node, as it was handed in",
            "does something add to the last entry, or change it in place?",
        )
        f.law(
            "what meets is added",
            close(_sums(R[0]), _due(nodes, acts, R_out), 1e-6),
            f"{about}: the sum at the image is not what all paths together carry there",
            "a node that several others read gets relevance from each of them: the sum of all",
            "what happens to what had arrived before? is every input of a node served, in the order of its inputs?",
        )
        _graph_laws(f, about, nodes, acts, R, trace)
        one, _ = call(slice(1, 2))
        f.law("batch independence", close(one[0], R[0][1:2]), "an image alone gets another map", ALONE, "mind axis 0")
        other, _ = call(slice(None), -2 * R_out)
        f.law("linearity in R", close(other[0], -2 * R[0]), f"{about}: not linear in R_out", LINEAR, "R is not judged")
    f.passed()


def _walked(f: Checked, result: Any, nodes: Plan, acts: list[NDArray]) -> tuple[list[NDArray], list[tuple]]:
    """R and the trace, if they have the right form."""
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        f.broken(
            f"a {type(result).__name__} came back", "lrp_graph returns two things: R and the trace", "return R, trace"
        )
    R, trace = result
    if not isinstance(R, (tuple, list)) or len(R) != len(nodes):
        f.broken(
            f"R is a {type(R).__name__} of length {len(R) if hasattr(R, '__len__') else 'unknown'}",
            "R is a list with one array for each node, in the order of the nodes",
            "start with a list of zeros, one array in the shape of each of acts",
        )
    return [f.array(r, a.shape) for r, a in zip(R, acts, strict=True)], _entries(f, trace, len(nodes), len(acts[0]))


def _entries(f: Checked, trace: Any, count: int, B: int) -> list[tuple]:
    """The entries of a trace, if there are ``count`` of the right form."""
    if not isinstance(trace, (tuple, list)) or len(trace) != count:
        f.broken(
            f"the trace is a {type(trace).__name__} of length {len(trace) if hasattr(trace, '__len__') else 'unknown'}",
            f"the trace has an entry for each of the {count} nodes, the image included",
            "append one entry per node on the way down",
        )
    if any(not isinstance(entry, (tuple, list)) or len(entry) != 4 for entry in trace):
        f.broken("an entry of the trace is no tuple of four", "an entry is (name, kind, got, gave)", "see the table")
    for name, kind, *both in trace:
        for what, values in zip(("got", "gave"), both, strict=True):
            if isinstance(values, (int, float, np.ndarray, np.generic)) and np.shape(values) != (B,):
                node = "the image" if str(kind) == "input" else name
                f.broken(
                    f"{what} of {node} has shape {np.shape(values)}, and ({B},) is due",
                    "got and gave are one number for each image, at the image, too",
                    "sums adds up image by image; who gives nothing gives a zero for each image",
                )
    return [(name, kind, f.array(got, (B,)), f.array(gave, (B,))) for name, kind, got, gave in trace]


def _due(nodes: Plan, acts: list[NDArray], R_out: NDArray) -> NDArray:
    """What arrives at the image, by adding up over paths: sums only, which is all that the naive kinds depend on."""
    at = [np.zeros(len(R_out)) for _ in nodes]
    at[-1] = _sums(R_out)
    for k in reversed(range(1, len(nodes))):
        size = [_sums(np.abs(acts[i])) for i in nodes[k]["inputs"]]
        for i, part in zip(nodes[k]["inputs"], size, strict=True):
            at[i] = at[i] + at[k] * nodes[k].get("keep", 1.0) * part / sum(size)
    return at[0]


def _graph_laws(f: Checked, about: str, nodes: Plan, acts: list[NDArray], R: list[NDArray], trace: list[tuple]) -> None:
    f.law(
        "the trace runs from the last node to the image",
        [entry[0] for entry in trace] == [node["name"] for node in nodes[::-1]],
        f"{about}: the names in the trace are not those of the nodes, last first",
        "the trace is written on the way down: last node first, the image last",
        "append when a node is done",
    )
    f.law(
        "kinds",
        [entry[1] for entry in trace] == [node["kind"] for node in nodes[::-1]],
        f"{about}: an entry of the trace has another kind than its node",
        "an entry is (name, kind, got, gave)",
        "take the kind from the node",
    )
    for (name, _, got, gave), node, r in zip(trace, nodes[::-1], R[::-1], strict=True):
        f.law(
            "got",
            close(got, _sums(r), 1e-6),
            f"{about}, node {name}: got is not the sum of the relevance at what the node makes, image by image",
            "got is the sum of all relevance that arrived at a node, signs included",
            "does a node come after all who read it? was an array changed after it was handed on (+= on a part)?",
        )
        keep = node.get("keep", 1.0) if node["inputs"] else 0.0
        f.law(
            "gave",
            close(gave, keep * got, 1e-6),
            f"{about}, node {name}: gave is not the sum of what it handed to its inputs",
            "gave is the sum over all parts that a node hands out; the image hands out nothing",
            "add up what hand_down returns, all of its parts",
        )
    for k, node in enumerate(nodes):
        above = [n for n in nodes if k in n["inputs"]]
        if len(above) == 1 and above[0]["kind"] == "pass":
            f.law(
                "pass is pass",
                close(R[k], R[nodes.index(above[0])], 1e-9),
                f"{about}: the relevance at {node['name']} is not that of the one node that reads it and passes it on",
                "what hand_down returns is what arrives",
                "arrays may be the same object: += changes both; R[i] = R[i] + part makes a new one",
            )


# Exercise 6


def tiny_resnet(seed: int) -> Any:
    """A Keras model in the manner of ResNet50: padding, convolutions with BatchNorm, two blocks with skips; softmax."""
    layers, rng = import_keras().layers, np.random.default_rng(seed)

    def conv_bn(x: Any, channels: int, size: int, name: str, **options: Any) -> Any:
        return _bn(layers.Conv2D(channels, size, name=f"{name}_conv", **options)(x), f"{name}_bn")

    image = import_keras().Input((9, 9, 3))
    x = layers.ZeroPadding2D(2, name="conv1_pad")(image)
    x = layers.Activation("relu", name="conv1_relu")(conv_bn(x, 6, 5, "conv1", strides=2))
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(layers.ZeroPadding2D(1, name="pool1_pad")(x))
    for block in (1, 2):
        skip = conv_bn(x, 8, 1, f"block{block}_0") if block == 1 else x
        inner = layers.Activation("relu", name=f"block{block}_1_relu")(conv_bn(x, 4, 1, f"block{block}_1"))
        inner = conv_bn(inner, 8, 3, f"block{block}_2", padding="same")
        x = layers.Activation("relu", name=f"block{block}_out")(layers.Add(name=f"block{block}_add")([skip, inner]))
    return _headed(image, x, rng)


def tiny_densenet(seed: int) -> Any:
    """A Keras model in the manner of DenseNet121: two dense layers, a transition, a dense layer; softmax."""
    layers, rng = import_keras().layers, np.random.default_rng(seed)

    def bn_relu(x: Any, name: str) -> Any:
        return layers.Activation("relu", name=f"{name}_relu")(_bn(x, f"{name}_bn"))

    def dense_layer(x: Any, name: str) -> Any:
        inner = layers.Conv2D(6, 1, use_bias=False, name=f"{name}_1_conv")(bn_relu(x, f"{name}_0"))
        inner = layers.Conv2D(3, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(bn_relu(inner, f"{name}_1"))
        return layers.Concatenate(axis=3, name=f"{name}_concat")([x, inner])

    image = import_keras().Input((8, 8, 3))
    x = layers.Conv2D(5, 3, strides=2, use_bias=False, name="conv1_conv")(layers.ZeroPadding2D(1, name="pad")(image))
    x = bn_relu(x, "conv1")
    for name in ("block1", "block2"):
        x = dense_layer(x, name)
    x = layers.Conv2D(6, 1, use_bias=False, name="pool2_conv")(bn_relu(x, "pool2"))
    x = dense_layer(layers.AveragePooling2D(2, strides=2, name="pool2_pool")(x), "block3")
    return _headed(image, bn_relu(x, "last"), rng)


def _bn(x: Any, name: str) -> Any:
    return import_keras().layers.BatchNormalization(axis=3, epsilon=0.02, name=name)(x)


def _headed(image: Any, x: Any, rng: np.random.Generator) -> Any:
    """The model with a head, and numbers in all weights in which a mistake would show."""
    layers = import_keras().layers
    h = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    model = import_keras().Model(image, layers.Dense(4, activation="softmax", name="predictions")(h))
    for layer in model.layers:
        shapes = [weight.shape for weight in layer.get_weights()]
        if type(layer).__name__ == "BatchNormalization":
            (n,) = shapes[0]
            gamma = rng.choice([1.0, 1.0, -1.0], n) * rng.uniform(0.6, 1.4, n)
            layer.set_weights([gamma, rng.normal(0, 0.4, n), rng.normal(0, 0.4, n), rng.uniform(0.05, 1.5, n)])
        elif shapes:
            fan = int(np.prod(shapes[0][:-1]))
            weights = [rng.normal(size=shapes[0]) * np.sqrt(2 / fan), *(rng.normal(0, 0.2, s) for s in shapes[1:])]
            layer.set_weights(weights)
    return model


KINDS = ("resnet50", "densenet121")


@cache
def _tiny(kind: str) -> tuple[Any, NDArray, NDArray, NDArray]:
    """A tiny network, images, classes, and its logits: those asked for have both signs, none near zero."""
    make = tiny_resnet if kind == "resnet50" else tiny_densenet
    for seed in range(100):
        model = make(seed)
        x = np.random.default_rng(seed + 500).normal(size=(3, *model.input_shape[1:]))
        logits = run_nodes(read_nodes(model), x)[-1][:, 0, 0]
        c = np.array([int(logits[0].argmax()), int(logits[1].argmin()), int(np.argsort(logits[2])[1])])
        chosen = logits[np.arange(3), c]
        if chosen[0] > 0.2 and chosen[1] < -0.2 and abs(chosen[2]) > 0.2 and len(set(c.tolist())) > 1:
            return model, x, c, logits
    raise RuntimeError("no tiny network found")


ZERO = ("eps", {"eps": TINY})
LRP_0 = {"conv": ZERO, "dense": ZERO, "avg": ZERO, "bn": ("merge", {})}
PLUS = {
    "first": ("flat", {}),
    "conv": ("ab", {"alpha": 1.0, "beta": 0.0}),
    "dense": ("eps", {"eps": 0.1}),
    "avg": ("plus", {}),
    "bn": ("pass", {}),
}


def check_networks(lrp_resnet50: Callable, lrp_densenet121: Callable) -> None:
    """Laws of `lrp_resnet50(model, x, c, rules)` and of `lrp_densenet121`, on tiny networks of their kinds."""
    check_lrp_resnet50(lrp_resnet50)
    check_lrp_densenet121(lrp_densenet121)


def check_lrp_resnet50(lrp_resnet50: Callable) -> None:
    """Laws of `lrp_resnet50(model, x, c, rules)`, on a tiny network with skips."""
    _network_laws("resnet50", lrp_resnet50)


def check_lrp_densenet121(lrp_densenet121: Callable) -> None:
    """Laws of `lrp_densenet121(model, x, c, rules)`, on a tiny network with concatenations."""
    _network_laws("densenet121", lrp_densenet121)


def _network_laws(kind: str, function: Callable) -> None:
    def through(function: Callable, x: NDArray, c: NDArray, rules: dict) -> Any:
        return function(_tiny(kind)[0], x, c, rules)

    f = Checked(f"lrp_{kind}", Through(function, through), returns="the map and the trace")
    model, x, c, logits = _tiny(kind)
    chosen = logits[np.arange(3), c]
    before = [weight.copy() for weight in model.get_weights()]

    def call(rules: dict, part: slice = slice(None)) -> tuple[NDArray, list[tuple]]:
        both = f.raw(x[part], c[part], rules)
        if not isinstance(both, (tuple, list)) or len(both) != 2:
            f.broken(
                f"a {type(both).__name__} came back", f"{f.name} returns the map and the trace", "return map, trace"
            )
        images = x[part]
        count = len(both[1]) if isinstance(both[1], (tuple, list)) else -1
        return f.array(both[0], images.shape[:3]), _entries(f, both[1], count, len(images))

    for about, rules in (("LRP-0", LRP_0), ("flat and alpha 1, beta 0", PLUS)):
        heat, trace = call(rules)
        f.law(
            "the start",
            close(trace[0][2], chosen, 1e-4),
            f"{about}: what the last node got is not the logit of class c[n]",
            "the walk starts from the logit of the class asked for, its sign included",
            "logits are acts[-1], (B, 1, 1, K); seed wants (B, K)",
        )
        kept = sum(got - gave for _, _, got, gave in trace)
        f.law(
            "the books balance",
            close(kept, chosen, 1e-4),
            f"{about}: what stays at all nodes and what arrives do not add up to the logit",
            "whatever a node got and did not hand on stays there; all of it together is the start",
            "does lrp_graph pass its check? return its trace as it is",
        )
        f.law(
            "the map",
            close(_sums(heat), trace[-1][2], 1e-6) and trace[-1][1] == "input",
            f"{about}: the map does not add up to what the image got",
            "the map is R[0] with its colours summed",
            "sum over the last axis, nothing else",
        )
        bns = [entry for entry in trace if entry[1] == "bn"]
        left = 0 if kind == "resnet50" or rules["bn"][0] == "merge" else 5
        f.law(
            "which BatchNorms are left",
            len(bns) == left,
            f"{about}: {len(bns)} BatchNorms are left in the trace, where {left} should be",
            "those behind a convolution fold left; the others merge with what follows, if the rule for bn is merge",
            "fold_all first; merge_all only for densenet121 and only if its rule asks for it",
        )
        f.law(
            "folded first",
            kind == "resnet50" or any(name == "block1_1_relu" for name, *_ in trace),
            f"{about}: a ReLU behind a BatchNorm that folds left has gone",
            "what folds left is folded first; only what is left then is merged with what follows",
            "fold_all, and then merge_all",
        )
        one, _ = call(rules, slice(1, 2))
        f.law("batch independence", close(one, heat[1:2], 1e-4), "an image alone gets another map", ALONE, "its own c?")
    heat, _ = call(LRP_0)
    f.law(
        "LRP-0 = gradient x input",
        close(heat, (x * _gradient(model, x, c)).sum(axis=-1), 5e-3),
        "epsilon tiny in every layer, BatchNorms folded or merged: the map is not gradient x input",
        "in a network of ReLUs LRP-0 is gradient x input, skips, concatenations and BatchNorms included",
        "do fold_bn, lrp_add, lrp_concat, lrp_merged and lrp_graph pass their checks?",
    )
    _, plus = call(PLUS)
    passed = all(close(gave, got, 1e-6) for _, name, got, gave in plus if name == "bn")
    first = [entry for entry in plus if entry[0] == "conv1_conv"]
    f.law(
        "the rules that were asked for",
        passed and len(first) == 1 and close(first[0][3], first[0][2], 1e-6),
        "flat at the pixels and pass at BatchNorms lose nothing, and here they do",
        "each node uses the rule that the composite names for its kind",
        "give_rules puts the rules into the nodes; hand its result to lrp_graph",
    )
    if kind == "densenet121":
        _, kept_bn = call(PLUS | {"bn": ("eps", {"eps": 1e-6})})
        f.law(
            "eps at the BatchNorms",
            any(not close(gave, got, 1e-3) for _, name, got, gave in kept_bn if name == "bn"),
            'with the rule "eps" for bn, the BatchNorms keep nothing for their offsets',
            "merge only if the rule for bn is merge; for pass and eps the BatchNorms stay nodes of their own",
            'compare rules["bn"][0] with "merge"',
        )
    same = all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))
    f.law("the model stays as it is", same, "the model's weights are others than before", "explaining changes no model",
          "work on the nodes")  # fmt: skip
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


def _some_trace(rng: np.random.Generator, B: int) -> list[tuple[str, str, NDArray, NDArray]]:
    """Books of a chain, which balance: what a node gives is what the next one gets; some sums are negative or grow."""
    kinds = ["dense", "avg", "relu", "add", "conv", "relu", "conv", "bn", "add", "conv", "input"]
    got, trace = rng.choice([-1.0, 1.0], B) * rng.uniform(2, 9, B), []
    for k, kind in enumerate(kinds):
        keeps = 0.0 if kind == "input" else 1.0 if kind == "relu" else rng.uniform(0.5, 1.3, B)
        gave = got * keeps
        trace.append((f"{kind}_{k}", kind, got, gave))
        got = gave
    return trace


def check_audit(audit: Callable) -> None:
    """Laws of `audit(trace)`."""
    f = Checked("audit", audit, returns="a dictionary")
    rng = np.random.default_rng(9)
    for B in (3, 1):
        trace = _some_trace(rng, B)

        def call(trace: list, B: int = B) -> dict[str, NDArray]:
            found = f.raw(trace)
            if not isinstance(found, dict):
                f.broken(
                    f"a {type(found).__name__} came back", "audit returns a dictionary: kind -> (B,)", "see the table"
                )
            kinds = {kind for _, kind, _, _ in trace}
            if set(found) != kinds:
                f.broken(
                    f"{len(found)} keys, where the trace has {len(kinds)} kinds",
                    "one entry for each kind of node in the trace, by its name",
                    "a kind that comes again adds to what is there already",
                )
            return {kind: f.array(values, (B,)) for kind, values in found.items()}

        found = call(trace)
        total = np.sum(list(found.values()), axis=0)
        f.law(
            "the books balance",
            close(total, np.ones(B), 1e-4),
            f"the shares of all kinds add up to {' / '.join(f'{part:.2f}' for part in total)}, image by image",
            "an image's shares add up to 1: what stays at nodes and what arrives is all that there was at the start",
            "shares of what? several nodes are of one kind; signs stay",
        )
        f.law(
            "what arrives",
            close(found["input"], trace[-1][2] / trace[0][2], 1e-4),
            'the share of "input" is not what arrives there over what there was at the start',
            "the image hands nothing on: what it got stays with it",
            "the first entry of the trace is the start",
        )
        f.law(
            "who hands on everything keeps nothing",
            not np.abs(found["relu"]).max() > 1e-5,
            "the ReLUs keep a share, though each of them gave what it got",
            "a node keeps got - gave",
            "not got alone, not gave alone",
        )
        for lone in ("dense", "avg", "bn"):
            _, _, got, gave = next(entry for entry in trace if entry[1] == lone)
            f.law(
                "a kind with one node",
                close(found[lone] * trace[0][2], got - gave, 1e-4),
                "of a kind with one node, the share times the start is not what this node kept",
                "shares are relative to the start, with their signs: who gave more than it got has a negative one",
                "not relative to the node, no abs, nothing cut off; got - gave, in that order",
            )
        other = call([(name, kind, -3 * got, -3 * gave) for name, kind, got, gave in trace])
        f.law(
            "shares, whatever the size",
            all(np.abs(other[kind] - found[kind]).max() < 1e-4 for kind in found),
            "with every number times -3 the shares change",
            "shares do not depend on the size or the sign of the logit",
            "divide by the start, its sign included",
        )
        renamed = [("x", *entry[1:]) for entry in trace]
        f.law(
            "names do not count",
            all(np.abs(call(renamed)[kind] - found[kind]).max() < 1e-4 for kind in found),
            "with other names the shares change",
            "nodes are added up by their kind",
            "mind which part is which",
        )
    two = _some_trace(np.random.default_rng(10), 2)
    alone = f.raw([(name, kind, got[1:], gave[1:]) for name, kind, got, gave in two])
    both = f.raw(two)
    same = all(np.abs(np.asarray(alone[kind]) - np.asarray(both[kind])[1:]).max() < 1e-4 for kind in both)
    f.law("batch independence", same, "an image alone has other shares", ALONE, "each image has a start of its own")
    f.passed()


# The bug hunt


def check_explain_block(explain_block: Callable) -> None:
    """Laws of `explain_block(a, W, b, bn, R)`: LRP-0 through y = relu(a + BN(a W + b)). First a law for each bug."""
    f = Checked("explain_block", explain_block, needed=False)
    rng = np.random.default_rng(12)
    one, zero = np.ones(4), np.zeros(4)
    gamma, mean, beta, b = rng.uniform(0.5, 2, 4), rng.normal(size=4), rng.normal(size=4), rng.normal(size=4) * 2
    even = {"gamma": 3 * one, "beta": zero, "mean": zero, "var": one, "eps": 0.02}
    uneven = even | {"gamma": gamma, "var": np.array([0.3, 2.0, 0.9, 1.5])}
    single = {
        "scales": (uneven, zero, True, "scales that differ, no biases, relevance only where z > 0",
                   "a BatchNorm scales each output channel of the layer by a factor of its own",
                   "which axis of a square kernel is the one of the outputs?"),
        "biases": (even, b, True, "a layer with biases, one scale for all channels, relevance only where z > 0",
                   "what the layer makes goes through the BatchNorm, its bias included",
                   "multiply out: what becomes of b?"),
        "closed ReLUs": (even, zero, False, "one scale for all channels, no biases, relevance where z < 0, too",
                         "ReLUs hand relevance through as it is", "does anything happen where z < 0?"),
    }  # fmt: skip
    holds = {}
    for name, (bn, bias, positive, *_) in single.items():
        cases = _block_cases(rng, bn, bias, positive)
        holds[name] = all(close(f(*args, shape=args[0].shape), due, 1e-3) for args, due in cases)
    good, bad = ([name for name in holds if holds[name] == wanted] for wanted in (True, False))
    progress = f"passes: {', '.join(good) or 'none'}; not yet: {', '.join(bad)}"
    for name, (*_, about, law, advice) in single.items():
        f.law(name, holds[name], f"{about}: not input times gradient ({progress})", law, advice)
    for args, due in _block_cases(rng, uneven | {"beta": beta, "mean": mean}, b, False):
        a, W, b, bn, R = args
        out = f(*args, shape=a.shape)
        f.law(
            "all at once",
            close(out, due, 1e-3),
            "with a mean and an offset, too: not input times gradient (passes: scales, biases, closed ReLUs)",
            "LRP-0 of a linear block is gradient x input",
            "did a repair change what becomes of mean and beta?",
        )
        alone = np.concatenate([f(a[k : k + 1], W, b, bn, R[k : k + 1], shape=(1, 4)) for k in range(len(a))])
        f.law("batch independence", close(out, alone), "an image alone gets another result", ALONE, "mind axis 0")
    f.passed()


def _block_cases(rng: np.random.Generator, bn: dict, b: NDArray, positive: bool) -> list[tuple[tuple, NDArray]]:
    """Arguments of `explain_block`, and input times gradient; relevance is 0 where z < 0 if ``positive``."""
    a, W = _block(rng, bn, b)

    def z(a: NDArray) -> NDArray:
        return a + batchnorm(a @ W + b, **bn)

    slope = np.stack([z(unit[None])[0] - z(np.zeros((1, 4)))[0] for unit in np.eye(4)])
    start = np.maximum(z(a), 0) if positive else z(a)
    starts = (start, start * np.array([1.0, 0.5, 2.0, 3.0]))
    return [((a, W, b, bn, R), a * ((R / z(a)) @ slope.T)) for R in starts]


def _block(rng: np.random.Generator, bn: dict, b: NDArray) -> tuple[NDArray, NDArray]:
    """a (5, 4) and W (4, 4): z of both signs, neither z nor the branch near zero."""
    while True:
        a, W = rng.normal(size=(5, 4)), rng.normal(size=(4, 4))
        branch = batchnorm(a @ W + b, **bn)
        z = a + branch
        if min(np.abs(z).min(), np.abs(branch).min()) > 0.1 and (z < 0).any() and (z > 0).any():
            return a, W
