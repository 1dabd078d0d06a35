"""The committed weights of the small networks, and the script that makes them."""

import importlib.util
import json

import keras
import numpy as np
import pytest

from toonlens.models import ARCHITECTURES, build, preprocess
from toonlens.models.weights import load_weights, save_weights, small_weights_path
from toonlens.paths import datasets_dir


@pytest.fixture(scope="module")
def pretrain():
    spec = importlib.util.spec_from_file_location("pretrain", datasets_dir() / "weights" / "pretrain.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (5, 64, 64, 3), np.uint8)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_variable_is_in_the_file_and_is_finite(arch):
    model = build(arch)
    with np.load(small_weights_path(arch), allow_pickle=False) as archive:
        assert set(archive) == {f"{layer.name}/{w.name}" for layer in model.layers for w in layer.weights}
        assert all(np.isfinite(archive[name]).all() for name in archive)
    assert model.output_shape == (None, 2, 2, {"vgg16": 128, "resnet50": 512, "densenet121": 256}[arch])


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_features_tell_pictures_apart(arch, images):
    features = build(arch)(preprocess(images, arch)).numpy().mean(axis=(1, 2))
    assert np.isfinite(features).all()
    assert (features.std(axis=0) > 0).mean() > 0.2


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_how_they_were_made_is_recorded(arch):
    record = json.loads(small_weights_path(arch).with_suffix(".json").read_text(encoding="utf-8"))
    assert record["arch"] == arch
    assert len(record["curve"]["val_accuracy"]) == record["schedule"]["epochs"]
    assert record["curve"]["val_accuracy"][-1] > 0.8


def test_all_together_take_a_few_megabytes():
    assert sum(small_weights_path(arch).stat().st_size for arch in ARCHITECTURES) < 6.5e6


def test_augmentation_changes_a_copy(pretrain, images):
    before = images.copy()
    changed = pretrain.augment(images, np.random.default_rng(1))
    assert changed.shape == images.shape
    assert changed.dtype == np.uint8
    assert not np.array_equal(changed, images)
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(changed, pretrain.augment(images, np.random.default_rng(1)))


def test_network_that_trained_with_batchnorm_becomes_plain(pretrain, images, tmp_path):
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    trained = pretrain.classifier("vgg16", 4, batchnorm=True)
    for layer in trained.layers:
        if layer.name.endswith("_bn"):
            layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.weights])
    base, x = build("vgg16", None), preprocess(images, "vgg16")
    pretrain.fold_into(base, trained, x)
    pooled = keras.Model(trained.input, trained.get_layer("pooled").output)
    expected = pooled(x, training=False).numpy()
    np.testing.assert_allclose(base(x).numpy().mean(axis=(1, 2)), expected, rtol=1e-3, atol=1e-4 * expected.max())
    save_weights(base, tmp_path / "vgg16.npz")
    load_weights(build("vgg16", None), tmp_path / "vgg16.npz")
