"""Solutions of ``hans_report(answers, labels, cls, mass, area)``."""

import numpy as np

from toonlens.stats import bootstrap_ci


def right_comprehensions(answers, labels, cls, mass, area):
    """Nested comprehensions."""
    said = {
        model: {
            test: {
                "own": bootstrap_ci(found[labels[test] == cls] == cls),
                "others": bootstrap_ci(found[labels[test] != cls] == cls),
            }
            for test, found in tests.items()
        }
        for model, tests in answers.items()
    }
    return {"answers": said, "maps": {name: bootstrap_ci(inside - area) for name, inside in mass.items()}}


def right_loops(answers, labels, cls, mass, area):
    """Loops, lists in the place of tuples."""
    report = {"answers": {}, "maps": {}}
    for model in answers:
        report["answers"][model] = {}
        for test in answers[model]:
            own, others = [], []
            for answer, label in zip(answers[model][test], labels[test], strict=True):
                (own if label == cls else others).append(1.0 if answer == cls else 0.0)
            report["answers"][model][test] = {"own": list(bootstrap_ci(own)), "others": list(bootstrap_ci(others))}
    for name in mass:
        report["maps"][name] = list(bootstrap_ci([m - a for m, a in zip(mass[name], area, strict=True)]))
    return report


def _interval(values, seed=3, n=4000):
    values = np.asarray(values, dtype=float)
    rng = np.random.default_rng(seed)
    means = values[rng.integers(0, len(values), (n, len(values)))].mean(axis=1)
    return np.array([values.mean(), *np.quantile(means, [0.025, 0.975])])


def right_own_bootstrap(answers, labels, cls, mass, area):
    """A bootstrap of one's own, as arrays."""
    said = {}
    for model, tests in answers.items():
        for test, found in tests.items():
            own = labels[test] == cls
            groups = {"own": _interval(found[own] == cls), "others": _interval(found[~own] == cls)}
            said.setdefault(model, {})[test] = groups
    return {"maps": {name: _interval(m - area) for name, m in mass.items()}, "answers": said}


def right_float32(answers, labels, cls, mass, area):
    """Single precision, helper functions, more entries than asked for."""

    def groups(found, y):
        called = (np.asarray(found) == cls).astype(np.float32)
        return {"own": bootstrap_ci(called[y == cls]), "others": bootstrap_ci(called[y != cls]), "n": len(y)}

    report = {"answers": {m: {t: groups(f, labels[t]) for t, f in tests.items()} for m, tests in answers.items()}}
    report["maps"] = {k: bootstrap_ci(v.astype(np.float32) - area.astype(np.float32)) for k, v in mass.items()}
    return report


def _report(answers, labels, cls, mass, area, *, own=None, others=None, interval=bootstrap_ci, maps=None):
    own = own or (lambda found, y: found[y == cls] == cls)
    others = others or (lambda found, y: found[y != cls] == cls)
    maps = maps or (lambda m: interval(m - area))
    said = {
        model: {
            t: {"own": interval(own(f, labels[t])), "others": interval(others(f, labels[t]))} for t, f in tests.items()
        }
        for model, tests in answers.items()
    }
    return {"answers": said, "maps": {name: maps(m) for name, m in mass.items()}}


def wrong_accuracy_of_others(answers, labels, cls, mass, area):
    """Of the others the share that is right."""
    return _report(answers, labels, cls, mass, area, others=lambda f, y: f[y != cls] == y[y != cls])


def wrong_mistakes_of_others(answers, labels, cls, mass, area):
    """Of the others the share that is wrong."""
    return _report(answers, labels, cls, mass, area, others=lambda f, y: f[y != cls] != y[y != cls])


def wrong_share_of_all(answers, labels, cls, mass, area):
    """Divides by all pictures of the test."""
    return _report(answers, labels, cls, mass, area, own=lambda f, y: (f == cls) & (y == cls),
                   others=lambda f, y: (f == cls) & (y != cls))  # fmt: skip


def wrong_precision(answers, labels, cls, mass, area):
    """Of what is called cls the share that is cls."""
    return _report(answers, labels, cls, mass, area, own=lambda f, y: np.append(y[f == cls] == cls, 0.0))


def wrong_swapped(answers, labels, cls, mass, area):
    """The groups the wrong way round."""
    return _report(
        answers, labels, cls, mass, area, own=lambda f, y: f[y != cls] == cls, others=lambda f, y: f[y == cls] == cls
    )


def wrong_all_in_others(answers, labels, cls, mass, area):
    """Others are all pictures."""
    return _report(answers, labels, cls, mass, area, others=lambda f, y: f == cls)


def wrong_first_labels(answers, labels, cls, mass, area):
    """The labels of the first test for all tests."""
    y = next(iter(labels.values()))

    def cut(f, own):
        n = min(len(f), len(y))
        return f[:n][(y[:n] == cls) == own] == cls

    return _report(answers, labels, cls, mass, area, own=lambda f, _: cut(f, True), others=lambda f, _: cut(f, False))


def wrong_area_forgotten(answers, labels, cls, mass, area):
    """The mass as it is."""
    return _report(answers, labels, cls, mass, area, maps=bootstrap_ci)


def wrong_unpaired(answers, labels, cls, mass, area):
    """The interval of the mass, moved by the mean area."""
    return _report(answers, labels, cls, mass, area, maps=lambda m: tuple(np.array(bootstrap_ci(m)) - area.mean()))


def wrong_ratio(answers, labels, cls, mass, area):
    """Mass over area, picture by picture."""
    return _report(answers, labels, cls, mass, area, maps=lambda m: bootstrap_ci(m / area))


def wrong_reversed(answers, labels, cls, mass, area):
    """Area less mass."""
    return _report(answers, labels, cls, mass, area, maps=lambda m: bootstrap_ci(area - m))


def wrong_without_intervals(answers, labels, cls, mass, area):
    """The values alone."""
    return _report(answers, labels, cls, mass, area, interval=lambda values: float(np.mean(values)))


def wrong_deviation(answers, labels, cls, mass, area):
    """Plus and minus the standard deviation of the pictures."""

    def spread(values):
        values = np.asarray(values, dtype=float)
        return values.mean(), values.mean() - values.std(), values.mean() + values.std()

    return _report(answers, labels, cls, mass, area, interval=spread)


def wrong_first_model(answers, labels, cls, mass, area):
    """Overwrites: every model gets the answers of the last."""
    last = list(answers.values())[-1]
    return _report(dict.fromkeys(answers, last), labels, cls, mass, area)


def wrong_first_map(answers, labels, cls, mass, area):
    """Leaves out the controls."""
    name = next(iter(mass))
    return _report(answers, labels, cls, {name: mass[name]}, area)


def wrong_keys_turned(answers, labels, cls, mass, area):
    """Test before model."""
    report = _report(answers, labels, cls, mass, area)
    tests = next(iter(report["answers"].values()))
    report["answers"] = {test: {model: said[test] for model, said in report["answers"].items()} for test in tests}
    return report


def wrong_counts(answers, labels, cls, mass, area):
    """Numbers of pictures."""

    def count(values):
        values = np.asarray(values, dtype=float)
        return tuple(len(values) * part for part in bootstrap_ci(values))

    return _report(answers, labels, cls, mass, area, interval=count)
