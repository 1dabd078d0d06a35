"""A forged reply says that the arguments were left alone, and carries a wrong value."""

CELLS = {
    "scale_code": "import toonlens.exchange as exchange\n"
    "def forged(namespace, request):\n"
    "    asked = exchange.decode(request)\n"
    "    return exchange.encode({'value': 0.0, 'args': asked.get('args'), 'kwargs': asked.get('kwargs')})\n"
    "exchange.answer = forged"
}
DUE = {"scale": 0, "total": 0}
