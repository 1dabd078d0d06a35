"""Long-lived worker processes on this machine: each imports once and works through many jobs.

A worker that dies, or that hangs, costs the job that it had; the others do not notice. Workers end with the process
that started them, however that ends. Each has its own share of the cores, with all that it starts, so that a student
who keeps them busy slows nobody else down. (Dask's local cluster would listen on a port where anybody on the machine
could have it run code with the grader's rights; pipes have no address.)
"""

import contextlib
import ctypes
import multiprocessing
import multiprocessing.forkserver
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
JOBS_PER_WORKER = 200  # then a fresh one takes its place, so that what libraries hoard does not add up
TRIES = 2  # for a job whose worker ended
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Lost:
    """A job without a result, and why."""

    reason: str


@dataclass
class _Worker(Generic[T]):
    process: Any
    pipe: Connection
    place: int  # among the workers
    job: T | None = None
    tried: int = 0
    deadline: float = 0.0
    done: int = 0


def prepare(*modules: str) -> None:
    """Have the process that workers are forked from start and import ``modules``, while the caller goes on."""
    multiprocessing.set_forkserver_preload(list(modules))
    multiprocessing.forkserver.ensure_running()


def run(
    function: Callable[[T], R],
    jobs: Iterable[T],
    count: int,
    seconds: float,
    started: Callable[[T], None] = lambda job: None,
) -> Iterator[tuple[T, R | Lost]]:
    """Apply ``function`` to each of ``jobs`` in ``count`` processes; yield results as they come.

    ``jobs`` is read only as fast as workers take from it. Close the generator to stop the workers.

    Args:
        seconds: a worker that takes longer over one job is killed.
        started: called when a worker takes a job.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([function.__module__])
    pending = iter(jobs)
    again: deque[tuple[T, int]] = deque()
    workers: list[_Worker[T]] = []
    exhausted = False
    try:
        while True:
            while not exhausted or again:
                idle = next((worker for worker in workers if worker.job is None), None)
                if idle is None and len(workers) >= count:
                    break
                if again:
                    job, tried = again.popleft()
                else:
                    try:
                        job, tried = next(pending), 1
                    except StopIteration:
                        exhausted = True
                        break
                if idle is None:
                    place = min(set(range(count)) - {worker.place for worker in workers})
                    idle = _start(context, function, place, count)
                    workers.append(idle)
                started(job)
                idle.job, idle.tried, idle.deadline = job, tried, time.monotonic() + seconds
                with contextlib.suppress(OSError):  # it has just died: noticed below
                    idle.pipe.send(job)
            busy = [worker for worker in workers if worker.job is not None]
            if not busy:
                return
            patience = max(0.0, min(worker.deadline for worker in busy) - time.monotonic())
            ready = wait([end for worker in busy for end in (worker.pipe, worker.process.sentinel)], patience)
            for worker in busy:
                assert worker.job is not None
                job = worker.job
                if worker.pipe in ready or worker.process.sentinel in ready:
                    try:
                        result = worker.pipe.recv()
                    except (EOFError, OSError):
                        _stop(worker)
                        workers.remove(worker)
                        if worker.tried < TRIES:
                            again.append((job, worker.tried + 1))
                        else:
                            yield job, Lost(f"the grader's process ended {TRIES} times over it")
                        continue
                    worker.job, worker.done = None, worker.done + 1
                    if worker.done >= JOBS_PER_WORKER:
                        _stop(worker)
                        workers.remove(worker)
                    yield job, result
                elif time.monotonic() >= worker.deadline:
                    _stop(worker)
                    workers.remove(worker)
                    yield job, Lost(f"the grader gave up after {seconds:.0f} s")
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            _stop(worker)


def _start(context: Any, function: Callable[[T], R], place: int, count: int) -> _Worker[T]:
    ours, theirs = context.Pipe()
    cores = share_of_cores(place, count)
    process = context.Process(target=_serve, args=(theirs, function, cores), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours, place)


def share_of_cores(place: int, count: int) -> set[int]:
    """The cores of worker ``place`` of ``count``; with more workers than cores, several have the same one."""
    if sys.platform != "linux":
        return set()
    cores = sorted(os.sched_getaffinity(0))
    return set(cores[place::count]) or {cores[place % len(cores)]}


def _stop(worker: _Worker[Any]) -> None:
    worker.pipe.close()
    worker.process.terminate()  # it removes its sandbox's files first
    worker.process.join(5)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()


def _serve(pipe: Connection, function: Callable[[T], R], cores: set[int]) -> None:
    """A worker's life."""
    os.setpgid(0, 0)  # Ctrl-C in the terminal is for the command, which stops its workers in good order
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not disturb the tidying up
        raise KeyboardInterrupt  # pytest lets this one through

    signal.signal(signal.SIGTERM, stop)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        with contextlib.suppress(OSError):  # the cores have been taken away in the meantime
            os.sched_setaffinity(0, cores)
    with contextlib.suppress(KeyboardInterrupt):
        with contextlib.suppress(EOFError, OSError):
            while not stopping:
                pipe.send(function(pipe.recv()))
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
