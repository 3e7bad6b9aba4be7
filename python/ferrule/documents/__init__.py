"""Text and raw data that is retrieved or loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.documents.base import BaseMedia as BaseMedia, Blob as Blob, Document as Document
    from ferrule.documents.processing import (
        BaseDocumentCompressor as BaseDocumentCompressor,
        BaseDocumentTransformer as BaseDocumentTransformer,
    )
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".base": "BaseMedia Blob Document",
            ".processing": "BaseDocumentCompressor BaseDocumentTransformer",
        },
    )
