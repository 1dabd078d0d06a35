"""Reference implementation of the explanations that the labs build: gradients, deconvolution and LRP for Keras 3.

Read the modules in this order:

- `graph`: the operations of a model, each with its forward pass and its vector-Jacobian product;
- `canonise`: graph to graph: softmax off, BatchNorm folded;
- `rules`: how one operation hands relevance (or gradient) to its inputs;
- `composite`: which rule for which operation;
- `maps`: what is read off where the backward pass ends, and averages over many passes;
- `methods`: the methods by name;
- `engine`: forward and backward, the function `explain`.

`dense` is the same for dense layers alone, in NumPy: what lab 6 builds. TensorFlow is imported when `explain` is first
asked for, so that grading a NumPy lab does not wait for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.reference.engine import Contrast, explain, explain_layers
    from autograder.reference.methods import METHODS

__all__ = ["METHODS", "Contrast", "explain", "explain_layers"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{'methods' if name == 'METHODS' else 'engine'}"), name)
