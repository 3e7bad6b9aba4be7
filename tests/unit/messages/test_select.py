"""Choosing messages, joining runs, trimming: what langchain-core does not do or say."""

from __future__ import annotations

import pytest

from ferrule.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
    filter_messages,
    merge_message_runs,
    trim_messages,
)

TALK = [SystemMessage("Be brief."), HumanMessage("Hi"), AIMessage("Hello"), HumanMessage("Bye")]


def one_each(message: BaseMessage) -> int:
    return 1


def test_runs_of_different_speakers_have_no_name():
    """A joined message keeps a name only if all its parts have it."""
    bob, eve = HumanMessage("a", name="bob"), HumanMessage("b", name="eve")
    assert merge_message_runs([bob, bob])[0].name == "bob"
    assert merge_message_runs([bob, eve])[0].name is None


def test_joining_writes_to_no_message():
    """Messages stay as they are when they are joined."""
    first, second = HumanMessage("a"), HumanMessage("b", response_metadata={"x": 1})
    merge_message_runs([first, second])
    assert (first.content, second.content) == ("a", "b")
    assert second.response_metadata == {"x": 1}


def test_tool_results_are_not_joined():
    """Each tool result answers its own call."""
    results = [ToolMessage("a", tool_call_id="1"), ToolMessage("b", tool_call_id="2")]
    assert merge_message_runs(results) == results


def test_messages_without_pieces_cannot_be_joined():
    """The error names the class."""
    with pytest.raises(ValueError, match="RemoveMessage"):
        merge_message_runs([RemoveMessage("1"), RemoveMessage("2")])


def test_partly_excluded_calls_leave_a_copy():
    """Taking out one of two calls does not change the answer itself."""
    calls = [{"name": "f", "args": {}, "id": "1"}, {"name": "g", "args": {}, "id": "2"}]
    answer = AIMessage("", tool_calls=calls)
    (kept,) = filter_messages([answer], exclude_tool_calls=["1"])
    assert [call["id"] for call in kept.tool_calls] == ["2"]
    assert len(answer.tool_calls) == 2


def test_trim_counts_single_messages():
    """A counter whose parameter is annotated as one message, even as text, is asked for each."""
    assert trim_messages(TALK, max_tokens=2, token_counter=one_each) == TALK[-2:]


def test_trim_asks_a_model():
    """A language model counts with its own method."""

    class Model:
        def get_num_tokens_from_messages(self, messages):
            return 10 * len(messages)

    assert trim_messages(TALK, max_tokens=15, token_counter=Model()) == TALK[-1:]


def test_trim_approximately():
    """The approximate counter needs no model."""
    assert trim_messages(TALK, max_tokens=1000, token_counter="approximate") == TALK


def test_trim_splits_with_an_object():
    """An object with `split_text` cuts the text of the message at the cut."""

    class Splitter:
        def split_text(self, text):
            return list(text)

    def letters(messages):
        return sum(len(message.text) for message in messages)

    kept = trim_messages(
        [HumanMessage("abc")],
        max_tokens=2,
        token_counter=letters,
        allow_partial=True,
        text_splitter=Splitter(),
    )
    assert kept == [HumanMessage("bc")]


@pytest.mark.parametrize(("strategy", "kept"), [("first", "a\n"), ("last", "d")])
def test_trim_splits_the_block_at_the_end_that_is_kept(strategy, kept):
    """When no whole block fits, the text of the first or the last block is split."""
    told = HumanMessage([{"type": "text", "text": "a\nb"}, {"type": "text", "text": "c\nd"}])

    def letters(messages):
        return sum(message.text.count(letter) for message in messages for letter in "abcd")

    options = {"strategy": strategy, "allow_partial": True}
    assert trim_messages([told], max_tokens=1, token_counter=letters, **options) == [
        HumanMessage(kept)
    ]


def test_trim_drops_a_message_that_ends_with_an_image_too_large():
    """The text beside a block that does not fit is not kept without it."""
    told = HumanMessage([{"type": "text", "text": "a"}, {"type": "image", "url": "https://x.test"}])

    def blocks(messages):
        return sum(5 * isinstance(message.content, list) for message in messages)

    assert trim_messages([told], max_tokens=1, token_counter=blocks, allow_partial=True) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"strategy": "middle"}, "'middle'"),
        ({"strategy": "first", "start_on": "human"}, "start_on='human' needs"),
        ({"strategy": "first", "include_system": True}, "include_system=True needs"),
        ({"token_counter": 5}, "token_counter=5"),
        ({"token_counter": "exact"}, "token_counter='exact'"),
    ],
)
def test_trim_options_are_checked(options, told):
    """The error names the option, its value and what to do."""
    with pytest.raises(ValueError, match=told):
        trim_messages(TALK, **{"max_tokens": 1, "token_counter": len, **options})


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"max_tokens": "3"}, r"max_tokens .*'3' \(str\)"),
        ({"token_counter": lambda messages: None}, r"token_counter .*None \(NoneType\)"),
        ({"start_on": 5}, r"kind of message .*5 \(int\)"),
        ({"end_on": ["human", 5]}, r"kind of message .*\['human', 5\]"),
    ],
)
def test_trim_values_are_checked(options, told):
    """What is no number, or no kind of message, is named."""
    with pytest.raises(TypeError, match=told):
        trim_messages(TALK, **{"max_tokens": 1, "token_counter": len, **options})


@pytest.mark.parametrize("option", ["include_types", "exclude_types"])
def test_filtered_kinds_are_checked(option):
    """What is no kind of message is named."""
    with pytest.raises(TypeError, match=r"kind of message .*5 \(int\)"):
        filter_messages(TALK, **{option: 5})
