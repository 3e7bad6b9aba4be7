"""Batches, formatting, terminals, arguments, packages, ids."""

from __future__ import annotations

import asyncio
import io

import pytest
from pydantic import BaseModel, Field

from ferrule.utils import (
    abatch_iterate,
    batch_iterate,
    build_extra_kwargs,
    formatter,
    get_color_mapping,
    get_pydantic_field_names,
    guard_import,
    print_text,
    xor_args,
)
from ferrule.utils.uuid import uuid7


async def collected(size, items):
    async def source():
        for item in items:
            yield item

    return [batch async for batch in abatch_iterate(size, source())]


@pytest.mark.parametrize(
    ("size", "count", "expected"),
    [(2, 5, [[0, 1], [2, 3], [4]]), (5, 5, [[0, 1, 2, 3, 4]]), (None, 2, [[0, 1]]), (3, 0, [])],
)
def test_batches(size, count, expected):
    """Items come in lists of the size, the last one shorter; both twins agree."""
    assert list(batch_iterate(size, range(count))) == expected
    assert asyncio.run(collected(size, range(count))) == expected


def test_batches_need_a_positive_size():
    """A size that would never end is refused."""
    with pytest.raises(ValueError, match="not 0"):
        next(batch_iterate(0, [1]))
    with pytest.raises(ValueError, match="not -1"):
        asyncio.run(collected(-1, [1]))


def test_formatter_takes_names_only():
    """Values by position are refused, a missing one is named."""
    assert formatter.format("{a:>3}", a=1) == "  1"
    with pytest.raises(ValueError, match="by position"):
        formatter.format("{}", 1)
    formatter.validate_input_variables("{a} {b}", ["a", "b", "c"])
    with pytest.raises(KeyError, match="b"):
        formatter.validate_input_variables("{a} {b}", ["a"])


def test_colours_are_given_in_turn():
    """More items than colours share them; without a colour left it is an error."""
    colours = get_color_mapping([str(i) for i in range(6)])
    assert len(set(colours.values())) == 5
    assert colours["0"] == colours["5"]
    with pytest.raises(ValueError, match="excluded"):
        get_color_mapping(["a"], list(colours.values()))


def test_text_is_printed_to_the_file():
    """Text goes to the file that was given, in its colour."""
    paper = io.StringIO()
    print_text("hot", color="red", end="!\n", file=paper)
    print_text("plain", file=paper)
    assert paper.getvalue() == "\x1b[31;1m\x1b[1;3mhot\x1b[0m!\nplain"


@xor_args(("a", "b"), ("c",))
def chosen(*, a=None, b=None, c=None):
    return a, b, c


def test_exactly_one_of_a_group():
    """None and several arguments of a group are refused, each group by itself."""
    assert chosen(b=1, c=0) == (None, 1, 0)
    with pytest.raises(ValueError, match="a, b; a and b was given"):
        chosen(a=1, b=2, c=3)
    with pytest.raises(ValueError, match="one of c; none"):
        chosen(a=1)


def test_surplus_values_become_extra_arguments():
    """A value without a field is moved, with a warning; contradictions are errors."""

    class Model(BaseModel):
        size: int = Field(1, alias="s")

    names = get_pydantic_field_names(Model)
    assert names == {"size", "s"}
    values = {"s": 2, "depth": 3}
    with pytest.warns(UserWarning, match="depth"):
        assert build_extra_kwargs({"old": 0}, values, names) == {"old": 0, "depth": 3}
    assert values == {"s": 2}
    with pytest.raises(ValueError, match="depth was given"):
        build_extra_kwargs({"depth": 1}, {"depth": 2}, names)
    with pytest.raises(ValueError, match="size is a field"):
        build_extra_kwargs({"size": 1}, {}, names)


def test_missing_packages_say_what_to_install():
    """The error names the package, which may differ from the module."""
    assert guard_import(".parse", package="urllib").quote("a b") == "a%20b"
    with pytest.raises(ImportError, match="pip install no-such-module"):
        guard_import("no_such_module.part")
    with pytest.raises(ImportError, match="pip install other"):
        guard_import("no_such_module", pip_name="other")


def test_ids_for_a_given_time():
    """The id holds the milliseconds, is of version 7, and differs each time."""
    ids = {uuid7(1_700_000_000_123_456_789) for _ in range(50)}
    assert len(ids) == 50
    assert {made.int >> 80 for made in ids} == {1_700_000_000_123}
    assert {(made.version, made.variant) for made in ids} == {(7, "specified in RFC 4122")}
