"""Hidden checks of lab 4's walk through a toy network, and of its bug hunt."""

import numpy as np

from autograder.checking import check, compare, fail, untouched
from autograder.checks.lab04 import reference

RTOL = 5e-4


def network(rng, pools=(1, 2), kernel=3):
    """Fresh params and x, and a channel: no pre-activation near zero, no tie but at zero, and three modes that differ.

    Kernels without symmetry; the channel has several active units in each image, of different strength.
    """
    for _ in range(10_000):
        C = [int(n) for n in rng.integers(2, 5, len(pools) + 1)]
        params = [
            (rng.normal(size=(kernel, kernel, C[l], C[l + 1])) / np.sqrt(C[l]), 0.2 * rng.normal(size=C[l + 1]), k)
            for l, k in enumerate(pools)
        ]
        side = 2 * int(np.prod(pools))
        x, ch = rng.normal(size=(2, side, 2 * side, C[0])), int(rng.integers(C[-1]))
        if well_conditioned(params, x, ch):
            return params, x, ch
    raise RuntimeError("no well-conditioned network found")


def well_conditioned(params, x, ch):
    out, memory = reference.forward(params, x)
    for (W, b, k), (below, r, _) in zip(params, memory, strict=True):
        z = reference.conv2d(below, W, b, "same", 1)
        windows = r.reshape(len(r), r.shape[1] // k, k, r.shape[2] // k, k, -1).transpose(0, 1, 3, 5, 2, 4)
        ranked = np.sort(windows.reshape(*windows.shape[:4], k * k), axis=-1)
        tied = k > 1 and (np.diff(ranked[..., -2:], axis=-1)[ranked[..., -1:] > 0] < 1e-3).any()
        if np.abs(z).min() < 1e-3 or tied or not (r == 0).any():
            return False
    active = np.sort(out[..., ch].reshape(len(x), -1), axis=1)
    if (active[:, -3] < 0.1).any() or (active[:, -1] < 1.2 * active[:, -2]).any():
        return False
    maps = [reference.toy_deconvnet(params, x, ch, mode) for mode in reference.MODES]
    least = [np.abs(m).reshape(len(x), -1).max(axis=1).min() for m in maps]
    apart = [np.abs(maps[m] - maps[n]).max() / np.abs(maps[m]).max() for m, n in ((0, 1), (0, 2), (1, 2))]
    return min(least) > 1e-2 and min(apart) > 0.05


def by_own_pieces(student, params, x, ch, mode):
    """The walk made of the student's own functions, one call at a time."""
    memory = []
    for W, b, k in params:
        r = np.maximum(real(student.conv2d(x, W, b, "same", 1), "conv2d"), 0)
        pooled = student.pool_switches(r, k)
        if not isinstance(pooled, (list, tuple)) or len(pooled) != 2:
            fail("pool_switches gave not two things", LAW_OWN, HINT_OWN)
        memory.append((x.shape, r, pooled[1]))
        x = real(pooled[0], "pool_switches")
    if x.ndim != 4 or x.shape[-1] <= ch:
        fail("your conv2d and pool_switches give another shape than they should", LAW_OWN, HINT_OWN)
    R = np.zeros_like(x)
    R[..., ch] = x[..., ch]
    for (W, _, k), (shape, r, s) in zip(params[::-1], memory[::-1], strict=True):
        R = real(student.unpool(R, s, k), "unpool")
        R = real(student.relu_back(R, r, mode), "relu_back")
        R = real(student.conv2d_T(R, W, shape, "same", 1), "conv2d_T")
    return R


def real(value, name):
    """A student's intermediate result as a float64 array, if it is one."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.full(1, np.nan)
    if not np.isfinite(array).all():
        fail(f"{name} gave something that is no array of finite numbers", LAW_OWN, HINT_OWN)
    return array


LAW_OWN = "down: unpool, relu_back, conv2d_T, with what each layer stored on the way up"
HINT_OWN = "print the shapes on the way down; does each layer get its own switches, its own r and its own kernel?"


@check("toy_deconvnet", points=1)
def test_toy_start(student, rng):
    """toy_deconvnet starts from channel ch alone, with its activations (on a network that copies its input)."""
    law = "the start is channel ch with its own activations; all other channels are zero"
    hint = "what stands in the other channels? and in this one: its values, ones, or its strongest place alone?"
    C = int(rng.integers(3, 6))
    params, x = [(np.eye(C)[None, None], np.zeros(C), 1)], rng.random((2, 3, 4, C)) + 0.1
    for ch in rng.permutation(C)[:2].tolist():
        expected = by_own_pieces(student, params, x, ch, "grad")
        got = student.toy_deconvnet(params, x, ch, "grad")
        compare(got, expected, what="projection by your own functions", law=law, hint=hint, rtol=RTOL, picture=True)


@check("toy_deconvnet", points=1, needs="test_toy_start")
def test_toy_own_pieces(student, rng):
    """toy_deconvnet is the walk made of your own functions, in all three modes."""
    for mode in reference.MODES:
        params, x, ch = network(rng)
        expected = by_own_pieces(student, params, x, ch, mode)
        called = student.call("toy_deconvnet", params, x, ch, mode)
        what = f'projection in mode "{mode}", by your own functions'
        compare(called.value, expected, what=what, law=LAW_OWN, hint=HINT_OWN, rtol=RTOL, picture=True)
        untouched(called)


def projected(student, rng, mode, law, hint):
    for pools in ((1, 2), (2, 2), (1, 2, 1)):
        params, x, ch = network(rng, pools)
        expected = reference.toy_deconvnet(params, x, ch, mode)
        got = student.toy_deconvnet(params, x, ch, mode)
        compare(got, expected, what=f'projection in mode "{mode}"', law=law, hint=hint, rtol=RTOL, picture=True)


@check("toy_deconvnet", points=2)
def test_toy_grad(student, rng):
    """In mode "grad" it is the gradient of half the sum of the channel's squared activations."""
    law = "the start is channel ch with its activations, all other channels zero; then the chain rule"
    projected(student, rng, "grad", law, "do all five pieces pass their own checks? then look at the start")


@check("toy_deconvnet", points=1)
def test_toy_deconv(student, rng):
    """In mode "deconv" it is the deconvnet of Zeiler and Fergus."""
    law = "unpool by the stored switches, keep what is positive, filter by the transposed kernel; no ReLU at the pixels"
    projected(student, rng, "deconv", law, "in which order do the three steps stand? what happens after the last one?")


@check("toy_deconvnet", points=1)
def test_toy_guided(student, rng):
    """In mode "guided" it is guided backpropagation."""
    law = "as the deconvnet, but each ReLU also asks whether its unit was on"
    projected(student, rng, "guided", law, "whose a does relu_back get? it has to be that of the same layer")


# The bug hunt. Each check sees one of the three bugs alone.


def signals(rng, shape):
    return rng.random(shape) + 0.1


def clear(params, x, ch):
    """Whether no unit is near zero, no pair tied but at zero, and the channel active."""
    for W, b in params:
        z = reference.conv2d(x[None, :, None], W[:, None], b, "same", 1)[0, :, 0]
        r = np.maximum(z, 0)
        pairs = r.reshape(-1, 2, r.shape[1])
        if (
            np.abs(z).min() < 1e-2
            or (np.abs(np.diff(pairs, axis=1))[pairs.max(axis=1, keepdims=True) > 0] < 1e-2).any()
        ):
            return False
        x = pairs.max(axis=1)
    return bool((x[:, ch] > 0.1).any())


def walked(student, params, x, ch, law, hint):
    expected = reference.deconv_walk(params, x, ch)
    called = student.call("deconv_walk", params, x, ch)
    compare(called.value, expected, what="projection of the channel", law=law, hint=hint, rtol=RTOL, picture=True)
    untouched(called)


@check("bug_hunt", points=2)
def test_bug_filter(student, rng):
    """One channel everywhere, all units on, kernels without symmetry: the filters on the way down."""
    law = "the way down spreads by the transposed filter: <correlate(x, w), R> = <x, back(R, w)>"
    hint = "send a single 1 through the filter, and a single 1 back; compare the two answers"
    for _ in range(2):
        while True:
            params = [(signals(rng, (3, 1, 1)), signals(rng, 1)) for _ in range(2)]
            params = [(W * np.array([1.0, 2.0, 4.0])[:, None, None], b) for W, b in params]
            x = signals(rng, (16, 1))
            if clear(params, x, 0):
                break
        walked(student, params, x, 0, law, hint)


@check("bug_hunt", points=2)
def test_bug_switches(student, rng):
    """Several channels, all units on, kernels of one entry: the unpooling."""
    law, hint = "each channel has switches of its own", "two channels whose maxima lie at other places of a pair"
    for _ in range(2):
        while True:
            params = [(signals(rng, (1, 3, 4)) ** 3, signals(rng, 4)), (signals(rng, (1, 4, 3)), signals(rng, 3))]
            x, ch = signals(rng, (16, 3)), int(rng.integers(1, 3))
            p = (x @ params[0][0][0] + params[0][1]).reshape(-1, 2, 4).max(axis=1)
            s = (p @ params[1][0][0] + params[1][1]).reshape(-1, 2, 3).argmax(axis=1)  # of the last layer
            if clear(params, x, ch) and (s[:, ch] != s[:, 0]).any():
                break
        walked(student, params, x, ch, law, hint)


@check("bug_hunt", points=2)
def test_bug_gate(student, rng):
    """One channel everywhere, kernels that read the same from both ends, units on and off: the ReLUs."""
    law = "the deconvnet's ReLU looks at the signal that comes down, and at nothing else"
    hint = "which of the three ways through a ReLU does the code take? compare with its docstring"
    for _ in range(2):
        while True:
            u, v = rng.normal(size=(2, 2))
            params = [(np.array([u[0], u[1], u[0]]).reshape(3, 1, 1), 0.2 * rng.normal(size=1)),
                      (np.array([v[0], v[1], v[0]]).reshape(3, 1, 1), 0.2 * rng.normal(size=1))]  # fmt: skip
            x = rng.normal(size=(24, 1))
            due = reference.deconv_walk(params, x, 0)
            if clear(params, x, 0) and gated(params, x) and due.min() < -0.1 * np.abs(due).max():
                break
        walked(student, params, x, 0, law, hint)


def gated(params, x):
    """Whether a gate in the first layer would change the map, and a missing ReLU too.

    Positive signal arrives at pairs that were off, and negative signal at some pair.
    """
    (W1, b1), (W2, b2) = params
    r = np.maximum(reference.conv2d(x[None, :, None], W1[:, None], b1, "same", 1), 0)
    p = r.reshape(1, -1, 2, 1).max(axis=2)
    z = np.maximum(reference.conv2d(p[:, :, None], W2[:, None], b2, "same", 1), 0)[0, :, 0, 0]
    pairs = z.reshape(-1, 2)
    R = np.where(pairs == pairs.max(axis=1, keepdims=True), pairs, 0).reshape(1, -1, 1, 1)
    down = reference.conv2d_T(R, W2[:, None], (1, R.shape[1], 1, 1), "same", 1)[0, :, 0, 0]
    strong = np.abs(down).max()
    stopped = ((p[0, :, 0] == 0) & (down > 0.2 * strong)).any()
    return bool(strong > 0 and stopped and (down < -0.2 * strong).any() and np.abs(W1).max() > 0.3)
