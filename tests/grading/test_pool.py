"""Workers: each job's result comes back, whatever becomes of the process that had another one."""

import os
import time

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
    return job, os.getpid()


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


def test_a_worker_that_hangs_is_stopped():
    done = results(["a", "hangs", "b"], seconds=3.0)
    assert done.pop("hangs") == pool.Lost("the grader gave up after 3 s")
    assert sorted(done) == ["a", "b"]


def test_a_fresh_worker_after_many_jobs(monkeypatch):
    monkeypatch.setattr(pool, "JOBS_PER_WORKER", 3)
    done = results([str(k) for k in range(7)], count=1)
    assert len({pid for _, pid in done.values()}) == 3
