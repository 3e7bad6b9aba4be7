"""`PromptTemplate`, and what all prompt templates share."""

import asyncio
import pickle
from collections import UserDict

import pytest
from pydantic import ValidationError

from ferrule.callbacks import BaseCallbackHandler
from ferrule.load import dumpd
from ferrule.prompt_values import StringPromptValue
from ferrule.prompts import PromptTemplate, StringPromptTemplate


class Recorder(BaseCallbackHandler):
    def __init__(self):
        self.events = []

    def on_chain_start(self, serialized, inputs, **kwargs):
        self.events.append(("start", serialized, inputs, kwargs))

    def on_chain_end(self, outputs, **kwargs):
        self.events.append(("end", outputs))

    def on_chain_error(self, error, **kwargs):
        self.events.append(("error", error))


def test_takes_a_mapping():
    """A mapping of the variables gives the prompt; surplus values are ignored."""
    prompt = PromptTemplate.from_template("{a}-{b}")
    assert prompt.invoke({"a": 1, "b": 2, "c": 3}) == StringPromptValue(text="1-2")
    assert prompt.invoke(UserDict(a=1, b=2)).to_string() == "1-2"


def test_takes_a_bare_value_for_the_only_variable():
    """With one variable, `invoke` takes its value."""
    assert PromptTemplate.from_template("<{a}>").invoke([1]).to_string() == "<[1]>"


def test_refuses_a_bare_value_for_several_variables():
    """With several variables the input must be a mapping; the error shows both."""
    with pytest.raises(TypeError, match=r"mapping of the variables \['a', 'b'\], not int: 1"):
        PromptTemplate.from_template("{a}{b}").invoke(1)


@pytest.mark.parametrize("call", ["invoke", "format"])
def test_names_missing_variables(call):
    """A missing variable is a KeyError that tells what is needed, given, and how to escape."""
    prompt = PromptTemplate.from_template("{a}{b}")
    with pytest.raises(KeyError) as caught:
        prompt.invoke({"a": 1}) if call == "invoke" else prompt.format(a=1)
    text = caught.value.args[0]
    assert "missing the variables ['b']" in text
    assert "needs ['a', 'b']" in text
    assert "given ['a']" in text
    assert "{{b}}" in text


def test_a_key_error_of_a_value_crosses_untouched():
    """What a value's own formatting raises is not taken for a missing variable."""
    error = KeyError("mine")

    class Moody:
        def __format__(self, spec):
            raise error

    with pytest.raises(KeyError) as caught:
        PromptTemplate.from_template("{a}").invoke({"a": Moody()})
    assert caught.value is error


def test_is_a_run_of_type_prompt():
    """The run's events carry the description, the input, the type, and the prompt value."""
    recorder = Recorder()
    prompt = PromptTemplate.from_template("{a}", tags=["own"], metadata={"own": 1})
    value = prompt.invoke(
        {"a": 1}, {"callbacks": [recorder], "tags": ["call"], "metadata": {"call": 2}}
    )
    (_, serialized, inputs, kwargs), end = recorder.events
    assert serialized["id"] == ["langchain", "prompts", "prompt", "PromptTemplate"]
    assert serialized["name"] == "PromptTemplate"
    assert serialized["kwargs"]["template"] == "{a}"
    assert inputs == {"a": 1}
    assert kwargs["run_type"] == "prompt"
    assert set(kwargs["tags"]) == {"own", "call"}
    assert {"own": 1, "call": 2}.items() <= kwargs["metadata"].items()
    assert end == ("end", value)


@pytest.mark.parametrize("given", [{"b": 1}, 3])
def test_bad_input_is_the_error_of_the_run(given):
    """Missing variables and inputs of the wrong type close the run with the error raised."""
    recorder = Recorder()
    prompt = PromptTemplate.from_template("{a}{b}")
    with pytest.raises((KeyError, TypeError)) as caught:
        prompt.invoke(given, {"callbacks": [recorder]})
    assert [event[0] for event in recorder.events] == ["start", "error"]
    assert recorder.events[1][1] is caught.value


def test_ainvoke_does_the_same():
    """`ainvoke` fills, and reports, as `invoke` does."""
    recorder = Recorder()
    prompt = PromptTemplate.from_template("{a}")
    value = asyncio.run(prompt.ainvoke({"a": 1}, {"callbacks": [recorder]}))
    assert value == StringPromptValue(text="1")
    assert [event[0] for event in recorder.events] == ["start", "end"]


def test_the_description_is_made_once():
    """The start events of one template share one description; a changed copy has its own."""
    prompt = PromptTemplate.from_template("{a}")
    assert prompt._serialized is prompt._serialized
    changed = prompt.model_copy(update={"template": "{b}"})
    assert changed._serialized["kwargs"]["template"] == "{b}"


def test_a_changed_template_is_the_one_that_is_filled():
    """Nothing remembered of a template outlives a change of it."""
    prompt = PromptTemplate.from_template("{a}")
    assert prompt.format(a=1) == "1"
    prompt.template = "<{a}>"
    assert prompt.format(a=1) == "<1>"


def test_partials():
    """Partial values are filled in, callables at each use, and later values win."""
    count = iter(range(9))
    prompt = PromptTemplate.from_template("{a}{b}{c}").partial(a="x", b=lambda: next(count))
    assert prompt.input_variables == ["c"]
    assert [prompt.invoke("z").to_string() for _ in range(2)] == ["x0z", "x1z"]
    assert prompt.format(a="A", b="B", c="C") == "ABC"
    assert next(count) == 2


def test_partials_at_construction():
    """`partial_variables` are no input variables."""
    prompt = PromptTemplate.from_template("{a}{b}", partial_variables={"a": 1})
    assert prompt.input_variables == ["b"]
    assert PromptTemplate(template="{a}{b}", partial_variables={"a": 1}) == prompt


def test_variables_are_read_from_the_template():
    """The variables are the template's own, whatever is listed."""
    assert PromptTemplate(template="{a}", input_variables=["z"]).input_variables == ["a"]


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"input_variables": ["z"]}, "not in the template"),
        ({"input_variables": []}, "missing"),
        ({}, "pass them as well"),
        ({"input_variables": [], "template_format": "mustache"}, "depend on the data"),
    ],
)
def test_validation_compares_the_listed_variables(fields, what):
    """With `validate_template` a difference of variables is refused."""
    with pytest.raises(ValueError, match=what):
        PromptTemplate(template="{a}", validate_template=True, **fields)


def test_the_constructor_refuses_what_from_template_refuses():
    """A malformed template is refused by either way of building it."""
    for build in (PromptTemplate.from_template, lambda text: PromptTemplate(template=text)):
        with pytest.raises(ValueError, match=r"\{x.__class__\}"):
            build("{x.__class__}")
    with pytest.raises(ValidationError):
        PromptTemplate(template=3)


@pytest.mark.parametrize("fields", [{"template": "{stop}"}, {"template": "{a}{stop}"}])
def test_stop_is_no_variable(fields):
    """The name of a model's argument cannot be a variable."""
    with pytest.raises(ValueError, match="rename the variable"):
        PromptTemplate(**fields)


def test_adds_templates_and_text():
    """`+` joins templates and text, on either side, and keeps partials."""
    left = PromptTemplate.from_template("{a}", partial_variables={"a": 1})
    both = "<" + left + "{b}" + PromptTemplate.from_template("{c}>")
    assert both.template == "<{a}{b}{c}>"
    assert both.input_variables == ["b", "c"]
    assert both.format(b=2, c=3) == "<123>"


def test_refuses_to_add_what_does_not_fit():
    """Other formats, a variable given twice, and other objects are refused."""
    prompt = PromptTemplate.from_template("{a}", partial_variables={"a": 1})
    with pytest.raises(ValueError, match="'f-string' and 'mustache'"):
        prompt + PromptTemplate.from_template("{{a}}", template_format="mustache")
    with pytest.raises(ValueError, match=r"\['a'\]"):
        prompt + prompt
    with pytest.raises(TypeError, match=r"'PromptTemplate' and 'int'"):
        prompt + 1


def test_survives_pickle_and_copy():
    """A template that was used is pickled and copied to an equal one."""
    prompt = PromptTemplate.from_template("{a} {b}", partial_variables={"b": 2})
    prompt.invoke({"a": 1})
    restored = pickle.loads(pickle.dumps(prompt))
    for twin in (restored, prompt.model_copy(deep=True)):
        assert twin == prompt
        assert twin.format(a=1) == "1 2"


def test_shows_variables_in_braces():
    """`pretty_repr` shows the text with its variables, coloured if asked."""
    prompt = PromptTemplate.from_template("Hi {name}")
    assert prompt.pretty_repr() == "Hi {name}"
    assert prompt.pretty_repr(html=True) == "Hi \033[33;1m\033[1;3m{name}\033[0m"


def test_pretty_print_prints(capsys):
    """`pretty_print` writes what `pretty_repr` returns."""
    PromptTemplate.from_template("Hi {name}").pretty_print()
    assert capsys.readouterr().out == "Hi {name}\n"


def test_asdict_names_the_kind():
    """`asdict` has the fields and the kind of template, and `dict` is the same."""
    fields = PromptTemplate.from_template("{a}").asdict()
    assert PromptTemplate.from_template("{a}").dict() == fields
    assert fields["_type"] == "prompt"
    assert fields["template"] == "{a}"


def test_input_schema_types_the_variables():
    """Variables are required strings unless `input_types` says otherwise."""
    prompt = PromptTemplate.from_template("{a}{b}", input_types={"b": int})
    properties = prompt.get_input_schema().model_json_schema()["properties"]
    assert [properties[name]["type"] for name in "ab"] == ["string", "integer"]


@pytest.mark.parametrize("template", ["{schema} {_copy}", "{{schema.json}} {{_copy}}"])
def test_variables_may_be_called_like_methods_of_models(template):
    """The input schema has them, and private names, as they are, and nothing warns."""
    prompt = PromptTemplate.from_template(
        template, template_format="mustache" if "{{" in template else "f-string"
    )
    assert set(prompt.get_input_jsonschema()["properties"]) == {"_copy", "schema"}


def test_the_description_tells_the_variables():
    """Readers of descriptions find the list of variables, also when it is empty."""
    told = [dumpd(PromptTemplate.from_template(text))["kwargs"] for text in ("plain", "{a} {b}")]
    assert [kwargs["input_variables"] for kwargs in told] == [[], ["a", "b"]]


def test_reads_a_file(tmp_path):
    """A template can be read from a text file."""
    path = tmp_path / "prompt.txt"
    path.write_text("Grüße {name}", encoding="utf-8")
    assert PromptTemplate.from_file(path, encoding="utf-8").format(name="Ada") == "Grüße Ada"


def test_a_subclass_that_defines_format_is_heard():
    """An overridden `format` is what `invoke` calls, at any depth of subclassing."""

    class Loud(PromptTemplate):
        def format(self, **kwargs):
            return super().format(**kwargs).upper()

    class Louder(Loud):
        pass

    for cls in (Loud, Louder):
        assert cls.from_template("hi {a}").invoke({"a": "x"}).to_string() == "HI X"
        assert type(cls.from_template("{a}")) is cls


def test_a_template_of_your_own():
    """`format` is all that a template for text must define; `aformat` may differ."""

    class Reverse(StringPromptTemplate):
        def format(self, **kwargs):
            return kwargs["text"][::-1]

        async def aformat(self, **kwargs):
            return kwargs["text"] + "?"

    prompt = Reverse(input_variables=["text"])
    assert prompt.invoke("abc").to_string() == "cba"
    assert asyncio.run(prompt.ainvoke("abc")).to_string() == "abc?"
