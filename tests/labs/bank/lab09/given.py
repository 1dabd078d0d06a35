"""What the lab gives beside the student's functions: implementations to try a test on, and the probes."""

import numpy as np

from toonlens.laws import lab09 as laws


def _eps_rule(a, W, b, R, eps):
    z = a @ W + b
    return a * ((R / (z + eps * np.where(z >= 0, 1.0, -1.0))) @ W.T)


def right_loop(a, W, b, R, eps):
    found = np.zeros(a.shape)
    for j in range(W.shape[1]):
        parts = a * W[:, j]
        z = parts.sum(axis=1) + b[j]
        found += parts * (R[:, j] / np.where(z >= 0, z + eps, z - eps))[:, None]
    return found


def right_single(a, W, b, R, eps):
    a, W, b, R = (np.asarray(values, dtype=np.float32) for values in (a, W, b, R))
    z = a @ W + b
    return a * ((R / (z + np.float32(eps) * np.where(z >= 0, np.float32(1), np.float32(-1)))) @ W.T)


def wrong_overwriting(a, W, b, R, eps):
    z = a @ W + b
    R /= z + eps * np.where(z >= 0, 1.0, -1.0)
    return a * (R @ W.T)


RIGHT = {"right_matrix": _eps_rule, "right_loop": right_loop, "right_single": right_single}
WRONG = {
    "wrong_signless": lambda a, W, b, R, eps: a * ((R / (a @ W + b + eps)) @ W.T),
    "wrong_unbiased": lambda a, W, b, R, eps: _eps_rule(a, W, 0 * b, R, eps),
    "wrong_average": lambda a, W, b, R, eps: _eps_rule(a, W, b, np.repeat(R.mean(axis=0)[None], len(R), axis=0), eps),
    "wrong_absolute": lambda *args: np.abs(_eps_rule(*args)),
    "wrong_overwriting": wrong_overwriting,
}


def check_test_rule(test_rule):
    """As in the notebook."""
    laws.check_test_rule(test_rule, RIGHT, WRONG)


def with_probes(space):
    """The namespace with the probes of the notebook, over the functions in it."""
    return space | {
        "probe_test_rule": lambda message: laws.probe_test_rule(space["test_rule"], message),
        "probe_test_ab": lambda message: laws.probe_test_ab(space["test_ab"], message),
    }
