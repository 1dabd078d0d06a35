"""Right functions that the bank of lab 2 needs, and features of the frozen network, computed once per session."""

import functools
import hashlib
from pathlib import Path

import numpy as np

from toonlens.laws.lab02 import MARGIN
from toonlens.models import build, preprocess
from toonlens.startup import import_keras

RELEASED = Path(__file__).resolve().parents[4] / "solutions" / "lab02"


def freeze(model, upto):
    last = model.layers.index(model.get_layer(upto))
    for k, layer in enumerate(model.layers):
        layer.trainable = k > last


def extract(model, ds):
    parts = [(np.asarray(model(x, training=False)), y) for x, y in ds]
    return np.concatenate([a.reshape(len(a), -1) for a, _ in parts]), np.concatenate([y for _, y in parts])


def build_head(shape, K, dropout):
    layers = import_keras().layers
    return import_keras().Sequential(
        [import_keras().Input(shape), layers.GlobalAveragePooling2D(), layers.Dropout(dropout), layers.Dense(K)]
    )


@functools.cache
def base():
    """The frozen small VGG16, (B, 64, 64, 3) preprocessed to (B, 2, 2, 128)."""
    import_keras()
    return build("vgg16", weights="small")


@functools.cache
def pictures(split):
    """Released pictures and labels."""
    from toonlens.data import load_toons

    toons = load_toons(split)
    return toons.images, toons.labels


@functools.cache
def known(split):
    """Pooled features (N, 128) and labels of a released split, from the library's cache."""
    from toonlens.transfer import features

    images, labels = pictures(split)
    found = features(base(), "vgg16", images).astype(np.float64)
    _remembered.update(zip(map(_key, images), found, strict=True))
    return found, labels


_remembered: dict[bytes, np.ndarray] = {}


def _key(image):
    return hashlib.blake2b(np.ascontiguousarray(image).tobytes(), digest_size=16).digest()


def pooled(images, prepare=None):
    """Pooled features (N, 128) of pictures; with ``prepare`` in place of preprocess nothing is remembered."""
    if prepare is not None:
        return run(prepare(images))
    known("test")
    keys = [_key(image) for image in images]
    new = {key: k for k, key in enumerate(keys) if key not in _remembered}
    if new:
        places = list(new.values())
        _remembered.update(zip(new, run(preprocess(images[places], "vgg16")), strict=True))
    return np.stack([_remembered[key] for key in keys])


def run(x):
    """Preprocessed pictures through the network, a batch at a time."""
    parts = [np.asarray(base()(x[k : k + 64], training=False)) for k in range(0, len(x), 64)]
    return np.concatenate(parts).mean(axis=(1, 2)).astype(np.float64)


@functools.cache
def logistic(split="train", classes=18):
    """Mean, deviation and a logistic regression on standardised features."""
    from sklearn.linear_model import LogisticRegression

    x, y = known(split)
    rows = y < classes
    mean, deviation = x[rows].mean(axis=0), x[rows].std(axis=0) + 1e-3
    return mean, deviation, LogisticRegression(C=0.1, max_iter=300).fit((x[rows] - mean) / deviation, y[rows])


def classify(images):
    mean, deviation, model = logistic()
    return model.predict((pooled(images) - mean) / deviation)


def report_of(solution):
    """The report that belongs to a classifier: its own, or its accuracy on the released test pictures."""
    if hasattr(solution, "report"):
        return solution.report
    images, labels = pictures("test")
    return lambda: float((np.asarray(solution(images)) == labels).mean())


@functools.cache
def due():
    """The accuracy that the lab asks for."""
    with np.load(RELEASED / "checkpoints.npz") as point:
        return float(point["fresh"][0]) - MARGIN
