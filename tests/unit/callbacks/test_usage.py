"""Token counts: the handler, and the block that installs one."""

from __future__ import annotations

import contextvars
from types import SimpleNamespace as Made

import pytest

from ferrule.callbacks import ambient, usage
from ferrule.callbacks.ambient import AmbientHandlers
from ferrule.callbacks.usage import UsageMetadataCallbackHandler, get_usage_metadata_callback


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """Variables that were registered, in a module that has registered none yet."""
    seen = []
    monkeypatch.setattr(
        ambient, "register_configure_hook", lambda variable, inheritable: seen.append(variable)
    )
    monkeypatch.setattr(usage, "_collectors", AmbientHandlers("test", inheritable=True))
    return seen


def answer(tokens, *, source):
    message = Made(usage_metadata=tokens, response_metadata=source)
    return Made(generations=[[Made(message=message)]])


def test_adds_up_by_model():
    """Counts and their details are added, for each model apart."""
    handler = UsageMetadataCallbackHandler()
    first = {"input_tokens": 1, "total_tokens": 3, "input_token_details": {"cache_read": 1}}
    second = {"input_tokens": 2, "total_tokens": 4, "input_token_details": {"audio": 5}}
    handler.on_llm_end(answer(first, source={"model_name": "a"}))
    handler.on_llm_end(answer(second, source={"model": "a"}))
    handler.on_llm_end(answer(second, source={"model_name": "b"}))
    details = {"cache_read": 1, "audio": 5}
    assert handler.usage_metadata == {
        "a": {"input_tokens": 3, "total_tokens": 7, "input_token_details": details},
        "b": second,
    }
    assert repr(handler) == str(handler.usage_metadata)
    assert first["input_tokens"] == 1


@pytest.mark.parametrize(
    "response",
    [
        Made(generations=[]),
        Made(generations=[[]]),
        Made(generations=[[Made(text="a text model's")]]),
        answer(None, source={"model_name": "a"}),
        answer({"input_tokens": 1}, source={}),
    ],
)
def test_answers_without_usage_or_name_count_nothing(response):
    """What cannot be counted is passed over."""
    handler = UsageMetadataCallbackHandler()
    handler.on_llm_end(response)
    assert handler.usage_metadata == {}


def test_blocks_in_a_row_share_one_registration(registered):
    """A thousand blocks register one variable, which is empty afterwards."""
    for _ in range(1000):
        with get_usage_metadata_callback() as handler:
            assert registered[0].get() is handler
    assert len(registered) == 1
    assert registered[0].get() is None


def test_nested_blocks_both_count(registered):
    """An inner block does not hide the outer one."""
    with get_usage_metadata_callback() as outer, get_usage_metadata_callback() as inner:
        assert [variable.get() for variable in registered] == [outer, inner]
    assert len(registered) == 2


def test_the_block_ends_with_an_exception_too(registered):
    """What runs after a block that failed is not counted."""
    with pytest.raises(KeyError), get_usage_metadata_callback():
        raise KeyError
    assert registered[0].get() is None


def test_contexts_do_not_see_each_other(registered):
    """A block in another context uses the same variable and another count."""
    with get_usage_metadata_callback() as outer:
        other = contextvars.Context().run(lambda: get_usage_metadata_callback().__enter__())
        assert registered[0].get() is outer is not other
    assert len(registered) == 1
