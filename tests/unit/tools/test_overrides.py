"""What a tool's class, its fields and its model of arguments change about a call."""

from __future__ import annotations

import copy
import pickle
import sys
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ferrule.runnables import RunnableLambda
from ferrule.testing import RecordingHandler
from ferrule.tools import BaseTool, StructuredTool, Tool, ToolException, tool


class Pair(BaseModel):
    """Arguments."""

    a: int
    b: int = 2


class Sum(BaseTool):
    name: str = "sum"
    description: str = "Add."
    args_schema: Any = Pair

    def _run(self, a: int, b: int) -> int:
        return a + b


def add(a: int, b: int = 2) -> int:
    """Add."""
    return a + b


def arguments(**given: Any) -> dict[str, Any]:
    """Give back what a function was called with."""
    return given


def called_with(model: type[BaseModel], **given: Any) -> dict[str, Any]:
    """The arguments that a function gets whose arguments the model describes."""
    made = StructuredTool(name="t", description="d", func=arguments, args_schema=model)
    result: dict[str, Any] = made.invoke(given)
    return result


def test_the_hooks_of_a_subclass_are_called():
    """A subclass has its say on the arguments, whichever step of reading them it replaces."""

    class Doubled(Sum):
        def _parse_input(self, tool_input, tool_call_id):
            parsed = super()._parse_input(tool_input, tool_call_id)
            return {**parsed, "a": 2 * parsed["a"]}

    class Swapped(Sum):
        def _to_args_and_kwargs(self, tool_input, tool_call_id):
            _, kwargs = super()._to_args_and_kwargs(tool_input, tool_call_id)
            return (kwargs["b"] * 10, kwargs["a"]), {}

    class Negative(Sum):
        def _run(self, a: int, b: int) -> int:
            return -super()._run(a, b)

    class Loud(Sum):
        def invoke(self, input, config=None, **kwargs):
            return f"{super().invoke(input, config, **kwargs)}!"

    given = {"a": "1"}
    assert Doubled().invoke(given) == 4
    assert Swapped().invoke(given) == 21
    assert Negative().invoke(given) == -3
    assert Loud().invoke(given) == "3!"
    assert (RunnableLambda(lambda x: x) | Loud()).invoke(given) == "3!"


@pytest.mark.parametrize("name", ["_run", "_parse_input", "_to_args_and_kwargs"])
def test_a_method_replaced_after_the_first_call(monkeypatch, name):
    """A method that is put on the class or on the object later is the one that is called."""
    results = {
        "_run": lambda *_args, **_kwargs: 7,
        "_parse_input": lambda *_args: {"a": 3, "b": 4},
        "_to_args_and_kwargs": lambda *_args: ((), {"a": 3, "b": 4}),
    }
    made = Sum()
    assert made.invoke({"a": 1}) == 3
    with monkeypatch.context() as patched:
        patched.setattr(Sum, name, results[name])
        assert made.invoke({"a": 1}) == 7
    assert made.invoke({"a": 1}) == 3
    setattr(made, name, results[name])
    assert made.invoke({"a": 1}) == 7


def test_a_field_set_after_the_first_call():
    """A call is made with the fields as they are at that moment, by the tool or by a copy."""
    made = tool(add)
    assert made.invoke({"a": 1}) == 3
    for copied in (copy.copy(made), copy.deepcopy(made), made.model_copy()):
        copied.func = lambda a, b: a * b
        copied.name = "product"
        assert copied.invoke({"a": 4}) == 8
        handler = RecordingHandler()
        copied.invoke({"a": 4}, {"callbacks": [handler]})
        assert handler.trace.events[0].payload[0]["name"] == "product"
        assert made.invoke({"a": 4}) == 6
    made.response_format = "content_and_artifact"
    made.func = lambda a, b: (a, b)
    assert made.invoke({"a": 1}) == 1


def test_a_tool_that_was_called_is_pickled():
    """What a tool remembers of its calls is left out of a pickle."""
    made = Sum()
    made.invoke({"a": 1})
    assert pickle.loads(pickle.dumps(made)).invoke({"a": 2}) == 4


def test_a_step_is_called_as_the_tool_itself_is():
    """In a sequence a tool is checked, told and named as it is alone."""
    handler = RecordingHandler()
    made = tool(add)
    made.callbacks, made.tags = [handler], ["mine"]
    chain = RunnableLambda(lambda x: x) | made
    assert made.invoke({"a": "1"}) == chain.invoke({"a": "1"}) == 3
    start, end, start_of_step, end_of_step = handler.trace.events
    assert (start.payload, end.payload) == (start_of_step.payload, end_of_step.payload)
    assert start.details.keys() == start_of_step.details.keys()
    assert start.details["tags"] == ["mine"]
    assert start_of_step.details["tags"] == ["seq:step:2", "mine"]


def test_models_that_do_more_than_check():
    """What a model's validators, settings and further methods say counts for the arguments."""

    class Checked(Pair):
        @field_validator("a")
        @classmethod
        def _double(cls, value: int) -> int:
            return 2 * value

    class Rewritten(Pair):
        @model_validator(mode="before")
        @classmethod
        def _rewrite(cls, values: Any) -> Any:
            values["b"] = 9
            return values

    class Replaced(Pair):
        @model_validator(mode="wrap")
        @classmethod
        def _replace(cls, values: Any, handler: Any) -> Any:
            return Checked(a=5)

    class Own(Pair):
        @classmethod
        def model_validate(cls, obj: Any, **kwargs: Any) -> Any:
            return super().model_validate({**obj, "b": 8}, **kwargs)

    class Open(Pair):
        model_config = ConfigDict(extra="allow")

    class Aliased(BaseModel):
        a: int = Field(alias="alpha")

    given = {"a": "1"}
    assert called_with(Checked, **given) == {"a": 2, "b": 2}
    assert called_with(Rewritten, **given) == {"a": 1, "b": 9}
    assert given == {"a": "1"}
    assert called_with(Replaced, **given) == {"a": 10, "b": 2}
    assert called_with(Own, **given) == {"a": 1, "b": 8}
    assert called_with(Open, **given, c="3") == {"a": 1, "b": 2, "c": "3"}
    assert called_with(Aliased, alpha="1") == {"a": 1}


def test_a_deprecated_argument_warns():
    """A field that pydantic calls deprecated says so when the tool reads it."""

    class Old(BaseModel):
        a: int = Field(deprecated="use b")

    with pytest.warns(DeprecationWarning, match="use b"):
        assert called_with(Old, a="1") == {"a": 1}


def test_a_model_that_is_completed_later():
    """A model whose types are defined after it is used once they are."""

    class Late(BaseModel):
        a: Later  # type: ignore[name-defined]  # noqa: F821

    made = StructuredTool(name="t", description="d", func=arguments, args_schema=Late)
    Late.model_rebuild(_types_namespace={"Later": int})
    assert made.invoke({"a": "1"}) == {"a": 1}


def test_what_answers_a_failure_sees_it():
    """A function that makes the answer is called while the exception is being handled."""

    def shown(error: ToolException) -> str:
        assert sys.exc_info()[1] is error
        return f"answered {error}"

    def fail(text: str) -> str:
        raise ToolException(text)

    made = Tool("fail", fail, "Fail.", handle_tool_error=shown)
    assert made.invoke("no") == "answered no"
    made.handle_tool_error = False
    with pytest.raises(ToolException, match="no") as raised:
        made.invoke("no")
    assert raised.value.__context__ is None
