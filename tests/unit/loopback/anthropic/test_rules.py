"""The loopback server refuses what the Messages API refuses, so that tests cannot pass by luck."""

from __future__ import annotations

import http.client
import json

import pytest

from tests.loopback import LoopbackServer
from tests.loopback.anthropic.rules import judge

HEADERS = {"x-api-key": "test", "anthropic-version": "2023-06-01"}
USER = {"role": "user", "content": "Hello"}
GOOD = {"model": "claude-test", "max_tokens": 10, "messages": [USER]}
ADD = {"name": "add", "input_schema": {"type": "object"}}
USE = {"type": "tool_use", "id": "t1", "name": "add", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "3"}


def assistant(*blocks):
    return {"role": "assistant", "content": list(blocks)}


def user(*blocks):
    return {"role": "user", "content": list(blocks)}


def verdict(body, headers=HEADERS, path="/v1/messages"):
    return judge(path, headers, body, api_key="test")


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": 5},
        {"messages": [5]},
        {"messages": [{"role": "user", "content": 5}]},
        {"tools": [5]},
        {"tool_choice": 5, "tools": [ADD]},
        {"thinking": 5},
        {"stop_sequences": [5]},
        {"temperature": "hot"},
    ],
)
def test_wrong_types_are_refused(wrong):
    """Values of a wrong type are a bad request, and not the end of the connection."""
    assert verdict({**GOOD, **wrong}).status == 400


@pytest.mark.parametrize(
    "body",
    [
        GOOD,
        {**GOOD, "messages": [USER, {"role": "assistant", "content": "Hi"}]},
        {**GOOD, "messages": [USER, assistant(USE), user(RESULT, {"type": "text", "text": "?"})]},
        {**GOOD, "tools": [ADD], "tool_choice": {"type": "tool", "name": "add"}},
        {**GOOD, "max_tokens": 2048, "thinking": {"type": "enabled", "budget_tokens": 1024}},
    ],
)
def test_good_requests(body):
    """A request that keeps the rules is accepted."""
    assert verdict(body) is None


def test_either_header_carries_the_key():
    """The key is accepted as x-api-key and as a bearer token."""
    bearer = {"authorization": "Bearer test", "anthropic-version": "2023-06-01"}
    assert verdict(GOOD, bearer) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_tokens": None}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": 0}, "greater than or equal to 1"),
        ({"temprature": 1}, "temprature: Extra inputs are not permitted"),
        ({"temperature": 2}, "outside of range"),
        ({"messages": []}, "at least one message"),
        ({"messages": [assistant({"type": "text", "text": "x"})]}, 'must use the "user" role'),
        ({"messages": [USER, USER]}, "roles must alternate"),
        ({"messages": [{"role": "system", "content": "x"}]}, '"user" role'),
        ({"messages": [user()]}, "content must not be empty"),
        ({"messages": [user({"type": "text", "text": ""})]}, "must be non-empty"),
        ({"messages": [user({"type": "thinking", "thinking": "x"})]}, "expected tags"),
        ({"messages": [user(RESULT)]}, "unexpected `tool_use_id`"),
        ({"messages": [USER, assistant(USE), USER]}, "without `tool_result` blocks: t1"),
        ({"messages": [USER, assistant(USE)]}, "without a following"),
        (
            {"messages": [USER, assistant(USE), user({"type": "text", "text": "x"}, RESULT)]},
            "must come before other content",
        ),
        ({"messages": [USER, {"role": "assistant", "content": "x "}]}, "trailing whitespace"),
        ({"tool_choice": {"type": "auto"}}, "only be specified while providing tools"),
        ({"tools": [ADD], "tool_choice": {"type": "tool", "name": "x"}}, "'x' not found"),
        ({"tools": [ADD, ADD]}, "unique"),
        ({"tools": [{**ADD, "input_schema": {}}]}, "should be 'object'"),
        ({"thinking": {"type": "enabled", "budget_tokens": 5}}, "1024"),
        ({"system": ""}, "must be non-empty"),
        ({"stop_sequences": [" "]}, "non-whitespace"),
    ],
)
def test_broken_rules(changes, message):
    """Each rule that is broken is a 400 that names the place."""
    refusal = verdict({**GOOD, **changes})
    assert (refusal.status, refusal.kind) == (400, "invalid_request_error")
    assert message in refusal.message


def test_missing_fields():
    """The three required fields are required."""
    for name in GOOD:
        body = {key: value for key, value in GOOD.items() if key != name}
        assert verdict(body).message == f"{name}: Field required"


def test_wrong_addresses_and_keys():
    """Another path is 404, another model too, a wrong key 401, a missing version 400."""
    assert verdict(GOOD, path="/v1/complete").status == 404
    assert verdict({**GOOD, "model": "gpt"}).status == 404
    assert verdict(GOOD, {**HEADERS, "x-api-key": "x"}).status == 401
    assert verdict(GOOD, {"x-api-key": "test"}).message.startswith("anthropic-version")


def test_refusals_on_the_wire():
    """An unreadable body gets the API's error body, with the request id in header and body."""
    with LoopbackServer() as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
        connection.request("POST", "/v1/messages", b"{", HEADERS)
        response = connection.getresponse()
        body = json.loads(response.read())
        connection.close()
    assert response.status == 400
    assert body["type"] == "error"
    assert body["request_id"] == response.headers["request-id"]
