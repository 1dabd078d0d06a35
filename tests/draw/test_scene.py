import numpy as np
import pytest

from toonlens.draw.character import CUE, OTHER, PART_NAMES, Character
from toonlens.draw.scene import draw_scene, light
from toonlens.draw.scenery import CUES

WHO = Character("A", hair="spikes", hat="none")
OTHERS = [Character("B", hat="top")]


def scene(number, size, cue=None):
    return draw_scene(WHO, OTHERS, [5, number], size, cue)


@pytest.mark.parametrize("number", range(6))
def test_a_scene_is_the_same_at_every_size(number):
    small, small_mask = scene(number, 64)
    large, large_mask = scene(number, 256)
    reduced = large.reshape(64, 4, 64, 4, 3).mean(axis=(1, 3))
    assert np.abs(reduced - small).mean() < 4
    assert (large_mask[2::4, 2::4] == small_mask).mean() > 0.97
    for part in range(len(PART_NAMES)):
        assert (large_mask == part).mean() == pytest.approx((small_mask == part).mean(), abs=0.01)


def test_the_same_seed_is_the_same_scene_and_another_is_not():
    assert all(np.array_equal(a, b) for a, b in zip(scene(1, 64), scene(1, 64), strict=True))
    assert not np.array_equal(scene(1, 64)[0], scene(2, 64)[0])


@pytest.mark.parametrize("cue", CUES)
@pytest.mark.parametrize("number", range(8))
def test_a_cue_changes_nothing_but_its_own_place(number, cue):
    plain, plain_mask = scene(number, 64)
    planted, mask = scene(number, 64, cue)
    here = mask == CUE
    assert np.array_equal(plain_mask[~here], mask[~here])
    # antialiasing reaches one pixel beyond the mask
    reach = np.zeros((66, 66), dtype=bool)
    for dy in (0, 1, 2):
        for dx in (0, 1, 2):
            reach[dy : dy + 64, dx : dx + 64] |= here
    changed = (plain != planted).any(axis=2)
    # a sliver of the cue may show between two samples of the mask
    assert (changed & ~reach[1:65, 1:65]).mean() < 0.002
    assert here.any() == (plain[here] != planted[here]).any()


def test_bystanders_are_never_part_of_the_labelled_character():
    masks = [scene(number, 64)[1] for number in range(40)]
    seen = [set(np.unique(mask)) for mask in masks]
    assert any(OTHER in parts for parts in seen)
    assert all(max(parts) <= OTHER for parts in seen)


def test_light_is_whole_numbers_and_keeps_the_range():
    ramp = np.broadcast_to(np.arange(64, dtype=np.uint8)[:, None, None] * 4, (64, 64, 3))
    lit = light(np.ascontiguousarray(ramp), np.random.Generator(np.random.PCG64(0)))
    assert lit.dtype == np.uint8
    assert lit.max() > lit.min()
