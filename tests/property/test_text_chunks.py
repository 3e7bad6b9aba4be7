"""Laws of the chunks that texts are streamed as: each one is like a new one."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, strategies as st

from ferrule.language_models import TextChunks
from ferrule.messages import AIMessageChunk
from ferrule.outputs import ChatGenerationChunk


def parts(chunk: Any) -> list[Any]:
    """List the objects that a chunk is made of, each of which a reader may get hold of."""
    message = chunk.message
    containers = [value for value in vars(message).values() if isinstance(value, (dict, list))]
    slots = [chunk.model_fields_set, message.model_fields_set, message.model_extra]
    return [chunk, message, vars(chunk), vars(message), *containers, *slots]


def appearance(chunk: Any) -> Any:
    """Everything that can be seen of a chunk."""
    return [
        (type(each), copy.deepcopy(list(vars(each).items())), set(each.model_fields_set))
        for each in (chunk, chunk.message)
    ] + [copy.deepcopy(chunk.message.model_extra)]


def touch(part: Any) -> None:
    """Change an object that was kept of an earlier chunk."""
    if isinstance(part, dict):
        part["touched"] = True
    elif isinstance(part, list):
        part.append("touched")
    elif isinstance(part, set):
        part.add("touched")
    else:
        vars(part)["touched"] = True


def reset(chunk: Any) -> None:
    """Give fields of the message and the chunk other values, by assignment."""
    chunk.message.id = "other"
    chunk.message.name = None
    chunk.text = "other"
    chunk.generation_info = {"a": 1}


def fill(chunk: Any) -> None:
    """Put something into each container of the message."""
    chunk.message.additional_kwargs["a"] = 1
    chunk.message.tool_calls.append({})


def extend(chunk: Any) -> None:
    """Add an attribute that is no field to the message."""
    chunk.message.further = 1


def widen(chunk: Any) -> None:
    """Add one to the chunk."""
    vars(chunk)["further"] = 1


def remove(chunk: Any) -> None:
    """Take the last field away."""
    vars(chunk.message).popitem()


def rename(chunk: Any) -> None:
    """Put another name in the place of the last field's."""
    state = vars(chunk.message)
    state["other"] = state.popitem()[1]


def exchange(chunk: Any) -> None:
    """Give the message another dict of the same fields, in another order."""
    object.__setattr__(chunk.message, "__dict__", dict(reversed(vars(chunk.message).items())))


def share(chunk: Any) -> None:
    """Replace the message of the chunk."""
    chunk.message = AIMessageChunk(content="other")


changes = st.sampled_from([None, reset, fill, extend, widen, remove, rename, exchange, share])
# For each text: how the chunk is changed, and which of its objects is kept, if one is.
readings = st.lists(st.tuples(changes, st.none() | st.integers(0, 13)), max_size=12)


@given(readings=readings, message_id=st.none() | st.just("m"), has_end=st.booleans())
def test_each_chunk_is_like_a_new_one(
    readings: list[Any], message_id: str | None, has_end: bool
) -> None:
    """Whatever a reader does to chunks or keeps of them reaches no chunk but these."""
    texts = [f"text {number}" for number in range(len(readings))]
    chunks = TextChunks(texts, message_id=message_id, has_end=has_end)
    fields: dict[str, Any] = {} if message_id is None else {"id": message_id}
    kept: list[Any] = []
    for text, (change, place) in zip(texts, readings, strict=True):
        chunk = next(chunks)
        if has_end and text is texts[-1]:
            fields["chunk_position"] = "last"
        # What was kept before the last chunk, and might be a part of this one.
        for part in kept[:-1]:
            touch(part)
        new = ChatGenerationChunk(message=AIMessageChunk(content=text, **fields))
        assert appearance(chunk) == appearance(new)
        if change is not None:
            change(chunk)
        kept.append([] if place is None else parts(chunk)[place % len(parts(chunk))])
        del chunk
    assert next(chunks, None) is None
