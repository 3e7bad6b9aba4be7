"""Chunks that add up: dictionaries with `+`, and sums over streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ferrule.callbacks.abandoned import aclose

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable

_Chunk_contra = TypeVar("_Chunk_contra", contravariant=True)
_Sum_co = TypeVar("_Sum_co", covariant=True)


class SupportsAdd(Protocol[_Chunk_contra, _Sum_co]):
    """Anything with `+`."""

    def __add__(self, x: _Chunk_contra, /) -> _Sum_co:
        """Add one more chunk."""
        ...


Addable = TypeVar("Addable", bound=SupportsAdd[Any, Any])


class AddableDict(dict[str, Any]):
    """Chunk of a stream of dictionaries: `+` merges key by key.

    A key that both have is added with `+`; a missing key or `None` counts as nothing. Neither
    operand is changed.

    Example:
        >>> AddableDict(answer="for", n=1) + AddableDict(answer="ty", sources=["a"])
        {'answer': 'forty', 'n': 1, 'sources': ['a']}
    """

    def __add__(self, other: dict[str, Any]) -> AddableDict:
        """Merge a later chunk into a copy of this one."""
        return _merge(self, other)

    def __radd__(self, other: dict[str, Any]) -> AddableDict:
        """Merge this chunk into a copy of an earlier plain dictionary."""
        return _merge(other, self)


def _merge(earlier: dict[str, Any], later: dict[str, Any]) -> AddableDict:
    total = AddableDict(earlier)
    for key, value in later.items():
        so_far = total.get(key)
        if so_far is None:
            total[key] = value
        elif value is not None:
            try:
                total[key] = so_far + value
            except TypeError as error:
                msg = (
                    f"The chunks of key {key!r} do not add up: "
                    f"{type(so_far).__name__} + {type(value).__name__}."
                )
                raise TypeError(msg) from error
    return total


def add(addables: Iterable[Addable]) -> Addable | None:
    """Sum chunks with `+`, first to last; `None` if there are none.

    Example:
        >>> add(iter(["to", "ken", "s"]))
        'tokens'
    """
    total: Addable | None = None
    for chunk in addables:
        total = chunk if total is None else total + chunk
    return total


async def aadd(addables: AsyncIterable[Addable]) -> Addable | None:
    """Sum the chunks of an async stream with `+`, first to last; `None` if there are none."""
    total: Addable | None = None
    async for chunk in addables:
        total = chunk if total is None else total + chunk
    return total


async def sum_up(chunks: AsyncIterator[Any]) -> Any:
    """Sum an async stream's chunks as `Total` does, and close it whatever happens."""
    total = Total()
    try:
        async for chunk in chunks:
            total.take(chunk)
    finally:
        await aclose(chunks)
    return total.value


class Total:
    """Running sum of a stream whose chunks may or may not support `+`.

    Where two chunks do not add up, the later one counts as the whole.

    Example:
        >>> total = Total()
        >>> for chunk in (1, 2, "three"):
        ...     total.take(chunk)
        >>> total.value
        'three'
    """

    __slots__ = ("_alike", "_value", "empty")

    def __init__(self) -> None:
        self.empty = True
        self._value: Any = None
        # Chunks of one class that adds up many in linear time; the value is not known yet.
        self._alike: list[Any] = []

    @property
    def value(self) -> Any:
        """The sum so far; None without chunks."""
        if self._alike:
            chunks, self._alike = self._alike, []
            try:
                self._value = type(self._value).merge_chunks([self._value, *chunks])
            except TypeError:
                self._value = chunks[-1]
        return self._value

    def take(self, chunk: Any) -> None:
        """Count one more chunk."""
        if type(chunk) is type(self._value) and hasattr(chunk, "merge_chunks"):
            self._alike.append(chunk)
            return
        value = self.value
        self.empty = False
        if value is None:
            self._value = chunk
            return
        try:
            self._value = value + chunk
        except TypeError:
            self._value = chunk


def total_of(chunks: Iterable[Any]) -> Any:
    """Sum chunks that may or may not support `+`, as `Total` does; `None` if there are none."""
    total = Total()
    for chunk in chunks:
        total.take(chunk)
    return total.value
