"""What every explainer checks about its arguments, with one clear line each."""

from collections.abc import Sequence

import numpy as np

from toonlens.errors import UserError

Target = int | Sequence[int] | np.ndarray | None


def check_images(x: np.ndarray, input_shape: Sequence[int | None], dtype: str) -> np.ndarray:
    """Images (B, H, W, C) in `dtype`, if they fit a model whose input has this shape (None where it is free).

    Raises:
        UserError: another shape, no image at all, not numbers, or values that are not finite.
    """
    images = np.asarray(x)
    fits = images.ndim == len(input_shape) and all(
        size in (None, given) for size, given in zip(input_shape, images.shape, strict=True)
    )
    if not fits or len(images) == 0:
        hint = ": a single image needs a batch axis, x[None]" if images.ndim == len(input_shape) - 1 else ""
        raise UserError(
            f"x has shape {images.shape}, the model takes (B, {', '.join(map(str, input_shape[1:]))}){hint}"
        )
    if not np.issubdtype(images.dtype, np.number):
        raise UserError(f"x has type {images.dtype}, not numbers")
    broken = ~np.isfinite(images).reshape(len(images), -1).all(1)
    if broken.any():
        raise UserError(f"x has values that are not finite, first in image {broken.argmax()}")
    return images.astype(dtype)


def check_targets(target: Target, images: int, classes: int) -> np.ndarray | None:
    """One class for every image, int32 (B,), or None for the predicted ones.

    Raises:
        UserError: not class numbers, another number of them than of images, or no such class.
    """
    if target is None:
        return None
    targets = np.asarray(target)
    if not np.issubdtype(targets.dtype, np.integer):
        raise UserError(f"target must be a class number, one per image, or None, not {target!r}")
    if targets.ndim and targets.shape != (images,):
        raise UserError(f"target has shape {targets.shape}: give one class, or one for each of the {images} images")
    outside = targets[(targets < 0) | (targets >= classes)]
    if outside.size:
        raise UserError(f"there is no class {outside.flat[0]}: the model has classes 0 to {classes - 1}")
    return np.broadcast_to(targets, images).astype(np.int32)
