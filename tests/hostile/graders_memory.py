"""The most memory that the grader's processes had: its own and its workers', without the students' sandboxes."""

import contextlib
import threading
from pathlib import Path

from autograder.guard import descendants

INTERVAL = 0.1
RESET_PEAK = "5"  # proc(5), clear_refs


class GradersMemory:
    """Watches while its context lasts. ``grown_mb``: by how much each process had grown at its peak, by its id."""

    def __init__(self, pid: int):
        self._pid = pid
        self._first: dict[int, int] = {}
        self._peak: dict[int, int] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "GradersMemory":
        Path(f"/proc/{self._pid}/clear_refs").write_text(RESET_PEAK)
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._look()

    def grown_mb(self) -> dict[int, float]:
        return {process: (peak - self._first[process]) / 1024 for process, peak in self._peak.items()}

    def _watch(self) -> None:
        while not self._over.wait(INTERVAL):
            self._look()

    def _look(self) -> None:
        for process in descendants(self._pid):
            with contextlib.suppress(OSError, KeyError):  # it has just ended
                if (
                    process == self._pid
                    or b"multiprocessing.forkserver" in Path(f"/proc/{process}/cmdline").read_bytes()
                ):
                    lines = Path(f"/proc/{process}/status").read_text().splitlines()
                    found = {name: value for name, _, value in (line.partition(":") for line in lines)}
                    self._first.setdefault(process, int(found["VmRSS"].split()[0]))
                    self._peak[process] = int(found["VmHWM"].split()[0])
