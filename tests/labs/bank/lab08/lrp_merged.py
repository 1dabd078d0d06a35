"""Solutions of ``lrp_merged(a, g, d, W, b, R, rule)``; what it calls is right."""

import numpy as np

from autograder.checks.lab08.reference import split_bn
from bank.lab08.given import conv2d, lrp_conv


def right_two_lines(a, g, d, W, b, R, rule):
    """As in the lab."""
    u, v = split_bn(a, g, d)
    return lrp_conv(u, W, b + conv2d(v, W, "valid", 1), R, rule, "valid", 1)


def right_matrix_product(a, g, d, W, b, R, rule):
    """The offset by a matrix product."""
    u, v = split_bn(a, g, d)
    return lrp_conv(u, W, v @ W[0, 0] + b, R, rule, "valid", 1)


def right_difference(a, g, d, W, b, R, rule):
    """The offset is what u does not explain of the output."""
    u, _ = split_bn(a, g, d)
    z = conv2d(np.maximum(g * a + d, 0), W, "valid", 1) + b
    return lrp_conv(u, W, z - conv2d(u, W, "valid", 1), R, rule, "valid", 1)


def right_scale_in_the_kernel(a, g, d, W, b, R, rule):
    """The factor moved into the kernel, which reads the gated a."""
    m = g * a + d > 0
    return lrp_conv(m * a, W * g[:, None], b + (m * d) @ W[0, 0], R, rule, "valid", 1)


def right_image_by_image(a, g, d, W, b, R, rule):
    """One image at a time, stacked."""
    return np.concatenate([right_two_lines(a[k : k + 1], g, d, W, b, R[k : k + 1], rule) for k in range(len(a))])


def wrong_no_offset(a, g, d, W, b, R, rule):
    """Forgets v."""
    u, _ = split_bn(a, g, d)
    return lrp_conv(u, W, b + 0 * R, R, rule, "valid", 1)


def wrong_no_bias(a, g, d, W, b, R, rule):
    """Forgets b."""
    u, v = split_bn(a, g, d)
    return lrp_conv(u, W, conv2d(v, W, "valid", 1), R, rule, "valid", 1)


def wrong_pass(a, g, d, W, b, R, rule):
    """The convolution reads the ReLU's output; BatchNorm and ReLU pass."""
    return lrp_conv(np.maximum(g * a + d, 0), W, b, R, rule, "valid", 1)


def wrong_reads_a(a, g, d, W, b, R, rule):
    """The convolution reads a."""
    _, v = split_bn(a, g, d)
    return lrp_conv(a, W, b + conv2d(v, W, "valid", 1), R, rule, "valid", 1)


def wrong_not_gated(a, g, d, W, b, R, rule):
    """No ReLU."""
    return lrp_conv(g * a, W, b + conv2d(d + 0 * a, W, "valid", 1), R, rule, "valid", 1)


def wrong_offset_not_gated(a, g, d, W, b, R, rule):
    """Offsets of closed ReLUs count, too."""
    u, _ = split_bn(a, g, d)
    return lrp_conv(u, W, b + conv2d(d + 0 * a, W, "valid", 1), R, rule, "valid", 1)


def wrong_scaled_twice(a, g, d, W, b, R, rule):
    """g in u and in the kernel."""
    u, v = split_bn(a, g, d)
    return lrp_conv(u, W * g[:, None], b + conv2d(v, W, "valid", 1), R, rule, "valid", 1)


def wrong_scaled_at_the_end(a, g, d, W, b, R, rule):
    """Relevance times g, as a gradient."""
    return right_two_lines(a, g, d, W, b, R, rule) * g


def wrong_always_epsilon(a, g, d, W, b, R, rule):
    """Whatever the rule."""
    return right_two_lines(a, g, d, W, b, R, ("eps", {"eps": 1e-9}))


def wrong_rule_without_options(a, g, d, W, b, R, rule):
    """Its own options."""
    own = {"eps": {"eps": 1e-9}, "ab": {"alpha": 1.5, "beta": 0.5}}
    return right_two_lines(a, g, d, W, b, R, (rule[0], own[rule[0]]))


def wrong_offset_shared(a, g, d, W, b, R, rule):
    """The offset's relevance goes to a, too."""
    u, v = split_bn(a, g, d)
    both = u + v
    return lrp_conv(both, W, b + 0 * R, R, rule, "valid", 1)


def wrong_affine_after(a, g, d, W, b, R, rule):
    """The convolution alone, then the epsilon rule on the BatchNorm alone."""
    y = np.maximum(g * a + d, 0)
    z = g * a + d
    return g * a * lrp_conv(y, W, b, R, rule, "valid", 1) / (z + 1e-9 * np.where(z >= 0, 1, -1)) * 1.0


def wrong_offset_as_input(a, g, d, W, b, R, rule):
    """u and v exchanged."""
    u, v = split_bn(a, g, d)
    return lrp_conv(v, W, b + conv2d(u, W, "valid", 1), R, rule, "valid", 1)


def wrong_mean_offset(a, g, d, W, b, R, rule):
    """The offset's mean over all places."""
    u, v = split_bn(a, g, d)
    return lrp_conv(u, W, b + conv2d(v, W, "valid", 1).mean(axis=(0, 1, 2)), R, rule, "valid", 1)
