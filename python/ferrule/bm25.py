"""`BM25Retriever`: keyword search over documents in memory, by the library bm25s."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field, PositiveInt, PrivateAttr
from typing_extensions import Self, override

from ferrule.documents import Document
from ferrule.retrievers import BaseRetriever

if TYPE_CHECKING:
    from ferrule.callbacks import CallbackManagerForRetrieverRun

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Split text into its words, in lower case.

    Example:
        >>> words("Rust, and Python 3.")
        ['rust', 'and', 'python', '3']
    """
    return _WORD.findall(text.lower())


class BM25Retriever(BaseRetriever):
    """Finds the documents whose words match the query best, by BM25.

    The documents are indexed when the retriever is made; there is no service to run and nothing
    to download. Documents that share no word with the query are never returned. Needs the extra
    `ferrule[bm25]`.

    Example:
        >>> retriever = BM25Retriever.from_texts(
        ...     ["Rust is compiled.", "Python is interpreted.", "Tea is served hot."], k=1
        ... )
        >>> retriever.invoke("Is Python compiled or interpreted?")[0].page_content
        'Python is interpreted.'
    """

    docs: list[Document] = Field(repr=False)
    """The documents; not to be changed afterwards, since the index would not follow."""
    k: PositiveInt = 4
    """How many documents to return at most; `invoke(query, k=…)` changes it for one search."""
    preprocess_func: Callable[[str], list[str]] = words
    """Splits text and queries into the terms that are compared."""
    k1: float = Field(default=1.5, ge=0)
    """How much it counts that a term is repeated."""
    b: float = Field(default=0.75, ge=0, le=1)
    """How much long documents are held back."""

    _index: Any = PrivateAttr(default=None)

    def model_post_init(self, context: Any, /) -> None:
        """Index the documents.

        Raises:
            ImportError: If bm25s is not installed.
        """
        super().model_post_init(context)
        try:
            # An optional library, without type information.
            import bm25s  # noqa: PLC0415  # pyright: ignore[reportMissingImports, reportMissingTypeStubs]
        except ImportError as error:
            msg = (
                "BM25Retriever needs the bm25s package, which is not installed. "
                "Install it with: pip install 'ferrule[bm25]'"
            )
            raise ImportError(msg) from error
        terms = [self.preprocess_func(document.page_content) for document in self.docs]
        if any(terms):  # there are no statistics of no terms
            self._index = bm25s.BM25(k1=self.k1, b=self.b)
            self._index.index(terms, show_progress=False)

    @classmethod
    def from_documents(cls, documents: Iterable[Document], **fields: Any) -> Self:
        """Index documents; the keywords are fields of the retriever."""
        return cls(docs=list(documents), **fields)

    @classmethod
    def from_texts(
        cls,
        texts: Sequence[str],
        metadatas: Sequence[Mapping[str, Any]] | None = None,
        ids: Sequence[str] | None = None,
        **fields: Any,
    ) -> Self:
        """Index texts; the keywords are fields of the retriever.

        Args:
            texts: What to find.
            metadatas: The metadata of each text.
            ids: The id of each text.
            **fields: Fields of the retriever.

        Raises:
            TypeError: If `texts` is a single text.
            ValueError: If there are not as many metadata or ids as texts.
        """
        if isinstance(texts, str):
            msg = f"texts is a list of texts, but got {texts!r}; put a single text into a list."
            raise TypeError(msg)
        for what, given in (("metadatas", metadatas), ("ids", ids)):
            if given is not None and len(given) != len(texts):
                msg = f"There are {len(texts)} texts but {len(given)} {what}."
                raise ValueError(msg)
        documents = [
            Document(
                page_content=text,
                metadata=dict(metadatas[place]) if metadatas is not None else {},
                id=ids[place] if ids is not None else None,
            )
            for place, text in enumerate(texts)
        ]
        return cls.from_documents(documents, **fields)

    @override
    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun | None = None,
        k: int | None = None,
    ) -> list[Document]:
        given: Any = query
        if not isinstance(given, str):
            msg = f"The query is a text, but got {given!r} ({type(given).__name__})."
            raise TypeError(msg)
        terms = self.preprocess_func(query)
        if self._index is None or not terms:
            return []
        scores: list[float] = self._index.get_scores(terms).tolist()
        matching = ((-score, place) for place, score in enumerate(scores) if score > 0)
        # Documents of equal score come in the order in which they were given.
        best = heapq.nsmallest(self.k if k is None else k, matching)
        return [self.docs[place] for _, place in best]
