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
# # Lab 3: fine-tuning ResNet50 and DenseNet121
#
# **You will rebuild the blocks of two deep networks, fine-tune one of them, and judge with statistics whether one network is better than another.**
#
# *Time:* 150 to 180 minutes for the core, 20 to 40 more for the bonus.
# *Builds on:* lab 1 (preprocessing, splits), lab 2 (softmax, heads on frozen features, bootstrap intervals).
#
# When you have finished you can
#
# 1. **rebuild** a bottleneck block of ResNet50 and a dense block of DenseNet121 from the layers' weights, to the fourth digit;
# 2. **set up** fine-tuning so that the right part of a network learns, BatchNorm stays as it is and the learning rate follows a plan;
# 3. **fine-tune** the last stage of a pretrained network and **report** an accuracy that holds on pictures nobody has seen;
# 4. **measure** calibration, and **test** whether two networks differ on the same pictures;
# 5. **judge** a published table: which of its claims do your numbers support, and which can they not decide?
#
# | part | contents | minutes |
# |---|---|---|
# | 1 | set-up, the picture first, recall | 15 |
# | 2 | the blocks: exercises 1 and 2, the networks' own weights | 40 |
# | 3 | what learns, and how fast: exercises 3 to 5 | 50 |
# | 4 | is it true? exercises 6 and 7, the study's table made anew | 45 |
# | 5 | bug hunt and reflection | 25 |
#
# Where to score: the exercises 33 points, predictions 7 (for being made), bug hunt 6, reflection 4; 50 in all.

# %% [markdown]
# ## Part 1. Set-up and the picture first
#
# Run the notebook cell by cell, with Shift + Enter: *Run All* stops at the first check whose exercise is not done.
# Everything in this lab works offline and on two cores. The first cell takes 10 seconds, because it loads TensorFlow.

# %%
import sys

import numpy as np
from sklearn.metrics import confusion_matrix

from toonlens import show
from toonlens.data import load_toons
from toonlens.explore import explore
from toonlens.laws import lab03 as laws
from toonlens.laws import mine_or, read_only
from toonlens.models import build, preprocess
from toonlens.quiz import load as load_quiz
from toonlens.startup import import_keras
from toonlens.stats import bootstrap_ci
from toonlens.track import current_track

assert sys.version_info[:2] == (3, 11), "this course runs on Python 3.11: start Jupyter from its environment"
assert np.__version__ >= "2", "this course needs NumPy 2: start Jupyter from its environment"

keras = import_keras()
import tensorflow as tf

keras.utils.set_random_seed(3)
quiz = load_quiz("quiz.json")
point = np.load("checkpoints.npz")  # what the reference gives, so that no exercise blocks the next
runs = np.load("runs.npz")  # curves and test scores of long trainings, made once
track = current_track()
data = track.load()
K = len(data.class_names)
read_only(data.train.images, data.validation.images, data.test.images)
print(
    f"{data.title}: {len(data.train.labels)} training, {len(data.validation.labels)} validation and {len(data.test.labels)} test pictures of {K} characters"
)

# %% [markdown]
# ### Symbols
#
# Maps have their channels last. Blocks are NumPy in float64, whole networks TensorFlow in float32.
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $B$; $H, W$; $C$ | | | pictures in a batch; rows and columns; channels |
# | $x$ | `x` | `(B, H, W, C)` | input of a block |
# | $W, b$ | `W`, `b` | `(h, w, C in, C out)`, `(C out,)` | kernel and bias of a convolution |
# | $\gamma, \beta, \mu, \sigma^2$ | `gamma`, `beta`, `mean`, `var` | `(C,)` | the four vectors of a BatchNorm; $\mu, \sigma^2$ are *stored* (moving) statistics |
# | $k, L$ | | | growth rate and number of layers of a dense block |
# | $t, T$ | `t`, `T` | | step and number of steps |
# | $N, K$ | | | pictures in a set, classes |
# | $p$ | `p` | `(N, K)` | softmax scores |
# | $y$ | `y` | `(N,)` | true classes |

# %% [markdown]
# ### The picture first
#
# A student study fine-tuned three networks on 18 characters of the Simpsons and wrote this table (890 test pictures, 20 epochs):
#
# | network | accuracy | loss | training time |
# |---|---|---|---|
# | VGG16 | 98.3 % | 0.083 | 15 min |
# | ResNet50 | 93.5 % | 0.274 | 22 min |
# | DenseNet121 | 78.5 % | 0.837 | 21 min |
#
# Its authors claim: *more complex networks did not do better*, and *DenseNet121 overfitted most*. At the end of this lab you make the table anew, with small networks and drawn characters, and by **two** recipes:
# the study's (everything learns at once, at a rate of 0.00001) and one that trains the new head first and then everything together with BatchNorm frozen.
# Here is the accuracy of both, on 20 training pictures of each character.

# %%
networks = [str(name) for name in runs["networks"]]
recipes = {"study": "the study's recipe", "finetune": "head first, then all"}
test_labels = runs["labels"].astype(np.int64)
scores = {(arch, r): runs[f"{arch}_{r}_scores"].astype(np.float64) for arch in networks for r in recipes}
read_only(*scores.values(), test_labels)
right = {key: p.argmax(axis=1) == test_labels for key, p in scores.items()}
accuracy = {key: np.mean(ok) for key, ok in right.items()}
show.bars(
    {title: [100 * accuracy[arch, r] for arch in networks] for r, title in recipes.items()},
    networks,
    intervals={
        title: [[100 * end for end in bootstrap_ci(right[arch, r])[1:]] for arch in networks]
        for r, title in recipes.items()
    },
    alt="Test accuracy of VGG16, ResNet50 and DenseNet121 by two recipes: the study's recipe and head first, then all together. By the study's recipe 73, 69 and 61 %, by the other 98, 89 and 89 %, each bar with its interval.",
    unit="test accuracy (%)",
)

# %% [markdown]
# The lines on the bars are 95 % bootstrap intervals. By the study's own recipe the order is the study's: VGG16, ResNet50, DenseNet121. By the other recipe everything is better and the order is another one: two networks share a place.
# (With so few pictures, the study's tiny rate has had 144 steps to learn from. In the study it had thousands.)
#
# ### Recall
#
# Two questions before you start. Nothing here is graded, and every answer is explained.
#
# **Question 1.** In lab 2 you computed the features of the frozen network once and trained a head on them for many epochs. Why is that the same as running the whole network in every epoch?
#
# - **A.** It is not the same, but close enough.
# - **B.** As long as nothing in the frozen part changes, it gives the same features for the same picture in every epoch.
# - **C.** Because features need no gradient.

# %%
quiz.ask("recall-features")

# %% [markdown]
# **Question 2.** Network A gets 95 % of 890 test pictures right, network B 94 % of the same pictures. Their 95 % bootstrap intervals overlap. What follows?
#
# - **A.** A is better: 95 is more than 94.
# - **B.** They are equally good: their intervals overlap.
# - **C.** Not enough: it matters on which pictures they differ.

# %%
quiz.ask("recall-overlap")

# %% [markdown]
# ## Part 2. The blocks
#
# VGG16 is a chain: each layer sees only the layer before it. The two networks of this lab break the chain. ResNet50 *adds* the input of a block to its output, DenseNet121 *appends* to it.
#
# You may use two given functions, a convolution with "same" padding and BatchNorm in inference mode. Mind the epsilon of BatchNorm: these networks use 0.00001001, and not Keras's default of 0.001.


# %%
def conv2d(x, W, b=0.0, stride=1):
    """Convolution with "same" padding: x (B, H, W, C), W (h, w, C, C out), b (C out,) -> (B, H', W', C out)."""
    return tf.nn.conv2d(x, W.astype(x.dtype), stride, "SAME").numpy() + b


def batchnorm(x, gamma, beta, mean, var):
    """BatchNorm in inference mode: x (..., C) and four vectors (C,) -> (..., C)."""
    return gamma * (x - mean) / np.sqrt(var + laws.EPSILON) + beta


def relu(z):
    """max(z, 0), element by element."""
    return np.maximum(z, 0)


# %% [markdown]
# ### Exercise 1. `bottleneck`
#
# `Difficulty 3/5 · Importance 5/5 · 20 min · 6 points`
#
# **Why.** ResNet50 is 16 of these blocks. A *branch* squeezes the channels with a 1 × 1 convolution, looks at 3 × 3 neighbours, and widens again; the *shortcut* carries $x$ past it. If the branch gives zero, the block hands $x$ on: that is why 50 layers can be trained.
# Where the block changes the number of channels or strides, the shortcut is projected by a 1 × 1 convolution of its own.
# Details differ between libraries, and pretrained weights forgive nothing. In Keras's ResNet50 the stride sits in layer 1 (and in the projection, layer 0).
#
# $$\mathrm{block}(x) = \mathrm{relu}\big( s(x) + n_3(\mathrm{relu}(n_2(\mathrm{relu}(n_1(x))))) \big), \qquad n_i(a) = \mathrm{BN}_i(a * W_i + b_i), \qquad s(x) = \begin{cases} n_0(x) & \text{if there is a layer 0} \\ x & \text{else} \end{cases}$$
#
# | name | shape | |
# |---|---|---|
# | `x` | `(B, H, W, C)` | |
# | `params["stride"]` | integer | stride of layers 1 and 0; all others have stride 1 |
# | `params["1"]`, `["2"]`, `["3"]` | tuples of 6 | `(W, b, gamma, beta, mean, var)`; kernels 1 × 1, 3 × 3, 1 × 1 |
# | `params["0"]` | the same | the projection; this key is missing where the shortcut is $x$ itself |
# | returns | `(B, H', W', C out)` | |
#
# **Predict before you run.** All $\gamma$ and $\beta$ of the *last* BatchNorm of the branch are 0, and $x \ge 0$. What does a block without projection return?
#
# - **A.** Zeros.
# - **B.** $x$.
# - **C.** $2x$.


# %% nbgrader={"grade": false, "grade_id": "predict_bottleneck_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_bottleneck() -> str:
    """Return your letter, for example "A". Right or wrong is not graded; a prediction is."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "bottleneck_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bottleneck(x: np.ndarray, params: dict) -> np.ndarray:
    """A bottleneck block of Keras's ResNet50 in inference mode: x (B, H, W, C) -> (B, H', W', C out)."""

    ### BEGIN SOLUTION
    def conv_bn(a, name, stride=1):
        W, b, *norm = params[name]
        return batchnorm(conv2d(a, W, b, stride), *norm)

    stride = params["stride"]
    a = relu(conv_bn(x, "1", stride))
    a = relu(conv_bn(a, "2"))
    shortcut = conv_bn(x, "0", stride) if "0" in params else x
    return relu(shortcut + conv_bn(a, "3"))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bottleneck", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_bottleneck(bottleneck)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# The same pair, convolution and BatchNorm, occurs three or four times. Write it once, as a small inner function of the layer's name, then wire.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `W, b, *norm = params["1"]` takes a tuple apart; `batchnorm(..., *norm)` hands the last four on. `"0" in params` tells whether there is a projection.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# a ← relu of layer 1 of x, with the stride; a ← relu of layer 2 of a; a ← layer 3 of a, no ReLU; shortcut ← layer 0 of x, with the stride, if there is one, else x; result ← relu of shortcut plus a
# </details>
#
# *If you see* that shapes do not agree in the sum, *suspect* a stride or a projection that is missing. *If you see* values that are nearly right, *suspect* the epsilon, or a ReLU too many.

# %%
resnet = build("resnet50", track.weights, input_shape=(track.size, track.size, 3))


def maps_at(network, layers, images):
    """What some layers give for pictures, uint8 (B, H, W, 3) -> list of float64 (B, h, w, C)."""
    look = keras.Model(network.input, [network.get_layer(layer).output for layer in layers])
    return [np.asarray(a, dtype=np.float64) for a in look(preprocess(images, network.name), training=False)]


def arrays_of(network, layer):
    """The weights of a layer in float64."""
    return [w.astype(np.float64) for w in network.get_layer(layer).get_weights()]


def bottleneck_params(network, block):
    """The parameters of a block such as "conv3_block1", as your function wants them."""
    layers = {layer.name for layer in network.layers}
    params = {"stride": network.get_layer(f"{block}_1_conv").strides[0]}
    for part in "0123":
        if f"{block}_{part}_conv" in layers:
            params[part] = (*arrays_of(network, f"{block}_{part}_conv"), *arrays_of(network, f"{block}_{part}_bn"))
    return params


picture = data.test.images[:1]
x_block, keras_gives = maps_at(resnet, ["conv2_block3_out", "conv3_block1_out"], picture)
read_only(x_block)
out = mine_or(keras_gives, "bottleneck", lambda: bottleneck(x_block, bottleneck_params(resnet, "conv3_block1")))
strong = np.argsort(-out[0].sum(axis=(0, 1)))[:3]
show.maps(
    [picture[0], x_block[0].mean(axis=-1), *[out[0, :, :, c] for c in strong]],
    ["picture", "into the block, mean", *[f"out of it, channel {c}" for c in strong]],
    alt="A drawn character; the mean over the channels that enter the first block of stage 3, 16 by 16; and three channels that leave it, 8 by 8.",
    unit="activation",
    signed=False,
    columns=5,
)
quiz.compare("bottleneck", lambda: predict_bottleneck())

# %% [markdown]
# *A right picture* shows maps of half the side behind the block (it strides), all of them at least 0, and channels that answer to different parts of the picture.

# %% [markdown]
# ### Exercise 2. `dense_block`
#
# `Difficulty 3/5 · Importance 4/5 · 15 min · 5 points`
#
# **Why.** DenseNet keeps what it has. Each layer of a block reads *all* channels made so far and appends $k$ new ones, so the last layer sees the work of every layer before it, and so does the classifier.
# Reading so many channels would be dear: a 1 × 1 convolution narrows them to $4k$ first. The order inside a layer is turned round, as it is in ResNet version 2: BatchNorm, ReLU, *then* convolution.
# What leaves a layer is therefore raw: it may be negative, and the next layer normalises it in its own way. These convolutions have no bias.
#
# $$x_{l} = \big[\, x_{l-1},\; \mathrm{relu}\big(\mathrm{BN}_2(\mathrm{relu}(\mathrm{BN}_1(x_{l-1})) * W_1)\big) * W_2 \,\big], \qquad l = 1, \dots, L, \qquad x_0 = x$$
#
# | name | shape | |
# |---|---|---|
# | `x` | `(B, H, W, C)` | |
# | `params` | list of $L$ dicts | one for each layer: |
# | `["bn1"]`, `["bn2"]` | 4 vectors each | `(gamma, beta, mean, var)` |
# | `["W1"]`, `["W2"]` | `(1, 1, C + (l-1)k, 4k)`, `(3, 3, 4k, k)` | no bias |
# | returns | `(B, H, W, C + Lk)` | old channels first |
#
# **Predict before you run.** $C = 16$ channels enter a block with growth rate $k = 8$. How many channels does its *third* layer read?
#
# - **A.** 8.
# - **B.** 24.
# - **C.** 32.


# %% nbgrader={"grade": false, "grade_id": "predict_dense_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_dense() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "dense_block_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dense_block(x: np.ndarray, params: list[dict]) -> np.ndarray:
    """A dense block of DenseNet121 in inference mode: x (B, H, W, C) -> (B, H, W, C + L k)."""
    ### BEGIN SOLUTION
    for layer in params:
        narrow = conv2d(relu(batchnorm(x, *layer["bn1"])), layer["W1"])
        new = conv2d(relu(batchnorm(narrow, *layer["bn2"])), layer["W2"])
        x = np.concatenate([x, new], axis=-1)
    return x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dense_block", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
laws.check_dense_block(dense_block)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# One loop over the layers, and one array that grows. Nothing else has to be remembered.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `np.concatenate([old, new], axis=-1)` appends channels. `batchnorm(x, *layer["bn1"])` hands on four vectors.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# for each layer: narrow ← W1 applied to relu of BatchNorm 1 of x; new ← W2 applied to relu of BatchNorm 2 of narrow; x ← x followed by new
# </details>
#
# *If you see* that shapes do not agree in the second layer, *suspect* that it gets the new channels only. *If you see* new channels without negative values, *suspect* a ReLU at the end.

# %%
densenet = build("densenet121", track.weights, input_shape=(track.size, track.size, 3))


def dense_params(network, stage, depth):
    """The parameters of the dense block "conv2" and so on, as your function wants them."""
    return [
        {
            "bn1": arrays_of(network, f"{stage}_block{l}_0_bn"),
            "W1": arrays_of(network, f"{stage}_block{l}_1_conv")[0],
            "bn2": arrays_of(network, f"{stage}_block{l}_1_bn"),
            "W2": arrays_of(network, f"{stage}_block{l}_2_conv")[0],
        }
        for l in range(1, depth + 1)
    ]


x_dense, keras_gives = maps_at(densenet, ["pool1", "conv2_block6_concat"], picture)
read_only(x_dense)
grown = mine_or(keras_gives, "dense_block", lambda: dense_block(x_dense, dense_params(densenet, "conv2", 6)))
growth = (grown.shape[-1] - x_dense.shape[-1]) // 6


def show_layer(layer):
    """The first four channels that a layer of the block appended."""
    begins = x_dense.shape[-1] + (layer - 1) * growth
    show.maps(
        [picture[0], *[grown[0, :, :, begins + c] for c in range(4)]],
        ["picture", *[f"channel {begins + c}" for c in range(4)]],
        alt=f"A drawn character and four of the channels that layer {layer} of the first dense block appends, with values of both signs.",
        unit="activation",
        shared=True,
        columns=5,
    )


explore(show_layer, layer=[1, 2, 3, 4, 5, 6])
quiz.compare("dense", lambda: predict_dense())

# %% [markdown]
# *A right picture* shows channels with values of both signs: nothing stands behind the last convolution of a layer. Move the slider to see what other layers append.

# %% [markdown]
# ### Integration 1: the networks' own weights
#
# Laws are one test, the networks themselves another. Below, your functions get the weights of every block of both networks and two pictures, and are compared with what Keras gives at the end of the block.
# The figure shows the largest difference in each block, as a share of the largest value. Keras computes in float32, so do not expect zero.


# %%
def difference(mine, keras_gives):
    """Largest difference as a share of the largest value."""
    return np.abs(mine - keras_gives).max() / np.abs(keras_gives).max()


def differences(images):
    """For each block of both networks: how far your function is from Keras."""
    found = {}
    blocks = [
        f"conv{stage}_block{k + 1}"
        for stage, depth in zip((2, 3, 4, 5), (3, 4, 6, 3), strict=True)
        for k in range(depth)
    ]
    ends = maps_at(resnet, ["pool1_pool", *[f"{block}_out" for block in blocks]], images)
    for block, before, after in zip(blocks, ends, ends[1:], strict=False):
        name = block.replace("conv", "R").replace("_block", ".")
        found[name] = difference(bottleneck(before, bottleneck_params(resnet, block)), after)
    depths = {"conv2": 6, "conv3": 12, "conv4": 24, "conv5": 16}
    before = maps_at(densenet, ["pool1", "pool2_pool", "pool3_pool", "pool4_pool"], images)
    after = maps_at(densenet, [f"{stage}_block{depth}_concat" for stage, depth in depths.items()], images)
    for (stage, depth), x, due in zip(depths.items(), before, after, strict=True):
        found[stage.replace("conv", "D")] = difference(dense_block(x, dense_params(densenet, stage, depth)), due)
    return found


try:
    found = differences(data.test.images[:2])
except NotImplementedError:
    print("Not yet: bottleneck or dense_block is still a stub.")
else:
    show.bars(
        {"largest difference from Keras": np.array(list(found.values())) * 1e6},
        list(found),
        alt="The largest difference between the student's blocks and Keras, for 16 blocks of ResNet50 and 4 of DenseNet121, in millionths of the largest value: all far below 100.",
        unit="millionths",
    )
    print(f"Below 1e-4 in {sum(d < 1e-4 for d in found.values())} of {len(found)} blocks.")

# %% [markdown]
# **Checkpoint 1.** Your blocks are those of the networks, or you go on without them: from here on Keras's own layers are used.

# %% [markdown]
# ## Part 3. What learns, and how fast
#
# *Fine-tuning* means that pretrained layers go on learning, carefully. Three decisions make the difference: which layers learn, what BatchNorm does meanwhile, and the learning rate.

# %% [markdown]
# ### Exercise 3. `unfreeze_from`
#
# `Difficulty 2/5 · Importance 5/5 · 15 min · 5 points`
#
# **Why.** Early stages know edges and colours, which new pictures share; late stages know the old classes. So you freeze the early ones and let the late ones learn.
# BatchNorm is a trap. In training mode it normalises with the *batch's* mean and variance, and lets its stored ones drift after them. With small batches of new pictures that noise can ruin a pretrained network.
# In Keras, `layer.trainable = False` on a BatchNorm layer does both: $\gamma$ and $\beta$ stay, and it keeps using its stored statistics, in training too. For other layers the flag only stops their weights.
#
# $$\mathrm{trainable}(l) = \big[\, l \ge l_{\text{block}} \,\big] \wedge \big[\, l \text{ is no BatchNorm} \,\big], \qquad l_{\text{block}} = \min \{\, l : \text{the name of layer } l \text{ starts with } \texttt{block} \,\}$$
#
# | name | shape | |
# |---|---|---|
# | `model` | flat Keras model | layers in the order of `model.layers`; no model nested in it |
# | `block` | text | such as `"conv5_block1"`; some layer's name starts with it |
# | returns | `model`, the same object | whatever was frozen before the call does not matter, the model's own flag `model.trainable` included |
#
# **Predict before you run.** You freeze $\gamma$ and $\beta$ of a BatchNorm by hand, but let it run in training mode, and train for one epoch at a tiny learning rate. What has changed in that layer?
#
# - **A.** Nothing: all that learns in it is frozen.
# - **B.** Its stored mean and variance.
# - **C.** Its epsilon.


# %% nbgrader={"grade": false, "grade_id": "predict_unfreeze_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_unfreeze() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "unfreeze_from_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def unfreeze_from(model, block: str):
    """Let ``model`` learn from the first layer on whose name starts with ``block``, BatchNorm frozen everywhere."""
    ### BEGIN SOLUTION
    model.trainable = True  # the model's own flag; it may change those of all layers, so it comes first
    learns = False
    for layer in model.layers:
        learns = learns or layer.name.startswith(block)
        layer.trainable = learns and not isinstance(layer, keras.layers.BatchNormalization)
    return model
    ### END SOLUTION


# %%
# Given: the hidden checks reach your function through this one, because a model cannot travel to the grader.
def probe_unfreeze(names, blocks, x, target, calls, rate, frozen):
    return laws.probe_unfreeze(unfreeze_from, names, blocks, x, target, calls, rate, frozen)


# %% nbgrader={"grade": true, "grade_id": "unfreeze_from", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
laws.check_unfreeze_from(unfreeze_from)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Go through the layers from the bottom with a flag that is off, and turns on at the first layer of the block and stays on.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `layer.name.startswith(block)`, `isinstance(layer, keras.layers.BatchNormalization)`. A model has a flag too. Changing `model.trainable` changes the flags of all its layers (saying what it says already does nothing), and while it is False nothing in the model learns.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# the model's own flag ← on; learns ← no; for each layer: learns ← yes, if its name starts with the block's; the layer's flag ← learns, and it is no BatchNorm; return the model
# </details>
#
# *If you see* that nothing learns, *suspect* the model's own flag. *If you see* that a second call does not undo the first, *suspect* a layer that is never told `True`.


# %%
STAGES = ["conv1", "conv2", "conv3", "conv4", "conv5"]
CHOICES = ["conv5_block1", "conv4_block1", "conv3_block1"]


def can_learn(block):
    """Thousands of numbers that can learn in each stage of ResNet50 after your function was called."""
    model = unfreeze_from(build("resnet50", track.weights), block)
    counts = dict.fromkeys(STAGES, 0.0)
    for part in model.layers:
        if part.name[:5] in counts:
            counts[part.name[:5]] += sum(int(np.prod(w.shape)) for w in part.trainable_weights) / 1e3
    return list(counts.values())


learning = mine_or(point["trainable"], "unfreeze_from", lambda: np.array([can_learn(block) for block in CHOICES]))
show.bars(
    {f"from {block}": counts for block, counts in zip(CHOICES, learning, strict=True)},
    STAGES,
    alt="How many numbers of each stage of ResNet50 can learn when it is unfrozen from stage 5, 4 or 3 on: none below the stage, and stage 5 holds most.",
    unit="numbers that learn (thousands)",
)
quiz.compare("unfreeze", lambda: predict_unfreeze())

# %% [markdown]
# *A right picture* shows nothing below the named stage, and equal bars above it. Most of the network's numbers sit in stage 5: unfreezing the last stage alone is no small thing.

# %% [markdown]
# ### Exercise 4. `warmup_cosine`
#
# `Difficulty 2/5 · Importance 3/5 · 10 min · 3 points`
#
# **Why.** At the start of fine-tuning the new head is random, its gradients are large, and a full-sized step would tear up pretrained kernels. A *warm-up* begins with small steps.
# At the end, a large rate keeps the weights jumping about; lowering it lets them settle. Half a cosine lowers it slowly, then fast, then slowly, and needs no further numbers to choose.
# Both together are the commonest schedule of today. The definition is exact, so that your curve can be compared with others: libraries differ by a step here and there.
#
# $$\eta(t) = \begin{cases} \mathrm{base}\, \dfrac{t + 1}{\mathrm{warm}} & t < \mathrm{warm} \\[2ex] \dfrac{\mathrm{base}}{2} \left( 1 + \cos \dfrac{\pi\, (t - \mathrm{warm})}{T - \mathrm{warm}} \right) & t \ge \mathrm{warm} \end{cases} \qquad t = 0, 1, \dots, T - 1$$
#
# | name | shape | |
# |---|---|---|
# | `t` | number or any array | steps, counted from 0 |
# | `T`, `warm` | integers, 0 ≤ `warm` < `T` | all steps, and those of the warm-up |
# | `base` | number | the largest rate |
# | returns | as `t` | |
#
# **Predict before you run.** $T = 100$, $\mathrm{warm} = 10$. At which step, on the way down, is the rate half of base?
#
# - **A.** 50.
# - **B.** 55.
# - **C.** 60.


# %% nbgrader={"grade": false, "grade_id": "predict_schedule_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_schedule() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "warmup_cosine_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def warmup_cosine(t, T: int, warm: int, base: float) -> np.ndarray:
    """Learning rate of step t, a number or an array of steps from 0 to T - 1: up in equal steps, down along a cosine."""
    ### BEGIN SOLUTION
    t = np.asarray(t, dtype=np.float64)
    up = base * (t + 1) / max(warm, 1)
    down = base / 2 * (1 + np.cos(np.pi * (t - warm) / (T - warm)))
    return np.where(t < warm, up, down)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "warmup_cosine", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
laws.check_warmup_cosine(warmup_cosine)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Compute both lines of the formula for all steps, then choose between them, step by step.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `np.where(t < warm, ..., ...)` works on numbers and arrays. It computes both sides: with `warm = 0` a division by `warm` fails even where its result is not used.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# up ← base times (t plus one) over warm, or over 1 if warm is 0; down ← half of base times (one plus the cosine of pi times the steps since the warm-up over the steps after it); result ← up where t is below warm, else down
# </details>
#
# *If you see* a first rate of zero, *suspect* that $t$ is not shifted by one. *If you see* a jump at the end of the warm-up, *suspect* the argument of the cosine.

# %%
steps = np.arange(100)
read_only(steps)
warms = (0, 10, 30)
rates = mine_or(
    point["rates"], "warmup_cosine", lambda: np.stack([warmup_cosine(steps, 100, warm, 1e-3) for warm in warms])
)
show.lines(
    steps,
    {f"warm = {warm}": 1e3 * r for warm, r in zip(warms, rates, strict=True)},
    alt="Learning rate over 100 steps for three lengths of the warm-up: a straight rise to 1 and half a cosine down towards zero.",
    x_label="step t",
    y_label="learning rate (thousandths)",
)
quiz.compare("schedule", lambda: predict_schedule())

# %% [markdown]
# *A right picture* shows straight lines up to 1 and smooth curves down, which begin flat, and end close to zero but not at it.

# %% [markdown]
# **Checkpoint 2.** What learns and how fast is settled. The next exercise uses both functions; if one of them is not done, it says what to use in its place.

# %% [markdown]
# ### Exercise 5. `fine_tune`, `classify` and `report`
#
# `Difficulty 3/5 · Importance 5/5 · 25 min · 7 points`
#
# **Why.** Now you fine-tune. The frozen front of the network gives the same maps for the same picture in every epoch, so you compute them once and train only what is behind: the last stage and a new head. That takes seconds, not minutes.
# Your classifier is graded on **fresh pictures of the same 18 characters, drawn in the moment of grading**. Nobody can have looked them up or trained on them. At least **82 %** of them have to be right; the reference gets 93 %. (On the full track the check below asks for twice the share that guessing gets.)
# Report an honest test accuracy too: it has to agree with the fresh one within 10 points.
#
# $$f(x) = g_\theta\big( h(x) \big), \qquad h \text{ frozen, computed once}, \qquad \theta \leftarrow \theta - \eta(t)\, \nabla_\theta\, \frac{1}{N} \sum_{n} \mathrm{xent}\big( g_\theta(h(x_n)),\, y_n \big)$$
#
# | name | shape | |
# |---|---|---|
# | `rear` | model $g_\theta$ | maps `(B, 4, 4, C)` to logits `(B, K)`; pretrained stage, random head |
# | `maps`, `labels` | `(N, 4, 4, C)`, `(N,)` | maps of the training pictures, mirror images included |
# | `validation` | pair of the same | to watch, not to train on |
# | `fine_tune` returns | dict of lists | the history of `rear.fit`: `loss`, `val_loss`, `accuracy`, `val_accuracy` |
# | `classify(images)` | uint8 `(N, 64, 64, 3)` to `(N,)` | classes, integers |
# | `report()` | number from 0 to 1 | accuracy of `classify` on `data.test` |
#
# **Predict before you run.** You fine-tune the last stage on 50 pictures of each character and their mirror images. In the end nearly all *training* pictures are right. The *validation* pictures
#
# - **A.** are nearly all right, too.
# - **B.** rise and then stay, several points below the training pictures.
# - **C.** rise and then fall to where they began.


# %% nbgrader={"grade": false, "grade_id": "predict_classify_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_classify() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% [markdown]
# The network and the number of training pictures are yours to choose, within what two cores do in half a minute. Training pictures come from `data.train` and from nowhere else.

# %% nbgrader={"grade": false, "grade_id": "choice", "locked": false, "schema_version": 3, "solution": false, "task": false}
ARCH = "resnet50"  # or "densenet121"
PICTURES = 50  # training pictures of each character, at most 200

# %%
CUTS = {"resnet50": "conv4_block6_out", "densenet121": "pool4_pool"}  # where the front ends
base = build(ARCH, track.weights, input_shape=(track.size, track.size, 3))
front = keras.Model(base.input, base.get_layer(CUTS[ARCH]).output)


def front_maps(images):
    """What the frozen front gives: uint8 (N, 64, 64, 3) -> float32 (N, 4, 4, C)."""
    lots = [front(preprocess(images[k : k + 128], ARCH), training=False) for k in range(0, len(images), 128)]
    return np.concatenate([np.asarray(lot) for lot in lots])


def new_rear():
    """The last stage, pretrained, and a new head: maps (B, 4, 4, C) -> logits (B, K)."""
    fresh = build(ARCH, track.weights, input_shape=(track.size, track.size, 3))
    x = keras.layers.GlobalAveragePooling2D(name="avg_pool")(fresh.output)
    return keras.Model(fresh.get_layer(CUTS[ARCH]).output, keras.layers.Dense(K, name="logits")(x))


chosen = np.sort(np.concatenate([np.flatnonzero(data.train.labels == k)[:PICTURES] for k in range(K)]))
maps = front_maps(np.concatenate([data.train.images[chosen], data.train.images[chosen][:, :, ::-1]]))
labels = np.tile(data.train.labels[chosen], 2)
validation = (front_maps(data.validation.images), data.validation.labels)
read_only(maps, labels, validation)
print(f"maps of {len(maps)} training and {len(validation[0])} validation pictures, {maps.shape[1:]} each")

# %% [markdown]
# Write the three functions. `rear` and `front_maps` are there when `classify` is called. A step of the formula is a batch of pictures here, and AdamW in the place of plain descent. It is enough to change the rate once per *epoch*: then $t$ counts epochs, $T$ is `EPOCHS`, and one or two of them warm up.
# If your `unfreeze_from` is not done, freeze nothing; if your `warmup_cosine` is not done, use a constant rate.


# %% nbgrader={"grade": false, "grade_id": "classify_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
EPOCHS = 8


def fine_tune(rear, maps: np.ndarray, labels: np.ndarray, validation: tuple) -> dict[str, list[float]]:
    """Train ``rear`` in place on maps (N, 4, 4, C) and labels (N,); return the history of rear.fit."""
    ### BEGIN SOLUTION
    unfreeze_from(rear, "conv5_block1")
    rear.compile(
        keras.optimizers.AdamW(1e-3, weight_decay=1e-2),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    rate = keras.callbacks.LearningRateScheduler(lambda epoch: float(warmup_cosine(epoch, EPOCHS, 2, 1e-3)))
    return rear.fit(
        maps, labels, batch_size=128, epochs=EPOCHS, validation_data=validation, callbacks=[rate], verbose=0
    ).history
    ### END SOLUTION


def classify(images: np.ndarray) -> np.ndarray:
    """The classes of pictures: uint8 (N, 64, 64, 3) -> integers (N,)."""
    ### BEGIN SOLUTION
    logits = rear(front_maps(images), training=False)
    return np.asarray(logits).argmax(axis=1)
    ### END SOLUTION


def report() -> float:
    """The accuracy of ``classify`` on the test pictures, from 0 to 1."""
    ### BEGIN SOLUTION
    return float(np.mean(classify(data.test.images) == data.test.labels))
    ### END SOLUTION


# %%
keras.utils.set_random_seed(3)
rear = new_rear()
try:
    history = fine_tune(rear, maps, labels, validation)
except NotImplementedError:
    history = None
    print("fine_tune, or a function that it calls, is still a stub.")

# %% nbgrader={"grade": true, "grade_id": "classify", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
laws.check_classify(classify, data.validation.images[:270], data.validation.labels[:270], K)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Four steps: choose what learns, compile, choose a rate for each epoch, fit. The head gives logits: tell the loss.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `keras.callbacks.LearningRateScheduler(function of the epoch)`; `keras.losses.SparseCategoricalCrossentropy(from_logits=True)`; `rear.fit(...).history`. `keras.optimizers.AdamW` with a rate of 0.001 is a good start.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# unfreeze rear from conv5_block1; compile with AdamW, cross-entropy on logits, accuracy; fit on maps and labels with the validation pair and a callback that sets the rate of your schedule, T being the number of epochs; classify: front maps, rear with training=False, largest logit of each row
# </details>
#
# *If you see* an accuracy of about 6 %, *suspect* softmax scores that are taken for logits, or the reverse. *If you see* a much better validation accuracy than on fresh pictures, *suspect* that validation or test pictures were trained on.

# %%
try:
    share = report()
    print(f"report() says {share!r}: " + ("a share from 0 to 1." if 0 <= share <= 1 else "return a share from 0 to 1."))
except NotImplementedError:
    print("report, or classify, is still a stub.")

# %%
if history is None:
    curves = np.asarray(runs["resnet50_finetune_curves"], dtype=np.float64)
    print("Made from the checkpoint: the long training of the same network.")
else:
    curves = np.array([history[key] for key in ("loss", "val_loss", "accuracy", "val_accuracy")])
show.lines(
    np.arange(1, curves.shape[1] + 1),
    {"training": 100 * curves[2], "validation": 100 * curves[3]},
    alt="Accuracy on training and validation pictures over the epochs of fine-tuning: both rise fast, and training ends above validation.",
    x_label="epoch",
    y_label="accuracy (%)",
    limits=(40, 102),
)
quiz.compare("classify", lambda: predict_classify())

# %% [markdown]
# *A right picture* shows two curves that rise together in the first epochs and part later: the gap between them is what this lab calls overfitting. The validation curve should end flat, not fall. (In the first epoch training may lie lower: it is measured while the network still learns, validation after it.)

# %% [markdown]
# **Checkpoint 3.** The scores that part 4 needs are loaded from `runs.npz`: three networks, two recipes, 890 test pictures. Your functions of parts 2 and 3 are not needed for it.

# %% [markdown]
# ## Part 4. Is it true?
#
# A table with one number per network invites the eye to rank them. Two questions come first: can the networks' own confidence be trusted, and would the ranking survive other test pictures?

# %% [markdown]
# ### Exercise 6. `ece`
#
# `Difficulty 2/5 · Importance 4/5 · 15 min · 4 points`
#
# **Why.** A softmax score of 0.9 looks like "right nine times out of ten". Is it? Sort the pictures into bins by the network's *confidence*, its largest score, and compare in each bin how often it is right with how sure it was.
# The *expected calibration error* is the mean of these distances, weighted by the number of pictures. Large networks that fit their training pictures perfectly tend to be too sure.
# Accuracy and calibration are different things: a network may be right more often and still know less about when it is wrong.
#
# $$\mathrm{ECE} = \sum_{m=1}^{M} \frac{|B_m|}{N}\, \big| \mathrm{acc}(B_m) - \mathrm{conf}(B_m) \big|, \qquad B_m = \Big\{ n : \tfrac{m-1}{M} < \max_k p_{nk} \le \tfrac{m}{M} \Big\}$$
#
# | name | shape | |
# |---|---|---|
# | `p` | `(N, K)` | softmax scores |
# | `y` | `(N,)` integers | true classes |
# | `bins` | integer | $M$ bins of equal width, closed on the right; empty ones count nothing |
# | returns | number | from 0 to 1 |
#
# Here $\mathrm{acc}(B_m)$ is the share of the pictures in the bin whose largest score is that of the true class, and $\mathrm{conf}(B_m)$ the mean of their largest scores.
#
# **Predict before you run.** A network always says 0.7 for its best class and is right on 9 of 10 pictures. What is its calibration error, with ten bins?
#
# - **A.** 0: it is right more often than it says.
# - **B.** 0.2.
# - **C.** 0.1, its error rate.


# %% nbgrader={"grade": false, "grade_id": "predict_ece_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_ece() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "ece_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ece(p: np.ndarray, y: np.ndarray, bins: int) -> float:
    """Expected calibration error of softmax scores p (N, K) for classes y (N,), bins closed on the right."""
    ### BEGIN SOLUTION
    confidence, right = p.max(axis=1), p.argmax(axis=1) == y
    total = 0.0
    for m in range(bins):
        inside = (confidence > m / bins) & (confidence <= (m + 1) / bins)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return total
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "ece", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
laws.check_ece(ece)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Two numbers per picture are all you need: its confidence, and whether it is right. Then a loop over bins.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `p.max(axis=1)` and `p.argmax(axis=1) == y`. A mask such as `(confidence > low) & (confidence <= high)` picks a bin; `mask.mean()` is its share of all pictures, `mask.any()` whether it holds one.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# total ← 0; for each bin: inside ← confidence above its lower and at most its upper edge; if there is any: total ← total plus share times |share of right ones inside − mean confidence inside|
# </details>
#
# *If you see* NaN, *suspect* the mean of an empty bin. *If you see* a value that is far too small, *suspect* signed distances that cancel.

# %%
BINS = 10
errors = mine_or(
    point["ece"],
    "ece",
    lambda: np.array([[ece(scores[arch, r], test_labels, BINS) for arch in networks] for r in recipes]),
)
show.bars(
    {title: 100 * row for title, row in zip(recipes.values(), errors, strict=True)},
    networks,
    alt="Expected calibration error of the three networks by two recipes. By the study's recipe 38 to 48 points, by the other one below 4.",
    unit="ECE (points)",
)


def reliability(recipe):
    """How far each bin's accuracy lies above its mean confidence, for three networks, in points."""
    middle = (np.arange(BINS) + 0.5) / BINS
    gaps = {}
    for arch in networks:
        p = scores[arch, recipe]
        confidence, ok = p.max(axis=1), right[arch, recipe]
        place = np.minimum(np.ceil(confidence * BINS).astype(int), BINS) - 1
        inside = [place == m for m in range(BINS)]
        gaps[arch] = [100 * (ok[i].mean() - confidence[i].mean()) if i.sum() >= 20 else np.nan for i in inside]
    show.lines(
        100 * middle,
        gaps,
        alt=f"Reliability, {recipes[recipe]}: for three networks, accuracy minus mean confidence of the pictures in each bin of confidence. The line at zero is perfect calibration.",
        x_label="bin of confidence, its middle (%)",
        y_label="accuracy minus confidence (points)",
        title=recipes[recipe],
    )


explore(reliability, recipe={title: r for r, title in list(recipes.items())[::-1]})
quiz.compare("ece", lambda: predict_ece())

# %% [markdown]
# *A right picture* shows, for each bin, by how many points accuracy lies above the bin's mean confidence; bins with fewer than 20 pictures are left out. Above zero a network is not sure enough, below zero too sure. The surprise is in the menu: by the study's recipe all three networks are far *less* sure than they are right. They have hardly left their start, and their scores are still close to even.

# %% [markdown]
# ### Exercise 7. `mcnemar`
#
# `Difficulty 2/5 · Importance 5/5 · 15 min · 3 points`
#
# **Why.** Two networks were tested on the *same* pictures. Pictures that both get right, or both wrong, say nothing about which is better. What counts is where exactly one is right: $b$ pictures for A, $c$ for B.
# If the two were equally good, each of these $d = b + c$ pictures would be a coin toss. McNemar's test asks how unlikely a split as uneven as this one is. The approximation in textbooks fails for small $d$; the binomial distribution itself is exact.
#
# $$p = \min\Big( 1,\; 2 \sum_{i=0}^{\min(b, c)} \binom{d}{i}\, 2^{-d} \Big), \qquad d = b + c, \qquad p = 1 \text{ for } d = 0$$
#
# | name | shape | |
# |---|---|---|
# | `okA`, `okB` | `(N,)` booleans | whether A and B are right on picture $n$ |
# | returns | number | two-sided p-value |
#
# A small $p$ says that these two *trained networks* differ beyond the luck of the test pictures. It says nothing about another training run with another seed.
#
# **Predict before you run.** On 890 pictures, only A is right on 3 and only B on 9. Both are right on all others. How large is $p$, roughly?
#
# - **A.** Below 0.01: B makes three times fewer mistakes.
# - **B.** 0.15.
# - **C.** 0.99: on 878 of 890 pictures they agree.


# %% nbgrader={"grade": false, "grade_id": "predict_mcnemar_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict_mcnemar() -> str:
    """Return your letter."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "mcnemar_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mcnemar(okA: np.ndarray, okB: np.ndarray) -> float:
    """Exact two-sided p-value of McNemar's test, from paired outcomes (N,), True where right."""
    ### BEGIN SOLUTION
    from math import comb

    only_A, only_B = int(np.sum(okA & ~okB)), int(np.sum(okB & ~okA))
    n = only_A + only_B
    tail = sum(comb(n, i) for i in range(min(only_A, only_B) + 1))
    return min(1.0, 2 * tail / 2**n)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "mcnemar", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
laws.check_mcnemar(mcnemar)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Count two kinds of pictures. The rest is a sum of binomial coefficients.
# </details>
# <details><summary>Hint 2: the calls</summary>
#
# `okA & ~okB` is True where only A is right. `math.comb(d, i)` is exact for any size; Python's whole numbers do not overflow, NumPy's do.
# </details>
# <details><summary>Hint 3: pseudo-code</summary>
#
# b, c ← the two counts; d ← their sum; tail ← sum of the binomial coefficients of d from 0 to the smaller count, that count included; result ← twice tail over 2 to the d, at most 1
# </details>
#
# *If you see* a $p$ above 1, *suspect* a distribution whose middle was counted twice. *If you see* that $p$ changes with pictures that both get right, *suspect* the number of tosses.

# %%
pairs = [(0, 1), (0, 2), (1, 2)]
p_values = mine_or(
    point["p"],
    "mcnemar",
    lambda: np.array([[mcnemar(right[networks[i], r], right[networks[j], r]) for i, j in pairs] for r in recipes]),
)
for title, row in zip(recipes.values(), p_values, strict=True):
    print(
        f"{title}: "
        + "; ".join(f"{networks[i]} and {networks[j]}, p = {p:.2g}" for (i, j), p in zip(pairs, row, strict=True))
    )
only = {
    (i, j): [int(np.sum(right[networks[a], "finetune"] & ~right[networks[b], "finetune"])) for a, b in ((i, j), (j, i))]
    for i, j in pairs
}
show.bars(
    {
        "only the first is right": [only[pair][0] for pair in pairs],
        "only the second is right": [only[pair][1] for pair in pairs],
    },
    [f"{networks[i]},\n{networks[j]}" for i, j in pairs],
    alt="For each pair of networks trained head first: on how many of 890 pictures only the first or only the second is right. VGG16 alone is right far more often than each of the others; between ResNet50 and DenseNet121 the counts are 60 and 59.",
    unit="pictures",
    title=recipes["finetune"],
)
quiz.compare("mcnemar", lambda: predict_mcnemar())

# %% [markdown]
# *A right picture* shows, for each pair, the two counts that the test compares; the hundreds of pictures on which both agree do not appear. The more uneven a pair of bars, the smaller its $p$.

# %% nbgrader={"grade": true, "grade_id": "predictions", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
quiz.count(globals(), ["bottleneck", "dense", "unfreeze", "schedule", "classify", "ece", "mcnemar"])

# %% [markdown]
# ### Integration 2: the study's table, made anew
#
# All numbers come from the stored scores of six trainings: three small networks, two recipes, the same 20 drawn pictures of each character, the same 890 test pictures, one seed. *Epochs* are 12 of the whole network by the study's recipe (the study had 20, on far more pictures); by the other one 30 of the head alone, then 6 of the whole network. *Time* is processor time, of all cores together.
# Intervals are 95 % bootstrap intervals over test pictures; they do not cover the luck of the training.


# %%
def table(recipe):
    """The study's table, anew, by one recipe, and the pairwise tests."""
    print(f"{recipes[recipe]}\n\nnetwork       accuracy (95 % interval)   loss    ECE   time     epochs")
    for arch, error in zip(networks, errors[list(recipes).index(recipe)], strict=True):
        mean, low, high = bootstrap_ci(right[arch, recipe])
        p = scores[arch, recipe][np.arange(len(test_labels)), test_labels]
        loss = -np.log(np.maximum(p, 1e-7)).mean()
        seconds, epochs = runs[f"{arch}_{recipe}_seconds"], runs[f"{arch}_{recipe}_curves"].shape[1]
        print(
            f"{arch:13s} {100 * mean:5.1f} % ({100 * low:.1f} to {100 * high:.1f})     {loss:6.3f}  {error:.3f}  {seconds:4.0f} s   {epochs}"
        )
    print()
    for (i, j), p in zip(pairs, p_values[list(recipes).index(recipe)], strict=True):
        print(f"{networks[i]} against {networks[j]}: p = {p:.2g}")
    print()


for recipe in recipes:
    table(recipe)

# %% [markdown]
# **Overfitting** is the gap between pictures that were trained on and pictures that were not. The curves show it for each network. (Training loss is measured *during* an epoch, while the network still learns, and with dropout where the recipe has it: at first it may lie above validation loss. The bars further down measure both at the end, without dropout.)
# Where the head was trained first, the small bump at epoch 31 is where the whole network begins to learn.


# %%
def curves_of(recipe, network):
    """Loss on training and validation pictures, epoch by epoch."""
    curves = runs[f"{network}_{recipe}_curves"]
    show.lines(
        np.arange(1, curves.shape[1] + 1),
        {"training": curves[0], "validation": curves[1]},
        alt=f"Training and validation loss of {network}, {recipes[recipe]}, over its epochs, the head's first.",
        x_label="epoch",
        y_label="loss",
        title=f"{network}, {recipes[recipe]}",
    )


explore(curves_of, recipe={title: r for r, title in list(recipes.items())[::-1]}, network=networks[::-1])
gaps = {
    title: [100 * (float(runs[f"{arch}_{r}_train"][0]) - accuracy[arch, r]) for arch in networks]
    for r, title in recipes.items()
}
show.bars(
    gaps,
    networks,
    alt="Training accuracy minus test accuracy of three networks by two recipes. By the study's recipe 11, 16 and 10 points, by the other one 2, 11 and 11.",
    unit="training minus test accuracy (points)",
)

# %% [markdown]
# Which characters are confused? Rows are the true characters, columns the answers; what is right stands on the diagonal.


# %%
names = [str(name) for name in runs["names"]]
tables = {
    arch: confusion_matrix(test_labels, scores[arch, "finetune"].argmax(axis=1), labels=range(18)) for arch in networks
}


def show_confusion(network):
    """The confusion matrix of one network."""
    show.matrix(
        tables[network],
        names,
        alt=f"Confusion matrix of {network}, {recipes['finetune']}: most of 890 pictures on the diagonal, the mistakes scattered beside it.",
    )


explore(show_confusion, network=networks[::-1])

# %% [markdown]
# And the pairs that are confused most often, as pictures: for each pair, a test picture that was taken for the other character, and one of that other character that was recognised.

# %%
drawn = load_toons("test")  # the stored scores are about these, on either track
together = sum(tables.values())
together = together - np.diag(np.diag(together))
worst = np.dstack(np.unravel_index(np.argsort(-together, axis=None)[:4], together.shape))[0]
pictures, titles = [], []
for true, answer in worst:
    arch = max(networks, key=lambda a: np.sum((test_labels == true) & (scores[a, "finetune"].argmax(axis=1) == answer)))
    guess = scores[arch, "finetune"].argmax(axis=1)
    wrong = np.flatnonzero((test_labels == true) & (guess == answer))[0]
    known = np.flatnonzero((test_labels == answer) & (guess == answer))[0]
    pictures += [drawn.images[wrong], drawn.images[known]]
    titles += [f"{names[true]}\ntaken for {names[answer]}", names[answer]]
show.maps(
    pictures,
    titles,
    alt="The four pairs of characters that the three networks confuse most often: a misread picture and a recognised one of the other character.",
)
print("; ".join(f"{names[t]} taken for {names[a]}: {together[t, a]} times" for t, a in worst))

# %% [markdown]
# What do these tables say about the study's two claims? Write down, before you go on: which differences are larger than the luck of the test pictures? Which network has the largest gap by which recipe, and how well did it learn its training pictures?
# The reflection asks for your verdict. Ours stands folded behind it.

# %% [markdown]
# ## Part 5. Bug hunt and reflection
#
# ### Bug hunt
#
# `Difficulty 3/5 · Importance 4/5 · 15 min · 6 points`
#
# A colleague trains a dense head behind a *frozen* BatchNorm by plain gradient descent, on the **mean** cross-entropy of all pictures, with the schedule of exercise 4. It learns, but not as it should. **There are three bugs.** Each hides on some inputs:
# think about one picture and several, about features whose statistics are the stored ones and others, about schedules with and without a warm-up. Write the repaired function below it.
# You may hand any function to a check: `laws.check_tune_head(tune_head_buggy)` in a cell of your own shows a first symptom.


# %%
def softmax(z):
    """Softmax scores (N, K) of logits (N, K)."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def tune_head_buggy(h, y, norm, W, b, T, warm, base):
    """T steps of gradient descent: h (N, D), y (N,), norm (gamma, beta, mean, var), W (D, K), b (K,) -> W, b."""
    gamma, beta, *_ = norm
    a = batchnorm(h, gamma, beta, h.mean(axis=0), h.var(axis=0))
    for t in range(T):
        p = softmax(a @ W + b)
        p -= np.eye(len(b))[y]
        rate = base * (t + 1) / warm if t < warm else 0.5 * base * (1 + np.cos(np.pi * t / T))
        W = W - rate * a.T @ p
        b = b - rate * p.sum(0)
    return W, b


# %% nbgrader={"grade": false, "grade_id": "bug_hunt_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def tune_head(
    h: np.ndarray, y: np.ndarray, norm: tuple, W: np.ndarray, b: np.ndarray, T: int, warm: int, base: float
) -> tuple[np.ndarray, np.ndarray]:
    """The repaired function: W (D, K) and b (K,) after T steps. Mark each repair with a comment that says what was wrong."""
    ### BEGIN SOLUTION
    a = batchnorm(h, *norm)  # the stored statistics: those of the batch make a picture depend on its neighbours
    for t in range(T):
        p = softmax(a @ W + b)
        p -= np.eye(len(b))[y]
        p /= len(y)  # the gradient of a mean: without this, steps grow with the number of pictures
        angle = np.pi * (t - warm) / (T - warm)  # counted from the end of the warm-up
        rate = base * (t + 1) / warm if t < warm else 0.5 * base * (1 + np.cos(angle))
        W = W - rate * a.T @ p
        b = b - rate * p.sum(0)
    return W, b
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bug_hunt", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_tune_head(tune_head)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Make one thing simple at a time: one picture, one step, no warm-up. Then add one complication and see what changes.
# </details>
# <details><summary>Hint 2: where to look</summary>
#
# One bug is in how features are normalised, one in the size of a step, one in the schedule.
# </details>
# <details><summary>Hint 3: how to find each</summary>
#
# A single picture whose features are far from the stored mean shows the first; the same pictures twice show the second; printing the rates of all steps with a warm-up shows the third.
# </details>
#
# *If you see* that a picture's step depends on its neighbours, *suspect* the statistics. *If you see* steps that grow with the set, *suspect* a sum. *If you see* right results without a warm-up only, *suspect* the schedule.

# %% [markdown]
# ### Reflection
#
# In 150 words at most: **does one of the study's two claims hold in your table?** Choose one: *more complex networks did not do better*, or *DenseNet121 overfitted most*. Write four parts.
# *Claim*: one sentence that could be wrong. *Evidence*: at least two numbers or figures of this lab, named, one of them a test or an interval. *Limitation*: what these numbers cannot show.
# *Alternative*: another explanation of the same numbers, and a test that would tell the two apart. Each part counts one point.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# **Claim.** That DenseNet121 came last in the study was the work of its recipe, not of overfitting.
#
# **Evidence.** By the study's recipe DenseNet121 gets 60.6 % of the test pictures right, ResNet50 69.4 % (McNemar, $p$ about 3e-6), but its training accuracy is the lowest too (70.6 against 85.3 %) and its gap the smallest (10 points against 16). Trained head first, the two cannot be told apart: 60 against 59 pictures, $p = 1$.
#
# **Limitation.** One seed and 20 pictures a class: the tests compare these six trained networks and cannot say how much another start would change. The study's networks took thousands of steps, mine 144.
#
# **Alternative.** DenseNet121 may need more steps at so small a rate, and overfit later. Train it by the study's recipe ten times as long, on all 200 pictures, with five seeds: if the gap then grows beyond that of ResNet50, the study is right and my run was too short.

# %% [markdown]
# <details><summary>Our verdict: open it when yours is written</summary>
#
# *More complex networks did not do better.* By both recipes VGG16, the plainest, is ahead of ResNet50 and DenseNet121. By the second recipe the tests leave no doubt that VGG16 is ahead of both; by the study's own, VGG16 and ResNet50 cannot be told apart ($p = 0.08$).
# And that DenseNet121 comes last holds by the study's recipe only: by the other one it and ResNet50 are right on 60 and 59 pictures that the other gets wrong, $p = 1$.
#
# *DenseNet121 overfitted most.* Not here. By the study's recipe its gap is the smallest and its training accuracy the lowest: it has learned least, which is *under*fitting. By the other recipe ResNet50 and DenseNet121 have the same gap.
#
# Mind what stands behind that: small networks, drawn characters, 20 pictures of each, one seed, and weights pretrained on drawings, not on photographs. Your table contradicts the study's explanation, not its measurements.
# </details>

# %% [markdown]
# ## Bonus
#
# Nothing here is graded.
#
# 1. **BatchNorm let loose.** Fine-tune `rear` once more with all its BatchNorm layers trainable, in batches of 4 and of 64. Compare validation accuracy with `training=False` and with `training=True`. Which stored statistics have moved furthest?
# 2. **How deep?** Cut ResNet50 at `conv3_block4_out` instead and unfreeze from `conv4_block1`. What do you gain per second of training?
# 3. **Temperature.** Divide the logits of a network by one number, chosen on validation pictures, so that the cross-entropy is smallest (Guo et al. 2017, section 4.2). What happens to accuracy, loss and ECE?
# 4. **Seeds.** Fine-tune five times with other seeds. Is the spread of the five accuracies larger than the bootstrap interval of one of them?

# %% nbgrader={"grade": false, "grade_id": "bonus", "locked": false, "schema_version": 3, "solution": false, "task": false}
# Your experiments.

# %% [markdown]
# ## Summary
#
# - ResNet adds and DenseNet appends. Pretrained weights fit one wiring only: the place of the stride, the order of BatchNorm, ReLU and convolution, and the epsilon all count.
# - Fine-tuning: a frozen front computed once, the last stage learning, BatchNorm as it was stored, a rate that warms up and dies away.
# - An accuracy is honest if it holds on pictures that chose and trained nothing.
# - Calibration is another matter than accuracy. Compare networks on the same pictures, where they differ, and mind that one training run is one draw.
# - A ranking of networks is a ranking of networks *with a recipe*.
#
# ## References
#
# - He, Zhang, Ren, Sun (2016). *Deep residual learning for image recognition.* CVPR. The bottleneck block: figure 5; shortcuts: equations 1 and 2.
# - Huang, Liu, van der Maaten, Weinberger (2017). *Densely connected convolutional networks.* CVPR. Dense connectivity: equation 2; bottleneck layers: section 3.
# - Ioffe, Szegedy (2015). *Batch normalization.* ICML. Inference with stored statistics: algorithm 2.
# - Loshchilov, Hutter (2017). *SGDR: stochastic gradient descent with warm restarts.* ICLR. The cosine: equation 5. The warm-up: Goyal et al. (2017), *Accurate, large minibatch SGD*, arXiv 1706.02677, section 2.2.
# - Guo, Pleiss, Sun, Weinberger (2017). *On calibration of modern neural networks.* ICML. ECE: equation 3.
# - McNemar (1947). *Note on the sampling error of the difference between correlated proportions or percentages.* Psychometrika 12. For classifiers: Dietterich (1998), *Approximate statistical tests for comparing supervised classification learning algorithms*, Neural Computation 10, section 3.1.
#
# ## Help and AI use
#
# Work in pairs if you like; hand in your own text and code. You may ask people, books and AI assistants about ideas, formulas and error messages. Code that you did not write yourself, from whatever source, needs a comment that says where it is from, and you have to be able to explain each line.
# Write the reflection without an assistant: it asks what *you* conclude. Name below who or what helped you, and with what.

# %% nbgrader={"grade": false, "grade_id": "help", "locked": false, "schema_version": 3, "solution": false, "task": false}
help_used = "nobody and nothing yet"
