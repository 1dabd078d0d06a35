"""The worker in which iNNvestigate runs: what it can rebuild, that it is reused and replaced, and its errors."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from autograder.reference import explain
from toonlens import innvestigate_worker
from toonlens.errors import UserError
from toonlens.innvestigate_worker import analyze

layers = keras.layers


@pytest.fixture(scope="module", autouse=True)
def end_the_worker():
    yield
    innvestigate_worker.shutdown()


def little_model(*more):
    start = [keras.Input((8, 8, 3)), layers.Conv2D(4, 3, activation="relu")]
    return keras.Sequential([*start, *more, layers.Flatten(), layers.Dense(3, "softmax")])


X = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")


def test_layers_that_need_translation():
    """ReLU and Softmax layers, padding, BatchNorm, a shared layer, a sum, a nested model."""
    start = keras.Input((8, 8, 3))
    conv = layers.Conv2D(3, 3, padding="same")
    x = layers.ReLU()(conv(layers.ZeroPadding2D(1)(start)))
    x = layers.BatchNormalization()(layers.Add()([conv(x), x]))
    x = layers.Concatenate()([layers.AveragePooling2D(2)(x), layers.MaxPooling2D(2)(x)])
    x = keras.Sequential([keras.Input(x.shape[1:]), layers.Dropout(0.3), layers.GlobalAveragePooling2D()])(x)
    model = keras.Model(start, layers.Softmax()(layers.Dense(4)(x)))
    theirs = analyze(model, X, "gradient", dtype="float64")
    np.testing.assert_allclose(explain(model, X, "gradient", dtype="float64"), theirs, rtol=0, atol=1e-5)


def residual(*norm):
    """Five sums, each with two readers."""
    start = keras.Input((8, 8, 3))
    x = layers.Conv2D(3, 3, padding="same", activation="relu")(start)
    for _ in range(5):
        x = layers.Add()([x, layers.Conv2D(3, 3, padding="same", activation="relu")(x)])
    for layer in norm:
        x = layer(x)
    return keras.Model(start, layers.Dense(3)(layers.Flatten()(x)))


@pytest.mark.parametrize("method", ["guided_backprop", "lrp.sequential_preset_b"])
def test_sums_and_a_quick_setup(method):
    """The layers' names do not clash with those of the sums that iNNvestigate makes; sooner is not otherwise."""
    model = residual()
    maps = [analyze(model, X, method, dtype="float64", quick_setup=quick) for quick in (False, True)]
    np.testing.assert_array_equal(*maps)
    ours = explain(model, X, method, dtype="float64")
    np.testing.assert_allclose(maps[0], ours, rtol=0, atol=1e-8 * np.abs(ours).max())


@pytest.mark.parametrize("scale", [False, True])
def test_a_batchnorm_passed(scale):
    """What arrives behind it arrives in front of it: z w, here, of the Dense layer that follows."""
    norm, dense = layers.BatchNormalization(scale=scale, center=scale), layers.Dense(2, use_bias=False)
    model = keras.Sequential([keras.Input((2, 2, 3)), norm, layers.Flatten(), dense])
    rng = np.random.default_rng(0)
    norm.set_weights([rng.uniform(0.5, 1.5, 3) for _ in norm.weights])
    x = rng.normal(size=(1, 2, 2, 3))
    z = np.ravel(norm(x))
    passed = analyze(model, x, "lrp.z", target=1, batchnorm="pass")
    np.testing.assert_allclose(passed.ravel(), z * dense.kernel.numpy()[:, 1], rtol=1e-4)
    np.testing.assert_allclose(
        analyze(model, x, "gradient", batchnorm="pass"), analyze(model, x, "gradient"), rtol=1e-5
    )


def test_the_worker_is_reused_and_sees_new_weights():
    model = little_model()
    before = analyze(model, X, "gradient", target=0)
    worker = innvestigate_worker._worker
    model.layers[0].kernel.assign(-model.layers[0].kernel)
    assert not np.allclose(analyze(model, X, "gradient", target=0), before)
    assert innvestigate_worker._worker is worker
    assert worker.alive()


def test_a_new_worker_replaces_a_dead_one():
    analyze(little_model(), X, "gradient")
    innvestigate_worker._worker.process.kill()
    innvestigate_worker._worker.process.wait()
    analyze(little_model(), X, "gradient")


def test_nothing_is_left_behind_when_python_ends(tmp_path):
    code = (
        "import keras, numpy as np; from toonlens.innvestigate_worker import analyze;"
        "m = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(3)]);"
        "analyze(m, np.ones((1, 8, 8, 3)), 'gradient');"
        "from toonlens import innvestigate_worker as w; print(w._worker.process.pid)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout.split()[-1]), 0)
    assert list(tmp_path.glob("toonlens-innvestigate-*")) == []


class Doubled(layers.Layer):
    def call(self, x):
        return x * 2


REFUSED = {
    "custom layer": (lambda: little_model(Doubled(name="mine")), {}, r"layer 'mine' \(.*Doubled\) cannot be rebuilt"),
    "custom activation": (
        lambda: little_model(layers.Dense(3, activation=lambda x: x * 2)),
        {},
        "not one of Keras' own",
    ),
    "bent relu": (lambda: little_model(layers.ReLU(max_value=6)), {}, "a ReLU with a bend of its own"),
    "no such layer": (
        lambda: little_model(keras.Sequential([keras.Input((6, 6, 4)), layers.LeakyReLU()])),
        {},
        "LeakyReLU",
    ),
    "unknown method": (
        little_model,
        {"method": "lrp.zz"},
        "cannot run lrp.zz: .* no such method; there are: .*lrp.z",
    ),
    "unknown parameter": (little_model, {"epsilom": 1}, "cannot run gradient: TypeError: .*epsilom"),
    "treatment of batchnorm": (little_model, {"batchnorm": "fold"}, "batchnorm must be one of own, pass, not 'fold'"),
    "parameter that cannot be sent": (little_model, {"epsilon": object()}, "a parameter of gradient cannot be sent"),
    "wrong shape": (
        little_model,
        {"x": np.ones((1, 4, 4, 3))},
        r"x has shape \(1, 4, 4, 3\)",
    ),
    "class out of range": (little_model, {"target": 7}, "target 7 is no class: the model has classes 0 to 2"),
    "too slow": (little_model, {"timeout": 0.001}, "gave no answer to gradient in 0.001 s"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_errors_name_the_culprit(name):
    make, arguments, message = REFUSED[name]
    with pytest.raises(UserError, match=message) as error:
        analyze(**{"model": make(), "x": X, "method": "gradient"} | arguments)
    assert "\n" not in str(error.value)


def test_without_innvestigate(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"innvestigate is not installed: install the packages of requirements\.lock"):
        analyze(little_model(), X, "gradient")
