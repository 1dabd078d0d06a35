"""What each network expects at its input."""

import numpy as np

from toonlens.errors import UserError
from toonlens.models.names import check_arch


def preprocess(images: np.ndarray, arch: str) -> np.ndarray:
    """Raw pictures as ``arch`` expects them, by ``keras.applications``; the same for the small networks.

    Args:
        images: (B, H, W, 3) uint8, RGB; left unchanged.
        arch: "vgg16", "resnet50" or "densenet121".

    Returns:
        (B, H, W, 3) float32.

    Raises:
        UserError: unknown ``arch``, or ``images`` is not a batch of raw uint8 pictures (preprocessed already?).
    """
    import keras

    check_arch(arch)
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3:
        raise UserError(
            f"preprocess takes raw pictures, uint8 (B, H, W, 3); this is {images.dtype} {images.shape}: "
            "pass the pictures as loaded, and preprocess once"
        )
    module = {
        "vgg16": keras.applications.vgg16,
        "resnet50": keras.applications.resnet50,
        "densenet121": keras.applications.densenet,
    }[arch]
    return np.ascontiguousarray(module.preprocess_input(images.astype(np.float32)), dtype=np.float32)


def pixel_bounds(arch: str) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest value a preprocessed pixel can take, per channel of the network's input: lo (3,), hi (3,)."""
    extremes = preprocess(np.array([0, 255], np.uint8).reshape(2, 1, 1, 1).repeat(3, axis=3), arch)[:, 0, 0]
    return extremes[0], extremes[1]
