"""ToonLens, the student library: data, networks, transfer learning, pictures and the command line.

Import what you need from its modules, for example ``from toonlens.data import load_toons``.
Nothing heavy is imported here.
"""

__version__ = "0.1.0"
