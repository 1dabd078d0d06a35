"""Talks to the network, to this machine's services, and to the host of a virtual machine."""

CELLS = {
    "scale_code": "import socket, urllib.request\n"
    "def attempt(name, action):\n"
    "    try: action()\n"
    "    except OSError: return\n"
    "    print('reached', name)\n"
    "for place in ('127.0.0.1', '192.168.1.1', '8.8.8.8', '169.254.169.254'):\n"
    "    for port in (22, 80, 8888): attempt(place, lambda: socket.create_connection((place, port), 0.2))\n"
    "attempt('web', lambda: urllib.request.urlopen('http://example.org', timeout=0.2))\n"
    "attempt('host', lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).connect((2, 22)))\n"
    "def scale(x, f):\n    return f * x"
}


def look(graded):
    assert graded.text("scale_code") == ""
