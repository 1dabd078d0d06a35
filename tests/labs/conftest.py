"""For all tests of the labs."""

import pytest

from toonlens import live


@pytest.fixture(autouse=True)
def recorded_maps(monkeypatch):
    """Notebooks that a test runs do not start iNNvestigate; tests/reference and a build of the labs do."""
    monkeypatch.setenv(live.VARIABLE, "0")
