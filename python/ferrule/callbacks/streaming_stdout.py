"""Show a model's answer on standard output while it is being written."""

from __future__ import annotations

import sys
from typing import Any

from ferrule.callbacks.handlers import BaseCallbackHandler

__all__ = ["StreamingStdOutCallbackHandler"]


class StreamingStdOutCallbackHandler(BaseCallbackHandler):
    """Print each token of a streamed answer as it arrives.

    Models that do not stream print nothing.

    Example:
        >>> StreamingStdOutCallbackHandler().on_llm_new_token("Hel")
        Hel
    """

    def on_llm_new_token(self, token: str | list[str | dict[str, Any]], **kwargs: Any) -> None:
        sys.stdout.write(str(token))
        sys.stdout.flush()
