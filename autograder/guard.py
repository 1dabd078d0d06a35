"""Watches what a sandbox uses beyond what a process can be limited to: the memory of all its processes together.

``prlimit`` bounds each process, control groups would bound the family but can be written to on few machines. So a
thread adds up what the family holds a few times per second, and ends it when that is too much: pages of its processes,
and what Linux keeps for them (page tables, buffers of sockets and pipes, the names of files in memory). Last, it ends
the family where the machine itself runs out of memory, by whatever way that was not counted.
"""

import contextlib
import functools
import os
import threading
from collections.abc import Callable
from pathlib import Path

INTERVAL = 0.2  # seconds
SHARED_FILES = 64  # a kernel needs six: its connection file and five sockets; and no folder
SHARED_BYTES = 1 << 20
DESCRIPTOR_BYTES = 4096  # an open file: at most half a pipe's buffer
INODE_BYTES = 1536  # a file in memory, with its name, without what is in it
TCP_BYTES = 8 << 20  # both buffers of a socket; all TCP sockets of a machine together are bounded by Linux
IN_MEMORY = ("tmp", "dev/shm", "home/student")
FLOOR = 512 << 20  # free memory of the machine, or a twentieth of all where that is less
SMALL = 4  # who holds less than this part of what it may, is stopped only when others were not enough
PATIENCE = 10


class Guard:
    """Watches the family of process ``pid`` and the folder that it shares with the grader.

    Attributes:
        verdict: why ``end`` was called; empty as long as it was not. For the student.
        starved: it was called because the machine has no memory left, which need not be the student's fault.
    """

    def __init__(self, pid: int, shared: Path, memory_mb: int, end: Callable[[], None]):
        self.verdict, self.starved = "", False
        self._pid, self._shared, self._memory_mb, self._end = pid, shared, memory_mb, end
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        allowed, short = self._memory_mb << 20, 0
        while not self._over.wait(INTERVAL):
            held = memory_of(self._pid, allowed)
            short = short + 1 if is_short_of_memory() else 0
            if held > allowed:
                self.verdict = f"used more than {self._memory_mb} MB of memory and was stopped"
            elif _is_full(self._shared):
                self.verdict = "wrote into the folder of the kernel's sockets and was stopped"
            elif short and (held > allowed // SMALL or short > PATIENCE):
                self.verdict, self.starved = "was stopped because the machine had no memory left", True
            if self.verdict:
                self._end()
                return


def memory_of(pid: int, enough: int) -> int:
    """Bytes that process ``pid`` and its descendants hold, and Linux for them.

    Pages that several of them share count for each of them up to ``enough`` bytes, beyond that only once.
    """
    family = descendants(pid)
    counts = [_status(process) for process in family]
    around = sum(tables for _, tables in counts) + _kept_for(family)
    resident = sum(pages for pages, _ in counts) + around
    return resident if resident <= enough else sum(_share(process) for process in family) + around


def is_short_of_memory() -> bool:
    """Whether the machine has hardly any memory left."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return False
    found = {name: int(value.split()[0]) * 1024 for name, _, value in (line.partition(":") for line in lines)}
    return "MemAvailable" in found and found["MemAvailable"] < min(FLOOR, found["MemTotal"] // 20)


def descendants(pid: int) -> list[int]:
    """Process ``pid`` and all that descend from it, as far as they are still there."""
    found = [pid]
    for process in found:
        with contextlib.suppress(OSError):  # it has just ended
            for thread in Path(f"/proc/{process}/task").iterdir():
                with contextlib.suppress(OSError):
                    found += map(int, (thread / "children").read_text().split())
    return found


def _status(pid: int) -> tuple[int, int]:
    """Bytes of pages and of page tables."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0, 0
    found = {name: value for name, _, value in (line.partition(":") for line in lines)}
    pages, tables = (int(found.get(name, "0").split()[0]) * 1024 for name in ("VmRSS", "VmPTE"))
    return pages, tables


def _kept_for(family: list[int]) -> int:
    """Bytes that Linux keeps for the family's sockets, open files and files in memory, at most."""
    total = 0
    for process in family:
        with contextlib.suppress(OSError):
            total += Path(f"/proc/{process}/fd").stat().st_size * DESCRIPTOR_BYTES  # 0 before Linux 6.2
    last = family[-1]
    with contextlib.suppress(OSError):
        inside = Path(f"/proc/{last}/root")
        if not inside.samefile("/"):  # else it is not, or not yet, in a sandbox
            total += _buffers(Path(f"/proc/{last}/net"))
            for place in IN_MEMORY:
                file_system = os.statvfs(inside / place)
                total += (file_system.f_files - file_system.f_ffree) * INODE_BYTES
    return total


def _buffers(network: Path) -> int:
    """Bytes that the sockets in a namespace of networks can hold: open ones, and those that wait to be accepted."""
    small = sum(len((network / name).read_bytes().splitlines()) for name in ("unix", "netlink"))
    large = 0
    for line in (network / "sockstat").read_text().splitlines():
        kind, _, counts = line.partition(": inuse ")
        small += int(counts.split()[0]) if kind == "UDP" else 0
        large += int(counts.split()[0]) if kind == "TCP" else 0
    return small * _setting("core/wmem_default") + large * TCP_BYTES


@functools.cache
def _setting(name: str) -> int:
    """The last number of a setting of the network, which is the largest size."""
    return int(Path(f"/proc/sys/net/{name}").read_text().split()[-1])


def _share(pid: int) -> int:
    """Proportional set size: pages of its own, and its part of those that it shares."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):  # it ended, or may not be looked into
        return _status(pid)[0]


def _is_full(folder: Path) -> bool:
    size = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for count, entry in enumerate(entries):
            if count >= SHARED_FILES or entry.is_dir(follow_symlinks=False):
                return True
            with contextlib.suppress(OSError):
                size += entry.stat(follow_symlinks=False).st_size
    return size > SHARED_BYTES
