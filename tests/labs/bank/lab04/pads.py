"""Solutions of ``pads(size, kernel, stride, pad)``."""

import math


def right_integers(size, kernel, stride, pad):
    """Whole numbers only."""
    if pad == "valid":
        return 0, 0
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def right_ceil(size, kernel, stride, pad):
    """math.ceil."""
    total = 0
    if pad == "same":
        total = max(0, (math.ceil(size / stride) - 1) * stride + kernel - size)
    return total // 2, math.ceil(total / 2)


def right_remainder(size, kernel, stride, pad):
    """By the remainder, as TensorFlow's documentation has it."""
    if pad != "same":
        return (0, 0)
    rest = size % stride
    total = max(kernel - (rest if rest else stride), 0)
    return (total // 2, total - total // 2)


def right_search(size, kernel, stride, pad):
    """Adds zeros until enough positions fit."""
    before = after = 0
    while pad == "same" and (before + size + after - kernel) // stride + 1 < -(-size // stride):
        if after > before:
            before += 1
        else:
            after += 1
    return [before, after]


def right_array(size, kernel, stride, pad):
    """A NumPy array."""
    import numpy as np

    return np.array(right_integers(size, kernel, stride, pad))


def wrong_before(size, kernel, stride, pad):
    """The odd one before, as in Caffe's or PyTorch's habit."""
    return right_integers(size, kernel, stride, pad)[::-1]


def wrong_always_even(size, kernel, stride, pad):
    """kernel // 2 on both sides."""
    return (0, 0) if pad == "valid" else (kernel // 2, kernel // 2)


def wrong_ignores_stride(size, kernel, stride, pad):
    """kernel - 1 zeros, whatever the stride."""
    return (0, 0) if pad == "valid" else ((kernel - 1) // 2, kernel // 2)


def wrong_negative(size, kernel, stride, pad):
    """No maximum with 0."""
    if pad == "valid":
        return 0, 0
    total = (-(-size // stride) - 1) * stride + kernel - size
    return total // 2, total - total // 2


def wrong_floor(size, kernel, stride, pad):
    """floor in the place of ceil."""
    if pad == "valid":
        return 0, 0
    total = max((size // stride - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def wrong_drops_odd(size, kernel, stride, pad):
    """total // 2 on both sides."""
    before, _ = right_integers(size, kernel, stride, pad)
    return before, before


def wrong_keeps_size(size, kernel, stride, pad):
    """Pads until the output is as large as the input, in spite of the stride."""
    if pad == "valid":
        return 0, 0
    total = (size - 1) * stride + kernel - size
    return total // 2, total - total // 2


def wrong_valid_too(size, kernel, stride, pad):
    """Never looks at pad."""
    return right_integers(size, kernel, stride, "same")


def wrong_exchanged(size, kernel, stride, pad):
    """valid and same exchanged."""
    return right_integers(size, kernel, stride, "valid" if pad == "same" else "same")


def wrong_total(size, kernel, stride, pad):
    """The whole number on each side."""
    total = sum(right_integers(size, kernel, stride, pad))
    return total, total


def wrong_floats(size, kernel, stride, pad):
    """Halves."""
    total = sum(right_integers(size, kernel, stride, pad))
    return total / 2, total / 2


def wrong_one_number(size, kernel, stride, pad):
    """Only the sum."""
    return sum(right_integers(size, kernel, stride, pad))


def wrong_all_after(size, kernel, stride, pad):
    """All zeros after."""
    return 0, sum(right_integers(size, kernel, stride, pad))
