"""JSON patches: `diff` and `apply_patch` are each other's inverse, and nothing is written to."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, strategies as st

from ferrule.tracers.json_patch import apply_patch, diff

leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("ab/~0", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(values, values)
def test_applying_the_difference_gives_the_new_value(old, new):
    """For any two values, and the old one stays as it was."""
    before = copy.deepcopy(old)
    assert apply_patch(old, diff(old, new)) == new
    assert old == before


@given(values)
def test_equal_values_differ_in_nothing(value):
    """No operation for no change."""
    assert list(diff(value, copy.deepcopy(value))) == []


def test_a_grown_list_is_added_to():
    """Streamed lists give one operation for each new item."""
    assert list(diff([1], [1, 2, 3])) == [
        {"op": "add", "path": "/1", "value": 2},
        {"op": "add", "path": "/2", "value": 3},
    ]


def test_leaves_without_a_truth_value_are_replaced():
    """Values whose == is no yes or no count as different."""

    class Vector:
        def __eq__(self, other):
            raise ValueError("ambiguous")

        __hash__ = None

    old, new = Vector(), Vector()
    assert [op["op"] for op in diff({"a": old}, {"a": new})] == ["replace"]
    assert list(diff({"a": old}, {"a": old})) == []


@pytest.mark.parametrize(
    ("document", "operation", "result"),
    [
        (None, {"op": "replace", "path": "", "value": 1}, 1),
        ({"a": 1}, {"op": "add", "path": "/b~1c~0", "value": 2}, {"a": 1, "b/c~": 2}),
        ([1, 3], {"op": "add", "path": "/1", "value": 2}, [1, 2, 3]),
        ([1], {"op": "add", "path": "/-", "value": 2}, [1, 2]),
        ({"a": [1, 2]}, {"op": "remove", "path": "/a/0"}, {"a": [2]}),
        ({"a": 1}, {"op": "remove", "path": "/a"}, {}),
        ({"a": {"b": 1}}, {"op": "replace", "path": "/a/b", "value": 2}, {"a": {"b": 2}}),
    ],
)
def test_operations(document, operation, result):
    """Each operation at each kind of place."""
    assert apply_patch(document, [operation]) == result


@pytest.mark.parametrize(
    ("document", "operation"),
    [
        ({}, {"op": "remove", "path": "/a"}),
        ({}, {"op": "add", "path": "/a/b", "value": 1}),
        ([], {"op": "replace", "path": "/0", "value": 1}),
        ([], {"op": "add", "path": "/1", "value": 1}),
        ([], {"op": "add", "path": "/x", "value": 1}),
        (1, {"op": "add", "path": "/a", "value": 1}),
    ],
)
def test_paths_that_do_not_exist(document, operation):
    """The error names operation and path."""
    with pytest.raises(ValueError, match=f"nothing to {operation['op']} at '{operation['path']}'"):
        apply_patch(document, [operation])
