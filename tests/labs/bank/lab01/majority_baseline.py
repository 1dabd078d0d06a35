"""Solutions of ``majority_baseline(y_train, y_test)``."""

import collections

import numpy as np


def right_bincount(y_train, y_test):
    """argmax of np.bincount."""
    c = np.bincount(y_train).argmax()
    return c, (y_test == c).mean()


def right_unique(y_train, y_test):
    """np.unique with counts, which is sorted."""
    classes, counts = np.unique(y_train, return_counts=True)
    c = classes[np.argmax(counts)]
    return int(c), np.count_nonzero(y_test == c) / len(y_test)


def right_counter(y_train, y_test):
    """A Counter and a key that prefers small labels."""
    counts = collections.Counter(y_train.tolist())
    c = min(counts, key=lambda label: (-counts[label], label))
    return c, sum(label == c for label in y_test.tolist()) / len(y_test)


def right_sklearn(y_train, y_test):
    """scikit-learn's dummy classifier."""
    from sklearn.dummy import DummyClassifier

    model = DummyClassifier(strategy="most_frequent").fit(np.zeros((len(y_train), 1)), y_train)
    return int(model.predict([[0.0]])[0]), float(model.score(np.zeros((len(y_test), 1)), y_test))


def right_float32(y_train, y_test):
    """Single precision, in a list."""
    c, accuracy = right_bincount(y_train, y_test)
    return [np.float32(c), np.float32(accuracy)]


def wrong_test_majority(y_train, y_test):
    """The most frequent class of the test part."""
    return right_bincount(y_test, y_test)


def wrong_judged_on_training(y_train, y_test):
    """The accuracy on the training part."""
    return right_bincount(y_train, y_train)


def wrong_both_parts(y_train, y_test):
    """Counts training and test together."""
    return right_bincount(np.concatenate([y_train, y_test]), y_test)


def wrong_largest_of_ties(y_train, y_test):
    """The largest of several."""
    counts = np.bincount(y_train)
    c = len(counts) - 1 - counts[::-1].argmax()
    return c, (y_test == c).mean()


def wrong_first_seen_of_ties(y_train, y_test):
    """The one that comes last in the training part."""
    counts = collections.Counter(y_train.tolist())
    c = max(reversed(y_train.tolist()), key=lambda label: (counts[label], -np.flatnonzero(y_train == label)[0] - label))
    c = max((k for k in counts if counts[k] == counts[c]), key=lambda label: label)
    return c, (y_test == c).mean()


def wrong_count(y_train, y_test):
    """The count in the place of the class."""
    return np.bincount(y_train).max(), right_bincount(y_train, y_test)[1]


def wrong_place_among_the_present(y_train, y_test):
    """The place in the list of classes that are there."""
    c = np.unique(y_train, return_counts=True)[1].argmax()
    return c, (y_test == c).mean()


def wrong_median(y_train, y_test):
    """The median label."""
    c = int(np.median(y_train))
    return c + (c == right_bincount(y_train, y_test)[0]), (y_test == c).mean()


def wrong_largest_label(y_train, y_test):
    """The largest label."""
    c = int(y_train.max())
    return c, (y_test == c).mean()


def wrong_percent(y_train, y_test):
    """From 0 to 100."""
    c, accuracy = right_bincount(y_train, y_test)
    return c, 100 * accuracy


def wrong_hits(y_train, y_test):
    """How many are right."""
    c, _ = right_bincount(y_train, y_test)
    return c, (y_test == c).sum()


def wrong_chance(y_train, y_test):
    """One over the number of classes."""
    return right_bincount(y_train, y_test)[0], 1 / len(np.unique(y_train))


def wrong_error(y_train, y_test):
    """The part that is wrong."""
    c, accuracy = right_bincount(y_train, y_test)
    return c, 1 - accuracy


def wrong_divided_by_training(y_train, y_test):
    """Divides by the number of training pictures."""
    c, _ = right_bincount(y_train, y_test)
    return c, (y_test == c).sum() / len(y_train)


def wrong_accuracy_only(y_train, y_test):
    """Only the accuracy."""
    return right_bincount(y_train, y_test)[1]


def wrong_other_way_round(y_train, y_test):
    """The accuracy first."""
    return right_bincount(y_train, y_test)[::-1]


def wrong_rounded(y_train, y_test):
    """Rounded to one place."""
    c, accuracy = right_bincount(y_train, y_test)
    return c, round(accuracy - 0.03, 1)


def wrong_in_place(y_train, y_test):
    """Sorts the labels in place."""
    y_train.sort()
    return right_bincount(y_train, y_test)


def wrong_least_frequent(y_train, y_test):
    """The least frequent class."""
    classes, counts = np.unique(y_train, return_counts=True)
    c = classes[counts.argmin()]
    return c, (y_test == c).mean()
