"""The command line: a user's mistake is one line and status 2; looking for help imports nothing heavy."""

import subprocess
import sys

import pytest

from toonlens import doctor


def toonlens(*arguments, **kwargs):
    return subprocess.run(
        [sys.executable, "-c", "from toonlens.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        **kwargs,
    )


def test_help_lists_the_commands():
    result = toonlens("--help")
    assert result.returncode == 0
    for command in ("doctor", "tour", "labs"):
        assert command in result.stdout


def test_help_does_not_import_tensorflow():
    code = """
import atexit, sys
heavy = "tensorflow", "keras", "nbgrader", "matplotlib"
atexit.register(lambda: print([name for name in heavy if name in sys.modules]))
sys.argv[1:] = ["--help"]
from toonlens.cli import main
main()
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("arguments", [["labs", "build", "lab77"], ["labs", "build", "../x"]])
def test_a_users_mistake_is_one_line_and_status_2(arguments):
    result = toonlens(*arguments)
    assert result.returncode == 2
    assert result.stderr.startswith("toonlens: no lab called")
    assert result.stderr.count("\n") == 1


def test_doctor_is_content_with_this_environment():
    result = toonlens("doctor")
    assert result.returncode == 0, result.stdout
    assert "all that is needed is there" in result.stdout


def test_doctor_names_what_is_missing_and_what_to_do(capsys):
    findings = [
        doctor.Finding("Python", True, "3.11.7"),
        doctor.Finding("memory", False, "2 GiB", "close other programs"),
        doctor.Finding("bubblewrap", False, "missing", "install it", needed=False),
    ]
    assert doctor.report(findings) == 1
    printed = capsys.readouterr().out
    assert "to mend: memory" in printed
    assert "close other programs" in printed
    assert "install it" in printed


def test_doctor_says_when_a_package_is_absent(monkeypatch):
    monkeypatch.setattr(doctor, "PACKAGES", {"no-such-package": ""})
    (finding,) = doctor._packages()
    assert not finding.ok
    assert "make env" in finding.remedy


def test_doctor_sees_a_missing_bubblewrap(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    finding = doctor._bubblewrap()
    assert (finding.ok, finding.needed) == (False, False)
    assert "apt install bubblewrap" in finding.remedy


def test_doctor_sees_an_unusable_cache(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TOONLENS_CACHE", str(tmp_path / "file" / "cache"))
    assert not doctor._cache().ok
