"""Kernels from a nursery: as locked in as fresh ones, and strangers to each other."""

import json
import os

import nbformat
import pytest

from autograder.grade import grade
from autograder.kernel import Kernel, KernelDied
from autograder.limits import load_limits
from autograder.nursery import Nursery, NurseryKernel, imports_of
from toonlens.errors import UserError

LOOK = """
import os, json, resource, socket, ctypes
found = {line.partition(':')[0]: line.partition(':')[2].strip() for line in open('/proc/self/status')}
def tried(what):
    try:
        what()
    except Exception as error:
        return type(error).__name__
    return 'done'
facts = {name: found[name] for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp')}
facts['root'] = os.getuid() == 0
facts['environment'] = dict(os.environ)
facts['folder'] = sorted(os.listdir('.'))
facts['scratch'] = [sorted(os.listdir(place)) for place in ('/tmp', '/dev/shm')]
facts['interfaces'] = [name for _, name in socket.if_nameindex()]
facts['others'] = [pid for pid in os.listdir('/proc') if pid.isdigit() and int(pid) not in (1, os.getpid())]
facts['limits'] = [resource.getrlimit(getattr(resource, 'RLIMIT_' + name))
                   for name in ('NPROC', 'DATA', 'CORE', 'FSIZE', 'NOFILE', 'CPU')]
facts['unshare'] = ctypes.CDLL(None).unshare(0x10000000)
for place in ('/', '/run', '/etc', '/dev', '/home', '/usr', os.path.dirname(os.__file__)):
    facts['write ' + place] = tried(lambda: open(place + '/left-behind', 'w'))
facts['autograder'] = tried(lambda: __import__('autograder.checking'))
facts['innvestigate'] = tried(lambda: __import__('innvestigate'))
facts['cache'] = {folder: tried(lambda: open(os.environ['TOONLENS_SHARED_CACHE'] + f'/{folder}/left-behind', 'w'))
                  for folder in sorted(os.listdir(os.environ['TOONLENS_SHARED_CACHE']))}
facts['sockets'] = sorted(os.listdir('/run/kernel'))
print(json.dumps(facts))
"""


@pytest.fixture(scope="module")
def limits(course):
    return load_limits("tiny", course.root / "limits.toml")


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """The grader's cache, with one file."""
    folder = tmp_path_factory.mktemp("cache")
    (folder / "drawn").mkdir()
    (folder / "drawn" / "toons.npz").write_text("pictures")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOONLENS_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def nursery(limits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    (folder / "data.txt").write_text("given")
    (folder / "more").mkdir()
    (folder / "more" / "deep.txt").write_text("given too")
    made = Nursery(limits, [folder / "data.txt", folder / "more"], ("numpy", "ipykernel.kernelapp", "no.such.module"))
    made.files = [folder / "data.txt", folder / "more"]
    yield made
    made.close()
    assert not made.folder.exists()


def said(kernel: Kernel, source: str) -> str:
    run = kernel.run(source, 20)
    assert run.status == "ok", run.outputs
    return "".join(output.get("text", "") for output in run.outputs)


def test_as_locked_in_as_a_fresh_kernel(nursery, limits):
    with NurseryKernel(nursery, limits, nursery.files) as born:
        here = nbformat.from_dict(json.loads(said(born, LOOK)))
    with Kernel(limits, nursery.files) as fresh:
        there = nbformat.from_dict(json.loads(said(fresh, LOOK)))
    for facts in (here, there):  # set by whoever starts the process, or made by fresh kernels only
        for name in ("MPLBACKEND", "PWD", "SHLVL", "_", "OLDPWD"):
            facts["environment"].pop(name, None)
    assert here.pop("CapBnd") == "0" * 16
    there.pop("CapBnd")
    writes = [name for name in here if name.startswith("write ")]
    assert {here.pop(name) for name in writes} <= {"OSError", "PermissionError"}
    assert here == {name: value for name, value in there.items() if name not in writes}  # its own root is its own
    assert not here.root
    assert here.unshare == -1
    assert here.autograder == here.innvestigate == "ModuleNotFoundError"
    assert here.cache.drawn in {"OSError", "PermissionError"}


def test_the_graders_drawn_pictures_are_there(nursery, limits):
    read = "from toonlens.paths import cached; print(cached('drawn/toons.npz').read_text())"
    for kernel in (NurseryKernel(nursery, limits), Kernel(limits)):
        with kernel:
            assert said(kernel, read) == "pictures\n"


def test_imports_are_there_and_files_read_only(nursery, limits):
    with NurseryKernel(nursery, limits, nursery.files) as kernel:
        assert said(kernel, "import sys; print('numpy' in sys.modules)") == "True\n"
        assert said(kernel, "print(open('data.txt').read(), open('more/deep.txt').read())") == "given given too\n"
        assert kernel.run("open('data.txt', 'w')", 20).status == "error"
        assert kernel.run("open('more/new', 'w')", 20).status == "error"
        said(kernel, "open('mine.txt', 'w').write('x')")


def test_kernels_know_nothing_of_each_other(nursery, limits):
    leave = "import numpy, os, sys\nfor place in ('/tmp', '/dev/shm', '/home/student', '.', '/run/kernel', '/'):\n"
    leave += "    try:\n        open(place + '/left', 'w').write('answer')\n    except OSError: pass\n"
    leave += "numpy.answer = sys.answer = 3\nif os.fork() == 0:\n    import time; time.sleep(100)\n"
    find = "import numpy, os, sys\nprint([p for p in ('/tmp', '/dev/shm', '/home/student', '.', '/run/kernel', '/')"
    find += " if os.path.exists(p + '/left')], hasattr(numpy, 'answer'), hasattr(sys, 'answer'),"
    find += " len([p for p in os.listdir('/proc') if p.isdigit()]), numpy.random.rand())"
    answers = []
    for _ in range(2):
        with NurseryKernel(nursery, limits, nursery.files) as kernel:
            answers.append(said(kernel, find))
            kernel.run(leave, 20)
    assert [answer.split(" ", 4)[:4] for answer in answers] == [["[]", "False", "False", "2"]] * 2
    assert answers[0].split()[-1] != answers[1].split()[-1]  # not the same random numbers


@pytest.mark.parametrize(
    "source", ["import os; os._exit(1)", "import ctypes; ctypes.string_at(0)", "import os; os.abort()",
               "import os, signal; os.kill(1, signal.SIGKILL); os.kill(os.getpid(), signal.SIGKILL)"]
)  # fmt: skip
def test_deaths_are_noticed_and_the_next_one_lives(nursery, limits, source):
    with NurseryKernel(nursery, limits) as kernel:
        with pytest.raises(KernelDied):
            kernel.run(source, 20)
        assert not kernel.alive
        kernel.close()
        kernel.start()
        assert said(kernel, "print(1 + 1)") == "2\n"


def test_loops_are_stopped(nursery, limits):
    with NurseryKernel(nursery, limits) as kernel:
        assert kernel.run("while True: pass", 1).status == "timeout"
        swallow = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
        with pytest.raises(KernelDied, match="would not be interrupted"):
            kernel.run(swallow, 1)


def test_a_mother_that_dies_is_replaced(nursery, limits):
    nursery._process.kill()
    nursery._process.wait()
    with NurseryKernel(nursery, limits) as kernel:
        assert said(kernel, "print(1 + 1)") == "2\n"


def test_same_marks_as_with_fresh_kernels(course, right, nursery, limits):
    release = nbformat.read(course.root / "course" / "tiny" / "tiny.ipynb", as_version=4)
    for sources in (right, right | {"scale_code": "import os; os._exit(1)"}):
        scores = [
            [q.score for q in grade(course.submission(**sources), release, "tiny", files=[], limits=limits,
                                    checks_root=course.root / "checks", kernel_class=kind).questions]
            for kind in (Kernel, lambda *arguments: NurseryKernel(nursery, *arguments))
        ]  # fmt: skip
        assert scores[0] == scores[1]


def test_imports_of_a_release(course):
    release = nbformat.read(course.root / "course" / "tiny" / "tiny.ipynb", as_version=4)
    assert imports_of(release)[-1] == "numpy"
    release.cells[0].source = "%matplotlib inline"
    assert "numpy" not in imports_of(release)
    release.cells[0].source = "from toonlens.models import build\nimport os.path as p"
    assert {"toonlens.models", "os.path", "tensorflow", "keras"} <= set(imports_of(release))


def test_a_nursery_that_does_not_start_says_why(limits, monkeypatch):
    monkeypatch.setattr("autograder.nursery.INSIDE", os.devnull)
    monkeypatch.setattr("autograder.nursery.READY_SECONDS", 10)
    with pytest.raises(UserError, match="the nursery of kernels does not start") as said:
        Nursery(limits, [], [])
    assert "\n" not in str(said.value)
