"""Bases of what works on lists of documents."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from ferrule.interop.guises import Guised
from ferrule.interop.recognition import Recognising
from ferrule.load.class_variables import ClassOfModels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ferrule.callbacks import Callbacks
    from ferrule.documents.base import Document

__all__ = ["BaseDocumentCompressor", "BaseDocumentTransformer"]


class BaseDocumentTransformer(Guised, Recognising, ABC):
    """Turns documents into other documents, for instance by splitting or cleaning them."""

    @abstractmethod
    def transform_documents(
        self, documents: Sequence[Document], **kwargs: Any
    ) -> Sequence[Document]:
        """Return the documents made from those given."""

    async def atransform_documents(
        self, documents: Sequence[Document], **kwargs: Any
    ) -> Sequence[Document]:
        """Return the same as `transform_documents`, called in a thread."""
        return await asyncio.to_thread(self.transform_documents, documents, **kwargs)


class BaseDocumentCompressor(Guised, BaseModel, ABC, metaclass=ClassOfModels):
    """Reduces retrieved documents to what matters for a question, for instance by ranking them."""

    @abstractmethod
    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> Sequence[Document]:
        """Return what matters in the documents.

        Args:
            documents: The retrieved documents.
            query: The question.
            callbacks: Handlers to tell what is run for this.
        """

    async def acompress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> Sequence[Document]:
        """Return the same as `compress_documents`, called in a thread."""
        return await asyncio.to_thread(self.compress_documents, documents, query, callbacks)
