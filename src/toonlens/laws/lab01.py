"""The visible checks of lab 1. What they compute is the two sides of a law, on pictures that are no secret.

Shapes as in the lab: pictures uint8 (N, H, W, 3), labels `y` (N,), groups `g` (N,), K classes.
"""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from toonlens.laws import Checked, StillAStub, close, percent

SIDE = 24
ORIENTATION = 274  # the EXIF tag that says how a picture was held
ARCHS = ("vgg16", "resnet50", "densenet121")
# Per network: channels from the first to the last, and the mean and spread of a colour in grey levels.
COLOURS = {"caffe": "BGR", "torch": "RGB"}
KIND = {"vgg16": "caffe", "resnet50": "caffe", "densenet121": "torch"}
MEAN = {"R": {"caffe": 123.68, "torch": 123.675}, "G": {"caffe": 116.779, "torch": 116.28}}
MEAN["B"] = {"caffe": 103.939, "torch": 103.53}
SPREAD = {"R": 58.395, "G": 57.12, "B": 57.375}

# Two colours of one whole grey, a little and much above it before they are rounded down.
SAME_GREY = np.array([60, 129, 145]), np.array([60, 132, 135])

RAW_ONLY = "raw pictures are uint8; anything else has been preprocessed already and is refused with a ValueError"


# load_rgb


def probe_load_rgb(load_rgb: Callable, data: NDArray, suffix: str, size: int) -> tuple[Any, bool]:
    """What ``load_rgb`` makes of a file with the bytes ``data`` (uint8), and whether the file is as it was."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"picture{suffix}"
        path.write_bytes(bytes(np.asarray(data, dtype=np.uint8)))
        picture = load_rgb(path, size)
        return picture, path.is_file() and path.read_bytes() == bytes(np.asarray(data, dtype=np.uint8))


def file_of(picture: Image.Image, kind: str = "PNG", held: int | None = None, **options: Any) -> NDArray:
    """The bytes, uint8, of a picture as a file; ``held`` is its EXIF orientation."""
    if held is not None:
        exif = Image.Exif()
        exif[ORIENTATION] = held
        options["exif"] = exif
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return np.frombuffer(stream.getvalue(), dtype=np.uint8)


class _Loader:
    """``load_rgb`` on pictures that are written to files first."""

    def __init__(self, load_rgb: Callable):
        self.f = Checked("load_rgb", load_rgb)

    def __call__(self, picture: NDArray | Image.Image, size: int = SIDE, held: int | None = None, **options: Any):
        image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
        data = file_of(image, held=held, **options)
        intact = False

        def call(path: Path, size: int) -> Any:
            nonlocal intact
            loaded = self.f.function(path, size)
            intact = path.is_file() and path.read_bytes() == data.tobytes()
            return loaded

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture.png"
            path.write_bytes(data.tobytes())
            checked = Checked("load_rgb", call)
            loaded = _blamed(checked, self.f.function, path, size)
        values = _picture(self.f, loaded, size)
        self.f.law(
            "the file stays as it is",
            intact,
            "after the call the file is gone or has other bytes",
            "a function that loads leaves the file alone",
            "open the file to read, and save nothing",
        )
        return values


def _blamed(checked: Checked, function: Callable, path: Path, size: int) -> Any:
    """``checked.raw``, where a stub is told from a function that calls one."""
    try:
        return checked.raw(path, size, next_step="call load_rgb on the files of the cell below, and print im.mode")
    except StillAStub:
        return Checked("load_rgb", function).raw(path, size)


def _picture(f: Checked, loaded: Any, size: int) -> NDArray[np.float64]:
    if not isinstance(loaded, np.ndarray):
        f.broken(
            f"a {type(loaded).__name__} came back",
            "the result is a NumPy array, not a picture of Pillow's and not a list",
            "np.asarray(im) last",
        )
    shape = np.shape(loaded)
    if shape != (size, size, 3):
        f.broken(
            f"shape {shape} came back for size {size}",
            "whatever the file, the result has shape (size, size, 3)",
            "print the mode and the size of the picture after each step: what is it just before you return?",
        )
    if np.asarray(loaded).dtype != np.uint8:
        f.broken(
            f"dtype {np.asarray(loaded).dtype} came back",
            "pictures are uint8, 0 to 255, until a network's preprocessing",
            "do not divide, and let the picture become an array last",
        )
    return f.array(loaded, shape)


def check_load_rgb(load_rgb: Callable) -> None:
    """Laws of `load_rgb(path, size)`: one picture, however it was stored."""
    load = _Loader(load_rgb)
    f = load.f
    rng = np.random.default_rng(1)
    colours = rng.integers(0, 256, (12, 3), dtype=np.uint8)
    places = rng.integers(0, 12, (SIDE, SIDE))
    drawn = colours[places]
    plain = load(drawn)
    f.law(
        "its own size, its own pixels",
        np.abs(plain - drawn).max() <= 1,
        "a picture that has the asked size already comes back with other pixels, or other colours",
        "the first channel is red, and a picture of the right size stays as it is",
        "load a file that is all red, and print one pixel; or is only the white background left?",
    )
    palette = Image.fromarray(places.astype(np.uint8), mode="P")
    palette.putpalette(colours.tobytes())
    f.law(
        "a palette is a way of storing",
        np.abs(load(palette) - plain).max() <= 1,
        "the same picture stored with a palette loads differently",
        "in a palette file each pixel is the number of a colour, and the result has the colour",
        "print im.mode for such a file; which call turns numbers into colours?",
    )
    for size in (SIDE * 2 // 3, SIDE * 2):
        f.law(
            "a palette file, resized",
            np.abs(load(palette, size) - load(drawn, size)).max() <= 1,
            f"a palette file, {'shrunk' if size < SIDE else 'enlarged'}, is not the same picture as if stored as RGB",
            "colours can be averaged, their numbers cannot: Pillow falls back to the nearest pixel on a palette file",
            "do you resize numbers of colours? convert first",
        )
    grey = rng.integers(0, 256, (SIDE, SIDE), dtype=np.uint8)
    f.law(
        "grey has three equal channels",
        np.abs(load(grey) - grey[..., None]).max() <= 1,
        "a grey picture does not come back as three equal channels",
        "grey is a colour: red, green and blue are equal",
        "print im.mode for such a file, and convert before you resize",
    )
    _transparency(load, drawn, plain, palette)
    _held(load, rng)
    _resizing(load)
    f.passed()


def _transparency(load: _Loader, drawn: NDArray, plain: NDArray, palette: Image.Image) -> None:
    f = load.f

    def with_alpha(alpha: int) -> NDArray:
        return np.dstack([drawn, np.full(drawn.shape[:2], alpha, dtype=np.uint8)])

    f.law(
        "opaque is opaque",
        np.abs(load(with_alpha(255)) - plain).max() <= 1,
        "a picture with an opaque fourth channel loads differently from the one without",
        "alpha 255 hides whatever lies behind",
        "what do you do with the fourth channel where it is 255?",
    )
    f.law(
        "transparent is white",
        load(with_alpha(0)).min() >= 254,
        "where a picture is wholly transparent, something else than white comes back",
        "transparent pictures lie on white; the colour stored under alpha 0 must not show",
        "what does convert('RGB') do with alpha? put a white picture behind before you drop it",
    )
    half = load(with_alpha(128))
    f.law(
        "half transparent is half white",
        np.abs(half - (plain * 128 + 255.0 * 127) / 255).max() <= 3,
        "where alpha is 128, the result is not about halfway between the colour and white",
        "alpha mixes: the part alpha / 255 of the colour, the rest white",
        "is alpha used as a yes or no? mix the two pictures, or let Pillow composite them",
    )
    clear = np.asarray(palette) == 0
    kept = load(palette, transparency=0)
    f.law(
        "a palette may have a transparent colour",
        kept[clear].min() >= 254 and np.abs(kept[~clear] - plain[~clear]).max() <= 1,
        "a palette file that declares one of its colours transparent does not show white there",
        "transparency is stored in several ways: grey, palette and colour files may all have it",
        "do not ask whether the mode is RGBA; turn every mode into RGBA first",
    )


def _held(load: _Loader, rng: np.random.Generator) -> None:
    upright = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    turned = {6: np.rot90(upright), 8: np.rot90(upright, -1), 3: upright[::-1, ::-1], 2: upright[:, ::-1]}
    due = load(upright)
    for held, stored in turned.items():
        load.f.law(
            "EXIF orientation",
            np.abs(load(np.ascontiguousarray(stored), held=held) - due).max() <= 1,
            f"a picture stored with EXIF orientation {held} does not come back upright",
            "the orientation tag says how the stored picture has to be turned, and a viewer turns it",
            "Pillow does not turn by itself; ImageOps has a function for it. Which way did you turn?",
        )


def _resizing(load: _Loader) -> None:
    f = load.f
    wide = np.full((20, 60, 3), 128, dtype=np.uint8)
    wide[:, :15], wide[:, -15:] = (220, 40, 40), (40, 40, 220)
    squashed = load(wide)
    f.law(
        "the whole picture, squashed",
        np.abs(squashed[:, 0] - [220, 40, 40]).max() <= 2 and np.abs(squashed[:, -1] - [40, 40, 220]).max() <= 2,
        "the left or right edge of a wide picture is missing",
        "the whole picture is squashed to a square: nothing cropped, nothing added",
        "resize to (size, size) in one call; thumbnail, crop and pad do something else",
    )
    checks = np.indices((4 * SIDE, 4 * SIDE)).sum(axis=0) % 2 * 255
    small = load(np.repeat(checks[..., None], 3, axis=2).astype(np.uint8))
    f.law(
        "shrinking averages",
        np.abs(small[2:-2, 2:-2] - 127.5).max() <= 20,
        "a fine chequerboard shrinks to something else than grey",
        "a pixel of the small picture is a weighted mean of the pixels under it, not one of them",
        "which filter does your resize use? name it",
    )
    edge = np.full((3 * SIDE, 3 * SIDE, 3), 60, dtype=np.uint8)
    edge[:, 3 * SIDE // 2 + 1 :] = 200
    soft = load(edge)
    f.law(
        "no overshoot",
        soft.min() >= 59 and soft.max() <= 201,
        "a resized picture is darker or brighter than any pixel of the original",
        "the filter of this lab is bilinear, a weighted mean: it never leaves the range of the original",
        "bicubic and Lanczos overshoot at edges; name the filter in your call",
    )
    two = np.repeat(np.array([[60, 200]], dtype=np.uint8), 2, axis=0)
    ramp = load(np.repeat(two[..., None], 3, axis=2))[SIDE // 2, :, 0]
    f.law(
        "enlarging interpolates",
        len(np.unique(ramp)) >= SIDE // 3 and bool((np.diff(ramp) >= 0).all()),
        "a picture of two pixels, enlarged, has hardly any value between the two",
        "bilinear enlarging goes from one pixel to the next in a ramp",
        "which filter does your resize use? name it",
    )


# dhash_pairs


def _drawing(rng: np.random.Generator, H: int = 45, W: int = 50) -> NDArray:
    """A picture of 8 x 9 even patches of colour with steps between neighbours: no hash bit hangs on noise."""
    cells = np.zeros((8, 9, 3))
    for r in range(8):
        level = 125 + rng.uniform(-15, 15)
        for c in range(9):
            tint = rng.uniform(-40, 40, 2)
            cells[r, c] = level + np.array([tint[0], -(0.299 * tint[0] + 0.114 * tint[1]) / 0.587, tint[1]])
            level += rng.choice([-1, 1]) * rng.uniform(7, 9)
    rows, columns = (
        np.searchsorted(np.arange(n) * L // n, np.arange(L), side="right") - 1 for n, L in ((8, H), (9, W))
    )
    return np.rint(cells[rows][:, columns]).astype(np.uint8)


def _band(picture: NDArray, last: int) -> NDArray:
    """The picture with the first ``last`` of its eight bands turned into their negative."""
    rows = slice(0, last * len(picture) // 8)
    out = picture.copy()
    out[rows] = 255 - picture[rows]
    return out


def _pairs(f: Checked, imgs: NDArray, thr: int) -> set[tuple[int, int]]:
    result = f.raw(imgs, thr)
    if not isinstance(result, (set, frozenset)):
        f.broken(
            f"a {type(result).__name__} came back",
            "the result is a set of pairs, so that no pair is in it twice",
            "start with set() and add((i, j)), or write { ... for ... }",
        )
    whole = [
        isinstance(p, tuple) and len(p) == 2 and all(np.issubdtype(type(k), np.integer) for k in p) for p in result
    ]
    if not all(whole):
        f.broken(
            "the set holds something that is no pair of whole numbers",
            "each element is a tuple (i, j) of two places in imgs",
            "print one element and its type",
        )
    if not all(0 <= i < j < len(imgs) for i, j in result):
        f.broken(
            "a pair with i >= j came back, or a place that does not exist",
            "a pair is written once, the smaller place first; a picture is no pair with itself",
            "from where to where does your inner loop run?",
        )
    return {(int(i), int(j)) for i, j in result}


def check_dhash_pairs(dhash_pairs: Callable) -> None:
    """Laws of `dhash_pairs(imgs, thr)`: what leaves a difference hash as it is, and what flips how many bits."""
    f = Checked("dhash_pairs", dhash_pairs, returns="a set of pairs")
    rng = np.random.default_rng(2)
    a, b, c = (_drawing(rng, 45, 54) for _ in range(3))

    def pair(one: NDArray, other: NDArray, thr: int) -> bool:
        return (0, 1) in _pairs(f, np.stack([one, other]), thr)

    six = np.stack([a, b, c, b, a, a])
    if not _pairs(f, six, 0) and _pairs(f, six, 1):
        f.broken(
            "thr = 0: an empty set came back, though some of the pictures are equal; with thr = 1 they are pairs",
            "at most thr includes thr itself: equal pictures differ in 0 bits, and 0 is at most 0",
            "< or <=?",
        )
    f.law(
        "copies are pairs, wherever they stand",
        _pairs(f, six, 0) == {(0, 4), (0, 5), (4, 5), (1, 3)},
        "of six pictures three are equal and two others are, and with thr = 0 other pairs came back than theirs",
        "every picture is compared with every later one, not only with the next or with its nearest",
        "two loops, or an (N, N) table of distances: which pairs does yours visit?",
    )
    f.law(
        "brightness does not count",
        pair(a, a + np.uint8(20), 0),
        "a picture and its brighter copy are no pair with thr = 0",
        "the hash compares neighbouring cells: a constant added to all pixels changes no comparison",
        "are you comparing pixels, or hashes?",
    )
    bands = (np.arange(45) * 8 // 45 * 5).astype(np.uint8)[:, None, None]
    f.law(
        "cells are compared along rows",
        pair(a, _shaded(a, bands), 0),
        "a picture whose lower rows are brighter than its upper ones is no pair with the original, with thr = 0",
        "a cell is compared with its right neighbour in the same row, never with a cell of another row or with a mean",
        "which axis do you step along? shrink(grey, rows, columns): which of 8 and 9 is which?",
    )
    luma = np.einsum("hwc,c->hw", a.astype(np.int64), [299, 587, 114]) // 1000
    f.law(
        "grey by the formula",
        pair(a, np.repeat(luma[..., None], 3, axis=2).astype(np.uint8), 0),
        "a picture and its grey version are no pair with thr = 0",
        "grey is the weighted sum of the page, in whole numbers that do not wrap at 256",
        "is every channel in its place? or did a product overflow? 587*255 needs more than 16 bits: use int64 first",
    )
    fine = rng.integers(0, 256, (47, 50, 3), dtype=np.uint8)
    f.law(
        "a cell is the mean of its pixels",
        pair(fine, _stirred(rng, fine), 0),
        "pixels changed places, each within its own cell of the grid, and the hash changed",
        "a cell is the plain mean of the pixels under it, wherever they stand, and no pixel of another cell counts",
        "do you use shrink as given, on the grey picture and not before it? other filters look beyond the cell",
    )
    f.law(
        "64 bits",
        pair(a, 255 - a, 64) and not pair(a, 255 - a, 63),
        "a picture and its negative do not differ in exactly 64 bits, counting thr itself as near",
        "the negative turns every comparison round: all 8 x 8 bits flip; at most thr means thr is still near",
        "how many columns has the grid before you compare, and after? do you use <= with thr, and count bits?",
    )
    f.law(
        "thr counts bits",
        pair(a, _band(a, 1), 8) and not pair(a, _band(a, 1), 7),
        "the negative of one of the eight rows of cells does not make a distance of 8",
        "the distance is the number of bits that differ",
        "print your hash of one picture: shape and values",
    )
    f.law(
        "near is not inherited",
        _pairs(f, np.stack([a, _band(a, 1), _band(a, 2)]), 8) == {(0, 1), (1, 2)},
        "three pictures in a chain: the two ends are farther apart than thr, and not only the links came back",
        "a pair is in the set by its own distance, whatever its members are near to",
        "do you merge groups here? that is a later step",
    )
    flat, ramp = np.full_like(a, 100), np.repeat(np.arange(54, dtype=np.uint8)[None, :, None], 45, axis=0)
    ramp = np.repeat(ramp, 3, axis=2) * np.uint8(3)
    f.law(
        "a tie gives 0",
        pair(flat, np.ascontiguousarray(ramp[:, ::-1]), 0) and not pair(flat, ramp, 63),
        "an even picture is not hashed like one that gets darker to the right",
        "a bit is 1 only where the right neighbour is brighter; equal cells give 0",
        "> or >=? and is your grey a whole number, so that equal cells stay equal?",
    )
    stripes = np.where((np.arange(54) // 6 % 2 == 0)[None, :, None], *SAME_GREY) + np.zeros_like(flat)
    f.law(
        "grey is rounded down",
        pair(flat, stripes.astype(np.uint8), 0) and pair(flat, stripes[:, ::-1].astype(np.uint8), 0),
        "two colours that give one whole grey stand side by side, and the picture is not hashed like an even one",
        "grey is rounded down to a whole number: what is left of it below 1 is no step",
        "is it a division without rest, //, of one sum? or rounded to the nearest, or each product by itself?",
    )
    _pairs(f, a[None], 64)
    f.passed()


def _stirred(rng: np.random.Generator, picture: NDArray) -> NDArray:
    """The picture with its pixels in another order within each cell of the 8 x 9 grid."""
    H, W = picture.shape[:2]
    out = picture.copy()
    for r in range(8):
        for c in range(9):
            cell = (slice(r * H // 8, (r + 1) * H // 8), slice(c * W // 9, (c + 1) * W // 9))
            pixels = picture[cell].reshape(-1, 3)
            out[cell] = rng.permutation(pixels).reshape(out[cell].shape)
    return out


def _shaded(picture: NDArray, bands: NDArray) -> NDArray:
    return (picture.astype(np.int64) + bands).clip(0, 255).astype(np.uint8)


# group_split


def _labelled(rng: np.random.Generator, K: int, small: int, large: int, many: int = 1) -> tuple[NDArray, NDArray]:
    """Labels and groups of a set in random order: per class ``small`` groups of 1 to 3 and ``many`` of ``large``."""
    y: list[int] = []
    g: list[int] = []
    names = rng.permutation(10_000)[: K * (small + many)].tolist()
    for k in range(K):
        for size in [*rng.integers(1, 4, small).tolist(), *[large] * many]:
            y += [k] * size
            g += [names.pop()] * size
    order = rng.permutation(len(y))
    return np.array(y)[order], np.array(g)[order]


def _parts(f: Checked, y: NDArray, g: NDArray, fractions: tuple[float, ...], seed: int) -> list[NDArray]:
    result = f.raw(y, g, fractions, seed)
    if not isinstance(result, (tuple, list)) or len(result) != 3:
        size = f"{len(result)} things" if isinstance(result, (tuple, list)) else f"a {type(result).__name__}"
        f.broken(
            f"{size} came back",
            "the result is three index arrays: training, validation, test",
            "return train, validation, test",
        )
    parts = [np.asarray(part) for part in result]
    if any(part.ndim != 1 or part.dtype.kind not in "iu" for part in parts):
        f.broken(
            f"arrays of dtype {', '.join(str(p.dtype) for p in parts)} came back, or such of several dimensions",
            "an index array is one-dimensional and holds whole numbers, places in y",
            "np.flatnonzero turns a row of truth values into places",
        )
    return parts


def check_group_split(group_split: Callable) -> None:
    """Laws of `group_split(y, g, fractions, seed)`."""
    f = Checked("group_split", group_split, returns="three index arrays")
    rng = np.random.default_rng(3)
    for fractions, K, small, large, many in (
        ((0.6, 0.2, 0.2), 6, 60, 4, 1),
        ((0.2, 0.3, 0.5), 5, 80, 3, 1),
        ((0.6, 0.2, 0.2), 40, 60, 12, 8),
    ):
        y, g = _labelled(rng, K, small, large, many)
        parts = _parts(f, y, g, fractions, 0)
        used = np.sort(np.concatenate(parts))
        f.law(
            "every index once",
            len(used) == len(y) and bool((used == np.arange(len(y))).all()),
            f"{len(used)} indices came back for {len(y)} pictures, {len(np.unique(used))} of them different",
            "each picture is in one part, and none is left over",
            "put all indices together and sort them: what is missing, or there twice?",
        )
        sides = [set(g[part].tolist()) for part in parts]
        torn = len((sides[0] & sides[1]) | (sides[0] & sides[2]) | (sides[1] & sides[2]))
        f.law(
            "no group on two sides",
            torn == 0,
            f"{torn} of {len(np.unique(g))} groups have pictures in more than one part",
            "near-duplicates stay together: a group is in one part",
            "you hand out groups, not pictures: what does your shuffle shuffle?",
        )
        counts = np.array([[np.sum(y[part] == k) for part in parts] for k in range(K)])
        largest = np.array([np.unique(g[y == k], return_counts=True)[1].max() for k in range(K)])
        off = np.abs(counts - counts.sum(axis=1, keepdims=True) * np.array(fractions))
        bad = off > 2 * largest[:, None]
        worst = int((off / largest[:, None]).max(axis=1).argmax())
        got, due = (
            "/".join(f"{n:.0f}" for n in row) for row in (counts[worst], counts[worst].sum() * np.array(fractions))
        )
        f.law(
            "shares of every class",
            not bad.any(),
            f"class {worst} of {K}: training/validation/test got {got} pictures, due {due}",
            "each part holds its fraction of the pictures of every class, up to two of the class's largest groups",
            "split class by class, and count pictures, not groups; are the parts in the order of fractions?",
        )
    again = _parts(f, y, g, fractions, 0)
    f.law(
        "the same seed, the same split",
        all(np.array_equal(np.sort(one), np.sort(two)) for one, two in zip(parts, again, strict=True)),
        "two calls with the same seed give two splits",
        "a split is a function of its arguments: everybody who has the seed gets the same one",
        "make one generator from seed inside the function and draw from nothing else",
    )
    other = _parts(f, y, g, fractions, 1)
    f.law(
        "another seed, another split",
        not np.array_equal(np.sort(parts[2]), np.sort(other[2])),
        "the test part is the same for two seeds",
        "the seed decides which groups go where",
        "where does the seed enter? shuffle the groups of a class before you hand them out",
    )
    f.passed()


# preprocess, pixel_bounds


def check_preprocess(preprocess: Callable) -> None:
    """Laws of `preprocess(x, arch)`, channel by channel."""
    f = Checked("preprocess", preprocess)
    rng = np.random.default_rng(4)
    x = rng.integers(5, 250, (3, 6, 5, 3), dtype=np.uint8)
    for arch in ARCHS:
        raw = f.raw(x, arch)
        out = f.array(raw, x.shape)
        f.law(
            "float32",
            np.asarray(raw).dtype == np.float32,
            f"{arch}: dtype {np.asarray(raw).dtype} came back",
            "networks compute in float32, and that is what they are fed",
            "where does the dtype change? astype(np.float32) makes a copy",
        )
        alone = np.concatenate([f(x[k : k + 1], arch, shape=(1, *x.shape[1:])) for k in range(len(x))])
        f.law(
            "batch independence",
            close(alone, out),
            f"{arch}: a picture alone becomes other numbers than the same picture in a batch",
            "the means are ImageNet's, fixed numbers, not those of your pictures",
            "look for a mean or a maximum of x",
        )
        _rises(f, arch)
        _channels(f, arch, x, out)
        _centred(f, arch)
        _refuses(f, np.asarray(raw), arch, RAW_ONLY, "look at x.dtype first, and raise ValueError with a message")
    _refuses(
        f, x, "alexnet", "an unknown network is a ValueError", "what does your code do with a name it does not know?"
    )
    f.passed()


def _rises(f: Checked, arch: str) -> None:
    """Brighter pixels get larger values."""
    black, white = (f(np.full((1, 2, 2, 3), v, dtype=np.uint8), arch, shape=(1, 2, 2, 3)) for v in (0, 255))
    wrapped = bool((np.abs(black - white - 1) < 1e-3).any())
    f.law(
        "brighter stays brighter",
        bool((white > black).all()),
        f"{arch}: black comes back " + ("about 256 too large: uint8 wrapped" if wrapped else "no lower than white"),
        "a brighter pixel gets a larger value; below 0 there is nothing in uint8, and 0 - 1 is 255",
        "make x a float array before you subtract" if wrapped else "which of the two is subtracted from the other?",
    )


def _channels(f: Checked, arch: str, x: NDArray, out: NDArray) -> None:
    """The order of the channels, and the step that one grey level makes."""
    kind = KIND[arch]
    for c, colour in enumerate("RGB"):
        brighter = x.copy()
        brighter[..., c] += np.uint8(5)
        change = f(brighter, arch, shape=x.shape) - out
        moved = int(np.abs(change).mean(axis=(0, 1, 2)).argmax())
        f.law(
            "the order of the channels",
            moved == COLOURS[kind].index(colour) and bool(np.abs(np.delete(change, moved, axis=-1)).max() < 1e-4),
            f"{arch}: more {['red', 'green', 'blue'][c]} in the picture moves channel {moved}, or several",
            "loaded pictures are red, green, blue; what a network wants first is in the formulas",
            "reverse the last axis, not the rows or columns, and only where the formula says BGR",
        )
        step = 5.0 if kind == "caffe" else 5 / SPREAD[colour]
        moves = change[..., moved]
        wrong = np.abs(moves - step) > 1e-3 * step + 1e-4
        size = "too little" if np.median(moves) < step else "too much"
        f.law(
            "the scale of the channels",
            not wrong.any(),
            f"{arch}: five grey levels more move {percent(wrong.mean())} of channel {moved} {size}",
            "the scale is that of the formula, applied once and to every pixel alike",
            "what does the formula divide by? is a division missing, there twice, or that of another channel?",
        )


def _centred(f: Checked, arch: str) -> None:
    """ImageNet's mean colour becomes zero."""
    kind = KIND[arch]
    mean = np.array([round(MEAN[colour][kind]) for colour in "RGB"], dtype=np.uint8)
    centre = f(np.tile(mean, (2, 4, 4, 1)), arch, shape=(2, 4, 4, 3))
    off = np.abs(centre).max(axis=(0, 1, 2)) > (0.6 if kind == "caffe" else 0.012)
    which = "every channel" if off.all() else " and ".join(f"channel {c}" for c in np.flatnonzero(off))
    f.law(
        "the mean colour becomes zero",
        not off.any(),
        f"{arch}: order and scale are right, but a picture of ImageNet's mean colour is not near zero in {which}",
        "each channel is measured from its own mean",
        "is the mean subtracted, and before the deviation divides?"
        if off.all()
        else "which mean belongs to which channel, in the order that they have by then?",
    )


def _refuses(f: Checked, x: NDArray, arch: str, law: str, next_step: str) -> None:
    what = f"the network {arch!r}" if x.dtype == np.uint8 else f"{arch}: pictures that are {x.dtype}"
    try:
        f.function(x.copy(), arch)
    except ValueError:
        f.law("refuses what it cannot know", True, "", "", "")
        return
    except Exception as error:
        f.broken(f"{what}: it raised {type(error).__name__}", law, next_step)
    f.broken(f"{what}: taken without a word", law, next_step)


def check_pixel_bounds(pixel_bounds: Callable, preprocess: Callable) -> None:
    """Laws of `pixel_bounds(arch)`, against your own ``preprocess``."""
    f = Checked("pixel_bounds", pixel_bounds, returns="two arrays, lo and hi")
    rng = np.random.default_rng(5)
    x = rng.integers(0, 256, (4, 5, 6, 3), dtype=np.uint8)
    x[0], x[1] = 0, 255
    for arch in ARCHS:
        result = f.raw(arch, next_step=_hint_of_dtype(pixel_bounds, arch))
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            f.broken(
                f"a {type(result).__name__} came back",
                "pixel_bounds returns two arrays, lo and hi",
                "return lo, hi",
            )
        lo, hi = f.array(result[0], (3,)), f.array(result[1], (3,))
        f.law(
            "lo lies below hi",
            bool((lo < hi).all()),
            f"{arch}: a lower bound is not below its upper bound",
            "lo is the smallest value that a preprocessed pixel can take, hi the largest",
            "which raw value gives the smallest?",
        )
        try:
            out = np.asarray(preprocess(x.copy(), arch), dtype=np.float64)
        except NotImplementedError:
            raise StillAStub(
                "pixel_bounds: your preprocess is still a stub, and this check compares the two.\n"
                "  Write preprocess first, run its cell, then run this one again.\n"
                "  You can also go on: the next parts load a checkpoint instead of your result."
            ) from None
        except Exception as error:
            f.broken(f"{arch}: preprocess raised {type(error).__name__}", "bounds are bounds of what preprocess gives",
                     "run the check of preprocess first")  # fmt: skip
        if out.shape != x.shape:
            f.broken(f"{arch}: preprocess returned shape {out.shape}", "bounds are bounds of what preprocess gives",
                     "run the check of preprocess first")  # fmt: skip
        _bounded(f, arch, lo, hi, out)
        room = 1e-4 * (hi - lo)
        f.law(
            "the bounds are reached",
            bool(np.abs(out[0] - lo).max() <= room.max() and np.abs(out[1] - hi).max() <= room.max()),
            f"{arch}: a black picture is not at lo everywhere, or a white one not at hi",
            "black is the smallest value in every channel and white the largest: bounds are tight",
            "what do 0 and 255 become? each channel has its own pair",
        )
    f.passed()


def _bounded(f: Checked, arch: str, lo: NDArray, hi: NDArray, out: NDArray) -> None:
    """No preprocessed pixel lies outside the bounds; ``out`` is black, white, and other pictures, preprocessed."""
    room = 1e-4 * (hi - lo)
    black, white = out[0, 0, 0], out[1, 0, 0]
    if not close(lo, black) and close(np.stack([lo, hi])[:, ::-1], np.stack([black, white])):
        f.broken(
            f"{arch}: the bounds of channel 0 are those of channel 2, and the other way round",
            "no preprocessed pixel is below lo or above hi, channel by channel",
            "in which order are the channels after preprocessing? does your preprocess pass its own check?",
        )
    outside = np.maximum(lo - room - out, out - hi - room)
    c = int(outside.max(axis=(0, 1, 2)).argmax())
    if not (outside > 0).any():
        f.law("no pixel outside", True, "", "", "")
        return
    beyond = np.sort(out[2:, ..., c][outside[2:, ..., c] > 0])  # black and white are the answer: do not print them
    pixel = beyond[beyond.size // 2] if beyond.size else None
    below = bool((black[c] if pixel is None else pixel) < lo[c])
    which = f"a {'black' if below else 'white'} pixel" if pixel is None else f"a pixel at {pixel:.1f}"
    whole = np.array_equal(lo, np.rint(lo)) and np.array_equal(hi, np.rint(hi))
    raw = not np.abs(lo).max() and (np.abs(hi - 255) < 2).all()
    if raw:
        next_step = "these are bounds of raw pixels: what do 0 and 255 become?"
    elif whole and outside.max() < 1:
        next_step = "are the bounds rounded? leave them as they are"
    else:
        next_step = "do your bounds come from some pictures? they hold for every picture; or from another formula?"
    f.broken(
        f"{arch}, channel {c}: {which} lies {'below lo' if below else 'above hi'}, {(lo if below else hi)[c]:.1f}",
        "no preprocessed pixel is below lo or above hi, channel by channel",
        next_step,
    )


def _hint_of_dtype(pixel_bounds: Callable, arch: str) -> str:
    """What to try where ``pixel_bounds`` raises the ValueError of a preprocess that refuses its pixels."""
    try:
        pixel_bounds(arch)
    except ValueError:
        return "which dtype do your pixels have? preprocess takes uint8 alone: np.zeros(..., dtype=np.uint8)"
    except Exception:
        return ""
    return ""


# class_weights, majority_baseline


def check_class_weights(class_weights: Callable) -> None:
    """Laws of `class_weights(y, K)`."""
    f = Checked("class_weights", class_weights)
    rng = np.random.default_rng(6)
    for K, counts in ((4, [40, 10, 7, 3]), (6, [0, 25, 4, 0, 11, 0])):
        y = rng.permutation(np.repeat(np.arange(K), counts))
        result = f.raw(y, K)
        if np.ndim(result) == 1 and len(result) < K:
            f.broken(
                f"{len(result)} weights came back for K = {K} classes",
                "one weight for each class, also where a class has no picture in y",
                "bincount stops at the largest label: minlength",
            )
        w = f.array(result, (K,))
        present = np.array(counts) > 0
        f.law(
            "no picture, no weight",
            not w[~present].any(),
            "an absent class has a weight",
            "a class without pictures gets weight 0, by the convention of this lab",
            "divide only where the count is above 0, and leave 0 elsewhere",
        )
        f.law(
            "a picture, a weight",
            bool((w[present] > 0).all()),
            "a class that has pictures has weight 0, or less",
            "every class that is there has a positive weight, also the frequent ones",
            "which classes do you leave out? or did the dtype cut 0.7 to 0?",
        )
        total = w * counts
        f.law(
            "every class weighs the same",
            close(total[present], np.full(present.sum(), total.max()), 1e-6),
            "one class has more weight in all than another, its pictures taken together",
            "the weights of a class's pictures add up to the same for every class that is there",
            "a class with half the pictures needs twice the weight for each",
        )
        f.law(
            "the mean weight is 1",
            abs(w[y].mean() - 1) < 1e-6,
            f"the mean weight over the {len(y)} pictures is {w[y].mean():.2g}",
            "averaged over pictures, not over classes, the weights are 1, so that the loss keeps its scale",
            "try two classes with 3 pictures and 1; which classes do you count?",
        )
        f.law(
            "the order of the pictures does not count",
            close(f(np.sort(y), K, shape=(K,)), w),
            "the same labels in another order give other weights",
            "weights are made of counts",
            "count first",
        )
    f.passed()


def check_majority_baseline(majority_baseline: Callable) -> None:
    """Laws of `majority_baseline(y_train, y_test)`."""
    f = Checked("majority_baseline", majority_baseline, returns="a class and an accuracy")

    def call(y_train: list[int], y_test: list[int]) -> tuple[float, float]:
        result = f.raw(np.array(y_train), np.array(y_test))
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            f.broken(f"a {type(result).__name__} came back", "it returns two things: the class and its accuracy",
                     "return the class, then the accuracy")  # fmt: skip
        c, accuracy = (float(f.array(part, ())) for part in result)
        return c, accuracy

    train = [2, 5, 5, 2, 5, 9, 0, 5, 7, 2]
    c, accuracy = call(train, [0, 5, 2, 0, 0, 0, 0, 0, 0, 0])
    f.law(
        "learns from the training labels",
        c == 5,
        "the class is not the one that is most frequent in the training part",
        "a baseline is chosen without a look at the test part",
        "which labels do you count? do you return a class, or how often it occurs, or a place in a list of classes?",
    )
    f.law(
        "is judged on the test labels",
        abs(accuracy - 0.1) < 1e-6,
        "one of ten test pictures has the class, and the accuracy is something else than a tenth",
        "accuracy is the part of the test pictures that the constant answer gets right, from 0 to 1",
        "compare the one class with every test label",
    )
    for part, y_test in ((0.0, [0, 2, 7]), (1.0, [5, 5]), (0.75, [5, 5, 1, 5])):
        f.law(
            "accuracy is a part of the test pictures",
            abs(call(train, y_test)[1] - part) < 1e-6,
            "the accuracy is wrong on another test part",
            "accuracy is 0 where no test picture has the class, and 1 where all have it",
            "what do you divide by?",
        )
    f.law(
        "ties go to the smallest",
        call([8, 3, 8, 3, 1, 6, 6], [3, 3])[0] == 3 and call([4, 4, 7, 7, 1], [1])[0] == 4,
        "several classes are equally frequent, and another one came back than the smallest",
        "of several most frequent classes the smallest is taken, so that the answer is one",
        "what does argmax return when several entries are largest?",
    )
    f.passed()


# The bug hunt


def _strips(rng: np.random.Generator, N: int, rising: bool) -> NDArray:
    """Small pictures whose steps along rows are bounded; ``rising``: no step goes down."""
    steps = rng.integers(0 if rising else -22, 23, (N, 3, 4, 3))
    start = rng.integers(10, 60, (N, 3, 1, 3)) if rising else rng.integers(100, 150, (N, 3, 1, 3))
    return np.concatenate([start, start + np.cumsum(steps, axis=2)], axis=2).clip(0, 255).astype(np.uint8)


def check_nearest_label(nearest_label: Callable) -> None:
    """Laws of the bug hunt's `nearest_label(images, y, train, test)`."""
    f = Checked("nearest_label", nearest_label)
    rng = np.random.default_rng(7)
    N = 24
    images, y = _strips(rng, N, rising=True), rng.permutation(N) + 100
    order = rng.permutation(N)
    train, test = order[:14], order[14:]
    f.law(
        "a picture is nearest to itself",
        bool((f(images, y, train, train[:5], shape=(5,)) == y[train[:5]]).all()),
        "training pictures, given as test pictures, do not get their own labels",
        "the nearest training picture of a training picture is itself",
        "argmin counts within the training part: which picture of the whole set is that?",
    )
    near = images.copy()
    near[test] = images[train[: len(test)]]
    near[test, 0, 0, 0] -= np.uint8(1)
    f.law(
        "nearest, not farthest",
        bool((f(near, y, train, test, shape=(len(test),)) == y[train[: len(test)]]).all()),
        "test pictures that differ from a training picture in one step get another label than that picture's",
        "the label is that of the training picture at the smallest distance",
        "follow one test picture through the code",
    )
    before = f(images, y, train, test, shape=(len(test),))
    loud = images.copy()
    loud[test[1:], :, ::2], loud[test[1:], :, 1::2] = 0, 200
    f.law(
        "other test pictures do not count",
        f(loud, y, train, test, shape=(len(test),))[0] == before[0]
        and all(_alone(f, images, y, train, test, k) == before[k] for k in range(len(test))),
        "the answer for one test picture changes with what the other test pictures look like",
        "nothing is learned from test pictures: not their labels, and not their statistics either",
        "over which pictures is each mean, standard deviation or maximum taken?",
    )
    wide = images.astype(np.float64)
    wide[:, 1] = wide[:, 1, :1] + 3 * (wide[:, 1] - wide[:, 1, :1])
    f.law(
        "the scale of a step does not count",
        bool((f(wide, y, train, test, shape=(len(test),)) == before).all()),
        "with one row's steps three times as large in every picture, some answers change",
        "each step is measured in its own standard deviation over the training part",
        "is every column of steps divided by its spread?",
    )
    mixed = _strips(rng, N, rising=False)
    f.law(
        "uint8 is a way of storing",
        bool((f(mixed, y, train, test, shape=before.shape) == f(mixed.astype(np.float64), y, train, test,
                                                              shape=before.shape)).all()),
        "the same pictures as uint8 and as float64 get different labels",
        "numbers stay what they are in another dtype, as long as nothing wraps at 256",
        "what is 3 - 5 in uint8?",
    )  # fmt: skip
    turned = mixed.astype(np.float64)
    steps = turned[test[0]] - turned[test[0]][:, :1]
    turned[train[0]], turned[train[1]] = 120 - steps, 120 + 0.6 * steps
    f.law(
        "a rise is no fall",
        f(turned, y, train, test[:1], shape=(1,))[0] == y[train[1]],
        "a picture whose steps all go the other way counts as nearer than one with the same steps, only smaller",
        "a step has a sign, and the distance is that of the signed steps",
        "make the dtype wider; leave the signs alone",
    )
    high = mixed.copy()
    same, start = high[train[0]].copy(), np.array([0, 0, 0], dtype=np.uint8)
    same[0, 0] = start
    high[[train[0], train[1], test[0]]] = same
    high[train[0], 0, 0], high[train[0], 0, 1] = 0, 255
    high[test[0], 0, 0], high[test[0], 0, 1] = 0, 253
    high[train[1], 0, 0], high[train[1], 0, 1] = 3, 0
    high[[train[0], train[1], test[0]], 0, 2:] = 100
    f.law(
        "a large step stays large",
        f(high, y, train, test[:1], shape=(1,))[0] == y[train[0]],
        "a step up of more than 250 counts as nearer to a small step down than to a step up of 255",
        "a step lies between -255 and 255, and every one of these needs a number of its own",
        "how many bits has the dtype in which you subtract? 8 are too few, with a sign or without",
    )
    flat = images.copy()
    flat[:, 2] = 50
    before = f(flat, y, train, test, shape=(len(test),))
    bumpy = flat.copy()
    bumpy[test, 2] = images[test, 2]
    f.law(
        "what is the same in training decides nothing",
        bool((f(bumpy, y, train, test, shape=before.shape) == before).all()),
        "steps that are the same in all training pictures vary in the test pictures, and some answers change",
        "such steps are as far from every training picture: left as they are, they change no order of distances",
        "what do you divide by where the spread is 0? by a tiny number, the steps drown all others",
    )
    f.passed()


def _alone(f: Checked, images: NDArray, y: NDArray, train: NDArray, test: NDArray, k: int) -> float:
    """The answer for test picture k when all other test pictures are gone."""
    keep = np.concatenate([train, test[k : k + 1]])
    return float(f(images[keep], y[keep], np.arange(len(train)), np.array([len(train)]), shape=(1,))[0])
