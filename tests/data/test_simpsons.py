"""The Simpsons loader on folders that the test makes, in every layout in which the pictures come."""

import numpy as np
import pytest
from PIL import Image

from toonlens.data import simpsons
from toonlens.data.simpsons import STUDY_CHARACTERS, load_simpsons
from toonlens.errors import UserError


def picture(seed, size=(20, 16)):
    """Coarse random blocks: no two seeds look alike."""
    blocks = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST)


def fill(folder, names, count=12, start=0):
    for i, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for k in range(count):
            picture(start + 1000 * i + k).save(folder / name / f"pic_{k:04d}.png")


def everything(loaded):
    return [loaded.train, loaded.validation, loaded.test]


@pytest.mark.parametrize("nesting", ["", "simpsons_dataset", "simpsons_dataset/simpsons_dataset"])
def test_folder_layouts(tmp_path, nesting):
    fill(tmp_path / nesting, ["lisa_simpson", "bart_simpson", "moe_szyslak"], count=20)
    loaded = load_simpsons(tmp_path, size=32)
    assert loaded.class_names == ("bart_simpson", "lisa_simpson", "moe_szyslak")
    parts = everything(loaded)
    assert [len(part.labels) for part in parts] == [42, 6, 12]
    for part in parts:
        assert part.images.shape == (len(part.labels), 32, 32, 3)
        assert part.images.dtype == np.uint8
        assert part.labels.dtype == np.int64
        assert set(part.labels) == {0, 1, 2}


def test_copy_inside_the_copy_is_read_once(tmp_path):
    """Kaggle's archive holds every picture twice, the second time one level deeper."""
    for level in ("simpsons_dataset", "simpsons_dataset/simpsons_dataset"):
        fill(tmp_path / level, ["a_one", "b_two"])
    loaded = load_simpsons(tmp_path, size=16)
    assert loaded.class_names == ("a_one", "b_two")
    assert sum(len(part.labels) for part in everything(loaded)) == 24


def test_pictures_and_labels_belong_together(tmp_path):
    for name, missing in (("red_one", 2), ("blue_one", 0)):
        (tmp_path / name).mkdir()
        for k in range(12):
            pixels = np.array(picture(k + 100 * missing))
            pixels[..., missing] = 0
            Image.fromarray(pixels).save(tmp_path / name / f"{k}.png")
    loaded = load_simpsons(tmp_path, size=16)
    assert loaded.class_names == ("blue_one", "red_one")
    for part in everything(loaded):
        bluer = part.images[..., 2].mean(axis=(1, 2)) > part.images[..., 0].mean(axis=(1, 2))
        np.testing.assert_array_equal(part.labels, np.where(bluer, 0, 1))


def test_one_scene_cannot_be_split(tmp_path):
    for name in ("a_one", "b_two"):
        (tmp_path / name).mkdir()
        for k in range(12):
            picture(0).save(tmp_path / name / f"{k}.png")
    with pytest.raises(UserError, match="fewer than 10 different scenes"):
        load_simpsons(tmp_path, size=16)


@pytest.mark.parametrize("nesting", ["kaggle_simpson_testset", "kaggle_simpson_testset/kaggle_simpson_testset"])
def test_flat_test_set_is_the_test_part(tmp_path, nesting):
    fill(tmp_path / "simpsons_dataset", ["a_one", "b_two"], count=20)
    (tmp_path / nesting).mkdir(parents=True)
    for i, name in enumerate(["a_one", "b_two", "c_nobody"]):
        for k in range(3):
            picture(50_000 + 10 * i + k).save(tmp_path / nesting / f"{name}_{k}.png")
    loaded = load_simpsons(tmp_path, size=16)
    assert len(loaded.test.labels) == 6
    assert len(loaded.train.labels) + len(loaded.validation.labels) == 40
    first = np.asarray(picture(50_000).resize((16, 16), Image.Resampling.BICUBIC))
    assert any((image == first).all() for image in loaded.test.images)


def test_training_pictures_that_are_in_the_flat_test_set_are_dropped(tmp_path):
    fill(tmp_path / "simpsons_dataset", ["a_one", "b_two"], count=20)
    flat = tmp_path / "kaggle_simpson_testset"
    flat.mkdir()
    picture(0).save(flat / "a_one_0.png")  # the first picture of a_one
    picture(70_000).save(flat / "b_two_0.png")
    loaded = load_simpsons(tmp_path, size=16)
    assert len(loaded.train.labels) + len(loaded.validation.labels) == 39


def test_flat_test_set_without_a_character_is_not_used(tmp_path):
    fill(tmp_path / "simpsons_dataset", ["a_one", "b_two"], count=20)
    (tmp_path / "kaggle_simpson_testset").mkdir()
    picture(70_000).save(tmp_path / "kaggle_simpson_testset" / "a_one_0.png")
    loaded = load_simpsons(tmp_path, size=16)
    assert set(loaded.test.labels) == {0, 1}
    assert len(loaded.test.labels) == 8


def test_flat_folder_alone(tmp_path):
    for name in ("a_one", "b_two"):
        for k in range(12):
            picture(ord(name[0]) * 100 + k).save(tmp_path / f"{name}_{k}.jpg")
    loaded = load_simpsons(tmp_path, size=16)
    assert loaded.class_names == ("a_one", "b_two")
    assert sum(len(part.labels) for part in everything(loaded)) == 24


def test_a_scene_is_never_on_both_sides(tmp_path):
    """Twenty scenes of four frames that differ a little in light: each stays in one part."""
    for name in ("a_one", "b_two"):
        (tmp_path / name).mkdir()
        for scene in range(20):
            frame = np.asarray(picture(ord(name[0]) * 100 + scene)).astype(int)
            for k in range(4):
                Image.fromarray(np.clip(frame + 3 * k, 0, 255).astype(np.uint8)).save(
                    tmp_path / name / f"{scene}-{k}.png"
                )
    parts = everything(load_simpsons(tmp_path, size=16))
    assert sum(len(part.labels) for part in parts) == 160
    for i, part in enumerate(parts):
        others = np.concatenate([p.images for j, p in enumerate(parts) if j != i]).astype(int)
        nearest = [np.abs(others - image).mean(axis=(1, 2, 3)).min() for image in part.images.astype(int)]
        assert min(nearest) > 15


def test_the_study_by_default_and_the_largest_beyond(tmp_path):
    others = {"z_extra": 14, "a_extra": 10}
    fill(tmp_path, STUDY_CHARACTERS, count=10)
    for i, (name, count) in enumerate(others.items()):
        fill(tmp_path, [name], count, start=100_000 * (i + 1))
    assert load_simpsons(tmp_path, size=8).class_names == tuple(sorted(STUDY_CHARACTERS))
    assert load_simpsons(tmp_path, size=8, characters=19).class_names == tuple(sorted((*STUDY_CHARACTERS, "z_extra")))
    assert load_simpsons(tmp_path, size=8, characters=2).class_names == ("homer_simpson", "ned_flanders")
    assert load_simpsons(tmp_path, size=8, characters=["z_extra", "a_extra"]).class_names == ("a_extra", "z_extra")


def test_the_study_has_eighteen():
    assert len(set(STUDY_CHARACTERS)) == 18


def test_same_split_every_time(tmp_path):
    fill(tmp_path, ["a_one", "b_two"])
    first, second = load_simpsons(tmp_path, size=16), load_simpsons(str(tmp_path), size=16)
    for a, b in zip(everything(first), everything(second), strict=True):
        np.testing.assert_array_equal(a.images, b.images)


def test_missing_folder(tmp_path):
    with pytest.raises(UserError, match=r"no folder at .*nowhere"):
        load_simpsons(tmp_path / "nowhere")


def test_folder_without_pictures(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises(UserError, match=r"no pictures in .*a folder of \.jpg files for each character"):
        load_simpsons(tmp_path)


def test_empty_class(tmp_path):
    fill(tmp_path, ["a_one", "b_two"])
    (tmp_path / "c_three").mkdir()
    with pytest.raises(UserError, match="c_three has no pictures"):
        load_simpsons(tmp_path)
    assert load_simpsons(tmp_path, size=8, characters=["a_one", "b_two"]).class_names == ("a_one", "b_two")


def test_too_few_pictures_to_split(tmp_path):
    fill(tmp_path, ["a_one", "b_two"], count=9)
    with pytest.raises(UserError, match=r"a_one has 9 pictures in .*; splitting takes 10"):
        load_simpsons(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a picture", "half"])
def test_unreadable_picture_is_named(tmp_path, content):
    fill(tmp_path, ["a_one", "b_two"])
    bad = tmp_path / "a_one" / "pic_0003.png"
    bad.write_bytes(bad.read_bytes()[:60] if content == "half" else content)
    with pytest.raises(UserError, match=r"cannot read the picture .*pic_0003\.png") as caught:
        load_simpsons(tmp_path, size=16)
    assert "\n" not in str(caught.value)


def test_unknown_character(tmp_path):
    fill(tmp_path, ["a_one", "b_two"])
    with pytest.raises(UserError, match=r"no character 'homer' in .*: there are a_one, b_two"):
        load_simpsons(tmp_path, characters=["a_one", "homer"])


@pytest.mark.parametrize("characters", [0, 1])
def test_too_few_characters(tmp_path, characters):
    fill(tmp_path, ["a_one", "b_two"])
    with pytest.raises(UserError, match="at least 2"):
        load_simpsons(tmp_path, characters=characters)


def test_no_network(monkeypatch):
    import kagglehub

    def fails(handle):
        raise ConnectionError(f"no route to {handle}\nand more")

    monkeypatch.setattr(kagglehub, "dataset_download", fails)
    with pytest.raises(UserError, match=r"could not be downloaded .*or give root") as caught:
        load_simpsons()
    assert "\n" not in str(caught.value)


def test_download(tmp_path, monkeypatch):
    import kagglehub

    fill(tmp_path / "simpsons_dataset" / "simpsons_dataset", ["a_one", "b_two"])
    monkeypatch.setattr(kagglehub, "dataset_download", lambda handle: str(tmp_path))
    assert load_simpsons(size=16).class_names == ("a_one", "b_two")
    assert simpsons.KAGGLE_DATASET == "alexattia/the-simpsons-characters-dataset"
