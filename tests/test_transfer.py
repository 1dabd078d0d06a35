"""Transfer learning on a problem that a test can afford: coloured noise, and networks of a few channels."""

import dataclasses

import keras
import numpy as np
import pytest

from toonlens import transfer
from toonlens.errors import UserError
from toonlens.models import SMALL_WIDTH, build, preprocess, weights

COLOURS = np.array([(200, 60, 60), (60, 200, 60), (60, 60, 200)])


def pictures(n, seed, size=32):
    """n noisy pictures, each in one of three colours."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    noise = rng.normal(0, 40, (n, size, size, 3))
    return np.clip(COLOURS[labels][:, None, None] + noise, 0, 255).astype(np.uint8), labels


@pytest.fixture
def own_weights(tmp_path, monkeypatch):
    """A datasets folder with random "small" weights, and an empty cache."""
    monkeypatch.setenv("TOONLENS_DATASETS", str(tmp_path / "datasets"))
    monkeypatch.setenv("TOONLENS_CACHE", str(tmp_path / "cache"))
    keras.utils.set_random_seed(7)
    weights.save_weights(build("vgg16", None), tmp_path / "datasets" / "weights" / "vgg16.npz")
    return tmp_path


@pytest.fixture
def normalised(tmp_path, monkeypatch):
    """Instead of the three networks, which compile for long, one convolution with BatchNorm."""
    keras.utils.set_random_seed(7)
    kernel = np.random.default_rng(7).normal(size=(3, 3, 3, 4))

    def build_normalised(arch, weights, *, width, input_shape):
        x = keras.Input(input_shape)
        y = keras.layers.Conv2D(4, 3, strides=2, name="conv")(x)
        model = keras.Model(x, keras.layers.BatchNormalization(name="bn")(y))
        model.get_layer("conv").set_weights([kernel, np.zeros(4)])
        return model

    monkeypatch.setenv("TOONLENS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(transfer, "build", build_normalised)
    return build_normalised("any", None, width=1, input_shape=(32, 32, 3))


FROZEN = dataclasses.replace(transfer.RECIPES["frozen"], head_epochs=30, batch_size=8)


def test_frozen_trains_the_head_and_nothing_else(own_weights):
    fitted = transfer.fit("vgg16", FROZEN, pictures(30, 0), pictures(15, 1), quiet=True)
    base = build("vgg16", "small", input_shape=(32, 32, 3))
    for layer in base.layers:
        for ours, theirs in zip(
            fitted.model.get_layer(layer.name).weights if layer.weights else [], layer.weights, strict=True
        ):
            np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    assert transfer.evaluate(fitted.model, "vgg16", pictures(30, 2)).accuracy > 0.9
    assert fitted.epochs == 30
    assert set(fitted.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(len(values) == 30 for values in fitted.history.values())
    assert fitted.history["loss"][-1] < fitted.history["loss"][0]


def test_standardisation_is_folded_into_the_head(own_weights):
    """The head was trained on standardised features; the model that comes back takes pictures and agrees with it."""
    images, labels = pictures(30, 0)
    fitted = transfer.fit("vgg16", FROZEN, (images, labels), (images, labels), quiet=True)
    measured = transfer.evaluate(fitted.model, "vgg16", (images, labels))
    assert measured.loss == pytest.approx(fitted.history["val_loss"][-1], rel=1e-3)
    assert measured.accuracy == pytest.approx(fitted.history["val_accuracy"][-1])


def test_model_is_one_flat_functional_model(own_weights):
    fitted = transfer.fit("vgg16", dataclasses.replace(FROZEN, head_epochs=1), pictures(6, 0), quiet=True)
    assert not any(isinstance(layer, keras.Model) for layer in fitted.model.layers)
    assert [layer.name for layer in fitted.model.layers[-2:]] == ["avg_pool", "predictions"]
    assert all(len(layer._inbound_nodes) == 1 for layer in fitted.model.layers)


def statistics(model):
    return [variable.numpy() for variable in model.get_layer("bn").weights]


@pytest.mark.parametrize(("train_batchnorm", "moves"), [(False, False), (True, True)])
def test_batchnorm_stays_frozen_unless_asked(normalised, train_batchnorm, moves):
    recipe = dataclasses.replace(
        transfer.RECIPES["finetune"], head_epochs=1, epochs=1, batch_size=3, train_batchnorm=train_batchnorm
    )
    fitted = transfer.fit("vgg16", recipe, pictures(6, 0), quiet=True)
    changed = [not np.array_equal(a, b) for a, b in zip(statistics(normalised), statistics(fitted.model), strict=True)]
    assert changed == [moves] * 4
    assert not np.array_equal(
        normalised.get_layer("conv").kernel.numpy(), fitted.model.get_layer("conv").kernel.numpy()
    )


def test_scratch_reads_no_weights_and_a_seed_repeats_it(tmp_path, monkeypatch):
    monkeypatch.setenv("TOONLENS_DATASETS", str(tmp_path))
    recipe = dataclasses.replace(transfer.RECIPES["scratch"], epochs=1, batch_size=6)
    first, second, other = (
        transfer.fit("vgg16", recipe, pictures(12, 0), quiet=True, seed=seed).model.get_weights() for seed in (1, 1, 2)
    )
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    assert not np.allclose(first[0], other[0])


@pytest.mark.parametrize("optimizer", ["adamw", "rmsprop"])
def test_a_recipe_without_weight_decay_trains(own_weights, optimizer):
    recipe = transfer.Recipe("", pretrained=True, head_epochs=1, epochs=1, optimizer=optimizer)
    fitted = transfer.fit("vgg16", recipe, pictures(6, 0), quiet=True)
    assert len(fitted.history["loss"]) == 2
    assert np.isfinite(fitted.history["loss"]).all()


def test_study_recipe_is_the_study(own_weights):
    recipe = transfer.RECIPES["study"]
    model = transfer.classifier(build("vgg16", "small"), recipe.head, 18)
    kinds = [type(layer).__name__ for layer in model.layers[-4:]]
    assert kinds == ["Flatten", "Dense", "Dropout", "Dense"]
    assert model.get_layer("fc1").units == 1024
    assert model.get_layer("dropout1").rate == 0.5
    assert model.output.shape == (None, 18)
    assert (recipe.optimizer, recipe.learning_rate, recipe.schedule) == ("rmsprop", 1e-5, "constant")
    assert (recipe.epochs, recipe.head_epochs, recipe.pretrained) == (20, 0, True)


def test_study_recipe_trains_every_layer(own_weights):
    recipe = dataclasses.replace(transfer.RECIPES["study"], epochs=1, batch_size=6)
    before = build("vgg16", "small", input_shape=(32, 32, 3))
    fitted = transfer.fit("vgg16", recipe, pictures(6, 0), quiet=True)
    for layer in before.layers:
        if layer.weights:
            assert not np.array_equal(fitted.model.get_layer(layer.name).kernel.numpy(), layer.kernel.numpy())


def test_features_come_from_the_cache_and_only_for_the_same_question(own_weights, monkeypatch):
    images, _ = pictures(5, 0)
    base = build("vgg16", "small", input_shape=(32, 32, 3))
    first = transfer.features(base, "vgg16", images)
    np.testing.assert_allclose(first, base(preprocess(images, "vgg16")).numpy().mean(axis=(1, 2)), rtol=1e-4, atol=1e-4)
    flat = transfer.features(base, "vgg16", images, "flatten")
    assert flat.shape == (5, round(512 * SMALL_WIDTH))
    asked = []
    monkeypatch.setattr(transfer, "_predict", lambda *arguments: asked.append(arguments) or np.zeros((5, 1, 1, 2)))
    np.testing.assert_array_equal(transfer.features(base, "vgg16", images), first)
    assert not asked
    transfer.features(base, "vgg16", 255 - images)
    base.get_layer("block1_conv1").bias.assign(np.ones(16))
    transfer.features(base, "vgg16", images)
    assert len(asked) == 2


def test_flipped_training_leaves_the_pictures_alone(own_weights):
    images, labels = pictures(6, 0)
    before = images.copy()
    transfer.fit(
        "vgg16",
        dataclasses.replace(transfer.RECIPES["scratch"], epochs=1),
        (images, labels),
        quiet=True,
    )
    np.testing.assert_array_equal(images, before)


def test_evaluate_by_hand():
    x = keras.Input((32, 32, 3))
    y = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(x, keras.layers.Softmax()(y))  # the brightest channel wins; preprocessing turns RGB into BGR
    images, labels = pictures(20, 0)
    measured = transfer.evaluate(model, "vgg16", (images, 2 - labels), batch_size=7)
    assert measured.accuracy == measured.low == measured.high == 1
    assert measured.scores.shape == (20, 3)
    expected = -np.log(np.maximum(measured.scores[np.arange(20), 2 - labels], 1e-7)).mean()
    assert measured.loss == pytest.approx(expected)
    assert transfer.evaluate(model, "vgg16", (images, labels)).accuracy == pytest.approx((labels == 1).mean())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"recipe": "tune"}, "unknown recipe 'tune': there are frozen, finetune, scratch, study"),
        ({"train": (np.zeros((0, 32, 32, 3), np.uint8), np.zeros(0, int))}, "one label for each picture"),
        ({"train": (np.zeros((2, 32, 32, 3), np.uint8), np.zeros(3, int))}, "one label for each picture"),
        ({"train": (np.zeros((2, 32, 32, 3), np.uint8), np.array([0, 5])), "classes": 3}, "there are 3 classes"),
        ({"weights": "large"}, "there are 'small', 'imagenet' and None"),
    ],
)
def test_bad_input_is_one_clear_line(own_weights, arguments, says):
    given = {"recipe": "frozen", "train": pictures(3, 0), "quiet": True} | arguments
    with pytest.raises(UserError, match=says):
        transfer.fit("vgg16", given.pop("recipe"), given.pop("train"), **given)


def test_progress_bar_shows_every_epoch(own_weights, capsys):
    transfer.fit("vgg16", dataclasses.replace(FROZEN, head_epochs=4), pictures(6, 0))
    out = capsys.readouterr().out
    assert "vgg16" in out
    assert "accuracy" in out
    assert "epoch 4/4" in out
