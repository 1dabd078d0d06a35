"""Solutions of exercise 3, ``unit_box(specs, u, side)``."""

import numpy as np

from autograder.checks.lab05.reference import receptive_field


def _uncut(specs, u):
    size, jump, start = receptive_field(specs)
    return start + u * jump, start + u * jump + size


def right_cut(specs, u, side):
    """max and min."""
    first, past = _uncut(specs, u)
    return max(first, 0), min(past, side)


def right_clip(specs, u, side):
    """np.clip of both."""
    return np.clip(_uncut(specs, u), 0, side)


def right_sets(specs, u, side):
    """The pixels that are in the window and in the image."""
    pixels = set(range(*_uncut(specs, u))) & set(range(side))
    return [min(pixels), max(pixels) + 1]


def right_backwards(specs, u, side):
    """First and last pixel, layer by layer, without receptive_field."""
    first = last = u
    for kernel, stride, padding in reversed(specs):
        first, last = first * stride - padding, last * stride - padding + kernel - 1
    return (first if first > 0 else 0, last + 1 if last < side else side)


def wrong_not_cut(specs, u, side):
    """Leaves the image."""
    return _uncut(specs, u)


def wrong_left_not_cut(specs, u, side):
    """Only the right end is cut."""
    first, past = _uncut(specs, u)
    return first, min(past, side)


def wrong_right_not_cut(specs, u, side):
    """Only the left end is cut."""
    first, past = _uncut(specs, u)
    return max(first, 0), past


def wrong_past_is_last(specs, u, side):
    """The last pixel in the place of the first beyond."""
    first, past = right_cut(specs, u, side)
    return first, past - 1


def wrong_side_minus_one(specs, u, side):
    """Cut one pixel early."""
    first, past = _uncut(specs, u)
    return max(first, 0), min(past, side - 1)


def wrong_moved_inside(specs, u, side):
    """Moves the window into the image in place of cutting it."""
    first, past = _uncut(specs, u)
    first = min(max(first, 0), max(side - (past - first), 0))
    return first, min(first + receptive_field(specs)[0], side)


def wrong_no_start(specs, u, side):
    """Forgets where unit 0 starts."""
    size, jump, _ = receptive_field(specs)
    return max(u * jump, 0), min(u * jump + size, side)


def wrong_no_jump(specs, u, side):
    """One pixel from unit to unit."""
    size, _, start = receptive_field(specs)
    return max(start + u, 0), max(1, min(start + u + size, side))


def wrong_centred(specs, u, side):
    """Half the size on both sides of the unit's own pixel."""
    size, jump, _ = receptive_field(specs)
    return max(u * jump - size // 2, 0), min(u * jump + size // 2, side)


def wrong_size_and_place(specs, u, side):
    """Size in the place of the end."""
    first, past = right_cut(specs, u, side)
    return first, past - first


def wrong_exchanged(specs, u, side):
    """The end first."""
    first, past = right_cut(specs, u, side)
    return past, first


def wrong_size_from_the_cut(specs, u, side):
    """Counts the size from the end that was cut."""
    first = max(_uncut(specs, u)[0], 0)
    return first, min(first + receptive_field(specs)[0], side)


def wrong_pixel(specs, u, side):
    """One pixel."""
    first, past = _uncut(specs, u)
    middle = min(max((first + past) // 2, 0), side - 1)
    return middle, middle + 1
