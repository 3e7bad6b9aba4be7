"""Tests of text models: one prompt, many prompts, batches, streams, cache."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from ferrule.caches import InMemoryCache
from ferrule.language_models import BaseLLM
from ferrule.messages import AIMessage, HumanMessage
from ferrule.outputs import Generation, LLMResult
from tests.unit.language_models.heard import Heard, Repeat, RepeatLetters, collect


@pytest.fixture
def heard() -> Heard:
    return Heard()


# ----------------------------------------------------------------------------- one prompt


@pytest.mark.parametrize("is_async", [False, True])
def test_invoke_is_one_run(heard: Heard, is_async: bool) -> None:
    """A call starts one run with the prompt and ends it with the text it returns."""
    model, config = Repeat(), {"callbacks": [heard], "run_id": UUID(int=7)}
    answer = asyncio.run(model.ainvoke("q", config)) if is_async else model.invoke("q", config)
    assert answer == "q again"
    assert heard.names == ["start", "end"]
    assert heard.payloads("start") == [["q"]]
    assert heard.payloads("end") == [LLMResult(generations=[[Generation(text="q again")]])]
    assert heard.keywords("end")["run_id"] == UUID(int=7)


def test_messages_become_text() -> None:
    """A conversation is put to a text model as a transcript."""
    assert Repeat().invoke([HumanMessage("a"), AIMessage("b")]) == "Human: a\nAI: b again"


def test_start_tells_the_call(heard: Heard) -> None:
    """Parameters, options and batch size of the call are told with its start."""
    Repeat().invoke("q", {"callbacks": [heard]}, stop=["x"], top_k=3)
    told = heard.keywords("start")
    assert told["invocation_params"] == {"_type": "repeat", "stop": ["x"], "top_k": 3}
    assert told["options"] == {"stop": ["x"]}
    assert told["batch_size"] == 1
    assert told["metadata"] == {"ls_provider": "repeat", "ls_model_type": "llm", "ls_stop": ["x"]}


@pytest.mark.parametrize("is_async", [False, True])
def test_error_is_told_and_raised_as_it_is(heard: Heard, is_async: bool) -> None:
    """The model's exception ends the run and reaches the caller."""
    problem = RuntimeError("down")
    model, config = Repeat(error=problem), {"callbacks": [heard]}
    with pytest.raises(RuntimeError) as caught:
        asyncio.run(model.ainvoke("q", config)) if is_async else model.invoke("q", config)
    assert caught.value is problem
    assert heard.payloads("error") == [problem]
    assert heard.keywords("error")["response"].generations == []


# ----------------------------------------------------------------------------- many prompts


@pytest.mark.parametrize("is_async", [False, True])
def test_generate_is_one_request_of_several_runs(heard: Heard, is_async: bool) -> None:
    """All runs start before the request and end after it, each with its own answer."""
    requests = []

    class Counting(Repeat):
        def _generate(self, prompts, stop=None, run_manager=None, **kwargs):
            requests.append(prompts)
            result = super()._generate(prompts)
            result.llm_output = {"token_usage": {"total": 9}, "model": "m"}
            return result

        async def _agenerate(self, prompts, stop=None, run_manager=None, **kwargs):
            return self._generate(prompts)

    model, prompts = Counting(), ["a", "b"]
    if is_async:
        result = asyncio.run(model.agenerate(prompts, callbacks=[heard]))
    else:
        result = model.generate(prompts, callbacks=[heard])
    assert requests == [["a", "b"]]
    assert heard.names == ["start", "start", "end", "end"]
    first, second = heard.payloads("end")
    assert first.llm_output == {"token_usage": {"total": 9}, "model": "m"}
    assert second.llm_output == {"token_usage": {}, "model": "m"}
    assert [one.generations[0][0].text for one in (first, second)] == ["a again", "b again"]
    assert result.llm_output == first.llm_output
    starts = [keywords["run_id"] for name, _, keywords in heard.events if name == "start"]
    assert [info.run_id for info in result.run] == starts


def test_generate_fails_every_run_of_a_failed_request(heard: Heard) -> None:
    """A request that fails ends all its runs with the exception."""
    problem = ValueError("all")
    with pytest.raises(ValueError, match="all"):
        Repeat(error=problem).generate(["a", "b"], callbacks=[heard])
    assert heard.tree() == ["a error", "b error"]
    assert heard.payloads("error") == [problem, problem]


def test_settings_per_prompt() -> None:
    """Each prompt can have its own handlers, tags, metadata and name."""
    one, two = Heard(), Heard()
    Repeat().generate(
        ["a", "b"],
        callbacks=[[one], [two]],
        tags=[["ta"], ["tb"]],
        metadata=[{"m": 1}, {"m": 2}],
        run_name=["ra", "rb"],
        run_id=[UUID(int=1), UUID(int=2)],
    )
    for number, (heard, prompt) in enumerate([(one, "a"), (two, "b")], start=1):
        assert heard.payloads("start") == [[prompt]]
        told = heard.keywords("start")
        assert told["tags"] == [f"t{prompt}"]
        assert told["metadata"]["m"] == number
        assert told["name"] == f"r{prompt}"
        assert told["run_id"] == UUID(int=number)


@pytest.mark.parametrize("prompts", ["a text", ("a", "b"), None])
def test_generate_refuses_what_is_no_list(prompts: Any) -> None:
    """Prompts must be a list: a text would be taken for a list of letters."""
    with pytest.raises(ValueError, match="list of prompts"):
        Repeat().generate(prompts)


def test_too_few_answers_are_an_error(heard: Heard) -> None:
    """A model that answers too few prompts fails its runs instead of mixing answers up."""

    class Short(Repeat):
        def _generate(self, prompts, stop=None, run_manager=None, **kwargs):
            return LLMResult(generations=[[Generation(text="only")]])

    with pytest.raises(ValueError, match="1 of 2"):
        Short().generate(["a", "b"], callbacks=[heard])
    assert heard.tree() == ["a error", "b error"]


# ---------------------------------------------------------------------------------- batches


def batch(model: Repeat, inputs: list[Any], config: Any, *, is_async: bool, **kwargs: Any) -> Any:
    """Answer a batch, one way or the other."""
    if is_async:
        return asyncio.run(model.abatch(inputs, config, **kwargs))
    return model.batch(inputs, config, **kwargs)


@pytest.mark.parametrize("is_async", [False, True])
def test_batch_is_one_request(heard: Heard, is_async: bool) -> None:
    """The inputs of a batch are one request, each in its own run."""
    answers = batch(Repeat(), ["a", "b", "c"], {"callbacks": [heard]}, is_async=is_async)
    assert answers == ["a again", "b again", "c again"]
    assert heard.names == ["start"] * 3 + ["end"] * 3


@pytest.mark.parametrize("is_async", [False, True])
def test_batch_in_parts(heard: Heard, is_async: bool) -> None:
    """`max_concurrency` bounds how many prompts one request has."""
    config = {"callbacks": [heard], "max_concurrency": 2}
    answers = batch(Repeat(), ["a", "b", "c"], config, is_async=is_async)
    assert answers == ["a again", "b again", "c again"]
    assert heard.names == ["start", "start", "end", "end", "start", "end"]


def test_batch_keeps_the_run_id() -> None:
    """A run id in the config is the first run's, or each config's own."""
    heard = Heard()
    Repeat().batch(["a"], [{"callbacks": [heard], "run_id": UUID(int=3)}])
    assert heard.keywords("end")["run_id"] == UUID(int=3)


@pytest.mark.parametrize("is_async", [False, True])
def test_batch_returns_exceptions(is_async: bool) -> None:
    """With `return_exceptions` a failed request fills its own slots only."""

    class Fussy(Repeat):
        def _call(self, prompt, stop=None, run_manager=None, **kwargs):
            if prompt == "bad":
                raise ValueError("bad prompt")
            return prompt

    first, second, third, fourth = batch(
        Fussy(),
        ["a", "b", "bad", 3],
        {"max_concurrency": 2},
        is_async=is_async,
        return_exceptions=True,
    )
    assert [first, second] == ["a", "b"]
    assert str(third) == "bad prompt"
    assert isinstance(fourth, ValueError)
    assert "int" in str(fourth)


@pytest.mark.parametrize("is_async", [False, True])
def test_batch_raises(heard: Heard, is_async: bool) -> None:
    """Without `return_exceptions` bad input is raised before any run, errors when they happen."""
    with pytest.raises(ValueError, match="int"):
        batch(Repeat(), ["a", 3], {"callbacks": [heard]}, is_async=is_async)
    assert heard.names == []
    with pytest.raises(ValueError, match="down"):
        batch(Repeat(error=ValueError("down")), ["a"], {"callbacks": [heard]}, is_async=is_async)
    assert heard.names == ["start", "error"]


def test_empty_batch() -> None:
    """A batch of nothing is nothing."""
    assert Repeat().batch([]) == []
    assert asyncio.run(Repeat().abatch([])) == []


# -------------------------------------------------------------------------------- streaming


def stream(model: Repeat, heard: Heard, *, is_async: bool) -> list[str]:
    """Read a whole stream, one way or the other."""
    config = {"callbacks": [heard]}
    if is_async:
        return asyncio.run(collect(model.astream("abc", config)))
    return list(model.stream("abc", config))


@pytest.mark.parametrize("is_async", [False, True])
def test_stream_ends_with_the_sum(heard: Heard, is_async: bool) -> None:
    """The pieces are handed out as text, and the run ends with their sum."""
    assert stream(RepeatLetters(), heard, is_async=is_async) == ["a", "b", "c"]
    assert heard.names == ["start", "token", "token", "token", "end"]
    (response,) = heard.payloads("end")
    assert response.generations[0][0].text == "abc"


@pytest.mark.parametrize("is_async", [False, True])
def test_stream_error_tells_what_was_said(heard: Heard, is_async: bool) -> None:
    """A failure in mid-stream is told with the pieces so far."""
    with pytest.raises(ValueError, match="cut"):
        stream(RepeatLetters(error=ValueError("cut")), heard, is_async=is_async)
    assert heard.names[-1] == "error"
    assert heard.keywords("error")["response"].generations[0][0].text == "abc"


@pytest.mark.parametrize("is_async", [False, True])
def test_stream_of_a_model_that_cannot(heard: Heard, is_async: bool) -> None:
    """Without `_stream` the whole answer is the only piece."""
    assert stream(Repeat(), heard, is_async=is_async) == ["abc again"]
    assert heard.names == ["start", "end"]


@pytest.mark.parametrize("is_async", [False, True])
def test_empty_stream_is_an_error(heard: Heard, is_async: bool) -> None:
    """A stream without a piece fails its run."""

    class Silent(Repeat):
        def _stream(self, prompt, stop=None, run_manager=None, **kwargs):
            return iter(())

    with pytest.raises(ValueError, match="without a single chunk"):
        stream(Silent(), heard, is_async=is_async)
    assert heard.names == ["start", "error"]


def test_early_close_ends_with_what_was_said(heard: Heard) -> None:
    """Closing a stream ends its run with the pieces so far, sync and async."""
    pieces = RepeatLetters().stream("abc", {"callbacks": [heard]})
    next(pieces)
    pieces.close()

    async def use() -> None:
        pieces = RepeatLetters().astream("abc", {"callbacks": [heard]})
        await pieces.__anext__()
        await pieces.aclose()

    asyncio.run(use())
    assert heard.names == ["start", "token", "end"] * 2
    assert [one.generations[0][0].text for one in heard.payloads("end")] == ["a", "a"]


# -------------------------------------------------------------------------------- the cache


@pytest.mark.parametrize("is_async", [False, True])
def test_only_unknown_prompts_are_asked(heard: Heard, is_async: bool) -> None:
    """A prompt that the cache knows is a run like the others, but not asked."""
    model = Repeat(cache=InMemoryCache(), calls=[])
    model.invoke("b")
    if is_async:
        result = asyncio.run(model.agenerate(["a", "b", "c"], callbacks=[heard]))
    else:
        result = model.generate(["a", "b", "c"], callbacks=[heard])
    assert [prompt for prompt, _, _ in model.calls] == ["b", "a", "c"]
    assert [one[0].text for one in result.generations] == ["a again", "b again", "c again"]
    assert heard.tree() == ["a end", "b end", "c end"]
    model.generate(["a", "b", "c"])
    assert len(model.calls) == 3


def test_request_reports_to_the_first_asked_prompt() -> None:
    """What the model reports of a request belongs to a run that is really asked."""
    heard = Heard()

    class Reporting(BaseLLM):
        @property
        def _llm_type(self) -> str:
            return "reporting"

        def _generate(self, prompts, stop=None, run_manager=None, **kwargs):
            run_manager.on_llm_new_token("x")
            return LLMResult(generations=[[Generation(text=prompt)] for prompt in prompts])

    model = Reporting(cache=InMemoryCache())
    model.generate(["a"])
    model.generate(["a", "b"], callbacks=[heard])
    starts = [keywords["run_id"] for name, _, keywords in heard.events if name == "start"]
    assert heard.keywords("token")["run_id"] == starts[1]
