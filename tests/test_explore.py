"""A choice is drawn at once, and again when another is made."""

import pytest
from IPython.testing.globalipapp import start_ipython

from toonlens import explore
from toonlens.errors import UserError


@pytest.fixture
def displayed(monkeypatch):
    """What `explore` displays in a notebook."""
    found = []
    start_ipython()
    monkeypatch.setattr("IPython.display.display", found.append)
    return found


def test_the_first_choice_is_drawn_and_another_on_request(displayed):
    drawn = []
    explore.explore(lambda **chosen: drawn.append(chosen), image=[0, 1, 2], mode={"gradient": "grad", "both": "guided"})
    assert drawn == [{"image": 0, "mode": "grad"}]
    slider, menu, _ = displayed[0].children
    assert (type(slider).__name__, type(menu).__name__) == ("SelectionSlider", "Dropdown")
    slider.value = 2
    menu.value = "guided"
    assert drawn[1:] == [{"image": 2, "mode": "grad"}, {"image": 2, "mode": "guided"}]


def test_without_a_notebook_the_first_choice_is_all(monkeypatch):
    drawn = []
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: None)
    explore.explore(lambda word: drawn.append(word), word=["one", "two"])
    assert drawn == ["one"]


def test_a_choice_without_values_is_named():
    with pytest.raises(UserError, match="choice 'layer' has no values"):
        explore.explore(print, layer=[])
