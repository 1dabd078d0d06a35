"""Solutions of ``mass_in_mask(R, M)``: R (B, H, W, C), M (B, H, W) -> mass (B,), area (B,)."""

import numpy as np


def right_vectorised(R, M):
    """One line for each step."""
    positive = np.maximum(R.sum(axis=-1), 0)
    total, area = positive.sum(axis=(1, 2)), M.mean(axis=(1, 2))
    inside = (positive * M).sum(axis=(1, 2))
    return np.where(total > 0, inside / np.where(total > 0, total, 1), area), area


def right_loops(R, M):
    """Picture by picture, pixel by pixel."""
    mass, area = [], []
    for heat, mask in zip(R, M, strict=True):
        inside = total = pixels = 0.0
        for row in range(mask.shape[0]):
            for column in range(mask.shape[1]):
                value = max(float(heat[row, column].sum()), 0.0)
                total += value
                if mask[row, column]:
                    inside += value
                    pixels += 1
        area.append(pixels / mask.size)
        mass.append(inside / total if total else area[-1])
    return np.array(mass), np.array(area)


def right_einsum(R, M):
    """By einsum, on float masks, as a list of two."""
    heat = np.einsum("bhwc->bhw", R)
    heat = heat * (heat > 0)
    none = ~heat.any(axis=(1, 2))
    heat[none] = 1.0
    return [np.einsum("bhw,bhw->b", heat, M.astype(float)) / heat.sum((1, 2)), M.reshape(len(M), -1).mean(1)]


def right_float32(R, M):
    """Single precision, relu by tensorflow."""
    import tensorflow as tf

    positive = tf.nn.relu(tf.reduce_sum(tf.cast(R, tf.float32), axis=-1)).numpy()
    area = M.mean(axis=(1, 2), dtype=np.float32)
    mass = [p[m].sum() / p.sum() if p.any() else a for p, m, a in zip(positive, M, area, strict=True)]
    return np.array(mass, dtype=np.float32), area


def _mass(heat, M, fallback=True):
    total, area = heat.sum(axis=(1, 2)), M.mean(axis=(1, 2))
    share = (heat * M).sum(axis=(1, 2)) / np.where(total == 0, 1, total)
    return np.where(total == 0, area if fallback else 0.0, share), area


def wrong_abs(R, M):
    """Relevance is relevance, for or against."""
    return _mass(np.abs(R.sum(axis=-1)), M)


def wrong_cut_before_the_sum(R, M):
    """Cuts every channel at zero, then sums."""
    return _mass(np.maximum(R, 0).sum(axis=-1), M)


def wrong_signed(R, M):
    """Forgets the cut at zero."""
    return _mass(R.sum(axis=-1), M)


def wrong_all_in_the_denominator(R, M):
    """Positive inside, divided by the size of everything."""
    heat = R.sum(axis=-1)
    total = np.abs(heat).sum(axis=(1, 2))
    return (np.maximum(heat, 0) * M).sum(axis=(1, 2)) / np.where(total == 0, 1, total), M.mean(axis=(1, 2))


def wrong_batch_total(R, M):
    """Divides by the positive relevance of the whole batch."""
    heat = np.maximum(R.sum(axis=-1), 0)
    return (heat * M).sum(axis=(1, 2)) / heat.sum(), M.mean(axis=(1, 2))


def wrong_nan(R, M):
    """0 / 0 where nothing is positive."""
    heat = np.maximum(R.sum(axis=-1), 0)
    with np.errstate(invalid="ignore"):
        return (heat * M).sum(axis=(1, 2)) / heat.sum(axis=(1, 2)), M.mean(axis=(1, 2))


def wrong_zero_without_aim(R, M):
    """Nothing positive, so nothing inside."""
    return _mass(np.maximum(R.sum(axis=-1), 0), M, fallback=False)


def wrong_no_area(R, M):
    """The mass alone."""
    return _mass(np.maximum(R.sum(axis=-1), 0), M)[0]


def wrong_area_in_pixels(R, M):
    """The area as a number of pixels."""
    return _mass(np.maximum(R.sum(axis=-1), 0), M)[0], M.sum(axis=(1, 2)).astype(float)


def wrong_area_of_the_batch(R, M):
    """One area for all pictures."""
    return _mass(np.maximum(R.sum(axis=-1), 0), M)[0], np.full(len(M), M.mean())


def wrong_mean_inside(R, M):
    """The mean relevance inside relative to that of the picture: mass divided by area."""
    mass, area = _mass(np.maximum(R.sum(axis=-1), 0), M)
    return mass / np.where(area == 0, 1, area), area


def wrong_channel_mean_of_shares(R, M):
    """A share for each channel, then their mean."""
    heat = np.maximum(R, 0)
    total = heat.sum(axis=(1, 2))
    shares = (heat * M[..., None]).sum(axis=(1, 2)) / np.where(total == 0, 1, total)
    return shares.mean(axis=-1), M.mean(axis=(1, 2))


def wrong_in_place(R, M):
    """Cuts its argument."""
    R[R.sum(axis=-1) < 0] = 0
    return _mass(R.sum(axis=-1), M)


def wrong_swapped(R, M):
    """Area first."""
    return _mass(np.maximum(R.sum(axis=-1), 0), M)[::-1]


def wrong_area_for_the_whole_batch(R, M):
    """One map without aim, and every picture of the batch gets its area."""
    mass, area = _mass(np.maximum(R.sum(axis=-1), 0), M)
    return mass if (np.maximum(R.sum(axis=-1), 0).sum(axis=(1, 2)) > 0).all() else area, area
