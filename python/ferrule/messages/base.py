"""`BaseMessage` and `BaseMessageChunk`: what all messages and all pieces of messages share."""

from __future__ import annotations

import functools
import operator
import sys
import warnings
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, cast, overload

from pydantic import ConfigDict, Field
from typing_extensions import Self, override

from ferrule._lazy import later
from ferrule.load.serializable import Serializable
from ferrule.messages.listed import check_listed
from ferrule.messages.merge import merge_content, merge_dicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ferrule.messages.content import ContentBlock
    from ferrule.prompts.chat import ChatPromptTemplate

__all__ = [
    "BaseMessage",
    "BaseMessageChunk",
    "MessageLikeRepresentation",
    "TextAccessor",
    "get_msg_title_repr",
    "message_to_dict",
    "messages_to_dict",
]

_TITLE_WIDTH = 80

# Prompts lie above messages; a message meets them only when one is added to something. Typed blocks
# are loaded when somebody reads them.
_later = later(
    __name__,
    {
        "ferrule.messages.blocks": "to_content_blocks",
        "ferrule.prompts": "ChatPromptTemplate",
    },
)


class TextAccessor(str):
    """The text of a message: a `str` that can still be called, as older code does."""

    __slots__ = ()

    def __call__(self) -> str:
        """Return the text, with a deprecation warning."""
        warnings.warn(
            "Message.text is a property: read `message.text` instead of calling it.",
            DeprecationWarning,
            stacklevel=2,
        )
        return str(self)


class BaseMessage(Serializable):
    """A message of a conversation with a model.

    Further keyword arguments are kept as fields of their own. Messages are equal when class and
    fields are.
    """

    content: str | list[str | dict[Any, Any]]
    """What is said: text, or a list of texts and content blocks."""
    additional_kwargs: dict[Any, Any] = Field(default_factory=dict)
    """Whatever else the provider sent or wants to receive with the message."""
    response_metadata: dict[Any, Any] = Field(default_factory=dict)
    """What the provider told about the answer: model, finish reason, log probabilities."""
    type: str
    """Which kind of message this is; the key under which it is stored and restored."""
    name: str | None = None
    """Who speaks, where the provider supports it."""
    id: str | None = Field(default=None, coerce_numbers_to_str=True)
    """What identifies the message, best chosen by the provider."""

    model_config = ConfigDict(extra="allow")

    @overload
    def __init__(self, content: str | list[str | dict[Any, Any]], **kwargs: Any) -> None: ...
    @overload
    def __init__(
        self,
        content: str | list[str | dict[Any, Any]] | None = None,
        content_blocks: list[ContentBlock] | None = None,
        **kwargs: Any,
    ) -> None: ...
    def __init__(
        self,
        content: str | list[str | dict[Any, Any]] | None = None,
        content_blocks: list[ContentBlock] | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the content by position, or typed blocks by the name `content_blocks`."""
        given = content if content_blocks is None else checked_blocks(content_blocks)
        super().__init__(content=given, **kwargs)

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return True

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "schema", "messages"]

    @property
    def content_blocks(self) -> list[ContentBlock]:
        """The content as typed blocks that are the same for all providers.

        Blocks of a form that is not known become `non_standard` blocks.
        """
        blocks: list[ContentBlock] = _later("to_content_blocks")(self.content)
        return blocks

    @property
    def text(self) -> TextAccessor:
        """The text of the content: texts and text blocks, joined without separator."""
        content = self.content
        if isinstance(content, str):
            return TextAccessor(content)
        return TextAccessor("".join(_texts(content)))

    def __add__(self, other: Any) -> ChatPromptTemplate:
        """Begin a prompt with this message."""
        prompt = _later("ChatPromptTemplate")(messages=[self])
        return cast("ChatPromptTemplate", prompt + other)

    def pretty_repr(self, html: bool = False) -> str:
        """Return the message under a heading, for people to read.

        Args:
            html: Whether to make the heading bold with terminal escapes.
        """
        title = get_msg_title_repr(self.type.title() + " Message", bold=html)
        if self.name is not None:
            title += f"\nName: {self.name}"
        return f"{title}\n\n{self.content}"

    def pretty_print(self) -> None:
        """Print `pretty_repr()`, with bold headings in an interactive session."""
        print(self.pretty_repr(html=hasattr(sys, "ps1")))  # noqa: T201  that is the job


MessageLikeRepresentation: TypeAlias = (
    BaseMessage | list[str] | tuple[str, str | list[str | dict[str, Any]]] | str | dict[str, Any]
)
"""What stands for a message: itself, its text, role and content, or a dictionary of both."""


class BaseMessageChunk(BaseMessage):
    """A piece of a message that is being streamed; pieces are added up to the whole.

    `chunk + chunk` and `chunk + [chunk, ...]` give a new chunk of the left one's class. Adding a
    list is linear in the number of chunks; adding one by one is not.
    """

    _joins_by: ClassVar[str] = ""

    @override
    def __add__(self, other: Any) -> Self:  # type: ignore[override]
        if isinstance(other, BaseMessageChunk):
            return self._joined((other,))
        if isinstance(other, (list, tuple)) and all(
            isinstance(chunk, BaseMessageChunk) for chunk in other
        ):
            return self._joined(other)
        return NotImplemented

    @classmethod
    def merge_chunks(cls, chunks: Sequence[BaseMessageChunk]) -> BaseMessageChunk:
        """Add up the chunks of one stream in linear time.

        Chunks of a class that brings its own `+` are added one by one with it.

        Raises:
            ValueError: If there are no chunks, or they belong to different messages.

        Example:
            >>> from ferrule.messages import AIMessageChunk
            >>> AIMessageChunk.merge_chunks([AIMessageChunk("a"), AIMessageChunk("b")])
            AIMessageChunk(content='ab')
        """
        if not chunks:
            msg = f"{cls.__name__}.merge_chunks() needs at least one chunk."
            raise ValueError(msg)
        if type(chunks[0]).__add__ is not BaseMessageChunk.__add__:
            return functools.reduce(operator.add, chunks)
        return chunks[0] + chunks[1:]

    def _joined(self, others: Sequence[BaseMessageChunk]) -> Self:
        """Return the sum of this chunk and those after it."""
        return self._trusted(**self._summed(others))

    def _summed(self, others: Sequence[BaseMessageChunk]) -> dict[str, Any]:
        """Return the fields of the sum; classes with further fields add theirs."""
        values: dict[str, Any] = {
            "content": merge_content(self.content, *(o.content for o in others)),
            "additional_kwargs": merge_dicts(
                self.additional_kwargs, *(o.additional_kwargs for o in others)
            ),
            "response_metadata": merge_dicts(
                self.response_metadata, *(o.response_metadata for o in others)
            ),
            "id": self.id,
        }
        name = next((c.name for c in (self, *others) if c.name is not None), None)
        if name is not None:
            values["name"] = name
        if self._joins_by:
            values[self._joins_by] = self._common(self._joins_by, others)
        return values

    def _common(self, field: str, others: Iterable[BaseMessageChunk]) -> Any:
        mine = getattr(self, field)
        for other in others:
            theirs = getattr(other, field, mine)
            if theirs != mine:
                msg = (
                    f"Cannot add {type(other).__name__} to {type(self).__name__}: their {field} "
                    f"differs ({theirs!r} and {mine!r}), so they are pieces of different messages."
                )
                raise ValueError(msg)
        return mine


def checked_blocks(content_blocks: Any) -> Sequence[dict[Any, Any]]:
    """Return typed blocks as they are given.

    Raises:
        TypeError: If they are no list, or something else is among them.
    """
    if not isinstance(content_blocks, (list, tuple)):
        problem = f"got {content_blocks!r} ({type(content_blocks).__name__})"
    else:
        wrong = [block for block in content_blocks if not isinstance(block, dict)]
        if not wrong:
            return content_blocks
        problem = f"one of them is {wrong[0]!r} ({type(wrong[0]).__name__})"
    msg = f"content_blocks is a list of dicts, each with a 'type'; {problem}. Text is `content`."
    raise TypeError(msg)


def _texts(content: list[str | dict[Any, Any]]) -> Iterable[str]:
    for block in content:
        if isinstance(block, str):
            yield block
        elif block.get("type") == "text" and isinstance(block.get("text"), str):
            yield block["text"]


def message_to_dict(message: BaseMessage) -> dict[str, Any]:
    """Return the message as a dictionary that `messages_from_dict` turns back.

    Raises:
        TypeError: If it is no message.

    Example:
        >>> from ferrule.messages import HumanMessage
        >>> stored = message_to_dict(HumanMessage("Hi"))
        >>> stored["type"], stored["data"]["content"]
        ('human', 'Hi')
    """
    given: Any = message
    if not isinstance(given, BaseMessage):
        msg = f"Only messages can be made dictionaries of, not {given!r} ({type(given).__name__})."
        raise TypeError(msg)
    return {"type": message.type, "data": message.model_dump()}


def messages_to_dict(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """Return the messages as dictionaries that `messages_from_dict` turns back.

    Raises:
        TypeError: If it is no list of messages.
    """
    check_listed(messages, "messages")
    return [message_to_dict(message) for message in messages]


def get_msg_title_repr(title: str, *, bold: bool = False) -> str:
    """Return `title` centred in a line of equals signs.

    Example:
        >>> get_msg_title_repr("Ai Message")
        '================================== Ai Message =================================='
    """
    padded = f" {title} "
    left = "=" * ((_TITLE_WIDTH - len(padded)) // 2)
    right = left + "=" * (len(padded) % 2)
    return f"{left}\033[1m{padded}\033[0m{right}" if bold else f"{left}{padded}{right}"
