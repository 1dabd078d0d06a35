"""More than one picture: a widget for each choice, and the first choice as a picture that stays without them."""

from collections.abc import Callable, Sequence
from typing import Any

from toonlens.errors import UserError


def explore(draw: Callable[..., None], **choices: Sequence) -> None:
    """Draw the first of each choice; where there are widgets, draw whatever is chosen in its place.

    Args:
        draw: shows a picture (with `toonlens.show`) for one value of each choice, given by name. It shows equally many
            for all choices.
        choices: name -> the values to choose from. Text becomes a menu, numbers a slider. A mapping gives each value
            the name that is shown, as a menu.

    Raises:
        UserError: a choice without values.
    """
    for name, values in choices.items():
        if len(values) == 0:
            raise UserError(f"choice {name!r} has no values: give at least one")
    named = {name: dict(v) if isinstance(v, dict) else {str(o): o for o in v} for name, v in choices.items()}
    first = {name: next(iter(values.values())) for name, values in named.items()}

    from IPython.core.getipython import get_ipython

    if get_ipython() is None:
        draw(**first)
        return
    import ipywidgets
    from IPython.display import display

    controls = {name: _control(name, values) for name, values in named.items()}
    display(ipywidgets.VBox(list(controls.values())))
    # Pictures with a handle, and not in a widget of their own: the first choice then stays in a saved notebook.
    handles = [display(bundle, raw=True, metadata=about, display_id=True) for bundle, about in _outputs(draw, first)]

    def redraw(_: Any = None) -> None:
        outputs = _outputs(draw, {name: control.value for name, control in controls.items()})
        for handle, (bundle, about) in zip(handles, outputs, strict=False):
            handle.update(bundle, raw=True, metadata=about)

    for control in controls.values():
        control.observe(redraw, names="value")


def _outputs(draw: Callable[..., None], chosen: dict[str, Any]) -> list[tuple[dict, dict]]:
    """What ``draw`` shows, each with its metadata, and last what it prints; or why it failed."""
    from IPython.utils.capture import capture_output

    try:
        with capture_output() as captured:
            draw(**chosen)
    except Exception as error:
        return [({"text/plain": f"{type(error).__name__}: {error}"}, {})]
    shown = [(output.data, output.metadata or {}) for output in captured.outputs]
    return [*shown, ({"text/plain": captured.stdout.rstrip()}, {})]


def _control(name: str, values: dict[str, Any]) -> Any:
    import ipywidgets

    numbers = all(isinstance(value, (int, float)) and str(value) == text for text, value in values.items())
    about = {"description": name.replace("_", " "), "style": {"description_width": "initial"}}
    if numbers and len(values) > 1:
        return ipywidgets.SelectionSlider(options=list(values.items()), continuous_update=False, **about)
    return ipywidgets.Dropdown(options=list(values.items()), **about)
