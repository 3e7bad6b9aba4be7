"""Functions on conversations give what langchain-core's give."""

from __future__ import annotations

import functools

import pytest
from hypothesis import given, strategies as st

from ferrule import messages as ours
from ferrule.messages import count_tokens_approximately

theirs = pytest.importorskip("langchain_core.messages")
their_utils = pytest.importorskip("langchain_core.messages.utils")

CALL_1 = {"name": "f", "args": {"a": 1}, "id": "c1", "type": "tool_call"}
CALL_2 = {"name": "g", "args": {}, "id": "c2", "type": "tool_call"}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.org/i.png"}}
TEXT = {"type": "text", "text": "look <here>"}
USAGE = {"input_tokens": 5, "output_tokens": 3, "total_tokens": 80}

# Class and arguments of each message, so that both libraries can build it.
SPECS = [
    ("SystemMessage", {"content": "You are <good>.", "id": "0"}),
    ("HumanMessage", {"content": "Hello\nthere", "id": "1"}),
    ("HumanMessage", {"content": [TEXT, IMAGE], "id": "2"}),
    ("HumanMessage", {"content": "bye bye", "name": "bob"}),
    ("AIMessage", {"content": "", "tool_calls": [CALL_1, CALL_2], "id": "3"}),
    ("AIMessage", {"content": "more text", "id": "7"}),
    (
        "AIMessage",
        {
            "content": [TEXT, {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}],
            "tool_calls": [CALL_1],
            "response_metadata": {"model_provider": "p"},
            "usage_metadata": USAGE,
        },
    ),
    ("ToolMessage", {"content": "r1", "tool_call_id": "c1", "id": "4"}),
    ("ToolMessage", {"content": "r2", "tool_call_id": "c2", "status": "error"}),
    ("ChatMessage", {"content": "q", "role": "chair"}),
    ("FunctionMessage", {"content": "res", "name": "fn"}),
]
conversations = st.lists(st.sampled_from(SPECS), max_size=8)
kinds = st.sampled_from(["human", "ai", "tool", ("human", "tool"), None])


def both(specs, ask):
    """Ask both libraries about the same conversation."""
    return tuple(
        ask(library, [getattr(library, name)(**values) for name, values in specs])
        for library in (ours, theirs)
    )


def dumped(messages):
    return [(type(message).__name__, message.model_dump()) for message in messages]


def letters(messages):
    return sum(3 + len(message.text) for message in messages)


@given(conversations, st.sampled_from(["prefix", "xml"]))
def test_buffer_string(specs, form):
    """Conversations as text are the same in both forms."""
    mine, other = both(specs, lambda lib, talk: lib.get_buffer_string(talk, format=form))
    assert mine == other


@given(
    conversations,
    st.fixed_dictionaries(
        {},
        optional={
            "include_types": st.sampled_from([["human"], ["ai", "system"]]),
            "exclude_types": st.sampled_from([["tool"], ["human", "ai"]]),
            "include_names": st.just(["bob"]),
            "exclude_names": st.just(["fn"]),
            "include_ids": st.just(["1", "3"]),
            "exclude_ids": st.just(["2"]),
            "exclude_tool_calls": st.sampled_from([True, ["c1"], ["c1", "c2"]]),
        },
    ),
)
def test_filter(specs, options):
    """The same messages are chosen."""
    mine, other = both(specs, lambda lib, talk: dumped(lib.filter_messages(talk, **options)))
    assert mine == other


@given(conversations)
def test_merge_runs(specs):
    """Successive messages of one kind are joined in the same way, but for names and empty text."""
    specs = [(name, v) for name, v in specs if v["content"] and "name" not in v]
    mine, other = both(specs, lambda lib, talk: dumped(lib.merge_message_runs(talk)))
    assert mine == other


@given(conversations, st.integers(0, 120), st.booleans(), kinds)
def test_trim_first(specs, limit, partial, end_on):
    """The same beginning of a conversation is kept."""
    options = {"max_tokens": limit, "strategy": "first", "allow_partial": partial}
    mine, other = both(
        specs,
        lambda lib, talk: dumped(
            lib.trim_messages(talk, token_counter=letters, end_on=end_on, **options)
        ),
    )
    assert mine == other


@given(conversations, st.integers(0, 120), st.booleans(), kinds, kinds, st.booleans())
def test_trim_last(specs, limit, partial, start_on, end_on, system):
    """The same end of a conversation is kept."""
    options = {"max_tokens": limit, "allow_partial": partial, "include_system": system}
    mine, other = both(
        specs,
        lambda lib, talk: dumped(
            lib.trim_messages(
                talk, token_counter=letters, start_on=start_on, end_on=end_on, **options
            )
        ),
    )
    assert mine == other


@given(conversations, st.sampled_from(["string", "block"]), st.booleans())
def test_openai_form(specs, form, include_id):
    """Conversations in OpenAI's form are the same."""
    mine, other = both(
        specs,
        lambda lib, talk: lib.convert_to_openai_messages(
            talk, text_format=form, include_id=include_id
        ),
    )
    assert mine == other


@given(conversations, st.booleans(), st.booleans())
def test_token_count(specs, count_name, scale):
    """Estimates of token counts are the same."""
    options = {"count_name": count_name, "use_usage_metadata_scaling": scale}

    def count(library, talk):
        counter = (
            count_tokens_approximately
            if library is ours
            else their_utils.count_tokens_approximately
        )
        return counter(talk, **options)

    mine, other = both(specs, count)
    assert mine == other


@given(conversations)
def test_shown_and_described(specs):
    """Messages are shown to people, described to tracers and stored in the same way."""
    mine, other = both(
        specs,
        lambda lib, talk: (
            [message.pretty_repr() for message in talk],
            [message.to_json() for message in talk],
            lib.messages_to_dict(lib.messages_from_dict(lib.messages_to_dict(talk))),
        ),
    )
    assert mine == other


pieces = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from([None, "f"]),
            "args": st.sampled_from(['{"a"', ": 1", "}", "", None]),
            "id": st.sampled_from([None, "c1"]),
            "index": st.integers(0, 1),
        }
    ),
    max_size=2,
    unique_by=lambda piece: piece["index"],
)
chunks = st.fixed_dictionaries(
    {"content": st.sampled_from(["a", "bc"])},
    optional={
        "tool_call_chunks": pieces,
        "usage_metadata": st.just(USAGE),
        "id": st.sampled_from(["lc_1", "lc_run-2", "msg_1"]),
        "chunk_position": st.just("last"),
        "response_metadata": st.sampled_from([{"m": "x"}, {"n": 1}]),
    },
)
typed = st.builds(
    lambda index, text: [{"type": "text", "text": text, "index": index}],
    st.integers(0, 2),
    st.text(max_size=3),
)


@given(
    st.lists(chunks, min_size=1, max_size=5), st.lists(typed, min_size=5, max_size=5) | st.none()
)
def test_chunks_add_up(specs, contents):
    """The sum of a stream's chunks is the same, but for arguments that are no JSON."""
    if contents is not None:
        specs = [{**spec, "content": told} for spec, told in zip(specs, contents, strict=False)]
    mine, other = (
        functools.reduce(
            lambda left, right: left + right, (lib.AIMessageChunk(**spec) for spec in specs)
        ).model_dump()
        for lib in (ours, theirs)
    )
    if mine["invalid_tool_calls"]:
        for side in (mine, other):
            del side["tool_calls"], side["invalid_tool_calls"]
    assert mine == other
