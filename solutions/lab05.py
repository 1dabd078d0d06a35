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
# # Lab 5: deconvnet and guided backprop on whole networks
#
# **You will carry single units and class scores of VGG16, ResNet50 and DenseNet121 back to the pixels, and find out why a sharp map need not be a faithful one.**
#
# *Time:* 130 to 170 minutes for the core, 20 to 40 more for the bonus.
# *Builds on:* lab 2 (logits and softmax), lab 3 (residual and dense blocks), lab 4 (switches, three ways back through a ReLU).
#
# When you have finished you can
#
# 1. **implement** the backward pass of the gradient, of the deconvnet and of guided backpropagation for a whole Keras network, branches included;
# 2. **compute** which pixels a unit can see, and **test** it by changing the others;
# 3. **predict** which of the three backward passes depends on the picture, and through what;
# 4. **explain** a logit, class by class, and **draw** the map without moving its zero;
# 5. **compare** the maps of a trained network with those of random weights, and **argue** from numbers what a map can be evidence for.
#
# | part | contents | minutes |
# |---|---|---|
# | 1 | set-up, the picture first, recall | 15 |
# | 2 | what a unit does and what it sees: exercises 1 to 3 | 35 |
# | 3 | three ways back: exercises 4 and 5, units of three networks | 40 |
# | 4 | from units to classes: exercises 6 and 7 | 25 |
# | 5 | is the map true? exercise 8, trained against random | 20 |
# | 6 | bug hunt and reflection | 25 |
#
# Where to score: the exercises 32 points, predictions 8 (for being made), bug hunt 6, reflection 4; 50 in all.

# %% [markdown]
# ## Part 1. Set-up and the picture first
#
# Run the notebook cell by cell, with Shift + Enter: *Run All* stops at the first check whose exercise is not done.
# Everything in this lab works offline and on two cores. The first two cells load TensorFlow and three networks; give them half a minute.

# %%
import sys
from functools import cache, lru_cache

import numpy as np

from toonlens import show
from toonlens.explore import explore
from toonlens.laws import lab05 as laws
from toonlens.laws import mine_or, read_only
from toonlens.models import build, preprocess
from toonlens.quiz import load as load_quiz
from toonlens.startup import import_keras
from toonlens.track import current_track
from toonlens.units import path_specs, strongest

keras = import_keras()
import tensorflow as tf

assert sys.version_info[:2] == (3, 11), "this course runs on Python 3.11: start Jupyter from its environment"
assert keras.__version__ >= "3", "this course needs Keras 3: start Jupyter from its environment"

track = current_track()  # the small networks and drawn characters, unless TOONLENS_TRACK=full
quiz = load_quiz("quiz.json")
point = np.load("checkpoints.npz")  # what the reference gives, so that no exercise blocks the next
ARCHS = {"vgg16": "VGG16", "resnet50": "ResNet50", "densenet121": "DenseNet121"}

# %% [markdown]
# ### Symbols
#
# Batches come first, channels last. Whole networks run in TensorFlow in float32; what you return is a NumPy array.
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $B$ | | | images in a batch |
# | $H, W$ | | | rows and columns of a picture: 64 and 64 |
# | $H_l, W_l, C$ | | | rows, columns and channels of layer $l$ |
# | $K$ | | | classes |
# | $x$ | `x` | `(B, H, W, 3)` | preprocessed pictures |
# | $A^{(l)}$ | `A` | `(B, H_l, W_l, C)` | activations of layer $l$: its output, after the activation that the layer has itself |
# | $z$ | `z` | any | what goes into a ReLU (pre-activation) |
# | $R$ | `R` | as $A$ or $x$ | what comes back: a gradient, or what takes its place |
# | $f_c$ | `logits[:, c]` | `(B,)` | logit of class $c$, before the softmax |
# | $c$ | `c` | `(B,)` | one class for each image |
# | $h$ | `h` | `(H, W)` | a map: one number per pixel |
# | $\mathbb{1}[\cdot]$ | | | 1 where the condition holds, else 0 |
# | $\odot$ | `*` | | product, element by element |

# %% [markdown]
# ### Three networks and their pictures
#
# Each network is a base from lab 3 with a linear head: global average pooling, one dense layer, softmax. The bases are frozen; the heads were trained on the characters.

# %%
# For each network two layers, and in them the channels to look at.
UNITS = {
    "vgg16": (("block2_conv2", (26, 12)), ("block3_conv3", (2,))),
    "resnet50": (("conv2_block3_out", (32, 53)), ("conv3_block2_out", (2,))),
    "densenet121": (("conv2_block4_0_relu", (11, 23)), ("conv3_block2_0_relu", (35,))),
}


def with_head(arch, V, b):
    """Given: the base of a network, average pooling, and a dense softmax layer with these weights."""
    base = build(arch, weights=track.weights, input_shape=(track.size, track.size, 3))
    features = keras.layers.GlobalAveragePooling2D(name="avg_pool")(base.output)
    head = keras.layers.Dense(V.shape[1], activation="softmax", name="predictions")
    model = keras.Model(base.input, head(features), name=arch)
    head.set_weights([V, b])
    return model


if track.name == "small":
    stored, heads = np.load("pictures.npz"), np.load("heads.npz")
    images, labels, names = stored["images"], stored["labels"], [str(name) for name in stored["names"]]
    gallery, tops = stored["gallery"], {arch: stored[f"tops_{arch}"] for arch in ARCHS}
    models = {arch: with_head(arch, heads[f"W_{arch}"], heads[f"b_{arch}"]) for arch in ARCHS}
else:  # the full networks and the Simpsons: heads are trained here, in some minutes
    from toonlens.transfer import fit

    data = track.load()
    images, labels, names = data.test.images[:8], data.test.labels[:8], list(data.class_names)
    train = (data.train.images, data.train.labels)
    models = {arch: fit(arch, "frozen", train, weights=track.weights, quiet=True).model for arch in ARCHS}
    gallery = data.validation.images[:400]
    tops = {
        arch: np.concatenate([strongest(models[arch], arch, gallery, layer, chosen) for layer, chosen in UNITS[arch]])
        for arch in ARCHS
    }

x = {arch: preprocess(images, arch) for arch in ARCHS}
read_only(images, labels, gallery, *x.values())
for arch, model in models.items():
    answers = np.asarray(model(x[arch], training=False)).argmax(axis=1)
    print(
        f"{ARCHS[arch]}: {len(model.layers)} layers, {np.mean(answers == labels):.0%} right on the {len(labels)} pictures of this lab"
    )
if track.name == "small":
    for arch in ARCHS:
        mean, low, high, tested = heads[f"accuracy_{arch}"]
        print(f"{ARCHS[arch]}: {mean:.1%} on {tested:.0f} test pictures (95 % interval {low:.1%} to {high:.1%})")

# %% [markdown]
# The next cell, given, lets the grader reach the functions that you are going to write. Networks cannot travel, so small ones are made of arrays on your side. You need not read it.
# Where an exercise builds on an earlier one, the grader lends it what that makes: each exercise is graded by itself.


# %%
def probe_record(plan, x):
    return laws.probe_record(record, plan, x)


def probe_relu(mode, z, R):
    return laws.probe_relu(relu_with, mode, z, R)


def probe_project(plan, x, layer, ch, mode, lent=None):
    return laws.probe_project(project, plan, x, layer, ch, mode, lent)


def probe_vgg16(pictures, layer, ch, mode, lent=None):
    return laws.probe_project(project, models["vgg16"], preprocess(pictures, "vgg16"), layer, ch, mode, lent)


def probe_saliency(plan, x, c, mode, lent=None):
    return laws.probe_saliency(guided_saliency, plan, x, c, mode, lent=lent)


def probe_repaired(plan, x, c, lent=None):
    return laws.probe_saliency(guided_repaired, plan, x, c, lent=lent)


# %% [markdown]
# ### The picture first
#
# This is where you are going. Both rows explain the logit of the same class for the same picture, by guided backpropagation, in three networks. Red is positive, blue negative, and such maps are usually read so: red pixels argue for the class, blue ones against it. Each map has its own scale; the numbers stand beside its bar.
# **In one of the two rows every weight of the networks is a random number.** Which one? Decide before you read on. The reference implementation made these; in part 5 yours does, and puts a number on it.

# %%
trained_first, random_first = np.moveaxis(point["both"].astype(np.float64), 1, 0)
show.maps(
    [images[0], *trained_first, images[0], *random_first],
    [title for row in (1, 2) for title in ("picture", *(f"row {row}: {name}" for name in ARCHS.values()))],
    alt="Two rows: the same drawn character and its guided maps in VGG16, ResNet50 and DenseNet121. Row 1 is concentrated on the face; in row 2 VGG16 draws all outlines, the two others show grains of both colours over much of the picture.",
    unit="guided map",
)

# %% [markdown]
# It is the second row. Its networks know no character at all. Still the random VGG16 draws the outlines more fully than the trained one, and in all three random networks about half of the map (45 to 50 % of its sum of magnitudes) lies on the dog's head, which covers a third of the picture. In the trained ones it is 71 to 75 %. Part 5 puts a number on how well the rows agree.

# %% [markdown]
# ### Recall
#
# Two questions before you start. Nothing here is graded, and every answer is explained.
#
# **Question 1.** A max-pooling took the largest of four values. On the way back, $R = 3$ arrives at its output. What do the four inputs get?
#
# - **A.** 0.75 each.
# - **B.** 3 at the place of the largest, 0 elsewhere.
# - **C.** 3 at the upper left, 0 elsewhere.
# - **D.** 3 each.

# %%
quiz.ask("recall-switch")

# %% [markdown]
# **Question 2.** A network is sure: the softmax of class $c$ is 0.9999. How large is the gradient of that probability with respect to the pixels, compared with the gradient of the logit $f_c$?
#
# - **A.** Larger, because the network is sure.
# - **B.** The same: the softmax is only a scale.
# - **C.** Almost zero, because the softmax is flat there.
# - **D.** It has the opposite sign.

# %%
quiz.ask("recall-softmax")

# %% [markdown]
# ## Part 2. What a unit does and what it sees
#
# A unit is one number in a layer: a place and a channel. Before you ask what excites it, you need its value in a given picture, and the pixels that can influence it at all.

# %% [markdown]
# ### Exercise 1. `record`
#
# `Difficulty 2/5 · Importance 4/5 · 10 min · 3 points`
#
# **Why.** Everything that follows starts from activations. In lab 4 you kept them yourself, layer after layer. In ResNet50 and DenseNet121 the list of layers is no chain: an Add reads two layers, a Concatenate too, so feeding each layer with the one before it in the list computes another network.
# Keras knows who reads whom. A model may have many outputs: ask it for all of them at once. BatchNorm must use its stored statistics, as it does at inference: otherwise one image's activations depend on its batch.
#
# $$A^{(0)} = x, \qquad A^{(l)} = F_l\left( A^{(p_1)}, A^{(p_2)}, \dots \right) \qquad \text{with } p_1, p_2, \dots \text{ the layers that layer } l \text{ reads}$$
#
# | name | shape | |
# |---|---|---|
# | `model` | | functional Keras model with one input |
# | `x` | `(B, H, W, 3)` | preprocessed pictures |
# | returns | dict | for **every** layer in `model.layers`, the input layer included: its name → its output, a NumPy array `(B, ...)`, at inference |
#
# **Predict before you run.** A picture has 64 × 64 pixels. Before `block3_conv3` of VGG16 come two max-poolings with stride 2; its own block's pool comes after it. What is the shape of its record?
#
# - **A.** `(1, 64, 64, C)`
# - **B.** `(1, 16, 16, C)`
# - **C.** `(1, 8, 8, C)`


# %% nbgrader={"grade": false, "grade_id": "predict_record_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_record() -> str:
    """Return your letter, for example "A". Right or wrong is not graded; a prediction is."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "record_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def record(model: keras.Model, x: np.ndarray) -> dict[str, np.ndarray]:
    """The output of every layer at inference: x (B, H, W, 3) -> layer name -> activations (B, ...)."""
    ### BEGIN SOLUTION
    every_layer = keras.Model(model.input, [layer.output for layer in model.layers])
    outputs = every_layer(x, training=False)
    return {layer.name: A.numpy() for layer, A in zip(model.layers, outputs, strict=True)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "record", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
laws.check_record(record)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# A second model shares the layers of the first one, but has another list of outputs. No weights are copied.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `keras.Model(model.input, outputs)` with `outputs` a list of `layer.output`. Call it with `training=False`; a tensor becomes an array with `.numpy()`.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# outputs ← the symbolic output of each layer; every_layer ← a model from the input to all outputs; result ← names paired with what every_layer gives for x
# </details>
#
# *If you see* a layer whose record does not follow from those below it, *suspect* a loop over `model.layers` that hands each layer's output to the next. *If you see* activations that change with the batch, *suspect* `training=True`.

# %%
DEPTHS = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3")


def share_on(found):
    """The share of units with a positive activation, at four depths."""
    return [float(np.mean(found[layer] > 0)) for layer in DEPTHS]


on = mine_or(point["record"], "record", lambda: share_on(record(models["vgg16"], x["vgg16"][:1])))
show.bars(
    {"units that are on": 100 * on},
    DEPTHS,
    alt="Share of the units of four layers of VGG16 that are on for one picture: 65 % in block 1, falling to 39 % in block 4.",
    unit="% of the layer's units",
)
quiz.compare("record", lambda: predict_record())

# %% [markdown]
# *A right picture* shows four shares between 0 and 100 %, falling from the first block to the deeper ones: deep units are picky. The record of `block3_conv3` has 16 × 16 places.

# %% [markdown]
# ### Exercise 2. `seed_unit`
#
# `Difficulty 2/5 · Importance 4/5 · 10 min · 3 points`
#
# **Why.** To see what excites *one* unit, everything else in its layer has to be silent on the way back. Zeiler and Fergus set all other activations of the layer to zero and hand what is left to the deconvnet. Which unit? Of one channel, the place where it is strongest in this picture.
# The seed keeps the activation's value, so a unit that answers twice as strongly starts a map twice as strong. Strongest means largest: in a layer without a ReLU a value of −9 is far from zero, and still not strong.
#
# $$\mathrm{seed}(A, k)_{1ijk'} = \begin{cases} A_{1ijk} & (i, j) = \operatorname{arg\,max}_{i', j'} A_{1i'j'k} \ \text{ and } \ k' = k \\ 0 & \text{else} \end{cases}$$
#
# | name | shape | |
# |---|---|---|
# | `A` | `(1, H_l, W_l, C)` | activations of a layer, for one picture |
# | `ch` | integer | the channel $k$ |
# | returns | `(1, H_l, W_l, C)` | one value kept, zeros elsewhere; if several places tie, keep one of them |
#
# **Predict before you run.** `A` has shape `(1, 16, 16, 64)`, and every activation is positive. How many values of the seed are not zero?
#
# - **A.** 256, one for each place.
# - **B.** 64, one for each channel.
# - **C.** 1.


# %% nbgrader={"grade": false, "grade_id": "predict_seed_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_seed() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "seed_unit_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def seed_unit(A: np.ndarray, ch: int) -> np.ndarray:
    """The strongest activation of channel ch and zeros elsewhere: A (1, H_l, W_l, C) -> (1, H_l, W_l, C)."""
    ### BEGIN SOLUTION
    plane = A[0, :, :, ch]
    i, j = np.unravel_index(plane.argmax(), plane.shape)
    seed = np.zeros_like(A)
    seed[0, i, j, ch] = A[0, i, j, ch]
    return seed
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "seed_unit", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
laws.check_seed_unit(seed_unit)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Look at one plane, the channel's; find the place of its maximum; copy one number into an array of zeros.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `plane.argmax()` counts through all places; `np.unravel_index(number, plane.shape)` turns that into a row and a column.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# plane ← A at image 0 and channel ch; i, j ← place of its maximum; seed ← zeros like A; seed at (0, i, j, ch) ← A there
# </details>
#
# *If you see* 64 values that are not zero, *suspect* a maximum taken for every channel. *If you see* the wrong place, *suspect* an `argmax` over the whole of `A`, or `abs`.

# %%
LAYER, CHANNEL = UNITS["vgg16"][1][0], UNITS["vgg16"][1][1][0]
picture = gallery[tops["vgg16"][2][0]]  # the picture that excites this channel most
until = keras.Model(models["vgg16"].input, models["vgg16"].get_layer(LAYER).output)
A = np.asarray(until(preprocess(picture[None], "vgg16"), training=False))
read_only(A)
seed = mine_or(point["seed"], "seed_unit", lambda: seed_unit(A, CHANNEL)[0, :, :, CHANNEL])
show.maps(
    [picture, A[0, :, :, CHANNEL], seed],
    ["picture", f"{LAYER}, channel {CHANNEL}", "its seed"],
    alt="A drawn character, the activations of one channel in its 16 by 16 places, and the seed: one bright place, the others dark.",
    unit="activation",
    signed=False,
    shared=True,
)
quiz.compare("seed", lambda: predict_seed())

# %% [markdown]
# *A right picture* shows one bright square in the seed, at the place and with the colour of the brightest in the middle panel.

# %% [markdown]
# ### Exercise 3. `receptive_field`
#
# `Difficulty 3/5 · Importance 4/5 · 15 min · 5 points`
#
# **Why.** A unit cannot answer to what it does not see. Its window grows from layer to layer: a kernel of 3 lets it look at three units of the layer below, which lie some pixels apart. That distance is the *jump*, the product of all strides so far; a padding zero moves the first window to the left.
# A map of one unit must be blank outside its window: that law catches many bugs. It also tells you which patch of the picture to put beside the map.
#
# $$r_l = r_{l-1} + (\kappa_l - 1)\, j_{l-1}, \qquad s_l = s_{l-1} - p_l\, j_{l-1}, \qquad j_l = j_{l-1}\, t_l, \qquad r_0 = j_0 = 1, \; s_0 = 0$$
#
# | name | shape | |
# |---|---|---|
# | `specs` | list of triples | kernel $\kappa$, stride $t$, padding $p$ (zeros at the left), from the image upwards; may be empty |
# | `receptive_field` returns | three integers | size $r$ of the window, jump $j$, first pixel $s$ of unit 0 (below 0 in the padding) |
# | `u`, `side` | integers | the unit counted from 0 along one axis; pixels of the image along it |
# | `unit_box` returns | two integers | first pixel that unit `u` sees, and the first one beyond its window; both cut to 0 … `side` |
#
# **Predict before you run.** Two convolutions 3 × 3, a max-pooling 2 × 2 with stride 2, one more convolution 3 × 3. How many pixels wide is the window of a unit?
#
# - **A.** 8
# - **B.** 10
# - **C.** 18


# %% nbgrader={"grade": false, "grade_id": "predict_field_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_field() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "receptive_field_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def receptive_field(specs: list[tuple[int, int, int]]) -> tuple[int, int, int]:
    """specs: (kernel, stride, padding) from the image upwards -> size of the window, jump, first pixel of unit 0."""
    ### BEGIN SOLUTION
    size, jump, start = 1, 1, 0
    for kernel, stride, padding in specs:
        size += (kernel - 1) * jump
        start -= padding * jump
        jump *= stride
    return size, jump, start
    ### END SOLUTION


def unit_box(specs: list[tuple[int, int, int]], u: int, side: int) -> tuple[int, int]:
    """First pixel that unit u sees along one axis, and the first beyond; both within 0 and side."""
    ### BEGIN SOLUTION
    size, jump, start = receptive_field(specs)
    first = start + u * jump
    return max(first, 0), min(first + size, side)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "receptive_field", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
laws.check_receptive_field(receptive_field, unit_box)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# One loop from the image upwards, with three numbers that you update for each layer. Two of the updates use the jump of the layers *below*.
# </details>
# <details><summary>Hint 2: the order</summary>
#
# Change the jump last. For `unit_box`: unit 0 starts at `start`, unit `u` is `u` jumps further; then cut both ends, one with `max`, one with `min`.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# size, jump, start ← 1, 1, 0; for each layer: size grows by (kernel − 1) jumps, start falls by padding jumps, jump is multiplied by the stride. Box: first ← start + u jumps; past ← first + size; cut
# </details>
#
# *If you see* windows that are too small above a pool, *suspect* that you add $\kappa - 1$ without the jump. *If you see* a box that is one pixel short, *suspect* that `past` is the last pixel in place of the first beyond.


# %%
@cache
def specs_of(arch, layer):
    """Given: kernel, stride and padding on the widest way from the image to a layer."""
    return path_specs(models[arch], layer)


def box_of(arch, A, layer, ch):
    """Given, over your unit_box: rows and columns (top, bottom, left, right) that the strongest unit of a channel sees."""
    i, j = np.unravel_index(A[0, :, :, ch].argmax(), A.shape[1:3])
    specs = specs_of(arch, layer)
    return [*unit_box(specs, int(i), track.size), *unit_box(specs, int(j), track.size)]


def seen(layer):
    """1 on the pixels that the unit in the middle of a layer of VGG16 sees."""
    middle = models["vgg16"].get_layer(layer).output.shape[1] // 2
    first, past = unit_box(specs_of("vgg16", layer), middle, track.size)
    mask = np.zeros((track.size, track.size))
    mask[first:past, first:past] = 1
    return mask


windows = mine_or(point["windows"], "unit_box", lambda: [seen(layer) for layer in DEPTHS])
show.maps(
    [show.Over(mask, images[0]) for mask in windows],
    [f"{layer}: {int(mask.max(axis=0).sum())} px" for layer, mask in zip(DEPTHS, windows, strict=True)],
    alt="One character four times; a bright square in the middle shows what a unit of block 1, 2, 3 and 4 of VGG16 sees: a few pixels, 14, 40, the whole picture.",
    unit="1: seen",
    signed=False,
    shared=True,
)

STAGES = {
    "vgg16": [f"block{k}_pool" for k in range(1, 6)],
    "resnet50": ["conv1_relu", "conv2_block3_out", "conv3_block4_out", "conv4_block6_out", "conv5_block3_out"],
    "densenet121": ["conv1_relu", "pool2_pool", "pool3_pool", "pool4_pool", "relu"],
}
sizes = mine_or(
    point["sizes"],
    "receptive_field",
    lambda: [[receptive_field(specs_of(arch, layer))[0] for layer in STAGES[arch]] for arch in ARCHS],
)
show.bars(
    dict(zip(ARCHS.values(), sizes, strict=True)),
    [f"stage {k}" for k in range(1, 6)],
    alt="Width of a unit's window at the end of five stages of three networks, on a logarithmic axis with a line at the picture's 64 pixels. ResNet50 and DenseNet121 are above the line from stage 3 on, VGG16 from stage 4 on; DenseNet121 ends above two thousand pixels.",
    unit="pixels, log scale",
    log=True,
    line=("the picture", track.size),
)
quiz.compare("field", lambda: predict_field())

# %% [markdown]
# *A right picture* shows windows of 5, 14 and 40 pixels in blocks 1 to 3, and the whole picture in block 4. In the bars, deep units of all three networks could see more than there is: the picture has 64 pixels, and ResNet50 and DenseNet121 pass that line in stage 3.
# What a unit *can* see is not what it listens to: most of its answer comes from the middle of its window (Luo et al. 2016).

# %% [markdown]
# **Checkpoint 1.** From here on windows, seeds and maps are loaded from `checkpoints.npz` where a function of yours is missing. If an exercise is not done, go on: `project`, `guided_saliency` and the bug hunt call your `seed_unit` and `relu_with`, and so do their checks here; the grader lends them what right ones make, so a mistake costs you points once.

# %% [markdown]
# ## Part 3. Three ways back
#
# Convolutions go back through their transpose, max-pooling through its switches, BatchNorm, Add and Concatenate as the chain rule says. On all of these the gradient, the deconvnet and guided backpropagation agree: **they differ in the ReLU alone.**
# So you need not write a walk for each network. You exchange one function, and let TensorFlow's tape do the rest.

# %% [markdown]
# ### Exercise 4. `relu_with`
#
# `Difficulty 3/5 · Importance 5/5 · 15 min · 4 points`
#
# **Why.** In lab 4 you wrote the three rules in NumPy. Now you teach them to TensorFlow. A function under `@tf.custom_gradient` returns two things: its value, and a function that turns the $R$ arriving at its output into the $R$ for its input. The tape calls that function in place of the true derivative.
# Forward, all three are the same ReLU: the network's answers must not change.
#
# $$\text{grad}: \; R \odot \mathbb{1}[z > 0] \qquad \text{deconv}: \; R \odot \mathbb{1}[R > 0] \qquad \text{guided}: \; R \odot \mathbb{1}[z > 0] \odot \mathbb{1}[R > 0]$$
#
# | name | shape | |
# |---|---|---|
# | `mode` | text | `"grad"`, `"deconv"` or `"guided"` |
# | returns | function | takes a tensor $z$ of any shape; gives $\max(z, 0)$; hands $R$ back by the rule of the mode |
#
# **Predict before you run.** A unit was *off* in the forward pass, $z = -1$. From above arrives $R = +2$. Which way back hands it on?
#
# - **A.** grad
# - **B.** deconv
# - **C.** guided


# %% nbgrader={"grade": false, "grade_id": "predict_relu_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_relu() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "relu_with_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def relu_with(mode: str):
    """A ReLU for tensors whose way back follows mode: "grad", "deconv" or "guided"."""

    @tf.custom_gradient
    def relu(z):
        def back(R):
            """R at the output of this ReLU -> R at its input."""
            ### BEGIN SOLUTION
            on, positive = tf.cast(z > 0, R.dtype), tf.cast(R > 0, R.dtype)
            gates = {"grad": on, "deconv": positive, "guided": on * positive}
            return R * gates[mode]
            ### END SOLUTION

        return tf.nn.relu(z), back

    return relu


# %% nbgrader={"grade": true, "grade_id": "relu_with", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_relu_with(relu_with)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Two gates: one was made on the way up (was the unit on?), one is made on the way down (is $R$ positive?). Each mode uses one of them or both.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `tf.cast(z > 0, R.dtype)` is a tensor of zeros and ones. `z` is known inside `back`, because `back` is defined inside `relu`. Stay within TensorFlow.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# on ← ones where z is positive; positive ← ones where R is positive; result ← R times the gate or gates of the mode
# </details>
#
# *If you see* that nothing comes back, *suspect* a `.numpy()` or a NumPy function inside. *If you see* values that are neither $R$ nor 0, *suspect* a product with $z$ in place of its gate.

# %%
z4, R4 = np.array([1.0, 1.0, -1.0, -1.0]), np.array([2.0, -2.0, 2.0, -2.0])
read_only(z4, R4)
passed = mine_or(
    point["relu"],
    "relu_with",
    lambda: [laws.probe_relu(relu_with, mode, z4, R4)["backward"] for mode in laws.MODES],
)
show.bars(
    dict(zip(laws.MODES, passed + 0.0, strict=True)),  # + 0.0 makes 0 of -0
    ["on, positive R", "on, negative R", "off, positive R", "off, negative R"],
    alt="What three modes hand back in four cases. Unit on: grad passes both signs, the others only the positive R. Unit off: only deconv passes the positive R.",
    unit="R handed on",
)
quiz.compare("relu", lambda: predict_relu())

# %% [markdown]
# *A right picture* shows that in the first case all three pass, in the last none. In the second, grad alone hands on what is negative; in the third, the deconvnet alone wakes a unit that was off.

# %% [markdown]
# ### The twin
#
# The next cell, given, makes a *twin* of a network: the same layers, the same weights, your ReLU in place of every ReLU, whether it stands in a layer of its own (ResNet50, DenseNet121) or inside a convolution (VGG16). Its answers are those of the original. A twin is made once and kept.


# %%
@lru_cache(maxsize=8)
def make_twin(model, mode, relu_of):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    relu = tf.nn.relu if mode == "grad" else relu_of(mode)  # TensorFlow's own ReLU has the true gradient
    for layer in copy.layers:
        own = getattr(layer, "activation", None)
        if own is keras.activations.relu:
            layer.activation = relu
    return copy


def twin(model, mode):
    """Given: a copy of a network whose ReLUs go back by mode; the forward pass stays as it is."""
    return make_twin(model, mode, relu_with)


# %% [markdown]
# ### Exercise 5. `project`
#
# `Difficulty 4/5 · Importance 5/5 · 20 min · 7 points`
#
# **Why.** This is the deconvnet of Zeiler and Fergus, and more. Run the twin up to a layer while a tape watches the *picture*; make a seed of what you get; let the tape carry the seed down. Start from the seed and not from the channel: otherwise hundreds of units mix.
# In mode "grad" this is the unit's activation times its slope, which can be measured.
#
# $$R^{(l)} = \mathrm{seed}\left( A^{(l)}, k \right), \qquad R^{(0)} = \left( \frac{\partial A^{(l)}}{\partial x} \right)^{\!\top}_{\text{mode}} R^{(l)}$$
#
# with every ReLU's derivative replaced by the rule of the mode.
#
# | name | shape | |
# |---|---|---|
# | `model` | | functional Keras model |
# | `x` | `(1, H, W, 3)` | one picture, preprocessed |
# | `layer`, `ch` | text, integer | name of a layer with output `(1, H_l, W_l, C)`; a channel of it |
# | `mode` | text | `"grad"`, `"deconv"` or `"guided"` |
# | returns | `(1, H, W, 3)` | the map, a NumPy array shaped like the image |
#
# **Predict before you run.** Below `block1_conv2` there is no pooling. You take one of its channels and two different pictures, and project the strongest unit of each. In which mode do both projections show the same pattern, up to a factor?
#
# - **A.** grad
# - **B.** deconv
# - **C.** guided


# %% nbgrader={"grade": false, "grade_id": "predict_project_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_project() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "project_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def project(model: keras.Model, x: np.ndarray, layer: str, ch: int, mode: str) -> np.ndarray:
    """Carry the strongest unit of channel ch of a layer down to the picture: x (1, H, W, 3) -> (1, H, W, 3)."""
    ### BEGIN SOLUTION
    copy = twin(model, mode)
    part = keras.Model(copy.input, copy.get_layer(layer).output)
    image = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(image)
        A = part(image, training=False)
    seed = seed_unit(A.numpy(), ch)
    return tape.gradient(A, image, output_gradients=seed).numpy()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "project", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
laws.check_project(project)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Three steps: a model that ends at the layer, a forward pass under a tape, a way back that starts from the seed.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `tf.convert_to_tensor(x)` and `tape.watch(...)`, since a picture is no variable. `tape.gradient(A, image, output_gradients=seed)` starts with `seed` in place of ones. Take both the input and the layer from the *twin*.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# copy ← twin of the model; part ← model from the copy's input to the layer's output; under a tape that watches the image: A ← part of the image, at inference; seed ← seed_unit of A as an array; result ← what the tape carries from A, with the seed, to the image
# </details>
#
# *If you see* the same map in all modes, *suspect* that the layer was taken from `model`. *If you see* `None`, *suspect* that the tape does not watch the image. *If you see* a map that fills the picture although the window is small, *suspect* a missing seed.

# %%
pair, ch = stored["pair"] if track.name == "small" else images[:2], int(point["pair_channel"])
xs = preprocess(pair, "vgg16")
until = keras.Model(models["vgg16"].input, models["vgg16"].get_layer("block1_conv2").output)
boxes = mine_or(
    point["pair_boxes"],
    "unit_box",
    lambda: [box_of("vgg16", np.asarray(until(xs[k : k + 1])), "block1_conv2", ch) for k in range(2)],
).astype(int)


def cut(R, box):
    """The part of a map or picture (H, W, 3) that lies in a box."""
    top, bottom, left, right = box
    return R[top:bottom, left:right]


def as_picture(R, arch):
    """Given: a map as a picture. Grey is zero; colours are brought into the order red, green, blue."""
    R = R if arch == "densenet121" else R[..., ::-1]  # the other two take blue first
    return np.uint8(np.round(127.5 + 127.5 * R / max(np.abs(R).max(), 1e-12)))


small = mine_or(
    point["pair"],
    "project",
    lambda: [
        [cut(project(models["vgg16"], xs[k : k + 1], "block1_conv2", ch, mode)[0], boxes[k]) for mode in laws.MODES]
        for k in range(2)
    ],
)
panels, titles = [], []
for k in range(2):
    panels += [cut(pair[k], boxes[k]), *[as_picture(R, "vgg16") for R in small[k]]]
    titles += [f"picture {k + 1}: patch", *laws.MODES]
show.maps(
    panels,
    titles,
    alt="Two patches of 5 by 5 pixels from two pictures, and beside each its projections in modes grad, deconv and guided. The two deconv patterns are the same; those of the other modes differ from each other.",
)
quiz.compare("project", lambda: predict_project())

# %% [markdown]
# *A right picture* shows twice the same pattern in the column *deconv*. In that mode the picture enters by three things only: which places won in the max-poolings, where the seed stands, and its value. Here is no pooling below, so the pattern is the channel's own.
# In *grad* and *guided* the units that were off pass nothing, so the pattern depends on the patch. (Each projection is scaled to its own largest value; grey is zero.)

# %% [markdown]
# **Checkpoint 2.** The three ways back are done, or loaded. Below, they meet three networks.

# %% [markdown]
# ### Integration 1: what excites a unit
#
# As in figure 2 of Zeiler and Fergus: for three channels of each network, the four pictures out of the validation pictures that excite the channel most. Left, the patch that the unit sees; right, its projection by the deconvnet, cut to the same window.
# Two shallow channels come first, one from a deeper layer after them. Ask of each row: what do the four patches share? Does the projection show that, or something else?


# %%
@cache
def up_to(arch, layer):
    """The network up to a layer."""
    return keras.Model(models[arch].input, models[arch].get_layer(layer).output)


def units_of(arch):
    """(layer, channel, picture) for every row and every one of its four pictures."""
    rows = [(layer, ch) for layer, chosen in UNITS[arch] for ch in chosen]
    return [(layer, ch, gallery[k]) for (layer, ch), best in zip(rows, tops[arch], strict=True) for k in best]


def look(arch):
    """Boxes (12, 4) and projections (12, H, W, 3) of a network's units, from your functions or from the checkpoint."""
    units = [(layer, ch, one, preprocess(one[None], arch)) for layer, ch, one in units_of(arch)]
    boxes = mine_or(
        point[f"boxes_{arch}"],
        "unit_box",
        lambda: [box_of(arch, np.asarray(up_to(arch, layer)(z)), layer, ch) for layer, ch, _, z in units],
    ).astype(int)
    found = mine_or(
        point[f"projections_{arch}"],
        "project",
        lambda: [as_picture(project(models[arch], z, layer, ch, "deconv")[0], arch) for layer, ch, _, z in units],
    ).astype(np.uint8)
    return boxes, found


def show_units(arch):
    """Rows of four patches and four projections."""
    boxes, found = look(arch)
    units, panels, titles = units_of(arch), [], []
    for row in range(3):
        four = range(4 * row, 4 * row + 4)
        layer, ch, _ = units[4 * row]
        panels += [cut(units[k][2], boxes[k]) for k in four] + [cut(found[k], boxes[k]) for k in four]
        titles += [f"{layer}\nchannel {ch}", "", "", "", "projection", "", "", ""]
    show.maps(
        panels,
        titles,
        alt=f"{ARCHS[arch]}: three rows, one per channel. Left four patches of the pictures that excite it most, right its four projections: coloured speckles on grey, gathered in the middle.",
        columns=8,
    )


show_units("vgg16")

# %%
show_units("resnet50")

# %%
show_units("densenet121")

# %% [markdown]
# On the small track most rows are about eyes, the hardest contrast in these drawings; one channel of DenseNet121 answers to magenta, and there the projection says so in one spot. Elsewhere the projection is a speckled texture, strongest where the pupil meets the white:
# it marks a place, and how alike it is from picture to picture tells you how little of the picture went into it. You see the eye in the patch, not in the projection. In the last row of ResNet50 and DenseNet121 the window is as wide as the picture, or nearly, and the projection stays small.
#
# Look closer at single units: choose one, a picture and a mode. Red and blue now are the sum of the three colours.

# %%
choices = {
    f"{ARCHS[arch]} {layer} {ch}": (arch, layer, ch) for arch in ARCHS for layer, chosen in UNITS[arch] for ch in chosen
}
FIRST = (*choices[next(iter(choices))], 0, "deconv")
NOT_STORED = "The checkpoint holds the first choice alone: this map is blank because it is missing."


def draw_unit(unit, picture, mode):
    """One unit, one of the lab's pictures, one mode."""
    arch, layer, ch = unit
    fallback = point["widget"] if (*unit, picture, mode) == FIRST else np.zeros(images[0].shape)
    R = mine_or(fallback, "project", lambda: project(models[arch], x[arch][picture : picture + 1], layer, ch, mode)[0])
    if not (R.any() or fallback.any()):
        print(NOT_STORED)
    show.maps(
        [images[picture], R.sum(axis=-1)],
        [names[labels[picture]], f"{ARCHS[arch]}, {layer}\nchannel {ch}, {mode}"],
        alt="A picture and the projection of the chosen unit, blank outside the unit's window.",
        unit="R",
    )


explore(
    draw_unit,
    unit=choices,
    picture={f"{k + 1}: {names[label]}": k for k, label in enumerate(labels)},
    mode=["deconv", "guided", "grad"],
)

# %% [markdown]
# ## Part 4. From units to classes
#
# A class score is a unit too: the logit. Start there, and the map answers another question: not *what excites a unit*, but *what in this picture speaks for this class*. Whether it really answers that is the subject of part 5.

# %% [markdown]
# ### Exercise 6. `heat` and `sym_limits`
#
# `Difficulty 1/5 · Importance 4/5 · 8 min · 2 points`
#
# **Why.** A map has three numbers per pixel, a drawing one. This course adds the three colours up, with their signs: the sum over a map's pixels then stays the sum over $R$. (Others take the largest magnitude, which loses the sign; name what you do.)
# Colours need limits. If the least value becomes the darkest blue and the largest the darkest red, zero lands anywhere, and a map without any negative value turns half blue. Symmetric limits keep zero in the middle, where it is white.
#
# $$h_{ij} = \sum_{k=1}^{3} R_{ijk}, \qquad \mathrm{limits}(h) = (-m, m), \quad m = \max_{i,j} |h_{ij}|$$
#
# | name | shape | |
# |---|---|---|
# | `R` | `(H, W, 3)` | what arrived at the pixels |
# | `heat` returns | `(H, W)` | |
# | `h` | `(H, W)` | a map |
# | `sym_limits` returns | two numbers | $(-m, m)$; $(-1, 1)$ where $m = 0$ |
#
# **Predict before you run.** At one pixel $R = (+2, -1, -1)$. What does the map show there?
#
# - **A.** Red: the largest value is positive.
# - **B.** Blue: two of three values are negative.
# - **C.** White.


# %% nbgrader={"grade": false, "grade_id": "predict_heat_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_heat() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "heat_limits_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def heat(R: np.ndarray) -> np.ndarray:
    """The colours summed, with their signs: R (H, W, 3) -> (H, W)."""
    ### BEGIN SOLUTION
    return R.sum(axis=-1)
    ### END SOLUTION


def sym_limits(h: np.ndarray) -> tuple[float, float]:
    """Limits of the colour scale for h (H, W), with zero in the middle; (-1, 1) for a map of zeros."""
    ### BEGIN SOLUTION
    most = float(np.abs(h).max())
    return (-most, most) if most > 0 else (-1.0, 1.0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "heat_limits", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
laws.check_heat_limits(heat, sym_limits)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# One sum over the colours; one largest magnitude over all pixels.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# The colours are the last axis, `axis=-1`. `np.abs(h).max()` looks at both ends.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# heat ← sum of R over its last axis. most ← largest magnitude in h; limits ← minus most and most, or minus one and one if most is zero
# </details>
#
# *If you see* no negative value in any map, *suspect* an `abs`. *If you see* zero off the middle, *suspect* `h.min()` as the lower limit.

# %%
R_guided = point["guided_R"].astype(np.float64)  # a guided map of VGG16, from the reference
read_only(R_guided)
one_map = mine_or(point["heat"], "heat", lambda: heat(R_guided))
lo, hi = mine_or(np.array([-np.abs(one_map).max(), np.abs(one_map).max()]), "sym_limits", lambda: sym_limits(one_map))
face = (slice(16, 40), slice(28, 52))  # of the 64 x 64 pixels, so that single ones can be seen
show.maps(
    [*[R_guided[face][..., k] for k in range(3)], one_map[face]],
    ["blue", "green", "red", "sum"],
    alt="The part of a guided map around the eyes, in its three colours and their sum, on one scale. The sum is strongest where the colours agree; where they disagree it is pale.",
    unit="R",
    shared=True,
    columns=2,
    side=2.8,
)
print(f"Limits of the sum: {lo:.3g} to {hi:.3g}; its values run from {one_map.min():.3g} to {one_map.max():.3g}.")
quiz.compare("heat", lambda: predict_heat())

# %% [markdown]
# *A right picture* shows the part around the eyes, and a sum that is strong where the three colours agree and pale where they cancel. VGG16 takes its colours in the order blue, green, red.
# From here on your `heat` makes the maps; `show.maps` sets the limits of its colours by the rule of your `sym_limits`.

# %% [markdown]
# ### Exercise 7. `guided_saliency`
#
# `Difficulty 3/5 · Importance 5/5 · 15 min · 5 points`
#
# **Why.** Start from the **logit** of one class, with 1, whatever its value. The softmax would spoil it twice: it is flat where the network is sure, and it mixes in all other classes, so that "why Sprout?" becomes "why not the others?".
# Our models end in a dense layer with a fused softmax; the logits are what that layer computes before it. You may compute them by hand: features times kernel plus bias. In a batch every image has its own class.
#
# $$f = \varphi\, V + b, \qquad R^{(0)}_i = \left( \frac{\partial f_{c_i}(x_i)}{\partial x_i} \right)_{\text{mode}}$$
#
# with $\varphi$ the input of the last layer, $V$ and $b$ its kernel and bias, and every ReLU's derivative replaced by the rule of the mode.
#
# | name | shape | |
# |---|---|---|
# | `model` | | ends in a Dense layer with a softmax |
# | `x` | `(B, H, W, 3)` | pictures, preprocessed |
# | `c` | `(B,)` integers | class to explain, image by image |
# | `mode` | text | `"guided"` unless said otherwise; `"grad"` gives the plain gradient, for comparison |
# | returns | `(B, H, W, 3)` | a NumPy array |
#
# **Predict before you run.** You ask VGG16 about the right class, then about the class that came second. How similar are the two *guided* maps, compared with the two *gradients*?
#
# - **A.** The two guided maps differ as much as the two gradients.
# - **B.** The guided maps are nearly the same, the gradients are not.
# - **C.** The second guided map is the first one with its signs turned round.


# %% nbgrader={"grade": false, "grade_id": "predict_guided_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_guided() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "guided_saliency_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def guided_saliency(model: keras.Model, x: np.ndarray, c: np.ndarray, mode: str = "guided") -> np.ndarray:
    """From the logit of class c[i] down to image i: x (B, H, W, 3), c (B,) -> (B, H, W, 3)."""
    ### BEGIN SOLUTION
    copy = twin(model, mode)
    below = keras.Model(copy.input, copy.layers[-1].input)
    V, b = copy.layers[-1].get_weights()
    image = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(image)
        logits = below(image, training=False) @ V + b
        chosen = tf.reduce_sum(logits * tf.one_hot(c, len(b)), axis=1)
    return tape.gradient(chosen, image).numpy()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "guided_saliency", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
laws.check_guided_saliency(guided_saliency)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# As in `project`, with another end: a model up to what the last layer reads, the logits by hand, one logit of each row.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `copy.layers[-1].input` is where the last layer begins; `copy.layers[-1].get_weights()` gives its kernel and bias. `tf.one_hot(c, logits.shape[1])` is 1 at the class of each row. A tape that starts from `(B,)` numbers adds up their gradients, and each belongs to its own image.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# copy ← twin in this mode; below ← model from its input to the last layer's input; under a tape: logits ← below of the images, at inference, times kernel plus bias; chosen ← the logit of c[i] in row i; result ← gradient of chosen at the images
# </details>
#
# *If you see* that another class's weights change the map, *suspect* the softmax. *If you see* maps that depend on the batch, *suspect* `logits[:, c]`, or `training=True`.

# %%
three = {arch: np.asarray(models[arch](x[arch], training=False)) for arch in ARCHS}
rival = np.argsort(three["vgg16"], axis=1)[:, -2]
pair_of_maps = mine_or(
    point["classes"],
    "guided_saliency",
    lambda: [
        heat(guided_saliency(models["vgg16"], x["vgg16"][:1], classes[:1], mode)[0])
        for mode in ("guided", "grad")
        for classes in (labels, rival)
    ],
)
show.maps(
    [images[0], *pair_of_maps[:2], images[0], *pair_of_maps[2:]],
    [
        title
        for mode in ("guided", "gradient")
        for title in ("picture", f"{mode}: {names[labels[0]]}", f"{mode}: {names[rival[0]]}")
    ],
    alt="A character and its maps for two classes. The two guided maps look the same; the two gradients are noise of both signs and differ.",
    unit="R",
    columns=3,
)
same_sign = [np.mean(np.sign(a) == np.sign(b)) for a, b in (pair_of_maps[:2], pair_of_maps[2:])]
print(f"Pixels with the same sign for both classes: guided {same_sign[0]:.0%}, gradient {same_sign[1]:.0%}.")
quiz.compare("guided", lambda: predict_guided())

# %% [markdown]
# *A right picture* shows two guided maps that you cannot tell apart, and two gradients that have little in common. The guided map is clear, and hardly depends on what you asked.
# Nie et al. (2018) say why: the way down passes the gates and switches that this picture set, and whatever is positive restores the picture's edges.

# %% [markdown]
# **Checkpoint 3.** Maps of classes are done, or loaded. Two rows of pictures remain to be judged, and looking is not enough.

# %% [markdown]
# ## Part 5. Is the map true?
#
# A map that explains a network has to depend on the network. Adebayo et al. (2018) turn that into a test: replace the weights by random numbers, from the logits downwards, and compare the maps before and after. A method whose map hardly changes has told you about the picture, and little about the network.

# %% [markdown]
# ### Exercise 8. `similarity`
#
# `Difficulty 2/5 · Importance 4/5 · 12 min · 3 points`
#
# **Why.** Random weights change the scale of a map, so a comparison of values says nothing. Spearman's rank correlation compares orders: it puts all pixels of a map in order of their value, and asks how well two orders agree. 1 is the same order, 0 none in common, −1 the reverse.
# Guided maps contain many equal values, zeros above all. Pixels that are equal share a rank: the mean of the ranks that they take up. A map that is the same everywhere has no order; let its similarity be 0.
#
# $$\rho(h, h') = \frac{\sum_{ij} (q_{ij} - \bar q)(q'_{ij} - \bar q')}{\sqrt{\sum_{ij} (q_{ij} - \bar q)^2}\, \sqrt{\sum_{ij} (q'_{ij} - \bar q')^2}}, \qquad q_{ij} = \text{mean rank of } h_{ij}$$
#
# | name | shape | |
# |---|---|---|
# | `h1`, `h2` | `(H, W)` | two maps |
# | returns | number | $\rho$, from −1 to 1; 0 if one of the maps is constant |
#
# **Predict before you run.** In VGG16 you replace the weights of the head, of block 5 and of block 4 by random numbers: it knows no character any more. How similar is its guided map to the one before?
#
# - **A.** Not at all: about 0.
# - **B.** About 0.5.
# - **C.** More than 0.9.


# %% nbgrader={"grade": false, "grade_id": "predict_similarity_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_similarity() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "similarity_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def similarity(h1: np.ndarray, h2: np.ndarray) -> float:
    """Spearman's rank correlation of two maps (H, W); 0 if one of them is the same everywhere."""
    ### BEGIN SOLUTION
    from scipy.stats import rankdata

    q1, q2 = rankdata(h1.ravel()), rankdata(h2.ravel())
    q1, q2 = q1 - q1.mean(), q2 - q2.mean()
    scale = np.sqrt((q1**2).sum() * (q2**2).sum())
    return float((q1 * q2).sum() / scale) if scale > 0 else 0.0
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "similarity", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
laws.check_similarity(similarity)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Ranks first, for each map by itself. Then the ordinary correlation: centre both, multiply, add, divide by both lengths.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `scipy.stats.rankdata` gives mean ranks. `h.argsort().argsort()` gives ranks too, but breaks ties by place.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# q1, q2 ← mean ranks of the flattened maps, minus their means; scale ← product of their lengths; result ← sum of products over scale, or 0 if scale is 0
# </details>
#
# *If you see* a result that changes when both maps are shuffled alike, *suspect* `argsort` with ties. *If you see* NaN, *suspect* a constant map.


# %%
def randomised(model, prefix, seed=5):
    """Given: a copy of a network with new weights (random kernels) from the first layer named prefix... up to the logits."""
    keras.utils.set_random_seed(seed)
    copy = keras.models.clone_model(model)  # fresh weights everywhere
    first = next(k for k, layer in enumerate(model.layers) if layer.name.startswith(prefix))
    for old, new in zip(model.layers[:first], copy.layers[:first], strict=True):
        new.set_weights(old.get_weights())
    return copy


DOWN_TO = ("predictions", "block5", "block4", "block3", "block2", "block1")
judged = slice(0, 4)  # the pictures that are compared


def maps_of(model, mode):
    """Maps (4, H, W) of the pictures' own classes in VGG16."""
    return [heat(R) for R in guided_saliency(model, x["vgg16"][judged], labels[judged], mode)]


def cascade():
    """Mean similarity to the trained network's map (2, 6): guided and gradient, ever more layers random."""
    before = {mode: maps_of(models["vgg16"], mode) for mode in ("guided", "grad")}
    after = [randomised(models["vgg16"], prefix) for prefix in DOWN_TO]
    return [
        [np.mean([similarity(a, b) for a, b in zip(before[mode], maps_of(copy, mode), strict=True)]) for copy in after]
        for mode in ("guided", "grad")
    ]


kept = mine_or(point["cascade"], "similarity", cascade)
show.lines(
    np.arange(len(DOWN_TO)),
    {"guided": kept[0], "gradient": kept[1]},
    alt="Two curves over ever more random layers of VGG16. Guided: 1.0 with a random head, 0.96 with blocks 5 and 4 random too, then 0.85, 0.70 and 0.43 when all is random. Gradient: about 0 all the way.",
    x_label="lowest part with random weights (all above it has them too)",
    y_label="rank correlation with the trained map",
    limits=(-0.2, 1.05),
    ticks=("head", *DOWN_TO[1:]),
)
quiz.compare("similarity", lambda: predict_similarity())

# %% [markdown]
# *A right picture* shows the gradient near 0 as soon as the head is random: what it shows depends on the logit that it explains. The guided curve stays near 1 down to block 4, falls from block 3 on, and most at block 1, next to the pixels: its map is made in the lower blocks.

# %% nbgrader={"grade": true, "grade_id": "predictions", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
quiz.count(globals(), ["record", "seed", "field", "relu", "project", "heat", "guided", "similarity"])

# %% [markdown]
# ### Integration 2: trained against random
#
# Now all three networks, with every weight random. Columns: the picture, the guided map of its class in the trained network, the same in the random one.

# %%
ALL_OF_IT = {"vgg16": "block1", "resnet50": "conv1", "densenet121": "conv1"}


@cache
def random_network(arch):
    """The network with every weight random."""
    return randomised(models[arch], ALL_OF_IT[arch])


def explained(arch, mode, which):
    """Maps (4, H, W) of a network, trained or random."""
    model = models[arch] if which == "trained" else random_network(arch)
    return [heat(R) for R in guided_saliency(model, x[arch][judged], labels[judged], mode)]


both = mine_or(
    point["both"],
    "guided_saliency",
    lambda: [[explained(arch, "guided", which)[0] for which in ("trained", "random")] for arch in ARCHS],
)
rhos = mine_or(point["rhos"], "similarity", lambda: [similarity(trained, random) for trained, random in both])
panels, titles = [], []
for name, (trained, random), rho in zip(ARCHS.values(), both, rhos, strict=True):
    panels += [images[0], trained, random]
    titles += [names[labels[0]], f"{name}, trained", f"{name}, random\nsimilarity {rho:+.2f}"]
show.maps(
    panels,
    titles,
    alt="Three rows for three networks: a character, its guided map in the trained network and in one with random weights. The random VGG16 shows all outlines, nearly all in blue, the two others grains of both colours.",
    unit="R",
    columns=3,
)


# %%
def agreement(arch):
    """Mean similarity of trained and random maps: guided; gradient; guided, the random network seeing another picture."""
    trained, random = (explained(arch, "guided", which) for which in ("trained", "random"))
    others = [similarity(a, b) for k, a in enumerate(trained) for m, b in enumerate(random) if k != m]
    gradients = zip(*(explained(arch, "grad", which) for which in ("trained", "random")), strict=True)
    same = [similarity(a, b) for a, b in zip(trained, random, strict=True)]
    return [np.mean(same), np.mean([similarity(a, b) for a, b in gradients]), np.mean(others)]


numbers = mine_or(point["numbers"], "similarity", lambda: np.transpose([agreement(arch) for arch in ARCHS]))
show.bars(
    {"guided": numbers[0], "gradient": numbers[1], "guided, other picture": numbers[2]},
    list(ARCHS.values()),
    alt="Rank correlation of the maps of trained and of random networks, for VGG16, ResNet50 and DenseNet121. Guided: 0.43, 0.20 and 0.30. Gradient: about 0 in all three. Guided, with another picture in the random network: about 0 too.",
    unit="rank correlation, trained against random",
)

# %% [markdown]
# So much for the two rows of the beginning. Where two gradients have nothing in common, the guided maps of a trained and of a random network still agree, by 0.2 to 0.4 on average. What do they share? The third bars test it: if the random network sees *another* picture, the agreement is gone (the mean over all pairs of the four pictures is within 0.01 of zero). What they share is the picture.
# The random weights here are one draw (seed 5). Three other draws gave 0.41 to 0.44 for VGG16, 0.19 to 0.25 for ResNet50 and 0.28 to 0.34 for DenseNet121, and with another picture again next to nothing.
#
# The agreement does not make the guided map useless. It shows through which places of the picture something passes the gates. It does make it poor evidence for *why this class*: a map that survives another class and another network cannot tell you much about either.
#
# Why is there blue, when guided backpropagation hands on nothing negative? The gates act at the ReLUs. Below the lowest ReLU lies one more convolution, whose weights have both signs, and no gate follows it: so pixels can be blue. In the random VGG16 four fifths of the map are.
#
# Look for yourself: choose a picture, a network, a class, and whether its weights are trained.


# %%
def draw_class(network, picture, explained_class, weights):
    """A guided map, trained or random."""
    model = models[network] if weights == "trained" else random_network(network)
    c = np.array([labels[picture] if explained_class == "its own" else rival[picture]])
    known = picture == 0 and explained_class == "its own"
    fallback = both[list(ARCHS).index(network), int(weights == "random")] if known else np.zeros(both.shape[2:])
    h = mine_or(
        fallback,
        "guided_saliency",
        lambda: heat(guided_saliency(model, x[network][picture : picture + 1], c)[0]),
    )
    if not (h.any() or fallback.any()):
        print(NOT_STORED)
    show.maps(
        [images[picture], h],
        [names[labels[picture]], f"{ARCHS[network]}, {weights}\n{names[c[0]]}"],
        alt="A picture and its guided map for the chosen class in the chosen network.",
        unit="R",
    )


explore(
    draw_class,
    network={name: arch for arch, name in ARCHS.items()},
    picture={f"{k + 1}: {names[label]}": k for k, label in enumerate(labels)},
    explained_class=["its own", "the runner-up in VGG16"],
    weights=["trained", "random"],
)

# %% [markdown]
# ## Part 6. Bug hunt and reflection
#
# ### Bug hunt
#
# `Difficulty 3/5 · Importance 4/5 · 15 min · 6 points`
#
# A colleague wrote guided backpropagation in one function, with your `relu_with`. On one picture in ResNet50 the map looks like any guided map. **There are three bugs.** Each hides on some networks or batches and shows on others:
# think of fused ReLUs and of layers of their own, of BatchNorm, of one image and many. Write the repaired function below it.
# You may hand any function to a check: `laws.check_guided_repaired(guided_buggy)` in a cell of your own shows a first symptom.


# %%
def guided_buggy(model, x, c):
    """Guided backprop of the logit of class c[i] of image i: x (B, H, W, 3), c (B,) -> (B, H, W, 3)."""
    double = keras.models.clone_model(model)
    double.set_weights(model.get_weights())
    for part in double.layers:
        if isinstance(part, keras.layers.Activation):
            part.activation = relu_with("guided")
    double.layers[-1].activation = keras.activations.linear  # the logits: no softmax
    pixels = tf.convert_to_tensor(x)
    with tf.GradientTape() as recorder:
        recorder.watch(pixels)
        logits = double(pixels, training=True)
        chosen = tf.gather(logits, c, axis=1)
    return recorder.gradient(chosen, pixels).numpy()


# %% nbgrader={"grade": false, "grade_id": "bug_hunt_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def guided_repaired(model: keras.Model, x: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The repaired function: x (B, H, W, 3), c (B,) -> (B, H, W, 3). Mark each repair with a comment."""
    ### BEGIN SOLUTION
    net = keras.models.clone_model(model)
    net.set_weights(model.get_weights())
    for layer in net.layers:  # a ReLU may be fused into a convolution: ask for the activation, not the type
        if getattr(layer, "activation", None) is keras.activations.relu:
            layer.activation = relu_with("guided")
    net.layers[-1].activation = keras.activations.linear
    image = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(image)
        logits = net(image, training=False)  # BatchNorm with its stored statistics, not the batch's
        chosen = tf.gather(logits, c, axis=1, batch_dims=1)  # one class per row, not every class of the batch
    return tape.gradient(chosen, image).numpy()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bug_hunt", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_guided_repaired(guided_repaired)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Try it where you know the answer: on VGG16, on ResNet50 with one image and with two, and compare with your `guided_saliency`.
# </details>
# <details><summary>Hint 2: where to look</summary>
#
# One bug is in which ReLUs are exchanged, one in how the network is run, one in what the tape starts from.
# </details>
# <details><summary>Hint 3: how to find each</summary>
#
# Print the names of the layers whose activation was exchanged in VGG16. Run the copy twice with different batch mates and compare logits. Print the shape of `chosen` for four images.
# </details>
#
# *If you see* blue and red noise in VGG16, as in a gradient, *suspect* ReLUs that were left. *If you see* that a map changes with the batch, *suspect* BatchNorm or the indexing.

# %% [markdown]
# ### Reflection
#
# In 150 words at most: **what does the guided map of one network and one picture of your choice tell you about that network?** Write four parts.
# *Claim*: one sentence that could be wrong. *Evidence*: at least two maps or numbers of this lab, named. *Limitation*: what these maps cannot show.
# *Alternative*: another explanation of the same maps, and a test that would tell the two apart. Each part counts one point.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# **Claim.** The guided map of VGG16 for the first picture shows edges that its lower blocks answer to, and not why the network chose this class.
#
# **Evidence.** In exercise 7 the guided maps of the right class and of the runner-up cannot be told apart, while the two gradients differ. In the cascade of exercise 8 the guided map still has a rank correlation of 0.96 with the original when head, block 5 and block 4 are random.
#
# **Limitation.** Guided backpropagation cuts off whatever is negative, at every ReLU, so these maps cannot show what argued against the class. The numbers come from four pictures and from ranks of summed colours.
#
# **Alternative.** Both classes may rest on the same edges; then equal maps would be right. Paint over the 100 pixels that the map marks most, and 100 others on edges. If the map is faithful, the first costs more of the logit, and not equally much for both classes.

# %% [markdown]
# ## Bonus
#
# Nothing here is graded.
#
# 1. **The walk by hand.** Project a unit of VGG16 with lab 4's functions in NumPy: `conv2d_T`, `unpool`, `relu_back`, from the record downwards. The largest difference from your `project` should be below 1e-4 of the largest value.
# 2. **What a unit listens to.** Average $|R|$ of mode "grad" over 50 pictures for the unit in the middle of `block4_conv3`. How many pixels of its window hold 90 % of the sum? (Luo et al. 2016)
# 3. **Guided equals gradient, where?** Find the layer of VGG16 up to which `project` gives the same map in modes "grad" and "guided" for a shallow unit, and say why there.

# %% nbgrader={"grade": false, "grade_id": "bonus", "locked": false, "schema_version": 3, "solution": false, "task": false}
# Your experiments.

# %% [markdown]
# ## Summary
#
# - Gradient, deconvnet and guided backpropagation differ in one place: what a ReLU hands back. Exchange that function and the tape does the rest, through BatchNorm, Add and Concatenate.
# - A unit is a place and a channel. Its map is blank outside its window; the window is arithmetic, and soon wider than the picture.
# - The deconvnet sees the picture through switches and seed alone. The gates of the forward pass do not enter.
# - Explain logits: a softmax is flat where the network is sure, and mixes classes.
# - Sharp is not faithful. Test a map by changing what it claims to explain: another class, other weights.
#
# ## References
#
# - Zeiler, Fergus (2014). *Visualizing and understanding convolutional networks.* ECCV, LNCS 8689. The deconvnet: section 2.1; patches and projections: figure 2.
# - Springenberg, Dosovitskiy, Brox, Riedmiller (2015). *Striving for simplicity: the all convolutional net.* ICLR workshop. Guided backpropagation; the three ways back through a ReLU: figure 1.
# - Simonyan, Vedaldi, Zisserman (2014). *Deep inside convolutional networks.* ICLR workshop. The gradient of a class score: section 3; how the deconvnet differs from it: section 4.
# - Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim (2018). *Sanity checks for saliency maps.* NeurIPS 31. Random weights from the top down: the model parameter randomization test.
# - Nie, Zhang, Patel (2018). *A theoretical explanation for perplexing behaviors of backpropagation-based visualizations.* ICML, PMLR 80. Why guided backpropagation and the deconvnet restore the picture.
# - Araujo, Norris, Sim (2019). *Computing receptive fields of convolutional neural networks.* Distill.
# - Luo, Li, Urtasun, Zemel (2016). *Understanding the effective receptive field in deep convolutional neural networks.* NeurIPS 29.
#
# ## Help and AI use
#
# Work in pairs if you like; hand in your own text and code. You may ask people, books and AI assistants about ideas, formulas and error messages. Code that you did not write yourself, from whatever source, needs a comment that says where it is from, and you have to be able to explain each line.
# Write the reflection without an assistant: it asks what *you* see. Name below who or what helped you, and with what.

# %% nbgrader={"grade": false, "grade_id": "help", "locked": false, "schema_version": 3, "solution": false, "task": false}
help_used = "nobody and nothing yet"
