"""`BaseDocumentTransformer`, under langchain-core's path."""

from __future__ import annotations

from ferrule.documents.processing import BaseDocumentTransformer

__all__ = [
    "BaseDocumentTransformer",
]
