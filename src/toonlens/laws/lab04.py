"""The visible checks of lab 4. What they compute is the two sides of a law, on inputs that nobody needs to keep secret.

Shapes as in the lab: `x` (B, H, W, C), kernels `W` (kh, kw, Ci, Co), `b` (Co,), `R` in the shape of what it comes from.
A network is a list of layers `(W, b, k)`: convolution ("same", stride 1), ReLU, max pooling k x k.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toonlens.laws import Checked, close

SWITCHES = "s is the winner's place in its window, 0 to k * k - 1 in reading order"
ALONE = "each image is treated by itself, whatever else is in its batch"


def _sized(f: Checked, result: Any, shape: tuple[int, ...], law: str, next_step: str) -> NDArray:
    """As `Checked.array`, with advice of its own where nothing but the rows and columns (B, H, W, C) are not due."""
    try:
        seen = np.shape(result)
    except ValueError:  # lists of different lengths
        seen = ()
    if len(seen) == 4 and seen != shape and (seen[0], seen[3]) == (shape[0], shape[3]):
        f.broken(f"shape {seen} came back, and {shape} is due", law, next_step)
    return f.array(result, shape)


def _batch(f: Checked, call: Callable[[NDArray], NDArray], x: NDArray) -> None:
    """Batch independence of ``call``, which takes the images (B, ...) and gives one result for each."""
    together = call(x)
    alone = np.concatenate([call(x[k : k + 1]) for k in range(len(x))])
    f.law(
        "batch independence",
        close(together, alone),
        "an image alone gets another result than the same image in a batch",
        ALONE,
        "look for a sum, a maximum or an argmax that runs over axis 0, or for an index [0] on that axis",
    )


def check_pool_switches(pool_switches: Callable) -> None:
    """Laws of `pool_switches(x, k)`: the maximum of every window, its place in reading order, the first at a tie."""
    f = Checked("pool_switches", pool_switches, returns="a pair p, s")

    def call(x: NDArray, k: int) -> tuple[NDArray, NDArray]:
        both = f.raw(x, k)
        if not isinstance(both, (list, tuple)) or len(both) != 2:
            one = isinstance(both, np.ndarray)
            f.broken(
                f"{'one array' if one else f'a {type(both).__name__}'} came back",
                "pool_switches returns two arrays, p and s",
                "end with: return p, s",
            )
        B, H, W, C = x.shape
        due = (B, H // k, W // k, C)
        p, s = f.array(both[0], due), f.array(both[1], due)
        if np.asarray(both[1]).dtype.kind not in "iu":
            exchanged = np.asarray(both[0]).dtype.kind in "iu"
            f.broken(
                "s comes first, and p second" if exchanged else f"s has dtype {np.asarray(both[1]).dtype}",
                "p comes first" if exchanged else "switches are whole numbers, since they are used as places",
                "end with: return p, s" if exchanged else "np.zeros(..., dtype=int), or .astype(int) at the end",
            )
        return p, s

    rng = np.random.default_rng(1)
    _batch(f, lambda x: np.stack(call(x, 2), axis=-1), rng.normal(size=(3, 4, 4, 2)))
    for k in (2, 3):
        windows = rng.normal(size=(8, k, k, 1)) - 1.0
        windows[0] = -np.abs(windows[0])
        p, s = call(windows, k)
        p, s = p.ravel(), s.ravel()
        flat = windows.reshape(8, k * k)
        f.law(
            "p is the maximum",
            close(p, flat.max(axis=1), 1e-6),
            "a single window whose p is not its largest value",
            "p is the largest value of the window, also where all are negative",
            "does your maximum start from 0? over which axes does it run? are p and s exchanged?",
        )
        f.law(
            "switches are places",
            bool(((s >= 0) & (s < k * k) & (s == np.round(s))).all()),
            f"with k = {k}, a switch that is none of the whole numbers 0 to {k * k - 1}",
            SWITCHES,
            "count inside the window, not in the whole image; a switch is one number, not a row and a column",
        )
        f.law(
            "p stands at the switch",
            bool((flat[np.arange(8), s.astype(int)] == flat.max(axis=1)).all()),
            "a single window whose value at place s is not its maximum",
            "reading order: left to right, then the next row: s = k * row + column inside the window",
            "try a window whose maximum is in the upper right corner: s is 1",
        )
    tied = np.zeros((3, 2, 2, 1))
    tied[1, 0, 1], tied[1, 1, 0], tied[2, 1] = 5.0, 5.0, 7.0
    f.law(
        "ties",
        bool((call(tied, 2)[1].ravel() == [0, 1, 2]).all()),
        "where two or more places tie, the switch is not the first of them",
        "at a tie the first place in reading order wins; a switch is one place, never two",
        "np.argmax keeps the first maximum; if you search by hand, compare with > and not with >=",
    )
    for k in (1, 2, 3):
        x = rng.normal(size=(2, 2 * k, 3 * k, 3))
        p, s = call(x, k)
        for i in range(2):
            for j in range(3):
                one = call(x[:, i * k : (i + 1) * k, j * k : (j + 1) * k], k)
                f.law(
                    "windows are separate",
                    close(p[:, i, j], one[0][:, 0, 0], 1e-6) and bool((s[:, i, j] == one[1][:, 0, 0]).all()),
                    f"with k = {k}, a window cut out of the image gives another p or s than inside the image",
                    "entry (i, j) of p and s belongs to rows k i to k i + k - 1, columns k j to k j + k - 1, alone",
                    "split H into (H / k, k) and W into (W / k, k); bring the two axes of length k together",
                )
        channels = [call(x[..., c : c + 1], k) for c in range(3)]
        f.law(
            "channels are separate",
            close(p, np.concatenate([one[0] for one in channels], axis=-1), 1e-6)
            and bool((s == np.concatenate([one[1] for one in channels], axis=-1)).all()),
            "a channel alone gives another p or s than beside other channels",
            "every channel has its own maximum and its own switch",
            "is the channel among the axes that you search, or did you take the switches of one channel for all?",
        )
    f.passed()


# An image (4, 6) whose windows of 2 x 2 have their maxima at known places: the adjoint law needs such a triple.
_IMAGE = [[3, 1, 0, 9, 2, 2], [2, 0, 1, 4, 5, 1], [1, 2, 6, 1, 0, 3], [7, 4, 2, 5, 8, 1]]
_POOLED, _PLACES = [[3, 9, 5], [7, 6, 8]], [[0, 1, 2], [2, 0, 2]]


def check_unpool(unpool: Callable) -> None:
    """Laws of `unpool(R, s, k)`: one value per window, at its switch, and the adjoint of pooling."""
    f = Checked("unpool", unpool)
    rng = np.random.default_rng(2)

    def call(R: NDArray, s: NDArray, k: int) -> NDArray:
        B, h, w, C = R.shape
        return f(R, s, k, shape=(B, k * h, k * w, C))

    R, places = rng.normal(size=(3, 2, 2, 2)), rng.integers(0, 4, (3, 2, 2, 2))
    alone = np.concatenate([call(R[b : b + 1], places[b : b + 1], 2) for b in range(3)])
    f.law("batch independence", close(call(R, places, 2), alone), "an image alone is unpooled to another result",
          ALONE, "image b is placed by s[b]")  # fmt: skip
    for k in (2, 3):
        each = np.arange(k * k).reshape(-1, 1, 1, 1)
        out = call(np.full(each.shape, -2.5), each, k).reshape(k * k, k * k)
        least, most = (int(n) for n in np.sort((out != 0).sum(axis=1))[[0, -1]])
        seen = f"{least} place{' is' if least == 1 else 's are'}" if least == most else f"{least} to {most} places are"
        f.law(
            "one place, all others zero",
            least == most == 1,
            f"from one value, k = {k}: {seen} not zero; 1 is due",
            "a window holds its value once, at its switch, and zeros elsewhere",
            "start from zeros; a value is placed, not repeated and not blurred. A negative value is placed too",
        )
        f.law(
            "the switch names the place",
            bool((np.diag(out) == -2.5).all()),
            "one window: the value is not at the place that its switch names, or has changed",
            "place s is row s // k, column s % k of the window, and R is placed as it is, sign included",
            "try a window with s = 1 on paper: upper row, second column. Is a value cut to a whole number (dtype)?",
        )
    x, p, s = (np.array(v)[None, :, :, None] for v in (_IMAGE, _POOLED, _PLACES))
    for _ in range(3):
        R = rng.normal(size=p.shape)
        f.law(
            "the adjoint of pooling",
            abs(float((call(R, s, 2) * x).sum() - (R * p).sum())) < 1e-3,
            "<unpool(R, s), x> and <R, p> differ, for the x that made s",
            "unpooling is the adjoint of the pooling that made the switches: <unpool(R, s), x> = <R, pool(x)>",
            "follow one window: does R_ij meet the pixel where p_ij came from?",
        )
    for k in (1, 2, 3):
        R, places = rng.normal(size=(2, 2, 3, 4)), rng.integers(0, k * k, (2, 2, 3, 4))
        out = call(R, places, k)
        for i in range(2):
            for j in range(3):
                one = call(R[:, i : i + 1, j : j + 1], places[:, i : i + 1, j : j + 1], k)
                f.law(
                    "windows are separate",
                    close(out[:, i * k : (i + 1) * k, j * k : (j + 1) * k], one),
                    f"with k = {k}, a window alone gives another result than beside others",
                    "entry (i, j) of R fills rows k i to k i + k - 1, columns k j to k j + k - 1, and nothing else",
                    "check how you join window rows with rows inside a window: the axes have to be neighbours",
                )
        channels = [call(R[..., c : c + 1], places[..., c : c + 1], k) for c in range(4)]
        f.law(
            "channels have switches of their own",
            close(out, np.concatenate(channels, axis=-1)),
            "a channel alone gives another result than beside other channels",
            "channel c of R is placed by the switches s[..., c]",
            "which axis of s do you index with 0, or drop?",
        )
    f.law(
        "linearity in R",
        close(call(-3 * R, places, k), -3 * out),
        "when R is tripled and its sign turned, the result does not do the same",
        "unpooling is linear in R: it moves values and changes none",
        "is there an abs, a maximum or a ReLU? that belongs to relu_back",
    )
    f.passed()


def check_relu_back(relu_back: Callable) -> None:
    """Laws of `relu_back(R, a, mode)` for a >= 0, the output of the ReLU."""
    f = Checked("relu_back", relu_back)
    rng = np.random.default_rng(3)
    z, R = rng.normal(size=(2, 4, 4, 3)), rng.normal(size=(2, 4, 4, 3))
    a, step, way = np.maximum(z, 0), 1e-7, rng.normal(size=z.shape)

    def call(R: NDArray, a: NDArray, mode: str) -> NDArray:
        return f(R, a, mode, shape=R.shape)

    slope = (np.maximum(z + step * way, 0) - np.maximum(z - step * way, 0)) / (2 * step)
    f.law(
        "grad is the slope of the ReLU",
        close(call(R, a, "grad") * way, R * slope, 1e-3),
        'mode "grad": the result is not R times the slope of the ReLU',
        "the gradient passes where the unit was on (a > 0), with its sign, and is 0 where a = 0",
        "which array decides, and do negative R pass? do you return R times the gate, or the gate?",
    )
    there, back = call(R, a, "deconv"), call(-R, a, "deconv")
    f.law(
        "deconv hands on nothing negative",
        bool((there >= 0).all()),
        'mode "deconv": negative values come out',
        "the deconvnet keeps what is positive in the signal on its way back",
        "which array's sign decides in this mode?",
    )
    f.law(
        "deconv splits R by its sign",
        close(there - back, R),
        'mode "deconv": the results for R and for -R do not add up to R (the second with a minus)',
        "deconv(R) - deconv(-R) = R: whatever is positive passes unchanged, whether the unit was on or off",
        "does a take part in this mode? it must not. Do you return R times the gate, or the gate?",
    )
    f.law(
        "deconv does not look at a",
        close(call(R, np.zeros_like(a), "deconv"), there),
        'mode "deconv": the result changes when all units are switched off',
        "the ReLU of the deconvnet forgets the forward pass",
        "R alone decides in this mode",
    )
    f.law(
        "guided is both gates",
        close(call(R, a, "guided"), call(there, a, "grad")),
        'mode "guided" is not "deconv" followed by "grad"',
        "guided backpropagation passes what both others would pass: R > 0 and a > 0",
        "combine the two conditions; both have to hold",
    )
    for mode in ("grad", "deconv", "guided"):
        f.law(
            "only the sign of a counts",
            close(call(R, 5 * a, mode), call(R, a, mode)),
            f'mode "{mode}": the result changes when all activations are five times as large',
            "a gate is open or closed; how strongly a unit was on does not matter",
            "a decides, but it is no factor",
        )
        f.law(
            "twice R, twice the result",
            close(call(2 * R, a, mode), 2 * call(R, a, mode)),
            f'mode "{mode}": twice the signal does not give twice the result',
            "what passes, passes unchanged",
            "multiply R by 0 or 1, nothing else",
        )
        flat = call(R.reshape(-1, 3), a.reshape(-1, 3), mode)
        f.law("any shape", close(flat, call(R, a, mode).reshape(-1, 3)), f'mode "{mode}": the shape changes the values',
              "each entry is treated by itself", "use operations that work element by element")  # fmt: skip
    f.passed()


def check_pads(pads: Callable) -> None:
    """Laws of `pads(size, kernel, stride, pad)`: enough zeros, none too many, the odd one after."""
    f = Checked("pads", pads, returns="two whole numbers")

    def call(size: int, kernel: int, stride: int, pad: str) -> tuple[int, int]:
        both = np.asarray(f.raw(size, kernel, stride, pad))
        if both.shape != (2,) or both.dtype.kind not in "iu":
            whole = both.dtype.kind in "iu"
            f.broken(
                f"{both.size} {'whole numbers' if whole else f'values of dtype {both.dtype}'} came back",
                "pads returns two whole numbers, before and after",
                "end with: return before, after"
                if whole
                else "use // and not /; a ceiling without floats is -(-a // b)",
            )
        return int(both[0]), int(both[1])

    for size in range(5, 12):
        for kernel in range(1, 6):
            for stride in (1, 2, 3):
                case = f"size {size}, kernel {kernel}, stride {stride}"
                f.law(
                    "valid has none",
                    call(size, kernel, stride, "valid") == (0, 0),
                    f'{case}, "valid": zeros were added',
                    '"valid" pads nothing',
                    "look at pad first",
                )
                before, after = call(size, kernel, stride, "same")
                positions = -(-size // stride)
                spare = before + size + after - ((positions - 1) * stride + kernel)
                f.law(
                    "never negative",
                    before >= 0 and after >= 0,
                    f'{case}, "same": a negative number of zeros',
                    "where the stride exceeds the kernel nothing is missing: no zeros, and nothing is cut off",
                    "take the maximum of your number and 0",
                )
                f.law(
                    "enough zeros",
                    spare >= 0,
                    f'{case}, "same": the last of {positions} positions reaches past the end',
                    '"same" makes ceil(size / stride) positions fit',
                    "is it the ceiling that you take? where does the last position start, and where does it end?",
                )
                f.law(
                    "not one too many",
                    spare == 0 or before + after == 0,
                    f'{case}, "same": {spare} zeros more than the last position reads',
                    '"same" adds as few zeros as ceil(size / stride) positions need',
                    "does the stride enter? kernel - 1 zeros are right for stride 1 only",
                )
                f.law(
                    "the odd one comes after",
                    after - before in (0, 1),
                    f'{case}, "same": {before} before and {after} after',
                    "both sides get equally many; the odd one comes after, at the bottom or at the right",
                    "round down for before; after gets what is left",
                )
    f.passed()


# Rows and columns of an image, kernel, stride, and where "same" puts its zeros.
_SAME = (
    ((5, 6), (3, 3), 1, ((1, 1), (1, 1))),
    ((5, 6), (5, 3), 1, ((2, 2), (1, 1))),
    ((6, 7), (2, 3), 1, ((0, 1), (1, 1))),
    ((6, 8), (3, 3), 2, ((0, 1), (0, 1))),
    ((7, 8), (3, 2), 2, ((1, 1), (0, 0))),
    ((6, 5), (4, 2), 1, ((1, 2), (0, 1))),
)


def check_conv2d(conv2d: Callable) -> None:
    """Laws of `conv2d(x, W, b, pad, stride)`."""
    f = Checked("conv2d", conv2d)
    rng = np.random.default_rng(4)

    slices = "print the shape of the slice that one kernel entry meets, and of z; does it carry the step ::stride?"

    def call(x: NDArray, W: NDArray, b: NDArray, pad: str, stride: int) -> NDArray:
        sizes = [
            -(-n // stride) if pad == "same" else (n - m) // stride + 1
            for n, m in zip(x.shape[1:3], W.shape[:2], strict=True)
        ]
        law = '"same" gives ceil(H / stride) rows, "valid" those positions at which the kernel stays inside'
        advice = (
            "do rows use pads(H, kh, ...), columns pads(W, kw, ...), and is the result as long as positions fit?"
            if pad == "same"
            else "does the stride enter? rows: (H - kh) // stride + 1, columns with kw"
        )
        result = f.raw(x, W, b, pad, stride, next_step=slices if stride > 1 else "")
        return _sized(f, result, (len(x), *sizes, W.shape[3]), law, advice)

    b, none = rng.normal(size=5), np.zeros(5)
    x, W = rng.normal(size=(3, 5, 6, 4)), rng.normal(size=(3, 2, 4, 5))
    _batch(f, lambda x: call(x, W, b, "valid", 1), x)
    f.law(
        "linearity",
        close(call(-2 * x, W, none, "valid", 1), -2 * call(x, W, none, "valid", 1)),
        "without a bias, twice the image with its sign turned does not give twice the output with its sign turned",
        "without a bias a convolution is linear in x",
        "is there a ReLU? it comes after conv2d, not inside",
    )
    for kernel in ((3, 3), (3, 2)):
        W, x = rng.normal(size=(*kernel, 4, 5)), rng.normal(size=(3, *kernel, 4))
        dense = (x.reshape(3, -1) @ W.reshape(-1, 5))[:, None, None]
        f.law(
            "a kernel of the image's size is a dense layer",
            close(call(x, W, none, "valid", 1), dense),
            "with a kernel as large as the image, the one output is not the sum of all products x * W",
            "kernel entry (m, n) meets pixel (m, n): the kernel is not flipped, and all input channels are summed",
            "do the kernel's entries add up (+=)? which pixel does W[0, 0] meet? is an axis of W in another's place?",
        )
    f.law(
        "the bias is added once",
        close(call(x, W, b, "valid", 1), dense + b),
        "with a bias, the outputs are not those without it plus b",
        "b[o] is added once to every output of channel o",
        "where do you add b: inside the loop over the kernel, or once?",
    )
    x = rng.normal(size=(2, 9, 8, 4))
    for stride in (1, 2, 3):
        out = call(x, W, b, "valid", stride)
        for name, cut, part in (
            ("row", x[:, stride:], out[:, 1:]),
            ("column", x[:, :, stride:], out[:, :, 1:]),
        ):
            f.law(
                "a shifted image gives shifted outputs",
                close(call(cut, W, b, "valid", stride), part),
                f"stride {stride}: without the first {stride} {name}s of x, not the outputs from the second on",
                f"output {name} i starts at input {name} i * stride: one stride less of the image, one output less",
                "does each slice carry the step ::stride? how far does the window move, and where does it start?",
            )
        f.law(
            "the first output sees the first window",
            close(call(x[:, :3, :2], W, b, "valid", stride), out[:, :1, :1]),
            f"stride {stride}: an output changes when pixels outside its window are cut away",
            "output (0, 0) is made of rows 0 to kh - 1 and columns 0 to kw - 1",
            "which slice of x does entry (m, n) of the kernel meet?",
        )
    for (H, width), kernel, stride, zeros in _SAME:
        x, W = rng.normal(size=(2, H, width, 3)), rng.normal(size=(*kernel, 3, 2))
        put_in = np.pad(x, ((0, 0), *zeros, (0, 0)))
        f.law(
            '"same" is "valid" on an image with zeros around it',
            close(call(x, W, b[:2], "same", stride), call(put_in, W, b[:2], "valid", stride)),
            f'"same", {H} x {width}, kernel {kernel[0]} x {kernel[1]}, stride {stride}: not "valid" after padding',
            "rows and columns are padded with zeros, each by its own pads; the odd zero comes after",
            "does pads pass its own check? do rows use kh and columns kw, and is before really before?",
        )
    f.passed()


def check_conv2d_T(conv2d_T: Callable, conv2d: Callable) -> None:
    """Laws of `conv2d_T(R, W, shape, pad, stride)`, last that it is the adjoint of `conv2d`, the student's own."""
    f = Checked("conv2d_T", conv2d_T)
    rng = np.random.default_rng(5)

    room = "do rows use pads(H, kh, ...) and columns pads(W, kw, ...)? is the padded image as large as in conv2d?"
    step = "does the slice that you add to carry the step ::stride, and is it h by w large?"

    def call(R: NDArray, W: NDArray, shape: tuple[int, ...], pad: str, stride: int) -> NDArray:
        advice = room if pad == "same" else step if stride > 1 else ""
        result = f.raw(R, W, shape, pad, stride, next_step=advice)
        return _sized(
            f,
            result,
            shape,
            "the result has the shape of x, which is the argument shape",
            "is the padding cut off? a slice that ends at -0 is empty: end at before + H. Rows use kh, columns kw",
        )

    R, W = rng.normal(size=(3, 5, 5, 4)), rng.normal(size=(3, 3, 2, 4))
    _batch(f, lambda R: call(R, W, (len(R), 7, 7, 2), "valid", 1), R)
    W, R = rng.normal(size=(3, 2, 4, 5)), rng.normal(size=(3, 1, 1, 5))
    f.law(
        "nothing comes from nothing",
        not call(0 * R, W, (3, 3, 2, 4), "valid", 1).any(),
        "R = 0 gives a result that is not 0",
        "the adjoint is linear in R and knows no bias",
        "start from zeros and add only what R brings",
    )
    f.law(
        "a kernel of the image's size is a dense layer",
        close(call(R, W, (3, 3, 2, 4), "valid", 1), (R.reshape(3, 5) @ W.reshape(-1, 5).T).reshape(3, 3, 2, 4)),
        "with a kernel as large as the image, pixel (m, n) does not get R @ W[m, n].T",
        "the way back uses the same weights: what pixel (m, n) gave by W[m, n] it gets back by W[m, n], transposed",
        "is the kernel flipped, or not transposed over its channels? is anything cut off or divided?",
    )
    counted = call(np.ones((1, 3, 4, 1)), np.ones((3, 2, 1, 1)), (1, 5, 5, 1), "valid", 1)
    f.law(
        "where windows overlap, their signals add up",
        close(counted.sum(), np.array(72.0)),
        "12 outputs with R = 1 and a kernel of 6 ones do not bring 72 to the image in all",
        "a pixel that several outputs have read gets something back from each of them",
        "is it += and not =? is anything divided by a count?",
    )
    for stride in (2, 3):
        W = rng.normal(size=(3, 2, 2, 4))
        R, shape = np.zeros((1, 3, 3, 4)), (1, 2 * stride + 3, 2 * stride + 2, 2)
        R[0, 1, 2] = rng.normal(size=4)
        out = call(R, W, shape, "valid", stride)
        window = out[:, stride : stride + 3, 2 * stride : 2 * stride + 2]
        f.law(
            "each output gives to its own window",
            close(window, (R @ W.reshape(-1, 4).T)[:, 1, 2].reshape(1, 3, 2, 2))
            and close(np.abs(window).sum(), np.abs(out).sum()),
            f'"valid", stride {stride}: the signal of output (1, 2) alone does not come back to its window alone',
            "output (i, j) has read rows from i * stride on and columns from j * stride on: it gives back to these",
            step,
        )
    for (H, width), (kh, kw), stride, ((top, bottom), (left, right)) in _SAME:
        shape, ones = (1, H, width, 1), np.ones((kh, kw, 1, 1))
        h, w = -(-H // stride), -(-width // stride)
        for where, at, rows, columns in (("first", (0, 0), top, left), ("last", (h - 1, w - 1), bottom, right)):
            R = np.zeros((1, h, w, 1))
            R[0, at[0], at[1]] = 1.0
            f.law(
                "what lands on the padding is cut off",
                close(call(R, ones, shape, "same", stride).sum(), np.array(float((kh - rows) * (kw - columns)))),
                f'"same", {H} x {width}, kernel {kh} x {kw}, stride {stride}: the {where} output reaches wrong pixels',
                "the last output reads the padding after the image, the first the padding before it: both are cut off",
                "rows are cut by pads(H, kh, ...), columns by pads(W, kw, ...); the image begins after the first zeros",
            )
    x = rng.normal(size=(2, 6, 7, 3))
    g = Checked("conv2d", conv2d)
    for pad, stride, kernel in (("valid", 1, (3, 2)), ("valid", 3, (2, 3)), ("same", 1, (3, 4)), ("same", 2, (3, 3))):
        W = rng.normal(size=(*kernel, 3, 4))
        up = g.raw(x, W, np.zeros(4), pad, stride)
        up = g.array(up, np.shape(up))
        for _ in range(2):
            R = up + rng.normal(size=up.shape)
            above, below = float((up * R).sum()), float((x * call(R, W, x.shape, pad, stride)).sum())
            f.law(
                "the adjoint of your conv2d",
                abs(above - below) <= 1e-4 * abs(above),
                f'"{pad}", stride {stride}: <conv2d(x, W, 0), R> and <x, conv2d_T(R, W)> differ',
                "conv2d_T is the adjoint of conv2d: both inner products are the same sum of x * W * R",
                "does conv2d pass its own check? then: every product x * W of conv2d has its twin R * W here",
            )
    f.passed()


Params = list[tuple[NDArray, NDArray, int]]


def _one_pixel(x: Sequence[float], top: Sequence[float], sign: float = 1.0) -> tuple[Params, NDArray]:
    """A network whose first layer copies its inputs (times ``sign``); its second adds them, weighted by ``top``."""
    n = len(x)
    first = (sign * np.eye(n)[None, None], np.zeros(n), 1)
    second = (np.array(top)[None, None, :, None], np.full(1, 0.5), 1)
    return [first, second], sign * np.array(x)[None, None, None]


def check_toy_deconvnet(toy_deconvnet: Callable, conv2d: Callable, pool_switches: Callable) -> None:
    """Laws of `toy_deconvnet(params, x, ch, mode)`; networks are run forward by the student's own functions."""
    f = Checked("toy_deconvnet", toy_deconvnet)

    shapes = 'is the start shaped as the last p, not as the last r? are both lists reversed? "same" both ways?'

    def call(params: Params, x: NDArray, ch: int, mode: str) -> NDArray:
        return f.array(
            f.raw(params, x, ch, mode, next_step=shapes if len(params) > 1 or params[0][2] > 1 else ""), x.shape
        )

    rng = np.random.default_rng(6)
    copy, x = [(np.eye(3)[None, None], np.zeros(3), 1)], rng.random((2, 3, 4, 3)) + 0.1
    for ch in (0, 2):
        out = call(copy, x, ch, "grad")
        f.law(
            "the start: no other channel",
            not np.delete(out, ch, axis=-1).any(),
            f"in a network that copies its input, channel {ch} is projected to other channels too",
            "channel ch starts, all other channels are zero",
            "print the start: in how many channels is it not zero?",
        )
        f.law(
            "the start: the channel's activations",
            close(out[..., ch], x[..., ch]),
            f"in a network that copies its input, the projection of channel {ch} is not that channel",
            "the start is channel ch with its own activations, at all places and for every image",
            "ones, the strongest place alone, or another image's channel would be other starts",
        )
    table = {"grad": "+-00", "deconv": "+0+0", "guided": "+000"}
    for sign in (1.0, -1.0):
        params, x = _one_pixel((2.0, 1.0, -1.0, -1.0), (1.0, -1.0, 1.0, -1.0), sign)
        for mode, due in table.items():
            out = sign * call(params, x, 0, mode).ravel()
            seen = "".join("+" if v > 1e-9 else "-" if v < -1e-9 else "0" for v in out)
            f.law(
                "four units, three modes",
                seen == due,
                f'mode "{mode}", units on, on, off, off, where +, -, +, - arrives: signs {seen} come, {due} are due',
                "relu_back at every ReLU, with that layer's own a; the last step, to the pixels, has no ReLU",
                "does relu_back pass its check? is mode handed on? does the walk end with conv2d_T?",
            )
    g, h = Checked("conv2d", conv2d), Checked("pool_switches", pool_switches, returns="a pair p, s")

    def energy(params: Params, x: NDArray, ch: int) -> float:
        for W, b, k in params:
            r = np.maximum(g.raw(x, W, b, "same", 1), 0)
            x = np.asarray(h.raw(r, k)[0])
        return 0.5 * float((x[..., ch] ** 2).sum())

    for pools in ((2,), (1, 2), (2, 2), (1, 2, 1)):
        params, x = _network(rng, pools)
        for ch in range(2):
            for b in range(len(x)):
                one, way = x[b : b + 1], rng.normal(size=x[:1].shape)
                step = 1e-6
                slope = (energy(params, one + step * way, ch) - energy(params, one - step * way, ch)) / (2 * step)
                here = float((call(params, one, ch, "grad") * way).sum())
                scale = max(abs(slope), 0.05 * float(np.sqrt((call(params, one, ch, "grad") ** 2).sum())), 1e-6)
                f.law(
                    "grad is the gradient",
                    abs(here - slope) <= 2e-3 * scale,
                    f'mode "grad", depth {len(pools)}: not the slope of half the sum of the squares of channel ch',
                    "start: channel ch with its own activations, zeros in all others; then the chain rule",
                    'do the pieces pass their checks? has each layer its own s, r, W? "same", stride 1, both ways?',
                )
    positive = [(np.abs(W), np.abs(b), k) for W, b, k in params]
    x = np.abs(x)
    by_mode = [call(positive, x, 1, mode) for mode in ("grad", "deconv", "guided")]
    f.law(
        "where all is positive the modes agree",
        close(by_mode[0], by_mode[1]) and close(by_mode[0], by_mode[2]),
        "positive kernels, biases and image, and still the three modes differ",
        "the modes differ at the ReLUs alone; where every unit is on and every signal positive, no ReLU stops anything",
        "does something besides relu_back depend on mode?",
    )
    for mode in table:
        _batch(f, lambda x, mode=mode: call(params, x, 0, mode), x - 0.5)  # type: ignore[misc]
    f.passed()


def _network(rng: np.random.Generator, pools: Sequence[int]) -> tuple[Params, NDArray]:
    """A random network of channels 2, 3, 3, ..., 2 and two images that its pooling divides."""
    C = [2, *[3] * (len(pools) - 1), 2]
    params = [
        (rng.normal(size=(3, 3, C[l], C[l + 1])) / 3, 0.1 + 0.1 * rng.random(C[l + 1]), k) for l, k in enumerate(pools)
    ]
    side = int(np.prod(pools)) * 2
    return params, rng.normal(size=(2, side, 2 * side, 2))


def check_deconv_walk(deconv_walk: Callable) -> None:
    """Laws of the bug hunt's `deconv_walk(params, x, ch)` for signals x (T, Ci)."""
    f = Checked("deconv_walk", deconv_walk, needed=False)
    rng = np.random.default_rng(7)

    def measured(params: Any, x: NDArray, ch: int, symptom: str, next_step: str) -> None:
        """All units on and all kernels positive: no ReLU acts, and the walk is the gradient."""
        way, step = rng.normal(size=x.shape), 1e-6
        slope = (_energy(params, x + step * way, ch) - _energy(params, x - step * way, ch)) / (2 * step)
        along = float((f(params, x, ch, shape=x.shape) * way).sum())
        f.law(
            "all on, all positive: the gradient",
            abs(along - slope) <= 1e-3 * abs(slope),
            symptom,
            "where every unit is on and every kernel positive, the walk is the gradient, and a slope can be measured",
            next_step,
        )

    for _ in range(3):
        params = [(rng.random((3, 1, 1)) * [[[1.0]], [[2.0]], [[5.0]]], rng.random(1)) for _ in range(2)]
        measured(
            params,
            rng.random((16, 1)),
            0,
            "one channel, a kernel that is heavier at one end: the result is not the slope of the channel's energy",
            "send a single 1 up through correlate and a single 1 down: to which side does the heavy end go?",
        )
        params = [(rng.random((1, 3, 4)) ** 3, rng.random(4)), (rng.random((1, 4, 2)), rng.random(2))]
        measured(
            params,
            rng.random((16, 3)),
            1,
            "several channels, kernels of one entry: the result is not the slope of the channel's energy",
            "kernels of one entry cannot be turned round, and all units are on: what is left is the unpooling",
        )
    copy, spread = (np.ones((1, 1, 1)), np.zeros(1)), (np.ones((3, 1, 1)), np.zeros(1))
    x = np.array([1.0, 2, -1, -2, 3, 1, 1, 2, -3, -1, 2, 1, 1, 3, 1, 2])[:, None]
    out = f([copy, spread], x, 0, shape=x.shape)
    off = out.reshape(-1, 2).sum(axis=1)[[1, 4]]
    f.law(
        "the deconvnet forgets the forward pass",
        bool((off > 0).all()),
        "a pair of units that were off gets nothing, though positive signal comes down to it",
        "the deconvnet's ReLU looks at the sign of the signal that comes down, and at nothing else",
        'which of the three modes is in the code? this is to be the one called "deconv"',
    )
    f.law("no negative signal", bool((out >= 0).all()), "negative values, though both kernels are positive",
          "positive kernels hand on positive signals", "is there a ReLU on the way down at all?")  # fmt: skip
    f.law(
        "no ReLU at the pixels",
        close(f([(-copy[0], copy[1]), spread], -x, 0, shape=x.shape), -out),
        "with the signs of x and of the first kernel both turned, the result does not turn its sign",
        "after the last filter stands no ReLU: a projection may be negative where the kernel is",
        "count the ReLUs on the way down: one for each layer, before its filter",
    )
    damped = [copy, (np.array([-1.0, 1.0, -1.0])[:, None, None], np.zeros(1))]
    single = np.zeros((16, 1))
    single[[4, 6, 8], 0] = [0.4, 1.0, 0.5]
    f.law(
        "what is negative stops",
        bool((f(damped, single, 0, shape=single.shape) >= 0).all()),
        "a kernel with negative weights sends negative signal down, and it passes the next ReLU",
        "the deconvnet keeps what is positive, at every ReLU on the way down",
        "after unpooling and before the filter stands the ReLU: what does it let through?",
    )
    f.passed()


def _energy(params: Sequence[tuple[NDArray, NDArray]], x: NDArray, ch: int) -> float:
    """Half the sum of the squares of channel ch, as the supplied code runs the network forward."""
    for W, b in params:
        z = [sum(np.correlate(x[:, i], W[:, i, o], "same") for i in range(W.shape[1])) for o in range(W.shape[2])]
        r = np.maximum(np.stack(z, axis=1) + b, 0)
        x = r.reshape(-1, 2, r.shape[1]).max(axis=1)
    return 0.5 * float((x[:, ch] ** 2).sum())
