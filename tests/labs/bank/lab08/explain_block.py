"""Solutions of the bug hunt, ``explain_block(a, W, b, bn, R)``; the buggy function's parts with bugs switched on."""

import numpy as np


def _stabilised(z):
    return z + 1e-12 * np.where(z >= 0, 1.0, -1.0)


def _block(a, W, b, bn, R, axis=False, bias=False, gate=False):
    g = bn["gamma"] / np.sqrt(bn["var"] + bn["eps"])
    V = W * (g[:, None] if axis else g)
    d = b - g * bn["mean"] + bn["beta"] if bias else g * (b - bn["mean"]) + bn["beta"]
    branch = a @ V + d
    z = a + branch
    R = R * (z > 0) if gate else R
    q = R / _stabilised(z)
    R_skip, R_branch = a * q, branch * q
    return R_skip + a * ((R_branch / _stabilised(branch)) @ V.T)


def right_repaired(a, W, b, bn, R):
    """All three repaired."""
    return _block(a, W, b, bn, R)


def right_short(a, W, b, bn, R):
    """Skip and branch as one linear layer."""
    g = bn["gamma"] / np.sqrt(bn["var"] + bn["eps"])
    V = W * g + np.eye(len(W))
    z = a @ V + g * (b - bn["mean"]) + bn["beta"]
    return a * ((R / _stabilised(z)) @ V.T)


def right_loop(a, W, b, bn, R):
    """Image by image."""
    return np.concatenate([_block(a[k : k + 1], W, b, bn, R[k : k + 1]) for k in range(len(a))])


def right_einsum(a, W, b, bn, R):
    """By contributions."""
    root = np.sqrt(np.asarray(bn["var"]) + bn["eps"])
    V = np.einsum("ij,j->ij", W, bn["gamma"] / root)
    z = np.einsum("bi,ij->bj", a, V) + bn["gamma"] * (b - bn["mean"]) / root + bn["beta"] + a
    q = R / _stabilised(z)
    return a * q + np.einsum("bi,ij,bj->bi", a, V, q)


def wrong_as_found(a, W, b, bn, R):
    """All three bugs."""
    return _block(a, W, b, bn, R, axis=True, bias=True, gate=True)


def wrong_axis(a, W, b, bn, R):
    """The first bug is left."""
    return _block(a, W, b, bn, R, axis=True)


def wrong_bias(a, W, b, bn, R):
    """The second bug is left."""
    return _block(a, W, b, bn, R, bias=True)


def wrong_gate(a, W, b, bn, R):
    """The third bug is left."""
    return _block(a, W, b, bn, R, gate=True)


def wrong_axis_and_bias(a, W, b, bn, R):
    """Two are left."""
    return _block(a, W, b, bn, R, axis=True, bias=True)


def wrong_axis_and_gate(a, W, b, bn, R):
    """Two are left."""
    return _block(a, W, b, bn, R, axis=True, gate=True)


def wrong_bias_and_gate(a, W, b, bn, R):
    """Two are left."""
    return _block(a, W, b, bn, R, bias=True, gate=True)


def wrong_bias_dropped(a, W, b, bn, R):
    """Repairs the second by dropping the bias."""
    return _block(a, W, 0 * b, bn, R)


def wrong_gate_on_input(a, W, b, bn, R):
    """Moves the gate to the input."""
    return _block(a, W, b, bn, R) * (a > 0)


def wrong_halves(a, W, b, bn, R):
    """Shares half and half at the sum."""
    g = bn["gamma"] / np.sqrt(bn["var"] + bn["eps"])
    V, d = W * g, g * (b - bn["mean"]) + bn["beta"]
    return R / 2 + a * ((R / 2 / _stabilised(a @ V + d)) @ V.T)


def wrong_unfolded_kernel(a, W, b, bn, R):
    """The way back through the kernel as it was."""
    g = bn["gamma"] / np.sqrt(bn["var"] + bn["eps"])
    branch = a @ (W * g) + g * (b - bn["mean"]) + bn["beta"]
    q = R / _stabilised(a + branch)
    return a * q + a * (q @ W.T)
