"""Solutions of ``rule_table()``."""

from autograder.checks.lab09 import reference

right_reference = reference.rule_table
EPS, A, A_FLAT, AB, B_FLAT = (
    "lrp.epsilon",
    "lrp.sequential_preset_a",
    "lrp.sequential_preset_a_flat",
    "lrp.alpha_2_beta_1",
    "lrp.sequential_preset_b_flat",
)
MAX, AVG, FLAT = ("max", {}), ("avg", {}), ("flat", {})


def eps(value):
    return ("eps", {"eps": value})


def ab(alpha, beta, bias="full"):
    return ("ab", {"alpha": alpha, "beta": beta, "bias": bias})


def table(bias="full", top=None, small=1e-7, pools=None, first="block1_conv1", a=(1.0, 0.0), b=(2.0, 1.0)):
    pools = [("block?_pool", MAX), ("avg_pool", AVG)] if pools is None else pools
    top = [("predictions", eps(0.1))] if top is None else top
    return {
        EPS: [*pools, ("*", eps(small))],
        AB: [*pools, ("*", ab(*b, bias))],
        A: [*pools, *top, ("*", ab(*a, bias))],
        A_FLAT: [*pools, *top, (first, FLAT), ("*", ab(*a, bias))],
        B_FLAT: [*pools, *top, (first, FLAT), ("*", ab(*b, bias))],
    }


def right_layers():
    """Convolutions by a pattern of their own, whole numbers, tuples."""
    pools = (("avg*", AVG), ("block*pool", MAX))
    conv1, conv2 = ("block?_conv?", ab(1, 0)), ("block?_conv?", ab(2, 1))
    top, pixels = ("predictions", eps(0.1)), ("block1_conv1", FLAT)
    return {
        A: (*pools, conv1, top),
        A_FLAT: (*pools, pixels, conv1, top),
        B_FLAT: (pixels, conv2, top, *pools),
        AB: (conv2, ("predictions", ab(2, 1)), *pools),
        EPS: (*pools, ("*", eps(1e-7))),
    }


def right_lists():
    """Entries are lists."""
    return {name: [[which, list(rule)] for which, rule in spec] for name, spec in table().items()}


def right_every_layer():
    """An entry for every layer."""
    from toonlens.laws.lab09 import VGG16

    def spelt(spec):
        import fnmatch

        found = []
        for name in VGG16:
            found.append((name, next(rule for which, rule in spec if fnmatch.fnmatchcase(name, which))))
        return found

    return {name: spelt(spec) for name, spec in table().items()}


def right_flat_derived():
    """The flat forms are made of the others."""
    found = table()
    for plain, flat in ((A, A_FLAT),):
        found[flat] = [("block1_conv1", FLAT), *found[plain]]
    return found


def wrong_bach():
    """The paper's convention."""
    return table("bach")


def wrong_none():
    return table("none")


def wrong_no_option():
    """Lab 7's rule, which names no convention."""
    found = table()
    for spec in found.values():
        for _, (_, options) in spec:
            options.pop("bias", None)
    return found


def wrong_epsilons_exchanged():
    """0.1 for lrp.epsilon, 1e-7 for the presets."""
    return table(top=[("predictions", eps(1e-7))], small=0.1)


def wrong_one_epsilon():
    return table(small=0.1)


def wrong_no_epsilon():
    """LRP-0."""
    return table(small=0.0)


def wrong_a_is_b():
    """A and B exchanged."""
    return table(a=(2.0, 1.0), b=(1.0, 0.0))


def wrong_star_first():
    """The rest stands at the top."""
    return {name: spec[::-1] for name, spec in table().items()}


def wrong_top_missing():
    """Presets without epsilon at the dense layer."""
    return table(top=[])


def wrong_dense_by_epsilon():
    """lrp.alpha_2_beta_1 takes epsilon at the top."""
    found = table()
    return found | {AB: [("predictions", eps(0.1)), *found[AB]]}


def wrong_flat_everywhere():
    """Flat at all of block 1."""
    return table(first="block1_*")


def wrong_flat_block2():
    return table(first="block2_conv1")


def wrong_no_flat():
    """The flat forms are the plain ones."""
    found = table()
    return found | {A_FLAT: found[A]}


def wrong_pools_missing():
    """Poolings fall to the star."""
    return table(pools=[])


def wrong_average_wins():
    """Winner takes all at the average."""
    return table(pools=[("*pool", MAX)])


def wrong_beta():
    """Alpha and beta do not differ by 1."""
    return table(b=(2.0, 0.5))


def wrong_method_missing():
    found = table()
    del found[B_FLAT]
    return found


def wrong_words():
    """Rules by iNNvestigate's names."""
    return {name: [("*", "Alpha2Beta1Rule")] for name in table()}


def wrong_no_rest():
    """No entry for block 5."""
    return {
        name: [(which if which != "*" else "block[1-4]*", rule) for which, rule in spec]
        for name, spec in table().items()
    }
