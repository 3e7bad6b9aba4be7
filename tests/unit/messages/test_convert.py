"""Whatever stands for a message, as a message."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from ferrule.messages import (
    AIMessage,
    AIMessageChunk,
    AnyMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
    convert_to_messages,
    filter_messages,
    get_buffer_string,
    merge_message_runs,
    messages_from_dict,
    messages_to_dict,
)
from ferrule.prompt_values import ChatPromptValue, StringPromptValue


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("Hi", HumanMessage("Hi")),
        (("human", "Hi"), HumanMessage("Hi")),
        (["assistant", "Hi"], AIMessage("Hi")),
        (
            ("developer", "Hi"),
            SystemMessage("Hi", additional_kwargs={"__openai_role__": "developer"}),
        ),
        (
            {"role": "user", "content": "Hi", "name": "bob", "id": "1"},
            HumanMessage("Hi", name="bob", id="1"),
        ),
        ({"type": "ai", "content": None}, AIMessage("")),
        (
            {"role": "user", "content": "Hi", "foo": 1},
            HumanMessage("Hi", additional_kwargs={"foo": 1}),
        ),
        (
            {"role": "user", "content": "Hi", "additional_kwargs": {"a": 1}},
            HumanMessage("Hi", additional_kwargs={"a": 1}),
        ),
        (
            {"role": "ai", "content": "", "response_metadata": {"m": 1}},
            AIMessage("", response_metadata={"m": 1}),
        ),
        (
            {
                "role": "tool",
                "content": "3",
                "tool_call_id": "1",
                "artifact": [3],
                "status": "error",
            },
            ToolMessage("3", tool_call_id="1", artifact=[3], status="error"),
        ),
        (
            {
                "role": "tool",
                "content": "3",
                "tool_call_id": "1",
                "additional_kwargs": {"artifact": [3], "status": "error", "a": 1},
            },
            ToolMessage(
                "3",
                tool_call_id="1",
                artifact=[3],
                status="error",
                additional_kwargs={"a": 1},
            ),
        ),
        (
            {
                "lc": 1,
                "type": "constructor",
                "id": ["langchain", "schema", "messages", "ToolMessage"],
                "kwargs": {
                    "content": "3",
                    "tool_call_id": "1",
                    "additional_kwargs": {"artifact": [3]},
                },
            },
            ToolMessage("3", tool_call_id="1", artifact=[3]),
        ),
        ({"role": "function", "content": "3", "name": "f"}, FunctionMessage("3", name="f")),
        ({"role": "remove", "content": "", "id": "1"}, RemoveMessage("1")),
        (
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": '{"a": 1}'}}],
            },
            AIMessage("", tool_calls=[{"name": "f", "args": {"a": 1}, "id": "1"}]),
        ),
        (
            {
                "lc": 1,
                "type": "constructor",
                "id": ["langchain", "schema", "messages", "AIMessageChunk"],
                "kwargs": {"content": "Hi", "type": "AIMessageChunk"},
            },
            AIMessage("Hi"),
        ),
    ],
)
def test_one(given, message):
    """Each form gives the message that it stands for."""
    assert convert_to_messages([given]) == [message]


def test_messages_are_taken_as_they_are():
    """A message is passed on, not copied."""
    message = HumanMessage("Hi")
    assert convert_to_messages([message])[0] is message


@pytest.mark.parametrize(
    "prompt", [StringPromptValue(text="Hi"), ChatPromptValue(messages=[HumanMessage("Hi")])]
)
def test_prompt_values(prompt):
    """A prompt value gives its messages."""
    assert convert_to_messages(prompt) == [HumanMessage("Hi")]


def test_dictionaries_are_not_written_to():
    """The given dictionary stays as it is."""
    given = {"role": "user", "content": "Hi", "additional_kwargs": {"a": 1}, "foo": 2}
    convert_to_messages([given])
    assert given == {"role": "user", "content": "Hi", "additional_kwargs": {"a": 1}, "foo": 2}


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"content": "secret sauce"}, ValueError, "no 'role'.*secret sauce"),
        ({"role": "user", "text": "x"}, ValueError, "no 'content'.*'text': 'x'"),
        (("robot", "x"), ValueError, "'robot'.*human, user"),
        (("a", "b", "c"), NotImplementedError, r"\('a', 'b', 'c'\)"),
        (5, NotImplementedError, "5 of type int"),
        (HumanMessage, NotImplementedError, r"HumanMessage is a class.*HumanMessage\(\.\.\.\)"),
        ({"role": "assistant", "content": "", "tool_calls": 5}, ValueError, "list of dicts, not 5"),
        ({"role": "ai", "content": "", "tool_calls": [5]}, ValueError, r"list of dicts, not \[5\]"),
        ([["human"], "x"], ValueError, r"\['human'\]"),
    ],
)
def test_errors_name_the_value(given, error, told):
    """What cannot be read is shown in the error."""
    with pytest.raises(error, match=told):
        convert_to_messages([given])


def test_stored_message_of_unknown_type():
    """The error names the type."""
    with pytest.raises(ValueError, match="'robot'"):
        messages_from_dict([{"type": "robot", "data": {}}])


def test_any_message_tells_kinds_apart():
    """A field of any message restores each kind from its type."""
    adapter = TypeAdapter(list[AnyMessage])
    messages = [HumanMessage("a"), AIMessage("b"), AIMessageChunk("c")]
    assert adapter.validate_python(adapter.dump_python(messages)) == messages


def test_any_message_needs_a_type():
    """A value without a type is refused, naming it."""
    with pytest.raises(TypeError, match="'nope'"):
        TypeAdapter(AnyMessage).validate_python("nope")


@pytest.mark.parametrize(
    "given", [5, "hello", {"role": "user", "content": "hello"}, HumanMessage("hello")]
)
@pytest.mark.parametrize(
    ("take", "what"),
    [
        (convert_to_messages, "what stands for messages"),
        (merge_message_runs, "what stands for messages"),
        (filter_messages, "what stands for messages"),
        (get_buffer_string, "messages"),
        (messages_to_dict, "messages"),
        (messages_from_dict, "stored messages"),
    ],
)
def test_one_message_is_no_list(take, what, given):
    """One message, or text, in place of a list is refused, not taken apart."""
    with pytest.raises(TypeError, match=f"messages is a list of {what}, but got") as caught:
        take(given)
    assert repr(given) in str(caught.value)


@pytest.mark.parametrize("stored", [5, "text", {}, {"type": "human"}, {"data": {"content": "x"}}])
def test_what_was_not_stored_is_refused(stored):
    """Something that is no stored message is named."""
    with pytest.raises(ValueError, match="'type' and 'data'") as caught:
        messages_from_dict([stored])
    assert repr(stored) in str(caught.value)


def test_what_is_no_message_is_not_stored():
    """Something that is no message is named, with its type."""
    with pytest.raises(TypeError, match=r"not 5 \(int\)"):
        messages_to_dict([HumanMessage("Hi"), 5])
