"""The renderer of the drawn characters: geometry, pen, parts of a character, scenery, whole scenes.

Everything is described in unit coordinates and rounded to a fixed grid before it is rasterised, so that a scene is the
same at every size and its bytes are the same on every machine.
"""
