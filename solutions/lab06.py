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
# # Lab 6: LRP on dense layers
#
# **You will write layer-wise relevance propagation for dense layers, rule by rule, and see which pixels a network's answer is made of.**
#
# *Time:* 130 to 170 minutes for the core, 20 to 40 more for the bonus.
# *Builds on:* lab 2 (logits and softmax), lab 4 (the backward walk through ReLUs), lab 5 (gradients of a logit, heatmaps).
#
# When you have finished you can
#
# 1. **implement** six propagation rules for a dense layer in NumPy, from their formulas;
# 2. **test** a rule by its laws (conservation, the bias's exact share, equality with gradient × input) instead of by its looks;
# 3. **predict** how epsilon, gamma, alpha-beta and the input rules change a map, and compare with what happens;
# 4. **combine** rules layer by layer and explain the decision of a whole network for a class of your choice;
# 5. **find** bugs in an attribution method by choosing inputs on which each of them shows, and **argue** from maps with a claim, evidence and a limit.
#
# | part | contents | minutes |
# |---|---|---|
# | 1 | set-up, the picture first, recall | 15 |
# | 2 | dividing safely, LRP-0 and epsilon: exercises 1 and 2 | 35 |
# | 3 | favouring the positive: gamma and alpha-beta, exercises 3 and 4 | 35 |
# | 4 | the layer at the pixels: box, w² and flat, exercises 5 and 6 | 30 |
# | 5 | a whole network: exercise 7, drawn characters, the head of VGG16 | 30 |
# | 6 | bug hunt and reflection | 25 |
#
# Where to score: the exercises 33 points, predictions 7 (for being made), bug hunt 6, reflection 4; 50 in all.

# %% [markdown]
# ## Part 1. Set-up and the picture first
#
# Run the notebook cell by cell, with Shift + Enter: *Run All* stops at the first check whose exercise is not done.
# Everything in this lab works offline and on two cores.

# %%
import sys

import numpy as np

from toonlens import carry, show
from toonlens.laws import lab06 as laws
from toonlens.laws import mine_or, read_only
from toonlens.quiz import load as load_quiz

assert sys.version_info[:2] == (3, 11), "this course runs on Python 3.11: start Jupyter from its environment"
assert np.__version__ >= "2", "this course needs NumPy 2: start Jupyter from its environment"

rng = np.random.default_rng(6)
quiz = load_quiz("quiz.json")
point = np.load("checkpoints.npz")  # what the reference gives, so that no exercise blocks the next

# %% [markdown]
# ### Symbols
#
# Batches come first, rows are images. Everything in this lab is NumPy in float64.
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $B$ | | | images in a batch |
# | $I, J$ | | | inputs and outputs of a layer |
# | $K$ | | | classes |
# | $a$ | `a` | `(B, I)` | input of a layer; for the first layer the image $x$ |
# | $W, b$ | `W`, `b` | `(I, J)`, `(J,)` | kernel and bias |
# | $z = aW + b$ | `z` | `(B, J)` | output before the ReLU (pre-activation) |
# | $R$ | `R` | `(B, J)` | relevance at the output of a layer |
# | $R^{in}$ | | `(B, I)` | relevance at its input: what a rule returns |
# | $x^+, x^-$ | | | $\max(x, 0)$ and $\min(x, 0)$, element by element; $W^+, b^-$ likewise |
# | $s(z)$ | | | $+1$ where $z \ge 0$, else $-1$; so $s(0) = +1$ |
# | $\varepsilon, \gamma, \alpha, \beta$ | `eps`, `gamma`, `alpha`, `beta` | | parameters of the rules |
# | $l, h$ | `lo`, `hi` | `(I,)` | smallest and largest value that each input can take |
#
# $\odot$ and fractions of arrays work element by element; $W^\top$ is the transpose.

# %% [markdown]
# ### A network and its images
#
# The network is a perceptron with two hidden layers of 64 ReLUs, trained on 32 × 32 pictures of five drawn characters.
# Its input is a row of 3072 numbers from −1 (dark) to +1 (bright).

# %%
mlp = np.load("mlp.npz")
params = [(mlp[f"W{k}"].astype(np.float64), mlp[f"b{k}"].astype(np.float64)) for k in (1, 2, 3)]
images, labels, names = mlp["images"], mlp["labels"], [str(name) for name in mlp["names"]]
x = images.reshape(len(images), -1) / 127.5 - 1
LO, HI = np.full(x.shape[1], -1.0), np.full(x.shape[1], 1.0)
read_only(params, images, labels, x, LO, HI)  # so that a slip such as W += ... cannot change them for the cells below


def as_map(R):
    """Relevance of pixels (B, 3072) as maps (B, 32, 32), the three colours summed."""
    return R.reshape(-1, 32, 32, 3).sum(axis=-1)


mean, low, high, tested = mlp["accuracy"]
print(f"layers: {', '.join(f'{W.shape[0]} -> {W.shape[1]}' for W, _ in params)}")
print(f"accuracy on {tested:.0f} test images: {100 * mean:.1f} % (95 % interval {100 * low:.1f} to {100 * high:.1f})")

# %% [markdown]
# ### The picture first
#
# This is where you are going. Beneath each image stand two *relevance maps*: how one number, a logit, is made up of pixels. The first explains the logit of the character itself, the second that of the class that came second.
# Red pixels argue **for** the class, blue ones **against** it. The sum of a map is close to the logit; the biases' share is missing, which matters for small logits. Each map has its own scale: compare places, not depth of colour. The reference implementation made these; at the end of part 5 yours does.

# %%
logits, rival = mlp["logits"], point["runner_up"]
first = range(4)
show.maps(
    [images[k] for k in first]
    + [as_map(point["best"])[k] for k in first]
    + [as_map(point["second"])[k] for k in first],
    [names[labels[k]] for k in first]
    + [f"{names[labels[k]]}, logit {logits[k, labels[k]]:.1f}" for k in first]
    + [f"{names[rival[k]]}, logit {logits[k, rival[k]]:.1f}" for k in first],
    alt="Four drawn characters; beneath each the relevance map of its own class, mostly red, and that of the class that came second, with much blue.",
)

# %% [markdown]
# ### Recall
#
# Two questions before you start. Nothing here is graded, and every answer is explained.
#
# **Question 1.** The gradient of the logit $f_c$ with respect to pixel $p$ is large. What follows?
#
# - **A.** Pixel $p$ contributed much to $f_c$.
# - **B.** A small change of pixel $p$ would change $f_c$ much.
# - **C.** Pixel $p$ belongs to the object.
# - **D.** $f_c$ is large.

# %%
quiz.ask("recall-gradient")

# %% [markdown]
# **Question 2.** A unit has inputs $a = (1, 2)$, weights $W = (3, -1)$ and bias $b = 0.5$. So $z = 1.5$, and its ReLU is on. What did the second input contribute to $z$?
#
# - **A.** 0, because a ReLU removes what is negative.
# - **B.** 2, because a contribution has a size and no sign.
# - **C.** −2.
# - **D.** −1.

# %%
quiz.ask("recall-contribution")

# %% [markdown]
# ## Part 2. Dividing safely, LRP-0 and epsilon
#
# The idea of LRP fits in a sentence: **every unit passes its relevance down to its inputs, in proportion to what each of them contributed.**
# Input $i$ contributed $a_i W_{ij}$ to $z_j$, so it gets the share $a_i W_{ij} / z_j$ of $R_j$. All rules of this lab change what "contributed" means; the pattern stays.

# %% [markdown]
# ### Exercise 1. `stabilise`
#
# `Difficulty 1/5 · Importance 3/5 · 10 min · 2 points`
#
# **Why.** A share has $z$ in its denominator, and some $z$ is always close to zero, sometimes zero exactly. The shares of such a unit are huge, of both signs, and mean nothing.
# LRP pushes $z$ away from zero before it divides. The push has to respect the sign of $z$, otherwise it would push some values *into* zero, and it needs a decision at $z = 0$.
# Libraries decide differently there; this course says $s(0) = +1$, as iNNvestigate does.
#
# $$\mathrm{stabilise}(z, \varepsilon) = z + \varepsilon\, s(z), \qquad s(z) = \begin{cases} +1 & z \ge 0 \\ -1 & z < 0 \end{cases}$$
#
# | name | shape | |
# |---|---|---|
# | `z` | any | pre-activations |
# | `eps` | number, ≥ 0 | |
# | returns | as `z` | |
#
# **Predict before you run.** You plot $1/\mathrm{stabilise}(z, 0.3)$ for $z$ from −2 to 2. What does the curve do near $z = 0$?
#
# - **A.** It goes to minus infinity on the left and to plus infinity on the right.
# - **B.** It jumps from about −3.3 to about +3.3.
# - **C.** It passes smoothly through 0.


# %% nbgrader={"grade": false, "grade_id": "predict_stabilise_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_stabilise() -> str:
    """Return your letter, for example "A". Right or wrong is not graded; a prediction is."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "stabilise_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def stabilise(z: np.ndarray, eps: float) -> np.ndarray:
    """Push every z away from zero by eps: up where z >= 0, down where z < 0. Same shape as z."""
    ### BEGIN SOLUTION
    return z + eps * np.where(z >= 0, 1.0, -1.0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "stabilise", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
laws.check_stabilise(stabilise)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Make an array of signs first, with the shape of `z`. The rest is one multiplication and one addition.
# </details>
# <details><summary>Hint 2: the call</summary>
#
# `np.where(condition, value_if_true, value_if_false)` works element by element. Mind what your condition says at exactly 0.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# signs ← one where z is at least zero, minus one elsewhere; result ← z plus eps times signs
# </details>
#
# *If you see* a zero that stays zero, *suspect* a sign function that knows three values. *If you see* negative values that come closer to zero, *suspect* `z + eps`.

# %%
grid = np.linspace(-2, 2, 201)
read_only(grid)
away = np.where(np.abs(grid) > 0.15, grid, np.nan)
inverse = mine_or(point["inverse"], "stabilise", lambda: 1 / stabilise(grid, 0.3))
show.lines(
    grid,
    {
        "1 / z": 1 / away,
        "1 / stabilise(z, 0.3)": np.where(np.isclose(grid, 0), np.nan, inverse),  # a gap, so that the jump is no slope
    },
    alt="Two curves over z from -2 to 2. One over z runs off to infinity at zero; one over stabilised z stays between -3.3 and 3.3 and is broken at zero, where it jumps.",
    x_label="pre-activation z",
    y_label="factor on R",
    limits=(-7, 7),
)
quiz.compare("stabilise", lambda: predict_stabilise())

# %% [markdown]
# *A right picture* shows the stabilised curve bounded by $\pm 1/\varepsilon$, close to $1/z$ where $|z|$ is large, with a jump at zero (drawn as a gap) and no value there that is infinite.

# %% [markdown]
# ### Exercise 2. `lrp_eps`
#
# `Difficulty 2/5 · Importance 5/5 · 25 min · 6 points`
#
# **Why.** This is the rule that all others vary. Read it as four steps: forward, $z = aW + b$; divide, $R / z$; carry the quotients back through the weights; multiply by the input.
# The bias is an input that is always 1. It takes the share $b_j / z_j$, and nobody gives that back: where $b = 0$ relevance is *conserved*, elsewhere what is missing is known exactly.
# The stabiliser takes a share too. With $\varepsilon = 0$ the rule is called LRP-0, and in a network of dense layers and ReLUs it equals gradient × input: the check of exercise 7 rests on that.
#
# $$R^{in} = a \odot \left( \frac{R}{z + \varepsilon\, s(z)}\, W^\top \right), \qquad z = aW + b$$
#
# | name | shape | |
# |---|---|---|
# | `a` | `(B, I)` | input of the layer |
# | `W`, `b` | `(I, J)`, `(J,)` | kernel, bias |
# | `R` | `(B, J)` | relevance at the output |
# | `eps` | number, > 0 | |
# | returns | `(B, I)` | relevance at the input |
#
# The three laws, for every image: with $b = 0$ and $\varepsilon \to 0$, $\sum_i R^{in}_i = \sum_j R_j$. With a bias, $\sum_i R^{in}_i = \sum_j R_j\, (z_j - b_j) / (z_j + \varepsilon s(z_j))$.
# With $b = 0$, $\varepsilon \to 0$ and $R = z$, $R^{in}$ is the input times the gradient of $\sum_j z_j$.
#
# **Predict before you run.** You raise $\varepsilon$ from almost 0 to 1 in the layer at the pixels. What happens to the map?
#
# - **A.** Every pixel gets more relevance.
# - **B.** The sum shrinks, and units whose $z$ is close to zero fall silent first.
# - **C.** The sum stays; the map gets blurred.


# %% nbgrader={"grade": false, "grade_id": "predict_eps_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_eps() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "lrp_eps_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lrp_eps(a: np.ndarray, W: np.ndarray, b: np.ndarray, R: np.ndarray, eps: float) -> np.ndarray:
    """LRP-epsilon: a (B, I), W (I, J), b (J,), R (B, J) -> relevance at the input (B, I)."""
    ### BEGIN SOLUTION
    z = a @ W + b
    ratio = R / stabilise(z, eps)
    return a * (ratio @ W.T)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lrp_eps", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_lrp_eps(lrp_eps)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Four steps, four lines. Only the last one is about single inputs; the division is about outputs.
# </details>
# <details><summary>Hint 2: the shapes</summary>
#
# The quotient has shape `(B, J)`. To come back to `(B, I)` it meets a matrix of shape `(J, I)`.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# z ← output of the layer before its ReLU; quotient ← R over the stabilised z; carried ← quotient times W transposed; result ← a times carried, element by element
# </details>
#
# *If you see* sums that are kept although there is a bias, *suspect* a bias that is missing from `z`, or a renormalisation. *If you see* a map that changes with the batch, *suspect* a sum over axis 0.
# *If you see* relevance that is far too large, *suspect* a missing division.

# %%
W1, b1 = params[0]
above = point["above"].astype(np.float64)  # relevance at the first hidden layer, from the reference
read_only(above)
epsilons = (1e-9, 0.25, 1.0)
with_eps = mine_or(
    point["eps"], "lrp_eps", lambda: np.concatenate([lrp_eps(x[:1], W1, b1, above[:1], eps) for eps in epsilons])
)
show.maps(
    [images[0], *as_map(with_eps)],
    [names[labels[0]], *[f"eps = {eps:g}" for eps in epsilons]],
    alt="One character and three maps of the pixel layer with growing epsilon, on one scale. With larger epsilon the map pales.",
    shared=True,
)
print(f"Relevance that arrived from above: {above[0].sum():+.3f}.")
quiz.compare("eps", lambda: predict_eps())

# %% [markdown]
# *A right picture* shows the same places in all three maps, paler from left to right, and a sum that shrinks with them. With the tiny epsilon, what separates the sum from what arrived is the share of the biases, which may be negative.

# %% [markdown]
# **Checkpoint 1.** From here on the relevance that arrives from above is loaded from `checkpoints.npz`. If an exercise of part 2 is not done, go on: the next ones can be written without it. (Only the last three points of exercise 7 ask for your `lrp_eps`.)

# %%
start, hidden2 = point["start"].astype(np.float64), point["hidden2"].astype(np.float64)
read_only(start, hidden2)
print(
    f"start at the logits {start.shape}, input of the last layer {hidden2.shape}, relevance at the first hidden layer {above.shape}"
)

# %% [markdown]
# ## Part 3. Favouring the positive
#
# In LRP-0 large positive and large negative contributions cancel in $z$, and what is left is divided by that small $z$: maps get noisy. The next two rules treat the two signs differently.

# %% [markdown]
# ### Exercise 3. `lrp_gamma`
#
# `Difficulty 2/5 · Importance 4/5 · 15 min · 4 points`
#
# **Why.** LRP-$\gamma$ asks what the layer would say if evidence *for* counted more than evidence *against*. It adds $\gamma$ times the positive weights to the weights, does the same to the bias, and then is LRP-epsilon.
# With $\gamma = 0$ it is LRP-epsilon itself; as $\gamma$ grows it tends to alpha-beta with $\alpha = 1, \beta = 0$, your next exercise. A little of it, often 0.25, makes the middle layers of a network readable.
# It is stated for inputs $a \ge 0$, as they are after a ReLU.
#
# $$R^{in} = a \odot \left( \frac{R}{z' + \varepsilon\, s(z')}\, W'^\top \right), \qquad W' = W + \gamma W^+, \quad b' = b + \gamma b^+, \quad z' = aW' + b'$$
#
# | name | shape | |
# |---|---|---|
# | `a` | `(B, I)`, ≥ 0 | input of the layer |
# | `W`, `b`, `R` | `(I, J)`, `(J,)`, `(B, J)` | as before |
# | `gamma`, `eps` | numbers, ≥ 0 and > 0 | |
# | returns | `(B, I)` | |
#
# **Predict before you run.** In the last layer, relevance starts at one positive logit. Some of the 64 hidden units argued against it, so their relevance is negative. (The image is one that the network finds hard.) You raise $\gamma$ from 0 to 4. What happens to those?
#
# - **A.** Their relevance becomes more negative.
# - **B.** Their relevance shrinks towards zero.
# - **C.** Nothing: $\gamma$ changes positive weights only.


# %% nbgrader={"grade": false, "grade_id": "predict_gamma_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_gamma() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "lrp_gamma_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lrp_gamma(
    a: np.ndarray, W: np.ndarray, b: np.ndarray, R: np.ndarray, gamma: float, eps: float = 1e-9
) -> np.ndarray:
    """LRP-gamma for a >= 0: a (B, I), W (I, J), b (J,), R (B, J) -> relevance at the input (B, I)."""
    ### BEGIN SOLUTION
    more_W = W + gamma * np.maximum(W, 0)
    more_b = b + gamma * np.maximum(b, 0)
    return lrp_eps(a, more_W, more_b, R, eps)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lrp_gamma", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_lrp_gamma(lrp_gamma)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Nothing new happens after the layer has been changed. Change the layer, then use what you have.
# </details>
# <details><summary>Hint 2: the call</summary>
#
# `np.maximum(W, 0)` is $W^+$. If your `lrp_eps` passes, you may call it; if not, write its four steps here with the changed layer.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# W' ← W plus gamma times the positive part of W; b' ← likewise; result ← the epsilon rule on a, W', b', R
# </details>
#
# *If you see* no effect of gamma at all, *suspect* that gamma scales every weight: the factor then cancels. *If you see* a sum that is not kept with $b = 0$, *suspect* that $z'$ and $W'^\top$ come from different layers.

# %%
W3, b3 = params[2]
gammas = (0.0, 0.25, 4.0)
by_gamma = mine_or(
    point["gamma"],
    "lrp_gamma",
    lambda: np.concatenate([lrp_gamma(hidden2[-1:], W3, b3, start[-1:], g) for g in gammas]),
)
order = np.argsort(by_gamma[0])
show.lines(
    np.arange(len(order)),
    {f"gamma = {g:g}": R[order] for g, R in zip(gammas, by_gamma, strict=True)},
    alt="Relevance of the 64 units of the second hidden layer in ascending order, for three gammas. The negative end shrinks as gamma grows.",
    x_label="hidden unit, in the order of gamma = 0",
    y_label="relevance (logits)",
)
quiz.compare("gamma", lambda: predict_gamma())

# %% [markdown]
# *A right picture* shows the left, negative end of the curve come closer to zero with each gamma, while silent units in the middle stay at zero.

# %% [markdown]
# ### Exercise 4. `lrp_ab`
#
# `Difficulty 4/5 · Importance 4/5 · 20 min · 5 points`
#
# **Why.** LRP-$\alpha\beta$ keeps two books. Positive contributions share $\alpha R$ among themselves, negative ones $-\beta R$, each with its own denominator; $\alpha - \beta = 1$.
# A contribution is a *product*: $a_i W_{ij}$ is positive if both factors are positive, or both negative.
# Where does the bias go? Bach et al. give $b^+$ to the positive book and $b^-$ to the negative one: convention **"bach"**, which you implement. iNNvestigate puts the whole $b$ in both ("full"), others none in either ("none").
# On a VGG16 the three differ by 8 % to 73 %: name your convention whenever you compare.
#
# $$R^{in} = \alpha \left[ a^+ \odot \left( \tfrac{R}{z_a} {W^+}^\top \right) + a^- \odot \left( \tfrac{R}{z_a} {W^-}^\top \right) \right] - \beta \left[ a^+ \odot \left( \tfrac{R}{z_b} {W^-}^\top \right) + a^- \odot \left( \tfrac{R}{z_b} {W^+}^\top \right) \right]$$
#
# $$z_a = a^+ W^+ + a^- W^- + b^+ \ge 0, \qquad z_b = a^+ W^- + a^- W^+ + b^- \le 0, \qquad \text{both stabilised by } \varepsilon$$
#
# | name | shape | |
# |---|---|---|
# | `a` | `(B, I)`, any sign | input of the layer |
# | `W`, `b`, `R` | `(I, J)`, `(J,)`, `(B, J)` | as before |
# | `alpha`, `beta`, `eps` | numbers | $\alpha - \beta = 1$, but your code need not ask for it |
# | returns | `(B, I)` | |
#
# The law: with $b = 0$, $\sum_i R^{in}_i = (\alpha - \beta) \sum_j R_j$, **but only where every output has contributions of both signs.** An output without negative ones hands on $\alpha R_j$, and that is right so.
#
# **Predict before you run.** You go from $\alpha = 1, \beta = 0$ to $\alpha = 2, \beta = 1$. What happens to the map?
#
# - **A.** Its sum doubles.
# - **B.** Its sum becomes about zero, since positive and negative parts cancel.
# - **C.** Its sum stays about the same, with more of both signs.


# %% nbgrader={"grade": false, "grade_id": "predict_ab_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_ab() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "lrp_ab_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lrp_ab(
    a: np.ndarray, W: np.ndarray, b: np.ndarray, R: np.ndarray, alpha: float, beta: float, eps: float = 1e-9
) -> np.ndarray:
    """LRP-alpha-beta, bias convention "bach": a (B, I), W (I, J), b (J,), R (B, J) -> (B, I)."""
    ### BEGIN SOLUTION
    a_pos, a_neg = np.maximum(a, 0), np.minimum(a, 0)
    W_pos, W_neg = np.maximum(W, 0), np.minimum(W, 0)
    z_a = a_pos @ W_pos + a_neg @ W_neg + np.maximum(b, 0)
    z_b = a_pos @ W_neg + a_neg @ W_pos + np.minimum(b, 0)
    up, down = R / stabilise(z_a, eps), R / stabilise(z_b, eps)
    helped = a_pos * (up @ W_pos.T) + a_neg * (up @ W_neg.T)
    harmed = a_pos * (down @ W_neg.T) + a_neg * (down @ W_pos.T)
    return alpha * helped - beta * harmed
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lrp_ab", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
laws.check_lrp_ab(lrp_ab)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Split both the input and the kernel into positive and negative parts. Four products: two make positive contributions, two make negative ones.
# </details>
# <details><summary>Hint 2: the shapes</summary>
#
# Both denominators have shape `(B, J)`, both quotients too. Each of the four terms of the result is `(B, I)`: an input part times (a quotient carried back through a kernel part).
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# z_a, z_b ← the two sums, each with its part of the bias; up, down ← R over each, stabilised;
# helped ← a⁺ times (up through W⁺) plus a⁻ times (up through W⁻); harmed ← the two mixed pairs with down; result ← alpha times helped minus beta times harmed
# </details>
#
# *If you see* negative values with $\alpha = 1, \beta = 0$, *suspect* one joint denominator, or an input that was not split. *If you see* NaN, *suspect* an output without negative contributions: 0 / 0.
# *If you see* right sums without a bias and wrong ones with it, *suspect* the whole $b$ in both denominators.

# %%
settings = ((1.0, 0.0), (2.0, 1.0))
by_ab = mine_or(
    point["ab"], "lrp_ab", lambda: np.concatenate([lrp_ab(x[:1], W1, b1, above[:1], *both) for both in settings])
)
show.maps(
    [images[0], *as_map(by_ab)],
    [names[labels[0]], "alpha 1, beta 0", "alpha 2, beta 1"],
    alt="One character and its maps of the pixel layer with alpha 1, beta 0 and with alpha 2, beta 1, on one scale.",
    shared=True,
)
print(f"Relevance that arrived from above: {above[0].sum():+.3f}.")
quiz.compare("ab", lambda: predict_ab())

# %% [markdown]
# *A right picture* shows two maps of about the same sum; in the second one both colours are stronger. (The first one may hold some blue: relevance that arrives from above has both signs here, and a unit with negative $R_j$ hands on negative shares.)

# %% [markdown]
# **Checkpoint 2.** Parts 2 and 3 are done, or loaded. The rules for hidden layers are complete; what is left is the layer at the pixels.

# %% [markdown]
# ## Part 4. The layer at the pixels
#
# Pixels are not activations: they have a range, and zero means nothing special. Preprocessing put zero at mid-grey here, elsewhere at the mean colour of ImageNet. Three rules take that into account.

# %% [markdown]
# ### Exercise 5. `lrp_zB`
#
# `Difficulty 3/5 · Importance 4/5 · 15 min · 4 points`
#
# **Why.** With LRP-0 a mid-grey pixel gets no relevance whatever it means, because $a = 0$ there. The *box rule* $z^B$ measures each pixel from the end of its range that would have hurt the output most:
# from $l_i$ if the weight is positive, from $h_i$ if it is negative. Inside the box no numerator is negative, so no $R_j > 0$ hands on anything negative.
# The bounds are those of the *preprocessed* pixels, one pair per input, and the rule has no bias: it conserves.
#
# $$R^{in}_i = \sum_j \frac{x_i W_{ij} - l_i W^+_{ij} - h_i W^-_{ij}}{\sum_{i'} \left( x_{i'} W_{i'j} - l_{i'} W^+_{i'j} - h_{i'} W^-_{i'j} \right)}\, R_j$$
#
# | name | shape | |
# |---|---|---|
# | `x` | `(B, I)` | the image, preprocessed, $l \le x \le h$ |
# | `W`, `R` | `(I, J)`, `(B, J)` | no bias |
# | `lo`, `hi` | `(I,)` | bounds $l$ and $h$ |
# | returns | `(B, I)` | stabilise the denominator with 1e-9 |
#
# **Predict before you run.** A pixel is black, $x_i = l_i$, and all $R_j$ are positive. Through which weights does it receive relevance?
#
# - **A.** Through none: black is nothing.
# - **B.** Through negative weights only.
# - **C.** Through positive weights only.


# %% nbgrader={"grade": false, "grade_id": "predict_zB_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_zB() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "lrp_zB_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lrp_zB(x: np.ndarray, W: np.ndarray, R: np.ndarray, lo: np.ndarray, hi: np.ndarray) -> np.ndarray:
    """The box rule: x (B, I), W (I, J), R (B, J), lo and hi (I,) -> relevance at the pixels (B, I)."""
    ### BEGIN SOLUTION
    W_pos, W_neg = np.maximum(W, 0), np.minimum(W, 0)
    z = x @ W - lo @ W_pos - hi @ W_neg
    ratio = R / stabilise(z, 1e-9)
    return x * (ratio @ W.T) - lo * (ratio @ W_pos.T) - hi * (ratio @ W_neg.T)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lrp_zB", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_lrp_zB(lrp_zB)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# The numerator has three terms, and each is an input times a kernel, as in LRP-0: the input `x` with `W`, the input `lo` with `W⁺`, the input `hi` with `W⁻`.
# </details>
# <details><summary>Hint 2: the shapes</summary>
#
# `lo @ W_pos` has shape `(J,)` and is the same for all images. The quotient `(B, J)` goes back through three kernels, and each way ends in a product with its own input.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# z ← x through W, minus lo through W⁺, minus hi through W⁻; quotient ← R over the stabilised z; result ← the same three terms backwards: x times (quotient back through W), minus lo times (back through W⁺), minus hi times (back through W⁻)
# </details>
#
# *If you see* negative values inside the box, *suspect* swapped bounds. *If you see* a map that is blank where the image is mid-grey, *suspect* that the terms with the bounds are missing from the numerator.

# %%
patched, x_patched = images[:1].copy(), x[:1].copy()
patched[:, 12:20, 12:20] = 128  # a square of mid-grey ...
x_patched.reshape(1, 32, 32, 3)[:, 12:20, 12:20] = 0  # ... which is zero for the network
above_patched = point["above_patched"].astype(np.float64)  # what arrives at the first hidden layer for this image
read_only(x_patched, above_patched)
eps_map = point["eps_patched"]
box_map = mine_or(point["zB"], "lrp_zB", lambda: lrp_zB(x_patched, W1, above_patched, LO, HI))
show.maps(
    [patched[0], as_map(eps_map)[0], as_map(box_map)[0]],
    [f"{names[labels[0]]}, with a grey square", "epsilon", "box"],
    alt="One character with a mid-grey square in the middle, and its maps of the pixel layer: the epsilon map is blank in the square, the box map is not.",
)
print(f"Relevance that arrived from above: {above_patched.sum():+.3f}.")
quiz.compare("zB", lambda: predict_zB())

# %% [markdown]
# *A right picture* shows a box map that sums to what arrived from above and goes on inside the grey square, where the epsilon map is blank: there $x_i = 0$. (The two maps have different scales.) The faint red all over the box map is right too: every pixel is some way from the bound that would have hurt.

# %% [markdown]
# ### Exercise 6. `lrp_w2` and `lrp_flat`
#
# `Difficulty 2/5 · Importance 3/5 · 15 min · 4 points`
#
# **Why.** Two rules that do not look at the input at all. $w^2$ shares by the square of the weight: who *could* have moved the output. *Flat* shares equally: it hands a unit's relevance to its whole window without any preference.
# In a dense layer that paints one colour over the image; in a convolution (lab 7) a unit's window is small, and flat becomes the smooth last step of the preset that the study used.
#
# $$\text{w}^2:\quad R^{in}_i = \sum_j \frac{W_{ij}^2}{\sum_{i'} W_{i'j}^2}\, R_j \qquad\qquad \text{flat}:\quad R^{in}_i = \sum_j \frac{1}{I}\, R_j$$
#
# | name | shape | |
# |---|---|---|
# | `W` | `(I, J)` | no bias in either rule |
# | `R` | `(B, J)` | |
# | returns | `(B, I)` | in `lrp_w2`, stabilise the denominator with 1e-9: an output without weights hands on nothing |
#
# **Predict before you run.** Two different images, and the same $R$ at the first hidden layer. How do their two flat maps differ, and their two $w^2$ maps?
#
# - **A.** Not at all, in either rule.
# - **B.** The flat maps agree, the $w^2$ maps do not.
# - **C.** Both pairs differ, but only along the outlines.


# %% nbgrader={"grade": false, "grade_id": "predict_w2_flat_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_w2_flat() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "A"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "lrp_w2_flat_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lrp_w2(W: np.ndarray, R: np.ndarray) -> np.ndarray:
    """The w2 rule: W (I, J), R (B, J) -> relevance at the input (B, I)."""
    ### BEGIN SOLUTION
    squared = W**2
    ratio = R / stabilise(squared.sum(axis=0), 1e-9)
    return ratio @ squared.T
    ### END SOLUTION


def lrp_flat(W: np.ndarray, R: np.ndarray) -> np.ndarray:
    """The flat rule: W (I, J), of which only the shape counts, R (B, J) -> relevance at the input (B, I)."""
    ### BEGIN SOLUTION
    inputs = W.shape[0]
    each = R.sum(axis=1, keepdims=True) / inputs
    return np.repeat(each, inputs, axis=1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lrp_w2_flat", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_lrp_w2_flat(lrp_w2, lrp_flat)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Make the table of shares first: `(I, J)`, every column adds up to 1. Handing out is then one matrix product.
# </details>
# <details><summary>Hint 2: the axes</summary>
#
# Outputs are columns of `W`, so the total of one output is a sum over axis 0. For flat, the number of inputs is all you need of `W`.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# shares ← squared weights, each column divided by its total; result ← R through shares, transposed; for flat every share is one over the number of inputs
# </details>
#
# *If you see* sums that are too large by a factor of $J / I$, *suspect* that you divide by the outputs. *If you see* NaN, *suspect* an output whose weights are all zero.

# %%
same_R = np.repeat(above[:1], 2, axis=0)  # the first image's relevance, for both
by_w2 = mine_or(point["w2"], "lrp_w2", lambda: lrp_w2(W1, same_R))
by_flat = mine_or(point["flat"], "lrp_flat", lambda: lrp_flat(W1, same_R))
show.maps(
    [images[0], as_map(by_w2)[0], as_map(by_flat)[0], images[1], as_map(by_w2)[1], as_map(by_flat)[1]],
    [names[labels[0]], "w²", "flat", names[labels[1]], "w², same R", "flat, same R"],
    alt="Two characters in rows, with the same w-squared map, a blurred centre without a character, and the same flat map of one colour.",
    columns=3,
    shared=True,
)
quiz.compare("w2_flat", lambda: predict_w2_flat())

# %% [markdown]
# *A right picture* shows twice the same pair: neither function is even handed the image. Flat gives one even colour. The dark blob of $w^2$ lies where the weights are large: the middle, where the characters differ, moves this network most, whatever stands there.
# In a whole explanation each image brings its own $R$, and by that alone do such maps differ.

# %% [markdown]
# **Checkpoint 3.** All rules are done, or loaded. Below, a network is a list of layers and an explanation a list of rules.

# %% [markdown]
# ## Part 5. A whole network
#
# A *composite* says which rule each layer uses. As data, a rule is a pair: a name and its options, for example `("eps", {"eps": 0.1})`. The next cell, given, turns a pair into a call of your function.
# It also holds one naive rule, `"activation"`, which shares relevance by the size of the activations and ignores the weights. It explains nothing, but it needs none of your functions: use it to try out your walk.


# %%
def share_by_activation(a, W, b, R, keep=1.0):
    """Given, and naive: shares by |a|, the weights ignored; hands on the part ``keep`` of the relevance."""
    size = np.abs(a)
    return keep * size / np.maximum(size.sum(axis=1, keepdims=True), 1e-12) * R.sum(axis=1, keepdims=True)


def apply_rule(rule, a, W, b, R):
    """Relevance (B, I) at the input of a layer, by a rule such as ("eps", {"eps": 0.1})."""
    name, options = rule
    if name == "activation":
        return share_by_activation(a, W, b, R, **options)
    if name == "eps":
        return lrp_eps(a, W, b, R, **options)
    if name == "gamma":
        return lrp_gamma(a, W, b, R, **options)
    if name == "ab":
        return lrp_ab(a, W, b, R, **options)
    if name == "zB":
        return lrp_zB(a, W, R, **options)
    if name == "w2":
        return lrp_w2(W, R)
    if name == "flat":
        return lrp_flat(W, R)
    raise ValueError(f"no rule is called {name!r}")


# %% [markdown]
# ### Exercise 7. `lrp_mlp`
#
# `Difficulty 4/5 · Importance 5/5 · 25 min · 8 points`
#
# **Why.** A whole explanation is a walk: up with the image, storing what goes *into* each layer, and down with the relevance. A ReLU needs no rule, it hands relevance through as it is.
# The start decides what you explain: LRP starts from the **logit** of one class, with its value and its sign. From the softmax you would explain a competition among classes, from 1 a slope.
# You return the relevance at every level, not only at the pixels, because that is how you audit a walk: sums, level by level.
#
# $$R^{(L)}_{ik} = \begin{cases} f_k(x_i) & k = c_i \\ 0 & \text{else} \end{cases} \qquad\qquad R^{(l)} = \mathrm{rule}_l\left( a^{(l)}, W^{(l)}, b^{(l)}, R^{(l+1)} \right), \quad l = L-1, \dots, 0$$
#
# | name | shape | |
# |---|---|---|
# | `params` | list of $L$ pairs | `(W, b)`, first layer first; ReLU after every layer but the last |
# | `x` | `(B, I)` | images |
# | `c` | `(B,)` integers | class to explain, image by image |
# | `rules` | list of $L$ pairs | `rules[l]` belongs to `params[l]` |
# | returns | list of $L + 1$ arrays | `trace[l]` is the relevance at the input of layer $l$; `trace[L]`, `(B, K)`, is the start: $f_{c}(x)$ in column `c[i]` of row `i`, zero elsewhere |
#
# **Predict before you run.** The network has biases, and you use epsilon 0.1 in all three layers. You add up the relevance at each level, from the logit down to the pixels. The sums
#
# - **A.** are equal at all levels: relevance is conserved.
# - **B.** halve from level to level.
# - **C.** go up or down at each level, by exactly what its biases and its stabiliser take.


# %% nbgrader={"grade": false, "grade_id": "predict_mlp_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_mlp() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "lrp_mlp_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lrp_mlp(
    params: list[tuple[np.ndarray, np.ndarray]], x: np.ndarray, c: np.ndarray, rules: list[tuple[str, dict]]
) -> list[np.ndarray]:
    """LRP through an MLP: the relevance at the input of every layer, and last the start at the logits (B, K)."""
    ### BEGIN SOLUTION
    inputs, a = [], x
    for W, b in params:
        inputs.append(a)
        logits = a @ W + b
        a = np.maximum(logits, 0)
    start = np.zeros_like(logits)
    rows = np.arange(len(x))
    start[rows, c] = logits[rows, c]
    trace = [start]
    for a, (W, b), rule in zip(inputs[::-1], params[::-1], rules[::-1], strict=True):
        trace.insert(0, apply_rule(rule, a, W, b, trace[0]))
    return trace
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lrp_mlp", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
laws.check_lrp_mlp(lrp_mlp)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Two loops. The first goes up and keeps the input of every layer; the second goes down and calls `apply_rule` once per layer. Between them stands the start.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `start[np.arange(B), c]` picks one entry per row. `reversed(...)` or `[::-1]` walks a list backwards; three lists have to walk together.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# going up: for each layer keep its input, compute z, take its ReLU as the next input; the last z are the logits;
# start ← zeros, with logit c[i] in row i; going down, last layer first: put the result of its rule in front of the trace
# </details>
#
# *If you see* several columns in the start that are not zero, *suspect* `start[:, c]`. *If you see* a negative logit that became 0, *suspect* a ReLU after the last layer.
# *If you see* right sums and wrong maps, *suspect* that a rule got the *output* of its layer in place of its input.

# %%
everywhere = [("eps", {"eps": 0.1})] * 3
sums = mine_or(point["sums"], "lrp_mlp", lambda: [R.sum() for R in lrp_mlp(params, x[:1], labels[:1], everywhere)])
show.bars(
    {"sum of relevance": sums},
    ["pixels", "hidden 1", "hidden 2", "logits"],
    alt="Sum of the relevance at the pixels, at the two hidden layers and at the logits, for epsilon 0.1 in every layer: four different heights.",
    unit="relevance (logits)",
)
quiz.compare("mlp", lambda: predict_mlp())

# %% [markdown]
# *A right picture* shows bars that differ, and the last one is the logit. You could compute each difference without the walk: it is what biases and stabilisers took.

# %% nbgrader={"grade": true, "grade_id": "predictions", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
quiz.count(globals(), ["stabilise", "eps", "gamma", "ab", "zB", "w2_flat", "mlp"])

# %% [markdown]
# ### Integration 1: drawn characters
#
# Your functions on the network from the beginning. The composite: box at the pixels, gamma 0.25 in the middle, epsilon 0.1 at the top. The left column is the image, the middle one explains its own class, the right one the strongest other class.
# The last two rows show images that the network gets **wrong**: there the right column explains the network's answer. Each map has its own scale.

# %%
composite = [("zB", {"lo": LO, "hi": HI}), ("gamma", {"gamma": 0.25}), ("eps", {"eps": 0.1})]
own = mine_or(point["best"], "lrp_mlp", lambda: lrp_mlp(params, x, labels, composite)[0])
other = mine_or(point["second"], "lrp_mlp", lambda: lrp_mlp(params, x, rival, composite)[0])

chosen = [0, 2, 6, 7]
pictures, titles = [], []
for k in chosen:
    answer = names[logits[k].argmax()]
    pictures += [images[k], as_map(own)[k], as_map(other)[k]]
    titles += [
        f"{names[labels[k]]}\nanswer: {answer}",
        f"{names[labels[k]]}\nlogit {logits[k, labels[k]]:.1f}",
        f"{names[rival[k]]}\nlogit {logits[k, rival[k]]:.1f}",
    ]
show.maps(
    pictures,
    titles,
    alt="Four characters in rows, the last two misclassified: the image, the map of its own class and the map of the strongest other class, which in the last two rows is the network's answer.",
    columns=3,
)

# %% [markdown]
# Look for three things. Do red pixels sit on the character or around it? Is what argues for one class the same place as what argues against the other? Does a mistake look different from a right answer *before* you read the titles?

# %% [markdown]
# ### Integration 2: the dense head of VGG16
#
# Real networks put dense layers on top of convolutions. Here the small VGG16 of this course, cut after `block5_conv3`, has turned 64 × 64 images into 4 × 4 places with 128 features each, and a head of two dense layers names one of 18 characters.
# Your `lrp_mlp` explains the head. Relevance lands on the features; summed over the 128 features of a place it becomes a 4 × 4 map over the image.

# %%
stored = np.load("head.npz")
features = stored["features"].astype(np.float64)
head = [(stored[f"W{k}"].astype(np.float64), stored[f"b{k}"].astype(np.float64)) for k in (1, 2)]
read_only(head, features)
mean, low, high, tested = stored["accuracy"]
print(f"features {features.shape}, head {', '.join(f'{W.shape[0]} -> {W.shape[1]}' for W, _ in head)}")
print(f"accuracy on {tested:.0f} test images: {100 * mean:.1f} % (95 % interval {100 * low:.1f} to {100 * high:.1f})")

# %% [markdown]
# The features come from a file, so that this lab starts fast. To make them yourself, set `LIVE = True` in the next cell: it loads TensorFlow and the network, in 10 to 20 seconds.

# %% nbgrader={"grade": false, "grade_id": "live", "locked": false, "schema_version": 3, "solution": false, "task": false}
LIVE = False

if LIVE:
    from toonlens.models import build, preprocess
    from toonlens.startup import import_keras

    keras = import_keras()
    base = build("vgg16", weights="small")
    base = keras.Model(base.input, base.get_layer(str(stored["layer"])).output)
    live = np.asarray(base(preprocess(stored["images"], "vgg16"), training=False), dtype=np.float64)
    print(
        f"Largest difference from the file: {np.abs(live - features).max() / features.max():.1e} of the largest feature."
    )
    features = live

# %%
toons = [str(name) for name in stored["names"]]
rules = [("gamma", {"gamma": 0.25}), ("eps", {"eps": 0.1})]
flat_features = features.reshape(len(features), -1)
places = mine_or(
    point["head"],
    "lrp_mlp",
    lambda: lrp_mlp(head, flat_features, stored["labels"], rules)[0].reshape(features.shape).sum(axis=-1),
)
show.maps(
    [*stored["images"], *[show.Over(R, image) for R, image in zip(places, stored["images"], strict=True)]],
    [*[toons[k] for k in stored["labels"]], *[f"{toons[k]}, relevance" for k in stored["labels"]]],
    alt="Four drawn characters and beneath each a coarse map of 4 by 4 squares: where in the grid of features the relevance lands.",
)

# %% [markdown]
# The map is coarse because it stops at the features: each square stands for a place in the grid, though its features have seen most of the image. To go on down to the pixels, relevance has to pass convolutions and poolings.
# A convolution is a dense layer that is applied at every place with the same weights, so the rules stay and only the bookkeeping is new. That is lab 7.

# %% [markdown]
# ## Part 6. Bug hunt and reflection
#
# ### Bug hunt
#
# `Difficulty 3/5 · Importance 4/5 · 15 min · 6 points`
#
# A colleague wrote gradient × input for a network with three layers, to compare it with your LRP-0, which should be the same. It is not. **There are three bugs.** Each hides on most inputs and shows on some:
# think about one image and many, positive and negative logits, units that are on and off. Write the repaired function below it.
# A bug may need a change in two lines. You may hand any function to a check: `laws.check_gradient_x_input(gradient_x_input_buggy)` in a cell of your own shows a first symptom.


# %%
def relu(z):
    """max(z, 0), element by element."""
    return np.maximum(z, 0)


def gradient_x_input_buggy(params, x, c):
    """Gradient of the logit of class c[i] of image i, times the input: x (B, I), c (B,) -> (B, I)."""
    W1, b1 = params[0]
    W2, b2 = params[1]
    W3, b3 = params[2]
    a = relu(x @ W1 + b1)
    h = relu(a @ W2 + b2)
    f = relu(h @ W3 + b3)
    g = np.zeros_like(f)
    g[:, c] = 1.0
    g = g * (f > 0)
    g = (g @ W3.T) * (h > 0)
    g = (g @ W2.T) * (h > 0)
    return x * (g @ W1.T)


# %% nbgrader={"grade": false, "grade_id": "bug_hunt_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gradient_x_input(params: list[tuple[np.ndarray, np.ndarray]], x: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The repaired function: x (B, I), c (B,) -> (B, I). Mark each repair with a comment that says what was wrong."""
    ### BEGIN SOLUTION
    W1, b1 = params[0]
    W2, b2 = params[1]
    W3, b3 = params[2]
    a = relu(x @ W1 + b1)
    h = relu(a @ W2 + b2)
    f = h @ W3 + b3  # no ReLU after the last layer, so none on the way back: a negative logit has a gradient too
    g = np.zeros_like(f)
    g[np.arange(len(x)), c] = 1.0  # one class per image; g[:, c] sets every class of the batch in every row
    g = (g @ W3.T) * (h > 0)
    g = (g @ W2.T) * (a > 0)  # the gate of this layer's own units
    return x * (g @ W1.T)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bug_hunt", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_gradient_x_input(gradient_x_input)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# A slope can be measured: change the input a little along some direction and see how the logit changes. Compare on one image first, then on two.
# </details>
# <details><summary>Hint 2: where to look</summary>
#
# One bug is in how the start is set, one in what happens to the logits, one in a gate.
# </details>
# <details><summary>Hint 3: how to find each</summary>
#
# Two images of different classes show the first; an image and a class whose logit is negative show the second; two hidden layers of which different units are on show the third.
# </details>
#
# *If you see* a map of zeros, *suspect* the logit's sign. *If you see* that a map changes with the batch, *suspect* the indexing. *If you see* a map that is nearly right, *suspect* the gates.

# %% [markdown]
# ### Reflection
#
# In 150 words at most: **what did the network of Integration 1 use to recognise one character of your choice?** Write four parts.
# *Claim*: one sentence that could be wrong. *Evidence*: at least two maps or numbers of this lab, named. *Limitation*: what these maps cannot show.
# *Alternative*: another explanation of the same maps, and a test that would tell the two apart. Each part counts one point.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# **Claim.** The network recognises Rosa Rind by the edge between her white hat and her brown forehead, a little above the middle of the image.
#
# **Evidence.** In Integration 1 her own map (logit 13.7) is darkest in a band where hat and forehead meet, and paler on the hat's top and on her clothes. On Dash Moreau's picture in the first row, the map of Rosa Rind (logit −1.4) has one strong red patch: on his dark face, at about that height.
#
# **Limitation.** A map says how this logit is shared out among pixels by rules that I chose; with epsilon at the pixels in place of the box it looks different. It does not say what would happen if the pixels changed, and I have seen a few images only.
#
# **Alternative.** It may be any dark patch below the middle of the top edge, hat or no hat: a perceptron knows places, not parts. Paint the hat brown and leave the face, then shift the whole picture by six pixels. If my claim holds, the paint costs more of her logit than the shift.

# %% [markdown]
# ## Bonus
#
# Nothing here is graded.
#
# 1. **Gamma without end.** Show in numbers that `lrp_gamma` with $b = 0$ and $a \ge 0$ tends to `lrp_ab` with $\alpha = 1, \beta = 0$ as gamma grows. How fast does the difference fall? When does it not go to zero? (Think of an output without positive weights.)
# 2. **Three conventions.** Write `lrp_ab` with the whole bias in both denominators ("full") and with none ("none"). Compare the three on the first layer of the network, as relative differences.
# 3. **The price of LRP-0.** Collect all $z$ of the first hidden layer over the eight images and compare the largest $|R^{in}|$ with epsilon 1e-9 and 1.0. Which units make the difference?

# %% nbgrader={"grade": false, "grade_id": "bonus", "locked": false, "schema_version": 3, "solution": false, "task": false}
# Your experiments.

# %% [markdown]
# ## Summary
#
# - LRP hands relevance from a unit to its inputs in proportion to their contributions; a rule says what a contribution is.
# - What gets lost is known: conservation holds where $b = 0$; elsewhere biases and stabilisers take an exact share. A map that conserves everything in a network with biases has been renormalised.
# - LRP-0 is gradient × input. Gamma and alpha-beta favour one sign; alpha-beta conserves only where an output has both. Name the bias convention.
# - Rules for pixels differ from rules for activations: the box rule uses the range, $w^2$ and flat do not look at the input.
# - A batch is a set of separate explanations. Test that, always.
#
# The next cell keeps the *source* of your functions in a file beside the labs' folders, so that later labs can use them. Nothing leaves your machine, and no mark depends on it.

# %%
carry.save(
    "lab06",
    globals(),
    ["stabilise", "lrp_eps", "lrp_gamma", "lrp_ab", "lrp_zB", "lrp_w2", "lrp_flat", "lrp_mlp"],
)

# %% [markdown]
# ## References
#
# - Bach, Binder, Montavon, Klauschen, Müller, Samek (2015). *On pixel-wise explanations for non-linear classifier decisions by layer-wise relevance propagation.* PLoS ONE 10(7): e0130140. Epsilon: equation 58; alpha-beta: equation 60.
# - Montavon, Lapuschkin, Binder, Samek, Müller (2017). *Explaining nonlinear classification decisions with deep Taylor decomposition.* Pattern Recognition 65. The w² rule and the box rule z^B.
# - Montavon, Binder, Lapuschkin, Samek, Müller (2019). *Layer-wise relevance propagation: an overview.* In: Explainable AI, LNCS 11700. LRP-0, epsilon, gamma: section 10.2.1; which rule where: section 10.3.
# - Shrikumar, Greenside, Kundaje (2017). *Learning important features through propagating activation differences.* ICML. On gradient × input and LRP.
# - Lapuschkin, Wäldchen, Binder, Montavon, Samek, Müller (2019). *Unmasking Clever Hans predictors and assessing what machines really learn.* Nature Communications 10: 1096. The flat rule.
#
# ## Help and AI use
#
# Work in pairs if you like; hand in your own text and code. You may ask people, books and AI assistants about ideas, formulas and error messages. Code that you did not write yourself, from whatever source, needs a comment that says where it is from, and you have to be able to explain each line.
# Write the reflection without an assistant: it asks what *you* see. Name below who or what helped you, and with what.

# %% nbgrader={"grade": false, "grade_id": "help", "locked": false, "schema_version": 3, "solution": false, "task": false}
help_used = "nobody and nothing yet"
