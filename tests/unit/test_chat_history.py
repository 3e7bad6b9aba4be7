"""Stored conversations."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import ValidationError

from ferrule.chat_history import BaseChatMessageHistory, InMemoryChatMessageHistory
from ferrule.messages import AIMessage, HumanMessage

TALK = [HumanMessage("Hi"), AIMessage("Hello")]


class Store(BaseChatMessageHistory):
    """A store that only saves in bulk."""

    def __init__(self):
        super().__init__()
        self.messages = []
        self.saves = 0

    def add_messages(self, messages):
        self.saves += 1
        self.messages.extend(messages)

    def clear(self):
        self.messages.clear()


def test_in_memory():
    """Texts become messages, and the conversation reads as text."""
    history = InMemoryChatMessageHistory()
    history.add_user_message("Hi")
    history.add_ai_message(AIMessage("Hello"))
    assert history.messages == TALK
    assert str(history) == "Human: Hi\nAI: Hello"
    history.clear()
    assert history.messages == []


def test_contents_become_messages():
    """Blocks are content, as texts are; another kind of message is none."""
    history = InMemoryChatMessageHistory()
    blocks = [{"type": "text", "text": "Hi"}]
    history.add_user_message(blocks)
    history.add_ai_message(blocks)
    assert history.messages == [HumanMessage(blocks), AIMessage(blocks)]
    with pytest.raises(ValidationError, match="AIMessage"):
        history.add_user_message(AIMessage("Hi"))


def test_only_messages_are_stored():
    """One message in place of a list, and what is no message, is refused and not stored."""
    history = InMemoryChatMessageHistory()
    with pytest.raises(TypeError, match=r"stores messages, but got 'Hi' \(str\)"):
        history.add_message("Hi")
    with pytest.raises(TypeError, match="messages is a list of messages, but got HumanMessage"):
        history.add_messages(TALK[0])
    assert history.messages == []


def test_bulk_store_saves_once():
    """A store with `add_messages` gets single messages through it, and several at once."""
    store = Store()
    store.add_message(TALK[0])
    store.add_messages(TALK)
    assert (store.saves, len(store.messages)) == (2, 3)


@pytest.mark.parametrize("make", [Store, InMemoryChatMessageHistory])
def test_asynchronous_methods(make):
    """The asynchronous methods do what the others do."""

    async def use():
        history = make()
        await history.aadd_messages(TALK)
        stored = list(await history.aget_messages())
        await history.aclear()
        return stored, await history.aget_messages()

    assert asyncio.run(use()) == (TALK, [])


def test_store_must_implement_adding():
    """The error names the class and what it lacks."""

    class Lazy(BaseChatMessageHistory):
        def clear(self):
            pass

    with pytest.raises(NotImplementedError, match="Lazy must implement add_messages"):
        Lazy().add_message(TALK[0])
