"""`MemoryStream`: order, threads, end."""

from __future__ import annotations

import asyncio
import threading

from ferrule.tracers.memory_stream import MemoryStream


def test_items_come_in_order_from_any_thread():
    """A thread's items and the reader's own come in the order in which they were sent."""

    async def main():
        stream, got = MemoryStream(), []

        async def read():
            got.extend([item async for item in stream])

        reader = asyncio.create_task(read())
        await asyncio.sleep(0)
        sender = threading.Thread(target=lambda: [stream.send(n) for n in range(100)])
        sender.start()
        sender.join()
        stream.send("last")
        stream.close()
        await reader
        return got

    assert asyncio.run(main()) == [*range(100), "last"]


def test_the_reader_waits_for_what_comes():
    """A reader that is ahead is woken by the next item, and by the end."""

    async def main():
        stream = MemoryStream()
        asyncio.get_running_loop().call_later(0, stream.send, 1)
        first = await stream.__anext__()
        asyncio.get_running_loop().call_later(0, stream.close)
        return first, [item async for item in stream]

    assert asyncio.run(main()) == (1, [])


def test_items_after_the_close_are_dropped():
    """A stream that is closed takes nothing more."""
    stream = MemoryStream()
    stream.send(1)
    stream.close()
    stream.send(2)

    async def main():
        return [item async for item in stream]

    assert asyncio.run(main()) == [1]


def test_sending_to_a_reader_whose_loop_is_gone_is_harmless():
    """Handlers may outlive the reader."""
    stream = MemoryStream()

    async def main():
        stream.send(0)
        return await stream.__anext__()

    asyncio.run(main())
    thread = threading.Thread(target=stream.send, args=[1])
    thread.start()
    thread.join()
