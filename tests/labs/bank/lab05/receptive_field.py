"""Solutions of exercise 3, ``receptive_field(specs)``."""

import numpy as np


def _walk(specs, *, grow=lambda k, jump, stride: (k - 1) * jump, pad=lambda p, jump, stride: p * jump, order=1):
    size, jump, start = 1, 1, 0
    for kernel, stride, padding in list(specs)[::order]:
        size += grow(kernel, jump, stride)
        start -= pad(padding, jump, stride)
        jump *= stride
    return size, jump, start


def right_walk(specs):
    """From the image upwards."""
    return _walk(specs)


def right_backwards(specs):
    """From the unit down: the window of one unit, then of those that it sees."""
    size, first = 1, 0
    for kernel, stride, padding in reversed(specs):
        size = (size - 1) * stride + kernel
        first = first * stride - padding
    jump = 1
    for _, stride, _ in specs:
        jump *= stride
    return size, jump, first


def right_closed_form(specs):
    """Sums over the products of strides, with NumPy."""
    if not specs:
        return 1, 1, 0
    kernel, stride, padding = np.array(specs).T
    below = np.concatenate([[1], np.cumprod(stride)])
    return int(1 + ((kernel - 1) * below[:-1]).sum()), int(below[-1]), int(-(padding * below[:-1]).sum())


def right_tried_out(specs):
    """Follows first and last pixel of units 0 and 1."""

    def window(u):
        first = last = u
        for kernel, stride, padding in reversed(specs):
            first, last = first * stride - padding, last * stride - padding + kernel - 1
        return first, last

    (first, last), (second, _) = window(0), window(1)
    return [last - first + 1, second - first, first]


def right_floats(specs):
    """An array of floats."""
    return np.array(_walk(specs), dtype=np.float32)


def wrong_no_jump(specs):
    """Each kernel adds kernel - 1 pixels."""
    return _walk(specs, grow=lambda k, jump, stride: k - 1)


def wrong_whole_kernel(specs):
    """Each kernel adds kernel jumps."""
    return _walk(specs, grow=lambda k, jump, stride: k * jump)


def wrong_own_stride(specs):
    """The layer's own stride is in its jump already."""
    return _walk(specs, grow=lambda k, jump, stride: (k - 1) * jump * stride)


def wrong_jump_first(specs):
    """Multiplies the jump before it is used."""
    size, jump, start = 1, 1, 0
    for kernel, stride, padding in specs:
        jump *= stride
        size += (kernel - 1) * jump
        start -= padding * jump
    return size, jump, start


def wrong_top_first(specs):
    """Starts with the layer farthest from the image."""
    return _walk(specs, order=-1)


def wrong_product_of_kernels(specs):
    """Multiplies the kernels."""
    _, jump, start = _walk(specs)
    return int(np.prod([k for k, _, _ in specs])), jump, start


def wrong_sum_of_strides(specs):
    """Strides add up."""
    size, _, start = _walk(specs)
    return size, sum(stride for _, stride, _ in specs), start


def wrong_last_stride(specs):
    """The jump is the last stride."""
    size, _, start = _walk(specs)
    return size, specs[-1][1] if specs else 1, start


def wrong_padding_in_pixels(specs):
    """A padding zero is one pixel."""
    return _walk(specs, pad=lambda p, jump, stride: p)


def wrong_start_positive(specs):
    """The sign of start."""
    size, jump, start = _walk(specs)
    return size, jump, -start


def wrong_no_padding(specs):
    """Forgets padding."""
    return _walk(specs, pad=lambda p, jump, stride: 0)


def wrong_padding_after_stride(specs):
    """Padding counts with the layer's own stride."""
    return _walk(specs, pad=lambda p, jump, stride: p * jump * stride)


def wrong_padding_in_size(specs):
    """Padding makes the window smaller."""
    size, jump, start = _walk(specs)
    return size - 2 * sum(p for _, _, p in specs), jump, start


def wrong_starts_at_zero(specs):
    """The window of the image itself is 0 pixels wide."""
    size, jump, start = _walk(specs)
    return size - 1, jump, start


def wrong_size_alone(specs):
    """Returns the size."""
    return _walk(specs)[0]


def wrong_order_of_results(specs):
    """Jump first."""
    size, jump, start = _walk(specs)
    return jump, size, start
