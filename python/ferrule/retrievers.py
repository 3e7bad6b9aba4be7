"""`BaseRetriever`: from a question to documents, in a run of kind "retriever"."""

from __future__ import annotations

import functools
import inspect
import operator
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from pydantic import ConfigDict
from typing_extensions import TypedDict, override

from ferrule._core import RetrieverDrive, RetrieverFacts, RunPlan, checked_documents
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


class _Takes(NamedTuple):
    """What a search method takes beside the query: as attributes, for the core."""

    run_manager: bool
    keywords: bool


def _takes(method: Callable[..., Any]) -> _Takes:
    parameters = inspect.signature(method).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    others = set(list(parameters)[2:]) - {"run_manager"}  # after self and the query
    # A keyword that the method does not name is an error of the caller, who hears of it from the
    # method itself; a method that names none is spared what the caller meant for others.
    return _Takes("run_manager" in parameters, takes_any or bool(others))


@functools.lru_cache(maxsize=256)
def parameters_of_name(name: str) -> LangSmithRetrieverParams:
    """Return what tracing services are told of a retriever of this name; not to be changed."""
    if name.startswith(_SUFFIX):
        name = name[len(_SUFFIX) :]
    elif name.endswith(_SUFFIX):
        name = name[: -len(_SUFFIX)]
    return LangSmithRetrieverParams(ls_retriever_name=name.lower())


# The core asks a class once.
facts_of_retriever = operator.attrgetter("_facts")


class BaseRetriever(RetrieverDrive, RunnableSerializable[RetrieverInput, RetrieverOutput]):
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

    _facts: ClassVar[RetrieverFacts]

    tags: list[str] | None = None
    """Tags of this retriever's own runs."""

    metadata: dict[str, Any] | None = None
    """Metadata of this retriever's own runs."""

    if not TYPE_CHECKING:
        # As for all runnables that are pydantic models: the core's is not for copying.
        __new__ = object.__new__

    @classmethod
    @override
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls._facts = RetrieverFacts(
            search=_takes(cls._get_relevant_documents),
            asearch=_takes(cls._aget_relevant_documents),
            tells_its_name=cls._get_ls_params is BaseRetriever._get_ls_params,
        )

    def _get_ls_params(self, **_kwargs: Any) -> LangSmithRetrieverParams:
        """Describe the retriever for the metadata of its runs."""
        return {**parameters_of_name(self.get_name())}

    @override
    async def ainvoke(
        self, input: str, config: RunnableConfig | None = None, **kwargs: Any
    ) -> list[Document]:
        """Search as `invoke` does, without blocking the event loop.

        Args:
            input: The query.
            config: Callbacks, tags, metadata and so on of the run.
            **kwargs: Options of the search, for retrievers that have any.

        Returns:
            The documents, the most relevant first.
        """

        async def search(run_manager: AsyncCallbackManagerForRetrieverRun) -> list[Document]:
            if type(self)._aget_relevant_documents is BaseRetriever._aget_relevant_documents:
                given = self._facts.arguments(run_manager.get_sync(), kwargs)
                found = run_in_executor(None, self._get_relevant_documents, input, **given)
            else:
                given = self._facts.aarguments(run_manager, kwargs)
                found = self._aget_relevant_documents(input, **given)
            return checked_documents(self, await found)

        plan = RunPlan(
            "retriever",
            self,
            config,
            payload=input,
            name=self.get_name(),
            local_tags=self.tags,
            local_metadata=self.metadata,
            inherit_metadata=self._get_ls_params(**kwargs),
        )
        documents: list[Document] = await plan.acall(search)
        return documents

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
