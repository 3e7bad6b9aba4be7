"""`RunnableParallel`: several runnables side by side on the same input."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar

from ferrule._core import ParallelDrive, patch_config
from ferrule.runnables import _build
from ferrule.runnables._typing import Input
from ferrule.runnables.addable import AddableDict
from ferrule.runnables.closing import closing_stream
from ferrule.runnables.coerce import coerce_to_runnable
from ferrule.runnables.interleave import ainterleave, interleave
from ferrule.runnables.layout import indented
from ferrule.runnables.tee import atee, tee
from ferrule.runnables.transforming import Transforming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator

    from pydantic import BaseModel

    from ferrule.callbacks import (
        AsyncCallbackManagerForChainRun,
        CallbackManagerForChainRun,
    )
    from ferrule.runnables.base import Runnable
    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.configurable_specs import ConfigurableFieldSpec
    from ferrule.runnables.graph import Graph


class RunnableParallel(ParallelDrive, Transforming[Input, dict[str, Any]]):
    """Run several runnables on the same input and return a dictionary of their outputs.

    A mapping in a chain becomes one. Branches run in threads, or tasks when async, at most
    `max_concurrency` at once. When one fails, the others are cancelled or not started, and have
    ended before the failure is raised. Streaming yields the chunks of all branches as they
    come, each as a dictionary with one key. The child run of a branch has the tag
    `map:key:<key>`.

    Args:
        steps__: Key to runnable, function or mapping.
        **kwargs: More of them.

    Raises:
        TypeError: A key is no string, or a step no runnable-like thing.

    Example:
        >>> both = RunnableParallel(doubled=lambda x: 2 * x, squared=lambda x: x * x)
        >>> both.invoke(3)
        {'doubled': 6, 'squared': 9}
    """

    _built_from: ClassVar = ("steps__",)

    def __init__(self, steps__: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        self.name = None
        mapping: Any = steps__
        if mapping is not None and not isinstance(mapping, Mapping):
            msg = (
                "RunnableParallel takes a mapping of keys to steps, "
                f"but got {mapping!r} ({type(mapping).__name__})."
            )
            raise TypeError(msg)
        given: dict[Any, Any] = {**(mapping or {}), **kwargs}
        for key in given:
            if not isinstance(key, str):
                msg = f"Keys of a RunnableParallel are strings; got {key!r} ({type(key).__name__})."
                raise TypeError(msg)
        self._setup({key: _branch(key, step) for key, step in given.items()})

    if TYPE_CHECKING:

        @property
        def steps__(self) -> dict[str, Runnable[Any, Any]]: ...

        def invoke(
            self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
        ) -> dict[str, Any]: ...

        def ainvoke(
            self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
        ) -> Coroutine[Any, Any, dict[str, Any]]: ...

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        """Name it after its keys, unless it has a name."""
        own = name or self.name or f"RunnableParallel<{','.join(self.steps__)}>"
        return super().get_name(suffix, name=own)

    def _transform(
        self,
        chunks: Iterator[Input],
        run_manager: CallbackManagerForChainRun,
        config: RunnableConfig,
        **kwargs: Any,
    ) -> Iterator[dict[str, Any]]:
        branches = tee(chunks, len(self.steps__))
        streams = {
            key: step.transform(branch, step_config, **kwargs)
            for branch, (key, step, step_config) in zip(
                branches, self._steps_with(config, run_manager), strict=True
            )
        }
        with closing(interleave(streams, config.get("max_concurrency"))) as interleaved:
            for key, chunk in interleaved:
                yield AddableDict({key: chunk})

    async def _atransform(
        self,
        chunks: AsyncIterator[Input],
        run_manager: AsyncCallbackManagerForChainRun,
        config: RunnableConfig,
        **kwargs: Any,
    ) -> AsyncIterator[dict[str, Any]]:
        branches = atee(chunks, len(self.steps__))
        streams = {
            key: step.atransform(branch, step_config, **kwargs)
            for branch, (key, step, step_config) in zip(
                branches, self._steps_with(config, run_manager), strict=True
            )
        }
        async with closing_stream(
            ainterleave(streams, config.get("max_concurrency"))
        ) as interleaved:
            async for key, chunk in interleaved:
                yield AddableDict({key: chunk})

    def _steps_with(
        self,
        config: RunnableConfig,
        run_manager: CallbackManagerForChainRun | AsyncCallbackManagerForChainRun,
    ) -> Iterator[tuple[str, Runnable[Any, Any], RunnableConfig]]:
        for key, step in self.steps__.items():
            child = run_manager.get_child(f"map:key:{key}")
            yield key, step, patch_config(config, callbacks=child)

    @property
    def InputType(self) -> Any:  # noqa: N802  the documented name
        """Type of the first branch's input."""
        return next((step.InputType for step in self.steps__.values()), Any)

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        model = _build.schemas.parallel_input_model(self, config)
        return super().get_input_schema(config) if model is None else model

    def get_output_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        del config
        return _build.schemas.parallel_output_model(self)

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        return _build.schemas.unique_specs(self.steps__.values())

    def get_graph(self, config: RunnableConfig | None = None) -> Graph:
        return _build.graphs.side_by_side(self, list(self.steps__.values()), config)

    def __repr__(self) -> str:
        lines = (
            f"{key}: {indented(repr(step), len(key) + 4)}" for key, step in self.steps__.items()
        )
        return "{\n  " + ",\n  ".join(lines) + "\n}"


RunnableMap = RunnableParallel


def _branch(key: str, step: Any) -> Runnable[Any, Any]:
    try:
        return coerce_to_runnable(step)
    except TypeError as error:
        msg = f"The step of the key {key!r}: {error}"
        raise TypeError(msg) from None
