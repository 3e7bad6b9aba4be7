"""f-string templates: what they accept, what they refuse, and how they are filled."""

import string

import pytest
from hypothesis import given, strategies as st

from ferrule.prompts.template_fstring import escape_f_string, parse_f_string

names = st.text(string.ascii_letters + "_", min_size=1, max_size=6)


def fill(template, **values):
    return parse_f_string(template)[1](values)


@pytest.mark.parametrize(
    ("template", "values", "filled"),
    [
        ("Hello {name}!", {"name": "Ada"}, "Hello Ada!"),
        ("{x:.2f}|{x:>6}|{x!r:5}|", {"x": 1.5}, "1.50|   1.5|1.5  |"),
        ("{{{x}}} {{}}", {"x": 1}, "{1} {}"),
        ("{first-name} {größe} {_2}", {"first-name": 1, "größe": 2, "_2": 3}, "1 2 3"),
        ("no variables", {}, "no variables"),
        ("", {}, ""),
        ("{when:%Y-%m}", {"when": __import__("datetime").date(2024, 5, 1)}, "2024-05"),
    ],
)
def test_fills_as_str_format_does(template, values, filled):
    """Specifiers, conversions and doubled braces mean what they mean to `str.format`."""
    assert fill(template, **values) == filled


@pytest.mark.parametrize(
    ("template", "field"),
    [
        ("{x.__class__}", "{x.__class__}"),
        ("{x[0]}", "{x[0]}"),
        ("{x.a.b!r}", "{x.a.b}"),
        ("{x]}", "{x]}"),
        ("a {} b", "without a name"),
        ("{0}", "{0}"),
        ("{x:{width}}", "{x:{width}}"),
        ("{x!z}", "'z'"),
        ("{ x}", "{ x}"),
        ("{x y}", "{x y}"),
        ("{2nd}", "{2nd}"),
        ("{a,b}", "{a,b}"),
        ("{f(x)}", "{f(x)}"),
        ("{*a}", "{*a}"),
        ('{"key": 1}', '{"key"}'),
        ("{\n  x: 1}", "{\n  x}"),
    ],
)
def test_refuses_all_but_plain_names(template, field):
    """A field that is no plain name is refused; the error shows the template and the field."""
    with pytest.raises(ValueError, match="template") as caught:
        parse_f_string(template)
    assert repr(template) in str(caught.value)
    assert field in str(caught.value)


@pytest.mark.parametrize(
    ("template", "position", "what"),
    [
        ("a {x", 2, "never closed"),
        ("a x}", 3, "never opened"),
        ("{{x}", 3, "never opened"),
        ("{x}}", 3, "never opened"),
        ("{", 0, "never closed"),
        ("ok {x} {y {z}", 7, "never closed"),
    ],
)
def test_names_the_position_of_a_lone_brace(template, position, what):
    """A brace without partner is refused with its position."""
    with pytest.raises(ValueError, match=what) as caught:
        parse_f_string(template)
    assert f"position {position} " in str(caught.value)


def test_long_templates_are_cut_in_errors():
    """An error shows the beginning of a long template, not all of it."""
    with pytest.raises(ValueError, match="position 5000") as caught:
        parse_f_string("x" * 5000 + "}")
    assert len(str(caught.value)) < 400


def test_a_missing_variable_is_a_key_error():
    """Filling without a value for a variable raises KeyError with its name."""
    with pytest.raises(KeyError, match="'x'"):
        fill("{x}")


@given(st.text())
def test_escaped_text_stands_for_itself(text):
    """Any text, escaped, is a template without variables that gives the text back."""
    variables, render = parse_f_string(escape_f_string(text))
    assert not variables
    assert render({}) == text


@given(st.lists(st.one_of(st.text().map(escape_f_string), names.map("{{{}}}".format))), st.data())
def test_equals_str_format_for_plain_templates(parts, data):
    """A template of text and plain fields is filled as `str.format` fills it."""
    template = "".join(parts)
    variables, render = parse_f_string(template)
    values = {name: data.draw(st.text() | st.integers() | st.none()) for name in variables}
    assert render(values) == template.format(**values)


@given(st.text("{}x.[]!:0 ", max_size=12))
def test_never_lets_a_value_be_looked_into(template):
    """Whatever the template, it is refused or shows nothing of a value but its own text."""

    class Guarded:
        x = "leak"

        def __getitem__(self, key):
            return "leak"

        def __format__(self, spec):
            return "ok"

        def __str__(self):
            return "ok"

        __repr__ = __str__

    try:
        variables, render = parse_f_string(template)
    except ValueError:
        return
    assert "leak" not in render(dict.fromkeys(variables, Guarded()))
