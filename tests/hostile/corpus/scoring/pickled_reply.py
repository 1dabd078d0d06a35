"""A reply is a pickle that would run code in the process that loads it."""

CELLS = {
    "scale_code": "import pickle\nimport toonlens.exchange as exchange\n"
    "class Run:\n    def __reduce__(self):\n"
    "        return (open, ('/tmp/toonlens-attack-pickle', 'w'))\n"
    "exchange.answer = lambda namespace, request: pickle.dumps(Run())"
}
DUE = {"scale": 0, "total": 0, "offset": 0}
