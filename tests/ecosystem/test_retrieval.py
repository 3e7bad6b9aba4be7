"""ferrule's documents, retrievers, parsers, models in langchain-classic and -community."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ferrule.documents import BaseDocumentCompressor, Document
from ferrule.language_models import FakeListChatModel
from ferrule.messages import AIMessage, HumanMessage
from ferrule.output_parsers import JsonOutputParser
from ferrule.prompts import ChatPromptTemplate
from ferrule.retrievers import BaseRetriever
from ferrule.runnables import RunnableLambda, RunnablePassthrough
from tests.unit.interop.heard import Heard

if TYPE_CHECKING:
    from pathlib import Path


class Echo(BaseRetriever):
    """Finds the question, and one document more."""

    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        return [Document(f"{query}!"), Document("more")]


def saying(text: str) -> FakeListChatModel:
    """Make a model of ferrule that says one thing."""
    return FakeListChatModel(responses=[text])


def test_retrievers_of_retrievers() -> None:
    """Retrievers of ferrule are asked by those that combine, compress and reword."""
    retrievers = pytest.importorskip("langchain_classic.retrievers")
    community = pytest.importorskip("langchain_community.retrievers")
    pytest.importorskip("rank_bm25")

    class First(BaseDocumentCompressor):
        def compress_documents(self, documents: Any, query: str, callbacks: Any = None) -> Any:
            return list(documents)[:1]

    stored = [Document("cat dog"), Document("cat mouse"), Document("bird")]
    words = community.BM25Retriever.from_documents(stored, k=1)
    assert words.invoke("mouse") == [Document("cat mouse")]
    both = retrievers.EnsembleRetriever(retrievers=[Echo(), words], weights=[0.5, 0.5])
    heard = Heard()
    chain = RunnablePassthrough() | both | RunnableLambda(len)
    assert chain.invoke("mouse", {"callbacks": [heard]}) == 3
    assert ("Echo", "EnsembleRetriever") in heard.runs
    compressing = retrievers.ContextualCompressionRetriever(
        base_compressor=First(), base_retriever=Echo()
    )
    assert compressing.invoke("q") == [Document("q!")]
    rewording = retrievers.MultiQueryRetriever.from_llm(retriever=Echo(), llm=saying("a\nb"))
    assert [found.page_content for found in rewording.invoke("q")] == ["a!", "more", "b!"]


def test_retrieval_chain() -> None:
    """A chain that rewords, retrieves and answers is made of ferrule's parts."""
    pytest.importorskip("langchain_classic")
    from langchain_classic.chains import create_history_aware_retriever, create_retrieval_chain
    from langchain_classic.chains.combine_documents import create_stuff_documents_chain

    reword = ChatPromptTemplate.from_messages([("placeholder", "{chat_history}"), "{input}"])
    ask = ChatPromptTemplate.from_messages([("system", "{context}"), "{input}"])
    chain = create_retrieval_chain(
        create_history_aware_retriever(saying("reworded"), Echo(), reword),
        create_stuff_documents_chain(saying("answer"), ask),
    )
    assert chain.invoke({"input": "q"})["context"][0] == Document("q!")
    past = [HumanMessage("a"), AIMessage("b")]
    told = chain.invoke({"input": "q", "chat_history": past})
    assert told["context"][0].page_content == "reworded!"
    assert told["answer"] == "answer"


def test_parsers_that_repair() -> None:
    """What a parser of ferrule refuses is repaired by asking a model of ferrule."""
    parsers = pytest.importorskip("langchain_classic.output_parsers")
    fixing = parsers.OutputFixingParser.from_llm(parser=JsonOutputParser(), llm=saying('{"a": 1}'))
    assert (saying("no json") | fixing).invoke("x") == {"a": 1}


def test_splitters() -> None:
    """Documents of ferrule are split, by the splitter and as a step."""
    splitters = pytest.importorskip("langchain_text_splitters")
    splitter = splitters.RecursiveCharacterTextSplitter(chunk_size=6, chunk_overlap=0)
    whole = [Document("one two three", metadata={"source": "a"})]
    parts = RunnableLambda(splitter.split_documents).invoke(whole)
    assert [part.page_content for part in parts] == ["one", "two", "three"]
    assert all(part.metadata == {"source": "a"} for part in parts)
    assert list(splitter.transform_documents(whole)) == parts


def test_cache_in_a_database(tmp_path: Path) -> None:
    """A model of ferrule finds its answers in langchain-community's cache, with no cost."""
    caches = pytest.importorskip("langchain_community.cache")
    cache = caches.SQLiteCache(str(tmp_path / "cache.db"))
    model = FakeListChatModel(responses=["a", "b"], cache=cache)
    assert [model.invoke("x").content for _ in range(2)] == ["a", "a"]
    assert model.invoke("x").usage_metadata["total_cost"] == 0
    assert model.invoke("y").content == "b"


def test_history_in_a_file(tmp_path: Path) -> None:
    """A conversation of ferrule's messages is kept by a history of langchain-community."""
    histories = pytest.importorskip("langchain_community.chat_message_histories")
    place = str(tmp_path / "history.json")
    call = AIMessage("b", tool_calls=[{"name": "f", "args": {}, "id": "1"}])
    said = [HumanMessage("a"), call]
    histories.FileChatMessageHistory(place).add_messages(said)
    assert histories.FileChatMessageHistory(place).messages == said
