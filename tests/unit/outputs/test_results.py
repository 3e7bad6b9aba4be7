"""Answers, pieces of answers, results."""

from __future__ import annotations

from uuid import uuid4

import pytest

from ferrule.messages import AIMessage, AIMessageChunk
from ferrule.outputs import (
    ChatGeneration,
    ChatGenerationChunk,
    ChatResult,
    Generation,
    GenerationChunk,
    LLMResult,
    RunInfo,
    merge_chat_generation_chunks,
)


def test_printed_as_promised():
    """A result prints its fields plainly, answers without their defaults."""
    output = {"model": "m", "stop_sequence": None}
    answer = AIMessage("1 + 2 = 3", response_metadata=output, id="run-1-0")
    result = LLMResult(generations=[[ChatGeneration(message=answer)]], llm_output=output)
    assert str(result) == (
        "generations=[[ChatGeneration(text='1 + 2 = 3', message=AIMessage(content='1 + 2 = 3', "
        "response_metadata={'model': 'm', 'stop_sequence': None}, id='run-1-0'))]] "
        "llm_output={'model': 'm', 'stop_sequence': None} run=None"
    )


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a", "a"),
        (["a", {"type": "text", "text": "b"}], "ab"),
        ([{"text": "a"}, {"type": "text", "text": "b"}, {"type": "image"}], "ab"),
    ],
)
def test_text_follows_from_the_message(content, text):
    """The text is the message's, and a plain string."""
    generation = ChatGeneration(message=AIMessage(content), text="ignored")
    assert generation.text == text
    assert type(generation.text) is str


def test_dump_keeps_the_kind_of_message():
    """A dump has the fields of the answer's own class."""
    call = {"name": "f", "args": {}, "id": "1", "type": "tool_call"}
    result = ChatResult(generations=[ChatGeneration(message=AIMessage("", tool_calls=[call]))])
    assert result.model_dump()["generations"][0]["message"]["tool_calls"] == [call]


def test_generations_add_up():
    """Texts and infos of pieces are merged, from lists as well."""
    parts = [GenerationChunk(text=t, generation_info={"log": [t]}) for t in "abc"]
    total = parts[0] + parts[1:]
    assert total == parts[0] + parts[1] + parts[2]
    assert total == GenerationChunk(text="abc", generation_info={"log": ["a", "b", "c"]})


def test_chat_generations_add_up():
    """Messages and infos of pieces are merged; no info stays none."""
    parts = [ChatGenerationChunk(message=AIMessageChunk(t)) for t in "abc"]
    total = merge_chat_generation_chunks(parts)
    assert (total.text, total.message, total.generation_info) == (
        "abc",
        AIMessageChunk("abc"),
        None,
    )


def test_no_chunks():
    """An empty stream has no sum."""
    assert merge_chat_generation_chunks([]) is None
    with pytest.raises(ValueError, match="at least one"):
        GenerationChunk.merge_chunks([])


@pytest.mark.parametrize(
    "chunk", [GenerationChunk(text="a"), ChatGenerationChunk(message=AIMessageChunk("a"))]
)
def test_adding_something_else_fails(chunk):
    """Only pieces of the same kind can be added."""
    with pytest.raises(TypeError):
        chunk + "b"
    with pytest.raises(TypeError):
        chunk + [5]  # noqa: RUF005  chunks are no lists


def test_flatten_counts_tokens_once():
    """Each prompt gets a result; only the first keeps the token usage."""
    output = {"token_usage": {"total": 3}, "model": "m"}
    result = LLMResult(
        generations=[[Generation(text="a")], [Generation(text="b")]], llm_output=output
    )
    first, second = result.flatten()
    assert first.llm_output == output
    assert second.llm_output == {"token_usage": {}, "model": "m"}
    assert [r.generations[0][0].text for r in (first, second)] == ["a", "b"]
    assert output["token_usage"] == {"total": 3}


def test_flatten_without_output():
    """Results without an output stay so, and no generations give no results."""
    assert LLMResult(generations=[[Generation(text="a")]] * 2).flatten()[1].llm_output is None
    assert LLMResult(generations=[]).flatten() == []


def test_equality_ignores_runs():
    """Two results of different runs with the same answers are equal."""
    one = LLMResult(generations=[[Generation(text="a")]], run=[RunInfo(run_id=uuid4())])
    other = LLMResult(generations=[[Generation(text="a")]])
    assert one == other
    assert one != LLMResult(generations=[[Generation(text="b")]])
    assert one != "a"


def test_results_restore_the_kind_of_generation():
    """A result that is built from generations keeps their classes."""
    chunk = ChatGenerationChunk(message=AIMessageChunk("a"))
    assert LLMResult(generations=[[chunk]]).generations[0][0] is chunk
