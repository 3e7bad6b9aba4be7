"""Events of lunary, whose handler is passed in the config and reads messages by their classes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ecosystem import chains

package = pytest.importorskip("lunary")


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The events that would be sent."""
    kept: list[Any] = []
    monkeypatch.setattr(
        package, "track_event", lambda kind, what, **told: kept.append((kind, what, told))
    )
    return kept


def test_events_of_a_chain(events: list[Any], model: Any) -> None:
    """Each run is told with its parent, its input and its output."""
    handler = package.LunaryCallbackHandler(app_id="test")
    settings = {"callbacks": [handler], "tags": ["t"], "metadata": {"user_id": "ada"}}
    chains.assistant(model).invoke(chains.QUESTION, settings)
    started = [(kind, told) for kind, what, told in events if what == "start"]
    ended = {told["run_id"]: told for _, what, told in events if what == "end"}
    assert [kind for kind, _ in started] == ["chain", "chain", "tool", "chain", "llm", "chain"]
    root, prepare, add, _, asked, _ = [told for _, told in started]
    assert [root["name"], prepare["name"], add["name"]] == ["assistant", "prepare", "add"]
    assert add["parent_run_id"] == prepare["run_id"]
    assert {prepare["parent_run_id"], asked["parent_run_id"]} == {root["run_id"]}
    assert root["input"] == chains.QUESTION
    assert "t" in root["tags"]
    assert root["user_id"] == "ada"
    assert asked["input"][1] == {"role": "user", "content": chains.QUESTION}
    assert ended[asked["run_id"]]["output"]["content"] == chains.ANSWER
    assert ended[root["run_id"]]["output"] == chains.ANSWER


def test_failure(events: list[Any]) -> None:
    """A failure is told with its stack."""
    handler = package.LunaryCallbackHandler(app_id="test")
    with pytest.raises(LookupError):
        chains.failing().invoke("x", {"callbacks": [handler]})
    failed = [told["error"] for _, what, told in events if what == "error"]
    assert [error["message"] for error in failed] == ["no answer to 'x'"] * 2
    assert "in refuse" in failed[0]["stack"]
