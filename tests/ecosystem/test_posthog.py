"""Events of posthog, whose handler is passed in the config."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.ecosystem import chains

pytest.importorskip("posthog")
package = pytest.importorskip(
    "posthog.ai.langchain", reason="posthog's handler imports langchain", exc_type=ImportError
)


class Client(SimpleNamespace):
    """Keeps the events instead of sending them."""

    privacy_mode = False

    def __init__(self) -> None:
        super().__init__(events=[])

    def capture(self, **event: Any) -> None:
        """Keep an event."""
        self.events.append((event["event"], event["properties"]))

    def capture_exception(self, *args: Any, **kwargs: Any) -> str:
        """Pretend to have sent an exception."""
        return "id"


@pytest.fixture
def client() -> Client:
    """Make a client that keeps events."""
    return Client()


def parents(events: Any) -> dict[str, str | None]:
    """Return the name of each run with that of its parent."""
    names = {told["$ai_span_id"]: told["$ai_span_name"] for _, told in events}
    return {told["$ai_span_name"]: names.get(told.get("$ai_parent_id")) for _, told in events}


def test_events_of_a_chain(client: Client, model: Any) -> None:
    """Each run is an event below its parent's, with input, output and token counts."""
    handler = package.CallbackHandler(client, distinct_id="ada")
    chains.assistant(model).invoke(chains.QUESTION, {"callbacks": [handler]})
    assert parents(client.events) == chains.runs_of_assistant(model)
    told = dict(client.events)
    assert told["$ai_trace"]["$ai_input_state"] == chains.QUESTION
    assert told["$ai_trace"]["$ai_output_state"] == chains.ANSWER
    generation = told["$ai_generation"]
    assert generation["$ai_input"][-1] == {"role": "user", "content": chains.QUESTION}
    assert generation["$ai_output_choices"][0]["content"] == chains.ANSWER
    assert generation["$ai_input_tokens"] == chains.INPUT_TOKENS
    assert generation["$ai_output_tokens"] == chains.OUTPUT_TOKENS


def test_events_of_a_failure(client: Client) -> None:
    """A failure is recorded on the step and on the chain."""
    handler = package.CallbackHandler(client, distinct_id="ada")
    with pytest.raises(LookupError):
        chains.failing().invoke("x", {"callbacks": [handler]})
    failed = {told["$ai_span_name"] for _, told in client.events if told.get("$ai_is_error")}
    assert failed == {"failing", "refuse"}
