"""Objects as plain data, and back."""

from __future__ import annotations

import importlib
import inspect
import json
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from ferrule.agents import AgentFinish
from ferrule.documents import Document
from ferrule.load import Serializable, dumpd, dumps, load, loads
from ferrule.load.catalog import find
from ferrule.load.dump import default
from ferrule.load.load import Reviver
from ferrule.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from ferrule.output_parsers import StrOutputParser
from ferrule.outputs import ChatGeneration, Generation
from ferrule.prompts import ChatPromptTemplate, MessagesPlaceholder, PromptTemplate
from ferrule.runnables import (
    RouterRunnable,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
    RunnablePick,
    RunnableSequence,
)
from tests.meta import sources


class Service(Serializable):
    name: str
    key: SecretStr | None = None
    options: dict[str, Any] = {}
    parts: list[Any] = []

    @classmethod
    def is_lc_serializable(cls):
        return True

    @property
    def lc_secrets(self):
        return {"key": "SERVICE_KEY", "options.token": "SERVICE_TOKEN"}


class Person(BaseModel):
    name: str


OBJECTS = [
    HumanMessage("hi", name="ada", id="1"),
    AIMessage("", tool_calls=[{"name": "f", "args": {"x": [1, None]}, "id": "c"}]),
    AIMessageChunk("part"),
    ToolMessage("out", tool_call_id="c", status="error"),
    Document(page_content="text", metadata={"page": 1}),
    Generation(text="a"),
    ChatGeneration(message=AIMessage("b")),
    AgentFinish({"output": 1}, "log"),
    PromptTemplate.from_template("{a} {b}", partial_variables={"b": "x"}),
    ChatPromptTemplate.from_messages(
        [("system", "Be {mood}."), MessagesPlaceholder("history", optional=True), ("human", "{q}")]
    ),
    StrOutputParser(),
]


@pytest.mark.parametrize("thing", OBJECTS, ids=lambda thing: type(thing).__name__)
def test_round_trip(thing):
    """What was dumped is loaded as an equal object of the same class, alone and in containers."""
    assert loads(dumps(thing)) == thing
    assert load(dumpd({"a": [thing, (1, "x")]})) == {"a": [thing, [1, "x"]]}


PROMPT = PromptTemplate.from_template("{a}")
CHAINS = [
    PROMPT | StrOutputParser(),
    PROMPT | RunnablePassthrough() | StrOutputParser(),
    RunnableParallel(x=PROMPT, y=RunnablePick(["a"])),
    RunnablePassthrough.assign(x=PROMPT),
    PROMPT.map(),
    PROMPT.bind(stop=["."]).with_config(tags=["t"], run_name="n"),
    RouterRunnable({"a": PROMPT}),
]


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: type(chain).__name__)
def test_runnables_made_of_others(chain):
    """A chain comes back with its parts; allowed by its class or as one of ferrule's own."""
    told = dumpd(chain)
    back = load(told)
    assert type(back) is type(chain)
    assert repr(back) == repr(chain)
    assert back.get_name() == chain.get_name()
    classes = (type(chain), PromptTemplate, RunnablePassthrough, RunnablePick, RunnableParallel)
    assert dumpd(load(told, allowed_objects=[*classes, StrOutputParser])) == told
    with pytest.raises(ValueError, match="may not be loaded"):
        load(told, allowed_objects="messages")


def test_chains_of_langchain_core_are_read():
    """A chain that langchain-core dumped is loaded as the same chain of ferrule."""
    theirs = pytest.importorskip("langchain_core.load")
    runnables = importlib.import_module("langchain_core.runnables")
    prompts = importlib.import_module("langchain_core.prompts")
    chain = runnables.RunnablePassthrough.assign(
        x=prompts.PromptTemplate.from_template("{a}").bind(stop=["."])
        | runnables.RunnablePick("text")
    )
    back = loads(theirs.dumps(chain))
    assert repr(back) == repr(
        RunnablePassthrough.assign(x=PROMPT.bind(stop=["."]) | RunnablePick("text"))
    )


@pytest.mark.filterwarnings("ignore:The function")  # they are in beta there
@pytest.mark.parametrize("thing", [*OBJECTS, *CHAINS], ids=lambda thing: type(thing).__name__)
def test_langchain_core_reads_it(thing):
    """What was dumped here is loaded there, and what that dumps is loaded here as it was."""
    theirs = pytest.importorskip("langchain_core.load")
    read = theirs.loads(dumps(thing), allowed_objects="core")
    assert type(read).__module__.startswith("langchain_core.")
    assert repr(loads(theirs.dumps(read))) == repr(thing)


def test_functions_in_chains_are_named_only():
    """A chain with a function of the program cannot be built elsewhere, and says so."""
    for chain in (PROMPT | len, RunnablePassthrough(len)):
        with pytest.raises(NotImplementedError, match="len"):
            load(dumpd(chain))


class Own(RunnableSequence):
    """Takes what it likes."""


def test_subclasses_speak_for_themselves():
    """A subclass may have another constructor: it is not described as its base."""
    assert dumpd(Own(PROMPT, StrOutputParser()))["type"] == "not_implemented"


def test_text():
    """Text is JSON, on one line or indented."""
    assert dumps({"a": (1, None)}) == '{"a": [1, null]}'
    assert dumps([1], pretty=True) == "[\n  1\n]"
    assert dumps([1], pretty=True, indent=1) == "[\n 1\n]"
    with pytest.raises(ValueError, match="default"):
        dumps([], default=str)


def test_objects_that_are_only_named():
    """What has no description is named, and cannot be loaded unless that is ignored."""
    named = dumpd({"step": RunnableLambda(abs), "keys": {(1, 2): 3}})
    assert named["step"]["type"] == named["keys"]["type"] == "not_implemented"
    with pytest.raises(NotImplementedError, match="RunnableLambda"):
        load(named)
    assert load(named, ignore_unserializable_fields=True) == {"step": None, "keys": None}
    assert json.loads(json.dumps([abs, HumanMessage("a")], default=default))[1]["lc"] == 1


def test_secrets_come_from_the_map_or_the_environment(monkeypatch):
    """A secret is never dumped; it is loaded from what the caller allows, else it is None."""
    text = dumps(Service(name="s", key=SecretStr("k"), options={"token": "t", "n": 1}))
    assert '"k"' not in text
    assert '"t"' not in text
    monkeypatch.setenv("SERVICE_KEY", "env")
    monkeypatch.delenv("SERVICE_TOKEN", raising=False)

    def loaded(**settings):
        service = loads(text, allowed_objects=[Service], **settings)
        return service.key and service.key.get_secret_value(), service.options["token"]

    assert loaded() == (None, None)
    assert loaded(secrets_from_env=True) == ("env", None)
    assert loaded(secrets_map={"SERVICE_KEY": "map"}, secrets_from_env=True) == ("map", None)
    assert loaded(secrets_map={"SERVICE_TOKEN": "t"}) == (None, "t")


LOOK_ALIKES = [
    {"lc": 1, "type": "secret", "id": ["SERVICE_KEY"]},
    {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "HumanMessage"]},
    {"__lc_escaped__": {"lc": 1, "type": "secret", "id": ["SERVICE_KEY"]}},
    {"lc": 2, "inner": [{"lc": 1, "type": "not_implemented", "id": ["x"]}]},
]


@pytest.mark.parametrize("data", LOOK_ALIKES)
def test_data_that_looks_like_a_description_stays_data(monkeypatch, data):
    """Wherever a user's dictionary stands, it comes back as it was and nothing is built of it."""
    monkeypatch.setenv("SERVICE_KEY", "leaked")
    for thing in (
        data,
        [{"deep": data}],
        HumanMessage("hi", additional_kwargs={"data": data}),
        Service(name="s", options={"token": data, "n": data}, parts=[data]),
        Service(name="s", options=data),
    ):
        back = load(dumpd(thing), secrets_from_env=True, allowed_objects=[HumanMessage, Service])
        if isinstance(thing, Service) and "token" in thing.options:
            # This place belongs to a secret, which is not set here.
            assert back == thing.model_copy(update={"options": {"token": None, "n": data}})
        else:
            assert back == thing


def test_models_in_answers_are_dumped_as_data():
    """What a provider's library parsed is kept as plain data."""
    answer = AIMessage("", additional_kwargs={"parsed": Person(name="ada")})
    back = loads(dumps(ChatGeneration(message=answer)))
    assert back.message.additional_kwargs == {"parsed": {"name": "ada"}}


def test_only_allowed_classes_are_built():
    """By default ferrule's own; a list allows just what it holds, a name just its part."""
    message, prompt, own = map(
        dumpd, (HumanMessage("a"), PromptTemplate.from_template("a"), Service(name="s"))
    )
    assert load(own, allowed_objects=[Service]) == Service(name="s")
    for data, allowed in (
        (own, None),
        (own, "all"),
        (prompt, "messages"),
        (prompt, [HumanMessage]),
        (message, []),
    ):
        with pytest.raises(ValueError, match="may not be loaded"):
            load(data, allowed_objects=allowed)
    with pytest.raises(ValueError, match="'cores'"):
        load(message, allowed_objects="cores")
    with pytest.raises(TypeError, match="can be dumped"):
        load(message, allowed_objects=[int])


def test_modules_are_not_importable_by_text():
    """A path that names something else than a known class builds nothing."""
    for path in (["os", "system"], ["ferrule", "messages", "base", "BaseMessage"], ["ferrule"]):
        with pytest.raises(ValueError, match="may not be loaded"):
            load({"lc": 1, "type": "constructor", "id": path, "kwargs": {}}, allowed_objects="all")


def test_former_paths():
    """Descriptions of other versions of langchain-core, and of its twin in JavaScript, are read."""
    for path in (
        "langchain.schema.HumanMessage",
        "langchain_core.messages.HumanMessage",
        "langchain_core.messages.human.HumanMessage",
    ):
        data = {"lc": 1, "type": "constructor", "id": path.split("."), "kwargs": {"content": "a"}}
        assert load(data, allowed_objects=[HumanMessage]) == HumanMessage("a")
        assert load(data, allowed_objects="messages") == HumanMessage("a")


def test_additional_paths():
    """A path can be mapped to a class, which an explicit list must allow as well."""
    data = {"lc": 1, "type": "constructor", "id": ["old", "Hi"], "kwargs": {"content": "a"}}
    mapping = {("old", "Hi"): ("ferrule", "messages", "human", "HumanMessage")}
    assert load(data, additional_import_mappings=mapping) == HumanMessage("a")
    assert load(data, additional_import_mappings=mapping, allowed_objects=[HumanMessage])
    with pytest.raises(ValueError, match="old.Hi"):
        load(data, additional_import_mappings=mapping, allowed_objects=[AIMessage])
    with pytest.raises(TypeError, match="path"):
        load(data, additional_import_mappings={("old", "Hi"): ("os", "path")})


def test_templates_that_are_programs():
    """A jinja2 template is refused unless the caller takes the check away."""
    data = dumpd(PromptTemplate.from_template("{a}"))
    data["kwargs"]["template_format"] = "jinja2"
    with pytest.raises(ValueError, match="jinja2"):
        load(data)
    seen = []
    data["kwargs"]["template_format"] = "f-string"
    load(data, init_validator=lambda path, kwargs: seen.append((path[-1], kwargs["template"])))
    assert seen == [("PromptTemplate", "{a}")]


def test_reviver_is_a_hook_for_json():
    """A reviver builds single dictionaries, as an `object_hook`, and hands others back."""
    text = dumps({"m": HumanMessage("a"), "n": 1})
    assert json.loads(text, object_hook=Reviver("messages")) == {"m": HumanMessage("a"), "n": 1}
    assert Reviver()({"lc": 1, "type": "unheard of", "id": ["x"]})["type"] == "unheard of"


def serializable_classes():
    """List the public classes of ferrule that can be built and say that they may be."""
    for module in set(sources.modules()) - {"ferrule.__main__"}:  # which runs the demo
        if all(map(importlib.util.find_spec, sources.optional_dependencies(module))):
            importlib.import_module(module)
    found, waiting = [], [Serializable]
    while waiting:
        waiting += (derived := waiting.pop().__subclasses__())
        found += derived
    return {
        cls
        for cls in found
        if cls.__module__.startswith("ferrule.")
        and not cls.__pydantic_generic_metadata__["args"]
        and not cls.__name__.startswith(("_", "Base"))
        and not inspect.isabstract(cls)
        and cls.is_lc_serializable()
    }


def test_every_class_that_is_dumped_can_be_loaded():
    """The catalogue has the path of every class that describes its arguments."""
    classes = serializable_classes()
    assert {cls for cls in classes if find(tuple(cls.lc_id())) is not cls} == set()
    assert len(classes) > 30


def test_paths_of_langchain_core():
    """Every path that langchain-core reads, of a class that ferrule has, leads to it."""
    loading = pytest.importorskip("langchain_core.load.mapping")
    named = {**loading.SERIALIZABLE_MAPPING, **loading.OLD_CORE_NAMESPACES_MAPPING}
    known = {cls.__name__: cls for cls in {*serializable_classes(), *map(type, CHAINS)}}
    wanted = {
        path: known[target[-1]]
        for path, target in named.items()
        if target[0] == "langchain_core" and target[-1] in known
    }
    assert {path: find(path) for path in wanted} == wanted
    assert len(wanted) > 60
