"""What hosted chat models raise themselves. Exceptions of the SDKs cross them untouched."""

from __future__ import annotations

from ferrule.exceptions import ModelAuthenticationError, ModelConnectionError

__all__ = ["IncompleteStreamError", "MissingAPIKeyError"]


class MissingAPIKeyError(ModelAuthenticationError):
    """No key was passed and the environment has none.

    Args:
        model: Name of the model's class.
        variable: The environment variable that was looked at.
    """

    def __init__(self, model: str, variable: str) -> None:
        super().__init__(
            f"{model} has no API key: pass api_key=..., or set the environment variable {variable}."
        )


class IncompleteStreamError(ModelConnectionError):
    """The service ended a stream without what marks its end.

    The SDKs take the end of the transfer for the end of the answer; without this error a
    truncated answer would look like a whole one.

    Args:
        missing: What marks the end and did not come.
    """

    def __init__(self, missing: str) -> None:
        super().__init__(
            f"The stream ended before {missing}, so the answer is incomplete. "
            "Send the request again."
        )
