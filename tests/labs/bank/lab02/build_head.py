"""Solutions of ``build_head(shape, K, dropout)``."""

from toonlens.startup import import_keras


def sequential(shape, *layers):
    keras = import_keras()
    return keras.Sequential([keras.Input(shape), *layers])


def right_sequential(shape, K, dropout):
    """Three layers in a row."""
    layers = import_keras().layers
    return sequential(shape, layers.GlobalAveragePooling2D(), layers.Dropout(dropout), layers.Dense(K))


def right_functional(shape, K, dropout):
    """The functional way."""
    keras = import_keras()
    maps = keras.Input(shape)
    a = keras.layers.GlobalAveragePooling2D(name="pool")(maps)
    a = keras.layers.Dropout(dropout)(a)
    return keras.Model(maps, keras.layers.Dense(K, activation=None, name="logits")(a))


def right_ops(shape, K, dropout):
    """The mean as an operation."""
    keras = import_keras()
    maps = keras.Input(shape)
    a = keras.layers.Dropout(dropout)(keras.ops.mean(maps, axis=(1, 2)))
    return keras.Model(maps, keras.layers.Dense(K, activation="linear")(a))


def right_average_pooling(shape, K, dropout):
    """One window over everything, flattened."""
    layers = import_keras().layers
    pool = layers.AveragePooling2D(pool_size=tuple(shape[:2]))
    return sequential(shape, pool, layers.Flatten(), layers.Dropout(dropout), layers.Dense(K))


def right_subclass(shape, K, dropout):
    """A model of its own class."""
    keras = import_keras()

    class Head(keras.Model):
        def __init__(self):
            super().__init__()
            self.pool = keras.layers.GlobalAveragePooling2D()
            self.drop = keras.layers.Dropout(dropout)
            self.dense = keras.layers.Dense(K)

        def call(self, maps, training=False):
            return self.dense(self.drop(self.pool(maps), training=training))

    head = Head()
    head(keras.ops.zeros((1, *shape)))
    return head


def wrong_softmax(shape, K, dropout):
    """Ends in probabilities."""
    layers = import_keras().layers
    dense = layers.Dense(K, activation="softmax")
    return sequential(shape, layers.GlobalAveragePooling2D(), layers.Dropout(dropout), dense)


def wrong_relu(shape, K, dropout):
    """A ReLU on the logits."""
    layers = import_keras().layers
    dense = layers.Dense(K, activation="relu")
    return sequential(shape, layers.GlobalAveragePooling2D(), layers.Dropout(dropout), dense)


def wrong_flatten(shape, K, dropout):
    """Flatten in place of pooling."""
    layers = import_keras().layers
    return sequential(shape, layers.Flatten(), layers.Dropout(dropout), layers.Dense(K))


def wrong_maximum(shape, K, dropout):
    """The maximum over the places."""
    layers = import_keras().layers
    return sequential(shape, layers.GlobalMaxPooling2D(), layers.Dropout(dropout), layers.Dense(K))


def wrong_no_dropout(shape, K, dropout):
    """Forgets dropout."""
    layers = import_keras().layers
    return sequential(shape, layers.GlobalAveragePooling2D(), layers.Dense(K))


def wrong_share_kept(shape, K, dropout):
    """Takes dropout for the share that stays."""
    layers = import_keras().layers
    return sequential(shape, layers.GlobalAveragePooling2D(), layers.Dropout(1 - dropout), layers.Dense(K))


def wrong_dropout_last(shape, K, dropout):
    """Drops logits."""
    layers = import_keras().layers
    return sequential(shape, layers.GlobalAveragePooling2D(), layers.Dense(K), layers.Dropout(dropout))


def wrong_dropout_first(shape, K, dropout):
    """Drops places before the pooling."""
    layers = import_keras().layers
    return sequential(shape, layers.Dropout(dropout), layers.GlobalAveragePooling2D(), layers.Dense(K))


def wrong_no_bias(shape, K, dropout):
    """No bias."""
    layers = import_keras().layers
    dense = layers.Dense(K, use_bias=False)
    return sequential(shape, layers.GlobalAveragePooling2D(), layers.Dropout(dropout), dense)


def wrong_hidden_layer(shape, K, dropout):
    """A hidden layer as in the study."""
    layers = import_keras().layers
    hidden = layers.Dense(16, activation="relu")
    return sequential(shape, layers.GlobalAveragePooling2D(), hidden, layers.Dropout(dropout), layers.Dense(K))


def wrong_half(shape, K, dropout):
    """Dropout 0.5, whatever is asked for."""
    layers = import_keras().layers
    return sequential(shape, layers.GlobalAveragePooling2D(), layers.Dropout(0.5), layers.Dense(K))


def wrong_eighteen(shape, K, dropout):
    """18 classes, whatever is asked for."""
    layers = import_keras().layers
    return sequential(shape, layers.GlobalAveragePooling2D(), layers.Dropout(dropout), layers.Dense(18))


def wrong_batchnorm(shape, K, dropout):
    """A BatchNorm between."""
    layers = import_keras().layers
    norm = layers.BatchNormalization()
    return sequential(shape, layers.GlobalAveragePooling2D(), norm, layers.Dropout(dropout), layers.Dense(K))


def wrong_sum(shape, K, dropout):
    """The sum over the places."""
    keras = import_keras()
    maps = keras.Input(shape)
    a = keras.layers.Dropout(dropout)(keras.ops.sum(maps, axis=(1, 2)))
    return keras.Model(maps, keras.layers.Dense(K)(a))


def wrong_log_softmax(shape, K, dropout):
    """Logarithms of probabilities."""
    layers = import_keras().layers
    dense = layers.Dense(K, activation="log_softmax")
    return sequential(shape, layers.GlobalAveragePooling2D(), layers.Dropout(dropout), dense)


def wrong_dropped_twice(shape, K, dropout):
    """Two dropouts."""
    layers = import_keras().layers
    two = (layers.Dropout(dropout), layers.Dropout(dropout))
    return sequential(shape, layers.GlobalAveragePooling2D(), *two, layers.Dense(K))


def wrong_list(shape, K, dropout):
    """Layers, no model."""
    layers = import_keras().layers
    return [layers.GlobalAveragePooling2D(), layers.Dropout(dropout), layers.Dense(K)]
