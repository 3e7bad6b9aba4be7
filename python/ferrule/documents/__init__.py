"""Text and raw data that is retrieved or loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.documents.base import BaseMedia, Blob, Document
    from ferrule.documents.processing import BaseDocumentCompressor, BaseDocumentTransformer

__all__ = [
    "BaseDocumentCompressor",
    "BaseDocumentTransformer",
    "BaseMedia",
    "Blob",
    "Document",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "BaseDocumentCompressor": ".processing",
        "BaseDocumentTransformer": ".processing",
        "BaseMedia": ".base",
        "Blob": ".base",
        "Document": ".base",
    },
)
