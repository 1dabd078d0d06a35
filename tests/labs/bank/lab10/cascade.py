"""Solutions of ``cascade(params, seed)``: list of (W, b) -> list of L such lists."""

import numpy as np


def _fan_in(W):
    return int(np.prod(W.shape[:-1]))


def right_carried_on(params, seed):
    """One list that is changed and copied."""
    rng, network, stages = np.random.default_rng(seed), list(params), []
    for l in reversed(range(len(params))):
        W, b = params[l]
        network[l] = (rng.normal(0, np.sqrt(2 / _fan_in(W)), W.shape), np.zeros(b.shape))
        stages.append(network.copy())
    return stages


def right_drawn_first(params, seed):
    """All random layers first, then slices of two lists."""
    rng = np.random.default_rng(seed)
    fresh = [(np.sqrt(2 / _fan_in(W)) * rng.standard_normal(W.shape), 0 * b) for W, b in params]
    L = len(params)
    return [list(params[: L - k]) + fresh[L - k :] for k in range(1, L + 1)]


def right_recursive(params, seed):
    """Lists in the place of tuples, legacy generator, single precision."""
    rng = np.random.RandomState(seed)
    stages, current = [], [[W.astype(np.float32), b.astype(np.float32)] for W, b in params]
    for l in range(len(params) - 1, -1, -1):
        W, b = current[l]
        new = [(rng.randn(*W.shape) * (2.0 / _fan_in(W)) ** 0.5).astype(np.float32), np.zeros_like(b)]
        current = [*current[:l], new, *current[l + 1 :]]
        stages.append(current)
    return stages


def right_keras_initialiser(params, seed):
    """Keras's HeNormal, a seed for each layer."""
    from toonlens.startup import import_keras

    keras = import_keras()
    stages, current = [], list(params)
    for l in range(len(params) - 1, -1, -1):
        W, b = params[l]
        scale = keras.initializers.RandomNormal(0.0, np.sqrt(2 / _fan_in(W)), seed=1000 * (seed + 1) + l)
        current[l] = (np.asarray(scale(W.shape)), np.zeros(b.shape))
        stages.append(list(current))
    return stages


def _cascade(params, seed, *, draw=None, bias=None, order=-1, copy=True, carry=True, reseed=False):
    rng, network, stages = np.random.default_rng(seed), list(params), []
    for l in range(len(params))[::order]:
        if reseed:
            rng = np.random.default_rng(seed)
        W, b = params[l]
        new = draw(rng, W) if draw else rng.normal(scale=np.sqrt(2 / _fan_in(W)), size=W.shape)
        if not carry:
            network = list(params)
        network[l] = (new, bias(rng, b) if bias else np.zeros_like(b))
        stages.append(list(network) if copy else network)
    return stages


def wrong_from_the_first(params, seed):
    """Starts at the pixels."""
    return _cascade(params, seed, order=1)


def wrong_same_list(params, seed):
    """Appends the same list again and again."""
    return _cascade(params, seed, copy=False)


def wrong_one_layer_at_a_time(params, seed):
    """Independent randomisation: the layer before is trained again."""
    return _cascade(params, seed, carry=False)


def wrong_shuffled(params, seed):
    """Shuffles the trained weights."""
    return _cascade(params, seed, draw=lambda rng, W: rng.permutation(W.ravel()).reshape(W.shape))


def wrong_noise_added(params, seed):
    """Adds noise to the trained weights."""
    return _cascade(params, seed, draw=lambda rng, W: W + rng.normal(scale=W.std(), size=W.shape))


def wrong_standard_normal(params, seed):
    """Standard deviation 1."""
    return _cascade(params, seed, draw=lambda rng, W: rng.normal(size=W.shape))


def wrong_fan_out(params, seed):
    """Fan-out in the place of fan-in, and the last axis at that."""
    return _cascade(params, seed, draw=lambda rng, W: rng.normal(scale=np.sqrt(2 / W.shape[-1]), size=W.shape))


def wrong_fan_in_without_kernel(params, seed):
    """Forgets the places of the kernel."""
    return _cascade(params, seed, draw=lambda rng, W: rng.normal(scale=np.sqrt(2 / W.shape[-2]), size=W.shape))


def wrong_variance_for_deviation(params, seed):
    """Forgets the square root."""
    return _cascade(params, seed, draw=lambda rng, W: rng.normal(scale=2 / _fan_in(W), size=W.shape))


def wrong_biases_kept(params, seed):
    """Leaves the biases."""
    return _cascade(params, seed, bias=lambda rng, b: b)


def wrong_biases_random(params, seed):
    """Random biases."""
    return _cascade(params, seed, bias=lambda rng, b: rng.normal(size=b.shape))


def wrong_reseeded(params, seed):
    """A new generator with the same seed for each layer."""
    return _cascade(params, seed, reseed=True)


def wrong_seed_ignored(params, seed):
    """Always seed 0."""
    return _cascade(params, 0)


def wrong_no_seed(params, seed):
    """Never the same twice."""
    return _cascade(params, None)


def wrong_starts_untouched(params, seed):
    """The trained network first, one too many."""
    return [list(params), *_cascade(params, seed)]


def wrong_last_missing(params, seed):
    """The trained network first, and the last one missing."""
    return [list(params), *_cascade(params, seed)[:-1]]


def wrong_redrawn(params, seed):
    """Draws every random layer anew in each network."""
    rng, L = np.random.default_rng(seed), len(params)
    return [
        [
            (W, b) if l < L - k else (rng.normal(scale=np.sqrt(2 / _fan_in(W)), size=W.shape), np.zeros_like(b))
            for l, (W, b) in enumerate(params)
        ]
        for k in range(1, L + 1)
    ]


def wrong_zeros(params, seed):
    """Zeros are as untrained as can be."""
    return _cascade(params, seed, draw=lambda rng, W: np.zeros_like(W))


def wrong_in_place(params, seed):
    """Writes into the trained kernels."""
    rng, stages = np.random.default_rng(seed), []
    for W, b in params[::-1]:
        W[...] = rng.normal(scale=np.sqrt(2 / _fan_in(W)), size=W.shape)
        b[...] = 0
        stages.append([(V.copy(), c.copy()) for V, c in params])
    return stages
