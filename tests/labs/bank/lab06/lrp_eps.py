"""Solutions of ``lrp_eps(a, W, b, R, eps)``."""

import numpy as np

from autograder.reference.dense import stabilise


def right_four_steps(a, W, b, R, eps):
    """The four steps."""
    z = a @ W + b
    return a * ((R / stabilise(z, eps)) @ W.T)


def right_loops(a, W, b, R, eps):
    """Three Python loops over the shares."""
    B, I = a.shape
    out = np.zeros((B, I))
    for n in range(B):
        for j in range(W.shape[1]):
            z = sum(a[n, i] * W[i, j] for i in range(I)) + b[j]
            z = z + eps if z >= 0 else z - eps
            for i in range(I):
                out[n, i] += a[n, i] * W[i, j] / z * R[n, j]
    return out


def right_einsum(a, W, b, R, eps):
    """One einsum over the table of contributions."""
    z = np.einsum("ni,ij->nj", a, W) + b
    return np.einsum("ni,ij,nj->ni", a, W, R / np.where(z >= 0, z + eps, z - eps))


def right_broadcast(a, W, b, R, eps):
    """The table of shares (B, I, J), summed."""
    contributions = a[:, :, None] * W[None]
    z = contributions.sum(axis=1) + b
    return (contributions / stabilise(z, eps)[:, None, :] * R[:, None, :]).sum(axis=2)


def right_tape(a, W, b, R, eps):
    """Input times the gradient of sum(z * constant quotient), with tf.GradientTape."""
    import tensorflow as tf

    x = tf.convert_to_tensor(a)
    with tf.GradientTape() as tape:
        tape.watch(x)
        z = x @ W + b
        quotient = tf.stop_gradient(R / (z + eps * tf.where(z >= 0, 1.0, -1.0).numpy()))
        total = tf.reduce_sum(z * quotient)
    return (x * tape.gradient(total, x)).numpy()


def right_float32(a, W, b, R, eps):
    """Computed in single precision."""
    a, W, b, R = (np.asarray(v, dtype=np.float32) for v in (a, W, b, R))
    z = a @ W + b
    return a * ((R / np.where(z >= 0, z + np.float32(eps), z - np.float32(eps))) @ W.T)


def right_bias_as_input(a, W, b, R, eps):
    """The bias as one more input, whose relevance is dropped."""
    more_a = np.hstack([a, np.ones((len(a), 1))])
    more_W = np.vstack([W, b])
    return (more_a * ((R / stabilise(more_a @ more_W, eps)) @ more_W.T))[:, :-1]


def wrong_no_bias(a, W, b, R, eps):
    """The bias is missing from z, so everything is conserved."""
    return a * ((R / stabilise(a @ W, eps)) @ W.T)


def wrong_renormalised(a, W, b, R, eps):
    """Puts the lost relevance back, since 'LRP conserves'."""
    out = a * ((R / stabilise(a @ W + b, eps)) @ W.T)
    return out * (R.sum(axis=1, keepdims=True) / out.sum(axis=1, keepdims=True))


def wrong_batch_mean(a, W, b, R, eps):
    """One z for the whole batch, its mean."""
    z = (a @ W + b).mean(axis=0)
    return a * ((R / stabilise(z, eps)) @ W.T)


def wrong_no_division(a, W, b, R, eps):
    """Input times backpropagated R: no division by z."""
    return a * (R @ W.T)


def wrong_no_input(a, W, b, R, eps):
    """Forgets the product with the input."""
    return (R / stabilise(a @ W + b, eps)) @ W.T


def wrong_plus_eps(a, W, b, R, eps):
    """eps without the sign of z."""
    return a * ((R / (a @ W + b + eps)) @ W.T)


def wrong_absolute_z(a, W, b, R, eps):
    """Divides by the magnitude of z."""
    return a * ((R / (np.abs(a @ W + b) + eps)) @ W.T)


def wrong_relu_z(a, W, b, R, eps):
    """z after the ReLU."""
    return a * ((R / (np.maximum(a @ W + b, 0) + eps)) @ W.T)


def wrong_sum_over_outputs(a, W, b, R, eps):
    """Divides by the sum of all outputs, one number per image."""
    z = (a @ W + b).sum(axis=1, keepdims=True)
    return a * ((R / stabilise(z, eps)) @ W.T)


def wrong_eps_ignored(a, W, b, R, eps):
    """A tiny eps of its own in the place of the argument."""
    return a * ((R / stabilise(a @ W + b, 1e-9)) @ W.T)


def wrong_np_sign(a, W, b, R, eps):
    """np.sign in the stabiliser: 0 / 0 where z = 0."""
    z = a @ W + b
    with np.errstate(all="ignore"):
        return a * ((R / (z + eps * np.sign(z))) @ W.T)


def wrong_magnitudes(a, W, b, R, eps):
    """Absolute contributions: all shares positive."""
    contributions = np.abs(a)[:, :, None] * np.abs(W)[None]
    total = contributions.sum(axis=1) + np.abs(b) + eps
    return (contributions / total[:, None, :] * R[:, None, :]).sum(axis=2)


def wrong_bias_shared(a, W, b, R, eps):
    """Gives the bias's share to the inputs in equal parts."""
    quotient = R / stabilise(a @ W + b, eps)
    return a * (quotient @ W.T) + (quotient * b).sum(axis=1, keepdims=True) / a.shape[1]


def wrong_softmax_shares(a, W, b, R, eps):
    """Softmax over the inputs' contributions as shares."""
    contributions = a[:, :, None] * W[None]
    weight = np.exp(contributions - contributions.max(axis=1, keepdims=True))
    return (weight / weight.sum(axis=1, keepdims=True) * R[:, None, :]).sum(axis=2)


def wrong_in_place(a, W, b, R, eps):
    """Divides R in place."""
    R /= stabilise(a @ W + b, eps)
    return a * (R @ W.T)


def wrong_transposed(a, W, b, R, eps):
    """Returns (I, B)."""
    return (a * ((R / stabilise(a @ W + b, eps)) @ W.T)).T


def wrong_first_image_only(a, W, b, R, eps):
    """The first image's z for all images."""
    z = (a @ W + b)[:1]
    return a * ((R / stabilise(z, eps)) @ W.T)
