"""Which requests the Messages API refuses, and with what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .answers import authentication_failed, invalid_request, not_found

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.loopback.disturbances import Failure

FIELDS = frozenset(
    {
        "cache_control",
        "container",
        "context_management",
        "inference_geo",
        "max_tokens",
        "mcp_servers",
        "messages",
        "metadata",
        "model",
        "output_config",
        "service_tier",
        "speed",
        "stop_sequences",
        "stream",
        "system",
        "temperature",
        "thinking",
        "tool_choice",
        "tools",
        "top_k",
        "top_p",
    }
)
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
LEAST_THINKING_BUDGET = 1024
USER_BLOCKS = frozenset(
    {"text", "image", "document", "tool_result", "search_result", "container_upload"}
)
ASSISTANT_BLOCKS = frozenset({"text", "thinking", "redacted_thinking", "tool_use"})
SOURCES = {
    "base64": ("data", "media_type"),
    "url": ("url",),
    "text": ("data", "media_type"),
    "content": ("content",),
    "file": ("file_id",),
}


class RefusedError(Exception):
    """A rule is broken; the argument is the message of the 400."""


def judge(path: str, headers: Mapping[str, str], body: Any, *, api_key: str) -> Failure | None:
    """The refusal of a request, or None when the API would accept it."""
    if path.partition("?")[0] != "/v1/messages":
        return not_found("Not Found")
    sent = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
    if sent != api_key:
        return authentication_failed()
    try:
        if "anthropic-version" not in headers:
            raise RefusedError("anthropic-version: header is required")
        if not isinstance(body, dict):
            raise RefusedError("The request body is not valid JSON")
        _fields(body)
        _tools(body)
        _thinking(body)
        _turns(body["messages"])
    except RefusedError as refused:
        return invalid_request(str(refused))
    except (AttributeError, KeyError, TypeError) as error:
        # The rules take the types for granted; the API checks these first.
        return invalid_request(f"A value is missing or has a wrong type ({error!r})")
    if not body["model"].startswith("claude-"):
        return not_found(f"model: {body['model']}")
    return None


def _need(holds: object, message: str) -> None:
    if not holds:
        raise RefusedError(message)


def _fields(body: dict[str, Any]) -> None:
    for name in ("model", "max_tokens", "messages"):
        _need(name in body, f"{name}: Field required")
    for name in body:
        _need(name in FIELDS, f"{name}: Extra inputs are not permitted")
    _need(isinstance(body["model"], str), "model: Input should be a valid string")
    limit = body["max_tokens"]
    _need(isinstance(limit, int), "max_tokens: Input should be a valid integer")
    _need(limit >= 1, "max_tokens: Input should be greater than or equal to 1")
    temperature = body.get("temperature", 1)
    _need(0 <= temperature <= 1, f"temperature: {temperature} is outside of range [0, 1]")
    for sequence in body.get("stop_sequences", ()):
        _need(sequence.strip(), "stop_sequences: each stop sequence must contain non-whitespace")
    if "system" in body:
        _content("system", body["system"], frozenset({"text"}))


def _tools(body: dict[str, Any]) -> None:
    tools = body.get("tools", [])
    names = [tool.get("name") for tool in tools]
    for at, tool in enumerate(tools):
        _need(TOOL_NAME.fullmatch(tool.get("name", "")), f"tools.{at}.name: String should match")
        if tool.get("type", "custom") == "custom":
            schema = tool.get("input_schema", {})
            kind = f"tools.{at}.custom.input_schema.type: Input should be 'object'"
            _need(schema.get("type") == "object", kind)
    _need(len(set(names)) == len(names), "tools: Tool names must be unique.")
    choice = body.get("tool_choice")
    if choice is None:
        return
    _need(tools, "tool_choice: may only be specified while providing tools")
    _need(choice.get("type") in {"auto", "any", "tool", "none"}, "tool_choice.type: unknown")
    if choice["type"] == "tool":
        name = choice.get("name")
        _need(name in names, f"Tool '{name}' not found in provided tools")


def _thinking(body: dict[str, Any]) -> None:
    config = body.get("thinking") or {}
    if config.get("type") != "enabled":
        return
    budget = config.get("budget_tokens", 0)
    _need(
        budget >= LEAST_THINKING_BUDGET,
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    )
    limit = body["max_tokens"]
    _need(limit > budget, "`max_tokens` must be greater than `thinking.budget_tokens`")
    _need(body.get("temperature", 1) == 1, "`temperature` may only be set to 1 with thinking")
    forced = body.get("tool_choice", {}).get("type") in {"any", "tool"}
    _need(not forced, "Thinking may not be enabled when tool_choice forces tool use.")


def _turns(turns: list[dict[str, Any]]) -> None:
    """Roles take turns, and each tool use is followed by its result.

    Stricter than the service in one point: it joins consecutive turns of one role, this
    server refuses them, as a client that merges turns must not send them.
    """
    _need(turns, "messages: at least one message is required")
    _need(turns[0].get("role") == "user", 'messages: first message must use the "user" role')
    asked: list[str] = []
    before = ""
    for at, turn in enumerate(turns):
        role, where = turn.get("role"), f"messages.{at}"
        _need(role in {"user", "assistant"}, f"{where}.role: unexpected {role!r}")
        alternate = f"messages: roles must alternate, but found two {role!r} turns in a row"
        _need(role != before, alternate)
        allowed = USER_BLOCKS if role == "user" else ASSISTANT_BLOCKS
        blocks = list(_content(f"{where}.content", turn.get("content"), allowed))
        answered = [b["tool_use_id"] for b in blocks if b["type"] == "tool_result"]
        for id_ in answered:
            unknown = f"{where}: unexpected `tool_use_id` found in `tool_result` blocks: {id_}"
            _need(id_ in asked, unknown)
        missing = ", ".join(id_ for id_ in asked if id_ not in answered)
        _need(not missing, f"{where}: `tool_use` ids without `tool_result` blocks: {missing}")
        late = [b["type"] for b in blocks[: len(answered)]]
        first = f"{where}: `tool_result` blocks must come before other content"
        _need(all(kind == "tool_result" for kind in late), first)
        asked = [b["id"] for b in blocks if b["type"] == "tool_use"]
        before = role
    _need(not asked, f"messages.{len(turns) - 1}: `tool_use` without a following `tool_result`")
    last = turns[-1]
    if last["role"] == "assistant":
        end = last["content"]
        end = end if isinstance(end, str) else end[-1].get("text", "")
        trailing = "messages: final assistant content cannot end with trailing whitespace"
        _need(end == end.rstrip(), trailing)


def _content(where: str, content: Any, allowed: frozenset[str]) -> Iterator[dict[str, Any]]:
    """The blocks of a content, each checked; a string is one text block."""
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    _need(isinstance(content, list) and content, f"{where}: content must not be empty")
    for at, block in enumerate(content):
        _block(f"{where}.{at}", block, allowed)
    return iter(content)


def _block(where: str, block: Any, allowed: frozenset[str]) -> None:
    _need(isinstance(block, dict), f"{where}: Input should be an object")
    kind = block.get("type")
    _need(kind in allowed, f"{where}: Input tag {kind!r} does not match any of the expected tags")
    _need("index" not in block, f"{where}.index: Extra inputs are not permitted")
    if kind == "text":
        _need(block.get("text"), f"{where}: text content blocks must be non-empty")
    elif kind in {"image", "document"}:
        _source(f"{where}.{kind}.source", block.get("source") or {})
    elif kind == "thinking":
        _need(block.get("signature"), f"{where}.thinking.signature: Field required")
    elif kind == "tool_use":
        _need(isinstance(block.get("input"), dict), f"{where}.tool_use.input: not an object")
        _need(block.get("id") and block.get("name"), f"{where}.tool_use: id and name are required")
    elif kind == "tool_result":
        _need(block.get("tool_use_id"), f"{where}.tool_result.tool_use_id: Field required")
        if isinstance(block.get("content"), list):
            for at, part in enumerate(block["content"]):
                inner = frozenset({"text", "image", "document", "search_result"})
                _block(f"{where}.tool_result.content.{at}", part, inner)


def _source(where: str, source: dict[str, Any]) -> None:
    kind = source.get("type")
    _need(kind in SOURCES, f"{where}: Input tag {kind!r} does not match any of the expected tags")
    for name in SOURCES[kind]:
        _need(source.get(name), f"{where}.{name}: Field required")
