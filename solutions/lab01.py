# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 1: The image base
#
# **You will turn a pile of picture files into a set that a network can be trained and, more important, honestly tested on.**
#
# - *Time:* 90 to 140 minutes for the core, 15 to 30 more for the bonus.
# - *Builds on:* Python and NumPy (indexing, axes, dtypes). No lab comes before this one.
#
# When you have finished you can
#
# 1. **load** picture files of any mode as the arrays that a viewer would show;
# 2. **find** near-duplicates with a hash that you wrote, and **choose** its threshold from counts;
# 3. **split** a set so that no group stands on two sides and every part has its share of every class;
# 4. **preprocess** pictures as VGG16, ResNet50 and DenseNet121 expect them, and **measure** what a wrong preprocessing costs;
# 5. **judge** an accuracy by its baseline, its interval and its split, and **argue** from numbers with a claim, evidence and a limit.
#
# | part | contents | minutes |
# |---|---|---|
# | 1 | set-up, the picture first, recall | 10 |
# | 2 | files and near-duplicates: exercises 1 and 2 | 28 |
# | 3 | splitting and counting: exercises 3, 4 and 5 | 32 |
# | 4 | what each network expects: exercises 6 and 7 | 13 |
# | 5 | an audit, a leak, a wrong preprocessing | 15 |
# | 6 | bug hunt and reflection | 20 |
#
# Where to score: the exercises 33 points, predictions 7 (for being made), bug hunt 6, reflection 4; 50 in all.

# %% [markdown]
# ## Part 1. Set-up and the picture first
#
# Run the notebook cell by cell, with Shift + Enter: *Run All* stops at the first check whose exercise is not done, though the page may jump to its end: scroll back to the red box.
# Everything in this lab works offline and on two cores. *Part 2* with a number is a section of this lab; the *training part* or *test part* is a subset of the pictures.
#
# Where a picture needs a function of yours, the cell calls `mine_or`: it uses your result if there is one, else what `point`, the file of checkpoints, holds for it, and prints which.

# %%
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from toonlens import show
from toonlens.explore import explore
from toonlens.laws import lab01 as laws
from toonlens.laws import mine_or, read_only
from toonlens.quiz import load as load_quiz
from toonlens.stats import bootstrap_ci
from toonlens.track import current_track

assert sys.version_info[:2] == (3, 11), "this course runs on Python 3.11: start Jupyter from its environment"
assert np.__version__ >= "2", "this course needs NumPy 2: start Jupyter from its environment"

quiz = load_quiz("quiz.json")
point = np.load("checkpoints.npz")  # what the reference gives, so that no exercise blocks the next

# %% [markdown]
# ### Symbols
#
# Pictures are `uint8`, channels last, red first, until a network's preprocessing.
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $N, M$ | | | pictures in a set, in the test part; in a batch $B$ |
# | $H, W$ | | | height and width in pixels |
# | $K$ | `K` | | classes |
# | $x$ | `x`, `imgs` | `(B, H, W, 3)` | pictures; a value is between 0 and 255 |
# | $x_\mathrm{R}, x_\mathrm{G}, x_\mathrm{B}$ | | `(N, H, W)` | red, green and blue of pictures |
# | $Y, m, b$ | | `(N, H, W)`, `(N, 8, 9)`, `(N, 8, 8)` | grey, means of cells, bits of the hash (exercise 2) |
# | $y$ | `y` | `(N,)` | labels, 0 to $K - 1$ |
# | $g$ | `g` | `(N,)` | groups: pictures with the same number are near-duplicates |
# | $n_k, n_{kp}$ | | | pictures of class $k$, and how many of them part $p$ has |
# | $K^+, s_k$ | | | classes that have pictures; pictures in the largest group of class $k$ |
# | $f_p$ | `fractions` | | what part $p$ gets: training, validation, test |
# | $\mu, \sigma$ | | `(3,)` | mean and standard deviation of a channel over ImageNet |
# | $l_c, h_c$ | `lo`, `hi` | `(3,)` | smallest and largest value of a preprocessed pixel in channel $c$ |
# | $[\,\cdot\,]$ | | | 1 if what stands inside is true, else 0; $\lfloor\,\cdot\,\rfloor$ rounds down |

# %% [markdown]
# ### An album
#
# You have inherited 60 pictures of six drawn characters, with labels and a split into training and test part. Somebody put them together in a hurry: some are copies of others, some labels are wrong, and nobody looked at the split.
# Later cells compare what you find with what was planted; a real album does not come with that.

# %%
album = np.load("album.npz")
images, labels, part = album["images"], album["labels"], album["part"]  # part: 0 training, 1 test
names = [str(name) for name in album["names"]]
scene = album["scene"]  # planted: pictures with the same number show the same scene
near = point["near"]  # (60, 60), 1 where the reference calls two pictures near
read_only(images, labels, part, scene, near)
print(
    f"{len(images)} pictures of shape {images.shape[1:]}: {np.sum(part == 0)} for training, {np.sum(part == 1)} for the test"
)
cast = [np.flatnonzero((labels == k) & (album["true_labels"] == k))[0] for k in range(len(names))]
show.maps(
    [images[k] for k in cast],
    [f"{name}, no. {k}" for name, k in zip(names, cast, strict=True)],
    alt=f"One picture of each of the album's six drawn characters: {', '.join(names)}.",
    columns=6,
)

# %% [markdown]
# ### The picture first
#
# This is where you are going. Above: three pictures of the album's test part; beneath each, a picture of its training part. Below that: what such pairs do to an accuracy.
#
# For the bars, each of 540 drawn scenes was taken three times, a little moved, brightened and made noisy, as neighbouring frames of a film are. Two classifiers on tiny thumbnails were tested in three ways:
# on a random split of the frames, on a split that keeps the frames of a scene together, and, trained on that group split, on 890 pictures of new scenes, which no classifier can have seen. The black lines are 95 % bootstrap intervals. Which of the two splits tells the truth about new scenes?

# %%
crossing = np.argwhere(np.triu(near) * (part[:, None] != part[None]))[:3]
test_side = [i if part[i] == 1 else j for i, j in crossing]
train_side = [i if part[i] == 0 else j for i, j in crossing]
show.maps(
    [images[k] for k in test_side + train_side],
    [f"test part, no. {k}" for k in test_side] + [f"training part, no. {k}" for k in train_side],
    alt="Three pictures of drawn characters in the test part, and beneath each nearly the same picture in the training part.",
    columns=3,
)

# %%
WAYS = ["random split", "group split", "new scenes\n(trained on the\ngroup split)"]
leak = point["leak"]  # (2 splits, 2 classifiers, own test part or new scenes, [mean, low, high])
by_way = {
    name: np.stack([leak[0, k, 0], leak[1, k, 0], leak[1, k, 1]])
    for k, name in enumerate(["nearest neighbour", "logistic"])
}
show.bars(
    {name: three[:, 0] for name, three in by_way.items()},
    WAYS,
    alt="Accuracies of two classifiers. On a random split the nearest neighbour reaches about 0.8, on a group split and on new scenes about 0.1; the logistic classifier about 0.65 against about 0.3.",
    unit="accuracy",
    intervals={name: three[:, 1:] for name, three in by_way.items()},
)

# %% [markdown]
# ### Recall
#
# Two questions before you start. Nothing here is graded, and every answer is explained.
#
# **Question 1.** A classifier scores 97 % on its test part. Many of the test pictures are neighbouring frames of training pictures. What follows?
#
# - **A.** It recognises the characters in new scenes.
# - **B.** Less than it seems: nobody can tell recognising from remembering.
# - **C.** It overfits, so it has to be trained anew.
# - **D.** With ten times as many such test pictures the number could be trusted.

# %%
quiz.ask("recall-test")

# %% [markdown]
# **Question 2.** `a` and `b` are arrays of dtype `uint8` that hold 3 and 5. What is `a - b`?
#
# - **A.** −2.
# - **B.** 0.
# - **C.** 254.
# - **D.** An error.

# %%
quiz.ask("recall-uint8")

# %% [markdown]
# ## Part 2. Files and near-duplicates
#
# A collection from many hands holds files of many kinds. The next cell, given, writes eight of them into a temporary folder. Look at the modes: `L` is grey, `P` a palette (each pixel is the number of a colour), `RGBA` has a fourth channel, alpha, for opacity.

# %%
stored = np.load("files.npz")
folder = Path(tempfile.mkdtemp())
paths = [folder / str(name) for name in stored["names"]]
for k, path in enumerate(paths):
    path.write_bytes(stored[f"file{k}"].tobytes())
    with Image.open(path) as im:
        orientation = im.getexif().get(274, 1)
        print(f"{path.name:18} mode {im.mode:4} {im.width:3} x {im.height:3}  EXIF orientation {orientation}")

# %% [markdown]
# ### Exercise 1. `load_rgb`
#
# `Difficulty 2/5 · Importance 4/5 · 13 min · 6 points`
#
# **Why.** Whatever goes wrong here goes wrong silently: a network takes any array of the right shape. Three things differ between what a file stores and what a viewer shows.
# *Colours*: a palette file stores numbers of colours, a grey file one channel. *Opacity*: alpha says how much of the colour covers what lies behind; this course lays transparent pictures on white.
# *Orientation*: a camera stores the sensor's rows and notes in the EXIF tag how it was held; a viewer turns the picture, `Image.open` does not.
# Last, the whole picture is squashed to a square by Pillow's **bilinear** filter, as in the study: nothing cropped, nothing padded. (16-bit files do not occur here.)
#
# $$\mathrm{shown} = \frac{\alpha}{255}\, \mathrm{colour} + \left(1 - \frac{\alpha}{255}\right) 255$$
#
# | name | shape | |
# |---|---|---|
# | `path` | | a picture file: grey, black and white, palette, colour; with or without transparency; any EXIF orientation |
# | `size` | whole number | side of the result |
# | returns | `(size, size, 3)` | `uint8`, red first |
#
# **Predict before you run.** `sticker.png` is a character that was cut out; all around it alpha is 0. You load it with `Image.open(path).convert("RGB")`. What stands behind the character?
#
# - **A.** White.
# - **B.** Black.
# - **C.** Whatever colour the file stores under the transparent pixels.


# %% nbgrader={"grade": false, "grade_id": "predict_load_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_load() -> str:
    """Return your letter, for example "A". Right or wrong is not graded; a prediction is."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "load_rgb_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def load_rgb(path: str | Path, size: int) -> np.ndarray:
    """Load a picture file of any mode, upright and over white, as uint8 (size, size, 3), red first."""
    ### BEGIN SOLUTION
    from PIL import ImageOps

    with Image.open(path) as file:
        picture = ImageOps.exif_transpose(file).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    flat = Image.alpha_composite(white, picture).convert("RGB")
    return np.array(flat.resize((size, size), Image.Resampling.BILINEAR))
    ### END SOLUTION


# %%
def probe_load_rgb(data, suffix, size):
    """Given, for the grader: your load_rgb on a file with these bytes, and whether the file is as it was."""
    return laws.probe_load_rgb(load_rgb, data, suffix, size)


# %% nbgrader={"grade": true, "grade_id": "load_rgb", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_load_rgb(load_rgb)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Bring every file to the same mode first, one that has colour and alpha. From there on there is one case. Turn before that, resize after it.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `from PIL import ImageOps`: it has a function whose name starts with `exif_`. `im.convert("RGBA")` works from every mode. `Image.new` makes a white picture, `Image.alpha_composite` lays one picture on another of the same size, `im.resize` takes a size and a filter from `Image.Resampling`.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# open; turn as the EXIF tag says; convert to RGBA; lay it on a white picture of the same size; convert to RGB; resize to a square with the bilinear filter; make an array
# </details>
#
# *If you see* magenta or green backgrounds, *suspect* a conversion to RGB that came before the white. *If you see* nothing but white, *suspect* the order in `alpha_composite`: what lies behind comes first. *If you see* a picture on its side, *suspect* the tag. *If you see* an error about shapes, *suspect* a grey or palette file that was resized but not converted.

# %%
loaded = mine_or(point["files"], "load_rgb", lambda: np.stack([load_rgb(path, 64) for path in paths])).astype(np.uint8)
with Image.open(paths[4]) as im:
    careless = np.array(im.convert("RGB").resize((64, 64)))
show.maps(
    [*loaded, careless],
    [*[path.name for path in paths], "sticker.png,\nconvert('RGB') alone"],
    alt="Eight drawn characters, upright, on white where the file was transparent; and last the sticker after a plain conversion, on magenta.",
    columns=5,
)
quiz.compare("load", lambda: predict_load())

# %% [markdown]
# *A right picture* shows eight upright pictures, two of them with a character on white, and colours in all but the grey one. The one called `two_wide.png` is squashed: that is this lab's decision, and it costs the network the true proportions.

# %% [markdown]
# ### Exercise 2. `dhash_pairs`
#
# `Difficulty 3/5 · Importance 4/5 · 15 min · 6 points`
#
# **Why.** Copies are seldom equal: saved again, brightened, moved by a pixel. Comparing pixels would miss them. The *difference hash* keeps 64 yes-or-no answers instead: shrink the grey picture to 8 rows of 9 cells and ask for each cell whether its right neighbour is brighter.
# Brightness and compression hardly change the answers. Two pictures are *near* if at most `thr` of their 64 answers differ.
#
# To make the answers unique: grey is a whole number, rounded down, computed in `np.int64` (587 · 255 needs more than 16 bits); the cells come from `shrink`, given below; equal cells give 0.
#
# $$Y = \left\lfloor \frac{299\,x_\mathrm{R} + 587\,x_\mathrm{G} + 114\,x_\mathrm{B}}{1000} \right\rfloor, \qquad m = \mathrm{shrink}(Y, 8, 9), \qquad b_{rt} = [\,m_{r,t+1} > m_{rt}\,], \quad r, t = 0, \dots, 7$$
#
# $$(i, j) \text{ is near} \iff i < j \ \text{ and } \ \sum_{r,t}\, [\,b^{(i)}_{rt} \ne b^{(j)}_{rt}\,] \le \mathrm{thr}$$
#
# | name | shape | |
# |---|---|---|
# | `imgs` | `(N, H, W, 3)` | `uint8`; any $N$, $H$, $W$ |
# | `thr` | whole number, 0 to 64 | bits that may differ |
# | `shrink(grey, rows, columns)` | `(..., H, W)` to `(..., rows, columns)` | given: means over a grid of cells |
# | returns | | a `set` of tuples `(i, j)` of whole numbers, $i < j$ |
#
# **Predict before you run.** You raise `thr` from 0 to 20 and count the near pairs of the album: those that show the same scene, and those that do not. What do the two counts do?
#
# - **A.** They grow together from the start.
# - **B.** Pairs of the same scene come first and level off; the others come later and then outnumber them.
# - **C.** There is a threshold that finds all pairs of the same scene and no others.


# %% nbgrader={"grade": false, "grade_id": "predict_hash_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_hash() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %%
def shrink(grey, rows, columns):
    """Given: means over a grid of cells of about equal size, (..., H, W) -> (..., rows, columns)."""
    H, W = grey.shape[-2:]
    down, across = np.arange(rows) * H // rows, np.arange(columns) * W // columns
    sums = np.add.reduceat(np.add.reduceat(np.asarray(grey, dtype=np.float64), down, axis=-2), across, axis=-1)
    areas = np.diff(np.append(down, H))[:, None] * np.diff(np.append(across, W))
    return sums / areas


# %% nbgrader={"grade": false, "grade_id": "dhash_pairs_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dhash_pairs(imgs: np.ndarray, thr: int) -> set[tuple[int, int]]:
    """Pairs (i, j), i < j, of pictures (N, H, W, 3) whose difference hashes differ in at most thr of 64 bits."""
    ### BEGIN SOLUTION
    wide = imgs.astype(np.int64)
    grey = (299 * wide[..., 0] + 587 * wide[..., 1] + 114 * wide[..., 2]) // 1000
    cells = shrink(grey, 8, 9)
    hashes = (cells[:, :, 1:] > cells[:, :, :-1]).reshape(len(imgs), 64)
    differ = (hashes[:, None] != hashes[None]).sum(axis=-1)
    return {(int(i), int(j)) for i, j in np.argwhere(differ <= thr) if i < j}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dhash_pairs", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_dhash_pairs(dhash_pairs)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Four steps: grey, cells, answers, pairs. The first three work on all pictures at once; only the last one looks at two pictures.
# </details>
# <details><summary>Hint 2: the shapes and calls</summary>
#
# `imgs.astype(np.int64)` first. The cells are `(N, 8, 9)`; comparing all columns but the first with all but the last gives `(N, 8, 8)`. Flattened to `(N, 64)`, two rows differ in `(a != b).sum()` places.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# grey ← weighted sum, divided by 1000 without rest; cells ← shrink it to 8 rows, 9 columns; answers ← is the right cell brighter;
# for every i and every later j: count where their answers differ; if that is at most thr, put (i, j) into the set
# </details>
#
# *If you see* 56 or 72 bits, *suspect* rows and columns in `shrink`, or the axis of the comparison. *If you see* that even patches give 1 here and 0 there, *suspect* a grey that is no whole number, or `>=`. *If you see* nonsense on colourful pictures, *suspect* products that wrapped in `uint8`.


# %%
def counted(pairs):
    """Given: how many pairs show one scene, and how many do not."""
    one = sum(bool(scene[i] == scene[j]) for i, j in pairs)
    return [one, len(pairs) - one]


thresholds = np.arange(21)
counts = mine_or(point["sweep"], "dhash_pairs", lambda: [counted(dhash_pairs(images, int(thr))) for thr in thresholds])
show.lines(
    thresholds,
    {"same scene": counts[:, 0], "different scenes": counts[:, 1]},
    alt="Two curves over the threshold from 0 to 20. Pairs of the same scene rise from 5 to 18 over thresholds 0 to 6, stay at 18 up to 10 and reach 21 at 13; pairs of different scenes stay at zero up to 10 and then rise steeply to about 70.",
    x_label="thr (bits that may differ)",
    y_label="near pairs",
)
quiz.compare("hash", lambda: predict_hash())

# %% [markdown]
# *A right picture* shows one curve that rises from 5 at `thr = 0` to 18 at 6, stays there up to 10 and reaches 21, the number of planted pairs, at 13; and another that stays at zero up to 10 and then climbs past it. This lab goes on with `thr = 8`: no false alarm, and three planted pairs missed. Anything from 6 to 10 gives these counts.
#
# Choose a picture and compare its hash with that of the picture nearest to it (from the checkpoint file, so this works without your function).

# %%
cells, bits, distances = point["cells"], point["bits"], point["distances"].astype(int)


def draw_hash(picture):
    """Show a picture, its cells and its bits, the same of the picture with the nearest hash, and where they differ."""
    others = np.where(np.arange(len(images)) == picture, 65, distances[picture])
    other = int(others.argmin())
    panels = [p for k in (picture, other) for p in (images[k], cells[k] / 255, bits[k])]
    titles = [t for k in (picture, other) for t in (f"no. {k}, {names[labels[k]]}", "8 x 9 cells", "8 x 8 bits")]
    panels.insert(3, bits[picture] != bits[other])
    titles.insert(3, "bits that differ")
    show.maps(
        panels,
        titles,
        alt=f"Picture {picture}, its 8 x 9 grey cells, its 64 bits, and which of them differ from those of picture {other}, whose hash is nearest and which stands beneath it.",
        unit="from 0 to 1",
        signed=False,
        shared=True,
        columns=4,
    )
    near_or_not = "near" if others[other] <= 8 else "not near"
    print(f"The nearest hash is that of no. {other}: {others[other]} of 64 bits differ, {near_or_not} at thr = 8.")


explore(draw_hash, picture={f"{k}: {names[labels[k]]}": k for k in [8, *[k for k in range(60) if k != 8]]})

# %% [markdown]
# **Checkpoint 1.** From here on the near pairs at `thr = 8` come from `checkpoints.npz` where yours are missing. The next cell, given, turns pairs into groups: pictures that are linked by a chain of near pairs belong together.


# %%
def as_table(pairs):
    """Given: pairs as a symmetric table of 0 and 1, (60, 60)."""
    table = np.zeros((len(images), len(images)))
    for i, j in pairs:
        table[i, j] = table[j, i] = 1
    return table


def components(table):
    """Given: the number of each picture's group, (N,); pictures linked by a chain of near pairs share it."""
    group = np.arange(len(table))
    for _ in range(len(table)):
        group = np.minimum(group, np.where(table > 0, group[None], len(table)).min(axis=1))
    return group


near = mine_or(point["near"], "dhash_pairs", lambda: as_table(dhash_pairs(images, 8)))
groups = components(near)
read_only(groups)
print(f"{int(near.sum() / 2)} near pairs; {len(images)} pictures in {len(np.unique(groups))} groups")

# %% [markdown]
# ## Part 3. Splitting and counting

# %% [markdown]
# ### Exercise 3. `group_split`
#
# `Difficulty 4/5 · Importance 5/5 · 22 min · 8 points`
#
# **Why.** A test part asks: what does the classifier do with pictures it has *not* seen? A near-duplicate of a training picture has been seen. So you hand out groups, not pictures.
# A split should also be *stratified*: every part gets its share of every class, or the parts ask different questions. And it has to be a function of its seed, so that everybody tests on the same pictures.
# Groups cannot be cut, so shares are met only roughly, class by class: the tolerance is twice the largest group of the class. All pictures of a group have the same label (wrong labels were repaired before).
#
# $$\left| n_{kp} - f_p\, n_k \right| \le 2\, s_k \quad \text{for every class } k \text{ and part } p$$
#
# Here $n_{kp}$ counts the pictures of class $k$ in part $p$, and $s_k$ is the size of the largest group of class $k$, in pictures.
#
# | name | shape | |
# |---|---|---|
# | `y` | `(N,)` | labels |
# | `g` | `(N,)` | groups: any whole numbers, in any order |
# | `fractions` | 3 numbers | for training, validation, test; they add up to 1 |
# | `seed` | whole number | equal seeds give equal splits, different seeds different ones |
# | returns | 3 arrays | places in `y`: each of $0, \dots, N - 1$ in exactly one of them; their order is free |
#
# **Predict before you run.** Luna Pepper has three pictures in the album, each a group of its own. You split 60 : 20 : 20. What does she get?
#
# - **A.** Whole pictures: some part may well get none of her.
# - **B.** 60 % of her pictures in training, as asked.
# - **C.** An error: the class is too small to be split.


# %% nbgrader={"grade": false, "grade_id": "predict_split_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_split() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "A"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "group_split_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def group_split(
    y: np.ndarray, g: np.ndarray, fractions: tuple[float, float, float], seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Split places 0..N-1 into training, validation, test: whole groups, and every class by the fractions."""
    ### BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    side = np.empty(len(y), dtype=int)
    ends = np.cumsum(fractions)[:2]
    for k in np.unique(y):
        members, sizes = np.unique(g[y == k], return_counts=True)
        order = rng.permutation(len(members))
        before = np.cumsum(sizes[order]) - sizes[order]  # pictures of the class that are handed out already
        chosen = np.searchsorted(ends * sizes.sum(), before, side="right")
        for group, p in zip(members[order], chosen, strict=True):
            side[g == group] = p
    return np.flatnonzero(side == 0), np.flatnonzero(side == 1), np.flatnonzero(side == 2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "group_split", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
laws.check_group_split(group_split)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# One class at a time. Put its groups into a random order and hand them out one after another: to training until it has its pictures, then to validation, then to test. (Giving each group to the part that lacks most pictures works too.)
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `np.unique(g[y == k], return_counts=True)` gives the groups of class `k` and their sizes; `np.random.default_rng(seed)` one generator for the whole function, its method `permutation` a random order. `np.flatnonzero(mask)` turns truth values into places.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# for each class: shuffle its groups; done ← 0; for each group: the part is training while done is below f₁ n, validation while it is below (f₁ + f₂) n, else test; note the part for all pictures of the group; add its size to done
# </details>
#
# *If you see* torn groups, *suspect* a shuffle of pictures. *If you see* shares that are off only where some groups are large, *suspect* that you count groups. *If you see* another split in each run, *suspect* a generator that does not get the seed.

# %%
true_labels = album["true_labels"]  # as repaired after the audit of part 5
read_only(true_labels)
K = len(names)
FRACTIONS = (0.6, 0.2, 0.2)


def count_classes(parts):
    """Given: pictures of each class in each part, (3, 6)."""
    return [[np.sum(true_labels[p] == k) for k in range(K)] for p in parts]


by_part = mine_or(point["counts"], "group_split", lambda: count_classes(group_split(true_labels, groups, FRACTIONS, 0)))
show.bars(
    dict(zip(("training", "validation", "test"), by_part, strict=True)),
    names,
    alt="Pictures of each of six classes in the training, validation and test part: the shares are near 60, 20, 20 in the large classes and coarse in the small ones.",
    unit="pictures",
)
quiz.compare("split", lambda: predict_split())

# %% [markdown]
# *A right picture* shows training bars of about three times the others' height in the large classes. In the small ones a part may be empty: an accuracy for that class on that part does not exist.
# (Three groups that are handed out one after another never reach the test part, whatever the seed; given to the part that lacks most, one of them could. Both are within the tolerance.)

# %% [markdown]
# ### Exercise 4. `class_weights`
#
# `Difficulty 1/5 · Importance 3/5 · 5 min · 2 points`
#
# **Why.** Where one class has six times the pictures of another, a network is paid for knowing the first. Weights in the loss even that out: every class that is there weighs the same in all, and the mean weight over the pictures is 1, so that the learning rate keeps its meaning.
# A class without pictures gets weight 0 here: no picture will ever ask for it, and infinity would spoil every product it enters. It does not count as a class in the formula either.
#
# $$w_k = \frac{N}{K^+\, n_k} \ \text{ where } n_k > 0, \quad \text{else } 0; \qquad K^+ = \sum_k\, [\,n_k > 0\,]$$
#
# | name | shape | |
# |---|---|---|
# | `y` | `(N,)` | labels, 0 to $K - 1$ |
# | `K` | whole number | classes, with those that have no picture in `y` |
# | returns | `(K,)` | weights |
#
# **Predict before you run.** Hops has 17 of the 60 pictures, Luna Pepper 3; there are six classes. What share of the whole weight do Luna Pepper's three pictures hold together?
#
# - **A.** 3/60.
# - **B.** More than a half: she is the rarest.
# - **C.** 1/6, like every other class.


# %% nbgrader={"grade": false, "grade_id": "predict_weights_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_weights() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "class_weights_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def class_weights(y: np.ndarray, K: int) -> np.ndarray:
    """Balanced weights (K,) of labels y (N,): mean 1 over the pictures, 0 for a class without pictures."""
    ### BEGIN SOLUTION
    n = np.bincount(y, minlength=K)
    there = n > 0
    w = np.zeros(K)
    w[there] = len(y) / (there.sum() * n[there])
    return w
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "class_weights", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
laws.check_class_weights(class_weights)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Count, then divide where the count is above zero.
# </details>
# <details><summary>Hint 2: the call</summary>
#
# `np.bincount` counts whole numbers; its argument `minlength` makes room for classes that do not occur.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# n ← pictures of each class; weights ← K zeros; where n is above zero: N over (number of such classes times n)
# </details>
#
# *If you see* `inf`, *suspect* an absent class. *If you see* a mean weight below 1, *suspect* that absent classes were counted.

# %%
weights = mine_or(point["weights"], "class_weights", lambda: class_weights(true_labels, K))
number = np.array([np.sum(true_labels == k) for k in range(K)])
show.bars(
    {"of the pictures": number / number.sum(), "of the weight": weights * number / number.sum()},
    names,
    alt="For six classes the share of the pictures, from 0.28 down to 0.05, and the share of the weight, one sixth for each.",
    unit="share",
)
quiz.compare("weights", lambda: predict_weights())

# %% [markdown]
# *A right picture* shows shares of the pictures that fall from left to right and shares of the weight that are all equal. What weights cannot do: three pictures stay three pictures, however loud each of them is.

# %% [markdown]
# ### Exercise 5. `majority_baseline`
#
# `Difficulty 1/5 · Importance 4/5 · 5 min · 2 points`
#
# **Why.** Is 40 % good? Against a constant answer, perhaps not. The simplest classifier that learns anything at all always names the class that was most frequent in training. It is *chosen* on the training labels and *judged* on the test labels, like any other.
# Whoever reports an accuracy reports this one beside it. Of several most frequent classes, take the smallest number, so that the answer is one.
#
# $$\hat k = \min\, \arg\max_k\, n_k^{\mathrm{train}}, \qquad \mathrm{accuracy} = \frac{1}{M} \sum_{i=1}^{M}\, [\,y_i^{\mathrm{test}} = \hat k\,]$$
#
# | name | shape | |
# |---|---|---|
# | `y_train` | `(N,)` | labels, whole numbers ≥ 0 |
# | `y_test` | `(M,)` | labels |
# | returns | class, number | $\hat k$ and its accuracy on the test part, between 0 and 1 |
#
# **Predict before you run.** The album has six classes; Hops is the most frequent, with 17 of 60 pictures. What accuracy does the constant answer reach on the test part?
#
# - **A.** One in six.
# - **B.** About the share of Hops in the test part: a quarter to a third.
# - **C.** More than a half.


# %% nbgrader={"grade": false, "grade_id": "predict_majority_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_majority() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "majority_baseline_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def majority_baseline(y_train: np.ndarray, y_test: np.ndarray) -> tuple[int, float]:
    """The most frequent training class (the smallest of several), and its accuracy on the test labels."""
    ### BEGIN SOLUTION
    k = int(np.bincount(y_train).argmax())
    accuracy = float(np.mean(y_test == k))
    return k, accuracy
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "majority_baseline", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
laws.check_majority_baseline(majority_baseline)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Two lines: one looks at the training labels only, the other compares one number with the test labels.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `argmax` of counts returns the first of several largest. The mean of truth values is the part that is true.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# k ← place of the largest count of y_train; accuracy ← mean of (y_test equals k)
# </details>
#
# *If you see* a class that is not in the training part, *suspect* a place in a list of classes. *If you see* an accuracy that is too good, *suspect* the labels on which it was chosen.

# %%
baseline = mine_or(
    point["baseline"], "majority_baseline", lambda: majority_baseline(true_labels[part == 0], true_labels[part == 1])
)
k, accuracy = int(baseline[0]), float(baseline[1])
_, low, high = bootstrap_ci((true_labels[part == 1] == k).astype(float))
show.bars(
    {"accuracy": [accuracy, 1 / K]},
    [f"always {names[k]}", "one in six"],
    alt="Two bars: the constant answer's accuracy, a third, with a wide interval, and one in six.",
    unit="accuracy",
    intervals={"accuracy": [[low, high], [1 / K, 1 / K]]},
)
quiz.compare("majority", lambda: predict_majority())

# %% [markdown]
# *A right picture* shows a bar above one in six with a long line over it: 18 test pictures say little about anything. A classifier that reaches 40 % here has shown nothing yet.

# %% [markdown]
# **Checkpoint 2.** Files, pairs, splits and counts are done, or loaded. What is left is the last step before a network.

# %% [markdown]
# ## Part 4. What each network expects
#
# Weights are only as good as the numbers that meet them. VGG16 and ResNet50 come from a library, Caffe, that stored blue first and subtracted a mean colour; DenseNet121 comes from Torch, with red first and a scale. Feed one what the other expects, and nothing complains.

# %% [markdown]
# ### Exercise 6. `preprocess`
#
# `Difficulty 2/5 · Importance 5/5 · 8 min · 6 points`
#
# **Why.** Three things can go wrong without an error: the order of the channels, the scale, and doing it twice. Against the third there is a guard: raw pictures are `uint8`, preprocessed ones are not. So your function *refuses* whatever is not `uint8`, with a `ValueError`, and unknown names too.
# The argument stays as it is: the raw pictures are needed again, for the next network and for every figure.
#
# $$\text{Caffe (VGG16, ResNet50):}\quad x'_c = x^{BGR}_c - \mu_c, \qquad \mu = (103.939,\ 116.779,\ 123.68) \text{ for blue, green, red}$$
#
# $$\text{Torch (DenseNet121):}\quad x'_c = \frac{x^{RGB}_c / 255 - \mu_c}{\sigma_c}, \qquad \mu = (0.485,\ 0.456,\ 0.406),\ \ \sigma = (0.229,\ 0.224,\ 0.225)$$
#
# | name | shape | |
# |---|---|---|
# | `x` | `(B, H, W, 3)` | `uint8`, red first |
# | `arch` | text | `"vgg16"`, `"resnet50"` or `"densenet121"`, else `ValueError` |
# | returns | `(B, H, W, 3)` | `float32`, a new array; `ValueError` if `x` is not `uint8` |
#
# **Predict before you run.** A pixel is pure red, (255, 0, 0). After preprocessing for VGG16 one of its three values is large and positive. Which?
#
# - **A.** Channel 0.
# - **B.** Channel 1.
# - **C.** Channel 2.


# %% nbgrader={"grade": false, "grade_id": "predict_preprocess_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_preprocess() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "preprocess_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def preprocess(x: np.ndarray, arch: str) -> np.ndarray:
    """Raw pictures uint8 (B, H, W, 3), red first, as the network arch expects them: float32 of the same shape."""
    ### BEGIN SOLUTION
    if x.dtype != np.uint8:
        raise ValueError(f"preprocess takes raw pictures, uint8, not {x.dtype}")
    if arch in ("vgg16", "resnet50"):
        return (x[..., ::-1] - np.array([103.939, 116.779, 123.68])).astype(np.float32)
    if arch == "densenet121":
        mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
        return ((x / 255 - mean) / std).astype(np.float32)
    raise ValueError(f"no network called {arch}")
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "preprocess", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_preprocess(preprocess)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Two families, two formulas, and before them a look at what came in.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `x[..., ::-1]` reverses the last axis, whatever comes before. An array of shape `(3,)` meets the last axis in a subtraction. `raise ValueError("...")` refuses.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# if the dtype is not uint8: refuse; Caffe: reverse the channels, subtract the three means; Torch: divide by 255, subtract the means, divide by the deviations; any other name: refuse; return float32
# </details>
#
# *If you see* a check that complains about one colour only, *suspect* means in the other order. *If you see* values near 200 where −50 is due, *suspect* a subtraction in `uint8`. *If you see* values near −1.8 in every pixel, *suspect* two scalings.

# %%
first = images[:1]
prepared = mine_or(
    point["preprocessed"],
    "preprocess",
    lambda: np.stack([preprocess(first, arch)[0] for arch in ("vgg16", "densenet121")]),
)
for arch, channels in zip(("vgg16", "densenet121"), prepared, strict=True):
    show.maps(
        [first[0], *np.moveaxis(channels, -1, 0)],
        ["raw", *[f"{arch}, channel {c}" for c in range(3)]],
        alt=f"A drawn character and its three channels after preprocessing for {arch}, zero in white.",
        unit="value",
        shared=True,
    )
quiz.compare("preprocess", lambda: predict_preprocess())

# %% [markdown]
# *A right picture* shows the same three channels twice, in opposite order: what is channel 0 of one network is channel 2 of the other. The scales differ by a factor of about 58, and zero is a colour, ImageNet's mean, not black.

# %% [markdown]
# ### Exercise 7. `pixel_bounds`
#
# `Difficulty 1/5 · Importance 4/5 · 5 min · 3 points`
#
# **Why.** Some methods of labs 6 to 9 need to know what values a pixel *can* take: the box rule of LRP measures each pixel from the end of its range. It means the range of the preprocessed pixel, channel by channel, in the order in which the channels then are. Wrong bounds draw a map all the same.
#
# $$l_c = \min_{0 \le v \le 255} x'_c(v), \qquad h_c = \max_{0 \le v \le 255} x'_c(v)$$
#
# | name | shape | |
# |---|---|---|
# | `arch` | text | `"vgg16"`, `"resnet50"` or `"densenet121"` |
# | returns `lo`, `hi` | `(3,)` each | what the smallest and the largest raw value become, in the order of the channels after preprocessing |
#
# **Predict before you run.** What are the bounds of VGG16's channel 0?
#
# - **A.** About −104 and 151.
# - **B.** −128 and 127.
# - **C.** 0 and 255.


# %% nbgrader={"grade": false, "grade_id": "predict_bounds_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_bounds() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "A"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "pixel_bounds_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pixel_bounds(arch: str) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest value of a preprocessed pixel in each channel of the network's input: lo (3,), hi (3,)."""
    ### BEGIN SOLUTION
    black_and_white = np.zeros((2, 1, 1, 3), dtype=np.uint8)
    black_and_white[1] = 255
    lo, hi = preprocess(black_and_white, arch)[:, 0, 0]
    return lo, hi
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "pixel_bounds", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
laws.check_pixel_bounds(pixel_bounds, preprocess)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Both formulas grow with the raw value. So you know which raw pixel has the smallest value, and which the largest.
# </details>
# <details><summary>Hint 2: the shapes</summary>
#
# You have a function that preprocesses pictures: a picture of one pixel will do, `(1, 1, 1, 3)`. Or put 0 and 255 into the formulas.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# lo ← a black pixel, preprocessed; hi ← a white pixel, preprocessed; return both
# </details>
#
# *If you see* pixels outside the bounds in one channel only, *suspect* the order of the channels. *If you see* a check that passes while the hidden one does not, *suspect* your `preprocess`: the visible check compares the two with each other.

# %%
bounds = mine_or(
    point["bounds"], "pixel_bounds", lambda: [pixel_bounds(a) for a in ("vgg16", "resnet50", "densenet121")]
)
seen = np.stack([point["preprocessed"].min(axis=(1, 2)), point["preprocessed"].max(axis=(1, 2))], axis=1)
for (lo, hi), (smallest, largest), arch in ((bounds[0], seen[0], "vgg16"), (bounds[2], seen[1], "densenet121")):
    show.bars(
        {"lo": lo, "smallest in the picture above": smallest, "largest in it": largest, "hi": hi},
        [f"channel {c}" for c in range(3)],
        alt=f"Bounds of the three channels for {arch}, and the extremes of one picture within them.",
        unit="value after preprocessing",
        title=arch,
    )
quiz.compare("bounds", lambda: predict_bounds())

# %% [markdown]
# *A right picture* shows the extremes of the picture within the bounds in every channel, near to them but not always at them: a picture need not hold black and white.

# %% nbgrader={"grade": true, "grade_id": "predictions", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
quiz.count(globals(), ["load", "hash", "split", "weights", "majority", "preprocess", "bounds"])

# %% [markdown]
# **Checkpoint 3.** All functions are done, or loaded. Part 5 uses them together.

# %% [markdown]
# ## Part 5. An audit, a leak, a wrong preprocessing
#
# ### Integration 1: audit the album
#
# First the near pairs: how many, in which parts, with which labels? A near pair whose labels disagree has at least one wrong label; a near pair that stands in both parts is a leak.

# %%
found = np.argwhere(np.triu(near))
disagree = [(i, j) for i, j in found if labels[i] != labels[j]]
leaks = [(i, j) for i, j in found if part[i] != part[j]]
planted = [(i, j) for i, j in np.argwhere(np.triu(scene[:, None] == scene[None], 1))]
wrong = np.flatnonzero(labels != true_labels)
betrayed = {int(k) for pair in disagree for k in pair} & set(wrong.tolist())
print(f"near pairs: {len(found)}; planted: {len(planted)}")
leaked = {int(i if part[i] else j) for i, j in leaks}
print(f"pairs that stand in both parts: {len(leaks)}; they touch {len(leaked)} of {part.sum()} test pictures")
print(f"pairs with two labels: {len(disagree)}; wrong labels: {len(wrong)}, of which {len(betrayed)} in such pairs")

# %%
shown = disagree[:3]
if shown:
    show.maps(
        [images[i] for i, _ in shown] + [images[j] for _, j in shown],
        [f"no. {i}: {names[labels[i]]}" for i, _ in shown] + [f"no. {j}: {names[labels[j]]}" for _, j in shown],
        alt="Near pairs of the album whose labels disagree, one above the other: nearly the same picture with two names.",
        columns=3,
    )

# %% [markdown]
# Two of the wrong labels are on pictures without a copy. No hash will find them: an audit finds what it looks for.
#
# Now a split that respects the groups. The cell counts the near pairs that still stand in two parts, and then the *planted* pairs that do: what your hash missed at `thr = 8` may leak, and only because this album comes with its truth can you see it.


# %%
def sides(parts):
    """Given: the part of each picture, 0, 1 or 2, from three index arrays."""
    out = np.full(sum(len(p) for p in parts), -1)
    for k, p in enumerate(parts):
        out[p] = k
    return out


def torn(pairs, side):
    """Given: how many pairs stand in two parts."""
    return sum(bool(side[i] != side[j]) for i, j in pairs)


for seed in range(5):
    side = mine_or(
        point["sides"][seed], "group_split", lambda s=seed: sides(group_split(true_labels, groups, FRACTIONS, s))
    )
    print(f"   seed {seed}: torn near pairs {torn(found, side)}, torn planted pairs {torn(planted, side)}")

# %% [markdown]
# ### Integration 2: what is a leak worth?
#
# The experiment of the first picture, with your split. `frames` makes three versions of each of 540 drawn scenes. Both classifiers see 8 × 8 thumbnails: the nearest neighbour remembers, the logistic classifier weighs pixels.
# (`np.roll` moves what leaves on one side in again on the other: a strip of up to two pixels at an edge may look odd.)
# The frames of a scene go right or wrong together, so the interval is taken over scenes, not over frames: each scene counts once, with the mean of its frames. (The first run draws the pictures, which takes up to a minute.)

# %%
track = current_track()
data = track.load()
scenes, scene_labels = data.validation.images[:540], data.validation.labels[:540]
fresh, fresh_labels = data.test.images, data.test.labels
print(f"{data.title}: {len(scenes)} scenes, {len(fresh)} pictures of new scenes, {len(data.class_names)} classes")


def frames(pictures, count, seed):
    """Given: `count` moved, brightened and noisy versions of each picture, one after another."""
    rng, made = np.random.default_rng(seed), []
    for picture in pictures:
        for _ in range(count):
            dy, dx = rng.integers(-2, 3, 2)
            moved = np.roll(picture, (dy, dx), axis=(0, 1)) * rng.uniform(0.85, 1.15)
            made.append(np.clip(moved + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8))
    return np.stack(made)


def thumbnails(pictures):
    """Given: pictures as rows of 8 x 8 x 3 means, from 0 to 1."""
    n, h, w, _ = pictures.shape
    return pictures.reshape(n, 8, h // 8, 8, w // 8, 3).mean(axis=(2, 4)).reshape(n, -1) / 255


film, news = frames(scenes, 3, 1), frames(fresh, 1, 2)
film_labels, film_groups = np.repeat(scene_labels, 3), np.repeat(np.arange(len(scenes)), 3)
small, small_fresh = thumbnails(film), thumbnails(news)
read_only(film_labels, film_groups)
show.maps(
    list(film[:6]),
    [f"scene {k // 3}, frame {k % 3}" for k in range(6)],
    alt="Two drawn scenes, each three times: the frames differ a little in place, brightness and noise.",
    columns=6,
)

# %%
from sklearn.linear_model import LogisticRegression


def nearest_neighbour(x, y, tested):
    """Given: for each row of `tested` the label of the nearest row of x."""
    return y[((x**2).sum(axis=1) - 2 * tested @ x.T).argmin(axis=1)]


def logistic(x, y, tested):
    """Given: logistic regression on centred rows."""
    centre = x.mean(axis=0)
    return LogisticRegression(max_iter=100).fit(x - centre, y).predict(tested - centre)


def measured(classify, side):
    """Given: accuracy with its interval on the test part, scene by scene, and on new scenes."""
    training, test = side == 0, side == 2
    right = classify(small[training], film_labels[training], small[test]) == film_labels[test]
    by_scene = [right[film_groups[test] == s].mean() for s in np.unique(film_groups[test])]
    unseen = classify(small[training], film_labels[training], small_fresh) == fresh_labels
    return np.array([bootstrap_ci(by_scene), bootstrap_ci(unseen.astype(float))])


by_chance = np.random.default_rng(1).choice(3, len(film), p=FRACTIONS)
by_group = mine_or(
    point["parts"], "group_split", lambda: sides(group_split(film_labels, film_groups, FRACTIONS, 1))
).astype(int)
results = {
    name: [measured(classify, side) for side in (by_chance, by_group)]
    for name, classify in {"nearest neighbour": nearest_neighbour, "logistic": logistic}.items()
}
three = {name: np.stack([r[0][0], r[1][0], r[1][1]]) for name, r in results.items()}
show.bars(
    {name: rows[:, 0] for name, rows in three.items()},
    WAYS,
    alt="Accuracies of a nearest neighbour and a logistic classifier on a random split, on a group split, and on new scenes: the first is far above the other two.",
    unit="accuracy",
    intervals={name: rows[:, 1:] for name, rows in three.items()},
)
for name, (chance, group) in results.items():
    new = [100 * way[1, 0] for way in (chance, group)]
    print(f"{name}: flattered by {100 * (chance[0, 0] - group[0, 0]):.0f} points by the random split")
    print(f"   on new scenes, trained on the random split {new[0]:.0f} %, on the group split {new[1]:.0f} %")
constant = mine_or(point["constant"], "majority_baseline", lambda: majority_baseline(film_labels, fresh_labels))
print(f"always the most frequent class: {100 * constant[1]:.0f} % on new scenes")

# %% [markdown]
# Read the figure in three steps. The group split comes near to the truth about new scenes, the random one does not, for either classifier. (It stays a little below; its intervals are wide, since about a hundred test scenes are few.) The flattery depends on the classifier: whoever remembers gains most, so a leak can even reverse a comparison. (Which of the two wins on the random split, and which on new scenes?)
# And the leak spoils the *measurement*, not the classifier: trained on the random split it is no worse on new scenes, since it has seen frames of more scenes.
#
# How much of this is ours? We made the frames; in a real film neighbouring frames are sometimes nearer, sometimes farther apart. The direction is general, the size is not.

# %% [markdown]
# ### Integration 3: what is a wrong preprocessing worth?
#
# The statistics of the album's channels after your preprocessing. Choose a network; zero is ImageNet's mean colour, so channel means say how these drawings differ from photographs.

# %%
ARCHS = ["vgg16", "resnet50", "densenet121"]
statistics = mine_or(
    point["statistics"],
    "preprocess",
    lambda: [
        [f(preprocess(images, arch), axis=(0, 1, 2), dtype=np.float64) for f in (np.mean, np.std)] for arch in ARCHS
    ],
)


def draw_statistics(network):
    """Show mean and standard deviation of each channel."""
    mean, std = statistics[ARCHS.index(network)]
    show.bars(
        {"mean": mean, "standard deviation": std},
        [f"channel {k}" for k in range(3)],
        alt=f"Mean and standard deviation of the three channels of the album, preprocessed for {network}.",
        unit="value after preprocessing",
        title=network,
    )


explore(draw_statistics, network=ARCHS)

# %% [markdown]
# Now a network. A small VGG16, its weights frozen, turns pictures into 128 features, and a logistic classifier on top names one of 18 characters. It learned from 1800 training pictures; the test part has 890.
# *Right head*: the classifier learned after right preprocessing, and meets test pictures that were preprocessed wrongly, as when somebody uses your network carelessly. *Own head*: it learned after the same wrong preprocessing.
#
# The answers come from a file, so that this lab starts fast. To compute them yourself, with your `preprocess`, set `LIVE = True` in the next cell: it loads TensorFlow and takes two to six minutes. (On the full track it is on: the file holds the small network's answers.)

# %% nbgrader={"grade": false, "grade_id": "live", "locked": false, "schema_version": 3, "solution": false, "task": false}
LIVE = track.name == "full"

answered = np.load("vgg16.npz")
variants, answers, answer_labels = [str(v) for v in answered["variants"]], answered["answers"], answered["labels"]

if LIVE:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from toonlens.models import build
    from toonlens.startup import import_keras

    keras = import_keras()
    base = build("vgg16", weights=track.weights)
    MEANS = np.array([103.939, 116.779, 123.68], dtype=np.float32)
    wrongs = {
        "right": lambda x: preprocess(x, "vgg16"),
        "red first": lambda x: x - MEANS,
        "as DenseNet121": lambda x: preprocess(x, "densenet121"),
        "raw": lambda x: x.astype(np.float32),
        "twice": lambda x: preprocess(x, "vgg16")[..., ::-1] - MEANS,
    }

    def features(pictures, variant):
        batches = [pictures[k : k + 100] for k in range(0, len(pictures), 100)]
        return np.concatenate([np.asarray(base(wrongs[variant](x), training=False)).mean(axis=(1, 2)) for x in batches])

    def head(variant):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
        return model.fit(features(data.train.images[:1800], variant), data.train.labels[:1800])

    right_head = head("right")
    tests = {v: features(data.test.images, v) for v in variants}
    answers = np.array(
        [[right_head.predict(tests[v]) for v in variants], [head(v).predict(tests[v]) for v in variants]]
    )
    answer_labels = data.test.labels

# %%
accuracies = np.array([[bootstrap_ci((a == answer_labels).astype(float)) for a in row] for row in answers])
both = dict(zip(("right head", "own head"), accuracies, strict=True))
show.bars(
    {name: rows[:, 0] for name, rows in both.items()},
    [v.replace(" ", "\n", 1) for v in variants],
    alt="Accuracy of a classifier on a frozen VGG16 for right and four kinds of wrong preprocessing, with the head trained on right features and with a head of its own: wrong preprocessing costs most with the right head.",
    unit="accuracy",
    intervals={name: rows[:, 1:] for name, rows in both.items()},
)

# %% [markdown]
# Two things to see. With the right head every slip is dear: one swap of channels halves the accuracy, and the scale of another network brings it down to chance, one in 18. Nothing raised an error, and the network answered every time.
# With a head of its own most of the loss is repaired, since a logistic classifier can weigh shifted features anew: a mistake that is made in training *and* in the test hides well. What a head cannot repair is the scale: between −2 and 2, all pictures look nearly the same to VGG16.
#
# One network, drawings, one kind of head: how much a slip costs elsewhere, you have to measure there.

# %% [markdown]
# ## Part 6. Bug hunt and reflection
#
# ### Bug hunt
#
# `Difficulty 3/5 · Importance 4/5 · 12 min · 6 points`
#
# A colleague wrote a nearest-neighbour classifier that compares pictures by the *steps* from each pixel to its right neighbour, every step measured in its standard deviation over the training part. (A step that is the same in all training pictures is left as it is, not divided: it is as far from all of them and decides nothing.) `train` and `test` are places in `images` and `y`.
# **There are three bugs.** Each hides on most inputs and shows on some: think about dark-to-bright and bright-to-dark, about what a test picture may decide, and about places. Write the repaired function below it.
# You may hand any function to a check: `laws.check_nearest_label(nearest_label_buggy)` in a cell of your own shows a first symptom.


# %%
def nearest_label_buggy(images, y, train, test):
    """Label of the nearest training picture for each test picture: images uint8 (N, H, W, 3) -> (len(test),)."""
    steps = images[:, :, 1:] - images[:, :, :-1]
    steps = steps.reshape(len(images), -1).astype(np.float64)
    spread = steps.std(axis=0)
    steps = steps / np.where(spread > 0, spread, 1)
    answers = []
    for t in test:
        distance = np.sum((steps[train] - steps[t]) ** 2, axis=1)
        answers.append(y[distance.argmin()])
    return np.array(answers)


# %% nbgrader={"grade": false, "grade_id": "bug_hunt_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def nearest_label(images: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """The repaired function. Mark each repair with a comment that says what was wrong."""
    ### BEGIN SOLUTION
    pixels = images.astype(np.float64)  # before the subtraction: a step down wraps in uint8
    steps = (pixels[:, :, 1:] - pixels[:, :, :-1]).reshape(len(images), -1)
    spread = steps[train].std(axis=0)  # the training part's alone: test pictures had a say in the scale
    steps = steps / np.where(spread > 0, spread, 1.0)
    near = [((steps[train] - steps[t]) ** 2).sum(axis=1).argmin() for t in test]
    return y[train][near]  # argmin counts within the training part, and y holds the whole set
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bug_hunt", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_nearest_label(nearest_label)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Make pictures so small that you can follow every number: one row, three pixels. Then vary one thing at a time.
# </details>
# <details><summary>Hint 2: where to look</summary>
#
# One bug is in the first line, one in the third, one in the loop.
# </details>
# <details><summary>Hint 3: how to find each</summary>
#
# A row that goes from bright to dark shows the first; a test picture with enormous steps, beside other test pictures, shows the second; a training part that does not start at place 0 shows the third.
# </details>
#
# *If you see* steps above 200 everywhere, *suspect* the dtype. *If you see* answers that change when a test picture is taken away, *suspect* a statistic. *If you see* labels of test pictures among the answers, *suspect* what `argmin` counts.

# %% [markdown]
# ### Reflection
#
# In 150 words at most: **what would you believe of an accuracy of 90 % on an album like this one, and why?** Write four parts, with an empty line between them; each counts one point.
#
# - *Claim*: one sentence that could be wrong.
# - *Evidence*: at least two numbers or pictures of this lab, named.
# - *Limitation*: what these numbers cannot show.
# - *Alternative*: another explanation of the same numbers, and a test that would tell the two apart.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# **Claim.** Of 90 % on a random split of an album like this one, less than half would be left on new scenes.
#
# **Evidence.** In Integration 2 the nearest neighbour falls from 83 % (78 to 87) on the random split to 8 % (5 to 13) on the group split, and has 14 % (12 to 16) on new scenes. In the audit, 6 of the 18 near pairs stand in both parts of the album.
#
# **Limitation.** We made those frames, three of each scene. The album has copies of 15 of its 42 scenes only, so its flattery may be smaller, and its 18 test pictures cannot measure it: the constant answer's interval goes from 11 to 56 %.
#
# **Alternative.** The classifier may recognise the characters well. Take the 6 test pictures that have a near training picture out and test again, on a larger album of this kind: if it recognises, the number stays; if my claim holds, it falls.

# %% [markdown]
# ## Bonus
#
# Nothing here is graded.
#
# 1. **A better hash.** Hash the mirrored picture too, and call two pictures near if either matches. How many bits would you ask for now, and why fewer?
# 2. **How many frames?** Repeat integration 2 with 1, 2, 3 and 6 frames for each scene. How does the flattery grow, and what remains with one?
# 3. **Squash or crop.** Write `load_crop`, which cuts the middle square out before it resizes. For which of the eight files does it matter, and what would a network lose each way?

# %% nbgrader={"grade": false, "grade_id": "bonus", "locked": false, "schema_version": 3, "solution": false, "task": false}
# Your experiments.

# %% [markdown]
# ## Summary
#
# - What a file stores and what a viewer shows differ in colours, opacity and orientation. Decide each, and write the decision down.
# - A difference hash finds copies that pixels miss. Its threshold trades misses for false alarms; count both where you can.
# - Split groups, not pictures; class by class; by a seed. A leak flatters most whoever remembers most, and spoils the measurement, not the classifier.
# - An accuracy comes with its baseline, its interval and its split, or it says nothing.
# - Preprocessing belongs to the weights: order, mean, scale, once. Its bounds are those of the preprocessed pixels.
#
# ## References
#
# - Krawetz (2013). *Kind of like that.* The Hacker Factor Blog, hackerfactor.com. The difference hash.
# - Recommendation ITU-R BT.601. The weights 0.299, 0.587, 0.114 of red, green and blue.
# - Simonyan, Zisserman (2015). *Very deep convolutional networks for large-scale image recognition.* ICLR. Preprocessing: section 2.1, the mean RGB value is subtracted.
# - Chatfield, Simonyan, Vedaldi, Zisserman (2014). *Return of the devil in the details: delving deep into convolutional nets.* BMVC. How much details such as preprocessing and augmentation matter.
# - Efron, Tibshirani (1993). *An introduction to the bootstrap.* Percentile intervals: section 13.3.
# - Kapoor, Narayanan (2023). *Leakage and the reproducibility crisis in machine-learning-based science.* Patterns 4(9): 100804. A taxonomy of leaks; duplicates across parts are one of them.
# - Barz, Denzler (2020). *Do we train on test data? Purging CIFAR of near-duplicates.* Journal of Imaging 6(6): 41.
#
# ## Help and AI use
#
# Work in pairs if you like; hand in your own text and code. You may ask people, books and AI assistants about ideas, formulas and error messages. Code that you did not write yourself, from whatever source, needs a comment that says where it is from, and you have to be able to explain each line.
# Write the reflection without an assistant: it asks what *you* see. Name below who or what helped you, and with what.

# %% nbgrader={"grade": false, "grade_id": "help", "locked": false, "schema_version": 3, "solution": false, "task": false}
help_used = "nobody and nothing yet"
