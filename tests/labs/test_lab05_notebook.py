"""What the notebook of lab 5 promises: each exercise judged by itself, messages that name the slip, right numbers."""

import numpy as np
import pytest
from bank import bank_of
from bank.lab05 import given

from autograder.checking import LocalStudent, run_checks
from autograder.course import SOLUTIONS
from autograder.labs import read_source
from toonlens.laws import LawBroken, lab05


def cells_with(*starts):
    """The cells of the solution that begin a function with one of these names."""
    sources = [cell.source for cell in read_source("lab05").cells if cell.cell_type == "code"]
    return [source for source in sources if any(f"def {start}(" in source for start in starts)]


def test_the_probes_stand_before_the_first_check():
    """A check runs in the state of its own cell, and reaches the student's function through a probe."""
    cells = read_source("lab05").cells
    probes = max(k for k, cell in enumerate(cells) if "def probe_" in cell.source)
    assert probes < min(k for k, cell in enumerate(cells) if cell.metadata["nbgrader"]["grade"])


def stub(*_):
    raise NotImplementedError


def broken(*_):
    return np.zeros(3)


@pytest.mark.parametrize("earlier", [stub, broken, None])
def test_no_exercise_waits_for_another(earlier):
    """With `seed_unit` and `relu_with` blank, wrong or missing, what builds on them gets every point; all stay."""
    names = {"np": np, "tf": given.tf, "keras": given.keras, "laws": lab05, "preprocess": given.preprocess}
    names |= {"models": {"vgg16": given.vgg16()}, "record": stub}
    for source in ["from functools import lru_cache", *cells_with("make_twin", "project", "guided_saliency")]:
        exec(source, names)
    exec(*cells_with("guided_repaired"), names)
    exec(*cells_with("probe_project"), names)
    if earlier:
        names |= {"seed_unit": earlier, "relu_with": earlier}
    results = run_checks("lab05", ["project", "guided_saliency", "bug_hunt"], student=LocalStudent(names))
    assert not [(r.name, r.reason) for r in results if r.outcome != "passed"]
    for name in ("seed_unit", "relu_with"):
        assert names.get(name) is earlier


@pytest.mark.parametrize("name", ["seed_unit", "relu_with"])
def test_the_visible_check_names_the_earlier_exercise(name):
    names = {"np": np, "tf": given.tf, "keras": given.keras, "laws": lab05}
    for source in ["from functools import lru_cache", *cells_with("make_twin", "seed_unit", "relu_with", "project")]:
        exec(source, names)
    lab05.check_project(names["project"])

    def earlier(*_):
        raise NotImplementedError

    earlier.__code__ = earlier.__code__.replace(co_name=name)
    names[name] = earlier
    with pytest.raises(NotImplementedError, match=f"it calls {name}, which is still a stub"):
        lab05.check_project(names["project"])


@pytest.mark.parametrize(
    ("function", "solution", "said"),
    [
        ("record", "wrong_training", "training=False"),
        ("record", "wrong_layer_after_layer", "not each reads the one before it"),
        ("record", "wrong_called_in_a_chain", "one model for all outputs"),
        ("receptive_field", "wrong_jump_first", "own stride"),
        ("unit_box", "wrong_size_from_the_cut", "cut last"),
        ("relu_with", "wrong_guided_ignores_z", "where the unit was off"),
        ("relu_with", "wrong_guided_ignores_R", "a negative R"),
        ("similarity", "wrong_spearmanr", "return 0 for a constant map"),
    ],
)
def test_a_message_names_the_slip(function, solution, said):
    bank = bank_of("lab05")
    with pytest.raises(LawBroken, match=said):
        bank.visible[function](bank.solution(function, solution))


def test_a_stub_inside_a_function_is_that_functions():
    """The body that is to be written in `relu_with` is that of the function `back` inside."""
    names = {"tf": given.tf}
    (source,) = cells_with("relu_with")
    begin, end = source.index("### BEGIN SOLUTION"), source.index("### END SOLUTION")
    exec(source[:begin] + "raise NotImplementedError" + source[end + len("### END SOLUTION") :], names)
    with pytest.raises(NotImplementedError, match="relu_with: still a stub"):
        lab05.check_relu_with(names["relu_with"])


def test_the_numbers_of_the_first_picture():
    """The text says how much of the maps lies on the head, which covers a third of the picture."""
    maps = np.abs(np.load(SOLUTIONS / "lab05" / "checkpoints.npz")["both"])  # network, trained or random, H, W
    head = maps[..., 12:44, 16:58]
    share = head.sum(axis=(2, 3)) / maps.sum(axis=(2, 3))
    assert head[0, 0].size / maps[0, 0].size == pytest.approx(1 / 3, abs=0.01)
    assert (share[:, 0].min().round(2), share[:, 0].max().round(2)) == pytest.approx((0.71, 0.75))
    assert (share[:, 1].min().round(2), share[:, 1].max().round(2)) == pytest.approx((0.45, 0.5))
