"""iNNvestigate's maps, live or recorded; and the small networks that it is asked about."""

import numpy as np
import pytest

from toonlens import live
from toonlens.errors import UserError
from toonlens.startup import import_keras


def test_live_where_it_runs(capsys):
    found = live.live_or(np.zeros(2), "lrp.z", lambda: np.ones(2, np.float32))
    assert found.dtype == np.float64
    assert found.tolist() == [1, 1]
    assert "lrp.z: live, by iNNvestigate" in capsys.readouterr().out


@pytest.fixture(autouse=True)
def nobody_says_anything(monkeypatch):
    for name in (live.GRADED, live.VARIABLE):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("error", [UserError("no such thing"), OSError("no process")])
def test_recorded_where_it_does_not(capsys, error):
    def broken():
        raise error

    assert live.live_or(np.zeros(2), "lrp.z", broken).tolist() == [0, 0]
    said = capsys.readouterr().out
    assert said.startswith("lrp.z: recorded, because")
    assert str(error) in said
    assert len(said.splitlines()) == 1


def test_recorded_where_work_is_graded_or_nobody_wants_it(capsys, monkeypatch):
    def never():
        raise AssertionError

    assert live.live_or(np.zeros(1), "a", never, wanted=False).tolist() == [0]
    monkeypatch.setenv(live.VARIABLE, "0")
    assert live.live_or(np.zeros(1), "b", never).tolist() == [0]
    monkeypatch.setenv(live.GRADED, "autograde")
    assert live.live_or(np.zeros(1), "c", never).tolist() == [0]
    assert capsys.readouterr().out.count("recorded, because") == 3


def test_the_upper_part_of_a_network():
    keras = import_keras()
    start = keras.Input((4, 4, 2))
    x = keras.layers.Conv2D(3, 3, name="one")(start)
    x = keras.layers.Conv2D(2, 2, name="two")(x)
    model = keras.Model(start, keras.layers.Dense(2, name="top")(keras.layers.Flatten()(x)))
    part = live.upper_part(model, "two")
    images = np.random.default_rng(0).random((2, 4, 4, 2)).astype(np.float32)
    np.testing.assert_allclose(part(model.get_layer("one")(images)), model(images), atol=1e-6)
    with pytest.raises(UserError, match="no layer 'three'"):
        live.upper_part(model, "three")


def test_batchnorms():
    values = {"gamma": [2.0, 0.5], "beta": [0.3, -0.2], "mean": [0.5, -1.0], "var": [4.0, 0.25]}
    g = np.array(values["gamma"]) / np.sqrt(np.array(values["var"]) + 0.01)
    x = np.array([1.0, 2.0])
    for count in range(3):
        due = x
        for _ in range(count):
            due = g * (due - values["mean"]) + values["beta"]
        model = live.batchnorms(count, **values, eps=0.01)
        got = np.asarray(model(x.reshape(1, 1, 1, 2).astype(np.float32), training=False))
        np.testing.assert_allclose(got, [[due.sum()]], rtol=1e-5)
