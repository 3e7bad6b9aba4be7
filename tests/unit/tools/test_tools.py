"""Tools: what goes in, what comes out, what happens to failures."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import functools
import pickle
import threading
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, ValidationError

from ferrule.messages import ToolMessage
from ferrule.tools import (
    BaseTool,
    BaseToolkit,
    InjectedToolArg,
    InjectedToolCallId,
    SchemaAnnotationError,
    StructuredTool,
    Tool,
    ToolException,
    render_text_description,
    render_text_description_and_args,
    tool,
)

DICT_SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}, "description": "Count."}


def call_of(made, args=None, id="c1", **more):
    return {"name": made.name, "args": args or {}, "id": id, "type": "tool_call", **more}


def both(made, given):
    """What the tool hands back, which must be the same when it is awaited."""
    out = made.invoke(given)
    assert asyncio.run(made.ainvoke(given)) == out
    return out


@tool
def add(x: int, y: int = 1) -> int:
    """Add two numbers."""
    return x + y


class Twice(BaseTool):
    name: str = "twice"
    description: str = "Double."

    def _run(self, x: int) -> int:
        return 2 * x


# ------------------------------------------------------------------------- input and output


@pytest.mark.parametrize("given", [{"x": 2}, {"x": "2"}, "2"])
def test_arguments_are_checked_and_converted(given):
    """Arguments come by name or, if there is one, as text; they are converted by the schema."""
    assert both(add, given) == 3


def test_tool_call_in_message_out():
    """A tool call is answered by a message with its id and the tool's name."""
    answer = both(add, call_of(add, {"x": 2}))
    assert answer == ToolMessage("3", tool_call_id="c1", name="add")
    assert answer.status == "success"


@pytest.mark.parametrize(
    ("value", "content"),
    [
        ("text", "text"),
        (3, "3"),
        (None, "null"),
        ({"ä": 1}, '{"ä": 1}'),
        (["x", "y"], ["x", "y"]),
        ([{"type": "text", "text": "t"}], [{"type": "text", "text": "t"}]),
        ([{"type": "odd"}], '[{"type": "odd"}]'),
        ({1, 2}, "{1, 2}"),
    ],
)
def test_content_of_the_message(value, content):
    """Text and lists of blocks stay, other values become JSON, or else text."""
    give = StructuredTool.from_function(lambda: value, name="give", description="Give.")
    assert both(give, call_of(give)).content == content


def test_own_messages_are_handed_on():
    """A tool may make its message itself, or several."""
    own = ToolMessage("mine", tool_call_id="other")
    several = [own, own]
    give = StructuredTool.from_function(lambda: own, name="give", description="Give.")
    give_several = StructuredTool.from_function(lambda: several, name="give", description="Give.")
    assert both(give, call_of(give)) is own
    assert both(give_several, call_of(give_several)) is several


def test_artifact():
    """With content_and_artifact, the message carries the second value and the text is the first."""

    @tool(response_format="content_and_artifact")
    def draw() -> tuple[str, bytes]:
        """Draw."""
        return "a picture", b"\x00"

    answer = both(draw, call_of(draw))
    assert (answer.content, answer.artifact) == ("a picture", b"\x00")
    assert both(draw, {}) == "a picture"


@pytest.mark.parametrize("value", ["text", ("one",), (1, 2, 3), None])
def test_artifact_must_be_a_pair(value):
    """Anything but a pair is an error that shows what was returned."""
    give = StructuredTool.from_function(
        lambda: value, name="give", description="Give.", response_format="content_and_artifact"
    )
    with pytest.raises(ValueError, match="returns a pair"):
        give.invoke({})


def test_inputs_are_not_written_to():
    """Neither the dict nor the tool call that was given is changed."""

    @tool
    def who(x: int, me: Annotated[str, InjectedToolCallId]) -> str:
        """Who."""
        return me

    given = call_of(who, {"x": 1})
    before = copy.deepcopy(given)
    assert who.invoke(given).content == "c1"
    assert given == before


@pytest.mark.parametrize("given", [3, [1], None])
def test_other_inputs_are_refused(given):
    """What is no tool call, dict or text is a TypeError that names the tool."""
    with pytest.raises(TypeError, match=f"'add' takes .* not {type(given).__name__}"):
        add.invoke(given)


def test_extra_arguments_are_ignored_and_missing_ones_are_not():
    """A model may say too much, but not too little."""
    assert add.invoke({"x": 1, "z": 3}) == 2
    with pytest.raises(ValidationError, match="x"):
        add.invoke({"y": 1})


def test_variadic_functions():
    """Named extras reach `**kwargs`; what was not given is left out."""

    @tool
    def collect(x: int, **kwargs: Any) -> dict:
        """Collect."""
        return {"x": x, **kwargs}

    assert collect.invoke({"x": 1}) == {"x": 1}
    assert collect.invoke({"x": 1, "kwargs": {"y": 2}}) == {"x": 1, "kwargs": {"y": 2}}


def test_no_arguments():
    """A tool without arguments ignores what it is called with."""

    @tool
    def now() -> str:
        """Now."""
        return "noon"

    assert [both(now, given) for given in ({}, "", {"x": 1})] == ["noon"] * 3


def test_dict_schema_is_passed_on_unchecked():
    """With a JSON schema nothing is converted, and text is refused."""

    def show(**kwargs):
        return kwargs

    made = StructuredTool.from_function(show, args_schema=DICT_SCHEMA)
    assert made.description == "Count."
    assert made.args == {"x": {"type": "integer"}}
    assert both(made, {"x": "1"}) == {"x": "1"}
    with pytest.raises(ValueError, match="'show' takes its arguments as a dict"):
        made.invoke("1")


# ------------------------------------------------------------------------- injected arguments


@tool
def secretive(x: int, secret: Annotated[str, InjectedToolArg] = "none") -> str:
    """Keep a secret."""
    return f"{x} {secret}"


def test_injected_arguments_are_hidden():
    """The model does not see them; the caller passes them."""
    assert set(secretive.args) == {"x"}
    assert set(secretive.tool_call_schema.model_fields) == {"x"}
    assert set(secretive.get_input_schema().model_fields) == {"x", "secret"}
    assert both(secretive, {"x": 1, "secret": "s"}) == "1 s"
    assert both(secretive, {"x": 1}) == "1 none"


def test_injected_arguments_beside_an_own_schema():
    """A schema without the injected argument does not keep it from the function."""

    class Only(BaseModel):
        x: int

    def function(
        x: int, secret: Annotated[str, InjectedToolArg], me: Annotated[str, InjectedToolCallId]
    ):
        return f"{x} {secret} {me}"

    for schema in (Only, DICT_SCHEMA):
        made = StructuredTool.from_function(function, description="d", args_schema=schema)
        assert both(made, call_of(made, {"x": 1, "secret": "s"})).content == "1 s c1"


def test_tool_call_id_must_be_known():
    """A tool that wants the id refuses to be called without a tool call."""

    @tool
    def who(me: Annotated[str, InjectedToolCallId]) -> str:
        """Who."""
        return me

    assert both(who, call_of(who, id="c7")).content == "c7"
    with pytest.raises(ValueError, match="'who' wants to know the id of the tool call"):
        who.invoke({})


def test_argument_called_config():
    """Only the annotation makes a parameter the run's config; the name is free."""

    @tool
    def configure(config: dict) -> list:
        """Configure."""
        return sorted(config)

    assert list(configure.args) == ["config"]
    assert both(configure, {"config": {"a": 1}}) == ["a"]


# ------------------------------------------------------------------------- failures


def failing(error, **fields):
    def fail(x: int = 0) -> int:
        """Fail."""
        raise error

    return StructuredTool.from_function(fail, **fields)


@pytest.mark.parametrize(
    ("policy", "content"),
    [(True, "why"), ("sorry", "sorry"), (lambda error: f"<{error}>", "<why>")],
)
def test_tool_exceptions_become_answers(policy, content):
    """Handled, the failure is the answer, and the status of the message says so."""
    made = failing(ToolException("why"), handle_tool_error=policy)
    answer = both(made, call_of(made))
    assert (answer.content, answer.status) == (content, "error")
    assert both(made, {}) == content


def test_handler_of_failures_may_answer_with_blocks():
    """The answer may be a list of content blocks."""
    blocks = [{"type": "text", "text": "no"}]
    made = failing(ToolException("why"), handle_tool_error=lambda _: blocks)
    assert made.invoke(call_of(made)).content == blocks


def test_failures_propagate_unless_handled():
    """A ToolException that is not handled and every other error reach the caller as they are."""
    for error, policy in ((ToolException("why"), False), (KeyError("k"), True)):
        with pytest.raises(type(error)) as caught:
            failing(error, handle_tool_error=policy).invoke({})
        assert caught.value is error


def test_silent_tool_exception_says_something():
    """A ToolException without text still gives the model a sentence."""
    made = failing(ToolException(), handle_tool_error=True)
    assert made.invoke({}) == "The tool failed and did not say why."


@pytest.mark.parametrize(
    ("policy", "content"),
    [
        (True, "The arguments do not fit what the tool takes."),
        ("again", "again"),
        (lambda error: str(error.error_count()), "1"),
    ],
)
def test_validation_errors_become_answers(policy, content):
    """Handled, arguments that do not fit are answered."""
    made = StructuredTool.from_function(add.func, handle_validation_error=policy)
    answer = both(made, call_of(made, {"x": "one"}))
    assert (answer.content, answer.status) == (content, "error")


# ------------------------------------------------------------------------- sync and async


def test_sync_functions_leave_the_event_loop():
    """Awaited, a sync function runs in another thread, in the same context."""
    user = contextvars.ContextVar("user", default="nobody")

    @tool
    def where() -> tuple:
        """Where."""
        return threading.get_ident(), user.get()

    async def main():
        user.set("ada")
        return await where.ainvoke({})

    thread, seen = asyncio.run(main())
    assert thread != threading.get_ident()
    assert seen == "ada"


def test_async_function_alone():
    """An async function is awaited on the loop; called, the tool says that it must be awaited."""

    @tool
    async def inc(x: int) -> int:
        """Add one."""
        return x + 1

    assert asyncio.run(inc.ainvoke({"x": 1})) == 2
    with pytest.raises(NotImplementedError, match="'inc' has an async function only"):
        inc.invoke({"x": 1})
    assert asyncio.run(StructuredTool.from_function(inc.coroutine).ainvoke({"x": 1})) == 2


def test_both_functions():
    """Each way of calling has its function."""

    async def later(x: int, y: int) -> str:
        return "async"

    made = StructuredTool.from_function(add.func, later)
    assert made.invoke({"x": 1}) == 2
    assert asyncio.run(made.ainvoke({"x": 1})) == "async"


def test_what_a_tool_sets_stays_inside():
    """A context variable set in a tool is not seen by its caller."""
    var = contextvars.ContextVar("var", default="unset")

    @tool
    def setter() -> str:
        """Set."""
        var.set("set")
        return var.get()

    assert (setter.invoke({}), var.get()) == ("set", "unset")


# ------------------------------------------------------------------------- subclasses


def test_subclass_schema_comes_from_run():
    """The schema of a subclass without `args_schema` is that of `_run`."""
    assert Twice().args == {"x": {"title": "X", "type": "integer"}}
    assert Twice().is_single_input
    assert both(Twice(), {"x": 2}) == 4
    assert both(Twice(), "ab") == "abab"


def test_subclass_with_async_run():
    """An own `_arun` is used when the tool is awaited."""

    class Both(Twice):
        async def _arun(self, x: int) -> str:
            return "async"

    assert asyncio.run(Both().ainvoke({"x": 1})) == "async"
    assert Both().invoke({"x": 1}) == 2


def test_subclass_of_structured_tool_wraps_the_function():
    """A subclass may do something around the function by overriding `_run`."""

    class Loud(StructuredTool):
        def _run(self, *args, config=None, run_manager=None, **kwargs):
            return f"{super()._run(*args, config=config, run_manager=run_manager, **kwargs)}!"

    made = Loud.from_function(add.func)
    assert both(made, {"x": 1}) == "2!"


def test_schema_annotation_must_be_a_type():
    """Annotating `args_schema` with a model instead of its type is an error of the class."""
    with pytest.raises(SchemaAnnotationError, match="annotate it with type"):

        class Wrong(Twice):
            args_schema: BaseModel = Field(default=None)


def test_schema_must_be_a_model_or_a_dict():
    """Another `args_schema` is refused by name."""
    with pytest.raises(TypeError, match="args_schema must be .* not 3"):
        StructuredTool(name="n", description="d", args_schema=3)


# ------------------------------------------------------------------------- single-input tools


def test_single_input_tool():
    """Text and a dict with one value reach the function as its only argument."""
    length = Tool("length", len, "Count.")
    assert [both(length, given) for given in ("four", {"tool_input": "abc"}, {"x": [1, 2]})] == [
        4,
        3,
        2,
    ]
    assert length.args == {"tool_input": {"type": "string"}}
    assert both(length, call_of(length, {"__arg1": "ab"})).content == "2"


def test_single_input_tool_refuses_more():
    """More or fewer values than one are a ToolException, which can be handled."""
    for given in ({"a": 1, "b": 2}, {}):
        with pytest.raises(ToolException, match=f"exactly one argument, not {len(given)}"):
            Tool("length", len, "Count.").invoke(given)


@pytest.mark.parametrize("make", [Tool.from_function, StructuredTool.from_function])
def test_a_tool_needs_a_function(make):
    """Without any function there is no tool."""
    with pytest.raises(ValueError, match="needs `func` or `coroutine`"):
        make(func=None, name="n", description="d")


# ------------------------------------------------------------------------- the decorator


def test_decorator_forms():
    """Bare, with options, with a name, with a name and a runnable-less call."""

    def function(x: int) -> int:
        """Do it."""
        return x

    assert tool(function).name == "function"
    assert tool("other")(function).name == "other"
    assert tool(return_direct=True)(function).return_direct
    assert tool(description="Told.")(function).description == "Told."
    assert tool(extras={"a": 1})(function).extras == {"a": 1}


def test_decorator_without_schema():
    """`infer_schema=False` makes a tool of one text argument."""

    @tool(infer_schema=False)
    def echo(text):
        """Echo."""
        return text

    assert isinstance(echo, Tool)
    assert both(echo, "a") == "a"


def test_decorated_functions_need_a_description():
    """Neither docstring nor description is an error that names the function."""

    def silent(x: int) -> int: ...

    for options in ({}, {"infer_schema": False}):
        with pytest.raises(ValueError, match="'silent' needs a docstring"):
            tool(**options)(silent)
    assert tool(description="d")(silent).description == "d"


@pytest.mark.parametrize("made_of", [3, object()])
def test_decorator_refuses_other_things(made_of):
    """What has no name or cannot be called is refused."""
    with pytest.raises(ValueError, match="named function or a runnable"):
        tool(made_of)


def test_description_from_the_schema():
    """A function without docstring takes the description of its model."""

    class Args(BaseModel):
        """Look it up."""

        x: int

    def function(x):
        return x

    assert StructuredTool.from_function(function, args_schema=Args).description == "Look it up."


# ------------------------------------------------------------------------- as objects


def test_changed_fields_change_the_schema():
    """What was derived from a field is forgotten when the field is set."""

    class Other(BaseModel):
        z: int

    made = StructuredTool.from_function(add.func)
    assert set(made.args) == {"x", "y"}
    made.args_schema = Other
    assert set(made.args) == {"z"}
    copied = made.model_copy(update={"name": "copied", "args_schema": DICT_SCHEMA})
    assert set(copied.args) == {"x"}
    assert set(made.args) == {"z"}
    made.description = "New."
    assert made.tool_call_schema.model_json_schema()["description"] == "New."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("callbacks", [object()]),
        ("tags", ["t"]),
        ("metadata", {}),
        ("run_name", "n"),
        ("run_id", 1),
    ],
)
def test_settings_of_the_run_are_for_the_config(name, value):
    """What nobody would hear among the keywords of the events is refused before anything ran."""
    with pytest.raises(TypeError, match=rf"{name} is a setting of the run.*config="):
        add.invoke({"x": 1, "y": 2}, **{name: value})
    with pytest.raises(TypeError, match=rf"{name} is a setting of the run.*config="):
        asyncio.run(add.ainvoke({"x": 1, "y": 2}, **{name: value}))
    assert add.invoke({"x": 1, "y": 2}, **{name: None}, color="red") == 3


def test_schemas_are_the_readers_own():
    """What a reader does to a schema, or derives from its class, changes no other's."""
    made = StructuredTool.from_function(add.func)
    schema = made.tool_call_schema.model_json_schema()
    expected = copy.deepcopy(schema)
    schema["properties"]["x"].clear()
    made.args["y"].clear()
    assert made.tool_call_schema.model_json_schema() == expected
    assert made.args == expected["properties"]
    by_alias = made.tool_call_schema.model_json_schema(ref_template="#/{model}")
    assert by_alias == expected

    class More(made.tool_call_schema):
        z: int

    assert set(More.model_json_schema()["properties"]) == {"x", "y", "z"}
    assert made.tool_call_schema.model_json_schema() == expected


def test_tools_are_copied_and_pickled():
    """Copies and pickles work after the schemas were derived."""
    original = Twice()
    assert original.args
    for other in (
        copy.copy(original),
        copy.deepcopy(original),
        pickle.loads(pickle.dumps(original)),
    ):
        assert other.invoke({"x": 2}) == 4
        assert other.args == original.args


def test_tools_are_dumped_as_json():
    """A tool can be dumped: its schema as JSON schema, its function as text."""
    dumped = add.model_dump(mode="json")
    assert dumped["args_schema"]["properties"]["x"]["type"] == "integer"
    assert "function add" in dumped["func"]


class Connection:
    """No JSON schema describes it."""


def test_schemas_that_json_cannot_describe_are_dumped_as_text():
    """An injected argument of any class does not keep a tool from being shown."""

    @tool
    def ask(x: int, by: Annotated[Connection, InjectedToolArg]) -> int:
        """Ask."""
        return x

    assert "ask" in ask.model_dump(mode="json")["args_schema"]


def test_rendering():
    """Tools are listed with signatures and descriptions."""
    assert render_text_description([add, Twice()]) == (
        "add(x: int, y: int = 1) -> int - Add two numbers.\ntwice - Double."
    )
    assert render_text_description_and_args([Twice()]).endswith(
        "args: {'x': {'title': 'X', 'type': 'integer'}}"
    )


def test_toolkit():
    """A toolkit hands out its tools."""

    class Kit(BaseToolkit):
        def get_tools(self):
            return [add]

    assert Kit().get_tools() == [add]


@pytest.mark.parametrize(
    ("parts", "error", "told"),
    [
        ({"args": {"x": 1}}, KeyError, "A call of tool 'add' has no 'id'"),
        ({"id": "c1"}, KeyError, "A call of tool 'add' has no 'args'"),
        ({"id": "c1", "args": "x"}, TypeError, "The args of a call .* are a dict, but got 'x'"),
    ],
)
def test_a_tool_call_that_lacks_a_part(parts, error, told):
    """A tool call without its arguments or its id is shown in the error."""
    with pytest.raises(error, match=told):
        add.invoke({"type": "tool_call", "name": "add", **parts})


def test_a_tool_is_made_of_a_named_function():
    """What is no function, or has no name, cannot become a tool."""
    with pytest.raises(ValueError, match="a named function or a runnable, not of 5"):
        tool("count")(5)
    with pytest.raises(ValueError, match="a named function or a runnable, not of 5"):
        tool("count", infer_schema=False, description="Count.")(5)
    with pytest.raises(TypeError, match=r"made of a function, but got 5 \(int\)"):
        StructuredTool.from_function(5)
    with pytest.raises(ValueError, match="has no name of its own: pass the tool's `name`"):
        StructuredTool.from_function(functools.partial(int, "5"), description="Count.")
