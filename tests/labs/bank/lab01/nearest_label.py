"""Solutions of the bug hunt, ``nearest_label(images, y, train, test)``: the supplied code with some bugs left."""

import numpy as np

from autograder.checks.lab01.reference import _nearest


def _steps(images, train):
    """Steps along rows as rows of numbers, each in its standard deviation over the training part."""
    steps = np.diff(images.astype(float), axis=2).reshape(len(images), -1)
    spread = steps[train].std(axis=0)
    return steps / np.where(spread > 0, spread, 1)


def right_repaired(images, y, train, test):
    """All three repaired."""
    return _nearest(images, y, train, test)


def right_loop(images, y, train, test):
    """One test picture at a time."""
    steps = _steps(images, train)
    found = []
    for k in test:
        distances = [np.sum((steps[k] - steps[m]) ** 2) for m in train]
        found.append(y[train[int(np.argmin(distances))]])
    return np.array(found)


def right_product(images, y, train, test):
    """Squared distances from a matrix product."""
    steps = _steps(images, train)
    a, b = steps[test], steps[train]
    squared = (a**2).sum(axis=1)[:, None] - 2 * a @ b.T + (b**2).sum(axis=1)
    return np.take(y[train], squared.argmin(axis=1))


def right_sklearn(images, y, train, test):
    """scikit-learn's neighbours."""
    from sklearn.neighbors import KNeighborsClassifier

    steps = _steps(images, train)
    return KNeighborsClassifier(1).fit(steps[train], y[train]).predict(steps[test])


def right_float32(images, y, train, test):
    """Single precision."""
    steps = _steps(images, train).astype(np.float32)
    distances = np.linalg.norm(steps[test][:, None] - steps[train], axis=2)
    return y[train][distances.argmin(axis=1)]


def wrong_as_supplied(images, y, train, test):
    """Nothing repaired."""
    return _nearest(images, y, train, test, wraps=True, leaks=True, misplaced=True)


def wrong_wraps_left(images, y, train, test):
    """The wrapping is left."""
    return _nearest(images, y, train, test, wraps=True)


def wrong_leak_left(images, y, train, test):
    """The leak is left."""
    return _nearest(images, y, train, test, leaks=True)


def wrong_place_left(images, y, train, test):
    """The wrong places are left."""
    return _nearest(images, y, train, test, misplaced=True)


def wrong_only_wraps_repaired(images, y, train, test):
    """Only the wrapping is repaired."""
    return _nearest(images, y, train, test, leaks=True, misplaced=True)


def wrong_only_leak_repaired(images, y, train, test):
    """Only the leak is repaired."""
    return _nearest(images, y, train, test, wraps=True, misplaced=True)


def wrong_only_place_repaired(images, y, train, test):
    """Only the places are repaired."""
    return _nearest(images, y, train, test, wraps=True, leaks=True)


def wrong_signed_byte(images, y, train, test):
    """int8, which has negative numbers and wraps beyond 127."""
    steps = np.diff(images.astype(np.int8), axis=2).reshape(len(images), -1).astype(float)
    return _from_steps(steps, y, train, test)


def wrong_tiny_divisor(images, y, train, test):
    """A tiny number against the division by zero, which makes a step that is constant in training enormous."""
    steps = np.diff(images.astype(float), axis=2).reshape(len(images), -1)
    return _nearest_of(steps / (steps[train].std(axis=0) + 1e-8), y, train, test)


def wrong_cast_after(images, y, train, test):
    """Casts to float after the subtraction."""
    steps = (images[:, :, 1:] - images[:, :, :-1]).astype(np.float64)
    return _from_steps(steps.reshape(len(images), -1), y, train, test)


def wrong_no_scale(images, y, train, test):
    """Drops the standard deviation, leak and all."""
    steps = np.diff(images.astype(float), axis=2).reshape(len(images), -1)
    distances = ((steps[test][:, None] - steps[train]) ** 2).sum(axis=-1)
    return y[train][distances.argmin(axis=1)]


def wrong_test_statistics(images, y, train, test):
    """The spread of the test part."""
    steps = np.diff(images.astype(float), axis=2).reshape(len(images), -1)
    return _nearest_of(steps / (steps[test].std(axis=0) + 1e-9), y, train, test)


def wrong_each_by_its_own(images, y, train, test):
    """Training and test each by its own spread."""
    steps = np.diff(images.astype(float), axis=2).reshape(len(images), -1)
    for part in (train, test):
        steps[part] /= steps[part].std(axis=0) + 1e-9
    return _nearest_of(steps, y, train, test)


def wrong_farthest(images, y, train, test):
    """The farthest picture."""
    steps = _steps(images, train)
    return y[train][((steps[test][:, None] - steps[train]) ** 2).sum(axis=-1).argmax(axis=1)]


def wrong_nearest_of_all(images, y, train, test):
    """The nearest of all other pictures, test pictures too."""
    steps = _steps(images, train)
    distances = ((steps[test][:, None] - steps[None]) ** 2).sum(axis=-1)
    distances[np.arange(len(test)), test] = np.inf
    return y[distances.argmin(axis=1)]


def wrong_own_label(images, y, train, test):
    """Looks the answer up."""
    return y[test]


def wrong_index(images, y, train, test):
    """The place in the place of the label."""
    steps = _steps(images, train)
    return train[((steps[test][:, None] - steps[train]) ** 2).sum(axis=-1).argmin(axis=1)]


def wrong_per_training_picture(images, y, train, test):
    """argmin over the wrong axis, cut to length."""
    steps = _steps(images, train)
    nearest = ((steps[test][:, None] - steps[train]) ** 2).sum(axis=-1).argmin(axis=0)
    return np.resize(y[test][nearest], len(test))


def wrong_no_guard(images, y, train, test):
    """One spread for all steps."""
    steps = np.diff(images.astype(float), axis=2).reshape(len(images), -1)
    return _nearest_of(steps / steps[train].std(), y, train, test)


def wrong_absolute_steps(images, y, train, test):
    """Magnitudes of the steps, so that nothing is negative."""
    steps = np.abs(np.diff(images.astype(float), axis=2)).reshape(len(images), -1)
    return _from_steps(steps, y, train, test)


def wrong_in_place(images, y, train, test):
    """Darkens the pictures in place."""
    images //= 2
    return _nearest(images, y, train, test)


def _from_steps(steps, y, train, test):
    spread = steps[train].std(axis=0)
    return _nearest_of(steps / np.where(spread > 0, spread, 1), y, train, test)


def _nearest_of(steps, y, train, test):
    return y[train][((steps[test][:, None] - steps[train]) ** 2).sum(axis=-1).argmin(axis=1)]
