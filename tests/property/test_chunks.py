"""Laws of adding up chunks."""

from __future__ import annotations

import functools
import json
import operator
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies as st

from ferrule.messages import AIMessageChunk
from ferrule.messages.merge import merge_content
from ferrule.messages.partial_json import parse_partial_json
from ferrule.outputs import ChatGenerationChunk, GenerationChunk
from ferrule.runnables.addable import Total
from tests.support.work import calls_of

if TYPE_CHECKING:
    from collections.abc import Callable

texts = st.text(max_size=5)
optional = st.none() | texts
# An index per kind of block: pieces of one block have one type.
blocks = st.lists(
    st.builds(
        lambda index, text: {"type": "text", "text": text, "index": index},
        st.integers(0, 3),
        texts,
    ),
    max_size=3,
    unique_by=lambda block: block["index"],
)
pieces = st.lists(
    st.fixed_dictionaries(
        {"name": optional, "args": optional, "id": st.none(), "index": st.integers(0, 2)}
    ),
    max_size=3,
    unique_by=lambda piece: piece["index"],
)
counts = st.integers(0, 1000)
usages = st.none() | st.fixed_dictionaries(
    {"input_tokens": counts, "output_tokens": counts, "total_tokens": counts},
    optional={"input_token_details": st.dictionaries(st.sampled_from(["a", "b"]), counts)},
)
metadata = st.dictionaries(
    st.sampled_from(["x", "y"]), texts | st.dictionaries(st.sampled_from("pq"), texts), max_size=2
).map(lambda told: {f"{key}_{type(value).__name__}": value for key, value in told.items()})


def chunks_with(content):
    return st.builds(
        AIMessageChunk,
        content,
        tool_call_chunks=pieces,
        usage_metadata=usages,
        response_metadata=metadata,
        additional_kwargs=metadata,
        id=st.sampled_from([None, "lc_1", "lc_2", "run-1", "run-2", "msg_1", "msg_2"]),
        name=optional,
        chunk_position=st.sampled_from([None, "last"]),
    )


streams = st.one_of(
    st.lists(chunks_with(texts), min_size=1, max_size=6),
    st.lists(chunks_with(blocks), min_size=1, max_size=6),
    st.lists(chunks_with(blocks | st.just("")), min_size=1, max_size=6),
)


@given(streams.filter(lambda chunks: len(chunks) >= 3))
def test_addition_is_associative(chunks):
    """How a stream is grouped does not matter."""
    a, b, c = chunks[:3]
    assert (a + b) + c == a + (b + c)


@given(st.lists(chunks_with(texts | blocks), min_size=1, max_size=6))
def test_bulk_is_pairwise(chunks):
    """Adding a list, and merging all at once, are the sum from the left."""
    pairwise = functools.reduce(operator.add, chunks)
    if len(chunks) > 1:
        assert chunks[0] + chunks[1:] == pairwise
    assert AIMessageChunk.merge_chunks(chunks) == AIMessageChunk.merge_chunks([pairwise])


@given(chunks_with(texts | blocks))
def test_empty_text_adds_nothing(chunk):
    """A chunk that says nothing is neutral on both sides, but for an empty name."""
    nothing = AIMessageChunk("")
    assert (nothing + chunk).content == chunk.content
    assert (chunk + nothing).content == chunk.content


@given(streams)
def test_parts_are_not_written_to(chunks):
    """No chunk is changed by being added up."""
    before = [chunk.model_copy(deep=True) for chunk in chunks]
    AIMessageChunk.merge_chunks(chunks)
    assert chunks == before


@given(st.lists(chunks_with(texts), min_size=1, max_size=5))
def test_generation_chunks_follow_their_messages(chunks):
    """The sum of generation chunks holds the sum of their messages, and its text."""
    generations = [ChatGenerationChunk(message=chunk) for chunk in chunks]
    total = ChatGenerationChunk.merge_chunks(generations)
    assert total == functools.reduce(operator.add, generations)
    assert total.message == AIMessageChunk.merge_chunks([*chunks, AIMessageChunk("")])
    assert total.text == "".join(chunk.content for chunk in chunks)


@given(
    st.lists(
        st.builds(GenerationChunk, text=texts, generation_info=st.none() | metadata), min_size=1
    )
)
def test_text_generations_add_up_in_bulk(chunks):
    """Merging all at once is the sum from the left."""
    pairwise = functools.reduce(operator.add, chunks)
    assert GenerationChunk.merge_chunks(chunks).text == pairwise.text


@given(st.lists(st.text() | blocks, min_size=2))
def test_content_in_bulk_is_pairwise(contents):
    """Joining all contents at once is joining them one by one."""
    assert merge_content(*contents) == functools.reduce(merge_content, contents)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values), st.data())
def test_any_beginning_of_an_object_can_be_read(value, data):
    """Each beginning of a JSON object, from its brace on, is read as an object of known keys."""
    text = json.dumps(value)
    cut = data.draw(st.integers(1, len(text)))
    read = parse_partial_json(text[:cut])
    assert set(read) <= set(value)


def running_total(chunks):
    total = Total()
    for chunk in chunks:
        total.take(chunk)
    return total.value


def pairwise(chunks):
    return functools.reduce(operator.add, chunks)


def calls_for(add: Callable[..., object], number: int, **parts: object) -> int:
    """How many calls it takes to add up so many chunks."""
    chunks = [AIMessageChunk._trusted(content="token ", **parts) for _ in range(number)]
    return calls_of(lambda: add(chunks))


# Every sum has its tool calls, so that pairwise sums read the arguments again and again.
@pytest.mark.parametrize("add", [AIMessageChunk.merge_chunks, running_total])
def test_adding_up_tool_calls_is_linear(add):
    """Four times the chunks of a tool call take about four times the calls."""
    piece = {"name": None, "args": '["x"], ', "id": None, "index": 0}
    few, many = (calls_for(add, number, tool_call_chunks=[piece]) for number in (1_000, 4_000))
    assert many < 4.5 * few


@pytest.mark.parametrize("add", [AIMessageChunk.merge_chunks, running_total, pairwise])
def test_adding_up_text_is_linear(add):
    """Four times the chunks of a text take about four times the calls, pairwise as well."""
    assert calls_for(add, 4_000) < 4.5 * calls_for(add, 1_000)
