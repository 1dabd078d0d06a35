"""A thread fills the socket with forged answers, so that one of them is there before the question."""

CELLS = {
    "total_code": "import os, struct, threading\nimport toonlens.exchange as exchange\n"
    "reply = exchange.encode({'value': 0.0, 'args': [], 'kwargs': {}})\n"
    "frame, asked = struct.pack('<Q', len(reply)) + reply, threading.Event()\n"
    "def flood():\n"
    "    while not asked.is_set():\n"
    "        for name in os.listdir('/proc/self/fd'):\n"
    "            try:\n"
    "                if 'socket' in os.readlink(f'/proc/self/fd/{name}'): os.write(int(name), frame)\n"
    "            except OSError: pass\n"
    "        asked.wait(0.2)\n"
    "threading.Thread(target=flood, daemon=True).start()\n"
    "def total(x):\n    asked.set()\n    return 0.0"
}
DUE = {"total": 0}
