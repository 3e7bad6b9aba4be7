"""The handlers that workloads attach. But for the counting ones, none of them does anything."""

from __future__ import annotations

from typing import Any

__all__ = ["SHAPES", "handlers"]


def _kwargs(lib: Any) -> Any:
    class Handler(lib.BaseCallbackHandler):
        """Hooks as most users write them."""

        def on_chain_start(self, serialized, inputs, **kwargs): ...
        def on_chain_end(self, outputs, **kwargs): ...

    return Handler


def _named(lib: Any) -> Any:
    class Handler(lib.BaseCallbackHandler):
        """Hooks that name what they are told, so that no dict is made for them."""

        def on_chain_start(
            self,
            serialized,
            inputs,
            *,
            run_id,
            parent_run_id=None,
            tags=None,
            metadata=None,
            run_type=None,
            name=None,
        ): ...
        def on_chain_end(self, outputs, *, run_id, parent_run_id=None, tags=None): ...

    return Handler


def _counting(lib: Any) -> Any:
    class Handler(lib.BaseCallbackHandler):
        """Keeps something of what it hears, in attributes of its own."""

        def __init__(self):
            self.count, self.last = 0, None

        def on_chain_start(self, serialized, inputs, **kwargs):
            self.count += 1

        def on_chain_end(self, outputs, **kwargs):
            self.last = outputs

    return Handler


def _inline(lib: Any) -> Any:
    class Handler(_kwargs(lib)):
        """Called on the event loop's thread."""

        run_inline = True

    return Handler


def _empty(lib: Any) -> Any:
    class Handler(lib.BaseCallbackHandler):
        """Overrides nothing."""

    return Handler


def _llm_end(lib: Any) -> Any:
    class Handler(lib.BaseCallbackHandler):
        """Wants the end of model runs only."""

        def on_llm_end(self, response, **kwargs): ...

    return Handler


def _async(lib: Any) -> Any:
    class Handler(lib.AsyncCallbackHandler):
        """The asynchronous twin."""

        async def on_chain_start(self, serialized, inputs, **kwargs): ...
        async def on_chain_end(self, outputs, **kwargs): ...

    return Handler


def _model(lib: Any) -> Any:
    class Handler(_kwargs(lib)):
        """Hears chains, models and tokens."""

        def on_chat_model_start(self, serialized, messages, **kwargs): ...
        def on_llm_new_token(self, token, **kwargs): ...
        def on_llm_end(self, response, **kwargs): ...

    return Handler


def _every_kind(lib: Any) -> Any:
    class Handler(_model(lib)):
        """Hears every kind of run."""

        def on_tool_start(self, serialized, input_str, **kwargs): ...
        def on_tool_end(self, output, **kwargs): ...
        def on_retriever_start(self, serialized, query, **kwargs): ...
        def on_retriever_end(self, documents, **kwargs): ...

    return Handler


SHAPES = {
    "kwargs": _kwargs,
    "named": _named,
    "counting": _counting,
    "inline": _inline,
    "empty": _empty,
    "llm_end": _llm_end,
    "async": _async,
    "model": _model,
    "every_kind": _every_kind,
}


def handlers(lib: Any, count: int, shape: str = "kwargs") -> list[Any]:
    """Make as many handlers of one shape, for one library."""
    make = SHAPES[shape](lib)
    return [make() for _ in range(count)]
