"""Runnables that pass their input on: as it is, with keys added, or some keys of it."""

from __future__ import annotations

from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from ferrule._core import patch_config
from ferrule.runnables import _build
from ferrule.runnables._typing import Other
from ferrule.runnables.addable import AddableDict, Total
from ferrule.runnables.closing import close, closing_stream
from ferrule.runnables.interleave import astarted, started
from ferrule.runnables.layout import constructor_text
from ferrule.runnables.parallel import RunnableParallel
from ferrule.runnables.signature import (
    accepts_config,
    check_takes_input,
    describe,
    is_async_callable,
)
from ferrule.runnables.tee import atee, tee
from ferrule.runnables.transforming import Transforming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from pydantic import BaseModel

    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.configurable_specs import ConfigurableFieldSpec
    from ferrule.runnables.graph import Graph


class RunnablePassthrough(Transforming[Other, Other]):
    """Return the input unchanged, chunk by chunk when streamed.

    Args:
        func: A function that is called with the input for its effect; it may name `config`.
            When streaming it is called once, with the sum of the chunks, after the last.
        afunc: The same for the async methods; without it they call `func`.
        input_type: What `InputType` and `OutputType` say.

    Example:
        >>> from ferrule.runnables import RunnableParallel
        >>> RunnableParallel(text=RunnablePassthrough(), length=len).invoke("ada")
        {'text': 'ada', 'length': 3}
    """

    _built_from: ClassVar = ("func", "afunc", "name")

    def __init__(
        self,
        func: Callable[..., Any] | None = None,
        afunc: Callable[..., Awaitable[Any]] | None = None,
        *,
        input_type: Any = None,
        name: str | None = None,
    ) -> None:
        if func is not None and is_async_callable(func):
            func, afunc = None, func
        functions: dict[str, Any] = {"func": func, "afunc": afunc}
        for parameter, given in functions.items():
            if given is None:
                continue
            if not callable(given):
                msg = f"{parameter} is a function, but got {given!r} ({type(given).__name__})."
                raise TypeError(msg)
            check_takes_input(given)
        self.func = func
        self.afunc = afunc
        self.input_type = input_type
        self.name = name

    @classmethod
    def assign(cls, **kwargs: Any) -> RunnableAssign:  # type: ignore[override]
        """Pass a dictionary on with keys added; see `Runnable.assign`.

        Example:
            >>> RunnablePassthrough.assign(total=lambda d: d["a"] + d["b"]).invoke({"a": 1, "b": 2})
            {'a': 1, 'b': 2, 'total': 3}
        """
        return RunnableAssign(RunnableParallel(kwargs))

    def invoke(self, input: Other, config: RunnableConfig | None = None, **kwargs: Any) -> Other:
        self._require_sync()
        self._tell(self.func, input, config, kwargs)
        return cast("Other", self._call_with_config(_same, input, config))

    async def ainvoke(
        self, input: Other, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Other:
        await self._atell(input, config, kwargs)
        return cast("Other", await self._acall_with_config(_asame, input, config))

    def transform(
        self, input: Iterator[Other], config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Other]:
        self._require_sync()
        chunks = self._transform_stream_with_config(input, _same_chunks, config)
        return chunks if self.func is None else self._telling(chunks, config, kwargs)

    def atransform(
        self, input: AsyncIterator[Other], config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Other]:
        chunks = self._atransform_stream_with_config(input, _asame_chunks, config)
        tells = self.func is not None or self.afunc is not None
        return self._atelling(chunks, config, kwargs) if tells else chunks

    def _telling(
        self, chunks: Iterator[Other], config: RunnableConfig | None, kwargs: dict[str, Any]
    ) -> Iterator[Other]:
        total = Total()
        try:
            for chunk in chunks:
                yield chunk
                total.take(chunk)
        finally:
            close(chunks)
        if not total.empty:
            self._tell(self.func, total.value, config, kwargs)

    async def _atelling(
        self, chunks: AsyncIterator[Other], config: RunnableConfig | None, kwargs: dict[str, Any]
    ) -> AsyncIterator[Other]:
        total = Total()
        async with closing_stream(chunks) as closing:
            async for chunk in closing:
                yield chunk
                total.take(chunk)
        if not total.empty:
            await self._atell(total.value, config, kwargs)

    @staticmethod
    def _tell(
        func: Callable[..., Any] | None,
        value: Any,
        config: RunnableConfig | None,
        kwargs: dict[str, Any],
    ) -> Any:
        if func is None:
            return None
        wanted = {"config": patch_config(config)} if accepts_config(func) else {}
        return func(value, **wanted, **kwargs)

    async def _atell(
        self, value: Any, config: RunnableConfig | None, kwargs: dict[str, Any]
    ) -> None:
        told = self._tell(self.afunc or self.func, value, config, kwargs)
        if self.afunc is None:
            return
        if not isawaitable(told):
            msg = (
                f"{describe(self.afunc)} is to return an awaitable, but returned {told!r} "
                f"({type(told).__name__}); make it an async function."
            )
            raise TypeError(msg)
        await told

    def _require_sync(self) -> None:
        if self.afunc is not None and self.func is None:
            msg = (
                f"{describe(self.afunc)} is a coroutine function and cannot be called by the "
                "synchronous methods of RunnablePassthrough; use `ainvoke` or `astream`."
            )
            raise TypeError(msg)

    @property
    def InputType(self) -> Any:  # noqa: N802  the documented name
        """The given input type, else `Any`."""
        return Any if self.input_type is None else self.input_type

    @property
    def OutputType(self) -> Any:  # noqa: N802  the documented name
        """The given input type, else `Any`."""
        return self.InputType

    def __repr__(self) -> str:
        return "RunnablePassthrough()"


class RunnableAssign(Transforming[dict[str, Any], dict[str, Any]]):
    """Pass a dictionary on with the keys that a parallel computes from it added.

    Streaming passes the input's chunks on at once, without the keys that are computed, and then
    yields the computed ones as they come.

    Args:
        mapper: Computes the new keys, each from the whole input.
        name: Name of the runs.

    Raises:
        TypeError: The mapper is no `RunnableParallel`; raised when the runnable is made.
        ValueError: The input is no dictionary.
    """

    _built_from: ClassVar = ("mapper", "name")

    def __init__(self, mapper: RunnableParallel[Any], *, name: str | None = None) -> None:
        given: Any = mapper
        if not isinstance(given, RunnableParallel):
            msg = (
                f"RunnableAssign takes a RunnableParallel, but got {given!r} "
                f"({type(given).__name__}); for keys and steps use RunnablePassthrough.assign."
            )
            raise TypeError(msg)
        self.mapper = mapper
        self.name = name

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        """Name it after the keys that it adds, unless it has a name."""
        own = name or self.name or f"RunnableAssign<{','.join(self.mapper.steps__)}>"
        return super().get_name(suffix, name=own)

    def invoke(
        self, input: dict[str, Any], config: RunnableConfig | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        return self._call_with_config(self._invoke, input, config, **kwargs)

    async def ainvoke(
        self, input: dict[str, Any], config: RunnableConfig | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        return await self._acall_with_config(self._ainvoke, input, config, **kwargs)

    def _invoke(
        self, value: dict[str, Any], config: RunnableConfig, **kwargs: Any
    ) -> dict[str, Any]:
        return {**_dictionary(value, self), **self.mapper.invoke(value, config, **kwargs)}

    async def _ainvoke(
        self, value: dict[str, Any], config: RunnableConfig, **kwargs: Any
    ) -> dict[str, Any]:
        return {**_dictionary(value, self), **await self.mapper.ainvoke(value, config, **kwargs)}

    def _transform(
        self, chunks: Iterator[dict[str, Any]], config: RunnableConfig, **kwargs: Any
    ) -> Iterator[dict[str, Any]]:
        passed_on, mapped = tee(chunks, 2)
        with started(self.mapper.transform(mapped, config, **kwargs)) as computed:
            for chunk in passed_on:
                if kept := self._without_computed(chunk):
                    yield kept
            yield from computed

    async def _atransform(
        self, chunks: AsyncIterator[dict[str, Any]], config: RunnableConfig, **kwargs: Any
    ) -> AsyncIterator[dict[str, Any]]:
        passed_on, mapped = atee(chunks, 2)
        async with astarted(self.mapper.atransform(mapped, config, **kwargs)) as computed:
            async for chunk in passed_on:
                if kept := self._without_computed(chunk):
                    yield kept
            async for chunk in computed:
                yield chunk

    def _without_computed(self, chunk: dict[str, Any]) -> AddableDict:
        computed = self.mapper.steps__
        items = _dictionary(chunk, self).items()
        return AddableDict({key: value for key, value in items if key not in computed})

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        model = _build.schemas.assign_input_model(self, config)
        return super().get_input_schema(config) if model is None else model

    def get_output_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        model = _build.schemas.assign_output_model(self, config)
        return super().get_output_schema(config) if model is None else model

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        return self.mapper.config_specs

    def get_graph(self, config: RunnableConfig | None = None) -> Graph:
        return _build.graphs.with_bypass(self.mapper.get_graph(config), RunnablePassthrough())

    def __repr__(self) -> str:
        return constructor_text(self, "mapper")


class RunnablePick(Transforming[dict[str, Any], Any]):
    """Take one key of a dictionary (its value), or several (a dictionary of those it has).

    Raises:
        TypeError: The keys are neither a string nor a list; raised when the runnable is made.
        ValueError: The input is no dictionary.

    Example:
        >>> RunnablePick(["a", "b"]).invoke({"a": 1, "b": 2, "c": 3})
        {'a': 1, 'b': 2}
    """

    _built_from: ClassVar = ("keys", "name")

    def __init__(self, keys: str | list[str], *, name: str | None = None) -> None:
        given: Any = keys
        if not isinstance(given, (str, list, tuple)):
            msg = (
                f"RunnablePick takes a key or a list of keys, but got {given!r} "
                f"({type(given).__name__})."
            )
            raise TypeError(msg)
        self.keys = keys
        self.name = name

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        """Name it after its keys, unless it has a name."""
        keys = self.keys if isinstance(self.keys, str) else ",".join(map(str, self.keys))
        return super().get_name(suffix, name=name or self.name or f"RunnablePick<{keys}>")

    def _pick(self, value: dict[str, Any]) -> Any:
        given = _dictionary(value, self)
        if isinstance(self.keys, str):
            return given.get(self.keys)
        return AddableDict({key: given[key] for key in self.keys if key in given}) or None

    async def _apick(self, value: dict[str, Any]) -> Any:
        return self._pick(value)

    def invoke(
        self, input: dict[str, Any], config: RunnableConfig | None = None, **kwargs: Any
    ) -> Any:
        return self._call_with_config(self._pick, input, config, **kwargs)

    async def ainvoke(
        self, input: dict[str, Any], config: RunnableConfig | None = None, **kwargs: Any
    ) -> Any:
        return await self._acall_with_config(self._apick, input, config, **kwargs)

    def _transform(self, chunks: Iterator[dict[str, Any]]) -> Iterator[Any]:
        for chunk in chunks:
            if (picked := self._pick(chunk)) is not None:
                yield picked

    async def _atransform(self, chunks: AsyncIterator[dict[str, Any]]) -> AsyncIterator[Any]:
        async for chunk in chunks:
            if (picked := self._pick(chunk)) is not None:
                yield picked

    def __repr__(self) -> str:
        return constructor_text(self, "keys")


def _dictionary(value: Any, needed_by: RunnableAssign | RunnablePick) -> dict[str, Any]:
    if not isinstance(value, dict):
        msg = (
            f"{needed_by.get_name()} needs a dictionary as its input, but got {value!r} "
            f"({type(value).__name__})."
        )
        raise ValueError(msg)  # noqa: TRY004  the documented exception
    return value


def _same(value: Any) -> Any:
    return value


async def _asame(value: Any) -> Any:
    return value


def _same_chunks(chunks: Iterator[Any]) -> Iterator[Any]:
    yield from chunks


async def _asame_chunks(chunks: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for chunk in chunks:
        yield chunk
