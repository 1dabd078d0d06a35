"""Kernels that start at once: born of a process that has imported the lab's packages, each into a sandbox of its own.

A fresh kernel spends its first seconds on imports (one for NumPy and matplotlib, six to eight for TensorFlow), the same
ones for every student. Here one process per worker, the mother, does them once, inside the same bubblewrap sandbox that
a kernel gets but before any student's code; a kernel is a fork of her (``nursery_inside.py``) that takes namespaces for
processes, mounts and IPC of its own, with fresh file systems in memory, the limits, no capabilities, an unprivileged
user and the system-call filter, before it reads a student's first byte. She has seen nothing of the grader, so there is
nothing to find in her memory; and as kernels follow one another, none ever sees another.
"""

import ast
import contextlib
import json
import os
import platform
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, BinaryIO

from nbformat import NotebookNode

from autograder.kernel import Kernel
from autograder.limits import Limits
from autograder.sandbox import HOME, KERNEL_DIR, Place, bubblewrap_command, make_place, seccomp_filter
from autograder.scratch import remove_tree, scratch_folder
from toonlens.errors import UserError

INSIDE = Path(__file__).with_name("nursery_inside.py")
ROOM = "/run/nursery"
READY_SECONDS = 120  # TensorFlow, on a busy machine
BIRTH_SECONDS = 20
# What a kernel and the course's pictures need, whatever the lab.
ALWAYS = ("ipykernel.kernelapp", "ipykernel.ipkernel", "matplotlib.figure", "matplotlib.backends.backend_agg")
# Parts of the student library that import Keras when they are first used.
WITH_KERAS = ("toonlens.models", "toonlens.transfer", "toonlens.keras_graph")
WITH_WIDGETS = ("toonlens.quiz", "toonlens.explore")  # and those that import widgets


def imports_of(release: NotebookNode) -> tuple[str, ...]:
    """The modules that the locked code cells of a released notebook import at their top level."""
    found: list[str] = []
    for cell in release.cells:
        if cell.cell_type != "code" or not cell.metadata.get("nbgrader", {}).get("locked"):
            continue
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:  # a magic: it is not ours to interpret
            continue
        for statement in tree.body:
            if isinstance(statement, ast.Import):
                found += [name.name for name in statement.names]
            elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
                found += [statement.module, *(f"{statement.module}.{name.name}" for name in statement.names)]
    if any(name.startswith(WITH_KERAS) for name in found):
        found += ["tensorflow", "keras"]
    if any(name.startswith(WITH_WIDGETS) for name in found):
        found.append("ipywidgets")
    return tuple(dict.fromkeys((*ALWAYS, *found)))


class Nursery:
    """The mother of a worker's kernels for one lab."""

    def __init__(self, limits: Limits, files: Iterable[Path], modules: Iterable[str]):
        self._limits, self._files, self._modules = limits, tuple(files), tuple(modules)
        with contextlib.ExitStack() as stack:
            self.folder = stack.enter_context(scratch_folder())
            self._start()
            self._stack = stack.pop_all()
        Finalize(None, self.close, exitpriority=1)  # workers leave without what `atexit` knows

    def _start(self) -> None:
        """Start the mother and wait until she has imported everything.

        Raises:
            UserError: she does not come up.
        """
        own = self.folder / "mother"
        remove_tree(own)
        own.mkdir()
        place = make_place(own, self._files, os.geteuid())
        self._line, hers = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with hers:
            self._process = subprocess.Popen(
                self._command(place, hers.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(hers.fileno(),),
                start_new_session=True,
            )
        if not select.select([self._line], [], [], READY_SECONDS)[0] or self._line.recv(100) != b"ready":
            self._process.kill()
            errors = self._process.stderr.read() if self._process.stderr else b""
            lines = errors.decode(errors="replace").strip().splitlines()
            raise UserError(f"the nursery of kernels does not start: {lines[-1] if lines else 'no reason given'}")

    def _command(self, place: Place, line: int) -> list[str]:
        """A kernel's sandbox, without what she does herself to each of her children."""
        whole = bubblewrap_command(place, self._limits, 0, [])
        arguments = [argument for argument in whole[: whole.index("--seccomp")] if argument != "--disable-userns"]
        shared = arguments.index(str(place.shared))
        arguments[shared] = str(self.folder)  # all kernels' folders; a child sees its own only
        for number, file in enumerate(place.files):
            arguments += ["--ro-bind", str(file), f"{ROOM}/files/{number}"]
        arguments += ["--ro-bind", str(place.fonts), f"{ROOM}/fonts", "--ro-bind", str(INSIDE), f"{ROOM}/inside.py"]
        arguments += ["--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETPCAP"]
        setting = {
            "line": line,
            "modules": self._modules,
            "home": HOME,
            "kernel": KERNEL_DIR,
            "files": [file.name for file in place.files],
            "folders": [file.is_dir() for file in place.files],
            "fonts": place.fonts.name,
            "room": ROOM,
        }
        return [*arguments, "--", sys.executable, f"{ROOM}/inside.py", json.dumps(setting)]

    def bear(self, place: Place, channel: socket.socket, connection_file: str) -> "Child":
        """Have a kernel born.

        Raises:
            UserError: it was not.
        """
        if self._process.poll() is not None:
            self._start()
        limits = self._limits
        request = {
            "shared": str(place.shared.relative_to(self.folder)),
            "connection": connection_file,
            "descriptor": channel.fileno(),
            "uid": place.uid if os.geteuid() == 0 else None,
            "seccomp": seccomp_filter(platform.machine()).hex(),
            "disk": limits.disk_mb << 20,
            "limits": {
                "NPROC": limits.processes, "DATA": limits.memory_mb << 20, "CORE": 0, "FSIZE": limits.file_mb << 20,
                "NOFILE": limits.open_files, "CPU": int(limits.total_seconds * (os.cpu_count() or 1)) + 10,
            },
        }  # fmt: skip
        reading, writing = os.pipe()
        try:
            socket.send_fds(self._line, [json.dumps(request).encode()], [channel.fileno(), writing])
            if not select.select([self._line], [], [], BIRTH_SECONDS)[0]:
                raise OSError("no answer")
            answer, fds, _, _ = socket.recv_fds(self._line, 1000, 1)
            if answer != b"born" or len(fds) != 1:
                raise OSError(answer.decode(errors="replace") or "she has died")
        except OSError as error:
            os.close(reading)
            self._process.kill()
            raise UserError(f"a kernel was not born: {error}") from None
        finally:
            os.close(writing)
        return Child(fds[0], os.fdopen(reading, "rb", buffering=0))

    def close(self) -> None:
        """End the mother and remove what is left."""
        self._process.kill()
        self._process.wait()
        self._stack.close()


class Child:
    """A kernel's process, which is not a child of the grader's: as much of ``subprocess.Popen`` as it can be."""

    def __init__(self, descriptor: int, stderr: BinaryIO):
        self._descriptor, self.stderr = descriptor, stderr
        lines = Path(f"/proc/self/fdinfo/{descriptor}").read_text().splitlines()
        self.pid = int(next(line for line in lines if line.startswith("Pid:")).split()[1])
        self._over = False

    def poll(self) -> int | None:
        """0 when it has ended, else None."""
        return self.wait(0)

    def wait(self, seconds: float | None = None) -> int | None:
        """Wait until it has ended."""
        if not self._over and select.select([self._descriptor], [], [], seconds)[0]:
            self._over = True
            os.close(self._descriptor)
        return 0 if self._over else None


class NurseryKernel(Kernel):
    """A kernel that is born in a nursery."""

    def __init__(self, nursery: Nursery, limits: Limits, files: Iterable[Path] = (), sandbox: bool = True):
        super().__init__(limits, files, sandbox)
        self._nursery = nursery

    def start(self) -> None:
        with _temporary_files_in(self._nursery.folder):
            super().start()

    def _launch(self, place: Place, remote: socket.socket, connection_file: str) -> None:
        with remote:
            try:
                self._process: Any = self._nursery.bear(place, remote, connection_file)
            except UserError:  # by another mother, then
                self._process = self._nursery.bear(place, remote, connection_file)


@contextlib.contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
