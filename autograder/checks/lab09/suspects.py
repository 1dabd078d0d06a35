"""The implementations that hidden checks hand to a student's tests, as functions in the grader's process.

A test calls them by messages (`toonlens.trial`), so that a student's process sees arguments and results and
nothing else: no source, no name, and an order that is drawn anew each time. Parameters of wrong ones are drawn, too.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.lab09 import reference

Rule = Callable[..., Any]
Maker = Callable[[np.random.Generator], Rule]


def sign(z: NDArray) -> NDArray:
    return np.where(z >= 0, 1.0, -1.0)


def eps_rule(a: Any, W: Any, b: Any, R: Any, eps: Any, z: Any = None, s: Any = None) -> NDArray:
    """The epsilon rule, with a z or a sign of one's own."""
    z = a @ W + b if z is None else z
    s = sign(z) if s is None else s
    return a * ((R / (z + eps * s)) @ np.transpose(W))


# Right ones


def plain(_: np.random.Generator) -> Rule:
    return reference.lrp_eps


def by_shares(_: np.random.Generator) -> Rule:
    def f(a, W, b, R, eps):
        parts = np.asarray(a, np.float64)[:, :, None] * W
        z = parts.sum(axis=1) + b
        return np.einsum("bij,bj->bi", parts, R / (z + eps * sign(z)))

    return f


def single(_: np.random.Generator) -> Rule:
    def f(a, W, b, R, eps):
        a, W, b, R = (np.asarray(v, np.float32) for v in (a, W, b, R))
        return eps_rule(a, W, b, R, np.float32(eps)).astype(np.float32)

    return f


def loops(_: np.random.Generator) -> Rule:
    def f(a, W, b, R, eps):
        found = np.zeros(np.shape(a))
        for n, j in np.ndindex(*np.shape(R)):
            z = sum(a[n, i] * W[i, j] for i in range(len(W))) + b[j]
            for i in range(len(W)):
                found[n, i] += a[n, i] * W[i, j] * R[n, j] / (z + (eps if z >= 0 else -eps))
        return found

    return f


def bias_as_input(_: np.random.Generator) -> Rule:
    """The bias is an input that is always 1; the result in another order of memory."""

    def f(a, W, b, R, eps):
        more = np.concatenate([a, np.ones((len(a), 1))], axis=1)
        both = np.concatenate([W, np.reshape(b, (1, -1))])
        return np.asfortranarray(eps_rule(more, both, 0.0, R, eps)[:, :-1])

    return f


BASIC: tuple[Maker, ...] = (plain, by_shares)
UNUSUAL: tuple[Maker, ...] = (single, loops, bias_as_input)

# Wrong ones, by what they are wrong about


def less_bias(rng: np.random.Generator) -> Rule:
    part = rng.uniform(0.0, 0.5)
    return lambda a, W, b, R, eps: eps_rule(a, W, b, R, eps, z=a @ W + part * b)


def more_bias(rng: np.random.Generator) -> Rule:
    part = rng.uniform(1.5, 2.0)
    return lambda a, W, b, R, eps: eps_rule(a, W, b, R, eps, z=a @ W + part * b)


def one_sided_bias(rng: np.random.Generator) -> Rule:
    keep = np.maximum if rng.integers(2) else np.minimum
    return lambda a, W, b, R, eps: eps_rule(a, W, b, R, eps, z=a @ W + keep(b, 0))


def bias_handed_back(_: np.random.Generator) -> Rule:
    """What the bias took is spread over the inputs."""

    def f(a, W, b, R, eps):
        z = a @ W + b
        lost = (b * R / (z + eps * sign(z))).sum(axis=1, keepdims=True)
        return eps_rule(a, W, b, R, eps) + lost / np.shape(a)[1]

    return f


def no_eps(_: np.random.Generator) -> Rule:
    return lambda a, W, b, R, eps: eps_rule(a, W, b, R, 1e-12)


def smaller_eps(rng: np.random.Generator) -> Rule:
    part = rng.uniform(0.05, 0.4)
    return lambda a, W, b, R, eps: eps_rule(a, W, b, R, part * eps)


def relative_eps(_: np.random.Generator) -> Rule:
    return lambda a, W, b, R, eps: eps_rule(a, W, b, R, eps * np.abs(a @ W + b))


def sign_of_relevance(_: np.random.Generator) -> Rule:
    return lambda a, W, b, R, eps: eps_rule(a, W, b, R, eps, s=sign(R))


def numpy_sign(_: np.random.Generator) -> Rule:
    def f(a, W, b, R, eps):
        with np.errstate(all="ignore"):
            return eps_rule(a, W, b, R, eps, s=np.sign(a @ W + b))

    return f


def negative_zero(_: np.random.Generator) -> Rule:
    return lambda a, W, b, R, eps: eps_rule(a, W, b, R, eps, s=np.where(a @ W + b > 0, 1.0, -1.0))


def silent_at_zero(_: np.random.Generator) -> Rule:
    return lambda a, W, b, R, eps: eps_rule(a, W, b, R * (a @ W + b != 0), eps)


def mean_of_batch(_: np.random.Generator) -> Rule:
    def f(a, W, b, R, eps):
        z = np.mean(a @ W + b, axis=0, keepdims=True)
        return eps_rule(a, W, b, R, eps, z=np.broadcast_to(z, np.shape(R)))

    return f


def one_for_all(rng: np.random.Generator) -> Rule:
    """The denominators of one image, for all."""
    last = bool(rng.integers(2))

    def f(a, W, b, R, eps):
        z = a @ W + b
        return eps_rule(a, W, b, R, eps, z=np.broadcast_to(z[-1:] if last else z[:1], z.shape))

    return f


def shared_total(_: np.random.Generator) -> Rule:
    """Each image gets the mean of the images' sums."""

    def f(a, W, b, R, eps):
        found = eps_rule(a, W, b, R, eps)
        sums = found.sum(axis=1, keepdims=True)
        return found - sums / np.shape(a)[1] + sums.mean() / np.shape(a)[1]

    return f


def next_image(_: np.random.Generator) -> Rule:
    return lambda a, W, b, R, eps: eps_rule(a, W, b, np.roll(R, 1, axis=0), eps)


def magnitude_of_input(_: np.random.Generator) -> Rule:
    return lambda a, W, b, R, eps: np.sign(a) * eps_rule(a, W, b, R, eps)


def positive_inputs(_: np.random.Generator) -> Rule:
    return lambda a, W, b, R, eps: eps_rule(a, W, b, R, eps) * (a > 0)


def after_relu(_: np.random.Generator) -> Rule:
    return lambda a, W, b, R, eps: eps_rule(a, W, b, R, eps, z=np.maximum(a @ W + b, 0))


def positive_relevance(_: np.random.Generator) -> Rule:
    return lambda a, W, b, R, eps: eps_rule(a, W, b, np.maximum(R, 0), eps)


def positive_weights_back(_: np.random.Generator) -> Rule:
    return lambda a, W, b, R, eps: eps_rule(a, np.maximum(W, 0), b, R, eps, z=a @ W + b)


def rescaled(_: np.random.Generator) -> Rule:
    """Made to sum up to what arrived."""

    def f(a, W, b, R, eps):
        found = eps_rule(a, W, b, R, eps)
        total = found.sum(axis=1, keepdims=True)
        return found * np.sum(R, axis=1, keepdims=True) / (total + 1e-12 * sign(total))

    return f


def by_magnitude(_: np.random.Generator) -> Rule:
    """Shares by the magnitude of the contributions: nothing of the bias, and no sign."""

    def f(a, W, b, R, eps):
        parts = np.abs(np.asarray(a)[:, :, None] * W)
        return (parts / (parts.sum(axis=1, keepdims=True) + eps) * np.asarray(R)[:, None]).sum(axis=2)

    return f


def without_input(_: np.random.Generator) -> Rule:
    return lambda a, W, b, R, eps: eps_rule(np.ones_like(a, dtype=np.float64), W, b, R, eps, z=a @ W + b)


def twice_divided(_: np.random.Generator) -> Rule:
    def f(a, W, b, R, eps):
        z = a @ W + b
        return eps_rule(a, W, b, R / (1 + np.abs(z)), eps)

    return f


def weights_in_place(_: np.random.Generator) -> Rule:
    """Turns the signs of the weights for a moment, and forgets to turn them back."""

    def f(a, W, b, R, eps):
        W *= -1
        return eps_rule(a, -W, b, R, eps)

    return f


def multiplies_in_place(_: np.random.Generator) -> Rule:
    def f(a, W, b, R, eps):
        z = a @ W + b
        a *= (R / (z + eps * sign(z))) @ W.T
        return a

    return f


def adds_in_place(_: np.random.Generator) -> Rule:
    """The bias is moved by eps, and stays moved."""

    def f(a, W, b, R, eps):
        found = eps_rule(a, W, b, R, eps)
        b += eps
        return found

    return f


def square_kernel(_: np.random.Generator) -> Rule:
    """Forgets to transpose where nothing complains."""

    def f(a, W, b, R, eps):
        if np.shape(W)[0] != np.shape(W)[1]:
            return eps_rule(a, W, b, R, eps)
        z = a @ W + b
        return a * ((R / (z + eps * sign(z))) @ W)

    return f


def one_input_off(rng: np.random.Generator) -> Rule:
    factor = 1 + rng.uniform(0.05, 0.2) * rng.choice([-1, 1])
    last = bool(rng.integers(2))

    def f(a, W, b, R, eps):
        found = eps_rule(a, W, b, R, eps)
        found[:, -1 if last else 0] *= factor
        return found

    return f


def drops_inputs(_: np.random.Generator) -> Rule:
    """Where there are more inputs than outputs the last ones get nothing."""

    def f(a, W, b, R, eps):
        found = eps_rule(a, W, b, R, eps)
        found[:, np.shape(W)[1] :] = 0
        return found

    return f


def single_image(_: np.random.Generator) -> Rule:
    """One image comes back without its batch axis."""
    return lambda a, W, b, R, eps: (
        np.squeeze(eps_rule(a, W, b, R, eps), axis=0) if len(a) == 1 else eps_rule(a, W, b, R, eps)
    )


def zeros(_: np.random.Generator) -> Rule:
    return lambda a, W, b, R, eps: np.zeros(np.shape(a))


def undivided(_: np.random.Generator) -> Rule:
    return lambda a, W, b, R, eps: np.asarray(R) @ np.transpose(W)


def scaled(rng: np.random.Generator) -> Rule:
    factor = rng.uniform(1.3, 3.0) * rng.choice([-1, 1])
    return lambda a, W, b, R, eps: factor * eps_rule(a, W, b, R, eps)


WRONG: dict[str, tuple[Maker, ...]] = {
    "bias": (less_bias, more_bias, one_sided_bias, bias_handed_back),
    "eps": (no_eps, smaller_eps, relative_eps, sign_of_relevance),
    "zero": (numpy_sign, negative_zero, silent_at_zero),
    "batch": (mean_of_batch, one_for_all, shared_total, next_image),
    "signs": (magnitude_of_input, positive_inputs, after_relu, positive_relevance, positive_weights_back),
    "shares": (rescaled, by_magnitude, without_input, twice_divided),
    "arguments": (weights_in_place, multiplies_in_place, adds_in_place),
    "places": (square_kernel, one_input_off, drops_inputs, single_image),
    "blatant": (zeros, undivided, scaled),
}

# For the bug hunt: alpha-beta without bias, f(a, W, R, alpha, beta)


def ab(a: Any, W: Any, R: Any, alpha: float, beta: float) -> NDArray:
    return reference.lrp_ab(a, W, np.zeros(np.shape(W)[1]), R, alpha, beta, "none")


def ab_plain(_: np.random.Generator) -> Rule:
    return ab


def ab_off(factor: float) -> Maker:
    """Every value a little too large, or too small."""
    return lambda _: lambda *args: factor * ab(*args)


def ab_rounded(up: bool) -> Maker:
    """As single precision may round: sums are off by some 1e-6, all upwards or all downwards."""
    return lambda _: lambda a, W, R, alpha, beta: ab(a, W, R, alpha, beta) + (1e-6 if up else -1e-6) * np.mean(R)


def ab_mixed(_: np.random.Generator) -> Rule:
    """Images swap what they hand on; the sum over the batch stays."""

    def f(a, W, R, alpha, beta):
        found = ab(a, W, R, alpha, beta)
        sums = found.sum(axis=1, keepdims=True)
        return found + (np.roll(sums, 1, axis=0) - sums) / np.shape(a)[1]

    return f


def ab_too_small(rng: np.random.Generator) -> Rule:
    return ab_off(float(rng.uniform(0.5, 0.9)))(rng)


def ab_one_image(place: Callable[[int], int]) -> Maker:
    """Too much in one of several images, and all others as they should be."""

    def make(_: np.random.Generator) -> Rule:
        def f(a, W, R, alpha, beta):
            found = ab(a, W, R, alpha, beta)
            B, I = found.shape
            if B > 1:
                found[place(B)] += (0.5 + np.abs(found[place(B)].sum())) / I
            return found

        return f

    return make


ab_first_image, ab_middle_image, ab_last_image = map(ab_one_image, (lambda B: 0, lambda B: B // 2, lambda B: B - 1))


def ab_without_parameters(_: np.random.Generator) -> Rule:
    """LRP-0: what arrives is handed on, whatever alpha and beta are."""
    return lambda a, W, R, alpha, beta: ab(a, W, R, 1.0, 0.0)


def ab_slightly_too_small(rng: np.random.Generator) -> Rule:
    """By a few hundredths: far more than rounding."""
    return ab_off(float(rng.uniform(0.95, 0.97)))(rng)


def ab_beta_twice(_: np.random.Generator) -> Rule:
    return lambda a, W, R, alpha, beta: ab(a, W, R, alpha, 2 * beta)


def ab_too_large(rng: np.random.Generator) -> Rule:
    return ab_off(float(rng.uniform(1.2, 3.0)))(rng)
