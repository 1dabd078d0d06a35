"""Every limit of ``limits.toml`` holds in a sandbox, as root and as a normal user."""

import dataclasses
import os
import subprocess
import sys

import pytest

from autograder.guard import descendants, memory_of
from autograder.kernel import Kernel, KernelDied
from autograder.limits import Limits, load_limits

SMALL = dataclasses.replace(
    load_limits("none"), cell_seconds=20, total_seconds=60, memory_mb=700, processes=64, open_files=200, file_mb=3,
    disk_mb=8, output_kb=10,
)  # fmt: skip

# What uses a limit up, and what the student reads then. All in one kernel, which lives on.
WITHIN = {
    "open_files": ("[open('/dev/null') for _ in range(300)]", "Too many open files"),
    "file_mb": ("open('/tmp/large', 'wb').write(bytes(4 << 20))", "File too large"),
    "disk_mb": ("for n in range(9): open(f'/tmp/{n}', 'wb').write(bytes(1 << 20))", "No space left on device"),
    "memory_mb": ("bytearray(800 << 20)", "MemoryError"),
    "processes": (
        "import threading, time\n"
        "for _ in range(99): threading.Thread(target=time.sleep, args=(3,), daemon=True).start()",
        "can't start new thread",
    ),
}
FAMILY = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        block = bytearray(150 << 20)
        break
time.sleep(60)
"""
# Ways to memory that no process has in its own: each of them would take far more than the limit.
ELSEWHERE = {
    "filled sockets": """
import os, socket, time
for _ in range(40):
    if os.fork() == 0:
        kept = []
        for _ in range(80):
            pair = socket.socketpair()
            pair[0].setblocking(False)
            try:
                while True: pair[0].send(bytes(65536))
            except BlockingIOError: pass
            kept.append(pair)
        break
time.sleep(60)
""",
    "sockets that nobody accepts": """
import os, socket, time
listener = socket.socket(socket.AF_UNIX)
listener.bind("/tmp/here")
listener.listen(4000)
for _ in range(4000):
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect("/tmp/here")
        caller.setblocking(False)
        try:
            while True: caller.send(bytes(65536))
        except BlockingIOError: pass
time.sleep(60)
""",
    "page tables": """
import ctypes, mmap, time
kept = []
for _ in range(600):
    mapping = mmap.mmap(-1, 1 << 30, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ)
    mapping.madvise(15)
    for place in range(0, 1 << 30, 2 << 20): mapping[place]
    kept.append(mapping)
time.sleep(60)
""",
    "names of files": """
import os, time
for folder in range(1000):
    os.mkdir(f"/tmp/{folder}")
    for name in range(1000): os.mknod(f"/tmp/{folder}/{name}")
time.sleep(60)
""",
}
REFUSED = {
    "shared without a file": "mmap.mmap(-1, 1 << 20)",
    "System V messages": "assert ctypes.CDLL(None).msgget(0, 0o1600) >= 0",
    "System V semaphores": "assert ctypes.CDLL(None).semget(0, 30_000, 0o1600) >= 0",
    "larger buffers": "socket.socketpair()[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)",
    "other cores": "os.sched_setaffinity(0, os.sched_getaffinity(0))",
    "the system's folder": "open('/x', 'w')",
    "the devices' folder": "open('/dev/x', 'w')",
    "another family": "socket.socket(socket.AF_INET6)",
    "another protocol": "socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)",
}
HONEST = """
import ctypes, mmap, multiprocessing, os, socket, subprocess
numbers = multiprocessing.Array("i", 8)
def work(place): numbers[place] = place
workers = [multiprocessing.Process(target=work, args=(place,)) for place in range(8)]
for worker in workers: worker.start()
for worker in workers: worker.join()
private = mmap.mmap(-1, 1 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
private[:3] = b"abc"
print(list(numbers), subprocess.run(["echo", "here"], capture_output=True, text=True).stdout.strip(),
      len(socket.if_nameindex()))
"""
FLOOD = """
import time
for number in range(999):
    open(f"/run/kernel/{number}", "wb").write(bytes(1 << 20))
    time.sleep(0.02)
"""
PAIR = """
import os, sys, time
block = bytearray(60 << 20)
child = os.fork()
if child == 0:
    time.sleep(60)
time.sleep(0.2)
print("ready", flush=True)
sys.stdin.read()
os.kill(child, 9)
"""


def test_limits_of_a_process():
    with Kernel(SMALL) as kernel:
        for name, (source, due) in WITHIN.items():
            run = kernel.run(source, SMALL.cell_seconds)
            text = " ".join(f"{output.get('ename')} {output.get('evalue')}" for output in run.outputs)
            assert (run.status, due in text) == ("error", True), (name, run)
        printed = kernel.run("print('x' * 100_000)", 20).outputs
        assert sum(len(output.text) for output in printed) < 11 * 1024


def test_memory_of_all_processes_together():
    with Kernel(SMALL) as kernel, pytest.raises(KernelDied, match="used more than 700 MB of memory and was stopped"):
        kernel.run(FAMILY, SMALL.cell_seconds)


@pytest.mark.parametrize("source", ELSEWHERE.values(), ids=ELSEWHERE)
def test_memory_that_no_process_has_in_its_own(source):
    with Kernel(SMALL) as kernel, pytest.raises(KernelDied, match="used more than 700 MB of memory and was stopped"):
        kernel.run(source, SMALL.cell_seconds)


def test_what_is_refused_and_what_honest_code_needs():
    with Kernel(SMALL) as kernel:
        run = kernel.run(HONEST, SMALL.cell_seconds)
        assert (run.status, run.outputs[0].text) == ("ok", "[0, 1, 2, 3, 4, 5, 6, 7] here 1\n")
        reached = {name for name, source in REFUSED.items() if kernel.run(source, 20).status == "ok"}
        assert reached == set()
        zero = kernel.run("print(os.read(os.open('/dev/zero', os.O_RDWR), 9))", 20)
        assert zero.outputs[0].text == "b''\n"  # /dev/null in its place


def test_a_machine_without_memory_is_nobodys_fault(monkeypatch):
    with Kernel(SMALL) as kernel:
        monkeypatch.setattr("autograder.guard.is_short_of_memory", lambda: True)
        with pytest.raises(KernelDied, match="because the machine had no memory left"):
            kernel.run("block = bytearray(300 << 20)\nimport time; time.sleep(20)", 20)
    assert kernel.starved


@pytest.mark.skipif(os.geteuid() == 0, reason="as root the kernel is another user, who may not write there at all")
def test_the_shared_folder_cannot_be_filled():
    with Kernel(SMALL) as kernel, pytest.raises(KernelDied, match="wrote into the folder of the kernel's sockets"):
        kernel.run(FLOOD, SMALL.cell_seconds)


def test_memory_counts_descendants_and_shared_pages_once():
    with subprocess.Popen([sys.executable, "-c", PAIR], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert len(descendants(process.pid)) == 2
        assert memory_of(process.pid, 1 << 40) > 120 << 20  # each of the two as if it were alone
        assert 60 << 20 < memory_of(process.pid, 0) < 110 << 20  # what is shared, once
        process.communicate(b"")
    assert memory_of(process.pid, 0) == 0


def test_every_limit_is_used_somewhere():
    names = {field.name for field in dataclasses.fields(Limits)}
    assert names == {*WITHIN, "cell_seconds", "total_seconds", "output_kb", "reply_mb", "notebook_mb", "extra_files",
                     "extra_mb", "hide"}  # fmt: skip
