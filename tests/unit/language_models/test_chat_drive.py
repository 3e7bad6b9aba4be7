"""Tests of the run of one conversation, which the core opens and closes: what is made for whom."""

from __future__ import annotations

import asyncio
import copy
import functools
import pickle
from typing import Any

import pytest

from ferrule.callbacks import BaseCallbackHandler
from ferrule.callbacks.run_managers import CallbackManagerForLLMRun
from ferrule.language_models import BaseChatModel, FakeListChatModel
from ferrule.language_models.chat_result import settle_result
from ferrule.messages import AIMessage, HumanMessage
from ferrule.outputs import ChatGeneration, ChatResult
from ferrule.prompt_values import ChatPromptValue
from ferrule.prompts import ChatPromptTemplate
from ferrule.runnables import RunnableLambda


class Counting(BaseChatModel):
    """Counts how often what handlers are told is made."""

    asked: list[str] = []

    @property
    def _llm_type(self) -> str:
        return "counting"

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        self.asked.append(f"generate {messages[-1].content} {stop} {kwargs}")
        return ChatResult(generations=[ChatGeneration(message=AIMessage("yes"))])

    def _get_invocation_params(self, stop=None, **kwargs):
        self.asked.append("params")
        return super()._get_invocation_params(stop=stop, **kwargs)


class Starts(BaseCallbackHandler):
    def __init__(self) -> None:
        self.told: list[Any] = []

    def on_chat_model_start(self, serialized, messages, **kwargs):
        self.told.append((messages, kwargs))


class Ends(BaseCallbackHandler):
    def __init__(self) -> None:
        self.told: list[Any] = []

    def on_llm_end(self, response, **kwargs):
        self.told.append(response)


def test_parameters_are_made_only_for_those_who_hear_the_start() -> None:
    """A handler of the end alone does not make the model collect its parameters."""
    model = Counting(asked=[])
    model.invoke("q")
    model.invoke("q", {"callbacks": [Ends()]})
    assert "params" not in model.asked
    model.invoke("q", {"callbacks": [Starts()]})
    assert model.asked.count("params") == 1


def test_handlers_get_a_conversation_of_their_own() -> None:
    """What a handler does to the list of messages does not reach the model."""

    class Clearing(Starts):
        def on_chat_model_start(self, serialized, messages, **kwargs):
            messages[0].clear()

    model = Counting(asked=[])
    model.invoke([HumanMessage("a"), HumanMessage("b")], {"callbacks": [Clearing()]})
    assert model.asked == ["params", "generate b None {}"]


def test_stop_and_keywords_reach_the_model_and_the_start() -> None:
    """`stop` and the provider's keywords are passed on; a format that is asked for is told only."""
    heard, model = Starts(), Counting(asked=[])
    model.invoke("q", {"callbacks": [heard]}, stop=["x"], top=1, ls_structured_output_format=None)
    assert model.asked[-1] == "generate q ['x'] {'top': 1}"
    ((_, keywords),) = heard.told
    assert keywords["options"] == {"stop": ["x"], "top": 1}
    assert keywords["invocation_params"] == {"_type": "counting", "stop": ["x"], "top": 1}
    assert keywords["batch_size"] == 1


@pytest.mark.parametrize("wrap", [lambda model: model, lambda model: RunnableLambda(str) | model])
def test_overridden_invoke_is_called(wrap: Any) -> None:
    """A class or an object that brings its own `invoke` is asked by it, in a sequence too."""

    class Own(FakeListChatModel):
        def invoke(self, input, config=None, **kwargs):
            return AIMessage("own")

    assert wrap(Own(responses=["x"])).invoke("q").content == "own"


@pytest.mark.parametrize("method", ["_convert_input", "_generate", "_get_ls_params"])
def test_overridden_method_is_called_in_a_sequence(method: str) -> None:
    """A step that the core runs itself still goes through what its class overrides."""
    called = []

    def own(self, *args, **kwargs):
        called.append(method)
        return getattr(FakeListChatModel, method)(self, *args, **kwargs)

    cls = type("Own", (FakeListChatModel,), {method: own, "__module__": __name__})
    chain = ChatPromptTemplate.from_messages(["{q}"]) | cls(responses=["x"])
    assert chain.invoke("q").content == "x"
    assert called == [method]


def settle(message: AIMessage, **fields: Any) -> ChatGeneration:
    run = CallbackManagerForLLMRun.get_noop_manager()
    result = ChatResult(generations=[ChatGeneration(message=message, **fields)])
    (settled,) = settle_result(result, run).generations
    if settled.message.id and settled.message.id.startswith("run-"):
        assert settled.message.id == f"run-{run.run_id}-0"
    return settled


def test_message_without_an_id_is_copied() -> None:
    """The model's own message stays as it is; the copy differs in its id only."""
    message = AIMessage("a", response_metadata={"m": 1}, further="f")
    settled = settle(message)
    copied = message.model_copy(update={"id": settled.message.id})
    assert message.id is None
    assert settled.message == copied
    assert settled.message.model_dump() == copied.model_dump()
    assert settled.message.model_fields_set == copied.model_fields_set
    assert settled.message.model_extra == {"further": "f"}
    assert settled.message.model_extra is not message.model_extra
    assert copy.copy(settled) == settled
    assert pickle.loads(pickle.dumps(settled)) == settled


def test_message_with_an_id_is_kept() -> None:
    """Nothing is copied where nothing is missing."""
    message = AIMessage("a", id="m1")
    assert settle(message).message is message


def test_message_of_another_class_is_settled() -> None:
    """A class of the program's keeps its class, and gets id and metadata."""

    class Own(AIMessage):
        pass

    settled = settle(Own("a"), generation_info={"finish_reason": "stop"})
    assert type(settled.message) is Own
    assert settled.message.id is not None
    assert settled.message.response_metadata == {"finish_reason": "stop"}


class Keeping(BaseChatModel):
    """Answers with objects that it keeps a reference to."""

    kept: dict[str, Any]
    """What is kept of an answer: the message, the generation, the list of them or the result."""

    @property
    def _llm_type(self) -> str:
        return "keeping"

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        parts: dict[str, Any] = {"message": AIMessage("a")}
        parts["generation"] = ChatGeneration(message=parts["message"])
        parts["result"] = ChatResult(generations=[parts["generation"]])
        parts["list"] = parts["result"].generations
        result = parts["result"]
        self.kept.update((name, parts[name]) for name in self.kept)
        return result


@pytest.mark.parametrize("part", ["message", "generation", "list", "result"])
def test_answer_that_the_model_keeps_stays_as_it_is(part: str) -> None:
    """An id is filled in only where nobody else can see it; each answer has an id of its own."""
    model = Keeping(kept={part: None})
    first, again = model.invoke("q"), model.invoke("q")
    assert first.id != again.id
    kept = model.kept[part]
    if part in ("list", "result"):
        (kept,) = getattr(kept, "generations", kept)
    message = getattr(kept, "message", kept)
    assert message.id is None
    assert "id" not in message.model_fields_set


def test_answer_that_nobody_keeps_is_like_a_copy() -> None:
    """A message that is completed in place cannot be told from one that was copied for it."""
    alone = Keeping(kept={}).invoke("q")
    copied = Keeping(kept={"message": None}).invoke("q")
    assert alone.id.startswith("run-")
    assert alone.model_fields_set == copied.model_fields_set
    assert alone.model_copy(update={"id": copied.id}) == copied


def test_method_of_the_object_is_called() -> None:
    """What a test puts in the place of `_generate` on a model itself, or later on its class."""

    def answer(text: str) -> Any:
        result = ChatResult(generations=[ChatGeneration(message=AIMessage(text))])
        return lambda *args, **kwargs: result

    class Patched(FakeListChatModel):
        pass

    model = Patched(responses=["x"])
    assert model.invoke("q").content == "x"
    Patched._generate = answer("class")  # type: ignore[method-assign]
    assert model.invoke("q").content == "class"
    model._generate = answer("own")  # type: ignore[method-assign]
    assert model.invoke("q").content == "own"


CHANGES: dict[str, Any] = {
    "_convert_input": lambda given: ChatPromptValue(messages=[HumanMessage("other")]),
    "_payload": lambda prompt: [HumanMessage("other")],
    "_parameters_of_call": lambda *args: {"invocation_params": {"mine": 1}},
    "_get_invocation_params": lambda stop=None, **kwargs: {"mine": 1},
    "asdict": lambda: {"mine": 1},
    "_metadata_of_call": lambda stop, kwargs: {"mine": 1},
    "_get_ls_params": lambda stop=None, **kwargs: {"mine": 1},
    "_get_ls_params_with_defaults": lambda stop=None, **kwargs: {"mine": 1},
    "_provider": lambda: "mine",
}


def told_of_call(model: BaseChatModel, call: Any) -> dict[str, Any]:
    """Return what the start of a call tells, as far as a method of the model has a say in it."""
    heard = Starts()
    call(model, "q", {"callbacks": [heard]})
    ((messages, keywords),) = heard.told
    told = {name: keywords.get(name) for name in ("invocation_params", "metadata")}
    return {"messages": messages, **told}


@pytest.mark.parametrize("place", ["subclass", "class", "wrapped in the class", "object"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_method_that_is_changed_is_heard_by_both_ways_to_invoke(name: str, place: str) -> None:
    """What says how a call is made can be overridden, or replaced later, also on one model."""

    class Changing(FakeListChatModel):
        pass

    def own(self: Any, *args: Any, **kwargs: Any) -> Any:
        return CHANGES[name](*args, **kwargs)

    def invoke(model: BaseChatModel, *args: Any) -> Any:
        return model.invoke(*args)

    def ainvoke(model: BaseChatModel, *args: Any) -> Any:
        return asyncio.run(model.ainvoke(*args))

    model: BaseChatModel = Changing(responses=["x"])
    before = told_of_call(model, invoke)
    assert before == told_of_call(model, invoke) == told_of_call(model, ainvoke)
    if place == "subclass":
        model = type("Changing", (Changing,), {name: own, "__module__": __name__})(responses=["x"])
    elif place == "object":
        object.__setattr__(model, name, functools.partial(own, model))
    else:
        stand_in = functools.wraps(getattr(Changing, name))(own) if "wrapped" in place else own
        setattr(Changing, name, stand_in)
    changed = told_of_call(model, invoke)
    assert changed != before
    assert changed == told_of_call(model, invoke) == told_of_call(model, ainvoke)


def test_a_method_set_on_one_model_leaves_the_others() -> None:
    """Two models of a class are told apart, and a method that is taken away again is gone."""
    model, other = FakeListChatModel(responses=["x"]), FakeListChatModel(responses=["x"])

    def provider(of: BaseChatModel) -> Any:
        return told_of_call(of, FakeListChatModel.invoke)["metadata"]["ls_provider"]

    plain = provider(model)
    object.__setattr__(model, "_provider", lambda: "mine")
    assert [provider(model), provider(other), provider(model)] == ["mine", plain, "mine"]
    object.__delattr__(model, "_provider")
    assert provider(model) == plain
