"""Tests of `TextChunks`, which makes the chunks of a stream of texts."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from ferrule.language_models import FakeListChatModel, GenericFakeChatModel, TextChunks
from ferrule.messages import AIMessage, AIMessageChunk
from ferrule.outputs import ChatGenerationChunk

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize("message_id", [None, "m1"])
@pytest.mark.parametrize("has_end", [False, True])
def test_chunks_are_those_of_the_public_constructors(message_id: str | None, has_end: bool) -> None:
    """Fields, their order, the set of given ones and the extras are the same."""
    texts = ["one", "", "two"]
    given: list[dict[str, Any]] = [{"content": text} for text in texts]
    for fields in given:
        if message_id is not None:
            fields["id"] = message_id
    if has_end:
        given[-1]["chunk_position"] = "last"
    expected = [ChatGenerationChunk(message=AIMessageChunk(**fields)) for fields in given]
    chunks = list(TextChunks(texts, message_id=message_id, has_end=has_end))
    assert chunks == expected
    for chunk, other in zip(chunks, expected, strict=True):
        for ours, theirs in [(chunk, other), (chunk.message, other.message)]:
            assert list(vars(ours).items()) == list(vars(theirs).items())
            assert ours.model_fields_set == theirs.model_fields_set
            assert ours.model_extra == theirs.model_extra


def test_texts_are_read_one_at_a_time() -> None:
    """No text is read before its chunk is asked for."""
    read: list[str] = []

    def texts() -> Iterator[str]:
        for text in "ab":
            read.append(text)
            yield text

    chunks = TextChunks(texts())
    assert not read
    assert next(chunks).text == "a"
    assert read == ["a"]


def test_text_that_is_none() -> None:
    """What is no text is refused by name, and does not end the texts."""
    texts: list[Any] = ["a", 5, "b"]
    chunks = TextChunks(texts)
    assert next(chunks).text == "a"
    with pytest.raises(TypeError, match="not of 5"):
        next(chunks)
    assert [chunk.text for chunk in chunks] == ["b"]


def test_end_needs_a_number_of_texts() -> None:
    """Which text of an iterator is the last cannot be told beforehand."""
    with pytest.raises(TypeError, match="pass a list"):
        TextChunks(iter("ab"), has_end=True)


def test_error_of_the_texts() -> None:
    """It crosses untouched, and ends the chunks as it ends what raised it."""

    def texts() -> Iterator[str]:
        yield "a"
        raise LookupError("broken")

    chunks = TextChunks(texts())
    assert next(chunks).text == "a"
    with pytest.raises(LookupError, match="broken"):
        next(chunks)
    assert list(chunks) == []


def test_close_closes_the_texts() -> None:
    """A generator of texts gets to clean up."""
    closed: list[bool] = []

    def texts() -> Iterator[str]:
        try:
            yield "a"
        finally:
            closed.append(True)

    chunks = TextChunks(texts())
    next(chunks)
    chunks.close()
    assert closed == [True]
    assert list(chunks) == []


def test_texts_that_read_their_own_chunks() -> None:
    """Reading within reading is refused, as generators refuse it."""

    def texts() -> Iterator[str]:
        yield "a"
        yield next(chunks).text

    chunks = TextChunks(texts())
    next(chunks)
    with pytest.raises(ValueError, match="already being read"):
        next(chunks)


def test_chunk_with_a_weak_reference_is_let_go() -> None:
    """Who waits for the end of a chunk hears of it."""
    gone: list[str] = []
    for part in ("chunk", "message"):
        chunks = TextChunks("abcd")
        first = next(chunks)
        watched = first if part == "chunk" else first.message
        reference = weakref.ref(watched, lambda _, part=part: gone.append(part))
        del first, watched
        assert [next(chunks).text for _ in "bc"] == ["b", "c"]
        gc.collect()
        assert reference() is None
        assert next(chunks).text == "d"
    assert gone == ["chunk", "message"]


def test_chunks_do_not_outlive_the_reading() -> None:
    """At the end the chunks belong to the reader alone."""
    chunks = TextChunks("ab")
    references = [weakref.ref(chunk) for chunk in chunks]
    gc.collect()
    assert [reference() for reference in references] == [None, None]


@pytest.mark.parametrize(
    "model",
    [
        FakeListChatModel(responses=["abcdef"]),
        GenericFakeChatModel(messages=iter([AIMessage("a b c d")])),
    ],
    ids=lambda model: type(model).__name__,
)
def test_stream_of_which_every_other_message_is_kept(model: Any) -> None:
    """What is kept stays as it was handed out; all of it is the answer."""
    kept, told = [], []
    for number, message in enumerate(model.stream("q")):
        told.append((message.content, message.id, message.chunk_position))
        if number % 2:
            kept.append(message)
    assert len({id(message) for message in kept}) == len(kept)
    assert [(m.content, m.id, m.chunk_position) for m in kept] == told[1::2]
    assert len({message_id for _, message_id, _ in told}) == 1
    assert [position for *_, position in told] == [None] * (len(told) - 1) + ["last"]
