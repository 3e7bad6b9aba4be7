"""Tests of what a failed request tells handlers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ferrule.language_models.error_response import generations_from_error


class RefusedError(Exception):
    def __init__(self, response: Any) -> None:
        super().__init__("refused")
        self.response = response
        self.request_id = "req_1"


def unreadable() -> Any:
    raise RuntimeError("not read yet")


RESPONSES = {
    "json": SimpleNamespace(
        json=lambda: {"error": "busy"}, headers={"retry-after": "3"}, status_code=529
    ),
    "text": SimpleNamespace(json=unreadable, text="<html>", headers={}, status_code=502),
    "bare": SimpleNamespace(),
}


def test_tells_nothing_of_an_error_without_response() -> None:
    """An error that has no response makes no generation."""
    assert generations_from_error(ValueError("x")) == []


def test_tells_the_response() -> None:
    """Body, headers, status and request id become metadata of an empty message."""
    (generation,) = generations_from_error(RefusedError(RESPONSES["json"]))
    assert generation.message.content == ""
    assert generation.message.response_metadata == {
        "body": {"error": "busy"},
        "headers": {"retry-after": "3"},
        "status_code": 529,
        "request_id": "req_1",
    }


def test_falls_back_to_text() -> None:
    """A body that is no JSON is told as text."""
    (generation,) = generations_from_error(RefusedError(RESPONSES["text"]))
    assert generation.message.response_metadata["body"] == "<html>"


def test_never_raises() -> None:
    """A response that cannot be read is told as far as it can."""

    class Closed:
        status_code = 500
        json = staticmethod(unreadable)
        text = property(lambda self: unreadable())

    (generation,) = generations_from_error(RefusedError(Closed()))
    assert generation.message.response_metadata == {
        "body": None,
        "status_code": 500,
        "request_id": "req_1",
    }


@pytest.mark.parametrize("kind", sorted(RESPONSES))
def test_agrees_with_langchain_core(kind: str) -> None:
    """The metadata is the one that langchain-core makes."""
    theirs = pytest.importorskip("langchain_core.language_models.chat_models")
    error = RefusedError(RESPONSES[kind])
    (expected,) = theirs._generate_response_from_error(error)
    (actual,) = generations_from_error(error)
    assert actual.message.response_metadata == expected.message.response_metadata
