"""Answers and pieces of answers."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ferrule.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessageChunk,
    HumanMessageChunk,
    ToolMessageChunk,
    add_ai_message_chunks,
    invalid_tool_call,
    message_chunk_to_message,
)
from ferrule.messages.chat import ChatMessageChunk
from ferrule.messages.function import FunctionMessageChunk


def piece(args, index=0, **fields):
    return {"name": None, "id": None, "args": args, "index": index, **fields}


def test_tool_calls_get_their_type():
    """A tool call is completed by its type, and foreign keys are dropped."""
    answer = AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "1", "extras": {}}])
    assert answer.tool_calls == [{"name": "f", "args": {}, "id": "1", "type": "tool_call"}]


def test_tool_call_without_id_is_refused():
    """The error says which field of which call is missing."""
    with pytest.raises(ValidationError, match=r"tool_calls\.0\.id"):
        AIMessage("", tool_calls=[{"name": "f", "args": {}}])


def test_calls_in_openai_form_are_read():
    """Calls under `additional_kwargs` become tool calls, unreadable ones invalid calls."""
    raw = [
        {"id": "1", "function": {"name": "f", "arguments": '{"a": 1}'}},
        {"id": "2", "function": {"name": "g", "arguments": "{"}},
    ]
    answer = AIMessage("", additional_kwargs={"tool_calls": raw})
    assert [call["args"] for call in answer.tool_calls] == [{"a": 1}]
    assert [call["args"] for call in answer.invalid_tool_calls] == ["{"]


def test_calls_in_another_form_are_left_alone():
    """What is not in OpenAI's form stays in `additional_kwargs` only."""
    answer = AIMessage("", additional_kwargs={"tool_calls": [5]})
    assert answer.tool_calls == []
    assert answer.additional_kwargs == {"tool_calls": [5]}


def test_blocks_become_tool_calls():
    """Tool calls among typed blocks are tool calls of the message."""
    block = {"type": "tool_call", "name": "f", "args": {}, "id": "1"}
    assert AIMessage(content_blocks=[block]).tool_calls == [block]


def test_validation_does_not_write_to_its_input():
    """The dictionaries that an answer is validated from stay as they are."""
    given = {"content": "", "tool_calls": [{"name": "f", "args": {}, "id": "1"}]}
    AIMessage.model_validate(given)
    assert given == {"content": "", "tool_calls": [{"name": "f", "args": {}, "id": "1"}]}


def test_pretty_repr_lists_calls():
    """Calls and invalid calls are listed with their arguments."""
    answer = AIMessage(
        "",
        tool_calls=[{"name": "f", "args": {"a": 1}, "id": "1"}],
        invalid_tool_calls=[{"name": "g", "args": "{", "id": "2", "error": "cut"}],
    )
    shown = answer.pretty_repr()
    assert "Tool Calls:\n  f (1)\n Call ID: 1\n  Args:\n    a: 1" in shown
    assert "Invalid Tool Calls:\n  g (2)\n Call ID: 2\n  Error: cut\n  Args:\n    {" in shown


def test_pieces_of_calls_add_up():
    """Pieces of one index become one call, whose arguments are read as far as they go."""
    total = AIMessageChunk("", tool_call_chunks=[piece('{"a": ', name="f", id="1")])
    total += AIMessageChunk("", tool_call_chunks=[piece('"x', 0)])
    assert total.tool_calls == [{"name": "f", "args": {"a": "x"}, "id": "1", "type": "tool_call"}]
    assert total.tool_call_chunks[0]["args"] == '{"a": "x'


def test_calls_of_one_index_with_different_ids_stay_apart():
    """A piece without id continues the latest call of its index."""
    chunks = [
        AIMessageChunk("", tool_call_chunks=[piece("{", id="1", name="f")]),
        AIMessageChunk("", tool_call_chunks=[piece('{"b"', id="2", name="g")]),
        AIMessageChunk("", tool_call_chunks=[piece(": 1}")]),
    ]
    total = chunks[0] + chunks[1:]
    assert [(call["id"], call["args"]) for call in total.tool_calls] == [
        ("1", {}),
        ("2", {"b": 1}),
    ]


def test_unreadable_pieces_are_invalid_calls():
    """Arguments that are no JSON object make an invalid call."""
    chunk = AIMessageChunk("", tool_call_chunks=[piece("[1]", name="f"), piece("}", 1)])
    assert chunk.tool_calls == []
    assert [call["args"] for call in chunk.invalid_tool_calls] == ["[1]", "}"]


def test_whole_calls_become_pieces():
    """A chunk that is given calls can be added to others."""
    chunk = AIMessageChunk("", tool_calls=[{"name": "f", "args": {"a": 1}, "id": "1"}])
    assert chunk.tool_call_chunks[0]["args"] == '{"a": 1}'


def test_usage_adds_up():
    """Token counts are summed, details included."""
    usage = {
        "input_tokens": 1,
        "output_tokens": 2,
        "total_tokens": 3,
        "input_token_details": {"cache_read": 1},
    }
    chunk = AIMessageChunk("", usage_metadata=usage)
    total = chunk + [AIMessageChunk("x"), chunk]  # noqa: RUF005  chunks are no lists
    assert total.usage_metadata == {
        "input_tokens": 2,
        "output_tokens": 4,
        "total_tokens": 6,
        "input_token_details": {"cache_read": 2},
    }
    assert usage["input_tokens"] == 1


@pytest.mark.parametrize(
    ("ids", "best"),
    [
        ([None, "lc_1", "run-1", "msg_1", "msg_2"], "msg_1"),
        (["lc_1", "run-1", "run-2"], "run-1"),
        (["lc_1", "lc_run-1"], "lc_run-1"),
        (["lc_1", "lc_2"], "lc_1"),
        ([None, None], None),
    ],
)
def test_best_id_wins(ids, best):
    """The id of a sum is the first one of the best origin."""
    chunks = [AIMessageChunk("", id=id_) for id_ in ids]
    assert add_ai_message_chunks(*chunks).id == best


def test_sum_keeps_name_and_position():
    """The speaker's name and the end of the stream survive a sum."""
    total = AIMessageChunk("a", name="bot") + AIMessageChunk("b", chunk_position="last")
    assert (total.name, total.chunk_position) == ("bot", "last")


def test_sum_writes_to_no_part():
    """Adding leaves the parts as they were."""
    left = AIMessageChunk([{"type": "text", "text": "a", "index": 0}], response_metadata={"k": {}})
    right = AIMessageChunk(
        [{"type": "text", "text": "b", "index": 0}], response_metadata={"k": {"x": "y"}}
    )
    before = left.model_copy(deep=True), right.model_copy(deep=True)
    left + right
    assert (left, right) == before


def test_other_chunks_add_content_only():
    """A chunk of another kind adds its content; calls and usage of the left one stay."""
    left = AIMessageChunk("a", tool_call_chunks=[piece("{}", name="f")])
    total = left + HumanMessageChunk("b")
    assert isinstance(total, AIMessageChunk)
    assert total.content == "ab"
    assert total.tool_calls == left.tool_calls


def test_adding_something_else_fails():
    """Only chunks and lists of chunks can be added."""
    with pytest.raises(TypeError):
        AIMessageChunk("a") + "b"
    with pytest.raises(TypeError):
        AIMessageChunk("a") + ["b"]  # noqa: RUF005  chunks are no lists


@pytest.mark.parametrize(
    ("left", "right", "field"),
    [
        (
            ToolMessageChunk("a", tool_call_id="1"),
            ToolMessageChunk("b", tool_call_id="2"),
            "tool_call_id",
        ),
        (ChatMessageChunk("a", role="x"), ChatMessageChunk("b", role="y"), "role"),
        (FunctionMessageChunk("a", name="x"), FunctionMessageChunk("b", name="y"), "name"),
    ],
)
def test_pieces_of_different_messages_do_not_add_up(left, right, field):
    """Pieces that belong to different messages are refused, naming what differs."""
    with pytest.raises(ValueError, match=field):
        left + right


def test_tool_results_add_up():
    """Content, artifact and status of a tool's result are merged, also from a list."""
    parts = [
        ToolMessageChunk("a", tool_call_id="1", artifact={"x": [1]}),
        ToolMessageChunk("b", tool_call_id="1", artifact={"x": [2]}, status="error"),
        ToolMessageChunk("c", tool_call_id="1"),
    ]
    total = parts[0] + parts[1:]
    assert (total.content, total.artifact, total.status) == ("abc", {"x": [1, 2]}, "error")


def test_merge_chunks_needs_chunks():
    """An empty stream has no sum."""
    with pytest.raises(ValueError, match="at least one"):
        AIMessageChunk.merge_chunks([])


def test_merge_chunks_respects_an_own_addition():
    """Chunks of a class that brings its own `+` are added with it."""

    class Counted(AIMessageChunk):
        def __add__(self, other):
            return Counted(f"{self.content}|{other.content}")

    total = BaseMessageChunk.merge_chunks([Counted("a"), Counted("b"), Counted("c")])
    assert total.content == "a|b|c"


def test_last_chunk_completes_typed_content():
    """At the end of the stream, pieces of calls in typed content become calls."""
    chunk = AIMessageChunk(
        [
            {"type": "tool_call_chunk", "id": "1", "name": "f", "args": '{"a": 1}', "index": 0},
            {"type": "server_tool_call_chunk", "id": "2", "name": "s", "args": '{"b": 2}'},
        ],
        tool_call_chunks=[piece('{"a": 1}', name="f", id="1")],
        response_metadata={"output_version": "v1"},
        chunk_position="last",
    )
    assert chunk.content == [
        {"type": "tool_call", "id": "1", "name": "f", "args": {"a": 1}},
        {"type": "server_tool_call", "id": "2", "name": "s", "args": {"b": 2}},
    ]


def test_chunk_becomes_message():
    """A sum of chunks becomes a message without the fields of chunks."""
    chunk = AIMessageChunk("a", tool_call_chunks=[piece("{}", name="f", id="1")], mood="good")
    message = message_chunk_to_message(chunk)
    assert message == AIMessage("a", tool_calls=[{"name": "f", "args": {}, "id": "1"}], mood="good")


CUT = '{"path": "reports/20'


def test_cut_off_call_is_invalid_in_the_last_chunk():
    """Arguments are read as far as they go, but not any more where the stream has ended."""
    chunk = AIMessageChunk("", tool_call_chunks=[piece(CUT, name="rm", id="1")])
    assert chunk.tool_calls[0]["args"] == {"path": "reports/20"}
    total = chunk + AIMessageChunk("", chunk_position="last")
    assert total.tool_calls == []
    assert total.invalid_tool_calls == [invalid_tool_call(name="rm", args=CUT, id="1")]


def test_cut_off_call_is_invalid_in_the_message():
    """A message has no call with half of its arguments, also if no chunk was marked as the last."""
    pieces = [piece(CUT, name="rm", id="1"), piece("{}", name="ls", id="2", index=1)]
    message = message_chunk_to_message(AIMessageChunk("", tool_call_chunks=pieces))
    assert [call["name"] for call in message.tool_calls] == ["ls"]
    assert message.invalid_tool_calls == [invalid_tool_call(name="rm", args=CUT, id="1")]
    assert AIMessage.model_validate(message.model_dump()) == message


def test_chunk_with_line_breaks_in_its_arguments_is_whole():
    """What a stream reads as complete stays a call at its end."""
    chunk = AIMessageChunk("", tool_call_chunks=[piece('{"a": "1\n2"}', name="f", id="1")])
    assert message_chunk_to_message(chunk).tool_calls == chunk.tool_calls
    assert chunk.tool_calls[0]["args"] == {"a": "1\n2"}


def test_calls_that_a_chunk_was_given_stay_in_its_message():
    """Calls that somebody set on a sum are those of the message."""
    chunk = AIMessageChunk("", tool_call_chunks=[piece("{}", name="f", id="1")])
    chunk.tool_calls = []
    assert message_chunk_to_message(chunk).tool_calls == []


def test_message_is_its_own_message():
    """A whole message is returned as it is."""
    message = AIMessage("a")
    assert message_chunk_to_message(message) is message


def test_user_chunk_class_becomes_its_message():
    """A chunk of a user's class becomes a message of the nearest class that is no chunk."""

    class MyChunk(AIMessageChunk):
        pass

    assert message_chunk_to_message(MyChunk("a")) == AIMessage("a")
