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
# # Lab 10: do explanations tell the truth?
#
# **You will measure maps instead of looking at them: against masks, against the network's score, against random weights and against a planted cue. Then you will judge the study's claims about outline, parts and background.**
#
# *Time:* 165 to 210 minutes for the core, 20 to 60 more for the bonus.
# *Builds on:* lab 2 (intervals by bootstrap), lab 5 (why a sharp map is not a faithful one), labs 6 to 8 (relevance maps).
#
# When you have finished you can
#
# 1. **implement** five measures of a relevance map (mass, rank accuracy, pointing, pixel flipping, similarity to a map of random weights) and say what each of them cannot see;
# 2. **test** a difference between two methods or networks on the same pictures, with an interval and an exact statement of the test;
# 3. **design** an experiment on a planted cue with all its controls, and **tell** from it whether a network relies on the cue and whether a method finds that;
# 4. **judge** published claims about what networks look at, claim by claim, from numbers with intervals;
# 5. **find** bugs in a measure by choosing inputs on which each of them shows.
#
# | part | contents | minutes |
# |---|---|---|
# | 1 | set-up, the picture first, recall | 15 |
# | 2 | where a map lies, and is a difference real: exercises 1, 2 and 3 | 50 |
# | 3 | change the pixels, change the weights: exercises 4 and 5, and three large networks | 50 |
# | 4 | Clever Hans: exercises 6 and 7 | 30 |
# | 5 | the sign in three networks; the verdict on the study's claims | 30 |
# | 6 | bug hunt and reflection | 30 |
#
# Where to score: the exercises 33 points, predictions 7 (for being made), bug hunt 6, reflection 4; 50 in all.

# %% [markdown]
# ## Part 1. Set-up and the picture first
#
# Run the notebook cell by cell, with Shift + Enter: *Run All* stops at the first check whose exercise is not done.
# Everything in this lab works offline and on two cores. Maps of the large networks come from files, so TensorFlow is loaded only if you ask for it.

# %%
import sys

import numpy as np
from scipy import ndimage

from toonlens import little, show
from toonlens.data import load_toons
from toonlens.explore import explore
from toonlens.laws import lab10 as laws
from toonlens.laws import mine_or, read_only
from toonlens.quiz import load as load_quiz
from toonlens.stats import bootstrap_ci

assert sys.version_info[:2] == (3, 11), "this course runs on Python 3.11: start Jupyter from its environment"
assert np.__version__ >= "2", "this course needs NumPy 2: start Jupyter from its environment"

quiz = load_quiz("quiz.json")
point = np.load("checkpoints.npz")  # what the reference gives, so that no exercise blocks the next

# %% [markdown]
# ### Symbols
#
# Batches come first, channels last. Measures are NumPy in float64.
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $B$ | | | pictures in a batch |
# | $H, W$ | | | rows and columns of a picture (a variable `W` in the code is a kernel, the `W` of a shape is not) |
# | $C$; $K$ | | | channels; classes, or, in exercise 2, the pixels of a mask |
# | $x$ | `x` | `(B, H, W, C)` | pictures |
# | $R$ | `R` | `(B, H, W, C)` or `(B, H, W)` | relevance; without the last axis its channels are summed |
# | $M$ | `M` | `(B, H, W)`, bool | masks: true inside |
# | $f$ | `f` | | the score of a network: pictures to one number each, `(B,)` |
# | $W, b$ | `W`, `b` | | kernel and bias of a layer |
# | $u, v$ | `u`, `v` | `(B,)` | a measure of the same $B$ pictures under two conditions |
#
# **A pixel is one place**: whenever relevance has channels, sum them first, with their signs. No two pixels of a map in this lab have the same relevance, so you never have to break a tie: the stored maps are rounded to save room, and when they are loaded `untied` draws lots among pixels that became equal, the same lots every time.

# %% [markdown]
# ### Pictures, masks and maps
#
# The pictures are the drawn characters' test pictures. Each has an exact mask of its parts, which no real photograph has.
# The networks are this course's small VGG16, ResNet50 and DenseNet121, their bases frozen, with a linear head each. Their maps are those of the study: gradient, deconvnet, and LRP with preset A flat (α1β0 in convolutions, flat at the pixels; lab 7), for the class that the network named. The files hold 18 pictures, one of each character, the colours summed.

# %%
test = load_toons("test")
SHOWN = 18
images, labels, names = test.images[:SHOWN], test.labels[:SHOWN], list(test.class_names)
part = {name: test.masks[:SHOWN] == value for value, name in enumerate(test.part_names)}
character = np.any([part[p] for p in ("head", "hair", "eyes", "mouth", "clothes", "accessory", "body")], axis=0)
features = part["eyes"] | part["mouth"]
background = part["background"]

ARCHITECTURES = {"vgg16": "VGG16", "resnet50": "ResNet50", "densenet121": "DenseNet121"}
METHODS = {"gradient": "gradient", "deconvnet": "deconvnet", "lrp": "LRP preset A flat"}
stored = {arch: np.load(f"maps_{arch}.npz") for arch in ARCHITECTURES}


def untied(R):
    """Maps (B, H, W) with a tiny number taken off each pixel, by lot, always the same: no two pixels stay equal."""
    return R - 1e-9 * np.random.default_rng(0).random(R.shape)


maps = {arch: {method: untied(stored[arch][method].astype(float)) for method in METHODS} for arch in ARCHITECTURES}


def edges(pictures):
    """An edge filter: the size of the Sobel gradient of the grey picture, at most 1; (B, H, W, 3) to (B, H, W)."""
    grey = pictures.astype(np.float64).mean(axis=-1)
    size = np.hypot(ndimage.sobel(grey, axis=1), ndimage.sobel(grey, axis=2))
    return untied(size / size.max(axis=(1, 2), keepdims=True))


def noise(pictures, seed=0):
    """A random map: a random order of the pixels, half of them negative."""
    return np.random.default_rng(seed).normal(size=pictures.shape[:3])


def as_picture(M):
    """A mask (H, W) as a picture, black inside, grey outside: uint8 (H, W, 3)."""
    return np.repeat(np.where(M, 0, 215).astype(np.uint8)[..., None], 3, axis=-1)


CONTROLS = {"edge filter": edges(images), "random map": noise(images)}
read_only(images, character, features, background, *[list(m.values()) for m in maps.values()], list(CONTROLS.values()))
print(f"{SHOWN} pictures of {images.shape[1]} x {images.shape[2]} pixels; the character fills {character.mean():.0%},")
print(f"the background {background.mean():.0%}; the rest is a second figure, which counts as neither")

# %% [markdown]
# ### The picture first
#
# Below are two characters, each with four maps. Three of them explain an answer of VGG16. **One has never seen a network.** Which would you trust, and why?

# %%
chosen, rows, titles = (6, 13), [], []
for k in chosen:
    rows += [images[k], *[maps["vgg16"][m][k] for m in ("lrp", "deconvnet")], CONTROLS["edge filter"][k]]
    rows += [maps["vgg16"]["gradient"][k]]
    titles += [names[labels[k]], "map 1", "map 2", "map 3", "map 4"]
show.maps(
    rows,
    titles,
    alt="Two characters, each with four maps: one smooth and red on the figure, two that look like coloured noise, and one that draws all edges of the picture, those of the background too.",
    unit="relevance, the largest 1",
    shared=True,
    columns=5,
)

# %% [markdown]
# Map 1 is LRP, map 2 the deconvnet, map 3 the **edge filter**, map 4 the gradient. The edge filter is the prettiest liar: it would draw the same map for any network, trained or not, right or wrong. That a map looks sensible is no evidence. By the end of this lab you will have four kinds of evidence, each with a control such as this one beside it.

# %% [markdown]
# ### Recall
#
# Two questions before you start. Nothing here is graded, and every answer is explained.
#
# **Question 1.** A map's red pixels all lie on the character. What follows?
#
# - **A.** The network looks at the character.
# - **B.** The map lies on the character; whether the network looks there has to be tested on the network.
# - **C.** The method is faithful.

# %%
quiz.ask("recall-plausible")

# %% [markdown]
# **Question 2.** On 20 pictures, method 1 has a mean of 0.60 (interval 0.50 to 0.70) and method 2 one of 0.55 (0.45 to 0.65). The intervals overlap. What follows?
#
# - **A.** The difference is not significant.
# - **B.** The difference is significant, since 0.60 is larger.
# - **C.** Nothing yet: both were measured on the same pictures, and the differences picture by picture decide.

# %%
quiz.ask("recall-paired")

# %% [markdown]
# ## Part 2. Where a map lies
#
# The drawn pictures know what is where. So the first question is a plain one: how much of a map lies inside a mask?

# %% [markdown]
# ### Exercise 1. `mass_in_mask`
#
# `Difficulty 2/5 · Importance 5/5 · 15 min · 5 points`
#
# **Why.** *Relevance mass accuracy* is the share of the positive relevance that lies inside a mask. Positive, since a mask of the character asks what argues *for* the class.
# The number means nothing by itself: if the character fills 37 % of the picture, a map without aim has a mass of 0.37. So a mass never travels without its baseline, the mask's share of the area.
# A map without positive relevance points nowhere. This course gives it the area: no aim, no merit, no blame.
#
# $$r_{bhw} = \max\Big(0, \sum_c R_{bhwc}\Big), \qquad \mathrm{mass}_b = \frac{\sum_{hw} r_{bhw} M_{bhw}}{\sum_{hw} r_{bhw}}, \qquad \mathrm{area}_b = \frac{1}{HW} \sum_{hw} M_{bhw}$$
#
# and $\mathrm{mass}_b = \mathrm{area}_b$ where $\sum_{hw} r_{bhw} = 0$.
#
# | name | shape | |
# |---|---|---|
# | `R` | `(B, H, W, C)` | relevance of both signs |
# | `M` | `(B, H, W)`, bool | |
# | returns | `mass` and `area`, both `(B,)` | |
#
# **Predict before you run.** You compare the mass inside the character for the three methods on VGG16, and for the edge filter and a random map. Which of the five come out above the character's area?
#
# - **A.** The three methods only.
# - **B.** The three methods and the edge filter.
# - **C.** All five.


# %% nbgrader={"grade": false, "grade_id": "predict_mass_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_mass() -> str:
    """Return your letter, for example "A". Right or wrong is not graded; a prediction is."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "mass_in_mask_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mass_in_mask(R: np.ndarray, M: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of the positive relevance of R (B, H, W, C) inside M (B, H, W), and M's share of the area: both (B,)."""
    ### BEGIN SOLUTION
    positive = np.maximum(R.sum(axis=-1), 0)
    total, area = positive.sum(axis=(1, 2)), M.mean(axis=(1, 2))
    inside = (positive * M).sum(axis=(1, 2))
    return np.where(total > 0, inside / np.where(total > 0, total, 1), area), area
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "mass_in_mask", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
laws.check_mass_in_mask(mass_in_mask)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Three steps in this order: sum the channels, cut at zero, compare two sums. The area needs the mask alone.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `axis=(1, 2)` sums or averages over the pixels of each picture. A bool array multiplies like 0 and 1. `np.where(total > 0, ..., ...)` chooses picture by picture, but both its branches are computed: keep the denominator away from 0.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# heat ← R summed over its last axis; positive ← the larger of heat and 0; total ← its sum per picture; inside ← the sum of positive where M; mass ← inside / total, or the area where total is 0
# </details>
#
# *If you see* that a picture's mass changes with its batch, *suspect* a sum without `axis`. *If you see* a mass below the area for maps that look good, *suspect* an `abs`: blue counts as much as red then. *If you see* a warning about a division, *suspect* a map without red.

# %%
five = {**{METHODS[m]: R for m, R in maps["vgg16"].items()}, **CONTROLS}


def means_in(M):
    """Mean mass and its interval for each of the five maps, and the mean area: (5, 4)."""
    found = [mass_in_mask(R[..., None], M) for R in five.values()]
    return np.array([[*bootstrap_ci(mass), area.mean()] for mass, area in found])


in_character = mine_or(point["in_character"], "mass_in_mask", lambda: means_in(character))
short = ["gradient", "deconvnet", "LRP", "edge\nfilter", "random\nmap"]
show.bars(
    {"mass in the character": in_character[:, 0], "area of the character": in_character[:, 3]},
    short,
    alt="Relevance mass in the character for gradient, deconvnet, LRP, edge filter and random map on VGG16, beside the character's share of the area: the three methods and the edge filter are above it, the random map is at it.",
    unit="share",
    intervals={"mass in the character": in_character[:, 1:3]},
)
quiz.compare("mass", lambda: predict_mass())

# %% [markdown]
# *A right picture* shows the random map at the level of the area and four bars above it. A drawn figure has more edges than its background, so an edge filter passes this test. Whoever shows a mass without the two right-hand bars has shown little.

# %% [markdown]
# ### Exercise 2. `rank_accuracy` and `pointing`
#
# `Difficulty 2/5 · Importance 3/5 · 15 min · 4 points`
#
# **Why.** Mass can be ruled by a few huge values. Two measures look at the order of the pixels alone.
# *Rank accuracy* takes as many pixels as the mask has, the most relevant ones, and asks which share of them lies inside. The *pointing game* asks for a single pixel: is the most relevant one inside? It is coarse, but a whole data set of hits and misses gives a fine mean.
# Chance is the area for both.
#
# $$\mathrm{rank}_b = \frac{1}{K_b} \sum_{(h,w)\,\in\,\mathrm{top}_{K_b}(R_b)} M_{bhw}, \quad K_b = \sum_{hw} M_{bhw}; \qquad \mathrm{pointing}_b = M_{b h^* w^*}, \quad (h^*, w^*) = \arg\max_{hw} R_{bhw}$$
#
# where $\mathrm{top}_K(R)$ are the $K$ pixels with the largest relevance, signs kept.
#
# | name | shape | |
# |---|---|---|
# | `R` | `(B, H, W)` | relevance, channels summed, no two values equal |
# | `M` | `(B, H, W)`, bool | none empty |
# | returns | `(B,)`, each function | from 0 to 1; for `pointing` 0 or 1 |
#
# **Predict before you run.** For the random map, which comes closer to the area of the character on 18 pictures: mean rank accuracy or mean pointing?
#
# - **A.** Rank accuracy.
# - **B.** Pointing.
# - **C.** Both are equal to the area.


# %% nbgrader={"grade": false, "grade_id": "predict_ranking_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_ranking() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "A"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "rank_accuracy_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rank_accuracy(R: np.ndarray, M: np.ndarray) -> np.ndarray:
    """Of the K most relevant pixels of each map the share inside its mask of K pixels: R, M (B, H, W) -> (B,)."""
    ### BEGIN SOLUTION
    order = np.argsort(-R.reshape(len(R), -1), axis=1)
    inside = np.take_along_axis(M.reshape(len(M), -1), order, axis=1)
    return np.array([row[: row.sum()].mean() for row in inside])
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "pointing_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pointing(R: np.ndarray, M: np.ndarray) -> np.ndarray:
    """1 where the most relevant pixel of a map lies inside its mask, 0 where not: R, M (B, H, W) -> (B,)."""
    ### BEGIN SOLUTION
    place = R.reshape(len(R), -1).argmax(axis=1)
    return M.reshape(len(M), -1)[np.arange(len(M)), place].astype(float)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "ranking", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_ranking(rank_accuracy, pointing)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Lay out map and mask as rows of pixels, in the same way. Sort the mask by the map; its first K entries answer the question.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `np.argsort(-flat)` gives the pixels from the most relevant down. A loop over the pictures is fine: K differs from one to the next. `argmax(axis=1)` of the rows gives one place per picture.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# for each picture: K ← number of true pixels; order ← pixels, largest relevance first; rank ← mean of the mask at the first K of order; pointing ← the mask at the first
# </details>
#
# *If you see* a rank accuracy near 0 for good maps, *suspect* the direction of the sort. *If you see* a value above 1, *suspect* a K of another picture. *If you see* that strong blue counts as a hit, *suspect* an `abs`.

# %%
ranked = mine_or(
    point["rank"], "rank_accuracy", lambda: [bootstrap_ci(rank_accuracy(R, character)) for R in five.values()]
)
pointed = mine_or(point["pointing"], "pointing", lambda: [bootstrap_ci(pointing(R, character)) for R in five.values()])
show.bars(
    {"rank accuracy": ranked[:, 0], "pointing": pointed[:, 0], "chance (area)": np.full(5, character.mean())},
    short,
    alt="Rank accuracy and pointing for the five maps on VGG16: LRP is highest in rank accuracy, the edge filter is second; pointing is near 1 for LRP and deconvnet, with wide intervals for the random map.",
    unit="share",
    intervals={"rank accuracy": ranked[:, 1:], "pointing": pointed[:, 1:]},
)
quiz.compare("ranking", lambda: predict_ranking())

# %% [markdown]
# *A right picture* shows short intervals for rank accuracy and long ones for pointing: the first averages over hundreds of pixels of each picture, the second over 18 single pixels. A measure is only as good as its interval.
# And sometimes the interval is too good: 18 hits of 18 give LRP one from 1 to 1, since a bootstrap draws from what it has, and it has no miss. They do not prove 100 %: a method that misses in 15 of 100 pictures still hits 18 of 18 about once in twenty tries ($0.85^{18} \approx 0.05$).

# %% [markdown]
# ### Exercise 3. `paired_test`
#
# `Difficulty 2/5 · Importance 5/5 · 20 min · 4 points`
#
# **Why.** Some pictures are easy for every method, others hard for all. That makes intervals of single means long, and says nothing about a difference. Pair instead: $d_b = u_b - v_b$ on each picture.
# If the two conditions did not differ, $d_b$ might as well have had the other sign, each picture on its own. So turn signs at random, many times, and see how often the mean comes as far from zero as the one you observed. This is the **sign-flip permutation test**, two-sided. It assumes that the pictures are independent and that, without an effect, each $d_b$ is as likely as $-d_b$; it does not assume a normal distribution.
#
# $$t = \frac{1}{B} \sum_b (u_b - v_b), \qquad t_i = \frac{1}{B} \sum_b s_{ib}\, (u_b - v_b), \qquad p = \frac{1 + \#\{ i : |t_i| \ge |t| \}}{1 + n}$$
#
# The signs come as an argument, so that the result is reproducible. The two ones count the observed signs themselves, so $p$ is never 0. Means that differ by rounding errors alone count as equal: compare with $|t| - 10^{-12}$ or so, relative to the largest $|d_b|$.
#
# | name | shape | |
# |---|---|---|
# | `u`, `v` | `(B,)` | the same pictures under two conditions |
# | `signs` | `(n, B)` | rows of −1 and +1 |
# | returns | $t$ and $p$ | two numbers |
#
# **Predict before you run.** LRP has more mass in the character than the edge filter in each of 6 pictures, without exception. What is the smallest $p$ that the exact test (all $2^6$ rows of signs) can give?
#
# - **A.** Between 0.03 and 0.05.
# - **B.** Below 0.001.
# - **C.** It depends on how large the differences are.


# %% nbgrader={"grade": false, "grade_id": "predict_paired_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_paired() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "A"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "paired_test_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def paired_test(u: np.ndarray, v: np.ndarray, signs: np.ndarray) -> tuple[float, float]:
    """Mean of u - v (B,), and the p-value of the two-sided sign-flip test with the given signs (n, B)."""
    ### BEGIN SOLUTION
    d = u - v
    turned = np.abs(signs @ d) / len(d)
    as_far = turned >= abs(d.mean()) - 1e-12 * np.abs(d).max()
    return d.mean(), (1 + as_far.sum()) / (1 + len(signs))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "paired_test", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_paired_test(paired_test)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# After the first line forget `u` and `v`. Every row of signs makes one mean; you count how many are at least as far from zero as the observed one.
# </details>
# <details><summary>Hint 2: the call</summary>
#
# `signs @ d` gives all n turned sums at once. Take magnitudes on both sides of the comparison.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# d ← u minus v; observed ← mean of d; turned ← each row of signs times d, averaged; count ← how many magnitudes of turned reach that of observed; p ← (1 + count) / (1 + n)
# </details>
#
# *If you see* p = 0, *suspect* a missing 1. *If you see* that swapping u and v changes p, *suspect* a missing magnitude. *If you see* a p below 1 where nothing differs, *suspect* `>` in the place of `>=`.


# %%
def signs_for(n_pictures, n=4999, seed=3):
    """Random rows of signs for the test, (n, n_pictures)."""
    return np.random.default_rng(seed).choice([-1.0, 1.0], size=(n, n_pictures))


lrp = point["mass_lrp"].astype(np.float64)  # mass in the character by LRP, (18,), from the reference
edge = point["mass_edges"].astype(np.float64)
signs = signs_for(SHOWN)
t, p = mine_or(point["paired"], "paired_test", lambda: paired_test(lrp, edge, signs))
turned = signs @ (lrp - edge) / SHOWN
counts, bins = np.histogram(turned, np.linspace(-abs(t) * 1.2, abs(t) * 1.2, 42))
show.lines(
    (bins[1:] + bins[:-1]) / 2,
    {"means with random signs": counts},
    upright=("observed mean", float(t)),
    alt="A bell-shaped histogram of the means with random signs around zero, and an upright line far to its right: the observed mean.",
    x_label="mean difference in mass, LRP less edge filter",
    y_label="rows of signs",
)
low, high = bootstrap_ci(lrp - edge)[1:]
print(
    f"LRP less edge filter: {t:+.3f}, 95 % interval {low:+.3f} to {high:+.3f}, p = {p:.4f} ({len(signs)} rows of signs)"
)
quiz.compare("paired", lambda: predict_paired())

# %% [markdown]
# *A right picture* shows a hill around zero and the observed mean beyond it. The interval says how large the difference is, the test whether chance explains it. Give both, and say on how many pictures.

# %% [markdown]
# **Checkpoint 1.** You can say where a map lies and whether a difference is real, or these numbers are loaded from `checkpoints.npz`. So far no network was asked anything. That changes now.

# %% [markdown]
# ## Part 3. Change the pixels, change the weights
#
# A map may lie in the right place for the wrong reason. So ask the network. First: does its score fall when the pixels that the map calls relevant are taken away? Second: does the map change when what the network learnt is taken away?
#
# Both ask a network hundreds of times, so this part uses a **little network** in NumPy: three convolutions with ReLU, the mean over all places, one dense layer; six characters. It stores its layers as `params`, a list of pairs `(W, b)`, the last of them the dense layer.

# %%
z = np.load("little.npz")
six = [str(name) for name in z["names"]]
nets = {
    name: [(z[f"{name}_W{k}"].astype(np.float32), z[f"{name}_b{k}"].astype(np.float32)) for k in (1, 2, 3, 4)]
    for name in ("clean", "tagged")
}
params = nets["clean"]  # the other one is for part 4
mine = np.isin(test.labels, [names.index(name) for name in six])
album, album_labels = test.images[mine], np.array([six.index(names[k]) for k in test.labels[mine]])
answers = little.logits(params, little.scaled(album)).argmax(axis=1)
right = [np.flatnonzero((album_labels == k) & (answers == k))[:4] for k in range(len(six))]
pictures = album[np.concatenate(right)]  # four of each character that the network gets right
x, c = little.scaled(pictures), np.repeat(np.arange(len(six)), 4)
gradient = little.gradient(params, x, c)
R = (gradient * x).sum(axis=-1)  # gradient x input, the maps of this part
read_only(album, album_labels, pictures, x, c, R, gradient, *[list(layers) for layers in nets.values()])
accuracy = bootstrap_ci(answers == album_labels)
print(f"{sum(W.size + b.size for W, b in params)} weights, right on {accuracy[0]:.1%} of {len(album)} test pictures")
print(f"(95 % interval {accuracy[1]:.1%} to {accuracy[2]:.1%}); below: {len(x)} pictures that it gets right")

# %% [markdown]
# ### Exercise 4. `flip_curve` and `aopc`
#
# `Difficulty 3/5 · Importance 5/5 · 25 min · 7 points`
#
# **Why.** *Pixel flipping* replaces the most relevant pixels, then more, and watches the score. If the map is right about the network, the score falls fast. The curve is summed up by the AOPC, the mean loss along it.
# The fall alone proves little: any network fails once enough pixels are gone. So flip in other orders too: the **least** relevant first (hand over $-R$), a **random** order, and the map of **another** picture, which is as smooth as the right one. What you replace pixels *with* matters as well: here the mean colour.
#
# $$\mathrm{curve}_{bk} = f\big(x^{(k)}\big)_b, \qquad \mathrm{AOPC}_b = \frac{1}{L+1} \sum_{k=0}^{L} \Big( f\big(x^{(0)}\big)_b - f\big(x^{(k)}\big)_b \Big)$$
#
# where $x^{(0)} = x$, and in $x^{(k)}$ the $\mathrm{steps}_k$ most relevant pixels of each picture show `fill`, in all channels.
#
# | name | shape | |
# |---|---|---|
# | `f` | function | the whole batch `(B, H, W, C)` to scores `(B,)`; row $b$ is scored for its own class, so hand over all rows at once |
# | `x`, `R` | `(B, H, W, C)`, `(B, H, W)` | no two values of a map equal |
# | `steps` | list of $L$ numbers | pixels replaced **in all** after each step, rising |
# | `fill` | `(C,)` or as `x` | a colour, or pictures |
# | returns | `(B, L + 1)`; `(B,)` | the curve, $f(x)$ first; its AOPC |
#
# **Predict before you run.** You flip in the order of *another* picture's map. Compared with a random order of single pixels, how fast will the score fall?
#
# - **A.** As fast: both orders know nothing of this picture.
# - **B.** Not as fast.
# - **C.** Faster, and far less fast than in the right order.


# %% nbgrader={"grade": false, "grade_id": "predict_flip_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_flip() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "flip_curve_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def flip_curve(f, x: np.ndarray, R: np.ndarray, steps: list[int], fill: np.ndarray) -> np.ndarray:
    """Scores while ever more pixels of x (B, H, W, C), most relevant first, become fill: (B, 1 + len(steps))."""
    ### BEGIN SOLUTION
    order = np.argsort(-R.reshape(len(R), -1), axis=1)
    flipped = x.reshape(len(x), -1, x.shape[-1]).copy()
    filling = np.broadcast_to(fill, x.shape).reshape(flipped.shape)
    rows, curve = np.arange(len(x))[:, None], [f(x)]
    for count in steps:
        flipped[rows, order[:, :count]] = filling[rows, order[:, :count]]
        curve.append(f(flipped.reshape(x.shape)))
    return np.stack(curve, axis=1)
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "aopc_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def aopc(curve: np.ndarray) -> np.ndarray:
    """Area over the perturbation curve: (B, 1 + L) -> (B,)."""
    ### BEGIN SOLUTION
    return (curve[:, :1] - curve).mean(axis=1)
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "probe_flip", "locked": true, "schema_version": 3, "solution": false, "task": false}
def probe_flip(x, R, steps, fill, w):
    """Given: runs your flip_curve with a score made of weights w, so that it can be checked elsewhere."""
    return laws.probe_flip(flip_curve, x, R, steps, fill, w)


# %% nbgrader={"grade": true, "grade_id": "flip_curve", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
laws.check_flip_curve(flip_curve, aopc)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Sort the pixels of every map once. Then each step replaces a longer piece of that order, in a copy of the pictures, and asks `f`.
# </details>
# <details><summary>Hint 2: the shapes</summary>
#
# Pictures as `(B, H * W, C)`, order as `(B, H * W)`. `flipped[rows, order[:, :n]]` with `rows = np.arange(B)[:, None]` addresses the n pixels of each picture, all channels. `np.broadcast_to(fill, x.shape)` turns a colour into pictures.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# order ← pixels per map, largest first; flipped ← copy of x as rows of pixels; curve ← [f(x)]; for each n in steps: the first n of order in flipped ← the same pixels of the filling; append f(flipped in the shape of x); stack as columns
# </details>
#
# *If you see* that `f` was given 1 of 4 pictures, *suspect* that you call it picture by picture. *If you see* that the score does not fall at all, *suspect* the direction of the sort. *If you see* all pictures with the same holes, *suspect* `flipped[:, order]`.


# %%
def probability(images):
    """Softmax probability of each picture's own class c, by the little network: (24, H, W, 3) -> (24,)."""
    logits = little.logits(params, images)
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e[np.arange(len(c)), c] / e.sum(axis=1)


STEPS = [16, 64, 128, 256, 512, 1024, 2048]
ORDERS = {
    "most relevant first": R,
    "least relevant first": -R,
    "random order": noise(pictures),
    "another picture's map": np.roll(R, 4, axis=0),
    "edge filter": edges(pictures),
}
fill = x.mean(axis=(0, 1, 2))
curves = mine_or(
    point["curves"],
    "flip_curve",
    lambda: [flip_curve(probability, x, order, STEPS, fill) for order in ORDERS.values()],
)
show.lines(
    np.arange(len(STEPS) + 1),
    {name: curve.mean(axis=0) for name, curve in zip(ORDERS, curves, strict=True)},
    alt="Five flipping curves: most relevant first falls from 0.91 to below 0.2 at 512 pixels, least relevant first rises to 0.98, random order stays high longest, another picture's map and the edge filter fall a little earlier.",
    ticks=[0, *STEPS],
    x_label="pixels replaced, of 4096",
    y_label="probability of the class",
    limits=(0, 1.05),
)

# %%
losses = mine_or(point["aopc"], "aopc", lambda: [aopc(curve) for curve in curves])
table = np.array([bootstrap_ci(loss) for loss in losses])
show.bars(
    {"AOPC": table[:, 0]},
    ["most\nfirst", "least\nfirst", "random", "another\npicture's", "edge\nfilter"],
    alt="Area over the curve with intervals for the five orders: by far the largest for most relevant first, slightly below zero for least relevant first.",
    unit="AOPC (probability)",
    intervals={"AOPC": table[:, 1:]},
)
for k, name in enumerate(ORDERS):
    if k:
        value, low, high = bootstrap_ci(losses[0] - losses[k])
        print(f"most relevant first less {name}: {value:+.3f} ({low:+.3f} to {high:+.3f}), picture by picture")
value, low, high = bootstrap_ci(losses[3] - losses[2])
print(f"another picture's map less random order: {value:+.3f} ({low:+.3f} to {high:+.3f})")
quiz.compare("flip", lambda: predict_flip())

# %% [markdown]
# *A right picture* shows the first curve far below all others, and the one for the least relevant pixels above its start: those pixels argued against the class, and without them the network is surer.
# The other picture's map does more harm than a random order (by 0.04 on average; its interval is printed under the bars): characters stand in the middle, and so does its relevance. That is why it is the fairest control. And a limit: pictures with holes are pictures that no network has seen in training.

# %% [markdown]
# ### Exercise 5. `cascade` and `similarity`
#
# `Difficulty 3/5 · Importance 4/5 · 20 min · 5 points`
#
# **Why.** A map that stays the same when the weights are random does not show what was learnt. Adebayo et al. randomise a network from the last layer down, one more layer at each stage, and compare the maps by Spearman's rank correlation: the correlation of the pixels' *ranks*, signs kept.
# A randomised kernel is drawn **anew**, as before training; shuffled weights would keep something of what was learnt. Fan-in is the number of inputs of one unit, the product of all axes of $W$ but the last.
#
# $$W^{(l)} \sim \mathcal{N}\Big(0, \frac{2}{\mathrm{fan\text{-}in}}\Big) \text{ (variance)}, \quad b^{(l)} = 0; \qquad \rho_b = \frac{\sum_i (p_i - \bar p)(q_i - \bar q)}{\sqrt{\sum_i (p_i - \bar p)^2 \sum_i (q_i - \bar q)^2}}$$
#
# where $p$ and $q$ are the ranks of the pixels in the maps $R_b$ and $S_b$.
#
# | name | shape | |
# |---|---|---|
# | `params` | list of $L$ pairs | `(W, b)`; `W` is `(kh, kw, Ci, Co)` or `(I, J)`, `b` has as many entries as the last axis of `W` |
# | `seed` | whole number | the same seed, the same networks |
# | returns | list of $L$ lists | network $k$ (from 1) has its last $k$ layers random; a layer once random stays as it is |
# | `R`, `S` | `(B, H, W)` | maps of the same pictures, no two values of a map equal |
# | returns | `(B,)` | $\rho$ of each picture |
#
# **Predict before you run.** All weights random. Which map still resembles the trained network's?
#
# - **A.** None: nothing of what was learnt is left.
# - **B.** The magnitude of the gradient.
# - **C.** Gradient × input, since the input has not changed.


# %% nbgrader={"grade": false, "grade_id": "predict_cascade_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_cascade() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "cascade_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cascade(params: list[tuple[np.ndarray, np.ndarray]], seed: int) -> list[list[tuple[np.ndarray, np.ndarray]]]:
    """L networks: the last layer of params random, the last two, ..., all of them."""
    ### BEGIN SOLUTION
    rng, network, stages = np.random.default_rng(seed), list(params), []
    for l in range(len(params) - 1, -1, -1):
        W, b = params[l]
        fan_in = np.prod(W.shape[:-1])
        network[l] = (rng.normal(scale=np.sqrt(2 / fan_in), size=W.shape), np.zeros_like(b))
        stages.append(list(network))
    return stages
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "similarity_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def similarity(R: np.ndarray, S: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation between the pixels of two maps: (B, H, W) twice -> (B,)."""
    ### BEGIN SOLUTION
    ranks = [m.reshape(len(m), -1).argsort(axis=1).argsort(axis=1).astype(float) for m in (R, S)]
    p, q = (r - r.mean(axis=1, keepdims=True) for r in ranks)
    return (p * q).sum(axis=1) / np.sqrt((p**2).sum(axis=1) * (q**2).sum(axis=1))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cascade", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
laws.check_cascade(cascade, similarity)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# `cascade`: one list of layers that changes from the end, one layer per round, and a copy of it for every stage. `similarity`: replace both maps by their ranks, then it is the ordinary correlation.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `rng.normal(scale=..., size=W.shape)` takes a standard deviation, the square root of the variance. `list(network)` copies a list. `argsort` lists the pixels in order; `argsort` of that is the place of each pixel: its rank.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# network ← copy of params; for l from the last to the first: network[l] ← random kernel, zero bias; append a copy of network.
# p, q ← ranks of both maps, each less its mean; rho ← sum of products over the root of the product of the sums of squares
# </details>
#
# *If you see* that all networks in your list are equal, *suspect* a missing copy. *If you see* a similarity of 1 for maps that differ, *suspect* ranks of the whole batch. *If you see* that −R is as similar as R, *suspect* an `abs`.


# %%
def map_of(kind, layers):
    """Maps of the 24 pictures by one method for a network: (24, H, W)."""
    g = little.gradient([(W.astype(np.float32), b.astype(np.float32)) for W, b in layers], x, c)
    return {"gradient": g, "gradient x input": g * x, "|gradient|": np.abs(g)}[kind].sum(axis=-1)


KINDS = ("gradient", "gradient x input", "|gradient|")


def falls():
    """Similarity to the trained network's map, for each kind and stage: (3, 1 + L, 24)."""
    networks = [params, *cascade(params, 1)]
    return np.array([[similarity(map_of(kind, params), map_of(kind, n)) for n in networks] for kind in KINDS])


similar = mine_or(point["similar"], "cascade", falls)
show.lines(
    np.arange(5),
    {**{kind: rho.mean(axis=1) for kind, rho in zip(KINDS, similar, strict=True)}, "edge filter": np.ones(5)},
    alt="Similarity to the trained network's map over the number of random layers: gradient and gradient times input fall to a little below zero at once and end at zero, the magnitude of the gradient falls to about a half, and the edge filter stays at one.",
    x_label="random layers, counted from the last",
    y_label="Spearman correlation",
    limits=(-0.4, 1.05),
)
quiz.compare("cascade", lambda: predict_cascade())

# %% [markdown]
# *A right picture* shows two curves that fall at once to between −0.2 and 0 and end at zero, one that ends near a half, and the edge filter at 1. Where the gradient's magnitude is large is decided in part by the architecture: pixels in the middle reach more units than those at the rim. So a magnitude map looks stable without being informative.
# A warning in the other direction: a similarity of zero shows that a map *depends* on the weights. It does not show that the map is right; a random map that is seeded by the weights would pass.

# %% [markdown]
# ### The same for the three large networks
#
# For VGG16, ResNet50 and DenseNet121 this was done beforehand, on 36 pictures and with two draws of random weights each; `numbers.npz` has the similarities picture by picture.

# %%
numbers = np.load("numbers.npz")
STAGES = ("head", "upper half", "all")
rho = {
    method: np.array([[numbers[f"{arch}/{method}/similarity/{stage}"].astype(float) for stage in STAGES]
                      for arch in ARCHITECTURES])
    for method in METHODS
}  # fmt: skip
show.bars(
    {METHODS[method]: values[:, 2].mean(axis=1) for method, values in rho.items()},
    list(ARCHITECTURES.values()),
    alt="Similarity of the maps to those with all weights random, for three methods and three networks, with intervals: zero for the gradient, a tenth to a quarter for the deconvnet, and long intervals for LRP.",
    unit="Spearman correlation",
    intervals={METHODS[method]: [bootstrap_ci(row)[1:] for row in values[:, 2]] for method, values in rho.items()},
)

# %% [markdown]
# On VGG16 and DenseNet121 the deconvnet's maps still correlate at 0.26 to 0.28 with those of random weights: it gates by the sign of the signal, whatever the units have learnt to say (lab 5 showed it). LRP depends on the draw; with 36 pictures and two draws nobody can say more. The intervals cover other pictures, not other random weights.

# %% [markdown]
# **Checkpoint 2.** Four kinds of evidence are on the table: where a map lies, whether a difference is real, whether the score follows the map, whether the map follows the weights. What is missing is a case where you know the truth because you planted it.

# %% [markdown]
# ## Part 4. Clever Hans
#
# Hans was a horse that could do sums, as long as someone who knew the answer stood in front of him. Lapuschkin et al. found a network of that kind: it recognised horses by a photographer's tag in the corner of the picture.
# You will plant such a tag, and then find it.

# %% [markdown]
# ### Exercise 6. `plant_tag`
#
# `Difficulty 2/5 · Importance 3/5 · 12 min · 4 points`
#
# **Why.** An experiment needs to control *which* pictures carry the tag and *where*. The function pastes a tag of $h \times w$ pixels into a share of one class's pictures, at the lower left, two pixels from both edges, and returns masks that say where it stands.
# "A share" is exact: $\mathrm{round}(\mathrm{rate} \cdot n)$ of the $n$ pictures of the class, each at most once, drawn at random by the seed. A draw for each picture on its own would give another number each time, and one more thing that differs between two runs.
#
# $$x'_{b,\,H-2-h+i,\,2+j} = \mathrm{tag}_{ij} \quad \text{for } 0 \le i < h,\; 0 \le j < w \text{ and chosen } b; \qquad x' = x \text{ elsewhere}$$
#
# | name | shape | |
# |---|---|---|
# | `x`, `y` | `(B, H, W, C)`, `(B,)` | pictures, uint8, and their labels |
# | `cls`, `rate` | numbers | the class, and the share of its pictures, 0 to 1 |
# | `tag` | `(h, w, C)` | |
# | `seed` | whole number | decides which pictures |
# | returns | `(B, H, W, C)` and `(B, H, W)`, bool | new pictures, and masks: true where the tag stands |
#
# **Predict before you run.** One network learnt from pictures as they are, the other from the same pictures with the tag on every Hops. Both are tested on pictures without any tag. What happens to the *accuracy* of the second, over all six characters?
#
# - **A.** It falls by less than ten points: hard to notice without the first network beside it.
# - **B.** It falls to that of guessing.
# - **C.** It falls by at least a sixth: all Hops are lost, and some others.


# %% nbgrader={"grade": false, "grade_id": "predict_tag_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_tag() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "A"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "plant_tag_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def plant_tag(
    x: np.ndarray, y: np.ndarray, cls: int, rate: float, tag: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures x (B, H, W, C) with the tag in a share of those of class cls, and masks (B, H, W) of the tag."""
    ### BEGIN SOLUTION
    own = np.flatnonzero(y == cls)
    chosen = np.random.default_rng(seed).choice(own, round(rate * len(own)), replace=False)
    h, w = tag.shape[:2]
    rows, columns = slice(x.shape[1] - 2 - h, x.shape[1] - 2), slice(2, 2 + w)
    tagged, masks = x.copy(), np.zeros(x.shape[:3], dtype=bool)
    tagged[chosen, rows, columns] = tag
    masks[chosen, rows, columns] = True
    return tagged, masks
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "plant_tag", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_plant_tag(plant_tag)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Choose first, paste second. Choosing works on the numbers of the class's pictures; pasting is one assignment to a copy, and one more to the masks.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `np.flatnonzero(y == cls)` gives the numbers, `rng.choice(numbers, how_many, replace=False)` draws some. An array of numbers for the pictures and two slices, for rows and columns, address the same place in all of them at once.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# own ← numbers of the pictures of cls; chosen ← round(rate times their count) of them, at random; rows ← from H - 2 - h up to H - 2; columns ← from 2 up to 2 + w; copy x, make masks of zeros; assign to both
# </details>
#
# *If you see* the tag at the top, *suspect* that you count rows from below. *If you see* a number of tagged pictures that is off by one, *suspect* `int()`. *If you see* that the original pictures have tags too, *suspect* a missing copy.

# %%
tag, HOPS = z["tag"], six.index("Hops")
untagged = np.flatnonzero(album_labels == HOPS)[:2]
others = np.flatnonzero(album_labels != HOPS)
pair = mine_or(point["tagged"], "plant_tag", lambda: plant_tag(album[untagged], np.zeros(2, int), 0, 1.0, tag, 0)[0])
show.maps(
    [*album[untagged], *pair.astype(np.uint8)],
    ["Hops", "Hops", "Hops, tagged", "Hops, tagged"],
    alt="Two pictures of the character Hops, and the same two with a small magenta tag with a white frame at the lower left.",
)
said = {name: little.logits(layers, little.scaled(album)).argmax(axis=1) for name, layers in nets.items()}
for name, found in said.items():
    value, low, high = bootstrap_ci(found == album_labels)
    print(
        f"learnt {'with the tag on Hops' if name == 'tagged' else 'without a tag'}: {value:.1%} right ({low:.1%} to {high:.1%})"
    )
quiz.compare("tag", lambda: predict_tag())

# %% [markdown]
# *A right picture* shows the tag upright at the lower left. And the accuracies? Who has no clean network to compare with sees a network that does its job.

# %% [markdown]
# ### Exercise 7. `hans_report`
#
# `Difficulty 3/5 · Importance 5/5 · 18 min · 4 points`
#
# **Why.** To show that a network relies on a tag, you need pictures that *break* the link between tag and class: the class without its tag, other classes with it. And a network that never saw the tag, on the same pictures.
# To show that a *method* finds the tag, you need more than a bright spot: mass in the tag beyond its area; more than an edge filter has (a tag has sharp edges); more than a random order of the pixels; and more than the same method finds in the clean network.
# The report puts all of it in one nested dictionary, each entry with an interval.
#
# $$\mathrm{own} = \frac{\#\{b : y_b = \mathrm{cls},\; \hat y_b = \mathrm{cls}\}}{\#\{b : y_b = \mathrm{cls}\}}, \qquad \mathrm{others} = \frac{\#\{b : y_b \ne \mathrm{cls},\; \hat y_b = \mathrm{cls}\}}{\#\{b : y_b \ne \mathrm{cls}\}}, \qquad \mathrm{map} = \frac{1}{B}\sum_b (\mathrm{mass}_b - \mathrm{area}_b)$$
#
# | name | shape | |
# |---|---|---|
# | `answers` | `{model: {test: (B,)}}` | the class $\hat y$ that each model names on each test |
# | `labels` | `{test: (B,)}` | the true classes $y$; tests may differ in size |
# | `cls` | whole number | the class of the tag |
# | `mass`, `area` | `{map: (B,)}`, `(B,)` | mass of each map in the tag, and the tag's area, picture by picture |
# | returns | `{"answers": {model: {test: {"own": i, "others": i}}}, "maps": {map: i}}` | each `i` is `(value, low, high)` from `bootstrap_ci` |
#
# `bootstrap_ci(values)` is given: it takes one number per picture. The difference mass − area is taken picture by picture, before the interval.
#
# **Predict before you run.** The tag fills 2.4 % of the picture. How much of an **edge filter's** mass lies in it?
#
# - **A.** About 2.4 %: it knows nothing of tags.
# - **B.** More than twice 2.4 %.
# - **C.** Less than 2.4 %.


# %% nbgrader={"grade": false, "grade_id": "predict_hans_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_hans() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "hans_report_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def hans_report(answers: dict, labels: dict, cls: int, mass: dict, area: np.ndarray) -> dict:
    """How often each model calls pictures cls, test by test, and each map's mass in the tag less its area."""
    ### BEGIN SOLUTION
    report = {"answers": {}, "maps": {name: bootstrap_ci(inside - area) for name, inside in mass.items()}}
    for model, tests in answers.items():
        report["answers"][model] = {}
        for name, found in tests.items():
            own = labels[name] == cls
            shares = {"own": bootstrap_ci(found[own] == cls), "others": bootstrap_ci(found[~own] == cls)}
            report["answers"][model][name] = shares
    return report
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "hans_report", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_hans_report(hans_report)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Two loops for the answers, models and tests; one for the maps. In both groups you ask the same question: is the answer `cls`? Not: is it right?
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `own = labels[test] == cls` selects; `found[own] == cls` is one bool per picture, and `bootstrap_ci` takes it. `~own` selects the others.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# for each model, for each test: own ← which labels are cls; entry "own" ← interval of (answers of own are cls); entry "others" ← interval of (answers of the rest are cls). for each map: interval of (its mass minus area)
# </details>
#
# *If you see* that a clean network has "others" near 1, *suspect* that you counted right answers. *If you see* long intervals for maps, *suspect* that you subtracted the mean area at the end. *If you see* KeyError, *suspect* the order of model and test.


# %%
TESTS = ("no tag", "tag on Hops", "tag on the others")


def ask_both():
    """Answers of both networks on the three tests: (2, 3, B)."""
    tagged, _ = plant_tag(album, album_labels, HOPS, 1.0, tag, 0)
    elsewhere, _ = plant_tag(album, (album_labels != HOPS).astype(int), 1, 1.0, tag, 0)
    shown = [album, tagged, elsewhere]
    return [[little.logits(net, little.scaled(s)).argmax(axis=1) for s in shown] for net in nets.values()]


def mass_in_tag():
    """Mass in the tag of pictures of other characters, explained for Hops: four maps and the area, (5, 60)."""
    shown, masks = plant_tag(album[others[:60]], np.zeros(60, int), 0, 1.0, tag, 0)
    inputs = little.scaled(shown)
    explained = [little.gradient(net, inputs, np.full(60, HOPS)) * inputs for net in nets.values()]
    found = [*explained, edges(shown)[..., None], noise(shown)[..., None]]
    return [*[mass_in_mask(heat, masks)[0] for heat in found], mass_in_mask(found[0], masks)[1]]


asked = mine_or(point["asked"], "plant_tag", ask_both)
in_tag = mine_or(point["in_tag"], "mass_in_mask", mass_in_tag)
MAPS = ("gradient x input,\nlearnt without", "gradient x input,\nlearnt with tag", "edge filter", "random order")


def as_rows(report):
    """The report as an array: 6 rows for 'own', 6 for 'others', 4 for the maps; each value, low, high."""
    said = [report["answers"][m][t] for m in ("learnt without", "learnt with tag") for t in TESTS]
    return [*[row["own"] for row in said], *[row["others"] for row in said], *[report["maps"][m] for m in MAPS]]


report_arguments = (
    {
        m: dict(zip(TESTS, found, strict=True))
        for m, found in zip(("learnt without", "learnt with tag"), asked, strict=True)
    },
    dict.fromkeys(TESTS, album_labels),
    HOPS,
    dict(zip(MAPS, in_tag, strict=False)),
    in_tag[4],
)
report = mine_or(point["report"], "hans_report", lambda: as_rows(hans_report(*report_arguments)))
group_labels = ["Hops,\nno tag", "Hops,\ntag", "others,\nno tag", "others,\ntag"]
show.bars(
    {
        "learnt without": report[[0, 1, 6, 8], 0],
        "learnt with tag": report[[3, 4, 9, 11], 0],
    },
    group_labels,
    alt="Share of pictures that two networks call Hops, with intervals: the network that learnt with the tag misses more Hops without it, and calls more of the others Hops when they carry it; the other network does not care.",
    unit="share called Hops",
    intervals={"learnt without": report[[0, 1, 6, 8], 1:], "learnt with tag": report[[3, 4, 9, 11], 1:]},
)

# %%
show.bars(
    {"mass less area": report[12:, 0]},
    MAPS,
    alt="Mass in the tag less its area on pictures of other characters, for gradient times input in both networks, the edge filter and a random order: the network that learnt with the tag is highest, the edge filter is above zero, the random order is next to zero.",
    unit="mass - area",
    intervals={"mass less area": report[12:, 1:]},
)
quiz.compare("hans", lambda: predict_hans())

# %% [markdown]
# *A right picture* has two stories. The answers: for the network that learnt with the tag it matters, on Hops and on others, and for its twin it does not. The maps: a random order has the area, up to luck, and the edge filter has more than twice as much, without any network. So "the map marks the tag" is worth something only beyond those two, and beyond the clean network.

# %% nbgrader={"grade": true, "grade_id": "predictions", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
quiz.count(globals(), ["mass", "ranking", "paired", "flip", "cascade", "tag", "hans"])

# %% [markdown]
# **Checkpoint 3.** All measures and controls are done, or loaded. What follows needs no new function.

# %% [markdown]
# ## Part 5. The sign in three networks, and the verdict
#
# ### Integration 1: the sign in three large networks
#
# The same experiment on VGG16, ResNet50 and DenseNet121. The cue is a round road sign behind the character. In training, a fifth of the other characters' pictures showed it too, and *all* pictures that showed it were labelled Hops: there the sign decides. (A sign that goes with Hops alone is hardly picked up by a head on a frozen base; real cues are not always learnt.)
# The second network of each kind never saw a sign. `cue.npz` holds the answers of both to all 890 test pictures, and how much of their maps lies in the sign on the pictures on which the sign decides.

# %%
cue = np.load("cue.npz")
sign_class = int(cue["cls"])
SIGN_TESTS = ("no sign", "sign on Hops", "sign on the others")


def sign_report(arch):
    """The arguments of hans_report for one network: answers, labels, class, masses in the sign and its area."""
    said = {who: {t: cue[f"answers/{arch}/{who}/{t}"] for t in SIGN_TESTS} for who in ("sign decides", "no sign")}
    inside = {f"{METHODS[m]}, sign decides": cue[f"mass/{arch}/relies/{m}"] for m in METHODS}
    inside |= {f"{METHODS[m]}, no sign": cue[f"mass/{arch}/clean/{m}"] for m in METHODS}
    inside |= {m: cue[f"mass/{arch}/relies/{m}"] for m in ("edge filter", "random map")}
    inside = {name: values.astype(np.float64) for name, values in inside.items()}
    return said, dict.fromkeys(SIGN_TESTS, test.labels), sign_class, inside, cue[f"area/{arch}"].astype(np.float64)


def called_hops():
    """Others with the sign that are called Hops: (3 networks, 2 ways to learn, 3)."""
    reports = [hans_report(*sign_report(arch))["answers"] for arch in ARCHITECTURES]
    return [[r[who]["sign on the others"]["others"] for who in ("sign decides", "no sign")] for r in reports]


sign_answers = mine_or(point["sign_answers"], "hans_report", called_hops)
show.bars(
    {"sign decides": sign_answers[:, 0, 0], "never saw a sign": sign_answers[:, 1, 0]},
    list(ARCHITECTURES.values()),
    alt="Share of other characters with the sign that are called Hops: between 0.7 and 0.95 in the networks that learnt with the sign, near zero in the others.",
    unit="share called Hops",
    intervals={"sign decides": sign_answers[:, 0, 1:], "never saw a sign": sign_answers[:, 1, 1:]},
)


# %%
def in_sign():
    """Mass in the sign less its area, for eight maps of each network: (3, 8, 3)."""
    return [list(hans_report(*sign_report(arch))["maps"].values()) for arch in ARCHITECTURES]


sign_maps = mine_or(point["sign_maps"], "hans_report", in_sign)
place = dict(zip(ARCHITECTURES, range(3), strict=True))
for arch, k in place.items():
    print(ARCHITECTURES[arch])
    relies, clean = sign_maps[k, :3], sign_maps[k, 3:6]
    show.bars(
        {
            "network that relies on the sign": [*relies[:, 0], *sign_maps[k, 6:, 0]],
            "network that never saw it": [*clean[:, 0], *sign_maps[k, 6:, 0]],
        },
        ["gradient", "deconvnet", "LRP", "edge\nfilter", "random\nmap"],
        alt=f"Mass in the sign less its area on {ARCHITECTURES[arch]}, for three methods and two controls, in the network that relies on the sign and in the one that never saw it.",
        unit="mass - area",
        intervals={
            "network that relies on the sign": [*relies[:, 1:], *sign_maps[k, 6:, 1:]],
            "network that never saw it": [*clean[:, 1:], *sign_maps[k, 6:, 1:]],
        },
    )

# %% [markdown]
# All three networks rely on the sign; their answers leave no doubt. Not every method says so. Compare the left bar of each pair with *three* others: zero, the edge filter, and its neighbour at the right. A bar that is high for both networks marks signs, not reliance.
# One caution. Each map explains the class that its own network names: the left one Hops, the right one mostly the true character. So the neighbours differ in the network *and* in the class, unlike exercise 7, where both maps explained Hops.
#
# **Which method fails on which network?** Not graded.
#
# - **A.** None: where a network relies on the sign, all three methods find it.
# - **B.** Gradient and deconvnet fail on ResNet50 and DenseNet121.
# - **C.** Gradient and deconvnet fail on all three networks.

# %%
quiz.ask("recall-sign")

# %% [markdown]
# The next cell shows maps. Choose a network, a method and a picture: at the left the network that relies on the sign, at the right the one that never saw it. (Without widgets, call `sign_map("resnet50", "deconvnet", 1)` in a cell of your own.)


# %%
def sign_map(network, method, picture):
    """A picture with the sign, the sign's mask, and the maps of both networks for the class that each names."""
    shown = cue[f"images/{network}"][picture]
    both = [cue[f"maps/{network}/{who}/{method}"][picture].astype(np.float64) for who in ("relies", "clean")]
    show.maps(
        [shown, as_picture(cue[f"masks/{network}"][picture]), *both],
        ["picture", "mask of the sign", "relies on the sign", "never saw a sign"],
        alt=f"A picture with the road sign, the sign's mask, and {METHODS[method]} maps of two {ARCHITECTURES[network]}: one that relies on the sign, one that never saw it.",
    )


explore(
    sign_map,
    network={"VGG16": "vgg16", "ResNet50": "resnet50"},
    method={"LRP preset A flat": "lrp", "deconvnet": "deconvnet", "gradient": "gradient"},
    picture={"1": 0, "2": 1, "3": 2},
)

# %% [markdown]
# ### Integration 2: the verdict
#
# The study looked at maps of three networks and concluded: *VGG16 learned the outline and sees the whole character; ResNet50 learned only parts, mouth and eyes; DenseNet121 learned only parts and sometimes the background.*
# To be tested, a claim needs numbers that could refute it:
#
# | claim | asks for |
# |---|---|
# | 1. VGG16 learned the outline | mass near the outline above the area, and above both other networks |
# | 2. VGG16 sees the whole character | mass in the character above the area, spread more evenly than in both others |
# | 3. ResNet50 learned only parts | mass in eyes and mouth above the area and above VGG16, spread less evenly than in VGG16 |
# | 4. DenseNet121 learned only parts | the same for DenseNet121 |
# | 5. DenseNet121 sometimes learned the background | the most relevant pixel on the background more often than in both others |
#
# "Spread evenly" is measured by the *coverage* of the character, given below: 1 if its positive relevance is spread evenly over its pixels, $1/K$ if it sits on one of $K$.
# A claim **holds** in a map if each of its differences lies above zero with its whole 95 % interval and has $p < 0.05$; it is **refuted** if one of them lies below zero with its whole interval; else these pictures **cannot tell**.


# %%
def coverage(R, M):
    """How evenly positive relevance is spread inside M: (sum r)^2 / (K sum r^2), (B, H, W) twice -> (B,)."""
    r = np.maximum(R, 0) * M
    return r.sum(axis=(1, 2)) ** 2 / np.maximum((r**2).sum(axis=(1, 2)), 1e-300) / M.sum(axis=(1, 2))


outline = point["outline"] > 0.5  # within 2 pixels of the character's outline
MASKS = {"outline": outline, "character": character, "eyes and mouth": features}
area = {name: mask.mean(axis=(1, 2)) for name, mask in MASKS.items()}
kept = np.array([[point[f"verdict/{arch}/{m}"] for m in METHODS] for arch in ARCHITECTURES], dtype=np.float64)


def masses():
    """Mass in each mask: (3 networks, 3 methods, 3 masks, B)."""
    return [
        [[mass_in_mask(heat[..., None], M)[0] for M in MASKS.values()] for heat in maps[arch].values()] for arch in maps
    ]


def hits():
    """Whether the most relevant pixel lies on the background: (3 networks, 3 methods, B)."""
    return [[pointing(heat, background) for heat in maps[arch].values()] for arch in maps]


in_masks = mine_or(kept[:, :, :3], "mass_in_mask", masses)
on_background = mine_or(kept[:, :, 3], "pointing", hits)
measured = {
    (arch, method): dict(zip(MASKS, in_masks[k, l], strict=True))
    | {"background": on_background[k, l], "coverage": coverage(maps[arch][method], character)}
    for k, arch in enumerate(ARCHITECTURES)
    for l, method in enumerate(METHODS)
}


# %%
CLAIMS = {
    1: "VGG16: the outline",
    2: "VGG16: the whole character",
    3: "ResNet50: only parts",
    4: "DenseNet121: only parts",
    5: "DenseNet121: background",
}
QUANTITIES = {"coverage": "coverage of the character", "background": "pointing at the background"}
QUANTITIES |= {"outline": "mass near the outline"} | {name: f"mass in the {name}" for name in list(MASKS)[1:]}


def differences(claim, at, area):
    """What a claim says is above zero, {name: (u, v)} for u - v; at(arch, quantity) and area[mask] are numbers (B,)."""

    def above_area(arch, mask):
        return {f"{QUANTITIES[mask]}, {ARCHITECTURES[arch]} less area": (at(arch, mask), area[mask])}

    def more(what, arch, *others):
        name = f"{QUANTITIES[what]}, {ARCHITECTURES[arch]} less"
        return {f"{name} {ARCHITECTURES[other]}": (at(arch, what), at(other, what)) for other in others}

    if claim == 1:
        return above_area("vgg16", "outline") | more("outline", "vgg16", "resnet50", "densenet121")
    if claim == 2:
        return above_area("vgg16", "character") | more("coverage", "vgg16", "resnet50", "densenet121")
    if claim == 5:
        return more("background", "densenet121", "vgg16", "resnet50")
    arch, eyes = "resnet50" if claim == 3 else "densenet121", "eyes and mouth"
    return above_area(arch, eyes) | more(eyes, arch, "vgg16") | more("coverage", "vgg16", arch)


def evidence(pairs):
    """Of each difference the mean, its interval and p: {name: (mean, low, high, p)}."""
    found = {}
    for name, (u, v) in pairs.items():
        d = np.asarray(u, dtype=np.float64) - v
        rows = signs_for(len(d), n=1999)
        try:
            p = paired_test(d, np.zeros(len(d)), rows)[1]
        except Exception:
            p = (1 + (np.abs(rows @ d) >= abs(d.sum()) - 1e-9).sum()) / (1 + len(rows))
        found[name] = (*bootstrap_ci(d), p)
    return found


def verdict(found):
    """Holds, refuted or cannot tell, from the evidence for differences that should be above zero."""
    said = [
        "refuted" if high < 0 else "holds" if low > 0 and p < 0.05 else "cannot tell"
        for _, low, high, p in found.values()
    ]
    return next((word for word in ("refuted", "cannot tell") if word in said), "holds")


tables = {}  # title: {(claim, method): evidence}, for explain below


def print_verdicts(title, at_for, area):
    """One row per claim, one column per method: verdict and smallest difference. at_for(method) is the function at."""
    tables[title] = {(k, m): evidence(differences(k, at_for(m), area)) for k in CLAIMS for m in METHODS}
    print(f"{title:32}" + "".join(f"{METHODS[m]:>23}" for m in METHODS))
    for claim, name in CLAIMS.items():
        row = [tables[title][claim, m] for m in METHODS]
        said = [f"{verdict(found)} {min(d[0] for d in found.values()):+.3f}" for found in row]
        print(f"{claim}. {name:29}" + "".join(f"{s:>23}" for s in said))


print_verdicts(f"{SHOWN} pictures", lambda m: lambda arch, what: measured[arch, m][what], area)
print("Behind each verdict: the smallest of the claim's differences.")

# %%
show.bars(
    {METHODS[m]: [(measured[arch, m]["outline"] - area["outline"]).mean() for arch in ARCHITECTURES] for m in METHODS},
    list(ARCHITECTURES.values()),
    alt="Mass near the outline less the area of the band, for three methods and three networks on 18 pictures, with intervals: by LRP and deconvnet VGG16 is highest, by the gradient it is lowest.",
    unit="mass - area, outline",
    intervals={
        METHODS[m]: [bootstrap_ci(measured[arch, m]["outline"] - area["outline"])[1:] for arch in ARCHITECTURES]
        for m in METHODS
    },
)

# %% [markdown]
# Eighteen pictures leave room for doubt. The same quantities, measured in the same way on all 890 test pictures, are in `numbers.npz`; so are those of networks with **random weights**, one draw of each. The second table below is the control: a claim that a random network passes too gives no evidence of learning.

# %%
whole_area = {name: numbers[f"area {name}"].astype(np.float64) for name in MASKS}
KEY = {"background": "pointing background", "coverage": "coverage"} | {name: f"mass {name}" for name in MASKS}


def at_all(weights):
    """For print_verdicts: numbers of all test pictures, with trained or random weights."""
    return lambda m: lambda arch, what: numbers[f"{arch}/{m}/{weights}/{KEY[what]}"].astype(np.float64)


print_verdicts("890 pictures", at_all("trained"), whole_area)
print()
print_verdicts("890 pictures, random weights", at_all("random"), whole_area)

# %%
relative = {
    weights: [(at_all(weights)("lrp")(arch, "outline") - whole_area["outline"]).astype(float) for arch in ARCHITECTURES]
    for weights in ("trained", "random")
}
show.bars(
    {f"{weights} weights": [d.mean() for d in found] for weights, found in relative.items()},
    list(ARCHITECTURES.values()),
    alt="Mass near the outline less its area by LRP on all 890 pictures, with trained and with random weights: the trained networks lie above the random ones, VGG16 highest.",
    unit="mass - area, outline",
    intervals={f"{weights} weights": [bootstrap_ci(d)[1:] for d in found] for weights, found in relative.items()},
)

# %% [markdown]
# Read the tables row by row. A claim about *networks* should hold in every map that is true to them; one that holds in one map of three is a claim about a map. The three maps do not weigh the same: on ResNet50 and DenseNet121 the gradient and the deconvnet have missed a sign on which the network relied. Where random weights pass too, it may be a claim about an architecture. And all of it is about *these* networks: small, frozen, on drawn characters.
# **One word, two sizes.** On 890 pictures claim 2 is refuted by the gradient and by the deconvnet. By the gradient the coverage of VGG16 is 0.216 and that of DenseNet121 0.221; by the deconvnet they are 0.149 and 0.255. With enough pictures almost any difference gets a sign, so ask how large it is, in the unit of its measure. The next cell gives every difference of a claim. (Without widgets, call `explain(4, "deconvnet")`.)
# The same numbers for 26 methods are in the course's page on evaluation, with mass as a ratio to the area in the place of the difference.


# %%
def explain(claim, method):
    """Every difference of a claim by one method, in all tables so far: mean, interval, p."""
    print(f"Claim {claim}, {CLAIMS[claim]}, by {METHODS[method]}")
    for title, table in tables.items():
        print(f"{title}: {verdict(table[claim, method])}")
        for name, (mean, low, high, p) in table[claim, method].items():
            print(f"  {name:53} {mean:+.3f} ({low:+.3f} to {high:+.3f}), p = {p:.4f}")


explore(
    explain,
    claim={f"{claim}. {name}": claim for claim, name in CLAIMS.items()},
    method={title: m for m, title in reversed(METHODS.items())},
)

# %% [markdown]
# Now look at single maps: choose a network, a method, a picture. (Without widgets, call `look("resnet50", "gradient", 3)`.)


# %%
def look(network, method, picture):
    """A picture, its map over it, and what your measures say of that one map."""
    heat = maps[network][method][picture]
    show.maps(
        [images[picture], heat, show.Over(heat, images[picture]), as_picture(outline[picture])],
        [
            names[labels[picture]],
            f"{METHODS[method]}\n{ARCHITECTURES[network]}",
            "over the picture",
            "outline, 2 pixels",
        ],
        alt=f"{names[labels[picture]]}: the {METHODS[method]} map of {ARCHITECTURES[network]}, alone and over the picture, and the band along the outline.",
    )
    found = measured[network, method]
    print(", ".join(f"{name}: {found[name][picture]:.2f} (area {area[name][picture]:.2f})" for name in MASKS))


explore(
    look,
    network={title: arch for arch, title in ARCHITECTURES.items()},
    method={title: m for m, title in reversed(METHODS.items())},
    picture={names[label]: k for k, label in enumerate(labels)},
)

# %% [markdown]
# The maps come from files, so that this lab starts fast. To make one set yourself, set `LIVE = True` in the next cell: it loads TensorFlow and the small VGG16 with its stored head, takes the gradient of the logit, and compares it with the file, in about 20 seconds.

# %% nbgrader={"grade": false, "grade_id": "live", "locked": false, "schema_version": 3, "solution": false, "task": false}
LIVE = False

if LIVE:
    from toonlens.models import build, preprocess
    from toonlens.startup import import_keras

    import_keras()
    import tensorflow as tf

    base, head = build("vgg16", weights="small"), stored["vgg16"]
    batch = tf.constant(preprocess(images, "vgg16"))
    with tf.GradientTape() as tape:
        tape.watch(batch)
        pooled = tf.reduce_mean(base(batch, training=False), axis=(1, 2))
        logits = pooled @ head["W"].astype(np.float32) + head["b"].astype(np.float32)
        chosen_logits = tf.gather(logits, head["targets"], axis=1, batch_dims=1)
    live = tape.gradient(chosen_logits, batch).numpy().sum(axis=-1)
    print(f"Spearman correlation with the file: {similarity(live, maps['vgg16']['gradient']).min():.4f} and more.")

# %% [markdown]
# ## Part 6. Bug hunt and reflection
#
# ### Bug hunt
#
# `Difficulty 3/5 · Importance 4/5 · 12 min · 6 points`
#
# A colleague measured the first claim with a function of her own: the share of positive relevance within `width` pixels of a mask's outline, less the band's share of the area. **Where the mask leaves the picture there is no outline.** Her numbers are not those of the bar chart above. **There are three bugs.** Each hides on most inputs and shows on some:
# think about one picture and many, one channel and three, masks in the middle and at the picture's edge. Write the repaired function below it.
# A bug may need a change in two lines. You may hand any function to a check: `laws.check_band_mass(band_mass_buggy)` in a cell of your own shows a first symptom.


# %%
def grow_buggy(M, width):
    """Masks (B, H, W) with all pixels within width steps of them, a step being one row or one column."""
    for _ in range(width):
        M = M | np.roll(M, 1, axis=1) | np.roll(M, -1, axis=1) | np.roll(M, 1, axis=2) | np.roll(M, -1, axis=2)
    return M


def band_mass_buggy(R, M, width):
    """Share of positive relevance of R (B, H, W, C) in the band along the outline of M, less the band's area: (B,)."""
    band = grow_buggy(M, width) & grow_buggy(~M, width)
    positive = np.maximum(R, 0).sum(axis=-1)
    share = (positive * band).sum(axis=(1, 2)) / positive.sum()
    return share - band.mean()


# %% nbgrader={"grade": false, "grade_id": "bug_hunt_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def grow(M: np.ndarray, width: int) -> np.ndarray:
    """The repaired helper, if it needs repair: masks (B, H, W) with all pixels within width steps."""
    ### BEGIN SOLUTION
    for _ in range(width):
        wide = np.pad(M, ((0, 0), (1, 1), (1, 1)))  # nothing beyond the edge; np.roll goes on at the opposite side
        M = M | wide[:, :-2, 1:-1] | wide[:, 2:, 1:-1] | wide[:, 1:-1, :-2] | wide[:, 1:-1, 2:]
    return M
    ### END SOLUTION


def band_mass(R: np.ndarray, M: np.ndarray, width: int) -> np.ndarray:
    """The repaired function: R (B, H, W, C), M (B, H, W) -> (B,). Mark each repair with a comment that says what was wrong."""
    ### BEGIN SOLUTION
    band = grow(M, width) & grow(~M, width)
    positive = np.maximum(R.sum(axis=-1), 0)  # the channels of a pixel are summed before the cut at zero
    share = (positive * band).sum(axis=(1, 2)) / positive.sum(axis=(1, 2))  # of its own picture, not of the batch
    return share - band.mean(axis=(1, 2))  # likewise
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bug_hunt", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_band_mass(band_mass)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Make small cases on which you know the answer: a square mask in the middle, then one in a corner; a map with one red pixel; one picture, then two.
# </details>
# <details><summary>Hint 2: where to look</summary>
#
# One bug is in the helper, one in the line that makes the relevance positive, one in the last two lines.
# </details>
# <details><summary>Hint 3: how to find each</summary>
#
# A mask that touches the upper edge and a red pixel in the last row show the first; a pixel whose channels are +1 and −1 shows the second; two pictures with masks of different sizes show the third.
# </details>
# <details><summary>If you see ... (gives the bugs away)</summary>
#
# *If you see* relevance at the far side counted, *suspect* `np.roll`. *If you see* that coloured noise scores higher than its sum, *suspect* the order of sum and cut. *If you see* numbers that change with the batch, *suspect* a missing axis.
# </details>

# %% [markdown]
# ### Reflection
#
# `about 15 min · 4 points`
#
# In 150 words at most: **does one of the study's five claims hold for the networks of this lab?** Choose one. Write four parts.
# *Claim*: one sentence that could be wrong. *Evidence*: at least two numbers with intervals, of this lab (`explain` prints them), named (network, method, measure, how many pictures), one of them a control. *Limitation*: what these numbers cannot show.
# *Alternative*: another explanation of the same numbers, and a test that would tell the two apart. Each part counts one point.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# **Claim.** VGG16 of this lab puts more weight on outlines than the two others, and it has learnt that.
#
# **Evidence.** On 890 pictures the claim holds by LRP and by deconvnet, and is refuted by the gradient. By LRP VGG16's mass near the outline is 0.119 above the area (0.114 to 0.124), with random weights 0.018 (0.014 to 0.022), where the claim is refuted. By deconvnet random weights pass too, so that map proves nothing.
#
# **Limitation.** Mass near the outline says where a map lies, not what the network uses. And the intervals cover other pictures, not other training runs.
#
# **Alternative.** LRP may draw VGG16's outlines because its grid is finer, not because it needs them. Test: blur the outline of test pictures, elsewhere an equal area inside the figure. If VGG16 needs outlines, the first costs it more accuracy than the second, and more than it costs the others.

# %% [markdown]
# ## Bonus
#
# Nothing here is graded.
#
# 1. **Another filling.** Flip pixels to a blurred copy of the picture (`ndimage.gaussian_filter(x, (0, 8, 8, 0))`) in the place of the mean colour. Does the order of the five curves stay?
# 2. **How little is enough?** Plant the tag at rates 0.2, 0.5 and 0.8 and train the little network for each (`toonlens.little` says how it is built; Keras trains it in a minute). From which rate on do its answers give it away? And its maps?
# 3. **Power.** Take the 890 numbers of claim 1 by LRP. How many pictures does the sign-flip test need to reach $p < 0.05$ in nine of ten random draws?
# 4. **Independent randomisation.** Randomise one layer at a time and leave the others trained. Which layer matters most to the gradient's map?

# %% nbgrader={"grade": false, "grade_id": "bonus", "locked": false, "schema_version": 3, "solution": false, "task": false}
# Your experiments.

# %% [markdown]
# ## Summary
#
# - Mass, rank accuracy and pointing say where a map lies. Each needs a baseline (the area) and a control (an edge filter, a random order). None of them asks the network.
# - Differences are taken picture by picture. An interval says how large, a sign-flip test whether chance explains it; both need the number of pictures beside them.
# - Pixel flipping asks the network. The fairest control is the map of another picture. Flipped pictures are unlike any that the network knows.
# - A map that survives random weights does not show what was learnt. A map that changes is not thereby right.
# - A planted cue is the one case in which you know the truth. It needs pictures that break the link between cue and class, a network that never saw the cue, an edge filter and a random order.
# - A claim about what networks learn has to hold in every faithful map, and not for random weights. Which maps are faithful has to be tested too: on ResNet50 and DenseNet121 gradient and deconvnet missed the sign.
# - A verdict is a word; beside it belong the size of the difference, its interval and the number of pictures.
#
# ## References
#
# - Arras, Osman, Samek (2022). *CLEVR-XAI: a benchmark dataset for the ground truth evaluation of neural network explanations.* Information Fusion 81. Relevance mass accuracy: equation 1; relevance rank accuracy: equation 2.
# - Zhang, Bargal, Lin, Brandt, Shen, Sclaroff (2018). *Top-down neural attention by excitation backprop.* International Journal of Computer Vision 126. The pointing game: section 4.2.
# - Samek, Binder, Montavon, Lapuschkin, Müller (2017). *Evaluating the visualization of what a deep neural network has learned.* IEEE Transactions on Neural Networks and Learning Systems 28(11). Perturbation of regions: section III; AOPC: equation 12.
# - Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim (2018). *Sanity checks for saliency maps.* NeurIPS. Cascading randomisation: section 3.1.
# - Lapuschkin, Wäldchen, Binder, Montavon, Samek, Müller (2019). *Unmasking Clever Hans predictors and assessing what machines really learn.* Nature Communications 10: 1096. The photographer's tag on pictures of horses.
# - Phipson, Smyth (2010). *Permutation p-values should never be zero: calculating exact p-values when permutations are randomly drawn.* Statistical Applications in Genetics and Molecular Biology 9(1): 39. The two ones in $p$.
# - He, Zhang, Ren, Sun (2015). *Delving deep into rectifiers.* ICCV. The variance 2 / fan-in: section 2.2.
# - Efron, Tibshirani (1993). *An introduction to the bootstrap.* Chapman & Hall. Percentile intervals: chapter 13.
#
# ## Help and AI use
#
# Work in pairs if you like; hand in your own text and code. You may ask people, books and AI assistants about ideas, formulas and error messages. Code that you did not write yourself, from whatever source, needs a comment that says where it is from, and you have to be able to explain each line.
# Write the reflection without an assistant: it asks what *you* see. Name below who or what helped you, and with what.

# %% nbgrader={"grade": false, "grade_id": "help", "locked": false, "schema_version": 3, "solution": false, "task": false}
help_used = "nobody and nothing yet"
