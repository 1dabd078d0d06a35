"""Pictures that unpack to more than a browser can hold: as output, and in the written answer."""

import base64
import struct
import zlib


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


SIDE = 50_000
BOMB = base64.b64encode(
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 1, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(bytes(1000)))
    + chunk(b"IEND", b"")
).decode()
CELLS = {
    "scale_code": "from IPython.display import display\n"
    f"display({{'image/png': {BOMB!r}, 'text/plain': 'bomb'}}, raw=True)\n"
    "def scale(x, f):\n    return f * x",
    "why": f"Because ![bomb](data:image/png;base64,{BOMB})",
}


def look(graded):
    assert "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAw1A" not in graded.page
    assert graded.text("scale_code").strip() == "bomb"
