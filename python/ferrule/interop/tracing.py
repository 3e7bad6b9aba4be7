"""Make a run the parent of what LangSmith traces inside it.

`@traceable` functions and LangSmith's own wrappers of SDKs take their parent from a context
variable of langsmith, not from a config. langchain-core sets it for the body of each of its runs
that a `LangChainTracer` hears of, by a function that langgraph imports too and that therefore
stays; the same function serves here. Tested with langchain-core 1.7.2 and langsmith 0.15.0.
"""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["lead_tracing"]


def lead_tracing(scope: Any) -> None:
    """Make the run of a scope the parent of what is traced in the current context.

    Called in the run's context, between its start and its body, if a `LangChainTracer` hears of
    the run.
    """
    config = sys.modules.get("langchain_core.runnables.config")
    if config is not None:
        config._set_config_context(scope)
