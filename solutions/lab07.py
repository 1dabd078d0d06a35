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
# # Lab 7: LRP for convolutions, and composites on VGG16
#
# **You will carry relevance through the convolutions and poolings of a whole VGG16, with a rule of your choice in every layer, and see what each choice does to the map.**
#
# *Time:* 145 to 185 minutes for the core, 20 to 40 more for the bonus.
# *Builds on:* lab 4 (the convolution and its adjoint, switches), lab 6 (the rules for dense layers, the walk).
#
# When you have finished you can
#
# 1. **implement** the rules of LRP for convolutions, with any padding and stride, by one walk that serves them all;
# 2. **route** relevance through max and average pooling, and **state** what is lost there and what is not;
# 3. **compose** rules layer by layer as data, and **run** a composite on a whole network from the logit to the pixels;
# 4. **audit** an explanation by its sums at every layer, and **explain** each loss;
# 5. **compare** composites and contrastive maps on several images, and **argue** from them with a claim, evidence and a limit.
#
# | part | contents | minutes |
# |---|---|---|
# | 1 | set-up, the picture first, recall | 15 |
# | 2 | convolutions: exercises 1 and 2 | 45 |
# | 3 | pooling: exercise 3 | 20 |
# | 4 | which rule where, and from which number: exercises 4 and 5 | 20 |
# | 5 | the whole of VGG16: exercises 6 and 7, composites side by side | 45 |
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

import numpy as np

from toonlens import carry, show
from toonlens.convnet import conv2d, conv2d_T, read_layers, run_layer
from toonlens.explore import explore
from toonlens.laws import lab07 as laws
from toonlens.laws import mine_or, read_only
from toonlens.models import build, pixel_bounds, preprocess
from toonlens.quiz import load as load_quiz
from toonlens.startup import import_keras
from toonlens.track import current_track
from toonlens.transfer import Head, classifier, fit

assert sys.version_info[:2] == (3, 11), "this course runs on Python 3.11: start Jupyter from its environment"
assert np.__version__ >= "2", "this course needs NumPy 2: start Jupyter from its environment"

keras = import_keras()
quiz = load_quiz("quiz.json")
stored = [*np.load("checkpoints.npz").items(), *np.load("maps.npz").items()]
point = {name: array.astype(np.float64) for name, array in stored}  # stored in half precision, computed in double
TINY = 1e-12  # stabilises every denominator for which a rule names no epsilon of its own

# %% [markdown]
# ### Symbols
#
# Batches come first, channels last. You write NumPy in float64 throughout; two functions that you have built before are given and use TensorFlow inside.
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $B$, $K$ | | | images in a batch, classes |
# | $H, W$; $h, w$ | | | rows and columns at the input and at the output of a layer (in code `W` is always a kernel) |
# | $n$ | `n` | | number of an image in its batch |
# | $i$, $j$ | | | an input and an output of a layer: one place and one channel each |
# | $C_i, C_o$ | | | channels in and out of a convolution |
# | $a$ | `a` | `(B, H, W, Ci)` | input of a layer; for the first layer the image $x$ |
# | $W, b$ | `W`, `b` | `(kh, kw, Ci, Co)`, `(Co,)` | kernel and bias |
# | $a * W$ | `conv2d(a, W, pad, stride)` | `(B, h, w, Co)` | convolution **without** bias |
# | $q *^\top W$ | `conv2d_T(q, W, a.shape, pad, stride)` | `(B, H, W, Ci)` | its adjoint, lab 4's way back |
# | $z = a * W + b$ | `z` | `(B, h, w, Co)` | output before the ReLU |
# | $R$, $R^{in}$ | `R` | `(B, h, w, Co)`, `(B, H, W, Ci)` | relevance at the output and at the input of a layer |
# | $v^+, v^-$ | | | $\max(v, 0)$ and $\min(v, 0)$, element by element, of any array |
# | $s(z)$ | | | $+1$ where $z \ge 0$, else $-1$ |
# | $k$ | `k` | | side of a pooling window |
# | $f_c$ | `logits[n, c[n]]` | | logit of class $c$ (of image $n$: $c_n$) |
#
# $\odot$ and fractions of arrays work element by element.

# %% [markdown]
# ### A network and its images
#
# The network is this course's small VGG16: 13 convolutions of 3 × 3 with ReLUs, five max poolings, then an average over what is left of the image and a linear layer with a softmax for 18 characters. Only that last layer was trained for them (lab 2). If red lines about `cuInit` or CUDA appear below this cell, TensorFlow looked for a graphics card and found none: nothing is wrong.

# %%
track = current_track()
if track.name == "small":
    stored = np.load("head.npz")
    images, labels, names = stored["images"], stored["labels"], [str(name) for name in stored["names"]]
    model = classifier(build("vgg16", weights="small"), Head(), len(names))
    model.layers[-1].set_weights([stored["W"], stored["b"]])
    mean, low, high, tested = stored["accuracy"]
    print(
        f"accuracy on {tested:.0f} test images: {100 * mean:.1f} % (95 % interval {100 * low:.1f} to {100 * high:.1f})"
    )
else:  # the full track: ImageNet's weights and the Simpsons; the checkpoints are still those of the small one
    data = track.load()
    model = fit("vgg16", "frozen", data.train, weights=track.weights).model
    images, labels, names = data.test[0][:8], data.test[1][:8], list(data.class_names)

x = preprocess(images, "vgg16").astype(np.float64)
LO, HI = (bound.astype(np.float64) for bound in pixel_bounds("vgg16"))  # of a preprocessed pixel, (3,) each
read_only(images, labels, x, LO, HI)
short = [name.split()[0] for name in names]  # first names, for titles
print(f"{len(model.layers)} Keras layers, images {x.shape}, pixels from {x.min():.0f} to {x.max():.0f}")

# %% [markdown]
# ### The picture first
#
# This is where you are going. Three characters, explained for their own class, with three composites:
#
# - *epsilon*: one rule, epsilon, for all layers with weights;
# - *alpha 1, beta 0*: that rule for the convolutions, and epsilon at the top;
# - *preset A flat*: as before, but with the rule flat for the first convolution, at the pixels. The name is that of the course's reference implementation.
#
# The network and the logit are the same in each row; only the rules differ. Each map has its own scale. The reference implementation made these; at the end of part 5 yours does.

# %%
composite_names = ["epsilon", "alpha 1, beta 0", "alpha 2, beta 1", "gamma", "gamma and box", "preset A flat"]
first = [0, 1, 5]  # of the composites
panels, titles = [], []
for n in range(3):
    panels += [images[n], *[point["maps"][m, n] for m in first]]
    titles += [short[labels[n]], *[composite_names[m] for m in first]]
show.maps(
    panels,
    titles,
    alt="Three characters in rows; beside each three relevance maps: epsilon everywhere is scattered noise of both signs, alpha 1, beta 0 is red and fine, preset A flat is red and smooth and shows the figure.",
)

# %% [markdown]
# ### Recall
#
# Two questions before you start. Nothing here is graded, and every answer is explained.
#
# **Question 1.** A dense layer has a bias, and you hand relevance down by LRP-epsilon with a tiny epsilon. What is the sum of the relevance at its input?
#
# - **A.** The sum at its output: LRP conserves relevance.
# - **B.** The sum at its output, less the share $b_j / z_j$ of each output's relevance.
# - **C.** Zero: positive and negative shares cancel.
# - **D.** It depends on the batch.

# %%
quiz.ask("recall-bias")

# %% [markdown]
# **Question 2.** What does the adjoint of a convolution do with a signal at the convolution's output?
#
# - **A.** It reconstructs the input: convolution and adjoint undo each other.
# - **B.** It hands each output's signal to the inputs that this output read, weighted by the kernel, and adds up what meets at an input.
# - **C.** It enlarges the signal by repeating each value.
# - **D.** It convolves the signal once more with the same kernel.

# %%
quiz.ask("recall-adjoint")

# %% [markdown]
# ## Part 2. Convolutions
#
# A convolution is a dense layer that looks at one window after another, with the same weights each time. So every rule of lab 6 holds, word for word: an output shares its relevance among the inputs of *its window*, in proportion to what each contributed.
# Going forward, `conv2d` slides the window. Going back, `conv2d_T` sends something from each output to its window and adds up where windows overlap. You wrote both in lab 4; here they are given, fast and without bias:

# %%
a_try, W_try = np.ones((1, 5, 5, 1)), np.ones((3, 3, 1, 2))
z_try = conv2d(a_try, W_try, "valid", 1)
back_try = conv2d_T(np.ones(z_try.shape), W_try, a_try.shape, "valid", 1)
print(f"conv2d: {a_try.shape} -> {z_try.shape}; conv2d_T: {z_try.shape} -> {back_try.shape}")
print("How often each input is read, twice over for two channels:")
print(back_try[0, :, :, 0].astype(int))

# %% [markdown]
# ### Exercise 1. `walk` and `lrp_conv`
#
# `Difficulty 4/5 · Importance 5/5 · 30 min · 8 points`
#
# **Why.** All rules of lab 6 are one walk. It takes *pairs* of an input part and a kernel part: forward with each pair and add up, divide once, back with each pair's kernel, multiply by each pair's input. Epsilon is one pair, $(a, W)$. Gamma is one pair with a changed kernel. The box rule has three pairs. Alpha-beta walks twice, once for each sign, since it has two denominators.
# Write `walk` first, in three lines. Then `lrp_conv` only chooses the pairs. Convolutions have nothing to do with the choice; padding and stride are handed through.
#
# $$z = \sum_{(u, V)} u * V + b', \qquad q = \frac{R}{z + \varepsilon\, s(z)}, \qquad R^{in} = \sum_{(u, V)} u \odot \left( q *^\top V \right)$$
#
# | rule | pairs $(u, V)$ | $b'$ |
# |---|---|---|
# | `("eps", {"eps": ...})` | $(a, W)$ | $b$ |
# | `("gamma", {"gamma": ...})`, for $a \ge 0$ | $(a,\; W + \gamma W^+)$ | $b + \gamma b^+$ |
# | `("ab", {"alpha": ..., "beta": ...})` | $\alpha$ times the walk with $(a^+, W^+), (a^-, W^-)$ | $b^+$ |
# | | minus $\beta$ times the walk with $(a^+, W^-), (a^-, W^+)$ | $b^-$ |
# | `("zB", {"lo": ..., "hi": ...})` | $(x, W), (-\mathrm{lo}, W^+), (-\mathrm{hi}, W^-)$ | 0 |
#
# Only the epsilon rule must name its $\varepsilon$. In all others `eps` may stand among the options, and is `TINY` if it does not. The bounds lo and hi are images of one colour: $(C_i,)$ numbers, the same at every pixel, and nothing beyond the border.
#
# | name | shape | |
# |---|---|---|
# | `pairs` | list of `(u, V)` | each `(B, H, W, Ci)` and `(kh, kw, Ci, Co)` |
# | `a` | `(B, H, W, Ci)` | input of the layer |
# | `W`, `b` | `(kh, kw, Ci, Co)`, `(Co,)` | kernel, bias |
# | `R` | `(B, h, w, Co)` | relevance at the output |
# | `pad`, `stride` | `"same"` or `"valid"`; number | as in `conv2d` |
# | returns | `(B, H, W, Ci)` | relevance at the input |
#
# The check rests on this law: a kernel as large as the image makes *one* output per channel, and that is the dense layer of lab 6. And one window of an image, cut out and explained alone, gets the same relevance as inside the image. The check begins with `walk`.
#
# **Predict before you run.** The picture below uses four rules at block1_conv1, with the same relevance above. Which of these maps has exactly the sum that arrived?
#
# - **A.** Epsilon 0.1
# - **B.** Alpha 1, beta 0
# - **C.** Box


# %% nbgrader={"grade": false, "grade_id": "predict_conv_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_conv() -> str:
    """Return your letter, for example "A". Right or wrong is not graded; a prediction is."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "lrp_conv_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def walk(
    pairs: list[tuple[np.ndarray, np.ndarray]], b: np.ndarray | float, R: np.ndarray, eps: float, pad: str, stride: int
) -> np.ndarray:
    """Forward with every pair (u, V), divide, back, multiply: R (B, h, w, Co) -> (B, H, W, Ci)."""
    ### BEGIN SOLUTION
    z = sum(conv2d(u, V, pad, stride) for u, V in pairs) + b
    quotient = R / (z + eps * np.where(z >= 0, 1.0, -1.0))
    return sum(u * conv2d_T(quotient, V, u.shape, pad, stride) for u, V in pairs)
    ### END SOLUTION


def lrp_conv(
    a: np.ndarray, W: np.ndarray, b: np.ndarray, R: np.ndarray, rule: tuple[str, dict], pad: str, stride: int
) -> np.ndarray:
    """LRP through a convolution by a rule such as ("eps", {"eps": 0.1}): R (B, h, w, Co) -> (B, H, W, Ci)."""
    ### BEGIN SOLUTION
    name, options = rule
    eps = options.get("eps", TINY)
    W_pos, W_neg = np.maximum(W, 0), np.minimum(W, 0)
    b_pos, b_neg = np.maximum(b, 0), np.minimum(b, 0)
    if name == "eps":
        return walk([(a, W)], b, R, eps, pad, stride)
    if name == "gamma":
        return walk([(a, W + options["gamma"] * W_pos)], b + options["gamma"] * b_pos, R, eps, pad, stride)
    if name == "zB":
        lo, hi = (np.broadcast_to(options[bound], a.shape) for bound in ("lo", "hi"))
        return walk([(a, W), (-lo, W_pos), (-hi, W_neg)], 0.0, R, eps, pad, stride)
    a_pos, a_neg = np.maximum(a, 0), np.minimum(a, 0)
    helped = walk([(a_pos, W_pos), (a_neg, W_neg)], b_pos, R, eps, pad, stride)
    harmed = walk([(a_pos, W_neg), (a_neg, W_pos)], b_neg, R, eps, pad, stride)
    return options["alpha"] * helped - options["beta"] * harmed
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lrp_conv", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
laws.check_lrp_conv(lrp_conv, walk)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# There is one denominator per output, whatever the number of pairs: add up first, then divide. On the way back each pair uses its own kernel part, and at the end its own input part.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `sum(... for u, V in pairs)` adds arrays. `np.broadcast_to(lo, a.shape)` makes an image of one colour. `options.get("eps", TINY)` reads an option that may be missing.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# walk: z ← sum of forward results, plus b; q ← R over z pushed away from zero by eps, on its own side; result ← sum of (input part times q carried back through the kernel part).
# lrp_conv: take the positive and negative parts of W, b and a; look at the name; call walk with the pairs of the table; for ab twice
# </details>
#
# - *If you see* NaN only in alpha-beta, *suspect* a denominator that is not stabilised: 0 / 0.
# - *If you see* an error about shapes, *suspect* that `conv2d_T` gets another shape than that of the input part, or that `pad` and `stride` were left out in one direction.
# - *If you see* "must be 4-dimensional", *suspect* bounds that are still $(C_i,)$ numbers and no image.
# - *If you see* box maps with negative values, *suspect* swapped bounds.
# - *If you see* that everything fits but the sums with a bias, *suspect* which part of `b` goes where.

# %%
W1, b1 = (weight.astype(np.float64) for weight in model.get_layer("block1_conv1").get_weights())
above = point["above"]  # relevance at the output of block1_conv1, from the reference
read_only(above, W1, b1)
rules = [
    ("eps", {"eps": 0.1}),
    ("eps", {"eps": 100.0}),
    ("ab", {"alpha": 1.0, "beta": 0.0}),
    ("zB", {"lo": LO, "hi": HI}),
]
by_rule = mine_or(
    point["conv"],
    "lrp_conv",
    lambda: np.concatenate([lrp_conv(x[:1], W1, b1, above, rule, "same", 1) for rule in rules]),
)
show.maps(
    [images[0], *by_rule.sum(axis=-1)],
    [short[labels[0]], "epsilon 0.1", "epsilon 100", "alpha 1, beta 0", "box"],
    alt="One character and four maps of the layer at the pixels on one scale: epsilon 0.1 and alpha 1, beta 0 are fine and red, epsilon 100 is white, and the box rule is red and smoother.",
    columns=5,
    shared=True,
)
z1 = np.abs(conv2d(x[:1], W1, "same", 1) + b1)
weighted = (above * z1).sum() / above.sum()
print(f"Size of z at block1_conv1: {np.median(z1):.2f} in the median, {weighted:.2f} weighted by R.")
print(f"Relevance that arrived from above: {above.sum():+.3f}; at the pixels: {by_rule.sum(axis=(1, 2, 3)).round(3)}")
quiz.compare("conv", lambda: predict_conv())

# %% [markdown]
# *A right picture* shows a box map whose sum is what arrived. Everything else loses: to the bias, and with epsilon to epsilon too. Outputs are about 1 in size here, see the line above, so that epsilon 0.1 takes a noticeable part and epsilon 100 nearly all. All maps have one scale, and that of epsilon 100 is white on it. On a scale of its own it would look much like epsilon 0.1: to see whether a map has paled, read its colour bar or its sum.
# Relevance of one output never leaves its window of 3 × 3 pixels, so red is in the same places throughout.

# %% [markdown]
# ### Exercise 2. `lrp_w2_conv` and `lrp_flat_conv`
#
# `Difficulty 3/5 · Importance 3/5 · 15 min · 4 points`
#
# **Why.** $w^2$ and flat do not look at the input, so they are a common last step at the pixels: the smooth maps of preset A flat, in the first picture, end with flat. In your walk they are one pair each, without bias: an input of ones, with the squared kernel or with a kernel of ones.
# The denominator then counts. Flat divides by the number of inputs that an output *has*, and at a padded border it has fewer than $k_h k_w C_i$: beyond the border there is nothing. Counting by hand goes wrong there; a convolution counts right.
#
# $$\text{w}^2:\; R^{in}_i = \sum_j \frac{W_{ij}^2}{\sum_{i' \in \text{window}(j)} W_{i'j}^2}\, R_j \qquad\qquad \text{flat}:\; R^{in}_i = \sum_{j:\; i \in \text{window}(j)} \frac{1}{|\text{window}(j)|}\, R_j$$
#
# where $|\text{window}(j)|$ counts the inputs of the image (all channels) in the window of output $j$.
#
# | name | shape | |
# |---|---|---|
# | `W`; `W_shape` | `(kh, kw, Ci, Co)` | kernel; for flat its shape will do |
# | `R` | `(B, h, w, Co)` | relevance at the output |
# | `shape` | | `(B, H, W, Ci)`, of the input |
# | `pad`, `stride` | | as before |
# | returns | `(B, H, W, Ci)` | no bias; with eps = `TINY`, a channel without weights hands on nothing |
#
# **Predict before you run.** A map of 6 × 6 with one channel, a kernel of 3 × 3, "same", and $R = 1$ at each of the 36 outputs. Which pixels get most by the flat rule?
#
# - **A.** All the same, 1 each.
# - **B.** The corners.
# - **C.** Those one step inside the corners.


# %% nbgrader={"grade": false, "grade_id": "predict_flat_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_flat() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "lrp_w2_flat_conv_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lrp_w2_conv(W: np.ndarray, R: np.ndarray, shape: tuple[int, ...], pad: str, stride: int) -> np.ndarray:
    """The w2 rule: W (kh, kw, Ci, Co), R (B, h, w, Co) -> shape (B, H, W, Ci)."""
    ### BEGIN SOLUTION
    ones = np.ones(shape)
    return walk([(ones, W**2)], 0.0, R, TINY, pad, stride)
    ### END SOLUTION


def lrp_flat_conv(W_shape: tuple[int, ...], R: np.ndarray, shape: tuple[int, ...], pad: str, stride: int) -> np.ndarray:
    """The flat rule: W_shape (kh, kw, Ci, Co), R (B, h, w, Co) -> shape (B, H, W, Ci)."""
    ### BEGIN SOLUTION
    ones = np.ones(shape)
    return walk([(ones, np.ones(W_shape))], 0.0, R, TINY, pad, stride)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lrp_w2_flat_conv", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_lrp_w2_flat_conv(lrp_w2_conv, lrp_flat_conv)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# What would `walk` have to be given so that each contribution is the squared weight, or 1? Inputs count as 1 everywhere on the image.
# </details>
# <details><summary>Hint 2: the call</summary>
#
# `np.ones(shape)` is the input. One pair is enough. Without your `walk`: the same three steps, forward, divide, back.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# flat: denominators ← ones, forward through a kernel of ones; result ← R over the denominators, back through that kernel
# </details>
#
# - *If you see* sums that are too small, and only with "same", *suspect* a constant count of taps.
# - *If you see* a factor of $C_o$, *suspect* that output channels were added up in the denominator.

# %%
even = np.ones((1, 6, 6, 1))
read_only(even)
spread = mine_or(point["even"], "lrp_flat_conv", lambda: lrp_flat_conv((3, 3, 1, 1), even, even.shape, "same", 1))
table = spread[0, :, :, 0].round(2)
show.grids(
    [even[0, :, :, 0], table],
    [np.zeros((6, 6)), table == table.max()],
    ["R at the outputs", "flat, at the inputs"],
    alt="Two tables of 6 by 6 numbers: ones at the outputs, and the relevance at the inputs, 1 in the middle, less at the edge, least in the corners, most one step inside the corners.",
    mark="the largest",
)
quiz.compare("flat", lambda: predict_flat())

# %%
by_w2 = mine_or(point["w2"], "lrp_w2_conv", lambda: lrp_w2_conv(W1, above, x[:1].shape, "same", 1))
by_flat = mine_or(point["flat"], "lrp_flat_conv", lambda: lrp_flat_conv(W1.shape, above, x[:1].shape, "same", 1))
show.maps(
    [images[0], above[0].sum(axis=-1), by_w2[0].sum(axis=-1), by_flat[0].sum(axis=-1)],
    [short[labels[0]], "R at block1_conv1", "w²", "flat"],
    alt="One character, the relevance at the output of the first convolution, and what w-squared and flat make of it at the pixels: nearly the same map, a little blurred.",
)

# %% [markdown]
# *A right picture* shows in the table a sum of 36, as above, with 1 in the middle and most one step inside the corners: an output at the edge has fewer inputs and gives each of them more, but the corner itself is read by four outputs only.
# In the maps, $w^2$ and flat blur what arrived by one pixel and change no more: they add nothing to what the layers above decided.

# %% [markdown]
# **Checkpoint 1.** Convolutions are done, or loaded. For the next exercise what goes into a pooling layer, and the relevance above it, come from the reference.

# %%
pool_a, pool_R = point["pool_a"], point["pool_R"]
read_only(pool_a, pool_R)
print(f"input of block3_pool {pool_a.shape}, relevance at its output {pool_R.shape}")

# %% [markdown]
# ## Part 3. Pooling
#
# A pooling layer has no weights, but it has contributions. Which they are depends on what it computes: a maximum comes from one input, an average from all.

# %% [markdown]
# ### Exercise 3. `lrp_maxpool` and `lrp_avgpool`
#
# `Difficulty 3/5 · Importance 4/5 · 20 min · 5 points`
#
# **Why.** *Max pooling*: the output **is** its largest input, so this one takes all: winner takes all, the switches of lab 4. At a tie the first in reading order wins; behind rules that ignore the input (flat, $w^2$) relevance arrives at windows of zeros, too, and there ties decide.
# *Average pooling* is linear with equal weights, so LRP-0 shares in proportion to the inputs. This course shares among **positive** inputs, the $z^+$ rule: after a ReLU that is the same, and it is safe elsewhere. It does *not* give $1/k^2$ to each: that would be flat.
#
# $$R^{in}_i = \begin{cases} R_j & i \text{ is the first maximum of window } j \\ 0 & \text{else} \end{cases} \qquad\qquad R^{in}_i = \frac{a_i^+}{\sum_{i' \in \text{window}(j)} a_{i'}^+}\, R_j$$
#
# | name | shape | |
# |---|---|---|
# | `a` | `(B, H, W, C)` | input of the pooling layer; $k$ divides $H$ and $W$ |
# | `R` | `(B, H/k, W/k, C)` | relevance at its output |
# | `k` | whole number, ≥ 1 | windows do not overlap |
# | returns | `(B, H, W, C)` | in `lrp_avgpool`, a window without positive inputs hands on nothing (`TINY`) |
#
# **Predict before you run.** Behind block3_pool, at how many of the 16 × 16 × 64 inputs does relevance arrive by winner takes all?
#
# - **A.** At all that are positive.
# - **B.** At one in four at most.
# - **C.** At one in four exactly.


# %% nbgrader={"grade": false, "grade_id": "predict_pool_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_pool() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "pools_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lrp_maxpool(a: np.ndarray, R: np.ndarray, k: int) -> np.ndarray:
    """Winner takes all: a (B, H, W, C), R (B, H / k, W / k, C) -> (B, H, W, C)."""
    ### BEGIN SOLUTION
    B, h, w, C = R.shape
    inside = a.reshape(B, h, k, w, k, C).transpose(0, 1, 3, 5, 2, 4).reshape(B, h, w, C, k * k)
    takes = np.eye(k * k)[inside.argmax(axis=-1)] * R[..., None]
    return takes.reshape(B, h, w, C, k, k).transpose(0, 1, 4, 2, 5, 3).reshape(a.shape)
    ### END SOLUTION


def lrp_avgpool(a: np.ndarray, R: np.ndarray, k: int) -> np.ndarray:
    """In proportion to the positive inputs: a (B, H, W, C), R (B, H / k, W / k, C) -> (B, H, W, C)."""
    ### BEGIN SOLUTION
    B, h, w, C = R.shape
    inside = np.maximum(a, 0).reshape(B, h, k, w, k, C)
    total = inside.sum(axis=(2, 4), keepdims=True)
    return (inside / (total + TINY) * R[:, :, None, :, None]).reshape(a.shape)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "pools", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
laws.check_pools(lrp_maxpool, lrp_avgpool)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Both need the inputs of a window next to each other, or the value of a window repeated over its inputs. Loops over the $k^2$ places of a window are fine: `a[:, row::k, column::k]` is one place of every window at once.
# </details>
# <details><summary>Hint 2: the shapes</summary>
#
# `a.reshape(B, h, k, w, k, C)` splits both axes into (window, place). Sums over the two axes of length `k` have the shape of `R`. For the maximum you need *one* place per window: `argmax` over both places joined.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# average: positive part; total per window; share ← part over total, stabilised; result ← share times the window's R. maximum: bring the places of a window to the last axis, find the first maximum, put R there and zeros elsewhere, bring the axes back
# </details>
#
# - *If you see* sums that grow, *suspect* that tied inputs all took the whole relevance.
# - *If you see* that windows have the right numbers in wrong places, *suspect* the order of the axes on the way back.
# - *If you see* NaN, *suspect* a silent window in the average.

# %%
by_max = mine_or(point["max"], "lrp_maxpool", lambda: lrp_maxpool(pool_a, pool_R, 2))
by_avg = mine_or(point["avg"], "lrp_avgpool", lambda: lrp_avgpool(pool_a, pool_R, 2))
busy = int(np.abs(pool_R).sum(axis=(0, 1, 2)).argmax())  # the channel with most relevance
show.maps(
    [pool_R[0, ..., busy], by_max[0, ..., busy], by_avg[0, ..., busy]],
    ["R above block3_pool", "winner takes all", "shared by z+"],
    alt="Relevance of one channel above a pooling layer on a grid of 8 by 8, and at its input on 16 by 16: winner takes all leaves single cells, sharing fills the windows.",
    shared=True,
)
print(f"Winner takes all: {(by_max != 0).mean():.1%} of the inputs get relevance; shared: {(by_avg != 0).mean():.1%}.")
quiz.compare("pool", lambda: predict_pool())

# %% [markdown]
# *A right picture* has the same sum three times. Winner takes all leaves isolated cells, at one place in four at most (a window that got nothing has nothing to hand on); sharing fills the windows wherever the input was positive. In the average pool at the top of this network the window is the whole map.

# %% [markdown]
# **Checkpoint 2.** Every layer of VGG16 has its rule. What is left is to say which, and to walk.

# %% [markdown]
# ## Part 4. Which rule where, and from which number
#
# A *composite* says which rule each layer uses. The usual advice (Montavon et al. 2019): epsilon at the top, where a few units say a lot and noise is small; gamma or alpha-beta in the middle; a rule for pixels at the bottom.
# As data, a composite is a list of `(which, rule)`; `which` is a pattern for layers' names, or a function of a name.

# %% [markdown]
# ### Exercise 4. `assign_rules`
#
# `Difficulty 2/5 · Importance 4/5 · 10 min · 3 points`
#
# **Why.** A composite that is data can be printed, compared and handed to somebody. Its one rule of reading: **the first entry that matches decides.** So special cases stand at the top and the rest, `"*"`, at the bottom.
# A layer without a rule has to be an error that names it. A silent default would look like a map and be another method; that has happened in published libraries.
#
# $$\mathrm{rule}(\text{name}) = \mathrm{rule}_{\text{first}}, \qquad \text{first} = \min \{\, \text{entry} : \mathrm{which}_{\text{entry}} \text{ matches name} \,\}$$
#
# | name | shape | |
# |---|---|---|
# | `names` | list of texts | layers' names |
# | `spec` | list of `(which, rule)` | `which`: a pattern, compared with the whole name (`*`: any text, `?`: one character), or a function of a name that returns True or False |
# | returns | list of rules | one for each name, in their order; `ValueError` with the name where none matches |
#
# **Predict before you run.** `spec = [("*", epsilon), ("block1_conv1", flat)]`. Which rule does block1_conv1 get?
#
# - **A.** Flat: the more specific entry decides.
# - **B.** Epsilon: the first entry that matches decides.
# - **C.** None: two entries match, which is an error.


# %% nbgrader={"grade": false, "grade_id": "predict_rules_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_rules() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "assign_rules_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def assign_rules(names: list[str], spec: list[tuple]) -> list[tuple[str, dict]]:
    """The rule of each layer: the first entry of spec that matches its name; ValueError where none does."""
    ### BEGIN SOLUTION
    rules = []
    for name in names:
        for which, rule in spec:
            if which(name) if callable(which) else fnmatchcase(name, which):
                rules.append(rule)
                break
        else:
            raise ValueError(f"no entry of the composite matches layer {name!r}: add one, or ('*', rule) at the end")
    return rules
    ### END SOLUTION


# %% [markdown]
# The next cell, given, hands values from the checks to your function; models and functions cannot travel there. Leave it as it is.


# %%
def probe_rules(names, spec):
    """Given: what assign_rules gives or raises; {"with": text} in spec stands for a function of the name."""
    return laws.probe_rules(assign_rules, names, spec)


# %% nbgrader={"grade": true, "grade_id": "assign_rules", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
laws.check_assign_rules(assign_rules)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Two loops, names outside, entries inside, and the inner one ends at the first match.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `callable(which)` tells a function from a pattern. `fnmatchcase(name, pattern)` is imported above. A `for` loop may have an `else`, which runs if no `break` did.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# for each name: go through the entries; at the first whose function says yes or whose pattern fits, note its rule and stop; if none did, raise an error with the name in it
# </details>
#
# - *If you see* the last entry everywhere, *suspect* that a later match overwrites an earlier one.
# - *If you see* a `NoneType` error later on, *suspect* a missing rule that went unnoticed.

# %%
layer_names = [
    layer.name for layer in model.layers if layer.name != "predictions" and not layer.name.startswith("input")
]
layer_names.append("predictions")
entries = ["avg_pool", "block?_pool", "predictions", "block1_conv1", "*"]
by_entry = {
    "special cases first": [(which, ("eps", {"eps": float(e)})) for e, which in enumerate(entries)],
    "the rest first": [(which, ("eps", {"eps": float(e)})) for e, which in enumerate(entries)][::-1],
}


def count_decided(spec):
    """How many layers each entry decides; entries are told apart by their epsilon."""
    chosen = [int(rule[1]["eps"]) for rule in assign_rules(layer_names, spec)]
    return [chosen.count(e) for e in range(len(entries))]


due = [[1, 5, 1, 1, 12], [0, 0, 0, 0, 20]]
decided = mine_or(np.array(due), "assign_rules", lambda: [count_decided(spec) for spec in by_entry.values()])
show.bars(
    dict(zip(by_entry, decided, strict=True)),
    entries,
    alt="How many of the 20 layers each of five entries decides: 1, 5, 1, 1 and 12 with the special cases first; all 20 fall to the star where it stands first.",
    unit="layers",
)
quiz.compare("rules", lambda: predict_rules())

# %% [markdown]
# *A right picture* shows 20 layers in both orders. With the star first nothing else ever decides.

# %% [markdown]
# ### Exercise 5. `logits_model` and `seed`
#
# `Difficulty 2/5 · Importance 4/5 · 10 min · 4 points`
#
# **Why.** The network ends in a softmax, which is not what you want to explain: it compares classes, and its map changes when another class changes. You need the number before it, the logit. From the softmax's output it cannot be had back: what all logits share is gone.
# So you build a second model that ends one step earlier: the same layers, and in the place of the last one a `Dense` layer with its weights, its **name** and no softmax. (Composites ask for layers by name.) **The model you were given must stay as it is**; others use it.
# `seed` then makes the start of the walk: the logit of each image's own class, with its value and sign.
#
# $$p_c = \frac{e^{f_c}}{e^{f_1} + \dots + e^{f_K}}, \qquad\qquad R_{nc} = \begin{cases} f_c(x_n) & c = c_n \\ 0 & \text{else} \end{cases}$$
#
# | name | shape | |
# |---|---|---|
# | `model` | `(B, H, W, 3)` to `(B, K)` | a Keras model whose last layer is a `Dense` with a softmax |
# | `logits_model` returns | `(B, H, W, 3)` to `(B, K)` | a Keras model: the logits |
# | `logits`, `c` | `(B, K)`, `(B,)` integers | logits, classes to explain |
# | `seed` returns | `(B, K)` | one entry per row |
#
# **Predict before you run.** Somebody starts from $\log p_c$ instead: "the logarithm takes the softmax away again". What do they explain?
#
# - **A.** The same: the logarithm undoes the exponential.
# - **B.** A number that is never positive, and close to 0 where the network is sure.
# - **C.** The logit, up to a factor that a map does not show.


# %% nbgrader={"grade": false, "grade_id": "predict_logits_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_logits() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "logits_seed_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def logits_model(model: "keras.Model") -> "keras.Model":
    """A model that gives the logits of ``model``, whose last layer is Dense with a softmax. ``model`` stays as it is."""
    ### BEGIN SOLUTION
    last = model.layers[-1]
    plain = keras.layers.Dense(last.units, name=last.name)
    made = keras.Model(model.input, plain(last.input))
    plain.set_weights(last.get_weights())
    return made
    ### END SOLUTION


def seed(logits: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The start of the walk: the logit of class c[n] in row n, zeros elsewhere. (B, K)"""
    ### BEGIN SOLUTION
    start = np.zeros_like(logits)
    rows = np.arange(len(logits))
    start[rows, c] = logits[rows, c]
    return start
    ### END SOLUTION


# %%
def probe_logits(plan, side, x):
    """Given: runs logits_model on a small network for the checks."""
    return laws.probe_logits(logits_model, plan, side, x)


# %% nbgrader={"grade": true, "grade_id": "logits_seed", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_logits_seed(logits_model, seed)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# `model.layers[-1].input` is what goes into the last layer. A new layer on it, with the old one's weights and no activation, is a new model that shares all other layers. (Cloning the model works too, if you clone the weights.)
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `keras.layers.Dense(units, name=...)`, `layer.get_weights()`, `layer.set_weights(...)`, `keras.Model(inputs, outputs)`. A layer has weights only after it was called once. For `seed`: one row number and one column number per image.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# new ← dense layer of as many units, the old name, no activation; out ← new layer called on the input of the old last layer; give it the old weights; model from the old input to out. seed: zeros like logits; at (row n, column c[n]) the logit that stands there
# </details>
#
# - *If you see* that the old model's output no longer adds up to 1, *suspect* `model.layers[-1].activation = ...`.
# - *If you see* random numbers, *suspect* a new layer without the old weights.
# - *If you see* several entries in a row, *suspect* `start[:, c]`.

# %%
logits = mine_or(
    point["logits"], "logits_model", lambda: np.asarray(logits_model(model)(x.astype(np.float32), training=False))
)
start = mine_or(point["start"], "seed", lambda: seed(logits, labels))
log_p = logits - np.log(np.exp(logits - logits.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True))
log_p -= logits.max(axis=1, keepdims=True)
top = np.argsort(-logits[0])[:5]
show.bars(
    {"logit": logits[0, top], "start": start[0, top], "log of the softmax": log_p[0, top]},
    [short[c] for c in top],
    alt="For the first image and its five strongest classes: the logits, of which only that of its own class is in the start; and the logarithm of the softmax, near zero for its own class and negative for the others.",
    unit="value (logits)",
)
quiz.compare("logits", lambda: predict_logits())

# %% [markdown]
# *A right picture* shows a start with one bar, as high as its logit. The logarithm of the softmax is the logits pushed down together until the strongest is near zero: nothing would be left to hand down for a class the network is sure of.

# %% [markdown]
# **Checkpoint 3.** Logits and start are there, yours or loaded. The next cell, given, makes one function of all rules: it chooses by the rule's name. As in lab 6 it also holds a naive rule, `"share"`, which needs none of your functions: it shares an image's relevance by the size of the activations, whatever the layer computes. It explains nothing, and is good for trying out a walk.


# %%
def share_by_activation(a, R, keep=1.0):
    """Given, and naive: an image's relevance is shared by |a|; the part ``keep`` is handed on."""
    size = np.abs(a)
    total = np.maximum(size.sum(axis=(1, 2, 3), keepdims=True), 1e-12)
    return keep * size / total * R.sum(axis=(1, 2, 3), keepdims=True)


def apply_rule(rule, layer, a, R):
    """Relevance (B, H, W, Ci) at the input ``a`` of a layer, by a rule such as ("max", {}) or ("eps", {"eps": 0.1})."""
    name, options = rule
    if name == "share":
        return share_by_activation(a, R, **options)
    if name == "max":
        return lrp_maxpool(a, R, layer.k)
    if name == "avg":
        return lrp_avgpool(a, R, layer.k)
    if name == "w2":
        return lrp_w2_conv(layer.W, R, a.shape, layer.pad, layer.stride)
    if name == "flat":
        return lrp_flat_conv(layer.W.shape, R, a.shape, layer.pad, layer.stride)
    return lrp_conv(a, layer.W, layer.b, R, rule, layer.pad, layer.stride)


# %% [markdown]
# ## Part 5. The whole of VGG16
#
# Two more functions are given. `read_layers(model)` lists the layers of a model that ends in logits, first layer first. Each has a `name`, a `kind` ("conv", "max" or "avg") and what its kind needs: `W, b, pad, stride`, or `k`; all arrays in float64. `run_layer(layer, a)` computes what a layer makes of its input, its ReLU included.
# A dense layer appears as a convolution with a kernel as large as what it reads. So its output has one place: the logits come out as `(B, 1, 1, K)`.

# %% [markdown]
# ### Exercise 6. `lrp_vgg16`
#
# `Difficulty 4/5 · Importance 5/5 · 20 min · 7 points`
#
# **Why.** The walk is that of lab 6: up, storing what goes *into* each layer; down, one rule per layer. ReLUs hand relevance through. Everything else is in your functions already: `logits_model` and `read_layers` give the layers, `assign_rules` the rules, `seed` the start, `apply_rule` each step.
# You return the map, and the **trace**: the relevance at the input of every layer. The map is for looking. The trace is for finding out whether to believe your code.
#
# $$R^{(L)} = \mathrm{seed}(f(x), c), \qquad R^{(l)} = \mathrm{rule}_l\left(\mathrm{layer}_l,\, a^{(l)},\, R^{(l+1)}\right), \qquad \mathrm{map} = \sum_{\text{colours}} R^{(0)}$$
#
# | name | shape | |
# |---|---|---|
# | `model` | | a Keras model as `logits_model` takes it |
# | `x` | `(B, H, W, 3)` | preprocessed images, float64 |
# | `c` | `(B,)` integers | class to explain, image by image |
# | `spec` | list of `(which, rule)` | the composite, for poolings too |
# | returns `map` | `(B, H, W)` | |
# | and `trace` | list of $L + 1$ arrays | `trace[l]` has the shape of the input of layer $l$; `trace[L]`, `(B, 1, 1, K)`, is the start |
#
# The law: with a tiny epsilon in every layer, max and avg at the poolings, the map is gradient × input. The hidden checks compare map and trace on fresh images with an implementation that shares no code with yours, to 1e-5 of the largest relevance: stay in float64.
#
# **Predict before you run.** With alpha 1, beta 0 in all convolutions you plot the sum of the relevance, layer by layer, from the logit down to the pixels. What does the curve do?
#
# - **A.** It stays where it is: relevance is conserved.
# - **B.** It falls, step by step: positive biases keep their share.
# - **C.** It grows: each layer adds what it has found.


# %% nbgrader={"grade": false, "grade_id": "predict_vgg_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_vgg() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "lrp_vgg16_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lrp_vgg16(
    model: "keras.Model", x: np.ndarray, c: np.ndarray, spec: list[tuple]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """LRP from the logit of class c[n] of image n down to the pixels: the map (B, H, W), and the trace."""
    ### BEGIN SOLUTION
    layers = read_layers(logits_model(model))
    rules = assign_rules([layer.name for layer in layers], spec)
    inputs, a = [], x
    for layer in layers:
        inputs.append(a)
        a = run_layer(layer, a)
    trace = [seed(a[:, 0, 0], c)[:, None, None]]
    for layer, rule, a in zip(layers[::-1], rules[::-1], inputs[::-1], strict=True):
        trace.insert(0, apply_rule(rule, layer, a, trace[0]))
    return trace[0].sum(axis=-1), trace
    ### END SOLUTION


# %%
def probe_lrp(plan, side, x, c, spec):
    """Given: runs lrp_vgg16 on a small network for the checks."""
    return laws.probe_lrp(lrp_vgg16, plan, side, x, c, spec)


def probe_vgg16(images, c, spec):
    """Given: runs lrp_vgg16 on this notebook's VGG16, for images uint8 (B, 64, 64, 3) that a check sends."""
    found, trace = lrp_vgg16(model, preprocess(images, "vgg16").astype(np.float64), np.asarray(c), laws.as_spec(spec))
    return {"map": found, "trace": trace}


# %% nbgrader={"grade": true, "grade_id": "lrp_vgg16", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
laws.check_lrp_vgg16(lrp_vgg16)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Two loops, as in lab 6. Layers, their inputs and their rules are three lists of the same length; on the way down they run backwards together.
# </details>
# <details><summary>Hint 2: the shapes</summary>
#
# The last layer's output is `(B, 1, 1, K)`; `[:, 0, 0]` makes `(B, K)` of it for `seed`, and `[:, None, None]` puts the two axes back. Keep the *input* of a layer before you run it.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# layers ← of the logits model; rules ← by their names; up: note a, then a ← what the layer makes of it; trace ← the start; down, last layer first: put what the rule gives in front of the trace; map ← first entry of the trace, colours summed
# </details>
#
# - *If you see* that "share" passes and LRP-0 does not, *suspect* a rule, not the walk: run the checks of exercises 1 to 3.
# - *If you see* an error about shapes at a pooling layer, *suspect* lists that are out of step.

# %%
POOLS = [("avg_pool", ("avg", {})), ("block?_pool", ("max", {}))]
EPS, AB1, AB2 = ("eps", {"eps": 0.1}), ("ab", {"alpha": 1.0, "beta": 0.0}), ("ab", {"alpha": 2.0, "beta": 1.0})
GAMMA, BOX, FLAT = ("gamma", {"gamma": 0.25}), ("zB", {"lo": LO, "hi": HI}), ("flat", {})
composites = {
    "epsilon": [*POOLS, ("*", EPS)],
    "alpha 1, beta 0": [*POOLS, ("predictions", EPS), ("*", AB1)],
    "alpha 2, beta 1": [*POOLS, ("predictions", EPS), ("*", AB2)],
    "gamma": [*POOLS, ("predictions", EPS), ("*", GAMMA)],
    "gamma and box": [*POOLS, ("predictions", EPS), ("block1_conv1", BOX), ("*", GAMMA)],
    "preset A flat": [*POOLS, ("predictions", EPS), ("block1_conv1", FLAT), ("*", AB1)],
}
some = slice(0, 4)  # the images whose maps are compared
shape = (len(composites), 4, *x.shape[1:3])
computed = {}


def all_composites():
    """Maps and traces of the first four images by every composite; the maps, (composites, 4, H, W)."""
    computed.update({name: lrp_vgg16(model, x[some], labels[some], spec) for name, spec in composites.items()})
    return np.stack([found for found, _ in computed.values()])


by_composite = mine_or(point["maps"], "lrp_vgg16", all_composites)
sums = point["sums"]
if by_composite is not point["maps"]:
    sums = mine_or(sums, "lrp_vgg16", lambda: [[R[0].sum() for R in computed[name][1]] for name in composites])
shown = ["epsilon", "alpha 1, beta 0", "alpha 2, beta 1", "gamma and box"]
show.lines(
    np.arange(sums.shape[1]),
    {name: sums[list(composites).index(name), ::-1] for name in shown},
    alt="Sum of the relevance of the first image from the logits, at the left, through 20 layers down to the pixels, for four composites: all fall most at the fifth layer, block5_conv2; alpha 1, beta 0 falls on step by step, epsilon wanders up and down below zero, others lie between.",
    x_label="layers passed on the way down (0: the logit, 20: the pixels)",
    y_label="sum of relevance (logits)",
)
print("Sum above block1_conv1, the last layer, and below it, at the pixels:")
for name, (at_pixels, above_them) in zip(composites, sums[:, :2], strict=True):
    print(f"  {name}: {above_them:+.2f} -> {at_pixels:+.2f}")
quiz.compare("vgg", lambda: predict_vgg())

# %% [markdown]
# *A right picture* is this lab's audit. All curves start at the same logit. Alpha 1, beta 0 falls: each positive bias keeps its share. Pools keep all there is.
# The main event of all curves is one layer, from 4 to 5 on the axis: block5_conv2. Epsilon falls there from about 20 to 1, because the positive biases of that layer are nearly as large as its $z$ and keep most of what arrives. Further down $R$ has both signs, and biases push the sum either way: a negative bias *adds* where $R$ is positive and takes where it is negative. So the curve crosses zero one layer lower and wanders.
# The last step tells the rules for pixels apart, and is printed: box and flat conserve. (Preset A flat runs with alpha 1, beta 0 up to that step.) A curve that stays level in a network with biases would be the one to distrust: something was renormalised.

# %% [markdown]
# ### Exercise 7. `contrastive`
#
# `Difficulty 1/5 · Importance 3/5 · 8 min · 2 points`
#
# **Why.** "Why this class?" is often "why this class *and not that one*?" LRP is linear in its start: relevance that starts at $f_c$ and at $-f_{c'}$ together gives the difference of the two maps. What argues for both classes cancels, and what tells them apart is left.
# Linear in the *start* does not mean linear in the image; and it holds for LRP, not for the deconvnet or guided backpropagation, which cut negative values off on the way.
#
# $$\mathrm{contrast}(x, c, c') = \mathrm{map}(x, c) - \mathrm{map}(x, c')$$
#
# | name | shape | |
# |---|---|---|
# | `model`, `x`, `spec` | as before | |
# | `c`, `c2` | `(B,)` integers | the class for, and the class against |
# | returns | `(B, H, W)` | |
#
# **Predict before you run.** You contrast three characters that the network found hard, each with the class that came second, by preset A flat (alpha 1, beta 0, flat at the pixels). What does the contrast look like, beside the map of the first class?
#
# - **A.** Quite different: red on what tells the two classes apart, blue on what the second one had found.
# - **B.** Much the same places again, in other amounts.
# - **C.** Blank: the two maps are equal.


# %% nbgrader={"grade": false, "grade_id": "predict_contrast_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_contrast() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "contrastive_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def contrastive(model: "keras.Model", x: np.ndarray, c: np.ndarray, c2: np.ndarray, spec: list[tuple]) -> np.ndarray:
    """What speaks for class c[n] and not for class c2[n] in image n: (B, H, W)."""
    ### BEGIN SOLUTION
    in_favour, _ = lrp_vgg16(model, x, c, spec)
    against, _ = lrp_vgg16(model, x, c2, spec)
    return in_favour - against
    ### END SOLUTION


# %%
def probe_contrastive(plan, side, x, c, c2, spec):
    """Given: runs contrastive on a small network for the checks."""
    return laws.probe_contrastive(contrastive, plan, side, x, c, c2, spec)


def probe_contrast16(images, c, c2, spec):
    """Given: runs contrastive on this notebook's VGG16, for images uint8 (B, 64, 64, 3) that a check sends."""
    pixels = preprocess(images, "vgg16").astype(np.float64)
    return contrastive(model, pixels, np.asarray(c), np.asarray(c2), laws.as_spec(spec))


# %% nbgrader={"grade": true, "grade_id": "contrastive", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
laws.check_contrastive(contrastive)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Everything is there. You need two explanations of the same images.
# </details>
# <details><summary>Hint 2: the call</summary>
#
# `lrp_vgg16` returns two things; you need the first.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# map for c, map for c2, both by the same composite; the first minus the second
# </details>
#
# - *If you see* a map without blue, *suspect* an `abs` or a maximum with 0.
# - *If you see* a sum that is not about the difference of the logits, *suspect* that maps were scaled before they were subtracted.

# %%
rival = np.argsort(logits, axis=1)[:, -2]  # second place ...
rival = np.where(rival == labels, logits.argmax(axis=1), rival)  # ... or the winner, where that is another class
pair = ["preset A flat", "gamma and box"]
close = slice(4, 7)  # the images that the network found hard
own = mine_or(
    point["own"],
    "lrp_vgg16",
    lambda: np.stack([lrp_vgg16(model, x[close], labels[close], composites[m])[0] for m in pair]),
)
contrast = mine_or(
    point["contrast"],
    "contrastive",
    lambda: np.stack([contrastive(model, x[close], labels[close], rival[close], composites[m]) for m in pair]),
)
panels, titles = [], []
for n in range(3):
    c, c2 = labels[4 + n], rival[4 + n]
    panels += [images[4 + n]]
    titles += [f"{short[c]}, logit {logits[4 + n, c]:.1f}\nnot {short[c2]}, {logits[4 + n, c2]:.1f}"]
    for m in range(2):
        one, other = own[m, n], own[m, n] - contrast[m, n]  # the other: the map of the second class
        cosine = (one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum())
        panels += [one / np.abs(one).max(), contrast[m, n] / np.abs(one).max()]  # both by the same number
        titles += [f"{short[c]}\n{pair[m]}", f"{short[c]} and not {short[c2]}\ncosine of the two {cosine:.2f}"]
show.maps(
    panels,
    titles,
    alt="Three characters in rows. By preset A flat, the map of its class and the contrast with the second class are red in the same places, the contrast paler; by gamma and box the two maps differ more and both colours appear.",
    unit="part of the largest magnitude of the class's own map",
    columns=5,
    shared=True,
)
print("Sums of the maps before they were scaled for the picture (the lines above are about the scaled maps):")
for m in range(2):
    for n in range(3):
        for_class, against = own[m, n].sum(), contrast[m, n].sum()
        print(f"  {pair[m]}, {short[labels[4 + n]]}: its own map {for_class:+.2f}, the contrast {against:+.2f}")
quiz.compare("contrast", lambda: predict_contrast())

# %% [markdown]
# *A right picture* shows why it pays to contrast. A contrast has the scale of the map to its left, so that paler means smaller. The titles give the cosine between the maps of the two classes: 1 means the same map in another size. With preset A flat it is close to 1, and the contrast is a paler copy: that composite shows where the network looks, and hardly *for what*. Gamma and box keeps more of the difference.
# It also shows something odd: two contrasts by gamma and box add up to less than zero although the first class has the larger logit, and Nell's own map is blue at a logit above 11. Mind the sums, below the picture: a positive logit can end in a map that is mostly blue, when biases made the logit and the pixels spoke against it. For Nell, as in the curves of exercise 6, that happens at block5_conv2.
# Gu et al. (2018) saw this for LRP, Sixt et al. (2020) say why: alpha 1, beta 0 multiplies by matrices without negative entries, layer after layer, and such a product forgets what it started from.

# %% nbgrader={"grade": true, "grade_id": "predictions", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
quiz.count(globals(), ["conv", "flat", "pool", "rules", "logits", "vgg", "contrast"])

# %% [markdown]
# ### Integration 1: six composites, four characters
#
# Your whole lab in one picture. Rows are characters, columns composites, and the logit in a row is the same. Each map is divided by its own largest magnitude, so compare *where*, and how grainy. The titles say what a map adds up to before that; the lines in words are about the scaled maps.

# %%
panels, titles = [], []
for n in range(4):
    panels += [images[n], *[found[n] / np.abs(found[n]).max() for found in by_composite]]
    titles += [f"{short[labels[n]]}\nlogit {logits[n, labels[n]]:.1f}"]
    titles += [
        f"{name}\nunscaled sum {found[n].sum():.1f}" for name, found in zip(composites, by_composite, strict=True)
    ]
show.maps(
    panels,
    titles,
    alt="Four characters in rows, each with its maps by six composites: epsilon is scattered noise of both signs, alpha-beta is fine and mostly red, gamma has a few extreme pixels, gamma and box and preset A flat are smooth and show the face or the figure.",
    unit="part of the map's largest magnitude",
    columns=7,
    shared=True,
)

# %% [markdown]
# First an oddity: the column "gamma" has a few extreme pixels, and with the box at the pixels they are gone. Gamma is stated for $a \ge 0$. Pixels have both signs here, so the changed $z$ may come close to zero or change its sign, and what is divided by it means nothing. A rule outside of its assumptions still returns a map.
#
# Then look for three things. Which composites agree on *where* and differ in grain only? Does a column look alike for all characters, so that it shows the rule more than the image? Which of the sums is closest to the logit, and does that make its map the best one?

# %% [markdown]
# ### Integration 2: your turn to choose
#
# The image, the composite and the class, as you like. The first picture is there without widgets too. The last image is one that the network gets wrong.
# Without your `lrp_vgg16` there are maps for the first four images and their own classes only.


# %%
def draw(picture, composite, explained):
    """The image, and its map over a grey copy of it."""
    c = {"its own class": labels, "second place": rival, "the network's answer": logits.argmax(axis=1)}[explained]
    kept = np.empty(0)  # checkpoints are there for the first images and their own classes
    if picture < 4 and c[picture] == labels[picture]:
        kept = point["maps"][list(composites).index(composite), picture]
    found = mine_or(
        kept, "lrp_vgg16", lambda: lrp_vgg16(model, x[[picture]], c[[picture]], composites[composite])[0][0]
    )
    panels = [images[picture], found, show.Over(found, images[picture])] if found.size else [images[picture]]
    titles = [short[labels[picture]], f"{short[c[picture]]}, logit {logits[picture, c[picture]]:.1f}", composite]
    show.maps(
        panels,
        titles[: len(panels)],
        alt=f"The character {names[labels[picture]]}, its relevance map by the composite {composite}, and the map over the image.",
    )


explore(
    draw,
    picture={f"{n + 1}: {short[labels[n]]}": n for n in range(len(images))},
    composite=list(composites)[::-1],
    explained=["its own class", "second place", "the network's answer"],
)

# %% [markdown]
# ### Integration 3: a mistake
#
# The last picture is named wrongly. For each of the same two composites, the left map explains its own class, the right one the class that the network chose.

# %%
answer = logits.argmax(axis=1)
wrong = len(images) - 1
both = mine_or(
    point["last"],
    "lrp_vgg16",
    lambda: np.stack(
        [lrp_vgg16(model, x[[wrong]], c[[wrong]], composites[m])[0][0] for m in pair for c in (labels, answer)]
    ),
)
titles = [f"{short[c[wrong]]}, logit {logits[wrong, c[wrong]]:.1f}\n{m}" for m in pair for c in (labels, answer)]
show.maps(
    [images[wrong], *both],
    [f"{short[labels[wrong]]},\ntaken for {short[answer[wrong]]}", *titles],
    alt="A character that the network gets wrong, and its maps for its own class and for the class that the network chose: nearly the same by preset A flat, different by gamma and box.",
    columns=5,
)

# %% [markdown]
# Does the mistake show in the maps before you read the titles? Two maps may agree on *where* the network looked while it read different things there. And mind the sums again: both maps by gamma and box are mostly blue, at logits well above zero.

# %% [markdown]
# ## Part 6. Bug hunt and reflection
#
# ### Bug hunt
#
# `Difficulty 3/5 · Importance 4/5 · 12 min · 6 points`
#
# A colleague wrote the top of the network in one function: LRP-0 through the linear layer, the $z^+$ rule through the global average, from the logit of class `c[n]` down to the features. On their own picture it equals gradient × input, as it should. On others it does not. **There are three bugs.** Each hides on most inputs and shows on some: think about classes, biases, and one image and many.
# Write the repaired function below it. You may hand any function to a check: `laws.check_explain_head(explain_head_buggy)` shows a first symptom. The check tries the three cases one by one, so its message changes with each repair.


# %%
def explain_head_buggy(a, W, b, c):
    """Features a (B, h, w, C) >= 0, head W (C, K), b (K,), classes c (B,) -> relevance of the features (B, h, w, C)."""
    pooled = a.mean(axis=(1, 2))
    f = pooled @ W + b
    chosen = f.argmax(axis=1)
    logit = f[np.arange(len(a)), chosen][:, None]
    z = (pooled * W.T[chosen]).sum(axis=1, keepdims=True)
    R = pooled * W.T[chosen] * logit / np.where(np.abs(z) < 1e-12, 1e-12, z)
    total = a.sum(axis=(0, 1, 2), keepdims=True)
    return a / np.maximum(total, 1e-12) * R[:, None, None]


# %% nbgrader={"grade": false, "grade_id": "bug_hunt_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def explain_head(a: np.ndarray, W: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The repaired function, (B, h, w, C). Mark each repair with a comment that says what was wrong."""
    ### BEGIN SOLUTION
    pooled = a.sum(axis=(1, 2)) / (a.shape[1] * a.shape[2])
    f = pooled @ W + b
    kernel = W.T[c]  # of the class that was asked for, not of the one that the network chose
    logit = f[np.arange(len(a)), c][:, None]
    z = logit  # the denominator is the whole z, its bias included: the bias keeps its share
    R = pooled * kernel * logit / np.where(np.abs(z) < 1e-12, 1e-12, z)
    total = a.sum(axis=(1, 2), keepdims=True)  # an image shares its own average, not that of its batch
    shares = a / np.maximum(total, 1e-12)
    return shares * R[:, None, None]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bug_hunt", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_explain_head(explain_head)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Go through the lines with three inputs in mind: one image that is explained for another class than it was given; a head with a bias; two images.
# </details>
# <details><summary>Hint 2: where to look</summary>
#
# One bug is about the class, one about a denominator, one about an axis.
# </details>
# <details><summary>Hint 3: how to find each</summary>
#
# Ask for a class that the network did not choose; put a large bias on every class; put the same image into a batch twice.
# </details>
#
# - *If you see* that the argument `c` changes nothing, *suspect* the first.
# - *If you see* a map that is too strong where biases are positive, *suspect* the second.
# - *If you see* a map that halves when its image comes twice, *suspect* the third.

# %% [markdown]
# ### Reflection
#
# In 150 words at most: **which composite would you show to somebody who has to decide whether to trust this network, and what would you tell them it shows?** Write four parts.
# *Claim*: one sentence that could be wrong. *Evidence*: at least two maps or curves of this lab, named. *Limitation*: what these maps cannot show.
# *Alternative*: another composite or another reading of the same maps, and a test that would tell which is right. Each part counts one point.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# **Claim.** I would show gamma and box: what it marks red decides for the character, more than what epsilon marks.
#
# **Evidence.** In Integration 1 the epsilon maps are grains of both signs on the figure and on the background, while gamma and box is red on the face in all four rows. In the curves of exercise 6 epsilon wanders and crosses zero on its way down, so that its sum at the pixels has little to do with the logit; gamma and box falls nearly step by step and its last step conserves.
#
# **Limitation.** A smooth map need not be a true one: the box adds red to every pixel that is far from the bound that would hurt, and these maps say nothing about what would happen if a red part were gone.
#
# **Alternative.** Gamma may favour whatever is bright, and the figure is brighter than the background. Remove the reddest tenth of the pixels by each of the two composites: my claim holds if the logit falls further for gamma and box.

# %% [markdown]
# ## Bonus
#
# Nothing here is graded.
#
# 1. **Where is it lost?** Plot, for one image, the share of the relevance that each layer keeps, by "alpha 1, beta 0". Which layer loses most? Set all biases of the network to zero (`get_layer(name).set_weights(...)`, on a clone of the model): at which layer is anything still lost, and why there? Look at the size of the logits now, and at the rule of that layer.
# 2. **Pooling by sharing.** Use `("avg", {})` at the max poolings. The map is no longer LRP-0 of this network; what does it look like, and is it worse?
# 3. **How large is a small epsilon?** Compare epsilon 0.1 and 100 in all layers. Look at the size of $z$ in every layer first, at the outputs that relevance comes through. Where is 0.1 small, where is it not?

# %% nbgrader={"grade": false, "grade_id": "bonus", "locked": false, "schema_version": 3, "solution": false, "task": false}
# Your experiments.

# %% [markdown]
# ## Summary
#
# - One walk serves every rule: forward with pairs, divide, back with the adjoint, multiply. A rule is a choice of pairs.
# - A convolution is a dense layer at every place; at a padded border an output has fewer inputs, and the forward pass counts them.
# - Max pooling: the winner takes all. Average pooling: in proportion to the (positive) inputs.
# - A composite is data, read from the top; a layer that no entry matches is an error. Start from the logit, not from the softmax.
# - Sums at every layer are the audit. Losses are exactly the biases' and stabilisers' shares; a level curve in a network with biases is suspicious.
# - Composites change grain, sign and sum: name yours whenever you show a map. Some cannot tell classes apart; contrast two classes before you believe that a map is about one.
#
# The next cell keeps the *source* of your functions in a file beside the labs' folders, so that later labs can use them. Nothing leaves your machine, and no mark depends on it.

# %%
carry.save(
    "lab07",
    globals(),
    [
        "walk",
        "lrp_conv",
        "lrp_w2_conv",
        "lrp_flat_conv",
        "lrp_maxpool",
        "lrp_avgpool",
        "assign_rules",
        "logits_model",
        "seed",
        "lrp_vgg16",
        "contrastive",
    ],
)

# %% [markdown]
# ## References
#
# - Bach, Binder, Montavon, Klauschen, Müller, Samek (2015). *On pixel-wise explanations for non-linear classifier decisions by layer-wise relevance propagation.* PLoS ONE 10(7): e0130140. Epsilon: equation 58; alpha-beta: equation 60.
# - Montavon, Binder, Lapuschkin, Samek, Müller (2019). *Layer-wise relevance propagation: an overview.* In: Explainable AI, LNCS 11700. The four steps and the rules: section 10.2; which rule where, shown on VGG16: section 10.3.
# - Montavon, Lapuschkin, Binder, Samek, Müller (2017). *Explaining nonlinear classification decisions with deep Taylor decomposition.* Pattern Recognition 65. The w² rule, the z⁺ rule and the box rule z^B.
# - Lapuschkin, Wäldchen, Binder, Montavon, Samek, Müller (2019). *Unmasking Clever Hans predictors and assessing what machines really learn.* Nature Communications 10: 1096. The flat rule, in the methods.
# - Kohlbrenner, Bauer, Nakajima, Binder, Samek, Lapuschkin (2020). *Towards best practice in explaining neural network decisions with LRP.* IJCNN. On composites.
# - Gu, Yang, Tresp (2018). *Understanding individual decisions of CNNs via contrastive backpropagation.* ACCV. LRP maps that do not tell classes apart, and another way to contrast them.
# - Sixt, Granz, Landgraf (2020). *When explanations lie: why many modified BP attributions fail.* ICML. Why products of matrices without negative entries forget the class.
# - Simonyan, Zisserman (2015). *Very deep convolutional networks for large-scale image recognition.* ICLR. VGG16: table 1, column D.
#
# ## Help and AI use
#
# Work in pairs if you like; hand in your own text and code. You may ask people, books and AI assistants about ideas, formulas and error messages. Code that you did not write yourself, from whatever source, needs a comment that says where it is from, and you have to be able to explain each line.
# Write the reflection without an assistant: it asks what *you* see. Name below who or what helped you, and with what.

# %% nbgrader={"grade": false, "grade_id": "help", "locked": false, "schema_version": 3, "solution": false, "task": false}
help_used = "nobody and nothing yet"
