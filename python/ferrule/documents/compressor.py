"""`BaseDocumentCompressor`, under langchain-core's path."""

from __future__ import annotations

from ferrule.documents.processing import BaseDocumentCompressor

__all__ = [
    "BaseDocumentCompressor",
]
