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
# # Lab 4: the pieces of a deconvnet
#
# **You will write the pieces from which a convolutional network is walked backwards, prove each of them by an identity, and project a channel of VGG16 back to the pixels that it responds to.**
#
# *Time:* 120 to 150 minutes for the core, 20 to 30 more for the bonus.
# *Builds on:* lab 1 (images as arrays, channels last), lab 2 (what VGG16 consists of).
#
# When you have finished you can
#
# 1. **implement** max pooling with switches, unpooling, a convolution and its transpose in NumPy, from their formulas;
# 2. **prove** a backward step by the adjoint identity, instead of trusting its looks;
# 3. **predict** what the three ways back through a ReLU (gradient, deconvnet, guided backpropagation) let through;
# 4. **combine** the pieces into a walk and project a channel of a real network back to an image;
# 5. **find** bugs in a deconvnet by choosing inputs on which each of them shows, and **argue** from projections with a claim, evidence and a limit.
#
# | part | contents | minutes |
# |---|---|---|
# | 1 | set-up, the picture first, recall | 15 |
# | 2 | max pooling and the way back: exercises 1 and 2 | 25 |
# | 3 | three ways back through a ReLU: exercise 3 | 10 |
# | 4 | the convolution and its transpose: exercises 4, 5 and 6 | 40 |
# | 5 | the whole walk: exercise 7, three blocks of VGG16 | 30 |
# | 6 | bug hunt and reflection | 22 |
#
# Where to score: the exercises 33 points, predictions 7 (for being made), bug hunt 6, reflection 4; 50 in all.

# %% [markdown]
# ## Part 1. Set-up and the picture first
#
# Run the notebook cell by cell, with Shift + Enter: *Run All* stops at the first check whose exercise is not done.
# Everything in this lab works offline and on two cores, without TensorFlow.

# %%
import sys

import numpy as np

from toonlens import show
from toonlens.explore import explore
from toonlens.laws import lab04 as laws
from toonlens.laws import mine_or, read_only
from toonlens.quiz import load as load_quiz
from toonlens.track import current_track

assert sys.version_info[:2] == (3, 11), "this course runs on Python 3.11: start Jupyter from its environment"
assert np.__version__ >= "2", "this course needs NumPy 2: start Jupyter from its environment"

quiz = load_quiz("quiz.json")
point = np.load("checkpoints.npz")  # what the reference gives: no picture waits for an exercise

# %% [markdown]
# ### Symbols
#
# Batches come first, channels last. Everything in this lab is NumPy in float64.
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $B$ | | | images in a batch |
# | $H, W$ | | | rows and columns of an image or a map (in shapes; in code `W` is always a kernel) |
# | $C$; $C_i, C_o$ | | | channels; channels in and out of a convolution |
# | $x$ | `x` | `(B, H, W, C)` | what goes into a step, at first the image |
# | $k$ | `k` | | side of a pooling window |
# | $p, s$ | `p`, `s` | `(B, H/k, W/k, C)` | pooled values and their switches |
# | $W, b$ | `W`, `b` | `(kh, kw, Ci, Co)`, `(Co,)` | kernel and bias of a convolution |
# | $d$ | `stride` | | step of the kernel, the same in both directions |
# | $z$ | `z` | `(B, h, w, Co)` | output of a convolution, before the ReLU |
# | $a$ | `a` | any | output of a ReLU, $\max(z, 0)$ |
# | $L$; $l$ | | | layers of a network; one of them, counted from 0 to $L - 1$ |
# | $r^{(l)}$ | `r` | `(B, H, W, C)` | output of the ReLU of layer $l$, before it is pooled |
# | $ch$ | `ch` | | the channel of the last layer that is projected back |
# | $R$ | `R` | as what it comes back to | the signal on its way back |
# | $\langle u, v \rangle$ | `(u * v).sum()` | | inner product: the sum of all products of entries |
#
# $\odot$ works element by element; $[a > 0]$ is 1 where the condition holds and 0 elsewhere. Rows, columns and channels count from 0.

# %% [markdown]
# ### A network and its images
#
# The network is the lower half of this course's small VGG16: blocks 1 to 3, seven convolutions of 3 × 3, each followed by a ReLU, and a max pooling of 2 × 2 at the end of each block.
# For you it is a list of layers `(W, b, k)`: convolution, ReLU, pooling with windows of $k \times k$; $k = 1$ means no pooling.
# VGG16 takes its colours in the order blue, green, red, and with their means taken away. The two functions at the end turn a signal at the pixels into something to look at.

# %%
stored = np.load("vgg16_bottom.npz")
layers, pools = [str(name) for name in stored["layers"]], [int(k) for k in stored["pool"]]
params = [
    (stored[f"{name}/kernel"].astype(np.float64), stored[f"{name}/bias"].astype(np.float64), k)
    for name, k in zip(layers, pools, strict=True)
]
images, names = stored["images"], [str(name) for name in stored["names"]]


def to_input(pictures):
    """Pictures (B, H, W, 3), uint8 in the order red, green, blue, as VGG16 takes them."""
    return pictures[..., ::-1] - np.array([103.939, 116.779, 123.68])


def as_picture(R):
    """A signal at the pixels (H, W, 3) as a picture around mid-grey, which is zero; the strongest 0.5 % are cut."""
    R = np.asarray(R, dtype=np.float64)
    limit = np.quantile(np.abs(R), 0.995) or 1.0
    return np.clip(127.5 + 127.5 * R[..., ::-1] / limit, 0, 255).astype(np.uint8)


def as_map(R):
    """A signal at the pixels (..., H, W, 3) as a signed map, the three colours summed."""
    return np.asarray(R, dtype=np.float64).sum(axis=-1)


x = to_input(images)
read_only([[W, b] for W, b, _ in params], images, x)  # so that a slip such as W += ... cannot change them below
for name, (W, _, k) in zip(layers, params, strict=True):
    print(f"{name}: kernel {W.shape}, {'then pooling 2 x 2' if k == 2 else 'no pooling'}")

# %% [markdown]
# ### The picture first
#
# This is where you are going. Channel 8 of block 3, one of its 64, has responded to each character on the left. What did it see? The channel's response is sent back down to the pixels, in three ways that differ in a single step: what a ReLU lets through on the way back.
# The three are the gradient (`grad`), the deconvnet of Zeiler and Fergus (`deconv`), and guided backpropagation (`guided`).
# Mid-grey is zero. Each panel has its own scale. The reference implementation made these; at the end of part 5 yours does.

# %%
projections = np.load("projections.npz")
MODES = ("grad", "deconv", "guided")
panels, titles = [], []
for k in range(4):
    panels += [images[k], *[as_picture(projections[mode][k]) for mode in MODES]]
    titles += [names[k], *MODES]
show.maps(
    panels,
    titles,
    alt="Four characters in rows; beside each the same channel projected back: the gradient is noise around the figure, the deconvnet and guided backpropagation draw outlines.",
)

# %% [markdown]
# ### Recall
#
# Two questions before you start. Nothing here is graded, and every answer is explained.
#
# **Question 1.** A dense layer without bias computes $z = xW$, for one image $x$ with $I$ entries. Some number depends on $z$, and its gradient with respect to $z$ is $R$. What is its gradient with respect to $x$?
#
# - **A.** $R\,W^{-1}$
# - **B.** $R\,W^\top$
# - **C.** $R / W$
# - **D.** $x^\top R$

# %%
quiz.ask("recall-transpose")

# %% [markdown]
# **Question 2.** $y = \max(3, 7, 5)$. What is the gradient of $y$ with respect to the three numbers?
#
# - **A.** $(1/3, 1/3, 1/3)$
# - **B.** $(1, 1, 1)$
# - **C.** $(0, 1, 0)$
# - **D.** $(3, 7, 5) / 15$

# %%
quiz.ask("recall-max")

# %% [markdown]
# ## Part 2. Max pooling and the way back
#
# One idea carries this lab. A linear step takes $x$ to $Ax$. Its **adjoint** $A^\top$ takes a signal $R$ at the output back to the input, so that for every $x$ and every $R$
#
# $$\langle A x, R \rangle = \langle x, A^\top R \rangle .$$
#
# Both sides are the same sum of products, once collected at the output and once at the input. The adjoint is what the chain rule uses, and what Zeiler and Fergus built their deconvnet from. It is *not* the inverse.
# The identity needs no right answer to compare with, only random numbers. So it is how you will test what you write.

# %% [markdown]
# ### Exercise 1. `pool_switches`
#
# `Difficulty 2/5 · Importance 4/5 · 12 min · 4 points`
#
# **Why.** Max pooling keeps the largest value of each window and forgets where it was. Whoever wants to go back needs to know: Zeiler and Fergus store the place of each winner and call these places *switches*.
# Here windows do not overlap, and $k$ divides $H$ and $W$. A switch is **one whole number from 0 to $k^2 - 1$: the winner's place in its own window, in reading order** (left to right, then the next row). For $k = 2$: 0 and 1 are the upper row, 2 and 3 the lower one.
# Every channel and every image has switches of its own.
#
# $$p_{bijc} = \max_{0 \le m, n < k} x_{b,\; ki + m,\; kj + n,\; c}, \qquad s_{bijc} = k\,m^* + n^*$$
#
# where $(m^*, n^*)$ is the place of that maximum in window $(i, j)$. Where several places tie, **the first in reading order wins**. After a ReLU ties are common: whole windows are zero.
#
# | name | shape | |
# |---|---|---|
# | `x` | `(B, H, W, C)` | $k$ divides $H$ and $W$ |
# | `k` | whole number, ≥ 1 | |
# | returns | `p` and `s`, both `(B, H/k, W/k, C)` | the values, and the switches: an array of whole numbers |
#
# **Predict before you run.** You add 10 to every value of `x`. What happens to `p` and `s`?
#
# - **A.** `p` grows by 10 everywhere, `s` stays.
# - **B.** Both change.
# - **C.** Neither changes.


# %% nbgrader={"grade": false, "grade_id": "predict_pool_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_pool() -> str:
    """Return your letter, for example "A". Right or wrong is not graded; a prediction is."""
    ### BEGIN SOLUTION
    return "A"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "pool_switches_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pool_switches(x: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Max pooling: x (B, H, W, C) -> values p and switches s, both (B, H / k, W / k, C)."""
    ### BEGIN SOLUTION
    B, H, width, C = x.shape
    windows = x.reshape(B, H // k, k, width // k, k, C).transpose(0, 1, 3, 5, 2, 4)
    windows = windows.reshape(B, H // k, width // k, C, k * k)
    return windows.max(axis=-1), windows.argmax(axis=-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "pool_switches", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_pool_switches(pool_switches)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Bring the $k^2$ values of each window together on one axis, in reading order. Then both answers are one call each, along that axis. Loops over windows and channels are right too, if you keep the first maximum.
# </details>
# <details><summary>Hint 2: the shapes</summary>
#
# `x.reshape(B, H // k, k, W // k, k, C)` splits rows into (window, row inside) and columns likewise. `transpose` brings the two axes of length `k` to the end, next to each other and rows first; a second `reshape` joins them.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# split both axes; move row-inside and column-inside to the end; join them into one axis of $k^2$ places; p ← maximum along it, s ← place of the first maximum along it
# </details>
#
# *If you see* right values and wrong switches, *suspect* that rows and columns inside the window are exchanged, or a search with `>=`. *If you see* switches larger than $k^2 - 1$, *suspect* places counted in the whole image. *If you see* a dtype of float64, *suspect* `np.zeros` without `dtype=int`.

# %%
table = np.array([[3, 1, 0, 9, 2, 2], [2, 0, 1, 4, 5, 1], [1, 2, 6, 1, 0, 3], [7, 4, 2, 5, 8, 1]], dtype=float)
read_only(table)
small = mine_or(point["table"], "pool_switches", lambda: np.concatenate(pool_switches(table[None, ..., None], 2)))[
    ..., 0
]
won = table == small[0].repeat(2, axis=0).repeat(2, axis=1)
show.grids(
    [table, small[0], small[1]],
    [won, None, None],
    ["x, winners framed", "p: values", "s: switches"],
    alt="A table of 4 by 6 numbers with one framed winner in each of six windows of 2 by 2; beside it the six maxima and the six switches, numbers from 0 to 2.",
    mark="winners",
)

# %%
r = point["r"].astype(np.float64)  # four channels of block1_conv2 after the ReLU, for the first image
read_only(r)
pooled = mine_or(point["pooled"], "pool_switches", lambda: np.concatenate(pool_switches(r, 2)))
show.maps(
    [images[0], r[0, ..., 3], np.maximum(pooled[0, ..., 3], 0)],
    [names[0], "a channel of block 1", "pooled"],
    alt="A character; the response of one channel of block 1, bright along edges; the same at half the size, with the same edges in coarser steps.",
    unit="activation",
    signed=False,
    shared=True,
)
quiz.compare("pool", lambda: predict_pool())

# %% [markdown]
# *A right picture* shows one framed winner per window, and switches that name its place: the 9 in the upper right corner of its window has switch 1. The pooled map has the same edges as the map before it, with half as many rows and columns.

# %% [markdown]
# ### Exercise 2. `unpool`
#
# `Difficulty 2/5 · Importance 5/5 · 12 min · 5 points`
#
# **Predict before you run.** Unpooling is the way back: each value of `p` goes to the place that its switch names, in an image of the first size. You pool a map with $k = 2$ and unpool `p` with its own switches. What comes back?
#
# - **A.** The map you started from.
# - **B.** Its maxima at their places, and zeros at three places of four.
# - **C.** A map in which each maximum fills its window.


# %% nbgrader={"grade": false, "grade_id": "predict_unpool_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_unpool() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% [markdown]
# **Why.** Unpooling sends each value to the place where its maximum had been, and leaves zeros elsewhere. Pooling is not linear, but for *one* image it acts like a linear step: "take these pixels".
# The adjoint of taking pixels is putting them back: $\langle \mathrm{unpool}(R, s), x \rangle = \langle R, \mathrm{pool}(x) \rangle$ for the $x$ that made the switches.
# What is put back later is no maximum any more, it is a signal of any sign. So nothing may be clipped, spread or averaged here. Libraries that lack switches put values in the upper left corner or repeat them over the window; that is another network's way back.
#
# $$u_{b,\; ki + m,\; kj + n,\; c} = \begin{cases} R_{bijc} & s_{bijc} = k\,m + n \\ 0 & \text{else} \end{cases} \qquad 0 \le m, n < k$$
#
# | name | shape | |
# |---|---|---|
# | `R` | `(B, h, w, C)` | a signal of any sign, one value per window |
# | `s` | `(B, h, w, C)` whole numbers | the switches |
# | `k` | whole number, ≥ 1 | |
# | returns | `(B, k h, k w, C)` | |


# %% nbgrader={"grade": false, "grade_id": "unpool_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def unpool(R: np.ndarray, s: np.ndarray, k: int) -> np.ndarray:
    """Every value of R (B, h, w, C) to the place that its switch names, zeros elsewhere: (B, k h, k w, C)."""
    ### BEGIN SOLUTION
    B, h, w, C = R.shape
    windows = R[..., None] * (s[..., None] == np.arange(k * k))
    windows = windows.reshape(B, h, w, C, k, k).transpose(0, 1, 4, 2, 5, 3)
    return windows.reshape(B, h * k, w * k, C)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "unpool", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
laws.check_unpool(unpool)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Every value of `R` gets a window of $k^2$ places, zero but for one. Then the windows are joined into an image: exercise 1 backwards.
# </details>
# <details><summary>Hint 2: the shapes</summary>
#
# `s[..., None] == np.arange(k * k)` has shape `(B, h, w, C, k * k)` and is true at one place per window. To join, split the last axis into `(k, k)`, then `transpose` to `(B, h, row inside, w, column inside, C)` before the last `reshape`.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# windows ← R where the place equals the switch, else zero; split the places into rows and columns; put rows inside behind h and columns inside behind w; join both pairs.
# With loops: at row k times i plus s // k and column k times j plus s % k stands R
# </details>
#
# *If you see* each value in the upper left corner, *suspect* that the switches are not used. *If you see* one right channel and others that are shifted, *suspect* the switches of channel 0 for all. *If you see* stripes, *suspect* a `reshape` without the `transpose`. *If you see* whole numbers, *suspect* zeros that took the switches' dtype.

# %%
p, s = pooled[:1].astype(np.float64), pooled[1:].astype(np.int64)
unpooled = mine_or(point["unpooled"], "unpool", lambda: unpool(p, s, 2))
part = (slice(8, 32), slice(18, 42))  # the head, so that single pixels can be seen
ways = {
    "before pooling": r[0, ..., 3],
    "unpooled": unpooled[0, ..., 3],
    "wrong: upper left": point["upper_left"][0],
    "wrong: repeated": point["nearest"][0],
    "wrong: channel 0's\nswitches": point["channel_0"][0],
}
show.maps(
    [np.maximum(values[part], 0) for values in ways.values()],
    list(ways),
    alt="A part of a map before pooling, unpooled by its switches, and unpooled in three wrong ways: all values on an even grid, all values as blocks, and values displaced by a pixel.",
    unit="activation",
    signed=False,
    shared=True,
    columns=5,
)
quiz.compare("unpool", lambda: predict_unpool())

# %% [markdown]
# *A right picture* shows the second panel as the first one with holes: whatever is left stands exactly where it stood. In the three wrong ones edges move: onto an even grid, into blocks, or by a pixel here and there. That last one looks the most harmless, and an inner product finds it at once.

# %% [markdown]
# **Checkpoint 1.** Pooling and unpooling are done, or loaded. What follows does not need them before part 5.

# %% [markdown]
# ## Part 3. Three ways back through a ReLU
#
# Up to here there was one way back. At a ReLU three papers part company, and nowhere else: this one line of code is all that separates the gradient, the deconvnet and guided backpropagation.

# %% [markdown]
# ### Exercise 3. `relu_back`
#
# `Difficulty 1/5 · Importance 5/5 · 8 min · 4 points`
#
# **Predict before you run.** A signal of $-1$ arrives at a unit that was **on**. The *gradient* is the signal times the slope of the ReLU. The *deconvnet* applies the ReLU to the signal. *Guided backpropagation* does both. Which modes hand the signal on?
#
# - **A.** Only `"grad"`.
# - **B.** `"grad"` and `"deconv"`.
# - **C.** All three.


# %% nbgrader={"grade": false, "grade_id": "predict_relu_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_relu() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "A"
    ### END SOLUTION


# %% [markdown]
# **Why.** The *gradient* asks the forward pass: a unit that was on passes the signal, one that was off stops it. The *deconvnet* asks the signal: what is positive passes, whatever the unit did; it is the same ReLU, applied on the way down.
# *Guided backpropagation* asks both. The gate of the gradient makes a map belong to the image; the gate on the signal removes all that argued against, which makes maps clean, and also makes them something else than a slope.
# A unit that was off has $a = 0$ exactly, and its gate is shut.
#
# $$\text{grad: } R \odot [a > 0] \qquad \text{deconv: } R \odot [R > 0] \qquad \text{guided: } R \odot [R > 0] \odot [a > 0]$$
#
# | name | shape | |
# |---|---|---|
# | `R` | any | the signal that arrives |
# | `a` | as `R`, ≥ 0 | what the ReLU gave on the way up |
# | `mode` | text | `"grad"`, `"deconv"` or `"guided"` |
# | returns | as `R` | |


# %% nbgrader={"grade": false, "grade_id": "relu_back_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def relu_back(R: np.ndarray, a: np.ndarray, mode: str) -> np.ndarray:
    """Back through a ReLU whose output was a, in mode "grad", "deconv" or "guided". Same shape as R."""
    ### BEGIN SOLUTION
    by_slope, by_sign = a > 0, R > 0
    gates = {"grad": by_slope, "deconv": by_sign, "guided": by_slope & by_sign}
    return R * gates[mode]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "relu_back", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_relu_back(relu_back)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Two questions, each answered by yes or no for every entry: was the unit on? is the signal positive? Each mode asks one of them, or both.
# </details>
# <details><summary>Hint 2: the call</summary>
#
# A comparison gives an array of truth values; an array times that keeps or clears its entries. Two conditions at once: `(first) & (second)`, with the brackets.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# on ← a above zero; positive ← R above zero; gate ← on, positive, or on and positive, depending on mode; result ← R times gate
# </details>
#
# *If you see* that `"deconv"` and `"guided"` agree, *suspect* that `a` takes part in `"deconv"`. *If you see* that everything passes in `"grad"`, *suspect* `a >= 0`: a ReLU gives nothing below zero. *If you see* nothing but 0 and 1, *suspect* that the gate itself came back.

# %%
signal = np.array([2.0, -1.0, 1.5, -2.0, 0.5, -0.5, 1.0, -1.5])
activation = np.array([1.0, 2.0, 0.0, 0.0, 3.0, 0.5, 0.0, 0.0])
read_only(signal, activation)
through = mine_or(point["relu"], "relu_back", lambda: [relu_back(signal, activation, mode) for mode in MODES])
show.bars(
    {"arrives": signal, **{mode: values + 0.0 for mode, values in zip(MODES, through, strict=True)}},
    [f"{k}: {'on' if on > 0 else 'off'}" for k, on in enumerate(activation)],
    alt="Eight units, on or off, at each the signal that arrives and what each mode hands on: the gradient passes both signs where the unit is on, the deconvnet positive signal everywhere, guided positive signal where the unit is on.",
    unit="signal",
)
quiz.compare("relu", lambda: predict_relu())

# %% [markdown]
# *A right picture* shows four kinds of units: on and positive (all three modes), on and negative (gradient alone), off and positive (deconvnet alone), off and negative (none).

# %% [markdown]
# **Checkpoint 2.** The ReLU is done. What is left is the piece that does the work.

# %% [markdown]
# ## Part 4. The convolution and its transpose
#
# A convolution slides a small dense layer over the image. Keras does not flip the kernel, so mathematicians would call it a cross-correlation. First the edge of the image, then the convolution, then the way back.

# %% [markdown]
# ### Exercise 4. `pads`
#
# `Difficulty 2/5 · Importance 3/5 · 8 min · 2 points`
#
# **Why.** Padding `"valid"` adds nothing: the kernel stays inside. Padding `"same"` adds as many zeros as are needed for $\lceil H / d \rceil$ positions; with stride 1 the output is then as large as the input.
# If their number is odd, the two sides cannot get equally many. TensorFlow puts the larger half **after**, at the bottom and at the right; other libraries have other habits, and weights that are moved from one to the other then see the image shifted by a pixel.
# On the way back the same numbers say what to cut off. So they get a function of their own, for one axis.
#
# Do not leave it out: your `conv2d` will call it, and so the checks of exercises 5 to 7 need it. (If you are stuck, return `0, 0` for now; that is right for `"valid"`.)
#
# $$P = \max\left( (\lceil H / d \rceil - 1)\, d + k_h - H,\; 0 \right), \qquad \text{before} = \lfloor P / 2 \rfloor, \qquad \text{after} = P - \lfloor P / 2 \rfloor$$
#
# | name | shape | |
# |---|---|---|
# | `size` | whole number | $H$, or the number of columns |
# | `kernel` | whole number | $k_h$, or $k_w$ |
# | `stride` | whole number | $d$ |
# | `pad` | text | `"valid"` or `"same"` |
# | returns | two whole numbers | zeros before and after; for `"valid"` both 0 |
#
# **Predict before you run.** An image has 64 columns, the kernel 3, and the stride is 2, with `"same"`. Where do zeros go?
#
# - **A.** One before, one after.
# - **B.** None before, one after.
# - **C.** Nowhere.


# %% nbgrader={"grade": false, "grade_id": "predict_pads_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_pads() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "pads_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pads(size: int, kernel: int, stride: int, pad: str) -> tuple[int, int]:
    """Zeros before and after an axis of ``size`` entries, for padding "valid" or "same" as in Keras."""
    ### BEGIN SOLUTION
    if pad == "valid":
        return 0, 0
    positions = -(-size // stride)  # the ceiling of size / stride, without floats
    total = max((positions - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "pads", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
laws.check_pads(pads)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# The last of $\lceil H/d \rceil$ positions starts at entry $(\lceil H/d \rceil - 1)\,d$. How far does it reach, and how much of that is missing?
# </details>
# <details><summary>Hint 2: the call</summary>
#
# `-(-a // b)` is the ceiling of `a / b` in whole numbers. `max(number, 0)` where nothing is missing.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# if "valid": none. positions ← ceiling of size over stride; total ← what the last position reaches beyond the end, at least 0; before ← half of it, rounded down; after ← the rest
# </details>
#
# *If you see* a negative number, *suspect* a stride larger than the kernel. *If you see* halves, *suspect* `/` in the place of `//`.

# %%
cases = [(5, 3, 1, "valid"), (5, 3, 1, "same"), (5, 2, 1, "same"), (6, 3, 2, "same")]
around = mine_or(point["pads"], "pads", lambda: [pads(*case) for case in cases])
around = np.clip(around, 0, 4).astype(int)  # whatever came back, it can be drawn
framed = [np.pad(np.ones((case[0], case[0])), tuple(both)) for case, both in zip(cases, around, strict=True)]
show.grids(
    framed,
    [values == 0 for values in framed],
    [f"size {size}, kernel {kernel},\nstride {stride}, {pad}" for size, kernel, stride, pad in cases],
    alt="Four images of ones with their padding: none for valid; a ring of zeros for kernel 3, stride 1; zeros at the bottom and right only for kernel 2, and for kernel 3 with stride 2.",
    mark="padding",
)
quiz.compare("pads", lambda: predict_pads())

# %% [markdown]
# *A right picture* shows a full ring of zeros in the second panel only. In the last two there is one line of zeros, at the bottom and at the right.

# %% [markdown]
# ### Exercise 5. `conv2d`
#
# `Difficulty 3/5 · Importance 5/5 · 20 min · 6 points`
#
# **Why.** You have used this layer a hundred times; here you take it apart, because its transpose reads the same lines backwards. Every output is a dense layer on one window: all rows, columns and channels of the window, times the kernel, plus the bias.
# A loop over output positions is right and slow. Turn it round: loop over the few entries $(m, n)$ of the kernel. Each entry meets a whole grid of pixels, one for every position, and that grid is a slice of the padded image with the stride as its step.
# Nine matrix products for a kernel of 3 × 3, however large the image.
#
# $$z_{bijo} = \mathrm{bias}_o + \sum_{m=0}^{k_h - 1} \sum_{n=0}^{k_w - 1} \sum_{c} \tilde x_{b,\; di + m,\; dj + n,\; c}\; W_{mnco}, \qquad h = \left\lfloor \frac{\tilde H - k_h}{d} \right\rfloor + 1$$
#
# where $\mathrm{bias}$ is `b` (the index $b$ counts images), $\tilde x$ is $x$ with the zeros that `pads` names around it, $\tilde H$ its number of rows, and $h$ the number of rows of $z$; columns likewise.
#
# | name | shape | |
# |---|---|---|
# | `x` | `(B, H, W, Ci)` | |
# | `W`, `b` | `(kh, kw, Ci, Co)`, `(Co,)` | the kernel is **not** flipped |
# | `pad`, `stride` | text, whole number | rows and columns are padded each by its own `pads` |
# | returns | `(B, h, w, Co)` | no ReLU |
#
# **Predict before you run.** The kernel $(-1, 0, 1)$, one row, slides over an image that is dark on the left and bright on the right. At the step, the response is
#
# - **A.** positive.
# - **B.** negative.
# - **C.** zero.


# %% nbgrader={"grade": false, "grade_id": "predict_conv_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_conv() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "A"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "conv2d_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv2d(x: np.ndarray, W: np.ndarray, b: np.ndarray, pad: str, stride: int) -> np.ndarray:
    """Conv2D of Keras: x (B, H, W, Ci), W (kh, kw, Ci, Co), b (Co,) -> z (B, h, w, Co)."""
    ### BEGIN SOLUTION
    kh, kw, _, Co = W.shape
    rows, columns = pads(x.shape[1], kh, stride, pad), pads(x.shape[2], kw, stride, pad)
    padded = np.pad(x, ((0, 0), rows, columns, (0, 0)))
    h, w = (padded.shape[1] - kh) // stride + 1, (padded.shape[2] - kw) // stride + 1
    z = np.zeros((len(x), h, w, Co)) + b
    for m in range(kh):
        for n in range(kw):
            z += padded[:, m : m + stride * h : stride, n : n + stride * w : stride][:, :h, :w] @ W[m, n]
    return z
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "conv2d", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_conv2d(conv2d)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Start from zeros plus the bias. Entry $(m, n)$ of the kernel adds, for all positions at once, "the pixels it meets" times `W[m, n]`, a matrix from input to output channels.
# </details>
# <details><summary>Hint 2: the call</summary>
#
# `np.pad(x, ((0, 0), rows, columns, (0, 0)))` takes the pairs that `pads` returns. For stride 1 entry $(m, n)$ meets `padded[:, m:m+h, n:n+w]`; a stride is the third number of a slice. `(B, h, w, Ci) @ (Ci, Co)` works as it stands.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# pad rows and columns; h, w ← how many positions fit; z ← zeros (B, h, w, Co) plus b; for each entry (m, n): met ← every stride-th row from m on, h of them, and every stride-th column from n on, w of them; z ← z plus met times W[m, n]
# </details>
#
# *If you see* shapes that do not fit with a stride, *suspect* the end of the slice. *If you see* a bias that is nine times too large, *suspect* that it is added inside the loop. *If you see* that `"same"` fails for even kernels only, *suspect* the side of the odd zero.

# %%
step = np.repeat(np.array([0.0, 0, 0, 1, 1, 1])[None, None, :, None], 4, axis=1)  # dark on the left
edge = np.array([-1.0, 0.0, 1.0])[None, :, None, None]
read_only(step, edge)
response = mine_or(point["edge"], "conv2d", lambda: conv2d(step, edge, np.zeros(1), "valid", 1)[0, :, :, 0])
show.grids(
    [step[0, :, :, 0], edge[:, :, 0, 0], response],
    [step[0, :, :, 0] > 0, None, response != 0],
    ["image", "kernel", "response"],
    alt="An image of zeros on the left and ones on the right, the kernel -1, 0, 1, and the response, which is not zero in the two columns at the step.",
    mark="bright, or responding",
)

# %%
W1, b1, _ = params[0]
show.maps(
    [as_picture(W1[..., k]) for k in range(W1.shape[3])],
    [str(k) for k in range(W1.shape[3])],
    alt="The sixteen kernels of the first layer as tiny pictures of 3 by 3 coloured pixels: contrasts between colours and between light and dark, no two alike.",
    columns=8,
)

# %%
four = point["channels"]
responses = mine_or(point["first"], "conv2d", lambda: conv2d(x[:1], W1[..., four], b1[four], "same", 1))
show.maps(
    [images[0], *np.moveaxis(responses[0].astype(np.float64), -1, 0)],
    [names[0], *[f"kernel {k}" for k in four]],
    alt="A character and the responses of four kernels of the first layer, of both signs, along edges and on surfaces of certain colours.",
    unit="response z",
    columns=5,
)
quiz.compare("conv", lambda: predict_conv())

# %% [markdown]
# *A right picture* shows a response of $+1$ in the two columns at the step: a kernel responds where the image looks like the kernel, unflipped. The sixteen small pictures are the kernels of the first layer of VGG16, with grey for zero. With 3 × 3 pixels there is not much to see in them: contrasts of colour, of light and dark. Their responses say more.

# %% [markdown]
# ### Exercise 6. `conv2d_T`
#
# `Difficulty 4/5 · Importance 5/5 · 12 min · 6 points`
#
# **Why.** The way back through a convolution is called transposed convolution, or, unluckily, deconvolution. It inverts nothing. Each output gives its $R$ back to the pixels that it has read, by the weights with which it has read them.
# In `conv2d`, entry $(m, n)$ *read from* a slice; here it *adds to* the same slice. A bias has nothing to hand back. What lands on the padding is cut off.
# Where $d > 1$ some pixels may not have been read at all, and several input sizes give the same output size; so the shape of $x$ is an argument.
#
# $$\tilde R^{in}_{b,\; u,\; v,\; c} = \sum_{\substack{i, m:\; di + m = u \\ j, n:\; dj + n = v}} \; \sum_o R_{bijo}\, W_{mnco}, \qquad \langle \mathrm{conv2d}(x, W, 0), R \rangle = \langle x, \mathrm{conv2d\_T}(R, W) \rangle$$
#
# | name | shape | |
# |---|---|---|
# | `R` | `(B, h, w, Co)` | the signal at the output |
# | `W` | `(kh, kw, Ci, Co)` | the same kernel as on the way up |
# | `shape` | four whole numbers | the shape of `x`, `(B, H, W, Ci)` |
# | `pad`, `stride` | text, whole number | as on the way up |
# | returns | `shape` | $\tilde R^{in}$ without the rows and columns of the padding |
#
# **Predict before you run.** You send a character up through the first layer, without bias and without ReLU, and back down with `conv2d_T` and the same kernels. What comes back?
#
# - **A.** The character.
# - **B.** An image of the same shape, but not the character.
# - **C.** The character, times a factor.


# %% nbgrader={"grade": false, "grade_id": "predict_back_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_back() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "conv2d_T_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv2d_T(R: np.ndarray, W: np.ndarray, shape: tuple[int, ...], pad: str, stride: int) -> np.ndarray:
    """The adjoint of conv2d without bias: R (B, h, w, Co), W (kh, kw, Ci, Co) -> an array of ``shape`` (B, H, W, Ci)."""
    ### BEGIN SOLUTION
    kh, kw = W.shape[:2]
    h, w = R.shape[1:3]
    (top, bottom), (left, right) = pads(shape[1], kh, stride, pad), pads(shape[2], kw, stride, pad)
    padded = np.zeros((shape[0], top + shape[1] + bottom, left + shape[2] + right, shape[3]))
    for m in range(kh):
        for n in range(kw):
            met = padded[:, m : m + stride * h : stride, n : n + stride * w : stride][:, :h, :w]
            met += R @ W[m, n].T
    return padded[:, top : top + shape[1], left : left + shape[2]]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "conv2d_T", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_conv2d_T(conv2d_T, conv2d)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Put your `conv2d` beside it. The same loops, the same slices. There the slice stands on the right of the `+=`, here on the left.
# </details>
# <details><summary>Hint 2: the shapes</summary>
#
# Start from zeros in the shape of the *padded* image. `R @ W[m, n].T` is `(B, h, w, Co) @ (Co, Ci)`. At the end, the image begins at row "zeros before" and has `shape[1]` rows.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# padded ← zeros, with room for the padding; for each entry (m, n): the slice that conv2d read from, plus R times W[m, n] transposed; result ← padded without its padding
# </details>
#
# *If you see* the adjoint law fail with right shapes, *suspect* a flipped kernel, or `=` in the place of `+=`. *If you see* that it fails for `"same"` alone, *suspect* where you cut. *If you see* that it fails with a stride alone, *suspect* a slice without its step.

# %%
W0 = 0 * b1
back = mine_or(
    point["there_and_back"],
    "conv2d_T",
    lambda: conv2d_T(conv2d(x[:1], W1, W0, "same", 1), W1, x[:1].shape, "same", 1),
)
show.maps(
    [images[0], as_map(x[0]), as_map(back[0])],
    [names[0], "x, colours summed", "up and back down"],
    alt="A character, its pixels as a signed map, and what comes back through the first layer and its transpose: an image of the same shape, in which edges stand out and surfaces have changed.",
    unit="signal",
)


# %%
def gap(K):
    """How far the two sides of the adjoint law are apart with kernel K on the way down, relative to the two norms."""
    up = conv2d(x[:1], W1, W0, "same", 1)
    R = up + up.std() * np.random.default_rng(4).normal(size=up.shape)
    apart = (up * R).sum() - (x[:1] * conv2d_T(R, K, x[:1].shape, "same", 1)).sum()
    return abs(apart) / np.sqrt((up**2).sum() * (R**2).sum())


gaps = mine_or(
    point["gaps"],
    "conv2d_T",
    lambda: [gap(W1), gap(W1[::-1, ::-1])],
)
show.bars(
    {"gap": gaps},
    ["conv2d_T", "with the kernel turned round"],
    alt="The gap between the two sides of the adjoint law: zero up to rounding for conv2d_T, and 0.42 when the kernel is turned round.",
    unit="relative gap",
)
quiz.compare("back", lambda: predict_back())

# %% [markdown]
# *A right picture* shows an image that is not the character: its shape has come back, its content is a mixture over each pixel's neighbourhood. Mind the two colour bars: it is also several hundred times weaker, having passed small kernels twice. The gap of the adjoint law is zero up to rounding errors ($10^{-16}$ or so); with the kernel turned round it is not, though the map would look much the same.

# %% [markdown]
# **Checkpoint 3.** All pieces are done. If one of them is not, the next exercise can still be written; only its check needs them all. Pictures are loaded for stubs and for functions that raise an error. A function that fails its check is still used, and the line above the picture says so.

# %% [markdown]
# ## Part 5. The whole walk

# %% [markdown]
# ### Exercise 7. `toy_deconvnet`
#
# `Difficulty 3/5 · Importance 5/5 · 15 min · 6 points`
#
# **Predict before you run.** You walk down from one channel to the pixels: in each layer unpool, back through the ReLU, transposed filter. In which modes is the map at the pixels free of negative values?
#
# - **A.** In `"deconv"` and `"guided"`.
# - **B.** In `"guided"` only.
# - **C.** In none.


# %% nbgrader={"grade": false, "grade_id": "predict_toy_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_toy() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% [markdown]
# **Why.** Going up, you keep what the way down will ask for: the shape of each layer's input, the output $r$ of its ReLU, its switches. At the top you keep one channel with its activations and clear all others. (Zeiler and Fergus clear all but a single activation; a whole channel fills the picture.)
# Then go back through each layer's three steps in reverse order: unpool, ReLU, transposed filter. After the last filter you are at the pixels, and no ReLU follows.
# In mode `"grad"` this is a gradient, that of $\tfrac12 \sum p_{ch}^2$ for the last layer's $p$, and can be measured. The other two are gradients of nothing; there the pieces are all the proof you have.
#
# $$R^{(L)} = p^{(L-1)} \odot [\text{channel} = ch], \qquad R^{(l)} = \mathrm{conv2d\_T}\left( \mathrm{relu\_back}\left( \mathrm{unpool}(R^{(l+1)}, s^{(l)}, k_l),\; r^{(l)},\; \text{mode} \right), W^{(l)} \right), \quad l = L - 1, \ldots, 0$$
#
# Layers count from 0, so the last one is layer $L - 1$. The start has the shape of its *pooled* output. $r^{(l)}$ plays the part of `a` in `relu_back`; $\mathrm{conv2d\_T}$ also takes the shape of the layer's input, `"same"` and stride 1.
#
# | name | shape | |
# |---|---|---|
# | `params` | list of $L \ge 1$ triples | `(W, b, k)`: convolution ("same", stride 1), ReLU, pooling with $k$ |
# | `x` | `(B, H, W, Ci)` | |
# | `ch` | whole number | channel of the last layer |
# | `mode` | text | `"grad"`, `"deconv"` or `"guided"`, the same at every ReLU |
# | returns | as `x` | $R^{(0)}$ |


# %% nbgrader={"grade": false, "grade_id": "toy_deconvnet_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def toy_deconvnet(params: list[tuple[np.ndarray, np.ndarray, int]], x: np.ndarray, ch: int, mode: str) -> np.ndarray:
    """Channel ch of the last layer, with its activations, projected back to x (B, H, W, Ci). Same shape as x."""
    ### BEGIN SOLUTION
    memory, p = [], x
    for W, b, k in params:
        shape, r = p.shape, np.maximum(conv2d(p, W, b, "same", 1), 0)
        p, s = pool_switches(r, k)
        memory.append((shape, r, s))
    R = np.zeros_like(p)
    R[..., ch] = p[..., ch]
    for (W, _, k), (shape, r, s) in zip(params[::-1], memory[::-1], strict=True):
        R = relu_back(unpool(R, s, k), r, mode)
        R = conv2d_T(R, W, shape, "same", 1)
    return R
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "toy_deconvnet", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_toy_deconvnet(toy_deconvnet, conv2d, pool_switches)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Two loops. The first goes up and appends to a list whatever the way down needs; the second goes down, through the layers and that list, both reversed.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `np.zeros_like(p)`, with the last layer's `p`, and one assignment to `[..., ch]` make the start. `zip(params[::-1], memory[::-1])` walks two lists backwards together.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# up: for each layer, r ← ReLU of the convolution; p, s ← pooled; keep the shape of the layer's input, r and s; p is the next input.
# start ← zeros, with channel ch of the last p. down, last layer first: R ← unpooled by s; R ← back through the ReLU of r; R ← transposed filter to the kept shape
# </details>
#
# *If you see* an error about shapes on the way down, *suspect* that a list is not reversed, or a start in the shape of `r`. *If you see* that `"grad"` fails the slope, *suspect* the start: are other channels zero, and does this one carry its activations?
# *If you see* signs other than those that are due, *suspect* a ReLU too many, or one in the wrong place.

# %%
block1, ch1 = params[:2], int(point["block1"])
toy = mine_or(
    point["toy"], "toy_deconvnet", lambda: np.concatenate([toy_deconvnet(block1, x[:1], ch1, mode) for mode in MODES])
)
head = (slice(4, 36), slice(14, 46))  # half the image, so that single pixels can be seen
maps = as_map(toy)[(slice(None), *head)]
show.maps(
    [images[0][head], *maps],
    [names[0], *MODES],
    alt="The head of a character and one channel of block 1 projected back to it in the three modes, on one scale: signal of both signs along its edges in every mode.",
    unit="signal at the pixels",
    shared=True,
)

# %%
show.maps(
    [maps[1] - maps[2], maps[0] - maps[2]],
    ["deconv - guided", "grad - guided"],
    alt="Two difference maps on one scale: what the gate of the forward pass removes, and what the gate on the signal removes.",
    unit="signal at the pixels",
    shared=True,
    columns=2,
)
quiz.compare("toy", lambda: predict_toy())

# %% [markdown]
# *A right picture* shows both colours in all three maps. The differences say what each gate takes away: the first map is what positive signal through *off* units becomes at the pixels, the second what signal *against* the channel becomes there. The filters below have mixed the signs again, so both maps have both.

# %% nbgrader={"grade": true, "grade_id": "predictions", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
quiz.count(globals(), ["pool", "unpool", "relu", "pads", "conv", "back", "toy"])

# %% [markdown]
# ### Integration 1: three blocks of VGG16
#
# Your functions on all seven layers. The picture from the beginning comes last here, made by you: channel 8 of block 3, in the three modes. (Its checkpoint is loaded only if exercise 7 is a stub or raises an error.)
# With `TOONLENS_TRACK=full` in the environment, the same cells run on the VGG16 of ImageNet at its full width and on the Simpsons; that loads TensorFlow to read its kernels, and takes a minute or two.

# %%
track = current_track()
bottom, pictures, titles = params, images, names
if track.name == "full":
    from toonlens.models import build
    from toonlens.startup import import_keras

    import_keras()
    whole, data = build("vgg16", weights=track.weights), track.load()
    pictures = np.stack([data.test.images[data.test.labels == c][0] for c in range(len(images))])
    titles = list(data.class_names[: len(images)])
    kernels = [whole.get_layer(name).get_weights() for name in layers]
    bottom = [(W.astype(np.float64), b.astype(np.float64), k) for (W, b), k in zip(kernels, pools, strict=True)]
inputs, ch3 = to_input(pictures), int(projections["channel"])
read_only(inputs)
print(f"{track.name} track: {len(pictures)} pictures, {bottom[-1][0].shape[3]} channels in block 3")

# %%
kept = np.zeros((len(MODES), *inputs[:4].shape))
if track.name == "small":
    kept = np.stack([projections[mode] for mode in MODES])
maps = mine_or(kept, "toy_deconvnet", lambda: [toy_deconvnet(bottom, inputs[:4], ch3, mode) for mode in MODES])
panels, panel_titles = [], []
for k in range(4):
    panels += [pictures[k], *[as_picture(R) for R in maps[:, k]]]
    panel_titles += [titles[k], *MODES]
show.maps(
    panels,
    panel_titles,
    alt="Four characters in rows; beside each the same channel of block 3 in the three modes: noise around the figure for the gradient, outlines for the deconvnet, cleaner outlines for guided backpropagation.",
    side=2.4,
)

# %% [markdown]
# Look for three things. Which parts of each character does this channel redraw, and do they have something in common? What does the deconvnet draw that guided backpropagation does not? And is there anything in a projection that the picture beside it does not have?

# %% [markdown]
# ### Integration 2: choose for yourself
#
# Choose a picture, a block, a channel and a mode. A place in block 1 has seen 6 × 6 pixels, one in block 2 has seen 16 × 16, and one in block 3 has seen 44 × 44. What do deeper channels show that shallow ones cannot?
# The slider has the channels of block 3; blocks 1 and 2 have fewer. Your reflection will name what you choose here: note picture, block, channel and mode. (Without widgets, call `project("Zib", 2, 5, "guided")` in a cell of your own.)


# %%
def project(picture, block, channel, mode):
    """Show a picture and one channel of a block, projected back to the pixels."""
    k, depth = titles.index(picture), {1: 2, 2: 4, 3: 7}[block]
    there = bottom[depth - 1][0].shape[3]
    if channel >= there:
        show.maps([pictures[k]], [picture], alt=f"{picture}, and no projection.")
        print(f"Block {block} has channels 0 to {there - 1}: choose one of these.")
        return
    stored = track.name == "small" and (block, channel) == (3, ch3) and k < 4
    kept = projections[mode][k : k + 1] if stored else np.zeros_like(inputs[k : k + 1])
    R = mine_or(kept, "toy_deconvnet", lambda: toy_deconvnet(bottom[:depth], inputs[k : k + 1], channel, mode))
    if R is kept and not stored:
        show.maps([pictures[k]], [picture], alt=f"{picture}, and no projection.")
        print("It has nothing for this choice: use the picture of Integration 1 for your reflection.")
        return
    show.maps(
        [pictures[k], as_picture(R[0]), as_map(R[0])],
        [picture, f"block {block}, channel {channel}, {mode}", "colours summed"],
        alt=f"{picture}, and channel {channel} of block {block} projected back to the pixels in mode {mode}, as a picture and as a signed map.",
        unit="signal at the pixels",
        side=2.4,
    )


explore(
    project,
    picture=titles,
    block={"block 3": 3, "block 2": 2, "block 1": 1},
    channel=list(range(bottom[-1][0].shape[3])),
    mode=["guided", "deconv", "grad"],
)

# %% [markdown]
# A warning to take along. These pictures are sharp and pleasant, and it is tempting to read them as "what the network sees". But part of what you see is the filters and the switches, which would draw edges in any network. Lab 5 puts that to the test, on networks with random weights.

# %% [markdown]
# ## Part 6. Bug hunt and reflection
#
# ### Bug hunt
#
# `Difficulty 3/5 · Importance 4/5 · 8 min · 6 points`
#
# A colleague wrote a deconvnet for signals: $x$ has $T$ samples and some channels, `(T, Ci)`; every layer is a convolution ("same", $n$ odd), a ReLU and max pooling of pairs. It uses `np.correlate` and `np.convolve`; look up in which of them the kernel is turned round.
# It is meant to be the deconvnet of Zeiler and Fergus, mode `"deconv"`, started from one channel with its activations. **There are three bugs**, all of them on the way down. Each hides on most inputs and shows on some: think about kernels with and without symmetry, one channel and many, units that are on and off.
# Write the repaired function below it. You may hand any function to a check: `laws.check_deconv_walk(deconv_walk_buggy)` in a cell of your own shows a first symptom.


# %%
def filter_with(slide, a, W):
    """Slide the kernels W (n, Ci, Co) over a (T, Ci), by np.correlate or np.convolve: (T, Co)."""
    _, Ci, Co = W.shape
    return np.stack([sum(slide(a[:, i], W[:, i, o], "same") for i in range(Ci)) for o in range(Co)], axis=1)


def deconv_walk_buggy(params, x, ch):
    """Deconvnet for signals: params [(W (n, Ci, Co), b (Co,)), ...], x (T, Ci) -> channel ch projected back, (T, Ci)."""
    a, memory = x, []
    for W, b in params:
        r = np.maximum(filter_with(np.correlate, a, W) + b, 0)
        pairs = r.reshape(-1, 2, r.shape[1])
        memory.append((r, pairs.argmax(axis=1)))
        a = pairs.max(axis=1)
    R = np.zeros_like(a)
    R[:, ch] = a[:, ch]
    for (W, _), (r, s) in zip(params[::-1], memory[::-1], strict=True):
        up = np.zeros_like(r)
        for c in range(r.shape[1]):
            up[2 * np.arange(len(s)) + s[:, 0], c] = R[:, c]
        up = np.maximum(up, 0) * (r > 0)
        R = filter_with(np.correlate, up, W.transpose(0, 2, 1))
    return R


# %% nbgrader={"grade": false, "grade_id": "bug_hunt_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def deconv_walk(params: list[tuple[np.ndarray, np.ndarray]], x: np.ndarray, ch: int) -> np.ndarray:
    """The repaired function: x (T, Ci) -> (T, Ci). Mark each repair with a comment that says what was wrong."""
    a, memory = x, []
    for W, b in params:
        r = np.maximum(filter_with(np.correlate, a, W) + b, 0)
        pairs = r.reshape(-1, 2, r.shape[1])
        memory.append((r, pairs.argmax(axis=1)))
        a = pairs.max(axis=1)
    R = np.zeros_like(a)
    R[:, ch] = a[:, ch]
    ### BEGIN SOLUTION
    for l in range(len(params) - 1, -1, -1):
        W, (r, s) = params[l][0], memory[l]
        up = np.zeros_like(r)
        for c, places in enumerate(s.T):  # each channel has its own switches, not those of channel 0
            up[2 * np.arange(len(s)) + places, c] = R[:, c]
        up = np.maximum(up, 0)  # the deconvnet asks the signal alone; with the gate r > 0 it was guided backpropagation
        R = filter_with(np.convolve, up, W.transpose(0, 2, 1))  # the adjoint of correlate turns the kernel round
    return R
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bug_hunt", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_deconv_walk(deconv_walk)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Test one step at a time: a network with a single channel and all units on has no bug left but one. Where every kernel is positive and every unit on, the walk is a gradient, and a gradient can be measured.
# </details>
# <details><summary>Hint 2: where to look</summary>
#
# One bug is in the unpooling, one in the ReLU, one in the filter.
# </details>
# <details><summary>Hint 3: how to find each</summary>
#
# A kernel that is heavier at one end shows the first; two channels whose maxima lie at different places of a pair show the second; a pair of units that are off, beside units that are on, shows the third.
# </details>
#
# *If you see* a projection that is shifted by a sample, *suspect* the filter. *If you see* that channel 0 is right and others are not, *suspect* the switches. *If you see* zeros where positive signal came down, *suspect* the ReLU.

# %% [markdown]
# ### Reflection
#
# In 150 words at most: **what does one channel of block 3, of your choice, respond to?** Write four parts.
# *Claim*: one sentence that could be wrong. *Evidence*: at least two projections or numbers of this lab, named (picture, block, channel, mode). *Limitation*: what these projections cannot show.
# *Alternative*: another explanation of the same projections, and a test that would tell the two apart. Each part counts one point.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# **Claim.** Channel 8 of block 3 responds to very dark next to light, whatever the part is, and not to eyes.
#
# **Evidence.** Integration 1, mode guided: on Otto Bolt and on Sprout its projection is strongest at the eyes, black on white. On Rosa Rind it is strongest where dark hair lies against the lilac jacket, on both sides, and her eyes are paler, though they are as black and white.
#
# **Limitation.** Each panel has its own scale, so these pictures do not say how strongly the channel responded. And guided backpropagation draws edges wherever switches and filters let it: a clean outline is no proof that the channel needs it.
#
# **Alternative.** It may respond to dark, rounded shapes of a certain size: pupils, locks of hair. Paint the pupils of Otto Bolt light grey, and put a straight black bar on a white wall, and read off the largest activation of the channel each time. My claim says that the bar excites it and that grey pupils do not; the alternative says the reverse.

# %% [markdown]
# ## Bonus
#
# Nothing here is graded.
#
# 1. **Overlapping windows.** Zeiler and Fergus pool 3 × 3 windows with stride 2, so that one pixel may win two windows. Write `pool_switches` and `unpool` for that. What has to happen where two windows share their winner, if the adjoint law is to hold?
# 2. **One unit.** Start from the strongest place of the channel alone. How large is the patch of pixels that its projection fills, in blocks 1, 2 and 3? Compute it from the kernels first.
# 3. **How different?** Measure the cosine between the projections of two different channels of block 3, for the same picture, in each mode. In which mode do different channels give the most similar maps, and what does that say about what you see in them?

# %% nbgrader={"grade": false, "grade_id": "bonus", "locked": false, "schema_version": 3, "solution": false, "task": false}
# Your experiments.

# %% [markdown]
# ## Summary
#
# - The way back through a linear step is its adjoint: $\langle Ax, R \rangle = \langle x, A^\top R \rangle$ for all $x$ and $R$. Two random arrays test it, and no right answer is needed.
# - Switches hold the place of each maximum, per image and per channel. Unpooling puts a signal back there; for $k = 2$, three places of four stay empty.
# - The transposed convolution reads the lines of the convolution backwards. It undoes nothing: up and down does not give the image back.
# - Gradient, deconvnet and guided backpropagation differ in one line, at the ReLU: they ask the unit, the signal, or both. Only the first is the gradient of something.
# - A projection may have both signs in every mode, since the last step is a filter.
#
# ## References
#
# - Zeiler, Fergus (2014). *Visualizing and understanding convolutional networks.* ECCV, LNCS 8689. The deconvnet, with unpooling, rectification and filtering: section 2.1.
# - Springenberg, Dosovitskiy, Brox, Riedmiller (2015). *Striving for simplicity: the all convolutional net.* ICLR workshop. The three ways back through a ReLU side by side: figure 1.
# - Simonyan, Vedaldi, Zisserman (2014). *Deep inside convolutional networks: visualising image classification models and saliency maps.* ICLR workshop. Why the deconvnet is the gradient but for the ReLU: section 4.
# - Dumoulin, Visin (2016). *A guide to convolution arithmetic for deep learning.* arXiv:1603.07285. Transposed convolutions: chapter 4.
# - TensorFlow documentation, `tf.nn`, "Notes on padding". The formula of exercise 4.
#
# ## Help and AI use
#
# Work in pairs if you like; hand in your own text and code. You may ask people, books and AI assistants about ideas, formulas and error messages. Code that you did not write yourself, from whatever source, needs a comment that says where it is from, and you have to be able to explain each line.
# Write the reflection without an assistant: it asks what *you* see. Name below who or what helped you, and with what.

# %% nbgrader={"grade": false, "grade_id": "help", "locked": false, "schema_version": 3, "solution": false, "task": false}
help_used = "nobody and nothing yet"
