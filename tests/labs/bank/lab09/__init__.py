"""Lab 9: against iNNvestigate; break each other's code."""

from dataclasses import dataclass

from autograder.checking import LocalStudent, run_checks
from autograder.checks.lab09 import reference
from bank import Bank
from bank.lab09 import given
from toonlens.laws import lab09 as laws

PREDICTIONS = ("measure", "pole", "variant", "table", "gap", "bn", "weak")
FUNCTIONS = (
    "align",
    "compare",
    "lrp_ab",
    "find_variant",
    "rule_table",
    "trace_gap",
    "lrp_bn",
    "test_rule",
    "test_ab",
)
RIGHT = {name: getattr(reference, name) for name in FUNCTIONS}


@dataclass(frozen=True)
class Probed(Bank):
    """A bank whose hidden checks reach tests through the notebook's probes."""

    def hidden(self, function, solution, seed=None):
        namespace = given.with_probes({**self.right, function: solution})
        grade_id = self.grade_ids.get(function, function)
        return run_checks(self.lab, [grade_id], student=LocalStudent(namespace), seed=seed)


BANK = Probed(
    lab="lab09",
    visible={
        "align": laws.check_align,
        "compare": laws.check_compare,
        "lrp_ab": laws.check_lrp_ab,
        "find_variant": laws.check_find_variant,
        "rule_table": laws.check_rule_table,
        "trace_gap": laws.check_trace_gap,
        "lrp_bn": laws.check_lrp_bn,
        "test_rule": given.check_test_rule,
        "test_ab": laws.check_test_ab,
    },
    right=given.with_probes(RIGHT) | {f"predict_{name}": lambda: "b" for name in PREDICTIONS},
    points={
        "align_compare": 6,
        "lrp_ab": 4,
        "find_variant": 3,
        "rule_table": 4,
        "trace_gap": 3,
        "lrp_bn": 4,
        "test_rule": 9,
        "bug_hunt": 6,
        "predictions": 7,
    },
    stops=(
        "align_compare",
        "lrp_ab",
        "find_variant",
        "rule_table",
        "trace_gap",
        "lrp_bn",
        "test_rule",
        "bug_hunt",
    ),
    files=frozenset({"head.npz", "checkpoints.npz", "library.npz", "traces.npz", "quiz.json"}),
    grade_ids={"align": "align_compare", "compare": "align_compare", "test_ab": "bug_hunt"},
    # What no law and none of the notebook's implementations can show.
    unseen=frozenset(
        {
            ("rule_table", "wrong_bach"),  # which convention is the library's is found by experiment
            ("rule_table", "wrong_none"),
            ("rule_table", "wrong_no_epsilon"),  # 1e-7 or 0: nothing measurable in a dense unit
            ("test_rule", "wrong_no_zero"),  # hidden implementations are wrong about other things than the shown ones
            ("test_rule", "wrong_wide_only"),
            ("test_rule", "wrong_generous"),
        }
    ),
)
