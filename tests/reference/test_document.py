"""The examples of docs/reference.md run as they stand, and its table of modules is complete."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")


def test_the_examples_run(vgg, images):
    names = {"model": vgg, "x": images}
    for example in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(example, names)
        assert names["r"].shape == images.shape
    assert names["by_layer"]["block3_pool"].shape == (2, 8, 8, 64)


def test_every_module_is_in_the_reading_order():
    listed = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    there = {path.stem for path in (ROOT / "autograder" / "reference").glob("*.py")}
    assert listed == there - {"__init__", "dense"}


def test_its_links_lead_somewhere():
    for target in re.findall(r"\]\((\w+\.md)\)", PAGE):
        assert (ROOT / "docs" / target).is_file(), target
