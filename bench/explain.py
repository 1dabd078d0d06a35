"""What an explanation costs, side by side in one run: time, memory, and time to the first map against iNNvestigate.

    python bench/explain.py speed [--batch 32] [--size 64] [--width 1] [--calls 7] [--method NAME ...]
    python bench/explain.py memory [--batch 32]
    python bench/explain.py growth
    python bench/explain.py first [--limit 600]
    python bench/explain.py precision

`speed`: the ratio of a method's call to that of a plain gradient of the same network in TensorFlow; the calls
alternate, so that other load hits both alike. `memory`: the same for the most that TensorFlow allocates in a call.
`growth`: seconds per image as the batch grows. `first`: seconds from a model that was never explained to its first
map, here and in iNNvestigate, which is given up after `--limit` seconds; both have their libraries loaded by then.
`precision`: how far maps in float32 are from those in float64, on the small pretrained networks.
"""

import os
import time
from collections.abc import Callable
from typing import Annotated, Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
import typer

from autograder.reference import explain
from toonlens.data import load_toons
from toonlens.errors import UserError
from toonlens.innvestigate_worker import analyze
from toonlens.models import ARCHITECTURES, build, preprocess
from toonlens.transfer import Head, classifier

GOALS = {  # method -> its call over that of a gradient, at most
    "lrp.epsilon": 1.3,
    "lrp.sequential_preset_a_flat": 1.6,
    "lrp.epsilon_plus_flat": 1.6,
    "lrp.sequential_preset_b_flat": 2.1,
}
MEMORY_GOAL = 2  # times what a gradient needs
PLAIN = "plain gradient"

app = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_enable=False)
Batch = Annotated[int, typer.Option(min=1)]
Methods = Annotated[list[str], typer.Option("--method")]


def plain_gradient(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """The gradient of the largest class probability's logarithm, as one compiled function of the images."""

    @tf.function(input_signature=[tf.TensorSpec([None, *model.input_shape[1:]])])
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            score = tf.reduce_max(tf.math.log(model(x, training=False)), -1)
        return tape.gradient(score, x)

    return lambda x: gradient(tf.constant(x)).numpy()


def explainer(model: keras.Model, method: str) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: explain(model, x, method)


def network(arch: str, width: float, size: int) -> keras.Model:
    return build(arch, weights=None, width=width, input_shape=(size, size, 3), classes=18)


def images(batch: int, size: int = 64) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(batch, size, size, 3)).astype("float32")


def seconds(function: Callable[[np.ndarray], Any], x: np.ndarray) -> float:
    start = time.perf_counter()
    function(x)
    return time.perf_counter() - start


def about(text: str) -> None:
    print(f"{text}, {os.cpu_count()} cores, TensorFlow {tf.__version__}")


@app.command()
def speed(
    batch: Batch = 32,
    size: int = 64,
    width: float = 1,
    calls: int = 7,
    method: Methods = list(GOALS),  # noqa: B006 - typer copies it
) -> None:
    """Calls after the first, against a plain gradient."""
    about(f"batch {batch}, {size} x {size}, width {width:g}, median of {calls} calls")
    print(f"{'network':12} {'method':30} {'seconds':>8} {'gradient':>9} {'ratio':>6}   at most")
    x = images(batch, size)
    for arch in ARCHITECTURES:
        model = network(arch, width, size)
        gradient = plain_gradient(model)
        seconds(gradient, x)
        for name in method:
            explained = explainer(model, name)
            seconds(explained, x)
            pairs = [(seconds(explained, x), seconds(gradient, x)) for _ in range(calls)]
            call, gradient_call = np.median(pairs, axis=0)
            ratio = call / gradient_call
            goal = f"{GOALS[name]:.1f} {'ok' if ratio <= GOALS[name] else 'MISSED'}" if name in GOALS else ""
            print(f"{arch:12} {name:30} {call:8.3f} {gradient_call:9.3f} {ratio:5.2f}x   {goal}", flush=True)


@app.command()
def memory(batch: Batch = 32) -> None:
    """What TensorFlow allocates in a call at most, beyond the weights, against a plain gradient."""
    about(f"batch {batch}, 64 x 64, width 1, most that is allocated in a call, beyond the weights")
    print(f"{'network':12} {'method':30} {'MiB':>8} {'ratio':>6}   at most {MEMORY_GOAL}")
    x = images(batch)
    for arch in ARCHITECTURES:
        model = network(arch, 1, 64)
        plain = needed(plain_gradient(model), x)
        print(f"{arch:12} {PLAIN:30} {plain:8.0f} {1:5.2f}x")
        for name in ("gradient", *GOALS):
            peak = needed(explainer(model, name), x)
            verdict = "ok" if peak <= MEMORY_GOAL * plain else "MISSED"
            print(f"{arch:12} {name:30} {peak:8.0f} {peak / plain:5.2f}x   {verdict}", flush=True)


def needed(function: Callable[[np.ndarray], Any], x: np.ndarray) -> float:
    """Peak of the memory allocated in a call, beyond that before it, in MiB."""
    function(x)
    device = "CPU:0"
    before = tf.config.experimental.get_memory_info(device)["current"]
    tf.config.experimental.reset_memory_stats(device)
    function(x)
    return (tf.config.experimental.get_memory_info(device)["peak"] - before) / 2**20


@app.command()
def growth() -> None:
    """Seconds per image as the batch grows."""
    batches = (4, 8, 16, 32, 64)
    about("64 x 64, width 1, median of 5 calls, milliseconds per image")
    print(f"{'network':12} {'method':30} " + " ".join(f"{f'batch {batch}':>9}" for batch in batches))
    for arch in ARCHITECTURES:
        model = network(arch, 1, 64)
        for name in GOALS:
            explained = explainer(model, name)
            for batch in batches:
                explained(images(batch))
            times = [np.median([seconds(explained, images(batch)) for _ in range(5)]) / batch for batch in batches]
            print(f"{arch:12} {name:30} " + " ".join(f"{1000 * t:9.1f}" for t in times), flush=True)


@app.command()
def first(limit: Annotated[float, typer.Option(help="seconds after which iNNvestigate is given up")] = 600) -> None:
    """Seconds from a model that was never explained to the first map, against iNNvestigate."""
    x, tiny = images(1), keras.Sequential([keras.Input((64, 64, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
    explain(tiny, x, "gradient")
    analyze(tiny, x, "gradient")  # the worker loads its libraries
    about(f"one image, 64 x 64, iNNvestigate given up after {limit:g} s")
    print(f"{'network':24} {'method':30} {'here':>7} {'iNNvestigate':>13} {'ratio':>7}")
    for width in (0.25, 1):
        for arch in ARCHITECTURES:
            model = network(arch, width, 64)
            for name in ("gradient", "lrp.sequential_preset_a_flat"):
                here = seconds(explainer(model, name), x)
                start = time.perf_counter()
                try:
                    analyze(model, x, name, timeout=limit)
                    there, sign = time.perf_counter() - start, " "
                except UserError as error:
                    if "gave no answer" not in str(error):
                        raise
                    there, sign = limit, ">"
                    analyze(tiny, x, "gradient")
                network_name = f"{arch}, width {width:g}"
                print(
                    f"{network_name:24} {name:30} {here:7.2f} {sign:>5}{there:8.1f} {sign}{there / here:5.0f}x",
                    flush=True,
                )


@app.command()
def precision(method: Methods = [*GOALS, "lrp.alpha_2_beta_1", "lrp.epsilon_alpha2_beta1"]) -> None:  # noqa: B006
    """Largest difference between float32 and float64 over the largest value of the map."""
    print("8 drawn pictures, small networks with a random head: median and largest over the pictures")
    pictures = load_toons("test").images[::112][:8]
    for arch in ARCHITECTURES:
        keras.utils.set_random_seed(1)
        model, x = classifier(build(arch, "small"), Head(), 18), preprocess(pictures, arch)
        for name in method:
            single, exact = (explain(model, x, name, 3, dtype=dtype) for dtype in ("float32", "float64"))
            off = np.abs(single - exact).max(axis=(1, 2, 3)) / np.abs(exact).max(axis=(1, 2, 3))
            print(f"{arch:12} {name:30} {np.median(off):8.0e} {off.max():8.0e}", flush=True)


if __name__ == "__main__":
    app()
