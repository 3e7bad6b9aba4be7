"""A retriever as a tool: the model asks, and gets the documents as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field

from ferrule.prompts.document import aformat_document, format_document
from ferrule.tools.structured import StructuredTool

if TYPE_CHECKING:
    from ferrule.documents import Document
    from ferrule.prompts.base import BasePromptTemplate
    from ferrule.retrievers import BaseRetriever


class RetrieverInput(BaseModel):
    """What a model says to a retriever."""

    query: str = Field(description="What to look for")


def create_retriever_tool(
    retriever: BaseRetriever,
    name: str,
    description: str,
    *,
    document_prompt: BasePromptTemplate[str] | None = None,
    document_separator: str = "\n\n",
    response_format: Literal["content", "content_and_artifact"] = "content",
) -> StructuredTool:
    """Make a tool that runs a retriever, as a child of the tool's run.

    Args:
        retriever: Finds the documents.
        name: The tool's name.
        description: Tells the model what can be found.
        document_prompt: Writes one document, from its `page_content` and its metadata; by default
            the content alone.
        document_separator: Stands between the documents.
        response_format: With "content_and_artifact" the message carries the documents as well.
    """

    def answer(documents: list[Document], texts: list[str]) -> Any:
        content = document_separator.join(texts)
        return (content, documents) if response_format == "content_and_artifact" else content

    def search(query: str) -> Any:
        documents = retriever.invoke(query)
        return answer(
            documents,
            [
                d.page_content if document_prompt is None else format_document(d, document_prompt)
                for d in documents
            ],
        )

    async def asearch(query: str) -> Any:
        documents = await retriever.ainvoke(query)
        return answer(
            documents,
            [
                d.page_content
                if document_prompt is None
                else await aformat_document(d, document_prompt)
                for d in documents
            ],
        )

    return StructuredTool(
        name=name,
        description=description,
        func=search,
        coroutine=asearch,
        args_schema=RetrieverInput,
        response_format=response_format,
    )
