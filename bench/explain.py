"""How long an explanation takes, against a plain gradient of the same network in TensorFlow, in one run.

    python bench/explain.py [--batch 8] [--size 64] [--calls 7] [--method NAME ...]

Per network: seconds to the first map from a cold call (reading, canonising, compiling, running), and the ratio of the
median later call to the median call of the gradient; calls of both alternate, so that other load hits both alike.
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from autograder.reference import METHODS, explain
from toonlens.models import ARCHITECTURES, build


def plain_gradient(model: keras.Model):
    """The gradient of the largest class probability's logarithm, as one compiled function of the images."""

    @tf.function(input_signature=[tf.TensorSpec([None, *model.input_shape[1:]])])
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            score = tf.reduce_max(tf.math.log(model(x, training=False)), -1)
        return tape.gradient(score, x)

    return lambda x: gradient(tf.constant(x)).numpy()


def seconds(function, x) -> float:
    start = time.perf_counter()
    function(x)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--calls", type=int, default=7)
    parser.add_argument("--method", nargs="+", choices=METHODS, default=["lrp.sequential_preset_a_flat"])
    options = parser.parse_args()

    shape = (options.size, options.size, 3)
    x = np.random.default_rng(0).normal(size=(options.batch, *shape)).astype("float32")
    print(
        f"batch {options.batch}, {options.size} x {options.size}, {os.cpu_count()} cores, TensorFlow {tf.__version__}"
    )
    print(f"{'network':24} {'method':30} {'first s':>8} {'gradient':>9} {'call s':>8} {'gradient':>9} {'ratio':>6}")
    for width in (0.25, 1):
        for arch in ARCHITECTURES:
            model = build(arch, weights=None, width=width, input_shape=shape, classes=18)
            gradient = plain_gradient(model)
            first_gradient = seconds(gradient, x)
            for method in options.method:

                def explained(x, model=model, method=method):
                    return explain(model, x, method)

                first = seconds(explained, x)
                pairs = [(seconds(explained, x), seconds(gradient, x)) for _ in range(options.calls)]
                call, gradient_call = np.median(pairs, axis=0)
                print(
                    f"{f'{arch}, width {width:g}':24} {method:30} {first:8.2f} {first_gradient:9.2f} "
                    f"{call:8.3f} {gradient_call:9.3f} {call / gradient_call:5.2f}x",
                    flush=True,
                )


if __name__ == "__main__":
    main()
