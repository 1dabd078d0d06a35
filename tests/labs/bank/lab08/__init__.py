"""Lab 8: BatchNorm, Add, Concatenate: LRP on ResNet50 and DenseNet121."""

from dataclasses import dataclass

from autograder.checking import LocalStudent, run_checks
from autograder.checks.lab08 import reference
from bank import Bank
from bank.lab08 import given, lrp_densenet121, lrp_resnet50
from toonlens.laws import lab08 as laws

PREDICTIONS = ("fold", "affine", "merged", "add", "graph", "networks", "audit")
FUNCTIONS = (
    "fold_bn",
    "bn_affine",
    "lrp_affine",
    "split_bn",
    "lrp_merged",
    "lrp_add",
    "lrp_concat",
    "lrp_graph",
    "audit",
    "explain_block",
)
RIGHT = {name: getattr(reference, name) for name in FUNCTIONS} | {
    "lrp_resnet50": lrp_resnet50.right_four_lines,
    "lrp_densenet121": lrp_densenet121.right_if,
}


@dataclass(frozen=True)
class Probed(Bank):
    """A bank whose hidden checks reach functions through the notebook's probes."""

    def hidden(self, function, solution, seed=None):
        namespace = given.with_probes({**self.right, function: solution})
        grade_id = self.grade_ids.get(function, function)
        return run_checks(self.lab, [grade_id], student=LocalStudent(namespace), seed=seed)


BANK = Probed(
    lab="lab08",
    visible={
        "fold_bn": laws.check_fold_bn,
        "bn_affine": laws.check_bn_affine,
        "lrp_affine": laws.check_lrp_affine,
        "split_bn": laws.check_split_bn,
        "lrp_merged": laws.check_lrp_merged,
        "lrp_add": laws.check_lrp_add,
        "lrp_concat": laws.check_lrp_concat,
        "lrp_graph": laws.check_lrp_graph,
        "lrp_resnet50": laws.check_lrp_resnet50,
        "lrp_densenet121": laws.check_lrp_densenet121,
        "audit": laws.check_audit,
        "explain_block": laws.check_explain_block,
    },
    right=given.with_probes(RIGHT) | {f"predict_{name}": lambda: "b" for name in PREDICTIONS},
    points={
        "fold_bn": 5,
        "affine": 5,
        "merged": 6,
        "routes": 4,
        "lrp_graph": 5,
        "networks": 5,
        "audit": 3,
        "bug_hunt": 6,
        "predictions": 7,
    },
    stops=("fold_bn", "affine", "merged", "routes", "lrp_graph", "networks", "audit", "bug_hunt"),
    files=frozenset({"heads.npz", "checkpoints.npz", "maps.npz", "quiz.json"}),
    grade_ids={
        "bn_affine": "affine",
        "lrp_affine": "affine",
        "split_bn": "merged",
        "lrp_merged": "merged",
        "lrp_add": "routes",
        "lrp_concat": "routes",
        "lrp_resnet50": "networks",
        "lrp_densenet121": "networks",
        "explain_block": "bug_hunt",
    },
)
