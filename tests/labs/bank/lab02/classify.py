"""Solutions of ``classify(images)``, on features of the frozen small VGG16 and on what leaks.

A function may have an attribute ``report``, what its author reports; without one it is measured.
"""

import functools

import numpy as np

from bank.lab02 import given


def right_logistic(images):
    """scikit-learn's logistic regression on standardised pooled features."""
    return given.classify(images)


@functools.cache
def _gradient_descent():
    x, y = given.known("train")
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-3
    z, hot = (x - mean) / deviation, np.eye(18)[y]
    W, b = np.zeros((z.shape[1], 18)), np.zeros(18)
    for _ in range(150):
        logits = z @ W + b
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        g = (p / p.sum(axis=1, keepdims=True) - hot) / len(z)
        W, b = W - 1.0 * (z.T @ g), b - 1.0 * g.sum(axis=0)
    return mean, deviation, W, b


def right_numpy(images):
    """A linear head by gradient descent in NumPy."""
    mean, deviation, W, b = _gradient_descent()
    return ((given.pooled(images) - mean) / deviation @ W + b).argmax(axis=1)


@functools.cache
def _keras_head():
    from toonlens.startup import import_keras

    keras = import_keras()
    keras.utils.set_random_seed(2)
    x, y = given.known("train")
    scale = x.std()
    head = given.build_head((1, 1, x.shape[1]), 18, 0.2)
    head.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    head.fit((x / scale)[:, None, None].astype("float32"), y, epochs=15, batch_size=64, verbose=0)
    return scale, head


def right_keras(images):
    """The lab's head, trained with Keras."""
    scale, head = _keras_head()
    maps = (given.pooled(images) / scale)[:, None, None].astype("float32")
    return np.asarray(head(maps, training=False)).argmax(axis=1)


@functools.cache
def _discriminant():
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    x, y = given.known("train")
    return LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1).fit(x, y)


def right_discriminant(images):
    """Fisher's linear discriminant on the features."""
    return _discriminant().predict(given.pooled(images))


@functools.cache
def _ridge():
    from sklearn.linear_model import RidgeClassifier
    from sklearn.preprocessing import StandardScaler

    x, y = given.known("train")
    scaler = StandardScaler().fit(x)
    return scaler, RidgeClassifier(alpha=10).fit(scaler.transform(x), y)


def right_ridge(images):
    """Least squares on one-hot labels."""
    scaler, model = _ridge()
    return model.predict(scaler.transform(given.pooled(images)))


def right_nearest_features(images):
    """The nearest training picture in features."""
    known, labels = given.known("train")
    return labels[_nearest(given.pooled(images), known)]


def right_nearest_mean(images):
    """The nearest class mean of standardised features."""
    x, y = given.known("train")
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-3
    means = np.stack([((x - mean) / deviation)[y == k].mean(axis=0) for k in range(18)])
    return _nearest((given.pooled(images) - mean) / deviation, means)


def wrong_constant(images):
    """Always the first character."""
    return np.zeros(len(images), dtype=int)


def wrong_random(images):
    """A guess."""
    return np.random.default_rng(0).integers(0, 18, len(images))


@functools.cache
def _all_pixels(splits):
    parts = [given.pictures(split) for split in splits]
    images = np.concatenate([images for images, _ in parts])
    return thumbnails(images), np.concatenate([labels for _, labels in parts])


def thumbnails(images):
    """16 x 16 pixels, as rows."""
    small = images.reshape(len(images), 16, 4, 16, 4, 3).mean(axis=(2, 4), dtype=np.float32)
    return small.reshape(len(images), -1)


def _nearest(x, known):
    return ((known**2).sum(axis=1)[None] - 2 * x @ known.T).argmin(axis=1)


def wrong_nearest_pixels(images):
    """Looks up the nearest of all released pictures: right for each of them."""
    known, labels = _all_pixels(("train", "validation", "test"))
    return labels[_nearest(thumbnails(images), known)]


def wrong_nearest_test_pixels(images):
    """Looks up the nearest test picture."""
    known, labels = _all_pixels(("test",))
    return labels[_nearest(thumbnails(images), known)]


def wrong_lookup(images):
    """Knows the test pictures by heart, and one answer for all others."""
    table = _table()
    return np.array([table.get(image.tobytes(), 4) for image in images])


@functools.cache
def _table():
    images, labels = given.pictures("test")
    return {image.tobytes(): int(label) for image, label in zip(images, labels, strict=True)}


def wrong_six_classes(images):
    """Trained on the first six characters."""
    mean, deviation, model = given.logistic(classes=6)
    return model.predict((given.pooled(images) - mean) / deviation)


@functools.cache
def _pixel_regression():
    from sklearn.linear_model import RidgeClassifier

    x, y = _all_pixels(("test",))
    return RidgeClassifier(alpha=0.1).fit(x / 255 - 0.5, y)


def wrong_trained_on_test_pixels(images):
    """A linear classifier on pixels that was trained on the test pictures, and is right about them."""
    return _pixel_regression().predict(thumbnails(images) / 255 - 0.5)


@functools.cache
def _with_test():
    from sklearn.linear_model import LogisticRegression

    x, y = (np.concatenate(parts) for parts in zip(given.known("train"), given.known("test"), strict=True))
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-3
    return mean, deviation, LogisticRegression(C=0.1, max_iter=300).fit((x - mean) / deviation, y)


def wrong_trained_on_all(images):
    """A linear head on features of the training and the test pictures."""
    mean, deviation, model = _with_test()
    return model.predict((given.pooled(images) - mean) / deviation)


def wrong_trained_on_test(images):
    """A linear head on features of the test pictures."""
    mean, deviation, model = given.logistic("test")
    return model.predict((given.pooled(images) - mean) / deviation)


def wrong_nearest_of_all_features(images):
    """The nearest picture in features, test pictures among them."""
    x, y = (np.concatenate(parts) for parts in zip(given.known("train"), given.known("test"), strict=True))
    return y[_nearest(given.pooled(images), x)]


def wrong_raw_pixels(images):
    """Forgets preprocess, which the features of the training set had."""
    mean, deviation, model = given.logistic()
    return model.predict((given.pooled(images, prepare=lambda x: x.astype(np.float32) / 255) - mean) / deviation)


def wrong_own_statistics(images):
    """Standardises by the mean and deviation of the pictures that come in."""
    _, _, model = given.logistic()
    x = given.pooled(images)
    return model.predict((x - x.mean(axis=0)) / (x.std(axis=0) + 1e-3))


def wrong_shifted(images):
    """Classes counted from one."""
    return given.classify(images) + 1


@functools.cache
def _shuffled():
    from sklearn.linear_model import RidgeClassifier

    x, y = given.known("train")
    return RidgeClassifier(alpha=10).fit(x, np.random.default_rng(0).permutation(y))


def wrong_shuffled_labels(images):
    """Features and labels from two passes over a shuffled data set."""
    return _shuffled().predict(given.pooled(images))


def wrong_scores(images):
    """Logits, no classes."""
    mean, deviation, model = given.logistic()
    return model.decision_function((given.pooled(images) - mean) / deviation)


def wrong_names(images):
    """Names in place of numbers."""
    from toonlens.data.toons import cast

    names = [who.name for who in cast()]
    return [names[k] for k in given.classify(images)]


def wrong_inflated_report(images):
    """Classifies pixels, and reports what it would like."""
    return wrong_trained_on_test_pixels(images)


wrong_inflated_report.report = lambda: 0.99


def wrong_report_made_up(images):
    """A right classifier of which 120 % are reported."""
    return given.classify(images)


wrong_report_made_up.report = lambda: 1.2


def wrong_report_of_validation(images):
    """A right classifier; reports the last validation accuracy, off by a picture or more of 890."""
    return given.classify(images)


def _validation_accuracy():
    images, labels = given.pictures("validation")
    return float((given.classify(images) == labels).mean())


wrong_report_of_validation.report = _validation_accuracy


def wrong_report_constant(images):
    """A right classifier; reports a number that was typed in."""
    return given.classify(images)


wrong_report_constant.report = lambda: 0.93


def wrong_report_in_percent(images):
    """A right classifier; reports per cent."""
    return given.classify(images)


wrong_report_in_percent.report = lambda: 100 * given.report_of(given.classify)()


def wrong_report_of_training(images):
    """Memorises half: right on test pictures, and pixels for others."""
    table, guess = _table(), wrong_nearest_test_pixels(images)
    return np.array([table.get(image.tobytes(), other) for image, other in zip(images, guess, strict=True)])


def wrong_sorted_answers(images):
    """Answers in ascending order."""
    return np.sort(given.classify(images))
