"""The visible checks of lab 9. What they compute is the two sides of a law, on inputs that nobody needs to keep secret.

Shapes as in the lab: maps `R` (B, H, W), a library's maps with colours (B, H, W, C) or (B, C, H, W); of a dense layer
`a` (B, I), `W` (I, J), `b` (J,), `R` (B, J) above and (B, I) below.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from toonlens import trial
from toonlens.laws import Checked, _advice, _seen, close

ALONE = "a map is compared, and a layer explained, image by image, whatever else is in the batch"
FACTS = ("cosine", "spearman", "overlap", "scale")
BIASES = ("bach", "full", "none")
RULES = {"eps": {"eps"}, "ab": {"alpha", "beta", "bias"}, "flat": set(), "max": set(), "avg": set()}
METHODS = (
    "lrp.epsilon",
    "lrp.alpha_2_beta_1",
    "lrp.sequential_preset_a",
    "lrp.sequential_preset_a_flat",
    "lrp.sequential_preset_b_flat",
)
# Of what is tested, and the axes of each argument
PARAMETERS = {"test_rule": ("a", "W", "b", "R", "eps"), "test_ab": ("a", "W", "R", "alpha", "beta")}
AXES = {"a": "BI", "W": "IJ", "b": "J", "R": "BJ", "eps": "", "alpha": "", "beta": ""}


# What the grader asks for: a test that calls f there


def probe_test_rule(test_rule: Callable, message: dict[str, Any]) -> dict[str, Any]:
    """One turn of trials of ``test_rule``; see `toonlens.trial`."""
    return trial.answer(test_rule, PARAMETERS["test_rule"], message)


def probe_test_ab(test_ab: Callable, message: dict[str, Any]) -> dict[str, Any]:
    """One turn of trials of ``test_ab``."""
    return trial.answer(test_ab, PARAMETERS["test_ab"], message)


# align


def _two(f: Checked, result: Any, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> tuple[NDArray, NDArray]:
    if not isinstance(result, (list, tuple)) or len(result) != 2:
        f.broken("not two things came back", "the maps and the factors are returned, in this order", "return A, s")
    return f.array(result[0], shapes[0]), f.array(result[1], shapes[1])


def _maps(seed: int, B: int = 3, H: int = 5, W: int = 4) -> tuple[NDArray, NDArray]:
    """A library's maps and one's own: alike, in three sizes, with signs."""
    rng = np.random.default_rng(seed)
    R = rng.normal(size=(B, H, W))
    sizes = np.array([40.0, 0.02, -3.0])[:B, None, None]
    return sizes * (R + 0.3 * rng.normal(size=R.shape)), R


def check_align(align: Callable) -> None:
    """Laws of `align(R_lib, R)`."""
    f = Checked("align", align, "the maps and the factors")

    def call(R_lib: NDArray, R: NDArray) -> tuple[NDArray, NDArray]:
        return _two(f, f.raw(R_lib, R), (R.shape, (len(R),)))

    R_lib, R = _maps(1)
    sizes = np.array([4.0, 0.5, -2.0])
    A, s = call(sizes[:, None, None] * R, R)
    f.law(
        "a multiple of a map is that map",
        close(A, R) and close(s, 1 / sizes),
        "the library's maps were your own times 4, 0.5 and -2, one factor each, and they do not become your own",
        "what differs from R by one factor per image is R once it is aligned",
        "one factor for each image: which axes do you sum over? may it be negative?",
    )
    A, s = call(R_lib, R)
    f.law(
        "the factor is what it says",
        close(A, s[:, None, None] * R_lib),
        "the aligned maps are not the library's times the factors",
        "one factor per image, and nothing else, is changed",
        "return what you multiplied by; is anything divided by a maximum, or cut off?",
    )
    rest = ((R - A) * R_lib).sum(axis=(1, 2))
    f.law(
        "no other factor comes closer",
        bool(np.abs(rest).max() < 1e-6 * np.abs(R_lib).max()),
        "a slightly larger or smaller factor would bring the maps closer to your own",
        "least squares: what is left, R - s R_lib, has no part along R_lib",
        "set the derivative of the summed squares with respect to s to zero; two sums over the pixels remain",
    )
    own = [call(R_lib[k : k + 1], R[k : k + 1]) for k in range(3)]
    f.law(
        "batch independence",
        close(np.concatenate([one for one, _ in own]), A),
        "an image alone gets another result",
        ALONE,
        "sums run over the pixels of one image",
    )
    rng = np.random.default_rng(2)
    coloured = rng.normal(size=(3, 5, 4, 2))
    flat = coloured.sum(axis=-1)
    due = call(flat, R)
    for where, values in (("last", coloured), ("second", np.moveaxis(coloured, -1, 1))):
        got = call(values, R)
        f.law(
            "colours are summed, wherever they stand",
            all(close(one, other) for one, other in zip(got, due, strict=True)),
            f"a library's maps with colours on the {where} axis are not treated as their sum over the colours",
            "relevance of a pixel is the sum over its colours; its axis is the one that R does not have",
            "compare R_lib.shape with R.shape before you sum; does a map without colours pass, too?",
        )
    empty = R_lib.copy()
    empty[1] = 0.0
    A, s = call(empty, R)
    f.law(
        "a map of zeros stays one",
        not A[1].any() and s[1] == 0,
        "a library's map of zeros gets a factor",
        "where there is nothing to scale the factor is 0",
        "look at the denominator before you divide",
    )
    f.passed()


# compare


def check_compare(compare: Callable) -> None:
    """Laws of `compare(R1, R2, k)`."""
    f = Checked("compare", compare, "a dictionary of four numbers")

    def call(R1: NDArray, R2: NDArray, k: int = 5) -> dict[str, float]:
        found = f.raw(R1, R2, k)
        if not isinstance(found, Mapping) or set(found) != set(FACTS):
            f.broken(
                f"the result is no dictionary with the four names {', '.join(FACTS)}",
                "each measure has its name",
                'return {"cosine": ..., "spearman": ..., "overlap": ..., "scale": ...}',
            )
        return {name: float(f.array(found[name], ())) for name in FACTS}

    def near(got: float, due: float) -> bool:
        return abs(got - due) < 1e-6 * max(1.0, abs(due))

    rng = np.random.default_rng(3)
    R, other = rng.normal(size=(2, 6, 5))
    got = call(R, R)
    f.law(
        "a map and itself",
        all(near(got[name], 1) for name in FACTS),
        "a map compared with itself does not give 1 four times",
        "equal maps: all four measures are 1",
        "run compare(R, R, 5) in a new cell",
    )
    for factor in (3.0, 0.2):
        scaled, plain = call(factor * R, other), call(R, other)
        f.law(
            "which measures see size",
            all(near(scaled[name], plain[name]) for name in FACTS[:3])
            and near(scaled["scale"], factor * plain["scale"]),
            f"R1 times {factor:g}: not only the scale changes, or it changes by another factor",
            "cosine, Spearman and overlap do not see size; the scale sees nothing else",
            "is everything divided by the sizes of both maps? no abs, no maximum",
        )
    flipped, plain = call(-R, other), call(R, other)
    f.law(
        "which measures see the sign",
        all(near(flipped[name], -plain[name]) for name in ("cosine", "spearman", "scale")),
        "R1 with its sign turned: cosine, Spearman and scale do not turn theirs",
        "all three are odd in each map",
        "is there an abs, or a square root of a square, on the way?",
    )
    s = call(R, other)["scale"]
    f.law(
        "the scale is least squares",
        near(float(((R - s * other) * other).sum()), 0),
        "another factor for R2 would bring it closer to R1",
        "what is left, R1 - scale R2, has no part along R2",
        "which of the two maps is multiplied? its square is below the line",
    )
    turned, plain = call(other, R), call(R, other)
    f.law(
        "symmetry",
        all(near(turned[name], plain[name]) for name in FACTS[:3]),
        "with R1 and R2 exchanged cosine, Spearman or overlap changes",
        "these three are symmetric",
        "do both maps get the same treatment?",
    )
    lifted = call(R + 2.0, other)
    f.law(
        "a constant, added",
        near(lifted["spearman"], plain["spearman"]) and not near(lifted["cosine"], plain["cosine"]),
        "a constant added to one map: Spearman changes, or the cosine does not",
        "Spearman is about order; the cosine is about values, and keeps zero where it is",
        "centre the ranks, and nothing else",
    )
    bent = call(np.exp(R), R)
    f.law(
        "order alone",
        near(bent["spearman"], 1) and near(bent["overlap"], 1),
        "R1 = exp(R2): Spearman or overlap is not 1",
        "an increasing function changes no rank",
        "correlate ranks, not values; no abs before you rank",
    )
    tied, more = np.round(R), np.round(other)
    order = rng.permutation(R.size)
    shuffled = [values.ravel()[order].reshape(R.shape) for values in (tied, more)]
    f.law(
        "ties share a rank",
        near(call(tied, more)["spearman"], call(*shuffled)["spearman"]),
        "maps with equal values: the same pixels in another order have another Spearman correlation",
        "equal values share the mean of their ranks, so that their order does not matter",
        "argsort of argsort gives equal values different ranks; scipy.stats.rankdata gives them their mean",
    )
    ranked, count = np.array([[1.0, 1, 1, 3, 4]]), np.arange(5.0)[None]  # values that are their own ranks
    f.law(
        "the rank of a tie is a mean",
        near(call(ranked, count, 2)["spearman"], call(ranked - 2, count - 2, 2)["cosine"]),
        "for values that are their own ranks Spearman is not the cosine of the values less their mean",
        "equal values share the mean of the ranks that they take up together",
        "three equal lowest values take up the ranks 0, 1 and 2, so each has 1; not 0, and not one step to the next",
    )
    low = np.arange(30.0).reshape(6, 5)
    f.law(
        "overlap of the largest",
        near(call(low, -low)["overlap"], 0) and near(call(low, np.roll(low, 3), 5)["overlap"], 0.4),
        "the share of pixels that are among the k largest of both maps is not what the overlap says",
        "overlap: pixels that are among the k largest of both, divided by k; a strong negative value is not large",
        "sort by value, not by magnitude; take k of each; count those in both",
    )
    even = np.ones((6, 5))
    f.law(
        "ties in the overlap",
        near(call(even, -low, 4)["overlap"], 1) and near(call(even, low, 4)["overlap"], 0),
        "of equal values, not the first k in reading order are taken",
        "at a tie the first in reading order counts as larger",
        "a stable sort of the negative values keeps the reading order",
    )
    none = [call(np.zeros((6, 5)), R), call(R, np.zeros((6, 5)))]
    f.law(
        "maps of zeros",
        all(near(found[name], 0) for found in none for name in ("cosine", "spearman", "scale")),
        "a map of zeros: cosine, Spearman or scale is not 0",
        "where there is nothing to compare, these three are 0",
        "look at each denominator before you divide",
    )
    f.passed()


# lrp_ab


def _dense(seed: int, bias: float) -> tuple[NDArray, ...]:
    """A layer a, W, b, R of contributions of both signs at every output; no denominator is small.

    With a bias above 2 some of the denominators that hold the whole bias have another sign than their contributions.
    """
    rng = np.random.default_rng(seed)
    while True:
        a, W, b = rng.normal(size=(3, 5)), rng.normal(size=(5, 4)), bias * rng.choice([-1.0, 1.0], 4) * rng.random(4)
        parts = a[:, :, None] * W
        up, down = np.maximum(parts, 0).sum(axis=1), np.minimum(parts, 0).sum(axis=1)
        well = min(up.min(), -down.max(), np.abs(up + b).min(), np.abs(down + b).min()) > 0.3
        turned = bool((up + b < 0).any() and (down + b > 0).any())
        if well and (b > 0).any() and (b < 0).any() and turned == (bias > 2):
            return a, W, b, rng.random((3, 4)) + 0.1


def check_lrp_ab(lrp_ab: Callable) -> None:
    """Laws of `lrp_ab(a, W, b, R, alpha, beta, bias)`."""
    f = Checked("lrp_ab", lrp_ab)

    def call(a: NDArray, W: NDArray, b: NDArray, R: NDArray, alpha: float, beta: float, bias: str) -> NDArray:
        return f(a, W, b, R, alpha, beta, bias, shape=a.shape)

    a, W, b, R = _dense(4, 1.0)
    parts = a[:, :, None] * W
    up, down = np.maximum(parts, 0).sum(axis=1), np.minimum(parts, 0).sum(axis=1)
    zero = np.zeros(4)
    for alpha, beta in ((1.0, 0.0), (2.0, 1.0), (3.0, 2.0)):
        without = {bias: call(a, W, zero, R, alpha, beta, bias) for bias in BIASES}
        f.law(
            "b = 0: one rule, not three",
            all(close(without[bias], without["none"]) for bias in BIASES),
            f"alpha {alpha:g}, beta {beta:g}, b = 0: the three conventions give different results",
            "conventions differ in where the bias goes, and in nothing else",
            "what depends on the word bias? only what is added to the two denominators",
        )
        f.law(
            "b = 0: the sum",
            close(without["none"].sum(axis=1), (alpha - beta) * R.sum(axis=1)),
            f"alpha {alpha:g}, beta {beta:g}, b = 0: the sum is not (alpha - beta) times that above",
            "positive contributions share alpha R, negative ones -beta R, each with a denominator of its own",
            "how many denominators are there, and of which parts? mind the sign of the second",
        )
        shares = {
            "none": (0 * b, 0 * b),
            "bach": (np.maximum(b, 0), np.minimum(b, 0)),
            "full": (b, b),
        }
        for bias, (held, taken) in shares.items():
            due = (R * (alpha * up / (up + held) - beta * down / (down + taken))).sum(axis=1)
            f.law(
                f'the bias\'s exact share, "{bias}"',
                close(call(a, W, b, R, alpha, beta, bias).sum(axis=1), due),
                f'"{bias}", alpha {alpha:g}, beta {beta:g}, with a bias: the sum is not what should be left',
                "what stands in a denominator beside the inputs takes its share, and nobody gives it back",
                f'which part of b does "{bias}" put into which denominator? see the table',
            )
    u, V, strong, above = _dense(5, 4.0)
    parts = u[:, :, None] * V
    z_a, z_b = (part(parts, 0).sum(axis=1) for part in (np.maximum, np.minimum))
    due = (above * (2 * z_a / (z_a + strong) - z_b / (z_b + strong))).sum(axis=1)
    f.law(
        "a bias that turns a denominator",
        close(call(u, V, strong, above, 2.0, 1.0, "full").sum(axis=1), due),
        '"full", with a bias larger than the contributions: the sum is not what should be left',
        "with the whole bias a denominator may have either sign, and keeps it",
        "nothing is cut off at 0; a denominator is pushed away from 0 on its own side",
    )
    for bias in BIASES:
        out = call(a, W, b, R, 2.0, 1.0, bias)
        f.law(
            "only the products count",
            close(call(-a, -W, b, R, 2.0, 1.0, bias), out),
            "with the signs of a and W both turned the result changes",
            "contributions are products: (-a)(-W) = aW",
            "which parts of a meet which parts of W? inputs have two signs, too",
        )
        alone = np.concatenate([call(a[k : k + 1], W, b, R[k : k + 1], 2.0, 1.0, bias) for k in range(3)])
        f.law(
            "batch independence",
            close(alone, out),
            "an image alone gets another result",
            ALONE,
            "are denominators summed over inputs, and never over images?",
        )
        f.law(
            "linear in R",
            close(call(a, W, b, -2 * R, 2.0, 1.0, bias), -2 * out),
            "R times -2 does not give -2 times the result",
            "a rule is linear in the relevance above",
            "is R cut off, or in a denominator?",
        )
    f.law(
        "alpha 1, beta 0",
        bool((call(a, W, zero, R, 1.0, 0.0, "none") >= -1e-9).all()),
        "negative values for R > 0",
        "alpha 1, beta 0 hands relevance on along positive contributions only",
        "a contribution is a x W: its sign is that of the product",
    )
    for bias in BIASES:
        out = call(np.abs(a), np.abs(W), zero, R, 2.0, 1.0, bias)
        f.law(
            "outputs of one sign",
            close(out.sum(axis=1), 2 * R.sum(axis=1)),
            "an output without negative contributions does not hand on alpha R",
            "no part, no relevance: 0 / 0 is 0",
            "push each denominator away from 0 by TINY, on its own side",
        )
    f.passed()


# find_variant


def check_find_variant(find_variant: Callable) -> None:
    """Laws of `find_variant(R_lib, variants, tol)`."""
    f = Checked("find_variant", find_variant, "a name, or None, and a dictionary of distances")

    def call(R_lib: NDArray, variants: dict[str, NDArray], tol: float = 1e-4) -> tuple[Any, dict[str, float]]:
        result = f.raw(R_lib, variants, tol)
        if not isinstance(result, (list, tuple)) or len(result) != 2:
            f.broken("not two things came back", "the name, or None, and the distances", "return name, distances")
        name, distances = result
        if not isinstance(distances, Mapping) or set(distances) != set(variants):
            f.broken(
                "the second thing is no dictionary with a number for each variant",
                "every variant has its distance, also those that are far off",
                "one entry per name",
            )
        return name, {key: float(f.array(value, ())) for key, value in distances.items()}

    rng = np.random.default_rng(5)
    R = rng.normal(size=(2, 4, 3))
    noise = rng.uniform(-1, 1, R.shape)
    noise[0, 0, 0] = 1.0
    largest = np.abs(R).max()
    maps = {"twin": R + 1e-6 * largest * noise, "turned": -R, "other": rng.normal(size=R.shape), "double": 2 * R}
    for names in (list(maps), list(maps)[::-1]):
        name, distances = call(R, {key: maps[key] for key in names})
        f.law(
            "the twin is found",
            name == "twin",
            "one variant equals the library's maps up to rounding, and another name, or none, comes back",
            "the variant with the smallest distance, if that is within tol",
            "compare the distances, not the order of the names",
        )
    f.law(
        "distances",
        all(abs(distances[key] / due - 1) < 1e-3 for key, due in (("twin", 1e-6), ("turned", 2.0), ("double", 1.0))),
        "the distance of a map from its double, its negative, or its slightly noisy copy is off",
        "distance: the largest difference of a pixel, divided by the largest magnitude in R_lib",
        "take abs of the difference first, then the maximum; divide by the library's largest, not by each variant's",
    )
    rest = {key: maps[key] for key in ("turned", "other", "double")}
    name, _ = call(R, rest)
    f.law(
        "none of them",
        name is None,
        "no variant equals the library's maps, and a name comes back",
        "the closest variant need not be the right one: beyond tol the answer is None",
        "look at the smallest distance once more; a map that is twice as large is another map",
    )
    near = {"near": R + 1e-3 * largest * noise, "far": R + 0.1 * largest * noise}
    answers = [call(R, near, tol)[0] for tol in (1e-4, 1e-2, 0.5)]
    f.law(
        "tol decides",
        answers == [None, "near", "near"],
        "with another tol the answer does not change as it should",
        "a variant counts as equal if its distance is at most tol",
        "is it the argument tol that you compare with?",
    )
    f.law(
        "the closest of those within tol",
        call(R, {key: near[key] for key in ("far", "near")}, 0.5)[0] == "near",
        "two variants are within tol, and the one that is farther off is named, since it stands first",
        "the variant with the smallest distance, if that is within tol",
        "compare all distances before you look at tol",
    )
    small = call(1e-7 * R, {key: 1e-7 * values for key, values in maps.items()})
    f.law(
        "units do not matter",
        small[0] == "twin" and abs(small[1]["double"] - 1) < 1e-6,
        "all maps times 1e-7: name or distances change",
        "a distance is relative",
        "divide by the largest magnitude in R_lib",
    )
    f.passed()


# rule_table


VGG16 = [
    f"block{b}_{part}"
    for b, n in ((1, 2), (2, 2), (3, 3), (4, 3), (5, 3))
    for part in (*(f"conv{k + 1}" for k in range(n)), "pool")
] + ["avg_pool", "predictions"]


def check_rule_table(rule_table: Callable) -> None:
    """What a table must have so that a walk can use it. Which values are iNNvestigate's, no law can say."""
    f = Checked("rule_table", rule_table, "a dictionary: method -> composite")
    table = f.raw()
    _is(
        f,
        isinstance(table, Mapping) and set(table) == set(METHODS),
        "it is no dictionary with the five methods' names",
        "one composite per method",
        "copy the names from the table above; anything missing, anything more?",
    )
    rules = {method: _rules(f, method, table[method]) for method in METHODS}
    for method, given in rules.items():
        for name, (rule, options) in given.items():
            pools = {"avg_pool": "avg"}.get(name, "max") if "pool" in name else ""
            _is(
                f,
                (rule == pools) if pools else rule in ("eps", "ab", "flat"),
                f"{method}: {name} gets the rule {rule!r}",
                "winner takes all at max poolings, shares at the average, a rule with a kernel elsewhere",
                "which entry matches it first? special cases stand at the top",
            )
            if rule == "ab":
                fair = options["alpha"] - options["beta"] == 1 and options["bias"] in BIASES
                _is(
                    f,
                    fair,
                    f"{method}: alpha - beta is not 1, or the bias is none of {', '.join(BIASES)}",
                    "alpha - beta = 1, and the convention has one of three names",
                    "look at the numbers once more",
                )
    f.law("every layer has a rule", True, "", "", "")
    kernels = [name for name in VGG16 if "pool" not in name]
    used = {options["bias"] for given in rules.values() for rule, options in given.values() if rule == "ab"}
    _is(
        f,
        len(used) == 1,
        "two conventions of the bias, or none at all",
        "one library, one convention",
        "which one did find_variant find?",
    )
    for method in METHODS[:2]:
        _is(
            f,
            len({str(rules[method][name]) for name in kernels}) == 1,
            f"{method}: not one rule for all kernels",
            "a method that is named after a rule uses it in every layer with a kernel",
            "dense layers have one, too",
        )
    a, flat, b_flat = (rules[method] for method in METHODS[2:])
    _is(
        f,
        all(given["predictions"][0] == "eps" for given in (a, flat, b_flat)),
        "a preset without epsilon at the top",
        "presets take epsilon at dense layers",
        "the dense layer here is called predictions",
    )
    for given, name in ((a, METHODS[2]), (flat, METHODS[3])):
        harm = {options["beta"] for rule, options in given.values() if rule == "ab"}
        _is(
            f,
            harm == {0},
            f"{name}: negative contributions get relevance",
            "preset A favours what helps, and that alone",
            "which alpha and beta hand nothing to negative contributions?",
        )
    _is(
        f,
        {options["beta"] > 0 for rule, options in b_flat.values() if rule == "ab"} == {True},
        f"{METHODS[4]}: negative contributions get nothing",
        "preset B has two sides",
        "read its line again",
    )
    changed = [name for name in VGG16 if flat[name] != a[name]]
    _is(
        f,
        changed == ["block1_conv1"] and flat["block1_conv1"][0] == b_flat["block1_conv1"][0] == "flat",
        "a preset and its flat form differ in other layers than the first, or not by flat",
        "flat is for the layer at the pixels, and the rest stays",
        "its entry has to stand before the star",
    )
    ones = {
        method: [options["eps"] for rule, options in given.values() if rule == "eps"] for method, given in rules.items()
    }
    kept = {method: 1 / (1 + found[0]) for method, found in ones.items() if found}  # of R = z = 1
    _is(
        f,
        kept["lrp.epsilon"] > 0.999 and all(0.9 < kept[method] < 0.92 for method in METHODS[2:]),
        "a dense unit with z = 1 hands on another share than was measured: 0.91 by a preset, nearly 1 by lrp.epsilon",
        "epsilon takes eps / (z + eps) of what arrives",
        "the presets have another epsilon than lrp.epsilon",
    )
    f.law("what the presets are known to do", True, "", "", "")
    f.passed()
    print("  Not tested here: the convention of the bias, and the eps of lrp.epsilon. Read the next picture's titles.")


def _is(f: Checked, holds: bool, symptom: str, law: str, next_step: str) -> None:
    if not holds:
        f.broken(symptom, law, next_step)


def _rules(f: Checked, method: str, spec: Any) -> dict[str, tuple[str, dict[str, Any]]]:
    """The rule of every layer of VGG16 by a composite: its first entry that matches."""
    entries: list[tuple[str, tuple[str, dict[str, Any]]]] = []
    for entry in spec if isinstance(spec, (list, tuple)) else _no_entry(f, method):
        try:
            which, (rule, options) = entry
            fine = isinstance(which, str) and set(options) == RULES[rule]
        except (TypeError, ValueError, KeyError):
            fine = False
        if not fine:
            _no_entry(f, method)
        entries.append((which, (rule, dict(options))))
    found = {}
    for name in VGG16:
        matching = [rule for which, rule in entries if fnmatchcase(name, which)]
        _is(
            f,
            bool(matching),
            f"{method}: no entry matches {name}",
            "every layer has a rule",
            "the rest, '*', stands at the end",
        )
        found[name] = matching[0]
    return found


def _no_entry(f: Checked, method: str) -> NoReturn:
    f.broken(
        f"{method}: not a list of (pattern, (rule, options)) with the rules and options of the table",
        "a composite is data: [(pattern, (name, {option: value})), ...]",
        'for example ("*", ("ab", {"alpha": ..., "beta": ..., "bias": ...}))',
    )


# trace_gap


def check_trace_gap(trace_gap: Callable) -> None:
    """Laws of `trace_gap(mine, theirs, tol)`."""
    f = Checked("trace_gap", trace_gap, "the gaps, and a place or None")
    rng = np.random.default_rng(6)
    theirs = [
        size * rng.normal(size=shape)
        for size, shape in ((1.0, (2, 4, 3)), (50.0, (2, 6)), (0.01, (2, 2, 2)), (3.0, (2, 5)))
    ]

    def call(mine: Sequence[NDArray], tol: float = 1e-3) -> tuple[NDArray, Any]:
        result = f.raw(mine, theirs, tol)
        if not isinstance(result, (list, tuple)) or len(result) != 2:
            f.broken("not two things came back", "the gaps, and the place", "return gaps, place")
        return f.array(result[0], (4,)), result[1]

    def moved(sizes: dict[int, float]) -> list[NDArray]:
        """theirs, moved at some places by part of their largest: one number down, another half as far up."""
        mine = [R.copy() for R in theirs]
        for place, size in sizes.items():
            step = size * np.abs(theirs[place]).max()
            mine[place].flat[1] -= step
            mine[place].flat[3] += step / 2
        return mine

    gaps, place = call(moved({}))
    f.law(
        "equal traces",
        not gaps.any() and place is None,
        "two equal traces have a gap somewhere, or a place",
        "no gap anywhere: the place is None",
        "what is returned if no gap is beyond tol?",
    )
    sizes = {0: 0.5, 1: 0.02, 2: 0.1, 3: 1e-5}
    gaps, place = call(moved(sizes))
    f.law(
        "a gap is relative to its own layer",
        close(gaps, np.array([sizes[k] for k in range(4)]), 1e-6),
        "one number of a layer was moved by a known part of the layer's largest magnitude, and the gap is another",
        "gap: the largest difference at a layer, divided by the largest magnitude of theirs at that layer",
        "abs before the maximum; one layer at a time; divide by theirs",
    )
    cases = [({0: 0.5, 1: 0.02}, 1), ({0: 0.5}, 0), ({0: 0.5, 3: 0.01}, 3), ({1: 1e-5, 2: 1e-5}, None)]
    for sizes, due in cases:
        _, place = call(moved(sizes))
        same = (place is None) if due is None else (place is not None and not isinstance(place, str) and place == due)
        f.law(
            "the first place on the way down",
            same,
            "traces that part at some layer, and another place, or none, is named",
            "the walk begins at the logits, the last entry: what went wrong first has the highest number",
            "go through the gaps from the last to the first; return the number of the first that is larger than tol",
        )
    f.law(
        "tol decides",
        call(moved({1: 0.1, 2: 0.02}), 0.05)[1] == 1,
        "with another tol the place does not change",
        "a gap counts if it is larger than tol",
        "is it the argument tol that you compare with?",
    )
    f.passed()


# lrp_bn


def _norm(x: NDArray, gamma: NDArray, beta: NDArray, mean: NDArray, var: NDArray, eps: float) -> NDArray:
    """BatchNorm at inference, from its definition (Ioffe and Szegedy 2015)."""
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


def check_lrp_bn(lrp_bn: Callable) -> None:
    """Laws of `lrp_bn(x, gamma, beta, mean, var, eps, R)`."""
    f = Checked("lrp_bn", lrp_bn)
    rng = np.random.default_rng(7)

    def call(x: NDArray, stored: Sequence[Any], R: NDArray) -> NDArray:
        return f(x, *stored, R, shape=x.shape)

    while True:  # no output is near 0, whatever is left out below
        gamma, beta, mean = (rng.choice([-1.0, 1.0], 4) * (0.4 + rng.random(4)) for _ in range(3))
        var, x, none = 1.0 + 3 * rng.random(4), 2 * rng.normal(size=(3, 4)), np.zeros(4)
        stages = ((none, none, 0.0), (beta, none, 0.0), (beta, none, 0.5), (beta, mean, 0.5), (beta, mean, 1e-3))
        if min(np.abs(_norm(x, gamma, offset, centre, var, eps)).min() for offset, centre, eps in stages) > 0.1:
            break
    R = rng.normal(size=x.shape)
    stored = (gamma, beta, mean, var, 1e-3)
    out = call(x, stored, R)
    f.law(
        "batch independence",
        close(call(x[:1], stored, R[:1]), out[:1]),
        "an image alone gets another result",
        "at inference a BatchNorm uses its stored mean and variance, not those of the batch",
        "take mean and var from the arguments",
    )
    f.law(
        "no offset, no loss",
        close(call(x, (gamma, none, none, var, 0.0), R), R),
        "with beta = mean = 0 and eps = 0, so that h = 0, the result is not R",
        "R is shared between g x and h; where h = 0 all of it goes to the input",
        "the result is g x over y, times R: divide by y = g x + h and by nothing else",
    )

    def sloped(beta: NDArray, mean: NDArray, eps: float, rtol: float) -> bool:
        """Whether y itself is handed on as input x gradient; the gradient is measured on a straight line."""
        y, step = _norm(x, gamma, beta, mean, var, eps), 0.5
        slope = (_norm(x + step, gamma, beta, mean, var, eps) - y) / step
        return close(call(x, (gamma, beta, mean, var, eps), y), x * slope, rtol)

    name = "LRP-0 is input x gradient"
    law = "a BatchNorm at inference is a straight line; its LRP-0 is input x gradient"
    f.law(
        name,
        sloped(beta, none, 0.0, 0.02),
        "with mean = 0, eps = 0 and R = y the result is not the input times the layer's slope",
        law,
        "what is g? a root of the variance stands below gamma; y holds beta as well, which keeps its share",
    )
    f.law(
        name,
        sloped(beta, none, 0.5, 1e-4),
        "right for eps = 0, and not for eps = 0.5 (mean = 0, R = y)",
        law,
        "which eps do you use, the argument? it is added to the variance, under the root",
    )
    f.law(
        name,
        sloped(beta, mean, 0.5, 1e-4) and sloped(beta, mean, 1e-3, 1e-4),
        "right for mean = 0, and not for another mean (R = y): g is right, h is not, or the contribution g x",
        law,
        "what is the mean multiplied by before it is part of h? y holds it, and g x does not",
    )
    share = _norm(np.zeros(x.shape), *stored) / _norm(x, *stored)
    f.law(
        "the offset keeps its share",
        close(out, R * (1 - share)),
        "with any R, what is handed on is not R less the share of the offset",
        "y = g x + h: the part h / y of R stays with h, as with a bias",
        "what does all of h consist of? what is divided by what?",
    )
    f.law(
        "linear in R",
        close(call(x, stored, -2 * R), -2 * out),
        "R times -2 does not give -2 times the result",
        "a rule is linear in R",
        "is R cut off, or in a denominator?",
    )
    maps, above = (np.concatenate([values] * 8)[:16].reshape(2, 4, 2, 4) for values in (x, R))
    f.law(
        "every place as a row",
        close(call(maps, stored, above).reshape(16, 4), call(maps.reshape(16, 4), stored, above.reshape(16, 4))),
        "maps (B, H, W, C) get another result than their pixels, handed over as rows (B H W, C)",
        "every place of every image gets the same treatment; channels are the last axis",
        "leave the broadcasting to NumPy: (C,) meets the last axis",
    )
    zero, one = np.zeros(2), np.ones(2)
    silent = call(np.array([[0.0, 2.0]]), (one, zero, zero, one, 0.0), np.ones((1, 2)))
    f.law(
        "y = 0",
        bool(np.abs(silent - [0.0, 1.0]).max() < 1e-6),
        "an input of 0 that gives 0 does not hand on 0",
        "0 / 0 is 0",
        "push y away from 0 by TINY, on its own side",
    )
    f.passed()


# test_rule, test_ab


class _Counted:
    """An implementation that counts its calls, takes what hidden ones take, and ends a test that calls too often."""

    def __init__(self, function: Callable, parameters: Sequence[str]):
        self.function, self.parameters = trial.with_parameters(self._call, parameters), tuple(parameters)
        self.implementation, self.calls, self.unfit, self.near_zero = function, 0, "", False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        if self.calls > trial.CALLS:
            raise _TooMany
        return self.function(*args, **kwargs)

    def _call(self, *args: Any) -> Any:
        unfit = trial.misfit(args, self.parameters, [AXES[name] for name in self.parameters])
        if unfit:
            self.unfit = unfit
            raise ValueError(unfit)
        if self.parameters == PARAMETERS["test_rule"]:
            self.near_zero |= _sign_is_chance(*args[:3])
        return self.implementation(*args)


class _TooMany(BaseException):
    pass


def _sign_is_chance(a: Any, W: Any, b: Any) -> bool:
    """Whether some z is 0 up to rounding and not exactly, so that right implementations disagree about its sign."""
    a, W, b = (np.asarray(values, dtype=np.float64) for values in (a, W, b))
    parts = a[:, :, None] * W
    singly = a.astype(np.float32) @ W.astype(np.float32) + b.astype(np.float32)
    size = np.abs(parts).sum(axis=1) + np.abs(b)
    small = np.abs(a @ W + b) <= 1e-6 * size
    exact = (a @ W + b == 0) & (parts.sum(axis=1) + b == 0) & (singly == 0)
    return bool((small & ~exact).any())


def accepts(test: Callable, function: Callable) -> bool:
    """Whether a test accepts an implementation: it returns; whatever it raises is a rejection, as in pytest.

    Raises:
        NotImplementedError: the test is a stub.
    """
    return _raised(test, function) is None


def _raised(test: Callable, function: Callable) -> Exception | None:
    """What a test raises about an implementation."""
    try:
        test(function)
    except NotImplementedError:
        raise
    except Exception as error:
        return error
    return None


@dataclass(frozen=True)
class _Case:
    """An implementation to try a test on, and what to say if the verdict is not ``right``."""

    name: str
    function: Callable
    right: bool
    law: str
    next_step: str


def _tried(f: Checked, cases: Sequence[_Case]) -> list[_Counted]:
    """Try a test on all cases, in random order, so that counting them does not help; report the first that is off."""
    counted = [_Counted(case.function, PARAMETERS[f.name]) for case in cases]
    raised: list[Exception | None] = [None] * len(cases)
    for k in np.random.default_rng().permutation(len(cases)).tolist():
        try:
            raised[k] = _raised(f.function, counted[k])
        except NotImplementedError:
            f.raw(cases[k].function)  # says that it is a stub
            raise
        except _TooMany:
            f.broken(
                f"it calls f more than {trial.CALLS} times",
                f"a test makes at most {trial.CALLS} calls",
                "well-chosen inputs find more than many random ones",
            )
    for case, count, error in zip(cases, counted, raised, strict=True):
        _judged(f, case, count, error)
    return counted


def _judged(f: Checked, case: _Case, count: _Counted, error: Exception | None) -> None:
    """Report what is off with one verdict."""
    crashed = error is not None and (not isinstance(error, AssertionError) or not count.calls)
    if error is not None and crashed and (case.right or not count.calls):
        f.broken(
            f"on {case.name} {_seen(error)}",
            "what a test raises is a rejection, also where the mistake is its own",
            "print the shapes of what you hand over to f" if count.unfit else _advice(error),
        )
    if count.unfit:
        f.broken(count.unfit, "f is called with the shapes of the table", "print the shapes of what you hand over")
    if not count.calls:
        f.broken("it never calls f", "a test finds out by calling", "call f on inputs of your own")
    if case.right and error is not None and count.near_zero:
        f.broken(
            f"{case.name} is right, and it is rejected; some z of yours is nearly 0, and not exactly",
            "where z is 0 up to rounding its sign is chance, and right ones need not agree",
            "for z = 0 take small whole numbers for a, W and b: they add up without rounding, in float32, too",
        )
    if (error is None) != case.right:
        seen = "right, and it is rejected" if case.right else "wrong, and it is accepted"
        f.broken(f"{case.name} is {seen}", case.law, case.next_step)


def check_test_rule(test_rule: Callable, right: Mapping[str, Callable], wrong: Mapping[str, Callable]) -> None:
    """Tries `test_rule` on the implementations of the notebook."""
    f = Checked("test_rule", test_rule, "nothing", needed=False)
    cases = [
        _Case(
            name,
            function,
            True,
            "a test accepts whatever does what the table says, up to rounding",
            "is the tolerance for single precision? do you ask for more than the rule promises? is eps tiny?",
        )
        for name, function in right.items()
    ] + [
        _Case(
            name,
            function,
            False,
            "a test rejects what is wrong somewhere, once it looks there",
            f"read {name}: on which input does it differ from the rule? does your test have such an input?",
        )
        for name, function in wrong.items()
    ]
    counted = _tried(f, cases)
    f.laws += [f"{len(right)} right ones accepted", f"{len(wrong)} wrong ones rejected"]
    f.passed()
    print(f"  These {len(wrong)} are the easy ones: the hidden ones differ, and most need an input of their own.")
    if any(count.near_zero for count in counted):
        print("  Mind: some z is nearly 0, and not exactly. A hidden right one may give it another sign: see hint 3.")


def check_test_ab(test_ab: Callable) -> None:
    """Tries `test_ab` on functions that keep its law or break it, and compute nothing else."""
    f = Checked("test_ab", test_ab, "nothing", needed=False)
    law = "a test accepts what keeps the law up to rounding, and rejects what breaks it"
    cases: list[_Case] = []

    def spread(total: NDArray, a: NDArray) -> NDArray:
        """Values of both signs that add up to ``total`` (B,): (B, I)."""
        I = a.shape[1]
        return total[:, None] / I + np.abs(total).max() * (np.arange(I) - (I - 1) / 2)

    def due(R: NDArray, alpha: float, beta: float) -> NDArray:
        return (alpha - beta) * R.sum(axis=1)

    def add(name: str, total: Callable[..., NDArray], next_step: str, right: bool = False) -> None:
        def f(a: NDArray, W: NDArray, R: NDArray, alpha: float, beta: float) -> NDArray:
            return spread(total(R, alpha, beta), a)

        cases.append(_Case(f"a function that {name}", f, right, law, next_step))

    add("keeps the law", due, "due is (alpha - beta) R, image by image, and no more: which axis is summed?", True)
    for size in (1e-6, -1e-6):
        add(
            "keeps the law up to rounding",
            lambda R, alpha, beta, s=size: (1 + s) * due(R, alpha, beta),
            "single precision is off by some millionths: which tolerance allows for that?",
            True,
        )
    for factor, next_step in (
        (2.0, "does the test see what is too large, and in every image? is its tolerance too wide?"),
        (0.0, "does the test see what is too small as well as what is too large?"),
        (1.03, "three hundredths are far more than rounding: is the tolerance too wide?"),
        (0.97, "three hundredths are far more than rounding: is the tolerance too wide?"),
    ):
        add(
            f"hands on {factor:g} times what is due",
            lambda R, alpha, beta, s=factor: s * due(R, alpha, beta),
            next_step,
        )
    add(
        "hands on one image's relevance in another",
        lambda R, alpha, beta: np.roll(due(R, alpha, beta), 1),
        "over which axes does the test add up?",
    )
    for place, which in ((0, "first"), (-1, "last")):
        add(
            f"hands on twice what is due in the {which} of several images",
            lambda R, alpha, beta, k=place: (
                due(R, alpha, beta) * (1 + (np.arange(len(R)) == k % len(R)) * (len(R) > 1))
            ),
            "the law holds for each image: does one that is off suffice for a rejection? all or any?",
        )
    add(
        "hands on (alpha + beta) R",
        lambda R, alpha, beta: (alpha + beta) * R.sum(axis=1),
        "does the test try a beta that is not 0?",
    )
    add(
        "pays no heed to alpha and beta and hands on R",
        lambda R, alpha, beta: R.sum(axis=1),
        "does the test try an alpha - beta other than 1, as the colleague's second pair has it?",
    )
    _tried(f, cases)
    f.laws.append("keeps the law: accepted; breaks it: rejected")
    f.passed()
