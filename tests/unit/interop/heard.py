"""A handler of langchain-core's that writes down runs with their parents."""

from __future__ import annotations

from typing import Any

import pytest

base = pytest.importorskip("langchain_core.callbacks")


class Heard(base.BaseCallbackHandler):  # type: ignore[misc,name-defined]
    """Writes down the name of each run with that of its parent, and the order of what happens."""

    run_inline = True

    def __init__(self) -> None:
        self.names: dict[Any, str] = {}
        self.runs: list[tuple[str, str | None]] = []
        self.events: list[str] = []
        self.tags: dict[str, list[str]] = {}
        self.metadata: dict[str, dict[str, Any]] = {}
        self.payloads: list[Any] = []

    def _start(self, name: str, payload: Any, kwargs: Any) -> None:
        self.names[kwargs["run_id"]] = name
        self.runs.append((name, self.names.get(kwargs["parent_run_id"])))
        self.tags[name] = list(kwargs["tags"])
        self.metadata[name] = dict(kwargs["metadata"])
        self.events.append(f"{name} started")
        self.payloads.append(payload)

    def _end(self, how: str, payload: Any, kwargs: Any) -> None:
        self.events.append(f"{self.names[kwargs['run_id']]} {how}")
        self.payloads.append(payload)

    def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
        """Write down a chain."""
        self._start(kwargs["name"], inputs, kwargs)

    def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
        """Write down a model."""
        self._start(serialized["name"], messages, kwargs)

    def on_tool_start(self, serialized: Any, input_str: str, **kwargs: Any) -> None:
        """Write down a tool."""
        self._start(serialized["name"], input_str, kwargs)

    def on_retriever_start(self, serialized: Any, query: str, **kwargs: Any) -> None:
        """Write down a retriever."""
        self._start(kwargs.get("name") or serialized["name"], query, kwargs)

    def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        """Write down that a chain has ended."""
        self._end("ended", outputs, kwargs)

    def on_llm_new_token(self, token: str, **kwargs: Any) -> None:
        """Write down a token."""
        self.events.append(f"token {token}")

    def on_llm_end(self, response: Any, **kwargs: Any) -> None:
        """Write down that a model has ended."""
        self._end("ended", response, kwargs)

    def on_tool_end(self, output: Any, **kwargs: Any) -> None:
        """Write down that a tool has ended."""
        self._end("ended", output, kwargs)

    def on_retriever_end(self, documents: Any, **kwargs: Any) -> None:
        """Write down that a retriever has ended."""
        self._end("ended", documents, kwargs)

    def on_chain_error(self, error: BaseException, **kwargs: Any) -> None:
        """Write down that a chain has failed."""
        self._end("failed", error, kwargs)
