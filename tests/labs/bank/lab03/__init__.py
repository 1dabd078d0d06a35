"""Lab 3: fine-tuning ResNet50 and DenseNet121."""

from autograder.checking import CheckResult, LocalStudent, run_checks
from autograder.checks.lab03 import reference
from bank import Bank
from bank.lab03 import classify
from toonlens.laws import lab03 as laws


def probe_of(unfreeze_from):
    """The notebook's given cell, for one solution of ``unfreeze_from``."""

    def probe_unfreeze(*args):
        return laws.probe_unfreeze(unfreeze_from, *args)

    return probe_unfreeze


def right_unfreeze_from(model, block):
    from bank.lab03.unfreeze_from import right_flag_by_place

    return right_flag_by_place(model, block)


class Lab03(Bank):
    """The hidden checks reach ``unfreeze_from`` through the probe, because models do not cross the border."""

    def hidden(self, function, solution, seed=None) -> list[CheckResult]:
        if function != "unfreeze_from":
            return super().hidden(function, solution, seed)
        namespace = {**self.right, "probe_unfreeze": probe_of(solution)}
        return run_checks(self.lab, [function], student=LocalStudent(namespace), seed=seed)


def pictures():
    """What the notebook hands to the visible check of ``classify``: validation pictures that nothing trained on."""
    from toonlens.data import load_toons

    toons = load_toons("validation")
    return toons.images[:270], toons.labels[:270]


PREDICTIONS = ("bottleneck", "dense", "unfreeze", "schedule", "classify", "ece", "mcnemar")

BANK = Lab03(
    lab="lab03",
    visible={
        "bottleneck": laws.check_bottleneck,
        "dense_block": laws.check_dense_block,
        "unfreeze_from": laws.check_unfreeze_from,
        "warmup_cosine": laws.check_warmup_cosine,
        "classify": lambda f: laws.check_classify(f, *pictures()),
        "ece": laws.check_ece,
        "mcnemar": laws.check_mcnemar,
        "tune_head": laws.check_tune_head,
    },
    right={
        name: getattr(reference, name)
        for name in ("bottleneck", "dense_block", "warmup_cosine", "ece", "mcnemar", "tune_head")
    }
    | {
        "probe_unfreeze": probe_of(right_unfreeze_from),
        "classify": classify.right_resnet50,
        "report": classify.honest_report,
    }
    | {f"predict_{name}": lambda: "b" for name in PREDICTIONS},
    points={
        "bottleneck": 6,
        "dense_block": 5,
        "unfreeze_from": 5,
        "warmup_cosine": 3,
        "classify": 7,
        "ece": 4,
        "mcnemar": 3,
        "bug_hunt": 6,
        "predictions": 7,
    },
    stops=("bottleneck", "dense_block", "unfreeze_from", "warmup_cosine", "classify", "ece", "mcnemar", "bug_hunt"),
    files=frozenset({"runs.npz", "checkpoints.npz", "quiz.json"}),
    grade_ids={"tune_head": "bug_hunt"},
    # The visible check has released pictures only, in which a look-up finds what it asks for.
    unseen=frozenset({("classify", "wrong_lookup"), ("classify", "wrong_lookup_else_constant")}),
)
