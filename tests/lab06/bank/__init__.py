"""Known solutions of lab 6, right and wrong: one module per function, named ``right_...`` and ``wrong_...``.

A docstring says what the solution is, or what its author believed.
"""
