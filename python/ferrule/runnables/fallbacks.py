"""`RunnableWithFallbacks`: the next runnable when one fails."""

from __future__ import annotations

from collections.abc import Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from ferrule.callbacks.abandoned import aclose, owned
from ferrule.runnables import _build
from ferrule.runnables._typing import Input, Output
from ferrule.runnables.attempts import check_exceptions
from ferrule.runnables.base import Runnable
from ferrule.runnables.closing import close
from ferrule.runnables.coerce import check_runnable
from ferrule.runnables.layout import constructor_text
from ferrule.runnables.selecting import Selecting, child_config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from pydantic import BaseModel

    from ferrule.callbacks import (
        AsyncCallbackManagerForChainRun,
        CallbackManagerForChainRun,
    )
    from ferrule.runnables._typing import ExceptionTypes
    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.configurable_specs import ConfigurableFieldSpec


class RunnableWithFallbacks(Selecting[Input, Output]):
    """Run a runnable and, while that fails, one fallback after the other.

    All of them are children of one run. If all fail, the first failure is raised. A stream
    falls back only before its first chunk, since chunks that were handed out cannot be taken
    back. In a batch every input has fallbacks of its own. Methods of the runnable that return a
    runnable (`bind_tools`, for one) apply to the fallbacks too.

    Args:
        runnable: What to run first.
        fallbacks: What to run then, in order.
        exceptions_to_handle: Exceptions that lead to the next one; others are raised.
        exception_key: Key under which a fallback finds the last failure, in a copy of the
            input, which must then be a dictionary.

    Raises:
        TypeError: A fallback is no runnable, or something to handle no exception class.

    Example:
        >>> from ferrule.runnables import RunnableLambda
        >>> careful = RunnableLambda(int).with_fallbacks([RunnableLambda(len)])
        >>> careful.batch(["12", "twelve"])
        [12, 6]
    """

    def __init__(
        self,
        *,
        runnable: Runnable[Input, Output],
        fallbacks: Sequence[Runnable[Any, Any]],
        exceptions_to_handle: ExceptionTypes = (Exception,),
        exception_key: str | None = None,
        name: str | None = None,
    ) -> None:
        check_runnable(runnable, "What has fallbacks")
        given: Any = fallbacks
        if isinstance(given, Runnable) or not isinstance(given, Iterable):
            msg = f"fallbacks is a list of runnables, but got {given!r} ({type(given).__name__})."
            raise TypeError(msg)
        check_exceptions(exceptions_to_handle, "exceptions_to_handle")
        given = list(given)
        for fallback in given:
            check_runnable(fallback, "A fallback")
        self.runnable = runnable
        self.fallbacks: list[Runnable[Any, Any]] = given
        self.exceptions_to_handle = exceptions_to_handle
        self.exception_key = exception_key
        self.name = name

    @property
    def runnables(self) -> Iterator[Runnable[Input, Output]]:
        """The runnable, then its fallbacks."""
        yield self.runnable
        yield from self.fallbacks

    def _check(self, value: Input) -> None:
        if self.exception_key is not None and not isinstance(value, dict):
            msg = (
                f"With exception_key={self.exception_key!r} the input must be a dictionary, "
                f"but is {value!r} ({type(value).__name__})."
            )
            raise ValueError(msg)

    def _invoke(self, value: Any, run_manager: CallbackManagerForChainRun, **kwargs: Any) -> Output:
        config = child_config(run_manager)
        tries = _Tries(self.exception_key, value)
        for runnable in self.runnables:
            try:
                return runnable.invoke(tries.value, config, **kwargs)
            except self.exceptions_to_handle as error:  # noqa: PERF203  trying is the job
                tries.note(error)
        raise tries.first_error

    async def _ainvoke(
        self, value: Any, run_manager: AsyncCallbackManagerForChainRun, **kwargs: Any
    ) -> Output:
        config = child_config(run_manager)
        tries = _Tries(self.exception_key, value)
        for runnable in self.runnables:
            try:
                return await runnable.ainvoke(tries.value, config, **kwargs)
            except self.exceptions_to_handle as error:  # noqa: PERF203  trying is the job
                tries.note(error)
        raise tries.first_error

    def _stream(
        self, value: Any, run_manager: CallbackManagerForChainRun, **kwargs: Any
    ) -> Iterator[Output]:
        config = child_config(run_manager)
        tries = _Tries(self.exception_key, value)
        for runnable in self.runnables:
            chunks = runnable.stream(tries.value, config, **kwargs)
            try:
                try:
                    first = next(chunks, _NOTHING)
                except self.exceptions_to_handle as error:
                    tries.note(error)
                    continue
                if first is not _NOTHING:
                    yield cast("Output", first)
                    yield from chunks
                return
            finally:
                close(chunks)
        raise tries.first_error

    async def _astream(
        self, value: Any, run_manager: AsyncCallbackManagerForChainRun, **kwargs: Any
    ) -> AsyncIterator[Output]:
        config = child_config(run_manager)
        tries = _Tries(self.exception_key, value)
        for runnable in self.runnables:
            chunks = owned(runnable.astream(tries.value, config, **kwargs))
            try:
                try:
                    first = await anext(chunks, _NOTHING)
                except self.exceptions_to_handle as error:
                    tries.note(error)
                    continue
                if first is not _NOTHING:
                    yield cast("Output", first)
                    async for chunk in chunks:
                        yield chunk
                return
            finally:
                await aclose(chunks)
        raise tries.first_error

    @property
    def InputType(self) -> Any:  # noqa: N802  the documented name
        """Type of the first runnable's input."""
        return self.runnable.InputType

    @property
    def OutputType(self) -> Any:  # noqa: N802  the documented name
        """Type of the first runnable's output."""
        return self.runnable.OutputType

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        return self.runnable.get_input_schema(config)

    def get_output_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        return self.runnable.get_output_schema(config)

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        return _build.schemas.unique_specs(self.runnables)

    def __repr__(self) -> str:
        return constructor_text(
            self,
            "runnable",
            "fallbacks",
            exceptions_to_handle=(Exception,),
            exception_key=None,
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in {"runnable", "fallbacks"}:
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)
        attribute: Any = getattr(self.runnable, name)
        if not callable(attribute) or not _build.schemas.returns_runnable(attribute):
            return attribute

        @wraps(attribute)
        def on_all(*args: Any, **kwargs: Any) -> RunnableWithFallbacks[Any, Any]:
            return type(self)(
                runnable=cast("Runnable[Any, Any]", attribute(*args, **kwargs)),
                fallbacks=[getattr(each, name)(*args, **kwargs) for each in self.fallbacks],
                exceptions_to_handle=self.exceptions_to_handle,
                exception_key=self.exception_key,
                name=self.name,
            )

        return on_all


_NOTHING: Any = object()


class _Tries:
    """The input of the next try, and how the tries before it failed."""

    def __init__(self, exception_key: str | None, value: Any) -> None:
        self.value: Any = value
        self._key = exception_key
        self._first_error: BaseException | None = None

    def note(self, error: BaseException) -> None:
        self._first_error = self._first_error or error
        if self._key is not None:
            self.value = {**self.value, self._key: error}

    @property
    def first_error(self) -> BaseException:
        if self._first_error is None:  # there is always a first runnable
            raise AssertionError
        return self._first_error
