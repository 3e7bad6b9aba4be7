"""Connections of hosted chat models: opened when needed, shared, closed with who used them."""

from __future__ import annotations

import asyncio
import copy
import pickle

ASKED = "What is 1 + 2?"


def test_one_model_in_several_loops(chat, server):
    """Each event loop has connections of its own, closed when the loop ends."""
    model = chat()
    for _ in range(3):
        assert asyncio.run(model.ainvoke(ASKED)).content == "1 + 2 = 3"
        assert server.wait_for_connections(0)


def test_connections_are_shared(chat, server):
    """Calls in one loop, or in one thread, go through one pool of connections.

    When an idle connection is given up is the pool's own affair, and no subject of this test.
    """

    async def main():
        model, used = chat(), []
        for _ in range(3):
            await model.ainvoke(ASKED)
            used.append(await model._aclient())
        assert used[0] is used[1] is used[2]
        await model.aclose()
        return await asyncio.to_thread(server.wait_for_connections, 0)

    assert asyncio.run(main())
    model, used = chat(), []
    for _ in range(3):
        model.invoke(ASKED)
        used.append(model._client())
    assert used[0] is used[1] is used[2]


def test_a_dropped_model_closes_its_connections(provider, server):
    """A model that nobody holds leaves no connection behind, in threads and in a living loop."""

    def make():
        return provider.make(model=provider.model, api_key="test", base_url=provider.url(server))

    make().invoke(ASKED)
    assert server.wait_for_connections(0)

    async def main():
        await make().ainvoke(ASKED)
        return await asyncio.to_thread(server.wait_for_connections, 0)

    assert asyncio.run(main())


def test_copies_have_connections_of_their_own(chat, server):
    """A copy with other settings uses them; closing it leaves the original usable."""
    model = chat()
    model.invoke(ASKED)
    copied = model.model_copy(update={"default_headers": {"x-copy": "1"}})
    copied.invoke(ASKED)
    assert server.requests[-1].headers["x-copy"] == "1"
    copied.close()
    model.invoke(ASKED)
    assert "x-copy" not in server.requests[-1].headers
    for clone in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert clone.invoke(ASKED).content == "1 + 2 = 3"
        clone.close()


def test_changed_settings_are_used(chat, server):
    """A setting that is assigned after the first call counts from the next one on."""
    model = chat()
    model.invoke(ASKED)
    model.default_headers = {"x-late": "1"}
    model.invoke(ASKED)
    assert server.requests[-1].headers["x-late"] == "1"
    assert server.connections == 1
