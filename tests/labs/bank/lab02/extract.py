"""Solutions of ``extract(model, ds)``."""

import numpy as np


def right_loop(model, ds):
    """One loop, both lists."""
    features, labels = [], []
    for x, y in ds:
        out = np.asarray(model(x, training=False))
        features.append(out.reshape(len(out), -1))
        labels.append(y)
    return np.concatenate(features), np.concatenate(labels)


def right_predict_on_batch(model, ds):
    """Keras' own call for one batch."""
    pairs = [(model.predict_on_batch(x), y) for x, y in ds]
    return np.vstack([f.reshape(f.shape[0], -1) for f, _ in pairs]), np.hstack([y for _, y in pairs])


def right_predict(model, ds):
    """All pictures first, then predict."""
    batches = list(ds)
    x = np.concatenate([x for x, _ in batches])
    out = model.predict(x, batch_size=4, verbose=0)
    return out.reshape(len(x), -1), np.concatenate([y for _, y in batches])


def right_row_by_row(model, ds):
    """Picture by picture."""
    features, labels = [], []
    for x, y in ds:
        for picture, label in zip(x, y, strict=True):
            features.append(np.ravel(model(picture[None], training=False)))
            labels.append(label)
    return np.array(features), np.array(labels)


def right_flatten_layer(model, ds):
    """A Flatten layer behind the model."""
    from toonlens.startup import import_keras

    keras = import_keras()
    flat = keras.Model(model.input, keras.layers.Flatten()(model.output))
    pairs = [(flat(x, training=False).numpy(), np.asarray(y)) for x, y in ds]
    return np.concatenate([f for f, _ in pairs]), np.concatenate([y for _, y in pairs])


def wrong_training_mode(model, ds):
    """training=True: dropout, and BatchNorm by the batch."""
    pairs = [(np.asarray(model(x, training=True)), y) for x, y in ds]
    return np.concatenate([f.reshape(len(f), -1) for f, _ in pairs]), np.concatenate([y for _, y in pairs])


def wrong_shuffled(model, ds):
    """Shuffles the features, 'so that training goes better', and not the labels."""
    f, y = right_loop(model, ds)
    return np.random.default_rng(0).permutation(f), y


def wrong_sorted(model, ds):
    """Sorted by label, both."""
    f, y = right_loop(model, ds)
    order = np.argsort(y)
    return f[order], y[order]


def wrong_two_passes(model, ds):
    """Features in one loop, labels in another."""
    f = np.concatenate([np.asarray(model(x, training=False)).reshape(len(x), -1) for x, _ in ds])
    return f, np.concatenate([y for _, y in ds])


def wrong_averaged(model, ds):
    """Averaged over the places, which the head does."""
    pairs = [(np.asarray(model(x, training=False)).mean(axis=(1, 2)), y) for x, y in ds]
    return np.concatenate([f for f, _ in pairs]), np.concatenate([y for _, y in pairs])


def wrong_last_batch_lost(model, ds):
    """Only whole batches."""
    batches = list(ds)
    pairs = [(np.asarray(model(x, training=False)), y) for x, y in batches[:-1] or batches]
    return np.concatenate([f.reshape(len(f), -1) for f, _ in pairs]), np.concatenate([y for _, y in pairs])


def wrong_one_row_per_batch(model, ds):
    """Flattens the whole batch into one row."""
    pairs = [(np.ravel(model(x, training=False)), y) for x, y in ds]
    return np.concatenate([f for f, _ in pairs]), np.concatenate([y for _, y in pairs])


def wrong_channels_first(model, ds):
    """Channels before places."""
    pairs = [(np.moveaxis(np.asarray(model(x, training=False)), -1, 1), y) for x, y in ds]
    return np.concatenate([f.reshape(len(f), -1) for f, _ in pairs]), np.concatenate([y for _, y in pairs])


def wrong_standardised(model, ds):
    """Each batch standardised by itself."""
    pairs = [(np.asarray(model(x, training=False)).reshape(len(x), -1), y) for x, y in ds]
    scaled = [(f - f.mean(axis=0)) / (f.std(axis=0) + 1e-6) for f, _ in pairs]
    return np.concatenate(scaled), np.concatenate([y for _, y in pairs])


def wrong_maps(model, ds):
    """Not flat: (N, h, w, C)."""
    pairs = [(np.asarray(model(x, training=False)), y) for x, y in ds]
    return np.concatenate([f for f, _ in pairs]), np.concatenate([y for _, y in pairs])


def wrong_labels_only_of_the_last(model, ds):
    """The loop's last labels."""
    batches = list(ds)
    features = [np.asarray(model(x, training=False)).reshape(len(x), -1) for x, _ in batches]
    return np.concatenate(features), batches[-1][1]


def wrong_one_hot(model, ds):
    """Labels as one-hot rows."""
    f, y = right_loop(model, ds)
    return f, np.eye(y.max() + 1)[y]


def wrong_swapped(model, ds):
    """Labels first."""
    f, y = right_loop(model, ds)
    return y, f


def wrong_features_only(model, ds):
    """No labels."""
    return right_loop(model, ds)[0]


def wrong_normalised(model, ds):
    """Rows of length one, 'because directions count'."""
    f, y = right_loop(model, ds)
    return f / (np.linalg.norm(f, axis=1, keepdims=True) + 1e-9), y


def wrong_refreshes_batchnorm(model, ds):
    """A pass in training mode first, 'to adapt BatchNorm', then the features."""
    for x, _ in ds:
        model(x, training=True)
    return right_loop(model, ds)
