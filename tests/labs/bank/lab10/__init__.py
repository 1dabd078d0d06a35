"""Lab 10: do explanations tell the truth?"""

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


class Right(dict):
    """A namespace in which the lab's probe runs whatever ``flip_curve`` is in it, as in a notebook."""

    def __init__(self, entries):
        super().__init__(entries)
        self["probe_flip"] = lambda *args: laws.probe_flip(self["flip_curve"], *args)


class Lab10(Bank):
    """A bank whose probe runs the solution under test."""

    def hidden(self, function, solution, seed=None):
        if function == "flip_curve":
            probe = {"probe_flip": lambda *args: laws.probe_flip(solution, *args)}
            bank = Bank(
                self.lab, self.visible, {**self.right, **probe}, self.points, self.stops, self.files, self.grade_ids
            )
            return bank.hidden(function, solution, seed)
        return super().hidden(function, solution, seed)


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
    right=Right(
        {name: getattr(reference, name) for name in FUNCTIONS}
        | {f"predict_{name}": lambda: "b" for name in PREDICTIONS}
    ),
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
