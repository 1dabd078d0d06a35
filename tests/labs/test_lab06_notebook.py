"""What lab 6 releases beside its notebook."""

from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_features_in_the_file_are_those_of_the_network():
    """What the cell with LIVE = True computes."""
    import keras

    from toonlens.models import build, preprocess

    stored = np.load(ROOT / "solutions" / "lab06" / "head.npz")
    base = build("vgg16", weights="small")
    base = keras.Model(base.input, base.get_layer(str(stored["layer"])).output)
    live = np.asarray(base(preprocess(stored["images"], "vgg16"), training=False))
    np.testing.assert_allclose(live, stored["features"], atol=2e-3 * live.max())
