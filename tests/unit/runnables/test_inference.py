from __future__ import annotations

from collections.abc import AsyncIterator, Iterator  # noqa: TC003  read at run time
from operator import itemgetter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from ferrule.runnables import (
    Runnable,
    RunnableBranch,
    RunnableGenerator,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
)


class Person(BaseModel):
    name: str


def greet(person: Person) -> str:
    return person.name


def letters(word: str) -> Iterator[str]:
    yield from word


def test_types_come_from_annotations():
    """Parameters and results that are annotated give the types and schemas."""
    step = RunnableLambda(greet)
    assert (step.InputType, step.OutputType) == (Person, str)
    assert step.input_schema is Person
    assert step.get_output_jsonschema() == {"title": "greet_output", "type": "string"}


def test_yielded_items_are_the_output():
    """A generator function's output type is that of what it yields."""
    assert RunnableLambda(letters).OutputType is str

    def chars(chunks: Iterator[str]) -> Iterator[int]:
        yield from map(len, chunks)

    async def achars(chunks: AsyncIterator[str]) -> AsyncIterator[int]:
        async for chunk in chunks:
            yield len(chunk)

    for func in (chars, achars):
        step = RunnableGenerator(func)
        assert (step.InputType, step.OutputType) == (str, int)


def test_unknown_names_in_annotations_count_as_unknown_types():
    """An annotation that cannot be resolved does not hide the others."""

    def odd(x: Missing) -> int:  # noqa: F821  as with imports for type checkers only
        return 1

    step = RunnableLambda(odd)
    assert step.InputType is Any
    assert step.OutputType is int


def test_keys_that_a_function_reads_are_its_input():
    """Subscripts and `get` on the first parameter give the keys of the input."""
    step = RunnableLambda(lambda d: d["b"] + d.get("a", 1))
    schema = step.get_input_jsonschema()
    assert sorted(schema["properties"]) == ["a", "b"]
    assert RunnableLambda(itemgetter("x", "y")).get_input_jsonschema()["required"] == ["x", "y"]


def test_keys_of_another_function_on_the_line_do_not_count():
    """Only the keys that the function itself reads count."""
    one, two = RunnableLambda(lambda d: d["a"]), RunnableLambda(lambda d: d["b"])
    assert list(one.get_input_jsonschema()["properties"]) == ["a"]
    assert list(two.get_input_jsonschema()["properties"]) == ["b"]


def test_class_arguments_are_the_types():
    """A subclass names its types in its bases, also through another subclass."""

    class Base(Runnable[int, str]):
        def invoke(self, input, config=None, **kwargs):
            return str(input)

    class Derived(Base):
        pass

    class Untyped(Runnable):
        def invoke(self, input, config=None, **kwargs):
            return input

    assert (Derived().InputType, Derived().OutputType) == (int, str)
    assert Derived().get_input_jsonschema() == {"title": "DerivedInput", "type": "integer"}
    assert Untyped().InputType is Any


def test_a_sequence_takes_what_its_first_step_takes():
    """Keys that an assignment adds need not be given; what it passes on is in the output."""
    chain = RunnablePassthrough.assign(n=lambda d: d["a"]) | (lambda d: d["n"] + d["b"])
    assert sorted(chain.get_input_jsonschema()["properties"]) == ["b"]
    parallel = RunnableParallel(a=greet) | RunnablePassthrough.assign(b=greet)
    assert sorted(parallel.get_output_jsonschema()["properties"]) == ["a", "b"]
    assert parallel.pick("a").get_output_jsonschema()["type"] == "string"


def test_a_parallel_takes_what_its_branches_take_together():
    """The input has the keys of all branches, the output a key for each branch."""
    both = RunnableParallel(a=lambda d: d["x"], b=greet)
    assert sorted(both.get_input_jsonschema()["properties"]) == ["name", "x"]
    assert both.get_output_jsonschema()["properties"]["b"] == {"title": "B", "type": "string"}


def test_a_branch_takes_what_one_of_its_parts_tells():
    """The input of a branch is the first that is known; its outputs are united."""

    def short(x: str) -> int:
        return len(x)

    branch = RunnableBranch((lambda x: x, short), letters)
    assert branch.get_input_jsonschema()["type"] == "string"
    assert branch.OutputType == int | str


def test_unusual_keys_are_kept_as_aliases():
    """Keys that cannot be field names are in the schema all the same."""
    step = RunnableLambda(itemgetter("_hidden", "copy", "two words"))
    assert step.get_input_jsonschema()["required"] == ["_hidden", "copy", "two words"]


def test_functions_tell_the_runnables_that_they_use():
    """Runnables that a body refers to are found, through attributes and bound methods."""
    inner = RunnableLambda(len)

    class Holder:
        step = RunnableLambda(abs)

    holder = Holder()
    call = inner.invoke
    outer = RunnableLambda(lambda x: (holder.step.invoke(x), call(x)))
    assert outer.deps == [holder.step, inner]


def test_arguments_of_a_generic_class_are_the_types_where_parts_tell_none():
    """What stands in brackets when an object is made counts as its types."""
    branch = RunnableBranch[int, str]((lambda x: x, lambda x: x), lambda x: x)
    assert branch.get_input_jsonschema() == {"title": "RunnableBranchInput", "type": "integer"}


def test_config_schema_lists_what_is_asked_for():
    """The config's schema has the keys that are included."""
    schema = RunnableLambda(len).get_config_jsonschema(include=["tags", "recursion_limit"])
    assert sorted(schema["properties"]) == ["recursion_limit", "tags"]


def test_a_model_is_made_once_of_the_same_types():
    """Equal parts have one model; types that are equal but spelled otherwise have their own."""

    def typed(annotation, name="same"):
        def func(x):
            return x

        func.__annotations__["x"] = annotation
        return RunnableLambda(func, name=name)

    one, other = typed(list[int | str]), typed(list[str | int])
    assert one.input_schema is typed(list[int | str]).input_schema
    assert one.input_schema is not typed(list[int | str], "another").input_schema
    kinds = [
        [choice["type"] for choice in step.get_input_jsonschema()["items"]["anyOf"]]
        for step in (one, other)
    ]
    assert kinds == [["integer", "string"], ["string", "integer"]]
    truths = [typed(Literal[flag]).get_input_jsonschema()["const"] for flag in (1, True)]
    assert [type(truth) for truth in truths] == [int, bool]


def test_types_that_have_no_hash_have_models():
    """A type that cannot be looked up is described anew each time."""

    class Seconds(Runnable):
        @property
        def InputType(self):  # noqa: N802  the documented name
            return Annotated[int, Field(json_schema_extra={"unit": "s"}), ["note"]]

        def invoke(self, input, config=None, **kwargs):
            return input

    assert Seconds().get_input_jsonschema()["unit"] == "s"
    assert Seconds().input_schema is not Seconds().input_schema
