"""Models of arguments."""

from __future__ import annotations

import inspect
from functools import partial, update_wrapper
from typing import Annotated, Any

import pytest

from ferrule.runnables.config import RunnableConfig  # noqa: TC001  read from annotations
from ferrule.tools import (
    InjectedToolArg,
    InjectedToolCallId,
    StructuredTool,
    Tool,
    create_schema_from_function,
    tool,
)
from ferrule.tools.injection import CallFacts, annotations_of, is_injected


def uses_its_run(
    x: int,
    secret: Annotated[str, InjectedToolArg],
    call: Annotated[str, InjectedToolCallId()],
    settings: RunnableConfig,
    run_manager: Any = None,
    callbacks: Any = None,
) -> None:
    """Use everything."""


def fields(function, **options):
    return set(create_schema_from_function("name", function, **options).model_fields)


def test_private_parameters_are_left_out():
    """Optional parameters whose names begin with an underscore are not for the model."""

    def search(query: str, _depth: int = 1, *_more: int, **_rest: str) -> str:
        return query * _depth

    assert fields(search) == {"query"}
    assert tool("search", description="Search.")(search).invoke({"query": "q"}) == "q"


def test_a_tool_without_a_schema_tells_that_of_its_function():
    """The model of the arguments is that of the function, or of the only text of a `Tool`."""

    def repeat(text: str, times: int = 1) -> str:
        """Repeat."""
        return text * times

    async def arepeat(text: str) -> str:
        """Repeat."""
        return text

    bare = {"name": "repeat", "description": "Repeat.", "args_schema": None}
    assert set(StructuredTool(func=repeat, **bare).args) == {"text", "times"}
    assert set(StructuredTool(coroutine=arepeat, **bare).args) == {"text"}
    single = Tool("repeat", repeat, "Repeat.")
    assert single.get_input_jsonschema() == {
        "title": "repeat",
        "type": "object",
        "properties": {"tool_input": {"title": "Tool Input", "type": "string"}},
        "required": ["tool_input"],
    }


def test_run_arguments_are_left_out():
    """What the run supplies is no argument; what is injected is one, unless told otherwise."""
    assert fields(uses_its_run) == {"x", "secret", "call"}
    assert fields(uses_its_run, include_injected=False) == {"x"}
    assert fields(uses_its_run, filter_args=["x"]) == {
        "secret",
        "call",
        "settings",
        "run_manager",
        "callbacks",
    }


def test_self_is_left_out_of_methods_only():
    """The first parameter of a method is left out; a function may call its own `self`."""

    class Owner:
        def method(self, x: int) -> int: ...

    assert fields(Owner.method) == {"x"}
    scope: dict[str, Any] = {}
    exec("def plain(self: int, x: int): ...", scope)
    assert fields(scope["plain"]) == {"self", "x"}


def test_model_is_named_and_described():
    """The model has the name that was given and the docstring of the function."""
    schema = create_schema_from_function("thing", uses_its_run).model_json_schema()
    assert (schema["title"], schema["description"]) == ("thing", "Use everything.")


def test_docstring_of_an_unknown_argument():
    """An argument that the function does not have is an error that names both."""

    def function(x: int) -> None:
        """Do it.

        Args:
            x: Known.
            z: Unknown.
        """

    with pytest.raises(ValueError, match="describes z, but the arguments are x"):
        create_schema_from_function("f", function, parse_docstring=True)


def test_docstring_without_arguments_section():
    """It is an error only if insisted upon, and if there are arguments to describe."""

    def function(x: int) -> None:
        """Do it."""

    def nothing() -> None:
        """Do it."""

    options = {"parse_docstring": True, "error_on_invalid_docstring": True}
    assert fields(function, parse_docstring=True) == {"x"}
    assert fields(nothing, **options) == set()
    with pytest.raises(ValueError, match="Google-style.* describes x; it is 'Do it.'"):
        create_schema_from_function("f", function, **options)


def test_annotations_that_cannot_be_resolved_do_not_hide_others():
    """One unknown name leaves the other annotations usable."""

    def function(
        x: NoSuchType,  # noqa: F821  on purpose
        secret: Annotated[str, InjectedToolArg],
        settings: RunnableConfig,
    ): ...

    facts = CallFacts.of(function)
    assert (facts.config, facts.injected) == ("settings", {"secret"})


def test_facts_of_callables():
    """Partials, instances with `__call__`, optional configs and builtins are understood."""

    def function(a, x: int, config: RunnableConfig | None = None): ...

    class Called:
        def __call__(self, x: int, run_manager=None): ...

    assert CallFacts.of(partial(function, 1)).config == "config"
    assert CallFacts.of(Called()).run_manager
    assert CallFacts.of(max) == CallFacts(False, False, None, frozenset(), frozenset())


class Allocated:
    """Takes its arguments when an instance is allocated."""

    def __new__(cls, x: int, secret: Annotated[str, InjectedToolArg]): ...


class Meta(type):
    def __call__(cls, x: int, secret: Annotated[str, InjectedToolArg]): ...


class Made(metaclass=Meta):
    """Takes what its class's class takes."""

    def __init__(self, x: str, secret: str): ...


def wrapped(x: int, secret: Annotated[str, InjectedToolArg]): ...


class Wrapping:
    """Says by `__wrapped__` what it takes."""

    def __init__(self):
        update_wrapper(self, wrapped)

    def __call__(self, *args, **kwargs): ...


class Signed:
    """Has a signature that was set by hand."""

    __signature__ = inspect.Signature(
        [
            inspect.Parameter("x", inspect.Parameter.KEYWORD_ONLY, annotation=int),
            inspect.Parameter(
                "secret",
                inspect.Parameter.KEYWORD_ONLY,
                annotation="Annotated[str, InjectedToolArg]",
            ),
        ]
    )

    def __call__(self, x: str, secret: str): ...


@pytest.mark.parametrize("called", [Allocated, Made, wrapped, Wrapping(), Signed()])
def test_facts_of_what_a_signature_shows(called):
    """Annotations are those of the parameters that the caller sees, wherever they are written."""
    assert CallFacts.of(called).injected == {"secret"}
    assert annotations_of(called)["x"] is int


@pytest.mark.parametrize(
    ("annotation", "want"),
    [
        (Annotated[str, InjectedToolArg], True),
        (Annotated[str, InjectedToolArg()], True),
        (Annotated[str, InjectedToolCallId], True),
        (Annotated[str, "text"], False),
        (str, False),
        (None, False),
    ],
)
def test_injected_annotations(annotation, want):
    """Instances and classes of markers count, in annotations only."""
    assert is_injected(annotation) is want


def test_ids_are_a_kind_of_injected_argument():
    """An argument may be injected without being the id of the call."""
    assert not is_injected(Annotated[str, InjectedToolArg], InjectedToolCallId)


def test_unknown_annotations_are_errors_at_once():
    """An argument whose type is not there at run time makes no schema."""

    def function(x: int, y: list[NoSuchType]): ...  # noqa: F821  on purpose

    with pytest.raises(NameError, match="'function' has annotations .*NoSuchType"):
        create_schema_from_function("function", function)
