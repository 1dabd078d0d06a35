"""A regular expression that takes longer than the universe has, in C code that hears no interrupt."""

CELLS = {"total_code": "import re\nre.match('(a|a)+$', 'a' * 60 + 'b')"}
DUE = {"total": 0}
