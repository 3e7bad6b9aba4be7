"""The exceptions that ferrule raises on its own account.

Exceptions of user code are never wrapped in these: they cross ferrule untouched.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, ClassVar

__all__ = [
    "ContextOverflowError",
    "ErrorCode",
    "FerruleError",
    "LangChainException",
    "ModelAPIError",
    "ModelAuthenticationError",
    "ModelConnectionError",
    "ModelError",
    "ModelInvalidRequestError",
    "ModelNotFoundError",
    "ModelPermissionDeniedError",
    "ModelRateLimitError",
    "ModelTimeoutError",
    "OutputParserException",
    "TracerException",
    "create_message",
]


class FerruleError(Exception):
    """Root of every exception class that ferrule defines."""


LangChainException = FerruleError
"""The root under the name that `except` clauses written for langchain-core use."""


class TracerException(FerruleError):  # noqa: N818  the compatible name
    """A tracer was told of a run that it cannot place."""


class OutputParserException(ValueError, FerruleError):  # noqa: N818  the compatible name
    """A model's answer does not have the form that the parser expects.

    Parsers raise this one class, so that a caller can retry or repair exactly the failures that
    come from the answer and let every other error through.

    Args:
        error: What is wrong, as text, or the exception that told so.
        observation: What to tell the model about its mistake.
        llm_output: The answer that could not be parsed.
        send_to_llm: Whether an agent should show `observation` and `llm_output` to the model and
            let it try again. Both must be given then.

    Raises:
        ValueError: If `send_to_llm` is true and `observation` or `llm_output` is missing.

    Example:
        >>> try:
        ...     raise OutputParserException("No date in the answer.", llm_output="soon")
        ... except ValueError as failure:
        ...     failure.llm_output
        'soon'
    """

    def __init__(
        self,
        error: Any,
        observation: str | None = None,
        llm_output: str | None = None,
        send_to_llm: bool = False,
    ) -> None:
        # Not by `super()`: where langchain-core is loaded, its class may come after `ValueError`.
        ValueError.__init__(self, error)
        if send_to_llm and (observation is None or llm_output is None):
            missing = "observation" if observation is None else "llm_output"
            msg = f"send_to_llm=True needs {missing}, which was not given: pass it as well."
            raise ValueError(msg)
        self.observation = observation
        self.llm_output = llm_output
        self.send_to_llm = send_to_llm


class ModelError(FerruleError):
    """A model could not be invoked.

    Integrations raise a subclass that also derives from the provider's own exception, so that
    code which catches either keeps working.
    """

    is_retryable: ClassVar[bool] = False
    """Whether the same request may succeed when it is sent again."""


class ModelAuthenticationError(ModelError):
    """The provider does not accept the credentials (HTTP 401)."""


class ModelPermissionDeniedError(ModelError):
    """The credentials do not allow this request (HTTP 403)."""


class ModelInvalidRequestError(ModelError):
    """The provider calls the request malformed (HTTP 400 and its kin)."""


class ModelNotFoundError(ModelError):
    """The provider has no such model (HTTP 404)."""


class ModelRateLimitError(ModelError):
    """Too many requests or tokens in too short a time (HTTP 429)."""

    is_retryable: ClassVar[bool] = True


class ModelAPIError(ModelError):
    """The provider's server failed (HTTP 5xx)."""

    is_retryable: ClassVar[bool] = True


class ModelConnectionError(ModelError):
    """The provider could not be reached."""

    is_retryable: ClassVar[bool] = True


class ModelTimeoutError(ModelError):
    """The provider did not answer in time."""

    is_retryable: ClassVar[bool] = True


class ContextOverflowError(ModelError):
    """The input does not fit into the model's context window."""


class ErrorCode(Enum):
    """Kinds of failure that have a name of their own in messages."""

    INVALID_PROMPT_INPUT = "INVALID_PROMPT_INPUT"
    INVALID_TOOL_RESULTS = "INVALID_TOOL_RESULTS"
    MESSAGE_COERCION_FAILURE = "MESSAGE_COERCION_FAILURE"
    MODEL_AUTHENTICATION = "MODEL_AUTHENTICATION"
    MODEL_NOT_FOUND = "MODEL_NOT_FOUND"
    MODEL_RATE_LIMIT = "MODEL_RATE_LIMIT"
    OUTPUT_PARSING_FAILURE = "OUTPUT_PARSING_FAILURE"


def create_message(*, message: str, error_code: ErrorCode) -> str:
    """Return `message` with its error code behind it.

    Example:
        >>> create_message(message="Not a date.", error_code=ErrorCode.OUTPUT_PARSING_FAILURE)
        'Not a date. [OUTPUT_PARSING_FAILURE]'
    """
    return f"{message} [{error_code.value}]"
