"""Reference implementation of the explanations that the labs build: gradients, deconvolution and LRP for Keras 3.

Read the modules in this order:

- `graph`: the operations of a model, each with its forward pass and its vector-Jacobian product;
- `canonise`: graph to graph: softmax off, BatchNorm folded;
- `rules`: how one operation hands relevance (or gradient) to its inputs;
- `composite`: which rule for which operation;
- `methods`: the methods by name;
- `explain`: forward and backward.
"""

from autograder.reference.explain import explain, explain_layers
from autograder.reference.methods import METHODS

__all__ = ["METHODS", "explain", "explain_layers"]
