"""Lab 2: transfer learning with a frozen VGG16."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from autograder.checking import CheckResult, LocalStudent, run_checks
from autograder.checks.lab02 import reference
from bank import Bank
from bank.lab02 import given
from toonlens.laws import lab02 as laws

PREDICTIONS = ("xent", "grad", "freeze", "extract", "head", "classify", "confusion", "ci")


def probes(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The given cells of the lab, which call the student's functions."""
    return {
        "probe_freeze": partial(laws.probe_freeze, namespace["freeze"]),
        "probe_unknown": partial(laws.probe_unknown, namespace["freeze"]),
        "probe_extract": partial(laws.probe_extract, namespace["extract"]),
        "probe_head": partial(laws.probe_head, namespace["build_head"]),
    }


class ProbedBank(Bank):
    """A bank whose namespace holds the probes of the function under check; a classifier may bring its own report."""

    def hidden(self, function: str, solution: Any, seed: int | None = None) -> list[CheckResult]:
        namespace = {**self.right, function: solution}
        if function == "classify":
            namespace["report"] = given.report_of(solution)
        grade_id = self.grade_ids.get(function, function)
        return run_checks(self.lab, [grade_id], student=LocalStudent({**namespace, **probes(namespace)}), seed=seed)


NUMPY = ("softmax_xent", "xent_grad", "confusion", "macro_f1", "bootstrap_ci", "nearest_mean")
RIGHT = (
    {name: getattr(reference, name) for name in NUMPY}
    | {"freeze": given.freeze, "extract": given.extract, "build_head": given.build_head}
    | {"classify": given.classify, "report": given.report_of(given.classify)}
    | {f"predict_{name}": lambda: "b" for name in PREDICTIONS}
)


def check_classify(classify: Any) -> None:
    """The visible check with the released test pictures, as the notebook calls it."""
    laws.check_classify(classify, given.report_of(classify), *given.pictures("test"), given.due())


BANK = ProbedBank(
    lab="lab02",
    visible={
        "softmax_xent": laws.check_softmax_xent,
        "xent_grad": lambda f: laws.check_xent_grad(f, reference.softmax_xent),
        "freeze": laws.check_freeze,
        "extract": laws.check_extract,
        "build_head": laws.check_build_head,
        "classify": check_classify,
        "confusion": lambda f: laws.check_confusion(f, reference.macro_f1),
        "macro_f1": lambda f: laws.check_confusion(reference.confusion, f),
        "bootstrap_ci": laws.check_bootstrap_ci,
        "nearest_mean": laws.check_nearest_mean,
    },
    right=RIGHT | probes(RIGHT),
    points={
        "softmax_xent": 4,
        "xent_grad": 3,
        "freeze": 4,
        "extract": 4,
        "build_head": 4,
        "classify": 6,
        "confusion": 4,
        "bootstrap_ci": 3,
        "bug_hunt": 6,
        "predictions": 8,
    },
    stops=(
        "softmax_xent",
        "xent_grad",
        "freeze",
        "extract",
        "build_head",
        "classify",
        "confusion",
        "bootstrap_ci",
        "bug_hunt",
    ),
    files=frozenset({"checkpoints.npz", "quiz.json"}),
    # Mirrored test pictures are new to a look-up of pixels, not to a head on features that learnt from the originals.
    unseen=frozenset(
        ("classify", name)
        for name in ("wrong_trained_on_all", "wrong_trained_on_test", "wrong_nearest_of_all_features")
    ),
    grade_ids={"macro_f1": "confusion", "nearest_mean": "bug_hunt"},
)
