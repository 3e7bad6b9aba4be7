"""Sync batches whose results are handed out as they come, in threads."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, wait
from typing import TYPE_CHECKING, Any

from ferrule._core import get_config_list
from ferrule.runnables.executor import ContextThreadPoolExecutor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ferrule.runnables.base import Runnable
    from ferrule.runnables.config import RunnableConfig

__all__ = ["batch_as_completed"]


def batch_as_completed(
    runnable: Runnable[Any, Any],
    inputs: Sequence[Any],
    config: RunnableConfig | Sequence[RunnableConfig] | None = None,
    return_exceptions: bool = False,
    **kwargs: Any,
) -> Iterator[tuple[int, Any]]:
    """Invoke on each input in threads; yield input numbers and outputs as they come.

    A consumer that stops early, or a failure, lets what is running finish and starts nothing
    more.
    """
    configs = get_config_list(config, len(inputs))
    if not inputs:
        return

    def run(number: int) -> tuple[int, Any]:
        try:
            return number, runnable.invoke(inputs[number], configs[number], **kwargs)
        except Exception as error:
            if return_exceptions:
                return number, error
            raise

    if len(inputs) == 1:
        yield run(0)
        return
    with ContextThreadPoolExecutor(max_workers=configs[0].get("max_concurrency")) as executor:
        running = {executor.submit(run, number) for number in range(len(inputs))}
        try:
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            for future in running:
                future.cancel()
