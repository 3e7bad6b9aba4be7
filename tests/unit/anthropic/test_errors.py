"""Conversations that the Messages API has no form for."""

from __future__ import annotations

import pytest

from ferrule.messages import HumanMessage, SystemMessage
from tests.unit.hosted.heard import Heard


def test_messages_that_cannot_be_sent(chat, server):
    """A conversation that the API has no form for ends the run with an error, unsent."""
    heard = Heard()
    with pytest.raises(ValueError, match="system message"):
        chat().invoke([HumanMessage("a"), SystemMessage("b")], config={"callbacks": [heard]})
    assert heard.events == ["start", "error"]
    assert server.requests == []
