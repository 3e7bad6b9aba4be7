"""`ChatPromptTemplate`: from what it is made, what it gives, and how it is put together."""

import asyncio
import pickle

import pytest

from ferrule.messages import AIMessage, ChatMessage, HumanMessage, SystemMessage
from ferrule.prompt_values import ChatPromptValue
from ferrule.prompts import (
    AIMessagePromptTemplate,
    BaseChatPromptTemplate,
    BaseMessagePromptTemplate,
    ChatMessagePromptTemplate,
    ChatPromptTemplate,
    HumanMessagePromptTemplate,
    MessagesPlaceholder,
    SystemMessagePromptTemplate,
)

SYSTEM = ChatPromptTemplate([("system", "{a}")])
HUMAN = ChatPromptTemplate(["{b}"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{x}", HumanMessage("1")),
        (("human", "{x}"), HumanMessage("1")),
        (("user", "{x}"), HumanMessage("1")),
        (["ai", "{x}"], AIMessage("1")),
        (("assistant", "{x}"), AIMessage("1")),
        (("system", "{x}"), SystemMessage("1")),
        ({"role": "user", "content": "{x}"}, HumanMessage("1")),
        ((HumanMessage, "{x}"), HumanMessage("1")),
        ((AIMessagePromptTemplate, "{x}"), AIMessage("1")),
        (HumanMessagePromptTemplate.from_template("{x}"), HumanMessage("1")),
        (ChatMessagePromptTemplate.from_template("{x}", role="r"), ChatMessage("1", role="r")),
        (HumanMessage("{x}"), HumanMessage("{x}")),
        (ChatPromptTemplate(["{x}"]), HumanMessage("1")),
        (("placeholder", "{xs}"), AIMessage("a")),
        (("placeholder", ["{xs}", True]), AIMessage("a")),
        ({"role": "placeholder", "content": "{xs}"}, AIMessage("a")),
        (MessagesPlaceholder("xs"), AIMessage("a")),
    ],
)
def test_is_made_from_whatever_stands_for_a_message(given, message):
    """Every form of a message gives the message that it stands for."""
    prompt = ChatPromptTemplate.from_messages([given])
    value = prompt.invoke({"x": 1, "xs": [("ai", "a")]})
    assert value == ChatPromptValue(messages=[message])
    assert asyncio.run(prompt.ainvoke({"x": 1, "xs": [("ai", "a")]})) == value


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (("robot", "x"), "no message role 'robot'"),
        (("human", "x", "y"), "two items"),
        ({"role": "user"}, "keys 'role' and 'content'"),
        ({"content": "x"}, "keys 'role' and 'content'"),
        ({"role": "user", "content": "x", "name": "n"}, "no others"),
        (("placeholder", "history"), "'{history}'"),
        (("placeholder", ["{history}", "yes"]), "whether it is optional"),
        (("human", "{x.y}"), r"\{x.y\}"),
        (("human", 5), "text or a list of parts"),
        (([], "x"), "no message role"),
    ],
)
def test_refuses_what_cannot_be_a_message(given, what):
    """What cannot be a message is refused when the prompt is built, and named."""
    with pytest.raises(ValueError, match=what):
        ChatPromptTemplate([given])


def test_refuses_objects_of_other_types():
    """An object of a foreign type is named with its type."""
    with pytest.raises(NotImplementedError, match="5 of type int"):
        ChatPromptTemplate([5])
    with pytest.raises(NotImplementedError, match="None"):
        ChatPromptTemplate(["x"]) + None


def test_tells_its_variables():
    """Input variables are required, optional placeholders are optional, both sorted."""
    prompt = ChatPromptTemplate(
        [("system", "{b}{a}"), ("placeholder", "{past}"), MessagesPlaceholder("now")]
    )
    assert prompt.input_variables == ["a", "b", "now"]
    assert prompt.optional_variables == ["past"]
    assert prompt.partial_variables == {"past": []}


def test_validation_compares_listed_variables():
    """With `validate_template` a listed variable that is not there is refused."""
    with pytest.raises(ValueError, match=r"\['z'\].*\['x'\]"):
        ChatPromptTemplate(["{x}"], input_variables=["z"], validate_template=True)
    assert ChatPromptTemplate(["{x}"], input_variables=["z"]).input_variables == ["x"]


def test_takes_a_bare_value_for_the_only_variable():
    """With one variable, `invoke` takes its value, also for a placeholder."""
    assert ChatPromptTemplate.from_template("{q}").invoke("x").to_messages() == [HumanMessage("x")]
    past = ChatPromptTemplate([MessagesPlaceholder("past")])
    assert past.invoke([("ai", "x")]).to_messages() == [AIMessage("x")]


def test_names_missing_variables():
    """A missing variable is named, also when it is the placeholder's."""
    prompt = ChatPromptTemplate([MessagesPlaceholder("past"), "{q}"])
    with pytest.raises(KeyError, match=r"missing the variables \['past'\]"):
        prompt.invoke({"q": 1})
    with pytest.raises(KeyError, match=r"'past'"):
        prompt.format_messages(q=1)
    with pytest.raises(KeyError, match=r"missing the variables \['q'\]"):
        prompt.format_messages(past=[])


def test_tells_how_to_escape_what_is_in_braces_only():
    """Doubled braces are advised for f-strings, not for placeholders and mustache."""
    escape = "doubled braces: {{q}}"
    prompts = [
        (ChatPromptTemplate([MessagesPlaceholder("q")]), False),
        (ChatPromptTemplate(["{{q}}"], template_format="mustache"), False),
        (ChatPromptTemplate([("human", "{q}")]), True),
        (ChatPromptTemplate([("human", [{"type": "text", "text": "{q}"}])]), True),
    ]
    for prompt, is_advised in prompts:
        with pytest.raises(KeyError) as caught:
            prompt.invoke({})
        assert (escape in caught.value.args[0]) is is_advised


@pytest.mark.parametrize(
    "messages", ["hi", {"role": "user", "content": "hi"}, HumanMessage("hi"), HUMAN[0], None, 5]
)
def test_one_message_is_no_list(messages):
    """What stands for one message is not taken apart; the error names it."""
    with pytest.raises(TypeError, match=rf"a list of messages.*\({type(messages).__name__}\)"):
        ChatPromptTemplate.from_messages(messages)


@pytest.mark.parametrize("value", ["text", ("ai", "x"), {"role": "ai"}, None])
def test_a_placeholder_takes_lists_only(value):
    """A placeholder's value that is no list is refused with its name and type."""
    with pytest.raises(ValueError, match=rf"'past'.*{type(value).__name__}"):
        ChatPromptTemplate([MessagesPlaceholder("past")]).invoke({"past": value})


def test_a_placeholder_keeps_the_last_messages():
    """`n_messages` keeps messages from the end; it must be positive."""
    prompt = MessagesPlaceholder("past", n_messages=1)
    assert prompt.format_messages(past=["a", "b"]) == [HumanMessage("b")]
    with pytest.raises(ValueError, match="greater than 0"):
        MessagesPlaceholder("past", n_messages=0)


def test_messages_are_taken_as_they_are():
    """A message in the prompt is in the result, the same object."""
    message = SystemMessage("{not a variable}")
    assert ChatPromptTemplate([message]).invoke({}).to_messages()[0] is message


def test_formats_as_one_text():
    """`format` gives the messages as a transcript."""
    prompt = ChatPromptTemplate([("system", "be {how}"), "hi"])
    assert prompt.format(how="brief") == "System: be brief\nHuman: hi"
    assert asyncio.run(prompt.aformat(how="brief")) == "System: be brief\nHuman: hi"


def test_mustache_messages():
    """`template_format` holds for all templates given as text."""
    prompt = ChatPromptTemplate.from_messages([("ai", "{{a}} {b}")], template_format="mustache")
    assert prompt.format_messages(a=1) == [AIMessage("1 {b}")]


def test_partials():
    """Partial values reach all messages, also those of a nested prompt."""
    prompt = ChatPromptTemplate(["{a}{b}", ChatPromptTemplate(["{a}"])]).partial(a=lambda: "x")
    assert prompt.input_variables == ["b"]
    assert [m.content for m in prompt.invoke({"b": "y"}).to_messages()] == ["xy", "x"]


def test_a_partial_can_fill_a_placeholder():
    """A partial value for an optional placeholder replaces the empty list."""
    prompt = ChatPromptTemplate([("placeholder", "{past}")]).partial(past=[("ai", "x")])
    assert prompt.invoke({}).to_messages() == [AIMessage("x")]


def test_is_a_sequence():
    """A prompt has a length, items and slices; a slice keeps the partials that it uses."""
    prompt = ChatPromptTemplate(["{a}", "{b}", ("placeholder", "{c}")]).partial(a=1, b=2)
    assert len(prompt) == 3
    assert isinstance(prompt[2], MessagesPlaceholder)
    assert prompt[1:2].partial_variables == {"b": 2}
    assert prompt[1:].invoke({}).to_messages() == [HumanMessage("2")]
    assert prompt[:] == prompt


def test_grows():
    """`append` and `extend` add messages, whose variables become the prompt's."""
    prompt = ChatPromptTemplate(["{a}"]).partial(a=1)
    before = prompt._serialized
    prompt.append(("ai", "{b}"))
    prompt.extend([("placeholder", "{c}"), SystemMessage("s")])
    assert prompt.input_variables == ["b"]
    assert prompt.optional_variables == ["c"]
    assert [m.content for m in prompt.invoke("x").to_messages()] == ["1", "x", "s"]
    assert prompt._serialized != before


@pytest.mark.parametrize(
    "prompt",
    [
        SYSTEM + "{b}",
        SYSTEM + ["{b}"],  # noqa: RUF005  a sum is tested, not a list
        SYSTEM + ("human", "{b}"),  # noqa: RUF005
        SYSTEM + HumanMessagePromptTemplate.from_template("{b}"),
        SYSTEM + ChatPromptTemplate(["{b}"]),
        [("system", "{a}")] + HUMAN,  # noqa: RUF005  a sum is tested, not a list
        SystemMessagePromptTemplate.from_template("{a}") + "{b}",
        SystemMessagePromptTemplate.from_template("{a}") + ChatPromptTemplate(["{b}"]),
    ],
)
def test_adds_whatever_stands_for_messages(prompt):
    """`+` joins prompts, templates, lists, pairs and texts in order."""
    assert prompt.input_variables == ["a", "b"]
    messages = prompt.invoke({"a": 1, "b": 2}).to_messages()
    assert messages == [SystemMessage("1"), HumanMessage("2")]


def test_adds_messages():
    """Messages can be on either side of `+`."""
    prompt = SystemMessage("s") + ChatPromptTemplate(["{a}"]) + AIMessage("x")
    assert [m.content for m in prompt.invoke(1).to_messages()] == ["s", "1", "x"]


def test_adds_a_tuple_of_messages():
    """Two messages in a tuple are no pair of role and template."""
    messages = (HumanMessage("q"), AIMessage("r"))
    assert (SYSTEM + messages).messages[-2:] == [*messages]


def test_messages_can_be_a_tuple():
    """A prompt is filled from whatever holds its messages: assigned later, or not validated."""
    prompt = ChatPromptTemplate(["{x}", AIMessage("b")])
    parts = tuple(prompt.messages)
    made = ChatPromptTemplate.model_construct(
        messages=parts, input_variables=["x"], optional_variables=[], partial_variables={}
    )
    prompt.messages = parts
    filled = [HumanMessage("a"), AIMessage("b")]
    for each in (prompt, made):
        assert each.format_messages(x="a") == filled
        assert each.invoke({"x": "a"}).messages == filled
        assert asyncio.run(each.ainvoke({"x": "a"})).messages == filled


def test_adding_keeps_partials():
    """A sum has the partial values of both sides, and the sides stay as they were."""
    left, right = (ChatPromptTemplate([f"{{{n}}}"]).partial(**{n: n}) for n in "ab")
    assert [m.content for m in (left + right).invoke({}).to_messages()] == ["a", "b"]
    assert len(left) == len(right) == 1


def test_survives_pickle():
    """A prompt that was used is pickled to an equal one."""
    prompt = ChatPromptTemplate(["{a}", ("placeholder", "{b}")]).partial(a=1)
    prompt.invoke({})
    twin = pickle.loads(pickle.dumps(prompt))
    assert twin == prompt
    assert twin.invoke({}) == prompt.invoke({})


def test_shows_headings_and_variables():
    """`pretty_repr` shows each message under a heading, with its variables."""
    prompt = ChatPromptTemplate(
        [("system", "be {how}"), ("placeholder", "{past}"), HumanMessage("hi"), ["ai", ["{x}"]]]
    )
    headings = prompt.pretty_repr().split("\n\n")
    assert headings[0] == f"{'=' * 32} System Message {'=' * 32}"
    assert headings[1::2] == ["be {how}", "{past}", "hi", "{x}"]
    assert "\033[1m" in prompt.pretty_repr(html=True)


def test_repr_is_short():
    """The repr leaves out what is at its default and the types of placeholders."""
    assert repr(ChatPromptTemplate([MessagesPlaceholder("past")])) == (
        "ChatPromptTemplate(input_variables=['past'], "
        "messages=[MessagesPlaceholder(variable_name='past')])"
    )


def test_description_has_the_messages():
    """The description names the classes of the messages and their arguments."""
    described = ChatPromptTemplate([("system", "{a}"), HumanMessage("hi")])._serialized
    assert described["id"] == ["langchain", "prompts", "chat", "ChatPromptTemplate"]
    system, human = described["kwargs"]["messages"]
    assert system["kwargs"]["prompt"]["kwargs"]["template"] == "{a}"
    assert human["id"][-1] == "HumanMessage"


def test_input_schema_knows_placeholders():
    """Placeholders are lists of messages in the schema, required unless optional."""
    prompt = ChatPromptTemplate(["{q}", MessagesPlaceholder("p", optional=True)])
    schema = prompt.get_input_schema().model_json_schema()
    assert schema["required"] == ["q"]
    assert schema["properties"]["p"]["type"] == "array"


def test_your_own_message_template():
    """A message template of one's own defines variables and messages."""

    class Echo(BaseMessagePromptTemplate):
        times: int

        @property
        def input_variables(self):
            return ["x"]

        def format_messages(self, **kwargs):
            return [HumanMessage(kwargs["x"])] * self.times

        async def aformat_messages(self, **kwargs):
            return [AIMessage(kwargs["x"])]

    prompt = ChatPromptTemplate([Echo(times=2)]) + "{y}"
    assert [m.content for m in prompt.invoke({"x": "a", "y": "b"}).to_messages()] == ["a", "a", "b"]
    assert asyncio.run(prompt.ainvoke({"x": "a", "y": "b"})).to_messages()[0] == AIMessage("a")


def test_subclasses_that_override_are_heard():
    """Overridden `format`, `format_messages` and `format_prompt` are what `invoke` goes through."""

    class Shout(HumanMessagePromptTemplate):
        def format(self, **kwargs):
            return HumanMessage(super().format(**kwargs).content.upper())

    class Doubled(ChatPromptTemplate):
        def format_messages(self, **kwargs):
            return super().format_messages(**kwargs) * 2

    class Empty(ChatPromptTemplate):
        def format_prompt(self, **kwargs):
            return ChatPromptValue(messages=[])

    class Fixed(BaseChatPromptTemplate):
        def format_messages(self, **kwargs):
            return [HumanMessage("fixed")]

    shout = Shout.from_template("{a}")
    assert ChatPromptTemplate([shout]).invoke("x").to_messages() == [HumanMessage("X")]
    assert Doubled(["{a}"]).invoke("x").to_messages() == [HumanMessage("x")] * 2
    assert Empty(["{a}"]).invoke("x").to_messages() == []
    assert ChatPromptTemplate([Fixed()]).invoke({}).to_messages() == [HumanMessage("fixed")]


def test_a_prompt_with_an_optional_placeholder_as_a_tool():
    """What a tool's caller leaves out of a prompt's optional parts gives no messages."""
    prompt = ChatPromptTemplate.from_messages(
        [MessagesPlaceholder("history", optional=True), ("human", "{question}")]
    )
    asked = prompt.as_tool(name="ask", description="Ask.").invoke({"question": "Why?"})
    assert [message.content for message in asked.messages] == ["Why?"]
