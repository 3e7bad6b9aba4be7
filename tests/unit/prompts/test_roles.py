"""Templates of one message: texts, images and content blocks with variables."""

import asyncio
from typing import Any

import pytest

from ferrule.messages import AIMessage, ChatMessage, HumanMessage
from ferrule.prompts import (
    AIMessagePromptTemplate,
    ChatMessagePromptTemplate,
    ChatPromptTemplate,
    DictPromptTemplate,
    HumanMessagePromptTemplate,
    ImagePromptTemplate,
    PromptTemplate,
    StringPromptTemplate,
)

PARTS = [
    "{text}",
    {"type": "text", "text": "{maybe}"},
    {"type": "image_url", "image_url": "https://img.test/{id}.png"},
    {"type": "image_url", "image_url": {"url": "{id}", "detail": "{detail}"}},
    {"type": "file", "file": {"name": "{id}.pdf", "pages": [1, "{text}"]}},
]


def test_fills_texts_images_and_blocks():
    """Each part becomes its content block; an empty text becomes none."""
    template = HumanMessagePromptTemplate.from_template(PARTS)
    values = {"text": "hi", "maybe": "", "id": "cat", "detail": "low"}
    message = template.format(**values)
    assert template.input_variables == ["text", "maybe", "id", "detail"]
    assert message == HumanMessage(
        [
            {"type": "text", "text": "hi"},
            {"type": "image_url", "image_url": {"url": "https://img.test/cat.png"}},
            {"type": "image_url", "image_url": {"url": "cat", "detail": "low"}},
            {"type": "file", "file": {"name": "cat.pdf", "pages": [1, "hi"]}},
        ]
    )
    assert asyncio.run(template.aformat(**values)) == message


def test_parts_stand_in_chat_prompts():
    """A role with a list of parts works as with a text, in every format of variables."""
    prompt = ChatPromptTemplate.from_messages(
        [("ai", [{"type": "text", "text": "{{a}}"}, {"kind": "{{b.c}}"}])], "mustache"
    )
    assert prompt.input_variables == ["a", "b"]
    message = prompt.invoke({"a": 1, "b": {"c": 2}}).to_messages()[0]
    assert message == AIMessage([{"type": "text", "text": "1"}, {"kind": "2"}])
    assert "{a}" in prompt.pretty_repr()


@pytest.mark.parametrize(
    ("parts", "template_format", "what"),
    [
        ([5], "f-string", "text or a dictionary, not 5"),
        ([{"type": "image_url", "image_url": 5}], "f-string", "'image_url' is"),
        ([{"type": "image_url", "image_url": {"path": "/etc/passwd"}}], "f-string", "'path'"),
        ([{"a": "{x.y}"}], "f-string", r"\{x.y\}"),
        ([{"image_url": "{x[0]}"}], "f-string", r"\{x\[0\]\}"),
        ([{"a": "{{ x }}"}], "jinja2", "cannot be a jinja2 template"),
    ],
)
def test_refuses_bad_parts(parts, template_format, what):
    """A part of no known form, or with a bad template, is refused when it is built."""
    with pytest.raises(ValueError, match=what):
        HumanMessagePromptTemplate.from_template(parts, template_format)


def test_partials_are_for_one_text():
    """Partial values can be given with one text, and not with a list of parts."""
    template = HumanMessagePromptTemplate.from_template("{a}{b}", partial_variables={"a": 1})
    assert template.format(b=2) == HumanMessage("12")
    with pytest.raises(ValueError, match="single text only"):
        HumanMessagePromptTemplate.from_template(["{a}"], partial_variables={"a": 1})


def test_additional_kwargs_are_copied():
    """Each message has its own copy of the template's `additional_kwargs`."""
    template = AIMessagePromptTemplate.from_template("x", additional_kwargs={"k": 1})
    one, two = template.format(), template.format()
    assert one.additional_kwargs == {"k": 1}
    assert one.additional_kwargs is not two.additional_kwargs


def test_a_role_of_any_name():
    """A chat message has the template's role, sync and async."""
    template = ChatMessagePromptTemplate.from_template("{x}", role="pirate")
    assert template.format(x=1) == ChatMessage("1", role="pirate")
    assert asyncio.run(template.aformat_messages(x=1)) == [ChatMessage("1", role="pirate")]


def test_an_async_text_is_awaited():
    """The text's own `aformat` is used in an async run."""

    class Slow(StringPromptTemplate):
        def format(self, **kwargs):
            return "sync"

        async def aformat(self, **kwargs):
            return "async"

    prompt = ChatPromptTemplate([HumanMessagePromptTemplate(prompt=Slow())])
    assert prompt.invoke({}).to_messages() == [HumanMessage("sync")]
    assert asyncio.run(prompt.ainvoke({})).to_messages() == [HumanMessage("async")]


def test_reads_files(tmp_path):
    """A message's text can be read from a file."""
    path = tmp_path / "message.txt"
    path.write_text("Hi {name}", encoding="utf-8")
    template = HumanMessagePromptTemplate.from_template_file(path)
    assert template.format(name="Ada") == HumanMessage("Hi Ada")
    chat = ChatMessagePromptTemplate.from_template_file(path, role="r")
    assert chat.format(name="Ada").content == "Hi Ada"


def test_image_fields_can_be_given_directly():
    """`url` and `detail` given to `format` override the template, unless they are variables."""
    image = ImagePromptTemplate(template={"url": "https://img.test/{url}", "detail": "auto"})
    assert image.format(url="x", detail="low") == {"url": "https://img.test/x", "detail": "low"}
    assert ImagePromptTemplate().invoke({"url": "u"}).to_string() == "u"
    with pytest.raises(ValueError, match="needs a 'url'"):
        ImagePromptTemplate().format()
    with pytest.raises(ValueError, match="'path'"):
        ImagePromptTemplate().format(path="/etc/passwd")


def test_dictionaries_are_copied_and_typed():
    """A filled dictionary is a new one; keys and values that are no text stay."""
    source = {"{k}": 1, "deep": [{"t": ("{x}", None)}]}
    block = DictPromptTemplate(template=source, template_format="f-string")
    assert block.input_variables == ["x"]
    assert block.invoke({"x": 1}) == {"{k}": 1, "deep": [{"t": ("1", None)}]}
    assert source["deep"][0]["t"] == ("{x}", None)
    with pytest.raises(KeyError, match=r"missing the variables \['x'\]"):
        block.invoke({})


def test_dictionary_templates_can_be_copied():
    """A copy is equal, and fills as the original does."""
    block = DictPromptTemplate(template={"t": "{x}"}, template_format="f-string")
    assert block.model_copy(deep=True) == block
    assert block.model_copy().format(x=1) == {"t": "1"}


def test_a_changed_copy_is_described_as_what_it_is():
    """Handlers are told of the copy's own template, not of the original's."""
    block = DictPromptTemplate(template={"t": "{x}"}, template_format="f-string")
    assert block._serialized["kwargs"]["template"] == {"t": "{x}"}
    changed = block.model_copy(update={"template": {"u": "{y}"}})
    assert changed._serialized["kwargs"]["template"] == {"u": "{y}"}


def test_template_builds_messages_of_a_class_of_its_own() -> None:
    """A template may name a message class of the program's, whose own constructor is called."""

    class Loud(HumanMessage):
        def __init__(self, content: str) -> None:
            super().__init__(content=content.upper())

    class LoudTemplate(HumanMessagePromptTemplate):
        _msg_class = Loud

    template = LoudTemplate.from_template("hello {name}")
    (message,) = ChatPromptTemplate([template]).invoke("Ada").to_messages()
    assert type(message) is Loud
    assert message.content == "HELLO ADA"


def test_text_template_of_a_class_of_its_own_fills_messages() -> None:
    """A message template asks its text's class, in a prompt as well as alone."""

    class Shouting(PromptTemplate):
        def format(self, **kwargs: Any) -> str:
            return super().format(**kwargs).upper()

    template = HumanMessagePromptTemplate(prompt=Shouting.from_template("hello {name}"))
    assert template.format(name="Ada").content == "HELLO ADA"
    (message,) = ChatPromptTemplate([template]).invoke("Ada").to_messages()
    assert message.content == "HELLO ADA"
