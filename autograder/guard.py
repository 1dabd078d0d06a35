"""Watches what a sandbox uses beyond what a process can be limited to: the memory of all its processes together.

``prlimit`` bounds each process, control groups would bound the family but can be written to on few machines. So a
thread adds up what the family holds a few times per second, and ends it when that is too much.
"""

import contextlib
import itertools
import os
import threading
from collections.abc import Callable
from pathlib import Path

INTERVAL = 0.2  # seconds
SHARED_FILES = 64  # a kernel needs six: its connection file and five sockets
SHARED_BYTES = 1 << 20
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Guard:
    """Watches the family of process ``pid`` and the folder that it shares with the grader.

    Attributes:
        verdict: why ``end`` was called; empty as long as it was not. For the student.
    """

    def __init__(self, pid: int, shared: Path, memory_mb: int, end: Callable[[], None]):
        self.verdict = ""
        self._pid, self._shared, self._memory_mb, self._end = pid, shared, memory_mb, end
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(INTERVAL):
            if memory_of(self._pid, self._memory_mb << 20) > self._memory_mb << 20:
                self.verdict = f"used more than {self._memory_mb} MB of memory and was stopped"
            elif _is_full(self._shared):
                self.verdict = "wrote into the folder of the kernel's sockets and was stopped"
            if self.verdict:
                self._end()
                return


def memory_of(pid: int, enough: int) -> int:
    """Bytes that process ``pid`` and its descendants hold.

    Pages that several of them share count for each of them up to ``enough`` bytes, beyond that only once.
    """
    family = descendants(pid)
    resident = sum(_resident(process) for process in family)
    return resident if resident <= enough else sum(_share(process) for process in family)


def descendants(pid: int) -> list[int]:
    """Process ``pid`` and all that descend from it, as far as they are still there."""
    found = [pid]
    for process in found:
        with contextlib.suppress(OSError):  # it has just ended
            for thread in Path(f"/proc/{process}/task").iterdir():
                with contextlib.suppress(OSError):
                    found += map(int, (thread / "children").read_text().split())
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def _share(pid: int) -> int:
    """Proportional set size: pages of its own, and its part of those that it shares."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):  # it ended, or may not be looked into
        return _resident(pid)


def _is_full(folder: Path) -> bool:
    size = 0
    with contextlib.suppress(OSError):
        for count, (place, folders, files) in enumerate(os.walk(folder)):
            if count + len(folders) + len(files) > SHARED_FILES:
                return True
            for name in itertools.islice(files, SHARED_FILES):
                with contextlib.suppress(OSError):
                    size += (Path(place) / name).lstat().st_size
    return size > SHARED_BYTES
