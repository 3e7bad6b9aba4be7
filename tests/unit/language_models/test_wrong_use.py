"""What models say when they are given something else than they take."""

from __future__ import annotations

import asyncio

import pytest

from ferrule.language_models import FakeListChatModel, FakeListLLM
from ferrule.messages import HumanMessage
from ferrule.testing import RecordingHandler

chat = FakeListChatModel(responses=["a"])
text = FakeListLLM(responses=["a"])


@pytest.mark.parametrize("model", [chat, text], ids=["chat", "text"])
@pytest.mark.parametrize("inputs", ["abc", {"a": 1}, 5])
def test_batch_takes_a_list(model, inputs):
    """One input is not taken apart into several, and what cannot be listed is named."""
    with pytest.raises(TypeError, match=r"inputs is a list .* put a single input into a list"):
        model.batch(inputs)
    with pytest.raises(TypeError, match=r"inputs is a list .* put a single input into a list"):
        asyncio.run(model.abatch(inputs))


@pytest.mark.parametrize("model", [chat, text], ids=["chat", "text"])
def test_batch_takes_what_can_be_listed(model):
    """A generator of inputs is as good as a list of them, as for other runnables."""
    assert len(model.batch(iter(["x", "y"]))) == 2
    assert len(asyncio.run(model.abatch(iter(["x", "y"])))) == 2


def test_text_models_generate_from_texts():
    """A prompt that is no text is named, before any run starts."""
    recorder = RecordingHandler()
    with pytest.raises(TypeError, match=r"each a string; one of them is of type int: 5\."):
        text.generate(["x", 5], callbacks=[recorder])
    with pytest.raises(TypeError, match=r"each a string; one of them is of type int: 5\."):
        asyncio.run(text.agenerate([5], callbacks=[recorder]))
    assert recorder.trace.names == []


@pytest.mark.parametrize("model", [chat, text], ids=["chat", "text"])
def test_generate_prompt_takes_prompt_values(model):
    """Text is no prompt value; the message names it and the methods that take it."""
    with pytest.raises(TypeError, match=r"one of them is of type str: 'x'\. Use invoke or batch"):
        model.generate_prompt(["x"])
    with pytest.raises(TypeError, match=r"one of them is of type str: 'x'\. Use invoke or batch"):
        asyncio.run(model.agenerate_prompt(["x"]))


@pytest.mark.parametrize("given", [5, HumanMessage("x")])
def test_what_is_to_be_listed_is_listed(given):
    """One thing in place of a list is named, not taken apart."""
    with pytest.raises(TypeError, match="messages is a list of conversations, .* but got"):
        chat.generate(given)
    with pytest.raises(TypeError, match="messages is a list of conversations, .* but got"):
        asyncio.run(chat.agenerate(given))
    with pytest.raises(TypeError, match="prompts is a list of prompt values, but got"):
        text.generate_prompt(given)
    with pytest.raises(TypeError, match="messages is a list of messages, but got"):
        chat.get_num_tokens_from_messages(given)


async def read(stream):
    return [chunk async for chunk in stream]


CALLS = {
    "invoke": lambda model, **given: model.invoke("x", **given),
    "ainvoke": lambda model, **given: asyncio.run(model.ainvoke("x", **given)),
    "stream": lambda model, **given: list(model.stream("x", **given)),
    "astream": lambda model, **given: asyncio.run(read(model.astream("x", **given))),
    "batch": lambda model, **given: model.batch(["x"], **given),
    "bound": lambda model, config, **given: model.bind(**given).invoke("x", config),
}


@pytest.mark.parametrize("model", [chat, text], ids=["chat", "text"])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("stop", ["x", 5, [5]])
def test_stop_is_a_list_of_texts(model, call, stop):
    """However a model is called, another `stop` is refused before any run starts."""
    recorder = RecordingHandler()
    with pytest.raises(TypeError, match=r"stop is a list of strings, got .* into a list"):
        CALLS[call](model, config={"callbacks": [recorder]}, stop=stop)
    assert recorder.trace.names == []


@pytest.mark.parametrize("model", [chat, text], ids=["chat", "text"])
def test_stop_is_checked_where_nobody_listens(model):
    """What is refused does not depend on handlers."""
    with pytest.raises(TypeError, match="stop is a list of strings, got 'x'"):
        model.invoke("x", stop="x")
    with pytest.raises(TypeError, match="stop is a list of strings, got 'x'"):
        asyncio.run(model.ainvoke("x", stop="x"))


def test_generate_checks_stop():
    """`generate` refuses what `invoke` refuses."""
    with pytest.raises(TypeError, match="stop is a list of strings, got 'x'"):
        chat.generate([[HumanMessage("x")]], stop="x")


@pytest.mark.parametrize("model", [chat, text], ids=["chat", "text"])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", ["callbacks", "run_id", "run_name", "tags"])
def test_settings_of_the_run_belong_into_the_config(model, call, name):
    """As an argument of a call they would go to the provider, and no handler would hear a thing."""
    recorder = RecordingHandler()
    with pytest.raises(TypeError, match=rf"{name}='x' is a setting of the run, .* config="):
        CALLS[call](model, config={"callbacks": [recorder]}, **{name: "x"})
    assert recorder.trace.names == []
