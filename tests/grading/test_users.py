"""No two living sandboxes have the same user, whichever process started them."""

import os
import subprocess
import sys

import pytest

from autograder import users
from autograder.users import user_of_its_own
from toonlens.errors import UserError

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a normal user's sandboxes have namespaces of users")

TWO_KERNELS = """
import sys
from autograder.kernel import Kernel
from autograder.limits import load_limits
with Kernel(load_limits("none")) as first, Kernel(load_limits("none")) as second:
    for kernel in (first, second):
        print(kernel.run("import os; print(os.getuid())", 20).outputs[0].text.strip(), flush=True)
    sys.stdin.read()
"""


def test_kernels_of_several_graders_have_different_users():
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    graders = [subprocess.Popen([sys.executable, "-c", TWO_KERNELS], **pipes) for _ in range(2)]
    living = [int(grader.stdout.readline()) for _ in range(2) for grader in graders]
    for grader in graders:
        grader.communicate("")
    assert len(set(living)) == 4
    assert all(users.FIRST <= uid < users.FIRST + users.COUNT for uid in living)


def test_a_user_is_lent_once_and_again_after_its_return(monkeypatch):
    monkeypatch.setattr(users, "COUNT", 2)
    monkeypatch.setattr(users, "FIRST", 60900)
    with user_of_its_own() as first:
        with user_of_its_own() as second:
            assert {first, second} == {60900, 60901}
            with pytest.raises(UserError, match="2 sandboxes run"), user_of_its_own():
                pass
        with user_of_its_own() as third:
            assert third == second


def test_locks_in_a_folder_of_somebody_else_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(users, "SYSTEM", tmp_path)
    (tmp_path / "toonlens-users").mkdir(mode=0o777)
    with pytest.raises(UserError, match="not a folder of root's alone"), user_of_its_own():
        pass
