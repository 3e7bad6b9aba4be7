"""Documents as text: a template over a document's content and metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ferrule.documents import Document
    from ferrule.prompts.base import BasePromptTemplate


def format_document(doc: Document, prompt: BasePromptTemplate[str]) -> str:
    """Fill `prompt` from a document: `page_content` and each metadata entry is a variable.

    Raises:
        ValueError: If the prompt has a variable that is not among them.

    Example:
        >>> from ferrule.documents import Document
        >>> from ferrule.prompts import PromptTemplate
        >>> page = Document(page_content="Once upon a time", metadata={"page": 1})
        >>> format_document(page, PromptTemplate.from_template("{page}: {page_content}"))
        '1: Once upon a time'
    """
    return prompt.format(**_values_for(prompt, doc))


async def aformat_document(doc: Document, prompt: BasePromptTemplate[str]) -> str:
    """Fill `prompt` from a document as `format_document` does."""
    return await prompt.aformat(**_values_for(prompt, doc))


def _values_for(prompt: BasePromptTemplate[str], doc: Document) -> dict[str, Any]:
    known = {"page_content": doc.page_content, **doc.metadata}
    missing = [name for name in prompt.input_variables if name not in known]
    if missing:
        msg = (
            f"The document has no metadata for the variables {missing} of the prompt; "
            f"it has {sorted(doc.metadata)}: {doc!r}."
        )
        raise ValueError(msg)
    return {name: known[name] for name in prompt.input_variables}
