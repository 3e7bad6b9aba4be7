"""Tell on standard output what runs do."""

from __future__ import annotations

from ferrule.callbacks.narration import NarratingHandler, bold, colored

__all__ = ["StdOutCallbackHandler"]


class StdOutCallbackHandler(NarratingHandler):
    """Print chains, agent steps, tool results and texts as they happen.

    Args:
        color: `blue`, `green`, `pink`, `red` or `yellow` for what agents and tools say.

    Example:
        >>> StdOutCallbackHandler().on_text("thinking", end="!")
        thinking!
    """

    def _write(self, text: str, color: str | None = None, end: str = "") -> None:
        print(colored(text, color), end=end, flush=True)

    def _headline(self, text: str) -> str:
        return bold(text)
