"""Several long works in one process, a thread each: they end together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

from ingest.wakeup import Stoppable

Result = TypeVar("Result")


def run_side_by_side(works: Sequence[Callable[[], Result]], served: Sequence[Stoppable]) -> list[Result]:
    """Run all until all have ended. One that fails stops whatever is served, and its error is raised."""
    with ThreadPoolExecutor(len(works)) as threads:
        running = [threads.submit(work) for work in works]
        wait(running, return_when=FIRST_EXCEPTION)
        if any(one.done() and one.exception() for one in running):
            for one in served:
                one.stop()
        return [one.result() for one in running]
