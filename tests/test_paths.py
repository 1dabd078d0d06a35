"""Files appear whole or not at all; intervals say what they are."""

import numpy as np
import pytest

from toonlens import paths, stats
from toonlens.errors import UserError


def test_atomic_write_replaces_only_when_all_is_written(tmp_path):
    target = tmp_path / "deep" / "file.txt"
    with paths.atomic_write(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"

    def killed_while_writing():
        with paths.atomic_write(target) as temporary:
            temporary.write_text("ha")
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        killed_while_writing()
    assert target.read_text() == "whole"
    assert [path.name for path in target.parent.iterdir()] == ["file.txt"]


def test_datasets_dir_names_the_missing_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("TOONLENS_DATASETS", str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="nowhere: set TOONLENS_DATASETS"):
        paths.datasets_dir()


def test_bootstrap_interval_covers_as_it_says():
    """Over 300 samples of 200 coin flips, the 95 % interval holds the truth about 95 % of the time."""
    rng = np.random.default_rng(1)
    hits = 0
    for seed in range(300):
        _, low, high = stats.bootstrap_ci(rng.random(200) < 0.8, n=400, seed=seed)
        hits += low <= 0.8 <= high
    assert 0.90 <= hits / 300 <= 0.99


@pytest.mark.parametrize("values", [[], np.zeros((2, 2))])
def test_bootstrap_refuses_what_has_no_mean_per_image(values):
    with pytest.raises(ValueError, match="non-empty one-dimensional"):
        stats.bootstrap_ci(values)


def test_the_shared_cache_is_read_first_and_never_written(monkeypatch, tmp_path):
    own, shared = tmp_path / "own", tmp_path / "shared"
    monkeypatch.setenv("TOONLENS_CACHE", str(own))
    assert paths.cached("drawn/a.npz") == own / "drawn" / "a.npz"
    monkeypatch.setenv("TOONLENS_SHARED_CACHE", str(shared))
    assert paths.cached("drawn/a.npz") == own / "drawn" / "a.npz"
    with paths.atomic_write(shared / "drawn" / "a.npz") as temporary:
        temporary.write_bytes(b"there")
    assert paths.cached("drawn/a.npz") == shared / "drawn" / "a.npz"
