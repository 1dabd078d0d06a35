"""Solutions of the bug hunt, ``nearest_mean(train_x, train_y, x)``."""

import numpy as np

TINY = 1e-9


def right_repaired(train_x, train_y, x):
    """The three repairs."""
    mean, deviation = train_x.mean(axis=0), train_x.std(axis=0) + TINY
    known, z = (train_x - mean) / deviation, (x - mean) / deviation
    present = np.unique(train_y)
    means = np.stack([known[train_y == k].mean(axis=0) for k in present])
    distance = ((z[:, None] - means[None]) ** 2).sum(axis=2)
    return present[distance.argmin(axis=1)]


def right_loops(train_x, train_y, x):
    """Picture by picture."""
    deviation = train_x.std(axis=0) + TINY
    means = {k: train_x[train_y == k].mean(axis=0) for k in set(train_y.tolist())}
    return [min(means, key=lambda k: float((((row - means[k]) / deviation) ** 2).sum())) for row in x]


def right_linear(train_x, train_y, x):
    """As a linear classifier: z through the means, less half their squared length."""
    mean, deviation = train_x.mean(axis=0), train_x.std(axis=0) + TINY
    present, place = np.unique(train_y, return_inverse=True)
    hot = np.eye(len(present))[place]
    means = (hot.T @ ((train_x - mean) / deviation)) / hot.sum(axis=0)[:, None]
    return present[((x - mean) / deviation @ means.T - 0.5 * (means**2).sum(axis=1)).argmax(axis=1)]


def right_sklearn(train_x, train_y, x):
    """Another library."""
    from sklearn.neighbors import NearestCentroid
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(train_x)
    return NearestCentroid().fit(scaler.transform(train_x), train_y).predict(scaler.transform(x))


def right_float32(train_x, train_y, x):
    """Single precision from the first line on."""
    train_x, x = train_x.astype(np.float32), x.astype(np.float32)
    return right_repaired(train_x, train_y, x)


def general(train_x, train_y, x, own_mean=False, one_deviation=False, places=False):
    """The function with any of its three bugs."""
    mean = train_x.mean(axis=0)
    deviation = (train_x.std() if one_deviation else train_x.std(axis=0)) + TINY
    known = (train_x - mean) / deviation
    z = (x - (x.mean(axis=0) if own_mean else mean)) / deviation
    present = np.unique(train_y)
    means = np.stack([known[train_y == k].mean(axis=0) for k in present])
    nearest = ((z[:, None] - means[None]) ** 2).sum(axis=2).argmin(axis=1)
    return nearest if places else present[nearest]


def wrong_untouched(train_x, train_y, x):
    """The supplied function."""
    return general(train_x, train_y, x, own_mean=True, one_deviation=True, places=True)


def wrong_own_mean_left(train_x, train_y, x):
    """Two repaired."""
    return general(train_x, train_y, x, own_mean=True)


def wrong_deviation_left(train_x, train_y, x):
    """Two repaired."""
    return general(train_x, train_y, x, one_deviation=True)


def wrong_places_left(train_x, train_y, x):
    """Two repaired."""
    return general(train_x, train_y, x, places=True)


def wrong_only_own_mean_repaired(train_x, train_y, x):
    """One repaired."""
    return general(train_x, train_y, x, one_deviation=True, places=True)


def wrong_only_deviation_repaired(train_x, train_y, x):
    """One repaired."""
    return general(train_x, train_y, x, own_mean=True, places=True)


def wrong_only_places_repaired(train_x, train_y, x):
    """One repaired."""
    return general(train_x, train_y, x, own_mean=True, one_deviation=True)


def wrong_own_deviation(train_x, train_y, x):
    """Repairs the mean and puts the new pictures' own deviation in."""
    mean = train_x.mean(axis=0)
    known = (train_x - mean) / (train_x.std(axis=0) + TINY)
    z = (x - mean) / (x.std(axis=0) + TINY)
    present = np.unique(train_y)
    means = np.stack([known[train_y == k].mean(axis=0) for k in present])
    return present[((z[:, None] - means[None]) ** 2).sum(axis=2).argmin(axis=1)]


def wrong_no_deviation(train_x, train_y, x):
    """Leaves the division out."""
    present = np.unique(train_y)
    means = np.stack([train_x[train_y == k].mean(axis=0) for k in present])
    return present[((x[:, None] - means[None]) ** 2).sum(axis=2).argmin(axis=1)]


def wrong_deviation_per_picture(train_x, train_y, x):
    """One deviation for each picture: the other axis."""
    known = (train_x - train_x.mean(axis=0)) / (train_x.std(axis=1, keepdims=True) + TINY)
    z = (x - train_x.mean(axis=0)) / (x.std(axis=1, keepdims=True) + TINY)
    present = np.unique(train_y)
    means = np.stack([known[train_y == k].mean(axis=0) for k in present])
    return present[((z[:, None] - means[None]) ** 2).sum(axis=2).argmin(axis=1)]


def wrong_range(train_x, train_y, x):
    """Every class from 0 to the largest number, the empty ones at the origin."""
    mean, deviation = train_x.mean(axis=0), train_x.std(axis=0) + TINY
    known, z = (train_x - mean) / deviation, (x - mean) / deviation
    classes = range(len(np.unique(train_y)))
    means = np.stack([known[train_y == k].mean(axis=0) if (train_y == k).any() else 0 * mean for k in classes])
    return ((z[:, None] - means[None]) ** 2).sum(axis=2).argmin(axis=1)


def wrong_in_place(train_x, train_y, x):
    """All three repaired, in place."""
    mean, deviation = train_x.mean(axis=0), train_x.std(axis=0) + TINY
    train_x -= mean
    train_x /= deviation
    x = (x - mean) / deviation
    present = np.unique(train_y)
    means = np.stack([train_x[train_y == k].mean(axis=0) for k in present])
    return present[((x[:, None] - means[None]) ** 2).sum(axis=2).argmin(axis=1)]
