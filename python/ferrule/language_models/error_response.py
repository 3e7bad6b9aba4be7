"""What a failed request told, for the handlers of the run that it failed."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

from ferrule.messages import AIMessage
from ferrule.outputs import ChatGeneration

__all__ = ["generations_from_error"]


def generations_from_error(error: BaseException) -> list[ChatGeneration]:
    """Return an empty message with the HTTP response of `error` as metadata, if it has one.

    Provider SDKs attach the response to their exceptions. Its body (JSON, else text), headers,
    status code and request id become `response_metadata`; what cannot be read is left out or
    None. Never raises.
    """
    response = getattr(error, "response", None)
    if response is None:
        return []
    told: dict[str, Any] = {}
    if hasattr(response, "json"):
        told["body"] = _read_body(response)
    if hasattr(response, "headers"):
        told["headers"] = None
        with suppress(Exception):
            told["headers"] = dict(response.headers)
    if hasattr(response, "status_code"):
        told["status_code"] = response.status_code
    if hasattr(error, "request_id"):
        told["request_id"] = cast("Any", error).request_id
    return [ChatGeneration(message=AIMessage(content="", response_metadata=told))]


def _read_body(response: Any) -> Any:
    # A streamed response that was not read yet refuses both.
    with suppress(Exception):
        return response.json()
    with suppress(Exception):
        return response.text
    return None
