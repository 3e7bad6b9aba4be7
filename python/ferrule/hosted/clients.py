"""The SDK's clients of one model, and the connection pools behind them."""

from __future__ import annotations

import asyncio
import threading
import weakref
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from ferrule.hosted.sdk import SDK

__all__ = ["Clients", "Settings"]

Settings = dict[str, Any]


class Clients:
    """One pool for synchronous calls, and one for each event loop that calls asynchronously.

    Connections of asynchronous calls belong to the loop that opened them, so loops never share
    a pool. A pool is opened by the first call and closed with its loop (`asyncio.run` does that),
    when the model is collected, at exit, or by `close` and `aclose`. Clients only hold settings:
    when these change, the next call makes a new one on the same pool.

    Copies and pickles are empty: connections stay with the original.

    Args:
        sdk: The package that the clients come from.
    """

    def __init__(self, sdk: SDK) -> None:
        self._sdk = sdk
        self._lock = threading.Lock()
        self._sync: _Pool | None = None
        self._close_sync: Callable[[], object] | None = None
        self._sessions: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Session]
        self._sessions = weakref.WeakKeyDictionary()

    def __reduce__(self) -> tuple[type[Clients], tuple[SDK]]:
        return Clients, (self._sdk,)

    def sync(self, settings: Settings) -> Any:
        """Return the synchronous client; callable from any thread."""
        with self._lock:
            if self._sync is None:
                self._sync = _Pool(self._sdk, "")
                self._close_sync = weakref.finalize(self, self._sync.connections.close)
            return self._sync.client(settings)

    async def for_running_loop(self, settings: Settings) -> Any:
        """Return the asynchronous client of the running loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            session = self._sessions.get(loop)
            if session is None or session.pool.connections.is_closed:
                for ended in [known for known in self._sessions if known.is_closed()]:
                    del self._sessions[ended]
                session = self._sessions[loop] = _Session(self._sdk)
            client = session.pool.client(settings)
        await session.open()
        return client

    def close(self) -> None:
        """Close the connections of synchronous calls; the next call opens new ones."""
        with self._lock:
            close, self._sync, self._close_sync = self._close_sync, None, None
        if close is not None:
            close()

    async def aclose(self) -> None:
        """Close the connections of synchronous calls and those of the running loop."""
        self.close()
        with self._lock:
            session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()


class _Pool:
    """Connections, and the client that has the latest settings."""

    def __init__(self, sdk: SDK, colour: Literal["", "Async"]) -> None:
        self._sdk = sdk
        self._colour: Literal["", "Async"] = colour
        self.connections = sdk.open_connections(colour)
        self._latest: tuple[Settings, Any] | None = None

    def client(self, settings: Settings) -> Any:
        if self._latest is None or self._latest[0] != settings:
            made = self._sdk.make_client(self._colour, **settings, http_client=self.connections)
            self._latest = settings, made
        return self._latest[1]


class _Session:
    """The pool of an event loop, inside a generator that the loop closes when it ends."""

    def __init__(self, sdk: SDK) -> None:
        self.pool = _Pool(sdk, "Async")
        self._lifetime: AsyncGenerator[None, None] | None = None

    async def open(self) -> None:
        if self._lifetime is None:
            self._lifetime = _close_at_end(self.pool.connections)
            # The first step makes the generator known to the loop; it does not suspend.
            await self._lifetime.__anext__()

    async def close(self) -> None:
        if self._lifetime is not None:
            await self._lifetime.aclose()


async def _close_at_end(connections: Any) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await connections.aclose()
