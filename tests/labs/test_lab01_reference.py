"""Lab 1's reference against what others make of the same, and the numbers that its page tells."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from autograder.checks.lab01 import reference
from autograder.checks.lab01.test_labels import bug_case

FOLDER = Path(__file__).resolve().parents[2] / "solutions" / "lab01"
ARCHS = ("vgg16", "resnet50", "densenet121")


@pytest.mark.slow
@pytest.mark.parametrize("arch", ARCHS)
def test_preprocessing_is_that_of_keras(arch):
    from toonlens import models

    raw = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 3), dtype=np.uint8)
    np.testing.assert_allclose(reference.preprocess(raw, arch), models.preprocess(raw, arch), rtol=0, atol=2e-5)
    for mine, theirs in zip(reference.pixel_bounds(arch), models.pixel_bounds(arch), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=2e-5)


def test_shrink_is_the_mean_of_each_cell():
    grey = np.random.default_rng(0).integers(0, 256, (23, 31))
    cells = reference.shrink(grey, 8, 9)
    for r, c in itertools.product(range(8), range(9)):
        block = grey[r * 23 // 8 : (r + 1) * 23 // 8, c * 31 // 9 : (c + 1) * 31 // 9]
        assert cells[r, c] == block.mean()


def test_a_group_split_is_off_by_less_than_a_group():
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 7, 200)
    g = np.repeat(np.arange(200), sizes)
    y = np.repeat(rng.integers(0, 4, 200), sizes)
    for seed in range(5):
        for part, fraction in zip(reference.group_split(y, g, (0.5, 0.3, 0.2), seed), (0.5, 0.3, 0.2), strict=True):
            off = [abs((y[part] == k).sum() - fraction * (y == k).sum()) for k in range(4)]
            assert max(off) < 6


@pytest.mark.parametrize("bug", ["wraps", "leaks", "misplaced"])
def test_each_check_of_the_bug_hunt_sees_one_bug(bug):
    case = bug_case(np.random.default_rng(0), bug)
    due = reference.nearest_label(*case)
    for name in ("wraps", "leaks", "misplaced"):
        same = (reference._nearest(*case, **{name: True}) == due).all()
        assert same == (name != bug)


def test_the_album_is_as_the_page_and_the_guide_say():
    album = np.load(FOLDER / "album.npz")
    scene, part, labels = album["scene"], album["part"], album["labels"]
    pairs = reference.dhash_pairs(album["images"], 8)
    planted = {(i, j) for i, j in itertools.combinations(range(60), 2) if scene[i] == scene[j]}
    assert len(planted) == 21
    assert pairs < planted
    assert len(pairs) == 18
    assert sum(part[i] != part[j] for i, j in pairs) == 6
    assert (labels != album["true_labels"]).sum() == 5
    assert sorted(np.bincount(album["true_labels"]))[::5] == [3, 17]
    assert len(np.unique(scene)) == 42
