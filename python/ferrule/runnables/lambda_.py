"""`RunnableLambda`: a function as a runnable."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, overload

from ferrule._core import LambdaDrive, patch_config
from ferrule.runnables import _build
from ferrule.runnables._typing import Input, Output
from ferrule.runnables.addable import Total
from ferrule.runnables.base import Runnable
from ferrule.runnables.closing import closing_stream
from ferrule.runnables.signature import (
    accepts_config,
    accepts_run_manager,
    check_takes_input,
    is_async_callable,
    is_async_generator,
    is_generator,
)
from ferrule.runnables.transforming import Transforming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from pydantic import BaseModel

    from ferrule.callbacks import (
        AsyncCallbackManagerForChainRun,
        CallbackManagerForChainRun,
    )
    from ferrule.runnables._typing import Function
    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.configurable_specs import ConfigurableFieldSpec
    from ferrule.runnables.graph import Graph


class RunnableLambda(LambdaDrive, Transforming[Input, Output]):
    """Run a function.

    The function is called with the input. If it names the parameters `config` or
    `run_manager`, it gets the config for runs inside it, or the manager of its own run. What it
    runs without passing a config on belongs to its run all the same. A generator function is
    streamed chunk by chunk; `invoke` sums the chunks. A runnable that it returns is run on the
    same input, and its output is the output.

    A sync function runs in a thread under `ainvoke`; a coroutine function cannot be invoked
    synchronously.

    Args:
        func: A function, coroutine function, generator function or async generator function.
        afunc: The async version of a sync `func`, used by the async methods.
        name: Name of the runs; otherwise the function's.

    Raises:
        TypeError: A function cannot be called with one input, or two async functions are given.

    Example:
        >>> RunnableLambda(lambda x: x + 1).invoke(1)
        2
    """

    @overload
    def __init__(
        self,
        func: Function[Input, AsyncIterator[Output]],
        afunc: None = None,
        name: str | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        func: Function[Input, Coroutine[Any, Any, Output]],
        afunc: None = None,
        name: str | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        func: Function[Input, Iterator[Output]],
        afunc: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        func: Function[Input, Runnable[Input, Output]],
        afunc: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        func: Function[Input, Output],
        afunc: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None: ...
    def __init__(self, func: Any, afunc: Any = None, name: str | None = None) -> None:
        for given in (func,) if afunc is None else (func, afunc):
            if not callable(given):
                msg = f"RunnableLambda needs a function, got {given!r} ({type(given).__name__})."
                raise TypeError(msg)
            check_takes_input(given)
        if is_async_callable(func) or is_async_generator(func):
            if afunc is not None:
                msg = (
                    f"func={func!r} is asynchronous, and so is afunc={afunc!r}. "
                    "Give the synchronous function as func, or only one of them."
                )
                raise TypeError(msg)
            self._setup(afunc=func)
        else:
            self._setup(func=func, afunc=afunc)
        self.name = name or _own_name(func)

    if TYPE_CHECKING:

        def invoke(
            self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
        ) -> Output: ...

        def ainvoke(
            self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
        ) -> Coroutine[Any, Any, Output]: ...

    def transform(
        self, input: Iterator[Input], config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Output]:
        if not hasattr(self, "func"):
            msg = (
                f"{self!r} is asynchronous and cannot be streamed synchronously; "
                "use `astream` or `atransform`."
            )
            raise TypeError(msg)
        return super().transform(input, config, **kwargs)

    def _transform(
        self,
        chunks: Iterator[Input],
        run_manager: CallbackManagerForChainRun,
        config: RunnableConfig,
        **kwargs: Any,
    ) -> Iterator[Output]:
        total = Total()
        for chunk in chunks:
            total.take(chunk)
        if total.empty:
            return
        output = self._call(self.func, total.value, config, run_manager, kwargs)
        if is_generator(self.func):
            yield from output
        elif isinstance(output, Runnable):
            yield from output.stream(total.value, self._deeper(config, total.value))
        else:
            yield output

    async def _atransform(
        self,
        chunks: AsyncIterator[Input],
        run_manager: AsyncCallbackManagerForChainRun,
        config: RunnableConfig,
        **kwargs: Any,
    ) -> AsyncIterator[Output]:
        total = Total()
        async for chunk in chunks:
            total.take(chunk)
        if total.empty:
            return
        afunc = getattr(self, "afunc", None)
        stream: AsyncIterator[Any]
        if afunc is None:
            output = await _build.run_in_executor(
                config, self._call, self.func, total.value, config, run_manager.get_sync(), kwargs
            )
            if is_generator(self.func):
                stream = _build.iterate_in_thread(lambda: output)
            elif isinstance(output, Runnable):
                stream = output.astream(total.value, self._deeper(config, total.value))
            else:
                yield output
                return
        else:
            output = self._call(afunc, total.value, config, run_manager, kwargs)
            if is_async_generator(afunc):
                stream = output
            else:
                output = await output
                if not isinstance(output, Runnable):
                    yield output
                    return
                stream = output.astream(total.value, self._deeper(config, total.value))
        async with closing_stream(stream) as closing:
            async for chunk in closing:
                yield chunk

    @staticmethod
    def _call(
        func: Callable[..., Any],
        value: Any,
        config: RunnableConfig,
        run_manager: CallbackManagerForChainRun | AsyncCallbackManagerForChainRun,
        kwargs: dict[str, Any],
    ) -> Any:
        if accepts_config(func):
            kwargs["config"] = config
        if accepts_run_manager(func):
            kwargs["run_manager"] = run_manager
        return func(value, **kwargs)

    def _deeper(self, config: RunnableConfig, value: Any) -> RunnableConfig:
        limit = self._limit_below(config.get("recursion_limit", 0), value)
        return patch_config(config, recursion_limit=limit)

    @property
    def _any_func(self) -> Callable[..., Any]:
        return getattr(self, "func", None) or self.afunc

    @property
    def InputType(self) -> Any:  # noqa: N802  the documented name
        """Type of the function's first parameter, else `Any`."""
        return _build.schemas.first_parameter_type(self._any_func)

    @property
    def OutputType(self) -> Any:  # noqa: N802  the documented name
        """Type that the function returns (or yields), else `Any`."""
        return _build.schemas.result_type(self._any_func)

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        """Derive the model of the input: annotated, or the keys that the function reads."""
        return _build.schemas.function_input_model(self, self._any_func, config)

    def get_output_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        del config
        return _build.schemas.model_of(self, "Output", self.OutputType, self._any_func)

    @property
    def deps(self) -> list[Runnable[Any, Any]]:
        """Runnables that the function's body refers to."""
        return _build.schemas.runnables_used_by(self._any_func)

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        return _build.schemas.unique_specs(self.deps)

    def get_graph(self, config: RunnableConfig | None = None) -> Graph:
        deps = self.deps
        if not deps:
            return super().get_graph(config)
        return _build.graphs.side_by_side(self, deps, config)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunnableLambda):
            return NotImplemented
        mine, theirs = getattr(self, "func", None), getattr(other, "func", None)
        if mine is not None or theirs is not None:
            return bool(mine == theirs)
        return bool(self.afunc == other.afunc)

    def __hash__(self) -> int:
        return hash(self._any_func)

    def __repr__(self) -> str:
        func = getattr(self, "func", None)
        if isinstance(func, itemgetter):
            return f"RunnableLambda({repr(func).removeprefix('operator.')})"
        prefix = "" if func is not None else "afunc="
        return f"RunnableLambda({prefix}{_build.sources.function_text(self._any_func) or '...'})"


def _own_name(func: Callable[..., Any]) -> str | None:
    name = getattr(func, "__name__", None)
    return None if name == "<lambda>" else name
