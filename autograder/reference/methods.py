"""The methods by name, with the names and defaults of iNNvestigate, or of zennit for its composites."""

from __future__ import annotations

import inspect
from collections.abc import Callable
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
from autograder.reference.maps import Arrived, GradCam, Noise, Path, TimesInput
from autograder.reference.rules import AlphaBeta, Epsilon, Flat, Gamma, Pass, Rule, WSquare, ZBox, ZPlus
from toonlens.errors import UserError

Weighted = tuple[tuple[Predicate, Rule], ...]
BatchNorm = Literal["pass", "epsilon", "threshold"]
ARRIVED = Arrived()


@dataclass(frozen=True)
class Method:
    """What is fixed about a method once its parameters are.

    Attributes:
        composite: the rule for every operation.
        start: the target's unit starts with its score ("score") or with 1 ("one").
        gates: take BatchNorm and ReLU into the kernel operation that follows, see `canonise`.
        readout: what is read off where the walk ends.
        average: average over walks from other images than x; None for a single walk from x.
    """

    composite: Composite
    start: Literal["score", "one"] = "score"
    gates: bool = False
    readout: Arrived = ARRIVED
    average: Path | Noise | None = None


_OTHERS: dict[str, Callable[..., Method]] = {
    "gradient": lambda: Method(GRADIENT, start="one"),
    "input_t_gradient": lambda: Method(GRADIENT, start="one", readout=TimesInput()),
    "integrated_gradients": lambda steps=64, reference=0.0: Method(
        GRADIENT, start="one", average=Path(steps, reference)
    ),
    "smoothgrad": lambda samples=64, noise_level=0.1, seed=0: Method(
        GRADIENT, start="one", average=Noise(samples, noise_level, seed)
    ),
    "grad_cam": lambda layer=None: Method(GRADIENT, start="one", readout=GradCam(layer)),
    "deconvnet": lambda: Method(DECONVNET),
    "guided_backprop": lambda: Method(GUIDED),
}


def _dense_conv(epsilon: float, rule: Rule, at_first: Rule | None = None) -> Weighted:
    """Epsilon for Dense layers, `rule` for convolutions, `at_first` for the first operations with weights."""
    return (*(((first, at_first),) if at_first else ()), (dense, Epsilon(epsilon)), (conv, rule))


# the rules for the operations with weights, that of most convolutions last; the rest of the composite follows from them
_LRP: dict[str, Callable[..., Weighted]] = {
    "lrp.z": lambda: ((kernel, Epsilon(0)),),
    "lrp.epsilon": lambda epsilon=1e-7: ((kernel, Epsilon(epsilon)),),
    "lrp.gamma": lambda gamma=0.25, bias="bach": ((kernel, Gamma(gamma, bias)),),
    "lrp.alpha_beta": lambda alpha, beta, bias="full": ((kernel, AlphaBeta(alpha, beta, bias)),),
    "lrp.alpha_1_beta_0": lambda bias="full": ((kernel, AlphaBeta(1, 0, bias)),),
    "lrp.alpha_2_beta_1": lambda bias="full": ((kernel, AlphaBeta(2, 1, bias)),),
    "lrp.z_plus": lambda: ((kernel, ZPlus()),),
    "lrp.w_square": lambda: ((kernel, WSquare()),),
    "lrp.flat": lambda: ((kernel, Flat()),),
    "lrp.zbox": lambda low, high, epsilon=1e-7: ((first, ZBox(low, high)), (kernel, Epsilon(epsilon))),
    # iNNvestigate's
    "lrp.sequential_preset_a": lambda epsilon=0.1, bias="full": _dense_conv(epsilon, AlphaBeta(1, 0, bias)),
    "lrp.sequential_preset_a_flat": lambda epsilon=0.1, bias="full": _dense_conv(
        epsilon, AlphaBeta(1, 0, bias), Flat()
    ),
    "lrp.sequential_preset_b": lambda epsilon=0.1, bias="full": _dense_conv(epsilon, AlphaBeta(2, 1, bias)),
    "lrp.sequential_preset_b_flat": lambda epsilon=0.1, bias="full": _dense_conv(
        epsilon, AlphaBeta(2, 1, bias), Flat()
    ),
    # zennit's
    "lrp.epsilon_plus": lambda epsilon=1e-6, bias="bach": _dense_conv(epsilon, AlphaBeta(1, 0, bias)),
    "lrp.epsilon_plus_flat": lambda epsilon=1e-6, bias="bach": _dense_conv(epsilon, AlphaBeta(1, 0, bias), Flat()),
    "lrp.epsilon_alpha2_beta1": lambda epsilon=1e-6, bias="bach": _dense_conv(epsilon, AlphaBeta(2, 1, bias)),
    "lrp.epsilon_alpha2_beta1_flat": lambda epsilon=1e-6, bias="bach": _dense_conv(
        epsilon, AlphaBeta(2, 1, bias), Flat()
    ),
    "lrp.epsilon_gamma_box": lambda low, high, epsilon=1e-6, gamma=0.25, bias="bach": _dense_conv(
        epsilon, Gamma(gamma, bias), ZBox(low, high)
    ),
}

METHODS: tuple[str, ...] = (*_OTHERS, *_LRP)


def method_from_name(name: str, params: dict[str, Any]) -> Method:
    """The method called `name` with these parameters.

    The gradient family and the deconvnet, see `maps` and `rules`:

    - gradient, input_t_gradient, deconvnet, guided_backprop: no parameters;
    - integrated_gradients: `steps` = 64, `reference` = 0, see `maps.Path`;
    - smoothgrad: `samples` = 64, `noise_level` = 0.1, `seed` = 0, see `maps.Noise`;
    - grad_cam: `layer`, see `maps.GradCam`.

    LRP with one rule (lrp.z to lrp.zbox) and the composites: iNNvestigate's presets a and b (epsilon 0.1 for Dense
    layers; alpha-beta 1, 0 or 2, 1 with the full bias for convolutions), zennit's epsilon_plus, epsilon_alpha2_beta1
    (epsilon 1e-6; the same alpha and beta with the bias as in Bach et al.), each with Flat at the first layer if the
    name says so, and epsilon_gamma_box (epsilon 1e-6, gamma 0.25, and ZBox at the first layer).
    `bias` ("bach", "full" or "none") is the convention of alpha-beta and gamma, see `rules`.

    Where zennit and this differ: zennit adds a stabiliser of 1e-6 to every denominator, here only epsilon is added, and
    0 / 0 is 0; zennit shares by the epsilon rule at sums and averages, here LRP-0 at sums and, behind alpha-beta, z+ at
    averages, the same for inputs that are not negative; zennit takes the first layer in the order of definition,
    here it is every one that the input reaches first.

    Every LRP method has the parameter `batchnorm`, for a BatchNorm that no neighbour can take in exactly
    (those of DenseNet that follow a concatenation and feed a ReLU):

    - "pass": relevance goes through it unchanged, as through an activation. Nothing is lost; but a rule that divides
      by z then meets relevance that is not in proportion to z any more, and blows up.
    - "epsilon": the epsilon rule on the BatchNorm alone, whose offset takes its share.
    - "threshold": BatchNorm and ReLU become part of the operation that follows (see `graph.Gate`). LRP-0 is then
      input times gradient, as it must be.

    So "threshold" is the default where convolutions divide by z (z, epsilon, gamma, zbox, epsilon_gamma_box), "pass"
    for all others. On the drawn characters (`python bench/evaluate.py batchnorm`, docs/evaluation.md) pixel flipping
    tells 0.338 for lrp.gamma with "threshold" from 0.089 with "pass"; "epsilon" has 0.314. Without a division by z the
    ways differ little: 0.303 for preset A flat with "pass", 0.293 with "threshold", 0.263 with "epsilon", intervals of
    0.1; lrp.alpha_1_beta_0 alone has a little more relevance on the character with "epsilon" than with "pass" (2.09 and
    1.99 times chance). "pass" loses least (docs/conservation.md).

    Raises:
        UserError: no such method or parameter, a parameter missing or out of range.
    """
    if name in _OTHERS:
        _check_parameters(name, params, _parameters(_OTHERS[name]))
        return _OTHERS[name](**params)
    if name not in _LRP:
        raise UserError(f"no method called {name!r}; there are: {', '.join(METHODS)}")
    _check_parameters(name, params, _parameters(_LRP[name]) | {"batchnorm": None})
    weighted = _LRP[name](**{key: value for key, value in params.items() if key != "batchnorm"})
    _, rule = weighted[-1]
    by_z = isinstance(rule, Epsilon | Gamma)
    batchnorm: BatchNorm = params.get("batchnorm", "threshold" if by_z else "pass")
    if batchnorm not in get_args(BatchNorm):
        raise UserError(f"batchnorm must be one of {', '.join(get_args(BatchNorm))}, not {batchnorm!r}")
    # Flat and W^2 do not hand on relevance in proportion to x, so sums and averages in front of them share equally;
    # alpha-beta divides by the positive part, and averages in front of it must, too
    equally = rule if isinstance(rule, Flat | WSquare) else None
    composite = lrp(
        *weighted,
        batchnorm=Epsilon(1e-6) if batchnorm == "epsilon" else Pass(),
        sums=equally or Epsilon(0),
        averages=equally or (Epsilon(0) if by_z else ZPlus()),
    )
    return Method(composite, gates=batchnorm == "threshold")


def _parameters(make: Callable[..., Any]) -> dict[str, Any]:
    """Names and defaults."""
    return {key: about.default for key, about in inspect.signature(make).parameters.items()}


def _check_parameters(name: str, params: dict[str, Any], accepted: dict[str, Any]) -> None:
    for key in params:
        if key not in accepted:
            raise UserError(f"{name} has no parameter {key!r}; it has: {', '.join(accepted) or 'none'}")
    missing = [key for key, default in accepted.items() if default is inspect.Parameter.empty and key not in params]
    if missing:
        raise UserError(f"{name} needs {' and '.join(missing)}")
