"""Tests of chat models: whole answers, several conversations, cache, settings."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from ferrule.caches import InMemoryCache
from ferrule.globals import set_llm_cache
from ferrule.language_models import (
    BaseChatModel,
    FakeMessagesListChatModel,
    ParrotFakeChatModel,
    SimpleChatModel,
)
from ferrule.messages import AIMessage, HumanMessage, SystemMessage
from ferrule.outputs import ChatGeneration, ChatResult, Generation
from ferrule.prompt_values import StringPromptValue
from ferrule.rate_limiters import BaseRateLimiter
from tests.unit.language_models.heard import AsyncWords, Heard, Words

CONVERSATIONS = [[HumanMessage(text)] for text in "abc"]


@pytest.fixture
def heard() -> Heard:
    return Heard()


# ----------------------------------------------------------------------------- one answer


@pytest.mark.parametrize("kind", [Words, AsyncWords])
@pytest.mark.parametrize("is_async", [False, True])
def test_invoke_is_one_run(heard: Heard, kind: type[Words], is_async: bool) -> None:
    """A call starts one run with the messages and ends it with the answer it returns."""
    model, config = kind(), {"callbacks": [heard]}
    answer = asyncio.run(model.ainvoke("q", config)) if is_async else model.invoke("q", config)
    assert heard.names == ["start", "end"]
    assert heard.payloads("start") == [[[HumanMessage("q")]]]
    (response,) = heard.payloads("end")
    assert response.generations == [[ChatGeneration(message=answer)]]
    assert response.run is None
    assert answer.content == "good day sir"


def test_answer_has_the_id_of_its_run(heard: Heard) -> None:
    """A message without an id gets one that names the run and the candidate."""
    answer = Words().invoke("q", {"callbacks": [heard]})
    assert answer.id == f"run-{heard.keywords('end')['run_id']}-0"


def test_answer_keeps_its_own_id() -> None:
    """An id that the provider chose stays."""
    model = FakeMessagesListChatModel(responses=[AIMessage("x", id="msg_1")])
    assert model.invoke("q").id == "msg_1"


@pytest.mark.parametrize(
    "question",
    ["q", StringPromptValue(text="q"), [HumanMessage("q")], [("human", "q")], ["q"]],
    ids=["text", "prompt value", "messages", "tuples", "texts"],
)
def test_takes_any_form_of_input(question: object) -> None:
    """Text, prompt values and messages in any form are the same input."""
    assert ParrotFakeChatModel().invoke(question).content == "q"


@pytest.mark.parametrize("question", [3, None, {"x": 1}.keys()])
def test_refuses_what_is_no_input(heard: Heard, question: object) -> None:
    """Other input is refused by name before a run starts, in streams too."""
    with pytest.raises(ValueError, match=type(question).__name__):
        Words().invoke(question, {"callbacks": [heard]})
    with pytest.raises(ValueError, match=type(question).__name__):
        Words().stream(question, {"callbacks": [heard]})
    assert heard.names == []


def test_metadata_moves_to_the_message() -> None:
    """The message has generation info and provider output as metadata; the message's own wins."""

    class Told(Words):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            message = AIMessage("x", response_metadata={"own": 1, "info": "own"})
            generation = ChatGeneration(message=message, generation_info={"info": 2, "all": "info"})
            return ChatResult(generations=[generation], llm_output={"all": 3, "output": 3})

    assert Told().invoke("q").response_metadata == {
        "own": 1,
        "info": "own",
        "all": "info",
        "output": 3,
    }


def test_provider_output_of_many_candidates_stays_out() -> None:
    """With several candidates nobody knows whose output it is: no message gets it."""

    class Two(Words):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            both = [ChatGeneration(message=AIMessage(text)) for text in ("a", "b")]
            return ChatResult(generations=both, llm_output={"usage": 1})

    result = Two().generate([[HumanMessage("q")]])
    first, second = result.generations[0]
    assert first.message.response_metadata == second.message.response_metadata == {}
    assert first.message.id.endswith("-0")
    assert second.message.id.endswith("-1")


def test_messages_of_others_are_not_written_to() -> None:
    """Ids and metadata are filled into a copy: the scripted and the caller's message stay."""
    scripted, asked = AIMessage("x"), HumanMessage("y")
    FakeMessagesListChatModel(responses=[scripted]).invoke("q")
    ParrotFakeChatModel().invoke([asked])
    assert scripted.id is None
    assert asked.id is None


def test_handlers_cannot_change_what_is_asked() -> None:
    """The list that a handler gets is not the one that the model answers."""

    class Meddler(Heard):
        def on_chat_model_start(self, serialized, messages, **kwargs):
            messages[0].append(HumanMessage("and more"))

    assert ParrotFakeChatModel().invoke("q", {"callbacks": [Meddler()]}).content == "q"


def test_error_is_told_and_raised_as_it_is(heard: Heard) -> None:
    """The model's exception ends the run, with an empty response, and reaches the caller."""
    problem = RuntimeError("down")
    with pytest.raises(RuntimeError) as caught:
        Words(error=problem).invoke("q", {"callbacks": [heard]})
    assert caught.value is problem
    assert heard.names == ["start", "error"]
    assert heard.payloads("error") == [problem]
    assert heard.keywords("error")["response"].generations == [[]]


def test_what_a_class_hides_in_its_parameters_is_hidden_in_the_options(heard: Heard) -> None:
    """A secret of a call that the class masks reaches the model, and no handler."""

    class Discreet(Words):
        seen: list[str] = []

        def _get_invocation_params(self, stop=None, **kwargs):
            return super()._get_invocation_params(stop=stop, **kwargs) | {"key": "***"}

        def _generate(self, *args, key, **kwargs):
            self.seen.append(key)
            return super()._generate(*args, **kwargs)

    model = Discreet()
    model.invoke("q", {"callbacks": [heard]}, key="secret")
    assert model.seen == ["secret"]
    assert heard.keywords("start")["options"] == {"stop": None, "key": "***"}
    assert "secret" not in str(heard.keywords("start"))


def test_start_tells_the_call(heard: Heard) -> None:
    """Parameters, options and batch size of the call are told with its start."""
    Words(tags=["own"], metadata={"own": 1}).invoke(
        "q", {"callbacks": [heard], "tags": ["t"], "metadata": {"m": 2}}, stop=["x"], top_k=3
    )
    told = heard.keywords("start")
    assert told["invocation_params"] == {"_type": "words", "stop": ["x"], "top_k": 3}
    assert told["options"] == {"stop": ["x"], "top_k": 3}
    assert told["batch_size"] == 1
    assert sorted(told["tags"]) == ["own", "t"]
    assert told["metadata"] == {
        "own": 1,
        "m": 2,
        "ls_provider": "words",
        "ls_model_type": "chat",
        "ls_stop": ["x"],
    }
    assert told["serialized"]["name"] == "Words"


def test_method_without_run_manager_or_keywords() -> None:
    """A model's method may leave out what it does not need."""

    class Old(BaseChatModel):
        @property
        def _llm_type(self) -> str:
            return "old"

        def _generate(self, messages, stop=None):
            return ChatResult(generations=[ChatGeneration(message=AIMessage("ok"))])

    assert Old().invoke("q").content == "ok"
    assert asyncio.run(Old().ainvoke("q")).content == "ok"


def test_simple_chat_model_answers_with_text() -> None:
    """The text of `_call` becomes the message."""

    class Upper(SimpleChatModel):
        @property
        def _llm_type(self) -> str:
            return "upper"

        def _call(self, messages, stop=None, run_manager=None, **kwargs):
            return messages[-1].content.upper()

    assert Upper().invoke("q").content == "Q"
    assert asyncio.run(Upper().ainvoke("q")).content == "Q"


def test_an_answer_without_candidates_is_an_error(heard: Heard) -> None:
    """A model that answers nothing fails its run with a reason."""

    class Mute(Words):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            return ChatResult(generations=[])

    with pytest.raises(ValueError, match="no generation"):
        Mute().invoke("q", {"callbacks": [heard]})
    assert heard.names == ["start", "error"]


# ------------------------------------------------------------------- several conversations


def test_generate_opens_all_runs_first(heard: Heard) -> None:
    """Every run starts before the first answer and ends after the last, in order."""
    result = Words().generate(
        CONVERSATIONS, callbacks=[heard], tags=["t"], run_name="named", run_id=UUID(int=7)
    )
    assert heard.names == ["start"] * 3 + ["end"] * 3
    assert heard.tree() == ["a end", "b end", "c end"]
    runs = [keywords["run_id"] for name, _, keywords in heard.events if name == "start"]
    assert runs[0] == UUID(int=7)
    assert [info.run_id for info in result.run] == runs
    starts = [keywords for name, _, keywords in heard.events if name == "start"]
    assert {keywords["name"] for keywords in starts} == {"named"}
    assert {keywords["batch_size"] for keywords in starts} == {3}
    assert [len(candidates) for candidates in result.generations] == [1, 1, 1]


def test_generate_ends_every_run_when_one_fails(heard: Heard) -> None:
    """What was answered ends with its answer; the failed and the unasked fail."""
    model = Words(fail_on="b", calls=[])
    with pytest.raises(ValueError, match="b fails"):
        model.generate(CONVERSATIONS, callbacks=[heard])
    assert sorted(heard.tree()) == ["a end", "b error", "c error"]
    assert [messages[0].content for messages, _, _ in model.calls] == ["a", "b"]


def test_agenerate_asks_all_when_one_fails(heard: Heard) -> None:
    """Each conversation ends with its own outcome, and the failure is raised."""
    with pytest.raises(ValueError, match="b fails"):
        asyncio.run(AsyncWords(fail_on="b").agenerate(CONVERSATIONS, callbacks=[heard]))
    assert sorted(heard.tree()) == ["a end", "b error", "c end"]


def test_agenerate_asks_at_the_same_time(heard: Heard) -> None:
    """A conversation does not wait for the one before it."""
    together = asyncio.Event()

    class Meeting(AsyncWords):
        async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
            if messages[0].content == "c":
                together.set()
            await asyncio.wait_for(together.wait(), 5)
            return self._generate(messages)

    result = asyncio.run(Meeting().agenerate(CONVERSATIONS, callbacks=[heard]))
    assert len(result.generations) == 3


def test_cancelled_agenerate_ends_every_run(heard: Heard) -> None:
    """Cancelling the call fails each of its open runs with the cancellation."""
    asked = asyncio.Semaphore(0)

    class Endless(AsyncWords):
        async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
            asked.release()
            await asyncio.sleep(60)

    async def use() -> None:
        task = asyncio.ensure_future(Endless().agenerate(CONVERSATIONS, callbacks=[heard]))
        for _ in CONVERSATIONS:
            await asked.acquire()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(use())
    assert sorted(heard.tree()) == ["a error", "b error", "c error"]
    assert {type(error) for error in heard.payloads("error")} == {asyncio.CancelledError}


def test_generate_prompt_takes_prompt_values() -> None:
    """Prompt values are answered as the messages that they stand for."""
    values = [StringPromptValue(text=text) for text in "ab"]
    result = ParrotFakeChatModel().generate_prompt(values)
    assert [candidates[0].text for candidates in result.generations] == ["a", "b"]


def test_generate_refuses_a_single_conversation() -> None:
    """A list of messages where a list of conversations belongs is refused."""
    with pytest.raises(TypeError, match="HumanMessage"):
        Words().generate([HumanMessage("q")])


def test_llm_outputs_are_combined() -> None:
    """The result has what the class makes of the provider's outputs."""

    class Summing(Words):
        def _combine_llm_outputs(self, outputs, /):
            return {"tokens": sum(output["tokens"] for output in outputs)}

    assert Summing(output={"tokens": 2}).generate(CONVERSATIONS).llm_output == {"tokens": 6}


# ------------------------------------------------------------------------------- the cache


@pytest.mark.parametrize("is_async", [False, True])
def test_cached_answer_costs_nothing(heard: Heard, is_async: bool) -> None:
    """The second call is answered from the cache, as a run of its own, with the cost 0."""
    model = AsyncWords(cache=InMemoryCache(), calls=[])

    def ask(text: str) -> AIMessage:
        config = {"callbacks": [heard]}
        return asyncio.run(model.ainvoke(text, config)) if is_async else model.invoke(text, config)

    first, second = ask("q"), ask("q")
    assert len(model.calls) == 1
    assert heard.names == ["start", "end"] * 2
    assert second.content == first.content
    assert second.usage_metadata["total_cost"] == 0
    assert first.usage_metadata is None
    ask("another")
    assert len(model.calls) == 2


def test_cache_looks_at_messages_and_parameters() -> None:
    """Other messages, stops or arguments are other entries; ids of messages are not looked at."""
    model = Words(cache=InMemoryCache(), calls=[])
    model.invoke([HumanMessage("q", id="1")])
    model.invoke([HumanMessage("q", id="2")])
    assert len(model.calls) == 1
    model.invoke([SystemMessage("q")])
    model.invoke("q", stop=["x"])
    model.invoke("q", temperature=1)
    assert len(model.calls) == 4


def test_cache_is_not_shared_by_different_models() -> None:
    """A model does not get another one's answer out of a cache that both use."""
    cache = InMemoryCache()
    Words(cache=cache, reply="one").invoke("q")

    class Other(Words):
        pass

    assert Other(cache=cache, reply="two").invoke("q").content == "two"


def test_cache_entries_outlast_the_objects_that_a_model_holds() -> None:
    """An argument that only its place in memory tells apart does not change the key."""

    class Described(Words):
        client: object = None

        @classmethod
        def is_lc_serializable(cls) -> bool:
            return True

    cache = InMemoryCache()
    asked = []
    for client in (object(), object(), 1):
        model = Described(cache=cache, client=client)
        model.invoke("q")
        asked.append(len(model.calls))
    assert asked == [1, 0, 1]


def test_global_cache() -> None:
    """The global cache serves models that do not refuse it; True insists on it."""
    with pytest.raises(ValueError, match="set_llm_cache"):
        Words(cache=True).invoke("q")
    set_llm_cache(InMemoryCache())
    try:
        for setting, calls in ((None, 1), (True, 0), (False, 2)):
            model = Words(cache=setting, calls=[])
            model.invoke("q")
            model.invoke("q")
            assert len(model.calls) == calls, setting
    finally:
        set_llm_cache(None)


def test_cached_text_becomes_a_message() -> None:
    """An entry that holds plain text is answered as a message."""

    class TextOnly(InMemoryCache):
        def lookup(self, prompt, llm_string):
            return [Generation(text="stored")]

    assert Words(cache=TextOnly()).invoke("q") == AIMessage("stored")


def test_stream_leaves_the_cache_alone() -> None:
    """A stream asks the model although the cache knows the answer."""
    model = Words(cache=InMemoryCache(), calls=[])
    model.invoke("q")
    list(model.stream("q"))
    assert len(model.calls) == 2


# ---------------------------------------------------------------------------- the settings


class Counting(BaseRateLimiter):
    """A limiter that counts who passes."""

    def __init__(self) -> None:
        self.passed: list[str] = []

    def acquire(self, *, blocking=True):
        self.passed.append("sync")
        return True

    async def aacquire(self, *, blocking=True):
        self.passed.append("async")
        return True


def test_each_request_waits_for_the_limiter() -> None:
    """Whole answers and streams pass the limiter once each; cached answers do not."""
    limiter = Counting()
    model = AsyncWords(rate_limiter=limiter, cache=InMemoryCache())
    model.invoke("q")
    model.invoke("q")
    list(model.stream("q"))
    asyncio.run(model.ainvoke("other"))
    model.invoke("streamed", stream=True)
    assert limiter.passed == ["sync", "sync", "async", "sync"]


def test_constructor_handlers_hear_the_models_runs(heard: Heard) -> None:
    """Handlers of the constructor hear every run of the model, once each."""
    model = Words(callbacks=[heard])
    model.invoke("q", {"callbacks": [heard]})
    assert heard.names == ["start", "end"]


def test_verbose_none_takes_the_global_setting() -> None:
    """An unset `verbose` is the global one."""
    assert Words(verbose=None).verbose is False
    assert Words(verbose=True).verbose is True


def test_output_version_is_v0_only() -> None:
    """Another form of content is refused by the constructor."""
    assert Words(output_version="v0").output_version == "v0"
    with pytest.raises(ValueError, match="output_version"):
        Words(output_version="v1")


def test_asdict_tells_the_kind() -> None:
    """The parameters of a model have its kind."""
    assert Words().asdict() == Words().dict() == {"_type": "words"}


@pytest.mark.parametrize("name", ["ChatThing", "ThingChat", "Thing", "GenericFakeChatModel"])
@pytest.mark.parametrize("arguments", [{}, {"model": "m2", "temperature": 0.5, "max_tokens": 7}])
@pytest.mark.parametrize("stop", [None, ["x"]])
def test_metadata_agrees_with_langchain_core(
    name: str, arguments: dict[str, object], stop: list[str] | None
) -> None:
    """What metadata tells about a model is what langchain-core's tells."""
    core = pytest.importorskip("langchain_core.language_models")

    def told(base: type) -> dict[str, object]:
        fields = {"model_name": str, "temperature": float}
        space = {"__annotations__": fields, "model_name": "m1", "temperature": 0.1}
        cls = type(name, (base,), {**space, "_llm_type": "x", "_generate": None})
        return cls()._get_ls_params(stop=stop, **arguments)

    assert told(BaseChatModel) == told(core.BaseChatModel)
