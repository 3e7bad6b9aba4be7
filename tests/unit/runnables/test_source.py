from __future__ import annotations

import functools
from types import SimpleNamespace

from ferrule.runnables.source import function_text, keys_read, objects_used

thing = SimpleNamespace(part=SimpleNamespace(deep=object()))


def test_text_of_functions():
    """A lambda shows its source, another function its name, an object nothing."""
    assert function_text(len) == "len"
    assert function_text(lambda x: x + 1) == "lambda x: x + 1"
    one, two = lambda x: x["a"], lambda x: x["b"]
    assert function_text(two) == "lambda x: x['b']"
    assert function_text(one) == "lambda x: x['a']"
    assert function_text(functools.partial(len)) is None


def test_keys_of_methods_and_nested_functions():
    """Keys are those of the first parameter, also where an inner function reads them."""

    class Reader:
        def read(self, d):
            return [d["a"] for _ in range(2)], lambda: d.get("b")

    assert keys_read(Reader().read) == ["a", "b"]
    assert keys_read(len) == []


def test_objects_used_are_listed_with_their_attributes():
    """Of `a.b.c` all three are listed; inner functions count, what is missing does not."""
    local = object()

    def func(x):
        return thing.part.deep, [local for _ in range(x)], thing.missing

    assert objects_used(func) == [thing, thing.part, thing.part.deep, local]
    assert objects_used(functools.partial(func)) == objects_used(func)
    assert objects_used(len) == []
