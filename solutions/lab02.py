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
# # Lab 2: transfer learning with a frozen VGG16
#
# **You will teach a network that has never seen your 18 characters to tell them apart, without changing one of its weights, and measure honestly how well it does.**
#
# *Time:* 125 to 155 minutes for the core, 20 to 40 more for the bonus.
# *Builds on:* lab 1 (preprocessing, splits without leakage, a baseline).
#
# When you have finished you can
#
# 1. **implement** cross-entropy from logits and its gradient, stable for logits of any size, and **test** both by their laws;
# 2. **freeze** part of a Keras network and **extract** features from it, and name what must not change while you do;
# 3. **build** and **train** a head whose accuracy on pictures that nobody has seen is what you say it is;
# 4. **measure** a classifier by its confusion matrix, macro F1 and a bootstrap interval;
# 5. **find** bugs in a classifier by choosing data on which each of them shows, and **argue** from results with a claim, evidence and a limit.
#
# | part | contents | minutes |
# |---|---|---|
# | 1 | set-up, the picture first, recall | 15 |
# | 2 | the loss and its gradient: exercises 1 and 2 | 25 |
# | 3 | a frozen network: exercises 3 and 4 | 25 |
# | 4 | the head: exercises 5 and 6 | 30 |
# | 5 | measuring: exercises 7 and 8; few pictures, and from scratch | 30 |
# | 6 | bug hunt and reflection | 30 |
#
# Where to score: the exercises 32 points, predictions 8 (for being made), bug hunt 6, reflection 4; 50 in all.

# %% [markdown]
# ## Part 1. Set-up and the picture first
#
# Run the notebook cell by cell, with Shift + Enter: *Run All* stops at the first check whose exercise is not done.
# Everything in this lab works offline and on two cores. The first run draws the pictures, which takes about ten seconds, and keeps them.

# %%
import sys

import numpy as np

from toonlens import show
from toonlens.explore import explore
from toonlens.laws import lab02 as laws
from toonlens.laws import mine_or, read_only
from toonlens.models import build, preprocess
from toonlens.quiz import load as load_quiz
from toonlens.startup import import_keras
from toonlens.track import current_track

assert sys.version_info[:2] == (3, 11), "this course runs on Python 3.11: start Jupyter from its environment"
assert np.__version__ >= "2", "this course needs NumPy 2: start Jupyter from its environment"

keras = import_keras()
keras.utils.set_random_seed(2)
track = current_track()
data = track.load()
train, validation, test = data.train, data.validation, data.test
names, K = data.class_names, len(data.class_names)
quiz = load_quiz("quiz.json")
point = np.load("checkpoints.npz")  # what the reference gives, so that no exercise blocks the next
read_only(train.images, train.labels, validation.images, validation.labels, test.images, test.labels)
print(
    f"{data.title}: {K} classes; {len(train.labels)} pictures to train, {len(validation.labels)} to choose, {len(test.labels)} to measure"
)

# %% [markdown]
# ### Symbols
#
# Batches come first, rows are pictures, channels come last. What you write in NumPy is float64; networks compute in float32.
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $B$, $N$ | | | pictures in a batch, in a set |
# | $H, W, C$ | | | height, width, channels; $h, w$ of a feature map |
# | $K$ | `K` | | classes |
# | $D$ | | | features of a picture |
# | $x$ | `images` | `(B, H, W, 3)` | pictures, uint8, RGB |
# | $a$ | `maps` | `(B, h, w, C)` | feature maps: what the frozen network gives |
# | $f$ | `logits` | `(B, K)` | what the last layer gives, before the softmax |
# | $g$ | `base` | | the frozen network: $a = g(x)$ |
# | $\Phi$ | `features` | `(N, D)` | feature maps laid out flat, a row per picture |
# | $W$, $b$ | `kernel`, `bias` | `(C, K)`, `(K,)` | weights and biases of the head; in a shape, $W$ is the width |
# | $q$ | `dropout` | | share of features that dropout silences |
# | $p = \mathrm{softmax}(f)$ | | `(B, K)` | probabilities, each row adds up to 1 |
# | $y$, $\hat y$ | `y`, `yhat` | `(B,)` integers | true class, answer |
# | $\ell$ | | | loss: the mean cross-entropy |
# | $\theta$, $\eta$ | | | weights of a layer, learning rate |
# | $[\,\cdot\,]$ | | | 1 where it is true, else 0 |
#
# A picture is in exactly one of three sets. **Training** pictures are learnt from. **Validation** pictures decide between settings. **Test** pictures measure the one classifier that you chose, at the end.

# %% [markdown]
# ### The network
#
# The small VGG16 of this course was trained on other drawn characters and objects, none of them among your 18. Without its classifier it turns a picture of 64 × 64 pixels into 2 × 2 places with 128 features each.

# %%
base = build("vgg16", weights=track.weights, input_shape=(track.size, track.size, 3))
base.trainable = False
h, w, C = base.output_shape[1:]
weights = sum(int(np.prod(weight.shape)) for weight in base.get_weights())
print(f"VGG16 without its classifier: {weights:,} weights, all frozen; a picture becomes {h} x {w} x {C} features")

# %% [markdown]
# ### The picture first
#
# This is where you are going: eight test pictures, and what a head on the frozen features says about them. The head has 2322 weights; the network below it has never seen these characters. The last two pictures are among the few that it gets wrong. The reference made these; at the end of part 4 the same pictures come back with the answers of your head.
#
# Some pictures also show a second figure. The label is that of the main one: the larger, nearer the middle.

# %%
shown, first_logits = point["shown"], point["logits"]
top = np.exp(first_logits - first_logits.max(axis=1, keepdims=True))
top = top.max(axis=1) / top.sum(axis=1)
show.maps(
    list(point["pictures"]),
    [
        f"{point['names'][label]}\nanswer: {point['names'][row.argmax()]}, {100 * p:.0f} %"
        for label, row, p in zip(point["labels"], first_logits, top, strict=True)
    ],
    alt="Eight drawn characters in two rows with their names and the head's answers; the last two answers are wrong.",
)
mean, low, high, tested = point["fresh"]
print(
    f"Reference on {tested:.0f} fresh pictures: {100 * mean:.1f} % right (95 % interval {100 * low:.1f} to {100 * high:.1f})."
)

# %% [markdown]
# ### Recall
#
# Two questions before you start. Nothing here is graded, and every answer is explained.
#
# **Question 1.** You try 40 learning rates and keep the one with the best accuracy on the *test* pictures, 98.2 %. What is wrong with reporting 98.2 %?
#
# - **A.** Nothing: no weight was trained on the test pictures.
# - **B.** It is too high on average: the best of 40 is partly luck on these pictures.
# - **C.** It is too low: with more learning rates it would be higher.
# - **D.** Learning rates do not change accuracy.

# %%
quiz.ask("recall-test")

# %% [markdown]
# **Question 2.** The logits of a picture are $(2, 1, 0)$. You add 5 to each. What do its softmax probabilities do?
#
# - **A.** They grow.
# - **B.** The largest comes closer to 1.
# - **C.** They stay as they are.
# - **D.** They come closer to each other.

# %%
quiz.ask("recall-softmax")

# %% [markdown]
# ## Part 2. The loss and its gradient
#
# A head gives logits $f$. Training needs a number that says how bad they are, and how each logit should move.

# %% [markdown]
# ### Exercise 1. `softmax_xent`
#
# `Difficulty 2/5 · Importance 5/5 · 15 min · 4 points`
#
# **Why.** Cross-entropy asks: what probability did the network give to the truth? It takes the logarithm, so that being sure and wrong is expensive.
# Written as it stands, the formula breaks: `np.exp(710)` is infinite, and the logarithm of a probability that has shrunk to 0 is too. Both can happen in one batch.
# A number that is added to all logits of a picture changes nothing in the result (recall 2). So you may choose that number, picture by picture, such that nothing overflows; and $\log$ of a quotient is a difference, so the quotient never has to be computed.
#
# $$\ell = -\frac{1}{B} \sum_{i=1}^{B} \log p_{i, y_i}, \qquad p_{ik} = \frac{e^{f_{ik}}}{\sum_{k'} e^{f_{ik'}}}, \qquad \log p_{ik} = f_{ik} - \log \sum_{k'} e^{f_{ik'}}$$
#
# | name | shape | |
# |---|---|---|
# | `logits` | `(B, K)` | of any size, thousands too |
# | `y` | `(B,)` integers | true classes, 0 to K − 1 |
# | returns | a number | the mean over the batch, natural logarithm |
#
# **Predict before you run.** The network is wrong: another class leads the true one by a margin of 10. The margin grows to 20. What does the loss of this picture do?
#
# - **A.** It hardly changes: the probability of the truth is about 0 in both cases.
# - **B.** It about doubles.
# - **C.** It grows about 20,000 times, as $e^{10}$ does.


# %% nbgrader={"grade": false, "grade_id": "predict_xent_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_xent() -> str:
    """Return your letter, for example "A". Right or wrong is not graded; a prediction is."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "softmax_xent_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def softmax_xent(logits: np.ndarray, y: np.ndarray) -> float:
    """Mean cross-entropy from logits: logits (B, K), y (B,) -> a number."""
    ### BEGIN SOLUTION
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    return float((log_sum - shifted[np.arange(len(y)), y]).mean())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "softmax_xent", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_softmax_xent(softmax_xent)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# The third formula above needs no quotient. What is left to guard is `exp`: which number, taken from all logits of a row, makes the largest one 0?
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `logits.max(axis=1, keepdims=True)` has shape `(B, 1)` and can be subtracted from `(B, K)`. `table[np.arange(B), y]` picks one entry per row.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# shifted ← logits minus each row's largest; log_sum ← log of the row sums of exp(shifted); loss ← the mean of log_sum minus the shifted logit of the true class
# </details>
#
# *If you see* that a margin of 90 costs about 16, *suspect* a small number inside the logarithm, or clipping. *If you see* that certainty is never free, *suspect* a second softmax. *If you see* NaN in one row only, *suspect* one maximum for the whole batch.

# %%
margins = np.linspace(-900, 900, 181)
read_only(margins)


def naive(margin):
    """The formula as it stands, for two classes; NaN where it breaks."""
    with np.errstate(all="ignore"):
        e = np.exp([0.0, margin])
        value = 0.0 - np.log(e[0] / e.sum())
    return value if np.isfinite(value) else np.nan


mine = mine_or(
    point["loss_curve"],
    "softmax_xent",
    lambda: [softmax_xent(np.array([[0.0, m]]), np.array([0])) for m in margins],
)
stands = np.array([naive(m) for m in margins])
show.lines(
    margins,
    {"stable": mine, "as the formula stands": stands},
    title=f"As it stands, the formula ends at {margins[np.isfinite(stands)].max():.0f}",
    alt="Loss of one picture over the margin by which a wrong class leads, from -900 to 900. The stable loss is 0 on the left and rises in a straight line on the right; the naive one stops at about 700.",
    x_label="logit of a wrong class minus logit of the true class",
    y_label="loss",
)
quiz.compare("xent", lambda: predict_xent())

# %% [markdown]
# *A right picture* shows a loss that is 0 where the true class leads and a straight line of slope 1 where it trails, all the way; the naive curve lies on it and ends where `exp` overflows.

# %% [markdown]
# ### Exercise 2. `xent_grad`
#
# `Difficulty 2/5 · Importance 4/5 · 10 min · 3 points`
#
# **Why.** This is the most used derivative of deep learning, and it is short: probabilities minus truth. Every training step starts with it.
# It says that a picture pulls its true logit up and pushes the others down, each in proportion to the probability that it wrongly holds, and that a picture that is already right pulls hardly at all.
# From the formula of exercise 1, differentiate $-f_{i y_i} + \log \sum_k e^{f_{ik}}$ for one logit; mind the $1/B$ of the mean.
#
# $$\frac{\partial \ell}{\partial f_{ik}} = \frac{1}{B} \left( p_{ik} - [k = y_i] \right), \qquad [k = y_i] = 1 \text{ if } k = y_i, \text{ else } 0$$
#
# | name | shape | |
# |---|---|---|
# | `logits` | `(B, K)` | of any size |
# | `y` | `(B,)` integers | |
# | returns | `(B, K)` | gradient of the **mean** loss |
#
# **Predict before you run.** One picture, $B = 1$. How strong can its pull on the logit of its true class get, the more wrong the network is?
#
# - **A.** Up to 1 and no further.
# - **B.** Without bound, as the loss itself.
# - **C.** It gets weaker, because the softmax is flat there.


# %% nbgrader={"grade": false, "grade_id": "predict_grad_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_grad() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "A"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "xent_grad_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def xent_grad(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Gradient of softmax_xent with respect to the logits: logits (B, K), y (B,) -> (B, K)."""
    ### BEGIN SOLUTION
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    gradient = e / e.sum(axis=1, keepdims=True)
    gradient[np.arange(len(y)), y] -= 1
    return gradient / len(y)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "xent_grad", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
laws.check_xent_grad(xent_grad, softmax_xent)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Make the table of probabilities first, `(B, K)`. In each row one entry is special.
# </details>
# <details><summary>Hint 2: the call</summary>
#
# `table[np.arange(B), y] -= 1` changes one entry per row. `table[:, y]` would change many. The shift of exercise 1 keeps `exp` finite here too.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# e ← exp of the shifted logits; p ← e over its row sums; subtract one at the true classes; divide by the number of pictures
# </details>
#
# *If you see* slopes that are $B$ times too large, *suspect* the mean. *If you see* rows that do not add up to 0, *suspect* which entries got the $-1$.

# %%
slopes = np.linspace(-8, 8, 65)
read_only(slopes)
pulls = mine_or(
    point["pulls"],
    "xent_grad",
    lambda: np.concatenate([xent_grad(np.array([[0.0, m, -2.0]]), np.array([0])) for m in slopes]),
)
show.lines(
    slopes,
    {"true class": pulls[:, 0], "class that leads or trails": pulls[:, 1], "a third class": pulls[:, 2]},
    alt="Gradient of three logits over the margin of one wrong class. The true class's falls from about -0.1 to -1, the wrong class's rises from 0 to 1, the third falls from about 0.1 to 0.",
    x_label="logit of a wrong class minus logit of the true class",
    y_label="gradient of the loss",
)
quiz.compare("grad", lambda: predict_grad())

# %% [markdown]
# *A right picture* shows three curves that add up to 0 everywhere: one falls to −1, one rises to 1, the third, with little probability, stays close to 0.

# %% [markdown]
# ## Part 3. A frozen network
#
# Below your head stands a network whose weights must not move. In Keras that is one attribute, `trainable`, with a trap called BatchNorm; and using the network has a trap of its own, training mode.

# %% [markdown]
# ### Exercise 3. `freeze`
#
# `Difficulty 2/5 · Importance 4/5 · 10 min · 4 points`
#
# **Why.** Early layers see edges and colours, useful for any picture; late layers see what their first task needed. So people freeze the early part and train the rest.
# A layer with `trainable = False` gets no update. A BatchNorm has two vectors more that change *without* any gradient: its moving mean and variance follow the batches. In Keras, `trainable = False` on a BatchNorm also switches it to inference mode, so these stand still as well; that is special to this layer.
# You decide for **every** layer: an earlier call must leave no trace, and a slip in a name must not pass silently.
#
# $$\theta_d \leftarrow \begin{cases} \theta_d & d \le d^{*} \quad \text{(weights and moving statistics alike)} \\ \theta_d - \eta\, \partial \ell / \partial \theta_d & d > d^{*} \end{cases} \qquad \text{for layer } d \text{ of the list}$$
#
# | name | shape | |
# |---|---|---|
# | `model` | a Keras model | `model.layers` lists its layers, the input first; changed in place |
# | `upto` | text | name of layer $d^{*}$: it and all layers before it are frozen, all after it learn |
# | returns | nothing | raises `ValueError` if no layer has that name |
#
# In a training step no weight and no moving statistic of a frozen layer changes; the layers after it learn, BatchNorm among them with both. VGG16 has no BatchNorm, the networks of the checks do.
#
# **Predict before you run.** You freeze VGG16 up to `block4_pool`, put a head on it and train one step. Which parts move?
#
# - **A.** The head only.
# - **B.** All, the early blocks a little.
# - **C.** Block 5 and the head.


# %% nbgrader={"grade": false, "grade_id": "predict_freeze_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_freeze() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "freeze_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def freeze(model, upto: str) -> None:
    """Make the layers up to and including ``upto`` not trainable, all others trainable."""
    ### BEGIN SOLUTION
    last = model.layers.index(model.get_layer(upto))
    for place, layer in enumerate(model.layers):
        layer.trainable = place > last
    ### END SOLUTION


# %% [markdown]
# The next cell, given, lets the checks try your function on tiny networks: networks do not travel to the grader, arrays do.


# %%
def probe_freeze(params, names, upto, x, y, rate):
    """Given: builds a tiny network, calls your freeze, takes one training step and returns all arrays."""
    return laws.probe_freeze(freeze, params, names, upto, x, y, rate)


def probe_unknown():
    """Given: what your freeze raises for a layer that is not there."""
    return laws.probe_unknown(freeze)


# %% nbgrader={"grade": true, "grade_id": "freeze", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_freeze(freeze)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Find the place of the named layer in the list of layers, then walk over all of them and say of each what it is.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `model.get_layer(name)` gives a layer, and raises `ValueError` if there is none. `model.layers.index(layer)` gives its place.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# last ← place of the named layer; for every place and layer: trainable ← whether the place comes after last
# </details>
#
# *If you see* moving statistics that change, *suspect* that BatchNorm layers were left out. *If you see* that a second call leaves layers shut, *suspect* that you only ever set False.


# %%
def moved_by_block():
    """Relative change of each part of VGG16 with a head, in percent, by one training step after your freeze."""
    network = build("vgg16", weights=track.weights, input_shape=(track.size, track.size, 3))
    logits = keras.layers.Dense(K, name="head")(keras.layers.GlobalAveragePooling2D()(network.output))
    model = keras.Model(network.input, logits)
    freeze(model, "block4_pool")
    model.compile(
        keras.optimizers.SGD(1e-2), keras.losses.SparseCategoricalCrossentropy(from_logits=True), run_eagerly=True
    )
    parts = ["block1", "block2", "block3", "block4", "block5", "head"]
    before = [
        [p for layer in model.layers if layer.name.startswith(part) for p in layer.get_weights()] for part in parts
    ]
    model.train_on_batch(preprocess(train.images[:64], "vgg16"), train.labels[:64])
    after = [
        [p for layer in model.layers if layer.name.startswith(part) for p in layer.get_weights()] for part in parts
    ]
    return [
        100 * sum(np.abs(n - o).sum() for n, o in zip(new, old, strict=True)) / sum(np.abs(o).sum() for o in old)
        for new, old in zip(after, before, strict=True)
    ]


moved = mine_or(point["moved"], "freeze", moved_by_block)
show.bars(
    {"change": moved},
    ["block 1", "block 2", "block 3", "block 4", "block 5", "head"],
    alt="Relative change of the weights of VGG16's five blocks and its head in one training step: zero for blocks 1 to 4, above zero for block 5 and the head.",
    unit="change in one step (%)",
)
quiz.compare("freeze", lambda: predict_freeze())

# %% [markdown]
# *A right picture* shows no bar at all for blocks 1 to 4, exactly zero and not merely small, and bars for block 5 and the head.

# %% [markdown]
# ### Exercise 4. `extract`
#
# `Difficulty 2/5 · Importance 5/5 · 15 min · 4 points`
#
# **Why.** A network that does not change gives the same features for a picture every time. So compute them once, keep them, and train heads on a table of numbers in seconds.
# Two slips ruin this without an error. In *training mode* dropout makes features random and BatchNorm mixes pictures of a batch; you need inference mode. And a shuffled data set comes in a **new order each time you go through it**: features from one pass and labels from another do not belong together, and the head learns nothing.
#
# $$\Phi_i = \mathrm{flat}\left( g(x_i) \right) \in \mathbb{R}^D, \qquad D = h \cdot w \cdot C, \qquad g \text{ in inference mode}$$
#
# | name | shape | |
# |---|---|---|
# | `model` | a Keras model | `(B, H, W, 3)`, preprocessed, to `(B, h, w, C)` |
# | `ds` | batches | `for x, y in ds:` gives preprocessed pictures `(B, H, W, 3)` and labels `(B,)`; sizes of batches may differ. `ds` can only be looped over, **once**: `model.predict(ds)` does not accept it |
# | returns | `(N, D)`, `(N,)` | two arrays: features, each picture's laid out flat as `reshape` does, and labels, in the order in which they came |
#
# The model is the same after the call as before.
#
# **Predict before you run.** For a test picture you look up the nearest training picture: once by its pixels, once by its features. What do the neighbours share with it?
#
# - **A.** The neighbour in pixels shares background and light, the one in features the character.
# - **B.** Both neighbours mostly show the same character.
# - **C.** The neighbour in pixels shares the character, the one in features the background.


# %% nbgrader={"grade": false, "grade_id": "predict_extract_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_extract() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "A"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "extract_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def extract(model, ds) -> tuple[np.ndarray, np.ndarray]:
    """Features (N, D) and labels (N,) of a data set, in its order, the model in inference mode."""
    ### BEGIN SOLUTION
    features, labels = [], []
    for x, y in ds:
        maps = np.asarray(model(x, training=False))
        features.append(maps.reshape(len(maps), -1))
        labels.append(y)
    return np.concatenate(features), np.concatenate(labels)
    ### END SOLUTION


# %%
def probe_extract(params, x, y, sizes, shuffled=False):
    """Given: runs your extract on a tiny network and batches of these pictures, and returns arrays."""
    return laws.probe_extract(extract, params, x, y, sizes, shuffled)


# %% nbgrader={"grade": true, "grade_id": "extract", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_extract(extract)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# One loop and two lists. In each turn both lists grow by what belongs to the same batch.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `model(x, training=False)` gives a tensor, `np.asarray` makes an array of it. `array.reshape(len(array), -1)` lays each picture's features out flat. `np.concatenate` joins a list of arrays along axis 0.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# for each batch: maps ← model in inference mode; append maps, flat; append labels. Return both lists, joined
# </details>
#
# *If you see* that a picture alone has other features than in a batch, *suspect* training mode. *If you see* a head that learns nothing later, *suspect* two passes over a shuffled data set.
#
# Now the features of all three sets, with your function if it passes. This takes 10 to 40 seconds, the longest wait of this lab.

# %%
features = {}
for part, pictures in (("train", train), ("validation", validation), ("test", test)):
    features[part] = laws.features_or(extract, base, pictures.images, pictures.labels)
maps = {part: values.reshape(-1, h, w, C) for part, values in features.items()}
read_only(*features.values(), *maps.values())

# %%
asked = [3, 100, 205, 411]
pixels = {
    part: pictures.images[:, ::4, ::4].reshape(len(pictures.images), -1).astype(float)
    for part, pictures in (("train", train), ("test", test))
}


def nearest(rows, known):
    """Place of the nearest row of ``known`` for each of ``rows``."""
    return [int(((known - row) ** 2).sum(axis=1).argmin()) for row in rows]


by_pixels = nearest(pixels["test"][asked], pixels["train"])
by_features = nearest(features["test"][asked], features["train"])
show.maps(
    [test.images[k] for k in asked] + [train.images[k] for k in by_pixels] + [train.images[k] for k in by_features],
    [names[test.labels[k]] for k in asked]
    + [f"by pixels:\n{names[train.labels[k]]}" for k in by_pixels]
    + [f"by features:\n{names[train.labels[k]]}" for k in by_features],
    alt="Four test pictures; beneath each the nearest training picture by pixels, mostly another character on a similar background, and the nearest by features, mostly the same character.",
)
same = [
    float((train.labels[nearest(table["test"][:200], table["train"])] == test.labels[:200]).mean())
    for table in (pixels, features)
]
print(
    f"Of 200 test pictures the nearest training picture shows the same character: by pixels {100 * same[0]:.0f} %, by features {100 * same[1]:.0f} %."
)
quiz.compare("extract", lambda: predict_extract())

# %% [markdown]
# *A right picture* shows in the second row pictures of similar colours at the same places, whoever stands there, and in the third row the character itself in other poses and places.

# %% [markdown]
# **Checkpoint 1.** From here on `features` and `maps` hold what the frozen network makes of all pictures: by your `extract`, or by the library if that exercise is not done. Nothing of parts 2 and 3 is needed to go on.

# %%
print(", ".join(f"{part} {values.shape}" for part, values in maps.items()))

# %% [markdown]
# ## Part 4. The head
#
# The study that this course follows put Flatten, Dense(1024), Dropout and a softmax on VGG16: over half a million weights here, for 18 classes. You will use fewer.

# %% [markdown]
# ### Exercise 5. `build_head`
#
# `Difficulty 2/5 · Importance 4/5 · 10 min · 4 points`
#
# **Why.** *Global average pooling* throws away where a feature was and keeps how much of it there was: a character may stand anywhere. *Dropout* silences each pooled feature with probability $q$ while training, so that no answer hangs on one feature; those that stay are scaled by $1/(1-q)$, so that in inference, without dropout, the mean is the same.
# The head ends in **logits**. The loss of Keras then works as yours of exercise 1 does (`from_logits=True`), and later labs explain logits, not probabilities.
#
# $$f = \left( m \odot \frac{1}{hw} \sum_{u,v} a_{uv} \right) W + b, \qquad m_c = \begin{cases} \{0, \tfrac{1}{1-q}\} \text{ with probability } \{q, 1-q\} & \text{training} \\ 1 & \text{inference} \end{cases}$$
#
# | name | shape | |
# |---|---|---|
# | `shape` | `(h, w, C)` | of the feature maps |
# | `K` | integer | classes |
# | `dropout` | number, 0 ≤ $q$ < 1 | share of pooled features that training drops |
# | returns | a Keras model | `(B, h, w, C)` to logits `(B, K)`, built, with exactly two arrays of weights: $W$ `(C, K)` and $b$ `(K,)` |
#
# **Predict before you run.** With dropout 0.5 you send the same picture through the head 200 times in training mode. The logits
#
# - **A.** are the same each time.
# - **B.** scatter around half the logits of inference mode, because half of the features are missing.
# - **C.** scatter around the logits of inference mode.


# %% nbgrader={"grade": false, "grade_id": "predict_head_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_head() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "build_head_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def build_head(shape: tuple[int, int, int], K: int, dropout: float):
    """A Keras model on feature maps: average pooling, dropout, one dense layer to logits."""
    ### BEGIN SOLUTION
    maps = keras.Input(shape)
    pooled = keras.layers.GlobalAveragePooling2D()(maps)
    dropped = keras.layers.Dropout(dropout)(pooled)
    return keras.Model(maps, keras.layers.Dense(K)(dropped))
    ### END SOLUTION


# %%
def probe_head(shape, K, dropout, x, kernel, bias):
    """Given: builds your head, puts these weights into it, and returns its logits in both modes."""
    return laws.probe_head(build_head, shape, K, dropout, x, kernel, bias)


# %% nbgrader={"grade": true, "grade_id": "build_head", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_build_head(build_head)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Three layers, in the order of the formula: the mean over places, the mask, the product with $W$.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# In `keras.layers`: `GlobalAveragePooling2D()`, `Dropout(q)`, `Dense(K)`, whose activation is none unless you name one. `keras.Sequential([keras.Input(shape), ...])` or `keras.Model(input, output)` makes the model.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# input of this shape → average over places → dropout → dense layer with K outputs, linear
# </details>
#
# *If you see* a kernel with $h \cdot w \cdot C$ rows, *suspect* Flatten. *If you see* that biases go missing in training, *suspect* dropout after the dense layer.

# %%
chance = np.random.default_rng(5)
kernel, bias = chance.normal(size=(C, K)) / np.sqrt(C), np.zeros(K)
one = np.repeat(maps["test"][:1] / maps["train"].std(), 200, axis=0)


def passes():
    """Logits of one picture: in inference mode, in one training pass, and the mean of 200 training passes."""
    given = probe_head([h, w, C], K, 0.5, one, kernel, bias)
    return [given["logits"][0], given["training"][0], given["training"].mean(axis=0)]


three = mine_or(point["passes"], "build_head", passes)
show.lines(
    np.arange(K),
    {"inference": three[0], "one training pass": three[1], "mean of 200 training passes": three[2]},
    alt="Logits of one picture for 18 classes: those of one training pass lie off those of inference mode, the mean of 200 training passes lies close to them.",
    x_label="class",
    y_label="logit (random weights)",
)
quiz.compare("head", lambda: predict_head())

# %% [markdown]
# *A right picture* shows the mean of many passes close to inference, while a single pass is off by as much as the logits are large.

# %% [markdown]
# ### Exercise 6. `train_head`, `classify`, `report`
#
# `Difficulty 3/5 · Importance 5/5 · 20 min · 6 points`
#
# **Why.** Now the parts become a classifier, and the classifier is graded on what counts: pictures that nobody has seen.
# The grader draws new pictures of the 18 characters, sends them to `classify` in random order and keeps the labels. Learning the released pictures by heart does not help there. `report` says how good you believe your classifier is; it has to be true.
# `train_head` is a proposal: any classifier on features of the frozen network will do for `classify`.
#
# $$\hat y(x) = \arg\max_k f_k\left( g(x) \right), \qquad \mathrm{accuracy} = \frac{1}{N} \sum_{i=1}^{N} [\hat y(x_i) = y_i]$$
#
# | name | shape | |
# |---|---|---|
# | `train_head` | `maps (N, h, w, C)`, `y (N,)`, then the same for validation | returns the trained head and its history: four lists of one number per epoch, `"loss"`, `"accuracy"`, `"val_loss"`, `"val_accuracy"` |
# | `classify` | `images (N, H, W, 3)` uint8, raw | returns `(N,)` integers, 0 to K − 1; each picture by itself |
# | `report` | | returns a number from 0 to 1: the accuracy of `classify` on the test pictures |
#
# **What is due.** The reference's accuracy is printed above, measured on thousands of fresh pictures. Yours, on 180 fresh ones, must be at most **8 points** below it. Of 180 pictures, a classifier that is right with probability 0.97 gets 97 % give or take 1.3 points by chance; the margin allows for that, and such a classifier fails in fewer than one of ten thousand gradings. What `report` says must be what `classify` does on the released test pictures, exactly, and that must agree with fresh pictures within 8 points too. And it must not have *learnt* from test pictures: the grader compares hard ones among them with fresh ones that are as hard.
#
# **Predict before you run.** The curves below show accuracy after every epoch, on training pictures (measured during training, with dropout on) and on validation pictures. Which is higher in the first epochs?
#
# - **A.** Training: the head has seen these pictures.
# - **B.** Validation.
# - **C.** They are equal until the head overfits.


# %% nbgrader={"grade": false, "grade_id": "predict_classify_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_classify() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "classify_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
DROPOUT, RATE, EPOCHS = 0.3, 3e-3, 30  # choose by the validation pictures, never by the test pictures


def train_head(maps: np.ndarray, y: np.ndarray, val_maps: np.ndarray, val_y: np.ndarray):
    """Train a head on feature maps; return it and its history, a dictionary of four lists."""
    ### BEGIN SOLUTION
    head = build_head(maps.shape[1:], K, DROPOUT)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    head.compile(keras.optimizers.Adam(RATE), loss, metrics=["accuracy"])
    fitted = head.fit(maps, y, validation_data=(val_maps, val_y), epochs=EPOCHS, batch_size=64, verbose=0)
    return head, fitted.history
    ### END SOLUTION


def classify(images: np.ndarray) -> np.ndarray:
    """Classes (N,) of raw pictures (N, H, W, 3), by `base` and the `head` that the next cell trains."""
    ### BEGIN SOLUTION
    batches = laws.Batches(images, np.zeros(len(images), dtype=int))
    found, _ = extract(base, batches)
    return np.asarray(head(found.reshape(-1, h, w, C), training=False)).argmax(axis=1)
    ### END SOLUTION


def report() -> float:
    """The accuracy of classify on the released test pictures."""
    ### BEGIN SOLUTION
    return float((classify(test.images) == test.labels).mean())
    ### END SOLUTION


# %% [markdown]
# The next cell trains: 10 to 20 seconds without a message. The check below it classifies more than 1000 pictures, twice: about as long.

# %%
made = laws.attempt(
    "train_head", lambda: [train_head(maps["train"], train.labels, maps["validation"], validation.labels)]
)
head, history = laws.head_and_history(made)
due = float(point["fresh"][0]) - laws.MARGIN if track.name == "small" else 0.0
laws.check_trained(made)  # the form alone: a head and four lists; what the head is worth, the next check says

# %% nbgrader={"grade": true, "grade_id": "classify", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_classify(classify, report, test.images, test.labels, due)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# `train_head`: build, compile, fit. `classify`: what happened to the training pictures has to happen to new ones, step by step: preprocess, frozen network, head, the largest logit. `report`: call `classify`.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `head.compile(keras.optimizers.Adam(RATE), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])`; `head.fit(..., verbose=0).history` is the dictionary. `laws.Batches(images, labels)` makes preprocessed batches for `extract` (any labels will do), or call `preprocess(images, "vgg16")` yourself, a few hundred pictures at a time.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# classify: features of the images by `base`, in the shape of maps; logits ← head on them in inference mode; place of the largest logit of each row. report: the share of test pictures for which that is the label
# </details>
#
# *If you see* an accuracy around a half, *suspect* a missing `preprocess`, or a loss without `from_logits=True`; the last `val_accuracy` in `history` tells which. *If you see* one near 1 / K, *suspect* labels in another order than features. *If you see* a loss that does not fall, *suspect* softmax in the head together with `from_logits=True`, or the learning rate.

# %%
keys = ("accuracy", "val_accuracy", "loss", "val_loss")
own = laws.attempt("train_head", lambda: np.array([history[key] for key in keys], dtype=float)) if history else None
curves = point["history"] if own is None else own
print(f"Made {'from the checkpoint' if own is None else 'with your train_head'}.")
epochs = np.arange(1, curves.shape[1] + 1)
show.lines(
    epochs,
    {"training, with dropout": curves[0], "validation": curves[1]},
    alt="Accuracy after each epoch: training and validation rise quickly to above 95 percent, validation higher from the first epoch on.",
    x_label="epoch",
    y_label="accuracy",
    limits=(0, 1.05),
)
show.lines(
    epochs,
    {"training, with dropout": curves[2], "validation": curves[3]},
    alt="Loss after each epoch: both fall steeply and level off; the validation loss stays below the training loss for many epochs.",
    x_label="epoch",
    y_label="loss",
)
quiz.compare("classify", lambda: predict_classify())

# %% [markdown]
# *A right picture* shows both accuracies rise within a few epochs and no rise of the validation loss at the end. If your validation loss turns upwards, your head is learning its training pictures by heart: more dropout, fewer epochs.

# %% [markdown]
# **Checkpoint 2.** The answers to all test pictures, by your `classify` or by the reference, and the eight pictures of the beginning. Does your head get the last two wrong as well, and with the same answer?

# %%
answers = mine_or(point["answers"], "classify", lambda: classify(test.images)).astype(int)
print(
    f"{(answers != test.labels).sum()} of {len(test.labels)} test pictures are wrong: accuracy {100 * (answers == test.labels).mean():.1f} %."
)
again = shown if track.name == "small" else np.arange(8)
show.maps(
    [test.images[k] for k in again],
    [f"{names[test.labels[k]]}\nanswer: {names[answers[k]]}" for k in again],
    alt="The eight test pictures of the beginning with their names and the answers: the first six right, the last two hard ones.",
)

# %% [markdown]
# ## Part 5. Measuring
#
# One number hides where a classifier fails, and how sure you can be of the number. To have mistakes to look at, the next cell, given, also trains a head on **five** pictures of each class: a linear one, by scikit-learn, on pooled features.

# %%
from sklearn.linear_model import LogisticRegression

pooled = {part: values.mean(axis=(1, 2)) for part, values in maps.items()}


def few_pictures(count):
    """Answers to the test pictures of a linear head that learnt from ``count`` pictures of each class."""
    chosen = np.concatenate([np.flatnonzero(train.labels == k)[:count] for k in range(K)])
    x = pooled["train"][chosen]
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 0.1 * x.std()
    linear = LogisticRegression(C=0.1, max_iter=500).fit((x - mean) / deviation, train.labels[chosen])
    return linear.predict((pooled["test"] - mean) / deviation)


five = few_pictures(5)
print(f"Five pictures of each class: {100 * (five == test.labels).mean():.1f} % of the test pictures are right.")

# %% [markdown]
# ### Exercise 7. `confusion` and `macro_f1`
#
# `Difficulty 2/5 · Importance 3/5 · 15 min · 4 points`
#
# **Why.** A confusion matrix counts who was taken for whom. Its diagonal is what was right; a large entry beside it is a pair of characters that the features cannot tell apart.
# Accuracy is the diagonal's share of all pictures, so large classes rule it. *Macro F1* gives each class one score, the harmonic mean of its precision and recall, and takes the plain mean over classes: a class of three pictures counts as much as one of three hundred.
#
# $$M_{ij} = \sum_{t=1}^{N} [y_t = i]\,[\hat y_t = j], \qquad F1_k = \frac{2\,TP_k}{2\,TP_k + FP_k + FN_k}, \qquad \text{macro } F1 = \frac{1}{K} \sum_k F1_k$$
#
# | name | shape | |
# |---|---|---|
# | `y`, `yhat` | `(N,)` integers | true classes, answers |
# | `K` | integer | classes, also those that do not occur |
# | `confusion` returns | `(K, K)` | row: true class, column: answer |
# | `cm` | `(K, K)` | a confusion matrix |
# | `macro_f1` returns | a number | $TP_k = M_{kk}$, $FP_k$ the rest of column $k$, $FN_k$ the rest of row $k$; $F1_k = 0$ where that is 0 / 0 |
#
# **Predict before you run.** The head of five pictures a class makes some mistakes. How are they spread over the 306 pairs (true class, wrong answer)?
#
# - **A.** A few pairs have many each, most pairs have none.
# - **B.** Evenly, about equally many in each pair.
# - **C.** All in the row of one class.


# %% nbgrader={"grade": false, "grade_id": "predict_confusion_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_confusion() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "A"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "confusion_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def confusion(y: np.ndarray, yhat: np.ndarray, K: int) -> np.ndarray:
    """Pictures of class i that were called j: y and yhat (N,) -> (K, K)."""
    ### BEGIN SOLUTION
    cm = np.zeros((K, K), dtype=int)
    np.add.at(cm, (y, yhat), 1)
    return cm
    ### END SOLUTION


def macro_f1(cm: np.ndarray) -> float:
    """Mean over the classes of F1: cm (K, K) -> a number."""
    ### BEGIN SOLUTION
    hits = np.diag(cm)
    total = cm.sum(axis=0) + cm.sum(axis=1)  # 2 TP + FP + FN
    return float((2 * hits / np.maximum(total, 1)).mean())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "confusion", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_confusion(confusion, macro_f1)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Every picture adds one to one entry. For F1, column sums and row sums hold all you need: what is $2\,TP + FP + FN$ in terms of them?
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `np.add.at(table, (rows, columns), 1)` counts repeated pairs, `table[rows, columns] += 1` does not. `np.diag(cm)` is the diagonal.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# confusion: zeros (K, K); add one at (y, yhat) for each picture. macro_f1: twice the diagonal, divided by column sum plus row sum where that is not 0; the mean of the K scores
# </details>
#
# *If you see* a matrix of zeros and ones, *suspect* `+=` with index arrays. *If you see* rows that add up to the numbers of answers, *suspect* swapped indices.

# %%
found = mine_or(point["few_cm"], "confusion", lambda: confusion(test.labels, five, K))
show.matrix(
    found,
    names,
    alt="Confusion matrix of the head that learnt from five pictures of each of 18 characters: most counts on the diagonal, a few larger entries beside it, most entries empty.",
)
scores = mine_or(
    point["scores"], "macro_f1", lambda: [macro_f1(confusion(test.labels, yhat, K)) for yhat in (five, answers)]
)
print(f"Macro F1: five pictures a class {scores[0]:.3f}, all pictures {scores[1]:.3f}.")
quiz.compare("confusion", lambda: predict_confusion())

# %% [markdown]
# *A right picture* shows a strong diagonal whose rows add up to 49 or 50, and beside it a handful of entries that stand out.
#
# Here are the most confused pairs. Above, test pictures of one character that were taken for another; below each, a training picture of that other one. Choose a pair; without widgets you see the first.

# %%
off = found - np.diag(np.diag(found))
worst = [
    tuple(int(place) for place in np.unravel_index(k, off.shape))
    for k in np.argsort(-off, axis=None, kind="stable")[:6]
]
pairs = {
    f"{names[i]} called {names[j]} ({off[i, j]:.0f})": (i, j)
    for i, j in worst
    if ((test.labels == i) & (five == j)).any()
}


def show_pair(pair):
    i, j = pair
    wrong = np.flatnonzero((test.labels == i) & (five == j))[:4]
    other = np.flatnonzero(train.labels == j)[: len(wrong)]
    show.maps(
        [test.images[k] for k in wrong] + [train.images[k] for k in other],
        [f"{names[i]}\ncalled {names[j]}" for _ in wrong] + [names[j] for _ in other],
        alt=f"Above, test pictures of {names[i]} that were called {names[j]}; below, training pictures of {names[j]}.",
        columns=max(1, len(wrong)),
    )


if pairs:
    explore(show_pair, pair=pairs)
else:
    print("No pair of this matrix has pictures: run the check of confusion.")

# %% [markdown]
# ### Exercise 8. `bootstrap_ci`
#
# `Difficulty 2/5 · Importance 5/5 · 10 min · 3 points`
#
# **Why.** 890 other test pictures would have given another accuracy. How different? The *bootstrap* answers by pretending: draw $N$ of your $N$ pictures **with replacement**, take the mean, do it $n$ times, and see how far the means scatter. The middle 95 % of them are the interval.
# It covers the luck of the test pictures only, not that of the training pictures or of the random start.
# So that everybody gets the same interval, the draws are prescribed.
#
# $$\bar s^{(r)} = \frac{1}{N} \sum_{i=1}^{N} s_{j_{ri}}, \quad j_{ri} \in \{0, \dots, N-1\} \text{ at random}, \qquad \left( Q_{0.025}(\bar s^{(1)}, \dots, \bar s^{(n)}),\; Q_{0.975}(\dots) \right)$$
#
# | name | shape | |
# |---|---|---|
# | `correct` | `(N,)` numbers | $s_i$: 1.0 where the answer is right, 0.0 where it is wrong |
# | `n` | integer | resamples |
# | `seed` | integer | the draws are those of `np.random.default_rng(seed).integers(0, N, size=(n, N))`: row $r$ is resample $r$ |
# | returns | two numbers | low and high: quantiles $Q_{0.025}$ and $Q_{0.975}$ of the $n$ means, by `np.quantile` as it is (`np.percentile` takes 2.5, `np.quantile` takes 0.025) |
#
# **Predict before you run.** You measure on four times as many test pictures. What happens to the width of the interval?
#
# - **A.** It shrinks to a quarter.
# - **B.** It stays: it depends on the classifier only.
# - **C.** It shrinks to about half.


# %% nbgrader={"grade": false, "grade_id": "predict_ci_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_ci() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "bootstrap_ci_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bootstrap_ci(correct: np.ndarray, n: int, seed: int) -> tuple[float, float]:
    """95 % percentile interval of the mean of correct (N,), from n resamples."""
    ### BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(correct), size=(n, len(correct)))
    low, high = np.quantile(correct[rows].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bootstrap_ci", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
laws.check_bootstrap_ci(bootstrap_ci)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# A table of draws, `(n, N)`, indexes `correct` and gives a table of zeros and ones. Each row has a mean.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `correct[rows]` has the shape of `rows`. `np.quantile(values, [q1, q2])` gives two numbers.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# rows ← the prescribed draws; means ← mean over axis 1 of correct at rows; low, high ← the two quantiles
# </details>
#
# *If you see* an interval without width, *suspect* draws without replacement. *If you see* one that is far too wide, *suspect* quantiles of the pictures instead of means.

# %%
counts = np.array([50, 100, 200, 400, 800])
mixed = np.random.default_rng(8).permutation((few_pictures(1) == test.labels).astype(float))
read_only(mixed)
ends = mine_or(point["ends"], "bootstrap_ci", lambda: [bootstrap_ci(mixed[:count], 2000, 8) for count in counts])
show.lines(
    counts,
    {"accuracy": np.array([mixed[:count].mean() for count in counts]), "low": ends[:, 0], "high": ends[:, 1]},
    alt="Accuracy of a head that learnt from one picture of each class and the ends of its 95 percent interval, on 50 to 800 test pictures: the interval is wide on the left and narrow on the right.",
    x_label="test pictures",
    y_label="accuracy",
    limits=(0.4, 1.02),
)
width = ends[:, 1] - ends[:, 0]
show.lines(
    counts,
    {"width of the interval": width, "1 / square root, from the last": width[-1] * np.sqrt(counts[-1] / counts)},
    alt="Width of the interval on 50 to 800 test pictures, falling from above 0.2 to 0.06, close to a curve that falls as one over the square root of the number of pictures.",
    x_label="test pictures",
    y_label="high minus low",
)
quiz.compare("ci", lambda: predict_ci())

# %% [markdown]
# *A right picture* shows a funnel, and a width that falls as $1 / \sqrt{N}$: four times as many pictures, about half the width, most closely where there are many. (The head here learnt from one picture of each class.)

# %% nbgrader={"grade": true, "grade_id": "predictions", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
quiz.count(globals(), ["xent", "grad", "freeze", "extract", "head", "classify", "confusion", "ci"])

# %% [markdown]
# ### Integration: how many pictures does it take?
#
# Your interval, on linear heads that learnt from 1 to 200 pictures of each class.

# %%
sizes = np.array([1, 2, 5, 10, 20, 50, 100, 200])


def measured():
    """Accuracy, low and high for each size."""
    rights = [(few_pictures(size) == test.labels).astype(float) for size in sizes]
    return [(right.mean(), *bootstrap_ci(right, 2000, 9)) for right in rights]


curve = mine_or(point["curve"], "bootstrap_ci", measured)
show.lines(
    np.log2(sizes),
    {"frozen VGG16": curve[:, 0], "low": curve[:, 1], "high": curve[:, 2]},
    alt="Accuracy on the test pictures against the number of training pictures of each class, 1 to 200 on a logarithmic axis, with a 95 percent interval: from about 75 percent with one picture to 99 percent with 200.",
    x_label="training pictures of each class",
    y_label="accuracy",
    limits=(0.7, 1.0),
    ticks=sizes.tolist(),
)

# %% [markdown]
# And without transfer? The next figure puts the frozen network beside the same network trained from random weights, beside a small network from scratch, and beside a linear classifier on pixels. The numbers are those of the data card of the drawn characters: below each bar stands how many pictures of each class it learnt from; the thin lines are 95 % intervals.

# %%
scratch = point["scratch"]  # accuracy, low, high
rows = [str(row) for row in point["scratch_names"]]
show.bars(
    {"accuracy": scratch[:, 0]},
    rows,
    alt="Accuracy of classifiers on the 890 test pictures: frozen VGG16 with 20 and with 200 pictures a class above 95 percent, VGG16 from scratch with 20 about 35, a small network from scratch about 44, pixels with 200 about 50.",
    unit="accuracy",
    intervals={"accuracy": scratch[:, 1:]},
)

# %% [markdown]
# Look at both figures. 200 pictures of each class give a linear classifier on pixels about a half: does the frozen network reach that even with one? And what does the interval *not* cover here? (Each size was tried with one choice of training pictures.)

# %% [markdown]
# ## Part 6. Bug hunt and reflection
#
# ### Bug hunt
#
# `Difficulty 3/5 · Importance 4/5 · 15 min · 6 points`
#
# A colleague wrote the simplest classifier on features: the *nearest class mean*. Features are standardised, each by its own mean and deviation **over the training set**; every class that occurs in `train_y` has the mean of its training pictures; a new picture gets the class whose mean is nearest.
# On the colleague's test set it looked fine. **There are three bugs.** Each hides on most data and shows on some: choose small data on which you know the right answer. Write the repaired function below it.
# You may hand any function to a check: `laws.check_nearest_mean(nearest_mean_buggy)` in a cell of your own shows a first symptom.


# %%
def nearest_mean_buggy(train_x, train_y, x):
    """Class of the nearest class mean: train_x (N, D), train_y (N,), new pictures x (M, D) -> (M,)."""
    deviation = train_x.std() + 1e-9
    known = (train_x - train_x.mean(axis=0)) / deviation
    new = (x - x.mean(axis=0)) / deviation
    present = np.unique(train_y)
    means = np.stack([known[train_y == k].mean(axis=0) for k in present])
    distance = ((new[:, None] - means[None]) ** 2).sum(axis=-1)
    return distance.argmin(axis=1)


# %% nbgrader={"grade": false, "grade_id": "bug_hunt_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def nearest_mean(train_x: np.ndarray, train_y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The repaired function. Mark each repair with a comment that says what was wrong."""
    ### BEGIN SOLUTION
    centre = train_x.mean(axis=0)
    spread = train_x.std(axis=0) + 1e-9  # one for each feature; one for all lets the loudest feature decide
    old = (train_x - centre) / spread
    z = (x - centre) / spread  # from the training set's mean: by its own mean, a picture alone would be all zeros
    classes = np.unique(train_y)
    m = np.stack([old[train_y == k].mean(axis=0) for k in classes])
    squared = ((z[:, None] - m[None]) ** 2).sum(axis=-1)
    return classes[squared.argmin(axis=1)]  # argmin gives a place in the list of classes, not a class
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bug_hunt", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_nearest_mean(nearest_mean)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# For each line, ask what it computes from: the training set or the new pictures, one feature or all, classes or places in a list. Think of one new picture alone, of features in different units, of classes whose numbers have gaps.
# </details>
# <details><summary>Hint 2: where to look</summary>
#
# One bug is in the deviation, one in how new pictures are centred, one in the last line.
# </details>
# <details><summary>Hint 3: how to find each</summary>
#
# One new picture alone shows the first; a feature multiplied by 1000 in both sets shows the second; classes 3, 5 and 9 show the third.
# </details>
#
# *If you see* that every new picture alone gets the same class, *suspect* the centring. *If you see* answers that are no class of the training set, *suspect* the last line.

# %% [markdown]
# ### Reflection
#
# `15 min · 4 points`
#
# In 150 words at most: **does the frozen network recognise the characters, or something that goes with them?** Choose one pair of characters that your matrix shows as confused, or one that it never confuses. Write four parts.
# *Claim*: one sentence that could be wrong. *Evidence*: at least two pictures or numbers of this lab, named. *Limitation*: what these results cannot show.
# *Alternative*: another explanation of the same results, and a test that would tell the two apart. Each part counts one point.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# **Claim.** The head of five pictures takes Sheriff Dune for Doctor Fennel when he wears a blue vest and a pale hat, not because their faces look alike.
#
# **Evidence.** In the matrix of exercise 7 it is the largest entry beside the diagonal: 9 of his 49 test pictures are called Doctor Fennel. In the pair's picture three of the four wear a blue vest and a pale hat (of the fourth only the head is seen), and the doctor wears pale coats and blue ties; a moustache stands against goggles and white hair, so the faces share little.
#
# **Limitation.** I saw four of nine pictures, for one choice of five training pictures. The matrix counts answers; it cannot show which features led to them.
#
# **Alternative.** It may be the light: pale pictures are called Doctor Fennel, whoever is in them. Paint the nine vests brown and leave the light. If my claim holds, most become right; if light decides, nothing changes.

# %% [markdown]
# ## Bonus
#
# Nothing here is graded.
#
# 1. **Which block?** Cut VGG16 after `block3_pool`, `block4_pool` and `block5_pool`, pool the features of each and train `few_pictures(20)` on them. Which block transfers best?
# 2. **Neighbours as a classifier.** Classify by the nearest training picture in features, pooled and not pooled. Is it within the margin? What does it cost in memory?
# 3. **The luck of the training pictures.** Repeat `few_pictures(5)` with 20 different choices of five pictures. Compare the scatter with the bootstrap interval of one of them.
# 4. **A leak of your own.** Train a head on training *and* test pictures and compare `report()` with the accuracy on validation pictures. Why is the difference so small here, and when would it be large?

# %% nbgrader={"grade": false, "grade_id": "bonus", "locked": false, "schema_version": 3, "solution": false, "task": false}
# Your experiments.

# %% [markdown]
# ## Summary
#
# - Cross-entropy from logits is a log-sum-exp minus one logit, each row shifted by its own maximum; its gradient is probabilities minus truth, over $B$.
# - Frozen means: no weight and no moving statistic changes. Features are extracted once, in inference mode, with labels from the same pass.
# - A linear head on pooled features of a network that saw other characters does better with 20 pictures a class than the same network from scratch, by far.
# - Test pictures measure, once. An accuracy comes with an interval, and the interval says which luck it covers.
# - What you wrote is what `toonlens.transfer` and `toonlens.stats` do for the later labs: they extract features, train heads and give intervals.
#
# ## References
#
# - Simonyan, Zisserman (2015). *Very deep convolutional networks for large-scale image recognition.* ICLR. VGG16 is configuration D of table 1.
# - Yosinski, Clune, Bengio, Lipson (2014). *How transferable are features in deep neural networks?* NeurIPS. Figure 2: which layers transfer.
# - Lin, Chen, Yan (2014). *Network in network.* ICLR. Section 3.2: global average pooling.
# - Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov (2014). *Dropout: a simple way to prevent neural networks from overfitting.* JMLR 15. Section 4: the model.
# - Ioffe, Szegedy (2015). *Batch normalization: accelerating deep network training by reducing internal covariate shift.* ICML. Algorithm 2: inference.
# - Efron, Tibshirani (1993). *An introduction to the bootstrap.* Chapman & Hall. Section 13.3: the percentile interval.
# - Goodfellow, Bengio, Courville (2016). *Deep learning.* MIT Press. Section 4.1: overflow, underflow and the softmax.
#
# ## Help and AI use
#
# Work in pairs if you like; hand in your own text and code. You may ask people, books and AI assistants about ideas, formulas and error messages. Code that you did not write yourself, from whatever source, needs a comment that says where it is from, and you have to be able to explain each line.
# Write the reflection without an assistant: it asks what *you* see. Name below who or what helped you, and with what.

# %% nbgrader={"grade": false, "grade_id": "help", "locked": false, "schema_version": 3, "solution": false, "task": false}
help_used = "nobody and nothing yet"
