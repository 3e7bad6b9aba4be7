"""Class variables of models."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, PrivateAttr

from ferrule.load.class_variables import ClassOfModels, KeepsClassVariables
from ferrule.messages import AIMessage
from ferrule.prompts import HumanMessagePromptTemplate


@pytest.mark.parametrize("made_by", [ClassOfModels, KeepsClassVariables])
def test_private_class_variables_are_the_class_s(made_by):
    """A class variable is no attribute of instances, however its annotation is written."""

    class Model(BaseModel, metaclass=made_by):
        size: int = 1
        _kind: ClassVar[str] = "mine"
        _limit: ClassVar[int]
        _count: int = PrivateAttr(default=3)

    class Child(Model):
        _kind: ClassVar[str] = "other"

    assert (Model._kind, Child._kind, Child()._kind) == ("mine", "other", "other")
    assert set(Child.model_fields) == {"size"}
    assert set(Child.__private_attributes__) == {"_count"}
    assert Child()._count == 3


def test_class_variables_of_ferrule_are_settled():
    """Their annotations need no evaluation, and subclasses may set them without any."""

    class Shouted(HumanMessagePromptTemplate):
        _msg_class = AIMessage

    assert HumanMessagePromptTemplate.__annotations__["_msg_class"] == ClassVar[Any]
    assert Shouted._msg_class is AIMessage
    assert not Shouted.__private_attributes__
