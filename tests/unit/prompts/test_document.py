"""Documents as text."""

import asyncio

import pytest

from ferrule.documents import Document
from ferrule.prompts import PromptTemplate, aformat_document, format_document

PAGE = Document(page_content="Once", metadata={"page": 1, "unused": 2})


def test_fills_a_template_from_content_and_metadata():
    """The content and the metadata are variables, sync and async."""
    prompt = PromptTemplate.from_template("{page}: {page_content}")
    assert format_document(PAGE, prompt) == "1: Once"
    assert asyncio.run(aformat_document(PAGE, prompt)) == "1: Once"


def test_names_missing_metadata():
    """A variable that the document has no value for is named."""
    with pytest.raises(ValueError, match=r"variables \['author'\].*\['page', 'unused'\]"):
        format_document(PAGE, PromptTemplate.from_template("{author}"))
