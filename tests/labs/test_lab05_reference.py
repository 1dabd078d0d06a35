"""The reference of lab 5 against slow twins, against its own TensorFlow version and against `autograder.reference`."""

import keras
import numpy as np
import pytest
from scipy.stats import spearmanr

from autograder.checks.lab05 import networks, reference, whole
from autograder.reference import explain
from toonlens.errors import UserError
from toonlens.laws import lab05 as laws
from toonlens.models import build
from toonlens.units import channel_peaks, path_specs, strongest

ARCHS = ("vgg16", "resnet50", "densenet121")


@pytest.fixture(scope="module")
def classifiers():
    """The small networks with random heads."""
    keras.utils.set_random_seed(1)
    made = {}
    for arch in ARCHS:
        base = build(arch)
        h = keras.layers.GlobalAveragePooling2D()(base.output)
        made[arch] = keras.Model(base.input, keras.layers.Dense(5, activation="softmax")(h))
    return made


@pytest.mark.parametrize(("make", "layer"), [(networks.plain, "conv3"), (networks.branched, "concat")])
def test_the_gradient_is_the_slope(make, layer):
    rng = np.random.default_rng(0)
    plan, x, ch = networks.with_unit(rng, make, layer)
    A = reference.forward(plan, x)[0][layer]
    place = np.unravel_index(reference.seed_unit(A, ch).argmax(), A.shape)
    R, way, step = reference.project(plan, x, layer, ch, "grad"), rng.normal(size=x.shape), 1e-6
    up, down = (reference.forward(plan, x + sign * step * way)[0][layer][place] for sign in (1, -1))
    assert np.isclose((R * way).sum(), A[place] * (up - down) / (2 * step), rtol=1e-5)


@pytest.mark.parametrize("make", [networks.plain, networks.branched, networks.own_relus])
@pytest.mark.parametrize("mode", reference.MODES)
def test_numpy_and_tensorflow_agree(make, mode):
    plan, x = make(np.random.default_rng(2), 3)
    model, c = laws.tiny_network(plan), np.array([1, 0, 3])
    for name, A in reference.record(plan, x).items():
        found = keras.Model(model.input, model.get_layer(name).output)(x, training=False)
        np.testing.assert_allclose(found, A, atol=1e-5 * max(1, np.abs(A).max()))
    due = reference.saliency(plan, x, c, mode)
    np.testing.assert_allclose(whole.saliency(model, x, c, mode), due, atol=1e-4 * np.abs(due).max())
    for layer in [described["name"] for described in plan["layers"] if described["kind"] in ("conv", "add")]:
        due = reference.project(plan, x[:1], layer, 1, mode)
        got = whole.project(model, x[:1], layer, 1, mode)
        np.testing.assert_allclose(got, due, atol=1e-4 * max(np.abs(due).max(), 1e-9))


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize(
    ("mode", "method"), [("grad", "gradient"), ("deconv", "deconvnet"), ("guided", "guided_backprop")]
)
def test_saliency_is_that_of_the_reference(classifiers, arch, mode, method):
    model = classifiers[arch]
    x = np.random.default_rng(3).normal(size=(2, 64, 64, 3)).astype(np.float32) * (1 if arch == "densenet121" else 60)
    head = model.layers[-1]
    logits = np.asarray(keras.Model(model.input, head.input)(x)) @ head.get_weights()[0] + head.get_weights()[1]
    c = logits.argmax(axis=1)
    start = logits[np.arange(2), c] if mode != "grad" else np.ones(2)  # the reference starts from the score
    assert (start > 0).all()
    due = explain(model, x, method, target=c)
    got = whole.saliency(model, x, c, mode) * start[:, None, None, None]
    assert np.linalg.norm(got - due) < 1e-2 * np.linalg.norm(due)


def test_the_plan_of_vgg16_is_vgg16(classifiers):
    x = np.random.default_rng(4).normal(size=(1, 64, 64, 3)).astype(np.float32) * 60
    plan = reference.vgg16_plan("block3_conv3")
    for mode in reference.MODES:
        due = reference.project(plan, x, "block3_conv3", 3, mode)
        got = whole.project(classifiers["vgg16"], x, "block3_conv3", 3, mode)
        assert np.linalg.norm(got - due) < 2e-2 * np.linalg.norm(due)


@pytest.mark.parametrize("arch", ARCHS)
def test_a_unit_sees_its_box_and_nothing_else(classifiers, arch):
    layer = {"vgg16": "block2_conv2", "resnet50": "conv2_block2_out", "densenet121": "conv2_block2_0_relu"}[arch]
    model = classifiers[arch]
    specs = path_specs(model, layer)
    places = model.get_layer(layer).output.shape[1]
    part = keras.Model(model.input, model.get_layer(layer).output)
    rng = np.random.default_rng(5)
    x = rng.normal(size=(1, 64, 64, 3)).astype(np.float32)
    before = np.asarray(part(x))
    for u in (0, places // 2, places - 1):
        first, past = reference.unit_box(specs, u, 64)
        other = rng.normal(size=x.shape).astype(np.float32)
        other[:, first:past] = x[:, first:past]
        assert np.allclose(np.asarray(part(other))[:, u], before[:, u], atol=1e-4)
        for row in (first, past - 1):
            other = x.copy()
            other[:, row] += 3.0
            assert not np.allclose(np.asarray(part(other))[:, u], before[:, u], atol=1e-4)


def test_windows_of_known_networks(classifiers):
    sizes = {("vgg16", "block5_pool"): 212, ("vgg16", "block3_conv3"): 40, ("resnet50", "conv5_block3_out"): 483}
    for (arch, layer), size in sizes.items():
        assert reference.receptive_field(path_specs(classifiers[arch], layer))[0] == size


def test_path_specs_says_what_it_cannot_do(classifiers):
    with pytest.raises(UserError, match="no layer 'nowhere'"):
        path_specs(classifiers["vgg16"], "nowhere")
    with pytest.raises(UserError, match="looks through no square window"):
        path_specs(classifiers["vgg16"], classifiers["vgg16"].layers[-1].name)


def test_the_strongest_pictures(classifiers):
    images = np.random.default_rng(6).integers(0, 256, (10, 64, 64, 3), dtype=np.uint8)
    peaks = channel_peaks(classifiers["vgg16"], "vgg16", images, "block2_conv2", batch=3)
    best = strongest(classifiers["vgg16"], "vgg16", images, "block2_conv2", [2, 5], count=3)
    assert best.shape == (2, 3)
    for row, ch in zip(best, (2, 5), strict=True):
        assert (np.diff(peaks[row, ch]) <= 0).all()
        assert peaks[row[-1], ch] >= np.sort(peaks[:, ch])[-3]


def test_similarity_is_spearmans():
    rng = np.random.default_rng(7)
    for keep in (-9, 0):
        h1 = np.maximum(rng.normal(size=(9, 8)), keep)
        h2 = np.round(h1 + rng.normal(size=h1.shape))
        assert np.isclose(reference.similarity(h1, h2), spearmanr(h1.ravel(), h2.ravel())[0])
    assert reference.similarity(h1, np.zeros((9, 8))) == 0
