"""Claude models through the official SDK: `pip install ferrule[anthropic]`.

Importing this package loads neither the SDK nor pydantic; constructing `ChatAnthropic` needs both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule import _lazy

if TYPE_CHECKING:
    from ferrule.anthropic.chat import ChatAnthropic
    from ferrule.anthropic.errors import IncompleteStreamError, MissingAPIKeyError

__all__ = ["ChatAnthropic", "IncompleteStreamError", "MissingAPIKeyError"]

__getattr__, __dir__ = _lazy.attach(
    __name__,
    {
        "ChatAnthropic": ".chat",
        "IncompleteStreamError": ".errors",
        "MissingAPIKeyError": ".errors",
    },
)
