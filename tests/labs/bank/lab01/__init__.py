"""Lab 1: the image base."""

from functools import partial

from autograder.checking import CheckResult, LocalStudent, run_checks
from autograder.checks.lab01 import reference
from bank import Bank
from toonlens.laws import lab01 as laws

FUNCTIONS = (
    "load_rgb",
    "dhash_pairs",
    "group_split",
    "preprocess",
    "pixel_bounds",
    "class_weights",
    "majority_baseline",
    "nearest_label",
)
PREDICTIONS = ("load", "hash", "split", "preprocess", "bounds", "weights", "majority")


class ProbedBank(Bank):
    """A bank whose namespace holds a given probe that calls the function under check, as the notebook does."""

    def hidden(self, function, solution, seed=None) -> list[CheckResult]:
        namespace = {**self.right, function: solution}
        namespace["probe_load_rgb"] = partial(laws.probe_load_rgb, namespace["load_rgb"])
        grade_id = self.grade_ids.get(function, function)
        return run_checks(self.lab, [grade_id], student=LocalStudent(namespace), seed=seed)


BANK = ProbedBank(
    lab="lab01",
    visible={
        "load_rgb": laws.check_load_rgb,
        "dhash_pairs": laws.check_dhash_pairs,
        "group_split": laws.check_group_split,
        "preprocess": laws.check_preprocess,
        "pixel_bounds": lambda f: laws.check_pixel_bounds(f, reference.preprocess),
        "class_weights": laws.check_class_weights,
        "majority_baseline": laws.check_majority_baseline,
        "nearest_label": laws.check_nearest_label,
    },
    right={name: getattr(reference, name) for name in FUNCTIONS}
    | {"probe_load_rgb": partial(laws.probe_load_rgb, reference.load_rgb)}
    | {f"predict_{name}": lambda: "b" for name in PREDICTIONS},
    points={
        "load_rgb": 6,
        "dhash_pairs": 6,
        "group_split": 8,
        "preprocess": 6,
        "pixel_bounds": 3,
        "class_weights": 2,
        "majority_baseline": 2,
        "bug_hunt": 6,
        "predictions": 7,
    },
    stops=(
        "load_rgb",
        "dhash_pairs",
        "group_split",
        "class_weights",
        "majority_baseline",
        "preprocess",
        "pixel_bounds",
        "bug_hunt",
    ),
    files=frozenset({"album.npz", "files.npz", "vgg16.npz", "checkpoints.npz", "quiz.json"}),
    grade_ids={"nearest_label": "bug_hunt"},
)
