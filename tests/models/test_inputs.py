"""Preprocessing is that of keras.applications, once, and leaves its input alone."""

import keras
import numpy as np
import pytest

from toonlens.errors import UserError
from toonlens.models import ARCHITECTURES, pixel_bounds, preprocess

THEIRS = {
    "vgg16": keras.applications.vgg16.preprocess_input,
    "resnet50": keras.applications.resnet50.preprocess_input,
    "densenet121": keras.applications.densenet.preprocess_input,
}


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_preprocess_is_keras(arch, images):
    before = images.copy()
    ours = preprocess(images, arch)
    np.testing.assert_allclose(ours, THEIRS[arch](images.astype(np.float32).copy()), rtol=1e-6)
    assert ours.dtype == np.float32
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_bounds_are_reached_and_never_passed(arch):
    every_value = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    x = preprocess(every_value, arch)
    lo, hi = pixel_bounds(arch)
    np.testing.assert_array_equal(lo, x.min(axis=(0, 1, 2)))
    np.testing.assert_array_equal(hi, x.max(axis=(0, 1, 2)))


@pytest.mark.parametrize("wrong", ["float", "single", "grey"])
def test_preprocess_refuses_what_is_not_raw(wrong, images):
    given = {"float": images / 255, "single": images[0], "grey": images[..., :1]}[wrong]
    with pytest.raises(UserError, match="raw pictures"):
        preprocess(given, "vgg16")


def test_unknown_network(images):
    with pytest.raises(UserError, match="there are vgg16, resnet50, densenet121"):
        preprocess(images, "alexnet")
