"""Many children fill the buffers of many sockets, which is memory of no process."""

CELLS = {
    "total_code": "import os, socket, time\n"
    "for _ in range(50):\n"
    "    if os.fork() == 0:\n"
    "        kept = [socket.socketpair() for _ in range(100)]\n"
    "        for pair in kept:\n"
    "            pair[0].setblocking(False)\n"
    "            try:\n"
    "                while True: pair[0].send(bytes(65536))\n"
    "            except OSError: pass\n"
    "        break\n"
    "time.sleep(60)"
}
DUE = {"total": 0}


def look(graded):
    said = graded.text("total_code")  # on a busy machine the time is up first
    assert "used more than 1024 MB of memory" in said or "Stopped after" in said
