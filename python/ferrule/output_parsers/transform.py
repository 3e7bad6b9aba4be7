"""Parsers that work on a stream: chunk by chunk, or on all the text so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule.messages import BaseMessage, BaseMessageChunk
from ferrule.output_parsers.base import BaseOutputParser, T, as_generation
from ferrule.outputs import ChatGenerationChunk, GenerationChunk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ferrule.runnables.config import RunnableConfig


class BaseTransformOutputParser(BaseOutputParser[T]):
    """A parser that hands out one value for each chunk that comes in."""

    def transform(
        self,
        input: Iterator[Any],
        config: RunnableConfig | None = None,
        **kwargs: Any,  # noqa: ARG002  name fixed by the Runnable protocol
    ) -> Iterator[T]:
        """Parse a stream of text or message chunks, in one run of type "parser"."""
        return self._transform_stream_with_config(input, self._transform, config, run_type="parser")

    def atransform(
        self,
        input: AsyncIterator[Any],
        config: RunnableConfig | None = None,
        **kwargs: Any,  # noqa: ARG002  name fixed by the Runnable protocol
    ) -> AsyncIterator[T]:
        """Do as `transform` does, over an async stream."""
        return self._atransform_stream_with_config(
            input, self._atransform, config, run_type="parser"
        )

    def _transform(self, input: Iterator[Any]) -> Iterator[T]:
        for chunk in input:
            yield self.parse_result([as_generation(chunk)])

    async def _atransform(self, input: AsyncIterator[Any]) -> AsyncIterator[T]:
        async for chunk in input:
            yield await self.aparse_result([as_generation(chunk)])


class BaseCumulativeTransformOutputParser(BaseTransformOutputParser[T]):
    """A parser that reads all the text so far each time a chunk comes in.

    Hands out a value only when it differs from the one before; text that makes no value yet
    (`parse_result(…, partial=True)` returns None) is waited out.
    """

    diff: bool = False
    """Whether a stream holds the changes from value to value instead of the values."""

    def _diff(self, prev: T | None, next: T) -> T:
        msg = f"{type(self).__name__} cannot stream differences; leave `diff` False."
        raise NotImplementedError(msg)

    def _transform(self, input: Iterator[Any]) -> Iterator[Any]:
        seen, last = None, None
        for chunk in input:
            seen = _grown(seen, chunk)
            value = self.parse_result([seen], partial=True)
            if value is not None and value != last:
                yield self._diff(last, value) if self.diff else value
                last = value

    async def _atransform(self, input: AsyncIterator[Any]) -> AsyncIterator[Any]:
        seen, last = None, None
        async for chunk in input:
            seen = _grown(seen, chunk)
            value = await self.aparse_result([seen], partial=True)
            if value is not None and value != last:
                yield (await self._settle(self._diff, last, value)) if self.diff else value
                last = value


def _grown(seen: Any, chunk: Any) -> ChatGenerationChunk | GenerationChunk:
    """Add a chunk to what was seen before."""
    piece: ChatGenerationChunk | GenerationChunk
    if isinstance(chunk, BaseMessage):
        if not isinstance(chunk, BaseMessageChunk):
            # A whole message in a stream: from here on it must be able to grow.
            chunk = BaseMessageChunk(**chunk.model_dump())
        piece = ChatGenerationChunk(message=chunk)
    else:
        piece = GenerationChunk(text=as_generation(chunk).text)
    total: ChatGenerationChunk | GenerationChunk = piece if seen is None else seen + piece
    return total
