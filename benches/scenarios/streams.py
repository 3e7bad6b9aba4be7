"""Streams of tokens, and of chunks through generators."""

from __future__ import annotations

import operator
from collections import deque
from functools import partial, reduce
from itertools import cycle

from benches.scenarios.invoke import config_with
from benches.workload import workload


def _drained(stream, *arguments):
    """Make a call that reads a stream to its end and keeps nothing of it."""
    drain = partial(deque, maxlen=0)
    return lambda: drain(stream(*arguments))


@workload("stream1000.list_model", count=1000, unit="token")
def stream_list_model(lib):
    """A model that streams its answer letter by letter."""
    model = lib.FakeListChatModel(responses=["x" * 1000])
    return _drained(model.stream, "go", config_with(lib, 1, "model"))


@workload("stream1000.generic_model", count=1000, unit="token")
def stream_generic_model(lib):
    """A model that streams words and the blanks between them."""
    answer = lib.AIMessage(" ".join(["word"] * 500) + " ")
    model = lib.GenericFakeChatModel(messages=cycle([answer]))
    return _drained(model.stream, "go", config_with(lib, 1, "model"))


@workload("transform10.h{}", each=(0, 1), count=100, unit="chunk")
def transform(lib, count):
    """Ten generators, each handing every chunk on."""

    def hand_on(chunks):
        yield from chunks

    steps = [lib.RunnableGenerator(hand_on) for _ in range(10)]
    runnable = reduce(operator.or_, steps)
    config, chunks = config_with(lib, count), ["x"] * 100
    drain = partial(deque, maxlen=0)
    return lambda: drain(runnable.transform(iter(chunks), config))
