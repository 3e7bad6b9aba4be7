"""Mustache templates: what they accept, what they refuse, and how they are filled."""

import pytest
from hypothesis import given, strategies as st

from ferrule.prompts.mustache_schema import mustache_schema
from ferrule.prompts.template_mustache import parse_mustache


def fill(template, /, **values):
    return parse_mustache(template)[1](values)


class Opaque:
    inside = "leak"

    def __str__(self):
        return "opaque"


@pytest.mark.parametrize(
    ("template", "values", "filled"),
    [
        ("Hi {{ name }}!", {"name": "Ada"}, "Hi Ada!"),
        ("{{x}} {{{x}}} {{&x}}", {"x": "<&\">'"}, "&lt;&amp;&quot;&gt;' <&\">' <&\">'"),
        ("{{a.b.0.c}}", {"a": {"b": [{"c": 1}]}}, "1"),
        ("{{a.b}}|{{gone}}", {"a": {}}, "|"),
        ("{{x}}{{y}}{{z}}{{n}}", {"x": None, "y": 0, "z": False, "n": []}, "0False"),
        ("{{#s}}{{a}},{{/s}}", {"s": [{"a": 1}, {"a": 2}]}, "1,2,"),
        ("{{#s}}{{.}},{{/s}}", {"s": ["x", 0, ""]}, "x,0,,"),
        ("{{#s}}{{a}}{{b}}{{/s}}", {"s": {"a": 1}, "b": 2}, "12"),
        ("{{#s}}yes{{/s}}{{^s}}no{{/s}}", {"s": True}, "yes"),
        ("{{#s}}yes{{/s}}{{^s}}no{{/s}}", {"s": []}, "no"),
        ("{{#s}}yes{{/s}}{{^s}}no{{/s}}", {}, "no"),
        ("{{#a}}{{#a}}x{{/a}}{{/a}}", {"a": [1, 2]}, "xxxx"),
        ("{{#a.b}}x{{/a.b}}", {"a": {"b": 1}}, "x"),
        ("{{#s}}{{.}}{{/s}}", {"s": iter("ab")}, "ab"),
        ("a {{! a\ncomment }}b", {}, "a b"),
        ("{{=<% %>=}}<% x %> {{x}}<%={{ }}=%>{{x}}", {"x": 1}, "1 {{x}}1"),
        ("{{#f}}a{{x}}{{/f}}", {"f": lambda text, render: render(text).upper(), "x": "b"}, "AB"),
        ('{"a": {{x}}}', {"x": 1}, '{"a": 1}'),
        ("no tags }}", {}, "no tags }}"),
    ],
)
def test_fills_as_the_format_says(template, values, filled):
    """Variables, escaping, sections, inverted sections, comments, delimiters and functions."""
    assert fill(template, **values) == filled


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{{#s}}\n  a{{.}}\n{{/s}}\nend", "  a1\n  a2\nend"),
        ("  {{! c }}  \nx", "x"),
        ("x {{! c }}\ny", "x \ny"),
        ("{{#s}}{{.}}{{/s}}\nx", "12\nx"),
        ("{{#s}}\r\n-\r\n{{/s}}\r\n", "-\r\n-\r\n"),
        ("a\n{{^s}}b{{/s}}\nc", "a\n\nc"),
        ("{{#s}}\n{{/s}}", ""),
    ],
)
def test_a_tag_alone_on_its_line_takes_the_line_away(template, filled):
    """Sections and comments that stand alone leave no empty line."""
    assert fill(template, s=[1, 2]) == filled


def test_names_reach_into_data_only():
    """A dotted name never reads an attribute of an object."""
    assert fill("{{x.inside}}{{x.__class__}}[{{x}}]", x=Opaque()) == "[opaque]"
    assert fill("{{#x}}{{inside}}{{/x}}", x=Opaque()) == ""


def test_a_mapping_that_makes_its_values_is_asked():
    """A name looks a mapping's value up as indexing does."""

    class Squares(dict):
        def __missing__(self, key):
            return int(key) ** 2

    assert fill("{{s.4}}", s=Squares()) == "16"


@pytest.mark.parametrize(
    ("template", "what"),
    [
        ("{{#s}}x", "opens the section 's', which is never closed (line 1)"),
        ("a\n{{/s}}", "closes the section 's', which is not open (line 2)"),
        ("{{#a}}\n{{#b}}\n{{/a}}", "'a' while 'b' of line 2 is open (line 3)"),
        ("x {{y", "opens a tag that is never closed with '}}' (line 1)"),
        ("{{{y}}", "never closed with '}}}'"),
        ("{{ }}", "a tag without a name"),
        ("{{> header}}", "the partial 'header', and partials are not supported"),
        ("{{=<%=}}", "sets the delimiters to '<%'"),
    ],
)
def test_refuses_malformed_templates(template, what):
    """A malformed template is refused with itself, the tag and the line."""
    with pytest.raises(ValueError, match="mustache template") as caught:
        parse_mustache(template)
    assert what in str(caught.value)
    assert repr(template) in str(caught.value)


def test_variables_are_the_top_level_names():
    """The variables are the first parts of the names outside of sections."""
    template = "{{a.b}} {{#s}}{{inner}}{{/s}} {{^t}}{{/t}} {{{raw}}} {{.}}"
    assert parse_mustache(template)[0] == {"a", "s", "t", "raw"}


def test_the_schema_nests_as_the_names_do():
    """Names inside names become models, and no field is required."""
    schema = mustache_schema("{{user.name}}{{#user}}{{age}}{{/user}}{{#flag}}x{{/flag}}{{y}}")
    value = schema.model_validate({"user": {"name": "Ada", "age": "36"}, "flag": [1]})
    assert value.model_dump() == {"user": {"name": "Ada", "age": "36"}, "flag": [1], "y": None}
    assert schema().model_dump() == {"user": None, "flag": None, "y": None}


@given(st.text().filter(lambda text: "{{" not in text))
def test_text_without_tags_stands_for_itself(text):
    """A template without tags gives itself."""
    assert fill(text) == text


@given(st.text())
def test_an_unescaped_value_comes_out_as_it_is(text):
    """`{{{x}}}` inserts any text unchanged, whatever it looks like."""
    assert fill("<{{{x}}}>", x=text) == f"<{text}>"
