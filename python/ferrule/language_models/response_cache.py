"""How a model uses its response cache: which cache, under which key, and what a hit becomes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from ferrule.caches import BaseCache
from ferrule.globals import get_llm_cache
from ferrule.messages import AIMessage
from ferrule.outputs import ChatGeneration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ferrule.messages import BaseMessage
    from ferrule.outputs import Generation

__all__ = ["CacheEntry", "cached_chat_generations", "messages_key", "model_key", "resolve_cache"]


class CacheEntry(NamedTuple):
    """The place in a cache where the response to one prompt is, or will be."""

    cache: BaseCache
    prompt: str
    model: str

    def read(self) -> Sequence[Generation] | None:
        return self.cache.lookup(self.prompt, self.model)

    def write(self, generations: Sequence[Generation]) -> None:
        self.cache.update(self.prompt, self.model, generations)

    async def aread(self) -> Sequence[Generation] | None:
        return await self.cache.alookup(self.prompt, self.model)

    async def awrite(self, generations: Sequence[Generation]) -> None:
        await self.cache.aupdate(self.prompt, self.model, generations)


def resolve_cache(setting: BaseCache | bool | None) -> BaseCache | None:
    """Return the cache that a model's `cache` setting means, or None.

    Raises:
        ValueError: If the setting is True and there is no global cache.
    """
    if setting is None:
        return get_llm_cache()
    if isinstance(setting, BaseCache):
        return setting
    if setting is False:
        return None
    cache = get_llm_cache()
    if cache is None:
        msg = (
            "The model has cache=True, but there is no global cache: set one with "
            "ferrule.globals.set_llm_cache, or give the model a cache of its own."
        )
        raise ValueError(msg)
    return cache


def model_key(model: Any, params: Mapping[str, Any]) -> str:
    """Return the text that stands for a model and the parameters of a call.

    A class that may be described (`is_lc_serializable`) is told apart by all its arguments but
    secrets, any other class by its identifying parameters. Of an argument that is only known by
    its place in memory, its type counts: the key holds for the next process, too.
    """
    described = model.to_json()["kwargs"] if model.is_lc_serializable() else {}
    lasting = {key: _lasting(value) for key, value in described.items()}
    return f"{'.'.join(model.lc_id())}({sorted({**lasting, **params}.items())})"


def _lasting(value: Any) -> Any:
    return type(value) if repr(value) == object.__repr__(value) else value


def messages_key(messages: Sequence[BaseMessage]) -> str:
    """Return the text that stands for messages, whatever their ids."""
    return json.dumps(
        [message.model_dump(exclude={"id"}) for message in messages], sort_keys=True, default=repr
    )


def cached_chat_generations(found: Sequence[Generation]) -> list[ChatGeneration]:
    """Return what a chat model answers from its cache: the stored messages, at no cost.

    The entry itself is left as it is. A text generation becomes a message.
    """
    return [_at_no_cost(generation) for generation in found]


def _at_no_cost(generation: Generation) -> ChatGeneration:
    if not isinstance(generation, ChatGeneration):
        return ChatGeneration(
            message=AIMessage(content=generation.text),
            generation_info=generation.generation_info,
        )
    message = generation.message
    if not isinstance(message, AIMessage):
        return generation
    usage = {**(message.usage_metadata or {}), "total_cost": 0}
    return generation.model_copy(
        update={"message": message.model_copy(update={"usage_metadata": usage})}
    )
