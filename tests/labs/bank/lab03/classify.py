"""Solutions of ``classify(images)``: heads on features of the small networks, trained in seconds; and what leaks."""

from functools import cache

import numpy as np

CLASSES = 18


@cache
def _split(split):
    from toonlens.data import load_toons

    toons = load_toons(split)
    return toons.images, toons.labels


@cache
def _base(arch):
    from toonlens.models import build

    return build(arch, "small")


@cache
def _features(arch, split):
    from toonlens.transfer import features

    return features(_base(arch), arch, _split(split)[0])


def _look(arch, images, training=False, prepare=None):
    """Pooled features of new pictures, (N, C)."""
    from toonlens.models import preprocess

    x = (prepare or preprocess)(images, arch)
    lots = [_base(arch)(x[k : k + 128], training=training) for k in range(0, len(x), 128)]
    return np.concatenate([np.asarray(maps).mean(axis=(1, 2)) for maps in lots])


@cache
def _ridge(arch, per_class=200, classes=CLASSES, shift=0):
    """Mean, scale and weights of a linear head, by least squares."""
    x, y = _features(arch, "train"), _split("train")[1]
    keep = np.concatenate([np.flatnonzero(y == k)[:per_class] for k in range(classes)])
    x, y = x[keep], (y[keep] + shift) % CLASSES
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-3
    a = np.c_[(x - mean) / scale, np.ones(len(x))].astype(np.float64)
    W = np.linalg.solve(a.T @ a + 0.1 * len(x) * np.eye(a.shape[1]), a.T @ (2 * np.eye(CLASSES)[y] - 1))
    return mean, scale, W


def _scores(arch, looked, **head):
    mean, scale, W = _ridge(arch, **head)
    return np.c_[(looked - mean) / scale, np.ones(len(looked))] @ W


def right_resnet50(images):
    """A linear head on ResNet50."""
    return _scores("resnet50", _look("resnet50", images)).argmax(axis=1)


def right_densenet121(images):
    """A linear head on DenseNet121; int32."""
    return _scores("densenet121", _look("densenet121", images)).argmax(axis=1).astype(np.int32)


def right_vgg16(images):
    """A linear head on VGG16; a list of integers comes back."""
    return np.array([int(row.argmax()) for row in _scores("vgg16", _look("vgg16", images))])


def right_mirrored(images):
    """Mean of the scores of a picture and its mirror image."""
    both = _scores("densenet121", _look("densenet121", images)) + _scores(
        "densenet121", _look("densenet121", images[:, :, ::-1])
    )
    return both.argmax(axis=1).astype(np.uint8)


def right_two_networks(images):
    """Two networks together."""
    sums = sum(_scores(arch, _look(arch, images)) for arch in ("resnet50", "vgg16"))
    return np.argmax(sums, axis=-1)


@cache
def honest_report():
    """Test accuracy of ``right_resnet50``."""
    found = _scores("resnet50", _features("resnet50", "test")).argmax(axis=1)
    return float((found == _split("test")[1]).mean())


def wrong_constant(images):
    """One class for all."""
    return np.full(len(images), 3)


def wrong_released_order(images):
    """The released pictures take turns by class, and so do these answers."""
    return np.arange(len(images)) % CLASSES


def wrong_random(images):
    """Dice."""
    return np.random.default_rng(0).integers(CLASSES, size=len(images))


@cache
def _known():
    images = np.concatenate([_split(split)[0] for split in ("train", "validation", "test")])
    return _small(images), np.concatenate([_split(split)[1] for split in ("train", "validation", "test")])


def _small(images):
    return images.reshape(len(images), 8, 8, 8, 8, 3).mean(axis=(2, 4)).reshape(len(images), -1)


def wrong_lookup(images):
    """The most similar released picture, test pictures included, pixel by pixel."""
    known, labels = _known()
    x = _small(images)
    distances = (x**2).sum(axis=1)[:, None] - 2 * x @ known.T + (known**2).sum(axis=1)
    return labels[distances.argmin(axis=1)]


def wrong_lookup_else_constant(images):
    """The class of a released picture that is the same, bit by bit; else 0."""
    known, labels = _known()
    places = {row.tobytes(): label for row, label in zip(known, labels.tolist(), strict=True)}
    return np.array([places.get(row.tobytes(), 0) for row in _small(images)])


def wrong_half_of_the_classes(images):
    """Trained on nine characters."""
    return _scores("resnet50", _look("resnet50", images), classes=9).argmax(axis=1)


def wrong_twelve_classes(images):
    """Trained on twelve characters."""
    return _scores("vgg16", _look("vgg16", images), classes=12).argmax(axis=1)


def wrong_one_picture_a_class(images):
    """Trained on eighteen pictures."""
    return _scores("resnet50", _look("resnet50", images), per_class=1).argmax(axis=1)


def wrong_shifted(images):
    """Classes counted from 1."""
    return right_resnet50(images) + 1


def wrong_other_order(images):
    """Classes in another order: 17 to 0."""
    return CLASSES - 1 - right_resnet50(images)


def wrong_scores(images):
    """Scores in the place of classes."""
    return _scores("resnet50", _look("resnet50", images))


def wrong_floats(images):
    """Classes as floating-point numbers."""
    return right_resnet50(images).astype(np.float32)


def wrong_batch_statistics(images):
    """training=True."""
    return _scores("resnet50", _look("resnet50", images, training=True)).argmax(axis=1)


def wrong_divided_twice(images):
    """Preprocessed pictures, divided by 255 once more."""
    from toonlens.models import preprocess

    return _scores(
        "densenet121", _look("densenet121", images, prepare=lambda x, arch: preprocess(x, arch) / 255)
    ).argmax(axis=1)


def wrong_raw_pixels(images):
    """No preprocessing."""
    raw = _look("densenet121", images, prepare=lambda x, arch: x.astype(np.float32))
    return _scores("densenet121", raw).argmax(axis=1)


def wrong_sorted(images):
    """Sorts the answers."""
    return np.sort(right_resnet50(images))


def wrong_in_place(images):
    """Mirrors the pictures in place."""
    found = right_resnet50(images)
    images[:] = images[:, :, ::-1]
    return found


def wrong_of_the_batch(images):
    """Every picture gets the commonest class of its batch."""
    return np.full(len(images), np.bincount(right_resnet50(images)).argmax())


def wrong_another_network(images):
    """ResNet50's head on a DenseNet121's features, cut to size."""
    looked = _look("densenet121", images)
    wide = np.zeros((len(looked), len(_ridge("resnet50")[0])), dtype=looked.dtype)
    wide[:, : looked.shape[1]] = looked[:, : wide.shape[1]]
    return _scores("resnet50", wide).argmax(axis=1)
