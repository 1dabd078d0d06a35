"""Lab 10: do explanations tell the truth?"""

from autograder.checking import LocalStudent, run_checks
from autograder.checks.lab10 import reference
from bank import Bank
from toonlens.laws import lab10 as laws

FUNCTIONS = (
    "mass_in_mask",
    "rank_accuracy",
    "pointing",
    "paired_test",
    "flip_curve",
    "aopc",
    "cascade",
    "similarity",
    "plant_tag",
    "hans_report",
    "band_mass",
)
PREDICTIONS = ("mass", "ranking", "paired", "flip", "cascade", "tag", "hans")


class Lab10(Bank):
    """A bank whose probe runs the solution under test, as the lab's does in a notebook."""

    def hidden(self, function, solution, seed=None):
        if function != "flip_curve":
            return super().hidden(function, solution, seed)
        probe = {"probe_flip": lambda *args: laws.probe_flip(solution, *args)}
        return run_checks(self.lab, [function], student=LocalStudent({**self.right, **probe}), seed=seed)


BANK = Lab10(
    lab="lab10",
    visible={
        "mass_in_mask": laws.check_mass_in_mask,
        "rank_accuracy": lambda f: laws.check_ranking(f, reference.pointing),
        "pointing": lambda f: laws.check_ranking(reference.rank_accuracy, f),
        "paired_test": laws.check_paired_test,
        "flip_curve": lambda f: laws.check_flip_curve(f, reference.aopc),
        "aopc": lambda f: laws.check_flip_curve(reference.flip_curve, f),
        "cascade": lambda f: laws.check_cascade(f, reference.similarity),
        "similarity": lambda f: laws.check_cascade(reference.cascade, f),
        "plant_tag": laws.check_plant_tag,
        "hans_report": laws.check_hans_report,
        "band_mass": laws.check_band_mass,
    },
    right={name: getattr(reference, name) for name in FUNCTIONS}
    | {"probe_flip": lambda *args: laws.probe_flip(reference.flip_curve, *args)}
    | {f"predict_{name}": lambda: "b" for name in PREDICTIONS},
    points={
        "mass_in_mask": 5,
        "ranking": 4,
        "paired_test": 4,
        "flip_curve": 7,
        "cascade": 5,
        "plant_tag": 4,
        "hans_report": 4,
        "bug_hunt": 6,
        "predictions": 7,
    },
    stops=(
        "mass_in_mask",
        "ranking",
        "paired_test",
        "flip_curve",
        "cascade",
        "plant_tag",
        "hans_report",
        "bug_hunt",
    ),
    files=frozenset(
        {
            "quiz.json",
            "checkpoints.npz",
            "little.npz",
            "maps_vgg16.npz",
            "maps_resnet50.npz",
            "maps_densenet121.npz",
            "numbers.npz",
            "cue.npz",
        }
    ),
    grade_ids={
        "rank_accuracy": "ranking",
        "pointing": "ranking",
        "aopc": "flip_curve",
        "similarity": "cascade",
        "band_mass": "bug_hunt",
    },
)
