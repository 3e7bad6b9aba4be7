"""Advance several named streams at once and yield their chunks as they come.

Streams that nobody reads on from, because one failed or the consumer left, are closed before
control goes back.
"""

from __future__ import annotations

from collections import deque
from contextlib import ExitStack, asynccontextmanager, contextmanager
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from ferrule.callbacks.abandoned import aclose, aclose_all, owned
from ferrule.callbacks.threads import give
from ferrule.runnables.cancelling import cancel_all
from ferrule.runnables.closing import close

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
    from contextvars import Context
    from queue import SimpleQueue

_END: Any = object()


class _Chunk:
    """The next chunk of a stream, made in a worker thread and put into a queue when it is made."""

    __slots__ = ("_chunk", "_context", "_failure", "_made", "_stream", "name")

    def __init__(
        self, name: str, stream: Iterator[Any], context: Context, made: SimpleQueue[_Chunk]
    ) -> None:
        self.name = name
        self._stream = stream
        self._context = context
        self._made = made
        self._failure: BaseException | None = None

    def run(self) -> None:
        try:
            self._chunk = self._context.run(next, self._stream, _END)
        except BaseException as error:  # noqa: BLE001  raised where the chunk is asked for
            self._failure = error

    def following(self) -> None:
        """Whoever reads the stream says when it goes on."""

    def report(self) -> None:
        self._made.put(self)

    def result(self) -> Any:
        """Return the chunk, or `_END`; raise what the stream raised."""
        failure, self._failure = self._failure, None  # whose traceback leads here: a circle
        try:
            if failure is not None:
                raise failure
            return self._chunk
        finally:
            del failure


def interleave(
    streams: Mapping[str, Iterator[Any]], max_concurrency: int | None = None
) -> Generator[tuple[str, Any], None, None]:
    """Yield `(name, chunk)` of each stream, advancing them in threads.

    Each stream is advanced in one copy of the caller's context, by one thread at a time, and not
    before its last chunk was taken.
    """
    from queue import SimpleQueue  # noqa: PLC0415  programs that never stream need none

    contexts = {name: copy_context() for name in streams}
    made: SimpleQueue[_Chunk] = SimpleQueue()
    waiting = deque(streams)
    at_work = 0
    most = max_concurrency or len(streams)
    try:
        while waiting or at_work:
            while waiting and at_work < most:
                name = waiting.popleft()
                give(_Chunk(name, streams[name], contexts[name], made))
                at_work += 1
            done = made.get()
            at_work -= 1
            chunk = done.result()
            if chunk is not _END:
                yield done.name, chunk
                waiting.append(done.name)
    finally:
        for _ in range(at_work):
            made.get()
        with ExitStack() as closing:  # all are closed, even if one fails
            for name, stream in reversed(list(streams.items())):
                closing.callback(contexts[name].run, close, stream)


async def ainterleave(
    streams: Mapping[str, AsyncIterator[Any]], max_concurrency: int | None = None
) -> AsyncIterator[tuple[str, Any]]:
    """Yield `(name, chunk)` of each stream, advancing them in tasks."""
    import asyncio  # noqa: PLC0415  sync programs need no asyncio

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
    from queue import SimpleQueue  # noqa: PLC0415  see `interleave`

    context = copy_context()
    made: SimpleQueue[_Chunk] = SimpleQueue()
    first = _Chunk("", stream, context, made)
    is_awaited = False

    def wait() -> None:
        nonlocal is_awaited
        if is_awaited:
            made.get()
            is_awaited = False

    def chunks() -> Iterator[Any]:
        wait()
        chunk = first.result()
        while chunk is not _END:
            yield chunk
            chunk = context.run(next, stream, _END)

    try:
        give(first)
        is_awaited = True
        yield chunks()
    finally:
        wait()
        context.run(close, stream)


@asynccontextmanager
async def astarted(stream: AsyncIterator[Any]) -> AsyncGenerator[AsyncIterator[Any], None]:
    """Have the first chunk of a stream made in a task while the block does other things."""
    import asyncio  # noqa: PLC0415  sync programs need no asyncio

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
