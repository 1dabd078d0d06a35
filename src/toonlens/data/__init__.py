"""Data: the drawn characters and the Simpsons pictures."""

from toonlens.data.simpsons import Simpsons, load_simpsons
from toonlens.data.toons import Confound, Toons, load_toons

__all__ = ["Confound", "Simpsons", "Toons", "load_simpsons", "load_toons"]
