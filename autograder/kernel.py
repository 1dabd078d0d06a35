"""A student's kernel, seen by the grader: start it in the sandbox, run cells, call functions, never trust it.

Cells run over Jupyter's messaging protocol (jupyter_client, local sockets); arguments and values of function calls go
over a socket pair of their own, as bytes of ``toonlens.exchange``. Everything that comes back is bounded in time and in
size, and may be forged.
"""

import contextlib
import os
import platform
import secrets
import select
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any, Literal

import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from nbformat import NotebookNode

from autograder.guard import Guard
from autograder.limits import Limits
from autograder.outputs import OutputCollector
from autograder.sandbox import KERNEL_DIR, bubblewrap_command, kernel_environment, make_place, seccomp_filter
from autograder.scratch import scratch_folder
from autograder.users import user_of_its_own
from toonlens.errors import UserError

START_SECONDS = 60
INTERRUPT_SECONDS = 3  # what an interrupted cell gets to stop
KILL_SECONDS = 10  # what a large family of processes may take to disappear
IDLE_SECONDS = 2  # how long outputs may lag behind the reply that the cell is done
MAX_ZMQ_MESSAGE = 32 << 20  # bytes; prints of a fifth of a second come as one
RECONNECT_MS = 10  # its sockets come into being a moment after it has started
MAX_QUEUE = 4  # messages that wait in the grader's memory; the others wait in the kernel's
PORTS: dict[str, Any] = {"shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5}
PRELUDE = "get_ipython().ask_exit = lambda: None"  # exit() would end the kernel some time after its cell
ENOUGH = struct.pack("<Q", 0)  # the endpoint's last request
ANSWER = "__import__('toonlens.exchange', fromlist=['answer_on']).answer_on({descriptor}, globals())"


class KernelDied(Exception):
    """The kernel is gone. The message says why, for the student.

    ``before``: it was gone when the cell's turn came. ``killed``: the grader ended it, for what the action did.
    """

    def __init__(self, message: str, before: bool = False, killed: bool = False):
        super().__init__(message)
        self.before, self.killed = before, killed


@dataclass
class CellRun:
    """What a cell did. ``timeout``: it was interrupted, and the kernel lives on."""

    status: Literal["ok", "error", "timeout"]
    outputs: list[NotebookNode] = field(default_factory=list)


class Kernel:
    """One student's kernel. Use as a context manager; ``alive`` turns false when it dies or is killed.

    Attributes:
        starved: it was stopped because the machine had no memory left; what came out says nothing about the student.
    """

    def __init__(self, limits: Limits, files: Iterable[Path] = (), sandbox: bool = True):
        self.limits = limits
        self._files, self._sandbox = tuple(files), sandbox
        self._errors = b""
        self.starved = False

    def __enter__(self) -> "Kernel":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the kernel and wait until it answers.

        Raises:
            UserError: it does not start (the machine's fault, not the student's).
        """
        with contextlib.ExitStack() as stack:
            self._folder = stack.enter_context(scratch_folder())
            uid = stack.enter_context(user_of_its_own()) if self._sandbox else os.geteuid()
            place = make_place(self._folder, self._files, uid)
            inside = KERNEL_DIR if self._sandbox else str(place.shared)
            self._sockets = [place.shared / f"s-{port}" for port in PORTS.values()]
            key = secrets.token_hex(32).encode()
            theirs, ours = str(place.shared / "kernel.json"), str(self._folder / "client.json")
            write_connection_file(theirs, transport="ipc", ip=f"{inside}/s", key=key, **PORTS)
            write_connection_file(ours, transport="ipc", ip=str(place.shared / "s"), key=key, **PORTS)
            if os.geteuid() == 0:
                os.chown(theirs, place.uid, place.uid)
            self._channel, remote = socket.socketpair()
            stack.callback(self._channel.close)
            self._channel.setblocking(False)
            self._answering = False
            self._descriptor = remote.fileno()
            self._launch(place, remote, f"{inside}/kernel.json")
            stack.callback(self.kill)
            self._listener = threading.Thread(target=self._keep_errors, daemon=True)
            self._listener.start()
            self._guard = Guard(self._process.pid, place.shared, self.limits.memory_mb, self._end)
            stack.callback(self._guard.stop)
            self._connection_file = ours
            self._connect()
            stack.callback(self._disconnect)
            self._wait_until_ready()
            self.run(PRELUDE, START_SECONDS)
            if os.geteuid() == 0:  # its sockets are there; it needs to write nothing else to the host's disk
                os.chown(place.shared, 0, 0)
                place.shared.chmod(0o755)
            self._stack = stack.pop_all()

    def _connect(self) -> None:
        self._deaf = False
        self._client = BlockingKernelClient(connection_file=self._connection_file)
        self._client.load_connection_file()
        context = zmq.Context()
        context.setsockopt(zmq.MAXMSGSIZE, MAX_ZMQ_MESSAGE)
        context.setsockopt(zmq.RCVHWM, MAX_QUEUE)
        context.setsockopt(zmq.LINGER, 0)
        context.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
        self._client.context = context
        self._client.start_channels(stdin=False, hb=False)

    def _disconnect(self) -> None:
        self._client.stop_channels()
        self._client.context.destroy(linger=0)

    def _launch(self, place: Any, remote: socket.socket, connection_file: str) -> None:
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", connection_file]
        command += ["--HistoryManager.hist_file=:memory:", "--IPKernelApp.parent_handle=0"]
        options: dict[str, Any] = {"env": None, "cwd": None}
        with tempfile.TemporaryFile() as program:
            if self._sandbox:
                program.write(seccomp_filter(platform.machine()))
                program.seek(0)
                command = bubblewrap_command(place, self.limits, program.fileno(), command)
            else:
                home = self._folder / "home"
                for folder in (home / "lab", home / "matplotlib"):
                    folder.mkdir(parents=True)
                shutil.copy(place.fonts, home / "matplotlib")
                for file in place.files:
                    copy = shutil.copytree if file.is_dir() else shutil.copy
                    copy(file, home / "lab" / file.name)
                options = {"env": kernel_environment(str(home)), "cwd": str(home / "lab")}
            with remote:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    pass_fds=(remote.fileno(), program.fileno()),
                    start_new_session=True,
                    **options,
                )

    def _keep_errors(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        while part := os.read(stream.fileno(), 1 << 16):
            self._errors = (self._errors + part)[-4096:]

    def _hear_again(self, seconds: float) -> None:
        """Connect anew after a message that was too large, at which ZeroMQ cuts the connection for good."""
        self._disconnect()
        # as a normal user, its folder is the student's too: only ever speak to sockets that lie in it
        if not all(_is_socket(place) for place in self._sockets):
            self.kill()
            raise KernelDied("replaced the sockets that it is spoken to by", before=True, killed=True)
        self._connect()
        try:
            self._wait_until_ready(seconds)
        except UserError:
            self.kill()
            raise KernelDied(self._death(), before=True) from None

    def _wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        patience = 0.05  # seconds; more each time
        while time.monotonic() < deadline:
            self._client.kernel_info()
            until = time.monotonic() + patience
            patience *= 2
            shell = iopub = False  # both have to answer: a subscription takes effect late
            while time.monotonic() < until and not (shell and iopub):
                if not self.alive:
                    time.sleep(0.1)
                    lines = self._errors.decode(errors="replace").strip().splitlines()
                    raise UserError(f"a sandboxed kernel does not start: {lines[-1] if lines else 'no reason given'}")
                for channel, message in self._messages(0.1):
                    shell |= channel == "shell"
                    iopub |= channel == "iopub" and message["msg_type"] == "status"
            if shell and iopub:
                return
        raise UserError(f"a sandboxed kernel does not start: no answer in {seconds:.0f} s")

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def _end(self) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, 9)

    def _death(self) -> str:
        return self._guard.verdict or "ended the kernel"

    def kill(self) -> None:
        """Stop the kernel and everything that it started."""
        self._end()
        self._process.wait()
        self._listener.join(KILL_SECONDS)  # it ends when the last process that could write is gone

    def close(self) -> None:
        """Stop the kernel and remove what it left behind."""
        self._stack.close()
        self.starved |= self._guard.starved

    def run(self, source: str, seconds: float) -> CellRun:
        """Execute a cell and collect its outputs, cleaned and cut to size.

        Raises:
            KernelDied: it ended, or had to be killed because it could not be interrupted.
        """
        collector = OutputCollector(self.limits.output_kb * 1024)
        self._stop_answering()  # the kernel hears nothing else until then
        if self._deaf and self.alive:
            self._hear_again(seconds)
        if not self.alive:
            raise KernelDied(self._death(), before=True)
        request = self._client.execute(source, allow_stdin=False, stop_on_error=False)
        status = self._follow(request, time.monotonic() + seconds, collector)
        if status is None:
            self._client.control_channel.send(self._client.session.msg("interrupt_request"))
            stopped = self._follow(request, time.monotonic() + INTERRUPT_SECONDS, collector)
            if stopped is None:
                self.kill()
                raise KernelDied(
                    f"took more than {seconds:.0f} s, would not be interrupted, and was stopped", killed=True
                )
            collector.note(f"Stopped after {seconds:.0f} s, the limit for one cell.")
            return CellRun("timeout", collector.outputs)
        return CellRun("ok" if status == "ok" else "error", collector.outputs)

    def _follow(self, request: str, deadline: float, collector: OutputCollector) -> str | None:
        """Collect what ``request`` puts out until it is done. Its status, or None when time is up."""
        status, idle = None, False
        while (now := time.monotonic()) < deadline:
            heard = False
            for channel, message in self._messages(min(0.1, deadline - now)):
                heard = True
                if message["parent_header"].get("msg_id") != request:
                    continue
                if channel == "shell":
                    status = str(message["content"].get("status"))
                    deadline = min(deadline, time.monotonic() + IDLE_SECONDS)
                elif message["msg_type"] == "status":
                    idle |= message["content"].get("execution_state") == "idle"
                else:
                    collector.add(message["msg_type"], message["content"])
            if status is not None and idle:
                return status
            if not heard and not self.alive:
                raise KernelDied(self._death())
        if status is not None:  # done, but what it put out is missing
            self._deaf = True
            collector.mark_cut()
        return status

    def _messages(self, seconds: float) -> list[tuple[str, dict[str, Any]]]:
        """Messages on the shell and iopub channels, at most one each; what is malformed is dropped."""
        channels = {"shell": self._client.shell_channel, "iopub": self._client.iopub_channel}
        poller = zmq.Poller()
        for channel in channels.values():
            poller.register(channel.socket, zmq.POLLIN)
        ready = dict(poller.poll(int(seconds * 1000)))
        messages = []
        for name, channel in channels.items():
            if channel.socket in ready:
                try:
                    message = channel.get_msg(timeout=0)
                    well_formed = isinstance(message["parent_header"], dict) and isinstance(message["content"], dict)
                except Empty:
                    continue
                except Exception:  # bad signature, bad JSON, missing parts: the kernel can send anything
                    continue
                if well_formed and isinstance(message["msg_type"], str):
                    messages.append((name, message))
        return messages

    def ask(self, request: bytes, seconds: float) -> bytes:
        """Have the endpoint in the kernel (``toonlens.exchange.answer_on``) answer ``request``.

        Raises:
            KernelDied: it ended, took too long, or sent something of a size that is not allowed. It is dead then.
        """
        with contextlib.suppress(BlockingIOError):
            while self._channel.recv(1 << 16):  # nothing that was sent before the question is its answer
                pass
        if not self._answering:  # it takes request after request until the next cell: a message to the kernel is slow
            self._client.execute(ANSWER.format(descriptor=self._descriptor), silent=True, allow_stdin=False)
            self._answering = True
        deadline = time.monotonic() + seconds
        outgoing = memoryview(struct.pack("<Q", len(request)) + request)
        incoming = bytearray()
        due = 8
        while len(incoming) < due:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                self.kill()
                raise KernelDied(f"took more than {seconds:.0f} s and was stopped", killed=True)
            try:
                outgoing = outgoing[self._exchange(incoming, due, outgoing, min(0.2, remaining)) :]
            except OSError:
                self.kill()
                raise KernelDied(self._death()) from None
            if due == 8 and len(incoming) == 8:
                due += struct.unpack("<Q", incoming)[0]
                if due - 8 > self.limits.reply_mb << 20:
                    self.kill()
                    raise KernelDied(f"gave a value of more than {self.limits.reply_mb} MB", killed=True)
            if not self.alive:
                raise KernelDied(self._death())
        return bytes(incoming[8:])

    def _stop_answering(self) -> None:
        if self._answering:
            self._answering = False
            with contextlib.suppress(OSError):  # it is dead, or does not read: the next cell will tell
                self._channel.send(ENOUGH)

    def _exchange(self, incoming: bytearray, due: int, outgoing: memoryview, seconds: float) -> int:
        """Read into ``incoming``, up to ``due`` bytes, and write from ``outgoing``. How many bytes went out."""
        readable, writable, _ = select.select([self._channel], [self._channel] if outgoing else [], [], seconds)
        if readable:
            part = self._channel.recv(min(due - len(incoming), 1 << 20))
            if not part:
                raise ConnectionError
            incoming += part
        return self._channel.send(outgoing[: 1 << 16]) if writable else 0


def _is_socket(path: Path) -> bool:
    """Whether there is a socket at ``path`` itself, not behind a link."""
    try:
        return stat.S_ISSOCK(path.lstat().st_mode)
    except OSError:
        return False
