"""A forged reply says that the arguments were left alone: with a right value, and with a wrong one.

With a right value that is worth the same as a function that copies its argument first, which the reply cannot be told
from: the grader compares with arrays of its own, and nothing of it was changed. It buys nothing for a wrong value.
"""

CELLS = {
    "scale_code": "import toonlens.exchange as exchange\n"
    "honest = exchange.answer\n"
    "def scale(x, f):\n    x *= f\n    return x\n"
    "def forged(namespace, request):\n"
    "    asked, kept = exchange.decode(request), exchange.decode(request)\n"
    "    if asked['do'] != 'call': return honest(namespace, request)\n"
    "    value = scale(*asked['args']) if asked['name'] == 'scale' else 0.0\n"
    "    return exchange.encode({'value': value, 'args': kept['args'], 'kwargs': kept['kwargs']})\n"
    "exchange.answer = forged",
}
DUE = {"scale": 3, "total": 0}
