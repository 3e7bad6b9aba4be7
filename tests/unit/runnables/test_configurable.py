from __future__ import annotations

import pytest

from ferrule.runnables import (
    ConfigurableField,
    ConfigurableFieldMultiOption,
    ConfigurableFieldSingleOption,
    RunnableLambda,
    RunnableSerializable,
)
from ferrule.runnables.configurable_specs import (
    ConfigurableFieldSpec,
    get_unique_config_specs,
)

from .conftest import collect


class Greeter(RunnableSerializable[str, str]):
    word: str = "hello"
    marks: list[str] = []

    def invoke(self, input, config=None, **kwargs):
        return self._call_with_config(self._greet, input, config)

    def _greet(self, name):
        return f"{self.word} {name}{''.join(self.marks)}"

    def shout(self, name, config=None):
        return self._greet(name).upper()


def test_the_config_sets_a_field(run):
    """A configurable value replaces the field in every way of running."""
    step = Greeter().configurable_fields(word=ConfigurableField(id="w"))
    config = {"configurable": {"w": "bye"}}
    assert step.invoke("ada") == "hello ada"
    assert step.invoke("ada", config) == "bye ada"
    assert run(step.ainvoke("ada", config)) == "bye ada"
    assert list(step.stream("ada", config)) == ["bye ada"]
    assert run(collect(step.astream("ada", config))) == ["bye ada"]
    assert step.batch(["a", "b"], [config, {}]) == ["bye a", "hello b"]
    assert step.with_config(configurable={"w": "hey"}).invoke("ada") == "hey ada"
    assert step.shout("ada", config) == "BYE ADA"


def test_options_are_chosen_by_name():
    """Options stand for values; an unknown one is named with those that there are."""
    step = Greeter().configurable_fields(
        word=ConfigurableFieldSingleOption(
            id="w", options={"en": "hello", "fr": "salut"}, default="en"
        ),
        marks=ConfigurableFieldMultiOption(
            id="m", options={"loud": "!", "unsure": "?"}, default=["loud"]
        ),
    )
    assert step.invoke("ada") == "hello ada!"
    config = {"configurable": {"w": "fr", "m": ["loud", "unsure"]}}
    assert step.invoke("ada", config) == "salut ada!?"
    with pytest.raises(ValueError, match=r"'de'.*'w'.*'en', 'fr'"):
        step.invoke("ada", {"configurable": {"w": "de"}})


def test_an_unknown_field_is_refused():
    """Making a field configurable that there is not names those that there are."""
    with pytest.raises(ValueError, match=r"'volume'.*word"):
        Greeter().configurable_fields(volume=ConfigurableField(id="v"))


def test_the_config_chooses_an_alternative():
    """Alternatives are chosen by key; factories are called for those that are used."""
    made = []

    def make():
        made.append(1)
        return RunnableLambda(str.upper)

    step = Greeter().configurable_alternatives(
        ConfigurableField(id="how"), default_key="greet", upper=make, size=RunnableLambda(len)
    )
    assert step.invoke("ada") == "hello ada"
    assert step.invoke("ada", {"configurable": {"how": "size"}}) == 3
    assert not made
    assert step.invoke("ada", {"configurable": {"how": "upper"}}) == "ADA"
    with pytest.raises(ValueError, match=r"'no'.*'how'.*'greet'"):
        step.invoke("ada", {"configurable": {"how": "no"}})


def test_what_is_bound_goes_over_the_surrounding_run():
    """Called without a config, bound choices count before those of the run around the call."""
    greeter = Greeter().configurable_fields(word=ConfigurableField(id="w"))
    bound = greeter.with_config(configurable={"w": "bound"})
    tagged = greeter.with_config(tags=["t"])

    def ask(x, step):
        return [step.invoke(x), *step.batch([x]), *step.stream(x)]

    around = {"configurable": {"w": "around"}}
    for step, word in ((greeter, "around"), (tagged, "around"), (bound, "bound")):
        assert RunnableLambda(ask).bind(step=step).invoke("ada", around) == [f"{word} ada"] * 3
    assert (bound | RunnableLambda(str)).invoke("ada", around) == "around ada"


def test_keys_of_alternatives_can_be_prefixed():
    """With prefixes, a value belongs to the alternative that it names."""
    inner = Greeter().configurable_fields(word=ConfigurableField(id="w"))
    step = inner.configurable_alternatives(
        ConfigurableField(id="who"), default_key="greet", prefix_keys=True
    )
    assert step.invoke("ada", {"configurable": {"who==greet/w": "hey"}}) == "hey ada"
    assert [spec.id for spec in step.config_specs] == ["who", "who==greet/w"]


def test_fields_are_configured_by_configurable_fields():
    """Anything else is named with the field it was given for, before any call."""
    with pytest.raises(TypeError, match=r"configures 'word' is a ConfigurableField, but got 'w'"):
        Greeter().configurable_fields(word="w")


def test_specs_tell_type_and_default():
    """What can be configured is listed with its type, default and description."""
    step = Greeter().configurable_fields(word=ConfigurableField(id="w", name="Word"))
    (spec,) = step.config_specs
    assert spec == ConfigurableFieldSpec(id="w", annotation=str, name="Word", default="hello")
    schema = step.get_config_jsonschema()
    assert schema["$defs"]["Configurable"]["properties"]["w"]["default"] == "hello"


def test_the_schema_is_named_after_the_configurable_runnable():
    """It describes the config of what is configured, not that of its default."""
    step = Greeter().configurable_fields(word=ConfigurableField(id="w"))
    assert step.get_config_jsonschema()["title"] == "RunnableConfigurableFieldsConfig"


def test_the_schema_of_prefixed_keys_is_as_full():
    """A key that cannot be the name of a field has its title and default all the same."""
    inner = Greeter().configurable_fields(word=ConfigurableField(id="w", name="Word"))
    step = inner.configurable_alternatives(
        ConfigurableField(id="who"), default_key="greet", prefix_keys=True
    )
    properties = step.get_config_jsonschema()["$defs"]["Configurable"]["properties"]
    assert properties["who==greet/w"] == {"title": "Word", "default": "hello", "type": "string"}


def test_specs_of_a_chain_are_united():
    """A chain lists what its steps list, once; contradictions are named."""
    step = Greeter().configurable_fields(word=ConfigurableField(id="w"))
    assert [spec.id for spec in (step | step).config_specs] == ["w"]
    one = ConfigurableFieldSpec(id="w", annotation=str)
    two = ConfigurableFieldSpec(id="w", annotation=int)
    with pytest.raises(ValueError, match="'w'"):
        get_unique_config_specs([one, two])
