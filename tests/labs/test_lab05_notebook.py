"""What the grader needs of lab 5's notebook."""

from autograder.labs import read_source


def test_the_probes_stand_before_the_first_check():
    """A check runs in the state of its own cell, and reaches the student's function through a probe."""
    cells = read_source("lab05").cells
    probes = max(k for k, cell in enumerate(cells) if "def probe_" in cell.source)
    assert probes < min(k for k, cell in enumerate(cells) if cell.metadata["nbgrader"]["grade"])
