"""`BaseCallbackHandler` and `AsyncCallbackHandler`: hooks, defaults, signatures."""

from __future__ import annotations

import inspect
import subprocess
import sys
from uuid import UUID

import pytest

from ferrule.callbacks import AsyncCallbackHandler, BaseCallbackHandler

RUN_ID = UUID(int=1)
HOOKS = sorted(name for name in dir(BaseCallbackHandler) if name.startswith("on_"))


def test_every_hook_has_documentation_once():
    """The base class documents each hook; the async twins repeat nothing."""
    for name in HOOKS:
        assert getattr(BaseCallbackHandler, name).__doc__, name
        assert vars(AsyncCallbackHandler)[name].__doc__ is None, name


@pytest.mark.parametrize("name", HOOKS)
def test_async_hooks_take_what_the_sync_ones_take(name):
    """Each async hook is a coroutine function with the same leading parameters."""
    sync, async_ = getattr(BaseCallbackHandler, name), getattr(AsyncCallbackHandler, name)
    assert inspect.iscoroutinefunction(async_)
    wanted = inspect.signature(sync).parameters
    assert [p for p in inspect.signature(async_).parameters if p in wanted] == list(wanted)


def test_chat_model_start_is_not_implemented_by_default():
    """The error says what happens instead, for sync and async handlers."""
    message = "has no on_chat_model_start hook; chat models are reported to its on_llm_start"
    with pytest.raises(NotImplementedError, match=message):
        BaseCallbackHandler().on_chat_model_start({}, [[]], run_id=RUN_ID)
    coroutine = AsyncCallbackHandler().on_chat_model_start({}, [[]], run_id=RUN_ID)
    with pytest.raises(NotImplementedError, match=message):
        coroutine.send(None)


def test_nothing_is_ignored_by_default():
    """A handler hears everything, from outside of the event loop, and raises nothing."""
    handler = BaseCallbackHandler()
    flags = [name for name in dir(handler) if name.startswith("ignore_")]
    assert len(flags) == 7
    assert not any(getattr(handler, name) for name in [*flags, "raise_error", "run_inline"])


def test_handlers_load_neither_pydantic_nor_asyncio():
    """Importing the handlers is cheap."""
    heavy = "{'pydantic', 'asyncio', 'ferrule.messages', 'ferrule.outputs'}"
    code = (
        "from ferrule.callbacks import AsyncCallbackHandler, BaseCallbackHandler; import sys; "
        f"sys.exit(str(sorted({heavy} & set(sys.modules)) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert not done.stderr.strip()
