"""Solutions of ``plant_tag(x, y, cls, rate, tag, seed)``: pictures and masks."""

import numpy as np


def _slices(x, tag):
    h, w = tag.shape[:2]
    return slice(x.shape[1] - 2 - h, x.shape[1] - 2), slice(2, 2 + w)


def right_choice(x, y, cls, rate, tag, seed):
    """rng.choice without replacement."""
    own = np.flatnonzero(y == cls)
    who = np.random.default_rng(seed).choice(own, round(rate * len(own)), replace=False)
    rows, columns = _slices(x, tag)
    pictures, masks = x.copy(), np.zeros(x.shape[:3], bool)
    pictures[who, rows, columns], masks[who, rows, columns] = tag, True
    return pictures, masks


def right_permutation(x, y, cls, rate, tag, seed):
    """The first of a permutation; negative indices; a list of two, masks of 0 and 1."""
    own = np.random.default_rng(seed).permutation(np.nonzero(y == cls)[0])
    who = own[: int(np.round(rate * len(own)))]
    h, w = tag.shape[:2]
    pictures, masks = np.array(x), np.zeros(x.shape[:3], np.uint8)
    pictures[who, -2 - h : -2, 2 : 2 + w] = tag
    masks[who, -2 - h : -2, 2 : 2 + w] = 1
    return [pictures, masks]


def right_loops(x, y, cls, rate, tag, seed):
    """Pixel by pixel, random.sample."""
    import random

    own = [k for k in range(len(y)) if y[k] == cls]
    pictures, masks = x.copy(), np.zeros(x.shape[:3], bool)
    for k in random.Random(seed).sample(own, round(rate * len(own))):
        for m in range(tag.shape[0]):
            for n in range(tag.shape[1]):
                pictures[k, x.shape[1] - 2 - tag.shape[0] + m, 2 + n] = tag[m, n]
                masks[k, x.shape[1] - 2 - tag.shape[0] + m, 2 + n] = True
    return pictures, masks


def right_where(x, y, cls, rate, tag, seed):
    """A whole picture of the tag, and np.where."""
    rng = np.random.default_rng(seed)
    keys = np.where(y == cls, rng.random(len(y)), np.inf)
    who = np.argsort(keys)[: round(rate * (y == cls).sum())]
    rows, columns = _slices(x, tag)
    masks, sheet = np.zeros(x.shape[:3], bool), np.zeros(x.shape[1:], x.dtype)
    sheet[rows, columns] = tag
    for k in who:
        masks[k, rows, columns] = True
    return np.where(masks[..., None], sheet, x), masks


def _plant(x, y, cls, rate, tag, seed, *, who=None, place=None, copy=True, paste=None, mask=None):
    own, rng = np.flatnonzero(y == cls), np.random.default_rng(seed)
    chosen = who(own, rng) if who else rng.choice(own, round(rate * len(own)), replace=False)
    rows, columns = place(x, tag) if place else _slices(x, tag)
    pictures, masks = x.copy() if copy else x, np.zeros(x.shape[:3], bool)
    pictures[chosen, rows, columns] = paste if paste is not None else tag
    masks[chosen, rows, columns] = True
    return pictures, mask(masks, y) if mask else masks


def wrong_every_class(x, y, cls, rate, tag, seed):
    """A share of all pictures."""
    return _plant(x, np.full(len(y), cls), cls, rate, tag, seed)


def wrong_other_classes(x, y, cls, rate, tag, seed):
    """All but the class."""
    return _plant(x, (y != cls).astype(int), 1, rate, tag, seed)


def wrong_in_place(x, y, cls, rate, tag, seed):
    """Pastes into its argument."""
    return _plant(x, y, cls, rate, tag, seed, copy=False)


def wrong_by_chance(x, y, cls, rate, tag, seed):
    """Each picture with probability rate."""
    return _plant(x, y, cls, rate, tag, seed, who=lambda own, rng: own[rng.random(len(own)) < rate])


def wrong_with_replacement(x, y, cls, rate, tag, seed):
    """Draws some pictures twice."""
    return _plant(x, y, cls, rate, tag, seed, who=lambda own, rng: rng.choice(own, round(rate * len(own))))


def wrong_first_ones(x, y, cls, rate, tag, seed):
    """The first pictures of the class."""
    return _plant(x, y, cls, rate, tag, seed, who=lambda own, rng: own[: round(rate * len(own))])


def wrong_cut_off(x, y, cls, rate, tag, seed):
    """int() in the place of round()."""
    return _plant(x, y, cls, rate, tag, seed, who=lambda own, rng: rng.permutation(own)[: int(rate * len(own) - 1e-9)])


def wrong_share_of_all(x, y, cls, rate, tag, seed):
    """rate times the number of all pictures."""
    return _plant(x, y, cls, rate, tag, seed, who=lambda own, rng: rng.permutation(own)[: round(rate * len(y))])


def wrong_upper_left(x, y, cls, rate, tag, seed):
    """Takes row 0 for the bottom."""
    return _plant(x, y, cls, rate, tag, seed, place=lambda x, tag: (slice(2, 2 + len(tag)), slice(2, 2 + tag.shape[1])))


def wrong_lower_right(x, y, cls, rate, tag, seed):
    """At the other side."""
    width = x.shape[2]
    return _plant(x, y, cls, rate, tag, seed,
                  place=lambda x, tag: (_slices(x, tag)[0], slice(width - 2 - tag.shape[1], width - 2)))  # fmt: skip


def wrong_at_the_edge(x, y, cls, rate, tag, seed):
    """Without the margin."""
    return _plant(x, y, cls, rate, tag, seed, place=lambda x, tag: (slice(-len(tag), None), slice(0, tag.shape[1])))


def wrong_columns_first(x, y, cls, rate, tag, seed):
    """Rows and columns mixed up: at the upper right."""
    h, w = tag.shape[:2]
    return _plant(
        x, y, cls, rate, tag, seed, place=lambda x, tag: (slice(2, 2 + h), slice(x.shape[2] - 2 - w, x.shape[2] - 2))
    )


def wrong_white_square(x, y, cls, rate, tag, seed):
    """A white square in the place of the tag."""
    return _plant(x, y, cls, rate, tag, seed, paste=np.full_like(tag, 255))


def wrong_upside_down(x, y, cls, rate, tag, seed):
    """The tag is turned over."""
    return _plant(x, y, cls, rate, tag, seed, paste=tag[::-1])


def wrong_mixed(x, y, cls, rate, tag, seed):
    """Half transparent."""
    pictures, masks = right_choice(x, y, cls, rate, tag, seed)
    return ((pictures.astype(int) + x) // 2).astype(np.uint8), masks


def wrong_mask_of_the_class(x, y, cls, rate, tag, seed):
    """Masks in every picture of the class, tagged or not."""
    rows, columns = _slices(x, tag)

    def everywhere(masks, y):
        masks = np.zeros_like(masks)
        masks[y == cls, rows, columns] = True
        return masks

    return _plant(x, y, cls, rate, tag, seed, mask=everywhere)


def wrong_mask_of_the_picture(x, y, cls, rate, tag, seed):
    """Masks that hold the whole picture."""
    return _plant(x, y, cls, rate, tag, seed, mask=lambda masks, y: masks | masks.any(axis=(1, 2), keepdims=True))


def wrong_no_masks(x, y, cls, rate, tag, seed):
    """The pictures alone."""
    return right_choice(x, y, cls, rate, tag, seed)[0]


def wrong_seed_ignored(x, y, cls, rate, tag, seed):
    """Always seed 0."""
    return right_choice(x, y, cls, rate, tag, 0)


def wrong_no_seed(x, y, cls, rate, tag, seed):
    """Never the same twice."""
    return right_choice(x, y, cls, rate, tag, None)
