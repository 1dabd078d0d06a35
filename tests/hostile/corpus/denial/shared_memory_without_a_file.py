"""Memory that stays although no process has it in its own any more: shared, without a file, touched and let go."""

CELLS = {
    "total_code": "import mmap, os\n"
    "wrong = 0\n"
    "for make in (lambda: mmap.mmap(-1, 64 << 20),\n"
    "             lambda: mmap.mmap(os.open('/dev/zero', os.O_RDWR), 64 << 20)):\n"
    "    try:\n"
    "        kept = [make() for _ in range(100)]\n"
    "        for block in kept:\n"
    "            for place in range(0, 64 << 20, 4096): block[place] = 1\n"
    "            block.madvise(mmap.MADV_DONTNEED)\n"
    "    except (OSError, ValueError) as error:\n        wrong += 1\n"
    "print('refused', wrong)\n"
    "def total(x):\n    return 3 * x.sum()"
}


def look(graded):
    assert "refused 2" in graded.text("total_code")
