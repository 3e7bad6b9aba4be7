"""Prompts, models, parsers, tools and retrievers: what needs messages and documents."""

from __future__ import annotations

from functools import partial

from benches.scenarios.handlers import handlers
from benches.scenarios.invoke import config_with
from benches.workload import workload


def _model(lib, **options):
    return lib.FakeListChatModel(responses=["1 + 2 = 3"], **options)


@workload("prompt_chat.h{}", each=(0, 1, 3))
def prompt_chat(lib, count):
    """The documented example: a prompt piped into a chat model."""
    prompt = lib.ChatPromptTemplate.from_messages(["What is 1 + {number}?"])
    return partial((prompt | _model(lib)).invoke, {"number": "2"}, config_with(lib, count, "model"))


@workload("invoke.constructor_plus_runtime")
def constructor_and_runtime(lib):
    """One handler given to the model, one to the call."""
    model = _model(lib, callbacks=handlers(lib, 1, "model"))
    return partial(model.invoke, "What is 1 + 2?", config_with(lib, 1, "model"))


@workload("parser.h{}", each=(0, 1))
def parser(lib, count):
    return partial(lib.StrOutputParser().invoke, lib.AIMessage("yes"), config_with(lib, count))


@workload("tool.h{}", each=(0, 1))
def tool(lib, count):
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    return partial(lib.tool(add).invoke, {"a": 1, "b": 2}, config_with(lib, count, "every_kind"))


@workload("retriever.h{}", each=(0, 1))
def retriever(lib, count):
    found = [lib.Document("a"), lib.Document("b")]

    class Retriever(lib.BaseRetriever):
        def _get_relevant_documents(self, query, *, run_manager):
            return found

    return partial(Retriever().invoke, "what?", config_with(lib, count, "every_kind"))
