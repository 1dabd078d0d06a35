"""Scratch folders go away, also after a process that could not remove its own."""

import os
import signal
import subprocess
import sys
import tempfile

from autograder.scratch import remove_tree, scratch_folder

KILLED = """
import os, signal, sys, tempfile
from autograder.scratch import remove_tree, scratch_folder
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


def test_a_tree_deeper_than_recursion_goes_away(tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("x")
    tree = tmp_path / "tree"
    tree.mkdir()
    here = os.open(tree, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d" * 100, dir_fd=here)
        os.symlink(kept, "link", dir_fd=here)
        below = os.open("d" * 100, os.O_RDONLY, dir_fd=here)
        os.close(os.open("0-0", os.O_CREAT, dir_fd=here))
        os.close(here)
        here = below
    os.fchmod(here, 0)
    os.close(here)
    (tree / ("d" * 100)).chmod(0)
    remove_tree(tree)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept"]
    assert (kept / "file").read_text() == "x"
    remove_tree(tree)  # not there any more
    (tmp_path / "link").symlink_to(kept)
    remove_tree(tmp_path / "link")
    assert (kept / "file").exists()


def test_what_a_killed_grader_left_cannot_stop_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    (left,) = tmp_path.iterdir()
    here = os.open(left, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    with scratch_folder():
        assert not left.exists()
