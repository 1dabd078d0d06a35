"""Hidden checks of lab 9: comparing maps, traces and whole methods.

Fresh maps against the reference in `reference`, each property in a check of its own.
"""

import numpy as np

from autograder.checking import check, compare, fail, untouched
from autograder.checks.lab09 import reference
from toonlens.laws.lab07 import tiny_plan

RTOL = 1e-5


def pair(value, kinds, law, hint):
    """Two returned things; ``kinds`` says what they are."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        fail(f"not two things came back: {kinds}", law, hint)
    return value


# align


def aligned(student, maps, law, hint):
    R_lib, R = maps
    called = student.call("align", R_lib, R)
    A, s = reference.align(R_lib, R)
    got, factors = pair(called.value, "the aligned maps, and the factors", law, hint)
    compare(factors, s, what="factors", law=law, hint=hint, rtol=RTOL)
    compare(got, A, what="aligned maps", law=law, hint=hint, rtol=RTOL, picture=True)
    untouched(called)


def alike(rng, B):
    """A library's maps and one's own: similar, each image with a size of its own, of either sign."""
    shape = (B, *rng.integers(4, 8, 2))
    R = rng.normal(size=shape)
    sizes = (
        rng.uniform(0.3, 3, B)
        * 10.0 ** rng.permutation(np.arange(B) - B // 2)
        * rng.permutation([-1.0, *np.ones(B - 1)])
    )
    return sizes[:, None, None] * (R + 0.4 * rng.normal(size=shape)), R


@check("align_compare", points=1)
def test_align_factor(student, rng):
    """align multiplies each image's map by the factor that brings it closest to yours."""
    law = "s minimises the sum of (R - s R_lib)^2 over the pixels of one image"
    hint = "two sums over the pixels of an image, one above the line and one below; s may be negative"
    for B in (1, 3, 4):
        aligned(student, alike(rng, B), law, hint)


@check("align_compare", points=1, needs="test_align_factor")
def test_align_colours(student, rng):
    """align sums colours, on the last axis or on the second, in single precision too; maps without colours stay."""
    law, hint = "a pixel's relevance is the sum over its colours", "compare the shapes to find the axis of the colours"
    for C in (3, 2):
        R_lib, R = alike(rng, 3)
        coloured = rng.normal(size=(*R.shape, C)).astype(np.float32) + R_lib[..., None]
        for values in (coloured, np.moveaxis(coloured, -1, 1).copy()):
            aligned(student, (values, R), law, hint)
        aligned(student, (values.astype(np.float32), R), law, hint)


@check("align_compare", points=1, needs="test_align_factor")
def test_align_zeros(student, rng):
    """align leaves a map of zeros as it is, with the factor 0, and the other images as they should be."""
    law, hint = "where there is nothing to scale the factor is 0", "divide only where the sum below the line is above 0"
    R_lib, R = alike(rng, 4)
    R_lib[int(rng.integers(4))] = 0.0
    aligned(student, (R_lib, R), law, hint)
    R[int(rng.integers(4))] = 0.0
    aligned(student, (R_lib, R), law, hint)


# compare


def measured(student, maps, k, names, law, hint):
    R1, R2 = maps
    called = student.call("compare", R1, R2, k)
    due = reference.compare(R1, R2, k)
    if not isinstance(called.value, dict) or not set(due) <= set(called.value):
        fail("not a dictionary with cosine, spearman, overlap and scale", law, "return all four, by these names")
    for name in names:
        compare(called.value[name], due[name], what=name, law=law, hint=hint, rtol=RTOL, atol=1e-9)
    untouched(called)


def two_maps(rng):
    """Two maps that are alike, of different sizes; values are distinct."""
    shape = tuple(rng.integers(5, 9, 2))
    one = rng.normal(size=shape) + 0.3
    return 10.0 ** rng.uniform(-3, 3) * one, rng.uniform(0.2, 5) * (one + 0.7 * rng.normal(size=shape) - 0.2)


@check("align_compare", points=1)
def test_compare_values(student, rng):
    """compare: the cosine, and the factor of R2 that comes closest to R1."""
    law = "cosine: <R1, R2> over both lengths; scale: <R1, R2> / <R2, R2>; 0 where there is nothing to divide by"
    hint = "values keep their sign; nothing is centred; which map is multiplied by the scale?"
    for _ in range(3):
        R1, R2 = two_maps(rng)
        measured(student, (R1, R2), 4, ("cosine", "scale"), law, hint)
        measured(student, (-R2, R1), 4, ("cosine", "scale"), law, hint)
    measured(student, (np.zeros((4, 3)), rng.normal(size=(4, 3))), 2, ("cosine", "scale"), law, hint)
    measured(student, (rng.normal(size=(4, 3)), np.zeros((4, 3))), 2, ("cosine", "scale"), law, hint)


@check("align_compare", points=1)
def test_compare_ranks(student, rng):
    """compare: Spearman's correlation, where values tie, too, and where a map is constant."""
    law, hint = "the correlation of ranks; equal values share the mean of their ranks", "rank values, not magnitudes"
    for _ in range(3):
        R1, R2 = two_maps(rng)
        measured(student, (R1, R2), 4, ["spearman"], law, hint)
        tied = [rng.integers(-2, 3, size=R1.shape).astype(float), rng.integers(0, 4, size=R1.shape).astype(float)]
        tied[1] += tied[0]
        measured(student, tied, 4, ["spearman"], law, hint)
        measured(student, (R1, np.maximum(R2, 0)), 4, ["spearman"], law, hint)
    measured(student, (R1, np.full(R1.shape, 2.0)), 4, ["spearman"], law, "a constant map has no order: 0")


@check("align_compare", points=1)
def test_compare_overlap(student, rng):
    """compare: the share of pixels that are among the k largest of both maps."""
    law = "pixels among the k largest values of both maps, over k; at a tie the first in reading order is larger"
    hint = "values, not magnitudes; a stable sort; k of each map"
    for k in (3, 5, 10):
        R1, R2 = two_maps(rng)
        R1.flat[rng.integers(R1.size)] = -10 * np.abs(R1).max()
        R2.flat[rng.integers(R2.size)] = -10 * np.abs(R2).max()
        measured(student, (R1, R2), k, ["overlap"], law, hint)
        tied = [np.maximum(R, np.sort(R, axis=None)[-k // 2]) for R in (R1, R2)]
        low = [np.minimum(R, np.sort(R, axis=None)[-k - 2]) for R in (R1, R2)]
        for maps in ((tied[0], R2), (tied[0], tied[1]), (low[0], low[1]), (R1, low[1])):
            measured(student, maps, k, ["overlap"], law, hint)


# find_variant


def found(student, R_lib, variants, tol, law, hint):
    called = student.call("find_variant", R_lib, variants, tol)
    name, distances = pair(called.value, "the name or None, and the distances", law, hint)
    untouched(called)
    return name, distances


def fresh_variants(rng):
    """A library's maps; variants, by meaningless names in random order: the same up to rounding, and others."""
    R = 10.0 ** rng.uniform(-3, 3) * rng.normal(size=(2, *rng.integers(3, 7, 2)))
    noise = rng.uniform(-1, 1, R.shape)
    noise /= np.abs(noise).max()
    size = np.abs(R).max()
    kinds = {
        "twin": R + 10.0 ** rng.uniform(-7, -6) * size * noise,
        "near": R + rng.uniform(2e-3, 5e-3) * size * noise,
        "scaled": rng.uniform(1.05, 2) * R,
        "turned": -R,
        "swapped": R[::-1].copy(),
        "fainter": 0.02 * rng.normal(size=R.shape) * size,
    }
    words = [f"{word}{rng.integers(100)}" for word in ("ash", "birch", "cedar", "elm", "fir", "oak")]
    names = dict(zip(kinds, rng.permutation(words).tolist(), strict=True))
    order = rng.permutation(list(kinds)).tolist()
    return R, {names[kind]: kinds[kind] for kind in order}, names


@check("find_variant", points=1)
def test_variant_found(student, rng):
    """find_variant names the variant that equals the library's maps."""
    law, hint = (
        "the variant with the smallest distance, if that is at most tol",
        "compare all distances, then look at tol",
    )
    for tol in (1e-5, 1e-4, 1e-3):
        R, variants, names = fresh_variants(rng)
        name, _ = found(student, R, variants, tol, law, hint)
        if name != names["twin"]:
            fail("one variant equals the library's maps up to rounding, and it is not the one that is named", law, hint)
    R, variants, names = fresh_variants(rng)
    for order in (("twin", "near"), ("near", "twin")):
        two = {names[kind]: variants[names[kind]] for kind in order}
        if found(student, R, two, 0.01, law, hint)[0] != names["twin"]:
            fail("two variants are within tol, and not the closer one is named", law, hint)


@check("find_variant", points=1, needs="test_variant_found")
def test_variant_none(student, rng):
    """find_variant answers None where no variant equals the library's maps."""
    law, hint = "beyond tol no variant is the library's, not even the closest", "a map of another size is another map"
    for tol in (1e-5, 1e-3, 0.01):
        R, variants, names = fresh_variants(rng)
        del variants[names["twin"]]
        name, _ = found(student, R, variants, tol, law, hint)
        due = names["near"] if tol == 0.01 else None
        if name != due:
            fail("the answer does not go by tol", law, hint)
        del variants[names["near"]]
        if found(student, R, variants, tol, law, hint)[0] is not None:
            fail("no variant is within tol, and one is named", law, hint)


@check("find_variant", points=1)
def test_variant_distances(student, rng):
    """find_variant gives every variant's distance, relative to the largest relevance in the library's maps."""
    law, hint = (
        "the largest difference of a pixel, over the largest magnitude in R_lib",
        "abs first; one number per name",
    )
    for _ in range(3):
        R, variants, _ = fresh_variants(rng)
        _, distances = found(student, R, variants, 1e-4, law, hint)
        _, due = reference.find_variant(R, variants, 1e-4)
        if not isinstance(distances, dict) or set(distances) != set(due):
            fail("not a distance for every variant", law, hint)
        for name, distance in due.items():
            compare(distances[name], distance, what="a distance", law=law, hint=hint, rtol=1e-3)


# rule_table


def network(rng, low):
    """A small network with layers' names of VGG16, from the lower blocks or from any, and images."""
    plan, side = tiny_plan(rng, bias=0.5)
    if not low:
        second, third = rng.permutation([f"block{b}_conv{k}" for b in (2, 3, 4, 5) for k in (1, 2)])[:2].tolist()
        plan[1]["name"], plan[3]["name"] = str(second), str(third)
        plan[2]["name"] = f"block{rng.integers(1, 6)}_pool"
    return plan, rng.normal(size=(2, side, side, 3)), rng.integers(0, 4, 2)


def tabled(student, rng, methods, law, hint):
    """Maps by the student's composites and by the right ones, on fresh networks: the same walk for both."""
    table = student.rule_table()
    for method in methods:
        if not isinstance(table, dict) or method not in table:
            fail(f"no composite for {method}", law, "a dictionary with the method's name as key")
        for low in (True, False):
            _same_walk(method, table[method], network(rng, low), law, hint)


def _same_walk(method, spec, given, law, hint):
    plan, x, c = given
    _, due = reference.lrp_walk(plan, x, c, reference.rule_table()[method])
    try:
        _, got = reference.lrp_walk(plan, x, c, _spec(spec))
    except (KeyError, TypeError, ValueError, AssertionError, AttributeError):
        fail(f"{method}: no network can be explained by this composite", "[(pattern, (rule, options)), ...]",
             "rules and options as in the table; does an entry match every layer?")  # fmt: skip
    for l in range(len(plan) - 1, -1, -1):
        if not np.abs(got[l] - due[l]).max() <= 1e-9 * np.abs(due[l]).max():
            fail(f"{method}: below {plan[l]['name']} the relevance is not the library's", law, hint)


def _spec(entries):
    """A composite from what a student's process sent."""
    made = []
    for which, (rule, options) in entries:
        made.append((str(which), (str(rule), {str(key): _option(value) for key, value in options.items()})))
    return made


def _option(value):
    return value if isinstance(value, str) else float(value)


@check("rule_table", points=1)
def test_table_epsilon(student, rng):
    """rule_table: lrp.epsilon, at all kernels, with the library's epsilon, and the poolings."""
    law, hint = "lrp.epsilon: one epsilon at all kernels", "which epsilon does the library take if none is given?"
    tabled(student, rng, ["lrp.epsilon"], law, hint)


@check("rule_table", points=1)
def test_table_alpha_beta(student, rng):
    """rule_table: lrp.alpha_2_beta_1, with the library's convention of the bias."""
    law, hint = (
        "lrp.alpha_2_beta_1: one rule at all kernels",
        "which convention did find_variant find? dense layers, too",
    )
    tabled(student, rng, ["lrp.alpha_2_beta_1"], law, hint)


@check("rule_table", points=1)
def test_table_preset(student, rng):
    """rule_table: lrp.sequential_preset_a."""
    law, hint = "preset A: epsilon at dense layers, alpha 1, beta 0 at convolutions", "which epsilon? which bias?"
    tabled(student, rng, ["lrp.sequential_preset_a"], law, hint)


@check("rule_table", points=1)
def test_table_flat(student, rng):
    """rule_table: the presets with flat at the pixels."""
    law, hint = "flat at the first convolution, and the rest as in the preset", "A and B differ in alpha and beta alone"
    tabled(student, rng, ["lrp.sequential_preset_a_flat", "lrp.sequential_preset_b_flat"], law, hint)


# trace_gap


def traces(rng, count):
    """A library's trace: relevance of several shapes and sizes, and a copy for one's own."""
    theirs = []
    for _ in range(count):
        shape = tuple(rng.integers(2, 5, rng.integers(2, 5)))
        theirs.append(10.0 ** rng.uniform(-4, 4) * rng.normal(size=shape))
    return theirs, [R.copy() for R in theirs]


def move(rng, R, size):
    """One number of R moved by part of the largest magnitude."""
    R.flat[rng.integers(R.size)] += rng.choice([-1, 1]) * size * np.abs(R).max()


def parted(student, mine, theirs, tol, law, hint):
    called = student.call("trace_gap", mine, theirs, tol)
    gaps, place = pair(called.value, "the gaps, and the place or None", law, hint)
    untouched(called)
    return gaps, place


@check("trace_gap", points=1)
def test_gaps(student, rng):
    """trace_gap: how far two traces are apart at every layer."""
    law, hint = "the largest difference at a layer, over the largest magnitude of theirs there", "abs, then the maximum"
    for count in (3, 6):
        theirs, mine = traces(rng, count)
        for R in mine:
            move(rng, R, 10.0 ** rng.uniform(-5, 0.5))
        mine[int(rng.integers(count))] *= rng.uniform(1.5, 3)
        gaps, _ = parted(student, mine, theirs, 1e-3, law, hint)
        due, _ = reference.trace_gap(mine, theirs, 1e-3)
        compare(gaps, due, what="gaps", law=law, hint=hint, rtol=1e-6)
        for gap, right in zip(np.asarray(gaps).ravel(), due, strict=True):
            compare(gap, right, what="a small gap", law=law, hint=hint, rtol=1e-3)


@check("trace_gap", points=1)
def test_gap_place(student, rng):
    """trace_gap: the first layer on the way down where two traces part."""
    law, hint = (
        "the walk begins at the last entry: of all gaps beyond tol the one with the highest number",
        "go backwards",
    )
    for tol in (1e-4, 1e-2, *10.0 ** rng.uniform(-4, -2, 4)):
        count = int(rng.integers(4, 8))
        theirs, mine = traces(rng, count)
        highest = int(rng.integers(1, count))
        for place in range(count):
            size = (
                rng.uniform(2, 9) if place == highest or (place < highest and rng.integers(2)) else rng.uniform(0, 0.5)
            )
            move(rng, mine[place], size * tol * (30 if place == 0 < highest else 1))
        _, place = parted(student, mine, theirs, tol, law, hint)
        if isinstance(place, (str, bool)) or not np.isscalar(place) or place != highest:
            fail("another place, or none", law, hint)


@check("trace_gap", points=1)
def test_gap_none(student, rng):
    """trace_gap: None where two traces agree, and the first entry where they part at the pixels alone."""
    law, hint = "no gap beyond tol: None; only the pixels: 0", "0 is a place, too; what do you return at the end?"
    for count in (2, 5):
        theirs, mine = traces(rng, count)
        if parted(student, mine, theirs, 1e-4, law, hint)[1] is not None:
            fail("equal traces part somewhere", law, hint)
        for R in mine:
            move(rng, R, 1e-6)
        if parted(student, mine, theirs, 1e-4, law, hint)[1] is not None:
            fail("traces that differ by less than tol part somewhere", law, hint)
        move(rng, mine[0], 0.5)
        place = parted(student, mine, theirs, 1e-4, law, hint)[1]
        if place is None or isinstance(place, (str, bool)) or not np.isscalar(place) or place != 0:
            fail("traces that part at the first entry alone do not part there", law, hint)
