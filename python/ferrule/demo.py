"""The documented examples, end to end, and a model that answers them without a network.

`python -m ferrule` runs them. `examples/` uses the model to show one idea per file.
"""

from __future__ import annotations

import os
import re
from decimal import Decimal
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from ferrule._core import uuid7
from ferrule.anthropic import ChatAnthropic
from ferrule.callbacks import BaseCallbackHandler
from ferrule.language_models import BaseChatModel, TextChunks
from ferrule.messages import AIMessage, AIMessageChunk
from ferrule.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from ferrule.prompts import ChatPromptTemplate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ferrule.callbacks import CallbackManagerForLLMRun
    from ferrule.messages import BaseMessage

__all__ = ["CalculatorChatModel", "LoggingHandler", "choose_model", "run"]

CLAUDE = "claude-haiku-4-5"

_SUM = re.compile(r"(-?\d+(?:\.\d+)?)\s*\+\s*(-?\d+(?:\.\d+)?)")


class CalculatorChatModel(BaseChatModel):
    """A chat model that adds the two numbers it is asked about, in this process.

    Its answers tell what a service's answers tell: id, model, stop reason, and usage, with one
    token per word or sign.

    Example:
        >>> CalculatorChatModel().invoke("What is 1 + 2?").content
        '1 + 2 = 3'
    """

    model: str = "calculator"

    @property
    @override
    def _llm_type(self) -> str:
        return "calculator"

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        answer = _answer(messages)
        about = self._about(messages, answer)
        message = AIMessage(content=answer, response_metadata=dict(about))
        return ChatResult(generations=[ChatGeneration(message=message)], llm_output=about)

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        answer = _answer(messages)
        yield from TextChunks(re.findall(r"\s*\S+", answer))
        end = AIMessageChunk(
            content="", response_metadata=self._about(messages, answer), chunk_position="last"
        )
        yield ChatGenerationChunk(message=end)

    def _about(self, messages: list[BaseMessage], answer: str) -> dict[str, Any]:
        asked = sum(_tokens(str(message.text)) for message in messages)
        return {
            "id": f"msg_{uuid7().hex}",
            "model": self.model,
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": asked, "output_tokens": _tokens(answer)},
        }


class LoggingHandler(BaseCallbackHandler):
    """The documented handler: one line for each chain and chat model that starts or ends.

    Args:
        write: Takes the lines.
        label: Stands before each line.
    """

    def __init__(self, write: Callable[[str], object], label: str = "") -> None:
        self._write = write
        self._label = label

    @override
    def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
        self._write(f"{self._label}Chat model started")

    @override
    def on_llm_end(self, response: Any, **kwargs: Any) -> None:
        self._write(f"{self._label}Chat model ended, response: {response}")

    @override
    def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
        self._write(f"{self._label}Chain {serialized.get('name')} started")

    @override
    def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        self._write(f"{self._label}Chain ended, outputs: {outputs}")


def choose_model(**settings: Any) -> BaseChatModel:
    """Return Claude when there is a key (and the SDK), otherwise the model of this module.

    Args:
        **settings: Settings that both know, such as `callbacks`.
    """
    if os.environ.get("ANTHROPIC_API_KEY") and find_spec("anthropic") is not None:
        return ChatAnthropic(model=CLAUDE, **settings)
    return CalculatorChatModel(**settings)


def run(write: Callable[[str], object]) -> None:
    """Run the documented examples: each with a handler of the call, then one of the model too."""
    for of_model in (False, True):
        local = [LoggingHandler(write, "[model's own handler] ")] if of_model else None
        chain = ChatPromptTemplate.from_template("What is 1 + {number}?") | choose_model(
            callbacks=local
        )
        beside = ", and one on the model's constructor" if of_model else ""

        write(f"# A handler at run time{beside}")
        chain.invoke({"number": "2"}, config={"callbacks": [LoggingHandler(write)]})

        write(f"# A handler bound with with_config{beside}")
        bound = chain.with_config(callbacks=[LoggingHandler(write)])
        bound.invoke({"number": "2"})


def _answer(messages: list[BaseMessage]) -> str:
    asked = _SUM.search(str(messages[-1].text))
    if asked is None:
        return "I can add two numbers: ask me what 1 + 2 is."
    left, right = asked.groups()
    return f"{left} + {right} = {Decimal(left) + Decimal(right)}"


def _tokens(text: str) -> int:
    return len(re.findall(r"\w+|[^\w\s]", text))
