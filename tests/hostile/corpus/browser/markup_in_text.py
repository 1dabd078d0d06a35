"""Markup in what is shown as text: prints, errors, their names, representations, colours and links of a terminal."""

CELLS = {
    "scale_code": "import sys\n"
    "print('<script>alert(1)</script>', '\\x1b[31m<b onclick=x>')\n"
    "print('\\x1b]8;;javascript:alert(1)\\x1b\\\\click\\x1b]8;;\\x1b\\\\')\n"
    "print('</pre></div><script>alert(2)</script>', file=sys.stderr)\n"
    "type('<img src=x onerror=alert(3)>', (), {'__repr__': lambda self: '<svg onload=alert(4)>'})()",
    "total_code": "Bad = type('<script>alert(5)</script>', (Exception,), {})\n"
    "def total(x):\n    raise Bad('<script>alert(6)</script>')",
    "offset_code": "offset = 1\nraise Bad('<script>alert(7)</script>')",
}
DUE = {"scale": 0, "total": 0}
QUICK = True


def look(graded):
    assert "&lt;script&gt;alert(6)&lt;/script&gt;" in graded.page
