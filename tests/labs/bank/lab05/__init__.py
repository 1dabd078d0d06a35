"""Lab 5: deconvnet and guided backpropagation on whole networks."""

from dataclasses import dataclass

from autograder.checking import LocalStudent, run_checks
from autograder.checks.lab05 import reference
from bank import Bank
from bank.lab05 import given, guided_repaired, guided_saliency, project, record
from toonlens.laws import lab05 as laws

PREDICTIONS = ("record", "seed", "field", "relu", "project", "heat", "guided", "similarity")
RIGHT = {
    "record": record.right_one_model,
    "seed_unit": reference.seed_unit,
    "receptive_field": reference.receptive_field,
    "unit_box": reference.unit_box,
    "relu_with": given.relu_with,
    "project": project.right_output_gradients,
    "heat": reference.heat,
    "sym_limits": reference.sym_limits,
    "guided_saliency": guided_saliency.right_below_the_head,
    "similarity": reference.similarity,
    "guided_repaired": guided_repaired.right_repaired,
}


@dataclass(frozen=True)
class Probed(Bank):
    """A bank whose hidden checks reach functions through the notebook's probes."""

    def hidden(self, function, solution, seed=None):
        namespace = given.with_probes({**self.right, function: solution})
        grade_id = self.grade_ids.get(function, function)
        return run_checks(self.lab, [grade_id], student=LocalStudent(namespace), seed=seed)


BANK = Probed(
    lab="lab05",
    visible={
        "record": laws.check_record,
        "seed_unit": laws.check_seed_unit,
        "receptive_field": lambda f: laws.check_receptive_field(f, reference.unit_box),
        "unit_box": lambda f: laws.check_receptive_field(reference.receptive_field, f),
        "relu_with": laws.check_relu_with,
        "project": laws.check_project,
        "heat": lambda f: laws.check_heat_limits(f, reference.sym_limits),
        "sym_limits": lambda f: laws.check_heat_limits(reference.heat, f),
        "guided_saliency": laws.check_guided_saliency,
        "similarity": laws.check_similarity,
        "guided_repaired": laws.check_guided_repaired,
    },
    right=given.with_probes(RIGHT) | {f"predict_{name}": lambda: "b" for name in PREDICTIONS},
    points={
        "record": 3,
        "seed_unit": 3,
        "receptive_field": 5,
        "relu_with": 4,
        "project": 7,
        "heat_limits": 2,
        "guided_saliency": 5,
        "similarity": 3,
        "bug_hunt": 6,
        "predictions": 8,
    },
    stops=(
        "record",
        "seed_unit",
        "receptive_field",
        "relu_with",
        "project",
        "heat_limits",
        "guided_saliency",
        "similarity",
        "bug_hunt",
    ),
    files=frozenset({"pictures.npz", "heads.npz", "checkpoints.npz", "quiz.json"}),
    grade_ids={
        "unit_box": "receptive_field",
        "heat": "heat_limits",
        "sym_limits": "heat_limits",
        "guided_repaired": "bug_hunt",
    },
    # No law that a reader could be told separates it from mean ranks; the hidden check of ties compares numbers.
    unseen=frozenset({("similarity", "wrong_dense_rank")}),
)
