"""LRP on dense layers, the NumPy reference of lab 6, in float64.

B batch, I inputs and J outputs of a layer, K classes. `a` (B, I) is the input of a layer, `z = a W + b` (B, J) its
pre-activation, `R` (B, J) the relevance at its output. Every rule returns the relevance at its input, (B, I).
x+ = max(x, 0), x- = min(x, 0); s(z) = +1 for z >= 0, else -1, so s(0) = +1.

Sources: Bach et al. (2015), On pixel-wise explanations for non-linear classifier decisions by LRP, PLoS ONE 10(7);
Montavon et al. (2017), Explaining nonlinear classification decisions with deep Taylor decomposition, Pattern
Recognition 65; Montavon et al. (2019), Layer-wise relevance propagation: an overview, in: Explainable AI, LNCS 11700.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
RuleSpec = tuple[str, dict]


def stabilise(z: ArrayLike, eps: float) -> Array:
    """Push z away from zero by eps: z + eps s(z), any shape, with s(0) = +1.

    Source: Bach et al. (2015), equation 58, where the sign at zero is +1.
    """
    z = np.asarray(z, dtype=np.float64)
    return z + eps * np.where(z >= 0, 1.0, -1.0)


def lrp_eps(a: Array, W: Array, b: Array, R: Array, eps: float) -> Array:
    """LRP-epsilon; eps = 0 is LRP-0: R_in = a * ((R / (z + eps s(z))) W^T).

    Shapes: a (B, I), W (I, J), b (J,), R (B, J) -> (B, I).
    Source: Bach et al. (2015), equation 58; Montavon et al. (2019), section 10.2.1.
    """
    return a * ((R / stabilise(a @ W + b, eps)) @ W.T)


def lrp_gamma(a: Array, W: Array, b: Array, R: Array, gamma: float, eps: float = 1e-9) -> Array:
    """LRP-gamma: LRP-epsilon with W + gamma W+ and b + gamma b+ in the place of W and b, for inputs a >= 0.

    Shapes: a (B, I), W (I, J), b (J,), R (B, J) -> (B, I).
    Source: Montavon et al. (2019), section 10.2.1.
    """
    return lrp_eps(a, W + gamma * np.maximum(W, 0), b + gamma * np.maximum(b, 0), R, eps)


def lrp_ab(a: Array, W: Array, b: Array, R: Array, alpha: float, beta: float, eps: float = 1e-9) -> Array:
    """LRP-alpha-beta with the bias convention "bach": z_a holds b+ and z_b holds b-.

    R_in = alpha (a+ W+ + a- W-) / z_a - beta (a+ W- + a- W+) / z_b, each term times R and summed over the outputs;
    z_a = a+ W+ + a- W- + b+ >= 0, z_b = a+ W- + a- W+ + b- <= 0, each stabilised by eps.

    Shapes: a (B, I), W (I, J), b (J,), R (B, J) -> (B, I).
    Source: Bach et al. (2015), equation 60, with the bias as one more input.
    """
    ap, an = np.maximum(a, 0), np.minimum(a, 0)
    Wp, Wn = np.maximum(W, 0), np.minimum(W, 0)
    up = R / stabilise(ap @ Wp + an @ Wn + np.maximum(b, 0), eps)
    down = R / stabilise(ap @ Wn + an @ Wp + np.minimum(b, 0), eps)
    return alpha * (ap * (up @ Wp.T) + an * (up @ Wn.T)) - beta * (ap * (down @ Wn.T) + an * (down @ Wp.T))


def lrp_zB(x: Array, W: Array, R: Array, lo: ArrayLike, hi: ArrayLike, eps: float = 1e-9) -> Array:
    """The box rule for inputs with lo <= x <= hi; without bias.

    R_in = sum over the outputs of (x W - lo W+ - hi W-) / (the same summed over the inputs) * R.

    Shapes: x (B, I), W (I, J), R (B, J), lo and hi (I,) or numbers, bounds of the preprocessed input -> (B, I).
    Source: Montavon et al. (2017), the z^B rule.
    """
    low, high = np.broadcast_to(lo, x.shape), np.broadcast_to(hi, x.shape)
    Wp, Wn = np.maximum(W, 0), np.minimum(W, 0)
    ratio = R / stabilise(x @ W - low @ Wp - high @ Wn, eps)
    return x * (ratio @ W.T) - low * (ratio @ Wp.T) - high * (ratio @ Wn.T)


def lrp_w2(W: Array, R: Array, eps: float = 1e-9) -> Array:
    """The w2 rule: shares W^2 / sum over the inputs of W^2, whatever the input was; without bias.

    An output whose weights are all zero keeps its relevance back: there is nothing to share it by.

    Shapes: W (I, J), R (B, J) -> (B, I).
    Source: Montavon et al. (2017), the w2 rule.
    """
    squared = W**2
    return (R / stabilise(squared.sum(axis=0), eps)) @ squared.T


def lrp_flat(W: Array, R: Array) -> Array:
    """The flat rule: each input gets an equal share, 1 / I, of every output's relevance.

    Shapes: W (I, J), which gives I, R (B, J) -> (B, I).
    Source: Lapuschkin et al. (2019), Unmasking Clever Hans predictors, Nature Communications 10, methods.
    """
    return np.repeat(R.sum(axis=1, keepdims=True) / W.shape[0], W.shape[0], axis=1)


def share_by_activation(a: Array, W: Array, b: Array, R: Array, keep: float = 1.0) -> Array:
    """The naive rule that the lab supplies to try the walk with: shares |a| / sum |a|, the weights ignored.

    ``keep`` is the part of the relevance that is handed on.

    Shapes: a (B, I), W (I, J), b (J,), R (B, J) -> (B, I).
    """
    size = np.abs(a)
    return keep * size / np.maximum(size.sum(axis=1, keepdims=True), 1e-12) * R.sum(axis=1, keepdims=True)


RULES: dict[str, Callable[..., Array]] = {
    "activation": share_by_activation,
    "eps": lrp_eps,
    "gamma": lrp_gamma,
    "ab": lrp_ab,
    "zB": lambda a, W, b, R, lo, hi: lrp_zB(a, W, R, lo, hi),
    "w2": lambda a, W, b, R: lrp_w2(W, R),
    "flat": lambda a, W, b, R: lrp_flat(W, R),
}


def mlp_forward(params: Sequence[tuple[Array, Array]], x: Array) -> list[Array]:
    """The inputs of the layers of an MLP with ReLU between them, then its logits: [x, a1, ..., logits].

    Shapes: params[l] = (W (I_l, J_l), b (J_l,)), x (B, I_0) -> L + 1 arrays, the last (B, K).
    """
    inputs = [np.asarray(x, dtype=np.float64)]
    for W, b in params[:-1]:
        inputs.append(np.maximum(inputs[-1] @ W + b, 0))
    W, b = params[-1]
    return [*inputs, inputs[-1] @ W + b]


def lrp_mlp(params: Sequence[tuple[Array, Array]], x: Array, c: ArrayLike, rules: Sequence[RuleSpec]) -> list[Array]:
    """LRP through an MLP with ReLU between its layers, from the logit of class c[i] of image i down to the input.

    Args:
        params: L pairs (W (I_l, J_l), b (J_l,)).
        x: (B, I_0).
        c: (B,) integers, the class to explain for each image.
        rules: L pairs (name, options), one for each layer, first layer first; names as in `RULES`.

    Returns:
        L + 1 arrays: the relevance at the input of each layer, and last the start, (B, K): the logit of class c[i] in
        column c[i] of row i, zero elsewhere.

    Source: Bach et al. (2015), equations 1 to 3; Montavon et al. (2019), section 10.1.
    """
    *inputs, logits = mlp_forward(params, x)
    rows = np.arange(len(logits))
    start = np.zeros_like(logits)
    start[rows, np.asarray(c)] = logits[rows, np.asarray(c)]
    trace = [start]
    for a, (W, b), (name, options) in zip(inputs[::-1], params[::-1], rules[::-1], strict=True):
        trace.insert(0, RULES[name](a, W, b, trace[0], **options))
    return trace


def gradient_x_input(params: Sequence[tuple[Array, Array]], x: Array, c: ArrayLike) -> Array:
    """Gradient of the logit of class c[i] times the input, (B, I_0), for an MLP with ReLU between its layers.

    Source: Shrikumar et al. (2017), Learning important features through propagating activation differences, ICML.
    """
    *inputs, logits = mlp_forward(params, x)
    gradient = np.eye(logits.shape[1])[np.asarray(c)]
    for a, (W, _) in zip(inputs[:0:-1], params[:0:-1], strict=True):
        gradient = (gradient @ W.T) * (a > 0)
    return inputs[0] * (gradient @ params[0][0].T)
