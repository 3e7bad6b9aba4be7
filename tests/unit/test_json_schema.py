"""JSON schemas, rewritten."""

from __future__ import annotations

import copy

import pytest

from ferrule.json_schema import closed, dereference_refs, without_titles

SCHEMA = {
    "title": "Whole",
    "properties": {
        "title": {"title": "Title", "type": "string"},
        "part": {"$ref": "#/$defs/Part", "description": "Mine"},
    },
    "$defs": {"Part": {"title": "Part", "type": "object", "description": "Theirs"}},
}


def test_references():
    """A reference becomes its target, and keys beside it win; nothing is written to."""
    before = copy.deepcopy(SCHEMA)
    part = dereference_refs(SCHEMA)["properties"]["part"]
    assert part == {"title": "Part", "type": "object", "description": "Mine"}
    part["type"] = "changed"
    assert before == SCHEMA


def test_a_wrapped_reference_is_one():
    """Old releases of pydantic put a reference into a list of one; the result is the same."""
    wrapped = copy.deepcopy(SCHEMA)
    wrapped["properties"]["part"] = {"allOf": [{"$ref": "#/$defs/Part"}], "description": "Mine"}
    assert dereference_refs(wrapped) == dereference_refs(SCHEMA)
    several = {"allOf": [{"$ref": "#/$defs/Part"}, {"x": 1}]}
    expanded = dereference_refs({**SCHEMA, **several})["allOf"]
    assert expanded == [SCHEMA["$defs"]["Part"], {"x": 1}]


def test_recursion_ends():
    """A reference inside its own target is dropped."""
    tree = {"$ref": "#/$defs/T", "$defs": {"T": {"items": {"$ref": "#/$defs/T", "x": 1}}}}
    assert dereference_refs(tree)["items"] == {"x": 1}


@pytest.mark.parametrize(
    ("path", "error"),
    [("other.json", ValueError), ("#/$defs/No", KeyError), ("#/list/7", KeyError)],
)
def test_bad_references(path, error):
    """References out of the document or to nothing are errors that show them."""
    with pytest.raises(error, match=path.replace("$", r"\$")):
        dereference_refs({"list": [1], "x": {"$ref": path}})


def test_references_into_lists_and_escaped_keys():
    """Indexes and escaped keys of JSON pointers are understood."""
    schema = {
        "list": [{"a": 1}],
        "a/b": {"b": 1},
        "x": {"$ref": "#/list/0"},
        "y": {"$ref": "#/a~1b"},
    }
    resolved = dereference_refs(schema)
    assert (resolved["x"], resolved["y"]) == ({"a": 1}, {"b": 1})


def test_property_called_ref():
    """A property may be called `$ref`."""
    schema = {"properties": {"$ref": {"type": "string"}}}
    assert dereference_refs(schema) == schema


def test_titles():
    """Titles go, a property called title stays."""
    assert without_titles(SCHEMA)["properties"]["title"] == {"type": "string"}
    assert "title" not in without_titles(SCHEMA)


def test_closed():
    """Every level is closed, the given schema is not."""
    schema = {"properties": {"a": {"anyOf": [{"properties": {}}, True]}}, "items": {"required": []}}
    before = copy.deepcopy(schema)
    shut = closed(schema)
    assert shut["required"] == ["a"]
    assert shut["properties"]["a"]["anyOf"] == [
        {"properties": {}, "additionalProperties": False},
        True,
    ]
    assert shut["items"]["additionalProperties"] is False
    assert schema == before


def test_keys_that_are_left_alone():
    """Below `skip_keys` nothing is expanded; by default that is `$defs`."""
    schema = {"a": {"$ref": "#/$defs/n"}, "$defs": {"n": {"x": {"$ref": "#/a"}}}}
    assert dereference_refs(schema)["$defs"] == schema["$defs"]
    assert dereference_refs(schema, skip_keys=["a"])["a"] == {"$ref": "#/$defs/n"}
    assert dereference_refs(schema, skip_keys=[])["$defs"] == {"n": {"x": {"x": {}}}}


def test_definitions_with_numbers_for_names():
    """A reference finds definitions under a number, as text or as an integer."""
    for name in ("400", 400):
        schema = {"e": {"$ref": "#/$defs/400"}, "$defs": {name: {"type": "string"}}}
        assert dereference_refs(schema)["e"] == {"type": "string"}
