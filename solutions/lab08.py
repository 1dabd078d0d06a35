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
# # Lab 8: BatchNorm, Add, Concatenate: LRP on ResNet50 and DenseNet121
#
# **You will carry relevance through the parts that made deep networks possible, BatchNorms, skips and concatenations, get right maps of ResNet50 and DenseNet121, and find out where on the way relevance is lost.**
#
# *Time:* 130 to 170 minutes for the core, 20 to 40 more for the bonus.
# *Builds on:* lab 3 (bottlenecks and dense blocks), lab 6 (the epsilon rule), lab 7 (rules for convolutions, the walk, sums as an audit).
#
# When you have finished you can
#
# 1. **fold** a BatchNorm into the layer before it, and **explain** what to do with one that cannot fold;
# 2. **share** relevance at a sum and **return** it at a concatenation, and **tell** what a gradient would do there instead;
# 3. **walk** backwards through any network with forks, so that nothing is lost where paths meet;
# 4. **produce** maps of ResNet50 and DenseNet121 that agree with a reference, by several composites;
# 5. **audit** an explanation: **locate** where relevance stays, kind by kind, and **argue** which losses matter.
#
# | part | contents | minutes |
# |---|---|---|
# | 1 | set-up, the picture first, recall | 15 |
# | 2 | BatchNorm: exercises 1 to 3 | 47 |
# | 3 | where paths fork and meet: exercises 4 and 5 | 32 |
# | 4 | whole networks and their audit: exercises 6 and 7, integrations | 40 |
# | 5 | bug hunt and reflection | 25 |
#
# Where to score: the exercises 33 points, predictions 7 (for being made), bug hunt 6, reflection 4; 50 in all.

# %% [markdown]
# ## Part 1. Set-up and the picture first
#
# Run the notebook cell by cell, with Shift + Enter: *Run All* stops at the first check whose exercise is not done.
# Everything in this lab works offline and on two cores. The first cell loads TensorFlow, which takes some seconds.

# %%
import sys

import numpy as np

from toonlens import carry, show
from toonlens.convnet import conv2d, conv2d_T
from toonlens.explore import explore
from toonlens.laws import lab08 as laws
from toonlens.laws import mine_or, read_only
from toonlens.models import build, preprocess
from toonlens.nodes import (
    avg_pool,
    avg_pool_T,
    check_ready,
    fold_all,
    foldable,
    give_rules,
    max_pool_T,
    merge_all,
    read_nodes,
    run_nodes,
)
from toonlens.quiz import load as load_quiz
from toonlens.startup import import_keras
from toonlens.track import current_track

assert sys.version_info[:2] == (3, 11), "this course runs on Python 3.11: start Jupyter from its environment"
assert np.__version__ >= "2", "this course needs NumPy 2: start Jupyter from its environment"

keras = import_keras()
quiz = load_quiz("quiz.json")
files = [np.load(file) for file in ("checkpoints.npz", "maps.npz")]
point = {name: array.astype(np.float64) for file in files for name, array in file.items()}
TINY = 1e-12  # stabilises every denominator for which a rule names no epsilon of its own

# %% [markdown]
# ### Symbols
#
# Batches come first, channels last. You write NumPy in float64 throughout.
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $B$, $K$ | | | images in a batch, classes |
# | $H, W$ | | | rows and columns (in code `W` is always a kernel) |
# | $C$; $C_i, C_o$ | | | channels; channels in and out of a convolution |
# | $x$, $a$ | `x`, `a` | `(B, H, W, C)` | image; input of any other layer |
# | $W, b$ | `W`, `b` | `(..., Ci, Co)`, `(Co,)` | kernel and bias, of a convolution or a dense layer |
# | $a * W$ | `conv2d(a, W, pad, stride)` | | convolution without bias |
# | $\gamma, \beta, \mu, \sigma^2$ | `gamma`, `beta`, `mean`, `var` | `(C,)` | what a BatchNorm holds: scale, offset, moving mean, moving variance |
# | $\epsilon_{\mathrm{BN}}$ | `bn_eps` | | its own small number, under the root; 1.001e-5 in both networks |
# | $g, d$ | `g`, `d` | `(C,)` | the same BatchNorm as factor and offset: $g a + d$ |
# | $m$ | | as $a$ | 1 where a ReLU is open, else 0 |
# | $z$ | `z` | | what is divided by: the sum of all contributions |
# | $R$, $R^{in}$ | `R` | | relevance at the output and at the input of a layer |
# | $\varepsilon$ | `eps` | | of the epsilon rule |
# | $s(z)$ | | | $+1$ where $z \ge 0$, else $-1$ |
# | $f_c$, $c$ | `c` | `(B,)` | logit of class $c$; one class for each image |
#
# Products and fractions of arrays work element by element.

# %% [markdown]
# ### Two networks and their images
#
# Both are this course's small networks: ResNet50 is made of blocks whose result is **added** to what went in, DenseNet121 of layers whose result is **concatenated** to what went in. A linear layer with a softmax on top was trained for 18 characters (lab 2), nothing else.


# %%
def with_head(arch, W, b):
    """Given: the base of a network, average pooling, and a dense softmax layer with these weights."""
    base = build(arch, weights=track.weights, input_shape=(track.size, track.size, 3))
    h = keras.layers.GlobalAveragePooling2D(name="avg_pool")(base.output)
    head = keras.layers.Dense(W.shape[1], activation="softmax", name="predictions")
    model = keras.Model(base.input, head(h), name=arch)
    head.set_weights([W, b])
    return model


track = current_track()
ARCHS = {"resnet50": "ResNet50", "densenet121": "DenseNet121"}
if track.name == "small":
    stored = np.load("heads.npz")
    images, labels, names = stored["images"], stored["labels"], [str(name) for name in stored["names"]]
    examples = stored["examples"]  # one picture of each character
    models = {arch: with_head(arch, stored[f"W_{arch}"], stored[f"b_{arch}"]) for arch in ARCHS}
    for arch, title in ARCHS.items():
        mean, low, high, tested = stored[f"accuracy_{arch}"]
        print(f"{title}: {100 * mean:.1f} % right of {tested:.0f} test images ({100 * low:.1f} to {100 * high:.1f})")
else:  # the full track: ImageNet's weights and the Simpsons; the checkpoints are still those of the small one
    from toonlens.transfer import fit

    data = track.load()
    images, labels, names = data.test[0][:6], data.test[1][:6], list(data.class_names)
    examples = np.stack([data.train[0][np.argmax(data.train[1] == k)] for k in range(len(names))])
    models = {arch: fit(arch, "frozen", data.train, weights=track.weights).model for arch in ARCHS}

x = {arch: preprocess(images, arch).astype(np.float64) for arch in ARCHS}
read_only(images, labels, *x.values())
short = [name.split()[0] for name in names]  # first names, for titles

# %% [markdown]
# `read_nodes(model)`, given, lists a network as **nodes**: dictionaries in an order in which they can be computed. Each says which nodes it reads. Paddings in front of a convolution, and the softmax, are dealt with already.

# %%
plain = {arch: read_nodes(models[arch]) for arch in ARCHS}
for arch, title in ARCHS.items():
    kinds = [node["kind"] for node in plain[arch]]
    print(f"{title}: {len(kinds)} nodes:", {kind: kinds.count(kind) for kind in sorted(set(kinds))})
print("\nWhere a block of ResNet50 ends and the next one begins:")
end = next(k for k, node in enumerate(plain["resnet50"]) if node["name"] == "conv2_block2_add")
for node in plain["resnet50"][end - 1 : end + 3]:
    print("  ", node["name"], "|", node["kind"], "| reads", [plain["resnet50"][i]["name"] for i in node["inputs"]])

# %% [markdown]
# ### The picture first
#
# This is where you are going: three characters, each explained for its own class. The maps of the first and third column are right: they are made by lab 7's preset A flat (alpha 1, beta 0 at the convolutions, flat at the first of them). The two others are wrong. In the first of these, a sum gives *all* its relevance to *both* summands, as a gradient does. In the second, *all* layers use the epsilon rule, whose $z$ may be nearly 0, *and* the BatchNorms that no convolution can take in hand relevance through unchanged. It takes both: the third column passes the same BatchNorms and is right. Exercise 6 shows why.
# Both wrong ones come without any error message. Each map is divided by its largest magnitude, which the titles name.

# %%
columns = ["ResNet50", "ResNet50,\ndoubled at sums", "DenseNet121", "DenseNet121, epsilon,\nBatchNorms passed"]
panels, titles = [], []
for k in range(3):
    for m, column in enumerate(columns):
        if m == 0:
            panels.append(images[k])
            titles.append(short[labels[k]])
        panels.append(point["first"][m, k])
        titles.append(f"{column}\nlargest {point['first_size'][m, k]:.2g}")
show.maps(
    panels,
    titles,
    alt="Three characters in rows; beside each a map of ResNet50, a map of ResNet50 whose sums double relevance, a map of DenseNet121, and a map of DenseNet121 by the epsilon rule with passed BatchNorms, which is scattered dots of enormous size.",
    unit="part of the map's largest magnitude",
    columns=5,
    shared=True,
    sums=False,
)

# %% [markdown]
# ### Recall
#
# Two questions before you start. Nothing here is graded, and every answer is explained.
#
# **Question 1.** When a trained network explains one image, what does a BatchNorm layer do with its input?
#
# - **A.** It subtracts the mean of the batch and divides by the standard deviation of the batch.
# - **B.** It multiplies each channel by a fixed number and adds a fixed number.
# - **C.** Nothing: BatchNorm is for training.
# - **D.** It normalises each image to mean 0 and variance 1.

# %%
quiz.ask("recall-bn")

# %% [markdown]
# **Question 2.** In lab 7 the sum of the relevance fell from layer to layer by alpha 1, beta 0. Where did it go?
#
# - **A.** To positive biases: each keeps its share.
# - **B.** To pixels beyond the border of the image.
# - **C.** It was rounded away.
# - **D.** To units whose ReLU is closed.

# %%
quiz.ask("recall-lost")

# %% [markdown]
# ## Part 2. BatchNorm
#
# At inference a BatchNorm is a tiny linear layer: one factor and one offset per channel. LRP could treat it as a layer of its own. But where a network splits one linear map into two layers is an accident of writing, and an explanation should not depend on it. So the first choice is to make one layer of two.

# %% [markdown]
# ### Exercise 1. `fold_bn`
#
# `Difficulty 2/5 · Importance 5/5 · 15 min · 5 points`
#
# **Why.** A convolution and the BatchNorm behind it are one affine map. *Folding* finds its kernel and bias. The output stays what it was for every input, so the network stays what it was, and every rule of lab 7 works on the folded layer.
# Folding also shows something: the convolutions of ResNet50 have small biases or none, but the folded ones have biases of considerable size. Remember from lab 7 what biases do with relevance.
# Write down $\mathrm{BN}(a * W + b)$ for one output channel, multiply out, and collect what stands with $a$. It works for dense layers in the same line of code, if you scale the *last* axis of the kernel.
#
# $$\mathrm{BN}(t) = \gamma\, \frac{t - \mu}{\sqrt{\sigma^2 + \epsilon_{\mathrm{BN}}}} + \beta, \qquad\qquad a * W' + b' = \mathrm{BN}(a * W + b) \quad \text{for every } a$$
#
# | name | shape | |
# |---|---|---|
# | `W`, `b` | `(..., Ci, Co)`, `(Co,)` | kernel and bias before |
# | `gamma`, `beta`, `mean`, `var` | `(Co,)` each | of the BatchNorm behind it |
# | `bn_eps` | number | $\epsilon_{\mathrm{BN}}$ |
# | returns `W'`, `b'` | `(..., Ci, Co)`, `(Co,)` | kernel and bias of both in one |
#
# **Predict before you run.** A BatchNorm *folds left* if it can become a part of the layer that it reads: a convolution whose output nobody else reads. How many of the 121 BatchNorms of DenseNet121 do?
#
# - **A.** All, as in ResNet50, where all 53 do.
# - **B.** About half.
# - **C.** None.


# %% nbgrader={"grade": false, "grade_id": "predict_fold_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_fold() -> str:
    """Return your letter, for example "A". Right or wrong is not graded; a prediction is."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "fold_bn_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fold_bn(
    W: np.ndarray,
    b: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    mean: np.ndarray,
    var: np.ndarray,
    bn_eps: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (..., Ci, Co) and bias (Co,) of a layer and the BatchNorm behind it in one."""
    ### BEGIN SOLUTION
    scale = gamma / np.sqrt(var + bn_eps)
    folded_kernel = W * scale
    folded_bias = scale * (b - mean) + beta
    return folded_kernel, folded_bias
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fold_bn", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
laws.check_fold_bn(fold_bn)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# $\mathrm{BN}(t)$ is a number times $t$ plus a number. Put $t = a * W + b$ in. What is multiplied by $a$ is the new kernel; all the rest is the new bias.
# </details>
# <details><summary>Hint 2: the shapes</summary>
#
# A kernel of shape `(..., Ci, Co)` times an array of shape `(Co,)` scales output channels: NumPy lines shapes up from the right.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# scale ← gamma over the root of (variance plus bn_eps); kernel ← kernel times scale; bias ← what the BatchNorm makes of the old bias
# </details>
#
# *If you see* that square kernels fail and others raise an error, *suspect* the axis. *If you see* that everything fits but a layer with a bias, *suspect* that the old bias went past the BatchNorm.

# %%
counts = np.array([[sum(node["kind"] == "bn" for node in plain[arch]), len(foldable(plain[arch]))] for arch in ARCHS])
show.bars(
    {"BatchNorms": counts[:, 0], "that fold left": counts[:, 1]},
    list(ARCHS.values()),
    alt="BatchNorms and how many of them fold left: all 53 of ResNet50, 59 of the 121 of DenseNet121.",
    unit="layers",
)
quiz.compare("fold", lambda: predict_fold())

# %%
STAGES = ["conv1", "conv2", "conv3", "conv4", "conv5"]


def mean_bias(nodes):
    """Mean size of the biases of ResNet50's convolutions, stage by stage."""
    convs = [node for node in nodes if node["kind"] == "conv"]
    return [np.mean([np.abs(node["b"]).mean() for node in convs if node["name"][:5] == stage]) for stage in STAGES]


def with_epsilon(eps_of_all):
    """Logits of the first image by ResNet50 with your folded layers, all of them with this epsilon."""

    def fold(W, b, gamma, beta, mean, var, bn_eps):
        return fold_bn(W, b, gamma, beta, mean, var, eps_of_all)

    return run_nodes(fold_all(plain["resnet50"], fold), x["resnet50"][:1])[-1][0, 0, 0]


acts = run_nodes(plain["resnet50"], x["resnet50"][:1])
after = mine_or(point["biases"], "fold_bn", lambda: mean_bias(fold_all(plain["resnet50"], fold_bn)))
outputs = [
    (node["name"][:5], np.abs(act).mean())
    for node, act in zip(plain["resnet50"], acts, strict=True)
    if node["kind"] == "bn"
]
show.lines(
    np.arange(len(STAGES)),
    {
        "biases before folding": np.log10(mean_bias(plain["resnet50"])),
        "biases after folding": np.log10(after),
        "outputs": np.log10([np.mean([size for name, size in outputs if name == stage]) for stage in STAGES]),
    },
    alt="Mean size of ResNet50's biases before and after folding and of the layers' outputs, stage by stage, as powers of ten: before, from a hundredth down to less than a ten-thousandth; after, about a third to a half, nearly as large as the outputs.",
    x_label="stage of ResNet50",
    y_label="mean size, power of ten",
    ticks=STAGES,
)
logits = mine_or(point["folded"], "fold_bn", lambda: np.stack([with_epsilon(1.001e-5), with_epsilon(1e-3)]))
off = np.abs(logits - acts[-1][0, 0, 0]).max(axis=1)
print(f"Largest change of a logit by folding: {off[0]:.0e}; with Keras' default epsilon of 0.001: {off[1]:.0e}.")

# %% [markdown]
# *A right picture* has the upper two curves close together: after folding, biases are nearly as large as what the layers put out. They were there all the time, inside the BatchNorms. In exercise 7 you will meet them again.
# The printed line says that folding changes nothing, up to rounding. A wrong epsilon changes logits in the third digit here: no picture would show it, and every later comparison would fail. That is why the check uses a large one.
# In DenseNet121 the first BatchNorm of each dense layer reads a concatenation, and that is read by others, too: there is no kernel in front that it could be folded into. Those are the next two exercises.

# %% [markdown]
# ### Exercise 2. `bn_affine` and `lrp_affine`
#
# `Difficulty 2/5 · Importance 3/5 · 12 min · 5 points`
#
# **Why.** A BatchNorm that cannot fold can be treated as a layer: each element of its output has exactly *one* input, with weight $g$, and an offset $d$. The epsilon rule of lab 6 says what to do: the input gets its contribution over $z$, the offset keeps the rest.
# First find $g$ and $d$, which you will need in exercise 3, too. Then write the rule. It is short. The point is to look at what it does: its share is $g a / (g a + d)$, with whatever signs and sizes these have.
#
# $$\mathrm{BN}(a) = g\, a + d, \qquad\qquad R^{in} = \frac{g\, a}{z + \varepsilon\, s(z)}\, R \quad \text{with} \quad z = g\, a + d$$
#
# | name | shape | |
# |---|---|---|
# | `gamma`, `beta`, `mean`, `var`; `bn_eps` | `(C,)` each; number | as before |
# | `bn_affine` returns `g`, `d` | `(C,)` each | factor and offset |
# | `a`, `R` | `(B, H, W, C)` | input of the BatchNorm, relevance at its output |
# | `eps` of `lrp_affine` | number | $\varepsilon$ of the rule, not that of the BatchNorm; with $s(0) = +1$ |
# | `lrp_affine` returns | `(B, H, W, C)` | relevance at its input |
#
# **Predict before you run.** You hand $R = 1$ to every element of the output of conv2_block2_0_bn, a BatchNorm of DenseNet121 behind a concatenation. Of what size is what arrives at the inputs?
#
# - **A.** Between 0 and 1 everywhere: an input cannot get more than there is.
# - **B.** Mostly of the order of 1, for some elements tens or hundreds, for a single one even more.
# - **C.** Hundreds nearly everywhere.


# %% nbgrader={"grade": false, "grade_id": "predict_affine_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_affine() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "affine_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bn_affine(
    gamma: np.ndarray, beta: np.ndarray, mean: np.ndarray, var: np.ndarray, bn_eps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Factor g and offset d of a BatchNorm at inference, (C,) each."""
    ### BEGIN SOLUTION
    g = gamma / np.sqrt(var + bn_eps)
    return g, beta - g * mean
    ### END SOLUTION


def lrp_affine(a: np.ndarray, g: np.ndarray, d: np.ndarray, R: np.ndarray, eps: float) -> np.ndarray:
    """The epsilon rule for z = g a + d, element by element: (B, H, W, C)."""
    ### BEGIN SOLUTION
    z = g * a + d
    pushed = z + eps * np.where(z >= 0, 1.0, -1.0)
    return g * a * R / pushed
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "affine", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
laws.check_affine(bn_affine, lrp_affine)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# The offset is $\mathrm{BN}(0)$. The rule is lab 6's epsilon rule with one input per output and no sum.
# </details>
# <details><summary>Hint 2: the shapes</summary>
#
# `g * a + d` lines up from the right: channels meet channels. `np.where(z >= 0, 1.0, -1.0)` is $s(z)$.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# g ← gamma over the root; d ← beta less g times mean. z ← g times a plus d; push z away from zero on its own side; result ← contribution over that, times R
# </details>
#
# *If you see* that everything arrives whatever the offset, *suspect* that `d` is missing in the denominator. *If you see* infinite values, *suspect* `np.sign`.

# %%
bn_values = [*point["bn"], 1.001e-5]  # gamma, beta, mean, var and bn_eps of conv2_block2_0_bn
bn_a = point["bn_a"]  # what goes into it, for the first image
read_only(bn_a, *point["bn"])
percentiles = [10, 25, 50, 75, 90, 95, 99, 100]


def shares_of_one():
    """What arrives at the input for R = 1 at the output: percentiles of the magnitude."""
    g, d = bn_affine(*bn_values)
    return np.percentile(np.abs(lrp_affine(bn_a, g, d, np.ones(bn_a.shape), 1e-6)), percentiles)


found = mine_or(point["shares"], "lrp_affine", shares_of_one)
show.lines(
    np.arange(len(percentiles)),
    {"size of what arrives for R = 1": np.log10(found)},
    alt="Percentiles of the size of the relevance that arrives for R = 1, as powers of ten: near 1 in the middle, above 10 for a tenth of the elements, above 100 for one in a hundred, tens of thousands at the very end.",
    x_label="percentile of the elements (not to scale)",
    y_label="power of ten",
    ticks=percentiles,
)
quiz.compare("affine", lambda: predict_affine())

# %% [markdown]
# *A right picture* rises through 0 (that is a size of 1) at its left and shoots up at its end: the last point is a single element that gets tens of thousands. Where $g a$ and $d$ nearly cancel, $z$ is small and both shares are huge, with opposite signs. (The places below are not to scale: the last steps are four per cent and one.)
# It does no harm as long as the relevance that arrives is in proportion to $z$: then the small $z$ cancels. The epsilon and alpha-beta rules behind it keep to that, flat and $w^2$ do not.

# %% [markdown]
# **Checkpoint 1.** If one of these is not done: exercises 3 to 5 call none of them, exercise 6 calls `fold_bn` for both networks, and `bn_affine` and `lrp_affine` for DenseNet121. Pictures come from a file where yours is missing.
#
# The next cell holds rules of lab 7 for a convolution, so that nothing here depends on last week. If you carried your own `lrp_conv` on, and it agrees with the given one on layers with padding and biases of all kinds, yours is used.


# %%
def lrp_conv_given(a, W, b, R, rule, pad, stride):
    """Given, as in lab 7: eps, ab, zB, and flat; b may be one number per output channel or a whole image of biases."""
    name, options = rule
    W_pos, W_neg, a_pos, a_neg = np.maximum(W, 0), np.minimum(W, 0), np.maximum(a, 0), np.minimum(a, 0)
    if name == "eps":
        walks = [(1.0, [(a, W)], b)]
    elif name == "flat":
        walks = [(1.0, [(np.ones(a.shape), np.ones(W.shape))], 0.0)]
    elif name == "zB":
        lo, hi = (np.broadcast_to(options[bound], a.shape) for bound in ("lo", "hi"))
        walks = [(1.0, [(a, W), (-lo, W_pos), (-hi, W_neg)], 0.0)]
    else:
        walks = [(options["alpha"], [(a_pos, W_pos), (a_neg, W_neg)], np.maximum(b, 0))]
        walks += [(-options["beta"], [(a_pos, W_neg), (a_neg, W_pos)], np.minimum(b, 0))]
    total = np.zeros(a.shape)
    for factor, pairs, part in walks:
        if factor != 0:
            z = sum(conv2d(u, V, pad, stride) for u, V in pairs) + part
            q = R / (z + options.get("eps", TINY) * np.where(z >= 0, 1.0, -1.0))
            total += factor * sum(u * conv2d_T(q, V, u.shape, pad, stride) for u, V in pairs)
    return total


lrp_conv = laws.carried_or(lrp_conv_given)

# %% [markdown]
# ### Exercise 3. `split_bn` and `lrp_merged`
#
# `Difficulty 4/5 · Importance 4/5 · 20 min · 6 points`
#
# **Why.** Behind each BatchNorm that stays come a ReLU and a 1 × 1 convolution. For one image the ReLU is a mask, so all three together are *one* linear layer of $a$: there is no need to stop at the BatchNorm and divide there.
# Split the ReLU's output in two: $u$ carries what came from $a$, $v$ what the offset $d$ added. The convolution reads both. What it makes of $u$ is the image's doing; what it makes of $v$ does not depend on the size of $a$, so it counts as bias, a different one at every place. $u$ is $a$ times a factor, element by element, so its relevance is that of $a$.
#
# $$\max(g a + d,\, 0) = \underbrace{m\, g\, a}_{u} + \underbrace{m\, d}_{v}, \qquad m = \mathbb{1}[g a + d > 0], \qquad\qquad z = u * W + \left( v * W + b \right)$$
#
# | name | shape | |
# |---|---|---|
# | `a`; `g`, `d` | `(B, H, W, Ci)`; `(Ci,)` each | input of the BatchNorm, its factor and offset |
# | `split_bn` returns `u`, `v` | `(B, H, W, Ci)` each | `u + v` is the ReLU's output |
# | `W`, `b` | `(1, 1, Ci, Co)`, `(Co,)` | the convolution behind it: "valid", stride 1 |
# | `R` | `(B, H, W, Co)` | relevance at the convolution's output |
# | `rule` | `(name, options)` | as `lrp_conv` takes it |
# | `lrp_merged` returns | `(B, H, W, Ci)` | relevance of `a` |
#
# `lrp_conv(u, W, bias, R, rule, "valid", 1)` takes a bias of shape `(Co,)` or `(B, H, W, Co)`.
#
# **Predict before you run.** Three ways to get from the convolution's output to $a$: *pass* (the epsilon rule at the convolution, then through ReLU and BatchNorm unchanged), *separate* (the epsilon rule at the convolution, then your `lrp_affine`), *merged*. With a tiny $\varepsilon$ in every rule, which of them agree?
#
# - **A.** All three.
# - **B.** Separate and merged.
# - **C.** Pass and merged.


# %% nbgrader={"grade": false, "grade_id": "predict_merged_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_merged() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "merged_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def split_bn(a: np.ndarray, g: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """relu(g a + d) as u + v: what a contributes and what the offset does. (B, H, W, C) each."""
    ### BEGIN SOLUTION
    is_open = g * a + d > 0
    return is_open * g * a, is_open * d
    ### END SOLUTION


def lrp_merged(
    a: np.ndarray,
    g: np.ndarray,
    d: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    R: np.ndarray,
    rule: tuple[str, dict],
) -> np.ndarray:
    """Through BatchNorm, ReLU and a 1 x 1 convolution as one layer: R (B, H, W, Co) -> (B, H, W, Ci)."""
    ### BEGIN SOLUTION
    u, v = split_bn(a, g, d)
    offsets = b + conv2d(v, W, "valid", 1)
    return lrp_conv(u, W, offsets, R, rule, "valid", 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "merged", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_merged(split_bn, lrp_merged)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# One mask decides for both parts. Then this is a convolution with an input and a bias, and you have a rule for that.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# A mask is an array of truth values; multiplied, it counts as 0 and 1. `conv2d(v, W, "valid", 1)` is what the convolution makes of `v`.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# mask ← where g a + d is positive; u ← mask times g times a; v ← mask times d. Then: offsets ← the convolution's bias plus the convolution of v; hand u, the kernel and the offsets to the rule
# </details>
#
# *If you see* that relevance arrives where the ReLU is closed, *suspect* that the rule got `a` and not `u`. *If you see* that gradient × input is off though `split_bn` passes, *suspect* a factor too many: the relevance of `u` is that of `a` already. *If you see* that only sums are off, *suspect* an offset that is missing in the bias, or not gated.

# %%
rules_3 = {"epsilon": ("eps", {"eps": 1e-9}), "alpha 1, beta 0": ("ab", {"alpha": 1.0, "beta": 0.0})}
conv_W, conv_b = point["conv_W"], point["conv_b"]  # of conv2_block2_1_conv, with the BatchNorm behind it folded
conv_R = point["conv_R"]  # relevance at its output, by alpha 1, beta 0 from above
read_only(conv_W, conv_b, conv_R)


def three_ways():
    """Relevance at the input of the BatchNorm: pass, separate, merged, by each rule; (6, h, w)."""
    g, d = bn_affine(*bn_values)
    relu = np.maximum(g * bn_a + d, 0)
    found = []
    for rule in rules_3.values():
        passed = lrp_conv(relu, conv_W, conv_b, conv_R, rule, "valid", 1)
        merged = lrp_merged(bn_a, g, d, conv_W, conv_b, conv_R, rule)
        found += [passed, lrp_affine(bn_a, g, d, passed, 1e-9), merged]
    return np.stack([R[0].sum(axis=-1) for R in found])


by_way = mine_or(point["ways"], "lrp_merged", three_ways)
show.maps(
    by_way,
    [
        f"{rule}\n{way}: {R.sum():.3f} of {conv_R.sum():.3f}"
        for (rule, way), R in zip(
            [(rule, way) for rule in rules_3 for way in ("pass", "separate", "merged")], by_way, strict=True
        )
    ],
    alt="Six maps of 16 by 16 cells of the relevance at the input of a BatchNorm: by the epsilon rule separate and merged are the same and pass is another; by alpha 1, beta 0 pass and merged are nearly the same and separate is larger.",
    columns=3,
    shared=True,
)
quiz.compare("merged", lambda: predict_merged())

# %% [markdown]
# The titles say how much arrives at $a$, and how much there was at the convolution's output.
#
# *A right picture* has two equal maps in its upper row. LRP-0 through separate layers is LRP-0 through all of them at once, because the $z$ of one layer cancels against what the next one multiplies by. Pass is the odd one out: it hands the offset's share to $a$ as well.
# In the lower row pass and merged nearly agree, and separate hands out more than it got: where $d$ is negative and $z$ is not, the share $g a / z$ is larger than 1. Alpha-beta sorts contributions by sign, and whether the offset is sorted by itself or together with $a$ makes a difference. None of them is *the* right one. But with some rules one of them goes wrong one layer further down, as exercise 6 shows.

# %% [markdown]
# **Checkpoint 2.** All that a BatchNorm needs is done, or loaded.
#
# ## Part 3. Where paths fork and meet
#
# VGG16 is a chain. In ResNet50 and DenseNet121 paths fork (one result is read by several nodes) and meet (one node reads several results). Meeting points need a rule each; forks need none, but a walk that does not forget.

# %% [markdown]
# ### Exercise 4. `lrp_add` and `lrp_concat`
#
# `Difficulty 2/5 · Importance 5/5 · 12 min · 4 points`
#
# **Why.** A sum is a linear layer with two inputs and weights of 1, so the epsilon rule says: each summand gets its contribution over $z$. The *gradient* of a sum is 1 for each summand: backpropagation copies. Copying relevance would double it at each of ResNet50's 16 sums.
# A concatenation computes nothing. Each of its outputs *is* one of its inputs, and gives its relevance back there.
#
# $$R_1 = \frac{a_1}{z + \varepsilon\, s(z)}\, R, \qquad R_2 = \frac{a_2}{z + \varepsilon\, s(z)}\, R \qquad \text{with} \quad z = a_1 + a_2$$
#
# | name | shape | |
# |---|---|---|
# | `a1`, `a2`, `R` | `(B, H, W, C)` each | summands; relevance at their sum |
# | `eps` | number | $\varepsilon$, with $s(0) = +1$ |
# | `lrp_add` returns | two arrays `(B, H, W, C)` | relevance of `a1` and of `a2` |
# | `sizes` | list of whole numbers | channels of each input of the concatenation, in order |
# | `R` of `lrp_concat` | `(B, H, W, sum of sizes)` | relevance at its output |
# | `lrp_concat` returns | list of arrays | `(B, H, W, size)` for each input |
#
# **Predict before you run.** At one of ResNet50's sums, the magnitudes of the relevance that arrives add up to 10.4 over all elements. It is shared with a tiny $\varepsilon$. What do the magnitudes of all that shortcut and branch get add up to?
#
# - **A.** 10.4: a sum keeps nothing and adds nothing.
# - **B.** More than that.
# - **C.** Less than that: what speaks against the sum gets nothing.


# %% nbgrader={"grade": false, "grade_id": "predict_add_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_add() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "routes_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lrp_add(a1: np.ndarray, a2: np.ndarray, R: np.ndarray, eps: float) -> tuple[np.ndarray, np.ndarray]:
    """The epsilon rule for z = a1 + a2: relevance of each summand."""
    ### BEGIN SOLUTION
    z = a1 + a2
    q = R / (z + eps * np.where(z >= 0, 1.0, -1.0))
    return a1 * q, a2 * q
    ### END SOLUTION


def lrp_concat(sizes: list[int], R: np.ndarray) -> list[np.ndarray]:
    """Each input of a concatenation gets back the channels that it brought."""
    ### BEGIN SOLUTION
    ends = np.cumsum(sizes)
    return np.split(R, ends[:-1], axis=-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "routes", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_routes(lrp_add, lrp_concat)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Sum: the same three steps as in `lrp_affine`, for two contributions. Concatenation: the first `sizes[0]` channels belong to the first input, the next `sizes[1]` to the second.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `np.split(R, places, axis=-1)` cuts at *places*, not into sizes; `np.cumsum(sizes)` gives where each input ends.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# z ← a1 plus a2; q ← R over z pushed away from zero; results ← a1 times q and a2 times q. Concatenation: cut R at the ends of all inputs but the last
# </details>
#
# *If you see* sums that double, *suspect* that you copied. *If you see* one part too many, *suspect* a cut at the very end.

# %%
a1, a2, R_add = (point[name] for name in ("add_1", "add_2", "add_R"))  # conv3_block2_add, image 1
read_only(a1, a2, R_add)
sides = mine_or(point["sides"], "lrp_add", lambda: np.stack(lrp_add(a1, a2, R_add, TINY)))
show.maps(
    [R_add[0].sum(axis=-1), sides[0, 0].sum(axis=-1), sides[1, 0].sum(axis=-1)],
    [
        f"R at the sum\nsum {R_add.sum():.2f}",
        f"shortcut\nsum {sides[0].sum():.2f}",
        f"branch\nsum {sides[1].sum():.2f}",
    ],
    alt="Relevance at a sum of ResNet50 on 8 by 8 cells, channels summed, and what shortcut and branch get of it: all positive; their sums add up to that of the first.",
    columns=3,
    shared=True,
)
sizes = [float(np.abs(part).sum()) for part in (R_add, *sides)]
print(f"Magnitudes: {sizes[0]:.2f} at the sum, {sizes[1]:.2f} for the shortcut, {sizes[2]:.2f} for the branch.")
quiz.compare("add", lambda: predict_add())

# %% [markdown]
# *A right picture* has two maps on the right that add up to the left one, place by place. All three are red, because the channels of a place are summed. One channel alone may look otherwise: where shortcut and branch have opposite signs, one gets more than arrived, and the other gets the difference with the opposite sign. You see that only in the printed magnitudes: those of the branch add up to more than the sum in its title, and together more is handed out than arrived, though the sum stays.
# So a sum can amplify; the stabiliser is there for the places where both summands cancel.

# %% [markdown]
# The next cell gives one function for all kinds of nodes: what does a node hand to its inputs? It uses your functions. As in lab 7 there are two naive kinds, too, for trying out a walk: "share" hands the part `keep` on by the size of what it reads, "pass" hands everything on as it is. They need none of your functions.


# %%
def sums(R):
    """The sum of each image: (B, ...) -> (B,)."""
    return R.reshape(len(R), -1).sum(axis=1)


def share_average(u, v, R, k, rule):
    """An average over k x k of u + v, v being an offset: by "eps" all of u counts, by "plus" its positive part."""
    if rule[0] == "plus":
        u, v = np.maximum(u, 0), 0.0
    z = avg_pool(u + v, k)
    return u * avg_pool_T(R / (z + rule[1].get("eps", TINY) * np.where(z >= 0, 1.0, -1.0)), k)


def hand_down(node, xs, R):
    """What a node hands to each of its inputs ``xs``, if it has the relevance R at its output: a list of arrays."""
    check_ready(node)  # says so if it is the image, or a BatchNorm that should have been merged
    kind, a, rule = node["kind"], xs[0], node.get("rule")
    if kind == "share":
        total = sum(sums(np.abs(part)) for part in xs)
        factor = node["keep"] * sums(R) / np.maximum(total, TINY)
        return [np.abs(part) * factor[:, None, None, None] for part in xs]
    if kind in ("relu", "pass"):
        return [R]
    if kind == "pad":
        (top, _), (left, _) = node["amount"]
        return [R[:, top : top + a.shape[1], left : left + a.shape[2]]]
    if kind == "max":
        return [max_pool_T(R, a, node["k"], node["stride"])]
    if kind == "add":
        return list(lrp_add(*xs, R, TINY))
    if kind == "concat":
        return lrp_concat([part.shape[-1] for part in xs], R)
    if kind == "bn":
        g, d = bn_affine(*(node[name] for name in ("gamma", "beta", "mean", "var", "eps")))
        return [R if rule[0] == "pass" else lrp_affine(a, g, d, R, rule[1]["eps"])]
    if kind == "avg":
        u, v = split_bn(a, node["g"], node["d"]) if "g" in node else (a, 0.0)
        return [share_average(u, v, R, node["k"], rule)]
    if "g" in node:  # a convolution merged with the BatchNorm and the ReLU in front of it
        return [lrp_merged(a, node["g"], node["d"], node["W"], node["b"], R, rule)]
    convolve = lrp_conv_given if rule[0] == "flat" else lrp_conv
    return [convolve(a, node["W"], node["b"], R, rule, node["pad"], node["stride"])]


# %% [markdown]
# ### Exercise 5. `lrp_graph`
#
# `Difficulty 4/5 · Importance 5/5 · 20 min · 5 points`
#
# **Why.** The walk of labs 6 and 7 kept *one* array on its way down. Now several are on their way at once. Keep one array for each node, all zero at first but for the last, and visit the nodes backwards: when a node's turn comes, everybody who read it has been there, so all its relevance has arrived.
# It hands on its parts, and **what meets at a node is added**. That is all that a fork needs. Write the books while you are at it: how much each node got, how much it gave.
#
# $$R_i = \sum_{k:\; i \,\in\, \mathrm{inputs}(k)} R_{i \leftarrow k}, \qquad \mathrm{got}_k = \sum R_k, \qquad \mathrm{gave}_k = \sum_{i \,\in\, \mathrm{inputs}(k)} \sum R_{i \leftarrow k}$$
#
# | name | shape | |
# |---|---|---|
# | `nodes` | list of dictionaries | `"name"`, `"kind"`, `"inputs"` (numbers of the nodes it reads); node 0 is the image and reads nothing |
# | `acts` | list of arrays | `acts[k]`, `(B, H, W, C)`: what node $k$ makes |
# | `R_out` | as `acts[-1]` | relevance at the last node |
# | returns `R` | list of arrays | `R[k]`, in the shape of `acts[k]`: relevance at what node $k$ makes |
# | and `trace` | list of tuples | `(name, kind, got, gave)` for each node, the last node first, the image last; `got` and `gave` `(B,)` each |
#
# `hand_down(node, xs, R)` gives the parts, in the order of `node["inputs"]`; `sums(R)` adds up image by image. The image gives nothing: zeros. A node may stand twice among the inputs of another.
#
# **Predict before you run.** Somebody writes `R[i] = part` where it should be added. What happens on ResNet50?
#
# - **A.** An error: shapes do not fit.
# - **B.** No error: a map appears in which a part of the relevance is missing.
# - **C.** No error: a map appears in which relevance is doubled.


# %% nbgrader={"grade": false, "grade_id": "predict_graph_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_graph() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "lrp_graph_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lrp_graph(nodes: list[dict], acts: list[np.ndarray], R_out: np.ndarray) -> tuple[list[np.ndarray], list[tuple]]:
    """From the last node down to the image: the relevance at every node, and the books (name, kind, got, gave)."""
    ### BEGIN SOLUTION
    R = [np.zeros(a.shape) for a in acts]
    R[-1] = R_out
    trace = []
    for k in range(len(nodes) - 1, -1, -1):
        inputs, gave = nodes[k]["inputs"], np.zeros(len(R_out))
        parts = hand_down(nodes[k], [acts[i] for i in inputs], R[k]) if inputs else []
        for i, part in zip(inputs, parts, strict=True):
            R[i] = R[i] + part
            gave = gave + sums(part)
        trace.append((nodes[k]["name"], nodes[k]["kind"], sums(R[k]), gave))
    return R, trace
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lrp_graph", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
laws.check_lrp_graph(lrp_graph)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# One loop over the nodes, backwards; in it one loop over the parts that the node hands out. Nothing is ever overwritten.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `reversed(range(len(nodes)))` counts down. `zip(node["inputs"], parts)` pairs each input with its part. Write `R[i] = R[i] + part`: it always works. `+=` works on the zeros that you made yourself, and fails if you keep the first part itself: "pass" hands on the very array that it was given, and `+=` would change it there, too.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# R ← zeros for every node; the last ← R_out; for every node, last first: if it reads anything, ask hand_down for the parts; add each part to what is at its input, and its sums to gave; append the entry for the node
# </details>
#
# *If you see* that chains pass and forks fail, *suspect* that something is overwritten. *If you see* that a node's own relevance changes later, *suspect* `+=` on a part that was handed out. *If you see* that doubled inputs fail, *suspect* a dictionary or a set of inputs.

# %%
toy = [
    {"name": "image", "kind": "input", "inputs": []},
    {"name": "stem", "kind": "share", "keep": 1.0, "inputs": [0]},
    {"name": "branch 1", "kind": "share", "keep": 1.0, "inputs": [1]},
    {"name": "sum 1", "kind": "share", "keep": 1.0, "inputs": [1, 2]},
    {"name": "branch 2", "kind": "share", "keep": 1.0, "inputs": [3]},
    {"name": "sum 2", "kind": "share", "keep": 1.0, "inputs": [3, 4]},
    {"name": "top", "kind": "share", "keep": 1.0, "inputs": [5]},
]
toy_acts = [np.ones((1, 2, 2, 1)) for _ in toy]
toy_start = np.full((1, 2, 2, 1), 0.25)
read_only(toy_acts, toy_start)
at_nodes = mine_or(
    point["toy"], "lrp_graph", lambda: [float(sums(R)[0]) for R in lrp_graph(toy, toy_acts, toy_start)[0]]
)
show.bars(
    {"added": at_nodes[::-1], "overwritten": point["toy_overwritten"][::-1]},
    [node["name"] for node in toy[::-1]],
    alt="Relevance at seven nodes of a small network with two skips, from the top to the image: added, it is 1 at the top, at both sums, at the stem and at the image; overwritten, half is lost at each fork.",
    unit="sum of relevance",
)
quiz.compare("graph", lambda: predict_graph())

# %% [markdown]
# *A right picture* has 1 at the top, at both sums, at the stem and at the image, and one half at each branch, whose shortcut carries the other half. Overwritten, a half is gone at each fork, and the map at the image still looks like a map.

# %% [markdown]
# **Checkpoint 3.** The walk is done, or its results come from a file. In exercise 6 ResNet50 calls your `fold_bn`, `lrp_add` and `lrp_graph`, and DenseNet121 your `fold_bn`, `lrp_concat` and `lrp_graph`; with the rule "merge" for BatchNorms also `bn_affine`, `split_bn` and `lrp_merged`, with the rule "eps" `bn_affine` and `lrp_affine`.

# %% [markdown]
# ## Part 4. Whole networks and their audit
#
# A composite here is a dictionary with a rule for each kind of node that needs one. `"first"` is for the convolution at the pixels; ReLUs, paddings, max poolings, sums and concatenations have their one rule each.

# %%
EPS, TOP, PLUS = ("eps", {"eps": 1e-6}), ("eps", {"eps": 0.1}), ("plus", {})
AB1, AB2, FLAT = ("ab", {"alpha": 1.0, "beta": 0.0}), ("ab", {"alpha": 2.0, "beta": 1.0}), ("flat", {})
PASS, MERGE = ("pass", {}), ("merge", {})
composites = {
    "epsilon": {"conv": EPS, "dense": EPS, "avg": EPS, "bn": MERGE},
    "alpha 2, beta 1": {"conv": AB2, "dense": TOP, "avg": PLUS, "bn": PASS},
    "preset A flat": {"first": FLAT, "conv": AB1, "dense": TOP, "avg": PLUS, "bn": PASS},
}


def seed(logits, c):
    """Given, lab 7's start: the logit of class c[n] in row n, zeros elsewhere. (B, K)"""
    start = np.zeros(logits.shape)
    rows = np.arange(len(logits))
    start[rows, c] = logits[rows, c]
    return start


# %% [markdown]
# ### Exercise 6. `lrp_resnet50` and `lrp_densenet121`
#
# `Difficulty 3/5 · Importance 5/5 · 20 min · 5 points`
#
# **Why.** Now all pieces are there, and a whole network takes a few lines: read its nodes, fold, give rules, run, start from the logit, walk. DenseNet121 takes one line more: if the composite says "merge" for BatchNorms, those that are left after folding are merged with what follows. So the order matters: fold first.
# Given are `read_nodes(model)`, `fold_all(nodes, fold_bn)`, `merge_all(nodes, bn_affine)`, `give_rules(nodes, rules)`, `run_nodes(nodes, x)` (a list: what each node makes; the last are the logits) and `seed(logits, c)`. They ask for *your functions* as arguments.
#
# $$R^{\mathrm{out}} = \mathrm{seed}(f(x), c), \qquad R = \mathrm{walk}(\mathrm{nodes}, \mathrm{acts}, R^{\mathrm{out}}), \qquad \mathrm{map}_{ij} = \sum_{\text{colours}} R_0$$
#
# | name | shape | |
# |---|---|---|
# | `model` | | ResNet50 or DenseNet121, with its softmax |
# | `x` | `(B, H, W, 3)` | preprocessed images, float64 |
# | `c` | `(B,)` integers | class to explain, image by image |
# | `rules` | dictionary | the composite; `rules["bn"][0]` is `"pass"`, `"eps"` or `"merge"`, and counts for DenseNet121 only |
# | logits: `acts[-1]` | `(B, 1, 1, K)` | and `R_out` has the same shape |
# | returns `map`, `trace` | `(B, H, W)`; list | the trace as `lrp_graph` gives it |
#
# **Predict before you run.** In the first picture DenseNet121 exploded: epsilon in all layers, and the BatchNorms that are left passed. Now they are merged, and nothing else is changed. What becomes of the maps?
#
# - **A.** They are as large as before: it is the epsilon rule that divides by small $z$.
# - **B.** They become small again, and as smooth as those of preset A flat.
# - **C.** They become small again, and are scattered dots of both signs.
#
# The law: with a tiny $\varepsilon$ and merged BatchNorms the map is gradient × input. The hidden checks compare map and books on fresh images with an implementation that shares no code with yours, to 1e-5 of the largest relevance: stay in float64.


# %% nbgrader={"grade": false, "grade_id": "predict_networks_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_networks() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "networks_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lrp_resnet50(
    model: "keras.Model", x: np.ndarray, c: np.ndarray, rules: dict[str, tuple]
) -> tuple[np.ndarray, list[tuple]]:
    """LRP from the logit of class c[n] of image n down to the pixels: the map (B, H, W), and the trace."""
    ### BEGIN SOLUTION
    nodes = give_rules(fold_all(read_nodes(model), fold_bn), rules)
    acts = run_nodes(nodes, x)
    start = seed(acts[-1][:, 0, 0], c)[:, None, None]
    R, trace = lrp_graph(nodes, acts, start)
    return R[0].sum(axis=-1), trace
    ### END SOLUTION


def lrp_densenet121(
    model: "keras.Model", x: np.ndarray, c: np.ndarray, rules: dict[str, tuple]
) -> tuple[np.ndarray, list[tuple]]:
    """The same for DenseNet121, whose other BatchNorms are merged with what follows if rules["bn"] says "merge"."""
    ### BEGIN SOLUTION
    nodes = fold_all(read_nodes(model), fold_bn)
    if rules["bn"][0] == "merge":
        nodes = merge_all(nodes, bn_affine)
    nodes = give_rules(nodes, rules)
    acts = run_nodes(nodes, x)
    start = seed(acts[-1][:, 0, 0], c)[:, None, None]
    R, trace = lrp_graph(nodes, acts, start)
    return R[0].sum(axis=-1), trace
    ### END SOLUTION


# %%
def probe_resnet50(images, c, rules):
    """Given: runs lrp_resnet50 on this notebook's network, for images uint8 (B, 64, 64, 3) that a check sends."""
    pixels = preprocess(images, "resnet50").astype(np.float64)
    found, trace = lrp_resnet50(models["resnet50"], pixels, np.asarray(c), rules)
    return {"map": found, "trace": trace}


def probe_densenet121(images, c, rules):
    """Given: runs lrp_densenet121 on this notebook's network, for images uint8 (B, 64, 64, 3) that a check sends."""
    pixels = preprocess(images, "densenet121").astype(np.float64)
    found, trace = lrp_densenet121(models["densenet121"], pixels, np.asarray(c), rules)
    return {"map": found, "trace": trace}


# %% nbgrader={"grade": true, "grade_id": "networks", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
laws.check_networks(lrp_resnet50, lrp_densenet121)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Follow the list of given functions from left to right. Each takes what the one before returned.
# </details>
# <details><summary>Hint 2: the shapes</summary>
#
# `acts[-1]` is `(B, 1, 1, K)`; `[:, 0, 0]` makes `(B, K)` of it for `seed`, and `[:, None, None]` puts the two axes back. `R[0]` has three colours.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# nodes ← read, folded, (merged, if asked for,) with rules; acts ← run on x; start ← seed of the logits; walk; map ← R at the image, colours summed
# </details>
#
# *If you see* that a BatchNorm is left with the rule merge, *suspect* a `merge_all` that is missing, or whose result was not kept. *If you see* that a BatchNorm folds left and was to be merged, *suspect* the order. *If you see* that the books balance and gradient × input does not hold, *suspect* a rule, not the walk. *If you see* that `give_rules` names a node without a rule, *suspect* that you merged or folded less than the composite expects.

# %%
explainers = {"resnet50": lrp_resnet50, "densenet121": lrp_densenet121}
some = slice(0, 4)  # the images whose maps are compared
computed = {}


def all_maps(arch):
    """Maps of the first four images by every composite, (composites, 4, H, W); traces are kept."""
    for name, rules in composites.items():
        computed[arch, name] = explainers[arch](models[arch], x[arch][some], labels[some], rules)
    return np.stack([computed[arch, name][0] for name in composites])


by_composite = {arch: mine_or(point[f"maps_{arch}"], f"lrp_{arch}", lambda arch=arch: all_maps(arch)) for arch in ARCHS}
blown = mine_or(
    point["blown"] * point["blown_size"][:, None, None],
    "lrp_densenet121",
    lambda: explainers["densenet121"](
        models["densenet121"], x["densenet121"][:3], labels[:3], composites["epsilon"] | {"bn": PASS}
    )[0],
)
panels, titles = [], []
for k in range(3):
    row = [
        by_composite["resnet50"][2, k],
        by_composite["densenet121"][2, k],
        by_composite["densenet121"][0, k],
        blown[k],
    ]
    panels += [images[k], *[found / np.abs(found).max() for found in row]]
    titles += [short[labels[k]]]
    for what, found in zip(
        [
            "ResNet50, preset A flat",
            "DenseNet121, preset A flat",
            "DenseNet121, epsilon,\nmerged",
            "DenseNet121, epsilon,\npass",
        ],
        row,
        strict=True,
    ):
        titles.append(f"{what}\nlargest {np.abs(found).max():.2g}")
show.maps(
    panels,
    titles,
    alt="Three characters in rows; maps of ResNet50 and DenseNet121 by preset A flat, and of DenseNet121 by epsilon with BatchNorms merged and passed: both are scattered dots of both signs, and the last is larger by many powers of ten.",
    unit="part of the map's largest magnitude",
    columns=5,
    shared=True,
    sums=False,
)
quiz.compare("networks", lambda: predict_networks())

# %% [markdown]
# *A right picture* has no largest magnitude above 1 in its first three columns of maps. The third is scattered dots of both signs: merged, and with a tiny $\varepsilon$, it is gradient × input. The last one has exploded: pass hands relevance to $a$ that is not in proportion to $a$. One layer below, the epsilon rule divides by a $z$ that *is* $a$: now small values of $z$ do not cancel any more, and dozens of layers multiply what comes of it.
# Preset A flat passes, too, and is none the worse: alpha 1, beta 0 divides by a sum of positive parts, which is hardly ever small. So the way to treat a BatchNorm and the rule below it have to fit.

# %% [markdown]
# ### Exercise 7. `audit`
#
# `Difficulty 2/5 · Importance 4/5 · 8 min · 3 points`
#
# **Why.** In lab 7 you followed one sum from the logit to the pixels. In a network with forks there is no such sum: at any moment relevance is on its way in several arrays. But the books are complete: what a node got and did not hand on has stayed there, and all that stayed, together with what arrived at the image, is the logit. To the last digit, or your walk has lost something.
# So ask of each *kind* of node: which share of the logit stays there? Negative shares are possible: a node may give more than it got, where a bias speaks against its own output.
#
# $$\mathrm{kept}(\kappa) = \sum_{k \text{ of kind } \kappa} \frac{\mathrm{got}_k - \mathrm{gave}_k}{\mathrm{got}_{\mathrm{last}}}, \qquad \sum_{\kappa} \mathrm{kept}(\kappa) = 1$$
#
# | name | shape | |
# |---|---|---|
# | `trace` | list of `(name, kind, got, gave)` | as `lrp_graph` returns it; its first entry is the last node, which got the start |
# | returns | dictionary: kind -> `(B,)` | one entry for each kind in the trace; `"input"` is what arrives at the image |
#
# **Predict before you run.** By preset A flat, where does ResNet50 keep most of what does not arrive?
#
# - **A.** At its 16 sums.
# - **B.** At its convolutions.
# - **C.** At poolings and paddings.


# %% nbgrader={"grade": false, "grade_id": "predict_audit_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_audit() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "audit_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def audit(trace: list[tuple]) -> dict[str, np.ndarray]:
    """For each kind of node the share of the start that stays there, image by image; "input" is what arrives."""
    ### BEGIN SOLUTION
    start, kept = trace[0][2], {}
    for _, kind, got, gave in trace:
        kept[kind] = kept.get(kind, 0.0) + (got - gave) / start
    return kept
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "audit", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
laws.check_audit(audit)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# One pass over the entries; a dictionary that grows. An entry of a kind that was there before adds to it.
# </details>
# <details><summary>Hint 2: the call</summary>
#
# `kept.get(kind, 0.0)` gives what is there already, or 0. The start is `trace[0][2]`, `(B,)`.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# start ← got of the first entry; for each entry: kept of its kind ← what it was plus (got less gave) over start
# </details>
#
# *If you see* shares that do not add up to 1, *suspect* kinds that overwrite each other. *If you see* no negative share anywhere, *suspect* an `abs`.

# %%
KINDS = ["dense", "avg", "conv", "bn", "add", "max", "input"]
cases = {
    "ResNet50, preset A flat": ("resnet50", "preset A flat"),
    "DenseNet121, preset A flat": ("densenet121", "preset A flat"),
    "ResNet50, epsilon": ("resnet50", "epsilon"),
}


def explained(arch, name):
    """Map and trace of the first four images; computed once."""
    if (arch, name) not in computed:
        computed[arch, name] = explainers[arch](models[arch], x[arch][some], labels[some], composites[name])
    return computed[arch, name]


def left_over(trace):
    """Share of the first image's start that has not stayed anywhere yet, at 41 places from the top to the pixels."""
    kept = np.cumsum([0.0, *[(got - gave)[0] for _, kind, got, gave in trace if kind != "input"]]) / trace[0][2][0]
    return np.interp(np.linspace(0, 1, 41), np.linspace(0, 1, len(kept)), 1 - kept)


def audits():
    """Shares of KINDS for each case, mean of the first four images; (cases, kinds)."""
    table = [audit(explained(arch, name)[1]) for arch, name in cases.values()]
    return np.array([[float(np.mean(kept.get(kind, 0.0))) for kind in KINDS] for kept in table])


kept_by_kind = mine_or(point["audit"], "audit", audits)
show.bars(
    dict(zip(cases, kept_by_kind, strict=True)),
    [*KINDS[:-1], "arrives"],
    alt="Shares of the logit that stay at dense layers, averages, convolutions, BatchNorms, sums and max poolings, and that arrive, for two networks by preset A flat and for ResNet50 by epsilon: nearly all that does not arrive stays at convolutions and at the dense layer; ResNet50 keeps most at convolutions, DenseNet121 at its dense layer.",
    unit="share of the logit",
)
quiz.compare("audit", lambda: predict_audit())

# %% [markdown]
# *A right picture* has nothing at sums and max poolings: they hand on what they get. Look for the convolutions, whose biases you made yourself by folding, and for the one dense layer on top, whose bias alone keeps about a quarter of the logit or more. The little that stays at DenseNet121's averages lies in windows without a positive input.
# The bars for epsilon look much like those for preset A flat on the same network. That is the mean of four images; image by image they differ, and the maps do anyway. An audit says how much arrives, not where.

# %%
curves = mine_or(
    point["curves"],
    "lrp_graph",
    lambda: np.stack([left_over(explained(arch, name)[1]) for arch, name in cases.values()]),
)
show.lines(
    np.linspace(0, 100, 41),
    dict(zip(cases, curves, strict=True)),
    alt="Share of the first image's logit that is still on its way, from the logit at the left to the pixels at the right, for two networks by preset A flat and for ResNet50 by epsilon. All begin at 1; each drops at once at the dense layer.",
    x_label="nodes passed on the way down (per cent)",
    y_label="share of the logit",
)

# %% [markdown]
# The same as curves, for the first image: what has not stayed anywhere yet. The drop at the far left is the dense layer. After that preset A flat loses a little at nearly every convolution, while epsilon goes up and down.

# %% nbgrader={"grade": true, "grade_id": "predictions", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
quiz.count(globals(), ["fold", "affine", "merged", "add", "graph", "networks", "audit"])

# %% [markdown]
# ### Integration 1: two networks, three composites, four characters
#
# Your whole lab in one picture. Each map is divided by its own largest magnitude, so compare *where*, and how grainy; the sums stand in the titles.

# %%
panels, titles = [], []
for k in range(4):
    panels.append(images[k])
    titles.append(short[labels[k]])
    for arch, title in ARCHS.items():
        for name, found in zip(composites, by_composite[arch][:, k], strict=True):
            panels.append(found / np.abs(found).max())
            titles.append(f"{title}\n{name}\nsum {found.sum():.1f}")
show.maps(
    panels,
    titles,
    alt="Four characters in rows, each with maps by three composites for ResNet50 and for DenseNet121: epsilon is scattered noise of both signs, alpha 2, beta 1 is grainy, preset A flat is smooth and mostly red.",
    unit="part of the map's largest magnitude",
    columns=7,
    shared=True,
    side=1.6,
    sums=False,
)

# %% [markdown]
# Look for three things. In which column can you tell the character without its picture? Do the two networks agree on *where*, by the same composite? And in preset A flat: is there a pattern that comes from the network and not from the image?
#
# <details><summary>What others saw</summary>
#
# Preset A flat of DenseNet121 shows the outline of Wanda's hat and hair; by epsilon you hardly see that there is a figure. Both networks are strongest on the figure, and not at the same part of it.
# In preset A flat there is a regular grid of fine light lines, the same in every map, whatever the image: its cells are four pixels wide. The first convolution and the first max pooling step by two pixels each, so what they hand down repeats every four pixels. A pattern that stays when the image changes is the network's.
# </details>

# %% [markdown]
# ### Integration 2: your turn to choose
#
# The network, the composite, and what happens at the BatchNorms that DenseNet121 has left (in ResNet50 none is left, so nothing changes there). The last two pictures are a close call and a mistake.

# %%
ways = {"as the composite says": None, "pass": PASS, "separate (eps)": EPS, "merged": MERGE}


def draw(network, composite, batchnorms, picture):
    """The image, and its map over a grey copy of it."""
    arch = {title: arch for arch, title in ARCHS.items()}[network]
    rules = composites[composite] | ({"bn": ways[batchnorms]} if ways[batchnorms] else {})
    kept = np.empty(0)  # checkpoints are there for the first four images, as the composites say
    if picture < 4 and ways[batchnorms] is None:
        kept = point[f"maps_{arch}"][list(composites).index(composite), picture]
    one = slice(picture, picture + 1)
    found = mine_or(kept, f"lrp_{arch}", lambda: explainers[arch](models[arch], x[arch][one], labels[one], rules)[0][0])
    panels = [images[picture], found, show.Over(found, images[picture])] if found.size else [images[picture]]
    titles = [short[labels[picture]], f"{network}\n{composite}", f"BatchNorms:\n{batchnorms}"]
    show.maps(
        panels,
        titles[: len(panels)],
        alt=f"The character {names[labels[picture]]}, its map by {network} and the composite {composite}, and the map over the image.",
    )


explore(
    draw,
    network=list(ARCHS.values()),
    composite=list(composites)[::-1],
    batchnorms=list(ways),
    picture={f"{k + 1}: {short[labels[k]]}": k for k in range(len(images))},
)

# %% [markdown]
# ### Integration 3: a mistake, twice
#
# Both networks get the last picture wrong, and not in the same way. For each network, by preset A flat: the map of the picture's own class; another picture, of the character that the network saw; and the map of that class, again of the last picture.

# %%
wrong = len(images) - 1
panels, titles = [], []
for arch, title in ARCHS.items():
    logits = run_nodes(plain[arch], x[arch][wrong:])[-1][0, 0, 0]
    ends = [int(labels[wrong]), int(logits.argmax())]
    found = mine_or(
        point[f"last_{arch}"],
        f"lrp_{arch}",
        lambda arch=arch, ends=ends: np.stack(
            [
                explainers[arch](models[arch], x[arch][wrong:], np.array([k]), composites["preset A flat"])[0][0]
                for k in ends
            ]
        ),
    )
    panels += [images[wrong], found[0], examples[ends[1]], found[1]]
    heads = [f"{title}\nmap of {short[k]}, logit {logits[k]:.1f}" for k in ends]
    titles += [f"the picture:\n{short[ends[0]]}", heads[0], f"for comparison:\n{short[ends[1]]}", heads[1]]
show.maps(
    panels,
    titles,
    alt="A character that both networks get wrong. In a row for each network: the picture, the map of its own class, a picture of the character that the network saw, and the map of that class.",
)

# %% [markdown]
# LRP shares out the logit with its sign, so a negative logit makes a blue map. But a map may be blue though its logit is positive: look for one, and remember what the audit said about the dense layer's bias. Which part of the picture looks like the character in the third column, and do the maps point there? Do the two maps of a network differ in *place*, or in sign and size only? Lab 7 had something to say about maps that do not tell classes apart.

# %% [markdown]
# ## Part 5. Bug hunt and reflection
#
# ### Bug hunt
#
# `Difficulty 3/5 · Importance 4/5 · 10 min · 6 points`
#
# A colleague wrote a residual block as one function: a dense layer with BatchNorm, the shortcut added, a ReLU behind it; LRP-0 from the block's output down to its input. On their own example it conserves to the last digit. On others it does not. **There are three bugs.** Each hides on most inputs and shows on some: think about channels that differ, biases, and ReLUs that are closed.
# Write the repaired function below it. You may hand any function to a check: `laws.check_explain_block(explain_block_buggy)` shows a first symptom, and the check of your own says which of the three are repaired. Each repair counts two points; the comments count none, but make them: they are what a colleague reads.


# %%
def explain_block_buggy(a, W, b, bn, R):
    """y = relu(a + BN(a W + b)): a (B, C), W (C, C), b (C,), bn a dictionary, R (B, C) at y -> relevance of a (B, C)."""
    scale = bn["gamma"] / np.sqrt(bn["var"] + bn["eps"])
    kernel = W * scale[:, None]
    offset = b - scale * bn["mean"] + bn["beta"]
    branch = a @ kernel + offset
    z = a + branch
    R = R * (z > 0)
    q = R / (z + 1e-12 * np.where(z >= 0, 1.0, -1.0))
    R_skip, R_branch = a * q, branch * q
    q_branch = R_branch / (branch + 1e-12 * np.where(branch >= 0, 1.0, -1.0))
    return R_skip + a * (q_branch @ kernel.T)


# %% nbgrader={"grade": false, "grade_id": "bug_hunt_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def explain_block(a: np.ndarray, W: np.ndarray, b: np.ndarray, bn: dict, R: np.ndarray) -> np.ndarray:
    """The repaired function, (B, C). Mark each repair with a comment that says what was wrong."""
    ### BEGIN SOLUTION
    root = np.sqrt(bn["var"] + bn["eps"])
    V = W * (bn["gamma"] / root)  # output channels are the last axis; a square kernel hides it
    d = (b - bn["mean"]) * bn["gamma"] / root + bn["beta"]  # the bias goes through the BatchNorm, too
    z_branch = a @ V + d
    z = a + z_branch  # no gate: a ReLU hands relevance through
    q = R / (z + TINY * np.where(z >= 0, 1.0, -1.0))
    share = z_branch * q / (z_branch + TINY * np.where(z_branch >= 0, 1.0, -1.0))
    return a * q + a * (share @ V.T)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bug_hunt", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_explain_block(explain_block)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Go through the lines with three inputs in mind: a BatchNorm whose channels have different scales; a layer with a bias; relevance where the block's ReLU is closed.
# </details>
# <details><summary>Hint 2: where to look</summary>
#
# Two bugs are in the folding, one is in the walk.
# </details>
# <details><summary>Hint 3: how to find each</summary>
#
# Compare the folded layer with the two layers for one channel; give the layer a large bias; hand in R = 1 everywhere and add up.
# </details>
#
# *If you see* that only unequal channels fail, *suspect* the axis. *If you see* that only biases fail, *suspect* what is scaled. *If you see* that relevance is missing where z is negative, *suspect* a gradient's habit.

# %% [markdown]
# ### Reflection
#
# In 150 words at most, and in 15 minutes: **somebody shows you a map of ResNet50 from a library you do not know. What would you ask, or test, before you believe that it is right?** Write four parts.
# *Claim*: one sentence that could be wrong, about which mistake would be worst. *Evidence*: at least two maps or audits of this lab, named. *Limitation*: what your test would not find.
# *Alternative*: another explanation for what you would see, and how to tell. Each part counts one point.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# **Claim.** I would test what happens at sums first, because doubled relevance at 16 sums changes a map's size by thousands and still leaves a map that looks like one.
#
# **Evidence.** In the first picture the map that doubles at sums shows the figure in all three rows, with no hint but its size. In the audit nothing stays at sums when they share; a library that prints the sum at the pixels would give the mistake away, since 16 % of the logit arrive by preset A flat and not thousands of times the logit.
#
# **Limitation.** The size is lost if the library scales each map to 1, and then my test sees nothing. It would not find a BatchNorm that was folded with a wrong epsilon either, which changed logits in the third digit only.
#
# **Alternative.** A large map may also come from BatchNorms that were passed, with the epsilon rule below them, as in exercise 6. On a tiny network with a sum and no BatchNorm only the first mistake is left.

# %% [markdown]
# ## Bonus
#
# Nothing here is graded.
#
# 1. **Which convolutions?** Sort the entries of a trace by what they keep. Which ten convolutions of ResNet50 keep most by preset A flat, and what have they in common?
# 2. **The box at the pixels.** `lrp_conv_given` knows the rule zB. Add a composite with it (`toonlens.models.pixel_bounds(arch)` gives the bounds), and audit it: what does the first convolution keep?
# 3. **Gamma and sums.** Lab 7's gamma rule is stated for $a \ge 0$ and assumes, without saying so, that relevance arrives where $z > 0$. In VGG16 the ReLUs see to that. In front of a sum there is no ReLU, so $z$ may be negative where relevance arrives. What can then happen to the rule's denominator, and how would you mend it?

# %% nbgrader={"grade": false, "grade_id": "bonus", "locked": false, "schema_version": 3, "solution": false, "task": false}
# Your experiments.

# %% [markdown]
# ## Summary
#
# - A BatchNorm behind a convolution is a part of it: fold it, with the layer's own epsilon, along the output channels. Folding makes biases, and biases keep relevance.
# - A BatchNorm that cannot fold can be passed, treated as a layer of its own, or merged with the ReLU and the layer behind it. With LRP-0 the last two are the same. Pass conserves, and does not go with the epsilon rule, whose $z$ may be nearly 0.
# - Sums share in proportion to their summands; a gradient would copy. Concatenations give back what each input brought.
# - Visit nodes backwards and *add* what meets. Nothing warns you if you do not, but the books do.
# - What stays at all nodes and what arrives add up to the logit, to the last digit. Where it stays tells you about biases and stabilisers; it does not tell you whether the map is true. That is lab 10.
#
# The next cell keeps the *source* of your functions in a file beside the labs' folders, so that later labs can use them. Nothing leaves your machine, and no mark depends on it.

# %%
carry.save(
    "lab08",
    globals(),
    ["fold_bn", "bn_affine", "lrp_affine", "split_bn", "lrp_add", "lrp_concat", "audit"],
)

# %% [markdown]
# ## References
#
# - Ioffe, Szegedy (2015). *Batch normalization: accelerating deep network training by reducing internal covariate shift.* ICML. The layer at inference: section 3.1.
# - He, Zhang, Ren, Sun (2016). *Deep residual learning for image recognition.* CVPR. ResNet50: table 1; its bottleneck: figure 5.
# - Huang, Liu, van der Maaten, Weinberger (2017). *Densely connected convolutional networks.* CVPR. DenseNet121: table 1.
# - Bach, Binder, Montavon, Klauschen, Müller, Samek (2015). *On pixel-wise explanations for non-linear classifier decisions by layer-wise relevance propagation.* PLoS ONE 10(7): e0130140. Epsilon: equation 58; alpha-beta: equation 60.
# - Montavon, Binder, Lapuschkin, Samek, Müller (2019). *Layer-wise relevance propagation: an overview.* In: Explainable AI, LNCS 11700. The rules and what they conserve: section 10.2.
# - Guillemot, Heusele, Korichi, Schnebert, Chen (2020). *Breaking batch normalization for better explainability of deep neural networks through layer-wise relevance propagation.* arXiv:2002.11018. BatchNorm merged with the layers around it.
# - Lapuschkin, Wäldchen, Binder, Montavon, Samek, Müller (2019). *Unmasking Clever Hans predictors and assessing what machines really learn.* Nature Communications 10: 1096. The flat rule, in the methods.
#
# ## Help and AI use
#
# Work in pairs if you like; hand in your own text and code. You may ask people, books and AI assistants about ideas, formulas and error messages. Code that you did not write yourself, from whatever source, needs a comment that says where it is from, and you have to be able to explain each line.
# Write the reflection without an assistant: it asks what *you* see. Name below who or what helped you, and with what.

# %% nbgrader={"grade": false, "grade_id": "help", "locked": false, "schema_version": 3, "solution": false, "task": false}
help_used = "nobody and nothing yet"
