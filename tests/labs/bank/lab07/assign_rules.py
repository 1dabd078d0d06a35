"""Solutions of ``assign_rules(names, spec)``."""

import re
from fnmatch import fnmatchcase, translate


def _fits(which, name):
    return which(name) if callable(which) else fnmatchcase(name, which)


def right_for_else(names, spec):
    """Two loops and an else."""
    rules = []
    for name in names:
        for which, rule in spec:
            if _fits(which, name):
                rules.append(rule)
                break
        else:
            raise ValueError(f"no rule for {name}")
    return rules


def right_next(names, spec):
    """A generator and next."""

    def one(name):
        found = next((rule for which, rule in spec if _fits(which, name)), None)
        if found is None:
            raise ValueError(f"{name}: no entry matches")
        return found

    return [one(name) for name in names]


def right_backwards(names, spec):
    """Later entries first, earlier ones overwrite them."""
    found = {}
    for which, rule in reversed(list(spec)):
        found.update({name: rule for name in names if _fits(which, name)})
    for name in names:
        if name not in found:
            raise ValueError(f"layer {name} has no rule")
    return tuple(found[name] for name in names)


def right_regular_expressions(names, spec):
    """Patterns as regular expressions; rules as lists."""
    tests = [(which if callable(which) else re.compile(translate(which)).fullmatch, rule) for which, rule in spec]
    rules = []
    for name in names:
        fitting = [list(rule) for test, rule in tests if test(name)]
        if not fitting:
            raise ValueError("nothing for " + name)
        rules.append(fitting[0])
    return rules


def wrong_last_match(names, spec):
    """The last entry that matches."""
    return right_for_else(names, list(spec)[::-1])


def wrong_none(names, spec):
    """None where nothing matches."""
    return [next((rule for which, rule in spec if _fits(which, name)), None) for name in names]


def wrong_skipped(names, spec):
    """Leaves out what has no rule."""
    return [rule for rule in wrong_none(names, spec) if rule is not None]


def wrong_default(names, spec):
    """A silent default."""
    return [rule or ("eps", {"eps": 1e-9}) for rule in wrong_none(names, spec)]


def wrong_substring(names, spec):
    """A pattern without its stars, anywhere in the name."""
    return right_for_else(names, [(w if callable(w) else (lambda n, w=w: w.replace("*", "") in n), r) for w, r in spec])


def wrong_prefix(names, spec):
    """Compares the beginning only."""
    return right_for_else(
        names, [(w if callable(w) else (lambda n, w=w: n.startswith(w.split("*")[0])), r) for w, r in spec]
    )


def wrong_plain_regular_expressions(names, spec):
    """Takes patterns for regular expressions."""
    return right_for_else(
        names, [(w if callable(w) else (lambda n, w=w: re.match(w.replace("*", ".*"), n)), r) for w, r in spec]
    )


def wrong_match_without_end(names, spec):
    """The right regular expression, matched at the beginning of the name only."""
    begins = {w: re.compile(translate(w).replace(r"\Z", "").replace(r"\z", "")) for w, _ in spec if not callable(w)}
    return right_for_else(names, [(w if callable(w) else begins[w].match, r) for w, r in spec])


def wrong_exact(names, spec):
    """Exact names and the star."""
    return right_for_else(names, [(w if callable(w) else (lambda n, w=w: w in ("*", n)), r) for w, r in spec])


def wrong_no_functions(names, spec):
    """Functions are not known: they never match."""
    return right_for_else(names, [(which, rule) for which, rule in spec if not callable(which)])


def wrong_functions_always(names, spec):
    """Whatever is a function matches."""
    return right_for_else(names, [((lambda n: True) if callable(w) else w, r) for w, r in spec])


def wrong_by_spec(names, spec):
    """In the order of the entries: one rule for each match."""
    rules = [rule for which, rule in spec for name in names if _fits(which, name)]
    right_for_else(names, spec)
    return rules[: len(names)]


def wrong_dictionary(names, spec):
    """A dictionary from names to rules."""
    return dict(zip(names, right_for_else(names, spec), strict=True))


def wrong_key_error(names, spec):
    """Another kind of error."""
    try:
        return right_for_else(names, spec)
    except ValueError as error:
        raise KeyError(str(error)) from None


def wrong_nameless_error(names, spec):
    """An error that does not say which layer."""
    try:
        return right_for_else(names, spec)
    except ValueError:
        raise ValueError("a layer has no rule") from None


def wrong_only_last_checked(names, spec):
    """Looks for missing rules at the last layer only."""
    rules = wrong_none(names, spec)
    if rules and rules[-1] is None:
        raise ValueError(f"no rule for {names[-1]}")
    return rules


def wrong_sorted(names, spec):
    """Sorts the names first."""
    return right_for_else(sorted(names), spec)


def wrong_specific_first(names, spec):
    """Longer patterns before shorter ones."""
    return right_for_else(names, sorted(spec, key=lambda e: 99 if callable(e[0]) else -len(e[0].replace("*", ""))))
