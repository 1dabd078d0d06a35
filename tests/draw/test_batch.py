import numpy as np
import pytest

from toonlens.draw import batch
from toonlens.draw.batch import draw_cached, draw_many, fingerprint
from toonlens.draw.source import draw_one


def test_processes_draw_what_this_process_draws(monkeypatch):
    n = 70
    monkeypatch.setattr(batch, "workers", lambda: 3)  # does not divide 70
    images, masks = draw_many("source", {}, n, 32)
    for index in (0, 1, 2, 35, 68, 69):
        picture, mask = draw_one(index, 32)
        assert np.array_equal(images[index], picture)
        assert np.array_equal(masks[index], mask)


def test_a_dead_process_is_reported():
    with pytest.raises(RuntimeError, match="a drawing process ended with status 1; it said: KeyError"):
        draw_many("toons", {"split": "nowhere"}, batch.FEW + 1, 32)


def test_the_cache_is_read_and_never_stale(tmp_path, monkeypatch):
    monkeypatch.setenv("TOONLENS_CACHE", str(tmp_path))
    first, _ = draw_cached("source", {}, 3, 32, "few")
    (file,) = (tmp_path / "drawn").iterdir()
    np.savez(file, images=first + 1, masks=np.zeros((3, 32, 32), dtype=np.uint8))
    assert np.array_equal(draw_cached("source", {}, 3, 32, "few")[0], first + 1)
    monkeypatch.setattr(batch, "fingerprint", lambda name: "another renderer")
    assert np.array_equal(draw_cached("source", {}, 3, 32, "few")[0], first)


def test_a_damaged_cache_is_drawn_again(tmp_path, monkeypatch):
    monkeypatch.setenv("TOONLENS_CACHE", str(tmp_path))
    first, _ = draw_cached("source", {}, 3, 32, "few")
    (file,) = (tmp_path / "drawn").iterdir()
    file.write_bytes(file.read_bytes()[:100])
    assert np.array_equal(draw_cached("source", {}, 3, 32, "few")[0], first)


def test_characters_are_in_the_fingerprint_of_the_toons_only(tmp_path, monkeypatch):
    before = fingerprint("toons"), fingerprint("source")
    (tmp_path / "toons").mkdir()
    (tmp_path / "toons" / "a.toml").write_text("name = 'A'")
    monkeypatch.setenv("TOONLENS_DATASETS", str(tmp_path))
    assert fingerprint("toons") != before[0]
    assert fingerprint("source") == before[1]
