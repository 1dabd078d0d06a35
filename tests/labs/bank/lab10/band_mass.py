"""Solutions of the bug hunt, ``band_mass(R, M, width)``: the supplied code with some of its three bugs left."""

import numpy as np
from scipy import ndimage


def _shift(M, axis, step, wrap):
    moved = np.roll(M, step, axis=axis)
    if not wrap:
        edge = [slice(None)] * 3
        edge[axis] = 0 if step == 1 else -1
        moved[tuple(edge)] = False
    return moved


def _grow(M, width, wrap):
    for _ in range(width):
        M = M | np.any([_shift(M, axis, step, wrap) for axis in (1, 2) for step in (1, -1)], axis=0)
    return M


def _band(R, M, width, *, wrap=False, cut_first=False, batch=False, grow=_grow):
    band = grow(M, width, wrap) & grow(~M, width, wrap)
    heat = np.maximum(R, 0).sum(axis=-1) if cut_first else np.maximum(R.sum(axis=-1), 0)
    total = heat.sum() if batch else heat.sum(axis=(1, 2))
    area = band.mean() if batch else band.mean(axis=(1, 2))
    return (heat * band).sum(axis=(1, 2)) / total - area


def right_repaired(R, M, width):
    """All three repaired."""
    return _band(R, M, width)


def right_scipy(R, M, width):
    """scipy's dilation and erosion."""
    from autograder.reference import evaluate

    band = evaluate.outline(M, width)
    heat = np.maximum(R.sum(axis=-1), 0)
    return np.array([h[b].sum() / h.sum() - b.mean() for h, b in zip(heat, band, strict=True)])


def right_distance(R, M, width):
    """The distance in steps to the other side, by scipy's transform."""
    found = []
    for heat, mask in zip(np.maximum(R.sum(axis=-1), 0), M, strict=True):
        to_outside = ndimage.distance_transform_cdt(mask, metric="taxicab")
        to_inside = ndimage.distance_transform_cdt(~mask, metric="taxicab")
        band = np.where(mask, to_outside, to_inside) <= width
        found.append((heat * band).sum() / heat.sum() - band.mean())
    return found


def right_padded(R, M, width):
    """Pads with the picture's edge and keeps np.roll; single precision."""
    p = width + 1
    padded = np.pad(M, ((0, 0), (p, p), (p, p)), mode="edge")
    band = (_grow(padded, width, True) & _grow(~padded, width, True))[:, p:-p, p:-p]
    heat = np.maximum(R.sum(axis=-1), 0).astype(np.float32)
    return (heat * band).sum(axis=(1, 2)) / heat.sum(axis=(1, 2)) - band.mean(axis=(1, 2))


def wrong_as_supplied(R, M, width):
    """Nothing repaired."""
    return _band(R, M, width, wrap=True, cut_first=True, batch=True)


def wrong_wrap_left(R, M, width):
    """np.roll is left."""
    return _band(R, M, width, wrap=True)


def wrong_cut_left(R, M, width):
    """Cut at zero before the sum is left."""
    return _band(R, M, width, cut_first=True)


def wrong_batch_left(R, M, width):
    """The sums over the batch are left."""
    return _band(R, M, width, batch=True)


def wrong_only_wrap_repaired(R, M, width):
    """Only np.roll is repaired."""
    return _band(R, M, width, cut_first=True, batch=True)


def wrong_only_cut_repaired(R, M, width):
    """Only the order of sum and cut is repaired."""
    return _band(R, M, width, wrap=True, batch=True)


def wrong_only_batch_repaired(R, M, width):
    """Only the sums over the batch are repaired."""
    return _band(R, M, width, wrap=True, cut_first=True)


def wrong_area_of_the_batch_left(R, M, width):
    """The relevance per picture, the area not."""
    band = _grow(M, width, False) & _grow(~M, width, False)
    heat = np.maximum(R.sum(axis=-1), 0)
    share = (heat * band).sum(axis=(1, 2)) / heat.sum(axis=(1, 2))
    return share - band.mean()


def wrong_relevance_of_the_batch_left(R, M, width):
    """The area per picture, the relevance not."""
    band = _grow(M, width, False) & _grow(~M, width, False)
    heat = np.maximum(R.sum(axis=-1), 0)
    return (heat * band).sum(axis=(1, 2)) / heat.sum() - band.mean(axis=(1, 2))


def wrong_outside_only(R, M, width):
    """The band outside the mask."""
    return _band(R, M, width, grow=lambda m, w, wrap: _grow(m, w, wrap) if m is M else m)


def wrong_eaten_from_the_edge(R, M, width):
    """Takes the picture's edge for an outline."""
    band = np.stack([
        ndimage.binary_dilation(m, iterations=width) & ~ndimage.binary_erosion(m, iterations=width) for m in M
    ])  # fmt: skip
    heat = np.maximum(R.sum(axis=-1), 0)
    return (heat * band).sum(axis=(1, 2)) / heat.sum(axis=(1, 2)) - band.mean(axis=(1, 2))


def wrong_abs(R, M, width):
    """Sizes in the place of positive relevance."""
    return _band(np.abs(R.sum(axis=-1, keepdims=True)), M, width)


def wrong_no_area(R, M, width):
    """Drops the area."""
    band = _grow(M, width, False) & _grow(~M, width, False)
    heat = np.maximum(R.sum(axis=-1), 0)
    return (heat * band).sum(axis=(1, 2)) / heat.sum(axis=(1, 2))


def wrong_square(R, M, width):
    """Grows by all eight neighbours."""
    eight = np.ones((3, 3))
    band = np.stack([
        ndimage.binary_dilation(m, eight, iterations=width) & ndimage.binary_dilation(~m, eight, iterations=width)
        for m in M
    ])  # fmt: skip
    heat = np.maximum(R.sum(axis=-1), 0)
    return (heat * band).sum(axis=(1, 2)) / heat.sum(axis=(1, 2)) - band.mean(axis=(1, 2))


def wrong_padded_with_outside(R, M, width):
    """Pads once, before growing, so that the picture's edge becomes an outline."""
    p = width + 1
    padded = np.pad(M, ((0, 0), (p, p), (p, p)))
    band = (_grow(padded, width, True) & _grow(~padded, width, True))[:, p:-p, p:-p]
    heat = np.maximum(R.sum(axis=-1), 0)
    return (heat * band).sum(axis=(1, 2)) / heat.sum(axis=(1, 2)) - band.mean(axis=(1, 2))
