"""The reference against iNNvestigate, run live in its worker: the same maps to 1e-5 of the largest relevance.

Both compute in float64, on the same weights. ResNet50 and DenseNet121 are handed over with their BatchNorm folded (see
`folded`), because iNNvestigate's rule for it is wrong. docs/innvestigate.md lists where the two differ, why, and who is
right; `test_innvestigate_differences.py` shows each of these differences on a network of two layers.
"""

import ast
import importlib
import importlib.util
import json
from pathlib import Path

import keras
import numpy as np
import pytest

from autograder.reference import explain
from autograder.reference.composite import conv, dense, first, kernel, lrp
from autograder.reference.folded import folded
from autograder.reference.rules import AlphaBeta, Epsilon, Flat, WSquare, ZPlus
from toonlens import innvestigate_worker
from toonlens.innvestigate_worker import analyze
from toonlens.models import build, pixel_bounds, preprocess

layers = keras.layers
LOW, HIGH = (-3.0, -4.0, -5.0), (5.0, 4.0, 3.0)

# iNNvestigate's name and parameters -> ours, for the same formula
SAME = {
    "gradient": ({}, "gradient", {}),
    "input_t_gradient": ({}, "input_t_gradient", {}),
    "integrated_gradients": ({"steps": 8}, "integrated_gradients", {"steps": 8}),
    "deconvnet": ({}, "deconvnet", {}),
    "guided_backprop": ({}, "guided_backprop", {}),
    "lrp.z": ({}, "lrp.z", {}),
    "lrp.epsilon": ({}, "lrp.epsilon", {}),
    "lrp.alpha_1_beta_0": ({}, "lrp.alpha_1_beta_0", {}),
    "lrp.alpha_1_beta_0_IB": ({}, "lrp.alpha_1_beta_0", {"bias": "none"}),
    "lrp.alpha_2_beta_1": ({}, "lrp.alpha_2_beta_1", {}),
    "lrp.alpha_2_beta_1_IB": ({}, "lrp.alpha_2_beta_1", {"bias": "none"}),
    "lrp.alpha_beta": ({"alpha": 3, "beta": 2}, "lrp.alpha_beta", {"alpha": 3, "beta": 2}),
    "lrp.z_plus": ({}, "lrp.z_plus", {}),
    "lrp.w_square": ({}, "lrp.w_square", {}),
    "lrp.flat": ({}, "lrp.flat", {}),
    "lrp.sequential_preset_a": ({}, "lrp.sequential_preset_a", {}),
    "lrp.sequential_preset_a_flat": ({}, "lrp.sequential_preset_a_flat", {}),
    "lrp.sequential_preset_b": ({}, "lrp.sequential_preset_b", {}),
    "lrp.sequential_preset_b_flat": ({}, "lrp.sequential_preset_b_flat", {}),
    # its box rule is for the first layer, under whatever there is for the others
    "box": ({"method": "lrp.epsilon", "input_layer_rule": [LOW, HIGH]}, "lrp.zbox", {"low": LOW, "high": HIGH}),
}
GRADIENTS = [name for name in SAME if not name.startswith(("lrp.", "box"))]
# behind a padding layer iNNvestigate does not find the first layer, and Flat and W^2 give the padding its share
AT_FIRST = ("lrp.w_square", "lrp.flat", "lrp.sequential_preset_a_flat", "lrp.sequential_preset_b_flat", "box")
# at sums and averages iNNvestigate shares in proportion to x whatever the rule: our composites, with its choice
PROPORTIONAL = {"lrp.w_square": lrp((kernel, WSquare())), "lrp.flat": lrp((kernel, Flat()))}

PLUS, BOTH = AlphaBeta(1, 0, "full"), AlphaBeta(2, 1, "full")
# the same for DenseNet, which averages values of both signs; its BatchNorms are passed
PASSED = PROPORTIONAL | {
    "lrp.z": lrp((kernel, Epsilon(0))),
    "lrp.epsilon": lrp((kernel, Epsilon(1e-7))),
    "lrp.alpha_1_beta_0": lrp((kernel, PLUS)),
    "lrp.alpha_2_beta_1": lrp((kernel, BOTH)),
    "lrp.z_plus": lrp((kernel, ZPlus())),
    "lrp.sequential_preset_a": lrp((dense, Epsilon(0.1)), (conv, PLUS)),
    "lrp.sequential_preset_b": lrp((dense, Epsilon(0.1)), (conv, BOTH)),
    "lrp.sequential_preset_a_flat": lrp((first, Flat()), (dense, Epsilon(0.1)), (conv, PLUS)),
    "lrp.sequential_preset_b_flat": lrp((first, Flat()), (dense, Epsilon(0.1)), (conv, BOTH)),
}


@pytest.fixture(scope="module", autouse=True)
def end_the_worker():
    yield
    innvestigate_worker.shutdown()


def some_slow(names, *quick):
    """`names` as parameters of a test, all but `quick` marked slow."""
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in names]


def assert_close(ours, theirs, rtol=1e-5):
    """The largest difference, in units of the largest relevance."""
    largest = np.abs(theirs).max()
    assert largest > 0
    difference = np.abs(ours - theirs).max() / largest
    print(f"difference {difference:.1e}")  # shown by pytest -rP
    assert difference <= rtol


def theirs(model, x, name, dtype="float64", **kwargs):
    method, params = (name, SAME[name][0]) if name in SAME else (name, {})
    params = {"method": method} | params | kwargs
    return analyze(model, x, dtype=dtype, quick_setup=True, **params)


def ours(model, x, name, dtype="float64", **kwargs):
    _, method, params = SAME[name]
    return explain(model, x, method, dtype=dtype, **params, **kwargs)


def padded_outside(model, x):
    """The model without the padding layer it starts with, and the images padded."""
    padding = model.layers[1]
    assert isinstance(padding, layers.ZeroPadding2D)
    return keras.Model(padding.output, model.output), padding(x.astype("float64")).numpy()


def test_no_method_of_innvestigate_is_left_out():
    """Those that have no counterpart here are no explanations, variants of one that is covered, or deep Taylor."""
    source = Path(importlib.util.find_spec("innvestigate").origin).parent / "analyzer/__init__.py"
    (table,) = [node.value for node in ast.parse(source.read_text()).body if isinstance(node, ast.AnnAssign)]
    not_covered = {
        "input",  # the image
        "random",  # noise
        "gradient.baseline",  # the gradient by TensorFlow's own backward pass
        "lrp",  # takes rules as Python objects
        "lrp.z_plus_fast",  # z+ for inputs that are not negative
        "lrp.sequential_preset_b_flat_until_idx",  # Flat for more layers than the first
        "deep_taylor",
        "deep_taylor.bounded",
        "smoothgrad",  # random: in test_innvestigate_differences.py
    }
    assert {key.value for key in table.keys} == {name for name in SAME if name != "box"} | not_covered


# -- VGG16 -------------------------------------------------------------------------------------------------------------

QUICK = (*GRADIENTS, "lrp.z", "lrp.epsilon", "lrp.alpha_1_beta_0", "lrp.sequential_preset_b_flat", "box")


@pytest.mark.parametrize("name", some_slow(SAME, *QUICK))
def test_small_vgg(vgg, images, name):
    assert_close(ours(vgg, images, name), theirs(vgg, images, name))


def test_parameters_and_targets_mean_the_same(vgg, images):
    chosen = {"epsilon": 0.5, "target": [4, 0]}
    assert_close(ours(vgg, images, "lrp.epsilon", **chosen), theirs(vgg, images, "lrp.epsilon", **chosen))


# with the whole bias in both denominators, z_b may come close to 0; and Flat adds up many small numbers
SENSITIVE = {name for name in SAME if "2_beta_1" in name or "preset_b" in name} | {
    "lrp.alpha_beta",
    "lrp.flat",
    "lrp.w_square",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SAME)
def test_full_vgg_with_the_head_of_the_study(images, name, randomise):
    """Full width, a nested base, Dropout, as the full track of the course runs it; float32 where that is enough."""
    keras.utils.set_random_seed(4)
    base = build("vgg16", weights=None, width=1)
    head = [layers.Flatten(), layers.Dense(64, "relu"), layers.Dropout(0.5), layers.Dense(18, "softmax")]
    model = randomise(keras.Sequential([keras.Input((64, 64, 3)), base, *head]))
    dtype = "float64" if name in SENSITIVE else "float32"
    assert_close(ours(model, images, name, dtype), theirs(model, images, name, dtype))


# -- ResNet50 ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def resnet(randomise):
    """The small ResNet50, and as iNNvestigate gets it."""
    keras.utils.set_random_seed(1)
    model = randomise(build("resnet50", weights=None, classes=5))
    return model, folded(model, "float64")


@pytest.mark.parametrize("name", some_slow([n for n in SAME if n not in AT_FIRST], "guided_backprop", "lrp.epsilon"))
def test_small_resnet(resnet, images, name):
    model, as_folded = resnet
    expected = theirs(as_folded, images, name)
    assert_close(ours(model, images, name), expected)


@pytest.mark.parametrize("name", some_slow(AT_FIRST, "lrp.sequential_preset_a_flat"))
def test_small_resnet_first_layer(resnet, images, name):
    model, x = padded_outside(resnet[1], images)
    expected = theirs(model, x, name)
    assert_close(explain(model, x, PROPORTIONAL[name]) if name in PROPORTIONAL else ours(model, x, name), expected)


# -- DenseNet121 -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def densenet(randomise):
    """The small DenseNet121, and as iNNvestigate gets it: 62 BatchNorms are left."""
    keras.utils.set_random_seed(1)
    model = randomise(build("densenet121", weights=None, classes=5))
    return model, folded(model, "float64")


@pytest.mark.slow
@pytest.mark.parametrize("name", GRADIENTS)
def test_small_densenet_gradients(densenet, images, name):
    model, as_folded = densenet
    assert_close(ours(model, images, name), theirs(as_folded, images, name))


@pytest.mark.parametrize("name", some_slow([n for n in PASSED if n not in AT_FIRST], "lrp.sequential_preset_a"))
def test_small_densenet_with_batchnorm_passed(densenet, images, name):
    """All of LRP, if iNNvestigate is made to pass the BatchNorms that are left."""
    model, as_folded = densenet
    expected = theirs(as_folded, images, name, batchnorm="pass")
    assert_close(explain(model, images, PASSED[name], dtype="float64"), expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PASSED if name in AT_FIRST])
def test_small_densenet_first_layer(densenet, images, name):
    model, x = padded_outside(densenet[1], images)
    expected = theirs(model, x, name, batchnorm="pass")
    assert_close(explain(model, x, PASSED[name]), expected)


@pytest.mark.slow
def test_small_densenet_with_batchnorm_taken_in(densenet, images):
    """With the BatchNorms taken into the convolutions behind them, LRP-0 is input times gradient: theirs is."""
    model, as_folded = densenet
    expected = theirs(as_folded, images, "input_t_gradient")
    assert_close(explain(model, images, "lrp.z", dtype="float64", batchnorm="threshold"), expected)


# -- full ResNet50, recorded -------------------------------------------------------------------------------------------

PEERS = Path(__file__).parents[2] / "bench/peers"
RECORDED = Path(__file__).parent / "innvestigate"
FACTS = json.loads((RECORDED / "resnet50.json").read_text())


@pytest.fixture(scope="module")
def recorder():
    """The script that recorded the maps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(PEERS)
        return importlib.import_module("innvestigate_resnet50")


@pytest.fixture(scope="module")
def full_resnet(recorder):
    model = recorder.cases.network("resnet50-1")
    assert recorder.cases.digest(recorder.cases.arrays(model)) == FACTS["weights"]
    return model


def test_every_method_was_recorded(recorder):
    assert set(FACTS["maps"]) == set(recorder.METHODS)


@pytest.mark.parametrize("name", some_slow(FACTS["maps"], "lrp.epsilon", "lrp.sequential_preset_b_flat@padded"))
def test_full_resnet_recorded(recorder, full_resnet, name):
    method, params = name.removesuffix("@padded"), recorder.parameters(name)
    if name.endswith("@padded"):
        model, x = recorder.network_and_images(name)
    else:
        model, x = full_resnet, preprocess(recorder.cases.pictures(), "resnet50")
    if "input_layer_rule" in params:
        low, high = pixel_bounds("resnet50")
        method, params = "lrp.zbox", {"low": low, "high": high}
    elif name == "lrp.sequential_preset_a_flat":
        method = "lrp.sequential_preset_a"  # the padding in front hides the first convolution from it: no Flat
    elif method in PROPORTIONAL:
        method = PROPORTIONAL[method]
    elif name in SAME:
        _, method, _ = SAME[name]
        params |= SAME[name][2]
    r = explain(model, x, method, dtype="float64", **params)
    about = FACTS["maps"][name]
    with np.load(RECORDED / "resnet50.npz", allow_pickle=False) as archive:
        sampled = archive[name]
    difference = np.abs(recorder.cases.sample(r) - sampled).max() / about["largest"]
    print(f"difference {difference:.1e}")
    assert difference <= 1e-5
    assert np.abs(r).max() == pytest.approx(about["largest"], rel=1e-5)
    signed, absolute, squared = np.transpose(about["sums"])
    found = np.transpose(recorder.cases.sums(r))
    np.testing.assert_allclose(found[0], signed, rtol=0, atol=1e-5 * absolute.max())
    np.testing.assert_allclose(found[1:], [absolute, squared], rtol=1e-5)
