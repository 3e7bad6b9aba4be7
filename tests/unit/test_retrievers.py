"""Retrievers: what their search gets, what its runs tell."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from ferrule.callbacks import BaseCallbackHandler
from ferrule.documents import Document
from ferrule.retrievers import BaseRetriever
from ferrule.runnables import RunnableLambda
from ferrule.testing import RecordingHandler


class Log(BaseCallbackHandler):
    """Notes the events of retrievers and what they tell."""

    def __init__(self):
        self.events = []

    def on_retriever_start(self, serialized, query, **kwargs):
        self.events.append(("start", query, kwargs))
        self.serialized = serialized

    def on_retriever_end(self, documents, **kwargs):
        self.events.append(("end", documents, kwargs))

    def on_retriever_error(self, error, **kwargs):
        self.events.append(("error", error, kwargs))

    def on_chain_start(self, serialized, inputs, **kwargs):
        self.events.append(("chain", inputs, kwargs))


class Echo(BaseRetriever):
    def _get_relevant_documents(self, query, *, run_manager):
        return [Document(page_content=query)]


class Plain(BaseRetriever):
    """Takes the query alone."""

    def _get_relevant_documents(self, query):
        return [Document(page_content=f"{query} {threading.get_ident()}")]


class Top(BaseRetriever):
    def _get_relevant_documents(self, query, *, run_manager, k=1):
        return [Document(page_content=query)] * k


class Native(Echo):
    async def _aget_relevant_documents(self, query, *, run_manager):
        return [Document(page_content=f"async {query}")]


def both(retriever, query="q", **kwargs):
    out = retriever.invoke(query, **kwargs)
    assert asyncio.run(retriever.ainvoke(query, **kwargs)) == out
    return out


def test_documents_are_returned():
    """A search returns what the method found."""
    assert both(Echo()) == [Document(page_content="q")]


def test_run_manager_is_optional():
    """A method without `run_manager` works, in a thread when it is awaited."""
    here = str(threading.get_ident())
    assert Plain().invoke("q")[0].page_content.split()[1] == here
    assert asyncio.run(Plain().ainvoke("q"))[0].page_content.split()[1] != here


def test_async_search():
    """A native async search is used when the retriever is awaited."""
    assert asyncio.run(Native().ainvoke("q"))[0].page_content == "async q"
    assert Native().invoke("q")[0].page_content == "q"


def test_options_of_the_search():
    """Keywords reach a method that has any, and are dropped where there are none."""
    assert len(both(Top(), k=3)) == 3
    assert len(both(Echo(), k=3)) == 1
    with pytest.raises(TypeError, match="other"):
        Top().invoke("q", other=1)


def test_events():
    """Start tells the query, the name and the metadata; end tells the documents."""
    log = Log()
    retriever = Echo(tags=["mine"], metadata={"m": 1})
    found = retriever.invoke("q", {"callbacks": [log], "tags": ["given"]})
    (start, query, told), (end, documents, _) = log.events
    assert (start, query, end, documents) == ("start", "q", "end", found)
    assert (told["name"], log.serialized["name"]) == ("Echo", "Echo")
    assert set(told["tags"]) == {"given", "mine"}
    assert told["metadata"]["m"] == 1
    assert told["metadata"]["ls_retriever_name"] == "echo"


def test_errors_close_the_run():
    """A failing search ends its run with the error, which reaches the caller as it is."""
    failure = RuntimeError("gone")

    class Failing(BaseRetriever):
        def _get_relevant_documents(self, query, *, run_manager):
            raise failure

    for run in (Failing().invoke, lambda *args: asyncio.run(Failing().ainvoke(*args))):
        log = Log()
        with pytest.raises(RuntimeError) as caught:
            run("q", {"callbacks": [log]})
        assert caught.value is failure
        assert [kind for kind, *_ in log.events] == ["start", "error"]
        assert log.events[1][1] is failure


def test_what_the_search_runs_is_a_child():
    """With and without the run manager's callbacks, inner runs belong to the retriever's run."""
    child = RunnableLambda(str.upper)

    class Nested(BaseRetriever):
        def _get_relevant_documents(self, query, *, run_manager):
            child.invoke(query, {"callbacks": run_manager.get_child()})
            return [Document(page_content=child.invoke(query))]

    log = Log()
    Nested().invoke("q", {"callbacks": [log]})
    start = log.events[0][2]["run_id"]
    chains = [told for kind, _, told in log.events if kind == "chain"]
    assert [told["parent_run_id"] for told in chains] == [start, start]


@pytest.mark.parametrize(
    ("name", "told"), [("FooRetriever", "foo"), ("RetrieverBar", "bar"), ("Baz", "baz")]
)
def test_name_for_tracing(name, told):
    """The name in the metadata is the class's without the word Retriever."""
    cls = type(name, (Echo,), {})
    assert cls()._get_ls_params()["ls_retriever_name"] == told


def test_abstract_retrievers_cannot_be_made():
    """A class without a search is an error when it is made."""
    with pytest.raises(TypeError, match="abstract"):
        type("Nothing", (BaseRetriever,), {})()


class AsyncFound(BaseRetriever):
    """Finds what it was given."""

    answer: Any = None

    def _get_relevant_documents(self, query):
        return self.answer

    async def _aget_relevant_documents(self, query):
        return self.answer


class Found(AsyncFound):
    _aget_relevant_documents = BaseRetriever._aget_relevant_documents


@pytest.mark.parametrize("answer", [None, "text", Document(page_content="text"), ["text"]])
@pytest.mark.parametrize("cls", [Found, AsyncFound])
def test_a_search_finds_a_list_of_documents(cls, answer):
    """A search that returns something else fails its run; class, value and promise are named."""
    handler = RecordingHandler()
    config = {"callbacks": [handler]}
    told = rf"^{cls.__name__} found .*: its _get_relevant_documents .* a list of documents"
    with pytest.raises(TypeError, match=told):
        cls(answer=answer).invoke("q", config)
    with pytest.raises(TypeError, match=told):
        asyncio.run(cls(answer=answer).ainvoke("q", config))
    assert handler.trace.names == ["on_retriever_start", "on_retriever_error"] * 2


def test_what_tracing_is_told_may_be_overridden():
    """A class, or an object, that describes itself is asked with the options of the search."""

    class Described(Plain):
        def _get_ls_params(self, **kwargs):
            return {**super()._get_ls_params(), "ls_vector_store_provider": f"{kwargs}"}

    def metadata(retriever):
        log = Log()
        retriever.invoke("q", {"callbacks": [log]}, k=1)
        return log.events[0][2]["metadata"]

    own = Plain()
    own._get_ls_params = lambda **_: {"ls_retriever_name": "mine"}
    assert metadata(Described()) == {
        "ls_retriever_name": "described",
        "ls_vector_store_provider": "{'k': 1}",
    }
    assert metadata(own) == {"ls_retriever_name": "mine"}
    assert metadata(Plain()) == {"ls_retriever_name": "plain"}


def test_a_retriever_as_a_step():
    """In a sequence a retriever's run is the sequence's child, with the tag of its place."""
    log = Log()
    chain = RunnableLambda(str) | Plain(tags=["mine"])
    assert chain.invoke("q", {"callbacks": [log]})
    (_, _, around), *_, (kind, query, told), _ = log.events
    assert (kind, query, told["tags"]) == ("start", "q", ["seq:step:2", "mine"])
    assert told["parent_run_id"] == around["run_id"]


def test_what_is_set_after_a_search_counts():
    """Each search reads the retriever's fields anew, however they were changed."""
    log = Log()

    def told(retriever):
        log.events.clear()
        retriever.invoke("q", {"callbacks": [log]})
        return log.events[0][2]

    retriever, other = Echo(), Echo()
    for one in (retriever, retriever, other, retriever):
        assert told(one)["tags"] == []
        assert told(one)["metadata"] == {"ls_retriever_name": "echo"}
    retriever.tags = ["late"]
    assert told(retriever)["tags"] == ["late"]
    assert told(other)["tags"] == []
    retriever.__dict__["metadata"] = {"a": 1}
    assert told(retriever)["metadata"] == {"ls_retriever_name": "echo", "a": 1}
    retriever.name = "NamedRetriever"
    assert told(retriever)["metadata"] == {"ls_retriever_name": "named", "a": 1}
    object.__setattr__(other, "_get_ls_params", lambda **_: {"ls_retriever_name": "mine"})
    assert told(other)["metadata"] == {"ls_retriever_name": "mine"}


def test_handlers_cannot_change_what_is_told():
    """A handler that writes into the metadata it is told writes into a dict of its own run."""

    class Writes(BaseCallbackHandler):
        def on_retriever_start(self, serialized, query, *, metadata, **kwargs):
            told.append(dict(metadata))
            metadata["written"] = True

    told = []
    for _ in range(3):
        Echo().invoke("q", {"callbacks": [Writes()]})
    assert told == [{"ls_retriever_name": "echo"}] * 3
