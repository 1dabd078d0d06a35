"""Workers: each job's result comes back, whatever becomes of the process that had another one."""

import multiprocessing
import os
import sys
import time
from multiprocessing.util import Finalize

import pytest

from autograder import pool


def work(job: str) -> tuple[str, int]:
    if job == "dies":
        os._exit(1)
    if job == "hangs":
        time.sleep(1000)
    if job == "dies once":
        marker = os.environ["TOONLENS_TEST_MARKER"]
        if not os.path.exists(marker):  # noqa: PTH110
            open(marker, "w").close()  # noqa: PTH123
            os._exit(1)
    if job.startswith("cores"):
        time.sleep(1.0)  # so that every worker has one
        return job, sum(1 << core for core in os.sched_getaffinity(0))
    if job.startswith("tidies up in "):
        marker = job.removeprefix("tidies up in ")
        Finalize(None, tidy_up, (marker,), exitpriority=1)
        try:
            with open(f"{marker}-started", "w"):  # noqa: PTH123
                time.sleep(0 if marker.endswith("quick") else 1000)
        finally:
            tidy_up(marker)
    return job, os.getpid()


def tidy_up(marker: str) -> None:
    time.sleep(1.0)
    with open(marker, "a") as file:  # noqa: PTH123
        file.write("tidy")


def results(jobs, count=2, seconds=20.0):
    return dict(pool.run(work, jobs, count, seconds))


def test_workers_are_kept():
    done = results([str(k) for k in range(12)])
    assert [done[str(k)][0] for k in range(12)] == [str(k) for k in range(12)]
    assert len({pid for _, pid in done.values()}) <= 2


def test_jobs_are_taken_only_as_fast_as_they_are_done():
    taken = []
    jobs = (taken.append(k) or str(k) for k in range(100))
    running = pool.run(work, jobs, 2, 20.0)
    next(running)
    assert len(taken) <= 3
    running.close()


def test_a_worker_that_dies_costs_its_own_job_only():
    done = results(["a", "dies", "b", "c"])
    assert done.pop("dies") == pool.Lost("the grader's process ended 2 times over it")
    assert sorted(done) == ["a", "b", "c"]


def test_a_worker_that_dies_once_costs_nothing(tmp_path, monkeypatch):
    # The workers' environment is that of the server that forks them, so the marker's place has to be known to it.
    monkeypatch.setenv("TOONLENS_TEST_MARKER", str(tmp_path / "marker"))
    import multiprocessing.forkserver

    multiprocessing.forkserver._forkserver._stop()
    done = results(["a", "dies once", "b"])
    multiprocessing.forkserver._forkserver._stop()
    assert done["dies once"][0] == "dies once"


@pytest.mark.parametrize("kind", ["quick", "busy"])
def test_a_second_signal_does_not_disturb_the_tidying_up(tmp_path, capfd, kind):
    marker = tmp_path / kind
    running = pool.run(work, [f"tidies up in {marker}", "a"], 2, 20.0)
    done = [next(running)[0] for _ in range(2 if kind == "quick" else 1)]
    assert "a" in done
    while not marker.with_name(f"{kind}-started").exists():
        time.sleep(0.05)
    for worker in multiprocessing.active_children():
        for _ in range(3):
            worker.terminate()
            time.sleep(0.1)
    running.close()
    assert marker.read_text() == "tidytidy"  # once as it was stopped or done, once at its end
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="Linux lets a process have some of the cores")
def test_workers_have_their_own_cores():
    cores = os.sched_getaffinity(0)
    masks = {place for _, place in results(["cores 1", "cores 2"]).values()}
    if len(cores) > 1:
        assert len(masks) == 2
        first, second = masks
        assert first & second == 0
        assert first | second == sum(1 << core for core in cores)
    alone = {place for _, place in results(["cores 1"], count=1).values()}
    assert alone == {sum(1 << core for core in cores)}
    shares = [pool.share_of_cores(place, len(cores) + 1) for place in range(len(cores) + 1)]
    assert set().union(*shares) == cores
    assert all(len(share) == 1 for share in shares)


def test_a_worker_that_hangs_is_stopped():
    done = results(["a", "hangs", "b"], seconds=3.0)
    assert done.pop("hangs") == pool.Lost("the grader gave up after 3 s")
    assert sorted(done) == ["a", "b"]


def test_a_fresh_worker_after_many_jobs(monkeypatch):
    monkeypatch.setattr(pool, "JOBS_PER_WORKER", 3)
    done = results([str(k) for k in range(7)], count=1)
    assert len({pid for _, pid in done.values()}) == 3
