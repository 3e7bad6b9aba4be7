"""`BaseRetriever`: from a question to documents, in a run of kind "retriever"."""

from __future__ import annotations

import functools
import inspect
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ConfigDict
from typing_extensions import TypedDict, override

from ferrule._core import RunPlan
from ferrule.documents import Document
from ferrule.runnables.base import Runnable
from ferrule.runnables.context import run_in_executor
from ferrule.runnables.serializable import RunnableSerializable

if TYPE_CHECKING:
    from collections.abc import Callable

    from ferrule.callbacks import (
        AsyncCallbackManagerForRetrieverRun,
        CallbackManagerForRetrieverRun,
    )
    from ferrule.runnables.config import RunnableConfig

RetrieverInput = str
RetrieverOutput = list[Document]
RetrieverLike = Runnable[RetrieverInput, RetrieverOutput]
RetrieverOutputLike = Runnable[Any, RetrieverOutput]

_SUFFIX = "Retriever"


class LangSmithRetrieverParams(TypedDict, total=False):
    """Facts about a retriever that tracing services show."""

    ls_retriever_name: str
    ls_vector_store_provider: str | None
    ls_embedding_provider: str | None
    ls_embedding_model: str | None


@dataclass(frozen=True)
class _Takes:
    """What a search method takes beside the query."""

    run_manager: bool
    keywords: frozenset[str] | None
    """Names of further keywords; None if it takes any."""

    @classmethod
    def of(cls, method: Callable[..., Any]) -> _Takes:
        parameters = inspect.signature(method).parameters
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        others = frozenset(list(parameters)[2:]) - {"run_manager"}  # after self and the query
        return cls("run_manager" in parameters, None if takes_any else others)

    def arguments(self, run_manager: Any, keywords: dict[str, Any]) -> dict[str, Any]:
        # A keyword that the method does not name is an error of the caller, who hears of it from
        # the method itself; a method that names none is spared what the caller meant for others.
        given = keywords if self.keywords is None or self.keywords else {}
        return {**given, "run_manager": run_manager} if self.run_manager else given


@functools.lru_cache(maxsize=256)
def _short_name(name: str) -> str:
    if name.startswith(_SUFFIX):
        name = name[len(_SUFFIX) :]
    elif name.endswith(_SUFFIX):
        name = name[: -len(_SUFFIX)]
    return name.lower()


class BaseRetriever(RunnableSerializable[RetrieverInput, RetrieverOutput]):
    """Finds the documents that matter for a query.

    Subclasses implement `_get_relevant_documents`, and `_aget_relevant_documents` if they can do
    better than a thread. Each search is a run: `on_retriever_start` with the query, then
    `on_retriever_end` with the documents or `on_retriever_error`. What the search runs through
    its `run_manager.get_child()`, or without any config, is a child of that run.

    Example:
        >>> class Echo(BaseRetriever):
        ...     def _get_relevant_documents(self, query, *, run_manager):
        ...         return [Document(page_content=query)]
        >>> [document.page_content for document in Echo().invoke("hello")]
        ['hello']
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    _sync_takes: ClassVar[_Takes]
    _async_takes: ClassVar[_Takes]

    tags: list[str] | None = None
    """Tags of this retriever's own runs."""

    metadata: dict[str, Any] | None = None
    """Metadata of this retriever's own runs."""

    @classmethod
    @override
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls._sync_takes = _Takes.of(cls._get_relevant_documents)
        cls._async_takes = _Takes.of(cls._aget_relevant_documents)

    def _get_ls_params(self, **_kwargs: Any) -> LangSmithRetrieverParams:
        """Describe the retriever for the metadata of its runs."""
        return LangSmithRetrieverParams(ls_retriever_name=_short_name(self.get_name()))

    @override
    def invoke(
        self, input: str, config: RunnableConfig | None = None, **kwargs: Any
    ) -> list[Document]:
        """Search.

        Args:
            input: The query.
            config: Callbacks, tags, metadata and so on of the run.
            **kwargs: Options of the search, for retrievers that have any.

        Returns:
            The documents, the most relevant first.
        """

        def search(run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
            given = self._sync_takes.arguments(run_manager, kwargs)
            return self._checked(self._get_relevant_documents(input, **given))

        documents: list[Document] = self._plan(input, config, kwargs).call(search)
        return documents

    @override
    async def ainvoke(
        self, input: str, config: RunnableConfig | None = None, **kwargs: Any
    ) -> list[Document]:
        """Search as `invoke` does, without blocking the event loop."""

        async def search(run_manager: AsyncCallbackManagerForRetrieverRun) -> list[Document]:
            if type(self)._aget_relevant_documents is BaseRetriever._aget_relevant_documents:
                given = self._sync_takes.arguments(run_manager.get_sync(), kwargs)
                found = run_in_executor(None, self._get_relevant_documents, input, **given)
            else:
                given = self._async_takes.arguments(run_manager, kwargs)
                found = self._aget_relevant_documents(input, **given)
            return self._checked(await found)

        documents: list[Document] = await self._plan(input, config, kwargs).acall(search)
        return documents

    def _checked(self, found: Any) -> list[Document]:
        if isinstance(found, list) and all(hasattr(each, "page_content") for each in found):
            return found
        msg = (
            f"{type(self).__name__} found {found!r} ({type(found).__name__}): its "
            "_get_relevant_documents and _aget_relevant_documents must return a list of documents."
        )
        raise TypeError(msg)

    def _plan(self, query: str, config: RunnableConfig | None, kwargs: dict[str, Any]) -> RunPlan:
        return RunPlan(
            "retriever",
            self,
            config,
            payload=query,
            name=self.get_name(),
            local_tags=self.tags,
            local_metadata=self.metadata,
            inherit_metadata=self._get_ls_params(**kwargs),
        )

    @abstractmethod
    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        """Find the documents.

        A subclass may leave `run_manager` out, and may take further keywords, which callers of
        `invoke` then can pass.
        """

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        """Find the documents asynchronously; by default in a thread."""
        sync_manager = run_manager.get_sync()
        return await run_in_executor(
            None, self._get_relevant_documents, query, run_manager=sync_manager
        )
