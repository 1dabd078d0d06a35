"""Scratch folders go away, also after a process that could not remove its own."""

import signal
import subprocess
import sys
import tempfile

from autograder.scratch import scratch_folder

KILLED = """
import os, signal, sys, tempfile
from autograder.scratch import scratch_folder
tempfile.tempdir = sys.argv[1]
with scratch_folder() as folder:
    (folder / "file").write_text("x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_folders_go_away_and_those_of_killed_processes_too(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    (tmp_path / "toonlens-of-somebody").mkdir()  # no lock in it: not one of these
    (tmp_path / "toonlens-link").symlink_to(tmp_path)
    with scratch_folder() as first, scratch_folder() as second:
        assert not left.exists()
        assert first.stat().st_mode & 0o777 == 0o700
        assert first.is_dir()
        assert second.is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["toonlens-link", "toonlens-of-somebody"]
