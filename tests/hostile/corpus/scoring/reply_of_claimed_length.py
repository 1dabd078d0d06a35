"""The kernel claims a reply of exabytes on the socket that answers travel on."""

CELLS = {
    "total_code": "import os\n"
    "def total(x):\n"
    "    for name in os.listdir('/proc/self/fd'):\n"
    "        try:\n"
    "            if 'socket' in os.readlink(f'/proc/self/fd/{name}'): os.write(int(name), b'\\xff' * 64)\n"
    "        except OSError: pass"
}
DUE = {"total": 0}
