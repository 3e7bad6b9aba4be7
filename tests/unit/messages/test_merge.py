"""The rules by which parts become one."""

from __future__ import annotations

import pytest

from ferrule.messages.merge import merge_content, merge_dicts, merge_lists, merge_obj


@pytest.mark.parametrize(
    ("parts", "merged"),
    [
        (["a", "b"], "ab"),
        ([None, "b"], "b"),
        (["a", ["b"]], ["a", "b"]),
        ([["a"], "b"], ["ab"]),
        ([[{"x": 1}], "b", "c"], [{"x": 1}, "bc"]),
        ([["a"], ["b"]], ["a", "b"]),
        (["", [{"x": 1}]], [{"x": 1}]),
        ([[], "a"], ["a"]),
        ([[{"index": 0, "t": "a"}], [{"index": 0, "t": "b"}]], [{"index": 0, "t": "ab"}]),
    ],
)
def test_contents(parts, merged):
    """Texts are joined, blocks merged by index, and empty text adds nothing."""
    assert merge_content(*parts) == merged


@pytest.mark.parametrize(
    ("parts", "merged"),
    [
        ([{"a": None}, {"a": "x"}], {"a": "x"}),
        ([{"a": "x"}, {"a": None}], {"a": "x"}),
        ([{"a": "x"}, {"b": "y"}], {"a": "x", "b": "y"}),
        ([{"a": {"b": "x"}}, {"a": {"b": "y"}}], {"a": {"b": "xy"}}),
        ([{"a": 1}, {"a": 2}], {"a": 3}),
        ([{"a": 2}, {"a": 2}], {"a": 2}),
        ([{"a": True}, {"a": True}], {"a": True}),
        ([{"id": "x"}, {"id": "x"}], {"id": "x"}),
        ([{"index": 1}, {"index": 2}], {"index": 2}),
        ([{"created": 1}, {"created": 2}], {"created": 2}),
        ([{"index": "lc_1"}, {"index": "lc_1"}], {"index": "lc_1"}),
        ([{"a": [1]}, {"a": [2]}], {"a": [1, 2]}),
    ],
)
def test_dictionaries(parts, merged):
    """Each kind of value has its rule."""
    assert merge_dicts(*parts) == merged


@pytest.mark.parametrize(
    ("left", "right", "told"),
    [
        ({"k": 1}, {"k": "x"}, "int"),
        ({"k": True}, {"k": False}, "bool"),
        ({"k": 1.0}, {"k": 2.0}, "float"),
        ({"k": True}, {"k": 1}, "bool"),
    ],
)
def test_values_that_do_not_combine(left, right, told):
    """The error names the key and the types."""
    with pytest.raises(TypeError, match=f"'k'.*{told}"):
        merge_dicts(left, right)


def test_dictionaries_are_not_written_to():
    """The result is a dictionary of its own."""
    left = {"a": "x"}
    assert merge_dicts(left) == left
    assert merge_dicts(left) is not left


@pytest.mark.parametrize(
    ("parts", "merged"),
    [
        ([None, None], None),
        ([None, [1]], [1]),
        ([[1], None, [2]], [1, 2]),
        (
            [[{"index": 0, "a": "x"}], [{"index": 1, "a": "y"}]],
            [{"index": 0, "a": "x"}, {"index": 1, "a": "y"}],
        ),
        (
            [[{"index": "s", "a": "x"}], [{"index": "s", "a": "y"}]],
            [{"index": "s", "a": "x"}, {"index": "s", "a": "y"}],
        ),
        (
            [[{"index": "lc_0", "a": "x"}], [{"index": "lc_0", "a": "y"}]],
            [{"index": "lc_0", "a": "xy"}],
        ),
        ([[{"index": 0, "type": "t"}], [{"index": 0, "type": "t"}]], [{"index": 0, "type": "t"}]),
        (
            [
                [{"index": 0, "type": "text"}],
                [{"index": 0, "type": "non_standard", "value": {"type": "z", "c": 1}}],
            ],
            [{"index": 0, "type": "text", "extras": {"c": 1}}],
        ),
        (
            [
                [{"index": 0, "type": "non_standard", "value": {"type": "z", "c": "1"}}],
                [{"index": 0, "type": "non_standard", "value": {"type": "z", "c": "2"}}],
            ],
            [{"index": 0, "type": "non_standard", "value": {"type": "z", "c": "12"}}],
        ),
        (
            [[{"index": 0, "id": "1"}], [{"index": 0, "id": "2"}]],
            [{"index": 0, "id": "1"}, {"index": 0, "id": "2"}],
        ),
        ([[{"index": 0, "id": ""}], [{"index": 0, "id": "2"}]], [{"index": 0, "id": "2"}]),
    ],
)
def test_lists(parts, merged):
    """Elements of one index and consistent ids are merged, all others appended."""
    assert merge_lists(*parts) == merged


@pytest.mark.parametrize(
    ("left", "right", "merged"),
    [
        (None, 1, 1),
        (1, None, 1),
        ("a", "b", "ab"),
        ({"a": "x"}, {"a": "y"}, {"a": "xy"}),
        ([1], [2], [1, 2]),
        (5, 5, 5),
    ],
)
def test_objects(left, right, merged):
    """Values of one type are merged by the rule of the type."""
    assert merge_obj(left, right) == merged


def test_objects_of_different_types():
    """The error shows both values."""
    with pytest.raises(TypeError, match="'a' with 1"):
        merge_obj("a", 1)


def test_objects_that_differ():
    """Values without a rule must be equal."""
    with pytest.raises(ValueError, match="5 with 6"):
        merge_obj(5, 6)
