"""`StructuredPrompt`: what it hands to a model."""

import pytest

from ferrule.prompts import StructuredPrompt
from ferrule.runnables import RunnableLambda

SCHEMA = {"title": "Answer", "type": "object"}


class Model:
    def with_structured_output(self, schema, **kwargs):
        return RunnableLambda(lambda value: (value.to_messages()[0].content, schema, kwargs))


def test_asks_the_model_for_the_schema():
    """`|` asks the model for the schema, with the further arguments, and pipes into that."""
    prompt = StructuredPrompt(
        ["{x}"], SCHEMA, structured_output_kwargs={"method": "m"}, include_raw=True
    )
    expected = ("1", SCHEMA, {"method": "m", "include_raw": True})
    assert (prompt | Model()).invoke({"x": 1}) == expected
    assert prompt.pipe(Model(), lambda out: out[0]).invoke({"x": 1}) == "1"


def test_the_schema_can_be_given_by_either_name():
    """`schema`, `schema_` and the second argument are the same."""
    prompts = [
        StructuredPrompt(["{x}"], schema=SCHEMA),
        StructuredPrompt(["{x}"], schema_=SCHEMA),
        StructuredPrompt.from_messages_and_schema(["{x}"], SCHEMA),
    ]
    assert all(prompt == prompts[0] for prompt in prompts)
    assert prompts[0].partial(x=1).schema_ == SCHEMA


def test_needs_a_schema_and_a_model():
    """A missing schema, and a step that cannot give structured output, are refused."""
    with pytest.raises(ValueError, match="schema of the answer"):
        StructuredPrompt(["{x}"])
    with pytest.raises(NotImplementedError, match="with_structured_output"):
        StructuredPrompt(["{x}"], SCHEMA) | len
