"""Prompts give what langchain-core's prompts give, for any template and values."""

import re
import string

import pytest
from hypothesis import given, strategies as st

from ferrule import prompts as ours
from ferrule.messages import messages_to_dict
from ferrule.prompts.template_fstring import escape_f_string

theirs = pytest.importorskip("langchain_core.prompts")
their_messages = pytest.importorskip("langchain_core.messages")

names = st.sampled_from(["a", "b", "c", "long_name"])
words = st.text(string.printable, max_size=8)
values = st.fixed_dictionaries(
    {name: words | st.integers() | st.none() for name in ("a", "b", "c", "long_name")}
)
fields = st.builds(
    "{{{}{}{}}}".format, names, st.sampled_from(["", "!r", "!s"]), st.sampled_from(["", ":>3"])
)
f_strings = st.lists(words.map(escape_f_string) | fields.filter(lambda f: ":" not in f or "!" in f))
f_strings = f_strings.map("".join)

tag_free = st.text(" \nxyz}<&\"'", max_size=6)
# No zeros: a name that goes into one gives nothing here, as the format says, and "0" there.
leaves = words.filter(bool) | st.integers(1, 9) | st.none() | st.just("")
records = st.dictionaries(names, leaves, min_size=1, max_size=3)
mustache_data = st.fixed_dictionaries(
    {}, optional={n: leaves | records | st.lists(records, max_size=3) for n in ("a", "b", "c")}
)
variables = st.builds(
    lambda form, name: form.format(name),
    st.sampled_from(["{{{{{}}}}}", "{{{{{{{}}}}}}}", "{{{{& {} }}}}", "{{{{ {} }}}}"]),
    st.sampled_from(["a", "b", "c", "a.b", "b.a", "c.c"]),
)
mustache_templates = st.recursive(
    tag_free | variables | st.just("{{! note }}"),
    lambda inner: st.builds(
        lambda sign, name, body: f"{{{{{sign}{name}}}}}{''.join(body)}{{{{/{name}}}}}",
        st.sampled_from("#^"),
        st.sampled_from("abc"),
        st.lists(inner, max_size=4),
    ),
    max_leaves=8,
)


def has_inverted_section_in_its_section(template):
    """Tell of `{{#a}}{{^a}}{{/a}}{{/a}}`, where langchain-core takes the first end for the last."""
    opened = []
    for sign, name in re.findall(r"{{([#^/])([abc])}}", template):
        if sign == "/":
            opened.pop()
        elif sign == "^" and ("#", name) in opened:
            return True
        else:
            opened.append((sign, name))
    return False


mustache_texts = st.lists(mustache_templates, max_size=5).map("".join)
mustache_texts = mustache_texts.filter(lambda t: not has_inverted_section_in_its_section(t))


def same_as_dicts(mine, their_list):
    """Compare messages by what they say, as what."""
    dumped = their_messages.messages_to_dict(their_list)
    assert [(m["type"], m["data"]["content"]) for m in messages_to_dict(mine)] == [
        (m["type"], m["data"]["content"]) for m in dumped
    ]


@given(f_strings, values)
def test_f_strings(template, data):
    """f-string templates have the same variables and give the same text."""
    mine, other = (lib.PromptTemplate.from_template(template) for lib in (ours, theirs))
    assert mine.input_variables == other.input_variables
    assert mine.invoke(data).to_string() == other.invoke(data).to_string()


@given(mustache_texts, mustache_data)
def test_mustache(template, data):
    """Mustache templates have the same variables and give the same text."""
    mine, other = (
        lib.PromptTemplate.from_template(template, template_format="mustache")
        for lib in (ours, theirs)
    )
    assert mine.input_variables == other.input_variables
    assert mine.format(**data) == other.format(**data)


@given(values)
def test_jinja2(data):
    """jinja2 templates give the same text."""
    pytest.importorskip("jinja2")
    template = "{% if a %}{{ a }}{% else %}-{% endif %}{{ b|string|upper }}\n{{ c }}\n"
    mine, other = (
        lib.PromptTemplate.from_template(template, template_format="jinja2")
        for lib in (ours, theirs)
    )
    assert mine.input_variables == other.input_variables
    assert mine.format(**data) == other.format(**data)


roles = st.sampled_from(["human", "user", "ai", "assistant", "system"])
entries = st.one_of(
    f_strings,
    st.tuples(roles, f_strings),
    st.tuples(roles, st.lists(f_strings | f_strings.map(lambda t: {"text": t}), max_size=2)),
    st.tuples(roles, st.lists(f_strings.map(lambda t: {"type": "x", "deep": {"t": [t]}}))),
    st.tuples(st.just("placeholder"), st.sampled_from(["{past}", ["{past}", False]])),
    st.builds(lambda role, text: {"role": role, "content": text}, roles, f_strings),
)


@given(st.lists(entries, max_size=5), values, st.lists(st.tuples(roles, words), max_size=3))
def test_chat_prompts(messages, data, past):
    """Chat prompts have the same variables and give the same messages."""
    mine, other = (lib.ChatPromptTemplate.from_messages(messages) for lib in (ours, theirs))
    assert mine.input_variables == other.input_variables
    assert mine.optional_variables == other.optional_variables
    given_values = {**data, "past": past}
    same_as_dicts(mine.invoke(given_values).to_messages(), other.invoke(given_values).to_messages())


@given(st.lists(entries, max_size=3), st.lists(entries, max_size=3), values)
def test_sums_partials_and_slices(left, right, data):
    """Sums, partials and slices of chat prompts give the same messages."""

    def made(lib):
        both = lib.ChatPromptTemplate.from_messages(left) + lib.ChatPromptTemplate.from_messages(
            right
        )
        return both.partial(a="A", past=[("ai", "p")])

    mine, other = made(ours), made(theirs)
    assert set(mine.input_variables) == set(other.input_variables)
    same_as_dicts(mine.invoke(data).to_messages(), other.invoke(data).to_messages())
    assert len(mine[1:]) == len(other[1:])


@given(st.lists(st.fixed_dictionaries({"a": words, "b": words}), max_size=3), words)
def test_few_shot_prompts(examples, question):
    """Few-shot prompts of examples without braces give the same text and messages."""
    examples = [
        {k: v.replace("{", "").replace("}", "") for k, v in example.items()} for example in examples
    ]

    def made(lib):
        text = lib.FewShotPromptTemplate(
            examples=examples,
            example_prompt=lib.PromptTemplate.from_template("{a}={b}"),
            prefix="{{p}}",
            suffix="{c}",
        )
        chat = lib.FewShotChatMessagePromptTemplate(
            examples=examples,
            example_prompt=lib.ChatPromptTemplate.from_messages([("human", "{a}"), ("ai", "{b}")]),
        )
        return text, lib.ChatPromptTemplate.from_messages([chat, "{c}"])

    (text, chat), (their_text, their_chat) = made(ours), made(theirs)
    assert text.invoke(question).to_string() == their_text.invoke(question).to_string()
    same_as_dicts(chat.invoke(question).to_messages(), their_chat.invoke(question).to_messages())


def test_descriptions_name_the_same_classes():
    """The descriptions of both libraries have the same ids and arguments."""

    def described(lib):
        return lib.ChatPromptTemplate.from_messages(
            [("system", "{a}"), ("placeholder", "{p}"), ("ai", ["{b}"])]
        )._serialized

    assert described(ours) == described(theirs)


def test_pretty_reprs_are_the_same():
    """Prompts are shown to people in the same way."""

    def shown(lib, *, html):
        return lib.ChatPromptTemplate.from_messages(
            [("system", "{a}"), ("placeholder", "{p}"), ("ai", ["{b}", "x"])]
        ).pretty_repr(html=html)

    assert shown(ours, html=False) == shown(theirs, html=False)
    assert shown(ours, html=True) == shown(theirs, html=True)
