"""Lab 4: the pieces of a deconvnet."""

from autograder.checks.lab04 import reference
from bank import Bank
from toonlens.laws import lab04 as laws

FUNCTIONS = (
    "pool_switches",
    "unpool",
    "relu_back",
    "pads",
    "conv2d",
    "conv2d_T",
    "toy_deconvnet",
    "deconv_walk",
)
PREDICTIONS = ("pool", "unpool", "relu", "pads", "conv", "back", "toy")

BANK = Bank(
    lab="lab04",
    visible={
        "pool_switches": laws.check_pool_switches,
        "unpool": laws.check_unpool,
        "relu_back": laws.check_relu_back,
        "pads": laws.check_pads,
        "conv2d": laws.check_conv2d,
        "conv2d_T": lambda f: laws.check_conv2d_T(f, reference.conv2d),
        "toy_deconvnet": lambda f: laws.check_toy_deconvnet(f, reference.conv2d, reference.pool_switches),
        "deconv_walk": laws.check_deconv_walk,
    },
    right={name: getattr(reference, name) for name in FUNCTIONS}
    | {f"predict_{name}": lambda: "b" for name in PREDICTIONS},
    points={
        "pool_switches": 4,
        "unpool": 5,
        "relu_back": 4,
        "pads": 2,
        "conv2d": 6,
        "conv2d_T": 6,
        "toy_deconvnet": 6,
        "bug_hunt": 6,
        "predictions": 7,
    },
    stops=("pool_switches", "unpool", "relu_back", "pads", "conv2d", "conv2d_T", "toy_deconvnet", "bug_hunt"),
    files=frozenset({"vgg16_bottom.npz", "projections.npz", "checkpoints.npz", "quiz.json"}),
    grade_ids={"deconv_walk": "bug_hunt"},
)
