"""Lab 6: LRP on dense layers."""

from autograder.reference import dense
from bank import Bank
from bank.lab06 import given
from toonlens.laws import lab06 as laws

FUNCTIONS = (
    "stabilise",
    "lrp_eps",
    "lrp_gamma",
    "lrp_ab",
    "lrp_zB",
    "lrp_w2",
    "lrp_flat",
    "lrp_mlp",
    "gradient_x_input",
)
PREDICTIONS = ("stabilise", "eps", "gamma", "ab", "zB", "w2_flat", "mlp")

BANK = Bank(
    lab="lab06",
    visible={
        "stabilise": laws.check_stabilise,
        "lrp_eps": laws.check_lrp_eps,
        "lrp_gamma": laws.check_lrp_gamma,
        "lrp_ab": laws.check_lrp_ab,
        "lrp_zB": laws.check_lrp_zB,
        "lrp_w2": lambda f: laws.check_lrp_w2_flat(f, dense.lrp_flat),
        "lrp_flat": lambda f: laws.check_lrp_w2_flat(dense.lrp_w2, f),
        "lrp_mlp": laws.check_lrp_mlp,
        "gradient_x_input": laws.check_gradient_x_input,
    },
    right={name: getattr(dense, name) for name in FUNCTIONS}
    | {"apply_rule": given.apply_rule}
    | {f"predict_{name}": lambda: "b" for name in PREDICTIONS},
    points={
        "stabilise": 2,
        "lrp_eps": 6,
        "lrp_gamma": 4,
        "lrp_ab": 5,
        "lrp_zB": 4,
        "lrp_w2_flat": 4,
        "lrp_mlp": 8,
        "bug_hunt": 6,
        "predictions": 7,
    },
    stops=("stabilise", "lrp_eps", "lrp_gamma", "lrp_ab", "lrp_zB", "lrp_w2_flat", "lrp_mlp", "bug_hunt"),
    files=frozenset({"mlp.npz", "head.npz", "checkpoints.npz", "quiz.json"}),
    grade_ids={"lrp_w2": "lrp_w2_flat", "lrp_flat": "lrp_w2_flat", "gradient_x_input": "bug_hunt"},
    # One size of layer in the visible check: the hidden ones vary it.
    unseen=frozenset({("lrp_flat", "wrong_constant_count")}),
)
