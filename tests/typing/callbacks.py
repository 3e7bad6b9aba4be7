"""What type checkers must infer of managers and run managers; checked, never run."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from typing_extensions import assert_type

import ferrule
from ferrule import callbacks
from ferrule.callbacks import (
    AsyncCallbackManager,
    AsyncCallbackManagerForChainRun,
    AsyncCallbackManagerForLLMRun,
    BaseCallbackHandler,
    CallbackManager,
    CallbackManagerForChainGroup,
    CallbackManagerForChainRun,
    CallbackManagerForLLMRun,
    get_usage_metadata_callback,
    trace_as_chain_group,
)
from ferrule.runnables import RunnableLambda


class Handler(BaseCallbackHandler):
    def on_chain_start(self, serialized: dict[str, Any], inputs: Any, **kwargs: Any) -> None:
        pass


def with_manager(text: str, run_manager: CallbackManagerForChainRun) -> str:
    assert_type(run_manager.run_id, UUID)
    assert_type(run_manager.parent_run_id, UUID | None)
    assert_type(run_manager.get_child("tag"), CallbackManager)
    run_manager.on_text(text, color="red")
    return text


async def awith_manager(text: str, run_manager: AsyncCallbackManagerForChainRun) -> str:
    assert_type(run_manager.get_child(), AsyncCallbackManager)
    assert_type(run_manager.get_sync(), CallbackManagerForChainRun)
    await run_manager.on_text(text)
    return text


def check_functions_with_managers() -> None:
    """A run manager that a function asks for is no part of its input."""
    assert_type(RunnableLambda(with_manager), RunnableLambda[str, str])
    assert_type(RunnableLambda(awith_manager), RunnableLambda[str, str])


def check_managers() -> None:
    """Each start gives the run manager of its kind."""
    manager = CallbackManager.configure([Handler()], verbose=True)
    assert_type(manager, CallbackManager)
    assert_type(manager.copy(), CallbackManager)
    assert_type(manager.handlers, list[BaseCallbackHandler])
    assert_type(manager.on_chain_start({}, 1), CallbackManagerForChainRun)
    assert_type(manager.on_llm_start({}, ["?"]), list[CallbackManagerForLLMRun])


async def check_async_managers() -> None:
    """The async managers' starts and events are awaited."""
    manager = AsyncCallbackManager.configure([Handler()])
    (run,) = await manager.on_llm_start({}, ["?"])
    assert_type(run, AsyncCallbackManagerForLLMRun)
    await run.on_llm_new_token("a")
    await run.on_llm_error(ValueError())
    await manager.on_custom_event("mine", {})


def check_blocks() -> None:
    """What a `with` block yields has its type."""
    with trace_as_chain_group("group") as group:
        assert_type(group, CallbackManagerForChainGroup)
    with get_usage_metadata_callback() as usage:
        assert_type(usage, callbacks.UsageMetadataCallbackHandler)


def check_refusals(run: CallbackManagerForLLMRun) -> None:
    """Names that do not exist, and events of another kind, are errors."""
    _ = callbacks.NoSuchName  # type: ignore[attr-defined]
    _ = ferrule.no_such_name  # type: ignore[attr-defined]
    run.on_chain_end(1)  # type: ignore[attr-defined]
    run.on_llm_end("text")  # type: ignore[arg-type]
    CallbackManager.configure([Handler])  # type: ignore[list-item]
    assert_type(ferrule.__version__, str)
