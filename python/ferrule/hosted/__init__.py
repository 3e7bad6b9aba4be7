"""What chat models behind a provider's official SDK have in common, for authors of such models.

`ferrule.anthropic` and `ferrule.openai` are built on it. Importing this package loads no SDK.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.hosted.clients import Clients as Clients
    from ferrule.hosted.errors import (
        IncompleteStreamError as IncompleteStreamError,
        MissingAPIKeyError as MissingAPIKeyError,
    )
    from ferrule.hosted.model import (
        HostedChatModel as HostedChatModel,
        StreamReader as StreamReader,
    )
    from ferrule.hosted.sdk import SDK as SDK, to_plain as to_plain
    from ferrule.hosted.tool_binding import (
        check_tool_choice as check_tool_choice,
        check_tool_name as check_tool_name,
        tool_list as tool_list,
    )
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".clients": "Clients",
            ".errors": "IncompleteStreamError MissingAPIKeyError",
            ".model": "HostedChatModel StreamReader",
            ".sdk": "SDK to_plain",
            ".tool_binding": "check_tool_choice check_tool_name tool_list",
        },
    )
