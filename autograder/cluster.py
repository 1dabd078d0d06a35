"""Grading on a Dask cluster: the same worker function, on machines that have the course installed."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from autograder.pool import Lost
from toonlens.errors import UserError

T = TypeVar("T")
R = TypeVar("R")
CONNECT_SECONDS = 10
EMPTY_SECONDS = 60  # how long a cluster may be without a worker
AHEAD = 1  # jobs per worker that wait there, so that none of them waits for the network


def run(
    address: str, function: Callable[[T], R], jobs: Iterable[T], started: Callable[[T], None] = lambda job: None
) -> Iterator[tuple[T, R | Lost]]:
    """Apply ``function`` to each of ``jobs`` on the cluster; yield results as they come.

    Dask moves the jobs of a worker that dies to another one.

    Raises:
        UserError: nobody answers at ``address``, or the cluster has no workers.
    """
    from distributed import Client, Future, as_completed
    from distributed.scheduler import KilledWorker

    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False, name="toonlens-grade")
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"no Dask scheduler answers at {address}: start one with `dask scheduler` ({error})") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=EMPTY_SECONDS)
        except TimeoutError:
            raise UserError(
                f"the scheduler at {address} has no workers: start some with `dask worker {address}`"
            ) from None
        pending = iter(jobs)
        running: dict[Future, T] = {}
        results = as_completed(with_results=False)

        def hand_out() -> None:
            room = sum(client.nthreads().values()) * (1 + AHEAD)
            while len(running) < max(room, 1) and (job := next(pending, None)) is not None:
                future = client.submit(function, job, pure=False)
                running[future] = job
                results.add(future)
                started(job)

        hand_out()
        while running:
            future = next(results)
            job = running.pop(future)
            failure = future.exception()
            if failure is None:
                yield job, future.result()
            elif isinstance(failure, KilledWorker):
                yield job, Lost("the workers that had it ended, one after the other")
            else:
                yield job, Lost(f"the grader broke: {type(failure).__name__}: {str(failure)[:200]}")
            future.release()
            hand_out()
