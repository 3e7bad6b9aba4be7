"""What becomes of an exception that a hook raised: one log record.

Whether it is raised as well (`raise_error`) is decided where hooks are called, in the core.
"""

from __future__ import annotations

import logging

__all__ = ["report_failure"]

_logger = logging.getLogger("ferrule.callbacks")


def report_failure(handler: object, event: str, error: BaseException) -> None:
    """Log that a hook failed, as one warning with the traceback.

    The record goes to the logger `ferrule.callbacks`; its `args` are the handler's class name,
    the event and the exception, for those who filter on them.

    Args:
        handler: The object whose hook it was.
        event: The hook's name, such as `on_chain_start`.
        error: What the hook raised.
    """
    _logger.warning(
        "Handler %s failed in %s: %r", type(handler).__name__, event, error, exc_info=error
    )
