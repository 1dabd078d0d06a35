"""TensorFlow's lines about the machine stay out of students' notebooks."""

import os
import subprocess
import sys

USE = """
from toonlens.startup import import_keras
keras = import_keras()
import numpy as np
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
print(model(np.ones((1, 2), "float32")).shape)
"""


def test_nothing_is_printed_by_import_and_first_use():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    done = subprocess.run([sys.executable, "-c", USE], env=environment, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("(1, 1)\n", "")
