"""Failures of a service reach the caller as the SDK's own, and end the run as errors."""

from __future__ import annotations

import asyncio

import pytest

from ferrule.hosted import IncompleteStreamError
from tests.loopback import Dropped, Failure, Held, StreamFailure
from tests.unit.hosted.heard import Heard

ASKED = "What is 1 + 2?"
ERRORS = {
    400: "BadRequestError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    529: "InternalServerError",
}


async def collect(stream):
    return [chunk async for chunk in stream]


def ways(model):
    """The same call in four forms."""
    yield lambda **k: model.invoke(ASKED, **k)
    yield lambda **k: asyncio.run(model.ainvoke(ASKED, **k))
    yield lambda **k: list(model.stream(ASKED, **k))
    yield lambda **k: asyncio.run(collect(model.astream(ASKED, **k)))


@pytest.mark.parametrize("status", ERRORS)
def test_refusals(chat, server, provider, status):
    """Each status raises the SDK's class; the error event tells status, body and request id."""
    for call in ways(chat()):
        heard = Heard()
        server.script(Failure(status, "some_kind", "no"))
        with pytest.raises(getattr(provider.sdk, ERRORS[status])) as raised:
            call(config={"callbacks": [heard]})
        told, response = heard.last("error")
        assert told is raised.value
        assert raised.value.status_code == status
        assert heard.events == ["start", "error"]
        metadata = response.generations[-1][0].message.response_metadata
        assert metadata["status_code"] == status
        assert metadata["body"]["error"]["type"] == "some_kind"
        assert metadata["request_id"] == raised.value.request_id


def test_wrong_key(chat, provider):
    """A key that the service doesn't know raises the SDK's authentication error."""
    for call in ways(chat(api_key="wrong")):
        with pytest.raises(provider.sdk.AuthenticationError):
            call()


def test_unknown_model(chat, provider):
    """A model that the service doesn't know raises the SDK's not-found error."""
    for call in ways(chat(model="unheard-of")):
        with pytest.raises(provider.sdk.NotFoundError, match="unheard-of"):
            call()


def test_unknown_parameter(chat, provider):
    """A parameter that the API doesn't have reaches the service, which names it."""
    with pytest.raises(provider.sdk.BadRequestError, match="temprature"):
        chat().invoke(ASKED, temprature=0)


def test_retries_are_the_sdk_s(chat, server, provider):
    """Passing failures are retried within one run; the request says how often."""
    failures = [getattr(provider.loopback, name)() for name in provider.passing]
    model = chat(max_retries=2)
    for passing, call in [(passing, call) for passing in failures for call in ways(model)]:
        heard = Heard()
        before = len(server.requests)
        server.script(passing, passing)
        call(config={"callbacks": [heard]})
        counts = [r.headers["x-stainless-retry-count"] for r in server.requests[before:]]
        assert counts == ["0", "1", "2"]
        assert (heard.events[0], heard.events[-1]) == ("start", "end")
        assert "error" not in heard.events


def test_retries_end(chat, server, provider):
    """When the retries are used up the last failure is raised."""
    server.script(*[provider.loopback.rate_limited()] * 2)
    with pytest.raises(provider.sdk.RateLimitError):
        chat(max_retries=1).invoke(ASKED)
    assert len(server.requests) == 2


def test_timeout(chat, server, provider, says):
    """A service that doesn't answer in time raises the SDK's timeout, from setting or call."""
    server.script(*[Held(says("late"))] * 4)
    for call in ways(chat(timeout=0.05)):
        heard = Heard()
        with pytest.raises(provider.sdk.APITimeoutError):
            call(config={"callbacks": [heard]})
        assert heard.events == ["start", "error"]
    server.script(Held(says("late")))
    with pytest.raises(provider.sdk.APITimeoutError):
        chat().invoke(ASKED, timeout=0.05)


def test_no_service(provider):
    """An address where nobody listens raises the SDK's connection error."""
    model = provider.make(
        model=provider.model, api_key="test", base_url="http://127.0.0.1:9", max_retries=0
    )
    for call in ways(model):
        with pytest.raises(provider.sdk.APIConnectionError):
            call()
    model.close()


def test_connection_lost_before_the_answer_is_whole(chat, server, provider, says):
    """Half a JSON answer is a connection error."""
    for call in list(ways(chat()))[:2]:
        server.script(Dropped(says("1 + 2 = 3")))
        with pytest.raises(provider.sdk.APIConnectionError):
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
    "make",
    [Dropped, lambda *given: Dropped(*given, clean=True), StreamFailure],
    ids=["dropped", "ended", "error event"],
)
def test_failure_in_mid_stream(chat, server, provider, says, make):
    """A stream that breaks gives the chunks so far, then raises; the run's error has them too."""
    disturbance = make(says("1 + 2 = 3"), provider.text_begins_after)
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
            assert isinstance(raised.value, provider.sdk.APIError)
            assert disturbance.kind in repr(raised.value.body)
        elif disturbance.clean:
            assert isinstance(raised.value, IncompleteStreamError)
        else:
            # Which of the two depends on the SDK's version.
            assert type(raised.value).__module__.startswith(("httpx", provider.package))
