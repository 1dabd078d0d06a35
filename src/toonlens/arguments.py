"""What every explainer checks about its arguments, with one clear line each."""

from collections.abc import Sequence

import numpy as np

from toonlens.errors import UserError

Target = int | Sequence[int] | np.ndarray | None


def check_images(x: np.ndarray, input_shape: Sequence[int | None], dtype: str) -> np.ndarray:
    """Images (B, H, W, C) in `dtype`, if they fit a model whose input has this shape (None where it is free).

    Raises:
        UserError: another shape, no image at all, not real numbers, or values that are not finite in `dtype`.
    """
    try:
        images = np.asarray(x)
    except ValueError:
        raise UserError("x is no array: its images are not all of one shape") from None
    fits = images.ndim == len(input_shape) and all(
        size in (None, given) for size, given in zip(input_shape, images.shape, strict=True)
    )
    if not fits or len(images) == 0:
        hint = ": a single image needs a batch axis, x[None]" if images.ndim == len(input_shape) - 1 else ""
        raise UserError(
            f"x has shape {images.shape}, the model takes (B, {', '.join(map(str, input_shape[1:]))}){hint}"
        )
    if images.dtype.kind not in "buif":
        raise UserError(f"x has type {images.dtype}, not real numbers")
    with np.errstate(over="ignore"):
        converted = images.astype(dtype)
    for values, kind in ((images, "not finite"), (converted, f"too large for {dtype}")):
        broken = ~np.isfinite(values).reshape(len(images), -1).all(1)
        if broken.any():
            raise UserError(f"x has values that are {kind}, first in image {broken.argmax()}")
    return converted


def check_targets(target: Target, images: int, classes: int, name: str = "target") -> np.ndarray | None:
    """One class for every image, int32 (B,), or None for the predicted ones. `name` is what errors call them.

    Raises:
        UserError: not class numbers, another number of them than of images, or no such class.
    """
    if target is None:
        return None
    targets = np.asarray(target)
    if not np.issubdtype(targets.dtype, np.integer):
        raise UserError(f"{name} must be a class number, one per image, or None, not {target!r}")
    if targets.ndim and targets.shape != (images,):
        raise UserError(f"{name} has shape {targets.shape}: give one class, or one for each of the {images} images")
    outside = targets[(targets < 0) | (targets >= classes)]
    if outside.size:
        raise UserError(f"{name} {outside.flat[0]} is no class: the model has classes 0 to {classes - 1}")
    return np.broadcast_to(targets, images).astype(np.int32)
