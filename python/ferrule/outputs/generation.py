"""`Generation`: one answer of a model that writes text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from typing_extensions import Self, override

from ferrule.load.serializable import Serializable
from ferrule.messages.merge import merge_dicts

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Generation", "GenerationChunk"]


class Generation(Serializable):
    """One answer of a model that writes text.

    Example:
        >>> Generation(text="3")
        Generation(text='3')
    """

    text: str
    """The answer."""
    generation_info: dict[str, Any] | None = None
    """What the provider told about it, such as the finish reason."""
    type: Literal["Generation"] = "Generation"

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return True

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "schema", "output"]


class GenerationChunk(Generation):
    """A piece of an answer; pieces are added up to the whole.

    `chunk + chunk` and `chunk + [chunk, ...]` give a new chunk; the latter in linear time.

    Example:
        >>> GenerationChunk(text="1 + 2") + GenerationChunk(text=" = 3")
        GenerationChunk(text='1 + 2 = 3')
    """

    def __add__(self, other: GenerationChunk | Sequence[GenerationChunk]) -> Self:
        if isinstance(other, GenerationChunk):
            other = (other,)
        if not isinstance(other, (list, tuple)) or not all(
            isinstance(chunk, GenerationChunk) for chunk in other
        ):
            return NotImplemented
        return self._trusted(
            text="".join((self.text, *(chunk.text for chunk in other))),
            generation_info=merged_info(self, other),
        )

    @classmethod
    def merge_chunks(cls, chunks: Sequence[GenerationChunk]) -> GenerationChunk:
        """Add up the chunks of one stream in linear time.

        Raises:
            ValueError: If there are no chunks.
        """
        if not chunks:
            msg = f"{cls.__name__}.merge_chunks() needs at least one chunk."
            raise ValueError(msg)
        return chunks[0] + list(chunks[1:])


def merged_info(first: Generation, others: Sequence[Generation]) -> dict[str, Any] | None:
    """Return what the provider told in all pieces together, `None` if nothing."""
    told = [piece.generation_info for piece in (first, *others) if piece.generation_info]
    return merge_dicts(*told) if told else None
