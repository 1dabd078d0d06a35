"""Solutions of the bug hunt, ``deconv_walk(params, x, ch)``: the supplied code with some of its three bugs left."""

import numpy as np

from autograder.checks.lab04 import reference


def _walk(params, x, ch, *, channel_0=False, gate=False, correlate=False, no_relu=False, last=False, ones=False):
    """The walk with each of the seeded bugs, and some that repairs bring, switched on or off."""
    a, memory = x, []
    for W, b in params:
        z = [sum(np.correlate(a[:, i], W[:, i, o], "same") for i in range(W.shape[1])) for o in range(W.shape[2])]
        r = np.maximum(np.stack(z, axis=1) + b, 0)
        pairs = r.reshape(-1, 2, r.shape[1])
        memory.append((r, pairs.argmax(axis=1)))
        a = pairs.max(axis=1)
    R = np.zeros_like(a)
    R[:, ch] = 1.0 if ones else a[:, ch]
    way = np.correlate if correlate else np.convolve
    for (W, _), (r, s) in zip(params[::-1], memory[::-1], strict=True):
        up = np.zeros_like(r)
        for c in range(r.shape[1]):
            up[2 * np.arange(len(s)) + s[:, 0 if channel_0 else c], c] = R[:, c]
        if not no_relu:
            up = np.maximum(up, 0)
        if gate:
            up = up * (r > 0)
        R = np.stack(
            [sum(way(up[:, o], W[:, i, o], "same") for o in range(W.shape[2])) for i in range(W.shape[1])], axis=1
        )
    return np.maximum(R, 0) if last else R


def right_repaired(params, x, ch):
    """All three repaired."""
    return _walk(params, x, ch)


def right_reference(params, x, ch):
    """As images of one column, with the lab's own functions."""
    return reference.deconv_walk(params, x, ch)


def right_flipped_correlate(params, x, ch):
    """np.correlate kept, the kernel turned round."""
    a, memory = x, []
    for W, b in params:
        z = [sum(np.correlate(a[:, i], W[:, i, o], "same") for i in range(W.shape[1])) for o in range(W.shape[2])]
        r = np.maximum(np.stack(z, axis=1) + b, 0)
        pairs = r.reshape(-1, 2, r.shape[1])
        memory.append((r, pairs.argmax(axis=1)))
        a = pairs.max(axis=1)
    R = np.zeros_like(a)
    R[:, ch] = a[:, ch]
    for (W, _), (r, s) in zip(params[::-1], memory[::-1], strict=True):
        pairs = np.zeros((len(s), 2, r.shape[1]))
        np.put_along_axis(pairs, s[:, None], R[:, None], axis=1)
        up = np.maximum(pairs.reshape(r.shape), 0)
        R = np.stack(
            [sum(np.correlate(up[:, o], W[::-1, i, o], "same") for o in range(W.shape[2])) for i in range(W.shape[1])],
            axis=1,
        )
    return R


def right_matrices(params, x, ch):
    """Each convolution as a matrix, transposed on the way down."""
    a, memory = x, []
    for W, b in params:
        T, (n, Ci, Co) = len(a), W.shape
        matrix = np.zeros((T, Ci, T, Co))
        for t in range(T):
            for m in range(n):
                if 0 <= t + m - n // 2 < T:
                    matrix[t + m - n // 2, :, t] += W[m]
        matrix = matrix.reshape(T * Ci, T * Co)
        r = np.maximum((a.reshape(-1) @ matrix).reshape(T, Co) + b, 0)
        s = r.reshape(-1, 2, Co).argmax(axis=1)
        memory.append((matrix, s))
        a = r.reshape(-1, 2, Co).max(axis=1)
    R = a * (np.arange(a.shape[1]) == ch)
    for matrix, s in memory[::-1]:
        up = R[:, None] * (s[:, None] == np.arange(2)[:, None])
        R = np.maximum(up.reshape(-1), 0) @ matrix.T
        R = R.reshape(2 * len(s), -1)
    return R


def right_float32(params, x, ch):
    """Single precision."""
    return _walk([(W.astype(np.float32), b.astype(np.float32)) for W, b in params], x.astype(np.float32), ch)


def wrong_supplied(params, x, ch):
    """Nothing repaired."""
    return _walk(params, x, ch, channel_0=True, gate=True, correlate=True)


def wrong_only_switches(params, x, ch):
    """Only the switches repaired."""
    return _walk(params, x, ch, gate=True, correlate=True)


def wrong_only_gate(params, x, ch):
    """Only the gate repaired."""
    return _walk(params, x, ch, channel_0=True, correlate=True)


def wrong_only_filter(params, x, ch):
    """Only the filter repaired."""
    return _walk(params, x, ch, channel_0=True, gate=True)


def wrong_switches_left(params, x, ch):
    """The switches of channel 0 left."""
    return _walk(params, x, ch, channel_0=True)


def wrong_gate_left(params, x, ch):
    """Guided in the place of deconv left."""
    return _walk(params, x, ch, gate=True)


def wrong_filter_left(params, x, ch):
    """The filter that is not turned round left."""
    return _walk(params, x, ch, correlate=True)


def wrong_no_relu(params, x, ch):
    """All repaired, but the ReLU thrown out with the gate."""
    return _walk(params, x, ch, no_relu=True)


def wrong_gradient(params, x, ch):
    """The gate kept and the ReLU thrown out: the gradient."""
    return _walk(params, x, ch, gate=True, no_relu=True)


def wrong_flipped_twice(params, x, ch):
    """np.convolve with a kernel that was turned round before: nothing gained."""
    return _walk(params, x, ch, correlate=True)


def wrong_start_ones(params, x, ch):
    """All repaired, but it starts from ones."""
    return _walk(params, x, ch, ones=True)


def wrong_relu_at_the_end(params, x, ch):
    """All repaired, and a ReLU after the last filter."""
    return _walk(params, x, ch, last=True)


def wrong_channel_0(params, x, ch):
    """Projects channel 0 whatever is asked for."""
    return _walk(params, x, 0)
