"""The lines that the documented example prints, for the id and usage of a given run."""

from __future__ import annotations

import ast
import re

_FACTS = re.compile(r"id='run-(?P<run>[0-9a-f-]{36})-0'.* llm_output=(?P<output>\{.*\}) run=None")


def lines_of_example(printed: list[str]) -> list[str]:
    """The six lines that `printed` must be; only ids and usage are taken from it."""
    (facts,) = filter(None, map(_FACTS.search, printed))
    output = ast.literal_eval(facts["output"])
    usage = output["usage"]
    assert set(output) == {"id", "model", "stop_reason", "stop_sequence", "usage"}
    assert usage["input_tokens"] > 0
    assert usage["output_tokens"] > 0
    metadata = (
        f"{{'id': '{output['id']}', 'model': '{output['model']}', 'stop_reason': 'end_turn', "
        f"'stop_sequence': None, 'usage': {usage}}}"
    )
    message_id = f"id='run-{facts['run']}-0'"
    message = f"AIMessage(content='1 + 2 = 3', response_metadata={metadata}, {message_id})"
    generation = f"ChatGeneration(text='1 + 2 = 3', message={message})"
    return [
        "Chain RunnableSequence started",
        "Chain ChatPromptTemplate started",
        "Chain ended, outputs: messages=[HumanMessage(content='What is 1 + 2?')]",
        "Chat model started",
        f"Chat model ended, response: generations=[[{generation}]] llm_output={metadata} run=None",
        f"Chain ended, outputs: content='1 + 2 = 3' response_metadata={metadata} {message_id}",
    ]
