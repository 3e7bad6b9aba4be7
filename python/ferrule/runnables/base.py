"""`Runnable`: the protocol that every unit of work follows.

`fluent` holds its composition half, `introspection` its schemas and graph; what opens runs and
sends events is `ferrule._core.RunnableBase`.
"""

# ruff: noqa: PLC0414  aliases mark re-exports, for type checkers
from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, Literal, overload

from ferrule._core import RunnableBase, check_streamed
from ferrule._lazy import later
from ferrule.interop.guises import Guised
from ferrule.interop.recognition import Recognising
from ferrule.runnables import _build
from ferrule.runnables._typing import Input, Output
from ferrule.runnables.addable import Total
from ferrule.runnables.closing import closing_stream
from ferrule.runnables.copying import Copyable
from ferrule.runnables.fluent import Fluent
from ferrule.runnables.introspection import Introspective
from ferrule.runnables.streaming import Reporting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence

    from ferrule.runnables import (
        RunnableBinding as RunnableBinding,
        RunnableBindingBase as RunnableBindingBase,
        RunnableEach as RunnableEach,
        RunnableGenerator as RunnableGenerator,
        RunnableLambda as RunnableLambda,
        RunnableMap as RunnableMap,
        RunnableParallel as RunnableParallel,
        RunnableSequence as RunnableSequence,
        RunnableSerializable as RunnableSerializable,
        chain as chain,
        coerce_to_runnable as coerce_to_runnable,
    )
    from ferrule.runnables.coerce import RunnableLike as RunnableLike
    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.each import RunnableEachBase as RunnableEachBase
else:
    # Programs written for langchain-core look for these here. They lie above this module, and
    # are imported when they are first read from it.
    __getattr__ = later(
        __name__,
        {
            "ferrule.runnables": """
                RunnableBinding RunnableBindingBase RunnableEach RunnableGenerator RunnableLambda
                RunnableMap RunnableParallel RunnableSequence RunnableSerializable
                chain coerce_to_runnable
            """,
            "ferrule.runnables.coerce": "RunnableLike",
            "ferrule.runnables.each": "RunnableEachBase",
        },
    )


class Runnable(
    Fluent[Input, Output],
    Introspective[Input, Output],
    Reporting,
    Copyable,
    Guised,
    Recognising,
    RunnableBase,
    ABC,
    Generic[Input, Output],
):
    """A unit of work: invoked, batched, streamed and composed, sync and async.

    A subclass must define `invoke`. `ainvoke` then runs it in a thread, `batch` runs it on
    many inputs at once, and the streaming methods yield its output as one chunk; override
    those for which the subclass can do better. Wrap the work in `_call_with_config` (or its
    async, streaming and batching twins) to make it a run that handlers hear of.

    Example:
        >>> class Shout(Runnable[str, str]):
        ...     def invoke(self, input, config=None, **kwargs):
        ...         return self._call_with_config(str.upper, input, config)
        >>> (Shout() | (lambda text: text + "!")).invoke("hello")
        'HELLO!'
    """

    if TYPE_CHECKING:
        # Pydantic would evaluate it for each class of models.
        name: str | None

    @abstractmethod
    def invoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> Output:
        """Run on one input.

        Args:
            input: The input.
            config: Callbacks, tags, metadata and further settings of this call. What is not
                given is inherited from the run around the call.
            **kwargs: Arguments that the particular runnable understands.

        Returns:
            The output. An exception of the work itself is raised as it is.
        """

    def ainvoke(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Coroutine[Any, Any, Output]:
        """Run on one input without blocking the event loop; by default `invoke` in a thread."""
        return _build.run_in_executor(config, self.invoke, input, config, **kwargs)

    if TYPE_CHECKING:
        # What the core does for every runnable, with the types of this one.

        def batch(
            self,
            inputs: Sequence[Input],
            config: RunnableConfig | Sequence[RunnableConfig] | None = None,
            *,
            return_exceptions: bool = False,
            **kwargs: Any,
        ) -> list[Output]:
            """Invoke on each input at once, the calling thread taking part.

            Args:
                inputs: A list of inputs.
                config: One config for all of them, or a list with one for each. At most
                    `max_concurrency` of the first are at work at once.
                return_exceptions: Put an exception into its input's slot. Otherwise the first
                    one is raised when what had been started is through.
                **kwargs: Passed to each call.

            Returns:
                The outputs; slot *i* belongs to input *i*.
            """
            ...

        def abatch(
            self,
            inputs: Sequence[Input],
            config: RunnableConfig | Sequence[RunnableConfig] | None = None,
            *,
            return_exceptions: bool = False,
            **kwargs: Any,
        ) -> Coroutine[Any, Any, list[Output]]:
            """Await `ainvoke` on each input, as `batch` does; a failure cancels the others."""
            ...

        @overload  # type: ignore[override]
        def batch_as_completed(
            self,
            inputs: Sequence[Input],
            config: RunnableConfig | Sequence[RunnableConfig] | None = None,
            *,
            return_exceptions: Literal[False] = False,
            **kwargs: Any,
        ) -> Iterator[tuple[int, Output]]: ...
        @overload
        def batch_as_completed(
            self,
            inputs: Sequence[Input],
            config: RunnableConfig | Sequence[RunnableConfig] | None = None,
            *,
            return_exceptions: bool,
            **kwargs: Any,
        ) -> Iterator[tuple[int, Output | Exception]]: ...
        def batch_as_completed(self, *args: Any, **kwargs: Any) -> Any:
            """Invoke on each input in threads; yield its number and its output as they come.

            Arguments are those of `batch`; with `return_exceptions` an exception is an output.
            A failure, or an iterator that is closed early, lets what has been started finish
            and starts nothing more.
            """

        @overload  # type: ignore[override]
        def abatch_as_completed(
            self,
            inputs: Sequence[Input],
            config: RunnableConfig | Sequence[RunnableConfig] | None = None,
            *,
            return_exceptions: Literal[False] = False,
            **kwargs: Any,
        ) -> AsyncIterator[tuple[int, Output]]: ...
        @overload
        def abatch_as_completed(
            self,
            inputs: Sequence[Input],
            config: RunnableConfig | Sequence[RunnableConfig] | None = None,
            *,
            return_exceptions: bool,
            **kwargs: Any,
        ) -> AsyncIterator[tuple[int, Output | Exception]]: ...
        def abatch_as_completed(self, *args: Any, **kwargs: Any) -> Any:
            """Await `ainvoke` on each input; yield its number and its output as they come.

            Arguments are those of `batch`; with `return_exceptions` an exception is an output.
            A failure, or an iterator that is closed early, cancels the others.
            """

    def _batch_with_config(
        self,
        func: Callable[..., Sequence[Output | Exception]],
        inputs: Sequence[Input],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        run_type: str | None = None,
        **kwargs: Any,
    ) -> list[Output]:
        """Have a function work on many inputs at once, each in a run of this runnable.

        For a `batch` that can do better than one `invoke` for each input. The runs are open
        together, and each ends with its own output or error; what `func` raises fails them all.

        Args:
            func: Returns for a list of inputs a list with an output, or an exception, for each.
                Gets `config` and `run_manager`, lists with one for each input, if it names them.
            inputs: The inputs. Of none, nothing is done.
            config: The caller's config, or one for each input.
            return_exceptions: Return failures in their places, in place of raising the first.
            run_type: What the start events say the runs are.
            **kwargs: Further arguments of `func`.

        Example:
            >>> class Doubled(Runnable[int, int]):
            ...     def invoke(self, input, config=None, **kwargs):
            ...         return self.batch([input], config)[0]
            ...     def batch(self, inputs, config=None, **kwargs):
            ...         return self._batch_with_config(self._double, inputs, config, **kwargs)
            ...     def _double(self, inputs):
            ...         return [2 * number for number in inputs]
            >>> Doubled().batch([1, 2])
            [2, 4]
        """
        lanes = _build.lanes.Lanes(
            self, inputs, config, return_exceptions=return_exceptions, run_type=run_type
        )
        return _build.lanes.batch_together(lanes, func, kwargs)

    def _abatch_with_config(
        self,
        func: Callable[..., Awaitable[Sequence[Output | Exception]]],
        inputs: Sequence[Input],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        run_type: str | None = None,
        **kwargs: Any,
    ) -> Coroutine[Any, Any, list[Output]]:
        """Have a coroutine function work on many inputs at once; see `_batch_with_config`."""
        lanes = _build.lanes.Lanes(
            self, inputs, config, return_exceptions=return_exceptions, run_type=run_type
        )
        return _build.lanes.abatch_together(lanes, func, kwargs)

    def stream(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Output]:
        """Run on one input and yield the output in chunks as they are made.

        A runnable that cannot make chunks yields its output as one. The run starts with the first
        chunk that is asked for, and ends when the iterator is exhausted, fails or is closed.
        """
        yield self.invoke(input, config, **kwargs)

    async def astream(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Output]:
        """Run on one input and yield the output in chunks, as `stream` does."""
        yield await self.ainvoke(input, config, **kwargs)

    def transform(
        self, input: Iterator[Input], config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Output]:
        """Turn a stream of input chunks into a stream of output chunks.

        By default the input is summed up first and then passed to `stream`; no input, no
        output.
        """
        check_streamed(input, False)
        total = Total()
        for chunk in input:
            total.take(chunk)
        if not total.empty:
            yield from self.stream(total.value, config, **kwargs)

    async def atransform(
        self, input: AsyncIterator[Input], config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Output]:
        """Turn a stream of input chunks into a stream of output chunks, as `transform` does."""
        check_streamed(input, True)
        total = Total()
        async for chunk in input:
            total.take(chunk)
        if not total.empty:
            async with closing_stream(self.astream(total.value, config, **kwargs)) as chunks:
                async for output in chunks:
                    yield output
