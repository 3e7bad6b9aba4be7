"""OpenAI's chat models through the official SDK: `pip install 'ferrule[openai]'`.

Importing this package loads neither the SDK nor pydantic; constructing `ChatOpenAI` needs both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.hosted.errors import (
        IncompleteStreamError as IncompleteStreamError,
        MissingAPIKeyError as MissingAPIKeyError,
    )
    from ferrule.openai.chat import ChatOpenAI as ChatOpenAI
    from ferrule.openai.structured import RefusalError as RefusalError
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            "ferrule.hosted.errors": "IncompleteStreamError MissingAPIKeyError",
            ".chat": "ChatOpenAI",
            ".structured": "RefusalError",
        },
    )
