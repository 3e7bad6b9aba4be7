"""A handler that writes down what it hears, in one list."""

from __future__ import annotations

from typing import Any

from ferrule.callbacks import BaseCallbackHandler

HOOKS = (
    "on_chain_start",
    "on_chain_end",
    "on_chain_error",
    "on_llm_start",
    "on_chat_model_start",
    "on_llm_new_token",
    "on_llm_end",
    "on_llm_error",
    "on_tool_start",
    "on_tool_end",
    "on_tool_error",
    "on_retriever_start",
    "on_retriever_end",
    "on_retriever_error",
    "on_text",
    "on_retry",
    "on_agent_action",
    "on_agent_finish",
    "on_custom_event",
)


class Hearing(BaseCallbackHandler):
    """Writes down `(hook, first argument that matters, keywords)`; inline, so in order."""

    run_inline = True

    def __init__(self, log: list[Any] | None = None, label: str = "") -> None:
        self.events: list[tuple[str, Any, dict[str, Any]]] = []
        self.log = log
        self.label = label

    @property
    def hooks(self) -> list[str]:
        """The hooks that were called, without their common prefix."""
        return [hook.removeprefix("on_") for hook, _, _ in self.events]

    def starts(self) -> list[dict[str, Any]]:
        """The keywords of each start."""
        return [kwargs for hook, _, kwargs in self.events if hook.endswith("_start")]

    def names(self) -> list[str]:
        """The names of the runs, in the order of their starts."""
        return [kwargs.get("name") or kwargs["serialized"]["name"] for kwargs in self.starts()]

    def last(self) -> tuple[str, Any, dict[str, Any]]:
        """The last event."""
        return self.events[-1]


def _write(hook: str) -> Any:
    def write(self: Hearing, *args: Any, **kwargs: Any) -> None:
        if hook.endswith("_start"):
            kwargs["serialized"] = args[0]
        self.events.append((hook, args[-1], kwargs))
        if self.log is not None:
            self.log.append((self.label, hook))

    return write


for _hook in HOOKS:
    setattr(Hearing, _hook, _write(_hook))
