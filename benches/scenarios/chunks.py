"""Adding up the chunks of an answer: pairwise, as programs do, and as streams do at their end.

Per chunk each must cost the same however long the answer is.
"""

from __future__ import annotations

import operator
from functools import partial, reduce
from typing import Any

from benches.workload import workload


def _texts(lib: Any, number: int) -> list[Any]:
    return [lib.AIMessageChunk(content="token ") for _ in range(number)]


def _calls(lib: Any, number: int) -> list[Any]:
    """Pieces of the arguments of one tool call."""
    piece = {"name": None, "args": '"x", ', "id": None, "index": 0}
    return [lib.AIMessageChunk(content="", tool_call_chunks=[dict(piece)]) for _ in range(number)]


for _number in (1_000, 4_000):

    @workload("add{}.text_pairwise", each=[_number], count=_number, unit="chunk")
    def add_pairwise(lib, number):
        return partial(reduce, operator.add, _texts(lib, number))

    @workload("add{}.text", each=[_number], count=_number, unit="chunk")
    def add_texts(lib, number):
        """One sum of all, as the end of a stream makes it."""
        first, *rest = _texts(lib, number)
        return partial(operator.add, first, rest)

    @workload("add{}.tool_call", each=[_number], count=_number, unit="chunk")
    def add_calls(lib, number):
        first, *rest = _calls(lib, number)
        return partial(operator.add, first, rest)
