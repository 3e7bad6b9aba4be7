"""Objects of plain values that are built without a validator are those that it would build."""

from __future__ import annotations

import enum
from typing import Any

import pytest
from hypothesis import event, given, settings, strategies as st
from pydantic import BaseModel, ValidationError

from ferrule.documents import Document
from ferrule.language_models import FakeListChatModel, FakeListLLM, FakeMessagesListChatModel
from ferrule.load import plain
from ferrule.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from ferrule.output_parsers import (
    CommaSeparatedListOutputParser,
    JsonOutputKeyToolsParser,
    StrOutputParser,
)
from ferrule.outputs import ChatGeneration, Generation, GenerationChunk
from ferrule.prompt_values import ChatPromptValue, StringPromptValue
from ferrule.prompts import (
    ChatPromptTemplate,
    DictPromptTemplate,
    FewShotPromptTemplate,
    HumanMessagePromptTemplate,
    ImagePromptTemplate,
    MessagesPlaceholder,
    PromptTemplate,
)
from ferrule.runnables import RunnableSerializable

CLASSES: list[type[BaseModel]] = [
    AIMessage,
    AIMessageChunk,
    ChatGeneration,
    ChatMessage,
    ChatPromptTemplate,
    ChatPromptValue,
    CommaSeparatedListOutputParser,
    DictPromptTemplate,
    Document,
    FakeListChatModel,
    FakeListLLM,
    FakeMessagesListChatModel,
    FewShotPromptTemplate,
    Generation,
    GenerationChunk,
    HumanMessage,
    HumanMessagePromptTemplate,
    ImagePromptTemplate,
    JsonOutputKeyToolsParser,
    MessagesPlaceholder,
    PromptTemplate,
    RemoveMessage,
    StrOutputParser,
    StringPromptValue,
    SystemMessage,
    ToolMessage,
]


class Colour(str, enum.Enum):
    """A text that is no plain one."""

    RED = "red"


class Text(str):
    """Another."""

    __slots__ = ()


class Loud(HumanMessage):
    """A message of the program's."""


class Entries(dict[str, Any]):
    """A dictionary that is no plain one."""


prompt = PromptTemplate.from_template("{x}")
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.floats(allow_nan=False),
    st.sampled_from(["", "a", "{a}", "stop", "human", "f-string", "mustache", "last", "\ud800"]),
    st.sampled_from([b"a", Colour.RED, Text("a"), object, len]),
    st.sampled_from([HumanMessage("a"), AIMessage("b"), Loud("c"), AIMessageChunk("d")]),
    st.sampled_from(
        [prompt, HumanMessagePromptTemplate(prompt=prompt), MessagesPlaceholder("history")]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "url", "type", "role"]), inner, max_size=3),
        st.dictionaries(st.integers(0, 2), inner, max_size=2),
        st.tuples(inner),
        st.builds(Entries, st.fixed_dictionaries({"a": inner})),
    ),
    max_leaves=5,
)


# What suits fields of these names, so that not all that is drawn is wrong.
texts = st.sampled_from(["", "a", "{a}", "\ud800"])
FITTING: dict[str, st.SearchStrategy[Any]] = {
    "content": texts | st.lists(texts | st.fixed_dictionaries({"type": texts}), max_size=2),
    "input_variables": st.lists(st.sampled_from(["a", "stop"]), max_size=2),
    "message": st.sampled_from([HumanMessage("a"), AIMessageChunk("b"), Loud("c")]),
    "messages": st.lists(st.sampled_from([HumanMessage("a"), Loud("c")]), max_size=2),
    "prompt": st.just(prompt) | st.lists(st.just(prompt), max_size=2),
    "responses": st.lists(texts, max_size=2) | st.lists(st.just(HumanMessage("a")), max_size=2),
    "template": texts | st.dictionaries(texts, texts, max_size=2),
}


def blank(cls: type[BaseModel]) -> BaseModel:
    """Make an object that has not been initialised."""
    return cls.__new__(cls)


def unbuilt(cls: type[BaseModel], patch: pytest.MonkeyPatch) -> None:
    """Let a class pass for one that has no validator yet, and has made no objects."""
    patch.setattr(cls, "__pydantic_complete__", False)
    patch.setattr(cls, plain._PLAN, plain._PlainModel(cls), raising=False)


def same(mine: Any, theirs: Any, given: Any) -> bool:
    """Tell whether two values are the same, and are, or are not, what was given in each place."""
    if type(mine) is not type(theirs) or (mine is given) is not (theirs is given):
        return False
    if isinstance(mine, list):
        originals = given if isinstance(given, list) else [None] * len(mine)
        return len(mine) == len(theirs) and all(map(same, mine, theirs, originals))
    if isinstance(mine, dict):
        originals = given if isinstance(given, dict) else {}
        return list(mine) == list(theirs) and all(
            same(mine[key], theirs[key], originals.get(key)) for key in mine
        )
    return mine is theirs or mine == theirs


def given_to(cls: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    """Make values for some of the fields of a class, and sometimes for what is no field."""
    drawn = {name: FITTING.get(name, texts) | values for name in cls.model_fields}
    required = {n: s for n, s in drawn.items() if cls.model_fields[n].is_required()}
    optional = {n: s for n, s in drawn.items() if n not in required}
    few = st.sets(st.sampled_from([*optional, "no_field"]), max_size=2)
    return few.flatmap(
        lambda names: st.fixed_dictionaries(
            {**required, **{name: optional.get(name, values) for name in names}}
        )
    )


@pytest.mark.parametrize("cls", CLASSES)
@given(data=st.data())
@settings(deadline=None)
def test_built_as_the_validator_builds(cls: type[BaseModel], data: st.DataObject) -> None:
    """What is built without the validator is valid, and equals in all parts what it builds."""
    values = data.draw(given_to(cls))
    cls.model_rebuild()
    validate = cls.__pydantic_validator__.validate_python
    mine, theirs = blank(cls), blank(cls)
    with pytest.MonkeyPatch.context() as patch:
        unbuilt(cls, patch)
        try:
            is_filled = plain.try_fill(mine, values)
        except TypeError:  # from a validator of the whole model, which is not to wrap it
            with pytest.raises(TypeError):
                validate(values, self_instance=theirs)
            return
    event(f"filled: {is_filled}")
    if not is_filled:
        return
    validate(values, self_instance=theirs)
    assert list(vars(mine)) == list(vars(theirs))
    assert same(vars(mine), vars(theirs), values)
    assert mine.model_fields_set == theirs.model_fields_set
    assert same(mine.model_extra, theirs.model_extra, values)
    assert mine.__pydantic_private__ == theirs.__pydantic_private__
    assert mine == theirs
    assert repr(mine) == repr(theirs)


PLAIN: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (HumanMessage, {"content": "a", "name": "b"}),
    (HumanMessage, {"content": [{"type": "text", "text": "a"}, "b"], "extra": [1]}),
    (AIMessage, {"content": "a", "response_metadata": {"model": "m"}}),
    (ChatGeneration, {"message": AIMessage("a")}),
    (PromptTemplate, {"template": "{a}", "partial_variables": {"b": len}}),
    (HumanMessagePromptTemplate, {"prompt": prompt}),
    (ChatPromptTemplate, {"messages": [HumanMessage("a")], "input_variables": []}),
    (FakeListChatModel, {"responses": ["a"], "sleep": 0.5, "tags": ["b"]}),
    (MessagesPlaceholder, {"variable_name": "history", "optional": True}),
]


@pytest.mark.parametrize(("cls", "values"), PLAIN)
def test_plain_values_need_no_validator(
    cls: type[BaseModel], values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values that have just the types of their fields are taken without one."""
    unbuilt(cls, monkeypatch)
    assert plain.try_fill(blank(cls), values)


OTHER: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (HumanMessage, {}),
    (HumanMessage, {"content": Text("a")}),
    (HumanMessage, {"content": ("a",)}),
    (HumanMessage, {"content": "a", "id": "1"}),
    (FakeListChatModel, {"responses": [1]}),
    (FakeListChatModel, {"responses": ["a"], "sleep": 1}),
    (FakeListChatModel, {"responses": ["a"], "i": True}),
    (FakeListChatModel, {"responses": ["a"], "callbacks": []}),
    (FakeListChatModel, {"responses": ["a"], "verbose": True}),
    (PromptTemplate, {"template": "{a}", "template_format": "f"}),
    (PromptTemplate, {"template": "{stop}"}),
    (PromptTemplate, {"template": "{a.b}"}),
    (MessagesPlaceholder, {"variable_name": "history", "n_messages": 1}),
    (HumanMessagePromptTemplate, {"prompt": [prompt]}),
]


@pytest.mark.parametrize(("cls", "values"), OTHER)
def test_other_values_are_for_the_validator(
    cls: type[BaseModel], values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values to convert, to check or to refuse are left to pydantic."""
    unbuilt(cls, monkeypatch)
    assert not plain.try_fill(blank(cls), values)


def test_refuses_as_the_validator_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a validator of the whole model refuses is told as pydantic tells it."""
    unbuilt(PromptTemplate, monkeypatch)
    with pytest.raises(ValidationError, match="cannot be called 'stop'"):
        PromptTemplate(template="{stop}")


def test_a_class_that_is_used_often_gets_its_validator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Validators are faster, and are built once they are worth it."""
    unbuilt(HumanMessage, monkeypatch)
    filled = [plain.try_fill(blank(HumanMessage), {"content": "a"}) for _ in range(100)]
    count = plain._OBJECTS_BEFORE_VALIDATOR
    assert filled == [True] * count + [False] * (100 - count)


def test_classes_of_a_program_are_validated() -> None:
    """A class from outside ferrule may do anything when an object is made, so pydantic makes it."""
    assert Loud.__pydantic_complete__
    assert not plain.try_fill(blank(Loud), {"content": "a"})

    class Scale(RunnableSerializable[int, int]):
        by: int = 2

        def invoke(self, input: int, config: Any = None, **kwargs: Any) -> int:
            return input * self.by

    assert Scale.__pydantic_complete__
    with pytest.raises(ValidationError):
        Scale(by="many")  # type: ignore[arg-type]
