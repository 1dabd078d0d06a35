"""VGG16, ResNet50 and DenseNet121: small ones made for this course, and the full ones of ``keras.applications``."""

from typing import TYPE_CHECKING

from toonlens.errors import UserError
from toonlens.models.inputs import pixel_bounds, preprocess
from toonlens.models.names import ARCHITECTURES, check_arch

if TYPE_CHECKING:
    import keras

__all__ = ["ARCHITECTURES", "SMALL_WIDTH", "build", "pixel_bounds", "preprocess"]

SMALL_WIDTH = 0.25
_IMAGENET_CLASSES = 1000


def build(
    arch: str,
    weights: str | None = "small",
    *,
    width: float | None = None,
    input_shape: tuple[int, int, int] = (64, 64, 3),
    classes: int | None = None,
) -> "keras.Model":
    """A functional Keras model, (B, H, W, 3) preprocessed pictures to feature maps or class scores.

    Args:
        arch: "vgg16", "resnet50" or "densenet121".
        weights: "small", made for this course on drawn pictures, at a quarter of the width; "imagenet", at width 1,
            from ``keras.applications`` (or from a file, see `toonlens.models.weights.load_imagenet`);
            None, random.
        width: factor on every number of channels; by default 0.25, and 1 with weights="imagenet".
        input_shape: (H, W, 3), at least 32 x 32.
        classes: None for the network without its classifier, with output (B, h, w, C). A number adds the classifier of
            ``keras.applications``, with output (B, classes), softmax. It starts random, except that of ImageNet's
            1000 classes at weights="imagenet" and 224 x 224.

    Raises:
        UserError: an unknown name, a width that the weights do not have, a bad shape, or weights that cannot be had.
    """
    check_arch(arch)
    width = _check_width(weights, width)
    _check_shape(input_shape, classes)

    import keras

    from toonlens.models import networks
    from toonlens.models.weights import load_imagenet, load_weights, small_weights_path

    image = keras.Input(input_shape)
    x = getattr(networks, arch)(image, width)
    if classes is not None:
        x = networks.top(x, arch, classes, width)
    model = keras.Model(image, x, name=arch)
    if weights == "small":
        load_weights(model, small_weights_path(arch))
    elif weights == "imagenet":
        with_top = classes == _IMAGENET_CLASSES and tuple(input_shape) == (224, 224, 3)
        load_imagenet(model, arch, with_top)
    return model


def _check_width(weights: str | None, width: float | None) -> float:
    offered = {"small": SMALL_WIDTH, "imagenet": 1.0, None: None}
    if weights not in offered:
        raise UserError(f"unknown weights {weights!r}: there are 'small', 'imagenet' and None")
    fixed = offered[weights]
    if width is None:
        return fixed or SMALL_WIDTH
    if not width > 0:
        raise UserError(f"width is a positive factor on the numbers of channels, not {width!r}")
    if fixed is not None and width != fixed:
        raise UserError(f"weights={weights!r} exist at width {fixed:g} only, not {width:g}: use it, or weights=None")
    return width


def _check_shape(input_shape: tuple[int, int, int], classes: int | None) -> None:
    if len(input_shape) != 3 or min(input_shape[:2]) < 32 or input_shape[2] != 3:
        raise UserError(f"input_shape is (H, W, 3) with H and W at least 32, not {tuple(input_shape)}")
    if classes is not None and classes < 1:
        raise UserError(f"classes is None or a number of classes, not {classes!r}")
