"""Handlers of langchain-community: the token counter, and the one that asks people."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ecosystem import chains

pytest.importorskip("langchain_community")


def test_token_counter(model: Any) -> None:
    """`get_openai_callback` counts what models inside of its block took."""
    from langchain_community.callbacks import get_openai_callback

    with get_openai_callback() as counter:
        chains.assistant(model).invoke(chains.QUESTION)
    chains.assistant(model).invoke(chains.QUESTION)
    assert counter.successful_requests == 1
    assert counter.prompt_tokens == chains.INPUT_TOKENS
    assert counter.completion_tokens == chains.OUTPUT_TOKENS
    assert counter.total_cost > 0


def test_approval() -> None:
    """A person's refusal stops the tool, since the handler is one that raises."""
    from langchain_community.callbacks.human import (
        HumanApprovalCallbackHandler,
        HumanRejectedException,
    )

    refusing = HumanApprovalCallbackHandler(approve=lambda _: False)
    with pytest.raises(HumanRejectedException):
        chains.add.invoke({"a": 1, "b": 2}, {"callbacks": [refusing]})
    agreeing = HumanApprovalCallbackHandler(approve=lambda _: True)
    assert chains.add.invoke({"a": 1, "b": 2}, {"callbacks": [agreeing]}) == 3
