"""Lab 11, the capstone: what its one automatic check accepts and rejects, its stored table, and the full track."""

import re
import shutil

import h5py
import nbformat
import numpy as np
import pytest
from bank import bank_of
from bank.lab03 import classify as heads
from nbclient import NotebookClient
from PIL import Image

from autograder.checking import LocalStudent, run_checks
from autograder.course import SOLUTIONS
from autograder.labs import percent_source, read_source
from toonlens.laws import LawBroken, StillAStub
from toonlens.laws.lab11 import check_table

BANK = bank_of("lab11")
NETWORKS = ("vgg16", "resnet50", "densenet121")
classify, honest = BANK.right["classify"], BANK.right["table_for_the_grader"]


def with_accuracy(value):
    """An honest table but for the first number of each row."""
    return [[value, value - 0.01, value + 0.01, *row[3:]] for row in honest()]


def of(function):
    """One function for all three networks, with a table of what it gets on the test pictures."""
    images, labels = heads._split("test")

    def table():
        accuracy = float((np.asarray(function(images)) == labels).mean())
        return [[accuracy, accuracy - 0.01, accuracy + 0.01, 0.5, 1.0, 10.0, 100.0]] * 3

    return lambda arch, images: function(images), table


def changed(change):
    return lambda arch, images: change(classify(arch, images))


RIGHT = {
    "honest": (classify, honest),
    "array": (classify, lambda: np.array(honest())),
    "float32 and small integers": (changed(lambda c: c.astype(np.uint8)), lambda: np.array(honest(), np.float32)),
    "a weaker network": of(heads.wrong_twelve_classes),
}
WRONG = {
    "an invented accuracy": (classify, lambda: with_accuracy(0.7)),
    "too good to be true, a network that is not": (of(heads.wrong_twelve_classes)[0], lambda: with_accuracy(0.98)),
    "percentages": (classify, lambda: with_accuracy(90.0)),
    "one class for all": of(heads.wrong_constant),
    "dice": of(heads.wrong_random),
    "the released pictures looked up": of(heads.wrong_lookup),
    "the released order": of(heads.wrong_released_order),
    "classes counted from 1": (changed(lambda c: c + 1), honest),
    "floats": (changed(lambda c: c.astype(np.float32)), honest),
    "the pictures changed in place": (lambda arch, images: heads.wrong_in_place(images), honest),
    "not a number": (classify, lambda: with_accuracy(float("nan"))),
    "rows of six": (classify, lambda: [row[:6] for row in honest()]),
    "two networks": (classify, lambda: honest()[:2]),
    "outside of its interval": (classify, lambda: [[row[0], 0.1, 0.2, *row[3:]] for row in honest()]),
    "texts": (classify, lambda: [[f"{value} %" for value in row] for row in honest()]),
}
# On the test pictures these are what their tables say.
UNSEEN = {"the released pictures looked up", "the released order", "one class for all"}


def outcomes(functions, seed):
    student = LocalStudent(dict(zip(("classify", "table_for_the_grader"), functions, strict=True)))
    return [result.outcome for result in run_checks("lab11", student=student, seed=seed)]


def visible(functions):
    images, labels = heads._split("test")
    try:
        answers = [np.asarray(functions[0](arch, images.copy())) for arch in NETWORKS]
    except NotImplementedError:
        answers = np.zeros((3, len(images)))
    check_table(*functions, answers, images, labels, 18)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", RIGHT)
def test_an_honest_table_is_accepted(name, seed):
    assert outcomes(RIGHT[name], seed) == ["passed"] * 3


@pytest.mark.parametrize("name", WRONG)
def test_a_table_that_is_not_true_is_rejected(name):
    assert outcomes(WRONG[name], 1) == ["failed"] * 3


def test_the_visible_check_accepts_an_honest_table(capsys):
    visible(RIGHT["honest"])
    assert capsys.readouterr().out.count("passes") == 2


@pytest.mark.parametrize("name", WRONG)
def test_the_visible_check_says_what_is_wrong(name):
    if name in UNSEEN:
        return
    with pytest.raises(LawBroken) as caught:
        visible(WRONG[name])
    lines = caught.value._render_traceback_()
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["Seen", "Law", "Try"]
    assert all(len(line) <= 200 for line in lines)


@pytest.mark.parametrize("stub", [0, 1])
def test_stubs(stub):
    def unwritten(*arguments):
        raise NotImplementedError

    functions = [unwritten if place == stub else function for place, function in enumerate((classify, honest))]
    with pytest.raises(StillAStub, match="classify: still a stub" if stub == 0 else "row: still a stub"):
        visible(functions)
    assert outcomes(functions, 1) == ["failed"] * 3


def test_the_stored_table_is_that_of_the_stored_answers():
    stored = np.load(SOLUTIONS / "lab11" / "checkpoints.npz")
    accuracy = (stored["answers"] == stored["labels"]).mean(axis=1)
    np.testing.assert_allclose(stored["table"][:, 0], accuracy)
    np.testing.assert_array_equal(stored["labels"], heads._split("test")[1])


def test_the_solution_has_all_nine_maps_of_its_own():
    notebook = (SOLUTIONS / "lab11" / "lab11.ipynb").read_text(encoding="utf-8")
    assert "Your own on all three networks: gradient, deconvnet, LRP preset A flat" in notebook


def test_the_report_of_the_solution_keeps_to_its_length():
    text = percent_source("lab11").read_text(encoding="utf-8")
    cells = re.findall(r"<!-- BEGIN SOLUTION -->\n(.*?)# <!-- END SOLUTION -->", text, re.DOTALL)
    words = [len(re.sub(r"^# ?(\|.*)?", "", cell, flags=re.MULTILINE).split()) for cell in cells]  # no tables
    plan, *report, review = words
    assert plan <= 200
    assert len(report) == 5
    assert sum(report) <= 1000
    assert review <= 250


# The full track, on files that the test makes


def write_simpsons(folder, characters=6, count=30):
    """A folder in Kaggle's layout, with drawn characters in the place of the Simpsons."""
    images, labels = heads._split("train")
    for label, name in enumerate(("bart", "homer", "lisa", "marge", "moe", "ned")[:characters]):
        (folder / "simpsons_dataset" / f"{name}_simpson").mkdir(parents=True)
        for k, image in enumerate(images[labels == label][:count]):
            file = folder / "simpsons_dataset" / f"{name}_simpson" / f"pic_{k:04d}.jpg"
            Image.fromarray(image).resize((90, 80)).save(file, quality=95)


def write_imagenet(folder, arch):
    """Random weights at full width, in the file and the layout in which keras.applications offers its own."""
    import keras

    from toonlens.models import build

    keras.utils.set_random_seed(11)
    model = build(arch, None, width=1)
    with h5py.File(folder / f"{arch}_weights_tf_dim_ordering_tf_kernels_notop.h5", "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group = file.create_group(layer.name)
            called = [f"{layer.name}/{weight.name}:0" for weight in layer.weights]
            group.attrs["weight_names"] = [name.encode() for name in called]
            for name, weight in zip(called, layer.weights, strict=True):
                group[name] = weight.numpy()


@pytest.mark.slow
def test_the_solution_runs_on_the_full_track(tmp_path, monkeypatch):
    """Pictures in Kaggle's layout and weights from local files; what was carried on is not there."""
    write_simpsons(tmp_path / "pictures")
    (tmp_path / "weights").mkdir()
    for arch in NETWORKS:
        write_imagenet(tmp_path / "weights", arch)
    shutil.copytree(SOLUTIONS / "lab11", tmp_path / "lab11")
    monkeypatch.setenv("TOONLENS_TRACK", "full")
    monkeypatch.setenv("TOONLENS_SIMPSONS", str(tmp_path / "pictures"))
    monkeypatch.setenv("TOONLENS_IMAGENET_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("TOONLENS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TOONLENS_CARRIED", str(tmp_path / "carried"))
    notebook = read_source("lab11")
    table = next(cell for cell in notebook.cells if cell.metadata.nbgrader.grade_id == "table")
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path / "lab11")}}
    ).execute()
    said = nbformat.writes(notebook)
    assert "full track, Simpsons: " in said
    assert "6 characters, 64 x 64 pixels" in said
    assert "passes" in table.outputs[0].text
    assert "checkpoint, drawn characters" not in "".join(
        output.get("text", "") for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
    )
    assert {path.name for path in (tmp_path / "cache" / "features").iterdir()}  # kept for the next run
