"""What the handlers that write for people to read say, wherever they write it.

`StdOutCallbackHandler` and `FileCallbackHandler` add the place; `colored` paints text for a
terminal.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from ferrule.callbacks.handlers import BaseCallbackHandler

if TYPE_CHECKING:
    from ferrule.agents import AgentAction, AgentFinish

__all__ = ["COLORS", "NarratingHandler", "bold", "colored"]

COLORS = {
    "blue": "36;1",
    "yellow": "33;1",
    "pink": "38;5;200",
    "green": "32;1",
    "red": "31;1",
}
"""The colours, by name, and their codes in escape sequences."""


def bold(text: str) -> str:
    """Put the escape sequences around text that show it in bold type."""
    return f"\x1b[1m{text}\x1b[0m"


def colored(text: str, color: str | None) -> str:
    r"""Put the escape sequences around text that show it in a color, bold and italic.

    Raises:
        ValueError: If there is no such color.

    Example:
        >>> colored("hot", "red")
        '\x1b[31;1m\x1b[1;3mhot\x1b[0m'
    """
    if color is None:
        return text
    if (code := COLORS.get(color)) is None:
        msg = f"There is no color {color!r}; use one of {', '.join(COLORS)}."
        raise ValueError(msg)
    return f"\x1b[{code}m\x1b[1;3m{text}\x1b[0m"


class NarratingHandler(BaseCallbackHandler):
    """Tell of chains, agent steps, tool results and texts as they happen.

    Subclasses say where to, by `_write`, and how headlines look, by `_headline`.
    """

    def __init__(self, color: str | None = None) -> None:
        colored("", color)
        self.color = color

    @abstractmethod
    def _write(self, text: str, color: str | None = None, end: str = "") -> None:
        """Write text, and `end` after it."""

    def _headline(self, text: str) -> str:
        return text

    def on_chain_start(
        self, serialized: dict[str, Any], inputs: dict[str, Any], **kwargs: Any
    ) -> None:
        name = kwargs.get("name") or (serialized or {}).get("name") or "<unknown>"
        self._write("\n\n" + self._headline(f"> Entering new {name} chain..."), end="\n")

    def on_chain_end(self, outputs: dict[str, Any], **kwargs: Any) -> None:
        self._write("\n" + self._headline("> Finished chain."), end="\n")

    def on_agent_action(self, action: AgentAction, color: str | None = None, **kwargs: Any) -> None:
        self._write(action.log, color or self.color)

    def on_tool_end(
        self,
        output: Any,
        color: str | None = None,
        observation_prefix: str | None = None,
        llm_prefix: str | None = None,
        **kwargs: Any,
    ) -> None:
        if observation_prefix is not None:
            self._write(f"\n{observation_prefix}")
        self._write(str(output), color or self.color)
        if llm_prefix is not None:
            self._write(f"\n{llm_prefix}")

    def on_text(self, text: str, color: str | None = None, end: str = "", **kwargs: Any) -> None:
        self._write(text, color or self.color, end)

    def on_agent_finish(self, finish: AgentFinish, color: str | None = None, **kwargs: Any) -> None:
        self._write(finish.log, color or self.color, "\n")
