"""A choice is drawn at once, and again when another is made."""

import pytest
from IPython.testing.globalipapp import start_ipython

from toonlens import explore
from toonlens.errors import UserError


class Handle:
    """Of an output; keeps what it was last updated with."""

    def __init__(self):
        self.bundle = None

    def update(self, bundle, **_):
        self.bundle = bundle


@pytest.fixture
def displayed(monkeypatch):
    """What `explore` displays in a notebook, with the handles that it gets."""
    found = []

    def display(shown, **_):
        found.append((shown, Handle()))
        return found[-1][1]

    start_ipython()
    monkeypatch.setattr("IPython.display.display", display)
    return found


def test_the_first_choice_is_drawn_and_another_takes_its_place(displayed):
    def draw(image, mode):
        if image == 1:
            raise ValueError("no such image")
        print(f"image {image}, {mode}")

    explore.explore(draw, image=[0, 1, 2], mode={"gradient": "grad", "both": "guided"})
    (box, _), (first, handle) = displayed
    slider, menu = box.children
    assert (type(slider).__name__, type(menu).__name__) == ("SelectionSlider", "Dropdown")
    assert first == {"text/plain": "image 0, grad"}
    slider.value = 2
    assert handle.bundle == {"text/plain": "image 2, grad"}
    menu.value = "guided"
    assert handle.bundle == {"text/plain": "image 2, guided"}
    slider.value = 1
    assert handle.bundle == {"text/plain": "ValueError: no such image"}


def test_without_a_notebook_the_first_choice_is_all(monkeypatch):
    drawn = []
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: None)
    explore.explore(lambda word: drawn.append(word), word=["one", "two"])
    assert drawn == ["one"]


def test_a_choice_without_values_is_named():
    with pytest.raises(UserError, match="choice 'layer' has no values"):
        explore.explore(print, layer=[])
