from __future__ import annotations

import pytest

from ferrule.runnables.addable import AddableDict, Total, aadd, add
from ferrule.runnables.closing import once


def test_addition_merges_key_by_key_and_keeps_the_operands():
    """`+` adds common keys, keeps single ones, and changes neither side."""
    left, right = AddableDict(a="x", b=None), AddableDict(a="y", b=1, c=2)
    assert left + right == {"a": "xy", "b": 1, "c": 2}
    assert (left, right) == ({"a": "x", "b": None}, {"a": "y", "b": 1, "c": 2})


def test_a_plain_dictionary_may_come_first():
    """`dict + AddableDict` is an `AddableDict`, in the order of the operands."""
    total = {"a": "x"} + AddableDict(a="y")
    assert type(total) is AddableDict
    assert total == {"a": "xy"}


def test_chunks_that_do_not_add_up_name_the_key():
    """Adding values of different types says at which key."""
    with pytest.raises(TypeError, match=r"'a'.*str \+ int"):
        AddableDict(a="x") + AddableDict(a=1)


def test_sums_of_streams():
    """`add` sums an iterator; nothing sums to `None`."""
    assert add(iter([[1], [2]])) == [1, 2]
    assert add(iter([])) is None


async def _sum(value):
    return await aadd(once(value))


def test_sums_of_async_streams(run):
    """`aadd` sums an async iterator."""
    assert run(_sum("a")) == "a"


@pytest.mark.parametrize(
    ("chunks", "value"),
    [(["a", "b"], "ab"), ([1, "b"], "b"), ([None, 1, 2], 3), ([None], None)],
)
def test_running_total(chunks, value):
    """A total adds what adds up, and otherwise keeps the later chunk."""
    total = Total()
    for chunk in chunks:
        total.take(chunk)
    assert total.value == value
    assert not total.empty
