"""The reporting half of `Runnable`: a run as a stream of events or of log patches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from ferrule.runnables import _build

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.schema import StreamEvent
    from ferrule.tracers.log_stream import RunLog, RunLogPatch


class Reporting:
    """Ways to watch a run from outside while it streams."""

    def astream_events(  # noqa: PLR0913  the documented filters
        self,
        input: Any,
        config: RunnableConfig | None = None,
        *,
        version: Literal["v1", "v2"] = "v2",
        include_names: Sequence[str] | None = None,
        include_types: Sequence[str] | None = None,
        include_tags: Sequence[str] | None = None,
        exclude_names: Sequence[str] | None = None,
        exclude_types: Sequence[str] | None = None,
        exclude_tags: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[StreamEvent]:
        """Stream what happens in the run and in the runs inside it.

        Each event is a dictionary with `event` (such as `"on_chain_stream"`), `name`, `run_id`,
        `parent_ids`, `tags`, `metadata` and `data`. Closing the iterator cancels the run.

        Args:
            input: The input.
            config: As for `astream`.
            version: Vocabulary of the events.
            include_names: Only runs of these names (or of an included type or tag).
            include_types: Only runs of these types, such as `"chat_model"`.
            include_tags: Only runs with one of these tags.
            exclude_names: No runs of these names.
            exclude_types: No runs of these types.
            exclude_tags: No runs with one of these tags.
            **kwargs: Arguments for `astream`.

        Example:
            >>> import asyncio
            >>> from ferrule.runnables import RunnableLambda
            >>> async def events():
            ...     double = RunnableLambda(lambda x: 2 * x).with_config(run_name="double")
            ...     return [event["event"] async for event in double.astream_events(21)]
            >>> asyncio.run(events())
            ['on_chain_start', 'on_chain_stream', 'on_chain_end']
        """
        return _build.stream_events(
            self,
            input,
            config,
            version=version,
            include_names=include_names,
            exclude_names=exclude_names,
            include_types=include_types,
            exclude_types=exclude_types,
            include_tags=include_tags,
            exclude_tags=exclude_tags,
            **kwargs,
        )

    @overload
    def astream_log(
        self,
        input: Any,
        config: RunnableConfig | None = None,
        *,
        diff: Literal[True] = True,
        with_streamed_output_list: bool = True,
        include_names: Sequence[str] | None = None,
        include_types: Sequence[str] | None = None,
        include_tags: Sequence[str] | None = None,
        exclude_names: Sequence[str] | None = None,
        exclude_types: Sequence[str] | None = None,
        exclude_tags: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[RunLogPatch]: ...
    @overload
    def astream_log(
        self,
        input: Any,
        config: RunnableConfig | None = None,
        *,
        diff: Literal[False],
        with_streamed_output_list: bool = True,
        include_names: Sequence[str] | None = None,
        include_types: Sequence[str] | None = None,
        include_tags: Sequence[str] | None = None,
        exclude_names: Sequence[str] | None = None,
        exclude_types: Sequence[str] | None = None,
        exclude_tags: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[RunLog]: ...
    def astream_log(
        self,
        input: Any,
        config: RunnableConfig | None = None,
        *,
        diff: bool = True,
        with_streamed_output_list: bool = True,
        **filters_and_kwargs: Any,
    ) -> AsyncIterator[RunLogPatch] | AsyncIterator[RunLog]:
        """Stream the run as a log: JSON patches, or with `diff=False` the log so far.

        Args:
            input: The input.
            config: As for `astream`.
            diff: Yield what changed instead of the whole log.
            with_streamed_output_list: Keep the list of output chunks in the log.
            **filters_and_kwargs: The filters of `astream_events`, and arguments for `astream`.
        """
        return _build.stream_log(
            self,
            input,
            config,
            diff=diff,
            with_streamed_output_list=with_streamed_output_list,
            **filters_and_kwargs,
        )
