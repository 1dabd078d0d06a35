"""Make the files beside the notebook of lab 6 again: ``python -m autograder.artefacts.lab06 [WHICH ...]``.

quiz.json         the sealed answers of lab06.toml
mlp.npz           a small MLP on 32 x 32 drawn characters, its accuracy, and the test images that the lab explains
head.npz          a dense head on features of the small VGG16, and the features of the images that the lab explains
checkpoints.npz   what the reference gives for each exercise, so that a failed exercise never blocks the next

WHICH is quiz, mlp, head or checkpoints, and all four if left out. Everything is seeded.
"""

import sys
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from autograder.artefacts.files import save_arrays, seal_quiz
from autograder.course import SOLUTIONS
from autograder.reference import dense
from toonlens.stats import bootstrap_ci

LAB = "lab06"
TARGET = SOLUTIONS / LAB
SEED = 6
SIZE = 32  # pixels of the MLP's images
HIDDEN = 64  # units of each of its two hidden layers
CHARACTERS = ("Dash Moreau", "Nell Thistle", "Rosa Rind", "Sprout", "Zib")  # on validation, pixels tell these apart
COMPONENTS = 100  # principal components through which the first layer is trained: smooth weights, no memorised pixels
SHOWN = 8  # test images that the lab explains
HEAD_LAYER = "block5_conv3"  # 4 x 4 places for a 64 x 64 image
HEAD_HIDDEN = 64

Params = list[tuple[NDArray, NDArray]]


def make_mlp() -> None:
    """Train the MLP on shifted and mirrored copies of its training images and store it in half precision.

    It learns on principal components; their projection is then multiplied into its first layer, so that what is stored
    is a plain MLP on pixels.
    """
    from sklearn.decomposition import PCA
    from sklearn.neural_network import MLPClassifier

    from toonlens.data import load_toons

    train, test = load_toons("train", size=SIZE), load_toons("test", size=SIZE)
    images, labels = chosen_characters(train)
    images, labels = augmented(images, labels, np.random.default_rng(SEED))
    x = scaled(images).astype(np.float32)
    projection = PCA(COMPONENTS, svd_solver="randomized", random_state=SEED).fit(x)
    scale = float(np.sqrt(projection.explained_variance_[0]))
    network = MLPClassifier((HIDDEN, HIDDEN), alpha=0.05, batch_size=64, max_iter=20, random_state=SEED)
    network.fit(projection.transform(x) / scale, labels)
    W1 = projection.components_.T @ network.coefs_[0] / scale
    b1 = network.intercepts_[0] - projection.mean_ @ W1
    kernels, biases = [W1, *network.coefs_[1:]], [b1, *network.intercepts_[1:]]
    params = [(W.astype(np.float16), b.astype(np.float16)) for W, b in zip(kernels, biases, strict=True)]
    images, labels = chosen_characters(test)
    logits = dense.mlp_forward(doubled(params), scaled(images))[-1]
    accuracy = bootstrap_ci((logits.argmax(axis=1) == labels).astype(float))
    print(f"MLP: test accuracy {accuracy[0]:.3f} ({accuracy[1]:.3f} to {accuracy[2]:.3f}) on {len(labels)} images")
    shown = pick(logits, labels)
    save_arrays(
        LAB,
        "mlp.npz",
        images=images[shown],
        labels=labels[shown],
        names=np.array(CHARACTERS),
        logits=logits[shown],
        accuracy=np.array([*accuracy, len(labels)]),
        **layers(params),
    )


def chosen_characters(toons) -> tuple[NDArray, NDArray]:
    """The images of `CHARACTERS`, and their labels as places in that list."""
    places = {toons.class_names.index(name): k for k, name in enumerate(CHARACTERS)}
    keep = np.isin(toons.labels, list(places))
    return toons.images[keep], np.array([places[label] for label in toons.labels[keep].tolist()])


def make_head() -> None:
    """Train a dense head of two layers on features of the small VGG16 and store it in half precision."""
    from sklearn.neural_network import MLPClassifier

    from toonlens.data import load_toons
    from toonlens.models import build, preprocess
    from toonlens.startup import import_keras

    keras = import_keras()
    base = build("vgg16", weights="small")
    base = keras.Model(base.input, base.get_layer(HEAD_LAYER).output)

    def features(images: NDArray) -> NDArray:
        found = [
            np.asarray(base(preprocess(images[k : k + 64], "vgg16"), training=False)) for k in range(0, len(images), 64)
        ]
        return np.concatenate(found)

    train, test = load_toons("train", size=64), load_toons("test", size=64)
    there, there_test = features(train.images), features(test.images)
    scale = float(there.std())
    network = MLPClassifier((HEAD_HIDDEN,), alpha=1e-2, max_iter=30, early_stopping=True, random_state=SEED)
    network.fit(there.reshape(len(there), -1) / scale, train.labels)
    params = [
        ((W / scale if k == 0 else W).astype(np.float16), b.astype(np.float16))
        for k, (W, b) in enumerate(zip(network.coefs_, network.intercepts_, strict=True))
    ]
    flat = there_test.reshape(len(there_test), -1).astype(np.float64)
    logits = dense.mlp_forward(doubled(params), flat)[-1]
    accuracy = bootstrap_ci((logits.argmax(axis=1) == test.labels).astype(float))
    print(f"head: test accuracy {accuracy[0]:.3f} ({accuracy[1]:.3f} to {accuracy[2]:.3f}) on {len(flat)} images")
    shown = pick(logits, test.labels)[:4]
    save_arrays(
        LAB,
        "head.npz",
        images=test.images[shown],
        labels=test.labels[shown],
        names=np.array(test.class_names),
        features=there_test[shown].astype(np.float16),
        accuracy=np.array([*accuracy, len(flat)]),
        layer=np.array(HEAD_LAYER),
        **layers(params),
    )


def make_checkpoints() -> None:
    """What the reference gives where the notebook draws a picture, in single precision."""
    mlp = np.load(TARGET / "mlp.npz")
    params = stored(mlp)
    x, c = scaled(mlp["images"]), mlp["labels"]
    (W1, b1), _, (W3, b3) = params
    lo, hi = -np.ones(x.shape[1]), np.ones(x.shape[1])
    *inputs, logits = dense.mlp_forward(params, x)
    trace = dense.lrp_mlp(params, x, c, [("eps", {"eps": 0.1})] * 3)
    above = trace[1]  # relevance at the first hidden layer
    start = trace[3].copy()
    start[-1] = dense.lrp_mlp(params, x[-1:], logits[-1:].argmax(axis=1), [("eps", {"eps": 0.1})] * 3)[3]
    second = runner_up(logits, c)
    patched = x[:1].copy()
    patched.reshape(1, SIZE, SIZE, 3)[:, 12:20, 12:20] = 0  # mid-grey, where the epsilon rule gives nothing
    above_patched = dense.lrp_mlp(params, patched, c[:1], [("eps", {"eps": 0.1})] * 3)[1]
    same_R = np.repeat(above[:1], 2, axis=0)
    grid = np.linspace(-2, 2, 201)
    made = {
        "inverse": 1 / dense.stabilise(grid, 0.3),
        "start": start,  # of the last image, a mistake, the class that the network chose
        "hidden2": inputs[2],
        "above": above,
        "eps": stacked(dense.lrp_eps(x[:1], W1, b1, above[:1], eps) for eps in (1e-9, 0.25, 1.0)),
        "gamma": stacked(dense.lrp_gamma(inputs[2][-1:], W3, b3, start[-1:], gamma) for gamma in (0.0, 0.25, 4.0)),
        "ab": stacked(dense.lrp_ab(x[:1], W1, b1, above[:1], *both) for both in ((1.0, 0.0), (2.0, 1.0))),
        "above_patched": above_patched,
        "eps_patched": dense.lrp_eps(patched, W1, b1, above_patched, 0.1),
        "zB": dense.lrp_zB(patched, W1, above_patched, lo, hi),
        "w2": dense.lrp_w2(W1, same_R),
        "flat": dense.lrp_flat(W1, same_R),
        "sums": np.array([R[0].sum() for R in trace]),
        "best": dense.lrp_mlp(params, x, c, composite(lo, hi))[0],
        "second": dense.lrp_mlp(params, x, second, composite(lo, hi))[0],
        "runner_up": second,
    }
    if (TARGET / "head.npz").exists():
        head = np.load(TARGET / "head.npz")
        there = head["features"].astype(np.float64)
        found = dense.lrp_mlp(stored(head), there.reshape(len(there), -1), head["labels"], HEAD_RULES)[0]
        made["head"] = found.reshape(there.shape).sum(axis=-1)
    save_arrays(
        LAB, "checkpoints.npz", **{k: v.astype(np.float32) if v.dtype == np.float64 else v for k, v in made.items()}
    )


def stacked(rows: Iterable[NDArray]) -> NDArray:
    """Results for one image each, (1, I), as rows of one array."""
    return np.concatenate(list(rows))


HEAD_RULES: list[dense.RuleSpec] = [("gamma", {"gamma": 0.25}), ("eps", {"eps": 0.1})]


def composite(lo: NDArray, hi: NDArray) -> list[dense.RuleSpec]:
    """The rules of the picture at the top of the lab: box at the pixels, gamma and epsilon above."""
    return [("zB", {"lo": lo, "hi": hi}), ("gamma", {"gamma": 0.25}), ("eps", {"eps": 0.1})]


def runner_up(logits: NDArray, c: NDArray) -> NDArray:
    """For each image the class with the largest logit among those that are not its own. (N,)"""
    others = logits.copy()
    others[np.arange(len(c)), c] = -np.inf
    return others.argmax(axis=1)


def pick(logits: NDArray, labels: NDArray) -> NDArray:
    """Indices of the images to explain: of each class the surest right one, then the surest mistakes. (SHOWN,)"""
    rows = np.arange(len(labels))
    margin = logits[rows, labels] - logits[rows, runner_up(logits, labels)]
    right = [int(np.where(labels == k, margin, -np.inf).argmax()) for k in range(labels.max() + 1)]
    wrong = [int(k) for k in np.argsort(margin)[: max(0, SHOWN - len(right))]]
    return np.array((right + wrong)[:SHOWN])


def augmented(images: NDArray, labels: NDArray, rng: np.random.Generator, copies: int = 8) -> tuple[NDArray, NDArray]:
    """The images, and copies of them mirrored and shifted by up to 3 pixels."""
    made = [images]
    for k in range(copies):
        moved = images[:, :, ::-1] if k % 2 else images
        shift = rng.integers(-3, 4, size=(len(images), 2))
        made.append(np.stack([np.roll(image, tuple(s), axis=(0, 1)) for image, s in zip(moved, shift, strict=True)]))
    return np.concatenate(made), np.tile(labels, copies + 1)


def scaled(images: NDArray) -> NDArray:
    """Pixels uint8 (N, H, W, 3) as rows of numbers from -1 to 1, (N, H * W * 3)."""
    return images.reshape(len(images), -1) / 127.5 - 1


def doubled(params: Params) -> Params:
    """The same in double precision."""
    return [(W.astype(np.float64), b.astype(np.float64)) for W, b in params]


def layers(params: Params) -> dict[str, NDArray]:
    """Arrays W1, b1, W2, ... to store."""
    return {f"{name}{k}": array for k, layer in enumerate(params, 1) for name, array in zip("Wb", layer, strict=True)}


def stored(arrays) -> Params:
    """The layers that `layers` stored, in double precision."""
    count = sum(name[0] == "W" for name in arrays)
    return doubled([(arrays[f"W{k}"], arrays[f"b{k}"]) for k in range(1, count + 1)])


MAKERS: dict[str, Callable[[], None]] = {
    "quiz": partial(seal_quiz, LAB),
    "mlp": make_mlp,
    "head": make_head,
    "checkpoints": make_checkpoints,
}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or MAKERS:
        MAKERS[chosen]()
