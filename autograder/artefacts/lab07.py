"""Make the files beside the notebook of lab 7 again: ``python -m autograder.artefacts.lab07 [WHICH ...]``.

quiz.json         the sealed answers of lab07.toml
head.npz          a linear head of 18 characters for the small VGG16, its accuracy, and the test pictures of the lab
checkpoints.npz   what the reference gives for exercises 1 to 5, so that a failed exercise never blocks the next
maps.npz          the same for the whole network: maps and sums of all composites

WHICH is quiz, head or checkpoints, and all three if left out. Everything is seeded.
"""

import sys
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.artefacts.files import save_arrays, seal_quiz
from autograder.checks.lab07 import reference
from autograder.course import SOLUTIONS

LAB = "lab07"
TARGET = SOLUTIONS / LAB
SEED = 7
SIDE = 64
SURE, CLOSE = 4, 3  # test pictures that the lab explains: sure answers, close calls that are right; and a mistake
POOLS: list[tuple[str, reference.Rule]] = [("avg_pool", ("avg", {})), ("block?_pool", ("max", {}))]
AB1: reference.Rule = ("ab", {"alpha": 1.0, "beta": 0.0})
AB2: reference.Rule = ("ab", {"alpha": 2.0, "beta": 1.0})
EPS: reference.Rule = ("eps", {"eps": 0.1})
LO, HI = np.array([-103.939, -116.779, -123.68]), np.array([151.061, 138.221, 131.32])  # as pixel_bounds("vgg16")
CONTRASTED = ("preset A flat", "gamma and box")  # composites by which two classes are compared
BOX: reference.Rule = ("zB", {"lo": LO, "hi": HI})


def specs() -> dict[str, list[tuple[str, reference.Rule]]]:
    """The composites of the lab, by their names in the notebook."""
    top = ("predictions", EPS)
    return {
        "epsilon": [*POOLS, ("*", EPS)],
        "alpha 1, beta 0": [*POOLS, top, ("*", AB1)],
        "alpha 2, beta 1": [*POOLS, top, ("*", AB2)],
        "gamma": [*POOLS, top, ("*", ("gamma", {"gamma": 0.25}))],
        "gamma and box": [*POOLS, top, ("block1_conv1", BOX), ("*", ("gamma", {"gamma": 0.25}))],
        "preset A flat": [*POOLS, top, ("block1_conv1", ("flat", {})), ("*", AB1)],
    }


def make_head() -> None:
    """Train a linear head on the pooled features, by the recipe "frozen", test it, and choose the pictures."""
    from toonlens.data import load_toons
    from toonlens.models import preprocess
    from toonlens.transfer import evaluate, fit

    train, test = load_toons("train", SIDE), load_toons("test", SIDE)
    model = fit("vgg16", "frozen", (train.images, train.labels), seed=SEED, quiet=True).model
    W, b = (w.astype(np.float16) for w in model.layers[-1].get_weights())
    model.layers[-1].set_weights([W, b])
    found = evaluate(model, "vgg16", (test.images, test.labels))
    print(f"vgg16: test accuracy {found.accuracy:.3f} ({found.low:.3f} to {found.high:.3f}) on {len(test)} images")
    scores = model.predict(preprocess(test.images, "vgg16"), verbose=0, batch_size=64)
    own = scores[np.arange(len(test)), test.labels]
    right = scores.argmax(axis=1) == test.labels
    surest = [np.flatnonzero(test.labels == k)[own[test.labels == k].argmax()] for k in range(len(test.class_names))]
    sure = sorted(surest, key=lambda k: -own[k])[:SURE]
    close: list[int] = []
    for k in np.argsort(np.where(right, own, np.inf)).tolist():
        if len(close) < CLOSE and test.labels[k] not in test.labels[[*sure, *close]]:
            close.append(k)
    shown = [*sure, *close, int(own.argmin())]
    save_arrays(
        LAB,
        "head.npz",
        W=W,
        b=b,
        accuracy=np.array([found.accuracy, found.low, found.high, len(test)]),
        images=test.images[shown],
        labels=test.labels[shown],
        names=np.array(test.class_names),
    )


@cache
def network() -> tuple[Any, list[dict], NDArray, NDArray]:
    """The model as in the notebook, its plan, the preprocessed pictures and their labels."""
    from toonlens.convnet import read_layers
    from toonlens.models import build, preprocess
    from toonlens.startup import import_keras
    from toonlens.transfer import Head, classifier

    stored = np.load(TARGET / "head.npz")
    model = classifier(build("vgg16", weights="small"), Head(), len(stored["names"]))
    model.layers[-1].set_weights([stored["W"], stored["b"]])
    keras = import_keras()
    last = keras.layers.Dense(len(stored["names"]), name="predictions")
    logits = keras.Model(model.input, last(model.layers[-1].input))
    last.set_weights([stored["W"], stored["b"]])
    x = preprocess(stored["images"], "vgg16").astype(np.float64)
    return model, [vars(layer) for layer in read_layers(logits)], x, stored["labels"]


def make_checkpoints() -> None:
    """What the reference gives where the notebook draws a picture; maps in half precision, good enough to look at."""
    _, plan, x, c = network()
    *inputs, logits = reference.forward(plan, x)
    logits = logits[:, 0, 0]
    some, calls = slice(0, SURE), slice(SURE, SURE + CLOSE)
    found = {name: reference.lrp_walk(plan, x[some], c[some], spec) for name, spec in specs().items()}
    first, trace = plan[0], found["preset A flat"][1]
    above = half(trace[1][:1])  # relevance at the output of block1_conv1, for the first picture
    rules: list[reference.Rule] = [("eps", {"eps": 0.1}), ("eps", {"eps": 100.0}), AB1, BOX]
    W, b = first["W"], first["b"]
    even = np.ones((1, 6, 6, 1))
    pool = [layer["name"] for layer in plan].index("block3_pool")
    pool_a, pool_R = half(inputs[pool][:1]), half(trace[pool + 1][:1])
    save_arrays(
        LAB,
        "checkpoints.npz",
        above=above.astype(np.float16),
        conv=np.concatenate([reference.lrp_conv(x[:1], W, b, above, r, "same", 1) for r in rules]).astype(np.float16),
        w2=reference.lrp_w2_conv(W, above, x[:1].shape, "same", 1).astype(np.float16),
        flat=reference.lrp_flat_conv(W.shape, above, x[:1].shape, "same", 1).astype(np.float16),
        even=reference.lrp_flat_conv((3, 3, 1, 1), even, even.shape, "same", 1),
        pool_a=pool_a.astype(np.float16),
        pool_R=pool_R.astype(np.float16),
        max=reference.lrp_maxpool(pool_a, pool_R, 2).astype(np.float16),
        avg=reference.lrp_avgpool(pool_a, pool_R, 2).astype(np.float16),
        logits=logits,
        start=reference.seed(logits, c),
    )
    others = logits.copy()
    others[np.arange(len(c)), c] = -np.inf
    rival, answer = others.argmax(axis=1), logits.argmax(axis=1)
    two = [specs()[name] for name in CONTRASTED]
    lrp, near, last = partial(reference.lrp_walk, plan), x[calls], x[-1:]
    save_arrays(
        LAB,
        "maps.npz",
        maps=np.stack([heat for heat, _ in found.values()]).astype(np.float16),
        sums=np.array([[R[0].sum() for R in steps] for _, steps in found.values()]),
        own=np.stack([lrp(near, c[calls], spec)[0] for spec in two]).astype(np.float16),
        contrast=np.stack([reference.contrastive(plan, near, c[calls], rival[calls], spec) for spec in two]).astype(
            np.float16
        ),
        last=np.stack([lrp(last, k[-1:], spec)[0][0] for spec in two for k in (c, answer)]).astype(np.float16),
    )


def half(values: NDArray) -> NDArray:
    """Rounded to half precision, as the notebook reads them."""
    return values.astype(np.float16).astype(np.float64)


MAKERS: dict[str, Callable[[], None]] = {
    "quiz": partial(seal_quiz, LAB),
    "head": make_head,
    "checkpoints": make_checkpoints,
}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or MAKERS:
        MAKERS[chosen]()
