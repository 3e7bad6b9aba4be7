"""The loopback server refuses what Chat Completions refuses, so that tests cannot pass by luck."""

from __future__ import annotations

import http.client
import json

import pytest

from tests.loopback.openai import LoopbackServer, tool_call
from tests.loopback.openai.rules import judge

HEADERS = {"authorization": "Bearer test"}
USER = {"role": "user", "content": "Hello"}
GOOD = {"model": "gpt-test", "messages": [USER]}
ADD = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
STRICT = {"type": "function", "function": {**ADD["function"], "strict": True}}
ASKS = {"role": "assistant", "content": None, "tool_calls": [tool_call("add", {}, id="c1")]}
INDEXED = {"type": "text", "text": "x", "index": 0}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "3"}


def verdict(body, headers=HEADERS, path="/v1/chat/completions"):
    return judge(path, headers, body, api_key="test")


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": 5},
        {"messages": [5]},
        {"messages": [{"role": "user", "content": 5}]},
        {"tools": [5]},
        {"tool_choice": 5, "tools": [ADD]},
        {"response_format": 5},
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
        {**GOOD, "messages": [{"role": "system", "content": "x"}, USER, USER]},
        {**GOOD, "messages": [USER, ASKS, RESULT]},
        {**GOOD, "tools": [ADD], "tool_choice": {"type": "function", "function": {"name": "add"}}},
        {**GOOD, "stream": True, "stream_options": {"include_usage": True}},
    ],
)
def test_good_requests(body):
    """A request that keeps the rules is accepted."""
    assert verdict(body) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"temprature": 1}, "temprature"),
        ({"seed": None}, "got null"),
        ({"temperature": 3}, "not in [0, 2]"),
        ({"n": 0}, "below minimum"),
        ({"max_tokens": 1, "max_completion_tokens": 1}, "cannot both be set"),
        ({"stop": list("abcde")}, "array too long"),
        ({"stream_options": {}}, "needs 'stream'"),
        ({"top_logprobs": 1}, "needs 'logprobs'"),
        ({"messages": []}, "empty array"),
        ({"messages": [{"role": "human", "content": "x"}]}, "'human'"),
        ({"messages": [{**USER, "tool_call_id": "c1"}]}, "Additional properties"),
        ({"messages": [{"role": "user", "content": None}]}, "got null"),
        ({"messages": [{"role": "user", "content": []}]}, "empty array"),
        ({"messages": [{"role": "user", "content": [{"type": "thinking"}]}]}, "'thinking'"),
        ({"messages": [{"role": "system", "content": [{"type": "image_url"}]}]}, "'image_url'"),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "text", "text": "x", "index": 0}]}
                ]
            },
            "Unknown parameter",
        ),
        ({"messages": [RESULT]}, "must follow a message with 'tool_calls'"),
        ({"messages": [USER, ASKS, USER]}, "had no response: c1"),
        ({"messages": [USER, ASKS]}, "had no response messages: c1"),
        ({"tool_choice": "auto"}, "only allowed when 'tools'"),
        ({"tools": []}, "empty array"),
        ({"tools": [{"name": "add"}]}, "tools[0].type"),
        ({"tools": [ADD], "tool_choice": "any"}, "'any'"),
        (
            {"tools": [ADD], "tool_choice": {"type": "function", "function": {"name": "x"}}},
            "'x' not found",
        ),
        ({"tools": [STRICT]}, "'additionalProperties' must be false"),
        ({"response_format": {"type": "json_object"}}, "must contain the word 'json'"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}}, "schema"),
    ],
)
def test_broken_rules(changes, message):
    """Each rule that is broken is a 400 that names the place."""
    refusal = verdict({**GOOD, **changes})
    assert refusal.status == 400
    assert message in refusal.message


def test_wrong_addresses_and_keys():
    """Another path is 404, another model too, a wrong key 401."""
    assert verdict(GOOD, path="/v1/completions").status == 404
    assert verdict({**GOOD, "model": "claude"}).status == 404
    assert verdict(GOOD, {"authorization": "Bearer x"}).status == 401
    assert verdict({"model": "gpt-test"}).message == "Missing required parameter: 'messages'."


def test_refusals_on_the_wire():
    """An unreadable body gets the API's error body, with the request id in the header."""
    with LoopbackServer() as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
        connection.request("POST", "/v1/chat/completions", b"{", HEADERS)
        response = connection.getresponse()
        body = json.loads(response.read())
        connection.close()
    assert response.status == 400
    assert body["error"]["type"] == "invalid_request_error"
    assert response.headers["x-request-id"].startswith("req_")
