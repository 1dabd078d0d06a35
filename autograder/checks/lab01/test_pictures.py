"""Hidden checks of lab 1: loading, near-duplicates, preprocessing. Fresh pictures against the reference.

Files cannot cross to the student's process, so the notebook holds a given ``probe_load_rgb``: it writes the bytes that
it is sent to a file there and calls the student's function on it.
"""

import io
from collections.abc import Iterable

import numpy as np
from PIL import Image

from autograder.checking import StudentRaised, check, compare, fail, untouched
from autograder.checks.lab01 import reference

LEVELS = 3.0  # grey levels: compositing before or after resizing rounds differently
UPRIGHT_LAW = "the EXIF orientation says how the stored picture has to be turned"
HELD = {  # EXIF orientation -> what is stored, of an upright picture
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}


# load_rgb


def blocks(rng, height, width, channels=3):
    """A random picture of even blocks, uint8, so that lossy files stay near it."""
    coarse = rng.integers(0, 256, (-(-height // 5), -(-width // 5), channels), dtype=np.uint8)
    return np.repeat(np.repeat(coarse, 5, axis=0), 5, axis=1)[:height, :width]


def written(picture, kind="PNG", held=None, **options):
    """The bytes, uint8, of a picture as a file."""
    if held is not None:
        options["exif"] = Image.Exif()
        options["exif"][274] = held
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return np.frombuffer(stream.getvalue(), dtype=np.uint8)


def loads(student, data, size, what, law, hint, suffix=".png"):
    """The student's load_rgb on a file with these bytes, against the reference on the same bytes."""
    called = student.call("probe_load_rgb", data, suffix, size)
    if not isinstance(called.value, (tuple, list)) or len(called.value) != 2:
        fail(
            "probe_load_rgb gave no picture", law="the cell with probe_load_rgb is given: leave it as it is", hint=hint
        )
    picture, intact = called.value
    if not isinstance(picture, np.ndarray):
        fail(f"{what}: a {type(picture).__name__} came back", law="load_rgb returns a NumPy array",
             hint="np.asarray(im) last")  # fmt: skip
    expected = reference.load_rgb(io.BytesIO(data.tobytes()), size)
    compare(picture, expected, what=what, law=law, hint=hint, atol=LEVELS, rtol=0.0)
    if np.asarray(picture).dtype != np.uint8:
        fail(f"{what}: dtype {np.asarray(picture).dtype}", law="pictures are uint8, 0 to 255", hint="do not divide")
    if intact is not True:
        fail("the file has other bytes after the call", law="loading leaves the file alone", hint="save nothing")


@check("load_rgb", points=2)
def test_load_colour(student, rng):
    """load_rgb on colour files of any shape: squashed to a square, bilinear, red first."""
    law = "the whole picture, resized in one step to (size, size) by Pillow's bilinear filter, uint8, red first"
    hint = "name the filter; do not crop, pad or divide; print shape and dtype of what you return"
    for height, width, size in ((40, 40, 16), (33, 70, 24), (9, 7, 32)):
        noise = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        loads(student, written(Image.fromarray(noise)), size, "picture from a PNG", law, hint)
    data = written(Image.fromarray(blocks(rng, 50, 40)), "JPEG", quality=95)
    loads(student, data, 20, "picture from a JPEG", law, hint, suffix=".jpg")


@check("load_rgb", points=1, needs="test_load_colour")
def test_load_modes(student, rng):
    """load_rgb on grey, black-and-white and palette files."""
    law = "whatever the mode, three channels with the colours that a viewer shows, averaged where the picture shrinks"
    hint = "print im.mode; convert first, and resize colours, not their numbers"
    grey = Image.fromarray(blocks(rng, 30, 41, 1)[..., 0])
    for picture in (grey, grey.point(lambda v: 255 * (v > 128)).convert("1"), _palette(rng)):
        loads(student, written(picture), 18, f"picture from a file of mode {picture.mode}", law, hint)


@check("load_rgb", points=2, needs="test_load_colour")
def test_load_transparent(student, rng):
    """load_rgb lays transparent pictures over white, however the transparency is stored."""
    law, hint = "alpha / 255 of the colour, the rest white", "composite over white before you drop alpha, in every mode"
    colour = blocks(rng, 30, 30, 4)
    colour[:10, :, 3], colour[10:20, :, 3] = 0, 255
    for mode in ("RGBA", "LA"):
        picture = Image.fromarray(colour).convert(mode)
        loads(student, written(picture), 15, f"picture from a file of mode {mode}", law, hint)
    loads(student, written(_palette(rng), transparency=2), 18, "picture from a palette with a transparent colour",
          law, hint)  # fmt: skip


@check("load_rgb", points=1, needs="test_load_colour")
def test_load_orientation(student, rng):
    """load_rgb turns pictures upright, for every EXIF orientation."""
    hint = "ImageOps has a function that knows all eight; apply it right after opening"
    for held, stored in HELD.items():
        upright = blocks(rng, 35, 60)
        picture = Image.fromarray(np.ascontiguousarray(stored(upright)))
        what = f"picture with EXIF orientation {held}"
        loads(student, written(picture, held=held), 20, what, UPRIGHT_LAW, hint)
    data = written(Image.fromarray(blocks(rng, 60, 35)), "JPEG", held=6, quality=95)
    loads(student, data, 20, "JPEG with EXIF orientation 6", UPRIGHT_LAW, hint, suffix=".jpg")


def _palette(rng):
    """A palette picture: numbers 0 to 5 of random colours."""
    picture = Image.fromarray(blocks(rng, 30, 36, 1)[..., 0] % 6, mode="P")
    picture.putpalette(rng.integers(0, 256, 18, dtype=np.uint8).tobytes())
    return picture


# dhash_pairs

PAIRS = "pairs"


def patches(rng, bits, height, width):
    """A picture whose difference hash is ``bits`` (8, 8): no comparison hangs on rounding, and colours mislead."""
    cells = np.zeros((8, 9, 3))
    for r in range(8):
        level = 125 + rng.uniform(-5, 5)
        for c in range(9):
            red, blue = rng.uniform(-40, 40, 2)
            cells[r, c] = level + np.array([red, -(0.299 * red + 0.114 * blue) / 0.587, blue])
            if c < 8:
                level += (1 if bits[r, c] else -1) * rng.uniform(8, 10)
    rows, columns = (np.searchsorted(np.arange(n) * L // n, np.arange(L), side="right") - 1
                     for n, L in ((8, height), (9, width)))  # fmt: skip
    noise = rng.integers(-1, 2, (height, width, 1))
    return (np.rint(cells[rows][:, columns]) + noise).astype(np.uint8)


def flipped(rng, bits, count, spare=None):
    """``bits`` with ``count`` of them flipped, none of those of ``spare``."""
    out = bits.copy().reshape(-1)
    free = np.arange(64) if spare is None else np.flatnonzero(spare.reshape(-1) == bits.reshape(-1))
    places = rng.permutation(free)[:count]
    out[places] = ~out[places]
    return out.reshape(8, 8)


def hashes(rng, thr):
    """A base, a chain of two links of thr bits, one at thr + 1, copies of another, and two strangers."""
    base, other = (rng.random((8, 8)) < 0.5 for _ in range(2))
    link = flipped(rng, base, thr)
    chain = flipped(rng, link, thr, spare=base)
    far = flipped(rng, base, thr + 1, spare=link)
    return [base, link, chain, far, other, other, rng.random((8, 8)) < 0.5, rng.random((8, 8)) < 0.5]


def finds(student, imgs, thr, law, hint):
    called = student.call("dhash_pairs", imgs, thr)
    if not isinstance(called.value, (set, frozenset)):
        fail(f"a {type(called.value).__name__} came back", law="dhash_pairs returns a set of pairs (i, j)", hint=hint)
    found = set()
    for pair in called.value:
        if not isinstance(pair, tuple) or len(pair) != 2 or not all(isinstance(k, (int, np.integer)) for k in pair):
            fail("the set holds something that is no pair of whole numbers", law="a pair is a tuple (i, j)", hint=hint)
        found.add((int(pair[0]), int(pair[1])))
    due = reference.dhash_pairs(imgs, thr)
    if found != due:
        fail(f"{_count(found - due)} too many and {_count(due - found)} missing, for {len(imgs)} pictures", law, hint)
    untouched(called)


def _count(pairs: Iterable) -> str:
    number = len(list(pairs))
    return f"{number} pair{'' if number == 1 else 's'}"


def stirred(rng, picture):
    """The picture with its pixels in another order within each cell of the 8 x 9 grid: the same hash."""
    H, W = picture.shape[:2]
    out = picture.copy()
    for r in range(8):
        for c in range(9):
            cell = (slice(r * H // 8, (r + 1) * H // 8), slice(c * W // 9, (c + 1) * W // 9))
            out[cell] = rng.permutation(picture[cell].reshape(-1, 3)).reshape(out[cell].shape)
    return out


def of_one_grey(rng):
    """Two colours, (3,) each, that give the same whole grey: a little above it, and nearly the next."""
    colours = rng.integers(0, 256, (4000, 3))
    sums = colours @ [299, 587, 114]
    low, high = ((sums % 1000 > a) & (sums % 1000 < a + 200) for a in (100, 700))
    grey = rng.permutation(np.intersect1d(sums[low] // 1000, sums[high] // 1000))[0]
    return [colours[chosen & (sums // 1000 == grey)][0].astype(np.uint8) for chosen in (low, high)]


def album(rng, thr, height, width, brighter=False):
    made = [patches(rng, bits, height, width) for bits in hashes(rng, thr)]
    if brighter:
        made = [picture + np.uint8(rng.integers(0, 20)) for picture in made]
    order = rng.permutation(len(made))
    order[np.sort(np.flatnonzero(order < 3))] = range(3)  # the chain's links stand in their order, whatever is between
    return np.stack(made)[order]


@check("dhash_pairs", points=2)
def test_pairs_of_grey_pictures(student, rng):
    """dhash_pairs on grey pictures: brightness, copies, and distances of exactly thr and one more."""
    law = "64 comparisons of a cell with its right neighbour; near: at most thr of them differ; i < j, each pair once"
    hint = "shrink to 8 rows and 9 columns; compare along rows; count bits that differ; use <="
    for thr in (3, 9, 0):
        imgs = album(rng, thr, 40, 54, brighter=True)
        grey = np.repeat(reference.grey_of(imgs)[..., None], 3, axis=-1).astype(np.uint8)
        finds(student, grey, thr, law, hint)


@check("dhash_pairs", points=2, needs="test_pairs_of_grey_pictures")
def test_pairs_of_colour_pictures(student, rng):
    """dhash_pairs on colour pictures of other sizes, even within the cells and finer than these."""
    law = "grey is (299 R + 587 G + 114 B) // 1000, of whole numbers wide enough; a cell is the mean of its pixels"
    hint = "convert to an integer type that holds 255 000 before you multiply; which channel is which? use shrink"
    for height, width in ((61, 47), (32, 90)):
        finds(student, album(rng, 6, height, width), 6, law, hint)
        fine = [rng.integers(0, 256, (height, width, 3), dtype=np.uint8) for _ in range(2)]
        fine += [stirred(rng, picture) for picture in fine]
        finds(student, np.stack(fine)[rng.permutation(4)], 1, law, hint)


@check("dhash_pairs", points=1, needs="test_pairs_of_grey_pictures")
def test_pairs_with_ties(student, rng):
    """dhash_pairs where neighbouring cells are equal."""
    law = (
        "grey is rounded down to a whole number; a bit is 1 only where the right cell is brighter, 0 where it is equal"
    )
    hint = "is it > and not >=? is grey divided without rest, //, so that what is below 1 makes no step?"
    ramp = np.arange(72, dtype=np.uint8) * 3
    rising = np.repeat(np.repeat(ramp[None, :, None], 40, axis=0), 3, axis=2)
    for _ in range(6):
        even = np.broadcast_to(rng.integers(0, 256, 3, dtype=np.uint8), rising.shape)
        finds(student, np.stack([rising, even, rising[:, ::-1]])[rng.permutation(3)], 10, law, hint)
    for _ in range(3):
        stripes = np.where((np.arange(72) // 8 % 2 == 0)[None, :, None], *of_one_grey(rng))
        stripes = np.broadcast_to(stripes, rising.shape).astype(np.uint8)
        finds(student, np.stack([rising, stripes, rising[:, ::-1]])[rng.permutation(3)], 10, law, hint)


@check("dhash_pairs", points=1, needs="test_pairs_of_grey_pictures")
def test_pairs_of_few(student, rng):
    """dhash_pairs on one picture and on two."""
    law, hint = "a picture is no pair with itself; a pair is written once, the smaller place first", "print your set"
    for bits in (rng.random((8, 8)) < 0.5, rng.random((8, 8)) < 0.5):
        imgs = np.stack([patches(rng, bits, 40, 45) for _ in range(2)])
        finds(student, imgs[:1], 64, law, hint)
        finds(student, imgs, 5, law, hint)


# preprocess, pixel_bounds

ARCHS = ("vgg16", "resnet50", "densenet121")


def preprocesses(student, x, arch, law, hint):
    called = student.call("preprocess", x, arch)
    what = f"pictures preprocessed for {arch}"
    compare(called.value, reference.preprocess(x, arch), what=what, law=law, hint=hint, rtol=1e-5)
    if np.asarray(called.value).dtype != np.float32:
        fail(f"{what}: dtype {np.asarray(called.value).dtype}", law="networks are fed float32", hint="astype last")
    untouched(called)


@check("preprocess", points=2)
def test_preprocess_caffe(student, rng):
    """preprocess for VGG16 and ResNet50."""
    law = "blue, green, red; minus 103.939, 116.779, 123.68 in that order; no division"
    hint = "reverse the last axis, then subtract; in floats, because uint8 wraps below 0"
    for arch in ("vgg16", "resnet50"):
        for shape in ((3, 7, 5, 3), (1, 4, 4, 3)):
            preprocesses(student, rng.integers(0, 256, shape, dtype=np.uint8), arch, law, hint)


@check("preprocess", points=2)
def test_preprocess_torch(student, rng):
    """preprocess for DenseNet121."""
    law = "red, green, blue; divided by 255, minus the mean, divided by the standard deviation, in that order"
    hint = "three steps in the order of the formula; the channels stay as they are"
    for shape in ((3, 7, 5, 3), (1, 4, 4, 3)):
        preprocesses(student, rng.integers(0, 256, shape, dtype=np.uint8), "densenet121", law, hint)


@check("preprocess", points=2)
def test_preprocess_refuses(student, rng):
    """preprocess refuses what is not raw, and a network that it does not know, with a ValueError."""
    law = "pictures that are not uint8, and unknown names, are refused: raise ValueError"
    raw = rng.integers(0, 256, (2, 5, 5, 3), dtype=np.uint8)
    preprocesses(
        student, raw, str(rng.choice(ARCHS)), "raw pictures are taken", "raise only where the dtype is another"
    )
    tries = [(reference.preprocess(raw, arch), arch) for arch in ARCHS]
    tries += [(raw / 255.0, "vgg16"), (raw.astype(np.int64), "resnet50"), (raw, "mobilenet")]
    for x, arch in tries:
        try:
            student.preprocess(x, arch)
        except StudentRaised as raised:
            if "ValueError" in raised.symptom:
                continue
            fail(raised.symptom, law, "which exception do you raise, and does your own line raise it?")
        fail(
            f"pictures of dtype {x.dtype} for {arch!r} are taken without a word",
            law,
            "look at x.dtype and at arch first",
        )


@check("pixel_bounds", points=3)
def test_pixel_bounds(student, rng):
    """pixel_bounds gives the smallest and the largest preprocessed value of each channel."""
    law = "lo is what 0 becomes, hi what 255 becomes, channel by channel, in the order after preprocessing"
    hint = "preprocess a black and a white pixel, by hand or by your function; in which order are the channels then?"
    for arch in rng.permutation(ARCHS):
        bounds = student.pixel_bounds(str(arch))
        if not isinstance(bounds, (tuple, list)) or len(bounds) != 2:
            fail("no pair came back", law="pixel_bounds returns lo, hi", hint="return two arrays of shape (3,)")
        for got, due, name in zip(bounds, reference.pixel_bounds(str(arch)), ("lo", "hi"), strict=True):
            compare(got, due, what=f"{name} of {arch}", law=law, hint=hint, rtol=1e-5)
