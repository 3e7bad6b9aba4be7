"""Async handlers are awaited; sync handlers beside them don't block the event loop."""

from __future__ import annotations

import asyncio
import threading

from ferrule.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from ferrule.demo import choose_model


class Auditor(AsyncCallbackHandler):
    async def on_chat_model_start(self, serialized, messages, **kwargs):
        await asyncio.sleep(0)  # a database, a queue
        print("async: the model is asked", repr(messages[0][0].content))

    async def on_llm_end(self, response, **kwargs):
        await asyncio.sleep(0)
        print("async: the model answered", repr(response.generations[0][0].text))


class Blocking(BaseCallbackHandler):
    def on_llm_end(self, response, **kwargs):
        on_loop = threading.current_thread() is threading.main_thread()
        print("sync: on the event loop's thread:", on_loop)


async def main() -> None:
    await choose_model().ainvoke("What is 2 + 2?", config={"callbacks": [Auditor(), Blocking()]})


asyncio.run(main())
