"""Trusted construction against validation."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Any

import pytest
from pydantic import VERSION, BaseModel, PrivateAttr, ValidationError, field_validator
from pydantic.errors import PydanticSchemaGenerationError

from ferrule.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    HumanMessage,
    SystemMessageChunk,
    ToolMessage,
)
from ferrule.outputs import (
    ChatGeneration,
    ChatGenerationChunk,
    ChatResult,
    Generation,
    GenerationChunk,
    LLMResult,
)
from ferrule.prompt_values import ChatPromptValue, PromptValue, StringPromptValue

CALL = {"name": "add", "args": {"a": 1}, "id": "c1", "type": "tool_call"}
PIECE = {"name": "add", "args": '{"a": 1', "id": "c1", "index": 0, "type": "tool_call_chunk"}
USAGE = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}

CASES: list[tuple[Any, dict[str, Any]]] = [
    (HumanMessage, {"content": "Hi"}),
    (HumanMessage, {"content": [{"type": "text", "text": "Hi"}], "name": "bob", "id": "1"}),
    (AIMessage, {"content": "", "tool_calls": [CALL], "usage_metadata": USAGE}),
    (AIMessage, {"content": "3", "response_metadata": {"model": "m"}, "id": "run-1-0"}),
    (AIMessageChunk, {"content": "x", "id": "run-1"}),
    (AIMessageChunk, {"content": "", "tool_call_chunks": [PIECE]}),
    (AIMessageChunk, {"content": "", "tool_calls": [CALL], "chunk_position": "last"}),
    (SystemMessageChunk, {"content": "Be brief."}),
    (ChatMessage, {"content": "Order!", "role": "chair"}),
    (ToolMessage, {"content": "3", "tool_call_id": "c1", "status": "error"}),
    (Generation, {"text": "3"}),
    (GenerationChunk, {"text": "3", "generation_info": {"finish_reason": "stop"}}),
    (ChatGeneration, {"message": AIMessage("3")}),
    (ChatGenerationChunk, {"message": AIMessageChunk("3"), "generation_info": {"a": 1}}),
    (ChatResult, {"generations": [ChatGeneration(message=AIMessage("3"))]}),
    (LLMResult, {"generations": [[Generation(text="3")]], "llm_output": {"model": "m"}}),
    (StringPromptValue, {"text": "Hi"}),
    (ChatPromptValue, {"messages": [HumanMessage("Hi")]}),
]


def validated_by(cls, values):
    """Make an instance in the usual way, of a class that has its validator."""
    cls.model_rebuild()
    return cls(**values)


@pytest.mark.parametrize(("cls", "values"), CASES)
class TestIndistinguishable:
    """A trusted instance against a validated one of the same values."""

    def test_equal(self, cls, values):
        """The instances are equal, both ways."""
        trusted, validated = cls._trusted(**values), validated_by(cls, values)
        assert trusted == validated
        assert validated == trusted

    def test_state(self, cls, values):
        """The pydantic slots hold the same, fields in the same order."""
        trusted, validated = cls._trusted(**values), validated_by(cls, values)
        assert list(trusted.__dict__.items()) == list(validated.__dict__.items())
        assert trusted.model_fields_set == validated.model_fields_set
        assert trusted.__pydantic_extra__ == validated.__pydantic_extra__
        assert trusted.__pydantic_private__ == validated.__pydantic_private__

    def test_text(self, cls, values):
        """`repr` and `str` are the same."""
        trusted, validated = cls._trusted(**values), validated_by(cls, values)
        assert (repr(trusted), str(trusted)) == (repr(validated), str(validated))

    def test_dumps(self, cls, values):
        """All kinds of dumps are the same."""
        trusted, validated = cls._trusted(**values), validated_by(cls, values)
        assert trusted.model_dump() == validated.model_dump()
        assert trusted.model_dump_json() == validated.model_dump_json()
        assert trusted.model_dump(exclude_unset=True) == validated.model_dump(exclude_unset=True)
        assert trusted.model_dump(exclude_defaults=True) == validated.model_dump(
            exclude_defaults=True
        )

    def test_copies(self, cls, values):
        """Copies of all kinds and pickles are equal to the original."""
        trusted = cls._trusted(**values)
        for twin in (
            copy.copy(trusted),
            copy.deepcopy(trusted),
            trusted.model_copy(),
            trusted.model_copy(deep=True),
            pickle.loads(pickle.dumps(trusted)),
        ):
            assert twin == trusted
            assert type(twin) is cls
            assert twin.model_fields_set == trusted.model_fields_set


def test_default_containers_are_not_shared():
    """Each trusted instance has default containers of its own."""
    first, second = AIMessage._trusted(content="a"), AIMessage._trusted(content="b")
    first.tool_calls.append(CALL)
    first.response_metadata["x"] = 1
    assert second.tool_calls == []
    assert second.response_metadata == {}


def test_given_values_are_not_copied():
    """A trusted instance holds the very objects that it was given."""
    metadata = {"model": "m"}
    assert AIMessage._trusted(content="a", response_metadata=metadata).response_metadata is metadata


def test_user_subclass_is_validated():
    """A class from outside ferrule keeps its validators and private attributes."""

    class Shouted(AIMessage):
        _seen: list[str] = PrivateAttr(default_factory=list)

        @field_validator("content", mode="after")
        @classmethod
        def _shout(cls, content):
            return content.upper()

    message = Shouted._trusted(content="hi")
    assert message.content == "HI"
    assert message._seen == []


def test_trusted_skips_validation():
    """What validation would refuse is taken as it is."""
    assert HumanMessage._trusted(content=5).content == 5
    with pytest.raises(ValidationError):
        HumanMessage(content=5)


def test_subclass_has_its_own_defaults():
    """A subclass does not reuse the compiled defaults of its base."""
    assert AIMessage._trusted(content="a").type == "ai"
    assert AIMessageChunk._trusted(content="a").type == "AIMessageChunk"
    assert "chunk_position" in AIMessageChunk._trusted(content="a").__dict__


def test_trusted_is_a_model_field():
    """A trusted instance passes the validation of a model that holds it, as the same object."""

    class Holder(BaseModel):
        message: HumanMessage

    message = HumanMessage._trusted(content="Hi")
    assert Holder(message=message).message is message


def test_message_without_a_text_is_derived():
    """The text of a generation follows from its message, whatever the content is."""
    blocks = [{"type": "text", "text": "a"}, "b"]
    assert ChatGeneration._trusted(message=AIMessage(content=blocks)).text == "ab"
    assert "text" in ChatGeneration._trusted(message=AIMessage("a")).model_fields_set


def test_abstract_class_cannot_be_built():
    """A class that lacks methods is refused, as its constructor refuses it."""
    with pytest.raises(TypeError, match="abstract"):
        PromptValue._trusted()


def test_fields_are_given_by_name():
    """A value by position is refused."""
    with pytest.raises(TypeError, match="by name"):
        HumanMessage._trusted("Hi")


def test_class_of_a_program_is_built_where_it_is_defined():
    """A field that pydantic cannot handle shows at the class, not at its first use."""

    class Unknown:
        pass

    with pytest.raises(PydanticSchemaGenerationError):

        class Wrong(AIMessage):
            extra_field: Unknown = None


def test_class_in_a_function_sees_the_names_around_it():
    """Annotations are read in the function that defines the class."""

    class Mood(BaseModel):
        word: str

    class Moody(AIMessage):
        mood: Mood

    assert Moody(content="a", mood={"word": "glad"}).mood == Mood(word="glad")


def test_class_is_completed_by_names_that_are_given_later():
    """What a class of a program lacks where it is defined can be given to `model_rebuild`."""

    class Moody(AIMessage):
        mood: Mood | None = None

    class Mood(BaseModel):
        word: str

    assert not Moody.__pydantic_complete__
    assert Moody.model_rebuild(_types_namespace={"Mood": Mood})
    assert Moody(content="a", mood={"word": "glad"}).mood == Mood(word="glad")


def test_class_is_completed_by_names_around_the_call():
    """`model_rebuild` sees what its caller sees."""

    class Moody(AIMessage):
        mood: Mood | None = None

    class Mood(BaseModel):
        word: str

    assert Moody.model_rebuild()
    assert Moody(content="a", mood={"word": "glad"}).mood == Mood(word="glad")


def test_objects_are_dumped_wherever_they_are():
    """An object of a class without a validator can be a part of anything that is dumped."""
    program = """
from typing import Any
from pydantic import BaseModel, TypeAdapter
from ferrule.messages import AIMessage, HumanMessage
from ferrule.prompts import PromptTemplate
class Holder(BaseModel):
    held: Any
messages = [AIMessage("a"), HumanMessage._trusted(content="b")]
assert not AIMessage.__pydantic_complete__
dumped = TypeAdapter(Any).dump_python(messages)
assert [each["content"] for each in dumped] == ["a", "b"], dumped
assert Holder(held=PromptTemplate(template="c")).model_dump()["held"]["template"] == "c"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(
    VERSION.startswith(("2.7.", "2.8.", "2.9.")), reason="these versions leave no choice"
)
def test_parametrising_a_class_builds_no_validator():
    """A generic class of ferrule's that is given its types waits for its first object."""
    program = """
from ferrule.output_parsers import BaseOutputParser
class Marked(BaseOutputParser[int]):
    def parse(self, text): return int(text)
assert not BaseOutputParser.__pydantic_complete__
assert Marked.__pydantic_complete__
assert Marked().invoke("3") == 3
BaseOutputParser.model_rebuild()
assert BaseOutputParser.__pydantic_complete__
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_threads_may_use_a_class_for_the_first_time_together():
    """Validators that are built at their first use are built once, whoever comes first."""
    program = """
import sys, threading
from ferrule.messages import AIMessage, AIMessageChunk, HumanMessage
from ferrule.outputs import ChatGeneration, LLMResult
sys.setswitchinterval(1e-6)
start, made = threading.Barrier(8), []
def make():
    start.wait()
    given = {"content": "x"}
    classes = HumanMessage, AIMessage, AIMessageChunk
    messages = [cls.model_validate(given) for cls in classes]
    made.append([m.model_dump()["type"] for m in messages])
    LLMResult(generations=[[ChatGeneration(message=messages[1])]])
threads = [threading.Thread(target=make) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert made == [["human", "ai", "AIMessageChunk"]] * 8, made
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
