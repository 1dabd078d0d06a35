"""The examples of docs/reference.md run as they stand, and its table of modules is complete."""

import re
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")


def test_the_examples_run(small, images):
    """But for loading data and training; on all three networks, and what arrives stays in proportion to the score."""
    first, *others = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    imports, _, calls = first.partition("\n\nr = ")
    names = {"model": small, "x": images}
    exec("\n".join(line for line in imports.splitlines() if line.startswith("from ")), names)
    exec(f"r = {calls}", names)
    assert set(names["by_layer"]) >= {"predictions", "avg_pool"} or small.name == "vgg16"
    scores = names["by_layer"]["predictions"].sum(axis=1)
    for example in others:
        exec(example, names)
        assert names["r"].shape == images.shape
        assert (np.abs(names["r"].sum(axis=(1, 2, 3)) / scores) < 2).all()


def test_every_module_is_in_the_reading_order():
    listed = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    there = {path.stem for path in (ROOT / "autograder" / "reference").glob("*.py")}
    assert listed == there - {"__init__", "dense"}


def test_its_links_lead_somewhere():
    for target in re.findall(r"\]\((\w+\.md)\)", PAGE):
        assert (ROOT / "docs" / target).is_file(), target
