"""Solutions of ``preprocess(x, arch)``."""

import numpy as np

from autograder.checks.lab01 import reference

BGR_MEAN = (103.939, 116.779, 123.68)
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CAFFE = ("vgg16", "resnet50")


def _checked(x, arch):
    if x.dtype != np.uint8:
        raise ValueError("raw pictures are uint8")
    if arch not in (*CAFFE, "densenet121"):
        raise ValueError("unknown network")


def right_formula(x, arch):
    """As the page has it, in double precision."""
    return reference.preprocess(x, arch)


def right_float32(x, arch):
    """All in single precision."""
    _checked(x, arch)
    x = x.astype(np.float32)
    if arch in CAFFE:
        return x[..., ::-1] - np.array(BGR_MEAN, dtype=np.float32)
    return (x / np.float32(255) - np.array(MEAN, dtype=np.float32)) / np.array(STD, dtype=np.float32)


def right_loops(x, arch):
    """Channel by channel."""
    _checked(x, arch)
    out = np.zeros(x.shape, dtype=np.float32)
    for c in range(3):
        if arch in CAFFE:
            out[..., c] = x[..., 2 - c].astype(float) - BGR_MEAN[c]
        else:
            out[..., c] = (x[..., c] / 255 - MEAN[c]) / STD[c]
    return out


def right_table(x, arch):
    """A table of 256 values for each channel."""
    _checked(x, arch)
    levels = np.arange(256)
    if arch in CAFFE:
        tables, x = [levels - mean for mean in BGR_MEAN], x[..., ::-1]
    else:
        tables = [(levels / 255 - mean) / std for mean, std in zip(MEAN, STD, strict=True)]
    return np.stack([table[x[..., c]] for c, table in enumerate(tables)], axis=-1).astype(np.float32)


def right_matrix(x, arch):
    """One matrix and one offset for each network."""
    _checked(x, arch)
    if arch in CAFFE:
        W, b = np.eye(3)[::-1], -np.array(BGR_MEAN)
    else:
        W, b = np.diag(1 / (255 * np.array(STD))), -np.array(MEAN) / STD
    return (x @ W + b).astype("float32")


def right_keras(x, arch):
    """What Keras has for it."""
    _checked(x, arch)
    from toonlens.models import preprocess

    return preprocess(x, arch)


def _like(x, arch, *, bgr=True, mean=BGR_MEAN, scale=1.0, torch=True, std=STD):
    """Preprocessing with a slip."""
    _checked(x, arch)
    x = x.astype(np.float32)
    if arch in CAFFE:
        return ((x[..., ::-1] if bgr else x) * scale - np.array(mean)).astype(np.float32)
    return ((x / 255 - np.array(MEAN)) / np.array(std)).astype(np.float32) if torch else x / np.float32(255)


def wrong_no_bgr(x, arch):
    """Red stays first, with the means of blue, green, red."""
    return _like(x, arch, bgr=False)


def wrong_no_bgr_right_means(x, arch):
    """Red stays first, each channel with its own mean."""
    return _like(x, arch, bgr=False, mean=BGR_MEAN[::-1])


def wrong_means_reversed(x, arch):
    """Blue first, with red's mean."""
    return _like(x, arch, mean=BGR_MEAN[::-1])


def wrong_bgr_for_all(x, arch):
    """DenseNet121 too gets blue first."""
    out = _like(x, arch)
    return out if arch in CAFFE else np.ascontiguousarray(out[..., ::-1])


def wrong_caffe_for_all(x, arch):
    """DenseNet121 as VGG16."""
    _checked(x, arch)
    return _like(x, "vgg16")


def wrong_torch_for_all(x, arch):
    """VGG16 as DenseNet121."""
    _checked(x, arch)
    return _like(x, "densenet121")


def wrong_resnet_as_torch(x, arch):
    """ResNet50 as torchvision has it."""
    return _like(x, "densenet121" if arch == "resnet50" else arch)


def wrong_scaled_caffe(x, arch):
    """Divides by 255 before it subtracts the means."""
    return _like(x, arch, scale=1 / 255)


def wrong_no_std(x, arch):
    """Forgets the standard deviation."""
    return _like(x, arch, std=(1.0, 1.0, 1.0))


def wrong_only_255(x, arch):
    """Divides by 255 and leaves it at that."""
    return _like(x, arch, torch=False)


def wrong_std_first(x, arch):
    """Divides by the standard deviation, then subtracts the mean."""
    out = _like(x, arch)
    return out if arch in CAFFE else (x / 255 / np.array(STD) - np.array(MEAN)).astype(np.float32)


def wrong_minus_one_to_one(x, arch):
    """From -1 to 1."""
    _checked(x, arch)
    return (x / 127.5 - 1).astype(np.float32)


def wrong_flipped_pictures(x, arch):
    """Reverses the columns in the place of the channels."""
    out = _like(x, arch, bgr=False)
    return np.ascontiguousarray(out[:, :, ::-1]) if arch in CAFFE else out


def wrong_batch_statistics(x, arch):
    """Means of the batch."""
    out = _like(x, arch)
    return out - out.mean(axis=(0, 1, 2)) if arch in CAFFE else out


def wrong_applied_twice(x, arch):
    """Preprocesses what is preprocessed."""
    once = _like(x, arch)
    if arch in CAFFE:
        return (once[..., ::-1] - np.array(BGR_MEAN)).astype(np.float32)
    return ((once / 255 - np.array(MEAN)) / np.array(STD)).astype(np.float32)


def wrong_takes_anything(x, arch):
    """Right, and takes what is preprocessed already."""
    if arch not in (*CAFFE, "densenet121"):
        raise ValueError("unknown network")
    x = np.asarray(x, dtype=np.float32)
    if arch in CAFFE:
        return x[..., ::-1] - np.array(BGR_MEAN, dtype=np.float32)
    return ((x / 255 - np.array(MEAN)) / np.array(STD)).astype(np.float32)


def wrong_any_name(x, arch):
    """Takes every unknown network for DenseNet121."""
    if x.dtype != np.uint8:
        raise ValueError("raw pictures are uint8")
    return _like(x, arch if arch in CAFFE else "densenet121")


def wrong_asserts(x, arch):
    """Refuses with an AssertionError."""
    assert x.dtype == np.uint8
    return right_formula(x, arch)


def wrong_double(x, arch):
    """Double precision."""
    return _like(x, arch).astype(np.float64)


def wrong_subtracted_the_other_way(x, arch):
    """The pixel from the mean."""
    return -_like(x, arch)


def wrong_no_mean(x, arch):
    """Forgets the mean."""
    return _like(x, arch, mean=(0.0, 0.0, 0.0))


def wrong_wraps(x, arch):
    """Subtracts rounded means in uint8."""
    _checked(x, arch)
    if arch in CAFFE:
        return (x[..., ::-1] - np.rint(BGR_MEAN).astype(np.uint8)).astype(np.float32)
    return _like(x, arch)


def wrong_in_place(x, arch):
    """Swaps the channels in the argument."""
    out = _like(x, arch)
    if arch in CAFFE:
        x[...] = x[..., ::-1].copy()
    return out


def wrong_no_return(x, arch):
    """Forgets to return."""
    _like(x, arch)
