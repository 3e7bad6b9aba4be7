"""Tests of async work that goes on side by side: tasks are made of what suspends only."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any

import pytest

from ferrule.runnables import RunnableLambda, RunnableParallel


def run_batch(function: Any, inputs: list[Any], **kwargs: Any) -> Any:
    return asyncio.run(RunnableLambda(function).abatch(inputs, **kwargs))


def test_each_item_stays_in_the_task_that_it_was_begun_in() -> None:
    """What suspends goes on in its task, which is no other item's."""

    async def tasks_of(turns: int) -> list[Any]:
        seen = [asyncio.current_task()]
        for _ in range(turns):
            await asyncio.sleep(0)
            seen.append(asyncio.current_task())
        return seen

    at_once, *suspended = run_batch(tasks_of, [0, 2, 1, 3])
    assert None not in at_once
    assert all(len(set(seen)) == 1 for seen in suspended)
    assert len({seen[0] for seen in suspended}) == len(suspended)


def test_outputs_are_in_the_order_of_the_inputs() -> None:
    """Whether or when an item suspends makes no difference to its place."""

    async def later(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return turns

    inputs = [3, 0, 2, 0, 1]
    assert run_batch(later, inputs) == inputs
    assert run_batch(later, inputs, config={"max_concurrency": 2}) == inputs


def test_the_caller_is_the_current_task_again() -> None:
    """Items are begun in the name of other tasks, which the caller does not notice."""

    async def main() -> None:
        task = asyncio.current_task()
        await RunnableLambda(asyncio.sleep).abatch([0, 0])
        assert asyncio.current_task() is task
        assert asyncio.all_tasks() == {task}

    asyncio.run(main())


@pytest.mark.parametrize("suspends", [False, True])
def test_each_item_has_a_context_of_its_own(suspends: bool) -> None:
    """What an item sets is seen neither by the items after it nor by the caller."""
    variable: ContextVar[str] = ContextVar("variable", default="unset")

    async def change(value: str) -> str:
        before = variable.get()
        variable.set(value)
        if suspends:
            await asyncio.sleep(0)
        return f"{before} {variable.get()}"

    async def main() -> None:
        assert await RunnableLambda(change).abatch(["a", "b"]) == ["unset a", "unset b"]
        assert variable.get() == "unset"

    asyncio.run(main())


@pytest.mark.parametrize("fails_at", [0, 1])
def test_failure_cancels_the_items_that_wait(fails_at: int) -> None:
    """All are begun; those under way end before the first failure is raised."""
    ended = []

    async def work(number: int) -> None:
        if number == fails_at:
            raise ValueError(number)
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(number)

    with pytest.raises(ValueError, match=str(fails_at)):
        run_batch(work, [0, 1, 2])
    assert sorted(ended) == [number for number in range(3) if number != fails_at]


def test_exceptions_are_returned_in_their_places() -> None:
    """With `return_exceptions` an item that fails at once does not stop the others."""

    async def work(number: int) -> int:
        if number % 2:
            raise ValueError(number)
        await asyncio.sleep(0)
        return number

    outcomes = run_batch(work, [0, 1, 2, 3], return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["0", "1", "2", "3"]
    assert [type(outcome) for outcome in outcomes] == [int, ValueError] * 2


def test_interrupt_stops_the_batch() -> None:
    """Nothing is begun after an interrupt, and what waits is cancelled."""
    begun, ended = [], []

    async def work(number: int) -> None:
        begun.append(number)
        if number == 1:
            raise KeyboardInterrupt
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(number)

    with pytest.raises(KeyboardInterrupt):
        run_batch(work, [0, 1, 2])
    assert begun == [0, 1]
    assert ended == [0]


def test_item_that_cancels_its_task() -> None:
    """It is cancelled even if it returns at once, as tasks are; the items after it are begun."""
    begun = []

    async def work(number: int) -> int:
        begun.append(number)
        task = asyncio.current_task()
        assert task is not None
        if number == 0:
            task.cancel()
        else:
            await asyncio.sleep(0)
            begun.append(-number)
        return number

    with pytest.raises(asyncio.CancelledError):
        run_batch(work, [0, 1, 2])
    assert begun == [0, 1, 2]


def test_timeout_in_an_item() -> None:
    """A timeout interrupts the item that set it, and no other."""

    async def work(seconds: float) -> str:
        try:
            await asyncio.wait_for(asyncio.sleep(seconds), 0.01)
        except asyncio.TimeoutError:
            return "late"
        return "in time"

    assert run_batch(work, [60, 0, 60]) == ["late", "in time", "late"]


def test_branches_are_begun_side_by_side() -> None:
    """The branches of a parallel wait for each other without a deadlock."""

    async def main() -> dict[str, Any]:
        meeting = asyncio.Event()

        async def waits(_: Any) -> str:
            await meeting.wait()
            return "met"

        async def comes(_: Any) -> str:
            meeting.set()
            return "came"

        return await RunnableParallel(a=waits, b=comes).ainvoke(0)

    assert asyncio.run(main()) == {"a": "met", "b": "came"}


def test_batch_in_a_batch() -> None:
    """Items may begin items of their own."""

    async def double(number: int) -> int:
        await asyncio.sleep(0)
        return 2 * number

    async def total(numbers: list[int]) -> int:
        return sum(await RunnableLambda(double).abatch(numbers))

    assert run_batch(total, [[1, 2], [], [3]]) == [6, 0, 6]
