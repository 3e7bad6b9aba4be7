"""Models made and prepared at run time."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict, Field

from ferrule.utils.pydantic import (
    create_model,
    get_fields,
    is_basemodel_instance,
    is_basemodel_subclass,
    model_json_schema,
    model_validate,
    pre_init,
)


class Point(BaseModel):
    x: int
    y: int = 0


def test_what_is_a_model():
    """Classes and instances are told apart, and from generic aliases."""
    assert is_basemodel_subclass(Point)
    assert not any(map(is_basemodel_subclass, (Point(x=1), int, list[int])))
    assert is_basemodel_instance(Point(x=1))
    assert not is_basemodel_instance(Point)


def test_questions_to_models():
    """Fields, schema and validation; what is no model is refused."""
    assert list(get_fields(Point)) == list(get_fields(Point(x=1))) == ["x", "y"]
    assert model_json_schema(Point)["required"] == ["x"]
    assert model_validate(Point, {"x": 2}) == Point(x=2)
    for ask in (get_fields, model_json_schema, lambda cls: model_validate(cls, {})):
        with pytest.raises(TypeError, match="not a model"):
            ask(dict)


def test_models_of_one_value():
    """`__root__` makes a root model, required unless it has a default."""
    assert create_model("Ids", __root__=list[int])([1]).model_dump() == [1]
    assert create_model("Ids", __root__=(list[int], [2]))().model_dump() == [2]
    with pytest.raises(ValueError, match="drop other"):
        create_model("Ids", __root__=list[int], other=(int, 0))


def test_names_that_are_no_field_names():
    """A field may be called as methods of models are."""
    made = create_model("Odd", "shop.till", copy=(int, ...), _hidden=(str, "h"))
    assert made.__module__ == "shop.till"
    assert made(copy=1).model_dump(by_alias=True) == {"copy": 1, "_hidden": "h"}


def test_values_are_prepared_with_their_defaults():
    """`pre_init` sees defaults, aliases under the field's name, and no instances."""
    seen = []

    class Service(BaseModel):
        model_config = ConfigDict(populate_by_name=True)

        url: str = Field("local", alias="base_url")
        tags: list[str] = Field(default_factory=list)

        @pre_init
        def check(cls, values):  # noqa: N805  of the class, as pydantic calls it
            seen.append(dict(values))
            return {**values, "tags": [*values["tags"], "checked"]}

    assert Service(base_url="there", tags=None).tags == ["checked"]
    assert Service.model_validate(Service()).url == "local"
    assert seen == [{"url": "there", "tags": []}, {"url": "local", "tags": []}]
