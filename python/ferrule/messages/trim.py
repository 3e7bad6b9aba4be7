"""Fitting a conversation into a number of tokens."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from ferrule.messages._as_runnable import also_runnable
from ferrule.messages.base import BaseMessage
from ferrule.messages.convert import convert_to_messages
from ferrule.messages.select import MessageKind, is_message_type
from ferrule.messages.system import SystemMessage
from ferrule.messages.tokens import count_tokens_approximately

if TYPE_CHECKING:
    from ferrule.language_models import BaseLanguageModel
    from ferrule.messages.convert import MessageLikeRepresentation
    from ferrule.prompt_values import PromptValue

__all__ = ["trim_messages"]

_Counter = Callable[[list[BaseMessage]], int]
_Splitter = Callable[[str], list[str]]
_Kinds = MessageKind | Sequence[MessageKind] | None


@also_runnable
def trim_messages(  # noqa: PLR0913  the compatible signature
    messages: Iterable[MessageLikeRepresentation] | PromptValue,
    *,
    max_tokens: int,
    token_counter: Callable[[list[BaseMessage]], int]
    | Callable[[BaseMessage], int]
    | BaseLanguageModel[Any]
    | Literal["approximate"],
    strategy: Literal["first", "last"] = "last",
    allow_partial: bool = False,
    end_on: _Kinds = None,
    start_on: _Kinds = None,
    include_system: bool = False,
    text_splitter: Callable[[str], list[str]] | Any | None = None,
) -> list[BaseMessage]:
    """Return as many of the first or last messages as fit into `max_tokens`.

    A conversation for a chat model should begin with what the user says (`start_on="human"`),
    after the instruction (`include_system=True`), and end with the user or a tool
    (`end_on=("human", "tool")`). Called without messages, it returns a runnable. No message is
    written to; a cut one is a copy.

    Args:
        messages: The conversation.
        max_tokens: Tokens that the result may have.
        token_counter: Counts the tokens of a list of messages, or of one if its parameter is
            annotated as `BaseMessage`; or a language model; or `"approximate"`.
        strategy: Which messages to keep.
        allow_partial: Whether the message at the cut may be kept in part: some of its blocks, or
            some pieces of its text.
        end_on: Kinds of messages with which the result may end. Later messages are dropped: before
            counting with `"last"`, after it with `"first"`.
        start_on: Kinds of messages with which the result may begin, after the instruction. Only
            with `"last"`.
        include_system: Whether to keep the instruction at the beginning. Only with `"last"`.
        text_splitter: Splits a text into pieces that concatenate to it, or an object with
            `split_text`; lines by default.

    Raises:
        ValueError: If options do not go together, or the counter cannot count.
        TypeError: If `max_tokens` or what the counter returns is no number, or a kind is none.

    Example:
        >>> from ferrule.messages import AIMessage, HumanMessage
        >>> talk = [HumanMessage("Hi"), AIMessage("Hello"), HumanMessage("Bye")]
        >>> trim_messages(talk, max_tokens=2, token_counter=len, start_on="human")
        [HumanMessage(content='Bye')]
    """
    if strategy not in {"first", "last"}:
        msg = f"Unknown strategy {strategy!r} of trimming: use 'first' or 'last'."
        raise ValueError(msg)
    limit: Any = max_tokens
    if not isinstance(limit, (int, float)):
        msg = f"max_tokens is a number of tokens, but got {limit!r} ({type(limit).__name__})."
        raise TypeError(msg)
    for option, value in (("start_on", start_on), ("include_system", include_system)):
        if value and strategy == "first":
            msg = f"{option}={value!r} needs strategy='last': the first messages are kept anyway."
            raise ValueError(msg)
    trimmer = _Trimmer(
        max_tokens,
        _as_counter(token_counter),
        strategy if allow_partial else None,
        getattr(text_splitter, "split_text", text_splitter) or _lines,
    )
    kept = list(convert_to_messages(messages))
    if strategy == "first":
        return _ending_on(trimmer.fit(kept), end_on)
    kept = _ending_on(kept, end_on)
    system = kept[:1] if include_system and kept and isinstance(kept[0], SystemMessage) else []
    if system:
        trimmer.max_tokens = max(0, max_tokens - trimmer.count(system))
    latest_first = trimmer.fit(kept[len(system) :][::-1])
    return system + _ending_on(latest_first, start_on)[::-1]


class _Trimmer:
    """Finds the longest beginning of a list of messages that fits.

    To keep the last messages, it gets them in reverse; `partial` says which end of the message at
    the cut may be kept.
    """

    def __init__(
        self,
        max_tokens: int,
        count: _Counter,
        partial: Literal["first", "last"] | None,
        split: _Splitter,
    ) -> None:
        self.max_tokens = max_tokens
        self.count = count
        self._partial = partial
        self._split = split

    def fit(self, messages: list[BaseMessage]) -> list[BaseMessage]:
        if not messages or self._fits(messages):
            return messages
        number = _largest(len(messages), lambda n: self._fits(messages[:n]))
        kept = messages[:number]
        if self._partial is not None and number < len(messages):
            kept.extend(self._part_of(messages[number], kept))
        return kept

    def _fits(self, messages: list[BaseMessage]) -> bool:
        number: Any = self.count(messages)
        if not isinstance(number, (int, float)):
            msg = (
                f"token_counter returns a number of tokens, but returned {number!r} "
                f"({type(number).__name__})."
            )
            raise TypeError(msg)
        return number <= self.max_tokens

    def _part_of(self, message: BaseMessage, kept: list[BaseMessage]) -> list[BaseMessage]:
        """Return the part of the message that fits behind those kept, if there is one."""
        content = message.content
        if isinstance(content, list):
            for number in range(len(content) - 1, 0, -1):
                part = message.model_copy(update={"content": self._end_of(content, number)})
                if self._fits([*kept, part]):
                    return [part]
            content = _text_of(self._end_of(content, 1))
        pieces = self._split(content)

        def first_pieces(number: int) -> BaseMessage:
            text = "".join(self._end_of(pieces, number))
            return message.model_copy(update={"content": text})

        number = _largest(len(pieces), lambda n: self._fits([*kept, first_pieces(n)]))
        part = first_pieces(number)
        return [part] if part.content else []

    def _end_of(self, items: list[Any], number: int) -> list[Any]:
        return items[:number] if self._partial == "first" else items[len(items) - number :]


def _largest(limit: int, fits: Callable[[int], bool]) -> int:
    """Return the largest number up to `limit` that fits, by bisection; zero always does."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _ending_on(messages: list[BaseMessage], kinds: _Kinds) -> list[BaseMessage]:
    end = len(messages)
    while kinds and end and not is_message_type(messages[end - 1], kinds):
        end -= 1
    return messages[:end]


def _text_of(blocks: list[str | dict[Any, Any]]) -> str:
    """Return the text of the only block, nothing if it is none of text."""
    match blocks:
        case [str(text)] | [{"type": "text", "text": str(text)}]:
            return text
        case _:
            return ""


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _as_counter(counter: Any) -> _Counter:
    if counter == "approximate":
        return count_tokens_approximately
    by_model = getattr(counter, "get_num_tokens_from_messages", None)
    if by_model is not None:
        return cast("_Counter", by_model)
    if not callable(counter):
        msg = (
            f"token_counter={counter!r} cannot count: pass a function of messages, a language "
            "model, or 'approximate'."
        )
        raise ValueError(msg)  # noqa: TRY004  the compatible class
    if _takes_one_message(counter):
        count_one = cast("Callable[[BaseMessage], int]", counter)
        return lambda messages: sum(count_one(message) for message in messages)
    return cast("_Counter", counter)


def _takes_one_message(counter: Callable[..., Any]) -> bool:
    try:
        first = next(iter(inspect.signature(counter).parameters.values()), None)
    except (TypeError, ValueError):
        # Some builtins tell no signature.
        return False
    # Annotations are text in modules with `from __future__ import annotations`.
    return first is not None and first.annotation in {BaseMessage, "BaseMessage"}
