"""One variable chooses networks and pictures."""

import numpy as np
import pytest

from toonlens import track
from toonlens.data.simpsons import Pictures, Simpsons
from toonlens.errors import UserError


def test_the_small_track_is_the_default(monkeypatch):
    monkeypatch.delenv(track.VARIABLE, raising=False)
    chosen = track.current_track()
    data = chosen.load()
    assert (chosen.weights, len(data.class_names)) == ("small", 18)
    assert [part.images.shape for part in (data.train, data.validation, data.test)] == [
        (n, 64, 64, 3) for n in (3600, 540, 890)
    ]


def test_the_full_track_reads_the_simpsons_from_the_named_folder(monkeypatch):
    asked = []
    part = Pictures(np.zeros((1, 64, 64, 3), np.uint8), np.zeros(1, np.int64))

    def load_simpsons(root, size):
        asked.append((root, size))
        return Simpsons(part, part, part, ("homer_simpson",))

    monkeypatch.setattr(track, "load_simpsons", load_simpsons)
    monkeypatch.setenv(track.VARIABLE, "full")
    monkeypatch.setenv(track.SIMPSONS, "some/folder")
    chosen = track.current_track()
    assert chosen.weights == "imagenet"
    assert chosen.load().class_names == ("homer_simpson",)
    assert asked == [("some/folder", 64)]


def test_an_unknown_track_is_named(monkeypatch):
    monkeypatch.setenv(track.VARIABLE, "large")
    with pytest.raises(UserError, match="TOONLENS_TRACK=large: there are the tracks small and full"):
        track.current_track()
