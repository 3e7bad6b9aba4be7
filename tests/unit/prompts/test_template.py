"""The three formats behind one door, and jinja2 as an optional package."""

import importlib.util
import sys
import warnings

import pytest

from ferrule.prompts import (
    PromptTemplate,
    check_valid_template,
    get_template_variables,
    jinja2_formatter,
    template_jinja2,
    validate_jinja2,
)

needs_jinja2 = pytest.mark.skipif(
    importlib.util.find_spec("jinja2") is None, reason="jinja2 is not installed"
)


@pytest.mark.parametrize(
    ("template", "template_format"),
    [
        ("{b} {a} {b}", "f-string"),
        ("{{b}} {{a.c}}", "mustache"),
        pytest.param("{{ b }} {{ a.c }}", "jinja2", marks=needs_jinja2),
    ],
)
def test_lists_the_variables_sorted_and_once(template, template_format):
    """Every format tells its variables."""
    assert get_template_variables(template, template_format) == ["a", "b"]


def test_refuses_an_unknown_format():
    """An unknown format is named, with the known ones."""
    with pytest.raises(ValueError, match=r"'jinja3'.*'f-string', 'mustache', 'jinja2'"):
        get_template_variables("x", "jinja3")


def test_refuses_a_template_that_is_no_string():
    """A template of another type is named."""
    with pytest.raises(TypeError, match=r"string, not list: \['x'\]"):
        get_template_variables(["x"], "f-string")


@pytest.mark.parametrize(
    ("given", "what"),
    [([], r"\['a'\] missing"), (["a", "z"], r"\['z'\] not in the template"), (["z"], "and")],
)
def test_names_missing_and_surplus_variables(given, what):
    """The check names variables that lack and variables that are too many."""
    with pytest.raises(ValueError, match=what):
        check_valid_template("{a}", "f-string", given)


def test_surplus_variables_can_be_allowed():
    """A caller that reads further variables itself can say so."""
    check_valid_template("{a}", "f-string", ["a", "z"], allow_surplus=True)


def test_mustache_cannot_be_compared():
    """The variables of a mustache template depend on the data."""
    with pytest.raises(ValueError, match="depend on the data"):
        check_valid_template("{{a}}", "mustache", ["a"])


@needs_jinja2
def test_jinja2_differences_are_a_warning():
    """For jinja2 a difference of variables is a warning that names them."""
    with pytest.warns(UserWarning, match="missing: a; surplus: z"):
        validate_jinja2("{{ a }}", ["z"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        validate_jinja2("{{ a }}", ["a"])


@needs_jinja2
def test_jinja2_is_sandboxed():
    """A jinja2 template reaches neither the insides of objects nor their state."""
    security_error = importlib.import_module("jinja2.sandbox").SecurityError
    with pytest.raises(security_error):
        jinja2_formatter("{{ ''.__class__.__mro__ }}")
    given = []
    with pytest.raises(security_error):
        jinja2_formatter("{{ x.append(1) }}", x=given)
    assert given == []


@needs_jinja2
@pytest.mark.parametrize("read", [jinja2_formatter, template_jinja2.parse_jinja2])
def test_malformed_jinja2_templates_are_shown(read):
    """The error keeps jinja2's class, line and words, and says which template is meant."""
    syntax_error = importlib.import_module("jinja2").TemplateSyntaxError
    with pytest.raises(syntax_error, match=r"'a\\n\{% if'.*unexpected 'end of template'") as caught:
        read("a\n{% if")
    assert caught.value.lineno == 2


@needs_jinja2
def test_jinja2_prompts():
    """A jinja2 prompt has loops and conditions."""
    prompt = PromptTemplate.from_template(
        "{% for x in xs if x %}{{ x }},{% endfor %}", template_format="jinja2"
    )
    assert prompt.input_variables == ["xs"]
    assert prompt.format(xs=[1, 0, 2]) == "1,2,"


def test_names_the_extra_when_jinja2_is_not_installed(monkeypatch):
    """Without jinja2 its templates are refused with what to install; others work."""
    loaded = [name for name in sys.modules if name.startswith("jinja2.")]
    for name in ("jinja2", *loaded):
        monkeypatch.setitem(sys.modules, name, None)
    template_jinja2._environment.cache_clear()
    with pytest.raises(ImportError, match=r"ferrule\[jinja2\]"):
        PromptTemplate.from_template("{{ unseen_name }}", template_format="jinja2")
    assert PromptTemplate.from_template("{x}").format(x=1) == "1"
    template_jinja2._environment.cache_clear()
