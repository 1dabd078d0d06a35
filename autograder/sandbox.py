"""The command line that runs a student's kernel in bubblewrap, and what it can see in there.

The sandbox sees the system's programs and libraries, the Python interpreter with the course's packages, the student
library, the datasets and the released files of the lab, all read-only; small file systems in memory for its home and
``/tmp``; and one directory with the kernel's sockets. It has no network and does not see the host's processes, home
directories, other submissions, the gradebook, the solutions or the autograder.
"""

import functools
import importlib.util
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import toonlens
from autograder.limits import Limits
from toonlens.errors import UserError
from toonlens.paths import cache_dir, datasets_dir

HOME = "/home/student"
SHARED_CACHE = "/home/cache"
CACHED = ("drawn", "features")  # folders of the grader's cache that students' code may read
KERNEL_DIR = "/run/kernel"

WITHOUT = "grade on a Linux machine where it works, or, code that you trust, with TOONLENS_NO_SANDBOX=1"

# Files of /etc that libraries need; nothing in them is about this machine's people or network.
ETC = ["ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "localtime"]

# System calls that make namespaces or reach parts of the Linux kernel that no lab needs, per machine: (x86-64, arm64).
DENIED = {
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "bpf": (321, 280), "keyctl": (250, 219),
    "add_key": (248, 217), "request_key": (249, 218), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "ptrace": (101, 117),
    # Memory that belongs to no process and no file system.
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "msgget": (68, 186),
    "semget": (64, 190), "io_setup": (206, 0),
    "sched_setaffinity": (203, 122),  # each grader's sandboxes stay on its share of the cores
}  # fmt: skip
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435
SOCKETS = {"x86_64": (41, 53), "aarch64": (198, 199)}  # socket and socketpair
# What stays within network namespaces (VSOCK does not) and whose buffers the guard counts: UNIX; INET, NETLINK with
# these protocols (default, TCP, UDP; routes), without which ZeroMQ does not start.
AF_UNIX, PROTOCOLS = 1, {2: (0, 6, 17), 16: (0,)}
SETSOCKOPT = {"x86_64": 54, "aarch64": 208}
SOL_SOCKET, BUFFER_SIZES = 1, (7, 8, 32, 33)  # SO_SNDBUF, SO_RCVBUF and those of the privileged
MMAP = {"x86_64": 9, "aarch64": 222}
MAP_SHARED, MAP_ANONYMOUS = 0x01, 0x20  # both: memory that stays when no process has it in its own any more
CLONE_NEW_NAMESPACES = 0x7E020080  # CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET


@dataclass(frozen=True)
class Place:
    """Where a sandbox keeps what it shares with the grader.

    Attributes:
        shared: the only directory that both can write to (the kernel's sockets).
        absent: a package that takes the place of each hidden one.
        fonts: matplotlib's list of fonts, which a fresh home would take seconds to make.
        files: released files of the lab that appear in the working directory, read-only.
        uid: of the kernel's process where the grader is root.
    """

    shared: Path
    absent: Path
    fonts: Path
    files: tuple[Path, ...]
    uid: int


def make_place(folder: Path, files: Iterable[Path], uid: int) -> Place:
    """Fill the empty ``folder``, which only the grader sees, with what the sandbox of user ``uid`` needs."""
    import matplotlib
    import matplotlib.font_manager  # makes the list of fonts where there is none yet

    shared, absent = folder / "k", folder / "absent"
    shared.mkdir(mode=0o700)
    absent.mkdir()
    (absent / "__init__.py").write_text('raise ModuleNotFoundError(f"No module named {__name__!r} in this lab")\n')
    fonts = max(Path(matplotlib.get_cachedir()).glob("fontlist-*.json"))
    shutil.copyfile(fonts, folder / fonts.name)
    for path in (absent, absent / "__init__.py", folder / fonts.name):
        path.chmod(0o755 if path.is_dir() else 0o644)
    if os.geteuid() == 0:
        os.chown(shared, uid, uid)
    return Place(shared, absent, folder / fonts.name, tuple(files), uid)


@functools.cache
def require_bubblewrap() -> None:
    """Raise UserError, in one line, where bubblewrap is missing or the system does not let it work."""
    if sys.platform != "linux" or shutil.which("bwrap") is None:
        raise UserError(
            f"grading needs bubblewrap (bwrap), which is not on this machine: install it on Linux, or {WITHOUT}"
        )
    tried = subprocess.run(
        ["bwrap", *_isolation(), "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    if tried.returncode != 0:
        reason = (tried.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UserError(f"bubblewrap does not work on this machine ({reason}): {WITHOUT}")


def bubblewrap_command(place: Place, limits: Limits, seccomp: int, command: list[str]) -> list[str]:
    """The command line that runs ``command`` in a sandbox.

    Args:
        seccomp: an open file with the program of ``seccomp_filter``.
    """
    arguments = ["bwrap", *_isolation(), "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in kernel_environment(HOME).items():
        arguments += ["--setenv", name, value]
    megabyte = 1 << 20
    scratch = ["--perms", "1777", "--size", str(limits.disk_mb * megabyte), "--tmpfs"]
    arguments += ["--proc", "/proc", "--dev", "/dev", *scratch, "/dev/shm", *scratch, "/tmp"]
    arguments += ["--dev-bind", "/dev/null", "/dev/zero"]  # it gives shared memory that belongs to nobody
    for folder in ("/home", "/etc", "/run"):
        arguments += ["--perms", "0755", "--dir", folder]
    arguments += [
        *scratch,
        HOME,
        "--perms",
        "1777",
        "--dir",
        f"{HOME}/lab",
        "--perms",
        "1777",
        "--dir",
        f"{HOME}/matplotlib",
    ]
    for system in (Path("/bin"), Path("/sbin"), Path("/lib"), Path("/lib64"), Path("/lib32")):
        if system.is_symlink():
            arguments += ["--symlink", str(system.readlink()), str(system)]
        elif system.exists():
            arguments += ["--ro-bind", str(system), str(system)]
    arguments += ["--ro-bind", "/usr", "/usr"]
    for name in ETC:
        arguments += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for visible in _visible():
        for parent in reversed(visible.parents[:-1]):
            if not _inside(parent, Path("/usr")):
                arguments += ["--perms", "0755", "--dir", str(parent)]
        arguments += ["--ro-bind", str(visible), str(visible)]
    arguments += ["--perms", "0755", "--dir", SHARED_CACHE]
    for folder in CACHED:  # drawn once for all students
        arguments += ["--ro-bind-try", str(cache_dir() / folder), f"{SHARED_CACHE}/{folder}"]
    for hidden in _hidden(limits.hide):
        arguments += ["--ro-bind", str(place.absent), str(hidden)]
    for file in place.files:
        arguments += ["--ro-bind", str(file), f"{HOME}/lab/{file.name}"]
    arguments += ["--ro-bind", str(place.fonts), f"{HOME}/matplotlib/{place.fonts.name}"]
    arguments += ["--bind", str(place.shared), KERNEL_DIR, "--chdir", f"{HOME}/lab", "--seccomp", str(seccomp)]
    arguments += ["--remount-ro", "/", "--remount-ro", "/dev", "--"]  # after all mounts: file systems without a size
    if os.geteuid() == 0:
        uid = str(place.uid)
        arguments += ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs"]
        arguments += ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", "--"]
    return [*arguments, *limited(limits, command)]


def limited(limits: Limits, command: list[str]) -> list[str]:
    """``command`` under the limits that a process can be given."""
    megabyte = 1 << 20
    cpu_seconds = int(limits.total_seconds * (os.cpu_count() or 1)) + 10
    return [
        "prlimit", f"--nproc={limits.processes}", f"--data={limits.memory_mb * megabyte}", "--core=0",
        f"--fsize={limits.file_mb * megabyte}", f"--nofile={limits.open_files}", f"--cpu={cpu_seconds}", "--", *command,
    ]  # fmt: skip


def kernel_environment(home: str) -> dict[str, str]:
    """The kernel's whole environment."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": home,
        "USER": "student",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",
        "MPLCONFIGDIR": f"{home}/matplotlib",
        "IPYTHONDIR": f"{home}/.ipython",
        "KERAS_HOME": f"{home}/.keras",
        "TOONLENS_DATASETS": str(datasets_dir()),
        "TOONLENS_CACHE": f"{home}/.cache/toonlens",
        "TOONLENS_SHARED_CACHE": SHARED_CACHE,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "NBGRADER_EXECUTION": "autograde",
    }


def seccomp_filter(machine: str) -> bytes:
    """A seccomp program (classic BPF) that refuses ``DENIED``, new namespaces, sockets to elsewhere or with larger
    buffers, shared memory without a file, and foreign system-call tables.

    Source: Linux, Documentation/userspace-api/seccomp_filter.rst.

    Raises:
        UserError: neither x86-64 nor arm64.
    """
    if machine not in AUDIT_ARCH:
        raise UserError(f"the sandbox does not know this machine's system calls ({machine}): {WITHOUT}")
    column = list(AUDIT_ARCH).index(machine)
    load, equal, at_least, any_bit, give = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, refuse = (give, 0, 0, 0x7FFF0000), (give, 0, 0, 0x00050001)  # EPERM
    unknown, kill = (give, 0, 0, 0x00050026), (give, 0, 0, 0x80000000)  # ENOSYS, the process
    arguments = [16, 24, 32, 40]  # their lower halves
    program: list[tuple[int, int, int, int]] = [
        (load, 0, 0, 4), (equal, 1, 0, AUDIT_ARCH[machine]), kill,
        (load, 0, 0, 0), (at_least, 0, 1, 0x40000000), refuse,
        (equal, 0, 1, CLONE3), unknown,  # its flags are in memory; the C library falls back to clone
    ]  # fmt: skip
    for numbers in DENIED.values():
        program += [(equal, 0, 1, numbers[column]), refuse]
    for number in SOCKETS[machine]:
        kinds = [(load, 0, 0, arguments[0]), (equal, 0, 1, AF_UNIX), allow]
        for family, protocols in PROTOCOLS.items():
            kinds += [(equal, 0, 2 * len(protocols) + 1, family), (load, 0, 0, arguments[2])]
            kinds += [step for protocol in protocols for step in ((equal, 0, 1, protocol), allow)]
        program += [(equal, 0, len(kinds) + 1, number), *kinds, refuse]
    program += [(equal, 0, 5, MMAP[machine]), (load, 0, 0, arguments[3]), (any_bit, 0, 2, MAP_ANONYMOUS)]
    program += [(any_bit, 0, 1, MAP_SHARED), refuse, allow]
    count = len(BUFFER_SIZES)
    program += [(equal, 0, count + 5, SETSOCKOPT[machine]), (load, 0, 0, arguments[1])]
    program += [(equal, 0, count + 1, SOL_SOCKET), (load, 0, 0, arguments[2])]
    program += [(equal, count - place, 0, size) for place, size in enumerate(BUFFER_SIZES)]
    program += [allow, refuse]
    program += [(equal, 0, 3, CLONE[machine]), (load, 0, 0, arguments[0]), (any_bit, 0, 1, CLONE_NEW_NAMESPACES)]
    program += [refuse, allow]
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)


def _isolation() -> list[str]:
    arguments = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--hostname", "lab"]
    if os.geteuid() == 0:  # what setpriv needs to give itself up; it drops these too
        return [*arguments, "--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add",
                "CAP_SETPCAP"]  # fmt: skip
    return [*arguments, "--unshare-user", "--disable-userns"]


def _visible() -> list[Path]:
    """Folders outside /usr that the kernel needs, read-only: interpreter, environment, student library, datasets."""
    folders = [Path(sys.base_prefix), Path(sys.prefix), Path(toonlens.__file__).parent, datasets_dir()]
    chosen: list[Path] = []
    for folder in folders:
        folder = folder.resolve()
        if not any(_inside(folder, other) for other in [Path("/usr"), *chosen]):
            chosen.append(folder)
    return chosen


def _hidden(packages: tuple[str, ...]) -> list[Path]:
    """Folders of packages that would be visible and must not be importable."""
    found = []
    for package in ("autograder", *packages):
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            continue
        folder = Path(next(iter(spec.submodule_search_locations))).resolve()
        if any(_inside(folder, other) for other in [Path("/usr"), *_visible()]):
            found.append(folder)
    return found


def _inside(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents
