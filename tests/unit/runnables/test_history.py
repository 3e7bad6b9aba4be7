from __future__ import annotations

import pytest

from ferrule.chat_history import InMemoryChatMessageHistory
from ferrule.messages import AIMessage, HumanMessage
from ferrule.runnables import (
    ConfigurableFieldSpec,
    RunnableLambda,
    RunnableWithMessageHistory,
)

from .conftest import collect

SESSION = {"configurable": {"session_id": "s"}}


def with_history(runnable, **keys):
    store = {}

    def history(session_id):
        return store.setdefault(session_id, InMemoryChatMessageHistory())

    return RunnableWithMessageHistory(runnable, history, **keys), store


def reply(messages):
    return AIMessage(f"{len(messages)} messages")


def test_messages_are_loaded_before_and_stored_after(run):
    """Each run sees the conversation so far, and adds to it."""
    step, store = with_history(RunnableLambda(reply))
    assert step.invoke([HumanMessage("one")], SESSION).content == "1 messages"
    assert run(step.ainvoke("two", SESSION)).content == "3 messages"
    assert [m.content for m in store["s"].messages] == ["one", "1 messages", "two", "3 messages"]


def test_the_surrounding_run_says_which_conversation_it_is(run):
    """Called without a config, the conversation is that of the run around the call."""
    step, store = with_history(RunnableLambda(reply))

    async def ainner(text):
        return await step.ainvoke(text)

    outer = RunnableLambda(step.invoke, ainner)
    assert outer.invoke("one", SESSION).content == "1 messages"
    assert run(outer.ainvoke("two", SESSION)).content == "3 messages"
    assert list(store) == ["s"]


def test_keys_of_a_dictionary():
    """New and earlier messages have keys of their own in the input, the output's in the output."""

    def answer(d):
        return {"said": f"{d['q']} after {len(d['past'])}"}

    step, store = with_history(
        RunnableLambda(answer),
        input_messages_key="q",
        history_messages_key="past",
        output_messages_key="said",
    )
    step.invoke({"q": "one"}, SESSION)
    assert step.invoke({"q": "two"}, SESSION) == {"said": "two after 2"}
    assert [m.content for m in store["s"].messages] == ["one", "one after 0", "two", "two after 2"]


def test_a_stream_is_stored_when_it_ends(run):
    """The sum of the chunks is stored, sync and async."""

    def words(messages):
        yield "a"
        yield "b"

    step, store = with_history(RunnableLambda(words))
    assert list(step.stream("q", SESSION)) == ["a", "b"]
    assert run(collect(step.astream("q", SESSION))) == ["a", "b"]
    assert [m.content for m in store["s"].messages] == ["q", "ab", "q", "ab"]


def test_an_early_close_stores_what_was_said():
    """A stream that is left early is stored as far as it came."""

    def words(messages):
        yield "a"
        yield "b"

    step, store = with_history(RunnableLambda(words))
    stream = step.stream("q", SESSION)
    next(stream)
    stream.close()
    assert [m.content for m in store["s"].messages] == ["q", "a"]


def test_a_failed_run_stores_nothing():
    """A failure leaves the conversation as it was."""

    def fails(messages):
        raise ValueError("down")

    step, store = with_history(RunnableLambda(fails))
    with pytest.raises(ValueError, match="down"):
        step.invoke("q", SESSION)
    assert store["s"].messages == []


def test_a_missing_session_is_named_before_anything_runs(heard):
    """A call that does not say which conversation it belongs to is refused."""
    step, _ = with_history(RunnableLambda(reply))
    with pytest.raises(ValueError, match="session_id"):
        step.invoke("q", {"callbacks": [heard]})
    assert not heard.trace.names


def test_several_values_find_a_conversation():
    """Several configurable values are passed by name."""
    seen = []

    def history(user, topic):
        seen.append((user, topic))
        return InMemoryChatMessageHistory()

    specs = [ConfigurableFieldSpec(id=key, annotation=str) for key in ("user", "topic")]
    step = RunnableWithMessageHistory(RunnableLambda(reply), history, history_factory_config=specs)
    step.invoke("q", {"configurable": {"user": "ada", "topic": "maths"}})
    assert seen == [("ada", "maths")]
    assert [spec.id for spec in step.config_specs] == ["topic", "user"]


def test_what_finds_no_history_is_named(heard):
    """A factory that is no function, or gives no history, is refused before anything runs."""
    with pytest.raises(TypeError, match=r"a function .* got 5 \(int\)"):
        RunnableWithMessageHistory(RunnableLambda(reply), 5)
    for given, message in (
        ("store", r"got 'store' \(str\)"),
        (InMemoryChatMessageHistory, "<class"),
    ):
        step = RunnableWithMessageHistory(RunnableLambda(reply), lambda session_id, g=given: g)
        with pytest.raises(TypeError, match=message):
            step.invoke("q", {**SESSION, "callbacks": [heard]})
    assert not heard.trace.names


def test_a_missing_key_of_the_messages_is_named(heard):
    """An input without the key of the messages is an error that shows both, and ends every run."""
    step, store = with_history(RunnableLambda(reply), input_messages_key="q")
    with pytest.raises(KeyError, match=r"have the key 'q'; there are only \['question'\]"):
        step.invoke({"question": "?"}, {**SESSION, "callbacks": [heard]})
    heard.assert_all_runs_ended()
    assert heard.trace.names
    assert store["s"].messages == []
