"""Several runs that are open at once and end together.

`generate` tells handlers of all its runs before the first request, and of their ends after the
last one. `OpenRuns` keeps the promise that each of them ends exactly once, whatever happens.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, ExitStack
from typing import TYPE_CHECKING

from ferrule.outputs import RunInfo
from ferrule.runnables.endings import aend_all, end_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from typing_extensions import Self, TypeIs

    from ferrule._core import OpenRun, RunPlan
    from ferrule.outputs import LLMResult
    from ferrule.runnables.endings import Ending

__all__ = ["OpenRuns"]


class OpenRuns:
    """A block in which one run per plan is open.

    Inside, `settle` says what became of a run. Leaving the block tells the handlers: first every
    failure, then every result, each in the order of the plans. A run that was not settled fails
    with the exception that left the block. If a settled failure is all that went wrong, the first
    one is raised. When a run cannot be opened, those before it fail with the reason.
    """

    def __init__(self, plans: Sequence[RunPlan]) -> None:
        self._plans = plans
        self._runs: list[OpenRun] = []
        self._outcomes: list[LLMResult | BaseException | None] = [None] * len(plans)

    def __iter__(self) -> Iterator[OpenRun]:
        return iter(self._runs)

    def __getitem__(self, index: int) -> OpenRun:
        return self._runs[index]

    def settle(self, index: int, outcome: LLMResult | BaseException) -> None:
        """Set the result of a run, or the exception that it failed with."""
        self._outcomes[index] = outcome

    @property
    def results(self) -> list[LLMResult]:
        """The results, in the order of the plans; to be read when every run has one."""
        return [one for one in self._outcomes if one is not None and not _is_failure(one)]

    @property
    def infos(self) -> list[RunInfo]:
        """The ids of the runs, in the order of the plans."""
        return [RunInfo(run_id=run.run_manager.run_id) for run in self._runs]

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.push(self)
            for plan in self._plans:
                self._runs.append(plan.open())
            undo.pop_all()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        end_all(self._endings(error))
        self._raise_failure(error)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as undo:
            undo.push_async_exit(self)
            for plan in self._plans:
                self._runs.append(await plan.aopen())
            undo.pop_all()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await aend_all(self._endings(error))
        self._raise_failure(error)

    def _endings(self, error: BaseException | None) -> list[Ending]:
        """How each run ends, failures first."""
        failures: list[Ending] = []
        results: list[Ending] = []
        for run, outcome in zip(self._runs, self._outcomes, strict=False):
            value = error if outcome is None else outcome
            if _is_failure(value):
                failures.append((run, value, None))
            else:
                results.append((run, None, value))
        return failures + results

    def _raise_failure(self, error: BaseException | None) -> None:
        if error is None:
            for outcome in self._outcomes:
                if _is_failure(outcome):
                    raise outcome


def _is_failure(outcome: object) -> TypeIs[BaseException]:
    return isinstance(outcome, BaseException)
