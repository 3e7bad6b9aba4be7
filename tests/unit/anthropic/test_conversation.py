"""Messages become the system prompt and alternating turns."""

from __future__ import annotations

import pytest

from ferrule.anthropic.conversation import to_conversation
from ferrule.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)


def call(id_="c1", **args):
    return {"name": "add", "args": args, "id": id_, "type": "tool_call"}


def use(id_="c1", **args):
    return {"type": "tool_use", "id": id_, "name": "add", "input": args}


def test_plain_conversation_keeps_strings():
    """One text per turn is sent in the short form."""
    conversation = to_conversation([HumanMessage("a"), AIMessage("b"), HumanMessage("c")])
    assert conversation.system is None
    assert conversation.turns == [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"},
    ]


def test_leading_system_messages_are_joined():
    """System texts are joined by an empty line; empty ones vanish."""
    messages = [SystemMessage("a"), SystemMessage(""), SystemMessage("b"), HumanMessage("c")]
    assert to_conversation(messages).system == "a\n\nb"
    assert to_conversation([SystemMessage(""), HumanMessage("c")]).system is None


def test_system_blocks_are_kept():
    """A system message of blocks makes the whole prompt blocks, with their cache marks."""
    cached = {"type": "text", "text": "b", "cache_control": {"type": "ephemeral"}}
    messages = [SystemMessage("a"), SystemMessage([cached]), HumanMessage("c")]
    assert to_conversation(messages).system == [{"type": "text", "text": "a"}, cached]


def test_late_system_message_is_refused():
    """A system message after a turn is an error that names its position."""
    with pytest.raises(ValueError, match="Message 1 is a system message"):
        to_conversation([HumanMessage("a"), SystemMessage("b")])


def test_unknown_kinds_are_refused():
    """A message that the API has no role for is an error that names its type."""
    with pytest.raises(ValueError, match="Message 0 is of type 'function'"):
        to_conversation([FunctionMessage("x", name="f")])


def test_unknown_roles_are_refused():
    """A generic message whose role the API lacks is an error that names the role."""
    with pytest.raises(ValueError, match="Message 0 has the role 'critic'"):
        to_conversation([ChatMessage("x", role="critic")])


def test_chat_messages_with_known_roles_pass():
    """A generic message counts by its role."""
    messages = [ChatMessage("a", role="user"), ChatMessage("b", role="assistant")]
    assert [turn["role"] for turn in to_conversation(messages).turns] == ["user", "assistant"]


def test_consecutive_turns_are_merged():
    """Messages of one role in a row become one turn, in order."""
    messages = [HumanMessage("a"), HumanMessage("b"), AIMessage("c"), AIMessage("d")]
    texts = [[block["text"] for block in turn["content"]] for turn in to_conversation(messages)[1]]
    assert texts == [["a", "b"], ["c", "d"]]


def test_results_of_tools_join_the_user_turn():
    """Tool results come first in one user turn, together with what the user says after."""
    messages = [
        HumanMessage("add"),
        AIMessage("", tool_calls=[call("c1", a=1), call("c2", a=2)]),
        ToolMessage("1", tool_call_id="c1"),
        ToolMessage("boom", tool_call_id="c2", status="error"),
        HumanMessage("so?"),
    ]
    asked, answered = to_conversation(messages).turns[1:]
    assert asked == {"role": "assistant", "content": [use("c1", a=1), use("c2", a=2)]}
    assert answered["role"] == "user"
    assert answered["content"] == [
        {"type": "tool_result", "tool_use_id": "c1", "content": "1"},
        {"type": "tool_result", "tool_use_id": "c2", "content": "boom", "is_error": True},
        {"type": "text", "text": "so?"},
    ]


def test_tool_results_can_hold_blocks():
    """Blocks of a tool's result are converted, and a finished result block passes."""
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    finished = {"type": "tool_result", "tool_use_id": "c2", "content": "done"}
    messages = [
        ToolMessage([{"type": "text", "text": "see"}, image], tool_call_id="c1"),
        ToolMessage([finished], tool_call_id="c2"),
        ToolMessage("", tool_call_id="c3"),
    ]
    first, second, third = to_conversation(messages).turns[0]["content"]
    source = {"type": "url", "url": "https://example.org/a.png"}
    assert first["content"] == [
        {"type": "text", "text": "see"},
        {"type": "image", "source": source},
    ]
    assert second == finished
    assert third == {"type": "tool_result", "tool_use_id": "c3"}


def test_arguments_come_from_tool_calls():
    """A call that is in the content too is sent once, with the arguments of `tool_calls`."""
    message = AIMessage(
        [{"type": "text", "text": "hm"}, use("c1", a=1), use("c9", z=0)],
        tool_calls=[call("c1", a=7), call("c2", a=2)],
    )
    blocks = to_conversation([HumanMessage("x"), message]).turns[1]["content"]
    assert blocks == [
        {"type": "text", "text": "hm"},
        use("c1", a=7),
        use("c9", z=0),
        use("c2", a=2),
    ]


def test_thinking_passes_through_in_its_place():
    """Signed and redacted thinking go back as they came, before the call that they led to."""
    thought = {"type": "thinking", "thinking": "hm", "signature": "s"}
    hidden = {"type": "redacted_thinking", "data": "x"}
    message = AIMessage([thought, hidden, use("c1", a=1)], tool_calls=[call("c1", a=1)])
    blocks = to_conversation([HumanMessage("x"), message]).turns[1]["content"]
    assert blocks == [thought, hidden, use("c1", a=1)]


def test_sum_of_chunks_converts_like_a_message():
    """What streaming leaves in a message (positions, loose texts) is cleaned."""
    chunk = AIMessageChunk("hm") + AIMessageChunk(
        [{"type": "tool_use", "id": "c1", "name": "add", "input": {}, "index": 1}],
        tool_call_chunks=[{"name": "add", "args": '{"a": 1}', "id": "c1", "index": 1}],
    )
    blocks = to_conversation([HumanMessage("x"), chunk]).turns[1]["content"]
    assert blocks == [{"type": "text", "text": "hm"}, use("c1", a=1)]


def test_empty_messages_make_no_turn():
    """A message without content, which the API refuses, is left out."""
    messages = [HumanMessage("a"), AIMessage(""), HumanMessage("b")]
    (turn,) = to_conversation(messages).turns
    assert [block["text"] for block in turn["content"]] == ["a", "b"]


def test_final_answer_loses_trailing_white_space():
    """The API does not continue an answer that ends in white space; others keep it."""
    messages = [HumanMessage("a "), AIMessage("b "), HumanMessage("c "), AIMessage("d \n")]
    contents = [turn["content"] for turn in to_conversation(messages).turns]
    assert contents == ["a ", "b ", "c ", "d"]


def test_messages_are_not_written_to():
    """Conversion leaves the caller's messages as they are."""
    blocks = [{"type": "text", "text": "a ", "index": 0}]
    messages = [HumanMessage("x"), HumanMessage("y"), AIMessage(blocks)]
    before = [message.model_copy(deep=True) for message in messages]
    to_conversation(messages)
    assert messages == before
