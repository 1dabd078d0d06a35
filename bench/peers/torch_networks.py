"""VGG16 and ResNet50 in PyTorch with weights from Keras, padded and strided as in Keras.

`arrays` holds `layer/variable` as `cases.arrays` gives it. Images and feature maps are (B, C, H, W). Every ReLU is a
module of its own and every sum a `zennit.layer.Sum`, so that both libraries can put a rule on each.
"""

from collections import OrderedDict

import numpy as np
import torch
import zennit_import  # noqa: F401  makes the next import possible
from torch import nn
from zennit.layer import Sum

Arrays = dict[str, np.ndarray]
BATCHNORM_EPSILON = 1.001e-5


def build(arch: str, arrays: Arrays, exact_merge: bool = True) -> nn.Module:
    """The network up to its scores.

    Args:
        arch: "vgg16" or "resnet50".
        arrays: its weights.
        exact_merge: keep the epsilon of each BatchNorm in its variance. zennit's canoniser folds a BatchNorm into the
            convolution and leaves an empty one behind that still divides by sqrt(1 + epsilon): with epsilon in the
            variance it divides by 1. False: as users of zennit have it.
    """
    model = {"vgg16": _vgg16, "resnet50": _ResNet50}[arch](arrays, 0.0 if exact_merge else BATCHNORM_EPSILON)
    return model.eval().requires_grad_(False)


def _conv(arrays: Arrays, name: str, stride: int = 1, padding: int = 0) -> nn.Conv2d:
    kernel = torch.tensor(arrays[f"{name}/kernel"]).permute(3, 2, 0, 1).contiguous()
    conv = nn.Conv2d(kernel.shape[1], kernel.shape[0], kernel.shape[2], stride, padding)
    conv.weight = nn.Parameter(kernel)
    conv.bias = nn.Parameter(torch.tensor(arrays[f"{name}/bias"]))
    return conv


def _linear(arrays: Arrays, name: str, side: int = 1) -> nn.Linear:
    """`side`: of the feature maps in front; Keras flattens them as (H, W, C), PyTorch as (C, H, W)."""
    kernel = torch.tensor(arrays[f"{name}/kernel"])
    inputs, outputs = kernel.shape
    linear = nn.Linear(inputs, outputs)
    linear.weight.data = kernel.reshape(side, side, -1, outputs).permute(3, 2, 0, 1).reshape(outputs, inputs)
    linear.bias.data = torch.tensor(arrays[f"{name}/bias"])
    return linear


def _batchnorm(arrays: Arrays, name: str, epsilon: float) -> nn.BatchNorm2d:
    norm = nn.BatchNorm2d(arrays[f"{name}/gamma"].size, eps=epsilon)
    norm.weight.data = torch.tensor(arrays[f"{name}/gamma"])
    norm.bias.data = torch.tensor(arrays[f"{name}/beta"])
    norm.running_mean = torch.tensor(arrays[f"{name}/moving_mean"])
    variance = torch.tensor(arrays[f"{name}/moving_variance"], dtype=torch.float64)
    norm.running_var = variance + (BATCHNORM_EPSILON - epsilon)
    return norm


def _vgg16(arrays: Arrays, epsilon: float) -> nn.Module:
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    for block, depth in enumerate((2, 2, 3, 3, 3), start=1):
        for i in range(1, depth + 1):
            name = f"block{block}_conv{i}"
            modules[name] = _conv(arrays, name, padding=1)
            modules[f"{name}_relu"] = nn.ReLU()
        modules[f"block{block}_pool"] = nn.MaxPool2d(2)
    modules["flatten"] = nn.Flatten()
    for name, side in (("fc1", 2), ("fc2", 1)):
        modules[name] = _linear(arrays, name, side)
        modules[f"{name}_relu"] = nn.ReLU()
    modules["predictions"] = _linear(arrays, "predictions")
    return nn.Sequential(modules)


class _Bottleneck(nn.Module):
    """Keras strides in the first 1x1 convolution, torchvision in the 3x3."""

    def __init__(self, arrays: Arrays, epsilon: float, name: str, stride: int) -> None:
        super().__init__()

        def conv_bn(number: int, **options: int) -> nn.Sequential:
            conv = _conv(arrays, f"{name}_{number}_conv", **options)
            return nn.Sequential(conv, _batchnorm(arrays, f"{name}_{number}_bn", epsilon))

        projects = f"{name}_0_conv/kernel" in arrays
        self.shortcut = conv_bn(0, stride=stride) if projects else nn.Identity()
        self.branch = nn.Sequential(conv_bn(1, stride=stride), nn.ReLU(), conv_bn(2, padding=1), nn.ReLU(), conv_bn(3))
        self.add = Sum()
        self.out = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.add(torch.stack([self.shortcut(x), self.branch(x)], -1)))


class _ResNet50(nn.Module):
    def __init__(self, arrays: Arrays, epsilon: float) -> None:
        super().__init__()
        self.conv1 = _conv(arrays, "conv1_conv", stride=2, padding=3)
        self.bn1 = _batchnorm(arrays, "conv1_bn", epsilon)
        self.relu1 = nn.ReLU()
        # Keras pads with zeros; the pooling of PyTorch would pad with minus infinity, and another pixel could win
        self.pad = nn.ZeroPad2d(1)
        self.pool = nn.MaxPool2d(3, stride=2)
        self.blocks = nn.Sequential(
            *(
                _Bottleneck(arrays, epsilon, f"conv{stage}_block{block}", 2 if block == 1 and stage > 2 else 1)
                for stage, depth in enumerate((3, 4, 6, 3), start=2)
                for block in range(1, depth + 1)
            )
        )
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.predictions = _linear(arrays, "predictions")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.pad(self.relu1(self.bn1(self.conv1(x)))))
        return self.predictions(self.flatten(self.avg_pool(self.blocks(x))))
