"""The endpoint in the kernel answers every question with True, which is a number but no right array."""

CELLS = {
    "scale_code": "import toonlens.exchange as exchange\n"
    "exchange.answer = lambda namespace, request: exchange.encode({'value': True, 'args': [], 'kwargs': {}})"
}
DUE = {"scale": 0, "total": 0}
QUICK = True
