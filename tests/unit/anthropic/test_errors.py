"""Failures of the service reach the caller as the SDK's own, and end the run as errors."""

from __future__ import annotations

import asyncio

import anthropic
import pytest

from ferrule.anthropic import IncompleteStreamError
from ferrule.messages import HumanMessage, SystemMessage
from tests.loopback import (
    Dropped,
    Held,
    StreamFailure,
    internal_error,
    invalid_request,
    overloaded,
    rate_limited,
    says,
)
from tests.unit.anthropic.heard import Heard

ASKED = "What is 1 + 2?"

REFUSALS = [
    (invalid_request("no"), anthropic.BadRequestError, 400),
    (rate_limited(), anthropic.RateLimitError, 429),
    (internal_error(), anthropic.InternalServerError, 500),
    (overloaded(), anthropic.InternalServerError, 529),
]


async def collect(stream):
    return [chunk async for chunk in stream]


def ways(model):
    """The same call in four forms."""
    yield lambda **k: model.invoke(ASKED, **k)
    yield lambda **k: asyncio.run(model.ainvoke(ASKED, **k))
    yield lambda **k: list(model.stream(ASKED, **k))
    yield lambda **k: asyncio.run(collect(model.astream(ASKED, **k)))


@pytest.mark.parametrize(
    ("refusal", "error", "status"), REFUSALS, ids=[str(r[2]) for r in REFUSALS]
)
def test_refusals(chat, server, refusal, error, status):
    """Each status raises the SDK's class; the error event tells status, body and request id."""
    for call in ways(chat()):
        heard = Heard()
        server.script(refusal)
        with pytest.raises(error) as raised:
            call(config={"callbacks": [heard]})
        told, response = heard.last("error")
        assert told is raised.value
        assert raised.value.status_code == status
        assert heard.events == ["start", "error"]
        metadata = response.generations[-1][0].message.response_metadata
        assert metadata["status_code"] == status
        assert metadata["body"]["error"]["type"] == refusal.kind
        assert metadata["request_id"] == raised.value.request_id


def test_wrong_key(chat):
    """A key that the service doesn't know raises the SDK's authentication error."""
    for call in ways(chat(api_key="wrong")):
        with pytest.raises(anthropic.AuthenticationError, match="invalid x-api-key"):
            call()


def test_unknown_model(chat):
    """A model that the service doesn't know raises the SDK's not-found error."""
    for call in ways(chat(model="gpt")):
        with pytest.raises(anthropic.NotFoundError, match="model: gpt"):
            call()


def test_unknown_parameter(chat):
    """A parameter that the API doesn't have reaches the service, which names it."""
    with pytest.raises(anthropic.BadRequestError, match="temprature: Extra inputs"):
        chat().invoke(ASKED, temprature=0)


@pytest.mark.parametrize("passing", [rate_limited(), internal_error(), overloaded()])
def test_retries_are_the_sdk_s(chat, server, passing):
    """Passing failures are retried within one run; the request says how often."""
    for call in ways(chat(max_retries=2)):
        heard = Heard()
        before = len(server.requests)
        server.script(passing, passing)
        call(config={"callbacks": [heard]})
        counts = [r.headers["x-stainless-retry-count"] for r in server.requests[before:]]
        assert counts == ["0", "1", "2"]
        assert (heard.events[0], heard.events[-1]) == ("start", "end")
        assert "error" not in heard.events


def test_retries_end(chat, server):
    """When the retries are used up the last failure is raised."""
    server.script(*[rate_limited()] * 2)
    with pytest.raises(anthropic.RateLimitError):
        chat(max_retries=1).invoke(ASKED)
    assert len(server.requests) == 2


def test_timeout(chat, server):
    """A service that doesn't answer in time raises the SDK's timeout, from setting or call."""
    server.script(*[Held(says("late"))] * 4)
    for call in ways(chat(timeout=0.05)):
        heard = Heard()
        with pytest.raises(anthropic.APITimeoutError):
            call(config={"callbacks": [heard]})
        assert heard.events == ["start", "error"]
    server.script(Held(says("late")))
    with pytest.raises(anthropic.APITimeoutError):
        chat().invoke(ASKED, timeout=0.05)


def test_no_service():
    """An address where nobody listens raises the SDK's connection error."""
    from ferrule.anthropic import ChatAnthropic  # noqa: PLC0415  without the server of `chat`

    model = ChatAnthropic(
        model="claude-test", api_key="test", base_url="http://127.0.0.1:9", max_retries=0
    )
    for call in ways(model):
        with pytest.raises(anthropic.APIConnectionError):
            call()
    model.close()


def test_connection_lost_before_the_answer_is_whole(chat, server):
    """Half a JSON answer is a connection error."""
    for call in list(ways(chat()))[:2]:
        server.script(Dropped(says("1 + 2 = 3")))
        with pytest.raises(anthropic.APIConnectionError):
            call()


def consume_sync(model, got, handler):
    """Put the texts of a stream into `got`."""
    for chunk in model.stream(ASKED, config={"callbacks": [handler]}):
        got.append(chunk.content)


def consume_async(model, got, handler):
    """Do the same with an async stream."""

    async def main():
        async for chunk in model.astream(ASKED, config={"callbacks": [handler]}):
            got.append(chunk.content)

    asyncio.run(main())


@pytest.mark.parametrize(
    "disturbance",
    [
        Dropped(says("1 + 2 = 3"), after=5),
        Dropped(says("1 + 2 = 3"), after=5, clean=True),
        StreamFailure(says("1 + 2 = 3"), after=5),
    ],
    ids=["dropped", "ended", "error event"],
)
def test_failure_in_mid_stream(chat, server, disturbance):
    """A stream that breaks gives the chunks so far, then raises; the run's error has them too."""
    for consume in (consume_sync, consume_async):
        heard, got = Heard(), []
        server.script(disturbance)
        with pytest.raises(Exception) as raised:  # noqa: PT011  checked below
            consume(chat(), got, heard)
        assert "".join(got).startswith("1 +")
        told, response = heard.last("error")
        assert told is raised.value
        assert heard.events[-1] == "error"
        assert heard.events.count("end") == 0
        partial = response.generations[0][0]
        assert partial.text == "".join(got)
        if isinstance(disturbance, StreamFailure):
            assert isinstance(raised.value, anthropic.APIStatusError)
            assert raised.value.body["error"]["type"] == "overloaded_error"
        elif disturbance.clean:
            assert isinstance(raised.value, IncompleteStreamError)
        else:
            assert type(raised.value).__module__.startswith("httpx")


def test_messages_that_cannot_be_sent(chat, server):
    """A conversation that the API has no form for ends the run with an error, unsent."""
    heard = Heard()
    with pytest.raises(ValueError, match="system message"):
        chat().invoke([HumanMessage("a"), SystemMessage("b")], config={"callbacks": [heard]})
    assert heard.events == ["start", "error"]
    assert server.requests == []
