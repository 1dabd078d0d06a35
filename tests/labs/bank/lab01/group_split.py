"""Solutions of ``group_split(y, g, fractions, seed)``."""

import random

import numpy as np


def _parts(part):
    return tuple(np.flatnonzero(part == p) for p in range(3))


def _classes(y, g, rng):
    """(class, its groups in random order, their sizes)."""
    for k in np.unique(y):
        groups, sizes = np.unique(g[y == k], return_counts=True)
        order = rng.permutation(len(groups))
        yield k, groups[order], sizes[order]


def right_cumulative(y, g, fractions, seed):
    """Class by class: groups in random order, cut where the running count of pictures reaches the fractions."""
    part = np.empty(len(y), dtype=int)
    for _, groups, sizes in _classes(y, g, np.random.default_rng(seed)):
        start = (np.cumsum(sizes) - sizes) / sizes.sum()
        for group, place in zip(groups, np.searchsorted(np.cumsum(fractions)[:2], start, side="right"), strict=True):
            part[g == group] = place
    return _parts(part)


def right_greedy(y, g, fractions, seed):
    """Each group goes where most pictures are missing."""
    rng = np.random.default_rng(seed)
    found = [[], [], []]
    for k, groups, sizes in _classes(y, g, rng):
        missing = np.array(fractions) * (y == k).sum()
        for group, size in zip(groups, sizes, strict=True):
            p = int(missing.argmax())
            missing[p] -= size
            found[p].extend(np.flatnonzero(g == group).tolist())
    return tuple(np.array(part) for part in found)


def right_largest_first(y, g, fractions, seed):
    """The largest groups first, each where the largest part of the share is missing; ties at random."""
    rng = np.random.default_rng(seed)
    part = np.empty(len(y), dtype=int)
    for k, groups, sizes in _classes(y, g, rng):
        share = np.array(fractions) * (y == k).sum()
        held = np.zeros(3)
        for place in np.argsort(-sizes, kind="stable"):
            p = int(((share - held) / share).argmax())
            held[p] += sizes[place]
            part[g == groups[place]] = p
    return _parts(part)


def right_python(y, g, fractions, seed):
    """Dictionaries, lists and random.Random."""
    members = {}
    for index, group in enumerate(g.tolist()):
        members.setdefault(group, []).append(index)
    by_class = {}
    for group, indices in members.items():
        by_class.setdefault(int(y[indices[0]]), []).append(group)
    generator = random.Random(seed)
    out = [[], [], []]
    for label in sorted(by_class):
        groups = sorted(by_class[label])
        generator.shuffle(groups)
        total, done = sum(len(members[group]) for group in groups), 0
        for group in groups:
            middle = done + len(members[group]) / 2
            p = 0 if middle < fractions[0] * total else 1 if middle < (fractions[0] + fractions[1]) * total else 2
            out[p] += members[group]
            done += len(members[group])
    return [np.array(sorted(part), dtype=np.int32) for part in out]


def right_global_generator(y, g, fractions, seed):
    """np.random.seed, which is of another time, and deterministic."""
    np.random.seed(seed)  # noqa: NPY002
    part = np.empty(len(y), dtype=int)
    for _, groups, sizes in _classes(y, g, np.random):
        start = (np.cumsum(sizes) - sizes) / sizes.sum()
        chosen = (start >= fractions[0]).astype(int) + (start >= fractions[0] + fractions[1])
        lookup = dict(zip(groups.tolist(), chosen.tolist(), strict=True))
        for index, group in enumerate(g.tolist()):
            if group in lookup:
                part[index] = lookup[group]
    return _parts(part)


def _cut(order, fractions):
    ends = np.rint(np.cumsum(fractions)[:2] * len(order)).astype(int)
    return tuple(np.split(np.asarray(order), ends))


def wrong_ignores_groups(y, g, fractions, seed):
    """Stratified by class, picture by picture."""
    rng = np.random.default_rng(seed)
    parts = [_cut(rng.permutation(np.flatnonzero(y == k)), fractions) for k in np.unique(y)]
    return tuple(np.concatenate([part[p] for part in parts]) for p in range(3))


def wrong_random_pictures(y, g, fractions, seed):
    """A random split of pictures."""
    return _cut(np.random.default_rng(seed).permutation(len(y)), fractions)


def wrong_not_stratified(y, g, fractions, seed):
    """Groups at random, classes ignored."""
    groups = _cut(np.random.default_rng(seed).permutation(np.unique(g)), fractions)
    return tuple(np.flatnonzero(np.isin(g, part)) for part in groups)


def wrong_counts_groups(y, g, fractions, seed):
    """Class by class, but counts groups in the place of pictures."""
    part = np.empty(len(y), dtype=int)
    for _, groups, _ in _classes(y, g, np.random.default_rng(seed)):
        for p, chosen in enumerate(_cut(groups, fractions)):
            part[np.isin(g, chosen)] = p
    return _parts(part)


def wrong_by_class(y, g, fractions, seed):
    """Splits the classes: some for training, others for the test."""
    classes = _cut(np.random.default_rng(seed).permutation(np.unique(y)), fractions)
    return tuple(np.flatnonzero(np.isin(y, part)) for part in classes)


def wrong_seed_ignored(y, g, fractions, seed):
    """Always seed 0."""
    return right_cumulative(y, g, fractions, 0)


def wrong_unseeded(y, g, fractions, seed):
    """A fresh generator in every call."""
    return right_cumulative(y, g, fractions, None)


def wrong_not_shuffled(y, g, fractions, seed):
    """Groups in the order of their names."""
    part = np.empty(len(y), dtype=int)
    for k in np.unique(y):
        groups, sizes = np.unique(g[y == k], return_counts=True)
        start = (np.cumsum(sizes) - sizes) / sizes.sum()
        for group, place in zip(groups, np.searchsorted(np.cumsum(fractions)[:2], start, side="right"), strict=True):
            part[g == group] = place
    return _parts(part)


def wrong_leftovers_dropped(y, g, fractions, seed):
    """Rounds each part down and loses the rest."""
    train, validation, test = right_cumulative(y, g, fractions, seed)
    return train[: int(fractions[0] * len(y)) - 1], validation, test


def wrong_fractions_in_another_order(y, g, fractions, seed):
    """Training last."""
    return right_cumulative(y, g, fractions[::-1], seed)


def wrong_parts_in_another_order(y, g, fractions, seed):
    """Test before validation."""
    train, validation, test = right_cumulative(y, g, fractions, seed)
    return train, test, validation


def wrong_fixed_fractions(y, g, fractions, seed):
    """60, 20, 20 whatever is asked."""
    return right_cumulative(y, g, (0.6, 0.2, 0.2), seed)


def wrong_masks(y, g, fractions, seed):
    """Truth values in the place of places."""
    return tuple(np.isin(np.arange(len(y)), part) for part in right_cumulative(y, g, fractions, seed))


def wrong_labels(y, g, fractions, seed):
    """The labels of the parts."""
    return tuple(y[part] for part in right_cumulative(y, g, fractions, seed))


def wrong_group_names(y, g, fractions, seed):
    """The groups of the parts."""
    return tuple(np.unique(g[part]) for part in right_cumulative(y, g, fractions, seed))


def wrong_two_parts(y, g, fractions, seed):
    """Training and test."""
    train, validation, test = right_cumulative(y, g, fractions, seed)
    return train, np.concatenate([validation, test])


def wrong_test_is_validation(y, g, fractions, seed):
    """Validates on the test part."""
    train, _, test = right_cumulative(y, g, fractions, seed)
    return train, test, test


def wrong_one_of_each_group(y, g, fractions, seed):
    """Keeps one picture of each group: no leak, and no pictures."""
    first = np.unique(g, return_index=True)[1]
    return tuple(part[np.isin(part, first)] for part in right_cumulative(y, g, fractions, seed))


def wrong_groups_are_runs(y, g, fractions, seed):
    """Believes that a group's pictures stand next to each other."""
    runs = np.concatenate([[0], np.cumsum(np.diff(g) != 0)])
    return right_cumulative(y, runs, fractions, seed)


def wrong_groups_are_numbered(y, g, fractions, seed):
    """Believes that groups are numbered from 0 without gaps."""
    place = np.random.default_rng(seed).choice(3, len(np.unique(g)), p=fractions)
    return _parts(place[g])


def wrong_in_place(y, g, fractions, seed):
    """Sorts the labels in place."""
    y.sort()
    return right_cumulative(y, g, fractions, seed)
