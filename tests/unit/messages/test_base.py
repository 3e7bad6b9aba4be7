"""What all messages share."""

from __future__ import annotations

import pickle
import sys

import pytest
from pydantic import ValidationError

from ferrule.messages import (
    AIMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    HumanMessageChunk,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
    messages_from_dict,
    messages_to_dict,
)


def test_printed_as_promised():
    """An answer prints its content, metadata and id, and no field at its default."""
    answer = AIMessage("1 + 2 = 3", response_metadata={"model": "m"}, id="run-1-0")
    assert str(answer) == "content='1 + 2 = 3' response_metadata={'model': 'm'} id='run-1-0'"


def test_content_by_position_or_blocks_by_name():
    """Content is positional; typed blocks are taken by name."""
    assert HumanMessage("a") == HumanMessage(content="a")
    block = {"type": "text", "text": "a"}
    assert HumanMessage(content_blocks=[block]).content == [block]


@pytest.mark.parametrize("cls", [HumanMessage, AIMessage])
@pytest.mark.parametrize(
    ("blocks", "told"),
    [(5, r"got 5 \(int\)"), ("b", r"got 'b' \(str\)"), ([{}, 5], r"one of them is 5 \(int\)")],
)
def test_blocks_are_a_list_of_dictionaries(cls, blocks, told):
    """What is no list of typed blocks is refused, also as a second positional argument."""
    with pytest.raises(TypeError, match=f"content_blocks is a list of dicts.*{told}"):
        cls(content_blocks=blocks)
    with pytest.raises(TypeError, match=f"content_blocks is a list of dicts.*{told}"):
        cls("a", blocks)


def test_content_is_required():
    """A message without content is refused."""
    with pytest.raises(ValidationError):
        HumanMessage()


def test_equality_is_by_class_and_fields():
    """Same content in another kind of message, or another id, is not the same."""
    assert HumanMessage("a") != SystemMessage("a")
    assert HumanMessage("a", id="1") != HumanMessage("a", id="2")


def test_extra_fields_are_kept():
    """Unknown keywords become fields, are dumped, copied and pickled."""
    message = HumanMessage("a", mood="good")
    assert message.mood == "good"
    assert message.model_dump()["mood"] == "good"
    assert pickle.loads(pickle.dumps(message)) == message


def test_numbers_as_ids_become_text():
    """An id that is a number is stored as text."""
    assert HumanMessage("a", id=5).id == "5"


def test_fields_can_be_assigned():
    """Stores write ids into messages."""
    message = HumanMessage("a")
    message.id = "1"
    assert message.id == "1"


def test_text_joins_texts_and_text_blocks():
    """The text of a list has its texts and text blocks, nothing else."""
    content = ["a", {"type": "text", "text": "b"}, {"type": "image", "url": "u"}, {"type": "text"}]
    assert HumanMessage(content).text == "ab"


def test_text_can_still_be_called():
    """Calling the text warns, and returns it."""
    with pytest.warns(DeprecationWarning, match="property"):
        text = HumanMessage("a").text()
    assert text == "a"
    assert type(text) is str


def test_pretty_repr():
    """A message is shown under a heading, with the speaker's name."""
    lines = HumanMessage("Hi", name="bob").pretty_repr().split("\n")
    assert lines[0] == "Human Message".join(("=" * 32 + " ", " " + "=" * 33))
    assert lines[1:] == ["Name: bob", "", "Hi"]


def test_pretty_repr_bold_heading():
    """The heading is bold when asked for."""
    assert "\033[1m Human Message \033[0m" in HumanMessage("Hi").pretty_repr(html=True)


def test_pretty_print(capsys, monkeypatch):
    """Printing outside of an interactive session uses no escapes."""
    monkeypatch.delattr(sys, "ps1", raising=False)
    HumanMessage("Hi").pretty_print()
    assert capsys.readouterr().out == HumanMessage("Hi").pretty_repr() + "\n"


@pytest.mark.parametrize(
    "message",
    [
        HumanMessage("a", name="n"),
        AIMessage("a", tool_calls=[{"name": "f", "args": {}, "id": "1"}]),
        SystemMessage("a", id="1"),
        ToolMessage("a", tool_call_id="1", artifact=[1]),
        FunctionMessage("a", name="f"),
        ChatMessage("a", role="chair"),
        RemoveMessage("1"),
        HumanMessageChunk("a"),
    ],
)
def test_dictionaries_round_trip(message):
    """What `messages_to_dict` stores, `messages_from_dict` restores."""
    if isinstance(message, RemoveMessage):
        stored = [{"type": "remove", "data": {"id": "1"}}]
    else:
        stored = messages_to_dict([message])
    assert messages_from_dict(stored) == [message]


def test_removal_has_no_content():
    """A removal with a content is refused, and the error shows the content."""
    with pytest.raises(ValueError, match="content='x'"):
        RemoveMessage("1", content="x")


def test_tool_result_is_turned_into_text():
    """Content that is no text becomes text, item by item in lists."""
    assert ToolMessage(3, tool_call_id="1").content == "3"
    assert ToolMessage((1, {"a": 2}), tool_call_id="1").content == ["1", {"a": 2}]
    assert ToolMessage("r", tool_call_id=7).tool_call_id == "7"


def test_validation_does_not_write_to_its_input():
    """The dictionary that a message is validated from stays as it is."""
    given = {"content": 3, "tool_call_id": 7}
    ToolMessage.model_validate(given)
    assert given == {"content": 3, "tool_call_id": 7}
