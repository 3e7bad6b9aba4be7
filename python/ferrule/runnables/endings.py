"""How several runs that are open at once end: one after the other, and all of them."""

from __future__ import annotations

from contextlib import AsyncExitStack, ExitStack
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ferrule._core import OpenRun

    Ending: TypeAlias = tuple[OpenRun, BaseException | None, Any]
    """A run, why it failed if it did, and otherwise what it came to."""

__all__ = ["aend_all", "end_all"]


def end_all(endings: Iterable[Ending]) -> None:
    """End runs in order, all of them even if a handler raises at one.

    Raises:
        BaseException: The last of what handlers raised.
    """
    with ExitStack() as closing:
        for run, failure, output in reversed(list(endings)):
            if failure is None:
                closing.callback(run.end, output)
            else:
                closing.callback(run.fail, failure)


async def aend_all(endings: Iterable[Ending]) -> None:
    """End runs as `end_all` does, also if the caller is cancelled meanwhile."""
    async with AsyncExitStack() as closing:
        for run, failure, output in reversed(list(endings)):
            if failure is None:
                closing.push_async_callback(run.aend, output)
            else:
                closing.push_async_callback(run.afail, failure)
