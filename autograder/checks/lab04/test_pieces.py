"""Hidden checks of the pieces of lab 4: fresh inputs against the reference, each property in a check of its own.

Tolerances leave room for a student who computes in float32.
"""

import numpy as np

from autograder.checking import check, compare, fail, prediction, untouched
from autograder.checks.lab04 import reference

RTOL = 2e-4


def distinct(rng, shape):
    """Numbers of both signs of which no two are close, so that every window has one winner, in float32 too."""
    size = int(np.prod(shape))
    values = (np.arange(size) - 0.6 * size) / 8
    return (rng.permutation(values) + rng.uniform(-0.02, 0.02, size)).reshape(shape)


# pool_switches


def pair(called):
    """(p, s), if two things came back."""
    if not isinstance(called.value, (list, tuple)) or len(called.value) != 2:
        fail("not two things came back", law="pool_switches returns p and s", hint="end with return p, s")
    return called.value


SIZES = ((1, 4, 6, 1, 2), (2, 6, 4, 3, 2), (2, 6, 9, 2, 3))  # B, H, W, C, k


@check("pool_switches", points=1)
def test_pool_values(student, rng):
    """pool_switches gives the maximum of each window, also where a whole window is negative."""
    law = "p is the largest value of each k x k window, channel by channel"
    hint = "one axis for the window's rows and one for its columns; take the maximum over these two"
    for *shape, k in SIZES:
        x = distinct(rng, shape)
        x[:, :k, :k] = -np.abs(x[:, :k, :k]) - 1
        called = student.call("pool_switches", x, k)
        expected, _ = reference.pool_switches(x, k)
        compare(pair(called)[0], expected, what="pooled values p", law=law, hint=hint, rtol=RTOL, picture=True)
        untouched(called)


@check("pool_switches", points=2, needs="test_pool_values")
def test_pool_places(student, rng):
    """The switches name each winner's place in its window, in reading order."""
    law = "s = k * row + column of the winner, counted inside its window"
    hint = "argmax over the window's k * k values in reading order: in which order do your axes stand?"
    for *shape, k in SIZES:
        x = distinct(rng, shape)
        s = pair(student.call("pool_switches", x, k))[1]
        compare(s, reference.pool_switches(x, k)[1], what="switches s", law=law, hint=hint)
        if np.asarray(s).dtype.kind == "f":
            fail("the switches are floats", "switches are whole numbers: unpool uses them as places", "use dtype=int")


@check("pool_switches", points=1, needs="test_pool_places")
def test_pool_ties(student, rng):
    """Where two places tie, the first in reading order wins; with k = 1 every switch is 0."""
    law, hint = "at a tie the first in reading order wins", "does your search keep the first maximum or a later one?"
    for k in (2, 3):
        x = rng.integers(0, 2, (2, 4 * k, 3 * k, 2)) * 0.5
        x[0, :k, :k] = 0.0
        x[0, :k, k : 2 * k] = 0.5
        p, s = pair(student.call("pool_switches", x, k))
        due = reference.pool_switches(x, k)
        compare(p, due[0], what="pooled values p with ties", law=law, hint=hint, rtol=RTOL)
        compare(s, due[1], what="switches s with ties", law=law, hint=hint)
    x = distinct(rng, (1, 2, 3, 2))
    p, s = pair(student.call("pool_switches", x, 1))
    compare(p, x, what="p for k = 1", law="pooling with k = 1 changes nothing", hint="use k, not 2", rtol=RTOL)
    compare(
        s, np.zeros(x.shape), what="s for k = 1", law="a window of one place has one switch: 0", hint="use k, not 2"
    )


# unpool


def unpooled(student, rng, shape, k, law, hint):
    R, s = distinct(rng, shape), rng.integers(0, k * k, shape)
    s.flat[: k * k] = rng.permutation(k * k)[: s.size]  # each place occurs
    called = student.call("unpool", R, s, k)
    expected = reference.unpool(R, s, k)
    compare(called.value, expected, what="unpooled values", law=law, hint=hint, rtol=RTOL, picture=True)
    untouched(called)


@check("unpool", points=2)
def test_unpool_places(student, rng):
    """One image, one channel: each value lands at the place that its switch names, zero elsewhere."""
    law = "window (i, j): its value at row k i + s // k, column k j + s % k; zeros elsewhere"
    hint = "does every value reach the place where the maximum was, and no other? signs stay as they are"
    for k in (2, 3):
        unpooled(student, rng, (1, 3, 4, 1), k, law, hint)


@check("unpool", points=2, needs="test_unpool_places")
def test_unpool_channels(student, rng):
    """Several channels: each has switches of its own."""
    law, hint = "channel c is placed by s[..., c]", "which channel's switches does each channel use?"
    for C in (2, 5):
        unpooled(student, rng, (1, 2, 3, C), 2, law, hint)


@check("unpool", points=1, needs="test_unpool_places")
def test_unpool_batch(student, rng):
    """Several images, other window sizes, and k = 1."""
    law, hint = "image b is placed by s[b]; a window has k * k places", "which sizes does your code take for granted?"
    for shape, k in (((3, 2, 2, 2), 2), ((2, 2, 3, 1), 4), ((2, 3, 2, 2), 1)):
        unpooled(student, rng, shape, k, law, hint)


# relu_back


def through(student, rng, mode, law, hint, shape=(2, 4, 5, 3)):
    """All four combinations of signs, and units that are off exactly as a ReLU leaves them: at zero."""
    R = distinct(rng, shape)
    a = np.maximum(distinct(rng, shape) + rng.uniform(2, 4), 0)
    signs = np.stack([R > 0, a > 0]).reshape(2, -1)
    signs[:, :4] = [[True, True, False, False], [True, False, True, False]]
    R = np.where(signs[0], np.abs(R).ravel(), -np.abs(R).ravel()).reshape(shape)
    a = np.where(signs[1], a.ravel() + 0.1, 0.0).reshape(shape)
    called = student.call("relu_back", R, a, mode)
    expected = reference.relu_back(R, a, mode)
    compare(called.value, expected, what=f'signal in mode "{mode}"', law=law, hint=hint, rtol=RTOL, picture=True)
    untouched(called)


@check("relu_back", points=1)
def test_relu_grad(student, rng):
    """Mode "grad": the slope of the ReLU."""
    through(student, rng, "grad", "R passes where a > 0, with its sign", "the slope is 1 where the unit was on, else 0")


@check("relu_back", points=1)
def test_relu_deconv(student, rng):
    """Mode "deconv": the ReLU of the deconvnet."""
    law, hint = "R passes where R > 0, whatever a is", "the deconvnet's ReLU never looks at the forward pass"
    through(student, rng, "deconv", law, hint)


@check("relu_back", points=1)
def test_relu_guided(student, rng):
    """Mode "guided": both gates."""
    law, hint = "R passes where R > 0 and a > 0", "both gates, one after the other; in which units is a = 0?"
    through(student, rng, "guided", law, hint)


@check("relu_back", points=1, needs=("test_relu_grad", "test_relu_deconv", "test_relu_guided"))
def test_relu_any_shape(student, rng):
    """All modes for the output of a dense layer, (B, J), and for one number of units."""
    law, hint = "each entry is treated by itself, in any shape", "use operations that work element by element"
    for mode in reference.MODES:
        for shape in ((3, 4), (6,)):
            through(student, rng, mode, law, hint, shape)


# pads


def padded(student, cases, law, hint):
    for size, kernel, stride, pad in cases:
        got = student.pads(size, kernel, stride, pad)
        expected = reference.pads(size, kernel, stride, pad)
        what = f'zeros before and after (size {size}, kernel {kernel}, stride {stride}, "{pad}")'
        compare(got, expected, what=what, law=law, hint=hint)


@check("pads", points=1)
def test_pads_even(student, rng):
    """Padding "valid", and "same" where before and after get equally many."""
    sizes = [int(n) for n in rng.integers(9, 40, 4)]
    cases = [(sizes[0], 3, 1, "valid"), (sizes[1], 4, 3, "valid"), (sizes[2], 3, 1, "same"), (sizes[3], 7, 1, "same")]
    cases += [(2 * sizes[0] + 1, 3, 2, "same"), (sizes[1], 1, 1, "same"), (3 * sizes[2], 5, 3, "same")]
    law = '"valid": none. "same": as many zeros as ceil(size / stride) positions need, never fewer than none'
    padded(student, cases, law, "work out how far the last position of the kernel reaches, and what is missing there")


@check("pads", points=1, needs="test_pads_even")
def test_pads_odd(student, rng):
    """Padding "same" with an odd number of zeros, and where the stride exceeds the kernel."""
    sizes = [int(n) for n in rng.integers(9, 40, 4)]
    cases = [
        (sizes[0], 2, 1, "same"),
        (2 * sizes[1], 3, 2, "same"),
        (sizes[2], 4, 1, "same"),
        (2 * sizes[3], 5, 2, "same"),
    ]
    cases += [(3 * sizes[0] + 1, 2, 3, "same"), (2 * sizes[1], 1, 2, "same"), (3 * sizes[2] + 2, 3, 3, "same")]
    law = "of an odd number of zeros the larger part comes after; a negative number counts as none"
    padded(student, cases, law, "round down before; what is left goes after; and cut off below zero")


# conv2d and conv2d_T


def filters(rng, kh, kw, Ci, Co):
    """A kernel without any symmetry, and a bias."""
    return distinct(rng, (kh, kw, Ci, Co)) / np.sqrt(kh * kw * Ci), rng.normal(size=Co) + 2


def convolved(student, rng, sizes, pad, stride, law, hint, bias=0.0):
    B, H, width, Ci, kh, kw, Co = sizes
    x = rng.normal(size=(B, H, width, Ci))
    W, b = filters(rng, kh, kw, Ci, Co)
    called = student.call("conv2d", x, W, bias * b, pad, stride)
    expected = reference.conv2d(x, W, bias * b, pad, stride)
    compare(called.value, expected, what="output of the convolution", law=law, hint=hint, rtol=RTOL, picture=True)
    untouched(called)


@check("conv2d", points=2)
def test_conv_valid(student, rng):
    """conv2d with "valid", stride 1, no bias: the kernel slides, unflipped, over all channels."""
    law = "z[i, j] = sum over (m, n) of x[i + m, j + n] @ W[m, n]"
    hint = "is entry (0, 0) of the kernel at the upper left? are all input channels summed?"
    for sizes in ((1, 5, 6, 1, 3, 3, 1), (2, 6, 5, 3, 3, 2, 4), (2, 4, 4, 2, 1, 1, 3)):
        convolved(student, rng, sizes, "valid", 1, law, hint)


@check("conv2d", points=1, needs="test_conv_valid")
def test_conv_bias(student, rng):
    """conv2d adds its bias once, channel by channel."""
    law, hint = "z has b[o] in channel o, once", "is b inside the loop over the kernel's entries?"
    convolved(student, rng, (2, 5, 6, 2, 3, 2, 4), "valid", 1, law, hint, bias=1.0)


@check("conv2d", points=1, needs="test_conv_valid")
def test_conv_stride(student, rng):
    """conv2d with strides: only every stride-th position."""
    law = "position (i, j) of the output starts at row stride i, column stride j of the input"
    hint = "how many positions fit? floor((H - kh) / stride) + 1"
    for stride in (2, 3):
        convolved(student, rng, (2, 7, 10, 2, 3, 2, 3), "valid", stride, law, hint)


@check("conv2d", points=1, needs="test_conv_valid")
def test_conv_same(student, rng):
    """conv2d with "same", odd kernels, stride 1: the output is as large as the input."""
    law, hint = '"same" puts zeros around the image, as pads says', "does pads pass its own check? zeros, not copies"
    for kernel in ((3, 3), (5, 3)):
        convolved(student, rng, (2, 6, 7, 2, *kernel, 3), "same", 1, law, hint, bias=1.0)


@check("conv2d", points=1, needs=("test_conv_same", "test_conv_stride"))
def test_conv_asymmetric(student, rng):
    """conv2d with "same" where rows and columns need other, and odd, numbers of zeros."""
    law = "of an odd number of zeros the larger part comes after; rows and columns have pads of their own"
    hint = "does pads pass its own check? which of its two numbers stands first?"
    for sizes, stride in (((2, 6, 7, 2, 2, 4, 3), 1), ((2, 6, 8, 2, 3, 3, 3), 2), ((1, 7, 8, 1, 3, 2, 2), 2)):
        convolved(student, rng, sizes, "same", stride, law, hint, bias=1.0)


def back(student, rng, sizes, pad, stride, law, hint):
    B, H, width, Ci, kh, kw, Co = sizes
    shape = (B, H, width, Ci)
    W, b = filters(rng, kh, kw, Ci, Co)
    R = distinct(rng, reference.conv2d(np.zeros(shape), W, b, pad, stride).shape)
    called = student.call("conv2d_T", R, W, shape, pad, stride)
    expected = reference.conv2d_T(R, W, shape, pad, stride)
    compare(called.value, expected, what="signal at the input", law=law, hint=hint, rtol=RTOL, picture=True)
    untouched(called)


@check("conv2d_T", points=2)
def test_back_valid(student, rng):
    """conv2d_T with "valid", stride 1: every output hands its R to the inputs that it read, by their weights."""
    law = "R_in[i + m, j + n] collects R[i, j] @ W[m, n].T over all positions and entries of the kernel"
    hint = "read conv2d backwards: what it read from a slice, you add to that slice"
    for sizes in ((1, 5, 6, 1, 3, 3, 1), (2, 6, 5, 3, 3, 2, 4), (2, 4, 4, 2, 1, 1, 3)):
        back(student, rng, sizes, "valid", 1, law, hint)


@check("conv2d_T", points=1, needs="test_back_valid")
def test_back_stride(student, rng):
    """conv2d_T with strides, where the last rows of the input may not have been read at all."""
    law = "an input that no output has read gets zero, and the result has the input's shape"
    hint = "start from zeros of the given shape, and step with the stride as conv2d does"
    for sizes, stride in (((2, 7, 10, 2, 3, 2, 3), 2), ((2, 8, 9, 2, 2, 3, 3), 3), ((1, 6, 5, 2, 1, 1, 2), 2)):
        back(student, rng, sizes, "valid", stride, law, hint)


@check("conv2d_T", points=1, needs="test_back_valid")
def test_back_same(student, rng):
    """conv2d_T with "same", odd kernels, stride 1."""
    law, hint = (
        "what lands on the padding is cut off again",
        "which rows and columns of the padded image are the image?",
    )
    for kernel in ((3, 3), (5, 3)):
        back(student, rng, (2, 6, 7, 2, *kernel, 3), "same", 1, law, hint)


@check("conv2d_T", points=1, needs=("test_back_same", "test_back_stride"))
def test_back_asymmetric(student, rng):
    """conv2d_T with "same" where rows and columns need other, and odd, numbers of zeros."""
    law, hint = "cut off as many as pads gave: before and after differ", "the image begins after the zeros before it"
    for sizes, stride in (((2, 6, 7, 2, 2, 4, 3), 1), ((2, 6, 8, 2, 3, 3, 3), 2), ((1, 7, 8, 1, 3, 2, 2), 2)):
        back(student, rng, sizes, "same", stride, law, hint)


@check("conv2d_T", points=1)
def test_back_adjoint(student, rng):
    """conv2d_T is the adjoint of your own conv2d."""
    law = "<conv2d(x, W, 0), R> = <x, conv2d_T(R, W)> for every x and R"
    hint = "does conv2d pass its own checks? then compare the two, line by line"
    for pad, stride in (("valid", 1), ("same", 1), ("same", 2)):
        x, v = rng.normal(size=(2, 6, 7, 2)), rng.normal(size=(2, 6, 7, 2))
        W, b = filters(rng, 3, 2, 2, 3)
        up = student.conv2d(x, W, 0 * b, pad, stride)
        expected = reference.conv2d(x, W, 0 * b, pad, stride)
        if np.shape(up) != expected.shape:
            fail("conv2d gives another shape than it should", law, hint)
        R = np.asarray(up, dtype=np.float64) + 0.1 * rng.normal(size=expected.shape)  # so that <up, R> is far from zero
        down = student.conv2d_T(R, W, x.shape, pad, stride)
        if np.shape(down) != x.shape:
            fail(f"shape {np.shape(down)}, where that of x, {x.shape}, is due", law, hint)
        across = student.conv2d(v, W, 0 * b, pad, stride)
        down = np.asarray(down, dtype=np.float64)
        got = np.array([(x * down).sum(), (v * down).sum()])
        due = np.array([(np.asarray(y, dtype=np.float64) * R).sum() for y in (up, across)])
        compare(got, due, what="<x, conv2d_T(R)> for two x", law=law, hint=hint, rtol=RTOL)


# predictions, graded for being made

test_prediction_pool = prediction("pool")
test_prediction_unpool = prediction("unpool")
test_prediction_relu = prediction("relu")
test_prediction_pads = prediction("pads")
test_prediction_conv = prediction("conv")
test_prediction_back = prediction("back")
test_prediction_toy = prediction("toy")
