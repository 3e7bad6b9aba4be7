"""Advance several named streams at once and yield their chunks as they come.

Streams that nobody reads on from, because one failed or the consumer left, are closed before
control goes back.
"""

from __future__ import annotations

from contextlib import ExitStack, asynccontextmanager, contextmanager
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from ferrule.callbacks.abandoned import aclose, aclose_all, owned
from ferrule.runnables.cancelling import cancel_all
from ferrule.runnables.closing import close

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping

_END: Any = object()


def _next(stream: Iterator[Any]) -> Any:
    return next(stream, _END)


def interleave(
    streams: Mapping[str, Iterator[Any]], max_concurrency: int | None = None
) -> Generator[tuple[str, Any], None, None]:
    """Yield `(name, chunk)` of each stream, advancing them in threads.

    Each stream is advanced in one copy of the caller's context, by one thread at a time.
    """
    # A thread pool brings in logging and queues, which programs that never stream don't need.
    from concurrent.futures import (  # noqa: PLC0415  see above
        FIRST_COMPLETED,
        Future,
        ThreadPoolExecutor,
        wait,
    )

    if not streams:
        return
    contexts = {name: copy_context() for name in streams}
    pending: dict[Future[Any], str] = {}
    with ThreadPoolExecutor(max_workers=max_concurrency or len(streams)) as pool:

        def advance(name: str) -> None:
            pending[pool.submit(contexts[name].run, _next, streams[name])] = name

        try:
            for name in streams:
                advance(name)
            while pending:
                done, _ = wait(pending, return_when=FIRST_COMPLETED)
                for future in [future for future in pending if future in done]:
                    name = pending.pop(future)
                    chunk = future.result()
                    if chunk is not _END:
                        yield name, chunk
                        advance(name)
        finally:
            for future in pending:
                future.cancel()
            wait(pending)
            with ExitStack() as closing:  # all are closed, even if one fails
                for name, stream in reversed(list(streams.items())):
                    closing.callback(contexts[name].run, close, stream)


async def ainterleave(
    streams: Mapping[str, AsyncIterator[Any]], max_concurrency: int | None = None
) -> AsyncIterator[tuple[str, Any]]:
    """Yield `(name, chunk)` of each stream, advancing them in tasks."""
    import asyncio  # noqa: PLC0415  see `context`

    gate = asyncio.Semaphore(max_concurrency or max(1, len(streams)))
    streams = {name: owned(stream) for name, stream in streams.items()}
    pending: dict[asyncio.Task[Any], str] = {}

    async def next_of(stream: AsyncIterator[Any]) -> Any:
        async with gate:
            try:
                return await stream.__anext__()
            except StopAsyncIteration:
                return _END

    def advance(name: str) -> None:
        pending[asyncio.create_task(next_of(streams[name]))] = name

    try:
        for name in streams:
            advance(name)
        while pending:
            done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in [task for task in pending if task in done]:
                name = pending.pop(task)
                chunk = task.result()
                if chunk is not _END:
                    yield name, chunk
                    advance(name)
    finally:
        try:
            await cancel_all(pending)
        finally:
            await aclose_all(list(streams.values()))


@contextmanager
def started(stream: Iterator[Any]) -> Generator[Iterator[Any], None, None]:
    """Have the first chunk of a stream made in a thread while the block does other things."""
    from concurrent.futures import ThreadPoolExecutor, wait  # noqa: PLC0415  see `interleave`

    with ThreadPoolExecutor(max_workers=1) as pool:
        context = copy_context()
        first = pool.submit(context.run, _next, stream)

        def chunks() -> Iterator[Any]:
            chunk = first.result()
            while chunk is not _END:
                yield chunk
                chunk = context.run(_next, stream)

        try:
            yield chunks()
        finally:
            wait([first])
            context.run(close, stream)


@asynccontextmanager
async def astarted(stream: AsyncIterator[Any]) -> AsyncGenerator[AsyncIterator[Any], None]:
    """Have the first chunk of a stream made in a task while the block does other things."""
    import asyncio  # noqa: PLC0415  see `context`

    stream = owned(stream)

    async def advance() -> Any:
        try:
            return await stream.__anext__()
        except StopAsyncIteration:
            return _END

    first = asyncio.create_task(advance())

    async def chunks() -> AsyncIterator[Any]:
        chunk = await first
        while chunk is not _END:
            yield chunk
            chunk = await advance()

    try:
        yield chunks()
    finally:
        try:
            await cancel_all([first])
        finally:
            await aclose(stream)
