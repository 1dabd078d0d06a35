"""Hidden checks of lab 9: tests that students wrote, tried on implementations of which they know nothing.

All implementations of a run are handed over in one session, in a secret order (`trials.judged`). A point is for a group
of wrong ones: all of them rejected, and right ones accepted by the same test, so that a test that rejects or accepts
everything, or guesses, gets none.
"""

from autograder.checking import check, fail
from autograder.checks.lab09 import suspects, trials

ENDS = {
    "too many calls": f"a test makes at most {trials.CALLS} calls of f",
    "too slow": "a test takes a few seconds at most",
    "nonsense": "a test returns, or raises",
}


def verdicts(student, rng, probe, groups, name, law, hint):
    """How the test ends on each implementation; fails the running check where that is no verdict."""
    found = trials.judged(student, probe, rng, groups)
    ends = [end for group in found.values() for end in group]
    if "stub" in ends:
        fail(f"{name} is not written yet (NotImplementedError)", law, "write its body")
    for end, why in ENDS.items():
        if end in ends:
            fail(f"{name} did not end in a verdict: {end}", why, hint)
    return found


def judged(found, right, wrong, name, about, law, hint):
    """Fail unless all of the groups ``right`` were accepted and all of ``wrong`` rejected."""
    accused = sum(end == "rejects" for group in right for end in found[group])
    missed = sum(end == "accepts" for group in wrong for end in found[group])
    count = sum(len(found[group]) for group in wrong)
    if accused:
        fail(
            f"{name} rejects {accused} of the right implementations that it was tried on",
            "a test accepts whatever does what the table says, up to rounding: single precision, too",
            "is the tolerance wide enough? does each law that you ask for hold with a bias, and with eps?",
        )
    if missed:
        fail(f"{name} accepts {missed} of {count} implementations that are wrong about {about}", law, hint)


RULE_GROUPS = {"basic": suspects.BASIC, "unusual": suspects.UNUSUAL, **suspects.WRONG}
AB_GROUPS = {
    "plain": (suspects.ab_plain,),
    "rounded": (suspects.ab_rounded(True), suspects.ab_rounded(False)),
    "mixed": (suspects.ab_mixed,),
    "one image": (suspects.ab_first_image, suspects.ab_middle_image, suspects.ab_last_image),
    "small": (
        suspects.ab_too_small,
        suspects.ab_slightly_too_small,
        suspects.ab_without_parameters,
        suspects.ab_beta_twice,
    ),
    "large": (suspects.ab_too_large,),
}


def _make_rule_check(group, about, law, hint):
    def rejected(student, rng):
        found = verdicts(student, rng, "probe_test_rule", RULE_GROUPS, "test_rule", law, hint)
        judged(found, ["basic"], [group], "test_rule", about, law, hint)

    rejected.__name__ = f"test_rule_{group}"
    count = len(suspects.WRONG[group])
    rejected.__doc__ = f"test_rule rejects {count} hidden implementations that are wrong about {about}."
    return check("test_rule", points=1)(rejected)


test_rule_bias = _make_rule_check(
    "bias", "the bias", "the bias is in z, once and whole; its share is not handed back", "biases of both signs"
)
test_rule_eps = _make_rule_check(
    "eps",
    "eps",
    "z + eps s(z): eps as it is given, with the sign of z",
    "an eps that counts against z; z of both signs",
)
test_rule_zero = _make_rule_check("zero", "z = 0", "where z = 0 the denominator is +eps", "make a z that is exactly 0")
test_rule_batch = _make_rule_check(
    "batch", "a batch", "each image is explained by itself", "several images, and each of them looked at alone"
)
test_rule_signs = _make_rule_check(
    "signs", "signs", "a, W, z and R have both signs, and keep them", "inputs, weights and relevance of both signs"
)
test_rule_shares = _make_rule_check(
    "shares", "shares", "input i gets a_i W_ij R_j over the denominator of j, and nothing is made to add up",
    "every value, not only sums",
)  # fmt: skip
test_rule_arguments = _make_rule_check(
    "arguments", "their arguments", "a function leaves its arguments as they are", "keep copies, and look afterwards"
)
test_rule_places = _make_rule_check(
    "places", "some shapes or places", "any numbers of images, inputs and outputs; every place counts",
    "one image, as many inputs as outputs, more, fewer; shape and every value of the result",
)  # fmt: skip


@check("test_rule", points=1)
def test_rule_right(student, rng):
    """test_rule accepts right implementations that were written in other ways, and rejects blatant wrong ones."""
    law, hint = "right is right, however it was written: loops, single precision, the bias as an input", "tolerances"
    found = verdicts(student, rng, "probe_test_rule", RULE_GROUPS, "test_rule", law, hint)
    judged(found, ["basic", "unusual"], ["blatant"], "test_rule", "nearly everything", law, hint)


# The bug hunt. Each check sees one of the three bugs alone.


def hunted(student, rng, right, wrong, about, law, hint):
    found = verdicts(student, rng, "probe_test_ab", AB_GROUPS, "test_ab", law, hint)
    judged(found, right, wrong, "test_ab", about, law, hint)


@check("bug_hunt", points=2)
def test_hunt_tolerance(student, rng):
    """test_ab accepts what is right up to rounding."""
    law, hint = "a right implementation may be off by rounding, upwards or downwards", "how exact is single precision?"
    hunted(student, rng, ["plain", "rounded"], ["large"], "the sum, by far", law, hint)


@check("bug_hunt", points=2)
def test_hunt_too_small(student, rng):
    """test_ab rejects what hands on too little, or pays no heed to alpha or beta."""
    law = "(alpha - beta) R: too little is as wrong as too much"
    hint = "what does the comparison say about a negative difference? is the tolerance wide? are both pairs there?"
    hunted(student, rng, ["plain"], ["small"], "the sum, which is too small", law, hint)


@check("bug_hunt", points=2)
def test_hunt_images(student, rng):
    """test_ab rejects what hands one image's relevance on in another, or is wrong in one image alone."""
    law, hint = "the sum holds for each image", "over which axes does the test add up? one image that is off is enough"
    hunted(student, rng, ["plain"], ["mixed", "one image"], "which image gets what", law, hint)
