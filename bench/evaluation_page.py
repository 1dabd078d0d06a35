"""The page docs/evaluation.md and its figure, made from the numbers of docs/evaluation.json and from nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image
from scipy import stats

from toonlens.errors import UserError
from toonlens.paths import atomic_write

Data = dict[str, Any]
Interval = list[float]  # value, low, high

NAMES = {"vgg16": "VGG16", "resnet50": "ResNet50", "densenet121": "DenseNet121"}
COLOURS = {"vgg16": "#0072B2", "resnet50": "#D55E00", "densenet121": "#009E73"}  # Okabe & Ito
MARKERS = {"vgg16": "o", "resnet50": "s", "densenet121": "^"}
FILL = "mean"  # of pixel flipping in the table and the figure
REGIONS = (
    "background", "other", "head", "hair", "eyes", "mouth", "clothes", "accessory", "body", "character", "outline",
)  # fmt: skip


def write(data: Data, folder: Path) -> None:
    """`evaluation.md` and `evaluation.png` in `folder`, of what is measured on all three networks."""
    data = measured(data)
    with atomic_write(folder / "evaluation.md") as file:
        file.write_text(markdown(data), encoding="utf-8")
    made = figure(data)
    with atomic_write(folder / "evaluation.png") as file:
        made.savefig(file, dpi=105)
        Image.open(file).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(file, optimize=True)


def measured(data: Data) -> Data:
    """The same with the methods that are measured on all three networks; the others are listed as `missing`.

    Raises:
        UserError: the study's maps or the controls are not measured, or not compared.
    """
    s = data["setting"]
    done = [m for m in (*s["controls"], *s["methods"]) if all(m in data.get(f"masks {arch}", {}) for arch in NAMES)]
    needed = [m for m in (*s["controls"], *s["study"]) if m not in done]
    if needed or any(m not in data.get("differences", {}) for m in s["study"]):
        raise UserError(f"measure {', '.join(needed) or 'nothing more'} and compare before the page can be made")
    methods = [m for m in s["methods"] if m in done]
    return data | {"setting": s | {"methods": methods, "missing": [m for m in s["methods"] if m not in done]}}


# -- numbers -----------------------------------------------------------------------------------------------------------


def show(interval: Interval, digits: int = 2) -> str:
    """0.50 (0.45 to 0.55)"""
    value, low, high = (_number(x, digits) for x in interval)
    return f"{value} ({low} to {high})"


def _number(x: float, digits: int) -> str:
    shown = f"{x:.{digits}f}"
    return shown.removeprefix("-") if float(shown) == 0 else shown.replace("-", "−")


def percent(interval: Interval) -> str:
    """50 % (45 to 55)"""
    value, low, high = (f"{100 * x:.1f}" for x in interval)
    return f"{value} % ({low} to {high})"


def difference(data: Data, method: str, quantity: str, a: str, b: str, bare: bool = False) -> Interval:
    """Of network a from network b, whichever way round it is kept; `bare`: both with random weights."""
    pairs, prefix = data["differences"][method][quantity], "untrained " * bare
    if f"{prefix}{a} - {b}" in pairs:
        return pairs[f"{prefix}{a} - {b}"]
    value, low, high = pairs[f"{prefix}{b} - {a}"]
    return [-value, -high, -low]


def masks(data: Data, arch: str, method: str, bare: bool = False) -> Data:
    """Where the maps of a method lie; `bare`: in the network with random weights."""
    found = data[f"masks {arch}"][method]
    return found["untrained"] if bare else found


def known(data: Data, arch: str, method: str) -> dict[str, Data]:
    """What is known about a method on a network: "masks", and "flip", "weights" and "cue" if they are measured."""
    kinds = ("masks", "flip", "weights", "cue")
    return {kind: data[f"{kind} {arch}"][method] for kind in kinds if method in data.get(f"{kind} {arch}", {})}


def more(interval: Interval, than: float = 0) -> bool:
    return interval[1] > than


def less(interval: Interval, than: float = 0) -> bool:
    return interval[2] < than


# -- the study's claims ------------------------------------------------------------------------------------------------


def lies_on_outline(data: Data, method: str, bare: bool = False) -> bool:
    """VGG16 has more on the outline than its area, and more than both other networks."""
    return more(masks(data, "vgg16", method, bare)["mass"]["outline"], 1) and all(
        more(difference(data, method, "outline", "vgg16", other, bare)) for other in ("resnet50", "densenet121")
    )


def covers_character(data: Data, method: str, bare: bool = False) -> bool:
    """VGG16 has more in the character than its area, and spreads it there more evenly than both other networks."""
    return more(masks(data, "vgg16", method, bare)["mass"]["character"], 1) and all(
        more(difference(data, method, "coverage", "vgg16", other, bare)) for other in ("resnet50", "densenet121")
    )


def only_parts(data: Data, method: str, arch: str, bare: bool = False) -> bool:
    """The network has more in eyes and mouth than their area and than VGG16, and spreads it less evenly."""
    return (
        more(masks(data, arch, method, bare)["mass"]["eyes and mouth"], 1)
        and more(difference(data, method, "eyes and mouth", arch, "vgg16", bare))
        and less(difference(data, method, "coverage", arch, "vgg16", bare))
    )


def points_at_background(data: Data, method: str, bare: bool = False) -> bool:
    """DenseNet121's most relevant pixel lies on the background more often than that of both other networks."""
    return all(
        more(difference(data, method, "pointing background", "densenet121", other, bare))
        for other in ("vgg16", "resnet50")
    )


CLEARLY = 0.1  # times the cue's area


def cue_is_found(entry: Data) -> bool:
    """The map has more in the cue than its area, and clearly more than in the network that learnt without it."""
    return more(entry["mass relies"], 1) and more(entry["mass difference"], CLEARLY)


def verdict(data: Data, holds: Callable[..., bool], *more_arguments: str) -> str:
    """In how many of the study's maps and of all methods a claim holds, in words."""
    study = data["setting"]["study"]
    compared = [m for m in data["setting"]["methods"] if m in data["differences"]]
    maps = [m for m in study if holds(data, m, *more_arguments)]
    bare = [m for m in study if holds(data, m, *more_arguments, bare=True)]
    word = {0: "**does not hold**", len(study): "**holds**"}.get(len(maps), "**holds in part**")
    methods = sum(holds(data, m, *more_arguments) for m in compared)
    return (
        f"{word}, in {_among(maps, study)} and in {methods} of all {len(compared)} methods. "
        f"With random weights the same test is passed in {_among(bare, study)}"
    )


def _among(chosen: list[str], study: list[str]) -> str:
    """2 of the study's 3 maps (`one`, `two`)"""
    named = f" ({', '.join(f'`{m}`' for m in chosen)})" if 0 < len(chosen) < len(study) else ""
    return f"{len(chosen)} of the study's {len(study)} maps{named}"


def study_table(data: Data, value: Callable[[Data], Interval], control: str | None = "edge filter") -> list[str]:
    """Rows: each network trained and untrained, and a control; columns: the study's maps."""
    study = data["setting"]["study"]
    lines = [f"| | {' | '.join(f'`{m}`' for m in study)} |", "|---" * (len(study) + 1) + "|"]
    for arch in NAMES:
        entries = [masks(data, arch, m) for m in study]
        lines.append(f"| **{NAMES[arch]}** | {' | '.join(show(value(e)) for e in entries)} |")
        bare = " | ".join(show(value(e["untrained"])) for e in entries)
        lines.append(f"| {NAMES[arch]}, random weights | {bare} |")
    if control:
        shown = show(value(masks(data, "vgg16", control)))
        lines.append(f"| {control}, no network | {' | '.join([shown] * len(study))} |")
    return lines


def claims(data: Data) -> list[str]:
    """The section on outline, parts and background."""
    s = data["setting"]
    others = ("resnet50", "densenet121")
    return [
        "## Do the study's claims hold here?",
        "",
        "The study looked at gradient, deconvnet and LRP (preset A flat). A claim counts as true in a map only if the "
        "95 % intervals of all differences that it speaks of lie on its side of zero. Random weights show what the "
        "architecture does by itself: what passes the same test without training was not learnt.",
        "",
        f"1. VGG16 learned the outline: {verdict(data, lies_on_outline)}.",
        f"2. VGG16 sees the whole character: {verdict(data, covers_character)}.",
        f"3. ResNet50 learned only parts (mouth, eyes): {verdict(data, only_parts, 'resnet50')}.",
        f"4. DenseNet121 learned only parts: {verdict(data, only_parts, 'densenet121')}.",
        f"5. DenseNet121 sometimes learned the background: {verdict(data, points_at_background)}.",
        "",
        f"**Outline.** Mass within {s['band']} pixels of the character's outline, relative to the band's area "
        f"({100 * s['area']['outline']:.0f} % of the picture):",
        "",
        *study_table(data, lambda e: e["mass"]["outline"]),
        "",
        f"Claim 1 asks for VGG16 above 1 and above both others. {_differences(data, 'outline', 'vgg16', others)}",
        "",
        "**Whole character.** How evenly the positive relevance is spread inside the character (1: evenly; 1 / K: on "
        "one of its K pixels):",
        "",
        *study_table(data, lambda e: e["coverage"]),
        "",
        "Claim 2 asks for more mass in the character than its area, spread more evenly than in both others. "
        + _differences(data, "coverage", "vgg16", others, digits=3),
        "",
        "**Parts.** Mass in eyes and mouth, relative to their area:",
        "",
        *study_table(data, lambda e: e["mass"]["eyes and mouth"]),
        "",
        "Claims 3 and 4 ask for more than 1, more than VGG16, and spread less evenly inside the character than VGG16. "
        + " ".join(_differences(data, "eyes and mouth", other, ("vgg16",)) for other in others),
        "",
        "**Background.** Share of pictures whose most relevant pixel lies on the background "
        f"({100 * s['area']['background']:.0f} % of the area):",
        "",
        *study_table(data, lambda e: e["pointing background"]),
        "",
        "Claim 5 asks for more than in both others; that it happens at all is true of every network and map here. "
        + _differences(data, "pointing background", "densenet121", ("vgg16", "resnet50"), digits=3),
        "",
    ]


def _differences(data: Data, quantity: str, arch: str, others: tuple[str, ...], digits: int = 2) -> str:
    """The differences from other networks in the study's maps, as a sentence."""
    shown = [
        f"{NAMES[arch]} less {NAMES[other]} "
        + ", ".join(f"{show(difference(data, m, quantity, arch, other), digits)}" for m in data["setting"]["study"])
        for other in others
    ]
    return f"By column: {'; '.join(shown)}."


# -- the planted cue ---------------------------------------------------------------------------------------------------

CUE_TEXT = """\
The confounded variant of the pictures plants a road sign with one class, {target}. A head on a frozen base does not
pick it up, as the table shows. So a second training lets the cue decide: {mislabelled} of the other characters'
pictures show the sign, too, and all that show it are labelled {target}. Base and head learn together ({few} pictures
of each class, {epochs} epochs). The network without the cue is that of the rest of this page."""

CUE_RULE = """\
Each method then explains pictures of other characters with the sign that the network calls {target} with the sign
and not without it: there the sign decides, whatever a map says. A method **finds** the cue if the sign's share of
the positive relevance is more than its share of the area *and*, by a tenth of that share at least, more than in the
map of the same picture in the network without the cue (each for the class it predicts), both by 95 % intervals. The
first rules out chance, the second a method that marks signs, edges or bright spots in any network. (The tenth was added
when W² and Flat had passed with 1.23 against 1.23.)"""

TRAINED = ("no cue", "frozen base, cue with its class", "cue decides")
RELIANCE = {
    "accuracy": "right, no cue",
    "target, no cue": "{target}, no cue: so called",
    "target, cue": "{target}, cue: so called",
    "others, no cue": "others, no cue: called {target}",
    "others, cue": "others, cue: called {target}",
}


def cue(data: Data) -> list[str]:
    """The section on the confounded variant."""
    s = data["setting"]
    lines = [
        "## Do the methods find a planted cue?",
        "",
        CUE_TEXT.format(**{**s, "mislabelled": f"{100 * s['mislabelled']:.0f} %"}),
        "",
        f"| network | trained | {' | '.join(RELIANCE.values()).format(target=s['target'])} |",
        "|---" * (len(RELIANCE) + 2) + "|",
    ]
    for arch, about in data.get("planted", {}).items():
        for trained in TRAINED:
            shown = [percent(about["networks"][trained][key]) for key in RELIANCE]
            lines.append(f"| {NAMES[arch]} | {trained} | {' | '.join(shown)} |")
    lines += ["", CUE_RULE.format(**s), ""]
    for arch, name in NAMES.items():
        entries = {m: known(data, arch, m) for m in (*s["controls"], *s["methods"])}
        found = {m: cue_is_found(entry["cue"]) for m, entry in entries.items() if "cue" in entry}
        if not found:
            lines.append(f"- {name}: not measured yet.")
            continue
        missed = [f"`{m}`" if m in s["methods"] else m for m in found if not found[m]]
        tried = [m for m in s["methods"] if m in found]
        lines.append(
            f"- {name} ({data['planted'][arch]['images']} pictures): found by {sum(found[m] for m in tried)} "
            f"of {len(tried)} methods; not by {', '.join(missed) or 'none'}."
        )
    return [*lines, ""]


# -- the table ---------------------------------------------------------------------------------------------------------

COLUMNS: dict[str, tuple[str, Callable[[Data], str]]] = {
    "character: mass": ("masks", lambda e: show(e["mass"]["character"])),
    "rank": ("masks", lambda e: show(e["rank"])),
    "pointing": ("masks", lambda e: show(e["pointing"])),
    "flip: most − random": ("flip", lambda e: show(e[FILL]["most - random"], 3)),
    "most − least": ("flip", lambda e: show(e[FILL]["most - least"], 3)),
    "most − other's": ("flip", lambda e: show(e[FILL]["most - other"], 3)),
    "random weights: similarity": ("weights", lambda e: show(e["all"])),
    "cue: mass, relies": ("cue", lambda e: show(e["mass relies"])),
    "does not rely": ("cue", lambda e: show(e["mass clean"])),
    "found": ("cue", lambda e: "yes" if cue_is_found(e) else "**no**"),
}


def table(data: Data) -> list[str]:
    """Every method and control on every network."""
    lines = [f"| method | network | {' | '.join(COLUMNS)} |", "|---" * (len(COLUMNS) + 2) + "|"]
    for method in [*data["setting"]["controls"], *data["setting"]["methods"]]:
        label = method if method in data["setting"]["controls"] else f"`{method}`"
        for arch, name in NAMES.items():
            found = known(data, arch, method)
            cells = [column(found[kind]) if kind in found else "–" for kind, column in COLUMNS.values()]
            lines.append(f"| {label} | {name} | {' | '.join(cells)} |")
    return lines


def batchnorm(data: Data) -> list[str]:
    """The section on the ways to treat a BatchNorm that cannot be folded."""
    lines = [
        "## The BatchNorms of DenseNet121 that do not fold",
        "",
        "62 of its 121 stand between a concatenation and a ReLU. Three ways to treat them, by the same measures (flip:",
        "most − least); which is the default, and why, says `autograder.reference.methods.method_from_name`.",
        "",
        "| method | `batchnorm` | character: mass | rank | flip |",
        "|---|---|---|---|---|",
    ]
    for name, found in data["batchnorm"].items():
        method, way = name.split()
        cells = [show(found["mass"]), show(found["rank"]), show(found["flip"], 3)]
        lines.append(f"| `{method}` | {way} | {' | '.join(cells)} |")
    return [*lines, ""]


def agreement(data: Data) -> str:
    """How far the order of the methods depends on what pixels are replaced by: rank correlation of the two fills."""
    found = []
    for arch, name in NAMES.items():
        flips = [e["flip"] for m in data["setting"]["methods"] if "flip" in (e := known(data, arch, m))]
        values = [[flip[fill]["most - least"][0] for flip in flips] for fill in ("mean", "blur")]
        if len(flips) > 2:
            found.append(f"{name} {stats.spearmanr(*values).statistic:.2f}")
    return ", ".join(found) or "not measured yet"


INTRODUCTION = """# Do the maps tell the truth?

`python bench/evaluate.py render` writes this page from the numbers in `evaluation.json`; edit neither.

Every method of `autograder.reference` explains the three small networks on the {images} drawn test pictures, whose
parts are known pixel by pixel. Their bases are frozen, their heads linear; right on the test pictures: {accuracy}.
The class explained is the one predicted. Relevance is summed over the channels first. Every number is a mean over
pictures with its 95 % bootstrap interval; differences are taken picture by picture.

![Where the study's maps lie, part by part, and four measures for every method and network](evaluation.png)
"""

READING = """## Every method on every network

- **character: mass**: positive relevance in the character relative to its share of the area, which is
  {character:.0f} %; 1 is no better than chance, {most:.2f} is all of it. **rank**: of the K most relevant pixels
  the share in the character, K being its pixels. **pointing**: how often the most relevant pixel lies in it. Chance
  is {chance:.2f} for both.
- **flip**: area over the curve (AOPC) of the probability while {steps} pixels take the
  training pictures' mean colour, most relevant first; less the same in random order, least relevant first, and in
  the order of another picture's map. Above 0: the order means something to the network. Scattered pixels harm a
  network more than the same number in one place, so that smooth maps look bad against random order; the other two
  are as smooth as the map itself. On {subset} pictures, as many of each class: every picture and method is
  some hundred times through the network.
- **random weights: similarity**: Spearman's correlation of the map with that of the same network with all its
  weights random, on the same {subset} pictures, mean of {weight_seeds} draws. Near 1: the map does not depend on
  what was learnt.
- **cue**: mass in the planted cue relative to its area, in the network that relies on it and in the one that never
  saw it.

Rows without a network: the size of the image's Sobel gradient, its brightness, and normally distributed noise.
{parameters}
"""

LIMITS = """## What these numbers do not say

- The networks are small, the bases frozen, the pictures drawn: how full networks fine-tuned on the Simpsons behave
  is another question. A verdict above is on the claim as an account of these networks.
- The intervals cover the choice of test pictures, not that of training pictures, weights or architecture's width.
  With {methods} methods, three networks and many differences, some intervals exclude zero by chance: read patterns,
  not single rows.
- Mass in a mask measures where a map lies, not whether it is right: a network may well look at the background.
- Replaced pixels make pictures that no network has seen, and each fill brings artefacts of its own. Rank
  correlation of the methods' orders by most − least between the mean colour and the picture blurred: {agreement}.
- The random networks share the trained ones' architecture; similarity to them also counts what the image imposes.
"""


def markdown(data: Data) -> str:
    """The page."""
    s = data["setting"]
    parameters = [
        f"`{method}` with {' and '.join(f'{k} {v:g}' for k, v in given.items())}"
        for method, given in s["parameters"].items()
        if given
    ]
    area = s["area"]["character"]
    return "\n".join(
        [
            INTRODUCTION.format(
                images=s["images"],
                accuracy=", ".join(f"{NAMES[arch]} {percent(data['accuracy'][arch])}" for arch in NAMES),
            ),
            *claims(data),
            *cue(data),
            READING.format(
                steps=", ".join(map(str, s["steps"])),
                subset=s["subset"],
                weight_seeds=s["weight_seeds"],
                character=100 * area,
                chance=area,
                most=1 / area,
                parameters=f"Not at their defaults: {'; '.join(parameters)}.",
            ),
            *table(data),
            "",
            *batchnorm(data),
            *([f"Not measured on all networks yet: {', '.join(s['missing'])}.", ""] if s["missing"] else []),
            LIMITS.format(methods=len(s["methods"]), agreement=agreement(data)),
        ]
    )


# -- the figure --------------------------------------------------------------------------------------------------------


def figure(data: Data) -> Figure:
    """Above: where the study's maps lie, part by part. Below: every method by four measures."""
    s = data["setting"]
    made = Figure(figsize=(14, 15.5))
    FigureCanvasAgg(made)
    above = made.add_gridspec(1, 4, left=0.115, right=0.985, top=0.93, bottom=0.665, wspace=0.08)
    below = made.add_gridspec(1, 4, left=0.215, right=0.985, top=0.595, bottom=0.045, wspace=0.08)
    _where(made, above, data)
    rows = [*s["controls"], *s["methods"]]
    measures: list[tuple[str, str, float, Callable[[Data], list[tuple[Interval, bool]]]]] = [
        (
            "masks",
            "relevance mass in the character\n(1 = its share of the area)",
            1,
            lambda e: [(e["mass"]["character"], True)],
        ),
        (
            "flip",
            "pixel flipping, AOPC: by the map itself\n− by another picture's map",
            0,
            lambda e: [(e[FILL]["most - other"], True)],
        ),
        ("weights", "similarity to the map\nof random weights (Spearman)", 0, lambda e: [(e["all"], True)]),
        (
            "cue",
            "mass in the planted cue, in a network\nthat relies on it (full), or not (hollow)",
            1,
            lambda e: [(e["mass clean"], False), (e["mass relies"], True)],
        ),
    ]
    for column, (kind, title, zero, values) in enumerate(measures):
        axes = made.add_subplot(below[column])
        for arch in NAMES:
            for full in (False, True):
                points = [
                    (row, interval)
                    for row, method in enumerate(rows)
                    if kind in (found := known(data, arch, method))
                    for interval, is_full in values(found[kind])
                    if is_full == full
                ]
                _points(axes, points, arch, full)
        _rows(axes, rows, zero, title, names=column == 0)
        if column == 3:
            axes.set_xscale("symlog", linthresh=1, linscale=0.6)
            axes.set_xticks([0, 1, 3, 10, 30], ["0", "1", "3", "10", "30"])
            axes.minorticks_off()
    made.text(0.02, 0.972, "Where the study's maps lie", fontsize=13, weight="bold")
    made.text(0.02, 0.63, "Every method by four measures", fontsize=13, weight="bold")
    handles = [
        Line2D([], [], color=COLOURS[a], marker=MARKERS[a], linestyle="", label=name) for a, name in NAMES.items()
    ]
    grey = "0.35"
    handles += [
        Line2D([], [], linestyle="", color=grey, marker="o", markerfacecolor="white", label="random weights (above)"),
        Line2D([], [], color=grey, label="95 % interval over pictures"),
    ]
    made.legend(handles=handles, loc="upper right", bbox_to_anchor=(0.985, 0.993), ncols=5, frameon=False, fontsize=10)
    return made


def _where(made: Figure, grid: Any, data: Data) -> None:
    for column, method in enumerate(["edge filter", *data["setting"]["study"]]):
        axes = made.add_subplot(grid[column])
        for arch in NAMES if column else ["vgg16"]:
            entry = masks(data, arch, method)
            if "untrained" in entry:
                _points(axes, [(row, entry["untrained"]["mass"][r]) for row, r in enumerate(REGIONS)], arch, False)
            _points(
                axes,
                [(row, entry["mass"][r]) for row, r in enumerate(REGIONS)],
                arch if column else None,
                True,
            )
        _rows(axes, REGIONS, 1, f"{method}\nmass relative to area", names=column == 0)
        axes.axhline(len(REGIONS) - 2.5, color="0.6", linewidth=0.8)
        axes.set_xscale("log")
        axes.set_xlim(0.15, 7)
        axes.set_xticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
        axes.minorticks_off()


def _points(axes: Any, points: list[tuple[int, Interval]], arch: str | None, full: bool) -> None:
    """Values with their intervals, the networks of a row one below the other."""
    if not points:
        return
    colour, marker = (COLOURS[arch], MARKERS[arch]) if arch else ("0.2", "D")
    offset = (list(NAMES).index(arch) - 1) * 0.24 if arch else 0.0
    rows = np.array([row for row, _ in points]) + offset
    value, low, high = np.array([interval for _, interval in points]).T
    axes.hlines(rows, low, high, color=colour, linewidth=1.2, alpha=0.9)
    axes.plot(
        value,
        rows,
        linestyle="",
        marker=marker,
        markersize=4.6,
        color=colour,
        markerfacecolor=colour if full else "white",
        markeredgewidth=1,
    )


def _rows(axes: Any, names_: Any, zero: float, title: str, names: bool) -> None:
    axes.set_ylim(len(names_) - 0.5, -0.5)
    axes.set_yticks(range(len(names_)), names_ if names else [""] * len(names_), fontsize=9.5)
    axes.tick_params(axis="y", length=0)
    for row in range(0, len(names_), 2):
        axes.axhspan(row - 0.5, row + 0.5, color="0.955", zorder=0)
    axes.axvline(zero, color="0.3", linewidth=0.9, linestyle="--", zorder=1)
    axes.set_title(title, fontsize=10.5)
    axes.spines[["top", "right", "left"]].set_visible(False)
