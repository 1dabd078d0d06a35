"""Import TensorFlow without the lines that it prints about the machine."""

import os
import sys
import tempfile
from types import ModuleType


def import_keras() -> ModuleType:
    """Keras, imported with the process's standard error held back; what was said there appears if the import fails.

    TensorFlow's start-up lines come from C++ and heed no setting. They would stand in every notebook's output.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            import tensorflow  # isort: skip
            import keras

            tensorflow.config.list_physical_devices()  # looks for GPUs now, while what it says is held back
        except BaseException:
            said.seek(0)
            os.write(kept, said.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
    return keras
