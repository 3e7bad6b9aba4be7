"""ferrule's objects where langchain-core's are asked for: isinstance, fields, copies, dumps."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from pydantic import BaseModel, PrivateAttr

from ferrule.agents import AgentAction, AgentFinish
from ferrule.callbacks import AsyncCallbackManager, BaseCallbackHandler, CallbackManager
from ferrule.documents import Document
from ferrule.language_models import FakeListChatModel, FakeListLLM
from ferrule.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from ferrule.output_parsers import StrOutputParser
from ferrule.outputs import (
    ChatGeneration,
    ChatGenerationChunk,
    ChatResult,
    Generation,
    GenerationChunk,
    LLMResult,
)
from ferrule.prompt_values import ChatPromptValue, StringPromptValue
from ferrule.prompts import ChatPromptTemplate, PromptTemplate
from ferrule.runnables import RunnableLambda
from ferrule.tools import BaseTool, tool

core = pytest.importorskip("langchain_core")


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


OBJECTS = {
    "messages": [
        AIMessage("a", tool_calls=[{"name": "add", "args": {}, "id": "1"}]),
        AIMessageChunk("a"),
        ChatMessage("a", role="r"),
        FunctionMessage("a", name="f"),
        HumanMessage("a"),
        SystemMessage("a"),
        ToolMessage("a", tool_call_id="1"),
    ],
    "outputs": [
        Generation(text="a"),
        GenerationChunk(text="a"),
        ChatGeneration(message=AIMessage("a")),
        ChatGenerationChunk(message=AIMessageChunk("a")),
        ChatResult(generations=[ChatGeneration(message=AIMessage("a"))]),
        LLMResult(generations=[[ChatGeneration(message=AIMessage("a"))]]),
    ],
    "documents": [Document("a", metadata={"source": "b"})],
    "prompt_values": [StringPromptValue(text="a"), ChatPromptValue(messages=[HumanMessage("a")])],
    "agents": [AgentAction("add", {"a": 1}, "log"), AgentFinish({"output": 1}, "log")],
    "prompts": [
        PromptTemplate.from_template("{a}"),
        ChatPromptTemplate.from_messages([("human", "{a}")]),
    ],
    "output_parsers": [StrOutputParser()],
    "tools": [add],
    "callbacks": [BaseCallbackHandler(), CallbackManager([]), AsyncCallbackManager([])],
}
PAIRS = [
    pytest.param(package, value, id=type(value).__name__)
    for package, values in OBJECTS.items()
    for value in values
]


def theirs(package: str, name: str) -> Any:
    """Return the class of langchain-core with a name."""
    module = pytest.importorskip(f"langchain_core.{package}")
    return getattr(module, name)


@pytest.mark.parametrize(("package", "value"), PAIRS)
def test_isinstance(package: str, value: Any) -> None:
    """An object is an instance of langchain-core's class of the same name, and of its own."""
    assert isinstance(value, theirs(package, type(value).__name__))
    assert isinstance(value, type(value))
    assert type(value).__module__.startswith("ferrule.")
    family = {base.__name__ for base in type(value).__mro__}
    for other in OBJECTS[package]:
        if (name := type(other).__name__) not in family:
            assert not isinstance(value, theirs(package, name))


@pytest.mark.parametrize("value", [FakeListChatModel(responses=["a"]), RunnableLambda(abs), add])
def test_runnables_are_runnables(value: Any) -> None:
    """Whatever can be run is one of langchain-core's runnables, too."""
    assert isinstance(value, theirs("runnables", "Runnable"))


def test_models_are_models() -> None:
    """Models of ferrule are language models to langchain-core."""
    chat, text = FakeListChatModel(responses=["a"]), FakeListLLM(responses=["a"])
    assert isinstance(chat, theirs("language_models", "BaseChatModel"))
    assert isinstance(text, theirs("language_models", "BaseLLM"))
    assert not isinstance(text, theirs("language_models", "BaseChatModel"))


# langchain-core's own chat prompts are not taken by a field of their class, either.
FIELDS = [
    param
    for param in PAIRS
    if param.values[0] != "callbacks" and not isinstance(param.values[1], ChatPromptTemplate)
]


@pytest.mark.parametrize(("package", "value"), FIELDS)
def test_fields(package: str, value: Any) -> None:
    """A field of langchain-core's type takes the object as it is."""

    class Model(BaseModel):
        one: theirs(package, type(value).__name__)  # type: ignore[valid-type]

    Model.model_rebuild(_types_namespace={"theirs": theirs, "package": package, "value": value})
    assert Model(one=value).one is value


def test_fields_are_dumped() -> None:
    """A model of langchain-core that holds ferrule's objects dumps to dict and JSON."""
    result = theirs("outputs", "LLMResult")(
        generations=[[theirs("outputs", "ChatGeneration")(message=AIMessage("hello"))]]
    )
    assert result.model_dump()["generations"][0][0]["message"]["content"] == "hello"
    assert json.loads(result.model_dump_json())["generations"][0][0]["text"] == "hello"


COPIED = [param for param in PAIRS if param.values[0] != "tools"]


@pytest.mark.parametrize(("package", "value"), COPIED)
def test_copies(package: str, value: Any) -> None:
    """Copies and pickles are of the object's own class, and equal."""
    copies = [copy.copy(value), copy.deepcopy(value)]
    copies += [pickle.loads(pickle.dumps(value, protocol)) for protocol in range(6)]
    for made in copies:
        assert type(made) is type(value)
        if package != "callbacks":
            assert made == value


DATA = [
    param
    for param in PAIRS
    if param.values[0] in {"agents", "documents", "messages", "outputs", "prompt_values"}
]


@pytest.mark.parametrize(("package", "value"), DATA)
def test_equality(package: str, value: Any) -> None:
    """An object equals langchain-core's with the same fields, whichever side it is on."""
    fields = {name: getattr(value, name) for name in type(value).model_fields if name != "type"}
    if isinstance(value, AgentAction):
        fields = {name: fields[name] for name in ("tool", "tool_input", "log")}
    cls = theirs(package, type(value).__name__)
    their = cls(**fields)
    assert type(their) is not type(value)
    assert value == their
    assert their == value
    assert [their] == [value]
    other = value.model_copy(update=dict.fromkeys(fields, "other"))
    assert type(other) is type(value)
    assert other != their
    assert their != other


def test_equality_wants_one_class() -> None:
    """Objects of different kinds differ, and so do those of derived classes, as in each library."""

    class Ours(HumanMessage):
        pass

    class Theirs(theirs("messages", "HumanMessage")):  # type: ignore[misc]
        pass

    theirs_plain = theirs("messages", "HumanMessage")("a")
    pairs = [
        (HumanMessage("a"), theirs("messages", "SystemMessage")("a")),
        (AIMessageChunk("a"), theirs("messages", "AIMessage")("a")),
        (Ours("a"), theirs_plain),
        (Ours("a"), Theirs("a")),
        (HumanMessage("a"), Theirs("a")),
        (HumanMessage("a"), "a"),
    ]
    for ours, their in pairs:
        assert ours != their
        assert their != ours
    assert Ours("a") == Ours("a")


@pytest.mark.filterwarnings("ignore:The function .load. is in beta")
@pytest.mark.parametrize(
    ("package", "value"),
    [param for param in FIELDS if param.values[0] in {"messages", "documents", "prompt_values"}],
)
def test_dumps(package: str, value: Any) -> None:
    """`dumpd` describes it as langchain-core's object, so that `load` makes that of it."""
    load = pytest.importorskip("langchain_core.load")
    described = load.dumpd(value)
    assert described["id"][-1] == type(value).__name__
    loaded = load.load(described, allowed_objects="all")
    assert type(loaded) is theirs(package, type(value).__name__)
    assert loaded == value


def test_secrets_stay_secret() -> None:
    """`dumpd` of an object with secrets tells where they come from."""
    load = pytest.importorskip("langchain_core.load")

    class Guarded(StrOutputParser):
        key: str

        @property
        def lc_secrets(self) -> dict[str, str]:
            return {"key": "GUARDED_KEY"}

        @classmethod
        def is_lc_serializable(cls) -> bool:
            return True

    assert isinstance(Guarded(key="hidden"), theirs("output_parsers", "StrOutputParser"))
    assert "hidden" not in load.dumps(Guarded(key="hidden"))


def test_subclasses() -> None:
    """A subclass that a program defines keeps its own fields, settable, and its own class."""

    class Counting(BaseTool):
        name: str = "counting"
        description: str = "Counts."
        count: int = 0
        _last: int = PrivateAttr(default=0)

        def _run(self, number: int) -> int:
            self.count += 1
            self._last = number
            return number

    counting = Counting()
    assert isinstance(counting, theirs("tools", "BaseTool"))
    assert not isinstance(counting, theirs("tools", "StructuredTool"))
    assert counting.invoke({"number": 7}) == 7
    assert (counting.count, counting._last) == (1, 7)
    with pytest.raises(ValueError, match="no field"):
        counting.nothing = 1
    assert type(copy.copy(counting)) is Counting


def test_a_class_of_both() -> None:
    """A handler that derives from both libraries is what it is."""

    class Both(BaseCallbackHandler, theirs("callbacks", "BaseCallbackHandler")):  # type: ignore[misc]
        pass

    assert Both().__class__ is Both


def test_class_can_be_assigned() -> None:
    """`__class__` can still be assigned to, as that of any object."""

    class Louder(BaseCallbackHandler):
        pass

    handler = BaseCallbackHandler()
    handler.__class__ = Louder
    assert type(handler) is Louder
