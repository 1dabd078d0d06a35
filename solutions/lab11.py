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
# # Lab 11: the Simpsons, full size
#
# **You will make the whole study yourself: three networks, one table, one figure of maps, and a report of two pages that says which of the study's claims hold, how you know, and what you cannot know.**
#
# *Time:* open. Plan 8 to 12 hours over two weeks, half of them for tests and writing; 1 to 3 more for the bonus.
# *Builds on:* all labs: 1 (splits), 2 and 3 (training, intervals, tests), 5 (gradient and deconvnet), 7 and 8 (LRP), 10 (tests of maps).
#
# When you have finished you can
#
# 1. **plan** a comparison of networks and of explanations, with predictions that a number could refute, before you run anything;
# 2. **measure** three networks on the same pictures and **report** accuracy, loss, time and overfitting with intervals and paired tests;
# 3. **explain** their answers with your own gradient, deconvnet and LRP maps, chosen and scaled by stated rules;
# 4. **test** maps against controls, and **judge** from that what they are evidence for;
# 5. **write** and **review** a report that another student could repeat.
#
# | part | contents | hours |
# |---|---|---|
# | 1 | set-up, the two tracks, the picture first, recall | ½ |
# | 2 | step 1: the question and your predictions | 1 |
# | 3 | steps 2 and 3: three networks, one table | 2 to 3 |
# | 4 | step 4: the figure of maps | 2 |
# | 5 | step 5: two tests of the maps | 2 |
# | 6 | step 6: the report; step 7: peer review | 2 to 3 |
#
# This lab has no exercises with one right answer. You decide, and you give reasons. Where to score, 50 points in all:
#
# | what | points | how it is graded |
# |---|---|---|
# | question and predictions (step 1) | 4 | rubric, level 0 to 4 |
# | the table agrees with your networks (step 3) | 6 | automatically, on fresh pictures |
# | report: data and method | 4 | rubric |
# | report: table | 8 | rubric, level times two |
# | report: figure of maps | 8 | rubric, level times two |
# | report: tests of the maps | 8 | rubric, level times two |
# | report: verdict | 8 | rubric, level times two |
# | peer review, given and answered (step 7) | 4 | rubric |
#
# The rubric stands in `peer_review.md`, beside this notebook: your reviewer uses it, and so does your instructor. Read it before you start.

# %% [markdown]
# ## Part 1. Set-up and the picture first
#
# ### Two tracks, one notebook
#
# | | small track (the default) | full track |
# |---|---|---|
# | pictures | drawn characters, 64 × 64, with exact masks | the Simpsons, 64 × 64, no masks |
# | networks | VGG16, ResNet50, DenseNet121 at a quarter of their width | at full width |
# | pretrained on | other drawings | ImageNet |
# | needs | nothing: offline, two cores | pictures and weights, once |
#
# Develop on the small track: every cell runs in seconds to minutes there. Then, if your machine can, change to the full one: the same cells run again, and your report is about the real thing. Both tracks can reach full marks.
#
# For the full track set the first variable, and the others where you have local copies; without them, pictures come from Kaggle (through kagglehub) and weights from Keras, over the network, once.
#
# | variable | value |
# |---|---|
# | `TOONLENS_TRACK` | `full` |
# | `TOONLENS_SIMPSONS` | a folder that holds one folder of pictures for each character (or Kaggle's `simpsons_dataset`) |
# | `TOONLENS_IMAGENET_WEIGHTS` | a folder that holds the three files `vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5`, and the same for `resnet50` and `densenet121` |
#
# Measured on two cores with full-width networks and 64 × 64 pixels: the features of one picture take 0.04 s of processor time, all three networks together, so 8,000 pictures some three minutes of an idle machine by the recipe `frozen`. Recipes that train the base take that for each epoch, several times over: use a GPU.
#
# **Mind:** whoever grades runs your notebook on the small track, without a network. Figures made there appear there. From the full track, paste what the report needs into the report's cells: tables as text, figures as pictures (copy, then paste into the cell; drag and drop works too). Choose the track in the second of the next cells and nowhere else.

# %%
import contextlib
import io
import os
import sys
import tempfile

import numpy as np
from scipy import ndimage, stats

from toonlens import carry, show
from toonlens.convnet import conv2d, conv2d_T
from toonlens.data import load_toons
from toonlens.explore import explore
from toonlens.laws import lab11 as laws
from toonlens.laws import mine_or, read_only
from toonlens.models import ARCHITECTURES, SMALL_WIDTH, build, preprocess
from toonlens.nodes import avg_pool, avg_pool_T, fold_all, give_rules, max_pool_T, read_nodes, run_nodes
from toonlens.quiz import load as load_quiz
from toonlens.startup import import_keras
from toonlens.stats import bootstrap_ci
from toonlens.track import current_track
from toonlens.transfer import Head, classifier, evaluate, find_recipe, fit

assert sys.version_info[:2] == (3, 11), "this course runs on Python 3.11: start Jupyter from its environment"
assert np.__version__ >= "2", "this course needs NumPy 2: start Jupyter from its environment"

keras = import_keras()
import tensorflow as tf

tf.get_logger().setLevel("ERROR")  # no advice about compiling

# %% nbgrader={"grade": false, "grade_id": "track", "locked": false, "schema_version": 3, "solution": false, "task": false}
# os.environ["TOONLENS_TRACK"] = "full"
# os.environ["TOONLENS_SIMPSONS"] = "/path/to/simpsons_dataset"
# os.environ["TOONLENS_IMAGENET_WEIGHTS"] = "/path/to/weights"

# %%
quiz = load_quiz("quiz.json")
point = {name: array for file in ("checkpoints.npz", "maps.npz") for name, array in np.load(file).items()}
track = current_track()
data = track.load()
names = [name.replace("_", " ") for name in data.class_names]
K = len(names)
NETWORKS = dict(zip(ARCHITECTURES, ("VGG16", "ResNet50", "DenseNet121"), strict=True))
METHODS = {"gradient": "gradient", "deconvnet": "deconvnet", "lrp": "LRP preset A flat"}
read_only(data.train.images, data.validation.images, data.test.images)
print(
    f"{track.name} track, {data.title}: {len(data.train.labels)} training, {len(data.validation.labels)} validation"
    f" and {len(data.test.labels)} test pictures of {K} characters, {track.size} x {track.size} pixels"
)

# %% [markdown]
# ### Symbols
#
# | symbol | in code | shape | meaning |
# |---|---|---|---|
# | $B$; $H, W$ | | | pictures in a batch; rows and columns of a picture |
# | $K$; $N$ | | | classes; pictures in a set |
# | | `arch` | text | a network: `"vgg16"`, `"resnet50"` or `"densenet121"` |
# | $x$ | `x` | `(B, H, W, 3)` | preprocessed pictures |
# | $c$ | `c` | `(B,)` | the class that is explained, picture by picture |
# | $f_c$ | | | logit of class $c$ |
# | $R$ | `R` | `(B, H, W)` | a map: relevance with its signs, colours summed |
#
# ### The picture first
#
# This is the figure at which the study arrived, made anew: one character, three networks, three methods. The reference implementation made it; in step 4 yours does. The study concluded from such pictures that *VGG16 learned the outline of the characters, ResNet50 and DenseNet121 only parts (mouth, eyes), and DenseNet121 sometimes the background.*
# Look, and write down what you would conclude. At the end of step 5 compare.

# %%
panels, titles = [], []
for arch, title in NETWORKS.items():
    panels += [point["images"][4], *[point[f"{arch}/{method}"][4].astype(float) for method in METHODS]]
    titles += [title, *METHODS.values()]
show.maps(
    panels,
    titles,
    alt="One drawn character in three rows, one for each network, each with its gradient, its deconvnet map and its LRP map: gradient and deconvnet maps are grains of both colours; the LRP maps are red and lie on the face, in smooth lines on VGG16 and in coarse blocks on the two others.",
    unit="part of the largest",
)

# %% [markdown]
# ### Recall
#
# Two questions before you start. Nothing here is graded, and every answer is explained.
#
# **Question 1.** You train three networks, look at their maps for forty test pictures, and show the three pictures on which the difference is clearest. What is wrong with that?
#
# - **A.** Nothing: a figure has to show something.
# - **B.** The pictures were chosen by the result; the same search finds "clear" differences between two copies of one network.
# - **C.** Three pictures are too few; ten chosen in the same way would do.

# %%
quiz.ask("recall-choice")

# %% [markdown]
# **Question 2.** All three networks are trained with one learning rate, chosen because it suits VGG16. VGG16 comes out best. What have you compared?
#
# - **A.** Three architectures.
# - **B.** Three architectures, since the recipe was the same for all.
# - **C.** Three pairs of architecture and recipe, one of which was tuned.

# %%
quiz.ask("recall-recipe")

# %% [markdown]
# ## Part 2. The question
#
# The study fine-tuned three ImageNet networks on 18 characters of the Simpsons, with 890 test pictures and 20 epochs:
#
# | network | accuracy | loss | training time |
# |---|---|---|---|
# | VGG16 | 98.3 % | 0.083 | 15 min |
# | ResNet50 | 93.5 % | 0.274 | 22 min |
# | DenseNet121 | 78.5 % | 0.837 | 21 min |
#
# Its claims:
#
# 1. more complex networks did not do better;
# 2. DenseNet121 overfitted most;
# 3. VGG16 learned the outline of the characters;
# 4. ResNet50 and DenseNet121 learned only parts, mouth and eyes;
# 5. DenseNet121 sometimes learned the background.
#
# ### Step 1. Question and predictions
#
# `Importance 5/5 · 1 hour · 4 points`
#
# **Why.** A prediction that was written down before the run is worth more than an explanation that was found after it. It also tells you what to measure: if you cannot say which number would refute your prediction, you have none yet.
#
# **Decide.** Two of the five claims, one about the table (1 or 2) and one about the maps (3, 4 or 5). More is not better: two pages are short.
#
# **Predict before you run.** For each of your claims: what will come out for *your* networks and pictures, and which number, in which direction and of what size, would refute you? For the claim about maps add one sentence: what would a control (an edge filter, a network of random weights) show?
#
# <details><summary>Hint: a prediction that can fail</summary>
#
# "DenseNet121 will overfit" cannot fail: any gap will do. "The gap between training and test accuracy will be larger for DenseNet121 than for both others, by more than 2 points" can.
# </details>
#
# *If you see* that no outcome would surprise you, *suspect* that the claim is too wide: name the number. *A right picture* of your study, drawn on paper, has empty axes with names and units, and your guess as a dashed line.
#
# Write it into the next cell, at most 200 words. Change nothing there once step 2 has run: being wrong costs no points, and saying so in the report earns some.

# %% [markdown] nbgrader={"grade": true, "grade_id": "plan", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# #### Question and predictions
#
# <!-- BEGIN SOLUTION -->
# **Claim 1, more complex networks did not do better.** I train all three by one recipe that was tuned for none of them, a linear head on frozen features. *Prediction:* VGG16 is ahead of both others on the same 890 test pictures, by at least 2 points. *Refuted* if McNemar's test gives $p > 0.05$ against one of them, or if one of them is ahead.
#
# **Claim 5, DenseNet121 sometimes learned the background.** *Prediction:* of the positive relevance of its maps a larger share lies on the background than in VGG16's, in at least two of the three methods, picture by picture. *Refuted* if the 95 % interval of the paired difference (DenseNet121 less VGG16, 18 pictures) contains zero or lies below it in two methods. *Control:* the same networks with random weights. If they show the same difference, the architecture makes it and not what was learned. An edge filter says how much lies there for any map that likes edges.
# <!-- END SOLUTION -->

# %% [markdown]
# ## Part 3. Three networks, one table
#
# ### Step 2. Train three networks
#
# `Importance 5/5 · 1 hour · graded with step 3`
#
# **Why.** A table compares what you trained, not what you named. The recipe is part of the result: lab 3 turned the order of two networks round by changing it. So choose one recipe for all, or tune each on the *validation* pictures with the same effort, and say which.
#
# **Decide.** `settings` holds your choices. Recipes that are ready, to be used by name: `frozen`, `finetune`, `scratch`, `study` (`toonlens.transfer.RECIPES` shows them; make your own with `Recipe(...)`). On the small track `frozen` takes about a minute for all three, `study` and `finetune` take far longer: try them with 20 pictures of each character. Test pictures decide nothing. (Grading runs your notebook too, and stops after a quarter of an hour: with a recipe that takes longer than five minutes, let `settings` return a short one on the small track and the long one on the full.)
#
# | name | returns | |
# |---|---|---|
# | `settings()` | dict | `"recipe"`: name or `Recipe`; `"pictures"`: training pictures of each character, at most; `"seed"` |
# | `training_pictures()` | images, labels | the part of `data.train` that you train on |
# | `train(arch)` | `Fitted` | what `toonlens.transfer.fit` returns: `.model`, `.history`, `.seconds`, `.epochs` |
#
# **Predict before you run.** Which network will have the largest gap between training and test accuracy? It belongs to your claim if you chose claim 2; else write it on paper.


# %% nbgrader={"grade": false, "grade_id": "train_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def settings() -> dict:
    """Your choices: "recipe" (a name or a Recipe), "pictures" (of each character, at most) and "seed"."""
    ### BEGIN SOLUTION
    pictures = 100 if track.name == "small" else 10_000
    return {"recipe": "frozen", "pictures": pictures, "seed": 11}
    ### END SOLUTION


def training_pictures() -> tuple[np.ndarray, np.ndarray]:
    """The pictures (N, H, W, 3) that you train on, and their labels (N,), out of data.train."""
    ### BEGIN SOLUTION
    most = settings()["pictures"]
    kept = np.sort(np.concatenate([np.flatnonzero(data.train.labels == k)[:most] for k in range(K)]))
    return data.train.images[kept], data.train.labels[kept]
    ### END SOLUTION


def train(arch: str):
    """A classifier of the K characters on a network, trained by your settings: what toonlens.transfer.fit returns."""
    ### BEGIN SOLUTION
    chosen = settings()
    return fit(
        arch,
        chosen["recipe"],
        training_pictures(),
        data.validation,
        weights=track.weights,
        classes=K,
        seed=chosen["seed"],
        quiet=True,
    )
    ### END SOLUTION


# %% [markdown]
# The next cells, given, train one network each. On the small track nothing is taken from the cache, so that the time is that of a training. On the full track features that were computed once are kept: report the time of the *first* run.

# %%
trained = {}


def run_training(arch):
    """Given: trains one network and keeps it in `trained`."""
    kept = os.environ.get("TOONLENS_CACHE")
    with tempfile.TemporaryDirectory() as fresh:
        if track.name == "small":
            os.environ["TOONLENS_CACHE"] = fresh
        try:
            trained[arch] = train(arch)
        except NotImplementedError:
            print(f"{NETWORKS[arch]}: not trained, because train or settings is still a stub.")
        finally:
            os.environ.pop("TOONLENS_CACHE", None)
            if kept is not None:
                os.environ["TOONLENS_CACHE"] = kept
    if arch in trained:
        print(f"{NETWORKS[arch]}: {trained[arch].epochs} epochs, {trained[arch].seconds:.0f} s")


run_training("vgg16")

# %%
run_training("resnet50")

# %%
run_training("densenet121")

# %%
ready = len(trained) == 3
curves = {
    arch: (
        np.array([trained[arch].history[name] for name in ("loss", "val_loss")]) if ready else point[f"{arch}/curves"]
    )
    for arch in NETWORKS
}


def curves_of(network):
    """Loss on training and validation pictures of one network."""
    show.lines(
        np.arange(1, curves[network].shape[1] + 1),
        {"training": curves[network][0], "validation": curves[network][1]},
        alt=f"Training and validation loss of {NETWORKS[network]} over its epochs.",
        x_label="epoch",
        y_label="loss",
        title=NETWORKS[network] + ("" if ready else " (checkpoint)"),
    )


explore(curves_of, network={title: arch for arch, title in list(NETWORKS.items())[::-1]})

# %% [markdown]
# *A right picture* falls and then levels off. *If you see* a training loss that still falls steeply at the end, *suspect* too few epochs: whatever you conclude would be about the recipe's patience. *If you see* validation loss rise while training loss falls, you see overfitting: note the epoch. *If you see* an accuracy of one in $K$, *suspect* labels and pictures that are out of step.
#
# <details><summary>Hint: where it was in the course</summary>
#
# Lab 3, exercise 5: what learns. Lab 2, exercise 6: heads on frozen features. `help(fit)` lists the arguments; `weights=track.weights` makes it work on both tracks, `classes=K` too.
# </details>

# %% [markdown]
# ### Step 3. The table
#
# `Importance 5/5 · 1½ hours · 6 points automatically, 8 by hand in the report`
#
# **Why.** The table is what others will quote. Each number in it needs its pictures (which, how many), its interval where luck plays a part, and a test where you say "better". All three networks see the same test pictures, so differences are *paired*: what counts are the pictures on which two networks disagree.
#
# **Decide.** Which test, and what you do about three comparisons at once (three chances to be lucky).
#
# | name | shape | |
# |---|---|---|
# | `classify(arch, images)` | uint8 `(N, H, W, 3)` to `(N,)` | classes by your trained network, integers |
# | `row(arch)` | 7 numbers | accuracy, its 95 % interval's low and high end, loss (all on `data.test`), accuracy on the training pictures, seconds, epochs |
# | `p_value(right, other)` | two `(N,)` bool to a number | a paired test of two networks on the same pictures |
#
# Accuracies are shares from 0 to 1. The automatic check draws fresh pictures of the 18 drawn characters, whose labels never reach your notebook, and asks `classify`: the accuracy in your table has to agree within 12 points for each network, and a quarter of the answers has to be right, so that something was trained. It judges whether the table is about your networks, not whether they are good.
#
# **Predict before you run.** On how many of 890 pictures will VGG16 and ResNet50 disagree about being right? A guess on paper is enough.


# %% nbgrader={"grade": false, "grade_id": "table_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def classify(arch: str, images: np.ndarray) -> np.ndarray:
    """Classes that your trained network names: uint8 (N, H, W, 3) -> integers (N,)."""
    ### BEGIN SOLUTION
    scores = trained[arch].model.predict(preprocess(images, arch), batch_size=128, verbose=0)
    return scores.argmax(axis=1)
    ### END SOLUTION


def row(arch: str) -> list[float]:
    """Accuracy, low, high, loss on the test pictures; accuracy on the training pictures; seconds; epochs."""
    ### BEGIN SOLUTION
    found = evaluate(trained[arch].model, arch, data.test)
    learned = trained[arch].history["accuracy"][-1]  # during the last epoch; this head has no dropout
    return [found.accuracy, found.low, found.high, found.loss, learned, trained[arch].seconds, trained[arch].epochs]
    ### END SOLUTION


def p_value(right: np.ndarray, other: np.ndarray) -> float:
    """McNemar's exact test, or another paired one: right, other (N,) bool -> p."""
    ### BEGIN SOLUTION
    only, missed = int((right & ~other).sum()), int((~right & other).sum())
    return float(stats.binomtest(only, only + missed).pvalue) if only + missed else 1.0
    ### END SOLUTION


# %%
def own_or(stored, function, shape, mine):
    """Given: what your function gives and True; or what is stored (always of the small track) and False."""
    nothing = np.zeros(shape)
    found = mine_or(nothing, function, mine)
    return (stored, False) if found is nothing else (found, True)


table, table_is_yours = own_or(point["table"], "row", (3, 7), lambda: [row(arch) for arch in NETWORKS])
N = len(data.test.labels)
answers, answers_are_yours = own_or(
    point["answers"], "classify", (3, N), lambda: [classify(arch, data.test.images) for arch in NETWORKS]
)
labels = data.test.labels if answers_are_yours else point["labels"]
right = dict(zip(NETWORKS, answers == labels, strict=True))
whose = "" if table_is_yours else " (checkpoint, drawn characters)"


def table_for_the_grader():
    """Given: your table, or nothing while the checkpoint's stands in."""
    if not table_is_yours:
        raise NotImplementedError
    return table


print(f"| network{whose} | accuracy (95 % interval) | loss | training accuracy | time | epochs |")
print("|---|---|---|---|---|---|")
for title, (accuracy, low, high, loss, learned, seconds, epochs) in zip(NETWORKS.values(), table, strict=True):
    print(
        f"| {title} | {100 * accuracy:.1f} % ({100 * low:.1f} to {100 * high:.1f}) | {loss:.3f}"
        f" | {100 * learned:.1f} % | {seconds:.0f} s | {epochs:.0f} |"
    )

# %% nbgrader={"grade": true, "grade_id": "table", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
laws.check_table(classify, table_for_the_grader, answers, data.test.images, data.test.labels, K)

# %% [markdown]
# The table is printed as Markdown: copy it into your report as it is. Now the differences.

# %%
pairs = [("vgg16", "resnet50"), ("vgg16", "densenet121"), ("resnet50", "densenet121")]
for one, other in pairs:
    ahead, behind = int((right[one] & ~right[other]).sum()), int((~right[one] & right[other]).sum())
    try:
        p = f"p = {p_value(right[one], right[other]):.2g}"
    except NotImplementedError:
        p = "no test yet: p_value is still a stub"
    print(f"{NETWORKS[one]} alone right on {ahead}, {NETWORKS[other]} alone on {behind} of {len(labels)} pictures: {p}")
show.bars(
    {"test pictures": 100 * table[:, 0], "training pictures": 100 * table[:, 4]},
    list(NETWORKS.values()),
    alt="Accuracy of three networks on the test pictures, with intervals, and on the training pictures.",
    unit="accuracy (%)",
    title=f"recipe of the table{whose}",
    intervals={"test pictures": 100 * table[:, 1:3]},
)


# %%
def confusion_of(network):
    """Which characters a network confuses."""
    given = answers[list(NETWORKS).index(network)].astype(int)
    count = len(names) if answers_are_yours else 18
    table_of = np.bincount(labels * count + given, minlength=count**2).reshape(count, count)
    show.matrix(
        table_of,
        names if answers_are_yours else [f"class {k}" for k in range(count)],
        alt=f"Confusion matrix of {NETWORKS[network]} on the test pictures: most of them on the diagonal.",
    )


explore(confusion_of, network={title: arch for arch, title in list(NETWORKS.items())[::-1]})

# %% [markdown]
# *A right picture* has training bars at or above the test bars, and intervals of a few points with some hundred pictures. *If you see* a test accuracy above the training accuracy, *suspect* dropout or flips that were on while the training accuracy was taken. *If you see* a training time of a second or two, *suspect* features that came from the cache. *If you see* $p < 0.05$ between networks whose intervals overlap, nothing is wrong: a paired test sees more.
#
# <details><summary>Hint: where it was in the course</summary>
#
# `evaluate` gives accuracy, interval and loss. McNemar: lab 3, exercise 7. With three comparisons, Holm's or Bonferroni's correction: multiply the smallest $p$ by three before you compare it with 0.05.
# </details>
#
# **Checkpoint 1.** Your networks are trained and measured, or a stored table stands in: three linear heads on frozen features, on the drawn characters. Steps 4 and 5 explain *your* networks where there are some.

# %% [markdown]
# ## Part 4. The figure of maps
#
# ### Step 4. Input, gradient, deconvnet, LRP
#
# `Importance 5/5 · 2 hours · 8 points by hand in the report`
#
# **Why.** The study drew its conclusions about outline, parts and background from a figure like this. A figure persuades before it is checked. So choose pictures and scale by a rule that you state, before you look, and show every network and every method for each of them.
#
# **Decide.** Which pictures (`SHOWN` below takes the first test picture of each of six characters: a rule, and one that cannot be tuned), which class is explained (here the one that the network names), which scale (here each map by its own largest magnitude, so only *where* can be compared). If you change one of these, say so.
#
# Bring your own tools. Functions of labs 7 and 8 that you carried on are loaded by the next cell, into `carried`; what else you need of labs 5 and 8 you paste.
#
# | name | shape | |
# |---|---|---|
# | `walk_back(model, x, c, mode)` | `(B, H, W, 3)`, `(B,)` to `(B, H, W)` | the logit of class `c[i]` carried down by the `"gradient"` or the `"deconvnet"`, starting from 1, colours summed |
# | `lrp_map(arch, model, x, c)` | the same | LRP preset A flat: alpha 1, beta 0 for convolutions, epsilon 0.1 at the top, flat at the pixels |
#
# $$R = \sum_{\text{colours}} \left( \frac{\partial f_c}{\partial x} \right)_{\text{mode}} \qquad\text{and}\qquad R = \sum_{\text{colours}} R^{(0)}, \quad R^{(L)}_k = f_k\, [k = c]$$
#
# **Predict before you run.** In which of the three networks will the LRP map be most spread over the character? Use the plan, if it is your claim.

# %%
BRING = {
    "lab07": ("lrp_vgg16", "lrp_conv", "lrp_flat_conv"),
    "lab08": ("fold_bn", "lrp_add", "lrp_concat"),
}
carried = {name: carry.load(lab, name) for lab, brought in BRING.items() for name in brought}


# %% nbgrader={"grade": false, "grade_id": "maps_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def walk_back(model: "keras.Model", x: np.ndarray, c: np.ndarray, mode: str) -> np.ndarray:
    """The logit of class c[i] down to picture i by "gradient" or "deconvnet": x (B, H, W, 3) -> (B, H, W)."""

    ### BEGIN SOLUTION
    def deconv_relu(z):
        return tf.nn.relu(z), tf.nn.relu  # forward the same; on the way back the gate is R's own sign

    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    for layer in twin.layers:
        if mode == "deconvnet" and getattr(layer, "activation", None) is keras.activations.relu:
            layer.activation = tf.custom_gradient(deconv_relu)
    below = keras.Model(twin.input, twin.layers[-1].input)
    kernel, bias = twin.layers[-1].get_weights()
    image = tf.convert_to_tensor(x, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(image)
        logits = below(image, training=False) @ kernel + bias
        start = tf.gather(logits, c, axis=1, batch_dims=1)
    return tape.gradient(start, image).numpy().sum(axis=-1)
    ### END SOLUTION


def lrp_map(arch: str, model: "keras.Model", x: np.ndarray, c: np.ndarray) -> np.ndarray:
    """LRP preset A flat from the logit of class c[i] down to picture i: x (B, H, W, 3) -> (B, H, W)."""

    ### BEGIN SOLUTION
    def fold(W, b, gamma, beta, mean, var, eps):
        g = gamma / np.sqrt(var + eps)
        return W * g, g * (b - mean) + beta

    def divided(R, z, eps=1e-12):
        return R / (z + eps * np.where(z >= 0, 1.0, -1.0))

    def hand_down(node, xs, R):
        kind, a = node["kind"], xs[0]
        if kind in ("relu", "bn"):  # a BatchNorm that does not fold is passed
            return [R]
        if kind == "pad":
            (up, _), (left, _) = node["amount"]
            return [R[:, up : up + a.shape[1], left : left + a.shape[2]]]
        if kind == "max":
            return [max_pool_T(R, a, node["k"], node["stride"])]
        if kind == "avg":
            a = np.maximum(a, 0)
            return [a * avg_pool_T(divided(R, avg_pool(a, node["k"])), node["k"])]
        if kind == "add":
            q = divided(R, sum(xs))
            return [part * q for part in xs]
        if kind == "concat":
            return np.split(R, np.cumsum([part.shape[-1] for part in xs])[:-1], axis=-1)
        W, b, eps = node["W"], node["b"], 0.1 if kind == "dense" else 1e-12
        if node["rule"] == "flat":
            a, W, b = np.ones_like(a), np.ones_like(W), 0.0
        elif kind == "conv":  # alpha 1, beta 0: a >= 0 here; all of the bias, as in the study's library
            W = np.maximum(W, 0)
        q = divided(R, conv2d(a, W, node["pad"], node["stride"]) + b, eps)
        return [a * conv2d_T(q, W, a.shape, node["pad"], node["stride"])]

    rules = {"first": "flat", "conv": "alpha-beta", "dense": "epsilon", "avg": "plus", "bn": "pass"}
    nodes = give_rules(fold_all(read_nodes(model), fold), rules)
    acts, rows = run_nodes(nodes, x), np.arange(len(c))
    R = [np.zeros(a.shape) for a in acts]
    R[-1][rows, 0, 0, c] = acts[-1][rows, 0, 0, c]
    for k in range(len(nodes) - 1, 0, -1):
        parts = hand_down(nodes[k], [acts[i] for i in nodes[k]["inputs"]], R[k])
        for i, part in zip(nodes[k]["inputs"], parts, strict=True):
            R[i] = R[i] + part
    return R[0].sum(axis=-1)
    ### END SOLUTION


# %% [markdown]
# ### Calibrate before you measure
#
# Your tools meet networks whose right maps are known: the small ones with stored heads, and the six pictures of `maps.npz`. The numbers are the cosine between your map and the stored one, the median and the smallest of six pictures.


# %%
def maps_of(model, arch, images, c, method):
    """Given: maps (B, H, W) of pictures, uint8 (B, H, W, 3), by one of your two functions."""
    lots = []
    for k in range(0, len(images), 12):  # a dozen at a time, for the memory
        x, some = preprocess(images[k : k + 12], arch), np.asarray(c[k : k + 12])
        lots.append(lrp_map(arch, model, x, some) if method == "lrp" else walk_back(model, x, some, method))
    return np.concatenate(lots).astype(np.float64)


def cosine(R, S):
    """Cosine of the angle between two maps, picture by picture: (B, H, W) twice -> (B,)."""
    return (R * S).sum(axis=(1, 2)) / np.sqrt((R**2).sum(axis=(1, 2)) * (S**2).sum(axis=(1, 2)))


for arch, title in NETWORKS.items():
    known = classifier(build(arch, "small"), Head(), 18)
    known.layers[-1].set_weights([point[f"{arch}/W"].astype(np.float32), point[f"{arch}/b"].astype(np.float32)])
    said = []
    for method in METHODS:
        try:
            R = maps_of(known, arch, point["images"], point[f"{arch}/c"].astype(int), method)
            found = cosine(R, point[f"{arch}/{method}"].astype(float))
            said.append(f"{method} {np.median(found):.3f} ({found.min():.3f})")
        except NotImplementedError:
            said.append(f"{method}: no function of yours yet")
        except Exception as error:
            said.append(f"{method}: {type(error).__name__}")
    print(f"{title}: {', '.join(said)}")

# %% [markdown]
# *If you see* a cosine near 0 for the gradient, *suspect* a softmax that was left on, or pictures that were preprocessed twice. *If you see* a high one for the gradient and a low one for the deconvnet, *suspect* a ReLU that was not exchanged. *If you see* that LRP fits on VGG16 alone, *suspect* how BatchNorm is treated. *If you see* that all fits but for a picture of ResNet50 whose LRP map turns its sign, it is the bias: the stored maps have all of it in the denominator, as the study's library does, lab 7 its positive part, and where a skip adds numbers of both signs that small difference grows. Both are LRP; say in the report which is yours.
#
# <details><summary>Hint: where it was in the course</summary>
#
# Gradient and deconvnet: lab 5, exercises 4 and 7, and the twin between them. LRP on VGG16: `carried["lrp_vgg16"]` with lab 7's preset A flat. LRP on the two others: lab 8's `lrp_graph`, `hand_down` and the body of `lrp_resnet50`, with `carried` for what you carried on. `toonlens.convnet` and `toonlens.nodes` have what was given there, and read VGG16 too, so one walk may serve all three. Preset A flat passes BatchNorms that do not fold. If nothing was carried on, run the last cells of those labs again. If a function is not done, leave the stub: the stored map stands in, marked as such, and your report says so. iNNvestigate (lab 9) may stand in for LRP on VGG16.
# </details>


# %%
def of_each(first, past):
    """Given: places of test pictures, of each character those from number `first` to before `past`."""
    return np.concatenate([np.flatnonzero(data.test.labels == k)[first:past] for k in range(K)])


SHOWN = of_each(0, 1)[:6]  # chosen by rule, before anybody has seen a map


def own_map(arch, method):
    """Maps of the pictures in SHOWN for the classes that your network names, and True; or stored ones and False."""
    images, stored = data.test.images[SHOWN], point[f"{arch}/{method}"].astype(float)
    if not ready:
        return stored, False
    if track.name == "full":
        stored = np.zeros(images.shape[:3])  # maps of drawn characters would not belong to these pictures
    c = trained[arch].model.predict(preprocess(images, arch), verbose=0).argmax(axis=1)
    function = "lrp_map" if method == "lrp" else "walk_back"
    return own_or(stored, function, images.shape[:3], lambda: maps_of(trained[arch].model, arch, images, c, method))


found = {(arch, method): own_map(arch, method) for arch in NETWORKS for method in METHODS}
figure, is_own = ({key: pair[k] for key, pair in found.items()} for k in range(2))
any_own = any(is_own.values())
OWN = [method for method in METHODS if all(is_own[arch, method] for arch in NETWORKS)]  # yours on all three networks
pictures = data.test.images[SHOWN] if any_own else point["images"]
panels, titles = [], []
for k, picture in enumerate(pictures):
    panels += [picture, *[R[k] / max(np.abs(R[k]).max(), 1e-12) for R in figure.values()]]
    titles += ["picture"] if k == 0 else [""]
    for arch, method in figure:
        mark = "" if is_own[arch, method] else " *"
        titles += [f"{NETWORKS[arch]}\n{METHODS[method].split()[0]}{mark}"] if k == 0 else [""]
with contextlib.redirect_stdout(io.StringIO()):  # in the place of 54 sums, nine shares below
    show.maps(
        panels,
        titles,
        alt="Six characters in rows. Beside each, nine maps: gradient, deconvnet and LRP of VGG16, ResNet50 and DenseNet121. Gradients and deconvnet maps are grains of both colours; LRP maps are mostly red, fine lines on VGG16 and coarse blocks on the two others.",
        unit="part of the map's largest magnitude",
        columns=10,
        side=1.0,
        shared=True,
    )
for arch, title in NETWORKS.items():
    shares = [
        np.mean([np.maximum(R, 0).sum() / max(np.abs(R).sum(), 1e-12) for R in figure[arch, method]])
        for method in METHODS
    ]
    said = ", ".join(f"{method} {share:.0%}" for method, share in zip(METHODS, shares, strict=True))
    print(f"{title}, positive share of the magnitude, mean over the pictures: {said}")
if not all(is_own.values()):
    print("* not your maps: those of the checkpoint's networks for the same drawn characters; blank on the full track")
print(f"Your own on all three networks: {', '.join(METHODS[method] for method in OWN) or 'none yet'}")

# %% [markdown]
# *A right picture* has three columns for each network, in the same order, and one colour scale for all. Before you read it as the study did, note what is the same in *every* row of a column: that is the method's or the network's hand, whatever the picture.
#
# ### Integration: look closer
#
# One picture, one network, larger, with the map over the picture. Use it to find questions, not answers: what you find by searching goes into a test on *other* pictures.


# %%
def look(network, picture):
    """One picture and its three maps, the last one over the picture too."""
    R = {method: figure[network, method][picture] for method in METHODS}
    show.maps(
        [pictures[picture], *R.values(), show.Over(R["lrp"], pictures[picture])],
        ["picture", *METHODS.values(), "LRP over the picture"],
        alt=f"A character and the maps of {NETWORKS[network]}: gradient, deconvnet, LRP, and LRP over a grey copy of the picture.",
        columns=5,
    )


explore(
    look,
    network={title: arch for arch, title in NETWORKS.items()},
    picture={str(k + 1): k for k in range(len(pictures))},
)

# %% [markdown]
# ## Part 5. Test the maps
#
# ### Step 5. Two tests, each with its controls
#
# `Importance 5/5 · 2 hours · 8 points by hand in the report`
#
# **Why.** Lab 10 asked four questions of a map: does it lie where you say, does the network's answer follow it, does it depend on what was learned, does it find a cue that you planted? One of them, asked with controls, is worth more than ten more figures. A claim about a *network* has to hold in every faithful map; one about what was *learned* must not hold for random weights.
#
# **Decide.** Two tests that could refute your prediction of step 1. At least one asks the network (it changes pixels or weights), and each has a control beside it. On the full track there are no masks: change pictures (cover the background, blur it, swap it), or draw the outlines of twenty faces by hand.
#
# Write each as a function without arguments that measures, draws its picture and prints its numbers. Given, for controls: `random_twin`, `edges`, `noise`; `TESTED`, the second test picture of each character, which no figure has shown (take more if your machine is fast); and `OWN`, the methods that are yours on all three networks. Add helper functions and cells as you like.
#
# $$d_b = u_b - v_b, \qquad \bar d \;\text{ with its interval}, \qquad b = 1, \dots, B$$
#
# Differences are taken picture by picture, then averaged: that is the number to report.
#
# **Predict before you run.** The predictions are those of your plan. Read them once more now.

# %%
TESTED = of_each(1, 2)


def random_twin(arch, seed=1):
    """Given, a control: the same architecture with all weights random, and a random head."""
    keras.utils.set_random_seed(seed)
    width = SMALL_WIDTH if track.name == "small" else 1
    base = build(arch, None, width=width, input_shape=(track.size, track.size, 3))
    return classifier(base, find_recipe(trained[arch].recipe).head, K)


def edges(images):
    """Given, a control: the size of the Sobel gradient of the grey picture, (B, H, W, 3) to (B, H, W)."""
    grey = images.astype(np.float64).mean(axis=-1) / 255
    return np.hypot(ndimage.sobel(grey, axis=1), ndimage.sobel(grey, axis=2))


def noise(images, seed=0):
    """Given, a control: a random order of the pixels, half of them negative."""
    return np.random.default_rng(seed).normal(size=images.shape[:3])


# %% nbgrader={"grade": false, "grade_id": "test_one_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def test_one() -> None:
    """Your first test: measures, draws, prints."""
    ### BEGIN SOLUTION
    if track.name != "small":
        print("There are no masks of these pictures: this test needs the drawn characters.")
        return
    images, background = data.test.images[TESTED], load_toons("test").masks[TESTED] == 0
    area = background.mean(axis=(1, 2))
    beyond_area = {}  # share of the positive relevance on the background less the background's area, (B,)
    for arch in NETWORKS:
        for who, model in (("trained", trained[arch].model), ("random", random_twin(arch))):
            c = model.predict(preprocess(images, arch), verbose=0).argmax(axis=1)  # what this network answers
            for method in OWN:
                positive = np.maximum(maps_of(model, arch, images, c, method), 0)
                total, inside = positive.sum(axis=(1, 2)), (positive * background).sum(axis=(1, 2))
                share = np.where(total > 0, inside / np.maximum(total, 1e-300), area)  # no red: no aim
                beyond_area[who, arch, method] = share - area
    drawn = edges(images)
    on_edges = (drawn * background).sum(axis=(1, 2)) / drawn.sum(axis=(1, 2)) - area
    for who in ("trained", "random"):
        rows = {METHODS[m]: [bootstrap_ci(beyond_area[who, arch, m]) for arch in NETWORKS] for m in OWN}
        show.bars(
            {method: [mean for mean, _, _ in found] for method, found in rows.items()},
            list(NETWORKS.values()),
            alt=f"Share of the positive relevance on the background less its area, three methods on three networks with {who} weights.",
            unit="share - area",
            title=f"background, {who} weights",
            intervals={method: [[low, high] for _, low, high in found] for method, found in rows.items()},
        )
    print("edge filter: {:+.3f} ({:+.3f} to {:+.3f})".format(*bootstrap_ci(on_edges)))
    for who in ("trained", "random"):
        for method in OWN:
            d = beyond_area[who, "densenet121", method] - beyond_area[who, "vgg16", method]
            print("DenseNet121 less VGG16, {}, {}: {:+.3f} ({:+.3f} to {:+.3f})".format(who, method, *bootstrap_ci(d)))
    ### END SOLUTION


def run_test(test):
    """Given: runs a test; a stub, or networks that are missing, become a line."""
    try:
        test()
    except NotImplementedError:
        print(f"{test.__name__}: not yet. It, or something that it calls, is still a stub.")
    except KeyError as error:
        print(f"{test.__name__}: {error} is missing: are the networks of step 2 trained?")


run_test(test_one)


# %% nbgrader={"grade": false, "grade_id": "test_two_code", "locked": false, "schema_version": 3, "solution": true, "task": false}
def test_two() -> None:
    """Your second test: measures, draws, prints."""
    ### BEGIN SOLUTION
    images, steps = data.test.images[TESTED], (64, 128, 256, 512, 1024)
    colour = data.train.images.mean(axis=(0, 1, 2)).astype(np.uint8)
    rows = np.arange(len(images))[:, None]
    lost = {}  # AOPC: mean loss of probability while ever more pixels take the mean colour, (B,)
    for arch in NETWORKS:
        model, c = trained[arch].model, classify(arch, images)

        def probability(shown, model=model, arch=arch, c=c):
            return model.predict_on_batch(preprocess(shown, arch))[np.arange(len(c)), c]

        maps = {method: maps_of(model, arch, images, c, method) for method in OWN}
        orders = maps | {f"another's {m}": np.roll(R, 1, axis=0) for m, R in maps.items()}
        for order, R in (orders | {"edge filter": edges(images), "random order": noise(images)}).items():
            by_rank = np.argsort(-R.reshape(len(R), -1), axis=1)
            curve = [probability(images)]
            for count in steps:
                flipped = images.reshape(len(images), -1, 3).copy()
                flipped[rows, by_rank[:, :count]] = colour
                curve.append(probability(flipped.reshape(images.shape)))
            lost[arch, order] = curve[0] - np.mean(curve, axis=0)
    found = {m: [bootstrap_ci(lost[a, m] - lost[a, f"another's {m}"]) for a in NETWORKS] for m in OWN}
    show.bars(
        {METHODS[m]: [mean for mean, _, _ in values] for m, values in found.items()},
        list(NETWORKS.values()),
        alt="Loss of probability when the most relevant pixels are removed, less that by another picture's map, for three methods and three networks, with intervals.",
        unit="AOPC, own less another's",
        intervals={METHODS[m]: [[low, high] for _, low, high in values] for m, values in found.items()},
    )
    for arch in NETWORKS:
        means = ", ".join(f"{order} {values.mean():.2f}" for (a, order), values in lost.items() if a == arch)
        print(f"{NETWORKS[arch]}: {means}")
    ### END SOLUTION


run_test(test_two)

# %% [markdown]
# *A right picture* shows the control in the same figure, with the same interval as the thing itself. *If you see* that the control passes your test too, that is a result: the test does not tell your claim from its control. *If you see* an interval that contains zero, write "these pictures cannot tell", not "no difference".
#
# <details><summary>Hint: where it was in the course</summary>
#
# Lab 10: `mass_in_mask` and its baseline (exercise 1), `paired_test` (3), `flip_curve` and `aopc` (4), `cascade` and `similarity` (5), planted cues (6 and 7). Paste your functions; their checks still work: `from toonlens.laws import lab10`, then `lab10.check_flip_curve(flip_curve, aopc)`.
# </details>

# %% [markdown]
# ## Part 6. The report
#
# ### Step 6. Two pages
#
# `Importance 5/5 · 2 to 3 hours · 36 points by hand`
#
# **Why.** Somebody who has not seen your notebook should be able to say, after two pages, what you asked, what you did, what you found, and how sure you are; and could repeat it.
#
# **Decide.** What to leave out. At most **1000 words** in the five cells below together, the table and two figures not counted. What stands beyond that is not read. Each number comes with its pictures and its interval, and names its place in the notebook ("step 3"). Every figure that you mean has a caption of one sentence that says what to see in it.
#
# **Predict before you run.** Give your report to somebody for two minutes. Which sentence will they remember? Make it the first of the verdict.
#
# | cell | words, about | answers |
# |---|---|---|
# | 1. Data and method | 150 | Which pictures, how split, which networks, recipe, settings, seed; track and machine; what you used of others' |
# | 2. The table | 200 | Accuracy, loss, time, epochs, training accuracy; intervals; paired tests; what it says about your first claim |
# | 3. The figure of maps | 200 | By which rule pictures, class and scale were chosen; what is the same and what differs; what it cannot show |
# | 4. Tests of the maps | 200 | Two tests with their controls: numbers, intervals, and what each says about your second claim |
# | 5. Verdict | 250 | For each of the two claims: holds, refuted, or cannot tell, and why; your predictions, right or wrong; the strongest objection, and the experiment that would decide |
#
# <details><summary>Hint: from a number to an argument</summary>
#
# Four parts, as in every reflection: claim (could be wrong), evidence (numbers, named), limitation (what *these* numbers cannot show), alternative (another explanation, and a test whose outcome would differ).
# </details>
#
# *If you see* the words "clear", "good" or "significant" in your draft, *suspect* a number that is missing. *If you see* a paragraph that would be true of any network, cut it. *A right picture* in a report is readable at half its size, without colour names in the text.

# %% [markdown] nbgrader={"grade": true, "grade_id": "report_method", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# #### 1. Data and method
#
# <!-- BEGIN SOLUTION -->
# Small track: 18 drawn characters, 64 × 64 pixels, the released split. Training: the first 100 pictures of each character (1,800). Validation (540) drew the curves and decided nothing; test (890) decided nothing.
#
# Networks: the course's small VGG16, ResNet50 and DenseNet121, pretrained on other drawings. One recipe for all, tuned for none (`frozen`): base frozen, features averaged over places, one linear layer, 100 epochs of AdamW (rate 0.003 falling along a cosine, weight decay 0.01, batches of 64), no augmentation, seed 11, one run each.
#
# Maps explain the class that the network names; gradient and deconvnet start from 1, LRP from the logit. LRP is preset A flat, all of the bias in the denominator; BatchNorms are folded, or passed where they do not fold. Against the stored maps all nine cosines are 0.999 (step 4, median and smallest).
#
# Training, intervals and the binomial test are the library's and scipy's; maps and tests of maps are mine.
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "report_table", "locked": false, "points": 8, "schema_version": 3, "solution": true, "task": false}
# #### 2. The table
#
# <!-- BEGIN SOLUTION -->
# | network | accuracy (95 % interval) | loss | training accuracy | epochs |
# |---|---|---|---|---|
# | VGG16 | 98.4 % (97.5 to 99.1) | 0.040 | 100.0 % | 100 |
# | ResNet50 | 92.7 % (91.0 to 94.4) | 0.253 | 100.0 % | 100 |
# | DenseNet121 | 94.6 % (93.1 to 96.0) | 0.184 | 100.0 % | 100 |
#
# *Caption.* VGG16 leads; the two others cannot be ranked. Accuracy and loss on 890 test pictures; times stand in step 3 and are those of one run.
#
# On the same pictures VGG16 alone is right on 64 and ResNet50 alone on 13 (McNemar, exact, $p$ = 3e-9); against DenseNet121 it is 47 and 13 ($p$ = 1e-5). Both survive Holm's correction for three tests. ResNet50 against DenseNet121: 35 and 52, $p$ = 0.09, so these pictures cannot tell.
#
# VGG16 leads by 5.7 and 3.8 points; I had predicted 2 or more. All three heads fit their training pictures completely, so the gaps (1.6, 7.3 and 5.4 points) are the test errors once more and say little about overfitting. The head of VGG16 is the smallest: 128 features, against 512 and 256. Intervals and tests cover the choice of test pictures, not seed or training pictures.
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "report_figure", "locked": false, "points": 8, "schema_version": 3, "solution": true, "task": false}
# #### 3. The figure of maps
#
# <!-- BEGIN SOLUTION -->
# The figure is that of step 4. *Caption.* Gradients and deconvnet maps are grain in every row; LRP draws lines on VGG16 and blocks on the two others.
#
# Rules, fixed before any map was made: the first test picture of each of the first six characters; the class that each network names; every map divided by its own largest magnitude, so that places can be compared and amounts cannot.
#
# What is the same in every row belongs to the method or the network, not to the picture. Gradients have two signs in equal parts. The deconvnet covers the whole picture on ResNet50 and DenseNet121, with a grid that does not move with the character. LRP on ResNet50 is wholly or partly blue in three of six pictures, although it explains the answer that was given.
#
# What differs: on VGG16, LRP follows outlines of head, hat and arm; on DenseNet121 it marks face and body in squares. That may be learned, or be the finer grid of a network that does not stride at the pixels. The figure cannot tell, and it does not show what any network uses.
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "report_tests", "locked": false, "points": 8, "schema_version": 3, "solution": true, "task": false}
# #### 4. Tests of the maps
#
# <!-- BEGIN SOLUTION -->
# Both tests use the second test picture of each character (18), none of them in the figure; intervals are 95 %, differences picture by picture.
#
# **Where.** Share of the positive relevance on the background, less the background's area. All nine means lie below zero: every map avoids the background, and so does an edge filter, −0.16 (−0.18 to −0.14). DenseNet121 less VGG16: gradient −0.03 (−0.06 to 0.01), deconvnet +0.16 (0.13 to 0.20), LRP 0.00 (−0.01 to 0.02). *Control*, random weights: +0.05 (0.03 to 0.06), −0.02 (−0.04 to 0.00), +0.03 (0.01 to 0.06). So the deconvnet's difference is not the architecture's.
#
# **Does the network follow?** Pixels take the mean colour, most relevant first, up to 1,024 of 4,096. Loss of probability, less that in the order of another character's map (*control*). DenseNet121: LRP +0.19 (0.11 to 0.27), gradient −0.05 (−0.15 to 0.06), deconvnet −0.04 (−0.11 to 0.02). VGG16: gradient +0.10 (0.01 to 0.18), LRP +0.04 (−0.04 to 0.11), deconvnet −0.05 (−0.16 to 0.06). The one map that moves DenseNet121 to the background is one that it does not follow.
# <!-- END SOLUTION -->

# %% [markdown] nbgrader={"grade": true, "grade_id": "report_verdict", "locked": false, "points": 8, "schema_version": 3, "solution": true, "task": false}
# #### 5. Verdict
#
# <!-- BEGIN SOLUTION -->
# **The map that shows background is the map that the network does not follow.**
#
# *Claim 1, more complex networks did not do better: holds* for these three networks with this recipe. VGG16 is ahead of both on the same pictures (64 to 13, 47 to 13). My prediction came true. It does not follow that complexity harms: pretraining, features and heads differ too.
#
# *Claim 5, DenseNet121 sometimes learned the background: refuted* in the form in which I had put it. I expected more background than in VGG16 in two of three methods; it is one. By LRP, the only map here that DenseNet121's answers follow, the difference is 0.02 at most. The gradient cannot tell.
#
# *Limits.* Eighteen pictures: a difference of 0.01 by LRP would escape me. Nine intervals in each test, uncorrected; I read the two that are far from zero. Bases are frozen, so what a network learns about backgrounds in fine-tuning, as in the study, cannot show here.
#
# *Strongest objection.* DenseNet121 may use the background, and LRP hide it: alpha 1, beta 0 multiplies by matrices without negative entries, layer after layer, and such maps resemble each other whatever was asked. The experiment that decides needs no map: paste every test character onto another picture's background, by the masks. If DenseNet121 uses backgrounds, it loses more right answers than VGG16 does, on the same pairs; if LRP is right, both lose alike. For claim 1: fine-tune all three with five seeds. If the lead of VGG16 is the recipe's, it shrinks below the spread of the seeds.
# <!-- END SOLUTION -->

# %% [markdown]
# ### Step 7. Peer review
#
# `Importance 4/5 · 1 hour · 4 points`
#
# **Why.** You see in another's report what you overlook in your own. And an author who has to answer a question in writing either has the number or finds out that it is missing.
#
# **Decide.** Whose draft you review, at least three days before you hand in. Fill in `peer_review.md` for it: a level for each row, one sentence of reason each, and three questions. Give it to the author. You get one in return.
#
# **Predict before you run.** Which of your own rows will get the lowest level? Note it before you open the review.
#
# Then write into the next cell, at most 250 words: *given*, the most important point of the review that you wrote, and how you would check it; *got*, the three questions that you were asked, and for each what you changed in the report, or why you changed nothing.
#
# <details><summary>Hint: a question that helps</summary>
#
# Not "is this significant?" but "in step 3 you call VGG16 better; on how many pictures do the two disagree?"
# </details>
#
# *If you see* only praise in a review, *suspect* that it was not read: ask back. *A right picture* of a good review fits on one page and quotes the report.

# %% [markdown] nbgrader={"grade": true, "grade_id": "review", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# #### Review, given and got
#
# <!-- BEGIN SOLUTION -->
# *Given.* The draft of the other pair concludes from overlapping intervals that ResNet50 and DenseNet121 "perform equally". I asked on how many pictures the two disagree. If it is 87, as with mine, a difference of three points could have escaped them; the sentence should read "cannot tell", and that changes their verdict on claim 2.
#
# *Got.*
#
# 1. "You say that all maps avoid the background. Compared with what?" With the area: that was in the code and not in the text. Added, and the edge filter with it, which avoids it too.
# 2. "Why another character's map as control and not a random order?" Scattered pixels harm VGG16 more than a map does (0.43 against 0.35 for LRP, step 5): a random order is too strong a control for a smooth map, and too weak on the others. Unchanged; no room for the reason in two pages.
# 3. "Your claim 5 is refuted with 18 pictures; could 36 bring it back?" By LRP hardly: the upper end is 0.02. By the gradient it could. I changed "refuted in both" to "cannot tell" for the gradient.
# <!-- END SOLUTION -->

# %% [markdown]
# ## Bonus
#
# Nothing here is graded.
#
# 1. **The other track.** Run the notebook on the track that you did not use. Which of your verdicts change?
# 2. **Another recipe.** Repeat steps 2 and 3 by the study's recipe, with as many pictures as your patience allows. Does the order of the networks change, as in lab 3?
# 3. **Five seeds.** Train DenseNet121 with five seeds. Is the spread of its accuracies larger than the interval of one of them?
# 4. **224 pixels.** The study fed ImageNet networks with 64 × 64 pixels. On the full track, `Track("full", "imagenet", 224)` loads larger pictures. What happens to the three accuracies, and to the maps?

# %% nbgrader={"grade": false, "grade_id": "bonus", "locked": false, "schema_version": 3, "solution": false, "task": false}
# Your experiments.

# %% [markdown]
# ## Summary
#
# - A plan with numbers that could refute it comes before the run.
# - A table compares networks *with a recipe*, on the same pictures, with intervals and paired tests.
# - A figure of maps is chosen and scaled by rules that are stated; it raises questions.
# - Tests with controls answer them: where a map lies, whether the network follows it, whether it depends on what was learned.
# - A report says what it cannot know, and a review asks for the number that is missing.
#
# ## References
#
# - Attia (2018). *The Simpsons Characters Data.* kaggle.com/alexattia/the-simpsons-characters-dataset, CC BY-NC-SA 4.0. The pictures of the full track.
# - Simonyan, Zisserman (2015). *Very deep convolutional networks for large-scale image recognition.* ICLR. VGG16: table 1, column D.
# - He, Zhang, Ren, Sun (2016). *Deep residual learning for image recognition.* CVPR. ResNet50: table 1.
# - Huang, Liu, van der Maaten, Weinberger (2017). *Densely connected convolutional networks.* CVPR. DenseNet121: table 1.
# - Zeiler, Fergus (2014). *Visualizing and understanding convolutional networks.* ECCV. The deconvnet: section 2.1.
# - Bach, Binder, Montavon, Klauschen, Müller, Samek (2015). *On pixel-wise explanations for non-linear classifier decisions by layer-wise relevance propagation.* PLoS ONE 10(7). Alpha-beta: equation 60.
# - Alber, Lapuschkin, Seegerer, Hägele, Schütt, Montavon, Samek, Müller, Dähne, Kindermans (2019). *iNNvestigate neural networks!* Journal of Machine Learning Research 20(93). The library of the study, and its presets.
# - Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim (2018). *Sanity checks for saliency maps.* NeurIPS. Random weights as a control: section 3.
# - Dietterich (1998). *Approximate statistical tests for comparing supervised classification learning algorithms.* Neural Computation 10. McNemar's test: section 3.1.
# - Holm (1979). *A simple sequentially rejective multiple test procedure.* Scandinavian Journal of Statistics 6. Several comparisons at once.
# - Gelman, Loken (2014). *The statistical crisis in science.* American Scientist 102(6). Why choices made after looking count as searches.
#
# ## Help and AI use
#
# Work in pairs if you like, and hand in one report with both names; the peer review is by another pair. You may ask people, books and AI assistants about ideas, formulas and error messages. Code that you did not write yourself, from whatever source, needs a comment that says where it is from, and you have to be able to explain each line.
# Write plan, report and review without an assistant: they ask what *you* conclude. Name below who or what helped you, and with what.

# %% nbgrader={"grade": false, "grade_id": "help", "locked": false, "schema_version": 3, "solution": false, "task": false}
help_used = "nobody and nothing yet"
