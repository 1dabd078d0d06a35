"""Grading on a Dask cluster: the same worker function, on machines that have the course installed.

A worker says when it begins a job, so that the one command in front knows which worker has had which job for how long.
A worker that dies costs nothing: Dask gives its jobs to another. One that hangs over a job is started again, and costs
that job. A cluster that is gone ends the command with one line; what came back before is kept.
"""

import contextlib
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from autograder.pool import Lost
from toonlens.errors import UserError

T = TypeVar("T")
R = TypeVar("R")
CONNECT_SECONDS = 10
EMPTY_SECONDS = 60  # how long a cluster may be without a worker
ANSWER_SECONDS = 60  # how long the scheduler may take to answer
RESTART_SECONDS = 30
LOOK_SECONDS = 2  # between two looks at the workers
AHEAD = 1  # jobs per worker that wait there, so that none of them waits for the network
TRIES = 2  # for a job that workers died of, or whose result was lost; the last with no other job about
TOPIC = "toonlens-began"
AGAIN = "and run the same command again; what was graded is kept"

_turn = threading.Lock()


@dataclass
class _Running(Generic[T]):
    """A job on the cluster. ``worker``: who has begun it, and then has until ``deadline``."""

    job: T
    future: Any
    tried: int
    worker: str = ""
    deadline: float = math.inf


def run(
    address: str,
    function: Callable[[T], R],
    jobs: Iterable[T],
    seconds: float,
    started: Callable[[T], None] = lambda job: None,
) -> Iterator[tuple[T, R | Lost]]:
    """Apply ``function`` to each of ``jobs`` on the cluster; yield results as they come.

    Args:
        seconds: a worker that takes longer over one job is started again.
        started: called when a worker begins a job, a second time if it had to be begun anew.

    Raises:
        UserError: nobody answers at ``address``, or not any more, or the cluster has no workers.
    """
    with _connected(address) as client:
        news: SimpleQueue[tuple[str, str]] = SimpleQueue()  # a job's key; the worker that began it, or "": it is done
        client.subscribe_topic(TOPIC, lambda event: news.put((event[1]["key"], event[1]["worker"])))
        pending = iter(jobs)
        again: deque[tuple[T, int]] = deque()
        running: dict[str, _Running[T]] = {}
        seen = time.monotonic()

        def submit(job: T, tried: int) -> None:
            future = client.submit(_begin, function, job, pure=False)
            running[future.key] = _Running(job, future, tried)
            future.add_done_callback(lambda future: news.put((future.key, "")))

        while True:
            workers = _workers(client, address)
            now = time.monotonic()
            if workers:
                seen = now
            elif now - seen > EMPTY_SECONDS:
                raise UserError(f"the cluster at {address} has no workers any more: {_start_some(address)} {AGAIN}")
            for key, entry in list(running.items()):
                if entry.worker and entry.worker not in workers:  # it died: another will begin the job
                    entry.worker, entry.deadline = "", math.inf
                elif now > entry.deadline and not entry.future.done():
                    del running[key]
                    entry.future.cancel()  # before the worker ends, or another would be given it
                    _restart(client, entry.worker)
                    yield entry.job, Lost(f"the grader gave up after {seconds:.0f} s")
            while len(running) < max(len(workers), 1) * (1 + AHEAD) and (job := next(pending, None)) is not None:
                submit(job, 1)
            if not running and again:
                submit(*again.popleft())
            if not running:
                return
            for key, worker in _read(news):
                entry = running.get(key)  # type: ignore[assignment]  # None: another command's, or given up
                if entry is None:
                    continue
                if worker:
                    entry.worker, entry.deadline = worker, time.monotonic() + seconds
                    started(entry.job)
                    continue
                del running[key]
                outcome = _outcome(entry, address)
                if outcome is not None:
                    yield entry.job, outcome
                else:
                    again.append((entry.job, entry.tried + 1))


def _begin(function: Callable[[T], R], job: T) -> R:
    """On the worker: say that the job is begun, and do it. One at a time, or it would count waiting as work."""
    from distributed import get_worker

    with _turn:
        worker = get_worker()
        worker.log_event(TOPIC, {"key": worker.get_current_task(), "worker": worker.address})
        return function(job)


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Any]:
    """A client of a cluster that has workers. Dask's own accounts of what went wrong are not shown."""
    from distributed import Client

    log = logging.getLogger("distributed")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        try:
            client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False, name="toonlens-grade")
        except (OSError, ValueError, TypeError) as error:
            reason = str(error).partition("\n")[0]
            raise UserError(
                f"no Dask scheduler answers at {address}: start one with `dask scheduler` ({reason})"
            ) from None
        with client:
            try:
                client.wait_for_workers(1, timeout=EMPTY_SECONDS)
            except TimeoutError:
                raise UserError(f"the scheduler at {address} has no workers: {_start_some(address)}") from None
            yield client
    finally:
        log.setLevel(level)


def _workers(client: Any, address: str) -> set[str]:
    try:
        return set(client.nthreads(callback_timeout=ANSWER_SECONDS))
    except (OSError, RuntimeError):  # also a time-out, and a client that has given up
        raise _gone(address) from None


def _outcome(entry: _Running[Any], address: str) -> Any:
    """What became of a job that is done; None where it should be tried once more."""
    from distributed.scheduler import KilledWorker

    future, last = entry.future, entry.tried >= TRIES
    try:
        if future.status != "error":
            return future.result(timeout=ANSWER_SECONDS)
        failure = future.exception(timeout=ANSWER_SECONDS)
    except CancelledError:  # this is how Dask says that the scheduler is gone, or was started again
        raise _gone(address) from None
    except OSError:  # the worker that has it is gone
        return Lost("its result was lost on the way") if last else None
    except Exception as error:  # it cannot be read
        failure = error
    finally:
        future.release()
    if isinstance(failure, KilledWorker):  # it may have been only beside the job that they died of
        return Lost("the workers that had it ended, one after the other") if last else None
    return Lost(f"the grader broke: {type(failure).__name__}: {str(failure)[:200]}")


def _restart(client: Any, worker: str) -> None:
    """End a worker that hangs; its nanny starts it again. One without a nanny is told to go, and gets no more jobs."""
    with contextlib.suppress(Exception):  # it may have gone meanwhile; whatever else is wrong shows at the next look
        try:
            client.restart_workers([worker], timeout=RESTART_SECONDS)
        except ValueError:
            client.retire_workers([worker], close_workers=True, callback_timeout=RESTART_SECONDS)


def _read(news: "SimpleQueue[tuple[str, str]]") -> Iterator[tuple[str, str]]:
    """What has come in; waits a little for the first."""
    with contextlib.suppress(Empty):
        yield news.get(timeout=LOOK_SECONDS)
        while True:
            yield news.get_nowait()


def _gone(address: str) -> UserError:
    return UserError(f"the scheduler at {address} does not answer any more: start it and its workers {AGAIN}")


def _start_some(address: str) -> str:
    return f"start some with `dask worker {address} --nthreads 1`"
