"""Claude models through the official SDK: `pip install 'ferrule[anthropic]'`.

Importing this package loads neither the SDK nor pydantic; constructing `ChatAnthropic` needs both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.anthropic.chat import ChatAnthropic as ChatAnthropic
    from ferrule.hosted.errors import (
        IncompleteStreamError as IncompleteStreamError,
        MissingAPIKeyError as MissingAPIKeyError,
    )
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".chat": "ChatAnthropic",
            "ferrule.hosted.errors": "IncompleteStreamError MissingAPIKeyError",
        },
    )
