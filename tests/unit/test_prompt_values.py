"""Prompts that are filled in."""

from __future__ import annotations

from ferrule.messages import AIMessage, HumanMessage
from ferrule.prompt_values import (
    ChatPromptValue,
    ChatPromptValueConcrete,
    ImagePromptValue,
    StringPromptValue,
)


def test_printed_as_promised():
    """A prompt prints its messages without their defaults."""
    value = ChatPromptValue(messages=[HumanMessage("What is 1 + 2?")])
    assert str(value) == "messages=[HumanMessage(content='What is 1 + 2?')]"


def test_as_text_and_messages():
    """Each prompt can be read as text and as messages."""
    talk = [HumanMessage("Hi"), AIMessage("Hello")]
    assert ChatPromptValue(messages=talk).to_string() == "Human: Hi\nAI: Hello"
    assert StringPromptValue(text="Hi").to_messages() == [HumanMessage("Hi")]
    image = ImagePromptValue(image_url={"url": "u", "detail": "low"})
    assert image.to_string() == "u"
    assert image.to_messages() == [HumanMessage([{"url": "u", "detail": "low"}])]


def test_messages_are_a_list_of_their_own():
    """Changing the list of messages does not change the prompt."""
    value = ChatPromptValue(messages=[HumanMessage("Hi")])
    value.to_messages().clear()
    assert len(value.messages) == 1


def test_dump_keeps_the_kinds_of_messages():
    """A dump has the fields of each message's own class and can be restored."""
    value = ChatPromptValue(messages=[AIMessage("a", usage_metadata=None), HumanMessage("b")])
    dumped = value.model_dump()
    assert "tool_calls" in dumped["messages"][0]
    assert ChatPromptValueConcrete.model_validate(dumped).messages == value.messages


def test_described_under_langchains_path():
    """Prompts are described under the paths that readers of descriptions know."""
    assert StringPromptValue.lc_id() == ["langchain", "prompts", "base", "StringPromptValue"]
    assert ChatPromptValue.lc_id() == ["langchain", "prompts", "chat", "ChatPromptValue"]
