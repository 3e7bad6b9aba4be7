"""Settings that every hosted chat model has: names, key, address."""

from __future__ import annotations

import asyncio
import importlib
import re
import sys

import pytest
from pydantic import ValidationError

from ferrule.hosted import MissingAPIKeyError
from ferrule.tools import tool

ASKED = "What is 1 + 2?"


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def test_batch(chat):
    """Every input gets its own answer, in both colours."""
    asked = ["What is 1 + 2?", "What is 2 + 2?", "What is 3 + 2?"]
    sums = ["1 + 2 = 3", "2 + 2 = 4", "3 + 2 = 5"]
    model = chat()
    assert [m.content for m in model.batch(asked)] == sums
    assert [m.content for m in asyncio.run(model.abatch(asked))] == sums


def test_key_is_required(provider):
    """Without a key construction fails and says where a key comes from."""
    expected = f"{provider.chat_class} has no API key.* {provider.key_variable}"
    with pytest.raises(MissingAPIKeyError, match=expected):
        provider.make(model=provider.model)


def test_key_and_address_from_the_environment(monkeypatch, server, provider):
    """The key and the address are found where the SDK finds them."""
    monkeypatch.setenv(provider.key_variable, "test")
    monkeypatch.setenv(f"{provider.package.upper()}_BASE_URL", provider.url(server))
    model = provider.make(model=provider.model)
    assert model.invoke(ASKED).content == "1 + 2 = 3"
    model.close()


def test_key_stays_secret(chat, provider):
    """The key is in no representation and no description of the model."""
    model = chat(api_key="very-secret")
    assert "very-secret" not in repr(model) + str(model) + repr(model.to_json())
    assert model.to_json()["kwargs"]["api_key"] == {
        "lc": 1,
        "type": "secret",
        "id": [provider.key_variable],
    }


def test_package_is_required(monkeypatch, provider):
    """Without the SDK construction says what to install; the import alone succeeds."""
    monkeypatch.setitem(sys.modules, provider.package, None)
    assert hasattr(importlib.import_module(f"ferrule.{provider.package}"), provider.chat_class)
    install = re.escape(f"pip install 'ferrule[{provider.package}]'")
    with pytest.raises(ImportError, match=install):
        provider.make(model=provider.model, api_key="test")


def test_unknown_settings_are_refused(chat):
    """A misspelt setting is an error that names it."""
    with pytest.raises(ValidationError, match="temprature"):
        chat(temprature=0)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"tools": 5}, TypeError, r"tools is a list, got 5 \(int\); put a single tool"),
        ({"tools": add}, TypeError, r"tools is a list, got StructuredTool.*put a single tool"),
        ({"tool_choice": 5}, TypeError, r"tool_choice=5 \(int\) chooses no tool: pass the name"),
        ({"tool_choice": {"a": 1}}, ValueError, r"tool_choice=\{'a': 1\} chooses no tool: pass"),
    ],
)
def test_what_binds_no_tools_is_refused(chat, arguments, error, message):
    """A single tool, and a choice in no form, are errors that name the value."""
    with pytest.raises(error, match=message):
        chat().bind_tools(**{"tools": [add], **arguments})


def test_model_name_is_another_name(provider):
    """`model_name` is accepted and readable."""
    model = provider.make(model_name="other", api_key="test")
    assert (model.model, model.model_name) == ("other", "other")


def test_settings_without_names_of_the_sdk_reach_the_service(chat, server):
    """Headers go with every request, and what the SDK takes by no name is sent all the same."""
    chat(default_headers={"x-team": "blue"}).invoke(ASKED, extra_body={"metadata": {"a": "b"}})
    assert server.requests[-1].headers["x-team"] == "blue"
    assert server.bodies[-1]["metadata"] == {"a": "b"}
