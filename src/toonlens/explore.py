"""More than one picture: a widget for each choice, and the first choice as a picture that stays without them."""

from collections.abc import Callable, Sequence
from typing import Any

from toonlens.errors import UserError


def explore(draw: Callable[..., None], **choices: Sequence) -> None:
    """Draw the first of each choice; below it, where there are widgets, draw whatever is chosen.

    Args:
        draw: shows a picture (with `toonlens.show`) for one value of each choice, given by name.
        choices: name -> the values to choose from. Text becomes a menu, numbers a slider. A mapping gives each value
            the name that is shown.

    Raises:
        UserError: a choice without values.
    """
    for name, values in choices.items():
        if len(values) == 0:
            raise UserError(f"choice {name!r} has no values: give at least one")
    named = {name: dict(v) if isinstance(v, dict) else {str(o): o for o in v} for name, v in choices.items()}
    draw(**{name: next(iter(values.values())) for name, values in named.items()})

    from IPython.core.getipython import get_ipython

    if get_ipython() is None:
        return
    import ipywidgets
    from IPython.display import display

    controls = {name: _control(name, values) for name, values in named.items()}
    shown = ipywidgets.Output()

    def redraw(_: Any = None) -> None:
        with shown:
            shown.clear_output(wait=True)
            draw(**{name: control.value for name, control in controls.items()})

    for control in controls.values():
        control.observe(redraw, names="value")
    display(ipywidgets.VBox([*controls.values(), shown]))


def _control(name: str, values: dict[str, Any]) -> Any:
    import ipywidgets

    numbers = all(isinstance(value, (int, float)) and str(value) == text for text, value in values.items())
    kind = ipywidgets.SelectionSlider if numbers and len(values) > 1 else ipywidgets.Dropdown
    return kind(
        options=list(values.items()),
        description=name.replace("_", " "),
        continuous_update=False,
        style={"description_width": "initial"},
    )
