"""What the notebook's given cells hold, for the bank's solutions, and what several of them share."""

import numpy as np

EPSILON = 1.001e-5


def conv2d(x, W, b=0.0, stride=1):
    """As in the notebook."""
    import tensorflow as tf

    return tf.nn.conv2d(x, W.astype(x.dtype), stride, "SAME").numpy() + b


def batchnorm(x, gamma, beta, mean, var):
    """As in the notebook."""
    return gamma * (x - mean) / np.sqrt(var + EPSILON) + beta


def relu(x):
    return np.maximum(x, 0)
