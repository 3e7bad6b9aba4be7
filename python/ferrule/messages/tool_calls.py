"""What a model says when it wants a tool to be called, whole or in pieces."""

# Annotations are not postponed here: the typed dicts read from them which keys may be left out.

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from typing_extensions import NotRequired, TypedDict

from ferrule._lazy import later

# Loaded with the first piece of a tool call.
_later = later(__name__, {"ferrule.messages.partial_json": "parse_partial_json"})

__all__ = [
    "InvalidToolCall",
    "ToolCall",
    "ToolCallChunk",
    "default_tool_chunk_parser",
    "default_tool_parser",
    "invalid_tool_call",
    "parse_tool_call_chunks",
    "tool_call",
    "tool_call_chunk",
]


class ToolCall(TypedDict):
    """A request of the model to call one tool."""

    name: str
    """The tool's name."""
    args: dict[str, Any]
    """The arguments, by name."""
    id: str | None
    """What ties the tool's answer to this request when several are open."""
    type: NotRequired[Literal["tool_call"]]


class ToolCallChunk(TypedDict):
    """A piece of a tool call; pieces of one call share their `index`."""

    name: str | None
    args: str | None
    """A piece of JSON text; concatenated with the other pieces it is the arguments."""
    id: str | None
    index: int | None
    type: NotRequired[Literal["tool_call_chunk"]]


class InvalidToolCall(TypedDict):
    """A tool call whose arguments could not be read."""

    type: Literal["invalid_tool_call"]
    id: str | None
    name: str | None
    args: str | None
    """The text that the model wrote."""
    error: str | None
    index: NotRequired[int | str]
    extras: NotRequired[dict[str, Any]]


def tool_call(*, name: str, args: dict[str, Any], id: str | None) -> ToolCall:
    """Make a `ToolCall`.

    Example:
        >>> tool_call(name="add", args={"a": 1}, id="c1")
        {'name': 'add', 'args': {'a': 1}, 'id': 'c1', 'type': 'tool_call'}
    """
    return {"name": name, "args": args, "id": id, "type": "tool_call"}


def tool_call_chunk(
    *,
    name: str | None = None,
    args: str | None = None,
    id: str | None = None,
    index: int | None = None,
) -> ToolCallChunk:
    """Make a `ToolCallChunk`; what is not given is `None`."""
    return {"name": name, "args": args, "id": id, "index": index, "type": "tool_call_chunk"}


def invalid_tool_call(
    *,
    name: str | None = None,
    args: str | None = None,
    id: str | None = None,
    error: str | None = None,
) -> InvalidToolCall:
    """Make an `InvalidToolCall`; what is not given is `None`."""
    return {"name": name, "args": args, "id": id, "error": error, "type": "invalid_tool_call"}


def parse_tool_call_chunks(
    chunks: Iterable[ToolCallChunk], *, is_whole: bool = False
) -> tuple[list[ToolCall], list[InvalidToolCall]]:
    """Read the arguments of calls that may still be streaming, as far as they go.

    A call whose arguments are not (the beginning of) a JSON object is invalid; once nothing more
    is to come, so is a call whose arguments break off.

    Args:
        chunks: The pieces, those of one call added up.
        is_whole: Whether nothing more is to come.

    Example:
        >>> chunk = tool_call_chunk(name="add", args='{"a": 1, "b', index=0)
        >>> parse_tool_call_chunks([chunk])
        ([{'name': 'add', 'args': {'a': 1}, 'id': None, 'type': 'tool_call'}], [])
        >>> parse_tool_call_chunks([chunk], is_whole=True)[1][0]["args"]
        '{"a": 1, "b'
    """
    read = _parse_json if is_whole else _later("parse_partial_json")
    return _sorted_calls(((chunk["name"], chunk["args"], chunk["id"]) for chunk in chunks), read)


def default_tool_parser(
    raw_tool_calls: Iterable[Mapping[str, Any]],
) -> tuple[list[ToolCall], list[InvalidToolCall]]:
    """Read tool calls in OpenAI's form; entries that call no function are passed over.

    A call whose arguments are not a JSON object is invalid; empty text stands for no arguments.
    """
    given = (
        (raw["function"]["name"], raw["function"]["arguments"], raw.get("id"))
        for raw in raw_tool_calls
        if "function" in raw
    )
    return _sorted_calls(given, lambda text: json.loads(text) or {})


def _parse_json(text: str) -> Any:
    """Read finished text as unfinished text is read: line breaks may stand in its texts."""
    return json.loads(text, strict=False)


def _sorted_calls(
    given: Iterable[tuple[str | None, str | None, str | None]], read: Callable[[str], Any]
) -> tuple[list[ToolCall], list[InvalidToolCall]]:
    """Sort calls, given by name, arguments and id, by whether the arguments are an object."""
    calls: list[ToolCall] = []
    invalid: list[InvalidToolCall] = []
    for name, text, id_ in given:
        try:
            args = read(text) if text else {}
        except ValueError:
            args = None
        if isinstance(args, dict):
            calls.append(tool_call(name=name or "", args=args, id=id_))
        else:
            invalid.append(invalid_tool_call(name=name, args=text, id=id_))
    return calls, invalid


def default_tool_chunk_parser(raw_tool_calls: Iterable[Mapping[str, Any]]) -> list[ToolCallChunk]:
    """Read pieces of tool calls in OpenAI's form."""
    chunks: list[ToolCallChunk] = []
    for raw in raw_tool_calls:
        function = raw.get("function")
        chunks.append(
            tool_call_chunk(
                name=function["name"] if function else None,
                args=function["arguments"] if function else None,
                id=raw.get("id"),
                index=raw.get("index"),
            )
        )
    return chunks
