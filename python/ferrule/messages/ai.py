"""Messages of the model."""

from __future__ import annotations

import contextlib
import functools
import json
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator
from typing_extensions import Self, override

from ferrule._lazy import later
from ferrule.load.trusted import complete
from ferrule.messages.base import BaseMessage, BaseMessageChunk, checked_blocks
from ferrule.messages.ids import best_id
from ferrule.messages.merge import merge_lists
from ferrule.messages.tool_calls import (
    InvalidToolCall,
    ToolCall,
    ToolCallChunk,
    default_tool_chunk_parser,
    default_tool_parser,
    parse_tool_call_chunks,
    tool_call_chunk,
)
from ferrule.messages.usage import (
    InputTokenDetails,
    OutputTokenDetails,
    UsageMetadata,
    add_usage,
    subtract_usage,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ferrule.messages.content import ContentBlock

__all__ = [
    "AIMessage",
    "AIMessageChunk",
    "InputTokenDetails",
    "OutputTokenDetails",
    "UsageMetadata",
    "add_ai_message_chunks",
    "add_usage",
    "subtract_usage",
]

_logger = logging.getLogger(__name__)

# Typed blocks are loaded when somebody reads them.
_later = later(__name__, {"ferrule.messages.blocks": "to_answer_blocks"})

# Each field of calls, with the type and the keys that its entries have.
_CALL_FIELDS = {
    "tool_calls": ("tool_call", ToolCall.__annotations__),
    "invalid_tool_calls": ("invalid_tool_call", InvalidToolCall.__annotations__),
    "tool_call_chunks": ("tool_call_chunk", ToolCallChunk.__annotations__),
}


_HOLDS_CALLS = frozenset({*_CALL_FIELDS, "additional_kwargs"})


class AIMessage(BaseMessage):
    """What the model answers.

    Tool calls that are only given in OpenAI's form, under `additional_kwargs["tool_calls"]`, are
    read into `tool_calls` and `invalid_tool_calls`.

    Example:
        >>> answer = AIMessage("", tool_calls=[{"name": "add", "args": {"a": 1}, "id": "c1"}])
        >>> answer.tool_calls[0]["args"]
        {'a': 1}
    """

    tool_calls: list[ToolCall] = Field(default_factory=list)
    """The tools that the model wants to be called."""
    invalid_tool_calls: list[InvalidToolCall] = Field(default_factory=list)
    """The calls whose arguments could not be read."""
    usage_metadata: UsageMetadata | None = None
    """How many tokens the call took, where the provider tells."""
    type: Literal["ai"] = "ai"  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(
        self,
        content: str | list[str | dict[Any, Any]] | None = None,
        content_blocks: list[ContentBlock] | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the content by position, or typed blocks by the name `content_blocks`.

        Blocks that are tool calls also become `tool_calls`, unless these are given.
        """
        if content_blocks is not None and "tool_calls" not in kwargs:
            given = checked_blocks(content_blocks)
            calls = [block for block in given if block.get("type") == "tool_call"]
            if calls:
                kwargs["tool_calls"] = calls
        super().__init__(content, content_blocks, **kwargs)

    @property
    @override
    def lc_attributes(self) -> dict[str, Any]:
        return {"tool_calls": self.tool_calls, "invalid_tool_calls": self.invalid_tool_calls}

    @property
    @override
    def content_blocks(self) -> list[ContentBlock]:
        """The content, the reasoning and the tool calls as typed blocks, the same everywhere."""
        blocks: list[ContentBlock] = _later("to_answer_blocks")(self)
        return blocks

    @model_validator(mode="before")
    @classmethod
    def _read_tool_calls(cls, values: Any) -> Any:
        if type(values) is dict:
            if _HOLDS_CALLS.isdisjoint(values):
                return values
        elif not isinstance(values, Mapping):
            return values
        values = dict(values)
        if not (values.get("tool_calls") or values.get("invalid_tool_calls")):
            values.update(cls._provider_tool_calls(values.get("additional_kwargs")))
        for field, (kind, keys) in _CALL_FIELDS.items():
            if isinstance(given := values.get(field), (list, tuple)):
                values[field] = [_typed(call, kind, keys) for call in given]
        return values

    @classmethod
    def _provider_tool_calls(cls, additional_kwargs: Any) -> dict[str, Any]:
        raw = additional_kwargs.get("tool_calls") if isinstance(additional_kwargs, dict) else None
        if not raw:
            return {}
        try:
            return cls._parse_provider_tool_calls(raw)
        except (AttributeError, KeyError, TypeError, ValueError):
            # Another provider's form: it stays where it is.
            _logger.debug("The tool calls %r are not in OpenAI's form.", raw, exc_info=True)
            return {}

    @classmethod
    def _parse_provider_tool_calls(cls, raw: list[dict[str, Any]]) -> dict[str, Any]:
        calls, invalid = default_tool_parser(raw)
        return {"tool_calls": calls, "invalid_tool_calls": invalid}

    @override
    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        # Counts that the provider's own metadata shows already would only repeat it.
        is_told = "usage" in self.response_metadata
        for name, value in super().__repr_args__():
            if not (is_told and name == "usage_metadata"):
                yield name, value

    @override
    def pretty_repr(self, html: bool = False) -> str:
        parts = [super().pretty_repr(html=html).strip()]
        for title, calls in (
            ("Tool Calls:", self.tool_calls),
            ("Invalid Tool Calls:", self.invalid_tool_calls),
        ):
            if calls:
                parts.append(title)
                parts.extend(line for call in calls for line in _described(call))
        return "\n".join(parts).strip()


class AIMessageChunk(AIMessage, BaseMessageChunk):
    """A piece of what the model answers.

    `tool_calls` and `invalid_tool_calls` are read from `tool_call_chunks` as far as these go, until
    the last chunk: a call whose arguments break off there is invalid. A chunk that is given whole
    calls has one chunk for each of them.

    Example:
        >>> AIMessageChunk("1 + 2") + AIMessageChunk(" = 3")
        AIMessageChunk(content='1 + 2 = 3')
    """

    type: Literal["AIMessageChunk"] = "AIMessageChunk"  # type: ignore[assignment]
    tool_call_chunks: list[ToolCallChunk] = Field(default_factory=list)
    """The pieces of tool calls in this piece of the answer."""
    chunk_position: Literal["last"] | None = None
    """`"last"` on the chunk that ends the stream, and on sums that hold it."""

    _derived_from: ClassVar[frozenset[str]] = frozenset({*_CALL_FIELDS, "chunk_position"})

    if TYPE_CHECKING:
        # Type checkers make up a constructor for each model; this is the inherited one.
        def __init__(
            self,
            content: str | list[str | dict[Any, Any]] | None = None,
            content_blocks: list[ContentBlock] | None = None,
            **kwargs: Any,
        ) -> None: ...

    @classmethod
    @override
    def _parse_provider_tool_calls(cls, raw: list[dict[str, Any]]) -> dict[str, Any]:
        return {"tool_call_chunks": default_tool_chunk_parser(raw)}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        complete(self)
        return self

    @override
    def _derive(self) -> None:
        if self.tool_call_chunks:
            self.tool_calls, self.invalid_tool_calls = parse_tool_call_chunks(
                self.tool_call_chunks, is_whole=self.chunk_position == "last"
            )
        elif self.tool_calls or self.invalid_tool_calls:
            whole = [(call, json.dumps(call["args"])) for call in self.tool_calls]
            unread = [(call, call["args"]) for call in self.invalid_tool_calls]
            self.tool_call_chunks = [
                tool_call_chunk(name=call["name"], args=args, id=call["id"])
                for call, args in (*whole, *unread)
            ]
        self._complete_typed_blocks()

    def _ended(self) -> Self:
        """Return the chunk as it is when nothing more is to come: calls that break off are invalid.

        A chunk without such calls is returned itself, with the calls that it was given.
        """
        calls, invalid = parse_tool_call_chunks(self.tool_call_chunks, is_whole=True)
        if len(invalid) <= len(self.invalid_tool_calls):
            return self
        return self.model_copy(update={"tool_calls": calls, "invalid_tool_calls": invalid})

    def _complete_typed_blocks(self) -> None:
        """Replace the pieces of calls in typed content once the stream has ended."""
        if (
            self.chunk_position == "last"
            and isinstance(self.content, list)
            and self.response_metadata.get("output_version") == "v1"
        ):
            calls = {call["id"]: call for call in self.tool_calls if call["id"]}
            self.content = [_whole_block(block, calls) for block in self.content]

    @override
    def _summed(self, others: Sequence[BaseMessageChunk]) -> dict[str, Any]:
        values = super()._summed(others)
        chunks = [self, *(other for other in others if isinstance(other, AIMessageChunk))]
        values["id"] = best_id(other.id for other in (self, *others))
        if pieces := merge_lists(*(chunk.tool_call_chunks for chunk in chunks)):
            values["tool_call_chunks"] = [_piece(piece) for piece in pieces]
        usages = [chunk.usage_metadata for chunk in chunks if chunk.usage_metadata]
        if usages:
            values["usage_metadata"] = functools.reduce(add_usage, usages)
        if any(chunk.chunk_position == "last" for chunk in chunks):
            values["chunk_position"] = "last"
        return values


def add_ai_message_chunks(left: AIMessageChunk, *others: AIMessageChunk) -> AIMessageChunk:
    """Add up chunks in linear time; the same as `left + [*others]`.

    The id is the first one that a provider gave, else the first one that comes from a run.

    Example:
        >>> add_ai_message_chunks(*(AIMessageChunk(part) for part in "abc"))
        AIMessageChunk(content='abc')
    """
    return left + others


def _typed(call: Any, kind: str, keys: Iterable[str]) -> Any:
    """Return the call with its type, without keys that belong to typed blocks only."""
    if type(call) is not dict and not isinstance(call, Mapping):  # asking a dict takes longer
        return call
    return {**{key: call[key] for key in keys if key in call}, "type": kind}


def _piece(merged: dict[str, Any]) -> ToolCallChunk:
    return tool_call_chunk(
        name=merged.get("name"),
        args=merged.get("args"),
        id=merged.get("id"),
        index=merged.get("index"),
    )


def _whole_block(block: Any, calls: Mapping[Any, ToolCall]) -> Any:
    if not isinstance(block, dict):
        return block
    if block.get("type") == "tool_call_chunk" and block.get("id") in calls:
        extras = {"extras": block["extras"]} if "extras" in block else {}
        return {**calls[block["id"]], **extras}
    if block.get("type") in {"server_tool_call", "server_tool_call_chunk"}:
        with contextlib.suppress(TypeError, ValueError):
            args = json.loads(block.get("args") or "{}")
            if isinstance(args, dict):
                return {**block, "type": "server_tool_call", "args": args}
    return block


def _described(call: ToolCall | InvalidToolCall) -> Iterable[str]:
    yield f"  {call.get('name', 'Tool')} ({call.get('id')})"
    yield f" Call ID: {call.get('id')}"
    if error := call.get("error"):
        yield f"  Error: {error}"
    yield "  Args:"
    args = call.get("args")
    if isinstance(args, dict):
        yield from (f"    {name}: {value}" for name, value in args.items())
    elif args is not None:
        yield f"    {args}"
