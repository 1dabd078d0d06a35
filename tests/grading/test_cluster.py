"""Grading on a Dask cluster: the same results, whatever becomes of workers and of the scheduler."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from distributed import Client, LocalCluster

from autograder import cluster
from autograder.pool import Lost
from toonlens.errors import UserError


def work(job: str) -> str:
    verb, _, path = job.partition(" ")
    if verb == "breaks":
        raise RuntimeError("told to")
    if verb == "dies":
        os._exit(1)
    if verb == "waits":  # says who is at it, and waits until somebody makes the file, but no longer than a minute
        with Path(f"{path}.pids").open("a") as pids:
            pids.write(f"{os.getpid()}\n")
        until = time.monotonic() + 60
        while not Path(path).exists() and time.monotonic() < until:
            time.sleep(0.02)
    return job.upper()


def at_work(path: Path, count: int) -> list[int]:
    """Processes that have begun to wait for ``path``, when there have been so many."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            if len(pids := Path(f"{path}.pids").read_text().splitlines()) >= count:
                return [int(pid) for pid in pids]
        time.sleep(0.02)
    raise AssertionError(f"{path}: nobody came")


@contextlib.contextmanager
def local(workers: int, processes: bool = True) -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=processes, dashboard_address=None, silence_logs=50
    ) as found:
        yield found


def results(address: str, jobs: list[str], seconds: float = 50.0, started: Callable[[str], None] = len) -> dict:
    return dict(cluster.run(address, work, jobs, seconds, started))


def test_results_come_back_and_faults_are_told():
    with local(1, processes=False) as found:
        told = []
        done = results(found.scheduler_address, ["a", "breaks", "b", "c"], started=told.append)
        assert done == {"a": "A", "b": "B", "c": "C", "breaks": Lost("the grader broke: RuntimeError: told to")}
        assert sorted(told) == ["a", "b", "breaks", "c"]
        assert results(found.scheduler_address, []) == {}


def test_jobs_are_taken_only_as_fast_as_they_are_done():
    taken = []
    with local(1, processes=False) as found:
        running = cluster.run(found.scheduler_address, work, (taken.append(k) or str(k) for k in range(50)), 50.0)
        next(running)
        assert len(taken) <= 4
        running.close()


def test_a_cluster_without_workers_is_one_clear_line(monkeypatch):
    monkeypatch.setattr(cluster, "EMPTY_SECONDS", 1)
    with local(0, processes=False) as found, pytest.raises(UserError, match="has no workers: start some with") as said:
        results(found.scheduler_address, ["a"])
    assert "\n" not in str(said.value)


def test_no_scheduler_is_one_clear_line(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense", "ftp://x"):
        with pytest.raises(UserError, match="no Dask scheduler answers at") as said:
            results(address, ["a"])
        assert "\n" not in str(said.value)


def test_all_workers_gone_in_the_middle(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "EMPTY_SECONDS", 2)
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 0.2)
    with local(1, processes=False) as found:
        running = cluster.run(found.scheduler_address, work, ["a", f"waits {tmp_path / 'end'}", "b"], 50.0)
        assert next(running) == ("a", "A")
        worker = next(iter(found.workers.values()))
        with Client(found.scheduler_address, set_as_default=False) as client:
            client.retire_workers([worker.worker_address], close_workers=False)
        with pytest.raises(UserError, match=r"no workers any more: start some with .* what was graded is kept") as said:
            list(running)
        (tmp_path / "end").touch()
    assert "\n" not in str(said.value)


@contextlib.contextmanager
def apart(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """A scheduler and a worker as people start them, each a process of its own."""
    file = folder / "scheduler.json"
    common = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    commands = (
        ["scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file)],
        [
            "worker",
            "--scheduler-file",
            str(file),
            "--nthreads",
            "1",
            "--no-dashboard",
            "--death-timeout",
            "5",
            *options,
        ],
    )
    running: list[subprocess.Popen] = []
    try:
        for command in commands:
            running.append(subprocess.Popen([sys.executable, "-m", "dask", *command], env=environment, **common))
        with Client(scheduler_file=str(file), set_as_default=False, timeout=60) as client:
            client.wait_for_workers(1, timeout=60)
            address = client.scheduler.address
        yield address, running[0]
    finally:
        for process in reversed(running):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


@pytest.mark.slow
def test_scheduler_gone_in_the_middle(tmp_path):
    with apart(tmp_path) as (address, scheduler):
        running = cluster.run(address, work, ["a", f"waits {tmp_path / 'end'}", "b"], 50.0)
        assert next(running) == ("a", "A")
        scheduler.kill()
        with pytest.raises(UserError, match=r"does not answer any more: .* what was graded is kept") as said:
            list(running)
        (tmp_path / "end").touch()
    assert "\n" not in str(said.value)


@pytest.mark.slow
def test_a_worker_that_hangs_costs_its_own_job_only(tmp_path):
    with local(1) as found:
        hangs = f"waits {tmp_path / 'end'}"
        done = results(found.scheduler_address, ["a", hangs, "b", "c", "d"], seconds=3.0)
    assert done.pop(hangs) == Lost("the grader gave up after 3 s")
    assert sorted(done) == ["a", "b", "c", "d"]


@pytest.mark.slow
def test_a_worker_that_hangs_and_has_no_nanny_is_sent_away(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "EMPTY_SECONDS", 2)
    with apart(tmp_path, "--no-nanny") as (address, _):
        hangs = f"waits {tmp_path / 'end'}"
        running = cluster.run(address, work, ["a", hangs, "b"], 3.0)
        assert next(running) == ("a", "A")
        assert next(running) == (hangs, Lost("the grader gave up after 3 s"))
        with pytest.raises(UserError, match="no workers any more"):
            list(running)
        (tmp_path / "end").touch()


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_killed_at_work_loses_nothing(workers, tmp_path):
    """One job does not end before its worker has been killed and another has begun it."""
    end = tmp_path / "end"
    jobs = [*"abcd", f"waits {end}", *"efgh"]

    def kill() -> None:
        first = psutil.Process(at_work(end, 1)[0])
        first.kill()
        killed.append(first.wait(20))
        at_work(end, 2)
        end.touch()

    killed: list[int] = []
    with local(workers) as found:
        killer = threading.Thread(target=kill)
        killer.start()
        done = results(found.scheduler_address, jobs)
        killer.join()
    assert done == {job: job.upper() for job in jobs}
    assert len(killed) == 1
    assert len(set(at_work(end, 2))) == 2


@pytest.mark.slow
def test_a_job_that_workers_die_of_costs_no_other():
    with local(1) as found:
        done = results(found.scheduler_address, ["a", "dies", "b", "c"])
    assert done.pop("dies") == Lost("the workers that had it ended, one after the other")
    assert done == {"a": "A", "b": "B", "c": "C"}
