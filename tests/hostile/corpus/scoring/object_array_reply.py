"""A forged reply describes an array of Python objects, and one whose sides overflow."""

CELLS = {
    "scale_code": "import json, struct\nimport toonlens.exchange as exchange\n"
    "def forged(namespace, request):\n"
    "    dtype, shape = ('|O', [5, 4]) if len(request) > 200 else ('<f8', [1 << 62, 1 << 62])\n"
    "    header = json.dumps({'dict': [['value', {'array': [dtype, shape]}]]}).encode()\n"
    "    return struct.pack('<4sQ', b'TOON', len(header)) + header + bytes(160)\n"
    "exchange.answer = forged"
}
DUE = {"scale": 0, "total": 0, "offset": 0}
