"""The SDK's clients of one model: made when first needed, closed with their owner or loop."""

from __future__ import annotations

import asyncio
import importlib
import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from anthropic import Anthropic, AsyncAnthropic

__all__ = ["Clients", "Settings"]

Settings = dict[str, Any]


class Clients:
    """One synchronous client, and one asynchronous client per event loop.

    Connections of an asynchronous client belong to the loop that opened them, so a client is
    never shared by loops. It is closed when its loop shuts down (`asyncio.run` does that), when
    the model is collected, or by `aclose`. A client whose settings have changed is replaced.

    Copies and pickles are empty: connections stay with the original.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sync: tuple[Settings, Anthropic] | None = None
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, _Session] = WeakKeyDictionary()

    def __reduce__(self) -> tuple[type[Clients], tuple[()]]:
        return Clients, ()

    def sync(self, settings: Settings) -> Anthropic:
        """Return the synchronous client; callable from any thread."""
        with self._lock:
            if self._sync is None or self._sync[0] != settings:
                self._sync = settings, _sdk().Anthropic(**settings)
            return self._sync[1]

    async def for_running_loop(self, settings: Settings) -> AsyncAnthropic:
        """Return the asynchronous client of the running loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            session = self._sessions.get(loop)
            if session is None or session.is_over or session.settings != settings:
                for ended in [known for known in self._sessions if known.is_closed()]:
                    del self._sessions[ended]
                session = self._sessions[loop] = _Session(settings)
        return await session.open()

    def close(self) -> None:
        """Close the synchronous client; the next call makes a new one."""
        with self._lock:
            held, self._sync = self._sync, None
        if held is not None:
            held[1].close()

    async def aclose(self) -> None:
        """Close the synchronous client and the asynchronous client of the running loop."""
        self.close()
        with self._lock:
            session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()


class _Session:
    """An asynchronous client inside a generator, which its event loop closes when it ends."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._client: AsyncAnthropic = _sdk().AsyncAnthropic(**settings)
        self._lifetime: AsyncGenerator[None, None] | None = None

    @property
    def is_over(self) -> bool:
        return self._client.is_closed()

    async def open(self) -> AsyncAnthropic:
        if self._lifetime is None:
            self._lifetime = _close_at_end(self._client)
            # The first step makes the generator known to the loop; it does not suspend.
            await self._lifetime.__anext__()
        return self._client

    async def close(self) -> None:
        if self._lifetime is not None:
            await self._lifetime.aclose()


async def _close_at_end(client: AsyncAnthropic) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await client.close()


def _sdk() -> Any:
    # Loaded with the first client: it takes most of a second, which models that are only
    # described or bound need not spend.
    return importlib.import_module("anthropic")
