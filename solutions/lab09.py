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
# # Lab 9: Against iNNvestigate; break each other's code
#
# **You will set your maps beside those of a library that many published maps of Keras networks come from, find out where the two differ and who is right, and then write a test that finds the mistakes in other people's code.**
#
# *Time:* 120 to 160 minutes for the core, 20 to 40 more for the bonus.
# *Builds on:* lab 6 (the rules for dense layers), lab 7 (convolutions, composites, the walk over VGG16). Where your lab 7 was not carried on, a recorded map stands in for yours.
#
# When you have finished you can
#
# 1. **measure** how far two relevance maps agree, and **say** what each measure does not see;
# 2. **identify** the convention behind a library's map, by experiments that tell conventions apart;
# 3. **locate** the layer at which two implementations part;
# 4. **prove** on a network of two layers which of two implementations is wrong;
# 5. **write** a test that rejects wrong implementations and accepts right ones, and **judge** a test by both.
#
# | part | contents | minutes |
# |---|---|---|
# | 1 | set-up, the picture first, recall | 15 |
# | 2 | how far do two maps agree: exercise 1 | 20 |
# | 3 | which convention: exercises 2 to 5 | 47 |
# | 4 | a bug: exercise 6 | 15 |
# | 5 | break each other's code: exercise 7 | 25 |
# | 6 | bug hunt and reflection | 20 |
#
# Where to score: the exercises 33 points, predictions 7 (for being made), bug hunt 6, reflection 4; 50 in all.

# %% [markdown]
# ## Part 1. Set-up and the picture first
#
# Run the notebook cell by cell, with Shift + Enter: *Run All* stops at the first check whose exercise is not done.
# Everything in this lab works offline and on two cores. The first cell loads TensorFlow, which takes some seconds.

# %%
import sys
from fnmatch import fnmatchcase
from functools import partial

import numpy as np

from toonlens import carry, show
from toonlens.convnet import conv2d, conv2d_T, read_layers, run_layer
from toonlens.explore import explore
from toonlens.innvestigate_worker import analyze
from toonlens.laws import lab09 as laws
from toonlens.laws import mine_or, read_only
from toonlens.live import batchnorms, live_or, shutdown, upper_part
from toonlens.models import build, preprocess
from toonlens.quiz import load as load_quiz
from toonlens.startup import import_keras
from toonlens.track import current_track
from toonlens.transfer import Head, classifier, fit

assert sys.version_info[:2] == (3, 11), "this course runs on Python 3.11: start Jupyter from its environment"
assert np.__version__ >= "2", "this course needs NumPy 2: start Jupyter from its environment"

keras = import_keras()
quiz = load_quiz("quiz.json")
FILES = ("checkpoints.npz", "library.npz", "traces.npz")
point = {name: array for file in FILES for name, array in np.load(file).items()}
TINY = 1e-12  # pushes denominators away from 0
LIVE = True  # False: recorded maps in the place of iNNvestigate's, which saves half a minute

# %% [markdown]
# ### Symbols
#
# Batches come first, channels last. You write NumPy in float64.
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $B, H, W$ | | | images in a batch, rows, columns (in code `W` is always a kernel) |
# | $I, J$ | | | inputs and outputs of a dense layer |
# | $a$; $x$ | `a`; `x` | `(B, I)`; `(B, H, W, 3)` | input of a layer; the images |
# | $W, b$ | `W`, `b` | `(I, J)`, `(J,)` | weights and bias of a dense layer |
# | $z = aW + b$ | `z` | `(B, J)` | its output before the ReLU |
# | $R$ | `R` | | relevance: above a layer, or a map `(B, H, W)` |
# | $\tilde R$ | `R_lib` | | a map that a library made |
# | $x^+, x^-$ | | | $\max(x, 0)$ and $\min(x, 0)$, element by element |
# | $s(z)$ | | | $+1$ where $z \ge 0$, else $-1$ |
# | $\alpha, \beta$ | `alpha`, `beta` | | parameters of a rule; in exercise 6 `beta` is a BatchNorm's offset, as in Keras |
# | $\langle R_1, R_2 \rangle$ | `(R1 * R2).sum()` | | sum over all pixels of the products |
# | $f_c$ | | | logit of class $c$ |
#
# $\odot$ and fractions of arrays work element by element.

# %% [markdown]
# ### The network, the images, and the library
#
# The network and the images are those of lab 7: the course's small VGG16 and three drawn characters.
#
# iNNvestigate (Alber et al. 2019) explains Keras networks, LRP included. It needs Keras 2 and TensorFlow without eager execution, so it cannot live in this notebook. `analyze` starts a second process for it, hands over the network's weights and the images, and brings the map back. The first map takes some seconds, for that process has to start; each further method one or two.
# `live_or` asks it where it runs. Where it does not (its packages are missing, or no second process may be started) the same maps come from a file, recorded with iNNvestigate 2.1.2, and a line says so. Nothing that is graded depends on which of the two you get.

# %%
track = current_track()
if track.name == "small":
    stored = np.load("head.npz")
    images, labels, names = stored["images"], stored["labels"], [str(name) for name in stored["names"]]
    model = classifier(build("vgg16", weights="small"), Head(), len(names))
    model.layers[-1].set_weights([stored["W"], stored["b"]])
else:  # the full track: ImageNet's weights and the Simpsons; recorded maps and checkpoints are of the small one
    data = track.load()
    model = fit("vgg16", "frozen", data.train, weights=track.weights).model
    images, labels, names = data.test[0][:3], data.test[1][:3], list(data.class_names)

x = preprocess(images, "vgg16").astype(np.float64)
layers = read_layers(model, softmax=True)  # as in lab 7: name, kind, W, b, pad, stride, k
read_only(images, labels, x)
short = [name.split()[0] for name in names]  # first names, for titles
print(f"{len(layers)} layers, from {layers[0].name} to {layers[-1].name}; images {x.shape}")


def ask(network, images, method, c=None):
    """iNNvestigate's map; its quick set-up leaves out what is needed only to save an analyzer."""
    return analyze(network, images, method, c, "float64", quick_setup=True)


METHODS = list(laws.METHODS)
PRESET = "lrp.sequential_preset_a_flat"
returned = {}  # as iNNvestigate returns maps: one value per colour; in the file only those of PRESET have colours
for k, method in enumerate(METHODS):
    recorded = point["coloured"] if method == PRESET else point["maps"][k, ..., None]
    returned[method] = live_or(recorded, method, lambda m=method: ask(model, x, m, labels), LIVE)
library = {method: R_lib.sum(axis=-1) for method, R_lib in returned.items()}
read_only(*returned.values(), *library.values())
print(f"{PRESET}: {returned[PRESET].shape}")

# %% [markdown]
# ### The picture first
#
# One method, one network, three characters: on the left the map of lab 7's walk by the composite that is called *preset A flat* (your `lrp_vgg16` if it was carried on; else it counts as a stub, and a recorded map stands in), in the middle iNNvestigate's `lrp.sequential_preset_a_flat`, on the right the difference. Each map has a scale of its own: read the colour bars.

# %%
PRESET_A_FLAT = [
    ("avg_pool", ("avg", {})),
    ("block?_pool", ("max", {})),
    ("predictions", ("eps", {"eps": 0.1})),
    ("block1_conv1", ("flat", {})),
    ("*", ("ab", {"alpha": 1.0, "beta": 0.0})),
]
lrp_vgg16 = carry.load("lab07", "lrp_vgg16")  # yours, if it was carried on; else a recorded map stands in
own = mine_or(point["own"], "lrp_vgg16", lambda: lrp_vgg16(model, x, labels, PRESET_A_FLAT)[0])
read_only(own)
panels, titles = [], []
for k in range(3):
    off = np.abs(own[k] - library[PRESET][k]).max() / np.abs(library[PRESET][k]).max()
    panels += [images[k], own[k], library[PRESET][k], own[k] - library[PRESET][k]]
    titles += [short[labels[k]], "lab 7's walk", "iNNvestigate", f"difference\nup to {100 * off:.2g} %"]
show.maps(
    panels,
    titles,
    alt="Three characters in rows, each with its map from lab 7 and iNNvestigate's map, which look alike, and the difference of the two, which is not zero.",
)

# %% [markdown]
# To the eye the maps are the same, although they are off by a third and more: each map fills its own scale, so that a factor does not show. They are not equal: somewhere on the way down the two walks do different things under the same name. In this lab you find out what, where, and whether it is a mistake or a choice.

# %% [markdown]
# ### Recall
#
# Two questions before you start. Nothing here is graded, and every answer is explained.
#
# **Question 1.** Two implementations of one rule give maps with a cosine of 0.98. What follows?
#
# - **A.** Both are right: 0.98 is rounding.
# - **B.** They compute different things; which is right, if one is, the number does not say.
# - **C.** The one that is not the reference has a bug.
#
# %%
quiz.ask("recall-cosine")

# %% [markdown]
# **Question 2.** In the alpha-beta rule of lab 6, an output has a positive bias. What does that do to the relevance that its inputs get?
#
# - **A.** Nothing: a bias has no input.
# - **B.** The positive contributions get less: the bias stands in their denominator and keeps its share.
# - **C.** The negative contributions get more, to make up for it.

# %%
quiz.ask("recall-share")

# %% [markdown]
# ## Part 2. How far do two maps agree?
#
# Before you ask who is right, you need to say how different two maps are. That is less plain than it looks: libraries hand back colours one by one, put them on another axis, divide by the largest value, or start from 1 in the place of the logit. None of that changes what a map says, and all of it changes its numbers.

# %% [markdown]
# ### Exercise 1. `align` and `compare`
#
# `Difficulty 2/5 · Importance 4/5 · 20 min · 6 points`
#
# **Why.** `align` takes out what does not matter: it sums the colours, wherever their axis is, and multiplies each image's map by the *one* factor that brings it closest to yours. The factor is worth keeping: it tells you what the library divided by.
# `compare` then measures four things about two maps. The **cosine** looks at values, strong pixels above all. **Spearman's** correlation looks at ranks: every pixel counts the same, and the faint ones are many. The **overlap** asks how many of the $k$ most relevant pixels are the same. The **scale** is the factor by which $R_2$ comes closest to $R_1$.
#
# $$s_i = \frac{\langle \tilde R_i, R_i \rangle}{\langle \tilde R_i, \tilde R_i \rangle}, \qquad \cos = \frac{\langle R_1, R_2 \rangle}{\sqrt{\langle R_1, R_1 \rangle \langle R_2, R_2 \rangle}}, \qquad \text{overlap} = \frac{|T_k(R_1) \cap T_k(R_2)|}{k}, \qquad \text{scale} = \frac{\langle R_1, R_2 \rangle}{\langle R_2, R_2 \rangle}$$
#
# $T_k(R)$ are the $k$ pixels with the largest values (signed: a strong negative pixel is not relevant *for* the class); at a tie the first in reading order counts as larger. Spearman's correlation is the correlation of the ranks, where equal values share the mean of their ranks.
#
# | name | shape | |
# |---|---|---|
# | `R_lib` | `(B, H, W)`, `(B, H, W, C)` or `(B, C, H, W)` | a library's maps; the axis of the colours is the one that `R` does not have |
# | `R` | `(B, H, W)` | your maps |
# | `align` returns | `(B, H, W)` and `(B,)` | the aligned maps $s_i \tilde R_i$, and the factors; a map of zeros gets the factor 0 |
# | `R1`, `R2` | `(H, W)` | two maps; `k` is a whole number |
# | `compare` returns | dictionary | `"cosine"`, `"spearman"`, `"overlap"`, `"scale"`; 0 where there is nothing to divide by |
#
# **Predict before you run.** A library divides each map by its largest magnitude before it returns it. You compare that with your own, without aligning. Which of the four measures notices?
#
# - **A.** The cosine.
# - **B.** The overlap.
# - **C.** The scale, and no other.


# %% nbgrader={"grade": false, "grade_id": "predict_measure_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_measure() -> str:
    """Return your letter, for example "A". Right or wrong is not graded; a prediction is."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "align_compare_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def align(R_lib: np.ndarray, R: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A library's maps, colours summed, each times the factor that brings it closest to R: (B, H, W) and (B,)."""
    ### BEGIN SOLUTION
    R_lib = R_lib.astype(np.float64)
    if R_lib.ndim == 4:
        R_lib = R_lib.sum(axis=-1 if R_lib.shape[1:3] == R.shape[1:] else 1)
    across = (R_lib * R).sum(axis=(1, 2))
    square = (R_lib**2).sum(axis=(1, 2))
    s = across / np.where(square > 0, square, 1.0)
    return s[:, None, None] * R_lib, s
    ### END SOLUTION


def compare(R1: np.ndarray, R2: np.ndarray, k: int) -> dict[str, float]:
    """Cosine, Spearman's correlation, overlap of the k largest, and the scale of two maps (H, W)."""
    ### BEGIN SOLUTION
    R1, R2 = R1.ravel().astype(np.float64), R2.ravel().astype(np.float64)

    def cosine(u, v):
        size = np.sqrt((u @ u) * (v @ v))
        return u @ v / size if size > 0 else 0.0

    def ranks(v):  # how many are smaller, and half of those that are equal; less the mean
        return (v[:, None] > v).sum(axis=1) + 0.5 * (v[:, None] == v).sum(axis=1) - 0.5 * len(v)

    top = [set(np.argsort(-v, kind="stable")[:k]) for v in (R1, R2)]
    spearman, overlap = cosine(ranks(R1), ranks(R2)), len(top[0] & top[1]) / k
    scale = R1 @ R2 / (R2 @ R2) if R2.any() else 0.0
    return {"cosine": cosine(R1, R2), "spearman": spearman, "overlap": overlap, "scale": scale}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "align_compare", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_align(align)
laws.check_compare(compare)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Least squares with one unknown: the derivative of $\langle R - s \tilde R, R - s \tilde R \rangle$ with respect to $s$ is zero at the $s$ of the formula. For the ranks: how many values are smaller than this one?
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `.sum(axis=(1, 2))` sums over the pixels of each image. `np.argsort(-v, kind="stable")[:k]` are the places of the `k` largest. `scipy.stats.rankdata` gives equal values the mean of their ranks, or you count with `v[:, None] > v`.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# align: if there are four axes, sum over the last one if axes 1 and 2 are those of R, else over axis 1; two sums per image; s ← one over the other, 0 where the lower one is 0; return s times the maps, and s.
# compare: ravel; cosine of the values; ranks, centred, and their cosine; two sets of places, their intersection over k; one sum over another
# </details>
#
# *If you see* that several images pass and one alone does not, *suspect* sums over the whole batch. *If you see* a Spearman correlation that changes with the order of the pixels, *suspect* `argsort` of `argsort`, which breaks ties by place.

# %%
K = x.shape[1] * x.shape[2] // 10  # a tenth of the pixels
seen = returned[PRESET] / np.abs(library[PRESET]).max(axis=(1, 2))[:, None, None, None]  # as often published
read_only(seen)
A = mine_or(point["aligned"], "align", lambda: align(seen, own)[0])
s = mine_or(point["s"], "align", lambda: align(seen, own)[1])
divided = seen.sum(axis=-1)
show.maps(
    [own[0], divided[0], A[0], own[0] - A[0]],
    ["yours", "theirs, divided\nby the largest", f"theirs, aligned\ntimes {s[0]:.3g}", "yours - aligned"],
    alt="The first character's map, the library's divided by its largest value, that map aligned, and what is left between yours and the aligned map.",
)
facts = mine_or(
    point["facts"],
    "compare",
    lambda: [list(compare(own[0], R_lib[0], K).values()) for R_lib in (library[PRESET], divided)],
)
show.bars(
    {"as returned": facts[0], "divided by the largest": facts[1]},
    list(laws.FACTS),
    alt="Cosine, Spearman's correlation, overlap and scale of your map and the library's for the first character, before and after the library's was divided by its largest value: the first three are close to 1 both times, only the scale changes.",
    unit="",
)
quiz.compare("measure", lambda: predict_measure())

# %% [markdown]
# *A right picture* has the same first three maps, up to one factor each, and what is left on the right is some thirty times fainter. In the bars cosine, Spearman and overlap are close to 1 and do not move when the library's map is divided; the scale does: it is what the other three do not see.
# So three of four measures cannot see a wrong size: had a library doubled every map, you would read 1.00. Here the size *is* most of the difference: a scale of about 0.64 says that one of the two walks hands on half as much again as the other. And none of the four says which of the two is right. What is left on the right is not noise, either: it has a shape.

# %% [markdown]
# **Checkpoint 1.** You can say how far two maps agree. The next parts do not call these two functions; they ask where a difference comes from.

# %% [markdown]
# ## Part 3. Which convention?
#
# The paper and the library have a rule of the same name. One of the few things that a name leaves open is where a layer's bias goes.

# %% [markdown]
# ### Exercise 2. `lrp_ab`, three conventions
#
# `Difficulty 3/5 · Importance 5/5 · 15 min · 4 points`
#
# **Why.** Alpha-beta keeps two books: what helped shares $\alpha R$, what harmed shares $-\beta R$. Each book has a denominator, and the bias may stand there or not. Bach et al. (2015) put its positive part into the first and its negative part into the second. Others put the *whole* bias into both, or leave it out. All three are in use, under one name.
# Write all three in one function for dense layers. A convolution is a dense layer at every place, so a given cell below carries your function over the whole of VGG16.
#
# $$R^{in} = \alpha \left[ a^+ \odot \left( \tfrac{R}{z_a} {W^+}^\top \right) + a^- \odot \left( \tfrac{R}{z_a} {W^-}^\top \right) \right] - \beta \left[ a^+ \odot \left( \tfrac{R}{z_b} {W^-}^\top \right) + a^- \odot \left( \tfrac{R}{z_b} {W^+}^\top \right) \right]$$
#
# $$z_a = a^+ W^+ + a^- W^- + b_a, \qquad z_b = a^+ W^- + a^- W^+ + b_b$$
#
# | `bias` | $b_a$ | $b_b$ | |
# |---|---|---|---|
# | `"bach"` | $b^+$ | $b^-$ | by its sign, as in the paper |
# | `"full"` | $b$ | $b$ | whole, in both |
# | `"none"` | 0 | 0 | left out: the bias gets nothing |
#
# | name | shape | |
# |---|---|---|
# | `a`, `W`, `b`, `R` | `(B, I)`, `(I, J)`, `(J,)`, `(B, J)` | as in lab 6 |
# | `alpha`, `beta` | numbers | |
# | `bias` | text | one of the three |
# | returns | `(B, I)` | each denominator is pushed away from 0 by `TINY`, on its own side |
#
# **Predict before you run.** One unit with $a = (1, 2)$, $W = (3, -1)^\top$, so that $z = 1 + b$, explained from its own output, $R = 1 + b$, by alpha 2, beta 1 and the convention `"full"`. The bias grows from 0 to 4. What becomes of the relevance of the *second* input, the one that harms?
#
# - **A.** It shrinks in size, step by step: the bias takes more and more.
# - **B.** It stays the same: the second input is not concerned.
# - **C.** It grows beyond all bounds near one value of the bias, and changes its sign there.


# %% nbgrader={"grade": false, "grade_id": "predict_pole_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_pole() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "lrp_ab_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lrp_ab(
    a: np.ndarray, W: np.ndarray, b: np.ndarray, R: np.ndarray, alpha: float, beta: float, bias: str
) -> np.ndarray:
    """LRP-alpha-beta of a dense layer, by one of three conventions of the bias: R (B, J) -> (B, I)."""
    ### BEGIN SOLUTION
    a_pos, a_neg = np.maximum(a, 0), np.minimum(a, 0)
    W_pos, W_neg = np.maximum(W, 0), np.minimum(W, 0)
    parts = {"bach": (np.maximum(b, 0), np.minimum(b, 0)), "full": (b, b), "none": (0.0, 0.0)}

    def book(V, V_mixed, held):
        z = a_pos @ V + a_neg @ V_mixed + held
        quotient = R / (z + TINY * np.where(z >= 0, 1.0, -1.0))
        return a_pos * (quotient @ V.T) + a_neg * (quotient @ V_mixed.T)

    b_a, b_b = parts[bias]
    return alpha * book(W_pos, W_neg, b_a) - beta * book(W_neg, W_pos, b_b)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lrp_ab", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_lrp_ab(lrp_ab)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# The two books are the same computation with the weights' parts exchanged. Conventions differ in two numbers per output, and only below the line.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `np.maximum(b, 0)` and `np.minimum(b, 0)` are the two parts. A dictionary from the word to a pair $(b_a, b_b)$ saves three `if`s. `np.where(z >= 0, 1.0, -1.0)` is $s(z)$.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# split a and W; choose b_a and b_b by the word; first book: z_a ← a⁺ through W⁺ plus a⁻ through W⁻ plus b_a, quotient, back through the same parts, times the same parts of a; second book with W⁻ and W⁺ exchanged and b_b; alpha times the first minus beta times the second
# </details>
#
# *If you see* NaN, *suspect* an output without negative contributions: 0 / 0. *If you see* that everything passes but `"full"`, *suspect* a denominator that is cut off at 0: with the whole bias it may have either sign, and keeps it.

# %%
places = np.linspace(0, 4, 80)
unit = np.array([[1.0, 2.0]]), np.array([[3.0], [-1.0]])
read_only(places, *unit)


def second_input(bias):
    """Relevance of the second input at every bias; the unit is explained from its own output, 1 + b."""
    return [lrp_ab(*unit, np.array([b]), np.array([[1 + b]]), 2.0, 1.0, bias)[0, 1] for b in places]


pole = mine_or(point["pole"], "lrp_ab", lambda: [second_input(bias) for bias in laws.BIASES])
show.lines(
    places,
    {bias: np.where(np.abs(values) < 60, values, np.nan) for bias, values in zip(laws.BIASES, pole, strict=True)},
    alt="Relevance of the harmful input over the bias from 0 to 4: bach and none fall gently along one line from minus 1 to minus 5, full falls without bound towards 2 and comes back from above behind it.",
    x_label="bias b (the contributions are +3 and -2)",
    y_label="relevance of input 2",
    limits=(-40, 40),
)
quiz.compare("pole", lambda: predict_pole())

# %% [markdown]
# *A right picture* shows `"bach"` and `"none"` on one straight line (a positive bias is not in the second book), and `"full"` with a pole at $b = 2$: there the whole bias cancels the harmful contribution, and the second input gets any amount, of either sign.
# That is not rounding and not a bug in your code: it is what the formula says. A convention is a choice, and choices have consequences.

# %% [markdown]
# ### Your rule on the whole of VGG16
#
# The next cell is given. `by_windows` cuts out what each place of a convolution reads, calls a rule for dense layers on all of them as one batch, and adds up where windows overlap. `apply_rule` uses it with your `lrp_ab`; epsilon, flat and the poolings are lab 7's. `explain` is lab 7's walk.


# %%
def by_windows(rule, layer, a, R):
    """A rule for dense layers at every place of a convolution of stride 1: R (B, h, w, Co) -> (B, H, W, Ci)."""
    (kh, kw, _, J), (B, h, w, _) = layer.W.shape, R.shape
    p = kh // 2 if layer.pad == "same" else 0
    padded = np.pad(a, ((0, 0), (p, p), (p, p), (0, 0)))
    taps = [np.s_[:, i : i + h, j : j + w] for i in range(kh) for j in range(kw)]
    read = np.stack([padded[tap] for tap in taps], axis=3)  # what each place reads: (B, h, w, taps, Ci)
    below = rule(read.reshape(B * h * w, -1), layer.W.reshape(-1, J), layer.b, R.reshape(-1, J)).reshape(read.shape)
    out = np.zeros(padded.shape)
    for k, tap in enumerate(taps):
        out[tap] += below[:, :, :, k]
    return out[:, p : p + a.shape[1], p : p + a.shape[2]]


def one_pair(a, W, b, R, eps, layer):
    """Forward, divide, back, multiply."""
    z = conv2d(a, W, layer.pad, layer.stride) + b
    return a * conv2d_T(R / (z + eps * np.where(z >= 0, 1.0, -1.0)), W, a.shape, layer.pad, layer.stride)


def pool_rule(name, a, R, k):
    """Max: the first maximum of each window takes all; avg: in proportion to the positive inputs."""
    B, h, w, C = R.shape
    inside = a.reshape(B, h, k, w, k, C).transpose(0, 1, 3, 5, 2, 4).reshape(B, h, w, C, k * k)
    positive = np.maximum(inside, 0)
    shares = {"max": np.eye(k * k)[inside.argmax(axis=-1)], "avg": positive / (positive.sum(axis=-1)[..., None] + TINY)}
    return (shares[name] * R[..., None]).reshape(B, h, w, C, k, k).transpose(0, 1, 4, 2, 5, 3).reshape(a.shape)


def apply_rule(rule, layer, a, R):
    """Relevance (B, H, W, Ci) at the input ``a`` of a layer."""
    name, options = rule
    if name == "ab":
        return by_windows(partial(lrp_ab, **options), layer, a, R)
    if name == "eps":
        return one_pair(a, layer.W, layer.b, R, options["eps"], layer)
    if name == "flat":
        return one_pair(np.ones(a.shape), np.ones(layer.W.shape), 0.0, R, TINY, layer)
    return pool_rule(name, a, R, layer.k)


def explain(images, c, spec):
    """LRP on the lab's VGG16 by a composite: the map (B, H, W), and the relevance at the input of every layer."""
    inputs, a = [], images
    for layer in layers[:-1]:
        inputs.append(a)
        a = run_layer(layer, a)
    inputs.append(a)
    logits = conv2d(a, layers[-1].W, "valid", 1) + layers[-1].b  # without the softmax
    trace = [np.where(np.arange(logits.shape[-1]) == c[:, None], logits[:, 0, 0], 0.0)[:, None, None]]
    for layer, a in zip(layers[::-1], inputs[::-1], strict=True):
        rule = next(rule for which, rule in spec if fnmatchcase(layer.name, which))
        trace.insert(0, apply_rule(rule, layer, a, trace[0]))
    return trace[0].sum(axis=-1), trace


# %% [markdown]
# ### Exercise 3. `find_variant`
#
# `Difficulty 2/5 · Importance 4/5 · 10 min · 3 points`
#
# **Why.** A library does not always say which convention it uses, and what its documentation says need not be what it does. So you let it speak: make the map by every convention that you can think of, and see which of them *is* the library's map.
# Now size counts. A map that is right up to a factor of 2 is another map, so nothing is aligned here. And mind the trap: one of your variants is always the closest. Only a distance at the level of rounding means that you found it; else the honest answer is `None`.
#
# $$d_v = \frac{\max |R_v - \tilde R|}{\max |\tilde R|}, \qquad \text{answer} = \begin{cases} \arg\min_v d_v & \min_v d_v \le tol \\ \text{None} & \text{else} \end{cases}$$
#
# | name | shape | |
# |---|---|---|
# | `R_lib` | any | a library's maps |
# | `variants` | dictionary: name → array of the same shape | maps that it might be |
# | `tol` | number | what counts as equal |
# | returns | name or `None`, and a dictionary: name → $d_v$ | |
#
# **Predict before you run.** You are about to compare iNNvestigate's `lrp.alpha_2_beta_1` with your own rule by all three conventions. Which one does it use?
#
# - **A.** `"bach"`: it implements the paper.
# - **B.** `"full"`.
# - **C.** `"none"`.


# %% nbgrader={"grade": false, "grade_id": "predict_variant_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_variant() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "find_variant_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def find_variant(R_lib: np.ndarray, variants: dict[str, np.ndarray], tol: float) -> tuple[str | None, dict[str, float]]:
    """The name of the variant that R_lib equals within tol, or None; and every variant's distance."""
    ### BEGIN SOLUTION
    largest = np.abs(R_lib).max()
    distances = {name: np.abs(R - R_lib).max() / largest for name, R in variants.items()}
    closest = min(distances, key=distances.get)
    return (closest if distances[closest] <= tol else None), distances
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "find_variant", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
laws.check_find_variant(find_variant)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# First all distances, then the smallest, then one look at `tol`.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# A dictionary comprehension over `variants.items()`. `min(distances, key=distances.get)` is the key of the smallest value.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# largest ← of the magnitudes in R_lib; for each name: largest magnitude of the difference, over that; the closest name; if its distance is at most tol return it, else None; and return the distances
# </details>
#
# *If you see* a name where none should come, *suspect* that `tol` is never asked. *If you see* that a doubled map is found, *suspect* a distance that does not see size.

# %%
AB2 = "lrp.alpha_2_beta_1"
POOLS = [("avg_pool", ("avg", {})), ("block?_pool", ("max", {}))]
settings = {bias: {"alpha": 2.0, "beta": 1.0, "bias": bias} for bias in laws.BIASES}
settings["full, alpha 1, beta 0"] = {"alpha": 1.0, "beta": 0.0, "bias": "full"}


def variant_distances():
    variants = {name: explain(x, labels, [*POOLS, ("*", ("ab", options))])[0] for name, options in settings.items()}
    found, distances = find_variant(library[AB2], variants, 1e-3)
    print(f"Your find_variant says: {found}.")
    return list(distances.values())


distances = mine_or(point["distances"], "find_variant", variant_distances)
show.bars(
    {"digits": -np.log10(np.maximum(distances, 1e-16))},
    [name.replace(", ", ",\n") for name in settings],
    alt="How many digits of iNNvestigate's alpha 2, beta 1 four variants reproduce: none, but for the convention full, which reproduces four or more.",
    unit="digits that agree: -log10 of d",
)
quiz.compare("variant", lambda: predict_variant())

# %% [markdown]
# *A right picture* has one bar of four digits or more: that is what "the same" looks like, and what keeps it from fifteen digits is the pole, near which rounding grows (recorded maps keep few digits, too). The others agree in no digit at all: they are off by as much as the largest relevance itself. The fourth is there as a control: the right convention does not help where the rule is another one. A convention that is not named can change a map beyond recognition.

# %% [markdown]
# ### Exercise 4. `rule_table`
#
# `Difficulty 2/5 · Importance 4/5 · 12 min · 4 points`
#
# **Why.** A method's name is not a definition. Write the definitions down as data, as in lab 7, so that a walk can use them: for each of five methods a composite, a list of `(pattern, (rule, options))`; the first entry that matches a layer's name decides. Below is what iNNvestigate's source says. The convention of the bias it does not say: take the one that you found, for both alpha-beta rules (the last picture of this exercise shows whether that was right to assume).
#
# $$\mathrm{rule}(n) = r_m, \qquad m = \min \{\, i : \mathrm{pattern}_i \text{ matches } n \,\}$$
#
# | method | in iNNvestigate 2.1.2 |
# |---|---|
# | `lrp.epsilon` | `EpsilonRule` at every layer with a kernel; `epsilon=1e-7` where none is given |
# | `lrp.alpha_2_beta_1` | `Alpha2Beta1Rule` at every layer with a kernel |
# | `lrp.sequential_preset_a` | `is_dense_layer`: `EpsilonRule`, `epsilon=1e-1`; `is_conv_layer`: `Alpha1Beta0Rule` |
# | `lrp.sequential_preset_a_flat` | the same, with `input_layer_rule="Flat"` |
# | `lrp.sequential_preset_b_flat` | `Alpha2Beta1Rule` in the place of `Alpha1Beta0Rule`, `input_layer_rule="Flat"` |
# | all | max poolings: winner takes all; averages: in proportion to the inputs |
#
# | rule | options | |
# |---|---|---|
# | `"eps"` | `eps` | |
# | `"ab"` | `alpha`, `beta`, `bias` | all three |
# | `"flat"`, `"max"`, `"avg"` | none: `{}` | |
#
# | name | shape | |
# |---|---|---|
# | returns | dictionary: method → list of `(pattern, (rule, options))` | layers: `block1_conv1` to `block5_conv3`, `block1_pool` to `block5_pool`, `avg_pool`, and the dense layer `predictions` |
#
# **Predict before you run.** Five methods, one network, three images. Which maps hold the largest single values?
#
# - **A.** Those with alpha 1, beta 0: all relevance goes along positive contributions.
# - **B.** Those with alpha 2, beta 1.
# - **C.** That of epsilon: its denominators may be close to 0.


# %% nbgrader={"grade": false, "grade_id": "predict_table_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_table() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "rule_table_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rule_table() -> dict[str, list[tuple]]:
    """iNNvestigate's methods as composites for VGG16: method -> [(pattern, (rule, options)), ...]."""
    ### BEGIN SOLUTION
    pools = [("avg_pool", ("avg", {})), ("block?_pool", ("max", {}))]
    top, pixels = ("predictions", ("eps", {"eps": 0.1})), ("block1_conv1", ("flat", {}))
    ab1 = ("*", ("ab", {"alpha": 1.0, "beta": 0.0, "bias": "full"}))
    ab2 = ("*", ("ab", {"alpha": 2.0, "beta": 1.0, "bias": "full"}))
    return {
        "lrp.epsilon": [*pools, ("*", ("eps", {"eps": 1e-7}))],
        "lrp.alpha_2_beta_1": [*pools, ab2],
        "lrp.sequential_preset_a": [*pools, top, ab1],
        "lrp.sequential_preset_a_flat": [*pools, top, pixels, ab1],
        "lrp.sequential_preset_b_flat": [*pools, top, pixels, ab2],
    }
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rule_table", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_rule_table(rule_table)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Special cases at the top, the rest, `"*"`, at the end. Poolings are layers, too.
# </details>
# <details><summary>Hint 2: a start</summary>
#
# `POOLS` from the cell above can stand at the top of every list: `[*POOLS, ...]`. An entry looks like `("predictions", ("eps", {"eps": ...}))`.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# for each line of the table: the poolings; if it names a rule for dense layers, an entry for predictions; if it names an input layer rule, an entry for block1_conv1; then the rule of all other layers, with the convention that find_variant found
# </details>
#
# *If you see* an error about a pooling layer, *suspect* that the star stands above it. *If you see* that the hidden checks reject what the visible one accepts, *suspect* the convention or an epsilon: no law can say what a library uses, only its source or its maps.

# %%
tabled = mine_or(
    point["table"], "rule_table", lambda: np.stack([explain(x, labels, rule_table()[method])[0] for method in METHODS])
)
panels, titles = [], []
for k in range(3):
    panels += [images[k], *tabled[:, k]]
    titles.append(short[labels[k]])
    for m, method in enumerate(METHODS):
        off = np.abs(tabled[m, k] - library[method][k]).max() / np.abs(library[method][k]).max()
        titles.append(f"{method.removeprefix('lrp.').removeprefix('sequential_')}\noff by {off:.1e}")
show.maps(
    panels,
    titles,
    alt="Three characters in rows, each with five maps by your own walk and your table of iNNvestigate's methods; the titles say how far each is from the library's.",
    columns=6,
)
quiz.compare("table", lambda: predict_table())

# %% [markdown]
# *A right picture* has small distances in every title: five methods, reproduced (to four digits or more; to fewer if your maps come from the file, which is coarse). Now look at the maps themselves, at their colour bars above all. By alpha 2, beta 1 and preset B a few pixels at the edge get a hundred to some thousand units of relevance, of a logit of ten or twenty: these are poles, as in exercise 2, met somewhere on the way down.
# Your code is right, the library's too, they agree, and the map says nothing about the image. Agreement is about code; it does not make a map true.

# %% [markdown]
# **Checkpoint 2.** The methods are written down. The next exercise does not call `rule_table`; its picture uses your `lrp_ab`.

# %% [markdown]
# ### Exercise 5. `trace_gap`
#
# `Difficulty 2/5 · Importance 4/5 · 10 min · 3 points`
#
# **Why.** "The maps differ" is a symptom at the pixels, twenty layers below its cause. With the relevance at *every* layer, a trace, you can say where two walks part: at the first layer, **on the way down**, where they are not equal any more. Everything below that is a consequence.
# A library may not hand out its trace. But relevance at a layer is the map of a smaller network: the part from that layer upwards, explained at what goes into the layer. `upper_part` makes such a network.
#
# $$g_l = \frac{\max |R^{(l)} - \tilde R^{(l)}|}{\max |\tilde R^{(l)}|}, \qquad l^* = \max \{\, l : g_l > tol \,\}$$
#
# | name | shape | |
# |---|---|---|
# | `mine`, `theirs` | lists of arrays, entry by entry of equal shape | relevance at the input of layer $l$, the pixels first, the highest layer last |
# | `tol` | number | two layers count as equal if their gap is at most `tol` |
# | returns | list of gaps $g_l$, and $l^*$ | $l^*$ is a place in the lists, counted from 0; `None` if no gap is larger than `tol` |
#
# **Predict before you run.** You compare your preset A by the convention `"bach"` with the library's, from the logit down. Where do the two part?
#
# - **A.** At the dense layer at the top.
# - **B.** In the convolutions of block 5, the first ones on the way down.
# - **C.** At the pixels.


# %% nbgrader={"grade": false, "grade_id": "predict_gap_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_gap() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "trace_gap_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def trace_gap(mine: list[np.ndarray], theirs: list[np.ndarray], tol: float) -> tuple[list[float], int | None]:
    """How far two traces are apart, layer by layer, and the first layer on the way down where that exceeds tol."""
    ### BEGIN SOLUTION
    gaps = [np.abs(R - R_lib).max() / np.abs(R_lib).max() for R, R_lib in zip(mine, theirs, strict=True)]
    for l in range(len(gaps) - 1, -1, -1):
        if gaps[l] > tol:
            return gaps, l
    return gaps, None
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "trace_gap", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
laws.check_trace_gap(trace_gap)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# All gaps first. Then start at the last entry, where the walk starts.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `zip(mine, theirs)` pairs the layers. `range(len(gaps) - 1, -1, -1)` counts down to 0.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# gaps ← for each pair, largest magnitude of the difference over the largest magnitude of theirs; for l from the last to 0: if its gap is larger than tol return the gaps and l; at the end return the gaps and None
# </details>
#
# *If you see* `None` where the traces part at the pixels, *suspect* a test like `if place:`, for which 0 is false. *If you see* the pixels named every time, *suspect* that you count upwards.

# %%
CUTS = ["block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1", "predictions"]
numbers = [[layer.name for layer in layers].index(cut) for cut in CUTS]
inputs = [x[:1]]
for layer in layers[:-1]:
    inputs.append(run_layer(layer, inputs[-1]))
theirs = []
for cut, l in zip(CUTS, numbers, strict=True):
    part = upper_part(model, cut) if LIVE else None
    theirs.append(
        live_or(
            point[f"trace_{cut}"],
            f"relevance at the input of {cut}",
            lambda part=part, a=inputs[l]: ask(
                part, a.reshape(1, *part.input_shape[1:]), "lrp.sequential_preset_a", labels[:1]
            ),
            LIVE,
        )
    )
read_only(*theirs)


def gaps_of(bias):
    """Gaps between my preset A, by a convention, and the library's, at the six layers."""
    spec = [*POOLS, ("predictions", ("eps", {"eps": 0.1})), ("*", ("ab", {"alpha": 1.0, "beta": 0.0, "bias": bias}))]
    trace = explain(x[:1], labels[:1], spec)[1]
    mine = [trace[l].reshape(R_lib.shape) for l, R_lib in zip(numbers, theirs, strict=True)]
    gaps, place = trace_gap(mine, theirs, 1e-3)
    if place is None:
        print(f'Convention "{bias}": they never part.')
    else:
        above = [*CUTS, "the logits"][place + 1]
        print(f'Convention "{bias}": they part below {above} and not later than the input of {CUTS[place]}.')
    return gaps


gaps = mine_or(point["gaps"], "trace_gap", lambda: [gaps_of("bach"), gaps_of("full")])
show.lines(
    np.arange(len(CUTS)),
    {name: np.log10(np.maximum(values[::-1], 1e-16)) for name, values in zip(("bach", "full"), gaps, strict=True)},
    alt="Gap between two traces from the dense layer, at the left, down to the pixels, on a logarithmic axis: by the convention full it stays at the level of rounding, below one in ten thousand, throughout; by bach it is there at the dense layer and above a hundredth from block 5 downwards.",
    x_label="the walk, from the top down to the pixels",
    y_label="log10 of the gap",
    ticks=[cut.removesuffix("_conv1").replace("predictions", "dense") for cut in CUTS[::-1]],
)
quiz.compare("gap", lambda: predict_gap())

# %% [markdown]
# *A right picture* has two curves that start together at the dense layer, where both use epsilon. By `"full"` the gap stays at rounding down to the pixels: below a millionth live, about 1e-5 if the traces come from the file, which keeps fewer digits. By `"bach"` it jumps at the input of `block5_conv1`, the first cut on the way down that has alpha-beta and a bias above it. You read the cause off the *first* cut that is off; the pixels alone would not have told you.
# Mind what six cuts can say: the cause lies *between* this cut and the one above it, here in one of block 5's three convolutions or the poolings above them. That it is not `block5_conv1` alone, only more cuts would show.

# %% [markdown]
# **Checkpoint 3.** The library's maps on VGG16 are explained: another convention, named and found. A choice, not a bug. The next part is about a bug, on a network so small that you can work it out by hand.

# %% [markdown]
# ## Part 4. A bug
#
# A convention can be defended; a bug breaks a law that everybody agrees on. Here it is this one: on a *linear* network LRP-0 is input × gradient, since every path from input to output is a product of numbers. A BatchNorm at inference, followed by a sum, is a linear network (with an offset).

# %% [markdown]
# ### Exercise 6. `lrp_bn`
#
# `Difficulty 3/5 · Importance 4/5 · 15 min · 4 points`
#
# **Why.** At inference a BatchNorm multiplies each channel by a number $g$ and adds a number $h$. Both are made of stored values: it does not look at the batch. So LRP-0 needs no new idea. The input's contribution is $g x$, the offset's is $h$, and $h$ keeps its share, as a bias does.
# All the care goes into $g$ and $h$: the root, the epsilon under it, and the mean, which is multiplied by $g$ before it is part of $h$. iNNvestigate gets two of these things wrong, and nothing warns you: the maps look like maps.
#
# $$y = \gamma\, \frac{x - \mu}{\sqrt{v + \epsilon}} + \beta = g x + h, \qquad g = \frac{\gamma}{\sqrt{v + \epsilon}}, \qquad R^{in} = \frac{g x}{y}\, R$$
#
# | name | shape | |
# |---|---|---|
# | `x` | `(..., C)` | input; channels are the last axis: `(B, C)` or `(B, H, W, C)` |
# | `gamma`, `beta`, `mean`, `var` | `(C,)` | $\gamma, \beta, \mu, v$ as stored in the layer |
# | `eps` | number | $\epsilon$, under the root |
# | `R` | `(..., C)` | relevance at the output |
# | returns | `(..., C)` | `y` is pushed away from 0 by `TINY`, on its own side |
#
# **Predict before you run.** A BatchNorm with $\gamma = 1$, $\beta = 0$, $\mu = 0$, $v = 1$, $\epsilon = 0$ changes nothing. You put four of them, one after the other, in front of a sum, and ask iNNvestigate for preset A. What do they do to the map?
#
# - **A.** Nothing: a layer that changes nothing passes relevance on.
# - **B.** They multiply it by 4.
# - **C.** They multiply it by 16.


# %% nbgrader={"grade": false, "grade_id": "predict_bn_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_bn() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "lrp_bn_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lrp_bn(
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    mean: np.ndarray,
    var: np.ndarray,
    eps: float,
    R: np.ndarray,
) -> np.ndarray:
    """LRP-0 through a BatchNorm at inference, channels last: R (..., C) -> (..., C)."""
    ### BEGIN SOLUTION
    g = gamma / np.sqrt(var + eps)
    y = g * x + (beta - g * mean)
    return g * x * R / (y + TINY * np.where(y >= 0, 1.0, -1.0))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lrp_bn", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_lrp_bn(lrp_bn)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Multiply the fraction out: what stands with $x$ is $g$, everything else is $h$.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# Arrays of shape `(C,)` meet the last axis of `x` by themselves. `np.where(y >= 0, 1.0, -1.0)` is $s(y)$.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# g ← gamma over the root of (var + eps); y ← g x + beta − g mean; result ← g x R over y, pushed away from 0 by TINY
# </details>
#
# *If you see* "right for eps = 0, and not for eps = 0.5", *suspect* an epsilon outside of the root, or Keras' default in the place of the argument. *If you see* "g is right", *suspect* a mean that was not multiplied by $g$, or $x - \mu$ where $x$ belongs: the input's contribution is $g x$.

# %% [markdown]
# Now the network of two layers: a BatchNorm of two channels, then their sum. It has an input $x = (1, 2)$, and its gradient is $g$ itself. The relevance that arrives at the BatchNorm is $y$, one number per channel.

# %%
norm = {
    "gamma": np.array([2.0, 0.5]),
    "beta": np.array([0.3, -0.2]),
    "mean": np.array([0.5, -1.0]),
    "var": np.array([4.0, 0.25]),
    "eps": 0.01,
}
x_bn = np.array([[1.0, 2.0]])
y_bn = norm["gamma"] * (x_bn - norm["mean"]) / np.sqrt(norm["var"] + norm["eps"]) + norm["beta"]
two_layers, pixel = batchnorms(1, **norm), x_bn.reshape(1, 1, 1, 2)
theirs_bn = live_or(point["bn_lib"], "lrp.z", lambda: ask(two_layers, pixel, "lrp.z"), LIVE).ravel()
slope_bn = live_or(point["bn_gradient"], "gradient", lambda: ask(two_layers, pixel, "gradient"), LIVE).ravel()
mine_bn = mine_or(point["bn"], "lrp_bn", lambda: lrp_bn(x_bn, **norm, R=y_bn)[0])
read_only(x_bn, y_bn, theirs_bn, slope_bn, mine_bn)
show.bars(
    {"input × iNNvestigate's gradient": x_bn[0] * slope_bn, "your LRP-0": mine_bn, "iNNvestigate's lrp.z": theirs_bn},
    ["input 1", "input 2"],
    alt="Relevance of the two inputs of a linear network: input times gradient and your LRP-0 agree, about 1.00 and 1.96; iNNvestigate's lrp.z gives about 0.59 and 1.41.",
)

# %% [markdown]
# Its own gradient convicts it: input × gradient and LRP-0 must be the same here, and iNNvestigate gives both, with different values. No reference was needed, only a law.
#
# *What* is wrong can be found as in exercise 3. A wrong formula is often the right one with a wrong argument, so that your own function can play the suspects: the variance squared under the root; a mean that is not multiplied by $\gamma$ (which is the mean divided by $\gamma$ in your function); both; or the epsilon forgotten.

# %%
suspects = {
    "as it should be": norm,
    "variance squared": norm | {"var": norm["var"] ** 2},
    "mean without gamma": norm | {"mean": norm["mean"] / norm["gamma"]},
    "both": norm | {"var": norm["var"] ** 2, "mean": norm["mean"] / norm["gamma"]},
    "epsilon forgotten": norm | {"eps": 0.0},
}


def suspect_distances():
    played = {name: lrp_bn(x_bn, **values, R=y_bn)[0] for name, values in suspects.items()}
    return [np.abs(played[name] - theirs_bn).max() / np.abs(theirs_bn).max() for name in suspects]


guilt = mine_or(point["guilt"], "lrp_bn", suspect_distances)
show.bars(
    {"digits": -np.log10(np.maximum(guilt, 1e-16))},
    [name.replace(" ", "\n", 1) for name in suspects],
    alt="How many digits of iNNvestigate's values five suspects reproduce: the one with both mistakes eight or more, all others less than one.",
    unit="digits that agree",
)

# %%
same = {"gamma": np.ones(2), "beta": np.zeros(2), "mean": np.zeros(2), "var": np.ones(2), "eps": 0.0}
sums = live_or(
    point["identity"],
    "preset A behind 0 to 4 BatchNorms that change nothing",
    lambda: np.array([ask(batchnorms(n, **same), pixel, "lrp.sequential_preset_a").sum() for n in range(5)]),
    LIVE,
)
shutdown()  # ends iNNvestigate's process; a later call starts it again
read_only(sums)
show.bars(
    {"iNNvestigate, preset A": sums, "a layer that changes nothing": np.full(5, sums[0])},
    [str(n) for n in range(5)],
    alt="Sum of the map behind 0 to 4 BatchNorms that change nothing: it should stay as it is, and iNNvestigate's doubles with each.",
    unit="sum of relevance",
    title="behind so many BatchNorms that change nothing",
)
quiz.compare("bn", lambda: predict_bn())

# %% [markdown]
# *A right picture* has, in the first bars, two that agree and a third that does not; among the suspects one that reproduces the library's values to many digits, the one with *both* mistakes, the variance's and the mean's; and in the last bars a doubling with every BatchNorm. The doubling is a third flaw, in the presets: they take alpha 2, beta 1 for a BatchNorm whatever they take elsewhere, and where nothing inhibits, $R$ becomes $2R$.
# VGG16 has no BatchNorm, so nothing of this touched parts 2 and 3. ResNet50 has 53. That is why this course folds BatchNorms into the convolutions before anything is explained (lab 8).

# %% [markdown]
# **Checkpoint 4.** You can convict an implementation by a law and by its own words. What follows turns that into a habit; it needs none of the functions above.

# %% [markdown]
# ## Part 5. Break each other's code
#
# Every check that you have met in this course is a test that somebody wrote. Now you write one.

# %% [markdown]
# ### Exercise 7. `test_rule`
#
# `Difficulty 4/5 · Importance 5/5 · 25 min · 9 points`
#
# **Why.** `test_rule(f)` takes an implementation `f(a, W, b, R, eps)` of the epsilon rule of lab 6. It returns if `f` is right and raises an exception if not, by `assert`; as in pytest, *any* exception is a rejection, also that of a slip of your own. It cannot look inside: it calls.
# A test can fail in two ways. It *misses* what is wrong, because no input of its own shows it. Or it *accuses* what is right, because it asks for more than the rule promises: equality to the last bit, a sum that a bias is entitled to change. You may compare with `right_matrix` below, or ask for laws. Either way the inputs decide what you find.
#
# $$z = aW + b, \qquad R^{in} = a \odot \left( \frac{R}{z + \varepsilon\, s(z)}\, W^\top \right), \qquad s(0) = +1$$
#
# **How it is graded.** Your test meets 39 hidden implementations that it has never seen, in random order: five right, the others wrong.
#
# - Eight points: one for each *kind* of wrong ones (about the bias, eps, $z = 0$, batches, signs, shares, arguments that are changed, shapes and places). A kind counts only if *all* of it, three to five, are rejected.
# - The ninth: all five right ones are accepted (in single precision, with loops, the bias as an input), and three that are wrong nearly everywhere rejected.
# - A false alarm costs more than a miss: two of the right ones, plain ones in float64, have to be accepted for *every* point. An alarm at one of the other three costs the ninth point only.
# - A test that does not end in a verdict (too many calls on one of them, or more than 20 s for all together) gets nothing.
#
# | name | shape | |
# |---|---|---|
# | `f` | `f(a, W, b, R, eps)`: `(B, I)`, `(I, J)`, `(J,)`, `(B, J)`, number > 0 → `(B, I)` | right: to 1e-4 of its largest value, in float32 or float64, unless some $z + \varepsilon s(z)$ is tiny, or some $z$ is 0 up to rounding and not exactly (then its sign is chance); leaves its arguments unchanged |
# | `test_rule` | returns nothing | at most 60 calls of `f`; all arguments of one call together hold at most 2000 numbers |
#
# Here are eight implementations to try it on. Read them: each wrong one is wrong in one thing. The hidden ones are wrong in other things.


# %%
def right_matrix(a, W, b, R, eps):
    """With matrices."""
    z = a @ W + b
    return a * ((R / (z + eps * np.where(z >= 0, 1.0, -1.0))) @ W.T)


def right_loop(a, W, b, R, eps):
    """Output by output."""
    found = np.zeros(a.shape)
    for j in range(W.shape[1]):
        parts = a * W[:, j]
        z = parts.sum(axis=1) + b[j]
        found += parts * (R[:, j] / np.where(z >= 0, z + eps, z - eps))[:, None]
    return found


def right_single(a, W, b, R, eps):
    """In single precision."""
    a, W, b, R = (np.asarray(values, dtype=np.float32) for values in (a, W, b, R))
    z = a @ W + b
    return a * ((R / (z + np.float32(eps) * np.where(z >= 0, np.float32(1), np.float32(-1)))) @ W.T)


def wrong_signless(a, W, b, R, eps):
    """Adds eps whatever the sign of z."""
    return a * ((R / (a @ W + b + eps)) @ W.T)


def wrong_unbiased(a, W, b, R, eps):
    """Forgets the bias."""
    z = a @ W
    return a * ((R / (z + eps * np.where(z >= 0, 1.0, -1.0))) @ W.T)


def wrong_average(a, W, b, R, eps):
    """Hands every image the batch's mean relevance."""
    return right_matrix(a, W, b, np.repeat(R.mean(axis=0, keepdims=True), len(R), axis=0), eps)


def wrong_absolute(a, W, b, R, eps):
    """Drops the sign of the result."""
    return np.abs(right_matrix(a, W, b, R, eps))


def wrong_overwriting(a, W, b, R, eps):
    """Right, but writes into R on the way."""
    z = a @ W + b
    R /= z + eps * np.where(z >= 0, 1.0, -1.0)
    return a * (R @ W.T)


RIGHT = {f.__name__: f for f in (right_matrix, right_loop, right_single)}
WRONG = {f.__name__: f for f in (wrong_signless, wrong_unbiased, wrong_average, wrong_absolute, wrong_overwriting)}

# %% [markdown]
# And here is a weak test, of the kind that one writes first: one image, one random layer without bias, and the law of conservation.


# %%
def weak_test(f):
    """One image, no bias, positive inputs: what goes in comes out."""
    rng = np.random.default_rng(0)
    a, W, R = rng.random((1, 6)), rng.normal(size=(6, 3)), rng.random((1, 3))
    before = R.sum()
    assert abs(f(a, W, np.zeros(3), R, 1e-9).sum() - before) < 1e-4


# %% [markdown]
# **Predict before you run.** How many of the five wrong ones does `weak_test` reject?
#
# - **A.** One.
# - **B.** Three.
# - **C.** All five: a wrong rule does not conserve.


# %% nbgrader={"grade": false, "grade_id": "predict_weak_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_weak() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "A"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "test_rule_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def test_rule(f) -> None:
    """Return if f(a, W, b, R, eps) is the epsilon rule; raise AssertionError if it is not."""
    ### BEGIN SOLUTION
    draw = np.random.default_rng(7).normal
    sizes = [(3, 4, 2, 0.5), (1, 2, 4, 0.1), (4, 3, 3, 1.0), (2, 5, 4, 0.05)]  # B, I, J, eps
    cases = [[*(draw(size=s) for s in ((B, I), (I, J), J, (B, J))), eps] for B, I, J, eps in sizes]
    cases.append([np.ones((2, 2)), np.array([[1.0, 2.0], [-1.0, 1.0]]), np.zeros(2), np.ones((2, 2)), 0.5])  # z = 0
    for case in cases:
        given = [np.copy(value) for value in case]
        got, due = np.asarray(f(*given)), right_matrix(*case)
        assert got.shape == due.shape, "the shape"
        assert np.isfinite(got).all(), "NaN or infinite"
        assert np.abs(got - due).max() < 1e-3 * np.abs(due).max(), "the values"
        assert all(np.array_equal(u, v) for u, v in zip(given, case, strict=True)), "an argument was changed"
    ### END SOLUTION


# %% [markdown]
# The next cell, given, lets your test meet implementations that are somewhere else: a call of `f` travels as numbers, and so does its answer. Leave it as it is.


# %%
def probe_test_rule(message):
    """Given: one turn of trials of test_rule, for the checks."""
    return laws.probe_test_rule(test_rule, message)


# %% nbgrader={"grade": true, "grade_id": "test_rule", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
laws.check_test_rule(test_rule, RIGHT, WRONG)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Go through the arguments one by one and ask: which mistake would show only here? One image, several, a dozen; more inputs than outputs, fewer, as many; entries of both signs, everywhere; a bias that matters; an eps that matters; a $z$ that is exactly 0. And of what comes back: its shape, every value, and whether the arguments are still what they were.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `np.abs(got - due).max() < 1e-3 * np.abs(due).max()` compares up to rounding. Compare shapes first: `(I,)` and `(1, I)` broadcast, and nobody complains. Keep copies of the arguments (`np.copy`) and compare them afterwards with `np.array_equal`. A comparison with NaN is never true, which is on your side: `assert nan < 1` fails.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# a list of cases: a few shapes with random numbers of both signs, each with its own eps; one case by hand with z = 0, in small whole numbers (they add up without rounding; `b = -(a @ W)[0]` of random numbers does not, and in float32 z gets either sign). For each case: copy the arguments; call f on the copies; work out what is due; assert the shape, the values up to rounding, and that the copies are still equal to the case
# </details>
#
# *If you see* that a right one is accused, *suspect* your tolerance, a law that a bias breaks, or a $z$ that is nearly 0. *If you see* that `wrong_overwriting` gets through, *suspect* that you hand out the arrays that you compare with later: they have changed, too.

# %%
everybody = RIGHT | WRONG
verdicts = mine_or(
    point["verdicts"],
    "test_rule",
    lambda: [[laws.accepts(test, f) for f in everybody.values()] for test in (weak_test, test_rule)],
)
show.bars(
    {"weak test": verdicts[0], "your test": verdicts[1]},
    [name.replace("_", "\n") for name in everybody],
    alt="For three right and five wrong implementations whether the weak test and your test accept them: the weak test accepts seven of the eight, a good test the three right ones.",
    unit="accepted (1) or not (0)",
)
quiz.compare("weak", lambda: predict_weak())

# %% [markdown]
# *A right picture* shows that your test accepts three and rejects five. The weak test accepts nearly everybody: without a bias, with one image and a tiny eps, four of five mistakes have no occasion to show. It was not a false law; it was a poor choice of inputs.

# %% nbgrader={"grade": true, "grade_id": "predictions", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
quiz.count(globals(), ["measure", "pole", "variant", "table", "gap", "bn", "weak"])

# %% [markdown]
# ### Integration 1: any method, any character
#
# The library's map, yours by your own table and your own rule, and the difference on a scale of its own: read the power of ten above its colour bar before you read the map.


# %%
def draw(character, method):
    """Image, the library's map, mine, and the difference."""
    m = METHODS.index(method)
    R_lib = library[method][character]
    mine = mine_or(
        point["table"][m, character],
        "rule_table",
        lambda: explain(x[[character]], labels[[character]], rule_table()[method])[0][0],
    )
    show.maps(
        [images[character], R_lib, mine, mine - R_lib],
        [short[labels[character]], "iNNvestigate", "yours, by your table", "difference"],
        alt=f"The character {names[labels[character]]}, iNNvestigate's map by {method}, yours, and the difference.",
    )


explore(draw, character={short[c]: k for k, c in enumerate(labels)}, method=[*METHODS[2:], *METHODS[:2]])

# %% [markdown]
# ### Integration 2: break a neighbour's test
#
# In pairs. Write an implementation that is *wrong* and that your neighbour's `test_rule` accepts; hand over the function, not the idea. Whoever is fooled adds the input that would have shown it. Three rounds are enough to learn more about testing than from any list.
# Rules: wrong means wrong on some input that the table allows, by more than rounding; and no cheating by looking at who calls.


# %%
def sly(a, W, b, R, eps):
    """Wrong, but where? Change it into something that your neighbour's test accepts."""
    return right_matrix(a, W, b, R, eps) * (1.1 if len(a) > 8 else 1.0)


try:
    print("accepted by your test:", laws.accepts(test_rule, sly))
except NotImplementedError:
    print("Write test_rule first.")

# %% [markdown]
# ## Part 6. Bug hunt and reflection
#
# ### Bug hunt
#
# `Difficulty 3/5 · Importance 4/5 · 12 min · 6 points`
#
# A colleague tests implementations `f(a, W, R, alpha, beta)` of the alpha-beta rule for dense layers **without bias**. The test asks for one law, and the law is right: where every output has contributions of both signs, an image's relevance below is $(\alpha - \beta)$ times its relevance above, for any $\alpha$ and $\beta$. (With 20 random inputs every output has both. The inputs and the two pairs are well chosen: leave them.) **There are three bugs in the test.** One makes it accuse implementations that are right up to rounding; two let wrong ones through.
# Write the repaired test below it. Keep to the one law.


# %%
def test_ab_buggy(f):
    """f(a, W, R, alpha, beta) hands on (alpha - beta) R, image by image."""
    rng = np.random.default_rng(0)
    for alpha, beta in ((1.0, 0.0), (2.0, 0.5)):
        a, W, R = rng.normal(size=(3, 20)), rng.normal(size=(20, 4)), rng.random((3, 4)) + 0.1
        off = f(a, W, R, alpha, beta).sum() - (alpha - beta) * R.sum()
        assert off < 1e-12


# %% nbgrader={"grade": false, "grade_id": "bug_hunt_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def test_ab(f) -> None:
    """The repaired test. Mark each repair with a comment that says what was wrong."""
    ### BEGIN SOLUTION
    draw = np.random.default_rng(7)
    for alpha, beta in ((1.0, 0.0), (2.0, 0.5), (3.0, 1.0)):
        a, W = draw.normal(size=(3, 20)), draw.normal(size=(20, 4))
        R = draw.random((3, 4)) + 0.1
        below = f(a, W, R, alpha, beta).sum(axis=1)  # image by image: over the batch, images may swap relevance
        off = np.abs(below - (alpha - beta) * R.sum(axis=1))  # too little is as wrong as too much
        assert off.max() < 1e-3  # rounding of single precision is allowed
    ### END SOLUTION


# %%
def probe_test_ab(message):
    """Given: one turn of trials of test_ab, for the checks."""
    return laws.probe_test_ab(test_ab, message)


# %% nbgrader={"grade": true, "grade_id": "bug_hunt", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_test_ab(test_ab)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Think of five implementations: right, in single precision; one that hands on half; one that hands on double; one that gives each image the relevance of its neighbour; one that is off in one image. What does the test say to each?
# </details>
# <details><summary>Hint 2: where to look</summary>
#
# One bug is about an axis, one about a sign, one about the size of rounding.
# </details>
# <details><summary>Hint 3: how to find each</summary>
#
# Print `off` for the five. Which are negative? Which are zero and should not be?
# </details>
#
# *If you see* that what is too small gets through, *suspect* a comparison that only knows one side. *If you see* that swapped images get through, *suspect* a sum over everything.

# %% [markdown]
# ### Reflection
#
# In 150 words at most: **a colleague says: "My maps agree with iNNvestigate to 1e-6, so they are right." What do you answer?** Write four parts.
# *Claim*: one sentence that could be wrong. *Evidence*: at least two numbers or pictures of this lab, named. *Limitation*: what your evidence cannot show.
# *Alternative*: another way to find out whether the maps are right, and what its result would tell. Each part counts one point.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# **Claim.** Agreement with a library shows that two programs follow the same formula; it does not show that the formula is right, nor that the map is.
#
# **Evidence.** In exercise 3 my rule agrees with the library to rounding only with the whole bias in both denominators, and exercise 2 shows what that does: near one value of the bias the second input gets any amount of relevance, and in exercise 4 a few pixels get thousands. In exercise 6 the library's own gradient contradicts its LRP-0: 1.00 and 1.96 against 0.59 and 1.41. Whoever agrees with it there has the same bug.
#
# **Limitation.** On VGG16, which has no BatchNorm, I found conventions and no bug; that the maps are alike (cosine close to 1) says little about how much the convention matters on other networks.
#
# **Alternative.** Laws that need no other program: conservation less the biases' share at every layer, and LRP-0 against input × gradient. If a law fails, the map is wrong, whoever agrees with it.

# %% [markdown]
# ## Bonus
#
# Nothing here is graded.
#
# 1. **How bad is float32?** Ask `analyze(model, x, "lrp.alpha_2_beta_1", labels, "float32")` and compare with the map in float64. Why is it so much worse than 1e-7? (Look at the pole of exercise 2.)
# 2. **A padding layer.** Make a network of a `ZeroPadding2D`, a convolution with padding "valid" and a dense layer, and the same with padding "same" and no padding layer. Ask iNNvestigate for `lrp.sequential_preset_a_flat` of both. Which of the two maps is flat, and what does the library say about it?
# 3. **Mutation testing.** Write a function that makes wrong implementations of the epsilon rule by itself (leave a term out, swap two arguments, change a sign) and counts how many your test rejects.

# %% nbgrader={"grade": false, "grade_id": "bonus", "locked": false, "schema_version": 3, "solution": false, "task": false}
# Your experiments.

# %% [markdown]
# ## Summary
#
# - Cosine, Spearman and overlap do not see size; no measure of agreement says who is right.
# - A name is not a definition. Alpha-beta has three conventions of the bias in use; iNNvestigate puts the whole bias into both denominators. Name yours whenever you show a map.
# - To find a convention, make every variant and look for a distance at the level of rounding. If there is none, say so.
# - Compare traces from the top: the first layer that is off is where the cause is.
# - A convention is a choice. A bug breaks a law: LRP-0 on a linear network is input × gradient, and iNNvestigate's BatchNorm breaks it.
# - A test is as good as its inputs, and it can fail in two ways: by what it misses, and by whom it accuses.
#
# The last cell keeps the *source* of your functions in a file beside the labs' folders, so that later labs can use them. Nothing leaves your machine, and no mark depends on it.

# %%
carry.save("lab09", globals(), ["align", "compare", "lrp_ab", "find_variant", "rule_table", "trace_gap", "lrp_bn"])

# %% [markdown]
# ## References
#
# - Alber, Lapuschkin, Seegerer, Hägele, Schütt, Montavon, Samek, Müller, Dähne, Kindermans (2019). *iNNvestigate neural networks!* Journal of Machine Learning Research 20(93). The library; its presets are described in its documentation.
# - Bach, Binder, Montavon, Klauschen, Müller, Samek (2015). *On pixel-wise explanations for non-linear classifier decisions by layer-wise relevance propagation.* PLoS ONE 10(7): e0130140. Epsilon: equation 58; alpha-beta and where its bias goes: equation 60.
# - Ioffe, Szegedy (2015). *Batch normalization: accelerating deep network training by reducing internal covariate shift.* ICML. At inference: section 3.1.
# - Kohlbrenner, Bauer, Nakajima, Binder, Samek, Lapuschkin (2020). *Towards best practice in explaining neural network decisions with LRP.* IJCNN. The presets.
# - Spearman (1904). *The proof and measurement of association between two things.* The American Journal of Psychology 15(1).
# - DeMillo, Lipton, Sayward (1978). *Hints on test data selection: help for the practicing programmer.* Computer 11(4). Judging a test by the wrong programs that it rejects.
#
# ## Help and AI use
#
# Work in pairs if you like; hand in your own text and code. You may ask people, books and AI assistants about ideas, formulas and error messages. Code that you did not write yourself, from whatever source, needs a comment that says where it is from, and you have to be able to explain each line.
# Write the reflection without an assistant: it asks what *you* see. Name below who or what helped you, and with what.

# %% nbgrader={"grade": false, "grade_id": "help", "locked": false, "schema_version": 3, "solution": false, "task": false}
help_used = "nobody and nothing yet"
