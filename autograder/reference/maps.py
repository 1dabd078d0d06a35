"""From walks to a map: what is read off where a walk ends, and the methods that average over many walks.

A walk runs the network forward and its rules backward, from the score down to one tensor. There it leaves x, the
images; a, the tensor's values; and r, what arrived at it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from autograder.reference.graph import Activation, Graph, Tensor
from autograder.reference.rules import check_number
from toonlens.errors import UserError

# -- read off one walk -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arrived:
    """What arrived at the image: r."""

    def end(self, graph: Graph, tensors: dict[int, Tensor]) -> int:
        """The number of the tensor at which the walk ends; `tensors` are those of the forward pass."""
        return 0

    def __call__(self, x: Tensor, a: Tensor, r: Tensor) -> Tensor:
        return r


@dataclass(frozen=True)
class TimesInput(Arrived):
    """x * r."""

    def __call__(self, x: Tensor, a: Tensor, r: Tensor) -> Tensor:
        return x * r


@dataclass(frozen=True)
class GradCam(Arrived):
    """max(sum over k of w_k a_k, 0), with w_k the mean of the gradient r_k over the positions of feature map k.

    The walk ends at the output of `layer`, after its activation if it has one; default: the last activation whose
    output is still an image (the rectified last convolution of VGG16, the last block of ResNet50 and DenseNet121).
    The map of that size is enlarged to (H, W), bilinearly with pixel centres aligned, and divided equally among
    the C channels of the image, so that the sum over them is Grad-CAM.

    Selvaraju et al. 2017, Grad-CAM: visual explanations from deep networks via gradient-based localization,
    equations 1 and 2.

    Raises:
        UserError: no such layer, or none with a spatial output.
    """

    layer: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.layer, str | None):
            raise UserError(f"layer must be the name of a layer, not {self.layer!r}")

    def end(self, graph: Graph, tensors: dict[int, Tensor]) -> int:
        spatial = {op.name: op for op in graph.ops if tensors[op.output].shape.rank == 4}
        if self.layer is None:
            wanted = [name for name in spatial if isinstance(spatial[name], Activation)][-1:] or list(spatial)[-1:]
        else:
            wanted = [name for name in (f"{self.layer}/activation", self.layer) if name in spatial]
        if not wanted:
            culprit = "grad_cam" if self.layer is None else f"grad_cam: no operation {self.layer!r}"
            raise UserError(f"{culprit} with an output (B, h, w, c); there are: {', '.join(spatial) or 'none'}")
        return spatial[wanted[0]].output

    def __call__(self, x: Tensor, a: Tensor, r: Tensor) -> Tensor:
        weights = tf.reduce_mean(r, (1, 2))
        cam = tf.nn.relu(tf.einsum("bhwk,bk->bhw", a, weights))
        rows, columns = (_bilinear(tf.shape(x)[axis], tf.shape(a)[axis], x.dtype) for axis in (1, 2))
        cam = tf.einsum("Hh,bhw,Ww->bHW", rows, cam, columns)[..., None] / x.shape[-1]
        return tf.broadcast_to(cam, tf.shape(x))


def _bilinear(to: Tensor, n: Tensor, dtype: Any) -> Tensor:
    """The matrix (to, n) that enlarges n values to `to`: linear between the pixels' centres, constant outside."""
    size, n_float = tf.cast(to, dtype), tf.cast(n, dtype)
    centre = (tf.range(size, dtype=dtype) + 0.5) * n_float / size - 0.5
    centre = tf.clip_by_value(centre, 0, n_float - 1)
    return tf.nn.relu(1 - tf.abs(centre[:, None] - tf.range(n_float, dtype=dtype)))


# -- averages over many walks ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Path:
    """(x - x0) * mean of the gradient at x0 + k / n (x - x0), k = 0 ... n - 1: the integral as a left Riemann sum.

    n is `steps`, x0 `reference`: a number, or an array that fits an image (H, W, C). As in iNNvestigate; the paper
    and zennit take k = 1 ... n. The map sums to the score at x less the score at x0, up to an error of order 1 / n.
    Sundararajan et al. 2017, Axiomatic attribution for deep networks, equations 1 and 3.

    Raises:
        UserError: steps is not a whole number of at least 1; a reference that is not finite or does not fit.
    """

    steps: int = 64
    reference: ArrayLike = 0.0

    def __post_init__(self) -> None:
        check_whole("steps", self.steps, at_least=1)

    @property
    def walks(self) -> int:
        """How many walks are averaged."""
        return self.steps

    def images(self, x: np.ndarray, k: int) -> np.ndarray:
        """The images (B, H, W, C) of walk k."""
        return x - (1 - k / self.steps) * self._difference(x)

    def map(self, x: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """The map of the images `x`, given the mean of all walks."""
        return self._difference(x) * mean

    def _difference(self, x: np.ndarray) -> np.ndarray:
        try:
            reference = np.broadcast_to(np.asarray(self.reference, x.dtype), x.shape[1:])
        except (TypeError, ValueError):
            raise UserError(f"reference must be a number, or an array that fits an image {x.shape[1:]}") from None
        if not np.isfinite(reference).all():
            raise UserError("reference has values that are not finite")
        return x - reference


@dataclass(frozen=True)
class Noise:
    """Mean of the gradient at x + noise, for `samples` draws of Gaussian noise.

    The standard deviation is `noise_level` of the image's range max(x) - min(x), as in the paper and in zennit
    (iNNvestigate: 1 in the units of x). Draw k is the same for every image, whatever its batch, and depends on `seed`
    and the image's size only; a map of n samples uses the first n draws.
    Smilkov et al. 2017, SmoothGrad: removing noise by adding noise.

    Raises:
        UserError: samples or seed is not a whole number, noise_level is negative.
    """

    samples: int = 64
    noise_level: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        check_whole("samples", self.samples, at_least=1)
        check_number("noise_level", self.noise_level, at_least=0)
        check_whole("seed", self.seed, at_least=0)

    @property
    def walks(self) -> int:
        """How many walks are averaged."""
        return self.samples

    def images(self, x: np.ndarray, k: int) -> np.ndarray:
        """The images (B, H, W, C) of walk k."""
        draw = np.random.default_rng([self.seed, k]).standard_normal(x.shape[1:])
        return (x + self.noise_level * np.ptp(x, axis=tuple(range(1, x.ndim)), keepdims=True) * draw).astype(x.dtype)

    def map(self, x: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """The map of the images `x`, given the mean of all walks."""
        return mean


def check_whole(name: str, value: int, at_least: int) -> None:
    """Raise a `UserError` unless `value` is a whole number of at least `at_least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not at_least <= value < math.inf:
        raise UserError(f"{name} must be a whole number of at least {at_least}, not {value!r}")
