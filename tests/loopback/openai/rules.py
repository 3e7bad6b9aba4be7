"""Which requests Chat Completions refuses, and with what."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from .answers import authentication_failed, invalid_request, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.loopback.disturbances import Failure

FIELDS = frozenset(
    {
        "audio",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "metadata",
        "modalities",
        "model",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "reasoning_effort",
        "response_format",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
        "web_search_options",
    }
)
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MOST_STOPS = 4
PARTS = {
    "system": frozenset({"text"}),
    "developer": frozenset({"text"}),
    "user": frozenset({"text", "image_url", "input_audio", "file"}),
    "assistant": frozenset({"text", "refusal"}),
    "tool": frozenset({"text"}),
}
KEYS = {
    "system": {"role", "content", "name"},
    "developer": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "tool_calls", "refusal", "audio"},
    "tool": {"role", "content", "tool_call_id"},
}


class RefusedError(Exception):
    """A rule is broken; the argument is the message of the 400."""


def judge(path: str, headers: Mapping[str, str], body: Any, *, api_key: str) -> Failure | None:
    """The refusal of a request, or None when the API would accept it."""
    if path.partition("?")[0] != "/v1/chat/completions":
        return not_found(f"Invalid URL (POST {path})")
    if headers.get("authorization") != f"Bearer {api_key}":
        return authentication_failed()
    try:
        if not isinstance(body, dict):
            raise RefusedError("We could not parse the JSON body of your request.")
        _fields(body)
        _messages(body["messages"])
        _tools(body)
        _format(body)
    except RefusedError as refused:
        return invalid_request(str(refused))
    except (AttributeError, KeyError, TypeError) as error:
        # The rules take the types for granted; the API checks these first.
        return invalid_request(f"A value is missing or has a wrong type ({error!r})")
    if not body["model"].startswith("gpt-"):
        return not_found(f"The model `{body['model']}` does not exist")
    return None


def _need(holds: object, message: str) -> None:
    if not holds:
        raise RefusedError(message)


def _fields(body: dict[str, Any]) -> None:
    for name in ("model", "messages"):
        _need(name in body, f"Missing required parameter: '{name}'.")
    for name, value in body.items():
        _need(name in FIELDS, f"Unrecognized request argument supplied: {name}")
        _need(value is not None, f"Invalid type for '{name}': got null instead.")
    _need(isinstance(body["model"], str), "Invalid type for 'model'.")
    both = {"max_tokens", "max_completion_tokens"} <= body.keys()
    _need(not both, "'max_tokens' and 'max_completion_tokens' cannot both be set.")
    for name in ("max_tokens", "max_completion_tokens", "n"):
        _need(body.get(name, 1) >= 1, f"Invalid '{name}': integer below minimum value.")
    temperature = body.get("temperature", 1)
    _need(0 <= temperature <= 2, f"Invalid 'temperature': {temperature} is not in [0, 2].")
    stop = body.get("stop", ())
    stops = [stop] if isinstance(stop, str) else stop
    _need(len(stops) <= MOST_STOPS, "Invalid 'stop': array too long.")
    streams = body.get("stream", False)
    _need(streams or "stream_options" not in body, "'stream_options' needs 'stream'.")
    asked = body.get("logprobs", False)
    _need(asked or "top_logprobs" not in body, "'top_logprobs' needs 'logprobs'.")


def _messages(messages: list[dict[str, Any]]) -> None:
    """Each message is one the API knows, and each tool call is followed by its result."""
    _need(messages, "Invalid 'messages': empty array.")
    asked: list[str] = []
    for at, message in enumerate(messages):
        where, role = f"messages[{at}]", message.get("role")
        _need(role in PARTS, f"Invalid value: {role!r} in {where}.role.")
        foreign = message.keys() - KEYS[role]
        _need(not foreign, f"Additional properties are not allowed in {where}: {sorted(foreign)}")
        _content(where, role, message)
        if role == "tool":
            answered = message.get("tool_call_id")
            _need(answered in asked, f"{where}: 'tool' must follow a message with 'tool_calls'.")
            asked.remove(answered)
        else:
            _need(not asked, f"{where}: these tool_call_ids had no response: {', '.join(asked)}")
        for call in message.get("tool_calls", ()):
            _call(f"{where}.tool_calls", call)
            asked.append(call["id"])
        _need(message.get("tool_calls", True), f"Invalid '{where}.tool_calls': empty array.")
    _need(not asked, f"These tool_call_ids had no response messages: {', '.join(asked)}")


def _content(where: str, role: str, message: dict[str, Any]) -> None:
    content = message.get("content")
    if content is None:
        instead = message.keys() & {"tool_calls", "refusal", "audio"}
        _need(role == "assistant" and instead, f"Invalid value for '{where}.content': got null.")
        return
    if isinstance(content, str):
        return
    _need(isinstance(content, list) and content, f"Invalid '{where}.content': empty array.")
    for at, part in enumerate(content):
        _part(f"{where}.content[{at}]", part, PARTS[role])


def _part(where: str, part: Any, allowed: frozenset[str]) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    _need(kind in allowed, f"Invalid value: {kind!r} in {where}.type.")
    _need(part.keys() == {"type", kind}, f"Unknown parameter in {where}: {sorted(part)}.")
    if kind == "image_url":
        _need(part["image_url"].get("url"), f"Missing '{where}.image_url.url'.")
    elif kind == "input_audio":
        needed = part["input_audio"].keys() == {"data", "format"}
        _need(needed, f"Missing '{where}.input_audio.data' or format.")
    elif kind == "file":
        file = part["file"]
        named = "file_id" in file or {"file_data", "filename"} <= file.keys()
        _need(named, f"Missing '{where}.file.file_id', or data and filename.")


def _call(where: str, call: dict[str, Any]) -> None:
    _need(call.get("type") == "function" and call.get("id"), f"Missing '{where}.id' or type.")
    function = call.get("function") or {}
    _need(NAME.fullmatch(function.get("name") or ""), f"Invalid '{where}.function.name'.")
    _need(isinstance(function.get("arguments"), str), f"Invalid '{where}.function.arguments'.")


def _tools(body: dict[str, Any]) -> None:
    tools = body.get("tools")
    for name in ("tool_choice", "parallel_tool_calls"):
        _need(tools or name not in body, f"'{name}' is only allowed when 'tools' are specified.")
    if tools is None:
        return
    _need(tools, "Invalid 'tools': empty array.")
    names = []
    for at, tool in enumerate(tools):
        _need(tool.get("type") == "function", f"Invalid value in tools[{at}].type.")
        function = tool["function"]
        names.append(function.get("name"))
        _need(NAME.fullmatch(names[-1] or ""), f"Invalid 'tools[{at}].function.name'.")
        if function.get("strict"):
            _strict(f"function '{names[-1]}'", function.get("parameters") or {})
    choice = body.get("tool_choice", "auto")
    if isinstance(choice, str):
        _need(choice in {"auto", "none", "required"}, f"Invalid value: '{choice}'.")
    else:
        chosen = choice["function"]["name"]
        _need(chosen in names, f"Tool choice '{chosen}' not found in 'tools'.")


def _format(body: dict[str, Any]) -> None:
    wanted = body.get("response_format", {"type": "text"})
    kind = wanted.get("type")
    _need(kind in {"text", "json_object", "json_schema"}, f"Invalid response_format: {kind!r}.")
    if kind == "json_object":
        said = "json" in json.dumps(body["messages"]).lower()
        _need(said, "'messages' must contain the word 'json' to use 'json_object'.")
    if kind == "json_schema":
        schema = wanted["json_schema"]
        _need(NAME.fullmatch(schema.get("name") or ""), "Missing 'response_format.name'.")
        _need("schema" in schema, "Missing 'response_format.json_schema.schema'.")
        if schema.get("strict"):
            _strict(f"response_format '{schema['name']}'", schema["schema"])


def _strict(where: str, schema: dict[str, Any]) -> None:
    """A strict schema closes every object and requires every property."""
    if schema.get("type") == "object":
        closed = schema.get("additionalProperties") is False
        _need(closed, f"Invalid schema for {where}: 'additionalProperties' must be false.")
        properties = schema.get("properties", {})
        whole = set(schema.get("required", ())) == properties.keys()
        _need(whole, f"Invalid schema for {where}: 'required' must include every key.")
        for inner in properties.values():
            _strict(where, inner)
    elif schema.get("type") == "array":
        _strict(where, schema.get("items", {}))
