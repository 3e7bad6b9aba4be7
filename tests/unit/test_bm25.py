"""Keyword search in memory."""

from __future__ import annotations

import asyncio
import sys

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from ferrule.bm25 import BM25Retriever
from ferrule.documents import Document
from ferrule.testing import RecordingHandler

TEXTS = ["Rust is compiled.", "Python is interpreted.", "Tea is served hot.", ""]


@pytest.fixture(scope="module")
def retriever_class():
    pytest.importorskip("bm25s")
    return BM25Retriever


def found(documents):
    return [document.page_content for document in documents]


def test_best_match_comes_first(retriever_class):
    """Documents come by how well their words match; those that share none don't come."""
    retriever = retriever_class.from_texts(TEXTS)
    assert found(retriever.invoke("Is PYTHON interpreted?"))[0] == "Python is interpreted."
    assert found(retriever.invoke("hot tea")) == ["Tea is served hot."]
    assert found(asyncio.run(retriever.ainvoke("hot tea"))) == ["Tea is served hot."]
    assert retriever.invoke("nothing known") == []
    assert retriever.invoke("") == []


def test_number_of_documents(retriever_class):
    """`k` bounds how many come, for the retriever and for one search."""
    retriever = retriever_class.from_texts(TEXTS, k=2)
    assert len(retriever.invoke("is")) == 2
    assert len(retriever.invoke("is", k=3)) == 3
    with pytest.raises(ValidationError):
        retriever_class.from_texts(TEXTS, k=0)


def test_equal_matches_keep_their_order(retriever_class):
    """Documents that match equally well come in the order in which they were given."""
    retriever = retriever_class.from_texts(["x a", "x b", "x c", "y d"])
    assert found(retriever.invoke("x")) == ["x a", "x b", "x c"]


def test_documents_keep_metadata_and_ids(retriever_class):
    """The documents themselves are returned."""
    document = Document(page_content="hot tea", metadata={"page": 3}, id="d1")
    assert retriever_class.from_documents([document, Document(page_content="x")]).invoke("tea") == [
        document
    ]
    made = retriever_class.from_texts(["tea", "x"], [{"page": 3}, {}], ids=["a", "b"]).invoke("tea")
    assert (made[0].metadata, made[0].id) == ({"page": 3}, "a")


@pytest.mark.parametrize("texts", [[], [""], ["?!"]])
def test_nothing_to_find(retriever_class, texts):
    """Without any words there is an index all the same, and it finds nothing."""
    assert retriever_class.from_texts(texts).invoke("tea") == []


def test_own_words(retriever_class):
    """What counts as a word can be chosen."""
    retriever = retriever_class.from_texts(["ab", "cd"], preprocess_func=list)
    assert found(retriever.invoke("b")) == ["ab"]


def test_a_single_text_is_refused(retriever_class):
    """Its letters would be indexed."""
    with pytest.raises(TypeError, match="got 'tea'; put a single text into a list"):
        retriever_class.from_texts("tea")


def test_lengths_must_agree(retriever_class):
    """Too few metadata or ids are an error that counts."""
    with pytest.raises(ValueError, match="2 texts but 1 metadatas"):
        retriever_class.from_texts(["a", "b"], [{}])
    with pytest.raises(ValueError, match="2 texts but 3 ids"):
        retriever_class.from_texts(["a", "b"], ids=["1", "2", "3"])


@given(st.lists(st.text("abc ", max_size=12), max_size=6), st.text("abc ", max_size=8))
def test_every_result_shares_a_word(retriever_class, texts, query):
    """No document comes that has none of the query's words, and none comes twice."""
    documents = retriever_class.from_texts(texts, ids=[str(n) for n in range(len(texts))]).invoke(
        query
    )
    assert all(set(d.page_content.split()) & set(query.split()) for d in documents)
    assert len({d.id for d in documents}) == len(documents)


def test_missing_library_is_named(monkeypatch):
    """Without bm25s, making a retriever says what to install."""
    monkeypatch.setitem(sys.modules, "bm25s", None)
    with pytest.raises(ImportError, match=r"pip install 'ferrule\[bm25\]'"):
        BM25Retriever.from_texts(["a"])


@pytest.mark.parametrize("query", [5, None, ["rust"]])
def test_a_query_is_a_text(retriever_class, query):
    """A query that is no text fails the run by name and value."""
    retriever, handler = retriever_class.from_texts(TEXTS), RecordingHandler()
    with pytest.raises(TypeError, match="The query is a text, but got"):
        retriever.invoke(query, {"callbacks": [handler]})
    assert handler.trace.names == ["on_retriever_start", "on_retriever_error"]
