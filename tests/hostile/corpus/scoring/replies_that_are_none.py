"""The endpoint answers with bytes that are no message."""

CELLS = {
    "scale_code": "import toonlens.exchange as exchange\n"
    "exchange.answer = lambda namespace, request: b'TOON' + b'\\xff' * 64"
}
DUE = {"scale": 0, "total": 0, "offset": 0}
