"""Solutions of ``pixel_bounds(arch)``."""

import numpy as np

from autograder.checks.lab01.reference import preprocess

BGR_MEAN = np.array([103.939, 116.779, 123.68])
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
CAFFE = ("vgg16", "resnet50")


def _torch(mean=MEAN, std=STD):
    return -mean / std, (1 - mean) / std


def right_formulas(arch):
    """From the formulas."""
    return (-BGR_MEAN, 255 - BGR_MEAN) if arch in CAFFE else _torch()


def right_two_pixels(arch):
    """A black and a white pixel, preprocessed."""
    pixels = np.array([[[[0] * 3, [255] * 3]]], dtype=np.uint8)
    out = preprocess(pixels, arch)[0, 0]
    return out[0], out[1]


def right_all_levels(arch):
    """The extremes of all grey levels."""
    levels = np.repeat(np.arange(256, dtype=np.uint8)[None, None, :, None], 3, axis=3)
    out = preprocess(levels, arch)
    return out.min(axis=(0, 1, 2)), out.max(axis=(0, 1, 2))


def right_table(arch):
    """Numbers worked out by hand."""
    if arch in CAFFE:
        return [-103.939, -116.779, -123.68], [151.061, 138.221, 131.32]
    lo = [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225]
    return lo, [low + 1 / s for low, s in zip(lo, (0.229, 0.224, 0.225), strict=True)]


def right_float32(arch):
    """Single precision."""
    lo, hi = right_formulas(arch)
    return np.float32(lo), np.float32(hi)


def wrong_raw(arch):
    """Bounds of raw pixels."""
    return np.zeros(3), np.full(3, 255.0)


def wrong_minus_one_to_one(arch):
    """-1 and 1."""
    return -np.ones(3), np.ones(3)


def wrong_unit(arch):
    """0 and 1 for DenseNet121."""
    return right_formulas(arch) if arch in CAFFE else (np.zeros(3), np.ones(3))


def wrong_rgb_order(arch):
    """Red first for VGG16 and ResNet50."""
    lo, hi = right_formulas(arch)
    return (lo[::-1].copy(), hi[::-1].copy()) if arch in CAFFE else (lo, hi)


def wrong_bgr_for_all(arch):
    """Blue first for DenseNet121 too."""
    lo, hi = right_formulas(arch)
    return (lo, hi) if arch in CAFFE else (lo[::-1].copy(), hi[::-1].copy())


def wrong_swapped(arch):
    """hi before lo."""
    return right_formulas(arch)[::-1]


def wrong_scalars(arch):
    """One number for all channels."""
    lo, hi = right_formulas(arch)
    return float(lo.min()), float(hi.max())


def wrong_widest(arch):
    """The widest bounds for every channel."""
    lo, hi = right_formulas(arch)
    return np.full(3, lo.min()), np.full(3, hi.max())


def wrong_no_std(arch):
    """Forgets the standard deviation."""
    return right_formulas(arch) if arch in CAFFE else (-MEAN, 1 - MEAN)


def wrong_symmetric(arch):
    """The same distance from zero on both sides."""
    lo, hi = right_formulas(arch)
    most = np.maximum(-lo, hi)
    return -most, most


def wrong_lo_is_zero(arch):
    """Black is zero."""
    return np.zeros(3), right_formulas(arch)[1]


def wrong_caffe_for_all(arch):
    """DenseNet121 as VGG16."""
    return right_formulas("vgg16")


def wrong_torch_for_all(arch):
    """VGG16 as DenseNet121."""
    return right_formulas("densenet121")


def wrong_scaled_caffe(arch):
    """VGG16's divided by 255."""
    lo, hi = right_formulas(arch)
    return (lo / 255, hi / 255) if arch in CAFFE else (lo, hi)


def wrong_from_a_picture(arch):
    """The extremes of one picture."""
    picture = np.random.default_rng(0).integers(20, 236, (1, 4, 4, 3), dtype=np.uint8)
    out = preprocess(picture, arch)
    return out.min(axis=(0, 1, 2)), out.max(axis=(0, 1, 2))


def wrong_rounded(arch):
    """Whole numbers."""
    lo, hi = right_formulas(arch)
    return np.rint(lo), np.rint(hi)


def wrong_of_pictures(arch):
    """The extremes of dark pictures, which reach black and not white."""
    pictures = np.random.default_rng(1).integers(0, 201, (20, 8, 8, 3), dtype=np.uint8)
    out = preprocess(pictures, arch)
    return out.min(axis=(0, 1, 2)), out.max(axis=(0, 1, 2))


def wrong_dtype(arch):
    """Pixels of an integer dtype, which preprocess refuses."""
    out = preprocess(np.array([[[[0, 0, 0], [255, 255, 255]]]]), arch)[0, 0]
    return out[0], out[1]


def wrong_256(arch):
    """White is 256."""
    lo, hi = right_formulas(arch)
    return lo, hi + (hi - lo) / 255


def wrong_one_array(arch):
    """Only the upper bounds."""
    return right_formulas(arch)[1]


def wrong_resnet_as_torch(arch):
    """ResNet50 as torchvision has it."""
    return right_formulas("densenet121" if arch == "resnet50" else arch)
