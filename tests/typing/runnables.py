"""What type checkers must infer of runnables; checked, never run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import assert_type

from ferrule.runnables import (
    RunnableBinding,
    RunnableConfig,
    RunnableLambda,
    RunnableSequence,
    chain,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


def length(text: str) -> int:
    return len(text)


def show(number: int, config: RunnableConfig) -> str:
    return f"{number}{config}"


async def ashow(number: int) -> str:
    return str(number)


def letters(text: str) -> Iterator[str]:
    yield from text


async def aletters(text: str) -> AsyncIterator[str]:
    yield text


def shown(numbers: Iterator[int]) -> Iterator[str]:
    yield from map(str, numbers)


@chain
def add_one(number: int) -> int:
    return number + 1


def check_functions() -> None:
    """A function's types are the runnable's, whatever kind of function it is."""
    assert_type(RunnableLambda(length), RunnableLambda[str, int])
    assert_type(RunnableLambda(show), RunnableLambda[int, str])
    assert_type(RunnableLambda(ashow), RunnableLambda[int, str])
    assert_type(RunnableLambda(letters), RunnableLambda[str, str])
    assert_type(RunnableLambda(aletters), RunnableLambda[str, str])
    assert_type(add_one, RunnableLambda[int, int])


def check_sequences() -> None:
    """`|` joins the input of its left side to the output of its right side."""
    first = RunnableLambda(length)
    assert_type(first | RunnableLambda(show), RunnableSequence[str, str])
    assert_type(first | show, RunnableSequence[str, str])
    assert_type(first | ashow, RunnableSequence[str, str])
    assert_type(first | shown, RunnableSequence[str, str])
    assert_type(first | {"shown": show}, RunnableSequence[str, dict[str, Any]])
    assert_type(length | RunnableLambda(show), RunnableSequence[str, str])


def check_calls() -> None:
    """Every way of running gives the output's type."""
    step = RunnableLambda(length)
    assert_type(step.invoke("a"), int)
    assert_type(step.batch(["a"]), list[int])
    assert_type(next(step.stream("a")), int)
    assert_type((step | show).invoke("a"), str)


async def check_async_calls() -> None:
    """Every async way of running gives the output's type."""
    step = RunnableLambda(length)
    assert_type(await step.ainvoke("a"), int)
    assert_type(await step.abatch(["a"]), list[int])
    async for chunk in (step | show).astream("a"):
        assert_type(chunk, str)


def check_fluent_methods() -> None:
    """Binding, retrying, falling back and mapping keep the types."""
    step = RunnableLambda(length)
    assert_type(step.bind(x=1), RunnableBinding[str, int])
    assert_type(step.with_config(tags=["a"]).invoke("x"), int)
    assert_type(step.with_retry().invoke("x"), int)
    assert_type(step.with_fallbacks([step]).invoke("x"), int)
    assert_type(step.map().invoke(["x"]), list[int])
