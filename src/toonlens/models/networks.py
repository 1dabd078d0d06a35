"""The layers of VGG16, ResNet50 and DenseNet121 at any width, named as in ``keras.applications``.

Each function adds the layers of one network to a tensor (B, H, W, 3) and returns its last feature maps
(B, H/32, W/32, C). ``width`` multiplies every number of channels; at width 1 the layers, their names, shapes and
parameters are those of ``keras.applications``, padding layers included.
"""

import keras
from keras import layers

BATCHNORM_EPSILON = 1.001e-5  # of keras.applications; Keras' own default is 1e-3


def _channels(full: int, width: float) -> int:
    return max(1, round(full * width))


def _batchnorm(name: str) -> layers.Layer:
    return layers.BatchNormalization(axis=3, epsilon=BATCHNORM_EPSILON, name=name)


def vgg16(x: keras.KerasTensor, width: float) -> keras.KerasTensor:
    """Five blocks of 3x3 convolutions, each followed by max-pooling.

    Source: Simonyan & Zisserman (2015), Very Deep Convolutional Networks, table 1, column D.
    """
    for block, (depth, channels) in enumerate(zip((2, 2, 3, 3, 3), (64, 128, 256, 512, 512), strict=True), start=1):
        for conv in range(1, depth + 1):
            name = f"block{block}_conv{conv}"
            x = layers.Conv2D(
                _channels(channels, width),
                3,
                padding="same",
                activation="relu",
                # keeps the scale through 13 ReLUs without BatchNorm (He et al. 2015, section 2.2)
                kernel_initializer="he_normal",
                name=name,
            )(x)
        x = layers.MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
    return x


def resnet50(x: keras.KerasTensor, width: float) -> keras.KerasTensor:
    """A stem, then 3 + 4 + 6 + 3 bottleneck blocks; the first block of a stage projects its shortcut and may stride.

    Source: He et al. (2016), Deep Residual Learning, table 1 and figure 5.
    """

    def conv_bn(x, channels, size, name, **options):
        x = layers.Conv2D(channels, size, name=f"{name}_conv", **options)(x)
        return _batchnorm(f"{name}_bn")(x)

    def bottleneck(x, channels, stride, project, name):
        shortcut = conv_bn(x, 4 * channels, 1, f"{name}_0", strides=stride) if project else x
        x = layers.Activation("relu", name=f"{name}_1_relu")(conv_bn(x, channels, 1, f"{name}_1", strides=stride))
        x = layers.Activation("relu", name=f"{name}_2_relu")(conv_bn(x, channels, 3, f"{name}_2", padding="same"))
        x = layers.Add(name=f"{name}_add")([shortcut, conv_bn(x, 4 * channels, 1, f"{name}_3")])
        return layers.Activation("relu", name=f"{name}_out")(x)

    x = layers.ZeroPadding2D(3, name="conv1_pad")(x)
    x = conv_bn(x, _channels(64, width), 7, "conv1", strides=2)
    x = layers.Activation("relu", name="conv1_relu")(x)
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, (depth, channels) in enumerate(zip((3, 4, 6, 3), (64, 128, 256, 512), strict=True), start=2):
        for block in range(1, depth + 1):
            stride = 2 if block == 1 and stage > 2 else 1
            x = bottleneck(x, _channels(channels, width), stride, block == 1, f"conv{stage}_block{block}")
    return x


def densenet121(x: keras.KerasTensor, width: float) -> keras.KerasTensor:
    """A stem, then dense blocks of 6, 12, 24 and 16 layers with halving transitions between them.

    Source: Huang et al. (2017), Densely Connected Convolutional Networks, table 1; growth rate 32 times ``width``.
    """
    growth = _channels(32, width)

    def bn_relu(x, bn, relu):
        return layers.Activation("relu", name=relu)(_batchnorm(bn)(x))

    def dense_layer(x, name):
        new = bn_relu(x, f"{name}_0_bn", f"{name}_0_relu")
        new = layers.Conv2D(4 * growth, 1, use_bias=False, name=f"{name}_1_conv")(new)
        new = bn_relu(new, f"{name}_1_bn", f"{name}_1_relu")
        new = layers.Conv2D(growth, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(new)
        return layers.Concatenate(axis=3, name=f"{name}_concat")([x, new])

    def transition(x, name):
        x = bn_relu(x, f"{name}_bn", f"{name}_relu")
        x = layers.Conv2D(x.shape[3] // 2, 1, use_bias=False, name=f"{name}_conv")(x)
        return layers.AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)

    x = layers.ZeroPadding2D(3, name="zero_padding2d")(x)
    x = layers.Conv2D(_channels(64, width), 7, strides=2, use_bias=False, name="conv1_conv")(x)
    x = bn_relu(x, "conv1_bn", "conv1_relu")
    x = layers.ZeroPadding2D(1, name="zero_padding2d_1")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    for stage, depth in enumerate((6, 12, 24, 16), start=2):
        for block in range(1, depth + 1):
            x = dense_layer(x, f"conv{stage}_block{block}")
        if stage < 5:
            x = transition(x, f"pool{stage}")
    return bn_relu(x, "bn", "relu")


def top(x: keras.KerasTensor, arch: str, classes: int, width: float) -> keras.KerasTensor:
    """The classifier of ``keras.applications`` on feature maps (B, h, w, C): softmax scores (B, classes)."""
    if arch == "vgg16":
        x = layers.Flatten(name="flatten")(x)
        for name in ("fc1", "fc2"):
            x = layers.Dense(_channels(4096, width), activation="relu", name=name)(x)
    else:
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return layers.Dense(classes, activation="softmax", name="predictions")(x)
