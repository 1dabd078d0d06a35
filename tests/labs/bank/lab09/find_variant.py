"""Solutions of ``find_variant(R_lib, variants, tol)``."""

import numpy as np

from autograder.checks.lab09 import reference

right_reference = reference.find_variant


def _by(distance):
    """The answer by a distance of one's own."""

    def find_variant(R_lib, variants, tol):
        found = {name: distance(R, R_lib) for name, R in variants.items()}
        best = min(found, key=found.get)
        return (best if found[best] <= tol else None), found

    return find_variant


def right_loop(R_lib, variants, tol):
    """One by one."""
    answer, least, distances = None, tol, {}
    for name in variants:
        distances[name] = np.max(np.abs(variants[name] - R_lib)) / np.max(np.abs(R_lib))
        if distances[name] <= least:
            answer, least = name, distances[name]
    return answer, distances


def right_sorted(R_lib, variants, tol):
    """Sorted by distance."""
    _, distances = reference.find_variant(R_lib, variants, tol)
    name, distance = sorted(distances.items(), key=lambda item: item[1])[0]
    return [name if distance <= tol else None, distances]


def right_stacked(R_lib, variants, tol):
    """All at once."""
    off = np.abs(np.stack(list(variants.values())) - R_lib).reshape(len(variants), -1).max(axis=1) / np.abs(R_lib).max()
    place = int(off.argmin())
    return (list(variants)[place] if off[place] <= tol else None), dict(zip(variants, off, strict=True))


def right_norm(R_lib, variants, tol):
    """With the maximum norm of numpy.linalg."""
    size = np.linalg.norm(R_lib.ravel(), np.inf)
    distances = {k: np.linalg.norm((R - R_lib).ravel(), np.inf) / size for k, R in variants.items()}
    close = {k: d for k, d in distances.items() if d <= tol}
    return (min(close, key=close.get) if close else None), distances


def _largest(R):
    return np.abs(R).max()


wrong_signed = _by(lambda R, R_lib: (R - R_lib).max() / _largest(R_lib))
wrong_absolute = _by(lambda R, R_lib: _largest(R - R_lib))
wrong_mean = _by(lambda R, R_lib: np.abs(R - R_lib).mean() / np.abs(R_lib).mean())
wrong_by_variant = _by(lambda R, R_lib: _largest(R - R_lib) / _largest(R))
wrong_cosine = _by(lambda R, R_lib: 1 - (R * R_lib).sum() / np.sqrt((R**2).sum() * (R_lib**2).sum()))
wrong_pixel_by_pixel = _by(lambda R, R_lib: np.max(np.abs(R - R_lib) / np.abs(R_lib)))
wrong_scaled = _by(lambda R, R_lib: _largest(R * (R * R_lib).sum() / (R**2).sum() - R_lib) / _largest(R_lib))
wrong_sums = _by(lambda R, R_lib: abs(R.sum() - R_lib.sum()) / _largest(R_lib))
wrong_magnitudes = _by(lambda R, R_lib: _largest(np.abs(R) - np.abs(R_lib)) / _largest(R_lib))
wrong_l2 = _by(lambda R, R_lib: np.sqrt(((R - R_lib) ** 2).sum() / (R_lib**2).sum()))


def wrong_always_a_name(R_lib, variants, tol):
    """The closest, however far."""
    _, distances = reference.find_variant(R_lib, variants, tol)
    return min(distances, key=distances.get), distances


def wrong_fixed_tolerance(R_lib, variants, tol):
    """1e-4, whatever tol says."""
    return reference.find_variant(R_lib, variants, 1e-4)


def wrong_first(R_lib, variants, tol):
    """The first within tol, or else the first of all."""
    _, distances = reference.find_variant(R_lib, variants, tol)
    return next((name for name in variants if distances[name] <= tol), next(iter(variants))), distances


def wrong_first_within(R_lib, variants, tol):
    """The first within tol."""
    _, distances = reference.find_variant(R_lib, variants, tol)
    return next((name for name in variants if distances[name] <= tol), None), distances


def wrong_farthest(R_lib, variants, tol):
    _, distances = reference.find_variant(R_lib, variants, tol)
    worst = max(distances, key=distances.get)
    return (worst if distances[worst] <= tol else None), distances


def wrong_words(R_lib, variants, tol):
    """A text where None is due."""
    name, distances = reference.find_variant(R_lib, variants, tol)
    return name or "none of them", distances


def wrong_name_only(R_lib, variants, tol):
    return reference.find_variant(R_lib, variants, tol)[0]


def wrong_list(R_lib, variants, tol):
    """Distances without names."""
    name, distances = reference.find_variant(R_lib, variants, tol)
    return name, list(distances.values())


def wrong_place(R_lib, variants, tol):
    """The number of the variant."""
    name, distances = reference.find_variant(R_lib, variants, tol)
    return (None if name is None else list(variants).index(name)), distances
