"""The one picture helper of the course: maps, images, bars, lines and confusion matrices, each with alternative text.

Signed relevance is drawn in ``RdBu_r`` with zero in the middle and symmetric limits, unsigned maps in ``cividis`` from
zero. Curves and bars differ by marker or hatching as well as by colour. Every picture carries its alt text into the
notebook and prints a one-line summary in words, so that nothing is said by colour alone.
"""

import base64
import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, ScalarFormatter
from numpy.typing import ArrayLike, NDArray

from toonlens.errors import UserError

DPI = 80
WIDTH = 110  # characters in a line of text
MANY = 4  # maps in a figure, above which the words leave out where each is strongest
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")  # Okabe & Ito
STYLES = (("-", "o"), ("--", "s"), (":", "^"), ("-.", "D"), ((0, (5, 1)), "v"), ((0, (1, 1)), "P"))
HATCHES = ("", "//", "..", "xx", "\\\\", "oo")


@dataclass(frozen=True)
class Over:
    """A map (h, w) drawn over a grey version of an image (H, W, 3); coarse maps keep their square cells."""

    map: NDArray
    image: NDArray


Picture = NDArray | Over


def maps(
    pictures: Sequence[Picture],
    titles: Sequence[str],
    *,
    alt: str,
    unit: str = "relevance",
    signed: bool = True,
    shared: bool = False,
    columns: int = 4,
    side: float = 1.8,
    sums: bool = True,
) -> None:
    """Show images and maps side by side.

    Args:
        pictures: each an image, uint8 (H, W, 3), a map (H, W) of numbers, or `Over`.
        titles: one per picture.
        alt: what the figure shows, for those who do not see it.
        unit: what a map's numbers are; stands beside the colour bar.
        signed: maps have two signs (RdBu_r, zero in the middle); otherwise cividis from zero.
        shared: one scale and one colour bar for all maps, so that they can be compared; otherwise one for each.
        columns: pictures in a row.
        side: of a picture's square, in inches of 80 pixels.
        sums: whether the words name each map's sum; it says nothing where maps were scaled one by one.

    Raises:
        UserError: a picture has neither shape, a title is missing, or a map that should be unsigned has negatives.
    """
    _emit(draw_maps(pictures, titles, unit=unit, signed=signed, shared=shared, columns=columns, side=side), alt)
    shown = [(" ".join(t.split()), _heat(p)) for p, t in zip(pictures, titles, strict=True) if not _is_image(p)]
    facts = [describe(title, heat, signed, where=len(shown) <= MANY, sums=sums) for title, heat in shown]
    if facts:
        _say(facts)


def draw_maps(
    pictures: Sequence[Picture],
    titles: Sequence[str],
    *,
    unit: str = "relevance",
    signed: bool = True,
    shared: bool = False,
    columns: int = 4,
    side: float = 1.8,
) -> Figure:
    """The figure that `maps` shows."""
    if len(pictures) == 0 or len(pictures) != len(titles):
        raise UserError(f"{len(pictures)} pictures and {len(titles)} titles: give one title per picture")
    heats = [_heat(picture) for picture in pictures if not _is_image(picture)]
    if not signed and any((heat < 0).any() for heat in heats):
        raise UserError("an unsigned map has negative values: draw it with signed=True")
    shown = [np.abs(heat).max(initial=0.0) for heat in heats]
    common = float(max(shown, default=0.0)) if shared else None
    sheet = _Sheet(titles, min(columns, len(pictures)), bool(heats), shared, side)
    for k, (picture, title) in enumerate(zip(pictures, titles, strict=True)):
        sheet.write(k, title)
        if isinstance(picture, np.ndarray) and _is_image(picture):
            sheet.draw(k, picture)
            continue
        heat = _heat(picture)
        look = _look(common if common is not None else float(np.abs(heat).max(initial=0.0)), signed)
        if isinstance(picture, Over):
            grey = 0.35 + 0.65 * (picture.image.astype(np.float64) @ [0.299, 0.587, 0.114] / 255)
            sheet.draw(k, grey, cmap="gray", vmin=0, vmax=1)
            look["alpha"] = 0.6
        sheet.draw(k, heat, shape=np.shape(picture.image)[:2] if isinstance(picture, Over) else heat.shape, **look)
        if not shared:
            sheet.bar(k, unit, look)
    if common is not None and heats:
        sheet.common_bar(unit, _look(common, signed))
    return sheet.figure


class _Sheet:
    """One axes as large as the figure, in inches, on which pictures, titles and colour bars are put by hand.

    An axes for each picture and a layout engine to place them take six times as long, and a lab draws many pictures.
    """

    GAP, LINE = 0.12, 0.16  # between squares; of a line of a title
    BAR, NUMBERS = 0.09, 0.62  # width of a colour bar, and of the numbers and the unit beside it

    def __init__(self, titles: Sequence[str], columns: int, has_bars: bool, shared: bool, side: float):
        self.columns, self.rows, self.side = columns, -(-len(titles) // columns), side
        self.head = self.LINE * max(title.count("\n") + 1 for title in titles) + 0.08
        beside = self.GAP / 2 + self.BAR + self.NUMBERS if has_bars else 0.0
        self.step = self.side + (self.GAP if shared or not has_bars else beside)
        self.width = self.GAP + columns * self.step + (beside if shared else 0)
        self.height = self.rows * (self.head + self.side) + self.GAP
        self.figure = Figure(figsize=(self.width, self.height), dpi=DPI)
        self.axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, self.width), ylim=(0, self.height), autoscale_on=False)
        self.axes.set_axis_off()

    def _corner(self, k: int) -> tuple[float, float]:
        row, column = divmod(k, self.columns)
        return self.GAP + column * self.step, self.GAP + (self.rows - 1 - row) * (self.head + self.side)

    def write(self, k: int, title: str) -> None:
        """The title above picture ``k``, counted row by row."""
        left, bottom = self._corner(k)
        self.axes.text(left + self.side / 2, bottom + self.side + 0.05, title, size=9, ha="center", va="bottom")

    def draw(self, k: int, values: NDArray, shape: tuple[int, ...] = (), **look: Any) -> None:
        """Picture ``k``, in the proportions of ``shape``, those of ``values`` if it is left out."""
        height, width = (shape or values.shape)[:2]
        left, bottom = self._corner(k)
        x, y = (self.side * (1 - side / max(height, width)) / 2 for side in (width, height))
        box = (left + x, left + self.side - x, bottom + y, bottom + self.side - y)
        self.axes.imshow(values, extent=box, aspect="auto", interpolation="nearest", **look)

    def bar(self, k: int, unit: str, look: Mapping[str, Any]) -> None:
        """The colour bar of picture ``k``."""
        left, bottom = self._corner(k)
        self._bar(left + self.side + self.GAP / 2, bottom, self.side, unit, look)

    def common_bar(self, unit: str, look: Mapping[str, Any]) -> None:
        """The colour bar of all pictures, at the right."""
        height = min(self.height - self.head - self.GAP, 1.5 * self.side)
        bottom = (self.height - self.head + self.GAP - height) / 2
        self._bar(self.columns * self.step + self.GAP / 2 + self.GAP / 2, bottom, height, unit, look)

    def _bar(self, left: float, bottom: float, height: float, unit: str, look: Mapping[str, Any]) -> None:
        low, high = look["vmin"], look["vmax"]
        box = (left, left + self.BAR, bottom, bottom + height)
        colours = {key: value for key, value in look.items() if key != "alpha"}
        self.axes.imshow(np.linspace(low, high, 128)[:, None], extent=box, aspect="auto", origin="lower", **colours)
        self.axes.add_patch(Rectangle((left, bottom), self.BAR, height, fill=False, linewidth=0.6))
        ticks = MaxNLocator(nbins=5, symmetric=low < 0).tick_values(low, high)
        ticks = ticks[(ticks >= low - 1e-9 * high) & (ticks <= high * (1 + 1e-9))]
        numbers = ScalarFormatter()
        numbers.set_powerlimits((-2, 3))
        numbers.create_dummy_axis()
        assert numbers.axis is not None
        numbers.axis.set_view_interval(low, high)
        texts = numbers.format_ticks(list(ticks))
        places = bottom + height * (ticks - low) / (high - low)
        self.axes.hlines(places, left + self.BAR, left + self.BAR + 0.03, color="black", linewidth=0.6)
        for place, text in zip(places, texts, strict=True):
            self.axes.text(left + self.BAR + 0.06, place, text, size=7, va="center_baseline")
        self.axes.text(left - 0.02, bottom + height + 0.03, numbers.get_offset(), size=7, va="bottom")
        place = left + self.BAR + self.NUMBERS - 0.16
        self.axes.text(place, bottom + height / 2, unit, size=8, rotation=90, ha="center", va="center")


def _look(limit: float, signed: bool) -> dict[str, Any]:
    """Colours of a map whose largest magnitude is ``limit``: zero in the middle, or at the bottom."""
    limit = limit or 1.0
    return {"cmap": "RdBu_r" if signed else "cividis", "vmin": -limit if signed else 0.0, "vmax": limit}


def bars(
    series: Mapping[str, ArrayLike],
    labels: Sequence[str],
    *,
    alt: str,
    unit: str = "relevance",
    title: str = "",
    intervals: Mapping[str, ArrayLike] | None = None,
    log: bool = False,
    line: tuple[str, float] | None = None,
) -> None:
    """Show groups of bars: for each label one bar of each series.

    Args:
        series: name -> (N,) heights.
        labels: N names below the groups.
        alt: what the figure shows, for those who do not see it.
        unit: what the heights are.
        intervals: name of a series -> (N, 2), the low and high end of a line drawn over each of its bars.
        log: the heights are above 0 and of several magnitudes: a logarithmic axis, from a power of ten.
        line: name and height of a dashed line to compare with.

    Raises:
        UserError: a series has not one height, or not one interval, per label; a height is not above 0, with ``log``.
    """
    ends = {name: np.asarray(values, dtype=np.float64) for name, values in (intervals or {}).items()}
    for name, low_high in ends.items():
        if name not in series or low_high.shape != (len(labels), 2):
            raise UserError(f"intervals {name!r} of shape {low_high.shape}: give ({len(labels)}, 2) to a series")
    heights = {name: np.asarray(values, dtype=np.float64) for name, values in series.items()}
    for name, values in heights.items():
        if values.shape != (len(labels),):
            raise UserError(
                f"series {name!r} has shape {values.shape}: give one height for each of {len(labels)} labels"
            )
    if log and any((values <= 0).any() for values in heights.values()):
        raise UserError("a logarithmic axis has no place for a height of 0 or below: draw it with log=False")
    figure = Figure(figsize=(max(4.5, 0.5 * len(labels) * (1 + 0.3 * len(heights))) + 1, 2.9), dpi=DPI)
    axes = figure.subplots()
    width = 0.8 / len(heights)
    for k, (name, values) in enumerate(heights.items()):
        place = np.arange(len(labels)) + (k - (len(heights) - 1) / 2) * width
        colour, hatch = COLOURS[k % len(COLOURS)], HATCHES[k % len(HATCHES)]
        axes.bar(place, values, width, label=name, color=colour, hatch=hatch, edgecolor="white", linewidth=0.5)
        if name in ends:
            axes.vlines(place, ends[name][:, 0], ends[name][:, 1], color="black", linewidth=1.5)
    if log:
        axes.set_yscale("log")
        axes.set_ylim(bottom=10 ** np.floor(np.log10(min(values.min() for values in heights.values()))))
        axes.yaxis.set_major_formatter(ScalarFormatter())
    else:
        axes.axhline(0, color="black", linewidth=0.8)
    if line is not None:
        axes.axhline(line[1], color="black", linewidth=1, linestyle="--", label=line[0])
    axes.set_xticks(np.arange(len(labels)), labels, fontsize=8)
    _finish(figure, axes, title, "", unit, len(heights) > 1 or line is not None)
    _emit(figure, alt)
    facts = [f"{name}: {_in_words(values, labels, ends.get(name))}" for name, values in heights.items()]
    if len(labels) > 8:
        facts = [
            f"{name}: from {values.min():.3g} to {values.max():.3g}, sum {values.sum():.3g}"
            for name, values in heights.items()
        ]
    if line is not None:
        facts.append(f"dashed line, {line[0]}: {line[1]:.3g}")
    _say(facts)


def _in_words(values: NDArray, labels: Sequence[str], ends: NDArray | None) -> str:
    between = ["" if ends is None else f" ({ends[k, 0]:.3g} to {ends[k, 1]:.3g})" for k in range(len(labels))]
    return ", ".join(f"{' '.join(labels[k].split())} {values[k]:.3g}{between[k]}" for k in range(len(labels)))


def lines(
    x: ArrayLike,
    series: Mapping[str, ArrayLike],
    *,
    alt: str,
    x_label: str,
    y_label: str,
    title: str = "",
    limits: tuple[float, float] | None = None,
    ticks: Sequence[object] | None = None,
    upright: tuple[str, float] | None = None,
) -> None:
    """Show curves over a common axis, each with its own colour, dash and marker.

    Args:
        x: (N,) places.
        series: name -> (N,) values; NaN leaves a gap.
        alt: what the figure shows, for those who do not see it.
        x_label, y_label: what the axes are, with units.
        limits: of the vertical axis.
        ticks: (N,) what is written below the places; without it, their numbers.
        upright: name and place of a dashed upright line.
    """
    places = np.asarray(x, dtype=np.float64)
    figure = Figure(figsize=(6.2, 3.1), dpi=DPI)
    axes = figure.subplots()
    curves = {name: np.asarray(values, dtype=np.float64) for name, values in series.items()}
    for k, (name, values) in enumerate(curves.items()):
        if values.shape != places.shape:
            raise UserError(f"curve {name!r} has shape {values.shape}, its axis {places.shape}: make them equal")
        dash, marker = STYLES[k % len(STYLES)]
        every = max(1, len(places) // 12)
        axes.plot(
            places,
            values,
            color=COLOURS[k % len(COLOURS)],
            linestyle=dash,
            marker=marker,
            markersize=4,
            markevery=every,
            label=name,
        )
    axes.axhline(0, color="black", linewidth=0.8)
    if upright is not None:
        axes.axvline(upright[1], color="black", linewidth=1.2, linestyle="--", label=upright[0])
    if ticks is not None:
        axes.set_xticks(places, [str(tick) for tick in ticks])
    elif np.array_equal(places, np.rint(places)):  # counts: no tick between two of them
        axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
    if limits:
        axes.set_ylim(*limits)
    _finish(figure, axes, title, x_label, y_label, len(curves) > 1 or upright is not None)
    _emit(figure, alt)
    facts = [f"{name}: {_course(values)}" for name, values in curves.items()]
    if upright is not None:
        facts.append(f"dashed upright line, {upright[0]}: at {upright[1]:.3g}")
    _say(facts)


def _course(values: NDArray) -> str:
    """Where a curve starts and ends, and its extremes where they lie between."""
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return "no values"
    ends = f"from {known[0]:.3g} to {known[-1]:.3g}"
    between = []
    if known.min() < min(known[0], known[-1]):
        between.append(f"lowest {known.min():.3g}")
    if known.max() > max(known[0], known[-1]):
        between.append(f"highest {known.max():.3g}")
    return ", ".join([ends, *between])


def grids(
    values: Sequence[NDArray],
    marked: Sequence[NDArray | None],
    titles: Sequence[str],
    *,
    alt: str,
    mark: str,
    columns: int = 4,
) -> None:
    """Show small tables of numbers side by side, with cells of one size; marked cells differ by frame, tint and weight.

    Args:
        values: each (h, w), a number for each cell.
        marked: each (h, w) bool, in the same order, or None for a table in which nothing could be marked.
        titles: one per table.
        alt: what the figure shows, for those who do not see it.
        mark: what the marked cells are, for the summary in words.
        columns: tables in a row.

    Raises:
        UserError: the lists differ in length, or the shapes of a table and its marks do.
    """
    _emit(draw_grids(values, marked, titles, columns=columns), alt)
    facts = []
    for table, marks, title in zip(values, marked, titles, strict=True):
        rows = " / ".join(" ".join(f"{v:g}" for v in row) for row in table)
        count = "" if marks is None else f"{int(marks.sum())} of {marks.size} cells are {mark}"
        facts.append(f"{' '.join(title.split())}: {count or rows}")
    _say(facts)


def draw_grids(
    values: Sequence[NDArray], marked: Sequence[NDArray | None], titles: Sequence[str], *, columns: int = 4
) -> Figure:
    """The figure that `grids` shows."""
    if not len(values) == len(marked) == len(titles):
        raise UserError(f"{len(values)} tables, {len(marked)} marks, {len(titles)} titles: give one of each per table")
    for table, marks in zip(values, marked, strict=True):
        if table.ndim != 2 or (marks is not None and table.shape != marks.shape):
            other = "no marks" if marks is None else f"marks of shape {marks.shape}"
            raise UserError(f"a table of shape {table.shape} with {other}: give two of (h, w)")
    cell, gap = 0.32, 0.2  # inches
    head = 0.16 * max(title.count("\n") + 1 for title in titles) + 0.08
    texts = [0.075 * max(map(len, title.split("\n"))) for title in titles]  # inches, about
    widths = [max(cell * table.shape[1], text) for table, text in zip(values, texts, strict=True)]
    rows = [range(k, min(k + columns, len(values))) for k in range(0, len(values), columns)]
    tall = [cell * max(values[k].shape[0] for k in row) for row in rows]
    width = max(sum(widths[k] + gap for k in row) for row in rows) + gap
    figure = Figure(figsize=(width, sum(head + side + gap for side in tall)), dpi=DPI)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(figure.get_figheight(), 0), autoscale_on=False)
    axes.set_axis_off()
    top = 0.0
    for row, side in zip(rows, tall, strict=True):
        left = gap
        for k in row:
            place = left + (widths[k] - cell * values[k].shape[1]) / 2
            axes.text(left + widths[k] / 2, top + head - 0.05, titles[k], size=9, ha="center", va="bottom")
            _draw_grid(axes, values[k], marked[k], cell, (place, top + head))
            left += widths[k] + gap
        top += head + side + gap
    return figure


def _draw_grid(axes, table: NDArray, marks: NDArray | None, cell: float = 1.0, corner: tuple[float, float] = (0, 0)):
    """A table whose upper left ``corner`` is at (x, y), y downwards."""
    for row, column in np.ndindex(*table.shape):
        here = marks is not None and bool(marks[row, column])
        x, y = corner[0] + column * cell, corner[1] + row * cell
        axes.add_patch(
            Rectangle(
                (x, y),
                cell,
                cell,
                facecolor="#D6E6F2" if here else "white",
                edgecolor="black" if here else "#B0B0B0",
                linewidth=2.0 if here else 0.5,
                zorder=2 if here else 1,
            )
        )
        axes.text(
            x + cell / 2,
            y + cell / 2,
            f"{table[row, column]:g}",
            ha="center",
            va="center_baseline",
            fontsize=9,
            fontweight="bold" if here else "normal",
            zorder=3,
        )


def matrix(
    counts: ArrayLike,
    names: Sequence[str],
    *,
    alt: str,
    unit: str = "pictures",
    row_label: str = "true class",
    column_label: str = "answer",
) -> None:
    """Show a confusion matrix: counts[i, j] pictures of class i were called j. Entries that are not 0 are written out.

    Args:
        counts: (K, K), none negative.
        names: of the K classes.
        alt: what the figure shows, for those who do not see it.
        unit: what is counted; stands beside the colour bar.
        row_label, column_label: what rows and columns are.

    Raises:
        UserError: another shape, or a negative entry.
    """
    values = np.asarray(counts, dtype=np.float64)
    if values.shape != (len(names), len(names)) or (values < 0).any():
        raise UserError(f"a matrix of shape {values.shape} for {len(names)} names: give counts (K, K), none negative")
    side = 0.29 * len(names) + 2.2
    figure = Figure(figsize=(side + 0.6, side), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    largest = float(values.max(initial=0.0)) or 1.0
    drawn = axes.imshow(values, cmap="cividis", vmin=0, vmax=largest, interpolation="nearest")
    for row, column in np.argwhere(values):
        colour = "black" if values[row, column] > 0.6 * largest else "white"
        axes.text(column, row, f"{values[row, column]:.3g}", ha="center", va="center", fontsize=7, color=colour)
    axes.set_xticks(np.arange(len(names)), names, rotation=90, fontsize=7)
    axes.set_yticks(np.arange(len(names)), names, fontsize=7)
    axes.set_xlabel(column_label, fontsize=9)
    axes.set_ylabel(row_label, fontsize=9)
    figure.colorbar(drawn, ax=axes, shrink=0.7).set_label(unit, fontsize=8)
    _emit(figure, alt)
    off = values - np.diag(np.diag(values))
    pairs = [np.unravel_index(place, off.shape) for place in np.argsort(-off, axis=None, kind="stable")[:3]]
    facts = [f"{values.sum():.4g} {unit}, {np.trace(values):.4g} of them on the diagonal"]
    facts += [f"{names[i]} called {names[j]}: {off[i, j]:.3g}" for i, j in pairs if off[i, j]]
    _say(facts)


def _say(facts: Sequence[str]) -> None:
    print(textwrap.fill("In words: " + "; ".join(facts) + ".", WIDTH))


def describe(title: str, heat: NDArray, signed: bool = True, where: bool = True, sums: bool = True) -> str:
    """One clause about a map (H, W): its sum, how much of its magnitude is positive, and ``where`` it is strongest."""
    if not np.isfinite(heat).all():
        return f"{title}: {int((~np.isfinite(heat)).sum())} values are not finite"
    total = float(np.abs(heat).sum())
    if total == 0:
        return f"{title}: zero everywhere"
    if np.ptp(heat) <= 1e-6 * np.abs(heat).max():
        return f"{title}: {f'sum {heat.sum():+.3g}, ' if sums else ''}the same everywhere"
    rows, columns = heat.shape
    row, column = np.unravel_index(int(np.abs(heat).argmax()), heat.shape)
    vertical = ("top", "middle", "bottom")[int(3 * (row + 0.5) / rows)]
    horizontal = ("left", "centre", "right")[int(3 * (column + 0.5) / columns)]
    clauses = [f"sum {heat.sum():{'+' if signed else ''}.3g}"] if sums else []
    if signed:
        clauses.append(f"{100 * heat[heat > 0].sum() / total:.0f} % positive")
    if where:
        clauses.append(f"strongest at the {vertical} {horizontal}")
    return f"{title}: {', '.join(clauses)}"


def _is_image(picture: Picture) -> bool:
    if isinstance(picture, Over):
        return False
    return picture.ndim == 3 and picture.shape[2] == 3 and picture.dtype == np.uint8


def _heat(picture: Picture) -> NDArray:
    heat = np.asarray(picture.map if isinstance(picture, Over) else picture, dtype=np.float64)
    if heat.ndim != 2:
        raise UserError(f"a picture of shape {heat.shape}: give an image, uint8 (H, W, 3), or a map (H, W)")
    return heat


def _finish(figure: Figure, axes, title: str, x_label: str, y_label: str, legend: bool) -> None:
    """Titles, labels, and a legend at the right; room for them in inches, by hand, as in `_Sheet`."""
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(x_label, fontsize=9)
    axes.set_ylabel(y_label, fontsize=9)
    axes.tick_params(labelsize=8)
    if axes.get_yscale() == "linear":
        axes.ticklabel_format(axis="y", scilimits=(-2, 4))  # short numbers: there is room for some five characters
    axes.yaxis.get_offset_text().set_fontsize(8)
    axes.spines[["top", "right"]].set_visible(False)
    width, height = figure.get_size_inches()
    right = 0.15
    if legend:
        names = axes.get_legend_handles_labels()[1]
        right = 0.6 + 0.062 * max(len(name) for name in names)
        figure.set_figwidth(width := width + right)
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.02), fontsize=8, frameon=False)
    lines = max(label.get_text().count("\n") for label in axes.get_xticklabels()) + 1
    below = 0.12 + 0.16 * lines + (0.2 if x_label else 0.0)
    figure.subplots_adjust(
        left=0.75 / width, right=1 - right / width, bottom=below / height, top=1 - (0.34 if title else 0.22) / height
    )


def _emit(figure: Figure, alt: str) -> None:
    """Put the figure into the notebook with its alt text; in a terminal print the alt text alone."""
    if not alt.strip():
        raise UserError("a picture without alt text: say in a sentence what it shows")
    from IPython.core.getipython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        print(alt)
        return
    png = io.BytesIO()
    figure.savefig(png, format="png")
    bundle = {"image/png": base64.b64encode(png.getvalue()).decode("ascii"), "text/plain": alt}
    display(bundle, raw=True, metadata={"image/png": {"alt": alt}})
