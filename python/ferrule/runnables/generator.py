"""`RunnableGenerator`: a generator function from chunks to chunks as a runnable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ferrule.runnables import _build
from ferrule.runnables._typing import Input, Output
from ferrule.runnables.addable import sum_up, total_of
from ferrule.runnables.closing import close
from ferrule.runnables.signature import check_takes_input, is_async_generator, is_generator
from ferrule.runnables.transforming import Transforming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from pydantic import BaseModel

    from ferrule.runnables.config import RunnableConfig


class RunnableGenerator(Transforming[Input, Output]):
    """Run a generator function on the stream of input chunks.

    Args:
        transform: A generator function, or an async one; it gets an iterator of the chunks and,
            if it names them, `run_manager` and `config`.
        atransform: The async version of a sync `transform`.
        name: Name of the runs; otherwise the function's.

    Raises:
        TypeError: A function is no generator function, or cannot be called with one argument.

    Example:
        >>> def shout(chunks):
        ...     for chunk in chunks:
        ...         yield chunk.upper()
        >>> list(RunnableGenerator(shout).transform(iter(["a", "b"])))
        ['A', 'B']
    """

    def __init__(
        self,
        transform: Callable[[Iterator[Input]], Iterator[Output]]
        | Callable[[AsyncIterator[Input]], AsyncIterator[Output]],
        atransform: Callable[[AsyncIterator[Input]], AsyncIterator[Output]] | None = None,
        *,
        name: str | None = None,
    ) -> None:
        self._sync: Callable[..., Iterator[Output]] | None = None
        self._async: Callable[..., AsyncIterator[Output]] | None = None
        if is_async_generator(transform):
            self._async = cast("Callable[..., AsyncIterator[Output]]", transform)
        elif is_generator(transform):
            self._sync = cast("Callable[..., Iterator[Output]]", transform)
        else:
            msg = (
                f"RunnableGenerator needs a generator function (one that yields), but got "
                f"{transform!r} ({type(transform).__name__})."
            )
            raise TypeError(msg)
        if atransform is not None:
            if not is_async_generator(atransform):
                msg = f"atransform must be an async generator function, but is {atransform!r}."
                raise TypeError(msg)
            self._async = atransform
        for func in (self._sync, self._async):
            if func is not None:
                check_takes_input(func)
        self.name = name or getattr(transform, "__name__", None)

    @property
    def _transform(  # pyright: ignore[reportIncompatibleMethodOverride]  # called all the same
        self,
    ) -> Callable[..., Iterator[Output]]:
        if self._sync is None:
            msg = (
                f"{self!r} has only an async generator function; use `ainvoke`, `astream` or "
                "`atransform`."
            )
            raise NotImplementedError(msg)
        return self._sync

    def atransform(
        self, input: AsyncIterator[Input], config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Output]:
        if self._async is None:
            msg = (
                f"{self!r} has only a sync generator function; use `invoke`, `stream` or "
                "`transform`, or give it an async one too."
            )
            raise NotImplementedError(msg)
        return self._atransform_stream_with_config(input, self._async, config, **kwargs)

    def invoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> Output:
        """Run on one input and return the sum of the chunks; `None` if there are none."""
        chunks = self.stream(input, config, **kwargs)
        try:
            return cast("Output", total_of(chunks))
        finally:
            close(chunks)  # left half read where two chunks fail to add up

    async def ainvoke(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Output:
        """Run on one input and return the sum of the chunks; `None` if there are none."""
        return cast("Output", await sum_up(self.astream(input, config, **kwargs)))

    @property
    def _any_func(self) -> Callable[..., Any]:
        func = self._sync or self._async
        if func is None:  # __init__ has set one of them
            raise AssertionError
        return func

    @property
    def InputType(self) -> Any:  # noqa: N802  the documented name
        """Type of the chunks that the function's first parameter iterates over, else `Any`."""
        return _build.schemas.item_type(_build.schemas.first_parameter_type(self._any_func))

    @property
    def OutputType(self) -> Any:  # noqa: N802  the documented name
        """Type of the chunks that the function yields, else `Any`."""
        return _build.schemas.item_type(_build.schemas.return_type(self._any_func))

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        del config
        return _build.schemas.model_of(self, "Input", self.InputType, self._any_func)

    def get_output_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        del config
        return _build.schemas.model_of(self, "Output", self.OutputType, self._any_func)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunnableGenerator):
            return NotImplemented
        return self._sync == other._sync and self._async == other._async

    def __hash__(self) -> int:
        return hash((self._sync, self._async))

    def __repr__(self) -> str:
        return f"RunnableGenerator({self.name})"
