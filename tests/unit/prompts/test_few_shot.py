"""Prompts with examples, fixed and selected, as text and as messages."""

import asyncio

import pytest

from ferrule.messages import AIMessage, HumanMessage
from ferrule.prompts import (
    ChatPromptTemplate,
    FewShotChatMessagePromptTemplate,
    FewShotPromptTemplate,
    FewShotPromptWithTemplates,
    PromptTemplate,
)

EXAMPLES = [{"q": "1+1", "a": "2"}, {"q": "2+2", "a": "4", "unused": "x"}]
LINE = PromptTemplate.from_template("{q}={a}")
TURN = ChatPromptTemplate([("human", "{q}"), ("ai", "{a}")])


class Selector:
    def __init__(self):
        self.asked = []

    def select_examples(self, input_variables):
        self.asked.append(input_variables)
        return EXAMPLES[:1]

    async def aselect_examples(self, input_variables):
        self.asked.append(input_variables)
        return EXAMPLES[1:]


def test_joins_prefix_examples_and_suffix():
    """The parts are joined with the separator; empty ones are left out."""
    prompt = FewShotPromptTemplate(
        examples=EXAMPLES,
        example_prompt=LINE,
        prefix="{task}",
        suffix="{q}=",
        example_separator=";",
    )
    assert prompt.input_variables == ["q", "task"]
    assert prompt.invoke({"q": 3, "task": "Add"}).to_string() == "Add;1+1=2;2+2=4;3="
    bare = FewShotPromptTemplate(examples=EXAMPLES, example_prompt=LINE, suffix="{q}")
    assert bare.format(q="x") == "1+1=2\n\n2+2=4\n\nx"


def test_examples_are_data():
    """Braces in an example are text, and cannot reach the prompt's variables."""
    prompt = FewShotPromptTemplate(
        examples=[{"q": '{"json": "{hidden}"}', "a": "}"}], example_prompt=LINE, suffix="{hidden}"
    )
    assert prompt.format(hidden="s") == '{"json": "{hidden}"}=}\n\ns'


def test_partials_reach_prefix_suffix_and_selector():
    """Partial values fill the templates and are shown to the selector."""
    selector = Selector()
    prompt = FewShotPromptTemplate(
        example_selector=selector,
        example_prompt=LINE,
        suffix="{x}{y}",
        partial_variables={"x": lambda: "p"},
    )
    assert prompt.invoke("y").to_string() == "1+1=2\n\npy"
    assert asyncio.run(prompt.ainvoke("y")).to_string() == "2+2=4\n\npy"
    assert selector.asked == [{"x": "p", "y": "y"}] * 2
    assert prompt.partial(y="z").invoke({}).to_string() == "1+1=2\n\npz"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ({}, "neither"),
        ({"examples": [], "example_selector": Selector()}, "both"),
        ({"example_selector": object()}, "select_examples"),
    ],
)
def test_needs_one_source_of_examples(source, what):
    """Examples come from a list or from a selector, not from both or neither."""
    with pytest.raises(ValueError, match=what):
        FewShotPromptTemplate(example_prompt=LINE, suffix="", **source)


def test_an_example_without_a_variable_is_named():
    """An example that lacks a variable is shown with what it lacks."""
    prompt = FewShotPromptTemplate(examples=[{"q": 1}], example_prompt=LINE, suffix="")
    with pytest.raises(KeyError, match=r"lacks the variables \['a'\]"):
        prompt.format()


@pytest.mark.parametrize(
    "fields",
    [
        {"suffix": "{x.y}"},
        {"suffix": "}", "prefix": "{"},
        {"suffix": "{x}", "validate_template": True},
        {"suffix": "", "unknown": 1},
    ],
)
def test_refuses_bad_fields(fields):
    """Malformed or unlisted variables and unknown fields are refused when built."""
    with pytest.raises(ValueError, match="FewShotPromptTemplate"):
        FewShotPromptTemplate(examples=[], example_prompt=LINE, **fields)


def test_templates_around_examples():
    """Prefix and suffix that are prompts are filled by themselves."""
    prompt = FewShotPromptWithTemplates(
        examples=[{"q": "{", "a": "}"}],
        example_prompt=LINE,
        prefix=PromptTemplate.from_template("{{t}}", template_format="mustache"),
        suffix=PromptTemplate.from_template("{x}"),
        example_separator="|",
    )
    assert prompt.input_variables == ["t", "x"]
    assert prompt.invoke({"t": "{y}", "x": 1}).to_string() == "{y}|{=}|1"
    assert asyncio.run(prompt.ainvoke({"t": "T", "x": 1})).to_string() == "T|{=}|1"
    with pytest.raises(ValueError, match=r"lack \['x'\]"):
        FewShotPromptWithTemplates(
            examples=[], example_prompt=LINE, suffix=prompt.suffix, validate_template=True
        )


def test_examples_as_messages():
    """Each example gives the messages of its prompt, inside of a chat prompt."""
    shown = FewShotChatMessagePromptTemplate(examples=EXAMPLES, example_prompt=TURN)
    prompt = ChatPromptTemplate([shown, "{q}"])
    assert prompt.input_variables == ["q"]
    messages = prompt.invoke("?").to_messages()
    assert [m.content for m in messages] == ["1+1", "2", "2+2", "4", "?"]
    assert shown.format() == "Human: 1+1\nAI: 2\nHuman: 2+2\nAI: 4"
    assert shown.pretty_repr() == TURN.pretty_repr()


def test_selected_examples_as_messages():
    """A selector gets the variables, and its async half is used in an async run."""
    selector = Selector()
    shown = FewShotChatMessagePromptTemplate(
        input_variables=["x"], example_selector=selector, example_prompt=TURN
    )
    assert shown.invoke({"x": 1}).to_messages() == [HumanMessage("1+1"), AIMessage("2")]
    messages = asyncio.run(ChatPromptTemplate([shown]).ainvoke({"x": 1})).to_messages()
    assert [m.content for m in messages] == ["2+2", "4"]
    assert selector.asked == [{"x": 1}, {"x": 1}]
