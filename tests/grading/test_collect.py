"""Collecting: whose a file is, when it came, and nothing of what an archive would like to do."""

import datetime
import io
import os
import pwd
import shutil
import signal
import stat
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from nbgrader.utils import parse_utc

from autograder import archives
from autograder.collect import Collected, collect, owner, student_name
from autograder.limits import load_limits
from toonlens.errors import UserError

NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
WHEN = (2026, 11, 20, 12, 0, 0)


def pack(path: Path | io.BytesIO, files: dict[str, bytes], mode: int = 0, when=WHEN, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, when)
            info.external_attr = mode << 16
            archive.writestr(info, data, method)
    return path


@pytest.fixture
def take(tmp_path, course):
    limits = load_limits("tiny", course.root / "limits.toml")

    def run(source: Path, lab: str = "lab06", others=("lab05",)) -> Collected:
        return collect(source, lab, (lab,), tmp_path / "submitted", limits, others)

    run.submitted = tmp_path / "submitted"
    return run


def files(submitted: Path) -> list[str]:
    return sorted(str(path.relative_to(submitted)) for path in submitted.rglob("*") if path.name != ".toonlens.lock")


def reasons(result: Collected) -> dict[str, str]:
    return {refused.name: refused.reason for refused in result.refused}


@pytest.mark.parametrize(
    ("path", "student", "rest"),
    [
        ("doejane_12345_678_lab06.ipynb", "doejane_12345", "lab06.ipynb"),  # Canvas
        ("doejane_LATE_12345_678_lab06-2.ipynb", "doejane_12345", "lab06-2.ipynb"),
        ("mállik_7_8_my_lab_06.ipynb", "mállik_7", "my_lab_06.ipynb"),
        ("Jane Doe_4711_assignsubmission_file_/lab06.ipynb", "Jane Doe", "lab06.ipynb"),  # Moodle, in folders
        ("Jane Doe_4711_assignsubmission_file/lab06.ipynb", "Jane Doe", "lab06.ipynb"),
        ("Jane Doe_4711_assignsubmission_file_lab06.ipynb", "Jane Doe", "lab06.ipynb"),  # Moodle, without folders
        ("李 小龙_4711_assignsubmission_file_/a/b.txt", "李 小龙", "a/b.txt"),
        ("ada+lab06+2026-11-20 10:00:00 UTC+x1/lab06.ipynb", "ada", "lab06.ipynb"),  # nbgrader's exchange
        ("ada/lab06/lab06.ipynb", "ada", "lab06.ipynb"),  # a folder per student
        ("ada/lab06.ipynb", "ada", "lab06.ipynb"),
        ("ada.ipynb", "ada", "lab06.ipynb"),
        ("a:da*[x]/lab06.ipynb", "a_da__x_", "lab06.ipynb"),
    ],
)
def test_whose_a_file_is(path, student, rest):
    owned = owner(tuple(path.split("/")), "lab06", ["lab05"])
    assert (owned.student, "/".join(owned.rest)) == (student, rest)


def test_names_that_tell_nothing():
    assert "whose it is" in owner(("lab06.ipynb",), "lab06").reason
    assert "typed into Moodle" in owner(("Jo_1_assignsubmission_onlinetext_", "onlinetext.html"), "lab06").reason
    assert "no name" in owner(("...", "lab06.ipynb"), "lab06").reason
    assert owner(("ada", "lab05", "lab05.ipynb"), "lab06", ["lab05"]) is None
    assert owner(("ada+lab05+2026-11-20 10:00:00 UTC", "lab05.ipynb"), "lab06") is None
    assert student_name("e\u0301") == "é"  # one name for one person, however it is encoded
    assert student_name("x" * 1000) == "x" * 200
    assert len(student_name("\u0958" * 70).encode()) <= 200  # two characters of three bytes each, once composed


def test_canvas_zip(take, tmp_path):
    source = pack(tmp_path / "submissions.zip", {
        "doejane_12_34_lab06-1.ipynb": NOTEBOOK,
        "roejo_LATE_56_78_Untitled.ipynb": NOTEBOOK,
        "roejo_LATE_56_79_notes.txt": b"words",
        "poe_90_12_essay.pdf": b"%PDF",
        "doejane_text.html": b"<script>",
    })  # fmt: skip
    result = take(source)
    assert (result.new, result.updated, result.unchanged) == (["doejane_12", "roejo_56"], [], [])
    assert reasons(result) == {
        "doejane_text.html": "its name does not say whose it is",
        "poe_90": "there is no lab06.ipynb among the files",
    }
    assert [(note.name, note.reason) for note in result.notes] == [
        ("roejo_56", "Untitled.ipynb was taken for lab06.ipynb")
    ]
    assert (take.submitted / "roejo_56" / "lab06" / "lab06.ipynb").read_bytes() == NOTEBOOK
    assert (take.submitted / "roejo_56" / "lab06" / "notes.txt").read_bytes() == b"words"


def test_moodle_zip_with_namesakes_and_a_zip_inside(take, tmp_path):
    inner = pack(io.BytesIO(), {"work/lab06.ipynb": NOTEBOOK, "__MACOSX/._lab06.ipynb": b"x"}).getvalue()
    source = pack(tmp_path / "moodle.zip", {
        "Jane Doe_1_assignsubmission_file_/lab06.ipynb": NOTEBOOK,
        "Jane Doe_2_assignsubmission_file_/lab06.zip": inner,
        "Zoë Ångström_3_assignsubmission_file_/lab06.ipynb": NOTEBOOK,
    })  # fmt: skip
    assert take(source).new == ["Jane Doe_1", "Jane Doe_2", "Zoë Ångström"]
    assert (take.submitted / "Jane Doe_2" / "lab06" / "lab06.ipynb").read_bytes() == NOTEBOOK


def test_time_comes_from_the_collector(take, tmp_path):
    (tmp_path / "in" / "ada").mkdir(parents=True)
    notebook = tmp_path / "in" / "ada" / "lab06.ipynb"
    notebook.write_bytes(NOTEBOOK)
    (tmp_path / "in" / "ada" / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC")
    os.utime(notebook, (0, 0))  # a student can set this one
    take(tmp_path / "in")
    stamp = take.submitted / "ada" / "lab06" / "timestamp.txt"
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    assert abs(parse_utc(stamp.read_text().strip()) - now) < datetime.timedelta(minutes=10)

    take(pack(tmp_path / "a.zip", {"bob/lab06.ipynb": NOTEBOOK, "bob/timestamp.txt": b"1999-01-01 00:00:00 UTC"}))
    expected = datetime.datetime.fromtimestamp(time.mktime((*WHEN, 0, 0, -1)), datetime.UTC).replace(tzinfo=None)
    assert parse_utc((take.submitted / "bob" / "lab06" / "timestamp.txt").read_text().strip()) == expected


def test_collected_again(take, tmp_path):
    first = pack(tmp_path / "a.zip", {"ada/lab06.ipynb": NOTEBOOK, "bob/lab06.ipynb": NOTEBOOK})
    assert take(first).new == ["ada", "bob"]
    stamp = (take.submitted / "ada" / "lab06" / "timestamp.txt").read_text()
    again = pack(tmp_path / "b.zip", {"ada/lab06.ipynb": NOTEBOOK, "bob/lab06.ipynb": NOTEBOOK + b" "},
                 when=(2026, 11, 22, 9, 0, 0))  # fmt: skip
    result = take(again)
    assert (result.new, result.updated, result.unchanged) == ([], ["bob"], ["ada"])
    assert (take.submitted / "ada" / "lab06" / "timestamp.txt").read_text() == stamp
    assert (take.submitted / "bob" / "lab06" / "timestamp.txt").read_text() != stamp


def test_exchange_takes_the_latest_by_the_file_systems_clock(take, tmp_path):
    inbound = tmp_path / "inbound"
    for name, data in (("2026-11-20 10:00:00 UTC", b"second"), ("2027-01-01 10:00:00 UTC", b"first")):
        (inbound / f"nobody-here+lab06+{name}+r").mkdir(parents=True)
        (inbound / f"nobody-here+lab06+{name}+r" / "lab06.ipynb").write_bytes(data)
    time.sleep(0.05)
    (inbound / "nobody-here+lab06+2026-11-20 10:00:00 UTC+r" / "lab06.ipynb").write_bytes(b"changed last")
    assert take(inbound).new == ["nobody-here"]
    assert (take.submitted / "nobody-here" / "lab06" / "lab06.ipynb").read_bytes() == b"changed last"


def test_exchange_knows_whose_account_wrote_it(take, tmp_path):
    other = next(account.pw_name for account in pwd.getpwall() if account.pw_uid != os.getuid())
    forged = tmp_path / "in" / f"{other}+lab06+2026-11-20 10:00:00 UTC"
    forged.mkdir(parents=True)
    (forged / "lab06.ipynb").write_bytes(NOTEBOOK)
    result = take(tmp_path / "in")
    assert result.new == []
    assert "belongs to another account" in result.refused[0].reason


@pytest.mark.parametrize(
    "name", ["../../evil.ipynb", "/etc/cron.d/evil", "ada/../../bob/lab06.ipynb", "C:\\evil.ipynb", "..\\..\\evil",
             "ada/\x1b[2Jx.ipynb", "/".join("a" * 20) + "/x"]
)  # fmt: skip
def test_paths_that_lead_outside(take, tmp_path, name):
    result = take(pack(tmp_path / "a.zip", {name: NOTEBOOK, "ada/lab06.ipynb": NOTEBOOK}))
    assert result.new == ["ada"]
    assert [refused.reason for refused in result.refused] == ["its path leads outside, or cannot be shown"]
    assert files(take.submitted) == ["ada", "ada/lab06", "ada/lab06/lab06.ipynb", "ada/lab06/timestamp.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "submitted"]


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFCHR | 0o666, stat.S_IFIFO | 0o666, stat.S_IFSOCK])
def test_entries_that_are_no_files(take, tmp_path, mode):
    result = take(pack(tmp_path / "a.zip", {"ada/lab06.ipynb": b"/etc/passwd"}, mode=mode))
    assert not result.new
    assert result.refused[0].reason in ("a link", "neither a file nor a folder")
    assert files(take.submitted) == []


def test_folder_with_links_and_pipes(take, tmp_path):
    for student in ("ada", "bob", "cyd"):
        (tmp_path / "in" / student).mkdir(parents=True)
    (tmp_path / "in" / "ada" / "lab06.ipynb").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "in" / "bob" / "lab06.ipynb")
    (tmp_path / "in" / "cyd" / "lab06.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "in" / "dee").symlink_to("/etc")
    result = take(tmp_path / "in")
    assert result.new == ["cyd"]
    assert reasons(result) == {
        "ada/lab06.ipynb": "a link", "bob/lab06.ipynb": "neither a file nor a folder", "dee": "a link",
    }  # fmt: skip


def test_bomb_is_cut_off(take, tmp_path):
    source = pack(tmp_path / "a.zip", {"ada/lab06.ipynb": bytes(400 << 20), "bob/lab06.ipynb": NOTEBOOK})
    assert source.stat().st_size < 1 << 20
    result = take(source)
    assert result.new == ["bob"]
    assert "MB unpacked" in reasons(result)["ada: lab06.ipynb"]


def test_bomb_within_a_zip_within_a_zip(take, tmp_path):
    inner = pack(io.BytesIO(), {f"{k}.bin": bytes(50 << 20) for k in range(8)} | {"lab06.ipynb": NOTEBOOK}).getvalue()
    result = take(pack(tmp_path / "a.zip", {"ada/work.zip": inner}))
    assert result.new == ["ada"]
    assert sum(path.stat().st_size for path in take.submitted.rglob("*") if path.is_file()) < 100 << 20
    assert len(result.refused) == 8


def test_sizes_that_lie(take, tmp_path):
    """The directory says 1 byte; the data has 40 million."""
    source = pack(tmp_path / "a.zip", {"ada/lab06.ipynb": bytes(40_000_000)})
    data = bytearray(source.read_bytes())
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = struct.pack("<I", 1)
    source.write_bytes(data)
    result = take(source)
    assert not result.new
    assert not any(path.stat().st_size > 1 << 20 for path in take.submitted.rglob("*") if path.is_file())


def test_absurd_counts(take, tmp_path, monkeypatch):
    many = pack(io.BytesIO(), {f"{k}": b"" for k in range(2_500)} | {"lab06.ipynb": NOTEBOOK}).getvalue()
    result = take(pack(tmp_path / "a.zip", {"ada/many.zip": many, "bob/lab06.ipynb": NOTEBOOK}))
    assert result.new == ["bob"]
    assert reasons(result)["ada: many.zip"] == "it has more than 2,000 entries"
    monkeypatch.setattr(archives, "MAX_ENTRIES", 1)
    (tmp_path / "in" / "ada").mkdir(parents=True)
    (tmp_path / "in" / "ada" / "lab06.ipynb").write_bytes(NOTEBOOK)
    with pytest.raises(UserError, match="that is no class"):
        take(tmp_path / "in")


def test_too_many_files_of_one_student(take, tmp_path):
    result = take(pack(tmp_path / "a.zip", {"ada/lab06.ipynb": NOTEBOOK} | {f"ada/{k}.txt": b"" for k in range(300)}))
    assert result.new == ["ada"]
    assert len(list((take.submitted / "ada" / "lab06").iterdir())) <= 202
    assert "files of one student" in result.refused[0].reason


def test_duplicates_encryption_and_odd_packing(take, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("ada/lab06.ipynb", NOTEBOOK)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("ada/lab06.ipynb", b"second")
        archive.writestr(zipfile.ZipInfo("ada/odd.txt"), b"x", zipfile.ZIP_LZMA)
        archive.writestr("ada/lab06.ipynb/inside.txt", b"a file as a folder")
    result = take(tmp_path / "a.zip")
    assert result.new == ["ada"]
    assert (take.submitted / "ada" / "lab06" / "lab06.ipynb").read_bytes() == NOTEBOOK
    assert {refused.reason for refused in result.refused} == {
        "there are two of this name; the first was taken",
        "it is packed in an unusual way: use a plain zip file",
        "a file in the place of a folder",
    }


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x05\x06" + bytes(18), b"PK\x01\x02" * 100])
def test_no_zip_file(take, tmp_path, data):
    (tmp_path / "a.zip").write_bytes(data)
    if data.startswith(b"PK\x05"):  # an empty one
        assert not take(tmp_path / "a.zip").new
        return
    with pytest.raises(UserError, match=r"cannot collect from .*no zip file") as refused:
        take(tmp_path / "a.zip")
    assert "\n" not in str(refused.value)


def test_no_source(take, tmp_path):
    with pytest.raises(UserError, match="no such folder or zip file"):
        take(tmp_path / "none")


def test_killed_half_way_leaves_nothing_half_written(take, tmp_path, monkeypatch):
    source = pack(tmp_path / "a.zip", {"ada/lab06.ipynb": NOTEBOOK, "ada/b.txt": b"b", "bob/lab06.ipynb": NOTEBOOK})

    class Killed(BaseException):
        pass

    def killed(self, target):
        raise Killed

    monkeypatch.setattr(shutil, "rmtree", lambda *a, **k: None)  # a killed process does not tidy up
    monkeypatch.setattr(Path, "rename", killed)
    with pytest.raises(Killed):
        take(source)
    assert [name for name in files(take.submitted) if not name.startswith(".toonlens")] == ["ada"]
    monkeypatch.undo()
    assert take(source).new == ["ada", "bob"]
    assert len(files(take.submitted)) == 9


KILLED = """
import os, pathlib, signal, sys
from autograder.collect import collect
from autograder.limits import load_limits

rename, left = pathlib.Path.rename, [int(sys.argv[3])]

def killed(self, target):
    left[0] -= 1
    if left[0] < 0 and sys.argv[4] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = rename(self, target)
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

pathlib.Path.rename = killed
collect(pathlib.Path(sys.argv[1]), "lab06", ("lab06",), pathlib.Path(sys.argv[2]), load_limits("lab06"))
"""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("which", [0, 1])
def test_killed_at_each_rename_keeps_the_earlier_submission(take, tmp_path, which, moment):
    take(pack(tmp_path / "a.zip", {"ada/lab06.ipynb": NOTEBOOK, "ada/old.txt": b"old"}))
    later = pack(tmp_path / "b.zip", {"ada/lab06.ipynb": NOTEBOOK + b" "})
    command = [sys.executable, "-c", KILLED, str(later), str(take.submitted), str(which), moment]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL

    take(pack(tmp_path / "c.zip", {"bob/lab06.ipynb": NOTEBOOK}))  # it need not be the same source
    there = sorted(path.name for path in (take.submitted / "ada" / "lab06").iterdir())
    replaced = (which, moment) == (1, "after")
    assert there == (["lab06.ipynb"] if replaced else ["lab06.ipynb", "old.txt"]) + ["timestamp.txt"]
    assert not (take.submitted / ".toonlens").exists()
    result = take(later)
    assert (result.updated, result.unchanged) == (([], ["ada"]) if replaced else (["ada"], []))


def moodle(path: Path, people: dict[str, bytes]) -> Path:
    return pack(path, {f"{name}_assignsubmission_file_/lab06.ipynb": data for name, data in people.items()})


def content(submitted: Path) -> dict[str, bytes]:
    return {path.parents[1].name: path.read_bytes() for path in submitted.glob("*/lab06/lab06.ipynb")}


def test_a_namesake_who_comes_later_replaces_nobody(take, tmp_path):
    assert take(moodle(tmp_path / "a.zip", {"Jane Doe_1": b"one"})).new == ["Jane Doe"]
    result = take(moodle(tmp_path / "b.zip", {"Jane Doe_2": b"two"}))
    assert (result.new, result.updated) == (["Jane Doe_2"], [])
    assert [(note.name, note.reason) for note in result.notes] == [
        ("Jane Doe", "there is another of this name: collected as Jane Doe_2")
    ]
    result = take(moodle(tmp_path / "c.zip", {"Jane Doe_1": b"one", "Jane Doe_2": b"two"}))
    assert (result.unchanged, result.notes, result.refused) == (["Jane Doe", "Jane Doe_2"], [], [])
    assert take(moodle(tmp_path / "d.zip", {"Jane Doe_2": b"two again"})).updated == ["Jane Doe_2"]
    assert content(take.submitted) == {"Jane Doe": b"one", "Jane Doe_2": b"two again"}


def test_namesakes_together_then_one_at_a_time(take, tmp_path):
    people = {"Jane Doe_1": b"one", "Jane Doe_2": b"two"}
    assert take(moodle(tmp_path / "a.zip", people)).new == ["Jane Doe_1", "Jane Doe_2"]
    for name, data in people.items():
        assert take(moodle(tmp_path / "b.zip", {name: data})).unchanged == [name]


@pytest.mark.parametrize("first", [None, "Jane Doe_1", "Jane Doe_2", "Jane Doe_1_3"])
def test_names_that_look_like_numbered_ones(take, tmp_path, first):
    people = {"Jane Doe_1": b"one", "Jane Doe_2": b"two", "Jane Doe_1_3": b"three"}
    if first:
        take(moodle(tmp_path / "a.zip", {first: people[first]}))
    before = content(take.submitted)
    result = take(moodle(tmp_path / "b.zip", people))
    assert not result.refused
    assert len(result.new) + len(result.unchanged) == 3
    after = content(take.submitted)
    assert sorted(after.values()) == sorted(people.values())
    assert before.items() <= after.items()
    take(moodle(tmp_path / "c.zip", dict(reversed(people.items()))))
    assert content(take.submitted) == after


def test_a_folder_that_came_otherwise_is_not_replaced(take, tmp_path):
    take(pack(tmp_path / "a.zip", {"Jane Doe/lab06.ipynb": b"by hand", "a_b/lab06.ipynb": b"underscore"}))
    assert take(moodle(tmp_path / "b.zip", {"Jane Doe_7": b"seven"})).new == ["Jane Doe_7"]
    result = take(pack(tmp_path / "c.zip", {"a*b/lab06.ipynb": b"star", "Jane Doe_7/lab06.ipynb": b"by hand"}))
    assert (result.new, result.updated) == ([], [])
    assert set(reasons(result)) == {"a_b", "Jane Doe_7"}
    assert content(take.submitted) == {"Jane Doe": b"by hand", "a_b": b"underscore", "Jane Doe_7": b"seven"}


def test_names_that_are_the_same_once_made_fit(take, tmp_path):
    long = "x" * 220
    result = take(pack(tmp_path / "a.zip", {f"{long}{k}/lab06.ipynb": b"%d" % k for k in range(2)}))
    assert (result.new, list(reasons(result))) == (["x" * 200], ["x" * 200])
    assert take(moodle(tmp_path / "b.zip", {f"{long}_{k}": b"m%d" % k for k in range(2)})).new == [
        "x" * 198 + "_0", "x" * 198 + "_1",
    ]  # fmt: skip


def test_a_damaged_record_of_owners(take, tmp_path):
    take(moodle(tmp_path / "a.zip", {"Jane Doe_1": b"one"}))
    (record,) = take.submitted.glob(".lab06.owners.json")
    for text in ("{", "[]", '{"Jane Doe|1": 3}'):
        record.write_text(text)
        with pytest.raises(UserError, match="whose folder is which") as refused:
            take(moodle(tmp_path / "b.zip", {"Jane Doe_1": b"two"}))
        assert "\n" not in str(refused.value)
    assert content(take.submitted) == {"Jane Doe": b"one"}


def test_a_name_of_many_bytes_is_one_students_matter(take, tmp_path):
    long = "\u0958" * 70
    result = take(pack(tmp_path / "a.zip", {f"{long}/lab06.ipynb": NOTEBOOK, "bob/lab06.ipynb": NOTEBOOK}))
    assert len(result.new) == 2


def test_what_cannot_be_written_stops_nobody_else(take, tmp_path, monkeypatch):
    files = {"ada/lab06.ipynb": NOTEBOOK, "bob/lab06.ipynb": NOTEBOOK}
    take(pack(tmp_path / "a.zip", files))
    rename = Path.rename

    def fails_for_ada(self, target):
        if self.name == "new" and "ada" in str(target):
            raise OSError(36, "File name too long")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_for_ada)
    result = take(pack(tmp_path / "b.zip", {name: data + b" " for name, data in files.items()}))
    assert result.updated == ["bob"]
    assert reasons(result) == {"ada": "cannot be written (File name too long)"}
    assert content(take.submitted) == {"ada": NOTEBOOK, "bob": NOTEBOOK + b" "}  # hers is what it was


def test_content_that_looks_like_a_directory(take, tmp_path):
    decoy = b"PK\x01\x02" * (archives.MAX_ENTRIES + 1)
    files = {"ada/lab06.ipynb": NOTEBOOK, "ada/data.bin": decoy, "bob/lab06.ipynb": NOTEBOOK}
    result = take(pack(tmp_path / "a.zip", files, method=zipfile.ZIP_STORED))
    assert (result.new, result.refused) == (["ada", "bob"], [])


@pytest.mark.parametrize("claimed", [None, 1])
def test_too_many_entries_are_counted_not_believed(take, tmp_path, monkeypatch, claimed):
    source = pack(tmp_path / "a.zip", {f"{k}/lab06.ipynb": NOTEBOOK for k in range(30)})
    if claimed is not None:
        data = bytearray(source.read_bytes())
        data[-14:-10] = struct.pack("<HH", claimed, claimed)
        source.write_bytes(data)
    assert len(list(archives.zip_items(source, 30))) == 30
    with pytest.raises(UserError, match="more than 29 entries"):
        list(archives.zip_items(source, 29))


def test_canvas_newest_attempt(take, tmp_path):
    result = take(pack(tmp_path / "a.zip", {
        "doe_12_34_lab06.ipynb": b"first", "doe_12_101_lab06-2.ipynb": b"third", "doe_12_56_lab06-1.ipynb": b"second",
        "roe_13_40_lab06-1.ipynb": b"newer zip loses", "roe_13_41_work.zip":
            pack(io.BytesIO(), {"lab06.ipynb": b"from zip"}).getvalue(),
        "poe_14_50_lab06.ipynb": b"only",
    }))  # fmt: skip
    assert content(take.submitted) == {"doe_12": b"third", "roe_13": b"from zip", "poe_14": b"only"}
    assert [(note.name, note.reason) for note in result.notes] == [
        ("doe_12", "lab06-2.ipynb was taken, the newest attempt; older: lab06-1.ipynb, lab06.ipynb")
    ]
    assert [name for name in files(take.submitted) if name.startswith("doe_12/lab06/")] == [
        "doe_12/lab06/lab06.ipynb", "doe_12/lab06/timestamp.txt",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "students"),
    [
        (["submissions/doe_12_34_lab06.ipynb"], ["doe_12"]),
        (["submissions/doe_12_34_lab06.ipynb", "submissions/roe_13_35_x.ipynb", "__MACOSX/submissions/._x"],
         ["doe_12", "roe_13"]),
        (["submissions/doe_12_34_lab06.ipynb", "submissions/doe_12_text.html"], ["doe_12"]),
        (["x/Jane Doe_1_assignsubmission_file_/lab06.ipynb"], ["Jane Doe"]),
        (["x/ada/lab06/lab06.ipynb"], ["ada"]),
        (["x/ada/lab06.ipynb", "x/bob/lab06.ipynb"], ["ada", "bob"]),
        (["ada/lab06.ipynb"], ["ada"]),
        (["ada/lab06/lab06.ipynb"], ["ada"]),
        (["ada/lab06/lab06.ipynb", "ada/lab05/lab05.ipynb"], ["ada"]),
        (["ada/lab06.ipynb", "ada/bob_1_2_lab06.ipynb"], ["ada"]),  # no way to hand in for somebody else
        (["ada/lab06.ipynb", "bob/cyd_1_2_lab06.ipynb", "bob/lab06.ipynb"], ["ada", "bob"]),
        (["Jane Doe_1_assignsubmission_file_/bob_1_2_lab06.ipynb"], ["Jane Doe"]),
    ],
)  # fmt: skip
def test_one_folder_around_everything(take, tmp_path, names, students):
    result = take(pack(tmp_path / "a.zip", dict.fromkeys(names, NOTEBOOK)))
    assert sorted(result.new) == students


def test_folder_that_cannot_be_read(take, tmp_path, monkeypatch):
    for student in ("ada", "bob"):
        (tmp_path / "in" / student).mkdir(parents=True)
        (tmp_path / "in" / student / "lab06.ipynb").write_bytes(NOTEBOOK)
    scandir = os.scandir

    def denied(place):  # root may read everything
        if str(place).endswith("ada"):
            raise PermissionError(13, "Permission denied")
        return scandir(place)

    monkeypatch.setattr(archives.os, "scandir", denied)
    result = take(tmp_path / "in")
    assert (result.new, reasons(result)) == (["bob"], {"ada": "cannot be read (Permission denied)"})
