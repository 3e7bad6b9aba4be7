"""Steps that stream in a sequence: what they read, what closes them, under whom they run."""

from __future__ import annotations

import contextvars

import pytest

from ferrule.runnables import Runnable, RunnableGenerator
from ferrule.testing import RecordingHandler


@pytest.fixture
def heard():
    """A handler that records; every run that it heard of must have ended."""
    handler = RecordingHandler()
    yield handler
    handler.assert_all_runs_ended()


def same(chunks):
    yield from chunks


class Closable:
    """A stream that says when it is closed, and may fail then."""

    def __init__(self, name, chunks, log, failure=None):
        self._name, self._chunks, self._log, self._failure = name, iter(chunks), log, failure

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._chunks)

    def close(self):
        self._log.append(self._name)
        if self._failure:
            raise self._failure


class Step(Runnable):
    """A runnable whose `transform` is a function."""

    def __init__(self, transform):
        self._make = transform

    def invoke(self, input, config=None, **kwargs):
        raise NotImplementedError

    def transform(self, input, config=None, **kwargs):
        return self._make(input, config, **kwargs)


def closable(name, log, failure=None):
    """A step that hands on what it reads, as a `Closable`."""
    return Step(lambda chunks, _: Closable(name, chunks, log, failure))


def test_steps_are_closed_when_the_last_one_has_ended(heard):
    """Also what was not read to its end is closed, the last step first, before the run ends."""
    log = []
    first_two = Step(lambda chunks, _: Closable("two", (next(chunks), next(chunks)), log))
    chain = closable("one", log) | first_two
    assert list(chain.transform(iter("abc"), {"callbacks": [heard]})) == ["a", "b"]
    assert log == ["two", "one"]
    assert heard.trace.names[-1] == "on_chain_end"


def test_a_step_that_cannot_begin_closes_those_before(heard):
    """What the step raised ends the sequence's run once the steps before it are closed."""
    log = []

    def fail(chunks, config):
        raise ValueError("no stream")

    chain = closable("one", log) | Step(fail)
    with pytest.raises(ValueError, match="no stream"):
        list(chain.transform(iter("abc"), {"callbacks": [heard]}))
    assert log == ["one"]
    assert heard.trace.names == ["on_chain_start", "on_chain_error"]


def test_all_steps_are_closed_though_one_fails_to(heard):
    """The failure that came last is raised, with the one before as its context."""
    log, second, first = [], OSError("two"), OSError("one")
    chain = closable("one", log, first) | closable("two", log, second)
    stream = chain.transform(iter("abc"), {"callbacks": [heard]})
    next(stream)
    with pytest.raises(OSError, match="one") as raised:
        stream.close()
    assert raised.value is first
    assert raised.value.__context__ is second
    assert log == ["two", "one"]


def test_an_exception_is_raised_in_the_last_step(heard):
    """The step may answer what is thrown into the sequence's stream; else the run fails with it."""

    def answer(chunks):
        for chunk in chunks:
            try:
                yield chunk
            except KeyError as error:
                yield error.args[0]

    stream = (RunnableGenerator(same) | answer).transform(iter("abc"), {"callbacks": [heard]})
    assert next(stream) == "a"
    assert stream.throw(KeyError("thrown")) == "thrown"
    assert next(stream) == "b"
    with pytest.raises(ValueError, match="unanswered"):
        stream.throw(ValueError("unanswered"))
    assert next(stream, "closed") == "closed"


def test_a_method_of_the_object_comes_first(monkeypatch):
    """A `transform` that is set on a step itself is called instead of its class's."""
    step = RunnableGenerator(same)
    chain = RunnableGenerator(same) | step
    monkeypatch.setattr(step, "transform", lambda chunks, _: (chunk * 2 for chunk in chunks))
    assert list(chain.transform(iter("ab"))) == ["aa", "bb"]


def test_a_step_runs_under_the_sequence_wherever_it_is_read(heard):
    """The context that a step's output is first read in does not say what its run belongs to."""

    def elsewhere(chunks, config):
        yield from contextvars.Context().run(list, chunks)

    chain = RunnableGenerator(same, name="step") | Step(elsewhere)
    config = {"callbacks": [heard], "tags": ["all"], "run_name": "sequence"}
    assert list(chain.transform(iter("ab"), config)) == ["a", "b"]
    (sequence,) = heard.trace.roots
    (step,) = sequence.children
    assert (sequence.name, step.name) == ("sequence", "step")
    assert step.tags == ["seq:step:1", "all"]


def test_keywords_are_the_first_steps():
    """What `transform` is called with besides goes to the first step alone."""
    given = []

    def note(chunks, _, **kwargs):
        given.append(kwargs)
        return chunks

    chain = Step(note) | Step(note)
    list(chain.transform(iter("a"), None, stop=["x"]))
    assert given == [{"stop": ["x"]}, {}]


def test_a_stream_that_reads_itself_is_refused(heard):
    """A chunk that asks for the next chunk of the same stream fails, and the run with it."""
    streams = []

    def ask(chunks):
        for _ in chunks:
            yield next(streams[0])

    streams.append(RunnableGenerator(ask).transform(iter("ab"), {"callbacks": [heard]}))
    with pytest.raises(ValueError, match="already being read"):
        next(streams[0])
    assert heard.trace.names[-1] == "on_chain_error"
