"""What `ChatAnthropic` raises itself. Exceptions of the SDK cross it untouched."""

from __future__ import annotations

from importlib.util import find_spec

from ferrule.exceptions import ModelAuthenticationError, ModelConnectionError

__all__ = ["IncompleteStreamError", "MissingAPIKeyError", "require_sdk"]


class MissingAPIKeyError(ModelAuthenticationError):
    """No key was passed and the environment has none."""

    def __init__(self) -> None:
        super().__init__(
            "ChatAnthropic has no API key: pass api_key=..., or set the environment variable "
            "ANTHROPIC_API_KEY."
        )


class IncompleteStreamError(ModelConnectionError):
    """The service ended a stream without the event that marks its end.

    The SDK takes the end of the transfer for the end of the answer; without this error a
    truncated answer would look like a whole one.
    """

    def __init__(self) -> None:
        super().__init__(
            "The stream ended before its message_stop event, so the answer is incomplete. "
            "Send the request again."
        )


def require_sdk() -> None:
    """Raise `ImportError` unless the `anthropic` package can be imported."""
    if find_spec("anthropic") is None:
        msg = (
            "ChatAnthropic needs the anthropic package, which is not installed. "
            "Install it with: pip install ferrule[anthropic]"
        )
        raise ImportError(msg, name="anthropic")
