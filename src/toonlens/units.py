"""Units of a network: which layers lie below one, and which pictures excite it most."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from toonlens.errors import UserError
from toonlens.keras_graph import Call, call_graph
from toonlens.models import preprocess

if TYPE_CHECKING:
    import keras

Spec = tuple[int, int, int]
"""Kernel, stride, and zeros added at the left (and top) of a layer that looks through a square window."""

_POINTWISE = (
    "Activation ReLU Relu BatchNormalization Add Concatenate Dropout Identity"  # a unit reads its own place alone
)


def path_specs(model: "keras.Model", layer: str) -> list[Spec]:
    """The windows between the image and ``layer``, in forward order; where paths branch, those of the widest one.

    All paths of the course's networks have the same strides, so that the widest is the one with the largest kernels.

    Args:
        model: functional model with one input and one output.
        layer: name of a layer with places, (B, h, w, C).

    Raises:
        UserError: no such layer, or one on the way that looks through no square window.
    """
    graph = call_graph(model)
    if layer not in {call.name for call in graph.calls}:
        raise UserError(f"model '{model.name}' has no layer {layer!r} between its image and its output")
    paths: dict[int, list[Spec]] = {0: []}
    for call in graph.calls:
        widest = max((paths[number] for number in call.inputs), key=lambda path: sum(kernel for kernel, _, _ in path))
        paths[call.output] = [*widest, *_windows(call)]
        if call.name == layer:
            break
    return paths[call.output]


def _windows(call: Call) -> list[Spec]:
    layer, kind = call.operation, call.kind
    if kind in _POINTWISE.split():
        return []
    if kind == "ZeroPadding2D":
        (top, _), (left, _) = layer.padding
        if top == left:
            return [(1, 1, int(top))]
    elif kind in ("Conv2D", "MaxPooling2D", "AveragePooling2D"):
        kernel = layer.kernel_size if kind == "Conv2D" else layer.pool_size
        same = layer.padding == "same"
        square = len({*kernel}) == len({*layer.strides}) == 1
        if square and not (same and layer.strides[0] > 1):  # with strides, "same" depends on the picture's size
            return [(int(kernel[0]), int(layer.strides[0]), (int(kernel[0]) - 1) // 2 if same else 0)]
    raise UserError(f"layer '{call.name}' ({kind}) looks through no square window that is known here")


def strongest(
    model: "keras.Model", arch: str, images: NDArray, layer: str, channels: Sequence[int], count: int = 4
) -> NDArray[np.int64]:
    """Which pictures excite each channel of a layer most, the strongest first: (channels, count) places in ``images``.

    Args:
        model: of the architecture ``arch``; decides how pictures are preprocessed.
        images: (N, H, W, 3) uint8.
        layer: name of a layer with places, (B, h, w, C).
    """
    peaks = channel_peaks(model, arch, images, layer)[:, list(channels)]
    return np.argsort(-peaks, axis=0, kind="stable")[:count].T


def channel_peaks(model: "keras.Model", arch: str, images: NDArray, layer: str, batch: int = 64) -> NDArray:
    """The largest activation of every channel in every picture: (N, C)."""
    import keras

    part = keras.Model(model.input, model.get_layer(layer).output)
    found = [
        np.asarray(part(preprocess(images[k : k + batch], arch), training=False)).max(axis=(1, 2))
        for k in range(0, len(images), batch)
    ]
    return np.concatenate(found)
