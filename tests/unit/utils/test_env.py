"""Values from the environment."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from ferrule.utils.env import (
    convert_to_secret_str,
    env_var_is_set,
    from_env,
    get_from_dict_or_env,
    get_from_env,
    secret_from_env,
)


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Set the variables that the tests read."""
    monkeypatch.setenv("FILLED", "value")
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.delenv("ABSENT", raising=False)


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("yes", True), ("", False), ("0", False), ("false", False)]
)
def test_switches(monkeypatch, value, expected):
    """A variable says yes unless it is empty, 0 or false."""
    monkeypatch.setenv("SWITCH", value)
    assert env_var_is_set("SWITCH") is expected
    assert env_var_is_set("ABSENT") is False


def test_get_from_env():
    """The variable counts, then the default; an empty variable is none."""
    assert get_from_env("key", "FILLED", "other") == "value"
    assert get_from_env("key", "EMPTY", "other") == "other"
    assert get_from_env("key", "ABSENT", "") == ""
    with pytest.raises(ValueError, match="'key'.*EMPTY"):
        get_from_env("key", "EMPTY")


def test_get_from_dict_or_env():
    """What the data holds under one of the keys counts before the environment."""
    assert get_from_dict_or_env({"a": "", "b": 3}, ["a", "b"], "FILLED") == "3"
    assert get_from_dict_or_env({"a": None}, "a", "FILLED") == "value"
    with pytest.raises(ValueError, match="'a'.*ABSENT"):
        get_from_dict_or_env({}, ("a", "b"), "ABSENT")


def test_factories_read_when_they_are_called(monkeypatch):
    """A factory sees a variable that is set after it was made."""
    factory = from_env("LATE", default=None)
    assert factory() is None
    monkeypatch.setenv("LATE", "now")
    assert factory() == "now"


def test_first_variable_that_is_set_counts():
    """Of several variables the first that is set is read, though it may be empty."""
    assert from_env(["ABSENT", "EMPTY", "FILLED"])() == ""
    assert secret_from_env(["ABSENT", "FILLED"])().get_secret_value() == "value"


def test_required_variables():
    """Without a default the factory raises, with the message it was given or its own."""
    with pytest.raises(ValueError, match="ABSENT or MISSING"):
        from_env(["ABSENT", "MISSING"])()
    with pytest.raises(ValueError, match="^get a key$"):
        secret_from_env("ABSENT", error_message="get a key")()
    assert secret_from_env("ABSENT", default=None)() is None
    assert secret_from_env("ABSENT", default="d")() == SecretStr("d")


def test_secrets_are_wrapped_once():
    """A text becomes a secret; a secret stays the object that it is."""
    secret = SecretStr("s")
    assert convert_to_secret_str(secret) is secret
    assert convert_to_secret_str("s") == secret
