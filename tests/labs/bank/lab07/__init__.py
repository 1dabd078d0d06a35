"""Lab 7: LRP for convolutions, composites on VGG16."""

from dataclasses import dataclass

from autograder.checking import LocalStudent, run_checks
from autograder.checks.lab07 import reference
from bank import Bank
from bank.lab07 import contrastive, given, lrp_vgg16
from toonlens.laws import lab07 as laws

PREDICTIONS = ("conv", "flat", "pool", "rules", "logits", "vgg", "contrast")
FUNCTIONS = (
    "lrp_conv",
    "lrp_w2_conv",
    "lrp_flat_conv",
    "lrp_maxpool",
    "lrp_avgpool",
    "assign_rules",
    "seed",
    "explain_head",
)
RIGHT = {name: getattr(reference, name) for name in FUNCTIONS} | {
    "logits_model": given.logits_model,
    "lrp_vgg16": lrp_vgg16.right_two_loops,
    "contrastive": contrastive.right_two_maps,
}


@dataclass(frozen=True)
class Probed(Bank):
    """A bank whose hidden checks reach functions through the notebook's probes."""

    def hidden(self, function, solution, seed=None):
        namespace = given.with_probes({**self.right, function: solution})
        grade_id = self.grade_ids.get(function, function)
        return run_checks(self.lab, [grade_id], student=LocalStudent(namespace), seed=seed)


BANK = Probed(
    lab="lab07",
    visible={
        "lrp_conv": laws.check_lrp_conv,
        "lrp_w2_conv": lambda f: laws.check_lrp_w2_flat_conv(f, reference.lrp_flat_conv),
        "lrp_flat_conv": lambda f: laws.check_lrp_w2_flat_conv(reference.lrp_w2_conv, f),
        "lrp_maxpool": lambda f: laws.check_pools(f, reference.lrp_avgpool),
        "lrp_avgpool": lambda f: laws.check_pools(reference.lrp_maxpool, f),
        "assign_rules": laws.check_assign_rules,
        "logits_model": laws.check_logits_model,
        "seed": laws.check_seed,
        "lrp_vgg16": laws.check_lrp_vgg16,
        "contrastive": laws.check_contrastive,
        "explain_head": laws.check_explain_head,
    },
    right=given.with_probes(RIGHT) | {f"predict_{name}": lambda: "b" for name in PREDICTIONS},
    points={
        "lrp_conv": 8,
        "lrp_w2_flat_conv": 4,
        "pools": 5,
        "assign_rules": 3,
        "logits_seed": 4,
        "lrp_vgg16": 7,
        "contrastive": 2,
        "bug_hunt": 6,
        "predictions": 7,
    },
    stops=(
        "lrp_conv",
        "lrp_w2_flat_conv",
        "pools",
        "assign_rules",
        "logits_seed",
        "lrp_vgg16",
        "contrastive",
        "bug_hunt",
    ),
    files=frozenset({"head.npz", "checkpoints.npz", "maps.npz", "quiz.json"}),
    grade_ids={
        "lrp_w2_conv": "lrp_w2_flat_conv",
        "lrp_flat_conv": "lrp_w2_flat_conv",
        "lrp_maxpool": "pools",
        "lrp_avgpool": "pools",
        "logits_model": "logits_seed",
        "seed": "logits_seed",
        "explain_head": "bug_hunt",
    },
)
