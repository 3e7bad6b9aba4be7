"""Parsers as runnables: what goes in, where they run, what they say about themselves."""

from __future__ import annotations

import asyncio
import threading

import pytest

from ferrule.messages import AIMessage
from ferrule.output_parsers import (
    BaseGenerationOutputParser,
    BaseLLMOutputParser,
    BaseOutputParser,
    StrOutputParser,
)
from ferrule.outputs import ChatGeneration, Generation


class Length(BaseOutputParser[int]):
    def parse(self, text: str) -> int:
        return len(text)


class Where(BaseOutputParser):
    """Tells the thread that it parses in."""

    def parse(self, text):
        return threading.get_ident()


def test_invoke_takes_text_and_messages():
    """A parser gets the text of a message, of content blocks too, or the text itself."""
    blocks = AIMessage([{"type": "text", "text": "ab"}, "c"])
    assert [Length().invoke(said) for said in ("abcd", AIMessage("abc"), blocks)] == [4, 3, 3]


def test_other_inputs_are_refused_by_name():
    """What is neither text nor a message is a TypeError that shows it."""
    with pytest.raises(TypeError, match="not dict: {'a': 1}"):
        Length().invoke({"a": 1})


def test_parse_result_sees_the_message():
    """A generation parser gets the message, not only its text."""

    class Kind(BaseGenerationOutputParser[str]):
        def parse_result(self, result, *, partial=False):
            return result[0].message.type if isinstance(result[0], ChatGeneration) else "text"

    assert [Kind().invoke(said) for said in ("x", AIMessage("x"))] == ["text", "ai"]


def test_user_parsers_leave_the_event_loop():
    """Parsing that may block runs in another thread when it is awaited."""
    assert asyncio.run(Where().ainvoke("x")) != threading.get_ident()
    assert asyncio.run(Where().aparse("x")) != threading.get_ident()


def test_own_parsers_stay_on_the_event_loop():
    """Parsing that takes microseconds is not worth a thread, unless a subclass replaces it."""

    class Slow(StrOutputParser):
        def parse(self, text):
            return str(threading.get_ident())

    class Named(StrOutputParser):
        label: str = ""

    here = str(threading.get_ident())
    assert StrOutputParser._runs_inline
    assert Named._runs_inline
    assert asyncio.run(Slow().ainvoke("x")) != here


def test_stop_iteration_in_a_parser_does_not_hang():
    """A StopIteration in the thread comes out as a RuntimeError, since no future can carry it."""

    class Broken(BaseOutputParser):
        def parse(self, text):
            return next(iter(()))

    with pytest.raises(RuntimeError) as caught:
        asyncio.run(asyncio.wait_for(Broken().ainvoke("x"), 5))
    assert isinstance(caught.value.__cause__, StopIteration)


def test_input_schema_lists_text_and_each_kind_of_message():
    """A parser takes what text models and chat models give."""
    text, message = StrOutputParser().get_input_jsonschema()["anyOf"]
    assert text == {"type": "string"}
    kinds = {kind["$ref"].rpartition("/")[2] for kind in message["oneOf"]}
    assert {"AIMessage", "HumanMessageChunk", "ToolMessage"} < kinds


def test_output_type_is_the_type_argument():
    """The type comes from the class's argument, else from the annotation of `parse`."""

    class Promising(BaseOutputParser):
        def parse(self, text) -> list[int]:
            return []

    class Silent(BaseOutputParser):
        def parse(self, text):
            return text

    assert Length().OutputType is int
    assert Promising().OutputType == list[int]
    assert StrOutputParser().OutputType is str
    assert Silent().OutputType is not None


def test_parsers_without_format_say_so():
    """Asking for instructions of a parser that has none names the parser."""
    with pytest.raises(NotImplementedError, match="Length"):
        Length().get_format_instructions()


def test_asdict_names_the_kind():
    """The fields come with the kind, if the parser has one."""
    assert StrOutputParser().asdict()["_type"] == "default"
    assert StrOutputParser().dict() == StrOutputParser().asdict()
    assert "_type" not in Length().asdict()


def test_parse_with_prompt_falls_back_to_parse():
    """Plain parsers ignore the prompt."""
    assert Length().parse_with_prompt("abc", None) == 3


def test_plain_llm_parser_needs_no_model():
    """The lowest base is a plain class."""

    class First(BaseLLMOutputParser[str]):
        def parse_result(self, result, *, partial=False):
            return result[0].text

    result = [Generation(text="a"), Generation(text="b")]
    assert First().parse_result(result) == "a"
    assert asyncio.run(First().aparse_result(result)) == "a"


def test_abstract_parsers_cannot_be_made():
    """A subclass without `parse` is an error when it is made."""
    with pytest.raises(TypeError, match="abstract"):
        type("Nothing", (BaseOutputParser,), {})()
