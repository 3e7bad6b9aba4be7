"""`ChatGeneration`: one answer of a model that writes messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import model_validator
from typing_extensions import Self, override

from ferrule.load.late_type import SerializesAsItself
from ferrule.load.trusted import complete
from ferrule.messages.base import BaseMessage, BaseMessageChunk
from ferrule.outputs.generation import Generation, merged_info

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ChatGeneration", "ChatGenerationChunk", "merge_chat_generation_chunks", "text_of"]


class ChatGeneration(Generation):
    """One answer of a model that writes messages; `text` follows from the message.

    Example:
        >>> from ferrule.messages import AIMessage
        >>> ChatGeneration(message=AIMessage("3"))
        ChatGeneration(text='3', message=AIMessage(content='3'))
    """

    text: str = ""
    """The message's text. Always taken from the message: a text that is passed is replaced."""
    message: Annotated[BaseMessage, SerializesAsItself()]
    """The answer."""
    type: Literal["ChatGeneration"] = "ChatGeneration"  # type: ignore[assignment]

    _derived_from: ClassVar[frozenset[str]] = frozenset({"message"})
    _taken_over: ClassVar[tuple[str, str, str] | None] = ("text", "message", "content")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        complete(self)
        return self

    @override
    def _derive(self) -> None:
        # What `self.text = ...` does, without pydantic's way of finding that out.
        vars(self)["text"] = text_of(self.message)
        self.model_fields_set.add("text")


class ChatGenerationChunk(ChatGeneration):
    """A piece of an answer; pieces are added up to the whole.

    `chunk + chunk` and `chunk + [chunk, ...]` give a new chunk; the latter in linear time.
    """

    message: Annotated[BaseMessageChunk, SerializesAsItself()]  # pyright: ignore[reportIncompatibleVariableOverride]
    """The piece of the answer."""
    type: Literal["ChatGenerationChunk"] = "ChatGenerationChunk"  # type: ignore[assignment]

    def __add__(self, other: ChatGenerationChunk | Sequence[ChatGenerationChunk]) -> Self:
        if isinstance(other, ChatGenerationChunk):
            other = (other,)
        if not isinstance(other, (list, tuple)) or not all(
            isinstance(chunk, ChatGenerationChunk) for chunk in other
        ):
            return NotImplemented
        return self._trusted(
            message=BaseMessageChunk.merge_chunks(
                [self.message, *(chunk.message for chunk in other)]
            ),
            generation_info=merged_info(self, other),
        )

    @classmethod
    def merge_chunks(cls, chunks: Sequence[ChatGenerationChunk]) -> ChatGenerationChunk:
        """Add up the chunks of one stream in linear time.

        Raises:
            ValueError: If there are no chunks.
        """
        if not chunks:
            msg = f"{cls.__name__}.merge_chunks() needs at least one chunk."
            raise ValueError(msg)
        return chunks[0] + list(chunks[1:])


def merge_chat_generation_chunks(chunks: list[ChatGenerationChunk]) -> ChatGenerationChunk | None:
    """Add up the chunks of one stream in linear time; `None` if there are none."""
    return ChatGenerationChunk.merge_chunks(chunks) if chunks else None


def text_of(message: BaseMessage) -> str:
    """Return the text that a generation of this message has."""
    content = message.content
    if isinstance(content, str):
        return content
    # Before blocks had types, any block with a text counted as text.
    if any(
        isinstance(block, dict) and "text" in block and not block.get("type") for block in content
    ):
        return "".join(
            block if isinstance(block, str) else block.get("text", "")
            for block in content
            if isinstance(block, str) or block.get("type") in {None, "text"}
        )
    return str(message.text)
