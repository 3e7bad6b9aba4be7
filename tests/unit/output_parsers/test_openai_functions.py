"""Function calls in `additional_kwargs`."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from ferrule.exceptions import OutputParserException
from ferrule.messages import AIMessage, AIMessageChunk
from ferrule.output_parsers import (
    JsonKeyOutputFunctionsParser,
    JsonOutputFunctionsParser,
    OutputFunctionsParser,
    PydanticAttrOutputFunctionsParser,
    PydanticOutputFunctionsParser,
)


def calling(arguments='{"x": 1}', name="add", kind=AIMessage):
    call = {"name": name, "arguments": arguments}
    return kind("", additional_kwargs={"function_call": call})


class Add(BaseModel):
    x: int


def test_raw_call():
    """The arguments come as text, or the whole call."""
    assert OutputFunctionsParser().invoke(calling()) == '{"x": 1}'
    whole = OutputFunctionsParser(args_only=False).invoke(calling())
    assert whole == {"name": "add", "arguments": '{"x": 1}'}


def test_json_arguments():
    """The arguments are parsed, alone or in the call."""
    assert JsonOutputFunctionsParser().invoke(calling()) == {"x": 1}
    whole = JsonOutputFunctionsParser(args_only=False).invoke(calling())
    assert whole == {"name": "add", "arguments": {"x": 1}}
    assert JsonKeyOutputFunctionsParser(key_name="x").invoke(calling()) == 1


@pytest.mark.parametrize(
    ("parser", "said", "what"),
    [
        (OutputFunctionsParser(), AIMessage("x"), "calls no function"),
        (OutputFunctionsParser(), "x", "not in text"),
        (JsonOutputFunctionsParser(), AIMessage("x"), "calls no function"),
        (JsonOutputFunctionsParser(), calling("{"), "'add' are not JSON"),
        (JsonOutputFunctionsParser(), calling(""), "'add' are not JSON"),
        (JsonKeyOutputFunctionsParser(key_name="y"), calling(), "no argument 'y'"),
        (
            PydanticOutputFunctionsParser(pydantic_schema={"sub": Add}),
            calling(),
            "no model for 'add'",
        ),
    ],
)
def test_errors(parser, said, what):
    """What is missing or unreadable is a parser error."""
    with pytest.raises(OutputParserException, match=what):
        parser.invoke(said)


def test_models():
    """The arguments become an instance of the model, of the function's one, or one attribute."""
    assert PydanticOutputFunctionsParser(pydantic_schema=Add).invoke(calling()) == Add(x=1)
    by_name = PydanticOutputFunctionsParser(pydantic_schema={"add": Add})
    assert by_name.invoke(calling()) == Add(x=1)
    attribute = PydanticAttrOutputFunctionsParser(pydantic_schema=Add, attr_name="x")
    assert attribute.invoke(calling()) == 1
    with pytest.raises(ValidationError):
        by_name.invoke(calling("{}"))


def test_models_by_name_need_the_name():
    """`args_only` and models by name exclude each other."""
    with pytest.raises(ValidationError, match="leave `args_only` out"):
        PydanticOutputFunctionsParser(pydantic_schema={"add": Add}, args_only=True)


def test_stream():
    """Arguments stream as far as they are there; chunks before the call are waited out."""
    chunks = [
        AIMessageChunk("hm"),
        *(calling(a, n, AIMessageChunk) for a, n in (('{"x"', "add"), (": 1", ""), ("}", ""))),
    ]
    assert list(JsonOutputFunctionsParser().transform(iter(chunks))) == [{}, {"x": 1}]
    assert list(JsonKeyOutputFunctionsParser(key_name="x").transform(iter(chunks))) == [1]
