"""The methods by name, with iNNvestigate's names and its defaults where it has them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from autograder.reference.composite import (
    DECONVNET,
    GRADIENT,
    GUIDED,
    Composite,
    Predicate,
    conv,
    dense,
    first,
    kernel,
    lrp,
)
from autograder.reference.rules import AlphaBeta, Bias, Epsilon, Flat, Gamma, Pass, Rule, WSquare, ZBox, ZPlus
from toonlens.errors import UserError

Weighted = tuple[tuple[Predicate, Rule], ...]
BatchNorm = Literal["pass", "epsilon", "threshold"]


@dataclass(frozen=True)
class Method:
    """What is fixed about a method once its parameters are.

    Attributes:
        composite: the rule for every operation.
        start: the target's unit starts with its score ("score") or with 1 ("one").
        gates: take BatchNorm and ReLU into the kernel operation that follows, see `canonise`.
        times_input: multiply the map by the image at the end.
    """

    composite: Composite
    start: Literal["score", "one"] = "score"
    gates: bool = False
    times_input: bool = False


_GRADIENTS: dict[str, Method] = {
    "gradient": Method(GRADIENT, start="one"),
    "input_t_gradient": Method(GRADIENT, start="one", times_input=True),
    "deconvnet": Method(DECONVNET),
    "guided_backprop": Method(GUIDED),
}


def _preset(alpha: float, beta: float, epsilon: float, bias: Bias, flat: bool) -> Weighted:
    at_first: Weighted = ((first, Flat()),) if flat else ()
    return (*at_first, (dense, Epsilon(epsilon)), (conv, AlphaBeta(alpha, beta, bias)))


def _zbox(low: Sequence[float], high: Sequence[float], epsilon: float = 1e-7) -> Weighted:
    return ((first, ZBox(tuple(map(float, low)), tuple(map(float, high)))), (kernel, Epsilon(epsilon)))


# the rules for the operations with weights; the rest of the composite is the same for all
_LRP: dict[str, Callable[..., Weighted]] = {
    "lrp.z": lambda: ((kernel, Epsilon(0)),),
    "lrp.epsilon": lambda epsilon=1e-7: ((kernel, Epsilon(epsilon)),),
    "lrp.gamma": lambda gamma=0.25: ((kernel, Gamma(gamma)),),
    "lrp.alpha_beta": lambda alpha, beta, bias="full": ((kernel, AlphaBeta(alpha, beta, bias)),),
    "lrp.alpha_1_beta_0": lambda bias="full": ((kernel, AlphaBeta(1, 0, bias)),),
    "lrp.alpha_2_beta_1": lambda bias="full": ((kernel, AlphaBeta(2, 1, bias)),),
    "lrp.z_plus": lambda: ((kernel, ZPlus()),),
    "lrp.w_square": lambda: ((kernel, WSquare()),),
    "lrp.flat": lambda: ((kernel, Flat()),),
    "lrp.zbox": _zbox,
    "lrp.sequential_preset_a": lambda epsilon=0.1, bias="full": _preset(1, 0, epsilon, bias, flat=False),
    "lrp.sequential_preset_a_flat": lambda epsilon=0.1, bias="full": _preset(1, 0, epsilon, bias, flat=True),
    "lrp.sequential_preset_b": lambda epsilon=0.1, bias="full": _preset(2, 1, epsilon, bias, flat=False),
    "lrp.sequential_preset_b_flat": lambda epsilon=0.1, bias="full": _preset(2, 1, epsilon, bias, flat=True),
}

# Flat and W^2 do not hand on relevance in proportion to x, so sums and averages in front of them share equally
_EQUAL_SHARES: dict[str, Rule] = {"lrp.w_square": WSquare(), "lrp.flat": Flat()}
# these divide by z, and need BatchNorm taken in exactly; all others divide by the positive part, and averages must, too
_BY_Z = ("lrp.z", "lrp.epsilon", "lrp.gamma", "lrp.zbox")

METHODS: tuple[str, ...] = (*_GRADIENTS, *_LRP)


def method_from_name(name: str, params: dict[str, Any]) -> Method:
    """The method called `name` with these parameters.

    Every LRP method has the parameter `batchnorm`, for a BatchNorm that no neighbour can take in exactly
    (those of DenseNet that follow a concatenation and feed a ReLU):

    - "pass": relevance goes through it unchanged, as through an activation. Nothing is lost; but a rule that divides
      by z then meets relevance that is not in proportion to z any more, and blows up.
    - "epsilon": the epsilon rule on the BatchNorm alone, whose offset takes its share.
    - "threshold": BatchNorm and ReLU become part of the operation that follows (see `graph.Gate`). LRP-0 is then
      input times gradient, as it must be.

    So "threshold" is the default where kernels divide by z (z, epsilon, gamma, zbox), "pass" for all others.

    Raises:
        UserError: no such method or parameter, a parameter missing or out of range.
    """
    if name in _GRADIENTS:
        _check_parameters(name, params, {})
        return _GRADIENTS[name]
    if name not in _LRP:
        raise UserError(f"no method called {name!r}; there are: {', '.join(METHODS)}")
    accepted = {key: about.default for key, about in inspect.signature(_LRP[name]).parameters.items()}
    usual = "threshold" if name in _BY_Z else "pass"
    _check_parameters(name, params, accepted | {"batchnorm": usual})
    batchnorm: BatchNorm = params.get("batchnorm", usual)
    if batchnorm not in get_args(BatchNorm):
        raise UserError(f"batchnorm must be one of {', '.join(get_args(BatchNorm))}, not {batchnorm!r}")
    weighted = _LRP[name](**{key: value for key, value in params.items() if key != "batchnorm"})
    composite = lrp(
        *weighted,
        batchnorm=Epsilon(1e-6) if batchnorm == "epsilon" else Pass(),
        sums=_EQUAL_SHARES.get(name, Epsilon(0)),
        averages=_EQUAL_SHARES.get(name, Epsilon(0) if name in _BY_Z else ZPlus()),
    )
    return Method(composite, gates=batchnorm == "threshold")


def _check_parameters(name: str, params: dict[str, Any], accepted: dict[str, Any]) -> None:
    for key in params:
        if key not in accepted:
            raise UserError(f"{name} has no parameter {key!r}; it has: {', '.join(accepted) or 'none'}")
    missing = [key for key, default in accepted.items() if default is inspect.Parameter.empty and key not in params]
    if missing:
        raise UserError(f"{name} needs {' and '.join(missing)}")
