"""The mother of kernels, inside the sandbox. Nothing of the grader can be imported here.

Started with one argument, JSON (see ``nursery.Nursery._command``). Says "ready", then bears a kernel for each request.
"""

import contextlib
import ctypes
import gc
import importlib
import io
import json
import os
import random
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
NEW_NAMESPACES = 0x00020000 | 0x20000000 | 0x08000000  # of mounts, processes and IPC
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1,
    2,
    4,
    8,
    32,
    4096,
    16384,
    1 << 18,
)
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 4, 22, 24, 38, 47
CAPABILITY_VERSION_3 = 0x20080522


def main() -> None:
    setting = json.loads(sys.argv[1])
    line = socket.socket(fileno=setting["line"])
    prepare(setting["modules"])
    line.send(b"ready")
    while True:
        request, descriptors, _, _ = socket.recv_fds(line, 1 << 16, 2)
        if not request:
            return
        try:
            child = bear(setting, json.loads(request), descriptors)
            socket.send_fds(line, [b"born"], [child])
            os.close(child)
        except Exception as error:
            line.send(f"{type(error).__name__}: {error}"[:500].encode())
        finally:
            for descriptor in descriptors:
                os.close(descriptor)


def prepare(modules: list[str]) -> None:
    """Import what the lab imports, and draw a picture: the first one loads fonts."""
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")  # as a kernel does
    for name in modules:
        with contextlib.suppress(Exception):  # what is hidden, or a name that is no module; the cell will say so
            importlib.import_module(name)
    if "matplotlib" in sys.modules:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(1, 1), layout="constrained")
        axes = figure.subplots()
        axes.set_title("0.5 $x$")
        figure.colorbar(axes.imshow([[0.0, 1.0]]), ax=axes)
        FigureCanvasAgg(figure).print_png(io.BytesIO())
    gc.collect()
    gc.freeze()  # so that the collector does not touch, and copy, what all children share


def bear(setting: dict, request: dict, descriptors: list[int]) -> int:
    """Fork a kernel into namespaces of its own; a descriptor of its process."""
    receiver, sender = os.pipe()
    midwife = os.fork()  # the namespace of processes is for the children of whoever asks for it
    if midwife == 0:
        try:
            check(LIBC.unshare(NEW_NAMESPACES), "unshare")
            child = os.fork()
            if child == 0:
                become_kernel(setting, request, descriptors)
            os.write(sender, str(child).encode())
        finally:
            os._exit(0)
    os.close(sender)
    os.waitpid(midwife, 0)
    number = os.read(receiver, 100)
    os.close(receiver)
    if not number:
        raise OSError("no namespaces for a kernel")
    return os.pidfd_open(int(number))


def become_kernel(setting: dict, request: dict, descriptors: list[int]) -> None:
    """Everything between the fork and the student's first byte. Never returns."""
    try:
        os.setsid()
        channel, errors = descriptors
        nothing = os.open(os.devnull, os.O_RDWR)
        for source, target in ((nothing, 0), (nothing, 1), (errors, 2)):
            os.dup2(source, target)
        wanted = request["descriptor"]
        os.dup2(channel, wanted)
        os.closerange(3, wanted)
        os.closerange(wanted + 1, 1 << 16)
        own_files(setting, request)
        give_up_rights(request)
        kernel = os.fork()  # this process is the first of its namespace: it reaps, and its end is everybody's
        if kernel == 0:
            run_kernel(setting, request)
        while True:
            with contextlib.suppress(InterruptedError):
                ended, _ = os.wait()
                if ended == kernel:
                    break
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(0)


def own_files(setting: dict, request: dict) -> None:
    """Fresh scratch space and ``/proc``; one's own sockets only; the rest cannot be written to."""
    home, room, size = Path(setting["home"]), setting["room"], f"size={request['disk']},mode=1777"
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount(f"{setting['kernel']}/{request['shared']}", setting["kernel"], None, MS_BIND)
    own = (home / "lab", home / "matplotlib")
    for place in ("/tmp", "/dev/shm", str(home)):
        with kept_below(place, own):
            mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, size)
    for folder in own:
        folder.mkdir()
        folder.chmod(0o1777)
    for number, (name, is_folder) in enumerate(zip(setting["files"], setting["folders"], strict=True)):
        bind(f"{room}/files/{number}", home / "lab" / name, is_folder)
    bind(f"{room}/fonts", home / "matplotlib" / setting["fonts"], False)
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for place in ("/", "/dev"):
        read_only(place)
    os.chdir(home / "lab")


@contextlib.contextmanager
def kept_below(place: str, but: tuple[Path, ...]) -> Iterator[None]:
    """What is mounted below ``place``, such as an installation under /tmp, is there again when ``place`` is covered."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = {Path(line.split()[4].encode().decode("unicode_escape")) for line in lines}  # a space is \040
    below = [point for point in sorted(points) if Path(place) in point.parents and not {*but} & {*point.parents}]
    kept = [(point, os.open(point, os.O_PATH)) for point in below]
    yield
    for point, descriptor in kept:
        there = f"/proc/self/fd/{descriptor}"
        point.parent.mkdir(parents=True, exist_ok=True)
        if not point.exists():  # else it came with one that it lies in
            bind(there, point, Path(there).is_dir())
        os.close(descriptor)


def bind(source: str, target: Path, is_folder: bool) -> None:
    if is_folder:
        target.mkdir()
    else:
        target.touch()
    mount(source, str(target), None, MS_BIND | MS_REC)
    read_only(str(target))


def read_only(place: str) -> None:
    kept = os.statvfs(place).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC)  # a user namespace may not take them away
    mount(None, place, None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | kept)


def give_up_rights(request: dict) -> None:
    """Limits, an unprivileged user, no capabilities, and the filter of system calls."""
    for name, value in request["limits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    for capability in range(64):
        if LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break  # the last one that this Linux knows
    LIBC.prctl(PR_CAP_AMBIENT, 4, 0, 0, 0)
    if request["uid"] is not None:
        os.setgroups([])
        os.setresgid(*[request["uid"]] * 3)
        os.setresuid(*[request["uid"]] * 3)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    check(LIBC.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    LIBC.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # else /proc/self would be root's
    program = bytes.fromhex(request["seccomp"])
    code = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    filter_ = Program(len(program) // 8, ctypes.addressof(code))
    check(LIBC.prctl(PR_SET_SECCOMP, 2, ctypes.byref(filter_), 0, 0), "seccomp")


def run_kernel(setting: dict, request: dict) -> None:
    """What ``python -m ipykernel_launcher`` does, with randomness of its own."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    from ipykernel import kernelapp

    gc.set_threshold(50_000, 20, 20)  # drawing makes many objects that the default looks through again and again
    sys.argv = ["ipykernel_launcher", "-f", request["connection"]]
    arguments = ["-f", request["connection"], "--HistoryManager.hist_file=:memory:", "--IPKernelApp.parent_handle=0"]
    kernelapp.launch_new_instance(argv=arguments)


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    check(LIBC.mount(*texts, ctypes.c_ulong(flags), os.fsencode(data) or None), f"mount {target}")


def check(status: int, what: str) -> None:
    if status != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main()
