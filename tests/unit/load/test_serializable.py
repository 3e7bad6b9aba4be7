"""Descriptions and reprs of models."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field, SecretStr

from ferrule.load import Serializable
from ferrule.load.serializable import to_json_not_implemented
from ferrule.messages import AIMessage, HumanMessage


class Model(Serializable):
    name: str
    size: int = 3
    tags: list[str] = Field(default_factory=list)
    key: SecretStr | None = Field(default=None, alias="api_key")
    hidden: str = Field(default="x", exclude=True)

    model_config = {"populate_by_name": True}

    @classmethod
    def is_lc_serializable(cls):
        return True

    @property
    def lc_secrets(self):
        return {"key": "MODEL_KEY"}


class Derived(Model):
    @property
    def lc_attributes(self):
        return {"derived": True}


class Odd:
    def __eq__(self, other):
        msg = "no truth"
        raise ValueError(msg)

    __hash__ = None

    def __repr__(self):
        return "Odd()"


def test_repr_leaves_out_defaults():
    """`repr` and `str` show required fields and what differs from the default."""
    assert repr(Model(name="a")) == "Model(name='a')"
    assert str(Model(name="a", size=4, tags=["t"])) == "name='a' size=4 tags=['t']"


def test_repr_shows_default_like_values_of_required_fields():
    """An empty required field is shown."""
    assert repr(HumanMessage("")) == "HumanMessage(content='')"


def test_repr_shows_extra_fields():
    """Fields that the class does not declare are shown."""
    assert repr(HumanMessage("a", mood="good")) == "HumanMessage(content='a', mood='good')"


def test_repr_of_values_without_equality():
    """A value that cannot be compared is shown, and nothing fails."""

    class Holder(Serializable):
        value: Any = None

    assert repr(Holder(value=Odd())) == "Holder(value=Odd())"


def test_repr_calls_no_unknown_factory():
    """A default factory of the user's is not called to print an object."""
    calls = []

    class Holder(Serializable):
        value: Any = Field(default_factory=lambda: calls.append(1) or [])

    holder = Holder()
    calls.clear()
    assert repr(holder) == "Holder(value=[])"
    assert calls == []


def test_id_uses_langchain_namespaces():
    """Messages are described under the path that readers of descriptions know."""
    assert HumanMessage.lc_id() == ["langchain", "schema", "messages", "HumanMessage"]


def test_id_of_other_classes_is_their_module():
    """A class without a namespace of its own is described by its module."""
    assert Model.lc_id()[-1] == "Model"
    assert Model.lc_id()[:-1] == Model.__module__.split(".")


def test_to_json_of_a_message():
    """A message's description has its class path and arguments."""
    described = AIMessage("3", id="m1").to_json()
    assert described["type"] == "constructor"
    assert described["id"] == ["langchain", "schema", "messages", "AIMessage"]
    assert described["kwargs"] == {
        "content": "3",
        "type": "ai",
        "id": "m1",
        "tool_calls": [],
        "invalid_tool_calls": [],
    }


def test_to_json_hides_secrets():
    """A secret is told by the name of its environment variable, under name and alias."""
    kwargs = Model(name="a", api_key=SecretStr("s3cret")).to_json()["kwargs"]
    assert kwargs["key"] == {"lc": 1, "type": "secret", "id": ["MODEL_KEY"]}
    assert "s3cret" not in str(kwargs)


def test_to_json_leaves_out_excluded_fields():
    """A field that is excluded from dumps is not told."""
    assert "hidden" not in Model(name="a", hidden="y").to_json()["kwargs"]


def test_to_json_collects_from_every_class():
    """Attributes and secrets of each class of the hierarchy are in the description."""
    kwargs = Derived(name="a", key=SecretStr("s")).to_json()["kwargs"]
    assert kwargs["derived"] is True
    assert kwargs["key"]["type"] == "secret"


def test_classes_are_not_told_unless_they_say_so():
    """By default an object is only named."""

    class Quiet(Serializable):
        password: str

    described = Quiet(password="p").to_json()
    assert described["type"] == "not_implemented"
    assert "kwargs" not in described


def test_not_implemented_survives_a_failing_repr():
    """An object whose repr fails is named without it."""

    class Broken:
        def __repr__(self):
            msg = "broken"
            raise RuntimeError(msg)

    described = to_json_not_implemented(Broken())
    assert described["repr"] is None
    assert described["id"][-1] == "Broken"


@pytest.mark.parametrize("value", [len, Model])
def test_not_implemented_names_functions_and_classes(value):
    """Functions and classes are named by themselves, not by their type."""
    assert to_json_not_implemented(value)["id"][-1] == value.__name__
