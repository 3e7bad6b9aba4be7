"""Models whose class brings its own `generate` or one of its kin: calls go through it."""

from __future__ import annotations

import asyncio

import pytest

from ferrule.language_models import FakeListChatModel, FakeListLLM
from ferrule.messages import AIMessage
from ferrule.testing import RecordingHandler


def noting(base, *names):
    """A model class that overrides the methods named."""

    def override(name):
        if name.startswith("a"):

            async def method(self, prompts, stop=None, callbacks=None, **kwargs):
                self.log.append((name, len(prompts), {"stop": stop, **kwargs}))
                own = getattr(super(made, self), name)
                return await own(prompts, stop=stop, callbacks=callbacks, **kwargs)
        else:

            def method(self, prompts, stop=None, callbacks=None, **kwargs):
                self.log.append((name, len(prompts), {"stop": stop, **kwargs}))
                own = getattr(super(made, self), name)
                return own(prompts, stop=stop, callbacks=callbacks, **kwargs)

        return method

    body = {name: override(name) for name in names}
    made = type("Noting", (base,), {**body, "__annotations__": {"log": list}, "log": None})
    return made(responses=["yes", "no"], log=[])


def text_of(answer):
    return answer.content if isinstance(answer, AIMessage) else answer


MODELS = pytest.mark.parametrize("base", [FakeListChatModel, FakeListLLM])


@MODELS
@pytest.mark.parametrize("name", ["generate", "generate_prompt"])
def test_invoke_goes_through_the_class_s_own_method(base, name):
    """It is told the settings of the call; the run is one, with these settings."""
    model, handler = noting(base, name), RecordingHandler()
    config = {"callbacks": [handler], "tags": ["t"], "metadata": {"m": 1}, "run_name": "mine"}
    assert text_of(model.invoke("hi", config, stop=["no"])) == "yes"
    (called,) = model.log
    assert called[:2] == (name, 1)
    assert called[2]["stop"] == ["no"]
    assert called[2]["tags"] == ["t"]
    assert called[2]["run_name"] == "mine"
    (run,) = handler.trace.roots
    assert (run.name, run.tags, run.metadata["m"]) == ("mine", ["t"], 1)
    handler.assert_all_runs_ended()


@MODELS
@pytest.mark.parametrize("name", ["agenerate", "agenerate_prompt"])
def test_ainvoke_goes_through_the_class_s_own_method(base, name):
    """The same in async code, for the async methods only."""
    model, handler = noting(base, name), RecordingHandler()

    async def ask():
        return await model.ainvoke("hi", {"callbacks": [handler], "run_name": "mine"})

    assert text_of(asyncio.run(ask())) == "yes"
    assert text_of(model.invoke("hi")) == "no"
    assert [called[:2] for called in model.log] == [(name, 1)]
    assert [run.name for run in handler.trace.roots] == ["mine"]
    handler.assert_all_runs_ended()


@pytest.mark.parametrize(("base", "sizes"), [(FakeListChatModel, [1, 1]), (FakeListLLM, [2])])
def test_a_batch_and_a_chain_go_through_it_too(base, sizes):
    """A text model asks for a whole batch at once, a chat model for each conversation."""
    model = noting(base, "generate", "agenerate")
    configs = [{"run_name": "one"}, {"run_name": "two"}]
    assert sorted(map(text_of, model.batch(["a", "b"], configs))) == ["no", "yes"]
    assert [called[1] for called in model.log] == sizes
    asyncio.run(model.abatch(["a", "b"], configs))
    assert {called[0] for called in model.log} == {"generate", "agenerate"}
    model.log.clear()
    (model | text_of).invoke("hi")
    assert [called[:2] for called in model.log] == [("generate", 1)]


def test_inside_of_a_run_it_finds_its_parent():
    """The run of a model that goes through `generate` is a child of the run around it."""
    model, handler = noting(FakeListChatModel, "generate"), RecordingHandler()
    (model | text_of).invoke("hi", {"callbacks": [handler]})
    (outer,) = handler.trace.roots
    assert [child.kind for child in outer.children] == ["chat_model", "chain"]


def test_an_invoke_of_its_own_wins():
    """A class that overrides `invoke` is called by that."""

    class Own(type(noting(FakeListChatModel, "generate"))):
        def invoke(self, input, config=None, **kwargs):
            return "own"

    assert Own(responses=["yes"], log=[]).invoke("hi") == "own"


def test_models_without_such_a_method_keep_the_ordinary_way():
    """The class of a model that only defines `_generate` is driven by the core."""
    assert FakeListChatModel.invoke is type(noting(FakeListChatModel, "agenerate")).invoke
