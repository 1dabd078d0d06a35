"""Solutions of ``rank_accuracy(R, M)``: R, M (B, H, W) -> (B,)."""

import numpy as np


def right_loop(R, M):
    """Picture by picture, with argsort."""
    found = []
    for heat, mask in zip(R, M, strict=True):
        top = np.argsort(-heat.ravel())[: mask.sum()]
        found.append(mask.ravel()[top].mean())
    return np.array(found)


def right_threshold(R, M):
    """The K-th largest value as a threshold."""
    found = []
    for heat, mask in zip(R, M, strict=True):
        least = np.sort(heat, axis=None)[-mask.sum()]
        found.append((mask & (heat >= least)).sum() / mask.sum())
    return found


def right_vectorised(R, M):
    """Masks in the order of the maps, summed up to K."""
    order = np.argsort(R.reshape(len(R), -1), axis=1)[:, ::-1]
    sorted_masks = np.take_along_axis(M.reshape(len(M), -1), order, axis=1)
    K = M.sum(axis=(1, 2))
    return np.cumsum(sorted_masks, axis=1)[np.arange(len(R)), K - 1] / K


def right_partition(R, M):
    """np.argpartition, single precision, and a float mask."""
    found = np.zeros(len(R), dtype=np.float32)
    for b in range(len(R)):
        K = int(M[b].sum())
        top = np.argpartition(R[b].ravel(), R[b].size - K)[R[b].size - K :]
        found[b] = M[b].astype(np.float32).ravel()[top].sum() / K
    return found


def _rank(R, M, key=lambda heat: -heat, K=lambda mask: int(mask.sum()), of=None):
    found = []
    for heat, mask in zip(R, M, strict=True):
        k = K(mask)
        top = np.argsort(key(heat).ravel(), kind="stable")[:k]
        found.append(mask.ravel()[top].sum() / (of(mask) if of else k))
    return np.array(found)


def wrong_abs(R, M):
    """By size, without sign."""
    return _rank(R, M, lambda heat: -np.abs(heat))


def wrong_smallest(R, M):
    """argsort sorts upwards."""
    return _rank(R, M, lambda heat: heat)


def wrong_square(R, M):
    """Squares, to be safe."""
    return _rank(R, M, lambda heat: -(heat**2))


def wrong_k_of_the_first(R, M):
    """K of the first mask for all."""
    K = int(M[0].sum())
    return _rank(R, M, K=lambda mask: K)


def wrong_divided_by_area(R, M):
    """Divided by the pixels of the picture."""
    return _rank(R, M, of=lambda mask: mask.size)


def wrong_one_less(R, M):
    """K - 1 pixels, divided by K."""
    return _rank(R, M, K=lambda mask: int(mask.sum()) - 1, of=lambda mask: int(mask.sum()))


def wrong_half(R, M):
    """The upper half of the pixels."""
    return _rank(R, M, K=lambda mask: mask.size // 2, of=lambda mask: int(mask.sum()))


def wrong_positive_only(R, M):
    """Pixels that are not positive do not count among the K."""
    found = []
    for heat, mask in zip(R, M, strict=True):
        top = np.argsort(-heat.ravel())[: mask.sum()]
        found.append((mask.ravel()[top] & (heat.ravel()[top] > 0)).sum() / mask.sum())
    return np.array(found)


def wrong_mass_of_the_top(R, M):
    """Relevance where pixels are to be counted."""
    found = []
    for heat, mask in zip(R, M, strict=True):
        top = np.argsort(-heat.ravel())[: mask.sum()]
        found.append((heat.ravel()[top] * mask.ravel()[top]).sum() / np.abs(heat.ravel()[top]).sum())
    return np.array(found)


def wrong_whole_batch(R, M):
    """One order for all pictures of the batch."""
    K = M.sum(axis=(1, 2))
    least = np.sort(R, axis=None)[-K.sum()]
    return ((least <= R) & M).sum(axis=(1, 2)) / K


def wrong_transposed(R, M):
    """Map and mask laid out differently."""
    return _rank(R, M.transpose(0, 2, 1).copy())


def wrong_mean_of_batch(R, M):
    """One number for the batch."""
    return np.full(len(R), _rank(R, M).mean())
