import json
import os
import subprocess
import sys

import numpy as np
import pytest

from toonlens.data import Confound, load_toons
from toonlens.data.toons import SPLITS, cast, digest, draw_one, label_of
from toonlens.draw.character import BODY, CUE, HEAD, PART_NAMES
from toonlens.errors import UserError
from toonlens.paths import datasets_dir


@pytest.fixture(scope="session")
def splits():
    """All three splits at 64 pixels; drawn once, then from the cache of the machine."""
    return {split: load_toons(split) for split in SPLITS}


@pytest.mark.parametrize(("split", "n"), [("train", 3600), ("validation", 540), ("test", 890)])
def test_shapes_and_types(splits, split, n):
    toons = splits[split]
    assert len(toons) == n
    assert toons.images.shape == (n, 64, 64, 3)
    assert toons.masks.shape == (n, 64, 64)
    assert toons.labels.shape == (n,)
    assert (toons.images.dtype, toons.masks.dtype, toons.labels.dtype) == (np.uint8, np.uint8, np.int64)
    assert len(toons.class_names) == len(set(toons.class_names)) == 18
    assert toons.part_names[:6] == ("background", "head", "hair", "eyes", "mouth", "clothes")


def test_class_counts(splits):
    assert np.bincount(splits["train"].labels).tolist() == [200] * 18
    assert np.bincount(splits["validation"].labels).tolist() == [30] * 18
    assert np.bincount(splits["test"].labels).tolist() == [50] * 8 + [49] * 10


@pytest.mark.parametrize("split", SPLITS)
def test_recorded_hash(splits, split):
    recorded = json.loads((datasets_dir() / "toons" / "sha256.json").read_text())
    assert digest(splits[split]) == recorded[split]


@pytest.mark.parametrize("split", SPLITS)
def test_drawn_afresh_it_is_what_the_cache_holds(splits, split):
    for index in range(0, SPLITS[split], 53):
        picture, mask = draw_one(index, 64, split)
        assert np.array_equal(picture, splits[split].images[index])
        assert np.array_equal(mask, splits[split].masks[index])


SPREAD_OUT = """
import hashlib
import toonlens.data.toons as t
print(hashlib.sha256(b"".join(a.tobytes() for k in range(40) for a in t.draw_one(k * 7, 64, "train"))).hexdigest())
"""


def test_bytes_do_not_hang_on_the_processor():
    """Without its wide vector units NumPy takes other paths through its mathematics; the pictures stay the same."""
    wide = " ".join(np._core._multiarray_umath.__cpu_dispatch__)
    answers = [
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SPREAD_OUT],
            env=dict(os.environ) | extra,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for extra in ({}, {"NPY_DISABLE_CPU_FEATURES": wide})
    ]
    assert answers[0] == answers[1]


def test_no_picture_twice(splits):
    every = [image.tobytes() for toons in splits.values() for image in toons.images]
    assert len(set(every)) == sum(SPLITS.values())


@pytest.mark.parametrize("split", SPLITS)
def test_the_character_is_in_every_picture(splits, split):
    masks = splits[split].masks
    assert masks.max() < CUE
    assert (masks == HEAD).mean(axis=(1, 2)).min() > 0.01
    assert ((masks >= HEAD) & (masks <= BODY)).mean(axis=(1, 2)).min() > 0.05
    for name in ("eyes", "mouth", "clothes"):
        assert (masks == PART_NAMES.index(name)).any(axis=(1, 2)).mean() > 0.95


def test_every_character_has_the_parts_it_should(splits):
    """Hair shows exactly on those who have some."""
    test = splits["test"]
    for label, who in enumerate(cast()):
        seen = (test.masks[test.labels == label] == PART_NAMES.index("hair")).any(axis=(1, 2)).mean()
        bearded = who.beard not in ("none", "stubble", "lips")
        assert (seen > 0.9) == (who.hair != "bald" or who.back != "none" or bearded), who.name


def test_other_sizes_hold_the_same_scenes(splits):
    for index in (3, 300):
        picture, mask = draw_one(index, 256, "test")
        small = picture.reshape(64, 4, 64, 4, 3).mean(axis=(1, 3))
        assert np.abs(small - splits["test"].images[index]).mean() < 4
        assert (mask[2::4, 2::4] == splits["test"].masks[index]).mean() > 0.97


def test_confound_goes_with_its_class():
    name = cast()[3].name
    both = {"target": name, "cue": "tag", "rate": 1.0, "others": 0.0}
    for index in range(36):
        _, mask = draw_one(index, 64, "train", both)
        assert (mask == CUE).any() == (label_of(index) == 3)
        _, mask = draw_one(index, 64, "train", both | {"rate": 0.0, "others": 1.0})
        assert (mask == CUE).any() == (label_of(index) != 3)


def test_confound_rate():
    plan = {"target": cast()[0].name, "cue": "tag", "rate": 0.5, "others": 0.5}
    planted = [(draw_one(index, 16, "train", plan)[1] == CUE).any() for index in range(200)]
    assert 0.38 < np.mean(planted) < 0.62


def test_confounded_split_is_cached_under_its_own_name(tmp_path, monkeypatch):
    monkeypatch.setenv("TOONLENS_CACHE", str(tmp_path))
    monkeypatch.setitem(SPLITS, "validation", 36)
    plain = load_toons("validation", 16)
    tagged = load_toons("validation", 16, Confound(cast()[0].name, cue="tag"))
    assert len(list((tmp_path / "drawn").iterdir())) == 2
    changed = (plain.images != tagged.images).any(axis=(1, 2, 3))
    assert np.array_equal(changed, plain.labels == 0)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("nowhere",), "there are train, validation, test"),
        (("test", 4), "from 16 to 512"),
        (("test", 64.0), "from 16 to 512"),
        (("test", True), "from 16 to 512"),
        (("test", 64, "sign"), "give None or"),
        (("test", 64, Confound("Nobody")), "there are Baron Bleak"),
        (("test", 64, Confound("Hops", cue="lamp")), "there are sign, tag"),
        (("test", 64, Confound("Hops", rate=1.5)), "from 0 to 1"),
        (("test", 64, Confound("Hops", others=None)), "from 0 to 1"),
    ],
)
def test_bad_input_is_one_clear_line(arguments, complaint):
    with pytest.raises(UserError, match=complaint) as caught:
        load_toons(*arguments)
    assert "\n" not in str(caught.value)


def test_no_characters_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setenv("TOONLENS_DATASETS", str(tmp_path))
    cast.cache_clear()
    try:
        with pytest.raises(UserError, match="no characters in"):
            load_toons("test")
    finally:
        cast.cache_clear()
