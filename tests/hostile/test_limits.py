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
