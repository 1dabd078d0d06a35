"""A second opinion: iNNvestigate, in a process of its own.

iNNvestigate needs Keras 2 and no eager execution, so it cannot live beside Keras 3. `analyze` describes a Keras 3 model
as JSON and NumPy arrays (no pickle), a worker process rebuilds it under tf-keras, runs iNNvestigate and sends the map
back. The worker starts with the first call, stays for the next ones, and ends with this process or with `shutdown`.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import importlib.util
import json
import os
import selectors
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from toonlens.arguments import Target, check_images, check_targets
from toonlens.errors import UserError
from toonlens.keras_graph import Call, CallGraph, call_graph

if TYPE_CHECKING:
    import keras

# the parts of a layer's configuration that decide what it computes; whatever is not listed cannot be rebuilt
_REBUILT: dict[str, tuple[str, ...]] = {
    "Conv2D": ("filters", "kernel_size", "strides", "padding", "dilation_rate", "groups", "use_bias", "activation"),
    "Dense": ("units", "use_bias", "activation"),
    "BatchNormalization": ("axis", "epsilon", "center", "scale"),
    "Activation": ("activation",),
    "MaxPooling2D": ("pool_size", "strides", "padding"),
    "AveragePooling2D": ("pool_size", "strides", "padding"),
    "GlobalAveragePooling2D": ("keepdims",),
    "GlobalMaxPooling2D": ("keepdims",),
    "ZeroPadding2D": ("padding",),
    "Cropping2D": ("cropping",),
    "Flatten": (),
    "Reshape": ("target_shape",),
    "Permute": ("dims",),
    "Add": (),
    "Concatenate": ("axis",),
    "Rescaling": ("scale", "offset"),
}
_AFFINE = "BatchNormalization as an activation"
_BATCHNORM = ("own", "pass")
_KEPT = 16  # compiled analyzers that the worker keeps
_DROPPED = ("Dropout", "SpatialDropout2D", "GaussianDropout", "GaussianNoise", "ActivityRegularization", "Identity")


def analyze(
    model: keras.Model,
    x: np.ndarray,
    method: str,
    target: Target = None,
    dtype: Literal["float32", "float64"] = "float32",
    timeout: float = 600,
    batchnorm: Literal["own", "pass"] = "own",
    quick_setup: bool = False,
    **params: Any,
) -> np.ndarray:
    """The map that iNNvestigate gives for a Keras 3 model.

    Args:
        model: functional or Sequential model from images to class scores; may nest others. A softmax at its end is
            stripped by iNNvestigate's own `model_wo_softmax`.
        x: images (B, H, W, C), preprocessed as the network expects.
        method: iNNvestigate's name, such as "lrp.sequential_preset_a_flat".
        target: class to explain; one per image (B,); None for the predicted one.
        dtype: type that iNNvestigate computes in.
        timeout: seconds after which the worker is given up.
        batchnorm: "own" leaves a BatchNorm to iNNvestigate, whose LRP rule for it is wrong; "pass" has it take every
            BatchNorm for an activation, which relevance passes unchanged.
        quick_setup: the same map, set up several times sooner in deep networks: skips the evaluation of every constant
            that iNNvestigate has tf-keras do so that an analyzer could be saved. Off, iNNvestigate runs as it ships.
        params: parameters of iNNvestigate's analyzer, such as `epsilon`; numbers, words, and lists of them.

    Returns:
        The map (B, H, W, C).

    Raises:
        UserError: iNNvestigate is not installed, x or target does not fit the model, a layer cannot be rebuilt,
            iNNvestigate refuses the method or the parameters, no such treatment of BatchNorm, the worker takes too long
            or dies.
    """
    for package in ("innvestigate", "tf_keras"):
        if importlib.util.find_spec(package) is None:
            raise UserError(f"{package} is not installed: install the packages of requirements.lock")
    if batchnorm not in _BATCHNORM:
        raise UserError(f"batchnorm must be one of {', '.join(_BATCHNORM)}, not {batchnorm!r}")
    graph = call_graph(model)
    classes = graph.output_shape[-1]
    if len(graph.output_shape) != 2 or classes is None:
        raise UserError(f"the model ends in shape {graph.output_shape}, not in scores (None, classes): give it a head")
    description, weights = _describe(graph, batchnorm)
    images = check_images(x, description["input_shape"], dtype)
    chosen = check_targets(target, len(images), classes)
    targets = None if chosen is None else chosen.tolist()
    if batchnorm == "pass":  # its presets refuse activations other than ReLU, though all they mean to do is warn
        params = {"disable_model_checks": True} | params
    request = {"method": method, "params": params, "targets": targets, "dtype": dtype, "quick_setup": bool(quick_setup)}
    try:
        json.dumps(request)
    except TypeError as error:
        raise UserError(f"a parameter of {method} cannot be sent to the worker: {error}") from None
    with _lock:
        return _running_worker().run(request, description, weights, images, timeout)


def shutdown() -> None:
    """End the worker, if one is running. The next `analyze` starts a new one."""
    global _worker
    with _lock:
        if _worker is not None:
            _worker.stop()
            _worker = None


def _describe(graph: CallGraph, batchnorm: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A model as a JSON tree and its arrays. A layer called twice is described once, and called twice."""
    layers: list[dict[str, Any]] = []
    weights: dict[str, np.ndarray] = {}
    position: dict[int, int] = {}
    calls: list[dict[str, Any]] = []
    same = {0: 0}
    for call in graph.calls:
        inputs = [same[number] for number in call.inputs]
        if call.kind in _DROPPED:  # the identity at inference
            same[call.output] = inputs[0]
            continue
        same[call.output] = call.output
        if id(call.operation) not in position:
            position[id(call.operation)] = len(layers)
            about, arrays = _describe_layer(call), [np.asarray(w) for w in getattr(call.operation, "weights", ())]
            if about["class"] == "BatchNormalization" and batchnorm == "pass":
                about, arrays = {"class": _AFFINE, "config": {}}, _scale_and_shift(call.operation)
            weights |= {f"{len(layers)}.{i}": array for i, array in enumerate(arrays)}
            layers.append(about | {"weights": len(arrays)})
        calls.append({"layer": position[id(call.operation)], "inputs": inputs, "output": call.output})
    return {
        "input_shape": graph.input_shape,
        "layers": layers,
        "calls": calls,
        "output": same[graph.output],
    }, weights


def _scale_and_shift(layer: Any) -> list[np.ndarray]:
    """What a BatchNorm multiplies by at inference, and what it then adds."""
    mean, variance = np.asarray(layer.moving_mean), np.asarray(layer.moving_variance)
    scale = (np.asarray(layer.gamma) if layer.scale else 1) / np.sqrt(variance + layer.epsilon)
    return [scale, (np.asarray(layer.beta) if layer.center else 0) - scale * mean]


def _describe_layer(call: Call) -> dict[str, Any]:
    import keras

    layer, kind = call.operation, call.kind
    if isinstance(layer, keras.layers.ReLU):  # a ReLU() layer makes iNNvestigate raise
        if layer.max_value is not None or layer.negative_slope or layer.threshold:
            raise UserError(f"layer '{call.name}' cannot be rebuilt for iNNvestigate: a ReLU with a bend of its own")
        return {"class": "Activation", "config": {"activation": "relu"}}
    if isinstance(layer, keras.layers.Softmax):
        return {"class": "Activation", "config": {"activation": "softmax"}}
    if not isinstance(layer, keras.layers.Layer) or kind not in _REBUILT:
        raise UserError(
            f"layer '{call.name}' ({kind}) cannot be rebuilt for iNNvestigate; covered: {', '.join(_REBUILT)}"
        )
    config = layer.get_config()
    config = {key: config[key] for key in _REBUILT[kind]}
    if not isinstance(config.get("activation", ""), str):
        raise UserError(
            f"layer '{call.name}' cannot be rebuilt for iNNvestigate: its activation is not one of Keras' own"
        )
    return {"class": kind, "config": config}


class _Worker:
    """The worker process and the folder through which arrays travel."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="toonlens-innvestigate-")
        self.path = Path(self.folder.name)
        self.model = ""  # fingerprint of the model that lies in the folder
        with (self.path / "log.txt").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "toonlens.innvestigate_worker", str(self.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "2"},
            )

    def run(
        self,
        request: dict[str, Any],
        description: dict[str, Any],
        weights: dict[str, np.ndarray],
        images: np.ndarray,
        timeout: float,
    ) -> np.ndarray:
        fingerprint = hashlib.sha256(json.dumps(description).encode())
        for array in weights.values():
            fingerprint.update(np.ascontiguousarray(array).data)
        model = fingerprint.hexdigest()
        if model != self.model:
            (self.path / "model.json").write_text(json.dumps(description))
            np.savez(self.path / "weights.npz", allow_pickle=False, **weights)
            self.model = model
        np.save(self.path / "x.npy", images, allow_pickle=False)
        answer = self._ask(request | {"model": model}, timeout)
        if "error" in answer:
            raise UserError(f"iNNvestigate cannot run {request['method']}: {answer['error']}")
        return np.load(self.path / "map.npy", allow_pickle=False)

    def _ask(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        line = b""
        # a worker that is gone shows as an empty answer
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(timeout):
                self.stop(kill=True)
                raise UserError(
                    f"iNNvestigate gave no answer to {request['method']} in {timeout:g} s: set timeout higher"
                )
            line = self.process.stdout.readline()
        if not line:
            last = (self.path / "log.txt").read_text(errors="replace").strip().splitlines()[-1:]
            self.stop(kill=True)
            raise UserError(f"the iNNvestigate worker died: {' '.join(last) or 'no reason given'}")
        return json.loads(line)

    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self, kill: bool = False) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        if kill:
            self.process.kill()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()  # the end of its input ends the worker
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()


_lock = threading.Lock()
_worker: _Worker | None = None


def _running_worker() -> _Worker:
    global _worker
    if _worker is None or not _worker.alive():
        if _worker is None:
            atexit.register(shutdown)
        _worker = _Worker()
    return _worker


# -- in the worker process ---------------------------------------------------------------------------------------------


def _serve(folder: Path) -> None:
    """Answer one request per line of standard input with one line, until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever anybody prints goes to the log, not between the answers
    import tensorflow as tf
    from tf_keras.src.engine import base_layer_utils

    tf.compat.v1.disable_eager_execution()
    compiled: dict[str, tuple[Any, Any]] = {}  # request -> session and analyzer, the latest last
    for line in sys.stdin:
        request = json.loads(line)
        answer = {}
        base_layer_utils._UNSAFE_GRAPH_OP_LAYER_CREATION = request["quick_setup"]
        try:
            key = json.dumps({**request, "targets": request["targets"] is None})
            session, analyzer = compiled.pop(key) if key in compiled else _compile(tf, folder, request)
            compiled[key] = session, analyzer
            if len(compiled) > _KEPT:
                compiled.pop(next(iter(compiled)))[0].close()
            select = {} if request["targets"] is None else {"neuron_selection": request["targets"]}
            with session.graph.as_default(), session.as_default():
                r = analyzer.analyze(np.load(folder / "x.npy", allow_pickle=False), **select)
            np.save(folder / "map.npy", r, allow_pickle=False)
        except Exception as error:  # whatever iNNvestigate raises is the answer
            answer = {"error": " ".join(f"{type(error).__name__}: {error}".split())}
        print(json.dumps(answer), file=answers, flush=True)


def _compile(tf: Any, folder: Path, request: dict[str, Any]) -> tuple[Any, Any]:
    """The analyzer for a request, in a graph and a session of its own: in a shared one each is slower than the last."""
    import innvestigate

    if request["method"] not in innvestigate.analyzer.analyzers:
        raise LookupError(f"no such method; there are: {', '.join(innvestigate.analyzer.analyzers)}")
    params = {name: tuple(v) if isinstance(v, list) else v for name, v in request["params"].items()}
    mode = "max_activation" if request["targets"] is None else "index"
    tf.keras.backend.set_floatx(request["dtype"])
    session = tf.compat.v1.Session(graph=tf.Graph())
    with session.graph.as_default(), session.as_default():
        tf.keras.backend.set_learning_phase(0)  # or BatchNorm brings updates that wait for an image of their own
        model = _rebuild(tf.keras, folder)
        if getattr(getattr(model.layers[-1], "activation", None), "__name__", "") == "softmax":
            model = innvestigate.model_wo_softmax(model)
        return session, innvestigate.create_analyzer(request["method"], model, neuron_selection_mode=mode, **params)


def _rebuild(keras: Any, folder: Path) -> Any:
    """The model described in `folder`, as a flat functional model of tf-keras."""
    description = json.loads((folder / "model.json").read_text())
    layers, arrays = [], []
    with np.load(folder / "weights.npz", allow_pickle=False) as weights:
        for i, about in enumerate(description["layers"]):
            arrays.append([weights[f"{i}.{j}"] for j in range(about["weights"])])
    for i, about in enumerate(description["layers"]):
        if about["class"] == _AFFINE:
            scale, shift = arrays[i]
            arrays[i] = []
            about = {"class": "Activation", "config": {"activation": lambda x, g=scale, c=shift: g * x + c}}
        layers.append(getattr(keras.layers, about["class"])(name=f"rebuilt_{i}", **about["config"]))
    tensors = {0: keras.Input(description["input_shape"][1:])}
    for call in description["calls"]:
        inputs = [tensors[number] for number in call["inputs"]]
        tensors[call["output"]] = layers[call["layer"]](inputs if len(inputs) > 1 else inputs[0])
    for layer, values in zip(layers, arrays, strict=True):
        layer.set_weights(values)
    return keras.Model(tensors[0], tensors[description["output"]])


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
